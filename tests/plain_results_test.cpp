// Where operations return plain scalars, templates deduce one T from expressions and scalars, as they do for double.
#define WENGERT_PLAIN_RESULTS 1
#include "scalar_gradients.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <wengert/embed/functional.hpp>

using namespace wengert;

namespace {

template <class T> T clamped(T x, T low, T high) { return x < low ? low : high < x ? high : x; }
template <class T> T mixed(const T& a, const T& b, const T& t) { return a * (T(1) - t) + b * t; }
template <class T, std::size_t N> T total(const std::array<T, N>& v) {
  T sum = 0;
  for (const T& x : v) sum += x;
  return sum;
}
template <class T> T gauss(const std::function<T(T)>& f, T a, T b) {
  const T c = (a + b) / 2.0, h = (b - a) / 2.0;
  return h * (f(c - h * std::sqrt(0.6)) * 5.0 + f(c) * 8.0 + f(c + h * std::sqrt(0.6)) * 5.0) / 9.0;
}

const auto program = []<class T>(const std::vector<T>& x) {
  T s = clamped(x[0] * x[1], x[2], x[0] + 7);
  s = mixed(s + x[1], x[0] * x[0], std::sin(x[2]));
  s += total(std::array{s * x[0], x[1], std::exp(x[2])});
  const auto integrand = [&](T u) { return std::exp(-u * u * x[1]); };
  s += gauss<T>(integrand, x[0] - x[0], x[0] * x[2]);
  s *= std::max(x[0] * x[2], x[1]);
  s -= std::clamp(x[1] * x[1], x[0], x[2]);
  return s;
};

TEST_CASE("templates deduce one scalar from expressions and scalars") {
  static_assert(std::is_same_v<decltype(adouble() * adouble() + adouble() / adouble()), adouble>);
  scalar_gradients::agree(program, {1.3, 0.7, 0.9}, 1e-8);
  CHECK(check_gradient(program, std::vector<double>{0.4, 2, 1.1}).agrees);
}

TEST_CASE("sums in place, slopes that are infinite, and reuse are right with plain results") {
  const auto f = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    T s = 0, kept = 0;
    for (int i = 0; i < 5; ++i) {
      s += x[0] * x[1] - s * x[2];
      if (i == 2) kept = s;
      s -= kept * s;
    }
    return s * kept + std::sqrt(x[0] * x[1]) / x[2];
  };
  scalar_gradients::agree(f, {0.3, 0.7, 0.2}, 1e-8);
  CHECK(scalar_gradients::reverse([](const auto& x) { return std::sqrt(x[0] * x[1]); }, {0, 0})[0] == 0);
}

}  // namespace
