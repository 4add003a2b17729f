#include "wording.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>

#include "guards.hpp"

namespace wengert {

wording::wording(problem& p, node_id n, std::vector<std::string> letters) : problem_(p), letters_(std::move(letters)) {
  auto axes = p.on().out(n).first(letters_.size());
  ranges_.assign(axes.begin(), axes.end());
}

naming wording::names() const { return {&problem_.calls(), letters_}; }

std::string wording::show(node_id n) const {
  try {
    print_options o;
    o.max_characters = 4000;
    if (problem_.on().rank(n) == letters_.size()) o.letters = letters_;
    return print(problem_.on(), n, names(), o);
  } catch (const error&) {
    return fmt::format("an expression too large to print");
  }
}

// -1 times n.
node_id wording::negated(node_id n) const {
  tape& t = problem_.on();
  kernel k(t);
  facts nothing(k);
  const std::array<edge, 2> product{edge{t.constant(-1), {}}, t.whole(n)};
  return normalizer(nothing, normalizer::form::full).of(t.mul(t.out(n), product)).node;
}

// x - 0 != 0 and -x != 0 read x != 0.
node_id wording::tidy(const requirement& r) const {
  if (r.is == relation::real_power) return r.node;
  tape& t = problem_.on();
  kernel k(t);
  facts nothing(k);
  node_id n = normalizer(nothing, normalizer::form::light).of(r.node).node;
  if (r.is != relation::nonzero || t.op(n) != opcode::mul || t.bound_count(n) > 0) return n;
  std::vector<edge> factors = t.args(n).copy();
  std::erase_if(factors, [&](const edge& e) { return t.is_constant(e.node) && !t.is_constant(e.node, 0); });
  if (factors.empty() || factors.size() == t.arity(n)) return n;
  return factors.size() == 1 ? t.identity(t.out(n), factors[0]) : t.mul(t.out(n), factors);
}

std::vector<std::string> wording::letters_for(std::span<const range_id> axes) const {
  std::vector<std::string> r(axes.size());
  for (std::size_t k = 0; k < axes.size(); ++k)
    for (std::size_t j = 0; j < ranges_.size() && r[k].empty(); ++j)
      if (ranges_[j] == axes[k] && std::ranges::find(r, letters_[j]) == r.end()) r[k] = letters_[j];
  return r;
}

// A letter of the answer stands for the same in a condition; what runs over something else gets a letter of its own. As it was
// assumed, tidied, or, where it must not be 0, with the other sign: what is shortest.
std::string wording::condition(const requirement& r) const {
  tape& t = problem_.on();
  const without_symmetry as_assumed(t);  // the condition rests on none
  std::string best;
  auto consider = [&](node_id n) {
    print_options o;
    o.matrix_notation = letters_.empty();
    o.product_entries = true;
    if (!letters_.empty() && !print_with_letters(t, n, names(), o).letters.empty()) o.letters = letters_for(t.out(n));
    std::string text = print_condition(t, r.is, n, names(), o);
    if (best.empty() || text.size() < best.size()) best = std::move(text);
  };
  auto attempt = [](auto&& write) {
    try {
      write();
    } catch (const error&) {
      // too large to print
    }
  };
  attempt([&] { consider(tidy(r)); });
  attempt([&] { consider(r.node); });
  if (r.is == relation::nonzero && t.op(tidy(r)) == opcode::add) attempt([&] { consider(negated(tidy(r))); });
  return best.empty() ? "a condition too large to print" : best;
}

std::string wording::theorem(const std::string& statement, const std::vector<std::string>& hypotheses,
                             const std::vector<std::string>& where) const {
  std::string text = statement;
  if (!where.empty()) text += fmt::format(" where {}", fmt::join(where, " and "));
  if (!hypotheses.empty()) text += fmt::format(" given {}", fmt::join(hypotheses, " and "));
  return text;
}

std::string wording::difference(prover& with, node_id a, node_id b) const {
  tape& t = with.using_kernel().on();
  std::array<edge, 2> minus{edge{t.constant(-1), {}}, t.whole(b)};
  std::array<edge, 2> parts{t.whole(a), t.whole(t.mul(t.out(a), minus))};
  normal n = with.full().of(t.add(t.out(a), parts));
  return fmt::format("left side - right side = {}", show(n.node));
}

}  // namespace wengert
