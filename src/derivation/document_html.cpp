// Answers as one HTML page each: no scripts, nothing loaded, well-formed XML as well.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <wengert/derivation/documents.hpp>

#include "narrative.hpp"
#include "typeset.hpp"

namespace wengert {

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1c1c1e; --quiet: #5f6368; --line: #d8dade; --page: #ffffff; --lift: #f5f6f8; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e8; --quiet: #a0a4ab; --line: #3a3d42; --page: #17181a; --lift: #202225; --link: #8ab4f8; }
}
body { margin: 2rem auto; padding: 0 1rem; max-width: 64rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; font-weight: 600; }
math { font-size: 1.1em; }
mi.name { font-style: italic; }
mtext.code, code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
mtable.cases mtd, mtable.lines mtd { text-align: left; padding: 0.15em 0.4em 0.15em 0; }
a { color: var(--link); text-decoration: none; }
section.step { display: grid; grid-template-columns: 3rem minmax(0, 1fr); padding: 0.5rem 0; border-top: 1px solid var(--line); }
section.step:target { background: var(--lift); }
.number { color: var(--quiet); padding-top: 0.2rem; }
.formula { margin: 0.2rem 0; overflow-x: auto; overflow-y: hidden; padding: 0.1rem 0; }
.reason, .proof, summary { color: var(--quiet); font-size: 0.92rem; }
.case { font-weight: 600; color: var(--text); }
details { margin: 0.3rem 0 0 0; }
details .substep { margin: 0.3rem 0 0.3rem 0.4rem; padding-left: 0.9rem; border-left: 2px solid var(--line); }
section.theorem { margin-top: 1.5rem; padding: 0.8rem 1.2rem; background: var(--lift); border-radius: 0.4rem; }
)";

std::string document(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n"
      "<body>\n{}</body>\n</html>\n",
      html_text(title), style, body);
}

constexpr std::string_view namespaced = "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"";

// A wide line can be scrolled.
bool fits(const math& m) { return fits_a_page(m, 2000); }

std::string inline_math(const math& m) { return fits(m) ? fmt::format("{}>{}</math>", namespaced, to_mathml(m)) : "..."; }

class page {
 public:
  page(const typesetter& set, std::string prefix) : set_(set), prefix_(std::move(prefix)) {}

  std::string sentence(const std::string& text, bool capital = false) const {
    std::string r;
    for (const prose_piece& piece : capital ? capitalised(set_.prose(text)) : set_.prose(text)) {
      switch (piece.is) {
        case prose_piece::kind::words: r += html_text(piece.text); break;
        case prose_piece::kind::formula: r += inline_math(piece.formula); break;
        case prose_piece::kind::reference:
          r += shown_.contains(piece.text) ? fmt::format("<a href=\"#{0}{1}\">({1})</a>", prefix_, piece.text)
                                           : fmt::format("({})", piece.text);
          break;
      }
    }
    return r;
  }

  std::string formulas(const std::vector<std::string>& texts) const {
    std::string r;
    for (std::size_t k = 0; k < texts.size(); ++k)
      r += (k == 0 ? "" : k + 1 == texts.size() ? " and " : ", ") + inline_math(set_.formula(texts[k]));
    return r;
  }

  std::string formula(const std::string& text) const { return inline_math(set_.formula(text)); }

  // left = right, in as many lines as it takes.
  std::string display(const std::string& left, const std::string& right) const {
    math l = set_.formula(left), r = set_.formula(right);
    if (!fits(l) || !fits(r))
      return fmt::format("<div class=\"formula\"><code>{} = {}</code></div>\n", html_text(left), html_text(right));
    constexpr double line_width = 84;
    double indent = std::min(width_of(l), line_width / 2);
    std::string rows;
    for (const math& line : lines_of(r, line_width - indent)) {
      std::string cells = rows.empty() ? fmt::format("<mtd>{}</mtd><mtd><mo>=</mo>{}</mtd>", to_mathml(l), to_mathml(line))
                                       : fmt::format("<mtd></mtd><mtd><mspace width=\"2em\"/>{}</mtd>", to_mathml(line));
      rows += fmt::format("<mtr>{}</mtr>", cells);
    }
    return fmt::format("<div class=\"formula\">{}><mtable class=\"lines\" displaystyle=\"true\">{}</mtable></math></div>\n",
                       namespaced, rows);
  }

  void show(const derivation_step& s) { shown_.insert(s.number); }

  std::string step(const derivation_step& s, int verbosity) const {
    std::string r =
        fmt::format("<section class=\"step\" id=\"{0}{1}\">\n<div class=\"number\">({1})</div>\n<div>\n", prefix_, s.number);
    r += because(s) + display(s.lhs, s.rhs);
    if (!s.substeps.empty()) r += substeps(s, verbosity >= 2);
    return r + "</div>\n</section>\n";
  }

