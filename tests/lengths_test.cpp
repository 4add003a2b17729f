// What indices need of symbolic lengths, z[3] of a z of length K: known to the tape, said by results, kept by certificates.
#include <doctest/doctest.h>

#include <check.hpp>

#include <random>
#include <string>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/core/tape.hpp>
#include <wengert/derivation/commands.hpp>

using namespace wengert;

namespace {

using strings = std::vector<std::string>;

std::int64_t value_of(const affine& a, const std::vector<std::int64_t>& sizes) {
  return a.offset + (a.dim == none ? 0 : sizes[a.dim]);
}

struct inequality {
  affine lesser, greater;
  bool holds(const std::vector<std::int64_t>& sizes) const { return value_of(lesser, sizes) <= value_of(greater, sizes); }
};

prove_result proof_of(const std::string& left, const std::string& right, const strings& givens = {}) {
  problem p({{"z: vector[K]; w: vector[n]; A: matrix[m,n]"}, {}, givens, {}, {left, right}});
  return prove(p, false, true);
}

diff_result derivative_of(const std::string& e, const std::string& wrt, const strings& givens = {}) {
  problem p({{"z: vector[K]; w: vector[n]; A: matrix[m,n]"}, {}, givens, {wrt}, {e}});
  return diff(p, 1).results.at(0);
}

}  // namespace

TEST_CASE("what follows of lengths holds for all that fit, and what holds for all that fit follows") {
  std::mt19937_64 random(20);
  auto pick = [&](int lo, int hi) { return std::uniform_int_distribution<int>(lo, hi)(random); };
  auto place = [&] { return affine{pick(0, 3) == 0 ? none : static_cast<dim_id>(pick(0, 2)), pick(-2, 2)}; };
  constexpr std::int64_t largest = 12;  // chains of three gaps of at most 4 from 1
  for (int round = 0; round < 300; ++round) {
    dim_order order;
    std::vector<inequality> assumed;
    for (int k = pick(0, 4); k > 0; --k) {
      inequality c{place(), place()};
      if (order.assume(c.lesser, c.greater)) assumed.push_back(c);
    }
    auto fits = [&](const std::vector<std::int64_t>& sizes) {
      return std::ranges::all_of(assumed, [&](const inequality& c) { return c.holds(sizes); });
    };
    std::vector<std::vector<std::int64_t>> fitting;
    for (std::int64_t a = 1; a <= largest; ++a)
      for (std::int64_t b = 1; b <= largest; ++b)
        for (std::int64_t c = 1; c <= largest; ++c)
          if (std::vector<std::int64_t> sizes{a, b, c}; fits(sizes)) fitting.push_back(sizes);
    REQUIRE(!fitting.empty());
    for (int k = 0; k < 20; ++k) {
      inequality c{place(), place()};
      bool always = std::ranges::all_of(fitting, [&](const auto& sizes) { return c.holds(sizes); });
      CHECK(order.surely_le(c.lesser, c.greater) == always);
    }
    std::vector<std::int64_t> sizes{pick(1, 4), pick(1, 4), pick(1, 4)};
    order.fit(sizes);
    CHECK(fits(sizes));
    CHECK(std::ranges::all_of(sizes, [](std::int64_t n) { return n >= 1; }));
  }
}

TEST_CASE("a length that contradicts what is known is not assumed") {
  dim_order order;
  CHECK(order.assume({none, 3}, {0, 0}));
  CHECK_FALSE(order.assume({0, 0}, {none, 2}));
  CHECK_FALSE(order.assume({0, 1}, {0, 0}));
  CHECK(order.assume({0, 0}, {1, -1}));
  CHECK(order.surely_le({none, 4}, {1, 0}));
  CHECK_FALSE(order.surely_le({none, 5}, {1, 0}));
  CHECK_FALSE(order.assume({1, 0}, {0, 0}));
}

