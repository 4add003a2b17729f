// One lane step under construction: values in single assignment, equal ones made once; then fused, ordered and given registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "program_steps.hpp"

namespace wengert::lowered {

class body {
 public:
  using value = std::uint32_t;

  value constant(double x);
  value load(const address& from) { return leaf(code::load, from); }
  value affine(const address& index) { return leaf(code::affine, index); }
  value is_zero(const address& index) { return leaf(code::is_zero, index); }
  value sum(std::span<const value> terms);
  // Factors that `is_zero` made win over the others where they are 0.
  value product(std::span<const value> factors);
  value power(const rational_power& q, value base);
  value function(const op_info& f, std::span<const value> arguments);
  value choose(comparison c, value left, value right, value yes, value no);
  value combine(reduction red, value x, value y);

  void store(const address& to, value x);
  void accumulate(reduction red, const address& to, value x);
  // Over all lanes.
  void reduce(reduction red, const address& to, value x, bool joins);

  // Registers hold so many lanes that all of them stay in the nearest cache, where that is possible.
  lane_step finish(std::size_t bytes, std::int64_t count, bool over_batch);

 private:
  struct reduced {
    reduction red;
    value accumulator;
    std::uint32_t to;
    bool joins;
  };
  class ordering;

  value leaf(code op, const address& at);
  value make(code op, value a = 0, value b = 0, value c = 0, value d = 0, std::uint32_t table = 0);
  value negated(value x);
  value plus(value x, value y);
  value times(value x, value y);
  value whole_power(value base, unsigned exponent);
  bool is_constant(value x, double c) const { return all_[x].op == code::constant && step_.constants[all_[x].table] == c; }
  std::uint32_t keep(const address& at);
  void fuse();
  std::vector<std::uint32_t> count_uses() const;

  std::vector<instruction> all_;  // by value; `to` is unused
  std::vector<reduced> reduced_;
  std::vector<std::uint32_t> table_, address_table_, constant_table_;  // hash tables of values, addresses, constants
  lane_step step_;
};

// How many of a, b, c, d an instruction reads.
unsigned operands(const instruction& i, const lane_step& step);
double start_of(reduction red);

}  // namespace wengert::lowered
