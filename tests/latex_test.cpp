// LaTeX and MathML of formulas. The LaTeX is read back by the conventions that people read by, and must be worth what the text is
// worth.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/text/math.hpp>
#include <wengert/text/parser.hpp>

#include "markup.hpp"

using namespace wengert;

namespace {

math layout_of(const std::string& text, const std::map<std::string, bool>& names, const std::string& vars = {}) {
  problem_text declared;
  if (!vars.empty()) declared.vars = {vars};
  declared.expressions = {"0"};
  problem p(declared);
  vocabulary words = [&](std::string_view n) { return p.role(n); };
  auto source = std::make_shared<const std::string>(text);
  try {
    return lay_out(parse_statement(source, words), name_styles(names));
  } catch (const error&) {
    return lay_out(parse_fact(source, words), name_styles(names));
  }
}

std::string latex(const std::string& text, const std::map<std::string, bool>& names = {}, const std::string& vars = {}) {
  return to_latex(layout_of(text, names, vars));
}

// Reads LaTeX as a person does and writes it with all brackets in the input language. What stands side by side is a product,
// which binds tighter than a sum; the operators \sum, \prod and d/dx reach to the end of their product; a name directly before a
// bracket is applied to it.
class latex_reader {
 public:
  explicit latex_reader(std::string text) : s_(std::move(text)) {}

  std::string all() {
    std::string r = expression();
    space();
    if (at_ != s_.size()) fail("the end");
    return r;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("expected {} at '{}' in '{}'", what, s_.substr(at_, 20), s_));
  }
  void space() {
    while (at_ < s_.size() && s_[at_] == ' ') ++at_;
  }
  bool accept(std::string_view t) {
    space();
    if (s_.compare(at_, t.size(), t) != 0) return false;
    if (t[0] == '\\' && std::isalpha(static_cast<unsigned char>(t.back())) != 0 && at_ + t.size() < s_.size() &&
        std::isalpha(static_cast<unsigned char>(s_[at_ + t.size()])) != 0)
      return false;
    at_ += t.size();
    return true;
  }
  void need(std::string_view t) {
    if (!accept(t)) fail(std::string(t));
  }
  char peek() {
    space();
    return at_ < s_.size() ? s_[at_] : '\0';
  }

  std::string expression() {
    std::string r = accept("-") ? "(-" + product() + ")" : product();
    for (;;) {
      if (accept("+"))
        r = "(" + r + " + " + product() + ")";
      else if (peek() == '-' && accept("-"))
        r = "(" + r + " - " + product() + ")";
      else
        return r;
    }
  }

  std::string product() {
    std::string r = factor();
    for (;;) {
      if (accept("\\,") || accept("\\cdot"))
        r = "(" + r + "*" + factor() + ")";
      else if (accept("\\odot"))
        r = "(" + r + ".*" + factor() + ")";
      else if (accept("\\oslash"))
        r = "(" + r + "./" + factor() + ")";
      else
        return r;
    }
  }

  std::string group() {
    need("{");
    std::string r = expression();
    need("}");
    return r;
  }

  std::string word() {
    space();
    std::size_t begin = at_;
    while (at_ < s_.size() && std::isalpha(static_cast<unsigned char>(s_[at_])) != 0) ++at_;
    if (begin == at_) fail("a letter");
    return s_.substr(begin, at_ - begin);
  }

  std::string factor() {
    for (const char* big : {"sum", "prod"})
      if (accept(fmt::format("\\{}", big))) return reduction(big);
    if (accept("\\frac")) return fraction();
    std::string base = atom();
    return scripts(base);
  }

  std::string reduction(const std::string& name) {
    need("_");
    need("{");
    std::string letter = word(), bounds, condition;
    if (accept("=")) bounds = expression();
    if (accept(",")) letter = word();
    if (accept("\\ne")) condition = expression();
    need("}");
    if (accept("^")) bounds += ", " + group();
    if (!bounds.empty()) bounds += ", ";
    std::string body = product();
    if (!condition.empty()) body = fmt::format("if({} = {}, {}, {})", letter, condition, name == "sum" ? 0 : 1, body);
    return fmt::format("{}({}, {}{})", name, letter, bounds, body);
  }

