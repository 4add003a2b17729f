// Derivatives of plain callables.
//
//   auto f = [](const auto& x) { return x[0]*x[0] + sin(x[1]); };
//   std::vector<double> g = wengert::grad(f)(std::vector<double>{1, 2});
//
// A callable takes a T, a std::vector<T>, or another tree of numbers (tree.hpp; structs of them: params.hpp) for any scalar T. It
// returns a scalar, or for `jacobian`, `jvp` and `vjp` also a container of them. Derivatives are taken at the same tree of
// double, and come back as one; Jacobians and Hessians count its numbers in the order of `flatten`. An input that does not matter
// has exact zeros.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/embed/tree.hpp>
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

// The outputs of f as scalars T, in order: a scalar is one output.
template <class T, class R> void append_outputs(std::vector<T>& all, const R& result) {
  if constexpr (std::is_convertible_v<const R&, T>) {
    all.push_back(T(result));
  } else if constexpr (matrix_tree<const R>) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(result.size()); ++i) all.push_back(result.data()[i]);
  } else if constexpr (field_tree<R>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (append_outputs(all, tree_fields<R>::template get<I>(result)), ...); }
    (std::make_index_sequence<tree_fields<R>::count>{});
  } else {
    for (const auto& part : result) append_outputs(all, part);
  }
}
template <class T, class R> std::vector<T> outputs_of(const R& result) {
  std::vector<T> all;
  append_outputs(all, result);
  return all;
}

template <class X> constexpr void require_tree() {
  static_assert(tree<X>,
                "there is no floating-point number to differentiate by: a whole number needs a decimal point, and a struct must "
                "be described to Boost.Hana (BOOST_HANA_DEFINE_STRUCT, BOOST_HANA_ADAPT_STRUCT), with wengert/embed/params.hpp "
                "included");
}

template <class X> constexpr void require_plain_numbers() {
  static_assert(std::is_void_v<scalar_within_t<X>>,
                "the inputs are scalars that carry derivatives already: inside of a function that is differentiated, grad and "
                "value_and_grad work, and for the others there is dual<T>");
}

// What f returns for scalars T, if it is one number.
template <class T, class F, class X> T one_output(const F& f, const X& x) {
  static_assert(std::is_invocable_v<const F&, const X&>,
                "the function cannot be called with the inputs for other scalars than double: "
                "it takes any T, or const auto&");
  if constexpr (std::is_invocable_v<const F&, const X&>) {
    static_assert(std::is_convertible_v<std::invoke_result_t<const F&, const X&>, T>,
                  "the function returns no number: gradients and Hessians are of functions with one output; for several there is "
                  "jacobian");
    return f(x);
  }
}

// --- tapes to work on: each thread keeps those that it has used, unless they grew large

template <class V> class borrowed_tape {
 public:
  borrowed_tape() {
    auto& kept = spare().tapes;
    if (kept.empty()) {
      tape_ = new basic_jacobian_tape<V>(not_current);
    } else {
      tape_ = kept.back();
      kept.pop_back();
    }
  }
  ~borrowed_tape() {
    constexpr std::size_t large = std::size_t{1} << 26;
    if (tape_ == nullptr) return;
    if (tape_->bytes() > large) {
      delete tape_;
    } else {
      tape_->clear();
      spare().tapes.push_back(tape_);
    }
  }
  borrowed_tape(borrowed_tape&& o) noexcept : tape_(o.tape_) { o.tape_ = nullptr; }
  basic_jacobian_tape<V>& operator*() const { return *tape_; }
  basic_jacobian_tape<V>* operator->() const { return tape_; }

 private:
  struct owner {
    std::vector<basic_jacobian_tape<V>*> tapes;
    ~owner() {
      for (basic_jacobian_tape<V>* t : tapes) delete t;
    }
  };
  static owner& spare() {
    thread_local owner kept;
    return kept;
  }
  basic_jacobian_tape<V>* tape_;
};

