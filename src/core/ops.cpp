#include <wengert/core/ops.hpp>

#include <algorithm>
#include <array>

namespace wengert {

namespace ops {

term raised(const term& base, const term& exponent) {
  const tape& t = base.in().on;
  node_id n = exponent.as_edge().node;
  return t.is_constant(n) ? power(base, t.value(n)) : pow(base, exponent);
}

term shifted(const term& x, int k) {
  const tape& t = x.in().on;
  node_id n = x.as_edge().node;
  return t.is_constant(n) ? x.number(t.value(n) + k) : x + k;
}

integer_form integer_by_form(const term& y) {
  const tape& t = y.in().on;
  std::vector<node_id> stack{y.as_edge().node};
  integer_form all{true, true};
  while (!stack.empty() && all.integer) {
    node_id n = stack.back();
    stack.pop_back();
    switch (t.op(n)) {
      case opcode::dim_value:
      case opcode::delta: break;
      case opcode::constant:
        all.integer = is_integer(t.value(n));
        all.nonnegative = all.nonnegative && t.value(n) >= 0;
        break;
      case opcode::index_value: all.nonnegative = all.nonnegative && t.surely_le({none, 0}, t.range_of(t.out(n)[0]).lo); break;
      case opcode::symbol:
        all.integer = t.symbol(t.symbol_of(n)).integer_valued;
        all.nonnegative = false;
        break;
      case opcode::add:
      case opcode::mul:
        for (edge_view e : t.args(n)) stack.push_back(e.node);
        break;
      default: all.integer = false;
    }
  }
  return all;
}

namespace {

// x^y with an exponent that is not a rational number: real for x > 0, for integer y (x != 0 if y < 0), and for x = 0 < y.
conditions smooth_power(const term& x, const term& y) {
  integer_form form = integer_by_form(y);
  if (!form.integer) return {positive(x)};
  return form.nonnegative ? conditions{} : conditions{nonzero(x)};
}

// A tie is shared equally; against a constant the constant's side is flat (so that relu' = 0 at 0).
std::vector<term> extremum_partials(const term& x, const term& y, int towards) {
  const tape& t = x.in().on;
  const bool y_constant = t.is_constant(y.as_edge().node);
  if (y_constant || t.is_constant(x.as_edge().node)) {
    const term &u = y_constant ? x : y, &c = y_constant ? y : x, one = x.number(1), zero = x.number(0);
    term slope = towards > 0 ? select(comparison::lt, c, u, one, zero) : select(comparison::lt, u, c, one, zero);
    return y_constant ? std::vector<term>{slope, 1 - slope} : std::vector<term>{1 - slope, slope};
  }
  term s = sign(towards > 0 ? x - y : y - x);
  return {(1 + s) / 2, (1 - s) / 2};
}

// Bessel functions of whole order n. Their derivatives are means of the neighbours (Abramowitz and Stegun, 9.1.27 and 9.6.26);
// those of order 0 are functions of order 1.
bool is_zero(const term& n) { return n.in().on.is_constant(n.as_edge().node, 0); }
term before(opcode f, const term& n, const term& x) { return make_term(f, {shifted(n, -1), x}); }
term after(opcode f, const term& n, const term& x) { return make_term(f, {shifted(n, 1), x}); }

// clang-format off
#define BY(...) [](calculus::arguments a) -> std::vector<term> { [[maybe_unused]] const term &x = a.front(), &y = a.back(); return {__VA_ARGS__}; }
#define WHERE(...) [](calculus::arguments a) -> conditions { [[maybe_unused]] const term &x = a.front(), &y = a.back(); return {__VA_ARGS__}; }
#define FUNCTION(name, sign, values, ...) calculus{opcode::name, sign_fact::sign, value_fact::values, __VA_ARGS__}
constexpr std::array table{
  // exponentials and logarithms
  FUNCTION(exp, positive, continuous, BY(exp(x)), WHERE(), WHERE()),
  FUNCTION(log, unknown, any, BY(1 / x), WHERE(positive(x)), WHERE()),
  FUNCTION(log2, unknown, any, BY(1 / (x * log(x.number(2)))), WHERE(positive(x)), WHERE()),
  FUNCTION(log10, unknown, any, BY(1 / (x * log(x.number(10)))), WHERE(positive(x)), WHERE()),
  FUNCTION(log1p, unknown, any, BY(1 / (1 + x)), WHERE(positive(1 + x)), WHERE()),
  FUNCTION(expm1, as_argument, continuous, BY(exp(x)), WHERE(), WHERE()),
  // roots, size and steps
  FUNCTION(cbrt, as_argument, continuous, BY(1 / (3 * square(cbrt(x)))), WHERE(), WHERE(nonzero(x))),
  FUNCTION(abs, nonnegative, continuous, BY(sign(x)), WHERE(), WHERE(nonzero(x))),
  FUNCTION(sign, as_argument, any, BY(x.number(0)), WHERE(), WHERE(nonzero(x))),
  FUNCTION(floor, unknown, any, BY(x.number(0)), WHERE(), WHERE({relation::not_integer, x})),
  FUNCTION(ceil, unknown, any, BY(x.number(0)), WHERE(), WHERE({relation::not_integer, x})),
  // trigonometric functions
  FUNCTION(sin, unknown, continuous, BY(cos(x)), WHERE(), WHERE()),
  FUNCTION(cos, unknown, continuous, BY(-sin(x)), WHERE(), WHERE()),
  FUNCTION(tan, unknown, any, BY(1 + square(tan(x))), WHERE(nonzero(cos(x))), WHERE()),
  FUNCTION(cot, unknown, any, BY(-(1 + square(cot(x)))), WHERE(nonzero(sin(x))), WHERE()),
  FUNCTION(sec, unknown, nowhere_zero, BY(sec(x) * tan(x)), WHERE(nonzero(cos(x))), WHERE()),
  FUNCTION(csc, unknown, nowhere_zero, BY(-(csc(x) * cot(x))), WHERE(nonzero(sin(x))), WHERE()),
  FUNCTION(asin, unknown, any, BY(power(1 - square(x), rational(-1, 2))), WHERE(nonnegative(1 - square(x))), WHERE(positive(1 - square(x)))),
  FUNCTION(acos, unknown, any, BY(-power(1 - square(x), rational(-1, 2))), WHERE(nonnegative(1 - square(x))), WHERE(positive(1 - square(x)))),
  FUNCTION(atan, as_argument, continuous, BY(1 / (1 + square(x))), WHERE(), WHERE()),
  FUNCTION(acot, unknown, any, BY(-(1 / (1 + square(x)))), WHERE(nonzero(x)), WHERE()),  // atan(1/x)
  FUNCTION(asec, unknown, any, BY(1 / (abs(x) * sqrt(square(x) - 1))), WHERE(nonnegative(square(x) - 1)), WHERE(positive(square(x) - 1))),  // acos(1/x)
  FUNCTION(acsc, unknown, any, BY(-(1 / (abs(x) * sqrt(square(x) - 1)))), WHERE(nonnegative(square(x) - 1)), WHERE(positive(square(x) - 1))),  // asin(1/x)
  // hyperbolic functions
  FUNCTION(sinh, as_argument, continuous, BY(cosh(x)), WHERE(), WHERE()),
  FUNCTION(cosh, positive, continuous, BY(sinh(x)), WHERE(), WHERE()),
  FUNCTION(tanh, as_argument, continuous, BY(1 - square(tanh(x))), WHERE(), WHERE()),
  FUNCTION(coth, unknown, nowhere_zero, BY(1 - square(coth(x))), WHERE(nonzero(x)), WHERE()),
  FUNCTION(sech, positive, continuous, BY(-(sech(x) * tanh(x))), WHERE(), WHERE()),
  FUNCTION(csch, unknown, nowhere_zero, BY(-(csch(x) * coth(x))), WHERE(nonzero(x)), WHERE()),
  FUNCTION(asinh, as_argument, continuous, BY(power(square(x) + 1, rational(-1, 2))), WHERE(), WHERE()),
  FUNCTION(acosh, nonnegative, any, BY(power(square(x) - 1, rational(-1, 2))), WHERE(nonnegative(x - 1)), WHERE(positive(x - 1))),
  FUNCTION(atanh, unknown, any, BY(1 / (1 - square(x))), WHERE(positive(1 - square(x))), WHERE()),
  FUNCTION(acoth, unknown, any, BY(1 / (1 - square(x))), WHERE(positive(square(x) - 1)), WHERE()),  // atanh(1/x)
  FUNCTION(asech, nonnegative, any, BY(-(1 / (x * sqrt(1 - square(x))))), WHERE(positive(x), nonnegative(1 - x)), WHERE(positive(1 - x))),  // acosh(1/x)
  FUNCTION(acsch, unknown, any, BY(-(1 / (abs(x) * sqrt(1 + square(x))))), WHERE(nonzero(x)), WHERE()),  // asinh(1/x)
  // special functions of one real
  FUNCTION(erf, as_argument, continuous, BY(2 * power(pi(x), rational(-1, 2)) * exp(-square(x))), WHERE(), WHERE()),
  FUNCTION(erfc, positive, continuous, BY(-2 * power(pi(x), rational(-1, 2)) * exp(-square(x))), WHERE(), WHERE()),
  FUNCTION(erfinv, as_argument, any, BY(sqrt(pi(x)) / 2 * exp(square(erfinv(x)))), WHERE(positive(1 - square(x))), WHERE()),
  FUNCTION(gamma, positive_of_positive, nowhere_zero, BY(gamma(x) * digamma(x)), WHERE(off_poles(x)), WHERE()),
  FUNCTION(lgamma, unknown, any, BY(digamma(x)), WHERE(off_poles(x)), WHERE()),  // log(abs(gamma(x))), as in C
  FUNCTION(digamma, unknown, any, BY(polygamma(x.number(1), x)), WHERE(off_poles(x)), WHERE()),
  FUNCTION(expint, unknown, any, BY(exp(x) / x), WHERE(nonzero(x)), WHERE()),  // the integral of exp(t)/t from -inf to x
  FUNCTION(lambertw, as_argument, any, BY(exp(-lambertw(x)) / (1 + lambertw(x))),  // w*exp(w) = x with w >= -1
           WHERE(nonnegative(x + exp(x.number(-1)))), WHERE(positive(x + exp(x.number(-1))))),
  // functions of two reals
  FUNCTION(pow, unknown, any, BY(y * pow(x, y - 1), log(x) * pow(x, y)), WHERE({relation::real_power, pow(x, y)}),
           [](calculus::arguments a) { return smooth_power(a[0], a[1]); }),
  FUNCTION(atan2, unknown, any, BY(y / (square(y) + square(x)), -(x / (square(y) + square(x)))),  // the angle of the point (y, x)
           WHERE(positive(square(y) + square(x))), WHERE(positive(hypot(y, x) + y))),  // the cut: x = 0, y < 0
  FUNCTION(hypot, nonnegative, continuous, BY(x / hypot(x, y), y / hypot(x, y)), WHERE(), WHERE(positive(square(x) + square(y)))),
  FUNCTION(xlogy, unknown, any, BY(log(y), x / y),  // x*log(y), and 0 at x = 0
           WHERE(positive(select(comparison::eq, x, x.number(0), x.number(1), y))), WHERE(positive(y))),
  FUNCTION(min, unknown, continuous, [](calculus::arguments a) { return extremum_partials(a[0], a[1], -1); }, WHERE(), WHERE(nonzero(x - y))),
  FUNCTION(max, unknown, continuous, [](calculus::arguments a) { return extremum_partials(a[0], a[1], 1); }, WHERE(), WHERE(nonzero(x - y))),
  // special functions of two reals
  FUNCTION(beta, positive_of_positive, any, BY(beta(x, y) * (digamma(x) - digamma(x + y)), beta(x, y) * (digamma(y) - digamma(x + y))),
           WHERE(positive(x), positive(y)), WHERE()),
  FUNCTION(polygamma, unknown, any, BY(polygamma(shifted(x, 1), y)), WHERE(integer(x), nonnegative(x), off_poles(y)), WHERE(), 1),
  // P(x, y), the integral of t^(x-1)*exp(-t)/gamma(x) from 0 to y, and Q = 1 - P
  FUNCTION(gammap, positive_of_positive, any, BY(raised(y, shifted(x, -1)) * exp(-y) / gamma(x)), WHERE(positive(x), nonnegative(y)), WHERE(positive(y)), 1),
  FUNCTION(gammaq, positive_of_positive, any, BY(-(raised(y, shifted(x, -1)) * exp(-y) / gamma(x))), WHERE(positive(x), nonnegative(y)), WHERE(positive(y)), 1),
  FUNCTION(besselj, unknown, any, BY(is_zero(x) ? -besselj(x.number(1), y) : (before(opcode::besselj, x, y) - after(opcode::besselj, x, y)) / 2),
           WHERE(integer(x)), WHERE(), 1),
  FUNCTION(bessely, unknown, any, BY(is_zero(x) ? -bessely(x.number(1), y) : (before(opcode::bessely, x, y) - after(opcode::bessely, x, y)) / 2),
           WHERE(integer(x), positive(y)), WHERE(), 1),
  FUNCTION(besseli, unknown, any, BY(is_zero(x) ? besseli(x.number(1), y) : (before(opcode::besseli, x, y) + after(opcode::besseli, x, y)) / 2),
           WHERE(integer(x)), WHERE(), 1),
  FUNCTION(besselk, unknown, any, BY(is_zero(x) ? -besselk(x.number(1), y) : -((before(opcode::besselk, x, y) + after(opcode::besselk, x, y)) / 2)),
           WHERE(integer(x), positive(y)), WHERE(), 1),
};
// clang-format on

constexpr bool in_the_order_of_opcode() {
  for (std::size_t k = 0; k < table.size(); ++k)
    if (table[k].code != static_cast<opcode>(static_cast<std::size_t>(opcode::exp) + k)) return false;
  return true;
}
static_assert(table.size() == static_cast<std::size_t>(opcode::count_) - static_cast<std::size_t>(opcode::exp),
              "every function in opcode.hpp needs its row");
static_assert(in_the_order_of_opcode(), "the rows stand in the order of opcode");

}  // namespace
}  // namespace ops

std::span<const calculus> calculus_of_functions() { return ops::table; }

}  // namespace wengert
