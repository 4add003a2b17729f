#include <wengert/calculus/reverse.hpp>

#include <algorithm>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/substitute.hpp>

#include "products.hpp"

namespace wengert {

using namespace sweeping;

namespace {

// What each node has received, as lists in one pool: four bytes a node, and memory for what is under way only.
class mailbox {
 public:
  explicit mailbox(std::size_t nodes) : last_(nodes, none) {}

  bool empty(node_id to) const { return last_[to] == none; }

  void put(node_id to, node_id contribution) {
    std::uint32_t slot = free_;
    if (slot == none) {
      slot = static_cast<std::uint32_t>(pool_.size());
      pool_.emplace_back();
    } else {
      free_ = pool_[slot].next;
    }
    std::uint32_t last = last_[to];
    pool_[slot] = {contribution, last == none ? slot : pool_[last].next};
    if (last != none) pool_[last].next = slot;
    last_[to] = slot;
  }

  // What `to` has received, in order; its list is empty from now on.
  void take(node_id to, std::vector<node_id>& contributions) {
    contributions.clear();
    std::uint32_t last = last_[to], slot = last;
    do {
      slot = pool_[slot].next;
      contributions.push_back(pool_[slot].node);
    } while (slot != last);
    slot = pool_[last].next;
    pool_[last].next = free_;
    free_ = slot;
    last_[to] = none;
  }

 private:
  struct entry {
    node_id node;
    std::uint32_t next;  // the last entry of a list points to its first
  };
  std::vector<std::uint32_t> last_;
  std::vector<entry> pool_;
  std::uint32_t free_ = none;
};

class reverse_sweep {
 public:
  // Adjoints have the seed axes, followed by those of their node.
  reverse_sweep(tape& t, node_id f, std::span<const symbol_id> by, std::vector<range_id> seed)
      : t_(t), root_(f), by_(by.begin(), by.end()), seed_(std::move(seed)), adjoints_(std::size_t{f} + 1) {
    place_.assign(t.symbol_count(), none);
    for (std::size_t k = by_.size(); k-- > 0;) place_[by_[k]] = static_cast<std::uint32_t>(k);
  }

  using rewriting = std::function<node_id(node_id, node_id)>;

  // `adjoint` is that of the root.
  std::vector<node_id> run(node_id adjoint, std::vector<adjoint_step>* record = nullptr, const rewriting& rewrite = {}) {
    mark_dependents();
    std::vector<node_id> result(by_.size(), none), received;
    if (depends_[root_]) adjoints_.put(root_, adjoint);
    for (node_id n = root_ + 1; n-- > 0;) {
      if (adjoints_.empty(n)) continue;
      adjoints_.take(n, received);
      node_id a = total(t_, with_seed(t_.out(n)), received);
      const node_id collected = a;
      if (rewrite) a = rewrite(n, a);
      if (record) record->push_back({n, collected, a, received, {}});
      if (t_.op(n) == opcode::symbol) {
        result[place_[t_.symbol_of(n)]] = a;
      } else {
        propagate(n, a, record);
      }
    }
    for (std::size_t k = 0; k < by_.size(); ++k) result[k] = result[place_[by_[k]]];
    for (std::size_t k = 0; k < by_.size(); ++k)
      if (result[k] == none) result[k] = t_.identity(with_seed(t_.symbol(by_[k]).axes), {t_.constant(0), {}});
    return result;
  }

 private:
  void mark_dependents() {
    depends_.assign(std::size_t{root_} + 1, false);
    for (node_id n = 0; n <= root_; ++n) {
      if (t_.op(n) == opcode::symbol) {
        depends_[n] = place_[t_.symbol_of(n)] != none;
      } else {
        for (edge_view e : t_.args(n))
          if (depends_[e.node]) depends_[n] = true;
      }
    }
  }

  std::vector<range_id> with_seed(std::span<const range_id> axes) const {
    std::vector<range_id> r = seed_;
    r.insert(r.end(), axes.begin(), axes.end());
    return r;
  }

  // Sends the adjoint of n to the arguments of n.
  void propagate(node_id n, node_id adjoint, std::vector<adjoint_step>* record) {
    std::vector<edge> args = t_.args(n).copy();
    std::vector<bool> wanted;
    for (const edge& e : args) wanted.push_back(depends_[e.node]);
    frame axes = frame_of(t_, n);
    std::vector<std::vector<edge>> factors = partials(n, axes, wanted);
    for (std::size_t k = 0; k < args.size(); ++k) {
      if (!wanted[k]) continue;
      node_id sent = contribution(n, adjoint, args[k], factors[k]);
      if (sent == none) continue;
      adjoints_.put(args[k].node, sent);
      if (record) record->back().sent.emplace_back(args[k].node, sent);
    }
  }

