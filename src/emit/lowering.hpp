// Nodes of a tape as statements: a loop over its output axes for every array that is kept, a local for every number. What is read
// once, position by position, is written where it is read.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "spelling.hpp"

namespace wengert {

// Where a root's entries are to be written: an array that the caller gives, or a local name for a root without axes.
struct destination_of_root {
  node_id node;
  std::string name;
};

class lowering {
 public:
  // `strong`: the nodes in whose products a zero wins. `tell` says in the user's words what a node is; "" for nothing.
  lowering(const tape& t, target_language to, spelling& words, std::unordered_set<node_id> strong,
           std::function<std::string(node_id)> tell)
      : t_(t), to_(to), words_(words), strong_(std::move(strong)), tell_(std::move(tell)) {}

  void name_dim(dim_id d, std::string name) { dims_[d] = std::move(name); }
  void name_array(node_id n, std::string name) { names_[n] = std::move(name); }
  void run(std::span<const destination_of_root> roots);

  std::string statements() const { return lengths_ + storage() + body_; }
  bool keeps_arrays() const { return !arrays_.empty(); }
  // The names of dimensions and arrays that the statements read.
  const std::set<std::string>& read() const { return read_; }

 private:
  // variable + offset + SUM dims: an index, as the mathematics counts it.
  struct index {
    std::string variable;
    std::int64_t offset = 0;
    std::map<dim_id, int> dims;
    void add(const affine& a, int times);
  };
  using position = std::vector<index>;
  enum class level { choice, sum, product, atom };
  struct text {
    std::string s;
    level at;
  };

  void decide(std::span<const destination_of_root> roots);
  void compute(node_id n, const std::string& name);
  void compute_of_matrix(node_id n, const std::string& name, std::string& indent);
  void copy(node_id from, const std::string& name);
  position loops(node_id n, std::size_t first, std::size_t count, std::string& indent, position at);
  void close(std::size_t count, std::string& indent);
  std::string start_of(reduction red) const;
  std::string reduced(node_id n, const std::string& so_far, const text& x);
  void line(const std::string& indent, const std::string& s) { body_ += indent + s + "\n"; }

  static position seen_from(const edge_view& e, const position& at);
  text read(const edge_view& e, const position& at);
  text write(node_id n, const position& at);
  text sum(node_id n, const position& at);
  text product(node_id n, const position& at);
  text power(node_id n, const position& at);
  text choice(node_id n, const position& at);
  std::string inside(const text& x, level least) const { return x.at < least ? "(" + x.s + ")" : x.s; }
  std::string unsigned_value(const index& i);
  std::string real_value(const index& i);
  std::string equality(const index& a, const index& b);
  std::string length(range_id r);
  std::string entries(std::span<const range_id> axes);
  std::string entry(node_id n, const std::string& name, const position& at);
  std::string storage() const;
  std::string dim(dim_id d);

  const tape& t_;
  target_language to_;
  spelling& words_;
  std::unordered_set<node_id> strong_, inlined_;
  std::function<std::string(node_id)> tell_;
  std::map<dim_id, std::string> dims_;
  std::unordered_map<node_id, std::string> names_;
  std::map<range_id, std::string> known_lengths_;
  std::vector<std::string> axis_names_;
  std::vector<std::pair<std::string, std::string>> arrays_;  // kept: name, number of entries
  std::size_t kept_ = 0;                                     // numbered results so far
  std::set<std::string> read_;
  std::string lengths_, body_;
};

}  // namespace wengert
