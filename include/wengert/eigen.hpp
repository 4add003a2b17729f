// Eigen with scalars that carry derivatives: Eigen::Matrix<adouble, ...>, and of dual<> and the others.
//
// On a tape, the product of two matrices, a solve, an inverse and a determinant are one statement each, whose adjoints are
// computed from the numbers (Giles, "An extended collection of matrix derivative results", 2008): A*B, A.partialPivLu(), A.llt(),
// A.ldlt() and what they solve, A.inverse() and A.determinant(). They keep numbers in proportion to the matrices instead of n^3
// edges. Every other algorithm of Eigen runs through the scalar's arithmetic.
#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/LU>

#include <wengert/embed/custom.hpp>

template <class X>
requires wengert::scalar<X>
struct Eigen::NumTraits<X> : Eigen::GenericNumTraits<X> {
  using Real = X;
  using NonInteger = X;
  using Nested = X;
  using Literal = X;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,
    ReadCost = 1,
    AddCost = 3,
    MulCost = 3,
  };
  using of_value = Eigen::NumTraits<wengert::value_t<X>>;
  static X epsilon() { return X(of_value::epsilon()); }
  static X dummy_precision() { return X(of_value::dummy_precision()); }
  static X highest() { return X(of_value::highest()); }
  static X lowest() { return X(of_value::lowest()); }
  static X infinity() { return X(of_value::infinity()); }
  static X quiet_NaN() { return X(of_value::quiet_NaN()); }
  static int digits10() { return of_value::digits10(); }
};

template <class X, class C, class Op>
requires wengert::scalar<X> && std::is_arithmetic_v<C>
struct Eigen::ScalarBinaryOpTraits<X, C, Op> {
  using ReturnType = wengert::family_t<X>;
};
template <class C, class X, class Op>
requires wengert::scalar<X> && std::is_arithmetic_v<C>
struct Eigen::ScalarBinaryOpTraits<C, X, Op> {
  using ReturnType = wengert::family_t<X>;
};
template <class X, class Y, class Op>
requires wengert::scalar<X> && wengert::scalar<Y> &&
    (!std::same_as<X, Y>)&&wengert::same_family<X, Y> struct Eigen::ScalarBinaryOpTraits<X, Y, Op> {
  using ReturnType = wengert::family_t<X>;
};

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

template <class V> using active_matrix = Eigen::Matrix<active<V>, Eigen::Dynamic, Eigen::Dynamic>;
template <class V> using value_matrix = Eigen::Matrix<V, Eigen::Dynamic, Eigen::Dynamic>;

template <class T> struct active_value { using type = void; };
template <class V> struct active_value<active<V>> { using type = V; };
template <class T>
concept active_scalar = !std::is_void_v<typename active_value<T>::type>;

template <class V, class M> value_matrix<V> values_of(const Eigen::MatrixBase<M>& m) {
  value_matrix<V> r(m.rows(), m.cols());
  for (Eigen::Index j = 0; j < m.cols(); ++j)
    for (Eigen::Index i = 0; i < m.rows(); ++i) {
      if constexpr (active_scalar<typename M::Scalar>)
        r(i, j) = m.coeff(i, j).value();
      else
        r(i, j) = V(m.coeff(i, j));
    }
  return r;
}
template <class M> bool is_passive(const M& m) {
  if constexpr (active_scalar<typename M::Scalar>) {
    for (Eigen::Index j = 0; j < m.cols(); ++j)
      for (Eigen::Index i = 0; i < m.rows(); ++i)
        if (!m.coeff(i, j).passive()) return false;
  }
  return true;
}
template <class V, class M> void append_entries(std::vector<active<V>>& all, const M& m) {
  for (Eigen::Index j = 0; j < m.cols(); ++j)
    for (Eigen::Index i = 0; i < m.rows(); ++i) all.push_back(m.coeff(i, j));
}

// y, a function of the matrices x, as one statement of the tape. pullback(of_y, add): calls add(k, of the k-th matrix of x).
template <class V, class Pullback, class... X>
active_matrix<V> matrix_statement(const value_matrix<V>& y, Pullback pullback, const X&... x) {
  active_matrix<V> result = y.template cast<active<V>>();
  if ((is_passive(x) && ...)) return result;
  std::vector<active<V>> inputs;
  std::vector<std::size_t> begin;
  ((begin.push_back(inputs.size()), append_entries(inputs, x)), ...);
  const auto size = static_cast<std::size_t>(y.size());
  current_tape<V>().block(inputs, {y.data(), size}, {result.data(), size},
                          [pullback = std::move(pullback), begin = std::move(begin), rows = y.rows(), columns = y.cols()](
                              std::span<const V> of_outputs, std::span<V> of_inputs) {
                            const value_matrix<V> of_y = Eigen::Map<const value_matrix<V>>(of_outputs.data(), rows, columns);
                            pullback(of_y, [&](std::size_t k, const value_matrix<V>& of_x) {
                              for (Eigen::Index i = 0; i < of_x.size(); ++i)
                                of_inputs[begin[k] + static_cast<std::size_t>(i)] += of_x.data()[i];
                            });
                          });
  return result;
}

