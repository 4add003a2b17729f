#include <wengert/text/printer.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/text/lexer.hpp>

#include "decimal.hpp"
#include "matrix_form.hpp"
#include "piece.hpp"

namespace wengert {

namespace {

constexpr std::array<std::string_view, 4> free_letters{"i", "j", "p", "q"};
constexpr std::array<std::string_view, 8> bound_letters{"k", "m", "n", "r", "s", "t", "u", "k"};

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
    for (const unknown_function& f : t.unknown_functions()) declared_.insert(f.name);
    if (calls_)
      for (const auto& [n, c] : *calls_)
        if (c.is_let) declared_.insert(c.name);
    names_.insert(declared_.begin(), declared_.end());
  }

  // Whether some sum over a letter was written.
  bool wrote_sums() const { return wrote_sums_; }

  piece root(node_id n, std::vector<std::string>& letters) {
    bool may_be_whole = options_.letters.empty() && !options_.index_form;
    matrices_ = may_be_whole && options_.matrix_notation;
    if (matrices_) {
      if (auto p = as_matrix(n)) return *p;
      matrices_ = wrote_sums_ = false;
      array_forms_.clear();
      matrix_forms_.clear();
    }
    if (may_be_whole && array_form(n).possible) return node(n, {true, {}});
    std::vector<letter> own;
    own.reserve(t_.rank(n));
    view v;
    names_.insert(options_.letters.begin(), options_.letters.end());
    for (std::size_t k = 0; k < t_.rank(n); ++k) {
      bool chosen = k < options_.letters.size() && !options_.letters[k].empty();
      std::string name = chosen ? options_.letters[k] : fresh(free_letters);
      names_.insert(name);
      letters.push_back(name);
      own.push_back({name, t_.out(n)[k]});
      v.at.push_back({&own.back(), {}});
    }
    piece p = node(n, v);
    bool again = false;  // a free letter that stands nowhere as an index would be read as a variable, but beside D(f, x[i])
    for (letter& l : own)
      if (l.as_value && !l.stands && !options_.shape_is_known) again = l.spelled_out = true;
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

  // Whether the node, seen as a whole, can be written without letters; and the axes of which something below it tells the parser
  // how long they are.
  struct array_kind {
    bool possible = false;
    std::uint32_t anchored = 0;  // one bit for each axis
  };

  static std::uint32_t bit(std::size_t axis) { return std::uint32_t{1} << axis; }
  std::uint32_t all_axes(node_id n) const { return bit(t_.rank(n)) - 1; }
  bool anchored(node_id n) {
    array_kind k = array_form(n);
    return k.possible && k.anchored == all_axes(n);
  }

  array_kind array_form(node_id n) {
    if (t_.rank(n) == 0) return {};
    auto known = array_forms_.find(n);
    if (known != array_forms_.end()) return known->second;
    enter();
    array_kind r = find_array_form(n);
    --depth_;
    array_forms_.emplace(n, r);
    return r;
  }

  array_kind find_array_form(node_id n) {
    if (named(n)) return {true, all_axes(n)};
    if (is_matrix_function(t_.op(n))) return {t_.rank(n) == 2 && function_argument(n).has_value(), all_axes(n)};
    if (matrices_ && meets_axes(n)) return form_of(n).kind;
    if (t_.bound_count(n) > 0) return {matrices_ && reduced_axis(n) != 0, all_axes(n)};
    switch (t_.op(n)) {
      case opcode::symbol: return {true, all_axes(n)};
      case opcode::index_value: return {};
      case opcode::delta: return {matrices_ && t_.out(n)[0] == t_.out(n)[1] && !hidden("I"), 0};
      case opcode::identity:  // c*vector(1)
        return {t_.rank(n) == 1 && is_scalar(t_.arg(n, 0)) && t_.range_of(t_.out(n)[0]).lo == affine{none, 1}, 0};
      default: break;
    }
    array_kind r{false, 0};
    for (edge_view e : t_.args(n)) {
      if (is_scalar(e)) continue;
      array_kind below = argument_form(n, e);
      if (!below.possible) return {};
      r = {true, r.anchored | below.anchored};
    }
    return r;
  }

  // How an argument stands in a whole node: as it is, or, where matrices are written, transposed or spread over the other axis.
  enum class standing { straight, turned, down_columns, along_rows, none };

  standing standing_of(node_id n, const edge_view& e) const {
    if (is_straight(e) && std::ranges::equal(t_.out(e.node), t_.out(n))) return standing::straight;
    if (!matrices_ || t_.rank(n) != 2) return standing::none;
    for (std::size_t k = 0; k < e.labels.size(); ++k)
      if (e.labels[k].is_constant() || e.labels[k].offset != 0 ||
          t_.out(e.node)[k] != t_.out(n)[static_cast<std::size_t>(e.labels[k].axis)])
        return standing::none;
    if (e.labels.size() == 1) return e.labels[0].axis == 0 ? standing::down_columns : standing::along_rows;
    return e.labels.size() == 2 && e.labels[0].axis == 1 && e.labels[1].axis == 0 ? standing::turned : standing::none;
  }

  array_kind argument_form(node_id n, const edge_view& e) {
    standing s = standing_of(n, e);
    if (s == standing::none) return {};
    array_kind below = array_form(e.node);
    if (s == standing::turned) below.anchored = (below.anchored >> 1 & 1) | (below.anchored & 1) << 1;
    if (s == standing::along_rows) below.anchored <<= 1;
    return below;
  }

  static edge_view as_view(const edge& e) { return {e.node, e.labels}; }

  static bool is_scalar(const edge_view& e) {
    return std::ranges::all_of(e.labels, [](const label& l) { return l.is_constant(); });
  }

  static bool is_straight(const edge_view& e) {
    for (std::size_t k = 0; k < e.labels.size(); ++k)
      if (e.labels[k] != label::of_axis(k)) return false;
    return true;
  }

  // The call to print for a node, if it can be printed: letters inside an argument cannot.
  const call* named(node_id n) {
    if (!calls_) return nullptr;
    auto it = calls_->find(n);
    if (it == calls_->end()) return nullptr;
    const call& c = it->second;
    if (c.is_let) return &c;
    if (hidden(c.name) || t_.rank(n) > (matrices_ || c.axis != 0 ? 2 : 1)) return nullptr;
    auto is_whole = [&](const edge& e) {
      return is_scalar(as_view(e)) || (standing_in_call(n, c, e) != standing::none && e.node != n && anchored(e.node));
    };
    return as_argument([&] { return std::ranges::all_of(c.args, is_whole); }) ? &c : nullptr;
  }

  // What a function is applied to as a whole is written in matrix notation, also where the rest is written by indices.
  template <typename Write> std::invoke_result_t<Write> as_argument(Write write) {
    if (matrices_) return write();
    struct index_form {  // comes back at the end
      writer& w;
      explicit index_form(writer& of) : w(of) { turn(true); }
      index_form(const index_form&) = delete;
      index_form& operator=(const index_form&) = delete;
      ~index_form() { turn(false); }
      void turn(bool matrices) {
        w.matrices_ = matrices;
        std::swap(w.array_forms_, w.array_forms_of_arguments_);
        std::swap(w.matrix_forms_, w.matrix_forms_of_arguments_);
      }
    } later(*this);
    return write();
  }

  // A call's argument as the call reads it: an axis that the call consumes stands behind the node's own.
  standing standing_in_call(node_id n, const call& c, const edge& e) const {
    std::size_t rank = t_.rank(e.node), own = t_.rank(n);
    bool fits = own == 0 || rank == own || (c.axis != 0 && own == 1 && rank == 2);
    if (!fits) return standing::none;
    bool consumed_first = c.axis == 1 && own == 1 && rank == 2;
    bool straight = true, turned = rank == 2 && matrices_;
    for (std::size_t k = 0; k < rank; ++k) {
      straight = straight && e.labels[k] == label::of_axis(consumed_first ? rank - 1 - k : k);
      turned = turned && e.labels[k] == label::of_axis(consumed_first ? k : rank - 1 - k);
    }
    return straight ? standing::straight : turned ? standing::turned : standing::none;
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
    piece p = c                              ? call_text(n, *c, v)
              : is_matrix_function(t_.op(n)) ? matrix_function_text(n, v)
              : in_matrices(n, v)            ? matrix_product_text(n, false)
              : is_entry_of_product(n)       ? entry_of_product(n, v)
              : t_.bound_count(n) > 0        ? reduced(n, v)
              : entry_of_array(n, v)         ? piece{at_least(level::atom, node(n, {true, {}})) + indices(n, v), level::atom}
                                             : plain(n, v);
    guard(p.text);
    --depth_;
    return p;
  }

  // exp(z)[k] is written exp(z[k]), and parses back to the same node, only if k runs over just the axis that it stands in.
  bool entry_of_array(node_id n, const view& v) {
    if (v.whole || t_.rank(n) == 0 || t_.op(n) == opcode::symbol || !anchored(n)) return false;
    for (std::size_t k = 0; k < v.at.size(); ++k) {
      const position& p = v.at[k];
      if (!p.by || p.value.offset != 0 || p.by->range != t_.out(n)[k]) return true;
      for (std::size_t m = 0; m < k; ++m)
        if (v.at[m].by == p.by) return true;
    }
    return false;
  }

  // Whether n, in index form, is an entry of what matrix notation has words for: a sum of products, or a sum or function of one.
  bool is_entry_of_product(node_id n) {
    if (matrices_ || !options_.product_entries) return false;
    if (meets_axes(n) && t_.bound_count(n) > 0)
      return as_argument([&] { return form_of(n).kind.possible && form_of(n).kind.anchored == all_axes(n); });
    const bool by_entries = t_.op(n) == opcode::add || (find_function(t_.op(n)) && t_.arity(n) == 1);
    if (!by_entries || t_.bound_count(n) > 0 || t_.rank(n) == 0) return false;
    bool found = false;
    for (edge_view e : t_.args(n)) {
      if (standing_of(n, e) != standing::straight) return false;
      found = found || is_entry_of_product(e.node);
    }
    return found && as_argument([&] { return anchored(n); });
  }

  piece entry_of_product(node_id n, const view& v) {
    piece product = as_argument([&] { return t_.rank(n) == 0 ? node(n, {}) : node(n, {true, {}}); });
    if (t_.rank(n) == 0) return product;
    std::string text = at_least(level::atom, std::move(product));
    if (t_.rank(n) != 2) return {text + indices(n, v), level::atom};
    const std::string transpose = at_least(level::atom, as_argument([&] { return turned(n); }));
    if (transpose.size() >= text.size()) return {text + indices(n, v), level::atom};
    return {transpose + indices(n, {false, {v.at[1], v.at[0]}}), level::atom};
  }

  // The argument e of node n.
  piece argument(node_id n, const edge_view& e, const view& v) {
    if (!v.whole || is_scalar(e)) return node(e.node, seen(e, v));
    switch (standing_of(n, e)) {
      case standing::turned: return turned(e.node);
      case standing::down_columns:
      case standing::along_rows: return spread(e.node, standing_of(n, e) == standing::down_columns, v);
      default: return node(e.node, v);
    }
  }

  // A vector in every column, or turned in every row, of a matrix. A minus stands in front: -vector(1)*s'.
  piece spread(node_id n, bool down_columns, const view& v) {
    if (is_negated(n) && !named(n) && t_.arity(n) == 2 && is_straight(t_.arg(n, 1))) {
      piece p = spread(t_.arg(n, 1).node, down_columns, v);
      if (!is_negative(p)) return {"-" + p.text, level::product, true};
    }
    if (down_columns) return {at_least(level::power, node(n, v)) + "*" + ones() + "'", level::product, true};
    return {ones() + "*" + at_least(level::power, turned(n)), level::product, true};
  }

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
      case opcode::unknown: return unknown(n, v);
      default: return function(n, v);
    }
  }

  piece call_text(node_id n, const call& c, const view& v) {
    std::vector<std::string> parts;
    for (const edge& e : c.args) {
      if (is_scalar(as_view(e)))
        parts.push_back(factor_text(e, false).text);
      else
        parts.push_back(as_argument([&] { return factor_text(e, standing_in_call(n, c, e) == standing::turned).text; }));
    }
    if (c.axis != 0) parts.push_back(fmt::format("axis={}", c.axis));
    std::string text = c.is_let ? c.name : fmt::format("{}({})", c.name, fmt::join(parts, ", "));
    return {text + indices(n, v), level::atom};
  }

  // --- functions of whole matrices

  piece matrix_function_text(node_id n, const view& v) {
    auto matrix = function_argument(n);
    if (!matrix || t_.rank(n) > 2)
      throw error("V04", "a function of a matrix that is given by its entries is not printed", "name the matrix with --let");
    std::string_view name = t_.op(n) == opcode::inv ? "inv" : t_.op(n) == opcode::det ? "det" : "adj";
    return {fmt::format("{}({}){}", function_name(name), *matrix, indices(n, v)), level::atom};
  }

  // The matrix that n is a function of, as a whole.
  std::optional<std::string> function_argument(node_id n) {
    edge e = t_.arg(n, 0);
    const std::vector<label> straight = tape::straight(2, t_.rank(n));
    bool is_turned = e.labels == std::vector<label>{straight[1], straight[0]};
    if (e.labels != straight && !is_turned) return {};
    return as_argument([&] { return anchored(e.node) ? std::optional(matrix_text(e.node, is_turned)) : std::nullopt; });
  }

  std::string matrix_text(node_id n, bool is_turned) { return (is_turned ? turned(n) : node(n, {true, {}})).text; }

  // --- leaves

  piece number(const rational& q) const {
    std::string text = q.str();
    if (auto decimal = as_decimal(q)) return {(q < 0 ? "-" : "") + *decimal, q >= 0 ? level::atom : level::product};
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
    if (v.whole) return {"I", level::atom};
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
    std::vector<piece> terms;
    for (edge_view e : t_.args(n)) terms.push_back(argument(n, e, v));
    return joined(std::move(terms));
  }

  piece joined(std::vector<piece> terms) {
    std::string text;
    for (piece& p : terms) {
      bool minus = is_negative(p) && p.binds == level::product;
      std::string term = at_least(level::product, std::move(p));
      if (text.empty())
        text = std::move(term);
      else
        text += minus ? " - " + term.substr(1) : " + " + term;
      guard(text);
    }
    if (text.empty()) return {"0", level::atom};
    return {std::move(text), terms.size() == 1 ? level::product : level::sum};
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
    if (is_integer(c) || as_decimal(c) || t_.is_constant(next) || is_negated(next)) return {number(c).text, {}};
    std::string front = rational(numerator(c)).str();
    if (abs(numerator(c)) == 1) front.pop_back();
    return {std::move(front), rational(denominator(c)).str()};
  }

  // The factors of a mul node, whether or not it is reduced.
  piece product(node_id n, const view& v) {
    edges all = t_.args(n);
    if (all.size() == 0) return {"1", level::atom};
    if (all.size() == 1) return argument(n, *all.begin(), v);
    coefficient c = coefficient_of(n);
    std::string text = c.front;
    auto arrays = std::ranges::count_if(all.copy(), [&](const edge& e) { return v.whole && !is_scalar(as_view(e)); });
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
        text += c.divisor.empty() && k == 1 ? divisor_behind_number(e, v, text) : divisor(e, v, std::exchange(c.divisor, {}));
      } else {
        bool leads = text.empty();
        if (!first) text += is_array && array ? ".*" : "*";
        piece factor = argument(n, e, v);
        bool behind_minus = text == "-" && two && is_product(e.node);
        if (behind_minus && is_negative(factor))
          factor.text = "-(" + factor.text.substr(1) + ")";  // -(-x*y) would be read as 1*x*y
        bool alone = factor.chain && (is_array ? arrays == 1 : leads && only_divisors_after(n, e));  // 2*A*x, x'*y/s
        bool bare = alone || (leads ? is_negated(e.node) : behind_minus && !is_negative(factor));
        text += bare ? factor.text : at_least(level::power, std::move(factor));
      }
      array = array || is_array;
      first = false;
      guard(text);
    }
    if (!c.divisor.empty()) text += "/" + c.divisor;
    return {std::move(text), level::product};
  }

  // The parser moves a number that a divisor begins with into the number in front, which is there already: -x/(-y) would be read
  // as x/y. So it gets another to move: x/(-(-y)), or -x/(1*(-2*y)).
  std::string divisor_behind_number(const edge_view& e, const view& v, std::string& text) {
    piece base = positive_power(e.node, seen(e, v));
    node_id of = t_.arg(e.node, 0).node;
    bool begins = t_.value(e.node) == -1 && !named(of) && t_.op(of) == opcode::mul && t_.bound_count(of) == 0 &&
                  t_.arity(of) > 1 && (t_.is_constant(t_.arg(of, 0).node) || is_negative(base));
    if (!begins) return at_least(level::power, std::move(base));
    std::string negated;  // what a minus goes around
    if (is_negated(of))
      negated = base.text;
    else if (is_negated(t_.arg(of, 0).node))
      negated = argument(of, t_.arg(of, 0), seen(e, v)).text;
    if (negated.empty() || text.front() != '-') return "(1*" + at_least(level::power, std::move(base)) + ")";
    text.erase(0, 1);
    return "(-(" + negated + ")" + base.text.substr(negated.size()) + ")";
  }

  // Whether all factors behind the first are written as divisors.
  bool only_divisors_after(node_id n, const edge_view& first) {
    return std::ranges::all_of(t_.args(n).copy(), [&](const edge& e) {
      return e == edge(first) || (t_.op(e.node) == opcode::power && t_.value(e.node) < 0 && !named(e.node));
    });
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
    if (!v.whole) return argument(n, e, v);
    if (t_.is_constant(e.node, 1)) return {ones(), level::atom};
    return {at_least(level::power, argument(n, e, v)) + "*" + ones(), level::product};
  }

  // --- matrices

  // A node in matrix notation, and what kind of array that makes it.
  struct known_form {
    std::optional<matrix_form> form;
    array_kind kind;
  };

  // Whether a node brings axes together or moves them, so that only matrix notation can write it whole.
  bool meets_axes(node_id n) const {
    if (t_.op(n) != opcode::mul && t_.op(n) != opcode::identity) return false;
    if (t_.bound_count(n) > 0) return t_.op(n) == opcode::mul || t_.red(n) == reduction::sum;
    bool only_scalars = true;
    for (edge_view e : t_.args(n)) {
      if (is_scalar(e)) continue;
      only_scalars = false;
      if (standing_of(n, e) != standing::straight) return true;
    }
    return only_scalars && t_.rank(n) == 2;
  }

  const known_form& form_of(node_id n) {
    auto known = matrix_forms_.find(n);
    if (known != matrix_forms_.end()) return known->second;
    enter();
    known_form k{find_matrix_form(
                     t_, n, [&](node_id m) { return m != n && named(m) != nullptr; }, options_.variable),
                 {}};
    --depth_;
    if (k.form) k.kind = kind_of(n, *k.form);
    return matrix_forms_.emplace(n, std::move(k)).first->second;
  }

  array_kind kind_of(node_id n, const matrix_form& form) {
    const open_product& f = form.of;
    std::vector<array_kind> below;
    for (const edge& e : f.factors) {
      below.push_back(is_scalar(as_view(e)) ? array_kind{true, 0} : array_form(e.node));
      if (!below.back().possible) return {};
    }
    auto known = [&](std::size_t factor) {
      bool column = t_.rank(f.factors[factor].node) == 1;
      return sides_known{(below[factor].anchored & 1) != 0, column || (below[factor].anchored & 2) != 0};
    };
    for (const matrix_tree& s : form.product.scalars)
      if (!sides_of(s, known)) return {};
    if (!form.product.main) return {true, 0};
    auto sides = sides_of(*form.product.main, known);
    if (!sides) return {};
    return {true, (sides->rows ? 1U : 0U) | (sides->columns && t_.rank(n) == 2 ? 2U : 0U)};
  }

  bool in_matrices(node_id n, const view& v) {
    return matrices_ && (v.whole || t_.rank(n) == 0) && meets_axes(n) && form_of(n).kind.possible;
  }

  // The root, if matrix notation tells all of it.
  std::optional<piece> as_matrix(node_id n) {
    try {
      if (t_.rank(n) == 0) return node(n, {});
      array_kind k = array_form(n);
      bool square = std::ranges::all_of(t_.out(n), [&](range_id r) { return r == t_.out(n)[0]; });
      if (!k.possible || (k.anchored != all_axes(n) && !square && !options_.shape_is_known)) return {};
      return t_.rank(n) == 2 ? shorter(node(n, {true, {}}), turned(n)) : node(n, {true, {}});
    } catch (const error& e) {
      if (e.code != "V05") throw;  // a name that is needed means something else
      return {};
    }
  }

  // The text of a matrix, or that of its transpose, transposed again.
  static piece shorter(const piece& as_it_is, piece transpose) {
    std::string other = at_least(level::atom, std::move(transpose)) + "'";
    return other.size() < as_it_is.text.size() ? piece{std::move(other), level::atom} : as_it_is;
  }

  // The transpose of a whole node.
  piece turned(node_id n) {
    enter();
    piece p = node(n, {true, {}});
    piece with_mark{at_least(level::atom, p) + "'", level::atom};
    bool by_parts = t_.rank(n) == 2 && !named(n);
    const bool moves = options_.variable != none && t_.mentions(n, options_.variable);
    if (is_symmetric_matrix(t_, n) && !moves)
      with_mark = std::move(p);
    else if (by_parts && (t_.op(n) == opcode::mul || t_.op(n) == opcode::identity) && form_of(n).kind.possible)
      with_mark = matrix_product_text(n, true);
    else if (by_parts && t_.op(n) == opcode::add)
      with_mark = turned_sum(n, std::move(with_mark));
    --depth_;
    return with_mark;
  }

  piece turned_sum(node_id n, piece with_mark) {
    std::vector<piece> terms;
    for (edge_view e : t_.args(n)) {
      standing s = is_scalar(e) ? standing::none : standing_of(n, e);
      if (s != standing::straight && s != standing::turned && !is_scalar(e)) return with_mark;
      terms.push_back(s == standing::straight ? turned(e.node)
                                              : node(e.node, is_scalar(e) ? seen(e, {true, {}}) : view{true, {}}));
    }
    piece by_terms = joined(std::move(terms));
    return by_terms.text.size() + 2 < with_mark.text.size() ? by_terms : with_mark;
  }

  piece matrix_product_text(node_id n, bool is_turned) {
    const matrix_form& form = *form_of(n).form;
    const open_product& f = form.of;
    matrix_words words{
        [&](std::size_t k, bool turn) { return factor_text(f.factors[k], turn); },
        [&](std::size_t k) {
          return divisor(as_view(f.factors[k]), {true, {}}, {});
        },
        [&](std::string_view name) { return function_name(name); },
    };
    std::vector<piece> scalars;
    std::vector<std::string> divisors;
    for (const matrix_tree& s : form.product.scalars) {
      if (s.is == matrix_tree::kind::factor && f.network[s.factor].divides)
        divisors.push_back(words.divisor(s.factor));
      else
        scalars.push_back(words_of(s, form, words));
    }
    std::optional<piece> main;
    if (form.product.main)
      main = words_of(is_turned ? transposed(*form.product.main, f.network) : *form.product.main, form, words);
    piece p = product_of(f.coefficient, scalars, main, divisors);
    guard(p.text);
    return p;
  }

  piece factor_text(const edge& e, bool turn) {
    if (is_scalar(as_view(e))) return node(e.node, seen(as_view(e), {true, {}}));
    return turn ? turned(e.node) : node(e.node, {true, {}});
  }

  // number * scalars * main / divisors.
  piece product_of(const rational& q, const std::vector<piece>& scalars, const std::optional<piece>& main,
                   const std::vector<std::string>& divisors) const {
    std::size_t parts = scalars.size() + (main ? 1 : 0);
    if (q == 1 && parts == 1 && divisors.empty()) return main ? *main : scalars[0];
    std::string text = q < 0 ? "-" : "";
    const bool decimal = as_decimal(q).has_value();
    const rational top = abs(decimal ? q : rational(numerator(q)));
    if (top != 1 || parts == 0) text += number(top).text;
    auto append = [&](const std::string& factor) {
      if (!text.empty() && text != "-") text += '*';
      text += factor;
    };
    for (const piece& s : scalars) append(parts == 1 && s.chain ? s.text : at_least(level::power, s));
    if (main) append(main->binds == level::product && !is_negative(*main) ? main->text : at_least(level::power, *main));
    for (const std::string& d : divisors) text += "/" + d;
    if (denominator(q) != 1 && !decimal) text += "/" + number(rational(denominator(q))).text;
    return {std::move(text), level::product};
  }

  std::string ones() const { return function_name("vector") + "(1)"; }

  // --- powers

  // base^|p| for a power node.
  piece positive_power(node_id n, const view& v) {
    rational p = abs(t_.value(n));
    piece base = argument(n, t_.arg(n, 0), v);
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
    std::string text = at_least(level::atom, argument(n, base, v));
    return {text + (v.whole ? ".^" : "^") + at_least(level::atom, argument(n, exponent, v)), level::power};
  }

  // --- functions and choices

  piece function(node_id n, const view& v) {
    const op_info* info = find_function(t_.op(n));
    if (!info) throw defect("the printer meets an operation that it does not know");
    std::vector<std::string> parts;
    for (edge_view e : t_.args(n)) parts.push_back(argument(n, e, v).text);
    if ((info->code == opcode::max || info->code == opcode::min) && reads_as_index(parts[0], parts[1]))
      std::swap(parts[0], parts[1]);
    return {fmt::format("{}({})", function_name(info->name), fmt::join(parts, ", ")), level::atom};
  }

  // f(x), f''(x), f'[1,0](x, y)
  piece unknown(node_id n, const view& v) {
    const unknown_function& f = t_.unknown_of(n);
    std::string text = f.name;
    constexpr std::uint32_t most_quotes = 4;
    std::uint32_t first = f.orders.front();
    if (f.orders.size() == 1 && first <= most_quotes)
      text.append(first, '\'');
    else if (std::ranges::any_of(f.orders, [](std::uint32_t k) { return k > 0; }))
      text += fmt::format("'[{}]", fmt::join(f.orders, ","));
    std::vector<std::string> parts;
    for (edge_view e : t_.args(n)) parts.push_back(argument(n, e, v).text);
    return {fmt::format("{}({})", text, fmt::join(parts, ", ")), level::atom};
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
    for (edge_view e : t_.args(n)) parts[k++] = argument(n, e, v).text;
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
    return std::ranges::equal(t_.bound(n), t_.out(e.node)) && is_straight(e) && anchored(e.node);
  }

  // The axis of a matrix that a reduction runs over, or 0: max(A, axis=2).
  std::uint8_t reduced_axis(node_id n) {
    if (t_.op(n) != opcode::identity || t_.rank(n) != 1 || t_.bound_count(n) != 1) return 0;
    edge_view e = t_.arg(n, 0);
    if (e.labels.size() != 2 || !anchored(e.node)) return 0;
    bool first = e.labels[0] == label::of_axis(1) && e.labels[1] == label::of_axis(0);
    bool second = is_straight(e);
    bool whole = first ? t_.out(e.node)[0] == t_.bound(n)[0] && t_.out(e.node)[1] == t_.out(n)[0]
                       : t_.out(e.node)[1] == t_.bound(n)[0] && t_.out(e.node)[0] == t_.out(n)[0];
    return !whole ? 0 : first ? 1 : second ? 2 : 0;
  }

  piece reduced(node_id n, const view& v) {
    std::string name = reduction_name(t_.red(n));
    if (v.whole) return {fmt::format("{}({}, axis={})", name, node(t_.arg(n, 0).node, v).text, reduced_axis(n)), level::atom};
    if (reduces_whole(n)) return {name + "(" + node(t_.arg(n, 0).node, {true, {}}).text + ")", level::atom};
    wrote_sums_ = true;
    std::vector<letter> own;
    own.reserve(t_.bound_count(n));
    view inner = v;
    for (range_id r : t_.bound(n)) {
      own.push_back({fresh(bound_letters), r});
      names_.insert(own.back().name);
      inner.at.push_back({&own.back(), {}});
    }
    std::string text = (t_.op(n) == opcode::mul ? product(n, inner) : argument(n, t_.arg(n, 0), inner)).text;
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
  bool wrote_sums_ = false;
  bool matrices_ = false;  // whether matrix notation is written
  std::unordered_map<node_id, array_kind> array_forms_, array_forms_of_arguments_;
  std::unordered_map<node_id, known_form> matrix_forms_, matrix_forms_of_arguments_;
  std::size_t depth_ = 0;
  std::size_t pieces_ = 0;
};

}  // namespace

printed print_with_letters(const tape& t, node_id n, const naming& names, const print_options& options) {
  printed r;
  writer w(t, names, options);
  r.text = w.root(n, r.letters).text;
  r.bound_letters = w.wrote_sums();
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
    case relation::off_poles: return fmt::format("{0} > 0 or not integer({0})", text);
  }
  throw defect("a condition of an unknown kind");
}

}  // namespace wengert
