// From syntax to layout.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/text/math.hpp>

namespace wengert {

namespace {

using kind = math::kind;

math leaf(kind is, std::string_view text) { return {is, std::string(text), {}}; }
math sign(std::string_view text) { return leaf(kind::sign, text); }
math row(std::vector<math> parts) { return {kind::row, {}, std::move(parts)}; }
math bracket(math inside, std::string_view opening = "(") { return {kind::bracket, std::string(opening), {std::move(inside)}}; }
math fraction(math above, math below) { return {kind::fraction, {}, {std::move(above), std::move(below)}}; }
math script(math base, math below, math above) {
  return {kind::script, {}, {std::move(base), std::move(below), std::move(above)}};
}
math big(math of, math below, math above) { return {kind::big, {}, {std::move(of), std::move(below), std::move(above)}}; }

// The parts of a row are put into the row around it.
void append(std::vector<math>& to, math m) {
  if (m.is == kind::row)
    for (math& part : m.parts) to.push_back(std::move(part));
  else
    to.push_back(std::move(m));
}

// How tightly a layout binds, from loose to tight: only an atom may be raised to a power, and only from `factor` on may it stand
// in a product.
enum class binds { cases, sum, product, factor, atom };

struct laid {
  math m{};
  binds level = binds::atom;
  bool reaches = false;  // what is written behind it would be read as part of it
};

math at_least(binds wanted, laid l) { return l.level < wanted ? bracket(std::move(l.m)) : std::move(l.m); }

struct spelling {
  std::string_view name, set;
};

// Functions that are known to readers under another name.
constexpr std::array words{spelling{"acos", "arccos"},  spelling{"acosh", "arcosh"}, spelling{"acot", "arccot"},
                           spelling{"acoth", "arcoth"}, spelling{"acsc", "arccsc"},  spelling{"acsch", "arcsch"},
                           spelling{"asec", "arcsec"},  spelling{"asech", "arsech"}, spelling{"asin", "arcsin"},
                           spelling{"asinh", "arsinh"}, spelling{"atan", "arctan"},  spelling{"atanh", "artanh"},
                           spelling{"sign", "sgn"}};

// Functions whose argument stands between fences.
constexpr std::array fenced{spelling{"abs", "|"},   spelling{"floor", "⌊"}, spelling{"ceil", "⌈"},
                            spelling{"norm1", "‖"}, spelling{"norm2", "‖"}, spelling{"normF", "‖"}};

// sin^2(x) is the square of sin(x) to everybody; sin(x)^2 is not.
constexpr std::array<std::string_view, 14> squared_by_name{"sin",  "cos",  "tan",  "cot",  "sec",  "csc", "sinh",
                                                           "cosh", "tanh", "coth", "sech", "csch", "log", "ln"};

template <std::size_t N> std::string_view look_up(const std::array<spelling, N>& table, std::string_view name) {
  auto it = std::ranges::find(table, name, &spelling::name);
  return it == table.end() ? std::string_view() : it->set;
}

std::string_view comparison_sign(token_kind k) {
  switch (k) {
    case token_kind::less: return "<";
    case token_kind::less_equal: return "≤";
    case token_kind::greater: return ">";
    case token_kind::greater_equal: return "≥";
    case token_kind::not_equal: return "≠";
    default: return "=";
  }
}

// Whether a digit comes first, so that a digit before it would become its neighbour.
bool begins_with_digit(const math& m) {
  if (m.is == kind::number) return true;
  bool first_part = m.is == kind::row || m.is == kind::script;
  return first_part && !m.parts.empty() && begins_with_digit(m.parts.front());
}

bool is_numeric(const math& m) {
  if (m.is == kind::number) return true;
  return m.is == kind::fraction && is_numeric(m.parts[0]) && is_numeric(m.parts[1]);
}

class layouter {
 public:
  layouter(const syntax_tree& tree, const name_styles& names) : tree_(tree), names_(names) {}

