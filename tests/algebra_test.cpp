// Factors and greatest common divisors of polynomials over the rationals.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "../src/derivation/multivariate.hpp"
#include "../src/derivation/univariate.hpp"

using namespace wengert;
using namespace wengert::algebra;

namespace {

const multivariate x = variable(0, 2), y = variable(1, 2);

multivariate number(int n) { return constant(n, 2); }

multivariate product(const factors& f) {
  multivariate r = constant(f.number, 2);
  for (const auto& [p, k] : f.of) r = r * power(p, k);
  return r;
}

// The degrees and powers of the factors that are no numbers, in order.
std::vector<std::pair<int, int>> shape(const multivariate& p) {
  factors f = factorize(p);
  CHECK(product(f) == p);
  std::vector<std::pair<int, int>> r;
  for (const auto& [q, k] : f.of) r.emplace_back(q.degree(0) + q.degree(1), k);
  std::ranges::sort(r);
  return r;
}

using shapes = std::vector<std::pair<int, int>>;

multivariate random_polynomial(std::mt19937& random, int degree, bool in_y) {
  multivariate r = number(static_cast<int>(random() % 9) - 4);
  for (int i = 0; i <= degree; ++i)
    for (int j = 0; j <= (in_y ? degree - i : 0); ++j)
      if (random() % 2 == 0) r = r + rational(static_cast<int>(random() % 9) - 4) * (power(x, i) * power(y, j));
  return r;
}

}  // namespace

TEST_CASE("polynomials in one variable fall into their irreducible factors") {
  CHECK(shape(x * x - number(1)) == shapes{{1, 1}, {1, 1}});
  CHECK(shape(x * x + number(1)) == shapes{{2, 1}});
  CHECK(shape(x * x - number(2)) == shapes{{2, 1}});
  CHECK(shape(power(x, 4) + number(4)) == shapes{{2, 1}, {2, 1}});  // Sophie Germain's identity
  CHECK(shape(power(x, 4) + number(1)) == shapes{{4, 1}});          // reducible modulo every prime
  CHECK(shape(power(x, 12) - number(1)) == shapes{{1, 1}, {1, 1}, {2, 1}, {2, 1}, {2, 1}, {4, 1}});
  CHECK(shape(power(number(2) * x + number(3), 3) * (x - number(5))) == shapes{{1, 1}, {1, 3}});
  CHECK(shape(rational(1, 2) * power(x, 3) - rational(1, 2) * x) == shapes{{1, 1}, {1, 1}, {1, 1}});
  CHECK(shape(number(6)).empty());
}

TEST_CASE("polynomials in two variables fall into their irreducible factors") {
  CHECK(shape(x * x - y * y) == shapes{{2, 1}, {2, 1}});
  CHECK(shape(x * x + rational(2) * (x * y) + y * y) == shapes{{2, 2}});
  CHECK(shape(power(x, 3) - power(y, 3)) == shapes{{2, 1}, {4, 1}});
  CHECK(shape(x * x * y - x * x) == shapes{{1, 1}, {1, 2}});
  CHECK(shape(x * x + y * y) == shapes{{4, 1}});
  CHECK(shape((x * y + number(1)) * (x + y + number(2))) == shapes{{2, 1}, {2, 1}});
}

TEST_CASE("a common divisor is found, and nothing more") {
  std::mt19937 random(5);
  for (int k = 0; k < 40; ++k) {
    bool in_y = k % 2 == 0;
    multivariate shared = random_polynomial(random, 2, in_y), a = random_polynomial(random, 2, in_y),
                 b = random_polynomial(random, 2, in_y);
    if (shared.is_zero() || a.is_zero() || b.is_zero()) continue;
    multivariate g = algebra::gcd(shared * a, shared * b);
    REQUIRE(quotient(shared * a, g));
    REQUIRE(quotient(shared * b, g));
    CHECK(quotient(g, primitive(shared).rest));
    CHECK(algebra::gcd(*quotient(shared * a, g), *quotient(shared * b, g)).is_constant());
  }
}

TEST_CASE("products of random polynomials come apart again") {
  std::mt19937 random(6);
  for (int k = 0; k < 40; ++k) {
    multivariate a = random_polynomial(random, 3, k % 2 == 0), b = random_polynomial(random, 2, k % 2 == 0);
    if (a.is_zero() || b.is_zero()) continue;
    factors f = factorize(a * b);
    CHECK(product(f) == a * b);
    std::size_t pieces = 0, least = 0;
    for (const auto& [p, times] : f.of) pieces += static_cast<std::size_t>(times);
    for (const multivariate& p : {a, b})
      for (const auto& [q, times] : factorize(p).of) least += static_cast<std::size_t>(times);
    CHECK(pieces == least);
  }
}

TEST_CASE("one polynomial divides another or does not") {
  CHECK(quotient(x * x - y * y, x - y));
  CHECK(!quotient(x * x + y * y, x - y));
  CHECK(*quotient(rational(2) * (x * y), y) == rational(2) * x);
}
