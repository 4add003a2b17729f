#include <wengert/text/parser.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <wengert/core/error.hpp>

namespace wengert {

namespace {

using enum token_kind;

bool is_comparison(token_kind k) { return k >= less; }
bool is_operator(token_kind k) { return (k >= plus && k <= dot_power) || is_comparison(k); }
bool starts_operand(token_kind k) { return k == number || k == name || k == open; }

constexpr std::array<std::string_view, 5> reductions{"sum", "prod", "max", "min", "mean"};
bool is_reduction(std::string_view n) { return std::ranges::find(reductions, n) != reductions.end(); }

// d digits [. digits] [e exponent] as an exact rational.
rational exact(std::string_view s) {
  std::string digits;
  long exponent = 0;
  bool after_point = false;
  std::size_t k = 0;
  for (; k < s.size() && s[k] != 'e' && s[k] != 'E'; ++k) {
    if (s[k] == '.') {
      after_point = true;
      continue;
    }
    if (!digits.empty() || s[k] != '0') digits.push_back(s[k]);  // a leading zero would read as octal
    exponent -= after_point ? 1 : 0;
  }
  if (k < s.size()) exponent += std::stol(std::string(s.substr(k + 1)));
  big_integer mantissa(digits.empty() ? "0" : digits);
  big_integer scale = boost::multiprecision::pow(big_integer(10), static_cast<unsigned>(std::abs(exponent)));
  return exponent < 0 ? rational(mantissa, scale) : rational(mantissa * scale);
}

// Names are shown whole, long pieces of text are not.
std::string shown(std::string_view piece) {
  constexpr std::size_t longest = 40;
  if (piece.size() <= longest) return std::string(piece);
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(piece[cut]) & 0xC0U) == 0x80U) --cut;
  return std::string(piece.substr(0, cut)) + "...";
}

class parser {
 public:
  parser(std::shared_ptr<const std::string> text, const vocabulary& names, std::size_t begin, std::size_t end) : names_(names) {
    tree_.text = std::move(text);
    tokens_ = tokenize(*tree_.text, begin, end);
    if (kind() == token_kind::end) throw fail("P01", "the text is empty", "type an expression, such as x^2*sin(x)");
  }

  syntax_tree statement() {
    tree_.root = comparison();
    return finish();
  }

  syntax_tree fact() {
    facts_ = true;
    bool negated = kind() == name && slice(here()) == "not" && tokens_[at_ + 1].kind == name;
    if (negated) ++at_;
    std::size_t first = at_;
    tree_.root = comparison();
    if (is_or()) tree_.root = off_poles(tokens_[first].begin);
    syntax_node& root = tree_.nodes[tree_.root];
    if (root.kind != syntax::compare && root.kind != syntax::call)
      throw tree_.fail(tree_.root, "P15", "a fact is a comparison or a property",
                       "such as sum(y) = 1, x > 0, one_hot(y), simplex(y), integer(n), symmetric(W)");
    if (negated && (root.kind != syntax::call || root.name != "integer"))
      throw error_at(*tree_.text, tokens_[first - 1].begin, tokens_[first - 1].end, "P15", "'not' goes with integer(x) only",
                     "other facts are negated by writing the opposite comparison");
    root.negated = negated;
    return finish();
  }

  syntax_tree let() {
    token start = here();
    tree_.root = comparison();
    const syntax_node& root = tree_.nodes[tree_.root];
    bool named = root.kind == syntax::compare && root.joins[0] == equal;
    if (named) {
      const syntax_node& left = tree_[root.children[0]];
      named = left.kind == syntax::name || (left.kind == syntax::index && tree_[left.children[0]].kind == syntax::name);
    }
    if (!named)
      throw error_at(*tree_.text, start.begin, start.end, "P15", "a let is 'name = expression'", "such as a = softmax(z)");
    return finish();
  }

  syntax_tree target() {
    tree_.root = parse_target_here();
    return finish();
  }

  bool is_or() const { return facts_ && kind() == name && slice(here()) == "or"; }

