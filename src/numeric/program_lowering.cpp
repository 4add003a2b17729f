// From a graph to steps. Items that share an axis, and read each other only at the same index along it, are computed together,
// index by index: side by side as lanes of one step where what else they run over is short and can be written out, otherwise one
// index after the other in a loop around steps of their own. Contractions and functions of matrices are steps by themselves.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include <wengert/core/matrix.hpp>

#include "program_body.hpp"
#include "program_graph.hpp"

namespace wengert::lowered {

namespace {

constexpr std::int64_t most_written_out = 32;     // entries of an item in a lane
constexpr std::int64_t most_instructions = 4096;  // about, of a step whose items have more than one entry in a lane
constexpr std::int64_t most_for_batch = 20000;    // the same, where the lanes are evaluations
constexpr std::int64_t least_contraction = 4096;  // products that a contraction is worth its step for
constexpr std::size_t few_numbers = 32;           // that need no step of their own
constexpr std::int8_t is_free = -1;
constexpr std::int64_t none_large = std::int64_t{1} << 60;

class lowerer {
 public:
  lowerer(const graph& g, std::size_t bytes, bool batch) : g_(g), bytes_(bytes), batch_(batch) {
    const std::size_t n = g.items.size();
    role_.assign(g.sizes.size(), is_free);
    parent_.resize(g.sizes.size());
    weight_.resize(g.sizes.size());
    level_.assign(n, 0);
    buffer_.assign(n, none);
    group_.assign(n, none);
    stage_.assign(n, 0);
    waits_for_.assign(n, 0);
    chosen_.assign(n, -1);
    alone_.assign(n, false);
    filled_.assign(n, false);
    adds_to_.assign(n, none);
    is_sum_of_parts_.assign(n, false);
    accumulates_.assign(n, false);
    values_.assign(n, 0);
    output_.assign(n, none);
    share_.assign(n, none);
    for (const graph::result& r : g.results) output_[r.item] = static_cast<std::uint32_t>(&r - g.results.data());
    find_users();
    if (!batch) find_sums_of_parts();
    find_shares();
    make_buffers();
  }

  plan run() {
    std::vector<std::uint32_t> all(g_.items.size());
    std::iota(all.begin(), all.end(), 0U);
    if (batch_) {
      new_group(all);
      p_.batch = std::make_unique<lane_step>(lanes(all, 1));
    } else {
      p_.steps = list(all, 0);
      fill_outputs();
      move_into_outputs();
      place_temporaries();
    }
    return std::move(p_);
  }

 private:
  struct use {
    std::uint32_t begin = 0, end = 0;  // in readers_
  };

  // --- preparation

  void find_users() {
    uses_.resize(g_.items.size());
    for (const item& x : g_.items)
      for (const argument& a : g_.arguments_of(x))
        if (a.is == argument::kind::item) ++uses_[a.which].end;
    std::uint32_t total = 0;
    for (use& u : uses_) {
      u.begin = total;
      total += u.end;
      u.end = u.begin;
    }
    readers_.resize(total);
    for (std::uint32_t i = 0; i < g_.items.size(); ++i)
      for (const argument& a : g_.arguments_of(g_.items[i]))
        if (a.is == argument::kind::item) readers_[uses_[a.which].end++] = i;
  }
  std::span<const std::uint32_t> readers(std::uint32_t i) const {
    return {readers_.data() + uses_[i].begin, readers_.data() + uses_[i].end};
  }

  // Parts of a vector that are only added up with others are added to it where it stands.
  void find_sums_of_parts() {
    for (std::uint32_t i = 0; i < g_.items.size(); ++i) {
      const item& x = at(i);
      if (x.op != opcode::add || x.rank != 1 || x.bound != 0 || x.window >= 0) continue;
      for (const argument& a : g_.arguments_of(x)) {
        if (a.is != argument::kind::item || at(a.which).window < 0 || at(a.which).rank != 1) continue;
        if (readers(a.which).size() != 1 || output_[a.which] != none) continue;
        if (const place& p = g_.places_of(a)[0]; p.axis != 0 || p.shift != 0 || at(a.which).extent != g_.size(x, 0)) continue;
        adds_to_[a.which] = i;
        is_sum_of_parts_[i] = true;
      }
    }
  }
  void find_shares() {
    for (const graph::share& s : g_.shares) share_[s.item] = static_cast<std::uint32_t>(&s - g_.shares.data());
  }
  // The output that an item goes to, or none.
  std::uint32_t output_of(std::uint32_t i) const {
    if (share_[i] != none) return g_.shares[share_[i]].output;
    return output_[i] == none ? none : g_.results[output_[i]].output;
  }
  // Whether an item is added to what is there.
  bool adds(std::uint32_t i) const {
    return is_sum_of_parts_[i] || adds_to_[i] != none || (output_of(i) != none && g_.modes[output_of(i)].adds);
  }
  std::uint32_t output_buffer(std::uint32_t output) const { return static_cast<std::uint32_t>(p_.inputs) + output; }

  // The item in whose array an item stands.
  std::uint32_t array_of(std::uint32_t i) const { return adds_to_[i] == none ? i : adds_to_[i]; }

  static std::size_t entries(std::span<const std::int64_t> shape) {
    std::size_t n = 1;
    for (std::int64_t s : shape) n *= static_cast<std::size_t>(s);
    return n;
  }
  void make_buffers() {
    p_.inputs = g_.inputs.size();
    p_.outputs = g_.outputs.size();
    for (const auto* side : {&g_.inputs, &g_.outputs})
      for (const auto& shape : *side) p_.buffers.push_back({entries(shape), 0});
    buffer_level_.assign(p_.buffers.size(), 0);
  }

  const item& at(std::uint32_t i) const { return g_.items[i]; }
  std::int8_t role(const item& x, std::size_t axis) const { return role_[x.first_axis + axis]; }
  static bool is_window(const item& x, std::size_t axis) { return static_cast<std::int64_t>(axis) == x.window; }
  bool is_fixed(const item& x, std::size_t axis) const { return role(x, axis) != is_free; }

