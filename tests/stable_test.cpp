#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/term.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/stable.hpp>

using namespace wengert;

namespace {

array number(double v) { return {{}, {v}}; }
array list(std::vector<double> v) { return {{v.size()}, std::move(v)}; }

using numbers = std::vector<double>;

bool close(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)) || std::abs(a - b) < 1e-300;
}
bool close(const numbers& a, const numbers& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return close(x, y); });
}

// --- closed forms

numbers softmax(const numbers& z) {
  double m = *std::max_element(z.begin(), z.end()), s = 0;
  numbers r;
  for (double v : z) s += std::exp(v - m);
  for (double v : z) r.push_back(std::exp(v - m) / s);
  return r;
}

double logsumexp(const numbers& z) {
  double m = *std::max_element(z.begin(), z.end()), s = 0;
  for (double v : z) s += std::exp(v - m);
  return m + std::log(s);
}

double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double sigmoid(double x) { return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

// d softmax(z)[i] / d z[j], row major.
numbers softmax_jacobian(const numbers& z) {
  numbers a = softmax(z), r;
  for (std::size_t i = 0; i < z.size(); ++i)
    for (std::size_t j = 0; j < z.size(); ++j) {
      double others = 0;  // 1 - a[i] without cancellation
      for (std::size_t k = 0; k < z.size(); ++k)
        if (k != i) others += a[k];
      r.push_back(i == j ? a[i] * others : -a[i] * a[j]);
    }
  return r;
}

const std::vector<numbers> extreme_logits{{1e4, -1e4, 3},         {-1e4, -1e4, -1e4}, {1e4, 1e4, 1e4}, {1e4, 9999, -1e4},
                                          {-1e4, 1e4 - 700, 1e4}, {20000, 0, -20000}, {0.5, -0.25, 2}};
const std::vector<double> extreme_reals{1e4, -1e4, 20000, -20000, 800, -800, 50, -50, 36.5, 1, -1, 0};

struct asked {
  numbers value, gradient;
};

asked ask(const std::string& expression, const std::string& by, const point& at, const std::vector<std::string>& lets = {}) {
  problem p({{"z, y: vector[3]"}, lets, {}, {by}, {expression}});
  grad_result r = grad(p, at);
  CAPTURE(expression);
  CHECK(r.undefined.empty());
  return {r.value.values, r.gradient.at(0).second.values};
}

}  // namespace

TEST_CASE("cross-entropy of softmax at extreme logits") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> ways{
      {"cross_entropy(softmax(z), y)", {}},
      {"nll(log_softmax(z), y)", {}},
      {"-sum(y.*log(a))", {"a = softmax(z)"}},
      {"-sum(y.*log(a))", {"S = sum(exp(z))", "a = exp(z)/S"}},
      {"-sum(k, y[k]*log(exp(z[k])/sum(m, exp(z[m]))))", {}},
      {"sum(k, y[k]*(log(sum(exp(z))) - z[k]))", {}},
  };
  for (const auto& way : ways)
    for (const numbers& z : extreme_logits)
      for (const numbers& y : {numbers{0, 1, 0}, numbers{1, 0, 0}, numbers{0.25, 0.25, 0.5}}) {
        CAPTURE(way.first);
        CAPTURE(z);
        asked r = ask(way.first, "z", {{"z", list(z)}, {"y", list(y)}}, way.second);
        double loss = 0;
        numbers a = softmax(z), gradient;
        for (std::size_t k = 0; k < 3; ++k) {
          loss += y[k] * (logsumexp(z) - z[k]);
          gradient.push_back(a[k] - y[k]);
        }
        CHECK(std::abs(r.value[0] - loss) <= 1e-12 * (1 + std::abs(loss)));
        for (std::size_t k = 0; k < 3; ++k) CHECK(std::abs(r.gradient[k] - gradient[k]) < 1e-15);
      }
}

TEST_CASE("softmax, logsumexp and their derivatives at extreme logits") {
  for (const numbers& z : extreme_logits) {
    CAPTURE(z);
    asked r = ask("logsumexp(z)", "z", {{"z", list(z)}});
    CHECK(close(r.value[0], logsumexp(z)));
    CHECK(close(r.gradient, softmax(z)));
    r = ask("log(sum(k, exp(z[k])))", "z", {{"z", list(z)}});
    CHECK(close(r.gradient, softmax(z)));
    r = ask("D(logsumexp(z), z)", "z", {{"z", list(z)}});
    CHECK(close(r.value, softmax(z)));
    CHECK(close(r.gradient, softmax_jacobian(z)));
    r = ask("softmax(z/T)", "z", {{"z", list(z)}, {"T", number(2)}});
    numbers half;
    for (double v : z) half.push_back(v / 2);
    CHECK(close(r.value, softmax(half)));
    numbers jacobian = softmax_jacobian(half);
    for (double& v : jacobian) v /= 2;
    for (std::size_t k = 0; k < jacobian.size(); ++k) CHECK(std::abs(r.gradient[k] - jacobian[k]) < 1e-15);
  }
}

