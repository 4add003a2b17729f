// --var 'x, y: real, x > 0; z: vector[K]'
#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/text/parser.hpp>

namespace wengert {

namespace {

using enum token_kind;

class declaration_reader {
 public:
  explicit declaration_reader(const std::string& text) : text_(text), tokens_(tokenize(text)) {}

  std::vector<declaration> all() {
    std::vector<declaration> r;
    if (kind() == token_kind::end) throw fail("P01", "the declaration is empty", "such as x: real or z: vector[K]");
    while (kind() != token_kind::end) {
      if (accept(semicolon)) continue;
      r.push_back(one());
      if (kind() != token_kind::end && kind() != semicolon)
        throw fail("P14", fmt::format("expected ';' or the end, found '{}'", slice()));
    }
    return r;
  }

 private:
  const token& here() const { return tokens_[at_]; }
  token_kind kind() const { return here().kind; }
  std::string_view slice() const { return std::string_view(text_).substr(here().begin, here().end - here().begin); }
  bool accept(token_kind k) {
    if (kind() != k) return false;
    ++at_;
    return true;
  }
  error fail(std::string code, std::string message,
             std::string hint = "such as x, y: real or z: vector[K] or W: matrix[m, n]") const {
    return error_at(text_, here().begin, here().end, std::move(code), std::move(message), std::move(hint));
  }
  void expect(token_kind k, std::string_view what) {
    if (!accept(k))
      throw fail("P14", fmt::format("expected {}, found {}", what,
                                    kind() == token_kind::end ? "the end" : fmt::format("'{}'", slice())));
  }

  declaration one() {
    declaration d;
    do {
      if (kind() != name) throw fail("P14", "expected the name of a variable");
      d.names.push_back({name_of(slice()), here().begin, here().end});
      ++at_;
    } while (accept(comma));
    expect(colon, "':' and a type");
    type(d);
    while (accept(comma)) d.facts.push_back(fact());
    return d;
  }

  void type(declaration& d) {
    using type = declaration::type;
    std::string_view word = slice();
    std::size_t dims = 0;
    if (word == "real")
      d.is = type::real;
    else if (word == "integer")
      d.is = type::integer;
    else if (word == "vector")
      d.is = type::vector, dims = 1;
    else if (word == "matrix")
      d.is = type::matrix, dims = 2;
    else if (word == "function")
      d.is = type::function;
    else
      throw fail("P14", fmt::format("'{}' is no type", word),
                 "the types are real, integer, vector[K], matrix[m, n] and function(x)");
    ++at_;
    if (d.is == type::function) {
      expect(open, "'('");
      do {
        expect(name, "the name of an argument");
        ++d.arity;
      } while (accept(comma));
      expect(close, "')'");
    }
    if (dims == 0) return;
    expect(open_index, "'[' and the length");
    for (std::size_t k = 0; k < dims; ++k) {
      if (k > 0) expect(comma, "',' and the second length");
      d.dims.push_back(dimension());
    }
    expect(close_index, "']'");
  }

  std::int64_t small_integer() {
    constexpr std::int64_t most = 1'000'000'000;
    std::int64_t value = 0;
    if (kind() != number) throw fail("P14", "expected an integer");
    for (char c : slice()) {
      if (c < '0' || c > '9') throw fail("P14", "a length is a name or an integer");
      value = value * 10 + (c - '0');
      if (value > most) throw fail("P14", fmt::format("a length is at most {}", most));
    }
    ++at_;
    return value;
  }

  declaration::dimension dimension() {
    declaration::dimension d;
    d.begin = here().begin;
    if (kind() == name) {
      d.name = name_of(slice());
      ++at_;
      if (kind() == plus || kind() == minus) {
        bool negative = kind() == minus;
        ++at_;
        d.offset = small_integer() * (negative ? -1 : 1);
      }
    } else {
      d.offset = small_integer();
      if (d.offset < 1) {
        --at_;
        throw fail("P14", "a length is at least 1");
      }
    }
    d.end = tokens_[at_ - 1].end;
    return d;
  }

  std::pair<std::uint32_t, std::uint32_t> fact() {
    std::uint32_t begin = here().begin;
    for (int depth = 0; kind() != token_kind::end && kind() != semicolon; ++at_) {
      if (kind() == comma && depth == 0) break;
      depth += kind() == open || kind() == open_index ? 1 : kind() == close || kind() == close_index ? -1 : 0;
    }
    if (here().begin == begin) throw fail("P14", "expected a fact after ','", "such as p: real, p > 0");
    return {begin, tokens_[at_ - 1].end};
  }

  const std::string& text_;
  std::vector<token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<declaration> parse_declarations(const std::string& text) { return declaration_reader(text).all(); }

}  // namespace wengert
