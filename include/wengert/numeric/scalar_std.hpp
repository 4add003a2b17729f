// Scalars where code says std::exp(x), std::max(x, 0.0) or std::numeric_limits<T>: code that was written for double often does.
#pragma once

#include <limits>

#include <wengert/numeric/scalar_functions.hpp>

namespace wengert {

template <class T, class V> struct scalar_limits : std::numeric_limits<V> {
  using of_value = std::numeric_limits<V>;
  static T min() { return T(of_value::min()); }
  static T max() { return T(of_value::max()); }
  static T lowest() { return T(of_value::lowest()); }
  static T epsilon() { return T(of_value::epsilon()); }
  static T round_error() { return T(of_value::round_error()); }
  static T infinity() { return T(of_value::infinity()); }
  static T quiet_NaN() { return T(of_value::quiet_NaN()); }
  static T signaling_NaN() { return T(of_value::signaling_NaN()); }
  static T denorm_min() { return T(of_value::denorm_min()); }
};

}  // namespace wengert

template <class X>
requires wengert::scalar<X>
struct std::numeric_limits<X> : wengert::scalar_limits<X, wengert::value_t<X>> {
};

// The overloads are found by their arguments anyway; here they are found by a qualified name too.
namespace std {
using wengert::abs, wengert::fabs, wengert::floor, wengert::ceil, wengert::round, wengert::trunc, wengert::rint,
    wengert::nearbyint;
using wengert::acos, wengert::acosh, wengert::asin, wengert::asinh, wengert::atan, wengert::atan2, wengert::atanh;
using wengert::cbrt, wengert::exp, wengert::exp2, wengert::expm1, wengert::hypot, wengert::log, wengert::log10, wengert::log1p,
    wengert::log2, wengert::logb, wengert::pow, wengert::sqrt;
using wengert::clamp, wengert::copysign, wengert::fdim, wengert::fma, wengert::fmax, wengert::fmin, wengert::fmod, wengert::frexp,
    wengert::ldexp, wengert::lerp, wengert::max, wengert::midpoint, wengert::min, wengert::modf, wengert::nextafter,
    wengert::nexttoward, wengert::remainder, wengert::remquo, wengert::scalbln, wengert::scalbn;
using wengert::cos, wengert::cosh, wengert::sin, wengert::sinh, wengert::tan, wengert::tanh;
using wengert::erf, wengert::erfc, wengert::lgamma, wengert::tgamma;
using wengert::fpclassify, wengert::ilogb, wengert::isfinite, wengert::isinf, wengert::isnan, wengert::isnormal, wengert::llrint,
    wengert::llround, wengert::lrint, wengert::lround, wengert::signbit;
using wengert::isgreater, wengert::isgreaterequal, wengert::isless, wengert::islessequal, wengert::islessgreater,
    wengert::isunordered;
}  // namespace std
