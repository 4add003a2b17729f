// At kinks, poles and the edge of the domain: the table of the README, "Where a derivative is undefined", as far as it has
// functions of <cmath>. Values are those of <cmath>, slopes those of the table, for every scalar.
#include "scalar_gradients.hpp"

#include <limits>

using namespace wengert;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

// The value and the slope by x[0] of f at `at`, by every scalar.
template <class F> void require_at(const char* name, F f, std::vector<double> at, double value, double slope) {
  INFO(name, " at ", at[0]);
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  CHECK(same(f(at), value));
  CHECK(same(scalar_gradients::reverse(f, at)[0], slope));
  CHECK(same(scalar_gradients::forward<4>(f, at)[0], slope));
  basic_jacobian_tape<dual<>> tape;
  std::vector<active<dual<>>> x(at.begin(), at.end());
  const variables inputs = tape.inputs(x);
  const active<dual<>> y = f(x);
  CHECK(same(y.value().value(), value));
  CHECK(same(tape.gradient(y, inputs)[0].value(), slope));
}

#define AT(expression, ...)                                      \
  require_at(                                                    \
      #expression,                                               \
      [](const auto& x) {                                        \
        using T [[maybe_unused]] = std::decay_t<decltype(x[0])>; \
        return expression;                                       \
      },                                                         \
      __VA_ARGS__)

TEST_CASE("slopes at kinks, poles and edges of the domain") {
  AT(std::abs(x[0]), {0}, 0, 0);
  AT(std::fabs(x[0]), {-0.0}, 0, 0);
  AT(std::floor(x[0]), {2}, 2, 0);
  AT(std::ceil(x[0]), {2}, 2, 0);
  AT(std::max(x[0], x[1]), {1, 1}, 1, 0.5);
  AT(std::min(x[0], x[1]), {1, 1}, 1, 0.5);
  AT(std::max(x[0], T(0)), {0}, 0, 0);
  AT(std::min(T(0), x[0]), {0}, 0, 0);
  AT(T(x[0] < 0 ? -x[0] : x[0] * x[0]), {0}, 0, 0);
  AT(std::sqrt(x[0]), {0}, 0, inf);
  AT(std::sqrt(x[0]), {-1}, nan, nan);
  AT(std::cbrt(x[0]), {0}, 0, inf);
  AT(1 / x[0], {0}, inf, -inf);
  AT(std::pow(x[0], T(0)), {0}, 1, 0);
  AT(std::pow(x[0], T(1.5)), {0}, 0, 0);
  AT(std::pow(x[0], x[1]), {0, 0}, 1, 0);
  AT(std::pow(x[0], x[1]), {0, 0.5}, 0, nan);
  AT(std::pow(x[0], x[1]), {0, 1}, 0, 1);
  AT(std::pow(x[0], x[1]), {0, -1}, inf, nan);  // the value is that of <cmath>
  AT(std::pow(x[0], 0.5), {0}, 0, inf);
  AT(std::pow(x[0], T(0.5)), {0}, 0, inf);
  AT(std::pow(x[0], -1), {0}, inf, -inf);
  AT(std::pow(x[0] * x[0], T(0.5)), {0}, 0, 0);
  AT(std::pow(x[0], x[1]), {-8, 0.5}, nan, nan);
  AT(std::pow(x[1], x[0]), {2, -1}, 1, nan);
  AT(std::pow(x[1], x[0]), {1, 0}, 0, 0);
  AT(std::hypot(x[0], x[1]), {0, 0}, 0, 0);
  AT(std::log(x[0]), {0}, -inf, inf);
  AT(std::log(x[0]), {-1}, nan, -1);
  AT(std::log2(x[0]), {0}, -inf, inf);
  AT(std::log10(x[0]), {0}, -inf, inf);
  AT(std::log1p(x[0]), {-1}, -inf, inf);
  AT(std::asin(x[0]), {1}, std::asin(1.0), inf);
  AT(std::asin(x[0]), {2}, nan, nan);
  AT(std::acos(x[0]), {1}, 0, -inf);
  AT(std::acos(x[0]), {-1}, std::acos(-1.0), -inf);
  AT(std::atan2(x[0], x[1]), {0, 0}, 0, 0);
  AT(std::atan2(x[0], x[1]), {0, -1}, std::acos(-1.0), -1);
  AT(std::acosh(x[0]), {1}, 0, inf);
  AT(std::acosh(x[0]), {0}, nan, nan);
  AT(std::atanh(x[0]), {1}, inf, inf);
  AT(std::tgamma(x[0]), {-2}, nan, nan);
  AT(std::lgamma(x[0]), {0}, inf, nan);
}

