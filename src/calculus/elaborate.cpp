// Items to nodes. Nothing is simplified here: the node says what was written.
#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/substitute.hpp>

#include "elaboration.hpp"

namespace wengert::elaboration {

namespace {

constexpr std::size_t most_factors = 32;  // of one node

using edges = std::vector<edge>;
using range_ids = std::vector<range_id>;

mark on_slot(slot_id s, std::int64_t offset = 0) { return {mark::kind::slot, s, offset}; }
mark on_array(std::size_t axis, std::int64_t offset = 0) { return {mark::kind::array, static_cast<std::uint32_t>(axis), offset}; }

class elaborator {
 public:
  elaborator(workspace& w) : w_(w), on_(w.on) {}

  void run(item_id first) {
    w_.values.resize(w_.items.size());
    for (item_id i = first; i < w_.items.size(); ++i) {
      try {
        w_.values[i] = value_of(i);
      } catch (error& e) {
        if (e.column != 0) throw;
        throw w_.fail(w_.items[i].at, e.code, e.what(), e.hint);
      }
    }
  }

  node_id over(const value& v, const std::vector<slot_id>& letters, const range_ids& array) {
    range_ids out;
    for (slot_id s : letters) out.push_back(*w_.slots[s].resolved);
    out.insert(out.end(), array.begin(), array.end());
    edge e{v.node, {}};
    for (const mark& m : v.marks) {
      std::size_t axis = 0;
      if (m.is == mark::kind::slot) {
        auto it = std::ranges::find(letters, m.id);
        if (it == letters.end()) throw defect("a letter is neither bound nor free");
        axis = static_cast<std::size_t>(it - letters.begin());
      } else {
        axis = letters.size() + m.id;
      }
      e.labels.push_back(m.is == mark::kind::constant ? constant_label(m)
                                                      : label::of_axis(axis, static_cast<std::int32_t>(m.offset)));
    }
    return on_.identity(out, e);
  }

 private:
  static label constant_label(const mark& m) {
    auto offset = static_cast<std::int32_t>(m.offset);
    return m.id == none ? label::of_integer(offset) : label::of_dim(m.id, offset);
  }

  // --- making nodes

  // The axes that some values depend on, as marks with no offset: letters first, in order, then array axes, then the numbers of
  // columns: so softmax(Z, axis=1)[k,n] is a node over [k,n]. `bound` come last.
  struct layout {
    std::vector<mark> axes;
    std::size_t out = 0;
  };

  layout layout_of(const std::vector<value>& args, const std::vector<mark>& bound) const {
    layout l;
    for (const value& v : args)
      for (const mark& m : v.marks) {
        mark key{m.is, m.id, 0};
        if (m.is != mark::kind::constant && std::ranges::find(bound, key) == bound.end()) l.axes.push_back(key);
      }
    auto place = [&](const mark& m) {
      bool column = m.is == mark::kind::slot && w_.slots[m.id].column;
      return std::tuple(column, m.is, m.id);
    };
    std::ranges::sort(l.axes, {}, place);
    l.axes.erase(std::unique(l.axes.begin(), l.axes.end()), l.axes.end());
    l.out = l.axes.size();
    l.axes.insert(l.axes.end(), bound.begin(), bound.end());
    return l;
  }

  edge edge_in(const layout& l, const value& v) const {
    edge e{v.node, {}};
    for (const mark& m : v.marks) {
      if (m.is == mark::kind::constant) {
        e.labels.push_back(constant_label(m));
        continue;
      }
      auto it = std::ranges::find(l.axes, mark{m.is, m.id, 0});
      e.labels.push_back(label::of_axis(static_cast<std::size_t>(it - l.axes.begin()), static_cast<std::int32_t>(m.offset)));
    }
    return e;
  }

  range_id range_of(const mark& m, const range_ids& array) const {
    return m.is == mark::kind::slot ? *w_.slots[m.id].resolved : array.at(m.id);
  }

