// What is compiled is the function and its derivatives: recorded from C++ or written in the language, for one evaluation and for
// many, at logits of any size.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <wengert/calculus/derivative.hpp>
#include <wengert/embed/compile.hpp>
#include <wengert/numeric/evaluate.hpp>

#include "sanitized.hpp"

using namespace wengert;

namespace {

void check_close(const std::vector<double>& mine, const std::vector<double>& expected, double tolerance) {
  REQUIRE(mine.size() == expected.size());
  for (std::size_t k = 0; k < mine.size(); ++k) {
    INFO(k, ": ", mine[k], " for ", expected[k]);
    CHECK(std::abs(mine[k] - expected[k]) <= tolerance * std::max(1.0, std::abs(expected[k])));
  }
}

std::vector<double> softmax(const std::vector<double>& z) {
  const double m = *std::max_element(z.begin(), z.end());
  double sum = 0;
  std::vector<double> a;
  for (double v : z) sum += std::exp(v - m);
  for (double v : z) a.push_back(std::exp(v - m) / sum);
  return a;
}

}  // namespace

TEST_CASE("a recorded function has the derivatives that the tape of scalars gives") {
  const auto f = [](const auto& x) { return x[0] * exp(x[1] * x[2]) + sin(x[0]) / (1 + x[2] * x[2]); };
  const std::vector<double> x{0.7, -1.2, 0.4}, v{1, 2, -0.5};
  const compiled c = compile(f, 3);
  CHECK(c(x) == doctest::Approx(f(x)).epsilon(1e-14));
  check_close(c.gradient(x), grad(f)(x), 1e-13);
  check_close(c.hessian(x), hessian(f)(x).entries(), 1e-12);
  check_close(c.hessian_vector(x, v), hvp(f)(x, v), 1e-12);
  check_close(c.jacobian(x), grad(f)(x), 1e-13);
}

TEST_CASE("functions of numbers, of trees and of several results are compiled") {
  const compiled c = compile([](auto x, auto y) { return x * sin(x * y); });
  CHECK(c(2.0, 0.3) == doctest::Approx(2 * std::sin(0.6)));
  check_close(c.gradient(2.0, 0.3), {std::sin(0.6) + 0.6 * std::cos(0.6), 4 * std::cos(0.6)}, 1e-14);

  using tree_of = std::pair<std::vector<double>, double>;
  const tree_of at{{1, 2, 3}, 0.5};
  const auto g = [](const auto& p) {
    using T = std::decay_t<decltype(p.second)>;
    return std::array<T, 3>{p.first[0] * p.second, p.first[1] / p.first[2], 2.0 * p.second};
  };
  const compiled several = compile(g, at);
  check_close(several.value(flatten(at)), {0.5, 2.0 / 3, 1}, 1e-15);
  check_close(several.jacobian(flatten(at)), jacobian(g)(at).entries(), 1e-14);
  CHECK_THROWS_AS(several.gradient(flatten(at)), std::invalid_argument);
  CHECK_THROWS_AS(several.value(std::vector<double>{1, 2}), std::invalid_argument);
}

TEST_CASE("a text is compiled with its derivatives") {
  CHECK_THROWS_AS(compile("x*y", {"x"}, {.inputs = {"x", "y", "x"}}), std::invalid_argument);
  const compiled c = compile("sum(i, sum(j, tanh(A[i,j]*x[j] + b[i])^2))", {"x", "b"},
                             {.declare = {"A: matrix[3,2]; x: vector[2]; b: vector[3]"}});
  REQUIRE(c.inputs() == std::vector<std::string>{"A", "x", "b"});
  const std::vector<double> A{1, -2, 0.5, 0.25, 3, -1}, x{0.3, -0.8}, b{0.1, 0.2, -0.4}, v{1, -1, 0.5, 0, 2};
  const auto f = [&](const auto& p) {
    std::decay_t<decltype(p[0])> s = 0;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 2; ++j) {
        const std::decay_t<decltype(s)> u = tanh(A[i * 2 + j] * p[j] + p[2 + i]);
        s += u * u;
      }
    return s;
  };
  std::vector<double> p = x;
  p.insert(p.end(), b.begin(), b.end());
  const auto f2 = [&](const auto& q) { return f(q); };
  check_close(c.gradient(A, x, b), grad(f2)(p), 1e-13);
  check_close(c.hessian_vector(A, x, b, std::vector<double>{1, -1}, std::vector<double>{0.5, 0, 2}), hvp(f2)(p, v), 1e-12);
  const auto h = hessian(f2)(p);
  const std::vector<double> blocks = c.hessian(A, x, b);  // by x, x; x, b; b, x; b, b
  CHECK(blocks[1] == doctest::Approx(h(0, 1)));
  CHECK(blocks[4] == doctest::Approx(h(0, 2)));
  CHECK(blocks[4 + 6 + 6 + 1] == doctest::Approx(h(2, 3)));
  const compiled ordered = compile("x - 2*y", {"y"}, {.inputs = {"y", "x"}});
  CHECK(ordered(1.0, 5.0) == 3);
  CHECK(ordered.gradient(1.0, 5.0) == std::vector<double>{-2});
  CHECK_THROWS_AS(compile("x - 2*y", {"y"}, {.inputs = {"y"}}), std::invalid_argument);
  CHECK(compile("sin(x)", {}).inputs() == std::vector<std::string>{"x"});
  CHECK_THROWS_AS(compile("z[1]^2", {"z[1]"}, {.declare = {"z: vector[3]"}}), std::invalid_argument);
}

