// wengert-check FILE: rechecks a certificate. Exit status: 0 it holds, 1 it is refused, 2 the usage or the file is wrong.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include "check.hpp"

namespace {

bool read_file(const char* name, std::string& text) {
  std::FILE* file = std::string(name) == "-" ? stdin : std::fopen(name, "rb");
  if (file == nullptr) return false;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(name, unknown);
  if (!unknown) text.reserve(size);
  char buffer[1 << 16];
  while (std::size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  bool fine = std::ferror(file) == 0;
  if (file != stdin) std::fclose(file);
  return fine;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2 || std::string(words[1]) == "--help") {
    std::fputs("usage: wengert-check FILE\n", count == 2 ? stdout : stderr);
    return count == 2 ? 0 : 2;
  }
  try {
    std::string text, report;
    if (!read_file(words[1], text)) {
      std::fprintf(stderr, "error[U07]: '%s' cannot be read\n", words[1]);
      return 2;
    }
    bool holds = checker::check_certificate(text, report);
    std::fwrite(report.data(), 1, report.size(), holds ? stdout : stderr);
    return holds ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "refused: %s\n", e.what());
    return 1;
  }
}
