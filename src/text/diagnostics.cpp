#include <wengert/text/diagnostics.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace wengert {

namespace {

constexpr std::size_t window = 76;

// One code point a cell, as bytes of the text; controls become spaces so that the caret stands under what it points at.
std::vector<std::string> cells(std::string_view text) {
  std::vector<std::string> r;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U || r.empty())
      r.emplace_back(byte < 0x20 || byte == 0x7F ? std::string(1, ' ') : std::string(1, c));
    else
      r.back().push_back(c);
  }
  return r;
}

struct excerpt {
  std::string text;
  std::size_t column = 1;  // of the caret in it
};

excerpt cut(std::string_view source, std::size_t column) {
  std::vector<std::string> all = cells(source);
  std::size_t first = 0, last = all.size();
  if (all.size() > window) {
    first = column > window / 2 ? column - window / 2 : 0;
    first = std::min(first, all.size() - window);
    last = first + window;
  }
  excerpt r{first > 0 ? "..." : "", column - first + (first > 0 ? 3 : 0)};
  for (std::size_t k = first; k < last; ++k) r.text += all[k];
  if (last < all.size()) r.text += "...";
  return r;
}

// Edit distance with swaps of neighbours (Damerau 1964, in the restricted form).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string render(const error& e) {
  std::string r = fmt::format("error[{}]: {}", e.code.c_str(), e.what());
  if (e.column == 0 || e.source.empty()) {
    if (!e.hint.empty()) r += fmt::format("\n  | {}", e.hint.c_str());
    return r;
  }
  excerpt shown = cut(e.source, e.column);
  r += fmt::format("\n  | {}\n  | {}^", shown.text, std::string(shown.column - 1, ' '));
  if (!e.hint.empty()) r += fmt::format(" {}", e.hint.c_str());
  return r;
}

std::string_view closest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t longest = 40;
  if (name.size() > longest) return {};
  std::size_t best = name.size() <= 2 ? 0 : name.size() <= 4 ? 1 : 2;
  std::string_view found;
  for (std::string_view c : candidates) {
    if (c.size() > longest) continue;
    std::size_t d = distance(name, c);
    if (d < best || (d == best && found.empty() && d > 0)) {
      best = d;
      found = c;
    }
  }
  return found;
}

}  // namespace wengert
