#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/core/term.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T> std::vector<T> copy(std::span<const T> s) { return {s.begin(), s.end()}; }

// A tape with scalars x, y; vectors z, w of length K; a matrix A of m rows and K columns.
struct world {
  tape t;
  range_id K = t.range_to({t.dim("K"), 0}), m = t.range_to({t.dim("m"), 0});
  node_id x = t.symbol("x", {}), y = t.symbol("y", {});
  node_id z = t.symbol("z", std::vector{K}), w = t.symbol("w", std::vector{K});
  node_id A = t.symbol("A", std::vector{m, K});

  edge at(node_id n, std::vector<label> labels = {}) const { return {n, std::move(labels)}; }
  static label axis(std::size_t a, int offset = 0) { return label::of_axis(a, offset); }
  void bind(evaluator<double>& e) const {
    e.bind("x", 2.0);
    e.bind("y", 0.0);
    bind(e, "z", {1, 2, 3}, {3});
    bind(e, "w", {10, 20, 30}, {3});
    bind(e, "A", {1, 2, 3, 4, 5, 6}, {2, 3});
  }
  static void bind(evaluator<double>& e, const char* name, std::vector<double> v, std::vector<std::size_t> shape) {
    e.bind(name, v, shape);
  }
};

std::string code_of(auto&& f) {
  try {
    f();
  } catch (const error& e) {
    return e.code;
  }
  return "";
}

}  // namespace

TEST_CASE("sums, products and labels read the entries they name") {
  world s;
  evaluator<double> e(s.t);
  s.bind(e);
  node_id matvec =
      s.t.mul(std::vector{s.m}, std::vector{s.at(s.A, {s.axis(0), s.axis(1)}), s.at(s.z, {s.axis(1)})}, std::vector{s.K});
  CHECK(copy(e(matvec)) == std::vector<double>{14, 32});
  node_id transposed = s.t.identity(std::vector{s.K, s.m}, s.at(s.A, {s.axis(1), s.axis(0)}));
  CHECK(copy(e(transposed)) == std::vector<double>{1, 4, 2, 5, 3, 6});
  CHECK(e.shape(transposed) == std::vector<std::size_t>{3, 2});
  range_id inner = s.t.make_range({none, 1}, {s.t.dim("K"), -1});
  node_id steps = s.t.add(std::vector{inner}, std::vector{s.at(s.z, {s.axis(0, 1)}), s.at(s.w, {s.axis(0)})});
  CHECK(copy(e(steps)) == std::vector<double>{12, 23});
  CHECK(e.scalar(s.t.identity({}, s.at(s.z, {label::of_integer(1)}))) == 1);
  CHECK(e.scalar(s.t.identity({}, s.at(s.z, {label::of_dim(s.t.dim("K"), 0)}))) == 3);
  range_id late = s.t.make_range({none, 2}, {s.t.dim("K"), 0});
  node_id tail = s.t.identity(std::vector{late}, s.at(s.z, {s.axis(0)}));
  CHECK(e.scalar(s.t.identity({}, s.at(tail, {s.axis(0)}), std::vector{late}, reduction::sum)) == 5);
  CHECK(copy(e(s.z)) == std::vector<double>{1, 2, 3});
}

