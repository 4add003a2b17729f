// Finding a product of factors inside another.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <wengert/proof/polynomial.hpp>

namespace wengert {

// Finds the factors of a pattern among those of a monomial, or gives up after many tries.
class matcher {
 public:
  using property = std::function<bool(node_id)>;
  static bool no_node(node_id) { return false; }

  // `symmetric` tells of which nodes the two indices may be swapped, `splits` which are positive: their powers are products of
  // other powers.
  matcher(const monomial& pattern, std::size_t pattern_free, const monomial& target, std::size_t free,
          property symmetric = no_node, property splits = no_node)
      : pattern_(pattern),
        pattern_free_(pattern_free),
        target_(target),
        free_(free),
        symmetric_(std::move(symmetric)),
        splits_(std::move(splits)),
        map_(pattern_free + pattern.bound.size()),
        order_(connected_order(pattern, map_.size())) {}

  bool run() {
    rest_ = target_;
    if (target_.bound.size() < pattern_.bound.size() || !assign(0)) return false;
    return true;
  }
  // What is left of the target, with the bound axes of the pattern gone, and how the pattern's free axes read its axes.
  monomial rest() const { return rest_; }
  std::vector<label> labels() const {
    std::vector<label> r;
    for (std::size_t a = 0; a < pattern_free_; ++a) r.push_back(map_[a] ? *map_[a] : label::of_integer(1));
    return r;
  }

 private:
  // The pattern's factors in an order in which each, where it can, shares an axis with one before it.
  static std::vector<std::size_t> connected_order(const monomial& pattern, std::size_t axes);
  bool assign(std::size_t k);
  bool unify(const factor& want, const std::vector<label>& have);
  bool finish();

  const monomial& pattern_;
  std::size_t pattern_free_;
  const monomial& target_;
  std::size_t free_;
  property symmetric_, splits_;
  std::vector<std::optional<label>> map_;
  std::vector<std::size_t> order_;
  std::size_t tries_left_ = 20'000;
  monomial rest_;
};

}  // namespace wengert
