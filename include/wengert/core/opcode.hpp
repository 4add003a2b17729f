// The kinds of node.
#pragma once

#include <cstdint>

namespace wengert {

// clang-format off
// The functions of reals, by the names of their rows in ops.cpp (derivatives, domains, signs) and op_values.hpp (names, values).
#define WENGERT_FUNCTIONS_OF_ONE(F) \
  F(exp) F(log) F(log2) F(log10) F(log1p) F(expm1) F(cbrt) F(abs) F(sign) F(floor) F(ceil) \
  F(sin) F(cos) F(tan) F(cot) F(sec) F(csc) F(asin) F(acos) F(atan) F(acot) F(asec) F(acsc) \
  F(sinh) F(cosh) F(tanh) F(coth) F(sech) F(csch) F(asinh) F(acosh) F(atanh) F(acoth) F(asech) F(acsch) \
  F(erf) F(erfc) F(erfinv) F(gamma) F(lgamma) F(digamma) F(expint) F(lambertw)
#define WENGERT_FUNCTIONS_OF_TWO(F) \
  F(pow) F(atan2) F(hypot) F(xlogy) F(min) F(max) \
  F(beta) F(polygamma) F(gammap) F(gammaq) F(besselj) F(bessely) F(besseli) F(besselk)

#define WENGERT_ENUMERATOR(name) name,
enum class opcode : std::uint8_t {
  // leaves
  constant, symbol, dim_value, index_value, delta, pi,
  // structure
  add, mul, identity, power, select, unknown,
  // functions of a whole square matrix
  inv, det, adj,
  // functions of reals
  WENGERT_FUNCTIONS_OF_ONE(WENGERT_ENUMERATOR)
  WENGERT_FUNCTIONS_OF_TWO(WENGERT_ENUMERATOR)
  count_
};
#undef WENGERT_ENUMERATOR
// clang-format on

enum class reduction : std::uint8_t { none, sum, prod, max, min };

// The condition of a select node compares its first two arguments.
enum class comparison : std::uint8_t { lt, le, eq, ne };

}  // namespace wengert
