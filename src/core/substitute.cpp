#include <wengert/core/substitute.hpp>

#include <unordered_map>

namespace wengert {

node_id substitute(tape& t, node_id root, const std::map<node_id, node_id>& by) {
  std::unordered_map<node_id, node_id> changed;
  for (node_id n : t.reachable(root)) {
    if (auto it = by.find(n); it != by.end()) {
      changed.emplace(n, it->second);
      continue;
    }
    bool any = false;
    std::vector<edge> args = t.args(n).copy();
    for (edge& e : args)
      if (auto it = changed.find(e.node); it != changed.end()) {
        e.node = it->second;
        any = true;
      }
    if (any) changed.emplace(n, t.make(t.op(n), t.out(n), t.bound(n), t.red(n), args, t.attribute(n)));
  }
  auto it = changed.find(root);
  return it == changed.end() ? root : it->second;
}

}  // namespace wengert
