#include "reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/derivation/rule_list.hpp>

#include "arguments.hpp"
#include "batch.hpp"
#include "destination.hpp"
#include "diagnostic.hpp"
#include "error_codes.hpp"
#include "json_text.hpp"
#include "words.hpp"

namespace wengert::cli {

namespace {

// What the example prints.
std::string outcome(const error_code& row) {
  const std::string input = row.input != nullptr ? row.input() : "";
  try {
    const arguments asked = parse_arguments(split_words(row.words));
    if (*asked.op == command::batch) return answer_line(std::string_view(input).substr(0, input.find('\n')));
    if (*asked.op == command::check) recheck(input);
    if (*asked.op == command::rules) find_fused_source(asked.topic);
    request question = question_of(asked);
    std::string& expression = question.text.expressions.at(0);
    if (expression == "-") expression = input;
    execute(question, asked.format);
    const destination to(asked.output);
  } catch (const error& e) {
    return describe(e, false);
  }
  throw defect(fmt::format("the example of {} is no error", row.code));
}

std::string errors_reference() {
  std::string text;
  for (const error_code& row : error_codes())
    text += fmt::format("{}  {}\n$ {}{}wengert {}\n{}\n", row.code, row.meaning, row.piped, row.piped.empty() ? "" : " | ",
                        row.words, outcome(row));
  return text;
}

json_members members_of(const listed_rule& r) {
  json_members members;
  members.text("name", r.name).text("statement", r.statement).texts("conditions", r.conditions);
  members.text("established", r.established).text("sentence", r.sentence);
  return members;
}

std::string statement_of(const listed_rule& r) {
  const std::string text = fmt::format("{}: {}\n", r.name, r.statement);
  return r.conditions.empty() ? text : text + fmt::format("  where {}\n", fmt::join(r.conditions, " and "));
}

std::string reason_of(const listed_rule& r) { return fmt::format("  {} ({})\n", r.sentence, r.established); }

}  // namespace

std::string help_about(const std::string& topic) {
  if (topic.empty()) return help_text(std::nullopt);
  if (topic == "errors") return errors_reference();
  const std::optional<command> about = find_command(topic);
  if (!about) throw error("U01", fmt::format("there is no help about '{}'", topic), "wengert help names the commands");
  return help_text(about);
}

std::string rules_reference(output_format format) {
  const std::vector<listed_rule> rules = list_rules();
  if (format == output_format::json) return json_list(rules, [](const listed_rule& r) { return members_of(r).object(); }) + "\n";
  std::string text;
  for (const listed_rule& r : rules) text += statement_of(r) + reason_of(r);
  return text;
}

std::string fused_reference(const std::vector<fused_rule>& rules, output_format format) {
  if (format == output_format::json)
    return json_list(rules,
                     [](const fused_rule& r) {
                       return members_of(r)
                           .texts("hypotheses", r.hypotheses)
                           .raw("nodes_before", std::to_string(r.nodes_before))
                           .raw("nodes_after", std::to_string(r.nodes_after))
                           .text("certificate", r.certificate)
                           .object();
                     }) +
           "\n";
  std::string text;
  for (const fused_rule& r : rules) {
    text += statement_of(r);
    if (!r.hypotheses.empty()) text += fmt::format("  given {}\n", fmt::join(r.hypotheses, " and "));
    text += reason_of(r);
  }
  return text;
}

}  // namespace wengert::cli