  laid of(syntax_id n) {
    const syntax_node& s = tree_[n];
    switch (s.kind) {
      case syntax::number: return number(n);
      case syntax::name: return {name(s.name)};
      case syntax::sum: return sum(s);
      case syntax::product: return product(s);
      case syntax::negate: return negative(of(s.children[0]));
      case syntax::power: return power(s);
      case syntax::index: return index(s);
      case syntax::call: return call(s);
      case syntax::transpose: return transpose(s);
      case syntax::reduce: return reduce(s);
      case syntax::conditional: return conditional(s);
      case syntax::derivative: return derivative(s);
      case syntax::compare: return compare(s);
    }
    throw defect("a syntax node of an unknown kind");
  }

 private:
  // What stands alone: between brackets, above a bar, beside a comma. Cases have no bracket on their right.
  math alone(syntax_id n) {
    laid l = of(n);
    return l.level == binds::cases ? bracket(std::move(l.m)) : std::move(l.m);
  }

  math name(const std::string& n) const {
    if (!names_.knows(n)) {
      if (n == "pi") return leaf(kind::word, "π");
      if (n == "e") return leaf(kind::word, "e");
    }
    return names_.of(n);
  }

  // As it was typed: 0.1 stays 0.1.
  laid number(syntax_id n) const {
    std::string_view typed = tree_.slice(n);
    typed.remove_prefix(std::min(typed.find_first_of("0123456789."), typed.size()));  // signs without effect
    std::size_t mark = typed.find_first_of("eE");
    std::string digits(typed.substr(0, mark));
    if (digits.starts_with('.')) digits.insert(0, 1, '0');
    if (digits.ends_with('.')) digits.pop_back();
    if (mark == std::string_view::npos) return {leaf(kind::number, digits)};
    std::string_view exponent = typed.substr(mark + 1);
    math above = leaf(kind::number, exponent.substr(exponent.find_first_not_of("+-")));
    if (exponent.front() == '-') above = row({sign("−"), std::move(above)});
    math ten = script(leaf(kind::number, "10"), {}, std::move(above));
    return {row({leaf(kind::number, digits), sign("⋅"), std::move(ten)}), binds::product};
  }

  // --- sums and products

  laid sum(const syntax_node& s) {
    std::vector<math> parts;
    for (std::size_t k = 0; k < s.children.size(); ++k) {
      if (k > 0) parts.push_back(sign(s.joins[k] == token_kind::minus ? "−" : "+"));
      laid term = of(s.children[k]);
      bool leads = k == 0 && term.level == binds::sum;
      append(parts, leads ? std::move(term.m) : at_least(binds::product, std::move(term)));
    }
    return {row(std::move(parts)), binds::sum};
  }

  static laid negative(laid l) {
    std::vector<math> parts{sign("−")};
    bool reaches = l.reaches;
    append(parts, at_least(binds::product, std::move(l)));
    return {row(std::move(parts)), binds::sum, reaches};
  }

  // What has been read of a product: (a*b)/c .* d is built from the left, as it is meant.
  struct chain {
    std::vector<math> factors;
    token_kind join = token_kind::times;  // between the factors, where there are several
    bool reaches = false;                 // the last of them

    math whole() {
      std::vector<math> parts;
      for (std::size_t k = 0; k < factors.size(); ++k) {
        if (k > 0) parts.push_back(between(parts.back(), factors[k]));
        parts.push_back(std::move(factors[k]));
      }
      return parts.size() == 1 ? std::move(parts[0]) : row(std::move(parts));
    }

    math between(const math& left, const math& right) const {
      if (join == token_kind::dot_times) return sign("⊙");
      if (join == token_kind::dot_over) return sign("⊘");
      bool digits_meet = begins_with_digit(right) || (is_numeric(left) && right.is == kind::fraction);
      return digits_meet ? sign("⋅") : leaf(kind::times, {});
    }

