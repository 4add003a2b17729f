// The axioms about inv, det and adj: each row on random matrices, and what the kernel must refuse.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/kernel.hpp>

using namespace wengert;

namespace {

struct square_matrices {
  tape t;
  dim_id n = t.dim("n");
  range_id r = t.range_to({n, 0});
  node_id a = matrix("A"), b = matrix("B"), c = t.symbol("c", {}), v = t.symbol("v", std::vector<range_id>{r});

  node_id matrix(const char* name) { return t.symbol(name, std::vector<range_id>{r, r}); }
  node_id f(opcode op, node_id m) { return matrix_function(t, op, m); }
  node_id times(node_id x, node_id y) {
    std::vector<range_id> axes{r, r};
    std::vector<edge> both{{x, {label::of_axis(0), label::of_axis(2)}}, {y, {label::of_axis(2), label::of_axis(1)}}};
    return t.mul(axes, both, std::vector<range_id>{r});
  }
};

verdict ask(const std::string& equation, const std::vector<std::string>& givens = {},
            const std::string& vars = "X, A, B, C: matrix[n,n]; R: matrix[m,n]; a, b: vector[n]; c: real") {
  problem p(problem_text{{vars}, {}, givens, {}, {equation}});
  return prove(p).status;
}
bool proved(const std::string& equation, const std::vector<std::string>& givens = {}) {
  return ask(equation, givens) == verdict::proved;
}

}  // namespace

TEST_CASE("every axiom about matrices holds for random matrices of one to four rows, singular ones too") {
  std::mt19937 random(7);
  std::uniform_real_distribution<long double> real(-2, 2);
  std::uniform_int_distribution<int> whole(-2, 2);
  for (const matrix_rule& r : matrix_rules()) {
    CAPTURE(std::string(r.name));
    square_matrices s;
    matrix_terms terms{.a = r.speaks_of.find('A') == std::string_view::npos ? none : s.a, .b = s.b, .c = s.c, .v = s.v};
    matrix_identity i = r.build(s.t, terms);
    for (std::size_t size = 1; size <= 4; ++size)
      for (int round = 0; round < 20; ++round) {
        evaluator<long double> e(s.t);
        e.bind_dim(s.n, static_cast<std::int64_t>(size));
        auto draw = [&](std::size_t count) {
          std::vector<long double> x(count);
          for (long double& u : x) u = round % 2 == 0 ? real(random) : whole(random);
          return x;
        };
        std::vector<std::size_t> square{size, size}, line{size};
        e.bind(s.t.symbol_of(s.a), draw(size * size), square);
        e.bind(s.t.symbol_of(s.b), draw(size * size), square);
        e.bind(s.t.symbol_of(s.v), draw(size), line);
        e.bind(s.t.symbol_of(s.c), draw(1)[0]);
        bool fits = true;
        for (const auto& [is, n] : i.where)
          for (long double x : e(n)) fits = fits && is == relation::nonzero && std::fabs(x) > 1e-3L;
        if (!fits) continue;
        std::vector<long double> left(e(i.left).begin(), e(i.left).end()), right(e(i.right).begin(), e(i.right).end());
        REQUIRE(left.size() == right.size());
        for (std::size_t k = 0; k < left.size(); ++k) {
          if (!std::isfinite(left[k]) && !std::isfinite(right[k])) continue;  // a singular matrix, on both sides
          if (!std::isfinite(left[k]) || !std::isfinite(right[k])) {
            CHECK(r.conditions.empty());
            continue;
          }
          CHECK(left[k] == doctest::Approx(static_cast<double>(right[k])).epsilon(1e-9));
        }
      }
  }
}

TEST_CASE("the determinant of a singular matrix is exactly 0, and its adjugate is right") {
  square_matrices s;
  node_id d = s.f(opcode::det, s.a), adj = s.f(opcode::adj, s.a), inv = s.f(opcode::inv, s.a);
  evaluator<double> e(s.t);
  std::vector<double> m{1, 2, 3, 4, 5, 6, 7, 8, 9};
  e.bind(s.t.symbol_of(s.a), m, std::vector<std::size_t>{3, 3});
  CHECK(e.scalar(d) == 0);
  std::vector<double> x(e(adj).begin(), e(adj).end());
  std::vector<double> expected{-3, 6, -3, 6, -12, 6, -3, 6, -3};
  for (std::size_t k = 0; k < x.size(); ++k) CHECK(x[k] == doctest::Approx(expected[k]));
  CHECK(std::isnan(e(inv)[0]));
}

TEST_CASE("the derivatives of inv, det and adj agree with differences") {
  square_matrices s;
  for (opcode op : {opcode::inv, opcode::det, opcode::adj}) {
    node_id n = s.f(op, s.times(s.a, s.b)), d = derivative(s.t, n, s.t.symbol_of(s.a));
    std::vector<long double> a{2, 1, -1, 0, 3, 1, 1, -1, 2}, b{1, 2, 0, -1, 1, 1, 0, 2, 1};
    std::vector<std::size_t> square{3, 3};
    auto at = [&](node_id what, std::size_t moved, long double step) {
      evaluator<long double> e(s.t);
      std::vector<long double> x = a;
      x[moved] += step;
      e.bind(s.t.symbol_of(s.a), x, square);
      e.bind(s.t.symbol_of(s.b), b, square);
      return std::vector<long double>(e(what).begin(), e(what).end());
    };
    std::vector<long double> exact = at(d, 0, 0);
    for (std::size_t k = 0; k < 9; ++k) {
      std::vector<long double> up = at(n, k, 1e-5L), down = at(n, k, -1e-5L);
      for (std::size_t i = 0; i < up.size(); ++i)
        CHECK(exact[i * 9 + k] == doctest::Approx(static_cast<double>((up[i] - down[i]) / 2e-5L)).epsilon(1e-6));
    }
  }
}

