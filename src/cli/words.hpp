// White space, and a line as the words of a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wengert::cli {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text);

// White space separates words, but not between '...' or "...". A quote that is not closed runs to the end.
std::vector<std::string> split_words(std::string_view line);

}  // namespace wengert::cli
