// Numbers of extended precision beside an estimate of their error (running error analysis: Wilkinson 1963): what a ball is, at
// the speed of the machine. Where an error is not small beside the number, nothing is claimed.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <wengert/numeric/arithmetic.hpp>

namespace wengert {

struct bounded {
  long double value = 0, error = 0;

  bounded() = default;
  bounded(std::int64_t n) : value(static_cast<long double>(n)) {}
  bounded(long double v, long double e) : value(v), error(e) {}
  bool is_exact() const { return error == 0; }
};

template <> class arithmetic<bounded> {
 public:
  static bounded add(const bounded& x, const bounded& y);
  static bounded multiply(const bounded& x, const bounded& y);
  static bounded inverse(const bounded& x);

  static bool is_zero(const bounded& x) { return x.value == 0 && x.is_exact(); }
  static bool is_infinite(const bounded& x) { return !std::isfinite(x.value) || !std::isfinite(x.error); }
  static std::optional<std::int64_t> integer(const bounded& x) { return arithmetic<long double>::integer(x.value); }
  static bounded unknown() { return {0, std::numeric_limits<long double>::infinity()}; }
  static bounded lowest() { return unknown(); }
  static bounded highest() { return unknown(); }

  static bounded larger(const bounded& x, const bounded& y);
  static bounded smaller(const bounded& x, const bounded& y);
  // Where it is certain.
  static std::optional<bool> holds(comparison c, const bounded& left, const bounded& right);
  static bounded choose(comparison c, const bounded& left, const bounded& right, const bounded& yes, const bounded& no);

  static bounded number(const rational& q);
  static bounded pi();
  static auto power(const rational& q) {
    return [p = arithmetic<long double>::power(q), q](const bounded& x) { return raised(x, q, p); };
  }
  static bounded function(const op_info& f, const bounded* arguments);

 private:
  static bounded rounded(long double value, long double error);
  template <class Power> static bounded raised(const bounded& x, const rational& q, const Power& p) {
    if (q == -1) return inverse(x);
    if (q == 2) return multiply(x, x);
    return spread([&](const long double* at) { return p(*at); }, &x, 1);
  }
  // f of some arguments, right to so many units in its last place, by its values at the ends of their intervals.
  template <class F> static bounded spread(F f, const bounded* arguments, int count, int accuracy = 4) {
    long double at[2] = {arguments[0].value, count > 1 ? arguments[1].value : 0};
    const long double value = f(at);
    long double apart = 0;
    for (int k = 0; k < count; ++k) {
      const bounded& x = arguments[k];
      if (x.is_exact()) continue;
      if (!(x.error <= small * std::abs(x.value))) return unknown();
      const long double step = std::max(x.error, epsilon * std::abs(x.value));  // a smaller one would be rounded away
      for (const long double end : {x.value - step, x.value + step}) {
        at[k] = end;
        apart += std::abs(f(at) - value);
      }
      at[k] = x.value;
    }
    return rounded(value, 2 * apart + accuracy * epsilon * std::abs(value));
  }
  static constexpr long double epsilon = std::numeric_limits<long double>::epsilon();
  static constexpr long double small = 0x1p-24L;
};

}  // namespace wengert
