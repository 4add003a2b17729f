#include "program_graph.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numbers>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/numeric/arithmetic.hpp>

#include "interning.hpp"

namespace wengert::lowered {

namespace {

constexpr std::int64_t most_entries = std::int64_t{1} << 32;

class graph_maker {
 public:
  graph_maker(const tape& t, const std::function<std::int64_t(dim_id)>& sizes) : t_(t), sizes_(sizes) {}

  graph make(const program_arrays& arrays) {
    take_inputs(arrays.inputs);
    for (const auto& [symbol, values] : arrays.constants) take_constants(symbol, values.size());
    for (const input_view& v : arrays.views) take_view(v);
    std::vector<node_id> all;
    for (const auto& one : arrays.outputs) all.insert(all.end(), one.begin(), one.end());
    for (const output_share& s : arrays.shares) all.push_back(s.node);
    seen_.assign(t_.size(), seen{});
    for (node_id n : t_.reachable(all)) add(n);
    taken_.assign(g_.items.size(), false);
    for (const auto& one : arrays.outputs) g_.outputs.push_back(output_shape(one));
    g_.modes = find_modes(arrays);
    for (std::size_t o = 0; o < arrays.outputs.size(); ++o) {
      std::int64_t place = 0;
      for (node_id n : arrays.outputs[o]) {
        if (!is_left_out(n, o)) add_result(n, o, place);
        place += entries(t_.out(n));
      }
    }
    for (const output_share& s : arrays.shares) {
      if (is_left_out(s.node, s.output)) continue;
      if (!g_.modes[s.output].adds && is_own(s.node) && s.strides == row_major(shape(t_.out(s.node))))
        add_result(s.node, s.output, s.offset);
      else
        g_.shares.push_back({add_copy(s.node), static_cast<std::uint32_t>(s.output), s.offset, s.strides});
    }
    return std::move(g_);
  }

 private:
  // How a node is read: its places say where, in terms of the node's own axes.
  struct seen {
    argument as;
    bool is_item = false;
  };

  // One symbol of any shape, or the number of numbers side by side.
  std::vector<std::int64_t> shape_of(const std::vector<symbol_id>& one) const {
    if (one.size() == 1) return shape(t_.symbol(one[0]).axes);
    for (symbol_id s : one)
      if (!t_.symbol(s).axes.empty()) throw std::invalid_argument("symbols that share an input of a program must be numbers");
    return {static_cast<std::int64_t>(one.size())};
  }

  void take_inputs(const std::vector<std::vector<symbol_id>>& inputs) {
    input_of_.assign(t_.symbol_count(), {none, -1});
    for (const auto& one : inputs) {
      const auto which = static_cast<std::uint32_t>(g_.inputs.size());
      take_input(shape_of(one));
      for (std::size_t k = 0; k < one.size(); ++k)
        input_of_[one[k]] = {which, one.size() == 1 ? -1 : static_cast<std::int64_t>(k)};
    }
  }

  void take_input(std::vector<std::int64_t> shape) {
    g_.sources.push_back({static_cast<std::uint32_t>(g_.inputs.size()), 0, row_major(shape)});
    g_.inputs.push_back(std::move(shape));
  }

  static std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& shape) {
    std::vector<std::int64_t> strides(shape.size());
    std::int64_t stride = 1;
    for (std::size_t k = shape.size(); k-- > 0; stride *= shape[k]) strides[k] = stride;
    return strides;
  }

  void take_view(const input_view& v) {
    expect_inside(v.offset, v.strides, shape(t_.symbol(v.symbol).axes), g_.inputs.at(v.input));
    input_of_[v.symbol] = {static_cast<std::uint32_t>(g_.sources.size()), -1};
    g_.sources.push_back({static_cast<std::uint32_t>(v.input), v.offset, v.strides});
  }

  // --- outputs

  std::vector<std::int64_t> output_shape(const std::vector<node_id>& nodes) const {
    if (nodes.size() == 1) return shape(t_.out(nodes[0]));
    std::int64_t n = 0;
    for (node_id one : nodes) n += entries(t_.out(one));
    return {n};
  }

