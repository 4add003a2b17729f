// The normal form of functions: by the rows of the table of identities.
#include <wengert/proof/normal_form.hpp>

#include <algorithm>
#include <numeric>

#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>

#include "exponents.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_terms = 24;  // an exponent with more terms is left whole

// The rows of the table that replace a function by simpler ones, in the full form.
std::string_view unfolding(opcode o) {
  switch (o) {
    case opcode::log2: return "log2-log";
    case opcode::log10: return "log10-log";
    case opcode::log1p: return "log1p-log";
    case opcode::expm1: return "expm1-exp";
    case opcode::tan: return "tan-quotient";
    case opcode::cot: return "cot-quotient";
    case opcode::sec: return "sec-quotient";
    case opcode::csc: return "csc-quotient";
    case opcode::acos: return "acos-asin";
    case opcode::acot: return "acot-atan";
    case opcode::asec: return "asec-acos";
    case opcode::acsc: return "acsc-asin";
    case opcode::sinh: return "sinh-exp";
    case opcode::cosh: return "cosh-exp";
    case opcode::tanh: return "tanh-exp";
    case opcode::coth: return "coth-exp";
    case opcode::sech: return "sech-exp";
    case opcode::csch: return "csch-exp";
    case opcode::asinh: return "asinh-log";
    case opcode::acosh: return "acosh-log";
    case opcode::atanh: return "atanh-log";
    case opcode::acoth: return "acoth-atanh";
    case opcode::asech: return "asech-acosh";
    case opcode::acsch: return "acsch-asinh";
    case opcode::pow: return "pow-exp";
    case opcode::ceil: return "ceil-floor";
    case opcode::xlogy: return "xlogy-log";
    case opcode::hypot: return "hypot-root";
    case opcode::max: return "max-abs";
    case opcode::min: return "min-abs";
    case opcode::erfc: return "erfc-erf";
    case opcode::lgamma: return "lgamma-log";
    case opcode::beta: return "beta-gamma";
    case opcode::gammaq: return "gammaq-gammap";
    default: return {};
  }
}

// The rows that take a minus out of a function.
std::string_view parity_row(opcode o) {
  switch (o) {
    case opcode::sign: return "sign-odd";
    case opcode::sin: return "sin-odd";
    case opcode::cos: return "cos-even";
    case opcode::atan: return "atan-odd";
    case opcode::asin: return "asin-odd";
    case opcode::erf: return "erf-odd";
    case opcode::erfinv: return "erfinv-odd";
    default: return {};
  }
}

// The rows that give a function at x + 1 by the function at x, and at x by the function at x + 1. For Bessel functions x is the
// order, and a third function stands beside the two.
struct step_rows {
  std::string_view down, up;
};
step_rows step_of(opcode o) {
  switch (o) {
    case opcode::gamma: return {"gamma-step", "gamma-back"};
    case opcode::digamma: return {"digamma-step", "digamma-back"};
    case opcode::polygamma: return {"polygamma-step", "polygamma-back"};
    case opcode::besselj: return {"besselj-step", "besselj-back"};
    case opcode::bessely: return {"bessely-step", "bessely-back"};
    case opcode::besseli: return {"besseli-step", "besseli-back"};
    case opcode::besselk: return {"besselk-step", "besselk-back"};
    default: return {};
  }
}

// The row for the sine or the cosine of pi/parts, if there is one.
std::string_view special_row(bool sine, const big_integer& parts) {
  if (parts == 1) return sine ? "sin-pi" : "cos-pi";
  if (parts == 2) return sine ? "sin-pi-2" : "cos-pi-2";
  if (parts == 3) return sine ? "sin-pi-3" : "cos-pi-3";
  if (parts == 4) return sine ? "sin-pi-4" : "cos-pi-4";
  if (parts == 6) return sine ? "sin-pi-6" : "cos-pi-6";
  return {};
}

bool is_multiple_of_pi(const tape& t, const polynomial& p) {
  if (p.terms.size() != 1) return false;
  const monomial& m = p.terms.begin()->first;
  return m.bound.empty() && m.factors.size() == 1 && m.factors[0].power == 1 && is_node(m.factors[0].node) &&
         t.op(m.factors[0].node) == opcode::pi;
}

}  // namespace

