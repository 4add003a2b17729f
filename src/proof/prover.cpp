#include <wengert/proof/prover.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <set>
#include <unordered_set>
#include <utility>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/substitute.hpp>

#include "sweep_proof.hpp"
#include "unit_products.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_guards = 8;
constexpr std::size_t most_reordered = 24;  // conditions
constexpr std::size_t most_cases = 60;
constexpr int deepest_cases = 4;

// A number whose sign would make something simpler: the least term in an absolute value, a sign or a comparison; or none.
node_id undecided(tape& t, const std::vector<node_id>& roots) {
  std::pair<std::size_t, node_id> best{0, none};
  for (node_id n : t.reachable(roots)) {
    if (t.rank(n) != 0) continue;
    node_id u = none;
    switch (t.op(n)) {
      case opcode::abs:
      case opcode::sign: u = t.arg(n, 0).node; break;
      case opcode::select: {
        frame f{t, {}};
        u = (term(f, t.arg(n, 1)) - term(f, t.arg(n, 0))).over_frame();
        break;
      }
      default: break;
    }
    if (u == none || t.rank(u) != 0 || (t.arity(u) == 0 && t.op(u) != opcode::symbol)) continue;
    const std::pair size{t.reachable(u).size(), u};
    if (best.second == none || size < best) best = size;
  }
  return best.second;
}

// The nodes beneath a root, arguments first, but for what is only compared: those whose derivatives make that of the root.
std::vector<node_id> differentiated(const tape& t, kernel& k, node_id root) {
  std::vector<bool> met(std::size_t{root} + 1, false);
  met[root] = true;
  std::vector<node_id> r;
  for (node_id n = root + 1; n-- > 0;) {
    if (!met[n]) continue;
    r.push_back(n);
    std::size_t a = 0;
    for (edge_view e : t.args(n))
      if (!k.only_compared(n, a++)) met[e.node] = true;
  }
  std::ranges::reverse(r);
  return r;
}

class requirement_list {
 public:
  // With `to_the_letter`, what a sum over an empty range does not read need not be defined.
  requirement_list(tape& t, kernel& k, bool to_the_letter = false) : t_(t), kernel_(k), to_the_letter_(to_the_letter) {}

  void add(const conditions& all, bool smooth, bool exact) {
    for (const condition& c : all) add({c.is, kernel_.condition_node(c), smooth, exact});
  }

  void add(const requirement& q) {
    auto same = [&](const requirement& r) { return r.is == q.is && r.node == q.node; };
    auto it = std::ranges::find_if(found_, same);
    if (it == found_.end())
      found_.push_back(q);
    else
      it->smooth = it->smooth && q.smooth;
  }

  // Where every operation under `root` is defined. The branches of a select count only where they are taken.
  void defined(node_id root) { visit_all(root, none); }

  // Where every operation under `root` has a derivative.
  void smooth(node_id root, symbol_id variable) {
    const std::unordered_set<node_id> taken = always_taken(root);
    for (node_id n : differentiated(t_, kernel_, root)) {
      if (!kernel_.depends(n, variable)) continue;
      frame f = frame_of(t_, n);
      for (const condition& c : kinks(n, f, variable))
        add({c}, true, has_no_derivative_there(n, variable) && (c.is == relation::nonzero || taken.contains(n)));
    }
  }

  // The same, where the branches of a select count only where they are taken: there is no tie.
  void smooth_where_taken(node_id root, symbol_id variable) { visit_all(root, variable); }

  // Where the derivative exists; with a let, at its value.
  void derivative(const derivative_site& s) {
    if (s.at == none) {
      defined(s.function);
      smooth(s.function, s.variable);
      return;
    }
    requirement_list inner(t_, kernel_, to_the_letter_);
    inner.defined(s.function);
    inner.smooth(s.function, s.variable);
    for (requirement r : inner.found_) {
      r.node = substitute(t_, r.node, {{t_.symbol_node(s.variable), s.at}});
      add(r);
    }
    defined(s.at);
  }

  // Where an expression is defined, its derivatives taken as values: their formulas may need more than that they exist, as
  // 4*x^3/(2*sqrt(x^4)) does at 0. What the formulas need is added as what is only enough for the derivatives to exist.
  void defined(const expression& e) {
    for (const derivative_site& s : e.sites) values_.insert(s.value);
    for (const derivative_site& s : e.sites)
      if (s.smooth == none) derivative(s);
    defined(e.node);
    values_.clear();
    of_formulas_ = true;
    for (const derivative_site& s : e.sites)
      if (s.smooth == none && s.at == none) defined(s.function);
    defined(e.node);
    of_formulas_ = false;
  }

