// How users write the functions of reals, and their values: one struct each.
//
// A row has
//   name, aliases   as users write it
//   arity           1 or 2
//   value           the number, for any floating type
//   sample          an interval, inside the domain, from which tests draw arguments (whole numbers for parameters)
// Derivatives, domains and signs stand in ops.cpp. `registry.cpp` joins both and refuses an incomplete row.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <wengert/core/registry.hpp>
#include <wengert/core/special.hpp>

namespace wengert::ops {

struct function_row {
  static constexpr int arity = 1;
  static constexpr std::array<std::string_view, 0> aliases{};
  static constexpr interval sample{-2, 2};
};

template <opcode Code> struct row;

// --- exponentials and logarithms

template <> struct row<opcode::exp> : function_row {
  static constexpr std::string_view name = "exp";
  template <class T> static T value(T x) { return std::exp(x); }
};

template <> struct row<opcode::log> : function_row {
  static constexpr std::string_view name = "log";
  static constexpr std::array<std::string_view, 1> aliases{"ln"};
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log(x); }
};

template <> struct row<opcode::log2> : function_row {
  static constexpr std::string_view name = "log2";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log2(x); }
};

template <> struct row<opcode::log10> : function_row {
  static constexpr std::string_view name = "log10";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log10(x); }
};

template <> struct row<opcode::log1p> : function_row {
  static constexpr std::string_view name = "log1p";
  static constexpr interval sample{-0.8, 3};
  template <class T> static T value(T x) { return std::log1p(x); }
};

template <> struct row<opcode::expm1> : function_row {
  static constexpr std::string_view name = "expm1";
  template <class T> static T value(T x) { return std::expm1(x); }
};

// --- roots, size and steps

template <> struct row<opcode::cbrt> : function_row {
  static constexpr std::string_view name = "cbrt";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::cbrt(x); }
};

template <> struct row<opcode::abs> : function_row {
  static constexpr std::string_view name = "abs";
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::abs(x); }
};

template <> struct row<opcode::sign> : function_row {
  static constexpr std::string_view name = "sign";
  static constexpr std::array<std::string_view, 1> aliases{"sgn"};
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::isnan(x) ? x : T((x > 0) - (x < 0)); }
};

template <> struct row<opcode::floor> : function_row {
  static constexpr std::string_view name = "floor";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::floor(x); }
};

template <> struct row<opcode::ceil> : function_row {
  static constexpr std::string_view name = "ceil";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::ceil(x); }
};

// --- trigonometric functions

template <> struct row<opcode::sin> : function_row {
  static constexpr std::string_view name = "sin";
  template <class T> static T value(T x) { return std::sin(x); }
};

template <> struct row<opcode::cos> : function_row {
  static constexpr std::string_view name = "cos";
  template <class T> static T value(T x) { return std::cos(x); }
};

template <> struct row<opcode::tan> : function_row {
  static constexpr std::string_view name = "tan";
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return std::tan(x); }
};

template <> struct row<opcode::cot> : function_row {
  static constexpr std::string_view name = "cot";
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return std::cos(x) / std::sin(x); }
};

template <> struct row<opcode::sec> : function_row {
  static constexpr std::string_view name = "sec";
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return 1 / std::cos(x); }
};

template <> struct row<opcode::csc> : function_row {
  static constexpr std::string_view name = "csc";
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return 1 / std::sin(x); }
};

template <> struct row<opcode::asin> : function_row {
  static constexpr std::string_view name = "asin";
  static constexpr std::array<std::string_view, 1> aliases{"arcsin"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::asin(x); }
};

template <> struct row<opcode::acos> : function_row {
  static constexpr std::string_view name = "acos";
  static constexpr std::array<std::string_view, 1> aliases{"arccos"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::acos(x); }
};

template <> struct row<opcode::atan> : function_row {
  static constexpr std::string_view name = "atan";
  static constexpr std::array<std::string_view, 1> aliases{"arctan"};
  template <class T> static T value(T x) { return std::atan(x); }
};

