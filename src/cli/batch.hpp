// JSON lines in, JSON lines out, one for one.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace wengert::cli {

// The answer to one line, as a JSON object.
std::string answer_line(std::string_view line);

// Answers every line that comes from the file descriptor `in`, as it comes; a line that asks for nothing sensible gets an error.
// Whatever has been answered is on its way before the next read waits. False if `out` cannot be written.
bool run_batch(int in, std::FILE* out);

}  // namespace wengert::cli
