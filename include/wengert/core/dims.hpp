// Symbolic dimensions, ranges of indices, and what is known of their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <wengert/core/opcode.hpp>  // before `none`, which g++ would say that reduction::none shadows

namespace wengert {

using dim_id = std::uint32_t;  // a symbolic dimension, an integer >= 1

inline constexpr std::uint32_t none = 0xFFFFFFFF;

// dim + offset, or the plain integer `offset` where dim is `none`.
struct affine {
  dim_id dim = none;
  std::int64_t offset = 0;
  friend bool operator==(const affine&, const affine&) = default;
};

// The integers lo .. hi, both included; empty where hi < lo.
struct range {
  affine lo, hi;
  friend bool operator==(const range&, const range&) = default;
};

// lesser <= greater: what an index needs in order to stay in its range.
struct length_condition {
  affine lesser, greater;
  std::string needed_by;  // the text of the index, such as z[3]
  std::string given;      // the user's fact that says so, or empty
};

// Inequalities between dimensions, closed under what follows from them. A dimension is an integer >= 1.
class dim_order {
 public:
  // Whether a <= b follows.
  bool surely_le(const affine& a, const affine& b) const { return gap(place(a.dim), place(b.dim)) >= a.offset - b.offset; }
  // From now on a <= b. Where that contradicts what is known nothing changes, and the answer is false.
  bool assume(const affine& a, const affine& b);
  // Changes sizes, one per dimension, so that they meet all that is known.
  void fit(std::vector<std::int64_t>& sizes) const;

 private:
  // The number 0 has the place 0, dimension d the place d + 1.
  static std::size_t place(dim_id d) { return d == none ? 0 : std::size_t{d} + 1; }
  std::int64_t gap(std::size_t i, std::size_t j) const;

  std::size_t size_ = 1;               // places that inequalities were assumed of
  std::vector<std::int64_t> gaps_{0};  // [i, j]: the greatest c with x_i + c <= x_j that follows
};

}  // namespace wengert
