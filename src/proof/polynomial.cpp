#include <wengert/proof/polynomial.hpp>

#include <algorithm>
#include <array>
#include <tuple>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>

#include "canonical_order.hpp"
#include "exponents.hpp"

namespace wengert {

namespace {

constexpr std::int64_t largest_power = 1 << 20;  // exponents beyond this stay inside their atom

bool is_whole(const exponent& e) { return e.denominator() == 1; }

std::optional<exponent> small_exponent(const rational& q) {
  big_integer n = numerator(q), d = denominator(q);
  if (abs(n) > largest_power || d > largest_power) return std::nullopt;
  return exponent(n.convert_to<std::int64_t>(), d.convert_to<std::int64_t>());
}

std::int64_t floor_of(const exponent& e) {
  std::int64_t q = e.numerator() / e.denominator();
  return q * e.denominator() > e.numerator() ? q - 1 : q;
}

rational whole_power(const rational& c, std::int64_t e) {
  const auto size = static_cast<unsigned>(std::abs(e));
  const big_integer n = pow(numerator(c), size), d = pow(denominator(c), size);
  return e >= 0 ? rational(n, d) : rational(d, n);
}

constexpr std::int64_t largest_offset = 1 << 29;  // so that sums of two offsets are numbers of 32 bits
constexpr std::size_t most_axes = 1 << 14;
constexpr std::int64_t most_written_out = 8;  // values of an index
constexpr int deepest = 300;  // products opened inside products: a power that reduces to itself would go on for ever

label shifted(label l, std::int64_t by) {
  std::int64_t offset = l.offset + by;
  if (std::abs(offset) > largest_offset) throw too_large();
  l.offset = static_cast<std::int32_t>(offset);
  return l;
}

label composed(const label& inner, std::span<const label> outer) {
  return inner.is_constant() ? inner : shifted(outer[static_cast<std::size_t>(inner.axis)], inner.offset);
}

// Replaces axis `axis` by `by` (a label over the same axes) everywhere.
void replace_axis(std::vector<factor>& factors, std::size_t axis, const label& by) {
  for (factor& f : factors)
    for (label& l : f.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) == axis) l = shifted(by, l.offset);
}

// Removes bound axis `axis`, which no factor carries any more.
void drop_axis(monomial& m, std::size_t axis, std::size_t free) {
  m.bound.erase(m.bound.begin() + static_cast<std::ptrdiff_t>(axis - free));
  for (factor& f : m.factors)
    for (label& l : f.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) > axis) --l.axis;
}

bool carries(const monomial& m, std::size_t axis) {
  for (const factor& f : m.factors)
    for (const label& l : f.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) == axis) return true;
  return false;
}

range_id axis_range(std::size_t axis, const monomial& m, std::span<const range_id> axes) {
  return axis < axes.size() ? axes[axis] : m.bound[axis - axes.size()];
}

// The least and greatest value of a label.
range values_of(const tape& t, const label& l, const monomial& m, std::span<const range_id> axes) {
  if (l.is_constant()) return {l.value(), l.value()};
  range r = t.range_of(axis_range(static_cast<std::size_t>(l.axis), m, axes));
  r.lo.offset += l.offset;
  r.hi.offset += l.offset;
  return r;
}

bool inside(const tape& t, const range& a, const range& b) {
  return a == b || (t.surely_le(b.lo, a.lo) && t.surely_le(a.hi, b.hi));
}

bool surely_less(const tape& t, affine a, const affine& b) {
  ++a.offset;
  return t.surely_le(a, b);
}

bool is_delta(const factor& f) { return f.node == delta_atom && f.power == 1; }

}  // namespace

void expander::options::rewrite_by(const tape& t, node_id left, node_id right) {
  if (opaque.contains(left)) return;
  if (t.op(left) == opcode::power && is_integer(t.value(left)) && t.value(left) >= 2 && t.value(left) <= 64) {
    edge_view base = t.arg(left, 0);
    opcode op = t.op(base.node);
    bool atom = op != opcode::add && op != opcode::mul && op != opcode::identity && op != opcode::power && op != opcode::select;
    if (atom && std::ranges::equal(base.labels, tape::straight(t.rank(left))) &&
        std::ranges::equal(t.out(left), t.out(base.node))) {
      power_rewrite.emplace(base.node, std::pair(numerator(t.value(left)).convert_to<std::int64_t>(), right));
      return;
    }
  }
  rewrite.emplace(left, right);
}

expander::expander(tape& t, sign_source& signs, options o) : t_(t), signs_(signs), options_(std::move(o)) {}

bool expander::is_indicator(node_id n) const {
  return n < index_atom && t_.op(n) == opcode::select && t_.is_constant(t_.arg(n, 2).node, 1) &&
         t_.is_constant(t_.arg(n, 3).node, 0);
}

bool expander::known(relation is, node_id n) {
  if (n >= index_atom) return false;
  switch (t_.op(n)) {
    case opcode::constant:
      return is == relation::positive ? t_.value(n) > 0 : is == relation::nonnegative ? t_.value(n) >= 0 : t_.value(n) != 0;
    case opcode::dim_value:
    case opcode::pi: return true;
    default: return signs_.known(is, n);
  }
}

// --- expansion of nodes

std::vector<node_id> expander::needs(node_id n) const {
  if (options_.opaque.contains(n)) return {};
  if (auto it = options_.rewrite.find(n); it != options_.rewrite.end()) return {it->second};
  if (auto it = options_.power_rewrite.find(n); it != options_.power_rewrite.end()) return {};
  std::vector<node_id> r;
  switch (t_.op(n)) {
    case opcode::identity:
      if (t_.red(n) != reduction::none && t_.red(n) != reduction::sum) return {};
      [[fallthrough]];
    case opcode::add:
    case opcode::mul:
    case opcode::power:
    case opcode::select:
      for (edge_view e : t_.args(n)) r.push_back(e.node);
      return r;
    default: return {};
  }
}

