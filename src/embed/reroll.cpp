#include "reroll.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "../numeric/interning.hpp"

namespace wengert {

namespace {

using lowered::intern;
using lowered::mixed;

constexpr std::size_t fewest = 8;             // numbers that are worth an array
constexpr int deepest = 200;                  // levels of operations in one of them
constexpr std::size_t most_axes = 4;          // of what is added up
constexpr std::size_t most_written_out = 16;  // terms of a number in an array
constexpr std::uint32_t most_visits = 3;      // by each user
constexpr std::size_t terms_a_try = 32;       // of those that look for runs among terms, beyond the first few
constexpr std::size_t growth = 32;            // of the number of terms that are looked at

bool is_associative(opcode op) { return op == opcode::add || op == opcode::mul || op == opcode::max || op == opcode::min; }

reduction reduction_of(opcode op) {
  switch (op) {
    case opcode::mul: return reduction::prod;
    case opcode::max: return reduction::max;
    case opcode::min: return reduction::min;
    default: return reduction::sum;
  }
}

class reroller {
 public:
  reroller(const tape& t, const std::vector<symbol_id>& inputs, const std::vector<node_id>& outputs)
      : t_(t), outputs_(outputs), nodes_(t.reachable(outputs)) {
    place_.assign(t.symbol_count(), none);
    for (std::size_t k = 0; k < inputs.size(); ++k) place_[inputs[k]] = static_cast<std::uint32_t>(k);
    count_ = inputs.size();
  }

  std::optional<rerolled> run() {
    if (!describe()) return std::nullopt;
    plan();
    if (!found_) return std::nullopt;
    build();
    return std::move(made_);
  }

 private:
  using extents = std::vector<std::size_t>;
  // A family as its reader has it: which of the reader's axes each axis of the family is. Or one number, or nothing.
  struct reference {
    std::uint32_t family = none;
    node_id number = none;
    std::vector<std::size_t> axes{};
    explicit operator bool() const { return family != none || number != none; }
  };
  // An argument of an operation; or what is added up (or multiplied, ...) over more axes, which are so long.
  struct part {
    reference of;
    extents over{};
  };
  // Numbers that are computed alike, along a few axes, the last one fastest: inputs at places that are linear in the indices,
  // constants, or operations on families that may lack some of the axes; a chain joins any number of them.
  struct family {
    enum class kind : std::uint8_t { inputs, constants, operation, chain } is = kind::chain;
    std::vector<node_id> members;
    extents dims;
    opcode op = opcode::identity;
    std::vector<part> parts{};
    std::vector<double> values{};
    std::int64_t first = 0;  // input
    std::vector<std::int64_t> strides{};
    std::uint64_t hash = 0;
    bool failed = false, used = false;  // it is none; it is built
    std::size_t broken = 0;             // then, where along an axis inputs stand elsewhere than before
  };

  // Of what an associative operation joins: how many, how many that count for its shape, and their shapes in any order.
  struct chain_shape {
    std::uint32_t terms = 0, shaped = 0;
    std::uint64_t last = 0, hash = 0;
  };

  // --- what the graph looks like

  // By node: users, and a hash of the operations above inputs and constants. False where there are arrays already.
  bool describe() {
    uses_.assign(t_.size(), 0);
    shape_.assign(t_.size(), 0);
    visits_.assign(t_.size(), 0);
    joined_.assign(t_.size(), {});
    same_user_.assign(t_.size(), false);
    for (node_id n : outputs_) uses_[n] += 2;
    for (node_id n : nodes_) {
      if (t_.rank(n) + t_.bound_count(n) > 0) return false;
      const opcode op = t_.op(n);
      for (edge_view e : t_.args(n)) {
        ++uses_[e.node];
        same_user_[e.node] = is_associative(op) && t_.op(e.node) == op;
      }
    }
    for (node_id n : nodes_) shape_[n] = is_associative(t_.op(n)) ? shape_of_chain(n) : shape_of_operation(n);
    return true;
  }

