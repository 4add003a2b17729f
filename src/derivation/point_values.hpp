// The values of a problem's nodes at the point that the user gave.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/enclosures.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

class point_values {
 public:
  // Throws error V03 where a shape does not fit, V06 for a name that does not occur, V07 for a name that has its value already.
  point_values(problem& p, const point& at, std::size_t most_certain = certain_work);

  // Throws error V01 where a node needs a value that is missing, V08 where it has none.
  void expect_values(node_id n) { precise_.work({&n, 1}, 1, std::numeric_limits<std::size_t>::max()); }
  // Whether these nodes are too much work for digits that are certain.
  bool is_large(std::span<const node_id> nodes);
  bool is_large(node_id n) { return is_large({&n, 1}); }
  // From now on a part of the work is too much already.
  void lower_limit(std::size_t divisor) { most_certain_ /= divisor; }
  bool takes_at_most(node_id n, std::size_t work);
  // Computes nodes by one program, in double: from then on `in_double` has their entries. Throws error V02 where that takes too
  // many numbers.
  void compute(std::span<const node_id> nodes);
  const std::vector<double>* in_double(node_id n) const;
  // Whether a number on the way to these nodes is too large for double, so that one over it is 0 as if that were exact. False
  // where that is too much work.
  bool leaves_double(std::span<const node_id> nodes);

  // The entries of a node, row major, in double and in extended precision. Throws error V01 where a value is missing.
  std::vector<double> rounded(node_id n);
  std::vector<long double> precise(node_id n);
  // The same where 0 times anything is 0: the convention for derivatives where there is none.
  std::vector<long double> by_convention(node_id n);
  // Whether something under a node is too large or too small even for extended precision.
  bool leaves_range(node_id n);
  // Enclosures of the entries, the latter where 0 times anything is 0.
  enclosures& enclosed() { return enclosed_; }
  enclosures& enclosed_by_convention() { return enclosed_by_convention_; }
  std::vector<std::size_t> shape(node_id n) { return precise_.shape(n); }
  // Whether a form of a node takes not much more work than the node itself.
  bool is_affordable(node_id form, node_id n);

  // Whether a condition holds at the point, for all index values.
  bool holds(relation is, node_id n);
  // Whether it holds for certain, underflow and cancellation notwithstanding.
  bool surely_holds(relation is, node_id n);
  // Whether a fact of the user's does; equations up to rounding.
  bool holds(const fact& f);
  bool is_symmetric(symbol_id s);

 private:
  void bind(const problem& p, const std::string& name, const array& value);

  tape& tape_;
  std::size_t most_certain_;
  evaluator<double> rounded_;
  evaluator<long double> precise_;
  std::optional<evaluator<long double>> conventional_;  // made when it is asked for
  enclosures enclosed_, enclosed_by_convention_;
  std::unordered_map<node_id, std::vector<double>> in_double_;
};

}  // namespace wengert
