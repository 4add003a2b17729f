// What is known of the signs of nodes: hypotheses, and what follows from them and from the shape of the nodes.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include <wengert/proof/kernel.hpp>
#include <wengert/proof/polynomial.hpp>

namespace wengert {

class facts : public sign_source {
 public:
  explicit facts(kernel& k) : kernel_(&k) {}

  // A sign theorem, to be used from now on; what it says of the factors of a product is used too.
  void add(const theorem& t);
  // A theorem that says `is` of n, if one follows from the shape of n.
  std::optional<theorem> find(relation is, node_id n);
  bool known(relation is, node_id n) override { return find(is, n).has_value(); }
  // The theorems that were added.
  const std::vector<theorem>& stated() const { return stated_; }
  // The search for one statement may do so much work in all and no more; then what is not yet found stays unknown.
  bool spend(std::size_t work) override { return work_left_ >= work ? (work_left_ -= work, true) : (work_left_ = 0, false); }
  // Lets a search of another kind do as much again.
  void allow_as_much_again() { work_left_ = most_work; }
  kernel& using_kernel() { return *kernel_; }
  // Counts additions: what was not known may be known when this has grown.
  std::size_t version() const { return version_; }

 private:
  struct entry {
    std::array<std::optional<theorem>, relation_count> by_relation;
    std::size_t version = 0;  // 1 + the version at which the entry was completed
  };
  entry& look_up(node_id n);
  void complete(node_id n);

  kernel* kernel_;
  std::unordered_map<node_id, entry> entries_;
  std::vector<theorem> stated_;
  std::size_t version_ = 0;
  static constexpr std::size_t most_work = 600'000;
  std::size_t work_left_ = most_work;
};

// Passes questions on and remembers the theorems of the answers: the premises of a ring step.
class recording_signs : public sign_source {
 public:
  explicit recording_signs(facts& f) : facts_(f) {}
  bool known(relation is, node_id n) override;
  bool spend(std::size_t work) override { return facts_.spend(work); }
  std::vector<theorem> used() const;

 private:
  facts& facts_;
  std::unordered_map<node_id, std::vector<theorem>> used_;
};

}  // namespace wengert
