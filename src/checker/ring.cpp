#include "ring.hpp"

#include "tables.hpp"

#include <cstdlib>
#include <map>
#include <span>
#include <unordered_map>

namespace checker {

namespace {

struct factor {
  static constexpr int is_delta = -2, is_index = -3;  // atoms that are no nodes: delta[a, b], and the value of an index
  int node;
  std::vector<label> labels;
  rational power = 1;
  friend auto operator<=>(const factor&, const factor&) = default;
  friend bool operator==(const factor&, const factor&) = default;
};

struct monomial {
  std::vector<int> bound;  // the ranges of its own axes, which are numbered behind the polynomial's
  std::vector<factor> factors;
  friend auto operator<=>(const monomial&, const monomial&) = default;
  friend bool operator==(const monomial&, const monomial&) = default;
};

struct polynomial {
  std::vector<int> axes;
  std::map<monomial, rational> terms;
};

constexpr std::size_t most_terms = 20'000, most_work = 20'000'000;
constexpr int deepest = 300;

bool names(const label& l, std::size_t axis) { return l.is_axis(axis); }

bool names(const monomial& m, std::size_t axis) {
  for (const factor& f : m.factors)
    for (const label& l : f.labels)
      if (names(l, axis)) return true;
  return false;
}

// Reads `axis` at another label everywhere.
void put_at(monomial& m, std::size_t axis, const label& to) {
  for (factor& f : m.factors)
    for (label& l : f.labels)
      if (names(l, axis)) l = shifted(to, l.at.plus);
}

// Takes out a bound axis that nothing names.
void drop(monomial& m, std::size_t axis, std::size_t free) {
  m.bound.erase(m.bound.begin() + static_cast<std::ptrdiff_t>(axis - free));
  for (factor& f : m.factors)
    for (label& l : f.labels)
      if (l.axis > static_cast<int>(axis)) --l.axis;
}

void lower(monomial& m, std::size_t factor, const rational& by) {
  rational& power = m.factors[factor].power;
  power = power - by;
  if (power == 0) m.factors.erase(m.factors.begin() + static_cast<std::ptrdiff_t>(factor));
}

bool inside(const graph& g, const range& a, const range& b) {
  return a == b || (g.surely_le(b.lo, a.lo) && g.surely_le(a.hi, b.hi));
}

bool surely_less(const graph& g, affine a, const affine& b) {
  ++a.plus;
  return g.surely_le(a, b);
}

bool all_free(const factor& f, std::size_t free) {
  return std::all_of(f.labels.begin(), f.labels.end(), [&](const label& l) { return l.axis < static_cast<int>(free); });
}

bool whole_and_positive(const rational& p) { return p.is_whole() && p >= 1; }

class ring {
 public:
  ring(graph& g, const ring_facts& with, bool by_symmetry) : g_(g), with_(with), by_symmetry_(by_symmetry) {
    for (auto [left, right] : with.equations) rewrite(left, right);
  }
  // First with the powers of products as they are; then with each factor to the power.
  std::optional<std::set<int>> equal(int a, int b) {
    if (agree(a, b)) return symmetries_;
    memo_.clear();
    symmetric_.clear();
    powers_of_factors_ = true;
    return agree(a, b) ? std::optional(symmetries_) : std::nullopt;
  }

 private:
  enum class outcome { same, changed, gone };
  struct piece {
    monomial m;
    rational c;
  };

  void work(std::size_t amount) {
    if ((work_ += amount) > most_work) throw refusal("the expanded sides are too large");
  }

  bool known(sign is, int n) const {
    return n >= 0 && (g_.at(n).op == dim || g_.at(n).op == pi || given(g_, with_.known, is, n));
  }

  void rewrite(int left, int right) {
    if (with_.whole.contains(left)) return;
    const node& l = g_.at(left);
    if (l.op == power && l.value.is_whole() && l.value >= 2 && l.value <= 64) {
      const edge& base = l.args[0];
      int op = g_.at(base.node).op;
      bool is_atom = op != add && op != mul && op != identity && op != power && op != select;
      if (is_atom && base.labels == straight(l.rank) && g_.out(left) == g_.out(base.node)) {
        powers_.emplace(base.node, std::pair(l.value.top().small(), right));
        return;
      }
    }
    rewrites_.emplace(left, g_.whole(right));
  }

  // --- nodes as polynomials

  // What the polynomial of a node is made from.
  std::span<const edge> opened(int n) const {
    if (with_.whole.contains(n) || powers_.contains(n)) return {};
    if (auto it = rewrites_.find(n); it != rewrites_.end()) return {&it->second, 1};
    const node& m = g_.at(n);
    bool opens = m.op == add || m.op == mul || m.op == power || m.op == select ||
                 (m.op == identity && (m.red == reduction::none || m.red == reduction::sum));
    return opens ? std::span(m.args) : std::span<const edge>();
  }

