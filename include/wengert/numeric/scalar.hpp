// What the scalars that carry derivatives have in common, whether they record (adouble.hpp) or carry tangents (dual.hpp).
//
// A scalar over V has a value of type V and knows how it changes. `scalar_operators.hpp` and `scalar_functions.hpp` define the
// arithmetic and <cmath> once for all of them, through two functions that each scalar supplies: `linear` and `chain`, the chain
// rule for one and for two arguments. Values are those that the same code computes with V.
#pragma once

#include <cmath>
#include <concepts>
#include <type_traits>

#include <wengert/core/error.hpp>

// Inlining is forced where code is optimized for speed. Checks by the address sanitizer in all that is inlined would take three
// times as long to compile.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WENGERT_ALWAYS_INLINE inline
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__) || !defined(__GNUC__)
#undef WENGERT_ALWAYS_INLINE
#define WENGERT_ALWAYS_INLINE inline
#elif !defined(WENGERT_ALWAYS_INLINE)
#define WENGERT_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

// In front of a short loop over arrays that are to be kept in registers.
#if defined(__clang__) || !defined(__GNUC__)
#define WENGERT_UNROLL
#else
#define WENGERT_UNROLL _Pragma("GCC unroll 8")
#endif

namespace wengert {

// family: the type that results of operations on X can be kept in (X itself, but for the results of an expression of active
// scalars).
template <class X> struct scalar_traits { static constexpr bool is_scalar = false; };

template <class X>
concept scalar = scalar_traits<X>::is_scalar;
template <class X> using family_t = typename scalar_traits<X>::family;
template <class X> using value_t = typename family_t<X>::value_type;
template <class X, class Y>
concept same_family = std::same_as<family_t<X>, family_t<Y>>;

// What is a constant beside a scalar over V: a number, or a V.
template <class C, class V>
concept constant_for = std::is_convertible_v<C, V>;

// Slopes that need no multiplication.
struct unit_slope {};
struct minus_unit_slope {};

template <class P> WENGERT_ALWAYS_INLINE const P& times(const P& p, unit_slope) { return p; }
template <class P> WENGERT_ALWAYS_INLINE P times(const P& p, minus_unit_slope) { return -p; }
template <class P, class D> WENGERT_ALWAYS_INLINE P times(const P& p, const D& d) { return p * d; }

WENGERT_ALWAYS_INLINE bool all_finite(double x) { return std::isfinite(x); }
WENGERT_ALWAYS_INLINE bool all_finite(float x) { return std::isfinite(x); }
WENGERT_ALWAYS_INLINE bool all_finite(long double x) { return std::isfinite(x); }
WENGERT_ALWAYS_INLINE bool all_finite(unit_slope) { return true; }
WENGERT_ALWAYS_INLINE bool all_finite(minus_unit_slope) { return true; }

WENGERT_ALWAYS_INLINE bool exactly_zero(double x) { return x == 0; }
WENGERT_ALWAYS_INLINE bool exactly_zero(float x) { return x == 0; }
WENGERT_ALWAYS_INLINE bool exactly_zero(long double x) { return x == 0; }
WENGERT_ALWAYS_INLINE bool exactly_zero(unit_slope) { return false; }
WENGERT_ALWAYS_INLINE bool exactly_zero(minus_unit_slope) { return false; }

// p*d, but 0 where either is exactly 0, even beside an infinity or no number ("strong zeros", Griewank and Walther 2008): what
// does not change, or does not matter, contributes nothing.
template <class P, class D> P strong_product(const P& p, const D& d) {
  return exactly_zero(p) || exactly_zero(d) ? P(0) : P(times(p, d));
}

// The number beneath all levels of derivatives.
template <std::floating_point V> WENGERT_ALWAYS_INLINE V primal(V x) { return x; }
template <scalar X> WENGERT_ALWAYS_INLINE auto primal(const X& x) { return primal(x.value()); }

}  // namespace wengert
