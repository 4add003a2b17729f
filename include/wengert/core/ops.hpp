// The functions of reals, one struct each: everything the engine knows about a function stands here and nowhere else.
//
// A row has
//   name, aliases   as users write it
//   arity           1 or 2
//   parameters      how many leading arguments are parameters, such as the order of a Bessel function: there is no derivative by
//   them value           the number, for any floating type partial         the partial derivatives by the arguments that are no
//   parameters, as terms of the arguments defined         where the value is meant (exactly: necessary and sufficient) smooth
//   what must hold besides for the derivative to exist sign            what is known of the value's sign nowhere_zero    whether
//   the value is never 0 where it is meant continuous      whether it is meant and continuous everywhere sample          an
//   interval, inside the domain, from which tests draw arguments (whole numbers for parameters)
// The base classes `function_row` and `binary_row` give the defaults; `registry.cpp` builds the table and refuses an incomplete
// row.
#pragma once

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <wengert/core/special.hpp>
#include <wengert/core/term.hpp>

namespace wengert {

// What a condition says of a real u. Off the poles (of the gamma function): u is none of 0, -1, -2, ...
enum class relation : std::uint8_t { positive, nonnegative, nonzero, not_integer, integer, real_power, off_poles };
inline constexpr std::size_t relation_count = 7;

struct condition {
  relation is;
  term of;
};
using conditions = std::vector<condition>;

// What is known of a function's sign from its name alone. As the argument: positive, nonnegative or not 0 just where the argument
// is so (outside the domain too, where the value is nobody's business).
enum class sign_fact : std::uint8_t { unknown, positive, nonnegative, as_argument, positive_of_positive };

struct interval {
  double lo, hi;
};

namespace ops {

struct function_row {
  static constexpr int arity = 1;
  static constexpr int parameters = 0;
  static constexpr std::array<std::string_view, 0> aliases{};
  static constexpr sign_fact sign = sign_fact::unknown;
  static constexpr bool nowhere_zero = false;
  static constexpr bool continuous = false;
  static constexpr interval sample{-2, 2};
  static conditions defined(const term&) { return {}; }
  static conditions smooth(const term&) { return {}; }
};

inline condition positive(const term& u) { return {relation::positive, u}; }
inline condition nonnegative(const term& u) { return {relation::nonnegative, u}; }
inline condition nonzero(const term& u) { return {relation::nonzero, u}; }
inline condition integer(const term& u) { return {relation::integer, u}; }
inline condition off_poles(const term& u) { return {relation::off_poles, u}; }
inline term pi(const term& x) { return {x.in(), edge{x.in().on.pi(), {}}}; }

// base^exponent, and x + k, with numbers as numbers.
term raised(const term& base, const term& exponent);
term shifted(const term& x, int k);

// op(x) and op(x, y) as terms.
#define WENGERT_CALL(op) \
  inline term op(const term& x) { return make_term(opcode::op, {x}); }
WENGERT_FUNCTIONS_OF_ONE(WENGERT_CALL)
#undef WENGERT_CALL
#define WENGERT_CALL(op) \
  inline term op(const term& x, const term& y) { return make_term(opcode::op, {x, y}); }
WENGERT_FUNCTIONS_OF_TWO(WENGERT_CALL)
#undef WENGERT_CALL

template <opcode Code> struct row;

// --- exponentials and logarithms

template <> struct row<opcode::exp> : function_row {
  static constexpr std::string_view name = "exp";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return std::exp(x); }
  static term partial(const term& x) { return exp(x); }
};

template <> struct row<opcode::log> : function_row {
  static constexpr std::string_view name = "log";
  static constexpr std::array<std::string_view, 1> aliases{"ln"};
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log(x); }
  static term partial(const term& x) { return 1 / x; }
  static conditions defined(const term& x) { return {positive(x)}; }
};

template <> struct row<opcode::log2> : function_row {
  static constexpr std::string_view name = "log2";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log2(x); }
  static term partial(const term& x) { return 1 / (x * log(x.number(2))); }
  static conditions defined(const term& x) { return {positive(x)}; }
};

