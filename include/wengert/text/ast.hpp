// The syntax tree: what was written, before any name means anything. Chains of + and of * are one node with many children, so
// that a tree is never much deeper than its brackets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/rational.hpp>
#include <wengert/text/lexer.hpp>

namespace wengert {

using syntax_id = std::uint32_t;

// What the fact 'u > 0 or not integer(u)' is a call of.
inline constexpr std::string_view off_poles_property = "or not integer";

enum class syntax : std::uint8_t {
  number,       // value
  name,         // name
  sum,          // children, each with join plus or minus
  product,      // children, each with join times, over, dot_times or dot_over (juxtaposition is times)
  negate,       // one child
  power,        // base, exponent; join power or dot_power
  index,        // base, indices
  call,         // name, arguments; axis; orders of f'(x)
  transpose,    // one child
  reduce,       // name (sum, prod, max, min, mean); index name or ""; children: [lo, hi,] body; axis
  conditional,  // left, right, then, otherwise; join the comparison
  derivative,   // function, target (a name or an index)
  compare       // left, right; join the comparison
};

struct syntax_node {
  syntax kind = syntax::number;
  std::uint16_t height = 1;
  std::uint8_t axis = 0;  // axis=n of a reduce or a call; 0: none
  bool negated = false;   // a fact that begins with `not`
  std::uint32_t begin = 0, end = 0;
  std::uint32_t value = 0;  // into syntax_tree::numbers
  std::string name, letter;
  std::vector<syntax_id> children;
  std::vector<token_kind> joins;
  std::vector<std::uint32_t> orders;  // of a call of a declared function: how often it is differentiated, by each argument
};

// One text and what it says. The text is kept so that errors can point into it.
struct syntax_tree {
  std::shared_ptr<const std::string> text;
  std::vector<syntax_node> nodes;
  std::vector<rational> numbers;
  std::vector<syntax_id> bound_names;  // names that stand in the bounds of a sum
  std::vector<std::string> notes;      // readings that the user should know of
  syntax_id root = 0;

  const syntax_node& operator[](syntax_id n) const { return nodes[n]; }
  std::string_view slice(syntax_id n) const {
    return std::string_view(*text).substr(nodes[n].begin, nodes[n].end - nodes[n].begin);
  }
  error fail(syntax_id n, std::string code, std::string message, std::string hint = {}) const {
    return error_at(*text, nodes[n].begin, nodes[n].end, std::move(code), std::move(message), std::move(hint));
  }
};

}  // namespace wengert
