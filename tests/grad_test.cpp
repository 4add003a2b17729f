#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <wengert/calculus/composites.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

array number(double v) { return {{}, {v}}; }
array list(std::vector<double> v) { return {{v.size()}, std::move(v)}; }

struct question {
  std::string expression;
  std::vector<std::string> wrt;
  point at;
  std::vector<std::string> vars = {}, givens = {}, lets = {};
};

grad_result ask(const question& q) {
  problem p({q.vars, q.lets, q.givens, q.wrt, {q.expression}});
  return grad(p, q.at);
}

double slope(const std::string& expression, const std::string& wrt, const point& at) {
  return ask({expression, {wrt}, at}).gradient.at(0).second.values.at(0);
}

std::string last_message;
std::string code(const question& q) {
  try {
    ask(q);
  } catch (const error& e) {
    last_message = e.what();
    return e.code;
  }
  return "none";
}

// The numbers of a result are those of another, up to rounding, and the same fails at the point.
void check_like(const grad_result& mine, const grad_result& other, double tolerance = 1e-12) {
  const auto check = [&](const array& a, const array& b) {
    CHECK(a.shape == b.shape);
    double size = 1e-300;
    for (double v : b.values)
      if (std::isfinite(v)) size = std::max(size, std::abs(v));
    for (std::size_t k = 0; k < b.values.size(); ++k) {
      const double x = a.values[k], y = b.values[k];
      INFO("entry ", k, ": ", x, " for ", y);
      CHECK((x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= tolerance * size));
    }
  };
  check(mine.value, other.value);
  REQUIRE(mine.gradient.size() == other.gradient.size());
  for (std::size_t k = 0; k < mine.gradient.size(); ++k) check(mine.gradient[k].second, other.gradient[k].second);
  CHECK(mine.undefined == other.undefined);
}

bool warns(const grad_result& r, const std::string& of) {
  return std::ranges::any_of(r.warnings, [&](const std::string& w) { return w.find(of) != std::string::npos; });
}

}  // namespace

TEST_CASE("value and gradient by scalars, entries, arrays and lets") {
  grad_result r = ask({"x^2*y", {"x", "y"}, {{"x", number(3)}, {"y", number(2)}}});
  CHECK(r.value.shape.empty());
  CHECK(r.value.values == std::vector<double>{18});
  CHECK(r.gradient[0].first == "x");
  CHECK(r.gradient[0].second.values == std::vector<double>{12});
  CHECK(r.gradient[1].second.values == std::vector<double>{9});
  CHECK(r.undefined.empty());
  CHECK(r.warnings.empty());

  r = ask({"sum(z.^2)", {"z[2]", "z"}, {{"z", list({1, 2, 3})}}, {"z: vector[3]"}});
  CHECK(r.gradient[0].first == "z[2]");
  CHECK(r.gradient[0].second.shape.empty());
  CHECK(r.gradient[0].second.values == std::vector<double>{4});
  CHECK(r.gradient[1].second.shape == std::vector<std::size_t>{3});
  CHECK(r.gradient[1].second.values == std::vector<double>{2, 4, 6});

  r = ask({"sum(W.*W)", {"W"}, {{"W", {{2, 2}, {1, 2, 3, 4}}}}, {"W: matrix[m,n]"}});
  CHECK(r.gradient[0].second.shape == std::vector<std::size_t>{2, 2});
  CHECK(r.gradient[0].second.values == std::vector<double>{2, 4, 6, 8});

  r = ask({"a^2 + x", {"a"}, {{"a", number(3)}, {"x", number(1)}}, {}, {}, {"a = sin(x)"}});
  CHECK(r.value.values == std::vector<double>{10});
  CHECK(r.gradient[0].second.values == std::vector<double>{6});
}

