// The wengert command.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "arguments.hpp"
#include "batch.hpp"
#include "destination.hpp"
#include "diagnostic.hpp"
#include "json_text.hpp"
#include "prompt.hpp"
#include "reference.hpp"

namespace wengert::cli {

namespace {

enum exit_status { done = 0, not_proved = 1, wrong_input = 2, our_defect = 3 };

bool colours_on(int descriptor) {
  const char* const refused = std::getenv("NO_COLOR");
  return ::isatty(descriptor) == 1 && (refused == nullptr || *refused == '\0');
}

std::string read_all(std::FILE* file, std::string_view name) {
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  if (std::ferror(file) != 0) throw error("U07", fmt::format("{} cannot be read", name));
  return text;
}

std::string read_standard_input() { return read_all(stdin, "standard input"); }

std::string read_file(const std::string& name) {
  if (name == "-") return read_standard_input();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(name.c_str(), "rb"), std::fclose);
  if (!file) throw error("U07", fmt::format("'{}' cannot be read", name));
  return read_all(file.get(), fmt::format("'{}'", name));
}

// The proofs that were asked for first, then the answer; those that go where the answer goes, behind it.
void write_answer(const arguments& asked, const std::string& text, const std::string& certificate, const std::string& coq) {
  const std::array proofs{std::pair{asked.certificate, &certificate}, std::pair{asked.coq, &coq}};
  for (const auto& [name, proof] : proofs)
    if (!name.empty() && name != "-" && !proof->empty()) write_all(destination(name).file(), *proof);
  const destination to(asked.output);
  write_all(to.file(), text);
  for (const auto& [name, proof] : proofs)
    if (name == "-") write_all(to.file(), *proof);
}

int answer_question(const arguments& asked) {
  request question = question_of(asked);
  std::string& expression = question.text.expressions.at(0);
  if (expression == "-") expression = read_standard_input();
  const answer said = execute(question, asked.format);
  for (const std::string& note : said.notes) fmt::print(stderr, "note: {}\n", harmless(note));
  for (const std::string& warning : said.warnings) fmt::print(stderr, "warning: {}\n", harmless(warning));
  write_answer(asked, asked.format == output_format::json ? "{" + said.text + "}\n" : said.text, said.certificate, said.coq);
  return said.exit_code;
}

void list_fused_rules(const arguments& asked) {
  std::vector<fused_rule> rules;
  if (asked.topic.empty())
    rules = derive_fused_rules();
  else
    rules.push_back(derive_rule(find_fused_source(asked.topic), !asked.coq.empty()));
  write_answer(asked, fused_reference(rules, asked.format), rules[0].certificate, rules[0].coq);
}

// Where the compiled Coq files are: in the build's folder for a program that stands there, else where they are installed.
std::string coq_folder() {
  const std::string_view built = WENGERT_COQ_BUILT, installed = WENGERT_COQ_INSTALLED;
  if (built.empty())
    throw error("U07", "there are no compiled Coq files: coqc was not found when wengert was built",
                "install coq and libcoq-coquelicot, and configure again");
  std::error_code unknown;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return std::string(self.starts_with(WENGERT_BUILD_ROOT "/") ? built : installed);
}

int run(const std::vector<std::string>& words) {
  const arguments asked = parse_arguments(words);
  if (asked.help || asked.version) {
    write_all(stdout, asked.help ? help_text(asked.op) : "wengert " WENGERT_VERSION "\n");
    return done;
  }
  if (asked.coq_path) {
    write_all(stdout, coq_folder() + "\n");
    return done;
  }
  if (*asked.op == command::batch) {
    const destination to(asked.output);
    if (!run_batch(STDIN_FILENO, to.file())) throw error("U07", "the answers cannot be written");
    return done;
  }
  if (*asked.op == command::check) {
    const std::string report = recheck(read_file(asked.checked));
    write_all(destination(asked.output).file(), report);
    return done;
  }
  if (*asked.op == command::rules && asked.fused) {
    list_fused_rules(asked);
    return done;
  }
  if (*asked.op == command::rules || *asked.op == command::help) {
    const destination to(asked.output);
    write_all(to.file(), *asked.op == command::rules ? rules_reference(asked.format) : help_about(asked.topic));
    return done;
  }
  return answer_question(asked);
}

int refuse(const error& e, output_format format) {
  fmt::print(stderr, "{}", describe(e, colours_on(STDERR_FILENO)));
  if (format == output_format::json) fmt::print("{{{}}}\n", json_error(e));
  return e.code.data()[0] == 'C' ? not_proved : wrong_input;
}

int own_up(const char* what, output_format format) {
  fmt::print(stderr, "defect: {}\nThis is a mistake in wengert, not in your input.\n", harmless(what));
  if (format == output_format::json) fmt::print("{{{}}}\n", json_error("defect", what));
  return our_defect;
}

template <typename Action> int guarded(output_format format, Action&& action) {
  try {
    return action();
  } catch (const error& e) {
    return refuse(e, format);
  } catch (const std::bad_alloc&) {
    return refuse(error("V02", "not enough memory"), format);
  } catch (const std::exception& e) {
    return own_up(e.what(), format);
  }
}

int run_prompt() {
  prompt lines;
  while (lines.read_line()) {
    std::vector<std::string> words;
    guarded(output_format::text, [&] {
      words = lines.command();
      return done;
    });
    if (!words.empty()) guarded(wanted_format(words), [&] { return run(words); });
  }
  return done;
}

}  // namespace

int main(const std::vector<std::string>& words) {
  if (words.empty()) return guarded(output_format::text, run_prompt);
  return guarded(wanted_format(words), [&] { return run(words); });
}

}  // namespace wengert::cli

int main(int count, char** words) { return wengert::cli::main({words + (count > 0 ? 1 : 0), words + count}); }
