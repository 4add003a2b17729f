#include "present.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <wengert/calculus/composites.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/proof/match.hpp>
#include <wengert/text/printer.hpp>

#include "../text/decimal.hpp"
#include "matrix_layout.hpp"

namespace wengert {

namespace {

constexpr std::size_t largest_tree = 20000;  // nodes; what is larger is not multiplied out

constexpr std::size_t most_laid_out = 2000;  // nodes; the sums of what is larger are not laid out by themselves

constexpr std::size_t most_terms = 60;  // larger results are not rearranged

constexpr std::size_t most_written = 40;  // sums that are kept whole

// In reading costs: what a composite that the user typed is worth, and what a function is that he wrote no more than as a part of
// one.
constexpr std::ptrdiff_t familiar_name = 8;
constexpr std::size_t bare_function = 30;

constexpr std::size_t number_by_equation = 100;  // in reading costs: what is said to be a number, written as something else

constexpr std::size_t long_to_read = 60;  // in reading costs: the derivative of relu as if(u > 0, 1, 0) is not

constexpr std::int64_t highest_folded = 64;  // power of a definition

bool is_node(node_id n) { return n < index_atom; }

rational raised(const rational& c, std::int64_t power) {
  rational r = 1;
  for (std::int64_t k = 0; k < std::abs(power); ++k) r *= c;
  return power < 0 ? rational(1 / r) : r;
}

// Where a factor stands in a product: numbers and dimensions, scalars, arrays, functions, sums; denominators last.
int place(const tape& t, const factor& f, bool is_closed_sum) {
  int p = 0;
  if (f.node == delta_atom)
    p = 5;
  else if (f.node == index_atom)
    p = 2;
  else if (is_closed_sum)
    p = 8;
  else
    switch (t.op(f.node)) {
      case opcode::constant: p = 0; break;
      case opcode::dim_value:
      case opcode::pi: p = 1; break;
      case opcode::symbol: p = f.labels.empty() ? 2 : 3; break;
      case opcode::add: p = 7; break;
      default: p = 4;
    }
  return f.power < 0 ? p + 20 : p;
}

std::vector<bool> carried_axes(const monomial& m, std::size_t count) {
  std::vector<bool> r(count, false);
  for (const factor& f : m.factors)
    for (const label& l : f.labels)
      if (!l.is_constant()) r[static_cast<std::size_t>(l.axis)] = true;
  return r;
}

// The functions by which composites are found.
bool opens_in_composites(opcode o) { return o == opcode::exp || o == opcode::log || o == opcode::erf; }

// How much there is to read: names and numbers weigh most, brackets least.
std::size_t reading_cost(const std::string& text) {
  std::size_t cost = 0;
  bool in_word = false;
  for (char ch : text) {
    bool word = std::isalnum(static_cast<unsigned char>(ch)) || ch == '_' || (static_cast<unsigned char>(ch) & 0x80);
    if (word && !in_word) cost += 4;
    in_word = word;
    if (word || ch == ' ') continue;
    cost += ch == '(' || ch == ')' || ch == '[' || ch == ']' ? 1 : ch == '/' ? 4 : 2;
  }
  return cost;
}

// The number that all entries of an array are.
node_id without_shape(const tape& t, node_id n) {
  while (t.op(n) == opcode::identity && t.bound_count(n) == 0 && t.rank(t.arg(n, 0).node) == 0) n = t.arg(n, 0).node;
  return n;
}

// exp(p/q*u), which is read more easily than a root or a power of exp(u).
node_id exponential(tape& t, node_id n, const exponent& power) {
  const std::vector<range_id> out(t.out(n).begin(), t.out(n).end());
  const edge u = t.arg(n, 0);
  if (t.is_constant(u.node)) {
    const edge multiple{t.constant(t.value(u.node) * rational(power.numerator(), power.denominator())), {}};
    return t.apply(opcode::exp, out, {&multiple, 1});
  }
  std::vector<edge> product{u};
  if (u == t.whole(u.node) && t.op(u.node) == opcode::mul && t.bound_count(u.node) == 0) product = t.args(u.node).copy();
  product.insert(product.begin(), edge{t.constant(rational(power.numerator(), power.denominator())), {}});
  const edge multiple = t.whole(t.mul(out, product));
  return t.apply(opcode::exp, out, {&multiple, 1});
}

// The power of an entry as it is written, z[1]^2: not as the entry of an array of powers, (z.^2)[1].
edge factor_edge(tape& t, const factor& f, const monomial& m, std::span<const range_id> axes) {
  if (f.power.denominator() != 1 && is_node(f.node) && t.op(f.node) == opcode::exp)
    return {exponential(t, f.node, f.power), f.labels};
  if (f.power == 1 || f.node >= index_atom) return to_edge(t, f, m, axes);
  auto range_at = [&](const label& l) {
    const auto a = static_cast<std::size_t>(l.axis);
    return a < axes.size() ? axes[a] : m.bound[a - axes.size()];
  };
  bool of_whole_array = true;
  std::vector<std::size_t> used;
  for (std::size_t q = 0; q < f.labels.size(); ++q) {
    const label& l = f.labels[q];
    of_whole_array = of_whole_array && !l.is_constant() && l.offset == 0 && range_at(l) == t.out(f.node)[q];
    if (!l.is_constant()) used.push_back(static_cast<std::size_t>(l.axis));
  }
  std::ranges::sort(used);
  used.erase(std::unique(used.begin(), used.end()), used.end());
  if (of_whole_array && used.size() == f.labels.size()) return to_edge(t, f, m, axes);
  std::vector<range_id> out;
  std::vector<label> outside, inside = f.labels;
  for (std::size_t a : used) {
    outside.push_back(label::of_axis(a));
    out.push_back(range_at(outside.back()));
  }
  for (label& l : inside)
    if (!l.is_constant())
      l.axis = static_cast<std::int16_t>(std::ranges::lower_bound(used, static_cast<std::size_t>(l.axis)) - used.begin());
  return {t.power(out, {f.node, inside}, rational(f.power.numerator(), f.power.denominator())), outside};
}

// What all coefficients are whole multiples of; negative if all of them are.
rational shared_number(const polynomial& p) {
  rational number = p.terms.begin()->second;
  if (number < 0) number = -number;
  bool all_negative = true;
  for (const auto& [m, c] : p.terms) {
    number = rational(gcd(numerator(number) * denominator(c), numerator(c < 0 ? rational(-c) : c) * denominator(number)),
                      denominator(number) * denominator(c));
    all_negative = all_negative && c < 0;
  }
  if (as_decimal(number)) number = 1;  // 0.25 + 0.001*x rather than (250 + x)/1000
  return all_negative ? rational(-number) : number;
}

}  // namespace

std::size_t tree_size(const tape& t, node_id n, const std::map<node_id, call>& names, std::size_t limit) {
  std::map<node_id, std::size_t> size;
  for (node_id m : t.reachable(n)) {  // arguments first
    std::size_t total = 1;
    if (m == n || !names.contains(m))
      for (edge_view a : t.args(m)) total = std::min(limit, total + size[a.node]);
    size[m] = total;
  }
  return size[n];
}

// --- layout

edge presenter::lay_out_product(const monomial& m, const rational& c, std::span<const range_id> axes) {
  std::size_t free = axes.size();
  // The factors that share bound axes, directly or not, form one closed sum.
  std::vector<std::size_t> group(m.factors.size());
  for (std::size_t k = 0; k < group.size(); ++k) group[k] = k;
  std::vector<std::size_t> owner(m.bound.size(), m.factors.size());
  auto find = [&](std::size_t k) {
    while (group[k] != k) k = group[k];
    return k;
  };
  for (std::size_t k = 0; k < m.factors.size(); ++k)
    for (const label& l : m.factors[k].labels) {
      if (l.is_constant() || static_cast<std::size_t>(l.axis) < free) continue;
      std::size_t& o = owner[static_cast<std::size_t>(l.axis) - free];
      if (o == m.factors.size())
        o = k;
      else
        group[find(k)] = find(o);
    }
  struct part {
    int order;
    edge e;
  };
  std::vector<part> parts;
  std::vector<edge> sums;
  if (c != 1) parts.push_back({-1, {tape_.constant(c), {}}});
  for (std::size_t root = 0; root < m.factors.size(); ++root) {
    if (find(root) != root) continue;
    std::vector<factor> own;
    for (std::size_t k = 0; k < m.factors.size(); ++k)
      if (find(k) == root) own.push_back(m.factors[k]);
    std::ranges::stable_sort(own, {}, [&](const factor& f) { return place(tape_, f, false); });
    std::vector<std::size_t> bound;
    for (std::size_t b = 0; b < m.bound.size(); ++b)
      if (owner[b] < m.factors.size() && find(owner[b]) == root) bound.push_back(b);
    if (bound.empty()) {
      for (const factor& f : own) parts.push_back({place(tape_, f, false), factor_edge(tape_, f, m, axes)});
      continue;
    }
    // A node of its own over the free axes that it carries.
    std::vector<label> narrow(free + m.bound.size()), labels;
    std::vector<range_id> out, reduced;
    monomial inside;
    inside.factors = own;
    std::vector<bool> carried = carried_axes(inside, free + m.bound.size());
    for (std::size_t a = 0; a < free; ++a) {
      if (!carried[a]) continue;
      narrow[a] = label::of_axis(out.size());
      labels.push_back(label::of_axis(a));
      out.push_back(axes[a]);
    }
    for (std::size_t b : bound) {
      narrow[free + b] = label::of_axis(out.size() + reduced.size());
      reduced.push_back(m.bound[b]);
    }
    std::vector<edge> args;
    for (factor& f : own) {
      for (label& l : f.labels) {
        if (l.is_constant()) continue;
        label moved = narrow[static_cast<std::size_t>(l.axis)];
        moved.offset += l.offset;
        l = moved;
      }
      monomial frame_of_sum{reduced, {}};
      args.push_back(factor_edge(tape_, f, frame_of_sum, out));
    }
    node_id sum = args.size() == 1 ? tape_.identity(out, args[0], reduced, reduction::sum) : tape_.mul(out, args, reduced);
    sums.push_back({sum, labels});
  }
  for (edge& e : with_powers(tape_, sums)) parts.push_back({8, std::move(e)});
  // A sum over an axis that nothing carries counts its range.
  for (std::size_t b = 0; b < m.bound.size(); ++b)
    if (owner[b] == m.factors.size())
      parts.push_back({0, {tape_.identity({}, {tape_.constant(1), {}}, std::span(&m.bound[b], 1), reduction::sum), {}}});
  std::ranges::stable_sort(parts, {}, &part::order);
  if (parts.empty()) return {tape_.constant(1), {}};
  if (parts.size() == 1) return parts[0].e;
  std::vector<std::size_t> used;
  for (const part& p : parts)
    for (const label& l : p.e.labels)
      if (!l.is_constant()) used.push_back(static_cast<std::size_t>(l.axis));
  std::ranges::sort(used);
  used.erase(std::unique(used.begin(), used.end()), used.end());
  std::vector<range_id> out;
  std::vector<label> labels;
  for (std::size_t a : used) {
    out.push_back(axes[a]);
    labels.push_back(label::of_axis(a));
  }
  std::vector<edge> args;
  for (part& p : parts) {
    for (label& l : p.e.labels)
      if (!l.is_constant())
        l.axis = static_cast<std::int16_t>(std::ranges::lower_bound(used, static_cast<std::size_t>(l.axis)) - used.begin());
    args.push_back(std::move(p.e));
  }
  return {tape_.mul(out, args), labels};
}

node_id presenter::lay_out(const polynomial& p) {
  if (p.is_zero()) return tape_.identity(p.axes, {tape_.constant(0), {}});
  std::vector<std::pair<const monomial*, rational>> terms;
  for (const auto& [m, c] : p.terms) terms.emplace_back(&m, c);
  std::ranges::reverse(terms);
  std::ranges::stable_sort(terms, [&](const auto& a, const auto& b) { return (a.second > 0) > (b.second > 0); });
  std::vector<edge> args;
  for (const auto& [m, c] : terms) args.push_back(lay_out_product(*m, c, p.axes));
  if (args.size() == 1) return tape_.identity(p.axes, args[0]);
  return tape_.add(p.axes, args);
}

// What all terms share, times the rest.
node_id presenter::factored(const polynomial& p) {
  monomial common;
  for (const factor& f : p.terms.begin()->first.factors) {
    bool fixed = std::ranges::all_of(
        f.labels, [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < p.axes.size(); });
    if (!fixed || f.node == delta_atom) continue;
    exponent least = f.power;
    bool everywhere = true;
    for (const auto& [m, c] : p.terms) {
      auto it = std::ranges::find_if(m.factors, [&](const factor& g) { return g.node == f.node && g.labels == f.labels; });
      everywhere = everywhere && it != m.factors.end() && (it->power > 0) == (f.power > 0);
      if (everywhere) least = f.power > 0 ? std::min(least, it->power) : std::max(least, it->power);
    }
    if (everywhere) common.factors.push_back({f.node, f.labels, least});
  }
  const rational number = shared_number(p);
  polynomial rest{p.axes, {}};
  for (const auto& [m, c] : p.terms) {
    monomial x = m;
    for (const factor& f : common.factors) {
      auto it = std::ranges::find_if(x.factors, [&](const factor& g) { return g.node == f.node && g.labels == f.labels; });
      if ((it->power -= f.power) == 0) x.factors.erase(it);
    }
    rest.terms[x] += c / number;
  }
  if (rest.terms.size() != p.terms.size()) return lay_out(p);
  const auto [inner, axes] = narrowed(rest);
  monomial whole = common;
  whole.factors.push_back({lay_out(inner), axes, exponent(1)});
  return tape_.identity(p.axes, lay_out_product(whole, number, p.axes));
}

// --- folding definitions back

void presenter::add_pattern(node_id c) {
  for (reading* r : {&full_, &light_, &as_written_}) add_pattern(c, *r);
}

void presenter::add_pattern(node_id c, reading& to) {
  if (std::ranges::any_of(to.patterns, [&](const pattern& q) { return q.node == c; })) return;
  polynomial p;
  try {
    p = read(c, to);
    if (p.terms.size() > 3) return;
    p = without_numerators(std::move(p), to);
  } catch (const too_large&) {
    return;
  }
  // The product that stands for it: a denominator, a sum, a function; never a mere symbol, nor what is the same in all entries.
  auto weight = [&](const monomial& m) {
    int w = 0;
    const std::vector<bool> carried = carried_axes(m, p.axes.size() + m.bound.size());
    if (std::find(carried.begin(), carried.begin() + static_cast<std::ptrdiff_t>(p.axes.size()), false) !=
        carried.begin() + static_cast<std::ptrdiff_t>(p.axes.size()))
      return 0;
    for (const factor& f : m.factors) {
      if (!is_node(f.node)) continue;
      bool symbol = tape_.op(f.node) == opcode::symbol;
      w += symbol ? (f.power == 1 ? 0 : 1) : tape_.is_constant(f.node) ? 0 : 2;
      if (f.power < 0) w += 2;
    }
    return m.bound.empty() ? w : w + 3;
  };
  auto best = std::ranges::max_element(p.terms, {}, [&](const auto& term) { return weight(term.first); });
  if (best == p.terms.end() || weight(best->first) < 2) return;
  pattern q{c, p.axes, best->first, best->second, p};
  q.rest.terms.erase(q.product);
  const bool is_sum = !q.rest.is_zero();
  to.patterns.push_back(std::move(q));
  if (is_sum) add_divisor_pattern(c, to);
}

// A sum that is divided by: 1 + erf(x/sqrt(2)) as 2*normal_cdf(x).
void presenter::add_divisor_pattern(node_id c, reading& to) {
  const polynomial p = read(tape_.power(tape_.out(c), tape_.whole(c), -1), to);
  if (p.terms.size() != 1) return;
  const auto& [m, k] = *p.terms.begin();
  const std::vector<label> all = tape::straight(p.axes.size());
  if (!m.bound.empty() || m.factors.size() != 1 || m.factors[0].power != -1 || m.factors[0].labels != all) return;
  to.patterns.push_back({c, p.axes, {{}, {{m.factors[0].node, all, exponent(1)}}}, 1 / k, {p.axes, {}}});
}

// E/(1+E) as 1 - 1/(1+E): wherever a denominator P = c*A + r has a term A alone, powers of A over P are divided out.
polynomial presenter::without_numerators(polynomial p, const reading& in) {
  for (int round = 0; round < 64; ++round) {
    bool changed = false;
    for (const auto& [m, k] : p.terms) {
      for (const factor& f : m.factors) {
        if (f.power >= 0 || f.power.denominator() != 1 || !is_node(f.node) || tape_.op(f.node) != opcode::add) continue;
        if (!prover_.known().known(relation::nonzero, f.node)) continue;
        polynomial sum = in.whole.contains(f.node) ? light_form().expand(light_form().of(f.node).node) : in.form.expand(f.node);
        for (const auto& term : sum.terms) {
          const monomial& a = term.first;
          const rational& c = term.second;
          if (!a.bound.empty() || a.factors.size() != 1 || a.factors[0].power < 1 || !is_node(a.factors[0].node)) continue;
          auto read = [&](const label& l) {
            if (l.is_constant()) return l;
            label r = f.labels[static_cast<std::size_t>(l.axis)];
            r.offset += l.offset;
            return r;
          };
          factor alone = a.factors[0];
          for (label& l : alone.labels) l = read(l);
          const bool elsewhere = std::ranges::any_of(sum.terms, [&](const auto& other) {
            return !(other.first == a) &&
                   std::ranges::any_of(other.first.factors, [&](const factor& g) { return g.node == a.factors[0].node; });
          });
          if (elsewhere || sum.terms.size() > 4) continue;
          auto it = std::ranges::find_if(m.factors, [&](const factor& g) {
            return g.node == alone.node && g.labels == alone.labels && g.power >= alone.power;
          });
          if (it == m.factors.end() || it->power.denominator() != 1) break;  // the first such A only: x/(x+y) is 1 - y/(x+y)
          // A = (P - r)/c
          std::vector<node_id> whole{f.node};
          recording_signs signs(prover_.known());
          expander::options o;
          o.expand_products = in.expand_products;
          o.opaque.insert(in.whole.begin(), in.whole.end());
          o.opaque.insert(f.node);
          expander x(tape_, signs, std::move(o));
          monomial rest = m;
          factor& lowered = rest.factors[static_cast<std::size_t>(it - m.factors.begin())];
          lowered.power -= alone.power;
          if (lowered.power == 0) rest.factors.erase(rest.factors.begin() + (it - m.factors.begin()));
          polynomial q = p;
          q.terms.erase(m);
          monomial up = rest;
          up.factors.push_back({f.node, f.labels, exponent(1)});
          x.push(q, std::move(up), k / c);
          for (const auto& [b, d] : sum.terms) {
            if (b == a || !b.bound.empty()) continue;
            monomial t = rest;
            for (factor g : b.factors) {
              for (label& l : g.labels) l = read(l);
              t.factors.push_back(std::move(g));
            }
            x.push(q, std::move(t), -k * d / c);
          }
          if (std::ranges::any_of(sum.terms, [&](const auto& other) { return !other.first.bound.empty(); })) continue;
          p = std::move(q);
          changed = true;
          break;
        }
        if (changed) break;
      }
      if (changed) break;
    }
    if (!changed) return p;
  }
  return p;
}

// What has a name and could be part of n: it is written with the symbols of n.
std::vector<node_id> presenter::names_within(node_id n) const {
  auto symbols_in = [&](node_id of) {
    std::set<node_id> r;
    for (node_id m : tape_.reachable(of))
      if (tape_.op(m) == opcode::symbol) r.insert(m);
    return r;
  };
  const std::set<node_id> met = symbols_in(n);
  std::vector<node_id> r;
  for (const auto& [node, how] : names_)
    if (std::ranges::includes(met, symbols_in(node))) r.push_back(node);
  return r;
}

void presenter::collect_patterns(node_id n) {
  std::vector<node_id> named;
  composed_ = functions_of_composites();
  for (const node_id node : names_within(n)) {
    const call& how = names_.at(node);
    if (numbers_by_equations(node) > 0) continue;
    auto opened = [&](const edge& e) { return bare_functions(e.node) > 0; };
    if (std::ranges::none_of(how.args, opened)) named.push_back(node);
  }
  named.insert(named.end(), recognized_.begin(), recognized_.end());
  for (node_id c : named) add_pattern(c);
  if (discover_) discover(n);
  for (reading* r : {&full_, &light_, &as_written_})
    std::ranges::stable_sort(r->patterns, std::greater(), [](const pattern& q) { return q.product.factors.size(); });
}

// Composites of one argument, applied to what stands inside the functions of the result.
void presenter::discover(node_id n) {
  std::vector<edge> arguments;
  auto add_argument = [&](node_id m) {
    edge e = tape_.whole(m);
    if (tape_.rank(m) > 2 || arguments.size() > 6 || std::ranges::find(arguments, e) != arguments.end()) return;
    if (numbers_by_equations(m) == 0) arguments.push_back(e);
  };
  discover_quotients(n);
  std::vector<node_id> opened;
  for (node_id form : {n, light_form().of(n).node, full_form().of(n).node})
    for (node_id m : tape_.reachable(form))
      if (opens_in_composites(tape_.op(m))) opened.push_back(tape_.arg(m, 0).node);
  if (opened.empty()) return;
  for (node_id c : names_within(n))
    if (const call& how = names_.at(c); !how.is_let && how.args.size() == 1) add_argument(how.args[0].node);
  for (node_id m : opened) add_argument(m);
  for (const composite& c : composites()) {
    const parameter_kind of = kind_of(c, 0);
    if (c.kinds.size() != 1 || of == parameter_kind::matrix || of == parameter_kind::square) continue;
    for (const edge& e : arguments) {
      const std::size_t rank = tape_.rank(e.node);
      if (of == parameter_kind::vector && rank == 0) continue;
      const bool along_axis = of == parameter_kind::vector && rank == 2;
      const std::uint8_t first = along_axis ? 1 : 0, last = along_axis ? 2 : 0;
      for (std::uint8_t axis = first; axis <= last; ++axis) {
        try {
          const std::size_t named = problem_.calls().size();
          node_id made = problem_.apply(c.name, std::span(&e, 1), axis);
          if (composed_.contains(made)) {  // the log(a) of a cross_entropy needs no name of its own
            if (problem_.calls().size() > named) problem_.unname(made);
            continue;
          }
          const std::vector<node_id> argument = tape_.reachable(e.node);
          auto is_met = [&](node_id m) { return opens_in_composites(tape_.op(m)) && !std::ranges::binary_search(argument, m); };
          auto is_choice = [&](node_id m) { return tape_.op(m) == opcode::select; };  // where it is decided, it is no other name
          const std::vector<node_id> within = tape_.reachable(made);
          if (std::ranges::any_of(within, is_met) && std::ranges::none_of(within, is_choice)) add_pattern(made);
          if (problem_.calls().size() > named) discovered_.push_back(made);
          given_names_.insert(*problem_.calls().find(made));
        } catch (const error&) {
          // the composite does not take such an argument
        }
      }
    }
  }
}

// tan and tanh of what sine and cosine are taken of, the sign of what has an absolute value.
void presenter::discover_quotients(node_id n) {
  auto discover = [&](node_id in, opcode part, opcode quotient) {
    std::size_t found = 0;
    for (node_id m : tape_.reachable(in)) {
      if (tape_.op(m) != part || ++found > 4) continue;
      const std::vector<range_id> axes(tape_.out(m).begin(), tape_.out(m).end());
      const edge e = tape_.arg(m, 0);
      add_pattern(tape_.apply(quotient, axes, std::span(&e, 1)));
    }
  };
  discover(n, opcode::cos, opcode::tan);
  discover(n, opcode::cosh, opcode::tanh);
  auto is_choice = [&](node_id m) { return tape_.op(m) == opcode::select; };
  if (std::ranges::none_of(tape_.reachable(n), is_choice)) discover(full_form().of(n).node, opcode::abs, opcode::sign);
}

// Replaces one product that a pattern stands for by the pattern: product = (node - rest)/coefficient.
bool presenter::fold_once(polynomial& p, const reading& in) {
  recording_signs signs(prover_.known());
  expander::options o;
  o.expand_products = in.expand_products;
  o.opaque.insert(in.whole.begin(), in.whole.end());
  for (const pattern& q : in.patterns) o.opaque.insert(q.node);
  for (const pattern& q : in.patterns) {
    for (const auto& [m, c] : p.terms) {
      monomial rest;
      factor found{q.node, {}, exponent(1)};
      bool power_of_one = q.product.bound.empty() && q.product.factors.size() == 1;
      if (power_of_one) {  // any power that is a whole multiple
        const factor& want = q.product.factors[0];
        auto it = std::ranges::find_if(m.factors, [&](const factor& f) {
          if (f.node != want.node || want.labels != tape::straight(q.axes.size())) return false;
          exponent times = f.power * exponent(want.power.denominator(), want.power.numerator());
          const bool is_small = times.denominator() == 1 && times <= highest_folded && times >= -highest_folded;
          return is_small && (times > 0 || q.rest.is_zero());
        });
        if (it == m.factors.end()) continue;
        exponent times = it->power * exponent(want.power.denominator(), want.power.numerator());
        if (q.rest.is_zero()) found.power = times;
        found.labels = it->labels;
        rest = m;
        factor& left = rest.factors[static_cast<std::size_t>(it - m.factors.begin())];
        left.power -= want.power * found.power;
        if (left.power == 0) rest.factors.erase(rest.factors.begin() + (it - m.factors.begin()));
      } else {
        auto positive = [&](node_id n) {
          return is_node(n) && tape_.op(n) == opcode::add && prover_.known().known(relation::positive, n);
        };
        matcher match(q.product, q.axes.size(), m, p.axes.size(), matcher::no_node, positive);
        if (!match.run()) continue;
        rest = match.rest();
        found.labels = match.labels();
      }
      expander x(tape_, signs, o);
      polynomial r = p;
      r.terms.erase(m);
      monomial with_node = rest;
      with_node.factors.push_back(found);
      x.push(r, std::move(with_node), c / raised(q.coefficient, found.power.numerator()));
      if (!q.rest.is_zero()) {
        std::vector<range_id> all(p.axes.begin(), p.axes.end());
        all.insert(all.end(), rest.bound.begin(), rest.bound.end());
        monomial unbound = rest;
        unbound.bound.clear();
        polynomial product = x.zero(all);
        x.push(product, std::move(unbound), -c / q.coefficient);
        x.add(r, x.summed(x.times(product, x.read(q.rest, found.labels, all)), p.axes.size()));
      }
      p = std::move(r);
      return true;
    }
  }
  return false;
}

polynomial presenter::folded(const polynomial& p, const reading& in) {
  polynomial r = p;
  for (int round = 0; round < 100 && fold_once(r, in); ++round) {}
  return r;
}

node_id presenter::expanded(node_id n) {
  polynomial p = full_form().expand(full_form().of(n).node);
  collect_patterns(n);
  return lay_out(folded(without_numerators(p, full_), full_));
}

// The polynomial of n in which what has a name stays whole, and so do the sums of `also`.
polynomial presenter::with_names_whole(node_id n, bool expand_products, const std::set<node_id>& also) {
  recording_signs signs(prover_.known());
  expander::options o;
  for (const auto& [node, how] : names_) o.opaque.insert(node);
  o.opaque.insert(also.begin(), also.end());
  o.opaque.insert(atoms_.begin(), atoms_.end());
  o.expand_products = expand_products;
  expander x(tape_, signs, std::move(o));
  return x.of(n);
}

// --- sums as they are written

// The sums that the expressions and the composites in them are written with, such as x - mean(x).
void presenter::find_written_sums() {
  if (!as_written_.whole.empty()) return;
  std::vector<node_id> roots;
  for (const expression& e : problem_.expressions()) roots.push_back(e.node);
  for (node_id m : tape_.reachable(roots)) {
    if (tape_.op(m) != opcode::add || as_written_.whole.size() > most_written) continue;
    as_written_.whole.insert(m);
    if (node_id again = light_form().of(m).node; again != m && tape_.op(again) == opcode::add) normalized_[again] = m;
    for (std::size_t a = 0; a < tape_.rank(m); ++a) {
      std::vector<range_id> out(tape_.out(m).begin(), tape_.out(m).end());
      const range_id along = out[a];
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(a));
      std::vector<label> labels = tape::straight(out.size());
      labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(a), label::of_axis(out.size()));
      node_id sum = tape_.identity(out, {m, labels}, std::span(&along, 1), reduction::sum);
      try {
        const polynomial p = full_form().expand(full_form().of(sum).node);
        const bool number = p.is_zero() || (p.terms.size() == 1 && p.terms.begin()->first == monomial{});
        if (number)
          numbers_.push_back(
              {{{along}, {{m, labels, exponent(1)}}}, out.size(), p.is_zero() ? rational(0) : p.terms.begin()->second});
      } catch (const too_large&) {
        // its value stays unknown
      }
    }
  }
  std::vector<node_id> whole(as_written_.whole.begin(), as_written_.whole.end());
  whole.insert(whole.end(), atoms_.begin(), atoms_.end());
  around_sums_.keep_whole(whole);
  for (const theorem& t : prover_.equations()) around_sums_.use_equation(t);
}