TEST_CASE("the gradient of an array is its Jacobian, a row for each entry") {
  grad_result r =
      ask({"A*x", {"x"}, {{"A", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"x", list({1, 1, 1})}}, {"A: matrix[m,n]; x: vector[n]"}});
  CHECK(r.value.values == std::vector<double>{6, 15});
  CHECK(r.gradient[0].second.shape == std::vector<std::size_t>{2, 3});
  CHECK(r.gradient[0].second.values == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("twenty thousand numbers have a gradient whose digits are certain, in linear time") {
  constexpr std::size_t n = 20000;
  std::vector<double> z(n), y(n, 1.0 / n);
  long double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    z[k] = std::sin(static_cast<double>(k * k % 1013));
    sum += std::exp(static_cast<long double>(z[k]));
  }
  const grad_result r = ask({"cross_entropy(softmax(z), y)", {"z"}, {{"z", list(z)}, {"y", list(y)}}});
  CHECK(r.warnings.empty());
  for (std::size_t k = 0; k < n; k += 997) {
    const long double a = std::exp(static_cast<long double>(z[k])) / sum;
    CHECK(r.gradient.at(0).second.values.at(k) == doctest::Approx(static_cast<double>(a - y[k])).epsilon(1e-9));
  }
}

TEST_CASE("a point that misses values, has others or has the wrong shapes is refused") {
  CHECK(code({"x*y", {"x"}, {{"x", number(1)}}}) == "V01");
  CHECK(last_message.find("'y'") != std::string::npos);
  CHECK(code({"dot(y, z)", {"z"}, {{"y", list({1, 2})}, {"z", list({1, 2, 3})}}}) == "V03");
  CHECK(code({"x", {"x"}, {{"x", list({1, 2})}}}) == "V03");
  CHECK(code({"sum(weight)", {"weight"}, {{"wieght", list({1, 2})}}, {"weight: vector[K]"}}) == "V06");
  CHECK(last_message.find("did you mean 'weight'") != std::string::npos);
  CHECK(code({"a*x", {"x"}, {{"a", number(1)}, {"x", number(1)}}, {}, {}, {"a = sin(x)"}}) == "V07");
}

TEST_CASE("a point that does not meet a given has its plain gradient, and a warning") {
  question q{"sum(y)*x", {"x", "y"}, {{"x", number(2)}, {"y", list({1, 1})}}, {"y: vector[K]"}, {"sum(y) = 1"}};
  grad_result r = ask(q);
  CHECK(r.value.values == std::vector<double>{4});
  CHECK(r.gradient[0].second.values == std::vector<double>{2});
  CHECK(r.gradient[1].second.values == std::vector<double>{2, 2});
  CHECK(warns(r, "sum(y) = 1"));
  q.at[1].second = list({0.3, 0.7});
  CHECK(ask(q).warnings.empty());
  q.at[1].second = list({1.0 / 3, 2.0 / 3});
  CHECK(ask(q).warnings.empty());
  CHECK(warns(ask({"x", {"x"}, {{"x", number(-1)}}, {}, {"x > 0"}}), "x > 0"));
}

TEST_CASE("the table of conventions") {
  SUBCASE("abs'(0) = 0") {
    grad_result r = ask({"abs(x)", {"x"}, {{"x", number(0)}}});
    CHECK(r.gradient[0].second.values == std::vector<double>{0});
    CHECK(r.undefined == std::vector<std::string>{"x != 0"});
    CHECK(slope("norm1(v)", "v[1]", {{"v", list({0})}}) == 0);
    CHECK(slope("sqrt(x^2)", "x", {{"x", number(0)}}) == 0);
  }
  SUBCASE("relu'(0) = 0") {
    grad_result r = ask({"relu(x)", {"x"}, {{"x", number(0)}}});
    CHECK(r.gradient[0].second.values == std::vector<double>{0});
    CHECK(r.undefined == std::vector<std::string>{"x != 0"});
    CHECK(slope("max(0, x)", "x", {{"x", number(0)}}) == 0);
    CHECK(slope("min(x, 0)", "x", {{"x", number(0)}}) == 0);
    grad_result v = ask({"sum(relu(v))", {"v"}, {{"v", list({-1, 0, 2})}}, {"v: vector[K]"}});
    CHECK(v.gradient[0].second.values == std::vector<double>{0, 0, 1});
    CHECK(v.undefined.size() == 1);
  }
  SUBCASE("a tie shares equally") {
    grad_result r = ask({"max(x, y)", {"x", "y"}, {{"x", number(1)}, {"y", number(1)}}});
    CHECK(r.gradient[0].second.values == std::vector<double>{0.5});
    CHECK(r.gradient[1].second.values == std::vector<double>{0.5});
    CHECK(r.undefined.size() == 1);
    CHECK(ask({"max(z)", {"z"}, {{"z", list({3, 1, 3, 3})}}}).gradient[0].second.values ==
          std::vector<double>{1. / 3, 0, 1. / 3, 1. / 3});
    CHECK(ask({"min(z)", {"z"}, {{"z", list({3, 1, 1})}}}).gradient[0].second.values == std::vector<double>{0, 0.5, 0.5});
    CHECK(ask({"max(z)", {"z"}, {{"z", list({3, 1})}}}).undefined.empty());
  }
  SUBCASE("sqrt'(0) = inf") {
    grad_result r = ask({"sqrt(x)", {"x"}, {{"x", number(0)}}});
    CHECK(r.value.values == std::vector<double>{0});
    CHECK(r.gradient[0].second.values == std::vector<double>{infinity});
    CHECK(r.undefined == std::vector<std::string>{"x > 0"});
  }
  SUBCASE("x^0 has derivative 0") {
    CHECK(slope("x^0", "x", {{"x", number(0)}}) == 0);
    CHECK(slope("x^y", "x", {{"x", number(0)}, {"y", number(0)}}) == 0);
  }
  SUBCASE("xlogy(0, y) = 0") {
    for (double y : {2.0, 0.0}) {
      grad_result r = ask({"xlogy(x, y)", {"y"}, {{"x", number(0)}, {"y", number(y)}}});
      CHECK(r.value.values == std::vector<double>{0});
      CHECK(r.gradient[0].second.values == std::vector<double>{0});
    }
    grad_result r = ask({"kl_divergence(p, q)", {"q"}, {{"p", list({0, 1})}, {"q", list({0.5, 0.5})}}});
    CHECK(r.gradient[0].second.values == std::vector<double>{0, -2});
  }
  SUBCASE("the untaken branch of `if` never matters") {
    grad_result r = ask({"if(x > 0, x*log(x), 0)", {"x"}, {{"x", number(-1)}}});
    CHECK(r.value.values == std::vector<double>{0});
    CHECK(r.gradient[0].second.values == std::vector<double>{0});
    CHECK(r.undefined.empty());
    CHECK(slope("if(x > 1, sqrt(x - 1), x)", "x", {{"x", number(0.5)}}) == 1);
    grad_result v = ask({"sum(if(v > 0, log(v), 3*v))", {"v"}, {{"v", list({-1, 2})}}, {"v: vector[K]"}});
    CHECK(v.gradient[0].second.values == std::vector<double>{3, 0.5});
  }
  SUBCASE("outside the domain there is no number") {
    CHECK(std::isnan(ask({"log(x)", {"x"}, {{"x", number(-1)}}}).value.values[0]));
    grad_result r = ask({"log(x)", {"x"}, {{"x", number(0)}}});
    CHECK(r.value.values == std::vector<double>{-infinity});
    CHECK(r.undefined == std::vector<std::string>{"x > 0"});
    CHECK(std::isnan(ask({"x*log(x)", {"x"}, {{"x", number(0)}}}).value.values[0]));
  }
}

TEST_CASE("whole powers of negative numbers are differentiable by the base") {
  grad_result r = ask({"x^n", {"x"}, {{"x", number(-2)}, {"n", number(3)}}});
  CHECK(r.value.values == std::vector<double>{-8});
  CHECK(r.gradient[0].second.values == std::vector<double>{12});
  CHECK(r.undefined.empty());
  CHECK_FALSE(ask({"x^n", {"n"}, {{"x", number(-2)}, {"n", number(3)}}}).undefined.empty());
  CHECK_FALSE(ask({"x^n", {"x"}, {{"x", number(-2)}, {"n", number(0.5)}}}).undefined.empty());
}

TEST_CASE("a text has a value at a point") {
  problem p({{}, {}, {}, {"x"}, {"x^2"}});
  CHECK(evaluate_at(p, "2x + pi - pi", {{"x", number(3)}}).values == std::vector<double>{6});
  CHECK(evaluate_at(p, "if(x > 0, 1, 0)", {{"x", number(3)}}).values == std::vector<double>{1});
  problem empty({{}, {}, {}, {}, {}});
  CHECK(evaluate_at(empty, "atan2(0, 1) + 2*3", {}).values == std::vector<double>{6});
}

// --- gradients against differences

namespace {

// A problem at a random point, with its expression as a function of one entry.
class experiment {
 public:
  experiment(const std::string& expression, const std::vector<std::string>& wrt, std::uint64_t seed, double lo, double hi)
      : p_({{"x, y: real; v, w: vector[3]; A, B: matrix[3,3]"}, {}, {}, wrt, {expression}}) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> draw(lo, hi);
    for (symbol_id s = 0; s < p_.on().symbol_count(); ++s) {
      std::size_t rank = p_.on().symbol(s).axes.size();
      array a{std::vector<std::size_t>(rank, 3), {}};
      for (std::size_t k = 0; k < (rank == 0 ? 1u : rank == 1 ? 3u : 9u); ++k) a.values.push_back(draw(random));
      at_.emplace_back(p_.on().symbol(s).name, a);
    }
  }

  std::vector<long double> value(const std::string& name, std::size_t entry, long double step) const {
    evaluator<long double> e(p_.on());
    for (const auto& [n, a] : at_) {
      std::vector<long double> v(a.values.begin(), a.values.end());
      if (n == name) v[entry] += step;
      e.bind(n, v, a.shape);
    }
    auto r = e(p_.expressions()[0].node);
    return {r.begin(), r.end()};
  }

  // The greatest difference between grad and five-point differences, relative to the greater of 1 and the gradient.
  long double worst() {
    grad_result r = grad(p_, at_);
    CHECK(r.undefined.empty());
    const long double h = 2e-4L;
    long double worst = 0;
    for (const auto& [name, g] : r.gradient) {
      std::size_t entries = std::ranges::find(at_, name, [](const auto& a) { return a.first; })->second.values.size();
      for (std::size_t k = 0; k < entries; ++k) {
        auto l2 = value(name, k, -2 * h), l1 = value(name, k, -h), r1 = value(name, k, h), r2 = value(name, k, 2 * h);
        for (std::size_t i = 0; i < l1.size(); ++i) {
          long double d = (8 * (r1[i] - l1[i]) - (r2[i] - l2[i])) / (12 * h), mine = g.values[i * entries + k];
          worst = std::max(worst, std::abs(d - mine) / std::max(1.0L, std::abs(d)));
        }
      }
    }
    return worst;
  }

 private:
  problem p_;
  point at_;
};

}  // namespace

