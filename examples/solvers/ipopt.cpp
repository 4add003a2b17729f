// Nonlinear programs solved by Ipopt, which asks for gradients, sparse Jacobians and the sparse Hessian of the Lagrangian: all of
// them come from the functions below, which are written for any scalar. The problems, with their starting points and optima, are
// from Hock and Schittkowski, "Test Examples for Nonlinear Programming Codes" (1981).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include <IpIpoptApplication.hpp>
#include <IpTNLP.hpp>

#include <wengert/embed/functional.hpp>
#include <wengert/embed/sparse.hpp>

namespace {

constexpr double none = std::numeric_limits<double>::infinity();

// minimize objective(x), where lower <= x <= upper, the first `equations` constraints are 0 and the others at least 0.
struct problem {
  int number;
  double optimum;
  std::vector<double> start;
  std::size_t equations = 0, constraints = 0;
  std::vector<double> lower{}, upper{};
};

const std::vector<problem> problems{
    {1, 0, {-2, 1}, 0, 0, {-none, -1.5}},
    {5, -1.9132229549810367, {0, 0}, 0, 0, {-1.5, -3}, {4, 3}},
    {6, 0, {-1.2, 1}, 1, 1},
    {35, 1.0 / 9, {0.5, 0.5, 0.5}, 0, 1, {0, 0, 0}},
    {39, -1, {2, 2, 2, 2}, 2, 2},
    {40, -0.25, {0.8, 0.8, 0.8, 0.8}, 3, 3},
    {43, -44, {0, 0, 0, 0}, 0, 3},
    {63, 961.7151721, {2, 2, 2}, 2, 2, {0, 0, 0}},
    {65, 0.9535288567, {-5, 5, 0}, 0, 1, {-4.5, -4.5, -5}, {4.5, 4.5, 5}},
    {71, 17.0140173, {1, 5, 5, 1}, 1, 2, {1, 1, 1, 1}, {5, 5, 5, 5}},
    {76, -4.6818181818, {0.5, 0.5, 0.5, 0.5}, 0, 3, {0, 0, 0, 0}},
    {78, -2.91970041, {-2, 1.5, 2, -1, -1}, 3, 3},
    {80, 0.0539498478, {-2, 2, 2, -1, -1}, 3, 3, {-2.3, -2.3, -3.2, -3.2, -3.2}, {2.3, 2.3, 3.2, 3.2, 3.2}},
    {100, 680.6300573, {1, 2, 0, 4, 0, 1, 1}, 0, 4},
    {113, 24.3062091, {2, 3, 5, 5, 1, 2, 7, 3, 6, 10}, 0, 8},
};

template <class T> T squared(const T& x) { return x * x; }
template <class T> T sum_of_squares(const std::vector<T>& x) {
  T sum = 0;
  for (const T& v : x) sum += v * v;
  return sum;
}

template <class T> T objective(int number, const std::vector<T>& x) {
  switch (number) {
    case 1: return 100 * squared<T>(x[1] - x[0] * x[0]) + squared<T>(1 - x[0]);
    case 5: return sin(x[0] + x[1]) + squared<T>(x[0] - x[1]) - 1.5 * x[0] + 2.5 * x[1] + 1;
    case 6: return squared<T>(1 - x[0]);
    case 35:
      return 9 - 8 * x[0] - 6 * x[1] - 4 * x[2] + 2 * x[0] * x[0] + 2 * x[1] * x[1] + x[2] * x[2] + 2 * x[0] * x[1] +
             2 * x[0] * x[2];
    case 39: return -x[0];
    case 40: return -x[0] * x[1] * x[2] * x[3];
    case 43: return sum_of_squares(x) + x[2] * x[2] - 5 * x[0] - 5 * x[1] - 21 * x[2] + 7 * x[3];
    case 63: return 1000 - sum_of_squares(x) - x[1] * x[1] - x[0] * x[1] - x[0] * x[2];
    case 65: return squared<T>(x[0] - x[1]) + squared<T>(x[0] + x[1] - 10) / 9 + squared<T>(x[2] - 5);
    case 71: return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2];
    case 76:
      return x[0] * x[0] + 0.5 * x[1] * x[1] + x[2] * x[2] + 0.5 * x[3] * x[3] - x[0] * x[2] + x[2] * x[3] - x[0] - 3 * x[1] +
             x[2] - x[3];
    case 78: return x[0] * x[1] * x[2] * x[3] * x[4];
    case 80: return exp(x[0] * x[1] * x[2] * x[3] * x[4]);
    case 100:
      return squared<T>(x[0] - 10) + 5 * squared<T>(x[1] - 12) + pow(x[2], 4) + 3 * squared<T>(x[3] - 11) + 10 * pow(x[4], 6) +
             7 * x[5] * x[5] + pow(x[6], 4) - 4 * x[5] * x[6] - 10 * x[5] - 8 * x[6];
    default:
      return x[0] * x[0] + x[1] * x[1] + x[0] * x[1] - 14 * x[0] - 16 * x[1] + squared<T>(x[2] - 10) + 4 * squared<T>(x[3] - 5) +
             squared<T>(x[4] - 3) + 2 * squared<T>(x[5] - 1) + 5 * x[6] * x[6] + 7 * squared<T>(x[7] - 11) +
             2 * squared<T>(x[8] - 10) + squared<T>(x[9] - 7) + 45;
  }
}

