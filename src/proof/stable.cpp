#include <wengert/proof/stable.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include <wengert/core/substitute.hpp>
#include <wengert/core/term.hpp>

namespace wengert {

namespace {

constexpr std::size_t most_exponents = 12;  // a longer sum of exponents becomes one node

// The nodes of what is taken in a form that rounds better, and of that for which this is proved.
constexpr std::size_t largest_stable = 10000, largest_proved = 500;

// SUM coefficient * edge.
struct exponents {
  std::vector<std::pair<edge, rational>> terms;

  bool empty() const { return terms.empty(); }
  void add(const edge& e, const rational& c) {
    auto it = std::ranges::find_if(terms, [&](const auto& t) { return t.first == e; });
    if (it == terms.end())
      terms.emplace_back(e, c);
    else if ((it->second += c) == 0)
      terms.erase(it);
  }
  void add(const exponents& other, const rational& c, std::span<const label> through) {
    for (const auto& [e, k] : other.terms) add(seen_through(e, through), c * k);
  }
  friend bool operator==(const exponents& a, const exponents& b) {
    return a.terms.size() == b.terms.size() &&
           std::ranges::all_of(a.terms, [&](const auto& t) { return std::ranges::find(b.terms, t) != b.terms.end(); });
  }
};

// A node as exp(scale)*rest; both are read over the node's output axes.
struct scaled {
  exponents scale;
  edge rest;
};

class stabilizer {
 public:
  explicit stabilizer(tape& t, shifts* out = nullptr) : t_(t), one_{t.constant(1), {}}, shifts_(out) {}

  node_id run(node_id root) {
    for (node_id n : t_.reachable(root)) {
      if (t_.op(n) != opcode::exp && !is_of_two(n) && !touched(n) && !leaves_out(n)) continue;
      node_id p = rebuild(n);
      scaled s = split(n, p);
      if (worthwhile(n, s)) p = whole(n, s);
      if (p != n) plain_.emplace(n, p);
      if (!s.scale.empty()) split_.emplace(n, std::move(s));
    }
    return plain(root);
  }

 private:
  static bool is_one(const tape& t, const edge& e) { return t.is_constant(e.node, 1); }

  // Only what differs from the nodes as they stand is kept: most of a large graph has no exponentials.
  bool touched(node_id n) const {
    for (edge_view e : t_.args(n))
      if (has_scale(e.node) || plain_.contains(e.node)) return true;
    return false;
  }
  bool has_scale(node_id n) const { return split_.contains(n); }

  // The branch of a choice whose other branch is 0, by its place among the arguments; or 0.
  std::size_t only_branch(node_id n) const {
    if (t_.op(n) != opcode::select) return 0;
    return t_.is_constant(t_.arg(n, 2).node, 0) ? 3 : t_.is_constant(t_.arg(n, 3).node, 0) ? 2 : 0;
  }
  // Whether n sums exponentials but for those that a choice leaves out.
  bool leaves_out(node_id n) const {
    auto does = [&](const edge& e) {
      const std::size_t k = only_branch(e.node);
      return k != 0 && has_scale(t_.arg(e.node, k).node);
    };
    return t_.bound_count(n) > 0 && std::ranges::any_of(t_.args(n).copy(), does);
  }
  // cosh and sinh are sums of two exponentials.
  bool is_of_two(node_id n) const { return t_.op(n) == opcode::cosh || t_.op(n) == opcode::sinh; }
  node_id plain(node_id n) const {
    auto it = plain_.find(n);
    return it == plain_.end() ? n : it->second;
  }
  edge plain(const edge_view& e) const { return {plain(e.node), {e.labels.begin(), e.labels.end()}}; }
  scaled parts_of(node_id n) const {
    auto it = split_.find(n);
    return it == split_.end() ? scaled{{}, t_.whole(plain(n))} : it->second;
  }