  std::string fraction() {
    need("{");
    if (accept("\\partial")) return derivative();
    std::string above = expression();
    need("}");
    return fmt::format("({}/{})", above, group());
  }

  std::string derivative() {
    std::size_t order = accept("^") ? std::stoul(word_or_digits()) : 1;
    std::string inside = peek() == '}' ? "" : expression();
    need("}");
    need("{");
    std::vector<std::string> by;
    while (accept("\\partial")) {
      std::string x = word();
      std::size_t times = accept("^") ? std::stoul(word_or_digits()) : 1;
      by.insert(by.end(), times, x);
      accept("\\,");
    }
    need("}");
    if (by.size() != order) fail("as many differentials");
    if (inside.empty()) inside = product();
    for (auto it = by.rbegin(); it != by.rend(); ++it) inside = fmt::format("D({}, {})", inside, *it);
    return inside;
  }

  std::string word_or_digits() {
    need("{");
    std::size_t end = s_.find('}', at_);
    std::string r = s_.substr(at_, end - at_);
    at_ = end + 1;
    return r;
  }

  std::string bracketed() {
    if (accept("\\left(")) {
      std::string r = arguments();
      need("\\right)");
      return r;
    }
    need("(");
    std::string r = arguments();
    need(")");
    return r;
  }

  std::string arguments() {
    std::string r = accept("\\begin{cases}") ? cases() : expression();
    while (accept(",")) r += ", " + expression();
    return r;
  }

  std::string cases() {
    std::string value = expression();
    need("&");
    if (accept("\\text{otherwise}")) {
      need("\\end{cases}");
      return value;
    }
    if (!accept("\\text{if }")) need("\\text{else if }");
    std::string left = expression();
    std::string sign = accept("<")      ? "<"
                       : accept("\\le") ? "<="
                       : accept(">")    ? ">"
                       : accept("\\ge") ? ">="
                       : accept("\\ne") ? "!="
                                        : "=";
    if (sign == "=") need("=");
    std::string right = expression();
    need("\\\\");
    return fmt::format("if({} {} {}, {}, {})", left, sign, right, value, cases());
  }

  std::string atom() {
    if (std::isdigit(static_cast<unsigned char>(peek())) != 0) {
      std::size_t begin = at_;
      while (at_ < s_.size() && (std::isdigit(static_cast<unsigned char>(s_[at_])) != 0 || s_[at_] == '.')) ++at_;
      return s_.substr(begin, at_ - begin);
    }
    if (peek() == '(' || s_.compare(at_, 6, "\\left(") == 0) return "(" + bracketed() + ")";
    if (accept("\\begin{cases}")) return cases();
    if (accept("\\left|")) return fence("\\right|");
    if (accept("\\lvert")) return fence("\\rvert");
    if (accept("\\sqrt")) {
      bool cubic = accept("[3]");
      return fmt::format("{}({})", cubic ? "cbrt" : "sqrt", group());
    }
    for (const char* f : {"exp", "sin", "log", "max", "min"})
      if (accept(fmt::format("\\{}", f))) {
        std::string power = accept("^") ? "^" + group() : "";
        return fmt::format("({}({}){})", f, bracketed(), power);
      }
    if (accept("\\operatorname{")) {
      std::string f = word();
      need("}");
      return fmt::format("{}({})", f, bracketed());
    }
    space();
    std::string name(1, s_[at_]);
    if (std::isalpha(static_cast<unsigned char>(name[0])) == 0) fail("an operand");
    ++at_;
    return name;
  }

  std::string fence(const char* end) {
    std::string r = "abs(" + expression();
    need(end);
    return r + ")";
  }

