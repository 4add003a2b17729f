// Determinant, inverse and adjugate of one square matrix of numbers, row major. For the evaluator.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace wengert::dense {

// By Gaussian elimination with partial pivoting. Where the pivots leave it open whether the matrix is singular and it is small,
// exactly, in whole numbers: so the determinant is 0 where it is 0. The determinant of the empty matrix is 1.
template <class T> T determinant(std::span<const T> a, std::size_t n);

// Not a number everywhere if the matrix is singular (1/0 where it has one entry).
template <class T> std::vector<T> inverse(std::span<const T> a, std::size_t n);

// The transposed matrix of the cofactors.
template <class T> std::vector<T> adjugate(std::span<const T> a, std::size_t n);

// All three are there for double and long double.

}  // namespace wengert::dense
