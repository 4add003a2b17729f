// Where statements hold: no condition is lost, none is slipped in, and what refutes a statement is a point where it fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>

using namespace wengert;
using strings = std::vector<std::string>;

namespace {

prove_result ask(const std::string& equation, const strings& givens = {}) {
  problem p(problem_text{{"a, p, x, y: real; n: integer; z: vector[K]; u: vector[3]; A, B: matrix[K,K]; S: matrix[2,2]"},
                         {},
                         givens,
                         {},
                         {equation}});
  return prove(p);
}

bool proved(const std::string& equation, const strings& givens = {}) { return ask(equation, givens).status == verdict::proved; }
bool refuted(const std::string& equation, const strings& givens = {}) { return ask(equation, givens).status == verdict::refuted; }

}  // namespace

TEST_CASE("the branches of a choice between arrays count only where they are taken") {
  CHECK(refuted("sum(sinc(z)) == sum(sin(z)./z)"));
  CHECK(refuted("if(z[k] > 0, log(z[k]), 0) == log(z[k])"));
  CHECK(refuted("if(u[1] > 0, log(u[1]), 0) == log(u[1])"));
  CHECK(refuted("sum(k, if(z[k] > 0, sum(i, log(z[k]*A[k,i]^2)), 0)) == sum(k, sum(i, log(z[k]*A[k,i]^2)))"));
  CHECK(proved("sum(sinc(z)) == sum(sinc(z))"));
  CHECK(ask("sum(sinc(z)) == sum(sinc(z))").conditions.empty());
  CHECK_FALSE(refuted("sum(z) == sum(k, if(z[k] = 0, 0, z[k]^2/z[k]))"));
}

TEST_CASE("what a sum over nothing does not read need not be defined") {
  CHECK(refuted("sum(m, 2, K, sqrt(x)) == (K - 1)*sqrt(x)"));
  CHECK(refuted("D(sum(m, 2, K, log(a)*z[m]), z[1]) == D(log(a)*sum(m, 2, K, z[m]), z[1])"));
  CHECK_FALSE(refuted("sum(m, 1, K, if(m < K, 1/x, 0)) == sum(m, 1, K-1, 1/x)"));
  CHECK_FALSE(refuted("sum(m, 1, K, if(m < K, max(r, 1, K-1, z[r])*z[m], 0)) == sum(m, 1, K-1, max(r, 1, K-1, z[r])*z[m])"));
  CHECK(proved("sum(m, 1, K, sqrt(x)) == K*sqrt(x)"));
  CHECK(proved("sum(m, 2, K, x*z[m]/x) == sum(m, 2, K, x*z[m]/x)"));
}

TEST_CASE("what a branch needs to be smooth is not needed elsewhere") {
  CHECK_FALSE(proved("D(if(x > 0, sqrt(x), x^2), x) == 1/(2*sqrt(x))"));
  CHECK_FALSE(proved("D(if(a > 0, abs(x), x), x) == abs(x)/x"));
  CHECK_FALSE(proved("D(if(a > 0, sqrt(x)^3, x^2), x) == 3*sqrt(x)/2"));
}

TEST_CASE("a function that is not smooth in its parts may be differentiable") {
  for (const char* s : {"2*abs(x) == D(x*abs(x), x)", "2*max(x, 0) == D(if(x > 0, x^2, 0), x)", "2*x == D(abs(x)^2, x)",
                        "1 == D(max(x, y) + min(x, y), x)", "0*x == D(if(x = 1, 0, 0), x)", "1 == D(cbrt(x)^3, x)"})
    CHECK_MESSAGE(!refuted(s), std::string(s));
  CHECK_FALSE(refuted("2*x == D(x^p, x)", {"p = 2"}));
  CHECK_FALSE(refuted("n*x^(n-1) == D(x^n, x)", {"n >= 2"}));
  CHECK_FALSE(refuted("0 == D(adj(S)[1,1], S[1,1])"));
  CHECK_FALSE(proved("D(a^x, x) == a^x*log(a)"));
  CHECK(proved("D(a^x, x) == a^x*log(a)", {"a > 0"}));
  for (const char* s : {"sign(x) == D(abs(x), x)", "abs(x) == x*D(abs(x), x)", "0 == D(sign(x), x)", "0 == D(floor(x), x)",
                        "x^(1/3) == D(x^(4/3), x)*3/4", "x == D(sqrt(x)^4, x)/2"})
    CHECK_MESSAGE(refuted(s), std::string(s));
}