  // Without recursion: chains may be long.
  const polynomial& of(int root) {
    if (auto it = memo_.find(root); it != memo_.end()) return it->second;
    std::vector<int> stack{root};
    std::set<int> begun;
    for (;;) {
      const int n = stack.back();
      const std::size_t before = stack.size();
      auto known = memo_.find(n);
      if (known == memo_.end())
        for (const edge& e : opened(n))
          if (!memo_.contains(e.node)) stack.push_back(e.node);
      if (stack.size() > before) {
        if (!rewrites_.empty() && !begun.insert(n).second) throw refusal("the rewriting goes in a circle");
        continue;
      }
      if (known == memo_.end()) known = memo_.emplace(n, expand(n)).first;
      stack.pop_back();
      if (stack.empty()) return known->second;
    }
  }

  polynomial atom(int n) const {
    polynomial p{g_.out(n), {}};
    p.terms.emplace(monomial{{}, {{n, straight(g_.at(n).rank)}}}, 1);
    return p;
  }

  polynomial expand(int n) {
    if (with_.whole.contains(n)) return atom(n);
    if (auto it = rewrites_.find(n); it != rewrites_.end()) return of(it->second.node);
    const node& m = g_.at(n);
    polynomial p{g_.out(n), {}};
    switch (m.op) {
      case constant:
        if (m.value != 0) p.terms.emplace(monomial{}, m.value);
        return p;
      case delta: push(p, {{}, {{factor::is_delta, straight(2)}}}, 1); return p;
      case index_of: push(p, {{}, {{factor::is_index, straight(1)}}}, 1); return p;
      case add:
        for (const edge& e : m.args) add_scaled(p, read(e, p.axes), 1);
        return p;
      case identity:
        if (m.red != reduction::none && m.red != reduction::sum) return atom(n);
        return summed(read(m.args[0], m.axes), m.rank);
      case mul: {
        polynomial q = read(m.args[0], m.axes);
        for (std::size_t k = 1; k < m.args.size(); ++k) q = product(q, of(m.args[k].node), m.args[k].labels);
        return summed(std::move(q), m.rank);
      }
      case power: return expand_power(n);
      case select: return expand_choice(n);
      default: return atom(n);
    }
  }

  polynomial expand_power(int n) {
    const node& m = g_.at(n);
    const rational& e = m.value;
    if (!e.is_small() || std::abs(e.small_top()) > (1 << 20) || e.small_bottom() > (1 << 20)) return atom(n);
    const edge base = m.args[0];
    polynomial r{g_.out(n), {}};
    if (e == 0) {
      r.terms.emplace(monomial{}, 1);
      return r;
    }
    const polynomial p = of(base.node);
    if (p.terms.empty() && e > 0) return r;
    if (p.terms.size() == 1 && p.terms.begin()->first.bound.empty()) {
      piece apart{{}, 1};
      if (take_apart(p.terms.begin()->first, p.terms.begin()->second, e, base.node, apart)) {
        polynomial q{p.axes, {}};
        push(q, std::move(apart.m), apart.c);
        return at_labels(q, base.labels, r.axes);
      }
    }
    const node& b = g_.at(base.node);
    bool product_node = (b.op == mul && b.bound() == 0) || (b.op == power && b.value.is_whole());
    if (powers_of_factors_ && e.is_whole() && product_node && !with_.whole.contains(base.node) &&
        !rewrites_.contains(base.node)) {
      if (++depth_ > deepest) throw refusal("the expanded sides are too large");
      polynomial q{g_.out(base.node), {{monomial{}, rational(1)}}};
      for (const edge& f : b.args) {
        rational k = b.op == power ? b.value * m.value : m.value;
        int own = g_.raised(g_.out(f.node), g_.whole(f.node), k);
        q = product(q, of(own), f.labels);
      }
      --depth_;
      return at_labels(q, base.labels, r.axes);
    }
    push(r, {{}, {{base.node, base.labels, e}}}, 1);
    return r;
  }

  // (c * PROD f^k)^e = c^e * PROD f^(k*e), where that is so for all values that f may have. `base` is the node of the product.
  bool take_apart(const monomial& m, const rational& c, const rational& e, int base, piece& r) {
    std::size_t doubtful = 0, odd_alone = 0;
    for (const factor& f : m.factors) {
      bool special = f.node < 0, positive = known(sign::positive, f.node);
      bool rising = f.power > 0 && e > 0, nonnegative = known(sign::nonnegative, f.node);
      if (special && !(e.is_whole() && rising)) return false;
      if (e.is_whole()) {
        if (!f.power.is_whole() && e != 1 && !positive && !(rising && nonnegative)) return false;
      } else if (!positive) {
        ++doubtful;
        bool odd = f.power.is_whole() && !f.power.is_even();
        if (!rising) return false;
        if (!nonnegative) {  // one odd power may stand for the sign of the whole
          if (!odd || !known(sign::nonnegative, base)) return false;
          ++odd_alone;
        }
      }
      r.m.factors.push_back({f.node, f.labels, f.power * e});
    }
    if (odd_alone > 0 && doubtful > 1) return false;
    if (e.is_whole()) {
      if (std::abs(e.floor()) > 4096) return false;
      r.c = c.to_the(e.floor());
      return true;
    }
    if (c <= 0) return false;
    auto primes = [&](const integer& v, const rational& power) {
      if (v > integer(1'000'000'000'000)) {
        r.m.factors.push_back({g_.number({v, 1}), {}, power});
        return;
      }
      std::int64_t x = v.small();
      for (std::int64_t p = 2; x > 1; ++p) {
        if (p * p > x) p = x;
        for (; x % p == 0; x /= p) r.m.factors.push_back({g_.number(p), {}, power});
      }
    };
    primes(c.top(), e);
    primes(c.bottom(), -e);
    return true;
  }

