// Small numbers have arithmetic of their own, which has to agree with Boost's on both sides of the limit and across it.
#include <cstdint>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include <wengert/core/rational.hpp>

using namespace wengert;
using reference = boost::multiprecision::cpp_rational;

namespace {

std::int64_t some_integer(std::mt19937_64& random) {
  const auto near_limit = std::int64_t{INT32_MAX} + static_cast<std::int64_t>(random() % 5) - 2;
  switch (random() % 5) {
    case 0: return static_cast<std::int64_t>(random() % 100) - 50;
    case 1: return static_cast<std::int32_t>(random());
    case 2: return static_cast<std::int64_t>(random());
    case 3: return near_limit;
    default: return -near_limit;
  }
}

reference as_reference(const rational& q) { return {numerator(q), denominator(q)}; }

bool is(const rational& q, const reference& r) {
  return as_reference(q) == r && q.str() == r.str() && q == rational(numerator(r), denominator(r)) &&
         is_integer(q) == (denominator(r) == 1) && is_even_integer(q) == (denominator(r) == 1 && numerator(r) % 2 == 0);
}

}  // namespace

TEST_CASE("rational numbers are those of Boost") {
  std::mt19937_64 random(1);
  std::size_t differ = 0;
  for (int k = 0; k < 5000; ++k) {
    const std::int64_t n = some_integer(random), m = some_integer(random), p = some_integer(random), q = some_integer(random);
    if (m == 0 || p == 0 || q == 0) continue;
    const rational a{big_integer(n), big_integer(m)}, b{big_integer(p), big_integer(q)};
    const reference x = as_reference(a), y = as_reference(b);
    const bool same = x == reference(n) / reference(m) && is(n, reference(n)) && is(a + b, x + y) && is(a - b, x - y) &&
                      is(a * b, x * y) && is(a / b, x / y) && is(-a, -x) && is(abs(a), abs(x)) && (a < b) == (x < y) &&
                      (a == b) == (x == y) && (a <= n) == (x <= n) && a.convert_to<double>() == x.convert_to<double>();
    if (!same) ++differ;
  }
  CHECK(differ == 0);
  CHECK(is(rational(0.1), reference(0.1)));
  CHECK(is(rational(1e300), reference(1e300)));
  CHECK(is(std::numeric_limits<std::int64_t>::min(), reference(std::numeric_limits<std::int64_t>::min())));
  CHECK(is(std::numeric_limits<std::uint64_t>::max(), reference(std::numeric_limits<std::uint64_t>::max())));
  CHECK(is(rational(std::numeric_limits<std::int32_t>::min()), reference(std::numeric_limits<std::int32_t>::min())));
  CHECK_THROWS(rational(1) / rational(0));
  CHECK_THROWS(rational(big_integer(1), big_integer(0)));
}
