// long_tape NODES: records x <- sin(x)*c + x until the tape has that many nodes, sweeps it in reverse and forward, evaluates
// value and both derivatives, and compares them with the recurrence. Says what it took; fails over 4 GB, or where a sweep is not
// linear. Nothing in it may recurse: the stack has its usual size.
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/tape.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

constexpr double most_memory = 4.0 * 1024 * 1024;  // kB
constexpr std::size_t most_new_nodes = 3;          // of a sweep, for each node

double peak_memory() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss);
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * (1 + std::abs(b)); }

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<std::size_t>(argc > 1 ? std::atof(argv[1]) : 1e6);
  tape t;
  const node_id x = t.symbol("x", {}), c = t.symbol("c", {});
  node_id f = x;
  double value = 0.3, slope = 1;
  const double step = 1e-7;
  while (t.size() < nodes) {
    const edge arg{f, {}};
    const edge factors[] = {{t.apply(opcode::sin, {}, {&arg, 1}), {}}, {c, {}}};
    const edge terms[] = {{t.mul({}, factors), {}}, {f, {}}};
    f = t.add({}, terms);
    slope += slope * std::cos(value) * step;
    value += std::sin(value) * step;
  }
  const symbol_id by = t.symbol_of(x);
  const std::size_t recorded = t.size();
  const node_id gradient = reverse(t, f, {&by, 1}).front();
  const std::size_t swept = t.size();
  const node_id tangent = forward(t, f, by);
  const std::size_t both = t.size();
  evaluator<double> at(t);
  at.bind("x", 0.3);
  at.bind("c", step);
  const node_id wanted[] = {f, gradient, tangent};
  at.evaluate(wanted);
  bool right = near(at.scalar(f), value) && near(at.scalar(gradient), slope) && near(at.scalar(tangent), slope);
  bool linear = swept - recorded <= most_new_nodes * recorded && both - swept <= most_new_nodes * recorded;
  bool small = peak_memory() <= most_memory;
  fmt::print("{} nodes, {} with the reverse sweep, {} with both; value {}, derivative {}; {:.0f} MB\n", recorded, swept, both,
             at.scalar(f), at.scalar(gradient), peak_memory() / 1024);
  if (!right) fmt::print("the numbers differ from the recurrence: value {}, derivative {}\n", value, slope);
  if (!linear) fmt::print("a sweep adds more than {} nodes for each\n", most_new_nodes);
  if (!small) fmt::print("more than 4 GB\n");
  return right && linear && small ? 0 : 1;
}
