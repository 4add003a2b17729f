#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

constexpr int points = 120;

// One function of the table applied to symbols, with its partial derivatives, on a tape of its own.
struct specimen {
  explicit specimen(const op_info& row) : info(row) {
    for (int k = 0; k < info.arity; ++k) {
      symbols.push_back(t.symbol_of(t.symbol("x" + std::to_string(k), {})));
      arguments.emplace_back(axes, edge{t.symbol_node(symbols.back()), {}});
    }
    std::vector<edge> edges;
    for (const term& a : arguments) edges.push_back(a.as_edge());
    value = t.apply(info.code, {}, edges);
    partials.resize(static_cast<std::size_t>(info.parameters), none);
    for (const term& d : info.partial(arguments)) partials.push_back(d.as_edge().node);
  }

  long double at(node_id n, const std::vector<long double>& x) const {
    evaluator<long double> e(t);
    for (std::size_t k = 0; k < symbols.size(); ++k) e.bind(symbols[k], x[k]);
    return e.scalar(n);
  }

  // The derivative of n by argument k from five points; the error is of fourth order in the step.
  long double difference(node_id n, std::vector<long double> x, std::size_t k) const {
    const long double h = 2e-4L, centre = x[k];
    auto f = [&](long double step) {
      x[k] = centre + step * h;
      return at(n, x);
    };
    return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h);
  }

  const op_info& info;
  tape t;
  frame axes{t, {}};
  std::vector<symbol_id> symbols;
  std::vector<term> arguments;
  node_id value = none;
  std::vector<node_id> partials;  // none by a parameter
};

// Points of the sample box, away from the kinks of min and max.
std::vector<std::vector<long double>> samples(const op_info& info) {
  std::mt19937_64 random(static_cast<unsigned>(info.code) + 1);
  const double margin = 1e-3 * (info.sample.hi - info.sample.lo);
  std::uniform_real_distribution<double> draw(info.sample.lo + margin, info.sample.hi - margin);
  std::vector<std::vector<long double>> r;
  while (r.size() < points) {
    std::vector<long double> x;
    for (int k = 0; k < info.arity; ++k) x.push_back(k < info.parameters ? std::round(draw(random)) : draw(random));
    if (x.size() == 2 && info.parameters == 0 && std::abs(x[0] - x[1]) < 1e-2L) continue;
    r.push_back(std::move(x));
  }
  return r;
}

// Relative to the larger of 1 and the exact value.
long double distance(long double a, long double exact) { return std::abs(a - exact) / std::max(1.0L, std::abs(exact)); }

bool holds(const specimen& s, const condition& c, const std::vector<long double>& x) {
  long double u = s.at(c.of.as_edge().node, x);
  switch (c.is) {
    case relation::positive: return u > 0;
    case relation::nonnegative: return u >= 0;
    case relation::nonzero: return u != 0;
    case relation::not_integer: return u != std::floor(u);
    case relation::integer: return u == std::floor(u);
    case relation::real_power: return !std::isnan(u);
    case relation::off_poles: return u > 0 || u != std::floor(u);
  }
  return false;
}

}  // namespace

TEST_CASE("every function is found by its name and its aliases, and by nothing else") {
  for (const op_info& info : functions()) {
    CHECK(find_function(info.name) == &info);
    CHECK(find_function(info.code) == &info);
    for (std::string_view alias : info.aliases) CHECK(find_function(alias) == &info);
  }
  CHECK(find_function("sofmax") == nullptr);
  CHECK(find_function(opcode::mul) == nullptr);
}

TEST_CASE("every function has the same value in double as in long double") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    for (const std::vector<long double>& x : samples(info)) {
      std::array<double, 2> rounded{};
      std::array<long double, 2> exact{};
      for (std::size_t k = 0; k < x.size(); ++k) exact[k] = rounded[k] = static_cast<double>(x[k]);
      CHECK(distance(info.value(rounded.data()), info.value_long(exact.data())) < 1e-14L);
    }
  }
}

TEST_CASE("every partial derivative agrees with differences") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    specimen s(info);
    for (const std::vector<long double>& x : samples(info))
      for (auto k = static_cast<std::size_t>(info.parameters); k < x.size(); ++k)
        CHECK(distance(s.difference(s.value, x, k), s.at(s.partials[k], x)) < 1e-10L);
  }
}

TEST_CASE("the reverse sweep uses the partial derivatives, to second order") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    specimen s(info);
    auto first_variable = static_cast<std::size_t>(info.parameters);
    for (std::size_t k = first_variable; k < s.symbols.size(); ++k) {
      node_id first = derivative(s.t, s.value, s.symbols[k]);
      for (std::size_t m = first_variable; m < s.symbols.size(); ++m) {
        node_id second = derivative(s.t, s.partials[k], s.symbols[m]);
        for (const std::vector<long double>& x : samples(info)) {
          CHECK(distance(s.at(first, x), s.at(s.partials[k], x)) < 1e-17L);
          CHECK(distance(s.difference(s.partials[k], x, m), s.at(second, x)) < 1e-9L);
        }
      }
    }
  }
}

TEST_CASE("the conditions of every function hold on its sample interval") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    specimen s(info);
    conditions all = info.defined(s.arguments);
    for (const condition& c : info.smooth(s.arguments)) all.push_back(c);
    for (const std::vector<long double>& x : samples(info))
      for (const condition& c : all) CHECK(holds(s, c, x));
  }
}

