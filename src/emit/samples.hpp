// How a node behaves in floating arithmetic, seen at a fixed list of points: ordinary numbers, logits of +-10000, kinks and ties.
#pragma once

#include <memory>
#include <vector>

#include <wengert/numeric/evaluate.hpp>

namespace wengert {

class samples {
 public:
  explicit samples(const tape& t);

  // At how many of the points the node is no finite number, loses digits, or is not what `reference` says.
  std::size_t failures(node_id n, node_id reference);
  // Whether 0 times an infinity spoils the node at one of the points.
  bool needs_strong_zeros(node_id n);

 private:
  struct place {
    evaluator<double> rounded;
    evaluator<long double> precise, conventional;
  };
  void bind(place& at, std::uint64_t& state) const;

  const tape& tape_;
  std::vector<std::unique_ptr<place>> places_;
};

}  // namespace wengert
