#include "diagnostic.hpp"

#include <fmt/format.h>

#include <wengert/text/diagnostics.hpp>

namespace wengert::cli {

namespace {

// The length of the UTF-8 sequence that begins at `at`, or 0 if none does.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
  return length;
}

bool is_control(std::string_view code_point) {
  const auto lead = static_cast<unsigned char>(code_point[0]);
  return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && static_cast<unsigned char>(code_point[1]) < 0xA0);
}

}  // namespace

std::string harmless(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const std::string_view code_point = text.substr(at, length);
    safe += length == 0 || (is_control(code_point) && code_point != "\n") ? replacement : code_point;
    at += length == 0 ? 1 : length;
  }
  return safe;
}

std::string describe(const error& e, bool colours) {
  std::string text = harmless(render(e)) + "\n";
  const std::size_t heading = text.find(':');
  if (!colours || heading == std::string::npos) return text;
  return fmt::format("\033[1;31m{}\033[0m{}", text.substr(0, heading), text.substr(heading));
}

}  // namespace wengert::cli
