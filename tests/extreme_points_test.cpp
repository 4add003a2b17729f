// What grad prints is right to the last digits at any point, however far its logits are apart: against values that were computed
// elsewhere with 1400 decimal digits.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>

using namespace wengert;

namespace {

struct row {
  std::string expression;
  point at;
  double value;
  std::vector<double> gradient;
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    parts.push_back(part);
  }
  return parts;
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> r;
  for (const std::string& s : split(text, ',')) r.push_back(std::strtod(s.c_str(), nullptr));
  return r;
}

// logsumexp(z)-dot(y,z) | z = 1.0, -2.0; y = 0.0, 1.0 | 3.04 | 0.95, -0.95
std::vector<row> table() {
  std::ifstream file(std::filesystem::path(WENGERT_README).parent_path() / "tests" / "extreme_points.txt");
  std::vector<row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    const std::vector<std::string> cells = split(line, '|');
    REQUIRE(cells.size() == 4);
    row r{cells[0], {}, numbers(cells[2]).at(0), numbers(cells[3])};
    for (const std::string& given : split(cells[1], ';')) {
      const std::vector<std::string> sides = split(given, '=');
      const std::vector<double> values = numbers(sides.at(1));
      r.at.emplace_back(sides.at(0), array{{values.size()}, values});
    }
    rows.push_back(std::move(r));
  }
  return rows;
}

bool near(double found, double expected) { return std::abs(found - expected) <= 1e-15 * std::abs(expected) + 1e-323; }

}  // namespace

TEST_CASE("values and gradients of losses are exact to the last digits at moderate and at extreme points") {
  const std::vector<row> rows = table();
  CHECK(rows.size() > 250);
  for (const row& r : rows) {
    CAPTURE(r.expression);
    CAPTURE(r.at[0].second.values[0]);
    problem p({{"z, y, t, b: vector[K]"}, {}, {}, {"z"}, {r.expression}});
    const grad_result g = grad(p, r.at);
    const double value = g.value.values.at(0);
    CHECK(g.undefined.empty());
    CHECK(g.warnings.empty());
    CAPTURE(value);
    CHECK(near(value, r.value));
    const std::vector<double>& found = g.gradient.at(0).second.values;
    REQUIRE(found.size() == r.gradient.size());
    for (std::size_t k = 0; k < found.size(); ++k) {
      CAPTURE(found[k]);
      CAPTURE(r.gradient[k]);
      CHECK(near(found[k], r.gradient[k]));
    }
  }
}

TEST_CASE("where digits would cancel beyond all measure, grad says so or knows a way around") {
  problem p({{"z: vector[K]"}, {}, {}, {"z"}, {"log(1 - softmax(z)[1])"}});
  const grad_result g = grad(p, {{"z", {{2}, {1e8, -1e8}}}});
  CHECK(g.value.values == std::vector<double>{-2e8});
  CHECK(g.gradient.at(0).second.values == std::vector<double>{-1, 1});
  CHECK(g.undefined.empty());
  problem q({{"x: real"}, {}, {}, {"x"}, {"log(1 - tanh(sqrt(x)))"}});
  const grad_result lost = grad(q, {{"x", {{}, {1e13}}}});
  CHECK((std::isnan(lost.value.values[0]) || std::abs(lost.value.values[0] + 2 * std::sqrt(1e13) - std::log(2)) < 1e-9));
}
