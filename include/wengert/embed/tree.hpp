// Trees of numbers: what derivatives are taken by and come back as. A tree is a number; a std::vector, array, deque, map,
// optional, pair or tuple of trees, or an Eigen matrix of numbers; or a class with fields that are trees, once params.hpp
// (Boost.Hana) or a specialization of `tree_fields` says which. Parts without floating-point numbers (names, flags, counts) are
// copied.
//
//   std::vector<double> all = wengert::flatten(p);       // the numbers, in order
//   params<double> q = wengert::unflatten(all, p);       // a copy of p with these
//   std::vector<std::string> n = wengert::names(p);      // "layers[0].bias[3]"
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/numeric/dual.hpp>

namespace wengert {

// --- the same tree of other scalars

// `type`: X with T in the place of the floating-point numbers among its template arguments.
template <class X, class T> struct rebound_by_arguments { using type = X; };
// To be specialized for a class that has them elsewhere.
template <class X, class T> struct rebound : rebound_by_arguments<X, T> {};
template <scalar X, class T> struct rebound<X, T> { using type = T; };
template <class X, class T> using rebound_t = typename rebound<X, T>::type;

template <std::floating_point X, class T> struct rebound_by_arguments<X, T> { using type = T; };
template <class X, class T> struct rebound_by_arguments<const X, T> { using type = const rebound_t<X, T>; };
template <class X, std::size_t N, class T> struct rebound_by_arguments<X[N], T> { using type = rebound_t<X, T>[N]; };
template <template <class...> class C, class... A, class T> struct rebound_by_arguments<C<A...>, T> {
  using type = C<rebound_t<A, T>...>;
};
template <template <class, auto, auto...> class C, class X, auto N, auto... M, class T>
struct rebound_by_arguments<C<X, N, M...>, T> {
  using type = C<rebound_t<X, T>, N, M...>;
};
// Keys stay.
template <template <class...> class Map, class K, class V, class... Rest, class T>
requires requires { typename Map<K, V, Rest...>::mapped_type; }
struct rebound_by_arguments<Map<K, V, Rest...>, T> {
  template <class X> struct part { using type = X; };
  template <class X> struct part<std::allocator<X>> { using type = std::allocator<std::pair<const K, rebound_t<V, T>>>; };
  using type = Map<K, rebound_t<V, T>, typename part<Rest>::type...>;
};

// The tree X with a scalar that no user's tree has: where it differs from X, there are numbers to differentiate by.
using tree_slot = dual_vec<1, dual_vec<0>>;
template <class X> using shape_of = rebound_t<X, tree_slot>;
template <class X>
concept tree = !std::same_as<X, shape_of<X>>;

// The scalar that X has for its numbers, inside of a function that is itself differentiated; void for plain numbers.
template <class X> struct scalar_within { using type = void; };
template <class X> using scalar_within_t = typename scalar_within<std::remove_cv_t<X>>::type;
template <scalar X> struct scalar_within<X> { using type = family_t<X>; };
template <class X, std::size_t N> struct scalar_within<X[N]> { using type = scalar_within_t<X>; };
template <template <class...> class C, class X, class... A>
requires(!scalar<C<X, A...>>) struct scalar_within<C<X, A...>> {
  using type =
      typename std::conditional_t<std::is_void_v<scalar_within_t<X>>, scalar_within<std::tuple<A...>>, scalar_within<X>>::type;
};
template <template <class, auto, auto...> class C, class X, auto N, auto... M>
requires(!scalar<C<X, N, M...>>) struct scalar_within<C<X, N, M...>> {
  using type = scalar_within_t<X>;
};

// --- what trees consist of

// The fields of a class: `count`, `get<I>(x)` (a reference), and `name<I>()` (a std::string).
template <class X> struct tree_fields { static constexpr bool known = false; };

template <class... A> struct tuple_fields {
  static constexpr bool known = true;
  static constexpr std::size_t count = sizeof...(A);
  template <std::size_t I, class X> static auto& get(X& x) { return std::get<I>(x); }
  template <std::size_t I> static std::string name() { return "[" + std::to_string(I) + "]"; }
};
template <class... A> struct tree_fields<std::tuple<A...>> : tuple_fields<A...> {};
template <class A, class B> struct tree_fields<std::pair<A, B>> : tuple_fields<A, B> {};

template <class X>
concept field_tree = tree_fields<X>::known;
// Eigen's matrices and arrays that hold their numbers.
template <class X>
concept matrix_tree = requires(X& x) {
  typename X::PlainObject;
  x.rows(), x.cols(), x.data(), x.size();
};
template <class X>
concept map_tree = requires {
  typename X::mapped_type;
};
template <class X>
concept optional_tree = requires(X& x) {
  x.has_value(), x.emplace(), *x;
};
template <class X>
concept sequence_tree = !matrix_tree<X> && !map_tree<X> && requires(X & x) {
  { *std::begin(x) } -> std::same_as<std::remove_cvref_t<decltype(*std::begin(x))>&>;
};

template <class X> inline constexpr bool no_tree = false;

template <class X> std::string matrix_index(const X& x, std::size_t i) {
  const auto rows = static_cast<std::size_t>(x.rows()), columns = static_cast<std::size_t>(x.cols());
  if (rows == 1 || columns == 1) return "[" + std::to_string(i) + "]";
  const std::size_t row = X::IsRowMajor ? i / columns : i % rows, column = X::IsRowMajor ? i % columns : i / rows;
  return "(" + std::to_string(row) + "," + std::to_string(column) + ")";
}
template <class K> std::string key_text(const K& key) {
  if constexpr (std::is_convertible_v<const K&, std::string>)
    return "[" + std::string(key) + "]";
  else if constexpr (requires { std::to_string(key); })
    return "[" + std::to_string(key) + "]";
  else
    return "[]";
}

// No names are wanted.
struct no_path {
  template <class F> no_path operator/(const F&) const { return {}; }
};
struct path {
  std::string text;
  template <class F> path operator/(const F& part) const {
    std::string p = part();
    return {text.empty() || p.starts_with('[') || p.starts_with('(') ? text + p : text + "." + p};
  }
};

// Goes through trees of one shape together: f(path, a, b, ...) for each number and its counterparts. X: the tree of
// floating-point numbers that the shape is of; where they are the same, there is nothing to differentiate by.
template <class X, class Shape, class Path, class F, class First, class... Others>
void walk(const Path& at, const F& f, First& first, Others&... others) {
  if constexpr (std::same_as<Shape, tree_slot>) {
    f(at, first, others...);
  } else if constexpr (std::same_as<X, Shape>) {
  } else if constexpr (field_tree<X>) {
    static_assert(
        field_tree<Shape> && field_tree<std::remove_const_t<First>>,
        "this struct has fields that are known for one scalar only: use BOOST_HANA_DEFINE_STRUCT inside of the template, or "
        "WENGERT_ADAPT_STRUCT_TEMPLATE in the place of BOOST_HANA_ADAPT_STRUCT");
    const auto field = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      using of_x = std::remove_cvref_t<decltype(tree_fields<X>::template get<I>(std::declval<X&>()))>;
      using of_shape = std::remove_cvref_t<decltype(tree_fields<Shape>::template get<I>(std::declval<Shape&>()))>;
      walk<of_x, of_shape>(
          at / [] { return tree_fields<X>::template name<I>(); }, f,
          tree_fields<std::remove_const_t<First>>::template get<I>(first),
          tree_fields<std::remove_const_t<Others>>::template get<I>(others)...);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (field(std::integral_constant<std::size_t, I>{}), ...); }
    (std::make_index_sequence<tree_fields<X>::count>{});
  } else if constexpr (matrix_tree<X>) {
    static_assert(std::floating_point<typename X::Scalar> || scalar<typename X::Scalar>,
                  "only Eigen matrices of numbers are trees");
    for (std::size_t i = 0; i < static_cast<std::size_t>(first.size()); ++i)
      walk<typename X::Scalar, tree_slot>(
          at / [&] { return matrix_index(first, i); }, f, first.data()[i], others.data()[i]...);
  } else if constexpr (map_tree<X>) {
    for (auto& [key, value] : first)
      walk<typename X::mapped_type, typename Shape::mapped_type>(
          at / [&k = key] { return key_text(k); }, f, value, others.find(key)->second...);
  } else if constexpr (optional_tree<X>) {
    if (first.has_value())
      walk<std::remove_cvref_t<decltype(*std::declval<X&>())>, std::remove_cvref_t<decltype(*std::declval<Shape&>())>>(
          at, f, *first, *others...);
  } else if constexpr (sequence_tree<X>) {
    using of_x = std::remove_cvref_t<decltype(*std::begin(std::declval<X&>()))>;
    using of_shape = std::remove_cvref_t<decltype(*std::begin(std::declval<Shape&>()))>;
    const auto step = [&](auto... other) {
      std::size_t i = 0;
      for (auto& element : first) {
        walk<of_x, of_shape>(
            at / [i] { return "[" + std::to_string(i) + "]"; }, f, element, *other...);
        ++i;
        (++other, ...);
      }
    };
    step(std::begin(others)...);
  } else {
    static_assert(
        no_tree<X>,
        "the numbers inside of this type cannot be seen: make it a struct of Boost.Hana and include wengert/embed/params.hpp, or "
        "specialize wengert::tree_fields; a pointer, a variant or a set cannot be differentiated by");
  }
}