template <> struct row<opcode::log10> : function_row {
  static constexpr std::string_view name = "log10";
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::log10(x); }
  static term partial(const term& x) { return 1 / (x * log(x.number(10))); }
  static conditions defined(const term& x) { return {positive(x)}; }
};

template <> struct row<opcode::log1p> : function_row {
  static constexpr std::string_view name = "log1p";
  static constexpr interval sample{-0.8, 3};
  template <class T> static T value(T x) { return std::log1p(x); }
  static term partial(const term& x) { return 1 / (1 + x); }
  static conditions defined(const term& x) { return {positive(1 + x)}; }
};

template <> struct row<opcode::expm1> : function_row {
  static constexpr std::string_view name = "expm1";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::expm1(x); }
  static term partial(const term& x) { return exp(x); }
};

// --- roots, size and steps

template <> struct row<opcode::cbrt> : function_row {
  static constexpr std::string_view name = "cbrt";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{0.2, 4};
  template <class T> static T value(T x) { return std::cbrt(x); }
  static term partial(const term& x) { return 1 / (3 * square(cbrt(x))); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::abs> : function_row {
  static constexpr std::string_view name = "abs";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::abs(x); }
  static term partial(const term& x) { return wengert::ops::sign(x); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::sign> : function_row {
  static constexpr std::string_view name = "sign";
  static constexpr std::array<std::string_view, 1> aliases{"sgn"};
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{0.2, 3};
  template <class T> static T value(T x) { return std::isnan(x) ? x : T((x > 0) - (x < 0)); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::floor> : function_row {
  static constexpr std::string_view name = "floor";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::floor(x); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {{relation::not_integer, x}}; }
};

template <> struct row<opcode::ceil> : function_row {
  static constexpr std::string_view name = "ceil";
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return std::ceil(x); }
  static term partial(const term& x) { return x.number(0); }
  static conditions smooth(const term& x) { return {{relation::not_integer, x}}; }
};

// --- trigonometric functions

template <> struct row<opcode::sin> : function_row {
  static constexpr std::string_view name = "sin";
  static constexpr bool continuous = true;
  template <class T> static T value(T x) { return std::sin(x); }
  static term partial(const term& x) { return cos(x); }
};

template <> struct row<opcode::cos> : function_row {
  static constexpr std::string_view name = "cos";
  static constexpr bool continuous = true;
  template <class T> static T value(T x) { return std::cos(x); }
  static term partial(const term& x) { return -sin(x); }
};

template <> struct row<opcode::tan> : function_row {
  static constexpr std::string_view name = "tan";
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return std::tan(x); }
  static term partial(const term& x) { return 1 + square(tan(x)); }
  static conditions defined(const term& x) { return {nonzero(cos(x))}; }
};

template <> struct row<opcode::cot> : function_row {
  static constexpr std::string_view name = "cot";
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return std::cos(x) / std::sin(x); }
  static term partial(const term& x) { return -(1 + square(cot(x))); }
  static conditions defined(const term& x) { return {nonzero(sin(x))}; }
};

template <> struct row<opcode::sec> : function_row {
  static constexpr std::string_view name = "sec";
  static constexpr bool nowhere_zero = true;
  static constexpr interval sample{-1.2, 1.2};
  template <class T> static T value(T x) { return 1 / std::cos(x); }
  static term partial(const term& x) { return sec(x) * tan(x); }
  static conditions defined(const term& x) { return {nonzero(cos(x))}; }
};

template <> struct row<opcode::csc> : function_row {
  static constexpr std::string_view name = "csc";
  static constexpr bool nowhere_zero = true;
  static constexpr interval sample{0.3, 2.8};
  template <class T> static T value(T x) { return 1 / std::sin(x); }
  static term partial(const term& x) { return -(csc(x) * cot(x)); }
  static conditions defined(const term& x) { return {nonzero(sin(x))}; }
};

template <> struct row<opcode::asin> : function_row {
  static constexpr std::string_view name = "asin";
  static constexpr std::array<std::string_view, 1> aliases{"arcsin"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::asin(x); }
  static term partial(const term& x) { return power(1 - square(x), rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(1 - square(x))}; }
  static conditions smooth(const term& x) { return {positive(1 - square(x))}; }
};

template <> struct row<opcode::acos> : function_row {
  static constexpr std::string_view name = "acos";
  static constexpr std::array<std::string_view, 1> aliases{"arccos"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::acos(x); }
  static term partial(const term& x) { return -power(1 - square(x), rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(1 - square(x))}; }
  static conditions smooth(const term& x) { return {positive(1 - square(x))}; }
};

template <> struct row<opcode::atan> : function_row {
  static constexpr std::string_view name = "atan";
  static constexpr bool continuous = true;
  static constexpr std::array<std::string_view, 1> aliases{"arctan"};
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::atan(x); }
  static term partial(const term& x) { return 1 / (1 + square(x)); }
};

