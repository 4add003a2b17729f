// A program that takes formulas from its user: it shows the derivative, descends along the gradient, and reports a mistake.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/derivation/commands.hpp>

namespace {

wengert::problem question(const std::string& formula, const std::string& by) {
  wengert::problem_text text;
  text.expressions = {formula};
  text.wrt = {by};
  return wengert::problem(text);
}

void show_derivative(const std::string& formula) {
  wengert::problem p = question(formula, "x");
  for (const wengert::diff_result& result : wengert::diff(p, 1).results) {
    fmt::print("D({}, x) = {}\n", formula, result.derivative);
    for (const std::string& condition : result.conditions) fmt::print("  where {}\n", condition);
  }
}

// Plain gradient descent from the origin of the plane.
void minimise(const std::string& formula, double step) {
  wengert::problem p = question(formula, "x");
  std::vector<double> x{0, 0};
  double value = 0;
  for (int i = 0; i < 100; ++i) {
    const wengert::grad_result there = wengert::grad(p, {{"x", {{2}, x}}});
    value = there.value.values.front();
    const std::vector<double>& slope = there.gradient.front().second.values;
    for (std::size_t k = 0; k < x.size(); ++k) x[k] -= step * slope[k];
  }
  fmt::print("the least value of {} is {:.4f} at [{:.4f}]\n", formula, value, fmt::join(x, ", "));
}

}  // namespace

int main() {
  show_derivative("x^2*sin(x)/exp(x)");
  show_derivative("log(x)/x");
  minimise("(x[1] - 1)^2 + (x[1] + x[2])^2 + 3", 0.2);
  try {
    show_derivative("2x +* 3");
  } catch (const wengert::error& e) {
    fmt::print("error {} in column {}: {}\n", e.code, e.column, e.what());
  }
}