TEST_CASE("softplus and sigmoid at extreme arguments") {
  for (double x : extreme_reals) {
    CAPTURE(x);
    const double s = sigmoid(x), slope = s * sigmoid(-x);
    asked r = ask("softplus(x)", "x", {{"x", number(x)}});
    CHECK(close(r.value[0], softplus(x)));
    CHECK(close(r.gradient[0], s));
    r = ask("sigmoid(x)", "x", {{"x", number(x)}});
    CHECK(close(r.value[0], s));
    CHECK(close(r.gradient[0], slope));
    r = ask("log(sigmoid(x))", "x", {{"x", number(x)}});
    CHECK(close(r.value[0], -softplus(-x)));
    CHECK(close(r.gradient[0], sigmoid(-x)));
    r = ask("D(softplus(x), x)", "x", {{"x", number(x)}});
    CHECK(close(r.value[0], s));
    CHECK(std::abs(r.gradient[0] - slope) < 1e-15);
    r = ask("D(log(sigmoid(x)), x)", "x", {{"x", number(x)}});
    CHECK(std::abs(r.gradient[0] + slope) < 1e-15);
    r = ask("log(1 + exp(x))*2", "x", {{"x", number(x)}});
    CHECK(close(r.gradient[0], 2 * s));
  }
}

TEST_CASE("binary cross-entropy of sigmoid at extreme logits") {
  for (double x : extreme_reals)
    for (double y : {0.0, 1.0, 0.25}) {
      CAPTURE(x);
      CAPTURE(y);
      for (const std::string expression :
           {"binary_cross_entropy(sigmoid(x), b)", "-(b*log(1/(1+exp(-x))) + (1-b)*log(exp(-x)/(1+exp(-x))))"}) {
        asked r = ask(expression, "x", {{"x", number(x)}, {"b", number(y)}});
        double loss = y * softplus(-x) + (1 - y) * softplus(x);
        CHECK(std::abs(r.value[0] - loss) <= 1e-12 * loss + 1e-18);
        CHECK(std::abs(r.gradient[0] - (y == 1 ? -sigmoid(-x) : sigmoid(x) - y)) < 1e-15);
      }
      asked second = ask("D(binary_cross_entropy(sigmoid(x), b), x)", "x", {{"x", number(x)}, {"b", number(y)}});
      CHECK(std::abs(second.gradient[0] - sigmoid(x) * sigmoid(-x)) < 1e-15);
    }
}

TEST_CASE("the Hessian of the cross-entropy is finite at extreme logits") {
  for (const numbers& z : extreme_logits) {
    CAPTURE(z);
    asked r = ask("D(cross_entropy(softmax(z), y), z)", "z", {{"z", list(z)}, {"y", list({0, 1, 0})}});
    numbers hessian = softmax_jacobian(z);
    for (std::size_t k = 0; k < hessian.size(); ++k) CHECK(std::abs(r.gradient[k] - hessian[k]) < 1e-15);
  }
}

// --- the forms themselves

TEST_CASE("a stable form is proved, and finite in double precision") {
  for (const std::string expression : {"logsumexp(z)", "cross_entropy(softmax(z), y)", "sum(softmax(z).*y)", "softplus(z[1])",
                                       "log(sigmoid(z[1]))", "binary_cross_entropy(sigmoid(z[1]), y[1])"})
    for (int order = 0; order < 3; ++order) {
      CAPTURE(expression);
      CAPTURE(order);
      problem p({{"z, y: vector[3]"}, {}, {}, {"z"}, {expression}});
      tape& t = p.on();
      prover with(t);
      node_id n = p.expressions()[0].node;
      for (int k = 0; k < order; ++k) n = derivative(t, n, p.targets()[0].variable);
      auto finite = [&](node_id form) {
        evaluator<double> e(t);
        e.bind("z", numbers{-1e4, 1e4, 3}, std::vector<std::size_t>{3});
        if (t.find_symbol("y") != none) e.bind("y", numbers{0, 1, 0}, std::vector<std::size_t>{3});
        auto v = e(form);
        return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); });
      };
      auto form = find_stable_form(with, n, finite);
      REQUIRE(form);
      CHECK(form->equal.says().what == claim::kind::equal);
      CHECK(form->equal.says().left == n);
      CHECK(form->equal.says().right == form->node);
      CHECK(form->equal.hypotheses().empty());
    }
}

