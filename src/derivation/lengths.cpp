#include "lengths.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace wengert {

namespace {

// K >= 3, n <= 5, n <= K, n < K, n + 2 <= K, n <= K + 2.
std::string text_of(const tape& t, const length_condition& c) {
  const affine &a = c.lesser, &b = c.greater;
  std::int64_t step = a.offset - b.offset;
  if (a.dim == none) return fmt::format("{} >= {}", t.dim_name(b.dim), step);
  if (b.dim == none) return fmt::format("{} <= {}", t.dim_name(a.dim), -step);
  const std::string &lesser = t.dim_name(a.dim), &greater = t.dim_name(b.dim);
  if (step == 0) return fmt::format("{} <= {}", lesser, greater);
  if (step == 1) return fmt::format("{} < {}", lesser, greater);
  return step > 0 ? fmt::format("{} + {} <= {}", lesser, step, greater) : fmt::format("{} <= {} + {}", lesser, greater, -step);
}

void add_once(std::vector<std::string>& to, std::string text) {
  if (std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
}

// The texts of the conditions that do not follow from `known` and the ones after them.
std::vector<std::string> tightest(const tape& t, const dim_order& known, std::vector<length_condition> open) {
  std::vector<std::string> r;
  for (std::size_t k = 0; k < open.size();) {
    dim_order others = known;
    for (std::size_t j = 0; j < open.size(); ++j)
      if (j != k) others.assume(open[j].lesser, open[j].greater);
    if (others.surely_le(open[k].lesser, open[k].greater))
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(k));
    else
      add_once(r, text_of(t, open[k++]));
  }
  return r;
}

// What the indices in a node need holds from now on.
void assume_indices(const tape& t, node_id root, dim_order& known) {
  for (node_id n : t.reachable(root))
    for (edge_view e : t.args(n))
      for (std::size_t k = 0; k < e.labels.size(); ++k) {
        const label& l = e.labels[k];
        range from{l.value(), l.value()};
        if (!l.is_constant()) {
          from = t.range_of(t.axes(n)[static_cast<std::size_t>(l.axis)]);
          from.lo.offset += l.offset;
          from.hi.offset += l.offset;
        }
        const range& to = t.range_of(t.out(e.node)[k]);
        known.assume(to.lo, from.lo);
        known.assume(from.hi, to.hi);
      }
}

std::vector<length_condition> open_conditions(const tape& t) {
  std::vector<length_condition> open = t.length_conditions();
  std::erase_if(open, [](const length_condition& c) { return !c.given.empty(); });
  return open;
}

dim_order given_order(const tape& t) {
  dim_order known;
  for (const length_condition& c : t.length_conditions())
    if (!c.given.empty()) known.assume(c.lesser, c.greater);
  return known;
}

}  // namespace

std::vector<std::string> length_texts(const tape& t) { return tightest(t, given_order(t), open_conditions(t)); }

std::vector<std::string> lengths_given(const tape& t) {
  std::vector<std::string> r;
  for (const length_condition& c : t.length_conditions())
    if (!c.given.empty()) add_once(r, c.given);
  return r;
}

void add_lengths(const tape& t, std::vector<std::string>& conditions, std::vector<std::string>& hypotheses_used) {
  std::vector<std::string> all = length_texts(t);
  for (std::string& c : conditions) add_once(all, std::move(c));
  conditions = std::move(all);
  for (std::string& g : lengths_given(t)) add_once(hypotheses_used, std::move(g));
}

std::vector<std::string> lengths_of_right_side(const problem& p) {
  const tape& t = p.on();
  if (t.length_conditions().empty()) return {};
  dim_order known = given_order(t);
  const expression& left = p.expressions().at(0);
  assume_indices(t, left.node, known);
  for (const derivative_site& s : left.sites) assume_indices(t, s.function, known);
  for (const auto& [name, value] : p.lets()) assume_indices(t, value, known);
  for (const fact& f : p.facts()) {
    assume_indices(t, f.left, known);
    if (f.equation) assume_indices(t, f.right, known);
  }
  return tightest(t, known, open_conditions(t));
}

}  // namespace wengert
