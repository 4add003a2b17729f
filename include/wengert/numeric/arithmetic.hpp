// What the evaluator does with single numbers: floating arithmetic as IEEE 754 has it, beyond which 0 to a negative power is
// +inf. For numbers with a known error see ball.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>
#include <type_traits>

#include <wengert/core/opcode.hpp>
#include <wengert/core/rational.hpp>
#include <wengert/core/registry.hpp>

namespace wengert {

template <class T> class arithmetic {
 public:
  static T add(T x, T y) { return x + y; }
  static T multiply(T x, T y) { return x * y; }
  static bool is_zero(T x) { return x == 0; }
  static bool is_infinite(T x) { return std::isinf(x); }
  // x as an integer of at most fifteen digits, if it is one.
  static std::optional<std::int64_t> integer(T x) {
    if (x != std::floor(x) || std::abs(x) > T(1e15)) return std::nullopt;
    return static_cast<std::int64_t>(x);
  }
  static T larger(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::max(x, y); }
  static T smaller(T x, T y) { return std::isnan(x) || std::isnan(y) ? x + y : std::min(x, y); }
  // What a reduction starts from.
  static T lowest() { return -std::numeric_limits<T>::infinity(); }
  static T highest() { return std::numeric_limits<T>::infinity(); }

  static bool holds(comparison c, T left, T right) {
    switch (c) {
      case comparison::lt: return left < right;
      case comparison::le: return left <= right;
      case comparison::eq: return left == right;
      case comparison::ne: return left != right;
    }
    return false;
  }
  // `yes` where left and right compare so, `no` elsewhere.
  static T choose(comparison c, T left, T right, T yes, T no) { return holds(c, left, right) ? yes : no; }

  static T number(const rational& q) { return q.convert_to<T>(); }
  static T pi() { return std::numbers::pi_v<T>; }

  // The power q as a function. A large integer loses its parity when rounded to T.
  static auto power(const rational& q) {
    const bool whole = is_integer(q), odd = whole && !is_even_integer(q);
    return [p = number(q), whole, odd](T x) -> T {
      if (p == 0) return 1;
      if (p == 1) return x;
      if (x == 0) return p > 0 ? T(0) : std::numeric_limits<T>::infinity();
      if (p == 2) return x * x;
      if (p == -1) return 1 / x;
      if (p == T(0.5)) return std::sqrt(x);
      if (!whole) return x < 0 ? std::numeric_limits<T>::quiet_NaN() : std::pow(x, p);
      const T size = std::pow(std::abs(x), p);
      return x < 0 && odd ? -size : size;
    };
  }

  static T function(const op_info& f, const T* arguments) {
    if constexpr (std::is_same_v<T, double>)
      return f.value(arguments);
    else
      return f.value_long(arguments);
  }
};

}  // namespace wengert