// Gives `to` the lengths, keys and constants of `from`.
template <class X, class Shape, class To> void copy_structure(const X& from, To& to) {
  if constexpr (std::same_as<Shape, tree_slot>) {
  } else if constexpr (std::same_as<X, Shape>) {
    if constexpr (std::is_assignable_v<To&, const X&>) {
      to = from;
    } else if constexpr (std::is_array_v<X>) {
      for (std::size_t i = 0; i < std::size(from); ++i)
        copy_structure<std::remove_extent_t<X>, std::remove_extent_t<Shape>>(from[i], to[i]);
    } else {
      static_assert(no_tree<X>, "a field that is no number is copied, so it must be assignable, and not const");
    }
  } else if constexpr (field_tree<X> && field_tree<Shape> && field_tree<To>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (copy_structure<std::remove_cvref_t<decltype(tree_fields<X>::template get<I>(std::declval<X&>()))>,
                      std::remove_cvref_t<decltype(tree_fields<Shape>::template get<I>(std::declval<Shape&>()))>>(
           tree_fields<X>::template get<I>(from), tree_fields<To>::template get<I>(to)),
       ...);
    }
    (std::make_index_sequence<tree_fields<X>::count>{});
  } else if constexpr (matrix_tree<X>) {
    to.resize(from.rows(), from.cols());
  } else if constexpr (map_tree<X>) {
    for (const auto& [key, value] : from) copy_structure<typename X::mapped_type, typename Shape::mapped_type>(value, to[key]);
  } else if constexpr (optional_tree<X>) {
    if (from.has_value())
      copy_structure<std::remove_cvref_t<decltype(*from)>, std::remove_cvref_t<decltype(*std::declval<Shape&>())>>(*from,
                                                                                                                   to.emplace());
  } else if constexpr (sequence_tree<X>) {
    if constexpr (requires { to.resize(std::size(from)); }) to.resize(std::size(from));
    using of_x = std::remove_cvref_t<decltype(*std::begin(from))>;
    using of_shape = std::remove_cvref_t<decltype(*std::begin(std::declval<Shape&>()))>;
    if constexpr (!std::same_as<of_shape, tree_slot>) {
      auto other = std::begin(to);
      for (const auto& element : from) copy_structure<of_x, of_shape>(element, *other++);
    }
  }
}

