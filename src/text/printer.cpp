#include <wengert/text/printer.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/text/lexer.hpp>

namespace wengert {

namespace {

constexpr std::array<std::string_view, 4> free_letters{"i", "j", "p", "q"};
constexpr std::array<std::string_view, 8> bound_letters{"k", "m", "n", "r", "s", "t", "u", "k"};

// How tightly a text binds, from loose to tight.
enum class level { sum, product, power, atom };

struct piece {
  std::string text;
  level binds;
};

std::string at_least(level wanted, piece p) { return p.binds < wanted ? "(" + p.text + ")" : std::move(p.text); }

bool is_negative(const piece& p) { return p.text.front() == '-'; }

// An index letter in scope. A sum whose letter stands alone (`z[k]`, not `z[k+1]`) in axes of just the sum's range needs no
// bounds.
struct letter {
  std::string name;
  range_id range;
  bool shows_range = false;
  bool needs_bounds = false;
  bool stands = false;       // as an index, so that the parser takes it for one
  bool as_value = false;     // alone, as a number
  bool spelled_out = false;  // as a number it is written sum(k, 1, n, k*delta(i,k))
};

// The index at which one axis of a node is read: a letter plus an offset, or a constant.
struct position {
  letter* by = nullptr;
  affine value;  // with a letter: only its offset counts
};

// From where a node is seen: all of it at once (the array form), or at one position of each axis.
struct view {
  bool whole = false;
  std::vector<position> at;
};

class writer {
 public:
  writer(const tape& t, const naming& names, const print_options& options) : t_(t), calls_(names.calls), options_(options) {
    names_.insert(names.reserved.begin(), names.reserved.end());
    for (std::size_t s = 0; s < t.symbol_count(); ++s) declared_.insert(t.symbol(static_cast<symbol_id>(s)).name);
    for (std::size_t d = 0; d < t.dim_count(); ++d) declared_.insert(t.dim_name(static_cast<dim_id>(d)));
    if (calls_)
      for (const auto& [n, c] : *calls_)
        if (c.is_let) declared_.insert(c.name);
    names_.insert(declared_.begin(), declared_.end());
  }

  piece root(node_id n, std::vector<std::string>& letters) {
    if (options_.letters.empty() && !options_.index_form && array_form(n) != array_kind::none) return node(n, {true, {}});
    std::vector<letter> own;
    own.reserve(t_.rank(n));
    view v;
    names_.insert(options_.letters.begin(), options_.letters.end());
    for (std::size_t k = 0; k < t_.rank(n); ++k) {
      std::string name = k < options_.letters.size() ? options_.letters[k] : fresh(free_letters);
      names_.insert(name);
      letters.push_back(name);
      own.push_back({name, t_.out(n)[k]});
      v.at.push_back({&own.back(), {}});
    }
    piece p = node(n, v);
    bool again = false;  // a free letter that stands nowhere as an index would be read as a variable
    for (letter& l : own)
      if (l.as_value && !l.stands) again = l.spelled_out = true;
    return again ? node(n, v) : p;
  }

 private:
  using edges = tape::arg_list;

  // --- names

  // A letter that means nothing yet; once the candidates are used up the last is numbered.
  std::string fresh(std::span<const std::string_view> candidates) const {
    for (std::string_view c : candidates)
      if (!names_.contains(c)) return std::string(c);
    for (int k = 1;; ++k) {
      std::string name = fmt::format("{}{}", candidates.back(), k);
      if (!names_.contains(name)) return name;
    }
  }

  bool hidden(std::string_view name) const { return declared_.contains(name); }

  std::string function_name(std::string_view name) const {
    if (hidden(name))
      throw error("V05", fmt::format("the result needs the function '{}', but '{}' is declared as something else", name, name),
                  "rename what you declared");
    return std::string(name);
  }

  // --- which nodes have an array form

  // Whether the node, seen as a whole, runs over its axes in step with everything below it; `anchored` if some array below it
  // tells the parser how long it is.
  enum class array_kind { none, floating, anchored };