  // A node over the axes that its arguments depend on. `make` gets its output ranges, its bound ranges and its edges.
  template <class Make>
  value build(const std::vector<value>& args, const range_ids& array, const std::vector<mark>& bound, Make make) {
    layout l = layout_of(args, bound);
    range_ids out, inner;
    for (std::size_t k = 0; k < l.axes.size(); ++k) (k < l.out ? out : inner).push_back(range_of(l.axes[k], array));
    edges list;
    for (const value& v : args) list.push_back(edge_in(l, v));
    value r{make(out, inner, list), {}, array};
    r.marks.assign(l.axes.begin(), l.axes.begin() + static_cast<std::ptrdiff_t>(l.out));
    return r;
  }

  value simple(opcode op, const std::vector<value>& args, const range_ids& array, std::uint32_t attribute = 0) {
    return build(args, array, {}, [&](const range_ids& out, const range_ids&, const edges& list) {
      return on_.make(op, out, {}, reduction::none, list, attribute);
    });
  }

  value multiply(const std::vector<value>& factors, const range_ids& array, const std::vector<mark>& bound = {}) {
    return build(factors, array, bound,
                 [&](const range_ids& out, const range_ids& inner, const edges& list) { return on_.mul(out, list, inner); });
  }

  value power(const value& base, const rational& exponent) {
    return build({base}, base.array, {},
                 [&](const range_ids& out, const range_ids&, const edges& list) { return on_.power(out, list[0], exponent); });
  }

  value number(const rational& q) { return {on_.constant(q), {}, {}}; }

  // 1/v.
  value inverse(const value& v) {
    if (on_.is_constant(v.node) && on_.value(v.node) != 0) {
      value r = number(1 / on_.value(v.node));
      r.array = v.array;
      return r;
    }
    return power(v, -1);
  }

  // 1/(u^p) is u^(-p) for literal p > 0: both are defined at the same points. A matrix power is no power of the entries.
  value divisor(item_id i) {
    const item& x = w_.items[i];
    bool merges = x.is == form::power && x.number > 0 && !(x.caret && x.has.rank() == 2);
    return merges ? power(w_.values[x.args[0]], -x.number) : inverse(w_.values[i]);
  }

  range_ids array_of(item_id i) const {
    range_ids r;
    for (length_id l : w_.items[i].has.axes) {
      while (w_.lengths[l].parent != l) l = w_.lengths[l].parent;
      const range& known = *w_.lengths[l].known;
      r.push_back(on_.make_range(known.lo, known.hi));
    }
    return r;
  }

  std::vector<value> arguments(item_id i) const {
    std::vector<value> r;
    for (item_id a : w_.items[i].args) r.push_back(w_.values[a]);
    return r;
  }

  // --- the forms

  value value_of(item_id i) {
    const item& x = w_.items[i];
    switch (x.is) {
      case form::number: return number(x.number);
      case form::variable: return variable(i);
      case form::letter: return {on_.index_value(*w_.slots[x.ref].resolved), {on_slot(x.ref)}, {}};
      case form::delta: return delta(i);
      case form::pi: return {on_.pi(), {}, {}};
      case form::given: return w_.values[i];
      case form::sum: return simple(opcode::add, arguments(i), array_of(i));
      case form::product: return product(i);
      case form::power: return x.caret && x.has.rank() == 2 ? matrix_power(i) : power(w_.values[x.args[0]], x.number);
      case form::function: return simple(x.op, arguments(i), array_of(i), x.ref);
      case form::select: return simple(opcode::select, arguments(i), array_of(i), static_cast<std::uint32_t>(x.compares));
      case form::index: return indexed(i);
      case form::reduce: return reduce(i, {on_slot(x.letters[0])}, array_of(i));
      case form::reduce_all: return reduce_all(i);
      case form::derivative: return differentiated(i);
      case form::transpose: return transposed(i);
      case form::ones: return {w_.values[x.args[0]].node, w_.values[x.args[0]].marks, array_of(i)};
      case form::identity_matrix: return identity_matrix(i);
      case form::diagonal: return diagonal(i);
      case form::of_matrix: return of_matrix(w_.values[x.args[0]], x.op);
      case form::gather: return gathered(i);
      case form::slice: return sliced(i);
      case form::call: return called(i);
      case form::let: return named(i);
      case form::together: return {on_.constant(0), {}, x.axis == 1 ? range_ids{} : array_of(i)};
    }
    throw defect("an item without a form");
  }

