// The one exception type of the library.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace wengert {

// Thrown for every input or usage that the library refuses. `code` is one of the documented codes ("P03", "S01", ...); `what()`
// says what is wrong, `hint` what to do. Where the error lies in a text, `source` is that text and `column`/`length` count code
// points from 1; column 0 means that no place is known.
class error : public std::runtime_error {
 public:
  error(std::string code_, const std::string& message, std::string hint_ = {}, std::size_t column_ = 0, std::size_t length_ = 1)
      : std::runtime_error(message), code(std::move(code_)), hint(std::move(hint_)), column(column_), length(length_) {}

  std::string code;
  std::string hint;
  std::string source;
  std::size_t column = 0;
  std::size_t length = 1;
};

// A broken promise of our own code, never the user's fault; the command line exits with 3.
class defect : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace wengert