  std::vector<requirement> take() {
    // Guarded conditions last: most follow from the others.
    std::ranges::stable_sort(found_, {},
                             [&](const requirement& r) { return std::pair(t_.op(r.node) == opcode::select, r.node); });
    return std::move(found_);
  }

 private:
  struct guard {
    comparison c;
    edge left, right;
    bool taken;
  };

  // A node, as it is read from the expression: its axes in those of a frame.
  struct place {
    node_id node;
    std::vector<label> labels;
    std::vector<range_id> frame;
    friend auto operator<=>(const place&, const place&) = default;
  };

  // Whether n is a*x + b of the variable, a number, with numbers a and b and a not 0.
  bool is_affine(node_id n, symbol_id variable) const {
    if (t_.rank(n) != 0) return false;
    if (t_.op(n) == opcode::symbol) return t_.symbol_of(n) == variable;
    if ((t_.op(n) != opcode::add && t_.op(n) != opcode::mul) || t_.bound_count(n) > 0) return false;
    std::size_t moving = 0;
    for (edge_view e : t_.args(n)) {
      if (t_.op(e.node) == opcode::constant) {
        if (t_.op(n) == opcode::mul && t_.value(e.node) == 0) return false;
      } else if (!is_affine(e.node, variable)) {
        return false;
      } else {
        ++moving;
      }
    }
    return moving == 1;
  }

  conditions kinks(node_id n, frame& f, symbol_id variable) const {
    std::vector<bool> wanted;
    for (edge_view e : t_.args(n)) wanted.push_back(kernel_.depends(e.node, variable));
    return kink_conditions(n, f, wanted);
  }

  // Whether n has no derivative where it does not meet its conditions. Around a point where x^(2*x) has x <= 0 it is undefined
  // somewhere, however near; other powers may have one. The adjugate is a polynomial.
  bool has_no_derivative_there(node_id n, symbol_id variable) const {
    if (t_.op(n) == opcode::adj) return false;
    if (t_.op(n) != opcode::pow) return true;
    frame f = frame_of(t_, n);
    bool power = kernel_.depends(t_.arg(n, 1).node, variable) || !ops::integer_by_form(term(f, t_.arg(n, 1))).integer;
    return !power || (is_affine(t_.arg(n, 0).node, variable) && is_affine(t_.arg(n, 1).node, variable));
  }

  // The nodes that do not stand in branches of selects only.
  std::unordered_set<node_id> always_taken(node_id root) const {
    std::unordered_set<node_id> r;
    std::vector<node_id> stack{root};
    while (!stack.empty()) {
      node_id n = stack.back();
      stack.pop_back();
      if (!r.insert(n).second) continue;
      for (std::size_t k = 0; k < t_.arity(n); ++k)
        if (t_.op(n) != opcode::select || k < 2) stack.push_back(t_.arg(n, k).node);
    }
    return r;
  }

  place whole(node_id n) const { return {n, tape::straight(t_.rank(n)), {t_.out(n).begin(), t_.out(n).end()}}; }

  void visit_all(node_id root, symbol_id variable) {
    std::set<place> none_yet;
    whole_.clear();
    visit(whole(root), {}, variable, true, none_yet);
  }

