// Answers as LaTeX.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <wengert/derivation/documents.hpp>

#include "narrative.hpp"
#include "typeset.hpp"

namespace wengert {

namespace {

// In letters, each about 6.3 points wide: a line of an equation, and a left side beside which its right side still has room.
constexpr double line_width = 60;
constexpr double left_width = 26;
constexpr double letter = 6.3 / 455;  // of the width of the text

constexpr std::string_view preamble = R"(\documentclass[11pt,fleqn]{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{graphicx}
\setlength{\parindent}{0pt}
\setlength{\mathindent}{2em}
\AtBeginDocument{\setlength{\abovedisplayskip}{4pt plus 2pt}\setlength{\belowdisplayskip}{6pt plus 2pt}%
\setlength{\abovedisplayshortskip}{4pt plus 2pt}\setlength{\belowdisplayshortskip}{6pt plus 2pt}}
\allowdisplaybreaks
\newcommand{\step}{\par\vskip 0pt plus 6\baselineskip\penalty-100\vskip 0pt plus -6\baselineskip\medskip}
\newcommand{\wide}[2]{\resizebox{#1\linewidth}{!}{$\displaystyle #2$}}
\begin{document}
)";

// A line of three times the width of the page can still be read when it is made smaller.
bool fits(const math& m) { return fits_a_page(m, 3 * line_width); }

// A formula within a sentence.
std::string inline_math(const math& m) { return fits(m) ? fmt::format("${}$", to_latex(m)) : latex_text("..."); }

// What TeX cannot set, as typewriter text in lines of equal length.
std::string as_code(std::string_view text) {
  constexpr std::size_t columns = 76;
  std::string r = "\\par{\\small\\ttfamily ";
  for (std::size_t at = 0, column = 0; at < text.size(); ++column) {
    std::size_t n = 1;
    while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xC0U) == 0x80U) ++n;
    if (column > 0 && column % columns == 0) r += "\\\\{}\n";  // or a bracket would be its argument
    r += text[at] == ' ' ? "\\ " : latex_text(text.substr(at, n));
    at += n;
  }
  return r + "\\par}\n";
}

// A reason, set, and about how wide it is.
struct reason {
  std::string text{};
  double width = 0;
};

// Equations as the lines of an align environment: left = right, or = right below another one. The reasons stand beside them, or
// below where there is no room.
class aligned {
 public:
  explicit aligned(bool whole_page) : whole_page_(whole_page) {}

  // `mark` numbers the equation.
  void add(std::string mark, math left, math right, reason why = {}) {
    bool wide = width_of(left) > left_width && width_of(left) + width_of(right) > line_width;
    rows_.push_back({std::move(mark), std::move(left), std::move(right), std::move(why), wide});
  }

  std::string text() const {
    double indent = 4, widest = 0, longest = 0;
    for (const row& r : rows_)
      if (!r.wide && !r.left.empty()) indent = std::max(indent, width_of(r.left) + 2);
    for (const row& r : rows_) {
      longest = std::max(longest, r.why.width);
      for (const math& part : lines_of(r.right, line_width - indent)) widest = std::max(widest, width_of(part));
    }
    bool beside = indent + widest + longest + 3 < line_width;
    std::string lines;
    for (const row& r : rows_) add_lines(r, indent, beside, lines);
    return fmt::format("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines);
  }

 private:
  struct row {
    std::string mark;
    math left, right;
    reason why;
    bool wide;  // the left side has a line of its own
  };

  void add_lines(const row& r, double indent, bool beside, std::string& lines) const {
    auto line = [&](const std::string& equation) { lines += (lines.empty() ? "" : " \\\\\n") + equation; };
    if (r.wide) line(fmt::format("&{}", fitted(r.left, line_width)) + r.mark);
    bool first = true;
    for (const math& part : lines_of(r.right, line_width - indent)) {
      std::string equation = fitted(part, line_width - indent);
      if (!first)
        line("&\\qquad " + equation);
      else if (r.wide)
        line("&\\quad = " + equation);
      else
        line(fmt::format("{} &= {}{}{}", to_latex(r.left), equation, beside && !r.why.text.empty() ? " && " + text_of(r.why) : "",
                         r.mark));
      first = false;
    }
    if (!r.why.text.empty() && (!beside || r.wide)) line("&\\qquad " + text_of(r.why));
  }

  static std::string text_of(const reason& why) { return fmt::format("\\text{{({})}}", why.text); }

  // What a page has no room for is made smaller.
  std::string fitted(const math& m, double room) const {
    std::string text = to_latex(m);
    text.erase(0, text.find_first_not_of(' '));
    return whole_page_ && width_of(m) > 1.08 * room ? fmt::format("\\wide{{{:.2f}}}{{{}}}", room * letter, text) : text;
  }

  bool whole_page_;
  std::vector<row> rows_;
};

class page {
 public:
  // A fragment has no prefix for its labels, and none.
  page(const typesetter& set, std::string prefix) : set_(set), prefix_(std::move(prefix)), whole_(!prefix_.empty()) {}

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
  std::string display(const std::string& left, const std::string& right, const std::string& number = {}) const {
    math l = set_.formula(left), r = set_.formula(right);
    if (!fits(l) || !fits(r)) return as_code(fmt::format("{}{} = {}", number.empty() ? "" : "(" + number + ") ", left, right));
    aligned lines(whole_);
    lines.add(number.empty() ? "" : label(number), l, r);
    return lines.text();
  }

