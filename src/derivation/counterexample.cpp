#include "counterexample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include <wengert/core/error.hpp>

namespace wengert {

namespace {

constexpr long double margin = 1e-7L;

// A square matrix, with what is above the diagonal below it too.
void make_symmetric(std::vector<long double>& matrix) {
  const auto n = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) matrix[i * n + j] = matrix[j * n + i];
}

std::string number_text(long double v) { return fmt::format("{:.17g}", static_cast<double>(v)); }

}  // namespace

bool meets(relation is, std::span<const long double> values, bool clearly) {
  long double gap = clearly ? margin : 0;
  return std::ranges::all_of(values, [&](long double v) {
    switch (is) {
      case relation::positive: return v > gap;
      case relation::nonnegative: return v >= 0;
      case relation::nonzero: return std::fabs(v) > gap;
      case relation::not_integer: return std::fabs(v - std::round(v)) > gap;
      case relation::integer: return v == std::round(v);
      case relation::real_power: return std::isfinite(v);
      case relation::off_poles: return v > gap || std::fabs(v - std::round(v)) > gap;
    }
    return false;
  });
}

point_sampler::point_sampler(tape& t, const std::vector<fact>& givens, std::uint64_t seed)
    : tape_(t), givens_(givens), random_(seed) {}

void point_sampler::bind(evaluator<long double>& e, const tape& t, const sample_point& p) {
  for (const auto& [d, size] : p.dims) e.bind_dim(d, size);
  for (const auto& [s, values] : p.symbols) {
    std::vector<std::size_t> shape;
    for (range_id r : t.symbol(s).axes) {
      const affine& hi = t.range_of(r).hi;
      shape.push_back(static_cast<std::size_t>(hi.dim == none ? hi.offset : p.dims.at(hi.dim) + hi.offset));
    }
    e.bind(s, values, shape);
  }
}

std::optional<sample_point> point_sampler::draw(std::span<const node_id> roots) {
  std::vector<node_id> all(roots.begin(), roots.end());
  for (const fact& f : givens_) {
    all.push_back(f.left);
    if (f.equation) all.push_back(f.right);
  }
  auto pick = [&](std::int64_t lo, std::int64_t hi) { return std::uniform_int_distribution<std::int64_t>(lo, hi)(random_); };
  sample_point p;
  std::vector<std::int64_t> sizes(tape_.dim_count());
  for (std::int64_t& size : sizes) size = pick(1, 4);
  tape_.order().fit(sizes);
  constexpr std::int64_t largest = 64;
  if (std::ranges::any_of(sizes, [](std::int64_t size) { return size > largest; })) return std::nullopt;
  for (dim_id d = 0; d < sizes.size(); ++d) p.dims[d] = sizes[d];
  int style = static_cast<int>(pick(0, 3));
  const std::vector<node_id> needed = tape_.reachable(all);
  if (std::ranges::any_of(needed, [&](node_id n) { return tape_.op(n) == opcode::unknown; })) return std::nullopt;  // no values
  for (node_id n : needed) {
    if (tape_.op(n) != opcode::symbol) continue;
    symbol_id s = tape_.symbol_of(n);
    std::size_t count = 1;
    for (range_id r : tape_.symbol(s).axes) {
      const affine& hi = tape_.range_of(r).hi;
      count *= static_cast<std::size_t>(hi.dim == none ? hi.offset : p.dims[hi.dim] + hi.offset);
    }
    std::vector<long double> v(count);
    bool unit = count > 0 && !tape_.symbol(s).axes.empty() && pick(0, 2) == 0;  // a unit vector
    for (long double& x : v) {
      if (unit)
        x = 0;
      else if (style == 0)
        x = static_cast<long double>(pick(-2, 2));
      else if (style == 1)
        x = static_cast<long double>(pick(1, 24)) / 8;
      else
        x = static_cast<long double>(pick(-24, 24)) / 8;
      if (tape_.symbol(s).integer_valued) x = static_cast<long double>(pick(-3, 4));
    }
    if (unit) v[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(count) - 1))] = 1;
    if (tape_.symbol(s).symmetric) make_symmetric(v);
    p.symbols[s] = std::move(v);
  }
  return meets_givens(p) ? std::optional(std::move(p)) : std::nullopt;
}