  // --- one list of steps

  std::vector<step> list(const std::vector<std::uint32_t>& members, std::size_t depth) {
    lists_.emplace_back();
    for (std::uint32_t i : members) alone_[i] = depth == 0 && stands_alone(at(i));
    auto groups = partition(members);
    for (std::size_t k = 0; k < groups.size(); ++k) {
      if (k + 1 < groups.size() && goes_before(groups[k], groups[k + 1], depth))
        groups[k + 1].insert(groups[k + 1].begin(), groups[k].begin(), groups[k].end());
      else
        emit(groups[k], depth);
    }
    std::vector<step> made = std::move(lists_.back());
    lists_.pop_back();
    return made;
  }

  bool stands_alone(const item& x) const { return is_matrix_function(x.op) || find_contraction(x).is; }

  // The items that are computed together, in an order in which each group needs only earlier ones. A group takes all items that
  // run over as many indices and are ready, or become so inside it; numbers come first. What was ready early moves to its first
  // reader if it can be computed there.
  std::vector<std::vector<std::uint32_t>> partition(const std::vector<std::uint32_t>& members) {
    new_group(members);
    join_axes(members);
    choose_axes(members);
    const std::uint32_t own = group_count_;
    std::map<std::pair<std::int64_t, std::uint32_t>, std::set<std::uint32_t>> ready;  // by kind of group
    const auto key = [&](std::uint32_t i) { return std::pair(chosen_[i] < 0 ? -1 : g_.sizes[axis_of(i)], alone_[i] ? i : none); };
    for (std::uint32_t i : members) {
      waits_for_[i] = 0;
      for (const argument& a : g_.arguments_of(at(i))) waits_for_[i] += a.is == argument::kind::item && group_[a.which] == own;
      if (waits_for_[i] == 0) ready[key(i)].insert(i);
    }
    std::uint32_t stage = 0;
    stage_size_.clear();
    while (!ready.empty()) {
      auto next = ready.begin();
      if (next->first.first >= 0)
        for (auto it = ready.begin(); it != ready.end(); ++it)
          if (*it->second.begin() < *next->second.begin()) next = it;
      stage_size_.push_back(next->first.second == none ? next->first.first : -1);
      fill_stage(next->first, stage++, own, ready, key);
    }
    return in_stages(members, stage);
  }

  template <class Ready, class Key>
  void fill_stage(std::pair<std::int64_t, std::uint32_t> kind, std::uint32_t stage, std::uint32_t own, Ready& ready, Key key) {
    std::set<std::uint32_t> blocked;
    std::set<std::uint32_t>& open = ready[kind];
    while (!open.empty()) {
      const std::uint32_t i = *open.begin();
      open.erase(open.begin());
      bool goes = true;
      for (const argument& a : g_.arguments_of(at(i)))
        if (a.is == argument::kind::item && group_[a.which] == own && stage_[a.which] == stage) goes = goes && goes_with(i, a);
      if (!goes) {
        blocked.insert(i);
        continue;
      }
      stage_[i] = stage;
      for (std::uint32_t r : readers(i))
        if (group_[r] == own && --waits_for_[r] == 0) ready[key(r)].insert(r);
    }
    if (blocked.empty())
      ready.erase(kind);
    else
      open = std::move(blocked);
  }

  std::vector<std::vector<std::uint32_t>> in_stages(const std::vector<std::uint32_t>& members, std::uint32_t count) {
    for (auto it = members.rbegin(); it != members.rend(); ++it) delay(*it, members);
    std::vector<std::vector<std::uint32_t>> r(count);
    for (std::uint32_t i : members) r[stage_[i]].push_back(i);
    std::erase_if(r, [](const auto& group) { return group.empty(); });
    return r;
  }

  void delay(std::uint32_t i, const std::vector<std::uint32_t>& members) {
    if (output_[i] != none) return;
    std::uint32_t first = none;
    bool fits = true;
    const auto is_inside = [&](std::uint32_t r) { return group_[r] == group_count_; };
    if (!readers(i).empty() && std::ranges::none_of(readers(i), is_inside) && reads_only_arrays(i))
      return join_later(i, none, members);
    for (std::uint32_t r : readers(i)) {
      if (!is_inside(r)) return;
      if (stage_[r] > first) continue;
      if (stage_[r] < first) fits = true;
      first = stage_[r];
      for (const argument& a : g_.arguments_of(at(r)))
        if (a.is == argument::kind::item && a.which == i) fits = fits && goes_with(r, a);
    }
    if (first == none) return;
    if (fits)
      stage_[i] = first;
    else if (reads_only_arrays(i))
      join_later(i, first, members);
  }

  bool reads_only_arrays(std::uint32_t i) const {
    return std::ranges::none_of(g_.arguments_of(at(i)), [&](const argument& a) {
      return a.is == argument::kind::item && group_[a.which] == group_count_ && stage_[a.which] == stage_[i];
    });
  }

  // What is ready early and reads only what stands in arrays goes where one of them is read again, as late as that can be, or
  // where functions take the time that reading needs.
  void join_later(std::uint32_t i, std::uint32_t before, const std::vector<std::uint32_t>& members) {
    if (alone_[i] || chosen_[i] < 0) return;
    const std::int64_t size = g_.sizes[axis_of(i)];
    std::set<std::uint32_t> with_functions;
    for (std::uint32_t j : members)
      if (find_function(at(j).op) != nullptr) with_functions.insert(stage_[j]);
    std::pair best(with_functions.contains(stage_[i]), stage_[i]);
    for (std::uint32_t j : members) {
      if (stage_[j] <= stage_[i] || stage_[j] >= before || stage_size_[stage_[j]] != size) continue;
      if (reads_the_same(i, j)) best = std::max(best, std::pair(with_functions.contains(stage_[j]), stage_[j]));
    }
    stage_[i] = best.second;
  }

