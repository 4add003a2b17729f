// What the tellers of derivations share: the problem, the names that they give, the steps that they append, and the end of the
// tale.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/text/printer.hpp>

#include "differentiate.hpp"

namespace wengert {

// How a derivation is wanted.
struct telling {
  int order = 1, verbosity = 1;
  notation how = notation::shortest;
  result_form form{};
};

// D(root, v) for an intermediate v is the derivative with every later intermediate moving with v: its adjoint.
class narrator {
 protected:
  narrator(problem& p, const expression& e, const target& by, const telling& how);

  // Nothing is told or named yet.
  void forget();
  // A name that nothing else has: the wish, or the wish with the first free number from `number` on.
  std::string fresh(const std::string& wish, int number = 0);
  // The first of the wishes that nothing else has; if all are taken, u1, u2, ...
  std::string first_free(std::initializer_list<const char*> wishes);
  // No name from now on.
  void reserve(std::initializer_list<const char*> letters);
  // How the definition of the root is explained.
  std::string given() const;
  // What a name of the derivation stands for; the user knows those that are his own.
  void add_let(const std::string& name, const printed& value);
  // From now on `n` is called by that name.
  void name(node_id n, const std::string& name, const printed& value);
  // A name for each unit: a let's own; for the root C, or f; else capital letters for matrices, Z for what is linear in the units
  // before, A for what is not, with numbers where there are several.
  std::map<node_id, std::string> names_of(const std::vector<node_id>& units, node_id root);
  printed show(node_id n, print_options how = {}) const;
  // In matrix notation where that reads back as the same.
  printed in_matrix_notation(node_id n);

  // Whether what a node is written with tells how long its axes are: a delta, or a vector of ones, does not.
  bool is_anchored(node_id n) const;

  // "v[i,j]"
  static std::string with_indices(const std::string& name, std::span<const std::string> letters);
  // D(root[i], v[j]) where there are letters for the axes of the root and, `order` times, for the `each` axes of v; else D(root,
  // v).
  std::string derivative_text(std::span<const std::string> letters, const std::string& by, std::size_t each, int order) const;
  // The left side of the answer.
  std::string left_side(const std::vector<std::string>& letters) const;

  derivation_step& append(std::string rule, std::string lhs, std::string rhs, std::string reason, const theorem& proof);
  // What the kernel had to assume about the arguments of `n`, each condition where it is met first.
  void note_conditions(derivation_step& s, node_id n, const std::vector<requirement>& assumed);
  // The answer. A second derivative is proved apart, so that the steps before it rest on what holds near the point only.
  differentiated answer();
  prover& answering() { return apart_ ? *apart_ : with_; }
  // The result, its theorem and the text; `final` was proved with `proved_with`, or else by answering().
  void conclude(const differentiated& final, prover* proved_with = nullptr);
  static void note(std::vector<std::string>& list, const std::string& s);  // unless it is there or empty

  problem& p_;
  tape& t_;
  const expression e_;
  const target by_;
  const telling how_;
  prover with_;
  const std::map<node_id, call> calls_;  // as the user wrote them
  std::map<node_id, call> names_;        // as the derivation calls them
  std::string variable_, root_name_;
  node_id root_ = none;  // what is differentiated: the expression, with its diagonals apart
  derivation d_;

 private:
  bool is_anchored(node_id n, std::size_t axis, std::set<std::pair<node_id, std::size_t>>& seen) const;

  std::set<std::string> taken_, said_;  // names; conditions
  std::optional<prover> apart_;
};

}  // namespace wengert
