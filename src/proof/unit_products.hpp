// What follows from A*B = I for square matrices.
#pragma once

#include <optional>
#include <vector>

#include <wengert/proof/normal_form.hpp>

namespace wengert {

struct unit_product {
  theorem determinants;           // their product is 1, in normal form
  std::vector<theorem> regular;   // det(A) != 0 and det(B) != 0, in normal form
  std::vector<theorem> inverses;  // inv(B) = A and inv(A) = B, as far as these have no other normal form
  theorem turned;                 // B*A = I
};

// From an equation whose one side is a product of two matrices and the other I; nothing where it is another.
std::optional<unit_product> from_unit_product(normalizer& full, const theorem& equal);

}  // namespace wengert
