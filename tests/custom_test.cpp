// Functions with adjoints of their own, functions given by equations, and loops within a memory bound.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include <wengert/embed/checkpoint.hpp>
#include <wengert/embed/implicit.hpp>
#include <wengert/embed/sparse.hpp>

using namespace wengert;

namespace {

// log(1 + exp(x)), which a plain formula would overflow.
const auto softplus = custom(
    [](const auto& x) {
      using std::exp, std::fabs, std::log1p, std::max;
      using V = std::decay_t<decltype(x)>;
      return V(max(x, V(0)) + log1p(exp(V(-fabs(x)))));
    },
    [](const auto& x, const auto&, const auto& of_y) {
      using std::exp;
      using V = std::decay_t<decltype(x)>;
      return V(of_y / (1 + exp(V(-x))));
    });

// (x . w) w for a fixed w.
const auto projected = custom(
    [](const auto& x) {
      auto y = x;
      const auto dot = x[0] + 2 * x[1] - x[2];
      y[0] = dot, y[1] = 2 * dot, y[2] = -dot;
      return y;
    },
    [](const auto&, const auto&, const auto& of_y) {
      auto of_x = of_y;
      const auto dot = of_y[0] + 2 * of_y[1] - of_y[2];
      of_x[0] = dot, of_x[1] = 2 * dot, of_x[2] = -dot;
      return of_x;
    });

const auto with_custom = [](const auto& x) {
  using T = std::decay_t<decltype(x[0])>;
  std::vector<T> v{x[0] * x[1], softplus(T(x[1] * 3)), x[2]};
  for (int i = 0; i < 2; ++i) {
    const std::vector<T> p = projected(v);
    v[1] += p[0] * 0.1;
    v[2] = sin(p[2] + x[0]);
  }
  return v[0] * v[1] + softplus(v[2]);
};

TEST_CASE("custom adjoints are those of reverse, forward and second order") {
  const std::vector<double> x{0.4, -0.3, 1.1};
  CHECK(check_gradient(with_custom, x).agrees);
  const dense_matrix h = hessian(with_custom)(x);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<double> e(3, 0.0), up = x, down = x;
    e[i] = 1;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    const auto row = hvp(with_custom)(x, e), g = grad(with_custom)(up), k = grad(with_custom)(down);
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(h(i, j) == doctest::Approx(row[j]));
      CHECK(h(i, j) == doctest::Approx((g[j] - k[j]) / 2e-5).epsilon(1e-6));
    }
  }
  CHECK(softplus(0.0) == std::log(2.0));
  CHECK(softplus(adouble(800)).value() == 800);
  CHECK(check_gradient([](const auto& v) { return projected(std::vector{v[0] * v[1], v[1] * v[2], v[0] * v[2]})[1]; }, x).agrees);
}

TEST_CASE("a custom adjoint may be wrong, and check_gradient says so; its callables may take double alone") {
  const auto wrong =
      custom([](const auto& x) { return x * x; }, [](const auto& x, const auto&, const auto& of_y) { return x * of_y; });
  CHECK_FALSE(check_gradient([&](const auto& x) { return wrong(x[0]); }, std::vector<double>{3}).agrees);
  const auto cube = custom([](double x) { return x * x * x; }, [](double x, double, double of_y) { return 3 * x * x * of_y; });
  CHECK(check_gradient([&](const auto& x) { return cube(x[0] * x[1]) + x[1]; }, std::vector<double>{0.7, -0.4}).agrees);
  const auto short_one =
      custom([](const auto& x) { return x[0]; }, [](const auto&, const auto&, const auto& of_y) { return std::vector{of_y}; });
  CHECK_THROWS_AS(grad(short_one)(std::vector<double>{1, 2}), error);
}

TEST_CASE("blocks are rewound, mix with sums in place, and stand in sparse Jacobians") {
  jacobian_tape tape;
  std::vector<adouble> x{1, 2, 3};
  const variables inputs = tape.inputs(x);
  const jacobian_tape::position start = tape.here();
  adouble s = projected(x)[0];
  tape.rewind(start);
  CHECK_FALSE(tape.has_blocks());
  s = 0;
  for (int i = 0; i < 3; ++i) s += projected(x)[0] * s + x[1];
  tape.gradient(s, inputs);
  const auto same = [](const auto& v) {
    using T = std::decay_t<decltype(v[0])>;
    T sum = 0;
    for (int i = 0; i < 3; ++i) sum += (v[0] + 2 * v[1] - v[2]) * sum + v[1];
    return sum;
  };
  const std::vector<double> g = grad(same)(std::vector<double>{1, 2, 3});
  for (std::size_t i = 0; i < 3; ++i) CHECK(tape.adjoints(inputs)[i] == doctest::Approx(g[i]));

  const auto outputs = [](const auto& v) {
    using T = std::decay_t<decltype(v[0])>;
    const std::vector<T> p = projected(std::vector<T>{v[0], v[1], v[2]});
    return std::vector<T>{p[0], v[3] * v[3], p[2] * v[3], softplus(v[1])};
  };
  const std::vector<double> at{1, 2, 3, 4};
  const sparse_matrix j = sparse_jacobian(outputs)(at);
  const dense_matrix d = jacobian(outputs)(at);
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c) CHECK(j(r, c) == doctest::Approx(d(r, c)));
}

// The equation of Kepler: E - e*sin(E) = M, and beside it a cubic.
const auto equations = [](const auto& z, const auto& p) {
  using T = std::decay_t<decltype(z[0])>;
  return std::vector<T>{z[0] - p[0] * sin(z[0]) - p[1], z[1] * z[1] * z[1] + z[0] * z[1] - p[1]};
};

