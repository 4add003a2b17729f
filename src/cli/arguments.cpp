#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "point_text.hpp"

namespace wengert::cli {

namespace {

struct command_row {
  command op;
  std::string_view name, operands, help;
};

constexpr std::array commands{
    command_row{command::derive, "derive", "EXPR --wrt V", "the derivation, its theorem, and how the kernel checked it"},
    command_row{command::diff, "diff", "EXPR --wrt V", "only the simplified derivative and its conditions"},
    command_row{command::grad, "grad", "EXPR --wrt V --at VALUES", "value and gradient as numbers"},
    command_row{command::prove, "prove", "'L == R'", "a theorem, or where the two sides differ"},
    command_row{command::emit, "emit", "EXPR --wrt V --lang c++|c", "a self-contained function of value and gradient"},
    command_row{command::check, "check", "FILE", "recheck a certificate, as the stand-alone wengert-check does"},
    command_row{command::rules, "rules", "[--fused [NAME]]",
                "every rule of the kernel, and how it was established; or rules derived by it"},
    command_row{command::batch, "batch", "", "JSON lines in, JSON lines out, one for one"},
    command_row{command::help, "help", "[COMMAND|errors]", "how a command is used, or every error code with an example"},
};

const command_row& row_of(command op) {
  return *std::find_if(commands.begin(), commands.end(), [op](const command_row& row) { return row.op == op; });
}

int integer_between(std::string_view option, const std::string& text, int low, int high) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stop != end || value < low || value > high)
    throw error("U04", fmt::format("{} takes an integer from {} to {}, not '{}'", option, low, high, text));
  return value;
}

output_format format_named(const std::string& name) {
  if (name == "text") return output_format::text;
  if (name == "latex") return output_format::latex;
  if (name == "html") return output_format::html;
  if (name == "json") return output_format::json;
  throw error("U04", fmt::format("--format takes text, latex, html or json, not '{}'", name));
}

target_language language_named(const std::string& name) {
  if (name == "c++") return target_language::cpp;
  if (name == "c") return target_language::c;
  throw error("U04", fmt::format("--lang takes c++ or c, not '{}'", name));
}

derivation_style style_named(const std::string& name) {
  if (name == "textbook") return derivation_style::textbook;
  if (name == "adjoint") return derivation_style::adjoint;
  throw error("U04", fmt::format("--style takes textbook or adjoint, not '{}'", name));
}

std::string only_one(std::string_view option, const std::string& before, const std::string& value) {
  if (!before.empty()) throw error("U04", fmt::format("{} is given twice: '{}' and '{}'", option, before, value));
  if (value.empty()) throw error("U04", fmt::format("{} takes a name, not an empty text", option));
  return value;
}

notation one_notation(notation before, notation wanted) {
  if (before != notation::shortest && before != wanted) throw error("U04", "--index and --matrix exclude each other");
  return wanted;
}

struct option_row {
  std::string_view name, value, commands, help;  // value "": none is taken; commands "": every one, and none
  void (*take)(arguments&, const std::string& value);
};

constexpr std::string_view expression_commands = "derive diff grad prove emit";
constexpr std::string_view derivative_commands = "derive diff grad emit";

