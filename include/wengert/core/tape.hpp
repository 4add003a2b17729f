// The tape: an append-only, interned list of comprehension nodes. It is the Wengert list and the expression graph in one.
//
//     node[out axes] = REDUCE over bound axes of  op( arg0[labels], arg1[labels], ... )
//
// Arguments stand before their users, so ids are a topological order. Equal structure is equal id. Axes are positions: the axes
// 0 .. rank-1 of a node are its output axes, rank .. rank+bound-1 the axes it reduces over; names are a printer's business.
// A function of a whole square matrix (inv, det, adj) has two bound axes, the row p and the column q of the matrix that its one
// argument is, and does not reduce: inv[.., i, j] is the inverse of A[.., p, q] at i, j. What is said of "matrix functions" in
// matrix.hpp holds of them.
// A node stands for a total function of its symbols and its output indices. Where an operation is undefined (log of a negative
// number, division by zero) its value is unspecified; the conditions under which it is meant are kept by whoever states a claim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wengert/core/dims.hpp>
#include <wengert/core/opcode.hpp>
#include <wengert/core/rational.hpp>

namespace wengert {

using node_id = std::uint32_t;
using symbol_id = std::uint32_t;  // a real, vector or matrix variable
using range_id = std::uint32_t;   // an interned interval of integers

// Where an edge reads one axis of its argument: at (axis of the user) + offset, or at a constant index.
struct label {
  static constexpr std::int16_t constant_axis = -1;
  std::int16_t axis = constant_axis;  // axis of the using node, or constant_axis
  std::uint16_t dim = 0;              // for constants: 1 + the dimension that the offset is added to, 0 for a plain integer
  std::int32_t offset = 0;

  static label of_axis(std::size_t axis, std::int32_t offset = 0) { return {static_cast<std::int16_t>(axis), 0, offset}; }
  static label of_integer(std::int32_t value) { return {constant_axis, 0, value}; }
  static label of_dim(dim_id dim, std::int32_t offset) { return {constant_axis, static_cast<std::uint16_t>(dim + 1), offset}; }
  bool is_constant() const { return axis == constant_axis; }
  // The value of a constant label.
  affine value() const { return {dim == 0 ? none : dim_id{dim} - 1, offset}; }
  friend bool operator==(const label&, const label&) = default;
  friend auto operator<=>(const label&, const label&) = default;
};
static_assert(sizeof(label) == 8);

// An argument of a node under construction.
struct edge {
  node_id node = none;
  std::vector<label> labels;
  friend bool operator==(const edge&, const edge&) = default;
};

// An argument of a node on the tape; valid until the tape grows.
struct edge_view {
  node_id node;
  std::span<const label> labels;
  operator edge() const { return {node, {labels.begin(), labels.end()}}; }
};

struct symbol_info {
  std::string name;
  std::vector<range_id> axes;
  bool integer_valued = false;
  bool symmetric = false;
};

// A function that is declared but not defined, differentiated orders[k] times by its argument k. It is taken to be differentiable
// as often as needed.
struct unknown_function {
  std::string name;
  std::vector<std::uint32_t> orders;
  bool operator==(const unknown_function&) const = default;
};

class tape {
 public:
  tape();
  tape(const tape&) = delete;
  tape& operator=(const tape&) = delete;

  // --- dimensions and ranges
  dim_id dim(std::string_view name);             // found or made
  dim_id find_dim(std::string_view name) const;  // or none
  const std::string& dim_name(dim_id d) const { return dim_names_.at(d); }
  std::size_t dim_count() const { return dim_names_.size(); }
  range_id make_range(const affine& lo, const affine& hi);
  range_id range_to(const affine& hi) { return make_range({none, 1}, hi); }  // 1 .. hi
  const range& range_of(range_id r) const { return ranges_.at(r); }
  range_id shift(range_id r, std::int64_t by);  // the range lo+by .. hi+by
  std::string text_of(const affine& a) const;   // K+1
  // Whether a <= b for all dimensions that the tape is about. False also means: not known.
  bool surely_le(const affine& a, const affine& b) const { return order_.surely_le(a, b); }
  // From now on the tape is about dimensions that meet the condition, and so is every theorem about its nodes.
  void assume(length_condition c);
  const std::vector<length_condition>& length_conditions() const { return length_conditions_; }
  const dim_order& order() const { return order_; }

