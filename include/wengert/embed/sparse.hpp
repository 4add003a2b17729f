// Jacobians and Hessians that are mostly zeros: the pattern is found by a run that follows dependencies; columns (or rows) that
// do not meet are coloured alike and computed together; the entries come in compressed rows.
//
//   sparse_matrix j = wengert::sparse_jacobian(f)(x);
//   sparse_matrix h = wengert::sparse_hessian(f)(x);              // all of it, both triangles
//   std::vector<std::string> n = wengert::unused_inputs(f, x);    // what f(x) does not depend on
//
// A pattern is that of the branches taken at x. To keep it for other points, where the same branches are taken or the pattern
// covers them: `sparse_jacobian(f, jacobian_sparsity(f, x))`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wengert/embed/functional.hpp>
#include <wengert/numeric/dependency.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

// Row r has the columns column[row_begin[r]], ..., column[row_begin[r + 1] - 1], in order.
struct sparsity {
  std::size_t columns = 0;
  std::vector<std::size_t> row_begin{0};
  std::vector<std::uint32_t> column;

  std::size_t rows() const { return row_begin.size() - 1; }
  std::size_t size() const { return column.size(); }
  void append_row(const std::vector<std::uint32_t>& of_row) {
    column.insert(column.end(), of_row.begin(), of_row.end());
    row_begin.push_back(column.size());
  }
  std::size_t degree(std::size_t row) const { return row_begin[row + 1] - row_begin[row]; }
  std::span<const std::uint32_t> operator[](std::size_t row) const { return {column.data() + row_begin[row], degree(row)}; }
  // Where the entry is, or size().
  std::size_t find(std::size_t row, std::size_t at) const {
    const auto first = column.begin() + static_cast<std::ptrdiff_t>(row_begin[row]),
               last = column.begin() + static_cast<std::ptrdiff_t>(row_begin[row + 1]), found = std::lower_bound(first, last, at);
    return found != last && *found == at ? static_cast<std::size_t>(found - column.begin()) : size();
  }
  sparsity transposed() const {
    sparsity t;
    t.columns = rows();
    std::vector<std::vector<std::uint32_t>> by_column(columns);
    for (std::size_t r = 0; r < rows(); ++r)
      for (const std::uint32_t c : (*this)[r]) by_column[c].push_back(static_cast<std::uint32_t>(r));
    for (const auto& row : by_column) t.append_row(row);
    return t;
  }
};

struct sparse_matrix : sparsity {
  std::vector<double> values;

  double operator()(std::size_t row, std::size_t at) const {
    const std::size_t i = find(row, at);
    return i == size() ? 0 : values[i];
  }
};

// --- patterns

// The pattern of the Jacobian of f at x.
template <class F, tree X> sparsity jacobian_sparsity(const F& f, const X& x) {
  sparsity pattern;
  pattern.columns = count_numbers(x);
  dependency_graph graph(pattern.columns);
  const auto inputs = rebuilt_by_index<dependent>(x, [](double number, std::size_t i) { return dependent::input(number, i); });
  for (const dependent& y : outputs_of<dependent>(f(inputs))) pattern.append_row(graph.inputs_of(y.node()));
  return pattern;
}

// The pattern of the Hessian of f at x, a function with one output; both triangles.
template <class F, tree X> sparsity hessian_sparsity(const F& f, const X& x) {
  sparsity pattern;
  pattern.columns = count_numbers(x);
  dependency_graph graph(pattern.columns);
  const auto inputs = rebuilt_by_index<dependent>(x, [](double number, std::size_t i) { return dependent::input(number, i); });
  one_output<dependent>(f, inputs);
  for (const auto& row : graph.coupled_inputs()) pattern.append_row(row);
  return pattern;
}

// The names of the numbers of x on which no output of f depends, with the branches that are taken at x: their derivatives are 0.
template <class F, tree X> std::vector<std::string> unused_inputs(const F& f, const X& x) {
  const sparsity pattern = jacobian_sparsity(f, x);
  std::vector<bool> used(pattern.columns, false);
  for (const std::uint32_t i : pattern.column) used[i] = true;
  std::vector<std::string> unused;
  const std::vector<std::string> all = names(x);
  for (std::size_t i = 0; i < used.size(); ++i)
    if (!used[i]) unused.push_back(all[i]);
  return unused;
}

// --- colourings

struct colouring {
  std::vector<std::size_t> colour;
  std::size_t count = 0;
};

inline std::vector<std::size_t> by_falling_degree(const sparsity& s) {
  std::vector<std::size_t> order(s.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&s](std::size_t a, std::size_t b) { return s.degree(a) > s.degree(b); });
  return order;
}

