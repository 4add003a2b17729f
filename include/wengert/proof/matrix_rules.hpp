// The table of identities between functions of whole matrices. Like the table of rules.hpp, but its variables A, B are matrices:
// nodes with axes [batch.., n, n], the same for both. The scalar c and the vector v have axes [batch..] and [batch.., n].
//
// Each row is an axiom, meant for every n >= 1, every real matrix and these conventions: the inverse of a singular matrix is the
// zero matrix, as 1/0 is 0. So a row holds of the total functions inv, det, adj, not only where the left side is meant; where
// it does not, it has a condition. The tests check every row on random matrices, singular ones too.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <wengert/core/ops.hpp>

namespace wengert {

// What a row speaks of; `none` where it does not.
struct matrix_terms {
  node_id a = none, b = none, c = none, v = none;
};

struct matrix_identity {
  node_id left, right;
  std::vector<std::pair<relation, node_id>> where;
};

struct matrix_rule {
  std::string_view name;
  std::string_view speaks_of;   // the letters among A, B, c, v
  std::string_view statement;   // as a person would type it
  std::string_view conditions;  // likewise, or empty
  std::string_view sentence;    // how it is established
  matrix_identity (*build)(tape& t, const matrix_terms& m);
};

std::span<const matrix_rule> matrix_rules();
const matrix_rule& find_matrix_rule(std::string_view name);  // throws defect

}  // namespace wengert