void presenter::find_written_arguments() {
  if (!arguments_.empty()) return;
  std::vector<node_id> roots, written;
  for (const expression& e : problem_.expressions()) roots.push_back(e.node);
  for (node_id m : tape_.reachable(roots)) {
    std::size_t count = tape_.op(m) == opcode::select ? 2 : find_function(tape_.op(m)) ? tape_.arity(m) : 0;
    if (tape_.op(m) == opcode::power && !is_integer(tape_.value(m))) count = 1;
    for (std::size_t k = 0; k < count; ++k) written.push_back(tape_.arg(m, k).node);
  }
  for (node_id m : written) {
    if (tape_.arity(m) == 0) continue;
    try {
      const node_id full = full_form().of(m).node;
      for (node_id form : {full, light_form().of(m).node}) arguments_.try_emplace(form, m);
      if (auto f = full_form().factor_out(full)) arguments_.try_emplace(f->equal.says().right, m);
    } catch (const too_large&) {
      // it will be written as it comes
    }
  }
}

// With sums over an axis as the numbers that they are: the deviations from a mean add up to 0.
polynomial presenter::with_sums_evaluated(const polynomial& p) const {
  polynomial r = p;
  for (const product_of_sum& s : numbers_) {
    polynomial next{p.axes, {}};
    for (const auto& [m, c] : r.terms) {
      matcher match(s.sum, s.free, m, p.axes.size());
      const bool met = match.run();
      const monomial left = met ? match.rest() : m;
      if ((next.terms[left] += met ? rational(c * s.number) : c) == 0) next.terms.erase(left);
    }
    r = std::move(next);
  }
  return r;
}

