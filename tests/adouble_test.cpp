// The active scalar and its tape: what it can be put in the place of, and the ways in which sums in place, copies and rewinding
// could go wrong.
#include "scalar_gradients.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <wengert/numeric/scalar_format.hpp>
#include <wengert/numeric/scalar_numbers.hpp>

using namespace wengert;
using scalar_gradients::agree;
using scalar_gradients::require_close;

namespace {

// The code of the error that f throws, or "".
template <class F> std::string refused(F f) {
  try {
    f();
  } catch (const error& e) {
    return e.code;
  }
  return "";
}

// The gradient of f(x, y), where f takes two adoubles that it may change.
template <class F> std::vector<double> gradient_of_two(F f, double x0, double y0) {
  jacobian_tape tape;
  std::vector<adouble> x{x0, y0};
  const variables inputs = tape.inputs(x);
  const adouble z = f(x[0], x[1]);
  const auto g = tape.gradient(z, inputs);
  return {g.begin(), g.end()};
}

TEST_CASE("an active scalar is made from each kind of number, and compares and converts as a number") {
  enum { three = 3 };
  adouble a, b = 1, c = 2.5f, d = 3.5, e = INFINITY, f = 7u, g = 1.5L, h = three, i = true, j = std::size_t{9};
  CHECK(a == 0);
  CHECK(a.passive());
  CHECK(b + c == 3.5);
  CHECK(e > std::numeric_limits<double>::max());
  CHECK(f + g + h + i + j == 21.5);
  CHECK(static_cast<int>(d) == 3);
  CHECK(int(d * 2) == 7);
  CHECK((d ? true : false));
  CHECK_FALSE(static_cast<bool>(a));
  CHECK((!a && d * c > 1));
  CHECK((1 < c && c <= 2.5 && 3 >= c && c != 3 && 2.5f == c && d * c > c && c < d * c));
  CHECK(std::numeric_limits<adouble>::is_specialized);
  CHECK(std::min(d, std::numeric_limits<adouble>::infinity()) == 3.5);
  CHECK(std::numeric_limits<adouble>::epsilon() == std::numeric_limits<double>::epsilon());
  CHECK((++b == 2 && b++ == 2 && b == 3 && --b == 2 && b-- == 2 && b == 1));
  std::unique_ptr<adouble[]> array(new adouble[3]{1, 2.5, c});
  CHECK(array[2] == array[1]);
  static_assert(sizeof(adouble) == 24);
  static_assert(std::is_trivially_destructible_v<adouble>);
}

TEST_CASE("it is printed and read as its value") {
  jacobian_tape tape;
  adouble x = 1.5;
  tape.input(x);
  std::ostringstream out;
  out << x << ' ' << x * x << ' ' << -x;
  CHECK(out.str() == "1.5 2.25 -1.5");
  CHECK(fmt::format("{} {:.3f} {}", x, x * x, dual<>(2.5)) == "1.5 2.250 2.5");
  std::istringstream in("4.25");
  in >> x;
  CHECK(x == 4.25);
  CHECK(x.passive());
}

TEST_CASE("every operator, mixed with numbers on either side") {
  agree(
      [](const auto& x) {
        auto r =
            (x[0] + 2) * (3 - x[1]) / (x[0] * x[1]) - 2 / x[0] + x[1] / 4 + 5 * x[0] - (+x[1]) * 2.5f + (1 + -x[0]) * (x[1] - 1);
        r += x[0];
        r -= 2 * x[1];
        r *= x[1] + 1;
        r /= x[0];
        r += 1;
        r -= 0.5;
        r *= 2;
        r /= 4;
        return r;
      },
      {1.25, 0.75});
}

// --- functions

struct sample {
  double low, high;
};

template <class F> void check_function(const char* name, F f, sample s) {
  for (int i = 0; i < 5; ++i) {
    const double at = s.low + (s.high - s.low) * (i + 0.37) / 5;
    INFO(name, " at ", at);
    agree([&](const auto& x) { return f(x[0]); }, {at}, 1e-8);
  }
}

#define CHECK_FUNCTION(f, low, high) \
  check_function(                    \
      #f, [](const auto& u) { return std::f(u); }, sample{low, high})

TEST_CASE("functions of one argument have the values of <cmath>, and its derivatives") {
  CHECK_FUNCTION(exp, -2, 2);
  CHECK_FUNCTION(exp2, -2, 2);
  CHECK_FUNCTION(expm1, -2, 2);
  CHECK_FUNCTION(log, 0.2, 4);
  CHECK_FUNCTION(log1p, -0.8, 3);
  CHECK_FUNCTION(log2, 0.2, 4);
  CHECK_FUNCTION(log10, 0.2, 4);
  CHECK_FUNCTION(sqrt, 0.2, 4);
  CHECK_FUNCTION(cbrt, 0.2, 4);
  CHECK_FUNCTION(cbrt, -4, -0.2);
  CHECK_FUNCTION(sin, -3, 3);
  CHECK_FUNCTION(cos, -3, 3);
  CHECK_FUNCTION(tan, -1.2, 1.2);
  CHECK_FUNCTION(asin, -0.9, 0.9);
  CHECK_FUNCTION(acos, -0.9, 0.9);
  CHECK_FUNCTION(atan, -3, 3);
}

TEST_CASE("hyperbolic and special functions, and those with kinks or jumps") {
  CHECK_FUNCTION(sinh, -2, 2);
  CHECK_FUNCTION(cosh, -2, 2);
  CHECK_FUNCTION(tanh, -2, 2);
  CHECK_FUNCTION(asinh, -3, 3);
  CHECK_FUNCTION(acosh, 1.3, 4);
  CHECK_FUNCTION(atanh, -0.8, 0.8);
  CHECK_FUNCTION(erf, -2, 2);
  CHECK_FUNCTION(erfc, -2, 2);
  CHECK_FUNCTION(tgamma, 0.4, 4);
  CHECK_FUNCTION(tgamma, -1.8, -1.2);
  CHECK_FUNCTION(lgamma, 0.4, 12);
  CHECK_FUNCTION(lgamma, -2.8, -2.2);
  CHECK_FUNCTION(abs, 0.1, 3);
  CHECK_FUNCTION(fabs, -3, -0.1);
  CHECK_FUNCTION(floor, 1.1, 1.9);
  CHECK_FUNCTION(ceil, 1.1, 1.9);
  CHECK_FUNCTION(round, 1.6, 2.4);
  CHECK_FUNCTION(trunc, 1.1, 1.9);
  CHECK_FUNCTION(rint, 1.6, 2.4);
  CHECK_FUNCTION(nearbyint, 1.6, 2.4);
}

template <class F> void check_function_of_two(const char* name, F f, std::vector<std::vector<double>> points) {
  for (const auto& at : points) {
    INFO(name, " at ", at[0], ", ", at[1]);
    agree([&](const auto& x) { return f(x[0], x[1]); }, at, 1e-8);
    const double a = at[0], b = at[1];
    CHECK(scalar_gradients::reverse([&](const auto& x) { return adouble(f(x[0], b)); }, {a})[0] ==
          doctest::Approx(scalar_gradients::reverse([&](const auto& x) { return adouble(f(x[0], x[1])); }, at)[0]));
    CHECK(scalar_gradients::forward<1>([&](const auto& x) { return dual<>(f(a, x[0])); }, {b})[0] ==
          doctest::Approx(scalar_gradients::reverse([&](const auto& x) { return adouble(f(x[0], x[1])); }, at)[1]));
  }
}

#define CHECK_FUNCTION_OF_TWO(f, ...) \
  check_function_of_two(              \
      #f, [](const auto& u, const auto& v) { return std::f(u, v); }, __VA_ARGS__)

TEST_CASE("functions of two arguments, of scalars and of a scalar and a number") {
  CHECK_FUNCTION_OF_TWO(pow, {{1.5, 2.5}, {0.3, -1.25}, {2, 3}});
  CHECK_FUNCTION_OF_TWO(atan2, {{1, 2}, {1, -2}, {-1, -2}, {-1, 0.5}});
  CHECK_FUNCTION_OF_TWO(hypot, {{3, 4}, {-1, 0.5}});
  CHECK_FUNCTION_OF_TWO(fmod, {{7.3, 2.1}, {-7.3, 2.1}});
  CHECK_FUNCTION_OF_TWO(remainder, {{7.3, 2.1}, {-7.3, 2.5}});
  CHECK_FUNCTION_OF_TWO(fdim, {{7.3, 2.1}, {1, 2.1}});
  CHECK_FUNCTION_OF_TWO(nextafter, {{7.3, 8}, {-1, -7}});
  CHECK_FUNCTION_OF_TWO(copysign, {{7.3, -2.1}, {-1, -2.1}, {1, 2}});
  CHECK_FUNCTION_OF_TWO(fmax, {{7.3, -2.1}, {-1, 2.1}});
  CHECK_FUNCTION_OF_TWO(fmin, {{7.3, -2.1}, {-1, 2.1}});
}

TEST_CASE("powers with whole exponents are those of negative numbers too") {
  CHECK(scalar_gradients::reverse([](const auto& x) { return pow(x[0], 3); }, {-2.0})[0] == 12);
  CHECK(scalar_gradients::reverse([](const auto& x) { return pow(x[0], adouble(2)); }, {-2.0})[0] == -4);
  CHECK(scalar_gradients::forward<1>([](const auto& x) { return pow(x[0], dual<>(2)); }, {-2.0})[0] == -4);
  CHECK(scalar_gradients::hessian([](const auto& x) { return pow(x[0], 2); }, {-2.0})[0][0] == 2);
}

TEST_CASE("the remaining functions of <cmath>") {
  jacobian_tape tape;
  adouble x = 6.75;
  const variable input = tape.input(x);
  int exponent = 0;
  adouble whole, y = frexp(x, &exponent) + modf(x, &whole) + ldexp(x, 2) + scalbn(x, 1) + fma(x, x, 1) + hypot(x, 1, 2);
  CHECK(exponent == 3);
  CHECK(whole == 6);
  CHECK(y.value() == std::frexp(6.75, &exponent) + 0.75 + 27 + 13.5 + 46.5625 + std::hypot(6.75, 1, 2));
  tape.reverse(y);
  CHECK(tape.adjoint(input) == doctest::Approx(0.125 + 1 + 4 + 2 + 13.5 + 6.75 / std::hypot(6.75, 1, 2)));
  CHECK((std::isfinite(x) && !std::isnan(x) && !std::isinf(x) && std::isnormal(x * x) && !std::signbit(x)));
  CHECK(std::isnan(sqrt(-x)));
  CHECK(std::lround(x) == 7);
  CHECK(std::ilogb(x) == 2);
  CHECK((std::isgreater(x, 1) && std::isless(1.0, x * x) && std::isunordered(x, std::nan("")) && !std::islessgreater(x, x)));
  CHECK(std::scalbln(x, 2L) == 27);
}

TEST_CASE("remainders count as often as the divisor goes in, and parts of a number may replace it") {
  // 0.1 is a little more than a tenth: it goes into 1 nine times, though 1/0.1 is rounded to 10.
  const auto remainder_of_one = [](const auto& x) { return std::fmod(x[0], x[1]); };
  CHECK(scalar_gradients::reverse(remainder_of_one, {1, 0.1}) == std::vector<double>{1, -9});
  CHECK(scalar_gradients::forward<2>(remainder_of_one, {1, 0.1}) == std::vector<double>{1, -9});
  jacobian_tape tape;
  adouble x = -7.25;
  const variable input = tape.input(x);
  const adouble fraction = std::modf(x, &x);
  CHECK(fraction == -0.25);
  CHECK(x == -7);
  CHECK(tape.gradient(fraction, variables{input.id, 1})[0] == 1);
  CHECK(std::modf(adouble(-std::numeric_limits<double>::infinity()), &x) == 0);
  CHECK(std::signbit(std::modf(adouble(-3), &x)));
}

TEST_CASE("between two scalars or numbers, and a product with a sum, rounded once") {
  const std::vector<double> at{1.1, 2.7, 0.3};
  agree(
      [](const auto& x) {
        return std::lerp(x[0], x[1], x[2]) * std::lerp(x[0] * x[1], 2, x[2]) + std::lerp(1, x[1], 0.25) + std::lerp(1u, 0u, x[2]);
      },
      at);
  agree([](const auto& x) { return std::fma(x[0], x[1], x[2]) + std::fma(2, x[0] * x[2], 1) + std::fma(3, 0.5, x[1]); }, at);
  jacobian_tape tape;
  const adouble a = 0.1, b = 10;
  CHECK(std::lerp(a, b, adouble(1)) == 10);
  CHECK(std::fma(a, b, -1) == std::fma(0.1, 10, -1));
  CHECK(dual<adouble>(lerp(dual<adouble>(a, 1), b, 0.25)).tangent() == 0.75);
}

template <class T> constexpr T turn = T(6.283185307179586477L);
template <class T> struct body {
  static constexpr T gravity = 9.81, powers[] = {1, 2.5, 6};
  T height;
  int name;
  auto operator<=>(const body&) const = default;
};

TEST_CASE("constants that are constexpr, numbers of the standard library, middles, comparisons of three outcomes") {
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        constexpr T half = 0.5;
        const body<T> low{x[0], 1}, high{x[1], 1}, named{x[0], 2};
        T y = half * x[0] * turn<T> * body<T>::gravity + body<T>::powers[1] * x[1] * std::numbers::pi_v<T> + std::numbers::e_v<T>;
        if (low < high && low < named && (x[0] <=> x[1]) < 0 && (x[0] * x[1] <=> 0.5) > 0 && (0 <=> x[0]) < 0) y *= x[1];
        return y + std::midpoint(x[0], x[1]) * x[1];
      },
      {0.5, 1.25});
  const adouble large = std::numeric_limits<double>::max();
  CHECK(std::midpoint(large, large) == large);
  CHECK((large <=> adouble(std::nan(""))) == std::partial_ordering::unordered);
  CHECK(std::numbers::pi_v<dual_vec<0, long double>> == std::numbers::pi_v<long double>);
}

TEST_CASE("remainders with their quotients, and neighbours") {
  int quotient = 0;
  agree([&](const auto& x) { return std::remquo(x[0] * x[1], 3, &quotient); }, {7.3, 2.1});
  CHECK(quotient == 5);
  jacobian_tape tape;
  adouble x = 7.3;
  const variable input = tape.input(x);
  CHECK(std::remquo(x, 2.1, &quotient) == std::remquo(7.3, 2.1, &quotient));
  CHECK(quotient == 3);
  const adouble next = std::nextafter(x * x, 100);
  CHECK(next == std::nextafter(7.3 * 7.3, 100));
  CHECK(tape.gradient(next, variables{input.id, 1})[0] == 14.6);
  CHECK(std::nexttoward(dual<>(1, 3), 2.0L).tangent() == 3);
}

TEST_CASE("the larger and the smaller of expressions of different types") {
  using std::max, std::min;
  agree(
      [](const auto& x) {
        using T = std::decay_t<decltype(x[0])>;
        return max(x[0] * x[1], x[1] + 1) + std::min(x[0] * x[1], x[0]) + max(T(3), x[0] * x[1]) + max(x[1], T(0)) +
               min(std::exp(x[0]), x[1] * x[1]);
      },
      {1.5, 4});
  jacobian_tape tape;
  adouble x = 2;
  tape.input(x);
  CHECK(std::max(x, 3) == 3);
  CHECK(std::max(1.5, x * x) == 4);
  CHECK(std::max<adouble>(x * x, 1) == 4);
  CHECK(std::max({x, adouble(5), x * 3}) == 6);
  const auto clamped = [](const auto& at) {
    using T = std::decay_t<decltype(at[0])>;
    T sum = 0;
    for (int k = -3; k < 4; ++k) {
      const T u = at[0] * k;
      sum += std::clamp(u, T(-2), at[1]) + std::clamp<T>(u, -1, 1) * std::clamp(T(k), -at[1], at[1]);
    }
    return sum;
  };
  agree(clamped, {1.2, 0.7});
  CHECK(std::clamp(x * x, -1, x + 1) == 3);
  CHECK(std::fmax(x, std::nan("")) == 2);
  CHECK(std::fmin(std::nan(""), x) == 2);
}

// --- what is recorded

TEST_CASE("results of one node are not recorded, and equal nodes are one") {
  jacobian_tape tape;
  adouble x = 0.5, y = 2;
  const variable input = tape.input(x);
  tape.input(y);
  adouble z = sin(3 * x - 1) / 4;
  z = z * z + exp(x) * z - x;
  CHECK(tape.size() == 0);
  adouble passive = 3;
  passive *= passive;
  z = z + passive * 2;
  CHECK(tape.size() == 0);
  adouble w = z * y + z * z * y;
  CHECK(tape.size() == 2);
  tape.reverse(z);
  const auto by_hand = [](long double t) {
    const long double s = std::sin(3 * t - 1) / 4;
    return s * s + std::exp(t) * s - t + 18;
  };
  CHECK(tape.adjoint(input) == doctest::Approx(static_cast<double>(scalar_gradients::slope(by_hand, 0.5L))));
  CHECK(w.value() == z.value() * 2 + z.value() * z.value() * 2);
}

TEST_CASE("a sum in place takes one edge a term") {
  jacobian_tape tape;
  std::vector<adouble> x(100, adouble(0.5));
  const variables inputs = tape.inputs(x);
  adouble sum = 0;
  for (std::size_t i = 0; i < 100; ++i) sum += static_cast<double>(i) * x[i];
  CHECK(tape.size() == 100);
  const auto g = tape.gradient(sum, inputs);
  for (std::size_t i = 0; i < 100; ++i) CHECK(g[i] == static_cast<double>(i));
}

TEST_CASE("expressions of more scalars than a statement holds") {
  std::vector<double> at;
  for (int i = 0; i < 24; ++i) at.push_back(0.5 + 0.1 * i);
  agree(
      [](const auto& x) {
        return x[0] * x[1] * x[2] * x[3] * x[4] * x[5] * x[6] * x[7] * x[8] * x[9] * x[10] +
               (x[11] + x[12] * x[13] - x[14] / x[15] * (x[16] + x[17] + x[18] + x[19] + x[20])) *
                   (x[21] + x[22] * x[23] + x[0] * x[1] * x[2]) / ((x[3] + x[4] + x[5] + x[6]) * (x[7] + x[8] + x[9] + x[10]));
      },
      at, 1e-7);
}

// --- the traps of sums in place

TEST_CASE("a copy of a sum keeps what the sum was") {
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              x += y * y;
              adouble t = x;
              x += 3 * y;
              adouble u;
              u = x;
              x += sin(y);
              return t * 2 + u * 5 + x * 0;
            },
            1, 2) == std::vector<double>{7, 2 * 4 + 5 * 7});
}

