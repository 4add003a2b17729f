#include "coq_words.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/proof/coq.hpp>

namespace wengert {

namespace {

// Words of Coq's and of the statements, which no variable may be called.
constexpr std::string_view reserved =
    " as at cofix do else end exists exists2 fix for forall fun if in let match mod return struct then where with using Prop "
    "SProp Set "
    "Type Definition Theorem Proof Qed Lemma Axiom Print Open Import Require nat bool list positive Z N Q R INR IZR PI S O T t "
    "tt true "
    "false Some None exp ln sqrt sin cos tan asin acos atan sinh cosh tanh arcsinh Rabs Rmin Rmax Rpower Rlt_dec Rle_dec "
    "Req_EM_T "
    "sign bsum bprod bmax bmin delta det adj inv clip minor laplace upd upd2 upd3 root rpow t1 t2 t3 t4 t5 t6 t7 t8 Derive log2 "
    "log10 log1p "
    "expm1 cbrt floor ceil cot sec csc "
    "acot asec acsc coth sech csch "
    "asinh "
    "acosh atanh acoth asech acsch erf erfc hypot xlogy is_derive ex_derive locally differentiable_pt_lim nodes extents lengths "
    "derivatives "
    "variables near_claims at_claims steps goals accepted "
    "statement symbol_ place_ function_ values_ ";

std::string function_word(const op_info& f) {
  switch (f.code) {
    case opcode::log: return "ln";
    case opcode::abs: return "Rabs";
    case opcode::min: return "Rmin";
    case opcode::max: return "Rmax";
    case opcode::pow: return "rpow";
    default: return std::string(f.name);
  }
}

std::string_view reduction_word(reduction r) {
  return r == reduction::prod ? "bprod" : r == reduction::max ? "bmax" : r == reduction::min ? "bmin" : "bsum";
}

}  // namespace

void no_counterpart(std::string_view what) {
  throw error("C03", fmt::format("the proof has no counterpart in Coq: {}", what), "wengert-check rechecks its certificate");
}

std::size_t coq_extents::number_of(const size& extent) {
  if (extent.to.dim == none) {
    if (extent.to.offset < 1) no_counterpart("an index without values");
    return 2 * static_cast<std::size_t>(extent.to.offset);
  }
  for (dim_id d : {extent.to.dim, extent.less})
    if (d != none && std::ranges::find(dims_, d) == dims_.end()) dims_.push_back(d);
  auto it = std::ranges::find(met_, extent);
  if (it == met_.end()) {
    if (extent.to.offset != 0) number_of(affine{extent.to.dim, 0});
    it = met_.insert(met_.end(), extent);
  }
  return 2 * static_cast<std::size_t>(it - met_.begin()) + 1;
}

std::size_t coq_extents::place_number(const affine& at) {
  return at.dim == none ? 2 * static_cast<std::size_t>(at.offset) + 1 : number_of(at) - 1;
}

std::size_t coq_extents::index_of(dim_id d) const {
  return static_cast<std::size_t>(std::ranges::find(dims_, d) - dims_.begin());
}

affine coq_extents::first(range_id r) const {
  const affine& lo = t_.range_of(r).lo;
  if (lo.dim != none && !t_.surely_le({none, 0}, lo)) no_counterpart(fmt::format("indices that begin at {}", t_.text_of(lo)));
  return lo;
}

coq_extents::size coq_extents::extent(range_id r) const {
  const affine lo = first(r), hi = t_.range_of(r).hi;
  const std::int64_t offset = hi.offset - lo.offset + 1;
  if (lo.dim == none || lo.dim == hi.dim) return {{lo.dim == none ? hi.dim : none, offset}};
  if (hi.dim == none) no_counterpart(fmt::format("indices from {} to {}", t_.text_of(lo), t_.text_of(hi)));
  return {{hi.dim, offset}, lo.dim};
}

std::size_t coq_extents::of_delta(node_id n, range_id r) {
  return number_of(extent(t_.make_range(first_read(n, 0), affine(t_.range_of(r).hi))));
}

affine coq_extents::first_read(node_id n, std::size_t axis) const {
  if (t_.op(n) == opcode::delta) return lesser(first(t_.out(n)[0]), first(t_.out(n)[1]));
  return first(t_.out(n)[axis]);
}

affine coq_extents::lesser(const affine& a, const affine& b) const {
  return t_.surely_le(a, b) ? a : t_.surely_le(b, a) ? b : affine{none, 1};
}

coq_extents::place coq_extents::place_of(const label& l, std::span<const range_id> axes, node_id read, std::size_t axis) const {
  const affine begin = first_read(read, axis);
  affine at = l.is_constant() ? l.value() : first(axes[static_cast<std::size_t>(l.axis)]);
  if (!l.is_constant()) at.offset += l.offset;
  if ((begin.dim != none && begin.dim != at.dim) || !t_.surely_le(begin, at))
    no_counterpart(fmt::format("an entry at {} of those from {}", t_.text_of(at), t_.text_of(begin)));
  if (begin.dim != none) at.dim = none;
  at.offset -= begin.offset;
  return {l.is_constant(), l.is_constant() ? 0 : static_cast<std::size_t>(l.axis), at};
}

edge coq_extents::plain(const edge& e, std::span<const range_id> axes) const {
  bool further = false;
  for (std::size_t q = 0; q < e.labels.size(); ++q) further = further || place_of(e.labels[q], axes, e.node, q).further();
  if (!further) return e;
  edge inner = e, outer;
  if (t_.op(e.node) == opcode::delta) {
    if (e.labels[0].is_constant() || e.labels[1].is_constant()) no_counterpart("a fixed index beside one that is shifted");
    if (t_.surely_le(place_of(e.labels[0], axes, e.node, 0).at, place_of(e.labels[1], axes, e.node, 1).at))
      std::swap(inner.labels[0], inner.labels[1]);
    inner.labels[0].offset -= inner.labels[1].offset;
    inner.labels[1].offset = 0;
    const range_id one = t_.shift(axes[static_cast<std::size_t>(inner.labels[0].axis)], inner.labels[0].offset);
    const range_id two = axes[static_cast<std::size_t>(inner.labels[1].axis)];
    const affine begin = lesser(first(one), first(two));
    inner.node = t_.delta(t_.make_range(begin, affine(t_.range_of(one).hi)), t_.make_range(begin, affine(t_.range_of(two).hi)));
    if (!place_of(inner.labels[0], axes, inner.node, 0).further()) return inner;
  }
  std::vector<range_id> read;
  for (label& l : inner.labels) {
    if (l.is_constant()) continue;
    outer.labels.push_back(label::of_axis(static_cast<std::size_t>(l.axis)));
    l.axis = static_cast<std::int16_t>(read.size());
    read.push_back(axes[static_cast<std::size_t>(outer.labels.back().axis)]);
  }
  outer.node = t_.identity(read, inner);
  return outer;
}

bool coq_extents::only_reads_further(node_id n) const {
  if (t_.op(n) != opcode::identity || t_.bound_count(n) > 0) return false;
  const std::vector<range_id> axes(t_.out(n).begin(), t_.out(n).end());
  return plain(t_.arg(n, 0), axes).node == n;
}

bool is_assumed_function(const tape& t, node_id n) {
  const op_info* f = find_function(t.op(n));
  return t.op(n) == opcode::unknown || (f && coq_name(f->code).empty());
}

coq_function assumed_function(const tape& t, node_id n) {
  if (t.op(n) == opcode::unknown) return assumed_function(t.unknown_of(n));
  const op_info* f = find_function(t.op(n));
  return {std::string(f->name) + "()", std::string(f->name), static_cast<std::size_t>(f->arity)};
}

coq_function assumed_function(const unknown_function& f) {
  coq_function r{fmt::format("{}({})", f.name, fmt::join(f.orders, ",")), f.name, f.orders.size()};
  if (r.arity == 1)
    r.name += std::string(f.orders[0], '\'');
  else if (std::ranges::any_of(f.orders, [](std::uint32_t k) { return k > 0; }))
    r.name += fmt::format("_{}", fmt::join(f.orders, "_"));
  return r;
}

coq_words::coq_words(tape& t, const coq_extents& extents, const std::vector<coq_function>& functions,
                     const std::vector<symbol_id>& symbols)
    : t_(t), extents_(extents) {
  for (dim_id d : extents.dims()) dims_[d] = claim_name(t.dim_name(d));
  for (const coq_function& f : functions) functions_[f.key] = claim_name(f.name);
  for (symbol_id s : symbols) symbols_[s] = claim_name(t.symbol(s).name);
}

// Letters, digits and _ as they are, anything else by its code; with a _ behind it where it is a word already.
std::string coq_words::claim_name(std::string_view wanted) {
  std::string name;
  for (char ch : wanted) {
    const bool plain =
        (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '\'';
    name += plain ? std::string(1, ch) : fmt::format("x{:02X}", static_cast<unsigned char>(ch));
  }
  if (name.empty() || name[0] == '\'' || (name[0] >= '0' && name[0] <= '9') || name == "_") name = "v" + name;
  while (reserved.find(" " + name + " ") != std::string_view::npos || taken_.contains(name)) name += "_";
  taken_.insert(name);
  return name;
}

std::string coq_words::fresh_index() {
  constexpr std::string_view letters = "ijklmpqr";
  for (std::size_t k = 0;; ++k) {
    std::string name(1, letters[k % letters.size()]);
    if (k >= letters.size()) name += std::to_string(k / letters.size());
    if (!taken_.contains(name) && std::ranges::find(indices_, name) == indices_.end()) return indices_.emplace_back(name);
  }
}

std::string coq_words::extent(const affine& a) const {
  if (a.dim == none) return std::to_string(a.offset);
  if (a.offset == 0) return dims_.at(a.dim);
  return fmt::format("{} {} {}", dims_.at(a.dim), a.offset < 0 ? '-' : '+', std::abs(a.offset));
}

std::string coq_words::extent_of(range_id r) const {
  const auto [to, less] = extents_.extent(r);
  const std::string text = less == none ? extent(to) : fmt::format("{} - {}", extent(to), dims_.at(less));
  return less != none || (to.dim != none && to.offset != 0) ? "(" + text + ")" : text;
}

std::string coq_words::counted(const std::string& index, const affine& first) const {
  if (first == affine{}) return index;
  return first == affine{none, 1} ? fmt::format("(S {})", index) : fmt::format("({} + {})%nat", extent(first), index);
}

// The indices at which an argument is read.
std::vector<std::string> coq_words::indices(const edge& e, std::span<const range_id> axes,
                                            const std::vector<std::string>& names) const {
  std::vector<std::string> r;
  for (std::size_t q = 0; q < e.labels.size(); ++q) {
    const coq_extents::place p = extents_.place_of(e.labels[q], axes, e.node, q);
    const std::string fixed = p.at.dim == none ? fmt::format("{}%nat", p.at.offset) : fmt::format("({})%nat", extent(p.at));
    r.push_back(p.fixed ? fixed : counted(names.at(p.axis), p.at));
  }
  return r;
}

std::vector<std::string> coq_words::quantified(std::string& text, std::span<const range_id> axes) {
  std::vector<std::string> names;
  for (range_id r : axes) {
    names.push_back(fresh_index());
    text += fmt::format("forall {0} : nat, ({0} < {1})%nat -> ", names.back(), extent_of(r));
  }
  return names;
}

std::string coq_words::proposition(const claim& c) {
  indices_.clear();
  std::string text;
  if (c.what == claim::kind::derivative) return derivative(c);
  const std::vector<std::string> at = quantified(text, t_.out(c.left));
  if (c.what == claim::kind::sign) return text + relation_of(c.is, c.left, at);
  for (const auto& [i, j] : c.apart) text += fmt::format("{} <> {} -> ", at[i], at[j]);
  return text + fmt::format("{} = {}", inside(69, value(c.left, at, {})), inside(69, value(c.right, at, {})));
}

std::string coq_words::relation_of(relation is, node_id n, const std::vector<std::string>& at) {
  const piece v = value(n, at, {});
  switch (is) {
    case relation::positive: return "0 < " + inside(69, v);
    case relation::nonnegative: return "0 <= " + inside(69, v);
    case relation::nonzero: return inside(69, v) + " <> 0";
    case relation::integer: return fmt::format("exists z : Z, {} = IZR z", inside(69, v));
    case relation::not_integer: return fmt::format("~ exists z : Z, {} = IZR z", inside(69, v));
    case relation::real_power: return "True";
    case relation::off_poles: break;
  }
  no_counterpart("a pole of the gamma function");
}

// The axes of the derivative are those of what is differentiated, then those of the variable, as often as it is differentiated,
// or what `entry` reads. A higher derivative is the derivative of `Derive`, which is Coquelicot's word for the derivative's
// value.
std::string coq_words::derivative(const claim& c) {
  std::string text;
  const std::size_t rank = t_.rank(c.left), width = t_.symbol(c.variable).axes.size();
  const std::vector<std::string> at = quantified(text, t_.out(c.right));
  std::vector<std::vector<std::string>> places;  // of the first derivative, the second, ...
  auto from = [&](std::size_t k) { return at.begin() + static_cast<std::ptrdiff_t>(k); };
  if (c.entry.empty()) {
    for (std::size_t n = 0; n < c.order; ++n) places.emplace_back(from(rank + n * width), from(rank + (n + 1) * width));
  } else {
    for (std::size_t n = 0; n < c.order; ++n) {
      const auto begin = c.entry.begin() + static_cast<std::ptrdiff_t>(n * width);
      const edge read{t_.symbol_node(c.variable), {begin, begin + static_cast<std::ptrdiff_t>(width)}};
      places.push_back(indices(read, t_.out(c.right), at));
    }
  }
  motion m{c.variable};
  std::vector<std::string> points;
  for (std::size_t n = c.order; n-- > 0;) {
    points.push_back(inside(9, entry(c.variable, places[n], m)));
    m.moves.emplace_back(places[n], m.moves.empty() ? "t" : fmt::format("t{}", m.moves.size()));
  }
  const std::vector<std::string> own(at.begin(), from(rank));
  std::string body = value(c.left, own, m).text, earlier;  // earlier: that the derivatives of lower order exist near
  auto near = [&](std::size_t k) {
    return earlier.empty() ? "" : fmt::format(" /\\ locally {} (fun {} : R => {})", points[k], m.moves[k].second, earlier);
  };
  for (std::size_t k = points.size() - 1; k > 0; --k) {
    const std::string of = fmt::format("(fun {} : R => {}) {}", m.moves[k].second, body, points[k]);
    earlier = fmt::format("ex_derive {}{}", of, near(k));
    body = fmt::format("Derive {}", of);
  }
  return text + fmt::format("is_derive (fun t : R => {}) {} {}{}", body, points[0], inside(9, value(c.right, at, {})), near(0));
}

std::string coq_words::inside(int level, const piece& p) const { return p.level <= level ? p.text : "(" + p.text + ")"; }

coq_words::piece coq_words::entry(symbol_id s, const std::vector<std::string>& at, const motion& m) {
  piece array{of_symbol(s), 0};
  if (s == m.variable) {
    for (const auto& [places, number] : m.moves) {
      if (places.size() > 3) no_counterpart("a derivative by an array of more than three axes");
      if (places.empty())
        array = {number, 0};
      else
        array = {fmt::format("upd{} {} {} {}", places.size() == 1 ? "" : std::to_string(places.size()), inside(9, array),
                             fmt::join(places, " "), number),
                 10};
    }
  }
  if (at.empty()) return array;
  return {fmt::format("{} {}", array.text, fmt::join(at, " ")), 10};
}

// A sum of terms, or a product, as Coq's lists fold: from the right.
std::string coq_words::chain(std::string_view sign, int level, std::vector<piece> parts) const {
  std::string text = inside(level - 1, parts.back());
  for (std::size_t k = parts.size() - 1; k-- > 0;) {
    if (k + 2 < parts.size()) text = "(" + text + ")";
    text = fmt::format("{} {} {}", inside(level - 1, parts[k]), sign, text);
  }
  return text;
}

coq_words::piece coq_words::value(node_id n, const std::vector<std::string>& at, const motion& m) {
  constexpr std::size_t longest = 20000;  // nodes, each as often as it is written
  if (++written_ > longest) throw error("V04", "the statement is too long to be written for Coq");
  if (t_.bound_count(n) == 0) return body(n, at, m);
  if (is_matrix_function(t_.op(n))) return of_matrix(n, at, m);
  const std::size_t outer = indices_.size();
  std::vector<std::string> all = at;
  std::string text;
  for (range_id r : t_.bound(n)) {
    all.push_back(fresh_index());
    text += fmt::format("{} {} (fun {} => ", reduction_word(t_.red(n)), extent_of(r), all.back());
  }
  text += body(n, all, m).text + std::string(t_.bound_count(n), ')');
  indices_.resize(outer);
  return {text, 10};
}

// det n (fun i j => ...), and an entry of the inverse or the adjugate.
coq_words::piece coq_words::of_matrix(node_id n, const std::vector<std::string>& at, const motion& m) {
  const std::size_t outer = indices_.size(), rank = t_.rank(n);
  std::vector<std::string> all = at;
  for (int k = 0; k < 2; ++k) all.push_back(fresh_index());
  const std::vector<range_id> axes(t_.axes(n).begin(), t_.axes(n).end());
  const edge argument = extents_.plain(t_.arg(n, 0), axes);
  const std::vector<std::string> places = indices(argument, axes, all);
  const opcode op = t_.op(n);
  std::string text = fmt::format("{} {} (fun {} {} => {})",
                                 op == opcode::det   ? "det"
                                 : op == opcode::adj ? "adj"
                                                     : "inv",
                                 extent_of(t_.bound(n)[0]), all[rank], all[rank + 1], value(argument.node, places, m).text);
  if (op != opcode::det) text += fmt::format(" {} {}", at[rank - 2], at[rank - 1]);
  indices_.resize(outer);
  return {text, 10};
}

coq_words::piece coq_words::power(const piece& base, const rational& p) const {
  piece root = base;
  const big_integer degree = denominator(p), exponent = numerator(p);
  if (degree == 2) root = {"sqrt " + inside(9, base), 10};
  if (degree > 2) root = {fmt::format("root {} {}", degree.str(), inside(9, base)), 10};
  if (exponent == 0) return {"1", 0};
  const big_integer size = exponent < 0 ? big_integer(-exponent) : exponent;
  const piece raised = size == 1 ? root : piece{fmt::format("{} ^ {}", inside(29, root), size.str()), 30};
  return exponent > 0 ? raised : piece{"/ " + inside(34, raised), 35};
}

coq_words::piece coq_words::body(node_id n, const std::vector<std::string>& at, const motion& m) {
  std::vector<piece> args;
  const std::vector<range_id> axes(t_.axes(n).begin(), t_.axes(n).end());
  const bool further = extents_.only_reads_further(n);
  for (const edge& e : t_.args(n).copy()) {
    const edge read = further ? e : extents_.plain(e, axes);
    args.push_back(value(read.node, indices(read, axes, at), m));
  }
  switch (t_.op(n)) {
    case opcode::constant: {
      const rational& q = t_.value(n);
      if (!is_integer(q)) return {fmt::format("{} / {}", numerator(q).str(), denominator(q).str()), 40};
      return {q.str(), q < 0 ? 35 : 0};
    }
    case opcode::symbol: return entry(t_.symbol_of(n), at, m);
    case opcode::dim_value: return {"INR " + of_dim(t_.dim_of(n)), 10};
    case opcode::index_value: return {"INR " + counted(at.at(0), extents_.first(t_.out(n)[0])), 10};
    case opcode::delta: return {fmt::format("delta {} {}", at.at(0), at.at(1)), 10};
    case opcode::pi: return {"PI", 0};
    case opcode::identity: return args.at(0);
    case opcode::add: return args.size() == 1 ? args[0] : piece{chain("+", 50, args), 50};
    case opcode::mul: return args.size() == 1 ? args[0] : piece{chain("*", 40, args), 40};
    case opcode::power: return power(args.at(0), t_.value(n));
    case opcode::select: {
      constexpr std::array tests{"Rlt_dec", "Rle_dec", "Req_EM_T", "Req_EM_T"};
      const comparison c = t_.comparison_of(n);
      if (c == comparison::ne) std::swap(args[2], args[3]);
      return {fmt::format("if {} {} {} then {} else {}", tests.at(static_cast<std::size_t>(c)), inside(9, args[0]),
                          inside(9, args[1]), args[2].text, args[3].text),
              200};
    }
    default: {
      std::string text =
          is_assumed_function(t_, n) ? of_function(assumed_function(t_, n).key) : function_word(*find_function(t_.op(n)));
      for (const piece& a : args) text += " " + inside(9, a);
      return {text, 10};
    }
  }
}

}  // namespace wengert
