// Givens that contradict each other or the conditions of an answer, where one is seen to be false by the others.
#include "contradictions.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include <wengert/derivation/commands.hpp>
#include <wengert/text/printer.hpp>

#include "guards.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_conditions = 40;  // that are tried

// Whether the prover sees that the fact is false.
bool is_refuted(prover& with, const fact& f) {
  tape& t = with.using_kernel().on();
  const std::vector<range_id> axes(t.out(f.left).begin(), t.out(f.left).end());  // the tape may grow
  auto follows = [&](relation is, node_id n) {
    if (with.full().establish(is, n)) return true;
    const node_id simple = with.full().of(n).node;
    return simple != n && with.full().establish(is, simple).has_value();
  };
  auto negative = [&](node_id n) { return t.mul(axes, std::array<edge, 2>{edge{t.constant(-1), {}}, t.whole(n)}); };
  auto is_zero = [&] { return with.equate(f.left, t.identity(axes, {t.constant(0), {}})).has_value(); };
  if (f.equation) {
    node_id difference = t.add(axes, std::array<edge, 2>{t.whole(f.left), t.whole(negative(f.right))});
    auto only_one_is_whole = [&](node_id a, node_id b) {
      const node_id number = with.full().of(b).node;
      const bool fraction = t.is_constant(number) && !is_integer(t.value(number));
      return follows(relation::integer, a) && (fraction || follows(relation::not_integer, b));
    };
    return follows(relation::nonzero, difference) || follows(relation::positive, negative(difference)) ||
           only_one_is_whole(f.left, f.right) || only_one_is_whole(f.right, f.left);
  }
  switch (f.is) {
    case relation::positive: return follows(relation::nonnegative, negative(f.left)) || is_zero();
    case relation::nonnegative: return follows(relation::positive, negative(f.left));
    case relation::nonzero: return is_zero();
    case relation::integer: return follows(relation::not_integer, f.left);
    case relation::not_integer: return follows(relation::integer, f.left);
    default: return false;
  }
}

}  // namespace

std::vector<std::string> contradictions(problem& p, const std::vector<requirement>& needs) {
  for (std::size_t k = 0; k < p.facts().size(); ++k) {
    std::vector<fact> others = p.facts();
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
    prover with(p.on());
    with.assume(others);
    if (is_refuted(with, p.facts()[k]))
      return {fmt::format("'{}' is false{}: nothing meets the givens (E02)", p.facts()[k].text,
                          others.empty() ? "" : " by the other givens")};
  }
  if (needs.size() > most_conditions) return {};
  prover alone(p.on());
  for (const requirement& r : needs)
    if (fails_on_diagonal(alone, r))
      return {fmt::format("'{}', a condition of the answer, fails where two of its indices are equal: nothing meets it (E02)",
                          print_condition(p.on(), r.is, r.node, {&p.calls(), {}}))};
  if (const auto r = false_by_givens(p, needs))
    return {fmt::format("'{}', a condition of the answer, is false by the givens: nothing meets both (E02)",
                        print_condition(p.on(), r->is, r->node, {&p.calls(), {}}))};
  return {};
}

std::optional<requirement> false_by_givens(problem& p, const std::vector<requirement>& needs) {
  if (p.facts().empty() || needs.size() > most_conditions) return std::nullopt;
  prover with(p.on());
  with.assume(p.facts());
  for (const requirement& r : with.missing(needs))
    if (is_refuted(with, {{}, false, r.node, none, r.is})) return r;
  return std::nullopt;
}

std::vector<fact> facts_to_use(problem& p, const std::vector<requirement>& needs) {
  std::vector<fact> r = p.facts();
  const bool has_equations = std::ranges::any_of(r, &fact::equation);
  if (has_equations && false_by_givens(p, needs)) std::erase_if(r, [](const fact& f) { return f.equation; });
  return r;
}

}  // namespace wengert
