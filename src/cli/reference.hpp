// What the program says about itself: its rules and its errors.
#pragma once

#include <string>

#include "request.hpp"

namespace wengert::cli {

// `wengert rules`: every rule of the kernel. In JSON a list, complete as it is.
std::string rules_reference(output_format format);

}  // namespace wengert::cli
