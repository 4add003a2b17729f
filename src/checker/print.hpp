// Nodes in plain notation.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph.hpp"

namespace checker {

class printer {
 public:
  explicit printer(const graph& g) : g_(g) {}
  // The node read at the letters (or other index texts), one for each of its axes. What is large is named and explained later.
  std::string show(int n, const std::vector<std::string>& at) { return show(n, at, 0, true); }
  // The names that were used, explained: lines "n5[i] = ...".
  std::vector<std::string> explanations();
  static std::string letter(std::size_t k);
  std::string show(const range& r) const { return show(r.lo) + ".." + show(r.hi); }
  std::string show(const affine& a) const;
  std::string show(const label& l, const std::vector<std::string>& at) const;

 private:
  std::string show(int n, const std::vector<std::string>& at, int tightness, bool whole);
  std::string show(const edge& e, const std::vector<std::string>& at, int tightness);
  std::string body(const node& m, const std::vector<std::string>& at, int tightness);
  std::size_t size(int n);

  const graph& g_;
  std::size_t largest_inline_ = 120;
  std::vector<std::size_t> sizes_;  // by node; 0: not known yet
  std::set<int> named_, explained_;
  std::size_t next_letter_ = 0;
  friend class checking;
};

}  // namespace checker
