#include "guards.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/substitute.hpp>

namespace wengert {

namespace {

// Whether the sign of a number is another.
bool is_false(const tape& t, relation is, node_id n) {
  while (t.op(n) == opcode::identity && t.bound_count(n) == 0) n = t.arg(n, 0).node;
  if (!t.is_constant(n)) return false;
  const rational& value = t.value(n);
  switch (is) {
    case relation::positive: return value <= 0;
    case relation::nonnegative: return value < 0;
    case relation::nonzero: return value == 0;
    case relation::not_integer: return is_integer(value);
    default: return false;
  }
}

// The labels at which axes p < q read the same index.
std::vector<label> on_diagonal(std::size_t rank, std::size_t p, std::size_t q) {
  std::vector<label> r;
  for (std::size_t k = 0; k < rank; ++k) r.push_back(label::of_axis(k == q ? p : k > q ? k - 1 : k));
  return r;
}

// What `at` says for some two axes of n that have the same range.
template <typename At> auto at_some_diagonal(const tape& t, node_id n, At at) -> decltype(at(0, 0)) {
  for (std::size_t p = 0; p < t.rank(n); ++p)
    for (std::size_t q = p + 1; q < t.rank(n); ++q)
      if (t.out(n)[p] == t.out(n)[q])
        if (auto r = at(p, q)) return r;
  return {};
}

class guarding {
 public:
  guarding(prover& with) : with_(with), kernel_(with.using_kernel()), t_(kernel_.on()) {}

  // f with each node in it rewritten, arguments first; `rewrite` is given the node as it was and as it is now.
  template <typename Rewrite> normal of(node_id f, Rewrite rewrite) {
    for (node_id n : t_.reachable(f)) {
      theorem t = with_new_arguments(n);
      if (auto g = rewrite(n, t.says().right)) t = kernel_.transitive(t, *g);
      if (t.says().right != n) changed_.insert_or_assign(n, t);
    }
    auto it = changed_.find(f);
    return it == changed_.end() ? normal{f, kernel_.reflexive(f)} : normal{it->second.says().right, it->second};
  }

  std::optional<theorem> decided(node_id n) {
    return t_.op(n) == opcode::select ? std::optional(kernel_.decided(n)) : std::nullopt;
  }

  // A choice = the same with guards, if deciding them leads back to it.
  std::optional<theorem> guarded_choice(node_id choice) {
    if (t_.op(choice) != opcode::select) return std::nullopt;
    std::vector<edge> args = t_.args(choice).copy();
    for (bool taken : {true, false}) args[taken ? 2 : 3] = guarded_branch(choice, args[taken ? 2 : 3], taken);
    const std::vector<range_id> out(t_.out(choice).begin(), t_.out(choice).end());
    node_id guarded = t_.select(out, t_.comparison_of(choice), args[0], args[1], args[2], args[3]);
    if (guarded == choice) return std::nullopt;
    theorem back = kernel_.decided(guarded);
    if (back.says().right != choice) return std::nullopt;
    return kernel_.symmetric(back);
  }

  // Whether one of the conditions of n is about one of these nodes.
  bool needs(node_id n, const std::set<node_id>& about) {
    frame f = frame_of(t_, n);
    return std::ranges::any_of(conditions_of(n, f),
                               [&](const condition& c) { return about.contains(kernel_.condition_node(c)); });
  }

  // n = the same with a guard where two indices are equal, if it has a number there and no derivative: abs(x[i] - x[j]) is
  // if(i = j, 0, abs(if(i = j, 1, x[i] - x[j]))).
  std::optional<theorem> guarded_diagonal(node_id n) {
    if (t_.arity(n) == 0 || t_.bound_count(n) > 0) return std::nullopt;
    return at_some_diagonal(t_, n, [&](std::size_t p, std::size_t q) { return guarded_diagonal(n, p, q); });
  }

