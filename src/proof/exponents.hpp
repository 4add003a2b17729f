// Small questions about the factors of polynomials, for the normal form.
#pragma once

#include <wengert/proof/polynomial.hpp>

namespace wengert {

// Not an index or a delta.
inline bool is_node(node_id n) { return n < index_atom; }

inline rational to_rational(const exponent& e) { return rational(e.numerator(), e.denominator()); }

inline bool whole(const exponent& e) { return e.denominator() == 1; }

}  // namespace wengert