  // What the nodes need to be defined, or to have a derivative by a variable.
  // Without guards a node is looked at once, over its own axes: all its entries must be defined. With guards it is looked at as
  // it is read. Not exact: some guards were left out, so that the conditions are stronger than need be.
  void visit(const place& root, const std::vector<guard>& guards, symbol_id variable, bool exact, std::set<place>& seen) {
    std::vector<place> stack{root};
    std::vector<std::pair<place, std::vector<guard>>> branches;
    while (!stack.empty()) {
      place p = std::move(stack.back());
      stack.pop_back();
      node_id n = p.node;
      if (values_.contains(n) || (variable != none && !kernel_.depends(n, variable))) continue;
      if (whole_.contains(n) || !(guards.empty() ? whole_.insert(n).second : seen.insert(p).second)) continue;
      frame f = frame_of(t_, n);
      conditions own = variable == none ? defined_conditions(n, f) : kinks(n, f, variable);
      if (variable == none) nonempty(n, f, own);
      std::vector<label> axes = p.labels;  // those of n, bound ones last, in the axes of the frame
      for (range_id b : t_.bound(n)) {
        axes.push_back(label::of_axis(p.frame.size()));
        p.frame.push_back(b);
      }
      auto in_frame = [&](edge e) {
        for (label& l : e.labels) l = through(l, axes);
        return e;
      };
      frame wide{t_, p.frame};
      for (condition& c : own) {
        std::vector<guard> all = guards, more = nonempty_guards(n, c.of.as_edge(), f, t_.rank(n));
        all.insert(all.end(), more.begin(), more.end());
        c.of = guarded(term(wide, in_frame(c.of.as_edge())), all);
      }
      add(own, of_formulas_ || variable != none, exact);
      std::vector<edge> args = t_.args(n).copy();
      for (std::size_t k = 0; k < args.size(); ++k) {
        if (variable != none && kernel_.only_compared(n, k)) continue;
        place next{args[k].node, in_frame(args[k]).labels, p.frame};
        std::vector<guard> more = nonempty_guards(n, args[k], f, f.axes.size());
        if (t_.op(n) == opcode::select && k >= 2)
          more.push_back({t_.comparison_of(n), in_frame(args[0]), in_frame(args[1]), k == 2});
        if (!more.empty())
          branches.emplace_back(std::move(next), std::move(more));
        else
          stack.push_back(guards.empty() ? whole(args[k].node) : std::move(next));
      }
    }
    for (const auto& [p, more] : branches) {
      if (whole_.contains(p.node)) continue;
      bool fits = guards.size() + more.size() <= most_guards;
      std::vector<guard> all = guards;
      if (fits) all.insert(all.end(), more.begin(), more.end());
      std::set<place> own = seen;
      visit(p, all, variable, exact && fits, own);
    }
  }

  // What does not carry one of the first axes of a node is read at all only if that axis has a value.
  std::vector<guard> nonempty_guards(node_id n, const edge& e, frame& f, std::size_t first) {
    std::vector<guard> r;
    for (std::size_t a = 0; a < first && to_the_letter_; ++a) {
      const range v = t_.range_of(t_.axes(n)[a]);
      bool carried = std::ranges::any_of(e.labels, [&](const label& l) { return !l.is_constant() && std::size_t(l.axis) == a; });
      if (!carried && !t_.surely_le(v.lo, v.hi))
        r.push_back({comparison::le, bound(v.lo, f).as_edge(), bound(v.hi, f).as_edge(), true});
    }
    return r;
  }

  term bound(const affine& a, frame& f) {
    if (a.dim == none) return term(f, rational(a.offset));
    term dim(f, edge{t_.dim_value(a.dim), {}});
    return a.offset == 0 ? dim : dim + static_cast<int>(a.offset);
  }

  static label through(const label& inner, const std::vector<label>& outer) {
    if (inner.is_constant()) return inner;
    label l = outer[static_cast<std::size_t>(inner.axis)];
    l.offset += inner.offset;
    return l;
  }

  // The greatest or least of no numbers is not defined.
  void nonempty(node_id n, frame& f, conditions& all) {
    if (t_.op(n) != opcode::identity || (t_.red(n) != reduction::max && t_.red(n) != reduction::min)) return;
    for (std::size_t b = t_.rank(n); b < f.axes.size(); ++b) {
      range r = t_.range_of(f.axes[b]);
      if (!t_.surely_le(r.lo, r.hi)) all.push_back(ops::positive(bound(r.hi, f) - bound(r.lo, f) + 1));
    }
  }

  // u where all guards hold, else 1, which meets every condition. What compares u with a number tells its sign, and stands
  // innermost.
  term guarded(const term& u, std::vector<guard> guards) {
    std::stable_partition(guards.begin(), guards.end(), [&](const guard& g) {
      return (g.left == u.as_edge() && t_.is_constant(g.right.node)) || (g.right == u.as_edge() && t_.is_constant(g.left.node));
    });
    term r = u;
    for (const guard& g : guards) {
      term left(u.in(), g.left), right(u.in(), g.right), one(u.in(), 1);
      r = g.taken ? select(g.c, left, right, r, one) : select(g.c, left, right, one, r);
    }
    return r;
  }

  tape& t_;
  kernel& kernel_;
  bool to_the_letter_;
  bool of_formulas_ = false;
  std::unordered_set<node_id> values_;  // of derivatives
  std::vector<requirement> found_;
  std::unordered_set<node_id> whole_;  // nodes that are read without a guard
};

}  // namespace

std::vector<requirement> requirements(tape& t, const expression& e) {
  kernel k(t);
  requirement_list list(t, k, true);
  list.defined(e);
  return list.take();
}

std::vector<requirement> requirements(tape& t, const derivative_site& s) {
  kernel k(t);
  requirement_list list(t, k);
  list.derivative(s);
  return list.take();
}