  // SUM over the axes of n that the edge does not carry of  adjoint * factors,  with a delta where the edge repeats a label,
  // shifts it, narrows its range or fixes it. None where a factor is 0.
  node_id contribution(node_id n, node_id adjoint, const edge& to, const std::vector<edge>& factors) {
    for (const edge& f : factors)
      if (t_.is_constant(f.node, 0)) return none;
    std::size_t seeds = seed_.size(), axis_count = t_.axes(n).size();
    std::vector<range_id> from(t_.axes(n).begin(), t_.axes(n).end());
    std::vector<range_id> out = with_seed(t_.out(to.node)), bound;
    std::vector<label> place(axis_count);
    std::vector<bool> placed(axis_count, false);
    for (std::size_t q = 0; q < to.labels.size(); ++q) {
      const label& l = to.labels[q];
      if (l.is_constant() || l.offset != 0) continue;
      auto a = static_cast<std::size_t>(l.axis);
      if (placed[a] || from[a] != out[seeds + q]) continue;
      place[a] = label::of_axis(seeds + q);
      placed[a] = true;
    }
    for (std::size_t a = 0; a < axis_count; ++a) {
      if (placed[a]) continue;
      place[a] = label::of_axis(out.size() + bound.size());
      bound.push_back(from[a]);
    }
    std::vector<edge> all;
    for (const edge& f : factors) all.push_back(seen_through(f, place));
    for (std::size_t q = 0; q < to.labels.size(); ++q) {
      label l = to.labels[q], here = label::of_axis(seeds + q);
      if (!l.is_constant()) {
        label p = place[static_cast<std::size_t>(l.axis)];
        p.offset += l.offset;
        if (p == here) continue;
        l = p;
      }
      all.push_back(delta_edge(l, here, out, bound));
    }
    std::vector<label> adjoint_labels = tape::straight(seeds);
    for (std::size_t a = 0; a < t_.rank(n); ++a) adjoint_labels.push_back(place[a]);
    return guarded_product(t_, out, bound, {adjoint, std::move(adjoint_labels)}, std::move(all));
  }

  edge delta_edge(const label& a, const label& b, const std::vector<range_id>& out, const std::vector<range_id>& bound) {
    auto range_at = [&](const label& l) {
      if (l.is_constant()) return t_.make_range(l.value(), l.value());
      auto axis = static_cast<std::size_t>(l.axis);
      return t_.shift(axis < out.size() ? out[axis] : bound[axis - out.size()], l.offset);
    };
    range_id ra = range_at(a), rb = range_at(b);
    return {t_.delta(ra, rb), {a, b}};
  }

  tape& t_;
  node_id root_;
  std::vector<symbol_id> by_;
  std::vector<std::uint32_t> place_;  // by symbol, in by_
  std::vector<range_id> seed_;
  std::vector<bool> depends_;
  mailbox adjoints_;
};

std::vector<node_id> jacobians(tape& t, node_id f, std::span<const symbol_id> by, std::vector<adjoint_step>* record,
                               const reverse_sweep::rewriting& rewrite = {}) {
  std::vector<range_id> axes(t.out(f).begin(), t.out(f).end());
  node_id unit = identity_array(t, axes);
  return reverse_sweep(t, f, by, std::move(axes)).run(unit, record, rewrite);
}

}  // namespace

std::vector<node_id> reverse(tape& t, node_id f, std::span<const symbol_id> by) { return jacobians(t, f, by, nullptr); }

node_id derivative(tape& t, node_id f, symbol_id by, std::vector<adjoint_step>& record,
                   const std::function<node_id(node_id, node_id)>& rewrite) {
  return jacobians(t, f, {&by, 1}, &record, rewrite).front();
}

std::vector<node_id> pullback(tape& t, node_id f, node_id cotangent, std::span<const symbol_id> by) {
  if (!std::ranges::equal(t.out(cotangent), t.out(f))) throw defect("a cotangent has the axes of its function");
  return reverse_sweep(t, f, by, {}).run(cotangent);
}

}  // namespace wengert