const polynomial& expander::of(node_id root) {
  if (auto it = memo_.find(root); it != memo_.end()) return it->second;
  std::vector<std::pair<node_id, bool>> stack{{root, false}};
  std::unordered_set<node_id> open;
  while (!stack.empty()) {
    auto [n, ready] = stack.back();
    stack.pop_back();
    if (memo_.contains(n)) continue;
    if (ready) {
      open.erase(n);
      memo_.emplace(n, compute(n));
      continue;
    }
    if (!open.insert(n).second) throw defect("ring: the rewriting of nodes goes in a circle");
    stack.emplace_back(n, true);
    for (node_id m : needs(n))
      if (!memo_.contains(m)) stack.emplace_back(m, false);
  }
  return memo_.at(root);
}

polynomial expander::atom(node_id n) const {
  polynomial p{{t_.out(n).begin(), t_.out(n).end()}, {}};
  p.terms[{{}, {{n, tape::straight(t_.rank(n)), exponent(1)}}}] = 1;
  return p;
}

polynomial expander::compute(node_id n) {
  if (options_.opaque.contains(n)) {
    met_opaque_.push_back(n);  // once: it is remembered
    return atom(n);
  }
  if (auto it = options_.rewrite.find(n); it != options_.rewrite.end()) {
    used_rewrites_.insert(n);
    return of(it->second);
  }
  std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end()), all(t_.axes(n).begin(), t_.axes(n).end());
  polynomial p = zero(out);
  switch (t_.op(n)) {
    case opcode::constant:
      if (t_.value(n) != 0) p.terms[{}] = t_.value(n);
      return p;
    case opcode::delta: push(p, {{}, {{delta_atom, tape::straight(2), exponent(1)}}}, 1); return p;
    case opcode::index_value: push(p, {{}, {{index_atom, tape::straight(1), exponent(1)}}}, 1); return p;
    case opcode::add:
      for (const edge& e : t_.args(n).copy()) add(p, read(of(e.node), e.labels, out));
      return p;
    case opcode::identity: {
      if (t_.red(n) != reduction::none && t_.red(n) != reduction::sum) return atom(n);
      edge e = t_.arg(n, 0);
      return summed(read(of(e.node), e.labels, all), out.size());
    }
    case opcode::mul: {
      polynomial q = zero(all);
      q.terms[{}] = 1;
      for (const edge& e : t_.args(n).copy()) q = times(q, read(of(e.node), e.labels, all));
      return summed(q, out.size());
    }
    case opcode::power: return power_of(n);
    case opcode::select: return options_.expand_products ? select_of(n) : atom(n);
    default: return atom(n);
  }
}

polynomial expander::power_of(node_id n) {
  std::optional<exponent> e = small_exponent(t_.value(n));
  if (!e) return atom(n);
  edge base = t_.arg(n, 0);
  std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
  polynomial result = zero(out);
  if (*e == 0) {
    result.terms[{}] = 1;
    return result;
  }
  const polynomial& p = of(base.node);
  if (p.terms.size() == 1 && p.terms.begin()->first.bound.empty()) {
    if (auto split = root(p.terms.begin()->first, p.terms.begin()->second, *e, base.node)) {
      polynomial q = zero(p.axes);
      push(q, std::move(split->m), split->coefficient);
      return read(q, base.labels, out);
    }
  }
  if (p.is_zero() && *e > 0) return result;
  factor f{base.node, base.labels, *e};
  polynomial one = zero(out);
  one.terms[{}] = 1;
  return times_power(one, f);
}

// (c * PROD f^k)^e, or nothing where the power may not be taken apart. `base` is the node of the product.
std::optional<expander::piece> expander::root(const monomial& m, const rational& c, const exponent& e, node_id base) {
  piece r{{}, 1};
  bool whole = is_whole(e);
  for (const factor& f : m.factors)
    if (f.node == delta_atom || f.node == index_atom)
      if (!(whole && e > 0)) return std::nullopt;
  if (whole) {
    if (std::abs(e.numerator()) > 4096) return std::nullopt;
    r.coefficient = whole_power(c, e.numerator());
    for (const factor& f : m.factors) {  // (a^p)^e = a^pe needs a >= 0 where p is no whole number
      bool fine = is_whole(f.power) || e == 1 || known(relation::positive, f.node) ||
                  (f.power > 0 && e > 0 && known(relation::nonnegative, f.node));
      if (!fine) return std::nullopt;
      r.m.factors.push_back({f.node, f.labels, f.power * e});
    }
    return r;
  }
  if (c < 0) return std::nullopt;
  if (!options_.expand_products && (c != 1 || m.factors.size() > 1)) return std::nullopt;
  // Positive factors may leave the root; at most one other may stay, and then the whole must be known to be >= 0.
  std::size_t unknown = 0;
  for (const factor& f : m.factors) {
    bool positive_factor = known(relation::positive, f.node);
    if (!positive_factor) ++unknown;
    bool odd = is_whole(f.power) && f.power.numerator() % 2 != 0;
    bool fine = positive_factor || (f.power * e > 0 && f.power > 0 &&
                                    (known(relation::nonnegative, f.node) ||
                                     (odd && (known(relation::nonnegative, base) || known(relation::positive, base)))));
    if (!fine) return std::nullopt;
    r.m.factors.push_back({f.node, f.labels, f.power * e});
  }
  if (unknown > 1) {
    for (const factor& f : m.factors)
      if (!known(relation::positive, f.node) && !known(relation::nonnegative, f.node)) return std::nullopt;
  }
  // The coefficient as a product of prime powers.
  auto take = [&](const big_integer& v, int sign) {
    if (v > big_integer("1000000000000")) {
      r.m.factors.push_back({t_.constant(rational(v)), {}, sign * e});
      return;
    }
    auto x = v.convert_to<std::uint64_t>();
    for (std::uint64_t p = 2; p * p <= x; ++p)
      for (; x % p == 0; x /= p) r.m.factors.push_back({t_.constant(static_cast<std::int64_t>(p)), {}, sign * e});
    if (x > 1) r.m.factors.push_back({t_.constant(static_cast<std::int64_t>(x)), {}, sign * e});
  };
  take(numerator(c), 1);
  take(denominator(c), -1);
  return r;
}

