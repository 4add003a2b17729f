// Compile once, run many times: a loss and its gradient as a program of vector instructions, run once on a thousand logits, and a
// C++ function, run for many inputs at once.
#include <cstdio>
#include <vector>

#include <wengert/embed/compile.hpp>

int main() {
  const wengert::compiled loss = wengert::compile("cross_entropy(softmax(z), y)", {"z"}, {.declare = {"z, y: vector[1000]"}});
  std::vector<double> z(1000), y(1000);
  for (std::size_t k = 0; k < 1000; ++k) z[k] = 0.01 * static_cast<double>(k);
  y[7] = 1;
  const std::vector<double> g = loss.gradient(z, y);
  std::printf("loss %.6f, derivatives %.6f and %.6f\n", loss(z, y), g[7], g[999]);

  const wengert::compiled option = wengert::compile([](auto price, auto volatility, auto rate) {
    const auto d = (log(price) + rate + volatility * volatility * 0.5) / volatility;
    return price * (1 + erf(d * 0.7071)) * 0.5 - exp(-rate) * (1 + erf((d - volatility) * 0.7071)) * 0.5;
  });
  constexpr std::size_t count = 1000;
  std::vector<double> at(3 * count), values(count), gradients(3 * count);
  for (std::size_t b = 0; b < count; ++b)
    at[3 * b] = 0.5 + 0.001 * static_cast<double>(b), at[3 * b + 1] = 0.2, at[3 * b + 2] = 0.03;
  const wengert::batch_array<const double> in[]{{at.data(), 3}};
  const wengert::batch_array<double> out[]{{values.data(), 1}, {gradients.data(), 3}};
  option.gradients().run_batch(count, in, out, 2);
  std::printf("worth %.6f, delta %.6f, vega %.6f, rho %.6f\n", values[500], gradients[1500], gradients[1501], gradients[1502]);
}
