// What calculus knows of the functions of reals: derivatives, domains, signs. The rows stand in ops.cpp; proofs rest on them.
// Names and values stand elsewhere (registry.hpp).
#pragma once

#include <span>
#include <vector>

#include <wengert/core/term.hpp>

namespace wengert {

// What a condition says of a real u. Off the poles (of the gamma function): u is none of 0, -1, -2, ...
enum class relation : std::uint8_t { positive, nonnegative, nonzero, not_integer, integer, real_power, off_poles };
inline constexpr std::size_t relation_count = 7;

struct condition {
  relation is;
  term of;
};
using conditions = std::vector<condition>;

// What is known of a function's sign from its name alone. As the argument: positive, nonnegative or not 0 just where the argument
// is so (outside the domain too, where the value is nobody's business).
enum class sign_fact : std::uint8_t { unknown, positive, nonnegative, as_argument, positive_of_positive };

// What is known of all values: that the function has one everywhere and is continuous; that it is never 0 where it has one.
enum class value_fact : std::uint8_t { any, continuous, nowhere_zero };

// A row of the table. The arguments are one or two terms.
struct calculus {
  using arguments = std::span<const term>;
  opcode code;
  sign_fact sign;
  value_fact values;
  std::vector<term> (*partial)(arguments);  // by the arguments that are no parameters
  conditions (*defined)(arguments);         // where the value is meant: necessary and sufficient
  conditions (*smooth)(arguments);          // what must hold besides for the derivative to exist
  int parameters = 0;  // leading arguments by which there is no derivative, such as the order of a Bessel function
};

// All functions of reals, in the order of opcode.
std::span<const calculus> calculus_of_functions();

namespace ops {

inline condition positive(const term& u) { return {relation::positive, u}; }
inline condition nonnegative(const term& u) { return {relation::nonnegative, u}; }
inline condition nonzero(const term& u) { return {relation::nonzero, u}; }
inline condition integer(const term& u) { return {relation::integer, u}; }
inline condition off_poles(const term& u) { return {relation::off_poles, u}; }
inline term pi(const term& x) { return {x.in(), edge{x.in().on.pi(), {}}}; }

// base^exponent, and x + k, with numbers as numbers.
term raised(const term& base, const term& exponent);
term shifted(const term& x, int k);

// Whether a term is an integer by its form, and not negative then: indices, dimensions, whole numbers, and their sums and
// products.
struct integer_form {
  bool integer, nonnegative;
};
integer_form integer_by_form(const term& y);

// op(x) and op(x, y) as terms.
#define WENGERT_CALL(op) \
  inline term op(const term& x) { return make_term(opcode::op, {x}); }
WENGERT_FUNCTIONS_OF_ONE(WENGERT_CALL)
#undef WENGERT_CALL
#define WENGERT_CALL(op) \
  inline term op(const term& x, const term& y) { return make_term(opcode::op, {x, y}); }
WENGERT_FUNCTIONS_OF_TWO(WENGERT_CALL)
#undef WENGERT_CALL

}  // namespace ops
}  // namespace wengert