  // The step will be on the page. What is shown as text has no number to refer to.
  void show(const derivation_step& s) {
    if (fits(set_.formula(s.lhs)) && fits(set_.formula(s.rhs))) shown_.insert(s.number);
  }

  std::string step(const derivation_step& s) const {
    std::string why = sentence(narrative::reason_of(s), true);
    std::string r = "\\step\n";
    if (!s.case_.empty()) r += fmt::format("\\textbf{{Case}} {}. ", inline_math(set_.formula(s.case_)));
    r += why + ".\\nopagebreak\n";
    if (narrative::is_chain(s)) return r + chain(s);
    if (!s.substeps.empty()) r += substeps(s);
    return r + display(s.lhs, s.rhs, s.number);
  }

 private:
  std::string label(const std::string& number) const { return fmt::format(" \\tag{{{0}}}\\label{{{1}{0}}}", number, prefix_); }

  reason beside(const std::string& why) const { return {sentence(why), 0.8 * static_cast<double>(why.size())}; }

  // left = form = form = right, each with its reason.
  std::string chain(const derivation_step& s) const {
    aligned lines(whole_);
    for (const derivation_step& sub : s.substeps) {
      bool first = &sub == &s.substeps.front();
      math left = first ? set_.formula(s.lhs) : math{}, right = set_.formula(sub.rhs);
      if (!fits(right) || !fits(left)) return display(s.lhs, s.rhs, s.number);
      lines.add(first ? label(s.number) : std::string(), left, right, first ? reason{} : beside(sub.reason));
    }
    if (s.substeps.back().rhs != s.rhs) lines.add({}, {}, set_.formula(s.rhs));
    return lines.text();
  }

  // Small, each equation with its reason beside it.
  std::string substeps(const derivation_step& s) const {
    aligned lines(whole_);
    std::string unset;
    add_substeps(s, lines, unset);
    return fmt::format("{{\\small\\addtolength{{\\mathindent}}{{2em}}\n{}{}}}\n", lines.text(), unset);
  }

  void add_substeps(const derivation_step& s, aligned& lines, std::string& unset) const {
    for (const derivation_step& sub : s.substeps) {
      add_substeps(sub, lines, unset);
      math left = set_.formula(sub.lhs), right = set_.formula(sub.rhs);
      if (fits(left) && fits(right))
        lines.add({}, left, right, beside(narrative::reason_of(sub)));
      else
        unset += as_code(sub.lhs + " = " + sub.rhs);
    }
  }

  const typesetter& set_;
  std::string prefix_;
  bool whole_;
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
  if (verbosity > 0) {
    for (const auto& [name, value] : narrative::abbreviations(d)) r += "where\n" + on.display(name, value);
    for (const derivation_step& s : d.steps) on.show(s);
    for (const derivation_step& s : d.steps) r += on.step(s);
  }
  std::string checked = d.result.proof.checked
                            ? fmt::format("\\textbf{{Theorem}} (checked by the kernel in {}).", counted(d.result.proof.steps))
                            : "\\textbf{Result} (the kernel could not confirm every step).";
  r += "\\step\n" + checked + "\\nopagebreak\n" + on.display(d.result.claim, d.result.derivative);
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
