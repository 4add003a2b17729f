#include "prompt.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#ifdef WENGERT_LIBEDIT
#include <editline/readline.h>
#endif

#include "arguments.hpp"
#include "diagnostic.hpp"
#include "words.hpp"

namespace wengert::cli {

namespace {

std::string unquoted(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() > 1 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0];
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

// Takes the first word off a text.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text = trimmed(text.substr(word.size()));
  return word;
}

// Where the next option begins: blanks, then two dashes and a letter.
std::size_t find_next_option(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("--", from); at != std::string_view::npos; at = text.find("--", at + 1)) {
    const bool behind_blank = at == 0 || blanks.find(text[at - 1]) != std::string_view::npos;
    if (behind_blank && at + 2 < text.size() && text[at + 2] >= 'a' && text[at + 2] <= 'z') return at;
  }
  return text.size();
}

bool at_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

std::optional<std::string> typed_line() {
#ifdef WENGERT_LIBEDIT
  if (at_terminal()) {
    const std::unique_ptr<char, decltype(&std::free)> typed(::readline("> "), &std::free);
    if (!typed) return std::nullopt;
    if (!trimmed(typed.get()).empty()) ::add_history(typed.get());
    return typed.get();
  }
#endif
  if (at_terminal()) fmt::print("> ");
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

constexpr std::string_view help =
    "Lines are commands as on the command line; no quotes are needed:\n\n"
    "  diff x^2*sin(x) --wrt x\n"
    "  prove log(x*y) == log(x) + log(y) --given x > 0 --given y > 0\n\n"
    "and these, for the lines that follow:\n\n"
    "  var z: vector[K]            as --var\n"
    "  let a = softmax(z)          as --let\n"
    "  given sum(y) = 1            as --given\n"
    "  show                        what was said so\n"
    "  clear [var|let|given]       forget it\n"
    "  quit                        or the end of the input\n\n"
    "help COMMAND says how a command is used, wengert --help lists them all.\n";

}  // namespace

std::vector<std::string> words_of_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view name = take_word(rest);
  if (name.empty()) return {};
  std::size_t at = find_next_option(rest, 0);
  if (at == 0) return split_words(line);  // options come first
  std::vector<std::string> words{std::string(name)};
  if (at > 0) words.push_back(unquoted(rest.substr(0, at)));
  while (at < rest.size()) {
    const std::size_t end = find_next_option(rest, at + 2);
    std::string_view option = rest.substr(at, end - at);
    words.emplace_back(take_word(option));
    if (!option.empty()) words.push_back(unquoted(option));
    at = end;
  }
  return words;
}

bool prompt::read_line() {
  std::fflush(stdout);
  std::optional<std::string> line = typed_line();
  if (!line && at_terminal()) fmt::print("\n");
  const std::string_view word = line ? trimmed(*line) : "quit";
  if (word == "quit" || word == "exit") return false;
  line_ = std::move(*line);
  return true;
}

std::vector<std::string> prompt::command() {
  std::string_view rest = line_;
  const std::string_view word = take_word(rest);
  if (word.empty() || word[0] == '#' || is_own(word, rest)) return {};
  std::vector<std::string> words = words_of_line(line_);
  if (words[0] == "batch" || (words.size() > 1 && words[1] == "-"))
    throw error("U01", fmt::format("'{}' reads standard input, which is the prompt's", fmt::join(words, " ")));
  if (const auto op = find_command(words[0]); op && takes_declarations(*op))
    for (const auto& [option, value] : declared_) words.push_back(option + "=" + value);
  return words;
}

bool prompt::is_own(std::string_view word, std::string_view rest) {
  if (word == "var" || word == "let" || word == "given") {
    declare(word, unquoted(rest));
  } else if (word == "show" && rest.empty()) {
    for (const auto& [option, value] : declared_) fmt::print("{} {}\n", option.substr(2), harmless(value));
  } else if (word == "clear") {
    forget(rest);
  } else if (word == "help" && rest.empty()) {
    fmt::print("{}", help);
  } else {
    return false;
  }
  return true;
}

void prompt::forget(std::string_view word) {
  if (!word.empty() && word != "var" && word != "let" && word != "given")
    throw error("U05", fmt::format("clear takes var, let or given, not '{}'", word), "clear alone forgets all");
  std::erase_if(declared_, [&](const auto& d) { return word.empty() || d.first.substr(2) == word; });
}

void prompt::declare(std::string_view word, std::string value) {
  if (value.empty()) throw error("U03", fmt::format("{} needs a value, as --{} does", word, word), "help shows an example");
  problem_text text{{}, {}, {}, {}, {"0"}};
  auto all = declared_;
  all.emplace_back(fmt::format("--{}", word), std::move(value));
  for (const auto& [option, said] : all)
    (option == "--var" ? text.vars : option == "--let" ? text.lets : text.givens).push_back(said);
  const problem checked(text);
  declared_ = std::move(all);
}

}  // namespace wengert::cli