  // n over the improved arguments.
  node_id rebuild(node_id n) {
    std::vector<edge> args;
    bool changed = false;
    for (edge_view e : t_.args(n)) {
      args.push_back(plain(e));
      changed = changed || args.back().node != e.node;
    }
    return changed ? t_.make(t_.op(n), t_.out(n), t_.bound(n), t_.red(n), args, t_.attribute(n)) : n;
  }

  // Whether exp(s)*v is better than the node as it stands: where exponents may have met, or where a logarithm was taken apart.
  bool worthwhile(node_id n, const scaled& s) {
    std::size_t parts = 0;
    for (edge_view e : t_.args(n))
      if (has_scale(e.node)) ++parts;
    if (parts == 0) return false;
    switch (t_.op(n)) {
      case opcode::mul: return parts > 1 || t_.bound_count(n) > 0 || !simple(n);
      case opcode::power: return true;
      case opcode::log:
      case opcode::xlogy: return s.scale.empty();
      default: return false;
    }
  }

  // A product of plain factors with one exponential.
  bool simple(node_id n) {
    for (edge_view e : t_.args(n))
      if (has_scale(e.node) && t_.op(e.node) != opcode::exp) return false;
    return true;
  }

  // --- the parts of a node

  scaled split(node_id n, node_id p) {
    frame f{t_, {t_.axes(n).begin(), t_.axes(n).end()}};
    switch (t_.op(n)) {
      case opcode::exp: return exponential(n);
      case opcode::mul: return product(n, f);
      case opcode::power: return power_of(n, f);
      case opcode::add:
      case opcode::cosh:
      case opcode::sinh: return sum(n, f, p);
      case opcode::log: return logarithm(n, f, p);
      case opcode::xlogy: return weighted_logarithm(n, f, p);
      case opcode::identity:
        if (t_.red(n) == reduction::none || t_.red(n) == reduction::sum) return product(n, f);
        break;
      default: break;
    }
    return {{}, t_.whole(p)};
  }

  scaled exponential(node_id n) {
    edge u = plain(t_.arg(n, 0));
    exponents s;
    flatten(u, 1, s, 0);
    if (s.terms.size() > most_exponents) s.terms = {{u, 1}};
    return {std::move(s), one_};
  }

  // u as a sum of multiples.
  void flatten(const edge& u, const rational& c, exponents& into, int depth) {
    if (depth < 8 && into.terms.size() <= most_exponents && t_.bound_count(u.node) == 0) {
      std::vector<edge> args = t_.args(u.node).copy();
      for (edge& a : args) a = seen_through(a, u.labels);
      switch (t_.op(u.node)) {
        case opcode::add:
          for (const edge& a : args) flatten(a, c, into, depth + 1);
          return;
        case opcode::identity: return flatten(args[0], c, into, depth + 1);
        case opcode::mul: {
          rational k = c;
          std::erase_if(args, [&](const edge& a) {
            if (!t_.is_constant(a.node)) return false;
            k *= t_.value(a.node);
            return true;
          });
          if (args.size() == 1) return flatten(args[0], k, into, depth + 1);
          if (args.empty()) return into.add(one_, k);
          break;
        }
        case opcode::constant:
          if (t_.value(u.node) != 0) into.add(one_, c * t_.value(u.node));
          return;
        default: break;
      }
    }
    into.add(u, c);
  }

  // u where a choice, read through labels, takes its only branch, and `other` elsewhere.
  term kept(const edge& choice, const term& u, const term& other) {
    std::array<term, 2> sides{term(u.in(), seen_through(plain(t_.arg(choice.node, 0)), choice.labels)),
                              term(u.in(), seen_through(plain(t_.arg(choice.node, 1)), choice.labels))};
    const comparison c = t_.comparison_of(choice.node);
    return only_branch(choice.node) == 2 ? select(c, sides[0], sides[1], u, other) : select(c, sides[0], sides[1], other, u);
  }

