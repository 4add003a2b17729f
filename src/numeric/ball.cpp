#include <wengert/numeric/ball.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fixed_point.hpp"

namespace wengert {

namespace {

constexpr std::int64_t largest_exponent = std::int64_t{1} << 60;
constexpr int largest_guard = 1 << 16;  // digits added for arguments that are large or small
constexpr unsigned largest_whole_power = 4096;

int length_of(const big_integer& digits) {
  return digits == 0 ? 0 : static_cast<int>(msb(digits < 0 ? big_integer(-digits) : digits)) + 1;
}

int trailing_zeros(const big_integer& digits) { return static_cast<int>(lsb(digits < 0 ? big_integer(-digits) : digits)); }

// |digits*2^exponent|, rounded down or up to 53 digits.
magnitude size(const ball& x, bool up) {
  if (x.digits == 0) return {};
  const int excess = length_of(x.digits) - 53;
  const big_integer leading = fixed_point::shifted(x.digits < 0 ? big_integer(-x.digits) : x.digits, -excess);
  const bool inexact = up && excess > 0;
  return {leading.convert_to<double>() + (inexact ? 1 : 0), x.exponent + excess};
}

// An upper bound of |x| for all x in the ball.
magnitude extent(const ball& x) { return size(x, true) + x.radius; }

// What is certain to be a number of that size at most.
ball within(const magnitude& limit, bool open) {
  ball r;
  r.radius = limit;
  r.open = open;
  return r;
}

ball midpoint(ball x) {
  x.radius = {};
  return x;
}

ball exactly(const magnitude& m) {
  ball r(static_cast<std::int64_t>(std::ldexp(m.fraction(), 53)));
  r.exponent = m.exponent() - 53;
  return r;
}

ball widened(ball x, const magnitude& by, bool open = false) {
  x.radius = x.radius + by;
  x.open = x.open || open;
  return x;
}

ball scaled(ball x, std::int64_t power_of_two) {
  x.exponent += power_of_two;
  x.radius = x.radius * magnitude::power_of_two(power_of_two);
  return x;
}

ball fixed(big_integer digits, std::int64_t width, const magnitude& radius) {
  ball r;
  r.digits = std::move(digits);
  r.exponent = -width;
  r.radius = radius;
  return r;
}

// Whether the midpoint is more certain than its leading digit.
bool is_sharp(const ball& x) { return x.radius * magnitude::power_of_two(1) < size(x, false); }

}  // namespace

// --- magnitudes

magnitude::magnitude(double fraction, std::int64_t exponent) {
  if (fraction == 0) return;
  int shift = 0;
  fraction_ = std::frexp(fraction, &shift);
  exponent_ = std::max(exponent + shift, -largest_exponent);
  if (exponent_ > largest_exponent) *this = unlimited();
}

magnitude magnitude::unlimited() {
  magnitude r;
  r.fraction_ = std::numeric_limits<double>::infinity();
  return r;
}

bool magnitude::is_unlimited() const { return std::isinf(fraction_); }

magnitude operator+(const magnitude& a, const magnitude& b) {
  if (a.is_unlimited() || b.is_zero()) return a;
  if (b.is_unlimited() || a.is_zero()) return b;
  if (a.exponent_ < b.exponent_) return b + a;
  const auto behind = static_cast<int>(std::min<std::int64_t>(a.exponent_ - b.exponent_, 60));
  return {(a.fraction_ + std::ldexp(b.fraction_, -behind)) * (1 + 0x1p-50), a.exponent_};
}

magnitude operator*(const magnitude& a, const magnitude& b) {
  if (a.is_zero() || b.is_zero()) return {};
  if (a.is_unlimited() || b.is_unlimited()) return magnitude::unlimited();
  return {a.fraction_ * b.fraction_ * (1 + 0x1p-50), a.exponent_ + b.exponent_};
}

bool operator<(const magnitude& a, const magnitude& b) {
  if (b.is_zero() || a.is_unlimited()) return false;
  if (a.is_zero() || b.is_unlimited()) return true;
  return a.exponent_ != b.exponent_ ? a.exponent_ < b.exponent_ : a.fraction_ < b.fraction_;
}

// --- balls

ball ball::of(long double x) {
  if (!std::isfinite(x)) return anything(true);
  int exponent = 0;
  ball r(static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 63)));
  r.exponent = exponent - 63;
  if (r.digits == 0) return ball();
  const int zeros = trailing_zeros(r.digits);
  r.digits = fixed_point::shifted(r.digits, -zeros);
  r.exponent += zeros;
  return r;
}

