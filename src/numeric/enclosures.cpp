#include <wengert/numeric/enclosures.hpp>

#include <algorithm>

namespace wengert {

namespace {

// What evaluation with many digits may take, in products of words; most of it is functions, each some products of numbers.
constexpr std::size_t most_work = 1'000'000'000, work_of_function = 60;
constexpr std::size_t most_numbers = std::size_t{1} << 22;  // at once

}  // namespace

// A product of two numbers costs about as much as eight more words of them would.
const std::vector<ball>* enclosures::at(node_id n, std::size_t level) {
  std::unique_ptr<evaluation>& e = evaluations_[level];
  if (!e) {
    const arithmetic<exponential_fraction> in(digits[level]);
    e = std::make_unique<evaluation>(evaluation{in, exact_evaluator(tape_, most_numbers, in), {}});
    if (conventional_) e->at.let_zero_win();
    bind_(e->at);
  }
  if (auto it = e->found.find(n); it != e->found.end()) return &it->second;
  const auto words = static_cast<std::size_t>(digits[level] / 64);
  const std::size_t most = most_work / ((words + 8) * (words + 8));
  if (e->at.work({&n, 1}, work_of_function, most) >= most) return nullptr;
  std::vector<ball> found;
  for (const exponential_fraction& v : e->at(n)) found.push_back(e->in.value(v));
  return &e->found.emplace(n, std::move(found)).first->second;
}

auto enclosures::certain(node_id n, std::size_t from, std::size_t to) -> answer {
  answer r;
  for (std::size_t level = from; level < to && !r.all && !r.open; ++level) {
    const std::vector<ball>* found = at(n, level);
    r.open = !found;
    if (!found) break;
    r.entries.clear();
    for (const ball& b : *found) {
      r.entries.push_back(b.certain());
      if (!r.entries.back() && b.open) r.open = true;
    }
    r.all = std::ranges::all_of(r.entries, [](const auto& v) { return v.has_value(); });
  }
  return r;
}

}  // namespace wengert
