#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/core/tape.hpp>
#include <wengert/core/term.hpp>

using namespace wengert;

namespace {

std::string code_of(auto&& f) {
  try {
    f();
  } catch (const error& e) {
    return e.code;
  }
  return "";
}

edge leaf(node_id n) { return {n, {}}; }

}  // namespace

TEST_CASE("equal structure is equal id") {
  tape t;
  node_id x = t.symbol("x", {}), y = t.symbol("y", {});
  std::vector<edge> xy{leaf(x), leaf(y)}, yx{leaf(y), leaf(x)};
  CHECK(t.symbol("x", {}) == x);
  CHECK(t.mul({}, xy) == t.mul({}, xy));
  CHECK(t.mul({}, xy) != t.mul({}, yx));
  CHECK(t.mul({}, xy) != t.add({}, xy));
  CHECK(t.constant(rational(2, 4)) == t.constant(rational(1, 2)));
  CHECK(t.power({}, leaf(x), 2) != t.power({}, leaf(x), 3));
  std::size_t before = t.size();
  t.mul({}, xy);
  t.power({}, leaf(x), 2);
  CHECK(t.size() == before);
}

TEST_CASE("labels, reductions and attributes belong to a node's identity") {
  tape t;
  range_id K = t.range_to({t.dim("K"), 0});
  std::vector<range_id> k{K}, two{K, K};
  node_id A = t.symbol("A", two);
  edge straight{A, {label::of_axis(0), label::of_axis(1)}}, crossed{A, {label::of_axis(1), label::of_axis(0)}};
  edge diagonal{A, {label::of_axis(0), label::of_axis(0)}};
  CHECK(t.identity(two, straight) == A);
  CHECK(t.identity(two, crossed) != A);
  CHECK(t.identity(k, diagonal) == t.identity(k, diagonal));
  CHECK(t.identity(k, straight, k, reduction::sum) != t.identity(k, straight, k, reduction::max));
  CHECK(t.identity(k, straight, k, reduction::sum) != t.identity(k, crossed, k, reduction::sum));
  edge zero = leaf(t.constant(0)), one = leaf(t.constant(1));
  CHECK(t.select({}, comparison::lt, zero, one, zero, one) != t.select({}, comparison::le, zero, one, zero, one));
}

TEST_CASE("a node can be read back") {
  tape t;
  range_id K = t.range_to({t.dim("K"), 0}), m = t.range_to({t.dim("m"), 0});
  node_id A = t.symbol("A", std::vector{m, K}), z = t.symbol("z", std::vector{K});
  node_id n = t.mul(std::vector{m}, std::vector<edge>{{A, {label::of_axis(0), label::of_axis(1)}}, {z, {label::of_axis(1)}}},
                    std::vector{K});
  CHECK(t.op(n) == opcode::mul);
  CHECK(t.red(n) == reduction::sum);
  CHECK(t.rank(n) == 1);
  CHECK(t.bound_count(n) == 1);
  CHECK(t.out(n)[0] == m);
  CHECK(t.bound(n)[0] == K);
  CHECK(t.axes(n).size() == 2);
  CHECK(t.arg(n, 1).node == z);
  CHECK(t.arg(n, 1).labels[0] == label::of_axis(1));
  CHECK(t.args(n).copy().size() == 2);
  CHECK(t.reachable(n) == std::vector<node_id>{A, z, n});
  CHECK(t.mentions(n, t.symbol_of(z)));
  CHECK_FALSE(t.mentions(A, t.symbol_of(z)));
}