  // --- leaves
  node_id constant(const rational& value);
  node_id constant(std::int64_t value) { return constant(rational(value)); }
  node_id dim_value(dim_id d);            // the dimension as a real number
  node_id index_value(range_id axis);     // rank 1: the index itself
  node_id delta(range_id a, range_id b);  // rank 2: 1 where the indices are equal, else 0
  node_id pi();
  // A symbol of the given axes; the same name twice must have the same axes (throws error S05 otherwise).
  node_id symbol(std::string_view name, std::span<const range_id> axes);
  node_id find_symbol(std::string_view name) const;  // its node, or none
  node_id symbol_node(symbol_id s) const { return symbol_nodes_.at(s); }
  symbol_info& symbol(symbol_id s) { return symbols_.at(s); }
  const symbol_info& symbol(symbol_id s) const { return symbols_.at(s); }
  std::size_t symbol_count() const { return symbols_.size(); }

  // --- inner nodes. Every label is checked against the ranges: throws error S04 where an index may leave its range.
  node_id make(opcode op, std::span<const range_id> out, std::span<const range_id> bound, reduction red,
               std::span<const edge> args, std::uint32_t attribute = 0);
  node_id add(std::span<const range_id> out, std::span<const edge> args);
  node_id mul(std::span<const range_id> out, std::span<const edge> args, std::span<const range_id> bound = {});
  node_id identity(std::span<const range_id> out, const edge& arg, std::span<const range_id> bound = {},
                   reduction red = reduction::none);
  node_id power(std::span<const range_id> out, const edge& base, const rational& exponent);
  node_id apply(opcode function, std::span<const range_id> out, std::span<const edge> args);
  node_id select(std::span<const range_id> out, comparison c, const edge& left, const edge& right, const edge& then,
                 const edge& otherwise);
  std::uint32_t unknown_index(const unknown_function& f);  // the attribute of the nodes that apply it

  // --- reading
  std::size_t size() const { return nodes_.size(); }
  opcode op(node_id n) const { return nodes_[n].op; }
  reduction red(node_id n) const { return nodes_[n].red; }
  std::size_t rank(node_id n) const { return nodes_[n].rank; }
  std::size_t bound_count(node_id n) const { return nodes_[n].bound; }
  std::size_t arity(node_id n) const { return nodes_[n].arity; }
  std::span<const range_id> out(node_id n) const { return {pool_.data() + nodes_[n].start, nodes_[n].rank}; }
  std::span<const range_id> bound(node_id n) const { return {pool_.data() + nodes_[n].start + nodes_[n].rank, nodes_[n].bound}; }
  // Output and bound ranges together: the range of each axis that an edge of `n` may name.
  std::span<const range_id> axes(node_id n) const {
    return {pool_.data() + nodes_[n].start, std::size_t{nodes_[n].rank} + nodes_[n].bound};
  }
  class arg_list;
  arg_list args(node_id n) const;                                                     // the arguments, in order
  edge_view arg(node_id n, std::size_t k) const;                                      // one of them; walks the earlier ones
  const rational& value(node_id n) const { return rationals_[nodes_[n].attribute]; }  // constant, power
  symbol_id symbol_of(node_id n) const { return nodes_[n].attribute; }                // symbol
  dim_id dim_of(node_id n) const { return nodes_[n].attribute; }                      // dim_value
  const unknown_function& unknown_of(node_id n) const { return unknown_.at(nodes_[n].attribute); }
  std::span<const unknown_function> unknown_functions() const { return unknown_; }
  comparison comparison_of(node_id n) const { return static_cast<comparison>(nodes_[n].attribute); }
  std::uint32_t attribute(node_id n) const { return nodes_[n].attribute; }
  bool is_constant(node_id n) const { return op(n) == opcode::constant; }
  bool is_constant(node_id n, std::int64_t v) const { return op(n) == opcode::constant && value(n) == v; }