  bool reads_the_same(std::uint32_t i, std::uint32_t j) const {
    for (const argument& a : g_.arguments_of(at(i)))
      for (const argument& b : g_.arguments_of(at(j)))
        if (a.is == argument::kind::input && b.is == a.is && b.which == a.which) return true;
    return false;
  }

  void new_group(const std::vector<std::uint32_t>& members) {
    ++group_count_;
    for (std::uint32_t i : members) group_[i] = group_count_;
  }
  std::uint32_t axis_of(std::uint32_t i) const { return at(i).first_axis + static_cast<std::uint32_t>(chosen_[i]); }

  std::uint32_t root(std::uint32_t a) {
    while (parent_[a] != a) a = parent_[a] = parent_[parent_[a]];
    return a;
  }

  // Joins each axis with those that read it straight. Items in which two axes would be the same stand alone.
  void join_axes(const std::vector<std::uint32_t>& members) {
    for (bool again = true; again;) {
      for (std::uint32_t i : members)
        for (std::uint32_t k = 0; k < g_.axes(at(i)); ++k) parent_[at(i).first_axis + k] = at(i).first_axis + k;
      for (std::uint32_t i : members)
        for (const argument& a : g_.arguments_of(at(i)))
          if (a.is == argument::kind::item && group_[a.which] == group_count_ && !alone_[i] && !alone_[a.which]) join(i, a);
      again = false;
      for (std::uint32_t i : members)
        if (!alone_[i] && meets_itself(at(i))) again = alone_[i] = true;
    }
  }

  void join(std::uint32_t reader, const argument& a) {
    const item& x = at(reader);
    const item& y = at(a.which);
    const auto places = g_.places_of(a);
    for (std::size_t k = 0; k < places.size(); ++k) {
      if (places[k].axis == place::nowhere || places[k].shift != 0 || is_fixed(y, k) || is_window(y, k)) continue;
      const auto u = static_cast<std::uint32_t>(places[k].axis);
      if (!is_fixed(x, u) && g_.size(x, u) == g_.size(y, k))
        parent_[root(x.first_axis + u)] = root(y.first_axis + static_cast<std::uint32_t>(k));
    }
  }

  bool meets_itself(const item& x) {
    for (std::uint32_t k = 0; k < g_.axes(x); ++k)
      for (std::uint32_t j = 0; j < k; ++j)
        if (!is_fixed(x, k) && !is_fixed(x, j) && root(x.first_axis + k) == root(x.first_axis + j)) return true;
    return false;
  }

  // Of an item's axes the one that most others have; of such, the first.
  void choose_axes(const std::vector<std::uint32_t>& members) {
    auto each_axis = [&](std::uint32_t i, auto f) {
      for (std::uint32_t k = 0; k < g_.axes(at(i)); ++k)
        if (!is_fixed(at(i), k)) f(k, root(at(i).first_axis + k));
    };
    for (std::uint32_t i : members) each_axis(i, [&](std::uint32_t, std::uint32_t c) { weight_[c] = 0; });
    for (std::uint32_t i : members) each_axis(i, [&](std::uint32_t, std::uint32_t c) { ++weight_[c]; });
    for (std::uint32_t i : members) {
      chosen_[i] = -1;
      std::uint32_t best = 0;
      each_axis(i, [&](std::uint32_t k, std::uint32_t c) {
        if (weight_[c] <= best) return;
        best = weight_[c];
        chosen_[i] = static_cast<std::int8_t>(k);
      });
    }
  }

  // Whether `reader` can have the argument at the same index of the axis that both were chosen to be computed along.
  bool goes_with(std::uint32_t reader, const argument& a) {
    if (alone_[reader] || alone_[a.which]) return false;
    const std::int8_t mine = chosen_[reader], its = chosen_[a.which];
    if (mine < 0 || its < 0) return mine < 0 && its < 0;
    const item& y = at(a.which);
    if (its >= y.rank || its == y.window || is_sum_of_parts_[a.which] || root(axis_of(reader)) != root(axis_of(a.which)))
      return false;
    const place& p = g_.places_of(a)[static_cast<std::size_t>(its)];
    return p.axis == mine && p.shift == 0;
  }

  // --- one group

  // The last of a group has the axis that it is computed along; numbers that are computed before come first.
  void emit(const std::vector<std::uint32_t>& group, std::size_t depth) {
    const std::uint32_t last = group.back();
    if (is_emitted_alone(last, depth)) return emit_alone(last);
    const std::int64_t count = chosen_[last] < 0 ? 1 : g_.sizes[axis_of(last)];
    if (!has_lanes(group, depth)) {
      const auto [rounds, after] = split_loop(group);
      emit_loop(rounds, count, depth);
      if (!after.empty()) emit(after, depth);
      return;
    }
    new_group(group);
    for (std::uint32_t i : group)
      if ((at(i).window >= 0 || is_sum_of_parts_[i]) && !accumulates_[i] && is_kept(i)) fill(array_of(i), 0);
    push_lanes(lanes(group, count));
  }

  bool is_emitted_alone(std::uint32_t i, std::size_t depth) const { return alone_[i] && depth == 0 && stands_alone(at(i)); }

  // Whether a group becomes the lanes of one step, and not a loop.
  bool has_lanes(const std::vector<std::uint32_t>& group, std::size_t depth) const {
    std::int64_t longest = 0, total = 0;
    for (std::uint32_t i : group) {
      const std::int64_t n = written_out(at(i), chosen_[i]);
      longest = std::max(longest, n);
      total = std::min(total + n, none_large);
    }
    return chosen_[group.back()] < 0 || (longest <= most_written_out && (longest == 1 || total <= most_instructions)) ||
           depth >= deepest;
  }

