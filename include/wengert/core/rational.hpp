// Exact rational numbers: every literal and every coefficient of the engine.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include <boost/multiprecision/cpp_int.hpp>

namespace wengert {

using big_integer = boost::multiprecision::cpp_int;

// A rational number in lowest terms. Where numerator and denominator are below 2^31, as nearly all of them are, it holds them
// itself, and its arithmetic cannot overflow 64 bits; other numbers are Boost's. Division by 0 throws what Boost throws.
class rational {
 public:
  rational() = default;
  template <std::integral I> rational(I n) {  // NOLINT(google-explicit-constructor)
    if (std::in_range<std::int32_t>(n) && std::cmp_not_equal(n, -largest - 1))
      n_ = static_cast<std::int64_t>(n);
    else
      *this = of(big(n));
  }
  explicit rational(const big_integer& n) : rational(n, 1) {}
  rational(const big_integer& n, const big_integer& d);
  template <std::floating_point F> explicit rational(F x) : rational(of(big(x))) {}  // exactly

  friend bool operator==(const rational& a, const rational& b) {
    return a.n_ == b.n_ && a.d_ == b.d_ && (a.big_ == b.big_ || (a.big_ && b.big_ && *a.big_ == *b.big_));
  }
  friend std::strong_ordering operator<=>(const rational& a, const rational& b) {
    return a.is_small() && b.is_small() ? a.n_ * b.d_ <=> b.n_ * a.d_ : compare(a, b);
  }

  friend rational operator-(const rational& a) { return a.is_small() ? rational(-a.n_, a.d_, in_lowest_terms{}) : of(-*a.big_); }
  friend rational operator+(const rational& a, const rational& b) {
    if (!a.is_small() || !b.is_small()) return of(big(a.value() + b.value()));
    return a.d_ == 1 && b.d_ == 1 ? rational(a.n_ + b.n_) : reduced(a.n_ * b.d_ + b.n_ * a.d_, a.d_ * b.d_);
  }
  friend rational operator-(const rational& a, const rational& b) { return a + -b; }
  friend rational operator*(const rational& a, const rational& b) {
    if (!a.is_small() || !b.is_small()) return of(big(a.value() * b.value()));
    return a.d_ == 1 && b.d_ == 1 ? rational(a.n_ * b.n_) : reduced(a.n_ * b.n_, a.d_ * b.d_);
  }
  friend rational operator/(const rational& a, const rational& b) {
    if (!a.is_small() || !b.is_small() || b.n_ == 0) return of(big(a.value() / b.value()));
    return b.n_ < 0 ? reduced(-a.n_ * b.d_, a.d_ * -b.n_) : reduced(a.n_ * b.d_, a.d_ * b.n_);
  }
  rational& operator+=(const rational& b) { return *this = *this + b; }
  rational& operator-=(const rational& b) { return *this = *this - b; }
  rational& operator*=(const rational& b) { return *this = *this * b; }
  rational& operator/=(const rational& b) { return *this = *this / b; }

  friend big_integer numerator(const rational& q);
  friend big_integer denominator(const rational& q);
  friend bool is_integer(const rational& q) { return q.d_ == 1 && (q.is_small() || denominator(q) == 1); }
  friend bool is_even_integer(const rational& q) { return is_integer(q) && (q.is_small() ? q.n_ : numerator(q) % 2) % 2 == 0; }
  friend rational abs(const rational& q) { return q < 0 ? -q : q; }

  // The nearest floating-point number.
  template <std::floating_point T> T convert_to() const {
    if (!is_small()) return big_->convert_to<T>();
    return static_cast<T>(std::common_type_t<T, double>(n_) / std::common_type_t<T, double>(d_));
  }
  // "2", "-2/3".
  std::string str() const;

 private:
  using big = boost::multiprecision::cpp_rational;
  static constexpr std::int64_t largest = INT32_MAX;
  struct in_lowest_terms {};
  rational(std::int64_t n, std::int64_t d, in_lowest_terms) : n_(n), d_(d) {}
  static rational of(const big& q);
  static rational reduced(std::int64_t n, std::int64_t d) {  // d > 0
    const std::int64_t g = std::gcd(n, d);
    n /= g;
    d /= g;
    if (n <= largest && n >= -largest && d <= largest) return {n, d, in_lowest_terms{}};
    return of(big(n, d));
  }
  static std::strong_ordering compare(const rational& a, const rational& b);
  bool is_small() const { return !big_; }
  big value() const { return big_ ? *big_ : big(n_, d_); }

  std::int64_t n_ = 0, d_ = 1;      // 0 and 1 beside `big_`
  std::shared_ptr<const big> big_;  // of what is not small
};

big_integer numerator(const rational& q);
big_integer denominator(const rational& q);
bool is_integer(const rational& q);
bool is_even_integer(const rational& q);
inline bool is_natural(const rational& q) { return is_integer(q) && q >= 1; }

}  // namespace wengert