template <> struct row<opcode::acot> : function_row {  // atan(1/x)
  static constexpr std::string_view name = "acot";
  static constexpr std::array<std::string_view, 1> aliases{"arccot"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atan(1 / x); }
  static term partial(const term& x) { return -(1 / (1 + square(x))); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::asec> : function_row {  // acos(1/x)
  static constexpr std::string_view name = "asec";
  static constexpr std::array<std::string_view, 1> aliases{"arcsec"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acos(1 / x); }
  static term partial(const term& x) { return 1 / (abs(x) * sqrt(square(x) - 1)); }
  static conditions defined(const term& x) { return {nonnegative(square(x) - 1)}; }
  static conditions smooth(const term& x) { return {positive(square(x) - 1)}; }
};

template <> struct row<opcode::acsc> : function_row {  // asin(1/x)
  static constexpr std::string_view name = "acsc";
  static constexpr std::array<std::string_view, 1> aliases{"arccsc"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asin(1 / x); }
  static term partial(const term& x) { return -(1 / (abs(x) * sqrt(square(x) - 1))); }
  static conditions defined(const term& x) { return {nonnegative(square(x) - 1)}; }
  static conditions smooth(const term& x) { return {positive(square(x) - 1)}; }
};

// --- hyperbolic functions

template <> struct row<opcode::sinh> : function_row {
  static constexpr std::string_view name = "sinh";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::sinh(x); }
  static term partial(const term& x) { return cosh(x); }
};

template <> struct row<opcode::cosh> : function_row {
  static constexpr std::string_view name = "cosh";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return std::cosh(x); }
  static term partial(const term& x) { return sinh(x); }
};

template <> struct row<opcode::tanh> : function_row {
  static constexpr std::string_view name = "tanh";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::tanh(x); }
  static term partial(const term& x) { return 1 - square(tanh(x)); }
};

template <> struct row<opcode::coth> : function_row {
  static constexpr std::string_view name = "coth";
  static constexpr bool nowhere_zero = true;
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::tanh(x); }
  static term partial(const term& x) { return 1 - square(coth(x)); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::sech> : function_row {
  static constexpr std::string_view name = "sech";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return 1 / std::cosh(x); }
  static term partial(const term& x) { return -(sech(x) * tanh(x)); }
};

template <> struct row<opcode::csch> : function_row {
  static constexpr std::string_view name = "csch";
  static constexpr bool nowhere_zero = true;
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return 1 / std::sinh(x); }
  static term partial(const term& x) { return -(csch(x) * coth(x)); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::asinh> : function_row {
  static constexpr std::string_view name = "asinh";
  static constexpr bool continuous = true;
  static constexpr std::array<std::string_view, 2> aliases{"arcsinh", "arsinh"};
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::asinh(x); }
  static term partial(const term& x) { return power(square(x) + 1, rational(-1, 2)); }
};

