// From syntax trees to nodes, in three passes over a list of items. An item is a piece of an expression whose names are resolved;
// its arguments stand before it, so that no pass recurses.
//   resolve    names become variables, index letters, lets, dimensions; composites are replaced by their definitions
//   infer      every item gets a shape, every letter a range; undeclared names are declared by how they are used
//   elaborate  items become nodes
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wengert/calculus/composites.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/text/parser.hpp>

namespace wengert::elaboration {

using item_id = std::uint32_t;
using entity_id = std::uint32_t;
using slot_id = std::uint32_t;
using length_id = std::uint32_t;

// Where an item was written. Items of a composite's definition point at the call.
struct origin {
  std::uint32_t text = 0, begin = 0, end = 0;
  item_id call_arguments = none;  // an item whose arguments are those of the call, to be named in errors
};

// An index or a bound: a letter or a dimension, or neither, plus an integer.
struct position {
  slot_id slot = none;
  entity_id dim = none;
  std::int64_t offset = 0;
};

// Lengths of axes are unified: a class of lengths is one range, known or not yet.
struct length {
  length_id parent;
  std::optional<range> known;
  bool whole = false;              // an array of this length is used as a whole or by a letter
  bool derived = false;            // the length follows from the range of a letter
  std::int64_t largest_index = 0;  // largest constant index
};

struct shape {
  std::vector<length_id> axes;
  bool row = false;  // the transpose of a vector
  std::size_t rank() const { return axes.size(); }
};

// A name: a variable, a let or a dimension.
struct entity {
  std::string name;
  bool declared = false;
  bool integer = false;
  bool is_dim = false;
  bool symmetric = false;
  bool independent = false;  // a let that --wrt made a variable
  item_id let = none;        // a let: its item
  int rank = -1;             // -1: not known yet
  std::size_t arity = 0;     // of an unknown function
  std::vector<length_id> axes;
  origin first_use;
  std::set<item_id> sites;  // the derivatives in a let
};

// Where a letter stands as an index.
struct occurrence {
  length_id axis;
  std::int64_t offset;
  item_id at;
};

// A bound or free index letter.
struct slot {
  std::string name;
  bool bounded = false;
  bool free = false;              // bound by no sum
  bool column = false;            // numbers the columns of a matrix: comes behind array axes
  std::optional<range_id> given;  // what a free letter runs over, where the caller says so
  position lo, hi;                // if bounded
  std::vector<occurrence> stands_in;
  std::vector<std::pair<slot_id, std::int64_t>> equal_to;  // meets this letter plus an offset in a delta
  length_id own = none;                                    // the length of an axis that the letter becomes
  std::optional<range_id> resolved;
  origin at;
};

enum class form : std::uint8_t {
  number,
  variable,
  letter,
  delta,
  pi,
  given,
  sum,
  product,
  power,
  function,
  select,
  index,
  reduce,
  reduce_all,
  derivative,
  transpose,
  ones,
  identity_matrix,
  diagonal,
  of_matrix,  // inv, det, adj: op
  gather,     // letters become the leading axes, or with axis=1 the last ones
  slice,      // of a matrix the column (axis=1) or the row (axis=2) that a letter numbers; anything else is itself
  call,
  let,      // their first argument, known by a name
  together  // the shape of two sides that meet; no value
};

enum class folding : std::uint8_t { sum, prod, max, min, mean };

struct item {
  form is = form::number;
  opcode op = opcode::constant;  // function
  comparison compares = comparison::lt;
  folding fold = folding::sum;
  bool caret = false;    // ^ rather than .^
  bool indexed = false;  // a variable right under an index
  std::uint8_t axis = 0;
  std::uint32_t ref = 0;  // entity, slot, composite or (of op unknown) what the tape calls the function
  std::vector<item_id> args;
  std::vector<token_kind> joins;  // product
  std::vector<position> index;    // index, delta, derivative (empty: by the whole variable)
  std::vector<slot_id> letters;   // gather, reduce
  rational number;                // number, exponent of power
  origin at;
  shape has;
};

// A node, and where each of its axes is read: at a letter, at an axis of the array that the value is, or at a constant.
struct mark {
  enum class kind : std::uint8_t { slot, array, constant } is = kind::constant;
  std::uint32_t id = 0;  // slot; or number of the array axis; or dimension (or none) of a constant
  std::int64_t offset = 0;
  friend bool operator==(const mark&, const mark&) = default;
};

struct value {
  node_id node = none;
  std::vector<mark> marks;      // one per axis of the node
  std::vector<range_id> array;  // the axes of the array
};

struct workspace {
  explicit workspace(tape& t) : on(t) { items.reserve(256); }