  array_kind array_form(node_id n) {
    if (t_.rank(n) == 0) return array_kind::none;
    auto known = array_forms_.find(n);
    if (known != array_forms_.end()) return known->second;
    enter();
    array_kind r = find_array_form(n);
    --depth_;
    array_forms_.emplace(n, r);
    return r;
  }

  array_kind find_array_form(node_id n) {
    if (named(n)) return array_kind::anchored;
    if (t_.bound_count(n) > 0) return array_kind::none;
    switch (t_.op(n)) {
      case opcode::symbol: return array_kind::anchored;
      case opcode::index_value:
      case opcode::delta: return array_kind::none;
      case opcode::identity: {  // c*vector(1)
        bool ones = t_.rank(n) == 1 && is_scalar(t_.arg(n, 0)) && t_.range_of(t_.out(n)[0]).lo == affine{none, 1};
        return ones ? array_kind::floating : array_kind::none;
      }
      default: break;
    }
    array_kind r = array_kind::none;
    for (edge_view e : t_.args(n)) {
      if (is_scalar(e)) continue;
      if (!is_straight(e) || !std::ranges::equal(t_.out(e.node), t_.out(n))) return array_kind::none;
      array_kind below = array_form(e.node);
      if (below == array_kind::none) return below;
      r = std::max(r, below);
    }
    return r;
  }

  static bool is_scalar(const edge_view& e) {
    return std::ranges::all_of(e.labels, [](const label& l) { return l.is_constant(); });
  }

  static bool is_straight(const edge_view& e) {
    for (std::size_t k = 0; k < e.labels.size(); ++k)
      if (e.labels[k] != label::of_axis(k)) return false;
    return true;
  }

  // The call to print for a node, if it can be printed: letters inside an argument cannot, and rank > 1 may need an axis.
  const call* named(node_id n) {
    if (!calls_) return nullptr;
    auto it = calls_->find(n);
    if (it == calls_->end()) return nullptr;
    const call& c = it->second;
    if (c.is_let) return &c;
    if (hidden(c.name) || t_.rank(n) > 1) return nullptr;
    for (const edge& e : c.args) {
      edge_view seen_whole{e.node, e.labels};
      if (is_scalar(seen_whole)) continue;
      bool fits = t_.rank(n) == 0 || t_.rank(e.node) == 1;
      if (!fits || e.node == n || !is_straight(seen_whole) || array_form(e.node) != array_kind::anchored) return nullptr;
    }
    return &c;
  }

  // --- guards

  void enter() {
    if (++depth_ > options_.max_depth)
      throw error("V04", fmt::format("an expression nested deeper than {} levels is not printed", options_.max_depth),
                  "name its parts with --let");
  }

  void guard(const std::string& text) {
    if (text.size() > options_.max_characters || ++pieces_ > 2 * options_.max_characters)
      throw error("V04", fmt::format("an expression longer than {} characters is not printed", options_.max_characters),
                  "name its parts with --let");
  }

  // --- nodes

  piece node(node_id n, const view& v) {
    enter();
    const call* c = named(n);
    piece p = c                       ? call_text(n, *c, v)
              : t_.bound_count(n) > 0 ? reduced(n, v)
              : entry_of_array(n, v)  ? piece{at_least(level::atom, node(n, {true, {}})) + indices(n, v), level::atom}
                                      : plain(n, v);
    guard(p.text);
    --depth_;
    return p;
  }

  // exp(z)[k] is written exp(z[k]), and parses back to the same node, only if k runs over just the axis that it stands in.
  bool entry_of_array(node_id n, const view& v) {
    if (v.whole || t_.rank(n) == 0 || t_.op(n) == opcode::symbol || array_form(n) != array_kind::anchored) return false;
    for (std::size_t k = 0; k < v.at.size(); ++k) {
      const position& p = v.at[k];
      if (!p.by || p.value.offset != 0 || p.by->range != t_.out(n)[k]) return true;
      for (std::size_t m = 0; m < k; ++m)
        if (v.at[m].by == p.by) return true;
    }
    return false;
  }

