#include <wengert/core/rational.hpp>

namespace wengert {

rational rational::of(const big& q) {
  const big_integer n = numerator(q), d = denominator(q);
  if (abs(n) <= largest && d <= largest) return {n.convert_to<std::int64_t>(), d.convert_to<std::int64_t>(), in_lowest_terms{}};
  rational r;
  r.big_ = std::make_shared<const big>(q);
  return r;
}

rational::rational(const big_integer& n, const big_integer& d) : rational(of(d < 0 ? big(-n, -d) : big(n, d))) {}

big_integer numerator(const rational& q) { return q.big_ ? big_integer(numerator(*q.big_)) : big_integer(q.n_); }

big_integer denominator(const rational& q) { return q.big_ ? big_integer(denominator(*q.big_)) : big_integer(q.d_); }

std::strong_ordering rational::compare(const rational& a, const rational& b) { return a.value().compare(b.value()) <=> 0; }

std::string rational::str() const { return value().str(); }

}  // namespace wengert
