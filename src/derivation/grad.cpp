// grad: value and gradient of the problem's expression as numbers, and what fails at the point.
//
// The numbers come from the reverse sweep, evaluated in double and in extended precision. Where these agree, and a form that
// rounds better (see stable.hpp) says nothing else, that is the answer. Otherwise forms of the same node are tried that the
// kernel has proved equal to it under conditions that hold at the point. Where there is none, or the graph has more than
// `largest_proof` nodes, the form that rounds better counts unproved.
//
// What would be too much work is computed in double, by a program.
#include <wengert/derivation/commands.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/proof/stable.hpp>

#include "differentiate.hpp"
#include "guards.hpp"
#include "point_values.hpp"
#include "wording.hpp"

namespace wengert {

namespace {

constexpr std::size_t largest_proof = 2000;

// What double and extended precision may differ by to be believed, relative to the size of the array.
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

// Up to this level more digits are tried before other forms.
constexpr std::size_t easy_levels = 4;

constexpr long double agreement = 1e-9L;

// Where all is computed in double, so are conditions that take more than this part of what would be too much; and all is where
// something fails at the point, already at this part, for it takes more digits to be seen there.
constexpr std::size_t part_of_condition = 64, part_where_undefined = 8;

// Terms that extended precision may take where double has no finite number.
constexpr std::size_t most_precise = 100'000'000;

struct trial {
  std::vector<long double> values;
  long double error = 0;      // estimated, relative; infinite where an entry is not finite
  bool leaves_range = false;  // whether a small graph goes through what even extended precision cannot hold
  bool is_good() const { return error <= agreement && !leaves_range; }
};

trial evaluate(point_values& at, node_id n, bool small) {
  trial r{at.precise(n), 0, false};
  std::vector<double> rounded = at.rounded(n);
  long double size = 0, apart = 0;
  for (std::size_t k = 0; k < rounded.size(); ++k) {
    size = std::max(size, std::abs(r.values[k]));
    apart = std::max(apart, std::abs(r.values[k] - rounded[k]));
    if (!std::isfinite(r.values[k]) || !std::isfinite(rounded[k])) apart = std::numeric_limits<long double>::infinity();
  }
  r.error = apart == 0 || std::isinf(apart) ? apart : apart / std::max(size, 1e-3L);
  r.leaves_range = small && at.leaves_range(n);
  return r;
}

bool has_nan(const trial& r) {
  return std::ranges::any_of(r.values, [](long double v) { return std::isnan(v); });
}

// Whether every entry of one is that of the other, up to rounding: log(1 + exp(-50)) is 0 in one form and 2e-22 in another.
bool agree(const trial& a, const trial& b) {
  for (std::size_t k = 0; k < a.values.size(); ++k) {
    long double size = std::max(std::abs(a.values[k]), std::abs(b.values[k]));
    if (static_cast<double>(size) != 0 && std::abs(a.values[k] - b.values[k]) > agreement * size) return false;
  }
  return true;
}

// The user's signs, as far as they hold at the point. Equations hold up to rounding only and are left out.
std::vector<fact> signs_here(const problem& p, point_values& at) {
  std::vector<fact> r;
  for (const fact& f : p.facts()) {
    try {
      if (!f.equation && at.holds(f)) r.push_back(f);
    } catch (const error& e) {
      if (e.code != "V01") throw;  // the fact speaks of something that the numbers do not need
    }
  }
  return r;
}

// Numbers for nodes of one problem at one point.
class answers {
 public:
  answers(problem& p, point_values& at) : problem_(p), at_(at) {}

  // What the nodes to come need, whether or not it holds at the point.
  void expect(const std::vector<requirement>& needs) {
    needs_.insert(needs_.end(), needs.begin(), needs.end());
    prover_.reset();
  }

