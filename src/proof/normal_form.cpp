// The normal form: the sweep over the nodes, sums and products, and what the rest of the proof layer asks.
#include <wengert/proof/normal_form.hpp>

#include <algorithm>
#include <array>

#include <wengert/core/registry.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/proof/match.hpp>

#include "exponents.hpp"

namespace wengert {

namespace {

constexpr int deepest = 40;                          // rules applied inside rules
constexpr std::size_t most_multiplied_out = 20'000;  // work to see that a light form is equal

// One level more, until the scope is left, by whatever way.
class deeper {
 public:
  explicit deeper(int& depth) : depth_(depth) { ++depth_; }
  ~deeper() { --depth_; }
  deeper(const deeper&) = delete;
  deeper& operator=(const deeper&) = delete;

 private:
  int& depth_;
};

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
  const deeper level(depth_);
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
  return memo_.at(root);
}

// What cannot be written out stays as it is.
normal normalizer::compute_or_leave(node_id n) {
  try {
    return compute(n);
  } catch (const too_large&) {
    return {n, kernel_.reflexive(n)};
  }
}

normal normalizer::compute(node_id n) {
  if (stays_whole(n)) return {n, kernel_.reflexive(n)};
  if (is_leaf(tape_.op(n))) {
    const theorem t = replaced(kernel_.reflexive(n));
    return {t.says().right, t};
  }
  theorem t = arguments_first(n);
  node_id m = t.says().right;
  if (auto it = memo_.find(m); it != memo_.end() && m != n) {
    t = chain(t, it->second.equal);
    return {t.says().right, t};
  }
  t = replaced(chain(t, is_arithmetic(tape_, m) ? arithmetic(m) : function(m)));
  return {t.says().right, t};
}

// With what an equation puts in the place of the right side.
theorem normalizer::replaced(const theorem& t) {
  const auto it = replaced_.find(t.says().right);
  return it == replaced_.end() ? t : chain(t, then_normalize(it->second));
}

theorem normalizer::arguments_first(node_id n) {
  std::vector<std::optional<theorem>> premises;
  bool changed = false;
  const bool power = tape_.op(n) == opcode::power;
  const bool root = power && !is_integer(tape_.value(n)), divides = power && tape_.value(n) < 0;
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
    if (divides && tape_.op(e.node) == opcode::mul && tape_.op(it->second.node) == opcode::add)  // nor a product like one
      if (auto t = facts_.find(relation::nonzero, e.node)) facts_.add(kernel_.transfer(it->second.equal, *t));
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
      if (learn_diagonal(f)) return kernel_.reflexive(n);
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

// Learns what a function, or a root, of a table is on the diagonal at which a factor reads it: abs(x[i] - x[j]) at i = j is 0.
bool normalizer::learn_diagonal(const factor& f) {
  const bool function = tape_.arity(f.node) == 1 && find_function(tape_.op(f.node));
  const bool root = tape_.op(f.node) == opcode::add && !(whole(f.power) && f.power > 0);
  if (f.labels.size() < 2 || !(function || root)) return false;
  const edge u = function ? edge(tape_.arg(f.node, 0)) : tape_.whole(f.node);
  if (u != tape_.whole(u.node) || !std::ranges::equal(tape_.out(f.node), tape_.out(u.node))) return false;
  std::vector<range_id> out;
  std::vector<label> seen, labels;
  for (std::size_t k = 0; k < f.labels.size(); ++k) {
    if (f.labels[k].is_constant() || f.labels[k].offset != 0) return false;
    const auto axis = static_cast<std::size_t>(std::ranges::find(seen, f.labels[k]) - seen.begin());
    if (axis == seen.size()) {
      seen.push_back(f.labels[k]);
      out.push_back(tape_.out(f.node)[k]);
    } else if (out[axis] != tape_.out(f.node)[k]) {
      return false;
    }
    labels.push_back(label::of_axis(axis));
  }
  if (seen.size() == labels.size() || !diagonals_.insert({f.node, labels, f.power}).second) return false;
  const node_id there = tape_.identity(out, {u.node, labels});
  const normal argument = of(there);
  if (tape_.op(argument.node) == opcode::identity && tape_.arg(argument.node, 0).node == u.node) return false;
  const edge read = tape_.whole(there);
  std::optional<theorem> same;  // what is read on the diagonal is the function of what its argument is there
  if (function) {
    const opcode op = tape_.op(f.node);
    same =
        kernel_.symmetric(kernel_.lift(tape_.make(op, out, {}, reduction::none, std::span(&read, 1), tape_.attribute(f.node))));
    if (same->says().left != tape_.identity(out, {f.node, labels})) return false;
  } else {
    const rational power(f.power.numerator(), f.power.denominator());
    same = ring(tape_.power(out, {f.node, labels}, power), tape_.power(out, read, power), {}, std::array{f.node});
  }
  if (!same) return false;
  const theorem equal = chain(*same, then_normalize(with_argument(same->says().right, 0, argument.equal)));
  products_.push_back({out, {{}, {{f.node, labels, function ? 1 : f.power}}}, same->says().left, equal, false});
  return true;
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

// --- what the rest of the proof layer asks

void normalizer::use_equation(const theorem& t) {
  memo_.clear();
  try {
    read_both_ways(t);
  } catch (const too_large&) {
    // an equation that cannot be written out is not used
  }
  memo_.clear();
}

// As it is written, and of the normal forms.
void normalizer::read_both_ways(const theorem& t) {
  const theorem open = opened(t);
  read_equation(t);
  if (open.says().left != t.says().left) read_equation(open);
}

// The equation of the normal forms, if it says what number a power of one atom is: exp(x)^-1 = 3 for exp(-x) + 1 = 4.
theorem normalizer::opened(const theorem& t) {
  const claim& c = t.says();
  const normal left = of(c.left), right = of(c.right);
  polynomial p = expand(left.node);
  p.terms.erase(monomial{});
  const polynomial number = expand(right.node);
  const bool is_number = number.is_zero() || (number.terms.size() == 1 && number.terms.begin()->first == monomial{});
  if (!is_number || p.terms.size() != 1 || p.terms.begin()->first.factors.size() != 1) return t;
  return chain(kernel_.symmetric(left.equal), chain(t, right.equal));
}

// From 1/u = c, a number: u = 1/c.
std::optional<theorem> normalizer::reciprocal(const theorem& equal) {
  const node_id u = tape_.arg(equal.says().left, 0).node;
  const std::vector<range_id> axes(tape_.out(u).begin(), tape_.out(u).end());
  const polynomial c = expand(equal.says().right);
  if (c.terms.size() != 1 || !(c.terms.begin()->first == monomial{}) || !facts_.known(relation::nonzero, u)) return std::nullopt;
  const node_id twice = tape_.power(axes, tape_.whole(equal.says().left), -1);
  const auto first = ring(u, twice);
  return first ? std::optional(chain(*first, with_argument(twice, 0, equal))) : std::nullopt;
}

bool normalizer::is_number_by_equation(node_id n) const {
  const auto it = replaced_.find(n);
  return it != replaced_.end() &&
         tape_.is_constant(tape_.arity(it->second.says().right) == 1 ? tape_.arg(it->second.says().right, 0).node
                                                                     : it->second.says().right);
}

void normalizer::replace(const theorem& equal) {
  memo_.clear();
  replaced_.emplace(equal.says().left, equal);
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
    if (m.bound.empty() && m.factors.empty()) return -1;
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
  if (straight && m.factors[0].power == 1) {
    const node_id atom = m.factors[0].node;
    if (!std::ranges::binary_search(tape_.reachable(result), atom)) replaced_.emplace(atom, equal);
    return;
  }
  if (straight && m.factors[0].power >= 2) {
    powers_.push_back(equal);
    return;
  }
  if (straight && m.factors[0].power == -1)
    if (auto inverted = reciprocal(equal)) return read_both_ways(*inverted);
  products_.push_back({d.axes, m, pattern, equal, false});
}

std::optional<theorem> normalizer::establish(relation is, node_id n) {
  if (auto t = facts_.find(is, n)) return t;
  if (depth_ > 6) return std::nullopt;
  try {
    return derive_sign(is, n);
  } catch (const too_large&) {
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
  const deeper level(depth_);
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
    return result;
  }
  if (auto t = facts_.find(is, reduced.node)) result = back(reduced.equal, *t);
  if (!result && (tape_.op(n) == opcode::mul || tape_.op(n) == opcode::power)) {  // factor by factor, as it is written
    relation each = is == relation::nonnegative && tape_.op(n) == opcode::power ? relation::positive : is;
    for (const edge& e : tape_.args(n).copy()) establish(each, e.node);
    result = facts_.find(is, n);
  }
  if (!result) result = sign_of_choice(is, n);
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
  if (result) facts_.add(*result);
  return result;
}

std::vector<node_id> normalizer::choices_of_factors(node_id n) {
  if (tape_.op(n) != opcode::select) return {};
  const std::vector<edge> args = tape_.args(n).copy();
  const std::size_t taken = tape_.is_constant(args[2].node, 1) ? 3 : 2;
  const node_id product = args[taken].node;
  if (!tape_.is_constant(args[5 - taken].node, 1) || tape_.op(product) != opcode::mul || tape_.bound_count(product) > 0)
    return {};
  std::vector<node_id> r;
  auto add = [&](const edge& factor) {
    std::vector<edge> choice = args;
    choice[taken] = seen_through(factor, args[taken].labels);
    r.push_back(tape_.select(tape_.out(n), tape_.comparison_of(n), choice[0], choice[1], choice[2], choice[3]));
  };
  for (const edge& factor : tape_.args(product).copy()) {
    const bool power = tape_.op(factor.node) == opcode::power && is_integer(tape_.value(factor.node));
    if (!power || is_even_integer(tape_.value(factor.node))) {
      add(factor);
      continue;
    }
    const std::vector<range_id> axes(tape_.out(factor.node).begin(), tape_.out(factor.node).end());
    const edge base = tape_.arg(factor.node, 0);  // base^e as base*base^(e - 1), an even power
    add({tape_.identity(axes, base), factor.labels});
    add({tape_.power(axes, base, tape_.value(factor.node) - 1), factor.labels});
  }
  return r;
}

// if(x = 0, 1, x*y) > 0 as if(x = 0, 1, x) > 0 and if(x = 0, 1, y) > 0.
std::optional<theorem> normalizer::sign_of_choice(relation is, node_id n) {
  std::vector<edge> choices;
  for (node_id c : choices_of_factors(n)) {
    if (!establish(is, c)) return std::nullopt;
    choices.push_back(tape_.whole(c));
  }
  if (choices.empty()) return std::nullopt;
  const node_id product = tape_.mul(tape_.out(n), choices);
  const auto known = facts_.find(is, product);
  const auto same = known ? ring(product, n) : std::nullopt;
  return same ? std::optional(kernel_.transfer(*same, *known)) : std::nullopt;
}

// n = c*u or c*u*v with u and v of known sign: x^2 - 1 is not 0 where 1 - x^2 is not, or where neither x - 1 nor x + 1 is.
std::optional<std::pair<theorem, theorem>> normalizer::sign_of_product(relation is, node_id n) {
  const polynomial p = expand(n);
  if (p.terms.size() < 2) return std::nullopt;
  std::vector<node_id> known;
  for (const theorem& t : facts_.stated()) {
    node_id u = t.says().left;
    bool fits = tape_.op(u) == opcode::add && std::ranges::equal(tape_.out(u), tape_.out(n)) && t.says().is != relation::integer;
    if (fits && std::ranges::find(known, u) == known.end() && known.size() < 12) known.push_back(u);
  }
  auto multiple_of = [&](std::vector<edge> factors) -> std::optional<std::pair<theorem, theorem>> {
    const polynomial q = expand(tape_.mul(tape_.out(n), factors));
    if (q.terms.size() != p.terms.size() || !(q.terms.begin()->first == p.terms.begin()->first)) return std::nullopt;
    factors.insert(factors.begin(), edge{tape_.constant(p.terms.begin()->second / q.terms.begin()->second), {}});
    const node_id product = tape_.mul(tape_.out(n), factors);
    const auto t = facts_.find(is, product);
    const auto same = t ? ring(n, product) : std::nullopt;
    return same ? std::optional(std::pair(*same, *t)) : std::nullopt;
  };
  for (node_id u : known)
    if (auto t = multiple_of({tape_.whole(u)})) return t;
  for (std::size_t i = 0; i < known.size(); ++i)
    for (std::size_t j = i; j < known.size(); ++j)
      if (auto t = multiple_of({tape_.whole(known[i]), tape_.whole(known[j])})) return t;
  return std::nullopt;
}

std::optional<theorem> normalizer::equate(node_id a, node_id b) {
  try {
    return compare(a, b);
  } catch (const too_large&) {
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