  std::string scripts(std::string base) {
    if (accept("_")) {
      need("{");
      std::string indices;
      while (!accept("}")) {
        if (accept(",")) continue;
        indices += (indices.empty() ? "" : ",") +
                   (std::isalpha(static_cast<unsigned char>(peek())) != 0 ? std::string(1, s_[at_++]) : atom());
      }
      base = fmt::format("{}[{}]", base, indices);
    }
    if (!accept("^")) return base;
    need("{");
    std::string r;
    if (accept("\\top"))
      r = base + "'";
    else if (accept("\\circ"))
      r = fmt::format("({}.^({}))", base, expression());
    else
      r = fmt::format("({}^({}))", base, exponent());
    need("}");
    return r;
  }

  std::string exponent() {
    std::string r = expression();
    return accept("/") ? r + "/" + expression() : r;
  }

  std::string s_;
  std::size_t at_ = 0;
};

// Both texts at some points.
void check_same_value(const std::string& vars, const std::string& text, const std::string& typeset) {
  INFO(text, "  as  ", typeset);
  std::string back;
  try {
    back = latex_reader(typeset).all();
    problem_text declared;
    declared.vars = {vars};
    declared.expressions = {text};
    problem p(declared);
    std::mt19937 random(5);
    for (int round = 0; round < 3; ++round) {
      std::uniform_real_distribution<double> some(0.3, 2.2);
      point at;
      auto occurs = [&](const char* n) {
        return std::ranges::any_of(names_in(text), [&](const name_use& u) { return u.name == n; });
      };
      for (const char* n : {"a", "b", "c"})
        if (occurs(n)) at.push_back({n, {{}, {some(random)}}});
      for (const char* n : {"A", "B"})
        if (occurs(n)) at.push_back({n, {{2, 2}, {some(random), some(random), some(random), some(random)}}});
      array left = evaluate_at(p, text, at), right = evaluate_at(p, back, at);
      REQUIRE(left.values.size() == right.values.size());
      for (std::size_t k = 0; k < left.values.size(); ++k) {
        double x = left.values[k], y = right.values[k];
        bool same = x == y || (std::isnan(x) && std::isnan(y)) || std::fabs(x - y) <= 1e-9 * std::max(std::fabs(x), std::fabs(y));
        CHECK_MESSAGE(same, fmt::format("{} read back as {}: {} and {}", text, back, x, y));
      }
    }
  } catch (const error& e) {
    CHECK_MESSAGE(false, fmt::format("{} read back as {}: {} {}", text, back, e.code.c_str(), e.what()));
  } catch (const std::runtime_error& e) {
    CHECK_MESSAGE(false, fmt::format("{} as {}: {}", text, typeset, e.what()));
  }
}

std::string filled(std::string form, const std::string& one, const std::string& two) {
  for (std::size_t at = 0; (at = form.find('$', at)) != std::string::npos;) {
    const std::string& by = form[at + 1] == '1' ? one : two;
    form.replace(at, 2, by);
    at += by.size();
  }
  return form;
}

const std::string numbers = "a, b, c: real; A, B: matrix[2,2]";
const std::vector<std::string> forms{"$1 + $2",
                                     "$1 - $2",
                                     "-$1",
                                     "$1*$2",
                                     "$1/$2",
                                     "$1^$2",
                                     "$1^2",
                                     "2*$1",
                                     "sqrt($1)",
                                     "abs($1)",
                                     "exp($1)",
                                     "sin($1)",
                                     "max($1, $2)",
                                     "sum(k, 1, 3, $1*k)",
                                     "sum(k, 1, 3, k)*$1",
                                     "prod(k, 1, 3, $1 + k)",
                                     "prod(k, 1, 3, $1)",
                                     "sum(k, 1, 3, if(k = 2, 0, $1*k))",
                                     "if($1 < $2, $1, $2)",
                                     "if($1 >= 1, $2, if($1 = $2, $1, 3))",
                                     "D($1*c, c)",
                                     "D(sin(c), c)*$1",
                                     "D(D($1*c^3, c), c)",
                                     "3/2*$1",
                                     "$1^(1/2)",
                                     "$1^-1"};

}  // namespace

