#include <wengert/calculus/forward.hpp>

#include <algorithm>
#include <utility>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>

#include "products.hpp"

namespace wengert {

using namespace sweeping;

namespace {

// Tangents have the axes of their node, followed by the seed axes.
class forward_sweep {
 public:
  forward_sweep(tape& t, std::vector<range_id> seed, std::span<const direction> along)
      : t_(t), seed_(std::move(seed)), along_(along) {}

  node_id run(node_id root, std::vector<std::pair<node_id, node_id>>* record = nullptr) {
    tangents_.assign(std::size_t{root} + 1, none);
    const std::vector<bool> needed = needed_by(t_, root);
    for (node_id n = 0; n <= root; ++n) {
      if (!needed[n]) continue;
      tangents_[n] = t_.op(n) == opcode::symbol ? start(t_.symbol_of(n)) : tangent(n);
      if (record && tangents_[n] != none) record->emplace_back(n, tangents_[n]);
    }
    return tangents_[root] != none ? tangents_[root] : t_.identity(with_seed(t_.out(root)), {t_.constant(0), {}});
  }

 private:
  std::vector<range_id> with_seed(std::span<const range_id> axes) const {
    std::vector<range_id> r(axes.begin(), axes.end());
    r.insert(r.end(), seed_.begin(), seed_.end());
    return r;
  }

  node_id start(symbol_id s) const {
    for (const direction& d : along_)
      if (d.symbol == s && !t_.is_constant(d.tangent, 0)) return d.tangent;
    return none;
  }

  // SUM over the arguments, and over the axes that n reduces, of  partial derivative * tangent of the argument. None: zero.
  node_id tangent(node_id n) {
    std::vector<bool> wanted;
    bool moves = false;
    for (edge_view e : t_.args(n)) {
      wanted.push_back(tangents_[e.node] != none);
      moves = moves || wanted.back();
    }
    if (!moves) return none;
    std::vector<edge> args = t_.args(n).copy();
    frame axes = frame_of(t_, n);
    std::vector<std::vector<edge>> factors = partials(n, axes, wanted);
    std::vector<range_id> out = with_seed(t_.out(n)), bound(t_.bound(n).begin(), t_.bound(n).end());
    std::vector<node_id> parts;
    for (std::size_t k = 0; k < args.size(); ++k) {
      if (!wanted[k] || vanishes(factors[k])) continue;
      edge carried{tangents_[args[k].node], moved(std::move(args[k]), n).labels};
      for (std::size_t q = 0; q < seed_.size(); ++q) carried.labels.push_back(label::of_axis(t_.rank(n) + q));
      for (edge& f : factors[k]) f = moved(std::move(f), n);
      parts.push_back(guarded_product(t_, out, bound, std::move(carried), std::move(factors[k])));
    }
    return parts.empty() ? none : total(t_, out, parts);
  }

  bool vanishes(const std::vector<edge>& factors) const {
    for (const edge& f : factors)
      if (t_.is_constant(f.node, 0)) return true;
    return false;
  }

  // An edge over the axes of n, over those of its tangent: what n reduces over comes behind the seed axes.
  edge moved(edge e, node_id n) const {
    for (label& l : e.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= t_.rank(n))
        l = label::of_axis(static_cast<std::size_t>(l.axis) + seed_.size(), l.offset);
    return e;
  }

  tape& t_;
  std::vector<range_id> seed_;
  std::span<const direction> along_;
  std::vector<node_id> tangents_;
};

node_id jacobian(tape& t, node_id f, symbol_id by, std::vector<std::pair<node_id, node_id>>* record) {
  std::vector<range_id> axes = t.symbol(by).axes;
  const direction all{by, identity_array(t, axes)};
  return forward_sweep(t, std::move(axes), {&all, 1}).run(f, record);
}

}  // namespace

node_id pushforward(tape& t, node_id f, std::span<const direction> along) {
  for (const direction& d : along)
    if (!std::ranges::equal(t.out(d.tangent), t.symbol(d.symbol).axes)) throw defect("a tangent has the axes of its symbol");
  return forward_sweep(t, {}, along).run(f);
}

node_id forward(tape& t, node_id f, symbol_id by) { return jacobian(t, f, by, nullptr); }

node_id forward(tape& t, node_id f, symbol_id by, std::vector<std::pair<node_id, node_id>>& record) {
  return jacobian(t, f, by, &record);
}

}  // namespace wengert