polynomial presenter::read(node_id n, const reading& in) const {
  const node_id m = in.form.of(n).node;
  if (in.whole.empty()) return in.form.expand(m);
  recording_signs signs(prover_.known());
  expander::options o;
  o.opaque.insert(in.whole.begin(), in.whole.end());
  o.expand_products = in.expand_products;
  return with_sums_evaluated(expander(tape_, signs, std::move(o)).of(m));
}

// What most terms share is taken out of these, and so on: a*b + a*c + d as a*(b + c) + d.
node_id presenter::gathered(const polynomial& p) {
  polynomial r = p;
  for (int round = 0; round < 8 && r.terms.size() > 2; ++round) {
    const factor* best = nullptr;
    std::size_t most = 1;
    auto carries = [](const monomial& m, const factor& f) {
      return std::ranges::any_of(m.factors,
                                 [&](const factor& g) { return g.node == f.node && g.labels == f.labels && g.power == f.power; });
    };
    auto count = [&](const factor& f) {
      return static_cast<std::size_t>(std::ranges::count_if(r.terms, [&](const auto& t) { return carries(t.first, f); }));
    };
    for (const auto& [m, c] : r.terms)
      for (const factor& f : m.factors) {
        bool fixed = std::ranges::all_of(
            f.labels, [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < r.axes.size(); });
        if (!fixed || f.node == delta_atom || !is_node(f.node)) continue;
        if (std::size_t n = count(f); n > most) {
          most = n;
          best = &f;
        }
      }
    if (!best || most == r.terms.size()) break;
    const factor shared = *best;
    polynomial group{r.axes, {}}, rest{r.axes, {}};
    for (const auto& [m, c] : r.terms) {
      if (!carries(m, shared)) {
        rest.terms.emplace(m, c);
        continue;
      }
      monomial x = m;
      std::erase_if(x.factors, [&](const factor& g) { return g.node == shared.node && g.labels == shared.labels; });
      group.terms.emplace(std::move(x), c);
    }
    monomial product{{}, {shared, {gathered(group), tape::straight(r.axes.size()), exponent(1)}}};
    std::sort(product.factors.begin(), product.factors.end());
    rest.terms.emplace(std::move(product), 1);
    r = std::move(rest);
  }
  return r.terms.size() > 1 ? factored(r) : lay_out(r);
}