TEST_CASE("an expression keeps what it read, though that changes before it is stored") {
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              x += y * y;
              auto e = x * y;
              auto f = 2 * x;
              x += y;
              x = 7 * y;
              adouble z = e;
              return z + f;
            },
            1, 2) == std::vector<double>{4, 13 + 8});
  // A named expression that is moved from is used again.
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              x += y * y;
              auto e = x + y;
              auto before = x * 3;
              x = std::move(e);
              x += y;
              return x + before;
            },
            1, 2) == std::vector<double>{4, 18});
}

TEST_CASE("a sum with itself, in each way of writing it") {
  const auto d = [](auto f) { return gradient_of_two(f, 3, 2); };
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x += x;
          return x + 0;
        }) == std::vector<double>{2, 2});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x -= x;
          x += y;
          return x + 0;
        }) == std::vector<double>{0, 1});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x += x * y;
          return x + 0;
        }) == std::vector<double>{3, 3 + 5});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x = x + y * x;
          return x + 0;
        }) == std::vector<double>{3, 3 + 5});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x = (x + y) + x * y;
          return x + 0;
        }) == std::vector<double>{3, 4 + 5});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x *= x;
          return x + 0;
        }) == std::vector<double>{10, 10});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          x /= x;
          x = x * y;
          return x + 0;
        }) == std::vector<double>{0, 1});
  CHECK(d([](adouble& x, adouble& y) {
          x += y;
          adouble& same = x;
          x = same;
          x += y;
          return x + 0;
        }) == std::vector<double>{1, 2});
  CHECK(d([](adouble& x, adouble& y) {
          adouble s;
          s += x;
          x += y;
          return s * x;
        }) == std::vector<double>{5 + 3, 3});
  CHECK(d([](adouble& x, adouble& y) {
          adouble s;
          s += x;
          s += y;
          return s + x;
        }) == std::vector<double>{2, 1});
}

