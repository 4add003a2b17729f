// Derivatives in a form that the user asks for.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>

using namespace wengert;

namespace {

constexpr result_form expanded{true, false, false}, factored{false, true, false}, one_fraction{false, false, true},
    expanded_fraction{true, false, true};

diff_answer differentiate_text(const std::string& expression, const std::string& wrt, const result_form& form) {
  problem_text text;
  text.expressions = {expression};
  text.wrt = {wrt};
  problem p(text);
  return diff(p, 1, notation::shortest, form);
}

// The derivative, which must be proved and in the form asked for, under the conditions of any other form.
std::string written(const std::string& expression, const std::string& wrt, const result_form& form) {
  diff_answer a = differentiate_text(expression, wrt, form);
  CHECK(a.notes.empty());
  CHECK(a.results.at(0).proof.checked);
  CHECK(a.results.at(0).conditions == differentiate_text(expression, wrt, {}).results.at(0).conditions);
  return a.results.at(0).derivative;
}

}  // namespace

TEST_CASE("factored: numerator and denominator fall into irreducible factors") {
  CHECK(written("(x+1)^3/(x-2)", "x", factored) == "(2*x - 7)*(x + 1)^2/(x - 2)^2");
  CHECK(written("x^4/4 - x^2/2", "x", factored) == "x*(x + 1)*(x - 1)");
  CHECK(written("(x^3-1)/(x^2-1)", "x", factored) == "x*(x + 2)/(x + 1)^2");
  CHECK(written("x/(x^2+y^2)", "x", factored) == "(x + y)*(y - x)/(x^2 + y^2)^2");
  CHECK(written("(x^2-y^2)^3", "y", factored) == "-6*y*(x + y)^2*(x - y)^2");
  CHECK(written("x^5 - 5*x", "x", factored) == "5*(x - 1)*(x + 1)*(x^2 + 1)");
}

TEST_CASE("one fraction: reduced by the greatest common divisor") {
  CHECK(written("1/x + 1/(x+1)", "x", one_fraction) == "-(2*x^2 + 2*x + 1)/(x^2*(x + 1)^2)");
  CHECK(written("(x^3-1)/(x^2-1)", "x", one_fraction) == "x*(x + 2)/(x + 1)^2");
  CHECK(written("x*sqrt(x^2+1)", "x", one_fraction) == "(2*x^2 + 1)/sqrt(x^2 + 1)");
  CHECK(written("sqrt(x)/(x+1)", "x", one_fraction) == "(1 - x)/(2*sqrt(x)*(x + 1)^2)");
  CHECK(written("1/(1+1/x)", "x", one_fraction) == "1/(x + 1)^2");
}

TEST_CASE("expanded: a sum of products") {
  CHECK(written("(x+1)^3", "x", expanded) == "3*x^2 + 6*x + 3");
  CHECK(written("x*(x+1)*(x+2)", "x", expanded) == "3*x^2 + 6*x + 2");
  CHECK(written("x^2*sin(x)/exp(x)", "x", expanded) == "x^2*cos(x)/exp(x) + 2*x*sin(x)/exp(x) - x^2*sin(x)/exp(x)");
  CHECK(written("softmax(z)[j]", "z[i]", expanded) == "softmax(z)[j]*delta(j,i) - softmax(z)[j]*softmax(z)[i]");
}

TEST_CASE("expanded and one fraction: both sides of it multiplied out") {
  CHECK(written("(x+1)^3/(x-2)", "x", expanded_fraction) == "(2*x^3 - 3*x^2 - 12*x - 7)/(x^2 - 4*x + 4)");
  CHECK(written("x/(x^2+y^2)", "x", expanded_fraction) == "(y^2 - x^2)/(x^4 + 2*x^2*y^2 + y^4)");
}

TEST_CASE("every form is proved, whatever the function") {
  for (const char* f : {"sigmoid(x)^2", "tan(x)/x", "log(x)/x^2 + 1/(x*log(x))", "tanh(x)^3", "exp(2*x)/(exp(x) - 1)",
                        "x^(1/3)*(x - 1)", "abs(x)*(x + 2)", "(a*x + b)/(c*x + d)", "sin(x)^3*cos(x)", "0*x + 7", "x"})
    for (const result_form& form : {expanded, factored, one_fraction, expanded_fraction}) {
      CAPTURE(f);
      CHECK(!written(f, "x", form).empty());
    }
}