  bool is_indicator(int n) const {
    return n >= 0 && g_.at(n).op == select && g_.is_number(g_.at(n).args[2].node, 1) && g_.is_number(g_.at(n).args[3].node, 0);
  }

  // A choice is [c]*x + (1 - [c])*y, where [c] is 1 or 0; [a != b] = 1 - [a = b] and [a <= b] = 1 - [b < a].
  polynomial expand_choice(int n) {
    std::vector<edge> args = g_.at(n).args;
    std::vector<int> out = g_.out(n);
    auto c = static_cast<comparison>(g_.at(n).attribute);
    if (c == comparison::ne || c == comparison::le) std::swap(args[2], args[3]);
    if (c == comparison::le) std::swap(args[0], args[1]);
    c = c == comparison::ne ? comparison::eq : c == comparison::le ? comparison::lt : c;
    polynomial then = read(args[2], out), other = read(args[3], out), when = indicator(c, args[0], args[1], out);
    add_scaled(then, other, -1);
    polynomial r = product(when, then, straight(out.size()));
    add_scaled(r, other, 1);
    return r;
  }

  // Where p, an index or a dimension and a whole number, is.
  std::optional<label> place(const polynomial& p) const {
    label l;
    bool found = false;
    std::int64_t plus = 0;
    for (const auto& [m, c] : p.terms) {
      if (m == monomial{} && c.is_whole() && c.is_small()) {
        plus = c.small_top();
        continue;
      }
      if (found || c != 1 || !m.bound.empty() || m.factors.size() != 1 || m.factors[0].power != 1) return std::nullopt;
      found = true;
      const factor& f = m.factors[0];
      if (f.node == factor::is_index)
        l = f.labels[0];
      else if (f.node >= 0 && g_.at(f.node).op == dim)
        l.at.dim = g_.at(f.node).attribute;
      else
        return std::nullopt;
    }
    l.at.plus += plus;
    return l;
  }

  polynomial indicator(comparison c, edge a, edge b, const std::vector<int>& out) {
    polynomial left = read(a, out), right = read(b, out), r{out, {}};
    const std::optional<label> i = place(left), j = place(right);
    if (c == comparison::eq && i && j && (i->axis >= 0 || j->axis >= 0)) {
      push(r, {{}, {{factor::is_delta, {*i, *j}}}}, 1);
      return r;
    }
    add_scaled(left, right, -1);
    bool number_only = left.terms.empty() || (left.terms.size() == 1 && left.terms.begin()->first == monomial{});
    if (number_only) {
      rational d = left.terms.empty() ? rational(0) : left.terms.begin()->second;
      if (c == comparison::eq ? d == 0 : d < 0) r.terms.emplace(monomial{}, 1);
      return r;
    }
    if (c == comparison::eq && b < a) std::swap(a, b);
    // Its axes stand in the order in which a and b use them, whatever their order in `out`.
    std::vector<int> order;
    frame f{g_, {}};
    for (edge* e : {&a, &b})
      for (label& l : e->labels) {
        if (l.axis < 0) continue;
        auto at = std::find(order.begin(), order.end(), l.axis);
        if (at == order.end()) {
          f.axes.push_back(out.at(as_index(l.axis)));
          at = order.insert(at, l.axis);
        }
        l.axis = static_cast<int>(at - order.begin());
      }
    edge e = choose(f, c, a, b, number(f, 1), number(f, 0));
    for (label& l : e.labels) l.axis = order.at(as_index(l.axis));
    push(r, {{}, {{e.node, e.labels}}}, 1);
    return r;
  }

  // Whether swapping the two indices of an atom changes nothing: symmetric symbols, their inverses, functions and sums.
  bool is_symmetric(int n) {
    if (n < 0 || g_.at(n).rank != 2 || g_.at(n).axes[0] != g_.at(n).axes[1]) return false;
    const node& m = g_.at(n);
    if (m.op == symbol) return by_symmetry_ && g_.symbols[as_index(m.attribute)].symmetric;
    bool of_matrix = m.op == inv || m.op == adj;
    if (with_.whole.contains(n) || (m.op != add && !of_matrix && m.op < functions)) return false;
    auto [it, fresh] = symmetric_.try_emplace(n, false);
    if (!fresh) return it->second;
    std::vector<edge> parts = m.op == add ? std::vector{g_.whole(n)}
                              : of_matrix ? std::vector{g_.whole(matrix_of(g_, n))}
                                          : m.args;
    std::vector<int> out = g_.out(n);
    bool all = true;
    for (const edge& e : parts) {
      polynomial p = read(e, out);
      all = all && at_labels(p, {label::of_axis(1), label::of_axis(0)}, out).terms == p.terms;
    }
    return symmetric_[n] = all;
  }