  // u > 0 or not integer(u): the call of a property that has no name of its own.
  syntax_id off_poles(std::size_t begin) {
    const syntax_node left = tree_[tree_.root];
    error wrong =
        fail("P16", "'or' joins no facts", "but for u > 0 or not integer(u), what gamma(u) needs; give other facts one by one");
    at_ += 1;
    bool fits = left.kind == syntax::compare && left.joins[0] == greater && tree_.slice(left.children[1]) == "0";
    for (std::string_view word : {"not", "integer"}) {
      fits = fits && kind() == name && slice(here()) == word;
      if (fits) ++at_;
    }
    if (!fits || kind() != open) throw wrong;
    std::size_t opened = at_++;
    syntax_id u = expression();
    close_bracket(close, opened, "')'");
    if (tree_.slice(u) != tree_.slice(left.children[0])) throw wrong;
    return named_call(std::string(off_poles_property), {u}, begin, 0);
  }

 private:
  // --- tokens

  const token& here() const { return tokens_[at_]; }
  token_kind kind() const { return tokens_[at_].kind; }
  std::string_view slice(const token& t) const { return std::string_view(*tree_.text).substr(t.begin, t.end - t.begin); }
  std::string_view slice(std::size_t begin, std::size_t end) const {
    return std::string_view(*tree_.text).substr(begin, end - begin);
  }
  std::string describe(const token& t) const {
    return t.kind == token_kind::end ? "the end" : fmt::format("'{}'", shown(slice(t)));
  }
  bool accept(token_kind k) {
    if (kind() != k) return false;
    ++at_;
    return true;
  }

  error fail(std::string code, std::string message, std::string hint = {}) const {
    return error_at(*tree_.text, here().begin, here().end, std::move(code), std::move(message), std::move(hint));
  }

  // The bracket opened by token `opened` must be closed here.
  void close_bracket(token_kind k, std::size_t opened, std::string_view what) {
    if (accept(k)) return;
    if (kind() == token_kind::end) {
      const token& o = tokens_[opened];
      throw error_at(*tree_.text, o.begin, o.end, "P05", "a bracket is not closed", fmt::format("'{}' opens here", slice(o)));
    }
    refuse_here(what);
  }

  // The token here cannot stand here.
  [[noreturn]] void refuse_here(std::string_view what) const {
    if (kind() == close || kind() == close_index)
      throw fail("P05", fmt::format("{} closes nothing", describe(here())), "remove it or open it");
    if (kind() == number && at_ > 0 && tokens_[at_ - 1].kind == number)
      throw fail("P08", "two numbers stand side by side", fmt::format("write {}*{}", slice(tokens_[at_ - 1]), slice(here())));
    throw fail("P08", fmt::format("expected {}, found {}", what, describe(here())),
               slice(here()) == ";" ? "one at a time: repeat the option for the next" : "");
  }

  syntax_tree finish() {
    if (kind() == equal || is_comparison(kind())) throw chain();
    if (kind() != token_kind::end) refuse_here("an operator");
    return std::move(tree_);
  }

  error chain() const {
    return fail("P10", "comparisons do not chain", "write two of them: a < b and b < c as separate conditions");
  }

  // --- nodes

  syntax_id add(syntax_node n, std::size_t begin) {
    n.begin = static_cast<std::uint32_t>(begin);
    n.end = tokens_[at_ - 1].end;
    std::uint16_t tallest = 0;
    for (syntax_id c : n.children) tallest = std::max(tallest, tree_.nodes[c].height);
    n.height = static_cast<std::uint16_t>(tallest + 1);
    if (n.height > max_height) throw too_deep();
    tree_.nodes.push_back(std::move(n));
    return static_cast<syntax_id>(tree_.nodes.size() - 1);
  }

  syntax_id add(syntax kind, std::size_t begin, std::vector<syntax_id> children, std::vector<token_kind> joins = {}) {
    syntax_node n;
    n.kind = kind;
    n.children = std::move(children);
    n.joins = std::move(joins);
    return add(std::move(n), begin);
  }

  error too_deep() const {
    return fail("P06", fmt::format("nested more than {} levels deep", max_nesting), "name the inner parts with --let");
  }

  struct level {
    explicit level(parser& of) : p(of) {
      if (++p.depth_ > max_nesting) throw p.too_deep();
    }
    ~level() { --p.depth_; }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    parser& p;
  };

  // --- grammar

