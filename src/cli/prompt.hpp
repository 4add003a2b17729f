// The prompt: `wengert` without a command. Each line is a command as on the command line, with or without quotes, or declares
// something for those that follow.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wengert::cli {

// The words of a line. What stands before the first option is one operand, and what follows an option up to the next one its
// value, blanks included; quotes around either are taken off.
std::vector<std::string> words_of_line(std::string_view line);

class prompt {
 public:
  // Reads the next line of standard input; false where there is none, or it says quit.
  bool read_line();
  // The words of the command on the line, with all that was declared. A line that declares something, or is about the prompt
  // itself, is carried out, and there are none. Throws error.
  std::vector<std::string> command();

 private:
  bool is_own(std::string_view word, std::string_view rest);
  void declare(std::string_view word, std::string value);
  void forget(std::string_view word);

  std::string line_;
  std::vector<std::pair<std::string, std::string>> declared_;  // the option and its value
};

}  // namespace wengert::cli