theorem normalizer::function(node_id n) {
  theorem same = kernel_.reflexive(n);
  if (is_matrix_function(tape_.op(n))) return matrix_function(n);
  const op_info* info = find_function(tape_.op(n));
  if (!info && tape_.op(n) != opcode::unknown) return same;
  if (form_ == form::full &&
      !unfolding(tape_.op(n)).empty()) {  // before it is lifted: log1p(u[1]) must become what log(1 + u[1]) does
    theorem t = unfold(n);
    if (t.says().right != n) return t;
  }
  if (tape_.arity(n) == 1) {
    edge e = tape_.arg(n, 0);
    bool broadcast = tape_.op(e.node) == opcode::identity && tape_.bound_count(e.node) == 0;
    bool whole = std::ranges::equal(e.labels, tape::straight(tape_.rank(n))) &&
                 std::ranges::equal(tape_.out(e.node), tape_.out(n));  // or else a part of the argument
    if (broadcast || !whole) {
      theorem t = kernel_.lift(n);
      return t.says().right == n ? same : then_normalize(t);
    }
    if (form_ == form::full)
      if (auto t = turned(n)) return then_normalize(*t);
  }
  switch (tape_.op(n)) {
    case opcode::exp: return exponential(n);
    case opcode::log: return logarithm(n);
    case opcode::abs: return absolute(n);
    case opcode::sign: return sign_of(n);
    case opcode::sin:
    case opcode::cos: return form_ == form::full ? sine_or_cosine(n) : same;
    case opcode::atan:
    case opcode::asin:
    case opcode::erf:
    case opcode::erfinv: return form_ == form::full ? odd_function(n) : same;
    case opcode::gamma:
    case opcode::digamma:
    case opcode::polygamma:
    case opcode::besselj:
    case opcode::bessely:
    case opcode::besseli:
    case opcode::besselk: return form_ == form::full ? step(n) : same;
    case opcode::cbrt: return form_ == form::full ? cube_root(n) : same;
    case opcode::floor: return form_ == form::full ? rounded(n) : same;
    case opcode::pow: return form_ == form::full ? whole_power(n) : numeric_power(n);
    default: return form_ == form::full ? unfold(n) : same;
  }
}

// f(u), or a power of u, is read from that of u with its axes in the order in which u is least: f(B'*A')[i,j] as f(A*B)[j,i].
std::optional<theorem> normalizer::turned(node_id n) {
  const std::size_t rank = tape_.rank(n);
  const node_id u = tape_.arg(n, 0).node;
  if (rank < 2 || rank > 3 || tape_.op(u) == opcode::symbol || edge(tape_.arg(n, 0)) != tape_.whole(u)) return std::nullopt;
  if (!std::ranges::equal(tape_.out(n), tape_.out(u))) return std::nullopt;
  const std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
  polynomial least = expand(u);
  std::vector<std::size_t> order(rank), best;
  std::iota(order.begin(), order.end(), std::size_t{0});
  while (std::next_permutation(order.begin(), order.end())) {
    std::vector<range_id> out(rank);
    std::vector<label> labels(rank);
    for (std::size_t k = 0; k < rank; ++k) {
      out[k] = axes[order[k]];
      labels[order[k]] = label::of_axis(k);
    }
    polynomial p = expand(tape_.identity(out, {u, labels}));
    if (!(p.terms < least.terms)) continue;
    least = std::move(p);
    best = order;
  }
  if (best.empty()) return std::nullopt;
  std::vector<label> back(rank);
  for (std::size_t k = 0; k < rank; ++k) back[k] = label::of_axis(best[k]);
  auto inside = ring(u, tape_.identity(axes, {to_node(tape_, least), back}));
  if (!inside) return std::nullopt;
  const theorem moved = with_argument(n, 0, *inside);
  const node_id m = moved.says().right;
  if (tape_.op(n) != opcode::power) return chain(moved, kernel_.lift(m));
  const edge other = tape_.arg(inside->says().right, 0);
  const std::vector<range_id> out(tape_.out(other.node).begin(), tape_.out(other.node).end());
  auto read = ring(m, tape_.identity(axes, {tape_.power(out, tape_.whole(other.node), tape_.value(n)), other.labels}));
  return read ? std::optional(chain(moved, *read)) : std::nullopt;
}

