// The functions of reals, one struct each: everything the engine knows about a function stands here and nowhere else.
//
// A row has
//   code            its place in opcode
//   name, aliases   as users write it
//   arity           1 or 2
//   value           the number, for any floating type
//   partial         the partial derivatives, as terms of the arguments
//   defined         where the value is meant (exactly: necessary and sufficient)
//   smooth          what must hold besides for the derivative to exist
//   sign            what is known of the value's sign
//   sample          an interval, inside the domain, from which tests draw arguments
// The base class `function_row` gives the defaults; `registry.cpp` builds the table and refuses an incomplete row.
#pragma once

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <wengert/core/term.hpp>

namespace wengert {

// What a condition says of a real u.
enum class relation : std::uint8_t { positive, nonnegative, nonzero, not_integer, integer, real_power };

struct condition {
  relation is;
  term of;
};
using conditions = std::vector<condition>;

// What is known of a function's sign from its name alone.
enum class sign_fact : std::uint8_t { unknown, positive, nonnegative, as_argument };

struct interval {
  double lo, hi;
};

namespace ops {

struct function_row {
  static constexpr int arity = 1;
  static constexpr std::array<std::string_view, 0> aliases{};
  static constexpr sign_fact sign = sign_fact::unknown;
  static constexpr interval sample{-2, 2};
  static conditions defined(const term&) { return {}; }
  static conditions smooth(const term&) { return {}; }
};

inline condition positive(const term& u) { return {relation::positive, u}; }
inline condition nonnegative(const term& u) { return {relation::nonnegative, u}; }
inline condition nonzero(const term& u) { return {relation::nonzero, u}; }

#define WENGERT_CALL(op) \
  inline term op(const term& x) { return make_term(opcode::op, {x}); }
WENGERT_CALL(exp)
WENGERT_CALL(log)
WENGERT_CALL(cbrt)
WENGERT_CALL(abs)
WENGERT_CALL(sign)
WENGERT_CALL(floor)
WENGERT_CALL(ceil)
WENGERT_CALL(log2)
WENGERT_CALL(log10)
WENGERT_CALL(log1p)
WENGERT_CALL(expm1)
WENGERT_CALL(sin)
WENGERT_CALL(cos)
WENGERT_CALL(tan)
WENGERT_CALL(cot)
WENGERT_CALL(sec)
WENGERT_CALL(csc)
WENGERT_CALL(asin)
WENGERT_CALL(acos)
WENGERT_CALL(atan)
WENGERT_CALL(acot)
WENGERT_CALL(asec)
WENGERT_CALL(acsc)
WENGERT_CALL(sinh)
WENGERT_CALL(cosh)
WENGERT_CALL(tanh)
WENGERT_CALL(coth)
WENGERT_CALL(sech)
WENGERT_CALL(csch)
WENGERT_CALL(asinh)
WENGERT_CALL(acosh)
WENGERT_CALL(atanh)
WENGERT_CALL(acoth)
WENGERT_CALL(asech)
WENGERT_CALL(acsch)
#undef WENGERT_CALL
inline term pow(const term& x, const term& y) { return make_term(opcode::pow, {x, y}); }

// --- exponentials and logarithms

struct exp_row : function_row {
  static constexpr opcode code = opcode::exp;
  static constexpr std::string_view name = "exp";
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return std::exp(x); }
  static term partial(const term& x) { return exp(x); }
};

struct log_row : function_row {
  static constexpr opcode code = opcode::log;
  static constexpr std::string_view name = "log";
  static constexpr std::array<std::string_view, 1> aliases{"ln"};
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log(x); }
  static term partial(const term& x) { return 1 / x; }
  static conditions defined(const term& x) { return {positive(x)}; }
};

struct log2_row : function_row {
  static constexpr opcode code = opcode::log2;
  static constexpr std::string_view name = "log2";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log2(x); }
  static term partial(const term& x) { return 1 / (x * log(x.number(2))); }
  static conditions defined(const term& x) { return {positive(x)}; }
};

struct log10_row : function_row {
  static constexpr opcode code = opcode::log10;
  static constexpr std::string_view name = "log10";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log10(x); }
  static term partial(const term& x) { return 1 / (x * log(x.number(10))); }
  static conditions defined(const term& x) { return {positive(x)}; }
};

struct log1p_row : function_row {
  static constexpr opcode code = opcode::log1p;
  static constexpr std::string_view name = "log1p";
  static constexpr interval sample{-0.8, 3};
  template <class T> static T value(T x) { return std::log1p(x); }
  static term partial(const term& x) { return 1 / (1 + x); }
  static conditions defined(const term& x) { return {positive(1 + x)}; }
};

