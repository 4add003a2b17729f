// Enclosures of the values of nodes at one point, computed with more and more binary digits.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <wengert/numeric/evaluate.hpp>

namespace wengert {

class enclosures {
 public:
  using exact_evaluator = evaluator<exponential_fraction>;
  static constexpr std::array<int, 4> digits{128, 512, 2048, 8192};

  // `bind` gives an evaluator the point. `conventional`: where 0 times anything is 0.
  enclosures(const tape& t, std::function<void(exact_evaluator&)> bind, bool conventional = false)
      : tape_(t), bind_(std::move(bind)), conventional_(conventional) {}

  // The entries of a node with digits[level] digits; none where that is too much work.
  const std::vector<ball>* at(node_id n, std::size_t level);

  // The entries with the first of the levels [from, to) that makes all of them certain.
  struct answer {
    std::vector<std::optional<double>> entries;
    bool all = false;   // whether each is certain
    bool open = false;  // whether more digits will not tell
  };
  answer certain(node_id n, std::size_t from, std::size_t to);

 private:
  struct evaluation {
    arithmetic<exponential_fraction> in;
    exact_evaluator at;
    std::unordered_map<node_id, std::vector<ball>> found;
  };

  const tape& tape_;
  std::function<void(exact_evaluator&)> bind_;
  bool conventional_;
  std::array<std::unique_ptr<evaluation>, digits.size()> evaluations_;
};

}  // namespace wengert