// As the user wrote it; else without the functions that composites are made of, as far as these are found.
node_id presenter::folded_argument(node_id n) {
  if (auto it = arguments_.find(n); it != arguments_.end()) return it->second;
  if (names_.contains(n) || tape_.op(n) == opcode::symbol || bare_functions(n) == 0) return n;
  node_id best = n;
  for (const reading* r : {&light_, &full_}) {
    try {
      const node_id m = lay_out(folded(without_numerators(read(n, *r), *r), *r));
      if (bare_functions(m) < bare_functions(best)) best = m;
    } catch (const too_large&) {
      // not in this reading
    }
  }
  return best;
}

// With each sum and each branch in it laid out by itself: in a product of sums, what a closed sum does not bind stands outside of
// it.
node_id presenter::with_sums_laid_out(node_id n) {
  std::set<node_id> outside, branches;  // of functions; of choices
  std::vector<node_id> stack{n};
  while (!stack.empty()) {
    const node_id m = stack.back();
    stack.pop_back();
    const opcode o = tape_.op(m);
    const bool arithmetic = o == opcode::add || o == opcode::mul || o == opcode::power || o == opcode::identity;
    if ((!arithmetic && o != opcode::select) || names_.contains(m) || !outside.insert(m).second) continue;
    for (std::size_t k = o == opcode::select ? 2 : 0; k < tape_.arity(m); ++k) {
      stack.push_back(tape_.arg(m, k).node);
      if (o == opcode::select) branches.insert(stack.back());
    }
  }
  std::map<node_id, node_id> now;
  for (node_id m : tape_.reachable(n)) {  // arguments first
    now[m] = m;
    if (!outside.contains(m)) continue;
    const std::vector<edge> before = tape_.args(m).copy();
    std::vector<edge> args = before;
    for (edge& e : args) e.node = now.at(e.node);
    node_id& made = now[m];
    if (args != before) made = tape_.make(tape_.op(m), tape_.out(m), tape_.bound(m), tape_.red(m), args, tape_.attribute(m));
    const bool is_sum = tape_.op(m) == opcode::add || (tape_.op(m) == opcode::mul && tape_.red(m) == reduction::sum);
    if (!is_sum && !(branches.contains(m) && tape_.op(m) == opcode::mul)) continue;
    try {
      made = lay_out(with_names_whole(made, false));
    } catch (const too_large&) {
      // it stays as it is
    }
  }
  return now.at(n);
}

