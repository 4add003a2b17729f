#include "typeset.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/text/parser.hpp>

namespace wengert {

namespace {

// Every name that means something in the problem, and whether it is an array.
std::map<std::string, bool> names_of(const problem& p) {
  std::map<std::string, bool> names;
  const tape& t = p.on();
  for (dim_id k = 0; k < t.dim_count(); ++k) names[t.dim_name(k)] = false;
  for (symbol_id s = 0; s < t.symbol_count(); ++s)  // a quote is in names that stand for something else
    if (t.symbol(s).name.find('\'') == std::string::npos) names[t.symbol(s).name] = !t.symbol(s).axes.empty();
  for (const unknown_function& f : t.unknown_functions()) names[f.name] = false;
  for (const auto& [name, value] : p.lets()) names[name] = t.rank(value) > 0;
  return names;
}

bool is_indexed(const std::vector<derivation_step>& steps, const std::string& name) {
  return std::ranges::any_of(steps, [&](const derivation_step& s) {
    return s.lhs.starts_with(name + "[") || s.lhs.starts_with("D(" + name + "[") || is_indexed(s.substeps, name);
  });
}

std::map<std::string, bool> names_of(const problem& p, const derivation& d) {
  std::map<std::string, bool> names = names_of(p);
  for (const auto& [left, value] : d.lets) {
    const std::string name = left.substr(0, left.find('['));
    names.emplace(name, name != left || is_indexed(d.steps, name));
  }
  return names;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(std::string_view s) { return !s.empty() && std::ranges::all_of(s, is_letter); }

// sum(k != i, e), as derivations write it, is sum(k, if(k = i, 0, e)).
std::string unabbreviated(std::string text) {
  for (std::size_t at = text.find("sum("); at != std::string::npos; at = text.find("sum(", at + 4)) {
    std::size_t comma = text.find(',', at), sign = text.find(" != ", at);
    if (comma == std::string::npos || sign > comma) continue;
    std::string letter = text.substr(at + 4, sign - at - 4), other = text.substr(sign + 4, comma - sign - 4);
    int depth = 1;
    std::size_t end = at + 4;
    for (; end < text.size() && depth > 0; ++end) depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
    if (depth > 0) continue;
    text.insert(end, ")");
    text.replace(at + 4, comma - at - 4, fmt::format("{}, if({} = {}, 0", letter, letter, other));
  }
  return text;
}

// "(3)", "(4.2)": the number, or nothing.
std::string_view reference_in(std::string_view word) {
  if (word.size() < 3 || word.front() != '(' || word.back() != ')') return {};
  std::string_view inside = word.substr(1, word.size() - 2);
  bool number = is_digit(inside.front()) && std::ranges::all_of(inside, [](char c) { return is_digit(c) || c == '.'; });
  return number ? inside : std::string_view();
}

std::size_t trimmed_end(std::string_view s, std::size_t begin, std::size_t end) {
  while (end > begin && std::string_view(",;:.").find(s[end - 1]) != std::string_view::npos) --end;
  return end;
}

// Where a space stands between two operands: in words, not in what the printer writes.
bool has_words_side_by_side(std::string_view s) {
  auto ends = [](char c) { return is_letter(c) || is_digit(c) || c == ')' || c == ']'; };
  auto begins = [](char c) { return is_letter(c) || is_digit(c) || c == '('; };
  for (std::size_t k = 1; k + 1 < s.size(); ++k)
    if (s[k] == ' ' && ends(s[k - 1]) && begins(s[k + 1])) return true;
  return false;
}

int depth_of(const math& m) {
  int deepest = 0;
  for (const math& part : m.parts) deepest = std::max(deepest, depth_of(part));
  return deepest + 1;
}

}  // namespace

bool fits_a_page(const math& m, double widest_line) {
  constexpr int deepest = 60;  // TeX nests 255 groups, a level here takes up to four; browsers stop at 512 elements
  constexpr double usual_line = 60;
  if (depth_of(m) > deepest) return false;
  return std::ranges::all_of(lines_of(m, usual_line), [&](const math& line) { return width_of(line) <= widest_line; });
}

std::vector<prose_piece> capitalised(std::vector<prose_piece> pieces) {
  if (!pieces.empty() && pieces[0].is == prose_piece::kind::words)
    if (char& c = pieces[0].text[0]; c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return pieces;
}

typesetter::typesetter(const problem& p) : problem_(p), names_(names_of(p)) {}
typesetter::typesetter(const problem& p, const derivation& d) : problem_(p), names_(names_of(p, d)) {}

std::optional<math> typesetter::read(const std::string& text, bool must_be_known) const {
  vocabulary words = [this](std::string_view n) { return problem_.role(n); };
  auto source = std::make_shared<const std::string>(text);
  for (auto parse : {parse_statement, parse_fact}) {
    try {
      syntax_tree tree = parse(source, words, 0, text.size());
      if (must_be_known && !is_known(tree)) return std::nullopt;
      return lay_out(tree, names_);
    } catch (const error&) {
      continue;
    }
  }
  return std::nullopt;
}

// Conditions join formulas by words: 'u > 0 or not integer(u)', 'u is real'.
math typesetter::formula(const std::string& text) const {
  constexpr std::string_view either = " or ", real = " is real";
  if (std::size_t at = text.find(either); at != std::string::npos)
    return {math::kind::row,
            {},
            {formula(text.substr(0, at)), {math::kind::text, std::string(either), {}}, formula(text.substr(at + either.size()))}};
  if (text.ends_with(real))
    return {math::kind::row, {}, {formula(text.substr(0, text.size() - real.size())), {math::kind::text, std::string(real), {}}}};
  if (auto m = read(unabbreviated(text), false)) return *m;
  return {math::kind::verbatim, text, {}};
}

// Every name is a variable of the problem, a letter, or bound.
bool typesetter::is_known(const syntax_tree& tree) const {
  std::set<std::string> bound;
  for (const syntax_node& s : tree.nodes)
    if (s.kind == syntax::reduce) bound.insert(s.letter);
  return std::ranges::all_of(tree.nodes, [&](const syntax_node& s) {
    if (s.kind != syntax::name || names_.knows(s.name) || bound.contains(s.name)) return true;
    std::string_view stem = std::string_view(s.name).substr(0, s.name.find_last_not_of("0123456789") + 1);
    return code_points(stem) == 1 || s.name == "pi";
  });
}

// a = b = c is three expressions.
std::optional<math> typesetter::read_chain(const std::string& text) const {
  if (has_words_side_by_side(text.starts_with("not ") ? text.substr(4) : text)) return std::nullopt;
  if (auto m = read(text, true)) return m;
  math row;
  std::size_t begin = 0;
  int depth = 0;
  auto add = [&](std::size_t end) {
    auto m = read(text.substr(begin, end - begin), true);
    if (!m) return false;
    if (!row.empty()) row.parts.push_back({math::kind::sign, "=", {}});
    row.parts.push_back(std::move(*m));
    return true;
  };
  for (std::size_t k = 0; k < text.size(); ++k) {
    depth += text[k] == '(' || text[k] == '[' ? 1 : text[k] == ')' || text[k] == ']' ? -1 : 0;
    if (depth != 0 || text.substr(k, 3) != " = ") continue;
    if (!add(k)) return std::nullopt;
    begin = k + 3;
  }
  if (begin == 0 || !add(text.size())) return std::nullopt;
  return row;
}

// Whether the single letter at that place is a variable; "a" may be an article.
bool typesetter::stands_for_itself(const std::string& s, std::size_t at) const {
  if (!names_.knows(s.substr(at, 1))) return false;
  if (s[at] != 'a' || at + 2 >= s.size() || s[at + 1] != ' ') return true;
  std::string_view behind = std::string_view(s).substr(at + 2);
  constexpr std::array<std::string_view, 7> verbs{"and", "or", "depends", "is", "out", "off", "with"};
  return !is_letter(behind.front()) || std::ranges::find(verbs, behind.substr(0, behind.find(' '))) != verbs.end();
}

// The longest formula that begins at that place, up to a space; `tries` bounds the work.
std::optional<prose_piece> typesetter::formula_at(const std::string& s, std::size_t at, int& tries) const {
  std::string first = s.substr(at, trimmed_end(s, at, std::min(s.find(' ', at), s.size())) - at);
  if (is_word(first) && first.size() > 1 && !names_.knows(first) && first != "not") return std::nullopt;
  for (std::size_t stop = s.size(); stop != std::string::npos && stop > at; stop = s.rfind(' ', stop - 1)) {
    std::string piece = s.substr(at, trimmed_end(s, at, stop) - at);
    bool number = std::ranges::all_of(piece, is_digit);
    bool letter = piece.size() == 1 && is_word(piece);
    if (number || (letter && !stands_for_itself(s, at))) continue;
    if (--tries < 0) return std::nullopt;
    if (auto m = read_chain(piece)) return prose_piece{prose_piece::kind::formula, std::move(piece), std::move(*m)};
  }
  return std::nullopt;
}

std::vector<prose_piece> typesetter::prose(const std::string& text) const {
  using kind = prose_piece::kind;
  std::vector<prose_piece> pieces;
  std::string s = unabbreviated(text);
  int tries = 2000;
  for (std::size_t at = 0; at < s.size();) {
    std::size_t end = std::min(s.find(' ', at), s.size());
    std::string_view word = std::string_view(s).substr(at, trimmed_end(s, at, end) - at);
    if (std::string_view number = reference_in(word); !number.empty()) {
      pieces.push_back({kind::reference, std::string(number)});
      at += word.size();
    } else if (auto formula = word.empty() ? std::nullopt : formula_at(s, at, tries)) {
      at += formula->text.size();
      pieces.push_back(std::move(*formula));
    } else {
      std::size_t behind = std::min(end + 1, s.size());  // a word, with the space behind it
      if (pieces.empty() || pieces.back().is != kind::words) pieces.push_back({});
      pieces.back().text += s.substr(at, behind - at);
      at = behind;
    }
  }
  return pieces;
}

}  // namespace wengert
