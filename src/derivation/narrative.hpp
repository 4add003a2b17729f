// The words of a derivation: names of rules, references, and its layout for a terminal.
#pragma once

#include <string>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/derivation/commands.hpp>

namespace wengert::narrative {

// How a person calls the rule that differentiates this node ("quotient rule", "derivative of log"); empty for mere plumbing.
std::string rule_of(const tape& t, node_id n);
std::string rule_id(const tape& t, node_id n);     // "d-mul"
std::string formula_of(const tape& t, node_id n);  // "(f*g)' = f'*g + f*g'"

// "(3), (4), (5)"
std::string references(const std::vector<std::string>& numbers);

// sum(k, if(k = i, 0, e)) as sum(k != i, e).
std::string pretty(const std::string& text);

// The whole derivation; `name` is the name of the quantity that is differentiated.
std::string text(const derivation& d, const std::string& name, int verbosity);

}  // namespace wengert::narrative