TEST_CASE("derivatives of losses are fused, whatever surrounds them, and exact for logits of any size") {
  const auto nodes_in = [](const compiled& c) { return c.on().reachable(c.nodes_of(part::gradient)[1]).size(); };
  const compile_options four{.declare = {"z, y: vector[4]"}};
  const compiled plain = compile("cross_entropy(softmax(z), y)", {"z"}, four);
  const compiled around = compile("3*cross_entropy(softmax(z), y)^2 + dot(z, z)", {"z"}, four);
  CHECK(nodes_in(plain) <= 18);
  CHECK(nodes_in(around) <= 27);
  CHECK(nodes_in(compile("cross_entropy(softmax(z), y)", {"z"}, {.declare = four.declare, .as_written = true})) == 17);
  const std::vector<double> y{0.1, 0.2, 0.3, 0.4};
  for (double scale : {1.0, 100.0, 1e4}) {
    CAPTURE(scale);
    const std::vector<double> z{0.9 * scale, -scale, 0.3 * scale, 0.85 * scale}, a = softmax(z);
    std::vector<double> difference, more;
    const double m = 0.9 * scale;
    double loss = 0, sum = 0;
    for (double v : z) sum += std::exp(v - m);
    for (std::size_t k = 0; k < 4; ++k) loss -= y[k] * (z[k] - m - std::log(sum));
    for (std::size_t k = 0; k < 4; ++k) difference.push_back(a[k] - y[k]);
    for (std::size_t k = 0; k < 4; ++k) more.push_back(6 * loss * difference[k] + 2 * z[k]);
    CHECK(plain(z, y) == doctest::Approx(loss).epsilon(1e-13));
    check_close(plain.gradient(z, y), difference, 1e-14);
    check_close(around.gradient(z, y), more, 1e-12);
  }
  const compiled recorded = compile(
      [&](const auto& z) {
        std::decay_t<decltype(z[0])> sum = 0, loss = 0;
        for (const auto& v : z) sum += exp(v);
        for (std::size_t k = 0; k < z.size(); ++k) loss -= y[k] * log(exp(z[k]) / sum);
        return loss;
      },
      4);
  check_close(recorded.gradient(std::vector<double>{1e4, -1e4, 1e4, 0}), {0.4, -0.2, 0.2, -0.4}, 1e-15);
  const compiled lse = compile("logsumexp(z)", {"z"}, {.declare = {"z: vector[3]"}});
  check_close(lse.gradient(std::vector<double>{1e4, -1e4, 1e4}), {0.5, 0, 0.5}, 0);
}