bool point_sampler::meets_givens(sample_point& p) {
  for (int round = 0; round < 3; ++round) {
    bool good = true;
    for (const fact& f : givens_) {
      evaluator<long double> e(tape_);
      bind(e, tape_, p);
      auto left = e(f.left);
      std::vector<long double> l(left.begin(), left.end());
      if (!f.equation) {
        good = good && (meets(f.is, l, true) || (f.is == relation::nonnegative && meets(f.is, l, false)));
        continue;
      }
      auto right = e(f.right);
      for (std::size_t k = 0; k < l.size(); ++k)
        if (!(std::fabs(l[k] - right[k]) < 1e-13L)) {
          if (!repair(p, f)) return false;
          good = false;
          break;
        }
    }
    if (good) return true;
  }
  return false;
}

// Newton's method on one entry of one symbol, for an equation without axes.
bool point_sampler::repair(sample_point& p, const fact& f) {
  if (tape_.rank(f.left) != 0) return false;
  std::vector<std::pair<symbol_id, std::size_t>> entries;
  const node_id sides[] = {f.left, f.right};
  for (node_id n : tape_.reachable(sides))
    if (tape_.op(n) == opcode::symbol)
      for (std::size_t k = 0; k < p.symbols[tape_.symbol_of(n)].size(); ++k) entries.emplace_back(tape_.symbol_of(n), k);
  std::ranges::shuffle(entries, random_);
  auto gap = [&] {
    evaluator<long double> e(tape_);
    bind(e, tape_, p);
    long double l = e.scalar(f.left);
    return l - e.scalar(f.right);
  };
  for (const auto& [s, k] : entries) {
    long double& x = p.symbols[s][k];
    const long double start = x;
    long double step = 0;
    for (int i = 0; i < 60 && std::isfinite(x); ++i) {
      long double g = gap(), h = 1e-6L * (1 + std::fabs(x)), old = x;
      x = old + h;
      step = g / ((gap() - g) / h);
      x = old;
      if (std::fabs(g) < 1e-15L) break;
      x = old - step;
    }
    if (std::isfinite(x) && std::fabs(gap()) < 1e-13L) {
      const long double found = x;
      for (long double grid : {1.0L, 8.0L, 1024.0L}) {  // a round number that solves it exactly
        x = std::round(found * grid) / grid;
        if (std::fabs(found - x) < 1e-2L && gap() == 0) return true;
      }
      x = found;
      if (std::fabs(step) < 1e-12L * (1 + std::fabs(x))) return true;  // or else the solution may be far away, or nowhere
    }
    x = start;
  }
  return false;
}

