// The signs of nodes from the signs of their arguments.
#pragma once

#include "graph.hpp"

namespace checker {

// Whether it is known, or follows in one step from what is known.
bool follows(graph& g, const known_signs& known, sign is, int n);

}  // namespace checker