TEST_CASE("gradients agree with differences in extended precision") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> all{
      {"x^3 - 2*x*y + 7", {"x", "y"}},
      {"sin(x)*cos(y) + tan(x*y/4)", {"x", "y"}},
      {"exp(-x^2/2)/sqrt(2*pi)", {"x"}},
      {"log(x + y^2)", {"x", "y"}},
      {"x^y + y^x", {"x", "y"}},
      {"sqrt(x^2 + y^2) - hypot(x, y)^3", {"x", "y"}},
      {"atan2(y, x) + asinh(x) + acosh(1 + y)", {"x", "y"}},
      {"sinh(x)*cosh(y)/tanh(x + y)", {"x", "y"}},
      {"log1p(x) + expm1(y) + log2(x) + log10(y)", {"x", "y"}},
      {"cbrt(x) + abs(x - 5) + max(x, 9) + min(y, -1)", {"x", "y"}},
      {"if(x < 5, x^2, x^3)*y", {"x", "y"}},
      {"xlogy(x, y)", {"x", "y"}},
      {"v'*A*w", {"v", "A", "w"}},
      {"A*v", {"v"}},
      {"A*B", {"A", "B"}},
      {"tr(A*B)", {"A", "B"}},
      {"sum(A.*B) + A[1,2]*B[3,1]", {"A", "B"}},
      {"sum(k, k*v[k]^2)", {"v"}},
      {"sum(k, 1, 2, v[k]*v[k+1])", {"v"}},
      {"prod(v)", {"v"}},
      {"max(v) + min(w)", {"v", "w"}},
      {"sum(i, sum(j, exp(-(v[i] - w[j])^2)))", {"v", "w"}},
      {"v[i]*w[j]/sum(v)", {"v", "w"}},
      {"1/(1 + sum(exp(-A*v)))", {"A", "v"}},
      {"D(sin(x)*exp(x*y), x)", {"x", "y"}},
      {"D(logsumexp(v), v[2])", {"v"}},
      {"binary_cross_entropy(x/(1+x), y/(1+y))", {"x", "y"}},
      {"binary_cross_entropy(sigmoid(v), w)", {"v", "w"}},
      {"besselj0(x)*besselj1(y) + besselj(3, x*y)", {"x", "y"}},
      {"bessely0(x)*bessely1(y) + bessely(2, x*y)", {"x", "y"}},
      {"besseli0(x)*besseli1(y) - besselk0(x)/besselk1(y)", {"x", "y"}},
      {"trigamma(x) - lbeta(x, y)*gamma(x + y)", {"x", "y"}},
      {"erf(x)*erfc(y) + erfinv(x/3) + gammap(3, x)*gammaq(2, y)", {"x", "y"}},
      {"expint(x*y) + lambertw(x)*beta(x, y)", {"x", "y"}},
      {"elu(x)*elu(-y) + leaky_relu(x - 9, y) + hinge(x, y/9)", {"x", "y"}},
      {"gelu(x)*silu(y) + swish(x*y)*mish(x)", {"x", "y"}},
      {"softsign(x - 5) + sinc(y)*log_cosh(x) + log_sigmoid(y)", {"x", "y"}},
      {"logit(x/2) + focal_loss(x/2, y, 2) + normal_cdf(y)/normal_pdf(x)", {"x", "y"}},
      {"mae(v, 9*w)", {"v", "w"}},
      {"cross_entropy(v, w)", {"v", "w"}},
      {"cross_entropy(softmax(A*v), w)", {"A", "v", "w"}},
      {"dot(v, w)^2", {"v", "w"}},
      {"huber(x - y, 1/10)", {"x", "y"}},
      {"huber(x - y, 9)", {"x", "y"}},
      {"kl_divergence(v, w)", {"v", "w"}},
      {"kl_divergence(softmax(v), softmax(w))", {"v", "w"}},
      {"layer_norm(v, 1/100)", {"v"}},
      {"log_softmax(v)", {"v"}},
      {"logsumexp(v)", {"v"}},
      {"mean(v)*mean(w)", {"v", "w"}},
      {"logdet(I + A'*A)", {"A"}},
      {"solve(I + A*A', v)", {"A", "v"}},
      {"sum(inv(I + B*B')) + det(A*B)", {"A", "B"}},
      {"mse(v, w)", {"v", "w"}},
      {"nll(log_softmax(v), w)", {"v", "w"}},
      {"norm1(v - 9*w)", {"v", "w"}},
      {"norm2(v)*norm2(w)", {"v", "w"}},
      {"normF(A*B)", {"A", "B"}},
      {"outer(v, w)", {"v", "w"}},
      {"relu(x - 1/5) + relu(-x)", {"x"}},
      {"sigmoid(x)*sigmoid(v[1])", {"x", "v"}},
      {"softmax(v)", {"v"}},
      {"softplus(x) + softplus(-y)", {"x", "y"}},
      {"tr(A)", {"A"}},
      {"sum(i, sum(j, B[i,j]*exp(A[i,j])/sum(k, exp(A[k,j]))))", {"A", "B"}},
      {"softmax(softmax(v)/x)", {"v", "x"}},
      {"softmax(A, axis=1)", {"A"}},
      {"log_softmax(A, axis=2)", {"A"}},
      {"cross_entropy(softmax(A, axis=1), B, axis=1)", {"A", "B"}},
      {"mean(cross_entropy(softmax(A*B + v*vector(1)', axis=2), A, axis=2))", {"A", "B", "v"}},
      {"sum(softmax(A*B, axis=2)*B - A).^2", {"A", "B"}},
      {"layer_norm(A, 1/100, axis=1)", {"A"}},
      {"logsumexp(A, axis=1)'*norm2(B, axis=2)", {"A", "B"}},
      {"sum(kl_divergence(A, B, axis=2)) + dot(A, B, axis=1)'*v", {"A", "B", "v"}},
      {"mse(A, v, axis=1)", {"A", "v"}},
      {"prod(A, axis=1) + max(B, axis=2)", {"A", "B"}},
  };
  for (const auto& row : all) {
    CAPTURE(row.first);
    for (std::uint64_t seed : {1u, 2u, 3u}) CHECK(experiment(row.first, row.second, seed, 0.3, 1.7).worst() < 1e-10L);
  }
  for (const composite& c : composites()) {  // none is missing above
    CAPTURE(c.name);
    CHECK(std::ranges::any_of(all, [&](const auto& e) { return e.first.find(std::string(c.name) + "(") != std::string::npos; }));
  }
}

