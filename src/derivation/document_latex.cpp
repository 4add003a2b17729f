// Answers as LaTeX.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <wengert/derivation/documents.hpp>

#include "narrative.hpp"
#include "typeset.hpp"

namespace wengert {

namespace {

// In letters: a line of an equation, and a left side beside which its right side still has room.
constexpr double line_width = 66;
constexpr double left_width = 30;

constexpr std::string_view preamble = R"(\documentclass[11pt,fleqn]{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{graphicx}
\setlength{\parindent}{0pt}
\setlength{\mathindent}{2em}
\AtBeginDocument{\setlength{\abovedisplayskip}{4pt plus 2pt}\setlength{\belowdisplayskip}{6pt plus 2pt}%
\setlength{\abovedisplayshortskip}{4pt plus 2pt}\setlength{\belowdisplayshortskip}{6pt plus 2pt}}
\allowdisplaybreaks
\newcommand{\wide}[1]{\resizebox{0.86\linewidth}{!}{$\displaystyle #1$}}
\begin{document}
)";

// A formula within a sentence.
std::string inline_math(const math& m) { return fits_a_page(m) ? fmt::format("${}$", to_latex(m)) : latex_text("..."); }

// A line that a page has no room for is made smaller.
std::string fitted(const math& line) {
  std::string text = to_latex(line);
  return width_of(line) > line_width + 12 ? fmt::format("\\wide{{{}}}", text) : text;
}

// What TeX cannot set, as typewriter text in lines of equal length.
std::string as_code(std::string_view text) {
  constexpr std::size_t columns = 84;
  std::string r = "{\\small\\ttfamily ";
  for (std::size_t at = 0, column = 0; at < text.size(); ++column) {
    std::size_t n = 1;
    while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xC0U) == 0x80U) ++n;
    if (column > 0 && column % columns == 0) r += "\\\\\n";
    r += text[at] == ' ' ? "\\ " : latex_text(text.substr(at, n));
    at += n;
  }
  return r + "\\par}\n";
}

// Equations as the lines of an align environment: left = right, or = right below another one.
class aligned {
 public:
  // `mark` stands behind the first line, the reason beside it or, where there is no room, below it.
  void add(const std::string& mark, const math& left, const math& right, const std::string& reason = {}) {
    bool below = left.empty();
    bool wide = !below && width_of(left) > left_width && width_of(left) + width_of(right) > line_width;
    if (!below) indent_ = wide ? 4 : width_of(left);
    if (wide) line(fmt::format("& {}", fitted(left)) + mark);
    std::string head = below || wide ? std::string() : to_latex(left) + " ";
    std::vector<math> parts = lines_of(right, line_width - indent_);
    for (const math& part : parts) {
      bool first = &part == &parts.front();
      std::string text =
          fmt::format("{}&{} {}", first ? head : "", first ? (wide ? "\\quad =" : "=") : "\\quad\\quad", fitted(part));
      bool room = indent_ + width_of(part) + static_cast<double>(reason.size()) < line_width;
      if (first && room && !reason.empty()) text += fmt::format(" && \\text{{{}}}", reason);
      line(text + (first && !wide ? mark : std::string()));
      if (&part == &parts.back() && !reason.empty() && !(first && room)) line(fmt::format("&\\quad\\text{{({})}}", reason));
    }
  }
  std::string text() const { return fmt::format("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines_); }

 private:
  void line(const std::string& equation) { lines_ += (lines_.empty() ? "" : " \\\\\n") + equation; }

  std::string lines_;
  double indent_ = 0;
};

class page {
 public:
  page(const typesetter& page, std::string prefix) : set_(page), prefix_(std::move(prefix)) {}

  std::string sentence(const std::string& text, bool capital = false) const {
    std::string r;
    for (const prose_piece& piece : capital ? capitalised(set_.prose(text)) : set_.prose(text)) {
      switch (piece.is) {
        case prose_piece::kind::words: r += latex_text(piece.text); break;
        case prose_piece::kind::formula: r += inline_math(piece.formula); break;
        case prose_piece::kind::reference:
          r +=
              shown_.contains(piece.text) ? fmt::format("\\eqref{{{}{}}}", prefix_, piece.text) : fmt::format("({})", piece.text);
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

  // left = right on lines of its own.
  std::string display(const std::string& left, const std::string& right, const std::string& mark = {}) const {
    math l = set_.formula(left), r = set_.formula(right);
    if (!fits_a_page(l) || !fits_a_page(r)) return as_code(left + " = " + right);
    aligned lines;
    lines.add(mark, l, r);
    return lines.text();
  }

  void show(const derivation_step& s) { shown_.insert(s.number); }

  std::string step(const derivation_step& s, bool details) const {
    std::string why = sentence(narrative::reason_of(s), true);
    std::string r = "\\medskip\n";
    if (!s.case_.empty()) r += fmt::format("\\textbf{{Case}} {}. ", inline_math(set_.formula(s.case_)));
    r += why + ".\\nopagebreak\n";
    if (narrative::is_chain(s)) return r + chain(s);
    if (details)
      for (const derivation_step& sub : s.substeps) r += substep(sub);
    return r + display(s.lhs, s.rhs, label(s.number));
  }

 private:
  std::string label(const std::string& number) const { return fmt::format(" \\tag{{{0}}}\\label{{{1}{0}}}", number, prefix_); }

  // left = form = form = right, each with its reason.
  std::string chain(const derivation_step& s) const {
    aligned lines;
    for (const derivation_step& sub : s.substeps) {
      bool first = &sub == &s.substeps.front();
      math left = first ? set_.formula(s.lhs) : math{}, right = set_.formula(sub.rhs);
      if (!fits_a_page(right) || !fits_a_page(left)) return display(s.lhs, s.rhs, label(s.number));
      lines.add(first ? label(s.number) : std::string(), left, right, first ? std::string() : sentence(sub.reason));
    }
    if (s.substeps.back().rhs != s.rhs) lines.add({}, {}, set_.formula(s.rhs));
    return lines.text();
  }

  std::string substep(const derivation_step& s) const {
    std::string why = sentence(narrative::reason_of(s), true);
    std::string r = fmt::format("{{\\small\\leftskip=2em {}\\par\\nopagebreak\n{}", why, display(s.lhs, s.rhs));
    for (const derivation_step& sub : s.substeps) r += substep(sub);
    return r + "}\n";
  }

  const typesetter& set_;
  std::string prefix_;
  std::set<std::string> shown_;
};

std::string counted(std::size_t steps) { return fmt::format("{} step{}", steps, steps == 1 ? "" : "s"); }

// "where ..., given ..."
std::string circumstances(const page& on, const std::vector<std::string>& conditions, const std::vector<std::string>& givens) {
  std::string r;
  if (!conditions.empty()) r += "where " + on.formulas(conditions);
  if (!givens.empty()) r += (r.empty() ? "given " : ", given ") + on.formulas(givens);
  return r;
}

std::string section(const problem& p, const derivation& d, const std::string& prefix, int verbosity) {
  typesetter set(p, d);
  page on(set, prefix);
  std::string r = fmt::format("\\section*{{Differentiating {} by {}}}\n", inline_math(set.formula(d.name)),
                              inline_math(set.formula(d.result.wrt)));
  if (d.result.expression != d.name) r += on.display(d.name, d.result.expression);
  for (const auto& [name, value] : narrative::abbreviations(d)) r += "where\n" + on.display(name, value);
  for (const derivation_step& s : d.steps)
    if (verbosity > 0 || &s == &d.steps.back()) on.show(s);
  for (const derivation_step& s : d.steps)
    if (verbosity > 0 || &s == &d.steps.back()) r += on.step(s, verbosity >= 1);
  std::string checked = d.result.proof.checked
                            ? fmt::format("\\textbf{{Theorem}} (checked by the kernel in {}).", counted(d.result.proof.steps))
                            : "\\textbf{Result} (the kernel could not confirm every step).";
  r += "\\bigskip\n" + checked + "\\nopagebreak\n" + on.display(d.result.claim, d.result.derivative);
  std::string under = circumstances(on, d.result.conditions, d.result.hypotheses_used);
  if (!under.empty()) r += under + ".\n";
  return r;
}

}  // namespace

std::string latex_document(const problem& p, const std::vector<derivation>& all, int verbosity) {
  std::string r(preamble);
  for (std::size_t k = 0; k < all.size(); ++k) r += section(p, all[k], fmt::format("eq:{}:", k + 1), verbosity);
  return r + "\\end{document}\n";
}

std::string latex_document(const problem& p, const diff_answer& a) {
  typesetter set(p);
  page on(set, {});
  std::string r;
  for (const diff_result& d : a.results) {
    r += on.display(d.claim, d.derivative);
    if (std::string under = circumstances(on, d.conditions, d.hypotheses_used); !under.empty()) r += under + "\n";
    r +=
        fmt::format("% {}\n", d.proof.checked ? fmt::format("proved in {} of the kernel", counted(d.proof.steps)) : "not proved");
  }
  return r;
}

std::string latex_document(const problem& p, const prove_result& found) {
  typesetter set(p);
  page on(set, {});
  const std::string left = p.expressions().at(0).text, right = p.expressions().at(1).text;
  std::string r = fmt::format("\\textbf{{{}}}{}.\n", narrative::heading(found.status),
                              found.status == verdict::proved ? fmt::format(" (in {})", counted(found.proof.steps)) : "");
  r += on.display(left, right);
  std::string under = circumstances(on, found.conditions, found.hypotheses_used);
  if (!under.empty()) r += under + "\n";
  if (!found.difference.empty()) r += on.sentence(found.difference) + ".\n";
  for (const auto& [name, value] : found.counterexample)
    r += fmt::format("{}${} = {}$", &found.counterexample.front().first == &name ? "Counterexample: " : ", ",
                     to_latex(set.formula(name)), latex_text(value));
  if (!found.counterexample.empty()) r += ".\n";
  return r;
}

}  // namespace wengert