  syntax_id comparison() {
    std::size_t begin = here().begin;
    syntax_id left = expression();
    if (!is_comparison(kind())) return left;
    token_kind op = kind();
    ++at_;
    syntax_id right = expression();
    if (is_comparison(kind())) throw chain();
    return add(syntax::compare, begin, {left, right}, {op});
  }

  syntax_id expression() {
    level guard(*this);
    std::size_t begin = here().begin;
    std::vector<syntax_id> terms{term()};
    std::vector<token_kind> signs{plus};
    while (kind() == plus || kind() == minus) {
      signs.push_back(kind());
      ++at_;
      terms.push_back(term());
    }
    return terms.size() == 1 ? terms[0] : add(syntax::sum, begin, std::move(terms), std::move(signs));
  }

  syntax_id term() {
    std::size_t begin = here().begin;
    std::vector<syntax_id> factors{unary()};
    std::vector<token_kind> joins{times};
    std::size_t operand = begin;  // where the last factor begins, and the bar of a quotient that it stands under
    std::size_t bar = 0;
    for (;;) {
      token_kind k = kind();
      note_misreadings(factors.back(), operand);
      if (k == times || k == over || k == dot_times || k == dot_over) {
        bar = k == over || k == dot_over ? here().begin : 0;
        ++at_;
        operand = here().begin;
        joins.push_back(k);
        factors.push_back(unary());
      } else if (starts_operand(k) && !is_or()) {
        if (k == number && tokens_[at_ - 1].kind == number) refuse_here("an operator");
        if (k == open && tokens_[at_ - 1].kind == quote)
          throw fail("P12", "a quote before a bracket can mean a transpose or a derivative",
                     "write x'*(...) for the product, D(f, x) for the derivative");
        std::size_t second = at_;
        std::size_t operand_end = tokens_[at_ - 1].end;
        joins.push_back(times);
        factors.push_back(power());
        if (bar != 0) throw ambiguous_quotient(begin, bar, operand, operand_end, second);
      } else {
        break;
      }
    }
    return factors.size() == 1 ? factors[0] : add(syntax::product, begin, std::move(factors), std::move(joins));
  }

  // What may have been meant otherwise, now that the factor just read is followed by the token here.
  void note_misreadings(syntax_id factor, std::size_t begin) {
    token_kind k = kind();
    bool joined = starts_operand(k);
    if (!joined && (k < times || k > dot_over)) return;
    const token& before = tokens_[at_ - 1];
    const syntax_node& s = tree_[factor];
    std::string written = shown(slice(begin, before.end));
    if (at_ == bare_end_)
      tree_.notes.push_back(fmt::format("'{}' is read as {}: the function's argument ends before '{}'",
                                        shown(slice(begin, here().end)), bracketed_, slice(here())));
    if (joined && s.kind == syntax::derivative && k == open)
      tree_.notes.push_back(
          fmt::format("the brackets behind '{}' are read as a product, not as the place of the derivative", written));
    if (s.kind != syntax::power || before.kind == close) return;
    if (joined && before.end == here().begin)
      tree_.notes.push_back(fmt::format("'{0}{1}' is read as ({0})*{1}", written, slice(here())));
    const syntax_node& exponent = tree_[s.children[1]];
    const syntax_node& size = exponent.kind == syntax::negate ? tree_[exponent.children[0]] : exponent;
    if (k == over && size.kind == syntax::number && tree_.numbers[size.value] == 1 && tokens_[at_ + 1].kind == number)
      tree_.notes.push_back(
          fmt::format("'{0}/{1}' is read as ({0})/{1}; brackets make the exponent a fraction", written, slice(tokens_[at_ + 1])));
  }

  // 1/2x: both readings are named.
  error ambiguous_quotient(std::size_t begin, std::size_t bar, std::size_t operand, std::size_t operand_end,
                           std::size_t second) const {
    auto trimmed = [&](std::size_t from, std::size_t to) {
      std::string_view s = slice(from, to);
      while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
      return shown(s);
    };
    std::string_view sign = (*tree_.text)[bar] == '.' ? "./" : "/";
    std::string top = trimmed(begin, bar), below = trimmed(operand, operand_end);
    std::string beside = trimmed(tokens_[second].begin, tokens_[at_ - 1].end);
    return error_at(*tree_.text, tokens_[second].begin, tokens_[at_ - 1].end, "P11",
                    "a product without a sign after a quotient can be read in two ways",
                    fmt::format("write ({0}{1}{2})*{3} or {0}{1}({2}*{3})", top, sign, below, beside));
  }

