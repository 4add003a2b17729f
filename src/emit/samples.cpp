#include "samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert {

namespace {

constexpr std::size_t places = 40, most_draws = 20;
constexpr long double agreement = 1e-9L, tolerance = 1e-6L;  // relative to a number; to the greatest of all, or to 1
constexpr std::size_t levels = 4;                            // of digits, for what is certain

// splitmix64 (Steele, Lea and Flood 2014): the same numbers on every machine.
std::uint64_t next(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// A number of one of the kinds that expressions are sensitive to.
double number_of(std::uint64_t kind, std::uint64_t& state) {
  const double unit = static_cast<double>(next(state) >> 11) * 0x1p-53;
  const bool negative = next(state) % 2 == 0;
  switch (kind) {
    case 0: return 0.1 + 0.8 * unit;
    case 1: return 2 * unit - 1;
    case 2: return (negative ? -1 : 1) * (20 + 30 * unit);
    case 3: return (negative ? -1 : 1) * (9000 + 1000 * unit);
    default: return static_cast<double>(next(state) % 3) - (negative ? 1 : 0);
  }
}

bool differ(long double a, long double b) {
  const long double size = std::max(std::abs(a), std::abs(b));
  return static_cast<double>(size) != 0 && !(std::abs(a - b) <= agreement * size);
}

}  // namespace

samples::samples(const tape& t, node_id root) : tape_(t) {
  choose_sizes(root);
  for (std::size_t k = 0; k < places; ++k) {
    auto at = at_point(draw(k));
    for (std::size_t draws = 1; draws < most_draws && !has_value(*at, root); ++draws) at = at_point(draw(k + draws * places));
    places_.push_back(std::move(at));
  }
}

auto samples::at_point(const std::vector<given>& point) const -> std::unique_ptr<place> {
  auto at = std::make_unique<place>(
      place{evaluator<double>(tape_), evaluator<long double>(tape_), evaluator<long double>(tape_), enclosures(tape_, point)});
  at->conventional.let_zero_win();
  bind(at->rounded, point);
  bind(at->precise, point);
  bind(at->conventional, point);
  return at;
}

bool samples::has_value(place& at, node_id n) {
  return at.enclosed.certain(n, 0, levels).all ||
         std::ranges::none_of(at.precise(n), [](long double v) { return std::isnan(v); });
}

// The dimensions of the root differ, as far as they may.
void samples::choose_sizes(node_id root) {
  sizes_.assign(tape_.dim_count(), 0);
  std::int64_t met = 0;
  auto meet = [&](std::span<const range_id> axes) {
    for (range_id r : axes)
      for (const affine& end : {tape_.range_of(r).lo, tape_.range_of(r).hi})
        if (end.dim != none && sizes_[end.dim] == 0) sizes_[end.dim] = 3 + met++ % 3;
  };
  for (node_id n : tape_.reachable(root)) {
    meet(tape_.axes(n));
    if (tape_.op(n) == opcode::symbol) symbols_.push_back(tape_.symbol_of(n));
  }
  for (symbol_id s = 0; s < tape_.symbol_count(); ++s) {
    meet(tape_.symbol(s).axes);
    if (std::ranges::find(symbols_, s) == symbols_.end()) symbols_.push_back(s);
  }
  for (std::int64_t& size : sizes_)
    if (size == 0) size = 3;
  tape_.order().fit(sizes_);
}

auto samples::draw(std::uint64_t which) const -> std::vector<given> {
  std::vector<given> r;
  for (dim_id d = 0; d < sizes_.size(); ++d) r.push_back({tape_.dim_name(d), {static_cast<double>(sizes_[d])}, {}});
  auto value_of = [&](const affine& a) { return a.offset + (a.dim == none ? 0 : sizes_[a.dim]); };
  for (std::size_t k = 0; k < symbols_.size(); ++k) {
    const symbol_info& s = tape_.symbol(symbols_[k]);
    given g{s.name, {}, {}};
    std::size_t entries = 1;
    for (range_id a : s.axes) {
      const range& axis = tape_.range_of(a);
      g.shape.push_back(static_cast<std::size_t>(std::max<std::int64_t>(0, value_of(axis.hi) - value_of(axis.lo) + 1)));
      entries *= g.shape.back();
    }
    std::uint64_t state = (which << 32) + k;
    const std::uint64_t kind = next(state) % 5;
    for (std::size_t i = 0; i < entries; ++i)
      g.values.push_back(s.integer_valued ? std::round(number_of(2, state)) : number_of(kind, state));
    r.push_back(std::move(g));
  }
  return r;
}

template <class T> void samples::bind(evaluator<T>& at, const std::vector<given>& point) {
  for (const given& g : point) at.bind(g.name, std::vector<T>(g.values.begin(), g.values.end()), g.shape);
}

// Against what a reference is for certain; where that is not to be had, against the value of the first in extended precision.
samples::verdict samples::judge(place& at, node_id n, std::initializer_list<node_id> references) const {
  enclosures::answer truth;
  for (node_id reference : references)
    if (!truth.all) truth = at.enclosed.certain(reference, 0, levels);
  const std::span<const double> rounded = at.rounded(n);
  const std::span<const long double> precise = at.precise(n);
  const std::vector<long double> own(precise.begin(), precise.end());
  std::vector<long double> expected;
  if (truth.all) {
    for (const std::optional<double>& v : truth.entries) expected.push_back(*v);
  } else {
    const std::span<const long double> other = at.precise(*references.begin());
    expected.assign(other.begin(), other.end());
  }
  auto greatest = [](const std::vector<long double>& all, long double least) {
    for (long double v : all)
      if (std::isfinite(v)) least = std::max(least, std::abs(v));
    return least;
  };
  const long double size = greatest(own, 1e-3L), far = tolerance * greatest(expected, 1);
  verdict r = !truth.all && at.precise.leaves_range(n) ? verdict::imprecise : verdict::right;
  for (std::size_t k = 0; k < own.size(); ++k) {
    if (truth.all && std::isinf(expected[k])) continue;
    const bool known = std::isfinite(expected[k]);
    if (!std::isfinite(rounded[k]) || (known && std::abs(rounded[k] - expected[k]) > far)) return verdict::wrong;
    const bool loses_digits = !(std::abs(own[k] - rounded[k]) <= agreement * size);
    if (loses_digits || (known && differ(own[k], expected[k]))) r = verdict::imprecise;
  }
  return r;
}

samples::failures samples::count_failures(node_id n, std::initializer_list<node_id> references) {
  failures r;
  for (const auto& at : places_) {
    const verdict v = judge(*at, n, references);
    r.wrong += v == verdict::wrong;
    r.imprecise += v == verdict::imprecise;
  }
  return r;
}

bool samples::needs_strong_zeros(node_id n) {
  for (const auto& at : places_) {
    const std::span<const double> plain = at->rounded(n);
    const std::span<const long double> conventional = at->conventional(n);
    for (std::size_t k = 0; k < plain.size(); ++k)
      if (std::isnan(plain[k]) && !std::isnan(conventional[k])) return true;
  }
  return false;
}

}  // namespace wengert