TEST_CASE("an index that may leave its range is refused") {
  tape t;
  dim_id K = t.dim("K"), n = t.dim("n");
  range_id full = t.range_to({K, 0}), inner = t.make_range({none, 1}, {K, -1}), other = t.range_to({n, 0});
  node_id z = t.symbol("z", std::vector{full});
  auto read = [&](range_id over, label l) { return code_of([&] { t.identity(std::vector{over}, {z, {l}}); }); };
  CHECK(read(inner, label::of_axis(0)) == "");
  CHECK(read(inner, label::of_axis(0, 1)) == "");
  CHECK(read(inner, label::of_axis(0, -1)) == "S04");
  CHECK(read(full, label::of_axis(0, 1)) == "S04");
  CHECK(read(other, label::of_axis(0)) == "S04");
  CHECK(read(full, label::of_integer(1)) == "");
  CHECK(read(full, label::of_integer(0)) == "S04");
  CHECK(read(full, label::of_integer(2)) == "S04");  // K may be 1
  CHECK(read(full, label::of_dim(K, 0)) == "");
  CHECK(read(full, label::of_dim(K, -1)) == "S04");
  CHECK(read(full, label::of_dim(n, 0)) == "S04");
  range_id three = t.range_to({none, 3});
  node_id u = t.symbol("u", std::vector{three});
  CHECK(code_of([&] { t.identity({}, {u, {label::of_integer(3)}}); }) == "");
  CHECK(code_of([&] { t.identity({}, {u, {label::of_integer(4)}}); }) == "S04");
}

TEST_CASE("a malformed edge is a defect, a symbol of two shapes an error") {
  tape t;
  range_id K = t.range_to({t.dim("K"), 0});
  node_id z = t.symbol("z", std::vector{K});
  CHECK_THROWS_AS(t.identity({}, {z, {}}), defect);
  CHECK_THROWS_AS(t.identity({}, {z, {label::of_axis(0)}}), defect);
  CHECK_THROWS_AS(t.add({}, std::vector<edge>{{z + 100, {}}}), defect);
  CHECK(code_of([&] { t.symbol("z", {}); }) == "S05");
}

TEST_CASE("ranges and dimensions are interned and shifted") {
  tape t;
  dim_id K = t.dim("K");
  CHECK(t.dim("K") == K);
  CHECK(t.find_dim("L") == none);
  range_id r = t.range_to({K, 0});
  CHECK(t.make_range({none, 1}, {K, 0}) == r);
  CHECK(t.shift(r, 0) == r);
  CHECK(t.range_of(t.shift(r, 2)) == range{{none, 3}, {K, 2}});
  CHECK(t.shift(t.shift(r, 2), -2) == r);
  CHECK(t.surely_le({none, 1}, {K, 0}));
  CHECK_FALSE(t.surely_le({none, 2}, {K, 0}));
  CHECK_FALSE(t.surely_le({K, 0}, {none, 5}));
  CHECK(t.surely_le({K, -1}, {K, 0}));
}

TEST_CASE("ranges that are views of the tape's own pool survive its growth") {
  tape t;
  range_id K = t.range_to({t.dim("K"), 0});
  node_id n = t.symbol("z", std::vector{K});
  for (int k = 0; k < 10'000; ++k) n = t.add(t.out(n), std::vector{t.whole(n), leaf(t.constant(k))});
  CHECK(t.out(n)[0] == K);
}

TEST_CASE("terms carry only the axes that they depend on") {
  tape t;
  range_id m = t.range_to({t.dim("m"), 0}), K = t.range_to({t.dim("K"), 0});
  frame f{t, {m, K}};
  term z(f, edge{t.symbol("z", std::vector{K}), {label::of_axis(1)}}), x(f, edge{t.symbol("x", {}), {}});
  term product = x * z;
  CHECK(t.rank(product.as_edge().node) == 1);
  CHECK(product.as_edge().labels == std::vector{label::of_axis(1)});
  CHECK(t.rank((x + x.number(1)).as_edge().node) == 0);
  CHECK(t.rank(product.over_frame()) == 2);
}

TEST_CASE("a chain of a million nodes is built and walked without recursion") {
  tape t;
  node_id x = t.symbol("x", {}), n = x;
  auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < 1'000'000; ++k) n = t.add({}, std::vector{leaf(n), leaf(x)});
  CHECK(t.reachable(n).size() == 1'000'001);
  CHECK(t.mentions(n, t.symbol_of(x)));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("a node of a hundred thousand arguments is one node") {
  tape t;
  node_id x = t.symbol("x", {});
  std::vector<edge> many(100'000, leaf(x));
  node_id n = t.add({}, many);
  CHECK(t.arity(n) == many.size());
  CHECK(t.add({}, many) == n);
}