  tape& on;
  std::vector<std::shared_ptr<const std::string>> texts;
  std::vector<entity> entities;
  std::unordered_map<std::string, entity_id> by_name;
  std::vector<slot> slots;
  std::vector<item> items;
  std::vector<length> lengths;
  std::vector<value> values;
  using wanted = std::vector<std::pair<item_id, std::string>>;  // items that must be arrays, and the function that says so
  wanted arrays_wanted, vectors_wanted, matrices_wanted, squares_wanted;
  // Arguments of a function of one axis that is applied along axis=n: one of them at least must be a matrix.
  std::vector<std::pair<std::vector<item_id>, std::string>> samples_wanted;
  std::set<std::string> plain_names;    // names seen anywhere but before a bracket
  std::set<std::string> indexed_names;  // names seen before '['
  std::set<std::string> let_names;      // of all lets, also those not resolved yet
  std::set<std::string> independent;    // names that --wrt lists
  std::vector<std::string> notes;
  std::map<node_id, call>* calls = nullptr;
  std::vector<length_condition> given_lengths;  // what the facts say of the order of dimensions
  item_id right_side = none;                    // of the equation to be proved: its first item
  bool lengths_open = true;                     // whether an index may still ask for a condition on them
  function_choice instead;                      // empty: every function is differentiated itself

  // The entity of a name, made on first use.
  entity_id named(const std::string& name, const origin& at);
  const entity* find(std::string_view name) const;
  error fail(const origin& at, std::string code, std::string message, std::string hint = {}) const;
  std::string_view slice(const origin& at) const;
  std::string quoted(const origin& at) const;  // the slice, in quotes, shortened

  // How the parser should read a name.
  name_role role(std::string_view name) const;
  void note(std::string text);
  void forget_wanted() {
    arrays_wanted.clear();
    vectors_wanted.clear();
    matrices_wanted.clear();
    squares_wanted.clear();
    samples_wanted.clear();
  }
};

// --- resolve

// One text, resolved. `letters` are its free letters in order of appearance.
struct resolved_text {
  std::vector<item_id> sides;  // one, or the two of a comparison
  std::vector<slot_id> letters;
  std::vector<std::set<item_id>> sites;  // the derivatives in each side
  std::vector<std::string> texts;        // of each side
};

struct resolved_target {
  entity_id variable;
  std::vector<position> index;
  std::vector<slot_id> letters;
  origin at;
};

// A fact before elaboration.
struct resolved_fact {
  std::string text;
  bool equation = false;
  relation is = relation::positive;
  item_id left = none, right = none;
  std::vector<slot_id> letters;
};

void declare(workspace& w, const declaration& d, std::uint32_t text);
void note_names(workspace& w, std::string_view text);
void mark_dimensions(workspace& w, const syntax_tree& tree, std::uint32_t text);
resolved_text resolve_statement(workspace& w, const syntax_tree& tree, std::uint32_t text,
                                std::span<const letter_range> letters = {});
void resolve_let(workspace& w, const syntax_tree& tree, std::uint32_t text);
std::vector<resolved_fact> resolve_fact(workspace& w, const syntax_tree& tree, std::uint32_t text);
resolved_target resolve_target(workspace& w, const syntax_tree& tree, std::uint32_t text);
item_id resolve_call(workspace& w, const composite& c, const std::vector<item_id>& arguments, std::uint8_t axis,
                     const origin& at);

// --- lengths

// What a fact says of dimensions: K >= 3, n <= K, m = n.
std::vector<length_condition> lengths_in(const workspace& w, const resolved_fact& f);
// Whether a <= b follows from what the tape is about and the facts. The facts used become conditions of the tape.
bool length_follows(workspace& w, const affine& a, const affine& b, std::string_view needed_by);
// Makes a <= b, if it does not follow, a condition of the tape; false where it cannot hold, or conditions are closed.
bool length_is_made_to_hold(workspace& w, const affine& a, const affine& b, std::string_view needed_by);

// --- infer and elaborate the items from `first` on

void infer(workspace& w, item_id first, slot_id first_slot);
void elaborate(workspace& w, item_id first);

// The value as one node over the letters followed by the array axes of `like` (those of the value itself if none is given).
node_id node_over(workspace& w, item_id i, const std::vector<slot_id>& letters, item_id like = none);
affine affine_of(const workspace& w, const position& p);
// The symbol of a variable; for a let, the hidden one that stands for it where one differentiates by it.
symbol_id symbol_of(workspace& w, entity_id e);
// What the elaborated item D(function, target) differentiates.
derivative_site site_of(workspace& w, item_id derivative);

}  // namespace wengert::elaboration