  // The indices of a delta or of a symmetric atom in order.
  void turn(factor& f) {
    if (f.labels.size() != 2 || !(f.labels[1] < f.labels[0])) return;
    bool of_delta = f.node == factor::is_delta;
    if (!of_delta && !is_symmetric(f.node)) return;
    std::swap(f.labels[0], f.labels[1]);
    if (of_delta) return;
    for (std::size_t s = 0; s < g_.symbols.size(); ++s)
      if (by_symmetry_ && g_.symbols[s].symmetric && g_.depends(f.node, static_cast<int>(s)))
        symmetries_.insert(static_cast<int>(s));
  }

  // Whether a node's polynomial says more than the node.
  bool opens(int n) {
    if (n < 0 || with_.whole.contains(n) || is_indicator(n)) return false;
    if (rewrites_.contains(n)) return true;
    if (opened(n).empty()) return false;
    const polynomial& p = of(n);
    if (p.terms.size() != 1) return true;
    const monomial& m = p.terms.begin()->first;
    return !(m.bound.empty() && m.factors.size() == 1 && m.factors[0].node == n && m.factors[0].power == 1);
  }

  // --- arithmetic

  static void add_term(polynomial& to, monomial m, const rational& c) {
    auto [it, fresh] = to.terms.try_emplace(std::move(m), c);
    if (fresh) {
      if (to.terms.size() > most_terms) throw refusal("the expanded sides are too large");
      return;
    }
    it->second = it->second + c;
    if (it->second == 0) to.terms.erase(it);
  }

  static void add_scaled(polynomial& to, const polynomial& p, const rational& by) {
    for (const auto& [m, c] : p.terms) add_term(to, m, c * by);
  }

  // a times b read at labels.
  polynomial product(const polynomial& a, const polynomial& b, const std::vector<label>& labels) {
    polynomial r{a.axes, {}};
    for (const auto& [ma, ca] : a.terms)
      for (const auto& [mb, cb] : b.terms) {
        std::vector<label> at = labels;
        for (std::size_t k = 0; k < mb.bound.size(); ++k) at.push_back(label::of_axis(a.axes.size() + ma.bound.size() + k));
        monomial m{ma.bound, {}};
        m.bound.insert(m.bound.end(), mb.bound.begin(), mb.bound.end());
        m.factors.reserve(ma.factors.size() + mb.factors.size());
        m.factors = ma.factors;
        for (const factor& f : mb.factors) {
          m.factors.push_back(f);
          for (label& l : m.factors.back().labels) l = composed(l, at);
        }
        push(r, std::move(m), ca * cb);
      }
    return r;
  }

  polynomial at_labels(const polynomial& p, const std::vector<label>& labels, const std::vector<int>& axes) {
    if (p.axes == axes && labels == straight(axes.size())) return p;
    return product({axes, {{monomial{}, 1}}}, p, labels);
  }

  polynomial read(const edge& e, const std::vector<int>& axes) { return at_labels(of(e.node), e.labels, axes); }

  // The sum over the axes from `free` on.
  polynomial summed(polynomial p, std::size_t free) {
    if (free == p.axes.size()) return p;
    auto first = p.axes.begin() + static_cast<std::ptrdiff_t>(free);
    polynomial r{{p.axes.begin(), first}, {}};
    for (const auto& [m, c] : p.terms) {
      monomial x = m;
      x.bound.insert(x.bound.begin(), first, p.axes.end());
      push(r, std::move(x), c);
    }
    return r;
  }

  // c*rest over all axes, its bound ones included, to be multiplied and summed afterwards.
  polynomial within(const monomial& rest, const rational& c, const std::vector<int>& axes) {
    polynomial r{axes, {}};
    r.axes.insert(r.axes.end(), rest.bound.begin(), rest.bound.end());
    push(r, {{}, rest.factors}, c);
    return r;
  }

  range values(const label& l, const monomial& m, const std::vector<int>& axes) const {
    if (l.axis < 0) return {l.at, l.at};
    auto a = as_index(l.axis);
    range r = g_.bounds(a < axes.size() ? axes[a] : m.bound.at(a - axes.size()));
    r.lo.plus += l.at.plus;
    r.hi.plus += l.at.plus;
    return r;
  }

  // --- one product in normal form

