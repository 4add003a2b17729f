// The table of conventions in the README, row by row: at a kink, a pole or outside the domain `grad` gives the number of the
// table and says what fails there.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <wengert/core/registry.hpp>
#include <wengert/derivation/commands.hpp>

using namespace wengert;

namespace {

struct row {
  std::string expression, at, fails;
  double value, slope;
};

std::string trimmed(std::string s) {
  auto drop = [](char c) { return c == ' ' || c == '`'; };
  while (!s.empty() && drop(s.back())) s.pop_back();
  s.erase(s.begin(), std::ranges::find_if_not(s, drop));
  return s;
}

double number(const std::string& text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::stod(text);
}

// | `abs(x)` | `x=0` | 0 | 0 | `x != 0` |
std::vector<row> table() {
  std::ifstream readme(WENGERT_README);
  std::vector<row> rows;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) inside = line == "## Where a derivative is undefined";
    if (!inside || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream text(line.substr(1));
    for (std::string cell; std::getline(text, cell, '|');) cells.push_back(trimmed(cell));
    REQUIRE(cells.size() == 5);
    rows.push_back({cells[0], cells[1], cells[4], number(cells[2]), number(cells[3])});
  }
  return rows;
}

point read_point(const std::string& text) {
  point p;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    part = trimmed(part);
    std::size_t equals = part.find('=');
    p.emplace_back(part.substr(0, equals), array{{}, {std::stod(part.substr(equals + 1))}});
  }
  return p;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) < 1e-12 * std::abs(b); }

}  // namespace

TEST_CASE("the table of conventions in the README holds, row by row") {
  std::vector<row> rows = table();
  CHECK(rows.size() > 50);
  for (const row& r : rows) {
    CAPTURE(r.expression);
    CAPTURE(r.at);
    for (std::size_t most_certain : {certain_work, std::size_t{0}}) {
      CAPTURE(most_certain);
      problem p({{"x, y: real"}, {}, {}, {"x"}, {r.expression}});
      grad_result g = grad(p, read_point(r.at), most_certain);
      double value = g.value.values.at(0), slope = g.gradient.at(0).second.values.at(0);
      CAPTURE(value);
      CAPTURE(slope);
      CHECK(same(value, r.value));
      CHECK(same(slope, r.slope));
      std::string fails;
      for (const std::string& u : g.undefined) fails += (fails.empty() ? "" : "; ") + u;
      CHECK(fails == r.fails);
    }
  }
}

TEST_CASE("every function that has a kink, a pole or a border has a row in the table of conventions") {
  std::vector<row> rows = table();
  for (const op_info& info : functions()) {
    CAPTURE(info.name);
    tape t;
    frame f{t, {}};
    std::vector<term> arguments;
    for (int k = 0; k < info.arity; ++k) arguments.emplace_back(f, t.whole(t.symbol("x" + std::to_string(k), {})));
    if (info.defined(arguments).empty() && info.smooth(arguments).empty()) continue;
    std::string call = std::string(info.name) + "(";
    CHECK(std::ranges::any_of(rows, [&](const row& r) {
      std::size_t at = r.expression.find(call);
      return at == 0 || (at != std::string::npos && !std::isalpha(static_cast<unsigned char>(r.expression[at - 1])));
    }));
  }
}
