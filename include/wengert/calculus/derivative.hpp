// Derivatives by whichever sweep is the cheaper, and products with Hessians, which are never built.
#pragma once

#include <wengert/calculus/forward.hpp>
#include <wengert/calculus/reverse.hpp>

namespace wengert {

// d f / d by, over the axes of f followed by those of `by`. One sweep of O(size of f) new nodes, whose arrays have in front of
// (or behind) their node's axes those of f (reverse) or of `by` (forward): the fewer entries decide.
node_id derivative(tape& t, node_id f, symbol_id by);

// Whether derivative() sweeps forward: `by` has fewer entries than f, where a symbolic dimension counts as larger than any
// number.
bool forward_is_cheaper(const tape& t, node_id f, symbol_id by);

// SUM over x's entries of (d^2 f / d x d x) * v, over the axes of f followed by those of x: for an f without axes, the Hessian
// times v, in the shape of x. `v` is a node over the axes of x. One forward sweep over one reverse sweep, O(size of f) new nodes
// (Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6:147-160, 1994).
node_id hessian_vector_product(tape& t, node_id f, symbol_id x, node_id v);

}  // namespace wengert
