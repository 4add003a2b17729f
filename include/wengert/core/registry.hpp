// The table of functions, built from the rows of ops.hpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <wengert/core/ops.hpp>

namespace wengert {

struct op_info {
  opcode code;
  std::string_view name;
  std::span<const std::string_view> aliases;
  int arity;
  int parameters;  // leading arguments by which there is no derivative
  sign_fact sign;
  bool nowhere_zero;
  bool continuous;
  interval sample;
  double (*value)(const double* args);
  long double (*value_long)(const long double* args);
  std::vector<term> (*partial)(std::span<const term> args);  // by the arguments that are no parameters
  conditions (*defined)(std::span<const term> args);
  conditions (*smooth)(std::span<const term> args);
};

// All functions of reals, in the order of opcode.
std::span<const op_info> functions();
// The row of an opcode, or nullptr if it is no function of reals.
const op_info* find_function(opcode code);
// By name or alias.
const op_info* find_function(std::string_view name);

// The domain and smoothness conditions, and the partial derivatives, of one node of any kind but the reductions max, min and
// prod, as terms over the node's own axes (output and bound).
conditions defined_conditions(const tape& t, node_id n, frame& f);
conditions smooth_conditions(const tape& t, node_id n, frame& f);

}  // namespace wengert