  value variable(item_id i) {
    entity_id id = w_.items[i].ref;
    const entity& e = w_.entities[id];
    if (e.is_dim) return {on_.dim_value(on_.dim(e.name)), {}, {}};
    value v{on_.symbol_node(elaboration::symbol_of(w_, id)), {}, array_of(i)};
    for (std::size_t k = 0; k < v.array.size(); ++k) v.marks.push_back(on_array(k));
    return v;
  }

  mark mark_of(const position& p) const {
    if (p.slot != none) return on_slot(p.slot, p.offset);
    affine a = affine_of(w_, p);
    return {mark::kind::constant, a.dim, a.offset};
  }

  range reach(const position& p) const {
    if (p.slot == none) return {affine_of(w_, p), affine_of(w_, p)};
    range r = on_.range_of(*w_.slots[p.slot].resolved);
    r.lo.offset += p.offset;
    r.hi.offset += p.offset;
    return r;
  }

  value delta(item_id i) {
    const item& x = w_.items[i];
    std::array<range_id, 2> axes{};
    value v;
    for (std::size_t k = 0; k < 2; ++k) {
      range r = reach(x.index[k]);
      axes[k] = on_.make_range(r.lo, r.hi);
      v.marks.push_back(mark_of(x.index[k]));
    }
    v.node = on_.delta(axes[0], axes[1]);
    return v;
  }

  // The index must stay in the axis, for every value of the dimensions that the tape is about.
  void check_reach(item_id i, const position& p, range_id axis, std::string_view array) const {
    range r = reach(p);
    const range within = on_.range_of(axis);
    const origin& at = w_.items[i].at;
    std::string_view written = w_.slice(at);
    if (length_is_made_to_hold(w_, within.lo, r.lo, written) && length_is_made_to_hold(w_, r.hi, within.hi, written)) return;
    bool empty = r.lo.dim == r.hi.dim && r.hi.offset < r.lo.offset;
    if (empty) return;
    const std::string lo = on_.text_of(r.lo), hi = on_.text_of(r.hi);
    const std::string bounds = fmt::format("{}..{}", on_.text_of(within.lo), on_.text_of(within.hi));
    if (written.find('[') == std::string_view::npos && written.find('_') != std::string_view::npos && p.slot == none)
      throw w_.fail(at, "S04", fmt::format("{} is read as an entry, but {} is not in {}", w_.quoted(at), lo, bounds),
                    fmt::format("declare it, --var '{}: real', if it is a name", written));
    bool symbolic = within.hi.dim != none || r.hi.dim != none;
    std::string what = r.lo == r.hi ? fmt::format("index {}", lo) : fmt::format("an index over {}..{}", lo, hi);
    throw w_.fail(at, "S04", fmt::format("{} of {} leaves {}", what, array, bounds),
                  !symbolic || !on_.surely_le(within.lo, r.lo) ? "indices begin at 1"
                  : w_.given_lengths.empty()                   ? "declare a length that is long enough, or give the sum bounds"
                                             : "declare a length that is long enough, or see what the facts say of the lengths");
  }

  value indexed(item_id i) {
    const item& x = w_.items[i];
    value v = w_.values[x.args[0]];
    for (std::size_t k = 0; k < x.index.size(); ++k) check_reach(i, x.index[k], v.array[k], w_.quoted(w_.items[x.args[0]].at));
    for (mark& m : v.marks) {
      if (m.is != mark::kind::array) continue;
      mark to = mark_of(x.index[m.id]);
      to.offset += m.offset;
      m = to;
    }
    v.array.clear();
    return v;
  }

  // --- sums

  // The factors of a product that was written right here; its own node is then not needed.
  std::optional<std::vector<value>> factors_of(item_id i, const value& v) const {
    if (w_.items[i].is != form::product || on_.op(v.node) != opcode::mul || on_.bound_count(v.node) != 0 ||
        w_.calls->contains(v.node))
      return {};
    std::vector<value> r;
    for (edge_view e : on_.args(v.node)) r.push_back({e.node, through(e.labels, v.marks), v.array});
    return r;
  }

