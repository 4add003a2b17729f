// Arithmetic and comparisons of every scalar with its own kind and with constants.
#pragma once

#include <compare>

#include <wengert/numeric/debug_numbers.hpp>
#include <wengert/numeric/scalar.hpp>

namespace wengert {

template <scalar X> WENGERT_ALWAYS_INLINE X operator+(const X& x) { return x; }
template <scalar X> WENGERT_ALWAYS_INLINE X operator-(const X& x) { return linear(x, -x.value(), minus_unit_slope{}); }

// Both operands are scalars: the value, and the slopes by each.
#define WENGERT_OPERATOR(op, rule, ...)                                                       \
  template <scalar X, scalar Y>                                                               \
  requires same_family<X, Y> WENGERT_ALWAYS_INLINE auto operator op(const X& x, const Y& y) { \
    using V = value_t<X>;                                                                     \
    const V &a = x.value(), &b = y.value();                                                   \
    const V v = a op b;                                                                       \
    WENGERT_INSPECT(#op, v, 0, 0, a, b);                                                      \
    return rule(x, y, v, __VA_ARGS__);                                                        \
  }
// One of them is.
#define WENGERT_OPERATOR_RIGHT_CONSTANT(op, rule, slope)                                                 \
  template <scalar X, constant_for<value_t<X>> C> WENGERT_ALWAYS_INLINE X operator op(const X& x, C y) { \
    using V = value_t<X>;                                                                                \
    const V& a = x.value();                                                                              \
    const V b = static_cast<V>(y), v = a op b;                                                           \
    WENGERT_INSPECT(#op, v, 0, 0, a, b);                                                                 \
    return rule(x, v, slope);                                                                            \
  }
#define WENGERT_OPERATOR_LEFT_CONSTANT(op, rule, slope)                                                  \
  template <scalar Y, constant_for<value_t<Y>> C> WENGERT_ALWAYS_INLINE Y operator op(C x, const Y& y) { \
    using V = value_t<Y>;                                                                                \
    const V& b = y.value();                                                                              \
    const V a = static_cast<V>(x), v = a op b;                                                           \
    WENGERT_INSPECT(#op, v, 0, 0, a, b);                                                                 \
    return rule(y, v, slope);                                                                            \
  }

WENGERT_OPERATOR(+, linear, unit_slope{}, unit_slope{})
WENGERT_OPERATOR_RIGHT_CONSTANT(+, linear, unit_slope{})
WENGERT_OPERATOR_LEFT_CONSTANT(+, linear, unit_slope{})

WENGERT_OPERATOR(-, linear, unit_slope{}, minus_unit_slope{})
WENGERT_OPERATOR_RIGHT_CONSTANT(-, linear, unit_slope{})
WENGERT_OPERATOR_LEFT_CONSTANT(-, linear, minus_unit_slope{})

WENGERT_OPERATOR(*, linear, b, a)
WENGERT_OPERATOR_RIGHT_CONSTANT(*, linear, b)
WENGERT_OPERATOR_LEFT_CONSTANT(*, linear, a)

WENGERT_OPERATOR(/, chain, V(1 / b), V(-v / b))
WENGERT_OPERATOR_RIGHT_CONSTANT(/, chain, V(1 / b))
WENGERT_OPERATOR_LEFT_CONSTANT(/, chain, V(-v / b))

#undef WENGERT_OPERATOR
#undef WENGERT_OPERATOR_RIGHT_CONSTANT
#undef WENGERT_OPERATOR_LEFT_CONSTANT

// Comparisons are those of the values.
#define WENGERT_COMPARISON(op)                                                                                                 \
  template <scalar X, scalar Y>                                                                                                \
  requires same_family<X, Y> WENGERT_ALWAYS_INLINE bool operator op(const X& x, const Y& y) { return x.value() op y.value(); } \
  template <scalar X, constant_for<value_t<X>> C> WENGERT_ALWAYS_INLINE bool operator op(const X& x, C y) {                    \
    return x.value() op static_cast<value_t<X>>(y);                                                                            \
  }                                                                                                                            \
  template <scalar Y, constant_for<value_t<Y>> C> WENGERT_ALWAYS_INLINE bool operator op(C x, const Y& y) {                    \
    return static_cast<value_t<Y>>(x) op y.value();                                                                            \
  }
WENGERT_COMPARISON(==)
WENGERT_COMPARISON(!=)
WENGERT_COMPARISON(<)
WENGERT_COMPARISON(<=)
WENGERT_COMPARISON(>)
WENGERT_COMPARISON(>=)
#undef WENGERT_COMPARISON
// For classes that compare their members by default.
template <scalar X, scalar Y>
requires same_family<X, Y> std::partial_ordering operator<=>(const X& x, const Y& y) { return x.value() <=> y.value(); }
template <scalar X, constant_for<value_t<X>> C> std::partial_ordering operator<=>(const X& x, C y) {
  return x.value() <=> static_cast<value_t<X>>(y);
}

template <scalar X> X& operator++(X& x) { return x += 1; }
template <scalar X> X& operator--(X& x) { return x -= 1; }
template <scalar X> X operator++(X& x, int) {
  X before = x;
  x += 1;
  return before;
}
template <scalar X> X operator--(X& x, int) {
  X before = x;
  x -= 1;
  return before;
}

// As the number is written and read.
template <class Stream, scalar X>
requires requires(Stream& s, double d) {
  s.precision();
  s << d;
}
Stream& operator<<(Stream& out, const X& x) {
  out << x.value();
  return out;
}
template <class Stream, scalar X>
requires requires(Stream& s, double d) {
  s.precision();
  s >> d;
}
Stream& operator>>(Stream& in, X& x) {
  value_t<X> value;
  if (in >> value) x = value;
  return in;
}

}  // namespace wengert