  std::uint64_t shape_of_operation(node_id n) const {
    std::uint64_t h = mixed(static_cast<std::uint64_t>(t_.op(n)), has_attribute(n) ? t_.attribute(n) + 1 : 0);
    for (edge_view e : t_.args(n)) h = mixed(h, shape_[e.node]);
    return h;
  }
  // Whatever the order. A number is like its multiples.
  std::uint64_t shape_of_chain(node_id n) {
    chain_shape& mine = joined_[n];
    for (edge_view e : t_.args(n)) {
      const bool factor = t_.op(n) == opcode::mul && t_.op(e.node) == opcode::constant;
      const chain_shape one{1, factor ? 0U : 1U, factor ? 0 : shape_[e.node], factor ? 0 : mixed(1, shape_[e.node])};
      const chain_shape& more = is_inner(e.node) ? joined_[e.node] : one;
      mine = {mine.terms + more.terms, mine.shaped + more.shaped, mine.last + more.last, mine.hash + more.hash};
    }
    return t_.op(n) == opcode::mul && mine.shaped == 1 ? mine.last : mixed(static_cast<std::uint64_t>(t_.op(n)), mine.hash);
  }

  bool has_attribute(node_id n) const { return t_.op(n) == opcode::power || t_.op(n) == opcode::select; }
  bool is_inner(node_id n) const { return uses_[n] == 1 && same_user_[n]; }

  // What a node joins, through nodes that serve nothing else; what has the same shape side by side.
  std::vector<node_id> terms_of(node_id n) const {
    std::vector<node_id> open{n}, terms;
    while (!open.empty()) {
      const node_id m = open.back();
      open.pop_back();
      if (m != n && !is_inner(m)) {
        terms.push_back(m);
        continue;
      }
      for (edge_view e : t_.args(m)) open.push_back(e.node);
    }
    std::ranges::reverse(terms);
    std::ranges::stable_sort(terms, {}, [&](node_id m) { return shape_[m]; });
    return terms;
  }

  // The places from `begin` on where terms have the same shape end here.
  std::size_t end_of_alike(const std::vector<node_id>& terms, std::size_t begin) const {
    std::size_t end = begin;
    while (end < terms.size() && shape_[terms[end]] == shape_[terms[begin]]) ++end;
    return end;
  }

  // --- what is computed how

  void plan() {
    needed_.assign(t_.size(), false);
    chains_.assign(t_.size(), none);
    entries_.assign(t_.size(), {none, 0});
    for (node_id n : outputs_) needed_[n] = true;
    if (outputs_.size() >= fewest) {
      const reference all = find(outputs_, {outputs_.size()}, 0);
      if (all.family != none && is_computed(all.family)) use(outputs_family_ = all.family);
    }
    for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) {
      const node_id n = *it;
      if (!needed_[n] || entries_[n].first != none || (!is_inner(n) && plan_chain(n))) continue;
      for (edge_view e : t_.args(n)) needed_[e.node] = true;
    }
  }

  // Whether some of what the node joins is an array.
  bool plan_chain(node_id n) {
    if (joined_[n].terms < fewest) return false;
    family chain{family::kind::chain, {}, {}, t_.op(n)};
    chain.hash = mixed(1, n);
    bool found = false;
    const std::vector<node_id> terms = terms_of(n);
    for (std::size_t k = 0, end = 0; k < terms.size(); k = end) {
      end = end_of_alike(terms, k);
      found =
          add_shape(chain, {terms.begin() + static_cast<std::ptrdiff_t>(k), terms.begin() + static_cast<std::ptrdiff_t>(end)}) ||
          found;
    }
    if (!found) return false;
    all_.push_back(std::move(chain));
    use(chains_[n] = static_cast<std::uint32_t>(all_.size() - 1));
    return true;
  }

  // How a term is multiplied: by nothing, a constant or -1.
  enum class sign : std::uint8_t { plain, scaled, negative };
  sign sign_of(node_id n) const {
    if (t_.op(n) != opcode::mul || joined_[n].terms == joined_[n].shaped) return sign::plain;
    for (edge_view e : t_.args(n))
      if (t_.is_constant(e.node, -1)) return sign::negative;
    return sign::scaled;
  }

