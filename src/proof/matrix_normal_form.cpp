// The normal form of inverses, determinants and adjugates: numbers are taken out, products, transposes and diagonals opened, and
// adj(A) is det(A)*inv(A) where det(A) != 0 is known. What remains is a function of a matrix that is no product, and times that
// matrix it is replaced by the identity.
#include <wengert/proof/normal_form.hpp>

#include <algorithm>
#include <array>

#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

std::string_view row_of(opcode op, std::string_view inverse, std::string_view determinant, std::string_view adjugate) {
  return op == opcode::inv ? inverse : op == opcode::det ? determinant : adjugate;
}

bool touches(const factor& f, std::size_t axis) {
  return std::ranges::any_of(f.labels,
                             [&](const label& l) { return !l.is_constant() && static_cast<std::size_t>(l.axis) == axis; });
}

// The factors of a monomial that hang together with an axis: they share it, or an axis with such a factor. Nothing hangs together
// by the first `batch` axes or by the axis `cut`.
std::vector<bool> connected(const monomial& m, std::size_t axis, std::size_t batch, std::size_t cut) {
  std::vector<bool> in(m.factors.size(), false);
  std::vector<std::size_t> open{axis}, seen{axis};
  while (!open.empty()) {
    std::size_t a = open.back();
    open.pop_back();
    for (std::size_t k = 0; k < m.factors.size(); ++k) {
      if (in[k] || !touches(m.factors[k], a)) continue;
      in[k] = true;
      for (const label& l : m.factors[k].labels) {
        if (l.is_constant()) continue;
        auto b = static_cast<std::size_t>(l.axis);
        if (b < batch || b == cut || std::ranges::find(seen, b) != seen.end()) continue;
        seen.push_back(b);
        open.push_back(b);
      }
    }
  }
  return in;
}

// The chosen factors as a node with the given axes of the monomial, in this order; they are summed over their other axes.
node_id part_of(tape& t, const polynomial& p, const monomial& m, const std::vector<bool>& chosen,
                const std::vector<std::size_t>& free) {
  std::vector<std::optional<std::size_t>> to(p.axes.size() + m.bound.size());
  std::vector<range_id> axes;
  monomial part;
  for (std::size_t a : free) {
    to[a] = axes.size();
    axes.push_back(a < p.axes.size() ? p.axes[a] : m.bound[a - p.axes.size()]);
  }
  for (std::size_t k = 0; k < m.factors.size(); ++k) {
    if (!chosen[k]) continue;
    factor f = m.factors[k];
    for (label& l : f.labels) {
      if (l.is_constant()) continue;
      auto a = static_cast<std::size_t>(l.axis);
      if (!to[a]) {
        to[a] = axes.size() + part.bound.size();
        part.bound.push_back(m.bound.at(a - p.axes.size()));
      }
      l.axis = static_cast<std::int16_t>(*to[a]);
    }
    part.factors.push_back(std::move(f));
  }
  return to_node(t, part, 1, axes);
}

std::vector<std::size_t> first_axes(std::size_t count) {
  std::vector<std::size_t> r(count);
  for (std::size_t k = 0; k < count; ++k) r[k] = k;
  return r;
}

}  // namespace

// det(a) != 0, where it is known.
std::optional<theorem> normalizer::regular(node_id a) {
  node_id d = wengert::matrix_function(tape_, opcode::det, a);
  if (auto t = facts_.find(relation::nonzero, d)) return t;
  normal r = of(d);
  auto t = facts_.find(relation::nonzero, r.node);
  return t ? std::optional(kernel_.transfer(kernel_.symmetric(r.equal), *t)) : std::nullopt;
}

// n = f(A) by a row of the table whose left side is f(A) when A is written otherwise.
std::optional<theorem> normalizer::by_matrix_rule(node_id n, std::string_view row, const matrix_terms& terms,
                                                  std::vector<theorem> premises) {
  try {
    theorem t = kernel_.instance(find_matrix_rule(row), terms, premises);
    node_id left = t.says().left;
    if (left == n) return then_normalize(t);
    auto reshape = ring(tape_.arg(n, 0).node, tape_.arg(left, 0).node);
    if (!reshape) return std::nullopt;
    theorem written = with_argument(n, 0, *reshape);
    if (written.says().right != left) return std::nullopt;
    return then_normalize(chain(written, t));
  } catch (const refusal&) {
    return std::nullopt;
  }
}

