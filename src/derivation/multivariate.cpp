#include "multivariate.hpp"

#include <algorithm>

#include <wengert/proof/polynomial.hpp>

#include "univariate.hpp"

namespace wengert::algebra {

namespace {

constexpr std::size_t most_terms = 4000;
constexpr std::size_t most_bits = 4096;        // of a coefficient; what remainders leave may grow without end
constexpr std::int64_t most_substituted = 60;  // the degree of a polynomial after Kronecker's substitution
constexpr std::size_t most_pieces = 12;        // the factors of such a polynomial

void add_term(multivariate& to, const powers& at, const rational& c) {
  if (c == 0) return;
  auto [it, fresh] = to.terms.try_emplace(at, c);
  if (!fresh && (it->second += c) == 0) {
    to.terms.erase(it);
    return;
  }
  auto is_long = [](const big_integer& n) { return n != 0 && msb(abs(n)) > most_bits; };
  if (to.terms.size() > most_terms || is_long(numerator(it->second)) || is_long(denominator(it->second))) throw too_large();
}

std::size_t variables_of(const multivariate& p) { return p.is_zero() ? 0 : p.terms.begin()->first.size(); }

// The coefficients by a variable: polynomials free of it, the constant one first.
std::vector<multivariate> coefficients(const multivariate& p, std::size_t v) {
  std::vector<multivariate> r(static_cast<std::size_t>(p.degree(v)) + 1);
  for (const auto& [at, c] : p.terms) {
    powers rest = at;
    rest[v] = 0;
    add_term(r[static_cast<std::size_t>(at[v])], rest, c);
  }
  return r;
}

multivariate times_variable(const multivariate& p, std::size_t v, int exponent) {
  multivariate r;
  for (const auto& [at, c] : p.terms) {
    powers moved = at;
    moved[v] += exponent;
    r.terms.emplace(std::move(moved), c);
  }
  return r;
}

multivariate content(const multivariate& p, std::size_t v) {
  multivariate g;
  for (const multivariate& c : coefficients(p, v)) {
    if (c.is_zero()) continue;
    g = g.is_zero() ? primitive(c).rest : gcd(g, c);
    if (g.is_constant()) break;
  }
  return g;
}

// Divides a by b in the variable v, a multiplied by whatever is needed.
multivariate pseudo_remainder(multivariate a, const multivariate& b, std::size_t v) {
  const int d = b.degree(v);
  const multivariate lead = coefficients(b, v).back();
  while (!a.is_zero() && a.degree(v) >= d) {
    const int shift = a.degree(v) - d;
    const multivariate top = coefficients(a, v).back();
    a = lead * a - times_variable(top * b, v, shift);
    if (!a.is_zero()) a = primitive(a).rest;
  }
  return a;
}

multivariate derivative(const multivariate& p, std::size_t v) {
  multivariate r;
  for (const auto& [at, c] : p.terms) {
    if (at[v] == 0) continue;
    powers lower = at;
    --lower[v];
    add_term(r, lower, c * at[v]);
  }
  return r;
}

std::optional<std::size_t> first_variable(const multivariate& p) {
  for (std::size_t v = 0; v < variables_of(p); ++v)
    if (p.degree(v) > 0) return v;
  return std::nullopt;
}

// --- Kronecker's substitution: x_v becomes t^weight_v, so that different monomials stay different

class substitution {
 public:
  explicit substitution(const multivariate& p) : weights_(variables_of(p), 0), degrees_(variables_of(p), 0) {
    std::int64_t next = 1;
    for (std::size_t v = 0; v < weights_.size(); ++v) {
      degrees_[v] = p.degree(v);
      if (degrees_[v] == 0) continue;
      weights_[v] = next;
      next *= degrees_[v] + 1;
      if (next > most_substituted) return;
    }
    fits_ = true;
  }

  bool fits() const { return fits_; }

  univariate of(const multivariate& p) const {
    univariate r;
    for (const auto& [at, c] : p.terms) {
      std::int64_t e = 0;
      for (std::size_t v = 0; v < at.size(); ++v) e += weights_[v] * at[v];
      if (r.size() <= static_cast<std::size_t>(e)) r.resize(static_cast<std::size_t>(e) + 1);
      r[static_cast<std::size_t>(e)] = numerator(c);
    }
    return r;
  }

  multivariate back(const univariate& p) const {
    multivariate r;
    for (std::size_t k = 0; k < p.size(); ++k) {
      if (p[k] == 0) continue;
      powers at(weights_.size(), 0);
      auto rest = static_cast<std::int64_t>(k);
      for (std::size_t v = at.size(); v-- > 0;) {
        if (weights_[v] == 0) continue;
        at[v] = static_cast<int>(rest / weights_[v]);
        rest %= weights_[v];
      }
      add_term(r, at, rational(p[k]));
    }
    return r;
  }