TEST_CASE("swaps, moves and containers that grow") {
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              x += y;
              std::swap(x, y);
              y += 2 * x;
              adouble moved(std::move(y));
              y += x;
              std::vector<adouble> grown;
              for (int i = 0; i < 9; ++i) {
                grown.push_back(moved);
                grown.back() += x;
                grown.front() += x;
              }
              return moved * 100 + y * 10 + grown.front() + grown.back();
            },
            1, 2) == std::vector<double>{100 + 10 + 2, 300 + 40 + 6 + 11});
}

TEST_CASE("an expression stored in auto behaves as a scalar") {
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              auto s = x * y;
              auto t = s;
              s += x;
              s = s * y;
              s -= t;
              t = x;
              t *= t * t;
              auto u = exp(x - x) * y;
              u = 2.5;
              u /= y;
              return s + t + u;
            },
            3, 2) == std::vector<double>{4 + 2 - 2 + 27, 2 * 3 * 2 + 3 - 3 - 2.5 / 4});
}

TEST_CASE("a constant object can be read, which ends that it is the sole holder") {
  CHECK(gradient_of_two(
            [](adouble& x, adouble& y) {
              x += y;
              const adouble& view = x;
              adouble before = view * 1;
              x += y;
              return before * 10 + view;
            },
            1, 2) == std::vector<double>{11, 12});
}

