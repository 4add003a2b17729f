// A program: nodes of a tape, lowered once to vector instructions, to be run many times. Arrays in, arrays out.
//
//   wengert::program p(tape, {value, gradient}, {z, y}, {{"K", 1000}});
//   wengert::program::workspace w(p);
//   p.run({{z.data(), y.data()}}, {{&value, gradient.data()}}, w);
//
// A program never changes, and threads may share one; each brings a workspace of its own. What it computes is what the evaluator
// (evaluate.hpp) computes, by the same conventions, up to rounding: sums are taken in another order, products join sums without
// being rounded in between where the machine can, and exp, log, tanh, sin, cos and their like are vector functions (for their
// errors see program_math-inl.hpp). The vector unit is chosen when the program is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert {

// How long dimensions are, by name.
using dim_sizes = std::map<std::string, std::int64_t, std::less<>>;

// The vector units that this machine has and programs can be made for, the best first.
std::vector<std::string> program_targets();

// An array for each of many evaluations: entry e of evaluation b is data[b*per_evaluation + e*per_entry]. An input that all
// evaluations share has per_evaluation = 0. Fastest is per_evaluation = 1, where the evaluations of an entry lie side by side.
template <class T> struct batch_array {
  T* data;
  std::ptrdiff_t per_evaluation;
  std::ptrdiff_t per_entry = 1;
};

// A symbol that is a part of an input: its entry (i, j, ...) is the entry offset + strides[0]*i + strides[1]*j + ... there,
// counted from 0.
struct input_view {
  symbol_id symbol;
  std::size_t input;
  std::int64_t offset;
  std::vector<std::int64_t> strides;
};

// What is added to an output besides the nodes that stand in it: the entries of a node, each where a view would read it.
struct output_share {
  node_id node;
  std::size_t output;
  std::int64_t offset;
  std::vector<std::int64_t> strides;
};

// What the arrays of a program are. One symbol of any shape makes an input; several make one too if all of them are numbers,
// which then stand side by side. The nodes of an output stand in it one after the other.
struct program_arrays {
  std::vector<std::vector<symbol_id>> inputs;
  std::vector<std::vector<node_id>> outputs;
  std::vector<std::pair<symbol_id, std::vector<double>>>
      constants{};  // symbols that are no inputs: the program holds their values
  std::vector<input_view> views{};
  std::vector<output_share> shares{};
};

// Instantiated for double and float.
template <class T> class basic_program {
 public:
  // Computes `outputs` from the values of the symbols `inputs`, for dimensions of the sizes given. Needs the tape only here.
  // Throws error V01 where an output needs a symbol that is no input or a dimension without a size, V02 where an array would be
  // too large, V03 and V09 where a dimension is less than 1 or less than an index needs, V08 where a function is unknown;
  // std::invalid_argument where this machine lacks the target.
  basic_program(const tape& t, std::span<const node_id> outputs, std::span<const symbol_id> inputs, const dim_sizes& sizes = {},
                std::string_view target = {});
  basic_program(const tape& t, const program_arrays& arrays, const dim_sizes& sizes = {}, std::string_view target = {});
  ~basic_program();
  basic_program(basic_program&&) noexcept;
  basic_program& operator=(basic_program&&) noexcept;

  // What a run needs besides its arrays. It fits the program that it was made for; another throws std::invalid_argument.
  class workspace {
   public:
    explicit workspace(const basic_program& p);
    ~workspace();
    workspace(workspace&&) noexcept;

   private:
    friend class basic_program;
    struct state;
    workspace(const basic_program& p, bool for_batch);
    std::unique_ptr<state> state_;
  };

  std::size_t input_count() const;
  std::size_t output_count() const;
  // The lengths of an input's or an output's axes, and the product of these.
  std::span<const std::int64_t> input_shape(std::size_t k) const;
  std::span<const std::int64_t> output_shape(std::size_t k) const;
  std::size_t input_size(std::size_t k) const;
  std::size_t output_size(std::size_t k) const;
  // The numbers that a run keeps besides its arrays.
  std::size_t working_size() const;
  std::string_view target() const;

  // One evaluation. Arrays are row major and may not overlap an output; outputs hold intermediate results on the way.
  void run(std::span<const T* const> inputs, std::span<T* const> outputs, workspace& w) const;
  void run(std::span<const T* const> inputs, std::span<T* const> outputs) const;

  // `count` evaluations, spread over `threads`. A graph that is small when written out entry by entry is run on blocks of
  // evaluations, instruction by instruction; a larger one evaluation by evaluation.
  void run_batch(std::size_t count, std::span<const batch_array<const T>> inputs, std::span<const batch_array<T>> outputs,
                 unsigned threads = 1) const;

 private:
  struct state;
  class runner;
  std::unique_ptr<const state> state_;
};

using program = basic_program<double>;

extern template class basic_program<double>;
extern template class basic_program<float>;

}  // namespace wengert
