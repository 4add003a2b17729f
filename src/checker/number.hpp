// Exact numbers: integers without bound, and rationals.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace checker {

// Whatever is wrong with a certificate. Nothing is accepted after it.
struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename T> constexpr std::size_t as_index(T k) { return static_cast<std::size_t>(k); }

// A sign and a magnitude in words of 32 bits, the least first.
class integer {
 public:
  integer(std::int64_t v = 0) : negative_(v < 0) {  // NOLINT(google-explicit-constructor)
    auto m = negative_ ? ~static_cast<std::uint64_t>(v) + 1 : static_cast<std::uint64_t>(v);
    for (; m != 0; m >>= 32) words_.push_back(static_cast<std::uint32_t>(m));
  }
  bool is_zero() const { return words_.empty(); }
  bool is_negative() const { return negative_; }
  bool is_odd() const { return !words_.empty() && (words_[0] & 1) != 0; }
  bool fits() const { return words_.size() <= 1 || (words_.size() == 2 && words_[1] < 0x7fffffff); }
  std::int64_t small() const {  // of one that fits
    std::int64_t m = 0;
    for (std::size_t k = words_.size(); k-- > 0;) m = (m << 32) | words_[k];
    return negative_ ? -m : m;
  }
  integer operator-() const {
    integer r = *this;
    r.negative_ = !negative_ && !is_zero();
    return r;
  }
  friend bool operator==(const integer&, const integer&) = default;
  friend std::strong_ordering operator<=>(const integer& a, const integer& b) {
    if (a.negative_ != b.negative_) return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.negative_ ? size_order(b, a) : size_order(a, b);
  }
  friend integer operator+(const integer& a, const integer& b) {
    if (a.negative_ == b.negative_) return a.sum(b);
    return size_order(a, b) < 0 ? b.difference(a) : a.difference(b);
  }
  friend integer operator-(const integer& a, const integer& b) { return a + -b; }
  friend integer operator*(const integer& a, const integer& b) {
    integer r;
    if (a.words_.size() + b.words_.size() > 1024) throw refusal("a number is too large");
    r.words_.assign(a.words_.size() + b.words_.size(), 0);
    for (std::size_t i = 0; i < a.words_.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < b.words_.size() || carry != 0; ++j) {
        carry += r.words_[i + j] + std::uint64_t{a.words_[i]} * (j < b.words_.size() ? b.words_[j] : 0);
        r.words_[i + j] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
    }
    return r.trimmed(a.negative_ != b.negative_);
  }
  // The quotient towards 0; its remainder goes to `rest`. Bit by bit where the numbers are large: that is rare.
  static integer divide(const integer& a, const integer& b, integer& rest) {
    if (b.is_zero()) throw refusal("a division by 0");
    if (a.fits() && b.fits()) {
      rest = a.small() % b.small();
      return a.small() / b.small();
    }
    integer q, r, divisor = b.negative_ ? -b : b;
    q.words_.assign(a.words_.size(), 0);
    for (std::size_t k = a.words_.size() * 32; k-- > 0;) {
      r = r + r;
      if ((a.words_[k / 32] >> (k % 32) & 1) != 0) r = r + integer(1);
      if (size_order(r, divisor) < 0) continue;
      r = r - divisor;
      q.words_[k / 32] |= std::uint32_t{1} << (k % 32);
    }
    rest = a.negative_ ? -r : r;
    return q.trimmed(a.negative_ != b.negative_);
  }
  // By halving and subtracting (Stein 1967), where the numbers are large.
  static integer gcd(integer a, integer b) {
    a.negative_ = b.negative_ = false;
    if (a.fits() && b.fits()) return std::gcd(a.small(), b.small());
    if (a.is_zero() || b.is_zero()) return a.is_zero() ? b : a;
    int twos = 0;
    for (; !a.is_odd() && !b.is_odd(); ++twos) {
      a.halve();
      b.halve();
    }
    while (!a.is_zero()) {
      while (!a.is_odd()) a.halve();
      while (!b.is_odd()) b.halve();
      if (size_order(a, b) < 0) std::swap(a, b);
      a = a.difference(b);
    }
    for (; twos > 0; --twos) b = b + b;
    return b;
  }
  static integer read(std::string_view text) {
    bool minus = text.starts_with('-');
    integer r;
    std::string_view digits = text.substr(minus ? 1 : 0);
    if (digits.empty() || digits.size() > 10000) throw refusal("no number: '" + std::string(text.substr(0, 40)) + "'");
    for (char ch : digits) {
      if (ch < '0' || ch > '9') throw refusal("no number: '" + std::string(text.substr(0, 40)) + "'");
      r.scale(10, static_cast<std::uint32_t>(ch - '0'));
    }
    return minus ? -r : r;
  }
  std::string text() const {
    std::string r;
    integer left = *this;
    while (!left.is_zero()) r.push_back(static_cast<char>('0' + left.take_digit()));
    if (negative_) r.push_back('-');
    std::reverse(r.begin(), r.end());
    return r.empty() ? "0" : r;
  }

