#include <wengert/proof/kernel.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/proof/polynomial.hpp>

namespace wengert {

claim equal_claim(node_id a, node_id b) {
  claim c;
  c.left = a;
  c.right = b;
  return c;
}

claim sign_claim(relation is, node_id n) {
  claim c;
  c.what = claim::kind::sign;
  c.left = n;
  c.is = is;
  return c;
}

namespace {

using kind = claim::kind;

bool same_axes(const tape& t, node_id a, node_id b) { return std::ranges::equal(t.out(a), t.out(b)); }

// Whether the claim `have` about a node gives the claim `want` about the same node.
bool implies(relation have, relation want) {
  if (have == relation::positive)
    return want == relation::positive || want == relation::nonnegative || want == relation::nonzero ||
           want == relation::off_poles;
  return have == want || (have == relation::not_integer && want == relation::off_poles);
}

bool says_sign(const theorem& p, relation want, node_id n) {
  return p.says().what == kind::sign && p.says().left == n && implies(p.says().is, want);
}

// Signs that some premises state.
class premise_signs : public sign_source {
 public:
  explicit premise_signs(std::span<const theorem> premises) {
    for (const theorem& p : premises)
      if (p.says().what == kind::sign) have_.push_back({p.says().left, p.says().is});
  }
  bool known(relation is, node_id n) override {
    return std::ranges::any_of(have_, [&](const auto& h) { return h.first == n && implies(h.second, is); });
  }

 private:
  std::vector<std::pair<node_id, relation>> have_;
};

// The node that a condition is about, over just the axes that it carries.
node_id condition_node_on(tape& t, const condition& c) {
  const edge& e = c.of.as_edge();
  frame& f = c.of.in();
  std::vector<std::size_t> carried;
  for (const label& l : e.labels)
    if (!l.is_constant()) carried.push_back(static_cast<std::size_t>(l.axis));
  std::ranges::sort(carried);
  carried.erase(std::unique(carried.begin(), carried.end()), carried.end());
  std::vector<range_id> out;
  for (std::size_t a : carried) out.push_back(f.axes[a]);
  edge moved = e;
  for (label& l : moved.labels)
    if (!l.is_constant())
      l.axis = static_cast<std::int16_t>(std::ranges::lower_bound(carried, static_cast<std::size_t>(l.axis)) - carried.begin());
  return t.identity(out, moved);
}

// The sign of a node from the signs of its arguments.
class sign_rules {
 public:
  sign_rules(tape& t, std::span<const theorem> premises) : t_(t), premises_(premises) {}

  bool holds(relation is, node_id n) {
    for (const theorem& p : premises_)
      if (says_sign(p, is, n)) return true;
    switch (is) {
      case relation::positive: return positive(n);
      case relation::nonnegative: return nonnegative(n) || positive(n);
      case relation::nonzero: return nonzero(n) || positive(n);
      case relation::integer: return integer(n);
      case relation::real_power: return real_power(n);
      case relation::not_integer: return false;
      case relation::off_poles: return off_poles(n);
    }
    return false;
  }

 private:
  bool given(relation is, node_id n) {
    if (t_.is_constant(n))
      return is == relation::positive      ? t_.value(n) > 0
             : is == relation::nonnegative ? t_.value(n) >= 0
             : is == relation::nonzero     ? t_.value(n) != 0
             : is == relation::integer     ? is_integer(t_.value(n))
             : is == relation::off_poles   ? t_.value(n) > 0 || !is_integer(t_.value(n))
                                           : false;
    return std::ranges::any_of(premises_, [&](const theorem& p) { return says_sign(p, is, n); });
  }
  bool arg(relation is, node_id n, std::size_t k) { return given(is, t_.arg(n, k).node); }
  bool every(relation is, node_id n) {
    for (edge_view e : t_.args(n))
      if (!given(is, e.node)) return false;
    return true;
  }
  bool some(relation is, node_id n) {
    for (edge_view e : t_.args(n))
      if (given(is, e.node)) return true;
    return false;
  }
  // Both branches of a select have the sign: known, or because of the comparison that leads to them.
  bool branches(relation is, node_id n) {
    return (arg(is, n, 2) || guarded(is, n, true)) && (arg(is, n, 3) || guarded(is, n, false));
  }
  // What is 0 only where q is, an absolute value or a power that n reads as it is.
  edge zero_with(node_id n, const edge& q) {
    const bool power = t_.op(q.node) == opcode::power && is_integer(t_.value(q.node)) && t_.value(q.node) > 0;
    const bool as_it_is = q == edge(t_.whole(q.node)) && std::ranges::equal(t_.out(q.node), t_.out(n));
    return as_it_is && (power || t_.op(q.node) == opcode::abs) ? edge(t_.arg(q.node, 0)) : edge{};
  }
  // Of p < q, p <= q or p != q that holds where the branch is taken: the branch is q - p; or it is q and p has a sign, or it is p
  // or q and not 0; or q > 0 is its absolute value or a power of it.
  bool guarded(relation is, node_id n, bool taken) {
    edge p = t_.arg(n, 0), q = t_.arg(n, 1), u = t_.arg(n, taken ? 2 : 3);
    comparison c = t_.comparison_of(n);
    if (c == comparison::eq || c == comparison::ne) {
      bool differ = (c == comparison::ne) == taken;
      bool apart_from_zero = (u == p && t_.is_constant(q.node, 0)) || (u == q && t_.is_constant(p.node, 0));
      return is == relation::nonzero && differ && apart_from_zero;
    }
    bool strict = (c == comparison::lt) == taken;
    if (!taken) std::swap(p, q);
    if (is == relation::nonzero && strict && u == p && t_.is_constant(q.node, 0)) return true;
    if (is == relation::nonzero && u == zero_with(n, q) && given(strict ? relation::nonnegative : relation::positive, p.node))
      return true;
    const bool p_may_be_zero = strict || is == relation::nonnegative;
    if (u == q && given(p_may_be_zero ? relation::nonnegative : relation::positive, p.node)) return true;
    return (strict || is == relation::nonnegative) && is_difference(n, u, q, p);
  }
  // u = q - p, as polynomials.
  bool is_difference(node_id n, const edge& u, const edge& q, const edge& p) {
    struct : sign_source {
      bool known(relation, node_id) override { return false; }
    } nothing;
    const std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
    try {
      expander x(t_, nothing, {});
      polynomial d = x.of(t_.identity(out, u));
      x.add(d, x.of(t_.identity(out, q)), -1);
      x.add(d, x.of(t_.identity(out, p)), 1);
      return d.is_zero() && x.used_symmetries().empty();
    } catch (const too_large&) {
      return false;
    }
  }
  bool nonempty(node_id n) {
    for (range_id r : t_.bound(n))
      if (!t_.surely_le(t_.range_of(r).lo, t_.range_of(r).hi)) return false;
    return true;
  }
  sign_fact fact(node_id n) {
    const op_info* info = find_function(t_.op(n));
    return info ? info->sign : sign_fact::unknown;
  }
  // Whether the function is never 0 where it is defined, and is defined.
  bool nowhere_zero(node_id n) {
    const op_info* info = find_function(t_.op(n));
    if (!info || info->values != value_fact::nowhere_zero) return false;
    frame f = frame_of(t_, n);
    return std::ranges::all_of(defined_conditions(n, f),
                               [&](const condition& c) { return given(c.is, condition_node_on(t_, c)); });
  }