namespace {

// Whether a function surely has no derivative by some entry of its variable at the point: on one side it has no value, or the
// difference quotients of the two sides differ, and no less for a small step, or grow beyond bounds. Nothing is sure where its
// formula has no value: it may be that of a derivative which exists there.
bool surely_not_differentiable(tape& t, const derivative_site& d, sample_point p) {
  auto values = [&](node_id n) {
    evaluator<long double> e(t, std::size_t{1} << 22);
    point_sampler::bind(e, t, p);
    auto v = e(n);
    return std::vector<long double>(v.begin(), v.end());
  };
  if (d.at != none) p.symbols[d.variable] = values(d.at);
  if (!p.symbols.contains(d.variable)) return false;
  auto finite = [](const std::vector<long double>& v) {
    return std::ranges::all_of(v, [](long double x) { return std::isfinite(x); });
  };
  const std::vector<long double> here = values(d.function);
  if (!finite(here)) return false;
  for (long double& x : p.symbols.at(d.variable)) {
    const long double start = x;
    std::array<std::vector<long double>, 4> quotients;  // from the right and the left, with a large and a small step
    constexpr std::array steps{1e-4L, -1e-4L, 1e-6L, -1e-6L};
    for (std::size_t k = 0; k < steps.size(); ++k) {
      x = start + steps[k];
      quotients[k] = values(d.function);
      for (std::size_t i = 0; i < here.size(); ++i) quotients[k][i] = (quotients[k][i] - here[i]) / steps[k];
    }
    x = start;
    if (!(finite(quotients[0]) && finite(quotients[2])) || !(finite(quotients[1]) && finite(quotients[3]))) return true;
    for (std::size_t i = 0; i < here.size(); ++i) {
      const long double wide = std::fabs(quotients[0][i] - quotients[1][i]), gap = std::fabs(quotients[2][i] - quotients[3][i]);
      const bool apart = gap > 1e-2L * (1 + std::fabs(quotients[2][i])) && gap > 0.8L * wide;
      const bool grows = std::fabs(quotients[2][i]) > 1 + 4 * std::fabs(quotients[0][i]);
      if (grows || apart) return true;
    }
  }
  return false;
}

// Whether a node is, or runs over, something of that size.
bool mentions(const tape& t, node_id n, dim_id d) {
  auto runs = [&](range_id r) { return t.range_of(r).hi.dim == d || t.range_of(r).lo.dim == d; };
  return (t.op(n) == opcode::dim_value && t.dim_of(n) == d) || std::ranges::any_of(t.axes(n), runs);
}

// Whether the right side surely has no value at the point. That a sufficient condition for a derivative fails is not enough:
// x*abs(x) has one at 0.
std::optional<bool> undefined(tape& t, evaluator<long double>& e, const sample_point& p, const expression& side,
                              const std::vector<requirement>& needs) {
  bool doubtful = false;
  for (const requirement& r : needs) {
    auto v = e(r.node);
    if (meets(r.is, v, false)) continue;
    if (!r.smooth && r.exact) return true;
    doubtful = true;
  }
  if (!doubtful) return false;
  if (std::ranges::any_of(side.sites, [&](const derivative_site& d) { return surely_not_differentiable(t, d, p); })) return true;
  return std::nullopt;
}

// Whether the right side is undefined at the point, or differs from the value of the left side there.
bool differs(tape& t, evaluator<long double>& e, const sample_point& p, std::span<const long double> left,
             const expression& right, const std::vector<requirement>& right_needs) {
  std::optional<bool> nowhere = undefined(t, e, p, right, right_needs);
  if (!nowhere) return false;
  auto r = e(right.node);
  bool wrong = *nowhere;
  for (std::size_t k = 0; k < left.size() && !wrong; ++k)
    wrong = std::isfinite(r[k]) && std::fabs(left[k] - r[k]) > 1e-6L * (1 + std::fabs(left[k]) + std::fabs(r[k]));
  return wrong;
}

bool tame(std::span<const long double> values) {
  return std::ranges::all_of(values, [](long double v) { return std::isfinite(v) && std::fabs(v) < 1e8L; });
}

// 1.5, [1, 2], [[1, 2], [3, 4]]
std::string array_text(std::span<const std::size_t> shape, std::span<const long double> values) {
  if (shape.empty()) return number_text(values[0]);
  const std::size_t each = values.size() / shape[0];
  std::string text;
  for (std::size_t k = 0; k < shape[0]; ++k)
    text += (k == 0 ? "[" : ", ") + array_text(shape.subspan(1), values.subspan(k * each, each));
  return text + "]";
}

}  // namespace