template <> struct row<opcode::acosh> : function_row {
  static constexpr std::string_view name = "acosh";
  static constexpr std::array<std::string_view, 2> aliases{"arccosh", "arcosh"};
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return std::acosh(x); }
  static term partial(const term& x) { return power(square(x) - 1, rational(-1, 2)); }
  static conditions defined(const term& x) { return {nonnegative(x - 1)}; }
  static conditions smooth(const term& x) { return {positive(x - 1)}; }
};

template <> struct row<opcode::atanh> : function_row {
  static constexpr std::string_view name = "atanh";
  static constexpr std::array<std::string_view, 2> aliases{"arctanh", "artanh"};
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return std::atanh(x); }
  static term partial(const term& x) { return 1 / (1 - square(x)); }
  static conditions defined(const term& x) { return {positive(1 - square(x))}; }
};

template <> struct row<opcode::acoth> : function_row {  // atanh(1/x)
  static constexpr std::string_view name = "acoth";
  static constexpr std::array<std::string_view, 2> aliases{"arccoth", "arcoth"};
  static constexpr interval sample{1.2, 4};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::atanh(1 / x); }
  static term partial(const term& x) { return 1 / (1 - square(x)); }
  static conditions defined(const term& x) { return {positive(square(x) - 1)}; }
};

template <> struct row<opcode::asech> : function_row {  // acosh(1/x)
  static constexpr std::string_view name = "asech";
  static constexpr std::array<std::string_view, 2> aliases{"arcsech", "arsech"};
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.1, 0.9};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::acosh(1 / x); }
  static term partial(const term& x) { return -(1 / (x * sqrt(1 - square(x)))); }
  static conditions defined(const term& x) { return {positive(x), nonnegative(1 - x)}; }
  static conditions smooth(const term& x) { return {positive(1 - x)}; }
};

template <> struct row<opcode::acsch> : function_row {  // asinh(1/x)
  static constexpr std::string_view name = "acsch";
  static constexpr std::array<std::string_view, 2> aliases{"arccsch", "arcsch"};
  static constexpr interval sample{0.3, 3};
  template <class T> static T value(T x) { return x == 0 ? std::numeric_limits<T>::quiet_NaN() : std::asinh(1 / x); }
  static term partial(const term& x) { return -(1 / (abs(x) * sqrt(1 + square(x)))); }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

// --- special functions of one real

template <> struct row<opcode::erf> : function_row {
  static constexpr std::string_view name = "erf";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::as_argument;
  template <class T> static T value(T x) { return std::erf(x); }
  static term partial(const term& x) { return 2 * power(pi(x), rational(-1, 2)) * exp(-square(x)); }
};

template <> struct row<opcode::erfc> : function_row {
  static constexpr std::string_view name = "erfc";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::positive;
  template <class T> static T value(T x) { return std::erfc(x); }
  static term partial(const term& x) { return -2 * power(pi(x), rational(-1, 2)) * exp(-square(x)); }
};

template <> struct row<opcode::erfinv> : function_row {  // erf(erfinv(x)) = x
  static constexpr std::string_view name = "erfinv";
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{-0.9, 0.9};
  template <class T> static T value(T x) { return special::erfinv(x); }
  static term partial(const term& x) { return sqrt(pi(x)) / 2 * exp(square(erfinv(x))); }
  static conditions defined(const term& x) { return {positive(1 - square(x))}; }
};

template <> struct row<opcode::gamma> : function_row {
  static constexpr std::string_view name = "gamma";
  static constexpr std::array<std::string_view, 1> aliases{"tgamma"};
  static constexpr sign_fact sign = sign_fact::positive_of_positive;
  static constexpr bool nowhere_zero = true;
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::gamma(x); }
  static term partial(const term& x) { return gamma(x) * digamma(x); }
  static conditions defined(const term& x) { return {off_poles(x)}; }
};

template <> struct row<opcode::lgamma> : function_row {  // log(abs(gamma(x))), as in C
  static constexpr std::string_view name = "lgamma";
  static constexpr std::array<std::string_view, 1> aliases{"gammaln"};
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::lgamma(x); }
  static term partial(const term& x) { return digamma(x); }
  static conditions defined(const term& x) { return {off_poles(x)}; }
};