  // A few numbers are computed at the beginning of the step behind them.
  bool goes_before(const std::vector<std::uint32_t>& numbers, const std::vector<std::uint32_t>& next, std::size_t depth) const {
    const auto alone = [&](std::uint32_t i) { return is_emitted_alone(i, depth); };
    return numbers.size() <= few_numbers && std::ranges::all_of(numbers, [&](std::uint32_t i) { return chosen_[i] < 0; }) &&
           std::ranges::none_of(numbers, alone) && std::ranges::none_of(next, alone) && chosen_[next.back()] >= 0 &&
           has_lanes(next, depth);
  }

  void push_lanes(lane_step made) {
    step s{step::kind::lanes, std::make_unique<lane_step>(std::move(made)), {}, {}, {}, {}};
    lists_.back().push_back(std::move(s));
  }

  // The entries of an item at one index of an axis.
  std::int64_t written_out(const item& x, std::int32_t but) const {
    std::int64_t n = 1;
    for (std::size_t k = 0; k < g_.axes(x); ++k) {
      if (static_cast<std::int32_t>(k) == but || is_fixed(x, k)) continue;
      const std::int64_t size = std::max<std::int64_t>(g_.size(x, k), 1);
      n = n > none_large / size ? none_large : n * size;
    }
    return n;
  }

  // What is one number in each round of a loop, and what nothing else in it needs, is computed behind it, side by side.
  std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>> split_loop(const std::vector<std::uint32_t>& group) {
    new_group(group);
    const std::uint32_t own = group_count_;
    std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>> r;
    for (auto it = group.rbegin(); it != group.rend(); ++it) {
      const auto is_own = [&](std::uint32_t i) { return group_[i] == own; };
      const auto is_number = [&](const argument& a) {
        return a.is != argument::kind::item || !is_own(a.which) || results_a_round(a.which) == 1;
      };
      const bool last = written_out(at(*it), chosen_[*it]) == 1 && std::ranges::none_of(readers(*it), is_own) &&
                        std::ranges::all_of(g_.arguments_of(at(*it)), is_number);
      if (last) group_[*it] = none;
      (last ? r.second : r.first).push_back(*it);
    }
    std::ranges::reverse(r.first);
    std::ranges::reverse(r.second);
    return r;
  }

  // The entries of the array of an item at one index of its chosen axis.
  std::int64_t results_a_round(std::uint32_t i) const {
    std::int64_t n = 1;
    for (std::size_t k = 0; k < at(i).rank; ++k)
      if (static_cast<std::int32_t>(k) != chosen_[i] && !is_fixed(at(i), k)) n *= g_.size(at(i), k);
    return n;
  }

  void emit_loop(const std::vector<std::uint32_t>& group, std::int64_t count, std::size_t depth) {
    new_group(group);
    const std::uint32_t own = group_count_;
    for (std::uint32_t i : group) {
      const item& x = at(i);
      const auto axis = static_cast<std::size_t>(static_cast<std::uint8_t>(chosen_[i]));
      const bool bound = axis >= x.rank;
      const bool stays = !bound && !is_sum_of_parts_[i] && output_[i] == none && level_[i] == depth &&
                         std::ranges::all_of(readers(i), [&](std::uint32_t r) { return group_[r] == own; });
      role_[x.first_axis + axis] = static_cast<std::int8_t>(depth);
      if (stays) level_[i] = static_cast<std::uint8_t>(depth + 1);
      if (bound && !accumulates_[i]) start_accumulating(i);
    }
    auto loop = std::make_unique<loop_step>();
    loop->count = count;
    loop->body = list(group, depth + 1);
    lists_.back().push_back({step::kind::loop, {}, {}, {}, {}, std::move(loop)});
  }

  void start_accumulating(std::uint32_t i) {
    accumulates_[i] = true;
    fill(array_of(i), start_of(at(i).red));
  }

  // The array of an item, once.
  void fill(std::uint32_t i, double value) {
    if (filled_[i]) return;
    filled_[i] = true;
    auto f = std::make_unique<fill_step>();
    f->buffer = buffer_of(i);
    f->offset = static_cast<std::size_t>(output_offset(i));
    f->count = 1;
    for (std::size_t k = 0; k < at(i).rank; ++k)
      if (!is_dropped(i, k)) f->count *= static_cast<std::size_t>(g_.extent(at(i), k));
    f->value = value;
    lists_[level_[i]].push_back({step::kind::fill, {}, {}, {}, std::move(f), {}});
  }

  void fill_outputs() {
    for (std::uint32_t o = 0; o < g_.outputs.size(); ++o) {
      if (!g_.modes[o].fills) continue;
      auto f = std::make_unique<fill_step>(fill_step{output_buffer(o), 0, entries(g_.outputs[o]), 0});
      p_.steps.insert(p_.steps.begin(), step{step::kind::fill, {}, {}, {}, std::move(f), {}});
    }
  }

  // --- arrays

  bool is_dropped(std::uint32_t i, std::size_t axis) const {
    const std::int8_t r = role(at(i), axis);
    return r != is_free && r < level_[i];
  }

  std::uint32_t buffer_of(std::uint32_t i) {
    if (buffer_[i] != none) return buffer_[i];
    if (output_[i] != none) return buffer_[i] = output_buffer(g_.results[output_[i]].output);
    std::size_t size = 1;
    for (std::size_t k = 0; k < at(i).rank; ++k)
      if (!is_dropped(i, k)) size *= static_cast<std::size_t>(g_.extent(at(i), k));
    p_.buffers.push_back({size, 0});
    buffer_level_.push_back(level_[i]);
    return buffer_[i] = static_cast<std::uint32_t>(p_.buffers.size() - 1);
  }

  // Where an item begins in an output that it shares.
  std::int64_t output_offset(std::uint32_t i) const { return output_[i] == none ? 0 : g_.results[output_[i]].offset; }
  std::uint32_t buffer_of(const argument& a) {
    return a.is == argument::kind::input ? g_.sources[a.which].input : buffer_of(a.which);
  }
  std::int64_t offset_of(const argument& a) const {
    return a.is == argument::kind::item ? output_offset(a.which) : g_.sources[a.which].offset;
  }