  void push(polynomial& p, monomial first, rational c) {
    if (p.axes.size() + first.bound.size() > 10'000 || ++depth_ > deepest) throw refusal("the expanded sides are too large");
    std::vector<piece> more;
    for (piece x{std::move(first), std::move(c)};; x = std::move(more.back()), more.pop_back()) {
      outcome o = outcome::changed;
      while (o == outcome::changed && x.c != 0) {
        work(1 + x.m.factors.size());
        o = simplify(x, p, more);
      }
      if (o != outcome::gone && x.c != 0) {
        order(x.m, p.axes.size());
        add_term(p, std::move(x.m), x.c);
      }
      if (more.empty()) break;
    }
    --depth_;
  }

  outcome simplify(piece& x, polynomial& p, std::vector<piece>& more) {
    merge(x);
    outcome o = contract(x.m, p.axes);
    if (o == outcome::same) o = split_index(x, more);
    if (o == outcome::same) o = count(x, p.axes, more);
    if (o == outcome::same) o = reduce(x, p);
    if (o == outcome::same) o = open(x, p);
    return o;
  }

  // a^p * a^q = a^(p+q): for whole exponents of one sign; of both where a != 0; for any where a > 0, or a >= 0 and both positive.
  void merge(piece& x) {
    std::vector<factor>& fs = x.m.factors;
    for (factor& f : fs) turn(f);
    std::sort(fs.begin(), fs.end());
    auto meet = [](const factor& f, const factor& g) { return f.node == g.node && f.labels == g.labels; };
    auto plain = [&](const factor& f) { return f.power == 1 && (f.node < 0 || !g_.is_number(f.node)); };
    if (std::all_of(fs.begin(), fs.end(), plain) && std::adjacent_find(fs.begin(), fs.end(), meet) == fs.end()) return;
    std::vector<factor> kept;
    for (auto from = fs.begin(); from != fs.end();) {
      auto to = std::find_if(from, fs.end(), [&](const factor& f) { return !meet(*from, f); });
      int n = from->node;
      rational up, down;
      bool whole = true, all_up = true;
      for (auto f = from; f != to; ++f) {
        whole = whole && f->power.is_whole();
        all_up = all_up && whole_and_positive(f->power);
        (f->power > 0 ? up : down) = (f->power > 0 ? up : down) + f->power;
      }
      bool idempotent = n == factor::is_delta || is_indicator(n), alone = to - from == 1;
      bool joined = alone || (whole ? up == 0 || down == 0 || known(sign::nonzero, n)
                                    : known(sign::positive, n) || (down == 0 && known(sign::nonnegative, n)));
      if (idempotent && all_up) {
        kept.push_back({n, from->labels, 1});
      } else if (idempotent || (!joined && !whole)) {
        kept.insert(kept.end(), from, to);
      } else if (!joined) {
        kept.push_back({n, from->labels, down});
        kept.push_back({n, from->labels, up});
      } else {
        rational power = up + down;
        if (n >= 0 && g_.is_number(n)) {  // whole powers of a number belong to the coefficient
          const rational& v = g_.at(n).value;
          std::int64_t w = power.floor();
          if (std::abs(w) <= 4096 && (v > 0 || (power.is_whole() && (v != 0 || w > 0)))) {
            x.c = x.c * v.to_the(w);
            power = power - rational(w);
          }
        }
        if (power != 0) kept.push_back({n, from->labels, power});
      }
      from = to;
    }
    fs = std::move(kept);
  }

  outcome contract(monomial& m, const std::vector<int>& axes) {
    std::size_t free = axes.size();
    for (std::size_t k = 0; k < m.factors.size(); ++k) {
      if (m.factors[k].node != factor::is_delta || m.factors[k].power != 1) continue;
      label a = m.factors[k].labels[0], b = m.factors[k].labels[1];
      auto remove = [&] { m.factors.erase(m.factors.begin() + static_cast<std::ptrdiff_t>(k)); };
      if (a == b) {
        remove();
        return outcome::changed;
      }
      range ra = values(a, m, axes), rb = values(b, m, axes);
      bool never = a.axis == b.axis && a.at.dim == b.at.dim;  // then they differ by a number
      if (never || surely_less(g_, ra.hi, rb.lo) || surely_less(g_, rb.hi, ra.lo)) return outcome::gone;
      // A bound index that must be equal to something is that.
      for (int turn = 0; turn < 2; ++turn, std::swap(a, b)) {
        if (a.axis < static_cast<int>(free) || a.axis == b.axis) continue;
        auto axis = as_index(a.axis);
        label to = shifted(b, -a.at.plus);
        if (!inside(g_, values(to, m, axes), g_.bounds(m.bound[axis - free]))) continue;
        remove();
        put_at(m, axis, to);
        drop(m, axis, free);
        return outcome::changed;
      }
      // Else the other factors are read at the first of the two: a fixed place, or the axis with the lower number.
      if (a.axis >= 0 && (b.axis < 0 || b.axis < a.axis)) std::swap(a, b);
      if (b.axis < 0) continue;
      auto axis = as_index(b.axis);
      label to = shifted(a, -b.at.plus);
      std::vector<label> tidy{to, label::of_axis(axis)};
      bool changed = m.factors[k].labels != tidy;
      factor own = m.factors[k];
      own.labels = tidy;
      m.factors[k] = own;
      if (inside(g_, values(to, m, axes), g_.bounds(axis < free ? axes[axis] : m.bound[axis - free]))) {
        remove();
        changed = changed || names(m, axis);
        put_at(m, axis, to);
        m.factors.insert(m.factors.begin() + static_cast<std::ptrdiff_t>(k), own);
      }
      if (changed) return outcome::changed;
    }
    return outcome::same;
  }

  // The index i + c is i, and c more; a fixed place is a number.
  outcome split_index(piece& x, std::vector<piece>& more) {
    for (std::size_t k = 0; k < x.m.factors.size(); ++k) {
      const factor f = x.m.factors[k];
      if (f.node != factor::is_index || !whole_and_positive(f.power)) continue;
      label l = f.labels[0];
      if (l.axis >= 0 && l.at.plus == 0) continue;
      piece rest = x;
      lower(rest.m, k, 1);
      if (l.at.plus != 0) more.push_back({rest.m, rest.c * rational(l.at.plus)});
      if (l.axis >= 0)
        rest.m.factors.push_back({factor::is_index, {label::of_axis(as_index(l.axis))}});
      else if (l.at.dim >= 0)
        rest.m.factors.push_back({g_.make(dim, {}, {}, {}, reduction::none, l.at.dim), {}});
      if (l.axis >= 0 || l.at.dim >= 0) more.push_back(std::move(rest));
      return outcome::gone;
    }
    return outcome::same;
  }

  // A bound index with one value is that value; one that nothing names counts its range.
  outcome count(piece& x, const std::vector<int>& axes, std::vector<piece>& more) {
    for (std::size_t k = 0; k < x.m.bound.size(); ++k) {
      range r = g_.bounds(x.m.bound[k]);
      std::size_t axis = axes.size() + k;
      if (r.lo == r.hi) {
        put_at(x.m, axis, {-1, r.lo});
        drop(x.m, axis, axes.size());
        return outcome::changed;
      }
      affine beyond = r.hi;
      ++beyond.plus;
      if (beyond == r.lo) return outcome::gone;  // a sum over nothing
      if (names(x.m, axis) || !g_.surely_le(r.lo, beyond)) continue;
      drop(x.m, axis, axes.size());
      if (beyond.plus != r.lo.plus) more.push_back({x.m, x.c * rational(beyond.plus - r.lo.plus)});
      auto dimension = [&](int d, int times) {
        if (d < 0) return;
        more.push_back({x.m, x.c * rational(times)});
        more.back().m.factors.push_back({g_.make(dim, {}, {}, {}, reduction::none, d), {}});
      };
      dimension(beyond.dim, 1);
      dimension(r.lo.dim, -1);
      return outcome::gone;
    }
    return outcome::same;
  }

  // With a^k = b: a^n = a^(n-k)*b. For n < 0 where b is one product: a^n = a^(n+jk)*b^-j.
  outcome reduce(piece& x, polynomial& p) {
    for (std::size_t i = 0; i < x.m.factors.size(); ++i) {
      const factor f = x.m.factors[i];
      auto rule = powers_.find(f.node);
      if (rule == powers_.end() || !f.power.is_whole()) continue;
      auto [step, by] = rule->second;
      const polynomial b = of(by);
      std::int64_t n = f.power.floor(), times = n >= step ? 1 : 0;
      bool single = b.terms.size() == 1 && b.terms.begin()->first.bound.empty();
      auto invertible = [&](const factor& g) {
        return (g.power.is_whole() || known(sign::positive, g.node)) && !powers_.contains(g.node);
      };
      if (n < 0 && single) {
        const std::vector<factor>& fs = b.terms.begin()->first.factors;
        if (std::all_of(fs.begin(), fs.end(), invertible)) times = -((-n + step - 1) / step);
      }
      if (times == 0) continue;
      lower(x.m, i, times * step);
      if (times < 0) {
        x.c = x.c * b.terms.begin()->second.to_the(times);
        for (factor g : b.terms.begin()->first.factors) {
          for (label& l : g.labels) l = composed(l, f.labels);
          g.power = g.power * rational(times);
          x.m.factors.push_back(std::move(g));
        }
        return outcome::changed;
      }
      polynomial rest = within(x.m, x.c, p.axes);
      add_scaled(p, summed(product(rest, b, f.labels), p.axes.size()), 1);
      return outcome::gone;
    }
    return outcome::same;
  }

  // A positive power of a sum is multiplied out, its whole part at least.
  outcome open(piece& x, polynomial& p) {
    for (std::size_t k = 0; k < x.m.factors.size(); ++k) {
      const factor f = x.m.factors[k];
      if (f.power < 1 || !opens(f.node)) continue;
      std::int64_t times = f.power.floor();
      if (times > 64 || (!f.power.is_whole() && !known(sign::nonnegative, f.node))) continue;
      monomial rest = x.m;
      lower(rest, k, times);
      polynomial r = within(rest, x.c, p.axes);
      for (; times > 0; --times) r = product(r, of(f.node), f.labels);
      add_scaled(p, summed(r, p.axes.size()), 1);
      return outcome::gone;
    }
    return outcome::same;
  }

  // Sorts the factors, and numbers the bound axes so that their numbers before do not matter: first by what is said of each, in
  // rounds; then the least of the orders that are left, of which only so many are tried.
  void order(monomial& m, std::size_t free) {
    std::size_t n = m.bound.size();
    std::sort(m.factors.begin(), m.factors.end());
    if (n < 2) return;
    work(n * n * m.factors.size());
    std::vector<std::int64_t> colour(m.bound.begin(), m.bound.end());
    std::size_t classes = 0;
    for (std::size_t round = 0; round <= n; ++round) {
      std::vector<std::vector<std::vector<std::int64_t>>> said(n);
      for (const factor& f : m.factors) {
        std::set<std::size_t> mine;
        for (const label& l : f.labels)
          if (l.axis >= static_cast<int>(free)) mine.insert(as_index(l.axis) - free);
        for (std::size_t b : mine) {
          std::vector<std::vector<std::int64_t>> places;
          for (const label& l : f.labels) {
            bool bound = l.axis >= static_cast<int>(free), own = l.is_axis(free + b);
            std::int64_t what = own ? -3 : bound ? -10 - colour[as_index(l.axis) - free] : l.axis;
            places.push_back({what, l.at.plus, l.at.dim});
          }
          if (f.node == factor::is_delta || is_symmetric(f.node)) std::sort(places.begin(), places.end());
          std::vector<std::int64_t> s{f.node, f.power.small_top(), f.power.small_bottom()};
          for (const auto& place : places) s.insert(s.end(), place.begin(), place.end());
          said[b].push_back(std::move(s));
        }
      }
      std::map<std::pair<std::int64_t, std::vector<std::vector<std::int64_t>>>, std::int64_t> ranks;
      for (std::size_t b = 0; b < n; ++b) {
        std::sort(said[b].begin(), said[b].end());
        ranks.emplace(std::pair(colour[b], said[b]), 0);
      }
      std::int64_t next = 0;
      for (auto& [s, r] : ranks) r = next++;
      for (std::size_t b = 0; b < n; ++b) colour[b] = ranks[std::pair(colour[b], said[b])];
      if (ranks.size() == classes) break;
      classes = ranks.size();
    }
    std::vector<std::size_t> places(n);
    for (std::size_t b = 0; b < n; ++b) places[b] = b;
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return colour[a] < colour[b]; });
    auto renumbered = [&] {
      monomial r = m;
      std::vector<std::size_t> to(n);
      for (std::size_t k = 0; k < n; ++k) {
        to[places[k]] = k;
        r.bound[k] = m.bound[places[k]];
      }
      for (factor& f : r.factors) {
        for (label& l : f.labels)
          if (l.axis >= static_cast<int>(free)) l.axis = static_cast<int>(free + to[as_index(l.axis) - free]);
        turn(f);
      }
      std::sort(r.factors.begin(), r.factors.end());
      return r;
    };
    monomial best = renumbered();
    int tries = 0;
    auto permute = [&](auto&& self, std::size_t k) -> void {
      if (tries > 720) return;
      if (k == n) {
        ++tries;
        work(n + m.factors.size());
        best = std::min(best, renumbered());
        return;
      }
      for (std::size_t j = k; j < n && colour[places[j]] == colour[places[k]]; ++j) {
        std::swap(places[k], places[j]);
        self(self, k + 1);
        std::swap(places[k], places[j]);
      }
    };
    if (classes < n) permute(permute, 0);
    m = std::move(best);
  }