    // Numbers in front of one factor: 2*x .* y means the same both ways.
    bool is_scaled() const { return join == token_kind::times && std::all_of(factors.begin(), factors.end() - 1, is_numeric); }
  };

  laid product(const syntax_node& s) {
    chain c;
    laid first = of(s.children[0]);
    bool negated = tree_[s.children[0]].kind == syntax::negate;  // (-a)*b is -(a*b)
    if (negated) first = of(tree_[s.children[0]].children[0]);
    if (s.joins[1] == token_kind::over)
      c.factors.push_back(first.level == binds::cases ? bracket(std::move(first.m)) : std::move(first.m));
    else
      c.factors.push_back(factor(std::move(first), false));
    for (std::size_t k = 1; k < s.children.size(); ++k) {
      if (s.joins[k] == token_kind::over) {
        math above = c.whole();
        c = {};
        c.factors.push_back(fraction(std::move(above), alone(s.children[k])));
        continue;
      }
      bool composite = c.factors.size() > 1;
      bool same = c.join == s.joins[k] && c.join != token_kind::dot_over;
      if (composite && !same) {
        math before = s.joins[k] != token_kind::times && c.is_scaled() ? c.whole() : bracket(c.whole());
        c = {};
        c.factors.push_back(std::move(before));
      }
      c.join = s.joins[k];
      bool over_next = k + 1 < s.children.size() && s.joins[k + 1] == token_kind::over;
      bool last = k + 1 == s.children.size() || over_next;
      laid next = of(s.children[k]);
      c.reaches = last && next.level >= binds::factor && next.reaches;
      c.factors.push_back(factor(std::move(next), last));
    }
    bool single = c.factors.size() == 1;  // a fraction
    laid r{c.whole(), single ? binds::factor : binds::product, c.reaches};
    return negated ? negative(std::move(r)) : r;
  }

  static math factor(laid l, bool last) {
    if (l.reaches && !last) return bracket(std::move(l.m));
    return at_least(binds::factor, std::move(l));
  }

  // --- powers, indices, transposes

  // 1/2 above a base needs no bar.
  math exponent(syntax_id n) {
    const syntax_node& s = tree_[n];
    bool negated = s.kind == syntax::negate;
    const syntax_node& q = negated ? tree_[s.children[0]] : s;
    bool simple = q.kind == syntax::product && q.children.size() == 2 && q.joins[1] == token_kind::over &&
                  tree_[q.children[0]].kind == syntax::number && tree_[q.children[1]].kind == syntax::number;
    if (!simple) return alone(n);
    std::vector<math> parts;
    if (negated) parts.push_back(sign("−"));
    append(parts, at_least(binds::atom, of(q.children[0])));
    parts.push_back(sign("/"));
    append(parts, at_least(binds::atom, of(q.children[1])));
    return row(std::move(parts));
  }

  laid power(const syntax_node& s) {
    math above = exponent(s.children[1]);
    if (s.joins[0] == token_kind::dot_power) above = row({sign("∘"), std::move(above)});
    const syntax_node& base = tree_[s.children[0]];
    bool named = base.kind == syntax::call && !names_.knows(base.name) &&
                 std::ranges::find(squared_by_name, base.name) != squared_by_name.end();
    bool whole = s.joins[0] == token_kind::power && above.is == kind::number && above.text.find('.') == std::string::npos;
    if (named && whole) return {call_with(base, script(leaf(kind::word, base.name), {}, std::move(above))), binds::factor};
    laid b = of(s.children[0]);
    bool plain_call = base.kind == syntax::call && !named && b.m.is == kind::row;  // f(x)^2
    math m = plain_call ? std::move(b.m) : at_least(binds::atom, std::move(b));
    return {raised(std::move(m), std::move(above)), binds::factor};
  }

  laid transpose(const syntax_node& s) {
    laid b = of(s.children[0]);
    bool indexed = tree_[s.children[0]].kind == syntax::index;  // the transpose of an entry is no entry of the transpose
    math m = indexed ? bracket(std::move(b.m)) : at_least(binds::atom, std::move(b));
    return {raised(std::move(m), sign("⊤")), binds::factor};
  }

