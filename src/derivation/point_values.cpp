#include "point_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/ops.hpp>
#include <wengert/numeric/program.hpp>
#include <wengert/proof/stable.hpp>
#include <wengert/text/diagnostics.hpp>

namespace wengert {

namespace {

// How far the sides of a given equation may be apart: data such as 'sum(y) = 1' comes rounded, often from single precision.
constexpr long double equation_tolerance = 1e-6L;

error unknown_name(const tape& t, const std::string& name) {
  std::vector<std::string_view> known;
  for (symbol_id s = 0; s < t.symbol_count(); ++s) known.push_back(t.symbol(s).name);
  for (dim_id d = 0; d < t.dim_count(); ++d) known.push_back(t.dim_name(d));
  std::string_view meant = closest(name, known);
  std::string message = fmt::format("'{}' is given a value, but no such name occurs", name);
  if (!meant.empty()) message += fmt::format("; did you mean '{}'?", meant);
  return {"V06", message};
}

std::vector<enclosures::given> as_given(const point& at) {
  std::vector<enclosures::given> r;
  for (const auto& [name, value] : at) r.push_back({name, value.values, value.shape});
  return r;
}

// Terms of sums and products that a function of a real number takes as long as, and the numbers that there may be at once.
constexpr std::size_t work_of_function = 8, most_numbers = std::size_t{1} << 28;

// Terms that are looked at for what is too large.
constexpr std::size_t most_looked_at = 1'000'000'000;

// The sum of a node's entries.
node_id total(tape& t, node_id n) {
  const std::vector<range_id> axes(t.out(n).begin(), t.out(n).end());
  return axes.empty() ? n : t.identity({}, t.whole(n), axes, reduction::sum);
}

// How many entries of a node are no number or too large for double.
node_id infinities(tape& t, node_id n) {
  frame f{t, {t.out(n).begin(), t.out(n).end()}};
  const term size = make_term(opcode::abs, {term(f, t.whole(n))}), largest(f, rational(std::numeric_limits<double>::max()));
  return total(t, select(comparison::le, size, largest, size.number(0), size.number(1)).over_frame());
}

// How many entries of a node do not meet a condition. No comparison holds for what is no number.
node_id failures(tape& t, relation is, node_id n) {
  frame f{t, {t.out(n).begin(), t.out(n).end()}};
  const term u(f, t.whole(n)), holds(f, rational(0)), zero = holds;
  term fails(f, rational(1));
  term positive = select(comparison::lt, zero, u, holds, fails), number = select(comparison::le, u, zero, holds, positive);
  const auto whole = [&](const term& if_so, const term& if_not) {
    return select(comparison::eq, u, make_term(opcode::floor, {u}), if_so, if_not);
  };
  const term each = [&] {
    switch (is) {
      case relation::positive: return positive;
      case relation::nonnegative: return select(comparison::le, zero, u, holds, fails);
      case relation::nonzero: return select(comparison::lt, u, zero, holds, positive);
      case relation::not_integer: return whole(fails, number);
      case relation::integer: return whole(holds, fails);
      case relation::real_power: return number;
      case relation::off_poles: return select(comparison::lt, zero, u, holds, whole(fails, number));
    }
    return fails;
  }();
  return total(t, each.over_frame());
}

template <class T> std::vector<T> entries(evaluator<T>& e, node_id n) {
  auto v = e(n);
  return {v.begin(), v.end()};
}

}  // namespace

point_values::point_values(problem& p, const point& at, std::size_t most_certain)
    : tape_(p.on()),
      most_certain_(most_certain),
      rounded_(p.on()),
      precise_(p.on()),
      enclosed_(p.on(), as_given(at)),
      enclosed_by_convention_(p.on(), as_given(at), true) {
  for (const auto& [name, value] : at)  // dimensions first: shapes are checked against them
    if (tape_.find_dim(name) != none) bind(p, name, value);
  for (const auto& [name, value] : at)
    if (tape_.find_dim(name) == none) bind(p, name, value);
}

void point_values::bind(const problem& p, const std::string& name, const array& value) {
  bool let = std::ranges::any_of(p.lets(), [&](const auto& l) { return l.first == name; });
  if (let && tape_.find_symbol(name) == none)
    throw error("V07", fmt::format("'{}' has its value by --let", name),
                fmt::format("with --wrt {} it is a variable of its own", name));
  if (tape_.find_symbol(name) == none && tape_.find_dim(name) == none) throw unknown_name(tape_, name);
  rounded_.bind(name, value.values, value.shape);
  precise_.bind(name, std::vector<long double>(value.values.begin(), value.values.end()), value.shape);
}

bool point_values::is_large(std::span<const node_id> nodes) {
  return precise_.work(nodes, work_of_function, most_certain_ + 1) > most_certain_;
}

bool point_values::takes_at_most(node_id n, std::size_t work) {
  return precise_.work({&n, 1}, work_of_function, work + 1) <= work;
}

void point_values::compute(std::span<const node_id> nodes) {
  std::vector<symbol_id> symbols;
  std::vector<std::vector<double>> given;
  for (node_id n : tape_.reachable(nodes)) {
    if (tape_.op(n) != opcode::symbol) continue;
    symbols.push_back(tape_.symbol_of(n));
    given.push_back(rounded(n));
  }
  dim_sizes sizes;
  for (dim_id d = 0; d < tape_.dim_count(); ++d)
    if (const std::optional<std::int64_t> size = precise_.dim_size(d)) sizes.emplace(tape_.dim_name(d), *size);
  const program p(tape_, nodes, symbols, sizes);
  std::size_t numbers = p.working_size();
  for (std::size_t k = 0; k < nodes.size(); ++k) numbers += p.output_size(k);
  if (numbers > most_numbers) throw error("V02", fmt::format("more than {} numbers would be needed at once", most_numbers));
  std::vector<const double*> in;
  std::vector<std::vector<double>> found;
  std::vector<double*> out;
  for (const std::vector<double>& values : given) in.push_back(values.data());
  for (std::size_t k = 0; k < nodes.size(); ++k) out.push_back(found.emplace_back(p.output_size(k)).data());
  p.run(in, out);
  for (std::size_t k = 0; k < nodes.size(); ++k) in_double_[nodes[k]] = std::move(found[k]);
}

const std::vector<double>* point_values::in_double(node_id n) const {
  const auto it = in_double_.find(n);
  return it == in_double_.end() ? nullptr : &it->second;
}

bool point_values::leaves_double(std::span<const node_id> nodes) {
  std::vector<edge> counts;
  for (node_id n : tape_.reachable(nodes))
    if (tape_.arity(n) > 0) counts.push_back({infinities(tape_, n), {}});
  if (counts.empty()) return false;
  const node_id count = tape_.add({}, counts);
  if (!takes_at_most(count, most_looked_at)) return false;
  compute({&count, 1});
  return in_double(count)->front() != 0;
}

std::vector<double> point_values::rounded(node_id n) { return entries(rounded_, n); }
std::vector<long double> point_values::precise(node_id n) { return entries(precise_, n); }

bool point_values::leaves_range(node_id n) {
  try {
    return precise_.leaves_range(n);
  } catch (const error& e) {
    if (e.code != "V02") throw;
    return false;  // all nodes at once would be too much
  }
}

std::vector<long double> point_values::by_convention(node_id n) {
  if (!conventional_) {
    conventional_.emplace(precise_);
    conventional_->let_zero_win();
  }
  return entries(*conventional_, n);
}

bool point_values::surely_holds(relation is, node_id n) {
  if (is != relation::positive && is != relation::nonnegative && is != relation::nonzero) return false;
  if (is_large(n) || tape_.op(n) == opcode::symbol) return false;  // a symbol's numbers are exact anyway
  if (const node_id form = with_complements(tape_, n, true); is_affordable(form, n)) n = form;
  for (std::size_t level = 0; level < enclosures::digits.size(); ++level) {
    const std::vector<ball>* all = enclosed_.at(n, level);
    if (!all) return false;
    bool certain = true;
    for (const ball& v : *all) {
      const std::optional<int> s = v.sign();
      if (s && (is == relation::positive ? *s <= 0 : is == relation::nonnegative ? *s < 0 : *s == 0)) return false;
      if (!s && v.open && level > 0) return false;
      certain = certain && s;
    }
    if (certain) return true;
  }
  return false;
}

bool point_values::is_affordable(node_id form, node_id n) {
  constexpr std::size_t factor = 20, little = 10'000'000, most = std::numeric_limits<std::size_t>::max() / factor - little;
  const std::size_t allowed = factor * precise_.work({&n, 1}, 1, most) + little;
  return precise_.work({&form, 1}, 1, allowed) < allowed;
}

bool point_values::holds(relation is, node_id n) {
  if (is_large(n)) {
    const node_id count = failures(tape_, is, stable_form(tape_, n));
    if (!in_double(count)) compute({&count, 1});
    return in_double(count)->front() == 0;
  }
  return std::ranges::all_of(precise(n), [&](long double v) {
    switch (is) {
      case relation::positive: return v > 0;
      case relation::nonnegative: return v >= 0;
      case relation::nonzero: return v > 0 || v < 0;
      case relation::not_integer: return !std::isnan(v) && v != std::floor(v);
      case relation::integer: return v == std::floor(v);
      case relation::real_power: return !std::isnan(v);
      case relation::off_poles: return v > 0 || (!std::isnan(v) && v != std::floor(v));
    }
    return false;
  });
}

bool point_values::holds(const fact& f) {
  if (!f.equation) return holds(f.is, f.left);
  std::vector<long double> left = precise(f.left), right = precise(f.right);
  for (std::size_t k = 0; k < left.size(); ++k) {
    long double size = 1 + std::abs(left[k]) + std::abs(right[k]);
    if (!(std::abs(left[k] - right[k]) <= equation_tolerance * size)) return false;
  }
  return true;
}

bool point_values::is_symmetric(symbol_id s) {
  node_id n = tape_.symbol_node(s);
  std::vector<double> v = rounded(n);
  std::size_t size = shape(n).front();
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (v[i * size + j] != v[j * size + i]) return false;
  return true;
}

}  // namespace wengert
