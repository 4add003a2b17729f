// The kernel's own ways to conclude, in words: what each concludes from which premises. The identities between functions stand in
// rules.hpp, the derivatives of functions in ops.cpp.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wengert {

struct inference {
  std::string_view name;  // as the kernel logs it; of a sign, "sign-" and its subject
  std::string_view statement;
  std::array<std::string_view, 2> premises;  // "" where there are fewer
  std::string_view sentence;
};

// Of equations and derivatives: one row for each name that the kernel logs but `hypothesis`, `sign` and the identities'.
std::span<const inference> inferences();
// What the kernel's step `sign` knows besides the signs of the functions in ops.cpp. Statement and premises are facts as users
// type them.
std::span<const inference> sign_inferences();

}  // namespace wengert
