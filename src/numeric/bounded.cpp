#include <wengert/numeric/bounded.hpp>

#include <algorithm>

namespace wengert {

namespace {

using in = arithmetic<bounded>;
constexpr long double unit = std::numeric_limits<long double>::epsilon(), tiny = std::numeric_limits<long double>::min();

bool is_unit(const bounded& x) { return x.is_exact() && std::abs(x.value) == 1; }

}  // namespace

bounded in::rounded(long double value, long double error) {
  if (!(std::isfinite(value) && std::isfinite(error))) return unknown();
  if (std::abs(value) < tiny) error += tiny;
  return {value, error};
}

// The rounding error of a sum is a number itself (Knuth, TAOCP 2, 4.2.2).
bounded in::add(const bounded& x, const bounded& y) {
  const long double s = x.value + y.value, behind = s - x.value;
  const long double lost = (x.value - (s - behind)) + (y.value - behind);
  const long double error = x.error + y.error + std::abs(lost);
  if (!(std::isfinite(s) && std::isfinite(error))) return unknown();
  return {s, error * (1 + 4 * unit)};
}

bounded in::multiply(const bounded& x, const bounded& y) {
  if (is_zero(x) || is_zero(y)) return is_infinite(x) || is_infinite(y) ? unknown() : bounded();
  const long double p = x.value * y.value;
  long double error = std::abs(x.value) * y.error + std::abs(y.value) * x.error + x.error * y.error;
  if (is_unit(x) || is_unit(y)) return std::isfinite(error) ? bounded(p, error) : unknown();
  error = error * (1 + 4 * unit) + unit * std::abs(p);
  return rounded(p, error);
}

bounded in::inverse(const bounded& x) {
  if (!(2 * x.error < std::abs(x.value))) return unknown();
  const long double q = 1 / x.value;
  return is_unit(x) ? bounded(q, 0) : rounded(q, 2 * (x.error * std::abs(q)) * std::abs(q) * (1 + 4 * unit) + unit * std::abs(q));
}

bounded in::larger(const bounded& x, const bounded& y) {
  if (is_infinite(x) || is_infinite(y)) return unknown();
  const bounded& r = x.value >= y.value ? x : y;
  return std::abs(x.value - y.value) > x.error + y.error ? r : bounded(r.value, std::max(x.error, y.error));
}

bounded in::smaller(const bounded& x, const bounded& y) {
  const bounded r = larger({-x.value, x.error}, {-y.value, y.error});
  return {-r.value, r.error};
}

std::optional<bool> in::holds(comparison c, const bounded& left, const bounded& right) {
  const bool apart = std::abs(left.value - right.value) > left.error + right.error;
  if (!apart && !(left.is_exact() && right.is_exact())) return std::nullopt;
  return arithmetic<long double>::holds(c, left.value, right.value);
}

bounded in::choose(comparison c, const bounded& left, const bounded& right, const bounded& yes, const bounded& no) {
  const std::optional<bool> h = holds(c, left, right);
  return !h ? unknown() : *h ? yes : no;
}

bounded in::number(const rational& q) {
  const auto v = q.convert_to<long double>();
  return rational(v) == q ? bounded(v, 0) : rounded(v, unit * std::abs(v));
}

bounded in::pi() { return rounded(std::numbers::pi_v<long double>, 4 * unit); }

bounded in::function(const op_info& f, const bounded* arguments) {
  if (f.code == opcode::max) return larger(arguments[0], arguments[1]);
  if (f.code == opcode::min) return smaller(arguments[0], arguments[1]);
  if (f.code == opcode::abs) return {std::abs(arguments[0].value), arguments[0].error};
  return spread([&](const long double* at) { return f.value_long(at); }, arguments, f.arity, f.code >= opcode::erfinv ? 256 : 4);
}

}  // namespace wengert
