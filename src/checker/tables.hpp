// What the checker knows of functions: their signs, derivatives and domains, and the identities between them, as formulas.
#pragma once

#include <string>
#include <string_view>

#include "graph.hpp"

namespace checker {

// Of the value: positive; nonnegative; the sign of the argument; positive where all arguments are.
enum class known_sign { nothing, positive, nonnegative, as_argument, positive_of_positive };

struct function_row {
  std::string_view name;
  int arity;
  int parameters;  // leading arguments by which there is no derivative
  known_sign sign;
  bool nowhere_zero;  // where it is defined
  bool continuous;    // and defined, everywhere
  std::string_view partials, defined, smooth;
};

struct rule_row {
  std::string_view name;
  int arity;
  char parameter;  // 0: none, q: any rational, z: a whole number, n: 1, 2, 3, ..., e: an even number
  std::string_view left, right, where;
};

// Of matrices A, B [batch.., n, n], a number c [batch..] and a vector v [batch.., n].
struct matrix_row {
  std::string_view name, letters, left, right, where;
};

int function_count();
const function_row& function(int op);
int find_kind(std::string_view name);  // -1: there is none
const rule_row* find_rule(std::string_view name);
const matrix_row* find_matrix_row(std::string_view name);

// A formula in x, y (edges of the frame) and c, as a term.
edge formula(frame& f, std::string_view text, const edge& x, const edge& y, const rational& c = {});
std::vector<condition> conditions(frame& f, std::string_view text, const edge& x, const edge& y, const rational& c = {});

bool is_extremum(const graph& g, int n);
// How many of the numbers of an extremum are equal to it.
int ties(graph& g, int n);

// Where a node is defined, and what must hold besides for it to be differentiable, as terms over the node's own axes.
std::vector<condition> defined(graph& g, int n, frame& f);
std::vector<condition> smooth(graph& g, int n, frame& f);
// The partial derivative by argument k, as factors over the node's own axes.
std::vector<edge> partial(graph& g, int n, std::size_t k, frame& f);

// The same matrix's inverse, determinant or adjugate as the one that n is of, and the matrix itself as a node.
int of_same_matrix(graph& g, int op, int n);
int matrix_of(graph& g, int n);
// inv, det or adj of a node [batch.., n, n].
int matrix_function(graph& g, int op, int a);
// The sides and conditions of a row, for A, B, c, v (-1 where it does not speak of one).
struct matrix_sides {
  int left, right;
  std::vector<int> nonzero;
};
matrix_sides matrix_formula(graph& g, const matrix_row& row, const std::array<int, 4>& abcv);

}  // namespace checker
