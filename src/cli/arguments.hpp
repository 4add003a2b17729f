// The command line: what may stand on it, and what a given one asks for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "request.hpp"

namespace wengert::cli {

struct arguments {
  std::optional<command> op;  // none only together with `help`, `version` or `coq_path`
  bool help = false;
  bool version = false;
  bool coq_path = false;
  output_format format = output_format::text;
  problem_text text;
  std::vector<std::string> at;  // the texts of --at
  int order = 1;
  int verbosity = 1;
  derivation_style style = derivation_style::textbook;
  bool find_conditions = false;
  bool fused = false;  // rules --fused
  notation how = notation::shortest;
  result_form form;
  std::optional<target_language> lang;
  std::string output;       // a file name, or empty
  std::string certificate;  // likewise
  std::string coq;          // likewise
  std::string checked;      // the file that `check` is about
  std::string topic;        // of `help`, the fused rule that `rules` is about, or empty
};

// There are no short options: an argument that begins with '-' and is no listed option is an expression. Throws error Unn.
arguments parse_arguments(std::span<const std::string> words);

// The question that the arguments of a command about an expression ask. Throws error Vnn.
request question_of(const arguments& asked);

// The format that the words ask for, also where they are wrong otherwise.
output_format wanted_format(std::span<const std::string> words);

std::optional<command> find_command(std::string_view name);
// Whether the command is about an expression, so that --var, --let and --given may stand with it.
bool takes_declarations(command op);
std::string help_text(std::optional<command> about);

}  // namespace wengert::cli
