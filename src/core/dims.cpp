#include <wengert/core/dims.hpp>

#include <algorithm>
#include <limits>

namespace wengert {

namespace {

constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();

// x + a <= y and y + b <= z give x + (a + b) <= z.
std::int64_t chained(std::int64_t a, std::int64_t b) { return a == unknown || b == unknown ? unknown : a + b; }

}  // namespace

std::int64_t dim_order::gap(std::size_t i, std::size_t j) const {
  if (i == j) return 0;
  if (i < size_ && j < size_) return gaps_[i * size_ + j];
  return i < size_ ? chained(gap(i, 0), 1) : unknown;  // of a new dimension nothing is known but 0 + 1 <= x
}

bool dim_order::assume(const affine& a, const affine& b) {
  std::size_t from = place(a.dim), to = place(b.dim), needed = std::max({size_, from + 1, to + 1});
  std::int64_t step = a.offset - b.offset;  // x_from + step <= x_to
  if (std::int64_t back = gap(to, from); back != unknown && back + step > 0) return false;
  std::vector<std::int64_t> wider(needed * needed);
  for (std::size_t i = 0; i < needed; ++i)
    for (std::size_t j = 0; j < needed; ++j)
      wider[i * needed + j] = std::max(gap(i, j), chained(chained(gap(i, from), step), gap(to, j)));
  gaps_ = std::move(wider);
  size_ = needed;
  return true;
}

// Since the gaps are closed, sizes that fit the earlier ones always have a next one that fits.
void dim_order::fit(std::vector<std::int64_t>& sizes) const {
  for (std::size_t j = 1; j <= sizes.size(); ++j)
    for (bool raise : {false, true})
      for (std::size_t i = 0; i < j; ++i) {
        std::int64_t at = i == 0 ? 0 : sizes[i - 1], up = gap(i, j), down = gap(j, i);
        if (raise && up != unknown) sizes[j - 1] = std::max(sizes[j - 1], at + up);
        if (!raise && down != unknown) sizes[j - 1] = std::min(sizes[j - 1], at - down);
      }
}

}  // namespace wengert
