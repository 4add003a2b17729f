#include "fraction.hpp"

#include <algorithm>
#include <numeric>

#include <wengert/core/registry.hpp>

namespace wengert {

using algebra::multivariate;

namespace {

bool is_node(node_id n) { return n < index_atom; }
bool is_whole(const exponent& e) { return e.denominator() == 1; }

std::int64_t floor_of(const exponent& e) {
  std::int64_t q = e.numerator() / e.denominator();
  return q * e.denominator() > e.numerator() ? q - 1 : q;
}

exponent at(const std::map<std::size_t, exponent>& of, std::size_t k) {
  auto it = of.find(k);
  return it == of.end() ? exponent(0) : it->second;
}

// The factors of a monomial that hang together by bound axes, each group with its axes as a monomial of its own; the factors
// without bound axes come first.
std::pair<std::vector<factor>, std::vector<monomial>> groups(const monomial& m, std::size_t free) {
  std::vector<std::size_t> owner(m.bound.size());
  std::iota(owner.begin(), owner.end(), std::size_t{0});
  auto root = [&](std::size_t b) {
    while (owner[b] != b) b = owner[b];
    return b;
  };
  auto bound_axes = [&](const factor& f) {
    std::vector<std::size_t> r;
    for (const label& l : f.labels)
      if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= free) r.push_back(static_cast<std::size_t>(l.axis) - free);
    return r;
  };
  std::vector<factor> alone;
  for (const factor& f : m.factors) {
    std::vector<std::size_t> axes = bound_axes(f);
    if (axes.empty()) alone.push_back(f);
    for (std::size_t b : axes) owner[root(b)] = root(axes[0]);
  }
  std::vector<monomial> closed;
  for (std::size_t b = 0; b < m.bound.size(); ++b) {
    if (root(b) != b) continue;
    std::vector<std::size_t> number(m.bound.size(), 0);
    monomial g;
    for (std::size_t c = 0; c < m.bound.size(); ++c)
      if (root(c) == b) {
        number[c] = g.bound.size();
        g.bound.push_back(m.bound[c]);
      }
    for (factor f : m.factors) {
      std::vector<std::size_t> axes = bound_axes(f);
      if (axes.empty() || root(axes[0]) != b) continue;
      for (label& l : f.labels)
        if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= free)
          l.axis = static_cast<std::int16_t>(free + number[static_cast<std::size_t>(l.axis) - free]);
      g.factors.push_back(std::move(f));
    }
    std::sort(g.factors.begin(), g.factors.end());
    closed.push_back(std::move(g));
  }
  return {std::move(alone), std::move(closed)};
}

}  // namespace

std::size_t fraction::atom_of(const factor& f) {
  auto same = [&](const atom& a) { return a.is.node == f.node && a.is.labels == f.labels; };
  auto it = std::ranges::find_if(atoms_, same);
  if (it == atoms_.end()) it = atoms_.insert(it, {{f.node, f.labels, exponent(1)}, 1});
  return static_cast<std::size_t>(it - atoms_.begin());
}

// A sum that is opened, with a number for it; nothing for what is an atom.
std::optional<std::size_t> fraction::base_of(const factor& f) {
  tape& t = with_.using_kernel().on();
  if (!is_node(f.node) || t.arity(f.node) == 0 || find_function(t.op(f.node)) || t.op(f.node) == opcode::select)
    return std::nullopt;
  auto same = [&](const base& b) { return b.is.node == f.node && b.is.labels == f.labels; };
  if (auto it = std::ranges::find_if(bases_, same); it != bases_.end()) return static_cast<std::size_t>(it - bases_.begin());
  const polynomial opened = with_.full().expand(f.node);
  if (opened.terms.size() < 2) return std::nullopt;
  recording_signs signs(with_.known());
  expander x(t, signs, {});
  bases_.push_back({{f.node, f.labels, exponent(1)}, {}, {}, x.read(opened, f.labels, axes_).terms});
  return bases_.size() - 1;
}

