// The forward sweep: how a node changes as its symbols do, appended to the same tape.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert {

// A symbol and its tangent, the velocity with which it changes: a node over the symbol's axes.
struct direction {
  symbol_id symbol;
  node_id tangent;
};

// The tangent of f, a node over the axes of f: SUM over the symbols x of `along` and over x's entries of (d f / d x) * tangent.
// O(size of f) new nodes for all symbols together; an exact zero where f does not change. Differentiating the answer again gives
// every higher order. Throws defect where a tangent's axes are not those of its symbol.
node_id pushforward(tape& t, node_id f, std::span<const direction> along);

// d f / d by, as reverse.hpp's: the output axes are those of f followed by those of `by`. One sweep carries a tangent for every
// entry of `by`, so it is the cheaper of the two where f has more entries than `by`.
node_id forward(tape& t, node_id f, symbol_id by);

// The same, with a record of the sweep in its order (`by` first, f last): each node whose tangent is not an exact zero, and the
// tangent (axes of the node, then of `by`).
node_id forward(tape& t, node_id f, symbol_id by, std::vector<std::pair<node_id, node_id>>& record);

}  // namespace wengert
