// Sparse Jacobians and Hessians: patterns, colourings, and the same numbers as the dense ones.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <wengert/embed/sparse.hpp>

using namespace wengert;

namespace {

void require_equal(const sparse_matrix& s, const dense_matrix& d) {
  REQUIRE(s.rows() == d.rows());
  REQUIRE(s.columns == d.columns());
  for (std::size_t r = 0; r < d.rows(); ++r)
    for (std::size_t c = 0; c < d.columns(); ++c) {
      INFO(r, ",", c);
      CHECK(s(r, c) == doctest::Approx(d(r, c)).epsilon(1e-12));
    }
}

std::vector<double> points(std::size_t n) {
  std::vector<double> x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(0.3 + std::sin(1.0 + static_cast<double>(i)));
  return x;
}

const auto rosenbrock = [](const auto& x) {
  using T = std::decay_t<decltype(x[0])>;
  T s = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    s += 100.0 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i]) + (1 - x[i]) * (1 - x[i]);
  return s;
};

TEST_CASE("a banded Jacobian takes as many colours as its band is wide") {
  const auto heat = [](const auto& u) {
    std::vector<std::decay_t<decltype(u[0])>> f(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) {
      f[i] = -2 * u[i] + exp(u[i]);
      if (i > 0) f[i] += u[i - 1];
      if (i + 1 < u.size()) f[i] += u[i + 1] * u[i];
    }
    return f;
  };
  const std::vector<double> x = points(40);
  require_equal(sparse_jacobian(heat)(x), jacobian(heat)(x));
  const coloured_jacobian coloured(jacobian_sparsity(heat, x));
  CHECK(coloured.colours() == 3);
  CHECK(coloured.pattern().size() == 3 * 40 - 2);
  // The pattern of one point at another.
  require_equal(sparse_jacobian(heat, jacobian_sparsity(heat, x))(points(40)), jacobian(heat)(points(40)));
  CHECK_THROWS_AS(sparse_jacobian(heat, jacobian_sparsity(heat, points(3)))(x), error);
}

TEST_CASE("a row that has all columns makes rows the side to colour, and the other way round") {
  const auto wide = [](const auto& x) {
    std::vector<std::decay_t<decltype(x[0])>> y{x[0] * 0};
    for (const auto& v : x) y[0] += v * v;
    for (std::size_t i = 0; i < x.size(); ++i) y.push_back(sin(x[i]));
    return y;
  };
  const auto tall = [](const auto& x) {
    std::vector<std::decay_t<decltype(x[0])>> y;
    for (std::size_t i = 1; i < x.size(); ++i) y.push_back(x[0] * x[i] + sqrt(x[i] * x[i]));
    return y;
  };
  const std::vector<double> x = points(30);
  CHECK_FALSE(coloured_jacobian(jacobian_sparsity(wide, x)).forward());
  CHECK(coloured_jacobian(jacobian_sparsity(wide, x)).colours() == 2);
  CHECK(coloured_jacobian(jacobian_sparsity(tall, x)).forward());
  CHECK(coloured_jacobian(jacobian_sparsity(tall, x)).colours() == 2);
  require_equal(sparse_jacobian(wide)(x), jacobian(wide)(x));
  require_equal(sparse_jacobian(tall)(x), jacobian(tall)(x));
}

TEST_CASE("Hessians of chains and stars take few colours") {
  const std::vector<double> x = points(50);
  require_equal(sparse_hessian(rosenbrock)(x), hessian(rosenbrock)(x));
  CHECK(colour_symmetric(hessian_sparsity(rosenbrock, x)).count == 3);
  const auto star = [](const auto& v) {
    auto s = v[0] * v[0];
    std::decay_t<decltype(v[0])> sum = s;
    for (std::size_t i = 1; i < v.size(); ++i) sum += exp(v[i] * v[0]) + v[i] * 3;
    return sum;
  };
  CHECK(colour_symmetric(hessian_sparsity(star, x)).count == 2);
  require_equal(sparse_hessian(star)(x), hessian(star)(x));
  require_equal(sparse_hessian(star, hessian_sparsity(star, x))(points(50)), hessian(star)(x));
}