template <> struct row<opcode::acot> : function_row {  // atan(1/x)
  static constexpr std::string_view name = "acot";
  static constexpr std::array<std::string_view, 1> aliases{"arccot"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atan(1 / x); }
};

template <> struct row<opcode::asec> : function_row {  // acos(1/x)
  static constexpr std::string_view name = "asec";
  static constexpr std::array<std::string_view, 1> aliases{"arcsec"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acos(1 / x); }
};

template <> struct row<opcode::acsc> : function_row {  // asin(1/x)
  static constexpr std::string_view name = "acsc";
  static constexpr std::array<std::string_view, 1> aliases{"arccsc"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asin(1 / x); }
};

// --- hyperbolic functions

template <> struct row<opcode::sinh> : function_row {
  static constexpr std::string_view name = "sinh";
  template <class T> static T value(T x) { return std::sinh(x); }
};

template <> struct row<opcode::cosh> : function_row {
  static constexpr std::string_view name = "cosh";
  template <class T> static T value(T x) { return std::cosh(x); }
};

template <> struct row<opcode::tanh> : function_row {
  static constexpr std::string_view name = "tanh";
  template <class T> static T value(T x) { return std::tanh(x); }
};

template <> struct row<opcode::coth> : function_row {
  static constexpr std::string_view name = "coth";
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::tanh(x); }
};

template <> struct row<opcode::sech> : function_row {
  static constexpr std::string_view name = "sech";
  template <class T> static T value(T x) { return 1 / std::cosh(x); }
};

template <> struct row<opcode::csch> : function_row {
  static constexpr std::string_view name = "csch";
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::sinh(x); }
};

template <> struct row<opcode::asinh> : function_row {
  static constexpr std::string_view name = "asinh";
  static constexpr std::array<std::string_view, 2> aliases{"arcsinh", "arsinh"};
  template <class T> static T value(T x) { return std::asinh(x); }
};

template <> struct row<opcode::acosh> : function_row {
  static constexpr std::string_view name = "acosh";
  static constexpr std::array<std::string_view, 2> aliases{"arccosh", "arcosh"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return std::acosh(x); }
};

template <> struct row<opcode::atanh> : function_row {
  static constexpr std::string_view name = "atanh";
  static constexpr std::array<std::string_view, 2> aliases{"arctanh", "artanh"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::atanh(x); }
};

template <> struct row<opcode::acoth> : function_row {  // atanh(1/x)
  static constexpr std::string_view name = "acoth";
  static constexpr std::array<std::string_view, 2> aliases{"arccoth", "arcoth"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atanh(1 / x); }
};

template <> struct row<opcode::asech> : function_row {  // acosh(1/x)
  static constexpr std::string_view name = "asech";
  static constexpr std::array<std::string_view, 2> aliases{"arcsech", "arsech"};
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acosh(1 / x); }
};

template <> struct row<opcode::acsch> : function_row {  // asinh(1/x)
  static constexpr std::string_view name = "acsch";
  static constexpr std::array<std::string_view, 2> aliases{"arccsch", "arcsch"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asinh(1 / x); }
};

// --- special functions of one real

template <> struct row<opcode::erf> : function_row {
  static constexpr std::string_view name = "erf";
  template <class T> static T value(T x) { return std::erf(x); }
};

template <> struct row<opcode::erfc> : function_row {
  static constexpr std::string_view name = "erfc";
  template <class T> static T value(T x) { return std::erfc(x); }
};

template <> struct row<opcode::erfinv> : function_row {  // erf(erfinv(x)) = x
  static constexpr std::string_view name = "erfinv";
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return special::erfinv(x); }
};

template <> struct row<opcode::gamma> : function_row {
  static constexpr std::string_view name = "gamma";
  static constexpr std::array<std::string_view, 1> aliases{"tgamma"};
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::gamma(x); }
};

template <> struct row<opcode::lgamma> : function_row {  // log(abs(gamma(x))), as in C
  static constexpr std::string_view name = "lgamma";
  static constexpr std::array<std::string_view, 1> aliases{"gammaln"};
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::lgamma(x); }
};