template <class T> std::vector<T> constraints(int number, const std::vector<T>& x) {
  switch (number) {
    case 6: return {10 * (x[1] - x[0] * x[0])};
    case 35: return {3 - x[0] - x[1] - 2 * x[2]};
    case 39: return {x[1] - pow(x[0], 3) - x[2] * x[2], x[0] * x[0] - x[1] - x[3] * x[3]};
    case 40: return {pow(x[0], 3) + x[1] * x[1] - 1, x[0] * x[0] * x[3] - x[2], x[3] * x[3] - x[1]};
    case 43:
      return {8 - sum_of_squares(x) - x[0] + x[1] - x[2] + x[3], 10 - sum_of_squares(x) - x[1] * x[1] - x[3] * x[3] + x[0] + x[3],
              5 - sum_of_squares(x) - x[0] * x[0] + x[3] * x[3] - 2 * x[0] + x[1] + x[3]};
    case 63: return {8 * x[0] + 14 * x[1] + 7 * x[2] - 56, sum_of_squares(x) - 25};
    case 65: return {48 - sum_of_squares(x)};
    case 71: return {sum_of_squares(x) - 40, x[0] * x[1] * x[2] * x[3] - 25};
    case 76: return {5 - x[0] - 2 * x[1] - x[2] - x[3], 4 - 3 * x[0] - x[1] - 2 * x[2] + x[3], x[1] + 4 * x[2] - 1.5};
    case 78:
    case 80: return {sum_of_squares(x) - 10, x[1] * x[2] - 5 * x[3] * x[4], pow(x[0], 3) + pow(x[1], 3) + 1};
    case 100:
      return {127 - 2 * x[0] * x[0] - 3 * pow(x[1], 4) - x[2] - 4 * x[3] * x[3] - 5 * x[4],
              282 - 7 * x[0] - 3 * x[1] - 10 * x[2] * x[2] - x[3] + x[4],
              196 - 23 * x[0] - x[1] * x[1] - 6 * x[5] * x[5] + 8 * x[6],
              -4 * x[0] * x[0] - x[1] * x[1] + 3 * x[0] * x[1] - 2 * x[2] * x[2] - 5 * x[5] + 11 * x[6]};
    case 113:
      return {105 - 4 * x[0] - 5 * x[1] + 3 * x[6] - 9 * x[7],
              -10 * x[0] + 8 * x[1] + 17 * x[6] - 2 * x[7],
              8 * x[0] - 2 * x[1] - 5 * x[8] + 2 * x[9] + 12,
              -3 * squared<T>(x[0] - 2) - 4 * squared<T>(x[1] - 3) - 2 * x[2] * x[2] + 7 * x[3] + 120,
              -5 * x[0] * x[0] - 8 * x[1] - squared<T>(x[2] - 6) + 2 * x[3] + 40,
              -0.5 * squared<T>(x[0] - 8) - 2 * squared<T>(x[1] - 4) - 3 * x[4] * x[4] + x[5] + 30,
              -x[0] * x[0] - 2 * squared<T>(x[1] - 2) + 2 * x[0] * x[1] - 14 * x[4] + 6 * x[5],
              3 * x[0] - 6 * x[1] - 12 * squared<T>(x[8] - 8) + 7 * x[9]};
    default: return {};
  }
}

// --- what Ipopt asks

using Ipopt::Index, Ipopt::Number;

struct of_objective {
  int number;
  template <class T> T operator()(const std::vector<T>& x) const { return objective(number, x); }
};
struct of_constraints {
  int number;
  template <class T> std::vector<T> operator()(const std::vector<T>& x) const { return constraints(number, x); }
};
struct lagrangian {
  int number;
  double of_objective;
  std::vector<double> multipliers;
  template <class T> T operator()(const std::vector<T>& x) const {
    const std::vector<T> g = constraints(number, x);
    T sum = of_objective * objective(number, x);
    for (std::size_t k = 0; k < g.size(); ++k) sum += multipliers[k] * g[k];
    return sum;
  }
};

class program : public Ipopt::TNLP {
 public:
  explicit program(const problem& p)
      : p_(p),
        jacobian_(wengert::jacobian_sparsity(of_constraints{p.number}, p.start)),
        hessian_(wengert::hessian_sparsity(lagrangian{p.number, 1, std::vector<double>(p.constraints, 1)}, p.start)) {}

  double value = none;