  bool positive(node_id n) {
    if (given(relation::nonnegative, n) && given(relation::nonzero, n)) return true;
    if (fact(n) == sign_fact::positive) return true;
    if (fact(n) == sign_fact::as_argument && arg(relation::positive, n, 0)) return true;
    if (fact(n) == sign_fact::positive_of_positive && every(relation::positive, n)) return true;
    switch (t_.op(n)) {
      case opcode::constant: return t_.value(n) > 0;
      case opcode::dim_value:
      case opcode::pi: return true;
      case opcode::index_value: return t_.surely_le({none, 1}, t_.range_of(t_.out(n)[0]).lo);
      case opcode::add: return every(relation::nonnegative, n) && some(relation::positive, n);
      case opcode::mul: return every(relation::positive, n) && nonempty(n);
      case opcode::identity:
        return (arg(relation::positive, n, 0) && (t_.red(n) == reduction::prod || nonempty(n))) || counts_attainment(n);
      case opcode::power:
        return t_.value(n) == 0 || arg(relation::positive, n, 0) ||
               (is_even_integer(t_.value(n)) && arg(relation::nonzero, n, 0));
      case opcode::select: return branches(relation::positive, n);
      case opcode::max: return some(relation::positive, n);
      case opcode::min: return every(relation::positive, n);
      case opcode::hypot: return some(relation::nonzero, n);
      case opcode::abs: return arg(relation::nonzero, n, 0);
      case opcode::pow: return arg(relation::positive, n, 0);
      case opcode::log: return t_.is_constant(t_.arg(n, 0).node) && t_.value(t_.arg(n, 0).node) > 1;
      default: return false;
    }
  }

  // One of some numbers is the greatest, and one the least.
  bool counts_attainment(node_id n) {
    const node_id hit = t_.arg(n, 0).node;
    if (t_.red(n) != reduction::sum || t_.op(hit) != opcode::select || !nonempty(n)) return false;
    const node_id extremum = t_.arg(hit, 1).node;
    const bool is_one = t_.red(extremum) == reduction::max || t_.red(extremum) == reduction::min;
    return is_one && t_.op(extremum) == opcode::identity && n == times_attained(t_, extremum);
  }

  bool nonnegative(node_id n) {
    if (fact(n) == sign_fact::nonnegative) return true;
    if (fact(n) == sign_fact::as_argument && arg(relation::nonnegative, n, 0)) return true;
    switch (t_.op(n)) {
      case opcode::constant: return t_.value(n) >= 0;
      case opcode::delta: return true;
      case opcode::index_value: return t_.surely_le({none, 0}, t_.range_of(t_.out(n)[0]).lo);
      case opcode::add: return every(relation::nonnegative, n) || least_index_sum(n) >= 0;
      case opcode::mul: return every(relation::nonnegative, n) || is_square(n);
      case opcode::identity: {  // the extremum of nothing is unspecified
        bool extremum = t_.red(n) == reduction::max || t_.red(n) == reduction::min;
        return arg(relation::nonnegative, n, 0) && (!extremum || nonempty(n));
      }
      case opcode::power:  // 0^(-1/2) is unspecified
        return is_even_integer(t_.value(n)) || (arg(relation::nonnegative, n, 0) && (is_integer(t_.value(n)) || t_.value(n) > 0));
      case opcode::select: return branches(relation::nonnegative, n);
      case opcode::max: return some(relation::nonnegative, n);
      case opcode::min: return every(relation::nonnegative, n);
      default: return false;
    }
  }

  // The least value of a sum of indices and whole numbers; -1 where it is something else.
  std::int64_t least_index_sum(node_id n) {
    rational least = 0;
    for (edge_view e : t_.args(n)) {
      if (t_.is_constant(e.node)) {
        least += t_.value(e.node);
      } else if (t_.op(e.node) == opcode::index_value) {
        const affine& lo = t_.range_of(t_.out(e.node)[0]).lo;
        least += lo.dim == none ? lo.offset : lo.offset + 1;
      } else {
        return -1;
      }
    }
    return least >= 0 ? 0 : -1;
  }

  // u*u, whatever u is; further factors must be >= 0.
  bool is_square(node_id n) {
    std::vector<edge> args = t_.args(n).copy();
    std::vector<bool> used(args.size(), false);
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (used[i] || given(relation::nonnegative, args[i].node)) continue;
      std::size_t j = i + 1;
      while (j < args.size() && (used[j] || !(args[j] == args[i]))) ++j;
      if (j == args.size()) return false;
      used[j] = true;
    }
    return true;
  }