// --- sweeps

TEST_CASE("several outputs, each with a seed, and sweeps one after the other") {
  jacobian_tape tape;
  std::vector<adouble> x{1, 2, 3};
  const variables inputs = tape.inputs(x);
  const std::vector<adouble> y{x[0] * x[1], x[1] * x[2], adouble(5), 2 * x[0]};
  const std::vector<double> seeds{1, 10, 100, 1000};
  tape.reverse(y, seeds);
  CHECK(tape.adjoint(inputs[0]) == 2002);
  CHECK(tape.adjoint(inputs[1]) == 31);
  CHECK(tape.adjoint(inputs[2]) == 20);
  const auto unused = tape.gradient(y[0], inputs);
  CHECK(unused[2] == 0);
  CHECK_FALSE(std::signbit(unused[2]));
  CHECK(tape.gradient(y[2], inputs)[0] == 0);
  CHECK(refused([&] { tape.reverse(y, std::vector<double>{1}); }) == "count");
}

TEST_CASE("a marked scalar has an adjoint of its own") {
  jacobian_tape tape;
  adouble x = 2;
  const variable input = tape.input(x);
  adouble u = 3 * x;
  const variable inner = tape.mark(u);
  const adouble y = u * u + x;
  tape.reverse(y);
  CHECK(tape.adjoint(inner) == 12);
  CHECK(tape.adjoint(input) == 37);
  adouble constant = 1;
  CHECK(refused([&] { tape.mark(constant); }) == "not-recorded");
}

