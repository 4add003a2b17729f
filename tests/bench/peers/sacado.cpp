// Sacado's reverse mode: a graph in blocks of memory that are used again.
#include <Sacado_trad.hpp>

#include "peer.hpp"

namespace {

struct sacado {
  using scalar = Sacado::Rad::ADvar<double>;
  template <class F> static double gradient(const double* x, std::size_t n, double, F f, double* g) {
    static std::vector<scalar> a;
    a.clear();
    a.reserve(n);
    for (std::size_t i = 0; i < n; ++i) a.emplace_back(x[i]);
    scalar y = f(a.data());
    scalar::Outvar_Gradcomp(y);
    for (std::size_t i = 0; i < n; ++i) g[i] = a[i].adj();
    return y.val();
  }
};

[[maybe_unused]] const bool added = peers::add<sacado>("Sacado");

}  // namespace