  // The value of n. Where something fails at the point equal nodes need not agree, so there n itself decides. Derivatives have
  // conventions for what is left open.
  array of(node_id n, bool defined, bool is_derivative, std::string_view name) {
    if (at_.in_double(n)) return by_program(n, defined, is_derivative, name);
    if (at_.is_large(n)) {
      if (defined) n = stable_form(problem_.on(), n);
      compute({&n, 1});
      return by_program(n, defined, is_derivative, name);
    }
    if (std::optional<array> sure = certain(n, defined, is_derivative, name)) return *std::move(sure);
    const bool small = problem_.on().reachable(n).size() <= largest_proof;
    if (!defined && small && at_.leaves_range(n)) n = stabilized(problem_.on(), n);
    trial best = evaluate(at_, n, small);
    if (defined) improve(n, best, small);
    if (is_derivative && has_nan(best)) best.values = at_.by_convention(n);
    if (defined && !best.is_good()) warnings.push_back(fmt::format("the digits of {} are not certain", name));
    return as_array(n, best.values);
  }

  // From now on the values of these nodes are those of one program, in double.
  void compute(std::span<const node_id> nodes) {
    at_.compute(nodes);
    overflows_ = overflows_ || at_.leaves_double(nodes);
    if (warned_) return;
    warnings.emplace_back("the digits are those of double arithmetic: certain ones would take too long for so many numbers");
    warned_ = true;
  }

  std::vector<std::string> warnings;

 private:
  // The numbers of a program; where something is too large for it, those of a form in which nothing is, or of extended precision.
  array by_program(node_id n, bool defined, bool is_derivative, std::string_view name) {
    if (is_finite(n) && !overflows_) return as_array(n, *at_.in_double(n));
    const auto good = [&](node_id f) {
      at_.compute({&f, 1});
      return is_finite(f) && !at_.leaves_double({&f, 1});
    };
    if (defined && problem_.on().reachable(n).size() <= largest_proof)
      if (const std::optional<normal> form = find_stable_form(expert(), n, good); form && holds_here(form->equal))
        return as_array(n, *at_.in_double(form->node));
    if (const node_id other = defined ? stabilized(problem_.on(), n) : n; other != n && good(other))
      return as_array(n, *at_.in_double(other));
    if (at_.takes_at_most(n, most_precise)) return as_array(n, is_derivative ? at_.by_convention(n) : at_.precise(n));
    if (overflows_) warnings.push_back(fmt::format("what leads to {} is too large for double: it may be wrong", name));
    return as_array(n, *at_.in_double(n));
  }
  bool is_finite(node_id n) {
    return std::ranges::all_of(*at_.in_double(n), [](double v) { return std::isfinite(v); });
  }

  template <class T> array as_array(node_id n, const std::vector<T>& values) {
    array r{at_.shape(n), {}};
    for (T v : values) r.values.push_back(std::isnan(v) ? no_number : static_cast<double>(v) + 0.0);  // never -0, -nan
    return r;
  }

  // The value of n with all its digits certain; where they cancel beyond all measure, no number. Nothing where that is not
  // a question of digits.
  std::optional<array> certain(node_id n, bool defined, bool is_derivative, std::string_view name) {
    constexpr std::size_t all_levels = enclosures::digits.size();
    enclosures::answer found = at_.enclosed().certain(n, 0, easy_levels);
    if (defined && !found.all && problem_.on().reachable(n).size() <= largest_proof) {
      auto good = [&](node_id f) { return at_.is_affordable(f, n) && at_.enclosed().certain(f, 0, easy_levels).all; };
      if (const std::optional<normal> form = find_stable_form(expert(), n, good); form && holds_here(form->equal))
        found = at_.enclosed().certain(form->node, 0, easy_levels);
    }
    if (!found.all && !found.open) found = at_.enclosed().certain(n, easy_levels, all_levels);
    if (!found.all && found.open && is_derivative) found = at_.enclosed_by_convention().certain(n, 0, all_levels);
    if (!found.all && (found.open || !defined)) return std::nullopt;
    if (!found.all)
      warnings.push_back(fmt::format("{} binary digits do not tell what {} is at this point", enclosures::digits.back(), name));
    array r{at_.shape(n), {}};
    for (const std::optional<double>& v : found.entries) r.values.push_back(v.value_or(no_number) + 0.0);  // never -0
    return r;
  }

