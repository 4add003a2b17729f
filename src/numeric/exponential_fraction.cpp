#include <wengert/numeric/exponential_fraction.hpp>

#include <algorithm>

namespace wengert {

namespace {

using in = arithmetic<exponential_fraction>;
using factors = std::vector<std::pair<exponential_sum, int>>;

constexpr std::size_t most_terms = 24, most_products = 256;
constexpr int largest_power = 8;

// Exponents are exact; those that need more digits than these are not kept.
const arithmetic<ball>& of_exponents() {
  static const arithmetic<ball> exact(1 << 12);
  return exact;
}

// Whether two sums are the same number for certain, term by term.
bool same(const exponential_sum& x, const exponential_sum& y) {
  auto equal = [](const ball& a, const ball& b) {
    return a.is_exact() && b.is_exact() && arithmetic<ball>::is_zero(of_exponents().subtract(a, b));
  };
  return std::ranges::equal(x.terms, y.terms, [&](const auto& a, const auto& b) {
    return equal(a.exponent, b.exponent) && equal(a.coefficient, b.coefficient);
  });
}

void insert(const arithmetic<ball>& with, exponential_sum& into, const exponential_sum::term& t) {
  std::size_t k = 0;
  std::optional<int> s = 1;
  for (; k < into.terms.size(); ++k) {
    s = of_exponents().subtract(into.terms[k].exponent, t.exponent).sign();
    if (*s <= 0) break;
  }
  if (k < into.terms.size() && *s == 0) {
    into.terms[k].coefficient = with.add(into.terms[k].coefficient, t.coefficient);
    if (arithmetic<ball>::is_zero(into.terms[k].coefficient))
      into.terms.erase(into.terms.begin() + static_cast<std::ptrdiff_t>(k));
  } else if (!arithmetic<ball>::is_zero(t.coefficient)) {
    into.terms.insert(into.terms.begin() + static_cast<std::ptrdiff_t>(k), t);
  }
}

// The place of a factor, a new one of power 0 where there is none yet. Inexact factors have a place each.
std::size_t place_of(factors& all, const exponential_sum& s) {
  auto it = std::ranges::find_if(all, [&](const auto& f) { return same(f.first, s); });
  if (it == all.end()) it = all.insert(it, {s, 0});
  return static_cast<std::size_t>(it - all.begin());
}

// Divides the sum above by a factor below that it is equal to.
void cancel(exponential_sum& above, factors& below) {
  if (above.terms.size() < 2) return;
  auto it = std::ranges::find_if(below, [&](const auto& f) { return same(f.first, above); });
  if (it == below.end()) return;
  above = exponential_fraction(1).above;
  if (--it->second == 0) below.erase(it);
}

}  // namespace

exponential_fraction::exponential_fraction(ball constant) {
  if (!arithmetic<ball>::is_zero(constant)) above.terms.push_back({std::move(constant), {}});
}

const ball* exponential_fraction::constant() const {
  static const ball zero;
  if (!below.empty() || above.terms.size() > 1) return nullptr;
  if (above.terms.empty()) return &zero;
  return above.terms[0].exponent.digits == 0 ? &above.terms[0].coefficient : nullptr;
}

std::optional<std::int64_t> in::integer(const exponential_fraction& x) {
  return x.constant() ? arithmetic<ball>::integer(*x.constant()) : std::nullopt;
}

// --- values

// s over the exponential in front.
ball in::relative(const exponential_sum& s) const {
  ball r;
  for (const auto& t : s.terms) {
    const ball behind = of_exponents().subtract(t.exponent, s.terms.front().exponent);
    r = in_.add(r, in_.multiply(t.coefficient, in_.function(opcode::exp, &behind)));
  }
  return r;
}

ball in::value(const exponential_fraction& x) const {
  if (x.constant()) return *x.constant();
  ball exponent = x.above.terms.front().exponent, r = relative(x.above);
  for (const auto& [s, n] : x.below) {
    r = in_.divide(r, in_.power(n)(relative(s)));
    exponent = of_exponents().subtract(exponent, of_exponents().multiply(s.terms.front().exponent, n));
  }
  return in_.multiply(r, in_.function(opcode::exp, &exponent));
}

// --- the four operations

std::optional<exponential_sum> in::times(const exponential_sum& x, const exponential_sum& y) const {
  if (x.terms.size() * y.terms.size() > most_products) return std::nullopt;
  exponential_sum r;
  for (const auto& a : x.terms)
    for (const auto& b : y.terms) {
      ball exponent = of_exponents().add(a.exponent, b.exponent);
      if (!exponent.is_exact()) return std::nullopt;
      insert(in_, r, {in_.multiply(a.coefficient, b.coefficient), std::move(exponent)});
    }
  if (r.terms.size() > most_terms) return std::nullopt;
  return r;
}

// x times each of the factors so often as `more` says.
std::optional<exponential_sum> in::times(const exponential_sum& x, const factors& all, const std::vector<int>& more) const {
  std::optional<exponential_sum> r = x;
  for (std::size_t i = 0; i < more.size(); ++i)
    for (int k = 0; r && k < more[i]; ++k) r = times(*r, all[i].first);
  return r;
}

exponential_fraction in::add(const exponential_fraction& x, const exponential_fraction& y) const {
  if (is_zero(x)) return y;
  if (is_zero(y)) return x;
  if (x.constant() && y.constant()) return in_.add(*x.constant(), *y.constant());
  exponential_fraction r;
  r.below = x.below;
  std::vector<int> of_x, of_y(r.below.size(), 0);  // the powers of the factors below r
  for (const auto& f : x.below) of_x.push_back(f.second);
  for (const auto& [s, n] : y.below) {
    const std::size_t i = place_of(r.below, s);
    of_x.resize(r.below.size(), 0);
    of_y.resize(r.below.size(), 0);
    of_y[i] += n;
    r.below[i].second = std::max(of_x[i], of_y[i]);
  }
  for (std::size_t i = 0; i < r.below.size(); ++i) {
    of_x[i] = r.below[i].second - of_x[i];
    of_y[i] = r.below[i].second - of_y[i];
  }
  const std::optional<exponential_sum> left = times(x.above, r.below, of_x), right = times(y.above, r.below, of_y);
  if (!left || !right) return in_.add(value(x), value(y));
  r.above = *left;
  for (const auto& t : right->terms) insert(in_, r.above, t);
  if (r.above.terms.empty()) return {};
  if (r.above.terms.size() > most_terms) return in_.add(value(x), value(y));
  cancel(r.above, r.below);
  return r;
}

exponential_fraction in::multiply(const exponential_fraction& x, const exponential_fraction& y) const {
  if (x.constant() && y.constant()) return in_.multiply(*x.constant(), *y.constant());
  exponential_fraction a = x, b = y;
  cancel(a.above, b.below);
  cancel(b.above, a.below);
  const std::optional<exponential_sum> above = times(a.above, b.above);
  if (!above) return in_.multiply(value(x), value(y));
  if (above->terms.empty()) return in_.multiply(is_zero(x) ? value(y) : value(x), ball());
  exponential_fraction r;
  r.above = *above;
  r.below = std::move(a.below);
  for (const auto& [s, n] : b.below) r.below[place_of(r.below, s)].second += n;
  cancel(r.above, r.below);
  return r;
}

exponential_fraction in::inverse(const exponential_fraction& x) const {
  if (x.constant()) return in_.inverse(*x.constant());
  exponential_fraction r(1);
  for (const auto& [s, n] : x.below)
    for (int k = 0; k < n; ++k) {
      const std::optional<exponential_sum> above = times(r.above, s);
      if (!above) return in_.inverse(value(x));
      r.above = *above;
    }
  if (x.above.terms.size() > 1) {
    r.below.emplace_back(x.above, 1);
    return r;
  }
  exponential_fraction one_term;
  const auto& t = x.above.terms.front();
  one_term.above.terms.push_back({in_.inverse(t.coefficient), arithmetic<ball>::negative(t.exponent)});
  return multiply(r, one_term);
}

// --- comparisons

std::optional<bool> in::holds(comparison c, const exponential_fraction& left, const exponential_fraction& right) const {
  return in_.holds(c, value(subtract(left, right)), ball());
}

exponential_fraction in::choose(comparison c, const exponential_fraction& left, const exponential_fraction& right,
                                const exponential_fraction& yes, const exponential_fraction& no) const {
  if (const std::optional<bool> h = holds(c, left, right)) return *h ? yes : no;
  return in_.choose(c, value(left), value(right), value(yes), value(no));
}

exponential_fraction in::extremum(const exponential_fraction& x, const exponential_fraction& y, int towards) const {
  const std::optional<int> s = value(subtract(x, y)).sign();
  if (s) return *s * towards >= 0 ? x : y;
  return towards > 0 ? in_.larger(value(x), value(y)) : in_.smaller(value(x), value(y));
}

// --- functions

exponential_fraction in::raised(const exponential_fraction& x, const rational& q) const {
  if (q == 0) return 1;
  if (is_integer(q) && abs(q) <= largest_power && !x.constant()) {
    exponential_fraction r = x;
    for (int k = 1; k < abs(q); ++k) r = multiply(r, x);
    return q < 0 ? inverse(r) : r;
  }
  if (!x.constant() && x.below.empty() && x.above.terms.size() == 1) {
    const auto& t = x.above.terms.front();
    exponential_fraction r;
    r.above.terms.push_back({in_.power(q)(t.coefficient), of_exponents().multiply(t.exponent, of_exponents().number(q))});
    if (r.above.terms[0].exponent.is_exact() && !arithmetic<ball>::is_zero(r.above.terms[0].coefficient)) return r;
  }
  return in_.power(q)(value(x));
}

exponential_fraction in::exp(const exponential_fraction& x) const {
  const ball u = value(x);
  if (!u.is_exact() || u.digits == 0) return in_.function(opcode::exp, &u);
  exponential_fraction r;
  r.above.terms.push_back({1, u});
  return r;
}

ball in::log(const exponential_sum& s) const {
  const ball rest = relative(s);
  return in_.add(s.terms.front().exponent, in_.function(opcode::log, &rest));
}

exponential_fraction in::log(const exponential_fraction& x) const {
  if (x.constant()) return in_.function(opcode::log, x.constant());
  ball r = log(x.above);
  for (const auto& [s, n] : x.below) r = in_.subtract(r, in_.multiply(ball(n), log(s)));
  return r;
}

// Functions that are fractions of exponentials, and logarithms.
std::optional<exponential_fraction> in::of_exponentials(opcode f, const exponential_fraction& x) const {
  auto both = [&](int sign) {
    const exponential_fraction e = exp(x);
    return add(e, multiply(ball(sign), inverse(e)));
  };
  if (f == opcode::exp) return exp(x);
  if (f == opcode::log) return log(x);
  if (f == opcode::log1p && !x.constant()) return log(add(1, x));
  const ball *u = x.constant(), half = in_.number(rational(1, 2));
  if (!u || !u->is_exact() || u->digits == 0 || u->top() < 1) return std::nullopt;  // of small arguments balls know more digits
  switch (f) {
    case opcode::expm1: return subtract(exp(x), 1);
    case opcode::sinh: return multiply(half, both(-1));
    case opcode::cosh: return multiply(half, both(1));
    case opcode::tanh: return divide(both(-1), both(1));
    case opcode::coth: return divide(both(1), both(-1));
    case opcode::sech: return inverse(multiply(half, both(1)));
    case opcode::csch: return inverse(multiply(half, both(-1)));
    default: return std::nullopt;
  }
}

exponential_fraction in::function(const op_info& f, const exponential_fraction* arguments) const {
  if (f.code == opcode::max || f.code == opcode::min) return extremum(arguments[0], arguments[1], f.code == opcode::max ? 1 : -1);
  if (f.code == opcode::xlogy && !is_zero(arguments[0])) return multiply(arguments[0], log(arguments[1]));
  if (f.arity == 1)
    if (std::optional<exponential_fraction> r = of_exponentials(f.code, arguments[0])) return *std::move(r);
  const ball values[2] = {value(arguments[0]), f.arity > 1 ? value(arguments[1]) : ball()};
  return in_.function(f, values);
}

}  // namespace wengert
