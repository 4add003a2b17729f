// Sums of products over the tape's nodes: the arithmetic behind the kernel's `ring` step.
//
// A polynomial stands for a function of `axes` (its free axes). Each monomial is a coefficient times a product of powers of
// atoms, summed over the monomial's own bound axes, which are numbered after the free ones. An atom is a node read through
// labels. This file is part of the trusted base: every operation here must preserve the value for all reals and all indices in
// range.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <wengert/core/ops.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

// Thrown when an expansion exceeds its cap.
struct too_large : std::runtime_error {
  too_large() : std::runtime_error("the expanded expression is too large") {}
};

// A small rational number. (boost::rational's comparison with integers recurses for ever under C++20 in Boost 1.74.)
// Numerator and denominator stay below 2^30, so that the arithmetic below cannot overflow: x^(2^64) must never become x^0.
class exponent {
 public:
  static constexpr std::int64_t largest = std::int64_t{1} << 30;
  constexpr exponent(std::int64_t n = 0, std::int64_t d = 1) : n_(n), d_(d) {  // NOLINT(google-explicit-constructor)
    if (d != 1) {
      const std::int64_t g = d < 0 ? -std::gcd(n, d) : std::gcd(n, d);
      n_ /= g;
      d_ /= g;
    }
    if (n_ > largest || n_ < -largest || d_ > largest) throw too_large();
  }
  constexpr std::int64_t numerator() const { return n_; }
  constexpr std::int64_t denominator() const { return d_; }
  friend constexpr bool operator==(const exponent&, const exponent&) = default;
  friend constexpr std::strong_ordering operator<=>(const exponent& a, const exponent& b) { return a.n_ * b.d_ <=> b.n_ * a.d_; }
  friend constexpr exponent operator-(const exponent& a) { return {-a.n_, a.d_}; }
  friend constexpr exponent operator+(const exponent& a, const exponent& b) { return {a.n_ * b.d_ + b.n_ * a.d_, a.d_ * b.d_}; }
  friend constexpr exponent operator-(const exponent& a, const exponent& b) { return a + -b; }
  friend constexpr exponent operator*(const exponent& a, const exponent& b) { return {a.n_ * b.n_, a.d_ * b.d_}; }
  constexpr exponent& operator+=(const exponent& b) { return *this = *this + b; }
  constexpr exponent& operator-=(const exponent& b) { return *this = *this - b; }
  constexpr exponent& operator*=(const exponent& b) { return *this = *this * b; }

 private:
  std::int64_t n_, d_;
};

// Atoms that are no nodes, so that they do not depend on the ranges of their axes.
inline constexpr node_id delta_atom = none - 1;  // two labels: 1 where they are equal, else 0
inline constexpr node_id index_atom = none - 2;  // one label: its value

struct factor {
  node_id node;
  std::vector<label> labels;
  exponent power{1};
  friend auto operator<=>(const factor&, const factor&) = default;
};

struct monomial {
  std::vector<range_id> bound;
  std::vector<factor> factors;  // sorted
  friend auto operator<=>(const monomial&, const monomial&) = default;
};

struct polynomial {
  std::vector<range_id> axes;
  std::map<monomial, rational> terms;
  bool is_zero() const { return terms.empty(); }
};

// What is known of the signs of nodes, for all their index values.
class sign_source {
 public:
  virtual ~sign_source() = default;
  virtual bool known(relation is, node_id n) = 0;  // positive, nonnegative or nonzero
  // Called with the work that is about to be done; false: enough has been done.
  virtual bool spend(std::size_t) { return true; }
};

// Expands nodes into polynomials.
class expander {
 public:
  struct options {
    std::unordered_set<node_id> opaque;                                           // nodes to treat as atoms
    std::unordered_map<node_id, node_id> rewrite;                                 // nodes to replace by an equal node
    std::unordered_map<node_id, std::pair<std::int64_t, node_id>> power_rewrite;  // atom a -> (k, b): a^k = b, k >= 2
    // Uses left = right: of a whole node, or, if the left side is a whole power a^k (k >= 2) of an atom, of powers of the atom.
    void rewrite_by(const tape& t, node_id left, node_id right);
    bool expand_products = true;  // distribute products over sums and multiply out powers; else such sums stay atoms
    std::size_t cap = 20000;      // monomials in one polynomial
  };
  expander(tape& t, sign_source& signs, options o);