// What stands inside functions, with definitions folded back to their names: log(exp(z)/sum(exp(z))/q) as
// log(softmax(z)/q).
node_id presenter::with_arguments_folded(node_id n) {
  std::map<node_id, node_id> now;
  std::vector<std::pair<node_id, bool>> stack{{n, false}};
  while (!stack.empty()) {
    auto [m, ready] = stack.back();
    stack.pop_back();
    if (now.contains(m)) continue;
    if (tape_.arity(m) == 0 || names_.contains(m)) {
      now[m] = m;
    } else if (!ready) {
      stack.emplace_back(m, true);
      for (edge_view e : tape_.args(m)) stack.emplace_back(e.node, false);
    } else {
      const std::vector<edge> before = tape_.args(m).copy();
      std::vector<edge> args = before;
      const bool root = tape_.op(m) == opcode::power && !is_integer(tape_.value(m)), selects = tape_.op(m) == opcode::select;
      for (std::size_t k = 0; k < args.size(); ++k) {
        const node_id below = now.at(args[k].node);
        args[k].node = root || (selects && k < 2) || find_function(tape_.op(m)) ? folded_argument(below) : below;
      }
      now[m] = args == before ? m : tape_.make(tape_.op(m), tape_.out(m), tape_.bound(m), tape_.red(m), args, tape_.attribute(m));
    }
  }
  return now.at(n);
}

namespace {

// A term of a sum that is `value` where the comparison holds, else 0.
struct chosen_term {
  comparison c;
  edge left, right, value;
};

// p < q where `c` says that q <= p, and so on.
void negate(chosen_term& t) {
  switch (t.c) {
    case comparison::lt: t.c = comparison::le; break;
    case comparison::le: t.c = comparison::lt; break;
    case comparison::eq: t.c = comparison::ne; return;
    case comparison::ne: t.c = comparison::eq; return;
  }
  std::swap(t.left, t.right);
}

// e as such a term, if it is one: a choice, or a product with a choice between 1 and 0.
std::optional<chosen_term> chosen(tape& t, const edge& e, std::span<const range_id> axes) {
  auto whole = [&](const edge& a) { return a.labels == tape::straight(axes.size()) && std::ranges::equal(t.out(a.node), axes); };
  if (!whole(e)) return std::nullopt;
  std::vector<edge> others;
  edge choice = e;
  if (t.op(e.node) == opcode::mul && t.bound_count(e.node) == 0) {
    others = t.args(e.node).copy();
    auto is_choice = [&](const edge& a) { return t.op(a.node) == opcode::select && whole(a); };
    auto it = std::ranges::find_if(others, is_choice);
    if (it == others.end()) return std::nullopt;
    choice = *it;
    others.erase(it);
  }
  if (t.op(choice.node) != opcode::select) return std::nullopt;
  const std::vector<edge> args = t.args(choice.node).copy();
  for (std::size_t taken : {2U, 3U}) {
    if (!t.is_constant(args[5 - taken].node, 0)) continue;
    chosen_term r{t.comparison_of(choice.node), args[0], args[1], args[taken]};
    if (!t.is_constant(r.value.node, 1) || others.empty()) others.push_back(r.value);
    r.value = others.size() == 1 ? others[0] : t.whole(t.mul(axes, others));
    if (taken == 3) negate(r);
    return r;
  }
  return std::nullopt;
}

}  // namespace

// Sums of choices that exclude each other as one: if(a <= b, u, 0) + if(b < a, v, 0) as if(a <= b, u, v). And if(a <= b, 1, 0)*u
// as if(a <= b, u, 0).
node_id presenter::with_choices_joined(node_id n) {
  std::map<node_id, node_id> now;
  for (node_id m : tape_.reachable(n)) {
    const std::vector<edge> before = tape_.args(m).copy();
    std::vector<edge> args = before;
    for (edge& e : args) e.node = now.at(e.node);
    const std::vector<range_id> out(tape_.out(m).begin(), tape_.out(m).end());
    for (std::size_t i = 0; tape_.op(m) == opcode::add && i < args.size(); ++i) {
      const auto first = chosen(tape_, args[i], out);
      for (std::size_t j = i + 1; first && j < args.size(); ++j) {
        auto second = chosen(tape_, args[j], out);
        if (!second) continue;
        negate(*second);
        if (second->c != first->c || second->left != first->left || second->right != first->right) continue;
        args[i] = tape_.whole(tape_.select(out, first->c, first->left, first->right, first->value, second->value));
        args.erase(args.begin() + static_cast<std::ptrdiff_t>(j));
        break;
      }
    }
    if (const auto alone = tape_.op(m) == opcode::mul ? chosen(tape_, tape_.whole(m), out) : std::nullopt)
      now[m] = tape_.select(out, alone->c, alone->left, alone->right, alone->value, {tape_.constant(0), {}});
    else if (args == before)
      now[m] = m;
    else if (args.size() == 1 && tape_.op(m) == opcode::add)
      now[m] = args[0].node;
    else
      now[m] = tape_.make(tape_.op(m), out, tape_.bound(m), tape_.red(m), args, tape_.attribute(m));
  }
  return now.at(n);
}

namespace {

// if(c, u*v, 0), where c and v have fewer axes than u, as u*if(c, v, 0); or n itself.
node_id narrowed_choice(tape& t, node_id n) {
  if (t.op(n) != opcode::select) return n;
  const std::vector<edge> args = t.args(n).copy();
  const std::size_t zero = t.is_constant(args[3].node, 0) ? 3 : 2;
  const edge& product = args[5 - zero];
  if (!t.is_constant(args[zero].node, 0) || t.op(product.node) != opcode::mul || t.bound_count(product.node) > 0) return n;
  std::vector<std::size_t> compared;  // axes, in the order in which the comparison reads them
  auto is_compared = [&](std::size_t axis) { return std::ranges::find(compared, axis) != compared.end(); };
  for (const edge* side : {&args[0], &args[1]})
    for (const label& l : side->labels)
      if (!l.is_constant() && !is_compared(static_cast<std::size_t>(l.axis)))
        compared.push_back(static_cast<std::size_t>(l.axis));
  std::vector<edge> outside, inside;
  for (const edge& e : t.args(product.node).copy()) {
    edge f = seen_through(e, product.labels);
    const bool is_narrow = std::ranges::all_of(
        f.labels, [&](const label& l) { return l.is_constant() || is_compared(static_cast<std::size_t>(l.axis)); });
    (is_narrow ? inside : outside).push_back(std::move(f));
  }
  if (outside.empty() || std::ranges::all_of(outside, [](const edge& e) { return e.labels.empty(); })) return n;
  std::vector<range_id> out;
  std::vector<label> narrow(t.rank(n)), wide;
  for (std::size_t a : compared) {
    narrow[a] = label::of_axis(out.size());
    wide.push_back(label::of_axis(a));
    out.push_back(t.out(n)[a]);
  }
  for (edge& e : inside) e = seen_through(std::move(e), narrow);
  const edge value = inside.empty() ? edge{t.constant(1), {}} : inside.size() == 1 ? inside[0] : t.whole(t.mul(out, inside));
  std::array<edge, 2> branches{args[2], args[3]};
  branches[zero - 2] = {t.constant(0), {}};
  branches[3 - zero] = value;
  outside.push_back(
      {t.select(out, t.comparison_of(n), seen_through(args[0], narrow), seen_through(args[1], narrow), branches[0], branches[1]),
       wide});
  return t.mul(t.out(n), outside);
}

}  // namespace

