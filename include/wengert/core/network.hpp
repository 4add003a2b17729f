// A product of factors that are summed over shared axes, read as matrix notation: sum_k sum_m A[k,i]*W[k,m]*x[m] is the chain
// A'*W*x. The structure only: what a factor is, and how it is called, is the caller's affair.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <wengert/core/rational.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

// The axes of the product at which one factor is read: none, one, or two, which may be the same.
struct network_factor {
  std::vector<std::size_t> axes;
  bool symmetric = false;  // its own transpose
  bool identity = false;   // 1 where its two axes are equal, else 0
  bool divides = false;    // stands behind ./ where it meets others entry by entry
};

// An expression in matrices. A vector is a column unless it is turned, which makes it a row.
struct matrix_tree {
  enum class kind {
    factor,
    ones,       // a vector of ones
    identity,   // the identity matrix
    chain,      // matrix products, from left to right; a column before a row is an outer product
    entrywise,  // products entry by entry
    diagonal,   // the diagonal matrix of a column
    entries,    // the diagonal of a square matrix, a column
    row_sums,   // of a matrix, a column
    trace,
    total  // the sum of all entries
  };
  kind is = kind::factor;
  bool turned = false;     // of a factor, ones, entries and row_sums: transposed
  std::size_t factor = 0;  // its number
  std::vector<matrix_tree> parts{};

  friend bool operator==(const matrix_tree&, const matrix_tree&) = default;
};

// scalars * main; the main part is there if there are free axes: a column over axis 0, or a matrix of rows over axis 0 and
// columns over axis 1.
struct matrix_product {
  std::vector<matrix_tree> scalars;
  std::optional<matrix_tree> main;
};

// The product of `factors` over axes 0 .. free-1, summed over the axes free .. count-1; nothing where matrix notation has no
// words for it.
std::optional<matrix_product> as_matrices(std::span<const network_factor> factors, std::size_t free, std::size_t count);

// An expression as coefficient * factors over `axes`, summed over those from `free` on: products inside products are opened.
struct open_product {
  std::vector<range_id> axes;
  std::size_t free;
  rational coefficient = 1;
  std::vector<edge> factors;
  std::vector<network_factor> network;  // the same factors
};

// The node of an edge over `axes`, which the edge's labels name; `whole` tells which nodes stay factors. Nothing where some
// factor is read at a part of an axis, or at more than two.
std::optional<open_product> opened(const tape& t, const edge& e, std::span<const range_id> axes,
                                   const std::function<bool(node_id)>& whole);

// The transpose of a tree that is no scalar.
matrix_tree transposed(matrix_tree t, std::span<const network_factor> factors);

}  // namespace wengert
