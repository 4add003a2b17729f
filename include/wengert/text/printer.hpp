// Nodes as text of the input language. What is printed parses back, under the same declarations, to a node of the same value, and
// to the same node wherever the parser's conventions can reach it: a product is printed in the order of its factors, a factor
// that is itself a product keeps its brackets, and the number in front is written as in x/2, 3*x/2, 1/(2*x).
//
// Arrays have three forms. The array form leaves the index out (`softmax(z) - y`, `y.*log(a)`, `sum(exp(z))`); it is used where
// everything below is a scalar or runs over the same axes in the same order. Matrix notation, where it is asked for, goes
// further: it finds products, transposes, diagonals, traces and sums over an axis (`A'*W*(x - A*s)`, `diag(a) - a*a'`); its text
// parses back to a node of the same value. The index form has a letter for each axis (`a[j]*(delta(i,j) - a[i])`, `sum(k,
// y[k]*log(a[k]))`).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <wengert/core/ops.hpp>
#include <wengert/core/tape.hpp>

namespace wengert {

struct call;

// How nodes are called.
struct naming {
  const std::map<node_id, call>* calls = nullptr;  // composites and lets, which are printed by name
  std::vector<std::string> reserved;               // names, beside those on the tape, that no letter may take
};

struct print_options {
  std::vector<std::string> letters;  // of the root's axes, in order; missing and empty ones are chosen
  bool index_form = false;           // letters even where the array form is possible
  bool matrix_notation = false;      // where there are no letters: matrix products, transposes, diagonals, ...
  bool product_entries = false;      // where there are letters: (A*B)[i,j] in place of sums over products
  bool shape_is_known = false;       // to the reader: lengths need not be told, nor that letters are indices of the root
  symbol_id variable = none;         // what is printed is to be differentiated by it: that it is symmetric does not count yet
  std::size_t max_depth = 240;       // levels of nesting; the parser reads twice as many
  std::size_t max_characters = 200'000;
};

struct printed {
  std::string text;
  std::vector<std::string> letters;  // of the root's axes, in order; empty in array form
  bool bound_letters = false;        // whether sums over letters are written
};

// Throws error V04 where the text would be longer or deeper than the options allow, and V05 where a declared name hides a
// function that the text needs.
printed print_with_letters(const tape& t, node_id n, const naming& names = {}, const print_options& options = {});
inline std::string print(const tape& t, node_id n, const naming& names = {}, const print_options& options = {}) {
  return print_with_letters(t, n, names, options).text;
}

// `u > 0`, `u != 0`, `not integer(u)`, ...: what a condition says of node u, for every value of its indices.
std::string print_condition(const tape& t, relation is, node_id u, const naming& names = {}, const print_options& options = {});

}  // namespace wengert