  // i and j beside each other if each is one letter or digit, else with commas.
  math subscript(std::span<const syntax_id> indices) {
    std::vector<math> all;
    bool single = true;
    for (syntax_id n : indices) {
      math m = alone(n);
      bool letter = m.is == kind::name && code_points(m.text) == 1;
      single = single && letter;
      all.push_back(std::move(m));
    }
    std::vector<math> parts;
    for (math& m : all) {
      if (!parts.empty() && !single) parts.push_back(sign(","));
      append(parts, std::move(m));
    }
    return parts.size() == 1 ? std::move(parts[0]) : row(std::move(parts));
  }

  laid index(const syntax_node& s) {
    math below = subscript(std::span(s.children).subspan(1));
    syntax_id base = s.children[0];
    laid b = of(base);
    if (tree_[base].kind == syntax::name && b.m.is == kind::script) {  // x1[i]
      math& own = b.m.parts[1];
      std::vector<math> parts;
      append(parts, std::move(own));
      parts.push_back(sign(","));
      append(parts, std::move(below));
      own = row(std::move(parts));
      return b;
    }
    bool plain_call = tree_[base].kind == syntax::call && b.m.is == kind::row;  // softmax(z)[i]
    bool bare = plain_call || (b.level == binds::atom && b.m.is != kind::script);
    return {script(bare ? std::move(b.m) : bracket(std::move(b.m)), std::move(below), {})};
  }

  // --- functions

  math arguments(std::span<const syntax_id> all) {
    if (all.size() == 1) return of(all[0]).m;
    std::vector<math> parts;
    for (syntax_id n : all) {
      if (!parts.empty()) parts.push_back(sign(","));
      append(parts, alone(n));
    }
    return row(std::move(parts));
  }

  math call_with(const syntax_node& s, math function) {
    if (math above = primes(s.orders); !above.empty()) function = raised(std::move(function), std::move(above));
    if (s.axis != 0) {
      math axis = row({leaf(kind::text, "axis "), leaf(kind::number, std::to_string(s.axis))});
      function = script(std::move(function), std::move(axis), {});
    }
    return row({std::move(function), leaf(kind::apply, {}), bracket(arguments(s.children))});
  }

  // f'(x) has primes, up to three of them; other orders stand in brackets: f^(4)(x), f^(1,0)(x, y).
  static math primes(const std::vector<std::uint32_t>& orders) {
    constexpr std::uint32_t most_primes = 3;
    math m;
    if (orders.size() == 1 && orders[0] <= most_primes) {
      m.parts.assign(orders[0], sign("′"));
      return m;
    }
    for (std::uint32_t k : orders) {
      if (!m.empty()) m.parts.push_back(sign(","));
      m.parts.push_back(leaf(kind::number, std::to_string(k)));
    }
    return m.empty() ? m : bracket(std::move(m));
  }

  // Something above what has nothing there yet, beside what is below it.
  static math raised(math base, math above) {
    if (base.is != kind::script || !base.parts[2].empty()) return script(std::move(base), {}, std::move(above));
    base.parts[2] = std::move(above);
    return base;
  }

  math function_name(const std::string& n) const {
    if (names_.knows(n)) return names_.of(n);
    if (n == "log2") return script(leaf(kind::word, "log"), leaf(kind::number, "2"), {});
    if (n == "log10") return script(leaf(kind::word, "log"), leaf(kind::number, "10"), {});
    if (n == "gamma") return leaf(kind::word, "Γ");
    std::string_view known = look_up(words, n);
    return leaf(kind::word, known.empty() ? std::string_view(n) : known);
  }

