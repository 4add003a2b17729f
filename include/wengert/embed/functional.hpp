// Derivatives of plain callables.
//
//   auto f = [](const auto& x) { return x[0]*x[0] + sin(x[1]); };
//   std::vector<double> g = wengert::grad(f)(std::vector<double>{1, 2});
//
// A callable takes a std::vector<T> or a std::array<T, N> for any scalar T and returns a scalar, or for `jacobian`, `jvp` and
// `vjp` also a vector or an array of them. What the derivatives are taken at has the same container, of double. An input that
// does not matter has exact zeros.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/numeric/dual.hpp>
#include <wengert/numeric/jacobian_tape.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

// --- containers, and the same container of another scalar

template <class C> struct container_traits { static constexpr bool is_container = false; };
template <class T> struct container_traits<std::vector<T>> {
  static constexpr bool is_container = true;
  template <class U> using of = std::vector<U>;
};
template <class T, std::size_t N> struct container_traits<std::array<T, N>> {
  static constexpr bool is_container = true;
  template <class U> using of = std::array<U, N>;
};
template <class C>
concept numbers = container_traits<C>::is_container && std::same_as<typename C::value_type, double>;
template <class C, class U> using container_of = typename container_traits<C>::template of<U>;

template <class U, class C> container_of<C, U> empty_like(const C& c) {
  container_of<C, U> r{};
  if constexpr (requires { r.resize(c.size()); }) r.resize(c.size());
  return r;
}
template <class U, class C> container_of<C, U> converted(const C& c) {
  container_of<C, U> r = empty_like<U>(c);
  std::copy(c.begin(), c.end(), r.begin());
  return r;
}

// The outputs of f as scalars T, in order: a scalar is one output.
template <class T, class R> std::vector<T> outputs_of(const R& result) {
  if constexpr (container_traits<R>::is_container)
    return std::vector<T>(result.begin(), result.end());
  else
    return {T(result)};
}

// --- tapes to work on: each thread keeps those that it has used, unless they grew large

template <class V> class borrowed_tape {
 public:
  borrowed_tape() {
    auto& kept = spare();
    if (kept.empty()) {
      tape_ = std::make_unique<basic_jacobian_tape<V>>(not_current);
    } else {
      tape_ = std::move(kept.back());
      kept.pop_back();
    }
  }
  ~borrowed_tape() {
    constexpr std::size_t large = std::size_t{1} << 26;
    if (tape_ == nullptr || tape_->bytes() > large) return;
    tape_->clear();
    spare().push_back(std::move(tape_));
  }
  borrowed_tape(borrowed_tape&&) = default;
  basic_jacobian_tape<V>& operator*() const { return *tape_; }
  basic_jacobian_tape<V>* operator->() const { return tape_.get(); }

 private:
  static std::vector<std::unique_ptr<basic_jacobian_tape<V>>>& spare() {
    thread_local std::vector<std::unique_ptr<basic_jacobian_tape<V>>> kept;
    return kept;
  }
  std::unique_ptr<basic_jacobian_tape<V>> tape_;
};

// --- first derivatives of one output

template <class X> struct value_and_gradient {
  double value;
  X gradient;
};

// value_and_grad(f)(x): f(x) and its gradient, by one recording and one reverse sweep.
template <class F> auto value_and_grad(F f) {
  return [f = std::move(f)]<numbers X>(const X& x) {
    borrowed_tape<double> tape;
    tape_scope scope(*tape);
    auto active_x = converted<adouble>(x);
    const variables inputs = tape->inputs(active_x);
    const adouble y = f(std::as_const(active_x));
    value_and_gradient<X> r{y.value(), empty_like<double>(x)};
    const auto gradient = tape->gradient(y, inputs);
    std::copy(gradient.begin(), gradient.end(), r.gradient.begin());
    return r;
  };
}

// grad(f)(x): the gradient alone.
template <class F> auto grad(F f) {
  return [both = value_and_grad(std::move(f))]<numbers X>(const X& x) { return both(x).gradient; };
}

// --- first derivatives of several outputs

