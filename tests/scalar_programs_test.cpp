// Programs as they are written for double, with T in its place: each scalar computes their values and derivatives.
#include "scalar_gradients.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include <wengert/embed/functional.hpp>

namespace {

using scalar_gradients::agree;

template <class T> T square(T x) { return x * x; }

// --- ordinary differential equations

template <class T, class F> std::vector<T> runge_kutta(F f, std::vector<T> y, double t, double h, int steps) {
  const auto moved = [&](const std::vector<T>& k, double by) {
    std::vector<T> r = y;
    for (std::size_t i = 0; i < r.size(); i++) r[i] += by * k[i];
    return r;
  };
  for (int n = 0; n < steps; n++, t += h) {
    const auto k1 = f(t, y), k2 = f(t + h / 2, moved(k1, h / 2)), k3 = f(t + h / 2, moved(k2, h / 2)),
               k4 = f(t + h, moved(k3, h));
    for (std::size_t i = 0; i < y.size(); i++) y[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  }
  return y;
}

TEST_CASE("predators and prey by Runge and Kutta's method") {
  agree(
      [](const auto& p) {
        using T = std::decay_t<decltype(p[0])>;
        auto rate = [&](double, const std::vector<T>& y) {
          return std::vector<T>{p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]};
        };
        std::vector<T> end = runge_kutta<T>(rate, {p[4], p[5]}, 0, 0.05, 40);
        return end[0] + square(end[1]);
      },
      {1.1, 0.4, 0.1, 0.4, 10, 5}, 1e-8);
}

TEST_CASE("one stage after the other in expressions that are passed on") {
  agree(
      [](const auto& p) {
        using T = std::decay_t<decltype(p[0])>;
        auto f = [&](auto x, double t) { return -p[1] * x * x + t; };
        T x = p[0];
        const double h = 0.1;
        for (double t = 0; t < 1; t += h) {
          auto k1 = f(x, t);
          auto k2 = f(x + 0.5 * h * k1, t + 0.5 * h);
          auto k3 = f(x + 0.5 * h * k2, t + 0.5 * h);
          auto k4 = f(x + h * k3, t + h);
          x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
        }
        return x;
      },
      {0.7, 1.3});
}

// --- recursion

template <class T> T power(T x, int n) { return n == 0 ? T(1) : n % 2 ? x * power(x, n - 1) : power(x * x, n / 2); }

template <class T> T determinant(const std::vector<std::vector<T>>& m) {
  if (m.size() == 1) return m[0][0];
  T sum = 0;
  for (std::size_t c = 0; c < m.size(); c++) {
    std::vector<std::vector<T>> minor;
    for (std::size_t i = 1; i < m.size(); i++) {
      minor.push_back(m[i]);
      minor.back().erase(minor.back().begin() + static_cast<std::ptrdiff_t>(c));
    }
    sum += (c % 2 ? -1 : 1) * m[0][c] * determinant(minor);
  }
  return sum;
}

TEST_CASE("powers by squaring, called with expressions") {
  agree([](const auto& x) { return power(x[0] - x[1], 13) + power(x[0] * x[1], 5); }, {1.5, 0.25});
}

TEST_CASE("a determinant by minors") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        std::vector<std::vector<T>> m(3, std::vector<T>(3));
        for (std::size_t i = 0; i < 9; i++) m[i / 3][i % 3] = x[i];
        return determinant(m);
      },
      {2, -1, 0.5, 3, 1, 4, 0.25, -2, 1.5});
}

TEST_CASE("numbers by three recurrences that call one another") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        std::function<T(int)> legendre = [&](int n) -> T {
          if (n == 0) return 1;
          if (n == 1) return x[0];
          return ((2 * n - 1) * x[0] * legendre(n - 1) - (n - 1) * legendre(n - 2)) / n;
        };
        return legendre(6) * x[1];
      },
      {0.3, 2});
}

// --- searches

TEST_CASE("the least and the largest, and where they are") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        T best = INFINITY, worst = -std::numeric_limits<T>::infinity();
        std::size_t where = 0;
        for (std::size_t i = 0; i < x.size(); i++) {
          const T d = square(x[i] - 1) + 0.1 * x[(i + 1) % x.size()];
          if (d < best) {
            best = d;
            where = i;
          }
          worst = std::max(worst, d);
        }
        const T largest = *std::max_element(x.begin(), x.end());
        std::vector<T> sorted(x.begin(), x.end());
        std::sort(sorted.begin(), sorted.end());
        return best * x[where] + worst / largest + sorted[1] * sorted[2] + std::min({x[0], x[1], x[2]});
      },
      {2.5, 0.75, -1, 1.5});
}