TEST_CASE("in double the numbers are those that are certain, at kinks, poles and extremes too") {
  const std::vector<std::pair<std::string, std::vector<double>>> all = {
      {"cross_entropy(softmax(x), x/sum(x))", {1e4, 2e4, 3e4, 9e4}},
      {"dot(softmax(x), x)", {1, -1, 0.5, 2}},
      {"logsumexp(x)^2", {800, 1, 2, -900}},
      {"sum(log(1 + exp(x)))", {800, -800, 0, 40}},
      {"norm2(x)", {1e200, 1e200, 0, 0}},
      {"norm2(x)", {0, 0, 0, 0}},
      {"norm2(x)^2", {0, 0, 0, 0}},
      {"max(x) + min(x)", {1, 3, 3, 1}},
      {"sum(abs(x).*x) + sum(relu(x))", {0, 1, -2, 3}},
      {"sum(sqrt(x))", {0, 1, 2, -1}},
      {"sum(x.*log(x))", {0, 1, 2, 3}},
      {"sum(x.^(1/3))", {8, 1, 0, -1}},
      {"sum(if(x > 0, log(x), x))", {1, -1, 0, 40}},
      {"prod(x)", {0, 1, -2, 3}},
      {"sum(gamma(x))", {0, -2, 1.5, 2}},
      {"x[2]*x[3]/x[4]", {1, 2, 3, 0}},
      {"sum(k, 1, n-1, (x[k+1] - x[k])^2)", {1, 2, 4, 8}},
      {"x/sum(x)", {1, 2, 4, 8}},
  };
  for (const auto& row : all) {
    CAPTURE(row.first);
    const point at{{"x", list(row.second)}};
    for (const std::string by : {"x", "x[2]"}) {
      problem p({{"x: vector[n]"}, {}, {}, {by}, {row.first}}), q({{"x: vector[n]"}, {}, {}, {by}, {row.first}});
      const grad_result in_double = grad(p, at, 0);
      CHECK(warns(in_double, "double arithmetic"));
      check_like(in_double, grad(q, at));
    }
  }
}