  // How far apart the entries of an item, or of an input, are along each of its axes.
  std::vector<std::int64_t> strides(const argument& a) const {
    if (a.is == argument::kind::input) return g_.sources[a.which].strides;
    std::vector<std::int64_t> s(a.count);
    std::int64_t stride = 1;
    for (std::size_t k = a.count; k-- > 0;) {
      s[k] = is_dropped(a.which, k) ? 0 : stride;
      if (s[k] != 0) stride *= g_.extent(at(a.which), k);
    }
    return s;
  }

  // --- lanes

  // The position in hand: for each axis of the item, the index where it is written out.
  struct cursor {
    std::uint32_t i;
    std::vector<std::int64_t> index;
  };

  void move_along(address& to, const cursor& c, std::int32_t axis, std::int64_t stride) const {
    const item& x = at(c.i);
    const std::int8_t r = role(x, static_cast<std::size_t>(axis));
    if (r != is_free) {
      to.loops[static_cast<std::size_t>(r)] += stride;
    } else if (axis == lane_axis(c.i)) {
      to.lane += stride;
    } else {
      to.offset += stride * c.index[static_cast<std::size_t>(axis)];
    }
  }
  std::int32_t lane_axis(std::uint32_t i) const { return batch_ ? -1 : chosen_[i]; }

  address read_address(const cursor& c, const argument& a) {
    address r;
    r.buffer = buffer_of(a);
    r.offset = offset_of(a);
    const std::vector<std::int64_t> by = strides(a);
    const auto places = g_.places_of(a);
    for (std::size_t k = 0; k < places.size(); ++k) {
      if (by[k] == 0) continue;
      r.offset += by[k] * places[k].shift;
      if (places[k].axis != place::nowhere) move_along(r, c, places[k].axis, by[k]);
    }
    return r;
  }

  address own_address(const cursor& c) {
    if (share_[c.i] != none) return share_address(c, g_.shares[share_[c.i]]);
    address r;
    r.buffer = buffer_of(array_of(c.i));
    r.offset = output_offset(array_of(c.i));
    std::int64_t stride = 1;
    for (std::size_t k = at(c.i).rank; k-- > 0;) {
      if (is_dropped(c.i, k)) continue;
      if (is_window(at(c.i), k)) r.offset += at(c.i).begin * stride;
      move_along(r, c, static_cast<std::int32_t>(k), stride);
      stride *= g_.extent(at(c.i), k);
    }
    return r;
  }

  address share_address(const cursor& c, const graph::share& s) const {
    address r;
    r.buffer = output_buffer(s.output);
    r.offset = s.offset;
    for (std::size_t k = 0; k < s.strides.size(); ++k) move_along(r, c, static_cast<std::int32_t>(k), s.strides[k]);
    return r;
  }

  // An index, or the difference of two, as a number.
  address number_address(const cursor& c, const argument& a) const {
    address r;
    r.buffer = none;
    std::int64_t weight = 1;
    for (const place& p : g_.places_of(a)) {
      r.offset += weight * p.shift;
      if (p.axis != place::nowhere) move_along(r, c, p.axis, weight);
      weight = -1;
    }
    return r;
  }

  body::value read(body& b, const cursor& c, const argument& a) {
    switch (a.is) {
      case argument::kind::constant: return b.constant(a.value);
      case argument::kind::index: return b.affine(number_address(c, a));
      case argument::kind::delta: return b.is_zero(number_address(c, a));
      case argument::kind::input: return b.load(read_address(c, a));
      case argument::kind::item: break;
    }
    if (group_[a.which] != group_count_) return b.load(read_address(c, a));
    std::size_t entry = 0;
    const auto places = g_.places_of(a);
    for (std::size_t k = 0; k < places.size(); ++k) {
      if (is_fixed(at(a.which), k) || static_cast<std::int32_t>(k) == lane_axis(a.which)) continue;
      std::int64_t index =
          places[k].shift + (places[k].axis == place::nowhere ? 0 : c.index[static_cast<std::size_t>(places[k].axis)]);
      if (is_window(at(a.which), k)) index -= at(a.which).begin;
      if (index < 0 || index >= g_.size(at(a.which), k)) return b.constant(0);
      entry = entry * static_cast<std::size_t>(g_.size(at(a.which), k)) + static_cast<std::size_t>(index);
    }
    return written_[values_[a.which] + entry];
  }

  // What is reduced, or the item itself, at a position.
  body::value term(body& b, const cursor& c) {
    const item& x = at(c.i);
    operands_.clear();
    for (const argument& a : g_.arguments_of(x))
      if (a.is != argument::kind::item || adds_to_[a.which] != c.i) operands_.push_back(read(b, c, a));
    switch (x.op) {
      case opcode::add: return b.sum(operands_);
      case opcode::mul: return b.product(operands_);
      case opcode::identity: return operands_[0];
      case opcode::power: return b.power(g_.powers[x.table], operands_[0]);
      case opcode::select: return b.choose(x.compares, operands_[0], operands_[1], operands_[2], operands_[3]);
      default: return b.function(*find_function(x.op), operands_);
    }
  }

  // Steps through the axes from `first` to `last` that are written out; false when all positions were seen.
  bool advance(cursor& c, std::size_t first, std::size_t last) const {
    for (std::size_t k = last; k-- > first;) {
      if (is_fixed(at(c.i), k) || static_cast<std::int32_t>(k) == lane_axis(c.i)) continue;
      if (++c.index[k] < g_.size(at(c.i), k)) return true;
      c.index[k] = 0;
    }
    return false;
  }
  bool is_empty(const item& x, std::size_t first, std::size_t last, std::int32_t lane) const {
    for (std::size_t k = first; k < last; ++k)
      if (!is_fixed(x, k) && static_cast<std::int32_t>(k) != lane && g_.size(x, k) == 0) return true;
    return false;
  }

  lane_step lanes(const std::vector<std::uint32_t>& group, std::int64_t count) {
    body b;
    written_.clear();
    for (std::uint32_t i : group) write_item(b, i);
    if (batch_)
      for (std::uint32_t o = 0; o < g_.outputs.size(); ++o)
        if (g_.modes[o].shared) write_total(b, o);
    return b.finish(bytes_, count, batch_);
  }