namespace {

// Where the left side's derivatives may exist though a condition fails that was assumed so that they do: what the left side is
// there, and whether the right side is the same.
class kink_search {
 public:
  kink_search(tape& t, const std::vector<fact>& givens, const expression& left, const expression& right,
              const std::vector<requirement>& left_needs, const std::vector<requirement>& right_needs)
      : tape_(t), givens_(givens), left_(left), right_(right), left_needs_(left_needs), right_needs_(right_needs) {
    roots_ = {left.node, right.node};
    for (const expression* side : {&left, &right})
      for (const derivative_site& d : side->sites) roots_.push_back(d.function);
    for (const std::vector<requirement>* needs : {&left_needs_, &right_needs_})
      for (const requirement& r : *needs) roots_.push_back(r.node);
  }

  // Whether the sides differ somewhere where one of the conditions fails. Points are drawn where it does, and where the right
  // side is undefined: x^4 > 0 fails only where x = 0, which is easier to find from x^4/x.
  bool finds_difference(const std::vector<requirement>& assumed) {
    std::vector<std::optional<node_id>> zeros{std::nullopt};
    for (const requirement& r : assumed) zeros.push_back(r.node);
    for (const requirement& r : right_needs_) zeros.push_back(r.node);
    for (const std::optional<node_id>& zero : zeros) {
      std::vector<fact> at = givens_;
      if (zero) at.push_back({"", true, *zero, tape_.identity(tape_.out(*zero), {tape_.constant(0), {}}), {}});
      point_sampler sampler(tape_, at, random_());
      for (int attempt = 0; attempt < 100; ++attempt)
        if (auto p = sampler.draw(roots_); p && differ_at(*p, assumed)) return true;
    }
    return false;
  }

 private:
  bool differ_at(const sample_point& p, const std::vector<requirement>& assumed) {
    try {
      evaluator<long double> e(tape_, most_entries);
      point_sampler::bind(e, tape_, p);
      auto holds = [&](const requirement& r) { return meets(r.is, e(r.node), true); };
      if (std::ranges::all_of(assumed, holds)) return false;
      if (!std::ranges::all_of(left_needs_, [&](const requirement& r) { return r.smooth || holds(r); })) return false;
      if (is_broken(p)) return false;
      if (std::ranges::any_of(assumed, [&](const requirement& r) { return !holds(r) && is_degenerate(p, r); })) return false;
      const std::optional<bool> nowhere = undefined(tape_, e, p, right_, right_needs_);
      if (nowhere == true) return true;
      const auto left = values_of_left(p);
      if (!left) return true;  // it is there, and nothing is known of it
      auto right = e(right_.node);
      for (std::size_t k = 0; k < left->size(); ++k)
        if (std::isfinite(right[k]) && !near((*left)[k], right[k])) return true;
      return false;
    } catch (const error&) {
      return false;
    }
  }

  // Whether the derivative's formula has no value at the point, though there is a derivative, only for special values of other
  // symbols: what sqrt(a*x + b) is where a = b = 0, and y*norm2(x) where y = 0, is not asked.
  bool is_degenerate(const sample_point& p, const requirement& r) {
    if (tame(values(p, left_.node))) return false;
    for (int draw = 0; draw < 40; ++draw) {
      const sample_point other = nearby(p, 1, false);
      const bool holds = meets(r.is, values(other, r.node), false);
      if (holds ? !meets(r.is, values(nearby(p, 1e-3L, true), r.node), false) : is_broken(other)) return true;
    }
    return false;
  }

  bool is_broken(const sample_point& p) const {
    return std::ranges::any_of(left_.sites, [&](const derivative_site& d) { return surely_not_differentiable(tape_, d, p); });
  }

  // The point with what one differentiates by, or with all else, changed.
  sample_point nearby(sample_point p, long double step, bool variables) {
    std::uniform_real_distribution<long double> anything(-1, 1);
    for (auto& [s, entries] : p.symbols) {
      const symbol_id symbol = s;
      const bool is_variable = std::ranges::any_of(left_.sites, [&](const derivative_site& d) { return d.variable == symbol; });
      if (tape_.symbol(s).integer_valued || is_variable != variables) continue;
      for (long double& x : entries) x += step * (1 + std::fabs(x)) * anything(random_);
    }
    return p;
  }