// sum(k, if(u[k] > 0, w[k,i]*v[k], 0)) as sum(k, w[k,i]*if(u[k] > 0, v[k], 0)): a matrix times a vector.
node_id presenter::with_choices_narrowed(node_id n) {
  std::map<node_id, node_id> now;
  for (node_id m : tape_.reachable(n)) {
    now[m] = m;
    if (names_.contains(m)) continue;
    const std::vector<edge> before = tape_.args(m).copy();
    std::vector<edge> args = before;
    for (edge& e : args) e.node = now.at(e.node);
    if (args != before) now[m] = tape_.make(tape_.op(m), tape_.out(m), tape_.bound(m), tape_.red(m), args, tape_.attribute(m));
    now[m] = narrowed_choice(tape_, now[m]);
    const bool sums_product = tape_.op(m) == opcode::identity && tape_.bound_count(m) > 0 && tape_.red(m) == reduction::sum &&
                              tape_.op(before[0].node) == opcode::select && tape_.op(args[0].node) == opcode::mul;
    if (!sums_product) continue;
    std::vector<edge> factors = tape_.args(args[0].node).copy();
    for (edge& e : factors) e = seen_through(std::move(e), args[0].labels);
    now[m] = tape_.mul(tape_.out(m), factors, tape_.bound(m));
  }
  return now.at(n);
}

namespace {

// The product of what is divided by, for divisors of one shape: x and y^2 of 1/x and 1/y^2. Products are opened.
node_id joined_divisor(tape& t, const std::vector<edge>& divisors) {
  const std::vector<range_id> out(t.out(divisors[0].node).begin(), t.out(divisors[0].node).end());
  std::vector<edge> args;
  for (const edge& d : divisors) {
    const rational power = -t.value(d.node);
    const edge base = t.arg(d.node, 0);
    const bool opens = power == 1 && t.op(base.node) == opcode::mul && t.bound_count(base.node) == 0 &&
                       base.labels == tape::straight(t.rank(base.node)) && std::ranges::equal(t.out(base.node), out);
    if (opens)
      std::ranges::copy(t.args(base.node).copy(), std::back_inserter(args));
    else
      args.push_back(power == 1 ? base : t.whole(t.power(out, base, power)));
  }
  return t.power(out, t.whole(t.mul(out, args)), -1);
}

// 1/(x/y), which can be read as y/x.
bool has_nested_fraction(const tape& t, node_id n) {
  auto divides = [&](node_id m) { return t.op(m) == opcode::power && t.value(m) < 0; };
  return std::ranges::any_of(t.reachable(n), [&](node_id m) {
    if (!divides(m) || !is_integer(t.value(m))) return false;
    const node_id base = t.arg(m, 0).node;
    if (t.op(base) != opcode::mul) return false;
    const std::vector<edge> factors = t.args(base).copy();
    return std::ranges::any_of(factors, [&](const edge& e) { return divides(e.node); });
  });
}

}  // namespace

// Several divisors as one: u/x/y as u/(x*y).
node_id presenter::with_divisors_joined(node_id n) {
  std::map<node_id, node_id> now;
  for (node_id m : tape_.reachable(n)) {
    now[m] = m;
    if (names_.contains(m)) continue;
    const std::vector<edge> before = tape_.args(m).copy();
    std::vector<edge> args;
    std::vector<std::vector<edge>> divisors;  // those of one shape together
    for (edge e : before) {
      e.node = now.at(e.node);
      const bool divides = tape_.op(m) == opcode::mul && tape_.op(e.node) == opcode::power && tape_.value(e.node) < 0;
      if (!divides || names_.contains(e.node)) {
        args.push_back(std::move(e));
        continue;
      }
      auto same = std::ranges::find_if(divisors, [&](const std::vector<edge>& d) {
        return d[0].labels == e.labels && std::ranges::equal(tape_.out(d[0].node), tape_.out(e.node));
      });
      if (same == divisors.end()) same = divisors.insert(same, std::vector<edge>{});
      same->push_back(std::move(e));
    }
    std::ranges::stable_sort(divisors, std::greater(), [](const std::vector<edge>& d) { return d[0].labels.size(); });
    for (const std::vector<edge>& d : divisors)
      args.push_back(d.size() == 1 ? d[0] : edge{joined_divisor(tape_, d), d[0].labels});
    if (args == before) continue;
    const bool alone = tape_.op(m) == opcode::mul && args.size() == 1;
    now[m] = alone ? tape_.identity(tape_.out(m), args[0], tape_.bound(m), tape_.red(m))
                   : tape_.make(tape_.op(m), tape_.out(m), tape_.bound(m), tape_.red(m), args, tape_.attribute(m));
  }
  return now.at(n);
}

// --- the choice

std::vector<node_id> presenter::candidates(node_id n) {
  std::vector<node_id> r;
  const std::vector<node_id> named = names_within(n);
  auto add_both = [&](const polynomial& p) {
    if (p.terms.size() > most_terms) return;
    r.push_back(lay_out(p));
    if (p.terms.size() > 1) r.push_back(factored(p));
    if (p.terms.size() > 2) r.push_back(gathered(p));
    if (polynomial q = with_lets(p, named); q.terms != p.terms) r.push_back(lay_out(q));
  };
  auto guarded = [&](auto&& build) {
    try {
      build();
    } catch (const too_large&) {
      // this layout is out of reach; the others remain
    }
  };
  node_id light = light_form().of(n).node;
  if (tree_size(tape_, n, names_, largest_tree) == largest_tree) return {light, n};
  find_written_sums();
  find_written_arguments();
  guarded([&] { add_both(with_names_whole(n, false)); });
  guarded([&] { add_both(with_names_whole(n, true)); });
  guarded([&] { add_both(light_form().expand(light)); });
  guarded([&] { collect_patterns(n); });
  guarded([&] { add_both(folded(without_numerators(light_form().expand(light), light_), light_)); });
  node_id full = full_form().of(n).node;
  guarded([&] {
    polynomial p = full_form().expand(full);
    if (p.terms.size() > most_terms) return;
    add_both(p);
    polynomial q = without_numerators(p, full_);
    if (q.terms != p.terms) add_both(q);
    add_both(folded(q, full_));
    if (auto f = full_form().factor_out(full); f && f->sum != none) {
      // numerator and denominators apart
      monomial m;
      m.factors = f->factors;
      polynomial inside = folded(full_form().expand(f->sum), full_);
      rational number = 1;
      if (inside.terms.size() > 1) {  // -2*(3 - x) is 2*(x - 3)
        number = shared_number(inside);
        const bool mixed = std::ranges::any_of(inside.terms, [&](const auto& x) { return x.second / number < 0; });
        if (mixed && f->coefficient * number < 0) number = -number;
        if (as_decimal(f->coefficient * number)) number = 1;
        for (auto& [a, c] : inside.terms) c /= number;
      }
      m.factors.push_back(
          {inside.terms.size() > 1 ? factored(inside) : lay_out(inside), tape::straight(p.axes.size()), exponent(1)});
      r.push_back(tape_.identity(p.axes, lay_out_product(m, f->coefficient * number, p.axes)));
    }
  });
  guarded([&] {
    if (as_written_.whole.empty()) return;
    const polynomial p = read(substitute(tape_, n, normalized_), as_written_);
    add_both(p);
    add_both(folded(without_numerators(p, as_written_), as_written_));
  });
  r.push_back(light);
  for (node_id suggestion : suggested_) {
    node_id m = without_adjugates(suggestion);
    r.push_back(m);
    guarded([&] { add_both(with_names_whole(m, false)); });
    guarded([&] { add_both(with_names_whole(m, false, as_written_.whole)); });
    guarded([&] { add_both(light_form().expand(light_form().of(m).node)); });
  }
  for (std::size_t k = 0, count = r.size(); k < count; ++k)
    if (has_nested_fraction(tape_, r[k])) guarded([&] { add_both(full_form().expand(full_form().of(r[k]).node)); });
  composed_ = functions_of_composites();
  if (tree_size(tape_, n, names_, most_laid_out) < most_laid_out)
    for (std::size_t k = 0, count = r.size(); k < count; ++k)
      if (const node_id m = with_sums_laid_out(r[k]); std::ranges::find(r, m) == r.end()) r.push_back(m);
  for (std::size_t k = 0, count = r.size(); k < count; ++k) {
    for (node_id m : {with_arguments_folded(r[k]), with_choices_joined(r[k])})
      if (m != r[k]) r.push_back(m);
    const node_id narrowed = with_choices_narrowed(r[k]);
    if (narrowed == r[k]) continue;
    r.push_back(narrowed);
    std::set<node_id> choices;
    for (node_id m : tape_.reachable(narrowed))
      if (tape_.op(m) == opcode::select) choices.insert(m);
    guarded([&] { add_both(with_names_whole(narrowed, false, choices)); });  // a delta beside a choice
  }
  return r;
}

