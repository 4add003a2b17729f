#include "reroll.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include "../numeric/interning.hpp"

namespace wengert {

namespace {

using lowered::mixed;

constexpr std::size_t fewest = 8;  // numbers that are worth an array
constexpr int deepest = 200;       // levels of operations in one of them

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
    if (std::ranges::none_of(chains_, [](const auto& c) { return !c.second.arrays.empty(); })) return std::nullopt;
    build();
    return std::move(made_);
  }

 private:
  // Numbers that are computed alike: the same number throughout, inputs one after the other, constants, or an operation on such.
  struct alike {
    enum class kind : std::uint8_t { shared, inputs, constants, operation } is;
    node_id node;  // the first
    std::vector<std::uint32_t> arguments;
    std::vector<double> values;
  };
  // What is added up (or multiplied, ...) in a node, through those that serve nothing else.
  struct chain {
    std::vector<node_id> rest;
    std::vector<std::pair<std::uint32_t, std::size_t>> arrays;  // alike, how many
  };

  // --- what the graph looks like

  // By node: users, and a hash of the operations above inputs and constants. False where there are arrays already.
  bool describe() {
    uses_.assign(t_.size(), 0);
    shape_.assign(t_.size(), 0);
    same_user_.assign(t_.size(), false);
    for (node_id n : outputs_) uses_[n] += 2;
    for (node_id n : nodes_) {
      if (t_.rank(n) + t_.bound_count(n) > 0) return false;
      const opcode op = t_.op(n);
      std::uint64_t h =
          mixed(static_cast<std::uint64_t>(op), op == opcode::power || op == opcode::select ? t_.attribute(n) + 1 : 0);
      for (edge_view e : t_.args(n)) {
        h = mixed(h, shape_[e.node]);
        ++uses_[e.node];
        same_user_[e.node] = is_associative(op) && t_.op(e.node) == op;
      }
      shape_[n] = h;
    }
    return true;
  }