// select(c, x, y) is [c]*x + (1 - [c])*y, where the indicator [c] is select(c, 1, 0), or a delta if c says that two indices are
// equal. Indicators are written with = and < only: [a != b] = 1 - [a = b], [a <= b] = 1 - [b < a].
polynomial expander::select_of(node_id n) {
  std::vector<edge> args = t_.args(n).copy();
  std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
  comparison c = t_.comparison_of(n);
  if (c == comparison::ne || c == comparison::le) std::swap(args[2], args[3]);
  if (c == comparison::le) std::swap(args[0], args[1]);
  c = c == comparison::ne ? comparison::eq : c == comparison::le ? comparison::lt : c;
  polynomial then = read(of(args[2].node), args[2].labels, out), other = read(of(args[3].node), args[3].labels, out);
  polynomial when = indicator(c, args[0], args[1], out);
  add(then, other, -1);
  polynomial result = times(when, then);
  add(result, other);
  return result;
}

// The label whose value p is: an index or a dimension, and a whole number.
std::optional<label> expander::as_label(const polynomial& p) const {
  std::optional<label> base;
  std::int64_t offset = 0;
  for (const auto& [m, c] : p.terms) {
    const bool number = m == monomial{}, one = c == 1 && m.bound.empty() && m.factors.size() == 1 && m.factors[0].power == 1;
    if (number && is_integer(c) && abs(c) <= largest_offset) {
      offset = numerator(c).convert_to<std::int64_t>();
    } else if (one && !base && m.factors[0].node == index_atom) {
      base = m.factors[0].labels[0];
    } else if (one && !base && m.factors[0].node < index_atom && t_.op(m.factors[0].node) == opcode::dim_value) {
      base = label::of_dim(t_.dim_of(m.factors[0].node), 0);
    } else {
      return std::nullopt;
    }
  }
  return shifted(base.value_or(label::of_integer(0)), offset);
}

polynomial expander::indicator(comparison c, edge a, edge b, std::span<const range_id> out) {
  polynomial left = read(of(a.node), a.labels, out), right = read(of(b.node), b.labels, out), result = zero(out);
  const std::optional<label> i = as_label(left), j = as_label(right);
  if (c == comparison::eq && i && j && !(i->is_constant() && j->is_constant())) {
    push(result, {{}, {{delta_atom, {*i, *j}, exponent(1)}}}, 1);
    return result;
  }
  polynomial difference = left;
  add(difference, right, -1);
  bool number = difference.is_zero() || (difference.terms.size() == 1 && difference.terms.begin()->first == monomial{});
  if (number) {
    rational d = difference.is_zero() ? rational(0) : difference.terms.begin()->second;
    if (c == comparison::eq ? d == 0 : d < 0) result.terms[{}] = 1;
    return result;
  }
  if (c == comparison::eq && std::tie(b.node, b.labels) < std::tie(a.node, a.labels)) std::swap(a, b);
  // Over its axes in the order in which a and b read them, so that it is one node wherever these stand in `out`.
  std::vector<std::size_t> from;
  frame f{t_, {}};
  for (edge* side : {&a, &b})
    for (label& l : side->labels) {
      if (l.is_constant()) continue;
      const auto k = static_cast<std::size_t>(std::ranges::find(from, static_cast<std::size_t>(l.axis)) - from.begin());
      if (k == from.size()) {
        from.push_back(static_cast<std::size_t>(l.axis));
        f.axes.push_back(out[from[k]]);
      }
      l.axis = static_cast<std::int16_t>(k);
    }
  edge e = wengert::select(c, term(f, a), term(f, b), term(f, 1), term(f, 0)).as_edge();
  for (label& l : e.labels) l.axis = static_cast<std::int16_t>(from[static_cast<std::size_t>(l.axis)]);
  push(result, {{}, {{e.node, e.labels, exponent(1)}}}, 1);
  return result;
}

// --- arithmetic

void expander::add(polynomial& into, const polynomial& p, const rational& scale) {
  for (const auto& [m, c] : p.terms) {
    auto [it, fresh] = into.terms.try_emplace(m, 0);
    it->second += scale * c;
    if (it->second == 0) into.terms.erase(it);
  }
  check(into);
}

polynomial expander::times(const polynomial& a, const polynomial& b) {
  polynomial r = zero(a.axes);
  if (!options_.expand_products && (a.terms.size() > 1 || b.terms.size() > 1)) {
    // Sums stay atoms, unless the other factor is a mere number.
    auto number = [](const polynomial& p) {
      return p.terms.size() == 1 && p.terms.begin()->first.factors.empty() && p.terms.begin()->first.bound.empty();
    };
    if (a.is_zero() || b.is_zero()) return r;
    if (!number(a) && !number(b)) {
      auto closed = [&](const polynomial& p) {
        if (p.terms.size() == 1) return p;
        polynomial q = zero(p.axes);
        node_id n = to_node(t_, p);
        q.terms[{{}, {{n, tape::straight(t_.rank(n)), exponent(1)}}}] = 1;
        return q;
      };
      polynomial x = closed(a), y = closed(b);
      return times(x, y);
    }
  }
  std::size_t free = a.axes.size();
  for (const auto& [ma, ca] : a.terms) {
    for (const auto& [mb, cb] : b.terms) {
      monomial m = ma;
      if (free + ma.bound.size() + mb.bound.size() > most_axes) throw too_large();
      m.bound.insert(m.bound.end(), mb.bound.begin(), mb.bound.end());
      for (factor f : mb.factors) {
        for (label& l : f.labels)
          if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= free)
            l.axis = static_cast<std::int16_t>(l.axis + static_cast<std::int16_t>(ma.bound.size()));
        m.factors.push_back(std::move(f));
      }
      push(r, std::move(m), ca * cb);
    }
  }
  return r;
}