// With det(A)*inv(A) in place of adj(A), the derivative of det(A), where det(A) is not 0.
node_id presenter::without_adjugates(node_id n) {
  std::map<node_id, node_id> by;
  for (node_id m : tape_.reachable(n))
    if (tape_.op(m) == opcode::adj) by.emplace(m, full_form().of(m).node);
  return by.empty() ? n : substitute(tape_, n, by);
}

bool presenter::is_zero(node_id n) const { return tape_.is_constant(without_shape(tape_, n), 0); }

// Whether what `c` needs to be defined is known.
bool presenter::is_defined(node_id c) {
  const std::vector<requirement> all = requirements(tape_, expression{c, {}, {}, {}});
  return std::ranges::all_of(all, [&](const requirement& r) { return full_form().establish(r.is, r.node).has_value(); });
}

// Whether `c` is defined wherever `original` is, even at a kink: relu(x)/x is no way to write the derivative of relu.
bool presenter::as_defined_as(node_id c, node_id original) {
  std::vector<requirement> before = requirements(tape_, expression{original, {}, {}, {}});
  std::optional<prover> by_original;  // knows what `original` needs, and nothing else
  const bool chooses = std::ranges::any_of(tape_.reachable(original), [&](node_id m) { return tape_.op(m) == opcode::select; });
  auto rests_on_more = [&](const theorem& t) {
    return std::ranges::any_of(t.hypotheses(), [&](hypothesis_id h) {
      const hypothesis& why = prover_.using_kernel().hypothesis_of(h);
      const bool off_kink = chooses && why.says.what == claim::kind::sign && why.says.is == relation::nonzero;
      return (off_kink || why.from == origin::differentiable) && std::ranges::none_of(before, [&](const requirement& b) {
               return prover_.assumed_for(b) == why.says.left && b.is == why.says.is;
             });
    });
  };
  auto follows = [&](const requirement& r) {
    if (!by_original) {
      std::vector<requirement> none_open;
      by_original.emplace(tape_).assume_domain(before, false, none_open);
    }
    return by_original->full().establish(r.is, r.node).has_value();
  };
  auto same_power = [&](node_id a, node_id b) {  // x^((y - 1) - 1) and x^(y - 2)
    if (tape_.op(a) != opcode::pow || tape_.op(b) != opcode::pow || tape_.rank(a) != 0 || tape_.rank(b) != 0) return false;
    auto same = [&](const edge& x, const edge& y) {
      return x.labels == y.labels && light_form().of(x.node).node == light_form().of(y.node).node;
    };
    return same(tape_.arg(a, 0), tape_.arg(b, 0)) && same(tape_.arg(a, 1), tape_.arg(b, 1));
  };
  for (const requirement& r : requirements(tape_, expression{c, {}, {}, {}})) {
    if (std::ranges::any_of(before, [&](const requirement& b) {
          return b.is == r.is && (b.node == r.node || (r.is == relation::real_power && same_power(r.node, b.node)));
        }))
      continue;
    auto t = full_form().establish(r.is, r.node);
    if (!t || (rests_on_more(*t) && !follows(r))) return false;
  }
  return true;
}

// Sums that are a multiple of a let: (1-s)*h + s/K as y.
polynomial presenter::with_lets(const polynomial& p, const std::vector<node_id>& named) {
  polynomial best = p;
  for (const node_id node : named) {
    if (!std::ranges::equal(tape_.out(node), p.axes)) continue;
    polynomial l;
    try {
      l = full_form().expand(full_form().of(node).node);
    } catch (const too_large&) {
      continue;
    }
    if (l.terms.size() < 2) continue;
    const auto& [m, c] = *l.terms.begin();
    auto it = best.terms.find(m);
    if (it == best.terms.end()) continue;
    rational times = it->second / c;
    polynomial q = best;
    for (const auto& [a, k] : l.terms)
      if ((q.terms[a] -= times * k) == 0) q.terms.erase(a);
    q.terms[{{}, {{node, tape::straight(p.axes.size()), exponent(1)}}}] += times;
    if (q.terms.size() < best.terms.size()) best = std::move(q);
  }
  return best;
}

// Each layout with what its sums of matrix products share taken out, and as it is.
std::vector<node_id> presenter::matrix_candidates(const std::vector<node_id>& layouts) {
  std::vector<node_id> r;
  matrix_layout from_left(tape_, names_, matrix_layout::side::left), from_right(tape_, names_, matrix_layout::side::right);
  for (node_id c : layouts)
    for (node_id d : {from_left.arranged(c), from_right.arranged(c), c})
      if (std::ranges::find(r, d) == r.end()) r.push_back(d);
  for (const expression& e : problem_.expressions())
    for (node_id m : tape_.reachable(e.node))
      if (tape_.op(m) == opcode::add) units_.insert({from_left.arranged(m), from_right.arranged(m)});
  return r;
}

// How many sums there are that the user did not write: x - A*s is a unit to whoever wrote it.
std::size_t presenter::strange_sums(node_id n) const {
  std::vector<node_id> all = tape_.reachable(n);
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](node_id m) { return tape_.op(m) == opcode::add && !units_.contains(m); }));
}

// What the full form opens, an equation about a function say, may be known only as it is written.
std::optional<theorem> presenter::equate(node_id a, node_id b) {
  auto t = full_form().equate(a, b);
  return t || numbers_by_equations(a) == 0 ? t : light_form().equate(a, b);
}

bool presenter::reads_back(node_id n, const print_options& how) {
  if (is_zero(n)) return true;  // of any shape
  try {
    const printed text = print_with_letters(tape_, n, {&problem_.calls(), {}}, how);
    std::vector<letter_range> letters;
    for (std::size_t k = 0; k < text.letters.size(); ++k) letters.emplace_back(text.letters[k], tape_.out(n)[k]);
    const expression read = problem_.read_back(text.text, letters, n);
    node_id again = read.node;
    if (!letters.empty()) {  // over all of them, in the order of n's axes
      if (tape_.rank(again) != read.letters.size()) return false;
      edge over_read{again, {}};
      for (const std::string& l : read.letters)
        over_read.labels.push_back(
            label::of_axis(static_cast<std::size_t>(std::ranges::find(text.letters, l) - text.letters.begin())));
      again = tape_.identity(tape_.out(n), over_read);
    }
    return again == n || (std::ranges::equal(tape_.out(again), tape_.out(n)) && equate(n, again));
  } catch (const error&) {
    return false;
  }
}

// The functions that the user's composites are made of, outside of their arguments.
std::set<node_id> presenter::functions_of_composites() {
  std::set<node_id> r, seen;
  for (const auto& [c, how] : names_) {
    if (how.is_let || std::ranges::find(discovered_, c) != discovered_.end()) continue;
    std::vector<node_id> stack{c};
    while (!stack.empty()) {
      node_id m = stack.back();
      stack.pop_back();
      bool argument = std::ranges::find(how.args, m, &edge::node) != how.args.end();
      if (argument || (m != c && names_.contains(m)) || !seen.insert(m).second) continue;
      if (m != c && find_function(tape_.op(m))) r.insert({m, full_form().of(m).node});
      for (edge_view a : tape_.args(m)) stack.push_back(a.node);
    }
  }
  return r;
}

// How many functions stand outside of the composites that they belong to: whoever wrote softmax(z) does not look for exp(z).
std::size_t presenter::bare_functions(node_id n) {
  if (composed_.empty()) return 0;
  std::set<node_id> seen;
  std::vector<node_id> stack{n};
  std::size_t count = 0;
  while (!stack.empty()) {
    node_id m = stack.back();
    stack.pop_back();
    if (names_.contains(m) || !seen.insert(m).second) continue;
    const bool is_bare = composed_.contains(m) || (find_function(tape_.op(m)) && composed_.contains(full_form().of(m).node));
    count += is_bare ? 1 : 0;
    for (edge_view a : tape_.args(m)) stack.push_back(a.node);
  }
  return count;
}

