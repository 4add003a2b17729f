// The words of a derivation: names of rules, references, and its layout for a terminal.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/derivation/commands.hpp>

namespace wengert::narrative {

// How a person calls the rule that differentiates this node, some of whose arguments vary: "product rule", "derivative of log",
// "constant factor", "sum rule"; empty where axes are merely rearranged.
std::string rule_of(const tape& t, node_id n, const std::function<bool(node_id)>& varies);
// The rules between `n` and some intermediates of it, without linear ones; and in one text, which is "linear" where there are
// none.
std::vector<std::string> rules_between(const tape& t, node_id n, std::span<const node_id> intermediates);
std::string rules_text(const tape& t, node_id n, std::span<const node_id> intermediates);
std::string rule_id(const tape& t, node_id n);     // "d-mul"
std::string formula_of(const tape& t, node_id n);  // "(f*g)' = f'*g + f*g'"

// Whether a text has a name in it as a whole word.
bool mentions(const std::string& text, const std::string& name);

// "(3), (4), (5)"
std::string references(const std::vector<std::string>& numbers);

// Why a step holds: its reason, the steps that it refers to, its conditions.
std::string reason_of(const derivation_step& s);

// Whether the substeps lead from the step's left side to its right side, each beginning where the one before it ended.
bool is_chain(const derivation_step& s);

// The names that a derivation uses without a step that defines them.
std::vector<std::pair<std::string, std::string>> abbreviations(const derivation& d);

// "Proved", "Refuted", "Unknown"
std::string_view heading(verdict v);

// sum(k, if(k = i, 0, e)) as sum(k != i, e).
std::string pretty(const std::string& text);

// The whole derivation; `name` is the name of the quantity that is differentiated.
std::string text(const derivation& d, const std::string& name, int verbosity);

}  // namespace wengert::narrative
