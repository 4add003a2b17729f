// Equal nodes that round better: exponentials that cannot overflow, logarithms of products taken apart.
//
// Every node is read as exp(s)*v, where s is a sum of exponents found below it and v holds the rest. Products add the exponents,
// powers multiply them, a sum takes the largest of them out of its terms (exp(u) + exp(w) = exp(m)*(exp(u-m) + exp(w-m)) with
// m = max(u, w)), and the logarithm of such a node is s + log(v). Exponents that cancel never become numbers.
#pragma once

#include <functional>

#include <wengert/proof/prover.hpp>

namespace wengert {

// Such a form of n, built but not proved; n itself where there is nothing to improve. Linear in the size of n.
node_id stabilized(tape& t, node_id n);

// Shows `good_enough` forms of n that the prover has shown equal to n, one after the other, until it returns true. Those with few
// terms come first.
void try_stable_forms(prover& with, node_id n, const std::function<bool(const normal&)>& good_enough);

}  // namespace wengert