  bool nonzero(node_id n) {
    if (fact(n) == sign_fact::as_argument && arg(relation::nonzero, n, 0)) return true;
    if (nowhere_zero(n)) return true;
    switch (t_.op(n)) {
      case opcode::constant: return t_.value(n) != 0;
      case opcode::mul: return t_.bound_count(n) == 0 && every(relation::nonzero, n);
      case opcode::identity:
        return (t_.red(n) == reduction::none || t_.red(n) == reduction::prod) && arg(relation::nonzero, n, 0);
      case opcode::power: return t_.value(n) == 0 || (is_integer(t_.value(n)) && arg(relation::nonzero, n, 0));
      case opcode::select: return branches(relation::nonzero, n);
      case opcode::abs: return arg(relation::nonzero, n, 0);
      case opcode::pow: return arg(relation::nonzero, n, 0) && arg(relation::integer, n, 1);
      default: return false;
    }
  }

  bool integer(node_id n) {
    switch (t_.op(n)) {
      case opcode::constant: return is_integer(t_.value(n));
      case opcode::dim_value:
      case opcode::index_value:
      case opcode::delta:
      case opcode::floor:
      case opcode::ceil: return true;
      case opcode::symbol: return t_.symbol(t_.symbol_of(n)).integer_valued;
      case opcode::add:
      case opcode::mul: return every(relation::integer, n);
      default: return false;
    }
  }

  // None of 0, -1, -2, ...
  bool off_poles(node_id n) {
    if (given(relation::off_poles, n) || positive(n)) return true;
    if (t_.op(n) == opcode::identity && t_.red(n) == reduction::none) return arg(relation::off_poles, n, 0);
    if (t_.op(n) != opcode::add) return false;
    // u + k is off the poles with u, for a whole number k >= 0
    std::size_t off = 0, whole = 0;
    for (edge_view e : t_.args(n)) {
      if (given(relation::integer, e.node) && given(relation::nonnegative, e.node))
        ++whole;
      else if (given(relation::off_poles, e.node))
        ++off;
    }
    return off == 1 && off + whole == t_.arity(n);
  }

  bool real_power(node_id n) {
    if (t_.op(n) != opcode::pow) return false;
    return arg(relation::positive, n, 0) || (arg(relation::integer, n, 1) && arg(relation::nonzero, n, 0)) ||
           (arg(relation::integer, n, 1) && arg(relation::nonnegative, n, 1)) ||
           (arg(relation::nonnegative, n, 0) && arg(relation::positive, n, 1)) || power_of_real_powers(n);
  }

  // x^(u + v) and x^(c*u) of real x^u and x^v and whole numbers c, which may be negative where x is not 0.
  bool power_of_real_powers(node_id n) {
    const edge x = t_.arg(n, 0), y = t_.arg(n, 1);
    const node_id m = y.node;
    bool sum = t_.op(m) == opcode::add, alike = std::ranges::equal(t_.out(m), t_.out(n)) && y == t_.whole(m);
    if ((!sum && t_.op(m) != opcode::mul) || t_.bound_count(m) > 0 || !alike) return false;
    std::size_t powers = 0;
    for (const edge& part : t_.args(m).copy()) {
      if (t_.is_constant(part.node)) {
        const rational& c = t_.value(part.node);
        if (!is_integer(c) || (c < 0 && !given(relation::nonzero, x.node))) return false;
        continue;
      }
      ++powers;
      bool real = std::ranges::any_of(premises_, [&](const theorem& p) {
        const claim& says = p.says();
        return says.what == claim::kind::sign && says.is == relation::real_power && t_.op(says.left) == opcode::pow &&
               std::ranges::equal(t_.out(says.left), t_.out(n)) && t_.arg(says.left, 0) == x && t_.arg(says.left, 1) == part;
      });
      if (!real) return false;
    }
    return sum || powers == 1;
  }

  tape& t_;
  std::span<const theorem> premises_;
};

// Whether an edge of `n` reads every entry of its argument as the indices of `n` run. An index that the edge does not carry must
// have a value at all: over an empty range nothing is said of the argument.
bool reads_everything(const tape& t, node_id n, const edge_view& e) {
  std::vector<bool> used(t.axes(n).size(), false);
  for (std::size_t q = 0; q < e.labels.size(); ++q) {
    const label& l = e.labels[q];
    if (l.is_constant() || l.offset != 0) return false;
    auto a = static_cast<std::size_t>(l.axis);
    if (used[a] || t.axes(n)[a] != t.out(e.node)[q]) return false;
    used[a] = true;
  }
  for (std::size_t a = 0; a < used.size(); ++a)
    if (!used[a] && !t.surely_le(t.range_of(t.axes(n)[a]).lo, t.range_of(t.axes(n)[a]).hi)) return false;
  return true;
}

// Whether what is said of a number is so of all numbers close to it.
bool is_open(relation is) {
  return is == relation::positive || is == relation::nonzero || is == relation::not_integer || is == relation::off_poles;
}

}  // namespace

void kernel::refuse(std::string_view name, std::string_view why) { throw refusal(fmt::format("{}: {}", name, why)); }

theorem kernel::make(std::string_view name, claim c, std::span<const theorem> premises, std::vector<std::uint32_t> details,
                     std::shared_ptr<const instantiation> terms) {
  theorem r;
  proof_step s{name, {}, c, std::move(details), std::move(terms)};
  for (const theorem& p : premises) {
    s.premises.push_back(p.step_);
    std::vector<hypothesis_id> all;
    std::ranges::set_union(r.hypotheses_, p.hypotheses_, std::back_inserter(all));
    r.hypotheses_ = std::move(all);
  }
  r.claim_ = std::move(c);
  r.step_ = static_cast<step_id>(log_.size());
  log_.push_back(std::move(s));
  return r;
}

std::size_t kernel::proof_size(std::span<const theorem> goals) const {
  std::vector<bool> needed(log_.size(), false);
  for (const theorem& g : goals) needed[g.step_] = true;
  std::size_t count = 0;
  for (std::size_t s = log_.size(); s-- > 0;) {
    if (!needed[s]) continue;
    ++count;
    for (step_id p : log_[s].premises) needed[p] = true;
  }
  return count;
}