TEST_CASE("there is no derivative by a parameter, and no silent zero") {
  int seen = 0;
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    specimen s(info);
    for (std::size_t k = 0; k < static_cast<std::size_t>(info.parameters); ++k, ++seen) {
      std::string code = "none";
      try {
        derivative(s.t, s.value, s.symbols[k]);
      } catch (const error& e) {
        code = e.code;
      }
      CHECK(code == "N09");
    }
  }
  CHECK(seen >= 7);
}

TEST_CASE("a function that is continuous everywhere is defined everywhere") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    specimen s(info);
    if (info.values == value_fact::continuous) CHECK(info.defined(s.arguments).empty());
    if (info.values != value_fact::continuous || info.arity != 1) continue;
    for (long double x : {-3.0L, -1.0L, 0.0L, 0.5L, 1.0L, 2.0L}) {
      long double left = x - 1e-12L, right = x + 1e-12L;
      CHECK(std::abs(info.value_long(&left) - info.value_long(&right)) < 1e-3L);
    }
  }
}

TEST_CASE("special functions have the values of the tables") {
  struct known {
    std::string_view name;
    std::vector<long double> at;
    long double value;
  };
  const long double pi = std::numbers::pi_v<long double>;
  const std::vector<known> table{{"erf", {1}, 0.842700792949714869341220635082609259L},
                                 {"erfc", {1}, 0.157299207050285130658779364917390741L},
                                 {"erfinv", {0.5L}, 0.476936276204469873381418353643130559809L},
                                 {"gamma", {1.0L / 3}, 2.678938534707747633655692940974677644129L},
                                 {"gamma", {-0.5L}, -2 * std::sqrt(pi)},
                                 {"gamma", {5}, 24},
                                 {"lgamma", {-0.5L}, std::log(2 * std::sqrt(pi))},
                                 {"digamma", {1}, -0.577215664901532860606512090082402431L},
                                 {"polygamma", {1, 1}, pi * pi / 6},
                                 {"polygamma", {2, 1}, -2.404113806319188570799476323022899982L},
                                 {"polygamma", {1, -0.5L}, pi * pi / 2 + 4},
                                 {"beta", {0.5L, 0.5L}, pi},
                                 {"gammap", {1, 2}, 1 - std::exp(-2.0L)},
                                 {"gammaq", {1, 2}, std::exp(-2.0L)},
                                 {"besselj", {0, 1}, 0.765197686557966551449717526102663221L},
                                 {"besselj", {1, -2}, -0.576724807756873387202448242269137087L},
                                 {"besselj", {-1, 2}, -0.576724807756873387202448242269137087L},
                                 {"bessely", {0, 1}, 0.088256964215676957982926766023515163L},
                                 {"besseli", {0, 1}, 1.266065877752008335598244625214717538L},
                                 {"besselk", {0, 1}, 0.421024438240708333335627379212609036L},
                                 {"expint", {1}, 1.895117816355936755466520934331634269L},
                                 {"lambertw", {1}, 0.567143290409783872999968662210355550L}};
  for (const known& k : table) {
    CAPTURE(k.name);
    std::vector<double> rounded(k.at.begin(), k.at.end());
    CHECK(distance(find_function(k.name)->value_long(k.at.data()), k.value) < 1e-17L);
    CHECK(distance(find_function(k.name)->value(rounded.data()), k.value) < 2e-15L);
  }
}

TEST_CASE("a special function meets every number without an exception") {
  const long double inf = std::numeric_limits<long double>::infinity();
  const std::vector<long double> wild{-inf, -1e300L, -1e6L, -170.5L, -2,    -1,     -0.5L, -1e-300L,     0, 1e-300L, 0.3L,
                                      1,    2,       30,    1e6L,    1e18L, 1e300L, inf,   std::nanl("")};
  for (const op_info& info : functions())
    for (long double x : wild)
      for (long double y : wild) {
        std::array<long double, 2> at{x, y};
        std::array<double, 2> rounded{static_cast<double>(x), static_cast<double>(y)};
        CHECK_NOTHROW(info.value_long(at.data()));
        CHECK_NOTHROW(info.value(rounded.data()));
        if (info.arity == 1) break;
      }
}

TEST_CASE("a sign fact is true on the sample interval") {
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    for (const std::vector<long double>& x : samples(info)) {
      long double value = info.value_long(x.data());
      if (info.sign == sign_fact::positive) CHECK(value > 0);
      if (info.sign == sign_fact::nonnegative) CHECK(value >= 0);
      if (info.sign == sign_fact::positive_of_positive && x[0] > 0 && x.back() > 0) CHECK(value > 0);
      if (info.values == value_fact::nowhere_zero) CHECK(value != 0);
      if (info.sign == sign_fact::as_argument) CHECK((value > 0) == (x[0] > 0));
    }
  }
}

TEST_CASE("where a function of one real is defined it has a value, and where it is not it has none") {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> draw(-3, 3);
  for (const op_info& info : functions()) {
    if (info.arity != 1) continue;
    CAPTURE(info.name);
    specimen s(info);
    conditions domain = info.defined(s.arguments);
    for (int k = 0; k < points; ++k) {
      std::vector<long double> x{draw(random)};
      bool inside = true;
      for (const condition& c : domain) inside = inside && holds(s, c, x);
      CHECK(std::isfinite(s.at(s.value, x)) == inside);
    }
  }
}
