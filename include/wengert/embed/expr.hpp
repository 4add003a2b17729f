// Recorded numbers: what plain C++ computes with them becomes nodes of a tape, once, to be differentiated, lowered and run many
// times (compile.hpp).
#pragma once

#include <concepts>

#include <wengert/core/tape.hpp>

namespace wengert {

// A node without axes, or a plain number until it meets a recorded one. A value like any other: copies mean the same node.
class expr {
 public:
  expr() = default;
  expr(double value) : value_(value) {}
  expr(tape& t, node_id n) : tape_(&t), node_(n) {}

  bool is_number() const { return tape_ == nullptr; }
  // As a node of `t`, which must be the tape that it was recorded on.
  node_id on(tape& t) const;

  // What is known of it is how it is computed, not how large it is: a choice must be recorded as well.
  template <class T> bool operator<(const T&) const = delete;   // use select(comparison::lt, x, y, then, otherwise)
  template <class T> bool operator>(const T&) const = delete;   // use select
  template <class T> bool operator<=(const T&) const = delete;  // use select
  template <class T> bool operator>=(const T&) const = delete;  // use select
  template <class T> bool operator==(const T&) const = delete;  // use select

  friend expr operator+(const expr& x, const expr& y);
  friend expr operator-(const expr& x, const expr& y);
  friend expr operator*(const expr& x, const expr& y);
  friend expr operator/(const expr& x, const expr& y);
  friend expr operator-(const expr& x);
  expr& operator+=(const expr& y) { return *this = *this + y; }
  expr& operator-=(const expr& y) { return *this = *this - y; }
  expr& operator*=(const expr& y) { return *this = *this * y; }
  expr& operator/=(const expr& y) { return *this = *this / y; }

  // `yes` where x and y compare so, `no` elsewhere.
  friend expr select(comparison c, const expr& x, const expr& y, const expr& yes, const expr& no);
  friend expr pow(const expr& x, const expr& y);
  friend expr sqrt(const expr& x);
  friend expr square(const expr& x) { return x * x; }
  friend expr apply(opcode function, const expr& x);
  friend expr apply(opcode function, const expr& x, const expr& y);

#define WENGERT_RECORD(name) \
  friend expr name(const expr& x) { return apply(opcode::name, x); }
  WENGERT_FUNCTIONS_OF_ONE(WENGERT_RECORD)
#undef WENGERT_RECORD
  friend expr fabs(const expr& x) { return abs(x); }
  friend expr atan2(const expr& y, const expr& x) { return apply(opcode::atan2, y, x); }
  friend expr hypot(const expr& x, const expr& y) { return apply(opcode::hypot, x, y); }
  friend expr min(const expr& x, const expr& y) { return apply(opcode::min, x, y); }
  friend expr max(const expr& x, const expr& y) { return apply(opcode::max, x, y); }
  friend expr fmin(const expr& x, const expr& y) { return apply(opcode::min, x, y); }
  friend expr fmax(const expr& x, const expr& y) { return apply(opcode::max, x, y); }

 private:
  static tape* common(const expr& x, const expr& y);
  static expr power(const expr& x, const rational& exponent);

  tape* tape_ = nullptr;
  node_id node_ = none;
  double value_ = 0;
};

}  // namespace wengert
