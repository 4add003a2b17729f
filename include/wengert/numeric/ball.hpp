// Real numbers that know how far off they may be: a midpoint of many binary digits and a bound of the error.
//
// The exponents have 64 bits, so that exp(1e8) is a number like any other. What is exact stays exact as long as its digits fit.
// Functions enclose their values: wherever x is in the ball, f(x) is in that of the result.
#pragma once

#include <cstdint>
#include <optional>

#include <wengert/core/opcode.hpp>
#include <wengert/core/rational.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/numeric/arithmetic.hpp>

namespace wengert {

// An upper bound of a size: a number in [1/2, 1) times a power of two, or 0, or without a limit. Sums and products round up.
class magnitude {
 public:
  magnitude() = default;
  magnitude(double fraction, std::int64_t exponent);
  static magnitude power_of_two(std::int64_t exponent) { return {1, exponent}; }
  static magnitude unlimited();

  bool is_zero() const { return fraction_ == 0; }
  bool is_unlimited() const;
  double fraction() const { return fraction_; }
  std::int64_t exponent() const { return exponent_; }

  friend magnitude operator+(const magnitude& a, const magnitude& b);
  friend magnitude operator*(const magnitude& a, const magnitude& b);
  friend bool operator<(const magnitude& a, const magnitude& b);

 private:
  double fraction_ = 0;
  std::int64_t exponent_ = 0;
};

// digits*2^exponent, give or take radius. `open`: more digits would not tell more, for a function is not known beyond extended
// precision, or a comparison of equal numbers was left undecided.
struct ball {
  big_integer digits;
  std::int64_t exponent = 0;
  magnitude radius;
  bool open = false;

  ball() = default;
  ball(std::int64_t n) : digits(n) {}
  static ball of(long double x);
  static ball anything(bool open);

  bool is_exact() const { return radius.is_zero(); }
  bool is_exactly(std::int64_t n) const;
  // The exponent of the least power of two above the midpoint's size; the midpoint is not 0.
  std::int64_t top() const;
  // 1, -1 or 0 where that is certain.
  std::optional<int> sign() const;
  // The nearest number, where it is certain to (nearly) the last digit, infinities for what is too large.
  std::optional<double> certain() const;
};

// Arithmetic with so many binary digits.
template <> class arithmetic<ball> {
 public:
  explicit arithmetic(int bits) : bits_(bits) {}
  int bits() const { return bits_; }

  ball add(const ball& x, const ball& y) const;
  ball subtract(const ball& x, const ball& y) const { return add(x, negative(y)); }
  ball multiply(const ball& x, const ball& y) const;
  ball divide(const ball& x, const ball& y) const { return multiply(x, inverse(y)); }
  ball inverse(const ball& x) const;
  static ball negative(ball x);
  static ball absolute(ball x);
  static bool is_zero(const ball& x) { return x.digits == 0 && x.is_exact(); }
  static bool is_infinite(const ball& x) { return x.radius.is_unlimited(); }
  static std::optional<std::int64_t> integer(const ball& x);

  static ball larger(const ball& x, const ball& y);
  static ball smaller(const ball& x, const ball& y) { return negative(larger(negative(x), negative(y))); }
  // What nothing is known of.
  static ball unknown() { return ball::anything(true); }
  static ball lowest() { return ball::anything(true); }
  static ball highest() { return ball::anything(true); }
  // Where it is certain.
  std::optional<bool> holds(comparison c, const ball& left, const ball& right) const;
  ball choose(comparison c, const ball& left, const ball& right, const ball& yes, const ball& no) const;

  ball number(const rational& q) const;
  ball pi() const;
  auto power(const rational& q) const {
    return [this, q](const ball& x) { return raised(x, q); };
  }
  ball function(const op_info& f, const ball* arguments) const { return function(f.code, arguments); }
  ball function(opcode f, const ball* arguments) const;

 private:
  ball rounded(ball x) const;
  ball raised(const ball& x, const rational& q) const;
  ball whole_power(const ball& x, unsigned long long n) const;
  ball square_root(const ball& x) const;
  ball exp(const ball& x) const;
  ball log(const ball& x) const;
  ball sine(const ball& x, bool cosine) const;
  ball sin(const ball& x) const { return sine(x, false); }
  ball cos(const ball& x) const { return sine(x, true); }
  ball atan(const ball& x) const;
  ball floor(const ball& x) const;
  ball sign(const ball& x) const;
  ball erf(const ball& x) const;
  ball atan2(const ball& y, const ball& x) const;
  ball pow(const ball& x, const ball& y) const;
  std::optional<ball> elementary(opcode f, const ball& x) const;
  std::optional<ball> hyperbolic(opcode f, const ball& x) const;
  std::optional<ball> of_two(opcode f, const ball& x, const ball& y) const;

  int bits_;
};

}  // namespace wengert
