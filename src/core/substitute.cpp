#include <wengert/core/substitute.hpp>

#include <unordered_map>

namespace wengert {

node_id substitute(tape& t, node_id root, const std::map<node_id, node_id>& by) {
  substitute(t, {&root, 1}, by);
  return root;
}

void substitute(tape& t, std::span<node_id> roots, const std::map<node_id, node_id>& by) {
  std::unordered_map<node_id, node_id> changed;
  for (node_id n : t.reachable(roots)) {
    if (auto it = by.find(n); it != by.end()) {
      changed.emplace(n, it->second);
      continue;
    }
    bool any = false;
    for (edge_view e : t.args(n)) any = any || changed.contains(e.node);
    if (!any) continue;
    std::vector<edge> args = t.args(n).copy();
    for (edge& e : args)
      if (auto it = changed.find(e.node); it != changed.end()) e.node = it->second;
    changed.emplace(n, t.make(t.op(n), t.out(n), t.bound(n), t.red(n), args, t.attribute(n)));
  }
  for (node_id& root : roots)
    if (auto it = changed.find(root); it != changed.end()) root = it->second;
}

edge seen_through(edge inner, std::span<const label> outer) {
  for (label& l : inner.labels) {
    if (l.is_constant()) continue;
    label o = outer[static_cast<std::size_t>(l.axis)];
    o.offset += l.offset;
    l = o;
  }
  return inner;
}

}  // namespace wengert
