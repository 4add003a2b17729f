// A Gaussian process is fitted to noisy numbers: the length, height and noise under which they are the most likely, by L-BFGS.
// The likelihood is one Cholesky decomposition of Eigen, whose derivative is one statement of the tape.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include <wengert/eigen.hpp>
#include <wengert/embed/functional.hpp>

namespace {

using numbers = std::vector<double>;

double dot(const numbers& a, const numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
numbers moved(numbers x, double by, const numbers& along) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += by * along[i];
  return x;
}

// Minimizes f from x on: the two-loop recursion of Nocedal and Wright, "Numerical Optimization" (2006), algorithm 7.4, with steps
// that are halved until f descends enough.
template <class F> numbers lbfgs(const F& f, numbers x) {
  constexpr std::size_t memory = 8;
  const auto both = wengert::value_and_grad(f);
  auto here = both(x);
  std::deque<std::pair<numbers, numbers>> steps;  // of x, and of the gradient
  for (int iteration = 0; iteration < 200 && dot(here.gradient, here.gradient) > 1e-18; ++iteration) {
    numbers direction = moved(numbers(x.size()), -1, here.gradient), weights;
    for (const auto& [s, y] : steps) {
      weights.push_back(dot(s, direction) / dot(s, y));
      direction = moved(std::move(direction), -weights.back(), y);
    }
    if (!steps.empty())
      for (double& d : direction) d *= dot(steps[0].first, steps[0].second) / dot(steps[0].second, steps[0].second);
    for (std::size_t k = steps.size(); k-- > 0;) {
      const auto& [s, y] = steps[k];
      const double weight = weights[k] - dot(y, direction) / dot(s, y);
      direction = moved(std::move(direction), weight, s);
    }
    const double slope = dot(direction, here.gradient);
    double length = steps.empty() ? std::min(1.0, 1 / std::sqrt(dot(direction, direction))) : 1;
    auto there = both(moved(x, length, direction));
    while (!(there.value <= here.value + 1e-4 * length * slope) && length > 1e-12) there = both(moved(x, length /= 2, direction));
    if (length <= 1e-12) break;
    numbers s = moved(numbers(x.size()), length, direction), y = moved(there.gradient, -1, here.gradient);
    x = moved(std::move(x), 1, s);
    if (dot(s, y) > 0) steps.emplace_front(std::move(s), std::move(y));
    if (steps.size() > memory) steps.pop_back();
    here = std::move(there);
  }
  return x;
}

struct data {
  numbers at, seen;
};

// -log of the likelihood, by the logarithms of length, height and noise.
template <class T> T unlikelihood(const data& d, const std::vector<T>& logs) {
  using std::exp, std::log;
  const T length = exp(logs[0]), height = exp(logs[1]), noise = exp(logs[2]);
  const auto n = static_cast<Eigen::Index>(d.at.size());
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> covariance(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const T apart = (d.at[static_cast<std::size_t>(i)] - d.at[static_cast<std::size_t>(j)]) / length;
      covariance(i, j) = height * height * exp(-apart * apart / 2);
      if (i == j) covariance(i, j) += noise * noise;
    }
  const Eigen::LLT<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>> decomposed(covariance);
  const Eigen::Map<const Eigen::VectorXd> seen(d.seen.data(), n);
  const Eigen::Matrix<T, Eigen::Dynamic, 1> y = seen.cast<T>(), weights = decomposed.solve(y);
  T sum = y.dot(weights) / 2;
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> l = decomposed.matrixL();
  for (Eigen::Index i = 0; i < n; ++i) sum += log(l(i, i));
  return sum;
}

}  // namespace

int main() {
  std::mt19937 random(3);
  data d;
  for (int k = 0; k < 60; ++k) {
    const double x = 0.1 * k;
    double noise = 0;  // the sum of twelve has the variance 1
    for (int i = 0; i < 12; ++i) noise += static_cast<double>(random()) / 4294967295.0 - 0.5;
    d.at.push_back(x);
    d.seen.push_back(2 * std::sin(2 * x) + std::cos(x) + 0.2 * noise);
  }
  const auto f = [&](const auto& logs) { return unlikelihood(d, logs); };
  const numbers start{0, 0, 0}, found = lbfgs(f, start);
  const numbers slopes = wengert::grad(f)(found);
  std::printf("-log likelihood %.4f, then %.4f\n", f(start), f(found));
  std::printf("length %.3f, height %.3f, noise %.3f; the slopes there are %s\n", std::exp(found[0]), std::exp(found[1]),
              std::exp(found[2]), std::sqrt(dot(slopes, slopes)) < 1e-6 ? "0" : "not 0");
}