// Rows are outputs, columns inputs.
class dense_matrix {
 public:
  dense_matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), entries_(rows * columns) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  double& operator()(std::size_t row, std::size_t column) { return entries_[row * columns_ + column]; }
  double operator()(std::size_t row, std::size_t column) const { return entries_[row * columns_ + column]; }
  // Row by row.
  const std::vector<double>& entries() const { return entries_; }
  bool operator==(const dense_matrix&) const = default;

 private:
  std::size_t rows_, columns_;
  std::vector<double> entries_;
};

// The directions that are carried together.
inline constexpr std::size_t directions_at_once = 8;

template <class F, numbers X> dense_matrix jacobian_forward(const F& f, const X& x) {
  using T = dual_vec<directions_at_once>;
  dense_matrix result(0, x.size());
  auto moving = converted<T>(x);
  for (std::size_t first = 0; first < std::max<std::size_t>(x.size(), 1); first += directions_at_once) {
    const std::size_t last = std::min(x.size(), first + directions_at_once);
    for (std::size_t i = first; i < last; ++i) moving[i] = T::variable(x[i], i - first);
    const std::vector<T> y = outputs_of<T>(f(std::as_const(moving)));
    if (first == 0) result = dense_matrix(y.size(), x.size());
    for (std::size_t i = first; i < last; ++i) {
      for (std::size_t row = 0; row < y.size(); ++row) result(row, i) = y[row].tangent(i - first);
      moving[i] = x[i];
    }
  }
  return result;
}

// jacobian(f)(x). Records once; then a reverse sweep for each output, or, where there are more outputs than runs of the forward
// type would take, those.
template <class F> auto jacobian(F f) {
  return [f = std::move(f)]<numbers X>(const X& x) {
    if (x.size() <= directions_at_once) return jacobian_forward(f, x);
    borrowed_tape<double> tape;
    tape_scope scope(*tape);
    auto active_x = converted<adouble>(x);
    const variables inputs = tape->inputs(active_x);
    const std::vector<adouble> y = outputs_of<adouble>(f(std::as_const(active_x)));
    if (y.size() > x.size() / directions_at_once + 1) return jacobian_forward(f, x);
    dense_matrix result(y.size(), x.size());
    for (std::size_t row = 0; row < y.size(); ++row) {
      const auto gradient = tape->gradient(y[row], inputs);
      for (std::size_t i = 0; i < x.size(); ++i) result(row, i) = gradient[i];
    }
    return result;
  };
}

template <class Y> struct value_and_tangent { Y value, tangent; };

// jvp(f)(x, v): f(x) and the Jacobian times v, by one forward run.
template <class F> auto jvp(F f) {
  return [f = std::move(f)]<numbers X>(const X& x, const X& v) {
    auto moving = empty_like<dual<>>(x);
    for (std::size_t i = 0; i < x.size(); ++i) moving[i] = dual<>(x[i], v[i]);
    const auto y = f(std::as_const(moving));
    using R = std::decay_t<decltype(y)>;
    if constexpr (container_traits<R>::is_container) {
      auto value = empty_like<double>(y), tangent = value;
      for (std::size_t i = 0; i < y.size(); ++i) {
        value[i] = y[i].value();
        tangent[i] = y[i].tangent();
      }
      return value_and_tangent<container_of<R, double>>{std::move(value), std::move(tangent)};
    } else {
      return value_and_tangent<double>{dual<>(y).value(), dual<>(y).tangent()};
    }
  };
}

// The transposed Jacobian at one point, times as many vectors as it is asked for, each by one reverse sweep. It keeps the
// recording.
template <class X> class pullback {
 public:
  template <class F> pullback(const F& f, const X& x) : gradient_(empty_like<double>(x)) {
    tape_scope scope(*tape_);
    auto active_x = converted<adouble>(x);
    inputs_ = tape_->inputs(active_x);
    outputs_ = outputs_of<adouble>(f(std::as_const(active_x)));
  }
  // One weight an output.
  X operator()(const std::vector<double>& weights) {
    tape_scope scope(*tape_);
    tape_->reverse(outputs_, weights);
    const auto adjoints = tape_->adjoints(inputs_);
    std::copy(adjoints.begin(), adjoints.end(), gradient_.begin());
    return gradient_;
  }
  X operator()(double weight) { return (*this)(std::vector<double>{weight}); }
  std::vector<double> values() const {
    std::vector<double> v;
    for (const adouble& y : outputs_) v.push_back(y.value());
    return v;
  }

 private:
  borrowed_tape<double> tape_;
  variables inputs_;
  std::vector<adouble> outputs_;
  X gradient_;
};

