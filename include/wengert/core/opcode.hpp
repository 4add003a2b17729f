// The kinds of node. Functions of reals (exp, sin, ...) are listed by ops.hpp; this enumeration follows its order.
#pragma once

#include <cstdint>

namespace wengert {

// clang-format off
enum class opcode : std::uint8_t {
  // leaves
  constant, symbol, dim_value, index_value, delta, pi,
  // structure
  add, mul, identity, power, select,
  // functions of one real
  exp, log, log2, log10, log1p, expm1, cbrt, abs, sign, floor, ceil,
  sin, cos, tan, cot, sec, csc, asin, acos, atan, acot, asec, acsc,
  sinh, cosh, tanh, coth, sech, csch, asinh, acosh, atanh, acoth, asech, acsch,
  // functions of two reals
  pow, atan2, hypot, xlogy, min, max,
  count_
};
// clang-format on

enum class reduction : std::uint8_t { none, sum, prod, max, min };

// The condition of a select node compares its first two arguments.
enum class comparison : std::uint8_t { lt, le, eq, ne };

}  // namespace wengert
