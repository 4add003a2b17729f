// Numbers that know how far off they may be.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <wengert/core/registry.hpp>
#include <wengert/numeric/bounded.hpp>
#include <wengert/numeric/exponential_fraction.hpp>

using namespace wengert;

namespace {

using balls = arithmetic<ball>;

bool overlap(const ball& x, const ball& y) {
  const ball apart = balls(4096).subtract(x, y);
  const std::optional<int> s = apart.sign();
  return !s || *s == 0;
}

ball with_radius(long double x, int exponent) {
  ball r = ball::of(x);
  r.radius = magnitude::power_of_two(exponent);
  return r;
}

}  // namespace

TEST_CASE("balls: every function that they know has the value of extended precision, with more digits the nearer") {
  std::mt19937 random(1);
  std::size_t known = 0;
  for (const op_info& f : functions())
    for (int k = 0; k < 40; ++k) {
      std::uniform_real_distribution<double> in(f.sample.lo, f.sample.hi);
      const long double a[2] = {in(random), in(random)};
      const ball x[2] = {ball::of(a[0]), ball::of(a[1])};
      const ball low = balls(128).function(f, x), high = balls(700).function(f, x);
      if (low.open) continue;
      ++known;
      const long double expected = f.value_long(a);
      CAPTURE(f.name);
      CAPTURE(a[0]);
      CAPTURE(a[1]);
      REQUIRE(low.certain().has_value());
      CHECK(std::abs(*low.certain() - expected) <= 1e-15L * std::abs(expected));
      CHECK(overlap(low, high));
      CHECK(high.radius < low.radius * magnitude::power_of_two(-400) + magnitude::power_of_two(-5000));
    }
  CHECK(known > 40 * 38);
}

TEST_CASE("balls: a function of a ball encloses its values at the points of the ball") {
  std::mt19937 random(2);
  const balls in(192);
  for (const op_info& f : functions())
    for (int k = 0; k < 60; ++k) {
      std::uniform_real_distribution<double> sample(f.sample.lo, f.sample.hi), part(-1, 1);
      const int width = -2 * (k % 30) - 2;
      const double a[2] = {sample(random), sample(random)};
      const ball x[2] = {with_radius(a[0], width), with_radius(a[1], width)};
      const ball all = in.function(f, x);
      for (int m = 0; m < 4; ++m) {
        const ball at[2] = {ball::of(a[0] + std::ldexp(part(random), width)), ball::of(a[1] + std::ldexp(part(random), width))};
        const ball one = in.function(f, at);
        if (one.radius.is_unlimited()) continue;
        CAPTURE(f.name);
        CAPTURE(a[0]);
        CAPTURE(a[1]);
        CAPTURE(width);
        CHECK(overlap(all, one));
      }
    }
}

TEST_CASE("balls: what is exact stays exact") {
  const balls in(64);
  CHECK(in.add(ball(7), ball::of(-0.5)).is_exact());
  CHECK(in.multiply(ball(0), ball::anything(false)).is_exactly(0));
  CHECK(in.function(opcode::exp, std::vector<ball>{0}.data()).is_exactly(1));
  CHECK(in.function(opcode::log, std::vector<ball>{1}.data()).is_exactly(0));
  CHECK(in.power(rational(1, 2))(ball(49)).is_exactly(7));
  CHECK(in.inverse(ball(4)).is_exact());
  CHECK_FALSE(in.inverse(ball(3)).is_exact());
  CHECK(in.function(opcode::floor, std::vector<ball>{ball::of(-2.5)}.data()).is_exactly(-3));
}

TEST_CASE("balls: large exponents are numbers like any other") {
  const balls in(128);
  const std::vector<ball> x{ball(100000000)}, y{ball(-100000000)};
  const ball product = in.multiply(in.function(opcode::exp, x.data()), in.function(opcode::exp, y.data()));
  CHECK(product.certain() == 1.0);
  CHECK(in.function(opcode::exp, x.data()).certain() == std::numeric_limits<double>::infinity());
  CHECK(in.function(opcode::exp, y.data()).certain() == 0.0);
  CHECK(in.function(opcode::log, std::vector<ball>{in.function(opcode::exp, y.data())}.data()).certain() == -1e8);
}

TEST_CASE("balls: digits that cancel are not certain, with more of them they are") {
  auto tail = [](int bits) {  // 1 - 1/(1 + exp(-300))
    const balls in(bits);
    return in.subtract(ball(1), in.inverse(in.add(ball(1), in.function(opcode::exp, std::vector<ball>{-300}.data()))));
  };
  CHECK_FALSE(tail(128).certain().has_value());
  REQUIRE(tail(640).certain().has_value());
  CHECK(*tail(640).certain() == doctest::Approx(std::exp(-300.0)).epsilon(1e-12));
}

TEST_CASE("balls: a comparison that is not certain leaves both branches open") {
  const balls in(128);
  const ball near_zero = with_radius(0, -100);
  const ball r = in.choose(comparison::lt, near_zero, ball(0), ball(3), ball(5));
  CHECK(r.open);
  CHECK(overlap(r, ball(3)));
  CHECK(overlap(r, ball(5)));
  CHECK(in.choose(comparison::le, ball(0), ball(0), ball(3), ball(5)).is_exactly(3));
}

