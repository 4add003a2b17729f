// Factors modulo one large prime, from which the factors over the rationals are put together (Zassenhaus 1969). The prime exceeds
// twice every coefficient that a factor can have (Mignotte 1974), so that nothing needs to be lifted.
#include "univariate.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include <boost/multiprecision/miller_rabin.hpp>

namespace wengert::algebra {

namespace {

constexpr std::size_t most_degree = 60, most_modular_factors = 12;

void trim(univariate& p) {
  while (!p.empty() && p.back() == 0) p.pop_back();
}

std::size_t degree(const univariate& p) { return p.empty() ? 0 : p.size() - 1; }

// Whole coefficients without a common divisor, the leading one positive.
univariate primitive(univariate p) {
  trim(p);
  big_integer shared = 0;
  for (const big_integer& c : p) shared = gcd(shared, c);
  if (p.empty()) return p;
  if (p.back() < 0) shared = -shared;
  for (big_integer& c : p) c /= shared;
  return p;
}

univariate derivative(const univariate& p) {
  univariate r;
  for (std::size_t k = 1; k < p.size(); ++k) r.push_back(p[k] * k);
  return r;
}

std::optional<univariate> quotient(univariate a, const univariate& b) {
  if (a.size() < b.size()) return std::nullopt;
  univariate q(a.size() - b.size() + 1);
  for (std::size_t k = q.size(); k-- > 0;) {
    const big_integer& top = a[k + b.size() - 1];
    if (top % b.back() != 0) return std::nullopt;
    q[k] = top / b.back();
    for (std::size_t j = 0; j < b.size(); ++j) a[k + j] -= q[k] * b[j];
  }
  trim(a);
  if (!a.empty()) return std::nullopt;
  return q;
}

// The primitive greatest common divisor.
univariate common(univariate a, univariate b) {
  a = primitive(a);
  b = primitive(b);
  while (!b.empty()) {
    while (a.size() >= b.size()) {
      const big_integer top = a.back();
      const std::size_t shift = a.size() - b.size();
      for (big_integer& c : a) c *= b.back();
      for (std::size_t j = 0; j < b.size(); ++j) a[shift + j] -= top * b[j];
      a = primitive(a);
    }
    std::swap(a, b);
  }
  return a;
}

// --- modulo a prime

class modular {
 public:
  explicit modular(big_integer prime) : p_(std::move(prime)) {}

  univariate reduced(univariate a) const {
    for (big_integer& c : a) {
      c %= p_;
      if (c < 0) c += p_;
    }
    trim(a);
    return a;
  }
  univariate minus(univariate a, const univariate& b) const {
    if (a.size() < b.size()) a.resize(b.size());
    for (std::size_t k = 0; k < b.size(); ++k) a[k] -= b[k];
    return reduced(std::move(a));
  }
  univariate monic(univariate a) const {
    if (a.empty()) return a;
    const big_integer inverse = powm(a.back(), big_integer(p_ - 2), p_);
    for (big_integer& c : a) c *= inverse;
    return reduced(std::move(a));
  }
  // b is monic.
  std::pair<univariate, univariate> divided(univariate a, const univariate& b) const {
    univariate q;
    if (a.size() >= b.size()) q.resize(a.size() - b.size() + 1);
    for (std::size_t k = q.size(); k-- > 0;) {
      q[k] = a[k + b.size() - 1] % p_;
      for (std::size_t j = 0; j < b.size(); ++j) a[k + j] = (a[k + j] - q[k] * b[j]) % p_;
    }
    return {reduced(std::move(q)), reduced(std::move(a))};
  }
  univariate common(univariate a, univariate b) const {
    while (!b.empty()) {
      b = monic(std::move(b));
      a = divided(std::move(a), b).second;
      std::swap(a, b);
    }
    return monic(std::move(a));
  }
  univariate power(univariate base, big_integer exponent, const univariate& modulus) const {
    univariate r{1};
    for (; exponent > 0; exponent >>= 1) {
      if ((exponent & 1) != 0) r = divided(r * base, modulus).second;
      base = divided(base * base, modulus).second;
    }
    return r;
  }

  // The irreducible factors of a monic polynomial without repeated ones (Cantor and Zassenhaus 1981).
  std::vector<univariate> factors(univariate f) {
    std::vector<univariate> found;
    univariate x{0, 1}, h = divided(x, f).second;
    for (std::size_t d = 1; 2 * d <= degree(f); ++d) {
      h = power(h, p_, f);
      univariate g = common(minus(h, x), f);
      if (degree(g) == 0) continue;
      split(g, d, found);
      f = divided(f, g).first;
      h = divided(h, f).second;
    }
    if (degree(f) > 0) found.push_back(f);
    return found;
  }