  // How often each entry of the outputs with shares is written.
  std::vector<graph::mode> find_modes(const program_arrays& arrays) const {
    std::vector<graph::mode> modes(arrays.outputs.size());
    for (const output_share& s : arrays.shares) modes.at(s.output).shared = true;
    std::vector<std::vector<std::uint8_t>> times(modes.size());
    const auto count = [&](std::size_t o, std::int64_t offset, std::span<const std::int64_t> part,
                           std::span<const std::int64_t> strides) {
      each_place(offset, part, strides, [&](std::int64_t at) {
        std::uint8_t& n = times[o][static_cast<std::size_t>(at)];
        modes[o].adds = modes[o].adds || n > 0;
        n = 1;
      });
    };
    for (std::size_t o = 0; o < modes.size(); ++o) {
      if (!modes[o].shared) continue;
      std::int64_t size = 1, place = 0;
      for (std::int64_t n : g_.outputs[o]) size *= n;
      times[o].resize(static_cast<std::size_t>(size));
      for (node_id n : arrays.outputs[o]) {
        const std::vector<std::int64_t> part{entries(t_.out(n))};
        if (!is_zero(seen_[n].as)) count(o, place, part, row_major(part));
        place += part[0];
      }
    }
    for (const output_share& s : arrays.shares) {
      const std::vector<std::int64_t> part = shape(t_.out(s.node));
      expect_inside(s.offset, s.strides, part, g_.outputs[s.output]);
      if (!is_zero(seen_[s.node].as)) count(s.output, s.offset, part, s.strides);
    }
    for (std::size_t o = 0; o < modes.size(); ++o) modes[o].fills = modes[o].adds || std::ranges::count(times[o], 0) > 0;
    return modes;
  }

  template <class F> static void each_place(std::int64_t offset, std::span<const std::int64_t> part,
                                            std::span<const std::int64_t> strides, const F& f) {
    if (part.empty()) return f(offset);
    for (std::int64_t k = 0; k < part[0]; ++k) each_place(offset + k * strides[0], part.subspan(1), strides.subspan(1), f);
  }

  bool is_left_out(node_id n, std::size_t output) const { return g_.modes[output].shared && is_zero(seen_[n].as); }
  // Whether a node's item may stand in an output itself.
  bool is_own(node_id n) const { return seen_[n].is_item && !taken_[seen_[n].as.which]; }
  void add_result(node_id n, std::size_t output, std::int64_t offset) {
    const bool own = is_own(n) && !g_.modes[output].adds;
    if (own) taken_[seen_[n].as.which] = true;
    g_.results.push_back({own ? seen_[n].as.which : add_copy(n), static_cast<std::uint32_t>(output), offset});
  }
  static bool is_zero(const argument& a) { return a.is == argument::kind::constant && a.value == 0; }

  // Throws where a part of an array would reach beyond it.
  static void expect_inside(std::int64_t offset, const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& part,
                            const std::vector<std::int64_t>& whole) {
    std::int64_t least = offset, most = offset, size = 1;
    for (std::int64_t s : whole) size *= s;
    bool fits = strides.size() == part.size();
    for (std::size_t k = 0; fits && k < part.size(); ++k) {
      if (part[k] == 0) return;
      (strides[k] < 0 ? least : most) += strides[k] * (part[k] - 1);
    }
    if (!fits || least < 0 || most >= size) throw std::invalid_argument("a part of an array of a program does not lie in it");
  }

  void take_constants(symbol_id s, std::size_t count) {
    input_of_[s] = {static_cast<std::uint32_t>(g_.inputs.size()), -1};
    take_input(shape(t_.symbol(s).axes));
    if (entries(t_.symbol(s).axes) != static_cast<std::int64_t>(count))
      throw std::invalid_argument("the constants of a program do not fit their symbol");
  }

  std::int64_t value(const affine& a) const { return a.dim == none ? a.offset : sizes_(a.dim) + a.offset; }
  std::int64_t low(range_id r) const { return value(t_.range_of(r).lo); }
  std::int64_t length(range_id r) const { return std::max<std::int64_t>(0, value(t_.range_of(r).hi) - low(r) + 1); }

  std::vector<std::int64_t> shape(std::span<const range_id> axes) const {
    std::vector<std::int64_t> s;
    std::int64_t entries = 1;
    for (range_id r : axes) {
      s.push_back(length(r));
      if (s.back() > 0 && entries > most_entries / s.back())
        throw error("V02", fmt::format("an array of more than {} numbers would be needed", most_entries));
      entries *= std::max<std::int64_t>(s.back(), 1);
    }
    return s;
  }

