#include <wengert/proof/normal_form.hpp>

#include <algorithm>
#include <array>
#include <numeric>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/proof/match.hpp>

namespace wengert {

namespace {

constexpr int deepest = 40;                          // rules applied inside rules
constexpr std::size_t most_terms = 24;               // an exponent with more terms is left whole
constexpr std::size_t most_multiplied_out = 20'000;  // work to see that a light form is equal

bool is_leaf(opcode o) {
  switch (o) {
    case opcode::constant:
    case opcode::symbol:
    case opcode::dim_value:
    case opcode::index_value:
    case opcode::delta:
    case opcode::pi: return true;
    default: return false;
  }
}

bool is_arithmetic(const tape& t, node_id n) {
  switch (t.op(n)) {
    case opcode::add:
    case opcode::mul:
    case opcode::power:
    case opcode::select: return true;
    case opcode::identity: return t.red(n) == reduction::none || t.red(n) == reduction::sum;
    default: return false;
  }
}

bool is_node(node_id n) { return n < index_atom; }

rational to_rational(const exponent& e) { return rational(e.numerator(), e.denominator()); }

bool whole(const exponent& e) { return e.denominator() == 1; }

bool free_labels(const factor& f, std::size_t free) {
  return std::ranges::all_of(f.labels,
                             [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < free; });
}

// The rows of the table that replace a function by simpler ones, in the full form.
std::string_view unfolding(opcode o) {
  switch (o) {
    case opcode::log2: return "log2-log";
    case opcode::log10: return "log10-log";
    case opcode::log1p: return "log1p-log";
    case opcode::expm1: return "expm1-exp";
    case opcode::tan: return "tan-quotient";
    case opcode::cot: return "cot-quotient";
    case opcode::sec: return "sec-quotient";
    case opcode::csc: return "csc-quotient";
    case opcode::acos: return "acos-asin";
    case opcode::acot: return "acot-atan";
    case opcode::asec: return "asec-acos";
    case opcode::acsc: return "acsc-asin";
    case opcode::sinh: return "sinh-exp";
    case opcode::cosh: return "cosh-exp";
    case opcode::tanh: return "tanh-exp";
    case opcode::coth: return "coth-exp";
    case opcode::sech: return "sech-exp";
    case opcode::csch: return "csch-exp";
    case opcode::asinh: return "asinh-log";
    case opcode::acosh: return "acosh-log";
    case opcode::atanh: return "atanh-log";
    case opcode::acoth: return "acoth-atanh";
    case opcode::asech: return "asech-acosh";
    case opcode::acsch: return "acsch-asinh";
    case opcode::pow: return "pow-exp";
    case opcode::ceil: return "ceil-floor";
    case opcode::xlogy: return "xlogy-log";
    case opcode::hypot: return "hypot-root";
    case opcode::max: return "max-abs";
    case opcode::min: return "min-abs";
    case opcode::erfc: return "erfc-erf";
    case opcode::lgamma: return "lgamma-log";
    case opcode::beta: return "beta-gamma";
    case opcode::gammaq: return "gammaq-gammap";
    default: return {};
  }
}

// The rows that take a minus out of a function.
std::string_view parity_row(opcode o) {
  switch (o) {
    case opcode::sin: return "sin-odd";
    case opcode::cos: return "cos-even";
    case opcode::atan: return "atan-odd";
    case opcode::asin: return "asin-odd";
    case opcode::erf: return "erf-odd";
    case opcode::erfinv: return "erfinv-odd";
    default: return {};
  }
}

// The rows that give a function at x + 1 by the function at x, and at x by the function at x + 1. For Bessel functions x is the
// order, and a third function stands beside the two.
struct step_rows {
  std::string_view down, up;
};
step_rows step_of(opcode o) {
  switch (o) {
    case opcode::gamma: return {"gamma-step", "gamma-back"};
    case opcode::digamma: return {"digamma-step", "digamma-back"};
    case opcode::polygamma: return {"polygamma-step", "polygamma-back"};
    case opcode::besselj: return {"besselj-step", "besselj-back"};
    case opcode::bessely: return {"bessely-step", "bessely-back"};
    case opcode::besseli: return {"besseli-step", "besseli-back"};
    case opcode::besselk: return {"besselk-step", "besselk-back"};
    default: return {};
  }
}

// Powers of these atoms reduce: atom^k by the row.
std::pair<std::string_view, std::int64_t> power_row(opcode o) {
  switch (o) {
    case opcode::sin: return {"sin-square", 2};
    case opcode::abs: return {"abs-square", 2};
    case opcode::cbrt: return {"cbrt-cube", 3};
    case opcode::pow: return {"alternating-square", 2};
    default: return {{}, 0};
  }
}

// Whether a = b once all products of sums are multiplied out, if that is little work: the kernel will do the same.
bool agree_multiplied_out(facts& known, std::span<const node_id> opaque, std::span<const theorem> powers, node_id a, node_id b) {
  struct limited : recording_signs {
    using recording_signs::recording_signs;
    bool spend(std::size_t work) override {
      left -= std::min(left, work);
      return left > 0 && recording_signs::spend(work);
    }
    std::size_t left = most_multiplied_out;
  } signs(known);
  tape& t = known.using_kernel().on();
  expander::options o;
  o.opaque.insert(opaque.begin(), opaque.end());
  for (const theorem& p : powers) o.rewrite_by(t, p.says().left, p.says().right);
  expander x(t, signs, std::move(o));
  polynomial d = x.of(a);
  x.add(d, x.of(b), -1);
  return x.vanishes(std::move(d));
}

// The row for the sine or the cosine of pi/parts, if there is one.
std::string_view special_row(bool sine, const big_integer& parts) {
  if (parts == 1) return sine ? "sin-pi" : "cos-pi";
  if (parts == 2) return sine ? "sin-pi-2" : "cos-pi-2";
  if (parts == 3) return sine ? "sin-pi-3" : "cos-pi-3";
  if (parts == 4) return sine ? "sin-pi-4" : "cos-pi-4";
  if (parts == 6) return sine ? "sin-pi-6" : "cos-pi-6";
  return {};
}

bool is_multiple_of_pi(const tape& t, const polynomial& p) {
  if (p.terms.size() != 1) return false;
  const monomial& m = p.terms.begin()->first;
  return m.bound.empty() && m.factors.size() == 1 && m.factors[0].power == 1 && is_node(m.factors[0].node) &&
         t.op(m.factors[0].node) == opcode::pi;
}

}  // namespace

// --- small tools

expander normalizer::make_expander(recording_signs& signs, std::span<const node_id> opaque) {
  expander::options o;
  o.opaque.insert(opaque.begin(), opaque.end());
  o.expand_products = form_ == form::full;
  for (const theorem& p : powers_) o.rewrite_by(tape_, p.says().left, p.says().right);
  return expander(tape_, signs, std::move(o));
}

void normalizer::keep_whole(std::span<const node_id> nodes) {
  opaque_.assign(nodes.begin(), nodes.end());
  memo_.clear();
}

bool normalizer::stays_whole(node_id n) const { return std::ranges::find(opaque_, n) != opaque_.end(); }

polynomial normalizer::expand(node_id n) {
  recording_signs signs(facts_);
  return make_expander(signs, opaque_).of(n);
}

std::vector<theorem> normalizer::powers_used(const expander& x) const {
  std::vector<theorem> r;
  for (const theorem& p : powers_)
    if (x.used_rewrites().contains(tape_.arg(p.says().left, 0).node)) r.push_back(p);
  return r;
}

std::optional<theorem> normalizer::ring(node_id a, node_id b, std::vector<theorem> premises, std::span<const node_id> opaque) {
  if (a == b) return kernel_.reflexive(a);
  if (opaque.empty()) opaque = opaque_;
  for (const theorem& p : premises) {  // x = -x would rewrite x for ever
    const claim& c = p.says();
    if (c.what == claim::kind::equal && c.right > c.left && std::ranges::binary_search(tape_.reachable(c.right), c.left))
      return std::nullopt;
  }
  recording_signs signs(facts_);
  expander::options o;
  o.opaque.insert(opaque.begin(), opaque.end());
  for (const theorem& p : powers_) o.rewrite_by(tape_, p.says().left, p.says().right);
  for (const theorem& p : premises)
    if (p.says().what == claim::kind::equal) o.rewrite_by(tape_, p.says().left, p.says().right);
  try {
    expander x(tape_, signs, std::move(o));
    polynomial d = x.of(a);
    x.add(d, x.of(b), -1);
    if (!x.vanishes(std::move(d))) return std::nullopt;
    for (const theorem& p : signs.used()) premises.push_back(p);
    for (const theorem& p : powers_used(x)) premises.push_back(p);
    return kernel_.ring(a, b, premises, opaque);
  } catch (const too_large&) {
    return std::nullopt;
  } catch (const refusal&) {
    return std::nullopt;
  }
}

std::vector<theorem> normalizer::conditions_of(const rule& r, const term& x, const term& y, const rational& c, bool& all) {
  std::vector<theorem> premises;
  all = true;
  for (const condition& k : r.where(x, y, c)) {
    node_id n = kernel_.condition_node(k);
    std::optional<theorem> t = establish(k.is, n);
    if (!t) {
      all = false;
      return premises;
    }
    premises.push_back(*t);
  }
  return premises;
}

std::optional<theorem> normalizer::try_rule(std::string_view name, frame& f, const term& x, const term& y, const rational& c) {
  const rule& r = find_rule(name);
  if (r.parameter_fits && !r.parameter_fits(c)) return std::nullopt;
  bool all = false;
  std::vector<theorem> premises = conditions_of(r, x, y, c, all);
  if (!all) return std::nullopt;
  return kernel_.instance_terms(r, f, x, y, c, premises);
}

// n with argument k replaced by an equal node.
theorem normalizer::with_argument(node_id n, std::size_t k, const theorem& equal) {
  std::vector<std::optional<theorem>> premises(tape_.arity(n));
  premises[k] = equal;
  return kernel_.congruence(n, premises);
}

theorem normalizer::then_normalize(const theorem& t) { return chain(t, of(t.says().right).equal); }

// --- the sweep

normal normalizer::of(node_id root) {
  if (auto it = memo_.find(root); it != memo_.end()) return it->second;
  if (depth_ > deepest) return {root, kernel_.reflexive(root)};
  ++depth_;
  std::vector<std::pair<node_id, bool>> stack{{root, false}};
  while (!stack.empty()) {
    auto [n, ready] = stack.back();
    stack.pop_back();
    if (memo_.contains(n)) continue;
    if (!ready && !is_leaf(tape_.op(n))) {
      stack.emplace_back(n, true);
      for (edge_view e : tape_.args(n)) stack.emplace_back(e.node, false);
      continue;
    }
    normal r = compute_or_leave(n);
    memo_.insert_or_assign(n, r);
    memo_.try_emplace(r.node, normal{r.node, kernel_.reflexive(r.node)});
  }
  --depth_;
  return memo_.at(root);
}

// What cannot be written out stays as it is.
normal normalizer::compute_or_leave(node_id n) {
  int depth = depth_;
  try {
    return compute(n);
  } catch (const too_large&) {
    depth_ = depth;
    return {n, kernel_.reflexive(n)};
  }
}

normal normalizer::compute(node_id n) {
  if (stays_whole(n)) return {n, kernel_.reflexive(n)};
  if (is_leaf(tape_.op(n))) {
    if (auto it = leaves_.find(n); it != leaves_.end()) {
      theorem t = then_normalize(it->second);
      return {t.says().right, t};
    }
    return {n, kernel_.reflexive(n)};
  }
  theorem t = arguments_first(n);
  node_id m = t.says().right;
  if (auto it = memo_.find(m); it != memo_.end() && m != n) {
    t = chain(t, it->second.equal);
    return {t.says().right, t};
  }
  t = chain(t, is_arithmetic(tape_, m) ? arithmetic(m) : function(m));
  return {t.says().right, t};
}

theorem normalizer::arguments_first(node_id n) {
  std::vector<std::optional<theorem>> premises;
  bool changed = false;
  bool root = tape_.op(n) == opcode::power && !is_integer(tape_.value(n));
  for (edge_view e : tape_.args(n)) {
    auto it = memo_.find(e.node);
    if (it == memo_.end() || it->second.node == e.node) {
      premises.emplace_back();
      continue;
    }
    premises.emplace_back(it->second.equal);
    if (root)  // multiplied out, a sum of squares does not look like one
      for (relation is : {relation::positive, relation::nonnegative})
        if (auto t = facts_.find(is, e.node)) facts_.add(kernel_.transfer(it->second.equal, *t));
    changed = true;
  }
  return changed ? kernel_.congruence(n, premises) : kernel_.reflexive(n);
}

// --- sums and products

theorem normalizer::arithmetic(node_id n) {
  theorem t = kernel_.reflexive(n);
  if (tape_.op(n) == opcode::select) {
    theorem decided = kernel_.decided(n);
    if (decided.says().right != n) return then_normalize(decided);
    if (form_ == form::full) t = chain(t, indicator(n));
  }
  if (tape_.op(n) == opcode::power && form_ == form::full) {
    const bool multiplied_out = is_integer(tape_.value(n)) && tape_.value(n) > 0;
    if (auto other = multiplied_out ? std::nullopt : turned(n)) return then_normalize(*other);
    t = chain(t, root_of_sum(n));
  }
  for (int round = 0; round < 200; ++round) {
    node_id m = t.says().right;
    recording_signs signs(facts_);
    polynomial p;
    node_id next;
    std::vector<theorem> premises;
    try {
      expander x = make_expander(signs, opaque_);
      p = x.of(m);
      next = to_node(tape_, p);
      premises = powers_used(x);
      if (form_ == form::light && x.of(next).terms != p.terms && !agree_multiplied_out(facts_, opaque_, powers_, m, next))
        return t;
    } catch (const too_large&) {
      return t;
    }
    if (next != m) {
      for (const theorem& s : signs.used()) premises.push_back(s);
      try {
        t = chain(t, kernel_.ring(m, next, premises, opaque_));
      } catch (const refusal&) {
        return t;
      }
    }
    std::optional<theorem> better = apply_rules(next, p);
    if (!better) return t;
    t = chain(t, *better);
  }
  return t;
}

// One rewriting of a polynomial by what is known beyond arithmetic; the caller comes back until there is none.
std::optional<theorem> normalizer::apply_rules(node_id n, const polynomial& p) {
  if (learn_products(p)) return kernel_.reflexive(n);
  for (const auto& [m, c] : p.terms) {
    for (const factor& f : m.factors) {
      if (!is_node(f.node)) continue;
      auto [row, k] = power_row(tape_.op(f.node));
      if (form_ == form::light && tape_.op(f.node) == opcode::sin) continue;
      bool high = k != 0 && whole(f.power) && (f.power >= k || (f.power < 0 && tape_.op(f.node) == opcode::abs));
      if (high && !std::ranges::any_of(powers_, [&](const theorem& t) { return tape_.arg(t.says().left, 0).node == f.node; })) {
        frame fr{tape_, {tape_.out(f.node).begin(), tape_.out(f.node).end()}};
        term x(fr, tape_.arg(f.node, 0));
        if (tape_.op(f.node) == opcode::pow) x = term(fr, tape_.arg(f.node, 1));
        auto t = try_rule(row, fr, x, x);
        if (t && tape_.op(t->says().left) == opcode::power && tape_.arg(t->says().left, 0).node == f.node) {
          powers_.push_back(*t);
          return kernel_.reflexive(n);  // go round again with the new rule
        }
      }
    }
  }
  for (const product_rule& r : products_)
    if (auto t = replace_product(n, p, r)) return t;
  return close_sums(n, p);
}

// Where  SUM f * (SUM f)^-1  stands, writes the sum as one factor so that it cancels.
std::optional<theorem> normalizer::close_sums(node_id n, const polynomial& p) {
  for (const auto& [m, c] : p.terms) {
    for (const factor& f : m.factors) {
      if (f.power >= 0 || !is_node(f.node) || m.bound.empty()) continue;
      if (!facts_.known(relation::nonzero, f.node)) continue;
      polynomial sum = expand(f.node);
      if (sum.terms.size() != 1) continue;
      const auto& [pattern, coefficient] = *sum.terms.begin();
      if (pattern.bound.empty() || coefficient != 1) continue;
      product_rule r{sum.axes, pattern, f.node, kernel_.reflexive(f.node), true};
      if (auto t = replace_product(n, p, r)) return t;
    }
  }
  return std::nullopt;
}

std::optional<theorem> normalizer::replace_product(node_id n, const polynomial& p, const product_rule& r) {
  recording_signs unused(facts_);
  expander about = make_expander(unused, {});
  auto symmetric = [&](node_id f) { return about.is_symmetric(f); };
  for (const auto& [m, c] : p.terms) {
    matcher match(r.pattern, r.axes.size(), m, p.axes.size(), symmetric);
    if (!match.run()) continue;
    if (r.keep_whole) {  // only where it cancels
      std::vector<label> at = match.labels();
      bool cancels = std::ranges::any_of(
          match.rest().factors, [&](const factor& f) { return f.node == r.pattern_node && f.power < 0 && f.labels == at; });
      if (!cancels) continue;
    }
    // n = the other terms + rest * (pattern as a node)
    polynomial others = p;
    others.terms.erase(m);
    monomial rest = match.rest();
    std::vector<edge> args;
    args.push_back({tape_.constant(c), {}});
    for (const factor& f : rest.factors) args.push_back(to_edge(tape_, f, rest, p.axes));
    args.push_back({r.pattern_node, match.labels()});
    node_id product = tape_.mul(p.axes, args, rest.bound);
    node_id split = product;
    if (!others.is_zero()) {
      std::array<edge, 2> both{tape_.whole(to_node(tape_, others)), tape_.whole(product)};
      split = tape_.add(p.axes, both);
    }
    auto first = ring(n, split);
    if (!first) continue;
    // Then use the rule inside that product alone.
    recording_signs signs(facts_);
    expander::options o;
    o.expand_products = form_ == form::full;
    std::vector<theorem> premises;
    std::vector<node_id> opaque;
    if (r.keep_whole) {
      opaque.push_back(r.pattern_node);
      o.opaque.insert(r.pattern_node);
    } else {
      premises.push_back(r.equal);
      o.rewrite_by(tape_, r.equal.says().left, r.equal.says().right);
    }
    expander x(tape_, signs, std::move(o));
    node_id result = to_node(tape_, x.of(product));
    for (const theorem& s : signs.used()) premises.push_back(s);
    try {
      theorem second = kernel_.ring(product, result, premises, opaque);
      if (split != product) {
        std::vector<std::optional<theorem>> parts(2);
        parts[1] = second;
        second = kernel_.congruence(split, parts);
      }
      return chain(*first, second);
    } catch (const refusal&) {
      continue;
    }
  }
  return std::nullopt;
}

// A step [a < b] or [a = b] whose arguments are known to differ.
theorem normalizer::indicator(node_id n) {
  std::vector<edge> args = tape_.args(n).copy();
  theorem same = kernel_.reflexive(n);
  comparison c = tape_.comparison_of(n);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  bool simple =
      tape_.is_constant(args[2].node, 1) && tape_.is_constant(args[3].node, 0) && (c == comparison::lt || c == comparison::eq);
  if (!simple) {
    // Split into indicators first: the ring does it; then each indicator is a node of its own.
    polynomial p = expand(n);
    std::vector<theorem> premises;
    for (const auto& [m, k] : p.terms)
      for (const factor& g : m.factors)
        if (is_node(g.node) && tape_.op(g.node) == opcode::select && g.node != n) {
          normal inner = of(g.node);
          if (inner.node != g.node) premises.push_back(inner.equal);
        }
    if (premises.empty()) return same;
    node_id open = to_node(tape_, p);
    auto first = ring(n, open);
    if (!first) return same;
    recording_signs signs(facts_);
    expander::options o;
    for (const theorem& t : premises) o.rewrite_by(tape_, t.says().left, t.says().right);
    expander x(tape_, signs, std::move(o));
    node_id result = to_node(tape_, x.of(open));
    auto second = ring(open, result, premises);
    return second ? chain(*first, *second) : same;
  }
  auto t = try_rule(c == comparison::lt ? "step-sign" : "equal-nowhere", f, term(f, args[0]), term(f, args[1]));
  return t && t->says().left == n ? then_normalize(*t) : same;
}

// --- factoring

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
  if (f->sum != none) opaque.push_back(f->sum);
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

// --- functions

theorem normalizer::function(node_id n) {
  theorem same = kernel_.reflexive(n);
  if (is_matrix_function(tape_.op(n))) return matrix_function(n);
  const op_info* info = find_function(tape_.op(n));
  if (!info && tape_.op(n) != opcode::unknown) return same;
  if (form_ == form::full &&
      !unfolding(tape_.op(n)).empty()) {  // before it is lifted: log1p(u[1]) must become what log(1 + u[1]) does
    theorem t = unfold(n);
    if (t.says().right != n) return t;
  }
  if (tape_.arity(n) == 1) {
    edge e = tape_.arg(n, 0);
    bool broadcast = tape_.op(e.node) == opcode::identity && tape_.bound_count(e.node) == 0;
    bool whole = std::ranges::equal(e.labels, tape::straight(tape_.rank(n))) &&
                 std::ranges::equal(tape_.out(e.node), tape_.out(n));  // or else a part of the argument
    if (broadcast || !whole) {
      theorem t = kernel_.lift(n);
      return t.says().right == n ? same : then_normalize(t);
    }
    if (form_ == form::full)
      if (auto t = turned(n)) return then_normalize(*t);
  }
  switch (tape_.op(n)) {
    case opcode::exp: return exponential(n);
    case opcode::log: return logarithm(n);
    case opcode::abs: return absolute(n);
    case opcode::sign: return sign_of(n);
    case opcode::sin:
    case opcode::cos: return form_ == form::full ? sine_or_cosine(n) : same;
    case opcode::atan:
    case opcode::asin:
    case opcode::erf:
    case opcode::erfinv: return form_ == form::full ? odd_function(n) : same;
    case opcode::gamma:
    case opcode::digamma:
    case opcode::polygamma:
    case opcode::besselj:
    case opcode::bessely:
    case opcode::besseli:
    case opcode::besselk: return form_ == form::full ? step(n) : same;
    case opcode::cbrt: return form_ == form::full ? cube_root(n) : same;
    case opcode::floor: return form_ == form::full ? rounded(n) : same;
    case opcode::pow: return form_ == form::full ? whole_power(n) : same;
    default: return form_ == form::full ? unfold(n) : same;
  }
}

// f(u), or a power of u, is read from that of u with its axes in the order in which u is least: f(B'*A')[i,j] as f(A*B)[j,i].
std::optional<theorem> normalizer::turned(node_id n) {
  const std::size_t rank = tape_.rank(n);
  const node_id u = tape_.arg(n, 0).node;
  if (rank < 2 || rank > 3 || tape_.op(u) == opcode::symbol || edge(tape_.arg(n, 0)) != tape_.whole(u)) return std::nullopt;
  if (!std::ranges::equal(tape_.out(n), tape_.out(u))) return std::nullopt;
  const std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
  polynomial least = expand(u);
  std::vector<std::size_t> order(rank), best;
  std::iota(order.begin(), order.end(), std::size_t{0});
  while (std::next_permutation(order.begin(), order.end())) {
    std::vector<range_id> out(rank);
    std::vector<label> labels(rank);
    for (std::size_t k = 0; k < rank; ++k) {
      out[k] = axes[order[k]];
      labels[order[k]] = label::of_axis(k);
    }
    polynomial p = expand(tape_.identity(out, {u, labels}));
    if (!(p.terms < least.terms)) continue;
    least = std::move(p);
    best = order;
  }
  if (best.empty()) return std::nullopt;
  std::vector<label> back(rank);
  for (std::size_t k = 0; k < rank; ++k) back[k] = label::of_axis(best[k]);
  auto inside = ring(u, tape_.identity(axes, {to_node(tape_, least), back}));
  if (!inside) return std::nullopt;
  const theorem moved = with_argument(n, 0, *inside);
  const node_id m = moved.says().right;
  if (tape_.op(n) != opcode::power) return chain(moved, kernel_.lift(m));
  const edge other = tape_.arg(inside->says().right, 0);
  const std::vector<range_id> out(tape_.out(other.node).begin(), tape_.out(other.node).end());
  auto read = ring(m, tape_.identity(axes, {tape_.power(out, tape_.whole(other.node), tape_.value(n)), other.labels}));
  return read ? std::optional(chain(moved, *read)) : std::nullopt;
}

theorem normalizer::unfold(node_id n) {
  std::string_view row = unfolding(tape_.op(n));
  if (row.empty()) return kernel_.reflexive(n);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  std::vector<term> args;
  for (edge_view e : tape_.args(n)) args.emplace_back(f, edge(e));
  auto t = try_rule(row, f, args.front(), args.back());
  if (!t || t->says().left != n) return kernel_.reflexive(n);
  return then_normalize(*t);
}

theorem normalizer::exponential(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto over = [&](node_id u) { return term(f, tape_.whole(u)); };
  if (p.is_zero()) {
    auto t = try_rule("exp-zero", f, term(f, rational(0)), term(f, rational(0)));
    return t && t->says().left == n ? chain(*t, kernel_.reflexive(t->says().right)) : same;
  }
  if (p.terms.size() == 1) {
    const auto& [m, c] = *p.terms.begin();
    bool one = c == 1 && m.bound.empty() && m.factors.size() == 1 && m.factors[0].power == 1 && is_node(m.factors[0].node);
    opcode inner = one ? tape_.op(m.factors[0].node) : opcode::constant;
    if (inner == opcode::log || (inner == opcode::lambertw && form_ == form::full)) {
      frame g{tape_, {tape_.out(m.factors[0].node).begin(), tape_.out(m.factors[0].node).end()}};
      term x(g, tape_.arg(m.factors[0].node, 0));
      auto t = try_rule(inner == opcode::log ? "exp-log" : "lambertw-exp", g, x, x);
      if (!t || t->says().left != n) return same;
      return then_normalize(*t);
    }
    if (c == 1 || form_ == form::light) return same;
    node_id x = to_node(tape_, m, 1, p.axes);
    auto t = try_rule("exp-multiple", f, over(x), over(x), c);
    if (!t) return same;
    auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
    if (!reshape) return same;
    return then_normalize(chain(with_argument(n, 0, *reshape), *t));
  }
  if (form_ == form::light || p.terms.size() > most_terms) return same;
  polynomial first{p.axes, {*p.terms.begin()}}, rest{p.axes, {std::next(p.terms.begin()), p.terms.end()}};
  auto t = try_rule("exp-sum", f, over(to_node(tape_, first)), over(to_node(tape_, rest)));
  if (!t || tape_.op(t->says().left) != opcode::exp) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  if (!reshape) return same;
  return then_normalize(chain(with_argument(n, 0, *reshape), *t));
}

theorem normalizer::logarithm(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (tape_.is_constant(a, 1)) {
    auto t = try_rule("log-one", f, term(f, rational(1)), term(f, rational(1)));
    return t && t->says().left == n ? *t : same;
  }
  if (tape_.op(a) == opcode::exp) {
    term x(f, tape_.arg(a, 0));
    auto t = try_rule("log-exp", f, x, x);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (form_ == form::light) return same;
  auto product = factor_out(a);
  if (!product) return same;
  // The factors as powers of atoms; a number is a product of primes.
  std::vector<std::pair<edge, rational>> parts;
  if (product->coefficient <= 0) return same;
  for (auto [value, sign] : {std::pair{numerator(product->coefficient), 1}, std::pair{denominator(product->coefficient), -1}}) {
    if (value > 1000000) {
      parts.push_back({{tape_.constant(rational(value)), {}}, sign});
      continue;
    }
    auto v = value.convert_to<std::int64_t>();
    for (std::int64_t q = 2; v > 1; ++q) {
      if (q * q > v) q = v;
      std::int64_t k = 0;
      for (; v % q == 0; v /= q) ++k;
      if (k) parts.push_back({{tape_.constant(q), {}}, sign * k});
    }
  }
  for (const factor& g : product->factors) {
    if (!is_node(g.node)) return same;
    parts.push_back({{g.node, g.labels}, to_rational(g.power)});
  }
  if (product->sum != none) parts.push_back({tape_.whole(product->sum), 1});
  if (parts.empty() || (parts.size() == 1 && parts[0].second == 1)) return same;
  // Right to left: log(x1 * (x2 * ...)) = log(x1) + log(x2 * ...).
  auto as_term = [&](std::size_t k) { return power(term(f, parts[k].first), parts[k].second); };
  std::vector<term> tails{as_term(parts.size() - 1)};
  for (std::size_t k = parts.size() - 1; k-- > 0;) tails.push_back(as_term(k) * tails.back());
  node_id written = tails.back().over_frame();
  std::vector<node_id> opaque;
  if (product->sum != none) opaque.push_back(product->sum);
  auto reshape = ring(product->equal.says().right, written, {}, opaque);
  if (!reshape) return same;
  theorem t = with_argument(n, 0, chain(product->equal, *reshape));
  if (parts.size() == 1) {
    bool even = is_even_integer(parts[0].second) && !facts_.known(relation::positive, parts[0].first.node);
    term x(f, parts[0].first);
    auto last = try_rule(even ? "log-even-power" : "log-power", f, x, x, parts[0].second);
    return last && last->says().left == t.says().right ? then_normalize(chain(t, *last)) : same;
  }
  auto step = try_rule("log-product", f, as_term(0), tails[tails.size() - 2]);
  if (!step || step->says().left != t.says().right) return same;
  return then_normalize(chain(t, *step));
}

theorem normalizer::absolute(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.whole(a));
  for (std::string_view row : {"abs-nonnegative", "abs-nonpositive"})
    if (auto t = try_rule(row, f, u, u); t && t->says().left == n) return then_normalize(*t);
  if (form_ == form::light) return same;
  polynomial p = expand(a);
  if (p.is_zero()) return same;
  auto finish = [&](const std::optional<theorem>& t) {
    if (!t || tape_.op(t->says().left) != opcode::abs) return same;
    auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
    if (!reshape) return same;
    return then_normalize(chain(with_argument(n, 0, *reshape), *t));
  };
  const auto& [m, c] = *p.terms.begin();
  if (p.terms.size() == 1 && m.bound.empty()) {
    if (c != 1) return finish(try_rule("abs-product", f, term(f, c), term(f, tape_.whole(to_node(tape_, m, 1, p.axes)))));
    if (m.factors.size() == 1) {
      if (m.factors[0].power == 1 || !is_node(m.factors[0].node)) return same;
      term x(f, edge{m.factors[0].node, m.factors[0].labels});
      return finish(try_rule("abs-power", f, x, x, to_rational(m.factors[0].power)));
    }
    monomial rest = m, head = m;
    head.factors.erase(head.factors.begin() + 1, head.factors.end());
    rest.factors.erase(rest.factors.begin());
    return finish(try_rule("abs-product", f, term(f, tape_.whole(to_node(tape_, head, 1, p.axes))),
                           term(f, tape_.whole(to_node(tape_, rest, 1, p.axes)))));
  }
  if (c < 0) {
    polynomial q = p;
    for (auto& [mono, k] : q.terms) k = -k;
    term x(f, tape_.whole(to_node(tape_, q)));
    return finish(try_rule("abs-negative", f, x, x));
  }
  return same;
}

theorem normalizer::sign_of(node_id n) {
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.arg(n, 0));
  for (std::string_view row : {"sign-positive", "sign-negative"})
    if (auto t = try_rule(row, f, u, u); t && t->says().left == n) return then_normalize(*t);
  if (form_ == form::full)
    if (auto t = try_rule("sign-quotient", f, u, u); t && t->says().left == n) return then_normalize(*t);
  return kernel_.reflexive(n);
}