template <class V, class A, class B> active_matrix<V> matrix_product(const A& a, const B& b) {
  const value_matrix<V> of_a = values_of<V>(a), of_b = values_of<V>(b);
  const bool fixed_a = is_passive(a), fixed_b = is_passive(b);
  return matrix_statement<V>(
      of_a * of_b,
      [of_a, of_b, fixed_a, fixed_b](const value_matrix<V>& of_y, const auto& add) {
        if (!fixed_a) add(0, of_y * of_b.transpose());
        if (!fixed_b) add(1, of_a.transpose() * of_y);
      },
      a, b);
}

// x with A*x = b, where the decomposition of the numbers of A is at hand. With `read`, the part of A that the decomposition
// reads: of a symmetric matrix its lower or upper triangle stands for both.
enum class read_part { all, lower, upper };

template <class V> value_matrix<V> adjoint_of_part(const value_matrix<V>& of_a, read_part read) {
  if (read == read_part::all) return of_a;
  value_matrix<V> both = of_a + of_a.transpose();
  both.diagonal() = of_a.diagonal();
  return read == read_part::lower ? value_matrix<V>(both.template triangularView<Eigen::Lower>())
                                  : value_matrix<V>(both.template triangularView<Eigen::Upper>());
}

template <class V, class Decomposition, class A, class B>
active_matrix<V> solve_statement(std::shared_ptr<const Decomposition> decomposition, read_part read, const A& a, const B& b) {
  const value_matrix<V> x = decomposition->solve(values_of<V>(b));
  return matrix_statement<V>(
      x,
      [decomposition, read, x, fixed_a = is_passive(a)](const value_matrix<V>& of_x, const auto& add) {
        const value_matrix<V> of_b = decomposition->transpose().solve(of_x);
        if (!fixed_a) add(0, adjoint_of_part<V>(-of_b * x.transpose(), read));
        add(1, of_b);
      },
      a, b);
}

// Of singular matrices too, in n products (Faddeev and LeVerrier).
template <class V> value_matrix<V> adjugate_without_division(const value_matrix<V>& a) {
  const Eigen::Index n = a.rows();
  const value_matrix<V> unit = value_matrix<V>::Identity(n, n);
  value_matrix<V> m = unit;
  for (Eigen::Index k = 1; k < n; ++k) {
    const value_matrix<V> product = a * m;
    m = product - unit * V(product.trace() / static_cast<double>(k));
  }
  return n % 2 == 0 ? value_matrix<V>(-m) : m;
}

// What the specializations below have in common.
template <class Matrix, class Decomposition, read_part Read> class active_decomposition {
 public:
  using MatrixType = Matrix;
  using Scalar = typename Matrix::Scalar;
  using RealScalar = Scalar;
  using StorageIndex = typename Matrix::StorageIndex;
  using V = typename Scalar::value_type;

  active_decomposition() = default;
  template <class M> explicit active_decomposition(const Eigen::EigenBase<M>& a)
      : a_(a.derived()), of_values_(std::make_shared<Decomposition>(values_of<V>(a_))) {}

  Eigen::Index rows() const { return a_.rows(); }
  Eigen::Index cols() const { return a_.cols(); }

  template <class B> auto solve(const Eigen::MatrixBase<B>& b) const {
    using X = Eigen::Matrix<Scalar, Matrix::ColsAtCompileTime, B::ColsAtCompileTime>;
    return X(solve_statement<V, Decomposition>(of_values_, Read, a_, b.derived().eval()));
  }
  // Constant, so that it is copied: Eigen evaluates a.inverse() to a matrix whose entries it has the address of already.
  const Matrix inverse() const {
    const value_matrix<V> inverse = of_values_->solve(value_matrix<V>::Identity(a_.rows(), a_.rows()));
    return Matrix(matrix_statement<V>(
        inverse,
        [inverse](const value_matrix<V>& of_y, const auto& add) {
          add(0, adjoint_of_part<V>(-inverse.transpose() * of_y * inverse.transpose(), Read));
        },
        a_));
  }
  Eigen::ComputationInfo info() const {
    if constexpr (requires { of_values_->info(); })
      return of_values_->info();
    else
      return Eigen::Success;
  }
  V rcond() const { return of_values_->rcond(); }

 protected:
  Matrix a_;
  std::shared_ptr<const Decomposition> of_values_;
};

