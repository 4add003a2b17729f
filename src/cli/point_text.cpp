#include "point_text.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "words.hpp"

namespace wengert::cli {

namespace {

std::string shorten(std::string_view text) {
  constexpr std::size_t limit = 60;
  return text.size() <= limit ? std::string(text) : std::string(text.substr(0, limit)) + "...";
}

error malformed(std::string_view what, std::string_view where) {
  return {"V10", fmt::format("{} in '{}'", what, shorten(where)),
          "values look like 'x=1.5, z=[0.1,0.2], W=[[1,2],[3,4]], y=pi/2'"};
}

// The pieces of `text` between commas that stand in no bracket. Throws error V01 where brackets do not match.
std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::string open;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[') {
      open.push_back(c == '(' ? ')' : ']');
    } else if (c == ')' || c == ']') {
      if (open.empty() || open.back() != c) throw malformed(fmt::format("an unmatched '{}'", c), text);
      open.pop_back();
    } else if (c == ',' && open.empty()) {
      pieces.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (!open.empty()) throw malformed(fmt::format("a missing '{}'", open.back()), text);
  pieces.push_back(trimmed(text.substr(begin)));
  return pieces;
}

bool is_list(std::string_view text) { return text.starts_with('[') && text.ends_with(']'); }

array list_value(std::string_view name, std::string_view text) {
  const std::string_view inside = trimmed(text.substr(1, text.size() - 2));
  if (inside.empty()) throw error("V03", fmt::format("the list '{}' is empty", name));
  const std::vector<std::string_view> pieces = split_at_commas(inside);
  if (!is_list(pieces.front())) {
    array list{{pieces.size()}, {}};
    for (const std::string_view piece : pieces) {
      if (is_list(piece)) throw error("V03", fmt::format("'{}' mixes numbers and rows", name));
      list.values.push_back(constant_value(piece));
    }
    return list;
  }
  std::vector<array> rows;
  for (const std::string_view piece : pieces) {
    if (!is_list(piece)) throw error("V03", fmt::format("'{}' mixes numbers and rows", name));
    if (is_list(trimmed(piece.substr(1, piece.size() - 2))))
      throw error("V03", fmt::format("'{}' is nested more than two deep", name));
    rows.push_back(list_value(name, piece));
  }
  return stack_rows(name, rows);
}

// A name is what the language calls one; bytes above 127 belong to letters.
bool is_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && byte < 128 && c != '_') return false;
  }
  return std::isdigit(static_cast<unsigned char>(text.front())) == 0;
}

bool plain_number(std::string_view text, double& value) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return false;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (negative) value = -value;
  return failure == std::errc() && stop == text.data() + text.size();
}

}  // namespace

double constant_value(std::string_view text) {
  double value = 0;
  if (plain_number(text, value)) return value;
  if (text.empty()) throw error("V10", "a number is missing");
  const std::string source(text);
  problem_text only;
  only.expressions.push_back(source);
  problem p(only);
  const array result = evaluate_at(p, source, {});
  if (!result.shape.empty()) throw error("V12", fmt::format("'{}' is no number", shorten(text)));
  if (!std::isfinite(result.values.at(0))) throw error("V12", fmt::format("'{}' is no finite number", shorten(text)));
  return result.values.front();
}

void add_value(point& to, std::string_view name, array value) {
  for (const auto& [known, ignored] : to)
    if (known == name) throw error("V11", fmt::format("'{}' has two values", name));
  to.emplace_back(name, std::move(value));
}

array stack_rows(std::string_view name, const std::vector<array>& rows) {
  const std::size_t width = rows.front().values.size();
  array stacked{{rows.size(), width}, {}};
  for (const array& row : rows) {
    if (row.values.size() != width)
      throw error("V03", fmt::format("the rows of '{}' differ in length: {} and {}", name, width, row.values.size()));
    stacked.values.insert(stacked.values.end(), row.values.begin(), row.values.end());
  }
  return stacked;
}

void add_values(point& to, std::string_view text) {
  if (trimmed(text).empty()) throw malformed("nothing", text);
  for (const std::string_view piece : split_at_commas(text)) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos) throw malformed("no '='", piece);
    const std::string_view name = trimmed(piece.substr(0, equals));
    const std::string_view value = trimmed(piece.substr(equals + 1));
    if (!is_name(name)) throw malformed("a name was expected before '='", piece);
    if (value.empty()) throw malformed("a value is missing", piece);
    add_value(to, name, is_list(value) ? list_value(name, value) : array{{}, {constant_value(value)}});
  }
}

}  // namespace wengert::cli