  std::int64_t entries(std::span<const range_id> axes) const {
    std::int64_t n = 1;
    for (std::int64_t length : shape(axes)) n *= length;
    return n;
  }

  void add(node_id n) {
    seen& s = seen_[n];
    switch (t_.op(n)) {
      case opcode::constant: s.as.value = t_.value(n).convert_to<double>(); return;
      case opcode::pi: s.as.value = std::numbers::pi; return;
      case opcode::dim_value: s.as.value = static_cast<double>(sizes_(t_.dim_of(n))); return;
      case opcode::symbol: return add_leaf(s, n, argument::kind::input);
      case opcode::index_value: return add_leaf(s, n, argument::kind::index);
      case opcode::delta: return add_leaf(s, n, argument::kind::delta);
      case opcode::unknown:
        throw error("V08", fmt::format("'{0}' is unknown: it has no value", t_.unknown_of(n).name),
                    "write the function out where numbers are wanted");
      default: break;
    }
    if (t_.op(n) == opcode::identity && t_.bound_count(n) == 0) {
      const argument read = read_by(n, t_.arg(n, 0));
      seen_[n].as = read;
      return;
    }
    add_item(n);
  }

  // A leaf seen from its own axes. What an index is worth is a user's business, so the least is added where it counts.
  void add_leaf(seen& s, node_id n, argument::kind kind) {
    s.as.is = kind;
    if (kind == argument::kind::input) {
      const auto [which, entry] = input_of_[t_.symbol_of(n)];
      s.as.which = which;
      if (which == none) {
        const std::string& name = t_.symbol(t_.symbol_of(n)).name;
        throw error("V01", fmt::format("'{}' has no value", name), fmt::format("make '{}' an input of the program", name));
      }
    }
    std::vector<place> at;
    if (kind == argument::kind::input && input_of_[t_.symbol_of(n)].second >= 0)
      at.push_back({place::nowhere, input_of_[t_.symbol_of(n)].second});
    for (std::size_t k = 0; k < t_.rank(n); ++k)
      at.push_back({static_cast<std::int32_t>(k), kind == argument::kind::input ? 0 : low(t_.out(n)[k])});
    put(s.as, at);
  }

  void put(argument& a, const std::vector<place>& at) {
    a.first = static_cast<std::uint32_t>(g_.places.size());
    a.count = static_cast<std::uint32_t>(at.size());
    g_.places.insert(g_.places.end(), at.begin(), at.end());
  }

  // What an edge of `reader` reads, in terms of the reader's axes.
  argument read_by(node_id reader, const edge_view& e) {
    argument a = seen_[e.node].as;
    if (a.count == 0) return a;
    std::vector<place> at;
    for (std::uint32_t k = 0; k < a.count; ++k) {
      place p = g_.places[a.first + k];
      if (p.axis != place::nowhere) {
        const label& l = e.labels[static_cast<std::size_t>(p.axis)];
        const std::int64_t least = low(t_.out(e.node)[static_cast<std::size_t>(p.axis)]);
        if (l.is_constant())
          p = {place::nowhere, p.shift + value(l.value()) - least};
        else
          p = {l.axis, p.shift + low(t_.axes(reader)[static_cast<std::size_t>(l.axis)]) + l.offset - least};
      }
      at.push_back(p);
    }
    put(a, at);
    return a;
  }

  void add_item(node_id n) {
    item x;
    x.op = t_.op(n);
    x.red = t_.red(n);
    x.rank = static_cast<std::uint8_t>(t_.rank(n));
    x.bound = static_cast<std::uint8_t>(t_.bound_count(n));
    x.node = n;
    if (x.op == opcode::select) x.compares = t_.comparison_of(n);
    if (x.op == opcode::power) x.table = add_power(t_.value(n));
    std::vector<argument> read;
    for (edge_view e : t_.args(n)) {
      seen& from = seen_[e.node];
      const bool array = from.as.is == argument::kind::item || from.as.is == argument::kind::input;
      if (is_matrix_function(x.op) && !array) from.as = as_whole(add_copy(e.node));
      read.push_back(read_by(n, e));
    }
    x.first_axis = static_cast<std::uint32_t>(g_.sizes.size());
    for (range_id r : t_.axes(n)) g_.sizes.push_back(length(r));
    if (x.op == opcode::mul && x.bound == 0) take_entry(x, read);
    if (x.op == opcode::mul && x.red == reduction::sum) {
      take_delta(x, read);
      if (x.bound > 0 && x.window < 0) make_two_factors(x, read);
    }
    entries(t_.out(n));  // throws where there are too many
    seen& s = seen_[n];
    x.arity = static_cast<std::uint32_t>(read.size());
    if (const std::optional<double> known = folded(x, read)) {
      s.as = {};
      s.as.value = *known;
      return;
    }
    s.is_item = true;
    s.as = as_whole(interned(x, read));
  }

