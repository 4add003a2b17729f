#include <wengert/proof/matrix_rules.hpp>

#include <array>
#include <string>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/term.hpp>

namespace wengert {

namespace {

using M = const matrix_terms&;

// Writes matrices over [batch.., i, j], the axes of A (of v, for a row that speaks of no matrix).
class writer {
 public:
  writer(tape& t, M m) : t_(t) {
    if (m.a != none) {
      axes_.assign(t.out(m.a).begin(), t.out(m.a).end());
    } else {
      axes_.assign(t.out(m.v).begin(), t.out(m.v).end());
      axes_.push_back(axes_.back());
    }
    batch_ = axes_.size() - 2;
  }

  node_id inv(node_id a) { return matrix_function(t_, opcode::inv, a); }
  node_id det(node_id a) { return matrix_function(t_, opcode::det, a); }
  node_id adj(node_id a) { return matrix_function(t_, opcode::adj, a); }
  // SUM_k a[i,k]*b[k,j].
  node_id product(node_id a, node_id b) {
    std::size_t k = axes_.size();
    std::array<edge, 2> both{at(a, batch_, k), at(b, k, batch_ + 1)};
    return t_.mul(axes_, both, std::span<const range_id>(&axes_.back(), 1));
  }
  node_id transposed(node_id a) { return t_.identity(axes_, at(a, batch_ + 1, batch_)); }
  // c*a, for a matrix a.
  node_id scaled(node_id c, node_id a) {
    std::array<edge, 2> both{at(c), t_.whole(a)};
    return t_.mul(axes_, both);
  }
  node_id identity() { return t_.identity(axes_, delta()); }
  node_id diagonal(node_id v) {
    edge e = at(v);
    e.labels.push_back(label::of_axis(batch_));
    std::array<edge, 2> both{delta(), e};
    return t_.mul(axes_, both);
  }
  // Numbers, over [batch..].
  node_id times(node_id x, node_id y) {
    std::array<edge, 2> both{t_.whole(x), t_.whole(y)};
    return t_.mul(batch(), both);
  }
  node_id power(node_id x, std::int64_t k) {
    std::vector<range_id> own(t_.out(x).begin(), t_.out(x).end());
    return t_.power(own, t_.whole(x), k);
  }
  // c^n.
  node_id to_the_size(node_id c) {
    const affine n = t_.range_of(axes_.back()).hi;
    if (n.dim == none) return power(c, n.offset);
    frame f{t_, {batch().begin(), batch().end()}};
    term size(f, edge{t_.dim_value(n.dim), {}});
    if (n.offset != 0) size = size + size.number(n.offset);
    return ops::pow(term(f, t_.whole(c)), size).over_frame();
  }
  node_id one() { return t_.identity(batch(), {t_.constant(1), {}}); }
  // PROD_k v[k].
  node_id product_of_entries(node_id v) {
    return t_.identity(batch(), t_.whole(v), std::span<const range_id>(&axes_.back(), 1), reduction::prod);
  }
  std::span<const range_id> batch() const { return std::span(axes_).first(batch_); }
  std::pair<relation, node_id> nonzero(node_id x) const { return {relation::nonzero, x}; }

 private:
  edge delta() { return {t_.delta(axes_.back(), axes_.back()), {label::of_axis(batch_), label::of_axis(batch_ + 1)}}; }
  edge at(node_id c) const { return {c, tape::straight(batch_)}; }
  edge at(node_id a, std::size_t row, std::size_t column) const {
    edge e = at(a);
    e.labels.push_back(label::of_axis(row));
    e.labels.push_back(label::of_axis(column));
    return e;
  }

