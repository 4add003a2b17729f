// A problem is what the user says: declarations, named intermediates, facts and expressions in the input language, elaborated to
// nodes of one tape.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

struct name_role;

// D(function, variable) occurs in an expression. The expression's node holds the reverse sweep's answer; the claim "where it is
// defined and differentiable" is about the function. For D(e, a), a let a: the function is e with a hidden symbol for every
// occurrence of a's value, and the expression's node holds the derivative by that symbol, at that value.
struct derivative_site {
  node_id function;
  symbol_id variable;
  node_id at = none;      // the let's value
  node_id smooth = none;  // what was differentiated in place of the function
  node_id value = none;   // the derivative's formula
};

// What to differentiate by a symbol in place of a function: the function itself, or what equals it near the point.
using function_choice = std::function<node_id(node_id function, symbol_id by)>;

// An expression, elaborated. The first letters.size() output axes of `node` are the free index letters, in order of first
// appearance; the others are the axes of its array value.
struct expression {
  node_id node = none;
  std::vector<std::string> letters;
  std::vector<derivative_site> sites;
  std::string text;
};

// One atomic claim that a --given made: `left == right` or `is`(left) for every index value.
struct fact {
  std::string text;  // the fact as the user typed it
  bool equation = false;
  node_id left = none, right = none;  // right only for an equation; both have the same output axes
  relation is = relation::positive;   // if it is no equation
};

// A free index letter and what it runs over.
using letter_range = std::pair<std::string, range_id>;

// What to differentiate by: a symbol, or one entry of it.
struct target {
  symbol_id variable;
  std::vector<label> entry;  // empty: the whole symbol; else one per axis: a constant, or the axis 0, 1, ... of a new letter
  std::vector<std::string> letters;  // instead of constants: free letters, one per axis ("" where the label is constant)
  std::string text;
};

// A composite, or a let, that a node is the value of: how a person would write the node. The arguments' labels name axes of the
// node; an axis of an array argument that the node does not have (z in logsumexp(z)) is numbered behind the node's own axes.
struct call {
  std::string name;        // "softmax", or the name of a let
  std::vector<edge> args;  // empty for a let
  bool is_let = false;
  std::uint8_t axis = 0;  // axis=n of a function of one axis applied to a matrix: 1 columns, 2 rows; 0: none
};

// Everything the user typed, before elaboration.
struct problem_text {
  std::vector<std::string> vars;         // --var: 'x, y: real; z: vector[K]'
  std::vector<std::string> lets;         // --let: 'a = softmax(z)', in order
  std::vector<std::string> givens;       // --given: facts
  std::vector<std::string> wrt;          // --wrt: 'z', 'z[1]', 'z[i]'; a let named here becomes an independent symbol
  std::vector<std::string> expressions;  // EXPR; for `prove` one text 'L == R', which becomes two expressions with the same axes
};

class problem {
 public:
  // Parses everything, infers the shapes of undeclared names from all texts together, then elaborates. Throws error.
  explicit problem(const problem_text& text);
  ~problem();
  problem(problem&&) noexcept;

  tape& on() { return *tape_; }
  const tape& on() const { return *tape_; }

  // One per text; an equation 'L == R' gives two, with the same letters and axes in the same order (the smaller side broadcast).
  const std::vector<expression>& expressions() const { return expressions_; }
  // The same, where each D(f, x), from the innermost on, is the derivative of what is differentiated in place of f.
  std::vector<expression> expressions(const function_choice& instead);
  const std::vector<target>& targets() const { return targets_; }
  const std::vector<fact>& facts() const { return facts_; }
  // The lets, in order: name and value. A let that `wrt` made independent is absent.
  const std::vector<std::pair<std::string, node_id>>& lets() const { return lets_; }
  // How nodes were written; the printer uses it to write softmax(z) instead of its definition.
  const std::map<node_id, call>& calls() const { return calls_; }
  // Notes for the user that are no errors (a name before a bracket read as a product, ...).
  const std::vector<std::string>& notes() const { return notes_; }

  // One more expression under the same declarations; names that are still unknown are declared by how they are used.
  // `letters` are free where no sum binds them, run over the ranges given, and are the first output axes in that order.
  expression parse(std::string_view text, std::span<const letter_range> letters = {});
  // How the parser reads a name of this problem.
  name_role role(std::string_view name) const;
  // The same for a text that was printed: no notes, since they are for what the user typed. What the text does not tell of its
  // lengths is as in the node `like`, if one is given.
  expression read_back(std::string_view text, std::span<const letter_range> letters = {}, node_id like = none);
  // composite(args) elaborated as if the user had written it, e.g. apply("softmax", {z}), or apply("softmax", {Z}, 1) for
  // softmax(Z, axis=1); recorded in calls().
  node_id apply(std::string_view composite, std::span<const edge> args, std::uint8_t axis = 0);
  // How a node is written from now on, if nothing was said of it yet.
  void name(node_id n, const call& how) { calls_.try_emplace(n, how); }
  // Forgets how a node was written.
  void unname(node_id n) { calls_.erase(n); }

 private:
  struct state;
  expression parsed(std::string_view text, std::span<const letter_range> letters, node_id like);

  std::unique_ptr<tape> tape_;
  std::unique_ptr<state> state_;
  std::vector<expression> expressions_;
  std::vector<target> targets_;
  std::vector<fact> facts_;
  std::vector<std::pair<std::string, node_id>> lets_;
  std::map<node_id, call> calls_;
  std::vector<std::string> notes_;
};

}  // namespace wengert
