// Softmax followed by cross-entropy: the derivation of its gradient for every number of classes, and the gradient at a point.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/derivation/commands.hpp>

int main() {
  wengert::problem_text text;
  text.expressions = {"cross_entropy(softmax(z), y)"};
  text.wrt = {"z"};
  text.givens = {"one_hot(y)"};
  wengert::problem loss(text);

  for (const wengert::derivation& derived : wengert::derive(loss, 1, 1)) fmt::print("{}\n", derived.text);

  const wengert::point at{{"z", {{3}, {0.5, 1.5, -1.0}}}, {"y", {{3}, {0, 1, 0}}}};
  const wengert::grad_result there = wengert::grad(loss, at);
  fmt::print("loss {:.6f}\n", there.value.values.front());
  for (const auto& [name, gradient] : there.gradient) fmt::print("d/d{} [{:.6f}]\n", name, fmt::join(gradient.values, ", "));
}
