#include "canonical_order.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace wengert {

namespace {

// Colours of the bound axes: axes that are used alike have the same, 0, 1, ...
std::vector<std::size_t> colours(const monomial& m, std::size_t free, const std::function<bool(node_id)>& is_symmetric) {
  const std::size_t n = m.bound.size();
  std::vector<std::size_t> colour(n, 0);
  std::vector<std::vector<const factor*>> users(n);  // of each bound axis, in order
  for (const factor& f : m.factors)
    for (const label& l : f.labels) {
      if (l.is_constant() || static_cast<std::size_t>(l.axis) < free) continue;
      std::vector<const factor*>& own = users[static_cast<std::size_t>(l.axis) - free];
      if (own.empty() || own.back() != &f) own.push_back(&f);
    }
  auto signature_of = [&](std::size_t b) {
    std::vector<std::int64_t> s{static_cast<std::int64_t>(m.bound[b]), static_cast<std::int64_t>(colour[b])};
    std::vector<std::vector<std::int64_t>> uses;
    for (const factor* user : users[b]) {
      const factor& f = *user;
      std::vector<std::int64_t> u{f.node, f.power.numerator(), f.power.denominator()};
      std::vector<std::array<std::int64_t, 3>> places;
      for (const label& l : f.labels) {
        bool bound_label = !l.is_constant() && static_cast<std::size_t>(l.axis) >= free;
        bool mine = bound_label && static_cast<std::size_t>(l.axis) - free == b;
        std::int64_t what = mine ? -3
                            : bound_label
                                ? -2 - 10 * static_cast<std::int64_t>(1 + colour[static_cast<std::size_t>(l.axis) - free])
                                : l.axis;
        places.push_back({what, l.offset, l.dim});
      }
      if (places.size() == 2 && (f.node == delta_atom || is_symmetric(f.node))) std::ranges::sort(places);
      for (const auto& place : places) u.insert(u.end(), place.begin(), place.end());
      uses.push_back(std::move(u));
    }
    std::ranges::sort(uses);
    for (auto& u : uses) s.insert(s.end(), u.begin(), u.end());
    return s;
  };
  std::size_t classes = 0;
  for (std::size_t round = 0; round <= n; ++round) {
    std::map<std::vector<std::int64_t>, std::size_t> rank;
    std::vector<std::vector<std::int64_t>> signatures;
    for (std::size_t b = 0; b < n; ++b) {
      signatures.push_back(signature_of(b));
      rank.emplace(signatures.back(), 0);
    }
    std::size_t next = 0;
    for (auto& [s, r] : rank) r = next++;
    for (std::size_t b = 0; b < n; ++b) colour[b] = rank[signatures[b]];
    if (rank.size() == classes) break;
    classes = rank.size();
  }
  return colour;
}

}  // namespace

// Refines by use, then tries the orders that are left, up to a cap.
std::vector<std::size_t> canonical_order(const monomial& m, std::size_t free, const renumbering& renumbered,
                                         const std::function<bool(node_id)>& is_symmetric) {
  const std::size_t n = m.bound.size();
  const std::vector<std::size_t> colour = colours(m, free, is_symmetric);
  std::vector<std::size_t> order(n);
  for (std::size_t b = 0; b < n; ++b) order[b] = b;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::tie(colour[a], a) < std::tie(colour[b], b); });
  monomial best = renumbered(order);
  std::vector<std::size_t> found = order;
  // Axes that may change places without changing anything are twins of the first such axis.
  std::vector<std::size_t> twin(n);
  for (std::size_t b = 0; b < n; ++b) {
    twin[b] = b;
    for (std::size_t a = 0; a < b && twin[b] == b; ++a) {
      if (twin[a] != a || colour[a] != colour[b]) continue;
      std::vector<std::size_t> swapped(n);
      for (std::size_t k = 0; k < n; ++k) swapped[k] = order[k] == a ? b : order[k] == b ? a : order[k];
      if (renumbered(swapped) == best) twin[b] = a;
    }
  }
  // Permute inside classes of equal colour, of twins one.
  std::size_t tries = 0;
  auto permute = [&](auto&& self, std::size_t k) -> void {
    if (tries > 720) return;
    if (k == n) {
      ++tries;
      if (monomial r = renumbered(order); r < best) {
        best = std::move(r);
        found = order;
      }
      return;
    }
    std::vector<std::size_t> tried;
    for (std::size_t j = k; j < n && colour[order[j]] == colour[order[k]]; ++j) {
      if (std::ranges::find(tried, twin[order[j]]) != tried.end()) continue;
      tried.push_back(twin[order[j]]);
      std::swap(order[k], order[j]);
      self(self, k + 1);
      std::swap(order[k], order[j]);
    }
  };
  if (*std::ranges::max_element(colour) + 1 < n) permute(permute, 0);
  return found;
}

}  // namespace wengert
