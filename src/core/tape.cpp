#include <wengert/core/tape.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

constexpr std::size_t max_axes = 200;

std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
  h ^= v + 0x9E3779B97F4A7C15ULL + (h << 6) + (h >> 2);
  h *= 0xFF51AFD7ED558CCDULL;
  return h ^ (h >> 32);
}

affine shifted(affine a, std::int64_t by) {
  a.offset += by;
  return a;
}

}  // namespace

tape::tape() : table_(64, none) { make_range({none, 1}, {none, 1}); }

// --- dimensions and ranges

dim_id tape::dim(std::string_view name) {
  auto [it, fresh] = dim_ids_.try_emplace(std::string(name), static_cast<dim_id>(dim_names_.size()));
  if (fresh) dim_names_.emplace_back(name);
  return it->second;
}

dim_id tape::find_dim(std::string_view name) const {
  auto it = dim_ids_.find(std::string(name));
  return it == dim_ids_.end() ? none : it->second;
}

range_id tape::make_range(const affine& lo, const affine& hi) {
  std::string key = fmt::format("{},{},{},{}", lo.dim, lo.offset, hi.dim, hi.offset);
  auto [it, fresh] = range_ids_.try_emplace(std::move(key), static_cast<range_id>(ranges_.size()));
  if (fresh) ranges_.push_back({lo, hi});
  return it->second;
}

range_id tape::shift(range_id r, std::int64_t by) {
  if (by == 0) return r;
  range old = ranges_[r];
  return make_range(shifted(old.lo, by), shifted(old.hi, by));
}

std::string tape::text_of(const affine& a) const {
  if (a.dim == none) return fmt::format("{}", a.offset);
  return a.offset == 0 ? dim_name(a.dim) : fmt::format("{}{:+}", dim_name(a.dim), a.offset);
}

void tape::assume(length_condition c) {
  if (!order_.assume(c.lesser, c.greater)) throw defect("conditions on dimensions that contradict each other");
  length_conditions_.push_back(std::move(c));
}

// --- interning

std::size_t tape::label_count(const record& r) const {
  std::size_t count = 0;
  const std::uint32_t* ids = pool_.data() + r.start + r.rank + r.bound;
  for (std::size_t k = 0; k < r.arity; ++k) count += nodes_[ids[k]].rank;
  return count;
}

std::uint64_t tape::hash_of(const record& r) const {
  std::uint64_t h = mix(static_cast<std::uint64_t>(r.op) | static_cast<std::uint64_t>(r.red) << 8 | std::uint64_t{r.rank} << 16 |
                            std::uint64_t{r.bound} << 24 | std::uint64_t{r.arity} << 32,
                        r.attribute);
  std::size_t words = std::size_t{r.rank} + r.bound + r.arity;
  for (std::size_t k = 0; k < words; ++k) h = mix(h, pool_[r.start + k]);
  std::size_t labels = label_count(r);
  for (std::size_t k = 0; k < labels; ++k) {
    const label& l = labels_[r.labels + k];
    h = mix(h, static_cast<std::uint64_t>(static_cast<std::uint16_t>(l.axis)) | std::uint64_t{l.dim} << 16 |
                   static_cast<std::uint64_t>(static_cast<std::uint32_t>(l.offset)) << 32);
  }
  return h;
}

bool tape::same(const record& a, const record& b) const {
  if (a.op != b.op || a.red != b.red || a.rank != b.rank || a.bound != b.bound || a.arity != b.arity ||
      a.attribute != b.attribute)
    return false;
  auto pa = pool_.begin() + a.start, pb = pool_.begin() + b.start;
  if (!std::equal(pa, pa + a.rank + a.bound + a.arity, pb)) return false;
  auto la = labels_.begin() + a.labels, lb = labels_.begin() + b.labels;
  return std::equal(la, la + static_cast<std::ptrdiff_t>(label_count(a)), lb);
}

void tape::grow_table() {
  std::vector<node_id> bigger(table_.size() * 2, none);
  for (node_id n = 0; n < nodes_.size(); ++n) {
    std::size_t slot = hash_of(nodes_[n]) & (bigger.size() - 1);
    while (bigger[slot] != none) slot = (slot + 1) & (bigger.size() - 1);
    bigger[slot] = n;
  }
  table_.swap(bigger);
}

node_id tape::intern(record candidate) {
  if (nodes_.size() * 2 >= table_.size()) grow_table();
  std::size_t slot = hash_of(candidate) & (table_.size() - 1);
  for (; table_[slot] != none; slot = (slot + 1) & (table_.size() - 1)) {
    if (same(nodes_[table_[slot]], candidate)) {
      pool_.resize(candidate.start);
      labels_.resize(candidate.labels);
      return table_[slot];
    }
  }
  if (nodes_.size() >= none - 1 || pool_.size() >= none - 1 || labels_.size() >= none - 1)
    throw error("V02", "the tape is full: it holds at most 2^32 words");
  nodes_.push_back(candidate);
  return table_[slot] = static_cast<node_id>(nodes_.size() - 1);
}