TEST_CASE("what has nothing to gain stays as it is") {
  for (const std::string expression :
       {"x*exp(x) + 1", "exp(-x^2/2)/sqrt(2*pi)", "sin(x)*log(x)", "1/(1 + x)", "sum(exp(z))", "log(x*y)"}) {
    CAPTURE(expression);
    problem p({{}, {}, {}, {}, {expression}});
    node_id n = p.expressions()[0].node;
    CHECK(stabilized(p.on(), n) == n);
  }
}

TEST_CASE("a stable form of a random expression has its value") {
  std::mt19937_64 random(3);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  auto grow = [&](auto&& self, int depth) -> std::string {
    auto sub = [&] { return self(self, depth - 1); };
    if (depth == 0) return std::vector<std::string>{"x", "y", "z[1]", "z[2]", "2", "1/3"}[static_cast<std::size_t>(pick(6))];
    switch (pick(9)) {
      case 0: return "(" + sub() + " + " + sub() + ")";
      case 1: return "(" + sub() + " - " + sub() + ")";
      case 2: return "(" + sub() + "*" + sub() + ")";
      case 3: return "exp(" + sub() + "/2)/(1 + exp(" + sub() + "/3))";
      case 4: return "(1 + exp(" + sub() + "/4))^(-1/2)";
      case 5: return "log(2 + exp(" + sub() + "/4) + exp(" + sub() + "/5))";
      case 6: return "sum(k, exp(z[k]/2)*" + sub() + ")/sum(exp(z))";
      case 7: return "sin(" + sub() + ")*exp(" + sub() + "/9)^2";
      default: return "log(exp(" + sub() + "/7)*sum(k, exp(z[k] - " + sub() + "/3)))";
    }
  };
  int changed = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string expression = grow(grow, 1 + pick(3));
    CAPTURE(expression);
    problem p({{"z: vector[3]"}, {}, {}, {}, {expression}});
    node_id n = p.expressions()[0].node, s = stabilized(p.on(), n);
    changed += s != n;
    evaluator<long double> e(p.on());
    for (const char* name : {"x", "y"})
      if (p.on().find_symbol(name) != none) e.bind(name, static_cast<long double>(pick(300)) / 100 - 1.5L);
    if (p.on().find_symbol("z") != none) e.bind("z", std::vector<long double>{0.3L, -0.7L, 1.1L}, std::vector<std::size_t>{3});
    long double a = e.scalar(n), b = e.scalar(s);
    if (std::isfinite(a)) CHECK(std::abs(a - b) <= 1e-14L * (1 + std::abs(a)));
  }
  CHECK(changed > 100);
}

TEST_CASE("a difference from a whole is the sum of the rest") {
  struct row {
    std::string expression;
    bool at_no_cost;     // the sum is over no more indices at a time
    bool proved = true;  // the prover finds that the form is equal
  };
  const std::vector<row> rows{
      {"log(1 - softmax(z)[1])", true},
      {"log(1 - exp(z[2])/sum(exp(z)))", true, false},
      {"log(1 - exp(z[2] - logsumexp(z)))", true, false},
      {"log1p(-softmax(z)[3])", true},
      {"softmax(z)[1]/(1 - softmax(z)[1])", true},
      {"1/(sum(z.^2) - z[1]^2)", true},
      {"sqrt(1 - softmax(z/3)[2])", true},
      {"xlogy(y[1], 1 - softmax(z)[1])", true, false},
      {"sum(n, log(1 - exp(Z[n,2])/sum(k, exp(Z[n,k]))))", true, false},
      {"sum(n, log(1 - exp(Z[n,n])/sum(k, exp(Z[n,k]))))", true, false},
      {"sum(k, (1 - y[k])*log(1 - softmax(z)[k]))", false},
      {"sum(log1p(-softmax(z)))", false},
      {"1 - softmax(z)[1]", true},
  };
  for (const row& r : rows) {
    CAPTURE(r.expression);
    problem p({{"z, y: vector[3]; Z: matrix[3,3]"}, {}, {}, {}, {r.expression}});
    tape& t = p.on();
    const node_id n = p.expressions()[0].node, cheap = with_complements(t, n, false), any = with_complements(t, n, true);
    CHECK((cheap != n) == r.at_no_cost);
    CHECK(any != n);
    CHECK(with_complements(t, any, true) == any);
    prover with(t);
    with.assume_signs(p.facts());
    std::vector<requirement> open;
    with.assume_domain(requirements(t, p.expressions()[0]), false, open);
    CHECK(with.equate(n, any).has_value() == r.proved);
    auto value = [&](node_id form) {
      evaluator<long double> e(t);
      const std::vector<std::size_t> three{3};
      for (const char* name : {"z", "y"})
        if (t.find_symbol(name) != none) e.bind(name, std::vector<long double>{0.3L, -0.7L, 1.1L}, three);
      if (t.find_symbol("Z") != none)
        e.bind("Z", std::vector<long double>{0.3L, -0.7L, 1.1L, 2, 1, 0, -1, 0.5L, 0.25L}, std::vector<std::size_t>{3, 3});
      return e.scalar(form);
    };
    CHECK(std::abs(value(n) - value(any)) < 1e-16L * (1 + std::abs(value(n))));
    CHECK(std::abs(value(n) - value(stabilized(t, any))) < 1e-16L * (1 + std::abs(value(n))));
  }
  for (const std::string expression :
       {"log(1 - softmax(z)[1]/2)", "log(2 - softmax(z)[1])", "log(1 + softmax(z)[1])", "log(1 - softmax(y)[1]*softmax(z)[1])",
        "log(1 - exp(z[1])/sum(k, 2, 3, exp(z[k])))", "log(1 - exp(y[1])/sum(exp(z)))", "sin(1 - softmax(z)[1])"}) {
    CAPTURE(expression);
    problem p({{"z, y: vector[3]"}, {}, {}, {}, {expression}});
    const node_id n = p.expressions()[0].node;
    CHECK(with_complements(p.on(), n, true) == n);
  }
}

