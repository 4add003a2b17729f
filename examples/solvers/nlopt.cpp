// NLopt with gradients of functions that are written for any scalar: Rosenbrock's valley in a hundred dimensions by L-BFGS, and
// the example of NLopt's own tutorial, min sqrt(y) where y >= (2x)^3 and y >= (1 - x)^3, by MMA and SLSQP. The optimum is
// sqrt(8/27).
#include <cmath>
#include <cstdio>
#include <vector>

#include <nlopt.hpp>

#include <wengert/embed/functional.hpp>

namespace {

const auto valley = [](const auto& x) {
  std::decay_t<decltype(x[0])> sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const auto across = x[i + 1] - x[i] * x[i];
    const auto along = 1 - x[i];
    sum += 100 * across * across + along * along;
  }
  return sum;
};
const auto root = [](const auto& x) { return sqrt(x[1]); };
struct cubic {
  double slope, offset;
  template <class X> auto operator()(const X& x) const {
    const auto u = slope * x[0] + offset;
    return u * u * u - x[1];  // at most 0
  }
};

// Any of them, as NLopt calls it.
template <class F> double call(const std::vector<double>& x, std::vector<double>& gradient, void* f) {
  const auto there = wengert::value_and_grad(*static_cast<const F*>(f))(x);
  if (!gradient.empty()) gradient = there.gradient;
  return there.value;
}
template <class F> void* pointer_to(const F& f) { return const_cast<void*>(static_cast<const void*>(&f)); }

void minimize_root(const char* name, nlopt::algorithm by) {
  nlopt::opt solver(by, 2);
  const cubic first{2, 0}, second{-1, 1};
  solver.set_lower_bounds({-HUGE_VAL, 1e-6});
  solver.set_min_objective(call<decltype(root)>, pointer_to(root));
  solver.add_inequality_constraint(call<cubic>, pointer_to(first), 1e-10);
  solver.add_inequality_constraint(call<cubic>, pointer_to(second), 1e-10);
  solver.set_xtol_rel(1e-8);
  std::vector<double> x{1.234, 5.678};
  double value = 0;
  solver.optimize(x, value);
  std::printf("%s: %.6f at (%.5f, %.5f)\n", name, value, x[0], x[1]);
}

}  // namespace

int main() {
  nlopt::opt solver(nlopt::LD_LBFGS, 100);
  solver.set_min_objective(call<decltype(valley)>, pointer_to(valley));
  solver.set_ftol_rel(1e-15);
  std::vector<double> x(100, -1.2);
  double value = 0;
  solver.optimize(x, value);
  std::printf("the end of the valley: %s\n", value < 1e-12 ? "found" : "not found");
  minimize_root("MMA", nlopt::LD_MMA);
  minimize_root("SLSQP", nlopt::LD_SLSQP);
}
