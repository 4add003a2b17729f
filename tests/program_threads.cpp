// Eight threads on one compiled function and its programs, for the thread sanitizer: exits with 0 if all get the same numbers.
#include <algorithm>
#include <cstdio>
#include <thread>
#include <vector>

#include <wengert/embed/compile.hpp>
#include <wengert/numeric/program.hpp>

namespace {

constexpr unsigned count = 8;

template <class F> void on_threads(F f) {
  std::vector<std::jthread> all;
  for (unsigned k = 0; k < count; ++k) all.emplace_back([&f, k] { f(k); });
}

template <class T> bool all_equal(const std::vector<T>& v) {
  return std::ranges::all_of(v, [&](const T& x) { return x == v[0]; });
}

}  // namespace

int main() {
  // The first to ask makes a program.
  const auto loss =
      wengert::compile("log(sum(k, exp(a*z[k]))) - a*z[1]", {"a", "z"}, {.declare = {"z: vector[70]"}, .inputs = {"a", "z"}});
  const std::vector<double> z(70, 0.25), a{1.5};
  std::vector<std::vector<double>> gradients(count), products(count);
  on_threads([&](unsigned k) {
    gradients[k] = loss.gradient(a, z);
    products[k] = loss.hessian_vector(a, z, a, z);
  });

  // Each has a workspace of its own; batches have threads of their own.
  const wengert::program& p = loss.gradients();
  std::vector<std::vector<double>> values(count, std::vector<double>(count));
  on_threads([&](unsigned k) {
    wengert::program::workspace w(p);
    std::vector<double> by_z(70), by_a(1);
    for (double& value : values[k])
      p.run(std::vector<const double*>{a.data(), z.data()}, std::vector<double*>{&value, by_a.data(), by_z.data()}, w);
  });
  std::vector<double> many(100), by_z(7000), by_a(100);
  p.run_batch(100, std::vector<wengert::batch_array<const double>>{{a.data(), 0}, {z.data(), 0}},
              std::vector<wengert::batch_array<double>>{{many.data(), 1}, {by_a.data(), 1}, {by_z.data(), 70}}, count);

  const bool same = all_equal(gradients) && all_equal(products) && all_equal(values) && all_equal(values[0]) && all_equal(many);
  if (!same) std::puts("threads got different numbers");
  return same ? 0 : 1;
}