theorem normalizer::odd_function(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (tape_.op(n) == opcode::erf && (p.is_zero() || tape_.op(a) == opcode::erfinv)) {
    term u(f, p.is_zero() ? edge{tape_.constant(0), {}} : tape_.arg(a, 0));
    auto t = try_rule(p.is_zero() ? "erf-zero" : "erf-erfinv", f, u, u);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (p.is_zero() || p.terms.begin()->second > 0) return same;
  for (auto& [m, c] : p.terms) c = -c;
  term x(f, tape_.whole(to_node(tape_, p)));
  auto t = try_rule(parity_row(tape_.op(n)), f, x, x);
  if (!t || tape_.op(t->says().left) != tape_.op(n)) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

// A function of u + k, where k is a whole number, by the function of u: gamma(x + 2) is (x + 1)*x*gamma(x). The number in the
// argument is brought between 0 and 1; the order of a Bessel function, to two neighbours.
theorem normalizer::step(node_id n) {
  theorem same = kernel_.reflexive(n);
  opcode o = tape_.op(n);
  bool bessel = find_function(o)->parameters == 1 && o != opcode::polygamma;
  std::size_t moving = o == opcode::polygamma ? 1 : 0;
  edge argument = tape_.arg(n, moving);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto rewrite = [&](std::string_view row, const term& x, const term& y) {
    auto t = try_rule(row, f, x, y);
    if (!t || tape_.op(t->says().left) != o) return same;
    if (t->says().left == n) return then_normalize(*t);
    auto reshape = ring(argument.node, tape_.arg(t->says().left, moving).node);
    if (!reshape) return same;
    theorem moved = with_argument(n, moving, *reshape);
    return moved.says().right == t->says().left ? then_normalize(chain(moved, *t)) : same;
  };
  term whole(f, argument);
  term other = tape_.arity(n) == 2 ? term(f, tape_.arg(n, 1 - moving)) : whole;
  if (o == opcode::polygamma && tape_.is_constant(other.as_edge().node, 0)) return rewrite("polygamma-zero", whole, whole);
  polynomial p = expand(argument.node);
  auto number = p.terms.find(monomial{});
  rational c = number == p.terms.end() ? rational(0) : number->second;
  bool alone = p.terms.size() == (number == p.terms.end() ? 0U : 1U);
  if (o == opcode::gamma && alone && c == 1) return rewrite("gamma-one", whole, whole);
  if (o == opcode::gamma && alone && c == rational(1, 2)) return rewrite("gamma-half", whole, whole);
  constexpr int farthest = 20;
  bool down = bessel || alone ? c > 1 : c >= 1, up = bessel || !alone ? c < 0 : c <= 0;
  if (abs(c) > farthest || (!down && !up)) return same;
  if (down) {
    p.terms.erase(monomial{});
    if (c != 1) p.terms.emplace(monomial{}, c - 1);
  }
  term x = down ? term(f, edge{to_node(tape_, p), argument.labels}) : whole;
  return rewrite(down ? step_of(o).down : step_of(o).up, x, tape_.arity(n) == 2 ? other : x);
}

theorem normalizer::cube_root(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.whole(a));
  if (auto t = try_rule("cbrt-root", f, u, u); t && t->says().left == n) return then_normalize(*t);
  // cbrt(-8*x^3*y) = -cbrt(2)^3*cbrt(x)^3*cbrt(y), one factor at a time
  polynomial p = expand(a);
  if (p.terms.size() != 1 || !p.terms.begin()->first.bound.empty()) return same;
  const auto& [m, c] = *p.terms.begin();
  auto finish = [&](const std::optional<theorem>& t) {
    auto reshape = t && tape_.op(t->says().left) == opcode::cbrt ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
    return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
  };
  if (m.factors.empty()) {  // a number; of what is no cube of a rational there is nothing to say
    for (std::int64_t k = 2; k <= 100; ++k)
      for (const rational& root : {rational(k), rational(-k), rational(1, k), rational(-1, k), rational(-1)})
        if (root * root * root == c) return finish(try_rule("cbrt-power", f, term(f, root), term(f, root), 3));
    return same;
  }
  term rest(f, tape_.whole(to_node(tape_, m, 1, p.axes)));
  if (c != 1) return finish(try_rule("cbrt-product", f, term(f, c), rest));
  if (m.factors.size() == 1) {
    const factor& g = m.factors[0];
    if (!is_node(g.node) || !whole(g.power) || g.power == 1) return same;
    term x(f, edge{g.node, g.labels});
    return finish(try_rule("cbrt-power", f, x, x, to_rational(g.power)));
  }
  monomial head = m, others = m;
  head.factors.erase(head.factors.begin() + 1, head.factors.end());
  others.factors.erase(others.factors.begin());
  return finish(try_rule("cbrt-product", f, term(f, tape_.whole(to_node(tape_, head, 1, p.axes))),
                         term(f, tape_.whole(to_node(tape_, others, 1, p.axes)))));
}

// floor(u + v) = floor(u) + v for what is surely an integer.
theorem normalizer::rounded(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  polynomial p = expand(a), integers{p.axes, {}}, rest{p.axes, {}};
  for (const auto& [m, c] : p.terms) {
    bool is_whole = is_integer(c) && (m.factors.empty() || establish(relation::integer, to_node(tape_, m, 1, p.axes)));
    (is_whole ? integers : rest).terms.emplace(m, c);
  }
  if (integers.terms.empty() && !p.is_zero()) return same;
  auto over = [&](const polynomial& q) { return term(f, tape_.whole(to_node(tape_, q))); };
  auto t = rest.is_zero() ? try_rule("floor-integer", f, over(p), over(p)) : try_rule("floor-sum", f, over(rest), over(integers));
  auto reshape = t && tape_.op(t->says().left) == opcode::floor ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

// x^(n + 2) = x^n*x^2, x^(3*n) = (x^n)^3.
theorem normalizer::whole_power(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 1).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term x(f, tape_.arg(n, 0));
  polynomial p = expand(a);
  rational c;
  std::string_view row;
  if (auto number = p.terms.find(monomial{}); number != p.terms.end()) {
    c = number->second;
    row = "pow-shift";
    p.terms.erase(number);
  } else if (p.terms.size() == 1) {
    c = std::exchange(p.terms.begin()->second, rational(1));
    row = "pow-multiple";
  }
  if (p.terms.empty() || c == 0 || c == 1 - (row == "pow-shift") || !is_integer(c)) return same;
  term y(f, tape_.whole(to_node(tape_, p)));
  auto t = try_rule(row, f, x, y, c);
  if (!t) t = try_rule(row == "pow-shift" ? "pow-shift-nonzero" : "pow-multiple-nonzero", f, x, y, c);
  auto reshape = t && tape_.op(t->says().left) == opcode::pow ? ring(a, tape_.arg(t->says().left, 1).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 1, *reshape), *t)) : same;
}