  piece argument(const edge_view& e, const view& v) { return node(e.node, seen(e, v)); }

  view seen(const edge_view& e, const view& v) const {
    view r;
    r.whole = v.whole && !is_scalar(e);
    if (r.whole) return r;
    for (const label& l : e.labels) {
      position p{nullptr, l.value()};
      if (!l.is_constant()) {
        p = v.at.at(static_cast<std::size_t>(l.axis));
        p.value.offset += l.offset;
      }
      r.at.push_back(p);
    }
    return r;
  }

  piece plain(node_id n, const view& v) {
    switch (t_.op(n)) {
      case opcode::constant: return number(t_.value(n));
      case opcode::symbol: return {t_.symbol(t_.symbol_of(n)).name + indices(n, v), level::atom};
      case opcode::dim_value: return {t_.dim_name(t_.dim_of(n)), level::atom};
      case opcode::pi: return {hidden("pi") ? function_name("acos") + "(-1)" : "pi", level::atom};
      case opcode::index_value: return index_value(v);
      case opcode::delta: return delta(v);
      case opcode::add: return sum(n, v);
      case opcode::mul: return product(n, v);
      case opcode::identity: return identity(n, v);
      case opcode::power: return power(n, v);
      case opcode::select: return select(n, v);
      case opcode::pow: return pow(n, v);
      default: return function(n, v);
    }
  }

  piece call_text(node_id n, const call& c, const view& v) {
    std::vector<std::string> parts;
    for (const edge& e : c.args) parts.push_back(argument({e.node, e.labels}, {true, {}}).text);
    std::string text = c.is_let ? c.name : fmt::format("{}({})", c.name, fmt::join(parts, ", "));
    return {text + indices(n, v), level::atom};
  }

  // --- leaves

  piece number(const rational& q) const {
    std::string text = q.str();
    if (text.size() > max_number_digits) throw error("V04", "a number of too many digits is not printed");
    return {std::move(text), is_integer(q) && q >= 0 ? level::atom : level::product};
  }

  std::string with_offset(std::string name, std::int64_t offset) const {
    return offset == 0 ? std::move(name) : fmt::format("{}{:+}", name, offset);
  }

  std::string constant_index(const affine& a) const {
    return a.dim == none ? fmt::format("{}", a.offset) : with_offset(t_.dim_name(a.dim), a.offset);
  }

  std::string index(const position& p) const { return p.by ? with_offset(p.by->name, p.value.offset) : constant_index(p.value); }

  // [i,k+1] behind an array of the given axes, nothing behind a whole one.
  std::string indices(node_id n, const view& v) {
    if (v.whole || t_.rank(n) == 0) return {};
    std::string text = "[";
    for (std::size_t k = 0; k < v.at.size(); ++k) {
      const position& p = v.at[k];
      if (p.by) p.by->stands = true;
      if (p.by) (p.value.offset == 0 && p.by->range == t_.out(n)[k] ? p.by->shows_range : p.by->needs_bounds) = true;
      if (k > 0) text += ',';
      text += index(p);
    }
    return text + ']';
  }

  piece index_value(const view& v) {
    if (v.whole) throw defect("an index has no array form");
    const position& p = v.at[0];
    if (p.by) p.by->as_value = true;
    if (p.by && p.by->spelled_out) return spelled_out(p);
    std::string text = index(p);
    bool one_word = p.value.offset == 0 || (!p.by && p.value.dim == none);
    return {text, one_word && text.front() != '-' ? level::atom : level::sum};
  }

  piece spelled_out(const position& p) {
    std::string k = fresh(bound_letters);
    const range& r = t_.range_of(p.by->range);
    std::string text = fmt::format("{}({}, {}, {}, {}*{}({},{}))", function_name("sum"), k, constant_index(r.lo),
                                   constant_index(r.hi), k, function_name("delta"), p.by->name, k);
    return {with_offset(text, p.value.offset), p.value.offset == 0 ? level::atom : level::sum};
  }