// Greedily gives each vertex, in this order, the least colour that `forbid(vertex, mark)` does not mark.
template <class F> colouring greedy_colouring(const std::vector<std::size_t>& order, const F& forbid) {
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  colouring c{std::vector<std::size_t>(order.size(), none), 0};
  std::vector<std::size_t> forbidden;  // for which vertex last
  for (const std::size_t v : order) {
    forbid(v, c.colour, [&](std::size_t vertex) {
      if (c.colour[vertex] != none) forbidden[c.colour[vertex]] = v;
    });
    std::size_t k = 0;
    while (k < c.count && forbidden[k] == v) ++k;
    if (k == c.count) {
      ++c.count;
      forbidden.push_back(none);
    }
    c.colour[v] = k;
  }
  return c;
}

// Rows of one colour have no column in common.
inline colouring colour_rows(const sparsity& s) {
  const sparsity columns = s.transposed();
  return greedy_colouring(by_falling_degree(s), [&](std::size_t v, const auto&, const auto& mark) {
    for (const std::uint32_t c : s[v])
      for (const std::uint32_t row : columns[c]) mark(row);
  });
}

// A star colouring of a symmetric pattern: neighbours differ, and no path of four vertices has two colours (Gebremedhin, Manne
// and Pothen 2005, algorithm 4.1). Of an entry (i, j), either j is the only neighbour of i with its colour, or i that of j.
inline colouring colour_symmetric(const sparsity& s) {
  return greedy_colouring(by_falling_degree(s), [&](std::size_t v, const std::vector<std::size_t>& colour, const auto& mark) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    for (const std::uint32_t w : s[v]) {
      if (w == v) continue;
      mark(w);
      for (const std::uint32_t x : s[w]) {
        if (x == v || x == w || colour[x] == none) continue;
        const auto closes_a_path = [&](std::uint32_t y) { return y != w && y != x && colour[y] == colour[w]; };
        if (colour[w] == none || std::any_of(s[x].begin(), s[x].end(), closes_a_path)) mark(x);
      }
    }
  });
}

// --- Jacobians: sweeps over one recording, several colours at a time

inline constexpr std::size_t colours_at_once = 8;
using lanes = std::array<double, colours_at_once>;

template <bool ZerosWin> void add_multiple(lanes& to, const lanes& from, double factor) {
  for (std::size_t k = 0; k < colours_at_once; ++k) to[k] += ZerosWin ? strong_product(from[k], factor) : from[k] * factor;
}

// The entries of the colours first, ..., first + colours_at_once - 1: columns are coloured if `forward`, else rows.
template <bool ZerosWin> void sweep_colours(const jacobian_tape& tape, variables inputs, const std::vector<adouble>& y,
                                            const colouring& c, bool forward, std::size_t first, std::vector<lanes>& nodes,
                                            sparse_matrix& result) {
  std::fill(nodes.begin(), nodes.end(), lanes{});
  const auto lane = [&](std::size_t of) { return c.colour[of] - first; };
  const auto edges = tape.edges();
  if (forward) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (lane(i) < colours_at_once) nodes[inputs[i].id][lane(i)] = 1;
    for (const auto& e : edges) add_multiple<ZerosWin>(nodes[e.lhs()], nodes[e.rhs()], e.partial());
  } else {
    for (std::size_t r = 0; r < y.size(); ++r) {
      const auto root = tape.root(y[r]);
      if (root.id != 0 && lane(r) < colours_at_once) nodes[root.id][lane(r)] += root.slope;
    }
    for (auto e = edges.rbegin(); e != edges.rend(); ++e) add_multiple<ZerosWin>(nodes[e->rhs()], nodes[e->lhs()], e->partial());
  }
  for (std::size_t r = 0; r < y.size(); ++r) {
    const auto root = tape.root(y[r]);
    for (std::size_t k = result.row_begin[r]; k < result.row_begin[r + 1]; ++k) {
      const std::uint32_t i = result.column[k];
      if (forward && lane(i) < colours_at_once) result.values[k] = strong_product(nodes[root.id][lane(i)], root.slope);
      if (!forward && lane(r) < colours_at_once) result.values[k] = nodes[inputs[i].id][lane(r)];
    }
  }
}

// A pattern with the cheaper of the two colourings.
class coloured_jacobian {
 public:
  explicit coloured_jacobian(sparsity pattern) : pattern_(std::move(pattern)) {
    const sparsity columns = pattern_.transposed();
    const auto largest = [](const sparsity& s) {
      std::size_t most = 0;
      for (std::size_t r = 0; r < s.rows(); ++r) most = std::max(most, s.degree(r));
      return most;
    };
    // A colouring has no fewer colours than the other side's longest line.
    const std::size_t least_forward = largest(pattern_), least_reverse = largest(columns);
    forward_ = least_forward <= least_reverse;
    colours_ = colour_rows(forward_ ? columns : pattern_);
    if ((forward_ ? least_reverse : least_forward) >= colours_.count) return;
    colouring other = colour_rows(forward_ ? pattern_ : columns);
    if (other.count >= colours_.count) return;
    colours_ = std::move(other);
    forward_ = !forward_;
  }
  const sparsity& pattern() const { return pattern_; }
  std::size_t colours() const { return colours_.count; }
  bool forward() const { return forward_; }

