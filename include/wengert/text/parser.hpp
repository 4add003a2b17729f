// Tokens to syntax trees, by the grammar of the language.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/text/ast.hpp>

namespace wengert {

// What a name is, as far as reading it needs to know.
struct name_role {
  enum class kind { variable, function, unknown } is = kind::variable;
  bool one_argument = false;   // a function that may stand before its argument without brackets: sin 2x
  bool declared = false;       // by the user: sum, max, D, ... lose their meaning
  std::string problem = {};    // what is wrong with an unknown name before a bracket
  bool also_variable = false;  // a function whose name without brackets is a variable: gamma, beta
};

// Asked for every name that stands before a bracket, a number or another name.
using vocabulary = std::function<name_role(std::string_view)>;

// Deepest nesting of brackets, exponents and calls.
inline constexpr std::size_t max_nesting = 500;
// Highest order of f'[n](x), the derivative of a declared function.
inline constexpr std::uint32_t max_derivative_order = 1000;
// Tallest tree: one level of nesting makes up to a few nodes.
inline constexpr std::size_t max_height = 1000;

// `'x, y: real, x > 0'` between two semicolons.
struct declaration {
  enum class type { real, integer, vector, matrix, function } is = type::real;
  struct dimension {
    std::string name;  // or "" for a plain number
    std::int64_t offset = 0;
    std::uint32_t begin = 0, end = 0;
  };
  struct declared_name {
    std::string name;
    std::uint32_t begin = 0, end = 0;
  };
  std::vector<declared_name> names;
  std::vector<dimension> dims;
  std::size_t arity = 0;                                       // of a function
  std::vector<std::pair<std::uint32_t, std::uint32_t>> facts;  // pieces of the text, to be read by parse_fact
};

// An expression, or a comparison of two. `begin` and `end` bound the part of the text to read. Throws error Pnn.
syntax_tree parse_statement(std::shared_ptr<const std::string> text, const vocabulary& names, std::size_t begin = 0,
                            std::size_t end = std::string_view::npos);
// A comparison, or a property such as one_hot(y), not integer(x).
syntax_tree parse_fact(std::shared_ptr<const std::string> text, const vocabulary& names, std::size_t begin = 0,
                       std::size_t end = std::string_view::npos);
// `name = expression` or `name[i, j] = expression`: a compare node whose left child is a name or an index.
syntax_tree parse_let(std::shared_ptr<const std::string> text, const vocabulary& names);
// `name` or `name[indices]`.
syntax_tree parse_target(std::shared_ptr<const std::string> text, const vocabulary& names);
std::vector<declaration> parse_declarations(const std::string& text);

// The names of a text, and whether each stands before an opening bracket, in order; for deciding what is a variable.
struct name_use {
  std::string name;
  token_kind before;  // what follows the name
};
std::vector<name_use> names_in(std::string_view text);

}  // namespace wengert
