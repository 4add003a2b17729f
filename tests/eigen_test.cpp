// Eigen with active scalars and dual numbers: products, solves and decompositions as statements of their own.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <wengert/calculus/reverse.hpp>
#include <wengert/eigen.hpp>
#include <wengert/eigen_expr.hpp>
#include <wengert/embed/params.hpp>
#include <wengert/numeric/program.hpp>

using namespace wengert;
using Eigen::Dynamic, Eigen::Index;

namespace {

template <class T> using matrix = Eigen::Matrix<T, Dynamic, Dynamic>;
template <class T> using column = Eigen::Matrix<T, Dynamic, 1>;

// An n x n matrix and a vector, of n*n + n numbers.
constexpr Index n = 5;
template <class X> auto matrix_of(const X& x) {
  using T = std::decay_t<decltype(x[0])>;
  matrix<T> a(n, n);
  for (Index i = 0; i < n * n; ++i) a(i / n, i % n) = x[static_cast<std::size_t>(i)];
  return a;
}
template <class X> auto vector_of(const X& x) {
  using T = std::decay_t<decltype(x[0])>;
  column<T> b(n);
  for (Index i = 0; i < n; ++i) b(i) = x[static_cast<std::size_t>(n * n + i)];
  return b;
}
std::vector<double> numbers_at() {
  std::vector<double> x;
  for (int i = 0; i < n * n + n; ++i) x.push_back(std::sin(1.7 * i + 0.3) + (i < n * n && i % (n + 1) == 0 ? 3 : 0));
  return x;
}
// The gradient against differences of the same code for double, which costs the compiler less than check_gradient.
template <class F> void require_right(const char* what, const F& f) {
  INFO(what);
  const std::vector<double> x = numbers_at(), g = grad(f)(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-3;
    const auto at = [&](double t) {
      std::vector<double> moved = x;
      moved[i] += t;
      return static_cast<double>(f(moved));
    };
    CHECK(g[i] == doctest::Approx((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)).epsilon(1e-7).scale(1));
  }
}
// Second derivatives along a direction, against differences of gradients.
template <class F> void require_right_twice(const F& f) {
  const std::vector<double> x = numbers_at();
  std::vector<double> v, up = x, down = x;
  for (std::size_t i = 0; i < x.size(); ++i) v.push_back(std::cos(static_cast<double>(i)));
  for (std::size_t i = 0; i < x.size(); ++i) up[i] += 1e-5 * v[i], down[i] -= 1e-5 * v[i];
  const auto product = hvp(f)(x, v), a = grad(f)(up), b = grad(f)(down);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(product[i] == doctest::Approx((a[i] - b[i]) / 2e-5).epsilon(1e-5));
}

template <class A, class B> auto bilinear(const A& x, const B& y) { return x.dot(y); }

TEST_CASE("sums, products, norms and functions of matrices") {
  require_right("products", [](const auto& x) {
    const auto a = matrix_of(x);
    const auto b = vector_of(x);
    auto c = (a * a.transpose() * b).eval();
    c += a.transpose() * b * 2.0;
    c -= a * (b + c) / 3.0;
    c.noalias() += a * b;
    return c.dot(b) + (a.topRows(3) * a.leftCols(2)).sum() + (a * a).array().sin().mean() + (a * b).norm() + a.squaredNorm() +
           a.trace() + a.sum() + a.col(1).maxCoeff();
  });
  require_right("functions", [](const auto& x) {
    const auto a = matrix_of(x);
    const auto b = vector_of(x);
    return (b.array().exp() * 2.0 + b.array().square() / (1.0 + b.array().abs())).sum() + a.array().tanh().mean() +
           (a.row(0).array().sin().matrix() * b)(0) + b.array().cwiseMax(0.25).log1p().prod() +
           a.cwiseProduct(a).colwise().sum().minCoeff();
  });
}

TEST_CASE("numbers and constant matrices mix with active ones") {
  const Eigen::MatrixXd c = Eigen::MatrixXd::Identity(n, n) * 2 + Eigen::MatrixXd::Constant(n, n, 0.25);
  require_right("constants", [&](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    const auto a = matrix_of(x);
    const auto b = vector_of(x);
    const matrix<T> d = c.cast<T>() * a;
    return (2 * d * b - 3.5 * b).dot(d.transpose() * b) + (x[0] * x[1]) * b.sum() + (c * a * c.row(0).transpose()).sum() +
           (c.row(1) * b).value() + (c.lu().solve(matrix<double>::Identity(n, n)) * b).squaredNorm();
  });
  std::vector<adouble> x{1, 2};
  jacobian_tape tape;
  tape.inputs(x);
  Eigen::Matrix<adouble, 2, 2> m;
  m << x[0] * x[1], x[0], 1, x[1];
  CHECK((m * 2).sum().value() == 2 * (2 + 1 + 1 + 2));
  CHECK(Eigen::Matrix<adouble, 2, 1>(m * Eigen::Matrix<adouble, 2, 1>(x[0], x[1]))(0).value() == 4);
}

TEST_CASE("solves, inverses and determinants") {
  const auto lu = [](const auto& x) { return bilinear(matrix_of(x).partialPivLu().solve(vector_of(x)).eval(), vector_of(x)); };
  require_right("LU", lu);
  require_right("transposed", [](const auto& x) { return matrix_of(x).transpose().lu().solve(vector_of(x)).squaredNorm(); });
  require_right("several right sides", [](const auto& x) {
    const auto a = matrix_of(x);
    return a.lu().solve(a.transpose() + a * a).array().sin().sum();
  });
  require_right("inverse", [](const auto& x) { return (matrix_of(x).inverse() * vector_of(x)).squaredNorm(); });
  require_right("functions of an inverse", [](const auto& x) { return matrix_of(x).inverse().array().sin().sum(); });
  require_right("determinant", [](const auto& x) { return matrix_of(x).determinant() * x[0]; });
  require_right("logarithm of the determinant", [](const auto& x) { return log_abs_determinant(matrix_of(x)); });
  require_right("determinant of four rows", [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    return Eigen::Matrix<T, 4, 4>(matrix_of(x).topLeftCorner(4, 4)).determinant() * x[1];
  });
  require_right("small determinant", [](const auto& x) { return matrix_of(x).template topLeftCorner<3, 3>().determinant(); });
  require_right("small inverse", [](const auto& x) { return matrix_of(x).template topLeftCorner<3, 3>().inverse().sum(); });
}

TEST_CASE("the determinant of a singular matrix has the slopes of its minors") {
  matrix<adouble> a = matrix<adouble>::Ones(3, 3);
  a(0, 0) = 2;
  jacobian_tape tape;
  const variables inputs = tape.inputs({a.data(), 9});
  const auto slopes = tape.gradient(a.determinant(), inputs);
  CHECK(std::vector<double>(slopes.begin(), slopes.end()) == std::vector<double>{0, 0, 0, 0, 1, -1, 0, -1, 1});
}

TEST_CASE("Cholesky decompositions read one triangle") {
  const auto spd = [](const auto& x) {
    const auto a = matrix_of(x);
    using T = std::decay_t<decltype(x[0])>;
    return matrix<T>(a * a.transpose());
  };
  const auto llt = [spd](const auto& x) { return spd(x).llt().solve(vector_of(x)).dot(vector_of(x)); };
  require_right("LLT", llt);
  require_right_twice(llt);
  require_right("LDLT", [spd](const auto& x) { return spd(x).ldlt().solve(vector_of(x)).dot(vector_of(x)); });
  require_right("one triangle", [](const auto& x) {
    auto a = matrix_of(x);
    a.diagonal().array() += 10.0;
    using M = std::decay_t<decltype(a)>;
    return Eigen::LLT<M>(a).solve(vector_of(x)).sum() + Eigen::LDLT<M, Eigen::Upper>(a).solve(vector_of(x)).sum() +
           Eigen::LLT<M, Eigen::Upper>(a).solve(vector_of(x)).squaredNorm();
  });
  require_right("the factor", [spd](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    const auto a = spd(x);
    const matrix<T> l = a.llt().matrixL();
    T s = (l * vector_of(x)).sum();
    for (Index i = 0; i < n; ++i) s += 2 * log(l(i, i)) + l(n - 1, i) * l(n - 2, i);
    return s;
  });
  require_right("D", [spd](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    const column<T> d = spd(x).ldlt().vectorD();
    T s = 0;
    for (Index i = 0; i < n; ++i) s += log(d(i)) * static_cast<double>(i + 1);
    return s;
  });
}

TEST_CASE("a solve takes the tape in proportion to the matrix") {
  constexpr Index size = 60;
  jacobian_tape tape;
  std::vector<adouble> x(size * size, 0.5);
  const variables inputs = tape.inputs(x);
  const matrix<adouble> a =
      Eigen::Map<const matrix<adouble>>(x.data(), size, size) + matrix<adouble>::Identity(size, size) * adouble(30);
  const column<adouble> b = column<adouble>::Constant(size, adouble(1));
  const column<adouble> s = a.partialPivLu().solve(a * b);
  tape.gradient(s.sum(), inputs);
  CHECK(tape.bytes() < 100 * size * size);
}

template <class T> struct affine {
  BOOST_HANA_DEFINE_STRUCT(affine, (matrix<T>, weights), (column<T>, bias), (Eigen::Matrix<T, 2, 2>, small));
};

TEST_CASE("matrices in structs of parameters") {
  affine<double> p{Eigen::MatrixXd::Random(2, 3), Eigen::VectorXd::Random(2), Eigen::Matrix2d::Identity()};
  const auto loss = []<class T>(const affine<T>& a) {
    const column<T> x = column<T>::Constant(3, T(0.5));
    return (a.small * (a.weights * x + a.bias)).squaredNorm();
  };
  const affine<double> g = grad(loss)(p);
  CHECK(g.weights.rows() == 2);
  CHECK(g.weights.col(0).isApprox(p.weights.col(0) * 0 + g.bias * 0.5));
  CHECK(names(p)[1] == "weights(1,0)");
  CHECK(names(p)[7] == "bias[1]");
  CHECK(grad([](const auto& v) { return v.squaredNorm(); })(Eigen::Vector3d(1, 2, 3)) == Eigen::Vector3d(2, 4, 6));
  CHECK(jacobian([](const auto& v) { return (v * v(0)).eval(); })(Eigen::Vector2d(1, 2)).entries() ==
        std::vector<double>{2, 0, 2, 1});
}

TEST_CASE("matrices of recorded numbers") {
  const auto f = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    const auto a = matrix_of(x);
    const auto b = vector_of(x);
    const Eigen::Matrix<T, 3, 3> small = a.template topLeftCorner<3, 3>();
    const matrix<T> twice = a * a.transpose() + 2.0 * a;
    return T((Eigen::MatrixXd::Identity(n, n) * twice * b).dot(b) + b.array().exp().sum() + b.norm() + twice.trace() +
             small.determinant() * small.inverse().sum());
  };
  const std::vector<double> at = numbers_at();
  tape t;
  std::vector<symbol_id> inputs;
  std::vector<expr> x;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const node_id node = t.symbol("x" + std::to_string(i), {});
    inputs.push_back(t.symbol_of(node));
    x.emplace_back(t, node);
  }
  const node_id y = f(x).on(t);
  const program compiled(t, program_arrays{{inputs}, {{y}, reverse(t, y, inputs)}});
  double value = 0;
  std::vector<double> gradient(at.size());
  compiled.run(std::vector<const double*>{at.data()}, std::vector<double*>{&value, gradient.data()});
  const auto expected = value_and_grad(f)(at);
  CHECK(value == doctest::Approx(expected.value));
  for (std::size_t i = 0; i < at.size(); ++i) CHECK(gradient[i] == doctest::Approx(expected.gradient[i]));
}

}  // namespace