theorem kernel::assume(const claim& c, std::string text, origin from) {
  if (c.what == kind::derivative || !c.apart.empty()) refuse("hypothesis", "only equations and signs may be assumed");
  if (c.what == kind::equal && !same_axes(tape_, c.left, c.right)) refuse("hypothesis", "the sides have different axes");
  auto h = static_cast<hypothesis_id>(assumed_.size());
  theorem r = make("hypothesis", c, {}, {h});
  r.hypotheses_ = {h};
  assumed_.push_back({c, std::move(text), from});
  return r;
}

// --- equality

theorem kernel::reflexive(node_id a) { return make("reflexive", equal_claim(a, a), {}); }

theorem kernel::symmetric(const theorem& ab) {
  if (ab.says().what != kind::equal) refuse("symmetric", "the premise is no equation");
  claim c = ab.says();
  std::swap(c.left, c.right);
  return make("symmetric", std::move(c), std::span(&ab, 1));
}

theorem kernel::transitive(const theorem& ab, const theorem& bc) {
  if (ab.says().what != kind::equal || bc.says().what != kind::equal) refuse("transitive", "a premise is no equation");
  if (ab.says().right != bc.says().left) refuse("transitive", "the equations do not meet");
  if (ab.says().left == ab.says().right) return bc;  // a = a says nothing
  if (bc.says().left == bc.says().right) return ab;
  claim c = equal_claim(ab.says().left, bc.says().right);
  c.apart = ab.says().apart;
  for (const auto& pair : bc.says().apart)
    if (std::ranges::find(c.apart, pair) == c.apart.end()) c.apart.push_back(pair);
  const theorem both[] = {ab, bc};
  return make("transitive", std::move(c), both);
}

theorem kernel::congruence(node_id n, std::span<const std::optional<theorem>> premises) {
  std::vector<edge> args = tape_.args(n).copy();
  if (premises.size() != args.size()) refuse("congruence", "one premise for each argument is needed");
  std::vector<theorem> used;
  for (std::size_t k = 0; k < args.size(); ++k) {
    if (!premises[k]) continue;
    const claim& c = premises[k]->says();
    if (c.what != kind::equal || !c.apart.empty() || c.left != args[k].node)
      refuse("congruence", "a premise is not about the argument");
    args[k].node = c.right;
    used.push_back(*premises[k]);
  }
  node_id m = tape_.make(tape_.op(n), tape_.out(n), tape_.bound(n), tape_.red(n), args, tape_.attribute(n));
  return make("congruence", equal_claim(n, m), used);
}

theorem kernel::ring(node_id a, node_id b, std::span<const theorem> premises, std::span<const node_id> opaque,
                     std::span<const std::pair<std::uint8_t, std::uint8_t>> apart) {
  if (!same_axes(tape_, a, b)) refuse("ring", "the sides have different axes");
  for (const auto& [p, q] : apart)
    if (p >= q || q >= tape_.rank(a)) refuse("ring", "no such axes");
  claim c = equal_claim(a, b);
  c.apart.assign(apart.begin(), apart.end());
  if (a == b) return make("ring", std::move(c), {});
  premise_signs signs(premises);
  std::vector<hypothesis_id> symmetries;
  expander::options o;
  o.opaque.insert(opaque.begin(), opaque.end());
  for (const theorem& p : premises)
    if (p.says().what == kind::equal && p.says().apart.empty()) o.rewrite_by(tape_, p.says().left, p.says().right);
  std::vector<node_id> met;
  auto agree = [&](bool expand_products) {
    expander::options how = o;
    how.expand_products = expand_products;
    expander x(tape_, signs, std::move(how));
    polynomial difference = x.of(a);
    x.add(difference, x.of(b), -1);
    std::erase_if(difference.terms, [&](const auto& term) {  // delta(p, q) = 0 where the indices p and q differ
      return std::ranges::any_of(term.first.factors, [&](const factor& f) {
        if (f.node != delta_atom || f.labels[0].is_constant() || f.labels[1].is_constant()) return false;
        if (f.labels[0].offset != f.labels[1].offset) return false;
        return std::ranges::any_of(apart, [&](const auto& pair) {
          return (f.labels[0].axis == pair.first && f.labels[1].axis == pair.second) ||
                 (f.labels[1].axis == pair.first && f.labels[0].axis == pair.second);
        });
      });
    });
    if (!x.vanishes(std::move(difference))) return false;
    met = x.met_opaque();
    for (symbol_id s : x.used_symmetries()) symmetries.push_back(symmetry_of(s));
    return true;
  };
  try {  // first with products of sums as they are: that is cheap, and often enough
    if (!agree(false) && !agree(true)) refuse("ring", "the sides differ as polynomials");
  } catch (const too_large&) {
    refuse("ring", "the expanded sides are too large");
  }
  theorem r = make("ring", std::move(c), premises, std::move(met));
  log_.back().by_symmetry = !symmetries.empty();
  r.hypotheses_.insert(r.hypotheses_.end(), symmetries.begin(), symmetries.end());
  std::ranges::sort(r.hypotheses_);
  r.hypotheses_.erase(std::unique(r.hypotheses_.begin(), r.hypotheses_.end()), r.hypotheses_.end());
  return r;
}

// That a matrix which was declared symmetric is so: the user's fact, or the same as one of the kernel's own.
hypothesis_id kernel::symmetry_of(symbol_id s) {
  node_id a = tape_.symbol_node(s);
  const std::vector<range_id> axes = tape_.symbol(s).axes;
  claim c = equal_claim(a, tape_.identity(axes, {a, {label::of_axis(1), label::of_axis(0)}}));
  auto same = [&](const hypothesis& h) {
    return h.says.what == kind::equal && h.says.left == c.left && h.says.right == c.right && h.says.apart.empty();
  };
  auto it = std::ranges::find_if(assumed_, same);
  auto h = static_cast<hypothesis_id>(it - assumed_.begin());
  if (it == assumed_.end()) assumed_.push_back({c, fmt::format("symmetric({})", tape_.symbol(s).name), origin::given});
  return h;
}