fraction::term fraction::read(const monomial& m, const rational& c, bool with_bases) {
  term r{c, {}, {}};
  auto [alone, closed] = groups(m, axes_.size());
  for (const factor& f : alone) {
    bool plain = f.power > 0 && is_whole(f.power);
    if (auto b = with_bases && !plain ? base_of(f) : std::nullopt)
      r.bases[*b] += f.power;
    else
      r.atoms[atom_of(f)] += f.power;
  }
  for (const monomial& g : closed) {
    node_id n = closed_({axes_, {{g, rational(1)}}});
    r.atoms[atom_of({n, tape::straight(axes_.size()), exponent(1)})] += exponent(1);
  }
  return r;
}

fraction::fraction(prover& with, const polynomial& p, closing closed) : with_(with), axes_(p.axes), closed_(std::move(closed)) {
  std::vector<term> terms;
  for (const auto& [m, c] : p.terms) terms.push_back(read(m, c, true));
  std::vector<std::vector<term>> sums;
  for (std::size_t b = 0; b < bases_.size(); ++b) {
    sums.emplace_back();
    for (const auto& [m, c] : bases_[b].terms) sums.back().push_back(read(m, c, false));
  }
  auto least = [](const std::vector<term>& all, auto member, std::size_t k) {
    exponent e = at(all.front().*member, k);
    for (const term& t : all) e = std::min(e, at(t.*member, k));
    return e;
  };
  for (std::size_t b = 0; b < bases_.size(); ++b)
    for (std::size_t v = 0; v < atoms_.size(); ++v)
      if (exponent e = least(sums[b], &term::atoms, v); e != 0) bases_[b].shift[v] = e;
  // Each base over its least power: whole powers are opened, a broken rest stays a root.
  std::vector<exponent> base_power(bases_.size());
  std::vector<std::map<std::size_t, int>> whole(terms.size());
  std::vector<std::int64_t> root_parts(bases_.size(), 1);
  for (std::size_t b = 0; b < bases_.size(); ++b) {
    base_power[b] = least(terms, &term::bases, b);
    for (std::size_t k = 0; k < terms.size(); ++k) {
      exponent e = at(terms[k].bases, b) - base_power[b];
      std::int64_t times = floor_of(e);
      whole[k][b] = static_cast<int>(times);
      for (const auto& [v, s] : bases_[b].shift) terms[k].atoms[v] += s * exponent(times);
      terms[k].bases[b] = e - exponent(times);
      root_parts[b] = std::lcm(root_parts[b], terms[k].bases[b].denominator());
    }
  }
  std::vector<exponent> atom_power(atoms_.size());
  for (std::size_t v = 0; v < atoms_.size(); ++v) {
    atom_power[v] = least(terms, &term::atoms, v);
    for (const term& t : terms) atoms_[v].parts = std::lcm(atoms_[v].parts, (at(t.atoms, v) - atom_power[v]).denominator());
    for (std::size_t b = 0; b < bases_.size(); ++b)
      for (const term& t : sums[b])
        atoms_[v].parts = std::lcm(atoms_[v].parts, (at(t.atoms, v) - at(bases_[b].shift, v)).denominator());
  }
  // In numbers: the atoms are the first variables, the roots of bases the others.
  const std::size_t count = atoms_.size() + bases_.size();
  auto steps = [](const exponent& e, std::int64_t parts) { return static_cast<int>((e * exponent(parts)).numerator()); };
  auto product = [&](const term& t, auto lowest) {
    algebra::powers p(count, 0);
    for (std::size_t v = 0; v < atoms_.size(); ++v) p[v] = steps(at(t.atoms, v) - lowest(v), atoms_[v].parts);
    for (const auto& [b, e] : t.bases) p[atoms_.size() + b] = steps(e, root_parts[b]);
    multivariate m;
    m.terms.emplace(std::move(p), t.coefficient);
    return m;
  };
  for (std::size_t b = 0; b < bases_.size(); ++b)
    for (const term& t : sums[b])
      bases_[b].sum = bases_[b].sum + product(t, [&](std::size_t v) { return at(bases_[b].shift, v); });
  for (std::size_t k = 0; k < terms.size(); ++k) {
    multivariate m = product(terms[k], [&](std::size_t v) { return atom_power[v]; });
    for (const auto& [b, times] : whole[k]) m = m * algebra::power(bases_[b].sum, times);
    numerator_ = numerator_ + m;
  }
  // What can be divided out.
  for (std::size_t b = 0; b < bases_.size(); ++b) {
    exponent& e = base_power[b];
    auto shift_atoms = [&](const exponent& by) {
      for (const auto& [v, s] : bases_[b].shift) atom_power[v] += s * by;
    };
    if (is_whole(e)) {
      shift_atoms(e);
      if (e < 0) parts_.emplace_back(bases_[b].sum, static_cast<int>(e.numerator()));
      if (e > 0) numerator_ = numerator_ * algebra::power(bases_[b].sum, static_cast<int>(e.numerator()));
      e = 0;
      continue;
    }
    while (!numerator_.is_zero()) {  // which has every divisor
      auto q = algebra::quotient(numerator_, bases_[b].sum);
      if (!q) break;
      numerator_ = *q;
      shift_atoms(exponent(-1));
      e += exponent(1);
    }
  }
  reduce();
  // What all terms of the numerator share.
  for (std::size_t v = 0; v < count && !numerator_.is_zero(); ++v) {
    int common = numerator_.terms.begin()->first[v];
    for (const auto& [powers, c] : numerator_.terms) common = std::min(common, powers[v]);
    if (common == 0) continue;
    std::map<algebra::powers, rational, std::greater<>> lower;
    for (const auto& [powers, c] : numerator_.terms) {
      algebra::powers less = powers;
      less[v] -= common;
      lower.emplace(std::move(less), c);
    }
    numerator_.terms = std::move(lower);
    if (v < atoms_.size())
      atom_power[v] += exponent(common, atoms_[v].parts);
    else
      base_power[v - atoms_.size()] += exponent(common, root_parts[v - atoms_.size()]);
  }
  for (std::size_t v = 0; v < atoms_.size(); ++v)
    if (atom_power[v] != 0) shared_.push_back({atoms_[v].is.node, atoms_[v].is.labels, atom_power[v]});
  for (const base& b : bases_) {
    sums_.push_back({b.is, {}, b.sum});
    for (const auto& [v, e] : b.shift) sums_.back().times.push_back({atoms_[v].is.node, atoms_[v].is.labels, e});
  }
  for (std::size_t b = 0; b < bases_.size(); ++b) {
    if (base_power[b] != 0) shared_.push_back({bases_[b].is.node, bases_[b].is.labels, base_power[b]});
    atoms_.push_back({bases_[b].is, root_parts[b]});  // for opened()
  }
}

