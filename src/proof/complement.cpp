#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include <wengert/core/registry.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/proof/stable.hpp>

namespace wengert {

namespace {

bool only_reads(const tape& t, node_id n) {
  return t.op(n) == opcode::identity && t.bound_count(n) == 0 && t.red(n) == reduction::none;
}

// The edge without nodes in between that only read another one.
edge direct(const tape& t, edge e) {
  while (only_reads(t, e.node)) e = seen_through(t.arg(e.node, 0), e.labels);
  return e;
}

// f(z[1]) as f(z)[1], also of powers.
edge lifted(tape& t, const edge& e) {
  const node_id n = e.node;
  const bool power = t.op(n) == opcode::power;
  if (!power && (t.arity(n) != 1 || !find_function(t.op(n)))) return e;
  const edge u = direct(t, t.arg(n, 0));
  const std::vector<range_id> axes(t.out(u.node).begin(), t.out(u.node).end());
  const node_id closed =
      power ? t.power(axes, t.whole(u.node), t.value(n)) : t.apply(t.op(n), axes, std::array<edge, 1>{t.whole(u.node)});
  return seen_through({closed, u.labels}, e.labels);
}

struct product {
  rational coefficient = 1;
  std::vector<edge> factors;
};

void multiply(tape& t, const edge& e, product& into);

// Of exp(u) the factors v^c, where c*log(v) are terms of u, and exp of the other terms.
void multiply_exponential(tape& t, const edge& e, product& into) {
  std::vector<edge> open{direct(t, seen_through(t.arg(e.node, 0), e.labels))}, factors;
  std::vector<std::pair<edge, rational>> others;
  while (!open.empty()) {
    const edge u = open.back();
    open.pop_back();
    std::vector<edge> args = t.args(u.node).copy();
    for (edge& a : args) a = direct(t, seen_through(a, u.labels));
    const bool multiple =
        t.op(u.node) == opcode::mul && t.bound_count(u.node) == 0 && args.size() == 2 && t.is_constant(args[0].node);
    const edge v = multiple ? args[1] : u;
    const rational c = multiple ? t.value(args[0].node) : 1;
    if (t.op(u.node) == opcode::add) {
      open.insert(open.end(), args.rbegin(), args.rend());
    } else if (t.op(v.node) == opcode::log) {
      const edge w = direct(t, t.arg(v.node, 0));
      const std::vector<range_id> axes(t.out(w.node).begin(), t.out(w.node).end());
      const edge power = c == 1 ? w : edge{t.power(axes, t.whole(w.node), c), w.labels};
      factors.push_back(seen_through(power, v.labels));
    } else {
      others.emplace_back(v, c);
    }
  }
  if (factors.empty() || others.size() > 1 || (others.size() == 1 && others[0].second != 1))
    return into.factors.push_back(lifted(t, e));
  for (const edge& f : factors) multiply(t, f, into);
  if (others.empty()) return;
  const edge& z = others[0].first;
  const std::vector<range_id> axes(t.out(z.node).begin(), t.out(z.node).end());
  into.factors.push_back({t.apply(opcode::exp, axes, std::array<edge, 1>{t.whole(z.node)}), z.labels});
}

void multiply(tape& t, const edge& e, product& into) {
  const edge d = direct(t, e);
  if (t.op(d.node) == opcode::constant) {
    into.coefficient *= t.value(d.node);
  } else if (t.op(d.node) == opcode::mul && t.bound_count(d.node) == 0) {
    for (const edge& factor : t.args(d.node).copy()) multiply(t, seen_through(factor, d.labels), into);
  } else if (t.op(d.node) == opcode::exp) {
    multiply_exponential(t, d, into);
  } else {
    into.factors.push_back(lifted(t, d));
  }
}

// SUM_k coefficient * PROD factors, over one index; the factors are read over the axes of the sum.
struct total {
  edge read;
  product summand;
};

std::optional<total> as_total(tape& t, const edge& e) {
  total r{direct(t, e), {}};
  const node_id n = r.read.node;
  const bool sum = t.op(n) == opcode::mul || (t.op(n) == opcode::identity && t.red(n) == reduction::sum);
  if (!sum || t.bound_count(n) != 1) return std::nullopt;
  for (const edge& factor : t.args(n).copy()) multiply(t, factor, r.summand);
  return r;
}

// The labels of a sum's axes as they are read, with `l` for its index.
std::vector<label> reading(const total& whole, const label& l) {
  std::vector<label> r = whole.read.labels;
  r.push_back(l);
  return r;
}

std::vector<edge> factors_at(const total& whole, const label& l) {
  std::vector<edge> r;
  for (const edge& f : whole.summand.factors) r.push_back(seen_through(f, reading(whole, l)));
  return r;
}

// The index at which the sum has the summand `part`, over the axes `axes`.
std::optional<label> place_of(const tape& t, const total& whole, product part, std::span<const range_id> axes) {
  if (part.coefficient != whole.summand.coefficient || part.factors.size() != whole.summand.factors.size()) return std::nullopt;
  const auto by_node = [](const edge& a, const edge& b) { return std::tie(a.node, a.labels) < std::tie(b.node, b.labels); };
  std::ranges::sort(part.factors, by_node);
  const node_id n = whole.read.node;
  const label index = label::of_axis(t.rank(n));
  const range over = t.range_of(t.bound(n)[0]);
  for (const edge& f : whole.summand.factors) {
    const auto at = std::ranges::find(f.labels, index);
    if (at == f.labels.end()) continue;
    for (const edge& g : part.factors) {
      if (g.node != f.node) continue;
      const label l = g.labels[static_cast<std::size_t>(at - f.labels.begin())];
      range values = l.is_constant() ? range{l.value(), l.value()} : t.range_of(axes[static_cast<std::size_t>(l.axis)]);
      if (!l.is_constant()) {
        values.lo.offset += l.offset;
        values.hi.offset += l.offset;
      }
      std::vector<edge> there = factors_at(whole, l);
      std::ranges::sort(there, by_node);
      if (there == part.factors && t.surely_le(over.lo, values.lo) && t.surely_le(values.hi, over.hi)) return l;
    }
  }
  return std::nullopt;
}

// whole - (its summand at l), over `axes`.
node_id without(tape& t, const total& whole, const label& l, std::span<const range_id> axes) {
  const range_id over = t.bound(whole.read.node)[0];
  frame wide{t, {axes.begin(), axes.end()}};
  wide.axes.push_back(over);
  const label index = label::of_axis(axes.size());
  const node_id value = t.index_value(over);
  const term here(wide, edge{value, {index}}), there(wide, edge{value, {l}});
  std::vector<edge> factors = factors_at(whole, index);
  term left(wide, factors.front());  // it reads the index
  for (std::size_t k = 1; k < factors.size(); ++k) left = left * term(wide, factors[k]);
  if (whole.summand.coefficient != 1) left = term(wide, whole.summand.coefficient) * left;
  const term kept = select(comparison::eq, here, there, term(wide, 0), left);
  return t.identity(axes, kept.as_edge(), std::span(&over, 1), reduction::sum);
}

// A difference from a whole: as a sum, and, where the whole is 1, what is taken from it. Nodes over the axes of the difference.
struct difference {
  node_id sum, share;  // share: or none
};

// n as 1 - f(l)/SUM_k f(k), or SUM_k f(k) - f(l).
std::optional<difference> as_difference(tape& t, node_id n, bool dearer) {
  if (t.op(n) != opcode::add || t.arity(n) != 2) return std::nullopt;
  const std::vector<range_id> axes(t.out(n).begin(), t.out(n).end());
  for (std::size_t first : {std::size_t{0}, std::size_t{1}}) {
    const edge one = t.arg(n, first), rest = t.arg(n, 1 - first);
    product part;
    multiply(t, rest, part);
    part.coefficient *= -1;
    std::optional<total> whole = as_total(t, one);
    std::optional<edge> divisor;
    if (t.is_constant(one.node, 1)) {
      const auto f = std::ranges::find_if(part.factors,
                                          [&](const edge& e) { return t.op(e.node) == opcode::power && t.value(e.node) == -1; });
      if (f == part.factors.end()) continue;
      divisor = *f;
      whole = as_total(t, seen_through(t.arg(f->node, 0), f->labels));
      part.factors.erase(f);
    }
    if (!whole || (!dearer && axes.size() > t.rank(whole->read.node))) continue;
    const std::optional<label> l = place_of(t, *whole, part, axes);
    if (!l) continue;
    const node_id left = without(t, *whole, *l, axes);
    if (!divisor) return difference{left, none};
    frame f{t, axes};
    return difference{t.mul(axes, std::array<edge, 2>{t.whole(left), *divisor}), (-term(f, rest)).over_frame()};
  }
  return std::nullopt;
}

// A small share is taken from 1 without loss; what a great one leaves is the sum of the rest. `n` is a function of a difference d
// that it reads through `labels`: `small` of the share, and `great` of the sum.
template <typename Small, typename Great>
node_id by_size(tape& t, node_id n, const difference& d, const std::vector<label>& labels, Small small, Great great) {
  frame f{t, {t.out(n).begin(), t.out(n).end()}};
  const term share(f, {d.share, labels}), sum(f, {d.sum, labels});
  return select(comparison::lt, share, term(f, rational(1, 2)), small(share), great(sum)).over_frame();
}

// A function of a difference from 1, if n is one of those in which its digits matter.
std::optional<node_id> function_of_difference(tape& t, node_id n, bool dearer) {
  const opcode op = t.op(n);
  const bool power = op == opcode::power && !is_natural(t.value(n));
  if (op != opcode::log && op != opcode::log1p && op != opcode::xlogy && !power) return std::nullopt;
  const edge u = direct(t, t.arg(n, op == opcode::xlogy ? 1 : 0));
  const std::vector<range_id> axes(t.out(u.node).begin(), t.out(u.node).end());
  const node_id from_one =
      op == opcode::log1p ? t.add(axes, std::array<edge, 2>{edge{t.constant(1), {}}, t.whole(u.node)}) : u.node;
  const std::optional<difference> d = as_difference(t, from_one, dearer);
  if (!d || d->share == none) return std::nullopt;
  auto logarithm = [](const term& share) { return ops::log1p(-share); };
  if (power) {
    const rational c = t.value(n);
    return by_size(
        t, n, *d, u.labels, [&](const term& share) { return wengert::power(1 - share, c); },
        [&](const term& sum) { return wengert::power(sum, c); });
  }
  if (op != opcode::xlogy) return by_size(t, n, *d, u.labels, logarithm, [](const term& sum) { return ops::log(sum); });
  const edge weight = t.arg(n, 0);
  return by_size(
      t, n, *d, u.labels, [&](const term& share) { return term(share.in(), weight) * logarithm(share); },
      [&](const term& sum) { return ops::xlogy(term(sum.in(), weight), sum); });
}

}  // namespace

node_id with_complements(tape& t, node_id root, bool dearer) {
  std::map<node_id, node_id> by;
  const std::vector<node_id> all = t.reachable(root);
  std::set<node_id> seen;  // first, what is a function of a small share already
  for (node_id n : all) {
    const bool by_share = t.op(n) == opcode::select && t.comparison_of(n) == comparison::lt && t.is_constant(t.arg(n, 1).node) &&
                          t.value(t.arg(n, 1).node) == rational(1, 2);
    if (!by_share) continue;
    const node_id small = direct(t, t.arg(n, 2)).node;
    seen.insert(small);
    for (edge_view factor : t.args(small)) seen.insert(direct(t, factor).node);
  }
  // The differences among the factors of what is divided by, or the logarithm of which is taken.
  auto look_at_factors = [&](node_id of) {
    std::vector<node_id> factors{of};
    while (!factors.empty()) {
      const node_id n = factors.back();
      factors.pop_back();
      if (!seen.insert(n).second) continue;
      if (const auto found = as_difference(t, n, dearer)) by.emplace(n, found->sum);
      if (only_reads(t, n) || t.op(n) == opcode::power || (t.op(n) == opcode::mul && t.bound_count(n) == 0))
        for (edge_view e : t.args(n)) factors.push_back(e.node);
    }
  };
  for (const bool logarithms : {true, false})
    for (node_id n : all) {
      const opcode op = t.op(n);
      const bool is_logarithm = op == opcode::log || op == opcode::log1p || op == opcode::xlogy || op == opcode::pow;
      if (is_logarithm != logarithms || seen.contains(n)) continue;
      if (const auto found = function_of_difference(t, n, dearer))
        by.emplace(n, *found);
      else if (is_logarithm || (op == opcode::power && !is_natural(t.value(n))))
        look_at_factors(t.arg(n, op == opcode::xlogy ? 1 : 0).node);
    }
  if (const auto found = as_difference(t, root, dearer); found && found->share != none)
    by.emplace(root, by_size(
                         t, root, *found, tape::straight(t.rank(root)), [](const term& share) { return 1 - share; },
                         [](const term& sum) { return sum; }));
  else if (found)
    by.emplace(root, found->sum);
  return by.empty() ? root : substitute(t, root, by);
}

}  // namespace wengert
