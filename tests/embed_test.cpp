// Derivatives of plain callables.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include <wengert/embed/functional.hpp>

using namespace wengert;

namespace {

const auto f = [](const auto& x) { return x[0] * x[0] * x[1] + sin(x[1]) / x[0]; };

TEST_CASE("grad and value_and_grad take and return vectors and arrays") {
  const double a = 1.5, b = 2;
  const std::vector<double> expected{2 * a * b - std::sin(b) / (a * a), a * a + std::cos(b) / a};
  const std::vector<double> g = grad(f)(std::vector<double>{a, b});
  CHECK(g[0] == doctest::Approx(expected[0]));
  CHECK(g[1] == doctest::Approx(expected[1]));
  const auto both = value_and_grad(f)(std::array<double, 2>{a, b});
  CHECK(both.value == a * a * b + std::sin(b) / a);
  CHECK(both.gradient == std::array<double, 2>{g[0], g[1]});
}

TEST_CASE("an input that does not matter, and a function that is constant, have exact zeros") {
  const std::vector<double> g = grad([](const auto& x) { return x[2] * 2; })(std::vector<double>{1, 2, 3});
  CHECK(g == std::vector<double>{0, 0, 2});
  CHECK(grad([](const auto&) { return 5.0; })(std::vector<double>{1, 2}) == std::vector<double>{0, 0});
  CHECK(hessian([](const auto&) { return 5; })(std::vector<double>{1, 2}).entries() == std::vector<double>{0, 0, 0, 0});
  CHECK(grad([](const auto&) { return 5; })(std::vector<double>{}).empty());
}

TEST_CASE("Jacobians of few and of many outputs, by either mode") {
  // Row r: d/dx[i] of x[r]*x[(r + 1) % n]*r.
  const auto system = [](std::size_t outputs) {
    return [outputs](const auto& x) {
      using T = std::decay_t<decltype(x[0])>;
      std::vector<T> y;
      for (std::size_t r = 0; r < outputs; ++r) y.push_back(x[r % x.size()] * x[(r + 1) % x.size()] * static_cast<double>(r));
      return y;
    };
  };
  for (std::size_t inputs : {1U, 3U, 8U, 9U, 40U})
    for (std::size_t outputs : {1U, 2U, 5U, 6U, 7U, 50U}) {
      std::vector<double> x;
      for (std::size_t i = 0; i < inputs; ++i) x.push_back(1 + 0.25 * static_cast<double>(i));
      const dense_matrix j = jacobian(system(outputs))(x);
      REQUIRE(j.rows() == outputs);
      REQUIRE(j.columns() == inputs);
      CHECK(j == jacobian_forward(system(outputs), x));
      for (std::size_t r = 0; r < outputs; ++r)
        for (std::size_t i = 0; i < inputs; ++i) {
          const std::size_t a = r % inputs, b = (r + 1) % inputs;
          CHECK(j(r, i) == static_cast<double>(r) * ((i == a ? x[b] : 0) + (i == b ? x[a] : 0)));
        }
    }
  const dense_matrix fixed = jacobian([](const auto& x) {
    return std::array{x[0] * x[1], x[0] + x[1], x[1] * x[1]};
  })(std::array{2.0, 3.0});
  CHECK(fixed.entries() == std::vector<double>{3, 2, 1, 1, 0, 6});
}

TEST_CASE("products with the Jacobian and its transpose; a pullback can be called again") {
  const auto g = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    return std::vector<T>{x[0] * x[1], exp(x[2]) * x[0], T(7)};
  };
  const std::vector<double> x{2, 3, 0};
  const auto forward = jvp(g)(x, std::vector<double>{1, 10, 100});
  CHECK(forward.value == std::vector<double>{6, 2, 7});
  CHECK(forward.tangent == std::vector<double>{23, 201, 0});
  CHECK(jvp(f)(std::vector<double>{1, 0}, std::vector<double>{0, 1}).tangent == 2);

  auto back = vjp(g)(x);
  auto other = vjp(f)(std::vector<double>{1, 0});
  CHECK(back.values() == std::vector<double>{6, 2, 7});
  CHECK(back({1, 0, 0}) == std::vector<double>{3, 2, 0});
  CHECK(other(2.0) == std::vector<double>{0, 4});
  CHECK(back({0, 1, 100}) == std::vector<double>{1, 0, 2});
  CHECK(back({0, 0, 1}) == std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(back(std::vector<double>{1}), error);
}

TEST_CASE("Hessians, and their products with vectors") {
  const auto h = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    T s = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
      s += 100 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i]) + (1 - x[i]) * (1 - x[i]);
    return s;
  };
  std::vector<double> x{1.2, 0.7, 0.9, 1.1, 0.8, 1.3}, v{1, -1, 2, 0.5, 3, -2};
  const std::size_t n = x.size();
  const dense_matrix m = hessian(h)(x);
  const std::vector<double> product = hvp(h)(x, v);
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      double entry = 0;
      if (i == j && i + 1 < n) entry += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
      if (i == j && i > 0) entry += 200;
      if (j == i + 1 || i == j + 1) entry -= 400 * x[std::min(i, j)];
      CHECK(m(i, j) == doctest::Approx(entry));
      sum += m(i, j) * v[j];
    }
    CHECK(product[i] == doctest::Approx(sum));
  }
}

TEST_CASE("a gradient that was taken inside of a function that is itself differentiated") {
  // The inner gradient is of the numbers; what surrounds it records on.
  const auto outer = [](const auto& x) {
    const double a = primal(x[0]);
    const double slope = grad([](const auto& u) { return u[0] * u[0] * u[0]; })(std::array<double, 1>{a})[0];
    return x[0] * slope;
  };
  CHECK(grad(outer)(std::vector<double>{2}) == std::vector<double>{12});
}

TEST_CASE("check_gradient finds a derivative that is cut off") {
  const std::vector<double> x{1.5, 2, 0.25};
  CHECK(check_gradient([](const auto& u) { return u[0] * exp(u[1] * u[2]) + u[2]; }, x).agrees);
  const auto cut = [](const auto& u) { return u[0] * u[1] + u[2] * primal(u[2]); };
  const gradient_check found = check_gradient(cut, x);
  CHECK_FALSE(found.agrees);
  CHECK(found.worst == 2);
  CHECK(found.reverse == 0.25);
  CHECK(found.differences == doctest::Approx(0.5));
}

}  // namespace