template <> struct row<opcode::digamma> : function_row {  // the derivative of lgamma
  static constexpr std::string_view name = "digamma";
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::digamma(x); }
  static term partial(const term& x) { return polygamma(x.number(1), x); }
  static conditions defined(const term& x) { return {off_poles(x)}; }
};

template <> struct row<opcode::expint> : function_row {  // Ei(x), the integral of exp(t)/t from -inf to x
  static constexpr std::string_view name = "expint";
  static constexpr interval sample{0.3, 4};
  template <class T> static T value(T x) { return special::expint(x); }
  static term partial(const term& x) { return exp(x) / x; }
  static conditions defined(const term& x) { return {nonzero(x)}; }
};

template <> struct row<opcode::lambertw> : function_row {  // w*exp(w) = x with w >= -1
  static constexpr std::string_view name = "lambertw";
  static constexpr sign_fact sign = sign_fact::as_argument;
  static constexpr interval sample{-0.2, 3};
  template <class T> static T value(T x) { return special::lambertw(x); }
  static term partial(const term& x) { return exp(-lambertw(x)) / (1 + lambertw(x)); }
  static conditions defined(const term& x) { return {nonnegative(x + exp(x.number(-1)))}; }
  static conditions smooth(const term& x) { return {positive(x + exp(x.number(-1)))}; }
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
template <> struct row<opcode::pow> : binary_row {
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

template <> struct row<opcode::atan2> : binary_row {  // atan2(y, x), the angle of the point (x, y)
  static constexpr std::string_view name = "atan2";
  static constexpr std::array<std::string_view, 1> aliases{"arctan2"};
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
    term r = hypot(x, y);
    return {positive(r + x)};
  }
};

template <> struct row<opcode::hypot> : binary_row {
  static constexpr std::string_view name = "hypot";
  static constexpr bool continuous = true;
  static constexpr sign_fact sign = sign_fact::nonnegative;
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::hypot(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) {
    term h = hypot(x, y);
    return {x / h, y / h};
  }
  static conditions smooth(const term& x, const term& y) { return {positive(square(x) + square(y))}; }
};

template <> struct row<opcode::xlogy> : binary_row {  // x*log(y), and 0 at x = 0
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

template <> struct row<opcode::min> : binary_row {
  static constexpr std::string_view name = "min";
  static constexpr bool continuous = true;
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::min(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) { return extremum_partials(x, y, -1); }
  static conditions smooth(const term& x, const term& y) { return {nonzero(x - y)}; }
};

template <> struct row<opcode::max> : binary_row {
  static constexpr std::string_view name = "max";
  static constexpr bool continuous = true;
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::max(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) { return extremum_partials(x, y, 1); }
  static conditions smooth(const term& x, const term& y) { return {nonzero(x - y)}; }
};

// --- special functions of two reals

template <> struct row<opcode::beta> : binary_row {  // gamma(x)*gamma(y)/gamma(x + y)
  static constexpr std::string_view name = "beta";
  static constexpr sign_fact sign = sign_fact::positive_of_positive;
  static constexpr interval sample{0.3, 2.5};
  template <class T> static T value(T x, T y) { return special::beta(x, y); }
  static std::array<term, 2> partial(const term& x, const term& y) {
    term b = beta(x, y), both = digamma(x + y);
    return {b * (digamma(x) - both), b * (digamma(y) - both)};
  }
  static conditions defined(const term& x, const term& y) { return {positive(x), positive(y)}; }
};

struct parametric_row : binary_row {
  static constexpr int parameters = 1;
};

template <> struct row<opcode::polygamma> : parametric_row {  // the derivative of order n of digamma
  static constexpr std::string_view name = "polygamma";
  static constexpr interval sample{0.4, 3.6};
  template <class T> static T value(T n, T x) { return special::polygamma(n, x); }
  static std::array<term, 1> partial(const term& n, const term& x) { return {polygamma(shifted(n, 1), x)}; }
  static conditions defined(const term& n, const term& x) { return {integer(n), nonnegative(n), off_poles(x)}; }
};

// The incomplete gamma functions, regularized: P(a, x) is the integral of t^(a-1)*exp(-t)/gamma(a) from 0 to x, and Q = 1 - P.
template <> struct row<opcode::gammap> : parametric_row {
  static constexpr std::string_view name = "gammap";
  static constexpr sign_fact sign = sign_fact::positive_of_positive;
  static constexpr interval sample{0.6, 3.4};
  template <class T> static T value(T a, T x) { return special::gammap(a, x); }
  static std::array<term, 1> partial(const term& a, const term& x) { return {raised(x, shifted(a, -1)) * exp(-x) / gamma(a)}; }
  static conditions defined(const term& a, const term& x) { return {positive(a), nonnegative(x)}; }
  static conditions smooth(const term&, const term& x) { return {positive(x)}; }
};

template <> struct row<opcode::gammaq> : parametric_row {
  static constexpr std::string_view name = "gammaq";
  static constexpr sign_fact sign = sign_fact::positive_of_positive;
  static constexpr interval sample{0.6, 3.4};
  template <class T> static T value(T a, T x) { return special::gammaq(a, x); }
  static std::array<term, 1> partial(const term& a, const term& x) { return {-(raised(x, shifted(a, -1)) * exp(-x) / gamma(a))}; }
  static conditions defined(const term& a, const term& x) { return {positive(a), nonnegative(x)}; }
  static conditions smooth(const term&, const term& x) { return {positive(x)}; }
};

// Bessel functions of whole order n. Their derivatives are means of the neighbours (Abramowitz and Stegun, 9.1.27 and 9.6.26);
// those of order 0 are functions of order 1.
struct bessel_row : parametric_row {
  static constexpr interval sample{0.4, 3.6};
  static conditions defined(const term& n, const term&) { return {integer(n)}; }
  static bool is_zero(const term& n) { return n.in().on.is_constant(n.as_edge().node, 0); }
};

struct bessel_row_of_positive : bessel_row {
  static conditions defined(const term& n, const term& x) { return {integer(n), positive(x)}; }
};

template <> struct row<opcode::besselj> : bessel_row {
  static constexpr std::string_view name = "besselj";
  template <class T> static T value(T n, T x) { return special::besselj(n, x); }
  static std::array<term, 1> partial(const term& n, const term& x) {
    return {is_zero(n) ? -besselj(n.number(1), x) : (besselj(shifted(n, -1), x) - besselj(shifted(n, 1), x)) / 2};
  }
};

template <> struct row<opcode::bessely> : bessel_row_of_positive {
  static constexpr std::string_view name = "bessely";
  template <class T> static T value(T n, T x) { return special::bessely(n, x); }
  static std::array<term, 1> partial(const term& n, const term& x) {
    return {is_zero(n) ? -bessely(n.number(1), x) : (bessely(shifted(n, -1), x) - bessely(shifted(n, 1), x)) / 2};
  }
};

template <> struct row<opcode::besseli> : bessel_row {
  static constexpr std::string_view name = "besseli";
  template <class T> static T value(T n, T x) { return special::besseli(n, x); }
  static std::array<term, 1> partial(const term& n, const term& x) {
    return {is_zero(n) ? besseli(n.number(1), x) : (besseli(shifted(n, -1), x) + besseli(shifted(n, 1), x)) / 2};
  }
};

template <> struct row<opcode::besselk> : bessel_row_of_positive {
  static constexpr std::string_view name = "besselk";
  template <class T> static T value(T n, T x) { return special::besselk(n, x); }
  static std::array<term, 1> partial(const term& n, const term& x) {
    return {is_zero(n) ? -besselk(n.number(1), x) : -((besselk(shifted(n, -1), x) + besselk(shifted(n, 1), x)) / 2)};
  }
};

}  // namespace ops
}  // namespace wengert