TEST_CASE("branches of different kinds") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        using std::max;
        auto hat = [](const auto& t) { return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t); };
        auto bend = [](const auto& t) { return t > 0 ? t * t : 0.0; };
        auto y = x[0] * x[1];
        y += x[0] > x[1] ? x[0] - x[1] : x[1] - x[0];
        y -= x[0] < 0 ? -x[0] : x[0];
        y = y * 2 + hat(x[0]) + hat(x[1]) + bend(x[1]) * bend(-x[1]);
        y *= max(x[0] * x[1], T(0.1)) + std::max(x[0], x[0] * x[0]) + max(T(0.2), x[1]) + std::max(1.0 * x[0], x[1]);
        return y;
      },
      {0.4, 0.8});
}

// --- matrices

template <class T> using matrix = std::vector<std::vector<T>>;

template <class T> matrix<T> operator*(const matrix<T>& a, const matrix<T>& b) {
  matrix<T> c(a.size(), std::vector<T>(b[0].size()));
  for (std::size_t i = 0; i < a.size(); i++)
    for (std::size_t j = 0; j < b[0].size(); j++)
      for (std::size_t k = 0; k < b.size(); k++) c[i][j] += a[i][k] * b[k][j];
  return c;
}

// By elimination with the largest pivot.
template <class T> std::vector<T> solve(matrix<T> a, std::vector<T> b) {
  using std::abs;
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; k++) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; i++)
      if (abs(a[i][k]) > abs(a[pivot][k])) pivot = i;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; i++) {
      T factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; j++) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; j++) b[i] -= a[i][j] * b[j];
    b[i] /= a[i][i];
  }
  return b;
}

TEST_CASE("a power of a matrix, and a linear system") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        matrix<T> a{{x[0], x[1]}, {x[2], x[3]}}, p = a;
        for (int i = 0; i < 3; i++) p = p * a;
        return p[0][1] + p[1][1];
      },
      {0.5, 1.25, -0.75, 1});
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        matrix<T> a(3, std::vector<T>(3));
        for (std::size_t i = 0; i < 9; i++) a[i / 3][i % 3] = x[i];
        std::vector<T> y = solve(a, {x[9], x[10], x[11]});
        return y[0] * y[1] + std::exp(y[2]);
      },
      {0.1, 2, 0.5, 3, 1, 0.25, -1, 0.5, 2, 1, 2, 3}, 1e-8);
}

// --- optimizers inside of what is differentiated

TEST_CASE("Newton's iteration with the derivative by a dual of T") {
  auto root = [](const auto& p) {
    using T = std::decay_t<decltype(p[0])>;
    auto g = [&](auto u) { return exp(u) + p[0] * u - p[1]; };
    T u = 0.5;
    for (int i = 0; i < 8; i++) {
      const wengert::dual<T> there = g(wengert::dual<T>::variable(u));
      u -= there.value() / there.tangent();
    }
    return u;
  };
  const std::vector<double> at{2, 3};
  const double u = root(at);
  const std::vector<double> implicit{-u / (std::exp(u) + at[0]), 1 / (std::exp(u) + at[0])};
  scalar_gradients::require_close(scalar_gradients::reverse(root, at), implicit, 1e-12);
  scalar_gradients::require_close(scalar_gradients::forward<4>(root, at), implicit, 1e-12);
}

TEST_CASE("steepest descent with a fixed number of steps") {
  agree(
      [](const auto& p) {
        using T = std::decay_t<decltype(p[0])>;
        std::array<T, 2> w{0, 0};
        for (int step = 0; step < 30; step++) {
          const T r1 = w[0] + 2 * w[1] - p[0], r2 = 3 * w[0] - w[1] - p[1];
          w[0] -= 0.05 * (2 * r1 + 6 * r2);
          w[1] -= 0.05 * (4 * r1 - 2 * r2);
        }
        return std::hypot(w[0], w[1]) + p[2] * w[0];
      },
      {1, 2, 0.5});
}