polynomial expander::times_power(const polynomial& p, const factor& f) {
  polynomial r = zero(p.axes);
  for (const auto& [m, c] : p.terms) {
    monomial x = m;
    x.factors.push_back(f);
    push(r, std::move(x), c);
  }
  return r;
}

polynomial expander::read(const polynomial& p, std::span<const label> labels, std::span<const range_id> axes) {
  bool same =
      p.axes.size() == axes.size() && std::ranges::equal(p.axes, axes) && std::ranges::equal(labels, tape::straight(axes.size()));
  if (same) return p;
  polynomial r = zero(axes);
  for (const auto& [m, c] : p.terms) {
    monomial x = m;
    std::vector<label> map(labels.begin(), labels.end());
    for (std::size_t k = 0; k < m.bound.size(); ++k) map.push_back(label::of_axis(axes.size() + k));
    for (factor& f : x.factors)
      for (label& l : f.labels) l = composed(l, map);
    push(r, std::move(x), c);
  }
  return r;
}

polynomial expander::summed(const polynomial& p, std::size_t first) {
  if (first == p.axes.size()) return p;
  polynomial r = zero(std::span(p.axes).first(first));
  for (const auto& [m, c] : p.terms) {
    monomial x = m;
    x.bound.insert(x.bound.begin(), p.axes.begin() + static_cast<std::ptrdiff_t>(first), p.axes.end());
    push(r, std::move(x), c);
  }
  return r;
}

polynomial expander::value_of(const affine& a, std::span<const range_id> axes) {
  polynomial p = zero(axes);
  if (a.offset != 0) p.terms[{}] = a.offset;
  if (a.dim != none) p.terms[{{}, {{t_.dim_value(a.dim), {}, exponent(1)}}}] = 1;
  return p;
}

// --- the normal form of one monomial

void expander::push(polynomial& p, monomial first, rational coefficient) {
  struct deeper {
    int& depth;
    explicit deeper(int& d) : depth(d) {
      if (++depth > deepest) {
        --depth;
        throw too_large();
      }
    }
    ~deeper() { --depth; }
  } level(depth_);
  if (p.axes.size() + first.bound.size() > most_axes) throw too_large();
  std::vector<piece> todo;
  todo.push_back({std::move(first), std::move(coefficient)});
  for (std::size_t steps = 0; !todo.empty();) {
    piece x = std::move(todo.back());
    todo.pop_back();
    if (!signs_.spend(1 + x.m.factors.size())) throw too_large();
    outcome o = outcome::changed;
    while (o == outcome::changed && x.coefficient != 0) {
      if (++steps > options_.cap) throw too_large();
      o = merge_powers(x);
      if (o == outcome::unchanged) o = contract_delta(x, p.axes);
      if (o == outcome::unchanged) o = evaluate_index(x, todo);
      if (o == outcome::unchanged) o = sum_out(x, p.axes, todo);
      if (o == outcome::unchanged) o = reduce_power(x, p.axes, p);
      if (o == outcome::unchanged) o = open_sum(x, p.axes, p);
    }
    if (o == outcome::gone || x.coefficient == 0) continue;
    canonical(x.m, p.axes.size());
    auto [it, fresh] = p.terms.try_emplace(std::move(x.m), 0);
    it->second += x.coefficient;
    if (it->second == 0) p.terms.erase(it);
    check(p);
  }
}

expander::outcome expander::merge_powers(piece& x) {
  std::vector<factor>& fs = x.m.factors;
  outcome o = outcome::unchanged;
  for (factor& f : fs) order_indices(f);
  std::sort(fs.begin(), fs.end());
  std::vector<factor> kept;
  for (std::size_t i = 0; i < fs.size();) {
    std::size_t j = i;
    while (j < fs.size() && fs[j].node == fs[i].node && fs[j].labels == fs[i].labels) ++j;
    node_id n = fs[i].node;
    if (n == delta_atom || is_indicator(n)) {  // 0 or 1: its powers are itself
      bool ordinary = std::all_of(fs.begin() + static_cast<std::ptrdiff_t>(i), fs.begin() + static_cast<std::ptrdiff_t>(j),
                                  [](const factor& f) { return f.power >= 1 && is_whole(f.power); });
      if (ordinary)
        kept.push_back({n, fs[i].labels, exponent(1)});
      else
        kept.insert(kept.end(), fs.begin() + static_cast<std::ptrdiff_t>(i), fs.begin() + static_cast<std::ptrdiff_t>(j));
      i = j;
      continue;
    }
    bool constant = n < index_atom && t_.is_constant(n);
    exponent up(0), down(0), all(0);
    bool fractions = false;
    for (std::size_t k = i; k < j; ++k) {
      all += fs[k].power;
      if (!is_whole(fs[k].power)) fractions = true;
      (fs[k].power > 0 ? up : down) += fs[k].power;
    }
    bool joint = j - i == 1;
    if (!joint) {
      if (!fractions)
        joint = up == 0 || down == 0 || known(relation::nonzero, n) || known(relation::positive, n);
      else
        joint = known(relation::positive, n) || (down == 0 && known(relation::nonnegative, n));
    }
    if (joint && constant) {  // whole powers of a number belong to the coefficient
      std::int64_t w = floor_of(all);
      bool sound = t_.value(n) > 0 || (is_whole(all) && (t_.value(n) != 0 || w > 0));
      if (sound && std::abs(w) <= 4096) {
        if (w != 0) x.coefficient *= whole_power(t_.value(n), w);
        all -= w;
      }
    }
    if (joint) {
      if (all != 0) kept.push_back({n, fs[i].labels, all});
    } else if (!fractions) {
      kept.push_back({n, fs[i].labels, down});
      kept.push_back({n, fs[i].labels, up});
    } else {
      kept.insert(kept.end(), fs.begin() + static_cast<std::ptrdiff_t>(i), fs.begin() + static_cast<std::ptrdiff_t>(j));
    }
    i = j;
  }
  fs = std::move(kept);
  return o;
}