  bool get_nlp_info(Index& n, Index& m, Index& in_jacobian, Index& in_hessian, IndexStyleEnum& style) override {
    n = static_cast<Index>(p_.start.size());
    m = static_cast<Index>(p_.constraints);
    in_jacobian = static_cast<Index>(jacobian_.size());
    in_hessian = 0;
    each_in_hessian([&](std::size_t, std::size_t, std::size_t) { ++in_hessian; });
    style = C_STYLE;
    return true;
  }
  bool get_bounds_info(Index n, Number* lower, Number* upper, Index m, Number* least, Number* most) override {
    constexpr double unbounded = 1e19;
    const auto bound = [](const std::vector<double>& all, Index k, double otherwise) {
      const auto i = static_cast<std::size_t>(k);
      return i < all.size() && std::isfinite(all[i]) ? all[i] : otherwise;
    };
    for (Index k = 0; k < n; ++k) lower[k] = bound(p_.lower, k, -unbounded), upper[k] = bound(p_.upper, k, unbounded);
    for (Index k = 0; k < m; ++k) least[k] = 0, most[k] = static_cast<std::size_t>(k) < p_.equations ? 0 : unbounded;
    return true;
  }
  bool get_starting_point(Index, bool, Number* x, bool, Number*, Number*, Index, bool, Number*) override {
    std::copy(p_.start.begin(), p_.start.end(), x);
    return true;
  }
  bool eval_f(Index n, const Number* x, bool, Number& value_there) override {
    value_there = objective(p_.number, std::vector<double>(x, x + n));
    return true;
  }
  bool eval_grad_f(Index n, const Number* x, bool, Number* gradient) override {
    const std::vector<double> g = wengert::grad(of_objective{p_.number})(std::vector<double>(x, x + n));
    std::copy(g.begin(), g.end(), gradient);
    return true;
  }
  bool eval_g(Index n, const Number* x, bool, Index, Number* g) override {
    const std::vector<double> there = constraints(p_.number, std::vector<double>(x, x + n));
    std::copy(there.begin(), there.end(), g);
    return true;
  }
  bool eval_jac_g(Index n, const Number* x, bool, Index, Index, Index* rows, Index* columns, Number* values) override {
    if (values != nullptr) {
      const auto there = wengert::sparse_jacobian(of_constraints{p_.number}, jacobian_)(std::vector<double>(x, x + n));
      std::copy(there.values.begin(), there.values.end(), values);
      return true;
    }
    for (std::size_t r = 0; r < jacobian_.rows(); ++r)
      for (const auto c : jacobian_[r]) *rows++ = static_cast<Index>(r), *columns++ = static_cast<Index>(c);
    return true;
  }
  bool eval_h(Index n, const Number* x, bool, Number of_objective, Index m, const Number* multipliers, bool, Index, Index* rows,
              Index* columns, Number* values) override {
    if (values == nullptr) {
      each_in_hessian([&](std::size_t r, std::size_t c, std::size_t) {
        *rows++ = static_cast<Index>(r);
        *columns++ = static_cast<Index>(c);
      });
      return true;
    }
    const lagrangian f{p_.number, of_objective, std::vector<double>(multipliers, multipliers + m)};
    const auto there = wengert::sparse_hessian(f, hessian_)(std::vector<double>(x, x + n));
    each_in_hessian([&](std::size_t, std::size_t, std::size_t k) { *values++ = there.values[k]; });
    return true;
  }
  void finalize_solution(Ipopt::SolverReturn, Index, const Number*, const Number*, const Number*, Index, const Number*,
                         const Number*, Number value_there, const Ipopt::IpoptData*, Ipopt::IpoptCalculatedQuantities*) override {
    value = value_there;
  }

 private:
  // Ipopt wants one triangle.
  template <class F> void each_in_hessian(const F& f) const {
    for (std::size_t r = 0; r < hessian_.rows(); ++r)
      for (std::size_t k = hessian_.row_begin[r]; k < hessian_.row_begin[r + 1]; ++k)
        if (hessian_.column[k] <= r) f(r, hessian_.column[k], k);
  }

  const problem& p_;
  const wengert::sparsity jacobian_, hessian_;
};

}  // namespace

int main() {
  const Ipopt::SmartPtr<Ipopt::IpoptApplication> solver = IpoptApplicationFactory();
  solver->Options()->SetIntegerValue("print_level", 0);
  solver->Options()->SetStringValue("sb", "yes");
  solver->Options()->SetNumericValue("tol", 1e-10);
  solver->Options()->SetNumericValue("bound_relax_factor", 0);
  if (solver->Initialize() != Ipopt::Solve_Succeeded) return 1;
  for (const problem& p : problems) {
    const Ipopt::SmartPtr<program> nlp = new program(p);
    solver->OptimizeTNLP(nlp);
    const bool found = std::fabs(nlp->value - p.optimum) <= 1e-6 * std::max(1.0, std::fabs(p.optimum));
    std::printf("problem %3d: %s %.6f\n", p.number, found ? "the optimum" : "NOT the optimum", nlp->value + 0.0);
  }
}
