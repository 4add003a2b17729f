#include <wengert/calculus/reverse.hpp>

#include <algorithm>

#include <wengert/calculus/partials.hpp>

namespace wengert {

namespace {

bool is_zero_select(const tape& t, node_id n) { return t.op(n) == opcode::select && t.is_constant(t.arg(n, 3).node, 0); }

// The edge `inner` of a node that is itself read through `outer` labels, seen from the reader.
edge seen_through(const edge& inner, const std::vector<label>& outer) {
  edge r = inner;
  for (label& l : r.labels) {
    if (l.is_constant()) continue;
    label o = outer[static_cast<std::size_t>(l.axis)];
    o.offset += l.offset;
    l = o;
  }
  return r;
}

// SUM over `bound` of the product of `factors`; neutral factors are dropped.
node_id product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, std::vector<edge> factors) {
  std::erase_if(factors, [&](const edge& e) { return t.is_constant(e.node, 1); });
  if (factors.empty()) factors.push_back({t.constant(1), {}});
  if (factors.size() == 1) return t.identity(out, factors.front(), bound, reduction::sum);
  return t.mul(out, factors, bound);
}

// As product(), where `adjoint` may be select(c, a, 0): the other factors go into the taken branch, so that an infinity in the
// branch that is not taken is never multiplied by the zero.
node_id guarded_product(tape& t, const std::vector<range_id>& out, const std::vector<range_id>& bound, const edge& adjoint,
                        std::vector<edge> factors) {
  if (!is_zero_select(t, adjoint.node) || factors.empty()) {
    factors.insert(factors.begin(), adjoint);
    return product(t, out, bound, std::move(factors));
  }
  std::vector<edge> parts = t.args(adjoint.node).copy();
  for (edge& p : parts) p = seen_through(p, adjoint.labels);
  comparison c = t.comparison_of(adjoint.node);
  std::vector<range_id> all = out;
  all.insert(all.end(), bound.begin(), bound.end());
  node_id taken = guarded_product(t, all, {}, parts[2], std::move(factors));
  node_id guarded = t.select(all, c, parts[0], parts[1], t.whole(taken), parts[3]);
  return t.identity(out, t.whole(guarded), bound, reduction::sum);
}

class reverse_sweep {
 public:
  reverse_sweep(tape& t, node_id f, std::span<const symbol_id> by) : t_(t), root_(f), by_(by.begin(), by.end()) {
    seed_.assign(t.out(f).begin(), t.out(f).end());
  }

  using rewriting = std::function<node_id(node_id, node_id)>;

  std::vector<node_id> run(std::vector<adjoint_step>* record = nullptr, const rewriting& rewrite = {}) {
    mark_dependents();
    adjoints_.resize(std::size_t{root_} + 1);
    std::vector<node_id> result(by_.size(), none);
    if (depends_[root_]) adjoints_[root_].push_back(seed_node());
    for (node_id n = root_ + 1; n-- > 0;) {
      if (adjoints_[n].empty()) continue;
      node_id a = collect(n);
      if (rewrite) a = rewrite(n, a);
      if (record) record->push_back({n, a, adjoints_[n], {}});
      if (t_.op(n) == opcode::symbol) {
        for (std::size_t k = 0; k < by_.size(); ++k)
          if (t_.symbol_of(n) == by_[k]) result[k] = a;
      } else {
        propagate(n, a, record);
      }
      std::vector<node_id>().swap(adjoints_[n]);
    }
    for (std::size_t k = 0; k < by_.size(); ++k)
      if (result[k] == none) result[k] = t_.identity(with_seed(t_.symbol(by_[k]).axes), {t_.constant(0), {}});
    return result;
  }

 private:
  void mark_dependents() {
    depends_.assign(std::size_t{root_} + 1, false);
    for (node_id n = 0; n <= root_; ++n) {
      if (t_.op(n) == opcode::symbol) {
        depends_[n] = std::ranges::find(by_, t_.symbol_of(n)) != by_.end();
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

  node_id seed_node() {
    std::vector<edge> deltas;
    std::size_t r = seed_.size();
    for (std::size_t k = 0; k < r; ++k)
      deltas.push_back({t_.delta(seed_[k], seed_[k]), {label::of_axis(k), label::of_axis(r + k)}});
    return product(t_, with_seed(seed_), {}, std::move(deltas));
  }

  node_id collect(node_id n) {
    const std::vector<node_id>& parts = adjoints_[n];
    if (parts.size() == 1) return parts.front();
    std::vector<edge> edges;
    for (node_id p : parts) edges.push_back(t_.whole(p));
    return t_.add(with_seed(t_.out(n)), edges);
  }

  // Sends the adjoint of n to the arguments of n.
  void propagate(node_id n, node_id adjoint, std::vector<adjoint_step>* record) {
    std::vector<edge> args = t_.args(n).copy();
    std::vector<bool> wanted;
    for (const edge& e : args) wanted.push_back(depends_[e.node]);
    frame axes = frame_of(t_, n);
    std::vector<std::vector<edge>> factors = partials(n, axes, wanted);
    for (std::size_t k = 0; k < args.size(); ++k)
      if (wanted[k] && send(n, adjoint, args[k], factors[k]) && record)
        record->back().sent.emplace_back(args[k].node, adjoints_[args[k].node].back());
  }

  // Adds  SUM over the axes of n that the edge does not carry of  adjoint * factors  to the adjoint of the edge's node, with a
  // delta where the edge repeats a label, shifts it, narrows its range or fixes it.
  // False where a factor is 0 and nothing is sent.
  bool send(node_id n, node_id adjoint, const edge& to, const std::vector<edge>& factors) {
    for (const edge& f : factors)
      if (t_.is_constant(f.node, 0)) return false;
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
    edge guard{adjoint, std::move(adjoint_labels)};
    if (!is_zero_select(t_, guard.node))
      for (edge& e : all)
        if (is_zero_select(t_, e.node)) std::swap(e, guard);
    adjoints_[to.node].push_back(guarded_product(t_, out, bound, guard, std::move(all)));
    return true;
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
  std::vector<range_id> seed_;
  std::vector<bool> depends_;
  std::vector<std::vector<node_id>> adjoints_;
};

}  // namespace

std::vector<node_id> reverse(tape& t, node_id f, std::span<const symbol_id> by) { return reverse_sweep(t, f, by).run(); }

node_id derivative(tape& t, node_id f, symbol_id by, std::vector<adjoint_step>& record) {
  return reverse_sweep(t, f, std::span<const symbol_id>(&by, 1)).run(&record).front();
}

node_id derivative(tape& t, node_id f, symbol_id by, const std::function<node_id(node_id, node_id)>& rewrite) {
  return reverse_sweep(t, f, std::span<const symbol_id>(&by, 1)).run(nullptr, rewrite).front();
}

node_id derivative(tape& t, node_id f, symbol_id by) { return reverse(t, f, std::span<const symbol_id>(&by, 1)).front(); }

}  // namespace wengert
