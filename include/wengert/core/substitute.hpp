// Replacing nodes inside an expression.
#pragma once

#include <map>

#include <wengert/core/tape.hpp>

namespace wengert {

// `root` with every node that is a key of `by` replaced by its value, which must have the same output axes. Linear in the size of
// root; values are not searched again.
node_id substitute(tape& t, node_id root, const std::map<node_id, node_id>& by);

}  // namespace wengert