  piece delta(const view& v) const {
    if (v.whole) throw defect("delta has no array form");
    for (const position& p : v.at)
      if (p.by) p.by->stands = true;
    for (const position& p : v.at)  // whatever a delta says about ranges, it is not what a sum without bounds goes by
      if (p.by && v.at[0].by && v.at[1].by && v.at[0].by->range != v.at[1].by->range) p.by->needs_bounds = true;
    std::string a = index(v.at[0]), b = index(v.at[1]);
    if (hidden("delta")) return {fmt::format("{}({} = {}, 1, 0)", function_name("if"), a, b), level::atom};
    return {fmt::format("delta({},{})", a, b), level::atom};
  }

  // --- sums and products

  piece sum(node_id n, const view& v) {
    std::string text;
    for (edge_view e : t_.args(n)) {
      piece p = argument(e, v);
      bool minus = is_negative(p) && p.binds == level::product;
      std::string term = at_least(level::product, std::move(p));
      if (text.empty())
        text = std::move(term);
      else
        text += minus ? " - " + term.substr(1) : " + " + term;
      guard(text);
    }
    if (text.empty()) return {"0", level::atom};
    return {std::move(text), t_.arity(n) == 1 ? level::product : level::sum};
  }

  bool is_product(node_id n) { return t_.op(n) == opcode::mul && t_.bound_count(n) == 0 && t_.arity(n) > 1 && !named(n); }

  // Whether the node prints as -u where u is no product or quotient: the parser takes a leading minus for a factor of its own,
  // and brackets around it make no difference.
  bool is_negated(node_id n) {
    if (!is_product(n) || t_.arity(n) != 2 || !t_.is_constant(t_.arg(n, 0).node, -1)) return false;
    node_id u = t_.arg(n, 1).node;
    return !is_product(u) && !t_.is_constant(u) && !(t_.op(u) == opcode::power && t_.value(u) < 0);
  }

  // How the number in front of a product is written: x/2, -x/2, 3*x/2, and 1/(2*x) where there is something to divide by. The
  // parser makes one number of it again. Where what follows would melt into the number it is written out: 1/2*(-x).
  struct coefficient {
    std::string front;    // "", "-", "3", "1/2"
    std::string divisor;  // "2", or "" where there is none to be written behind
  };

  coefficient coefficient_of(node_id n) {
    edge_view first = t_.arg(n, 0);
    if (!t_.is_constant(first.node)) return {};
    const rational& c = t_.value(first.node);
    if (c == -1) return {"-", {}};
    node_id next = t_.arg(n, 1).node;
    if (is_integer(c) || t_.is_constant(next) || is_negated(next)) return {number(c).text, {}};
    std::string front = rational(numerator(c)).str();
    if (abs(numerator(c)) == 1) front.pop_back();
    return {std::move(front), rational(denominator(c)).str()};
  }

  // The factors of a mul node, whether or not it is reduced.
  piece product(node_id n, const view& v) {
    edges all = t_.args(n);
    if (all.size() == 0) return {"1", level::atom};
    if (all.size() == 1) return argument(*all.begin(), v);
    coefficient c = coefficient_of(n);
    std::string text = c.front;
    bool array = false;  // what is in `text`
    bool first = text.empty() || text == "-";
    std::size_t k = t_.is_constant(t_.arg(n, 0).node) ? 1 : 0;
    auto it = all.begin();
    for (std::size_t skip = 0; skip < k; ++skip) ++it;
    bool two = k == 1 && all.size() == 2 && c.divisor.empty();  // -u
    for (; it != all.end(); ++it) {
      edge_view e = *it;
      bool is_array = v.whole && !is_scalar(e);
      if (t_.op(e.node) == opcode::power && t_.value(e.node) < 0 && !named(e.node)) {
        if (first) text += '1';
        text += is_array ? "./" : "/";
        text += divisor(e, v, std::exchange(c.divisor, {}));
      } else {
        bool leads = text.empty();
        if (!first) text += is_array && array ? ".*" : "*";
        piece factor = argument(e, v);
        bool behind_minus = text == "-" && two && is_product(e.node);
        if (behind_minus && is_negative(factor))
          factor.text = "-(" + factor.text.substr(1) + ")";  // -(-x*y) would be read as 1*x*y
        bool bare = leads ? is_negated(e.node) : behind_minus && !is_negative(factor);
        text += bare ? factor.text : at_least(level::power, std::move(factor));
      }
      array = array || is_array;
      first = false;
      guard(text);
    }
    if (!c.divisor.empty()) text += "/" + c.divisor;
    return {std::move(text), level::product};
  }

