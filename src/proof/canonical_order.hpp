// The order in which the normal form of a monomial numbers its bound axes. No proof rests on it: every order gives an equal one.
#pragma once

#include <functional>
#include <vector>

#include <wengert/proof/polynomial.hpp>

namespace wengert {

// A monomial with its bound axes numbered in an order.
using renumbering = std::function<monomial(const std::vector<std::size_t>& order)>;

// An order of the bound axes of m, which are numbered from `free` on, that does not depend on how they were numbered, unless
// there are too many to try. `is_symmetric` says of an atom with two indices whether they may change places.
std::vector<std::size_t> canonical_order(const monomial& m, std::size_t free, const renumbering& renumbered,
                                         const std::function<bool(node_id)>& is_symmetric);

}  // namespace wengert