TEST_CASE("zeros win over infinities") {
  AT(std::sqrt(x[0] * x[0]), {0}, 0, 0);
  AT(std::sqrt(x[0] * x[1]), {0, 0}, 0, 0);
  AT(x[0] * std::sqrt(x[0]), {0}, 0, 0);
  AT(0 * std::log(x[0]) + x[0], {1}, 1, 1);
  AT(0 * std::sqrt(x[0]), {0}, 0, 0);
  AT(std::sqrt(std::abs(x[0])), {0}, 0, 0);
  AT(std::pow(std::sqrt(x[0]), T(4)), {0}, 0, 0);
  AT(std::sqrt(x[0]) - std::sqrt(x[0]) * 0 + x[1], {0, 2}, 2, inf);
}

TEST_CASE("the branch that is not taken does not matter") {
  AT(T(x[0] > 0 ? std::log(x[0]) : x[0]), {-1}, -1, 1);
  const auto computed_for_nothing = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    T root = std::sqrt(x[0]);
    T kept = x[0] * 3;
    return x[0] > 0 ? root : kept;
  };
  require_at("a root that is not used", computed_for_nothing, {0}, 0, 3);
}

TEST_CASE("zeros win over infinities that products make") {
  AT(1 / (1 + std::pow(x[0], 2) * std::pow(x[0], 2)) + x[1], {1e200, 1}, 1, 0);
  AT(1 / (1 + x[0] * x[0] * x[0] * x[0]) + x[1], {1e200, 1}, 1, 0);
  AT(std::exp(-(x[0] * inf)) + x[1], {2, 1}, 1, 0);
  AT(std::tanh(x[0] * 1e200 * 1e200) + x[1], {2, 1}, 2, 0);
  AT(x[1] / (x[0] * inf * x[1]), {2, 1}, 0, 0);
  const auto least = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    T best = inf;
    for (int i = 0; i < 3; ++i) best = std::min(T(best * x[0]), x[1]);
    return best;
  };
  require_at("the least, from infinity", least, {2, 1}, 1, 0);
  const auto too_large = [](const auto& x) {
    using T = std::decay_t<decltype(x[0])>;
    T unused = x[0] * x[0] * x[0] * x[1];
    return std::min(unused, T(x[1] * 2 + x[0] * 0));
  };
  require_at("a product that overflows", too_large, {1e200, 1}, 2, 0);
}

TEST_CASE("a sweep is done again as it was, though more has been recorded since") {
  jacobian_tape tape;
  std::vector<adouble> x{1e200, 1, 3};
  const variables inputs = tape.inputs(x);
  const adouble unused = x[0] * x[0] * x[0] * x[1];
  std::vector<adouble> y{min(unused, x[1] * x[2]), x[2] * x[2]};
  tape.reverse(y, std::vector<double>{2, 10});
  y[0] += x[0] * x[1] * x[2];
  const auto gradient = tape.adjoints(inputs);
  CHECK(std::vector<double>(gradient.begin(), gradient.end()) == std::vector<double>{0, 6, 62});
}

TEST_CASE("a singular slope that was rewound is forgotten") {
  jacobian_tape tape;
  adouble x = 0;
  variable input = tape.input(x);
  const jacobian_tape::position start = tape.here();
  adouble y = sqrt(x);
  tape.reverse(y);
  CHECK(tape.adjoint(input) == inf);
  tape.rewind(start);
  y = x * 2;
  tape.reverse(y);
  CHECK(tape.adjoint(input) == 2);
}

}  // namespace
