// std::numbers::pi_v<T> and the other constants for scalars.
#pragma once

#include <numbers>
#include <utility>

#include <wengert/numeric/scalar.hpp>

namespace std::numbers {
#define WENGERT_CONSTANT(name) \
  template <wengert::scalar X> inline constexpr X name<X> = name<decltype(wengert::primal(std::declval<const X&>()))>;
WENGERT_CONSTANT(e_v)
WENGERT_CONSTANT(log2e_v)
WENGERT_CONSTANT(log10e_v)
WENGERT_CONSTANT(pi_v)
WENGERT_CONSTANT(inv_pi_v)
WENGERT_CONSTANT(inv_sqrtpi_v)
WENGERT_CONSTANT(ln2_v)
WENGERT_CONSTANT(ln10_v)
WENGERT_CONSTANT(sqrt2_v)
WENGERT_CONSTANT(sqrt3_v)
WENGERT_CONSTANT(inv_sqrt3_v)
WENGERT_CONSTANT(egamma_v)
WENGERT_CONSTANT(phi_v)
#undef WENGERT_CONSTANT
}  // namespace std::numbers
