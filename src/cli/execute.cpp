#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <check.hpp>
#include <wengert/derivation/documents.hpp>

#include "json_text.hpp"
#include "request.hpp"

namespace wengert::cli {

namespace {

std::string readable(const array& value) {
  if (value.shape.empty()) return fmt::format("{}", value.values.at(0));
  if (value.shape.size() == 1) return fmt::format("[{}]", fmt::join(value.values, ", "));
  const std::size_t rows = value.shape.front();
  std::string text = "[";
  for (std::size_t i = 0; i < rows; ++i) {
    const auto size = static_cast<std::ptrdiff_t>(value.values.size() / rows);
    const auto first = value.values.begin() + static_cast<std::ptrdiff_t>(i) * size;
    array row{{value.shape.begin() + 1, value.shape.end()}, {first, first + size}};
    text += (i == 0 ? "" : ", ") + readable(row);
  }
  return text + "]";
}

void append_lines(std::string& text, std::string_view prefix, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) text += fmt::format("{}{}\n", prefix, line);
}

void append_all(std::vector<std::string>& to, const std::vector<std::string>& more) {
  for (const std::string& line : more)
    if (std::find(to.begin(), to.end(), line) == to.end()) to.push_back(line);
}

std::string json_proof(const proof_summary& proof) {
  return json_members().raw("steps", std::to_string(proof.steps)).raw("checked", proof.checked ? "true" : "false").object();
}

std::string json_axes(const std::vector<axis_letter>& axes) {
  return json_list(axes,
                   [](const axis_letter& a) { return json_members().text("letter", a.letter).text("dim", a.dim).object(); });
}

std::string json_pairs(const std::vector<std::pair<std::string, std::string>>& pairs, bool values_are_json) {
  json_members members;
  for (const auto& [name, value] : pairs) members.raw(name, values_are_json ? value : json_string(value));
  return members.object();
}

std::string proof_line(const proof_summary& proof) {
  return proof.checked ? fmt::format("proved in {} kernel step{}\n", proof.steps, proof.steps == 1 ? "" : "s") : "not proved\n";
}

// The question's problem. An equation is what `prove` is about, and nothing else.
problem problem_of(const request& question) {
  problem p(question.text);
  const bool is_equation = p.expressions().size() == 2;
  if (is_equation && question.op != command::prove)
    throw error("U05", "an expression is needed, not an equation", "equations are for wengert prove 'L == R'");
  if (!is_equation && question.op == command::prove)
    throw error("U05", "an equation is needed: two expressions joined by '=='", "usage: wengert prove 'L == R'");
  return p;
}

bool is_page(output_format format) { return format == output_format::latex || format == output_format::html; }

template <typename... Found> std::string page_of(output_format format, const problem& p, const Found&... found) {
  return format == output_format::latex ? latex_document(p, found...) : html_document(p, found...);
}

// --- diff

void add_result(json_members& members, const diff_result& result) {
  members.text("expression", result.expression).text("wrt", result.wrt).text("derivative", result.derivative);
  members.raw("axes", json_axes(result.axes)).text("latex", result.latex).texts("conditions", result.conditions);
  members.texts("hypotheses_used", result.hypotheses_used).raw("proof", json_proof(result.proof));
}

// A long derivative by the names of its parts. Without `brief` the derivative itself is written with them.
void add_parts(json_members& members, const diff_result& result) {
  if (result.parts.empty()) return;
  if (!result.brief.empty()) members.text("brief", result.brief);
  members.raw("lets", json_pairs(result.parts, false));
}

void add_value_there(json_members& members, const value_there& there) {
  members.raw("value", json_array(there.value)).texts("undefined", there.undefined);
}

std::string text_of(const diff_result& result, const std::optional<value_there>& there, bool one_of_several) {
  const std::string& shown = result.brief.empty() ? result.derivative : result.brief;
  std::string text = one_of_several ? fmt::format("d/d{} = {}\n", result.wrt, shown) : shown + "\n";
  for (const auto& [name, value] : result.parts) text += fmt::format("  with {} = {}\n", name, value);
  append_lines(text, "where ", result.conditions);
  append_lines(text, "using ", result.hypotheses_used);
  text += proof_line(result.proof);
  if (there) text += fmt::format("value {}\n", readable(there->value));
  return text;
}

void warn_undefined(answer& to, const std::vector<std::string>& conditions) {
  for (const std::string& condition : conditions)
    append_all(to.warnings, {fmt::format("undefined at this point: {} fails", condition)});
}

answer answer_diff(const request& question, output_format format) {
  problem p = problem_of(question);
  const diff_answer found = diff(p, question.order, question.how, question.form);
  const bool several = found.results.size() != 1;
  answer said;
  json_members members, by_name;
  append_all(said.notes, p.notes());
  append_all(said.notes, found.notes);
  append_all(said.warnings, found.warnings);
  for (const diff_result& r : found.results) append_all(said.warnings, contradictions(p, r.needs));
  for (const diff_result& result : found.results) {
    std::optional<value_there> there;
    if (!question.at.empty()) there = evaluate_at(p, result, question.at);
    said.certificate = result.certificate;
    said.coq = result.coq;
    if (there) warn_undefined(said, there->undefined);
    if (there) append_all(said.warnings, there->warnings);
    if (format == output_format::text) said.text += text_of(result, there, several);
    json_members about;
    json_members& into = several ? about : members;
    add_result(into, result);
    add_parts(into, result);
    if (there) add_value_there(into, *there);
    if (several) by_name.raw(result.wrt, about.object());
  }
  if (is_page(format)) said.text = page_of(format, p, found);
  if (format == output_format::json) {
    if (several) members.text("expression", question.text.expressions.at(0)).raw("derivatives", by_name.object());
    said.text = members.inside();
  }
  return said;
}

// --- derive

std::string json_step(const derivation_step& step) {
  json_members members;
  members.text("number", step.number).raw("case", step.case_.empty() ? "null" : json_string(step.case_));
  members.text("rule", step.rule).text("formula", step.formula).text("lhs", step.lhs).text("rhs", step.rhs);
  members.text("latex", step.latex)
      .text("reason", step.reason)
      .texts("conditions", step.conditions)
      .texts("refers_to", step.refers_to);
  members.raw("kernel", fmt::format("[{}, {}]", step.kernel_first, step.kernel_last));
  members.raw("substeps", json_list(step.substeps, json_step));
  return members.object();
}

void add_derivation(json_members& members, const derivation& derived) {
  add_result(members, derived.result);
  members.text("statement", derived.statement).text("theorem", derived.theorem);
  members.raw("lets", json_pairs(derived.lets, false)).raw("steps", json_list(derived.steps, json_step));
}

answer answer_derive(const request& question, output_format format) {
  problem p = problem_of(question);
  const std::vector<derivation> found =
      derive(p, question.order, question.verbosity, question.style, question.how, question.form);
  answer said;
  json_members members, by_name;
  append_all(said.notes, p.notes());
  for (const derivation& derived : found) {
    append_all(said.notes, derived.notes);
    append_all(said.warnings, derived.warnings);
    said.certificate = derived.result.certificate;
    said.coq = derived.result.coq;
    if (format == output_format::text) {
      if (!said.text.empty()) said.text += "\n";
      said.text += derived.text;
      if (!said.text.ends_with('\n')) said.text += "\n";
    } else if (found.size() == 1) {
      add_derivation(members, derived);
    } else {
      json_members about;
      add_derivation(about, derived);
      by_name.raw(derived.result.wrt, about.object());
    }
  }
  for (const derivation& d : found) append_all(said.warnings, contradictions(p, d.result.needs));
  if (is_page(format)) said.text = page_of(format, p, found, question.verbosity);
  if (format == output_format::json) {
    if (found.size() != 1) members.text("expression", question.text.expressions.at(0)).raw("derivatives", by_name.object());
    said.text = members.inside();
  }
  return said;
}

// --- grad

answer answer_grad(const request& question, output_format format) {
  problem p = problem_of(question);
  const grad_result found = grad(p, question.at);
  answer said;
  append_all(said.notes, p.notes());
  append_all(said.notes, found.notes);
  append_all(said.warnings, found.warnings);
  warn_undefined(said, found.undefined);
  if (format == output_format::text) {
    said.text = fmt::format("value {}\n", readable(found.value));
    for (const auto& [name, value] : found.gradient) said.text += fmt::format("d/d{} = {}\n", name, readable(value));
    return said;
  }
  json_members gradient;
  for (const auto& [name, value] : found.gradient) gradient.raw(name, json_array(value));
  json_members members;
  members.raw("value", json_array(found.value)).raw("gradient", gradient.object()).texts("undefined", found.undefined);
  said.text = members.inside();
  return said;
}

// --- emit

answer answer_emit(const request& question) {
  problem p = problem_of(question);
  emitted_code found = emit(p, question.lang);
  answer said;
  said.text = std::move(found.text);
  append_all(said.notes, found.notes);
  append_all(said.warnings, found.warnings);
  append_all(said.warnings, contradictions(p));
  return said;
}

// --- prove

std::string_view name_of(verdict status) {
  switch (status) {
    case verdict::proved: return "proved";
    case verdict::refuted: return "refuted";
    case verdict::unknown: break;
  }
  return "unknown";
}

std::string text_of(const prove_result& found, const std::string& statement) {
  if (found.status == verdict::proved) return fmt::format("proved: {}\n", found.theorem) + proof_line(found.proof);
  std::string text = fmt::format("{}: {}\n", name_of(found.status), statement);
  if (!found.difference.empty()) text += found.difference + "\n";
  for (const auto& [name, value] : found.counterexample) text += fmt::format("with {} = {}\n", name, value);
  return text;
}

answer answer_prove(const request& question, output_format format) {
  problem p = problem_of(question);
  const prove_result found = prove(p, question.find_conditions, question.form.certificate, question.form.coq);
  answer said;
  said.certificate = found.certificate;
  said.coq = found.coq;
  append_all(said.notes, p.notes());
  append_all(said.notes, found.notes);
  append_all(said.warnings, found.warnings);
  append_all(said.warnings, contradictions(p, found.needs));
  said.exit_code = found.status == verdict::proved ? 0 : 1;
  if (format == output_format::text) {
    said.text = text_of(found, question.text.expressions.at(0));
    return said;
  }
  if (is_page(format)) {
    said.text = page_of(format, p, found);
    return said;
  }
  json_members members;
  members.text("status", name_of(found.status)).text("theorem", found.theorem).texts("conditions", found.conditions);
  members.texts("hypotheses_used", found.hypotheses_used).text("difference", found.difference);
  members.raw("counterexample", json_pairs(found.counterexample, true)).raw("proof", json_proof(found.proof));
  said.text = members.inside();
  return said;
}

}  // namespace

