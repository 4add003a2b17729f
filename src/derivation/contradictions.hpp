// Conditions that the givens contradict.
#pragma once

#include <optional>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

// A condition that is seen to be false by the givens, if there is one.
std::optional<requirement> false_by_givens(problem& p, const std::vector<requirement>& needs);

// The givens; without their equations where these contradict a condition: what follows then says nothing, such as x/sqrt(0).
std::vector<fact> facts_to_use(problem& p, const std::vector<requirement>& needs);

}  // namespace wengert
