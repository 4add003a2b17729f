// Polynomials in one variable with whole coefficients, and their irreducible factors.
#pragma once

#include <vector>

#include <wengert/core/rational.hpp>

namespace wengert::algebra {

using univariate = std::vector<big_integer>;  // the constant coefficient first, no leading zeros

univariate operator*(const univariate& a, const univariate& b);

// The irreducible factors over the rationals, each as often as it occurs; numbers are left out. A part of high degree stays
// whole.
std::vector<univariate> factorize(const univariate& p);

}  // namespace wengert::algebra