  // Whether an item of the group in hand is needed in an array.
  bool is_kept(std::uint32_t i) const {
    return output_of(i) != none || std::ranges::any_of(readers(i), [&](std::uint32_t r) { return group_[r] != group_count_; });
  }

  // Of many evaluations nothing is filled: the entries around a window are written one by one.
  void write_around(body& b, std::uint32_t i) {
    const item& x = at(i);
    const auto w = static_cast<std::size_t>(x.window);
    cursor c{i, std::vector<std::int64_t>(g_.axes(x), 0)};
    do {
      for (c.index[w] = -x.begin; c.index[w] < x.extent - x.begin; ++c.index[w])
        if (c.index[w] < 0 || c.index[w] >= g_.size(x, w)) b.store(own_address(c), b.constant(0));
      c.index[w] = g_.size(x, w) - 1;
    } while (advance(c, 0, x.rank));
  }

  bool is_totalled(std::uint32_t i) const { return batch_ && output_of(i) != none && g_.modes[output_of(i)].shared; }

  // Of many evaluations an output that has shares is added up before it is written.
  void write_total(body& b, std::uint32_t output) {
    std::vector<body::value> sum(entries(g_.outputs[output]), b.constant(0));
    const auto add = [&](std::uint32_t i) {
      if (is_empty(at(i), 0, at(i).rank, -1)) return;
      cursor c{i, std::vector<std::int64_t>(g_.axes(at(i)), 0)};
      std::size_t k = values_[i];
      do {
        body::value& to = sum[static_cast<std::size_t>(own_address(c).offset)];
        to = b.combine(reduction::sum, to, written_[k++]);
      } while (advance(c, 0, at(i).rank));
    };
    for (const graph::result& r : g_.results)
      if (r.output == output) add(r.item);
    for (const graph::share& s : g_.shares)
      if (s.output == output) add(s.item);
    for (std::size_t e = 0; e < sum.size(); ++e) b.store({output_buffer(output), static_cast<std::int64_t>(e), 0, {}}, sum[e]);
  }

  void write_item(body& b, std::uint32_t i) {
    const item& x = at(i);
    const std::size_t all = g_.axes(x);
    values_[i] = written_.size();
    if (is_empty(x, 0, x.rank, lane_axis(i))) return;
    const bool over_lanes = lane_axis(i) >= x.rank;
    const bool kept = is_kept(i);
    if (batch_ && kept && x.window >= 0 && !is_totalled(i)) write_around(b, i);
    cursor c{i, std::vector<std::int64_t>(all, 0)};
    do {
      body::value v = 0;
      if (is_empty(x, x.rank, all, lane_axis(i))) {
        v = b.constant(start_of(x.red));
      } else {
        v = term(b, c);
        while (advance(c, x.rank, all)) v = b.combine(x.red, v, term(b, c));
      }
      if (over_lanes)
        b.reduce(x.red, own_address(c), v, accumulates_[i] || adds_to_[i] != none);
      else if (accumulates_[i])
        b.accumulate(x.red, own_address(c), v);
      else if (adds(i) && !is_totalled(i))
        b.accumulate(reduction::sum, own_address(c), v);
      else if (kept && !is_totalled(i))
        b.store(own_address(c), v);
      written_.push_back(v);
    } while (advance(c, 0, x.rank));
  }

  // --- steps by themselves

  struct contraction {
    bool is = false;
    std::array<std::int32_t, 4> axes{-1, -1, -1, -1};  // of the item: batch, m, n, k
    const argument *a = nullptr, *b = nullptr;
    double scale = 1;
  };

  static std::int32_t place_of(std::span<const place> places, std::int32_t axis) {
    for (std::size_t k = 0; k < places.size(); ++k)
      if (places[k].axis == axis) return static_cast<std::int32_t>(k);
    return -1;
  }

  // SUM over k of A[b, m, k]*B[b, k, n] with each of m, n, k there once, and b at most once.
  contraction find_contraction(const item& x) const {
    contraction r;
    if (x.op != opcode::mul || x.red != reduction::sum || x.window >= 0) return r;
    for (const argument& a : g_.arguments_of(x)) {
      if (a.is == argument::kind::constant) {
        r.scale *= a.value;
      } else if ((a.is == argument::kind::input || a.is == argument::kind::item) && r.b == nullptr) {
        (r.a == nullptr ? r.a : r.b) = &a;
      } else {
        return r;
      }
    }
    if (r.b == nullptr) return r;
    std::size_t found = 0;
    for (std::int32_t u = 0; u < static_cast<std::int32_t>(g_.axes(x)); ++u) {
      const bool in_a = place_of(g_.places_of(*r.a), u) >= 0, in_b = place_of(g_.places_of(*r.b), u) >= 0, out = u < x.rank;
      if ((!in_a && !in_b) || (!out && !(in_a && in_b))) return r;
      std::int32_t& axis = r.axes[in_a && in_b ? (out ? 0 : 3) : (in_a ? 1 : 2)];
      if (axis >= 0) return r;
      axis = u;
      ++found;
    }
    if (found != std::size_t{r.axes[0] >= 0} + 3 || g_.places_of(*r.a).size() + g_.places_of(*r.b).size() < 4) return r;
    for (const argument* a : {r.a, r.b})
      for (std::size_t k = 0; k < a->count; ++k)
        for (std::size_t j = 0; j < k; ++j)
          if (g_.places_of(*a)[k].axis == g_.places_of(*a)[j].axis) return r;
    std::int64_t products = 1;
    for (int k = 1; k < 4; ++k) products *= g_.size(x, static_cast<std::size_t>(r.axes[static_cast<std::size_t>(k)]));
    r.is = products >= least_contraction;
    return r;
  }

