// Normal forms: equal things meet, and what is printed has the value of what was asked.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

using namespace wengert;

namespace {

// Whether both sides of 'L == R' have one full normal form, or at least meet.
bool meet(const std::string& equation, const std::vector<std::string>& givens = {}) {
  problem p(problem_text{{"x, y: real; z, w: vector[K]; A, B: matrix[K,K]"}, {}, givens, {}, {equation}});
  prover with(p.on());
  with.assume(p.facts());
  return with.equate(p.expressions()[0].node, p.expressions()[1].node).has_value();
}

}  // namespace

TEST_CASE("sums and products meet in one form") {
  for (const char* s :
       {"x + y == y + x", "(x + y)*(x - y) == x^2 - y^2", "2*(x + 1) - 2 == 2*x", "exp(x)*exp(-x) == 1", "exp(2*x) == exp(x)^2",
        "sum(k, z[k] + w[k]) == sum(z) + sum(w)", "sum(k, z[k])*sum(l, w[l]) == sum(l, sum(k, z[k]*w[l]))", "tr(A*B) == tr(B*A)",
        "sum(k, 1, K, 1) == K", "sin(x)^2 + cos(x)^2 == 1", "max(x, y) == max(y, x)", "abs(-x) == abs(x)", "abs(x)^2 == x^2",
        "cosh(x)^2 - sinh(x)^2 == 1", "delta(i,j)*z[i] == delta(i,j)*z[j]"})
    CHECK_MESSAGE(meet(s), std::string(s));
}

TEST_CASE("a normal form is its own") {
  problem p(problem_text{{"x, y: real; z: vector[K]"}, {}, {}, {}, {"(x + y)^3*sum(k, z[k]*exp(x*z[k])) - x*log(exp(y))"}});
  for (auto form : {normalizer::form::light, normalizer::form::full}) {
    kernel k(p.on());
    facts f(k);
    normalizer n(f, form);
    normal once = n.of(p.expressions()[0].node);
    CHECK(once.equal.says().left == p.expressions()[0].node);
    CHECK(once.equal.says().right == once.node);
    CHECK(n.of(once.node).node == once.node);
  }
}

TEST_CASE("powers merge only where their conditions are known") {
  CHECK(!meet("x/x == 1"));
  CHECK(meet("x/x == 1", {"x != 0"}));
  CHECK(meet("x^(-1)*x^(-2) == x^(-3)"));
  CHECK(!meet("sqrt(x)*sqrt(x) == x"));
  CHECK(meet("sqrt(x)*sqrt(x) == x", {"x >= 0"}));
  CHECK(!meet("sqrt(x^2) == x"));
  CHECK(meet("sqrt(x^2) == x", {"x >= 0"}));
  CHECK(!meet("log(x*y) == log(x) + log(y)"));
  CHECK(meet("log(x*y) == log(x) + log(y)", {"x > 0", "y > 0"}));
  CHECK(!meet("z[i]/z[i] == 1", {"z[1] != 0"}));
  CHECK(meet("z[i]/z[i] == 1", {"z[k] != 0"}));
}

TEST_CASE("deltas contract only where the index stays in its range") {
  CHECK(meet("sum(k, delta(k,i)*z[k]) == z[i]"));
  CHECK(meet("sum(k, 2, K, delta(k,1)*z[k]) == 0"));
  CHECK(!meet("sum(k, 2, K, delta(k,i)*z[k]) == z[i]"));
  CHECK(!meet("sum(k, 2, K, z[k]) == sum(z)"));
  CHECK(meet("delta(i,j)*exp(z[i])*w[j] == delta(i,j)*exp(z[j])*w[i]"));
  CHECK(!meet("sum(i, delta(i,j)) == K"));
}
