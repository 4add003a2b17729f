#include <wengert/core/registry.hpp>

#include <array>
#include <type_traits>
#include <utility>

#include <boost/hana/for_each.hpp>
#include <boost/hana/range.hpp>
#include <boost/hana/tuple.hpp>

#include "op_values.hpp"

namespace wengert {

namespace {

namespace hana = boost::hana;
using namespace ops;

constexpr auto first_function = static_cast<std::size_t>(opcode::exp), no_function = static_cast<std::size_t>(opcode::count_);
constexpr auto codes = hana::to_tuple(hana::range_c<std::size_t, first_function, no_function>);

template <class Row> constexpr bool is_written = requires { sizeof(Row); };
template <class Row> constexpr bool has_name = requires { std::string_view(Row::name); };
template <class Row, class T> constexpr bool has_value = requires(T x) {
  requires Row::arity == 1;
  { Row::value(x) } -> std::same_as<T>;
}
|| requires(T x) {
  requires Row::arity == 2;
  { Row::value(x, x) } -> std::same_as<T>;
};
template <opcode Code> op_info make_row() {
  using Row = row<Code>;
  static_assert(is_written<Row>, "every function in opcode.hpp needs a row in op_values.hpp");
  static_assert(has_name<Row>, "a function needs the name that users write");
  static_assert(Row::arity == 1 || Row::arity == 2, "a function has one or two arguments");
  static_assert(has_value<Row, double> && has_value<Row, long double>, "a function needs value<T>(T...) for every floating type");
  static_assert(Row::sample.lo < Row::sample.hi, "a function needs an interval to sample its arguments from");
  constexpr auto k = static_cast<std::size_t>(Code) - first_function;
  op_info info{calculus_of_functions()[k], Row::name, Row::aliases, Row::arity, Row::sample, nullptr, nullptr};
  if constexpr (Row::arity == 1) {
    info.value = [](const double* a) { return Row::value(a[0]); };
    info.value_long = [](const long double* a) { return Row::value(a[0]); };
  } else {
    info.value = [](const double* a) { return Row::value(a[0], a[1]); };
    info.value_long = [](const long double* a) { return Row::value(a[0], a[1]); };
  }
  return info;
}

const std::vector<op_info>& table() {
  static const std::vector<op_info> all = [] {
    std::vector<op_info> r;
    hana::for_each(codes, [&](auto code) { r.push_back(make_row<static_cast<opcode>(decltype(code)::value)>()); });
    return r;  // in the order of opcode
  }();
  return all;
}

}  // namespace

std::span<const op_info> functions() { return table(); }

const op_info* find_function(opcode code) {
  auto k = static_cast<std::size_t>(code);
  return k < first_function || k >= no_function ? nullptr : &table()[k - first_function];
}

const op_info* find_function(std::string_view name) {
  for (const op_info& f : table()) {
    if (f.name == name) return &f;
    for (std::string_view a : f.aliases)
      if (a == name) return &f;
  }
  return nullptr;
}

}  // namespace wengert