  // Where the value of n is in doubt, looks for a node of the same value that rounds better.
  void improve(node_id n, trial& best, bool small) {
    tape& t = problem_.on();
    node_id other = stabilized(t, n);
    if (best.is_good() && other == n) return;
    if (!at_.is_affordable(other, n)) other = n;
    trial unproved = evaluate(at_, other, small);
    if (best.is_good() && (!unproved.is_good() || agree(best, unproved))) return;
    std::optional<normal> form;
    auto good = [&](node_id f) { return at_.is_affordable(f, n) && evaluate(at_, f, small).is_good(); };
    if (small) form = find_stable_form(expert(), n, good);
    if (form && holds_here(form->equal))
      best = evaluate(at_, form->node, small);
    else if ((!small || !best.is_good()) && unproved.error <= agreement)
      best = std::move(unproved);
  }

  prover& expert() {
    if (prover_) return *prover_;
    prover_.emplace(problem_.on());
    prover_->assume(signs_here(problem_, at_));
    std::vector<requirement> open;
    prover_->assume_domain(needs_, false, open);
    return *prover_;
  }

  // The only equations among the hypotheses say that a symbol is a symmetric matrix.
  bool holds_here(const theorem& t) {
    return std::ranges::all_of(t.hypotheses(), [&](hypothesis_id h) {
      const claim& c = prover_->using_kernel().hypothesis_of(h).says;
      if (c.what != claim::kind::equal) return at_.holds(c.is, c.left);
      return at_.is_symmetric(problem_.on().symbol_of(c.left));
    });
  }

  problem& problem_;
  point_values& at_;
  std::vector<requirement> needs_;
  std::optional<prover> prover_;
  bool warned_ = false;     // of double
  bool overflows_ = false;  // on the way to what was computed in double
};

// Whether a node that asks for more to be differentiable everywhere is so here. x^y asks for x > 0; a whole exponent that stays
// fixed needs less. xlogy(x, x*y) asks for x*y > 0; where x is 0 and stays so, it is constant.
bool is_eased(const tape& t, point_values& at, node_id n, frame& axes, symbol_id variable) {
  if (t.op(n) == opcode::xlogy)
    return !t.mentions(t.arg(n, 0).node, variable) && std::ranges::all_of(defined_conditions(n, axes), [&](const condition& c) {
      return at.holds(c.is, c.of.as_edge().node) || at.surely_holds(c.is, c.of.as_edge().node);
    });
  if (t.op(n) != opcode::pow) return false;
  const node_id x = t.arg(n, 0).node, y = t.arg(n, 1).node;
  if (t.mentions(y, variable) || !at.holds(relation::integer, y)) return false;
  return at.holds(relation::nonzero, x) || std::ranges::all_of(at.precise(y), [](long double v) { return v >= 0; });
}

// Whether all that asks for r to be differentiable needs less at the point.
bool needs_less(tape& t, point_values& at, const requirement& r, node_id f, symbol_id variable) {
  if (!r.smooth) return false;
  bool found = false;
  std::unordered_set<node_id> moving{t.symbol_node(variable)};
  for (node_id n : t.reachable(f)) {
    for (edge_view e : t.args(n))
      if (moving.contains(e.node)) moving.insert(n);
    if (!moving.contains(n)) continue;
    frame axes = frame_of(t, n);
    std::vector<bool> wanted;
    for (edge_view e : t.args(n)) wanted.push_back(t.op(n) == opcode::xlogy || moving.contains(e.node));
    for (const condition& c : kink_conditions(n, axes, wanted)) {
      if (c.is != r.is || c.of.as_edge().node != r.node) continue;
      if (!is_eased(t, at, n, axes, variable)) return false;
      found = true;
    }
  }
  return found;
}

// The texts of the requirements that fail at the point, each once.
class failures {
 public:
  failures(problem& p, point_values& at, node_id n, const std::vector<std::string>& letters)
      : problem_(p), at_(at), words_(p, n, letters) {}

  // Whether all hold.
  bool check(const std::vector<requirement>& all, node_id f, symbol_id variable) {
    bool good = true;
    for (const requirement& r : all) {
      if (holds_here(r) || (variable != none && needs_less(problem_.on(), at_, r, f, variable)) || holds_anyway(r)) continue;
      good = false;
      std::string text = words_.condition(r);
      if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
    }
    return good;
  }