  laid call(const syntax_node& s) {
    bool own = names_.knows(s.name) || s.axis != 0;  // a function of the user's, or one that needs its axis named
    std::size_t count = s.children.size();
    if (!own && count == 1) {
      auto argument = [&] { return alone(s.children[0]); };
      if (s.name == "sqrt") return {{kind::root, {}, {argument()}}, binds::factor};
      if (s.name == "cbrt") return {{kind::root, {}, {argument(), leaf(kind::number, "3")}}, binds::factor};
      if (std::string_view fence = look_up(fenced, s.name); !fence.empty()) {
        math m = bracket(argument(), fence);
        if (!s.name.starts_with("norm")) return {std::move(m)};
        std::string_view which = std::string_view(s.name).substr(4);
        return {script(std::move(m), leaf(which == "F" ? kind::name : kind::number, which), {})};
      }
      if (s.name == "inv") return inverse(s.children[0]);
      if (s.name == "vector" && is_number(s.children[0], 1)) return {leaf(kind::word, "𝟏")};
      if (s.name == "integer") return integer(s, argument());
      if (s.name == off_poles_property) return off_poles(argument());
    }
    if (!own && s.name == "delta" && count == 2) return {script(leaf(kind::name, "δ"), subscript(s.children), {})};
    if (!own && s.name == "dot" && count == 2) return {bracket(arguments(s.children), "⟨")};
    return {call_with(s, function_name(s.name)), binds::factor};
  }

  bool is_number(syntax_id n, int value) const {
    return tree_[n].kind == syntax::number && tree_.numbers[tree_[n].value] == value;
  }

  laid inverse(syntax_id n) {
    laid b = of(n);
    bool indexed = tree_[n].kind == syntax::index;
    math base = indexed ? bracket(std::move(b.m)) : at_least(binds::atom, std::move(b));
    return {raised(std::move(base), row({sign("−"), leaf(kind::number, "1")})), binds::factor};
  }

  static laid integer(const syntax_node& s, math argument) {
    return {row({std::move(argument), leaf(kind::text, s.negated ? " is not an integer" : " is an integer")}), binds::sum};
  }

  // u > 0 or u is not an integer
  static laid off_poles(math u) {
    math m = row({});
    append(m.parts, u);
    m.parts.insert(m.parts.end(), {sign(">"), leaf(kind::number, "0"), leaf(kind::text, " or ")});
    append(m.parts, std::move(u));
    m.parts.push_back(leaf(kind::text, " is not an integer"));
    return {std::move(m), binds::sum};
  }

  // --- reductions

  // The letter that a sum skips: sum(k, if(k = i, 0, e)) is the sum of e over k != i.
  std::optional<syntax_id> skipped(const syntax_node& s) const {
    const syntax_node& body = tree_[s.children.back()];
    bool neutral_is_zero = s.name == "sum", neutral_is_one = s.name == "prod";
    if (s.letter.empty() || body.kind != syntax::conditional || body.joins[0] != token_kind::equal) return std::nullopt;
    if (!(neutral_is_zero && is_number(body.children[2], 0)) && !(neutral_is_one && is_number(body.children[2], 1)))
      return std::nullopt;
    for (std::size_t k : {0U, 1U}) {
      const syntax_node &one = tree_[body.children[k]], &other = tree_[body.children[1 - k]];
      bool index = other.kind == syntax::name || other.kind == syntax::number;
      if (one.kind == syntax::name && one.name == s.letter && index) return body.children[1 - k];
    }
    return std::nullopt;
  }