ball ball::anything(bool open) { return within(magnitude::unlimited(), open); }

bool ball::is_exactly(std::int64_t n) const {
  if (!is_exact() || exponent > 64 || top() > 64 || (digits == 0) != (n == 0)) return false;
  return exponent >= 0 ? fixed_point::shifted(digits, exponent) == n : digits == fixed_point::shifted(big_integer(n), -exponent);
}

std::int64_t ball::top() const { return exponent + length_of(digits); }

std::optional<int> ball::sign() const {
  if (digits == 0) return is_exact() ? std::optional(0) : std::nullopt;
  if (!(radius < size(*this, false))) return std::nullopt;
  return digits > 0 ? 1 : -1;
}

std::optional<double> ball::certain() const {
  const bool tiny = radius.is_zero() || (!radius.is_unlimited() && radius.exponent() <= -1076);
  if (!tiny && (digits == 0 || radius.is_unlimited() || radius.exponent() > top() - 54)) return std::nullopt;
  if (digits == 0) return 0.0;
  const int excess = length_of(digits) - 63;
  const auto leading = fixed_point::shifted(digits, -excess).convert_to<long double>();
  return static_cast<double>(std::ldexp(leading, static_cast<int>(std::clamp<std::int64_t>(exponent + excess, -20000, 20000))));
}

// --- the four operations

using in = arithmetic<ball>;

ball in::rounded(ball x) const {
  if (x.radius.is_unlimited()) return ball::anything(x.open);
  const int excess = length_of(x.digits) - bits_;
  if (excess > 0) {
    const bool exact = trailing_zeros(x.digits) >= excess;
    x.digits = fixed_point::shifted(x.digits, -excess);
    x.exponent += excess;
    if (!exact) x.radius = x.radius + magnitude::power_of_two(x.exponent);
  }
  if (x.digits == 0) return x;
  if (x.top() > largest_exponent) return ball::anything(true);
  return x.top() < -largest_exponent ? within(extent(x), x.open) : x;
}

ball in::negative(ball x) {
  x.digits = -x.digits;
  return x;
}

ball in::absolute(ball x) { return x.digits < 0 ? negative(std::move(x)) : x; }

ball in::add(const ball& x, const ball& y) const {
  if (y.digits == 0) return rounded(widened(x, y.radius, y.open));
  if (x.digits == 0) return rounded(widened(y, x.radius, x.open));
  if (x.top() < y.top()) return add(y, x);
  if (x.top() - y.top() > 2 * std::int64_t{bits_} + 64) return rounded(widened(x, extent(y), y.open));
  const std::int64_t least = std::min(x.exponent, y.exponent);
  ball r;
  r.digits = fixed_point::shifted(x.digits, x.exponent - least) + fixed_point::shifted(y.digits, y.exponent - least);
  r.exponent = least;
  r.radius = x.radius + y.radius;
  r.open = x.open || y.open;
  return rounded(std::move(r));
}

ball in::multiply(const ball& x, const ball& y) const {
  for (const auto& [zero, other] : {std::pair(&x, &y), std::pair(&y, &x)})
    if (is_zero(*zero)) return other->open && other->radius.is_unlimited() ? *other : ball();
  ball r;
  r.digits = x.digits * y.digits;
  r.exponent = x.exponent + y.exponent;
  r.radius = size(x, true) * y.radius + size(y, true) * x.radius + x.radius * y.radius;
  r.open = x.open || y.open;
  return rounded(std::move(r));
}

ball in::inverse(const ball& x) const {
  if (is_zero(x)) return ball::anything(true);
  if (!is_sharp(x)) return ball::anything(x.open);
  const int width = length_of(x.digits) + bits_;
  big_integer quotient, rest;
  divide_qr(big_integer(big_integer(1) << static_cast<unsigned>(width)), x.digits, quotient, rest);
  ball r;
  r.digits = std::move(quotient);
  r.exponent = -x.exponent - width;
  if (rest != 0) r.radius = magnitude::power_of_two(r.exponent);
  const magnitude bound = extent(r);  // |1/x - 1/(x +- e)| <= 2*e/x^2 for e <= |x|/2
  r.radius = r.radius + magnitude::power_of_two(1) * x.radius * bound * bound;
  r.open = x.open;
  return rounded(std::move(r));
}

