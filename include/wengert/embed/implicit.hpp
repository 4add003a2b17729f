// Functions that are given by an equation, differentiated by the implicit function theorem: however the equation was solved, the
// solver's iterations are not recorded.
//
//   // z with g(z, p) = 0
//   const auto z = wengert::root_of([](const auto& z, const auto& p) { ... return residuals; }, start);
//   std::vector<adouble> solution = z(p);
//   // z = phi(z, p)
//   const auto w = wengert::fixed_point_of([](const auto& z, const auto& p) { ... return next; }, start);
//
// `start` is where Newton's method (or the iteration) begins: a std::vector<double>. In its place may stand a solver of your own,
// called as solve(p) with numbers, that returns z. g and phi take vectors of any scalar and return one; p is a scalar, vector or
// array.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/embed/custom.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

// The lower and upper triangle of a matrix whose rows were exchanged, by Gauss with partial pivoting.
class lu_factors {
 public:
  explicit lu_factors(dense_matrix m) : m_(std::move(m)), order_(m_.rows()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const std::size_t n = m_.rows();
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t pivot = k;
      for (std::size_t r = k + 1; r < n; ++r)
        if (std::fabs(m_(r, k)) > std::fabs(m_(pivot, k))) pivot = r;
      if (!(std::fabs(m_(pivot, k)) > 0))
        throw error("singular", "the equation has no unique solution near this point: its Jacobian is singular",
                    "the implicit function theorem needs a regular one");
      if (pivot != k) {
        for (std::size_t c = 0; c < n; ++c) std::swap(m_(k, c), m_(pivot, c));
        std::swap(order_[k], order_[pivot]);
      }
      for (std::size_t r = k + 1; r < n; ++r) {
        const double factor = m_(r, k) /= m_(k, k);
        for (std::size_t c = k + 1; c < n; ++c) m_(r, c) -= factor * m_(k, c);
      }
    }
  }
  std::vector<double> solve(const std::vector<double>& b) const {
    const std::size_t n = b.size();
    std::vector<double> x(n);
    for (std::size_t r = 0; r < n; ++r) {
      x[r] = b[order_[r]];
      for (std::size_t c = 0; c < r; ++c) x[r] -= m_(r, c) * x[c];
    }
    for (std::size_t r = n; r-- > 0;) {
      for (std::size_t c = r + 1; c < n; ++c) x[r] -= m_(r, c) * x[c];
      x[r] /= m_(r, r);
    }
    return x;
  }
  dense_matrix inverse() const {
    const std::size_t n = m_.rows();
    dense_matrix result(n, n);
    for (std::size_t c = 0; c < n; ++c) {
      std::vector<double> e(n, 0.0);
      e[c] = 1;
      const std::vector<double> column = solve(e);
      for (std::size_t r = 0; r < n; ++r) result(r, c) = column[r];
    }
    return result;
  }

 private:
  dense_matrix m_;
  std::vector<std::size_t> order_;
};

// How many times a result of scalars T may be differentiated.
template <class T> inline constexpr int derivative_order = 0;
template <class V> inline constexpr int derivative_order<active<V>> = 1 + derivative_order<V>;
template <std::size_t N, class V> inline constexpr int derivative_order<dual_vec<N, V>> = 1 + derivative_order<V>;
template <> inline constexpr int derivative_order<dependent> = 2;

inline double largest_of(const std::vector<double>& v) {
  double most = 0;
  for (const double x : v) most = std::isnan(x) ? x : std::max(most, std::fabs(x));
  return most;
}

// A zero of g by Newton's method; a step that does not lessen the largest residual is halved.
template <class G> std::vector<double> newton(const G& g, std::vector<double> z, int most_steps = 200) {
  const auto residuals = [&](const std::vector<double>& at) { return outputs_of<double>(g(at)); };
  std::vector<double> r = residuals(z);
  for (int step = 0; step < most_steps && largest_of(r) > 0; ++step) {
    std::vector<double> change = lu_factors(jacobian(g)(z)).solve(r);
    bool better = false;
    for (int halved = 0; halved < 40 && !better; ++halved) {
      std::vector<double> moved = z;
      for (std::size_t i = 0; i < z.size(); ++i) moved[i] -= change[i];
      const std::vector<double> there = residuals(moved);
      if (largest_of(there) < largest_of(r)) {
        z = std::move(moved);
        r = there;
        better = true;
      }
      for (double& c : change) c /= 2;
    }
    if (better) continue;
    // As near as rounding lets it come, or stuck.
    if (largest_of(change) * 0x1p40 <= 1e-8 * (1 + largest_of(z))) return z;
    throw error("no-convergence", "Newton's method found no zero", "start nearer to it, or give a solver of your own");
  }
  if (!(largest_of(r) < 1e-6 * (1 + largest_of(z))))
    throw error("no-convergence", "Newton's method found no zero", "start nearer to it, or give a solver of your own");
  return z;
}

