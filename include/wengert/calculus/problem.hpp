// A problem is what the user says: declarations, named intermediates, facts and expressions in the input language, elaborated to
// nodes of one tape.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

// D(function, variable) occurs in an expression. The expression's node holds the reverse sweep's answer; the claim "where it is
// defined and differentiable" is about the function.
struct derivative_site {
  node_id function;
  symbol_id variable;
};

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
  std::string text;                  // the fact as the user typed it
  bool equation = false;
  node_id left = none, right = none; // right only for an equation; both have the same output axes
  relation is = relation::positive;  // if it is no equation
};

// What to differentiate by: a symbol, or one entry of it.
struct target {
  symbol_id variable;
  std::vector<label> entry;          // empty: the whole symbol; else constant labels, one per axis
  std::vector<std::string> letters;  // instead of constants: free letters, one per axis ("" where the label is constant)
  std::string text;
};

// A composite, or a let, that a node is the value of: how a person would write the node.
struct call {
  std::string name;          // "softmax", or the name of a let
  std::vector<edge> args;    // empty for a let
  bool is_let = false;
};

class problem {
 public:
  problem();

  tape& on() { return *tape_; }
  const tape& on() const { return *tape_; }

  // 'x, y: real; z: vector[K]'. Throws error (P.., N.., S..).
  void declare(std::string_view text);
  // 'a = softmax(z)'.
  void let(std::string_view text);
  // A fact, 'sum(y) = 1', 'one_hot(y)', 'x > 0', ...
  void given(std::string_view text);
  // Names that are lets become independent symbols when the user differentiates by them; call before `let`s are used.
  target parse_target(std::string_view text);
  expression parse(std::string_view text);
  // 'L == R': both sides, with the same letters and axes in the same order (the shorter side broadcast).
  std::pair<expression, expression> parse_equation(std::string_view text);

  const std::vector<fact>& facts() const { return facts_; }
  // How nodes were written; the printer uses it to write softmax(z) instead of its definition.
  const std::map<node_id, call>& calls() const { return calls_; }
  // Notes for the user that are no errors (a name before a bracket read as a product, ...).
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::unique_ptr<tape> tape_;
  std::vector<fact> facts_;
  std::map<node_id, call> calls_;
  std::vector<std::string> notes_;
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace wengert
