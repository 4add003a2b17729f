#include <wengert/core/network.hpp>

#include <algorithm>
#include <utility>

#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

using kind = matrix_tree::kind;

matrix_tree tree_of(kind is, std::vector<matrix_tree> parts = {}) { return {is, false, 0, std::move(parts)}; }

bool is_leaf(const matrix_tree& t) { return t.is == kind::factor; }

// A graph: every axis is a vertex, every factor of two axes a link, every factor of one axis a vector at its vertex. Bound
// vertices are eliminated one by one.
class reducer {
 public:
  reducer(std::span<const network_factor> factors, std::size_t free, std::size_t count)
      : factors_(factors), free_(free), vectors_(count), gone_(count, false) {}

  std::optional<matrix_product> run() {
    if (free_ > 2 || !place_factors()) return {};
    while (turn_loop_into_vector() || close_vertex() || fold_leaf() || merge_parallel(true) || join_series() ||
           merge_parallel(false)) {}
    for (std::size_t v = free_; v < gone_.size(); ++v)
      if (!gone_[v]) return {};
    if (free_ == 1) result_.main = product_at(0);
    if (free_ == 2) result_.main = matrix();
    return std::move(result_);
  }

 private:
  struct link {
    std::size_t from, to;
    matrix_tree tree;  // rows over `from`, columns over `to`
  };

  bool place_factors() {
    for (std::size_t k = 0; k < factors_.size(); ++k) {
      const network_factor& f = factors_[k];
      matrix_tree t{f.identity ? kind::identity : kind::factor, false, k, {}};
      switch (f.axes.size()) {
        case 0: result_.scalars.push_back(std::move(t)); break;
        case 1: vectors_[f.axes[0]].push_back(std::move(t)); break;
        case 2: links_.push_back({f.axes[0], f.axes[1], std::move(t)}); break;
        default: return false;
      }
    }
    return true;
  }

  bool is_bound(std::size_t v) const { return v >= free_; }

  std::vector<std::size_t> links_at(std::size_t v) const {
    std::vector<std::size_t> r;
    for (std::size_t k = 0; k < links_.size(); ++k)
      if (links_[k].from == v || links_[k].to == v) r.push_back(k);
    return r;
  }

  matrix_tree turn(matrix_tree t) const { return transposed(std::move(t), factors_); }

  // The link's tree with its rows over v.
  matrix_tree seen_from(std::size_t v, const link& l) const { return l.from == v ? l.tree : turn(l.tree); }
  static std::size_t other_end(std::size_t v, const link& l) { return l.from == v ? l.to : l.from; }

