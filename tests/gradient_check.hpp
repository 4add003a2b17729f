// Derivatives against differences at random points.
#pragma once

#include <cmath>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

namespace wengert {

constexpr std::size_t sample_length = 3;  // of every dimension

// How a user would declare a symbol.
inline std::string declaration(const tape& t, symbol_id s) {
  std::vector<std::string> lengths;
  for (range_id r : t.symbol(s).axes) lengths.push_back(t.dim_name(t.range_of(r).hi.dim));
  if (lengths.empty()) return t.symbol(s).name + ": real";
  return fmt::format("{}: {}[{}]", t.symbol(s).name, lengths.size() == 1 ? "vector" : "matrix", fmt::join(lengths, ","));
}

// Changes the point so that a given holds: sum(y) = 1, one_hot(y), one_hot(Y, axis=n), and signs x < 0, x > 0, x >= 0.
inline void meet(const std::string& given, point& at) {
  for (auto& [name, value] : at) {
    std::vector<double>& v = value.values;
    if (given == fmt::format("sum({}) = 1", name)) {
      double sum = 0;
      for (double x : v) sum += x;
      for (double& x : v) x += (1 - sum) / static_cast<double>(v.size());
    } else if (given == fmt::format("one_hot({})", name)) {
      for (std::size_t k = 0; k < v.size(); ++k) v[k] = k == 1 ? 1 : 0;
    } else if (given.starts_with(fmt::format("one_hot({}, axis=", name))) {
      for (std::size_t k = 0; k < v.size(); ++k) v[k] = k / sample_length == k % sample_length ? 1 : 0;
    } else if (given.starts_with(name + " < ")) {
      for (double& x : v) x = -std::abs(x);
    } else if (given.starts_with(name + " > ") || given.starts_with(name + " >= ")) {
      for (double& x : v) x = std::abs(x);
    }
  }
}

// A random point at which everything is defined.
inline point sample(problem& p, const std::vector<std::string>& givens, std::mt19937_64& random) {
  std::uniform_real_distribution<double> wide(-2, 2), unit(0.05, 0.95);
  for (int round = 0; round < 200; ++round) {
    point at;
    const tape& t = p.on();
    for (symbol_id s = 0; s < t.symbol_count(); ++s) {
      if (t.symbol(s).name.find('\'') != std::string::npos) continue;  // no user's
      array a{std::vector<std::size_t>(t.symbol(s).axes.size(), sample_length), {}};
      const std::size_t size = static_cast<std::size_t>(std::pow(sample_length, a.shape.size()));
      for (std::size_t k = 0; k < size; ++k) a.values.push_back(round % 2 == 0 ? wide(random) : unit(random));
      at.emplace_back(t.symbol(s).name, std::move(a));
    }
    for (const std::string& g : givens) meet(g, at);
    if (grad(p, at).undefined.empty()) return at;
  }
  return {};
}

// How far the formula of a derivative is from central differences, at worst.
inline double largest_error(problem& p, const diff_result& found, const point& at) {
  if (at.empty()) return INFINITY;
  constexpr double step = 1e-5;
  evaluator<double> formula(p.on());
  for (const auto& [name, value] : at) formula.bind(name, value.values, value.shape);
  const std::span<const double> exact = formula(found.node);
  double worst = 0;
  point moved = at;
  for (auto& [name, value] : moved) {
    if (name != found.wrt) continue;
    const std::size_t entries = value.values.size();
    for (std::size_t e = 0; e < entries; ++e) {
      const double x = value.values[e];
      value.values[e] = x + step;
      const array right = evaluate_at(p, found.expression, moved);
      value.values[e] = x - step;
      const array left = evaluate_at(p, found.expression, moved);
      value.values[e] = x;
      for (std::size_t k = 0; k < right.values.size(); ++k) {
        const double slope = (right.values[k] - left.values[k]) / (2 * step), said = exact[k * entries + e];
        worst = std::max(worst, std::abs(slope - said) / (1 + std::abs(said)));
      }
    }
  }
  return worst;
}

}  // namespace wengert