  syntax_id unary() {
    std::size_t begin = here().begin;
    bool negative = false, signs = false;
    while (kind() == minus || kind() == plus) {
      negative ^= kind() == minus;
      signs = true;
      ++at_;
    }
    syntax_id operand = power();
    if (negative) return add(syntax::negate, begin, {operand});
    if (signs) tree_.nodes[operand].begin = static_cast<std::uint32_t>(begin);
    return operand;
  }

  syntax_id power() {
    std::size_t begin = here().begin;
    syntax_id base = postfix();
    if (kind() != token_kind::power && kind() != dot_power) return base;
    level guard(*this);
    token_kind op = kind();
    ++at_;
    syntax_id exponent = unary();
    return add(syntax::power, begin, {base, exponent}, {op});
  }

  syntax_id postfix() {
    std::size_t begin = here().begin;
    syntax_id r = primary();
    for (;;) {
      if (kind() == open_index) {
        std::size_t opened = at_++;
        std::vector<syntax_id> children{r};
        do children.push_back(expression());
        while (accept(comma));
        close_bracket(close_index, opened, "',' or ']'");
        r = add(syntax::index, begin, std::move(children));
      } else if (accept(quote)) {
        r = add(syntax::transpose, begin, {r});
      } else {
        return r;
      }
    }
  }

  syntax_id primary() {
    switch (kind()) {
      case number: return number_here();
      case name: return name_here();
      case open: {
        std::size_t opened = at_++;
        syntax_id inside = expression();
        if (kind() == comma)
          throw fail("P08", "a comma stands in brackets that belong to no function", "remove it, or name the function");
        if (is_comparison(kind()))
          throw fail("P16", "a comparison stands inside an expression", "comparisons stand in if(...), facts and equations");
        close_bracket(close, opened, "')'");
        return inside;
      }
      default: throw no_operand();
    }
  }

  error no_operand() const {
    const token* before = at_ > 0 ? &tokens_[at_ - 1] : nullptr;
    if (kind() == close && before && before->kind == open)
      return fail("P03", "the brackets are empty", "put an expression between them");
    std::string where = before ? fmt::format(" after '{}'", slice(*before)) : std::string(" at the start");
    std::string hint;
    if (before && is_operator(before->kind) && is_operator(kind()))
      hint = "remove one operator";
    else if (kind() == token_kind::end)
      hint = "the text ends too early";
    else if (kind() == token_kind::colon)
      hint = "a whole row or column is written with a letter: X[1,j]";
    return fail("P03", fmt::format("expected an operand{}, found {}", where, describe(here())), hint);
  }

  syntax_id number_here() {
    std::size_t begin = here().begin;
    tree_.numbers.push_back(exact(slice(here())));
    ++at_;
    syntax_node n;
    n.kind = syntax::number;
    n.value = static_cast<std::uint32_t>(tree_.numbers.size() - 1);
    return add(std::move(n), begin);
  }

  syntax_id plain_name() {
    std::size_t begin = here().begin;
    syntax_node n;
    n.kind = syntax::name;
    n.name = name_of(slice(here()));
    ++at_;
    return add(std::move(n), begin);
  }

  name_role role(const std::string& n) const {
    static constexpr std::array<std::string_view, 4> properties{"one_hot", "simplex", "symmetric", "integer"};
    if (facts_ && std::ranges::find(properties, n) != properties.end()) return {name_role::kind::function};
    return names_(n);
  }

  syntax_id name_here() {
    std::string n = name_of(slice(here()));
    token_kind next = tokens_[at_ + 1].kind;
    if (n == "if") return conditional();
    name_role r = role(n);
    if (!r.declared) {
      refuse_words(n, r, next);
      note_quotient(n);
    } else if (r.is == name_role::kind::function) {
      return declared_call(n);
    }
    if (next == open) {
      if (!r.declared && is_reduction(n)) return reduction(n);
      if (!r.declared && n == "D") return derivative();
      if (r.is == name_role::kind::function) return call(n);
      if (r.is == name_role::kind::unknown) throw fail("N01", r.problem, fmt::format("a product is written {}*(...)", n));
      tree_.notes.push_back(fmt::format("'{0}(...)' is read as the product {0}*(...): '{0}' is not a function", n));
      return plain_name();
    }
    if (r.declared || n == "D" || r.is != name_role::kind::function) {
      if (!r.declared && (n == "sum" || n == "prod")) throw fail("P12", fmt::format("'{}' needs its argument in brackets", n));
      return plain_name();
    }
    if (r.also_variable && !starts_operand(next)) return plain_name();
    return function_without_brackets(n, r);
  }

