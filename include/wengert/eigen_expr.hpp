// Eigen with recorded numbers: Eigen::Matrix<expr, ...>, whose sums, products, norms, and small inverses and determinants become
// nodes of a tape. What chooses by size, such as pivots, cannot be recorded, and does not compile.
#pragma once

#include <type_traits>

#include <wengert/eigen.hpp>
#include <wengert/embed/expr.hpp>

template <> struct Eigen::NumTraits<wengert::expr> : Eigen::GenericNumTraits<double> {
  using Real = wengert::expr;
  using NonInteger = wengert::expr;
  using Nested = wengert::expr;
  using Literal = wengert::expr;
  enum { IsComplex = 0, IsInteger = 0, IsSigned = 1, RequireInitialization = 1, ReadCost = 1, AddCost = 3, MulCost = 3 };
};
template <class C, class Op>
requires std::is_arithmetic_v<C>
struct Eigen::ScalarBinaryOpTraits<wengert::expr, C, Op> {
  using ReturnType = wengert::expr;
};
template <class C, class Op>
requires std::is_arithmetic_v<C>
struct Eigen::ScalarBinaryOpTraits<C, wengert::expr, Op> {
  using ReturnType = wengert::expr;
};

namespace wengert {
template <> inline constexpr bool has_own_products<expr> = true;
}