TEST_CASE("floats are compiled, and many evaluations run on threads that share what is compiled") {
  const auto c = compile<float>([](auto x, auto y) { return exp(-x * x) * y; });
  CHECK(c(1.0F, 2.0F) == doctest::Approx(2 * std::exp(-1.0)).epsilon(1e-6));
  const compiled d = compile([](const auto& x) { return log(1 + exp(x[0] * x[1])) + x[2]; }, 3);
  constexpr std::size_t count = 500;
  std::vector<double> x(3 * count), values(count), gradients(3 * count);
  std::mt19937_64 random(1);
  for (double& v : x) v = std::normal_distribution<double>()(random);
  {
    std::vector<std::jthread> all;
    for (int k = 0; k < 8; ++k) all.emplace_back([&] { d.gradient(std::vector<double>(x.begin(), x.begin() + 3)); });
  }
  const batch_array<const double> in[]{{x.data(), 3}};
  const batch_array<double> out[]{{values.data(), 1}, {gradients.data(), 3}};
  d.gradients().run_batch(count, in, out, 4);
  for (std::size_t b = 0; b < count; ++b)
    check_close(
        {gradients.begin() + static_cast<std::ptrdiff_t>(3 * b), gradients.begin() + static_cast<std::ptrdiff_t>(3 * b + 3)},
        d.gradient(std::vector<double>(x.begin() + static_cast<std::ptrdiff_t>(3 * b),
                                       x.begin() + static_cast<std::ptrdiff_t>(3 * b + 3))),
        1e-14);
}

TEST_CASE("loops that a recording unrolls are found again") {
  const auto entropy = [](const auto& z) {  // as users of scalars write it
    using T = std::decay_t<decltype(z[0])>;
    T m = z[0], sum = 0, loss = 0;
    for (std::size_t k = 1; k < z.size(); ++k) m = fmax(m, z[k]);
    for (const T& v : z) sum += exp(v - m);
    for (std::size_t k = 0; k < z.size(); ++k) loss += (0.5 + 0.1 * static_cast<double>(k % 3)) * (z[k] - m);
    return log(sum) - loss;
  };
  const auto others = [](const auto& x) {  // neighbours, products, what does not fit, and numbers that all share
    using T = std::decay_t<decltype(x[0])>;
    const std::size_t n = x.size();
    const T scale = tanh(x[n - 1]);
    T sum = x[2] * x[5], product = 1, extreme = x[0];
    for (std::size_t k = 0; k + 1 < n; ++k) sum += (x[k + 1] - x[k]) * (x[k + 1] - x[k]) * scale;
    for (std::size_t k = 0; k < n; k += 2) sum += sin(x[k]);
    for (std::size_t k = 3; k + 3 < n; ++k) product *= 1 + x[k] * x[k + 2] * scale / (2.0 + static_cast<double>(k));
    for (std::size_t k = 1; k < n; ++k) extreme = fmin(extreme, x[k] * x[k]);
    return sum / product + extreme * scale;
  };
  const auto agrees = [](const auto& f, std::size_t n, std::size_t limit) {
    const compiled c = compile(f, n);
    CHECK(c.on().reachable(c.nodes_of(part::value)[0]).size() <= limit);
    std::vector<double> x(n), v(n);
    for (std::size_t k = 0; k < n; ++k)
      x[k] = std::sin(3.0 * static_cast<double>(k) + 1), v[k] = std::cos(static_cast<double>(k));
    CHECK(c(x) == doctest::Approx(f(x)).epsilon(1e-12));
    check_close(c.gradient(x), grad(f)(x), 1e-11);
    check_close(c.hessian_vector(x, v), hvp(f)(x, v), 1e-10);
    if (n < 50) check_close(c.hessian(x), hessian(f)(x).entries(), 1e-10);
  };
  agrees(entropy, 20, 40);
  agrees(entropy, 1000, 40);
  agrees(others, 30, 80);
  // Multiples of one number, and itself among them.
  agrees(
      [](const auto& x) {
        const auto y = tanh(x[1]);
        std::decay_t<decltype(x[0])> sum = x[0];
        for (std::size_t k = 0; k < x.size(); ++k) sum += k % 3 == 0 ? -y : k % 3 == 1 ? y * (0.1 * static_cast<double>(k)) : y;
        return sum;
      },
      20, 20);
  agrees([](const auto& x) { return x[0] * x[1] + x[2]; }, 3, 6);
  // Each number needs the one before: nothing to be found.
  agrees(
      [](const auto& x) {
        std::decay_t<decltype(x[0])> s = 0.1;
        for (const auto& v : x) s = sin(s) + s * v;
        return s;
      },
      40, 200);
}