TEST_CASE("inputs with values; as many values as inputs") {
  jacobian_tape tape;
  std::vector<adouble> x(2);
  const std::vector<double> values{3, 4};
  const variables inputs = tape.inputs(x, values);
  CHECK(tape.gradient(x[0] * x[1], inputs)[0] == 4);
  CHECK(refused([&] { tape.inputs(x, std::vector<double>{1}); }) == "count");
  CHECK(refused([&] { tape.adjoint(variable{17}); }) == "not-recorded");
}

// --- rewinding

TEST_CASE("a rewound tape records again from there") {
  jacobian_tape tape;
  std::vector<adouble> x{2, 3};
  const variables inputs = tape.inputs(x);
  const adouble common = x[0] * x[1];
  const jacobian_tape::position after_common = tape.here();
  for (int i = 1; i < 4; ++i) {
    tape.rewind(after_common);
    const adouble y = common * x[0] * i;
    CHECK(tape.size() == 4);
    CHECK(tape.gradient(y, inputs)[0] == 12 * i);
  }
  const jacobian_tape::position ahead = tape.here();
  tape.clear();
  CHECK(tape.size() == 0);
  CHECK(refused([&] { tape.rewind(ahead); }) == "stale-scalar");
  const variables again = tape.inputs(x);
  CHECK(tape.gradient(x[0] / x[1], again)[1] == doctest::Approx(-2.0 / 9));
}