  scaled product(node_id n, frame& f) {
    exponents s;
    std::vector<edge> factors, choices;  // choices that leave out some of the products that are summed
    for (edge e : t_.args(n).copy()) {
      if (const std::size_t k = only_branch(e.node); k != 0 && t_.bound_count(n) > 0) {
        choices.push_back(e);
        e = seen_through(t_.arg(e.node, k), e.labels);
      }
      const scaled a = parts_of(e.node);
      s.add(a.scale, 1, e.labels);
      edge v = seen_through(a.rest, e.labels);
      if (!is_one(t_, v)) factors.push_back(std::move(v));
    }
    std::size_t rank = t_.rank(n), bound = t_.bound_count(n);
    exponents outside, inside;  // of the reduction
    for (const auto& [e, c] : s.terms) {
      bool in = std::ranges::any_of(e.labels,
                                    [&](const label& l) { return !l.is_constant() && static_cast<std::size_t>(l.axis) >= rank; });
      (in ? inside : outside).add(e, c);
    }
    if (s.empty() && factors.empty()) factors.push_back(one_);
    if (!inside.empty()) {
      term values = value_of(f, inside);
      if (!choices.empty()) {  // the greatest of those that are not left out
        const term least(f, extreme(f, rank, values, reduction::min));
        for (const edge& c : choices) values = kept(c, values, least);
      }
      const edge largest = taken_out(extreme(f, rank, values, reduction::max));
      exponents shifted = inside;
      shifted.add(largest, -1);
      factors.push_back(ops::exp(value_of(f, shifted)).as_edge());
      flatten(largest, 1, outside, 0);
    }
    if (outside.terms.size() > most_exponents) outside.terms = {{value_of(f, outside).as_edge(), 1}};
    if (factors.empty() && bound == 0) return {std::move(outside), one_};
    if (factors.empty()) factors.push_back(one_);
    if (!choices.empty()) {
      term all(f, factors[0]);
      for (std::size_t k = 1; k < factors.size(); ++k) all = all * term(f, factors[k]);
      for (const edge& c : choices) all = kept(c, all, term(f, 0));
      factors = {all.as_edge()};
    }
    std::vector<range_id> out(f.axes.begin(), f.axes.begin() + static_cast<std::ptrdiff_t>(rank));
    std::vector<range_id> reduced(f.axes.begin() + static_cast<std::ptrdiff_t>(rank), f.axes.end());
    node_id v = factors.size() == 1 ? t_.identity(out, factors[0], reduced, reduction::sum) : t_.mul(out, factors, reduced);
    return {std::move(outside), t_.whole(v)};
  }

  scaled power_of(node_id n, frame& f) {
    edge_view e = t_.arg(n, 0);
    const scaled a = parts_of(e.node);
    exponents s;
    const rational p = t_.value(n);
    s.add(a.scale, p, e.labels);
    edge v = seen_through(a.rest, e.labels);
    return {std::move(s), is_one(t_, v) ? one_ : raised(f, v, p).as_edge()};
  }

  // v^p; a whole power of a whole power is one power.
  term raised(frame& f, const edge& v, const rational& p) {
    if (p == 1) return {f, v};
    if (t_.op(v.node) != opcode::power || !is_integer(t_.value(v.node)) || !is_integer(p)) return power(term(f, v), p);
    return power(term(f, seen_through(t_.arg(v.node, 0), v.labels)), p * t_.value(v.node));
  }

  // The terms of a sum that `e` reads, over the axes of the reader.
  std::vector<scaled> terms_of(const edge& e) {
    std::vector<scaled> parts;
    if (is_of_two(e.node)) {
      exponents up, down;
      flatten(seen_through(plain(t_.arg(e.node, 0)), e.labels), 1, up, 0);
      for (const auto& [s, c] : up.terms) down.add(s, -c);
      const rational half(1, 2);
      const edge front{t_.constant(half), {}}, behind{t_.constant(t_.op(e.node) == opcode::cosh ? half : -half), {}};
      return {{std::move(up), front}, {std::move(down), behind}};
    }
    for (edge_view a : t_.args(e.node)) {
      const scaled s = parts_of(a.node);
      std::vector<label> labels = seen_through(a, e.labels).labels;
      parts.push_back({{}, seen_through(s.rest, labels)});
      parts.back().scale.add(s.scale, 1, labels);
    }
    return parts;
  }

