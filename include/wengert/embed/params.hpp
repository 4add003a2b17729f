// Structs of parameters, described to Boost.Hana, as what derivatives are taken by:
//
//   template <class T> struct layer {
//     BOOST_HANA_DEFINE_STRUCT(layer, (std::vector<T>, weights), (T, bias), (std::string, name));
//   };
//   layer<double> g = wengert::grad(loss)(p);            // loss takes a layer<T> for any T
//
// A struct that is no template over its scalar cannot hold other scalars. Then the function gets a view with the same fields,
// which are reached by name, in the struct itself too:
//
//   BOOST_HANA_ADAPT_STRUCT(point, x, y);
//   auto loss = [](const auto& p) { return wengert::field<"x">(p)*wengert::field<"y">(p); };
//   point g = wengert::grad(loss)(point{2, 3});
#pragma once

#include <cstddef>
#include <string_view>

#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/at.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

#include <wengert/embed/functional.hpp>

namespace wengert {

template <class X>
concept hana_struct = boost::hana::Struct<X>::value;

template <hana_struct X> struct tree_fields<X> {
  static constexpr bool known = true;
  static constexpr std::size_t count = decltype(boost::hana::length(boost::hana::accessors<X>()))::value;
  template <std::size_t I, class Y> static decltype(auto) get(Y& x) {
    return boost::hana::second(boost::hana::at_c<I>(boost::hana::accessors<X>()))(x);
  }
  template <std::size_t I> static constexpr std::string_view name_of() {
    return std::remove_cvref_t<decltype(boost::hana::first(boost::hana::at_c<I>(boost::hana::accessors<X>())))>::c_str();
  }
  template <std::size_t I> static std::string name() { return std::string(name_of<I>()); }
};

template <class X, std::size_t I> using field_t =
    std::remove_cvref_t<decltype(tree_fields<X>::template get<I>(std::declval<X&>()))>;

// The view: the fields of X, with T for numbers.
template <class X, class T, class Fields = std::make_index_sequence<tree_fields<X>::count>> class fields_of;
template <class X, class T, std::size_t... I> class fields_of<X, T, std::index_sequence<I...>> {
 public:
  std::tuple<rebound_t<field_t<X, I>, T>...> values;
};
template <class X, class T, std::size_t... J> struct tree_fields<fields_of<X, T, std::index_sequence<J...>>> : tree_fields<X> {
  template <std::size_t I, class Y> static auto& get(Y& x) { return std::get<I>(x.values); }
};

template <class X, class Fields = std::make_index_sequence<tree_fields<X>::count>> inline constexpr bool has_numbers = false;
template <class X, std::size_t... I>
inline constexpr bool has_numbers<X, std::index_sequence<I...>> = (tree<field_t<X, I>> || ...);
// Its template arguments do not say of which scalars it consists.
template <class X>
concept fixed_struct = hana_struct<X> && std::same_as<X, typename rebound_by_arguments<X, tree_slot>::type> && has_numbers<X>;
template <fixed_struct X, class T> struct rebound<X, T> { using type = fields_of<X, T>; };

// --- fields by name

template <std::size_t N> struct field_name {
  char text[N];
  constexpr field_name(const char (&s)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
};

template <class X, field_name Name> constexpr std::size_t field_index() {
  std::size_t found = tree_fields<X>::count;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((tree_fields<X>::template name_of<I>() == std::string_view(Name.text) ? void(found = I) : void()), ...);
  }
  (std::make_index_sequence<tree_fields<X>::count>{});
  return found;
}

// field<"x">(p): the field of a struct, or of the view of a struct.
template <field_name Name, class X>
requires(tree_fields<std::remove_const_t<X>>::known) auto& field(X& x) {
  using plain = std::remove_const_t<X>;
  constexpr std::size_t index = field_index<plain, Name>();
  static_assert(index < tree_fields<plain>::count, "the struct has no field of this name");
  return tree_fields<plain>::template get<index>(x);
}

}  // namespace wengert

// Outside of all namespaces: WENGERT_ADAPT_STRUCT_TEMPLATE(name, field...) describes the struct template `template <class T>
// struct name` for every T at once, as BOOST_HANA_ADAPT_STRUCT does a struct. At most 64 fields.
#define WENGERT_ADAPT_STRUCT_TEMPLATE(name, ...)                                   \
  template <class T> struct boost::hana::accessors_impl<name<T>> {                 \
    template <class...> static constexpr auto apply() {                            \
      return boost::hana::make_tuple(WENGERT_EXPAND(WENGERT_FIELDS(__VA_ARGS__))); \
    }                                                                              \
  }
#define WENGERT_FIELDS(field, ...)                                          \
  boost::hana::make_pair(                                                   \
      BOOST_HANA_STRING(#field), [](auto&& x) -> auto& { return x.field; }) \
      __VA_OPT__(, WENGERT_MORE_FIELDS WENGERT_NOTHING()()(__VA_ARGS__))
#define WENGERT_MORE_FIELDS() WENGERT_FIELDS
#define WENGERT_NOTHING()
#define WENGERT_EXPAND(...) WENGERT_EXPAND_16(WENGERT_EXPAND_16(WENGERT_EXPAND_16(WENGERT_EXPAND_16(__VA_ARGS__))))
#define WENGERT_EXPAND_16(...) WENGERT_EXPAND_4(WENGERT_EXPAND_4(WENGERT_EXPAND_4(WENGERT_EXPAND_4(__VA_ARGS__))))
#define WENGERT_EXPAND_4(...) WENGERT_EXPAND_1(WENGERT_EXPAND_1(WENGERT_EXPAND_1(WENGERT_EXPAND_1(__VA_ARGS__))))
#define WENGERT_EXPAND_1(...) __VA_ARGS__
