// The search for conditions under which an equation holds: untrusted, whatever it proposes must be proved.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

#include "wording.hpp"

namespace wengert {

// Under a set of conditions, how many conditions a proof of the statement has in all, those that the left side needs included;
// nothing where there is no proof.
using conditional_proof = std::function<std::optional<std::size_t>(const std::vector<fact>&)>;

// A set of conditions u != 0, u > 0, u >= 0 or `not integer(u)`, u a part of either side or of what it needs, under which there
// is a proof: with few conditions in all, and weak ones. Every set that is tried is met, together with the givens, by a point
// where the left side is defined. The number of tries is bounded.
std::optional<std::vector<fact>> find_conditions(problem& p, const wording& words, const expression& left,
                                                 const expression& right, const std::vector<requirement>& left_needs,
                                                 const std::vector<requirement>& right_needs, const conditional_proof& proof);

}  // namespace wengert
