#include <wengert/numeric/evaluate.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>

#include "dense.hpp"

namespace wengert {

namespace {

// Where a node's values are; the last three say that they are nowhere.
constexpr std::size_t unplaced = std::numeric_limits<std::size_t>::max();
constexpr std::size_t queued = unplaced - 1;
constexpr std::size_t storeless = unplaced - 2;  // read from elsewhere: symbols, delta, index_value

bool is_storeless(opcode op) { return op == opcode::symbol || op == opcode::delta || op == opcode::index_value; }

// What is known of matrix functions is their values as floating numbers.
template <class T> std::vector<T> matrix_function(opcode op, std::span<const T> a, std::size_t size) {
  if constexpr (!std::floating_point<T>)
    return std::vector<T>(op == opcode::det ? 1 : size * size, arithmetic<T>::unknown());
  else if (op == opcode::det)
    return {dense::determinant(a, size)};
  else
    return op == opcode::inv ? dense::inverse(a, size) : dense::adjugate(a, size);
}

}  // namespace

// --- binding

template <class T> void evaluator<T>::bind_dim(dim_id d, std::int64_t size) {
  if (d >= dims_.size()) dims_.resize(tape_.dim_count());
  const std::string& name = tape_.dim_name(d);
  if (size < 1) throw error("V03", fmt::format("the dimension '{}' is {}, but a dimension is at least 1", name, size));
  sized_dim& known = dims_[d];
  if (known.size != 0 && known.size != size) {
    std::string why = known.from == none ? "" : fmt::format(" by the length of '{}'", tape_.symbol(known.from).name);
    throw error("V03", fmt::format("the dimension '{}' is {}{} and cannot be {} as well", name, known.size, why, size));
  }
  known.size = size;
  for (const length_condition& c : tape_.length_conditions()) {
    bool open = std::ranges::any_of(std::array{c.lesser.dim, c.greater.dim}, [&](dim_id e) { return e != none && !dim_size(e); });
    if (open || resolve(c.lesser) <= resolve(c.greater)) continue;
    throw error("V09", fmt::format("the dimension '{}' is {}, but {} needs {} <= {}", name, size, c.needed_by,
                                   tape_.text_of(c.lesser), tape_.text_of(c.greater)));
  }
}

template <class T> void evaluator<T>::fit_axis(symbol_id s, std::size_t axis, std::size_t size) {
  const symbol_info& info = tape_.symbol(s);
  const range& r = tape_.range_of(info.axes[axis]);
  auto length = static_cast<std::int64_t>(size);
  if (r.hi.dim != none && r.lo.dim == none) {
    std::int64_t needed = length - 1 + r.lo.offset - r.hi.offset;  // so that lo .. dim + offset has `length` integers
    auto known = dim_size(r.hi.dim);
    if (!known && needed >= 1) {
      bind_dim(r.hi.dim, needed);
      dims_[r.hi.dim].from = s;
    }
    if (!known && needed < 1)
      throw error("V03", fmt::format("'{}' has length {}, too short for the dimension '{}', which is at least 1", info.name, size,
                                     tape_.dim_name(r.hi.dim)));
  }
  for (const affine& end : {r.lo, r.hi})
    if (end.dim != none && !dim_size(end.dim)) return;  // checked when the symbol is read
  std::int64_t expected = std::max<std::int64_t>(0, resolve(r.hi) - resolve(r.lo) + 1);
  if (length == expected) return;
  std::string dims;
  if (r.hi.dim != none) {
    symbol_id from = dims_[r.hi.dim].from;
    dims = fmt::format(" ({} = {}{})", tape_.dim_name(r.hi.dim), dims_[r.hi.dim].size,
                       from == none || from == s ? "" : fmt::format(", by '{}'", tape_.symbol(from).name));
  }
  throw error("V03", fmt::format("'{}' has length {} along axis {} and needs {}{}", info.name, size, axis + 1, expected, dims));
}

template <class T> void evaluator<T>::bind(symbol_id s, std::span<const T> values, std::span<const std::size_t> shape) {
  const symbol_info& info = tape_.symbol(s);
  if (shape.size() != info.axes.size())
    throw error("V03", fmt::format("'{}' needs {}, not {}", info.name,
                                   info.axes.empty() ? "a number" : fmt::format("an array of {} axes", info.axes.size()),
                                   shape.empty() ? "a number" : fmt::format("an array of {} axes", shape.size())));
  std::size_t entries = 1;
  for (std::size_t size : shape) entries *= size;
  if (entries != values.size())
    throw error("V03", fmt::format("'{}' has {} entries where its shape needs {}", info.name, values.size(), entries));
  for (std::size_t a = 0; a < shape.size(); ++a) fit_axis(s, a, shape[a]);
  if (s >= given_.size()) given_.resize(tape_.symbol_count());
  given& g = given_[s];
  if (g.bound) forget();
  if (!g.bound || !std::ranges::equal(g.shape, shape)) {
    g.place = given_values_.size();
    g.shape.assign(shape.begin(), shape.end());
    given_values_.resize(g.place + entries);
  }
  g.bound = true;
  std::ranges::copy(values, given_values_.begin() + static_cast<std::ptrdiff_t>(g.place));
}

template <class T> void evaluator<T>::bind(std::string_view name, std::span<const T> values, std::span<const std::size_t> shape) {
  dim_id d = tape_.find_dim(name);
  if (d != none) {
    std::optional<std::int64_t> size;
    if (shape.empty() && values.size() == 1) size = in_.integer(values[0]);
    if (!size) throw error("V03", fmt::format("the dimension '{}' needs an integer", name));
    bind_dim(d, *size);
  }
  node_id n = tape_.find_symbol(name);
  if (n != none) bind(tape_.symbol_of(n), values, shape);
  if (n == none && d == none) throw error("V01", fmt::format("'{}' is given a value, but no such name occurs", name));
}

template <class T> void evaluator<T>::forget() {
  std::ranges::fill(place_, unplaced);
  values_.clear();
}

template <class T> void evaluator<T>::let_zero_win() {
  zero_wins_ = true;
  forget();
}

template <class T> std::optional<std::int64_t> evaluator<T>::dim_size(dim_id d) const {
  if (d >= dims_.size() || dims_[d].size == 0) return std::nullopt;
  return dims_[d].size;
}

// --- sizes

template <class T> std::int64_t evaluator<T>::resolve(const affine& a) const {
  if (a.dim == none) return a.offset;
  auto size = dim_size(a.dim);
  if (!size)
    throw error("V01", fmt::format("the dimension '{}' has no value", tape_.dim_name(a.dim)),
                fmt::format("give '{}' a value, or a value to an array that has this length", tape_.dim_name(a.dim)));
  return *size + a.offset;
}

template <class T> auto evaluator<T>::extent_of(range_id r) -> const extent& {
  if (r >= extents_.size()) extents_.resize(r + 1);
  extent& x = extents_[r];
  if (x.count < 0) {
    const range& from = tape_.range_of(r);
    std::int64_t lo = resolve(from.lo), hi = resolve(from.hi);
    x = {lo, std::max<std::int64_t>(0, hi - lo + 1)};
  }
  return x;
}

template <class T> std::size_t evaluator<T>::count(std::span<const range_id> axes) {
  std::size_t total = 1;
  bool too_many = false;
  for (range_id r : axes) {
    auto size = static_cast<std::size_t>(extent_of(r).count);
    if (size == 0) return 0;
    too_many = too_many || total > max_values_ / size;
    total *= too_many ? 1 : size;
  }
  if (too_many) throw error("V02", fmt::format("an array of more than {} numbers would be needed", max_values_));
  return total;
}

template <class T> std::vector<std::size_t> evaluator<T>::shape(node_id n) {
  std::vector<std::size_t> r;
  for (range_id a : tape_.out(n)) r.push_back(static_cast<std::size_t>(extent_of(a).count));
  return r;
}

// --- the order of evaluation, and memory

// What `roots` need and has no place yet, ascending; marked as queued.
template <class T> std::vector<node_id> evaluator<T>::pending(std::span<const node_id> roots) {
  place_.resize(tape_.size(), unplaced);
  std::vector<node_id> found, stack;
  auto visit = [&](node_id n) {
    if (place_[n] != unplaced) return;
    place_[n] = queued;
    stack.push_back(n);
  };
  for (node_id r : roots) visit(r);
  while (!stack.empty()) {
    node_id n = stack.back();
    stack.pop_back();
    found.push_back(n);
    for (edge_view e : tape_.args(n)) visit(e.node);
  }
  std::ranges::sort(found);
  return found;
}

// Throws where something that node n reads is unknown, so that computing it cannot fail.
template <class T> void evaluator<T>::check(node_id n) {
  if (tape_.op(n) == opcode::symbol) {
    symbol_id s = tape_.symbol_of(n);
    const std::string& name = tape_.symbol(s).name;
    if (s >= given_.size() || !given_[s].bound)
      throw error("V01", fmt::format("'{}' has no value", name), fmt::format("give '{}' a value", name));
    for (std::size_t a = 0; a < given_[s].shape.size(); ++a) fit_axis(s, a, given_[s].shape[a]);
  }
  if (tape_.op(n) == opcode::unknown)
    throw error("V08", fmt::format("'{0}' is unknown: it has no value", tape_.unknown_of(n).name),
                "write the function out where numbers are wanted");
  if (tape_.op(n) == opcode::dim_value) resolve({tape_.dim_of(n), 0});
  for (range_id r : tape_.axes(n)) extent_of(r);
}

template <class T> void evaluator<T>::allocate(std::span<const node_id> todo, std::span<const node_id> roots) {
  std::size_t total = values_.size();
  auto place = [&](node_id n) {
    std::size_t size = count(tape_.out(n));
    if (size > max_values_ - total) throw error("V02", fmt::format("more than {} numbers would be needed at once", max_values_));
    place_[n] = total;
    total += size;
  };
  try {
    for (node_id n : todo) {
      check(n);
      if (is_storeless(tape_.op(n)))
        place_[n] = storeless;
      else
        place(n);
    }
    for (node_id r : roots)
      if (place_[r] == storeless && tape_.op(r) != opcode::symbol) place(r);
    values_.resize(total);
  } catch (...) {
    forget();
    throw;
  }
}

template <class T> void evaluator<T>::evaluate(std::span<const node_id> roots) {
  std::vector<node_id> stored;  // roots of a kind that is not stored otherwise
  std::vector<node_id> todo = pending(roots);
  for (node_id r : roots)
    if (is_storeless(tape_.op(r)) && (place_[r] == storeless || place_[r] == queued)) stored.push_back(r);
  allocate(todo, roots);
  for (node_id n : todo)
    if (!is_storeless(tape_.op(n))) compute(n);
  for (node_id r : stored)
    if (tape_.op(r) != opcode::symbol) compute(r);
}

template <class T> std::size_t evaluator<T>::work(std::span<const node_id> roots, std::size_t function, std::size_t limit) {
  std::size_t total = 0;
  for (node_id n : tape_.reachable({roots.begin(), roots.end()})) {
    check(n);
    const bool stored =
        !is_storeless(tape_.op(n)) || (tape_.op(n) != opcode::symbol && std::ranges::find(roots, n) != roots.end());
    if (!stored) continue;
    std::size_t terms =
        find_function(tape_.op(n)) || tape_.op(n) == opcode::power ? function : std::max<std::size_t>(tape_.arity(n), 1);
    for (range_id r : tape_.axes(n)) {
      const auto size = static_cast<std::size_t>(extent_of(r).count);
      if (size > 0 && terms > limit / size) return limit;
      terms *= size;
    }
    if ((total += terms) >= limit) return limit;
  }
  return total;
}

template <class T> std::span<const T> evaluator<T>::values(node_id n) const {
  if (n < place_.size() && tape_.op(n) == opcode::symbol && place_[n] == storeless) {
    const given& g = given_[tape_.symbol_of(n)];
    std::size_t entries = 1;
    for (std::size_t size : g.shape) entries *= size;
    return {given_values_.data() + g.place, entries};
  }
  if (n >= place_.size() || place_[n] >= storeless) throw defect("the value of a node that was not evaluated");
  std::size_t entries = 1;
  for (range_id r : tape_.out(n)) entries *= static_cast<std::size_t>(extents_[r].count);
  return {values_.data() + place_[n], entries};
}

template <class T> T evaluator<T>::scalar(node_id n) {
  if (tape_.rank(n) != 0) throw defect("the value of an array was asked as a number");
  return (*this)(n).front();
}

template <class T> bool evaluator<T>::leaves_range(node_id n) {
  std::vector<node_id> all = tape_.reachable(n);
  std::erase_if(all, [&](node_id m) { return is_storeless(tape_.op(m)); });
  evaluate(all);
  auto has_zero = [&](node_id m) {
    if (tape_.op(m) != opcode::symbol && is_storeless(tape_.op(m))) return true;
    return std::ranges::any_of(values(m), [](const T& v) { return arithmetic<T>::is_zero(v); });
  };
  auto leaves = [&](node_id m) {
    if (std::ranges::any_of(values(m), [](const T& v) { return arithmetic<T>::is_infinite(v); })) return true;
    const bool product = tape_.op(m) == opcode::power || (tape_.op(m) == opcode::mul && tape_.bound_count(m) == 0);
    if (!product || !has_zero(m)) return false;
    for (edge_view e : tape_.args(m))
      if (has_zero(e.node)) return false;
    return true;
  };
  // A branch that is not taken does not count, nor do those of arrays, of which both may be.
  auto counts = [&](node_id m, std::size_t k) {
    if (tape_.op(m) != opcode::select || k < 2) return true;
    const node_id left = tape_.arg(m, 0).node, right = tape_.arg(m, 1).node;
    if (tape_.rank(left) != 0 || tape_.rank(right) != 0) return false;
    return in_.holds(tape_.comparison_of(m), values(left)[0], values(right)[0]) == (k == 2);
  };
  std::vector<bool> seen(std::size_t{n} + 1, false);
  std::vector<node_id> stack{n};
  while (!stack.empty()) {
    const node_id m = stack.back();
    stack.pop_back();
    if (seen[m] || is_storeless(tape_.op(m))) continue;
    seen[m] = true;
    if (leaves(m)) return true;
    for (std::size_t k = 0; k < tape_.arity(m); ++k)
      if (counts(m, k)) stack.push_back(tape_.arg(m, k).node);
  }
  return false;
}

// --- one node

// Sets up the operands of n, at the first position of its axes.
template <class T> void evaluator<T>::aim(node_id n) {
  axes_.clear();
  for (range_id r : tape_.axes(n)) axes_.push_back(extent_of(r));
  counter_.assign(axes_.size(), 0);
  operands_.clear();
  strides_.assign(tape_.arity(n) * axes_.size(), 0);
  std::size_t which = 0;
  for (edge_view e : tape_.args(n)) aim_one(e, which++);
}

template <class T> void evaluator<T>::aim_one(const edge_view& e, std::size_t which) {
  opcode op = tape_.op(e.node);
  operand x{operand::kind::array, nullptr, 0};
  if (op == opcode::delta) x.is = operand::kind::delta;
  if (op == opcode::index_value) x.is = operand::kind::index;
  bool array = x.is == operand::kind::array;
  if (array)
    x.base =
        op == opcode::symbol ? given_values_.data() + given_[tape_.symbol_of(e.node)].place : values_.data() + place_[e.node];
  std::span<const range_id> target = tape_.out(e.node);
  std::int64_t stride = 1;
  for (std::size_t k = target.size(); k-- > 0;) {
    const extent& along = extent_of(target[k]);
    const label& l = e.labels[k];
    std::int64_t weight = array ? stride : x.is == operand::kind::delta && k == 1 ? -1 : 1;
    std::int64_t first = l.is_constant() ? resolve(l.value()) : axes_[static_cast<std::size_t>(l.axis)].lo + l.offset;
    x.at += weight * (first - (array ? along.lo : 0));
    if (!l.is_constant()) strides_[which * axes_.size() + static_cast<std::size_t>(l.axis)] += weight;
    stride *= along.count;
  }
  operands_.push_back(x);
}

// The next position, the last axis fastest.
template <class T> void evaluator<T>::advance() {
  for (std::size_t a = axes_.size(); a-- > 0;) {
    bool carry = ++counter_[a] == axes_[a].count;
    std::int64_t steps = carry ? 1 - axes_[a].count : 1;
    if (carry) counter_[a] = 0;
    for (std::size_t k = 0; k < operands_.size(); ++k) operands_[k].at += steps * strides_[k * axes_.size() + a];
    if (!carry) return;
  }
}

// What a reduction of nothing is.
template <class T> T evaluator<T>::start(reduction red) const {
  switch (red) {
    case reduction::prod: return T(1);
    case reduction::max: return in_.lowest();
    case reduction::min: return in_.highest();
    default: return T(0);
  }
}

template <class T> T evaluator<T>::reduce(reduction red, const T& so_far, const T& x) const {
  switch (red) {
    case reduction::prod: return in_.multiply(so_far, x);
    case reduction::max: return in_.larger(so_far, x);
    case reduction::min: return in_.smaller(so_far, x);
    default: return in_.add(so_far, x);
  }
}

template <class T> template <class Term> void evaluator<T>::fill(node_id n, Term term) {
  std::size_t outer = 1, inner = 1, rank = tape_.rank(n);
  for (std::size_t a = 0; a < axes_.size(); ++a) (a < rank ? outer : inner) *= static_cast<std::size_t>(axes_[a].count);
  T* to = values_.data() + place_[n];
  const reduction red = tape_.red(n);
  const bool reduces = rank < axes_.size(), extremum = red == reduction::max || red == reduction::min;
  for (std::size_t o = 0; o < outer; ++o) {
    T value = reduces ? start(red) : T(0);
    for (std::size_t b = 0; b < inner; ++b) {
      value = !reduces || (extremum && b == 0) ? term() : reduce(red, value, term());
      advance();
    }
    *to++ = std::move(value);
  }
}

template <class T> T evaluator<T>::product() const {
  T p(1);
  for (const operand& x : operands_) {
    if (x.is == operand::kind::delta) {
      if (x.at != 0) return T(0);
    } else {
      T v = x.read();
      if (zero_wins_ && in_.is_zero(v)) return T(0);
      p = in_.multiply(p, v);
    }
  }
  return p;
}

template <class T> T evaluator<T>::total() const {
  T s(0);
  for (const operand& x : operands_) s = in_.add(s, x.read());
  return s;
}

template <class T> T evaluator<T>::constant(node_id n) {
  std::uint32_t which = tape_.attribute(n);
  if (which >= rationals_.size()) rationals_.resize(which + 1);
  if (!rationals_[which]) rationals_[which] = in_.number(tape_.value(n));
  return *rationals_[which];
}

template <class T> void evaluator<T>::compute_function(node_id n) {
  const op_info* info = find_function(tape_.op(n));
  if (!info) throw defect("the evaluator meets an operation that it does not know");
  fill(n, [&] {
    const T a[2] = {operands_[0].read(), operands_.size() > 1 ? operands_[1].read() : T(0)};
    return in_.function(*info, a);
  });
}

// One matrix after the other: the batch axes stand first, the row and the column of the matrix last.
template <class T> void evaluator<T>::compute_matrix_function(node_id n) {
  std::size_t batch = batch_rank(tape_, n), row = tape_.rank(n);
  auto size = static_cast<std::size_t>(axes_[row].count);
  std::size_t matrices = 1;
  for (std::size_t a = 0; a < batch; ++a) matrices *= static_cast<std::size_t>(axes_[a].count);
  T* to = values_.data() + place_[n];
  std::vector<T> a(size * size);
  for (std::size_t which = 0; which < matrices; ++which) {
    operand x = operands_[0];
    std::size_t rest = which;
    for (std::size_t k = batch; k-- > 0;) {
      auto length = static_cast<std::size_t>(axes_[k].count);
      x.at += static_cast<std::int64_t>(rest % length) * strides_[k];
      rest /= length;
    }
    for (std::size_t p = 0; p < size; ++p)
      for (std::size_t q = 0; q < size; ++q) {
        operand entry = x;
        entry.at += static_cast<std::int64_t>(p) * strides_[row] + static_cast<std::int64_t>(q) * strides_[row + 1];
        a[p * size + q] = entry.read();
      }
    for (T& v : matrix_function<T>(tape_.op(n), a, size)) *to++ = std::move(v);
  }
}

template <class T> void evaluator<T>::compute(node_id n) {
  aim(n);
  switch (tape_.op(n)) {
    case opcode::constant: values_[place_[n]] = constant(n); return;
    case opcode::pi: values_[place_[n]] = in_.pi(); return;
    case opcode::dim_value: values_[place_[n]] = T(resolve({tape_.dim_of(n), 0})); return;
    case opcode::index_value: return fill(n, [&] { return T(axes_[0].lo + counter_[0]); });
    case opcode::delta: return fill(n, [&] { return T(std::int64_t{axes_[0].lo + counter_[0] == axes_[1].lo + counter_[1]}); });
    case opcode::add: return fill(n, [&] { return total(); });
    case opcode::mul: return fill(n, [&] { return product(); });
    case opcode::identity: return fill(n, [&] { return operands_[0].read(); });
    case opcode::power: {
      const auto raised = in_.power(tape_.value(n));
      return fill(n, [&] { return raised(operands_[0].read()); });
    }
    case opcode::inv:
    case opcode::det:
    case opcode::adj: return compute_matrix_function(n);
    case opcode::select: {
      const comparison c = tape_.comparison_of(n);
      return fill(
          n, [&] { return in_.choose(c, operands_[0].read(), operands_[1].read(), operands_[2].read(), operands_[3].read()); });
    }
    default: return compute_function(n);
  }
}

template class evaluator<double>;
template class evaluator<long double>;
template class evaluator<bounded>;
template class evaluator<ball>;
template class evaluator<exponential_fraction>;

}  // namespace wengert