 private:
  std::optional<theorem> guarded_diagonal(node_id n, std::size_t p, std::size_t q) {
    const std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
    std::vector<range_id> left = out;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(q));
    std::vector<edge> args = t_.args(n).copy(), there = args;
    for (edge& e : there) e = seen_through(e, on_diagonal(out.size(), p, q));
    const node_id diagonal = t_.make(t_.op(n), left, {}, t_.red(n), there, t_.attribute(n));
    frame f = frame_of(t_, diagonal);
    auto refuted = [&](const condition& c) { return is_false(t_, c.is, with_.full().of(kernel_.condition_node(c)).node); };
    if (std::ranges::any_of(defined_conditions(diagonal, f), refuted) ||
        std::ranges::none_of(kink_conditions(diagonal, f, std::vector<bool>(args.size(), true)), refuted))
      return std::nullopt;
    std::vector<label> labels;
    for (std::size_t k = 0; k < out.size(); ++k)
      if (k != q) labels.push_back(label::of_axis(k));
    const edge i{t_.index_value(out[p]), {label::of_axis(p)}}, j{t_.index_value(out[q]), {label::of_axis(q)}};
    auto choice = [&](const edge& equal, const edge& other) { return t_.select(out, comparison::eq, i, j, equal, other); };
    const std::size_t guards = std::min<std::size_t>(args.size(), 2);
    const rational first = harmless(n);
    for (std::size_t k = 0; k < guards; ++k) args[k] = t_.whole(choice({t_.constant(k == 0 ? first : 0), {}}, args[k]));
    const node_id inside = t_.make(t_.op(n), out, {}, t_.red(n), args, t_.attribute(n));
    const edge value{with_.full().of(diagonal).node, labels};
    const theorem decided = kernel_.decided(choice(value, t_.whole(inside)));
    const auto same = with_.equate(n, decided.says().right);
    return same ? std::optional(kernel_.transitive(*same, kernel_.symmetric(decided))) : std::nullopt;
  }

  theorem with_new_arguments(node_id n) {
    std::vector<std::optional<theorem>> premises;
    bool changes = false;
    for (edge_view e : t_.args(n)) {
      auto it = changed_.find(e.node);
      premises.emplace_back(it == changed_.end() ? std::nullopt : std::optional(it->second));
      changes = changes || premises.back();
    }
    return changes ? kernel_.congruence(n, premises) : kernel_.reflexive(n);
  }

  // The branch, in which each operation that may be undefined reads its first argument through the choice.
  edge guarded_branch(node_id choice, const edge& branch, bool taken) {
    const std::vector<range_id> out(t_.out(choice).begin(), t_.out(choice).end());
    const edge p = t_.arg(choice, 0), q = t_.arg(choice, 1);
    auto reads_all = [&](const edge& e) {
      return std::ranges::equal(t_.out(e.node), out) && e.labels == tape::straight(out.size());
    };
    if (!reads_all(branch)) return branch;
    std::map<node_id, node_id> now;
    for (node_id m : t_.reachable(branch.node)) {
      if (!std::ranges::equal(t_.out(m), out)) continue;
      std::vector<edge> args = t_.args(m).copy();
      for (edge& e : args)
        if (auto it = now.find(e.node); it != now.end() && reads_all(e)) e.node = it->second;
      auto guard = [&](edge& e, const rational& number) { e = t_.whole(guarded(e, choice, taken, number)); };
      if (may_be_undefined(m)) {
        if (!compares(m)) {
          if (reads_all(args[0])) guard(args[0], harmless(m));
        } else if (t_.op(p.node) == opcode::index_value) {  // what it compares must differ elsewhere
          guard(args[0], 1);
          guard(args[1], 0);
        }
      }
      if (args == t_.args(m).copy()) continue;
      now[m] = t_.make(t_.op(m), t_.out(m), t_.bound(m), t_.red(m), args, t_.attribute(m));
    }
    auto it = now.find(branch.node);
    return it == now.end() ? branch : t_.whole(it->second);
  }

  // The number e where the choice takes the branch, another elsewhere. Within guards that e has already, so that e, of which its
  // sign may be known, stands in the innermost.
  node_id guarded(const edge& e, node_id choice, bool taken, const rational& number) {
    const std::vector<range_id> out(t_.out(choice).begin(), t_.out(choice).end());
    node_id of = choice;
    std::vector<edge> args = t_.args(choice).copy();
    if (auto outer = guards_.find(e.node); outer != guards_.end() && std::ranges::equal(t_.out(e.node), out)) {
      of = e.node;
      args = t_.args(of).copy();
      edge& inner = args[outer->second ? 2 : 3];
      inner = t_.whole(guarded(inner, choice, taken, number));
      taken = outer->second;
    } else {
      args[taken ? 2 : 3] = e;
      args[taken ? 3 : 2] = {t_.constant(number), {}};
    }
    const node_id r = t_.select(out, t_.comparison_of(of), args[0], args[1], args[2], args[3]);
    guards_.emplace(r, taken);
    return r;
  }

