// The search for conditions under which an equation holds.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>

using namespace wengert;

namespace {

using texts = std::vector<std::string>;

prove_result search(const std::string& statement, const texts& givens = {}) {
  problem_text text;
  text.expressions = {statement};
  text.givens = givens;
  problem p(text);
  return prove(p, true);
}

texts found(const std::string& statement, const texts& givens = {}) {
  prove_result r = search(statement, givens);
  CHECK(r.status == verdict::proved);
  CHECK(r.proof.checked);
  return r.conditions;
}

}  // namespace

TEST_CASE("what the right side needs is found") {
  CHECK(found("1 == x/x") == texts{"x != 0"});
  CHECK(found("log(x*y) == log(x) + log(y)") == texts{"x > 0", "y > 0"});
  CHECK(found("x == exp(log(x))") == texts{"x > 0"});
  CHECK(found("1 == cos(x)/cos(x)") == texts{"cos(x) != 0"});
  CHECK(found("log(a*b*c*d*f) == log(a) + log(b) + log(c) + log(d) + log(f)") ==
        texts{"a > 0", "b > 0", "c > 0", "d > 0", "f > 0"});
  CHECK(found("1 == norm2(v)/norm2(v)") == texts{"norm2(v) != 0"});
}

TEST_CASE("a sign that makes the sides equal is found, no stronger than it must be") {
  CHECK(found("sqrt(x^2) == x") == texts{"x >= 0"});
  CHECK(found("abs(x) == x") == texts{"x >= 0"});
  CHECK(found("sqrt(x^2) == -x") == texts{"-x >= 0"});
  CHECK(found("(x^a)^b == x^(a*b)") == texts{"x > 0"});
  CHECK(found("D(abs(x), x) == 1") == texts{"x > 0"});
  CHECK(found("D(max(x, 0), x) == 1") == texts{"x > 0"});
  CHECK(found("sqrt(x*y) == sqrt(x)*sqrt(y)") == texts{"x >= 0", "y >= 0"});
}

TEST_CASE("where the statement holds as it stands, nothing is added") {
  CHECK(found("(x + 1)^2 == x^2 + 2*x + 1").empty());
  CHECK(found("x/x == 1") == texts{"x != 0"});
  CHECK(found("sqrt(x^2) == x", {"x > 0"}).empty());
}

TEST_CASE("an equation that no condition saves stays refuted") {
  CHECK(search("x^2 == x").status == verdict::refuted);
  CHECK(search("sin(x) == x").status == verdict::refuted);
  CHECK(search("exp(x + y) == exp(x) + exp(y)").status == verdict::refuted);
  prove_result r = search("x^2 == x");
  CHECK(r.conditions.empty());
  CHECK(!r.counterexample.empty());
}

TEST_CASE("no condition contradicts the givens or makes the statement empty") {
  CHECK(search("sqrt(x^2) == x", {"x < 0"}).status == verdict::refuted);
  CHECK(search("log(x) == log(x) + 1").status != verdict::proved);
  CHECK(search("sqrt(-x^2 - 1) == 5").status != verdict::proved);
  CHECK(search("1/x == 2", {"x = 0"}).status != verdict::proved);
}

TEST_CASE("a condition found for a derivative also holds near the point") {
  for (const std::string& c : found("D(sqrt(x^2), x) == 1")) CHECK(c != "x >= 0");
}
