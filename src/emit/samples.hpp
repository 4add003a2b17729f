// How a node behaves in floating arithmetic, seen at a fixed list of points: ordinary numbers, logits of +-10000, kinks and ties.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include <wengert/numeric/enclosures.hpp>

namespace wengert {

class samples {
 public:
  // The points are those for `root`, which has a value at most of them: what else the tape knows does not move them.
  samples(const tape& t, node_id root);

  // At how many of the points the node is no finite number or far from what it should be, and at how many others it loses digits.
  struct failures {
    std::size_t wrong = 0, imprecise = 0;
    friend auto operator<=>(const failures&, const failures&) = default;
  };
  // What it should be is what `references` are, which are equal: the first of them that is certain.
  failures count_failures(node_id n, std::initializer_list<node_id> references);
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
  enum class verdict : std::uint8_t { right, imprecise, wrong };
  verdict judge(place& at, node_id n, std::initializer_list<node_id> references) const;

  const tape& tape_;
  std::vector<symbol_id> symbols_;   // those of the root first
  std::vector<std::int64_t> sizes_;  // of the dimensions
  std::vector<std::unique_ptr<place>> places_;
};

}  // namespace wengert