std::vector<requirement> requirements(tape& t, node_id function, symbol_id variable) {
  kernel k(t);
  requirement_list list(t, k);
  list.defined(function);
  list.smooth(function, variable);
  return list.take();
}

std::vector<requirement> requirements_where_taken(tape& t, node_id function, symbol_id variable) {
  kernel k(t);
  requirement_list list(t, k);
  list.defined(function);
  list.smooth_where_taken(function, variable);
  return list.take();
}

prover::prover(tape& t)
    : tape_(t), kernel_(t), facts_(kernel_), full_(facts_, normalizer::form::full), light_(facts_, normalizer::form::light) {}

void prover::assume_signs(const std::vector<fact>& givens) {
  if (std::exchange(signs_assumed_, true)) return;
  for (const fact& g : givens)
    if (!g.equation) facts_.add(kernel_.assume(sign_claim(g.is, g.left), g.text, origin::given));
}

void prover::assume(const std::vector<fact>& givens) {
  assume_signs(givens);
  for (const fact& g : givens)
    if (g.equation) assume_equation(g);
  know_signs_of_normal_forms(givens);
}

void prover::assume_near(const std::vector<fact>& givens, symbol_id variable) {
  for (const fact& g : givens) {
    const bool stays = !tape_.mentions(g.left, variable) && (!g.equation || !tape_.mentions(g.right, variable));
    if (g.equation && stays)
      assume_equation(g);
    else if (!g.equation && (stays || g.is == relation::positive || g.is == relation::nonzero))
      facts_.add(kernel_.assume(sign_claim(g.is, g.left), g.text, origin::given));
  }
  know_signs_of_normal_forms(givens);
}

// Of a root, from u^(1/q) = b: u = b^q.
std::optional<theorem> prover::raised(const theorem& equal) {
  const node_id root = equal.says().left;
  if (tape_.op(root) != opcode::power || numerator(tape_.value(root)) != 1 || is_integer(tape_.value(root))) return std::nullopt;
  const std::vector<range_id> axes(tape_.out(root).begin(), tape_.out(root).end());
  const node_id power = tape_.power(axes, tape_.whole(root), rational(denominator(tape_.value(root))));
  const node_id u = tape_.identity(axes, tape_.arg(root, 0));
  full_.establish(relation::nonnegative, u);
  const auto opened = full_.ring(u, power);
  if (!opened) return std::nullopt;
  const std::optional<theorem> inside(equal);
  return kernel_.transitive(*opened, kernel_.congruence(power, {&inside, 1}));
}

// An equation that holds has two sides that are defined.
void prover::assume_equation(const fact& given) {
  if (!sides_.emplace(given.left, given.right).second) return;
  for (node_id side : {given.left, given.right})
    for (const requirement& q : requirements(tape_, expression{side, {}, {}, {}}))
      if (!full_.establish(q.is, q.node)) facts_.add(kernel_.assume(sign_claim(q.is, q.node), given.text, origin::given));
  theorem t = kernel_.assume(equal_claim(given.left, given.right), given.text, origin::given);
  std::vector<theorem> all{t};
  if (auto squared = raised(t)) all.push_back(*squared);
  const std::optional<unit_product> unit = from_unit_product(full_, t);
  if (unit) all.insert(all.end(), {unit->turned, unit->determinants});
  for (const theorem& e : all) {
    full_.use_equation(e);
    light_.use_equation(e);
    equations_.push_back(e);
  }
  for (const theorem& e : {t, kernel_.symmetric(t)})  // a side has the sign of the other
    for (relation is : {relation::positive, relation::nonnegative, relation::nonzero})
      if (auto sign = facts_.find(is, e.says().left)) facts_.add(kernel_.transfer(e, *sign));
  if (!unit) return;
  for (const theorem& r : unit->regular) facts_.add(r);
  for (const theorem& e : unit->inverses) {
    full_.replace(e);
    light_.replace(e);
  }
}

// A sign of a node is a sign of its normal form.
void prover::know_signs_of_normal_forms(const std::vector<fact>& givens) {
  for (const fact& g : givens) {
    if (g.equation) continue;
    normal n = full_.of(g.left);
    if (n.node == g.left) continue;
    if (auto t = facts_.find(g.is, g.left)) facts_.add(kernel_.transfer(n.equal, *t));
  }
}

std::vector<requirement> prover::missing(const std::vector<requirement>& all) {
  std::vector<requirement> r;
  for (const requirement& q : all)
    if (!full_.establish(q.is, q.node)) r.push_back(q);
  return r;
}

bool prover::is_sign(const simpler& s) { return s.asked.is == relation::positive; }

