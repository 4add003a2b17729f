// Stan Math's reverse mode: a graph in an arena.
#include <stan/math/rev/scal.hpp>

#include "peer.hpp"

namespace {

struct stan_math {
  template <class F> static double gradient(const double* x, std::size_t n, double, F f, double* g) {
    static std::vector<stan::math::var> a;
    a.assign(x, x + n);
    stan::math::var y = f(a.data());
    y.grad();
    for (std::size_t i = 0; i < n; ++i) g[i] = a[i].adj();
    const double value = y.val();
    stan::math::recover_memory();
    return value;
  }
};

[[maybe_unused]] const bool added = peers::add<stan_math>("Stan Math");

}  // namespace