theorem normalizer::unfold(node_id n) {
  std::string_view row = unfolding(tape_.op(n));
  if (row.empty()) return kernel_.reflexive(n);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  std::vector<term> args;
  for (edge_view e : tape_.args(n)) args.emplace_back(f, edge(e));
  auto t = try_rule(row, f, args.front(), args.back());
  if (t && t->says().left == n) return then_normalize(*t);
  if (auto apart = weight_apart(n)) return then_normalize(*apart);
  return kernel_.reflexive(n);
}

std::optional<theorem> normalizer::weight_apart(node_id n) {
  if (tape_.op(n) != opcode::xlogy) return std::nullopt;
  const edge x = tape_.arg(n, 0), y = tape_.arg(n, 1);
  const std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
  if (y != tape_.whole(y.node) || !std::ranges::equal(tape_.out(y.node), axes)) return std::nullopt;
  const polynomial p = expand(y.node);
  if (p.terms.size() != 1) return std::nullopt;
  monomial rest = p.terms.begin()->first;
  const rational c = p.terms.begin()->second;
  if (std::erase(rest.factors, factor{x.node, x.labels, exponent(1)}) == 0 || rest.factors.empty()) return std::nullopt;
  frame f{tape_, axes};
  const auto t = try_rule("xlogy-factor", f, term(f, x), term(f, tape_.whole(to_node(tape_, rest, c, axes))));
  if (!t) return std::nullopt;
  const edge product = tape_.arg(t->says().left, 1);
  if (!std::ranges::equal(tape_.out(product.node), axes)) return std::nullopt;
  const auto reshape = ring(y.node, product.node);
  return reshape ? std::optional(chain(with_argument(n, 1, *reshape), *t)) : std::nullopt;
}

theorem normalizer::exponential(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto over = [&](node_id u) { return term(f, tape_.whole(u)); };
  if (p.is_zero()) {
    auto t = try_rule("exp-zero", f, term(f, rational(0)), term(f, rational(0)));
    return t && t->says().left == n ? chain(*t, kernel_.reflexive(t->says().right)) : same;
  }
  if (p.terms.size() == 1) {
    const auto& [m, c] = *p.terms.begin();
    bool one = c == 1 && m.bound.empty() && m.factors.size() == 1 && m.factors[0].power == 1 && is_node(m.factors[0].node);
    opcode inner = one ? tape_.op(m.factors[0].node) : opcode::constant;
    if (inner == opcode::log || (inner == opcode::lambertw && form_ == form::full)) {
      frame g{tape_, {tape_.out(m.factors[0].node).begin(), tape_.out(m.factors[0].node).end()}};
      term x(g, tape_.arg(m.factors[0].node, 0));
      auto t = try_rule(inner == opcode::log ? "exp-log" : "lambertw-exp", g, x, x);
      if (!t || t->says().left != n) return same;
      return then_normalize(*t);
    }
    if (c == 1 || form_ == form::light) return same;
    node_id x = to_node(tape_, m, 1, p.axes);
    auto t = try_rule("exp-multiple", f, over(x), over(x), c);
    if (!t) return same;
    auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
    if (!reshape) return same;
    return then_normalize(chain(with_argument(n, 0, *reshape), *t));
  }
  if (form_ == form::light || p.terms.size() > most_terms) return same;
  polynomial first{p.axes, {*p.terms.begin()}}, rest{p.axes, {std::next(p.terms.begin()), p.terms.end()}};
  auto t = try_rule("exp-sum", f, over(to_node(tape_, first)), over(to_node(tape_, rest)));
  if (!t || tape_.op(t->says().left) != opcode::exp) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  if (!reshape) return same;
  return then_normalize(chain(with_argument(n, 0, *reshape), *t));
}