namespace {

// The edge without nodes in between that only read another node.
edge read_directly(const tape& t, edge e) {
  while (t.op(e.node) == opcode::identity && t.bound_count(e.node) == 0) {
    edge inner = t.arg(e.node, 0);
    for (label& l : inner.labels) {
      if (l.is_constant()) continue;
      label o = e.labels[static_cast<std::size_t>(l.axis)];
      o.offset += l.offset;
      l = o;
    }
    e = inner;
  }
  return e;
}

}  // namespace

theorem kernel::lift(node_id n) {
  if (is_matrix_function(tape_.op(n))) return lift_matrix_function(n);
  if (tape_.arity(n) != 1 || !(find_function(tape_.op(n)) || tape_.op(n) == opcode::unknown))
    refuse("lift", "not a function of one argument");
  edge e = read_directly(tape_, tape_.arg(n, 0));
  edge whole = tape_.whole(e.node);
  node_id closed = tape_.make(tape_.op(n), tape_.out(e.node), {}, reduction::none, std::span(&whole, 1), tape_.attribute(n));
  return make("lift", equal_claim(n, tape_.identity(tape_.out(n), {closed, e.labels})), {});
}

// n[b.., i, j] = f(A[b.., p, q])[i, j] for the edge A[L]. Where L reads A's row and column in full, once each, the other axes x
// of A are batch axes of a function of A alone, and n reads that function at L(x)..., i, j.
theorem kernel::lift_matrix_function(node_id n) {
  edge e = read_directly(tape_, tape_.arg(n, 0));
  std::size_t rank = tape_.rank(n), batch = batch_rank(tape_, n);
  std::vector<range_id> own;  // [x.., p, q]
  std::vector<label> inside, outside;
  std::array<std::size_t, 2> seen{0, 0};
  bool plain = true;
  for (std::size_t k = 0; k < e.labels.size(); ++k) {
    const label& l = e.labels[k];
    if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= rank) {
      std::size_t which = static_cast<std::size_t>(l.axis) - rank;
      plain = plain && l.offset == 0 && ++seen[which] == 1 && tape_.out(e.node)[k] == tape_.bound(n)[which];
      inside.push_back(label::of_axis(which));  // shifted below, when the other axes are counted
    } else {
      inside.push_back(label::of_axis(own.size()));
      outside.push_back(l);
      own.push_back(tape_.out(e.node)[k]);
    }
  }
  if (!plain || seen[0] != 1 || seen[1] != 1) return reflexive(n);
  std::size_t others = own.size();
  for (std::size_t k = 0; k < e.labels.size(); ++k)
    if (!e.labels[k].is_constant() && static_cast<std::size_t>(e.labels[k].axis) >= rank)
      inside[k] = label::of_axis(others + static_cast<std::size_t>(inside[k].axis));
  own.insert(own.end(), tape_.bound(n).begin(), tape_.bound(n).end());
  node_id closed = matrix_function(tape_, tape_.op(n), tape_.identity(own, {e.node, inside}));
  for (std::size_t k = batch; k < rank; ++k) outside.push_back(label::of_axis(k));
  return make("lift", equal_claim(n, tape_.identity(tape_.out(n), {closed, outside})), {});
}

namespace {

// Whether the choice m compares what n compares: its first branch is taken where n's is (1), or where n's is not (-1); else 0.
int compares_as(const tape& t, node_id m, node_id n) {
  if (t.op(m) != opcode::select) return 0;
  const comparison a = t.comparison_of(m), b = t.comparison_of(n);
  const edge p = t.arg(n, 0), q = t.arg(n, 1);
  const bool straight = t.arg(m, 0) == p && t.arg(m, 1) == q, turned = t.arg(m, 0) == q && t.arg(m, 1) == p;
  if (a == b) return straight ? 1 : 0;
  bool order = (a == comparison::lt && b == comparison::le) || (a == comparison::le && b == comparison::lt);
  bool equality = (a == comparison::eq && b == comparison::ne) || (a == comparison::ne && b == comparison::eq);
  return (order && turned) || (equality && straight) ? -1 : 0;
}

// One branch of the choice n, with the choices in it that are decided by n's comparison. Only what is read at n's own indices, or
// has none, is decided with n.
edge decided_branch(tape& t, node_id n, bool taken) {
  const edge branch = t.arg(n, taken ? 2 : 3);
  const std::vector<range_id> out(t.out(n).begin(), t.out(n).end());
  auto as_n = [&](node_id m) { return std::ranges::equal(t.out(m), out); };
  std::unordered_map<node_id, edge> now;  // what a node is there
  auto read = [&](const edge& e, bool by_same_axes) {
    auto it = now.find(e.node);
    bool same_indices = e.labels.empty() || (by_same_axes && as_n(e.node) && e.labels == tape::straight(out.size()));
    return it != now.end() && same_indices ? it->second : e;
  };
  for (node_id m : t.reachable(branch.node)) {
    const bool same = as_n(m);
    if (!same && t.rank(m) > 0) continue;
    std::vector<edge> args = t.args(m).copy();
    if (int sense = compares_as(t, m, n); sense != 0) {
      now.insert_or_assign(m, read(args[taken == (sense > 0) ? 2 : 3], same));
      continue;
    }
    std::vector<edge> decided;
    for (const edge& e : args) decided.push_back(read(e, same));
    if (decided == args) continue;
    node_id made = t.make(t.op(m), t.out(m), t.bound(m), t.red(m), decided, t.attribute(m));
    now.insert_or_assign(m, t.whole(made));
  }
  return read(branch, true);
}

}  // namespace

theorem kernel::decided(node_id n) {
  if (tape_.op(n) != opcode::select) refuse("decided", "not a choice");
  const edge p = tape_.arg(n, 0), q = tape_.arg(n, 1);
  const comparison c = tape_.comparison_of(n);
  const edge first = decided_branch(tape_, n, true), second = decided_branch(tape_, n, false);
  const std::vector<range_id> out(tape_.out(n).begin(), tape_.out(n).end());
  return make("decided", equal_claim(n, tape_.select(out, c, p, q, first, second)), {});
}