TEST_CASE("what a choice leaves out of a sum of exponentials has no say in their scale") {
  for (const std::string expression :
       {"log(sum(k, if(k = 1, 0, exp(z[k]))))", "log(sum(k, if(k != 1, exp(z[k]), 0)))",
        "log(sum(k, if(y[k] > 1/2, 0, exp(z[k]))))", "log(sum(k, if(k = 1, 0, 2*exp(z[k])*exp(z[k]))))/2 - log(2)/2"}) {
    CAPTURE(expression);
    problem p({{"z, y: vector[3]"}, {}, {}, {"z"}, {expression}});
    tape& t = p.on();
    const node_id n = p.expressions()[0].node;
    shifts taken_out;
    const node_id form = stabilized(t, n, taken_out);
    std::vector<node_id> all{form, derivative(t, form, p.targets()[0].variable)};
    taken_out.put_back(t, all);
    for (const double least : {-1e4, 0.5}) {
      evaluator<double> e(t);
      e.bind("z", numbers{1e4, least, least}, std::vector<std::size_t>{3});
      if (t.find_symbol("y") != none) e.bind("y", numbers{1, 0, 0}, std::vector<std::size_t>{3});
      CHECK(e.scalar(all[0]) == doctest::Approx(least + std::log(2) / (expression.back() == '2' ? 2 : 1)));
      const auto slope = e(all[1]);
      CHECK(slope[0] == 0);
      CHECK(slope[1] == doctest::Approx(0.5));
      CHECK(slope[2] == doctest::Approx(0.5));
    }
  }
}

// --- size

TEST_CASE("a tape of a million steps is built, differentiated and evaluated in linear time") {
  using clock = std::chrono::steady_clock;
  auto run = [](std::size_t steps) {
    auto start = clock::now();
    tape t;
    frame f{t, {}};
    node_id x = t.symbol("x", {});
    term u(f, edge{x, {}}), c(f, rational(1, 1000));
    for (std::size_t k = 0; k < steps; ++k) u = ops::sin(u) * c + u;
    const node_id root = u.as_edge().node, d = derivative(t, root, t.symbol_of(x));
    CHECK(t.size() < 8 * steps);
    evaluator<double> e(t);
    e.bind("x", 0.5);
    const node_id both[] = {root, d};
    e.evaluate(both);
    CHECK(std::isfinite(e.values(root)[0]));
    CHECK(std::isfinite(e.values(d)[0]));
    CHECK(stabilized(t, d) == d);
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  double small = run(125'000), large = run(1'000'000);
  CHECK(large < 30 * small);  // 8 if linear, with room for caches; 64 if quadratic
}

TEST_CASE("a chain of exponentials is made stable in linear time") {
  tape t;
  frame f{t, {}};
  term x(f, edge{t.symbol("x", {}), {}}), u = x;
  for (int k = 1; k <= 20'000; ++k) u = u * ops::exp(ops::sin(k * x));
  auto start = std::chrono::steady_clock::now();
  stabilized(t, u.as_edge().node);
  CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 5);
}

TEST_CASE("a nest of a thousand levels has a gradient of less than ten nodes a level") {
  tape t;
  frame f{t, {}};
  node_id x = t.symbol("x", {});
  term u(f, edge{x, {}}), g = u;
  for (int k = 0; k < 1000; ++k) g = ops::sin(g) * u + g;
  const node_id both[] = {g.as_edge().node, derivative(t, g.as_edge().node, t.symbol_of(x))};
  CHECK(t.reachable(both).size() <= 10'000);
}
