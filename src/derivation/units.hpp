// The chain rule through the quantities that the user wrote as units.
#pragma once

#include <optional>
#include <set>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

// The units between f and the variable, without f itself: lets, named functions and their arguments, products of arrays.
std::set<node_id> units_of(problem& p, node_id f, symbol_id by);

// Those that a textbook would name: W*X + b as a whole, elementwise functions, matrix functions; nothing inside a composite, but
// in the opened ones what they read twice or broadcast.
std::set<node_id> textbook_units(problem& p, node_id root, symbol_id by, const std::set<node_id>& opened);

// A symbol that stands for a node while something is written as a function of it.
node_id stand_in(tape& t, node_id n);

// The derivative of f by a symbol, swept with every adjoint of a unit written by itself: it is simplified as a function of the
// unit, whatever the unit is made of. So the adjoint of U in cross_entropy(softmax(U), y) becomes softmax(U) - y before it is
// sent on into U. With `others_open` the other units in an adjoint are what they are made of; else only those that are written
// with this one. With `as_values` the unit itself may also be what it is made of: sum(x - m) = 0 is seen only where m is the
// mean. Not proved here: a suggestion to the presenter.
node_id derivative_by_units(problem& p, prover& with, node_id f, symbol_id by, const std::set<node_id>& units, bool others_open,
                            bool as_values = false);

// The derivative of f by a symbol, swept in the same way, and the theorem that it is: each adjoint was rewritten with the units
// as atoms, so that the proof is as long as the sweep, whatever the units are made of.
struct certified {
  node_id derivative;
  theorem proved;
};
std::optional<certified> certified_by_units(problem& p, prover& with, node_id f, symbol_id by, const std::set<node_id>& units);

}  // namespace wengert