  // The nodes that `roots` need, ascending (arguments first).
  std::vector<node_id> reachable(std::span<const node_id> roots) const;
  std::vector<node_id> reachable(node_id root) const { return reachable(std::span<const node_id>(&root, 1)); }
  // Whether `symbol` occurs in `n`.
  bool mentions(node_id n, symbol_id symbol) const;

  // The identity labels 0 .. rank-1.
  static std::vector<label> straight(std::size_t rank, std::size_t first = 0);
  edge whole(node_id n) const { return {n, straight(rank(n))}; }

 private:
  struct record {
    opcode op;
    reduction red;
    std::uint8_t rank;
    std::uint8_t bound;
    std::uint32_t arity;
    std::uint32_t attribute;
    std::uint32_t start;   // in pool_: out ranges, bound ranges, argument ids
    std::uint32_t labels;  // in labels_: the labels of every argument, one after the other
  };

  node_id intern(record candidate);  // the candidate's words and labels stand at the ends of the pools; rolled back on a hit
  void check_edge(const edge& e, std::span<const range_id> out, std::span<const range_id> bound) const;
  void check_matrix(opcode op, std::span<const range_id> out, std::span<const range_id> bound, std::span<const edge> args) const;
  std::uint64_t hash_of(const record& r) const;
  bool same(const record& a, const record& b) const;
  std::size_t label_count(const record& r) const;
  void grow_table();
  std::uint32_t rational_index(const rational& q);

  std::vector<record> nodes_;
  std::vector<std::uint32_t> pool_;
  std::vector<label> labels_;
  std::vector<node_id> table_;  // open addressing
  std::vector<rational> rationals_;
  std::map<rational, std::uint32_t> rational_ids_;
  std::vector<unknown_function> unknown_;
  std::vector<symbol_info> symbols_;
  std::vector<node_id> symbol_nodes_;
  std::unordered_map<std::string, symbol_id> symbol_ids_;
  std::vector<std::string> dim_names_;
  std::unordered_map<std::string, dim_id> dim_ids_;
  dim_order order_;
  std::vector<length_condition> length_conditions_;
  std::vector<range> ranges_;
  std::unordered_map<std::string, range_id> range_ids_;
};

// The arguments of a node, to be walked once. Invalid as soon as the tape grows.
class tape::arg_list {
 public:
  class iterator {
   public:
    iterator(const tape* t, const node_id* id, const label* labels) : tape_(t), id_(id), labels_(labels) {}
    edge_view operator*() const { return {*id_, {labels_, tape_->rank(*id_)}}; }
    iterator& operator++() {
      labels_ += tape_->rank(*id_);
      ++id_;
      return *this;
    }
    bool operator!=(const iterator& other) const { return id_ != other.id_; }

   private:
    const tape* tape_;
    const node_id* id_;
    const label* labels_;
  };
  arg_list(const tape* t, const node_id* ids, std::size_t count, const label* labels)
      : tape_(t), ids_(ids), count_(count), labels_(labels) {}
  iterator begin() const { return {tape_, ids_, labels_}; }
  iterator end() const { return {tape_, ids_ + count_, nullptr}; }
  std::size_t size() const { return count_; }
  std::vector<edge> copy() const {
    std::vector<edge> r;
    r.reserve(count_);
    for (edge_view e : *this) r.push_back(e);
    return r;
  }

 private:
  const tape* tape_;
  const node_id* ids_;
  std::size_t count_;
  const label* labels_;
};

inline tape::arg_list tape::args(node_id n) const {
  const record& r = nodes_[n];
  return {this, pool_.data() + r.start + r.rank + r.bound, r.arity, labels_.data() + r.labels};
}

}  // namespace wengert
