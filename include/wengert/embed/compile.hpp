// Functions that are compiled: recorded once, simplified with proofs, and lowered to programs (program.hpp) of their value and
// their derivatives.
//
//   const auto f = wengert::compile([](auto x, auto y) { return x*sin(x*y); });
//   std::vector<double> g = f.gradient(1.0, 2.0), h = f.hessian(1.0, 2.0);
//   f.gradients().run_batch(count, inputs, outputs, threads);  // many evaluations
//
//   const auto loss = wengert::compile("cross_entropy(softmax(z), y)", {"z"}, {.declare = {"z, y: vector[1000]"}});
//   std::vector<double> g = loss.gradient(z, y);
//
// What is compiled is const, and threads may share it. A program is made when it is first asked for. Before it is differentiated,
// a function takes the form that rounds well (stable.hpp), for graphs that are not large one that the kernel has proved equal:
// logarithms of exponentials are opened, and what is taken out of exponents counts as constant. So log-sum-exp has the derivative
// softmax, and softmax cross-entropy has softmax minus labels, whatever stands around them and however large the logits are.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/embed/compiled.hpp>
#include <wengert/embed/expr.hpp>
#include <wengert/embed/functional.hpp>

namespace wengert {

// A function of the named numbers, recorded: `f` gets a std::vector<expr> of them.
template <class F> recorded_function record_function(const F& f, const std::vector<std::string>& names) {
  recorded_function r{std::make_unique<tape>(), {}, {}};
  std::vector<expr> x;
  for (const std::string& name : names) {
    const node_id n = r.on->symbol(name, {});
    r.inputs.push_back(r.on->symbol_of(n));
    x.emplace_back(*r.on, n);
  }
  for (const expr& y : outputs_of<expr>(f(x))) r.outputs.push_back(y.on(*r.on));
  return r;
}

inline std::vector<std::string> numbered(std::string_view name, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < count; ++k) names.push_back(std::string(name) + "[" + std::to_string(k) + "]");
  return names;
}

// f takes a tree of numbers such as `like` (tree.hpp), of any scalar: its inputs are the numbers of `flatten`.
template <class T = double, tree X, class F> basic_compiled<T> compile(const F& f, const X& like, const compile_options& o = {}) {
  std::vector<std::string> where = names(like);
  for (std::string& name : where)
    if (name.empty() || name.starts_with('[') || name.starts_with('(')) name.insert(0, "x");
  return {record_function(
              [&](const std::vector<expr>& x) {
                std::size_t i = 0;
                return f(rebuilt<expr>(like, [&](auto) { return x[i++]; }));
              },
              where),
          o};
}

// f takes `count` numbers in a std::vector, of any scalar.
template <class T = double, class F, std::integral N>
basic_compiled<T> compile(const F& f, N count, const compile_options& o = {}) {
  return {record_function([&](const std::vector<expr>& x) { return f(x); }, numbered("x", static_cast<std::size_t>(count))), o};
}

// f takes numbers, eight at most: [](auto x, auto y) { ... }.
template <class F, std::size_t... I> constexpr bool takes_numbers(std::index_sequence<I...>) {
  return std::is_invocable_v<const F&, decltype(I, std::declval<const expr&>())...>;
}
template <class T = double, std::size_t N = 1, class F>
basic_compiled<T> compile(const F& f,
                          const compile_options& o = {}) requires(!std::is_convertible_v<const F&, std::string_view> &&
                                                                  !std::is_same_v<F, problem_text>) {
  static_assert(N <= 8, "the function must take one to eight numbers; for lists, give compile their length too");
  if constexpr (takes_numbers<F>(std::make_index_sequence<N>())) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return basic_compiled<T>(record_function([&](const std::vector<expr>& x) { return f(x[I]...); }, numbered("x", N)), o);
    }
    (std::make_index_sequence<N>());
  } else {
    return compile<T, N + 1>(f, o);
  }
}

// A text in the language of the command line.
template <class T = double>
basic_compiled<T> compile(std::string_view text, const std::vector<std::string>& by, const compile_options& o = {}) {
  problem_text p;
  p.expressions = {std::string(text)};
  p.vars = o.declare;
  p.wrt = by;
  return {p, o};
}
template <class T = double> basic_compiled<T> compile(const problem_text& text, const compile_options& o = {}) {
  return {text, o};
}

}  // namespace wengert
