#include <wengert/calculus/partials.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

std::vector<term> terms_of(const std::vector<edge>& args, frame& axes) {
  std::vector<term> r;
  for (const edge& e : args) r.emplace_back(axes, e);
  return r;
}

// select(not c, then, otherwise), written with a comparison that exists.
term otherwise(comparison c, const term& left, const term& right, const term& then, const term& other) {
  switch (c) {
    case comparison::lt: return select(comparison::le, right, left, then, other);
    case comparison::le: return select(comparison::lt, right, left, then, other);
    case comparison::eq: return select(comparison::ne, left, right, then, other);
    case comparison::ne: return select(comparison::eq, left, right, then, other);
  }
  return other;
}

// prod over the other index values: PROD_b' (b' = b ? 1 : f[b']), which needs no division.
edge others_product(node_id n, const edge& arg, frame& axes) {
  tape& t = axes.on;
  std::size_t rank = t.rank(n), bound = t.bound_count(n), all = rank + bound;
  frame wide{t, axes.axes};
  wide.axes.insert(wide.axes.end(), axes.axes.begin() + static_cast<std::ptrdiff_t>(rank), axes.axes.end());
  edge moved = arg;
  for (label& l : moved.labels)
    if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= rank)
      l.axis = static_cast<std::int16_t>(l.axis + static_cast<std::int16_t>(bound));
  term one(wide, 1), value = one;
  for (std::size_t b = 0; b < bound; ++b) {
    node_id index = t.index_value(axes.axes[rank + b]);
    term here(wide, edge{index, {label::of_axis(all + b)}}), there(wide, edge{index, {label::of_axis(rank + b)}});
    value = select(comparison::eq, here, there, value, term(wide, moved));
  }
  std::vector<range_id> reduced(axes.axes.begin() + static_cast<std::ptrdiff_t>(rank), axes.axes.end());
  return t.whole(t.identity(axes.axes, value.as_edge(), reduced, reduction::prod));
}

// 1 where the argument attains the extremum, else 0.
term attained(node_id n, frame& axes) {
  term here(axes, axes.on.arg(n, 0)), extreme(axes, axes.on.whole(n)), one(axes, 1), zero(axes, 0);
  return select(comparison::eq, here, extreme, one, zero);
}

// The same, shared equally among ties.
edge attained_share(node_id n, frame& axes) {
  return (attained(n, axes) / term(axes, axes.on.whole(times_attained(axes.on, n)))).as_edge();
}

bool is_extremum(const tape& t, node_id n) {
  return t.op(n) == opcode::identity && (t.red(n) == reduction::max || t.red(n) == reduction::min);
}

// The extremum that a choice asks of each of the numbers whether they attain it, or none.
node_id attainment_asked(const tape& t, node_id choice) {
  const comparison c = t.comparison_of(choice);
  const edge left = t.arg(choice, 0), right = t.arg(choice, 1);
  const node_id n = right.node;
  const bool asked = (c == comparison::eq || c == comparison::ne) && is_extremum(t, n) && right == t.whole(n) &&
                     std::ranges::equal(t.axes(n), t.out(choice)) && left == edge(t.arg(n, 0));
  return asked ? n : none;
}

// det(A) != 0, A being the matrix that n is a function of.
condition regular(node_id n, frame& axes) {
  const node_id d = of_same_matrix(axes.on, opcode::det, n);
  return ops::nonzero(term(axes, edge{d, tape::straight(axes.on.rank(d))}));
}

// Fewer than two numbers attain the extremum.
condition no_tie(node_id n, frame& axes) { return ops::positive(2 - term(axes, axes.on.whole(times_attained(axes.on, n)))); }

// d n[.., i, j] / d A[.., p, q] for a function n of a whole matrix A, as factors over n's axes [batch.., i, j, p, q]:
//   d det = adj[q,p],  d inv = -inv[i,p]*inv[q,j],  d adj = det*(inv[q,p]*inv[i,j] - inv[i,p]*inv[q,j]) where det != 0
// (Magnus and Neudecker, Matrix Differential Calculus, 1988, ch. 8).
std::vector<edge> matrix_partial(node_id n, frame& axes) {
  tape& t = axes.on;
  std::size_t batch = batch_rank(t, n), p = t.rank(n), q = p + 1, i = batch, j = batch + 1;
  auto at = [&](opcode op, std::size_t row, std::size_t column) {
    edge e{of_same_matrix(t, op, n), tape::straight(batch)};
    e.labels.push_back(label::of_axis(row));
    e.labels.push_back(label::of_axis(column));
    return term(axes, e);
  };
  if (t.op(n) == opcode::det) return {at(opcode::adj, q, p).as_edge()};
  if (t.op(n) == opcode::inv) return {edge{t.constant(-1), {}}, at(opcode::inv, i, p).as_edge(), at(opcode::inv, q, j).as_edge()};
  term difference = at(opcode::inv, q, p) * at(opcode::inv, i, j) - at(opcode::inv, i, p) * at(opcode::inv, q, j);
  return {edge{of_same_matrix(t, opcode::det, n), tape::straight(batch)}, difference.as_edge()};
}

}  // namespace