  laid reduce(const syntax_node& s) {
    math function = s.name == "sum" ? sign("∑") : s.name == "prod" ? sign("∏") : leaf(kind::word, s.name);
    if (s.letter.empty()) return {call_with(s, leaf(kind::word, s.name)), binds::factor};
    math letter = names_.of(s.letter), below = letter, above;
    if (s.children.size() == 3) {
      below = row({letter, sign("=")});
      append(below.parts, alone(s.children[0]));
      above = alone(s.children[1]);
    }
    syntax_id body = s.children.back();
    if (std::optional<syntax_id> but = skipped(s)) {
      if (s.children.size() == 3) {
        below.parts.push_back(sign(","));
        below.parts.push_back(letter);
      } else {
        below = row({letter});
      }
      below.parts.push_back(sign("≠"));
      append(below.parts, alone(*but));
      body = tree_[body].children[3];
    }
    math operation = big(std::move(function), std::move(below), std::move(above));
    if (s.name == "sum" || s.name == "prod") {
      std::vector<math> parts{std::move(operation)};
      append(parts, at_least(s.name == "sum" ? binds::product : binds::factor, of(body)));
      return {row(std::move(parts)), binds::factor, true};
    }
    return {row({std::move(operation), leaf(kind::apply, {}), bracket(of(body).m)}), binds::factor};
  }

  // --- choices, derivatives, comparisons

  laid conditional(const syntax_node& s) {
    math m{kind::cases, {}, {}};
    const syntax_node* c = &s;
    for (;;) {  // a choice among the rest continues the list
      m.parts.push_back(alone(c->children[2]));
      math test = row({});
      append(test.parts, alone(c->children[0]));
      test.parts.push_back(sign(comparison_sign(c->joins[0])));
      append(test.parts, alone(c->children[1]));
      m.parts.push_back(std::move(test));
      const syntax_node& rest = tree_[c->children[3]];
      if (rest.kind != syntax::conditional) break;
      c = &rest;
    }
    m.parts.push_back(alone(c->children[3]));
    return {std::move(m), binds::cases};
  }

  // D(D(f, x), y) is the second derivative over dy dx.
  laid derivative(const syntax_node& s) {
    std::vector<math> by;
    const syntax_node* d = &s;
    syntax_id inner = s.children[0];
    for (;;) {
      by.push_back(alone(d->children[1]));
      if (tree_[inner].kind != syntax::derivative) break;
      d = &tree_[inner];
      inner = d->children[0];
    }
    math below = differentials(by);
    math d_sign = leaf(kind::word, "∂");
    if (by.size() > 1) d_sign = script(std::move(d_sign), {}, leaf(kind::number, std::to_string(by.size())));
    laid f = of(inner);
    const syntax_node& of_what = tree_[inner];
    constexpr double most = 40;  // a wider function stands behind the fraction
    bool above = of_what.kind == syntax::name || of_what.kind == syntax::index ||
                 (of_what.kind == syntax::call && f.m.is == kind::row && width_of(f.m) <= most);
    if (above) {
      std::vector<math> parts{std::move(d_sign)};
      append(parts, std::move(f.m));
      return {fraction(row(std::move(parts)), std::move(below)), binds::factor};
    }
    return {row({fraction(std::move(d_sign), std::move(below)), leaf(kind::apply, {}), bracket(std::move(f.m))}), binds::factor,
            true};
  }

  static math differentials(const std::vector<math>& by) {
    std::vector<math> parts;
    for (std::size_t k = 0; k < by.size();) {
      std::size_t same = k;
      while (same < by.size() && to_latex(by[same]) == to_latex(by[k])) ++same;
      if (!parts.empty()) parts.push_back(leaf(kind::times, {}));
      parts.push_back(leaf(kind::word, "∂"));
      math x = by[k];
      if (same - k > 1) {
        x = raised(std::move(x), leaf(kind::number, std::to_string(same - k)));
      }
      parts.push_back(std::move(x));
      k = same;
    }
    return row(std::move(parts));
  }

  laid compare(const syntax_node& s) {
    std::vector<math> parts;
    append(parts, alone(s.children[0]));
    parts.push_back(sign(comparison_sign(s.joins[0])));
    laid right = of(s.children[1]);  // nothing follows it
    append(parts, std::move(right.m));
    return {row(std::move(parts)), binds::cases};
  }

  const syntax_tree& tree_;
  const name_styles& names_;
};

}  // namespace

math lay_out(const syntax_tree& tree, const name_styles& names) { return layouter(tree, names).of(tree.root).m; }

}  // namespace wengert
