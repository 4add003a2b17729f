// What nodes say in Coq's own words: plain terms over the reals, as a person would type them.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/proof/kernel.hpp>

namespace wengert {

[[noreturn]] void no_counterpart(std::string_view what);  // throws error C03

// A number for an extent, how many indices there are: 2*n for n of them, an odd one for K, K+1 or K+1-m of them. The dimensions
// and what is added to them are numbered as they are met.
class coq_extents {
 public:
  struct size {
    affine to;
    dim_id less = none;
    friend bool operator==(const size&, const size&) = default;
  };

  explicit coq_extents(tape& t) : t_(t) {}
  std::size_t of_range(range_id r) { return number_of(extent(r)); }
  std::size_t of_delta(node_id n, range_id r);  // one axis of a delta, whose indices count from the least of both ranges
  std::size_t of_dim(dim_id d) { return number_of(affine{d, 0}); }
  std::size_t number_of(const affine& extent) { return number_of(size{extent}); }
  std::size_t number_of(const size& extent);
  std::size_t place_number(const affine& at);  // 2*k+1 for the place k, else one less than the extent that ends before it
  const std::vector<dim_id>& dims() const { return dims_; }
  const std::vector<size>& met() const { return met_; }
  std::size_t index_of(dim_id d) const;  // of a dimension that was met

  affine first(range_id r) const;  // where a range begins; Coq counts from 0
  size extent(range_id r) const;
  affine first_read(node_id n, std::size_t axis) const;  // what Coq's index 0 of an axis is

  // What a label reads, counted from 0: `at` places further on than the index of an axis, or the fixed place `at`.
  struct place {
    bool fixed;
    std::size_t axis;
    affine at;
    bool further() const { return !fixed && at != affine{}; }
  };
  place place_of(const label& l, std::span<const range_id> axes, node_id read, std::size_t axis) const;
  // An edge that reads the same and nothing further on than its own indices: of a node that does only that, in Coq an operation
  // of its own. A delta is read further on by its first index.
  edge plain(const edge& e, std::span<const range_id> axes) const;
  bool only_reads_further(node_id n) const;

 private:
  affine lesser(const affine& a, const affine& b) const;

  tape& t_;
  std::vector<dim_id> dims_;
  std::vector<size> met_;
};

// A function that the theorem says nothing of but what its derivatives are.
struct coq_function {
  std::string key, name;
  std::size_t arity = 1;
};
bool is_assumed_function(const tape& t, node_id n);
coq_function assumed_function(const tape& t, node_id n);
coq_function assumed_function(const unknown_function& f);

// Names that Coq accepts and that are nothing else in a statement.
class coq_words {
 public:
  coq_words(tape& t, const coq_extents& extents, const std::vector<coq_function>& functions,
            const std::vector<symbol_id>& symbols);

  const std::string& of_symbol(symbol_id s) const { return symbols_.at(s); }
  const std::string& of_dim(dim_id d) const { return dims_.at(d); }
  const std::string& of_function(const std::string& key) const { return functions_.at(key); }
  std::string extent(const affine& a) const;  // K, 3 or K + 1, a natural number
  // A claim as a proposition, with a quantifier for each of its indices.
  std::string proposition(const claim& c);

 private:
  // What moves under derivatives, the outermost first: the variable's entry at these indices is the number of this name.
  struct motion {
    symbol_id variable = none;
    std::vector<std::pair<std::vector<std::string>, std::string>> moves{};
  };
  struct piece {
    std::string text;
    int level;  // Coq's: 0 an atom, 10 an application, 30 a power, 35 an inverse, 40 a product, 50 a sum, 200 anything
  };
  std::string claim_name(std::string_view wanted);
  std::string fresh_index();
  std::vector<std::string> quantified(std::string& text, std::span<const range_id> axes);
  std::string relation_of(relation is, node_id n, const std::vector<std::string>& at);
  std::string derivative(const claim& c);
  piece value(node_id n, const std::vector<std::string>& at, const motion& m);
  piece body(node_id n, const std::vector<std::string>& at, const motion& m);
  piece entry(symbol_id s, const std::vector<std::string>& at, const motion& m);
  piece of_matrix(node_id n, const std::vector<std::string>& at, const motion& m);
  piece power(const piece& base, const rational& p) const;
  std::string extent_of(range_id r) const;  // how many indices a range has, as an argument
  // An index that counts from 0, as one that counts from `first`.
  std::string counted(const std::string& index, const affine& first) const;
  std::vector<std::string> indices(const edge& e, std::span<const range_id> axes, const std::vector<std::string>& names) const;
  std::string inside(int level, const piece& p) const;
  std::string chain(std::string_view sign, int level, std::vector<piece> parts) const;

  tape& t_;
  const coq_extents& extents_;
  std::set<std::string> taken_;
  std::map<std::string, std::string> functions_;
  std::map<symbol_id, std::string> symbols_;
  std::map<dim_id, std::string> dims_;
  std::vector<std::string> indices_;  // in use, outermost first
  std::size_t written_ = 0;
};

}  // namespace wengert
