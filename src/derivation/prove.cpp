// prove: L == R wherever L is defined and the givens hold.

#include <wengert/derivation/commands.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/proof/certificate.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/text/printer.hpp>

#include "counterexample.hpp"
#include "find_conditions.hpp"
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

// Under the givens and the further conditions.
attempt try_to_prove(problem& p, prover& with, const std::vector<fact>& conditions, const expression& left,
                     const expression& right, const wording& words, const std::vector<requirement>& left_needs,
                     const std::vector<requirement>& right_needs) {
  attempt a;
  std::vector<fact> known = p.facts();
  known.insert(known.end(), conditions.begin(), conditions.end());
  with.assume(known);
  std::vector<requirement> open;
  a.conditions = with.assume_domain(left_needs, true, open);
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
    for (const derivative_site& s : side->sites) {
      if (s.at != none) {
        // A theorem about every value of the hidden symbol that meets the conditions; at the let's value they were assumed or
        // shown.
        std::vector<requirement> none_open;
        with.assume_domain(requirements(p.on(), s.function, s.variable), false, none_open);
      }
      node_id swept = derivative(p.on(), s.function, s.variable);
      auto t = with.certify_derivative(s.function, s.variable, swept);
      if (!t) {
        a.obstacle = fmt::format("the kernel could not confirm the derivative of {}", words.show(s.function));
        return a;
      }
      a.rests_on.push_back(*t);
    }
  }
  a.equal = with.equate(left.node, right.node);
  if (a.equal)
    if (auto at = mixes_point_and_neighbourhood(with, *a.equal, left.sites)) {
      a.equal.reset();
      a.obstacle = fmt::format("'{}' holds at the point only, where the left side need not be differentiable", *at);
      return a;
    }
  if (!a.equal)
    a.obstacle = words.difference(with, left.node, right.node);
  else
    a.rests_on.push_back(*a.equal);
  return a;
}

// What was proved, and under how many conditions.
std::size_t describe(prove_result& r, const problem& p, prover& with, const std::vector<fact>& conditions, const attempt& a,
                     const wording& words, bool with_certificate) {
  r.status = verdict::proved;
  r.conditions.clear();
  r.hypotheses_used.clear();
  r.difference.clear();
  for (const fact& c : conditions) r.conditions.push_back(c.text);
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
  if (with_certificate && !hidden) {
    std::vector<theorem> goals{*a.equal};  // then the derivatives in it, and what makes the right side defined
    goals.insert(goals.end(), a.rests_on.begin(), a.rests_on.end() - 1);
    r.certificate = certificate(with.using_kernel(), p.expressions()[0].text + " == " + p.expressions()[1].text, goals);
  }
  return r.conditions.size();
}

}  // namespace

prove_result prove(problem& p, bool search_conditions, bool with_certificate) {
  const expression &left = p.expressions().at(0), &right = p.expressions().at(1);
  tape& t = p.on();
  wording words(p, left.letters);
  std::vector<requirement> left_needs = requirements(t, left), right_needs = requirements(t, right);
  prove_result r;
  r.notes = p.notes();
  auto proof_under = [&](const std::vector<fact>& conditions) -> std::optional<std::size_t> {
    prover with(t);
    attempt a = try_to_prove(p, with, conditions, left, right, words, left_needs, right_needs);
    if (!a.equal) {
      if (conditions.empty()) r.difference = a.obstacle;
      return std::nullopt;
    }
    return describe(r, p, with, conditions, a, words, with_certificate);
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