  // The polynomial of a node over its own output axes.
  const polynomial& of(node_id n);

  // The left sides' nodes (or atoms) of the rewrites that were used so far.
  const std::unordered_set<node_id>& used_rewrites() const { return used_rewrites_; }
  // The symbols whose symmetry was used so far.
  const std::set<symbol_id>& used_symmetries() const { return used_symmetries_; }
  // The opaque nodes that were met.
  const std::vector<node_id>& met_opaque() const { return met_opaque_; }

  // --- arithmetic on polynomials over the same axes
  polynomial zero(std::span<const range_id> axes) const { return {{axes.begin(), axes.end()}, {}}; }
  void add(polynomial& into, const polynomial& p, const rational& scale = 1);
  polynomial times(const polynomial& a, const polynomial& b);
  // p read through `labels`, as a polynomial over `axes`.
  polynomial read(const polynomial& p, std::span<const label> labels, std::span<const range_id> axes);
  // The sum of p over its free axes from `first` on.
  polynomial summed(const polynomial& p, std::size_t first);
  // Whether an atom of rank 2 keeps its value when its indices are swapped.
  bool is_symmetric(node_id n);
  // Whether p is 0 for all index values; clears denominators that are known to be nonzero, and divides by those that it cannot
  // clear.
  bool vanishes(polynomial p);
  // p times atom^power, with positive integer powers of sums multiplied out.
  polynomial times_power(const polynomial& p, const factor& atom);

  // Adds coefficient * m to p, with m brought to normal form (deltas contracted, powers merged, free sums evaluated).
  void push(polynomial& p, monomial m, rational coefficient);

 private:
  struct piece {
    monomial m;
    rational coefficient;
  };
  bool known(relation is, node_id n);
  polynomial compute(node_id n);
  std::vector<node_id> needs(node_id n) const;
  polynomial atom(node_id n) const;
  polynomial power_of(node_id n);
  std::optional<piece> root(const monomial& m, const rational& c, const exponent& e, node_id base);
  polynomial select_of(node_id n);
  std::optional<label> as_label(const polynomial& p) const;
  polynomial indicator(comparison c, edge a, edge b, std::span<const range_id> out);
  bool is_indicator(node_id n) const;
  polynomial value_of(const affine& a, std::span<const range_id> axes);
  polynomial spread(const polynomial& p);
  polynomial divided(polynomial p);
  std::optional<polynomial> divide(const monomial& m, const rational& coefficient, std::span<const range_id> axes);
  bool is_sum(node_id n);
  // The stages of push(): each returns true if it changed the piece, has split it (into `more`), or found that it is 0.
  enum class outcome { unchanged, changed, gone };
  outcome merge_powers(piece& x);
  outcome contract_delta(piece& x, std::span<const range_id> axes);
  outcome evaluate_index(piece& x, std::vector<piece>& more);
  outcome sum_out(piece& x, std::span<const range_id> axes, std::vector<piece>& more);
  outcome reduce_power(piece& x, std::span<const range_id> axes, polynomial& into);
  outcome open_sum(piece& x, std::span<const range_id> axes, polynomial& into);
  void canonical(monomial& m, std::size_t free);
  void order_indices(factor& f);
  void check(const polynomial& p) const {
    if (p.terms.size() > options_.cap) throw too_large();
  }

  tape& t_;
  sign_source& signs_;
  options options_;
  std::unordered_map<node_id, polynomial> memo_;
  std::unordered_set<node_id> used_rewrites_;
  std::set<symbol_id> used_symmetries_;
  std::vector<node_id> met_opaque_;
  std::unordered_map<node_id, bool> symmetric_;
  int depth_ = 0;  // of push() within push()
};

// The node that a polynomial stands for, with the terms in the polynomial's order.
node_id to_node(tape& t, const polynomial& p);
// The same over just the axes that it depends on, and which they are; the others only repeat it.
std::pair<polynomial, std::vector<label>> narrowed(const polynomial& p);
node_id to_node(tape& t, const monomial& m, const rational& coefficient, std::span<const range_id> axes);
// One factor as an edge over the axes and bound of `m`.
edge to_edge(tape& t, const factor& f, const monomial& m, std::span<const range_id> axes);

}  // namespace wengert
