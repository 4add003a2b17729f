#include "signs.hpp"

#include <map>

#include "ring.hpp"
#include "tables.hpp"

namespace checker {

namespace {

class sign_rules {
 public:
  sign_rules(graph& g, const known_signs& known) : g_(g), known_(known) {}
  bool follows(sign is, int n) {
    if (given(is, n)) return true;
    const node& m = g_.at(n);
    switch (is) {
      case sign::positive: return positive(n);
      case sign::nonnegative: return nonnegative(n) || positive(n);
      case sign::nonzero: return nonzero(n) || positive(n);
      case sign::integer: return integer(n);
      case sign::not_integer: return false;
      case sign::off_poles: return off_poles(n);
      case sign::real_power: break;
    }
    if (m.op < functions || function(m.op).name != "pow") return false;
    int x = m.args[0].node, y = m.args[1].node;
    bool whole = given(sign::integer, y);
    return given(sign::positive, x) || (whole && (given(sign::nonzero, x) || given(sign::nonnegative, y))) ||
           (given(sign::nonnegative, x) && given(sign::positive, y)) || power_of_real_powers(m);
  }

 private:
  bool given(sign is, int n) const { return checker::given(g_, known_, is, n); }
  bool first(sign is, const node& m) const { return given(is, m.args.at(0).node); }
  bool every(sign is, const node& m) const {
    return std::all_of(m.args.begin(), m.args.end(), [&](const edge& e) { return given(is, e.node); });
  }
  bool some(sign is, const node& m) const {
    return std::any_of(m.args.begin(), m.args.end(), [&](const edge& e) { return given(is, e.node); });
  }
  bool reduces_something(const node& m) const {
    for (std::size_t k = m.rank; k < m.axes.size(); ++k)
      if (!g_.nonempty(m.axes[k])) return false;
    return true;
  }

  // Both branches of a choice, each where it is taken.
  bool branches(sign is, const node& m) const { return branch(is, m, true) && branch(is, m, false); }

  // What is known of the branch anywhere, or follows from the comparison with which it is taken.
  bool branch(sign is, const node& m, bool taken) const {
    const edge u = m.args[taken ? 2 : 3];
    if (given(is, u.node)) return true;
    edge low = m.args[0], high = m.args[1];
    auto c = static_cast<comparison>(m.attribute);
    if (c == comparison::eq || c == comparison::ne) {  // u != 0 where it differs from 0
      bool differ = (c == comparison::ne) == taken,
           from_zero = (u == low && g_.is_number(high.node, 0)) || (u == high && g_.is_number(low.node, 0));
      return is == sign::nonzero && differ && from_zero;
    }
    bool strict = (c == comparison::lt) == taken;  // low < high, or low <= high
    if (!taken) std::swap(low, high);
    bool enough = is == sign::nonnegative || strict;
    if (u == low && is == sign::nonzero && strict && g_.is_number(high.node, 0)) return true;
    const node& h = g_.at(high.node);  // an absolute value or a power is not 0: neither is what it is of
    const bool zero_with =
        (h.op == power && h.value.is_whole() && h.value > 0) || (h.op >= functions && function(h.op).name == "abs");
    if (is == sign::nonzero && zero_with && high == g_.whole(high.node) && h.axes == m.axes && u == h.args[0] &&
        given(strict ? sign::nonnegative : sign::positive, low.node))
      return true;
    if (u == high && given(enough ? sign::nonnegative : sign::positive, low.node)) return true;
    return enough && is_gap(m, u, low, high);
  }

  // u = high - low, as polynomials, whatever is symmetric.
  bool is_gap(const node& m, const edge& u, const edge& low, const edge& high) const {
    const std::vector<int> out = m.out();
    const edge minus{g_.number(-1), {}}, below = g_.whole(g_.make(mul, out, {minus, low}));
    try {
      const auto same = same_polynomial(g_, g_.read(out, u), g_.make(add, out, {high, below}), {});
      return same && same->empty();
    } catch (const refusal&) {
      return false;
    }
  }

  // x^(u + v) and x^(c*u) of real x^u and x^v and whole numbers c, which may be negative where x is not 0.
  bool power_of_real_powers(const node& n) const {
    const edge x = n.args[0], y = n.args[1];
    const node& m = g_.at(y.node);
    const std::vector<int> out = n.out();
    if ((m.op != add && m.op != mul) || m.bound() > 0 || y != g_.whole(y.node) || m.axes != out) return false;
    int powers = 0;
    for (const edge& part : m.args) {
      if (g_.is_number(part.node)) {
        const rational& c = g_.at(part.node).value;
        if (!c.is_whole() || (!(c >= 0) && !given(sign::nonzero, x.node))) return false;
        continue;
      }
      ++powers;
      bool real = std::any_of(known_.begin(), known_.end(), [&](const std::pair<int, sign>& k) {
        const node& q = g_.at(k.first);
        return k.second == sign::real_power && q.op == n.op && q.axes == out && q.args[0] == x && q.args[1] == part;
      });
      if (!real) return false;
    }
    return m.op == add || powers == 1;
  }

  bool defined_here(int n) const {
    frame f{g_, g_.at(n).axes};
    for (const condition& c : defined(g_, n, f))
      if (!given(c.is, narrowed(f, c.of))) return false;
    return true;
  }

