// The table of functions: what ops.cpp says of each, with its names and values.
#pragma once

#include <span>
#include <string_view>

#include <wengert/core/ops.hpp>

namespace wengert {

struct interval {
  double lo, hi;
};

struct op_info : calculus {
  std::string_view name;
  std::span<const std::string_view> aliases;
  int arity;
  interval sample;  // inside the domain
  double (*value)(const double* args);
  long double (*value_long)(const long double* args);
};

// All functions of reals, in the order of opcode.
std::span<const op_info> functions();
// The row of an opcode, or nullptr if it is no function of reals.
const op_info* find_function(opcode code);
// By name or alias.
const op_info* find_function(std::string_view name);

}  // namespace wengert
