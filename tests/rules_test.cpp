// Every row of the table of identities, in numbers: where its conditions hold, both sides have the same value.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/kernel.hpp>
#include <wengert/proof/rules.hpp>

using namespace wengert;

namespace {

struct outcome {
  int points = 0;       // where the conditions hold and the left side has a value
  std::string failure;  // the first point where the sides differ
};

bool holds(relation is, long double v) {
  switch (is) {
    case relation::positive: return v > 0;
    case relation::nonnegative: return v >= 0;
    case relation::nonzero: return v != 0;
    case relation::not_integer: return v != std::round(v);
    case relation::integer: return v == std::round(v);
    case relation::real_power: return std::isfinite(v);
    case relation::off_poles: return v > 0 || v != std::round(v);
  }
  return false;
}

// Draws arguments, special ones too, until the row was tried often enough.
outcome try_out(const rule& r) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<long double> wide(-4, 4), narrow(-1, 1), above(0.05L, 5);
  const std::vector<long double> special{0, 1, -1, 2, -2, 0.5L, -0.5L};
  const std::vector<rational> parameters{rational(0),    rational(1),    rational(2),     rational(-1),
                                         rational(-2),   rational(4),    rational(1, 2),  rational(-1, 2),
                                         rational(3, 2), rational(1, 3), rational(-2, 3), rational(3)};
  outcome o;
  for (int k = 0; k < 4000 && o.points < 400; ++k) {
    tape t;
    frame f{t, {}};
    term x(f, t.whole(t.symbol("x", {}))), y(f, t.whole(t.symbol("y", {})));
    rational c = parameters[static_cast<std::size_t>(k) % parameters.size()];
    if (r.parameter_fits && !r.parameter_fits(c)) continue;
    auto draw = [&]() -> long double {
      switch (random() % 4) {
        case 0: return special[random() % special.size()];
        case 1: return narrow(random);
        case 2: return above(random);
        default: return wide(random);
      }
    };
    evaluator<long double> e(t);
    long double at_x = draw(), at_y = draw();
    node_id left = r.left(x, y, c).over_frame(), right = r.right(x, y, c).over_frame();
    conditions where = r.where(x, y, c);
    kernel on(t);
    std::vector<std::pair<relation, node_id>> needed;
    for (const condition& q : where) needed.emplace_back(q.is, on.condition_node(q));
    e.bind("x", at_x);
    e.bind("y", at_y);
    bool fits = true;
    for (const auto& [is, n] : needed) fits = fits && holds(is, e.scalar(n));
    long double l = e.scalar(left), s = e.scalar(right);
    if (!fits || !std::isfinite(l) || std::fabs(l) > 1e6L) continue;
    ++o.points;
    if (std::fabs(l - s) <= 1e-9L * (1 + std::fabs(l))) continue;
    o.failure = std::string(r.name) + " at x = " + std::to_string(at_x) + ", y = " + std::to_string(at_y) + ", c = " + c.str() +
                ": " + std::to_string(l) + " and " + std::to_string(s);
    return o;
  }
  return o;
}

}  // namespace

TEST_CASE("every rule holds at random points that meet its conditions") {
  for (const rule& r : rules()) {
    CAPTURE(r.name);
    outcome o = try_out(r);
    CHECK(o.failure == "");

    CHECK(o.points >= 100);
    CHECK(!r.sentence.empty());
  }
}

TEST_CASE("a wrong rule is caught by its numbers") {
  using T = const term&;
  using Q = const rational&;
  auto always = [](T, T, Q) { return conditions{}; };
  rule root{"wrong-root", 1, [](T x, T, Q) { return sqrt(square(x)); }, [](T x, T, Q) { return x; }, always, "wrong"};
  CHECK(try_out(root).failure != "");
  rule logs{
      "wrong-log",  2, [](T x, T y, Q) { return ops::log(x * y); }, [](T x, T y, Q) { return ops::log(x) + ops::log(y); }, always,
      "needs signs"};
  CHECK(try_out(logs).failure != "");
  rule sign{"wrong-sign",
            1,
            [](T x, T, Q) { return ops::sin(x); },
            [](T x, T, Q) { return -ops::sin(-x) + x.number(rational(1, 1000)); },
            always,
            "wrong by a little"};
  CHECK(try_out(sign).failure != "");
}

TEST_CASE("the kernel takes only rows of the table") {
  using T = const term&;
  using Q = const rational&;
  tape t;
  kernel k(t);
  rule wrong{"zero-one",
             1,
             [](T x, T, Q) { return x.number(0); },
             [](T x, T, Q) { return x.number(1); },
             [](T, T, Q) { return conditions{}; },
             "wrong"};
  node_id x = t.symbol("x", {});
  CHECK_THROWS_AS(k.instance(wrong, std::vector{x}, 0, {}), refusal);
  rule copy = find_rule("log-exp");
  CHECK_THROWS_AS(k.instance(copy, std::vector{x}, 0, {}), refusal);
  CHECK_NOTHROW(k.instance(find_rule("log-exp"), std::vector{x}, 0, {}));
}

TEST_CASE("an instance needs its conditions, on terms that share their axes") {
  tape t;
  kernel k(t);
  range_id n = t.range_to({t.dim("n"), 0}), short_range = t.make_range({none, 2}, {t.dim("n"), 0});
  node_id x = t.symbol("x", {}), z = t.symbol("z", std::vector{n});
  CHECK_THROWS_AS(k.instance(find_rule("exp-log"), std::vector{x}, 0, {}), refusal);
  theorem positive = k.assume(sign_claim(relation::positive, x), "x > 0", origin::given);
  CHECK_NOTHROW(k.instance(find_rule("exp-log"), std::vector{x}, 0, std::vector{positive}));
  CHECK_THROWS_AS(k.instance(find_rule("exp-log"), std::vector{z}, 0, std::vector{positive}), refusal);
  theorem nonnegative = k.assume(sign_claim(relation::nonnegative, x), "x >= 0", origin::given);
  CHECK_THROWS_AS(k.instance(find_rule("exp-log"), std::vector{x}, 0, std::vector{nonnegative}), refusal);
  CHECK_THROWS_AS(k.instance(find_rule("log-even-power"), std::vector{x}, 3, std::vector{positive}), refusal);
  frame wide{t, {n}}, narrow{t, {short_range}};
  term here(wide, edge{z, {label::of_axis(0)}}), there(narrow, edge{z, {label::of_axis(0)}});
  CHECK_THROWS_AS(k.instance_terms(find_rule("exp-sum"), wide, here, there, 0, {}), refusal);
}