theorem normalizer::matrix_function(node_id n) {
  theorem lifted = kernel_.lift(n);
  if (lifted.says().right != n) return then_normalize(lifted);
  theorem same = kernel_.reflexive(n);
  const opcode op = tape_.op(n);
  node_id a = tape_.arg(n, 0).node;
  if (tape_.rank(a) < 2 || wengert::matrix_function(tape_, op, a) != n) return same;  // it reads its matrix in some other way
  if (op == opcode::adj)
    if (auto premise = regular(a))
      if (auto t = by_matrix_rule(n, "adjugate-inverse", {.a = a}, {*premise})) return *t;
  if (op == opcode::det && form_ == form::light) return same;
  const polynomial p = expand(a);
  if (p.is_zero()) return same;
  if (auto t = take_out_number(n, p)) return *t;
  if (p.terms.size() == 1) {
    if (auto t = open_matrix(n, p)) return *t;
    return same;
  }
  if (form_ == form::light) return same;
  // A or A', whichever comes first.
  std::vector<label> turned = tape::straight(p.axes.size());
  std::swap(turned[p.axes.size() - 2], turned[p.axes.size() - 1]);
  recording_signs signs(facts_);
  polynomial other = make_expander(signs, {}).read(p, turned, p.axes);
  if (!(other.terms < p.terms)) return same;
  auto t =
      by_matrix_rule(n, row_of(op, "inverse-transpose", "det-transpose", "adjugate-transpose"), {.a = to_node(tape_, other)});
  return t ? *t : same;
}

// A = c*B for a number c, or a factor of all terms that has no row and no column.
std::optional<theorem> normalizer::take_out_number(node_id n, const polynomial& p) {
  std::size_t batch = p.axes.size() - 2;
  std::vector<range_id> own(p.axes.begin(), p.axes.begin() + static_cast<std::ptrdiff_t>(batch));
  const auto& [first, coefficient] = *p.terms.begin();
  polynomial rest{p.axes, {}};
  node_id number = none;
  if (coefficient != 1 && (p.terms.size() == 1 || form_ == form::full)) {
    number = tape_.identity(own, {tape_.constant(coefficient), {}});
    for (const auto& [m, c] : p.terms) rest.terms.emplace(m, c / coefficient);
  }
  for (const factor& f : first.factors) {
    if (number != none) break;
    bool scalar = f.node < index_atom && std::ranges::all_of(f.labels, [&](const label& l) {
                    return l.is_constant() || static_cast<std::size_t>(l.axis) < batch;
                  });
    auto in = [&](const monomial& m) { return std::ranges::find(m.factors, f) != m.factors.end(); };
    if (!scalar || !std::ranges::all_of(p.terms, [&](const auto& term) { return in(term.first); })) continue;
    monomial alone;
    number = tape_.identity(own, to_edge(tape_, f, alone, p.axes));
    for (const auto& [m, c] : p.terms) {
      monomial less = m;
      less.factors.erase(std::ranges::find(less.factors, f));
      rest.terms.emplace(std::move(less), c);
    }
  }
  if (number == none) return std::nullopt;
  return scaled_matrix(n, number, to_node(tape_, rest));
}

std::optional<theorem> normalizer::scaled_matrix(node_id n, node_id number, node_id matrix) {
  std::vector<theorem> premises;
  if (tape_.op(n) == opcode::adj) {
    auto t = facts_.find(relation::nonzero, number);
    if (!t) return std::nullopt;
    premises.push_back(*t);
  }
  return by_matrix_rule(n, row_of(tape_.op(n), "inverse-scale", "det-scale", "adjugate-scale"), {.a = matrix, .c = number},
                        premises);
}

