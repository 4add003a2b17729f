// Equal nodes that round better: exponentials that cannot overflow, logarithms of products taken apart.
//
// Every node is read as exp(s)*v, where s is a sum of exponents found below it and v holds the rest. Products add the exponents,
// powers multiply them, a sum takes the largest of them out of its terms (exp(u) + exp(w) = exp(m)*(exp(u-m) + exp(w-m)) with
// m = max(u, w)), and the logarithm of such a node is s + log(v). Exponents that cancel never become numbers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>

#include <wengert/proof/prover.hpp>

namespace wengert {

// Differences from a whole, in which digits cancel, written as sums: 1 - f(l)/SUM_k f(k) is SUM_k (k = l ? 0 : f(k))/SUM_k f(k).
// Where it matters: where the root is one, where something is divided by them, or where their logarithm is taken. Equal, but not
// proved so. With `dearer`, also where this sums over more indices at a time than the root does.
node_id with_complements(tape& t, node_id root, bool dearer);

// Such a form of n, built but not proved; n itself where there is nothing to improve. Linear in the size of n.
node_id stabilized(tape& t, node_id n);

// The numbers that are taken out of exponents, as symbols instead: the value of the form is the same whatever they are, so it may
// be differentiated as if they were constants, and the derivative keeps its exponents in range.
class shifts {
 public:
  // The symbol in place of a node of numbers to be taken out.
  node_id symbol_for(tape& t, node_id n);
  // Puts the numbers in place of the symbols.
  void put_back(tape& t, std::span<node_id> roots) const;

 private:
  std::map<node_id, node_id> symbols_;  // by node
  std::map<node_id, node_id> nodes_;    // by symbol, free of symbols
};
node_id stabilized(tape& t, node_id n, shifts& out);

// Puts nodes into such forms; of small ones, only where that is proved equal. What the forms take out of exponents counts as
// constant until `out` puts it back, so that they may be differentiated before.
void make_stable(tape& t, std::span<node_id> nodes, shifts& out);
// Such a form of one node, all put back.
node_id stable_form(tape& t, node_id n);

// Such a form of n, or of its light or full normal form, that is wanted and that the prover has shown equal to n. The normal
// forms see more: in log(1 - 1/(1 + exp(-x))) the digits cancel until the fraction is taken together.
std::optional<normal> find_stable_form(prover& with, node_id n, const std::function<bool(node_id)>& wanted);

}  // namespace wengert