  bool is_inner(node_id n) const { return uses_[n] == 1 && same_user_[n]; }

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
    return terms;
  }

  // --- what is computed how

  void plan() {
    needed_.assign(t_.size(), false);
    for (node_id n : outputs_) needed_[n] = true;
    for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) {
      const node_id n = *it;
      if (!needed_[n] || (is_associative(t_.op(n)) && !is_inner(n) && plan_chain(n))) continue;
      for (edge_view e : t_.args(n)) needed_[e.node] = true;
    }
  }

  // Whether some of what the node adds up is an array.
  bool plan_chain(node_id n) {
    const std::vector<node_id> terms = terms_of(n);
    if (terms.size() < fewest) return false;
    std::unordered_map<std::uint64_t, std::vector<node_id>> by_shape;
    for (node_id m : terms) by_shape[shape_[m]].push_back(m);
    chain c;
    for (node_id m : terms) {
      std::vector<node_id>& group = by_shape[shape_[m]];
      if (group.empty()) continue;
      const std::uint32_t a = group.size() < fewest ? none : find_alike(group, 0);
      if (a == none)
        c.rest.insert(c.rest.end(), group.begin(), group.end());
      else
        c.arrays.emplace_back(a, group.size());
      group.clear();
    }
    if (c.arrays.empty()) return false;
    for (node_id m : c.rest) needed_[m] = true;
    for (const auto& [a, size] : c.arrays) need_shared(a);
    chains_.emplace(n, std::move(c));
    return true;
  }

  void need_shared(std::uint32_t a) {
    if (all_[a].is == alike::kind::shared) needed_[all_[a].node] = true;
    for (std::uint32_t b : std::vector(all_[a].arguments)) need_shared(b);
  }

  std::uint32_t find_alike(const std::vector<node_id>& group, int depth) {
    std::uint64_t h = group.size();
    for (node_id n : group) h = mixed(h, n);
    auto& known = known_[h];
    for (const auto& [nodes, a] : known)
      if (nodes == group) return a;
    const std::uint32_t a = depth > deepest ? none : make_alike(group, depth);
    known_[h].emplace_back(group, a);
    return a;
  }

  std::uint32_t make_alike(const std::vector<node_id>& group, int depth) {
    const node_id first = group.front();
    const opcode op = t_.op(first);
    alike made{alike::kind::operation, first, {}, {}};
    if (std::ranges::all_of(group, [&](node_id n) { return n == first; })) {
      made.is = alike::kind::shared;
    } else if (std::ranges::any_of(group, [&](node_id n) { return t_.op(n) != op || t_.arity(n) != t_.arity(first); })) {
      return none;
    } else if (op == opcode::symbol) {
      made.is = alike::kind::inputs;
      for (std::size_t k = 0; k < group.size(); ++k)
        if (place(group[k]) == none || place(group[k]) != place(first) + k) return none;
    } else if (op == opcode::constant) {
      made.is = alike::kind::constants;
      for (node_id n : group) made.values.push_back(t_.value(n).convert_to<double>());
    } else {
      std::vector<std::vector<node_id>> arguments(t_.arity(first));
      for (node_id n : group) {
        if ((op == opcode::power || op == opcode::select) && t_.attribute(n) != t_.attribute(first)) return none;
        std::size_t k = 0;
        for (edge_view e : t_.args(n)) arguments[k++].push_back(e.node);
      }
      for (const auto& one : arguments) {
        const std::uint32_t a = find_alike(one, depth + 1);
        if (a == none) return none;
        made.arguments.push_back(a);
      }
    }
    all_.push_back(std::move(made));
    return static_cast<std::uint32_t>(all_.size() - 1);
  }
  std::uint32_t place(node_id n) const { return place_[t_.symbol_of(n)]; }

  // --- the graph on another tape

  void build() {
    made_.on = std::make_unique<tape>();
    tape& t = *made_.on;
    const range_id whole = range_to(count_);
    inputs_ = t.symbol("x", std::vector{whole});
    made_.inputs = t.symbol_of(inputs_);
    built_.resize(t_.size());
    for (node_id n : nodes_)
      if (needed_[n]) built_[n] = build_number(n);
    for (node_id n : outputs_) made_.outputs.push_back(built_[n].labels.empty() ? built_[n].node : t.identity({}, built_[n]));
  }

  range_id range_to(std::size_t n) { return made_.on->range_to({none, static_cast<std::int64_t>(n)}); }

  edge build_number(node_id n) {
    tape& t = *made_.on;
    if (t_.op(n) == opcode::symbol) return {inputs_, {label::of_integer(static_cast<std::int32_t>(place(n) + 1))}};
    if (t_.op(n) == opcode::constant) return {t.constant(t_.value(n)), {}};
    if (t_.op(n) == opcode::pi) return {t.pi(), {}};
    if (const auto found = chains_.find(n); found != chains_.end()) return build_chain(t_.op(n), found->second);
    std::vector<edge> arguments;
    for (edge_view e : t_.args(n)) arguments.push_back(built_[e.node]);
    return {operation(n, {}, arguments), {}};
  }

  node_id operation(node_id like, const std::vector<range_id>& axes, const std::vector<edge>& arguments) {
    tape& t = *made_.on;
    switch (t_.op(like)) {
      case opcode::power: return t.power(axes, arguments[0], t_.value(like));
      case opcode::select: return t.select(axes, t_.comparison_of(like), arguments[0], arguments[1], arguments[2], arguments[3]);
      default: return t.make(t_.op(like), axes, {}, reduction::none, arguments);
    }
  }

  edge build_chain(opcode op, const chain& c) {
    tape& t = *made_.on;
    std::vector<edge> parts;
    for (const auto& [a, size] : c.arrays) {
      const range_id axis = range_to(size);
      parts.push_back({t.identity({}, build_array(a, axis, size), std::vector{axis}, reduction_of(op)), {}});
    }
    for (node_id n : c.rest) parts.push_back(built_[n]);
    if (parts.size() == 1) return parts[0];
    if (op == opcode::add || op == opcode::mul) return {t.make(op, {}, {}, reduction::none, parts), {}};
    edge r = parts[0];
    for (std::size_t k = 1; k < parts.size(); ++k) r = {t.apply(op, {}, std::array{r, parts[k]}), {}};
    return r;
  }

  edge build_array(std::uint32_t a, range_id axis, std::size_t size) {
    if (const auto found = arrays_.find(a); found != arrays_.end()) return found->second;
    const alike what = all_[a];
    edge r;
    switch (what.is) {
      case alike::kind::shared: r = built_[what.node]; break;
      case alike::kind::inputs: r = {inputs_, {label::of_axis(0, static_cast<std::int32_t>(place(what.node)))}}; break;
      case alike::kind::constants: r = {constants(what.values, axis), {label::of_axis(0)}}; break;
      case alike::kind::operation: {
        std::vector<edge> arguments;
        for (std::uint32_t b : what.arguments) arguments.push_back(build_array(b, axis, size));
        r = {operation(what.node, {axis}, arguments), {label::of_axis(0)}};
      }
    }
    return arrays_[a] = r;
  }

  node_id constants(const std::vector<double>& values, range_id axis) {
    tape& t = *made_.on;
    for (const auto& [symbol, known] : made_.constants)
      if (known == values) return t.symbol_node(symbol);
    const node_id n = t.symbol(fmt::format("constants[{}]", made_.constants.size()), std::vector{axis});
    made_.constants.emplace_back(t.symbol_of(n), values);
    return n;
  }

  const tape& t_;
  const std::vector<node_id>& outputs_;
  std::vector<node_id> nodes_;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> place_;  // by symbol, among the inputs
  std::vector<std::uint32_t> uses_;   // by node
  std::vector<std::uint64_t> shape_;
  std::vector<bool> same_user_, needed_;
  std::vector<alike> all_;
  std::unordered_map<std::uint64_t, std::vector<std::pair<std::vector<node_id>, std::uint32_t>>> known_;
  std::unordered_map<node_id, chain> chains_;
  rerolled made_;
  node_id inputs_ = none;
  std::vector<edge> built_;                         // by node of the recording
  std::unordered_map<std::uint32_t, edge> arrays_;  // by alike
};

}  // namespace

std::optional<rerolled> reroll(const tape& t, const std::vector<symbol_id>& inputs, const std::vector<node_id>& outputs) {
  return reroller(t, inputs, outputs).run();
}

}  // namespace wengert