  // What stands behind the bar for a negative power, times a number.
  std::string divisor(const edge_view& e, const view& v, const std::string& times) {
    piece p = positive_power(e.node, seen(e, v));
    if (times.empty()) return at_least(level::power, std::move(p));
    node_id base = t_.arg(e.node, 0).node;
    bool joins = p.binds == level::product && t_.value(e.node) == -1 && is_product(base) &&
                 !t_.is_constant(t_.arg(base, 0).node) && !is_negative(p) &&
                 !(t_.op(t_.arg(base, 0).node) == opcode::power && t_.value(t_.arg(base, 0).node) < 0);
    return fmt::format("({}*{})", times, joins ? p.text : at_least(level::power, std::move(p)));
  }

  piece identity(node_id n, const view& v) {
    edge_view e = t_.arg(n, 0);
    if (!v.whole) return argument(e, v);
    std::string ones = function_name("vector") + "(1)";
    if (t_.is_constant(e.node, 1)) return {ones, level::atom};
    return {at_least(level::power, argument(e, v)) + "*" + ones, level::product};
  }

  // --- powers

  // base^|p| for a power node.
  piece positive_power(node_id n, const view& v) {
    rational p = abs(t_.value(n));
    piece base = argument(t_.arg(n, 0), v);
    if (p == 1) return base;
    if (p == rational(1, 2) && !hidden("sqrt")) return {"sqrt(" + base.text + ")", level::atom};
    std::string exponent = at_least(level::atom, number(p));
    return {at_least(level::atom, std::move(base)) + (v.whole ? ".^" : "^") + exponent, level::power};
  }

  piece power(node_id n, const view& v) {
    piece p = positive_power(n, v);
    if (t_.value(n) >= 0) return t_.value(n) == 1 ? piece{at_least(level::atom, std::move(p)) + "^1", level::power} : p;
    return {(v.whole ? "1./" : "1/") + at_least(level::power, std::move(p)), level::product};
  }

  piece pow(node_id n, const view& v) {
    edge_view base = t_.arg(n, 0), exponent = t_.arg(n, 1);
    std::string text = at_least(level::atom, argument(base, v));
    return {text + (v.whole ? ".^" : "^") + at_least(level::atom, argument(exponent, v)), level::power};
  }

  // --- functions and choices

  piece function(node_id n, const view& v) {
    const op_info* info = find_function(t_.op(n));
    if (!info) throw defect("the printer meets an operation that it does not know");
    std::vector<std::string> parts;
    for (edge_view e : t_.args(n)) parts.push_back(argument(e, v).text);
    if ((info->code == opcode::max || info->code == opcode::min) && reads_as_index(parts[0], parts[1]))
      std::swap(parts[0], parts[1]);
    return {fmt::format("{}({})", function_name(info->name), fmt::join(parts, ", ")), level::atom};
  }