// sin(pi/3), ...
theorem normalizer::special_angle(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  std::string_view row = special_row(tape_.op(n) == opcode::sin, denominator(expand(a).terms.begin()->second));
  if (row.empty()) return same;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto t = try_rule(row, f, term(f, rational(1)), term(f, rational(1)));
  auto reshape = t ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

theorem normalizer::sine_or_cosine(node_id n) {
  theorem same = kernel_.reflexive(n);
  bool sine = tape_.op(n) == opcode::sin;
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (p.is_zero()) {
    auto t = try_rule(sine ? "sin-zero" : "cos-zero", f, term(f, rational(0)), term(f, rational(0)));
    return t && t->says().left == n ? *t : same;
  }
  if (tape_.op(a) == opcode::asin || tape_.op(a) == opcode::atan) {
    std::string_view row = tape_.op(a) == opcode::asin ? (sine ? "sin-asin" : "cos-asin") : (sine ? "sin-atan" : "cos-atan");
    term x(f, tape_.arg(a, 0));
    auto t = try_rule(row, f, x, x);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (p.terms.begin()->second < 0) return odd_function(n);
  const auto& [lead, c] = *p.terms.begin();
  // A whole multiple of an angle, or of a part of pi.
  const bool of_pi = is_multiple_of_pi(tape_, p);
  const rational unit(1, of_pi ? denominator(c) : 1);
  if (of_pi && c == unit) return special_angle(n);
  const bool multiple = p.terms.size() == 1 && is_integer(c / unit) && c > unit && c <= (of_pi ? 24 : 4) * unit;
  if (of_pi && special_row(sine, denominator(c)).empty()) return same;
  if (!multiple && (p.terms.size() < 2 || p.terms.size() > 4)) return same;
  polynomial first{p.axes, {*p.terms.begin()}}, rest{p.axes, {std::next(p.terms.begin()), p.terms.end()}};
  if (multiple) {
    first.terms.begin()->second = unit;
    rest.terms.emplace(lead, c - unit);
  }
  auto t = try_rule(sine ? "sin-sum" : "cos-sum", f, term(f, tape_.whole(to_node(tape_, first))),
                    term(f, tape_.whole(to_node(tape_, rest))));
  if (!t || tape_.op(t->says().left) != tape_.op(n)) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

// --- what the rest of the proof layer asks

void normalizer::use_equation(const theorem& t) {
  memo_.clear();
  try {
    read_equation(t);
  } catch (const too_large&) {
    // an equation that cannot be written out is not used
  }
}

void normalizer::read_equation(const theorem& t) {
  const claim& c = t.says();
  recording_signs signs(facts_);
  expander x = make_expander(signs, {});
  polynomial left = x.of(c.left), d = left;
  x.add(d, x.of(c.right), -1);
  if (d.is_zero()) return;
  // The product to replace: a sum, or the highest power, or a symbol alone.
  auto weight = [&](const monomial& m) {
    int w = 0;
    if (!m.bound.empty()) w += 1000;
    if (m.factors.size() == 1 && is_node(m.factors[0].node) && whole(m.factors[0].power) && m.factors[0].power >= 2)
      w += 500 + static_cast<int>(std::min<std::int64_t>(m.factors[0].power.numerator(), 100));  // or it would reduce to itself
    for (const factor& f : m.factors)
      if (is_node(f.node) && tape_.op(f.node) == opcode::symbol) w += 10;
    if (left.terms.contains(m)) w += 5;
    return w;
  };
  auto best = std::ranges::max_element(d.terms, {}, [&](const auto& term) { return weight(term.first); });
  if (best->first.factors.empty()) return;
  const monomial m = best->first;
  const rational k = best->second;
  node_id pattern = to_node(tape_, m, 1, d.axes);
  // pattern = left/k + (pattern - left/k), a ring identity; then left may be replaced.
  polynomial remainder = x.zero(d.axes);
  remainder.terms[m] = 1;
  x.add(remainder, left, -1 / k);
  std::vector<edge> sum{tape_.whole(tape_.mul(d.axes, std::array<edge, 2>{edge{tape_.constant(1 / k), {}}, tape_.whole(c.left)})),
                        tape_.whole(to_node(tape_, remainder))};
  node_id split = tape_.add(d.axes, sum);
  polynomial replacement = x.zero(d.axes);
  replacement.terms[m] = 1;
  x.add(replacement, d, -1 / k);
  node_id result = to_node(tape_, replacement);
  auto first = ring(pattern, split);
  auto second = ring(split, result, {t});
  if (!first || !second) return;
  theorem equal = chain(*first, *second);
  bool straight = m.bound.empty() && m.factors.size() == 1 && is_node(m.factors[0].node) &&
                  m.factors[0].labels == tape::straight(d.axes.size()) &&
                  std::ranges::equal(tape_.out(m.factors[0].node), d.axes);
  if (straight && m.factors[0].power == 1 && tape_.op(m.factors[0].node) == opcode::symbol) {
    if (!tape_.mentions(result, tape_.symbol_of(m.factors[0].node))) leaves_.emplace(m.factors[0].node, equal);
    return;
  }
  if (straight && m.factors[0].power >= 2) {
    powers_.push_back(equal);
    return;
  }
  products_.push_back({d.axes, m, pattern, equal, false});
}

std::optional<theorem> normalizer::establish(relation is, node_id n) {
  if (auto t = facts_.find(is, n)) return t;
  if (depth_ > 6) return std::nullopt;
  int depth = depth_;
  try {
    return derive_sign(is, n);
  } catch (const too_large&) {
    depth_ = depth;
    return std::nullopt;
  }
}

// x^u and x^v of x^(u + v) and of x^(u*v), but for numbers u and v.
std::vector<node_id> normalizer::parts_of_power(node_id n) {
  const edge x = tape_.arg(n, 0), y = tape_.arg(n, 1);
  const std::vector<range_id> out(tape_.out(n).begin(), tape_.out(n).end());
  std::vector<node_id> r;
  if ((tape_.op(y.node) != opcode::add && tape_.op(y.node) != opcode::mul) || tape_.bound_count(y.node) > 0) return r;
  if (y != tape_.whole(y.node) || !std::ranges::equal(tape_.out(y.node), out)) return r;
  for (const edge& part : tape_.args(y.node).copy())
    if (!tape_.is_constant(part.node)) r.push_back(tape_.make(opcode::pow, out, {}, reduction::none, std::array{x, part}));
  return r;
}

std::optional<theorem> normalizer::derive_sign(relation is, node_id n) {
  ++depth_;
  std::optional<theorem> result;
  normal reduced = of(n);
  auto back = [&](const theorem& equal, const theorem& sign) { return kernel_.transfer(kernel_.symmetric(equal), sign); };
  if (is == relation::real_power) {
    if (tape_.op(n) == opcode::pow) {  // it is a claim about how the power is written: look at its base
      std::vector<theorem> premises;
      for (const edge& e : tape_.args(n).copy())  // the tape may grow
        for (relation r : {relation::positive, relation::nonnegative, relation::nonzero, relation::integer})
          if (auto t = establish(r, e.node)) premises.push_back(*t);
      for (node_id part : parts_of_power(n))
        if (auto t = establish(is, part)) premises.push_back(*t);
      if (kernel_.sign_follows(is, n, premises)) result = kernel_.sign(is, n, premises);
    }
    --depth_;
    return result;
  }
  if (auto t = facts_.find(is, reduced.node)) result = back(reduced.equal, *t);
  if (!result && (tape_.op(n) == opcode::mul || tape_.op(n) == opcode::power)) {  // factor by factor, as it is written
    relation each = is == relation::nonnegative && tape_.op(n) == opcode::power ? relation::positive : is;
    for (const edge& e : tape_.args(n).copy()) establish(each, e.node);
    result = facts_.find(is, n);
  }
  if (!result && form_ == form::full) {
    if (auto f = factor_out(reduced.node)) {
      node_id written = f->equal.says().right;
      if (auto t = facts_.find(is, written)) result = back(chain(reduced.equal, f->equal), *t);
    }
  }
  if (!result && (is == relation::positive || is == relation::nonnegative || is == relation::nonzero)) {
    // n = known + difference
    for (const theorem& known : facts_.stated()) {
      relation r = known.says().is;
      if (r != relation::positive && r != relation::nonnegative) continue;
      node_id k = known.says().left;
      if (!std::ranges::equal(tape_.out(k), tape_.out(n))) continue;
      std::array<edge, 2> minus{edge{tape_.constant(-1), {}}, tape_.whole(k)};
      node_id negative = tape_.mul(tape_.out(n), minus);
      std::array<edge, 2> parts{tape_.whole(reduced.node), tape_.whole(negative)};
      node_id difference = to_node(tape_, expand(tape_.add(tape_.out(n), parts)));
      std::array<edge, 2> again{tape_.whole(k), tape_.whole(difference)};
      node_id sum = tape_.add(tape_.out(n), again);
      facts_.find(relation::nonnegative, difference);
      auto t = facts_.find(is, sum);
      auto same = t ? ring(reduced.node, sum) : std::nullopt;
      if (!same) continue;
      result = back(chain(reduced.equal, *same), *t);
      break;
    }
    if (!result)
      if (auto t = sign_of_product(is, reduced.node)) result = back(chain(reduced.equal, t->first), t->second);
  }
  --depth_;
  if (result) facts_.add(*result);
  return result;
}

// n = c*u*v with u and v of known sign: x^2 - 1 is not 0 where neither x - 1 nor x + 1 is.
std::optional<std::pair<theorem, theorem>> normalizer::sign_of_product(relation is, node_id n) {
  const polynomial p = expand(n);
  if (p.terms.size() < 2) return std::nullopt;
  std::vector<node_id> known;
  for (const theorem& t : facts_.stated()) {
    node_id u = t.says().left;
    bool fits = tape_.op(u) == opcode::add && std::ranges::equal(tape_.out(u), tape_.out(n)) && t.says().is != relation::integer;
    if (fits && std::ranges::find(known, u) == known.end() && known.size() < 12) known.push_back(u);
  }
  for (std::size_t i = 0; i < known.size(); ++i)
    for (std::size_t j = i; j < known.size(); ++j) {
      std::array<edge, 2> both{tape_.whole(known[i]), tape_.whole(known[j])};
      polynomial q = expand(tape_.mul(tape_.out(n), both));
      if (q.terms.size() != p.terms.size() || !(q.terms.begin()->first == p.terms.begin()->first)) continue;
      rational c = p.terms.begin()->second / q.terms.begin()->second;
      std::array<edge, 3> scaled{edge{tape_.constant(c), {}}, both[0], both[1]};
      node_id product = tape_.mul(tape_.out(n), scaled);
      auto t = facts_.find(is, product);
      auto same = t ? ring(n, product) : std::nullopt;
      if (same) return std::pair(*same, *t);
    }
  return std::nullopt;
}

std::optional<theorem> normalizer::equate(node_id a, node_id b) {
  int depth = depth_;
  try {
    return compare(a, b);
  } catch (const too_large&) {
    depth_ = depth;
    return std::nullopt;
  }
}

std::optional<theorem> normalizer::compare(node_id a, node_id b) {
  if (a == b) return kernel_.reflexive(a);
  normal na = of(a), nb = of(b);
  if (na.node == nb.node) return chain(na.equal, kernel_.symmetric(nb.equal));
  auto middle = ring(na.node, nb.node);
  if (!middle) {
    // Bring the difference into normal form: cancellation may let a hypothesis apply.
    std::array<edge, 2> minus{edge{tape_.constant(-1), {}}, tape_.whole(nb.node)};
    node_id negative = tape_.mul(tape_.out(a), minus);
    std::array<edge, 2> parts{tape_.whole(na.node), tape_.whole(negative)};
    node_id difference = tape_.add(tape_.out(a), parts);
    normal nd = of(difference);
    node_id zero = tape_.identity(tape_.out(a), {tape_.constant(0), {}});
    auto vanishes = ring(nd.node, zero);
    if (!vanishes) {
      auto f = factor_out(nd.node);
      if (!f || f->sum == none) return std::nullopt;
      normal ns = of(f->sum);
      auto gone = ring(ns.node, zero);
      if (!gone) return std::nullopt;
      auto product = ring(f->equal.says().right, zero, {chain(ns.equal, *gone)});
      if (!product) return std::nullopt;
      vanishes = chain(f->equal, *product);
    }
    theorem d = chain(nd.equal, *vanishes);  // a - b = 0
    std::array<edge, 2> again{tape_.whole(nb.node), tape_.whole(difference)};
    node_id sum = tape_.add(tape_.out(a), again);  // a = b + (a - b)
    auto first = ring(na.node, sum);
    auto second = ring(sum, nb.node, {d});
    if (!first || !second) return std::nullopt;
    middle = chain(*first, *second);
  }
  return chain(chain(na.equal, *middle), kernel_.symmetric(nb.equal));
}

}  // namespace wengert
