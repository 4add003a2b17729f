#include <array>
#include <unordered_map>

#include "tables.hpp"

namespace checker {

namespace {

using enum known_sign;

// clang-format off
// Formulas: f of x or of x, y; several are parted by ';'. In a condition a relation stands behind the formula.
constexpr std::array function_rows{
    function_row{"exp", 1, 0, positive, false, true, "exp(x)", "", ""},
    function_row{"log", 1, 0, nothing, false, false, "1/x", "x > 0", ""},
    function_row{"log2", 1, 0, nothing, false, false, "1/(x*log(2))", "x > 0", ""},
    function_row{"log10", 1, 0, nothing, false, false, "1/(x*log(10))", "x > 0", ""},
    function_row{"log1p", 1, 0, nothing, false, false, "1/(1 + x)", "1 + x > 0", ""},
    function_row{"expm1", 1, 0, as_argument, false, true, "exp(x)", "", ""},
    function_row{"cbrt", 1, 0, as_argument, false, true, "1/(3*cbrt(x)^2)", "", "x != 0"},
    function_row{"abs", 1, 0, nonnegative, false, true, "sign(x)", "", "x != 0"},
    function_row{"sign", 1, 0, as_argument, false, false, "0", "", "x != 0"},
    function_row{"floor", 1, 0, nothing, false, false, "0", "", "x not-integer"},
    function_row{"ceil", 1, 0, nothing, false, false, "0", "", "x not-integer"},
    function_row{"sin", 1, 0, nothing, false, true, "cos(x)", "", ""},
    function_row{"cos", 1, 0, nothing, false, true, "-sin(x)", "", ""},
    function_row{"tan", 1, 0, nothing, false, false, "1 + tan(x)^2", "cos(x) != 0", ""},
    function_row{"cot", 1, 0, nothing, false, false, "-(1 + cot(x)^2)", "sin(x) != 0", ""},
    function_row{"sec", 1, 0, nothing, true, false, "sec(x)*tan(x)", "cos(x) != 0", ""},
    function_row{"csc", 1, 0, nothing, true, false, "-(csc(x)*cot(x))", "sin(x) != 0", ""},
    function_row{"asin", 1, 0, nothing, false, false, "(1 - x^2)^(-1/2)", "1 - x^2 >= 0", "1 - x^2 > 0"},
    function_row{"acos", 1, 0, nothing, false, false, "-(1 - x^2)^(-1/2)", "1 - x^2 >= 0", "1 - x^2 > 0"},
    function_row{"atan", 1, 0, as_argument, false, true, "1/(1 + x^2)", "", ""},
    function_row{"acot", 1, 0, nothing, false, false, "-(1/(1 + x^2))", "x != 0", ""},
    function_row{"asec", 1, 0, nothing, false, false, "1/(abs(x)*(x^2 - 1)^(1/2))", "x^2 - 1 >= 0", "x^2 - 1 > 0"},
    function_row{"acsc", 1, 0, nothing, false, false, "-(1/(abs(x)*(x^2 - 1)^(1/2)))", "x^2 - 1 >= 0", "x^2 - 1 > 0"},
    function_row{"sinh", 1, 0, as_argument, false, true, "cosh(x)", "", ""},
    function_row{"cosh", 1, 0, positive, false, true, "sinh(x)", "", ""},
    function_row{"tanh", 1, 0, as_argument, false, true, "1 - tanh(x)^2", "", ""},
    function_row{"coth", 1, 0, nothing, true, false, "1 - coth(x)^2", "x != 0", ""},
    function_row{"sech", 1, 0, positive, false, true, "-(sech(x)*tanh(x))", "", ""},
    function_row{"csch", 1, 0, nothing, true, false, "-(csch(x)*coth(x))", "x != 0", ""},
    function_row{"asinh", 1, 0, as_argument, false, true, "(x^2 + 1)^(-1/2)", "", ""},
    function_row{"acosh", 1, 0, nonnegative, false, false, "(x^2 - 1)^(-1/2)", "x - 1 >= 0", "x - 1 > 0"},
    function_row{"atanh", 1, 0, nothing, false, false, "1/(1 - x^2)", "1 - x^2 > 0", ""},
    function_row{"acoth", 1, 0, nothing, false, false, "1/(1 - x^2)", "x^2 - 1 > 0", ""},
    function_row{"asech", 1, 0, nonnegative, false, false, "-(1/(x*(1 - x^2)^(1/2)))", "x > 0; 1 - x >= 0", "1 - x > 0"},
    function_row{"acsch", 1, 0, nothing, false, false, "-(1/(abs(x)*(1 + x^2)^(1/2)))", "x != 0", ""},
    function_row{"erf", 1, 0, as_argument, false, true, "2*pi^(-1/2)*exp(-x^2)", "", ""},
    function_row{"erfc", 1, 0, positive, false, true, "-2*pi^(-1/2)*exp(-x^2)", "", ""},
    function_row{"erfinv", 1, 0, as_argument, false, false, "pi^(1/2)/2*exp(erfinv(x)^2)", "1 - x^2 > 0", ""},
    function_row{"gamma", 1, 0, positive_of_positive, true, false, "gamma(x)*digamma(x)", "x off-poles", ""},
    function_row{"lgamma", 1, 0, nothing, false, false, "digamma(x)", "x off-poles", ""},
    function_row{"digamma", 1, 0, nothing, false, false, "polygamma(1, x)", "x off-poles", ""},
    function_row{"expint", 1, 0, nothing, false, false, "exp(x)/x", "x != 0", ""},
    function_row{"lambertw", 1, 0, as_argument, false, false, "exp(-lambertw(x))/(1 + lambertw(x))", "x + exp(-1) >= 0", "x + exp(-1) > 0"},
    function_row{"pow", 2, 0, nothing, false, false, "y*pow(x, y - 1); log(x)*pow(x, y)", "pow(x, y) real-power", ""},
    function_row{"atan2", 2, 0, nothing, false, false, "y/(y^2 + x^2); -(x/(y^2 + x^2))", "y^2 + x^2 > 0", "hypot(y, x) + y > 0"},
    function_row{"hypot", 2, 0, nonnegative, false, true, "x/hypot(x, y); y/hypot(x, y)", "", "x^2 + y^2 > 0"},
    function_row{"xlogy", 2, 0, nothing, false, false, "log(y); x/y", "if(x = 0, 1, y) > 0", "y > 0"},
    function_row{"min", 2, 0, nothing, false, true, "(1 + sign(y - x))/2; (1 - sign(y - x))/2", "", "x - y != 0"},
    function_row{"max", 2, 0, nothing, false, true, "(1 + sign(x - y))/2; (1 - sign(x - y))/2", "", "x - y != 0"},
    function_row{"beta", 2, 0, positive_of_positive, false, false,
                 "beta(x, y)*(digamma(x) - digamma(x + y)); beta(x, y)*(digamma(y) - digamma(x + y))", "x > 0; y > 0", ""},
    function_row{"polygamma", 2, 1, nothing, false, false, "polygamma(next(x), y)", "x integer; x >= 0; y off-poles", ""},
    function_row{"gammap", 2, 1, positive_of_positive, false, false, "raised(y, before(x))*exp(-y)/gamma(x)", "x > 0; y >= 0", "y > 0"},
    function_row{"gammaq", 2, 1, positive_of_positive, false, false, "-(raised(y, before(x))*exp(-y)/gamma(x))", "x > 0; y >= 0", "y > 0"},
    // at order 0; at any other
    function_row{"besselj", 2, 1, nothing, false, false, "-besselj(1, y); (besselj(before(x), y) - besselj(next(x), y))/2", "x integer", ""},
    function_row{"bessely", 2, 1, nothing, false, false, "-bessely(1, y); (bessely(before(x), y) - bessely(next(x), y))/2", "x integer; y > 0", ""},
    function_row{"besseli", 2, 1, nothing, false, false, "besseli(1, y); (besseli(before(x), y) + besseli(next(x), y))/2", "x integer", ""},
    function_row{"besselk", 2, 1, nothing, false, false, "-besselk(1, y); -((besselk(before(x), y) + besselk(next(x), y))/2)", "x integer; y > 0", ""},
};

constexpr std::array rule_rows{
    rule_row{"exp-sum", 2, 0, "exp(x + y)", "exp(x)*exp(y)", ""},
    rule_row{"exp-multiple", 1, 'q', "exp(c*x)", "exp(x)^c", ""},
    rule_row{"exp-log", 1, 0, "exp(log(x))", "x", "x > 0"},
    rule_row{"exp-zero", 1, 0, "exp(0)", "1", ""},
    rule_row{"log-exp", 1, 0, "log(exp(x))", "x", ""},
    rule_row{"log-one", 1, 0, "log(1)", "0", ""},
    rule_row{"log-product", 2, 0, "log(x*y)", "log(x) + log(y)", "x > 0; y > 0"},
    rule_row{"log-power", 1, 'q', "log(x^c)", "c*log(x)", "x > 0"},
    rule_row{"log-even-power", 1, 'e', "log(x^c)", "c*log(abs(x))", "x != 0"},
    rule_row{"log2-log", 1, 0, "log2(x)", "log(x)/log(2)", "x > 0"},
    rule_row{"log10-log", 1, 0, "log10(x)", "log(x)/log(10)", "x > 0"},
    rule_row{"log1p-log", 1, 0, "log1p(x)", "log(1 + x)", "1 + x > 0"},
    rule_row{"expm1-exp", 1, 0, "expm1(x)", "exp(x) - 1", ""},
    rule_row{"pow-exp", 2, 0, "pow(x, y)", "exp(y*log(x))", "x > 0"},
    rule_row{"pow-shift", 2, 'n', "pow(x, y + c)", "pow(x, y)*x^c", "pow(x, y) real-power"},
    rule_row{"pow-shift-nonzero", 2, 'z', "pow(x, y + c)", "pow(x, y)*x^c", "pow(x, y) real-power; x != 0"},
    rule_row{"pow-multiple", 2, 'n', "pow(x, c*y)", "pow(x, y)^c", "pow(x, y) real-power"},
    rule_row{"pow-multiple-nonzero", 2, 'z', "pow(x, c*y)", "pow(x, y)^c", "pow(x, y) real-power; x != 0"},
    rule_row{"alternating-square", 1, 0, "pow(-1, x)^2", "1", "x integer"},
    rule_row{"xlogy-log", 2, 0, "xlogy(x, y)", "x*log(y)", "y > 0"},
    rule_row{"xlogy-factor", 2, 0, "xlogy(x, x*y)", "xlogy(x, x) + xlogy(x, y)", "x >= 0; y > 0"},
    rule_row{"even-root", 1, 'q', "(x^2)^c", "abs(x)^(2c)", ""},
    rule_row{"abs-square", 1, 0, "abs(x)^2", "x^2", ""},
    rule_row{"abs-nonnegative", 1, 0, "abs(x)", "x", "x >= 0"},
    rule_row{"abs-nonpositive", 1, 0, "abs(x)", "-x", "-x >= 0"},
    rule_row{"abs-product", 2, 0, "abs(x*y)", "abs(x)*abs(y)", ""},
    rule_row{"abs-power", 1, 'z', "abs(x^c)", "abs(x)^c", ""},
    rule_row{"abs-negative", 1, 0, "abs(-x)", "abs(x)", ""},
    rule_row{"sign-positive", 1, 0, "sign(x)", "1", "x > 0"},
    rule_row{"sign-negative", 1, 0, "sign(x)", "-1", "-x > 0"},
    rule_row{"sign-odd", 1, 0, "sign(-x)", "-sign(x)", ""},
    rule_row{"sign-quotient", 1, 0, "sign(x)", "abs(x)/x", "x != 0"},
    rule_row{"max-abs", 2, 0, "max(x, y)", "(x + y + abs(x - y))/2", ""},
    rule_row{"min-abs", 2, 0, "min(x, y)", "(x + y - abs(x - y))/2", ""},
    rule_row{"step-sign", 2, 0, "if(x < y, 1, 0)", "(1 + sign(y - x))/2", "y - x != 0"},
    rule_row{"equal-nowhere", 2, 0, "if(x = y, 1, 0)", "0", "x - y != 0"},
    rule_row{"cbrt-cube", 1, 0, "cbrt(x)^3", "x", ""},
    rule_row{"cbrt-root", 1, 0, "cbrt(x)", "x^(1/3)", "x > 0"},
    rule_row{"cbrt-product", 2, 0, "cbrt(x*y)", "cbrt(x)*cbrt(y)", ""},
    rule_row{"cbrt-power", 1, 'z', "cbrt(x^c)", "cbrt(x)^c", ""},
    rule_row{"floor-sum", 2, 0, "floor(x + y)", "floor(x) + y", "y integer"},
    rule_row{"floor-integer", 1, 0, "floor(x)", "x", "x integer"},
    rule_row{"ceil-floor", 1, 0, "ceil(x)", "-floor(-x)", ""},
    rule_row{"hypot-root", 2, 0, "hypot(x, y)", "(x^2 + y^2)^(1/2)", ""},
    rule_row{"tan-quotient", 1, 0, "tan(x)", "sin(x)/cos(x)", "cos(x) != 0"},
    rule_row{"cot-quotient", 1, 0, "cot(x)", "cos(x)/sin(x)", "sin(x) != 0"},
    rule_row{"sec-quotient", 1, 0, "sec(x)", "1/cos(x)", "cos(x) != 0"},
    rule_row{"csc-quotient", 1, 0, "csc(x)", "1/sin(x)", "sin(x) != 0"},
    rule_row{"sin-square", 1, 0, "sin(x)^2", "1 - cos(x)^2", ""},
    rule_row{"sin-odd", 1, 0, "sin(-x)", "-sin(x)", ""},
    rule_row{"cos-even", 1, 0, "cos(-x)", "cos(x)", ""},
    rule_row{"sin-sum", 2, 0, "sin(x + y)", "sin(x)*cos(y) + cos(x)*sin(y)", ""},
    rule_row{"cos-sum", 2, 0, "cos(x + y)", "cos(x)*cos(y) - sin(x)*sin(y)", ""},
    rule_row{"sin-zero", 1, 0, "sin(0)", "0", ""},
    rule_row{"cos-zero", 1, 0, "cos(0)", "1", ""},
    rule_row{"sin-pi", 1, 0, "sin(pi)", "0", ""},
    rule_row{"cos-pi", 1, 0, "cos(pi)", "-1", ""},
    rule_row{"sin-pi-2", 1, 0, "sin(pi/2)", "1", ""},
    rule_row{"cos-pi-2", 1, 0, "cos(pi/2)", "0", ""},
    rule_row{"sin-pi-3", 1, 0, "sin(pi/3)", "3^(1/2)/2", ""},
    rule_row{"cos-pi-3", 1, 0, "cos(pi/3)", "1/2", ""},
    rule_row{"sin-pi-4", 1, 0, "sin(pi/4)", "2^(1/2)/2", ""},
    rule_row{"cos-pi-4", 1, 0, "cos(pi/4)", "2^(1/2)/2", ""},
    rule_row{"sin-pi-6", 1, 0, "sin(pi/6)", "1/2", ""},
    rule_row{"cos-pi-6", 1, 0, "cos(pi/6)", "3^(1/2)/2", ""},
    rule_row{"atan-odd", 1, 0, "atan(-x)", "-atan(x)", ""},
    rule_row{"asin-odd", 1, 0, "asin(-x)", "-asin(x)", "1 - x^2 >= 0"},
    rule_row{"acos-asin", 1, 0, "acos(x)", "pi/2 - asin(x)", "1 - x^2 >= 0"},
    rule_row{"acot-atan", 1, 0, "acot(x)", "atan(1/x)", "x != 0"},
    rule_row{"asec-acos", 1, 0, "asec(x)", "acos(1/x)", "x^2 - 1 >= 0"},
    rule_row{"acsc-asin", 1, 0, "acsc(x)", "asin(1/x)", "x^2 - 1 >= 0"},
    rule_row{"sin-asin", 1, 0, "sin(asin(x))", "x", "1 - x^2 >= 0"},
    rule_row{"cos-asin", 1, 0, "cos(asin(x))", "(1 - x^2)^(1/2)", "1 - x^2 >= 0"},
    rule_row{"sin-atan", 1, 0, "sin(atan(x))", "x/(1 + x^2)^(1/2)", ""},
    rule_row{"cos-atan", 1, 0, "cos(atan(x))", "(1 + x^2)^(-1/2)", ""},
    rule_row{"sinh-exp", 1, 0, "sinh(x)", "(exp(x) - 1/exp(x))/2", ""},
    rule_row{"cosh-exp", 1, 0, "cosh(x)", "(exp(x) + 1/exp(x))/2", ""},
    rule_row{"tanh-exp", 1, 0, "tanh(x)", "1 - 2/(exp(x)^2 + 1)", ""},
    rule_row{"coth-exp", 1, 0, "coth(x)", "1 + 2/(exp(x)^2 - 1)", "x != 0"},
    rule_row{"sech-exp", 1, 0, "sech(x)", "2*exp(x)/(exp(x)^2 + 1)", ""},
    rule_row{"csch-exp", 1, 0, "csch(x)", "2*exp(x)/(exp(x)^2 - 1)", "x != 0"},
    rule_row{"asinh-log", 1, 0, "asinh(x)", "log(x + (x^2 + 1)^(1/2))", ""},
    rule_row{"acosh-log", 1, 0, "acosh(x)", "log(x + (x^2 - 1)^(1/2))", "x - 1 >= 0"},
    rule_row{"atanh-log", 1, 0, "atanh(x)", "(log(1 + x) - log(1 - x))/2", "1 - x^2 > 0"},
    rule_row{"acoth-atanh", 1, 0, "acoth(x)", "atanh(1/x)", "x^2 - 1 > 0"},
    rule_row{"asech-acosh", 1, 0, "asech(x)", "acosh(1/x)", "x > 0; 1 - x >= 0"},
    rule_row{"acsch-asinh", 1, 0, "acsch(x)", "asinh(1/x)", "x != 0"},
    rule_row{"erf-odd", 1, 0, "erf(-x)", "-erf(x)", ""},
    rule_row{"erf-zero", 1, 0, "erf(0)", "0", ""},
    rule_row{"erfc-erf", 1, 0, "erfc(x)", "1 - erf(x)", ""},
    rule_row{"erfinv-odd", 1, 0, "erfinv(-x)", "-erfinv(x)", "1 - x^2 > 0"},
    rule_row{"erf-erfinv", 1, 0, "erf(erfinv(x))", "x", "1 - x^2 > 0"},
    rule_row{"gamma-step", 1, 0, "gamma(x + 1)", "x*gamma(x)", "x off-poles"},
    rule_row{"gamma-back", 1, 0, "gamma(x)", "gamma(x + 1)/x", "x off-poles"},
    rule_row{"gamma-one", 1, 0, "gamma(1)", "1", ""},
    rule_row{"gamma-half", 1, 0, "gamma(1/2)", "pi^(1/2)", ""},
    rule_row{"lgamma-log", 1, 0, "lgamma(x)", "log(abs(gamma(x)))", "x off-poles"},
    rule_row{"digamma-step", 1, 0, "digamma(x + 1)", "digamma(x) + 1/x", "x off-poles"},
    rule_row{"digamma-back", 1, 0, "digamma(x)", "digamma(x + 1) - 1/x", "x off-poles"},
    rule_row{"polygamma-step", 2, 0, "polygamma(y, x + 1)", "polygamma(y, x) + raised(-1, y)*gamma(next(y))/raised(x, next(y))",
             "y integer; y >= 0; x off-poles"},
    rule_row{"polygamma-back", 2, 0, "polygamma(y, x)", "polygamma(y, x + 1) - raised(-1, y)*gamma(next(y))/raised(x, next(y))",
             "y integer; y >= 0; x off-poles"},
    rule_row{"polygamma-zero", 1, 0, "polygamma(0, x)", "digamma(x)", "x off-poles"},
    rule_row{"beta-gamma", 2, 0, "beta(x, y)", "gamma(x)*gamma(y)/gamma(x + y)", "x > 0; y > 0"},
    rule_row{"gammaq-gammap", 2, 0, "gammaq(x, y)", "1 - gammap(x, y)", "x > 0; y >= 0"},
    rule_row{"lambertw-exp", 1, 0, "exp(lambertw(x))", "x/lambertw(x)", "x != 0; x + exp(-1) >= 0"},
    rule_row{"besselj-step", 2, 0, "besselj(x + 1, y)", "2*x*besselj(x, y)/y - besselj(x - 1, y)", "x integer; y != 0"},
    rule_row{"besselj-back", 2, 0, "besselj(x, y)", "2*(x + 1)*besselj(x + 1, y)/y - besselj(x + 2, y)", "x integer; y != 0"},
    rule_row{"bessely-step", 2, 0, "bessely(x + 1, y)", "2*x*bessely(x, y)/y - bessely(x - 1, y)", "x integer; y > 0"},
    rule_row{"bessely-back", 2, 0, "bessely(x, y)", "2*(x + 1)*bessely(x + 1, y)/y - bessely(x + 2, y)", "x integer; y > 0"},
    rule_row{"besseli-step", 2, 0, "besseli(x + 1, y)", "besseli(x - 1, y) - 2*x*besseli(x, y)/y", "x integer; y != 0"},
    rule_row{"besseli-back", 2, 0, "besseli(x, y)", "besseli(x + 2, y) + 2*(x + 1)*besseli(x + 1, y)/y", "x integer; y != 0"},
    rule_row{"besselk-step", 2, 0, "besselk(x + 1, y)", "besselk(x - 1, y) + 2*x*besselk(x, y)/y", "x integer; y > 0"},
    rule_row{"besselk-back", 2, 0, "besselk(x, y)", "besselk(x + 2, y) - 2*(x + 1)*besselk(x + 1, y)/y", "x integer; y > 0"},
};

// Prefix formulas: i, d, a (inverse, determinant, adjugate), * (matrix product), ' (transpose), s (number times matrix), I, D
// (diagonal of a vector), / (1 over a number or vector), # (number to the size), x (product of numbers), 1, p (product of entries).
constexpr std::array matrix_rows{
    matrix_row{"inverse-left", "A", "*iAA", "I", "dA"},
    matrix_row{"inverse-right", "A", "*AiA", "I", "dA"},
    matrix_row{"inverse-inverse", "A", "iiA", "A", "dA"},
    matrix_row{"inverse-product", "AB", "i*AB", "*iBiA", ""},
    matrix_row{"inverse-transpose", "A", "i'A", "'iA", ""},
    matrix_row{"inverse-scale", "Ac", "iscA", "s/ciA", ""},
    matrix_row{"inverse-identity", "A", "iI", "I", ""},
    matrix_row{"inverse-diagonal", "v", "iDv", "D/v", "v"},
    matrix_row{"det-product", "AB", "d*AB", "xdAdB", ""},
    matrix_row{"det-transpose", "A", "d'A", "dA", ""},
    matrix_row{"det-scale", "Ac", "dscA", "x#cdA", ""},
    matrix_row{"det-inverse", "A", "diA", "/dA", ""},
    matrix_row{"det-identity", "A", "dI", "1", ""},
    matrix_row{"det-diagonal", "v", "dDv", "pv", ""},
    matrix_row{"adjugate-left", "A", "*aAA", "sdAI", ""},
    matrix_row{"adjugate-right", "A", "*AaA", "sdAI", ""},
    matrix_row{"adjugate-inverse", "A", "aA", "sdAiA", "dA"},
    matrix_row{"adjugate-product", "AB", "a*AB", "*aBaA", ""},
    matrix_row{"adjugate-transpose", "A", "a'A", "'aA", ""},
    matrix_row{"adjugate-scale", "Ac", "ascA", "sx#c/caA", "c"},
    matrix_row{"adjugate-identity", "A", "aI", "I", ""},
};
// clang-format on

template <typename Rows> auto* row_named(const Rows& rows, std::string_view name) {
  auto it = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name; });
  return it == rows.end() ? nullptr : &*it;
}