// --- comparisons

ball in::larger(const ball& x, const ball& y) {
  const arithmetic exact(std::max(length_of(x.digits), length_of(y.digits)) + 1);
  const ball apart = exact.subtract(x, y);
  if (const std::optional<int> s = apart.sign()) return *s >= 0 ? x : y;
  ball r = apart.digits >= 0 ? x : y;
  r.radius = x.radius < y.radius ? y.radius : x.radius;
  r.open = x.open || y.open;
  return r;
}

std::optional<bool> in::holds(comparison c, const ball& left, const ball& right) const {
  const std::optional<int> s = subtract(left, right).sign();
  if (!s) return std::nullopt;
  switch (c) {
    case comparison::lt: return *s < 0;
    case comparison::le: return *s <= 0;
    case comparison::eq: return *s == 0;
    case comparison::ne: return *s != 0;
  }
  return std::nullopt;
}

ball in::choose(comparison c, const ball& left, const ball& right, const ball& yes, const ball& no) const {
  if (const std::optional<bool> h = holds(c, left, right)) return *h ? yes : no;
  return widened(yes, extent(subtract(midpoint(yes), midpoint(no))) + no.radius, true);
}

std::optional<std::int64_t> in::integer(const ball& x) {
  if (!x.is_exact() || (x.digits != 0 && (x.exponent < -largest_guard || x.top() > 50))) return std::nullopt;
  const big_integer whole = fixed_point::shifted(x.digits, x.exponent);
  if (fixed_point::shifted(whole, -x.exponent) != x.digits) return std::nullopt;
  return whole.convert_to<std::int64_t>();
}

ball in::sign(const ball& x) const {
  const std::optional<int> s = x.sign();
  return s ? ball(*s) : within(magnitude::power_of_two(0), true);
}

ball in::floor(const ball& x) const {
  auto of_exact = [](const ball& u) {
    if (u.exponent >= 0) return u;
    if (u.top() <= 0) return ball(u.digits < 0 ? -1 : 0);
    const big_integer whole = fixed_point::shifted(u.digits, u.exponent);
    const bool below = u.digits < 0 && fixed_point::shifted(whole, -u.exponent) != u.digits;
    ball r;
    r.digits = below ? whole - 1 : whole;
    return r;
  };
  if (x.radius.is_unlimited()) return x;
  const ball end = exactly(x.radius);
  const ball low = of_exact(subtract(midpoint(x), end)), high = of_exact(add(midpoint(x), end));
  const ball apart = subtract(high, low);
  return is_zero(apart) ? low : widened(low, extent(apart), true);
}

// --- powers

ball in::whole_power(const ball& x, unsigned long long n) const {
  ball r(1), square = x;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) r = multiply(r, square);
    if (n > 1) square = multiply(square, square);
  }
  return r;
}

// |sqrt(x) - sqrt(x +- e)| <= e/sqrt(x).
ball in::square_root(const ball& x) const {
  std::int64_t shift = std::max(0, 2 * bits_ + 2 - length_of(x.digits));
  if ((x.exponent - shift) % 2 != 0) ++shift;
  big_integer rest;
  ball r;
  r.digits = boost::multiprecision::sqrt(fixed_point::shifted(x.digits, shift), rest);
  r.exponent = (x.exponent - shift) / 2;
  if (rest != 0) r.radius = magnitude::power_of_two(r.exponent);
  if (!x.is_exact()) r = widened(r, x.radius * extent(inverse(midpoint(r))) * magnitude::power_of_two(1), x.open);
  r.open = x.open;
  return rounded(std::move(r));
}

ball in::raised(const ball& x, const rational& q) const {
  if (q == 0) return 1;
  if (q == 1) return x;
  const big_integer n = abs(numerator(q)), d = denominator(q);
  if (d == 1 && n <= largest_whole_power) {
    const ball p = whole_power(x, n.convert_to<unsigned>());
    return q < 0 ? inverse(p) : p;
  }
  if (is_zero(x)) return q > 0 ? ball() : ball::anything(true);
  const std::optional<int> s = x.sign();
  if (!s) {
    if (q < 0 || x.radius.is_unlimited()) return ball::anything(x.open);
    return within(extent(raised(exactly(extent(x)), q)), x.open);
  }
  if (*s < 0) {
    if (d != 1) return ball::anything(true);
    const ball size = exp(multiply(number(q), log(negative(x))));
    return is_even_integer(q) ? size : negative(size);
  }
  if (d == 2 && n <= largest_whole_power) {
    const ball p = whole_power(square_root(x), n.convert_to<unsigned>());
    return q < 0 ? inverse(p) : p;
  }
  return exp(multiply(number(q), log(x)));
}