TEST_CASE("roots and fixed points, to second order, by whatever solver") {
  const auto loss = [](const auto& solver) {
    return [solver](const auto& p) {
      using T = std::decay_t<decltype(p[0])>;
      const std::vector<T> z = solver(std::vector<T>{p[0], p[1] * p[1]});
      return z[0] * z[1] + sin(z[1]);
    };
  };
  const auto root = root_of(equations, std::vector<double>{1, 1});
  const auto by_hand = root_of(equations, [](const std::vector<double>& p) {
    double a = p[1], b = 1;
    for (int i = 0; i < 200; ++i) a = p[0] * std::sin(a) + p[1];
    for (int i = 0; i < 200; ++i) b -= (b * b * b + a * b - p[1]) / (3 * b * b + a);
    return std::vector<double>{a, b};
  });
  const auto fixed = fixed_point_of(
      [](const auto& z, const auto& p) {
        using T = std::decay_t<decltype(z[0])>;
        return std::vector<T>{p[0] * sin(z[0]) + p[1], z[1] - 0.3 * (z[1] * z[1] * z[1] + z[0] * z[1] - p[1])};
      },
      std::vector<double>{1, 1});
  const std::vector<double> p{0.4, 0.9};
  CHECK(check_gradient(loss(root), p).agrees);
  CHECK(check_gradient(loss(by_hand), p).agrees);
  CHECK(check_gradient(loss(fixed), p).agrees);
  const dense_matrix h = hessian(loss(root))(p), k = hessian(loss(fixed))(p);
  const auto slope_by_first = [&](double a) { return grad(loss(by_hand))(std::vector<double>{a, 0.9}); };
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(h(0, j) == doctest::Approx((slope_by_first(0.4 + 1e-5)[j] - slope_by_first(0.4 - 1e-5)[j]) / 2e-5).epsilon(1e-6));
    CHECK(k(0, j) == doctest::Approx(h(0, j)));
    CHECK(h(j, 0) == doctest::Approx(h(0, j)));
  }
  CHECK(hessian_sparsity(loss(root), p).size() == 4);
}

TEST_CASE("an equation without a solution, or with a singular one, is an error") {
  const auto none =
      root_of([](const auto& z, const auto& p) { return std::vector{z[0] * z[0] + p[0] * p[0] + 1}; }, std::vector<double>{1});
  CHECK_THROWS_AS(none(std::vector<double>{1}), error);
  const auto flat = root_of([](const auto& z, const auto& p) { return std::vector{z[0] * z[0] * p[0] + 0}; },
                            [](const std::vector<double>&) { return std::vector<double>{0}; });
  CHECK_THROWS_AS(grad([&](const auto& p) { return flat(p)[0]; })(std::vector<double>{1}), error);
  const auto wild =
      fixed_point_of([](const auto& z, const auto& p) { return std::vector{z[0] * 3 + p[0]}; }, std::vector<double>{1});
  CHECK_THROWS_AS(wild(std::vector<double>{1}), error);
}

TEST_CASE("a loop within a memory bound has the same gradient as one that is recorded") {
  const auto step = [](const auto& s, const auto& p, std::size_t k) {
    auto next = s;
    next[0] = s[0] + 0.05 * s[1];
    next[1] = s[1] - 0.05 * (p[0] * sin(s[0]) + p[1] * s[1]) + 0.01 * static_cast<double>(k % 3) * p[2];
    return next;
  };
  for (const std::size_t steps : {0U, 1U, 2U, 7U, 100U})
    for (const std::size_t kept : {0U, 1U, 3U, 200U}) {
      const auto whole = [&](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        std::array<T, 2> s{x[0], x[1]};
        for (std::size_t k = 0; k < steps; ++k) s = step(s, std::vector<T>{x[2], x[3], x[4]}, k);
        return s[0] * s[1];
      };
      const auto in_parts = [&](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        const auto s = checkpointed(step, steps, kept)(std::array<T, 2>{x[0], x[1]}, std::vector<T>{x[2], x[3], x[4]});
        return s[0] * s[1];
      };
      const std::vector<double> x{1, 0.2, 0.9, 0.1, 0.4}, v{1, 2, 3, 4, 5};
      const auto g = grad(in_parts)(x), expected = grad(whole)(x), h = hvp(in_parts)(x, v), of_whole = hvp(whole)(x, v);
      for (std::size_t i = 0; i < x.size(); ++i) {
        CHECK(g[i] == doctest::Approx(expected[i]));
        CHECK(h[i] == doctest::Approx(of_whole[i]));
      }
      if (steps == 7) CHECK(check_gradient(in_parts, x).agrees);
    }
}

TEST_CASE("with ten states kept, a loop of a thousand steps runs each step a few times") {
  std::size_t runs = 0;
  const auto step = [&runs](const auto& s, const auto& p, std::size_t) {
    ++runs;
    auto next = s;
    next[0] = s[0] + 0.001 * sin(s[0]) * p[0];
    return next;
  };
  jacobian_tape tape;
  std::vector<adouble> s{1}, p{2};
  const variables inputs = tape.inputs(p);
  const std::vector<adouble> last = checkpointed(step, 1000, 10)(s, p);
  CHECK(tape.size() == 0);
  tape.gradient(last[0], inputs);
  CHECK(runs <= 6 * 1000);  // forward, backward, and four times again: 1000 <= binomial(10 + 4, 10)
}

}  // namespace