  scaled sum(node_id n, frame& f, node_id p) {
    std::vector<scaled> parts = terms_of(t_.whole(n));
    if (std::ranges::all_of(parts, [](const scaled& a) { return a.scale.empty(); })) return {{}, t_.whole(p)};
    exponents common = take_common(parts);
    std::vector<term> different;
    for (const scaled& a : parts) {
      term u = value_of(f, a.scale);
      if (std::ranges::none_of(different, [&](const term& d) { return d.as_edge() == u.as_edge(); })) different.push_back(u);
    }
    const term m(f, taken_out(greatest_of(f, different).as_edge()));
    std::vector<edge> terms;
    for (scaled& a : parts) {
      if (different.size() > 1) a.scale.add(m.as_edge(), -1);
      if (a.scale.empty() || different.size() == 1)
        terms.push_back(a.rest);
      else
        terms.push_back(
            (is_one(t_, a.rest) ? ops::exp(value_of(f, a.scale)) : term(f, a.rest) * ops::exp(value_of(f, a.scale))).as_edge());
    }
    if (different.size() > 1)
      common.add(m.as_edge(), 1);
    else
      common.add(parts.front().scale, 1, tape::straight(f.axes.size()));
    return {std::move(common), t_.whole(t_.add(f.axes, terms))};
  }

  edge taken_out(edge e) {
    if (shifts_) e.node = shifts_->symbol_for(t_, e.node);
    return e;
  }

  // The greatest of some terms; those that are such maxima themselves are opened.
  term greatest_of(frame& f, const std::vector<term>& all) {
    std::vector<edge> open, found;
    for (auto it = all.rbegin(); it != all.rend(); ++it) open.push_back(it->as_edge());
    while (!open.empty()) {
      edge e = open.back();
      open.pop_back();
      if (t_.op(e.node) == opcode::max) {
        open.push_back(seen_through(t_.arg(e.node, 1), e.labels));
        open.push_back(seen_through(t_.arg(e.node, 0), e.labels));
      } else if (std::ranges::find(found, e) == found.end()) {
        found.push_back(e);
      }
    }
    term m(f, found.front());
    for (std::size_t k = 1; k < found.size(); ++k) m = make_term(opcode::max, {m, term(f, found[k])});
    return m;
  }

  // Takes out of all parts the exponents that they share.
  static exponents take_common(std::vector<scaled>& parts) {
    exponents common;
    for (const auto& term : parts.front().scale.terms) {
      bool everywhere = std::ranges::all_of(
          parts, [&](const scaled& a) { return std::ranges::find(a.scale.terms, term) != a.scale.terms.end(); });
      if (everywhere) common.add(term.first, term.second);
    }
    for (scaled& a : parts)
      for (const auto& [e, c] : common.terms) a.scale.add(e, -c);
    return common;
  }

  // --- logarithms

  // log(u) as  SUM coefficient*exponent + terms + log(PROD factors).
  struct opened {
    exponents sum;
    std::vector<term> terms;
    std::vector<term> factors;
  };

  scaled logarithm(node_id n, frame& f, node_id p) {
    edge u = t_.arg(n, 0);
    if (!has_scale(u.node)) return {{}, t_.whole(p)};
    return {{}, t_.whole(log_of(f, u, nullptr).over_frame())};
  }

  scaled weighted_logarithm(node_id n, frame& f, node_id p) {
    edge u = t_.arg(n, 1);
    if (!has_scale(u.node)) return {{}, t_.whole(p)};
    term weight(f, plain(t_.arg(n, 0)));
    return {{}, t_.whole(log_of(f, u, &weight).over_frame())};
  }