TEST_CASE("a counterexample meets the givens, not only nearly") {
  CHECK_FALSE(refuted("x == 0", {"x^4 = 0"}));
  CHECK_FALSE(refuted("x == 1/3", {"(x - 1/3)^8 = 0"}));
  CHECK_FALSE(refuted("1 == 2", {"exp(-x) = 0"}));
  CHECK_FALSE(refuted("0 == xlogy(y, x)", {"y = 0"}));
  CHECK(refuted("x == 0", {"x^2 = 4"}));
  CHECK(refuted("x == y", {"x*y = 1"}));
  const auto found = ask("x^K == x^2").counterexample;  // the length is told
  CHECK(std::any_of(found.begin(), found.end(), [](const auto& value) { return value.first == "K"; }));
}

TEST_CASE("a power whose exponent moves is differentiable for a positive base only") {
  problem p(problem_text{{"n: integer; x: real"}, {}, {}, {"n"}, {"x^n"}});
  CHECK(diff(p, 1).results.at(0).conditions == strings{"x > 0"});
}

TEST_CASE("conditions of what cancels are kept") {
  auto conditions_of = [](const std::string& f) {
    problem p(problem_text{{"x: real; z: vector[K]"}, {}, {}, {"x"}, {f}});
    return diff(p, 1).results.at(0).conditions;
  };
  CHECK(conditions_of("log(x) - log(x) + x^2") == strings{"x > 0"});
  CHECK(conditions_of("0*log(x)") == strings{"x > 0"});
  CHECK(conditions_of("0*sqrt(x)") == strings{"x > 0"});
  CHECK(conditions_of("0*x^x") == strings{"x > 0"});
  CHECK(conditions_of("norm2(x*z)^2").empty());
  CHECK(conditions_of("abs(x)^2").empty());
}

TEST_CASE("that a matrix is symmetric is a hypothesis") {
  CHECK(ask("A == A'", {"symmetric(A)"}).hypotheses_used == strings{"symmetric(A)"});
  CHECK(ask("inv(A) == inv(A)'", {"symmetric(A)"}).hypotheses_used == strings{"symmetric(A)"});
  CHECK(ask("z'*A*B*z == z'*B'*A*z", {"symmetric(A)", "symmetric(B)"}).hypotheses_used.size() == 2);
  CHECK(ask("A + B == B + A", {"symmetric(A)"}).hypotheses_used.empty());
  problem p(problem_text{{"A: matrix[n,n]"}, {}, {"symmetric(A)"}, {"A"}, {"sqrt(sum(A.^2))^2"}});
  CHECK(diff(p, 1).results.at(0).derivative == "2*A");
}

TEST_CASE("a branch is differentiated under the comparison that leads to it") {
  auto found = [](const std::string& text, const strings& vars = {}) {
    problem p({vars, {}, {}, {"x"}, {text}});
    return diff(p, 1).results.at(0);
  };
  struct row {
    const char *text, *derivative, *condition;
  };
  for (const row& r :
       {row{"if(x > 0, log(x), 0)", "if(x > 0, 1/x, 0)", "x != 0"}, row{"if(x <= 0, 1, log(x))", "if(x > 0, 1/x, 0)", "x != 0"},
        row{"if(x > 1, log(x - 1), 0)", "if(x > 1, 1/(x - 1), 0)", "1 - x != 0"},
        row{"if(y > 0, sqrt(y)*x, x^2)", "if(y > 0, sqrt(y), 2*x)", ""}}) {
    CAPTURE(std::string(r.text));
    diff_result d = found(r.text);
    CHECK(d.proof.checked);
    CHECK(d.derivative == r.derivative);
    CHECK(d.conditions == (*r.condition ? strings{r.condition} : strings{}));
  }
  CHECK(found("sum(if(x > 0, log(x), 0))", {"x: vector[n]"}).proof.checked);
  CHECK_FALSE(found("if(x > 0, log(x), 0) + log(x)").conditions.empty());
}