struct expm1_row : function_row {
  static constexpr opcode code = opcode::expm1;
  static constexpr std::string_view name = "expm1";
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::expm1(x); }
  static term partial(const term& x) { return exp(x); }
};

// --- roots, size and steps

struct cbrt_row : function_row {
  static constexpr opcode code = opcode::cbrt;
  static constexpr std::string_view name = "cbrt";
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::cbrt(x); }
  static term partial(const term& x) { return 1 / (3 * square(cbrt(x))); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

struct abs_row : function_row {
  static constexpr opcode code = opcode::abs;
  static constexpr std::string_view name = "abs";
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::abs(x); }
  static term partial(const term& x) { return wengert::ops::sign(x); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

struct sign_row : function_row {
  static constexpr opcode code = opcode::sign;
  static constexpr std::string_view name = "sign";
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::isnan(x) ? x : T((x > 0) - (x < 0)); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

struct floor_row : function_row {
  static constexpr opcode code = opcode::floor;
  static constexpr std::string_view name = "floor";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::floor(x); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {{relation::not_integer, x}}; }
};

struct ceil_row : function_row {
  static constexpr opcode code = opcode::ceil;
  static constexpr std::string_view name = "ceil";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::ceil(x); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {{relation::not_integer, x}}; }
};

// --- trigonometric functions

struct sin_row : function_row {
  static constexpr opcode code = opcode::sin;
  static constexpr std::string_view name = "sin";
  template <class T> static T value(T x) { return std::sin(x); }
  static term partial(const term& x) { return cos(x); }
};

struct cos_row : function_row {
  static constexpr opcode code = opcode::cos;
  static constexpr std::string_view name = "cos";
  template <class T> static T value(T x) { return std::cos(x); }
  static term partial(const term& x) { return -sin(x); }
};

struct tan_row : function_row {
  static constexpr opcode code = opcode::tan;
  static constexpr std::string_view name = "tan";
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return std::tan(x); }
  static term partial(const term& x) { return 1 + square(tan(x)); }
  static conditions defined(const term& x) { return {nonzero(cos(x))}; }
};

struct cot_row : function_row {
  static constexpr opcode code = opcode::cot;
  static constexpr std::string_view name = "cot";
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return std::cos(x) / std::sin(x); }
  static term partial(const term& x) { return -(1 + square(cot(x))); }
  static conditions defined(const term& x) { return {nonzero(sin(x))}; }
};

struct sec_row : function_row {
  static constexpr opcode code = opcode::sec;
  static constexpr std::string_view name = "sec";
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return 1 / std::cos(x); }
  static term partial(const term& x) { return sec(x) * tan(x); }
  static conditions defined(const term& x) { return {nonzero(cos(x))}; }
};

struct csc_row : function_row {
  static constexpr opcode code = opcode::csc;
  static constexpr std::string_view name = "csc";
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return 1 / std::sin(x); }
  static term partial(const term& x) { return -(csc(x) * cot(x)); }
  static conditions defined(const term& x) { return {nonzero(sin(x))}; }
};

struct asin_row : function_row {
  static constexpr opcode code = opcode::asin;
  static constexpr std::string_view name = "asin";
  static constexpr std::array<std::string_view, 1> aliases{"arcsin"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::asin(x); }
  static term partial(const term& x) { return power(1 - square(x), rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(1 - square(x))}; }
  static conditions smooth(const term& x) { return {positive(1 - square(x))}; }
};

struct acos_row : function_row {
  static constexpr opcode code = opcode::acos;
  static constexpr std::string_view name = "acos";
  static constexpr std::array<std::string_view, 1> aliases{"arccos"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::acos(x); }
  static term partial(const term& x) { return -power(1 - square(x), rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(1 - square(x))}; }
  static conditions smooth(const term& x) { return {positive(1 - square(x))}; }
};

struct atan_row : function_row {
  static constexpr opcode code = opcode::atan;
  static constexpr std::string_view name = "atan";
  static constexpr std::array<std::string_view, 1> aliases{"arctan"};
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::atan(x); }
  static term partial(const term& x) { return 1 / (1 + square(x)); }
};

