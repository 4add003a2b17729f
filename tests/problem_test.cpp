#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <wengert/calculus/composites.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/calculus/reverse.hpp>
#include <wengert/numeric/evaluate.hpp>

namespace {

using namespace wengert;

problem_text texts(std::vector<std::string> expressions, std::vector<std::string> vars = {}, std::vector<std::string> lets = {},
                   std::vector<std::string> givens = {}, std::vector<std::string> wrt = {}) {
  return {std::move(vars), std::move(lets), std::move(givens), std::move(wrt), std::move(expressions)};
}

// The code of the error that a problem makes; its text in `last_error`.
std::string last_error, last_hint;
std::string code(const problem_text& t) {
  try {
    problem p(t);
  } catch (const error& e) {
    last_error = e.what();
    last_hint = e.hint;
    return e.code;
  }
  return "none";
}
std::string code(std::string expression, std::vector<std::string> vars = {}) {
  return code(texts({std::move(expression)}, std::move(vars)));
}

// Both texts make the same node.
bool same(std::string a, std::string b, std::vector<std::string> vars = {}, std::vector<std::string> lets = {}) {
  problem p(texts({std::move(a), std::move(b)}, std::move(vars), std::move(lets)));
  return p.expressions()[0].node == p.expressions()[1].node;
}

const node_id& node(const problem& p, std::size_t k = 0) { return p.expressions()[k].node; }

std::string axes(const problem& p, node_id n) {
  std::string r;
  for (range_id a : p.on().out(n)) {
    const range& x = p.on().range_of(a);
    auto show = [&](affine v) {
      return (v.dim == none ? "" : p.on().dim_name(v.dim)) +
             (v.dim == none || v.offset != 0 ? std::to_string(v.offset) : std::string());
    };
    r += (r.empty() ? "" : " ") + show(x.lo) + ".." + show(x.hi);
  }
  return r;
}

std::string axes_of(std::string expression, std::vector<std::string> vars = {}) {
  problem p(texts({std::move(expression)}, std::move(vars)));
  return axes(p, node(p));
}

// The value of a scalar expression with x = 0.7, y = 1.3, z = (0.3, -0.2, 0.9), w = (0.2, 0.5, 0.3), A = ((1, 2, 3), (4, 5, 6)).
double value(const std::string& expression) {
  problem p(texts({expression}, {"x, y: real; z, w: vector[3]; A: matrix[2, 3]"}));
  evaluator<double> e(p.on());
  if (p.on().find_dim("K") != none) e.bind_dim(p.on().dim("K"), 3);
  const std::vector<double> z{0.3, -0.2, 0.9}, w{0.2, 0.5, 0.3}, a{1, 2, 3, 4, 5, 6};
  const std::vector<std::size_t> three{3}, matrix{2, 3};
  auto bind = [&](const char* name, const std::vector<double>& values, const std::vector<std::size_t>& shape) {
    if (p.on().find_symbol(name) != none) e.bind(name, values, shape);
  };
  bind("x", {0.7}, {});
  bind("y", {1.3}, {});
  bind("z", z, three);
  bind("w", w, three);
  bind("A", a, matrix);
  return e.scalar(node(p));
}

}  // namespace

TEST_CASE("cross_entropy(softmax(z), y) is its definition over one shared dimension") {
  problem p(texts({"cross_entropy(softmax(z), y)", "-sum(k, 1, K, y[k]*log(exp(z[k])/sum(j, exp(z[j]))))"}, {},
                  {"a = softmax(z)"}, {"one_hot(y)"}, {"z"}));
  CHECK(axes(p, node(p)).empty());
  CHECK(p.on().dim_count() == 1);
  CHECK(p.on().dim_name(0) == "K");
  CHECK(node(p, 0) == node(p, 1));
  CHECK(p.lets().size() == 1);
  CHECK(p.facts().size() == 3);
  CHECK(p.calls().at(node(p)).name == "cross_entropy");
  CHECK(p.calls().at(p.lets()[0].second).is_let);
}

TEST_CASE("nothing is simplified but arithmetic between literals") {
  problem p(texts({"x/x", "0/x", "1/2", "1/0", "a+b+c", "a*b*c", "a-b", "-a", "x^0", "sqrt(x)", "1/x", "2^10", "-2*x"}));
  const tape& t = p.on();
  CHECK(t.op(node(p, 0)) == opcode::mul);
  CHECK(t.op(t.arg(node(p, 0), 1).node) == opcode::power);
  CHECK(t.op(node(p, 1)) == opcode::mul);
  CHECK(t.value(node(p, 2)) == rational(1, 2));
  CHECK(t.op(node(p, 3)) == opcode::power);
  CHECK(t.arity(node(p, 4)) == 3);
  CHECK(t.arity(node(p, 5)) == 3);
  CHECK(t.op(node(p, 6)) == opcode::add);
  CHECK(t.is_constant(t.arg(node(p, 7), 0).node, -1));
  CHECK(t.op(node(p, 8)) == opcode::power);
  CHECK(t.value(node(p, 9)) == rational(1, 2));
  CHECK(t.value(node(p, 10)) == -1);
  CHECK(t.value(node(p, 11)) == 1024);
  CHECK(t.is_constant(t.arg(node(p, 12), 0).node, -2));
}