// Reads formulas. Numbers stay numbers until they meet a term: a - 1 is a + (-1), a/2 is (1/2)*a, and 1/a is a^-1.
class reader {
 public:
  reader(frame& f, std::string_view text, const edge& x, const edge& y, const rational& c)
      : f_(f), text_(text), x_(x), y_(y), c_(c) {}

  edge term() { return as_term(sum()); }
  bool more() {
    skip();
    if (at_ < text_.size() && text_[at_] == ';') ++at_;
    skip();
    return at_ < text_.size();
  }
  sign relation() {
    for (std::size_t k = 0; k < sign_words.size(); ++k)
      if (take(sign_words[k])) return static_cast<sign>(k);
    throw std::logic_error("a condition without a relation");
  }

 private:
  struct value {
    std::optional<rational> number;
    edge term;
  };

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view word) {
    skip();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  edge as_term(const value& v) { return v.number ? number(f_, *v.number) : v.term; }

  value negative(const value& a) {
    if (a.number) return {-*a.number, {}};
    return {{}, minus(f_, a.term)};
  }
  value sum() {
    value a = product();
    for (;;) {
      bool less = take("-");
      if (!less && !take("+")) return a;
      value b = product();
      a = {{}, plus(f_, as_term(a), as_term(less ? negative(b) : b))};
    }
  }
  value product() {
    value a = unary();
    for (;;) {
      if (take("*")) {
        a = {{}, times(f_, as_term(a), as_term(unary()))};
      } else if (take("/")) {
        value b = unary();
        if (a.number && b.number)
          a = {*a.number / *b.number, {}};
        else if (b.number)
          a = {{}, times(f_, number(f_, rational(1) / *b.number), a.term)};
        else if (a.number == 1)
          a = {{}, raised(f_, b.term, -1)};
        else
          a = {{}, times(f_, as_term(a), raised(f_, b.term, -1))};
      } else {
        return a;
      }
    }
  }
  value unary() { return take("-") ? negative(unary()) : to_power(); }
  value to_power() {
    value a = atom();
    if (!take("^")) return a;
    return {{}, raised(f_, as_term(a), exponent())};
  }
  rational exponent() {
    if (take("c")) return c_;
    bool brackets = take("(");
    rational p = literal();
    if (brackets && take("c")) p = p * c_;
    if (brackets) take(")");
    return p;
  }
  rational literal() {
    skip();
    std::size_t from = at_;
    while (at_ < text_.size() && std::string_view("0123456789-/").find(text_[at_]) != std::string_view::npos) ++at_;
    return rational::read(text_.substr(from, at_ - from));
  }
  value atom() {
    skip();
    if (take("(")) {
      value v = sum();
      take(")");
      return v;
    }
    std::size_t from = at_;
    if (text_[at_] >= '0' && text_[at_] <= '9') {
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
      return {rational::read(text_.substr(from, at_ - from)), {}};
    }
    while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') || (text_[at_] >= '0' && text_[at_] <= '9'))) ++at_;
    std::string_view name = text_.substr(from, at_ - from);
    if (name == "x") return {{}, x_};
    if (name == "y") return {{}, y_};
    if (name == "c") return {c_, {}};
    if (name == "pi") return {{}, {f_.on.make(pi, {}, {}), {}}};
    return call(name);
  }
  value call(std::string_view name) {
    take("(");
    std::vector<edge> args{term()};
    comparison c = take("<") ? comparison::lt : comparison::eq;
    if (name == "if" && c == comparison::eq) take("=");
    if (name == "if") args.push_back(term());
    while (take(",")) args.push_back(term());
    take(")");
    const graph& g = f_.on;
    if (name == "if") return {{}, choose(f_, c, args.at(0), args.at(1), args.at(2), args.at(3))};
    if (name == "next" || name == "before") {  // of a number, a number
      int by = name == "next" ? 1 : -1;
      int n = args[0].node;
      return {{}, g.is_number(n) ? number(f_, g.at(n).value + rational(by)) : plus(f_, args[0], number(f_, by))};
    }
    if (name == "raised" && g.is_number(args.at(1).node)) return {{}, raised(f_, args[0], g.at(args[1].node).value)};
    return {{}, apply(f_, find_kind(name == "raised" ? "pow" : name), args)};
  }

  frame& f_;
  std::string_view text_;
  const edge &x_, &y_;
  const rational& c_;
  std::size_t at_ = 0;
};

