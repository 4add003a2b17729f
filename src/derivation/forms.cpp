#include "forms.hpp"

#include <algorithm>

#include "fraction.hpp"

namespace wengert {

namespace {

using algebra::multivariate;

constexpr std::size_t most_terms = 200;  // of a polynomial that is written out

rational whole_power(const rational& q, int exponent) {
  rational r = 1;
  for (int k = 0; k < std::abs(exponent); ++k) r *= q;
  return exponent < 0 ? rational(1 / r) : r;
}

// n with `equal`'s left side replaced by its right side wherever it occurs, and the theorem that this equals n.
std::optional<theorem> with_replaced(kernel& k, node_id n, const theorem& equal) {
  if (n == equal.says().left) return equal;
  std::vector<node_id> args;
  for (edge_view e : k.on().args(n)) args.push_back(e.node);
  std::vector<std::optional<theorem>> premises;
  bool any = false;
  for (node_id a : args) {
    premises.push_back(a < equal.says().left ? std::nullopt : with_replaced(k, a, equal));
    any = any || premises.back();
  }
  return any ? std::optional(k.congruence(n, premises)) : std::nullopt;
}

// A fraction, written in the ways that the form allows.
class fraction_writer {
 public:
  fraction_writer(presenter& show, prover& with, const polynomial& p)
      : show_(show), with_(with), axes_(p.axes), value_(with, p, [&show](const polynomial& q) { return show.lay_out(q); }) {
    for (const fraction::opened_sum& s : value_.sums()) use_factors_of(s);
  }

  bool is_zero() const { return value_.numerator().is_zero(); }

  // Products of irreducible factors. A minus sign stands in front or goes into one of them.
  std::vector<layout> factored() {
    std::vector<std::pair<multivariate, int>> all;
    rational number = 1;
    auto collect = [&](const multivariate& p, int k) {
      algebra::factors f = algebra::factorize(p);
      number *= whole_power(f.number, k);
      for (const auto& [g, times] : f.of) {
        auto it = std::ranges::find(all, g, [](const auto& x) { return x.first; });
        if (it == all.end())
          all.emplace_back(g, times * k);
        else
          it->second += times * k;
      }
    };
    collect(value_.numerator(), 1);
    for (const auto& [p, k] : value_.parts()) collect(p, k);
    std::vector<layout> r;
    auto add = [&](const rational& c) {
      monomial m;
      m.factors = value_.atoms();
      for (const auto& [p, k] : all) append(m, p, k);
      r.push_back(gathered(m, c));
    };
    add(number);
    for (auto& [p, k] : all) {
      if (number > 0 || k < 0 || k % 2 == 0 || p.terms.size() < 2) continue;
      p = rational(-1) * p;
      add(-number);
      p = rational(-1) * p;
    }
    return r;
  }

  // Numerator and denominators without common divisors, as sums.
  layout reduced() {
    algebra::primitive_part top = algebra::primitive(value_.numerator());
    rational number = top.number;
    bool positive = std::ranges::all_of(top.rest.terms, [](const auto& t) { return t.second > 0; });
    if (!positive && number < 0) {  // -(x - 1) is 1 - x
      number = -number;
      top.rest = rational(-1) * top.rest;
    }
    monomial m;
    m.factors = value_.atoms();
    append(m, top.rest, 1);
    append_parts(m, number);
    return gathered(m, number);
  }

  // The same with the numerator multiplied out, and with `below` the denominator too.
  layout multiplied_out(bool below) {
    monomial m, over, under;
    for (factor f : value_.atoms()) {
      bool whole = f.power.denominator() == 1;
      if (whole && f.power > 0) {
        over.factors.push_back(f);
      } else if (whole && below && !value_.parts().empty()) {
        f.power = -f.power;
        under.factors.push_back(f);
      } else {
        m.factors.push_back(f);
      }
    }
    algebra::primitive_part top = algebra::primitive(value_.numerator());
    rational number = top.number;
    if (!below || value_.parts().empty()) {
      append_parts(m, number);
      append(m, rational(wengert::numerator(number)) * top.rest, 1, over);
      return gathered(m, rational(1, wengert::denominator(number)));
    }
    auto bottom = denominator(under, number);
    if (!bottom) throw too_large();
    const rational outside(1, wengert::denominator(number));
    append(m, rational(wengert::numerator(number)) * top.rest, 1, over);
    // N*a^-1*b^-2 = N*(a*b^2)^-1 = N*(multiplied out)^-1
    monomial apart = m;
    for (factor f : under.factors) {
      f.power = -f.power;
      apart.factors.push_back(std::move(f));
    }
    for (const auto& [p, k] : value_.parts()) append(apart, algebra::primitive(p).rest, k);
    m.factors.push_back({bottom->says().left, tape::straight(axes_.size()), exponent(-1)});
    auto joined = same_product(apart, write(apart, outside), write(m, outside));
    if (!joined) throw too_large();
    layout r = gathered(m, outside);
    kernel& k = with_.using_kernel();
    if (r.from) joined = k.transitive(*joined, *r.from);
    auto replaced = with_replaced(k, r.node, *bottom);
    return replaced ? layout{replaced->says().right, k.transitive(*joined, *replaced)} : layout{r.node, joined};
  }

