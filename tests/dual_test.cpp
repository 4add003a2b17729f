// Forward types: one or several directions, nested, and over active scalars.
#include "scalar_gradients.hpp"

#include <limits>

using namespace wengert;

namespace {

TEST_CASE("a dual number carries the derivative along its direction") {
  const dual<> x(2.0, 1.0), y(3.0, -1.0);
  const dual<> z = x * x * y + sin(y) / x;
  CHECK(z.value() == 12 + std::sin(3.0) / 2);
  CHECK(z.tangent() == doctest::Approx(12 - 4 - std::cos(3.0) / 2 - std::sin(3.0) / 4));
  dual<> w;
  CHECK(w.value() == 0);
  CHECK(w.passive());
  w = 3;
  w += x;
  w -= 0.5;
  w *= y;
  w /= 2;
  CHECK(w.tangent() == doctest::Approx((3 - 4.5) / 2));
  CHECK((x < y && x <= 2 && 1 < x && y != x));
  CHECK(std::max(x, y).tangent() == -1);
  CHECK(std::numeric_limits<dual<>>::infinity() > x);
  static_assert(std::is_trivially_copyable_v<dual_vec<4>>);
}

TEST_CASE("several directions are several gradients entries in one run") {
  std::vector<dual_vec<3>> x;
  for (std::size_t i = 0; i < 3; ++i) x.push_back(dual_vec<3>::variable(static_cast<double>(i) + 0.5, i));
  const dual_vec<3> y = x[0] * x[1] * x[2];
  CHECK(y.tangents() == std::array<double, 3>{3.75, 1.25, 0.75});
}

TEST_CASE("dual numbers nest to any order") {
  using second = dual<dual<>>;
  using third = dual<second>;
  const third x(second(dual<>(0.5, 1.0), dual<>(1.0)), second(dual<>(1.0)));
  const third y = exp(2 * x) * x;
  const double e = std::exp(1.0);
  CHECK(primal(y) == doctest::Approx(0.5 * e));
  CHECK(y.tangent().value().value() == doctest::Approx(2 * e));
  CHECK(y.tangent().tangent().value() == doctest::Approx(6 * e));
  CHECK(y.tangent().tangent().tangent() == doctest::Approx(16 * e));
}

TEST_CASE("the derivative inside a function that is itself differentiated in reverse") {
  // d/dp of d/du (u^3 p + sin(u p)) at u = p^2.
  const auto outer = [](const auto& p) {
    using T = std::decay_t<decltype(p[0])>;
    const dual<T> u = dual<T>::variable(T(p[0] * p[0]));
    return (u * u * u * p[0] + sin(u * p[0])).tangent();
  };
  const auto by_hand = [](long double p) { return 3 * p * p * p * p * p + std::cos(p * p * p) * p; };
  CHECK(scalar_gradients::reverse(outer, {1.25})[0] ==
        doctest::Approx(static_cast<double>(scalar_gradients::slope(by_hand, 1.25L))));
  CHECK(scalar_gradients::forward<1>(outer, {1.25})[0] ==
        doctest::Approx(static_cast<double>(scalar_gradients::slope(by_hand, 1.25L))));
}

TEST_CASE("single precision and more") {
  const dual<float> x(2.0f, 1.0f);
  CHECK((x * x).tangent() == 4.0f);
  const dual<long double> y(2.0L, 1.0L);
  CHECK(static_cast<double>(log(y).tangent()) == 0.5);
  basic_jacobian_tape<float> tape;
  active<float> u = 3;
  const variable input = tape.input(u);
  tape.reverse(u * u);
  CHECK(tape.adjoint(input) == 6.0f);
}

}  // namespace
