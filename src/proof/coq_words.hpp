// What nodes say in Coq's own words: plain terms over the reals, as a person would type them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/proof/kernel.hpp>

namespace wengert {

[[noreturn]] void no_counterpart(std::string_view what);  // throws error C03

// A number for a range: 2*n for 1..n, an odd one for 1..K. The dimensions are numbered as they are met.
class coq_dims {
 public:
  explicit coq_dims(const tape& t) : t_(t) {}
  std::size_t of_range(range_id r);
  std::size_t up_to(range_id r);  // of 1..K or 1..3, where r ends there
  std::size_t of_dim(dim_id d);
  const std::vector<dim_id>& met() const { return met_; }

 private:
  const tape& t_;
  std::vector<dim_id> met_;
};

// Names that Coq accepts and that are nothing else in a statement.
class coq_words {
 public:
  coq_words(const tape& t, const std::vector<dim_id>& dims, const std::vector<symbol_id>& symbols);

  const std::string& of_symbol(symbol_id s) const { return symbols_.at(s); }
  const std::string& of_dim(dim_id d) const { return dims_.at(d); }
  std::string extent(range_id r) const;  // K or 3, a natural number
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
  std::string inside(int level, const piece& p) const;
  std::string chain(std::string_view sign, int level, std::vector<piece> parts) const;

  const tape& t_;
  std::set<std::string> taken_;
  std::map<symbol_id, std::string> symbols_;
  std::map<dim_id, std::string> dims_;
  std::vector<std::string> indices_;  // in use, outermost first
  std::size_t written_ = 0;
};

}  // namespace wengert