TEST_CASE("a registered scalar forgets what it depended on") {
  jacobian_tape tape;
  adouble x = 2;
  const variable first = tape.input(x);
  x = x * x;
  const variable second = tape.input(x);
  const adouble y = 5 * x;
  tape.reverse(y);
  CHECK(tape.adjoint(first) == 0);
  CHECK(tape.adjoint(second) == 5);
}

TEST_CASE("an output from a part that was rewound is refused") {
  jacobian_tape tape;
  std::vector<adouble> x{2, 3};
  tape.inputs(x);
  const adouble y = x[0] * x[1];
  tape.clear();
  CHECK(refused([&] { tape.reverse(y); }) == "stale-scalar");
}

#if WENGERT_CHECKED_TAPE
TEST_CASE("with checks, scalars that a rewind left behind, or of another tape, are refused where they are used") {
  jacobian_tape tape;
  std::vector<adouble> x{2, 3};
  tape.inputs(x);
  const jacobian_tape::position after_inputs = tape.here();
  adouble old = x[0] * x[1];
  tape.rewind(after_inputs);
  adouble fresh = x[0] * x[1], other = x[0] / x[1];
  CHECK(refused([&] { old = old * x[0]; }) == "stale-scalar");
  CHECK(refused([&] { old += 2 * x[0]; }) == "stale-scalar");
  CHECK(refused([&] { old = sin(old); }) == "stale-scalar");
  CHECK(refused([&] { fresh = fresh * x[0] + other; }) == "");
  CHECK(refused([&] {
          old = 3;
          old += x[0];
        }) == "");
  for (int i = 0; i < 5; ++i) tape.rewind(after_inputs);
  CHECK(refused([&] { fresh = fresh * 2; }) == "stale-scalar");
  CHECK(refused([&] { fresh = x[0] * 2; }) == "");
  {
    jacobian_tape inner;
    CHECK(refused([&] { fresh = x[0] * 2; }) == "stale-scalar");
    adouble u = primal(x[0]);
    inner.input(u);
    CHECK(refused([&] { u = u * u; }) == "");
  }
  CHECK(refused([&] { fresh = x[0] * x[1]; }) == "");
  tape.clear();
  CHECK(refused([&] { fresh = x[0] * 2; }) == "stale-scalar");
}

