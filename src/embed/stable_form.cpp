#include "stable_form.hpp"

#include <optional>
#include <vector>

namespace wengert {

namespace {

// The nodes of what is taken in a form that rounds better, and of that for which this is proved.
constexpr std::size_t largest_stable = 10000, largest_proved = 500;

}  // namespace

void make_stable(tape& t, std::span<node_id> nodes, shifts& out) {
  if (t.reachable(nodes).size() > largest_stable) return;
  std::vector<node_id> better;
  for (node_id n : nodes) better.push_back(stabilized(t, n, out));
  std::optional<prover> with;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (better[k] == nodes[k]) continue;
    if (t.reachable(nodes[k]).size() <= largest_proved) {
      if (!with) with.emplace(t);
      if (!with->equate(nodes[k], better[k])) continue;
    }
    nodes[k] = better[k];
  }
}

node_id stable_form(tape& t, node_id n) {
  shifts out;
  make_stable(t, {&n, 1}, out);
  out.put_back(t, {&n, 1});
  return n;
}

}  // namespace wengert