  tape& t_;
  std::vector<range_id> axes_;
  std::size_t batch_;
};

// clang-format off
#define IDENTITY(left, right, ...) [](tape& t, M m) { writer w(t, m); return matrix_identity{left, right, {__VA_ARGS__}}; }
const std::array all{
    // the inverse
    matrix_rule{"inverse-left", "A", "inv(A)*A == I", "det(A) != 0", "axiom: the definition of the inverse.",
      IDENTITY(w.product(w.inv(m.a), m.a), w.identity(), w.nonzero(w.det(m.a)))},
    matrix_rule{"inverse-right", "A", "A*inv(A) == I", "det(A) != 0", "axiom: the definition of the inverse.",
      IDENTITY(w.product(m.a, w.inv(m.a)), w.identity(), w.nonzero(w.det(m.a)))},
    matrix_rule{"inverse-inverse", "A", "inv(inv(A)) == A", "det(A) != 0", "axiom: A is what inv(A) times it is I.",
      IDENTITY(w.inv(w.inv(m.a)), m.a, w.nonzero(w.det(m.a)))},
    matrix_rule{"inverse-product", "AB", "inv(A*B) == inv(B)*inv(A)", "", "axiom: inv(B)*inv(A)*A*B is I; if A or B is singular, so is A*B.",
      IDENTITY(w.inv(w.product(m.a, m.b)), w.product(w.inv(m.b), w.inv(m.a)))},
    matrix_rule{"inverse-transpose", "A", "inv(A') == inv(A)'", "", "axiom: inv(A)'*A' is the transpose of A*inv(A).",
      IDENTITY(w.inv(w.transposed(m.a)), w.transposed(w.inv(m.a)))},
    matrix_rule{"inverse-scale", "Ac", "inv(c*A) == inv(A)/c", "", "axiom: inv(A)/c times c*A is I; 0*A is singular.",
      IDENTITY(w.inv(w.scaled(m.c, m.a)), w.scaled(w.power(m.c, -1), w.inv(m.a)))},
    matrix_rule{"inverse-identity", "A", "inv(I) == I", "", "axiom: I*I is I.",
      IDENTITY(w.inv(w.identity()), w.identity())},
    matrix_rule{"inverse-diagonal", "v", "inv(diag(v)) == diag(1./v)", "v != 0", "axiom: the entries of diag(1/v)*diag(v).",
      IDENTITY(w.inv(w.diagonal(m.v)), w.diagonal(w.power(m.v, -1)), w.nonzero(m.v))},

    // the determinant
    matrix_rule{"det-product", "AB", "det(A*B) == det(A)*det(B)", "", "axiom: determinants multiply (Cauchy 1812).",
      IDENTITY(w.det(w.product(m.a, m.b)), w.times(w.det(m.a), w.det(m.b)))},
    matrix_rule{"det-transpose", "A", "det(A') == det(A)", "", "axiom: a permutation and its inverse have the same sign.",
      IDENTITY(w.det(w.transposed(m.a)), w.det(m.a))},
    matrix_rule{"det-scale", "Ac", "det(c*A) == c^n*det(A)", "", "axiom: each term of the determinant has n entries.",
      IDENTITY(w.det(w.scaled(m.c, m.a)), w.times(w.to_the_size(m.c), w.det(m.a)))},
    matrix_rule{"det-inverse", "A", "det(inv(A)) == 1/det(A)", "", "axiom: det(inv(A))*det(A) is det(I); both are 0 where A is singular.",
      IDENTITY(w.det(w.inv(m.a)), w.power(w.det(m.a), -1))},
    matrix_rule{"det-identity", "A", "det(I) == 1", "", "axiom: the only term that is not 0 is the diagonal's.",
      IDENTITY(w.det(w.identity()), w.one())},
    matrix_rule{"det-diagonal", "v", "det(diag(v)) == prod(v)", "", "axiom: the only term that is not 0 is the diagonal's.",
      IDENTITY(w.det(w.diagonal(m.v)), w.product_of_entries(m.v))},

    // the adjugate
    matrix_rule{"adjugate-left", "A", "adj(A)*A == det(A)*I", "", "axiom: the expansion of the determinant along a column (Laplace 1772).",
      IDENTITY(w.product(w.adj(m.a), m.a), w.scaled(w.det(m.a), w.identity()))},
    matrix_rule{"adjugate-right", "A", "A*adj(A) == det(A)*I", "", "axiom: the expansion of the determinant along a row (Laplace 1772).",
      IDENTITY(w.product(m.a, w.adj(m.a)), w.scaled(w.det(m.a), w.identity()))},
    matrix_rule{"adjugate-inverse", "A", "adj(A) == det(A)*inv(A)", "det(A) != 0", "axiom: adj(A)*A is det(A)*I.",
      IDENTITY(w.adj(m.a), w.scaled(w.det(m.a), w.inv(m.a)), w.nonzero(w.det(m.a)))},
    matrix_rule{"adjugate-product", "AB", "adj(A*B) == adj(B)*adj(A)", "", "axiom: minors of a product (Cauchy and Binet 1812).",
      IDENTITY(w.adj(w.product(m.a, m.b)), w.product(w.adj(m.b), w.adj(m.a)))},
    matrix_rule{"adjugate-transpose", "A", "adj(A') == adj(A)'", "", "axiom: the minors of A' are the transposed minors of A.",
      IDENTITY(w.adj(w.transposed(m.a)), w.transposed(w.adj(m.a)))},
    matrix_rule{"adjugate-scale", "Ac", "adj(c*A) == c^n/c*adj(A)", "c != 0", "axiom: each term of a minor has n - 1 entries.",
      IDENTITY(w.adj(w.scaled(m.c, m.a)), w.scaled(w.times(w.to_the_size(m.c), w.power(m.c, -1)), w.adj(m.a)), w.nonzero(m.c))},
    matrix_rule{"adjugate-identity", "A", "adj(I) == I", "", "axiom: the minors of I.",
      IDENTITY(w.adj(w.identity()), w.identity())},
};
// clang-format on

}  // namespace

std::span<const matrix_rule> matrix_rules() { return all; }

const matrix_rule& find_matrix_rule(std::string_view name) {
  for (const matrix_rule& r : all)
    if (r.name == name) return r;
  throw defect("no rule is named " + std::string(name));
}

}  // namespace wengert
