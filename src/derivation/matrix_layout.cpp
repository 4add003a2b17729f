#include "matrix_layout.hpp"

#include <algorithm>

#include <wengert/core/matrix.hpp>

namespace wengert {

std::vector<edge> with_powers(tape& t, const std::vector<edge>& factors) {
  std::vector<edge> r;
  for (auto e = factors.begin(); e != factors.end(); ++e) {
    if (std::find(factors.begin(), e, *e) != e) continue;
    const auto times = std::count(e, factors.end(), *e);
    if (times == 1 || t.is_constant(e->node)) {
      r.insert(r.end(), static_cast<std::size_t>(times), *e);
      continue;
    }
    const std::vector<range_id> out(t.out(e->node).begin(), t.out(e->node).end());
    r.push_back({t.power(out, t.whole(e->node), rational(times)), e->labels});
  }
  return r;
}

namespace {

using kind = matrix_tree::kind;

// Whether a tree says by itself how large it is.
bool has_sizes(const matrix_tree& t) {
  return t.is != kind::ones && t.is != kind::identity && std::ranges::all_of(t.parts, has_sizes);
}

}  // namespace

bool matrix_layout::stays(node_id n) const { return names_.contains(n); }

node_id matrix_layout::arranged(node_id root) {
  // Arguments stand before their users on the tape.
  std::vector<node_id> waiting{root};
  while (!waiting.empty()) {
    node_id n = waiting.back();
    if (known_.contains(n)) {
      waiting.pop_back();
      continue;
    }
    std::size_t before = waiting.size();
    if (!stays(n))
      for (edge_view e : tape_.args(n))
        if (!known_.contains(e.node)) waiting.push_back(e.node);
    if (waiting.size() > before) continue;
    waiting.pop_back();
    node_id r = stays(n) ? n : with_arranged_arguments(n);
    bool is_sum = !stays(n) && tape_.op(r) == opcode::add && (tape_.rank(r) == 1 || tape_.rank(r) == 2);
    known_.emplace(n, is_sum ? factored(r) : r);
  }
  return spread(known_.at(root));
}

// A matrix whose rows, or whose columns, are all the same says by a vector of ones how many there are.
node_id matrix_layout::spread(node_id n) {
  if (tape_.rank(n) != 2 || narrowed(tape_.whole(n)).labels.size() != 1) return n;
  const std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
  auto t = term_of(tape_.whole(n), axes);
  return t ? product_of(*t).node : n;
}

// A sum with its common factors taken out; as it is where some term is no product of matrices.
node_id matrix_layout::factored(node_id sum) {
  std::vector<range_id> axes(tape_.out(sum).begin(), tape_.out(sum).end());
  std::vector<term> terms;
  for (const edge& e : tape_.args(sum).copy()) {
    auto t = term_of(e, axes);
    if (!t) return sum;
    if (t->coefficient != 0) terms.push_back(std::move(*t));
  }
  return terms.empty() ? sum : sum_of(std::move(terms)).node;
}

node_id matrix_layout::with_arranged_arguments(node_id n) {
  std::vector<edge> args = tape_.args(n).copy();
  bool changed = false;
  for (edge& e : args) {
    edge better = narrowed({known_.at(e.node), e.labels});
    changed = changed || better != e;
    e = std::move(better);
  }
  if (!changed) return n;
  std::vector<range_id> out(tape_.out(n).begin(), tape_.out(n).end()), bound(tape_.bound(n).begin(), tape_.bound(n).end());
  return tape_.make(tape_.op(n), out, bound, tape_.red(n), args, tape_.attribute(n));
}

// A node that some axis makes no difference to, without that axis.
edge matrix_layout::narrowed(edge e) {
  node_id n = e.node;
  if (tape_.arity(n) == 0 || stays(n) || is_matrix_function(tape_.op(n))) return e;
  std::size_t rank = tape_.rank(n);
  std::vector<bool> used(tape_.axes(n).size(), false);
  for (edge_view a : tape_.args(n))
    for (const label& l : a.labels)
      if (!l.is_constant()) used[static_cast<std::size_t>(l.axis)] = true;
  std::vector<range_id> out, bound(tape_.bound(n).begin(), tape_.bound(n).end());
  std::vector<label> labels, moved;
  for (std::size_t k = 0; k < used.size(); ++k) {
    moved.push_back(label::of_axis(k < rank ? out.size() : out.size() + k - rank));
    if (k >= rank || !used[k]) continue;
    out.push_back(tape_.out(n)[k]);
    labels.push_back(e.labels[k]);
  }
  if (out.size() == rank) return e;
  std::vector<edge> args = tape_.args(n).copy();
  for (edge& a : args)
    for (label& l : a.labels)
      if (!l.is_constant()) l.axis = moved[static_cast<std::size_t>(l.axis)].axis;
  return {tape_.make(tape_.op(n), out, bound, tape_.red(n), args, tape_.attribute(n)), std::move(labels)};
}

// --- reading

std::optional<matrix_layout::term> matrix_layout::term_of(const edge& e, std::span<const range_id> axes) {
  auto opening = opened(tape_, e, axes, [&](node_id n) { return stays(n); });
  if (!opening) return {};
  const open_product& f = *opening;
  auto product = as_matrices(f.network, f.free, f.axes.size());
  if (!product) return {};
  term t{f.coefficient, {}, {}};
  for (const matrix_tree& s : product->scalars) {
    if (s.is == kind::factor) {
      t.scalars.push_back(f.factors[s.factor]);
    } else if (!has_sizes(s)) {
      return {};
    } else {
      t.scalars.push_back({block_of(s, f).node, {}});
    }
  }
  if (!product->main) return t;
  const matrix_tree& m = *product->main;
  std::vector<matrix_tree> parts = m.is == kind::chain ? m.parts : std::vector{m};
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (parts[k].is == kind::ones) {
      t.chain.push_back(ones(axes[parts[k].turned ? axes.size() - 1 : 0], parts[k].turned));
    } else if (parts[k].is == kind::identity) {
      t.chain.push_back({tape_.delta(axes[0], axes[1]), false, false});
    } else if (!has_sizes(parts[k])) {
      return {};
    } else if (parts[k].is == kind::row_sums) {
      append_row_sums(t.chain, block_of(parts[k].parts[0], f), parts[k].turned);
    } else {
      t.chain.push_back(block_of(parts[k], f));
    }
  }
  return t;
}