  // Names that are hardly meant as variables where they stand.
  void refuse_words(const std::string& n, const name_role& r, token_kind next) const {
    if (n == "and" || n == "or" || n == "not" || n == "in")
      throw fail("P16", fmt::format("'{}' is no operator", n),
                 n == "in" ? "write the bounds as comparisons: x > 0 and x < 1 as two facts" : "give the conditions one by one");
    if (n == "D" && (next == name || next == number))
      throw fail("P12", "'D' needs brackets", "write D(f, x) for a derivative, D*x for a product");
    bool quotient = at_ >= 2 && tokens_[at_ - 1].kind == over && tokens_[at_ - 2].kind == name && n.size() > 1 && n[0] == 'd';
    std::string_view top = quotient ? slice(tokens_[at_ - 2]) : std::string_view();
    if (top == "d" && !names_(top).declared)
      throw error_at(*tree_.text, tokens_[at_ - 2].begin, here().end, "P12", fmt::format("'d/{}' is no derivative here", n),
                     fmt::format("write D(f, {})", n.substr(1)));
    std::size_t bar = n.find('_');
    if (r.is == name_role::kind::function || bar == std::string::npos || bar == 0 || !starts_operand(next)) return;
    std::string base = n.substr(0, bar);
    name_role b = names_(base);
    if (b.is == name_role::kind::function && !b.declared)
      throw fail("P12", fmt::format("'{}' is no function, and hardly a variable", n),
                 is_reduction(base) ? fmt::format("write {}({}, ...)", base, n.substr(bar + 1))
                                    : fmt::format("write {}(...), or declare {}", base, n));
  }

  // dy/dx: a quotient of two names.
  void note_quotient(const std::string& n) {
    if (at_ < 2 || tokens_[at_ - 1].kind != over || tokens_[at_ - 2].kind != name || n.size() < 2 || n[0] != 'd') return;
    std::string_view top = slice(tokens_[at_ - 2]);
    if (top.size() < 2 || top[0] != 'd' || names_(top).declared) return;
    tree_.notes.push_back(
        fmt::format("'{0}/{1}' is read as a quotient; a derivative is written D({2}, {3})", top, n, top.substr(1), n.substr(1)));
  }

  // sin 2x, sin^2(x), sin^2 x.
  syntax_id function_without_brackets(const std::string& n, const name_role& r) {
    token function = here();
    ++at_;
    if (!accept(token_kind::power)) return bare_argument(n, r, function);
    level guard(*this);
    if (kind() != number && kind() != name) refuse_exponent(n, function);
    syntax_id exponent = kind() == number ? number_here() : plain_name();
    syntax_id inner = kind() == open ? call_arguments(n, function) : bare_argument(n, r, function);
    return add(syntax::power, function.begin, {inner, exponent}, {dot_power});
  }

  // sin^-1(x) has two meanings in use; other exponents are written behind the call.
  [[noreturn]] void refuse_exponent(const std::string& n, const token& function) const {
    std::size_t last = at_;
    while (tokens_[last].kind == open || tokens_[last].kind == minus) ++last;
    if (tokens_[last].kind != number || slice(tokens_[last]) != "1" || last == at_)
      throw error_at(*tree_.text, function.begin, function.end, "P12", fmt::format("'{}' needs its argument in brackets", n),
                     fmt::format("write {}(x)^(...)", n));
    std::string inverse = "a" + n;
    bool named = names_(inverse).is == name_role::kind::function;
    throw error_at(
        *tree_.text, function.begin, tokens_[last].end, "P13",
        fmt::format("'{}^-1' can mean the inverse function or the reciprocal", n),
        named ? fmt::format("write {}(x) or 1/{}(x)", inverse, n) : fmt::format("write 1/{}(x) for the reciprocal", n));
  }

