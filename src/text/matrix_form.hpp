// Matrix notation of sums of products: which nodes have one, and its words.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/core/network.hpp>
#include <wengert/core/tape.hpp>

#include "piece.hpp"

namespace wengert {

// A node as a number times scalars times matrices.
struct matrix_form {
  open_product of;
  matrix_product product;
};

// The form of a sum of products, of a transpose, a diagonal or a broadcast; nothing where matrix notation has no words for it.
// `named`: nodes that are written by name. That something is symmetric which depends on `variable` does not count.
std::optional<matrix_form> find_matrix_form(const tape& t, node_id n, const std::function<bool(node_id)>& named,
                                            symbol_id variable);

// Whether a reader of the text knows how many rows and columns there are.
struct sides_known {
  bool rows = false, columns = false;
};

// How a caller calls what the structure leaves open.
struct matrix_words {
  std::function<piece(std::size_t factor, bool turned)> factor;
  std::function<std::string(std::size_t factor)> divisor;  // what stands behind the ./ of a factor that divides
  std::function<std::string(std::string_view)> function;   // the name of a function, checked
};

// Nothing if the text would leave open how long some part of it is. `known` tells of a factor's first and second axis.
std::optional<sides_known> sides_of(const matrix_tree& t, const std::function<sides_known(std::size_t)>& known);

piece words_of(const matrix_tree& t, const matrix_form& form, const matrix_words& words);

}  // namespace wengert
