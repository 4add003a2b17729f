// Nodes in plain notation. What is declared keeps its name: letters, names of parts and words of the notation step aside.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph.hpp"

namespace checker {

class printer {
 public:
  explicit printer(const graph& g);
  // The node read at the letters (or other index texts), one for each of its axes. What is large is named and explained later.
  std::string show(int n, const std::vector<std::string>& at);
  // Writes the names that were used, explained: lines "  with n5[i] = ...".
  void explain(std::string& report);
  // The letters of a node's own axes; bound ones come behind.
  std::vector<std::string> letters_of(int n);
  std::string show(const range& r) const { return show(r.lo) + ".." + show(r.hi); }
  std::string show(const affine& a) const;
  std::string show(const label& l, const std::vector<std::string>& at) const;
  // A declared name, in quotes where the notation has another meaning for it.
  std::string declared(const std::string& name, bool is_called = false) const;

 private:
  std::string letter(std::size_t k) const;
  std::string part_name(int n) const;
  int size(int n);
  // These write behind what is written.
  void put(int n, const std::vector<std::string>& at, int tightness, bool whole);
  void put(const edge& e, const std::vector<std::string>& at, int tightness);
  void put_body(const node& m, const std::vector<std::string>& at, int tightness);
  void put_product(const node& m, const std::vector<std::string>& at);
  void put_list(const node& m, const std::vector<std::string>& at, std::size_t from);
  void put_indices(const std::vector<std::string>& at);

  const graph& g_;
  std::set<std::string> taken_;
  std::string text_;
  int largest_inline_ = 120;
  std::vector<int> sizes_;  // of the first nodes
  std::set<int> named_;
  std::size_t next_letter_ = 0;
};

}  // namespace checker