  void emit_alone(std::uint32_t i) {
    if (is_matrix_function(at(i).op)) return emit_matrix_function(i);
    const item& x = at(i);
    const contraction found = find_contraction(x);
    auto s = std::make_unique<contraction_step>();
    auto size = [&](std::size_t k) { return found.axes[k] < 0 ? 1 : g_.size(x, static_cast<std::size_t>(found.axes[k])); };
    s->batch = size(0), s->m = size(1), s->n = size(2), s->k = size(3);
    s->scale = found.scale;
    auto aim = [&](contraction_step::matrix& to, const argument& a, std::size_t row, std::size_t column) {
      const std::vector<std::int64_t> by = strides(a);
      const auto places = g_.places_of(a);
      to.buffer = buffer_of(a);
      to.offset = offset_of(a);
      for (std::size_t k = 0; k < places.size(); ++k) to.offset += by[k] * places[k].shift;
      auto along = [&](std::size_t which) {
        const std::int32_t k = found.axes[which] < 0 ? -1 : place_of(places, found.axes[which]);
        return k < 0 ? 0 : by[static_cast<std::size_t>(k)];
      };
      to.batch = along(0), to.row = along(row), to.column = along(column);
    };
    aim(s->a, *found.a, 1, 3);
    aim(s->b, *found.b, 3, 2);
    s->c.buffer = buffer_of(i);
    s->c.offset = output_offset(i);
    std::int64_t stride = 1;
    for (std::int32_t k = x.rank; k-- > 0;) {
      (k == found.axes[0] ? s->c.batch : k == found.axes[1] ? s->c.row : s->c.column) = stride;
      stride *= g_.size(x, static_cast<std::size_t>(k));
    }
    lists_.back().push_back({step::kind::contraction, {}, std::move(s), {}, {}, {}});
  }

  void emit_matrix_function(std::uint32_t i) {
    const item& x = at(i);
    const argument& a = g_.arguments_of(x)[0];
    auto s = std::make_unique<matrix_step>();
    s->op = x.op;
    s->from = buffer_of(a);
    s->to = buffer_of(i);
    s->to_offset = output_offset(i);
    s->size = g_.size(x, x.rank);
    const std::size_t batch = x.rank - (x.op == opcode::det ? 0U : 2U);
    for (std::size_t k = 0; k < batch; ++k) s->counts.push_back(g_.size(x, k));
    s->strides.assign(batch, 0);
    const std::vector<std::int64_t> by = strides(a);
    const auto places = g_.places_of(a);
    s->offset = offset_of(a);
    for (std::size_t k = 0; k < places.size(); ++k) {
      s->offset += by[k] * places[k].shift;
      if (places[k].axis == place::nowhere) continue;
      const auto u = static_cast<std::size_t>(places[k].axis);
      (u == x.rank ? s->row : u == std::size_t{x.rank} + 1 ? s->column : s->strides[u]) += by[k];
    }
    lists_.back().push_back({step::kind::matrix, {}, {}, std::move(s), {}, {}});
  }

  // --- temporary arrays in the place of an output

  // An array that is read for the last time where an output is made of it, entry by entry, stands where the output will stand.
  struct access {
    const std::vector<step>* in;
    lane_step* by;
    const instruction* what;
  };

  void find_accesses(std::vector<step>& steps, std::vector<std::vector<access>>& of, std::vector<bool>& fixed) const {
    for (step& s : steps) {
      if (s.is == step::kind::loop) {
        find_accesses(s.loop->body, of, fixed);
      } else if (s.is != step::kind::lanes) {
        each_buffer(s, [&](std::uint32_t b) { fixed[b] = true; });
      } else {
        for (const auto* list : {&s.lanes->before, &s.lanes->body, &s.lanes->after})
          for (const instruction& i : *list) {
            if (!reaches_array(i.op)) continue;
            const address& a = s.lanes->addresses[i.table];
            of[a.buffer].push_back({&steps, s.lanes.get(), &i});
            if (a.lane != 1 || (i.op != code::load && i.op != code::store)) fixed[a.buffer] = true;
          }
      }
    }
  }

  void move_into_outputs() {
    std::vector<std::vector<access>> of(p_.buffers.size());
    std::vector<bool> fixed(p_.buffers.size(), false);
    find_accesses(p_.steps, of, fixed);
    for (std::size_t b = p_.inputs + p_.outputs; b < p_.buffers.size(); ++b) {
      if (fixed[b] || of[b].empty()) continue;
      const access last = of[b].back();
      const address from = last.by->addresses[last.what->table];
      if (!std::ranges::all_of(of[b], [&](const access& x) {
            return x.in == last.in && x.by->count == last.by->count && x.by->addresses[x.what->table] == from;
          }))
        continue;
      for (const instruction& i : last.by->body) {
        if (i.op != code::store) continue;
        const address to = last.by->addresses[i.table];
        if (to.buffer >= p_.inputs + p_.outputs || fixed[to.buffer] || of[to.buffer].size() > 1 ||
            !is_read_before(*last.by, from, i))
          continue;
        for (const access& x : of[b]) x.by->addresses[x.what->table] = to;
        fixed[to.buffer] = true;
        p_.buffers[b].size = 0;
        break;
      }
    }
  }

  // Whether what a step reads at an address is used no later than by the instruction whose result will stand there.
  static bool is_read_before(const lane_step& s, const address& from, const instruction& store) {
    std::set<std::uint32_t> held;  // registers with what was read
    bool written = false, next_writes = false;
    for (const instruction& i : s.body) {
      const std::uint32_t read[4] = {i.a, i.b, i.c, i.d};
      const auto is_held = [&](std::uint32_t r) { return held.contains(r); };
      if (written && std::any_of(read, read + operands(i, s), is_held)) return false;
      if (i.op == code::load && s.addresses[i.table] == from) {
        if (written) return false;
        held.insert(i.to);
      } else if (i.op != code::store && i.op != code::accumulate && i.op != code::reduce && i.op != code::reduce_product) {
        held.erase(i.to);
      }
      written = written || next_writes || &i == &store;
      next_writes = i.op == code::place && i.table == store.table;
    }
    return true;
  }

