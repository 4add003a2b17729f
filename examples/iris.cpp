// Softmax regression on Fisher's iris data, trained with the gradient that wengert derives and proves: 150 flowers of three kinds
// by four measurements (R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936).
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

namespace {

constexpr std::size_t classes = 3, measurements = 4, inputs = measurements + 1;  // and a constant, for the bias

struct flowers {
  std::size_t count = 0;
  std::vector<double> x, y;  // inputs by flowers, classes by flowers, row major
};

// Measurements with mean 0 and variance 1, so that one step size suits all.
void standardize(std::vector<double>& x, std::size_t count) {
  for (std::size_t m = 0; m < measurements; ++m) {
    double* row = x.data() + m * count;
    double mean = 0, variance = 0;
    for (std::size_t n = 0; n < count; ++n) mean += row[n] / static_cast<double>(count);
    for (std::size_t n = 0; n < count; ++n) variance += (row[n] - mean) * (row[n] - mean) / static_cast<double>(count);
    for (std::size_t n = 0; n < count; ++n) row[n] = (row[n] - mean) / std::sqrt(variance);
  }
}

flowers read_flowers(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::array<double, measurements>> rows;
  std::vector<std::size_t> kinds;
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    std::array<double, measurements> row{};
    std::size_t at = 0;
    if (line.empty() || !std::isdigit(static_cast<unsigned char>(line[0]))) continue;  // the heading
    for (double& value : row) {
      std::size_t comma = line.find(',', at);
      value = std::stod(line.substr(at, comma - at));
      at = comma + 1;
    }
    auto known = std::ranges::find(names, line.substr(at));
    kinds.push_back(static_cast<std::size_t>(known - names.begin()));
    if (known == names.end()) names.push_back(line.substr(at));
    rows.push_back(row);
  }
  if (names.size() != classes) throw std::runtime_error("iris.csv does not hold three kinds of flowers");
  flowers all{rows.size(), std::vector<double>(inputs * rows.size(), 1), std::vector<double>(classes * rows.size(), 0)};
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (std::size_t m = 0; m < measurements; ++m) all.x[m * all.count + n] = rows[n][m];
    all.y[kinds[n] * all.count + n] = 1;
  }
  standardize(all.x, all.count);
  return all;
}

// How many columns of both matrices have their largest entry in the same row.
std::size_t agreeing(std::span<const double> a, std::span<const double> b, std::size_t columns) {
  auto largest = [&](std::span<const double> m, std::size_t n) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < classes; ++k)
      if (m[k * columns + n] > m[best * columns + n]) best = k;
    return best;
  };
  std::size_t right = 0;
  for (std::size_t n = 0; n < columns; ++n) right += largest(a, n) == largest(b, n) ? 1 : 0;
  return right;
}

}  // namespace

int main() {
  const flowers data = read_flowers(IRIS_CSV);

  wengert::problem_text text;
  text.vars = {"W: matrix[K,d]; X: matrix[d,N]; Y: matrix[K,N]"};
  text.givens = {"one_hot(Y, axis=1)"};
  text.wrt = {"W"};
  text.expressions = {"mean(cross_entropy(softmax(W*X, axis=1), Y, axis=1))"};
  wengert::problem model(text);
  const wengert::diff_result derived = wengert::diff(model, 1).results.at(0);
  fmt::print("loss      {}\ngradient  {}\n", derived.expression, derived.derivative);
  fmt::print("the kernel {} it\n", derived.proof.checked ? "proved" : "did not prove");

  const wengert::node_id loss = model.expressions()[0].node;
  const wengert::node_id gradient = model.parse(derived.derivative).node;
  const wengert::node_id scores = model.parse("W*X").node;
  const std::array<wengert::node_id, 3> wanted{loss, gradient, scores};
  wengert::evaluator<double> at(model.on());
  at.bind("X", data.x, std::array{inputs, data.count});
  at.bind("Y", data.y, std::array{classes, data.count});

  // Gradient descent with momentum (Nesterov 1983).
  std::vector<double> w(classes * inputs, 0), before = w, ahead(w.size());
  for (int step = 0; step < 4000; ++step) {
    for (std::size_t k = 0; k < w.size(); ++k) ahead[k] = w[k] + 0.95 * (w[k] - before[k]);
    at.bind("W", ahead, std::array{classes, inputs});
    const std::span<const double> slope = at(gradient);
    before = w;
    for (std::size_t k = 0; k < w.size(); ++k) w[k] = ahead[k] - 0.5 * slope[k];
  }
  at.bind("W", w, std::array{classes, inputs});
  at.evaluate(wanted);
  const double mean_loss = at.values(loss)[0];
  const std::size_t right = agreeing(at.values(scores), data.y, data.count);
  fmt::print("after training: mean loss {:.3f}, {} of {} flowers right\n", mean_loss, right, data.count);
  return mean_loss <= 0.06 && right >= 146 ? 0 : 1;
}
