// Loops that a recording has unrolled, found again: sums, products, maxima and minima of many numbers that are computed alike
// become reductions of arrays, loops inside of loops reductions of arrays of more axes. What is alike is seen by structure: the
// same operations on inputs whose places are linear in the indices, on constants, and on numbers that do not change.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/numeric/program.hpp>

namespace wengert {

struct rerolled {
  std::unique_ptr<tape> on;
  symbol_id inputs;  // one vector
  std::vector<node_id> outputs;
  std::vector<std::pair<symbol_id, std::vector<double>>> constants;  // arrays that stood in the recording number by number
  std::vector<input_view> views;                                     // of `inputs`, which is input 0
};

// A graph of numbers on another tape; nothing where nothing repeats. Linear in its size.
std::optional<rerolled> reroll(const tape& t, const std::vector<symbol_id>& inputs, const std::vector<node_id>& outputs);

}  // namespace wengert
