// Products as both sweeps write them: neutral factors dropped, choices kept outside.
#pragma once

#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert::sweeping {

// Whether n is select(condition, a, 0).
bool is_zero_select(const tape& t, node_id n);

// SUM over `bound` of the product of `factors`; neutral factors are dropped.
node_id product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, std::vector<edge> factors);

// As product(), with `carried` (an adjoint or a tangent) as first factor. Where it or another factor is select(c, a, 0), the rest
// goes into the taken branch, so that an infinity in the branch that is not taken is never multiplied by the zero.
node_id guarded_product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, edge carried,
                        std::vector<edge> factors);

// The sum of nodes that have the same output axes `out`; at least one.
node_id total(tape& t, const std::vector<range_id>& out, const std::vector<node_id>& parts);

// d x / d x of an x with these axes: the axes twice, 1 where all indices agree and else 0.
node_id identity_array(tape& t, const std::vector<range_id>& axes);

// For each node up to `root`: whether `root` needs it.
std::vector<bool> needed_by(const tape& t, node_id root);

}  // namespace wengert::sweeping