TEST_CASE("powers") {
  CHECK(same("e^x", "exp(x)"));
  CHECK(same("e", "exp(1)"));
  CHECK(same("sin^2(x)", "sin(x)^2"));
  CHECK(same("x^(1/2)", "sqrt(x)"));
  CHECK(same("x**-2", "x^(-2)"));
  CHECK(same("pow(x, 2)", "x^2"));
  CHECK(same("pow(x, y)", "x^y"));
  CHECK_FALSE(same("e^x", "exp(x)", {"e: real"}));
  problem p(texts({"x^y", "0^0", "0^-1", "(-8)^(1/3)", "2^100000"}));
  CHECK(p.on().op(node(p, 0)) == opcode::pow);
  for (std::size_t k = 1; k < 5; ++k) CHECK(p.on().op(node(p, k)) == opcode::power);
}

TEST_CASE("sums: one node for a product, the identity else; letters have their scopes") {
  problem p(
      texts({"sum(k, y[k]*z[k])", "sum(exp(z))", "sum(k, sum(k, z[k])*y[k])", "sum(i, sum(j, z[j])*y[i])", "sum(k, 1, n, 1)"}));
  CHECK(p.on().op(node(p, 0)) == opcode::mul);
  CHECK(p.on().bound_count(node(p, 0)) == 1);
  CHECK(p.on().op(node(p, 1)) == opcode::identity);
  CHECK(node(p, 2) == node(p, 3));
  CHECK(p.on().op(node(p, 4)) == opcode::identity);
  CHECK(same("sum(z)", "sum(k, z[k])"));
  CHECK(same("dot(y, z)", "sum(k, y[k]*z[k])"));
  CHECK(same("y'*z", "dot(y, z)", {"y, z: vector[K]"}));
}

TEST_CASE("a node carries only the axes that it depends on") {
  problem p(texts({"y[i]*exp(z[j])"}));
  CHECK(p.expressions()[0].letters == std::vector<std::string>{"i", "j"});
  edge e = p.on().arg(node(p), 1);
  CHECK(p.on().rank(e.node) == 1);
}

TEST_CASE("ranges of sums without bounds") {
  CHECK(same("sum(k, (z[k+1]-z[k])^2)", "sum(k, 1, K-1, (z[k+1]-z[k])^2)", {"z: vector[K]"}));
  CHECK(same("sum(k, z[k+1])", "sum(k, 0, K-1, z[k+1])", {"z: vector[K]"}));
  CHECK(code("sum(k, y[k]*z[k])", {"y: vector[2]; z: vector[5]"}) == "S01");
  CHECK(axes_of("z[i+1]*z[i-1]", {"z: vector[n]"}) == "2..n-1");
  CHECK(code("sum(k, y[k]*z[k])", {"y: vector[m]; z: vector[n]"}) == "S01");
  problem p(texts({"sum(k, delta(k,k)) == K"}));
  CHECK(p.expressions().size() == 2);
  CHECK(p.on().op(node(p, 1)) == opcode::dim_value);
  CHECK(code("sum(x, y)") == "N07");
  CHECK(value("sum(k, delta(k,k))") == 3);
  CHECK(value("sum(k, k)") == 6);
  CHECK(value("sum(k, 1, K, sum(j, delta(j,k)*z[j]))") == doctest::Approx(1.0));
  CHECK(value("prod(k, z[k]) + max(k, z[k]) + min(z) + mean(z) + mean(k, 1, 2, z[k])") ==
        doctest::Approx(0.3 * -0.2 * 0.9 + 0.9 - 0.2 + 1.0 / 3 + 0.05));
}

TEST_CASE("lengths of undeclared vectors") {
  problem p(texts({"softmax(z)[1] + sum(k, 1, n, x[k])"}));
  CHECK(axes(p, p.on().find_symbol("z")) == "1..K");
  CHECK(axes(p, p.on().find_symbol("x")) == "1..n");
  problem q(texts({"K*norm2(u) + norm2(v)"}));
  CHECK(axes(q, q.on().find_symbol("u")) == "1..n");
  CHECK(axes(q, q.on().find_symbol("v")) == "1..m");
  problem r(texts({"x_1^2 + x_2*x_1", "s/K"}, {"z: vector[K]"}));
  CHECK(axes(r, r.on().find_symbol("x")) == "1..2");
  CHECK(r.on().find_symbol("K") == none);
  problem s(texts({"sum(k, 1, n-1, (z[k+1]-z[k])^2)"}));
  CHECK(axes(s, s.on().find_symbol("z")) == "1..n");
  problem t(texts({"softmax(2*x) .* y", "tr(A)"}));
  CHECK(t.on().rank(t.on().find_symbol("x")) == 1);
  CHECK(t.on().rank(t.on().find_symbol("y")) == 0);
  CHECK(t.on().rank(t.on().find_symbol("A")) == 2);
}

