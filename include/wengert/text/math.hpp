// Formulas as they stand on a page. A syntax tree becomes a small tree of rows, fractions, scripts and brackets, which is then
// written as LaTeX or as MathML; all decisions of layout, brackets above all, are made once, on the way from syntax to layout.
//
// A page has no commas between factors and no names before brackets to go by, so a bracket stands wherever a reader could take
// the formula for another one: around a sum that is a factor, around all but the last of two factors that reach as far to the
// right as they can (a sum over an index, a derivative of something written out), around a base of a power that is no single
// thing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/text/ast.hpp>

namespace wengert {

struct math {
  enum class kind : std::uint8_t {
    row,       // parts side by side
    name,      // a variable, in italics; Greek letters are themselves
    word,      // a function or a constant, upright
    verbatim,  // a name or a text that is shown letter by letter
    number,
    sign,      // an operator or a comma: text is its character
    times,     // between two factors: nothing but a little space
    apply,     // between a function and its arguments: nothing
    text,      // words between formulas
    bracket,   // parts: what stands inside; text is the opening character
    fraction,  // parts: above, below
    root,      // parts: radicand [, degree]
    script,    // parts: base, subscript, superscript; an empty row where there is none
    barred,    // parts: what stands under a bar
    big,       // parts: a sign or word, below, above
    cases      // parts: value, condition, value, condition, ..., value otherwise
  };
  kind is = kind::row;
  std::string text{};
  std::vector<math> parts{};

  bool empty() const { return is == kind::row && parts.empty(); }
};

// How variables are set: x1 as x with a subscript, theta as the letter, loss as one word. No two names look alike.
class name_styles {
 public:
  name_styles() = default;
  // Names, and whether each is an array.
  explicit name_styles(const std::map<std::string, bool>& names);

  bool knows(const std::string& name) const { return styles_.contains(name); }
  math of(const std::string& name) const;

 private:
  std::map<std::string, math> styles_;
};

math lay_out(const syntax_tree& tree, const name_styles& names);

std::string to_latex(const math& m);   // for math mode, with amsmath
std::string to_mathml(const math& m);  // the inside of a <math> element
// For LaTeX's text mode, and for HTML: what means something there is escaped.
std::string latex_text(std::string_view text);
std::string html_text(std::string_view text);

// Whether nothing in it is taller than letters with scripts, so that the brackets around it need not grow.
bool is_flat(const math& m);
// About how many letters wide it is.
double width_of(const math& m);
// The row cut before its signs + - = into lines of about that width at most, as far as that goes.
std::vector<math> lines_of(const math& m, double width);

}  // namespace wengert
