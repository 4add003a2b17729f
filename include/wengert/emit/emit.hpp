// Code: a problem's value and its gradients as one self-contained function in another language.
#pragma once

#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>

namespace wengert {

enum class target_language { cpp, c };

struct emitted_code {
  std::string text;
  std::vector<std::string> notes, warnings;
};

// The function of the problem's expression: its value and its derivative by every target, in forms that round well and that the
// kernel has proved equal to what was asked for. Throws error U11 naming a function that the language has no counterpart of.
emitted_code emit(problem& p, target_language to);

}  // namespace wengert