  // --- the decision

  bool is_zero(polynomial p) {
    // Denominators that are sums, are not 0 and are read at free indices are multiplied away, the last node first.
    for (int round = 0; round < 64 && !p.terms.empty(); ++round) {
      std::optional<factor> found;
      for (const auto& [m, c] : p.terms)
        for (const factor& f : m.factors) {
          if (f.power >= 0 || !all_free(f, p.axes.size()) || !opens(f.node)) continue;
          if (!known(f.power.is_whole() ? sign::nonzero : sign::positive, f.node)) continue;
          bool lower = found && f.node == found->node && f.labels == found->labels && f.power < found->power;
          if (!found || f.node > found->node || lower) found = f;
        }
      if (!found) break;
      p = product(p, {p.axes, {{{{}, {{found->node, found->labels, -found->power}}}, 1}}}, straight(p.axes.size()));
    }
    if (p.terms.empty()) return true;
    p = spread(p);
    // A denominator read at bound indices is divided by its leading product where that stands above it.
    polynomial left{p.axes, {}};
    for (std::size_t steps = 0; !p.terms.empty(); ++steps) {
      if (steps > most_terms) throw refusal("the expanded sides are too large");
      auto [m, c] = *p.terms.begin();
      p.terms.erase(p.terms.begin());
      polynomial q{p.axes, {}};
      if (divide(m, c, p.axes, q))
        add_scaled(p, q, 1);
      else
        add_scaled(left, {p.axes, {{m, c}}}, 1);
    }
    return left.terms.empty();
  }