matrix_layout::block matrix_layout::ones(range_id r, bool turned) {
  return {tape_.identity(std::vector{r}, {tape_.constant(1), {}}), turned, true};
}

bool matrix_layout::is_ones(const block& b) const {
  return tape_.op(b.node) == opcode::identity && tape_.is_constant(tape_.arg(b.node, 0).node, 1);
}

// The sums of m's rows as the product of m and a vector of ones.
void matrix_layout::append_row_sums(std::vector<block>& chain, block m, bool turned) {
  block sides = ones(columns(m), turned);
  if (turned) {
    m.turned = !m.turned && !is_symmetric(m);
    chain.push_back(sides);
  }
  chain.push_back(m);
  if (!turned) chain.push_back(sides);
}

bool matrix_layout::is_symmetric(const block& b) const { return !b.vector && is_symmetric_matrix(tape_, b.node); }

range_id matrix_layout::rows(const block& b) const { return tape_.out(b.node)[!b.vector && b.turned ? 1 : 0]; }
range_id matrix_layout::columns(const block& b) const { return tape_.out(b.node)[b.vector || b.turned ? 0 : 1]; }

matrix_layout::block matrix_layout::block_of(const matrix_tree& t, const open_product& f) {
  auto edge_of = [&](const block& b, std::size_t r, std::size_t c) {
    std::vector<label> l{label::of_axis(r), label::of_axis(c)};
    if (b.turned) std::swap(l[0], l[1]);
    return edge{b.node, std::move(l)};
  };
  switch (t.is) {
    case kind::factor: return {f.factors[t.factor].node, t.turned, f.network[t.factor].axes.size() == 1};
    case kind::chain: {
      std::vector<block> parts;
      for (const matrix_tree& p : t.parts) parts.push_back(block_of(p, f));
      return joined(parts);
    }
    case kind::entrywise: return combined(t, f);
    default: break;
  }
  block m = block_of(t.parts[0], f);
  switch (t.is) {
    case kind::diagonal: return diagonal(m.node, tape_.out(m.node)[0]);
    case kind::entries: return {tape_.identity(std::vector{rows(m)}, edge_of(m, 0, 0)), t.turned, true};
    case kind::row_sums: {
      range_id r = rows(m), c = columns(m);
      return {tape_.identity(std::vector{r}, edge_of(m, 0, 1), std::vector{c}, reduction::sum), t.turned, true};
    }
    case kind::trace: {
      range_id r = rows(m);
      return {tape_.identity({}, edge_of(m, 0, 0), std::vector{r}, reduction::sum), false, false};
    }
    default: {  // total
      std::vector<range_id> all(tape_.out(m.node).begin(), tape_.out(m.node).end());
      return {tape_.identity({}, tape_.whole(m.node), all, reduction::sum), false, false};
    }
  }
}

