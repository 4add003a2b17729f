// The proof that follows the reverse sweep: wide sums, parts that many share, long chains, at a cost in proportion.
#include <doctest/doctest.h>

#include <check.hpp>

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gradient_check.hpp"
#include "sanitized.hpp"

using namespace wengert;

namespace {

struct function {
  std::vector<std::string> vars, lets;
  std::string text;
};

diff_result certified(problem& p) {
  diff_result found = diff(p, 1, notation::shortest, {false, false, false, true}).results.at(0);
  std::string report;
  CAPTURE(found.derivative);
  CAPTURE(report);
  CHECK(found.proof.checked);
  CHECK(checker::check_certificate(found.certificate, report));
  return found;
}

problem question(const function& f, const std::string& by) {
  problem_text text;
  text.vars = f.vars;
  text.lets = f.lets;
  text.expressions = {f.text};
  text.wrt = {by};
  return problem(text);
}

void check(const function& f, const std::string& by) {
  CAPTURE(f.text);
  CAPTURE(by);
  problem p = question(f, by);
  const diff_result found = certified(p);
  std::mt19937_64 random(7);
  CHECK(largest_error(p, found, sample(p, {}, random)) < 1e-4);
}

// k terms, all with exp(x) in them.
function wide(int k) {
  std::string sum;
  for (int i = 1; i <= k; ++i) sum += fmt::format("{}{}*sin({}*x)/(1+s^2)", i == 1 ? "" : "+", i, i);
  return {{}, {"s = exp(-x)"}, std::move(sum)};
}

// Operations on inputs and on what was made before, which is used again and again.
function tangled(int operations, int inputs, unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::vector<std::string> makes = {"sin({0})",  "tanh({0})",     "exp(-({0})^2)", "sqrt(1+({0})^2)",
                                          "atan({0})", "log(1+{0}^2)",  "{0}*{1}",       "{0}+{1}",
                                          "{0}-2*{1}", "{0}/(1+{1}^2)", "{0}*sin({1})"};
  function f;
  std::vector<std::string> names, unused;
  for (int i = 1; i <= inputs; ++i) names.push_back(fmt::format("x{}", i));
  for (int k = 1; k <= operations; ++k) {
    auto recent = [&] { return names[names.size() - 1 - below(std::min<std::size_t>(names.size(), 15))]; };
    const std::string a = k <= inputs ? names[static_cast<std::size_t>(k - 1)] : recent(), b = recent();
    f.lets.push_back(fmt::format("t{} = ", k) + fmt::format(fmt::runtime(makes[below(makes.size())]), a, b));
    std::erase(unused, a);
    std::erase(unused, b);
    names.push_back(fmt::format("t{}", k));
    unused.push_back(names.back());
  }
  f.text = fmt::format("{}", fmt::join(unused, "+"));
  return f;
}

}  // namespace

TEST_CASE("a sum is certified in kernel steps in proportion to its addends") {
  problem few = question(wide(50), "x"), many = question(wide(200), "x");
  CHECK(certified(many).proof.steps < 5 * certified(few).proof.steps);
}

TEST_CASE("sums of addends that share parts have the derivative that differences show") {
  check(wide(12), "x");
  check({{}, {"u = x*y", "v = sin(u)"}, "v + u*v + v^2 + u + x*v + cos(v)*u + 2*v"}, "x");
  check({{}, {}, "x + x + (x + x) + x*1 + (x + 0*x)"}, "x");
  check({{"x: vector[3]", "A: matrix[3,3]"}, {"u = tanh(A*x)"}, "sum(u) + dot(u, x) + sum(exp(u).*x) + dot(x, A*u)"}, "x");
  check({{"x: vector[3]", "A: matrix[3,3]"}, {"u = tanh(A*x)"}, "u + dot(u, x)*x + sum(u)*u + A*u"}, "x");
  check({{}, {"u = abs(x)"}, "u + max(u, 2*x)*u + u^3"}, "x");
  check({{}, {"u = abs(x)"}, "u + if(x < 1, x^3, x^2)"}, "x");
}

TEST_CASE("functions of many operations whose values are used again are certified by each kind of input") {
  for (unsigned seed = 1; seed <= examples(4); ++seed)
    for (const char* by : {"x1", "x3", "x4"}) check(tangled(40, 4, seed), by);
}

TEST_CASE("a chain whose every link uses the last one twice is certified") {
  function chain{{}, {"t0 = x"}, "t25"};
  for (int k = 1; k <= 25; ++k) chain.lets.push_back(fmt::format("t{} = sin(t{})*x + t{}/2", k, k - 1, k - 1));
  check(chain, "x");
}
