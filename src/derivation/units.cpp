#include "units.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/core/substitute.hpp>

#include "present.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_units = 40;
constexpr std::size_t large_tree = 12, largest_opened = 400, largest_tree = 4000;  // nodes

bool is_product_of_arrays(const tape& t, node_id n) { return t.op(n) == opcode::mul && t.bound_count(n) > 0 && t.rank(n) > 0; }

// A in A*A*A, or in (A*A)*A; n itself where it is no such power.
node_id base_of_power(const tape& t, node_id n) {
  if (!is_product_of_arrays(t, n)) return n;
  node_id base = none;
  for (edge_view a : t.args(n)) {
    const node_id b = base_of_power(t, a.node);
    if (base != none && b != base) return n;
    base = b;
  }
  return base;
}

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

// Finds the units that a textbook would name.
class unit_finder {
 public:
  unit_finder(problem& p, node_id root, symbol_id by, const std::set<node_id>& opened)
      : p_(p), t_(p.on()), root_(root), by_(by), opened_(opened), parts_(t_.reachable(root)) {
    for (node_id m : parts_)
      for (edge_view a : t_.args(m)) users_[a.node].push_back(m);
  }

  std::set<node_id> found() {
    std::set<node_id> units = units_of(p_, root_, by_);
    hide_composites();
    for (node_id n : parts_) {
      bool function = t_.rank(n) > 0 && find_function(t_.op(n)) && varies(t_.arg(n, 0).node);
      if ((function || is_matrix_function(t_.op(n)) || is_shared(n)) && varies(n)) units.insert(n);
    }
    std::set<node_id> wide;
    for (node_id n : units) {
      if (n == root_ || is_within_power(n) || (hidden_.contains(n) && !is_matrix_function(t_.op(n)))) continue;
      node_id whole = n;
      for (node_id next = widened(n); next != whole; next = widened(next)) whole = next;
      if (whole != root_ && t_.rank(whole) <= 2 && !is_reading(whole) && t_.op(whole) >= opcode::add) wide.insert(whole);
    }
    return wide;
  }

 private:
  bool varies(node_id n) const { return t_.mentions(n, by_); }
  bool is_let(node_id n) const {
    auto how = p_.calls().find(n);
    return how != p_.calls().end() && how->second.is_let;
  }
  bool is_reading(node_id n) const { return t_.op(n) == opcode::identity && t_.bound_count(n) == 0; }

  // What composites are made of, down to their arguments.
  void hide_composites() {
    for (node_id n : parts_) {
      auto how = p_.calls().find(n);
      if (how == p_.calls().end() || how->second.is_let || opened_.contains(n)) continue;
      std::vector<node_id> stack{n};
      while (!stack.empty()) {
        node_id m = stack.back();
        stack.pop_back();
        bool argument = std::ranges::find(how->second.args, m, &edge::node) != how->second.args.end();
        if (m != n && (argument || p_.calls().contains(m) || !hidden_.insert(m).second)) continue;
        for (edge_view a : t_.args(m)) stack.push_back(a.node);
      }
    }
  }

  // A*A in (A*A)*A, if it has no other use.
  bool is_within_power(node_id n) {
    const node_id base = base_of_power(t_, n);
    return base != n && std::ranges::all_of(users_[n], [&](node_id m) { return m != n && base_of_power(t_, m) == base; });
  }

  // In an opened composite: what it reads twice, or broadcasts.
  bool is_shared(node_id n) {
    if (opened_.empty() || hidden_.contains(n)) return false;
    const std::vector<node_id>& users = users_[n];
    return users.size() > 1 || std::ranges::any_of(users, [&](node_id m) { return t_.rank(m) > t_.rank(n); });
  }

  // W*X in W*X + b, or in W*X/2: what is used only in a sum, or times something that does not vary, is no unit by itself.
  node_id widened(node_id n) {
    if (is_let(n) || users_[n].size() != 1) return n;
    node_id m = users_[n][0];
    if (is_reading(m)) return m;
    if (t_.rank(m) != t_.rank(n) || t_.bound_count(m) > 0 || p_.calls().contains(m)) return n;
    std::vector<edge> args = t_.args(m).copy();
    bool negated = std::ranges::any_of(args, [&](const edge& a) { return t_.is_constant(a.node, -1); });
    bool scaled =
        t_.op(m) == opcode::mul && !negated && std::ranges::count_if(args, [&](const edge& a) { return varies(a.node); }) == 1;
    return t_.op(m) == opcode::add || scaled ? m : n;
  }

  problem& p_;
  tape& t_;
  node_id root_;
  symbol_id by_;
  const std::set<node_id>& opened_;
  std::vector<node_id> parts_;
  std::map<node_id, std::vector<node_id>> users_;
  std::set<node_id> hidden_;
};

}  // namespace

std::set<node_id> textbook_units(problem& p, node_id root, symbol_id by, const std::set<node_id>& opened) {
  return unit_finder(p, root, by, opened).found();
}

node_id stand_in(tape& t, node_id n) {
  return t.symbol(fmt::format("u'{}", n), {t.out(n).begin(), t.out(n).end()});  // a name that nobody can type
}

