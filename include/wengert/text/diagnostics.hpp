// How an error is shown to a person, and which known name an unknown one resembles.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <wengert/core/error.hpp>

namespace wengert {

// `error[P03]: message`, and where a place is known the source line with a caret and the hint below it. A long line is cut to a
// window around the column. No newline at the end.
std::string render(const error& e);

// The candidate that differs from `name` by the fewest insertions, deletions, replacements and swaps of neighbours, or "" where
// none is close enough to be meant.
std::string_view closest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace wengert
