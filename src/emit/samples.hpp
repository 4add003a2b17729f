// How a node behaves in floating arithmetic, seen at a fixed list of points: ordinary numbers, logits of +-10000, kinks and ties.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <wengert/numeric/enclosures.hpp>

namespace wengert {

class samples {
 public:
  // The points are those for `root`, which has a value at most of them: what else the tape knows does not move them.
  samples(const tape& t, node_id root);

  // At how many of the points the node is no finite number, loses digits, or is not what `reference` is there, which is known to
  // be equal.
  std::size_t failures(node_id n, node_id reference);
  // Whether 0 times an infinity spoils the node at one of the points.
  bool needs_strong_zeros(node_id n);

 private:
  using given = enclosures::given;
  struct place {
    evaluator<double> rounded;
    evaluator<long double> precise, conventional;
    enclosures enclosed;
  };
  void choose_sizes(node_id root);
  std::unique_ptr<place> at_point(const std::vector<given>& point) const;
  static bool has_value(place& at, node_id n);
  std::vector<given> draw(std::uint64_t which) const;  // dimensions first
  template <class T> static void bind(evaluator<T>& at, const std::vector<given>& point);
  bool is_right(place& at, node_id n, node_id reference) const;

  const tape& tape_;
  std::vector<symbol_id> symbols_;   // those of the root first
  std::vector<std::int64_t> sizes_;  // of the dimensions
  std::vector<std::unique_ptr<place>> places_;
};

}  // namespace wengert
