#include "sweep_proof.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace wengert {

sweep_proof::sweep_proof(normalizer& with, node_id f, symbol_id variable, const std::unordered_map<node_id, theorem>& known,
                         const std::unordered_map<node_id, theorem>& rewritten)
    : with_(with),
      kernel_(with.known_facts().using_kernel()),
      tape_(kernel_.on()),
      f_(f),
      known_(known),
      rewritten_(rewritten),
      seed_(tape_.out(f).begin(), tape_.out(f).end()),
      by_(tape_.symbol(variable).axes),
      out_(seed_),
      original_(std::size_t{f} + 1) {
  out_.insert(out_.end(), by_.begin(), by_.end());
  for (node_id n : tape_.reachable(f)) original_[n] = tape_.arity(n) != 0;
}

theorem sweep_proof::run(const std::vector<adjoint_step>& record, node_id result) {
  list_terms(record);
  const node_id rule = known_.at(f_).says().right;
  theorem chain = ring(rule, terms_[0].node, {}, std::array{rule});
  std::vector<node_id> contributions{terms_[0].contribution};
  if (record.size() > 1) {  // the last step is the variable's
    const flow all = prove(record, 0, record.size() - 1);
    chain = kernel_.transitive(chain, all.equal);
    contributions.clear();
    for (std::size_t t : all.leaves) contributions.push_back(terms_[t].contribution);
  }
  return kernel_.transitive(chain, ring(chain.says().right, result, {}, contributions));
}

void sweep_proof::list_terms(const std::vector<adjoint_step>& record) {
  std::unordered_map<node_id, std::size_t> step_of;
  for (std::size_t s = 0; s < record.size(); ++s) step_of.emplace(record[s].node, s);
  received_.resize(record.size());
  sent_.resize(record.size());
  auto list = [&](node_id contribution, node_id to, std::size_t from) {
    const std::size_t at = step_of.at(to);
    received_[at].push_back(terms_.size());
    terms_.push_back({contribution, term(contribution, to), from, at});
    term_nodes_.insert(terms_.back().node);
  };
  list(record[0].received[0], f_, 0);
  for (std::size_t s = 0; s < record.size(); ++s)
    for (const auto& [to, contribution] : record[s].sent) {
      sent_[s].push_back(terms_.size());
      list(contribution, to, s);
    }
}

sweep_proof::flow sweep_proof::prove(const std::vector<adjoint_step>& record, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return one_step(record[begin], begin);
  const std::size_t middle = begin + (end - begin) / 2;
  const flow first = prove(record, begin, middle);
  return joined(first, prove(record, middle, end));
}

// What enters is collected, rewritten if anything took its place, and passed on.
sweep_proof::flow sweep_proof::one_step(const adjoint_step& step, std::size_t number) {
  const std::vector<std::size_t>&in = received_[number], &out = sent_[number];
  const node_id entering = sum_of(in);
  if (step.passed_on == step.adjoint) return {number, number + 1, in, out, entering, passed_on(step, number, entering)};
  const node_id whole = term(step.adjoint, step.node), instead = term(step.passed_on, step.node);
  const node_id d = known_.at(step.node).says().right;
  const theorem same = ring(whole, instead, std::span(&rewritten_.at(step.node), 1), std::array{step.passed_on, d});
  const theorem to_instead = kernel_.transitive(collected(step, number), same);
  return {number, number + 1, in, out, entering, kernel_.transitive(to_instead, passed_on(step, number, instead))};
}

// The sum of what enters is the adjoint, the sum of what was received, * d of the node.
theorem sweep_proof::collected(const adjoint_step& step, std::size_t number) {
  const node_id d = known_.at(step.node).says().right;
  std::vector<node_id> opaque{d};
  for (std::size_t t : received_[number]) opaque.push_back(terms_[t].contribution);
  return ring(sum_of(received_[number]), term(step.adjoint, step.node), {}, opaque);
}

// What enters equals the sum of what is sent. What was received stays whole (unless it is a choice, which the sweep carries
// along), and so do nodes of the function; what is sent must be opened, even where it happens to be a node of the function.
theorem sweep_proof::passed_on(const adjoint_step& step, std::size_t number, node_id entering) {
  const std::vector<std::size_t>&in = received_[number], &out = sent_[number];
  std::unordered_set<node_id> closed, open;
  auto stays = [&](node_id contribution) {
    if (tape_.op(contribution) != opcode::select) closed.insert(contribution);
  };
  for (std::size_t t : out) open.insert(terms_[t].contribution);
  if (step.passed_on != step.adjoint) {
    stays(step.passed_on);
  } else {
    if (in.size() > 1) open.insert(step.adjoint);
    for (std::size_t t : in) stays(terms_[t].contribution);
  }
  for (edge_view e : tape_.args(step.node))
    if (auto it = known_.find(e.node); it != known_.end()) closed.insert(it->second.says().right);
  const node_id leaving = sum_of(out);
  const std::vector<node_id> opaque = closed_under({entering, leaving}, [&](node_id n) {
    return closed.contains(n) || (n < original_.size() && original_[n] && !open.contains(n));
  });
  return ring(entering, leaving, {}, opaque);
}