template <> struct row<opcode::digamma> : function_row {  // the derivative of lgamma
  static constexpr std::string_view name = "digamma";
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::digamma(x); }
};

template <> struct row<opcode::expint> : function_row {  // Ei(x), the integral of exp(t)/t from -inf to x
  static constexpr std::string_view name = "expint";
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::expint(x); }
};

template <> struct row<opcode::lambertw> : function_row {  // w*exp(w) = x with w >= -1
  static constexpr std::string_view name = "lambertw";
  static constexpr interval sample{-0.2, 3};
  template <class T> static T value(T x) { return special::lambertw(x); }
};

// --- functions of two reals

struct binary_row : function_row {
  static constexpr int arity = 2;
};

// x^y with an exponent that is not a rational number: real for x > 0, for integer y (x != 0 if y < 0), and for x = 0 < y.
template <> struct row<opcode::pow> : binary_row {
  static constexpr std::string_view name = "pow";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) {
    if (y == 0) return 1;
    if (x == 0 && y < 0) return std::numeric_limits<T>::quiet_NaN();
    return std::pow(x, y);
  }
};

template <> struct row<opcode::atan2> : binary_row {  // atan2(y, x), the angle of the point (x, y)
  static constexpr std::string_view name = "atan2";
  static constexpr std::array<std::string_view, 1> aliases{"arctan2"};
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T y, T x) {
    return x == 0 && y == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atan2(y == 0 ? T(0) : y, x);  // -0 is 0
  }
};

template <> struct row<opcode::hypot> : binary_row {
  static constexpr std::string_view name = "hypot";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::hypot(x, y); }
};

template <> struct row<opcode::xlogy> : binary_row {  // x*log(y), and 0 at x = 0
  static constexpr std::string_view name = "xlogy";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return x == 0 && !std::isnan(y) ? T(0) : x * std::log(y); }
};

template <> struct row<opcode::min> : binary_row {
  static constexpr std::string_view name = "min";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::min(x, y); }
};

template <> struct row<opcode::max> : binary_row {
  static constexpr std::string_view name = "max";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::max(x, y); }
};

// --- special functions of two reals

template <> struct row<opcode::beta> : binary_row {  // gamma(x)*gamma(y)/gamma(x + y)
  static constexpr std::string_view name = "beta";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return special::beta(x, y); }
};

template <> struct row<opcode::polygamma> : binary_row {  // the derivative of order n of digamma
  static constexpr std::string_view name = "polygamma";
  static constexpr interval sample{0.4, 3.6};
  template <class T> static T value(T n, T x) { return special::polygamma(n, x); }
};

// The incomplete gamma functions, regularized: P(a, x) is the integral of t^(a-1)*exp(-t)/gamma(a) from 0 to x, and Q = 1 - P.
template <> struct row<opcode::gammap> : binary_row {
  static constexpr std::string_view name = "gammap";
  static constexpr interval sample{0.6, 3.4};
  template <class T> static T value(T a, T x) { return special::gammap(a, x); }
};

template <> struct row<opcode::gammaq> : binary_row {
  static constexpr std::string_view name = "gammaq";
  static constexpr interval sample{0.6, 3.4};
  template <class T> static T value(T a, T x) { return special::gammaq(a, x); }
};

// Bessel functions of whole order n.
struct bessel_row : binary_row {
  static constexpr interval sample{0.4, 3.6};
};

template <> struct row<opcode::besselj> : bessel_row {
  static constexpr std::string_view name = "besselj";
  template <class T> static T value(T n, T x) { return special::besselj(n, x); }
};

template <> struct row<opcode::bessely> : bessel_row {
  static constexpr std::string_view name = "bessely";
  template <class T> static T value(T n, T x) { return special::bessely(n, x); }
};

template <> struct row<opcode::besseli> : bessel_row {
  static constexpr std::string_view name = "besseli";
  template <class T> static T value(T n, T x) { return special::besseli(n, x); }
};

template <> struct row<opcode::besselk> : bessel_row {
  static constexpr std::string_view name = "besselk";
  template <class T> static T value(T n, T x) { return special::besselk(n, x); }
};

}  // namespace wengert::ops
