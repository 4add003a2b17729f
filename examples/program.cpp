// Record once, run many times: a loss and its gradient as a program of vector instructions, run once on a thousand logits, and a
// recorded C++ function, run for many inputs at once.
#include <cstdio>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/calculus/reverse.hpp>
#include <wengert/embed/expr.hpp>
#include <wengert/numeric/program.hpp>
#include <wengert/proof/stable.hpp>

template <class T> T option_value(T price, T volatility, T rate) {
  T d = (log(price) + rate + volatility * volatility * 0.5) / volatility;
  return price * (1 + erf(d * 0.7071)) * 0.5 - exp(-rate) * (1 + erf((d - volatility) * 0.7071)) * 0.5;
}

int main() {
  wengert::problem_text text;
  text.expressions = {"cross_entropy(softmax(z), y)"};
  wengert::problem loss(text);
  wengert::tape& t = loss.on();
  const wengert::node_id value = loss.expressions()[0].node;
  const std::vector<wengert::symbol_id> inputs{t.symbol_of(t.find_symbol("z")), t.symbol_of(t.find_symbol("y"))};
  const wengert::node_id gradient = wengert::reverse(t, value, inputs)[0];

  const std::vector<wengert::node_id> outputs{wengert::stabilized(t, value), wengert::stabilized(t, gradient)};
  const wengert::program p(t, outputs, inputs, {{t.dim_name(0), 1000}});
  wengert::program::workspace space(p);
  std::vector<double> z(1000), y(1000), g(1000);
  for (std::size_t k = 0; k < 1000; ++k) z[k] = 0.01 * static_cast<double>(k);
  y[7] = 1;
  double v = 0;
  p.run(std::vector<const double*>{z.data(), y.data()}, std::vector<double*>{&v, g.data()}, space);
  std::printf("loss %.6f, derivatives %.6f and %.6f\n", v, g[7], g[999]);

  wengert::tape recorded;
  wengert::program_arrays arrays{{{}}, {}};
  std::vector<wengert::expr> x;
  for (const char* name : {"price", "volatility", "rate"}) {
    const wengert::node_id n = recorded.symbol(name, {});
    arrays.inputs[0].push_back(recorded.symbol_of(n));
    x.emplace_back(recorded, n);
  }
  const wengert::node_id worth = option_value(x[0], x[1], x[2]).on(recorded);
  arrays.outputs = {{worth}, wengert::reverse(recorded, worth, arrays.inputs[0])};
  const wengert::program many(recorded, arrays);
  constexpr std::size_t count = 1000;
  std::vector<double> at(3 * count), values(count), gradients(3 * count);
  for (std::size_t b = 0; b < count; ++b)
    at[3 * b] = 0.5 + 0.001 * static_cast<double>(b), at[3 * b + 1] = 0.2, at[3 * b + 2] = 0.03;
  const wengert::batch_array<const double> in[]{{at.data(), 3}};
  const wengert::batch_array<double> out[]{{values.data(), 1}, {gradients.data(), 3}};
  many.run_batch(count, in, out, 2);
  std::printf("worth %.6f, delta %.6f, vega %.6f, rho %.6f\n", values[500], gradients[1500], gradients[1501], gradients[1502]);
}