TEST_CASE("many numbers are computed in double, and a warning says so") {
  const std::size_t n = 300000;
  std::vector<double> x(n), y(n, 0);
  for (std::size_t k = 0; k < n; ++k) x[k] = std::sin(static_cast<double>(k));
  y[n / 2] = 1;
  const auto at = [&](std::vector<double> z) { return point{{"x", list(std::move(z))}, {"y", list(y)}}; };
  std::vector<double> far = x;
  for (double& v : far) v *= 1e4;
  for (const std::vector<double>& z : {x, far}) {
    const grad_result r = ask({"cross_entropy(softmax(x), y)", {"x"}, at(z)});
    CHECK(r.undefined.empty());
    CHECK(warns(r, "double arithmetic"));
    const long double most = *std::ranges::max_element(z);
    long double sum = 0;
    for (double v : z) sum += std::exp(v - most);
    CHECK(std::abs(r.value.values[0] - static_cast<double>(most + std::log(sum) - z[n / 2])) <
          1e-12 * std::abs(r.value.values[0]));
    for (std::size_t k : {std::size_t{0}, n / 2, n - 1})
      CHECK(std::abs(r.gradient[0].second.values[k] - static_cast<double>(std::exp(z[k] - most) / sum - y[k])) < 1e-12);
  }
  x[7] = -1;
  x[n - 1] = 0;
  const grad_result r = ask({"sum(sqrt(x.*x.*x))", {"x"}, {{"x", list(x)}}, {"x: vector[n]"}});
  CHECK(r.undefined == std::vector<std::string>{"x.^3 >= 0", "x.^3 > 0"});
  CHECK(std::isnan(r.value.values[0]));
  CHECK(std::isnan(r.gradient[0].second.values[7]));
  CHECK(std::abs(r.gradient[0].second.values[1] - 1.5 * std::sqrt(x[1])) < 1e-12);
}

TEST_CASE("what has too many numbers for a result is refused") {
  const std::vector<double> x(100000, 1);
  CHECK(code({"x/sum(x)", {"x"}, {{"x", list(x)}}, {"x: vector[n]"}}) == "V02");
  CHECK(last_message.find("numbers would be needed") != std::string::npos);
}