 private:
  // If a sum is not 0, neither are its factors.
  void use_factors_of(const fraction::opened_sum& s) {
    algebra::factors f = algebra::factorize(s.rest);
    if (f.of.size() + s.times.size() < 2 && (f.of.empty() || f.of[0].second == 1)) return;
    tape& t = with_.using_kernel().on();
    is_nowhere_zero(t.identity(axes_, {s.is.node, s.is.labels}), product(s.times, f));
  }

  node_id product(std::vector<factor> atoms, const algebra::factors& f) {
    monomial m{{}, std::move(atoms)};
    for (const auto& [p, k] : f.of) append(m, p, k);
    return write(m, f.number);
  }

  // What is known of one side is known of the other.
  std::optional<theorem> is_nowhere_zero(node_id known, node_id equal_to_it) {
    auto sign = with_.full().establish(relation::nonzero, known);
    auto equal = with_.equate(known, equal_to_it);
    if (!sign || !equal) return std::nullopt;
    with_.known().add(with_.using_kernel().transfer(*equal, *sign));
    return equal;
  }

  // All denominators but roots as a product, and that it equals the sum that it is multiplied out.
  std::optional<theorem> denominator(const monomial& under, rational& number) {
    monomial whole = under;
    multivariate bottom = algebra::power(value_.numerator(), 0);
    for (const auto& [p, k] : value_.parts()) {
      algebra::primitive_part q = algebra::primitive(p);
      number /= whole_power(q.number, -k);
      bottom = bottom * algebra::power(q.rest, -k);
      append(whole, q.rest, -k);
      if (auto sign = with_.full().establish(relation::nonzero, whole.factors.back().node)) with_.known().add(*sign);
    }
    monomial out;
    append(out, bottom, 1, under);
    return is_nowhere_zero(write(whole, 1), write(out, 1));
  }

  void append_parts(monomial& m, rational& number) {
    for (const auto& [p, k] : value_.parts()) {
      algebra::primitive_part q = algebra::primitive(p);
      number /= whole_power(q.number, -k);
      monomial sum;
      append(sum, q.rest, 1);
      algebra::factors f = algebra::factorize(q.rest);
      if (f.of.size() > 1 || f.of[0].second > 1) is_nowhere_zero(product({}, f), write(sum, 1));
      append(m, q.rest, k);
    }
  }

  // The k-th power of p*by as a factor of its own; of a single product, its factors.
  void append(monomial& m, const multivariate& p, int k, const monomial& by = {}) {
    if (p.terms.size() > most_terms) throw too_large();
    std::vector<std::pair<monomial, rational>> terms;
    for (const auto& [powers, c] : p.terms) terms.emplace_back(times(value_.opened(powers), by), c);
    if (terms.size() == 1 && terms[0].second == 1) {
      for (factor f : terms[0].first.factors) {
        f.power *= exponent(k);
        m.factors.push_back(std::move(f));
      }
      return;
    }
    m.factors.push_back({sum_of(std::move(terms)), tape::straight(axes_.size()), exponent(k)});
  }

  static monomial times(monomial m, const monomial& by) {
    for (const factor& f : by.factors) {
      auto it = std::ranges::find_if(m.factors, [&](const factor& g) { return g.node == f.node && g.labels == f.labels; });
      if (it == m.factors.end())
        m.factors.push_back(f);
      else
        it->power += f.power;
    }
    std::sort(m.factors.begin(), m.factors.end());
    return m;
  }

  // In the order of the terms, as people write polynomials, but with a positive one in front.
  node_id sum_of(std::vector<std::pair<monomial, rational>> terms) {
    tape& t = with_.using_kernel().on();
    if (!axes_.empty() || terms.size() < 2) {
      polynomial p{axes_, {}};
      for (auto& [m, c] : terms) p.terms.emplace(std::move(m), c);
      return show_.lay_out(p);
    }
    auto first = std::ranges::find_if(terms, [](const auto& x) { return x.second > 0; });
    if (first != terms.end()) std::rotate(terms.begin(), first, first + 1);
    std::vector<edge> edges;
    for (const auto& [m, c] : terms) edges.push_back(t.whole(write(m, c)));
    return t.add(axes_, edges);
  }