std::vector<requirement> prover::assume_domain(const std::vector<requirement>& all, bool exact_only,
                                               std::vector<requirement>& open) {
  const facts before = facts_;
  std::vector<simpler> needed;
  std::vector<requirement> assumed;
  for (const requirement& q : all) {
    if (full_.establish(q.is, q.node)) continue;
    if (exact_only && !q.exact) {
      open.push_back(q);
      continue;
    }
    needed.push_back(simplified(q));
    assume(needed.back(), assumed);
  }
  if (std::ranges::any_of(needed, is_sign) && !std::ranges::all_of(needed, is_sign) && needed.size() <= most_reordered) {
    const facts in_order = facts_;
    know_only(before);
    std::vector<requirement> fewer = assume_signs_first(needed);
    if (fewer.size() < assumed.size())
      assumed = std::move(fewer);
    else
      know_only(in_order);
  }
  // What a matrix function becomes depends on what is known of determinants.
  auto of_matrices = [&](const requirement& q) {
    return std::ranges::any_of(tape_.reachable(q.node), [&](node_id n) { return is_matrix_function(tape_.op(n)); });
  };
  if (std::ranges::any_of(assumed, of_matrices)) {
    full_.forget();
    light_.forget();
  }
  assumed.insert(assumed.begin(), ahead_.begin(), ahead_.end());
  ahead_.clear();
  return assumed;
}

void prover::assume_ahead(const std::vector<requirement>& all) {
  for (const requirement& q : all) {
    if (tape_.op(q.node) != opcode::select || full_.establish(q.is, q.node)) continue;
    if (const simpler s = simplified_choice(q); s.instead.is == relation::nonnegative) assume(s, ahead_);
  }
}

void prover::know_only(const facts& f) {
  facts_ = f;
  full_.forget();
  light_.forget();
}

void prover::assume(const simpler& s, std::vector<requirement>& assumed) {
  assume_requirement(s.instead);
  assumed.push_back(s.instead);
  if (s.asked.node == s.instead.node) return;
  simplified_.emplace(std::pair(s.asked.is, s.asked.node), s.instead.node);
  if (follows(s)) return;
  assume_requirement(s.asked);
  assumed.push_back(s.asked);
}

// What is positive is not 0, nor are its factors, so that less may be left to assume.
std::vector<requirement> prover::assume_signs_first(std::vector<simpler> needed) {
  std::vector<requirement> assumed;
  std::stable_partition(needed.begin(), needed.end(), is_sign);
  for (const simpler& s : needed) {
    full_.forget();
    if (!full_.establish(s.asked.is, s.asked.node)) assume(s, assumed);
  }
  full_.forget();
  for (const requirement& q : assumed) know_normal_form(q);
  return assumed;
}

bool prover::follows(const simpler& s) {
  const requirement& q = s.asked;
  if (s.times == none) return full_.establish(q.is, q.node).has_value();
  const std::vector<range_id> axes(tape_.out(q.node).begin(), tape_.out(q.node).end());
  const node_id product = tape_.mul(axes, std::array<edge, 2>{tape_.whole(s.instead.node), tape_.whole(s.times)});
  full_.establish(q.is, s.times);
  const auto known = facts_.find(q.is, product);
  if (const auto factored = known ? as_product(q) : std::nullopt) {
    const node_id factors = factored->equal.says().right;
    std::vector<node_id> sums;
    for (node_id n : tape_.reachable(factors))
      if (tape_.op(n) == opcode::add) sums.push_back(n);
    if (const auto same = full_.ring(product, factors, {}, sums))
      facts_.add(kernel_.transfer(kernel_.transitive(*same, kernel_.symmetric(factored->equal)), *known));
  }
  return full_.establish(q.is, q.node).has_value();
}

std::optional<normalizer::factored> prover::as_product(const requirement& q) {
  const normal n = full_.of(q.node);
  try {
    auto r = full_.factor_out(n.node);
    if (r) r->equal = kernel_.transitive(n.equal, r->equal);
    return r;
  } catch (const too_large&) {
    return std::nullopt;
  }
}

void prover::assume_requirement(const requirement& q) {
  theorem t = kernel_.assume(sign_claim(q.is, q.node), "", q.smooth ? origin::differentiable : origin::domain);
  facts_.add(t);
  know_normal_form(q);
}

void prover::know_normal_form(const requirement& q) {
  const auto t = facts_.find(q.is, q.node);
  normal n = full_.of(q.node);
  if (t && n.node != q.node && q.is != relation::real_power) facts_.add(kernel_.transfer(n.equal, *t));
  if (q.is == relation::positive || q.is == relation::nonzero) know_factors(q.is, n.node);
}

