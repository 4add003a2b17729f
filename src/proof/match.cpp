#include <wengert/proof/match.hpp>

#include <algorithm>
#include <numeric>

namespace wengert {

std::vector<std::size_t> matcher::connected_order(const monomial& pattern, std::size_t axes) {
  std::vector<std::size_t> order, left(pattern.factors.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  std::vector<bool> met(axes, false);
  auto touches = [&](std::size_t k) {
    return std::ranges::any_of(pattern.factors[k].labels,
                               [&](const label& l) { return !l.is_constant() && met[static_cast<std::size_t>(l.axis)]; });
  };
  while (!left.empty()) {
    auto next = std::ranges::find_if(left, touches);
    if (next == left.end()) next = left.begin();
    for (const label& l : pattern.factors[*next].labels)
      if (!l.is_constant()) met[static_cast<std::size_t>(l.axis)] = true;
    order.push_back(*next);
    left.erase(next);
  }
  return order;
}

bool matcher::assign(std::size_t k) {
  if (k == pattern_.factors.size()) return finish();
  if (tries_left_ == 0) return false;
  --tries_left_;
  const factor& want = pattern_.factors[order_[k]];
  for (factor& have : rest_.factors) {
    if (have.node != want.node || have.labels.size() != want.labels.size()) continue;
    bool enough = want.power > 0 ? have.power >= want.power : have.power <= want.power;
    if (!enough || ((have.power - want.power).denominator() != 1 && !splits_(have.node))) continue;
    auto saved_map = map_;
    exponent saved = have.power;
    std::vector<label> labels = have.labels;
    bool turns = labels.size() == 2 && symmetric_(have.node);
    for (int turn = 0; turn < (turns ? 2 : 1); ++turn) {
      if (unify(want, labels)) {
        have.power -= want.power;
        if (assign(k + 1)) return true;
        have.power = saved;
      }
      map_ = saved_map;
      std::ranges::reverse(labels);
    }
  }
  return false;
}

bool matcher::unify(const factor& want, const std::vector<label>& have) {
  for (std::size_t q = 0; q < want.labels.size(); ++q) {
    const label &w = want.labels[q], &h = have[q];
    if (w.is_constant()) {
      if (!(w == h)) return false;
      continue;
    }
    auto a = static_cast<std::size_t>(w.axis);
    label to = h;
    to.offset -= w.offset;
    if (a >= pattern_free_) {  // a bound axis stands for a bound axis of the same range
      if (h.is_constant() || to.offset != 0 || static_cast<std::size_t>(h.axis) < free_) return false;
      if (target_.bound[static_cast<std::size_t>(h.axis) - free_] != pattern_.bound[a - pattern_free_]) return false;
      for (std::size_t b = pattern_free_; b < map_.size(); ++b)
        if (b != a && map_[b] && *map_[b] == to) return false;
    }
    if (map_[a] && !(*map_[a] == to)) return false;
    map_[a] = to;
  }
  return true;
}

// The bound axes taken by the pattern must not occur elsewhere.
bool matcher::finish() {
  monomial left = rest_;
  std::erase_if(left.factors, [](const factor& f) { return f.power == 0; });
  std::vector<std::size_t> gone;
  for (std::size_t b = pattern_free_; b < map_.size(); ++b) {
    if (!map_[b]) return false;
    gone.push_back(static_cast<std::size_t>(map_[b]->axis));
  }
  auto taken = [&](const label& l) {
    return !l.is_constant() && std::ranges::find(gone, static_cast<std::size_t>(l.axis)) != gone.end();
  };
  for (const factor& f : left.factors)
    if (std::ranges::any_of(f.labels, taken)) return false;
  for (std::size_t a = 0; a < pattern_free_; ++a)
    if (map_[a] && taken(*map_[a])) return false;
  std::ranges::sort(gone, std::greater());
  for (std::size_t axis : gone) {
    left.bound.erase(left.bound.begin() + static_cast<std::ptrdiff_t>(axis - free_));
    auto lower = [&](label& l) {
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) > axis) --l.axis;
    };
    for (factor& f : left.factors) std::ranges::for_each(f.labels, lower);
    for (std::size_t a = 0; a < pattern_free_; ++a)
      if (map_[a]) lower(*map_[a]);
  }
  rest_ = std::move(left);
  return true;
}

}  // namespace wengert