TEST_CASE("latex: every pair of operators, nested both ways, keeps its meaning") {
  for (const std::string& outer : forms)
    for (const std::string& inner : forms) {
      std::string left = "(" + filled(inner, "a", "b") + ")";
      for (const std::string& text : {filled(outer, left, "b"), filled(outer, "b", left), filled(outer, left, left)})
        check_same_value(numbers, text, latex(text, {{"a", false}, {"b", false}, {"c", false}}, numbers));
    }
}

TEST_CASE("latex: arrays, every pair of operators") {
  const std::vector<std::string> arrays{
      "$1 + $2",   "$1 - $2", "-$1",        "$1*$2",      "$1.*$2", "$1./$2",   "$1.^2",
      "$1^2",      "$1'",     "2*$1",       "$1/2",       "c*$1",   "2*$1.*$2", "$1.*$2./$2",
      "$1*$2.*$1", "exp($1)", "sum($1)*$2", "$1./$2./$1", "$1.^$2", "abs($1)",  "if($1 < $2, $1, $2)",
      "sqrt($1)"};
  for (const std::string& outer : arrays)
    for (const std::string& inner : arrays) {
      std::string left = "(" + filled(inner, "A", "B") + ")";
      for (const std::string& text : {filled(outer, left, "B"), filled(outer, "B", left), filled(outer, left, left)})
        check_same_value(numbers, text, latex(text, {{"A", true}, {"B", true}}, numbers));
    }
  for (const char* text : {"A[1,2]*B[2,1]^2", "A'[1,2]", "(A*B)[2,1]", "(A*B)'[1,2] - A[1,1]'", "sum(k, A[k,k]*B[1,k])",
                           "sum(i, sum(j, A[i,j])*B[i,i])", "sum(k, A[k,1])^2", "exp(A)[1,2]^2", "(A.^2)[1,1]"})
    check_same_value(numbers, text, latex(text, {{"A", true}, {"B", true}}, numbers));
}

TEST_CASE("latex: random expressions keep their meaning") {
  std::mt19937 random(3);
  auto build = [&](auto& self, int depth) -> std::string {
    static const std::vector<std::string> leaves{"a", "b", "c", "2", "3", "0.5"};
    if (depth == 0) return leaves[random() % leaves.size()];
    std::string one = self(self, depth - 1), two = self(self, static_cast<int>(random() % static_cast<unsigned>(depth)));
    return "(" + filled(forms[random() % 15], one, two) + ")";
  };
  for (int round = 0; round < 300; ++round) {
    std::string text = build(build, 1 + round % 4);
    check_same_value(numbers, text, latex(text, {{"a", false}, {"b", false}, {"c", false}}, numbers));
  }
}