void tape::check_edge(const edge& e, std::span<const range_id> out, std::span<const range_id> bound) const {
  if (e.node >= nodes_.size()) throw defect("an edge to a node that is not on the tape");
  const record& r = nodes_[e.node];
  if (e.labels.size() != r.rank)
    throw defect(fmt::format("an edge with {} labels to a node of rank {}", e.labels.size(), r.rank));
  for (std::size_t k = 0; k < e.labels.size(); ++k) {
    const label& l = e.labels[k];
    const range& target = ranges_[pool_[r.start + k]];
    affine lo = l.value(), hi = l.value();
    if (!l.is_constant()) {
      auto axis = static_cast<std::size_t>(l.axis);
      if (axis >= out.size() + bound.size()) throw defect("a label names an axis that the node does not have");
      const range& from = ranges_[axis < out.size() ? out[axis] : bound[axis - out.size()]];
      if (l.offset == 0 && from == target) continue;
      lo = shifted(from.lo, l.offset);
      hi = shifted(from.hi, l.offset);
    }
    if (surely_le(target.lo, lo) && surely_le(hi, target.hi)) continue;
    throw error("S04",
                lo == hi ? fmt::format("index {} may lie outside {}..{}", text_of(lo), text_of(target.lo), text_of(target.hi))
                         : fmt::format("an index that runs over {}..{} may leave {}..{}", text_of(lo), text_of(hi),
                                       text_of(target.lo), text_of(target.hi)),
                "give the sum bounds that stay inside the range");
  }
}

// The matrix is square, counts from 1, and depends on its own row and column and on the batch axes alone.
void tape::check_matrix(opcode op, std::span<const range_id> out, std::span<const range_id> bound,
                        std::span<const edge> args) const {
  std::size_t own = op == opcode::det ? 0 : 2;
  if (args.size() != 1 || bound.size() != 2 || out.size() < own) throw defect("a function of a matrix with other axes");
  const range &rows = ranges_[bound[0]], &columns = ranges_[bound[1]];
  if (bound[0] != bound[1])
    throw error("S01", fmt::format("the inverse and the determinant are of square matrices; this one is [{}, {}]",
                                   text_of(rows.hi), text_of(columns.hi)));
  if (rows.lo != affine{none, 1})
    throw error("S01", fmt::format("the indices of this matrix run over {}..{}", text_of(rows.lo), text_of(rows.hi)),
                "a matrix that is inverted, or whose determinant is taken, is indexed from 1");
  std::size_t batch = out.size() - own;
  for (std::size_t k = batch; k < out.size(); ++k)
    if (out[k] != bound[0]) throw defect("a function of a matrix with other axes");
  for (const label& l : args[0].labels)
    if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= batch && static_cast<std::size_t>(l.axis) < out.size())
      throw defect("a matrix that depends on the indices of its inverse");
}

// --- construction

node_id tape::make(opcode op, std::span<const range_id> out, std::span<const range_id> bound, reduction red,
                   std::span<const edge> args, std::uint32_t attribute) {
  if (out.size() + bound.size() > max_axes) throw error("S06", fmt::format("more than {} axes", max_axes));
  bool of_matrix = is_matrix_function(op);
  if (!bound.empty() && !of_matrix && op != opcode::identity && !(op == opcode::mul && red == reduction::sum))
    throw defect("only identity nodes reduce, and products under a sum");
  // `out` and `bound` may be views of this tape's own pool, which is about to grow.
  std::array<range_id, max_axes> axes{};
  std::copy(out.begin(), out.end(), axes.begin());
  std::copy(bound.begin(), bound.end(), axes.begin() + static_cast<std::ptrdiff_t>(out.size()));
  std::span<const range_id> own_out(axes.data(), out.size()), own_bound(axes.data() + out.size(), bound.size());
  for (const edge& e : args) check_edge(e, own_out, own_bound);
  if (of_matrix) check_matrix(op, own_out, own_bound, args);
  record r{op,
           own_bound.empty() || of_matrix ? reduction::none : red,
           static_cast<std::uint8_t>(own_out.size()),
           static_cast<std::uint8_t>(own_bound.size()),
           static_cast<std::uint32_t>(args.size()),
           attribute,
           static_cast<std::uint32_t>(pool_.size()),
           static_cast<std::uint32_t>(labels_.size())};
  pool_.insert(pool_.end(), own_out.begin(), own_out.end());
  pool_.insert(pool_.end(), own_bound.begin(), own_bound.end());
  for (const edge& e : args) pool_.push_back(e.node);
  for (const edge& e : args) labels_.insert(labels_.end(), e.labels.begin(), e.labels.end());
  return intern(r);
}