namespace {

// The loss of a network of two layers for a few samples, and its parameters, number by number.
template <class V> auto network(const V& p, std::size_t samples, std::size_t inputs, std::size_t hidden, std::size_t outputs) {
  using T = std::decay_t<decltype(p[0])>;
  const std::size_t second = hidden * inputs + hidden;
  T loss = 0;
  for (std::size_t n = 0; n < samples; ++n) {
    std::vector<T> h, z;
    for (std::size_t j = 0; j < hidden; ++j) {
      T sum = p[hidden * inputs + j];
      for (std::size_t i = 0; i < inputs; ++i) sum += p[j * inputs + i] * std::cos(static_cast<double>(n * inputs + i));
      h.push_back(tanh(sum));
    }
    for (std::size_t k = 0; k < outputs; ++k) {
      T sum = p[second + outputs * hidden + k];
      for (std::size_t j = 0; j < hidden; ++j) sum += p[second + k * hidden + j] * h[j];
      z.push_back(sum);
    }
    T sum = 0;
    for (const T& v : z) sum += exp(v);
    loss += log(sum) - z[n * 7 % outputs];
  }
  return loss;
}

// As an array program of at most `limit` nodes: the value, derivatives, many evaluations, on every vector unit.
template <class F> void check_rolled(const char* name, const F& f, std::size_t n, std::size_t limit) {
  CAPTURE(name);
  std::vector<double> x(n), v(n);
  for (std::size_t k = 0; k < n; ++k) x[k] = std::sin(3.0 * static_cast<double>(k) + 1), v[k] = std::cos(static_cast<double>(k));
  const std::vector<double> gradient = grad(f)(x);
  for (const std::string& target : program_targets()) {
    const compiled c = compile(f, n, {.target = target});
    CHECK(c.on().reachable(c.nodes_of(part::value)[0]).size() <= limit);
    CHECK(c(x) == doctest::Approx(f(x)).epsilon(1e-12));
    check_close(c.gradient(x), gradient, 1e-11);
    const auto g = compile<float>(f, n, {.target = target}).gradient(std::vector<float>(x.begin(), x.end()));
    check_close({g.begin(), g.end()}, gradient, 1e-3);
  }
  const compiled c = compile(f, n);
  check_close(c.hessian_vector(x, v), hvp(f)(x, v), 1e-10);
  if (n <= 120) check_close(c.hessian(x), hessian(f)(x).entries(), 1e-10);
  constexpr std::size_t count = 37;
  std::vector<double> many, values(count), gradients(count * n);
  for (std::size_t b = 0; b < count; ++b)
    for (double u : x) many.push_back(u * (1 + 0.01 * static_cast<double>(b)));
  const auto step = static_cast<std::ptrdiff_t>(n);
  const batch_array<const double> in[]{{many.data(), step}};
  const batch_array<double> out[]{{values.data(), 1}, {gradients.data(), step}};
  c.gradients().run_batch(count, in, out, 2);
  check_close({gradients.begin(), gradients.begin() + step}, gradient, 1e-11);
  check_close({gradients.end() - step, gradients.end()}, c.gradient(std::vector<double>(many.end() - step, many.end())), 1e-11);
  CHECK(!c.find_nonfinite(part::gradient, x));
  x[n / 2] = std::nan("");
  CHECK(c.find_nonfinite(part::gradient, x));
}

}  // namespace