TEST_CASE("whole-vector notation") {
  CHECK(axes_of("softmax(z) - y", {"z, y: vector[K]"}) == "1..K");
  CHECK(same("(softmax(z) - y)[i]", "softmax(z)[i] - y[i]", {"z, y: vector[K]"}));
  CHECK(axes_of("vector(1) + z", {"z: vector[K]"}) == "1..K");
  CHECK(axes_of("1./(z.^2)", {"z: vector[K]"}) == "1..K");
  CHECK(same("z/2", "z./2", {"z: vector[K]"}));
  CHECK(code("z*y", {"z, y: vector[K]"}) == "S03");
  CHECK(last_hint == "write dot(x, y), outer(x, y), or x .* y entry by entry");
  CHECK(code("z^2", {"z: vector[K]"}) == "S03");
  CHECK(last_hint.find(".^") != std::string::npos);
  CHECK(code("1/z", {"z: vector[K]"}) == "S03");
  CHECK(code("e^z", {"z: vector[K]"}) == "S03");
  CHECK(code("z + y", {"z: vector[m]; y: vector[n]"}) == "S01");
  CHECK(last_error == "shapes do not fit in 'z + y': z is [m], y is [n]; m = n is not known");
  CHECK(code("cross_entropy(a, y)", {"a: vector[m]; y: vector[n]"}) == "S01");
  CHECK(code("z + y", {"z: vector[2]; y: vector[3]"}) == "S01");
  CHECK(last_error.ends_with("2 is not 3"));
  CHECK(code("vector(1)") == "S08");
}

TEST_CASE("matrices") {
  CHECK(axes_of("A*x", {"A: matrix[m,n]; x: vector[n]"}) == "1..m");
  CHECK(axes_of("A'*x", {"A: matrix[m,n]; x: vector[m]"}) == "1..n");
  CHECK(axes_of("A*B", {"A: matrix[m,n]; B: matrix[n,p]"}) == "1..m 1..p");
  CHECK(axes_of("x'*A", {"A: matrix[m,n]; x: vector[m]"}) == "1..n");
  CHECK(axes_of("x*y'", {"x: vector[m]; y: vector[n]"}) == "1..m 1..n");
  CHECK(same("x'*A*x", "sum(j, sum(i, x[i]*A[i,j])*x[j])", {"A: matrix[n,n]; x: vector[n]"}));
  CHECK(same("(A*B)[i,j]", "sum(k, A[i,k]*B[k,j])", {"A: matrix[m,n]; B: matrix[n,p]"}));
  CHECK(same("A^2", "A*A", {"A: matrix[n,n]"}));
  CHECK(code("A*x", {"A: matrix[m,n]; x: vector[p]"}) == "S01");
  CHECK(last_error == "shapes do not fit in 'A*x': A is [m, n], x is [p]; n = p is not known");
  CHECK(code("A^2", {"A: matrix[m,n]"}) == "S01");
  CHECK(same("A^-1", "inv(A)", {"A: matrix[n,n]"}));
  CHECK(code("softmax(A)", {"A: matrix[m,n]"}) == "S02");
  CHECK(code("det(A)", {"A: matrix[m,n]"}) == "S01");
  CHECK(last_error == "shapes do not fit in 'det(A)': A is [m, n]; m = n is not known");
  CHECK(code("A[1]", {"A: matrix[2,2]"}) == "S05");
  CHECK(code("x' + 1") == "S02");
  CHECK(value("(A*z)[1] + 10*(A*z)[2]") == doctest::Approx(0.3 - 0.4 + 2.7 + 10 * (1.2 - 1.0 + 5.4)));
  CHECK(value("sum(A, axis=1)[3] + 100*sum(A, axis=2)[1]") == doctest::Approx(609));
  CHECK(value("tr(A*A') + normF(A)^2") == doctest::Approx(182));
  CHECK(value("(A*A' - 2I)[2,2] + diag(A*A')[1] + diag(z)[2,2]") == doctest::Approx(77 - 2 + 14 - 0.2));
}

TEST_CASE("names that look like entries") {
  CHECK(same("sum(k, y_k)", "sum(y)"));
  CHECK(same("x_1 + x_2", "x[1] + x[2]"));
  problem p(texts({"x_1 + x_i"}, {"x_1, x_i: real"}));
  CHECK(p.on().find_symbol("x_1") != none);
  CHECK(code("x_0") == "S04");
  CHECK(code("y_i*sum(y)", {"y: vector[K]"}) == "N06");
  CHECK(code("D(sum(k, z[k]^2), z_i)") == "N06");
}