TEST_CASE("with checks, a sum from before a position that grew after it is refused when that was rewound") {
  jacobian_tape tape;
  std::vector<adouble> x{1, 2, 3};
  const variables inputs = tape.inputs(x);
  adouble sum = 0;
  sum += x[0] * x[1];
  const jacobian_tape::position kept = tape.here();
  adouble before = sum;
  sum += x[1] * x[2];
  tape.rewind(kept);
  CHECK(refused([&] { tape.reverse(sum); }) == "stale-scalar");
  before += x[1] * x[2];
  before += x[2];
  const auto gradient = tape.gradient(before, inputs);
  CHECK(std::vector<double>(gradient.begin(), gradient.end()) == std::vector<double>{2, 4, 3});
}
#endif

// --- several tapes

TEST_CASE("without a tape, constants are as numbers, and inputs are refused") {
  adouble a = 2, b = a * a + sin(a);
  CHECK(b.value() == 4 + std::sin(2.0));
  CHECK(b.passive());
  std::optional<jacobian_tape> tape(std::in_place);
  adouble x = 2, y = 3;
  tape->input(x);
  tape->input(y);
  tape.reset();
  CHECK(refused([&] { a = x * y; }) == "no-tape");
}

TEST_CASE("tapes nest, may be destroyed in any order, and can be made current for a while") {
  auto first = std::make_unique<jacobian_tape>();
  auto second = std::make_unique<jacobian_tape>();
  auto third = std::make_unique<jacobian_tape>();
  second.reset();
  std::vector<adouble> x{2, 3};
  variables inputs = third->inputs(x);
  CHECK(third->gradient(x[0] * x[1], inputs)[0] == 3);
  third.reset();
  inputs = first->inputs(x);
  CHECK(first->gradient(x[0] * x[1], inputs)[0] == 3);

  jacobian_tape aside(not_current);
  {
    tape_scope scope(aside);
    std::vector<adouble> u{5, 7};
    const variables of_u = aside.inputs(u);
    CHECK(aside.gradient(u[0] * u[1], of_u)[0] == 7);
  }
  CHECK(aside.size() == 2);
  CHECK(first->size() == 2);
  CHECK(first->gradient(x[0] / x[1], inputs)[0] == doctest::Approx(1.0 / 3));
}