expander::outcome expander::contract_delta(piece& x, std::span<const range_id> axes) {
  monomial& m = x.m;
  std::size_t free = axes.size();
  for (std::size_t k = 0; k < m.factors.size(); ++k) {
    if (!is_delta(m.factors[k])) continue;
    label a = m.factors[k].labels[0], b = m.factors[k].labels[1];
    auto erase = [&] { m.factors.erase(m.factors.begin() + static_cast<std::ptrdiff_t>(k)); };
    if (a == b) {
      erase();
      return outcome::changed;
    }
    range ra = values_of(t_, a, m, axes), rb = values_of(t_, b, m, axes);
    bool same_base = a.axis == b.axis && a.dim == b.dim && (!a.is_constant() || a.offset != b.offset);
    if ((same_base && a.offset != b.offset) || surely_less(t_, ra.hi, rb.lo) || surely_less(t_, rb.hi, ra.lo))
      return outcome::gone;
    // A bound index that must equal something is that thing.
    for (int turn = 0; turn < 2; ++turn, std::swap(a, b)) {
      if (a.is_constant() || static_cast<std::size_t>(a.axis) < free) continue;
      auto axis = static_cast<std::size_t>(a.axis);
      label to = shifted(b, -std::int64_t{a.offset});
      if (!b.is_constant() && b.axis == a.axis) continue;
      if (!inside(t_, values_of(t_, to, m, axes), t_.range_of(m.bound[axis - free]))) continue;
      erase();
      replace_axis(m.factors, axis, to);
      drop_axis(m, axis, free);
      return outcome::changed;
    }
    // Otherwise write the other factors with the lesser of the two.
    if (!a.is_constant() && (b.is_constant() || b.axis < a.axis)) std::swap(a, b);  // b is the greater: an axis
    if (b.is_constant()) continue;
    label to = shifted(a, -std::int64_t{b.offset});
    std::vector<label> tidy{to, label::of_axis(static_cast<std::size_t>(b.axis))};
    bool moved = m.factors[k].labels != tidy;
    m.factors[k].labels = tidy;
    auto axis = static_cast<std::size_t>(b.axis);
    if (inside(t_, values_of(t_, to, m, axes), t_.range_of(axis_range(axis, m, axes)))) {
      factor own = m.factors[k];
      erase();
      if (carries(m, axis)) moved = true;
      replace_axis(m.factors, axis, to);
      m.factors.insert(m.factors.begin() + static_cast<std::ptrdiff_t>(k), own);
    }
    if (moved) return outcome::changed;
  }
  return outcome::unchanged;
}

// index(c) is a number, index(i+c) = index(i) + c.
expander::outcome expander::evaluate_index(piece& x, std::vector<piece>& more) {
  for (factor& f : x.m.factors) {
    if (f.node != index_atom || f.power < 1 || !is_whole(f.power)) continue;
    label l = f.labels[0];
    if (!l.is_constant() && l.offset == 0) continue;
    piece rest = x;
    factor& g = rest.m.factors[static_cast<std::size_t>(&f - x.m.factors.data())];
    g.power -= 1;
    if (g.power == 0) rest.m.factors.erase(rest.m.factors.begin() + (&g - rest.m.factors.data()));
    if (l.offset != 0) {
      more.push_back(rest);
      more.back().coefficient *= l.offset;
    }
    if (!l.is_constant()) {
      rest.m.factors.push_back({index_atom, {label::of_axis(static_cast<std::size_t>(l.axis))}, exponent(1)});
      more.push_back(std::move(rest));
    } else if (l.dim != 0) {
      rest.m.factors.push_back({t_.dim_value(l.value().dim), {}, exponent(1)});
      more.push_back(std::move(rest));
    }
    return outcome::gone;
  }
  return outcome::unchanged;
}

// A bound index with one value is that value; one that no factor carries counts its range.
expander::outcome expander::sum_out(piece& x, std::span<const range_id> axes, std::vector<piece>& more) {
  monomial& m = x.m;
  for (std::size_t k = 0; k < m.bound.size(); ++k) {
    range r = t_.range_of(m.bound[k]);
    std::size_t axis = axes.size() + k;
    if (r.lo == r.hi) {
      if (std::abs(r.lo.offset) > largest_offset) throw too_large();
      replace_axis(m.factors, axis,
                   r.lo.dim == none ? label::of_integer(static_cast<std::int32_t>(r.lo.offset))
                                    : label::of_dim(r.lo.dim, static_cast<std::int32_t>(r.lo.offset)));
      drop_axis(m, axis, axes.size());
      return outcome::changed;
    }
    affine beyond = r.hi;
    ++beyond.offset;
    if (beyond == r.lo) return outcome::gone;  // an empty sum
    if (carries(m, axis) || !t_.surely_le(r.lo, beyond)) continue;
    drop_axis(m, axis, axes.size());
    polynomial count = value_of(beyond, axes);
    polynomial lo = value_of(r.lo, axes);
    add(count, lo, -1);
    for (const auto& [cm, cc] : count.terms) {
      piece part = x;
      part.coefficient *= cc;
      part.m.factors.insert(part.m.factors.end(), cm.factors.begin(), cm.factors.end());
      more.push_back(std::move(part));
    }
    return outcome::gone;
  }
  return outcome::unchanged;
}