theorem kernel::cases(node_id a, node_id b, std::uint8_t p, std::uint8_t q, const theorem& differ, const theorem& diagonal) {
  if (!same_axes(tape_, a, b) || p >= q || q >= tape_.rank(a) || tape_.out(a)[p] != tape_.out(a)[q])
    refuse("cases", "no such axes");
  const claim& d = differ.says();
  bool fits = d.what == kind::equal && d.left == a && d.right == b && d.apart.size() == 1 && d.apart[0] == std::pair{p, q};
  if (!fits) refuse("cases", "the first premise is not the case of different indices");
  // The diagonal of a node: axis q reads the index of axis p.
  auto on_diagonal = [&](node_id n) {
    std::vector<range_id> out(tape_.out(n).begin(), tape_.out(n).end());
    out.erase(out.begin() + q);
    std::vector<label> labels;
    for (std::size_t k = 0; k < tape_.rank(n); ++k) labels.push_back(label::of_axis(k == q ? p : k > q ? k - 1 : k));
    return tape_.identity(out, {n, labels});
  };
  const claim& e = diagonal.says();
  if (e.what != kind::equal || !e.apart.empty() || e.left != on_diagonal(a) || e.right != on_diagonal(b))
    refuse("cases", "the second premise is not the case of equal indices");
  const theorem both[] = {differ, diagonal};
  return make("cases", equal_claim(a, b), both);
}

std::array<claim, 3> kernel::signs_of(node_id u) {
  if (tape_.rank(u) != 0) refuse("any-sign", "the entries of an array may differ in sign");
  const std::array<edge, 2> negative{edge{tape_.constant(-1), {}}, tape_.whole(u)};
  return {sign_claim(relation::positive, u), sign_claim(relation::positive, tape_.mul({}, negative)),
          equal_claim(u, tape_.constant(0))};
}

theorem kernel::any_sign(node_id u, const theorem& above, const theorem& below, const theorem& zero) {
  constexpr std::string_view name = "any-sign";
  const std::array<claim, 3> cases = signs_of(u);
  const theorem premises[] = {above, below, zero};
  std::vector<hypothesis_id> left;
  for (std::size_t k = 0; k < 3; ++k) {
    const claim& c = premises[k].says();
    if (c.what != kind::equal || !c.apart.empty() || c.left != above.says().left || c.right != above.says().right)
      refuse(name, "the cases do not prove the same equation");
    for (hypothesis_id h : premises[k].hypotheses()) {
      const claim& a = assumed_[h].says;
      bool its_case = a.what == cases[k].what && a.left == cases[k].left && a.right == cases[k].right && a.is == cases[k].is;
      if (!its_case) left.push_back(h);
    }
  }
  theorem r = make(name, above.says(), premises, {u});
  std::erase_if(r.hypotheses_, [&](hypothesis_id h) { return std::ranges::find(left, h) == left.end(); });
  return r;
}

node_id kernel::condition_node(const condition& c) { return condition_node_on(tape_, c); }

// Whether a premise, or the shape of the node alone, gives the sign.
bool kernel::says(relation is, node_id n, std::span<const theorem> premises) {
  bool found = std::ranges::any_of(premises, [&](const theorem& p) { return says_sign(p, is, n); });
  return found || sign_rules(tape_, {}).holds(is, n);
}

void kernel::require(const conditions& all, std::span<const theorem> premises, std::string_view name) {
  for (const condition& c : all) {
    if (!says(c.is, condition_node(c), premises)) refuse(name, "a condition has no premise");
  }
}

theorem kernel::instance(const rule& r, std::span<const node_id> args, const rational& c, std::span<const theorem> premises) {
  if (args.size() != static_cast<std::size_t>(r.arity)) refuse(r.name, "wrong number of arguments");
  for (node_id a : args)
    if (!same_axes(tape_, a, args[0])) refuse(r.name, "the arguments have different axes");
  frame f{tape_, {tape_.out(args[0]).begin(), tape_.out(args[0]).end()}};
  term x(f, tape_.whole(args[0])), y(f, tape_.whole(args.back()));
  return instance_terms(r, f, x, y, c, premises);
}

theorem kernel::instance_terms(const rule& r, frame& f, const term& x, const term& y, const rational& c,
                               std::span<const theorem> premises) {
  if (&f.on != &tape_) refuse(r.name, "terms of another tape");
  if (&x.in() != &f || &y.in() != &f) refuse(r.name, "the terms do not share their axes");
  if (std::ranges::none_of(rules(), [&](const rule& row) { return &row == &r; })) refuse(r.name, "not a row of the table");
  if (r.parameter_fits && !r.parameter_fits(c)) refuse(r.name, "the parameter does not fit");
  require(r.where(x, y, c), premises, r.name);
  node_id left = r.left(x, y, c).over_frame(), right = r.right(x, y, c).over_frame();
  auto made_of = std::make_shared<instantiation>(instantiation{f.axes, x.as_edge(), y.as_edge(), c});
  return make(r.name, equal_claim(left, right), premises, {}, std::move(made_of));
}

theorem kernel::instance(const matrix_rule& r, const matrix_terms& m, std::span<const theorem> premises) {
  if (std::ranges::none_of(matrix_rules(), [&](const matrix_rule& row) { return &row == &r; }))
    refuse(r.name, "not a row of the table");
  // A and B have axes [batch.., n, n], v [batch.., n], c [batch..].
  std::optional<std::vector<range_id>> batch;
  range_id size = none;
  auto fits = [&](node_id n, std::size_t own) {
    if (n == none || tape_.rank(n) < own) return false;
    std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
    for (std::size_t k = 0; k < own; ++k, axes.pop_back()) {
      if (size != none && axes.back() != size) return false;
      size = axes.back();
    }
    if (batch && *batch != axes) return false;
    batch = axes;
    return true;
  };
  for (char letter : r.speaks_of) {
    bool good = letter == 'A' ? fits(m.a, 2) : letter == 'B' ? fits(m.b, 2) : letter == 'v' ? fits(m.v, 1) : fits(m.c, 0);
    if (!good) refuse(r.name, "the axes do not fit: square matrices of one size are needed");
  }
  matrix_terms used = m;
  if (r.speaks_of.find('A') == std::string_view::npos) used.a = none;
  matrix_identity made = r.build(tape_, used);
  for (const auto& [is, n] : made.where)
    if (!says(is, n, premises)) refuse(r.name, "a condition has no premise");
  return make(r.name, equal_claim(made.left, made.right), premises, {used.a, used.b, used.c, used.v});
}

