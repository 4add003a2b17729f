// Whether two nodes are the same polynomial: multiplied out, sums spliced, deltas contracted, exponents merged where that is
// allowed, sums over bound indices brought into one order.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "graph.hpp"

namespace checker {

struct ring_facts {
  std::set<int> whole = {};  // nodes that are not opened
  known_signs known = {};
  std::vector<std::pair<int, int>> equations = {};  // used from left to right
  std::vector<std::pair<int, int>> apart = {};      // output indices that differ
};

// If they are, the symbols whose symmetry was used. Throws refusal where it becomes too large.
std::optional<std::set<int>> same_polynomial(graph& g, int a, int b, const ring_facts& with);

}  // namespace checker