std::vector<std::vector<edge>> partials(node_id n, frame& axes, const std::vector<bool>& wanted) {
  tape& t = axes.on;
  std::vector<edge> args = t.args(n).copy();
  std::vector<std::vector<edge>> r(args.size());
  switch (t.op(n)) {
    case opcode::add: break;
    case opcode::identity:
      if (t.red(n) == reduction::prod) r[0] = {others_product(n, args[0], axes)};
      if (t.red(n) == reduction::max || t.red(n) == reduction::min) r[0] = {attained_share(n, axes)};
      break;
    case opcode::mul:
      for (std::size_t k = 0; k < args.size(); ++k)
        for (std::size_t m = 0; m < args.size(); ++m)
          if (m != k && wanted[k]) r[k].push_back(args[m]);
      break;
    case opcode::power: {
      rational p = t.value(n);
      if (p == 0)
        r[0] = {edge{t.constant(0), {}}};
      else
        r[0] = {edge{t.constant(p), {}}, power(term(axes, args[0]), p - 1).as_edge()};
      break;
    }
    case opcode::select: {
      term left(axes, args[0]), right(axes, args[1]), one(axes, 1), zero(axes, 0);
      r[0] = r[1] = {zero.as_edge()};
      r[2] = {select(t.comparison_of(n), left, right, one, zero).as_edge()};
      r[3] = {otherwise(t.comparison_of(n), left, right, one, zero).as_edge()};
      break;
    }
    case opcode::unknown:
      for (std::size_t k = 0; k < args.size(); ++k) {
        unknown_function f = t.unknown_of(n);
        ++f.orders[k];
        r[k] = {make_term(opcode::unknown, terms_of(args, axes), t.unknown_index(f)).as_edge()};
      }
      break;
    case opcode::inv:
    case opcode::det:
    case opcode::adj: r[0] = matrix_partial(n, axes); break;
    default: {
      const op_info* info = find_function(t.op(n));
      std::vector<term> terms = terms_of(args, axes);
      auto parameters = static_cast<std::size_t>(info->parameters);
      if (std::find(wanted.begin(), wanted.begin() + info->parameters, true) != wanted.begin() + info->parameters)
        throw error("N09", fmt::format("'{}' has no derivative by its first argument in closed form", info->name),
                    "differentiate by a variable that stands in its last argument only");
      std::vector<term> d = info->partial(terms);
      for (std::size_t k = parameters; k < args.size(); ++k) r[k] = {d[k - parameters].as_edge()};
    }
  }
  return r;
}

frame frame_of(tape& t, node_id n) { return {t, {t.axes(n).begin(), t.axes(n).end()}}; }

conditions defined_conditions(node_id n, frame& axes) {
  const tape& t = axes.on;
  if (t.op(n) == opcode::inv) return {regular(n, axes)};
  if (t.op(n) == opcode::power) {
    const rational& p = t.value(n);
    const term base(axes, t.arg(n, 0));
    if (is_integer(p)) return p < 0 ? conditions{ops::nonzero(base)} : conditions{};
    return {p < 0 ? ops::positive(base) : ops::nonnegative(base)};
  }
  const op_info* info = find_function(t.op(n));
  return info ? info->defined(terms_of(t.args(n).copy(), axes)) : conditions{};
}

conditions kink_conditions(node_id n, frame& axes, const std::vector<bool>& wanted) {
  tape& t = axes.on;
  const std::vector<term> args = terms_of(t.args(n).copy(), axes);
  if (is_extremum(t, n)) return {no_tie(n, axes)};
  switch (t.op(n)) {
    case opcode::adj: return {regular(n, axes)};  // its derivative is written with the inverse
    case opcode::power: return is_integer(t.value(n)) ? conditions{} : conditions{ops::positive(args[0])};
    case opcode::select: {  // a kink where the condition turns
      if (!wanted[0] && !wanted[1]) return {};
      // What attains an extremum alone, does so while it moves a little, and the others do not.
      if (const node_id extremum = attainment_asked(t, n); extremum != none) return {no_tie(extremum, axes)};
      return {ops::nonzero(args[0] - args[1])};
    }
    case opcode::pow:
      if (wanted[1]) return {ops::positive(args[0])};  // the exponent moves: no integer
      break;
    default: break;
  }
  const op_info* info = find_function(t.op(n));
  return info ? info->smooth(args) : conditions{};
}

node_id times_attained(tape& t, node_id extremum) {
  frame axes = frame_of(t, extremum);
  const std::vector<range_id> out(t.out(extremum).begin(), t.out(extremum).end());
  const std::vector<range_id> bound(t.bound(extremum).begin(), t.bound(extremum).end());
  return t.identity(out, t.whole(attained(extremum, axes).over_frame()), bound, reduction::sum);
}

}  // namespace wengert
