#include <wengert/text/lexer.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace wengert {

namespace {

struct code_point {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not valid UTF-8
};

code_point decode(std::string_view s) {
  auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[k])); };
  std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t bytes = first >= 0xF0 && first < 0xF5   ? 4
                      : first >= 0xE0 && first < 0xF0 ? 3
                      : first >= 0xC2 && first < 0xE0 ? 2
                                                      : 0;
  if (bytes == 0 || s.size() < bytes) return {};
  std::uint32_t value = first & (0xFFU >> (bytes + 1));
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(k) & 0xC0U) != 0x80U) return {};
    value = value << 6 | (byte(k) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (value < least[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, bytes};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(std::uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c == 0xB5 || c == 0x2126) return true;                                                                // micro and ohm signs
  if (c >= 0xC0 && c <= 0x24F) return c != 0xD7 && c != 0xF7;                                               // Latin with accents
  if (c >= 0x370 && c <= 0x3FF) return c != 0x375 && c != 0x37E && c != 0x384 && c != 0x385 && c != 0x387;  // Greek
  return (c >= 0x1F00 && c <= 0x1FFF) || (c >= 0x400 && c <= 0x52F);  // Greek with accents, Cyrillic
}

bool is_space(std::uint32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F;
}

// What to type instead of a character that people paste from elsewhere.
std::string_view instead_of(std::uint32_t c) {
  static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 37> table{
      {{0x2212, "write '-'"},
       {0x2013, "write '-'"},
       {0xB7, "write '*'"},
       {0xD7, "write '*'"},
       {0x22C5, "write '*'"},
       {0xF7, "write '/'"},
       {0x2264, "write '<='"},
       {0x2265, "write '>='"},
       {0x2260, "write '!='"},
       {0xB2, "write '^2'"},
       {0xB3, "write '^3'"},
       {0x221A, "write 'sqrt(...)'"},
       {0x2211, "write 'sum(k, ...)'"},
       {0x2202, "write 'D(f, x)'"},
       {0x221E, "infinity is no number"},
       {'{', "group with '(' and ')'"},
       {'}', "group with '(' and ')'"},
       {'|', "write 'abs(...)'"},
       {'!', "a factorial is prod(k, 1, n, k)"},
       {'%', "write '/100'"},
       {'@', "write '*' for the matrix product"},
       {'\\', "LaTeX is not read; write it plainly"},
       {'$', "LaTeX is not read; write it plainly"},
       {'_', "an index is written x[i], or x_i as one name"},
       {'"', "write D(f, x) for a derivative"},
       {0x2010, "write '-'"},
       {0x2011, "write '-'"},
       {0x2014, "write '-'"},
       {0x2217, "write '*'"},
       {0x2219, "write '*'"},
       {0x2044, "write '/'"},
       {0x2215, "write '/'"},
       {0x2032, "write D(f, x) for a derivative, ' for a transpose"},
       {0x2208, "write the bounds as comparisons"},
       {0x220F, "write 'prod(k, ...)'"},
       {0x22A4, "write ' for a transpose"},
       {0xB0, "write '*pi/180'"}}};
  for (const auto& [character, hint] : table)
    if (character == c) return hint;
  return {};
}

class scanner {
 public:
  scanner(std::string_view text, std::size_t begin, std::size_t end) : text_(text.substr(0, end)), at_(begin) {}

  std::vector<token> all() {
    std::vector<token> tokens;
    tokens.reserve((text_.size() - at_) / 2 + 1);
    while (skip_space()) tokens.push_back(next());
    auto end = static_cast<std::uint32_t>(text_.size());
    tokens.push_back({token_kind::end, end, end});
    return tokens;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool skip_space() {
    while (at_ < text_.size()) {
      code_point c = decode(text_.substr(at_));
      if (c.bytes == 0 || !is_space(c.value)) return true;
      at_ += c.bytes;
    }
    return false;
  }

  token next() {
    std::size_t begin = at_;
    token_kind kind = token_kind::end;
    code_point c = decode(text_.substr(at_));
    if (c.bytes == 0)
      throw error_at(text_, at_, at_ + 1, "P02", fmt::format("byte {} is not valid UTF-8", at_ + 1), "save the text as UTF-8");
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) {
      number();
      kind = token_kind::number;
    } else if (is_letter(c.value)) {
      name();
      kind = token_kind::name;
    } else {
      kind = punctuation(c);
    }
    return {kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
  }

  void name() {
    for (code_point c = decode(text_.substr(at_)); c.bytes != 0 && (is_letter(c.value) || is_digit(peek()) || c.value == '_');) {
      at_ += c.bytes;
      if (at_ == text_.size()) break;
      c = decode(text_.substr(at_));
    }
  }

  void digits() {
    while (is_digit(peek())) ++at_;
  }

  void number() {
    std::size_t begin = at_;
    digits();
    if (at_ == begin + 1 && text_[begin] == '0' && (peek() == 'x' || peek() == 'X') && is_digit(peek(1)))
      throw error_at(text_, begin, at_ + 2, "P04", "a hexadecimal number is not read", "write the number in decimals");
    bool operator_dot = peek() == '.' && (peek(1) == '*' || peek(1) == '/' || peek(1) == '^');  // 1./x is 1 ./ x
    if (peek() == '.' && !operator_dot) {
      ++at_;
      digits();
      if (peek() == '.' && peek(1) != '*' && peek(1) != '/' && peek(1) != '^')
        throw error_at(text_, begin, at_ + 1, "P04", "a number has two points", "a product is written with '*'");
    }
    if (at_ - begin > max_number_digits)
      throw error_at(text_, begin, at_, "P04", fmt::format("a number has more than {} digits", max_number_digits));
    exponent(begin);
  }

  void exponent(std::size_t begin) {
    if (peek() != 'e' && peek() != 'E') return;
    std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return;  // 2e is 2*e
    at_ += 1 + sign;
    int size = 0;
    for (; is_digit(peek()); ++at_) size = std::min(size * 10 + (peek() - '0'), max_decimal_exponent + 1);
    if (size > max_decimal_exponent)
      throw error_at(text_, begin, at_, "P04", fmt::format("a decimal exponent is above {} in size", max_decimal_exponent));
  }

  token_kind punctuation(const code_point& c) {
    struct spelling {
      std::string_view text;
      token_kind kind;
    };
    using enum token_kind;
    static constexpr std::array<spelling, 25> table{
        {// longer ones first
         {"**", power},         {".*", dot_times}, {"./", dot_over},   {".^", dot_power}, {"<=", less_equal},
         {">=", greater_equal}, {"==", equal},     {"!=", not_equal},  {"+", plus},       {"-", minus},
         {"*", times},          {"/", over},       {"^", power},       {"'", quote},      {"(", open},
         {")", close},          {"[", open_index}, {"]", close_index}, {",", comma},      {":", colon},
         {";", semicolon},      {"<", less},       {">", greater},     {"=", equal},      {"", end}}};
    for (const spelling& s : table)
      if (!s.text.empty() && text_.substr(at_, s.text.size()) == s.text) {
        at_ += s.text.size();
        return s.kind;
      }
    std::string shown = c.value < 0x20 || c.value == 0x7F ? fmt::format("the control character {:#04x}", c.value)
                                                          : fmt::format("'{}'", text_.substr(at_, c.bytes));
    throw error_at(text_, at_, at_ + c.bytes, "P02", shown + " has no meaning here", std::string(instead_of(c.value)));
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace

std::vector<token> tokenize(std::string_view text, std::size_t begin, std::size_t end) {
  if (text.size() > max_text_bytes)
    throw error("P07", fmt::format("the text has {} bytes; at most {} are read", text.size(), max_text_bytes),
                "name its parts with --let");
  return scanner(text, begin, std::min(end, text.size())).all();
}

std::string name_of(std::string_view spelled) {
  std::string r(spelled);
  auto replace = [&](std::string_view from, std::string_view to) {
    for (std::size_t p = r.find(from); p != std::string::npos; p = r.find(from, p + to.size())) r.replace(p, from.size(), to);
  };
  replace("\xC2\xB5", "\xCE\xBC");
  replace("\xE2\x84\xA6", "\xCE\xA9");
  return r;
}

std::size_t code_points(std::string_view piece) {
  return static_cast<std::size_t>(
      std::ranges::count_if(piece, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::size_t column_of(std::string_view text, std::size_t byte) { return code_points(text.substr(0, byte)) + 1; }

error error_at(std::string_view text, std::size_t begin, std::size_t end, std::string code, std::string message,
               std::string hint) {
  error e(std::move(code), std::move(message), std::move(hint), column_of(text, begin),
          std::max<std::size_t>(1, code_points(text.substr(begin, end - begin))));
  e.source = std::string(text);
  return e;
}

}  // namespace wengert
