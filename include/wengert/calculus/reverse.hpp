// The reverse sweep: derivatives of a node by a symbol, appended to the same tape.
#pragma once

#include <span>
#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert {

// d f / d x for each symbol x, as nodes whose output axes are those of f followed by those of x (a gradient has the shape of x, a
// Jacobian the axes of f in front). O(size of f) new nodes for all symbols together. An exact zero where f is free of x.
// Differentiating the answer again gives every higher order.
std::vector<node_id> reverse(tape& t, node_id f, std::span<const symbol_id> by);
node_id derivative(tape& t, node_id f, symbol_id by);

}  // namespace wengert
