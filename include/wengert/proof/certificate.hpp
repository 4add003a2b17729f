// Certificates: the kernel's log, pruned to what some theorems rest on, written so that a program that shares nothing with this
// library can check every step again. The README describes the format.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/proof/kernel.hpp>

namespace wengert {

// The steps of the log that some theorems rest on, in its order.
std::vector<step_id> steps_of(const kernel& k, std::span<const theorem> goals);

// Nodes and steps are numbered from 0 in the order in which they were made, so that the same proof gives the same text.
std::string certificate(kernel& k, std::string_view statement, std::span<const theorem> goals);

}  // namespace wengert