  // One juxtaposed product of names and numbers; anything that could continue it asks for brackets.
  syntax_id bare_argument(const std::string& n, const name_role& r, const token& function) {
    auto refuse = [&] {
      return error_at(*tree_.text, function.begin, function.end, "P12", fmt::format("'{}' needs its argument in brackets", n),
                      fmt::format("write {}(...)", n));
    };
    auto plain = [&] {
      return kind() == name && role(name_of(slice(here()))).is != name_role::kind::function && slice(here()) != "if";
    };
    if (!r.one_argument || (kind() != number && !plain())) throw refuse();
    std::size_t begin = here().begin;
    std::vector<syntax_id> factors;
    if (kind() == number) factors.push_back(number_here());
    if (plain()) {
      std::size_t start = here().begin;
      syntax_id f = plain_name();
      if (kind() == open_index) {
        std::size_t opened = at_++;
        std::vector<syntax_id> children{f};
        do children.push_back(expression());
        while (accept(comma));
        close_bracket(close_index, opened, "',' or ']'");
        f = add(syntax::index, start, std::move(children));
      }
      factors.push_back(f);
    }
    if (starts_operand(kind()) || kind() == token_kind::power || kind() == dot_power || kind() == quote || kind() == open_index)
      throw refuse();
    syntax_id argument = factors.size() == 1 ? factors[0] : add(syntax::product, begin, std::move(factors), {times, times});
    bare_end_ = at_;
    bracketed_ =
        fmt::format("{}({})", shown(slice(function.begin, tokens_[at_ - 1].end)).substr(0, function.end - function.begin),
                    shown(slice(begin, tokens_[at_ - 1].end)));
    return named_call(n, {argument}, function.begin, 0);
  }

  syntax_id named_call(const std::string& n, std::vector<syntax_id> arguments, std::size_t begin, std::uint8_t axis) {
    syntax_node c;
    c.kind = syntax::call;
    c.name = n;
    c.children = std::move(arguments);
    c.axis = axis;
    return add(std::move(c), begin);
  }

  syntax_id call(const std::string& n) {
    token function = here();
    ++at_;
    return call_arguments(n, function);
  }

  // f(x), f'(x), f''(x), and for a function of several arguments f'[1,0](x, y): differentiated once by x and not by y.
  syntax_id declared_call(const std::string& n) {
    token function = here();
    ++at_;
    std::vector<std::uint32_t> orders;
    std::size_t opened = at_;
    while (accept(quote)) {}
    if (std::size_t quotes = at_ - opened; quotes > 0) {
      orders = {static_cast<std::uint32_t>(quotes)};
      if (kind() == open_index) orders = derivative_orders();
    }
    if (kind() != open)
      throw error_at(*tree_.text, function.begin, tokens_[at_ - 1].end, "P12",
                     fmt::format("'{}' needs its argument in brackets", n),
                     fmt::format("write {}(x), or {}'(x) for the derivative", n, n));
    syntax_id c = call_arguments(n, function);
    for (std::uint32_t k : orders)
      if (k > max_derivative_order)
        throw error_at(*tree_.text, function.begin, here().begin, "P12",
                       fmt::format("a derivative of an order above {} is not read", max_derivative_order));
    tree_.nodes[c].orders = std::move(orders);
    return c;
  }

  // [1,0] behind one quote.
  std::vector<std::uint32_t> derivative_orders() {
    if (tokens_[at_ - 2].kind == quote) refuse_here("'('");
    std::size_t opened = at_++;
    std::vector<std::uint32_t> orders;
    do {
      std::uint32_t order = 0;
      if (kind() != number) refuse_here("the order of a derivative");
      for (char c : slice(here())) {
        if (c < '0' || c > '9') throw fail("P12", "the order of a derivative is a whole number", "such as f'[1,0](x, y)");
        order = std::min(order * 10 + static_cast<std::uint32_t>(c - '0'), max_derivative_order + 1);
      }
      orders.push_back(order);
      ++at_;
    } while (accept(comma));
    close_bracket(close_index, opened, "',' or ']'");
    return orders;
  }

  syntax_id call_arguments(const std::string& n, const token& function) {
    std::size_t opened = at_++;
    auto [arguments, axis] = arguments_until_close(opened);
    return named_call(n, std::move(arguments), function.begin, axis);
  }