ball in::pow(const ball& x, const ball& y) const {
  if (const std::optional<std::int64_t> n = integer(y)) return raised(x, *n);
  const std::optional<int> s = x.sign();
  if (is_zero(x)) return y.sign() == 1 ? ball() : ball::anything(true);
  if (s == -1) return ball::anything(true);
  return exp(multiply(y, log(x)));
}

// --- transcendental functions

ball in::number(const rational& q) const {
  ball n, d;
  n.digits = numerator(q);
  d.digits = denominator(q);
  return d.digits == 1 ? rounded(n) : divide(rounded(n), d);
}

ball in::pi() const {
  const int w = bits_ + 32;
  return rounded(fixed(fixed_point::pi(w), w, magnitude::power_of_two(-bits_ - 8)));
}

// |exp(x) - exp(x +- e)| <= 2*e*exp(x) for e <= 1.
ball in::exp(const ball& x) const {
  if (x.radius.is_unlimited()) return ball::anything(x.open);
  if (x.is_exactly(0)) return 1;
  if (!x.is_exact() && x.radius.exponent() > 0) {
    const ball upper = exp(add(midpoint(x), exactly(x.radius)));
    return upper.radius.is_unlimited() ? ball::anything(x.open) : within(extent(upper), x.open);
  }
  const std::int64_t top = x.digits == 0 ? 0 : std::max<std::int64_t>(x.top(), 0);
  if (top > 58) return x.digits > 0 ? ball::anything(true) : within(magnitude::power_of_two(-largest_exponent), x.open);
  const int w = bits_ + static_cast<int>(top) + 40;
  const big_integer u = fixed_point::shifted(x.digits, x.exponent + w), unit = fixed_point::log_of_2(w);
  big_integer n = u / unit;
  if (u < n * unit) n -= 1;
  ball r = fixed(fixed_point::exp(u - n * unit, w), w, magnitude::power_of_two(-bits_));
  r = scaled(std::move(r), n.convert_to<std::int64_t>());
  return rounded(widened(r, magnitude::power_of_two(1) * x.radius * extent(r), x.open));
}

// |log(x) - log(x +- e)| <= 2*e/x for e <= x/2.
ball in::log(const ball& x) const {
  const std::optional<int> s = x.sign();
  if (s && *s <= 0) return ball::anything(true);
  if (!s || !is_sharp(x)) return ball::anything(x.open);
  const int length = length_of(x.digits);
  std::int64_t n = x.top();
  const bool low = fixed_point::shifted(x.digits, 8 - length) < 181;  // below sqrt(1/2): doubled
  if (low) --n;
  const int point = low ? length - 1 : length;
  int gap = 0;  // leading digits that x = 1 + small has in common with 1
  if (n == 0) gap = point - length_of(x.digits - fixed_point::shifted(1, point));
  const int w = bits_ + gap + length_of(n) + 40;
  const big_integer fraction = fixed_point::log(fixed_point::shifted(x.digits, w - point), w);
  ball r = fixed(fraction + n * fixed_point::log_of_2(w), w, magnitude::power_of_two(-w + 24 + length_of(n)));
  if (x.is_exactly(1)) r = ball();
  return rounded(widened(r, magnitude::power_of_two(1) * x.radius * extent(inverse(midpoint(x))), x.open));
}

ball in::sine(const ball& x, bool cosine) const {
  if (is_zero(x)) return cosine ? 1 : 0;
  const std::int64_t top = x.digits == 0 ? 0 : x.top();
  const magnitude all = magnitude::power_of_two(0), two = magnitude::power_of_two(1);
  if (top > largest_guard || !(x.radius < two)) return within(all, x.open);
  const int w = bits_ + static_cast<int>(std::min<std::int64_t>(std::abs(top), largest_guard)) + 40;
  const big_integer u = fixed_point::shifted(x.digits, x.exponent + w), unit = fixed_point::pi(w);
  big_integer n = (2 * u + unit / 2) / unit;
  if (2 * u + unit / 2 < n * unit) n -= 1;  // rounded down
  const auto [s, c] = fixed_point::sin_cos(u - n * unit / 2, w);
  big_integer quarter = (n + (cosine ? 1 : 0)) % 4;
  if (quarter < 0) quarter += 4;
  const big_integer& v = quarter % 2 == 0 ? s : c;
  const magnitude error = magnitude::power_of_two(24 + std::max<std::int64_t>(top, 0) - w);
  return rounded(widened(fixed(quarter < 2 ? v : big_integer(-v), w, error), x.radius, x.open));
}

