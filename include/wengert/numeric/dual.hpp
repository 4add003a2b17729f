// Forward types: a value and its tangents in N directions, carried along. dual<> has one direction.
//
// They nest: dual<dual<>> has second derivatives, active<dual<>> (adouble.hpp) has the adjoints of a tangent, that is a Hessian
// times a vector, and dual<adouble> the derivative inside a function that is itself differentiated in reverse.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <wengert/numeric/scalar_operators.hpp>

namespace wengert {

template <std::size_t N, class V = double> class dual_vec {
 public:
  using value_type = V;
  static constexpr std::size_t directions = N;

  WENGERT_ALWAYS_INLINE constexpr dual_vec() : value_(0), tangents_{} {}
  template <constant_for<V> C> WENGERT_ALWAYS_INLINE constexpr dual_vec(C c) : value_(static_cast<V>(c)), tangents_{} {}
  WENGERT_ALWAYS_INLINE dual_vec(const V& value, const std::array<V, N>& tangents) : value_(value), tangents_(tangents) {}
  WENGERT_ALWAYS_INLINE dual_vec(const V& value, const V& tangent) requires(N == 1) : value_(value), tangents_{tangent} {}
  // The variable that moves in one of the directions, at speed 1.
  static dual_vec variable(const V& value, std::size_t direction = 0) {
    dual_vec x(value);
    x.tangents_[direction] = V(1);
    return x;
  }

  WENGERT_ALWAYS_INLINE const V& value() const { return value_; }
  WENGERT_ALWAYS_INLINE const V& tangent(std::size_t direction = 0) const { return tangents_[direction]; }
  WENGERT_ALWAYS_INLINE const std::array<V, N>& tangents() const { return tangents_; }
  // Whether it does not move.
  bool passive() const {
    for (const V& t : tangents_)
      if (!exactly_zero(t)) return false;
    return true;
  }

  explicit operator bool() const { return primal(value_) != 0; }
  template <class A>
  requires std::is_arithmetic_v<A>
  explicit operator A() const { return static_cast<A>(primal(value_)); }

  template <class Y> WENGERT_ALWAYS_INLINE dual_vec& operator+=(const Y& y) { return *this = *this + y; }
  template <class Y> WENGERT_ALWAYS_INLINE dual_vec& operator-=(const Y& y) { return *this = *this - y; }
  template <class Y> WENGERT_ALWAYS_INLINE dual_vec& operator*=(const Y& y) { return *this = *this * y; }
  template <class Y> WENGERT_ALWAYS_INLINE dual_vec& operator/=(const Y& y) { return *this = *this / y; }

 private:
  V value_;
  std::array<V, N> tangents_;
};

template <class V = double> using dual = dual_vec<1, V>;

template <std::size_t N, class V> struct scalar_traits<dual_vec<N, V>> {
  static constexpr bool is_scalar = true;
  using family = dual_vec<N, V>;
};

template <std::size_t N, class V> bool all_finite(const dual_vec<N, V>& x) {
  bool finite = all_finite(x.value());
  for (const V& t : x.tangents()) finite = finite && all_finite(t);
  return finite;
}
template <std::size_t N, class V> bool exactly_zero(const dual_vec<N, V>& x) { return exactly_zero(x.value()) && x.passive(); }

// --- the chain rule. Where it gives no number, zeros win: it is applied again by strong products.

template <std::size_t N, class V> WENGERT_ALWAYS_INLINE bool some_undefined(const std::array<V, N>& tangents) {
  bool undefined = false;
  for (const V& t : tangents) undefined |= primal(t) != primal(t);
  return undefined;
}

template <std::size_t N, class V, class D>
WENGERT_ALWAYS_INLINE dual_vec<N, V> linear(const dual_vec<N, V>& x, const std::type_identity_t<V>& value, const D& slope) {
  std::array<V, N> t;
  for (std::size_t i = 0; i < N; ++i) t[i] = times(x.tangent(i), slope);
  if (some_undefined(t)) [[unlikely]]
    for (std::size_t i = 0; i < N; ++i) t[i] = strong_product(x.tangent(i), slope);
  return {value, t};
}

template <std::size_t N, class V, class DX, class DY>
WENGERT_ALWAYS_INLINE dual_vec<N, V> linear(const dual_vec<N, V>& x, const dual_vec<N, V>& y,
                                            const std::type_identity_t<V>& value, const DX& dx, const DY& dy) {
  std::array<V, N> t;
  for (std::size_t i = 0; i < N; ++i) t[i] = times(x.tangent(i), dx) + times(y.tangent(i), dy);
  if (some_undefined(t)) [[unlikely]]
    for (std::size_t i = 0; i < N; ++i) t[i] = strong_product(x.tangent(i), dx) + strong_product(y.tangent(i), dy);
  return {value, t};
}

template <std::size_t N, class V> WENGERT_ALWAYS_INLINE dual_vec<N, V> chain(const dual_vec<N, V>& x,
                                                                             const std::type_identity_t<V>& value,
                                                                             const std::type_identity_t<V>& slope) {
  return linear(x, value, slope);
}
template <std::size_t N, class V>
WENGERT_ALWAYS_INLINE dual_vec<N, V> chain(const dual_vec<N, V>& x, const dual_vec<N, V>& y, const std::type_identity_t<V>& value,
                                           const std::type_identity_t<V>& dx, const std::type_identity_t<V>& dy) {
  return linear(x, y, value, dx, dy);
}

}  // namespace wengert

#include <wengert/numeric/scalar_functions.hpp>
#include <wengert/numeric/scalar_std.hpp>
