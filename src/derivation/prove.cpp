// prove: L == R wherever L is defined and the givens hold.

#include <wengert/derivation/commands.hpp>

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/proof/certificate.hpp>
#include <wengert/proof/coq.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/text/printer.hpp>

#include "counterexample.hpp"
#include "find_conditions.hpp"
#include "guards.hpp"
#include "lengths.hpp"
#include "wording.hpp"

namespace wengert {

namespace {

struct attempt {
  std::optional<theorem> equal;
  std::vector<theorem> rests_on;        // the equation, the derivatives, what makes the right side defined
  std::vector<requirement> conditions;  // assumed because the left side needs them
  std::string obstacle;                 // why it failed
};

// "u >= 0" holds at the point only and "differentiable where u != 0" speaks of its surroundings: a proof must not add them up.
std::optional<std::string> mixes_point_and_neighbourhood(prover& with, const theorem& equal,
                                                         const std::vector<derivative_site>& sites) {
  kernel& k = with.using_kernel();
  bool smooth =
      std::ranges::any_of(equal.hypotheses(), [&](hypothesis_id h) { return k.hypothesis_of(h).from == origin::differentiable; });
  for (hypothesis_id h : equal.hypotheses()) {
    const hypothesis& a = k.hypothesis_of(h);
    if (!smooth || a.from != origin::given || a.says.what != claim::kind::sign) continue;
    for (const derivative_site& s : sites)
      if (s.at != none || !k.holds_near(h, s.variable)) return a.text;
  }
  return std::nullopt;
}

// What a side needs to have a value, where some of its D are of a function's stand-in.
std::vector<requirement> needs_of(prover& with, const expression& side) {
  tape& t = with.using_kernel().on();
  std::vector<requirement> all;
  auto take = [&](const std::vector<requirement>& more) {
    for (const requirement& r : more)
      if (std::ranges::none_of(all, [&](const requirement& q) { return q.is == r.is && q.node == r.node; })) all.push_back(r);
  };
  for (const derivative_site& s : side.sites) {
    if (s.smooth == none) continue;
    take(defined_near(with, s.function, s.variable));
    take(requirements(t, s.smooth, s.variable));
  }
  take(requirements(t, side));
  return all;
}

// The two sides, and the functions of their D that are replaced by smoother ones.
struct statement {
  expression left, right;
  std::map<std::pair<node_id, symbol_id>, theorem> smooth;
};

statement with_smooth_functions(problem& p, prover& with) {
  statement s;
  std::vector<expression> sides = p.expressions([&](node_id f, symbol_id by) {
    auto it = s.smooth.find({f, by});
    if (it == s.smooth.end()) it = s.smooth.emplace(std::pair(f, by), smoothest(p, with, f, by).equal).first;
    return it->second.says().right;
  });
  s.left = std::move(sides.at(0));
  s.right = std::move(sides.at(1));
  return s;
}

// D(f, x), from the kernel's rules for what is differentiated in its place.
std::optional<theorem> derivative_at(prover& with, const statement& s, const derivative_site& d) {
  tape& t = with.using_kernel().on();
  const node_id f = d.smooth == none ? d.function : d.smooth;
  auto found = with.certify_derivative(f, d.variable, derivative(t, f, d.variable));
  if (!found || d.smooth == none) return found;
  try {
    return with.using_kernel().derivative_of_equal(s.smooth.at({d.function, d.variable}), *found);
  } catch (const refusal&) {
    return std::nullopt;
  }
}

// What composites on both sides are applied to, but for symbols.
std::vector<node_id> shared_arguments(const problem& p, node_id left, node_id right) {
  const tape& t = p.on();
  const std::vector<node_id> in_left = t.reachable(left), in_right = t.reachable(right);
  std::set<node_id> r;
  for (const auto& [c, how] : p.calls())
    for (const edge& a : how.args)
      if (t.arity(a.node) > 0 && std::ranges::binary_search(in_left, a.node) && std::ranges::binary_search(in_right, a.node))
        r.insert(a.node);
  return {r.begin(), r.end()};
}

// left = right, once the guards that choices brought into derivatives are gone; if need be without a look at what composites on
// both sides are applied to.
std::optional<theorem> equate(const problem& p, prover& with, node_id left, node_id right) {
  kernel& k = with.using_kernel();
  const normal l = with_choices_decided(with, left), r = with_choices_decided(with, right);
  auto same = with.equate_by_cases(l.node, r.node);
  if (!same && !with.equations().empty()) same = with.light().equate(l.node, r.node);
  if (const std::vector<node_id> atoms = shared_arguments(p, l.node, r.node); !same && !atoms.empty()) {
    with.known().allow_as_much_again();
    same = with.around(atoms).equate(l.node, r.node);
  }
  if (!same) return std::nullopt;
  return k.transitive(l.equal, k.transitive(*same, k.symmetric(r.equal)));
}

// Under the givens and the further conditions. With `smooth`, D is taken of smoother functions where there are any.
attempt try_to_prove(problem& p, prover& with, const std::vector<fact>& conditions, bool smooth, const wording& words) {
  attempt a;
  std::vector<fact> known = p.facts();
  known.insert(known.end(), conditions.begin(), conditions.end());
  with.assume_signs(known);
  const statement s = smooth ? with_smooth_functions(p, with) : statement{p.expressions()[0], p.expressions()[1], {}};
  const expression &left = s.left, &right = s.right;
  with.assume(known);
  std::vector<requirement> open;
  const std::vector<requirement> left_needs = needs_of(with, left), right_needs = needs_of(with, right);
  a.conditions = with.assume_domain(left_needs, true, open);
  for (const requirement& r : a.conditions)
    if (fails_on_diagonal(with, r)) {
      a.obstacle = fmt::format("the left side needs {}, which fails where two of its indices are equal", words.condition(r));
      return a;
    }
  if (!open.empty()) {
    a.obstacle = fmt::format("the left side is known to be differentiable only where {}", words.condition(open.front()));
    return a;
  }
  for (const requirement& r : right_needs) {
    auto t = with.full().establish(r.is, r.node);
    if (!t) {
      a.obstacle = fmt::format("the right side needs {}, which does not follow", words.condition(r));
      return a;
    }
    a.rests_on.push_back(*t);
  }
  for (const expression* side : {&left, &right}) {
    for (const derivative_site& d : side->sites) {
      if (d.at != none) {
        // A theorem about every value of the hidden symbol that meets the conditions; at the let's value they were assumed or
        // shown.
        std::vector<requirement> none_open;
        with.assume_domain(requirements(p.on(), d.function, d.variable), false, none_open);
      }
      auto t = derivative_at(with, s, d);
      if (!t) {
        a.obstacle = fmt::format("the kernel could not confirm the derivative of {}", words.show(d.function));
        return a;
      }
      a.rests_on.push_back(*t);
    }
  }
  a.equal = equate(p, with, left.node, right.node);
  if (a.equal)
    if (auto at = mixes_point_and_neighbourhood(with, *a.equal, left.sites)) {
      a.equal.reset();
      a.obstacle = fmt::format("'{}' holds at the point only, where the left side need not be differentiable", *at);
      return a;
    }
  if (!a.equal) {
    a.obstacle = words.difference(with, left.node, right.node);
  } else if (differs_at_a_kink(p.on(), known, left, right, left_needs, right_needs, a.conditions)) {
    a.equal.reset();
    a.obstacle = "the left side seems to be differentiable also where the sides differ";
  } else {
    a.rests_on.push_back(*a.equal);
  }
  return a;
}

// What was proved, and under how many conditions.
std::size_t describe(prove_result& r, const problem& p, prover& with, const std::vector<fact>& conditions, const attempt& a,
                     const wording& words, bool with_certificate, bool with_coq) {
  r.status = verdict::proved;
  r.conditions.clear();
  r.hypotheses_used.clear();
  r.difference.clear();
  for (const fact& c : conditions) r.conditions.push_back(c.text);
  r.needs = a.conditions;
  for (const requirement& c : a.conditions) r.conditions.push_back(words.condition(c));
  for (const std::string& used : with.facts_used(a.rests_on))
    if (std::ranges::find(r.conditions, used) == r.conditions.end()) r.hypotheses_used.push_back(used);
  add_lengths(p.on(), r.conditions, r.hypotheses_used);
  r.proof = {with.using_kernel().proof_size(a.rests_on), true};
  r.theorem = words.theorem(p.expressions()[0].text + " == " + p.expressions()[1].text, r.hypotheses_used, r.conditions);
  // The theorem about D(e, a), a let, is about a hidden symbol: its instance at the let's value is no theorem of the kernel.
  bool hidden = std::ranges::any_of(p.expressions(), [](const expression& e) {
    return std::ranges::any_of(e.sites, [](const derivative_site& s) { return s.at != none; });
  });
  if ((with_certificate || with_coq) && !hidden) {
    std::vector<theorem> goals{*a.equal};  // then the derivatives in it, and what makes the right side defined
    goals.insert(goals.end(), a.rests_on.begin(), a.rests_on.end() - 1);
    const std::string statement = p.expressions()[0].text + " == " + p.expressions()[1].text;
    if (with_certificate) r.certificate = certificate(with.using_kernel(), statement, goals);
    if (with_coq) r.coq = coq_document(with.using_kernel(), statement, goals);
  }
  return r.conditions.size();
}

}  // namespace

prove_result prove(problem& p, bool search_conditions, bool with_certificate, bool with_coq) {
  const expression &left = p.expressions().at(0), &right = p.expressions().at(1);
  tape& t = p.on();
  wording words(p, left.node, left.letters);
  std::vector<requirement> left_needs = requirements(t, left), right_needs = requirements(t, right);
  prove_result r;
  r.notes = p.notes();
  const bool derives = !left.sites.empty() || !right.sites.empty();
  auto proof_under = [&](const std::vector<fact>& conditions) -> std::optional<std::size_t> {
    std::optional<std::size_t> least;
    for (bool smooth : {false, true}) {
      if (smooth && (!derives || least == conditions.size())) break;
      prover with(t);
      attempt a = try_to_prove(p, with, conditions, smooth, words);
      if (!a.equal && !least && conditions.empty()) r.difference = a.obstacle;
      if (a.equal && (!least || conditions.size() + a.conditions.size() <= *least))
        least = describe(r, p, with, conditions, a, words, with_certificate, with_coq);
    }
    return least;
  };
  // An index of the right side alone must stay in its range wherever the left side is defined.
  const std::vector<std::string> lengths = lengths_of_right_side(p);
  if (!lengths.empty() && !search_conditions) {
    r.difference = fmt::format("the right side needs {}, which does not follow", fmt::join(lengths, " and "));
    return r;
  }
  if (proof_under({})) return r;
  if (search_conditions)
    if (auto found = find_conditions(p, words, left, right, left_needs, right_needs, proof_under)) {
      proof_under(*found);
      return r;
    }
  if (auto found = find_counterexample(t, p.facts(), left, right, left_needs, right_needs)) {
    r.status = verdict::refuted;
    r.counterexample = *found;
  }
  return r;
}

}  // namespace wengert