  // Labels that refer to the axes of a node, read through that node's own marks.
  static std::vector<mark> through(std::span<const label> labels, const std::vector<mark>& marks) {
    std::vector<mark> r;
    for (const label& l : labels) {
      if (l.is_constant()) {
        affine a = l.value();
        r.push_back({mark::kind::constant, a.dim, a.offset});
      } else {
        mark m = marks[static_cast<std::size_t>(l.axis)];
        m.offset += l.offset;
        r.push_back(m);
      }
    }
    return r;
  }

  value reduce(item_id i, const std::vector<mark>& bound, const range_ids& array_after) {
    const item& x = w_.items[i];
    const value& body = w_.values[x.args[0]];
    bool sums = x.fold == folding::sum || x.fold == folding::mean;
    value r;
    if (auto factors = sums ? factors_of(x.args[0], body) : std::nullopt) {
      r = multiply(*factors, body.array, bound);
    } else {
      reduction red = sums                      ? reduction::sum
                      : x.fold == folding::prod ? reduction::prod
                      : x.fold == folding::max  ? reduction::max
                                                : reduction::min;
      r = build({body}, body.array, bound, [&](const range_ids& out, const range_ids& inner, const edges& list) {
        return on_.identity(out, list[0], inner, red);
      });
    }
    if (x.fold == folding::mean) {
      std::vector<value> factors{r};
      for (const mark& b : bound) factors.push_back(inverse(count(on_.range_of(range_of(b, body.array)))));
      r = multiply(factors, body.array);
    }
    r.array = array_after;
    return r;
  }

  // How many integers a range holds.
  value count(const range& r) {
    if (r.lo.dim == r.hi.dim) return number(r.hi.offset - r.lo.offset + 1);
    std::vector<value> terms;
    if (r.hi.dim != none) terms.push_back({on_.dim_value(r.hi.dim), {}, {}});
    if (r.lo.dim != none) terms.push_back(multiply({number(-1), {on_.dim_value(r.lo.dim), {}, {}}}, {}));
    std::int64_t rest = r.hi.offset - r.lo.offset + 1;
    if (rest != 0) terms.push_back(number(rest));
    return terms.size() == 1 ? terms[0] : simple(opcode::add, terms, {});
  }

  value reduce_all(item_id i) {
    const item& x = w_.items[i];
    const value& body = w_.values[x.args[0]];
    std::vector<mark> bound;
    for (std::size_t k = 0; k < body.array.size(); ++k)
      if (x.axis == 0 || x.axis == k + 1) bound.push_back(on_array(k));
    value r = reduce(i, bound, {});
    if (x.axis == 0) return r;
    for (mark& m : r.marks)
      if (m.is == mark::kind::array) m.id = 0;
    r.array = {body.array[x.axis == 1 ? 1 : 0]};
    return r;
  }

  // --- products

  static void rename_arrays(std::vector<value>& values, const std::vector<mark>& to) {
    for (value& v : values)
      for (mark& m : v.marks)
        if (m.is == mark::kind::array) {
          mark t = to[m.id];
          t.offset += m.offset;
          m = t;
        }
  }

  // The product so far, as factors that share the array axes.
  struct running {
    std::vector<value> factors;
    range_ids array;
    bool row = false;
  };