TEST_CASE("an entry of an array of symbolic length is a condition on the length") {
  CHECK(derivative_of("sum(z) + z[3]", "z").conditions == strings{"K >= 3"});
  CHECK(derivative_of("z[2]*z[5]", "z").conditions == strings{"K >= 5"});
  CHECK(derivative_of("A[2,3]^2", "A").conditions == strings{"m >= 2", "n >= 3"});
  CHECK(derivative_of("sum(k, 1, n, z[k]*w[k])", "z").conditions == strings{"n <= K"});
  CHECK(derivative_of("sum(k, 1, n, z[k+1]*w[k])", "z").conditions == strings{"n < K"});
  CHECK(derivative_of("sum(z.^2)", "z[4]").conditions == strings{"K >= 4"});
  CHECK(derivative_of("sum(z.^2)", "z[1]").conditions.empty());
  CHECK(derivative_of("sum(z.^2)", "z[K]").conditions.empty());
  CHECK(derivative_of("log(z[2])", "z").conditions == strings{"K >= 2", "z[2] > 0"});
}

TEST_CASE("a given that says it takes the place of the condition") {
  diff_result r = derivative_of("z[3]^2", "z", {"K > 2"});
  CHECK(r.conditions.empty());
  CHECK(r.hypotheses_used == strings{"K > 2"});
  CHECK(derivative_of("z[3]^2", "z", {"K = 7"}).hypotheses_used == strings{"K = 7"});
  CHECK(derivative_of("sum(k, 1, n, z[k]*w[k])", "z", {"n = K"}).conditions.empty());
  CHECK(derivative_of("z[3]^2", "z", {"K >= n", "n >= 3"}).hypotheses_used == strings{"K >= n", "n >= 3"});
  CHECK(derivative_of("z[3]^2", "z", {"K >= 2"}).conditions == strings{"K >= 3"});
}

TEST_CASE("the right side of a statement needs no more than the left one has") {
  CHECK(proof_of("z[3] + z[2]", "z[2] + z[3]").status == verdict::proved);
  CHECK(proof_of("z[2]", "z[2] + 0*z[3]").status != verdict::proved);
  CHECK(proof_of("z[3] - z[3] + z[2]", "z[2]").status == verdict::proved);
  CHECK(proof_of("z[2]", "z[2] + z[3] - z[3]", {"K >= 3"}).status == verdict::proved);
  CHECK(proof_of("sum(k, 1, 3, z[k])", "z[1] + z[2] + z[3]").status == verdict::proved);
  // For K = 3, but not for all K >= 3.
  CHECK(proof_of("sum(z)", "z[1] + z[2] + z[3]", {"K >= 3"}).status != verdict::proved);
  CHECK(proof_of("z[3]", "z[K]", {"K >= 3"}).status == verdict::refuted);
}

TEST_CASE("a certificate says what is assumed of lengths, and does not hold without it") {
  std::string text = proof_of("D(sum(z.^2)*z[3], z[3])", "2*z[3]^2 + sum(z.^2)").certificate, report;
  REQUIRE(text.find("length 3 <= K\n") != std::string::npos);
  CHECK(checker::check_certificate(text, report));
  CHECK(report.find("where 3 <= K\n") != std::string::npos);
  auto with = [&](const std::string& line) {
    std::string changed = text, report_on_it;
    changed.replace(changed.find("length 3 <= K\n"), 14, line);
    return checker::check_certificate(changed, report_on_it);
  };
  CHECK(with("length 4 <= K\n"));
  CHECK_FALSE(with(""));
  CHECK_FALSE(with("length 2 <= K\n"));
  CHECK_FALSE(with("length 3 <= K\nlength K <= 2\n"));
  CHECK_FALSE(with("length 3 <= 2\n"));
  CHECK_FALSE(with("length 3 <= M\n"));
  CHECK_FALSE(with("length 3 <= K+99999999999\n"));
  CHECK_FALSE(with("length 3\n"));
}
