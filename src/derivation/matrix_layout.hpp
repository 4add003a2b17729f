// Sums of matrix products with what their terms share on the left or on the right taken out: A'*A*x - A'*y as A'*(A*x - y).
// Nothing here is trusted: whoever uses the new node proves it equal to the old one.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/core/network.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

// The factors of a product, each once: x*x as x^2.
std::vector<edge> with_powers(tape& t, const std::vector<edge>& factors);

class matrix_layout {
 public:
  enum class side { left, right };
  // `names`: nodes that are printed by name and stay as they are. `first`: where to look for common factors first.
  matrix_layout(tape& t, const std::map<node_id, call>& names, side first) : tape_(t), names_(names), first_(first) {}

  // An equal node, in which every sum of matrix products is factored and its positive terms stand first.
  node_id arranged(node_id n);

 private:
  // A matrix or a vector in a product, read as it is or transposed. A vector is a column, or turned a row.
  struct block {
    node_id node;
    bool turned;
    bool vector;
    friend bool operator==(const block&, const block&) = default;
    bool has_rows() const { return !(vector && turned); }
    bool has_columns() const { return !(vector && !turned); }
  };
  struct term {
    rational coefficient;
    std::vector<edge> scalars;
    std::vector<block> chain;
  };

  node_id with_arranged_arguments(node_id n);
  edge narrowed(edge e);
  node_id spread(node_id n);
  node_id factored(node_id sum);
  std::optional<term> term_of(const edge& e, std::span<const range_id> axes);
  block block_of(const matrix_tree& t, const open_product& f);
  block joined(const std::vector<block>& chain);
  block combined(const matrix_tree& t, const open_product& f);
  bool stays(node_id n) const;
  block sum_of(std::vector<term> terms);
  block shared(std::vector<term> terms, side where);
  std::optional<std::vector<term>> grouped(const std::vector<term>& terms, side where);
  std::vector<term> with_one_diagonal(std::vector<term> terms);
  std::optional<block> diagonal_of(const block& b) const;
  block diagonal(node_id v, range_id r);
  std::map<node_id, int> entry_factors(node_id n) const;
  std::optional<block> common_entries(const std::vector<term>& terms);
  block product_of(const term& t);
  block ones(range_id r, bool turned);
  bool is_ones(const block& b) const;
  bool is_symmetric(const block& b) const;
  void append_row_sums(std::vector<block>& chain, block m, bool turned);
  bool is_spread(const term& t) const;
  block added(const std::vector<term>& terms);
  range_id rows(const block& b) const;
  range_id columns(const block& b) const;

  tape& tape_;
  const std::map<node_id, call>& names_;
  side first_;
  std::unordered_map<node_id, node_id> known_;
};

}  // namespace wengert