TEST_CASE("descent along inner gradients that are differentiated too, by many inputs and by one") {
  agree(
      [](const auto& p) {
        using T = std::decay_t<decltype(p[0])>;
        const auto loss = [&](const auto& w) {
          auto sum = w[0] * p[0];
          for (std::size_t i = 0; i < w.size(); ++i) sum += (w[i] - p[i % 2]) * (w[i] - p[i % 2]) * (1 + w[0] * w[0]);
          return sum;
        };
        std::vector<T> w(10, T(0.25));
        for (int step = 0; step < 5; ++step) {
          const std::vector<T> slopes = wengert::grad(loss)(w);
          for (std::size_t i = 0; i < w.size(); ++i) w[i] -= 0.05 * slopes[i];
        }
        T u = 1;
        for (int step = 0; step < 8; ++step) {
          const auto there = wengert::value_and_grad([&](auto v) { return v * v * v + p[0] * v - p[1]; })(u);
          u -= there.value / there.gradient;
        }
        return wengert::value_and_grad(loss)(w).value + u;
      },
      {0.5, 1.25}, 1e-7);
}

TEST_CASE("an inner tape for the gradient of an inner function") {
  using wengert::adouble;
  // The minimizer of (w - a)^2 + w^4 by descent along gradients from an inner tape, which knows w and a as numbers only.
  auto inner_gradient = [](double w, double a) {
    wengert::jacobian_tape inner;
    adouble u = w;
    const wengert::variable input = inner.input(u);
    adouble loss = square(u - a) + power(u, 4);
    inner.reverse(loss);
    return inner.adjoint(input);
  };
  wengert::jacobian_tape outer;
  adouble a = 1.5;
  const wengert::variable input = outer.input(a);
  adouble y = a * a;
  double w = 1;
  for (int i = 0; i < 200; i++) w -= 0.05 * inner_gradient(w, a.value());
  CHECK(2 * (w - 1.5) + 4 * w * w * w == doctest::Approx(0).epsilon(1e-12));
  y = y + w * a;
  outer.reverse(y);
  CHECK(outer.adjoint(input) == doctest::Approx(3 + w));
}

// --- containers of the user's own

template <class T> struct particle {
  std::array<T, 2> x, v;
  T mass = 1;
};

TEST_CASE("structs with operators, in containers that grow") {
  agree(
      [](const auto& p) {
        using T = std::decay_t<decltype(p[0])>;
        std::vector<particle<T>> bodies;
        for (std::size_t i = 0; i < 3; i++)
          bodies.push_back({{p[i], p[(i + 1) % 4]}, {T(0), p[3] / 2}, i == 1 ? 2 * p[2] : T(1.0f)});
        for (int step = 0; step < 20; step++) {
          for (auto& a : bodies)
            for (auto& b : bodies) {
              if (&a == &b) continue;
              const T dx = b.x[0] - a.x[0], dy = b.x[1] - a.x[1];
              const T r2 = dx * dx + dy * dy + 0.1;
              const T pull = b.mass / (r2 * std::sqrt(r2));
              a.v[0] += 0.01 * pull * dx;
              a.v[1] += 0.01 * pull * dy;
            }
          for (auto& a : bodies)
            for (std::size_t k = 0; k < 2; k++) a.x[k] += 0.01 * a.v[k];
        }
        T energy{};
        for (const auto& a : bodies) energy += 0.5 * a.mass * (a.v[0] * a.v[0] + a.v[1] * a.v[1]);
        return energy;
      },
      {0.5, -0.25, 1, 0.75}, 1e-8);
}

TEST_CASE("an array by new, a pointer that walks it, and a running mean") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        T* a = new T[4];
        for (int i = 0; i < 4; i++) a[i] = x[static_cast<std::size_t>(i) % 2] * (i + 1);
        T mean = 0, spread = 0;
        int n = 0;
        for (T* p = a; p != a + 4; ++p) {
          const T delta = *p - mean;
          mean += delta / ++n;
          spread += delta * (*p - mean);
        }
        delete[] a;
        return spread / n + std::accumulate(x.begin(), x.end(), T(0)) * std::inner_product(x.begin(), x.end(), x.begin(), T(0));
      },
      {0.5, 2});
}

}  // namespace