  // expr {, expr} [, axis = n] ')'
  std::pair<std::vector<syntax_id>, std::uint8_t> arguments_until_close(std::size_t opened) {
    std::vector<syntax_id> arguments;
    std::uint8_t axis = 0;
    do {
      if (kind() == name && slice(here()) == "axis" && tokens_[at_ + 1].kind == equal) {
        at_ += 2;
        if (kind() != number || (slice(here()) != "1" && slice(here()) != "2"))
          throw fail("P09", "an axis is 1 or 2", "axis=1: each column, axis=2: each row");
        axis = slice(here()) == "1" ? 1 : 2;
        ++at_;
        break;
      }
      arguments.push_back(expression());
      if (is_comparison(kind()))
        throw fail("P16", "a comparison stands inside an expression",
                   kind() == equal ? "bounds are written sum(k, 1, n, ...); conditions stand in if(...)"
                                   : "comparisons stand in if(...), facts and equations");
    } while (accept(comma));
    close_bracket(close, opened, "',' or ')'");
    return {std::move(arguments), axis};
  }

  syntax_id conditional() {
    std::size_t begin = here().begin;
    ++at_;
    std::size_t opened = at_;
    if (!accept(open)) throw fail("P09", "'if' needs brackets", "write if(x > 0, a, b)");
    level guard(*this);
    syntax_id left = expression();
    if (!is_comparison(kind()))
      throw fail("P09", fmt::format("expected a comparison in the condition, found {}", describe(here())),
                 "write if(x > 0, a, b)");
    token_kind op = kind();
    ++at_;
    syntax_id right = expression();
    if (is_comparison(kind())) throw chain();
    std::array<syntax_id, 2> branch{};
    for (syntax_id& b : branch) {
      if (!accept(comma)) throw fail("P09", "'if' takes a condition and two values", "write if(x > 0, a, b)");
      b = expression();
    }
    close_bracket(close, opened, "')'");
    return add(syntax::conditional, begin, {left, right, branch[0], branch[1]}, {op});
  }

  syntax_id derivative() {
    std::size_t begin = here().begin;
    ++at_;
    std::size_t opened = at_++;
    syntax_id function = expression();
    if (!accept(comma)) throw fail("P09", "'D' takes an expression and a variable", "write D(x^2, x) or D(f, z[i])");
    syntax_id by = parse_target_here();
    close_bracket(close, opened, "')': the second argument of D is a variable or one entry of it");
    return add(syntax::derivative, begin, {function, by});
  }

  syntax_id parse_target_here() {
    if (kind() != name)
      throw fail("P15", fmt::format("expected the name of a variable, found {}", describe(here())), "such as x, z, z[1] or z[i]");
    std::size_t begin = here().begin;
    syntax_id r = plain_name();
    if (kind() != open_index) return r;
    std::size_t opened = at_++;
    std::vector<syntax_id> children{r};
    do children.push_back(expression());
    while (accept(comma));
    close_bracket(close_index, opened, "',' or ']'");
    return add(syntax::index, begin, std::move(children));
  }