TEST_CASE("an index outside its sum is refused") {
  CHECK(code("sum(k,1,K, y[k]) * a[k]") == "N02");
  CHECK(last_hint == "not bound here; the sum ends at column 16");
  CHECK(code("sum(k, y[k]) * k") == "N02");
  CHECK(code("a[k]*sum(k, y[k]) == 1") == "N02");
  CHECK(code("sum(k, y[k]) == sum(k, y[k])*k") == "N02");
  CHECK(code("z[3]", {"z: vector[2]"}) == "S04");
  CHECK(code("z[3]", {"z: vector[K]"}) == "none");
  CHECK(code(texts({"z[3]"}, {"z: vector[K]"}, {}, {"K <= 2"})) == "S04");
  CHECK(code(texts({"sum(k, 1, n, z[k+2])"}, {"z: vector[K]"}, {}, {"K = n + 1"})) == "S04");
  CHECK(code(texts({"sum(k, 1, n, z[k+2])"}, {"z: vector[K]"}, {}, {"K = n + 2"})) == "none");
  CHECK(code("sum(k, 1, K, z[k+1])", {"z: vector[K]"}) == "S04");
  CHECK(code("z[0]", {"z: vector[K]"}) == "S04");
  CHECK(code("z[n]", {"z: vector[n]"}) == "none");
  CHECK(code("z[x]", {"x: real"}) == "N06");
  CHECK(code("sum(j, sum(k, 1, j, z[k]*y[j]))") == "S07");
  CHECK(code("sum(k, 1, inf, x^k)") == "N05");
}

TEST_CASE("derivatives") {
  problem p(texts({"D(softmax(z)[j], z[i])", "D(f, x)", "D(D(f, x), x)", "D(f, x[2])", "D(A*x, x)"},
                  {"x: vector[3]; A: matrix[m, 3]"}, {"f = sum(x.^3)"}));
  CHECK(p.expressions()[0].letters == std::vector<std::string>{"j", "i"});
  CHECK(axes(p, node(p, 0)) == "1..K 1..K");
  CHECK(p.expressions()[0].sites.size() == 1);
  CHECK(axes(p, node(p, 1)) == "1..3");
  CHECK(axes(p, node(p, 2)) == "1..3 1..3");
  CHECK(p.expressions()[2].sites.size() == 2);
  CHECK(axes(p, node(p, 3)).empty());
  CHECK(axes(p, node(p, 4)) == "1..m 1..3");
  CHECK(value("D(x^2*y, x)") == doctest::Approx(2 * 0.7 * 1.3));
  CHECK(value("D(sum(z.^2), z[3])") == doctest::Approx(1.8));
  CHECK(value("D(A*z, z)[2,3]") == doctest::Approx(6));
  CHECK(value("D(D(x^3, x), x)") == doctest::Approx(4.2));
  CHECK(code(texts({"D(a, a)"}, {}, {"a = x^2"})) == "none");  // by the value of a let, held as a variable
  CHECK(code("sum(k, D(k^2, k))") == "N08");
  CHECK(code("D(K*x, K)", {"z: vector[K]"}) == "N08");
  CHECK(code("D(x, pi)") == "N08");
  problem d(texts({"D*2 + D(x)"}, {"D: real"}));
  CHECK(d.notes().size() == 1);
  problem s(texts({"g + g"}, {}, {"g = D(x^2, x)"}));
  CHECK(s.expressions()[0].sites.size() == 1);
}

TEST_CASE("lets and variables of differentiation") {
  problem p(texts({"cross_entropy(a, y)"}, {}, {"a = softmax(z)"}, {}, {"a", "y[i]", "a_1"}));
  CHECK(p.lets().empty());
  CHECK(p.on().rank(p.on().find_symbol("a")) == 1);
  REQUIRE(p.targets().size() == 3);
  CHECK(p.targets()[0].entry.empty());
  CHECK(p.targets()[1].letters == std::vector<std::string>{"i"});
  CHECK(p.targets()[2].entry == std::vector<label>{label::of_integer(1)});
  problem q(texts({"sum(d.^2)", "d[i]"}, {"z: vector[K]"}, {"d[i] = z[i+1] - z[i]"}));
  CHECK(axes(q, node(q, 1)) == "1..K-1");
  CHECK(q.calls().at(node(q, 1)).name == "d");
  CHECK(code(texts({"x"}, {}, {"a = a + 1"})) == "N04");
  CHECK(code(texts({"x"}, {}, {"b = c", "c = 2"})) == "N04");
  CHECK(code(texts({"x"}, {"x: real"}, {"x = 2"})) == "N04");
  CHECK(code(texts({"x"}, {}, {"a = 1", "a = 2"})) == "N04");
  CHECK(code(texts({"x"}, {}, {"x"})) == "P15");
  CHECK(code(texts({"x"}, {}, {}, {}, {"x + 1"})) == "P08");
  CHECK(code(texts({"x"}, {"z: vector[K]"}, {}, {}, {"K"})) == "N08");
}