  node_id write(const monomial& m, const rational& number) { return show_.lay_out({axes_, {{m, number}}}); }

  // That two nodes are equal as products of the factors of m, which are not opened.
  std::optional<theorem> same_product(const monomial& m, node_id a, node_id b) {
    const tape& t = with_.using_kernel().on();
    std::vector<node_id> closed;
    for (const factor& f : m.factors)
      if (f.node < index_atom && t.arity(f.node) > 0) closed.push_back(f.node);
    return with_.full().ring(a, b, {}, closed);
  }

  // Several denominators become one.
  layout gathered(const monomial& m, const rational& number) {
    const node_id apart = write(m, number);
    auto below = [](const factor& f) { return f.power < 0; };
    if (std::ranges::count_if(m.factors, below) < 2) return {apart, std::nullopt};
    monomial top, bottom;
    for (factor f : m.factors) {
      bool under = below(f);
      if (under) f.power = -f.power;
      (under ? bottom : top).factors.push_back(std::move(f));
    }
    node_id d = write(bottom, rational(wengert::denominator(number)));
    top.factors.push_back({d, tape::straight(axes_.size()), exponent(-1)});
    const node_id together = write(top, rational(wengert::numerator(number)));
    auto equal = same_product(m, apart, together);
    return equal ? layout{together, equal} : layout{apart, std::nullopt};
  }

  presenter& show_;
  prover& with_;
  std::vector<range_id> axes_;
  fraction value_;
};

// A polynomial whose denominators have whole coefficients: 1/(x/2 - 1) is 2/(x - 2).
polynomial with_whole_denominators(presenter& show, prover& with, const polynomial& p) {
  tape& t = with.using_kernel().on();
  recording_signs signs(with.known());
  expander x(t, signs, {});
  polynomial r{p.axes, {}};
  for (const auto& [m, c] : p.terms) {
    monomial tidy{m.bound, {}};
    rational number = c;
    for (const factor& f : m.factors) {
      bool outside = std::ranges::all_of(
          f.labels, [&](const label& l) { return l.is_constant() || static_cast<std::size_t>(l.axis) < p.axes.size(); });
      if (f.power >= 0 || f.power.denominator() != 1 || !outside || f.node >= index_atom || t.op(f.node) != opcode::add) {
        tidy.factors.push_back(f);
        continue;
      }
      const polynomial sum = x.read(with.full().expand(f.node), f.labels, p.axes);
      fraction whole(with, sum, [&](const polynomial& q) { return show.lay_out(q); });
      const auto k = static_cast<int>(f.power.numerator());
      algebra::primitive_part q = algebra::primitive(whole.numerator());
      if (!whole.parts().empty() || !whole.atoms().empty() || k < -64) {
        tidy.factors.push_back(f);
        continue;
      }
      number *= whole_power(q.number, k);
      tidy.factors.push_back({show.lay_out(whole.opened(q.rest)), tape::straight(p.axes.size()), f.power});
    }
    std::sort(tidy.factors.begin(), tidy.factors.end());
    r.terms[tidy] += number;
  }
  return r;
}

void add_candidates(const result_form& form, presenter& show, prover& with, const polynomial& p, std::vector<layout>& all) {
  if (p.is_zero() || (form.expand && !form.common_denominator)) {
    if (p.terms.size() <= most_terms) all.push_back({show.lay_out(with_whole_denominators(show, with, p)), std::nullopt});
    return;
  }
  fraction_writer w(show, with, p);
  if (w.is_zero()) {
    all.push_back({show.lay_out({p.axes, {}}), std::nullopt});
  } else if (form.factor) {
    for (layout& c : w.factored()) all.push_back(std::move(c));
  } else if (form.expand) {
    all.push_back(w.multiplied_out(true));
  } else {
    all.push_back(w.reduced());
    all.push_back(w.multiplied_out(false));
  }
}

}  // namespace

std::optional<presented> in_form(const result_form& form, presenter& show, prover& with, node_id n,
                                 const std::vector<std::string>& letters, bool index_form) {
  std::vector<layout> candidates;
  for (const polynomial& p : show.readings(n)) {
    try {
      add_candidates(form, show, with, p, candidates);
    } catch (const too_large&) {
      // out of reach from this reading; others remain
    }
  }
  return show.shortest(n, candidates, letters, index_form);
}

}  // namespace wengert