 private:
  std::vector<std::int64_t> weights_;
  std::vector<int> degrees_;
  bool fits_ = false;
};

// The irreducible factors of a primitive polynomial without repeated ones (Kronecker 1882): each is made of some factors of the
// substituted polynomial.
std::vector<multivariate> irreducible(multivariate p) {
  substitution s(p);
  if (!s.fits()) return {p};
  std::vector<univariate> pieces = factorize(s.of(p));
  if (pieces.size() > most_pieces) return {p};
  std::vector<multivariate> found;
  for (std::size_t size = 1; 2 * size <= pieces.size();) {
    bool split = false;
    std::vector<bool> chosen(pieces.size(), false);
    std::fill(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(size), true);
    do {
      univariate product{1};
      for (std::size_t k = 0; k < pieces.size(); ++k)
        if (chosen[k]) product = product * pieces[k];
      multivariate candidate = primitive(s.back(product)).rest;
      if (candidate.is_constant()) continue;
      auto rest = quotient(p, candidate);
      if (!rest) continue;
      found.push_back(candidate);
      p = primitive(*rest).rest;
      for (std::size_t k = pieces.size(); k-- > 0;)
        if (chosen[k]) pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(k));
      split = true;
      break;
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
    if (!split) ++size;
  }
  if (!p.is_constant()) found.push_back(p);
  return found;
}

void collect_factors(const multivariate& p, int times, factors& all);

// Square-free parts by repeated greatest common divisors with the derivative (Musser 1971).
void collect_powers(const multivariate& p, std::size_t v, int times, factors& all) {
  multivariate repeated = gcd(p, derivative(p, v));
  multivariate left = *quotient(p, repeated);
  for (int k = 1; !left.is_constant(); ++k) {
    multivariate more = gcd(left, repeated);
    multivariate once = primitive(*quotient(left, more)).rest;
    if (!once.is_constant())
      for (multivariate& f : irreducible(once)) all.of.emplace_back(std::move(f), k * times);
    left = more;
    repeated = *quotient(repeated, more);
  }
}

void collect_factors(const multivariate& p, int times, factors& all) {
  auto v = first_variable(p);
  if (!v) return;
  multivariate shared = content(p, *v);
  collect_factors(shared, times, all);
  collect_powers(primitive(*quotient(p, shared)).rest, *v, times, all);
}

}  // namespace

bool multivariate::is_constant() const {
  return terms.empty() || (terms.size() == 1 && std::ranges::all_of(terms.begin()->first, [](int e) { return e == 0; }));
}

int multivariate::degree(std::size_t v) const {
  int d = 0;
  for (const auto& [at, c] : terms) d = std::max(d, at[v]);
  return d;
}

bool operator==(const multivariate& a, const multivariate& b) { return a.terms == b.terms; }

multivariate constant(const rational& c, std::size_t variables) {
  multivariate r;
  add_term(r, powers(variables, 0), c);
  return r;
}

multivariate variable(std::size_t which, std::size_t variables) { return times_variable(constant(1, variables), which, 1); }

multivariate operator+(const multivariate& a, const multivariate& b) {
  multivariate r = a;
  for (const auto& [at, c] : b.terms) add_term(r, at, c);
  return r;
}

multivariate operator-(const multivariate& a, const multivariate& b) { return a + rational(-1) * b; }

multivariate operator*(const multivariate& a, const multivariate& b) {
  multivariate r;
  for (const auto& [x, c] : a.terms)
    for (const auto& [y, d] : b.terms) {
      powers at = x;
      for (std::size_t v = 0; v < at.size(); ++v) at[v] += y[v];
      add_term(r, at, c * d);
    }
  return r;
}

multivariate operator*(const rational& c, const multivariate& a) {
  if (c == 0) return {};
  multivariate r = a;
  for (auto& [at, k] : r.terms) k *= c;
  return r;
}

multivariate power(const multivariate& a, int exponent) {
  multivariate r = constant(1, variables_of(a));
  for (int k = 0; k < exponent; ++k) r = r * a;
  return r;
}

std::optional<multivariate> quotient(const multivariate& a, const multivariate& b) {
  multivariate rest = a, q;
  const auto& [lead, number] = *b.terms.begin();
  while (!rest.is_zero()) {
    powers at = rest.terms.begin()->first;
    const rational c = rest.terms.begin()->second / number;
    for (std::size_t v = 0; v < at.size(); ++v)
      if ((at[v] -= lead[v]) < 0) return std::nullopt;
    multivariate step;
    add_term(step, at, c);
    add_term(q, at, c);
    rest = rest - step * b;
  }
  return q;
}

primitive_part primitive(const multivariate& p) {
  big_integer over = 1, shared = 0;
  for (const auto& [at, c] : p.terms) over = lcm(over, denominator(c));
  for (const auto& [at, c] : p.terms) shared = gcd(shared, big_integer(numerator(c) * (over / denominator(c))));
  if (p.is_zero()) return {0, p};
  rational number(shared, over);
  if (p.terms.begin()->second < 0) number = -number;
  return {number, rational(1) / number * p};
}

multivariate gcd(const multivariate& a, const multivariate& b) {
  if (a.is_zero()) return primitive(b).rest;
  if (b.is_zero()) return primitive(a).rest;
  auto in_a = first_variable(a), in_b = first_variable(b);
  if (!in_a || !in_b) return constant(1, variables_of(a));
  const std::size_t v = std::min(*in_a, *in_b);
  if (a.degree(v) == 0) return gcd(a, content(b, v));
  if (b.degree(v) == 0) return gcd(content(a, v), b);
  multivariate content_a = content(a, v), content_b = content(b, v);
  multivariate x = *quotient(a, content_a), y = *quotient(b, content_b);
  if (x.degree(v) < y.degree(v)) std::swap(x, y);
  while (!y.is_zero()) {
    multivariate r = pseudo_remainder(x, y, v);
    x = std::move(y);
    y = r.is_zero() ? r : *quotient(r, content(r, v));
  }
  multivariate shared = gcd(content_a, content_b);
  return primitive(x.degree(v) == 0 ? shared : shared * x).rest;
}

factors factorize(const multivariate& p) {
  primitive_part whole = primitive(p);
  factors all{whole.number, {}};
  collect_factors(whole.rest, 1, all);
  // The number that the factors leave: their product is primitive, but its sign may differ.
  multivariate product = constant(1, variables_of(p));
  for (const auto& [f, k] : all.of) product = product * power(f, k);
  if (auto left = quotient(p, product); left && left->is_constant()) {
    all.number = left->terms.begin()->second;
    return all;
  }
  return {1, {{p, 1}}};
}

}  // namespace wengert::algebra
