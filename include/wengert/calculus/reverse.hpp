// The reverse sweep: derivatives of a node by a symbol, appended to the same tape.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert {

// d f / d x for each symbol x, as nodes whose output axes are those of f followed by those of x (a gradient has the shape of x, a
// Jacobian the axes of f in front). O(size of f) new nodes for all symbols together. An exact zero where f is free of x.
// Differentiating the answer again gives every higher order.
std::vector<node_id> reverse(tape& t, node_id f, std::span<const symbol_id> by);

// SUM over f's entries of cotangent * (d f / d x) for each symbol x, in the shape of x: the transposed Jacobian times a vector,
// without the Jacobian. `cotangent` is a node over the axes of f. O(size of f) new nodes. Throws defect where its axes are
// others.
std::vector<node_id> pullback(tape& t, node_id f, node_id cotangent, std::span<const symbol_id> by);

// What the sweep did at one node: the adjoint that it collected there from `received`, and what it sent on to the arguments.
struct adjoint_step {
  node_id node;
  node_id adjoint;                                // axes of f, then of node
  node_id passed_on;                              // the same, or what replaced it
  std::vector<node_id> received;                  // adjoint is their sum
  std::vector<std::pair<node_id, node_id>> sent;  // argument, contribution to its adjoint
};

// reverse(t, f, by), with the record of the sweep in its order (f first, the symbol last). Empty where f is free of `by`.
// `rewrite(n, a)` may replace the adjoint a that was collected for n by an equal node of the same axes before it is passed on;
// the sweep is as right as the replacements are.
node_id derivative(tape& t, node_id f, symbol_id by, std::vector<adjoint_step>& record,
                   const std::function<node_id(node_id, node_id)>& rewrite = {});

}  // namespace wengert