TEST_CASE("leaves have their values wherever they are read") {
  world s;
  evaluator<double> e(s.t);
  s.bind(e);
  CHECK(e.scalar(s.t.constant(rational(1, 10))) == 0.1);
  CHECK(e.scalar(s.t.pi()) == doctest::Approx(3.14159265358979));
  CHECK(e.scalar(s.t.dim_value(s.t.dim("K"))) == 3);
  node_id delta = s.t.delta(s.K, s.m), index = s.t.index_value(s.K);
  node_id weighted = s.t.mul({}, std::vector{s.at(index, {s.axis(0, 0)}), s.at(s.z, {s.axis(0)})}, std::vector{s.K});
  CHECK(e.scalar(weighted) == 14);
  CHECK(copy(e(delta)) == std::vector<double>{1, 0, 0, 1, 0, 0});
  CHECK(copy(e(index)) == std::vector<double>{1, 2, 3});
  range_id from_zero = s.t.make_range({none, 0}, {s.t.dim("K"), 0});
  CHECK(copy(e(s.t.index_value(from_zero))) == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("a zero delta skips its term, other zeros do not") {
  world s;
  evaluator<double> e(s.t);
  world::bind(e, "z", {0, 2, 4}, {3});
  node_id inverse = s.t.power(std::vector{s.K}, s.at(s.z, {s.axis(0)}), -1);
  node_id delta = s.t.delta(s.K, s.K);
  node_id picked =
      s.t.mul(std::vector{s.K}, std::vector{s.at(inverse, {s.axis(1)}), s.at(delta, {s.axis(0), s.axis(1)})}, std::vector{s.K});
  CHECK(copy(e(picked)) == std::vector<double>{infinity, 0.5, 0.25});
  node_id plain = s.t.mul({}, std::vector{s.at(s.t.constant(0)), s.at(inverse, {label::of_integer(1)})});
  CHECK(std::isnan(e.scalar(plain)));
}

TEST_CASE("powers follow the table of conventions at the edge of their domain") {
  tape t;
  node_id x = t.symbol("x", {});
  auto power = [&](double at, const rational& p) {
    evaluator<double> e(t);
    e.bind("x", at);
    return e.scalar(t.power({}, {x, {}}, p));
  };
  CHECK(power(0, 0) == 1);
  CHECK(power(infinity, 0) == 1);
  CHECK(power(-2, 3) == -8);
  CHECK(power(-2, 2) == 4);
  CHECK(power(-2, -1) == -0.5);
  CHECK(power(4, rational(1, 2)) == 2);
  CHECK(power(4, rational(-3, 2)) == doctest::Approx(0.125));
  CHECK(power(0, rational(-1, 2)) == infinity);
  CHECK(power(-0.0, rational(-1, 2)) == infinity);
  CHECK(power(0, -3) == infinity);
  CHECK(power(0, rational(2, 3)) == 0);
  CHECK(std::isnan(power(-8, rational(1, 3))));
  CHECK(power(-1, 9007199254740993) == -1);
}

TEST_CASE("reductions over nothing give the neutral element") {
  tape t;
  range_id n = t.make_range({none, 1}, {t.dim("n"), -1});
  node_id z = t.symbol("z", std::vector{n});
  evaluator<double> e(t);
  e.bind_dim(t.dim("n"), 1);
  e.bind("z", std::vector<double>{}, std::vector<std::size_t>{0});
  auto over = [&](reduction red) { return e.scalar(t.identity({}, {z, {label::of_axis(0)}}, std::vector{n}, red)); };
  CHECK(over(reduction::sum) == 0);
  CHECK(over(reduction::prod) == 1);
  CHECK(over(reduction::max) == -infinity);
  CHECK(over(reduction::min) == infinity);
}

TEST_CASE("the branch of a select that is not taken does not matter") {
  tape t;
  node_id x = t.symbol("x", {});
  frame f{t, {}};
  term u(f, edge{x, {}});
  node_id n = select(comparison::lt, u.number(0), u, make_term(opcode::log, {u}), power(u, -1) * 0).as_edge().node;
  evaluator<double> e(t);
  e.bind("x", 1.0);
  CHECK(e.scalar(n) == 0);
  e.bind("x", -1.0);
  CHECK(e.scalar(n) == 0);
  e.bind("x", 0.0);
  CHECK(std::isnan(e.scalar(n)));  // inf*0
}

TEST_CASE("what has no value is named, and so is what does not fit") {
  world s;
  evaluator<double> e(s.t);
  node_id sum = s.t.identity({}, s.at(s.z, {s.axis(0)}), std::vector{s.K}, reduction::sum);
  try {
    e.scalar(sum);
    FAIL("no error");
  } catch (const error& wrong) {
    CHECK(wrong.code == "V01");
    CHECK(std::string(wrong.what()).find("'z'") != std::string::npos);
  }
  CHECK(code_of([&] { e.scalar(s.t.dim_value(s.t.dim("m"))); }) == "V01");
  CHECK(code_of([&] { e.bind("nobody", 1.0); }) == "V01");
  world::bind(e, "z", {1, 2, 3}, {3});
  CHECK(e.dim_size(s.t.dim("K")) == 3);
  CHECK(e.scalar(sum) == 6);
  CHECK(code_of([&] { world::bind(e, "w", {1, 2}, {2}); }) == "V03");
  CHECK(code_of([&] { world::bind(e, "w", {}, {0}); }) == "V03");
  CHECK(code_of([&] { world::bind(e, "A", {1, 2, 3}, {3}); }) == "V03");
  CHECK(code_of([&] { e.bind("x", std::vector<double>{1}, std::vector<std::size_t>{1}); }) == "V03");
  CHECK(code_of([&] { e.bind("K", 4.0); }) == "V03");
  CHECK(code_of([&] { e.bind("m", 1.5); }) == "V03");
  CHECK(code_of([&] { e.bind_dim(s.t.dim("m"), 0); }) == "V03");
  world::bind(e, "z", {5, 6, 7}, {3});
  CHECK(e.scalar(sum) == 18);
}

TEST_CASE("long double keeps its digits") {
  tape t;
  node_id x = t.symbol("x", {});
  evaluator<long double> e(t);
  e.bind("x", 1 + 1e-18L);
  CHECK(e.scalar(t.add({}, std::vector{edge{x, {}}, edge{t.constant(-1), {}}})) > 0);
  CHECK(e.scalar(t.constant(rational(1, 10))) == 0.1L);
}

TEST_CASE("the tape may grow between evaluations, and arrays that cannot be held are refused") {
  world s;
  evaluator<double> e(s.t, 1000);
  s.bind(e);
  CHECK(e.scalar(s.x) == 2);
  CHECK(e.scalar(s.t.power({}, s.at(s.x), 3)) == 8);
  range_id big = s.t.range_to({none, 1'000'000});
  node_id ones = s.t.identity(std::vector{big, big}, s.at(s.x));
  CHECK(code_of([&] { e(ones); }) == "V02");
  CHECK(e.scalar(s.t.power({}, s.at(s.x), 4)) == 16);
}

TEST_CASE("a million scalar nodes take linear time") {
  tape t;
  node_id x = t.symbol("x", {}), n = x;
  node_id half = t.constant(rational(1, 2));
  for (int k = 0; k < 500'000; ++k) {
    n = t.mul({}, std::vector{edge{n, {}}, edge{half, {}}});
    n = t.add({}, std::vector{edge{n, {}}, edge{x, {}}});
  }
  evaluator<double> e(t);
  e.bind("x", 3.0);
  auto start = std::chrono::steady_clock::now();
  CHECK(e.scalar(n) == doctest::Approx(6.0));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