std::uint32_t tape::rational_index(const rational& q) {
  auto [it, fresh] = rational_ids_.try_emplace(q, static_cast<std::uint32_t>(rationals_.size()));
  if (fresh) rationals_.push_back(q);
  return it->second;
}

node_id tape::constant(const rational& value) {
  return make(opcode::constant, {}, {}, reduction::none, {}, rational_index(value));
}
node_id tape::dim_value(dim_id d) { return make(opcode::dim_value, {}, {}, reduction::none, {}, d); }
node_id tape::pi() { return make(opcode::pi, {}, {}, reduction::none, {}); }

node_id tape::index_value(range_id axis) {
  return make(opcode::index_value, std::span<const range_id>(&axis, 1), {}, reduction::none, {});
}

node_id tape::delta(range_id a, range_id b) {
  std::array<range_id, 2> axes{a, b};
  return make(opcode::delta, axes, {}, reduction::none, {});
}

node_id tape::symbol(std::string_view name, std::span<const range_id> axes) {
  auto [it, fresh] = symbol_ids_.try_emplace(std::string(name), static_cast<symbol_id>(symbols_.size()));
  symbol_id s = it->second;
  if (fresh) {
    symbols_.push_back({std::string(name), {axes.begin(), axes.end()}});
    symbol_nodes_.push_back(make(opcode::symbol, axes, {}, reduction::none, {}, s));
  } else if (!std::equal(axes.begin(), axes.end(), symbols_[s].axes.begin(), symbols_[s].axes.end())) {
    throw error("S05", fmt::format("'{}' is used with two different shapes", name), "declare it with --var");
  }
  return symbol_nodes_[s];
}

node_id tape::find_symbol(std::string_view name) const {
  auto it = symbol_ids_.find(std::string(name));
  return it == symbol_ids_.end() ? none : symbol_nodes_[it->second];
}

node_id tape::add(std::span<const range_id> out, std::span<const edge> args) {
  return make(opcode::add, out, {}, reduction::none, args);
}

node_id tape::mul(std::span<const range_id> out, std::span<const edge> args, std::span<const range_id> bound) {
  return make(opcode::mul, out, bound, reduction::sum, args);
}

node_id tape::identity(std::span<const range_id> out, const edge& arg, std::span<const range_id> bound, reduction red) {
  if (bound.empty() && arg.labels == straight(rank(arg.node)) && std::ranges::equal(out, this->out(arg.node))) return arg.node;
  return make(opcode::identity, out, bound, red, std::span<const edge>(&arg, 1));
}

node_id tape::power(std::span<const range_id> out, const edge& base, const rational& exponent) {
  return make(opcode::power, out, {}, reduction::none, std::span<const edge>(&base, 1), rational_index(exponent));
}

node_id tape::apply(opcode function, std::span<const range_id> out, std::span<const edge> args) {
  return make(function, out, {}, reduction::none, args);
}

node_id tape::select(std::span<const range_id> out, comparison c, const edge& left, const edge& right, const edge& then,
                     const edge& otherwise) {
  std::array<edge, 4> args{left, right, then, otherwise};
  return make(opcode::select, out, {}, reduction::none, args, static_cast<std::uint32_t>(c));
}

std::uint32_t tape::unknown_index(const unknown_function& f) {
  auto it = std::ranges::find(unknown_, f);
  if (it == unknown_.end()) it = unknown_.insert(it, f);
  return static_cast<std::uint32_t>(it - unknown_.begin());
}

// --- reading

edge_view tape::arg(node_id n, std::size_t k) const {
  arg_list all = args(n);
  auto it = all.begin();
  while (k-- > 0) ++it;
  return *it;
}

std::vector<node_id> tape::reachable(std::span<const node_id> roots) const {
  node_id top = 0;
  for (node_id r : roots) top = std::max(top, r);
  if (roots.empty()) return {};
  std::vector<bool> seen(std::size_t{top} + 1, false);
  std::vector<node_id> stack(roots.begin(), roots.end()), found;
  while (!stack.empty()) {
    node_id n = stack.back();
    stack.pop_back();
    if (seen[n]) continue;
    seen[n] = true;
    found.push_back(n);
    for (edge_view e : args(n)) stack.push_back(e.node);
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool tape::mentions(node_id n, symbol_id s) const {
  for (node_id m : reachable(n))
    if (op(m) == opcode::symbol && symbol_of(m) == s) return true;
  return false;
}

std::vector<label> tape::straight(std::size_t rank, std::size_t first) {
  std::vector<label> r;
  r.reserve(rank);
  for (std::size_t k = 0; k < rank; ++k) r.push_back(label::of_axis(first + k));
  return r;
}

}  // namespace wengert