// How much easier to read it is for what the user typed: (1 - s)*y + s/K is one thing to whoever wrote it. A composite that he
// typed is not looked for elsewhere: sigmoid(-x) in place of 1 - sigmoid(x).
std::ptrdiff_t presenter::familiarity(node_id n) const {
  std::set<node_id> seen;
  std::vector<node_id> stack{n};
  std::ptrdiff_t count = 0;
  while (!stack.empty()) {
    node_id m = stack.back();
    stack.pop_back();
    if (!seen.insert(m).second) continue;
    const auto known = familiar_.find(m);
    if (known != familiar_.end()) count += known->second;
    if (const auto how = names_.find(m); how != names_.end()) {
      if (known == familiar_.end() && typed_.contains(how->second.name)) count -= familiar_name;
      continue;
    }
    for (edge_view a : tape_.args(m)) stack.push_back(a.node);
  }
  return count;
}

// How many nodes there are that the user's equations say are numbers.
std::size_t presenter::numbers_by_equations(node_id n) const {
  if (prover_.equations().empty()) return 0;
  const std::vector<node_id> all = tape_.reachable(n);
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](node_id m) { return prover_.light().is_number_by_equation(m); }));
}

// The sums of the expressions outside of the composites in them. Functions there are not bare.
void presenter::find_familiar_sums() {
  std::set<node_id> seen;
  std::vector<node_id> stack;
  for (const expression& e : problem_.expressions()) stack.push_back(e.node);
  while (!stack.empty()) {
    node_id m = stack.back();
    stack.pop_back();
    if (!seen.insert(m).second) continue;
    if (tape_.op(m) == opcode::add && !familiar_.contains(m)) {
      try {
        familiar_[m] = static_cast<std::ptrdiff_t>(reading_cost(print_with_letters(tape_, m, {&names_, {}}).text) / 5);
      } catch (const error&) {
        // too long to be read
      }
    }
    auto how = names_.find(m);
    if (how != names_.end() && !how->second.is_let) {
      familiar_.emplace(m, familiar_name);
      typed_.insert(how->second.name);
      for (const edge& a : how->second.args) stack.push_back(a.node);
      continue;
    }
    if (find_function(tape_.op(m))) {
      composed_.erase(m);
      composed_.erase(full_form().of(m).node);
    }
    for (edge_view a : tape_.args(m)) stack.push_back(a.node);
  }
}

// The layouts that can be printed, the shortest first.
std::vector<presenter::choice> presenter::choices(const std::vector<node_id>& layouts, const print_options& how) {
  composed_ = functions_of_composites();
  find_familiar_sums();
  std::vector<choice> r;
  for (node_id c : layouts) {
    try {
      printed text = print_with_letters(tape_, c, {&names_, {}}, how);
      if (how.matrix_notation && is_zero(c)) text = {"0", {}, false};
      auto cost = static_cast<std::ptrdiff_t>(reading_cost(text.text) + 8 * text.letters.size());
      if (how.matrix_notation) cost += static_cast<std::ptrdiff_t>(3 * strange_sums(c));
      cost += static_cast<std::ptrdiff_t>(bare_function * bare_functions(c)) - familiarity(c);
      cost += static_cast<std::ptrdiff_t>(number_by_equation * numbers_by_equations(c));
      if (tape_.is_constant(without_shape(tape_, c))) cost = 1;  // nothing says more
      const bool product = tape_.op(c) == opcode::mul || tape_.op(c) == opcode::power;
      if (product) cost -= 4;  // it says more than a sum
      r.push_back({static_cast<std::size_t>(std::max<std::ptrdiff_t>(cost, 0)), c, std::move(text)});
    } catch (const error&) {
      // too long, or a name that it needs is taken
    }
  }
  std::ranges::stable_sort(r, {}, &choice::cost);
  return r;
}

node_id presenter::rewritten(node_id n) {
  print_options how;
  how.matrix_notation = true;
  node_id best = n;
  for (const choice& c : choices(matrix_candidates(candidates(n)), how))
    if (as_defined_as(c.node, n) && equate(n, c.node)) {
      best = c.node;
      break;
    }
  forget_names_outside(best);
  return best;
}

// Names that served no purpose would be looked for in all that follows.
void presenter::forget_names_outside(node_id n) {
  const std::vector<node_id> kept = tape_.reachable(n);
  for (node_id m : discovered_)
    if (!std::ranges::binary_search(kept, m)) problem_.unname(m);
}

presented presenter::best(node_id n, const std::vector<std::string>& letters, notation wanted, std::string_view mentioning) {
  print_options how;
  how.letters = letters;
  how.index_form = wanted == notation::index;
  how.shape_is_known = true;
  std::vector<node_id> layouts = candidates(n);
  prover_.known().allow_as_much_again();
  const node_id meant = substitute(tape_, n, values_);
  for (bool matrices : {true, false}) {
    if (matrices && (!letters.empty() || (wanted != notation::matrix && wanted != notation::shortest))) continue;
    how.matrix_notation = matrices;
    how.product_entries = wanted == notation::matrix || wanted == notation::shortest;
    std::vector<node_id> ways;
    for (node_id m : matrices ? matrix_candidates(layouts) : layouts)
      for (node_id j : {with_divisors_joined(m), m})
        if (std::ranges::find(ways, j) == ways.end()) ways.push_back(j);
    std::vector<choice> all = choices(ways, how);
    std::ranges::stable_sort(all, std::greater(),
                             [&](const choice& c) { return c.text.text.find(mentioning) != std::string::npos; });
    if (wanted == notation::matrix)  // no letters, however long the text
      std::ranges::stable_sort(all, {}, [](const choice& c) { return c.text.letters.size() + (c.text.bound_letters ? 1 : 0); });
    std::optional<std::pair<presented, std::size_t>> elsewhere;  // needs a condition of the answer to be defined; and its cost
    for (const choice& c : all) {
      node_id node = substitute(tape_, c.node, values_);
      const bool fits = as_defined_as(node, meant);
      if (!fits && (elsewhere || !is_defined(node))) continue;
      if (!reads_back(node, how)) continue;
      const auto t = equate(meant, node);
      if (!t) continue;
      presented written{node, *t, c.text.text, c.text.letters, c.text.bound_letters};
      if (fits) return elsewhere && c.cost > long_to_read && 3 * elsewhere->second < 2 * c.cost ? elsewhere->first : written;
      elsewhere.emplace(std::move(written), c.cost);
    }
  }
  how.product_entries = false;
  printed raw = print_with_letters(tape_, n, {&names_, {}}, how);
  return {meant, prover_.using_kernel().reflexive(meant), raw.text, raw.letters, raw.bound_letters};
}

// --- for forms that are asked for

std::vector<polynomial> presenter::readings(node_id n) {
  std::vector<polynomial> r;
  auto add = [&](auto&& read) {
    try {
      r.push_back(read());
    } catch (const too_large&) {
      // this reading is out of reach
    }
  };
  add([&] { return with_names_whole(n, true); });
  add([&] { return with_names_whole(light_form().of(n).node, true); });
  add([&] { return full_form().expand(full_form().of(n).node); });
  add([&] {
    polynomial p = full_form().expand(full_form().of(n).node);
    collect_patterns(n);
    return folded(without_numerators(p, full_), full_);
  });
  return r;
}

std::optional<presented> presenter::shortest(node_id n, const std::vector<layout>& candidates,
                                             const std::vector<std::string>& letters, bool index_form) {
  print_options how;
  how.letters = letters;
  how.index_form = index_form;
  std::vector<std::pair<const layout*, printed>> texts;
  for (const layout& c : candidates) {
    try {
      texts.emplace_back(&c, print_with_letters(tape_, c.node, {&names_, {}}, how));
    } catch (const error&) {
      // it cannot be printed
    }
  }
  std::ranges::stable_sort(texts, {}, [](const auto& x) { return reading_cost(x.second.text); });
  for (const auto& [c, text] : texts) {
    if (!as_defined_as(c->node, n)) continue;
    auto t = equate(n, c->from ? c->from->says().left : c->node);
    if (t && c->from) t = prover_.using_kernel().transitive(*t, *c->from);
    if (t) return presented{c->node, *t, text.text, text.letters, text.bound_letters};
  }
  return std::nullopt;
}

}  // namespace wengert