// What enters is what enters the first, and what only the second receives; that is what enters the second, and what passes it
// by; that is what leaves.
sweep_proof::flow sweep_proof::joined(const flow& first, const flow& second) {
  std::vector<std::size_t> enters = first.enters, leaves;
  std::vector<node_id> before{first.entering}, between{second.entering};
  for (std::size_t t : second.enters) {
    if (terms_[t].from >= first.begin) continue;
    enters.push_back(t);
    before.push_back(terms_[t].node);
  }
  for (std::size_t t : first.leaves) {
    if (terms_[t].at < second.end) continue;
    leaves.push_back(t);
    between.push_back(terms_[t].node);
  }
  leaves.insert(leaves.end(), second.leaves.begin(), second.leaves.end());
  const node_id entering = sum(before), middle = sum(between);
  const theorem to_middle = regrouped(entering, first.equal, middle);
  const theorem to_end = regrouped(middle, second.equal, sum_of(leaves));
  return {first.begin, second.end, std::move(enters), std::move(leaves), entering, kernel_.transitive(to_middle, to_end)};
}

// a = b, sums of terms, where something in a is replaced by what it equals.
theorem sweep_proof::regrouped(node_id a, const theorem& equal, node_id b) {
  const node_id left = equal.says().left, right = equal.says().right;
  auto whole = [&](node_id n) { return term_nodes_.contains(n) && !sums_.contains(n); };
  if (a == left) return kernel_.transitive(equal, ring(right, b, {}, closed_under({right, b}, whole)));
  if (left == right) return ring(a, b, {}, closed_under({a, b}, whole));
  auto stays = [&](node_id n) { return n == left || whole(n); };
  if (std::ranges::count(closed_under({right}, stays), left) != 0) throw refusal("follow-sweep: a step goes in a circle");
  std::vector<node_id> opaque = closed_under({a, b, right}, stays);
  std::erase(opaque, left);
  return ring(a, b, std::span(&equal, 1), opaque);
}

theorem sweep_proof::ring(node_id a, node_id b, std::span<const theorem> premises, std::span<const node_id> opaque) {
  auto t = with_.ring(a, b, {premises.begin(), premises.end()}, opaque);
  if (!t) throw refusal("follow-sweep: a step does not hold");
  return *t;
}

// SUM over n's axes of contribution[seed, n] * d[n, by].
node_id sweep_proof::term(node_id contribution, node_id n) {
  const std::size_t s = seed_.size(), w = by_.size(), r = tape_.rank(n);
  std::vector<label> left = tape::straight(s), right = tape::straight(r, s + w);
  for (std::size_t k = 0; k < r; ++k) left.push_back(label::of_axis(s + w + k));
  for (std::size_t k = 0; k < w; ++k) right.push_back(label::of_axis(s + k));
  const std::vector<range_id> bound(tape_.out(n).begin(), tape_.out(n).end());
  const std::array<edge, 2> args{edge{contribution, left}, edge{known_.at(n).says().right, right}};
  return tape_.mul(out_, args, bound);
}

node_id sweep_proof::sum(const std::vector<node_id>& nodes) {
  if (nodes.empty()) return tape_.identity(out_, {tape_.constant(0), {}});
  if (nodes.size() == 1) return nodes[0];
  std::vector<edge> edges;
  for (node_id n : nodes) edges.push_back(tape_.whole(n));
  const node_id n = tape_.add(out_, edges);
  sums_.insert(n);
  return n;
}

node_id sweep_proof::sum_of(std::span<const std::size_t> terms) {
  std::vector<node_id> nodes;
  for (std::size_t t : terms) nodes.push_back(terms_[t].node);
  return sum(nodes);
}

// The closed nodes that one meets on the way down, which nothing need be known of but that they are what they are.
template <typename Closed> std::vector<node_id> sweep_proof::closed_under(std::vector<node_id> roots, Closed closed) const {
  std::vector<node_id> met;
  std::unordered_set<node_id> seen;
  while (!roots.empty()) {
    const node_id n = roots.back();
    roots.pop_back();
    if (!seen.insert(n).second) continue;
    if (closed(n)) {
      met.push_back(n);
      continue;
    }
    for (edge_view e : tape_.args(n)) roots.push_back(e.node);
  }
  return met;
}

}  // namespace wengert
