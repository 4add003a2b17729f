// The derivation that the reverse sweep performs, node by node.
#pragma once

#include "narrator.hpp"

namespace wengert {

// First the intermediates v1, v2, ... in the order in which they are evaluated, then their adjoints in the reverse order: bar_v3
// is the derivative of the result by v3. At verbosity 0 and 1 multiples and reciprocals have no names of their own.
derivation derive_by_adjoints(problem& p, const expression& e, const target& by, const telling& how);

}  // namespace wengert
