// Replacing nodes inside an expression, and reading edges through others.
#pragma once

#include <map>
#include <span>

#include <wengert/core/tape.hpp>

namespace wengert {

// `root` with every node that is a key of `by` replaced by its value, which must have the same output axes. Linear in the size of
// root; values are not searched again.
node_id substitute(tape& t, node_id root, const std::map<node_id, node_id>& by);
// The same in each root, all at once.
void substitute(tape& t, std::span<node_id> roots, const std::map<node_id, node_id>& by);

// The edge `inner` of a node that is itself read through `outer` labels, seen from the reader.
edge seen_through(edge inner, std::span<const label> outer);

}  // namespace wengert