theorem normalizer::logarithm(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (tape_.is_constant(a, 1)) {
    auto t = try_rule("log-one", f, term(f, rational(1)), term(f, rational(1)));
    return t && t->says().left == n ? *t : same;
  }
  if (tape_.op(a) == opcode::exp) {
    term x(f, tape_.arg(a, 0));
    auto t = try_rule("log-exp", f, x, x);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (form_ == form::light) return same;
  auto product = factor_out(a);
  if (!product) return same;
  // The factors as powers of atoms; a number is a product of primes.
  std::vector<std::pair<edge, rational>> parts;
  if (product->coefficient <= 0) return same;
  for (auto [value, sign] : {std::pair{numerator(product->coefficient), 1}, std::pair{denominator(product->coefficient), -1}}) {
    if (value > 1000000) {
      parts.push_back({{tape_.constant(rational(value)), {}}, sign});
      continue;
    }
    auto v = value.convert_to<std::int64_t>();
    for (std::int64_t q = 2; v > 1; ++q) {
      if (q * q > v) q = v;
      std::int64_t k = 0;
      for (; v % q == 0; v /= q) ++k;
      if (k) parts.push_back({{tape_.constant(q), {}}, sign * k});
    }
  }
  for (const factor& g : product->factors) {
    if (!is_node(g.node)) return same;
    parts.push_back({{g.node, g.labels}, to_rational(g.power)});
  }
  if (product->sum != none) parts.push_back({tape_.whole(product->sum), 1});
  if (parts.empty() || (parts.size() == 1 && parts[0].second == 1)) return same;
  // Right to left: log(x1 * (x2 * ...)) = log(x1) + log(x2 * ...).
  auto as_term = [&](std::size_t k) { return power(term(f, parts[k].first), parts[k].second); };
  std::vector<term> tails{as_term(parts.size() - 1)};
  for (std::size_t k = parts.size() - 1; k-- > 0;) tails.push_back(as_term(k) * tails.back());
  node_id written = tails.back().over_frame();
  std::vector<node_id> opaque;
  if (product->sum != none) opaque.push_back(product->sum);
  auto reshape = ring(product->equal.says().right, written, {}, opaque);
  if (!reshape) return same;
  theorem t = with_argument(n, 0, chain(product->equal, *reshape));
  if (parts.size() == 1) {
    bool even = is_even_integer(parts[0].second) && !facts_.known(relation::positive, parts[0].first.node);
    term x(f, parts[0].first);
    auto last = try_rule(even ? "log-even-power" : "log-power", f, x, x, parts[0].second);
    return last && last->says().left == t.says().right ? then_normalize(chain(t, *last)) : same;
  }
  auto step = try_rule("log-product", f, as_term(0), tails[tails.size() - 2]);
  if (!step || step->says().left != t.says().right) return same;
  return then_normalize(chain(t, *step));
}

theorem normalizer::absolute(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.whole(a));
  for (std::string_view row : {"abs-nonnegative", "abs-nonpositive"})
    if (auto t = try_rule(row, f, u, u); t && t->says().left == n) return then_normalize(*t);
  if (form_ == form::light) return same;
  polynomial p = expand(a);
  if (p.is_zero()) return same;
  auto finish = [&](const std::optional<theorem>& t) {
    if (!t || tape_.op(t->says().left) != opcode::abs) return same;
    auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
    if (!reshape) return same;
    return then_normalize(chain(with_argument(n, 0, *reshape), *t));
  };
  const auto& [m, c] = *p.terms.begin();
  if (p.terms.size() == 1 && m.bound.empty()) {
    if (c != 1) return finish(try_rule("abs-product", f, term(f, c), term(f, tape_.whole(to_node(tape_, m, 1, p.axes)))));
    if (m.factors.size() == 1) {
      if (m.factors[0].power == 1 || !is_node(m.factors[0].node)) return same;
      term x(f, edge{m.factors[0].node, m.factors[0].labels});
      return finish(try_rule("abs-power", f, x, x, to_rational(m.factors[0].power)));
    }
    monomial rest = m, head = m;
    head.factors.erase(head.factors.begin() + 1, head.factors.end());
    rest.factors.erase(rest.factors.begin());
    return finish(try_rule("abs-product", f, term(f, tape_.whole(to_node(tape_, head, 1, p.axes))),
                           term(f, tape_.whole(to_node(tape_, rest, 1, p.axes)))));
  }
  if (c < 0) {
    polynomial q = p;
    for (auto& [mono, k] : q.terms) k = -k;
    term x(f, tape_.whole(to_node(tape_, q)));
    return finish(try_rule("abs-negative", f, x, x));
  }
  return same;
}