answer execute(const request& question, output_format format) {
  answer said;
  switch (question.op) {
    case command::derive: said = answer_derive(question, format); break;
    case command::diff: said = answer_diff(question, format); break;
    case command::grad: said = answer_grad(question, format); break;
    case command::prove: said = answer_prove(question, format); break;
    case command::emit: said = answer_emit(question); break;
    case command::check:
    case command::batch:
    case command::rules:
    case command::help: throw defect("this command is no question");
  }
  const bool without = (question.form.certificate && said.certificate.empty()) || (question.form.coq && said.coq.empty());
  if (said.exit_code == 0 && without)
    throw error("C02", "there is no certificate: not every part of this statement has a theorem");
  if (format == output_format::json) {
    json_members extra;
    if (!said.notes.empty()) extra.texts("notes", said.notes);
    if (!said.warnings.empty()) extra.texts("warnings", said.warnings);
    said.text = "\"ok\": true, " + said.text + (extra.inside().empty() ? "" : ", ") + extra.inside();
  }
  return said;
}

std::string recheck(const std::string& certificate) {
  std::string report;
  if (checker::check_certificate(certificate, report)) return report;
  if (report.ends_with('\n')) report.pop_back();
  const std::size_t end = report.find('\n');
  throw error("C01", "the certificate is " + report.substr(0, end), end == std::string::npos ? "" : report.substr(end + 1));
}

}  // namespace wengert::cli