 private:
  std::string because(const derivation_step& s) const {
    std::string head = s.case_.empty() ? "" : fmt::format("<span class=\"case\">Case {}.</span> ", formula(s.case_));
    return fmt::format("<div class=\"reason\">{}{}</div>\n", head, sentence(narrative::reason_of(s), true));
  }

  std::string substeps(const derivation_step& s, bool open) const {
    std::size_t n = s.substeps.size();
    std::string r =
        fmt::format("<details{}>\n<summary>{} step{}</summary>\n", open ? " open=\"open\"" : "", n, n == 1 ? "" : "s");
    for (const derivation_step& sub : s.substeps) {
      r += fmt::format("<div class=\"substep\">\n<div class=\"reason\">{}</div>\n{}", sentence(narrative::reason_of(sub), true),
                       display(sub.lhs, sub.rhs));
      if (!sub.substeps.empty()) r += substeps(sub, open);
      r += "</div>\n";
    }
    return r + "</details>\n";
  }

  const typesetter& set_;
  std::string prefix_;
  std::set<std::string> shown_;
};

std::string proof_line(const proof_summary& proof) {
  return proof.checked ? fmt::format("checked by the kernel in {} step{}", proof.steps, proof.steps == 1 ? "" : "s")
                       : "the kernel could not confirm every step";
}

std::string circumstances(const page& on, const std::vector<std::string>& conditions, const std::vector<std::string>& givens) {
  std::string r;
  if (!conditions.empty()) r += fmt::format("<p>where {}</p>\n", on.formulas(conditions));
  if (!givens.empty()) r += fmt::format("<p>given {}</p>\n", on.formulas(givens));
  return r;
}

// The equation, what it needs, and how it was checked.
std::string theorem_of(const page& on, const diff_result& d) {
  return fmt::format("<section class=\"theorem\">\n<strong>{}</strong> <span class=\"proof\">({})</span>\n{}{}</section>\n",
                     d.proof.checked ? "Theorem" : "Result", proof_line(d.proof), on.display(d.claim, d.derivative),
                     circumstances(on, d.conditions, d.hypotheses_used));
}

std::string section(const problem& p, const derivation& d, const std::string& prefix, int verbosity) {
  typesetter set(p, d);
  page on(set, prefix);
  std::string r = fmt::format("<h1>Differentiating {} by {}</h1>\n", on.formula(d.name), on.formula(d.result.wrt));
  if (d.result.expression != d.name) r += on.display(d.name, d.result.expression);
  if (verbosity > 0) {
    for (const auto& [name, value] : narrative::abbreviations(d)) r += "<p>where</p>\n" + on.display(name, value);
    for (const derivation_step& s : d.steps) on.show(s);
    for (const derivation_step& s : d.steps) r += on.step(s, verbosity);
  }
  return r + theorem_of(on, d.result);
}

}  // namespace

std::string html_document(const problem& p, const std::vector<derivation>& all, int verbosity) {
  std::string body;
  for (std::size_t k = 0; k < all.size(); ++k)
    body += section(p, all[k], all.size() == 1 ? "step-" : fmt::format("step-{}-", k + 1), verbosity);
  return document(all.empty() ? "" : all.front().statement, body);
}

std::string html_document(const problem& p, const diff_answer& a) {
  typesetter set(p);
  page on(set, {});
  std::string body;
  for (const diff_result& d : a.results) body += theorem_of(on, d);
  return document(a.results.empty() ? "" : a.results.front().claim, body);
}

std::string html_document(const problem& p, const prove_result& found) {
  typesetter set(p);
  page on(set, {});
  const std::string left = p.expressions().at(0).text, right = p.expressions().at(1).text;
  std::string how =
      found.status == verdict::proved ? fmt::format(" <span class=\"proof\">({})</span>", proof_line(found.proof)) : "";
  std::string body = fmt::format("<section class=\"theorem\">\n<strong>{}</strong>{}\n{}{}", narrative::heading(found.status),
                                 how, on.display(left, right), circumstances(on, found.conditions, found.hypotheses_used));
  if (!found.difference.empty()) body += fmt::format("<p>{}</p>\n", on.sentence(found.difference));
  if (!found.counterexample.empty()) {
    body += "<p>Counterexample: ";
    for (const auto& [name, value] : found.counterexample)
      body +=
          fmt::format("{}{} = {}", &name == &found.counterexample.front().first ? "" : ", ", on.formula(name), html_text(value));
    body += "</p>\n";
  }
  return document(fmt::format("{} == {}", left, right), body + "</section>\n");
}

}  // namespace wengert