// vjp(f)(x): the pullback of f at x.
template <class F> auto vjp(F f) {
  return [f = std::move(f)]<numbers X>(const X& x) { return pullback<X>(f, x); };
}

// --- second derivatives of one output: adjoints of tangents

// hvp(f)(x, v): the Hessian times v.
template <class F> auto hvp(F f) {
  return [f = std::move(f)]<numbers X>(const X& x, const X& v) {
    borrowed_tape<dual<>> tape;
    tape_scope scope(*tape);
    auto active_x = empty_like<active<dual<>>>(x);
    for (std::size_t i = 0; i < x.size(); ++i) active_x[i] = dual<>(x[i], v[i]);
    const variables inputs = tape->inputs(active_x);
    const active<dual<>> y = f(std::as_const(active_x));
    X r = empty_like<double>(x);
    const auto gradient = tape->gradient(y, inputs);
    for (std::size_t i = 0; i < x.size(); ++i) r[i] = gradient[i].tangent();
    return r;
  };
}

// hessian(f)(x).
template <class F> auto hessian(F f) {
  return [f = std::move(f)]<numbers X>(const X& x) {
    constexpr std::size_t at_once = 4;
    using V = dual_vec<at_once>;
    dense_matrix result(x.size(), x.size());
    for (std::size_t first = 0; first < x.size(); first += at_once) {
      borrowed_tape<V> tape;
      tape_scope scope(*tape);
      auto active_x = converted<active<V>>(x);
      const std::size_t last = std::min(x.size(), first + at_once);
      for (std::size_t i = first; i < last; ++i) active_x[i] = V::variable(x[i], i - first);
      const variables inputs = tape->inputs(active_x);
      const active<V> y = f(std::as_const(active_x));
      const auto gradient = tape->gradient(y, inputs);
      for (std::size_t j = 0; j < x.size(); ++j)
        for (std::size_t i = first; i < last; ++i) result(i, j) = gradient[j].tangent(i - first);
    }
    return result;
  };
}

// --- checks

struct gradient_check {
  bool agrees = true;      // within the tolerance, relative to the larger of 1 and the derivative
  std::size_t worst = 0;   // the input with the largest difference,
  double reverse = 0;      // its derivative by the tape,
  double forward = 0;      // by a forward run,
  double differences = 0;  // and by differences in long double
};

// Carries no tangents: long double, whose functions are found beside it even where code does not say std.
using extended = dual_vec<0, long double>;

// Compares the gradient of f at x by the tape, by forward runs, and by the five-point formula in long double.
template <class F, numbers X> gradient_check check_gradient(const F& f, const X& x, double tolerance = 1e-7) {
  const X reverse = grad(f)(x);
  const dense_matrix forward = jacobian_forward(f, x);
  gradient_check result;
  double largest = -1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto moved = converted<extended>(x);
    const auto at = [&](long double t) {
      moved[i] = t;
      return static_cast<long double>(extended(f(std::as_const(moved))).value());
    };
    const long double c = x[i], h = 5e-4L * std::max(1.0L, std::fabs(c));
    const double slope = static_cast<double>((8 * (at(c + h) - at(c - h)) - (at(c + 2 * h) - at(c - 2 * h))) / (12 * h));
    const double scale = std::max({1.0, std::fabs(reverse[i]), std::fabs(slope)});
    const double difference = std::max(std::fabs(reverse[i] - slope), std::fabs(reverse[i] - forward(0, i))) / scale;
    const bool undefined = std::isnan(difference);
    if (undefined || difference > largest) {
      largest = undefined ? std::numeric_limits<double>::infinity() : difference;
      result = {largest <= tolerance, i, reverse[i], forward(0, i), slope};
    }
  }
  return result;
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