// The same of a product as it is written.
prover::simpler prover::without_known_factors(const requirement& q) {
  if (tape_.op(q.node) != opcode::mul || tape_.bound_count(q.node) > 0) return {q, q};
  std::vector<edge> factors = tape_.args(q.node).copy();
  const auto first_known =
      std::stable_partition(factors.begin(), factors.end(), [&](const edge& e) { return !facts_.known(q.is, e.node); });
  const auto left = std::span(factors).first(static_cast<std::size_t>(first_known - factors.begin())),
             known = std::span(factors).subspan(left.size());
  if (known.empty() || left.empty()) return {q, q};
  const std::vector<range_id> axes(tape_.out(q.node).begin(), tape_.out(q.node).end());
  const node_id times = tape_.mul(axes, known);
  const bool single = left.size() == 1 && left[0] == tape_.whole(left[0].node);
  return {q, {q.is, single ? left[0].node : tape_.mul(axes, left), q.smooth, q.exact}, times};
}

// if(x = 0, 1, x*y) > 0 as x >= 0, and if(x = 0, 1, y*z) > 0 as if(x = 0, 1, z) > 0, where y > 0.
prover::simpler prover::simplified_choice(const requirement& q) {
  std::vector<node_id> left = full_.choices_of_factors(q.node);
  if (left.empty()) left = {q.node};
  std::erase_if(left, [&](node_id choice) { return full_.establish(q.is, choice).has_value(); });
  if (q.is != relation::positive || left.size() != 1) return {q, q};
  const edge x = tape_.arg(left[0], 0);
  const bool asks_the_sign = tape_.comparison_of(left[0]) == comparison::eq && tape_.is_constant(tape_.arg(left[0], 1).node, 0) &&
                             tape_.is_constant(tape_.arg(left[0], 2).node, 1) && x == edge(tape_.arg(left[0], 3));
  requirement r = q;
  r.node = left[0];
  if (asks_the_sign) {
    r.is = relation::nonnegative;
    r.node = tape_.identity(std::vector<range_id>(tape_.out(q.node).begin(), tape_.out(q.node).end()), x);
  }
  return {q, r};
}

// The same condition without factors that are known to be positive (or, where a node must not be 0, not to be 0):
// 2*pi*v > 0 as v > 0, p/exp(z) > 0 as p > 0, and x^2/x > 0 as x > 0.
prover::simpler prover::simplified(const requirement& q) {
  const simpler same{q, q};
  if (tape_.op(q.node) == opcode::select)
    if (const simpler s = simplified_choice(q); s.instead.node != q.node) return s;
  if ((q.is != relation::positive && q.is != relation::nonzero) || tape_.op(q.node) == opcode::power) return same;
  std::optional<normalizer::factored> product = as_product(q);
  if (!product) return without_known_factors(q);
  const std::vector<range_id> axes(tape_.out(q.node).begin(), tape_.out(q.node).end());
  if (product->sum != none) product->factors.push_back({product->sum, tape::straight(axes.size()), exponent(1)});
  monomial left, times;
  bool fewer = false;
  for (factor f : product->factors) {
    if (f.node >= index_atom) return same;
    const bool root = f.power.denominator() != 1;
    if (facts_.known(q.is, f.node)) {
      fewer = true;
      times.factors.push_back(std::move(f));
      continue;
    }
    if (root && (q.is != relation::nonzero || !facts_.known(relation::nonnegative, f.node))) return same;
    const exponent least = q.is == relation::nonzero || f.power.numerator() % 2 != 0 ? 1 : 2;
    fewer = fewer || f.power != least;
    if (f.power != least) times.factors.push_back({f.node, f.labels, f.power - least});
    f.power = least;
    left.factors.push_back(std::move(f));
  }
  if (left.factors.empty()) return same;
  std::sort(left.factors.begin(), left.factors.end());
  std::sort(times.factors.begin(), times.factors.end());
  requirement r = q;
  const int sign = product->coefficient < 0 && q.is == relation::positive ? -1 : 1;
  r.node = to_node(tape_, left, sign, axes);
  const std::size_t now = tape_.reachable(r.node).size(), was = tape_.reachable(q.node).size();
  const bool opens_a_choice = tape_.op(q.node) == opcode::select && tape_.op(r.node) != opcode::select && now > was;
  const bool opens_a_sum = product->sum != none && (!fewer || now > was);
  simpler as_written = without_known_factors(q);
  const bool is_as_short =
      as_written.times != none && product->sum != none && tape_.reachable(as_written.instead.node).size() <= now;
  // d*sum(x.^2) - sum(x)^2 is no better than sum((x - sum(x)/d).^2).
  auto is_number = [&](const factor& f) { return tape_.op(f.node) == opcode::constant || tape_.op(f.node) == opcode::dim_value; };
  const bool drops_numbers = product->sum != none && left.factors.size() == 1 && std::ranges::all_of(times.factors, is_number);
  if (opens_a_choice || opens_a_sum || is_as_short || drops_numbers || (!fewer && now >= was)) return as_written;
  return {q, r, to_node(tape_, times, product->coefficient * sign, axes)};
}