struct acot_row : function_row {  // atan(1/x)
  static constexpr opcode code = opcode::acot;
  static constexpr std::string_view name = "acot";
  static constexpr std::array<std::string_view, 1> aliases{"arccot"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atan(1 / x); }
  static term partial(const term& x) { return -(1 / (1 + square(x))); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

struct asec_row : function_row {  // acos(1/x)
  static constexpr opcode code = opcode::asec;
  static constexpr std::string_view name = "asec";
  static constexpr std::array<std::string_view, 1> aliases{"arcsec"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acos(1 / x); }
  static term partial(const term& x) { return 1 / (abs(x) * sqrt(square(x) - 1)); }
  static conditions defined(const term& x) { return {nonnegative(square(x) - 1)}; }
  static conditions smooth(const term& x) { return {positive(square(x) - 1)}; }
};

struct acsc_row : function_row {  // asin(1/x)
  static constexpr opcode code = opcode::acsc;
  static constexpr std::string_view name = "acsc";
  static constexpr std::array<std::string_view, 1> aliases{"arccsc"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asin(1 / x); }
  static term partial(const term& x) { return -(1 / (abs(x) * sqrt(square(x) - 1))); }
  static conditions defined(const term& x) { return {nonnegative(square(x) - 1)}; }
  static conditions smooth(const term& x) { return {positive(square(x) - 1)}; }
};

// --- hyperbolic functions

struct sinh_row : function_row {
  static constexpr opcode code = opcode::sinh;
  static constexpr std::string_view name = "sinh";
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::sinh(x); }
  static term partial(const term& x) { return cosh(x); }
};

struct cosh_row : function_row {
  static constexpr opcode code = opcode::cosh;
  static constexpr std::string_view name = "cosh";
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return std::cosh(x); }
  static term partial(const term& x) { return sinh(x); }
};

struct tanh_row : function_row {
  static constexpr opcode code = opcode::tanh;
  static constexpr std::string_view name = "tanh";
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::tanh(x); }
  static term partial(const term& x) { return 1 - square(tanh(x)); }
};

struct coth_row : function_row {
  static constexpr opcode code = opcode::coth;
  static constexpr std::string_view name = "coth";
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::tanh(x); }
  static term partial(const term& x) { return 1 - square(coth(x)); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

struct sech_row : function_row {
  static constexpr opcode code = opcode::sech;
  static constexpr std::string_view name = "sech";
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return 1 / std::cosh(x); }
  static term partial(const term& x) { return -(sech(x) * tanh(x)); }
};

struct csch_row : function_row {
  static constexpr opcode code = opcode::csch;
  static constexpr std::string_view name = "csch";
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::sinh(x); }
  static term partial(const term& x) { return -(csch(x) * coth(x)); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

struct asinh_row : function_row {
  static constexpr opcode code = opcode::asinh;
  static constexpr std::string_view name = "asinh";
  static constexpr std::array<std::string_view, 1> aliases{"arcsinh"};
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::asinh(x); }
  static term partial(const term& x) { return power(square(x) + 1, rational(-1, 2)); }
};

struct acosh_row : function_row {
  static constexpr opcode code = opcode::acosh;
  static constexpr std::string_view name = "acosh";
  static constexpr std::array<std::string_view, 1> aliases{"arccosh"};
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return std::acosh(x); }
  static term partial(const term& x) { return power(square(x) - 1, rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(x - 1)}; }
  static conditions smooth(const term& x) { return {positive(x - 1)}; }
};

struct atanh_row : function_row {
  static constexpr opcode code = opcode::atanh;
  static constexpr std::string_view name = "atanh";
  static constexpr std::array<std::string_view, 1> aliases{"arctanh"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::atanh(x); }
  static term partial(const term& x) { return 1 / (1 - square(x)); }
  static conditions defined(const term& x) { return {positive(1 - square(x))}; }
};

struct acoth_row : function_row {  // atanh(1/x)
  static constexpr opcode code = opcode::acoth;
  static constexpr std::string_view name = "acoth";
  static constexpr std::array<std::string_view, 1> aliases{"arccoth"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atanh(1 / x); }
  static term partial(const term& x) { return 1 / (1 - square(x)); }
  static conditions defined(const term& x) { return {positive(square(x) - 1)}; }
};

struct asech_row : function_row {  // acosh(1/x)
  static constexpr opcode code = opcode::asech;
  static constexpr std::string_view name = "asech";
  static constexpr std::array<std::string_view, 1> aliases{"arcsech"};
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acosh(1 / x); }
  static term partial(const term& x) { return -(1 / (x * sqrt(1 - square(x)))); }
  static conditions defined(const term& x) { return {positive(x), nonnegative(1 - x)}; }
  static conditions smooth(const term& x) { return {positive(1 - x)}; }
};

