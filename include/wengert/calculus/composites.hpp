// Composite functions: definitions over the primitives, in the language that users type. The engine knows nothing else about
// them.
#pragma once

#include <span>
#include <string_view>

namespace wengert {

// What a composite expects as one of its arguments.
enum class parameter_kind : unsigned char {
  real,    // a number; applied to every entry of an array
  vector,  // a whole vector, consumed along its one axis
  matrix,
  square
};

struct composite {
  std::string_view name;
  std::string_view parameters;  // "z", or "a, y"
  std::string_view kinds;       // one letter a parameter: r, v, m or s (square)
  std::string_view body;        // free index letters become the axes of the value, in order of appearance
};

// All composites, by name.
std::span<const composite> composites();
const composite* find_composite(std::string_view name);

parameter_kind kind_of(const composite& c, std::size_t parameter);

}  // namespace wengert