// --- signs

bool kernel::sign_follows(relation is, node_id n, std::span<const theorem> premises) {
  return sign_rules(tape_, premises).holds(is, n);
}

theorem kernel::sign(relation is, node_id n, std::span<const theorem> premises) {
  if (!sign_rules(tape_, premises).holds(is, n)) refuse("sign", "it does not follow from the signs of the arguments");
  return make("sign", sign_claim(is, n), premises);
}

theorem kernel::transfer(const theorem& equal, const theorem& about_left) {
  const claim &e = equal.says(), &s = about_left.says();
  if (e.what != kind::equal || !e.apart.empty() || s.what != kind::sign || s.left != e.left)
    refuse("transfer", "the premises do not meet");
  if (s.is == relation::real_power) refuse("transfer", "this claim is about how a term is written");
  const theorem both[] = {equal, about_left};
  return make("transfer", sign_claim(s.is, e.right), both);
}

theorem kernel::factor_nonzero(const theorem& product, std::size_t k) {
  const claim& p = product.says();
  if (p.what != kind::sign || !implies(p.is, relation::nonzero))
    refuse("factor-nonzero", "the premise does not say that something is not 0");
  node_id n = p.left;
  opcode o = tape_.op(n);
  bool product_like = (o == opcode::mul && tape_.bound_count(n) == 0) ||
                      (o == opcode::identity && tape_.red(n) == reduction::none) || o == opcode::abs ||
                      (o == opcode::power && tape_.value(n) != 0 && (is_integer(tape_.value(n)) || tape_.value(n) > 0)) ||
                      (o == opcode::pow && k == 0 && says(relation::positive, tape_.arg(n, 1).node, {}));  // 0^y = 0 for y > 0
  if (!product_like || k >= tape_.arity(n)) refuse("factor-nonzero", "not a product");
  edge_view e = tape_.arg(n, k);
  if (!reads_everything(tape_, n, e)) refuse("factor-nonzero", "the product does not read every entry of the factor");
  return make("factor-nonzero", sign_claim(relation::nonzero, e.node), std::span(&product, 1), {static_cast<std::uint32_t>(k)});
}

theorem kernel::argument_sign(const theorem& value) {
  const claim& v = value.says();
  bool fits = v.what == kind::sign && (v.is == relation::positive || v.is == relation::nonnegative || v.is == relation::nonzero);
  const op_info* info = fits ? find_function(tape_.op(v.left)) : nullptr;
  bool odd_power = tape_.op(v.left) == opcode::power && is_natural(tape_.value(v.left)) && !is_even_integer(tape_.value(v.left));
  if (!fits || (!odd_power && (!info || info->sign != sign_fact::as_argument)))
    refuse("argument-sign", "not the sign of a function that has its argument's sign");
  edge_view e = tape_.arg(v.left, 0);
  if (!reads_everything(tape_, v.left, e)) refuse("argument-sign", "the function does not read every entry of its argument");
  return make("argument-sign", sign_claim(v.is, e.node), std::span(&value, 1));
}

// --- derivatives

bool kernel::depends(node_id n, symbol_id variable) {
  std::vector<bool>& known = depends_[variable];
  for (node_id m = static_cast<node_id>(known.size()); m <= n; ++m) {
    bool d = tape_.op(m) == opcode::symbol && tape_.symbol_of(m) == variable;
    for (edge_view e : tape_.args(m)) d = d || known[e.node];
    known.push_back(d);
  }
  return known[n];
}

// Whether a node is a continuous function of its symbols wherever they are.
bool kernel::continuous_everywhere(node_id n) {
  for (node_id m = static_cast<node_id>(continuous_.size()); m <= n; ++m) {
    const opcode o = tape_.op(m);
    const op_info* info = find_function(o);
    bool c = o == opcode::power ? is_integer(tape_.value(m)) && tape_.value(m) >= 0
             : info             ? info->values == value_fact::continuous
                                : o != opcode::select && o != opcode::inv;
    for (edge_view e : tape_.args(m)) c = c && continuous_[e.node];
    continuous_.push_back(c);
  }
  return continuous_[n];
}

bool kernel::only_compared(node_id n, std::size_t k) {
  return tape_.op(n) == opcode::select && k < 2 && continuous_everywhere(tape_.arg(n, k).node);
}