  void append(item& x, const std::vector<argument>& read) {
    x.first_argument = static_cast<std::uint32_t>(g_.arguments.size());
    x.arity = static_cast<std::uint32_t>(read.size());
    g_.arguments.insert(g_.arguments.end(), read.begin(), read.end());
    g_.items.push_back(x);
  }

  // --- deltas

  // SUM over k of delta(k + a, i + b)*F[k] is F[i + b - a], where that is in the range of k, and else 0: for the entries i where
  // it is, as many as there are k.
  void take_delta(item& x, std::vector<argument>& read) {
    for (std::size_t which = 0; which < read.size(); ++which) {
      if (read[which].is != argument::kind::delta) continue;
      place p = g_.places_of(read[which])[0], q = g_.places_of(read[which])[1];
      if (p.axis < q.axis) std::swap(p, q);  // p of the bound axis
      if (q.axis < 0 || q.axis >= x.rank || p.axis < x.rank) continue;
      const auto i = static_cast<std::size_t>(q.axis), k = static_cast<std::size_t>(p.axis);
      const std::int64_t moved = p.shift - q.shift, extent = g_.size(x, i);  // i = k + moved
      const std::int64_t begin = std::max<std::int64_t>(0, -moved), end = std::min(g_.size(x, k), extent - moved);
      if (begin >= end) continue;
      read.erase(read.begin() + static_cast<std::ptrdiff_t>(which));
      for (argument& a : read) rename(a, p.axis, q.axis, begin, begin + moved);
      g_.sizes[x.first_axis + i] = end - begin;
      g_.sizes.erase(g_.sizes.begin() + static_cast<std::ptrdiff_t>(x.first_axis + k));
      if (--x.bound == 0) x.red = reduction::none;
      if (end - begin == extent) return take_delta(x, read);
      x.window = static_cast<std::int8_t>(i), x.extent = extent, x.begin = begin + moved;
      return;
    }
  }

  // delta(i + b, c)*F[i] is 0 except where i = c - b.
  void take_entry(item& x, std::vector<argument>& read) {
    const auto is_entry = [&](const argument& a) {
      if (a.is != argument::kind::delta) return false;
      const auto at = g_.places_of(a);
      return (at[0].axis == place::nowhere) != (at[1].axis == place::nowhere);
    };
    const auto found = std::ranges::find_if(read, is_entry);
    if (found == read.end()) return;
    place p = g_.places_of(*found)[0], q = g_.places_of(*found)[1];
    if (p.axis != place::nowhere) std::swap(p, q);
    const auto i = static_cast<std::size_t>(q.axis);
    const std::int64_t entry = p.shift - q.shift, extent = g_.size(x, i);
    if (entry < 0 || entry >= extent) return;
    read.erase(found);
    for (argument& a : read) {
      std::vector<place> at(g_.places_of(a).begin(), g_.places_of(a).end());
      for (place& moved : at)
        if (moved.axis == q.axis) moved.shift += entry;
      put(a, at);
    }
    g_.sizes[x.first_axis + i] = 1;
    x.window = static_cast<std::int8_t>(i), x.extent = extent, x.begin = entry;
  }

  // What reads the bound axis k reads the axis i instead, both from where the part of them begins.
  void rename(argument& a, std::int32_t k, std::int32_t i, std::int64_t begin_of_k, std::int64_t begin_of_i) {
    std::vector<place> at;
    for (place p : g_.places_of(a)) {
      if (p.axis == k || p.axis == i) p = {i, p.shift + (p.axis == k ? begin_of_k : begin_of_i)};
      if (p.axis > k) --p.axis;
      at.push_back(p);
    }
    put(a, at);
  }

  // --- contractions