ball in::atan(const ball& x) const {
  if (is_zero(x)) return x;
  if (x.digits < 0) return negative(atan(negative(x)));
  if (x.radius.is_unlimited()) return within(magnitude::power_of_two(1), x.open);
  const std::int64_t top = x.digits == 0 ? 0 : x.top();
  if (top > 0 && !x.is_exactly(1)) {
    const ball y = inverse(x);
    if (y.radius.is_unlimited()) return within(magnitude::power_of_two(1), x.open);
    return subtract(scaled(pi(), -1), atan(y));
  }
  const int w = bits_ + static_cast<int>(std::min<std::int64_t>(-std::min<std::int64_t>(top, 0), largest_guard)) + 40;
  const big_integer u = fixed_point::shifted(x.digits, x.exponent + w);
  return rounded(widened(fixed(fixed_point::atan(u, w), w, magnitude::power_of_two(24 - w)), x.radius, x.open));
}

ball in::atan2(const ball& y, const ball& x) const {
  const std::optional<int> right = x.sign(), up = y.sign();
  if (right == 1) return atan(divide(y, x));
  if (up == 1 || up == -1) {
    const ball quarter = scaled(pi(), -1);
    return subtract(up == 1 ? quarter : negative(quarter), atan(divide(x, y)));
  }
  return right == -1 && up == 0 ? pi() : ball::anything(x.open || y.open || (right && up));
}

// erf(x) = 2/sqrt(pi)*exp(-x^2)*SUM_n 2^n*x^(2n+1)/(1*3*...*(2n+1)) (Abramowitz and Stegun 7.1.6); for large x 1 - erf(x) <
// exp(-x^2).
ball in::erf(const ball& x) const {
  if (is_zero(x)) return x;
  if (x.digits < 0) return negative(erf(negative(x)));
  if (x.radius.is_unlimited()) return within(magnitude::power_of_two(0), x.open);
  const magnitude moved = magnitude::power_of_two(1) * x.radius;
  if (x.digits == 0) return within(moved, x.open);
  if (x.top() > 5) {
    const double square = std::ldexp(1.0, static_cast<int>(2 * std::min<std::int64_t>(x.top(), 25) - 2));
    return widened(1, magnitude::power_of_two(-static_cast<std::int64_t>(1.44 * square)) + moved, x.open);
  }
  const arithmetic wide(bits_ + 64);
  const ball u = midpoint(x), square = wide.multiply(u, u);
  ball term = wide.multiply(scaled(u, 1), wide.exp(negative(square)));
  term = wide.divide(term, wide.square_root(wide.pi()));
  ball sum = term;
  // From 2n > 4x^2 on each term is less than half of the one before.
  const std::int64_t grown = std::int64_t{4} << std::max<std::int64_t>(square.top(), 0);
  for (std::int64_t n = 1; 2 * n < grown || term.top() > sum.top() - bits_ - 8; ++n) {
    term = wide.divide(wide.multiply(scaled(term, 1), square), ball(2 * n + 1));
    sum = wide.add(sum, term);
  }
  return rounded(widened(sum, magnitude::power_of_two(1) * extent(term) + moved, x.open));
}