  // With P = c*A + R, not 0:  A*P^-k = (P^(1-k) - R*P^-k)/c, for the product A of highest degree.
  bool divide(const monomial& m, const rational& c, const std::vector<int>& axes, polynomial& r) {
    for (const factor& f : m.factors) {
      if (f.power >= 0 || !f.power.is_whole() || !opens(f.node) || !known(sign::nonzero, f.node)) continue;
      const polynomial sum = of(f.node);
      if (sum.terms.size() < 2) continue;
      auto degree = [](const monomial& x) {
        rational d;
        for (const factor& g : x.factors)
          if (g.power > 0) d = d + g.power;
        return d;
      };
      auto lead = sum.terms.begin();
      for (auto it = sum.terms.begin(); it != sum.terms.end(); ++it)
        if (degree(it->first) > degree(lead->first)) lead = it;
      bool plain = lead->first.bound.empty() && !lead->first.factors.empty();
      monomial rest = m;
      for (factor g : lead->first.factors) {
        plain = plain && g.node >= 0 && whole_and_positive(g.power);
        for (label& l : g.labels) l = composed(l, f.labels);
        auto it = std::find_if(rest.factors.begin(), rest.factors.end(), [&](const factor& h) {
          return h.node == g.node && h.labels == g.labels && h.power.is_whole() && h.power >= g.power;
        });
        if (!plain || it == rest.factors.end()) {
          plain = false;
          break;
        }
        it->power = it->power - g.power;
        if (it->power == 0) rest.factors.erase(it);
      }
      if (!plain) continue;
      polynomial others = sum;
      others.terms.erase(lead->first);
      monomial raised_rest = rest;
      raised_rest.factors.push_back({f.node, f.labels, 1});
      polynomial quotient = within(raised_rest, c / lead->second, axes), remainder = within(rest, c / lead->second, axes);
      add_scaled(quotient, product(remainder, others, f.labels), -1);
      r = summed(quotient, axes.size());
      return true;
    }
    return false;
  }

