// The normal form, factored: common factors of sums, and roots and powers of what has them.
#include <wengert/proof/normal_form.hpp>

#include <algorithm>
#include <array>

#include "exponents.hpp"

namespace wengert {

namespace {

bool free_labels(const factor& f, std::size_t free) {
  return std::ranges::all_of(f.labels,
                             [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < free; });
}

// What n repeats over axes on which it does not depend, or n.
node_id without_repeats(const tape& t, node_id n) {
  while (t.op(n) == opcode::identity && t.bound_count(n) == 0) n = t.arg(n, 0).node;
  return n;
}

}  // namespace

std::optional<normalizer::factored> normalizer::factor_out(node_id n) {
  recording_signs signs(facts_);
  expander x = make_expander(signs, opaque_);
  polynomial p = x.of(n);
  if (p.is_zero()) return std::nullopt;
  std::size_t free = p.axes.size();
  factored r{1, {}, none, kernel_.reflexive(n)};
  auto append = [&](factor f) {
    auto it = std::ranges::find_if(r.factors, [&](const factor& g) { return g.node == f.node && g.labels == f.labels; });
    if (it == r.factors.end())
      r.factors.push_back(std::move(f));
    else
      it->power += f.power;
  };
  // Denominators that are sums.
  for (int round = 0; round < 16; ++round) {
    std::optional<factor> least;
    for (const auto& [m, c] : p.terms)
      for (const factor& f : m.factors) {
        if (f.power >= 0 || !whole(f.power) || !is_node(f.node) || !free_labels(f, free)) continue;
        opcode o = tape_.op(f.node);
        if (o != opcode::add && o != opcode::mul && o != opcode::identity) continue;
        if (!facts_.known(relation::nonzero, f.node)) continue;
        if (!least || (f.node == least->node && f.labels == least->labels && f.power < least->power)) least = f;
      }
    if (!least || p.terms.size() < 2) break;
    append(*least);
    p = x.times_power(p, {least->node, least->labels, -least->power});
  }
  // What all terms share; a sum over bound axes keeps what depends on them.
  if (p.is_zero()) return std::nullopt;  // the denominators cancelled it
  while (p.terms.size() > 1 || !p.terms.begin()->first.bound.empty()) {
    std::optional<factor> shared;
    for (const factor& f : p.terms.begin()->first.factors) {
      if (!is_node(f.node) || !free_labels(f, free)) continue;
      exponent least = f.power;
      bool everywhere = true;
      for (const auto& [m, c] : p.terms) {
        auto it = std::ranges::find_if(m.factors, [&](const factor& g) { return g.node == f.node && g.labels == f.labels; });
        everywhere = everywhere && it != m.factors.end();
        if (it != m.factors.end()) least = std::min(least, it->power);
      }
      if (!everywhere) least = std::min(least, exponent(0));
      if (least == 0) continue;
      bool may = least > 0 ? true : facts_.known(relation::nonzero, f.node);
      if (!whole(least)) may = facts_.known(relation::positive, f.node);
      if (may) shared = factor{f.node, f.labels, least};
      if (shared) break;
    }
    if (!shared) {  // a negative power that only some later term carries
      for (const auto& [m, c] : p.terms)
        for (const factor& f : m.factors)
          if (!shared && f.power < 0 && is_node(f.node) && free_labels(f, free) &&
              facts_.known(whole(f.power) ? relation::nonzero : relation::positive, f.node))
            shared = f;
    }
    if (!shared) break;
    append(*shared);
    polynomial q = x.zero(p.axes);
    for (const auto& [m, c] : p.terms) {
      monomial y = m;
      auto it =
          std::ranges::find_if(y.factors, [&](const factor& g) { return g.node == shared->node && g.labels == shared->labels; });
      if (it == y.factors.end())
        y.factors.push_back({shared->node, shared->labels, -shared->power});
      else if ((it->power -= shared->power) == 0)
        y.factors.erase(it);
      x.push(q, std::move(y), c);
    }
    p = std::move(q);
    if (p.is_zero()) return std::nullopt;
  }
  if (p.terms.size() == 1 && p.terms.begin()->first.bound.empty()) {
    const auto& [m, c] = *p.terms.begin();
    r.coefficient = c;
    for (const factor& f : m.factors) append(f);
  } else {
    r.coefficient = p.terms.begin()->second;
    for (auto& [m, c] : p.terms) c /= r.coefficient;
    r.sum = to_node(tape_, p);
  }
  std::erase_if(r.factors, [](const factor& f) { return f.power == 0; });
  node_id written = write(r, p.axes);
  if (written == n) return r;
  auto t = ring(n, written);
  if (!t) return std::nullopt;
  r.equal = *t;
  return r;
}

// coefficient * PROD factors * sum, as a product of atoms.
node_id normalizer::write(const factored& r, std::span<const range_id> axes) {
  std::vector<edge> args;
  monomial none_bound;
  if (r.coefficient != 1) args.push_back({tape_.constant(r.coefficient), {}});
  for (const factor& f : r.factors) args.push_back(to_edge(tape_, f, none_bound, axes));
  if (r.sum != none) args.push_back(tape_.whole(r.sum));
  if (args.empty()) args.push_back({tape_.constant(1), {}});
  return args.size() == 1 ? tape_.identity(axes, args[0]) : tape_.mul(axes, args);
}

// (c * PROD f * sum)^e for a base that is a sum: take the common factors out of it.
theorem normalizer::root_of_sum(node_id n) {
  theorem same = kernel_.reflexive(n);
  const rational e = tape_.value(n);
  edge base = tape_.arg(n, 0);
  if (is_integer(e) && e > 0) return same;
  polynomial p = expand(base.node);
  if (p.terms.size() == 1 && p.terms.begin()->first.bound.empty()) {
    // (x^2k*y^2)^e = |x^k*y|^2e
    const auto& [m, c] = *p.terms.begin();
    auto even = [](const factor& g) { return is_node(g.node) && whole(g.power) && g.power.numerator() % 2 == 0; };
    auto settled = [&](const factor& g) { return facts_.known(relation::nonnegative, g.node); };
    if (is_integer(e) || c <= 0 || m.factors.empty() || !std::ranges::all_of(m.factors, even)) return same;
    if (std::ranges::all_of(m.factors, settled)) return same;
    frame f{tape_, {tape_.out(base.node).begin(), tape_.out(base.node).end()}};
    if (c != 1) return root_of_multiple(n, m, c);
    term x(f, edge{m.factors[0].node, m.factors[0].labels});
    if (m.factors.size() > 1 || m.factors[0].power != 2) {
      monomial half = m;
      for (factor& g : half.factors) g.power = exponent(g.power.numerator() / 2);
      x = term(f, tape_.whole(to_node(tape_, half, 1, p.axes)));
      auto t = try_rule("even-root", f, x, x, e);
      auto reshape = t ? ring(base.node, tape_.arg(t->says().left, 0).node) : std::nullopt;
      if (!reshape) return same;
      theorem inside = with_argument(n, 0, *reshape);
      return inside.says().right == t->says().left ? then_normalize(chain(inside, *t)) : same;
    }
    auto t = try_rule("even-root", f, x, x, e);
    if (!t) return same;
    if (base.labels != tape::straight(base.labels.size())) {
      node_id lifted = tape_.identity(tape_.out(n), {t->says().left, base.labels});
      node_id target = tape_.identity(tape_.out(n), {t->says().right, base.labels});
      auto a = ring(n, lifted);
      auto b = ring(lifted, target, {*t});
      return a && b ? then_normalize(chain(*a, *b)) : same;
    }
    auto a = ring(n, t->says().left);
    return a ? then_normalize(chain(*a, *t)) : same;
  }
  auto f = factor_out(base.node);
  if (!f) return same;
  bool trivial = f->factors.empty() && f->coefficient == 1;
  if (trivial || (f->sum == none && f->factors.empty())) return same;
  if (!is_integer(e) && f->coefficient < 0) return same;
  for (relation is : {relation::positive, relation::nonzero})  // what is known of the base is known of its factors
    if (auto t = facts_.find(is, base.node)) facts_.add(kernel_.transfer(f->equal, *t));
  theorem inside = with_argument(n, 0, f->equal);
  node_id m = inside.says().right;
  std::vector<node_id> opaque;
  if (f->sum != none) opaque.push_back(without_repeats(tape_, f->sum));
  recording_signs signs(facts_);
  expander x = make_expander(signs, opaque);
  node_id result = to_node(tape_, x.of(m));
  auto t = ring(m, result, {}, opaque);
  if (!t || result == n) return same;
  return chain(inside, *t);
}

// (c*m)^e = c^e*m^e for a product m of even powers.
theorem normalizer::root_of_multiple(node_id n, const monomial& m, const rational& c) {
  theorem same = kernel_.reflexive(n);
  node_id base = tape_.arg(n, 0).node;
  const std::vector<range_id> axes(tape_.out(base).begin(), tape_.out(base).end());
  node_id squares = to_node(tape_, m, 1, axes);
  facts_.find(relation::nonnegative, squares);
  node_id product = tape_.mul(axes, std::array<edge, 2>{edge{tape_.constant(c), {}}, tape_.whole(squares)});
  auto reshape = ring(base, product);
  if (!reshape) return same;
  theorem inside = with_argument(n, 0, *reshape);
  recording_signs signs(facts_);
  const std::array opaque{squares};
  node_id split = to_node(tape_, make_expander(signs, opaque).of(inside.says().right));
  auto t = ring(inside.says().right, split, {}, opaque);
  return t && split != n && split != inside.says().right ? then_normalize(chain(inside, *t)) : same;
}

}  // namespace wengert
