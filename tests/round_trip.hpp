// Whether a text that was printed has the value of the node that it was printed from.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/text/printer.hpp>

namespace wengert {

inline bool close(long double a, long double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= 1e-9L * std::max({1.0L, std::abs(a), std::abs(b)});
}

// The index values of a node's axes: first value and number of them.
struct axis_values {
  std::int64_t lo;
  std::size_t count;
};

inline std::vector<axis_values> axes_of(const tape& t, evaluator<long double>& e, node_id n) {
  std::vector<axis_values> r;
  std::vector<std::size_t> shape = e.shape(n);
  for (std::size_t a = 0; a < shape.size(); ++a) {
    affine lo = t.range_of(t.out(n)[a]).lo;
    r.push_back({lo.offset + (lo.dim == none ? 0 : *e.dim_size(lo.dim)), shape[a]});
  }
  return r;
}

// Whether the two agree at every index that both have. The axes of `parsed` are matched by letter; letters that it lacks do not
// matter.
inline bool same_values(const tape& t, evaluator<long double> e, node_id original, const printed& p, const expression& parsed) {
  std::vector<node_id> both{original, parsed.node};
  e.evaluate(both);
  std::vector<axis_values> axes = axes_of(t, e, original), other = axes_of(t, e, parsed.node);
  std::span<const long double> left = e.values(original), right = e.values(parsed.node);
  std::vector<std::size_t> from;  // for each axis of `parsed`, the axis of the original
  for (std::size_t a = 0; a < other.size(); ++a) {
    auto it = a < parsed.letters.size() ? std::ranges::find(p.letters, parsed.letters[a]) : p.letters.end();
    from.push_back(it == p.letters.end() ? a : static_cast<std::size_t>(it - p.letters.begin()));
    if (from.back() >= axes.size()) return false;
  }
  std::vector<std::size_t> index(axes.size(), 0);
  for (long double value : left) {
    std::size_t where = 0;
    bool inside = true;
    for (std::size_t a = 0; a < from.size(); ++a) {
      std::int64_t at = axes[from[a]].lo + static_cast<std::int64_t>(index[from[a]]) - other[a].lo;
      inside = inside && at >= 0 && at < static_cast<std::int64_t>(other[a].count);
      where = where * other[a].count + static_cast<std::size_t>(at);
    }
    if (inside && !close(value, right[where])) return false;
    for (std::size_t a = axes.size(); a-- > 0;) {
      if (++index[a] < axes[a].count) break;
      index[a] = 0;
    }
  }
  return true;
}

}  // namespace wengert
