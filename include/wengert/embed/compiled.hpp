// What is compiled (compile.hpp): a function and its derivatives, as programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/numeric/program.hpp>

namespace wengert {

struct compile_options {
  std::vector<std::string> declare{};  // names of a text, as in --var
  std::vector<std::string> inputs{};   // of a text: their order; else that in which it names them
  dim_sizes sizes{};                   // of a text's dimensions
  std::string target{};                // the vector unit; the best one if empty
  bool as_written = false;             // computes what was written, term by term, however it rounds
};

// A recorded function: numbers in the order of the inputs, and what was made of them.
struct recorded_function {
  std::unique_ptr<tape> on;
  std::vector<symbol_id> inputs;
  std::vector<node_id> outputs;
};

// What is compiled of a function; its inputs are those of the function, and `hessian_vector` has an array more for each array
// that derivatives are by: the vector.
enum class part { value, gradient, jacobian, hessian, hessian_vector };

// What made the first infinity or NaN: an operation of which all arguments are finite, or an input.
struct culprit {
  std::string operation;                               // in the names of the function: "log(x - 1)"
  std::vector<std::int64_t> entry;                     // of an array, counted from 1
  double value;                                        // not finite
  std::vector<std::pair<std::string, double>> inputs;  // the arguments that are no constants; for a sum, where they are largest
  std::size_t column = 0;                              // where the text has the operation, or its division, if it does; from 1
  std::string text() const;                            // "log(x - 1) is -inf (column 5), from x - 1 = 0"
};

// Instantiated for double and float.
template <class T> class basic_compiled {
 public:
  basic_compiled(recorded_function r, const compile_options& options);
  // Derivatives are by the symbols that the text names in `wrt`, in that order, or by all. Throws what problem throws, and
  // std::invalid_argument where `wrt` names an entry.
  basic_compiled(const problem_text& text, const compile_options& options);
  ~basic_compiled();
  basic_compiled(basic_compiled&&) noexcept;
  basic_compiled& operator=(basic_compiled&&) noexcept;

  // The inputs, and those that derivatives are by. A recorded function has one, all its numbers side by side.
  const std::vector<std::string>& inputs() const;
  const std::vector<std::size_t>& by() const;
  // What the reader of a text should know.
  std::vector<std::string> notes() const;

  // The programs; lowered now if not before. Their outputs:
  const basic_program<T>& values() const { return program_of(part::value); }        // f
  const basic_program<T>& gradients() const { return program_of(part::gradient); }  // f, and its derivative by each array
  const basic_program<T>& jacobians() const { return program_of(part::jacobian); }  // the derivative of f's entries by each array
  const basic_program<T>& hessians() const { return program_of(part::hessian); }    // by each pair of arrays
  const basic_program<T>& hessian_vectors() const { return program_of(part::hessian_vector); }  // by each array
  const basic_program<T>& program_of(part p) const;

  // One evaluation, at a number or a list of numbers for each input. All entries of the result; of several arrays one after the
  // other, of a Jacobian or Hessian row by row.
  template <class... A> std::vector<T> value(const A&... at) const { return one(part::value, {view(at)...}); }
  template <class... A> std::vector<T> gradient(const A&... at) const { return one(part::gradient, {view(at)...}); }
  template <class... A> std::vector<T> jacobian(const A&... at) const { return one(part::jacobian, {view(at)...}); }
  template <class... A> std::vector<T> hessian(const A&... at) const { return one(part::hessian, {view(at)...}); }
  // The inputs first, then the vectors.
  template <class... A> std::vector<T> hessian_vector(const A&... at) const { return one(part::hessian_vector, {view(at)...}); }
  // The value of a function that is one number.
  template <class... A> T operator()(const A&... at) const {
    const std::vector<T> all = value(at...);
    if (all.size() != 1) throw std::invalid_argument("a function of several outputs has no single value");
    return all[0];
  }

  // Why a part of the function has an infinity or NaN at these inputs; nothing if it has none.
  template <class... A> std::optional<culprit> find_nonfinite(part p, const A&... at) const { return blame(p, {view(at)...}); }

  // The nodes that a part is computed by, and the tape that they are on, which the part may let grow.
  const tape& on() const;
  std::vector<std::vector<node_id>> nodes_of(part p) const;

 private:
  struct state;

  template <class A> static std::span<const T> view(const A& a) {
    if constexpr (std::is_arithmetic_v<A>) {
      static_assert(std::is_same_v<A, T>, "inputs must be of the type that the function was compiled for");
      return {&a, 1};
    } else {
      static_assert(std::is_same_v<std::ranges::range_value_t<A>, T>,
                    "inputs must be of the type that the function was compiled for");
      return {std::ranges::data(a), std::ranges::size(a)};
    }
  }
  std::optional<culprit> blame(part p, const std::vector<std::span<const T>>& at) const;
  std::vector<T> one(part p, const std::vector<std::span<const T>>& at) const;

  std::unique_ptr<state> state_;
};

using compiled = basic_compiled<double>;

extern template class basic_compiled<double>;
extern template class basic_compiled<float>;

}  // namespace wengert