TEST_CASE("threads, each with its tape") {
  const auto work = [](double a) {
    double sum = 0;
    jacobian_tape tape;
    for (int n = 0; n < 50; ++n) {
      tape.clear();
      std::vector<adouble> x{a, 0.5, 1.25};
      const variables inputs = tape.inputs(x);
      adouble y = 0;
      for (int i = 0; i < 100; ++i) {
        y += x[0] * sin(x[1]) / x[2];
        x[1] = x[1] * x[2] - lgamma(x[0]) * 0.01;
      }
      for (double d : tape.gradient(y, inputs)) sum += d;
    }
    return sum;
  };
  std::vector<double> alone, together(8);
  for (int i = 0; i < 8; ++i) alone.push_back(work(1 + 0.1 * i));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { together[static_cast<std::size_t>(i)] = work(1 + 0.1 * i); });
  for (std::thread& t : threads) t.join();
  CHECK(alone == together);
}

TEST_CASE("a full tape is an error, and can be rewound") {
  jacobian_tape tape(4096);
  std::vector<adouble> x{2, 3};
  variables inputs = tape.inputs(x);
  adouble y = 1;
  CHECK(refused([&] {
          for (int i = 0; i < 100000; ++i) y = y * x[0] + x[1];
        }) == "tape-full");
  tape.clear();
  inputs = tape.inputs(x);
  y = x[0] * x[1];
  CHECK(tape.gradient(y, inputs)[1] == 2);
}

// --- second order

TEST_CASE("a Hessian by adjoints over tangents, and its vector product") {
  const auto f = [](const auto& x) { return x[0] * x[0] * x[1] + std::exp(x[1] * x[2]) / x[0] + std::pow(x[2], 3); };
  const double a = 1.5, b = 0.25, c = 2, e = std::exp(b * c);
  require_close(scalar_gradients::hessian(f, {a, b, c})[0],
                {2 * b + 2 * e / (a * a * a), 2 * a - c * e / (a * a), -b * e / (a * a)}, 1e-12);
  require_close(scalar_gradients::hessian(f, {a, b, c})[2], {-b * e / (a * a), (1 + b * c) * e / a, b * b * e / a + 6 * c},
                1e-12);
  basic_jacobian_tape<dual_vec<3>> tape;
  std::vector<active<dual_vec<3>>> x;
  for (std::size_t i = 0; i < 3; ++i) x.push_back(dual_vec<3>::variable(std::vector<double>{a, b, c}[i], i));
  const variables inputs = tape.inputs(x);
  const auto rows = tape.gradient(f(x), inputs);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      CHECK(rows[i].tangent(j) == doctest::Approx(scalar_gradients::hessian(f, {a, b, c})[i][j]));
}

}  // namespace
