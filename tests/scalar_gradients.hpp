// Gradients of templated code in each way that the scalars offer, and by finite differences.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <wengert/numeric/dual.hpp>
#include <wengert/numeric/jacobian_tape.hpp>

namespace scalar_gradients {

using second_order = wengert::active<wengert::dual<>>;  // adjoints over tangents

// f takes a std::vector<T> and returns what can be kept in a T.

template <class F> std::vector<double> reverse(F f, const std::vector<double>& at) {
  wengert::jacobian_tape tape;
  std::vector<wengert::adouble> x(at.begin(), at.end());
  const wengert::variables inputs = tape.inputs(x);
  const wengert::adouble y = f(x);
  const auto gradient = tape.gradient(y, inputs);
  return {gradient.begin(), gradient.end()};
}

template <std::size_t N, class F> std::vector<double> forward(F f, const std::vector<double>& at) {
  std::vector<double> gradient;
  for (std::size_t first = 0; first < at.size(); first += N) {
    std::vector<wengert::dual_vec<N>> x(at.begin(), at.end());
    const std::size_t count = std::min(N, at.size() - first);
    for (std::size_t i = 0; i < count; ++i) x[first + i] = wengert::dual_vec<N>::variable(at[first + i], i);
    const wengert::dual_vec<N> y = f(x);
    for (std::size_t i = 0; i < count; ++i) gradient.push_back(y.tangent(i));
  }
  return gradient;
}

// The slope of the function of one number, in long double, by the five-point formula.
template <class F> long double slope(F f, long double at) {
  const long double h = 1e-3L * std::max(1.0L, std::fabs(at)) / 2;
  return (8 * (f(at + h) - f(at - h)) - (f(at + 2 * h) - f(at - 2 * h))) / (12 * h);
}

template <class F> std::vector<double> differences(F f, const std::vector<double>& at) {
  std::vector<double> gradient;
  for (std::size_t i = 0; i < at.size(); ++i) {
    std::vector<long double> x(at.begin(), at.end());
    gradient.push_back(static_cast<double>(slope(
        [&](long double t) {
          x[i] = t;
          return static_cast<long double>(f(x));
        },
        at[i])));
  }
  return gradient;
}

// Row i: the derivatives of the i-th entry of the gradient.
template <class F> std::vector<std::vector<double>> hessian(F f, const std::vector<double>& at) {
  std::vector<std::vector<double>> rows(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    wengert::basic_jacobian_tape<wengert::dual<>> tape;
    std::vector<second_order> x(at.begin(), at.end());
    x[i] = wengert::dual<>::variable(at[i]);
    const wengert::variables inputs = tape.inputs(x);
    const second_order y = f(x);
    for (const wengert::dual<>& adjoint : tape.gradient(y, inputs)) rows[i].push_back(adjoint.tangent());
  }
  return rows;
}

inline double apart(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  return std::fabs(a - b) / std::max({1.0, std::fabs(a), std::fabs(b)});
}

inline void require_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("entry ", i, ": ", a[i], " and ", b[i]);
    CHECK(apart(a[i], b[i]) <= tolerance);
  }
}

// All of them agree: the values with those of double exactly; reverse, forward and second order closely; differences roughly.
template <class F> void agree(F f, const std::vector<double>& at, double tolerance = 1e-9) {
  const double value = f(at);
  {
    wengert::jacobian_tape tape;
    std::vector<wengert::adouble> x(at.begin(), at.end());
    tape.inputs(x);
    const wengert::adouble y = f(x);
    CHECK(y.value() == value);
    const wengert::dual_vec<4> z = f(std::vector<wengert::dual_vec<4>>(at.begin(), at.end()));
    CHECK(z.value() == value);
  }
  const std::vector<double> gradient = reverse(f, at);
  require_close(gradient, forward<4>(f, at), 1e-12);
  require_close(gradient, forward<1>(f, at), 1e-12);
  require_close(gradient, differences(f, at), tolerance);
  const auto rows = hessian(f, at);
  for (std::size_t i = 0; i < at.size(); ++i)
    require_close(rows[i],
                  differences(
                      [&](const auto& x) {
                        using T = std::decay_t<decltype(x[0])>;
                        std::vector<wengert::dual_vec<1, T>> moved(x.begin(), x.end());
                        moved[i] = wengert::dual_vec<1, T>::variable(x[i]);
                        return wengert::dual_vec<1, T>(f(moved)).tangent();
                      },
                      at),
                  1e2 * tolerance);
}

}  // namespace scalar_gradients