  void erase_links(std::size_t a, std::size_t b) {
    links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(std::max(a, b)));
    if (a != b) links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(std::min(a, b)));
  }

  static matrix_tree times(matrix_tree a, matrix_tree b) {
    if (a.is == kind::identity) return b;
    if (b.is == kind::identity) return a;
    matrix_tree r = tree_of(kind::chain);
    for (matrix_tree* t : {&a, &b}) {
      if (t->is == kind::chain)
        std::ranges::move(t->parts, std::back_inserter(r.parts));
      else
        r.parts.push_back(std::move(*t));
    }
    return r;
  }

  static matrix_tree entrywise(std::vector<matrix_tree> parts) {
    matrix_tree r = tree_of(kind::entrywise);
    for (matrix_tree& t : parts) {
      if (t.is == kind::entrywise)
        std::ranges::move(t.parts, std::back_inserter(r.parts));
      else
        r.parts.push_back(std::move(t));
    }
    return r.parts.size() == 1 ? std::move(r.parts[0]) : r;
  }

  // The product of the vectors at v.
  matrix_tree product_at(std::size_t v) const { return vectors_[v].empty() ? tree_of(kind::ones) : entrywise(vectors_[v]); }

  // A[i,i] is a vector over i.
  bool turn_loop_into_vector() {
    for (std::size_t k = 0; k < links_.size(); ++k) {
      const link& l = links_[k];
      if (l.from != l.to) continue;
      std::size_t v = l.from;
      bool closes = is_bound(v) && vectors_[v].empty() && links_at(v).size() == 1;
      if (closes) {
        result_.scalars.push_back(tree_of(kind::trace, {rotated(l.tree)}));
        gone_[v] = true;
      } else if (l.tree.is != kind::identity) {
        vectors_[v].push_back(tree_of(kind::entries, {l.tree}));
      }
      erase_links(k, k);
      return true;
    }
    return false;
  }

  // tr(B*X*A') reads better as tr(A'*B*X), and tr(B'*A') as tr(A*B): the first factor leads, and is not turned.
  matrix_tree rotated(matrix_tree t) const {
    if (t.is != kind::chain) return t;
    auto first = std::ranges::min_element(t.parts, {}, [](const matrix_tree& p) { return is_leaf(p) ? p.factor : none_; });
    if (first->turned) {
      t = turn(std::move(t));
      first = std::ranges::min_element(t.parts, {}, [](const matrix_tree& p) { return is_leaf(p) ? p.factor : none_; });
    }
    std::rotate(t.parts.begin(), first, t.parts.end());
    return t;
  }

  // A bound vertex without links is a sum over the product of its vectors: x'*y for two of them.
  bool close_vertex() {
    for (std::size_t v = free_; v < gone_.size(); ++v) {
      if (gone_[v] || !links_at(v).empty()) continue;
      gone_[v] = true;
      result_.scalars.push_back(total(vectors_[v]));
      return true;
    }
    return false;
  }

  matrix_tree total(std::vector<matrix_tree> u) const {
    auto divides = [&](const matrix_tree& t) { return is_leaf(t) && factors_[t.factor].divides; };
    bool pairs = u.size() == 2 && !divides(u[0]) && !divides(u[1]);
    if (pairs) {
      if (!is_leaf(u[0]) && is_leaf(u[1])) std::swap(u[0], u[1]);
      matrix_tree one = times(turn(u[0]), u[1]), other = turn(one);
      return turned_matrices(other) < turned_matrices(one) ? other : one;
    }
    if (u.empty()) return tree_of(kind::total, {tree_of(kind::ones)});
    bool of_matrix = u.size() == 1 && u[0].is == kind::row_sums;
    matrix_tree one = of_matrix ? u[0].parts[0] : entrywise(std::move(u)), other = turn(one);
    return tree_of(kind::total, {turned_leaves(other) < turned_leaves(one) ? other : one});
  }

  static std::size_t turned_leaves(const matrix_tree& t) {
    std::size_t r = t.turned ? 1 : 0;
    for (const matrix_tree& p : t.parts) r += turned_leaves(p);
    return r;
  }

  // How many factors between the vectors at both ends are transposed.
  static std::size_t turned_matrices(const matrix_tree& chain) {
    std::size_t r = 0;
    for (std::size_t k = 1; k + 1 < chain.parts.size(); ++k) r += chain.parts[k].turned ? 1 : 0;
    return r;
  }

  // A bound vertex with one link only: sum_k A[i,k]*x[k] is a vector at i.
  bool fold_leaf() {
    for (std::size_t v = free_; v < gone_.size(); ++v) {
      if (gone_[v]) continue;
      std::vector<std::size_t> here = links_at(v);
      if (here.size() != 1) continue;
      link l = links_[here[0]];
      std::size_t to = other_end(v, l);
      matrix_tree m = seen_from(to, l);
      if (m.is == kind::identity)
        std::ranges::move(vectors_[v], std::back_inserter(vectors_[to]));
      else
        vectors_[to].push_back(vectors_[v].empty() ? tree_of(kind::row_sums, {m}) : times(std::move(m), product_at(v)));
      gone_[v] = true;
      erase_links(here[0], here[0]);
      return true;
    }
    return false;
  }

  // Whether both trees are plain factors that are read in the same direction, so that A.*B is the natural word for them.
  static bool alike(const matrix_tree& a, const matrix_tree& b) {
    auto plain = [](const matrix_tree& t) {
      return is_leaf(t) || (t.is == kind::entrywise && std::ranges::all_of(t.parts, is_leaf));
    };
    auto turned = [](const matrix_tree& t) { return is_leaf(t) ? t.turned : t.parts[0].turned; };
    return plain(a) && plain(b) && turned(a) == turned(b);
  }

  // Two links between the same vertices are multiplied entry by entry. At first only where that is the natural reading.
  bool merge_parallel(bool natural_only) {
    for (std::size_t a = 0; a < links_.size(); ++a)
      for (std::size_t b = a + 1; b < links_.size(); ++b) {
        std::size_t p = links_[a].from, q = links_[a].to;
        if (std::minmax(p, q) != std::minmax(links_[b].from, links_[b].to)) continue;
        matrix_tree x = links_[a].tree, y = seen_from(p, links_[b]);
        if (natural_only && !(alike(x, y) || (!is_bound(p) && !is_bound(q)))) continue;
        if (alike(x, y) && is_leaf(x) && x.turned) {
          x = turn(std::move(x));
          y = turn(std::move(y));
          std::swap(p, q);
        }
        erase_links(a, b);
        links_.push_back({p, q, met(std::move(x), std::move(y))});
        return true;
      }
    return false;
  }

  // Entry by entry; what meets the identity leaves its diagonal.
  static matrix_tree met(matrix_tree x, matrix_tree y) {
    if (x.is == kind::identity) std::swap(x, y);
    if (y.is != kind::identity) return entrywise({std::move(x), std::move(y)});
    return x.is == kind::identity || x.is == kind::diagonal ? x
                                                            : tree_of(kind::diagonal, {tree_of(kind::entries, {std::move(x)})});
  }

  // A bound vertex between two links: A*B, or A*diag(v)*B.
  bool join_series() {
    for (std::size_t v = free_; v < gone_.size(); ++v) {
      if (gone_[v]) continue;
      std::vector<std::size_t> here = links_at(v);
      if (here.size() != 2) continue;
      link a = links_[here[0]], b = links_[here[1]];
      std::size_t p = other_end(v, a), q = other_end(v, b);
      matrix_tree left = seen_from(p, a);
      if (!vectors_[v].empty()) left = times(std::move(left), tree_of(kind::diagonal, {product_at(v)}));
      erase_links(here[0], here[1]);
      links_.push_back({p, q, times(std::move(left), seen_from(v, b))});
      gone_[v] = true;
      return true;
    }
    return false;
  }

  // What is left over the free axes 0 and 1.
  matrix_tree matrix() const {
    if (links_.empty()) return times(product_at(0), turn(product_at(1)));
    matrix_tree m = seen_from(0, links_[0]);
    if (m.is == kind::identity) {
      std::vector<matrix_tree> all = vectors_[0];
      std::ranges::copy(vectors_[1], std::back_inserter(all));
      return all.empty() ? m : tree_of(kind::diagonal, {entrywise(std::move(all))});
    }
    if (!vectors_[0].empty()) m = times(tree_of(kind::diagonal, {product_at(0)}), std::move(m));
    if (!vectors_[1].empty()) m = times(std::move(m), tree_of(kind::diagonal, {product_at(1)}));
    return m;
  }

  static constexpr std::size_t none_ = static_cast<std::size_t>(-1);
  std::span<const network_factor> factors_;
  std::size_t free_;
  std::vector<link> links_;
  std::vector<std::vector<matrix_tree>> vectors_;  // at each vertex
  std::vector<bool> gone_;
  matrix_product result_;
};

}  // namespace

