// Functions with adjoints of their own: for code that cannot be templated, and where the derivative is known to be cheaper.
//
//   const auto log1pexp = wengert::custom(
//       [](const auto& x) { ... return y; },                                     // the value
//       [](const auto& x, const auto& y, const auto& of_y) { ... return of_x; });   // the adjoint of x for that of y
//   adouble y = log1pexp(x);                                                      // or any other scalar
//
// x is a number, a std::vector or a std::array of them, and so is y; `of_x` has the form of x. Both callables get plain numbers,
// never active scalars: double, for second derivatives dual<>, and in check_gradient long double. With callables that take double
// alone there are first derivatives. wengert::check_gradient tells whether the adjoint is right.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/embed/functional.hpp>
#include <wengert/numeric/dependency.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

// A number, or a container of numbers, as a list of them, and back.
template <class X> inline constexpr bool is_one_number = !container_traits<X>::is_container;
template <class X> struct numbers_of { using scalar_type = X; };
template <class X>
requires container_traits<X>::is_container struct numbers_of<X> {
  using scalar_type = typename X::value_type;
};
template <class X> using scalar_of = typename numbers_of<X>::scalar_type;

// f(number) of each number of x, in the same container.
template <class X, class F> auto each_number(const X& x, const F& f) {
  if constexpr (is_one_number<X>) {
    return f(x);
  } else {
    auto r = empty_like<decltype(f(x[0]))>(x);
    for (std::size_t i = 0; i < x.size(); ++i) r[i] = f(x[i]);
    return r;
  }
}
template <class X> auto span_of(X& x) {
  if constexpr (container_traits<std::remove_const_t<X>>::is_container)
    return std::span(x);
  else
    return std::span<X, 1>(&x, 1);
}

template <class Value, class Pullback> class custom_function {
 public:
  custom_function(Value value, Pullback pullback) : value_(std::move(value)), pullback_(std::move(pullback)) {}

  template <class X> auto operator()(const X& x) const {
    using T = scalar_of<X>;
    if constexpr (!scalar<T>) {
      static_assert(std::is_arithmetic_v<T>, "a custom function takes a number, or a std::vector or std::array of numbers");
      return value_(x);
    } else if constexpr (!std::same_as<T, family_t<T>>) {
      return (*this)(each_number(x, [](const T& e) { return family_t<T>(e); }));
    } else {
      return with_derivatives(x, static_cast<const T*>(nullptr));
    }
  }

 private:
  template <class X, class V> auto with_derivatives(const X& x, const active<V>*) const {
    const auto values_of_x = each_number(x, [](const active<V>& n) { return n.value(); });
    const auto y = value_(values_of_x);
    auto result = each_number(y, [](const V& n) { return active<V>(n); });
    bool constant = true;
    for (const active<V>& n : span_of(x)) constant &= n.passive();
    if (constant) return result;
    current_tape<V>().block(span_of(x), span_of(y), span_of(result),
                            [pullback = pullback_, values_of_x, y](std::span<const V> of_outputs, std::span<V> of_inputs) {
                              std::size_t i = 0;
                              const auto of_x =
                                  pullback(values_of_x, y, each_number(y, [&](const V&) { return V(of_outputs[i++]); }));
                              require_form(span_of(of_x).size(), of_inputs.size());
                              for (std::size_t k = 0; k < of_inputs.size(); ++k) of_inputs[k] += span_of(of_x)[k];
                            });
    return result;
  }

  // A row of the Jacobian for each output.
  template <class X, std::size_t N, class V> auto with_derivatives(const X& x, const dual_vec<N, V>*) const {
    using T = dual_vec<N, V>;
    if constexpr (N == 0) {
      const auto y = value_(each_number(x, [](const T& n) { return static_cast<double>(n.value()); }));
      return each_number(y, [](double n) { return T(n); });
    } else {
      const auto values_of_x = each_number(x, [](const T& n) { return n.value(); });
      const auto y = value_(values_of_x);
      auto result = each_number(y, [](const V& n) { return T(n); });
      for (std::size_t row = 0; row < span_of(y).size(); ++row) {
        std::size_t i = 0;
        const auto of_x = pullback_(values_of_x, y, each_number(y, [&](const V&) { return V(i++ == row ? 1 : 0); }));
        require_form(span_of(of_x).size(), span_of(x).size());
        std::array<V, N> tangents{};
        for (std::size_t k = 0; k < span_of(x).size(); ++k)
          for (std::size_t d = 0; d < N; ++d) tangents[d] += strong_product(span_of(x)[k].tangent(d), span_of(of_x)[k]);
        span_of(result)[row] = T(span_of(y)[row], tangents);
      }
      return result;
    }
  }

  template <class X> auto with_derivatives(const X& x, const dependent*) const {
    dependency_graph::node above = 0;
    for (const dependent& n : span_of(x)) above = dependency_graph::above(above, n.node());
    dependency_graph::couple(above, above);
    return each_number(value_(each_number(x, [](const dependent& n) { return n.value(); })),
                       [above](double n) { return dependent(n, above); });
  }

  static void require_form(std::size_t of_pullback, std::size_t inputs) {
    if (of_pullback != inputs) throw error("count", "a pullback returns not as many adjoints as there are inputs");
  }

  Value value_;
  Pullback pullback_;
};

template <class Value, class Pullback> custom_function<Value, Pullback> custom(Value value, Pullback pullback) {
  return {std::move(value), std::move(pullback)};
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
