// Polynomials in several variables with rational coefficients: exact division, greatest common divisors, factors. Nothing here is
// trusted; what is made of it is proved equal by the kernel.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <wengert/core/rational.hpp>

namespace wengert::algebra {

using powers = std::vector<int>;  // one exponent a variable, not negative

struct multivariate {
  std::map<powers, rational, std::greater<>> terms;  // the leading term first; no coefficient is 0

  bool is_zero() const { return terms.empty(); }
  bool is_constant() const;
  int degree(std::size_t variable) const;
};
bool operator==(const multivariate& a, const multivariate& b);

multivariate constant(const rational& c, std::size_t variables);
multivariate variable(std::size_t which, std::size_t variables);

// Products throw too_large where they have more than a few thousand terms.
multivariate operator+(const multivariate& a, const multivariate& b);
multivariate operator-(const multivariate& a, const multivariate& b);
multivariate operator*(const multivariate& a, const multivariate& b);
multivariate operator*(const rational& c, const multivariate& a);
multivariate power(const multivariate& a, int exponent);

// a/b if b divides a.
std::optional<multivariate> quotient(const multivariate& a, const multivariate& b);

// p = number * primitive, where the primitive part has whole coefficients without a common divisor, the first one positive.
struct primitive_part {
  rational number;
  multivariate rest;
};
primitive_part primitive(const multivariate& p);

// The greatest common divisor, primitive.
multivariate gcd(const multivariate& a, const multivariate& b);

// p = number * PROD factor^power. The factors are primitive and pairwise different, and irreducible over the rationals as far as
// the search goes: up to degrees of some dozens.
struct factors {
  rational number;
  std::vector<std::pair<multivariate, int>> of;
};
factors factorize(const multivariate& p);

}  // namespace wengert::algebra