  std::vector<long double> values(const sample_point& p, node_id n) const {
    evaluator<long double> e(tape_, most_entries);
    point_sampler::bind(e, tape_, p);
    auto v = e(n);
    return {v.begin(), v.end()};
  }

  // The limit, which is a derivative's value if there are both: the formula's own value at a kink is a convention.
  std::optional<std::vector<long double>> values_of_left(const sample_point& p) {
    std::optional<std::vector<long double>> limit;
    for (int draw = 0; draw < 4; ++draw) {
      std::vector<long double> v = values(nearby(p, 1e-15L, true), left_.node);
      if (!tame(v) || (limit && !std::ranges::equal(*limit, v, near))) return std::nullopt;
      limit = std::move(v);
    }
    return limit;
  }

  static bool near(long double a, long double b) { return std::fabs(a - b) <= 1e-4L * (1 + std::fabs(a) + std::fabs(b)); }

  static constexpr std::size_t most_entries = std::size_t{1} << 22;
  tape& tape_;
  const std::vector<fact>& givens_;
  const expression &left_, &right_;
  const std::vector<requirement>&left_needs_, &right_needs_;
  std::vector<node_id> roots_;
  std::mt19937_64 random_{1};
};

}  // namespace

bool differs_at_a_kink(tape& t, const std::vector<fact>& givens, const expression& left, const expression& right,
                       const std::vector<requirement>& left_needs, const std::vector<requirement>& right_needs,
                       const std::vector<requirement>& assumed) {
  std::vector<requirement> kinks;
  std::ranges::copy_if(assumed, std::back_inserter(kinks), &requirement::smooth);
  return !kinks.empty() && kink_search(t, givens, left, right, left_needs, right_needs).finds_difference(kinks);
}

std::optional<std::vector<std::pair<std::string, std::string>>> find_counterexample(tape& t, const std::vector<fact>& givens,
                                                                                    const expression& left,
                                                                                    const expression& right,
                                                                                    const std::vector<requirement>& left_needs,
                                                                                    const std::vector<requirement>& right_needs) {
  std::vector<node_id> roots{left.node, right.node};
  for (const requirement& r : left_needs) roots.push_back(r.node);
  for (const requirement& r : right_needs) roots.push_back(r.node);
  point_sampler sampler(t, givens);
  for (int attempt = 0; attempt < 400; ++attempt) {
    auto p = sampler.draw(roots);
    if (!p) continue;
    try {
      evaluator<long double> e(t, std::size_t{1} << 22);
      point_sampler::bind(e, t, *p);
      auto values = [&](node_id n) {
        auto v = e(n);
        return std::vector<long double>(v.begin(), v.end());
      };
      bool defined = std::ranges::all_of(left_needs, [&](const requirement& r) { return meets(r.is, values(r.node), true); });
      const std::vector<long double> l = values(left.node);
      if (!defined || !tame(l) || !differs(t, e, *p, l, right, right_needs)) continue;
      std::vector<std::pair<std::string, std::string>> found;
      for (const auto& [s, v] : p->symbols) {
        found.emplace_back(t.symbol(s).name, array_text(e.shape(t.symbol_node(s)), v));
      }
      for (const auto& [dim, size] : p->dims) {  // a dimension that no array shows
        const dim_id d = dim;
        bool used = std::ranges::any_of(t.reachable(roots), [&](node_id n) { return mentions(t, n, d); });
        bool shown = std::ranges::any_of(p->symbols, [&](const auto& s) {
          return std::ranges::any_of(t.symbol(s.first).axes, [&](range_id r) { return t.range_of(r).hi.dim == d; });
        });
        if (used && !shown) found.emplace_back(t.dim_name(d), fmt::format("{}", size));
      }
      return found;
    } catch (const error&) {
      continue;
    }
  }
  return std::nullopt;
}

}  // namespace wengert
