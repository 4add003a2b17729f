// Normal forms: for a node, an equal node in a standard shape, and the theorem that they are equal. Nothing here is trusted; the
// kernel checks every step.
//
// The full form is a sum of monomials over atoms, with functions reduced to few (exponentials of products, logarithms of atoms,
// sine and cosine), made for comparing. The light form merges powers, contracts deltas and collects terms, but leaves products of
// sums and functions as they are.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wengert/proof/facts.hpp>

namespace wengert {

struct normal {
  node_id node;
  theorem equal;  // original = node
};

class normalizer {
 public:
  enum class form { light, full };
  normalizer(facts& f, form which) : facts_(f), kernel_(f.using_kernel()), tape_(kernel_.on()), form_(which) {}

  // Uses an equation from now on, read so that its leading product is replaced by the rest.
  void use_equation(const theorem& equation);
  // Puts an equation's right side in the place of its left side, a node that is its own normal form, from now on.
  void replace(const theorem& equal);
  // Whether an equation puts a number in the place of the node.
  bool is_number_by_equation(node_id n) const;
  // Leaves these nodes as they are from now on, atoms to whatever stands around them.
  void keep_whole(std::span<const node_id> nodes);
  // More may be known now: what was found so far is found again.
  void forget() { memo_.clear(); }

  normal of(node_id n);

  // A sign of n, found by normalizing it where its own shape does not tell.
  std::optional<theorem> establish(relation is, node_id n);

  // Two nodes with the same axes, if their normal forms agree (denominators cleared).
  std::optional<theorem> equate(node_id a, node_id b);

  // n as a product: coefficient * PROD factors * sum, with denominators and common factors taken out.
  struct factored {
    rational coefficient;
    std::vector<factor> factors;  // over the output axes of n
    node_id sum;                  // or none
    theorem equal;                // n = the product
  };
  std::optional<factored> factor_out(node_id n);

  // xlogy(x, x*y) = xlogy(x, x) + xlogy(x, y), if x >= 0 and y > 0 are known.
  std::optional<theorem> weight_apart(node_id n);

  // Of a choice between 1 and a product: choices between 1 and its factors, whose product it is. Nothing for other nodes.
  std::vector<node_id> choices_of_factors(node_id n);

  // a = b as polynomials, with the signs that are known; `opaque` nodes stay whole.
  std::optional<theorem> ring(node_id a, node_id b, std::vector<theorem> premises = {}, std::span<const node_id> opaque = {});

  // The polynomial of a node, opened as far as the form goes.
  polynomial expand(node_id n);

  facts& known_facts() { return facts_; }

 private:
  struct product_rule {  // a product of factors summed over bound axes, and what it equals
    std::vector<range_id> axes;
    monomial pattern;
    node_id pattern_node;
    theorem equal;    // pattern_node = replacement
    bool keep_whole;  // the replacement stays one atom
  };

  bool stays_whole(node_id n) const;
  normal compute_or_leave(node_id n);
  normal compute(node_id n);
  theorem opened(const theorem& equation);
  void read_both_ways(const theorem& equation);
  void read_equation(const theorem& equation);
  std::optional<theorem> reciprocal(const theorem& equal);
  std::optional<theorem> derive_sign(relation is, node_id n);
  std::optional<theorem> compare(node_id a, node_id b);
  theorem arguments_first(node_id n);
  theorem replaced(const theorem& t);
  theorem arithmetic(node_id n);
  std::optional<theorem> apply_rules(node_id n, const polynomial& p);
  std::optional<theorem> close_sums(node_id n, const polynomial& p);
  std::optional<theorem> replace_product(node_id n, const polynomial& p, const product_rule& r);
  theorem function(node_id n);
  std::optional<theorem> sign_of_choice(relation is, node_id n);
  std::optional<std::pair<theorem, theorem>> sign_of_product(relation is, node_id n);
  theorem unfold(node_id n);
  std::optional<theorem> turned(node_id n);
  theorem odd_function(node_id n);
  theorem root_of_multiple(node_id n, const monomial& m, const rational& c);
  theorem cube_root(node_id n);
  theorem rounded(node_id n);
  theorem whole_power(node_id n);
  theorem numeric_power(node_id n);
  std::vector<node_id> parts_of_power(node_id n);
  theorem special_angle(node_id n);
  theorem step(node_id n);
  node_id write(const factored& r, std::span<const range_id> axes);
  std::vector<theorem> powers_used(const expander& x) const;
  theorem matrix_function(node_id n);
  std::optional<theorem> regular(node_id a);
  std::optional<theorem> by_matrix_rule(node_id n, std::string_view row, const matrix_terms& terms,
                                        std::vector<theorem> premises = {});
  std::optional<theorem> take_out_number(node_id n, const polynomial& p);
  std::optional<theorem> scaled_matrix(node_id n, node_id number, node_id matrix);
  std::optional<theorem> open_matrix(node_id n, const polynomial& p);
  std::optional<theorem> single_matrix(node_id n, const factor& f, const polynomial& p);
  bool learn_products(const polynomial& p);
  bool learn_diagonal(const factor& f);
  theorem exponential(node_id n);
  theorem logarithm(node_id n);
  theorem sine_or_cosine(node_id n);
  theorem absolute(node_id n);
  theorem sign_of(node_id n);
  theorem sign_of_zero(node_id n);
  theorem root_of_sum(node_id n);
  theorem indicator(node_id n);

  theorem chain(const theorem& first, const theorem& next) { return kernel_.transitive(first, next); }
  theorem then_normalize(const theorem& t);
  std::optional<theorem> try_rule(std::string_view name, frame& f, const term& x, const term& y, const rational& c = 0);
  theorem with_argument(node_id n, std::size_t k, const theorem& equal);
  std::vector<theorem> conditions_of(const rule& r, const term& x, const term& y, const rational& c, bool& all);
  expander make_expander(recording_signs& signs, std::span<const node_id> opaque);

  facts& facts_;
  kernel& kernel_;
  tape& tape_;
  form form_;
  std::unordered_map<node_id, normal> memo_;
  std::vector<product_rule> products_;
  std::set<factor> diagonals_;                     // that were looked at
  std::unordered_map<node_id, theorem> replaced_;  // atom = replacement
  std::vector<theorem> powers_;                    // atom^k = replacement, for ring steps
  static constexpr std::size_t never_again = static_cast<std::size_t>(-1);
  std::unordered_map<node_id, std::size_t> products_learned_;  // inverse -> 1 + version of the facts when it was tried
  std::vector<node_id> opaque_;                                // nodes that stay whole
  int depth_ = 0;
};

}  // namespace wengert