node_id prover::assumed_for(const requirement& q) const {
  auto it = simplified_.find({q.is, q.node});
  return it == simplified_.end() ? q.node : it->second;
}

// What is not 0 has factors that are not 0.
void prover::know_factors(relation is, node_id n) {
  auto t = facts_.find(is, n);
  if (!t) return;
  try {
    if (auto f = full_.factor_out(n); f && f->sum != none && !f->factors.empty()) facts_.add(kernel_.transfer(f->equal, *t));
  } catch (const too_large&) {
    // its factors stay unknown
  }
}

std::optional<theorem> prover::equate_by_cases(node_id a, node_id b) {
  if (auto t = full_.equate(a, b)) return t;
  std::size_t tries = most_cases;
  return equate_by_cases(full_, a, b, tries, 0);
}

// The cases of a number on whose sign it depends what a and b are: of the argument of an absolute value, say.
std::optional<theorem> prover::equate_by_cases(normalizer& with, node_id a, node_id b, std::size_t& tries, int depth) {
  if (depth == deepest_cases) return std::nullopt;
  node_id u = undecided(tape_, {with.of(a).node, with.of(b).node});
  if (u == none) return std::nullopt;
  std::vector<theorem> cases;
  for (const claim& c : kernel_.signs_of(u)) {
    if (tries == 0) return std::nullopt;
    --tries;
    facts known = with.known_facts();
    normalizer here(known, normalizer::form::full);
    const theorem assumed = kernel_.assume(c, "", origin::domain);
    known.add(assumed);
    for (const theorem& t : equations_) here.use_equation(t);
    if (c.what == claim::kind::equal) here.use_equation(assumed);
    auto t = here.equate(a, b);
    if (!t) t = equate_by_cases(here, a, b, tries, depth + 1);
    if (!t) return std::nullopt;
    cases.push_back(*t);
  }
  return kernel_.any_sign(u, cases[0], cases[1], cases[2]);
}

normalizer prover::around(std::span<const node_id> atoms, normalizer::form form) {
  normalizer r(facts_, form);
  r.keep_whole(atoms);
  for (const theorem& t : equations_) r.use_equation(t);
  return r;
}

theorem prover::differentiate(node_id root, symbol_id variable) {
  std::unordered_map<node_id, theorem> known;
  return differentiate(root, variable, known);
}

theorem prover::differentiate(node_id root, symbol_id variable, std::unordered_map<node_id, theorem>& known) {
  for (node_id n : differentiated(tape_, kernel_, root))
    if (auto d = differentiate_one(n, variable, known)) known.emplace(n, *d);
  if (auto it = known.find(root); it != known.end()) return it->second;
  return kernel_.differentiate(root, variable, {});
}

std::optional<theorem> prover::differentiate_one(node_id n, symbol_id variable,
                                                 const std::unordered_map<node_id, theorem>& known) {
  std::vector<theorem> premises;
  if (!kernel_.depends(n, variable)) return std::nullopt;
  std::vector<bool> wanted;
  for (edge_view e : tape_.args(n)) {
    wanted.push_back(kernel_.depends(e.node, variable));
    if (auto it = known.find(e.node); it != known.end()) premises.push_back(it->second);
  }
  frame f = frame_of(tape_, n);
  conditions needed = defined_conditions(n, f);
  for (condition& c : kink_conditions(n, f, wanted)) needed.push_back(std::move(c));
  for (const condition& c : needed)
    if (auto t = full_.establish(c.is, kernel_.condition_node(c))) premises.push_back(*t);
  return kernel_.differentiate(n, variable, premises);
}