matrix_layout::block matrix_layout::combined(const matrix_tree& t, const open_product& f) {
  std::vector<block> parts;
  for (const matrix_tree& p : t.parts) parts.push_back(block_of(p, f));
  bool vector = parts[0].vector, turned = vector && parts[0].turned;
  std::vector<edge> args;
  for (const block& b : parts) {
    std::vector<label> l = tape::straight(vector ? 1 : 2);
    if (!vector && b.turned) std::swap(l[0], l[1]);
    args.push_back({b.node, std::move(l)});
  }
  std::vector<range_id> out{rows(parts[0])};
  if (!vector) out.push_back(columns(parts[0]));
  return {tape_.mul(out, args), turned, vector};
}

// --- writing

// The product of a chain as one node: its rows, then its columns, as far as it has any.
matrix_layout::block matrix_layout::joined(const std::vector<block>& chain) {
  bool has_rows = chain.front().has_rows(), has_columns = chain.back().has_columns();
  bool vector = !(has_rows && has_columns), turned = vector && !has_rows;
  if (chain.size() == 1 && chain[0].vector) return chain[0];
  std::vector<range_id> out, bound;
  if (has_rows) out.push_back(rows(chain.front()));
  if (has_columns) out.push_back(columns(chain.back()));
  std::vector<edge> args;
  label open = label::of_axis(0);
  for (std::size_t k = 0; k < chain.size(); ++k) {
    const block& b = chain[k];
    std::vector<label> l;
    if (b.has_rows()) l.push_back(open);
    if (b.has_columns()) {
      if (k + 1 == chain.size()) {
        open = label::of_axis(out.size() - 1);
      } else {
        open = label::of_axis(out.size() + bound.size());
        bound.push_back(columns(b));
      }
      l.push_back(open);
    }
    if (!b.vector && b.turned) std::swap(l[0], l[1]);
    bool sums_up = is_ones(b) && ((k > 0 && chain[k - 1].has_columns()) || (k + 1 < chain.size() && chain[k + 1].has_rows()));
    if (!sums_up) args.push_back({b.node, std::move(l)});
  }
  reduction red = bound.empty() ? reduction::none : reduction::sum;
  node_id n = args.size() == 1 ? tape_.identity(out, args[0], bound, red) : tape_.mul(out, args, bound);
  return {n, turned, vector};
}

matrix_layout::block matrix_layout::product_of(const term& t) {
  block main = t.chain.empty() ? block{tape_.constant(1), false, false} : joined(t.chain);
  std::vector<edge> args;
  if (t.coefficient != 1) args.push_back({tape_.constant(t.coefficient), {}});
  // Numbers, the matrices, closed sums behind a single vector, divisors.
  auto place = [&](const edge& e) {
    if (tape_.op(e.node) == opcode::power && tape_.value(e.node) < 0) return 3;
    return t.chain.size() == 1 && main.vector && tape_.bound_count(e.node) > 0 ? 2 : 0;
  };
  std::vector<std::pair<int, edge>> factors;
  for (const edge& e : with_powers(tape_, t.scalars)) factors.emplace_back(place(e), e);
  if (!t.chain.empty()) factors.emplace_back(1, tape_.whole(main.node));
  std::ranges::stable_sort(factors, {}, &std::pair<int, edge>::first);
  for (auto& [order, e] : factors) args.push_back(std::move(e));
  std::vector<range_id> out;
  if (!t.chain.empty()) out.assign(tape_.out(main.node).begin(), tape_.out(main.node).end());
  if (args.empty()) return main;
  bool alone = args.size() == 1 && !t.chain.empty();
  return {alone ? main.node : args.size() == 1 ? tape_.identity(out, args[0]) : tape_.mul(out, args), main.turned, main.vector};
}

// Whether a term is a number in every entry.
bool matrix_layout::is_spread(const term& t) const {
  return std::ranges::all_of(t.chain, [&](const block& b) { return is_ones(b); });
}

