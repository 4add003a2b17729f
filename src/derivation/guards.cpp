#include "guards.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <wengert/calculus/partials.hpp>

namespace wengert {

namespace {

class guarding {
 public:
  guarding(prover& with) : with_(with), kernel_(with.using_kernel()), t_(kernel_.on()) {}

  // f with each choice in it rewritten, arguments first.
  normal of(node_id f, std::optional<theorem> (guarding::*rewrite)(node_id)) {
    for (node_id n : t_.reachable(f)) {
      theorem t = with_new_arguments(n);
      if (t_.op(t.says().right) == opcode::select)
        if (auto g = (this->*rewrite)(t.says().right)) t = kernel_.transitive(t, *g);
      if (t.says().right != n) changed_.insert_or_assign(n, t);
    }
    auto it = changed_.find(f);
    return it == changed_.end() ? normal{f, kernel_.reflexive(f)} : normal{it->second.says().right, it->second};
  }

  std::optional<theorem> decided(node_id choice) { return kernel_.decided(choice); }

  // choice = the same with guards, if deciding them leads back to it.
  std::optional<theorem> guarded_choice(node_id choice) {
    std::vector<edge> args = t_.args(choice).copy();
    for (bool taken : {true, false}) args[taken ? 2 : 3] = guarded_branch(choice, args[taken ? 2 : 3], taken);
    const std::vector<range_id> out(t_.out(choice).begin(), t_.out(choice).end());
    node_id guarded = t_.select(out, t_.comparison_of(choice), args[0], args[1], args[2], args[3]);
    if (guarded == choice) return std::nullopt;
    theorem back = kernel_.decided(guarded);
    if (back.says().right != choice) return std::nullopt;
    return kernel_.symmetric(back);
  }

 private:
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
    const edge p = t_.arg(choice, 0), q = t_.arg(choice, 1), one{t_.constant(1), {}};
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
      if (!args.empty() && reads_all(args[0]) && may_be_undefined(m))
        args[0] = t_.whole(taken ? t_.select(out, t_.comparison_of(choice), p, q, args[0], one)
                                 : t_.select(out, t_.comparison_of(choice), p, q, one, args[0]));
      if (args == t_.args(m).copy()) continue;
      now[m] = t_.make(t_.op(m), t_.out(m), t_.bound(m), t_.red(m), args, t_.attribute(m));
    }
    auto it = now.find(branch.node);
    return it == now.end() ? branch : t_.whole(it->second);
  }

  bool may_be_undefined(node_id n) {
    frame f = frame_of(t_, n);
    conditions all = defined_conditions(t_, n, f);
    for (condition& c : kink_conditions(n, f, std::vector<bool>(t_.arity(n), true))) all.push_back(std::move(c));
    bool moves = t_.op(n) != opcode::select;
    return moves &&
           std::ranges::any_of(all, [&](const condition& c) { return !with_.full().establish(c.is, kernel_.condition_node(c)); });
  }

  prover& with_;
  kernel& kernel_;
  tape& t_;
  std::map<node_id, theorem> changed_;
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

}  // namespace

moving_variable::moving_variable(prover& with, symbol_id variable)
    : with_(with), variable_(variable), symmetric_(std::exchange(with.using_kernel().on().symbol(variable).symmetric, false)) {}

moving_variable::~moving_variable() {
  if (!symmetric_) return;
  with_.using_kernel().on().symbol(variable_).symmetric = true;
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
  if (const normal guarded = with_guards(with, best.node); guarded.node != best.node)
    best = {guarded.node, k.transitive(best.equal, guarded.equal)};
  with.light().forget();  // more will be known
  with.full().forget();
  return best;
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

normal with_guards(prover& with, node_id f) { return guarding(with).of(f, &guarding::guarded_choice); }

normal with_choices_decided(prover& with, node_id f) { return guarding(with).of(f, &guarding::decided); }

}  // namespace wengert
