#include <wengert/core/registry.hpp>

#include <array>
#include <type_traits>
#include <utility>

#include <boost/hana/for_each.hpp>
#include <boost/hana/range.hpp>
#include <boost/hana/tuple.hpp>

#include <wengert/core/matrix.hpp>

namespace wengert {

namespace ops {

term raised(const term& base, const term& exponent) {
  const tape& t = base.in().on;
  node_id n = exponent.as_edge().node;
  return t.is_constant(n) ? power(base, t.value(n)) : pow(base, exponent);
}

term shifted(const term& x, int k) {
  const tape& t = x.in().on;
  node_id n = x.as_edge().node;
  return t.is_constant(n) ? x.number(t.value(n) + k) : x + k;
}

integer_form integer_by_form(const term& y) {
  const tape& t = y.in().on;
  std::vector<node_id> stack{y.as_edge().node};
  integer_form all{true, true};
  while (!stack.empty() && all.integer) {
    node_id n = stack.back();
    stack.pop_back();
    switch (t.op(n)) {
      case opcode::dim_value:
      case opcode::delta: break;
      case opcode::constant:
        all.integer = is_integer(t.value(n));
        all.nonnegative = all.nonnegative && t.value(n) >= 0;
        break;
      case opcode::index_value: all.nonnegative = all.nonnegative && t.surely_le({none, 0}, t.range_of(t.out(n)[0]).lo); break;
      case opcode::symbol:
        all.integer = t.symbol(t.symbol_of(n)).integer_valued;
        all.nonnegative = false;
        break;
      case opcode::add:
      case opcode::mul:
        for (edge_view e : t.args(n)) stack.push_back(e.node);
        break;
      default: all.integer = false;
    }
  }
  return all;
}

}  // namespace ops

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
template <class Row> constexpr bool has_partial = requires(const term& x) {
  requires Row::arity == 1;
  { Row::partial(x) } -> std::same_as<term>;
}
|| requires(const term& x) {
  requires Row::arity == 2;
  { Row::partial(x, x) } -> std::same_as<std::array<term, 2 - Row::parameters>>;
};

template <opcode Code> op_info make_row() {
  using Row = row<Code>;
  static_assert(is_written<Row>, "every function in opcode.hpp needs a row in ops.hpp");
  static_assert(has_name<Row>, "a function needs the name that users write");
  static_assert(Row::arity == 1 || Row::arity == 2, "a function has one or two arguments");
  static_assert(Row::parameters >= 0 && Row::parameters < Row::arity, "a function is differentiable by its last argument");
  static_assert(has_value<Row, double> && has_value<Row, long double>, "a function needs value<T>(T...) for every floating type");
  static_assert(has_partial<Row>, "a function needs its partial derivatives");
  static_assert(Row::sample.lo < Row::sample.hi, "a function needs an interval to sample its arguments from");
  op_info info{};
  info.code = Code;
  info.name = Row::name;
  info.aliases = Row::aliases;
  info.arity = Row::arity;
  info.parameters = Row::parameters;
  info.sign = Row::sign;
  info.nowhere_zero = Row::nowhere_zero;
  info.continuous = Row::continuous;
  info.sample = Row::sample;
  if constexpr (Row::arity == 1) {
    info.value = [](const double* a) { return Row::value(a[0]); };
    info.value_long = [](const long double* a) { return Row::value(a[0]); };
    info.partial = [](std::span<const term> a) { return std::vector<term>{Row::partial(a[0])}; };
    info.defined = [](std::span<const term> a) { return Row::defined(a[0]); };
    info.smooth = [](std::span<const term> a) { return Row::smooth(a[0]); };
  } else {
    info.value = [](const double* a) { return Row::value(a[0], a[1]); };
    info.value_long = [](const long double* a) { return Row::value(a[0], a[1]); };
    info.partial = [](std::span<const term> a) {
      auto all = Row::partial(a[0], a[1]);
      return std::vector<term>(all.begin(), all.end());
    };
    info.defined = [](std::span<const term> a) { return Row::defined(a[0], a[1]); };
    info.smooth = [](std::span<const term> a) { return Row::smooth(a[0], a[1]); };
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

namespace {

std::vector<term> arguments(const tape& t, node_id n, frame& f) {
  std::vector<term> r;
  for (edge_view e : t.args(n)) r.emplace_back(f, edge(e));
  return r;
}

}  // namespace

namespace {

// det(A) != 0, A being the matrix that n is a function of.
conditions regular(node_id n, frame& f) {
  node_id d = of_same_matrix(f.on, opcode::det, n);
  return {nonzero(term(f, edge{d, tape::straight(f.on.rank(d))}))};
}

}  // namespace

conditions defined_conditions(const tape& t, node_id n, frame& f) {
  if (t.op(n) == opcode::inv) return regular(n, f);
  if (t.op(n) == opcode::power) {
    const rational& p = t.value(n);
    term base(f, t.arg(n, 0));
    if (is_integer(p)) return p < 0 ? conditions{nonzero(base)} : conditions{};
    return {p < 0 ? positive(base) : nonnegative(base)};
  }
  const op_info* info = find_function(t.op(n));
  return info ? info->defined(arguments(t, n, f)) : conditions{};
}

conditions smooth_conditions(const tape& t, node_id n, frame& f) {
  if (t.op(n) == opcode::adj) return regular(n, f);  // its derivative is written with the inverse
  if (t.op(n) == opcode::power) {
    const rational& p = t.value(n);
    if (!is_integer(p)) return {positive(term(f, t.arg(n, 0)))};
    return {};
  }
  if (t.op(n) == opcode::select) {  // a kink where the condition turns
    edge l = t.arg(n, 0), r = t.arg(n, 1);
    return {nonzero(term(f, l) - term(f, r))};
  }
  const op_info* info = find_function(t.op(n));
  return info ? info->smooth(arguments(t, n, f)) : conditions{};
}

}  // namespace wengert