theorem kernel::differentiate(node_id n, symbol_id variable, std::span<const theorem> premises) {
  constexpr std::string_view name = "derivative";
  std::vector<range_id> out(tape_.out(n).begin(), tape_.out(n).end());
  std::vector<range_id> by = tape_.symbol(variable).axes;
  std::size_t rank = out.size();
  std::vector<range_id> full = out;
  full.insert(full.end(), by.begin(), by.end());
  claim c;
  c.what = kind::derivative;
  c.left = n;
  c.variable = variable;
  if (!depends(n, variable)) {
    c.right = tape_.identity(full, {tape_.constant(0), {}});
    return make(name, std::move(c), {});
  }
  if (tape_.op(n) == opcode::symbol) {
    std::vector<edge> deltas;
    for (std::size_t q = 0; q < by.size(); ++q)
      deltas.push_back({tape_.delta(by[q], by[q]), {label::of_axis(q), label::of_axis(rank + q)}});
    if (deltas.empty()) deltas.push_back({tape_.constant(1), {}});
    c.right = deltas.size() == 1 ? tape_.identity(full, deltas[0]) : tape_.mul(full, deltas);
    return make(name, std::move(c), {});
  }
  std::vector<edge> args = tape_.args(n).copy();
  std::vector<bool> wanted;
  for (const edge& e : args) wanted.push_back(depends(e.node, variable));
  frame axes = frame_of(tape_, n);
  conditions needed = defined_conditions(n, axes);
  for (condition& k : kink_conditions(n, axes, wanted)) needed.push_back(std::move(k));
  require(needed, premises, name);
  std::vector<std::vector<edge>> factors = partials(n, axes, wanted);
  // Labels of n's axes in the derivative's axes: output axes stay, bound axes move behind those of the variable.
  auto moved = [&](edge e) {
    for (label& l : e.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= rank)
        l.axis = static_cast<std::int16_t>(l.axis + static_cast<std::int16_t>(by.size()));
    return e;
  };
  std::vector<range_id> bound(tape_.bound(n).begin(), tape_.bound(n).end());
  std::vector<edge> terms;
  for (std::size_t k = 0; k < args.size(); ++k) {
    if (!wanted[k] || only_compared(n, k)) continue;
    auto d = std::ranges::find_if(premises, [&](const theorem& p) {
      const claim& d = p.says();
      return d.what == kind::derivative && d.left == args[k].node && d.variable == variable && d.order == 1 && d.entry.empty();
    });
    if (d == premises.end()) refuse(name, "the derivative of an argument has no premise");
    edge de{d->says().right, moved(args[k]).labels};
    for (std::size_t q = 0; q < by.size(); ++q) de.labels.push_back(label::of_axis(rank + q));
    std::vector<edge> product;
    for (const edge& f : factors[k]) product.push_back(moved(f));
    product.push_back(std::move(de));
    node_id t = product.size() == 1 ? tape_.identity(full, product[0], bound, reduction::sum) : tape_.mul(full, product, bound);
    terms.push_back(tape_.whole(t));
  }
  if (terms.empty()) terms.push_back(tape_.whole(tape_.identity(full, {tape_.constant(0), {}})));
  c.right = terms.size() == 1 ? terms[0].node : tape_.add(full, terms);
  return make(name, std::move(c), premises);
}

theorem kernel::derivative_equal(const theorem& derivative, const theorem& equal) {
  const claim &d = derivative.says(), &e = equal.says();
  if (d.what != kind::derivative || e.what != kind::equal || !e.apart.empty() || e.left != d.right)
    refuse("derivative-equal", "the premises do not meet");
  claim c = d;
  c.right = e.right;
  const theorem both[] = {derivative, equal};
  return make("derivative-equal", std::move(c), both);
}

bool kernel::holds_near(hypothesis_id h, symbol_id variable) {
  const claim& c = assumed_.at(h).says;
  bool free = !depends(c.left, variable) && (c.what != kind::equal || !depends(c.right, variable));
  if (free) return true;
  bool strict = c.what == kind::sign && (c.is == relation::positive || c.is == relation::nonzero);
  return strict && continuous_everywhere(c.left);
}

void kernel::require_near(const theorem& t, symbol_id variable, std::string_view name, std::span<const theorem> continuous) {
  auto stays = [&](const claim& c) {
    return c.what == kind::sign && is_open(c.is) && std::ranges::any_of(continuous, [&](const theorem& p) {
             const claim& d = p.says();
             return d.what == kind::derivative && d.left == c.left && d.variable == variable && d.order == 1 && d.entry.empty();
           });
  };
  for (hypothesis_id h : t.hypotheses())
    if (!holds_near(h, variable) && !stays(assumed_[h].says))
      refuse(name, fmt::format("'{}' holds at the point only, not near it", assumed_[h].text));
  const symbol_info& s = tape_.symbol(variable);
  if (s.integer_valued) refuse(name, fmt::format("'{}' is an integer at the point only, and the premise may rest on it", s.name));
}

theorem kernel::derivative_entry(const theorem& derivative, node_id read) {
  claim c = derivative.says();
  bool reads = c.what == kind::derivative && c.entry.empty() && tape_.op(read) == opcode::identity &&
               tape_.bound_count(read) == 0 && tape_.arg(read, 0).node == c.right;
  if (!reads) refuse("derivative-entry", "the node does not read the derivative");
  std::vector<label> labels = edge(tape_.arg(read, 0)).labels, own = tape::straight(tape_.rank(c.left));
  bool same = tape_.rank(read) >= own.size() && std::equal(own.begin(), own.end(), labels.begin()) &&
              std::ranges::equal(tape_.out(c.left), tape_.out(read).first(own.size()));
  if (!same) refuse("derivative-entry", "only the axes of the variable may be read");
  c.entry.assign(labels.begin() + static_cast<std::ptrdiff_t>(own.size()), labels.end());
  c.right = read;
  return make("derivative-entry", std::move(c), std::span(&derivative, 1));
}

theorem kernel::derivative_again(const theorem& first, const theorem& next, std::span<const theorem> continuous) {
  claim c = first.says();
  const claim& d = next.says();
  if (c.what != kind::derivative || d.what != kind::derivative || !c.entry.empty() || !d.entry.empty() || d.order != 1 ||
      d.variable != c.variable || d.left != c.right || c.order >= 9)
    refuse("derivative-again", "the premises do not meet");
  require_near(first, c.variable, "derivative-again", continuous);
  ++c.order;
  c.right = d.right;
  std::vector<theorem> all{first, next};
  all.insert(all.end(), continuous.begin(), continuous.end());
  return make("derivative-again", std::move(c), all);
}

theorem kernel::derivative_of_equal(const theorem& equal, const theorem& derivative) {
  const claim &e = equal.says(), &d = derivative.says();
  if (d.what != kind::derivative || e.what != kind::equal || !e.apart.empty() || e.right != d.left)
    refuse("derivative-of-equal", "the premises do not meet");
  if (e.left != e.right) require_near(equal, d.variable, "derivative-of-equal");
  claim c = d;
  c.left = e.left;
  const theorem both[] = {equal, derivative};
  return make("derivative-of-equal", std::move(c), both);
}

}  // namespace wengert