 private:
  static std::strong_ordering size_order(const integer& a, const integer& b) {
    if (a.words_.size() != b.words_.size()) return a.words_.size() <=> b.words_.size();
    return std::lexicographical_compare_three_way(a.words_.rbegin(), a.words_.rend(), b.words_.rbegin(), b.words_.rend());
  }
  integer trimmed(bool negative) {
    while (!words_.empty() && words_.back() == 0) words_.pop_back();
    negative_ = negative && !words_.empty();
    return *this;
  }
  integer sum(const integer& b) const {  // of the same sign
    integer r = *this;
    std::uint64_t carry = 0;
    for (std::size_t k = 0; k < b.words_.size() || carry != 0; ++k) {
      if (k == r.words_.size()) r.words_.push_back(0);
      carry += std::uint64_t{r.words_[k]} + (k < b.words_.size() ? b.words_[k] : 0);
      r.words_[k] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return r;
  }
  integer difference(const integer& b) const {  // of another sign, and no smaller than b
    integer r = *this;
    std::int64_t borrow = 0;
    for (std::size_t k = 0; k < r.words_.size(); ++k) {
      std::int64_t v = std::int64_t{r.words_[k]} - (k < b.words_.size() ? b.words_[k] : 0) + borrow;
      borrow = v < 0 ? -1 : 0;
      r.words_[k] = static_cast<std::uint32_t>(v);
    }
    return r.trimmed(negative_);
  }
  void scale(std::uint32_t by, std::uint32_t plus) {
    std::uint64_t carry = plus;
    for (std::uint32_t& w : words_) {
      carry += std::uint64_t{w} * by;
      w = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_.push_back(static_cast<std::uint32_t>(carry));
  }
  void halve() {
    for (std::size_t k = 0; k < words_.size(); ++k)
      words_[k] = words_[k] >> 1 | (k + 1 < words_.size() ? words_[k + 1] << 31 : 0);
    trimmed(negative_);
  }
  std::uint32_t take_digit() {
    std::uint64_t rest = 0;
    for (std::size_t k = words_.size(); k-- > 0;) {
      rest = (rest << 32) | words_[k];
      words_[k] = static_cast<std::uint32_t>(rest / 10);
      rest %= 10;
    }
    trimmed(negative_);
    return static_cast<std::uint32_t>(rest);
  }

  bool negative_ = false;
  std::vector<std::uint32_t> words_;
};

// In lowest terms, over a positive number. Where both are small they stand here, so that sums and products of two cannot
// overflow.
class rational {
 public:
  static constexpr std::int64_t largest = std::int64_t{1} << 30;
  rational(std::int64_t v = 0) : rational(v, 1) {}  // NOLINT(google-explicit-constructor)
  rational(std::int64_t n, std::int64_t d) {
    if (d == 0) throw refusal("a fraction over 0");
    std::int64_t g = d == 1 ? 1 : std::gcd(n, d);
    if (d < 0) g = -g;
    n /= g;
    d /= g;
    if (n > largest || n < -largest || d > largest) {
      large_ = std::make_shared<const large>(n, d);
    } else {
      top_ = n;
      bottom_ = d;
    }
  }
  rational(const integer& n, const integer& d) {
    if (d.is_zero()) throw refusal("a fraction over 0");
    integer g = integer::gcd(n, d), rest;
    if (d.is_negative()) g = -g;
    const integer top = integer::divide(n, g, rest), bottom = integer::divide(d, g, rest);
    if (top <= integer(largest) && integer(-largest) <= top && bottom <= integer(largest)) {
      top_ = top.small();
      bottom_ = bottom.small();
    } else {
      large_ = std::make_shared<const large>(top, bottom);
    }
  }
  static rational read(std::string_view text) {
    std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return {integer::read(text), integer(1)};
    return {integer::read(text.substr(0, slash)), integer::read(text.substr(slash + 1))};
  }
  integer top() const { return large_ ? large_->first : integer(top_); }
  integer bottom() const { return large_ ? large_->second : integer(bottom_); }
  bool is_whole() const { return large_ ? large_->second == integer(1) : bottom_ == 1; }
  bool is_even() const { return is_whole() && (large_ ? !large_->first.is_odd() : top_ % 2 == 0); }
  bool is_small() const { return !large_; }
  std::int64_t floor() const {
    if (large_) throw refusal("an exponent is too large");
    return top_ / bottom_ - (top_ % bottom_ < 0 ? 1 : 0);
  }
  std::int64_t small_top() const { return top_; }  // of a small one; 0 and 1 of others
  std::int64_t small_bottom() const { return bottom_; }
  std::string text() const {
    const std::string top = large_ ? large_->first.text() : std::to_string(top_);
    return is_whole() ? top : top + "/" + bottom().text();
  }
  rational operator-() const { return large_ ? rational(-large_->first, large_->second) : rational(-top_, bottom_); }
  friend bool operator==(const rational& a, const rational& b) {
    bool large_equal = a.large_ == b.large_ || (a.large_ && b.large_ && *a.large_ == *b.large_);
    return a.top_ == b.top_ && a.bottom_ == b.bottom_ && large_equal;
  }
  friend std::strong_ordering operator<=>(const rational& a, const rational& b) {
    if (both_small(a, b)) return a.top_ * b.bottom_ <=> b.top_ * a.bottom_;
    return a.top() * b.bottom() <=> b.top() * a.bottom();
  }
  friend rational operator+(const rational& a, const rational& b) {
    if (both_small(a, b)) return {a.top_ * b.bottom_ + b.top_ * a.bottom_, a.bottom_ * b.bottom_};
    return {a.top() * b.bottom() + b.top() * a.bottom(), a.bottom() * b.bottom()};
  }
  friend rational operator-(const rational& a, const rational& b) { return a + -b; }
  friend rational operator*(const rational& a, const rational& b) {
    if (both_small(a, b)) return {a.top_ * b.top_, a.bottom_ * b.bottom_};
    return {a.top() * b.top(), a.bottom() * b.bottom()};
  }
  friend rational operator/(const rational& a, const rational& b) {
    if (both_small(a, b)) return {a.top_ * b.bottom_, a.bottom_ * b.top_};
    return {a.top() * b.bottom(), a.bottom() * b.top()};
  }
  rational to_the(std::int64_t k) const {  // not 0 to a negative power
    if (k < 0) return (rational(1) / *this).to_the(-k);
    rational r(1), b = *this;
    for (; k > 0; k /= 2, b = k > 0 ? b * b : b)
      if (k % 2 != 0) r = r * b;
    return r;
  }

 private:
  using large = std::pair<integer, integer>;
  static bool both_small(const rational& a, const rational& b) { return !a.large_ && !b.large_; }

  std::int64_t top_ = 0, bottom_ = 1;
  std::shared_ptr<const large> large_;
};

}  // namespace checker
