// Jets of Ceres, forward, with as many derivatives as the workloads of few inputs have: W1 of 10, W3a and W5.
#include <ceres/jet.h>

#include <algorithm>
#include <array>

#include "peer.hpp"

namespace {

template <int N, class F> double by_jets(const double* x, F f, double* g) {
  std::array<ceres::Jet<double, N>, N> a;
  for (int i = 0; i < N; ++i) a[static_cast<std::size_t>(i)] = ceres::Jet<double, N>(x[i], i);
  const ceres::Jet<double, N> y = f(a.data());
  std::copy_n(y.v.data(), N, g);
  return y.a;
}

struct jets {
  template <class F> static double gradient(const double* x, std::size_t n, double, F f, double* g) {
    return n == 1 ? by_jets<1>(x, f, g) : n == 8 ? by_jets<8>(x, f, g) : by_jets<10>(x, f, g);
  }
};

[[maybe_unused]] const bool added = peers::add<jets>("Ceres Jet", 10);

}  // namespace
