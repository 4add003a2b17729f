#include <wengert/proof/rules.hpp>

#include <array>
#include <string>

#include <wengert/core/error.hpp>

namespace wengert {

namespace {

using namespace ops;
using T = const term&;
using Q = const rational&;

conditions always(T, T, Q) { return {}; }
conditions x_positive(T x, T, Q) { return {positive(x)}; }
conditions x_nonzero(T x, T, Q) { return {nonzero(x)}; }
conditions x_nonnegative(T x, T, Q) { return {nonnegative(x)}; }
conditions x_nonpositive(T x, T, Q) { return {nonnegative(-x)}; }
conditions both_positive(T x, T y, Q) { return {positive(x), positive(y)}; }
conditions inside_unit(T x, T, Q) { return {positive(1 - square(x))}; }
conditions x_off_poles(T x, T, Q) { return {off_poles(x)}; }
conditions order_and_nonzero(T x, T y, Q) { return {integer(x), nonzero(y)}; }
conditions order_and_positive(T x, T y, Q) { return {integer(x), positive(y)}; }

conditions power_is_real(T x, T y, Q) { return {{relation::real_power, pow(x, y)}}; }
conditions power_is_real_and_nonzero(T x, T y, Q) { return {{relation::real_power, pow(x, y)}, nonzero(x)}; }
conditions order_off_poles(T x, T y, Q) { return {integer(y), nonnegative(y), off_poles(x)}; }

// (-1)^n * n! * x^(-n-1)
term polygamma_step(T n, T x) { return raised(x.number(-1), n) * gamma(shifted(n, 1)) / raised(x, shifted(n, 1)); }

// clang-format off
const std::array all{
    // exponentials and logarithms
    rule{"exp-sum", 2, false, [](T x, T y, Q) { return exp(x + y); }, [](T x, T y, Q) { return exp(x) * exp(y); }, always, nullptr,
         "The exponential of a sum is the product of the exponentials."},
    rule{"exp-multiple", 1, true, [](T x, T, Q c) { return exp(x.number(c) * x); }, [](T x, T, Q c) { return power(exp(x), c); }, always,
         nullptr, "The exponential of a multiple is a power of the exponential."},
    rule{"exp-log", 1, false, [](T x, T, Q) { return exp(log(x)); }, [](T x, T, Q) { return x; }, x_positive, nullptr,
         "The exponential undoes the logarithm of a positive number."},
    rule{"exp-zero", 1, false, [](T x, T, Q) { return exp(x.number(0)); }, [](T x, T, Q) { return x.number(1); }, always, nullptr,
         "exp(0) is 1."},
    rule{"log-exp", 1, false, [](T x, T, Q) { return log(exp(x)); }, [](T x, T, Q) { return x; }, always, nullptr,
         "The logarithm undoes the exponential."},
    rule{"log-one", 1, false, [](T x, T, Q) { return log(x.number(1)); }, [](T x, T, Q) { return x.number(0); }, always, nullptr,
         "log(1) is 0."},
    rule{"log-product", 2, false, [](T x, T y, Q) { return log(x * y); }, [](T x, T y, Q) { return log(x) + log(y); }, both_positive,
         nullptr, "The logarithm of a product of positive numbers is the sum of their logarithms."},
    rule{"log-power", 1, true, [](T x, T, Q c) { return log(power(x, c)); }, [](T x, T, Q c) { return x.number(c) * log(x); },
         x_positive, nullptr, "The logarithm of a power of a positive number is a multiple of its logarithm."},
    rule{"log-even-power", 1, true, [](T x, T, Q c) { return log(power(x, c)); },
         [](T x, T, Q c) { return x.number(c) * log(abs(x)); }, x_nonzero, is_even_integer,
         "The logarithm of an even power is a multiple of the logarithm of the absolute value."},
    rule{"log2-log", 1, false, [](T x, T, Q) { return log2(x); }, [](T x, T, Q) { return log(x) / log(x.number(2)); }, x_positive, nullptr,
         "The logarithm to base 2 by the natural logarithm."},
    rule{"log10-log", 1, false, [](T x, T, Q) { return log10(x); }, [](T x, T, Q) { return log(x) / log(x.number(10)); }, x_positive,
         nullptr, "The logarithm to base 10 by the natural logarithm."},
    rule{"log1p-log", 1, false, [](T x, T, Q) { return log1p(x); }, [](T x, T, Q) { return log(1 + x); },
         [](T x, T, Q) { return conditions{positive(1 + x)}; }, nullptr, "log1p(x) is log(1 + x)."},
    rule{"expm1-exp", 1, false, [](T x, T, Q) { return expm1(x); }, [](T x, T, Q) { return exp(x) - 1; }, always, nullptr,
         "expm1(x) is exp(x) - 1."},
    rule{"pow-exp", 2, false, [](T x, T y, Q) { return pow(x, y); }, [](T x, T y, Q) { return exp(y * log(x)); }, x_positive, nullptr,
         "A real power of a positive number is an exponential."},
    rule{"pow-shift", 2, true, [](T x, T y, Q c) { return pow(x, y + x.number(c)); }, [](T x, T y, Q c) { return pow(x, y) * power(x, c); },
         power_is_real, is_natural, "A power whose exponent is greater by a whole number."},
    rule{"pow-shift-nonzero", 2, true, [](T x, T y, Q c) { return pow(x, y + x.number(c)); },
         [](T x, T y, Q c) { return pow(x, y) * power(x, c); }, power_is_real_and_nonzero, is_integer,
         "A power of a number other than 0 whose exponent is moved by a whole number."},
    rule{"pow-multiple", 2, true, [](T x, T y, Q c) { return pow(x, x.number(c) * y); }, [](T x, T y, Q c) { return power(pow(x, y), c); },
         power_is_real, is_natural, "A power whose exponent is a whole multiple is a power of a power."},
    rule{"pow-multiple-nonzero", 2, true, [](T x, T y, Q c) { return pow(x, x.number(c) * y); },
         [](T x, T y, Q c) { return power(pow(x, y), c); }, power_is_real_and_nonzero, is_integer,
         "A power of a number other than 0 whose exponent is a whole multiple is a power of a power."},
    rule{"alternating-square", 1, false, [](T x, T, Q) { return square(pow(x.number(-1), x)); }, [](T x, T, Q) { return x.number(1); },
         [](T x, T, Q) { return conditions{integer(x)}; }, nullptr, "The square of a whole power of -1 is 1."},
    rule{"xlogy-log", 2, false, [](T x, T y, Q) { return make_term(opcode::xlogy, {x, y}); }, [](T x, T y, Q) { return x * log(y); },
         [](T, T y, Q) { return conditions{positive(y)}; }, nullptr, "xlogy(x, y) is x*log(y) where y > 0."},

    // roots, size, sign
    rule{"even-root", 1, true, [](T x, T, Q c) { return power(square(x), c); }, [](T x, T, Q c) { return power(abs(x), 2 * c); }, always,
         nullptr, "A root of a square is a power of the absolute value."},
    rule{"abs-square", 1, false, [](T x, T, Q) { return square(abs(x)); }, [](T x, T, Q) { return square(x); }, always, nullptr,
         "The square of the absolute value is the square."},
    rule{"abs-nonnegative", 1, false, [](T x, T, Q) { return abs(x); }, [](T x, T, Q) { return x; }, x_nonnegative, nullptr,
         "The absolute value of a number that is not negative is the number."},
    rule{"abs-nonpositive", 1, false, [](T x, T, Q) { return abs(x); }, [](T x, T, Q) { return -x; }, x_nonpositive, nullptr,
         "The absolute value of a number that is not positive is its negative."},
    rule{"abs-product", 2, false, [](T x, T y, Q) { return abs(x * y); }, [](T x, T y, Q) { return abs(x) * abs(y); }, always, nullptr,
         "The absolute value of a product is the product of the absolute values."},
    rule{"abs-power", 1, true, [](T x, T, Q c) { return abs(power(x, c)); }, [](T x, T, Q c) { return power(abs(x), c); }, always, is_integer,
         "The absolute value of a whole power is the power of the absolute value."},
    rule{"abs-negative", 1, false, [](T x, T, Q) { return abs(-x); }, [](T x, T, Q) { return abs(x); }, always, nullptr,
         "A number and its negative have the same absolute value."},
    rule{"sign-positive", 1, false, [](T x, T, Q) { return sign(x); }, [](T x, T, Q) { return x.number(1); }, x_positive, nullptr,
         "The sign of a positive number is 1."},
    rule{"sign-negative", 1, false, [](T x, T, Q) { return sign(x); }, [](T x, T, Q) { return x.number(-1); },
         [](T x, T, Q) { return conditions{positive(-x)}; }, nullptr, "The sign of a negative number is -1."},
    rule{"sign-quotient", 1, false, [](T x, T, Q) { return sign(x); }, [](T x, T, Q) { return abs(x) / x; }, x_nonzero, nullptr,
         "The sign of a number other than 0 is its absolute value over itself."},
    rule{"max-abs", 2, false, [](T x, T y, Q) { return make_term(opcode::max, {x, y}); },
         [](T x, T y, Q) { return (x + y + abs(x - y)) / 2; }, always, nullptr, "The greater of two numbers by the absolute value."},
    rule{"min-abs", 2, false, [](T x, T y, Q) { return make_term(opcode::min, {x, y}); },
         [](T x, T y, Q) { return (x + y - abs(x - y)) / 2; }, always, nullptr, "The lesser of two numbers by the absolute value."},
    rule{"step-sign", 2, false, [](T x, T y, Q) { return select(comparison::lt, x, y, x.number(1), x.number(0)); },
         [](T x, T y, Q) { return (1 + sign(y - x)) / 2; }, [](T x, T y, Q) { return conditions{nonzero(y - x)}; }, nullptr,
         "Where two numbers differ, the step from one to the other is half of 1 plus a sign."},
    rule{"equal-nowhere", 2, false, [](T x, T y, Q) { return select(comparison::eq, x, y, x.number(1), x.number(0)); },
         [](T x, T, Q) { return x.number(0); }, [](T x, T y, Q) { return conditions{nonzero(x - y)}; }, nullptr,
         "Numbers that differ are not equal."},
    rule{"cbrt-cube", 1, false, [](T x, T, Q) { return power(cbrt(x), 3); }, [](T x, T, Q) { return x; }, always, nullptr,
         "The cube of the cube root is the number."},
    rule{"cbrt-root", 1, false, [](T x, T, Q) { return cbrt(x); }, [](T x, T, Q) { return power(x, rational(1, 3)); }, x_positive, nullptr,
         "The cube root of a positive number is its power 1/3."},
    rule{"cbrt-product", 2, false, [](T x, T y, Q) { return cbrt(x * y); }, [](T x, T y, Q) { return cbrt(x) * cbrt(y); }, always, nullptr,
         "The cube root of a product is the product of the cube roots."},
    rule{"cbrt-power", 1, true, [](T x, T, Q c) { return cbrt(power(x, c)); }, [](T x, T, Q c) { return power(cbrt(x), c); }, always,
         is_integer, "The cube root of a whole power is the power of the cube root."},
    rule{"floor-sum", 2, false, [](T x, T y, Q) { return floor(x + y); }, [](T x, T y, Q) { return floor(x) + y; },
         [](T, T y, Q) { return conditions{integer(y)}; }, nullptr, "Rounding down leaves integers as they are."},
    rule{"floor-integer", 1, false, [](T x, T, Q) { return floor(x); }, [](T x, T, Q) { return x; },
         [](T x, T, Q) { return conditions{integer(x)}; }, nullptr, "An integer is rounded to itself."},
    rule{"ceil-floor", 1, false, [](T x, T, Q) { return ceil(x); }, [](T x, T, Q) { return -floor(-x); }, always, nullptr,
         "Rounding up is rounding the negative down."},
    rule{"hypot-root", 2, false, [](T x, T y, Q) { return hypot(x, y); }, [](T x, T y, Q) { return sqrt(square(x) + square(y)); }, always,
         nullptr, "The hypotenuse is the square root of the sum of the squares."},

    // trigonometry
    rule{"tan-quotient", 1, false, [](T x, T, Q) { return tan(x); }, [](T x, T, Q) { return sin(x) / cos(x); },
         [](T x, T, Q) { return conditions{nonzero(cos(x))}; }, nullptr, "The tangent is sine over cosine."},
    rule{"cot-quotient", 1, false, [](T x, T, Q) { return cot(x); }, [](T x, T, Q) { return cos(x) / sin(x); },
         [](T x, T, Q) { return conditions{nonzero(sin(x))}; }, nullptr, "The cotangent is cosine over sine."},
    rule{"sec-quotient", 1, false, [](T x, T, Q) { return sec(x); }, [](T x, T, Q) { return 1 / cos(x); },
         [](T x, T, Q) { return conditions{nonzero(cos(x))}; }, nullptr, "The secant is 1 over cosine."},
    rule{"csc-quotient", 1, false, [](T x, T, Q) { return csc(x); }, [](T x, T, Q) { return 1 / sin(x); },
         [](T x, T, Q) { return conditions{nonzero(sin(x))}; }, nullptr, "The cosecant is 1 over sine."},
    rule{"sin-square", 1, false, [](T x, T, Q) { return square(sin(x)); }, [](T x, T, Q) { return 1 - square(cos(x)); }, always, nullptr,
         "The squares of sine and cosine add up to 1."},
    rule{"sin-odd", 1, false, [](T x, T, Q) { return sin(-x); }, [](T x, T, Q) { return -sin(x); }, always, nullptr, "Sine is odd."},
    rule{"cos-even", 1, false, [](T x, T, Q) { return cos(-x); }, [](T x, T, Q) { return cos(x); }, always, nullptr, "Cosine is even."},
    rule{"sin-sum", 2, false, [](T x, T y, Q) { return sin(x + y); }, [](T x, T y, Q) { return sin(x) * cos(y) + cos(x) * sin(y); }, always,
         nullptr, "The sine of a sum."},
    rule{"cos-sum", 2, false, [](T x, T y, Q) { return cos(x + y); }, [](T x, T y, Q) { return cos(x) * cos(y) - sin(x) * sin(y); }, always,
         nullptr, "The cosine of a sum."},
    rule{"sin-zero", 1, false, [](T x, T, Q) { return sin(x.number(0)); }, [](T x, T, Q) { return x.number(0); }, always, nullptr,
         "sin(0) is 0."},
    rule{"cos-zero", 1, false, [](T x, T, Q) { return cos(x.number(0)); }, [](T x, T, Q) { return x.number(1); }, always, nullptr,
         "cos(0) is 1."},
    rule{"sin-pi", 1, false, [](T x, T, Q) { return sin(pi(x)); }, [](T x, T, Q) { return x.number(0); }, always, nullptr, "sin(pi) is 0."},
    rule{"cos-pi", 1, false, [](T x, T, Q) { return cos(pi(x)); }, [](T x, T, Q) { return x.number(-1); }, always, nullptr, "cos(pi) is -1."},
    rule{"sin-pi-2", 1, false, [](T x, T, Q) { return sin(pi(x) / 2); }, [](T x, T, Q) { return x.number(1); }, always, nullptr,
         "sin(pi/2) is 1."},
    rule{"cos-pi-2", 1, false, [](T x, T, Q) { return cos(pi(x) / 2); }, [](T x, T, Q) { return x.number(0); }, always, nullptr,
         "cos(pi/2) is 0."},
    rule{"sin-pi-3", 1, false, [](T x, T, Q) { return sin(pi(x) / 3); }, [](T x, T, Q) { return sqrt(x.number(3)) / 2; }, always, nullptr,
         "sin(pi/3) is sqrt(3)/2."},
    rule{"cos-pi-3", 1, false, [](T x, T, Q) { return cos(pi(x) / 3); }, [](T x, T, Q) { return x.number(rational(1, 2)); }, always, nullptr,
         "cos(pi/3) is 1/2."},
    rule{"sin-pi-4", 1, false, [](T x, T, Q) { return sin(pi(x) / 4); }, [](T x, T, Q) { return sqrt(x.number(2)) / 2; }, always, nullptr,
         "sin(pi/4) is sqrt(2)/2."},
    rule{"cos-pi-4", 1, false, [](T x, T, Q) { return cos(pi(x) / 4); }, [](T x, T, Q) { return sqrt(x.number(2)) / 2; }, always, nullptr,
         "cos(pi/4) is sqrt(2)/2."},
    rule{"sin-pi-6", 1, false, [](T x, T, Q) { return sin(pi(x) / 6); }, [](T x, T, Q) { return x.number(rational(1, 2)); }, always, nullptr,
         "sin(pi/6) is 1/2."},
    rule{"cos-pi-6", 1, false, [](T x, T, Q) { return cos(pi(x) / 6); }, [](T x, T, Q) { return sqrt(x.number(3)) / 2; }, always, nullptr,
         "cos(pi/6) is sqrt(3)/2."},
    rule{"atan-odd", 1, false, [](T x, T, Q) { return atan(-x); }, [](T x, T, Q) { return -atan(x); }, always, nullptr,
         "The inverse tangent is odd."},
    rule{"asin-odd", 1, false, [](T x, T, Q) { return asin(-x); }, [](T x, T, Q) { return -asin(x); },
         [](T x, T, Q) { return conditions{nonnegative(1 - square(x))}; }, nullptr, "The inverse sine is odd."},
    rule{"acos-asin", 1, false, [](T x, T, Q) { return acos(x); },
         [](T x, T, Q) { return term(x.in(), edge{x.in().on.pi(), {}}) / 2 - asin(x); },
         [](T x, T, Q) { return conditions{nonnegative(1 - square(x))}; }, nullptr, "Inverse sine and inverse cosine add up to pi/2."},
    rule{"acot-atan", 1, false, [](T x, T, Q) { return acot(x); }, [](T x, T, Q) { return atan(1 / x); }, x_nonzero, nullptr,
         "acot(x) is atan(1/x)."},
    rule{"asec-acos", 1, false, [](T x, T, Q) { return asec(x); }, [](T x, T, Q) { return acos(1 / x); },
         [](T x, T, Q) { return conditions{nonnegative(square(x) - 1)}; }, nullptr, "asec(x) is acos(1/x)."},
    rule{"acsc-asin", 1, false, [](T x, T, Q) { return acsc(x); }, [](T x, T, Q) { return asin(1 / x); },
         [](T x, T, Q) { return conditions{nonnegative(square(x) - 1)}; }, nullptr, "acsc(x) is asin(1/x)."},
    rule{"sin-asin", 1, false, [](T x, T, Q) { return sin(asin(x)); }, [](T x, T, Q) { return x; },
         [](T x, T, Q) { return conditions{nonnegative(1 - square(x))}; }, nullptr, "Sine undoes the inverse sine."},
    rule{"cos-asin", 1, false, [](T x, T, Q) { return cos(asin(x)); }, [](T x, T, Q) { return sqrt(1 - square(x)); },
         [](T x, T, Q) { return conditions{nonnegative(1 - square(x))}; }, nullptr, "The cosine of an inverse sine is a root."},
    rule{"sin-atan", 1, false, [](T x, T, Q) { return sin(atan(x)); }, [](T x, T, Q) { return x / sqrt(1 + square(x)); }, always, nullptr,
         "The sine of an inverse tangent is a quotient."},
    rule{"cos-atan", 1, false, [](T x, T, Q) { return cos(atan(x)); }, [](T x, T, Q) { return power(1 + square(x), rational(-1, 2)); },
         always, nullptr, "The cosine of an inverse tangent is 1 over a root."},

    // hyperbolic functions
    rule{"sinh-exp", 1, false, [](T x, T, Q) { return sinh(x); }, [](T x, T, Q) { return (exp(x) - 1 / exp(x)) / 2; }, always, nullptr,
         "The hyperbolic sine by exponentials."},
    rule{"cosh-exp", 1, false, [](T x, T, Q) { return cosh(x); }, [](T x, T, Q) { return (exp(x) + 1 / exp(x)) / 2; }, always, nullptr,
         "The hyperbolic cosine by exponentials."},
    rule{"tanh-exp", 1, false, [](T x, T, Q) { return tanh(x); }, [](T x, T, Q) { return 1 - 2 / (square(exp(x)) + 1); }, always, nullptr,
         "The hyperbolic tangent by exponentials."},
    rule{"coth-exp", 1, false, [](T x, T, Q) { return coth(x); }, [](T x, T, Q) { return 1 + 2 / (square(exp(x)) - 1); },
         x_nonzero, nullptr, "The hyperbolic cotangent by exponentials."},
    rule{"sech-exp", 1, false, [](T x, T, Q) { return sech(x); }, [](T x, T, Q) { return 2 * exp(x) / (square(exp(x)) + 1); }, always,
         nullptr, "The hyperbolic secant by exponentials."},
    rule{"csch-exp", 1, false, [](T x, T, Q) { return csch(x); }, [](T x, T, Q) { return 2 * exp(x) / (square(exp(x)) - 1); }, x_nonzero,
         nullptr, "The hyperbolic cosecant by exponentials."},
    rule{"asinh-log", 1, false, [](T x, T, Q) { return asinh(x); }, [](T x, T, Q) { return log(x + sqrt(square(x) + 1)); }, always, nullptr,
         "The inverse hyperbolic sine is a logarithm."},
    rule{"acosh-log", 1, false, [](T x, T, Q) { return acosh(x); }, [](T x, T, Q) { return log(x + sqrt(square(x) - 1)); },
         [](T x, T, Q) { return conditions{nonnegative(x - 1)}; }, nullptr, "The inverse hyperbolic cosine is a logarithm."},
    rule{"atanh-log", 1, false, [](T x, T, Q) { return atanh(x); }, [](T x, T, Q) { return (log(1 + x) - log(1 - x)) / 2; },
         [](T x, T, Q) { return conditions{positive(1 - square(x))}; }, nullptr, "The inverse hyperbolic tangent by logarithms."},
    rule{"acoth-atanh", 1, false, [](T x, T, Q) { return acoth(x); }, [](T x, T, Q) { return atanh(1 / x); },
         [](T x, T, Q) { return conditions{positive(square(x) - 1)}; }, nullptr, "acoth(x) is atanh(1/x)."},
    rule{"asech-acosh", 1, false, [](T x, T, Q) { return asech(x); }, [](T x, T, Q) { return acosh(1 / x); },
         [](T x, T, Q) { return conditions{positive(x), nonnegative(1 - x)}; }, nullptr, "asech(x) is acosh(1/x)."},
    rule{"acsch-asinh", 1, false, [](T x, T, Q) { return acsch(x); }, [](T x, T, Q) { return asinh(1 / x); }, x_nonzero, nullptr,
         "acsch(x) is asinh(1/x)."},

    // special functions
    rule{"erf-odd", 1, false, [](T x, T, Q) { return erf(-x); }, [](T x, T, Q) { return -erf(x); }, always, nullptr,
         "The error function is odd."},
    rule{"erf-zero", 1, false, [](T x, T, Q) { return erf(x.number(0)); }, [](T x, T, Q) { return x.number(0); }, always, nullptr,
         "erf(0) is 0."},
    rule{"erfc-erf", 1, false, [](T x, T, Q) { return erfc(x); }, [](T x, T, Q) { return 1 - erf(x); }, always, nullptr,
         "erfc(x) is 1 - erf(x)."},
    rule{"erfinv-odd", 1, false, [](T x, T, Q) { return erfinv(-x); }, [](T x, T, Q) { return -erfinv(x); }, inside_unit, nullptr,
         "The inverse of the error function is odd."},
    rule{"erf-erfinv", 1, false, [](T x, T, Q) { return erf(erfinv(x)); }, [](T x, T, Q) { return x; }, inside_unit, nullptr,
         "The error function undoes its inverse."},
    rule{"gamma-step", 1, false, [](T x, T, Q) { return gamma(x + 1); }, [](T x, T, Q) { return x * gamma(x); }, x_off_poles, nullptr,
         "The gamma function at x + 1 is x times its value at x."},
    rule{"gamma-back", 1, false, [](T x, T, Q) { return gamma(x); }, [](T x, T, Q) { return gamma(x + 1) / x; }, x_off_poles, nullptr,
         "The gamma function at x is its value at x + 1 over x."},
    rule{"gamma-one", 1, false, [](T x, T, Q) { return gamma(x.number(1)); }, [](T x, T, Q) { return x.number(1); }, always, nullptr,
         "gamma(1) is 1."},
    rule{"gamma-half", 1, false, [](T x, T, Q) { return gamma(x.number(rational(1, 2))); }, [](T x, T, Q) { return sqrt(pi(x)); }, always,
         nullptr, "gamma(1/2) is the square root of pi."},
    rule{"lgamma-log", 1, false, [](T x, T, Q) { return lgamma(x); }, [](T x, T, Q) { return log(abs(gamma(x))); }, x_off_poles, nullptr,
         "lgamma(x) is the logarithm of the absolute value of gamma(x)."},
    rule{"digamma-step", 1, false, [](T x, T, Q) { return digamma(x + 1); }, [](T x, T, Q) { return digamma(x) + 1 / x; }, x_off_poles,
         nullptr, "The digamma function at x + 1 is its value at x plus 1/x."},
    rule{"digamma-back", 1, false, [](T x, T, Q) { return digamma(x); }, [](T x, T, Q) { return digamma(x + 1) - 1 / x; }, x_off_poles,
         nullptr, "The digamma function at x is its value at x + 1 less 1/x."},
    rule{"polygamma-step", 2, false, [](T x, T y, Q) { return polygamma(y, x + 1); },
         [](T x, T y, Q) { return polygamma(y, x) + polygamma_step(y, x); }, order_off_poles, nullptr,
         "The polygamma function of order n at x + 1 is its value at x plus (-1)^n*n!/x^(n+1)."},
    rule{"polygamma-back", 2, false, [](T x, T y, Q) { return polygamma(y, x); },
         [](T x, T y, Q) { return polygamma(y, x + 1) - polygamma_step(y, x); }, order_off_poles, nullptr,
         "The polygamma function of order n at x is its value at x + 1 less (-1)^n*n!/x^(n+1)."},
    rule{"polygamma-zero", 1, false, [](T x, T, Q) { return polygamma(x.number(0), x); }, [](T x, T, Q) { return digamma(x); }, x_off_poles,
         nullptr, "The polygamma function of order 0 is the digamma function."},
    rule{"beta-gamma", 2, false, [](T x, T y, Q) { return beta(x, y); }, [](T x, T y, Q) { return gamma(x) * gamma(y) / gamma(x + y); },
         both_positive, nullptr, "The beta function by gamma functions."},
    rule{"gammaq-gammap", 2, false, [](T x, T y, Q) { return gammaq(x, y); }, [](T x, T y, Q) { return 1 - gammap(x, y); },
         [](T x, T y, Q) { return conditions{positive(x), nonnegative(y)}; }, nullptr,
         "The two regularized incomplete gamma functions add up to 1."},
    rule{"lambertw-exp", 1, false, [](T x, T, Q) { return exp(lambertw(x)); }, [](T x, T, Q) { return x / lambertw(x); },
         [](T x, T, Q) { return conditions{nonzero(x), nonnegative(x + exp(x.number(-1)))}; }, nullptr,
         "The Lambert function w of x has w*exp(w) = x."},
    rule{"besselj-step", 2, false, [](T x, T y, Q) { return besselj(x + 1, y); },
         [](T x, T y, Q) { return 2 * x * besselj(x, y) / y - besselj(x - 1, y); }, order_and_nonzero, nullptr,
         "Three Bessel functions of the first kind of neighbouring orders."},
    rule{"besselj-back", 2, false, [](T x, T y, Q) { return besselj(x, y); },
         [](T x, T y, Q) { return 2 * (x + 1) * besselj(x + 1, y) / y - besselj(x + 2, y); }, order_and_nonzero, nullptr,
         "A Bessel function (of the first kind) by those of the next two orders."},
    rule{"bessely-step", 2, false, [](T x, T y, Q) { return bessely(x + 1, y); },
         [](T x, T y, Q) { return 2 * x * bessely(x, y) / y - bessely(x - 1, y); }, order_and_positive, nullptr,
         "Three Bessel functions of the second kind of neighbouring orders."},
    rule{"bessely-back", 2, false, [](T x, T y, Q) { return bessely(x, y); },
         [](T x, T y, Q) { return 2 * (x + 1) * bessely(x + 1, y) / y - bessely(x + 2, y); }, order_and_positive, nullptr,
         "A Bessel function (of the second kind) by those of the next two orders."},
    rule{"besseli-step", 2, false, [](T x, T y, Q) { return besseli(x + 1, y); },
         [](T x, T y, Q) { return besseli(x - 1, y) - 2 * x * besseli(x, y) / y; }, order_and_nonzero, nullptr,
         "Three modified Bessel functions of the first kind of neighbouring orders."},
    rule{"besseli-back", 2, false, [](T x, T y, Q) { return besseli(x, y); },
         [](T x, T y, Q) { return besseli(x + 2, y) + 2 * (x + 1) * besseli(x + 1, y) / y; }, order_and_nonzero, nullptr,
         "A Bessel function (modified, of the first kind) by those of the next two orders."},
    rule{"besselk-step", 2, false, [](T x, T y, Q) { return besselk(x + 1, y); },
         [](T x, T y, Q) { return besselk(x - 1, y) + 2 * x * besselk(x, y) / y; }, order_and_positive, nullptr,
         "Three modified Bessel functions of the second kind of neighbouring orders."},
    rule{"besselk-back", 2, false, [](T x, T y, Q) { return besselk(x, y); },
         [](T x, T y, Q) { return besselk(x + 2, y) - 2 * (x + 1) * besselk(x + 1, y) / y; }, order_and_positive, nullptr,
         "A Bessel function (modified, of the second kind) by those of the next two orders."},
};
// clang-format on

}  // namespace

std::span<const rule> rules() { return all; }

const rule& find_rule(std::string_view name) {
  for (const rule& r : all)
    if (r.name == name) return r;
  throw defect("no rule is named " + std::string(name));
}

}  // namespace wengert