  // log(u), or xlogy(*weight, u): 0 at weight 0, whatever the factors are.
  term log_of(frame& f, const edge& u, const term* weight) {
    opened o;
    open(f, u, 1, o, 0);
    std::vector<term> all = std::move(o.terms);
    if (!o.sum.empty()) all.insert(all.begin(), value_of(f, o.sum));
    if (weight)
      for (term& t : all) t = *weight * t;
    if (!o.factors.empty()) {
      term product = o.factors.front();
      for (std::size_t k = 1; k < o.factors.size(); ++k) product = product * o.factors[k];
      all.push_back(weight ? make_term(opcode::xlogy, {*weight, product}) : ops::log(product));
    }
    if (all.empty()) return {f, rational(0)};
    term r = all.front();
    for (std::size_t k = 1; k < all.size(); ++k) r = r + all[k];
    return r;
  }

  // Takes u^c apart.
  void open(frame& f, const edge& u, const rational& c, opened& into, int depth) {
    bool plain_product = t_.bound_count(u.node) == 0 && depth < 6;
    if (!has_scale(u.node)) {
      if (!is_one(t_, u)) into.factors.push_back(raised(f, edge{plain(u.node), u.labels}, c));
    } else if (t_.op(u.node) == opcode::cosh || (t_.op(u.node) == opcode::add && t_.arity(u.node) == 2)) {
      term l = logarithm_of_two(f, terms_of(u));
      into.terms.push_back(c == 1 ? l : term(f, c) * l);
    } else if (plain_product && t_.op(u.node) == opcode::power) {
      open(f, seen_through(t_.arg(u.node, 0), u.labels), c * t_.value(u.node), into, depth + 1);
    } else if (plain_product && (t_.op(u.node) == opcode::mul || t_.op(u.node) == opcode::identity)) {
      for (const edge& a : t_.args(u.node).copy()) open(f, seen_through(a, u.labels), c, into, depth + 1);
    } else {
      const scaled s = parts_of(u.node);
      into.sum.add(s.scale, c, u.labels);
      edge v = seen_through(s.rest, u.labels);
      if (!is_one(t_, v)) into.factors.push_back(raised(f, v, c));
    }
  }

  // log(v*exp(s) + w*exp(t)) with the greater exponent in front: exact to the last digit also where the other term is tiny, and
  // as smooth as the original.
  term logarithm_of_two(frame& f, std::vector<scaled> parts) {
    exponents common = take_common(parts);
    auto in_front = [&](const scaled& big, const scaled& small) {
      exponents difference = small.scale, front = big.scale;
      for (const auto& [e, c] : big.scale.terms) difference.add(e, -c);
      for (const auto& [e, c] : common.terms) front.add(e, c);
      term ratio = ops::exp(value_of(f, difference));
      if (!is_one(t_, small.rest)) ratio = term(f, small.rest) * ratio;
      term rest = is_one(t_, big.rest) ? ops::log1p(ratio) : ops::log(term(f, big.rest) + ratio);
      return front.empty() ? rest : value_of(f, front) + rest;
    };
    if (parts[0].scale == parts[1].scale) return in_front(parts[0], parts[1]);
    term left = value_of(f, parts[0].scale), right = value_of(f, parts[1].scale);
    return select(comparison::lt, left, right, in_front(parts[1], parts[0]), in_front(parts[0], parts[1]));
  }

  // --- building

  term value_of(frame& f, const exponents& s) {
    if (s.empty()) return {f, rational(0)};
    std::optional<term> r;
    for (const auto& [e, c] : s.terms) {
      term u = is_one(t_, e) ? term(f, c) : c == 1 ? term(f, e) : term(f, c) * term(f, e);
      r = r ? *r + u : u;
    }
    return *r;
  }