// Whether an atom of rank 2 keeps its value when its indices are swapped: a symmetric matrix, or a function of something
// symmetric.
bool expander::is_symmetric(node_id n) {
  if (n >= index_atom || t_.rank(n) != 2 || t_.out(n)[0] != t_.out(n)[1]) return false;
  if (t_.op(n) == opcode::symbol) return t_.symbol(t_.symbol_of(n)).symmetric;
  bool matrix = t_.op(n) == opcode::inv || t_.op(n) == opcode::adj;  // symmetric if the matrix is
  if (options_.opaque.contains(n) || (t_.op(n) != opcode::add && !matrix && !find_function(t_.op(n)))) return false;
  if (auto it = symmetric_.find(n); it != symmetric_.end()) return it->second;
  symmetric_[n] = false;  // while it is being found out
  std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
  const std::vector<label> swapped{label::of_axis(1), label::of_axis(0)};
  std::vector<edge> parts{t_.whole(n)};
  if (t_.op(n) != opcode::add) parts = t_.args(n).copy();
  if (matrix) parts = {t_.whole(matrix_of(t_, n))};
  bool all = true;
  for (const edge& e : parts) {
    polynomial p = read(of(e.node), e.labels, out);
    all = all && read(p, swapped, out).terms == p.terms;
  }
  return symmetric_[n] = all;
}

// The indices of a symmetric atom in ascending order.
void expander::order_indices(factor& f) {
  if (f.labels.size() != 2 || !(f.labels[1] < f.labels[0]) || !is_symmetric(f.node)) return;
  std::swap(f.labels[0], f.labels[1]);
  for (node_id n : t_.reachable(f.node))
    if (t_.op(n) == opcode::symbol && t_.symbol(t_.symbol_of(n)).symmetric) used_symmetries_.insert(t_.symbol_of(n));
}

bool expander::is_sum(node_id n) {
  if (n >= index_atom || options_.opaque.contains(n) || is_indicator(n)) return false;
  if (options_.rewrite.contains(n)) return true;
  opcode o = t_.op(n);
  if (o != opcode::add && o != opcode::mul && o != opcode::identity && o != opcode::power && o != opcode::select) return false;
  const polynomial& p = of(n);
  if (p.terms.size() != 1) return true;
  const monomial& m = p.terms.begin()->first;
  return !(m.bound.empty() && m.factors.size() == 1 && m.factors[0].node == n && m.factors[0].power == 1);
}

// A positive whole power of a sum is multiplied out.
expander::outcome expander::open_sum(piece& x, std::span<const range_id> axes, polynomial& into) {
  for (std::size_t k = 0; k < x.m.factors.size(); ++k) {
    factor f = x.m.factors[k];
    if (f.power < 1 || f.node >= index_atom || !is_sum(f.node)) continue;
    if (!options_.expand_products && of(f.node).terms.size() > 1) continue;
    std::int64_t w = floor_of(f.power);
    if (!is_whole(f.power) && !known(relation::positive, f.node) && !known(relation::nonnegative, f.node)) continue;
    if (w > 64) continue;
    monomial rest = x.m;
    if (is_whole(f.power))
      rest.factors.erase(rest.factors.begin() + static_cast<std::ptrdiff_t>(k));
    else
      rest.factors[k].power -= w;
    // The product may hold bound axes of x, so multiply over all of them and sum at the end.
    std::vector<range_id> all(axes.begin(), axes.end());
    all.insert(all.end(), x.m.bound.begin(), x.m.bound.end());
    monomial unbound = rest;
    unbound.bound.clear();
    polynomial product = zero(all);
    push(product, std::move(unbound), x.coefficient);
    polynomial base = read(of(f.node), f.labels, all);
    for (std::int64_t i = 0; i < w; ++i) product = times(product, base);
    add(into, summed(product, axes.size()));
    return outcome::gone;
  }
  return outcome::unchanged;
}

// a^n with a premise a^k = b is a^(n-k)*b; for negative n only where b is a single product: a^n = a^(n+mk)*b^-m.
expander::outcome expander::reduce_power(piece& x, std::span<const range_id> axes, polynomial& into) {
  if (options_.power_rewrite.empty()) return outcome::unchanged;
  for (std::size_t k = 0; k < x.m.factors.size(); ++k) {
    factor f = x.m.factors[k];
    auto rule = options_.power_rewrite.find(f.node);
    if (rule == options_.power_rewrite.end() || !is_whole(f.power)) continue;
    auto [step, by] = rule->second;
    const polynomial& b = of(by);
    std::int64_t n = f.power.numerator(), times = n >= step ? 1 : 0;
    auto invertible = [&](const factor& g) {  // and nothing that would come round again
      return (is_whole(g.power) || known(relation::positive, g.node)) && !options_.power_rewrite.contains(g.node);
    };
    if (n < 0 && b.terms.size() == 1 && b.terms.begin()->first.bound.empty() &&
        std::ranges::all_of(b.terms.begin()->first.factors, invertible))
      times = -((-n + step - 1) / step);
    if (times == 0) continue;
    used_rewrites_.insert(f.node);
    x.m.factors[k].power -= times * step;
    if (x.m.factors[k].power == 0) x.m.factors.erase(x.m.factors.begin() + static_cast<std::ptrdiff_t>(k));
    if (times < 0) {
      const auto& [m, c] = *b.terms.begin();
      x.coefficient *= whole_power(c, times);
      for (factor g : m.factors) {
        for (label& l : g.labels) l = composed(l, f.labels);
        g.power *= times;
        x.m.factors.push_back(std::move(g));
      }
      return outcome::changed;
    }
    std::vector<range_id> all(axes.begin(), axes.end());
    all.insert(all.end(), x.m.bound.begin(), x.m.bound.end());
    monomial unbound = x.m;
    unbound.bound.clear();
    polynomial product = zero(all);
    push(product, std::move(unbound), x.coefficient);
    add(into, summed(this->times(product, read(b, f.labels, all)), axes.size()));
    return outcome::gone;
  }
  return outcome::unchanged;
}

