// Eight threads at once, each with tapes of its own, nested ones and those of the functional interface among them: the thread
// sanitizer, with which this is compiled, finds nothing that they share but a constant, and each has the gradient of one thread
// alone.
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

#include <wengert/embed/functional.hpp>

namespace {

using wengert::adouble;

const adouble shared = 1;

template <class T> T loss(const std::vector<T>& x) {
  T sum = 0;
  for (int step = 0; step < 200; ++step)
    for (const T& v : x) sum += sin(v * step) * exp(-v * v) / (1 + step);
  return sum;
}

std::vector<double> gradient(const std::vector<double>& at) {
  wengert::jacobian_tape tape;
  std::vector<adouble> x(at.begin(), at.end());
  const wengert::variables inputs = tape.inputs(x);
  std::vector<double> sum(at.size());
  for (int round = 0; round < 20; ++round) {
    const auto before = tape.here();
    const adouble y = loss(x) * shared;
    const auto f = [](const auto& z) { return loss(z); };
    const std::vector<double> inner = wengert::grad(f)(at);
    const wengert::dense_matrix second = round == 0 ? wengert::hessian(f)(at) : wengert::dense_matrix(3, 3);
    const auto outer = tape.gradient(y, inputs);
    for (std::size_t i = 0; i < at.size(); ++i) sum[i] += outer[i] - inner[i] / 2 + second(i, i);
    tape.rewind(before);
  }
  return sum;
}

}  // namespace

int main() {
  const std::vector<double> at{0.3, -0.7, 1.1};
  const wengert::jacobian_tape idle[100];  // addresses that they reserve are few under the sanitizer
  const std::vector<double> alone = gradient(at);
  std::vector<std::vector<double>> found(8);
  std::vector<std::thread> threads;
  for (std::vector<double>& f : found) threads.emplace_back([&f, &at] { f = gradient(at); });
  for (std::thread& t : threads) t.join();
  for (const std::vector<double>& f : found)
    if (f != alone) return std::puts("a thread has another gradient"), 1;
}