  // The axes of x that an argument reads, each at one place; 0 if it is no such array.
  static std::uint64_t axes_of(const argument& a, std::span<const place> places) {
    if (a.is != argument::kind::item && a.is != argument::kind::input) return 0;
    std::uint64_t axes = 0;
    for (const place& p : places) {
      if (p.axis == place::nowhere || axes >> p.axis & 1) return 0;
      axes |= std::uint64_t{1} << p.axis;
    }
    return axes;
  }

  // SUM of A*B*c with c over axes of A becomes SUM of (A*c)*B, which is a contraction.
  void make_two_factors(const item& x, std::vector<argument>& read) {
    std::vector<argument> arrays, rest;
    std::vector<std::uint64_t> axes;
    for (const argument& a : read) {
      const std::uint64_t mine = axes_of(a, g_.places_of(a));
      if (a.is != argument::kind::constant && a.count > 0 && mine == 0) return;
      (mine == 0 ? rest : arrays).push_back(a);
      if (mine != 0) axes.push_back(mine);
    }
    const bool more = std::ranges::any_of(rest, [](const argument& a) { return a.is != argument::kind::constant; });
    if (arrays.size() < (more ? 2U : 3U)) return;
    const std::uint64_t all = (std::uint64_t{1} << g_.axes(x)) - 1;
    for (std::size_t i = 0; i < arrays.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        if ((axes[i] | axes[j]) != all || axes[i] == all || axes[j] == all) continue;
        std::vector<std::vector<argument>> sides{{arrays[i]}, {arrays[j]}};
        bool fits = true;
        for (std::size_t k = 0; k < arrays.size(); ++k) {
          if (k == i || k == j) continue;
          fits = fits && ((axes[k] & ~axes[i]) == 0 || (axes[k] & ~axes[j]) == 0);
          sides[(axes[k] & ~axes[i]) == 0 ? 0 : 1].push_back(arrays[k]);
        }
        if (!fits) continue;
        sides[0].insert(sides[0].end(), rest.begin(), rest.end());
        read = {factor(x, axes[i], sides[0]), factor(x, axes[j], sides[1])};
        return;
      }
  }

  // The product of some factors as an item over some axes of x.
  argument factor(const item& x, std::uint64_t axes, std::vector<argument> factors) {
    if (factors.size() == 1) return factors[0];
    item y;
    y.op = opcode::mul;
    y.node = x.node;
    y.first_axis = static_cast<std::uint32_t>(g_.sizes.size());
    std::vector<std::int32_t> mine(g_.axes(x), place::nowhere);
    std::vector<place> at;
    for (std::size_t k = 0; k < g_.axes(x); ++k) {
      if (!(axes >> k & 1)) continue;
      mine[k] = y.rank++;
      at.push_back({static_cast<std::int32_t>(k), 0});
      g_.sizes.push_back(g_.size(x, k));
    }
    for (argument& a : factors) {
      std::vector<place> moved;
      for (const place& p : g_.places_of(a)) moved.push_back({mine[static_cast<std::size_t>(p.axis)], p.shift});
      put(a, moved);
    }
    y.arity = static_cast<std::uint32_t>(factors.size());
    argument whole = as_whole(interned(y, factors));
    put(whole, at);
    return whole;
  }

  // --- equal items are one

  auto key(const argument& a) const { return std::tuple(a.is, a.which, std::bit_cast<std::uint64_t>(a.value), a.count); }
  bool before(const argument& a, const argument& b) const {
    if (key(a) != key(b)) return key(a) < key(b);
    const auto p = g_.places_of(a), q = g_.places_of(b);
    return std::ranges::lexicographical_compare(p, q);
  }
  bool same(const argument& a, const argument& b) const {
    return key(a) == key(b) && std::ranges::equal(g_.places_of(a), g_.places_of(b));
  }
  bool same(const item& x, const item& y) const {
    if (std::tuple(x.op, x.red, x.compares, x.rank, x.bound, x.table, x.arity, x.window, x.extent, x.begin) !=
        std::tuple(y.op, y.red, y.compares, y.rank, y.bound, y.table, y.arity, y.window, y.extent, y.begin))
      return false;
    for (std::size_t k = 0; k < g_.axes(x); ++k)
      if (g_.size(x, k) != g_.size(y, k)) return false;
    for (std::size_t k = 0; k < x.arity; ++k)
      if (!same(g_.arguments_of(x)[k], g_.arguments_of(y)[k])) return false;
    return true;
  }
  std::uint64_t hash_of(const item& x) const {
    std::uint64_t h = mixed(static_cast<std::uint64_t>(x.op), std::uint64_t{x.table} << 8 | x.arity);
    for (const argument& a : g_.arguments_of(x)) {
      h = mixed(mixed(h, std::uint64_t{a.which} << 8 | static_cast<std::uint64_t>(a.is)), std::bit_cast<std::uint64_t>(a.value));
      for (const place& p : g_.places_of(a))
        h = mixed(h, static_cast<std::uint64_t>(p.shift) << 8 ^ static_cast<std::uint64_t>(p.axis));
    }
    return h;
  }

