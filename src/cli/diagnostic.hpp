// Errors as a terminal shows them.
#pragma once

#include <string>
#include <string_view>

#include <wengert/core/error.hpp>

namespace wengert::cli {

// The error with the place that it is about, ending in a newline.
std::string describe(const error& e, bool colours);

// The text with everything that a terminal would obey, and bytes that are no UTF-8, replaced.
std::string harmless(std::string_view text);

}  // namespace wengert::cli