  // Sums over a few numbers are written out; the others count from 1.
  polynomial spread(const polynomial& p) {
    polynomial r{p.axes, {}};
    std::size_t free = p.axes.size();
    for (const auto& [m, c] : p.terms) {
      std::vector<monomial> parts{m};
      for (std::size_t b = m.bound.size(); b-- > 0;) {  // from the last, so that those to come keep their numbers
        range own = g_.bounds(m.bound[b]);
        if (own.lo.dim >= 0) continue;
        std::int64_t lo = own.lo.plus;
        if (own.hi.dim < 0 && lo <= own.hi.plus && own.hi.plus - lo < 8 && parts.size() <= 512) {
          std::vector<monomial> next;
          for (const monomial& part : parts)
            for (std::int64_t v = lo; v <= own.hi.plus; ++v) {
              next.push_back(part);
              put_at(next.back(), free + b, {-1, {-1, v}});
              drop(next.back(), free + b, free);
            }
          parts = std::move(next);
        } else if (lo != 1) {
          own.lo.plus = 1;
          own.hi.plus += 1 - lo;
          for (monomial& part : parts) {
            put_at(part, free + b, label::of_axis(free + b, lo - 1));
            part.bound[b] = g_.range_number(own);
          }
        }
      }
      for (monomial& part : parts) push(r, std::move(part), c);
    }
    return r;
  }

  bool agree(int a, int b) {
    if (of(a).terms == of(b).terms) return true;
    polynomial d = of(a);
    add_scaled(d, of(b), -1);
    std::erase_if(d.terms, [&](const auto& term) {  // delta is 0 where its indices differ
      return std::any_of(term.first.factors.begin(), term.first.factors.end(), [&](const factor& f) {
        if (f.node != factor::is_delta || f.power <= 0) return false;
        const label &l = f.labels[0], &r = f.labels[1];
        if (l.axis < 0 || r.axis < 0 || l.at.plus != r.at.plus) return false;
        auto pair = std::minmax(l.axis, r.axis);
        return std::find(with_.apart.begin(), with_.apart.end(), std::pair(pair.first, pair.second)) != with_.apart.end();
      });
    });
    return is_zero(std::move(d));
  }

  graph& g_;
  const ring_facts& with_;
  std::map<int, edge> rewrites_;
  std::map<int, std::pair<std::int64_t, int>> powers_;  // a -> (k, b): a^k = b
  std::unordered_map<int, polynomial> memo_;
  bool by_symmetry_;
  std::map<int, bool> symmetric_;
  std::set<int> symmetries_;
  bool powers_of_factors_ = false;  // (u*v)^k is u^k*v^k, though u*v may be multiplied out
  std::size_t work_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<std::set<int>> same_polynomial(graph& g, int a, int b, const ring_facts& with) {
  const auto same = ring(g, with, false).equal(a, b);  // that a matrix is symmetric counts only where it is needed
  return same ? same : ring(g, with, true).equal(a, b);
}

}  // namespace checker
