// The functions of <cmath> for every scalar, a row each: its value is that of the function for V, its slope stands in the row.
//
// At kinks the slopes are those of the README's table: 0 for abs at 0, half to each of two equal scalars for max and min (a
// constant, which is flat, leaves all to its own side), 0 for hypot and atan2 at the origin, infinity where a tangent is
// vertical. Zeros win over infinities.
#pragma once

#include <cmath>
#include <limits>

#include <wengert/numeric/scalar_operators.hpp>

namespace wengert {

// --- what slopes need

// -1, 0 or 1.
template <class V> V sign_of(const V& u) {
  if (u > 0) return V(1);
  if (u < 0) return V(-1);
  return u == 0 ? V(0) : V(std::numeric_limits<double>::quiet_NaN());
}

// The derivative of lgamma, by recurrence up to where its asymptotic series holds (Abramowitz and Stegun, 6.3.5, 6.3.7
// and 6.3.18). For a V with derivatives of its own, they are those of what is computed, as the series may be differentiated.
template <class V> V digamma_of(V x) {
  using std::floor;
  using std::log;
  using std::tan;
  constexpr double pi = 3.14159265358979323846;
  if (!(x > 0)) {
    if (primal(x) == std::floor(primal(x)) || !std::isfinite(primal(x))) return V(std::numeric_limits<double>::quiet_NaN());
    const V fraction = x - std::floor(primal(x));
    return digamma_of<V>(V(1 - x)) - pi / tan(pi * fraction);
  }
  V result(0);
  for (; x < 10; x += 1) result -= 1 / x;
  const V y = 1 / (x * x);
  result += log(x) - 0.5 / x;
  // B(2k)/(2k), k = 1, 2, ...
  return result -
         y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
}

// log(abs(gamma(x))) without the sign that std::lgamma leaves in a global variable.
template <std::floating_point V> V log_gamma_of(V x) {
#if defined(__GLIBC__)
  int sign = 0;
  if constexpr (std::same_as<V, double>) return ::lgamma_r(x, &sign);
  if constexpr (std::same_as<V, float>) return ::lgammaf_r(x, &sign);
#endif
  return std::lgamma(x);
}
template <scalar V> V log_gamma_of(const V& x) { return lgamma(x); }

// The functions of numbers, for the rows: what they call is found here for a number, and beside its type for a scalar.
namespace number_functions {
using std::abs, std::fabs, std::floor, std::ceil, std::round, std::trunc, std::rint, std::nearbyint, std::logb;
using std::copysign, std::fmod, std::remainder, std::fdim, std::ldexp, std::pow, std::hypot, std::atan2;
using std::erf, std::erfc, std::tgamma;
using std::exp, std::exp2, std::expm1, std::log, std::log2, std::log10, std::log1p, std::sqrt, std::cbrt;
using std::fma, std::lerp, std::nextafter, std::nexttoward;
using std::sin, std::cos, std::tan, std::asin, std::acos, std::atan;
using std::sinh, std::cosh, std::tanh, std::asinh, std::acosh, std::atanh;
}  // namespace number_functions

// --- functions of one scalar: of the argument u, the value v and the slope

#define WENGERT_FUNCTION(f, slope)                            \
  template <scalar X> WENGERT_ALWAYS_INLINE X f(const X& x) { \
    using namespace number_functions;                         \
    using V = value_t<X>;                                     \
    const V& u = x.value();                                   \
    const V v = f(u);                                         \
    const V d = V(slope);                                     \
    WENGERT_INSPECT(#f, v, d, 0, u);                          \
    return chain(x, v, d);                                    \
  }

WENGERT_FUNCTION(exp, v)
WENGERT_FUNCTION(exp2, v * 0.69314718055994530942)
WENGERT_FUNCTION(expm1, exp(u))
WENGERT_FUNCTION(log, 1 / u)
WENGERT_FUNCTION(log1p, 1 / (1 + u))
WENGERT_FUNCTION(log2, 1 / (u * 0.69314718055994530942))
WENGERT_FUNCTION(log10, 1 / (u * 2.30258509299404568402))
WENGERT_FUNCTION(sqrt, 0.5 / v)
WENGERT_FUNCTION(cbrt, 1 / (3 * v * v))

WENGERT_FUNCTION(sin, cos(u))
WENGERT_FUNCTION(cos, -sin(u))
WENGERT_FUNCTION(tan, 1 + v * v)
WENGERT_FUNCTION(asin, 1 / sqrt((1 - u) * (1 + u)))
WENGERT_FUNCTION(acos, -1 / sqrt((1 - u) * (1 + u)))
WENGERT_FUNCTION(atan, 1 / (1 + u * u))
WENGERT_FUNCTION(sinh, cosh(u))
WENGERT_FUNCTION(cosh, sinh(u))
WENGERT_FUNCTION(tanh, (1 - v) * (1 + v))
WENGERT_FUNCTION(asinh, 1 / sqrt(u * u + 1))
WENGERT_FUNCTION(acosh, 1 / sqrt((u - 1) * (u + 1)))
WENGERT_FUNCTION(atanh, 1 / ((1 - u) * (1 + u)))

WENGERT_FUNCTION(abs, sign_of(u))
WENGERT_FUNCTION(fabs, sign_of(u))
WENGERT_FUNCTION(erf, 1.12837916709551257390 * exp(-(u * u)))
WENGERT_FUNCTION(erfc, -1.12837916709551257390 * exp(-(u * u)))
WENGERT_FUNCTION(tgamma, v* digamma_of<V>(u))
#undef WENGERT_FUNCTION

template <scalar X> X lgamma(const X& x) {
  using V = value_t<X>;
  const V v = V(log_gamma_of(x.value())), slope = digamma_of<V>(x.value());
  WENGERT_INSPECT("lgamma", v, slope, 0, x.value());
  return chain(x, v, slope);
}

// Flat between jumps.
#define WENGERT_STEP_FUNCTION(f)                  \
  template <scalar X> family_t<X> f(const X& x) { \
    using namespace number_functions;             \
    return family_t<X>(value_t<X>(f(x.value()))); \
  }
WENGERT_STEP_FUNCTION(floor)
WENGERT_STEP_FUNCTION(ceil)
WENGERT_STEP_FUNCTION(round)
WENGERT_STEP_FUNCTION(trunc)
WENGERT_STEP_FUNCTION(rint)
WENGERT_STEP_FUNCTION(nearbyint)
WENGERT_STEP_FUNCTION(logb)
#undef WENGERT_STEP_FUNCTION

// --- functions of two scalars, or of a scalar and a constant: of the arguments a and b, the value v and the slopes

#define WENGERT_FUNCTION_OF_TWO(f, slope_a, slope_b)                     \
  template <scalar X, scalar Y>                                          \
  requires same_family<X, Y>                                             \
  auto f(const X& x, const Y& y) {                                       \
    using namespace number_functions;                                    \
    using V = value_t<X>;                                                \
    const V &a = x.value(), &b = y.value();                              \
    const V v = f(a, b);                                                 \
    const V da = V(slope_a), db = V(slope_b);                            \
    WENGERT_INSPECT(#f, v, da, db, a, b);                                \
    return chain(x, y, v, da, db);                                       \
  }                                                                      \
  template <scalar X, constant_for<value_t<X>> C> X f(const X& x, C y) { \
    using namespace number_functions;                                    \
    using V = value_t<X>;                                                \
    const V& a = x.value();                                              \
    const V b = static_cast<V>(y), v = f(a, b);                          \
    const V da = V(slope_a);                                             \
    WENGERT_INSPECT(#f, v, da, 0, a, b);                                 \
    return chain(x, v, da);                                              \
  }                                                                      \
  template <scalar Y, constant_for<value_t<Y>> C> Y f(C x, const Y& y) { \
    using namespace number_functions;                                    \
    using V = value_t<Y>;                                                \
    const V& b = y.value();                                              \
    const V a = static_cast<V>(x), v = f(a, b);                          \
    const V db = V(slope_b);                                             \
    WENGERT_INSPECT(#f, v, 0, db, a, b);                                 \
    return chain(y, v, db);                                              \
  }

// Whether y is a scalar that may change.
template <class Y> bool varies(const Y& y) {
  if constexpr (requires { y.passive(); })
    return !y.passive();
  else
    return scalar<Y>;
}
// Of 0, by a fixed exponent as for roots and reciprocals; there is none where the exponent varies around one below 1.
template <class V, class Y> V power_slope(const V& a, const V& b, const Y& exponent) {
  using std::pow;
  if (b == 0) return V(0);
  if (a == 0 && b < 1 && varies(exponent)) return V(std::numeric_limits<double>::quiet_NaN());
  return V(b * pow(a, V(b - 1)));
}
// 0 to a positive power stays 0, and has no negative power.
template <class V> V exponent_slope(const V& a, const V& b, const V& v) {
  using std::log;
  if (a == 0 && b > 0) return V(0);
  if (a == 0 && b < 0) return V(std::numeric_limits<double>::quiet_NaN());
  return V(log(a) * v);
}
template <class V> V ratio_or_zero(const V& a, const V& b) { return b == 0 ? V(0) : V(a / b); }

WENGERT_FUNCTION_OF_TWO(pow, power_slope<V>(a, b, y), exponent_slope<V>(a, b, v))
WENGERT_FUNCTION_OF_TWO(hypot, ratio_or_zero<V>(a, v), ratio_or_zero<V>(b, v))
WENGERT_FUNCTION_OF_TWO(atan2, ratio_or_zero<V>(b, a* a + b * b), ratio_or_zero<V>(-a, a* a + b * b))
WENGERT_FUNCTION_OF_TWO(fmod, 1, round((v - a) / b))
WENGERT_FUNCTION_OF_TWO(remainder, 1, round((v - a) / b))
WENGERT_FUNCTION_OF_TWO(fdim, a > b ? 1 : 0, a > b ? -1 : 0)
WENGERT_FUNCTION_OF_TWO(copysign, a == 0 ? 0 : v == a ? 1 : -1, 0)
WENGERT_FUNCTION_OF_TWO(nextafter, 1, 0)
#undef WENGERT_FUNCTION_OF_TWO

// --- the larger and the smaller; the value is the first argument's where the two do not compare, as for std::max; fmax and fmin
// prefer a number to none

template <scalar X, scalar Y>
requires same_family<X, Y> family_t<X> shared_tie(const X& x, const Y& y) {
  using F = family_t<X>;
  const F a = x, b = y;
  if (a.passive() || b.passive()) return F(a.value());
  return linear(a, b, a.value(), value_t<X>(0.5), value_t<X>(0.5));
}

#define WENGERT_EXTREMUM(f, before, prefers_number)                                                         \
  template <scalar X, scalar Y>                                                                             \
  requires same_family<X, Y> WENGERT_ALWAYS_INLINE family_t<X> f(const X& x, const Y& y) {                  \
    using F = family_t<X>;                                                                                  \
    const auto &a = x.value(), &b = y.value();                                                              \
    if (a before b) return F(x);                                                                            \
    if (b before a) return F(y);                                                                            \
    if (a == b) return shared_tie(x, y);                                                                    \
    return prefers_number && std::isnan(primal(a)) ? F(y) : F(x);                                           \
  }                                                                                                         \
  template <scalar X> WENGERT_ALWAYS_INLINE family_t<X> f(const X& x, const X& y) { return f<X, X>(x, y); } \
  template <scalar X, constant_for<value_t<X>> C> WENGERT_ALWAYS_INLINE family_t<X> f(const X& x, C y) {    \
    return f(family_t<X>(x), family_t<X>(y));                                                               \
  }                                                                                                         \
  template <scalar Y, constant_for<value_t<Y>> C> WENGERT_ALWAYS_INLINE family_t<Y> f(C x, const Y& y) {    \
    return f(family_t<Y>(x), family_t<Y>(y));                                                               \
  }
WENGERT_EXTREMUM(max, >, false)
WENGERT_EXTREMUM(min, <, false)
WENGERT_EXTREMUM(fmax, >, true)
WENGERT_EXTREMUM(fmin, <, true)
#undef WENGERT_EXTREMUM

// std::clamp would return a reference to what `max` and `min` return here.
template <class X, class L, class H>
requires(scalar<X> || scalar<L> || scalar<H>) auto clamp(const X& x, const L& lowest, const H& highest) {
  return min(max(x, lowest), highest);
}
template <scalar X> family_t<X> clamp(const X& x, const X& lowest, const X& highest) {
  return clamp<X, X, X>(x, lowest, highest);
}

// --- the others

template <scalar X> X ldexp(const X& x, int exponent) {
  using namespace number_functions;
  return linear(x, value_t<X>(ldexp(x.value(), exponent)), value_t<X>(std::ldexp(1.0, exponent)));
}
template <scalar X> X scalbn(const X& x, int exponent) { return ldexp(x, exponent); }
template <scalar X> X scalbln(const X& x, long exponent) { return ldexp(x, static_cast<int>(exponent)); }
template <scalar X> X frexp(const X& x, int* exponent) {
  std::frexp(primal(x), exponent);
  return ldexp(x, -*exponent);
}
template <scalar X> X modf(const X& x, family_t<X>* whole) {
  using namespace number_functions;
  using V = value_t<X>;
  const V& u = x.value();
  const V part = V(trunc(u));
  X fraction = linear(x, V(std::isinf(primal(u)) ? V(copysign(V(0), u)) : V(copysign(V(u - part), u))), unit_slope{});
  *whole = part;
  return fraction;
}

// x for an operation of F: a constant is a V.
template <class F, class X> auto operand_of(const X& x) {
  if constexpr (same_family<F, X>)
    return x;
  else
    return static_cast<value_t<F>>(x);
}
template <class V> V value_of(const V& x) { return x; }
template <class V, scalar X>
requires std::same_as<V, value_t<X>> V value_of(const X& x) { return x.value(); }

// Functions of three arguments: the slopes are those of an expression, the value that of the function, which rounds in its own
// way.
#define WENGERT_FUNCTION_OF_THREE(f, expression)                                                   \
  template <class X, class Y, class Z>                                                             \
  requires(scalar<X> || scalar<Y> || scalar<Z>) auto f(const X& x, const Y& y, const Z& z) {       \
    using namespace number_functions;                                                              \
    using F = family_t<decltype(x + y + z)>;                                                       \
    using V = value_t<F>;                                                                          \
    const auto a = operand_of<F>(x);                                                               \
    const auto b = operand_of<F>(y);                                                               \
    const auto c = operand_of<F>(z);                                                               \
    return linear(expression, V(f(value_of<V>(a), value_of<V>(b), value_of<V>(c))), unit_slope{}); \
  }
WENGERT_FUNCTION_OF_THREE(fma, a* b + c)
WENGERT_FUNCTION_OF_THREE(lerp, a + c * (b - a))
WENGERT_FUNCTION_OF_THREE(hypot, hypot(hypot(a, b), c))
#undef WENGERT_FUNCTION_OF_THREE

template <scalar X, scalar Y>
requires same_family<X, Y> family_t<X> midpoint(const X& x, const Y& y) {
  constexpr auto largest = std::numeric_limits<decltype(primal(x))>::max() / 2;
  if (std::abs(primal(x)) <= largest && std::abs(primal(y)) <= largest) return (x + y) / 2;
  return x / 2 + y / 2;
}

// What is not differentiated is asked of the number.
#define WENGERT_QUESTION(f) \
  template <scalar X> auto f(const X& x) { return std::f(primal(x)); }
WENGERT_QUESTION(isnan)
WENGERT_QUESTION(isinf)
WENGERT_QUESTION(isfinite)
WENGERT_QUESTION(isnormal)
WENGERT_QUESTION(signbit)
WENGERT_QUESTION(fpclassify)
WENGERT_QUESTION(ilogb)
WENGERT_QUESTION(lround)
WENGERT_QUESTION(llround)
WENGERT_QUESTION(lrint)
WENGERT_QUESTION(llrint)
#undef WENGERT_QUESTION

template <class X> auto number_under(const X& x) {
  if constexpr (scalar<X>)
    return primal(x);
  else
    return x;
}
#define WENGERT_QUESTION_OF_TWO(f) \
  template <class X, class Y>      \
  requires(scalar<X> || scalar<Y>) bool f(const X& x, const Y& y) { return std::f(number_under(x), number_under(y)); }
WENGERT_QUESTION_OF_TWO(isgreater)
WENGERT_QUESTION_OF_TWO(isgreaterequal)
WENGERT_QUESTION_OF_TWO(isless)
WENGERT_QUESTION_OF_TWO(islessequal)
WENGERT_QUESTION_OF_TWO(islessgreater)
WENGERT_QUESTION_OF_TWO(isunordered)
#undef WENGERT_QUESTION_OF_TWO

// The remainder, and the last bits of the quotient.
template <class X, class Y>
requires(scalar<X> || scalar<Y>) auto remquo(const X& x, const Y& y, int* quotient) {
  const auto r = remainder(x, y);
  using N = decltype(primal(r));
  std::remquo(static_cast<N>(number_under(x)), static_cast<N>(number_under(y)), quotient);
  return r;
}
template <scalar X, class Y> X nexttoward(const X& x, const Y& y) {
  using namespace number_functions;
  const auto to = static_cast<long double>(number_under(y));
  return linear(x, value_t<X>(nexttoward(x.value(), to)), unit_slope{});
}

}  // namespace wengert
