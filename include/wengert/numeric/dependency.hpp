// A scalar that carries, in the place of derivatives, what it depends on: for patterns of Jacobians and Hessians.
//
// A result that depends on one scalar has its node; one of two has a new node above theirs. Where an operation is not linear, the
// nodes whose inputs it may couple in second derivatives are noted as a pair. What cancels is not noticed: patterns may be too
// large.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/numeric/scalar_operators.hpp>

namespace wengert {

// What a function run with `dependent` scalars leaves: nodes above the inputs. It is that of the thread while it lives.
class dependency_graph {
 public:
  using node = std::uint32_t;  // 0 is every constant; 1, ..., inputs are the inputs

  explicit dependency_graph(std::size_t inputs) : inputs_(inputs), of_inputs_(1 + inputs), outer_(current()) {
    for (std::size_t i = 0; i < inputs; ++i) of_inputs_[i + 1] = {static_cast<std::uint32_t>(i)};
    below_.resize(1 + inputs);
    current() = this;
  }
  ~dependency_graph() { current() = outer_; }
  dependency_graph(const dependency_graph&) = delete;
  dependency_graph& operator=(const dependency_graph&) = delete;

  static node above(node a, node b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    auto& below = here().below_;
    below.push_back({a, b});
    return static_cast<node>(below.size() - 1);
  }
  static void couple(node a, node b) {
    if (a == 0 || b == 0) return;
    auto& pairs = here().coupled_;
    const std::pair<node, node> pair = std::minmax(a, b);
    if (pairs.empty() || pairs.back() != pair) pairs.push_back(pair);
  }

  // The inputs on which a node depends, in order.
  const std::vector<std::uint32_t>& inputs_of(node n) {
    of_inputs_.resize(below_.size());
    seen_.resize(below_.size(), 0);
    if (!of_inputs_[n].empty() || n == 0) return of_inputs_[n];
    ++walk_;
    std::vector<std::uint32_t> found;
    std::vector<node> to_visit{n};
    while (!to_visit.empty()) {
      const node at = to_visit.back();
      to_visit.pop_back();
      if (seen_[at] == walk_) continue;
      seen_[at] = walk_;
      if (!of_inputs_[at].empty()) {
        for (const std::uint32_t input : of_inputs_[at])
          if (seen_[input + 1] != walk_ || at == input + 1) {
            seen_[input + 1] = walk_;
            found.push_back(input);
          }
      } else {
        to_visit.push_back(below_[at].first);
        to_visit.push_back(below_[at].second);
      }
    }
    std::sort(found.begin(), found.end());
    return of_inputs_[n] = std::move(found);
  }

  // For each input, those with which it may have a second derivative that is not 0, itself included, in order.
  std::vector<std::vector<std::uint32_t>> coupled_inputs() {
    std::sort(coupled_.begin(), coupled_.end());
    coupled_.erase(std::unique(coupled_.begin(), coupled_.end()), coupled_.end());
    std::vector<std::vector<std::uint32_t>> rows(inputs_);
    std::vector<std::size_t> tidy_above(inputs_, 16);
    const auto tidy = [&rows](std::size_t i) {
      std::sort(rows[i].begin(), rows[i].end());
      rows[i].erase(std::unique(rows[i].begin(), rows[i].end()), rows[i].end());
    };
    std::set<std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>> done;
    for (const auto& [a, b] : coupled_) {
      inputs_of(a);
      inputs_of(b);
      const auto &of_a = of_inputs_[a], &of_b = of_inputs_[b];
      if (of_a.size() * of_b.size() > 64 && !done.insert({of_a, of_b}).second) continue;
      for (const bool swapped : {false, true})
        for (const std::uint32_t i : swapped ? of_b : of_a) {
          const auto& others = swapped ? of_a : of_b;
          rows[i].insert(rows[i].end(), others.begin(), others.end());
          if (rows[i].size() < tidy_above[i]) continue;
          tidy(i);
          tidy_above[i] = 2 * rows[i].size() + 16;
        }
    }
    for (std::size_t i = 0; i < inputs_; ++i) tidy(i);
    return rows;
  }

 private:
  static dependency_graph*& current() {
    thread_local dependency_graph* graph = nullptr;
    return graph;
  }
  static dependency_graph& here() {
    if (current() == nullptr) throw error("no-tape", "a dependent scalar is used where no dependency_graph is");
    return *current();
  }

  std::size_t inputs_;
  std::vector<std::pair<node, node>> below_, coupled_;
  std::vector<std::vector<std::uint32_t>> of_inputs_;  // of those nodes for which it is known
  std::vector<std::uint32_t> seen_;                    // the last walk that came by
  std::uint32_t walk_ = 0;
  dependency_graph* outer_;
};

class dependent {
 public:
  using value_type = double;

  dependent() = default;
  template <constant_for<double> C> dependent(C c) : value_(static_cast<double>(c)) {}
  dependent(double value, dependency_graph::node node) : value_(value), node_(node) {}
  static dependent input(double value, std::size_t i) { return {value, static_cast<dependency_graph::node>(i + 1)}; }

  const double& value() const { return value_; }
  dependency_graph::node node() const { return node_; }
  bool passive() const { return node_ == 0; }
  explicit operator bool() const { return value_ != 0; }
  template <class A>
  requires std::is_arithmetic_v<A>
  explicit operator A() const { return static_cast<A>(value_); }

  template <class Y> dependent& operator+=(const Y& y) { return *this = *this + y; }
  template <class Y> dependent& operator-=(const Y& y) { return *this = *this - y; }
  template <class Y> dependent& operator*=(const Y& y) { return *this = *this * y; }
  template <class Y> dependent& operator/=(const Y& y) { return *this = *this / y; }

 private:
  double value_ = 0;
  dependency_graph::node node_ = 0;
};

template <> struct scalar_traits<dependent> {
  static constexpr bool is_scalar = true;
  using family = dependent;
};
inline bool all_finite(const dependent& x) { return all_finite(x.value()); }
inline bool exactly_zero(const dependent& x) { return x.passive() && x.value() == 0; }

template <class D> dependent linear(const dependent& x, double value, const D&) { return {value, x.node()}; }
inline dependent chain(const dependent& x, double value, double) {
  dependency_graph::couple(x.node(), x.node());
  return {value, x.node()};
}
// A multiple, though its slope is taken as that of any function.
template <constant_for<double> C> dependent operator/(const dependent& x, C c) {
  return {x.value() / static_cast<double>(c), x.node()};
}
// A sum, or a product.
template <class DX, class DY> dependent linear(const dependent& x, const dependent& y, double value, const DX&, const DY&) {
  if constexpr (std::same_as<DX, double> || std::same_as<DY, double>) dependency_graph::couple(x.node(), y.node());
  return {value, dependency_graph::above(x.node(), y.node())};
}
inline dependent chain(const dependent& x, const dependent& y, double value, double, double) {
  const dependency_graph::node node = dependency_graph::above(x.node(), y.node());
  dependency_graph::couple(node, node);
  return {value, node};
}

}  // namespace wengert

#include <wengert/numeric/scalar_functions.hpp>
#include <wengert/numeric/scalar_std.hpp>
