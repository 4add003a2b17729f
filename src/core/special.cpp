#include <wengert/core/special.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/expint.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/lambert_w.hpp>
#include <boost/math/special_functions/polygamma.hpp>

namespace wengert::special {

namespace {

namespace bm = boost::math;
using bm::policies::ignore_error;

// Whatever goes wrong shows in the value.
using quiet =
    bm::policies::policy<bm::policies::domain_error<ignore_error>, bm::policies::pole_error<ignore_error>,
                         bm::policies::overflow_error<ignore_error>, bm::policies::underflow_error<ignore_error>,
                         bm::policies::denorm_error<ignore_error>, bm::policies::evaluation_error<ignore_error>,
                         bm::policies::rounding_error<ignore_error>, bm::policies::indeterminate_result_error<ignore_error>>;

constexpr int largest_bessel_order = 1'000'000;
constexpr int largest_polygamma_order = 1'000;

template <class T> constexpr T no_number = std::numeric_limits<T>::quiet_NaN();
template <class T> constexpr T infinity = std::numeric_limits<T>::infinity();

// f(). Some of Boost's functions call others without the policy, which throw.
template <class T, class F> T quietly(F f) {
  try {
    return f();
  } catch (const std::overflow_error&) {
    return infinity<T>;
  } catch (const std::exception&) {
    return no_number<T>;
  }
}

// f(), or no number where the argument is none.
template <class T, class F> T value_of(T x, F f) { return std::isnan(x) ? x : quietly<T>(f); }

template <class T> bool is_pole(T x) { return x <= 0 && x == std::floor(x); }

template <class T> std::optional<int> whole(T n, int largest) {
  if (!(std::abs(n) <= static_cast<T>(largest)) || n != std::floor(n)) return std::nullopt;
  return static_cast<int>(n);
}

template <class T, class F> T of_order(T n, T x, F f) {
  std::optional<int> order = whole(n, largest_bessel_order);
  return order && !std::isnan(x) ? quietly<T>([&] { return f(*order); }) : no_number<T>;
}

}  // namespace

template <class T> T erfinv(T x) {
  if (std::abs(x) == 1) return x * infinity<T>;
  return value_of(x, [&] { return std::abs(x) > 1 ? no_number<T> : T(bm::erf_inv(x, quiet())); });
}

template <class T> T gamma(T x) {
  if (x == infinity<T>) return x;
  return value_of(x, [&] { return is_pole(x) ? no_number<T> : T(bm::tgamma(x, quiet())); });
}

template <class T> T lgamma(T x) {
  if (std::isinf(x)) return infinity<T>;
  return value_of(x, [&] { return is_pole(x) ? infinity<T> : T(bm::lgamma(x, quiet())); });
}

template <class T> T digamma(T x) {
  if (std::isinf(x)) return x > 0 ? x : no_number<T>;
  return value_of(x, [&] { return is_pole(x) ? no_number<T> : T(bm::digamma(x, quiet())); });
}

template <class T> T expint(T x) {
  if (std::isinf(x)) return x > 0 ? x : T(0);
  return value_of(x, [&] { return x == 0 ? -infinity<T> : T(bm::expint(x, quiet())); });
}

template <class T> T lambertw(T x) {
  if (x == infinity<T>) return x;
  return value_of(x, [&] { return T(bm::lambert_w0(x, quiet())); });
}

template <class T> T beta(T x, T y) {
  if (!(x > 0 && y > 0)) return no_number<T>;
  if (std::isinf(x) || std::isinf(y)) return 0;
  return quietly<T>([&] { return T(bm::beta(x, y, quiet())); });
}

template <class T> T polygamma(T n, T x) {
  std::optional<int> order = whole(n, largest_polygamma_order);
  if (!order || *order < 0 || std::isnan(x) || is_pole(x)) return no_number<T>;
  if (std::isinf(x)) return *order == 0 ? digamma(x) : x > 0 ? T(0) : no_number<T>;
  return quietly<T>([&] { return T(bm::polygamma(*order, x, quiet())); });
}

template <class T> T gammap(T a, T x) {
  if (!(a > 0 && x >= 0) || std::isinf(a)) return no_number<T>;
  return std::isinf(x) ? T(1) : quietly<T>([&] { return T(bm::gamma_p(a, x, quiet())); });
}

template <class T> T gammaq(T a, T x) {
  if (!(a > 0 && x >= 0) || std::isinf(a)) return no_number<T>;
  return std::isinf(x) ? T(0) : quietly<T>([&] { return T(bm::gamma_q(a, x, quiet())); });
}

template <class T> T besselj(T n, T x) {
  if (std::isinf(x)) return 0;
  return of_order(n, x, [&](int order) { return T(bm::cyl_bessel_j(order, x, quiet())); });
}

template <class T> T bessely(T n, T x) {
  if (x <= 0) return x == 0 ? -infinity<T> : no_number<T>;
  if (std::isinf(x)) return 0;
  return of_order(n, x, [&](int order) { return T(bm::cyl_neumann(order, x, quiet())); });
}

template <class T> T besseli(T n, T x) {
  if (std::isinf(x)) return x > 0 || std::fmod(n, T(2)) == 0 ? infinity<T> : -infinity<T>;
  // I of order -n is I of order n, and its parity in x is that of n.
  return of_order(n, x, [&](int order) {
    T v = bm::cyl_bessel_i(std::abs(order), std::abs(x), quiet());
    return x < 0 && order % 2 != 0 ? -v : v;
  });
}

template <class T> T besselk(T n, T x) {
  if (x <= 0) return x == 0 ? infinity<T> : no_number<T>;
  if (std::isinf(x)) return 0;
  return of_order(n, x, [&](int order) { return T(bm::cyl_bessel_k(std::abs(order), x, quiet())); });
}

#define WENGERT_OF_ONE(f)      \
  template double f(double x); \
  template long double f(long double x);
WENGERT_OF_ONE(erfinv)
WENGERT_OF_ONE(gamma)
WENGERT_OF_ONE(lgamma)
WENGERT_OF_ONE(digamma)
WENGERT_OF_ONE(expint)
WENGERT_OF_ONE(lambertw)
#undef WENGERT_OF_ONE
#define WENGERT_OF_TWO(f)                \
  template double f(double x, double y); \
  template long double f(long double x, long double y);
WENGERT_OF_TWO(beta)
WENGERT_OF_TWO(polygamma)
WENGERT_OF_TWO(gammap)
WENGERT_OF_TWO(gammaq)
WENGERT_OF_TWO(besselj)
WENGERT_OF_TWO(bessely)
WENGERT_OF_TWO(besseli)
WENGERT_OF_TWO(besselk)
#undef WENGERT_OF_TWO

}  // namespace wengert::special