const std::array options{
    option_row{"--wrt", "V", derivative_commands, "differentiate by V: a name, z[1] or z[i]; repeat for several",
               [](arguments& a, const std::string& v) { a.text.wrt.push_back(v); }},
    option_row{"--order", "N", "derive diff", "the order of the derivative; 2 is the Hessian",
               [](arguments& a, const std::string& v) { a.order = integer_between("--order", v, 1, 2); }},
    option_row{"--var", "DECLARATION", expression_commands, "declare names: 'x: real; z, y: vector[K]; W: matrix[m,n]'",
               [](arguments& a, const std::string& v) { a.text.vars.push_back(v); }},
    option_row{"--let", "'a = EXPR'", expression_commands, "name an intermediate",
               [](arguments& a, const std::string& v) { a.text.lets.push_back(v); }},
    option_row{"--given", "FACT", expression_commands, "a fact that may be used: 'sum(y) = 1', 'one_hot(y)', 'x > 0'",
               [](arguments& a, const std::string& v) { a.text.givens.push_back(v); }},
    option_row{"--at", "VALUES", "diff grad", "a point: 'x=1.5, z=[0.1,0.2], W=[[1,2],[3,4]], y=pi/2'",
               [](arguments& a, const std::string& v) { a.at.push_back(v); }},
    option_row{"--lang", "c++|c", "emit", "the language of the function: C++17 or C99",
               [](arguments& a, const std::string& v) { a.lang = language_named(v); }},
    option_row{"--verbosity", "0..3", "derive", "how much of the derivation to show",
               [](arguments& a, const std::string& v) { a.verbosity = integer_between("--verbosity", v, 0, 3); }},
    option_row{"--style", "textbook|adjoint", "derive", "as a person would derive it, or as the reverse sweep goes, node by node",
               [](arguments& a, const std::string& v) { a.style = style_named(v); }},
    option_row{"--index", "", "derive diff", "write the answer entry by entry, with index letters",
               [](arguments& a, const std::string&) { a.how = one_notation(a.how, notation::index); }},
    option_row{"--matrix", "", "derive diff", "write the answer in matrix notation wherever there is one",
               [](arguments& a, const std::string&) { a.how = one_notation(a.how, notation::matrix); }},
    option_row{"--expand", "", "derive diff", "multiply the derivative out",
               [](arguments& a, const std::string&) { a.form.expand = true; }},
    option_row{"--factor", "", "derive diff", "write it as a product of factors",
               [](arguments& a, const std::string&) { a.form.factor = true; }},
    option_row{"--common-denominator", "", "derive diff", "write it as one fraction",
               [](arguments& a, const std::string&) { a.form.common_denominator = true; }},
    option_row{"--find-conditions", "", "prove", "where the equation does not hold as it stands, look for conditions",
               [](arguments& a, const std::string&) { a.find_conditions = true; }},
    option_row{"--fused", "", "rules", "instead the fused rules, or the one named, each derived and proved now",
               [](arguments& a, const std::string&) { a.fused = true; }},
    option_row{"--format", "text|latex|html|json", "derive diff grad prove rules",
               "latex: a document (derive) or a fragment to paste; grad and rules: text or json",
               [](arguments& a, const std::string& v) { a.format = format_named(v); }},
    option_row{"--certificate", "FILE", "derive diff prove rules",
               "write the proof to FILE (- for behind the answer), for wengert-check",
               [](arguments& a, const std::string& v) { a.certificate = only_one("--certificate", a.certificate, v); }},
    option_row{"--coq", "FILE", "derive diff prove rules", "write the proof to FILE (- for behind the answer), for coqc",
               [](arguments& a, const std::string& v) { a.coq = only_one("--coq", a.coq, v); }},
    option_row{"--coq-path", "", "", "the folder of the compiled files that such proofs are built on",
               [](arguments& a, const std::string&) { a.coq_path = true; }},
    option_row{"--output", "FILE", "", "write the answer to FILE",
               [](arguments& a, const std::string& v) { a.output = only_one("--output", a.output, v); }},
    option_row{"--help", "", "", "this text", [](arguments& a, const std::string&) { a.help = true; }},
    option_row{"--version", "", "", "the version", [](arguments& a, const std::string&) { a.version = true; }},
};

bool belongs_to(const option_row& option, std::string_view command_name) {
  if (option.commands.empty()) return true;
  const std::string padded = fmt::format(" {} ", option.commands);
  return padded.find(fmt::format(" {} ", command_name)) != std::string::npos;
}