theorem normalizer::sign_of(node_id n) {
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.arg(n, 0));
  for (std::string_view row : {"sign-positive", "sign-negative"})
    if (auto t = try_rule(row, f, u, u); t && t->says().left == n) return then_normalize(*t);
  if (form_ == form::full)
    if (auto t = try_rule("sign-quotient", f, u, u); t && t->says().left == n) return then_normalize(*t);
  return expand(tape_.arg(n, 0).node).is_zero() ? sign_of_zero(n) : form_ == form::full ? odd_function(n) : kernel_.reflexive(n);
}

// sign(0) = sign(-0) = -sign(0), so that half of it and half of it add up to 0.
theorem normalizer::sign_of_zero(node_id n) {
  theorem same = kernel_.reflexive(n);
  const std::vector<range_id> axes(tape_.out(n).begin(), tape_.out(n).end());
  frame f{tape_, axes};
  const term x(f, tape_.arg(n, 0));
  const auto odd = try_rule("sign-odd", f, x, x);
  const auto turned = odd ? ring(tape_.arg(n, 0).node, tape_.arg(odd->says().left, 0).node) : std::nullopt;
  if (!turned) return same;
  const edge half{tape_.constant(rational(1, 2)), {}};
  const node_id part = tape_.mul(axes, std::array<edge, 2>{half, tape_.whole(n)});
  const node_id both = tape_.add(axes, std::array<edge, 2>{tape_.whole(part), tape_.whole(part)});
  const auto split = ring(n, both);
  if (!split) return same;
  const theorem opposite = with_argument(both, 1, with_argument(part, 1, chain(with_argument(n, 0, *turned), *odd)));
  const auto zero = ring(opposite.says().right, tape_.identity(axes, {tape_.constant(0), {}}));
  return zero ? chain(*split, chain(opposite, *zero)) : same;
}