// --- opening products

namespace {

bool open_into(open_product& f, const tape& t, node_id n, const std::vector<label>& labels,
               const std::function<bool(node_id)>& whole) {
  bool sums = t.op(n) == opcode::mul || (t.op(n) == opcode::identity && (t.bound_count(n) == 0 || t.red(n) == reduction::sum));
  if (sums && !whole(n)) {
    std::vector<label> inner = labels;
    for (range_id r : t.bound(n)) {
      inner.push_back(label::of_axis(f.axes.size()));
      f.axes.push_back(r);
    }
    for (edge_view e : t.args(n)) {
      std::vector<label> read(e.labels.begin(), e.labels.end());
      for (label& l : read) {
        if (l.is_constant()) continue;
        label to = inner[static_cast<std::size_t>(l.axis)];
        to.offset += l.offset;
        l = to;
      }
      if (!open_into(f, t, e.node, read, whole)) return false;
    }
    return true;
  }
  if (t.is_constant(n)) {
    f.coefficient *= t.value(n);
    return true;
  }
  network_factor about;
  if (!std::ranges::all_of(labels, [](const label& l) { return l.is_constant(); }))
    for (std::size_t k = 0; k < labels.size(); ++k) {
      if (labels[k].is_constant() || labels[k].offset != 0) return false;
      about.axes.push_back(static_cast<std::size_t>(labels[k].axis));
      if (f.axes[about.axes.back()] != t.out(n)[k]) return false;
    }
  if (about.axes.size() > 2) return false;
  about.symmetric = about.axes.size() == 2 && is_symmetric_matrix(t, n);
  about.identity = t.op(n) == opcode::delta && !about.axes.empty();
  about.divides = t.op(n) == opcode::power && t.value(n) < 0 && !whole(n);
  if (about.identity && t.out(n)[0] != t.out(n)[1]) return false;
  f.factors.push_back({n, labels});
  f.network.push_back(std::move(about));
  return true;
}

}  // namespace

std::optional<open_product> opened(const tape& t, const edge& e, std::span<const range_id> axes,
                                   const std::function<bool(node_id)>& whole) {
  open_product f{{axes.begin(), axes.end()}, axes.size(), 1, {}, {}};
  if (!open_into(f, t, e.node, e.labels, whole)) return {};
  return f;
}

// --- the structure

std::optional<matrix_product> as_matrices(std::span<const network_factor> factors, std::size_t free, std::size_t count) {
  return reducer(factors, free, count).run();
}

matrix_tree transposed(matrix_tree t, std::span<const network_factor> factors) {
  switch (t.is) {
    case kind::factor: t.turned = !t.turned && !factors[t.factor].symmetric; break;
    case kind::ones:
    case kind::entries:
    case kind::row_sums: t.turned = !t.turned; break;
    case kind::identity:
    case kind::diagonal: break;
    case kind::chain: std::ranges::reverse(t.parts); [[fallthrough]];
    case kind::entrywise:
      for (matrix_tree& p : t.parts) p = transposed(std::move(p), factors);
      break;
    case kind::trace:
    case kind::total: break;
  }
  return t;
}

}  // namespace wengert