TEST_CASE("loops inside of loops, and reads by steps, backwards and down columns, are found again") {
  check_rolled(
      "by steps",
      [](const auto& x) {
        std::decay_t<decltype(x[0])> s = 0;
        for (std::size_t k = 0; 2 * k + 1 < x.size(); ++k) s += sin(x[2 * k]) * x[2 * k + 1];
        return s;
      },
      50, 8);
  check_rolled(
      "backwards",
      [](const auto& x) {
        std::decay_t<decltype(x[0])> s = 0;
        for (std::size_t k = 0; k < x.size(); ++k) s += sin(x[x.size() - 1 - k]) * x[k] * x[k];
        return s;
      },
      41, 8);
  check_rolled(
      "steps of three over all",
      [](const auto& x) {
        std::decay_t<decltype(x[0])> s = 0;
        for (std::size_t k = 0; k < x.size() / 3; ++k) s += x[3 * k] * sin(x[k]);
        for (std::size_t k = 0; k < x.size(); ++k) s += x[k] * x[k] * x[5];
        return s * x[7] + x[x.size() - 1];
      },
      57, 16);
  check_rolled(
      "columns",
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        constexpr std::size_t n = 9;
        T s = 0;
        for (std::size_t j = 0; j < n; ++j) {
          T t = 0;
          for (std::size_t i = 0; i < n; ++i) t += x[i * n + j] * x[n * n + i];
          s += t * t * exp(x[n * n + j]);
        }
        return s;
      },
      90, 12);
  check_rolled(
      "a quadratic form in one loop, and parts of a sum",
      [](const auto& x) {
        std::decay_t<decltype(x[0])> s = 0;
        for (std::size_t i = 0; i < 9; ++i)
          for (std::size_t j = 0; j < 9; ++j) s += x[81 + i] * x[9 * i + j] * x[81 + j];
        for (std::size_t i = 0; i < 20; ++i) s += x[i] - x[40 + i];
        for (std::size_t i = 60; i < 81; ++i) s += 2.0 * x[i];
        return s;
      },
      90, 16);
  check_rolled(
      "one sample", [](const auto& p) { return network(p, 1, 10, 9, 8); }, 90 + 9 + 72 + 8, 40);
  check_rolled(
      "three", [](const auto& p) { return network(p, 3, 16, 12, 10); }, 192 + 12 + 120 + 10, 100);
  // As many as there are samples: their inputs 1 and -1 are factors like others.
  check_rolled(
      "nine", [](const auto& p) { return network(p, 9, 10, 9, 8); }, 90 + 9 + 72 + 8, 100);
  const auto rows = [](const auto& x) {  // several results
    using T = std::decay_t<decltype(x[0])>;
    std::vector<T> y;
    for (std::size_t j = 0; j < 9; ++j) {
      T s = 0;
      for (std::size_t i = 0; i < 8; ++i) s += x[j * 8 + i] * x[72 + i];
      y.push_back(tanh(s));
    }
    return y;
  };
  const compiled c = compile(rows, 80);
  CHECK(c.on().reachable(c.nodes_of(part::value)[0]).size() <= 6);
  std::vector<double> x(80);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = std::sin(3.0 * static_cast<double>(k) + 1);
  check_close(c.value(x), rows(x), 1e-14);
  check_close(c.jacobian(x), jacobian(rows)(x).entries(), 1e-13);
}

namespace {

// Loops in loops at random: what is read is linear in the indices, but for what leaves the array; factors are often 1 or -1.
template <class V> auto random_loops(unsigned seed, const V& x) {
  using T = std::decay_t<decltype(x[0])>;
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const int size = static_cast<int>(x.size());
  struct reading {
    int first, outer, inner;
  };
  T total = x[0];
  for (int block = pick(3); block >= 0; --block) {
    const int rows = std::array{3, 8, 9, 17}[static_cast<std::size_t>(pick(4))],
              columns = std::array{1, 5, 8, 11}[static_cast<std::size_t>(pick(4))];
    reading all[3];
    for (reading& r : all) r = {pick(size), pick(7) - 3, pick(7) - 3};
    const int inner = pick(3), outer = pick(3), factor = pick(4);
    const auto at = [&](const reading& r, int i, int j) -> const T& {
      return x[static_cast<std::size_t>(((r.first + r.outer * i + r.inner * j) % size + size) % size)];
    };
    T sum = 0;
    for (int i = 0; i < rows; ++i) {
      T row = inner == 0 ? T(0) : T(1);
      for (int j = 0; j < columns; ++j) {
        const double number = factor == 0   ? 1
                              : factor == 1 ? (i * 7 + j * 3) % 3 - 1.5
                              : factor == 2 ? ((i + j) % 2 == 0 ? 1 : -1)
                                            : 0.25;
        const T term = at(all[0], i, j) * number + sin(at(all[1], i, j)) * at(all[2], i, j);
        if (inner == 0)
          row += term;
        else if (inner == 1)
          row *= 1.0 + 0.1 * term;
        else
          row = fmax(row, term);
      }
      sum += outer == 0 ? row : outer == 1 ? tanh(row) * at(all[1], i, 0) : exp(-row * row);
    }
    total = total * 0.5 + sum;
  }
  return total;
}

}  // namespace

TEST_CASE("loops at random are computed as they are written") {
  constexpr std::size_t n = 40;
  std::vector<double> x(n), v(n);
  for (std::size_t k = 0; k < n; ++k) x[k] = std::sin(3.0 * static_cast<double>(k) + 1), v[k] = std::cos(static_cast<double>(k));
  for (unsigned seed = 0; seed < examples(150); ++seed) {
    CAPTURE(seed);
    const auto f = [&](const auto& at) { return random_loops(seed, at); };
    const compiled c = compile(f, n, {.as_written = seed % 10 != 0});
    CHECK(c(x) == doctest::Approx(f(x)).epsilon(1e-12));
    check_close(c.gradient(x), grad(f)(x), 1e-11);
    check_close(c.hessian_vector(x, v), hvp(f)(x, v), 1e-10);
    if (seed % 10 == 0) check_close(c.hessian(x), hessian(f)(x).entries(), 1e-10);
  }
}