  // The greatest or the least value of `u` over the axes from `rank` on, over just those of the first `rank` axes that u carries.
  edge extreme(const frame& f, std::size_t rank, const term& u, reduction which) {
    std::vector<std::size_t> carried;
    for (const label& l : u.as_edge().labels)
      if (!l.is_constant()) carried.push_back(static_cast<std::size_t>(l.axis));
    std::ranges::sort(carried);
    carried.erase(std::unique(carried.begin(), carried.end()), carried.end());
    edge inner = u.as_edge();
    for (label& l : inner.labels)
      if (!l.is_constant())
        l.axis = static_cast<std::int16_t>(std::ranges::lower_bound(carried, static_cast<std::size_t>(l.axis)) - carried.begin());
    std::vector<range_id> out, reduced;
    std::vector<label> labels;
    for (std::size_t a : carried) {
      (a < rank ? out : reduced).push_back(f.axes[a]);
      if (a < rank) labels.push_back(label::of_axis(a));
    }
    return {t_.identity(out, inner, reduced, which), labels};
  }

  // exp(scale)*rest as one node over the axes of n.
  node_id whole(node_id n, const scaled& s) {
    frame f{t_, {t_.out(n).begin(), t_.out(n).end()}};
    if (s.scale.empty()) return t_.identity(f.axes, s.rest);
    term e = ops::exp(value_of(f, s.scale));
    return (is_one(t_, s.rest) ? e : e * term(f, s.rest)).over_frame();
  }

  tape& t_;
  edge one_;
  shifts* shifts_;
  std::unordered_map<node_id, node_id> plain_;
  std::unordered_map<node_id, scaled> split_;
};

}  // namespace

node_id stabilized(tape& t, node_id n) { return stabilizer(t).run(with_complements(t, n, false)); }
node_id stabilized(tape& t, node_id n, shifts& out) { return stabilizer(t, &out).run(with_complements(t, n, false)); }

node_id shifts::symbol_for(tape& t, node_id n) {
  const auto [found, fresh] = symbols_.try_emplace(n, none);
  if (!fresh) return found->second;
  std::string name;
  for (std::size_t k = nodes_.size(); name.empty() || t.find_symbol(name) != none || t.find_dim(name) != none; ++k)
    name = fmt::format("shift[{}]", k);
  const std::vector<range_id> axes(t.out(n).begin(), t.out(n).end());
  found->second = t.symbol(name, axes);
  put_back(t, {&n, 1});
  nodes_.emplace(found->second, n);
  return found->second;
}

void shifts::put_back(tape& t, std::span<node_id> roots) const {
  if (!nodes_.empty()) substitute(t, roots, nodes_);
}

void make_stable(tape& t, std::span<node_id> nodes, shifts& out) {
  if (t.reachable(nodes).size() > largest_stable) return;
  std::vector<node_id> better;
  for (node_id n : nodes) better.push_back(stabilized(t, n, out));
  std::optional<prover> with;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (better[k] == nodes[k]) continue;
    if (t.reachable(nodes[k]).size() <= largest_proved) {
      if (!with) with.emplace(t);
      if (!with->equate(nodes[k], better[k])) continue;
    }
    nodes[k] = better[k];
  }
}

node_id stable_form(tape& t, node_id n) {
  shifts out;
  make_stable(t, {&n, 1}, out);
  out.put_back(t, {&n, 1});
  return n;
}

std::optional<normal> find_stable_form(prover& with, node_id n, const std::function<bool(node_id)>& wanted) {
  tape& t = with.using_kernel().on();
  std::vector<node_id> tried{n};
  auto attempt = [&](node_id start) -> std::optional<normal> {
    node_id s = stabilized(t, start);
    if (std::ranges::find(tried, s) != tried.end()) return std::nullopt;
    tried.push_back(s);
    if (!wanted(s)) return std::nullopt;
    auto equal = with.equate(n, s);
    return equal ? std::optional(normal{s, *equal}) : std::nullopt;
  };
  if (auto r = attempt(n)) return r;
  if (auto r = attempt(with.light().of(n).node)) return r;
  return attempt(with.full().of(n).node);
}

}  // namespace wengert