// z = phi(z) by iteration.
template <class Phi> std::vector<double> iterate(const Phi& phi, std::vector<double> z, int most_steps = 100000) {
  double before = std::numeric_limits<double>::infinity();
  for (int step = 0; step < most_steps; ++step) {
    std::vector<double> next = outputs_of<double>(phi(z));
    double change = 0;
    for (std::size_t i = 0; i < z.size(); ++i) change = std::max(change, std::fabs(next[i] - z[i]));
    const double size = 1 + largest_of(next);
    z = std::move(next);
    if (!std::isfinite(size)) break;
    if (change <= 1e-15 * size || (change <= 1e-12 * size && change >= before)) return z;
    before = change;
  }
  throw error("no-convergence", "an iteration has not come to rest", "give a solver of your own");
}

// With J the Jacobian of g by z at the solution z0 for the numbers p0, the step z - J^-1 g(z, p) from z0 has the derivatives of
// the solution to first order, and each further one with the same J to one order more.
template <class G, class Solve> class implicit_function {
 public:
  implicit_function(G g, Solve solve) : g_(std::move(g)), solve_(std::move(solve)) {}

  template <class P> auto operator()(const P& p) const {
    using T = scalar_of<P>;
    const auto numbers_p = each_number(p, [](const T& n) {
      if constexpr (scalar<T>)
        return static_cast<double>(primal(n));
      else
        return static_cast<double>(n);
    });
    const std::vector<double> z0 = solve_(numbers_p);
    if constexpr (derivative_order<T> == 0) {
      return std::vector<T>(z0.begin(), z0.end());
    } else {
      const dense_matrix inverse = lu_factors(jacobian([&](const auto& z) {
                                     using U = scalar_of<std::decay_t<decltype(z)>>;
                                     return g_(z, each_number(numbers_p, [](double n) { return U(n); }));
                                   })(z0))
                                       .inverse();
      std::vector<T> z(z0.begin(), z0.end());
      for (int order = 0; order < derivative_order<T>; ++order) {
        const std::vector<T> r = outputs_of<T>(g_(std::as_const(z), p));
        if (r.size() != z.size()) throw error("count", "an equation has not as many residuals as unknowns");
        for (std::size_t i = 0; i < z.size(); ++i)
          for (std::size_t j = 0; j < z.size(); ++j) z[i] -= inverse(i, j) * r[j];
      }
      return z;
    }
  }

 private:
  G g_;
  Solve solve_;
};

template <class G, class Start> auto root_of(G g, Start start) {
  if constexpr (std::is_convertible_v<Start, std::vector<double>>) {
    return implicit_function(g, [g, z0 = std::vector<double>(start)](const auto& p) {
      return newton(
          [&](const auto& z) {
            using U = scalar_of<std::decay_t<decltype(z)>>;
            return g(z, each_number(p, [](double n) { return U(n); }));
          },
          z0);
    });
  } else {
    return implicit_function(std::move(g), std::move(start));
  }
}

template <class Phi, class Start> auto fixed_point_of(Phi phi, Start start) {
  const auto g = [phi](const auto& z, const auto& p) {
    using U = scalar_of<std::decay_t<decltype(z)>>;
    std::vector<U> r = outputs_of<U>(phi(z, p));
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = z[i] - r[i];
    return r;
  };
  if constexpr (std::is_convertible_v<Start, std::vector<double>>) {
    return implicit_function(g, [phi, z0 = std::vector<double>(start)](const auto& p) {
      return iterate([&](const std::vector<double>& z) { return phi(z, p); }, z0);
    });
  } else {
    return implicit_function(g, std::move(start));
  }
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
