// The inner loops of a program, compiled for each kind of vector unit; which one is chosen when a program is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "program_steps.hpp"

namespace wengert::lowered {

// A lane step on its way: its registers, and its addresses for the present indices of the loops around it.
template <class T> struct lane_frame {
  const lane_step* step;
  T** at;                      // by register: its lanes
  T* const* own;               // by register: its place in the workspace
  T* const* where;             // by address: of lane 0
  const std::int64_t* stride;  // by address: from lane to lane
  const std::int64_t* number;  // by address: offset, with the loops
  std::size_t first, count;    // the lanes in hand
};

template <class T> struct kernels {
  std::string_view target;
  std::size_t lanes;                                                  // in a vector
  void (*run)(lane_frame<T>& f, std::size_t begin, std::size_t end);  // the lanes from `begin` on
  // C = scale*A*B, in strides; `space` holds contraction_space numbers.
  void (*contract)(const contraction_step& s, const T* a, const T* b, T* c, T* space);
  std::size_t (*contraction_space)(const contraction_step& s);
};

// Those of a target, or of the best that this machine has where none is named. Throws std::invalid_argument for one that it does
// not have.
template <class T> kernels<T> find_kernels(std::string_view target);
std::vector<std::string> kernel_targets();

}  // namespace wengert::lowered