TEST_CASE("facts") {
  problem p(
      texts({"x"}, {"p: real, p > 0; n: integer"}, {},
            {"simplex(y)", "x < y[1]", "a <= 0", "a != b", "sum(q) == 1", "not integer(x)", "y[k] >= q[k]", "symmetric(W)"}));
  auto find = [&](const std::string& text) {
    std::vector<fact> r;
    for (const fact& f : p.facts())
      if (f.text == text) r.push_back(f);
    return r;
  };
  CHECK(find("p > 0").at(0).left == p.on().find_symbol("p"));
  CHECK(find("p > 0").at(0).is == relation::positive);
  CHECK(find("simplex(y)").size() == 2);
  CHECK(find("simplex(y)")[0].equation);
  CHECK(p.on().op(find("x < y[1]").at(0).left) == opcode::add);
  CHECK(find("a <= 0").at(0).is == relation::nonnegative);
  CHECK(p.on().op(find("a <= 0")[0].left) == opcode::mul);
  CHECK(find("a != b").at(0).is == relation::nonzero);
  CHECK(find("sum(q) == 1").at(0).equation);
  CHECK(find("not integer(x)").at(0).is == relation::not_integer);
  CHECK(p.on().rank(find("y[k] >= q[k]").at(0).left) == 1);
  CHECK(find("integer(n)").at(0).is == relation::integer);
  CHECK(p.on().symbol(p.on().symbol_of(p.on().find_symbol("n"))).integer_valued);
  CHECK(p.on().symbol(p.on().symbol_of(p.on().find_symbol("W"))).symmetric);
  CHECK(p.on().rank(find("symmetric(W)").at(0).right) == 2);
  CHECK(code(texts({"x"}, {}, {}, {"x"})) == "P15");
  CHECK(code(texts({"x"}, {}, {}, {"0 < x < 1"})) == "P10");
  CHECK(code(texts({"x"}, {}, {}, {"not x > 0"})) == "P15");
  CHECK(code("one_hot(y)") == "N01");
}

TEST_CASE("one_hot gives the sum, the signs and the squares, of any vector") {
  problem p(texts({"x"}, {}, {}, {"one_hot(softmax(t))", "one_hot(Y, axis=1)"}));
  REQUIRE(p.facts().size() == 6);
  CHECK(p.on().rank(p.facts()[0].left) == 0);
  CHECK(p.on().rank(p.facts()[1].left) == 1);
  CHECK(p.on().op(p.facts()[2].left) == opcode::power);
  CHECK(p.on().rank(p.facts()[3].left) == 1);
  CHECK(p.on().rank(p.facts()[3].right) == 1);
}

TEST_CASE("the sides of an equation have the same axes") {
  problem p(texts({"x == y[i]*z[j]", "2 == w"}, {"w: vector[n]"}));
  REQUIRE(p.expressions().size() == 4);
  CHECK(p.expressions()[0].letters == p.expressions()[1].letters);
  CHECK(axes(p, node(p, 0)) == axes(p, node(p, 1)));
  CHECK(axes(p, node(p, 2)) == "1..n");
  CHECK(axes(p, node(p, 3)) == "1..n");
  CHECK(p.expressions()[1].text == "y[i]*z[j]");
}

TEST_CASE("a name before a bracket is a call, a product with a note, or an error") {
  problem p(texts({"a(x+1)", "b(x) + b", "t(x)"}, {"t: real"}));
  CHECK(p.notes().size() == 3);
  CHECK(code("sofmax(z)") == "N01");
  CHECK(last_error == "unknown function 'sofmax'; did you mean 'softmax'?");
  CHECK(code("gamma*x + beta") == "none");
  CHECK(code("gamma x") == "P12");
  CHECK(code("foo(x)") == "N01");
  CHECK(code("sin(x, y)") == "N03");
  CHECK(code("f(x)", {"f: function(x)"}) == "none");
  CHECK(code("inf") == "N05");
  CHECK(code("mean*2", {"mean: real"}) == "none");
}