// Sorts the factors, and numbers the bound axes anew. Any order of the axes will do; where the order depends on how they were
// numbered, equal monomials are missed, never confused.
void expander::canonical(monomial& m, std::size_t free) {
  const std::size_t n = m.bound.size();
  std::sort(m.factors.begin(), m.factors.end());
  if (n < 2) return;
  auto renumbered = [&](const std::vector<std::size_t>& order) {
    monomial r = m;
    std::vector<std::size_t> to(n, n);
    for (std::size_t k = 0; k < n; ++k) {
      if (to.at(order.at(k)) != n) throw defect("ring: the axes are no permutation");
      to[order[k]] = k;
      r.bound[k] = m.bound[order[k]];
    }
    for (factor& f : r.factors) {
      for (label& l : f.labels)
        if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= free)
          l.axis = static_cast<std::int16_t>(free + to[static_cast<std::size_t>(l.axis) - free]);
      if (f.node == delta_atom) std::ranges::sort(f.labels);
      order_indices(f);
    }
    std::sort(r.factors.begin(), r.factors.end());
    return r;
  };
  m = renumbered(canonical_order(m, free, renumbered, [&](node_id atom) { return is_symmetric(atom); }));
}

// --- deciding

bool expander::vanishes(polynomial p) {
  for (int round = 0; round < 64 && !p.is_zero(); ++round) {
    // Clear one denominator: the least power of an atom that is a sum and is read through free labels only.
    const factor* found = nullptr;
    for (const auto& [m, c] : p.terms) {
      for (const factor& f : m.factors) {
        if (f.power >= 0 || f.node >= index_atom || !is_sum(f.node)) continue;
        bool free_labels = std::ranges::all_of(
            f.labels, [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < p.axes.size(); });
        if (!free_labels || !(known(relation::nonzero, f.node) || known(relation::positive, f.node))) continue;
        if (!is_whole(f.power) && !known(relation::positive, f.node)) continue;
        if (!found || f.node > found->node || (f.node == found->node && f.labels == found->labels && f.power < found->power))
          found = &f;
      }
    }
    if (!found) {
      p = spread(p);
      return p.is_zero() || divided(std::move(p)).is_zero();
    }
    factor clear{found->node, found->labels, -found->power};
    p = times_power(p, clear);
  }
  return p.is_zero();
}

// A denominator P that is read at bound axes cannot be cleared. But where P is not 0 and has a leading product A, P = c*A + R, a
// term that holds A and a power of 1/P is  A*P^-k = (P^(1-k) - R*P^-k)/c.
polynomial expander::divided(polynomial p) {
  polynomial r = zero(p.axes);
  for (std::size_t steps = 0; !p.is_zero(); ++steps) {
    if (steps > options_.cap) throw too_large();
    auto [m, c] = *p.terms.begin();
    p.terms.erase(p.terms.begin());
    if (auto q = divide(m, c, p.axes))
      add(p, *q);
    else
      add(r, {r.axes, {{m, c}}});
  }
  return r;
}

namespace {

// The product of highest degree in a sum: then dividing by the sum lowers the degree, and comes to an end.
const std::pair<const monomial, rational>* leading(const polynomial& p) {
  auto degree = [](const auto& term) {
    exponent d(0);
    for (const factor& f : term.first.factors)
      if (f.power > 0) d += f.power;
    return d;
  };
  auto best = std::ranges::max_element(p.terms, [&](const auto& a, const auto& b) { return degree(a) < degree(b); });
  if (best == p.terms.end() || !best->first.bound.empty() || best->first.factors.empty()) return nullptr;
  bool plain = std::ranges::all_of(best->first.factors,
                                   [](const factor& f) { return f.node < index_atom && f.power >= 1 && is_whole(f.power); });
  return plain ? &*best : nullptr;
}

// Takes a product, read through labels, out of another.
bool take_out(const monomial& product, std::span<const label> labels, monomial& from) {
  for (factor f : product.factors) {
    for (label& l : f.labels) l = composed(l, labels);
    auto it = std::ranges::find_if(from.factors, [&](const factor& g) {
      return g.node == f.node && g.labels == f.labels && is_whole(g.power) && g.power >= f.power;
    });
    if (it == from.factors.end()) return false;
    if ((it->power -= f.power) == 0) from.factors.erase(it);
  }
  return true;
}

}  // namespace

std::optional<polynomial> expander::divide(const monomial& m, const rational& coefficient, std::span<const range_id> axes) {
  for (const factor& f : m.factors) {
    if (f.power >= 0 || !is_whole(f.power) || f.node >= index_atom || !is_sum(f.node)) continue;
    if (!known(relation::nonzero, f.node) && !known(relation::positive, f.node)) continue;
    const polynomial& sum = of(f.node);
    const auto* lead = sum.terms.size() > 1 ? leading(sum) : nullptr;
    monomial rest = m;
    if (!lead || !take_out(lead->first, f.labels, rest)) continue;
    rest.bound.clear();
    std::vector<range_id> all(axes.begin(), axes.end());
    all.insert(all.end(), m.bound.begin(), m.bound.end());
    polynomial others = sum, quotient = zero(all), remainder = zero(all);
    others.terms.erase(lead->first);
    push(remainder, rest, coefficient / lead->second);
    rest.factors.push_back({f.node, f.labels, exponent(1)});
    push(quotient, rest, coefficient / lead->second);
    add(quotient, times(remainder, read(others, f.labels, all)), -1);
    return summed(quotient, axes.size());
  }
  return std::nullopt;
}