// log(abs(det(A))), which does not overflow.
template <class A> typename A::Scalar log_abs_determinant(const Eigen::MatrixBase<A>& a) {
  using T = typename A::Scalar;
  using std::abs, std::log;
  const auto sum_of_logs = [](const auto& lu) {
    using U = typename std::decay_t<decltype(lu)>::MatrixType::Scalar;
    U sum(0);
    for (Eigen::Index i = 0; i < lu.rows(); ++i) sum += log(abs(lu.matrixLU()(i, i)));
    return sum;
  };
  if constexpr (active_scalar<T>) {
    using V = typename active_value<T>::type;
    const auto evaluated = a.derived().eval();
    const Eigen::PartialPivLU<value_matrix<V>> lu(values_of<V>(evaluated));
    value_matrix<V> y(1, 1);
    y(0, 0) = sum_of_logs(lu);
    return matrix_statement<V>(
        y, [lu](const value_matrix<V>& of_y, const auto& add) { add(0, value_matrix<V>(lu.inverse().transpose() * of_y(0, 0))); },
        evaluated)(0, 0);
  } else {
    return sum_of_logs(Eigen::PartialPivLU<typename A::PlainObject>(a));
  }
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert

// --- the decompositions that a.partialPivLu(), a.llt() and a.ldlt() return for matrices of active scalars

template <class V, int R, int C, int O, int MR, int MC>
class Eigen::PartialPivLU<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>>
    : public wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                           Eigen::PartialPivLU<wengert::value_matrix<V>>, wengert::read_part::all> {
  using base = wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                             Eigen::PartialPivLU<wengert::value_matrix<V>>, wengert::read_part::all>;

 public:
  using base::base;
  template <class M> PartialPivLU& compute(const Eigen::EigenBase<M>& a) { return *this = PartialPivLU(a); }
  // Its slopes are the adjugate, det(A) A^-1, transposed.
  wengert::active<V> determinant() const {
    using numbers = wengert::value_matrix<V>;
    numbers y(1, 1);
    y(0, 0) = this->of_values_->determinant();
    return wengert::matrix_statement<V>(
        y,
        [lu = this->of_values_, y](const numbers& of_y, const auto& add) {
          const numbers adjugate = wengert::primal(y(0, 0)) != 0
                                       ? numbers(lu->inverse() * y(0, 0))
                                       : wengert::adjugate_without_division<V>(lu->reconstructedMatrix());
          add(0, numbers(adjugate.transpose() * of_y(0, 0)));
        },
        this->a_)(0, 0);
  }
};

template <class V, int R, int C, int O, int MR, int MC, int UpLo>
class Eigen::LLT<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>, UpLo>
    : public wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                           Eigen::LLT<wengert::value_matrix<V>, UpLo>,
                                           UpLo == Eigen::Lower ? wengert::read_part::lower : wengert::read_part::upper> {
  static constexpr auto read = UpLo == Eigen::Lower ? wengert::read_part::lower : wengert::read_part::upper;
  using base = wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                             Eigen::LLT<wengert::value_matrix<V>, UpLo>, read>;

 public:
  using base::base;
  template <class M> LLT& compute(const Eigen::EigenBase<M>& a) { return *this = LLT(a); }
  // L with L*L' = A; above the diagonal it is 0.
  typename base::MatrixType matrixL() const {
    using numbers = wengert::value_matrix<V>;
    const numbers l = this->of_values_->matrixL();
    // With S = L^-1 dA L^-T, dL = L (the lower triangle of S with half its diagonal).
    return typename base::MatrixType(wengert::matrix_statement<V>(
        l,
        [l](const numbers& of_l, const auto& add) {
          numbers half = (l.transpose() * of_l).template triangularView<Eigen::Lower>();
          half.diagonal() *= V(0.5);
          const auto upper = l.transpose().template triangularView<Eigen::Upper>();
          const numbers left = upper.solve(half);
          const numbers of_a = upper.solve(numbers(left.transpose())).transpose();
          add(0, wengert::adjoint_of_part<V>((of_a + of_a.transpose()) / V(2), read));
        },
        this->a_));
  }
  typename base::MatrixType matrixU() const { return matrixL().transpose(); }
  typename base::MatrixType matrixLLT() const { return matrixL(); }
};

template <class V, int R, int C, int O, int MR, int MC, int UpLo>
class Eigen::LDLT<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>, UpLo>
    : public wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                           Eigen::LDLT<wengert::value_matrix<V>, UpLo>,
                                           UpLo == Eigen::Lower ? wengert::read_part::lower : wengert::read_part::upper> {
  static constexpr auto read = UpLo == Eigen::Lower ? wengert::read_part::lower : wengert::read_part::upper;
  using base = wengert::active_decomposition<Eigen::Matrix<wengert::active<V>, R, C, O, MR, MC>,
                                             Eigen::LDLT<wengert::value_matrix<V>, UpLo>, read>;

 public:
  using base::base;
  template <class M> LDLT& compute(const Eigen::EigenBase<M>& a) { return *this = LDLT(a); }
  bool isPositive() const { return this->of_values_->isPositive(); }
  bool isNegative() const { return this->of_values_->isNegative(); }
  // D of P'*L*D*L'*P = A: dD is the diagonal of (P'*L)^-1 dA (P'*L)^-T.
  Eigen::Matrix<wengert::active<V>, R, 1> vectorD() const {
    using numbers = wengert::value_matrix<V>;
    const numbers d = this->of_values_->vectorD();
    return Eigen::Matrix<wengert::active<V>, R, 1>(wengert::matrix_statement<V>(
        d,
        [ldlt = this->of_values_](const numbers& of_d, const auto& add) {
          const Eigen::Index n = of_d.rows();
          const numbers p = ldlt->transpositionsP() * numbers(numbers::Identity(n, n));
          const numbers inverse = ldlt->matrixL().solve(p);
          add(0, wengert::adjoint_of_part<V>(inverse.transpose() * of_d.col(0).asDiagonal() * inverse, read));
        },
        this->a_));
  }
};

// Eigen's formula for four rows needs operations that return what they are given.
template <class Derived>
requires wengert::active_scalar<typename Derived::Scalar>
struct Eigen::internal::determinant_impl<Derived, 4> {
  static typename Derived::Scalar run(const Derived& a) { return a.partialPivLu().determinant(); }
};

// --- products: statements for active scalars, plain sums for the others (Eigen's kernels are made for the registers of a
// processor, and take the compiler long)

namespace wengert {
template <class T> inline constexpr bool has_own_products = scalar<T>;
template <class Lhs, class Rhs>
concept scalar_product = has_own_products<typename Lhs::Scalar> || has_own_products<typename Rhs::Scalar>;

template <class Lhs, class Rhs> struct scalar_product_impl {
  using T = std::conditional_t<has_own_products<typename Lhs::Scalar>, typename Lhs::Scalar, typename Rhs::Scalar>;
  static auto product(const Lhs& lhs, const Rhs& rhs) {
    const typename Eigen::internal::nested_eval<Lhs, Eigen::Dynamic>::type a(lhs);
    const typename Eigen::internal::nested_eval<Rhs, Eigen::Dynamic>::type b(rhs);
    if constexpr (active_scalar<T>) {
      return matrix_product<typename active_value<T>::type>(a, b);
    } else {
      Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> result(a.rows(), b.cols());
      for (Eigen::Index j = 0; j < b.cols(); ++j)
        for (Eigen::Index i = 0; i < a.rows(); ++i) {
          T sum(0);
          for (Eigen::Index k = 0; k < a.cols(); ++k) sum += a.coeff(i, k) * b.coeff(k, j);
          result(i, j) = sum;
        }
      return result;
    }
  }
  // By copy: who evaluates a product keeps the address of dst's entries, which a move would change.
  template <class Dst> static void evalTo(Dst& dst, const Lhs& lhs, const Rhs& rhs) {
    const auto value = product(lhs, rhs);
    dst = value;
  }
  template <class Dst> static void addTo(Dst& dst, const Lhs& lhs, const Rhs& rhs) { dst += product(lhs, rhs); }
  template <class Dst> static void subTo(Dst& dst, const Lhs& lhs, const Rhs& rhs) { dst -= product(lhs, rhs); }
  template <class Dst> static void scaleAndAddTo(Dst& dst, const Lhs& lhs, const Rhs& rhs, const T& alpha) {
    dst += alpha * product(lhs, rhs);
  }
};
}  // namespace wengert

template <class Lhs, class Rhs>
requires wengert::scalar_product<Lhs, Rhs>
struct Eigen::internal::generic_product_impl<Lhs, Rhs, Eigen::DenseShape, Eigen::DenseShape, Eigen::GemmProduct>
    : wengert::scalar_product_impl<Lhs, Rhs> {
};
template <class Lhs, class Rhs>
requires wengert::scalar_product<Lhs, Rhs>
struct Eigen::internal::generic_product_impl<Lhs, Rhs, Eigen::DenseShape, Eigen::DenseShape, Eigen::GemvProduct>
    : wengert::scalar_product_impl<Lhs, Rhs> {
};
