#include "units.hpp"

#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/reverse.hpp>
#include <wengert/core/substitute.hpp>

#include "present.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_units = 40;

bool is_product_of_arrays(const tape& t, node_id n) { return t.op(n) == opcode::mul && t.bound_count(n) > 0 && t.rank(n) > 0; }

}  // namespace

std::set<node_id> units_of(problem& p, node_id f, symbol_id by) {
  tape& t = p.on();
  const std::vector<node_id> inside = t.reachable(f);
  const std::set<node_id> parts(inside.begin(), inside.end());
  std::set<node_id> units;
  auto add = [&](node_id n) {
    if (n != f && parts.contains(n) && t.op(n) >= opcode::add && t.mentions(n, by)) units.insert(n);
  };
  for (const auto& [n, how] : p.calls()) {
    if (!parts.contains(n)) continue;
    add(n);
    for (const edge& argument : how.args) add(argument.node);
  }
  for (node_id n : inside)
    if (is_product_of_arrays(t, n)) add(n);
  return units;
}

namespace {

// Whether `inner` occurs in `outer` outside of all units within it.
bool directly_contains(const tape& t, node_id outer, node_id inner, const std::set<node_id>& units) {
  std::set<node_id> seen;
  std::vector<node_id> stack{outer};
  while (!stack.empty()) {
    node_id n = stack.back();
    stack.pop_back();
    if (n == inner) return true;
    if (!seen.insert(n).second || (n != outer && units.contains(n))) continue;
    for (edge_view a : t.args(n)) stack.push_back(a.node);
  }
  return false;
}

// How nodes are called after the unit became a symbol.
std::map<node_id, call> renamed(problem& p, const std::map<node_id, node_id>& there) {
  std::map<node_id, call> names = p.calls();
  for (const auto& [n, how] : p.calls()) {
    node_id m = substitute(p.on(), n, there);
    if (m == n || p.on().op(m) < opcode::add) continue;
    call c = how;
    for (edge& argument : c.args) argument.node = substitute(p.on(), argument.node, there);
    names.try_emplace(m, std::move(c));
  }
  return names;
}

}  // namespace

node_id stand_in(tape& t, node_id n) {
  return t.symbol(fmt::format("u'{}", n), {t.out(n).begin(), t.out(n).end()});  // a name that nobody can type
}

node_id derivative_by_units(problem& p, prover& with, node_id f, symbol_id by, bool others_open) {
  tape& t = p.on();
  const std::set<node_id> units = units_of(p, f, by);
  if (units.empty() || units.size() > most_units) return derivative(t, f, by);
  std::map<node_id, node_id> symbols, back;
  for (node_id n : units) {
    symbols[n] = stand_in(t, n);
    back[symbols[n]] = n;
  }
  return derivative(t, f, by, [&](node_id n, node_id adjoint) {
    if (!units.contains(n)) return adjoint;
    std::map<node_id, node_id> there{{n, symbols[n]}};
    if (!others_open)
      for (node_id m : units)
        if (!directly_contains(t, m, n, units)) there[m] = symbols[m];
    try {
      const std::map<node_id, call> names = renamed(p, there);
      return substitute(t, presenter(p, with, names, true).rewritten(substitute(t, adjoint, there)), back);
    } catch (const too_large&) {
      return adjoint;
    }
  });
}

}  // namespace wengert