// --- for users

// Calls f(number) for each number of x, in order.
template <class X, class F>
requires tree<std::remove_const_t<X>>
void for_each_number(X& x, const F& f) {
  using plain = std::remove_const_t<X>;
  walk<plain, shape_of<plain>>(
      no_path{}, [&f](const no_path&, auto& number) { f(number); }, x);
}

template <tree X> std::size_t count_numbers(const X& x) {
  std::size_t count = 0;
  for_each_number(x, [&count](const auto&) { ++count; });
  return count;
}

template <tree X> std::vector<double> flatten(const X& x) {
  std::vector<double> all;
  for_each_number(x, [&all](const auto& number) { all.push_back(static_cast<double>(number)); });
  return all;
}

// The tree x, with T for numbers: `next(number)` of each, in order.
template <class T, tree X, class F> rebound_t<X, T> rebuilt(const X& x, F next) {
  using R = rebound_t<X, T>;
  if constexpr (std::floating_point<X> || scalar<X>) {
    return T(next(x));
  } else {
    static_assert(std::is_default_constructible_v<R>, "a struct of parameters needs a default constructor for every scalar");
    R result{};
    copy_structure<X, shape_of<X>>(x, result);
    walk<X, shape_of<X>>(
        no_path{}, [&next](const no_path&, const auto& from, auto& to) { to = next(from); }, x, result);
    return result;
  }
}

// A copy of `like` with these numbers.
template <tree X> X unflatten(std::span<const double> numbers, const X& like) {
  if (numbers.size() != count_numbers(like))
    throw error("count", "there are " + std::to_string(numbers.size()) + " values for " + std::to_string(count_numbers(like)) +
                             " numbers");
  X result = like;
  std::size_t i = 0;
  for_each_number(result, [&](auto& number) { number = static_cast<std::remove_cvref_t<decltype(number)>>(numbers[i++]); });
  return result;
}

// Where each number is: "layers[0].bias[3]"; empty for a tree that is one number.
template <tree X> std::vector<std::string> names(const X& x) {
  std::vector<std::string> all;
  walk<X, shape_of<X>>(
      path{}, [&all](const path& at, const auto&) { all.push_back(at.text); }, x);
  return all;
}

}  // namespace wengert
