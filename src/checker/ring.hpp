// Whether two nodes are the same polynomial: multiplied out, sums spliced, deltas contracted, exponents merged where that is
// allowed, sums over bound indices brought into one order.
#pragma once

#include <map>
#include <set>
#include <span>
#include <unordered_map>

#include "graph.hpp"

namespace checker {

struct factor {
  static constexpr int is_delta = -2, is_index = -3;  // atoms that are no nodes: delta[a, b], and the value of an index
  int node;
  std::vector<label> labels;
  fraction power = 1;
  friend auto operator<=>(const factor&, const factor&) = default;
  friend bool operator==(const factor&, const factor&) = default;
};

struct monomial {
  std::vector<int> bound;  // the ranges of its own axes, which are numbered behind the polynomial's
  std::vector<factor> factors;
  friend auto operator<=>(const monomial&, const monomial&) = default;
  friend bool operator==(const monomial&, const monomial&) = default;
};

struct polynomial {
  std::vector<int> axes;
  std::map<monomial, rational> terms;
};

class ring {
 public:
  explicit ring(graph& g) : g_(g) {}
  void keep_whole(int n) { whole_.insert(n); }
  void know(sign is, int n) { known_.emplace(n, is); }
  // Uses left = right from left to right.
  void rewrite(int left, int right);
  // The symbols whose symmetry was used.
  const std::set<int>& symmetries() const { return symmetries_; }
  // Where the indices of each pair of axes in `apart` differ. Throws refusal where it becomes too large.
  bool equal(int a, int b, const std::vector<std::pair<int, int>>& apart);

 private:
  enum class outcome { same, changed, gone };
  struct piece {
    monomial m;
    rational c;
  };

  bool known(sign is, int n) const;
  const polynomial& of(int n);
  std::span<const edge> opened(int n) const;
  polynomial expand(int n);
  polynomial atom(int n) const;
  polynomial expand_power(int n);
  polynomial expand_choice(int n);
  polynomial indicator(comparison c, edge a, edge b, const std::vector<int>& out);
  bool is_indicator(int n) const;
  bool take_apart(const monomial& m, const rational& c, const fraction& e, int base, piece& r);
  bool is_symmetric(int n);
  void turn(factor& f);
  bool opens(int n);

  static void add_term(polynomial& to, monomial m, const rational& c);
  static void add_scaled(polynomial& to, const polynomial& p, const rational& by);
  polynomial product(const polynomial& a, const polynomial& b, const std::vector<label>& labels);
  polynomial at_labels(const polynomial& p, const std::vector<label>& labels, const std::vector<int>& axes);
  polynomial read(const edge& e, const std::vector<int>& axes) { return at_labels(of(e.node), e.labels, axes); }
  polynomial summed(polynomial p, std::size_t free);
  polynomial within(const monomial& rest, const rational& c, const std::vector<int>& axes, std::vector<int>& all);

  void push(polynomial& p, monomial m, rational c);
  outcome simplify(piece& x, polynomial& p, std::vector<piece>& more);
  void merge(piece& x);
  outcome contract(monomial& m, const std::vector<int>& axes);
  outcome split_index(piece& x, std::vector<piece>& more);
  outcome count(piece& x, const std::vector<int>& axes, std::vector<piece>& more);
  outcome reduce(piece& x, polynomial& p);
  outcome open(piece& x, polynomial& p);
  void order(monomial& m, std::size_t free);

  bool agree(int a, int b, const std::vector<std::pair<int, int>>& apart);
  bool is_zero(polynomial p);
  polynomial spread(const polynomial& p);
  bool divide(const monomial& m, const rational& c, const std::vector<int>& axes, polynomial& r);

  range values(const label& l, const monomial& m, const std::vector<int>& axes) const;
  void work(std::size_t amount);

  graph& g_;
  std::set<int> whole_;
  std::set<std::pair<int, sign>> known_;
  std::map<int, edge> rewrites_;
  std::map<int, std::pair<std::int64_t, int>> powers_;  // a -> (k, b): a^k = b
  std::unordered_map<int, polynomial> memo_;
  std::map<int, bool> symmetric_;
  std::set<int> symmetries_;
  bool powers_of_factors_ = false;  // (u*v)^k is u^k*v^k, though u*v may be multiplied out
  std::size_t work_ = 0;
  int depth_ = 0;
};

}  // namespace checker