// The option that a word names, bare or as --name=value.
const option_row* find_option(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  const auto found = std::find_if(options.begin(), options.end(), [name](const option_row& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

std::string command_names() {
  std::string names;
  for (const command_row& row : commands) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

struct used_option {
  const option_row* row;
  std::string value;
};

// The words, told apart.
struct sorted_words {
  std::vector<std::string> operands;
  std::vector<used_option> options;
};

sorted_words sort_words(std::span<const std::string> words) {
  sorted_words sorted;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const option_row* const option = find_option(word);
    const std::size_t equals = word.find('=');
    if (option == nullptr || (option->value.empty() && equals != std::string::npos)) {
      sorted.operands.push_back(word);
    } else if (option->value.empty()) {
      sorted.options.push_back({option, ""});
    } else if (equals != std::string::npos) {
      sorted.options.push_back({option, word.substr(equals + 1)});
    } else if (++i < words.size()) {
      sorted.options.push_back({option, words[i]});
    } else {
      throw error("U03", fmt::format("{} needs a value: {}", option->name, option->value));
    }
  }
  return sorted;
}

// `operands` begins with the name of the command.
std::string one_expression(const command_row& row, std::span<const std::string> operands) {
  const std::string usage = fmt::format("usage: wengert {} {}", row.name, row.operands);
  if (operands.size() == 2) return operands[1];
  if (operands.size() < 2) throw error("U05", fmt::format("{} needs an expression", row.name), usage);
  for (const std::string& word : operands.subspan(1))
    if (word.starts_with("--"))
      throw error("U02", fmt::format("{} knows no option '{}'", row.name, word), fmt::format("wengert {} --help", row.name));
  throw error("U05", fmt::format("{} takes one expression, not '{}' and '{}'", row.name, operands[1], operands[2]), usage);
}

void check_use(const command_row& row, const arguments& a) {
  const std::string usage = fmt::format("usage: wengert {} {}", row.name, row.operands);
  if (belongs_to(*find_option("--wrt"), row.name) && a.text.wrt.empty())
    throw error("U06", fmt::format("{} needs --wrt: what to differentiate by", row.name), usage);
  for (const auto& [option, file] : {std::pair{"--certificate", &a.certificate}, std::pair{"--coq", &a.coq}})
    if (!file->empty() && a.text.wrt.size() > 1)
      throw error("U10", fmt::format("{} is about one derivative, and there are several --wrt", option),
                  "ask for them one by one");
  if (a.form.expand && a.form.factor)
    throw error("U10", "--expand and --factor contradict each other", "--common-denominator goes with either");
  if (row.op == command::emit && !a.lang) throw error("U06", "emit needs --lang: c++ or c", usage);
  if (row.op == command::grad && a.at.empty())
    throw error("U06", "grad needs --at: the point", "for example --at 'x=1.5, z=[0.1,0.2]'");
}

void check_format(const command_row& row, const arguments& a) {
  if (a.format != output_format::latex && a.format != output_format::html) return;
  if (row.op == command::rules) throw error("U04", "the rules are printed as text or json only");
  if (!a.at.empty())
    throw error("U04", "numbers at a point are printed as text or json only", "leave --format away, or take --format json");
}

}  // namespace

std::optional<command> find_command(std::string_view name) {
  for (const command_row& row : commands)
    if (row.name == name) return row.op;
  return std::nullopt;
}

bool takes_declarations(command op) { return belongs_to(*find_option("--var"), row_of(op).name); }

output_format wanted_format(std::span<const std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == "--format=json" || (words[i] == "--format" && i + 1 < words.size() && words[i + 1] == "json"))
      return output_format::json;
  return output_format::text;
}

arguments parse_arguments(std::span<const std::string> words) {
  const sorted_words sorted = sort_words(words);
  arguments parsed;
  for (const used_option& option : sorted.options) option.row->take(parsed, option.value);
  if (!sorted.operands.empty()) {
    parsed.op = find_command(sorted.operands.front());
    if (!parsed.op)
      throw error("U01", fmt::format("unknown command '{}'", sorted.operands.front()),
                  fmt::format("the commands are {}", command_names()));
  }
  if (parsed.help || parsed.version || parsed.coq_path) return parsed;
  if (!parsed.op) throw error("U01", "no command was given", fmt::format("the commands are {}", command_names()));

  const command_row& row = row_of(*parsed.op);
  for (const used_option& option : sorted.options)
    if (!belongs_to(*option.row, row.name))
      throw error("U02", fmt::format("{} takes no {}", row.name, option.row->name), fmt::format("wengert {} --help", row.name));
  if (row.op == command::help) {
    if (sorted.operands.size() > 2) throw error("U05", "help takes one topic", "usage: wengert help [COMMAND|errors]");
    if (sorted.operands.size() == 2) parsed.topic = sorted.operands[1];
  } else if (row.op == command::check) {
    if (sorted.operands.size() != 2)
      throw error("U05", "check takes one file", "usage: wengert check FILE; '-' reads standard input");
    parsed.checked = sorted.operands[1];
  } else if (row.op == command::rules) {
    if (sorted.operands.size() > (parsed.fused ? 2U : 1U))
      throw error("U05", parsed.fused ? "rules --fused takes one name" : "rules takes no operands",
                  "usage: wengert rules [--fused [NAME]]");
    if (sorted.operands.size() == 2) parsed.topic = sorted.operands[1];
    for (const auto& [option, file] : {std::pair{"--certificate", &parsed.certificate}, std::pair{"--coq", &parsed.coq}})
      if (!file->empty() && parsed.topic.empty())
        throw error("U06", fmt::format("{} is about one fused rule, and none is named", option),
                    fmt::format("usage: wengert rules --fused NAME {} FILE", option));
  } else if (row.operands.empty()) {
    if (sorted.operands.size() > 1) throw error("U05", fmt::format("{} takes no operands", row.name));
  } else {
    parsed.text.expressions.push_back(one_expression(row, sorted.operands));
    check_use(row, parsed);
  }
  check_format(row, parsed);
  return parsed;
}

request question_of(const arguments& asked) {
  request question{*asked.op, asked.text, {}, asked.order, asked.verbosity, asked.style, asked.find_conditions,
                   asked.how, asked.form, {}};
  question.lang = asked.lang.value_or(target_language::cpp);
  question.form.certificate = !asked.certificate.empty();
  question.form.coq = !asked.coq.empty();
  for (const std::string& values : asked.at) add_values(question.at, values);
  return question;
}

std::string help_text(std::optional<command> about) {
  std::string text;
  if (about) {
    const command_row& row = row_of(*about);
    text = fmt::format("usage: wengert {} {}\n{}\n", row.name, row.operands, row.help);
  } else {
    text =
        "usage: wengert COMMAND ...\n       wengert              a prompt, for commands line by line\n\n"
        "Derivatives that are derived, shown and proved.\n\n";
    for (const command_row& row : commands)
      text += fmt::format("  {:<36}{}\n", fmt::format("{} {}", row.name, row.operands), row.help);
  }
  text += "\n";
  for (const option_row& option : options)
    if (!about || belongs_to(option, row_of(*about).name))
      text += fmt::format("  {:<30}{}\n", fmt::format("{} {}", option.name, option.value), option.help);
  text +=
      "\nThere are no short options: an argument that begins with '-' and is no option is EXPR.\n"
      "EXPR '-' reads standard input.\n"
      "Exit status: 0 done, 1 not proved or refused, 2 wrong input or usage, 3 a defect of wengert.\n";
  return text;
}

}  // namespace wengert::cli
