#include "graph.hpp"

#include "tables.hpp"

namespace checker {

namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 50;

affine moved(affine a, std::int64_t by) {
  a.plus += by;
  if (a.plus > farthest || a.plus < -farthest) throw refusal("an index is too large");
  return a;
}

}  // namespace

label shifted(label l, std::int64_t by) {
  l.at = moved(l.at, by);
  return l;
}

label composed(const label& inner, const std::vector<label>& outer) {
  return inner.axis < 0 ? inner : shifted(outer.at(as_index(inner.axis)), inner.at.plus);
}

edge with_axes_moved(edge e, std::size_t first, std::size_t to) {
  for (label& l : e.labels)
    if (l.axis >= static_cast<int>(first)) l.axis += static_cast<int>(to) - static_cast<int>(first);
  return e;
}

int graph::range_number(const range& r) {
  moved(r.lo, 0);
  moved(r.hi, 0);
  auto [it, fresh] = range_numbers_.try_emplace(r, static_cast<int>(ranges_.size()));
  if (fresh) ranges_.push_back(r);
  return it->second;
}

// The greatest numbers that are known to stand below the dimensions if a.dim stands at 0, by chains of inequalities.
bool graph::surely_le(const affine& a, const affine& b) const {
  if (a.dim == b.dim) return a.plus <= b.plus;
  if (lengths.empty()) return a.dim < 0 && a.plus <= b.plus + 1;
  std::vector<std::optional<std::int64_t>> below(dims.size() + 1);  // the number 0, then the dimensions
  auto at = [&](int dim) -> std::optional<std::int64_t>& { return below[as_index(std::ptrdiff_t{dim} + 1)]; };
  auto raise = [&](int dim, std::int64_t to) { at(dim) = std::max(at(dim).value_or(to), to); };
  raise(a.dim, 0);
  for (std::size_t round = 0; round <= dims.size(); ++round) {
    for (const range& known : lengths)
      if (auto from = at(known.lo.dim)) raise(known.hi.dim, *from + known.lo.plus - known.hi.plus);
    if (auto from = at(-1))
      for (std::size_t d = 0; d < dims.size(); ++d) raise(static_cast<int>(d), *from + 1);
  }
  return at(b.dim) && *at(b.dim) >= a.plus - b.plus;
}

int graph::derivative_number(const function_derivative& f) {
  auto it = std::find(unknowns.begin(), unknowns.end(), f);
  if (it == unknowns.end()) it = unknowns.insert(it, f);
  return static_cast<int>(it - unknowns.begin());
}

// An index never leaves the range of the axis that it reads.
void graph::check_labels(const node& user, const edge& e) const {
  if (e.node < 0 || as_index(e.node) >= nodes_.size()) throw refusal("an argument that is no node so far");
  const node& read = at(e.node);
  if (e.labels.size() != read.rank) throw refusal("an argument with too many or too few labels");
  for (std::size_t k = 0; k < e.labels.size(); ++k) {
    const label& l = e.labels[k];
    range from{l.at, l.at};
    if (l.axis >= 0) {
      if (as_index(l.axis) >= user.axes.size()) throw refusal("a label names an axis that the node does not have");
      from = bounds(user.axes[as_index(l.axis)]);
      from = {moved(from.lo, l.at.plus), moved(from.hi, l.at.plus)};
    }
    const range& to = bounds(read.axes[k]);
    if (!(from == to) && !(surely_le(to.lo, from.lo) && surely_le(from.hi, to.hi)))
      throw refusal("an index may leave the range that it reads");
  }
}

void graph::check(const node& n) const {
  if (n.rank > n.axes.size() || n.axes.size() > 200) throw refusal("a node with too many axes");
  for (const edge& e : n.args) check_labels(n, e);
  auto need = [](bool fine) {
    if (!fine) throw refusal("a node with the wrong axes, arguments or attributes for its kind");
  };
  std::size_t arity = n.args.size();
  bool plain = n.bound() == 0 && n.red == reduction::none, leaf = plain && arity == 0;
  switch (n.op) {
    case constant:
    case pi: need(leaf && n.rank == 0); break;
    case dim: need(leaf && n.rank == 0 && n.attribute >= 0 && as_index(n.attribute) < dims.size()); break;
    case symbol:
      need(leaf && n.attribute >= 0 && as_index(n.attribute) < symbols.size() && symbols[as_index(n.attribute)].axes == n.axes);
      break;
    case index_of: need(leaf && n.rank == 1); break;
    case delta: need(leaf && n.rank == 2); break;
    case add: need(plain && arity >= 1); break;
    case mul: need(arity >= 1 && n.red == (n.bound() == 0 ? reduction::none : reduction::sum)); break;
    case identity: need(arity == 1 && (n.bound() == 0) == (n.red == reduction::none)); break;
    case power: need(plain && arity == 1); break;
    case select: need(plain && arity == 4 && n.attribute >= 0 && n.attribute < 4); break;
    case unknown:
      need(plain && n.attribute >= 0 && as_index(n.attribute) < unknowns.size() &&
           unknowns[as_index(n.attribute)].orders.size() == arity);
      break;
    case inv:
    case det:
    case adj: {
      std::size_t own = n.op == det ? 0 : 2;
      need(arity == 1 && n.red == reduction::none && n.bound() == 2 && n.rank >= own && n.axes[n.rank] == n.axes[n.rank + 1] &&
           bounds(n.axes[n.rank]).lo == affine{-1, 1});
      for (std::size_t k = n.rank - own; k < n.rank; ++k) {
        need(n.axes[k] == n.axes[n.rank]);
        for (const label& l : n.args[0].labels) need(!l.is_axis(k));
      }
      break;
    }
    default:
      need(n.op >= functions && n.op < functions + function_count() && plain && static_cast<int>(arity) == function(n.op).arity);
  }
}