TEST_CASE("what made the first infinity or NaN is named, with its inputs and its place") {
  const compiled c = compile("y + 3*log(x - 1)/sqrt(y)", {});
  CHECK(!c.find_nonfinite(part::gradient, 2.0, 3.0));
  const auto at_edge = c.find_nonfinite(part::value, 5.0, 1.0);
  REQUIRE(at_edge);
  CHECK(c.inputs() == std::vector<std::string>{"y", "x"});
  CHECK(at_edge->text() == "log(x - 1) is -inf (column 7), from x - 1 = 0");
  const auto outside = c.find_nonfinite(part::value, 5.0, 0.5);
  REQUIRE(outside);
  CHECK(std::isnan(outside->value));
  const auto input = c.find_nonfinite(part::value, std::nan(""), 2.0);
  REQUIRE(input);
  CHECK(input->operation == "y");
  CHECK(input->inputs.empty());

  // Its place is not within another word, and does not depend on blanks; a quotient's is its division.
  const auto place = [](const char* text, double x) { return compile(text, {"x"}).find_nonfinite(part::value, x)->column; };
  CHECK(place("exp(2) + x", std::nan("")) == 10);
  CHECK(place("exp(2)+log( x-1 )", 1) == 8);
  CHECK(place("3 + 2/(x-3)", 3) == 6);
  CHECK(place("x^2/x", 0) == 4);
  CHECK(place("log(2) + log(x)", 0) == 10);

  // The branch that is not taken is not to blame, an entry of an array is.
  const compiled choice = compile("if(x > 0, log(x), 0) + 1/(x + 2)", {});
  CHECK(!choice.find_nonfinite(part::value, -1.0));
  REQUIRE(choice.find_nonfinite(part::value, -2.0));
  CHECK(choice.find_nonfinite(part::value, -2.0)->inputs.size() == 1);
  const compiled sum = compile("sum(k, sqrt(z[k])*k)", {"z"}, {.declare = {"z: vector[3]"}});
  const auto entry = sum.find_nonfinite(part::gradient, std::vector<double>{1, 0, 4});
  REQUIRE(entry);
  CHECK(entry->entry == std::vector<std::int64_t>{2});
  const auto recorded = compile([](const auto& x) { return exp(x[0]) * exp(x[1]) - x[2]; }, 3);
  const auto overflow = recorded.find_nonfinite(part::value, std::vector<double>{500, 500, 1});
  REQUIRE(overflow);
  CHECK(overflow->text() == "exp(x[0] + x[1]) is inf, from x[0] + x[1] = 1000");
  const auto rerolled = compile(
      [](const auto& x) {
        auto all = 0 * x[0];
        for (std::size_t k = 0; k < 12; ++k) all += log(x[2 * k]) * x[2 * k + 1];
        return all;
      },
      24);
  std::vector<double> x(24, 1.0);
  x[4] = 0;
  const auto logarithm = rerolled.find_nonfinite(part::value, x);
  REQUIRE(logarithm);
  CHECK(logarithm->text() == "(log(x[2*i-2, i=1..12]))[3] is -inf, from (x[2*i-2, i=1..12])[3] = 0");
}

TEST_CASE("names and dimensions that a text does not have are refused") {
  const auto refused = [](const char* text, const std::vector<std::string>& by, const compile_options& o) -> std::string {
    try {
      compile(text, by, o);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  CHECK(refused("x^2*y", {"q"}, {}) == "'q' is no name of what is compiled, which has x, y");
  CHECK(refused("sum(z)", {"z"}, {.declare = {"z: vector[K]"}, .sizes = {{"K", 3}, {"k", 3}}}) ==
        "'k' is no dimension of what is compiled, which has K");
  CHECK(refused("x^2", {"x"}, {.sizes = {{"K", 3}}}) == "'K' is no dimension of what is compiled, which has none");
  CHECK(refused("x^2", {"x", "t"}, {.declare = {"t: real"}}).empty());
}