std::vector<edge> formulas(frame& f, std::string_view text, const edge& x, const edge& y) {
  std::vector<edge> r;
  rational none;
  reader read(f, text, x, y, none);
  while (read.more()) r.push_back(read.term());
  return r;
}

}  // namespace

int function_count() { return static_cast<int>(function_rows.size()); }
const function_row& function(int op) { return function_rows.at(as_index(op - functions)); }
int find_kind(std::string_view name) {
  static const std::unordered_map<std::string_view, int> kinds = [] {
    std::unordered_map<std::string_view, int> r;
    for (std::string_view structural : {"constant", "symbol", "dim", "index", "delta", "pi", "add", "mul", "identity", "power",
                                        "select", "unknown", "inv", "det", "adj"})
      r.emplace(structural, static_cast<int>(r.size()));
    for (const function_row& f : function_rows) r.emplace(f.name, static_cast<int>(r.size()));
    return r;
  }();
  auto it = kinds.find(name);
  return it == kinds.end() ? -1 : it->second;
}
const rule_row* find_rule(std::string_view name) { return row_named(rule_rows, name); }
const matrix_row* find_matrix_row(std::string_view name) { return row_named(matrix_rows, name); }

edge formula(frame& f, std::string_view text, const edge& x, const edge& y, const rational& c) {
  return reader(f, text, x, y, c).term();
}

