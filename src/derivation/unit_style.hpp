// The derivation of a function of arrays: through the quantities that the user wrote as units, in whole-array notation.
#pragma once

#include "narrator.hpp"

namespace wengert {

// A scalar: its intermediates Z1 = W*X + b, A1 = tanh(Z1), ... in the order in which they are evaluated, then the derivatives by
// them in the reverse order, D(C, Z1) = D(C, A1).*(1 - A1.^2), each also in closed form where that is shorter. An array: the
// Jacobians of the intermediates, in index form.
derivation derive_through_units(problem& p, const expression& e, const target& by, const telling& how);

}  // namespace wengert