TEST_CASE("every composite is evaluated as its definition says") {
  auto e = [](double u) { return std::exp(u); };
  double s = e(0.3) + e(-0.2) + e(0.9);
  CHECK(value("sigmoid(x)") == doctest::Approx(1 / (1 + e(-0.7))));
  CHECK(value("softplus(x)") == doctest::Approx(std::log(1 + e(0.7))));
  CHECK(value("relu(x) + relu(-x)") == doctest::Approx(0.7));
  CHECK(value("softmax(z)[2]") == doctest::Approx(e(-0.2) / s));
  CHECK(value("log_softmax(z)[2] + logsumexp(z)") == doctest::Approx(-0.2));
  CHECK(value("cross_entropy(softmax(z), w) - nll(log_softmax(z), w)") == doctest::Approx(0));
  CHECK(value("binary_cross_entropy(x, w[1])") == doctest::Approx(-(0.2 * std::log(0.7) + 0.8 * std::log(0.3))));
  CHECK(value("kl_divergence(w, w)") == doctest::Approx(0));
  CHECK(value("norm1(z) + norm2(z)^2 + dot(z, z)") == doctest::Approx(1.4 + 2 * 0.94));
  CHECK(value("mse(z, w)") == doctest::Approx((0.01 + 0.49 + 0.36) / 3));
  CHECK(value("huber(x, y) + huber(y, x)") == doctest::Approx(0.245 + 0.7 * (1.3 - 0.35)));
  CHECK(value("sum(layer_norm(z, 0).^2)") == doctest::Approx(3));
  CHECK(value("outer(z, w)[3,2]") == doctest::Approx(0.45));
  CHECK(value("sum(sigmoid(A)) - sum(i, sum(j, sigmoid(A[i,j])))") == doctest::Approx(0));
}

TEST_CASE("every composite's definition parses, for every kind of parameter") {
  for (const composite& c : composites()) {
    CAPTURE(std::string(c.name));
    std::string call(c.name), vars;
    for (std::size_t k = 0; k < c.kinds.size(); ++k) {
      std::string name = "u" + std::to_string(k);
      call += (k == 0 ? "(" : ", ") + name;
      parameter_kind kind = kind_of(c, k);
      vars += name + (kind == parameter_kind::real     ? ": real; "
                      : kind == parameter_kind::vector ? ": vector[K]; "
                                                       : ": matrix[K, K]; ");
    }
    problem p(texts({call + ")"}, {vars}));
    const auto& known = p.calls();
    CHECK(std::ranges::any_of(known, [&](const auto& k) { return k.second.name == c.name; }));
    std::vector<edge> args;
    for (std::size_t k = 0; k < c.kinds.size(); ++k) args.push_back(p.on().whole(p.on().find_symbol("u" + std::to_string(k))));
    CHECK(p.apply(c.name, args) == node(p));
  }
}

TEST_CASE("parse adds expressions under the same declarations, and forgets what fails") {
  problem p(texts({"softmax(z)"}));
  CHECK(p.parse("softmax(z)").node == node(p));
  CHECK(p.parse("sum(z)/K").letters.empty());
  CHECK_THROWS_AS(p.parse("u[i] + sofmax(u)"), error);
  CHECK(p.on().rank(p.parse("u + 1").node) == 0);
  CHECK_THROWS_AS(p.parse("x = 1"), error);
  problem moved(std::move(p));
  CHECK(moved.parse("sigmoid(x)").node != none);
  CHECK(moved.calls().size() >= 2);
}

