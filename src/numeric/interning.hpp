// Equal things made once: a flat hash table of their numbers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <wengert/core/dims.hpp>

namespace wengert::lowered {

inline std::uint64_t mixed(std::uint64_t h, std::uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15U;
  return h ^ (h >> 29);
}

// Finds the number of what equals the candidate, by its hash, in a table that holds `size` numbers; or takes the place for
// `next`.
template <class Same, class Hash>
std::uint32_t intern(std::vector<std::uint32_t>& table, std::uint64_t hash, std::uint32_t next, Same same, Hash hash_of) {
  if (2 * (std::size_t{next} + 1) > table.size()) {
    table.assign(std::max<std::size_t>(64, 4 * std::bit_ceil(std::size_t{next} + 1)), none);
    for (std::uint32_t k = 0; k < next; ++k) {
      std::uint64_t at = hash_of(k) & (table.size() - 1);
      while (table[at] != none) at = (at + 1) & (table.size() - 1);
      table[at] = k;
    }
  }
  std::uint64_t at = hash & (table.size() - 1);
  for (; table[at] != none; at = (at + 1) & (table.size() - 1))
    if (same(table[at])) return table[at];
  table[at] = next;
  return next;
}

}  // namespace wengert::lowered
