#include "unit_products.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

class reader {
 public:
  reader(normalizer& full, const theorem& equal)
      : full_(full),
        facts_(full.known_facts()),
        kernel_(facts_.using_kernel()),
        t_(kernel_.on()),
        equal_(equal),
        axes_(t_.out(equal.says().left).begin(), t_.out(equal.says().left).end()) {}

  std::optional<unit_product> run() {
    if (axes_.size() != 2 || axes_[0] != axes_[1]) return std::nullopt;
    if (is_identity(equal_.says().left)) equal_ = kernel_.symmetric(equal_);
    if (!is_identity(equal_.says().right) || !find_factors()) return std::nullopt;
    identity_ = t_.identity(axes_, {t_.delta(axes_[0], axes_[0]), tape::straight(2)});
    const auto opened = full_.ring(product(a_, b_), equal_.says().left), one = full_.ring(equal_.says().right, identity_);
    if (!opened || !one) return std::nullopt;
    const theorem unit = chain(*opened, chain(equal_, *one));
    const theorem determinants = product_of_determinants(unit);
    const std::vector<theorem> regular{nonzero(a_, determinants), nonzero(b_, determinants)};
    const theorem left = inverse(a_, b_, unit, regular[1]);
    const theorem turned = chain(kernel_.symmetric(with(b_, left, 1)), times_inverse(b_, regular[1]));
    const theorem right = inverse(b_, a_, turned, regular[0]);
    unit_product r{in_normal_form(determinants), {}, {}, turned};
    for (const theorem& t : regular) r.regular.push_back(kernel_.transfer(full_.of(t.says().left).equal, t));
    for (const theorem& t : {left, right})
      if (full_.of(t.says().left).node == t.says().left) r.inverses.push_back(t);
    return r;
  }

 private:
  bool is_identity(node_id n) {
    const polynomial p = full_.expand(n);
    if (p.terms.size() != 1 || p.terms.begin()->second != 1) return false;
    const monomial& m = p.terms.begin()->first;
    return m.bound.empty() && m.factors.size() == 1 && m.factors[0].node == delta_atom && m.factors[0].power == 1 &&
           m.factors[0].labels == tape::straight(2);
  }

  // A and B of SUM_k A[i,k]*B[k,j].
  bool find_factors() {
    const polynomial p = full_.expand(equal_.says().left);
    if (p.terms.size() != 1 || p.terms.begin()->second != 1) return false;
    const monomial& m = p.terms.begin()->first;
    if (m.bound.size() != 1 || m.bound[0] != axes_[0] || m.factors.size() != 2) return false;
    for (const factor& f : m.factors) {
      if (f.node >= index_atom || f.power != 1 || !std::ranges::equal(t_.out(f.node), axes_)) return false;
      if (auto n = matrix(f, 0, 2)) a_ = *n;
      if (auto n = matrix(f, 2, 1)) b_ = *n;
    }
    return a_ != none && b_ != none;
  }

  // The factor with these axes of the product as its row and column.
  std::optional<node_id> matrix(const factor& f, std::size_t row, std::size_t column) {
    const std::array<label, 2> straight{label::of_axis(row), label::of_axis(column)};
    if (std::ranges::equal(f.labels, straight)) return f.node;
    const bool turned = f.labels[0] == straight[1] && f.labels[1] == straight[0];
    if (!turned) return std::nullopt;
    return t_.identity(axes_, {f.node, {label::of_axis(1), label::of_axis(0)}});
  }

  node_id product(node_id a, node_id b) {
    const std::array<edge, 2> both{edge{a, {label::of_axis(0), label::of_axis(2)}},
                                   edge{b, {label::of_axis(2), label::of_axis(1)}}};
    return t_.mul(axes_, both, std::span(&axes_[0], 1));
  }

  // det(A)*det(B) = det(A*B) = det(I) = 1.
  theorem product_of_determinants(const theorem& unit) {
    const theorem split = kernel_.instance(find_matrix_rule("det-product"), {.a = a_, .b = b_}, {});
    const std::optional<theorem> inside(unit);
    const theorem of_unit = kernel_.congruence(split.says().left, {&inside, 1});
    return chain(kernel_.symmetric(split), chain(of_unit, kernel_.instance(find_matrix_rule("det-identity"), {.a = a_}, {})));
  }

  // det(a) != 0, for one of the two.
  theorem nonzero(node_id a, const theorem& determinants) {
    const theorem one = kernel_.sign(relation::nonzero, determinants.says().right, {});
    const theorem both = kernel_.transfer(kernel_.symmetric(determinants), one);
    const node_id det = wengert::matrix_function(t_, opcode::det, a);
    return kernel_.factor_nonzero(both, t_.arg(both.says().left, 0).node == det ? 0 : 1);
  }

  // b*inv(b) = I.
  theorem times_inverse(node_id b, const theorem& regular) {
    return kernel_.instance(find_matrix_rule("inverse-right"), {.a = b}, {&regular, 1});
  }

  // inv(b) = a, as a = a*(b*inv(b)) = (a*b)*inv(b).
  theorem inverse(node_id a, node_id b, const theorem& unit, const theorem& regular) {
    const node_id inverse = wengert::matrix_function(t_, opcode::inv, b);
    const theorem first = with(a, times_inverse(b, regular), 1), second = with(inverse, unit, 0);
    const theorem from = chain(first, step(first.says().right, a)), to = chain(second, step(second.says().right, inverse));
    return chain(chain(kernel_.symmetric(to), step(second.says().left, first.says().left)), from);
  }

  // The product of the left side of an equation, as the given factor, and n, with the right side put in its place.
  theorem with(node_id n, const theorem& equal, std::size_t k) {
    const node_id m = equal.says().left;
    const node_id p = k == 0 ? product(m, n) : product(n, m);
    std::vector<std::optional<theorem>> premises(2);
    for (std::size_t q = 0; q < 2; ++q)
      if (t_.arg(p, q).node == m && !premises[1 - q]) premises[q] = equal;
    return kernel_.congruence(p, premises);
  }

  theorem step(node_id a, node_id b) {
    auto t = full_.ring(a, b);
    if (!t) throw refusal("unit-product: a step does not hold");
    return *t;
  }

  // The same of the left side's normal form.
  theorem in_normal_form(const theorem& t) { return chain(kernel_.symmetric(full_.of(t.says().left).equal), t); }
  theorem chain(const theorem& first, const theorem& next) { return kernel_.transitive(first, next); }

  normalizer& full_;
  facts& facts_;
  kernel& kernel_;
  tape& t_;
  theorem equal_;
  const std::vector<range_id> axes_;
  node_id a_ = none, b_ = none, identity_ = none;
};

}  // namespace

std::optional<unit_product> from_unit_product(normalizer& full, const theorem& equal) {
  try {
    return reader(full, equal).run();
  } catch (const refusal&) {
    return std::nullopt;
  } catch (const too_large&) {
    return std::nullopt;
  }
}

}  // namespace wengert