  // Whether max(a, b) might be read as the maximum of b over an index a: where the name a stands in b.
  static bool reads_as_index(const std::string& a, const std::string& b) {
    auto in_name = [](char c) {
      return static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    if (!std::ranges::all_of(a, [&](char c) { return in_name(c) || c == '_'; }) || b.find_first_of("[_(") == std::string::npos)
      return false;
    for (std::size_t at = b.find(a); at != std::string::npos; at = b.find(a, at + 1)) {
      bool begins = at == 0 || !in_name(b[at - 1]);  // x_k may be read as x[k]
      std::size_t end = at + a.size();
      if (begins && (end == b.size() || (!in_name(b[end]) && b[end] != '_'))) return true;
    }
    return false;
  }

  piece select(node_id n, const view& v) {
    static constexpr std::array<std::string_view, 4> signs{"<", "<=", "=", "!="};
    std::array<std::string, 4> parts;
    std::size_t k = 0;
    for (edge_view e : t_.args(n)) parts[k++] = argument(e, v).text;
    std::string_view sign = signs[static_cast<std::size_t>(t_.comparison_of(n))];
    bool turned = (sign == "<" || sign == "<=") && t_.is_constant(t_.arg(n, 0).node) && !t_.is_constant(t_.arg(n, 1).node);
    if (turned) {  // x > 0 reads better than 0 < x
      std::swap(parts[0], parts[1]);
      sign = sign == "<" ? ">" : ">=";
    }
    return {fmt::format("{}({} {} {}, {}, {})", function_name("if"), parts[0], sign, parts[1], parts[2], parts[3]), level::atom};
  }

  // --- reductions

  std::string reduction_name(reduction red) const {
    switch (red) {
      case reduction::prod: return function_name("prod");
      case reduction::max: return function_name("max");
      case reduction::min: return function_name("min");
      default: return function_name("sum");
    }
  }

  // Whether a reduction runs straight over all of one array.
  bool reduces_whole(node_id n) {
    if (options_.index_form || t_.op(n) != opcode::identity || t_.rank(n) != 0) return false;
    edge_view e = t_.arg(n, 0);
    return std::ranges::equal(t_.bound(n), t_.out(e.node)) && is_straight(e) && array_form(e.node) == array_kind::anchored;
  }

  piece reduced(node_id n, const view& v) {
    if (v.whole) throw defect("a reduction has no array form");
    std::string name = reduction_name(t_.red(n));
    if (reduces_whole(n)) return {name + "(" + node(t_.arg(n, 0).node, {true, {}}).text + ")", level::atom};
    std::vector<letter> own;
    own.reserve(t_.bound_count(n));
    view inner = v;
    for (range_id r : t_.bound(n)) {
      own.push_back({fresh(bound_letters), r});
      names_.insert(own.back().name);
      inner.at.push_back({&own.back(), {}});
    }
    std::string text = (t_.op(n) == opcode::mul ? product(n, inner) : argument(t_.arg(n, 0), inner)).text;
    while (!own.empty()) {
      const letter& k = own.back();
      names_.erase(k.name);
      std::string bounds;
      if (!k.shows_range || k.needs_bounds)
        bounds = constant_index(t_.range_of(k.range).lo) + ", " + constant_index(t_.range_of(k.range).hi) + ", ";
      text = fmt::format("{}({}, {}{})", name, k.name, bounds, text);
      own.pop_back();
    }
    return {std::move(text), level::atom};
  }

  const tape& t_;
  const std::map<node_id, call>* calls_;
  const print_options& options_;
  std::set<std::string, std::less<>> declared_;  // symbols, dimensions, lets
  std::set<std::string, std::less<>> names_;     // what a fresh letter must not be
  std::unordered_map<node_id, array_kind> array_forms_;
  std::size_t depth_ = 0;
  std::size_t pieces_ = 0;
};

}  // namespace

printed print_with_letters(const tape& t, node_id n, const naming& names, const print_options& options) {
  printed r;
  r.text = writer(t, names, options).root(n, r.letters).text;
  return r;
}

std::string print_condition(const tape& t, relation is, node_id u, const naming& names, const print_options& options) {
  std::string text = print(t, u, names, options);
  switch (is) {
    case relation::positive: return text + " > 0";
    case relation::nonnegative: return text + " >= 0";
    case relation::nonzero: return text + " != 0";
    case relation::not_integer: return "not integer(" + text + ")";
    case relation::integer: return "integer(" + text + ")";
    case relation::real_power: return text + " is real";
  }
  throw defect("a condition of an unknown kind");
}

}  // namespace wengert
