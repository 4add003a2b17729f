#include <wengert/proof/rules.hpp>

#include <array>
#include <string>

#include <wengert/core/error.hpp>

namespace wengert {

namespace {

using namespace ops;
using T = const term&;
using Q = const rational&;

// (-1)^n * n! * x^(-n-1)
term polygamma_step(T n, T x) { return raised(x.number(-1), n) * gamma(shifted(n, 1)) / raised(x, shifted(n, 1)); }

bool any(Q) { return true; }

// clang-format off
#define TERM(...) []([[maybe_unused]] T x, [[maybe_unused]] T y, [[maybe_unused]] Q c) -> term { return __VA_ARGS__; }
#define WHERE(...) []([[maybe_unused]] T x, [[maybe_unused]] T y, Q) -> conditions { return {__VA_ARGS__}; }
const std::array all = std::to_array<rule>({
    // exponentials and logarithms
    {"exp-sum", 2, TERM(exp(x + y)), TERM(exp(x) * exp(y)), WHERE(),
     "The exponential of a sum is the product of the exponentials."},
    {"exp-multiple", 1, TERM(exp(x.number(c) * x)), TERM(power(exp(x), c)), WHERE(),
     "The exponential of a multiple is a power of the exponential.", any},
    {"exp-log", 1, TERM(exp(log(x))), TERM(x), WHERE(positive(x)), "The exponential undoes the logarithm of a positive number."},
    {"exp-zero", 1, TERM(exp(x.number(0))), TERM(x.number(1)), WHERE(), "exp(0) is 1."},
    {"log-exp", 1, TERM(log(exp(x))), TERM(x), WHERE(), "The logarithm undoes the exponential."},
    {"log-one", 1, TERM(log(x.number(1))), TERM(x.number(0)), WHERE(), "log(1) is 0."},
    {"log-product", 2, TERM(log(x * y)), TERM(log(x) + log(y)), WHERE(positive(x), positive(y)),
     "The logarithm of a product of positive numbers is the sum of their logarithms."},
    {"log-power", 1, TERM(log(power(x, c))), TERM(x.number(c) * log(x)), WHERE(positive(x)),
     "The logarithm of a power of a positive number is a multiple of its logarithm.", any},
    {"log-even-power", 1, TERM(log(power(x, c))), TERM(x.number(c) * log(abs(x))), WHERE(nonzero(x)),
     "The logarithm of an even power is a multiple of the logarithm of the absolute value.", is_even_integer},
    {"log2-log", 1, TERM(log2(x)), TERM(log(x) / log(x.number(2))), WHERE(positive(x)),
     "The logarithm to base 2 by the natural logarithm."},
    {"log10-log", 1, TERM(log10(x)), TERM(log(x) / log(x.number(10))), WHERE(positive(x)),
     "The logarithm to base 10 by the natural logarithm."},
    {"log1p-log", 1, TERM(log1p(x)), TERM(log(1 + x)), WHERE(positive(1 + x)), "log1p(x) is log(1 + x)."},
    {"expm1-exp", 1, TERM(expm1(x)), TERM(exp(x) - 1), WHERE(), "expm1(x) is exp(x) - 1."},
    {"pow-exp", 2, TERM(pow(x, y)), TERM(exp(y * log(x))), WHERE(positive(x)),
     "A real power of a positive number is an exponential."},
    {"pow-shift", 2, TERM(pow(x, y + x.number(c))), TERM(pow(x, y) * power(x, c)), WHERE({relation::real_power, pow(x, y)}),
     "A power whose exponent is greater by a whole number.", is_natural},
    {"pow-shift-nonzero", 2, TERM(pow(x, y + x.number(c))), TERM(pow(x, y) * power(x, c)),
     WHERE({relation::real_power, pow(x, y)}, nonzero(x)),
     "A power of a number other than 0 whose exponent is moved by a whole number.", is_integer},
    {"pow-multiple", 2, TERM(pow(x, x.number(c) * y)), TERM(power(pow(x, y), c)), WHERE({relation::real_power, pow(x, y)}),
     "A power whose exponent is a whole multiple is a power of a power.", is_natural},
    {"pow-multiple-nonzero", 2, TERM(pow(x, x.number(c) * y)), TERM(power(pow(x, y), c)),
     WHERE({relation::real_power, pow(x, y)}, nonzero(x)),
     "A power of a number other than 0 whose exponent is a whole multiple is a power of a power.", is_integer},
    {"alternating-square", 1, TERM(square(pow(x.number(-1), x))), TERM(x.number(1)), WHERE(integer(x)),
     "The square of a whole power of -1 is 1."},
    {"xlogy-log", 2, TERM(xlogy(x, y)), TERM(x * log(y)), WHERE(positive(y)),
     "xlogy(x, y) is x*log(y) where y > 0."},
    {"xlogy-factor", 2, TERM(xlogy(x, x * y)), TERM(xlogy(x, x) + xlogy(x, y)), WHERE(nonnegative(x), positive(y)),
     "xlogy(x, x*y) is xlogy(x, x) + xlogy(x, y), also at x = 0, where all are 0."},
    // roots, size, sign
    {"even-root", 1, TERM(power(square(x), c)), TERM(power(abs(x), 2 * c)), WHERE(),
     "A root of a square is a power of the absolute value.", any},
    {"abs-square", 1, TERM(square(abs(x))), TERM(square(x)), WHERE(), "The square of the absolute value is the square."},
    {"abs-nonnegative", 1, TERM(abs(x)), TERM(x), WHERE(nonnegative(x)),
     "The absolute value of a number that is not negative is the number."},
    {"abs-nonpositive", 1, TERM(abs(x)), TERM(-x), WHERE(nonnegative(-x)),
     "The absolute value of a number that is not positive is its negative."},
    {"abs-product", 2, TERM(abs(x * y)), TERM(abs(x) * abs(y)), WHERE(),
     "The absolute value of a product is the product of the absolute values."},
    {"abs-power", 1, TERM(abs(power(x, c))), TERM(power(abs(x), c)), WHERE(),
     "The absolute value of a whole power is the power of the absolute value.", is_integer},
    {"abs-negative", 1, TERM(abs(-x)), TERM(abs(x)), WHERE(), "A number and its negative have the same absolute value."},
    {"sign-positive", 1, TERM(sign(x)), TERM(x.number(1)), WHERE(positive(x)), "The sign of a positive number is 1."},
    {"sign-negative", 1, TERM(sign(x)), TERM(x.number(-1)), WHERE(positive(-x)), "The sign of a negative number is -1."},
    {"sign-odd", 1, TERM(sign(-x)), TERM(-sign(x)), WHERE(), "Signs are odd."},
    {"sign-quotient", 1, TERM(sign(x)), TERM(abs(x) / x), WHERE(nonzero(x)),
     "The sign of a number other than 0 is its absolute value over itself."},
    {"max-abs", 2, TERM(max(x, y)), TERM((x + y + abs(x - y)) / 2), WHERE(),
     "The greater of two numbers by the absolute value."},
    {"min-abs", 2, TERM(min(x, y)), TERM((x + y - abs(x - y)) / 2), WHERE(),
     "The lesser of two numbers by the absolute value."},
    {"step-sign", 2, TERM(select(comparison::lt, x, y, x.number(1), x.number(0))), TERM((1 + sign(y - x)) / 2),
     WHERE(nonzero(y - x)), "Where two numbers differ, the step from one to the other is half of 1 plus a sign."},
    {"equal-nowhere", 2, TERM(select(comparison::eq, x, y, x.number(1), x.number(0))), TERM(x.number(0)), WHERE(nonzero(x - y)),
     "Numbers that differ are not equal."},
    {"cbrt-cube", 1, TERM(power(cbrt(x), 3)), TERM(x), WHERE(), "The cube of the cube root is the number."},
    {"cbrt-root", 1, TERM(cbrt(x)), TERM(power(x, rational(1, 3))), WHERE(positive(x)),
     "The cube root of a positive number is its power 1/3."},
    {"cbrt-product", 2, TERM(cbrt(x * y)), TERM(cbrt(x) * cbrt(y)), WHERE(),
     "The cube root of a product is the product of the cube roots."},
    {"cbrt-power", 1, TERM(cbrt(power(x, c))), TERM(power(cbrt(x), c)), WHERE(),
     "The cube root of a whole power is the power of the cube root.", is_integer},
    {"floor-sum", 2, TERM(floor(x + y)), TERM(floor(x) + y), WHERE(integer(y)), "Rounding down leaves integers as they are."},
    {"floor-integer", 1, TERM(floor(x)), TERM(x), WHERE(integer(x)), "An integer is rounded to itself."},
    {"ceil-floor", 1, TERM(ceil(x)), TERM(-floor(-x)), WHERE(), "Rounding up is rounding the negative down."},
    {"hypot-root", 2, TERM(hypot(x, y)), TERM(sqrt(square(x) + square(y))), WHERE(),
     "The hypotenuse is the square root of the sum of the squares."},
    // trigonometry
    {"tan-quotient", 1, TERM(tan(x)), TERM(sin(x) / cos(x)), WHERE(nonzero(cos(x))), "The tangent is sine over cosine."},
    {"cot-quotient", 1, TERM(cot(x)), TERM(cos(x) / sin(x)), WHERE(nonzero(sin(x))), "The cotangent is cosine over sine."},
    {"sec-quotient", 1, TERM(sec(x)), TERM(1 / cos(x)), WHERE(nonzero(cos(x))), "The secant is 1 over cosine."},
    {"csc-quotient", 1, TERM(csc(x)), TERM(1 / sin(x)), WHERE(nonzero(sin(x))), "The cosecant is 1 over sine."},
    {"sin-square", 1, TERM(square(sin(x))), TERM(1 - square(cos(x))), WHERE(), "The squares of sine and cosine add up to 1."},
    {"sin-odd", 1, TERM(sin(-x)), TERM(-sin(x)), WHERE(), "Sine is odd."},
    {"cos-even", 1, TERM(cos(-x)), TERM(cos(x)), WHERE(), "Cosine is even."},
    {"sin-sum", 2, TERM(sin(x + y)), TERM(sin(x) * cos(y) + cos(x) * sin(y)), WHERE(), "The sine of a sum."},
    {"cos-sum", 2, TERM(cos(x + y)), TERM(cos(x) * cos(y) - sin(x) * sin(y)), WHERE(), "The cosine of a sum."},
    {"sin-zero", 1, TERM(sin(x.number(0))), TERM(x.number(0)), WHERE(), "sin(0) is 0."},
    {"cos-zero", 1, TERM(cos(x.number(0))), TERM(x.number(1)), WHERE(), "cos(0) is 1."},
    {"sin-pi", 1, TERM(sin(pi(x))), TERM(x.number(0)), WHERE(), "sin(pi) is 0."},
    {"cos-pi", 1, TERM(cos(pi(x))), TERM(x.number(-1)), WHERE(), "cos(pi) is -1."},
    {"sin-pi-2", 1, TERM(sin(pi(x) / 2)), TERM(x.number(1)), WHERE(), "sin(pi/2) is 1."},
    {"cos-pi-2", 1, TERM(cos(pi(x) / 2)), TERM(x.number(0)), WHERE(), "cos(pi/2) is 0."},
    {"sin-pi-3", 1, TERM(sin(pi(x) / 3)), TERM(sqrt(x.number(3)) / 2), WHERE(), "sin(pi/3) is sqrt(3)/2."},
    {"cos-pi-3", 1, TERM(cos(pi(x) / 3)), TERM(x.number(rational(1, 2))), WHERE(), "cos(pi/3) is 1/2."},
    {"sin-pi-4", 1, TERM(sin(pi(x) / 4)), TERM(sqrt(x.number(2)) / 2), WHERE(), "sin(pi/4) is sqrt(2)/2."},
    {"cos-pi-4", 1, TERM(cos(pi(x) / 4)), TERM(sqrt(x.number(2)) / 2), WHERE(), "cos(pi/4) is sqrt(2)/2."},
    {"sin-pi-6", 1, TERM(sin(pi(x) / 6)), TERM(x.number(rational(1, 2))), WHERE(), "sin(pi/6) is 1/2."},
    {"cos-pi-6", 1, TERM(cos(pi(x) / 6)), TERM(sqrt(x.number(3)) / 2), WHERE(), "cos(pi/6) is sqrt(3)/2."},
    {"atan-odd", 1, TERM(atan(-x)), TERM(-atan(x)), WHERE(), "The inverse tangent is odd."},
    {"asin-odd", 1, TERM(asin(-x)), TERM(-asin(x)), WHERE(nonnegative(1 - square(x))), "The inverse sine is odd."},
    {"acos-asin", 1, TERM(acos(x)), TERM(pi(x) / 2 - asin(x)), WHERE(nonnegative(1 - square(x))),
     "Inverse sine and inverse cosine add up to pi/2."},
    {"acot-atan", 1, TERM(acot(x)), TERM(atan(1 / x)), WHERE(nonzero(x)), "acot(x) is atan(1/x)."},
    {"asec-acos", 1, TERM(asec(x)), TERM(acos(1 / x)), WHERE(nonnegative(square(x) - 1)), "asec(x) is acos(1/x)."},
    {"acsc-asin", 1, TERM(acsc(x)), TERM(asin(1 / x)), WHERE(nonnegative(square(x) - 1)), "acsc(x) is asin(1/x)."},
    {"sin-asin", 1, TERM(sin(asin(x))), TERM(x), WHERE(nonnegative(1 - square(x))), "Sine undoes the inverse sine."},
    {"cos-asin", 1, TERM(cos(asin(x))), TERM(sqrt(1 - square(x))), WHERE(nonnegative(1 - square(x))),
     "The cosine of an inverse sine is a root."},
    {"sin-atan", 1, TERM(sin(atan(x))), TERM(x / sqrt(1 + square(x))), WHERE(), "The sine of an inverse tangent is a quotient."},
    {"cos-atan", 1, TERM(cos(atan(x))), TERM(power(1 + square(x), rational(-1, 2))), WHERE(),
     "The cosine of an inverse tangent is 1 over a root."},
    // hyperbolic functions
    {"sinh-exp", 1, TERM(sinh(x)), TERM((exp(x) - 1 / exp(x)) / 2), WHERE(), "The hyperbolic sine by exponentials."},
    {"cosh-exp", 1, TERM(cosh(x)), TERM((exp(x) + 1 / exp(x)) / 2), WHERE(), "The hyperbolic cosine by exponentials."},
    {"tanh-exp", 1, TERM(tanh(x)), TERM(1 - 2 / (square(exp(x)) + 1)), WHERE(), "The hyperbolic tangent by exponentials."},
    {"coth-exp", 1, TERM(coth(x)), TERM(1 + 2 / (square(exp(x)) - 1)), WHERE(nonzero(x)),
     "The hyperbolic cotangent by exponentials."},
    {"sech-exp", 1, TERM(sech(x)), TERM(2 * exp(x) / (square(exp(x)) + 1)), WHERE(), "The hyperbolic secant by exponentials."},
    {"csch-exp", 1, TERM(csch(x)), TERM(2 * exp(x) / (square(exp(x)) - 1)), WHERE(nonzero(x)),
     "The hyperbolic cosecant by exponentials."},
    {"asinh-log", 1, TERM(asinh(x)), TERM(log(x + sqrt(square(x) + 1))), WHERE(), "The inverse hyperbolic sine is a logarithm."},
    {"acosh-log", 1, TERM(acosh(x)), TERM(log(x + sqrt(square(x) - 1))), WHERE(nonnegative(x - 1)),
     "The inverse hyperbolic cosine is a logarithm."},
    {"atanh-log", 1, TERM(atanh(x)), TERM((log(1 + x) - log(1 - x)) / 2), WHERE(positive(1 - square(x))),
     "The inverse hyperbolic tangent by logarithms."},
    {"acoth-atanh", 1, TERM(acoth(x)), TERM(atanh(1 / x)), WHERE(positive(square(x) - 1)), "acoth(x) is atanh(1/x)."},
    {"asech-acosh", 1, TERM(asech(x)), TERM(acosh(1 / x)), WHERE(positive(x), nonnegative(1 - x)), "asech(x) is acosh(1/x)."},
    {"acsch-asinh", 1, TERM(acsch(x)), TERM(asinh(1 / x)), WHERE(nonzero(x)), "acsch(x) is asinh(1/x)."},
    // special functions
    {"erf-odd", 1, TERM(erf(-x)), TERM(-erf(x)), WHERE(), "The error function is odd."},
    {"erf-zero", 1, TERM(erf(x.number(0))), TERM(x.number(0)), WHERE(), "erf(0) is 0."},
    {"erfc-erf", 1, TERM(erfc(x)), TERM(1 - erf(x)), WHERE(), "erfc(x) is 1 - erf(x)."},
    {"erfinv-odd", 1, TERM(erfinv(-x)), TERM(-erfinv(x)), WHERE(positive(1 - square(x))),
     "The inverse of the error function is odd."},
    {"erf-erfinv", 1, TERM(erf(erfinv(x))), TERM(x), WHERE(positive(1 - square(x))), "The error function undoes its inverse."},
    {"gamma-step", 1, TERM(gamma(x + 1)), TERM(x * gamma(x)), WHERE(off_poles(x)),
     "The gamma function at x + 1 is x times its value at x."},
    {"gamma-back", 1, TERM(gamma(x)), TERM(gamma(x + 1) / x), WHERE(off_poles(x)),
     "The gamma function at x is its value at x + 1 over x."},
    {"gamma-one", 1, TERM(gamma(x.number(1))), TERM(x.number(1)), WHERE(), "gamma(1) is 1."},
    {"gamma-half", 1, TERM(gamma(x.number(rational(1, 2)))), TERM(sqrt(pi(x))), WHERE(), "gamma(1/2) is the square root of pi."},
    {"lgamma-log", 1, TERM(lgamma(x)), TERM(log(abs(gamma(x)))), WHERE(off_poles(x)),
     "lgamma(x) is the logarithm of the absolute value of gamma(x)."},
    {"digamma-step", 1, TERM(digamma(x + 1)), TERM(digamma(x) + 1 / x), WHERE(off_poles(x)),
     "The digamma function at x + 1 is its value at x plus 1/x."},
    {"digamma-back", 1, TERM(digamma(x)), TERM(digamma(x + 1) - 1 / x), WHERE(off_poles(x)),
     "The digamma function at x is its value at x + 1 less 1/x."},
    {"polygamma-step", 2, TERM(polygamma(y, x + 1)), TERM(polygamma(y, x) + polygamma_step(y, x)),
     WHERE(integer(y), nonnegative(y), off_poles(x)),
     "The polygamma function of order n at x + 1 is its value at x plus (-1)^n*n!/x^(n+1)."},
    {"polygamma-back", 2, TERM(polygamma(y, x)), TERM(polygamma(y, x + 1) - polygamma_step(y, x)),
     WHERE(integer(y), nonnegative(y), off_poles(x)),
     "The polygamma function of order n at x is its value at x + 1 less (-1)^n*n!/x^(n+1)."},
    {"polygamma-zero", 1, TERM(polygamma(x.number(0), x)), TERM(digamma(x)), WHERE(off_poles(x)),
     "The polygamma function of order 0 is the digamma function."},
    {"beta-gamma", 2, TERM(beta(x, y)), TERM(gamma(x) * gamma(y) / gamma(x + y)), WHERE(positive(x), positive(y)),
     "The beta function by gamma functions."},
    {"gammaq-gammap", 2, TERM(gammaq(x, y)), TERM(1 - gammap(x, y)), WHERE(positive(x), nonnegative(y)),
     "The two regularized incomplete gamma functions add up to 1."},
    {"lambertw-exp", 1, TERM(exp(lambertw(x))), TERM(x / lambertw(x)), WHERE(nonzero(x), nonnegative(x + exp(x.number(-1)))),
     "The Lambert function w of x has w*exp(w) = x."},
    {"besselj-step", 2, TERM(besselj(x + 1, y)), TERM(2 * x * besselj(x, y) / y - besselj(x - 1, y)), WHERE(integer(x), nonzero(y)),
     "Three Bessel functions of the first kind of neighbouring orders."},
    {"besselj-back", 2, TERM(besselj(x, y)), TERM(2 * (x + 1) * besselj(x + 1, y) / y - besselj(x + 2, y)),
     WHERE(integer(x), nonzero(y)), "A Bessel function (of the first kind) by those of the next two orders."},
    {"bessely-step", 2, TERM(bessely(x + 1, y)), TERM(2 * x * bessely(x, y) / y - bessely(x - 1, y)),
     WHERE(integer(x), positive(y)), "Three Bessel functions of the second kind of neighbouring orders."},
    {"bessely-back", 2, TERM(bessely(x, y)), TERM(2 * (x + 1) * bessely(x + 1, y) / y - bessely(x + 2, y)),
     WHERE(integer(x), positive(y)), "A Bessel function (of the second kind) by those of the next two orders."},
    {"besseli-step", 2, TERM(besseli(x + 1, y)), TERM(besseli(x - 1, y) - 2 * x * besseli(x, y) / y), WHERE(integer(x), nonzero(y)),
     "Three modified Bessel functions of the first kind of neighbouring orders."},
    {"besseli-back", 2, TERM(besseli(x, y)), TERM(besseli(x + 2, y) + 2 * (x + 1) * besseli(x + 1, y) / y),
     WHERE(integer(x), nonzero(y)), "A Bessel function (modified, of the first kind) by those of the next two orders."},
    {"besselk-step", 2, TERM(besselk(x + 1, y)), TERM(besselk(x - 1, y) + 2 * x * besselk(x, y) / y),
     WHERE(integer(x), positive(y)), "Three modified Bessel functions of the second kind of neighbouring orders."},
    {"besselk-back", 2, TERM(besselk(x, y)), TERM(besselk(x + 2, y) - 2 * (x + 1) * besselk(x + 1, y) / y),
     WHERE(integer(x), positive(y)), "A Bessel function (modified, of the second kind) by those of the next two orders."},
});
// clang-format on

}  // namespace

std::span<const rule> rules() { return all; }

const rule& find_rule(std::string_view name) {
  for (const rule& r : all)
    if (r.name == name) return r;
  throw defect("no rule is named " + std::string(name));
}

}  // namespace wengert