 private:
  // f is a product of factors that all have degree d.
  void split(const univariate& f, std::size_t d, std::vector<univariate>& found) {
    if (degree(f) == d) {
      found.push_back(f);
      return;
    }
    const big_integer exponent = (pow(p_, static_cast<unsigned>(d)) - 1) / 2;
    for (;;) {
      univariate r;
      for (std::size_t k = 0; k < degree(f); ++k) r.emplace_back(random_());
      univariate g = common(minus(power(reduced(r), exponent, f), {1}), f);
      if (degree(g) == 0 || degree(g) == degree(f)) continue;
      split(g, d, found);
      split(divided(f, g).first, d, found);
      return;
    }
  }

  big_integer p_;
  std::mt19937_64 random_{1};
};

// A prime above the bound modulo which f keeps its degree and has no repeated factors.
big_integer fitting_prime(const univariate& f, big_integer above) {
  std::mt19937 random(1);
  for (big_integer p = above | 1;; p += 2) {
    if (f.back() % p == 0 || !miller_rabin_test(p, 25, random)) continue;
    modular m(p);
    if (degree(m.common(m.reduced(f), m.reduced(derivative(f)))) == 0) return p;
  }
}

univariate put_together(const std::vector<univariate>& pieces, const std::vector<bool>& chosen, const big_integer& lead,
                        const big_integer& p) {
  univariate product{lead};
  for (std::size_t k = 0; k < pieces.size(); ++k)
    if (chosen[k]) {
      product = product * pieces[k];
      for (big_integer& c : product) c %= p;
    }
  for (big_integer& c : product) {
    if (c < 0) c += p;
    if (2 * c > p) c -= p;
  }
  return primitive(product);
}

// f is primitive, without repeated factors.
std::vector<univariate> irreducible(univariate f) {
  const std::size_t n = degree(f);
  if (n <= 1 || n > most_degree) return {f};
  big_integer largest = 0;
  for (const big_integer& c : f) largest = std::max(largest, big_integer(abs(c)));
  const big_integer bound = (big_integer(1) << static_cast<unsigned>(n)) * (n + 1) * largest * f.back();
  const big_integer p = fitting_prime(f, 2 * bound + 1);
  modular m(p);
  std::vector<univariate> pieces = m.factors(m.monic(m.reduced(f))), found;
  if (pieces.size() > most_modular_factors) return {f};
  for (std::size_t size = 1; 2 * size <= pieces.size();) {
    bool split = false;
    std::vector<bool> chosen(pieces.size(), false);
    std::fill(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(size), true);
    do {
      univariate candidate = put_together(pieces, chosen, f.back(), p);
      auto rest = quotient(f, candidate);
      if (!rest) continue;
      found.push_back(std::move(candidate));
      f = primitive(*rest);
      for (std::size_t k = pieces.size(); k-- > 0;)
        if (chosen[k]) pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(k));
      split = true;
      break;
    } while (std::prev_permutation(chosen.begin(), chosen.end()));
    if (!split) ++size;
  }
  if (degree(f) > 0) found.push_back(std::move(f));
  return found;
}

}  // namespace

univariate operator*(const univariate& a, const univariate& b) {
  if (a.empty() || b.empty()) return {};
  univariate r(a.size() + b.size() - 1);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) r[i + j] += a[i] * b[j];
  return r;
}

std::vector<univariate> factorize(const univariate& p) {
  std::vector<univariate> all;
  univariate rest = primitive(p);
  while (degree(rest) > 0 && rest[0] == 0) {
    all.push_back({0, 1});
    rest.erase(rest.begin());
  }
  if (degree(rest) == 0) return all;
  univariate repeated = common(rest, derivative(rest));
  univariate left = *quotient(rest, repeated);
  for (std::size_t times = 1; degree(left) > 0; ++times) {
    univariate more = common(left, repeated);
    univariate once = primitive(*quotient(left, more));
    if (degree(once) > 0)
      for (const univariate& f : irreducible(once)) all.insert(all.end(), times, f);
    left = more;
    repeated = *quotient(repeated, more);
  }
  return all;
}

}  // namespace wengert::algebra