namespace {

using fractions = arithmetic<exponential_fraction>;

exponential_fraction number(long double x) { return ball::of(x); }

exponential_fraction apply(const fractions& in, opcode f, const exponential_fraction& x) {
  return in.function(*find_function(f), &x);
}

}  // namespace

TEST_CASE("fractions of exponentials: what cancels does so whatever the distance of the exponents") {
  const fractions in(128);
  const exponential_fraction a = apply(in, opcode::exp, number(1e8)), b = apply(in, opcode::exp, number(-1e8));
  const exponential_fraction p = in.divide(a, in.add(a, b)), q = in.divide(b, in.add(a, b));
  CHECK(in.value(in.add(p, q)).is_exactly(1));
  CHECK(fractions::is_zero(in.subtract(in.add(p, q), 1)));
  const ball log_rest = in.value(apply(in, opcode::log, in.subtract(1, p)));
  CHECK(log_rest.certain() == -2e8);
  CHECK(in.value(in.divide(in.subtract(1, p), q)).certain() == 1.0);
  const exponential_fraction t = apply(in, opcode::tanh, number(5e7));
  CHECK(in.value(apply(in, opcode::log, in.subtract(1, in.multiply(t, t)))).certain() == -1e8 + 2 * std::log(2.0));
}

TEST_CASE("fractions of exponentials: equal digits of inexact numbers are not taken for equal numbers") {
  const fractions in(128);
  const exponential_fraction third = in.number(rational(1, 3)), e = apply(in, opcode::exp, number(2));
  const exponential_fraction apart = in.subtract(in.multiply(third, e), in.multiply(third, e));
  CHECK_FALSE(fractions::is_zero(apart));
  CHECK_FALSE(in.value(apart).sign().has_value());
  CHECK(in.holds(comparison::lt, apart, 1) == true);
}

TEST_CASE("fractions of exponentials: long sums become numbers") {
  const fractions in(256);
  exponential_fraction sum;
  for (int k = 0; k < 200; ++k) sum = in.add(sum, apply(in, opcode::exp, number(-k * 0.5L)));
  const double expected = (1 - std::exp(-100.0)) / (1 - std::exp(-0.5));
  REQUIRE(in.value(sum).certain().has_value());
  CHECK(*in.value(sum).certain() == doctest::Approx(expected).epsilon(1e-14));
}

TEST_CASE("fractions of exponentials: denominators that are not exact are not lost in sums") {
  const fractions in(256);
  for (int terms : {20, 40, 100}) {
    exponential_fraction sum, all, squares;
    for (int k = 0; k < terms; ++k) sum = in.add(sum, apply(in, opcode::exp, number(-k * 0.5L)));
    for (int k = 0; k < terms; ++k) {
      const exponential_fraction p = in.divide(apply(in, opcode::exp, number(-k * 0.5L)), sum);
      all = in.add(all, p);
      squares = in.add(squares, in.multiply(p, p));
    }
    CAPTURE(terms);
    CHECK(in.value(in.subtract(all, 1)).sign().value_or(0) == 0);
    const double ratio = std::exp(-0.5), power = std::pow(ratio, terms);
    const double first = (1 - ratio) / (1 - power), expected = first * first * (1 - power * power) / (1 - ratio * ratio);
    REQUIRE(in.value(squares).certain().has_value());
    CHECK(*in.value(squares).certain() == doctest::Approx(expected).epsilon(1e-13));
  }
}

TEST_CASE("bounded numbers: what they claim is true of every function") {
  std::mt19937 random(3);
  const balls exact(400);
  const arithmetic<bounded> in;
  for (const op_info& f : functions())
    for (int k = 0; k < 60; ++k) {
      std::uniform_real_distribution<double> sample(f.sample.lo, f.sample.hi), part(-1, 1);
      const long double error = k % 3 == 0 ? 0 : std::ldexp(1.0L, -30 - k);
      const double a[2] = {sample(random), sample(random)};
      const bounded x[2] = {{a[0], error}, {a[1], error}};
      const ball at[2] = {exact.add(ball::of(a[0]), ball::of(error * part(random))),
                          exact.add(ball::of(a[1]), ball::of(error * part(random)))};
      const bounded claimed = in.function(f, x);
      const ball truth = exact.function(f, at);
      if (truth.open || !std::isfinite(claimed.error)) continue;
      ball enclosure = ball::of(claimed.value);
      if (claimed.error > 0) enclosure.radius = magnitude(static_cast<double>(claimed.error) * (1 + 1e-15), 0);
      CAPTURE(f.name);
      CAPTURE(a[0]);
      CAPTURE(a[1]);
      CAPTURE(k);
      CHECK(overlap(enclosure, truth));
    }
}

TEST_CASE("bounded numbers: a number that cancels has a large error beside it") {
  const arithmetic<bounded> in;
  const bounded e = in.function(*find_function(opcode::exp), std::vector<bounded>{bounded(-30)}.data());
  const bounded lost = in.add(in.add(bounded(1), e), bounded(-1));
  CHECK(lost.error > 1e-8L * std::abs(lost.value));
  CHECK(std::abs(lost.value - std::exp(-30.0L)) <= lost.error);
  CHECK(in.add(bounded(3), bounded(-3)).is_exact());
  CHECK_FALSE(in.holds(comparison::lt, lost, e).has_value());
}