// Sums over a few integers are written out, the others count from 1.
polynomial expander::spread(const polynomial& p) {
  polynomial r = zero(p.axes);
  std::size_t free = p.axes.size();
  for (const auto& [m, c] : p.terms) {
    std::vector<monomial> parts{m};
    for (std::size_t b = m.bound.size(); b-- > 0;) {  // from the last, so that the axes still to come keep their numbers
      range g = t_.range_of(m.bound[b]);
      std::int64_t lo = g.lo.offset, hi = g.hi.offset;
      if (g.lo.dim != none || std::abs(lo) > largest_offset) continue;
      if (g.hi.dim == none && lo <= hi && hi - lo < most_written_out && parts.size() <= 512) {
        std::vector<monomial> next;
        for (const monomial& part : parts)
          for (std::int64_t v = lo; v <= hi; ++v) {
            next.push_back(part);
            replace_axis(next.back().factors, free + b, label::of_integer(static_cast<std::int32_t>(v)));
            drop_axis(next.back(), free + b, free);
          }
        parts = std::move(next);
      } else if (lo != 1) {
        for (monomial& part : parts) {
          replace_axis(part.factors, free + b, label::of_axis(free + b, static_cast<std::int32_t>(lo - 1)));
          part.bound[b] = t_.shift(m.bound[b], 1 - lo);
        }
      }
    }
    for (monomial& part : parts) push(r, std::move(part), c);
  }
  return r;
}

// --- back to nodes

edge to_edge(tape& t, const factor& f, const monomial& m, std::span<const range_id> axes) {
  if (f.node == delta_atom || f.node == index_atom) {
    std::vector<range_id> ranges;
    for (const label& l : f.labels) {
      range r = values_of(t, l, m, axes);
      ranges.push_back(t.make_range(r.lo, r.hi));
    }
    node_id n = f.node == delta_atom ? t.delta(ranges[0], ranges[1]) : t.index_value(ranges[0]);
    if (f.power != 1) n = t.power(ranges, t.whole(n), to_rational(f.power));
    return {n, f.labels};
  }
  if (f.power == 1) return {f.node, f.labels};
  std::vector<range_id> out(t.out(f.node).begin(), t.out(f.node).end());
  return {t.power(out, t.whole(f.node), to_rational(f.power)), f.labels};
}

node_id to_node(tape& t, const monomial& m, const rational& c, std::span<const range_id> axes) {
  std::vector<edge> args;
  if (c != 1 || m.factors.empty()) args.push_back({t.constant(c), {}});
  for (const factor& f : m.factors) args.push_back(to_edge(t, f, m, axes));
  if (args.size() == 1) return t.identity(axes, args.front(), m.bound, reduction::sum);
  return t.mul(axes, args, m.bound);
}

std::pair<polynomial, std::vector<label>> narrowed(const polynomial& p) {
  std::vector<label> narrow(p.axes.size()), back;
  polynomial q;
  for (std::size_t a = 0; a < p.axes.size(); ++a) {
    if (std::ranges::none_of(p.terms, [&](const auto& term) { return carries(term.first, a); })) continue;
    narrow[a] = label::of_axis(q.axes.size());
    back.push_back(label::of_axis(a));
    q.axes.push_back(p.axes[a]);
  }
  for (const auto& [m, c] : p.terms) {
    monomial x = m;
    std::vector<label> map = narrow;
    for (std::size_t b = 0; b < m.bound.size(); ++b) map.push_back(label::of_axis(q.axes.size() + b));
    for (factor& f : x.factors)
      for (label& l : f.labels) l = composed(l, map);
    q.terms.emplace(std::move(x), c);
  }
  return {std::move(q), std::move(back)};
}

node_id to_node(tape& t, const polynomial& p) {
  if (p.is_zero()) return t.identity(p.axes, {t.constant(0), {}});
  if (auto [q, back] = narrowed(p); back.size() < p.axes.size()) return t.identity(p.axes, {to_node(t, q), back});
  if (p.terms.size() == 1) return to_node(t, p.terms.begin()->first, p.terms.begin()->second, p.axes);
  std::vector<edge> args;
  bool begins_positive = p.terms.rbegin()->second > 0;
  for (auto it = p.terms.rbegin(); it != p.terms.rend(); ++it) {  // numbers come last
    const auto& [m, c] = *it;
    // Each term is a node over the axes that it carries.
    std::vector<label> map(p.axes.size() + m.bound.size()), labels;
    std::vector<range_id> own;
    for (std::size_t a = 0; a < p.axes.size(); ++a) {
      if (!carries(m, a)) continue;
      map[a] = label::of_axis(own.size());
      labels.push_back(label::of_axis(a));
      own.push_back(p.axes[a]);
    }
    for (std::size_t b = 0; b < m.bound.size(); ++b) map[p.axes.size() + b] = label::of_axis(own.size() + b);
    monomial x = m;
    for (factor& f : x.factors)
      for (label& l : f.labels) l = composed(l, map);
    edge next{to_node(t, x, c, own), std::move(labels)};
    if (c > 0 && !begins_positive) {  // 1 - x rather than -x + 1
      args.insert(args.begin(), std::move(next));
      begins_positive = true;
    } else {
      args.push_back(std::move(next));
    }
  }
  return t.add(p.axes, args);
}

}  // namespace wengert