  std::vector<std::string> texts;

 private:
  bool holds_here(const requirement& r) {
    if (at_.holds(r.is, r.node)) return true;
    return at_.surely_holds(r.is, r.node);
  }

  // softmax(z) > 0 holds even where it underflows.
  bool holds_anyway(const requirement& r) {
    if (problem_.on().reachable(r.node).size() > largest_proof) return false;
    if (!prover_) {
      prover_.emplace(problem_.on());
      prover_->assume(signs_here(problem_, at_));
    }
    return prover_->full().establish(r.is, r.node).has_value();
  }

  problem& problem_;
  point_values& at_;
  wording words_;
  std::optional<prover> prover_;
};

// What equals the expression near the point and has a derivative there; none if nothing is found. norm2(x)^2 is sum(x.^2).
node_id smoother_here(problem& p, point_values& at, const expression& e, symbol_id by) {
  tape& t = p.on();
  if (t.reachable(e.node).size() > largest_proof) return none;
  prover with(t);
  with.assume_signs(signs_here(p, at));
  const normal f = smoothest(p, with, e.node, by);
  if (f.node == e.node) return none;
  std::vector<requirement> needs = requirements_where_taken(t, f.node, by);
  for (const requirement& r : defined_near(with, e.node, by)) needs.push_back(r);
  return failures(p, at, e.node, e.letters).check(needs, f.node, by) ? f.node : none;
}

std::vector<std::string> broken_givens(problem& p, point_values& at) {
  std::vector<std::string> r;
  auto say = [&](const std::string& fact) {
    std::string text = fmt::format("the point does not meet '{}'", fact);
    if (std::ranges::find(r, text) == r.end()) r.push_back(std::move(text));
  };
  for (const fact& f : p.facts()) {
    try {
      if (!at.holds(f)) say(f.text);
    } catch (const error& e) {
      if (e.code != "V01") throw;  // the fact speaks of something that the numbers do not need
    }
  }
  const tape& t = p.on();
  for (node_id n : p.on().reachable(p.expressions().at(0).node))
    if (t.op(n) == opcode::symbol && t.symbol(t.symbol_of(n)).symmetric && !at.is_symmetric(t.symbol_of(n)))
      say(fmt::format("symmetric({})", t.symbol(t.symbol_of(n)).name));
  return r;
}

// A node whose numbers are asked for.
struct wanted {
  node_id node;
  std::vector<requirement> needs;
  bool good;  // whether they hold at the point
  bool is_derivative;
  std::string name;
};

// All of them by one program, what was taken out of their exponents put back.
void compute_at_once(tape& t, answers& numbers, std::vector<wanted>& all, const shifts& taken_out) {
  std::vector<node_id> nodes;
  for (const wanted& w : all) nodes.push_back(w.node);
  taken_out.put_back(t, nodes);
  for (std::size_t k = 0; k < all.size(); ++k) all[k].node = nodes[k];
  numbers.compute(nodes);
}

}  // namespace

grad_result grad(problem& p, const point& given, std::size_t most_certain) {
  tape& t = p.on();
  const expression e = p.expressions().at(0);
  point_values at(p, given, most_certain);
  grad_result r;
  r.notes = p.notes();
  at.expect_values(e.node);  // missing values are reported for the expression before anything else
  r.warnings = broken_givens(p, at);
  failures failed(p, at, e.node, e.letters);
  std::vector<symbol_id> by;
  for (const target& v : p.targets()) by.push_back(v.variable);
  std::vector<node_id> swept = reverse(t, e.node, by);
  bool large = at.is_large(e.node) || at.is_large(swept);
  if (large) at.lower_limit(part_of_condition);
  std::vector<wanted> all{{e.node, requirements(t, e), true, false, "the value"}};
  const bool defined = all[0].good = failed.check(all[0].needs, e.node, none);
  if (!defined && !large) {
    at.lower_limit(part_where_undefined);
    large = at.is_large(e.node) || at.is_large(swept);
  }
  shifts taken_out;
  if (large && defined) {
    make_stable(t, {&all[0].node, 1}, taken_out);
    swept = reverse(t, all[0].node, by);
  }
  for (std::size_t k = 0; k < by.size(); ++k) {
    const target& v = p.targets()[k];
    const std::vector<requirement> more = requirements_where_taken(t, e.node, v.variable);
    const std::vector<std::string> others = failed.texts;
    bool smooth = failed.check(more, e.node, v.variable);
    node_id derived = swept[k];
    if (node_id equal = smooth || !defined ? none : smoother_here(p, at, e, v.variable); equal != none) {
      failed.texts = others;
      smooth = true;
      if (large) make_stable(t, {&equal, 1}, taken_out);
      derived = derivative(t, equal, v.variable);
    }
    all.push_back(
        {at_entry(t, derived, v, e.letters), more, defined && smooth, true, fmt::format("the derivative by {}", v.text)});
  }
  answers numbers(p, at);
  if (large) compute_at_once(t, numbers, all, taken_out);
  for (const wanted& w : all) {
    numbers.expect(w.needs);
    array found = numbers.of(w.node, w.good, w.is_derivative, w.name);
    if (w.is_derivative)
      r.gradient.emplace_back(p.targets()[r.gradient.size()].text, std::move(found));
    else
      r.value = std::move(found);
  }
  r.warnings.insert(r.warnings.end(), numbers.warnings.begin(), numbers.warnings.end());
  r.undefined = std::move(failed.texts);
  return r;
}

array evaluate_at(problem& p, const std::string& text, const point& given) {
  const expression e = p.parse(text);
  point_values at(p, given);
  failures failed(p, at, e.node, e.letters);
  const std::vector<requirement> needs = requirements(p.on(), e);
  const bool defined = failed.check(needs, e.node, none);
  answers numbers(p, at);
  numbers.expect(needs);
  return numbers.of(e.node, defined, !e.sites.empty(), text);
}

namespace {

// The derivative as the sweep leaves it: its numbers count where there is no derivative.
node_id swept(problem& p, const diff_result& d) {
  const expression e = p.expressions().at(0);
  node_id n = e.node;
  for (int k = 0; k < d.order; ++k) n = derivative(p.on(), n, d.by.variable);
  return at_entry(p.on(), n, d.by, e.letters, d.order);
}

// What fails of the conditions of a derivative; nothing where the expression itself has all that it needs.
std::vector<std::string> failing(problem& p, point_values& at, const diff_result& d, const std::vector<std::string>& letters) {
  failures conditions(p, at, d.node, letters);
  if (conditions.check(d.needs, d.function, d.by.variable)) return {};
  const expression e = p.expressions().at(0);
  failures own(p, at, e.node, e.letters);
  const bool smooth = d.order == 1 && own.check(requirements(p.on(), e), e.node, none) &&
                      own.check(requirements_where_taken(p.on(), e.node, d.by.variable), e.node, d.by.variable);
  return smooth ? std::vector<std::string>() : std::move(conditions.texts);
}

}  // namespace

value_there evaluate_at(problem& p, const diff_result& derivative, const point& given) {
  std::vector<std::string> letters;
  for (const axis_letter& a : derivative.axes) letters.push_back(a.letter);
  point_values at(p, given);
  at.expect_values(derivative.node);  // missing values are reported for the answer before anything else
  expression answer;
  answer.node = derivative.node;
  const std::vector<requirement> needs = requirements(p.on(), answer);
  value_there r;
  r.undefined = failing(p, at, derivative, letters);
  const bool smooth = r.undefined.empty();
  r.warnings = broken_givens(p, at);  // which the answer may rest on
  const bool by_answer =
      smooth && r.warnings.empty() && failures(p, at, derivative.node, letters).check(needs, derivative.node, none);
  answers numbers(p, at);
  numbers.expect(by_answer ? needs : derivative.needs);
  r.value = numbers.of(by_answer ? derivative.node : swept(p, derivative), smooth, true, "the derivative");
  r.warnings.insert(r.warnings.end(), numbers.warnings.begin(), numbers.warnings.end());
  return r;
}

}  // namespace wengert