  value product(item_id i) {
    const item& x = w_.items[i];
    running p{{w_.values[x.args[0]]}, w_.values[x.args[0]].array, w_.items[x.args[0]].has.row};
    std::optional<value> coefficient;  // stays outside the sums of matrix products
    for (std::size_t k = 1; k < x.args.size(); ++k) {
      value next = w_.values[x.args[k]];
      bool row = w_.items[x.args[k]].has.row;
      bool over = x.joins[k] == token_kind::over || x.joins[k] == token_kind::dot_over;
      if (x.joins[k] == token_kind::times && !p.array.empty() && !next.array.empty()) {
        if (!coefficient && p.factors.size() > 1 && on_.is_constant(p.factors[0].node)) {
          coefficient = p.factors[0];
          p.factors.erase(p.factors.begin());
        }
        contract(p, std::move(next), row);
        continue;
      }
      if (p.array.empty()) p.array = next.array, p.row = row;
      if (!over && is_ones(x.args[k])) continue;
      if (over) next = divisor(x.args[k]);
      bool drop_one = over && p.factors.size() == 1 && on_.is_constant(p.factors[0].node, 1);  // 1/x
      if (drop_one)
        p.factors[0] = next;
      else
        p.factors.push_back(next);
    }
    if (coefficient) p.factors.insert(p.factors.begin(), *coefficient);
    return finish(p);
  }

  // vector(1) in a product only says how long the product is.
  bool is_ones(item_id i) const {
    const item& x = w_.items[i];
    return x.is == form::ones && w_.items[x.args[0]].is == form::number && w_.items[x.args[0]].number == 1;
  }

  // A long product is a product of products, or its derivative would have as many terms as it has factors, each as long.
  value finish(running p) {
    while (p.factors.size() > most_factors) {
      std::vector<value> groups;
      for (std::size_t k = 0; k < p.factors.size(); k += most_factors) {
        const std::size_t end = std::min(k + most_factors, p.factors.size());
        groups.push_back(multiply(
            {p.factors.begin() + static_cast<std::ptrdiff_t>(k), p.factors.begin() + static_cast<std::ptrdiff_t>(end)}, p.array));
      }
      p.factors = std::move(groups);
    }
    if (p.factors.size() > 1) return multiply(p.factors, p.array);
    value r = p.factors[0];
    r.array = p.array;
    return r;
  }

  // A*x and its like. The shapes fit: inference has seen to it.
  void contract(running& p, value next, bool next_row) {
    bool outer = p.array.size() == 1 && next.array.size() == 1 && !p.row;
    std::vector<value> right{std::move(next)};
    range_ids left_array = p.array, right_array = right[0].array;
    if (outer) {
      rename_arrays(right, {on_array(1)});
      p.array = {left_array[0], right_array[0]};
      if (on_.is_constant(p.factors[0].node, 1) && p.factors.size() == 1)  // vector(1)*b'
        p.factors = right;
      else if (!on_.is_constant(right[0].node, 1))
        p.factors.push_back(right[0]);
      return;
    }
    slot inner;
    inner.resolved = left_array.back();
    w_.slots.push_back(inner);
    mark bound = on_slot(static_cast<slot_id>(w_.slots.size() - 1));
    bool left_matrix = left_array.size() == 2, right_matrix = right_array.size() == 2;
    rename_arrays(p.factors, left_matrix ? std::vector{on_array(0), bound} : std::vector{bound});
    rename_arrays(right, right_matrix ? std::vector{bound, on_array(left_matrix ? 1 : 0)} : std::vector{bound});
    p.factors.push_back(right[0]);
    p.array.clear();
    if (left_matrix) p.array.push_back(left_array[0]);
    if (right_matrix) p.array.push_back(right_array[1]);
    p.row = p.array.size() == 1 && !left_matrix && (right_matrix || next_row);
    p.factors = {multiply(p.factors, p.array, {bound})};
  }

  // inv, det or adj: the array's axes are the row and the column of the matrix, the letters are batch axes.
  value of_matrix(const value& a, opcode op) {
    layout l = layout_of({a}, {on_array(0), on_array(1)});
    value r{none, {l.axes.begin(), l.axes.begin() + static_cast<std::ptrdiff_t>(l.out)}, {}};
    if (op != opcode::det) {
      r.marks.insert(r.marks.end(), {on_array(0), on_array(1)});
      r.array = a.array;
      l.axes.insert(l.axes.begin() + static_cast<std::ptrdiff_t>(l.out), {mark{}, mark{}});  // the axes of the result
    }
    range_ids out;
    for (const mark& m : r.marks) out.push_back(range_of(m, a.array));
    edge e = edge_in(l, a);
    r.node = on_.make(op, out, a.array, reduction::none, std::span<const edge>(&e, 1));
    return r;
  }