// Divides numerator and denominators by what they share.
void fraction::reduce() {
  std::vector<std::pair<multivariate, int>> todo = std::move(parts_);
  parts_.clear();
  while (!todo.empty()) {
    auto [p, k] = std::move(todo.back());
    todo.pop_back();
    multivariate common = algebra::gcd(numerator_, p);
    if (common.is_constant()) {
      parts_.emplace_back(std::move(p), k);
      continue;
    }
    // p^k = common^k * other^k, and the numerator has common once at least.
    numerator_ = *algebra::quotient(numerator_, common);
    multivariate other = *algebra::quotient(p, common);
    if (k + 1 < 0) todo.emplace_back(common, k + 1);
    if (!other.is_constant())
      todo.emplace_back(other, k);
    else
      numerator_ = rational(1) / algebra::power(other, -k).terms.begin()->second * numerator_;
  }
}

monomial fraction::opened(const algebra::powers& p) const {
  monomial m;
  for (std::size_t v = 0; v < p.size(); ++v)
    if (p[v] != 0) m.factors.push_back({atoms_[v].is.node, atoms_[v].is.labels, exponent(p[v], atoms_[v].parts)});
  std::sort(m.factors.begin(), m.factors.end());
  return m;
}

polynomial fraction::opened(const multivariate& p) const {
  polynomial r{axes_, {}};
  for (const auto& [powers, c] : p.terms) r.terms[opened(powers)] += c;
  return r;
}

}  // namespace wengert