  conditions conditions_of(node_id n, frame& f) {
    conditions all = defined_conditions(n, f);
    for (condition& c : kink_conditions(n, f, std::vector<bool>(t_.arity(n), true))) all.push_back(std::move(c));
    return all;
  }

  bool may_be_undefined(node_id n) {
    frame f = frame_of(t_, n);
    auto is_open = [&](const condition& c) { return !with_.full().establish(c.is, kernel_.condition_node(c)); };
    return t_.arity(n) > 0 && std::ranges::any_of(conditions_of(n, f), is_open);
  }
  // A number at which the function has a derivative.
  rational harmless(node_id n) {
    for (const rational& number : {rational(1), rational(1, 2), rational(2)}) {
      if (t_.arity(n) != 1 || t_.op(n) == opcode::unknown) break;
      const edge x{t_.constant(number), {}};
      const node_id there = t_.make(t_.op(n), {}, {}, t_.red(n), std::span(&x, 1), t_.attribute(n));
      frame f = frame_of(t_, there);
      auto fails = [&](const condition& c) { return is_false(t_, c.is, with_.full().of(kernel_.condition_node(c)).node); };
      if (std::ranges::none_of(conditions_of(there, f), fails)) return number;
    }
    return 1;
  }

  bool compares(node_id n) const { return t_.op(n) == opcode::select || t_.op(n) == opcode::max || t_.op(n) == opcode::min; }

  prover& with_;
  kernel& kernel_;
  tape& t_;
  std::map<node_id, theorem> changed_;
  std::map<node_id, bool> guards_;  // choices that were made by `guarded`: whether what they guard is taken
};

constexpr std::size_t most_nodes = 400;  // of a function whose full normal form is looked at

// How many conditions are asked for where g is differentiated in place of f.
std::size_t count_missing(prover& with, node_id f, node_id g, symbol_id by) {
  std::vector<requirement> all = requirements(with.using_kernel().on(), g, by);
  if (g != f)
    for (const requirement& r : defined_near(with, f, by)) all.push_back(r);
  std::set<std::pair<relation, node_id>> different;
  for (const requirement& r : with.missing(all)) different.emplace(r.is, with.full().of(r.node).node);
  return different.size();
}

// The composites in f that are differentiable everywhere.
std::vector<node_id> smooth_composites(problem& p, prover& with, node_id f, symbol_id by) {
  tape& t = p.on();
  std::vector<node_id> r;
  for (node_id n : t.reachable(f)) {
    auto how = p.calls().find(n);
    if (n == f || how == p.calls().end() || how->second.is_let || !t.mentions(n, by)) continue;
    if (with.missing(requirements(t, n, by)).empty()) r.push_back(n);
  }
  return r;
}

// f, where weights of logarithms that do not move are taken out of their arguments: xlogy(p, p/q) is xlogy(p, p) - xlogy(p, q).
// It asks for p >= 0, as f does. Not where something is differentiated by the weights too: p >= 0 does not hold near p = 0.
normal with_weights_apart(problem& p, prover& with, node_id f, symbol_id by) {
  kernel& k = with.using_kernel();
  tape& t = k.on();
  std::set<symbol_id> moving{by};
  for (const expression& e : p.expressions())
    for (const derivative_site& s : e.sites) moving.insert(s.variable);
  std::vector<requirement> asked;
  auto is_fixed_weight = [&](node_id n) {
    if (t.op(n) != opcode::xlogy || !t.mentions(t.arg(n, 1).node, by)) return false;
    const node_id weight = t.arg(n, 0).node;
    return std::ranges::none_of(moving, [&](symbol_id s) { return t.mentions(weight, s); });
  };
  for (node_id n : t.reachable(f)) {
    if (!is_fixed_weight(n)) continue;
    frame axes = frame_of(t, n);
    for (const condition& c : defined_conditions(n, axes)) asked.push_back({c.is, k.condition_node(c), false, true});
  }
  if (asked.empty()) return {f, k.reflexive(f)};
  with.assume_ahead(asked);
  return guarding(with).of(f,
                           [&](node_id, node_id n) { return is_fixed_weight(n) ? with.light().weight_apart(n) : std::nullopt; });
}

}  // namespace

without_symmetry::without_symmetry(tape& t) : t_(t) {
  for (symbol_id s = 0; s < t.symbol_count(); ++s) remove(s);
}