matrix_layout::block matrix_layout::added(const std::vector<term>& terms) {
  std::vector<edge> args;
  block whole = product_of(terms[0]);
  bool numbers_only = std::ranges::all_of(terms, [&](const term& t) { return is_spread(t); });
  for (term t : terms) {
    if (!numbers_only && is_spread(t)) t.chain.clear();  // x + 1 rather than x + vector(1)
    args.push_back(tape_.whole(product_of(t).node));
  }
  std::vector<range_id> out(tape_.out(whole.node).begin(), tape_.out(whole.node).end());
  return {tape_.add(out, args), whole.turned, whole.vector};
}

// --- factoring

namespace {

// The number that all coefficients are integer multiples of, negative if they all are.
template <class Terms> rational content(const Terms& terms) {
  rational r = abs(terms[0].coefficient);
  bool negative = true;
  for (const auto& t : terms) {
    const rational& c = t.coefficient;
    r = rational(gcd(numerator(r) * denominator(c), abs(numerator(c)) * denominator(r)), denominator(r) * denominator(c));
    negative = negative && c < 0;
  }
  return negative ? rational(-r) : r;
}

}  // namespace

// The sum of terms of one shape, with their common factors taken out.
matrix_layout::block matrix_layout::sum_of(std::vector<term> terms) {
  if (terms.size() == 1) return product_of(terms[0]);
  std::ranges::stable_sort(terms, {}, [](const term& t) {
    return std::pair(t.coefficient < 0, std::ranges::count_if(
                                            t.chain, [](const block& b) { return b.turned; }));
  });
  terms = with_one_diagonal(std::move(terms));
  if (terms.size() == 1) return product_of(terms[0]);
  term outside{content(terms), {}, {}};
  for (term& t : terms) t.coefficient /= outside.coefficient;
  for (const edge& s : std::vector(terms[0].scalars)) {
    bool everywhere =
        std::ranges::all_of(terms, [&](const term& t) { return std::ranges::find(t.scalars, s) != t.scalars.end(); });
    if (!everywhere) continue;
    outside.scalars.push_back(s);
    for (term& t : terms) t.scalars.erase(std::ranges::find(t.scalars, s));
  }
  bool rest_is_chain = std::ranges::all_of(terms, [](const term& t) { return !t.chain.empty(); });
  if (!rest_is_chain) {
    outside.chain = {added(terms)};
    if (tape_.rank(outside.chain[0].node) > 0) return product_of(outside);
    outside.scalars.push_back({outside.chain[0].node, {}});
    outside.chain.clear();
    return product_of(outside);
  }
  if (auto common = common_entries(terms)) {
    outside.chain = {*common};
    return product_of(outside);
  }
  for (side where : {first_, first_ == side::left ? side::right : side::left})
    if (auto fewer = grouped(terms, where)) {
      terms = std::move(*fewer);
      if (terms.size() == 1) break;
    }
  if (terms.size() == 1) {
    term& t = terms[0];
    t.coefficient *= outside.coefficient;
    std::ranges::copy(outside.scalars, std::back_inserter(t.scalars));
    return product_of(t);
  }
  outside.chain = {added(terms)};
  return product_of(outside);
}

// The factors of an array that is multiplied entry by entry, with their powers.
std::map<node_id, int> matrix_layout::entry_factors(node_id n) const {
  std::map<node_id, int> r;
  auto straight = [&](const edge_view& e) { return std::ranges::equal(e.labels, tape::straight(tape_.rank(n))); };
  auto add = [&](node_id f) {
    bool whole_power = tape_.op(f) == opcode::power && !stays(f) && is_integer(tape_.value(f)) && tape_.value(f) > 1 &&
                       tape_.value(f) < 100 && straight(tape_.arg(f, 0));
    if (whole_power)
      r[tape_.arg(f, 0).node] += static_cast<int>(numerator(tape_.value(f)));
    else
      r[f] += 1;
  };
  bool opens = tape_.op(n) == opcode::mul && tape_.bound_count(n) == 0 && !stays(n);
  for (edge_view e : tape_.args(n)) opens = opens && straight(e);
  if (!opens) {
    add(n);
    return r;
  }
  for (edge_view e : tape_.args(n)) add(e.node);
  return r;
}