theorem normalizer::odd_function(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (tape_.op(n) == opcode::erf && (p.is_zero() || tape_.op(a) == opcode::erfinv)) {
    term u(f, p.is_zero() ? edge{tape_.constant(0), {}} : tape_.arg(a, 0));
    auto t = try_rule(p.is_zero() ? "erf-zero" : "erf-erfinv", f, u, u);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (p.is_zero() || p.terms.begin()->second > 0) return same;
  for (auto& [m, c] : p.terms) c = -c;
  term x(f, tape_.whole(to_node(tape_, p)));
  auto t = try_rule(parity_row(tape_.op(n)), f, x, x);
  if (!t || tape_.op(t->says().left) != tape_.op(n)) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

// A function of u + k, where k is a whole number, by the function of u: gamma(x + 2) is (x + 1)*x*gamma(x). The number in the
// argument is brought between 0 and 1; the order of a Bessel function, to two neighbours.
theorem normalizer::step(node_id n) {
  theorem same = kernel_.reflexive(n);
  opcode o = tape_.op(n);
  bool bessel = find_function(o)->parameters == 1 && o != opcode::polygamma;
  std::size_t moving = o == opcode::polygamma ? 1 : 0;
  edge argument = tape_.arg(n, moving);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto rewrite = [&](std::string_view row, const term& x, const term& y) {
    auto t = try_rule(row, f, x, y);
    if (!t || tape_.op(t->says().left) != o) return same;
    if (t->says().left == n) return then_normalize(*t);
    auto reshape = ring(argument.node, tape_.arg(t->says().left, moving).node);
    if (!reshape) return same;
    theorem moved = with_argument(n, moving, *reshape);
    return moved.says().right == t->says().left ? then_normalize(chain(moved, *t)) : same;
  };
  term whole(f, argument);
  term other = tape_.arity(n) == 2 ? term(f, tape_.arg(n, 1 - moving)) : whole;
  if (o == opcode::polygamma && tape_.is_constant(other.as_edge().node, 0)) return rewrite("polygamma-zero", whole, whole);
  polynomial p = expand(argument.node);
  auto number = p.terms.find(monomial{});
  rational c = number == p.terms.end() ? rational(0) : number->second;
  bool alone = p.terms.size() == (number == p.terms.end() ? 0U : 1U);
  if (o == opcode::gamma && alone && c == 1) return rewrite("gamma-one", whole, whole);
  if (o == opcode::gamma && alone && c == rational(1, 2)) return rewrite("gamma-half", whole, whole);
  constexpr int farthest = 20;
  bool down = bessel || alone ? c > 1 : c >= 1, up = bessel || !alone ? c < 0 : c <= 0;
  if (abs(c) > farthest || (!down && !up)) return same;
  if (down) {
    p.terms.erase(monomial{});
    if (c != 1) p.terms.emplace(monomial{}, c - 1);
  }
  term x = down ? term(f, edge{to_node(tape_, p), argument.labels}) : whole;
  return rewrite(down ? step_of(o).down : step_of(o).up, x, tape_.arity(n) == 2 ? other : x);
}

theorem normalizer::cube_root(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term u(f, tape_.whole(a));
  if (auto t = try_rule("cbrt-root", f, u, u); t && t->says().left == n) return then_normalize(*t);
  // cbrt(-8*x^3*y) = -cbrt(2)^3*cbrt(x)^3*cbrt(y), one factor at a time
  polynomial p = expand(a);
  if (p.terms.size() != 1 || !p.terms.begin()->first.bound.empty()) return same;
  const auto& [m, c] = *p.terms.begin();
  auto finish = [&](const std::optional<theorem>& t) {
    auto reshape = t && tape_.op(t->says().left) == opcode::cbrt ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
    return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
  };
  if (m.factors.empty()) {  // a number; of what is no cube of a rational there is nothing to say
    for (std::int64_t k = 2; k <= 100; ++k)
      for (const rational& root : {rational(k), rational(-k), rational(1, k), rational(-1, k), rational(-1)})
        if (root * root * root == c) return finish(try_rule("cbrt-power", f, term(f, root), term(f, root), 3));
    return same;
  }
  term rest(f, tape_.whole(to_node(tape_, m, 1, p.axes)));
  if (c != 1) return finish(try_rule("cbrt-product", f, term(f, c), rest));
  if (m.factors.size() == 1) {
    const factor& g = m.factors[0];
    if (!is_node(g.node) || !whole(g.power) || g.power == 1) return same;
    term x(f, edge{g.node, g.labels});
    return finish(try_rule("cbrt-power", f, x, x, to_rational(g.power)));
  }
  monomial head = m, others = m;
  head.factors.erase(head.factors.begin() + 1, head.factors.end());
  others.factors.erase(others.factors.begin());
  return finish(try_rule("cbrt-product", f, term(f, tape_.whole(to_node(tape_, head, 1, p.axes))),
                         term(f, tape_.whole(to_node(tape_, others, 1, p.axes)))));
}

// floor(u + v) = floor(u) + v for what is surely an integer.
theorem normalizer::rounded(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  polynomial p = expand(a), integers{p.axes, {}}, rest{p.axes, {}};
  for (const auto& [m, c] : p.terms) {
    bool is_whole = is_integer(c) && (m.factors.empty() || establish(relation::integer, to_node(tape_, m, 1, p.axes)));
    (is_whole ? integers : rest).terms.emplace(m, c);
  }
  if (integers.terms.empty() && !p.is_zero()) return same;
  auto over = [&](const polynomial& q) { return term(f, tape_.whole(to_node(tape_, q))); };
  auto t = rest.is_zero() ? try_rule("floor-integer", f, over(p), over(p)) : try_rule("floor-sum", f, over(rest), over(integers));
  auto reshape = t && tape_.op(t->says().left) == opcode::floor ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

// x^(n + 2) = x^n*x^2, x^(3*n) = (x^n)^3.
theorem normalizer::whole_power(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 1).node;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  term x(f, tape_.arg(n, 0));
  polynomial p = expand(a);
  rational c;
  std::string_view row;
  if (auto number = p.terms.find(monomial{}); number != p.terms.end()) {
    c = number->second;
    row = "pow-shift";
    p.terms.erase(number);
  } else if (p.terms.size() == 1) {
    c = std::exchange(p.terms.begin()->second, rational(1));
    row = "pow-multiple";
  }
  if (p.terms.empty() || c == 0 || c == 1 - (row == "pow-shift") || !is_integer(c)) return same;
  term y(f, tape_.whole(to_node(tape_, p)));
  auto t = try_rule(row, f, x, y, c);
  if (!t) t = try_rule(row == "pow-shift" ? "pow-shift-nonzero" : "pow-multiple-nonzero", f, x, y, c);
  auto reshape = t && tape_.op(t->says().left) == opcode::pow ? ring(a, tape_.arg(t->says().left, 1).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 1, *reshape), *t)) : same;
}

