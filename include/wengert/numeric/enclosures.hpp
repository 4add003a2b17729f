// Enclosures of the values of nodes at one point, computed with more and more binary digits.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wengert/numeric/evaluate.hpp>

namespace wengert {

class enclosures {
 public:
  // Level 0 has balls, the others have fractions of exponentials where these are not too much work.
  static constexpr std::array<int, 5> digits{128, 128, 512, 2048, 8192};

  // What a dimension or a symbol is at the point.
  struct given {
    std::string name;
    std::vector<double> values;
    std::vector<std::size_t> shape;
  };

  // `conventional`: where 0 times anything is 0.
  enclosures(const tape& t, std::vector<given> there, bool conventional = false)
      : tape_(t), point_(std::move(there)), conventional_(conventional) {}

  // The entries of a node with digits[level] digits; none where that is too much work.
  const std::vector<ball>* at(node_id n, std::size_t level);

  // The entries with the first of the levels [from, to) that makes all of them certain. Before level 0 extended precision is
  // tried.
  struct answer {
    std::vector<std::optional<double>> entries;
    bool all = false;   // whether each is certain
    bool open = false;  // whether more digits will not tell
  };
  answer certain(node_id n, std::size_t from, std::size_t to);

 private:
  template <class T> struct evaluation {
    arithmetic<T> in;
    evaluator<T> at;
    std::unordered_map<node_id, std::vector<ball>> found;
  };
  template <class T> void prepare(evaluator<T>& e) const;
  template <class T>
  const std::vector<ball>* entries(std::unique_ptr<evaluation<T>>& e, node_id n, std::size_t level, std::size_t most_work) const;
  // The entries that extended precision is certain of.
  std::vector<std::optional<double>> quickly(node_id n);

  const tape& tape_;
  std::vector<given> point_;
  bool conventional_;
  std::optional<evaluator<bounded>> quick_;
  std::array<std::unique_ptr<evaluation<ball>>, digits.size()> balls_;
  std::array<std::unique_ptr<evaluation<exponential_fraction>>, digits.size()> fractions_;
};

}  // namespace wengert
