#include <wengert/numeric/enclosures.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>

#include <wengert/core/error.hpp>

namespace wengert {

namespace {

// What evaluation with many digits may take, in products of words; most of it is functions, each some products of numbers. Who
// gives many numbers waits longer.
constexpr std::size_t work_of_balls = 100'000'000, work_of_number = 20'000, work_of_fractions = 2'000'000, work_of_function = 60;
constexpr std::size_t most_numbers = std::size_t{1} << 22;  // at once

const ball& value(const arithmetic<ball>&, const ball& x) { return x; }
ball value(const arithmetic<exponential_fraction>& in, const exponential_fraction& x) { return in.value(x); }

}  // namespace

// Dimensions first, since shapes are checked against them.
template <class T> void enclosures::prepare(evaluator<T>& e) const {
  if (conventional_) e.let_zero_win();
  for (const bool dims : {true, false})
    for (const given& g : point_) {
      if ((tape_.find_dim(g.name) != none) != dims) continue;
      std::vector<T> values;
      for (double v : g.values)
        if constexpr (std::same_as<T, bounded>)
          values.emplace_back(static_cast<long double>(v), 0.0L);
        else
          values.emplace_back(ball::of(v));
      e.bind(g.name, values, g.shape);
    }
}

// A product of two numbers costs about as much as eight more words of them would.
template <class T> const std::vector<ball>* enclosures::entries(std::unique_ptr<evaluation<T>>& e, node_id n, std::size_t level,
                                                                std::size_t most_work) const {
  if (!e) {
    const arithmetic<T> in(digits[level]);
    e = std::make_unique<evaluation<T>>(evaluation<T>{in, evaluator<T>(tape_, most_numbers, in), {}});
    prepare(e->at);
  }
  if (auto it = e->found.find(n); it != e->found.end()) return &it->second;
  const auto words = static_cast<std::size_t>(digits[level] / 64);
  const std::size_t most = most_work / ((words + 8) * (words + 8));
  if (e->at.work({&n, 1}, work_of_function, most) >= most) return nullptr;
  std::vector<ball> found;
  try {
    for (const T& v : e->at(n)) found.push_back(value(e->in, v));
  } catch (const error& too_many) {
    if (too_many.code != "V02") throw;
    return nullptr;
  }
  return &e->found.emplace(n, std::move(found)).first->second;
}

const std::vector<ball>* enclosures::at(node_id n, std::size_t level) {
  if (level > 0)
    if (const std::vector<ball>* found = entries(fractions_[level], n, level, work_of_fractions << (2 * level - 2))) return found;
  std::size_t numbers = 0;
  for (const given& g : point_) numbers += g.values.size();
  // The second level has the digits of the first: there fractions are tried first.
  return entries(balls_[level == 1 ? 0 : level], n, level, work_of_balls + work_of_number * numbers);
}

std::vector<std::optional<double>> enclosures::quickly(node_id n) {
  if (!quick_) prepare(quick_.emplace(tape_));
  std::vector<std::optional<double>> r;
  for (const bounded& b : (*quick_)(n)) {
    const bool sure = b.error <= 0x1p-44L * std::abs(b.value) || b.error < 0x1p-1076L;
    r.push_back(sure ? std::optional(static_cast<double>(b.value)) : std::nullopt);
  }
  return r;
}

auto enclosures::certain(node_id n, std::size_t from, std::size_t to) -> answer {
  auto all_of = [](const auto& entries) { return std::ranges::all_of(entries, [](const auto& v) { return v.has_value(); }); };
  answer r;
  if (from == 0) r.entries = quickly(n);
  r.all = from == 0 && all_of(r.entries);
  for (std::size_t level = from; level < to && !r.all && !r.open; ++level) {
    const std::vector<ball>* found = at(n, level);
    r.open = !found;
    if (!found) break;
    r.entries.clear();
    for (const ball& b : *found) {
      r.entries.push_back(b.certain());
      if (!r.entries.back() && b.open && level > 0) r.open = true;  // fractions decide more
    }
    r.all = all_of(r.entries);
  }
  return r;
}

}  // namespace wengert
