// Long answers, with names for what they are made of.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

#include "differentiate.hpp"

namespace wengert {

// A text with names that the user did not give, and what they stand for: each is written with those before it.
struct named_form {
  std::string text;
  std::vector<std::string> letters;  // of the answer's axes
  std::vector<std::pair<std::string, std::string>> lets;
};

// The answer by the quantities that the user wrote as units, if that is much shorter than its text.
std::optional<named_form> by_named_units(problem& p, prover& with, const expression& e, const target& by,
                                         const differentiated& d);

// With names for the parts that are read more than once, if that is much shorter.
std::optional<named_form> by_shared_parts(const problem& p, const differentiated& d);
// The same for a node of any size.
named_form with_shared_parts(const problem& p, node_id n, const std::vector<std::string>& letters);

}  // namespace wengert
