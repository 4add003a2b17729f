// Text to tokens. Offsets are bytes; columns, which count code points from 1, are computed only when an error needs one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/core/error.hpp>

namespace wengert {

enum class token_kind : std::uint8_t {
  end,
  number,
  name,
  plus,
  minus,
  times,
  over,
  dot_times,
  dot_over,
  power,
  dot_power,
  quote,
  open,
  close,
  open_index,
  close_index,
  comma,
  colon,
  semicolon,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal
};

struct token {
  token_kind kind = token_kind::end;
  std::uint32_t begin = 0, end = 0;  // bytes of the text
};

// The longest text that is read at all, and the most digits of one number.
inline constexpr std::size_t max_text_bytes = 1'000'000;
inline constexpr std::size_t max_number_digits = 1'000;
inline constexpr int max_decimal_exponent = 400;

// The tokens of text[begin, end), closed by one of kind `end`. Throws P02 for characters that mean nothing here (bad UTF-8 and
// NUL bytes included), P04 for malformed numbers, P07 for a text that is too long. Linear in the text.
std::vector<token> tokenize(std::string_view text, std::size_t begin = 0, std::size_t end = std::string_view::npos);

// The name as the engine spells it: the micro sign is the Greek letter mu, the ohm sign the letter omega.
std::string name_of(std::string_view spelled);

// The column, from 1, of a byte of the text; and the number of code points in a piece of text.
std::size_t column_of(std::string_view text, std::size_t byte);
std::size_t code_points(std::string_view piece);

// An error at text[begin, end).
error error_at(std::string_view text, std::size_t begin, std::size_t end, std::string code, std::string message,
               std::string hint = {});

}  // namespace wengert
