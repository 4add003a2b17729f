#include "samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wengert {

namespace {

constexpr std::size_t places = 24;
constexpr long double agreement = 1e-9L;

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

samples::samples(const tape& t) : tape_(t) {
  std::uint64_t state = 1;
  for (std::size_t k = 0; k < places; ++k) {
    places_.push_back(std::make_unique<place>(place{evaluator<double>(t), evaluator<long double>(t), evaluator<long double>(t)}));
    places_.back()->conventional.let_zero_win();
    bind(*places_.back(), state);
  }
}

void samples::bind(place& at, std::uint64_t& state) const {
  std::vector<std::int64_t> sizes(tape_.dim_count());
  for (dim_id d = 0; d < sizes.size(); ++d) sizes[d] = 3 + d % 3;
  tape_.order().fit(sizes);
  auto size_of = [&](dim_id d) { return sizes[d]; };
  auto value_of = [&](const affine& a) { return a.offset + (a.dim == none ? 0 : size_of(a.dim)); };
  for (dim_id d = 0; d < tape_.dim_count(); ++d) {
    at.rounded.bind_dim(d, size_of(d));
    at.precise.bind_dim(d, size_of(d));
    at.conventional.bind_dim(d, size_of(d));
  }
  for (symbol_id s = 0; s < tape_.symbol_count(); ++s) {
    std::vector<std::size_t> shape;
    std::size_t entries = 1;
    for (range_id r : tape_.symbol(s).axes) {
      const range& axis = tape_.range_of(r);
      shape.push_back(static_cast<std::size_t>(std::max<std::int64_t>(0, value_of(axis.hi) - value_of(axis.lo) + 1)));
      entries *= shape.back();
    }
    const std::uint64_t kind = next(state) % 5;
    std::vector<double> values(entries);
    for (double& v : values) v = tape_.symbol(s).integer_valued ? std::round(number_of(2, state)) : number_of(kind, state);
    at.rounded.bind(s, values, shape);
    const std::vector<long double> exact(values.begin(), values.end());
    at.precise.bind(s, exact, shape);
    at.conventional.bind(s, exact, shape);
  }
}

std::size_t samples::failures(node_id n, node_id reference) {
  std::size_t bad = 0;
  for (const auto& at : places_) {
    bool good = !at->precise.leaves_range(n);
    const std::span<const double> rounded = at->rounded(n);
    const std::span<const long double> precise = at->precise(n);
    const std::vector<long double> own(precise.begin(), precise.end());
    const std::span<const long double> other = at->precise(reference);
    long double size = 1e-3L;
    for (long double v : own) size = std::max(size, std::abs(v));
    for (std::size_t k = 0; k < own.size(); ++k) {
      good = good && std::isfinite(rounded[k]) && std::abs(own[k] - rounded[k]) <= agreement * size;
      if (k < other.size() && std::isfinite(other[k])) good = good && !differ(own[k], other[k]);
    }
    if (!good) ++bad;
  }
  return bad;
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