std::optional<ball> in::elementary(opcode f, const ball& x) const {
  const ball one(1), half = scaled(one, -1);
  auto root = [&](const ball& u) { return raised(u, rational(1, 2)); };
  auto asin = [&](const ball& u) { return scaled(atan(divide(u, add(one, root(subtract(one, multiply(u, u)))))), 1); };
  auto acos = [&](const ball& u) { return subtract(scaled(pi(), -1), asin(u)); };
  switch (f) {
    case opcode::exp: return exp(x);
    case opcode::log: return log(x);
    case opcode::log2: return divide(log(x), log(2));
    case opcode::log10: return divide(log(x), log(10));
    case opcode::log1p: return log(add(one, x));
    case opcode::expm1: return subtract(exp(x), one);
    case opcode::cbrt: return x.sign() == -1 ? negative(raised(negative(x), rational(1, 3))) : raised(x, rational(1, 3));
    case opcode::abs: return absolute(x);
    case opcode::sign: return sign(x);
    case opcode::floor: return floor(x);
    case opcode::ceil: return negative(floor(negative(x)));
    case opcode::sin: return sin(x);
    case opcode::cos: return cos(x);
    case opcode::tan: return divide(sin(x), cos(x));
    case opcode::cot: return divide(cos(x), sin(x));
    case opcode::sec: return inverse(cos(x));
    case opcode::csc: return inverse(sin(x));
    case opcode::asin: return asin(x);
    case opcode::acos: return acos(x);
    case opcode::atan: return atan(x);
    case opcode::acot: return atan(inverse(x));
    case opcode::asec: return acos(inverse(x));
    case opcode::acsc: return asin(inverse(x));
    case opcode::erf: return erf(x);
    case opcode::erfc: return subtract(one, erf(x));
    default: return hyperbolic(f, x);
  }
}

std::optional<ball> in::hyperbolic(opcode f, const ball& x) const {
  const ball one(1);
  auto root = [&](const ball& u) { return raised(u, rational(1, 2)); };
  auto both = [&](const ball& u, bool difference) {
    const ball e = exp(u), f_ = inverse(e);
    return scaled(difference ? subtract(e, f_) : add(e, f_), -1);
  };
  auto tanh = [&](const ball& u) {
    const ball e = exp(scaled(u, 1));
    return u.digits > 0 ? subtract(one, divide(2, add(e, one))) : subtract(divide(scaled(e, 1), add(e, one)), one);
  };
  auto asinh = [&](const ball& u) {
    auto of = [&](const ball& v) { return log(add(v, root(add(multiply(v, v), one)))); };
    return u.digits < 0 ? negative(of(negative(u))) : of(u);
  };
  auto acosh = [&](const ball& u) { return log(add(u, root(subtract(multiply(u, u), one)))); };
  auto atanh = [&](const ball& u) { return scaled(log(divide(add(one, u), subtract(one, u))), -1); };
  switch (f) {
    case opcode::sinh: return both(x, true);
    case opcode::cosh: return both(x, false);
    case opcode::tanh: return tanh(x);
    case opcode::coth: return inverse(tanh(x));
    case opcode::sech: return inverse(both(x, false));
    case opcode::csch: return inverse(both(x, true));
    case opcode::asinh: return asinh(x);
    case opcode::acosh: return acosh(x);
    case opcode::atanh: return atanh(x);
    case opcode::acoth: return atanh(inverse(x));
    case opcode::asech: return acosh(inverse(x));
    case opcode::acsch: return asinh(inverse(x));
    default: return std::nullopt;
  }
}

std::optional<ball> in::of_two(opcode f, const ball& x, const ball& y) const {
  switch (f) {
    case opcode::pow: return pow(x, y);
    case opcode::atan2: return atan2(x, y);
    case opcode::hypot: return raised(add(multiply(x, x), multiply(y, y)), rational(1, 2));
    case opcode::xlogy: return is_zero(x) ? ball() : multiply(x, log(y));
    case opcode::min: return smaller(x, y);
    case opcode::max: return larger(x, y);
    default: return std::nullopt;
  }
}

// Formulas lose digits where the value is that of a small argument, as exp(x) - 1 is: such an argument has that many digits more.
ball in::function(opcode f, const ball* arguments) const {
  const op_info* info = find_function(f);
  const ball& x = arguments[0];
  std::optional<ball> r;
  if (info->arity == 2) {
    r = of_two(f, x, arguments[1]);
  } else {
    // Most functions cancel near 0; exp does not, and log sees to its own digits.
    const bool cancels = x.digits != 0 && f != opcode::exp && f != opcode::log && f != opcode::log2 && f != opcode::log10;
    std::int64_t guard = cancels ? std::clamp<std::int64_t>(-2 * x.top(), 0, 8192) : 0;
    if (f == opcode::erfc && x.digits > 0) guard = std::int64_t{3} << (2 * std::clamp<std::int64_t>(x.top(), 0, 5));
    r = arithmetic(bits_ + static_cast<int>(guard)).elementary(f, x);
  }
  return r ? rounded(*std::move(r)) : ball::anything(true);
}

}  // namespace wengert