  value matrix_power(item_id i) {
    const item& x = w_.items[i];
    if (x.number == 0) return identity_matrix(i);
    int exponent = static_cast<int>(numerator(x.number));
    const value base = exponent > 0 ? w_.values[x.args[0]] : of_matrix(w_.values[x.args[0]], opcode::inv);
    running p{{base}, base.array, false};
    for (int k = std::abs(exponent); k > 1; --k) contract(p, base, false);
    return finish(p);
  }

  value transposed(item_id i) {
    value v = w_.values[w_.items[i].args[0]];
    if (v.array.size() != 2) return v;
    std::vector<value> one{v};
    rename_arrays(one, {on_array(1), on_array(0)});
    std::swap(one[0].array[0], one[0].array[1]);
    return one[0];
  }

  value identity_matrix(item_id i) {
    range_ids a = array_of(i);
    return {on_.delta(a[0], a[1]), {on_array(0), on_array(1)}, a};
  }

  value diagonal(item_id i) {
    std::vector<value> v{w_.values[w_.items[i].args[0]]};
    range_ids a = array_of(i);
    if (a.size() == 1) {
      rename_arrays(v, {on_array(0), on_array(0)});
      v[0].array = a;
      return v[0];
    }
    return multiply({identity_matrix(i), v[0]}, a);
  }

  // --- names

  value gathered(item_id i) {
    const item& x = w_.items[i];
    value v = w_.values[x.args[0]];
    bool behind = x.axis == 1;
    for (mark& m : v.marks) {
      if (m.is == mark::kind::array) {
        if (!behind) m.id += static_cast<std::uint32_t>(x.letters.size());
      } else if (m.is == mark::kind::slot) {
        auto it = std::ranges::find(x.letters, m.id);
        if (it != x.letters.end())
          m = on_array(static_cast<std::size_t>(it - x.letters.begin()) + (behind ? v.array.size() : 0), m.offset);
      }
    }
    v.array = array_of(i);
    return v;
  }

  value sliced(item_id i) {
    const item& x = w_.items[i];
    std::vector<value> v{w_.values[x.args[0]]};
    range_ids array = v[0].array;
    if (array.size() != 2) return v[0];
    mark sample = on_slot(x.letters[0]);
    rename_arrays(v, x.axis == 1 ? std::vector{on_array(0), sample} : std::vector{sample, on_array(0)});
    v[0].array = {array[x.axis == 1 ? 0 : 1]};
    return v[0];
  }

  value differentiated(item_id i) {
    const item& x = w_.items[i];
    value v = w_.values[x.args[0]];
    const entity& by = w_.entities[x.ref];
    if (by.is_dim)
      throw w_.fail(x.at, "N08", fmt::format("'{}' is a dimension, not a variable", by.name),
                    "there is no derivative by an integer");
    derivative_site s = site_of(w_, i);
    if (s.at != none && is_leaf(on_.op(s.at)) && on_.op(s.at) != opcode::symbol)
      throw w_.fail(x.at, "N08", fmt::format("'{}' is a number, not a variable", by.name),
                    "there is no derivative by a constant");
    v.node = derivative(on_, s.smooth == none ? s.function : s.smooth, s.variable);
    if (s.at != none) v.node = substitute(on_, v.node, {{on_.symbol_node(s.variable), s.at}});
    const range_ids axes = on_.symbol(s.variable).axes;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      if (x.index.empty()) {
        v.marks.push_back(on_array(v.array.size()));
        v.array.push_back(axes[k]);
      } else {
        check_reach(i, x.index[k], axes[k], fmt::format("'{}'", by.name));
        v.marks.push_back(mark_of(x.index[k]));
      }
    }
    return v;
  }

  static bool is_leaf(opcode op) { return op < opcode::add; }

  // The array axis of a call's value that runs in step with axis m of an argument, or one that the value does not have.
  static mark in_value(const item& x, std::size_t value_rank, std::size_t argument_rank, mark m) {
    if (x.axis == 0 || m.is != mark::kind::array) return m;
    bool columns = x.axis == 1;
    if (argument_rank == 2 && (m.id == 1) == columns)  // numbers the samples
      m.id = columns && value_rank == 2 ? 1 : 0;
    else
      m.id = value_rank == 1 ? 1 : columns ? 0 : 1;
    return m;
  }

