#include "products.hpp"

#include <utility>

#include <wengert/core/substitute.hpp>

namespace wengert::sweeping {

bool is_zero_select(const tape& t, node_id n) { return t.op(n) == opcode::select && t.is_constant(t.arg(n, 3).node, 0); }

node_id product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, std::vector<edge> factors) {
  std::erase_if(factors, [&](const edge& e) { return t.is_constant(e.node, 1); });
  if (factors.empty()) factors.push_back({t.constant(1), {}});
  if (factors.size() == 1) return t.identity(out, factors.front(), bound, reduction::sum);
  return t.mul(out, factors, bound);
}

node_id guarded_product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, edge carried,
                        std::vector<edge> factors) {
  if (!is_zero_select(t, carried.node))
    for (edge& e : factors)
      if (is_zero_select(t, e.node)) std::swap(e, carried);
  if (!is_zero_select(t, carried.node) || factors.empty()) {
    factors.insert(factors.begin(), std::move(carried));
    return product(t, out, bound, std::move(factors));
  }
  std::vector<edge> parts = t.args(carried.node).copy();
  for (edge& p : parts) p = seen_through(p, carried.labels);
  comparison c = t.comparison_of(carried.node);
  std::vector<range_id> all = out;
  all.insert(all.end(), bound.begin(), bound.end());
  node_id taken = guarded_product(t, all, {}, parts[2], std::move(factors));
  node_id guarded = t.select(all, c, parts[0], parts[1], t.whole(taken), parts[3]);
  return t.identity(out, t.whole(guarded), bound, reduction::sum);
}

node_id total(tape& t, const std::vector<range_id>& out, const std::vector<node_id>& parts) {
  if (parts.size() == 1) return parts.front();
  std::vector<edge> edges;
  edges.reserve(parts.size());
  for (node_id p : parts) edges.push_back(t.whole(p));
  return t.add(out, edges);
}

node_id identity_array(tape& t, const std::vector<range_id>& axes) {
  std::vector<range_id> out = axes;
  out.insert(out.end(), axes.begin(), axes.end());
  std::vector<edge> deltas;
  for (std::size_t q = 0; q < axes.size(); ++q)
    deltas.push_back({t.delta(axes[q], axes[q]), {label::of_axis(q), label::of_axis(axes.size() + q)}});
  return product(t, out, {}, std::move(deltas));
}

std::vector<bool> needed_by(const tape& t, node_id root) {
  std::vector<bool> r(std::size_t{root} + 1, false);
  r[root] = true;
  for (node_id n = root + 1; n-- > 0;)
    if (r[n])
      for (edge_view e : t.args(n)) r[e.node] = true;
  return r;
}

}  // namespace wengert::sweeping