TEST_CASE("the kernel refuses what the axioms do not say") {
  square_matrices s;
  kernel k(s.t);
  auto row = [](const char* name) -> const matrix_rule& { return find_matrix_rule(name); };
  CHECK_THROWS_AS(k.instance(row("inverse-left"), {.a = s.a}, {}), refusal);
  CHECK_THROWS_AS(k.instance(row("inverse-inverse"), {.a = s.a}, {}), refusal);
  CHECK_THROWS_AS(k.instance(row("adjugate-inverse"), {.a = s.a}, {}), refusal);
  CHECK_THROWS_AS(k.instance(row("adjugate-scale"), {.a = s.a, .c = s.c}, {}), refusal);
  CHECK_NOTHROW(k.instance(row("inverse-product"), {.a = s.a, .b = s.b}, {}));
  theorem wrong = k.assume(sign_claim(relation::nonzero, s.f(opcode::det, s.b)), "det(B) != 0", origin::given);
  theorem right = k.assume(sign_claim(relation::nonzero, s.f(opcode::det, s.a)), "det(A) != 0", origin::given);
  CHECK_THROWS_AS(k.instance(row("inverse-left"), {.a = s.a}, std::span(&wrong, 1)), refusal);
  CHECK_NOTHROW(k.instance(row("inverse-left"), {.a = s.a}, std::span(&right, 1)));
  // A factor that is not square has no determinant.
  range_id m = s.t.range_to({s.t.dim("m"), 0});
  node_id tall = s.t.symbol("R", std::vector<range_id>{m, s.r}), wide = s.t.symbol("S", std::vector<range_id>{s.r, m});
  CHECK_THROWS_AS(k.instance(row("det-product"), {.a = wide, .b = tall}, {}), refusal);
  CHECK_THROWS_AS(k.instance(row("det-product"), {.a = s.a, .b = tall}, {}), refusal);
  CHECK_THROWS_AS(matrix_function(s.t, opcode::det, tall), error);
  // An inverse is no sum over its bound axes.
  node_id inverse = s.f(opcode::inv, s.a);
  CHECK_THROWS_AS(k.ring(s.f(opcode::inv, s.times(s.a, s.b)), s.times(inverse, s.f(opcode::inv, s.b)), {}), refusal);
  CHECK_THROWS_AS(
      k.ring(inverse, s.t.identity(std::vector<range_id>{s.r, s.r}, {inverse, {label::of_axis(1), label::of_axis(0)}}), {}),
      refusal);
  CHECK_THROWS_AS(k.factor_nonzero(right, 0), refusal);
}

TEST_CASE("what is true of inverses and determinants is proved") {
  for (const char* s : {"inv(A)*A == I",
                        "A*inv(A) == I",
                        "inv(A*B) == inv(B)*inv(A)",
                        "inv(A') == inv(A)'",
                        "inv(inv(A)) == A",
                        "det(A*B) == det(A)*det(B)",
                        "det(A*B) == det(B*A)",
                        "det(A') == det(A)",
                        "det(inv(A)) == 1/det(A)",
                        "det(2*A) == 2^n*det(A)",
                        "inv(2*A) == inv(A)/2",
                        "inv(c*A) == inv(A)/c",
                        "D(det(X), X) == adj(X)'",
                        "adj(A)*A == det(A)*I",
                        "det(A)*inv(A) == adj(A)",
                        "D(logdet(R'*R), R) == 2*R*inv(R'*R)",
                        "D(tr(inv(X)), X) == -(inv(X)*inv(X))'",
                        "D(solve(A, b)[i], b[j]) == inv(A)[i,j]",
                        "A^-2 == inv(A*A)",
                        "A^-1*A == I",
                        "inv(A*B*C)*A == inv(C)*inv(B)",
                        "tr(inv(A)*B*A) == tr(B)",
                        "inv(I + A)*(I + A) == I",
                        "inv(A + B)*A + inv(A + B)*B == I"})
    CHECK_MESSAGE(proved(s), std::string(s));
  CHECK(proved("I == inv(A)*A", {"det(A) != 0"}));
  CHECK(proved("inv(A)' == inv(A)", {"symmetric(A)"}));
}

TEST_CASE("what is not true of inverses and determinants is not proved") {
  for (const char* s : {"inv(A + B) == inv(A) + inv(B)", "det(A + B) == det(A) + det(B)", "I == inv(A)*A", "det(2*A) == 2*det(A)",
                        "inv(A*B) == inv(A)*inv(B)", "inv(A)' == inv(A)", "D(det(X), X) == det(X)*inv(X)'",
                        "D(det(X), X) == adj(X)", "det(R'*R) == det(R*R')", "A == inv(inv(A))", "D(log(det(X)), X) == inv(X)",
                        "adj(A) == det(A)*inv(A)", "det(A)*det(B) == det(A + B)", "inv(A)*B == B*inv(A)", "det(-A) == -det(A)",
                        "inv(c*A) == c*inv(A)", "inv(A)[i,j]*A[j,i] == 1", "D(tr(inv(X)), X) == -inv(X)*inv(X)"})
    CHECK_MESSAGE(!proved(s), std::string(s));
  CHECK(ask("inv(A*B) == inv(A)*inv(B)") == verdict::refuted);
  CHECK(ask("det(2*A) == 2*det(A)") == verdict::refuted);
  CHECK_THROWS_AS(ask("det(R) == 1"), error);
}