  // Terms of one shape: all together, or if they are not alike, those of each sign. Whether there is an array of them.
  bool add_shape(family& chain, const std::vector<node_id>& terms) {
    const auto has = [&](sign s) { return [this, s](node_id n) { return sign_of(n) == s; }; };
    if (terms.size() < fewest || std::ranges::all_of(terms, has(sign_of(terms[0])))) return add_arrays(chain, terms);
    if (part all = find_joined(terms, {}, terms.size(), 0); all.of) {
      chain.parts.push_back(std::move(all));
      return true;
    }
    bool found = false;
    for (sign s : {sign::plain, sign::scaled, sign::negative}) {
      std::vector<node_id> some;
      std::ranges::copy_if(terms, std::back_inserter(some), has(s));
      found = add_arrays(chain, some) || found;
    }
    return found;
  }

  // Of terms of one shape, those that are alike, run by run, and the others one by one. Whether there was a run. Not many more
  // terms are looked at than are alike.
  bool add_arrays(family& chain, const std::vector<node_id>& terms) {
    bool found = false;
    const auto some = [&](std::size_t begin, std::size_t count) {
      const auto from = terms.begin() + static_cast<std::ptrdiff_t>(begin);
      return std::vector<node_id>(from, from + static_cast<std::ptrdiff_t>(count));
    };
    std::size_t k = 0;
    for (std::size_t tries = 0; terms.size() - k >= fewest && tries < 4 + terms.size() / terms_a_try; ++tries) {
      const std::size_t rest = terms.size() - k;
      part all;
      std::size_t taken = 0;
      for (std::size_t count = fewest;; count = std::min(rest, count * growth)) {
        all = find_joined(some(k, count), {}, count, 0);
        taken = all.of ? count : std::min(broken_, count);
        if (!all.of || count == rest) break;
      }
      if (!all.of && tries < 4 && taken > 1 && rest % taken == 0) {
        all = find_joined(some(k, rest), {}, rest, 0);
        if (all.of) taken = rest;
      }
      if (!all.of && taken >= fewest) all = find_joined(some(k, taken), {}, taken, 0);
      if (taken == 0) break;
      if (all.of) {
        found = true;
        chain.parts.push_back(std::move(all));
      } else {
        taken = std::max<std::size_t>(1, taken - 1);  // the last may begin the next run
        add_numbers(chain, some(k, taken));
      }
      k += taken;
    }
    add_numbers(chain, some(k, terms.size() - k));
    return found;
  }
  void add_numbers(family& chain, const std::vector<node_id>& terms) {
    for (node_id m : terms) chain.parts.push_back({{none, m}});
  }

  // `count` terms of each member, along one more axis; or along two, if inputs stand elsewhere after every few of them.
  part find_joined(const std::vector<node_id>& group, extents dims, std::size_t count, int depth) {
    broken_ = 0;
    dims.push_back(count);
    part r{find(group, dims, depth), {count}};
    const std::size_t inner = broken_;
    if (r.of || inner < 2 || inner >= count || count % inner != 0 || dims.size() >= most_axes) return r;
    dims.back() = count / inner;
    dims.push_back(inner);
    part two{find(group, dims, depth), {count / inner, inner}};
    broken_ = inner;
    return two.of ? std::move(two) : std::move(r);
  }

  bool is_computed(std::uint32_t f) const { return all_[f].is == family::kind::operation || all_[f].is == family::kind::chain; }

  // Members of a family that is computed need not be computed again; but one that is its only term, times 1, is computed there.
  void use(std::uint32_t f) {
    family& x = all_[f];
    if (std::exchange(x.used, true)) return;
    found_ = true;
    if (is_computed(f))
      for (std::size_t k = 0; k < x.members.size(); ++k)
        if (t_.op(x.members[k]) == x.op && entries_[x.members[k]].first == none) entries_[x.members[k]] = {f, k};
    for (const part& p : x.parts) {
      if (p.of.family != none) use(p.of.family);
      if (p.of.number != none) needed_[p.of.number] = true;
    }
  }

  // The family of a group, once; without the axes along which nothing changes.
  reference find(std::vector<node_id> group, extents dims, int depth) {
    reference r{none, none, drop_axes(group, dims)};
    if (dims.empty()) {
      r.number = group[0];
      return r;
    }
    bool fresh = false;
    family& f = known({family::kind::chain, std::move(group), std::move(dims)}, fresh);
    if (fresh) {
      const std::uint32_t which = found_family_;
      broken_ = 0;
      f.failed = depth > deepest || !may_visit(f.members) || !make(f, depth);
      f.broken = f.failed ? broken_ : 0;
      found_family_ = which;
    }
    broken_ = f.broken;
    if (!f.failed) r.family = found_family_;
    return r;
  }