  // sum(k, lo, hi, e), sum(k, e), sum(e), max(a, b).
  syntax_id reduction(const std::string& n) {
    token function = here();
    ++at_;
    std::size_t opened = at_++;
    auto [arguments, axis] = arguments_until_close(opened);
    bool named = !arguments.empty() && tree_[arguments[0]].kind == syntax::name;
    bool binary = n == "max" || n == "min";
    std::size_t count = arguments.size();
    if (binary && count == 2 && !(named && stands_as_index(tree_[arguments[0]].name, arguments[1]))) {
      if (axis != 0)
        throw error_at(*tree_.text, function.begin, function.end, "P09", fmt::format("{} of two arguments takes no axis", n));
      return named_call(n, std::move(arguments), function.begin, 0);
    }
    bool right = (count == 1) || (count == 2 && named && axis == 0) || (count == 4 && named && axis == 0);
    if (!right)
      throw error_at(*tree_.text, function.begin, tokens_[at_ - 1].end, "P09",
                     fmt::format("'{}' does not take these arguments", n),
                     fmt::format("write {0}(k, 1, n, e), {0}(k, e){1} or {0}(v)", n, binary ? fmt::format(", {}(a, b)", n) : ""));
    // sum(x, k, 1, n), as others write it: 1 is the upper end of no range that is worth a sum.
    const std::string_view upper = count == 4 ? tree_.slice(arguments[2]) : "";
    if (count == 4 && tree_[arguments[1]].kind == syntax::name && (upper == "0" || upper == "1") &&
        !mentions(arguments[3], tree_[arguments[0]].name))
      throw error_at(*tree_.text, function.begin, tokens_[at_ - 1].end, "P09", fmt::format("the index of '{}' comes first", n),
                     fmt::format("write {}({}, {}, {}, {})", n, tree_.slice(arguments[1]), shown(tree_.slice(arguments[2])),
                                 shown(tree_.slice(arguments[3])), tree_.slice(arguments[0])));
    syntax_node r;
    r.kind = syntax::reduce;
    r.name = n;
    r.axis = axis;
    if (count > 1) r.letter = tree_[arguments[0]].name;
    if (count == 4)
      for (std::size_t k : {1U, 2U}) note_bound_names(arguments[k]);
    r.children.assign(arguments.begin() + (count > 1 ? 1 : 0), arguments.end());
    return add(std::move(r), function.begin);
  }

  // Whether the letter stands anywhere in the tree.
  bool mentions(syntax_id top, const std::string& letter) const {
    std::string subscript = "_" + letter;
    std::vector<syntax_id> stack{top};
    while (!stack.empty()) {
      const syntax_node& s = tree_[stack.back()];
      stack.pop_back();
      if (s.kind == syntax::name && (s.name == letter || s.name.ends_with(subscript))) return true;
      stack.insert(stack.end(), s.children.begin(), s.children.end());
    }
    return false;
  }

  void note_bound_names(syntax_id n) {
    const syntax_node& s = tree_[n];
    if (s.kind == syntax::name)
      tree_.bound_names.push_back(n);
    else if (s.kind == syntax::sum || s.kind == syntax::negate)
      for (syntax_id c : s.children) note_bound_names(c);
  }

  // Whether the name stands as an index in the tree, which makes max(k, z[k]) a maximum over k.
  bool stands_as_index(const std::string& letter, syntax_id top) const {
    std::string subscript = "_" + letter;
    std::vector<std::pair<syntax_id, bool>> stack{{top, false}};
    while (!stack.empty()) {
      auto [n, indexed] = stack.back();
      stack.pop_back();
      const syntax_node& s = tree_[n];
      if (s.kind == syntax::name && ((indexed && s.name == letter) || s.name.ends_with(subscript))) return true;
      bool delta = s.kind == syntax::call && s.name == "delta";
      for (std::size_t k = 0; k < s.children.size(); ++k)
        stack.emplace_back(s.children[k], indexed || delta || (s.kind == syntax::index && k > 0));
    }
    return false;
  }

  const vocabulary& names_;
  syntax_tree tree_;
  std::vector<token> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t bare_end_ = 0;  // the token behind the last argument that stands without brackets, and the call with brackets
  std::string bracketed_;
  bool facts_ = false;
};

}  // namespace

syntax_tree parse_statement(std::shared_ptr<const std::string> text, const vocabulary& names, std::size_t begin,
                            std::size_t end) {
  return parser(std::move(text), names, begin, end).statement();
}

syntax_tree parse_fact(std::shared_ptr<const std::string> text, const vocabulary& names, std::size_t begin, std::size_t end) {
  return parser(std::move(text), names, begin, end).fact();
}

syntax_tree parse_let(std::shared_ptr<const std::string> text, const vocabulary& names) {
  return parser(std::move(text), names, 0, std::string_view::npos).let();
}

syntax_tree parse_target(std::shared_ptr<const std::string> text, const vocabulary& names) {
  return parser(std::move(text), names, 0, std::string_view::npos).target();
}

std::vector<name_use> names_in(std::string_view text) {
  std::vector<name_use> r;
  std::vector<token> tokens = tokenize(text);
  for (std::size_t k = 0; k + 1 < tokens.size(); ++k)
    if (tokens[k].kind == name)
      r.push_back({name_of(text.substr(tokens[k].begin, tokens[k].end - tokens[k].begin)), tokens[k + 1].kind});
  return r;
}

}  // namespace wengert