  sparse_matrix values(jacobian_tape& tape, variables inputs, const std::vector<adouble>& y) const {
    if (y.size() != pattern_.rows() || inputs.size() != pattern_.columns)
      throw error("count", "the pattern is of a function with other inputs or outputs");
    sparse_matrix result{pattern_, std::vector<double>(pattern_.size())};
    if (tape.has_blocks()) {
      fill_by_whole_sweeps(tape, inputs, y, result);
      return result;
    }
    std::vector<lanes> nodes(tape.nodes());
    const auto sweep = [&](const auto& sweep_some) {
      for (std::size_t first = 0; first < colours_.count; first += colours_at_once)
        sweep_some(tape, inputs, y, colours_, forward_, first, nodes, result);
    };
    const auto is_finite = [](double entry) { return std::isfinite(entry); };
    if (!tape.may_be_singular()) sweep(sweep_colours<false>);
    if (tape.may_be_singular() || !std::all_of(result.values.begin(), result.values.end(), is_finite)) sweep(sweep_colours<true>);
    return result;
  }

 private:
  // A block of the tape is pulled back only, and by one sweep at a time.
  void fill_by_whole_sweeps(jacobian_tape& tape, variables inputs, const std::vector<adouble>& y, sparse_matrix& result) const {
    const colouring rows = forward_ ? colour_rows(pattern_) : colours_;
    for (std::size_t k = 0; k < rows.count; ++k) {
      std::vector<double> seeds(y.size());
      for (std::size_t r = 0; r < y.size(); ++r) seeds[r] = rows.colour[r] == k ? 1 : 0;
      tape.reverse(y, seeds);
      const auto adjoints = tape.adjoints(inputs);
      for (std::size_t r = 0; r < y.size(); ++r)
        for (std::size_t e = result.row_begin[r]; e < result.row_begin[r + 1] && seeds[r] != 0; ++e)
          result.values[e] = adjoints[result.column[e]];
    }
  }

  sparsity pattern_;
  colouring colours_;
  bool forward_ = false;
};

template <class F> auto sparse_jacobian(F f, std::optional<sparsity> pattern = {}) {
  std::optional<coloured_jacobian> known;
  if (pattern) known.emplace(std::move(*pattern));
  return [f = std::move(f), known = std::move(known)]<class X>(const X& x) {
    require_tree<X>();
    require_plain_numbers<X>();
    borrowed_tape<double> tape;
    tape_scope scope(*tape);
    const auto inputs = record_inputs(*tape, x);
    const std::vector<adouble> y = outputs_of<adouble>(f(inputs.x));
    return (known ? *known : coloured_jacobian(jacobian_sparsity(f, x))).values(*tape, inputs.block, y);
  };
}

// --- Hessians: products with one vector a colour, several at a time

template <class F> auto sparse_hessian(F f, std::optional<sparsity> pattern = {}) {
  std::optional<std::pair<sparsity, colouring>> known;
  if (pattern) {
    colouring c = colour_symmetric(*pattern);
    known.emplace(std::move(*pattern), std::move(c));
  }
  return [f = std::move(f), known = std::move(known)]<class X>(const X& x) {
    require_tree<X>();
    require_plain_numbers<X>();
    constexpr std::size_t at_once = 4;
    using V = dual_vec<at_once>;
    sparsity found = known ? known->first : hessian_sparsity(f, x);
    const colouring c = known ? known->second : colour_symmetric(found);
    const std::size_t count = found.columns;
    if (count_numbers(x) != count) throw error("count", "the pattern is of a function with other inputs");
    // Row i of the product with the vector of a colour is the entry of j if j is alone with that colour among i's neighbours.
    std::vector<std::size_t> alone(found.size());
    std::vector<std::size_t> met(c.count);
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::uint32_t j : found[i]) met[c.colour[j]] = 0;
      for (const std::uint32_t j : found[i]) ++met[c.colour[j]];
      for (std::size_t k = found.row_begin[i]; k < found.row_begin[i + 1]; ++k)
        alone[k] = met[c.colour[found.column[k]]] == 1 ? 1 : 0;
    }
    sparse_matrix result{std::move(found), {}};
    result.values.resize(result.size());
    borrowed_tape<V> tape;
    tape_scope scope(*tape);
    for (std::size_t first = 0; first < c.count; first += at_once) {
      tape->clear();
      const auto inputs = record_inputs<V>(*tape, x, [&](double number, std::size_t i) {
        return c.colour[i] - first < at_once ? V::variable(number, c.colour[i] - first) : V(number);
      });
      const auto y = one_output<active<V>>(f, inputs.x);
      const auto gradient = tape->gradient(y, inputs.block);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = result.row_begin[i]; k < result.row_begin[i + 1]; ++k) {
          const std::uint32_t j = result.column[k];
          if (!alone[k] || c.colour[j] - first >= at_once) continue;
          const double entry = gradient[i].tangent(c.colour[j] - first);
          result.values[k] = entry;
          const std::size_t mirrored = result.find(j, i);
          if (mirrored < result.size() && !alone[mirrored]) result.values[mirrored] = entry;
        }
    }
    return result;
  };
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