  // The number of the item; the same as an earlier one's if that is equal, and then it is taken back.
  std::uint32_t interned(item& x, std::vector<argument>& read) {
    if (x.op == opcode::add || x.op == opcode::mul)
      std::ranges::stable_sort(read, [&](const argument& a, const argument& b) { return before(a, b); });
    const std::size_t sizes = x.first_axis, arguments = g_.arguments.size();
    append(x, read);
    const auto next = static_cast<std::uint32_t>(g_.items.size() - 1);
    const std::uint32_t found = intern(
        table_, hash_of(x), next, [&](std::uint32_t i) { return same(g_.items[i], x); },
        [&](std::uint32_t i) { return hash_of(g_.items[i]); });
    if (found != next) {
      g_.items.pop_back();
      g_.arguments.resize(arguments);
      if (sizes + g_.axes(x) == g_.sizes.size()) g_.sizes.resize(sizes);  // else other items stand behind it
    }
    return found;
  }

  // The value of all entries of an item of constants, which needs no item.
  std::optional<double> folded(const item& x, const std::vector<argument>& read) const {
    if (x.bound > 0 || x.window >= 0 || x.arity == 0 || is_matrix_function(x.op)) return std::nullopt;
    std::vector<double> v;
    for (const argument& a : read) {
      if (a.is != argument::kind::constant) return std::nullopt;
      v.push_back(a.value);
    }
    switch (x.op) {
      case opcode::add: return std::accumulate(v.begin(), v.end(), 0.0);
      case opcode::mul: return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>());
      case opcode::power: return arithmetic<double>::power(t_.value(x.node))(v[0]);
      case opcode::select: return arithmetic<double>::choose(x.compares, v[0], v[1], v[2], v[3]);
      default: break;
    }
    const op_info* f = find_function(x.op);
    return f == nullptr ? std::nullopt : std::optional(f->value(v.data()));
  }

  argument as_whole(std::uint32_t which) {
    argument a;
    a.is = argument::kind::item;
    a.which = which;
    std::vector<place> at;
    for (std::int32_t k = 0; k < g_.items[which].rank; ++k) at.push_back({k, 0});
    put(a, at);
    return a;
  }

  std::uint32_t add_copy(node_id n) {
    item x;
    x.node = n;
    x.rank = static_cast<std::uint8_t>(t_.rank(n));
    x.first_axis = static_cast<std::uint32_t>(g_.sizes.size());
    for (std::int64_t size : shape(t_.out(n))) g_.sizes.push_back(size);
    append(x, {seen_[n].as});
    return static_cast<std::uint32_t>(g_.items.size() - 1);
  }

  std::uint32_t add_power(const rational& q) {
    const double p = q.convert_to<double>();
    const auto found = std::ranges::find_if(g_.powers, [&](const rational_power& known) { return known.p == p; });
    if (found != g_.powers.end()) return static_cast<std::uint32_t>(found - g_.powers.begin());
    const bool whole = is_integer(q);
    g_.powers.push_back({p, whole, whole && !is_even_integer(q)});
    return static_cast<std::uint32_t>(g_.powers.size() - 1);
  }

  const tape& t_;
  const std::function<std::int64_t(dim_id)>& sizes_;
  std::vector<std::pair<std::uint32_t, std::int64_t>> input_of_;  // by symbol: the source, the place there if others share it
  std::vector<seen> seen_;
  std::vector<bool> taken_;           // by item: it is a result
  std::vector<std::uint32_t> table_;  // of items, by hash
  graph g_;
};

}  // namespace

graph make_graph(const tape& t, const program_arrays& arrays, const std::function<std::int64_t(dim_id)>& sizes) {
  return graph_maker(t, sizes).make(arrays);
}

}  // namespace wengert::lowered