  bool positive(int n) {
    if (given(sign::nonnegative, n) && given(sign::nonzero, n)) return true;
    const node& m = g_.at(n);
    switch (m.op) {
      case dim:
      case pi: return true;
      case index_of: return g_.surely_le({-1, 1}, g_.bounds(m.axes[0]).lo);
      case add: return every(sign::nonnegative, m) && some(sign::positive, m);
      case mul: return every(sign::positive, m) && reduces_something(m);
      case identity: return (first(sign::positive, m) && (m.red == reduction::prod || reduces_something(m))) || counts_ties(n);
      case power: return m.value == 0 || first(sign::positive, m) || (m.value.is_even() && first(sign::nonzero, m));
      case select: return branches(sign::positive, m);
      default: break;
    }
    if (m.op < functions) return false;
    const function_row& f = function(m.op);
    if (f.sign == known_sign::positive) return true;
    if (f.sign == known_sign::as_argument || f.sign == known_sign::positive_of_positive) return every(sign::positive, m);
    if (f.name == "max") return some(sign::positive, m);
    if (f.name == "min") return every(sign::positive, m);
    if (f.name == "hypot") return some(sign::nonzero, m);
    if (f.name == "abs") return first(sign::nonzero, m);
    if (f.name == "log") return g_.is_number(m.args[0].node) && g_.at(m.args[0].node).value > 1;
    return f.name == "pow" && first(sign::positive, m);
  }

  // Some number among those of an extremum is equal to it.
  bool counts_ties(int n) const {
    const node &m = g_.at(n), &hit = g_.at(m.args[0].node);
    if (m.red != reduction::sum || hit.op != select || !reduces_something(m)) return false;
    const int e = hit.args[1].node;
    return is_extremum(g_, e) && ties(g_, e) == n;
  }

  bool nonnegative(int n) const {
    const node& m = g_.at(n);
    switch (m.op) {
      case delta: return true;
      case index_of: return g_.surely_le({-1, 0}, g_.bounds(m.axes[0]).lo);
      case add: return every(sign::nonnegative, m) || sum_of_counts(m);
      case mul: return every(sign::nonnegative, m) || is_square(m);
      case identity:  // the extremum of nothing is anything
        return first(sign::nonnegative, m) &&
               (m.red == reduction::none || m.red == reduction::sum || m.red == reduction::prod || reduces_something(m));
      case power: return m.value.is_even() || (first(sign::nonnegative, m) && (m.value.is_whole() || m.value > 0));
      case select: return branches(sign::nonnegative, m);
      default: break;
    }
    if (m.op < functions) return false;
    const function_row& f = function(m.op);
    if (f.sign == known_sign::nonnegative) return true;
    if (f.sign == known_sign::as_argument) return first(sign::nonnegative, m);
    return f.name == "max" ? some(sign::nonnegative, m) : f.name == "min" && every(sign::nonnegative, m);
  }

  // Indices and numbers that add up to no less than 0.
  bool sum_of_counts(const node& m) const {
    rational least;
    for (const edge& e : m.args) {
      const node& a = g_.at(e.node);
      if (a.op != constant && a.op != index_of) return false;
      if (a.op == constant) {
        least = least + a.value;
        continue;
      }
      const affine& lo = g_.bounds(a.axes[0]).lo;
      least = least + rational(lo.plus + (lo.dim < 0 ? 0 : 1));
    }
    return least >= 0;
  }

  // u*u, and further factors that are not negative.
  bool is_square(const node& m) const {
    std::map<edge, int> count;
    for (const edge& e : m.args)
      if (!given(sign::nonnegative, e.node)) ++count[e];
    return std::all_of(count.begin(), count.end(), [](const auto& c) { return c.second % 2 == 0; });
  }

  bool nonzero(int n) const {
    const node& m = g_.at(n);
    switch (m.op) {
      case mul: return m.bound() == 0 && every(sign::nonzero, m);
      case identity: return (m.red == reduction::none || m.red == reduction::prod) && first(sign::nonzero, m);
      case power: return m.value == 0 || (m.value.is_whole() && first(sign::nonzero, m));
      case select: return branches(sign::nonzero, m);
      default: break;
    }
    if (m.op < functions) return false;
    const function_row& f = function(m.op);
    if ((f.sign == known_sign::as_argument || f.name == "abs") && first(sign::nonzero, m)) return true;
    if (f.name == "pow" && first(sign::nonzero, m) && given(sign::integer, m.args[1].node)) return true;
    return f.nowhere_zero && defined_here(n);
  }

  bool integer(int n) const {
    const node& m = g_.at(n);
    switch (m.op) {
      case dim:
      case index_of:
      case delta: return true;
      case symbol: return g_.symbols[as_index(m.attribute)].integer;
      case add:
      case mul: return every(sign::integer, m);
      default: return m.op >= functions && (function(m.op).name == "floor" || function(m.op).name == "ceil");
    }
  }

  // None of 0, -1, -2, ...
  bool off_poles(int n) {
    if (positive(n)) return true;
    const node& m = g_.at(n);
    if (m.op == identity && m.red == reduction::none) return first(sign::off_poles, m);
    if (m.op != add) return false;
    std::size_t off = 0, counts = 0;  // u + k with u off the poles and k = 0, 1, 2, ...
    for (const edge& e : m.args) {
      if (given(sign::integer, e.node) && given(sign::nonnegative, e.node))
        ++counts;
      else if (given(sign::off_poles, e.node))
        ++off;
    }
    return off == 1 && off + counts == m.args.size();
  }

  graph& g_;
  const known_signs& known_;
};

}  // namespace

bool follows(graph& g, const known_signs& known, sign is, int n) { return sign_rules(g, known).follows(is, n); }

}  // namespace checker