// x^y where y has become a number c: x^y = exp(c*log(x)) = exp(log(x))^c = x^c.
theorem normalizer::numeric_power(node_id n) {
  theorem same = kernel_.reflexive(n);
  const edge y = tape_.arg(n, 1);
  if (!tape_.is_constant(y.node)) return same;
  const rational c = tape_.value(y.node);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  const term x(f, tape_.arg(n, 0));
  const auto opened = try_rule("pow-exp", f, x, term(f, y));
  if (!opened || opened->says().left != n) return same;
  const auto power = try_rule("exp-multiple", f, ops::log(x), x, c);
  const auto base = try_rule("exp-log", f, x, x);
  if (!power || !base) return same;
  const auto reshaped = ring(tape_.arg(opened->says().right, 0).node, tape_.arg(power->says().left, 0).node);
  if (!reshaped) return same;
  const theorem written = chain(with_argument(opened->says().right, 0, *reshaped), *power);
  const theorem last = c == 1 ? *base : with_argument(written.says().right, 0, *base);
  return then_normalize(chain(*opened, chain(written, last)));
}

// sin(pi/3), ...
theorem normalizer::special_angle(node_id n) {
  theorem same = kernel_.reflexive(n);
  node_id a = tape_.arg(n, 0).node;
  std::string_view row = special_row(tape_.op(n) == opcode::sin, denominator(expand(a).terms.begin()->second));
  if (row.empty()) return same;
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  auto t = try_rule(row, f, term(f, rational(1)), term(f, rational(1)));
  auto reshape = t ? ring(a, tape_.arg(t->says().left, 0).node) : std::nullopt;
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

theorem normalizer::sine_or_cosine(node_id n) {
  theorem same = kernel_.reflexive(n);
  bool sine = tape_.op(n) == opcode::sin;
  node_id a = tape_.arg(n, 0).node;
  polynomial p = expand(a);
  frame f{tape_, {tape_.out(n).begin(), tape_.out(n).end()}};
  if (p.is_zero()) {
    auto t = try_rule(sine ? "sin-zero" : "cos-zero", f, term(f, rational(0)), term(f, rational(0)));
    return t && t->says().left == n ? *t : same;
  }
  if (tape_.op(a) == opcode::asin || tape_.op(a) == opcode::atan) {
    std::string_view row = tape_.op(a) == opcode::asin ? (sine ? "sin-asin" : "cos-asin") : (sine ? "sin-atan" : "cos-atan");
    term x(f, tape_.arg(a, 0));
    auto t = try_rule(row, f, x, x);
    return t && t->says().left == n ? then_normalize(*t) : same;
  }
  if (p.terms.begin()->second < 0) return odd_function(n);
  const auto& [lead, c] = *p.terms.begin();
  // A whole multiple of an angle, or of a part of pi.
  const bool of_pi = is_multiple_of_pi(tape_, p);
  const rational unit(1, of_pi ? denominator(c) : 1);
  if (of_pi && c == unit) return special_angle(n);
  const bool multiple = p.terms.size() == 1 && is_integer(c / unit) && c > unit && c <= (of_pi ? 24 : 4) * unit;
  if (of_pi && special_row(sine, denominator(c)).empty()) return same;
  if (!multiple && (p.terms.size() < 2 || p.terms.size() > 4)) return same;
  polynomial first{p.axes, {*p.terms.begin()}}, rest{p.axes, {std::next(p.terms.begin()), p.terms.end()}};
  if (multiple) {
    first.terms.begin()->second = unit;
    rest.terms.emplace(lead, c - unit);
  }
  auto t = try_rule(sine ? "sin-sum" : "cos-sum", f, term(f, tape_.whole(to_node(tape_, first))),
                    term(f, tape_.whole(to_node(tape_, rest))));
  if (!t || tape_.op(t->says().left) != tape_.op(n)) return same;
  auto reshape = ring(a, tape_.arg(t->says().left, 0).node);
  return reshape ? then_normalize(chain(with_argument(n, 0, *reshape), *t)) : same;
}

}  // namespace wengert
