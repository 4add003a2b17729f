#include "fixed_point.hpp"

#include <cmath>
#include <vector>

namespace wengert::fixed_point {

namespace {

big_integer one(int w) { return big_integer(1) << static_cast<unsigned>(w); }

double as_double(const big_integer& x, int w) { return std::ldexp(shifted(x, 60 - w).convert_to<double>(), -60); }

big_integer from_double(double x, int w) { return shifted(big_integer(static_cast<long long>(std::ldexp(x, 60))), w - 60); }

big_integer times(const big_integer& x, const big_integer& y, int w) { return (x * y) >> static_cast<unsigned>(w); }

big_integer over(const big_integer& x, const big_integer& y, int w) { return (x << static_cast<unsigned>(w)) / y; }

// atanh(1/n), or atan(1/n) with alternating signs.
big_integer inverse_tangent_of_reciprocal(int n, int w, bool alternating) {
  big_integer power = one(w) / n, sum = power;
  for (int k = 3; power != 0; k += 2) {
    power /= n * n;
    if (alternating && k % 4 == 3)
      sum -= power / k;
    else
      sum += power / k;
  }
  return sum;
}

// Improves y, which is right to `known` binary digits, by steps that treble them.
template <class Step> big_integer refine(big_integer y, int known, int w, Step step) {
  int at = w;
  std::vector<int> widths;
  for (; at > known; at = at / 3 + 8) widths.push_back(at + 24);
  int now = w;
  for (std::size_t k = widths.size(); k-- > 0;) {
    y = shifted(y, widths[k] - now);
    now = widths[k];
    y += step(y, now);
  }
  return shifted(y, w - now);
}

}  // namespace

big_integer shifted(const big_integer& x, long long s) {
  if (s >= 0) return x << static_cast<std::size_t>(s);
  return x < 0 ? -big_integer(-x >> static_cast<std::size_t>(-s)) : big_integer(x >> static_cast<std::size_t>(-s));
}

// J. M. Machin 1706, and the like for the logarithm: log 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749).
big_integer log_of_2(int w) {
  return 18 * inverse_tangent_of_reciprocal(26, w, false) - 2 * inverse_tangent_of_reciprocal(4801, w, false) +
         8 * inverse_tangent_of_reciprocal(8749, w, false);
}

big_integer pi(int w) { return 16 * inverse_tangent_of_reciprocal(5, w, true) - 4 * inverse_tangent_of_reciprocal(239, w, true); }

// exp(x) = exp(x/2^k)^(2^k), by the series.
big_integer exp(const big_integer& x, int w) {
  const int halvings = static_cast<int>(std::sqrt(w)), wide = w + 2 * halvings + 16;
  const big_integer u = shifted(x, wide - w - halvings);
  big_integer term = one(wide), sum = term;
  for (int k = 1; term != 0; ++k) {
    term = times(term, u, wide) / k;
    sum += term;
  }
  for (int k = 0; k < halvings; ++k) sum = times(sum, sum, wide);
  return shifted(sum, w - wide);
}

// Halley's iteration: y + 2*(x - exp(y))/(x + exp(y)).
big_integer log(const big_integer& x, int w) {
  return refine(from_double(std::log(as_double(x, w)), w), 44, w, [&](const big_integer& y, int now) {
    const big_integer there = shifted(x, now - w);
    const big_integer e = y < 0 ? over(one(now), exp(-y, now), now) : exp(y, now);
    return over(2 * (there - e), there + e, now);
  });
}

// y + tan(atan(x) - y), written with sin(y) and cos(y).
big_integer atan(const big_integer& x, int w) {
  return refine(from_double(std::atan(as_double(x, w)), w), 44, w, [&](const big_integer& y, int now) {
    const big_integer there = shifted(x, now - w);
    const auto [s, c] = sin_cos(y, now);
    return over(times(there, c, now) - s, c + times(there, s, now), now);
  });
}

std::pair<big_integer, big_integer> sin_cos(const big_integer& x, int w) {
  const big_integer square = times(x, x, w);
  auto series = [&](big_integer term, int k) {
    big_integer sum = term;
    for (; term != 0; k += 2) {
      term = -shifted(term * square, -w) / (k * (k + 1));
      sum += term;
    }
    return sum;
  };
  return {series(x, 2), series(one(w), 1)};
}

}  // namespace wengert::fixed_point