without_symmetry::without_symmetry(tape& t, symbol_id only) : t_(t) { remove(only); }

without_symmetry::~without_symmetry() {
  for (symbol_id s : symmetric_) t_.symbol(s).symmetric = true;
}

void without_symmetry::remove(symbol_id s) {
  if (std::exchange(t_.symbol(s).symmetric, false)) symmetric_.push_back(s);
}

moving_variable::~moving_variable() {
  if (!changes_something()) return;
  with_.light().forget();
  with_.full().forget();
}

normal smoothest(problem& p, prover& with, node_id f, symbol_id by) {
  kernel& k = with.using_kernel();
  tape& t = k.on();
  const moving_variable moving(with, by);
  normal best{f, k.reflexive(f)};
  std::size_t least = count_missing(with, f, f, by);
  auto consider = [&](const normal& n) {
    bool near = std::ranges::all_of(n.equal.hypotheses(), [&](hypothesis_id h) { return k.holds_near(h, by); });
    if (n.node == best.node || !near) return;
    std::size_t count = count_missing(with, f, n.node, by);
    if (count >= least) return;
    least = count;
    best = n;
  };
  if (t.symbol(by).integer_valued) return best;  // what is equal for whole numbers may have another derivative
  if (least > 0)
    if (const std::vector<node_id> whole = smooth_composites(p, with, f, by); !whole.empty())
      consider(with.around(whole, normalizer::form::light).of(f));
  if (least > 0) consider(with.light().of(f));
  if (least > 0 && t.reachable(f).size() <= most_nodes) consider(with.full().of(f));
  auto then = [&](const normal& next) {
    if (next.node != best.node) best = {next.node, k.transitive(best.equal, next.equal)};
  };
  then(with_weights_apart(p, with, best.node, by));
  then(with_guards(with, best.node));
  if (least > 0) then(with_diagonals_apart(with, best.node, by));
  with.light().forget();  // more will be known
  with.full().forget();
  return best;
}

bool fails_on_diagonal(prover& with, const requirement& r) {
  tape& t = with.using_kernel().on();
  return at_some_diagonal(t, r.node, [&](std::size_t p, std::size_t q) {
    std::vector<range_id> out(t.out(r.node).begin(), t.out(r.node).end());
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(q));
    const node_id there = t.identity(out, {r.node, on_diagonal(t.rank(r.node), p, q)});
    return is_false(t, r.is, with.full().of(there).node);
  });
}

std::vector<requirement> defined_near(prover& with, node_id f, symbol_id by) {
  kernel& k = with.using_kernel();
  tape& t = k.on();
  std::vector<requirement> all = requirements(t, expression{f, {}, {}, {}});
  for (requirement& r : all) {
    auto known = with.full().establish(r.is, r.node);
    bool near = known && std::ranges::all_of(known->hypotheses(), [&](hypothesis_id h) { return k.holds_near(h, by); });
    if (near || !t.mentions(r.node, by)) continue;
    if (r.is == relation::nonnegative) r.is = relation::positive;
    if (t.op(r.node) != opcode::pow || r.is != relation::real_power) continue;
    frame axes = frame_of(t, r.node);
    r = {relation::positive, k.condition_node(ops::positive(term(axes, t.arg(r.node, 0)))), false, false};
  }
  return all;
}

std::vector<requirement> holding_near(prover& with, std::vector<requirement> all, symbol_id by) {
  const tape& t = with.using_kernel().on();
  for (requirement& r : all)
    if (r.is == relation::nonnegative && t.mentions(r.node, by) && !with.full().establish(r.is, r.node))
      r.is = relation::positive;
  return all;
}

normal with_diagonals_apart(prover& with, node_id f, symbol_id by) {
  std::set<node_id> never;
  for (const requirement& r : with.missing(requirements(with.using_kernel().on(), f, by)))
    if (fails_on_diagonal(with, r)) never.insert(r.node);
  guarding g(with);
  return g.of(f, [&](node_id was, node_id n) { return g.needs(was, never) ? g.guarded_diagonal(n) : std::nullopt; });
}

normal with_guards(prover& with, node_id f) {
  guarding g(with);
  return g.of(f, [&](node_id, node_id n) { return g.guarded_choice(n); });
}

normal with_choices_decided(prover& with, node_id f) {
  guarding g(with);
  return g.of(f, [&](node_id, node_id n) { return g.decided(n); });
}

}  // namespace wengert