// u.*v - u.^2 as u.*(v - u), for terms that are one array each; nothing if they share no factor.
std::optional<matrix_layout::block> matrix_layout::common_entries(const std::vector<term>& terms) {
  std::vector<std::map<node_id, int>> factors;
  for (const term& t : terms) {
    if (t.chain.size() != 1 || t.chain[0].turned || is_ones(t.chain[0])) return {};
    factors.push_back(entry_factors(t.chain[0].node));
  }
  const block whole = terms[0].chain[0];
  std::vector<range_id> out(tape_.out(whole.node).begin(), tape_.out(whole.node).end());
  auto product = [&](const std::map<node_id, int>& of) {
    std::vector<edge> args;
    for (auto [f, power] : of)
      if (power > 0) args.push_back(tape_.whole(power == 1 ? f : tape_.power(out, tape_.whole(f), power)));
    return args;
  };
  std::map<node_id, int> common;
  for (auto [f, power] : factors[0]) {
    int least = power;
    for (const auto& other : factors) least = std::min(least, other.contains(f) ? other.at(f) : 0);
    if (least > 0) common[f] = least;
  }
  if (common.empty()) return {};
  std::vector<term> rest = terms;
  for (std::size_t k = 0; k < rest.size(); ++k) {
    for (auto [f, power] : common) factors[k][f] -= power;
    std::vector<edge> left = product(factors[k]);
    node_id n = left.empty()       ? tape_.identity(out, {tape_.constant(1), {}})
                : left.size() == 1 ? left[0].node
                                   : tape_.mul(out, left);
    rest[k].chain = {{n, false, whole.vector}};
  }
  std::vector<edge> args = product(common);
  args.push_back(tape_.whole(sum_of(std::move(rest)).node));
  return block{tape_.mul(out, args), false, whole.vector};
}

// diag(u) + diag(v) as diag(u + v).
std::vector<matrix_layout::term> matrix_layout::with_one_diagonal(std::vector<term> terms) {
  auto diagonals = std::ranges::count_if(terms, [&](const term& t) { return t.chain.size() == 1 && diagonal_of(t.chain[0]); });
  if (diagonals < 2) return terms;
  std::vector<term> inside, rest;
  for (term& t : terms) {
    auto v = t.chain.size() == 1 ? diagonal_of(t.chain[0]) : std::nullopt;
    if (v) t.chain = {*v};
    (v ? inside : rest).push_back(std::move(t));
  }
  block sum = sum_of(std::move(inside));
  range_id r = tape_.out(sum.node)[0];
  rest.insert(rest.begin(), {1, {}, {diagonal(sum.node, r)}});
  return rest;
}

std::optional<matrix_layout::block> matrix_layout::diagonal_of(const block& b) const {
  if (b.vector || tape_.op(b.node) != opcode::mul || tape_.bound_count(b.node) != 0 || tape_.arity(b.node) != 2) return {};
  edge delta = tape_.arg(b.node, 0), v = tape_.arg(b.node, 1);
  if (tape_.op(delta.node) != opcode::delta || delta.labels != tape::straight(2) || v.labels != tape::straight(1)) return {};
  return block{v.node, false, true};
}

matrix_layout::block matrix_layout::diagonal(node_id v, range_id r) {
  std::vector<edge> args{{tape_.delta(r, r), tape::straight(2)}, {v, tape::straight(1)}};
  return {tape_.mul(std::vector{r, r}, args), false, false};
}

// Terms that share their first (or last) block as one term; nothing if no two do.
std::optional<std::vector<matrix_layout::term>> matrix_layout::grouped(const std::vector<term>& terms, side where) {
  auto end_of = [&](const term& t) { return where == side::left ? t.chain.front() : t.chain.back(); };
  std::vector<term> r;
  std::vector<bool> done(terms.size(), false);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    if (done[k]) continue;
    std::vector<term> same;
    for (std::size_t m = k; m < terms.size() && terms[k].chain.size() > 1; ++m) {
      if (done[m] || terms[m].chain.size() < 2 || end_of(terms[m]) != end_of(terms[k])) continue;
      same.push_back(terms[m]);
      done[m] = true;
    }
    if (same.size() < 2) {
      done[k] = true;
      r.push_back(terms[k]);
      continue;
    }
    block end = end_of(terms[k]);
    for (term& t : same) t.chain.erase(where == side::left ? t.chain.begin() : t.chain.end() - 1);
    block rest = sum_of(std::move(same));
    r.push_back({1, {}, where == side::left ? std::vector{end, rest} : std::vector{rest, end}});
  }
  if (r.size() == terms.size()) return {};
  return r;
}

}  // namespace wengert