TEST_CASE("a thousand lets that use the one before twice are read in linear time") {
  auto start = std::chrono::steady_clock::now();
  std::vector<std::string> lets{"a0 = D(x^2, x)"};
  for (int k = 1; k < 1000; ++k)
    lets.push_back("a" + std::to_string(k) + " = a" + std::to_string(k - 1) + "*sin(a" + std::to_string(k - 1) + ")");
  problem p(texts({"a999", "sum(v .* a999)"}, {}, lets));
  CHECK(p.expressions()[0].sites.size() == 1);
  std::string nested = "x";
  for (int k = 0; k < 100; ++k) nested = "softmax(" + nested + ")";
  problem q(texts({nested}, {"x: vector[K]"}));
  CHECK(q.on().size() < 1000);
  std::string sum = "x";
  for (int k = 0; k < 200'000; ++k) sum += "+x";
  problem r(texts({sum}));
  CHECK(r.on().arity(node(r)) == 200'001);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("what people type has the value that it shows, or an error at its place") {
  struct typed {
    const char* text;
    double value;           // at x = 0.7, y = 1.3
    const char* code = "";  // instead of a value
    std::size_t column = 0;
  };
  for (const typed& t : std::initializer_list<typed>{{"sin 2x", std::sin(1.4)},
                                                     {"sin^2(x)", std::pow(std::sin(0.7), 2)},
                                                     {"2x", 1.4},
                                                     {"x y", 0.91},
                                                     {"x -y", -0.6},
                                                     {"x - y", -0.6},
                                                     {"1./x", 1 / 0.7},
                                                     {"-x^2", -0.49},
                                                     {"2^-x", std::pow(2, -0.7)},
                                                     {"x^2y", 0.49 * 1.3},
                                                     {"x**2", 0.49},
                                                     {"2^3^2", 512},
                                                     {"-2^2", -4},
                                                     {"(2)3", 6},
                                                     {"2(3)", 6},
                                                     {"x/y*x", 0.7 / 1.3 * 0.7},
                                                     {"1/2*x", 0.35},
                                                     {"2/3*x", 1.4 / 3},
                                                     {"x/2/y", 0.35 / 1.3},
                                                     {"1/(2x)", 1 / 1.4},
                                                     {"x/y^2", 0.7 / 1.69},
                                                     {"1/sqrt(y)", 1 / std::sqrt(1.3)},
                                                     {"x/(-2*y)", -0.35 / 1.3},
                                                     {"y - x/2", 0.95},
                                                     {"--x", 0.7},
                                                     {"x++y", 2},
                                                     {"2*-x", -1.4},
                                                     {".5x", 0.35},
                                                     {"2.x", 1.4},
                                                     {"1e-3x", 0.0007},
                                                     {"2e x", 2 * std::exp(1) * 0.7},
                                                     {"ln x", std::log(0.7)},
                                                     {"x sin x", 0.7 * std::sin(0.7)},
                                                     {"sin x/2", std::sin(0.7) / 2},
                                                     {"2 sin(x) cos(y)", 2 * std::sin(0.7) * std::cos(1.3)},
                                                     {"e^-x", std::exp(-0.7)},
                                                     {"x^1/2", 0.35},
                                                     {"x^(1/2)", std::sqrt(0.7)},
                                                     {"if(0 < x, 1, 2)", 1},
                                                     {"max(x, 2)", 2},
                                                     {"x(y+1)", 0.7 * 2.3},
                                                     {"D(x^2, x)(3)", 4.2},
                                                     {"1/2x", 0, "P11", 4},
                                                     {"sin x y", 0, "P12", 1},
                                                     {"sin^-1(x)", 0, "P13", 1},
                                                     {"2 3", 0, "P08", 3},
                                                     {"3..2", 0, "P04", 1},
                                                     {"|x|", 0, "P02", 1},
                                                     {"5!", 0, "P02", 2},
                                                     {"x=", 0, "P03", 3},
                                                     {"=x", 0, "P03", 1},
                                                     {"x − y", 0, "P02", 3},
                                                     {"x·y", 0, "P02", 2},
                                                     {"x×y", 0, "P02", 2},
                                                     {"x²", 0, "P02", 2},
                                                     {"0x10", 0, "P04", 1},
                                                     {"x and y", 0, "P16", 3},
                                                     {"x in (0,1)", 0, "P16", 3},
                                                     {"D x^2", 0, "P12", 1},
                                                     {"d/dx x^2", 0, "P12", 1},
                                                     {"d/dx(x^2)", 0, "P12", 1},
                                                     {"diff(x^2, x)", 0, "N01", 1},
                                                     {"sum(x, k, 1, n)", 0, "P09", 1},
                                                     {"sum(k=1, n, k)", 0, "P16", 6},
                                                     {"log_2(x)", 0, "P12", 1},
                                                     {"log_2 x", 0, "P12", 1},
                                                     {"log_2*3", 0, "P12", 1},
                                                     {"sum_i x_i", 0, "P12", 1},
                                                     {"1,5", 0, "P08", 2},
                                                     {"x_{1}", 0, "P02", 3},
                                                     {"Sin(x)", 0, "N01", 1},
                                                     {"max x", 0, "P12", 1},
                                                     {"x'", 0, "S02", 1},
                                                     {"(x", 0, "P05", 1},
                                                     {"a<b<c", 0, "P10", 4}}) {
    CAPTURE(std::string(t.text));
    std::string found = "none";
    std::size_t column = 0;
    double result = 0;
    try {
      result = value(t.text);
    } catch (const error& e) {
      found = e.code;
      column = e.column;
    }
    bool fails = t.column != 0;
    CHECK(found == (fails ? t.code : "none"));
    CHECK(column == t.column);
    if (!fails && found == "none") CHECK(result == doctest::Approx(t.value));
  }
}

TEST_CASE("readings that may not be meant are noted") {
  for (const char* text : {"e^2x", "x^2y", "x^1/2", "sin x/2", "sin 2*x", "dy/dx", "D(x^2, x)(3)", "x*sinx", "sin2x + x",
                           "xy + x", "ax + x", "2πr + r", "x(3)", "softmax(z) - y", "y_i*sum(y)", "softmax(x) == y"}) {
    CAPTURE(std::string(text));
    CHECK(problem(texts({text})).notes().size() == 1);
  }
  for (const char* text : {"x^2 y", "x^2/2", "sin 2x + 1", "x*y", "lambda*x", "λ*θ", "x_max2 + t1"}) {
    CAPTURE(std::string(text));
    CHECK(problem(texts({text})).notes().empty());
  }
  CHECK(problem(texts({"sum(y)"}, {}, {}, {"sum(Y) = 1"})).notes().size() == 1);
}

TEST_CASE("a letter is free beside a sum that binds its name") {
  std::vector<std::string> vars{"z, y: vector[K]"};
  problem p(texts({"D(sum(i, y[i]*z[i]), z[i]) == y[i]"}, vars));
  CHECK(p.expressions()[0].letters == std::vector<std::string>{"i"});
  CHECK(p.expressions()[1].letters == std::vector<std::string>{"i"});
  CHECK(same("D(sum(i, y[i]*z[i]), z[i])", "D(sum(k, y[k]*z[k]), z[i])", vars));
  CHECK(problem(texts({"a[k] == sum(k, y[k])"}, vars)).expressions()[1].letters.size() == 1);
  CHECK(code("sum(i, y[i])*z[i]", vars) == "N02");
  CHECK(code("sum(K, z[K])", vars) == "N06");
  CHECK(problem(texts({"min(K, delta(1,K))"}, vars)).on().dim_count() == 1);
}

TEST_CASE("undeclared names in a vector's place") {
  auto ranks = [](std::string text, std::vector<std::string> wrt, std::vector<std::string> names) {
    problem p(texts({std::move(text)}, {}, {}, {}, std::move(wrt)));
    std::string r;
    for (const std::string& n : names) r += std::to_string(p.on().rank(p.on().find_symbol(n)));
    return r;
  };
  CHECK(ranks("cross_entropy(softmax(z/T), y)", {"z"}, {"z", "T", "y"}) == "101");
  CHECK(ranks("softmax(2*z)", {}, {"z"}) == "1");
  CHECK(ranks("softmax(c*z + b)", {"z"}, {"c", "z", "b"}) == "010");
  CHECK(ranks("softmax(z + c) == softmax(z)", {}, {"z", "c"}) == "10");
  CHECK(ranks("norm2(x - y)", {}, {"x", "y"}) == "11");
  CHECK(ranks("softmax(x) == y", {}, {"y"}) == "1");
  for (const char* text : {"softmax(W*x + b)", "softmax(c*z + b)", "norm2(a*x)"}) {
    CHECK(code(text) == "S02");
    CHECK(last_hint.find("--var") != std::string::npos);
  }
  CHECK(code(texts({"softmax(W*x + b)"}, {}, {}, {}, {"x"})) == "S02");
}

TEST_CASE("one coefficient a product, and powers in divisors") {
  problem p(texts({"2/3*x", "x/2", "x/(2*y)", "x/y^2", "1/sqrt(y)"}));
  const tape& t = p.on();
  CHECK(t.value(t.arg(node(p, 0), 0).node) == rational(2, 3));
  CHECK(t.arity(node(p, 0)) == 2);
  CHECK(t.value(t.arg(node(p, 1), 0).node) == rational(1, 2));
  CHECK(t.arity(node(p, 2)) == 3);
  CHECK(t.value(t.arg(node(p, 3), 1).node) == -2);
  CHECK(t.value(node(p, 4)) == rational(-1, 2));
  CHECK_FALSE(same("1/y^-2", "y^2"));
  CHECK_FALSE(same("1/y^0", "y^0"));
}

TEST_CASE("lengths that only the context tells") {
  problem p(texts({"sum(z) + sum(w)"}, {"z: vector[K]; w: vector[K]"}));
  CHECK(axes(p, p.parse("0*vector(1)").node) == "1..K");
  CHECK(axes(p, p.parse("sum(k,1,K-1, w[k]*delta(k+1,i))").node) == "1..K");
  CHECK(axes_of("delta(1,i)*z[1]", {"z: vector[n]; w: vector[m]"}) == "1..n");
  CHECK(axes_of("D(5, z) == 0*vector(1)", {"z: vector[n]; w: vector[m]"}) == "1..n");
  range_id K = p.on().range_to({p.on().dim("K"), 0}), two = p.on().range_to({none, 2});
  std::vector<letter_range> letters{{"i", two}, {"j", K}};
  CHECK(axes(p, p.parse("delta(1,i)", letters).node) == "1..2");
  CHECK(axes(p, p.parse("j*x", letters).node) == "1..K");
}

TEST_CASE("the derivative of a long product is no longer than in proportion") {
  std::string text = "x0";
  const std::size_t factors = 2000;
  for (std::size_t k = 1; k < factors; ++k) text += "*x" + std::to_string(k);
  problem p(texts({text}));
  tape& t = p.on();
  std::vector<symbol_id> all;
  for (std::size_t k = 0; k < factors; ++k) all.push_back(t.symbol_of(t.find_symbol("x" + std::to_string(k))));
  std::size_t edges = 0;
  for (node_id n : t.reachable(reverse(t, node(p, 0), all))) edges += t.arity(n);
  CHECK(edges < 100 * factors);
}
