// The chain rule through the quantities that the user wrote as units.
#pragma once

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

// The derivative of f by a symbol, swept with every adjoint of a unit written by itself: a unit is a let, a named function, the
// argument of one, or a product of arrays, and its adjoint is simplified as a function of the unit, whatever the unit is made of.
// So the adjoint of U in cross_entropy(softmax(U), y) becomes softmax(U) - y before it is sent on into U. With `others_open` the
// other units in an adjoint are what they are made of; else only those that are written with this one. Not proved here: a
// suggestion to the presenter.
node_id derivative_by_units(problem& p, prover& with, node_id f, symbol_id by, bool others_open);

}  // namespace wengert