// --- inputs: the tree x with active scalars, as one block of the tape

template <class V, tree X> struct recorded_inputs {
  rebound_t<X, active<V>> x;
  variables block;
};
// `moving(number, i)`: the V of the i-th number.
template <class V, tree X, class F>
recorded_inputs<V, X> record_inputs(basic_jacobian_tape<V>& tape, const X& x, const F& moving) {
  std::size_t i = 0;
  recorded_inputs<V, X> r{rebuilt<active<V>>(x, [&](auto number) { return active<V>(moving(static_cast<double>(number), i++)); }),
                          {}};
  if constexpr (numbers<X>) {
    r.block = tape.inputs(r.x);
  } else {
    std::vector<active<V>> all;
    all.reserve(i);
    const auto each = [&](const auto& f) {
      walk<X, shape_of<X>>(
          no_path{}, [&f](const no_path&, active<V>& number) { f(number); }, r.x);
    };
    each([&](active<V>& number) { all.push_back(number); });
    r.block = tape.inputs(all);
    i = 0;
    each([&](active<V>& number) { number = all[i++]; });
  }
  return r;
}
template <tree X> recorded_inputs<double, X> record_inputs(jacobian_tape& tape, const X& x) {
  return record_inputs<double>(tape, x, [](double number, std::size_t) { return number; });
}

// The tree x of numbers given by their places, in the order of `flatten`.
template <class T, tree X, class F> rebound_t<X, T> rebuilt_by_index(const X& x, const F& number_at) {
  std::size_t i = 0;
  return rebuilt<T>(x, [&]<class N>(const N& number) {
    if constexpr (std::floating_point<N>)
      return number_at(static_cast<double>(number), i++);
    else
      return number_at(number, i++);
  });
}
template <tree X, class F> X tree_like(const X& x, const F& number_at) {
  X result = x;
  std::size_t i = 0;
  for_each_number(result, [&](auto& number) { number = static_cast<std::remove_cvref_t<decltype(number)>>(number_at(i++)); });
  return result;
}

// --- first derivatives of one output

template <class X, class Number = double> struct value_and_gradient {
  Number value;
  X gradient;
};

// The directions that are carried together.
inline constexpr std::size_t directions_at_once = 8;

// By runs of forward types over S, the scalar of x.
template <class S, class F, tree X> value_and_gradient<X, S> value_and_grad_over(const F& f, const X& x) {
  using T = dual_vec<directions_at_once, S>;
  const std::size_t count = count_numbers(x);
  S value(0);
  std::vector<S> slopes;
  for (std::size_t first = 0; first < count || first == 0; first += directions_at_once) {
    const auto moving = rebuilt_by_index<T>(x, [first](const auto& number, std::size_t i) {
      return i >= first && i - first < directions_at_once ? T::variable(S(number), i - first) : T(S(number));
    });
    const T y = one_output<T>(f, moving);
    value = y.value();
    for (std::size_t i = 0; i < directions_at_once && first + i < count; ++i) slopes.push_back(y.tangent(i));
  }
  return {value, tree_like(x, [&](std::size_t i) { return slopes[i]; })};
}

// value_and_grad(f)(x): f(x) and its gradient, by one recording and one reverse sweep. Where x consists of scalars T, in a
// function that is differentiated, so do the value and the gradient.
template <class F> auto value_and_grad(F f) {
  return [f = std::move(f)]<class X>(const X& x) {
    require_tree<X>();
    if constexpr (!std::is_void_v<scalar_within_t<X>>) {
      return value_and_grad_over<scalar_within_t<X>>(f, x);
    } else {
      borrowed_tape<double> tape;
      tape_scope scope(*tape);
      const auto inputs = record_inputs(*tape, x);
      const adouble y = one_output<adouble>(f, inputs.x);
      const auto gradient = tape->gradient(y, inputs.block);
      return value_and_gradient<X>{y.value(), tree_like(x, [&](std::size_t i) { return gradient[i]; })};
    }
  };
}