TEST_CASE("what is linear has no second derivative; a long sum of terms does not make its pattern dense") {
  const auto linear = [](const auto& x) { return 2 * x[0] - x[1] / 3 + x[2]; };
  CHECK(hessian_sparsity(linear, std::vector<double>{1, 2, 3}).size() == 0);
  const std::vector<double> x = points(20000);
  const sparsity h = hessian_sparsity(rosenbrock, x);
  CHECK(h.size() == 3 * 20000 - 2);
  const sparse_matrix m = sparse_hessian(rosenbrock)(x);
  CHECK(m(7, 8) == doctest::Approx(-400 * x[7]));
  CHECK(m(7, 9) == 0);
}

TEST_CASE("random functions have the sparse derivatives that the dense ones say") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const auto many = [seed](const auto& x) {
      using T = std::decay_t<decltype(x[0])>;
      std::mt19937 random(seed);
      const auto any = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
      std::vector<T> v(x.begin(), x.end());
      for (int step = 0; step < 25; ++step) {
        const T a = v[any(v.size())], b = v[any(v.size())];
        switch (any(9)) {
          case 0: v.push_back(a + b); break;
          case 1: v.push_back(a * b); break;
          case 2: v.push_back(sin(a)); break;
          case 3: v.push_back(a / (2 + b * b)); break;
          case 4: v.push_back(a > b ? a * 2 : b - a); break;
          case 5: v.push_back(max(a, b) - 3 * a); break;
          case 6: v.push_back(hypot(a, b + 1)); break;
          case 7: v[any(v.size())] -= a * 0.5; break;
          default: v.push_back(T(primal(a)) * b); break;
        }
      }
      return std::vector<T>(v.end() - 6, v.end());
    };
    const auto one = [many](const auto& x) {
      const auto y = many(x);
      return y[0] + y[1] * y[2] + y[3];
    };
    const std::vector<double> x = points(9);
    INFO("seed ", seed);
    require_equal(sparse_jacobian(many)(x), jacobian(many)(x));
    require_equal(sparse_hessian(one)(x), hessian(one)(x));
  }
}

TEST_CASE("inputs that do not matter are named on request") {
  const auto f = [](const auto& x) { return std::pair(x.first * x.second[1], x.second[1] * 0); };
  const std::pair<double, std::vector<double>> x{1, {2, 3, 4}};
  CHECK(unused_inputs(f, x) == std::vector<std::string>{"[1][0]", "[1][2]"});
  CHECK(unused_inputs([](const auto& v) { return v[0] > 0 ? v[0] : v[1]; }, std::vector<double>{1, 2}) ==
        std::vector<std::string>{"[1]"});
  CHECK(unused_inputs([](const auto& v) { return v[0] * v[1]; }, std::vector<double>{0, 0}).empty());
}

TEST_CASE("zeros win over infinities in sweeps of several colours") {
  const auto f = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    return std::vector<T>{sqrt(x[0] * x[0]), sqrt(x[1]), x[0] * 2, sqrt(x[2] * x[3])};
  };
  const sparse_matrix j = sparse_jacobian(f)(std::vector<double>{0, 0, 0, 0});
  CHECK(j(0, 0) == 0);
  CHECK(std::isinf(j(1, 1)));
  CHECK(j(2, 0) == 2);
  CHECK(j(3, 2) == 0);
  const auto overflows = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    return std::vector<T>{min(x[0] * x[0] * x[0] * x[1], x[1] * x[2]), x[2] * 3};
  };
  const sparse_matrix k = sparse_jacobian(overflows)(std::vector<double>{1e200, 1, 4});
  CHECK(k(0, 0) == 0);
  CHECK(k(0, 1) == 4);
  CHECK(k(0, 2) == 1);
  CHECK(k(1, 2) == 3);
}

}  // namespace