namespace {

// Writes the adjoint of each unit, one after the other, as a sweep comes to it.
class unit_writer {
 public:
  unit_writer(problem& p, prover& with, const std::set<node_id>& units) : p_(p), with_(with), t_(p.on()), units_(units) {
    for (node_id n : units) {
      symbols_[n] = stand_in(t_, n);
      back_[symbols_[n]] = n;
    }
  }

  // What n's adjoint equals, if it can be written as a smaller tree.
  node_id written(node_id n, node_id adjoint, bool others_open, bool as_values) {
    std::map<node_id, node_id> there{{n, symbols_.at(n)}};
    if (!others_open)
      for (node_id m : closed_beside(n)) there[m] = symbols_.at(m);
    node_id best = adjoint;
    auto try_with = [&](const std::map<node_id, node_id>& held, const std::map<node_id, node_id>& values) {
      const std::map<node_id, call> names = renamed(p_, held);
      const node_id found = put_back(presenter(p_, with_, names, true).rewritten(substitute(t_, adjoint, held)), values);
      if (size(found) < size(best)) best = found;
    };
    try {
      if (size(adjoint) < largest_opened) {
        try_with(there, back_);
        if (as_values) try_with({}, {});
      }
      if (size(best) > large_tree) {  // by the adjoints of the later units alone
        std::map<node_id, node_id> with_bars = there, values = back_;
        for (const auto& [bar, symbol] : bars_) {
          with_bars.try_emplace(bar, symbol);
          values[symbol] = bar;
        }
        try_with(with_bars, values);
      }
    } catch (const too_large&) {
      // it stands as it was swept
    }
    return best;
  }

  // From now on a later adjoint may be written with this one.
  void keep(node_id bar) {
    if (t_.op(bar) >= opcode::add && !bars_.contains(bar)) bars_[bar] = stand_in(t_, bar);
  }

  // The units that are not written with n, and need not be opened in its adjoint.
  std::vector<node_id> closed_beside(node_id n) const {
    std::vector<node_id> r;
    for (node_id m : units_)
      if (m == n || !directly_contains(t_, m, n, units_)) r.push_back(m);
    return r;
  }

  std::vector<node_id> bars() const {
    std::vector<node_id> r;
    for (const auto& [bar, symbol] : bars_) r.push_back(bar);
    return r;
  }

 private:
  // What was written with symbols, with their values; the composites in it keep their names.
  node_id put_back(node_id n, const std::map<node_id, node_id>& values) {
    for (node_id m : t_.reachable(n)) {
      const auto how = p_.calls().find(m);
      if (how == p_.calls().end()) continue;
      const node_id meant = substitute(t_, m, values);
      if (meant == m) continue;
      call c = how->second;
      for (edge& argument : c.args) argument.node = substitute(t_, argument.node, values);
      p_.name(meant, c);
      p_.unname(m);
    }
    return substitute(t_, n, values);
  }

  std::size_t size(node_id n) const { return tree_size(t_, n, p_.calls(), largest_tree); }

  problem& p_;
  prover& with_;
  tape& t_;
  const std::set<node_id>& units_;
  std::map<node_id, node_id> symbols_, back_;
  std::map<node_id, node_id> bars_;  // the adjoints of the units so far, and symbols for them
};

}  // namespace

node_id derivative_by_units(problem& p, prover& with, node_id f, symbol_id by, const std::set<node_id>& units, bool others_open,
                            bool as_values) {
  if (units.empty() || units.size() > most_units) return derivative(p.on(), f, by);
  unit_writer writer(p, with, units);
  std::vector<adjoint_step> record;
  return derivative(p.on(), f, by, record, [&](node_id n, node_id adjoint) {
    if (!units.contains(n)) return adjoint;
    const node_id written = writer.written(n, adjoint, others_open, as_values);
    writer.keep(written);
    return written;
  });
}

std::optional<certified> certified_by_units(problem& p, prover& with, node_id f, symbol_id by, const std::set<node_id>& units) {
  if (units.empty() || units.size() > most_units) return std::nullopt;
  unit_writer writer(p, with, units);
  normalizer around_units = with.around({});
  auto proved_equal = [&](node_id n, node_id adjoint, node_id written) {
    std::vector<node_id> atoms = writer.closed_beside(n);
    around_units.keep_whole(atoms);
    std::optional<theorem> same = around_units.equate(adjoint, written);
    if (same) return same;
    const std::vector<node_id> bars = writer.bars();
    atoms.insert(atoms.end(), bars.begin(), bars.end());
    around_units.keep_whole(atoms);
    return around_units.equate(adjoint, written);
  };
  std::vector<adjoint_step> record;
  std::unordered_map<node_id, theorem> rewritten;
  const node_id result = derivative(p.on(), f, by, record, [&](node_id n, node_id adjoint) {
    if (!units.contains(n)) return adjoint;
    node_id written = writer.written(n, adjoint, false, false);
    if (written != adjoint) {
      if (auto same = proved_equal(n, adjoint, written))
        rewritten.emplace(n, *same);
      else
        written = adjoint;
    }
    writer.keep(written);
    return written;
  });
  with.known().allow_as_much_again();
  auto proved = with.certify_sweep(f, by, result, record, rewritten);
  if (!proved) return std::nullopt;
  return certified{result, *proved};
}

}  // namespace wengert