  // The family that has the members or the values of this one.
  family& known(family f, bool& fresh) {
    f.hash = f.values.size();
    for (std::size_t n : f.dims) f.hash = mixed(f.hash, n);
    for (node_id n : f.members) f.hash = mixed(f.hash, n);
    for (double v : f.values) f.hash = mixed(f.hash, std::bit_cast<std::uint64_t>(v));
    const auto next = static_cast<std::uint32_t>(all_.size());
    found_family_ = intern(
        known_, f.hash, next,
        [&](std::uint32_t k) { return all_[k].members == f.members && all_[k].dims == f.dims && all_[k].values == f.values; },
        [&](std::uint32_t k) { return all_[k].hash; });
    fresh = found_family_ == next;
    if (fresh) all_.push_back(std::move(f));
    return all_[found_family_];
  }

  // Which axes are left.
  template <class T> static std::vector<std::size_t> drop_axes(std::vector<T>& group, extents& dims) {
    std::vector<std::size_t> axes(dims.size());
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    for (std::size_t a = dims.size(); a-- > 0;) {
      if (!drop_axis(group, dims, a)) continue;
      dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(a));
      axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(a));
    }
    return axes;
  }

  // If a group is the same all along an axis, it is only seen at the first index.
  template <class T> static bool drop_axis(std::vector<T>& group, const extents& dims, std::size_t axis) {
    std::size_t inner = 1;
    for (std::size_t a = axis + 1; a < dims.size(); ++a) inner *= dims[a];
    const std::size_t length = dims[axis], block = length * inner;
    for (std::size_t o = 0; o < group.size(); o += block)
      for (std::size_t k = inner; k < block; ++k)
        if (group[o + k] != group[o + k % inner]) return false;
    std::size_t kept = 0;
    for (std::size_t o = 0; o < group.size(); o += block)
      for (std::size_t k = 0; k < inner; ++k) group[kept++] = group[o + k];
    group.resize(kept);
    return true;
  }

  // A number is looked at in few groups for each of its users, so that the search is linear even where it finds nothing.
  bool may_visit(const std::vector<node_id>& group) {
    return std::ranges::all_of(group, [&](node_id n) { return t_.arity(n) == 0 || visits_[n]++ < most_visits * (1 + uses_[n]); });
  }

  bool make(family& f, int depth) {
    const node_id first = f.members.front();
    const auto has_op = [&](opcode op) { return [this, op](node_id n) { return t_.op(n) == op; }; };
    if (std::ranges::any_of(f.members, has_op(opcode::mul))) return make_chain(f, opcode::mul, depth);
    const opcode op = f.op = t_.op(first);
    if (!std::ranges::all_of(f.members, has_op(op))) return false;
    if (op == opcode::symbol) return make_inputs(f);
    if (is_associative(op)) return make_chain(f, op, depth);
    if (op == opcode::constant) {
      f.is = family::kind::constants;
      return true;
    }
    f.is = family::kind::operation;
    std::vector<std::vector<node_id>> arguments(t_.arity(first));
    for (node_id n : f.members) {
      if (t_.arity(n) != arguments.size() || (has_attribute(n) && t_.attribute(n) != t_.attribute(first))) return false;
      std::size_t k = 0;
      for (edge_view e : t_.args(n)) arguments[k++].push_back(e.node);
    }
    for (auto& one : arguments) {
      if (!add_part(f, {find(std::move(one), f.dims, depth + 1)})) return false;
    }
    return true;
  }

  bool make_inputs(family& f) {
    f.is = family::kind::inputs;
    const auto at = [&](std::size_t k) { return std::int64_t{place_[t_.symbol_of(f.members[k])]}; };
    f.first = at(0);
    f.strides.resize(f.dims.size());
    std::size_t step = 1;
    for (std::size_t a = f.dims.size(); a-- > 0; step *= f.dims[a]) f.strides[a] = at(step) - f.first;
    std::vector<std::size_t> index(f.dims.size(), 0);
    std::int64_t expected = f.first;
    for (std::size_t k = 0; k < f.members.size(); ++k) {
      if (place_[t_.symbol_of(f.members[k])] == none || at(k) != expected) {
        for (std::size_t a = f.dims.size(); a-- > 0;) broken_ = index[a] > 0 ? index[a] : broken_;
        return false;
      }
      for (std::size_t a = f.dims.size(); a-- > 0;) {
        expected += f.strides[a];
        if (++index[a] < f.dims[a]) break;
        expected -= f.strides[a] * static_cast<std::int64_t>(f.dims[a]);
        index[a] = 0;
      }
    }
    return true;
  }

  // Every member joins as many terms of each shape, and is multiplied by a constant if any is. Many of a shape are more axes.
  bool make_chain(family& f, opcode op, int depth) {
    f.is = family::kind::chain;
    f.op = op;
    std::vector<node_id> like, all;             // of the first member, of each
    std::vector<std::vector<node_id>> factors;  // constants
    for (node_id n : f.members) {
      std::vector<node_id> terms = t_.op(n) == op ? terms_of(n) : std::vector{n};
      factors.emplace_back();
      if (op == opcode::mul)
        std::erase_if(terms, [&](node_id m) {
          if (t_.op(m) == opcode::constant) factors.back().push_back(m);
          return t_.op(m) == opcode::constant;
        });
      if (factors.size() == 1) like = terms;
      if (terms.size() != like.size()) return false;
      for (std::size_t k = 0; k < like.size(); ++k)
        if (shape_[terms[k]] != shape_[like[k]]) return false;
      all.insert(all.end(), terms.begin(), terms.end());
    }
    add_factors(f, factors);
    for (std::size_t k = 0, end = 0; k < like.size(); k = end) {
      end = end_of_alike(like, k);
      std::vector<std::size_t> places(end - k);
      std::iota(places.begin(), places.end(), k);
      if (!add_places(f, like, all, places, depth)) return false;
    }
    return true;
  }

  // The terms of one shape, which stand in the same places of each member: all together, or those of each sign.
  bool add_places(family& f, const std::vector<node_id>& like, const std::vector<node_id>& all,
                  const std::vector<std::size_t>& places, int depth) {
    const auto group = [&](std::span<const std::size_t> which) {
      std::vector<node_id> r;
      for (std::size_t m = 0; m < all.size(); m += like.size())
        for (std::size_t k : which) r.push_back(all[m + k]);
      return r;
    };
    if (places.size() >= fewest && f.dims.size() < most_axes) {
      if (part joined = find_joined(group(places), f.dims, places.size(), depth + 1); joined.of)
        return add_part(f, std::move(joined));
      bool done = true;
      for (sign s : {sign::plain, sign::scaled, sign::negative}) {
        std::vector<std::size_t> some;
        std::ranges::copy_if(places, std::back_inserter(some), [&](std::size_t k) { return sign_of(like[k]) == s; });
        done = done && some.size() < places.size() && (some.empty() || add_places(f, like, all, some, depth));
      }
      return done;
    }
    return places.size() <= most_written_out && std::ranges::all_of(places, [&](const std::size_t& k) {
             return add_part(f, {find(group({&k, 1}), f.dims, depth + 1)});
           });
  }

  // The constants that the members of a product are multiplied by, if any is.
  void add_factors(family& f, const std::vector<std::vector<node_id>>& factors) {
    if (std::ranges::all_of(factors, [](const auto& one) { return one.empty(); })) return;
    if (factors[0].size() == 1 && std::ranges::all_of(factors, [&](const auto& one) { return one == factors[0]; }))
      return f.parts.push_back({{none, factors[0][0]}});
    family made{family::kind::constants, {}, f.dims, opcode::constant};
    for (const auto& one : factors) {
      double product = 1;
      for (node_id n : one) product *= t_.value(n).convert_to<double>();
      made.values.push_back(product);
    }
    part p;
    p.of.axes = drop_axes(made.values, made.dims);
    bool fresh = false;
    known(std::move(made), fresh);
    p.of.family = found_family_;
    f.parts.push_back(std::move(p));
  }

  static bool add_part(family& f, part p) {
    f.parts.push_back(std::move(p));
    return static_cast<bool>(f.parts.back().of);
  }

  // --- the graph on another tape

  void build() {
    made_.on = std::make_unique<tape>();
    tape& t = *made_.on;
    inputs_ = t.symbol("x", ranges({count_}));
    made_.inputs = t.symbol_of(inputs_);
    built_.resize(t_.size());
    arrays_.resize(all_.size());
    for (node_id n : nodes_)
      if (needed_[n]) built_[n] = build_number(n);
    if (outputs_family_ != none)
      made_.outputs = {t.identity(ranges(all_[outputs_family_].dims), build_array(outputs_family_))};
    else
      for (node_id n : outputs_) made_.outputs.push_back(t.identity({}, built_[n]));
  }

  std::vector<range_id> ranges(const extents& dims) {
    std::vector<range_id> r;
    for (std::size_t n : dims) r.push_back(made_.on->range_to({none, static_cast<std::int64_t>(n)}));
    return r;
  }
  static label entry(std::size_t index) { return label::of_integer(static_cast<std::int32_t>(index + 1)); }

  edge build_number(node_id n) {
    tape& t = *made_.on;
    if (t_.op(n) == opcode::symbol) return {inputs_, {entry(place_[t_.symbol_of(n)])}};
    if (t_.op(n) == opcode::constant) return {t.constant(t_.value(n)), {}};
    if (t_.op(n) == opcode::pi) return {t.pi(), {}};
    if (entries_[n].first != none) return build_entry(entries_[n].first, entries_[n].second);
    if (chains_[n] != none) return build_array(chains_[n]);
    std::vector<edge> arguments;
    for (edge_view e : t_.args(n)) arguments.push_back(built_[e.node]);
    return {operation(n, {}, arguments), {}};
  }

  edge build_entry(std::uint32_t f, std::size_t index) {
    edge e = build_array(f);
    std::vector<label> at;
    for (std::size_t a = all_[f].dims.size(); a-- > 0; index /= all_[f].dims[a]) at.push_back(entry(index % all_[f].dims[a]));
    for (label& l : e.labels) {
      if (l.is_constant()) continue;
      const std::int32_t offset = l.offset;
      l = at[at.size() - 1 - static_cast<std::size_t>(l.axis)];
      l.offset += offset;
    }
    return e;
  }

  node_id operation(node_id like, const std::vector<range_id>& axes, const std::vector<edge>& arguments) {
    tape& t = *made_.on;
    switch (t_.op(like)) {
      case opcode::power: return t.power(axes, arguments[0], t_.value(like));
      case opcode::select: return t.select(axes, t_.comparison_of(like), arguments[0], arguments[1], arguments[2], arguments[3]);
      default: return t.make(t_.op(like), axes, {}, reduction::none, arguments);
    }
  }

  // A family on its own axes, once.
  edge build_array(std::uint32_t f) {
    if (arrays_[f].node != none) return arrays_[f];
    const family& x = all_[f];
    edge r;
    switch (x.is) {
      case family::kind::inputs: r = build_inputs(x); break;
      case family::kind::constants:
        r = made_.on->whole(x.dims.empty() ? made_.on->constant(rational(x.values[0])) : constants(x));
        break;
      case family::kind::chain: r = build_chain(x); break;
      case family::kind::operation: {
        std::vector<edge> arguments;
        for (const part& p : x.parts) arguments.push_back(seen(p.of));
        r = made_.on->whole(operation(x.members[0], ranges(x.dims), arguments));
      }
    }
    return arrays_[f] = r;
  }

  // A family in terms of its reader's axes.
  edge seen(const reference& r) { return r.number != none ? built_[r.number] : moved(build_array(r.family), r.axes); }
  static edge moved(edge e, const std::vector<std::size_t>& axes) {
    for (label& l : e.labels)
      if (!l.is_constant()) l.axis = static_cast<std::int16_t>(axes[static_cast<std::size_t>(l.axis)]);
    return e;
  }

  // Neighbours are read where they stand, others through a view.
  edge build_inputs(const family& x) {
    if (x.dims.size() == 1 && x.strides[0] == 1) return {inputs_, {label::of_axis(0, static_cast<std::int32_t>(x.first))}};
    tape& t = *made_.on;
    const node_id n = t.symbol(words_of_view(x), ranges(x.dims));
    made_.views.push_back({t.symbol_of(n), 0, x.first, x.strides});
    return t.whole(n);
  }

  // x[2*i-2, i=1..12]: places count from 0, as in the function, and entries of arrays from 1, as everywhere.
  static std::string words_of_view(const family& x) {
    std::string place, all;
    std::int64_t first = x.first;
    for (std::size_t a = 0; a < x.dims.size(); ++a) {
      const char letter = static_cast<char>('i' + a);
      const std::int64_t stride = x.strides[a];
      if (stride == 1 || stride == -1)
        place += fmt::format("{}{}", stride < 0 ? "-" : place.empty() ? "" : "+", letter);
      else
        place += fmt::format("{}{}*{}", stride > 0 && !place.empty() ? "+" : "", stride, letter);
      all += fmt::format(", {}=1..{}", letter, x.dims[a]);
      first -= stride;
    }
    return fmt::format("x[{}{}{}]", place, first == 0 ? "" : fmt::format("{:+}", first), all);
  }

  node_id constants(const family& x) {
    tape& t = *made_.on;
    const node_id n = t.symbol(fmt::format("constants[{}]", made_.constants.size()), ranges(x.dims));
    std::vector<double> values = x.values;
    for (node_id m : x.members) values.push_back(t_.value(m).convert_to<double>());
    made_.constants.emplace_back(t.symbol_of(n), std::move(values));
    return n;
  }

  edge build_chain(const family& x) {
    tape& t = *made_.on;
    const opcode op = x.op;
    const std::vector<range_id> out = ranges(x.dims);
    std::vector<edge> parts;
    for (const part& p : x.parts) parts.push_back(p.over.empty() ? seen(p.of) : build_reduction(op, out, p));
    if (parts.size() == 1) return parts[0];
    if (op == opcode::add || op == opcode::mul) return t.whole(t.make(op, out, {}, reduction::none, parts));
    edge r = parts[0];
    for (std::size_t k = 1; k < parts.size(); ++k) r = t.whole(t.apply(op, out, std::array{r, parts[k]}));
    return r;
  }

  // A sum of products is one node.
  edge build_reduction(opcode op, const std::vector<range_id>& out, const part& p) {
    tape& t = *made_.on;
    const std::vector<range_id> bound = ranges(p.over);
    if (p.of.number != none) return t.whole(t.identity(out, built_[p.of.number], bound, reduction_of(op)));
    const family& of = all_[p.of.family];
    const bool product = op == opcode::add && of.is == family::kind::chain && of.op == opcode::mul &&
                         std::ranges::all_of(of.parts, [](const part& factor) { return factor.over.empty(); });
    if (!product) return t.whole(t.identity(out, seen(p.of), bound, reduction_of(op)));
    std::vector<edge> factors;
    for (const part& factor : of.parts) factors.push_back(moved(seen(factor.of), p.of.axes));
    return t.whole(t.mul(out, factors, bound));
  }

  const tape& t_;
  const std::vector<node_id>& outputs_;
  std::vector<node_id> nodes_;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> place_;          // by symbol, among the inputs
  std::vector<std::uint32_t> uses_, visits_;  // by node
  std::vector<chain_shape> joined_;           // by node
  std::vector<std::uint64_t> shape_;
  std::vector<bool> same_user_, needed_;
  std::vector<std::uint32_t> chains_;  // by node: the family that it is alone in, if some of that are arrays
  std::vector<std::pair<std::uint32_t, std::size_t>> entries_;  // by node: a family that has it, and where
  std::deque<family> all_;
  std::vector<std::uint32_t> known_;  // families, by hash
  std::uint32_t found_family_ = none;
  std::size_t broken_ = 0;  // of the family that was looked for last
  std::uint32_t outputs_family_ = none;
  bool found_ = false;
  rerolled made_;
  node_id inputs_ = none;
  std::vector<edge> built_;   // by node of the recording
  std::vector<edge> arrays_;  // by family
};

}  // namespace

std::optional<rerolled> reroll(const tape& t, const std::vector<symbol_id>& inputs, const std::vector<node_id>& outputs) {
  return reroller(t, inputs, outputs).run();
}

}  // namespace wengert
