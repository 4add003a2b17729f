#include <wengert/proof/facts.hpp>

#include <algorithm>

#include <wengert/core/registry.hpp>

namespace wengert {

namespace {

// Positive once more after what it may follow from.
constexpr std::array in_order{relation::positive, relation::nonnegative, relation::nonzero,  relation::positive,
                              relation::integer,  relation::real_power,  relation::off_poles};

bool is_structural(const tape& t, node_id n) {
  switch (t.op(n)) {
    case opcode::symbol:
    case opcode::constant: return false;
    default: return true;
  }
}

}  // namespace

void facts::add(const theorem& t) {
  const claim& c = t.says();
  if (c.what != claim::kind::sign) return;
  std::optional<theorem>& slot = entries_[c.left].by_relation[static_cast<std::size_t>(c.is)];
  if (slot) return;
  slot = t;
  stated_.push_back(t);
  ++version_;
  const tape& on = kernel_->on();
  const op_info* info = on.arity(c.left) == 1 ? find_function(on.op(c.left)) : nullptr;
  if (on.op(c.left) == opcode::power || (info && info->sign == sign_fact::as_argument)) {
    try {
      add(kernel_->argument_sign(t));
    } catch (const refusal&) {
      // not of the whole argument, or an even power
    }
  }
  if (c.is != relation::positive && c.is != relation::nonzero) return;
  // If a product is not 0, neither are its factors.
  for (std::size_t k = 0; k < on.arity(c.left); ++k) {
    try {
      add(kernel_->factor_nonzero(t, k));
    } catch (const refusal&) {
      // not a product, or it does not read the whole factor
    }
  }
}

facts::entry& facts::look_up(node_id root) {
  if (auto it = entries_.find(root); it != entries_.end() && it->second.version == version_ + 1) return it->second;
  // Arguments first, without recursion: their signs are the premises.
  const tape& t = kernel_->on();
  std::vector<std::pair<node_id, bool>> stack{{root, false}};
  while (!stack.empty()) {
    auto [n, ready] = stack.back();
    stack.pop_back();
    entry& e = entries_[n];
    if (e.version == version_ + 1) continue;
    if (ready || !is_structural(t, n)) {
      complete(n);
      continue;
    }
    stack.emplace_back(n, true);
    for (edge_view a : t.args(n)) stack.emplace_back(a.node, false);
  }
  return entries_[root];
}

void facts::complete(node_id n) {
  std::vector<theorem> premises;
  entry& e = entries_[n];
  auto collect = [&](const entry& from) {
    for (const auto& known : from.by_relation)
      if (known) premises.push_back(*known);
  };
  for (edge_view a : kernel_->on().args(n)) collect(entries_[a.node]);
  collect(e);
  for (relation is : in_order) {
    std::optional<theorem>& slot = e.by_relation[static_cast<std::size_t>(is)];
    bool follows_anyway = is == relation::off_poles && e.by_relation[static_cast<std::size_t>(relation::positive)];
    if (slot || follows_anyway || !kernel_->sign_follows(is, n, premises)) continue;
    slot = kernel_->sign(is, n, premises);
    premises.push_back(*slot);
  }
  e.version = version_ + 1;
}

std::optional<theorem> facts::find(relation is, node_id n) {
  entry& e = look_up(n);
  const auto& positive = e.by_relation[static_cast<std::size_t>(relation::positive)];
  if ((is == relation::nonnegative || is == relation::off_poles) && positive) return positive;
  return e.by_relation[static_cast<std::size_t>(is)];
}

bool recording_signs::known(relation is, node_id n) {
  auto found = facts_.find(is, n);
  if (!found) return false;
  std::vector<theorem>& of_node = used_[n];
  if (std::ranges::none_of(of_node, [&](const theorem& t) { return t.step() == found->step(); })) of_node.push_back(*found);
  return true;
}

std::vector<theorem> recording_signs::used() const {
  std::vector<theorem> all;
  for (const auto& [n, ts] : used_) all.insert(all.end(), ts.begin(), ts.end());
  std::ranges::sort(all, {}, [](const theorem& t) { return t.step(); });
  return all;
}

}  // namespace wengert