TEST_CASE("latex: how formulas look") {
  struct expected {
    const char *text, *latex;
  };
  const std::string vars =
      "z, y: vector[K]; W, X: matrix[m,m]; x, u, eps, theta2, loss, x1, v_max: real; n: integer; w_1: vector[K]";
  const std::map<std::string, bool> names{{"z", true},   {"y", true},      {"W", true},       {"X", true},
                                          {"x", false},  {"u", false},     {"theta2", false}, {"loss", false},
                                          {"x1", false}, {"v_max", false}, {"n", false},      {"w_1", true}};
  for (const expected& e : std::vector<expected>{
           {"x", "x"},
           {"x + 1", "x + 1"},
           {"-x", "-x"},
           {"x - (u - 1)", "x - (u - 1)"},
           {"2*x", "2\\,x"},
           {"2*3", "2 \\cdot 3"},
           {"x*2", "x \\cdot 2"},
           {"x*1/2", "\\frac{x \\cdot 1}{2}"},
           {"1/2*x", "\\frac{1}{2}\\,x"},
           {"2*(1/2)", "2 \\cdot \\frac{1}{2}"},
           {"x/u", "\\frac{x}{u}"},
           {"-x/u", "-\\frac{x}{u}"},
           {"x/(u + 1)", "\\frac{x}{u + 1}"},
           {"x/u/2", "\\frac{\\frac{x}{u}}{2}"},
           {"x^2", "x^{2}"},
           {"x^(1/2)", "x^{1/2}"},
           {"x^-(1/2)", "x^{-1/2}"},
           {"x^-1", "x^{-1}"},
           {"(x + 1)^2", "(x + 1)^{2}"},
           {"(x/u)^2", "\\left(\\frac{x}{u}\\right)^{2}"},
           {"(x^2)^3", "(x^{2})^{3}"},
           {"x^u^2", "x^{u^{2}}"},
           {"2^x", "2^{x}"},
           {"(-x)^2", "(-x)^{2}"},
           {"sin(x)", "\\sin(x)"},
           {"sin(x)^2", "\\sin^{2}(x)"},
           {"sin(x)^-1", "(\\sin(x))^{-1}"},
           {"exp(x)^2", "\\exp(x)^{2}"},
           {"log(x/u)", "\\log\\left(\\frac{x}{u}\\right)"},
           {"asin(x)", "\\arcsin(x)"},
           {"log10(x)", "\\log_{10}(x)"},
           {"sqrt(x + 1)", "\\sqrt{x + 1}"},
           {"cbrt(x)", "\\sqrt[3]{x}"},
           {"abs(x)", "\\lvert x\\rvert"},
           {"abs(x/u)", "\\left|\\frac{x}{u}\\right|"},
           {"norm2(z)", "\\lVert z\\rVert_{2}"},
           {"norm2(z)^2", "\\lVert z\\rVert_{2}^{2}"},
           {"softmax(z)", "\\operatorname{softmax}(z)"},
           {"softmax(z)[i]", "\\operatorname{softmax}(z)_{i}"},
           {"cross_entropy(softmax(z), y)", "\\operatorname{cross\\_entropy}(\\operatorname{softmax}(z), y)"},
           {"z[k]", "z_{k}"},
           {"z[k+1]", "z_{k + 1}"},
           {"W[i,j]", "W_{ij}"},
           {"W[1,2]", "W_{1, 2}"},
           {"W[i,j]^2", "W_{ij}^{2}"},
           {"delta(i,j)", "\\delta_{ij}"},
           {"W'", "W^{\\top}"},
           {"W'*X", "W^{\\top}\\,X"},
           {"(W*X)'", "(W\\,X)^{\\top}"},
           {"y.*z", "y \\odot z"},
           {"y./z", "y \\oslash z"},
           {"z.^2", "z^{\\circ2}"},
           {"dot(y, z)", "\\langle y, z\\rangle"},
           {"sum(k, y[k]*log(z[k]))", "\\sum_{k}y_{k}\\,\\log(z_{k})"},
           {"sum(k, 1, n, k^2)", "\\sum_{k = 1}^{n}k^{2}"},
           {"sum(k, y[k] + z[k])", "\\sum_{k}(y_{k} + z_{k})"},
           {"sum(k, y[k])*x", "\\left(\\sum_{k}y_{k}\\right)\\,x"},
           {"x*sum(k, y[k])", "x\\,\\sum_{k}y_{k}"},
           {"sum(k, if(k = i, 0, y[k]))", "\\sum_{k \\ne i}y_{k}"},
           {"prod(k, z[k])", "\\prod_{k}z_{k}"},
           {"max(k, z[k])", "\\max_{k}(z_{k})"},
           {"mean(z)", "\\operatorname{mean}(z)"},
           {"softmax(W, axis=1)", "\\operatorname{softmax}_{\\text{axis }1}(W)"},
           {"if(x > 0, x, 0)", "\\begin{cases} x & \\text{if } x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}"},
           {"2*if(x > 0, x, 0)",
            "2\\,\\left(\\begin{cases} x & \\text{if } x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}\\right)"},
           {"D(x^2, x)", "\\frac{\\partial}{\\partial x}(x^{2})"},
           {"D(loss, z[i])", "\\frac{\\partial\\mathit{loss}}{\\partial z_{i}}"},
           {"D(D(loss, z[i]), z[j])", "\\frac{\\partial^{2}\\mathit{loss}}{\\partial z_{j}\\,\\partial z_{i}}"},
           {"D(D(loss, x), x)", "\\frac{\\partial^{2}\\mathit{loss}}{\\partial x^{2}}"},
           {"theta2", "\\theta_{2}"},
           {"theta2^2", "\\theta_{2}^{2}"},
           {"x1", "x_{1}"},
           {"v_max", "v_{\\mathit{max}}"},
           {"w_1[k]^2", "w_{1, k}^{2}"},
           {"bar_x", "\\bar{x}"},
           {"bar_theta2^2", "\\bar{\\theta}_{2}^{2}"},
           {"bar_loss", "\\overline{\\mathit{loss}}"},
           {"pi*e", "\\pi\\,\\mathrm{e}"},
           {"0.1*x", "0.1\\,x"},
           {"1e-3*x", "(1 \\cdot 10^{-3})\\,x"},
           {"x > 0", "x > 0"},
           {"x != 0", "x \\ne 0"},
           {"x >= u", "x \\ge u"},
           {"not integer(x)", "x\\text{ is not an integer}"},
           {"one_hot(y)", "\\operatorname{one\\_hot}(y)"},
           {"sum(y) = 1", "\\operatorname{sum}(y) = 1"},
       }) {
    CAPTURE(e.text);
    CHECK(latex(e.text, names, vars) == e.latex);
  }
}