  // --- temporary arrays share memory where they are not needed at the same time

  struct life {
    std::size_t first = none_large, last = 0;
  };

  static bool reaches_array(code op) {
    return op == code::load || op == code::store || op == code::accumulate || op == code::finish;
  }

  static void each_buffer(const step& s, const std::function<void(std::uint32_t)>& f) {
    switch (s.is) {
      case step::kind::lanes:
        for (const lane_step* l = s.lanes.get(); const auto* list : {&l->before, &l->body, &l->after})
          for (const instruction& i : *list)
            if (reaches_array(i.op)) f(l->addresses[i.table].buffer);
        return;
      case step::kind::contraction:
        for (const auto* m : {&s.contraction->a, &s.contraction->b, &s.contraction->c}) f(m->buffer);
        return;
      case step::kind::matrix: f(s.matrix->from), f(s.matrix->to); return;
      case step::kind::fill: f(s.fill->buffer); return;
      case step::kind::loop:
        for (const step& inner : s.loop->body) each_buffer(inner, f);
    }
  }

  // An array that outlives a round of a loop is needed throughout the loop.
  void live(const std::vector<step>& steps, std::size_t depth, std::size_t& time, std::vector<life>& lives) const {
    for (const step& s : steps) {
      const std::size_t begin = time++;
      if (s.is == step::kind::loop) live(s.loop->body, depth + 1, time, lives);
      const std::size_t end = time++;
      each_buffer(s, [&](std::uint32_t b) {
        if (s.is == step::kind::loop && buffer_level_[b] > depth) return;
        lives[b].first = std::min(lives[b].first, begin);
        lives[b].last = std::max(lives[b].last, end);
      });
    }
  }

  void place_temporaries() {
    std::vector<life> lives(p_.buffers.size());
    std::size_t time = 0;
    live(p_.steps, 0, time, lives);
    std::vector<std::uint32_t> by_first, by_last;
    for (auto b = static_cast<std::uint32_t>(p_.inputs + p_.outputs); b < p_.buffers.size(); ++b) by_first.push_back(b);
    by_last = by_first;
    std::ranges::stable_sort(by_first, {}, [&](std::uint32_t b) { return lives[b].first; });
    std::ranges::stable_sort(by_last, {}, [&](std::uint32_t b) { return lives[b].last; });
    std::map<std::size_t, std::vector<std::size_t>> free;  // by size
    std::size_t ended = 0;
    const std::size_t line = 64 / bytes_;
    auto rounded = [&](std::uint32_t b) { return (p_.buffers[b].size + line - 1) / line * line; };
    for (std::uint32_t b : by_first) {
      for (; ended < by_last.size() && lives[by_last[ended]].last < lives[b].first; ++ended)
        free[rounded(by_last[ended])].push_back(p_.buffers[by_last[ended]].place);
      std::vector<std::size_t>& fits = free[rounded(b)];
      if (fits.empty()) {
        p_.buffers[b].place = p_.temporaries;
        p_.temporaries += rounded(b);
      } else {
        p_.buffers[b].place = fits.back();
        fits.pop_back();
      }
    }
  }

  const graph& g_;
  std::size_t bytes_;
  bool batch_;
  plan p_;
  std::vector<use> uses_;
  std::vector<std::uint32_t> readers_;
  std::vector<std::uint32_t> output_, buffer_;  // by item
  std::vector<std::size_t> buffer_level_;       // by buffer: the loops that it is made anew in
  std::vector<std::vector<step>> lists_;        // under construction, the outermost first

  // By axis: the loop that fixes it; classes of joined axes.
  std::vector<std::int8_t> role_;
  std::vector<std::uint32_t> parent_, weight_;
  // By item: the loops around it whose axes its array lacks; the last group that it was put in; the axis chosen there.
  std::vector<std::uint8_t> level_;
  std::vector<std::uint32_t> group_, stage_, waits_for_;
  std::vector<std::int8_t> chosen_;
  std::vector<bool> alone_, accumulates_, filled_, is_sum_of_parts_;
  std::vector<std::uint32_t> adds_to_;    // by item: the sum that it is only a part of
  std::vector<std::uint32_t> share_;      // by item: of an output
  std::vector<std::int64_t> stage_size_;  // of what is being partitioned, by stage: how long its axis is; -1 if it stands alone
  std::uint32_t group_count_ = 0;

  std::vector<std::size_t> values_;  // by item, where its values begin in
  std::vector<body::value> written_;
  std::vector<body::value> operands_;
};

bool has_matrix_function(const graph& g) {
  return std::ranges::any_of(g.items, [](const item& x) { return is_matrix_function(x.op); });
}

// How many terms there are altogether; at most `limit`.
std::int64_t terms(const graph& g, std::int64_t limit) {
  std::int64_t total = 0;
  for (const item& x : g.items) {
    std::int64_t n = 1;
    for (std::size_t k = 0; k < g.axes(x); ++k) {
      const std::int64_t size = std::max<std::int64_t>(g.size(x, k), 1);
      n = n > limit / size ? limit : n * size;
    }
    if ((total += n) >= limit) return limit;
  }
  for (const graph::share& s : g.shares) {
    total += std::accumulate(g.outputs[s.output].begin(), g.outputs[s.output].end(), std::int64_t{1}, std::multiplies<>());
    if (total >= limit) return limit;
  }
  return total;
}

}  // namespace

plan lower(const graph& g, std::size_t bytes) {
  const bool scalar = g.sizes.empty();
  plan p;
  if (!scalar) p = lowerer(g, bytes, false).run();
  if (scalar || (!has_matrix_function(g) && terms(g, most_for_batch) < most_for_batch)) {
    plan batch = lowerer(g, bytes, true).run();
    if (scalar)
      p = std::move(batch);
    else
      p.batch = std::move(batch.batch);
  }
  return p;
}

}  // namespace wengert::lowered
