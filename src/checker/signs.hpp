// The signs of nodes from the signs of their arguments.
#pragma once

#include <map>

#include "graph.hpp"

namespace checker {

class sign_rules {
 public:
  explicit sign_rules(graph& g) : g_(g) {}
  void know(sign is, int n) { known_.emplace(n, is); }
  // Whether it is known, or follows in one step from what is known.
  bool follows(sign is, int n);

 private:
  bool given(sign is, int n) const;
  bool first(sign is, const node& m) const { return given(is, m.args.at(0).node); }
  bool every(sign is, const node& m) const;
  bool some(sign is, const node& m) const;
  bool reduces_something(const node& m) const;
  bool defined_here(int n) const;
  bool counts_ties(int n) const;
  bool positive(int n);
  bool nonnegative(int n) const;
  bool nonzero(int n) const;
  bool integer(int n) const;
  bool power_of_real_powers(const node& n) const;
  bool off_poles(int n);
  bool branches(sign is, const node& m) const;
  bool branch(sign is, const node& m, bool taken) const;
  bool is_gap(const node& m, const edge& u, const edge& low, const edge& high) const;
  bool is_square(const node& m) const;
  bool sum_of_counts(const node& m) const;

  graph& g_;
  std::set<std::pair<int, sign>> known_;
};

}  // namespace checker