std::vector<condition> conditions(frame& f, std::string_view text, const edge& x, const edge& y, const rational& c) {
  std::vector<condition> r;
  reader read(f, text, x, y, c);
  while (read.more()) {
    edge e = read.term();
    r.push_back({read.relation(), e});
  }
  return r;
}

// --- functions of whole matrices

namespace {

std::size_t batch_of(const graph& g, int n) { return g.at(n).rank - (g.at(n).op == det ? 0 : 2); }

// The argument of n with its row and column as axes `first` and `first` + 1.
edge matrix_edge(const graph& g, int n, std::size_t first) { return with_axes_moved(g.at(n).args[0], g.at(n).rank, first); }

int build_matrix(graph& g, int op, std::vector<int> batch, int size, const edge& matrix) {
  if (op != det) batch.insert(batch.end(), {size, size});
  return g.make(op, batch, {matrix}, {size, size});
}

std::vector<int> first_axes(const graph& g, int n, std::size_t count) {
  return {g.at(n).axes.begin(), g.at(n).axes.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

int of_same_matrix(graph& g, int op, int n) {
  std::size_t batch = batch_of(g, n);
  return build_matrix(g, op, first_axes(g, n, batch), g.at(n).axes[g.at(n).rank],
                      matrix_edge(g, n, op == det ? batch : batch + 2));
}

int matrix_of(graph& g, int n) {
  std::size_t batch = batch_of(g, n);
  std::vector<int> axes = first_axes(g, n, batch), own = g.bound(n);
  axes.insert(axes.end(), own.begin(), own.end());
  return g.read(axes, matrix_edge(g, n, batch));
}

int matrix_function(graph& g, int op, int a) {
  std::size_t batch = g.at(a).rank - 2;
  edge e = g.whole(a);
  for (std::size_t k = batch; op != det && k < batch + 2; ++k) e.labels[k] = label::of_axis(k + 2);
  int size = g.at(a).axes[batch];
  return build_matrix(g, op, first_axes(g, a, batch), size, e);
}

matrix_sides matrix_formula(graph& g, const matrix_row& row, const std::array<int, 4>& abcv) {
  constexpr std::string_view letters = "ABcv";
  // All have the same batch axes and the same size; A and B are square.
  std::optional<std::vector<int>> batch;
  int size = -1;
  for (std::size_t k = 0; k < 4; ++k) {
    bool wanted = row.letters.find(letters[k]) != std::string_view::npos;
    if (!wanted && abcv[k] >= 0 && k != 0) throw refusal("the row does not speak of this");
    if (!wanted) continue;
    if (abcv[k] < 0) throw refusal("a matrix, vector or number is missing");
    std::vector<int> axes = g.out(abcv[k]);
    for (std::size_t own = k < 2 ? 2 : k == 3 ? 1 : 0; own > 0; --own, axes.pop_back()) {
      if (axes.empty() || (size >= 0 && axes.back() != size)) throw refusal("square matrices of one size are needed");
      size = axes.back();
    }
    if (batch && *batch != axes) throw refusal("the batch axes differ");
    batch = axes;
  }
  const std::vector<int> out = *batch;
  std::vector<int> square = out;
  square.insert(square.end(), {size, size});
  std::size_t b = out.size();
  auto with = [&](int n, const std::vector<std::size_t>& places) {
    edge e{n, straight(b)};
    for (std::size_t p : places) e.labels.push_back(label::of_axis(p));
    return e;
  };
  auto diagonal = [&] { return edge{g.make(delta, {size, size}, {}), {label::of_axis(b), label::of_axis(b + 1)}}; };
  std::size_t at = 0;
  std::string_view text;
  auto parse = [&](auto&& self) -> int {
    char what = text.at(at++);
    if (std::size_t k = letters.find(what); k != std::string_view::npos) return abcv[k];
    switch (what) {
      case 'i': return matrix_function(g, inv, self(self));
      case 'd': return matrix_function(g, det, self(self));
      case 'a': return matrix_function(g, adj, self(self));
      case '\'': return g.read(square, with(self(self), {b + 1, b}));
      case 'I': return g.read(square, diagonal());
      case '1': return g.read(out, edge{g.number(1), {}});
      case 'D': return g.make(mul, square, {diagonal(), with(self(self), {b})});
      case 'p': return g.make(identity, out, {g.whole(self(self))}, {size}, reduction::prod);
      case '/': {
        int n = self(self);
        return g.raised(g.out(n), g.whole(n), -1);
      }
      case '#': {
        int c = self(self);
        const affine n = g.bounds(size).hi;
        if (n.dim < 0) return g.raised(out, g.whole(c), n.plus);
        frame f{g, out};
        edge power_of{g.make(dim, {}, {}, {}, reduction::none, n.dim), {}};
        if (n.plus != 0) power_of = plus(f, power_of, number(f, n.plus));
        return over_frame(f, apply(f, find_kind("pow"), {g.whole(c), power_of}));
      }
      default: break;
    }
    int first = self(self), second = self(self);
    if (what == '*') return g.make(mul, square, {with(first, {b, b + 2}), with(second, {b + 2, b + 1})}, {size}, reduction::sum);
    if (what == 'x') return g.make(mul, out, {g.whole(first), g.whole(second)});
    return g.make(mul, square, {with(first, {}), g.whole(second)});  // s
  };
  auto side = [&](std::string_view s) {
    text = s;
    at = 0;
    return parse(parse);
  };
  matrix_sides r{side(row.left), side(row.right), {}};
  if (!row.where.empty()) r.nonzero.push_back(side(row.where));
  return r;
}

// --- domains and derivatives

namespace {

std::vector<condition> of_row(graph& g, int n, frame& f, std::string_view text) {
  if (text.empty()) return {};
  const std::vector<edge> args = g.at(n).args;
  return conditions(f, text, args.front(), args.back());
}

std::vector<condition> regular(graph& g, int n) {
  int d = of_same_matrix(g, det, n);
  return {{sign::nonzero, g.whole(d)}};
}

// Whether y is whole, and >= 0 then, as its form tells.
std::pair<bool, bool> whole_by_form(const graph& g, int y) {
  std::vector<int> stack{y};
  std::set<int> seen;
  bool nonnegative = true;
  while (!stack.empty()) {
    int n = stack.back();
    stack.pop_back();
    if (!seen.insert(n).second) continue;
    const node& m = g.at(n);
    if (m.op == constant) {
      if (!m.value.is_whole()) return {false, false};
      nonnegative = nonnegative && m.value >= 0;
    } else if (m.op == index_of) {
      nonnegative = nonnegative && g.surely_le({-1, 0}, g.bounds(m.axes[0]).lo);
    } else if (m.op == symbol) {
      if (!g.symbols[as_index(m.attribute)].integer) return {false, false};
      nonnegative = false;
    } else if (m.op == add || m.op == mul) {
      for (const edge& e : m.args) stack.push_back(e.node);
    } else if (m.op != dim && m.op != delta) {
      return {false, false};
    }
  }
  return {true, nonnegative};
}

}  // namespace

bool is_extremum(const graph& g, int n) {
  const node& m = g.at(n);
  return m.op == identity && (m.red == reduction::max || m.red == reduction::min);
}

int ties(graph& g, int n) {
  frame f{g, g.at(n).axes};
  edge hit = choose(f, comparison::eq, g.at(n).args[0], g.whole(n), number(f, 1), number(f, 0));
  int all = over_frame(f, hit);
  return g.make(identity, g.out(n), {g.whole(all)}, g.bound(n), reduction::sum);
}

std::vector<condition> defined(graph& g, int n, frame& f) {
  const node& m = g.at(n);
  if (m.op == inv) return regular(g, n);
  if (m.op == power) {
    if (m.value.is_whole()) return m.value < 0 ? std::vector<condition>{{sign::nonzero, m.args[0]}} : std::vector<condition>{};
    return {{m.value < 0 ? sign::positive : sign::nonnegative, m.args[0]}};
  }
  return m.op >= functions ? of_row(g, n, f, function(m.op).defined) : std::vector<condition>{};
}

std::vector<condition> smooth(graph& g, int n, frame& f) {
  const node& m = g.at(n);
  if (m.op == adj) return regular(g, n);  // its derivative is written with the inverse
  if (m.op == power && !m.value.is_whole()) return {{sign::positive, m.args[0]}};
  if (m.op == select) {  // whether each of some numbers attains their extremum changes at ties only
    const int e = m.args[1].node;
    const auto c = static_cast<comparison>(m.attribute);
    const bool attained = (c == comparison::eq || c == comparison::ne) && is_extremum(g, e) && m.args[1] == g.whole(e) &&
                          m.args[0] == g.at(e).args[0] && g.out(n) == g.at(e).axes;
    if (!attained) return {{sign::nonzero, plus(f, m.args[0], minus(f, m.args[1]))}};
    return {{sign::positive, plus(f, number(f, 2), minus(f, g.whole(ties(g, e))))}};
  }
  if (is_extremum(g, n)) return {{sign::positive, plus(f, number(f, 2), minus(f, g.whole(ties(g, n))))}};
  if (m.op < functions) return {};
  if (function(m.op).name != "pow") return of_row(g, n, f, function(m.op).smooth);
  auto [whole, nonnegative] = whole_by_form(g, m.args[1].node);
  if (!whole) return {{sign::positive, m.args[0]}};
  return nonnegative ? std::vector<condition>{} : std::vector<condition>{{sign::nonzero, m.args[0]}};
}

namespace {

// The product over all other values of the bound indices: those that are equal to this one's count as 1.
edge other_factors(graph& g, int n, frame& f) {
  const node& m = g.at(n);
  std::size_t bound = m.bound();
  frame wide{g, f.axes};
  std::vector<int> again = g.bound(n);
  wide.axes.insert(wide.axes.end(), again.begin(), again.end());
  const edge there = with_axes_moved(m.args[0], m.rank, m.rank + bound);
  edge value = number(wide, 1);
  for (std::size_t b = 0; b < bound; ++b) {
    int index = g.make(index_of, {f.axes[m.rank + b]}, {});
    value = choose(wide, comparison::eq, {index, {label::of_axis(m.rank + bound + b)}}, {index, {label::of_axis(m.rank + b)}},
                   value, there);
  }
  return g.whole(g.make(identity, f.axes, {value}, again, reduction::prod));
}

// d det = adj[q,p], d inv = -inv[i,p]*inv[q,j], d adj = det*(inv[q,p]*inv[i,j] - inv[i,p]*inv[q,j]).
std::vector<edge> of_matrix(graph& g, int n, frame& f) {
  std::size_t batch = batch_of(g, n), p = g.at(n).rank, q = p + 1, i = batch, j = batch + 1;
  auto entry = [&](int op, std::size_t row, std::size_t column) {
    edge e{of_same_matrix(g, op, n), straight(batch)};
    e.labels.push_back(label::of_axis(row));
    e.labels.push_back(label::of_axis(column));
    return e;
  };
  if (g.at(n).op == det) return {entry(adj, q, p)};
  if (g.at(n).op == inv) return {number(f, -1), entry(inv, i, p), entry(inv, q, j)};
  edge first = times(f, entry(inv, q, p), entry(inv, i, j)), second = times(f, entry(inv, i, p), entry(inv, q, j));
  return {edge{of_same_matrix(g, det, n), straight(batch)}, plus(f, first, minus(f, second))};
}

edge of_extremum(graph& g, int n, std::size_t k, frame& f) {
  const std::vector<edge> args = g.at(n).args;
  bool greatest = function(g.at(n).op).name == "max";
  edge one = number(f, 1), zero = number(f, 0);
  for (std::size_t fixed : {std::size_t{1}, std::size_t{0}}) {  // against a number the number's side is flat
    if (!g.is_number(args[fixed].node)) continue;
    const edge &u = args[1 - fixed], &number_side = args[fixed];
    edge slope =
        greatest ? choose(f, comparison::lt, number_side, u, one, zero) : choose(f, comparison::lt, u, number_side, one, zero);
    return k != fixed ? slope : plus(f, one, minus(f, slope));
  }
  return formulas(f, function(g.at(n).op).partials, args[0], args[1]).at(k);
}

}  // namespace

std::vector<edge> partial(graph& g, int n, std::size_t k, frame& f) {
  const node& m = g.at(n);
  auto indicator = [&](comparison c, const edge& l, const edge& r) { return choose(f, c, l, r, number(f, 1), number(f, 0)); };
  switch (m.op) {
    case add: return {};
    case identity:
      if (m.red == reduction::prod) return {other_factors(g, n, f)};
      if (m.red == reduction::max || m.red == reduction::min) {  // 1 where it is attained, shared among ties
        return {times(f, indicator(comparison::eq, m.args[0], g.whole(n)), raised(f, g.whole(ties(g, n)), -1))};
      }
      return {};
    case mul: {
      std::vector<edge> r = m.args;
      r.erase(r.begin() + static_cast<std::ptrdiff_t>(k));
      return r;
    }
    case power:
      if (m.value == 0) return {number(f, 0)};
      return {number(f, m.value), raised(f, m.args[0], m.value - rational(1))};
    case select: {
      if (k < 2) return {number(f, 0)};
      auto c = static_cast<comparison>(m.attribute);
      const edge &l = m.args[0], &r = m.args[1];
      if (k == 2) return {indicator(c, l, r)};
      switch (c) {
        case comparison::lt: return {indicator(comparison::le, r, l)};
        case comparison::le: return {indicator(comparison::lt, r, l)};
        case comparison::eq: return {indicator(comparison::ne, l, r)};
        case comparison::ne: return {indicator(comparison::eq, l, r)};
      }
      return {};
    }
    case unknown: {
      function_derivative d = g.unknowns[as_index(m.attribute)];
      ++d.orders[k];
      return {apply(f, unknown, m.args, g.derivative_number(d))};
    }
    case inv:
    case det:
    case adj: return of_matrix(g, n, f);
    default: break;
  }
  const function_row& row = function(m.op);
  auto parameters = as_index(row.parameters);
  if (k < parameters) throw refusal("there is no derivative by this argument");
  if (row.name == "min" || row.name == "max") return {of_extremum(g, n, k, f)};
  std::vector<edge> all = formulas(f, row.partials, m.args.front(), m.args.back());
  if (parameters == 1 && all.size() == 2) return {all[g.is_number(m.args[0].node, 0) ? 0 : 1]};  // the order
  return {all.at(k - parameters)};
}

}  // namespace checker
