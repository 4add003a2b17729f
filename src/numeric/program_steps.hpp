// What a program is made of once it is lowered: steps over buffers, of which the most important runs a list of instructions on
// registers that are many lanes wide. A lane is one position along an axis, or one evaluation of a batch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <wengert/core/registry.hpp>

namespace wengert::lowered {

// clang-format off
// The instructions that compute a lane of `to` from the same lane of a, b, c, d.
#define WENGERT_LANE_FUNCTIONS(F) \
  F(add) F(sub) F(mul) F(div) F(neg) F(recip) F(sqrt) F(rsqrt) F(abs) F(sign) F(floor) F(ceil) F(min) F(max) \
  F(multiply_add) F(multiply_sub) F(subtract_product) F(sum_of_products) F(difference_of_products) F(mask) F(select_lt) F(select_le) F(select_eq) F(select_ne) \
  F(exp) F(exp_sum) F(exp_difference) F(expm1) F(log) F(log1p) F(tanh) F(sin) F(cos) F(xlogy)
#define WENGERT_ENUMERATOR(name) name,
enum class code : std::uint8_t {
  WENGERT_LANE_FUNCTIONS(WENGERT_ENUMERATOR)
  call,        // a function of reals that has no vector form: functions[table]
  power,       // a rational power that has none: powers[table]
  constant,    // constants[table]
  load,        // from addresses[table]
  place,       // the register's lanes are those at addresses[table], until the next place
  store,       // a, to addresses[table]
  accumulate,  // the same, joined with what is there
  affine,      // the number that addresses[table] means as an index
  is_zero,     // 1 where that number is 0, else 0
  reduce,      // a joins the partial results in `to`
  reduce_product,  // a*b is added to them
  finish,      // the partial results in a, together, to addresses[table]
};
#undef WENGERT_ENUMERATOR
// clang-format on

struct instruction {
  code op;
  reduction red =
      reduction::none;  // accumulate, reduce, finish; an exponential: how it joins the partial results in d, if it does
  bool joins = false;   // finish: with what is there; an exponential: a*c is added to the partial results in `table`
  std::uint32_t to = 0;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  std::uint32_t table = 0;
};

inline constexpr std::size_t deepest = 8;  // loops in loops

// Where a lane reads or writes: linear in the indices of the loops around the step and in the lane. Without a buffer, a number.
struct address {
  std::uint32_t buffer = 0;
  std::int64_t offset = 0;
  std::int64_t lane = 0;
  std::array<std::int64_t, deepest> loops{};
  bool operator==(const address&) const = default;
};

// base^p as the evaluator has it (arithmetic.hpp).
struct rational_power {
  double p = 0;
  bool whole = false, odd = false;
};

struct lane_step {
  bool over_batch = false;  // a lane is an evaluation; their number and strides are known when the program runs
  std::int64_t count = 1;
  std::size_t block = 0, pitch = 0;  // lanes of a register, and from one to the next
  // Registers that hold one number, one vector wide; then those of partial results, four vectors; then those of many lanes.
  std::uint32_t uniform = 0, partial = 0, registers = 0;
  std::size_t first_register = 0, first_number = 0;     // in the workspace: of all registers, of those that are not of many lanes
  std::vector<instruction> fixed, before, body, after;  // when the workspace is made, once, for every block of lanes, once
  std::vector<address> addresses;
  std::vector<double> constants;
  std::vector<const op_info*> functions;
  std::vector<rational_power> powers;
};

// C[m, n] = scale * SUM over k of A[m, k]*B[k, n], for each entry of a batch. Strides in numbers.
struct contraction_step {
  std::int64_t batch = 1, m = 1, n = 1, k = 1;
  struct matrix {
    std::uint32_t buffer = 0;
    std::int64_t offset = 0, batch = 0, row = 0, column = 0;
  } a, b, c;
  double scale = 1;
  bool by_blas = false;  // as is decided when the program is made
};

// inv, det or adj of the matrices in a buffer.
struct matrix_step {
  opcode op = opcode::inv;
  std::int64_t size = 0;
  std::vector<std::int64_t> counts, strides;  // of the batch axes
  std::int64_t row = 0, column = 0, offset = 0, to_offset = 0;
  std::uint32_t from = 0, to = 0;
};

struct fill_step {
  std::uint32_t buffer = 0;
  std::size_t offset = 0, count = 0;
  double value = 0;
};

struct loop_step;
struct step {
  enum class kind : std::uint8_t { lanes, contraction, matrix, fill, loop } is;
  std::unique_ptr<lane_step> lanes;
  std::unique_ptr<contraction_step> contraction;
  std::unique_ptr<matrix_step> matrix;
  std::unique_ptr<fill_step> fill;
  std::unique_ptr<loop_step> loop;
};

struct loop_step {
  std::int64_t count = 0;
  std::vector<step> body;
};

// Inputs come first, then outputs, then temporary arrays.
struct buffer {
  std::size_t size = 0;
  std::size_t place = 0;  // of a temporary array, in the workspace
};

struct plan {
  std::size_t inputs = 0, outputs = 0;
  std::vector<buffer> buffers;
  std::size_t temporaries = 0;       // numbers in the workspace
  std::vector<step> steps;           // one evaluation
  std::unique_ptr<lane_step> batch;  // many evaluations, where that is worth it
};

}  // namespace wengert::lowered