std::optional<theorem> prover::certify_derivative(node_id f, symbol_id variable, node_id result) {
  auto attempt = [](auto prove) -> std::optional<theorem> {
    try {
      return prove();
    } catch (const refusal&) {  // a step needs more than arithmetic, or a condition is missing
      return std::nullopt;
    }
  };
  if (forward_is_cheaper(tape_, f, variable))
    if (auto d = attempt([&] { return follow_forward(f, variable, result); })) return d;
  return attempt([&]() -> std::optional<theorem> {
    std::unordered_map<node_id, theorem> known;
    theorem d = differentiate(f, variable, known);
    std::optional<theorem> same = attempt([&] { return follow_sweep(f, variable, result, known); });
    if (!same) same = full_.equate(d.says().right, result);
    if (!same) return std::nullopt;
    return kernel_.derivative_equal(d, *same);
  });
}

std::optional<theorem> prover::derivative_again(const theorem& first, const theorem& next) {
  const symbol_id variable = first.says().variable;
  try {
    std::vector<theorem> continuous;
    for (hypothesis_id h : first.hypotheses())
      if (!kernel_.holds_near(h, variable)) continuous.push_back(differentiate(kernel_.hypothesis_of(h).says.left, variable));
    return kernel_.derivative_again(first, next, continuous);
  } catch (const refusal&) {
    return std::nullopt;
  }
}

// d f = result, by following the forward sweep: the tangent of each node is what the derivative rule makes of the tangents of its
// arguments, up to arithmetic that looks at this node only.
std::optional<theorem> prover::follow_forward(node_id f, symbol_id variable, node_id result) {
  std::vector<std::pair<node_id, node_id>> record;
  if (forward(tape_, f, variable, record) != result) return std::nullopt;
  const std::unordered_map<node_id, node_id> tangents(record.begin(), record.end());
  std::unordered_map<node_id, theorem> known;
  for (node_id n : differentiated(tape_, kernel_, f)) {
    std::optional<theorem> d = differentiate_one(n, variable, known);
    if (!d) continue;
    const node_id rule = d->says().right;
    auto own = tangents.find(n);
    const node_id tangent = own != tangents.end() ? own->second : tape_.identity(tape_.out(rule), {tape_.constant(0), {}});
    std::vector<node_id> closed;
    for (edge_view e : tape_.args(n)) {
      if (tape_.arity(e.node) != 0) closed.push_back(e.node);
      if (auto it = tangents.find(e.node); it != tangents.end()) close_choice(it->second, closed);
    }
    std::erase(closed, tangent);
    std::optional<theorem> same = full_.ring(rule, tangent, {}, closed);
    if (!same) throw refusal("follow-forward: a step does not hold");
    known.emplace(n, kernel_.derivative_equal(*d, *same));
  }
  if (auto it = known.find(f); it != known.end()) return it->second;
  return kernel_.differentiate(f, variable, {});
}

// Treats n as an atom; of a choice, which the sweep carries outside of products, the branches.
void prover::close_choice(node_id n, std::vector<node_id>& closed) const {
  while (tape_.op(n) == opcode::select) {
    if (tape_.arity(tape_.arg(n, 3).node) != 0) closed.push_back(tape_.arg(n, 3).node);
    n = tape_.arg(n, 2).node;
  }
  if (tape_.arity(n) != 0) closed.push_back(n);
}

// d f = result, by following the reverse sweep: what each node has received, times the node's d, is what it sends, times the d of
// its arguments, since d n is the sum of its partial derivatives times the d of its arguments.
std::optional<theorem> prover::follow_sweep(node_id f, symbol_id variable, node_id result,
                                            const std::unordered_map<node_id, theorem>& known) {
  std::vector<adjoint_step> record;
  if (derivative(tape_, f, variable, record) != result || record.empty()) return std::nullopt;
  return sweep_proof(full_, f, variable, known, {}).run(record, result);
}

std::optional<theorem> prover::certify_sweep(node_id f, symbol_id variable, node_id result,
                                             const std::vector<adjoint_step>& record,
                                             const std::unordered_map<node_id, theorem>& rewritten) {
  if (record.empty()) return std::nullopt;
  try {
    std::unordered_map<node_id, theorem> known;
    const theorem d = differentiate(f, variable, known);
    return kernel_.derivative_equal(d, sweep_proof(full_, f, variable, known, rewritten).run(record, result));
  } catch (const refusal&) {
    return std::nullopt;
  }
}

std::vector<std::string> prover::facts_used(std::span<const theorem> theorems) const {
  std::vector<std::string> r;
  for (const theorem& t : theorems)
    for (hypothesis_id h : t.hypotheses()) {
      const hypothesis& a = kernel_.hypothesis_of(h);
      if (a.from == origin::given && std::ranges::find(r, a.text) == r.end()) r.push_back(a.text);
    }
  return r;
}

}  // namespace wengert