  value called(item_id i) {
    const item& x = w_.items[i];
    const value& v = w_.values[x.args[0]];
    if (is_leaf(on_.op(v.node))) return v;
    call c;
    c.name = composites()[x.ref].name;
    c.axis = x.axis;
    for (std::size_t k = 1; k < x.args.size(); ++k) {
      const value& a = w_.values[x.args[k]];
      edge e{a.node, {}};
      for (const mark& written : a.marks) {
        const mark m = in_value(x, v.array.size(), a.array.size(), written);
        if (m.is == mark::kind::constant) {
          e.labels.push_back(constant_label(m));
          continue;
        }
        auto it = std::ranges::find_if(v.marks, [&](const mark& r) { return r.is == m.is && r.id == m.id; });
        if (it == v.marks.end() && m.is == mark::kind::slot) return v;  // no axis of the node to read the argument at
        std::int64_t offset = it == v.marks.end() ? m.offset : m.offset - it->offset;
        std::size_t behind = v.marks.size() + (x.axis == 0 ? m.id : 0);
        std::size_t axis = it == v.marks.end() ? behind : static_cast<std::size_t>(it - v.marks.begin());
        e.labels.push_back(label::of_axis(axis, static_cast<std::int32_t>(offset)));
      }
      c.args.push_back(std::move(e));
    }
    // What was called on the slices of a matrix, inside another composite, can only be printed as a call along an axis.
    const auto it = w_.calls->find(v.node);
    if (it == w_.calls->end())
      w_.calls->emplace(v.node, std::move(c));
    else if (c.axis != 0 && it->second.axis == 0 && !it->second.is_let)
      it->second = std::move(c);
    return v;
  }

  value named(item_id i) {
    const item& x = w_.items[i];
    const value& v = w_.values[x.args[0]];
    value r{over(v, {}, v.array), {}, v.array};
    for (std::size_t k = 0; k < r.array.size(); ++k) r.marks.push_back(on_array(k));
    const entity& e = w_.entities[x.ref];
    if (!e.independent && !is_leaf(on_.op(r.node))) (*w_.calls)[r.node] = {e.name, {}, true};
    return r;
  }

  workspace& w_;
  tape& on_;
};

}  // namespace

symbol_id symbol_of(workspace& w, entity_id id) {
  const entity& e = w.entities[id];
  std::vector<range_id> axes;
  for (length_id l : e.let == none ? e.axes : w.items[e.let].has.axes) {
    while (w.lengths[l].parent != l) l = w.lengths[l].parent;
    axes.push_back(w.on.make_range(w.lengths[l].known->lo, w.lengths[l].known->hi));
  }
  bool hidden = e.let != none && !e.independent;  // under a name that nobody can type
  symbol_id s = w.on.symbol_of(w.on.symbol(hidden ? e.name + "'" : e.name, axes));
  w.on.symbol(s).integer_valued |= e.integer;
  w.on.symbol(s).symmetric |= e.symmetric;
  return s;
}

derivative_site site_of(workspace& w, item_id derivative) {
  const item& x = w.items[derivative];
  const entity& by = w.entities[x.ref];
  derivative_site s{w.values[x.args[0]].node, symbol_of(w, x.ref)};
  if (by.let == none || by.independent) {
    if (node_id smooth = w.instead ? w.instead(s.function, s.variable) : s.function; smooth != s.function) s.smooth = smooth;
    return s;
  }
  s.at = w.values[by.let].node;
  s.function = substitute(w.on, s.function, {{s.at, w.on.symbol_node(s.variable)}});
  return s;
}

void elaborate(workspace& w, item_id first) { elaborator(w).run(first); }

node_id node_over(workspace& w, item_id i, const std::vector<slot_id>& letters, item_id like) {
  return elaborator(w).over(w.values[i], letters, w.values[like == none ? i : like].array);
}

}  // namespace wengert::elaboration