// A is one product: of matrices, of a delta and a vector, or a single matrix.
std::optional<theorem> normalizer::open_matrix(node_id n, const polynomial& p) {
  const opcode op = tape_.op(n);
  const monomial& m = p.terms.begin()->first;
  const std::size_t batch = p.axes.size() - 2, row = batch, column = batch + 1, nothing = p.axes.size() + m.bound.size();
  const range_id size = p.axes.back();
  node_id a = tape_.arg(n, 0).node;
  std::vector<std::size_t> shared = first_axes(batch);
  auto with = [&](std::vector<std::size_t> more) {
    std::vector<std::size_t> r = shared;
    r.insert(r.end(), more.begin(), more.end());
    return r;
  };
  // What hangs together with neither the row nor the column is a number.
  std::vector<bool> left = connected(m, row, batch, nothing), right = connected(m, column, batch, nothing), numbers(left.size());
  for (std::size_t k = 0; k < left.size(); ++k) numbers[k] = !left[k] && !right[k];
  if (std::ranges::find(numbers, true) != numbers.end()) {
    std::vector<bool> matrix = numbers;
    matrix.flip();
    return scaled_matrix(n, part_of(tape_, p, m, numbers, shared), part_of(tape_, p, m, matrix, with({row, column})));
  }
  if (m.factors.size() == 1 && m.bound.empty()) return single_matrix(n, m.factors[0], p);
  // diag(v)
  for (std::size_t k = 0; k < m.factors.size(); ++k) {
    const factor& d = m.factors[k];
    bool diagonal = d.node == delta_atom && d.power == 1 && d.labels == tape::straight(2, batch) && op != opcode::adj;
    std::vector<bool> others(m.factors.size(), true);
    others[k] = false;
    for (std::size_t j = 0; j < others.size(); ++j) diagonal = diagonal && (j == k || !touches(m.factors[j], column));
    if (!diagonal) continue;
    node_id v = part_of(tape_, p, m, others, with({row}));
    std::vector<theorem> premises;
    if (op == opcode::inv) {
      auto t = facts_.find(relation::nonzero, v);
      if (!t) return std::nullopt;
      premises.push_back(*t);
    }
    return by_matrix_rule(n, op == opcode::inv ? "inverse-diagonal" : "det-diagonal", {.v = v}, premises);
  }
  // B*C, where an index of the matrix's own range parts the row from the column; the shortest such B.
  std::optional<std::vector<bool>> head;
  std::size_t at = 0;
  for (std::size_t b = 0; b < m.bound.size(); ++b) {
    if (m.bound[b] != size) continue;
    std::size_t k = p.axes.size() + b;
    std::vector<bool> before = connected(m, row, batch, k), behind = connected(m, column, batch, k);
    bool parts = true, meets_before = false, meets_behind = false;
    for (std::size_t f = 0; f < before.size(); ++f) {
      parts = parts && !(before[f] && behind[f]);
      meets_before = meets_before || (before[f] && touches(m.factors[f], k));
      meets_behind = meets_behind || (behind[f] && touches(m.factors[f], k));
    }
    if (!parts || !meets_before || !meets_behind) continue;
    if (head && std::ranges::count(*head, true) <= std::ranges::count(before, true)) continue;
    head = before;
    at = k;
  }
  if (!head) return std::nullopt;
  std::vector<bool> tail = *head;
  tail.flip();
  matrix_terms terms{.a = part_of(tape_, p, m, *head, with({row, at})), .b = part_of(tape_, p, m, tail, with({at, column}))};
  if (terms.a == a || terms.b == a) return std::nullopt;
  return by_matrix_rule(n, row_of(op, "inverse-product", "det-product", "adjugate-product"), terms);
}

// The identity, the transpose of a node, or an inverse.
std::optional<theorem> normalizer::single_matrix(node_id n, const factor& f, const polynomial& p) {
  const opcode op = tape_.op(n);
  const std::size_t batch = p.axes.size() - 2;
  node_id a = tape_.arg(n, 0).node;
  if (f.power != 1) return std::nullopt;
  if (f.node == delta_atom)
    return f.labels == tape::straight(2, batch)
               ? by_matrix_rule(n, row_of(op, "inverse-identity", "det-identity", "adjugate-identity"), {.a = a})
               : std::nullopt;
  if (f.node >= index_atom) return std::nullopt;
  auto place = [&](std::size_t axis) { return std::ranges::find(f.labels, label::of_axis(axis)); };
  if (place(batch + 1) < place(batch) && place(batch) != f.labels.end()) {
    std::vector<label> turned = f.labels;
    for (label& l : turned)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= batch)
        l.axis = static_cast<std::int16_t>(2 * batch + 1 - static_cast<std::size_t>(l.axis));
    return by_matrix_rule(n, row_of(op, "inverse-transpose", "det-transpose", "adjugate-transpose"),
                          {.a = tape_.identity(p.axes, {f.node, turned})});
  }
  if (tape_.op(f.node) != opcode::inv || f.node != a || op == opcode::adj) return std::nullopt;
  node_id inner = matrix_of(tape_, a);
  if (op == opcode::det) return by_matrix_rule(n, "det-inverse", {.a = inner});
  auto premise = regular(inner);
  return premise ? by_matrix_rule(n, "inverse-inverse", {.a = inner}, {*premise}) : std::nullopt;
}

// inv(A)*A = I and A*inv(A) = I become rules for products, for each inverse and adjugate that is met; true if one is new.
bool normalizer::learn_products(const polynomial& p) {
  bool learned = false;
  for (const auto& [m, c] : p.terms)
    for (const factor& f : m.factors) {
      if (f.node >= index_atom || (tape_.op(f.node) != opcode::inv && tape_.op(f.node) != opcode::adj)) continue;
      bool inverse = tape_.op(f.node) == opcode::inv;
      std::size_t& tried = products_learned_[f.node];
      if (tried == never_again || tried == facts_.version() + 1) continue;
      tried = facts_.version() + 1;
      node_id a = matrix_of(tape_, f.node);
      if (wengert::matrix_function(tape_, tape_.op(f.node), a) != f.node) continue;
      std::vector<theorem> premises;
      if (inverse) {
        auto t = regular(a);
        if (!t) continue;
        premises.push_back(*t);
      }
      products_learned_[f.node] = never_again;
      for (std::string_view row : {inverse ? "inverse-left" : "adjugate-left", inverse ? "inverse-right" : "adjugate-right"})
        read_equation(kernel_.instance(find_matrix_rule(row), {.a = a}, premises));
      learned = true;
    }
  return learned;
}

}  // namespace wengert