TEST_CASE("latex: no two names look alike") {
  const std::map<std::string, bool> names{{"x", true},      {"x1", false},    {"x_1", false},   {"y1", false}, {"y_1", false},
                                          {"alpha", false}, {"α", false},     {"Gamma", false}, {"π", false},  {"delta", true},
                                          {"W_in", false},  {"a_b_c", false}, {"e", false},     {"é", false},  {"ж", false},
                                          {"жа", false},    {"ab", false},    {"x_", false}};
  name_styles styles(names);
  std::map<std::string, std::string> seen;
  for (const auto& named : names) {
    const std::string& name = named.first;
    std::string set = to_latex(styles.of(name));
    CAPTURE(name);
    CHECK_MESSAGE(seen.emplace(set, name).second, fmt::format("{} and {} are both {}", seen[set], name, set));
    for (char c : set) CHECK((static_cast<unsigned char>(c) < 0x80 || name == "é"));
  }
  CHECK(latex("x[1]", names, "x: vector[K]; x1, x_1: real") != latex("x1", names, "x: vector[K]; x1, x_1: real"));
}

TEST_CASE("latex: long rows are cut before signs and between factors, and nothing is lost") {
  auto joined = [](const std::vector<math>& lines) {
    std::string r;
    for (const math& l : lines) r += to_latex(l);
    return r;
  };
  std::string sum = "a", product = "sin(a)";
  for (int k = 1; k < 40; ++k) {
    sum += k % 2 == 0 ? " + b*c" : " - b";
    product += "*sin(a + b)";
  }
  std::vector<math> lines = lines_of(layout_of(sum, {}), 30);
  CHECK(lines.size() > 3);
  for (const math& l : lines) CHECK(width_of(l) <= 30);
  std::string whole = to_latex(layout_of(sum, {})), cut = joined(lines);
  std::erase(whole, ' ');
  std::erase(cut, ' ');
  CHECK(cut == whole);
  std::vector<math> factors = lines_of(layout_of(product, {}), 30);
  CHECK(factors.size() > 3);
  for (const math& l : factors) CHECK(width_of(l) <= 30);
  for (std::size_t k = 1; k < factors.size(); ++k) CHECK(to_latex(factors[k]).starts_with(" \\cdot \\sin"));
  CHECK(lines_of(layout_of("a + b", {}), 30).size() == 1);
}

TEST_CASE("latex and mathml of nested formulas are balanced") {
  for (const std::string& outer : forms)
    for (const std::string& inner : forms) {
      math m = layout_of(filled(outer, "(" + filled(inner, "a", "b") + ")", "theta_1"), {});
      CHECK(markup::latex_problem(to_latex(m)) == "");
      CHECK(markup::xml_problem("<math>" + to_mathml(m) + "</math>") == "");
    }
}
