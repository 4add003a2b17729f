// Results in a form that the user asked for: multiplied out, factored, or as one fraction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/proof/prover.hpp>

#include "present.hpp"

namespace wengert {

// n in the form, proved equal to it and defined wherever n is; nothing where that cannot be done.
std::optional<presented> in_form(const result_form& form, presenter& show, prover& with, node_id n,
                                 const std::vector<std::string>& letters, bool index_form);

}  // namespace wengert