namespace {

std::uint32_t hash_of(const node& n) {
  std::uint64_t h = 0;
  auto mix = [&](std::int64_t v) {
    h = (h ^ static_cast<std::uint64_t>(v)) * 0x9e3779b97f4a7c15;
    h ^= h >> 32;
  };
  for (int v : {n.op, static_cast<int>(n.red), n.attribute, static_cast<int>(n.rank)}) mix(v);
  for (std::int64_t v : {n.value.small_top(), n.value.small_bottom()}) mix(v);
  for (int a : n.axes) mix(a);
  for (const edge& e : n.args) {
    mix(e.node);
    for (const label& l : e.labels)
      for (std::int64_t v : {std::int64_t{l.axis}, std::int64_t{l.at.dim}, l.at.plus}) mix(v);
  }
  return static_cast<std::uint32_t>(h);
}

}  // namespace

// Where an equal node stands (`n` may be null: there is none), or where it may be put.
graph::place& graph::place_of(std::uint32_t hash, const node* n) {
  for (std::size_t k = hash;; ++k) {
    place& p = places_[k % places_.size()];
    if (p.number < 0 || (n && p.hash == hash && at(p.number) == *n)) return p;
  }
}

int graph::make(node n) {
  check(n);
  const std::uint32_t hash = hash_of(n);
  place& p = place_of(hash, &n);
  if (p.number >= 0) return p.number;
  p = {hash, static_cast<std::int32_t>(size())};
  nodes_.push_back(std::move(n));
  if (size() * 2 >= places_.size()) {
    std::vector<place> before(places_.size() * 2);
    before.swap(places_);
    for (const place& q : before)
      if (q.number >= 0) place_of(q.hash, nullptr) = q;
  }
  return static_cast<int>(size()) - 1;
}

int graph::make(int op, std::vector<int> out, std::vector<edge> args, std::vector<int> bound, reduction red, int attribute,
                const rational& value) {
  node n;
  n.op = op;
  n.red = bound.empty() ? reduction::none : red;
  n.rank = out.size();
  n.axes = std::move(out);
  n.axes.insert(n.axes.end(), bound.begin(), bound.end());
  n.args = std::move(args);
  n.value = value;
  n.attribute = attribute;
  return make(std::move(n));
}

int graph::read(const std::vector<int>& out, const edge& e) {
  if (e.labels == straight(out.size()) && out == this->out(e.node)) return e.node;
  return make(identity, out, {e});
}

bool graph::depends(int n, int s) {
  std::vector<bool>& known = depends_[s];
  for (std::size_t m = known.size(); m <= as_index(n); ++m) {
    bool d = nodes_[m].op == symbol && nodes_[m].attribute == s;
    for (const edge& e : nodes_[m].args) d = d || known[as_index(e.node)];
    known.push_back(d);
  }
  return known[as_index(n)];
}

// --- terms

namespace {

std::vector<int> carried_by(const std::vector<edge>& args) {
  std::vector<int> axes;
  for (const edge& e : args)
    for (const label& l : e.labels)
      if (l.axis >= 0) axes.push_back(l.axis);
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

void renumber(edge& e, const std::vector<int>& carried) {
  for (label& l : e.labels)
    if (l.axis >= 0) l.axis = static_cast<int>(std::lower_bound(carried.begin(), carried.end(), l.axis) - carried.begin());
}

}  // namespace

edge apply(frame& f, int op, std::vector<edge> args, int attribute, const rational& value) {
  std::vector<int> carried = carried_by(args), out;
  std::vector<label> labels;
  for (int a : carried) {
    out.push_back(f.axes.at(as_index(a)));
    labels.push_back(label::of_axis(as_index(a)));
  }
  for (edge& e : args) renumber(e, carried);
  return {f.on.make(op, std::move(out), std::move(args), {}, reduction::none, attribute, value), labels};
}

edge number(frame& f, const rational& q) { return {f.on.number(q), {}}; }
edge plus(frame& f, const edge& a, const edge& b) { return apply(f, add, {a, b}); }
edge times(frame& f, const edge& a, const edge& b) { return apply(f, mul, {a, b}); }
edge minus(frame& f, const edge& a) { return times(f, number(f, -1), a); }
edge raised(frame& f, const edge& a, const rational& p) { return p == 1 ? a : apply(f, power, {a}, 0, p); }
edge choose(frame& f, comparison c, const edge& l, const edge& r, const edge& then, const edge& other) {
  return apply(f, select, {l, r, then, other}, static_cast<int>(c));
}

int narrowed(frame& f, const edge& e) {
  std::vector<int> carried = carried_by({e}), out;
  for (int a : carried) out.push_back(f.axes.at(as_index(a)));
  edge own = e;
  renumber(own, carried);
  return f.on.read(out, own);
}

int over_frame(frame& f, const edge& e) { return f.on.read(f.axes, e); }

bool implies(sign have, sign want) {
  if (have == want) return true;
  if (have == sign::positive) return want == sign::nonnegative || want == sign::nonzero || want == sign::off_poles;
  return have == sign::not_integer && want == sign::off_poles;
}

bool given(const graph& g, const known_signs& known, sign is, int n) {
  if (g.is_number(n)) {
    const rational& v = g.at(n).value;
    const std::array<bool, 7> so{v > 0, v >= 0, v != 0, v.is_whole(), !v.is_whole(), false, v > 0 || !v.is_whole()};
    if (so.at(as_index(is))) return true;
  }
  for (auto it = known.lower_bound({n, sign::positive}); it != known.end() && it->first == n; ++it)
    if (implies(it->second, is)) return true;
  return false;
}

}  // namespace checker