struct acsch_row : function_row {  // asinh(1/x)
  static constexpr opcode code = opcode::acsch;
  static constexpr std::string_view name = "acsch";
  static constexpr std::array<std::string_view, 1> aliases{"arccsch"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asinh(1 / x); }
  static term partial(const term& x) { return -(1 / (abs(x) * sqrt(1 + square(x)))); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

// --- functions of two reals

struct binary_row : function_row {
  static constexpr int arity = 2;
  static conditions defined(const term&, const term&) { return {}; }
  static conditions smooth(const term&, const term&) { return {}; }
};

// Whether a term is an integer by its form, and not negative then: indices, dimensions, whole numbers, and their sums and
// products.
struct integer_form {
  bool integer, nonnegative;
};
integer_form integer_by_form(const term& y);

// x^y with an exponent that is not a rational number: real for x > 0, for integer y (x != 0 if y < 0), and for x = 0 < y.
struct pow_row : binary_row {
  static constexpr opcode code = opcode::pow;
  static constexpr std::string_view name = "pow";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) {
    if (y == 0) return 1;
    if (x == 0 && y < 0) return std::numeric_limits<T>::quiet_NaN();
    return std::pow(x, y);
  }
  static std::array<term, 2> partial(const term& x, const term& y) { return {y * pow(x, y - 1), log(x) * pow(x, y)}; }
  static conditions defined(const term& x, const term& y) { return {{relation::real_power, pow(x, y)}}; }
  static conditions smooth(const term& x, const term& y) {
    integer_form form = integer_by_form(y);
    if (!form.integer) return {positive(x)};
    return form.nonnegative ? conditions{} : conditions{nonzero(x)};
  }
};

struct atan2_row : binary_row {  // atan2(y, x), the angle of the point (x, y)
  static constexpr opcode code = opcode::atan2;
  static constexpr std::string_view name = "atan2";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T y, T x) {
    return x == 0 && y == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atan2(y == 0 ? T(0) : y, x);
  }  // -0 is 0
  static std::array<term, 2> partial(const term& y, const term& x) {
    term r2 = square(x) + square(y);
    return {x / r2, -(y / r2)};
  }
  static conditions defined(const term& y, const term& x) { return {positive(square(x) + square(y))}; }
  static conditions smooth(const term& y, const term& x) {  // the cut: y = 0, x < 0
    term r = make_term(opcode::hypot, {x, y});
    return {positive(r + x)};
  }
};

struct hypot_row : binary_row {
  static constexpr opcode code = opcode::hypot;
  static constexpr std::string_view name = "hypot";
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::hypot(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) {
    term h = make_term(opcode::hypot, {x, y});
    return {x / h, y / h};
  }
  static conditions smooth(const term& x, const term& y) { return {positive(square(x) + square(y))}; }
};

struct xlogy_row : binary_row {  // x*log(y), and 0 at x = 0
  static constexpr opcode code = opcode::xlogy;
  static constexpr std::string_view name = "xlogy";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return x == 0 && !std::isnan(y) ? T(0) : x * std::log(y); }
  static std::array<term, 2> partial(const term& x, const term& y) { return {log(y), x / y}; }
  static conditions defined(const term& x, const term& y) {  // y > 0 unless x = 0
    return {positive(select(comparison::eq, x, x.number(0), x.number(1), y))};
  }
  static conditions smooth(const term&, const term& y) { return {positive(y)}; }
};

// A tie is shared equally; against a constant the constant's side is flat (so that relu' = 0 at 0).
inline std::array<term, 2> extremum_partials(const term& x, const term& y, int towards) {
  frame& f = x.in();
  if (f.on.is_constant(y.as_edge().node) || f.on.is_constant(x.as_edge().node)) {
    bool y_constant = f.on.is_constant(y.as_edge().node);
    const term& u = y_constant ? x : y;
    const term& c = y_constant ? y : x;
    term one = x.number(1), zero = x.number(0);
    term slope = towards > 0 ? select(comparison::lt, c, u, one, zero) : select(comparison::lt, u, c, one, zero);
    return y_constant ? std::array<term, 2>{slope, 1 - slope} : std::array<term, 2>{1 - slope, slope};
  }
  term s = wengert::ops::sign(towards > 0 ? x - y : y - x);
  return {(1 + s) / 2, (1 - s) / 2};
}

struct min_row : binary_row {
  static constexpr opcode code = opcode::min;
  static constexpr std::string_view name = "min";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::min(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) { return extremum_partials(x, y, -1); }
  static conditions smooth(const term& x, const term& y) { return {nonzero(x - y)}; }
};

struct max_row : binary_row {
  static constexpr opcode code = opcode::max;
  static constexpr std::string_view name = "max";
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::max(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) { return extremum_partials(x, y, 1); }
  static conditions smooth(const term& x, const term& y) { return {nonzero(x - y)}; }
};

}  // namespace ops
}  // namespace wengert
