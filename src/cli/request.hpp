// One question of a user, whether it came as arguments or as a line of a batch, and its answer.
#pragma once

#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>
#include <wengert/emit/emit.hpp>

namespace wengert::cli {

enum class command { derive, diff, grad, prove, emit, check, batch, rules, help };

struct request {
  command op = command::diff;
  problem_text text;
  point at;  // empty: no values were given
  int order = 1;
  int verbosity = 1;
  derivation_style style = derivation_style::textbook;
  bool find_conditions = false;
  notation how = notation::shortest;
  result_form form;
  target_language lang = target_language::cpp;
};

enum class output_format { text, latex, html, json };

// What a command says. The exit code is 0, or 1 where a statement was not proved.
struct answer {
  std::string text;  // in the format asked for; JSON as the inside of an object, without its braces
  std::vector<std::string> notes, warnings;
  int exit_code = 0;
  std::string certificate, coq;  // if asked for and there is one
};

// Throws error for whatever the user has got wrong.
answer execute(const request& question, output_format format);

// What a certificate establishes. Throws error C01 where it is refused.
std::string recheck(const std::string& certificate);

}  // namespace wengert::cli
