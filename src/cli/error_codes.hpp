// Every error code of the library and the command, in one table. Whoever adds a code adds its row; a test compares the table with
// the sources and runs every example.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wengert::cli {

struct error_code {
  std::string_view code, meaning;
  std::string_view words;            // the words behind `wengert` that provoke it, as typed in a shell
  std::string_view piped{};          // the shell command whose output comes on standard input, or ""
  std::string (*input)() = nullptr;  // that output
};

std::span<const error_code> error_codes();

}  // namespace wengert::cli