// grad(f)(x): the gradient alone.
template <class F> auto grad(F f) {
  return [both = value_and_grad(std::move(f))]<class X>(const X& x) {
    require_tree<X>();
    return both(x).gradient;
  };
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

template <class F, tree X> dense_matrix jacobian_forward(const F& f, const X& x) {
  using T = dual_vec<directions_at_once>;
  const std::size_t count = count_numbers(x);
  dense_matrix result(0, count);
  for (std::size_t first = 0; first < count || first == 0; first += directions_at_once) {
    const std::size_t last = first + directions_at_once < count ? first + directions_at_once : count;
    const auto moving = rebuilt_by_index<T>(
        x, [&](double number, std::size_t i) { return i >= first && i < last ? T::variable(number, i - first) : T(number); });
    const std::vector<T> y = outputs_of<T>(f(moving));
    if (first == 0) result = dense_matrix(y.size(), count);
    for (std::size_t i = first; i < last; ++i)
      for (std::size_t row = 0; row < y.size(); ++row) result(row, i) = y[row].tangent(i - first);
  }
  return result;
}

// jacobian(f)(x). Records once; then a reverse sweep for each output, or, where there are more outputs than runs of the forward
// type would take, those.
template <class F> auto jacobian(F f) {
  return [f = std::move(f)]<class X>(const X& x) {
    require_tree<X>();
    require_plain_numbers<X>();

    borrowed_tape<double> tape;
    tape_scope scope(*tape);
    const auto inputs = record_inputs(*tape, x);
    const std::size_t count = inputs.block.size();
    if (count <= directions_at_once) return jacobian_forward(f, x);
    const std::vector<adouble> y = outputs_of<adouble>(f(inputs.x));
    if (y.size() > count / directions_at_once + 1) return jacobian_forward(f, x);
    dense_matrix result(y.size(), count);
    for (std::size_t row = 0; row < y.size(); ++row) {
      const auto gradient = tape->gradient(y[row], inputs.block);
      for (std::size_t i = 0; i < count; ++i) result(row, i) = gradient[i];
    }
    return result;
  };
}

template <tree X> std::vector<double> direction_for(const X& x, const X& v) {
  std::vector<double> direction = flatten(v);
  if (direction.size() != count_numbers(x)) throw error("count", "the direction has not as many numbers as the inputs");
  return direction;
}

template <class Y> struct value_and_tangent { Y value, tangent; };

// jvp(f)(x, v): f(x) and the Jacobian times v, by one forward run. What f returns in a vector, an array or alone comes back so;
// the numbers of other containers in a vector.
template <class F> auto jvp(F f) {
  return [f = std::move(f)]<class X>(const X& x, const X& v) {
    require_tree<X>();
    require_plain_numbers<X>();

    const std::vector<double> direction = direction_for(x, v);
    const auto y = f(rebuilt_by_index<dual<>>(x, [&](double number, std::size_t i) { return dual<>(number, direction[i]); }));
    using R = std::decay_t<decltype(y)>;
    if constexpr (std::is_convertible_v<R, dual<>>) {
      return value_and_tangent<double>{dual<>(y).value(), dual<>(y).tangent()};
    } else {
      const std::vector<dual<>> all = outputs_of<dual<>>(y);
      const auto numbers_of = [&](auto number_of) {
        const auto set = [&](auto r) {
          for (std::size_t i = 0; i < all.size(); ++i) r[i] = number_of(all[i]);
          return r;
        };
        if constexpr (container_traits<R>::is_container)
          return set(empty_like<double>(y));
        else
          return set(std::vector<double>(all.size()));
      };
      auto value = numbers_of([](const dual<>& z) { return z.value(); });
      return value_and_tangent<decltype(value)>{std::move(value), numbers_of([](const dual<>& z) { return z.tangent(); })};
    }
  };
}

// The transposed Jacobian at one point, times as many vectors as it is asked for, each by one reverse sweep. It keeps the
// recording.
template <class X> class pullback {
 public:
  template <class F> pullback(const F& f, const X& x) : like_(x) {
    tape_scope scope(*tape_);
    const auto inputs = record_inputs(*tape_, x);
    inputs_ = inputs.block;
    outputs_ = outputs_of<adouble>(f(inputs.x));
  }
  // One weight an output.
  X operator()(const std::vector<double>& weights) {
    tape_scope scope(*tape_);
    tape_->reverse(outputs_, weights);
    const auto adjoints = tape_->adjoints(inputs_);
    return tree_like(like_, [&](std::size_t i) { return adjoints[i]; });
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
  X like_;
};

// vjp(f)(x): the pullback of f at x.
template <class F> auto vjp(F f) {
  return [f = std::move(f)]<class X>(const X& x) {
    require_tree<X>();
    require_plain_numbers<X>();
    return pullback<X>(f, x);
  };
}

// --- second derivatives of one output: adjoints of tangents

// hvp(f)(x, v): the Hessian times v.
template <class F> auto hvp(F f) {
  return [f = std::move(f)]<class X>(const X& x, const X& v) {
    require_tree<X>();
    require_plain_numbers<X>();

    const std::vector<double> direction = direction_for(x, v);
    borrowed_tape<dual<>> tape;
    tape_scope scope(*tape);
    const auto inputs =
        record_inputs<dual<>>(*tape, x, [&](double number, std::size_t i) { return dual<>(number, direction[i]); });
    const auto y = one_output<active<dual<>>>(f, inputs.x);
    const auto gradient = tape->gradient(y, inputs.block);
    return tree_like(x, [&](std::size_t i) { return gradient[i].tangent(); });
  };
}

// hessian(f)(x).
template <class F> auto hessian(F f) {
  return [f = std::move(f)]<class X>(const X& x) {
    require_tree<X>();
    require_plain_numbers<X>();

    constexpr std::size_t at_once = 4;
    using V = dual_vec<at_once>;
    const std::size_t count = count_numbers(x);
    dense_matrix result(count, count);
    borrowed_tape<V> tape;
    tape_scope scope(*tape);
    for (std::size_t first = 0; first < count; first += at_once) {
      tape->clear();
      const std::size_t last = first + at_once < count ? first + at_once : count;
      const auto inputs = record_inputs<V>(*tape, x, [&](double number, std::size_t i) {
        return i >= first && i < last ? V::variable(number, i - first) : V(number);
      });
      const auto y = one_output<active<V>>(f, inputs.x);
      const auto gradient = tape->gradient(y, inputs.block);
      for (std::size_t j = 0; j < count; ++j)
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
template <class F, tree X> gradient_check check_gradient(const F& f, const X& x, double tolerance = 1e-7) {
  const std::vector<double> reverse = flatten(grad(f)(x)), at = flatten(x);
  const dense_matrix forward = jacobian_forward(f, x);
  gradient_check result;
  double largest = -1;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto f_at = [&](long double t) {
      const auto moved =
          rebuilt_by_index<extended>(x, [&](double number, std::size_t j) { return extended(j == i ? t : number); });
      return static_cast<long double>(one_output<extended>(f, moved).value());
    };
    const long double c = at[i], h = 5e-4L * std::fmax(1.0L, std::fabs(c));
    const double slope = static_cast<double>((8 * (f_at(c + h) - f_at(c - h)) - (f_at(c + 2 * h) - f_at(c - 2 * h))) / (12 * h));
    const double scale = std::fmax(1.0, std::fmax(std::fabs(reverse[i]), std::fabs(slope)));
    const double apart = std::fabs(reverse[i] - slope), from_forward = std::fabs(reverse[i] - forward(0, i));
    const double difference = (apart < from_forward ? from_forward : apart) / scale;
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
