// Whole-array language: what shape an expression has, or why it has none; functions of one axis applied to batches of samples;
// facts about every column or row; the gradients of networks over batches.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <wengert/calculus/composites.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

std::string shown(const tape& t, const affine& a) {
  if (a.dim == none) return std::to_string(a.offset);
  return t.dim_name(a.dim) + (a.offset > 0 ? "+" : "") + (a.offset == 0 ? "" : std::to_string(a.offset));
}

// "number", "[K]", "[m, n]", behind the free letters "i j: "; or the code of the error.
std::string shape(const std::string& text, const std::string& vars) {
  try {
    problem p({{vars}, {}, {}, {}, {text}});
    const expression& e = p.expressions()[0];
    std::string letters, axes;
    for (std::size_t k = 0; k < p.on().rank(e.node); ++k) {
      if (k < e.letters.size()) {
        letters += (k == 0 ? "" : " ") + e.letters[k];
        continue;
      }
      axes += (axes.empty() ? "" : ", ") + shown(p.on(), p.on().range_of(p.on().out(e.node)[k]).hi);
    }
    return (letters.empty() ? "" : letters + ": ") + (axes.empty() ? "number" : "[" + axes + "]");
  } catch (const error& e) {
    return e.code;
  }
}

prove_result ask(const std::string& equation, const std::string& vars, const std::vector<std::string>& givens = {},
                 const std::vector<std::string>& lets = {}) {
  problem p({{vars}, lets, givens, {}, {equation}});
  return prove(p);
}

bool proved(const std::string& equation, const std::string& vars, const std::vector<std::string>& givens = {},
            const std::vector<std::string>& lets = {}) {
  return ask(equation, vars, givens, lets).status == verdict::proved;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("every form of the language has the shape that it should, or an error") {
  const std::string vars =
      "x, c: real; n: integer; v, w: vector[n]; u: vector[m]; A: matrix[m,n]; B: matrix[n,m]; S: matrix[n,n]; s: vector[3]; "
      "G: matrix[2,3]";
  const std::vector<std::pair<std::string, std::string>> table{
      // numbers and arrays
      {"x", "number"},
      {"v", "[n]"},
      {"A", "[m, n]"},
      {"n", "number"},
      {"G", "[2, 3]"},
      // sums: equal shapes, or an array and a number
      {"v + w", "[n]"},
      {"v + x", "[n]"},
      {"1 - A", "[m, n]"},
      {"A + x*A - 3", "[m, n]"},
      {"v + u", "S01"},
      {"v + A", "S01"},
      {"A + B", "S01"},
      {"A + B'", "[m, n]"},
      {"A + G", "S01"},
      {"v + v'", "S01"},
      {"v + s", "S01"},
      {"A + u*vector(1)'", "[m, n]"},
      {"A + vector(1)*v'", "[m, n]"},
      {"A + v*vector(1)'", "S01"},
      // products
      {"2*v", "[n]"},
      {"v*2", "[n]"},
      {"x*A", "[m, n]"},
      {"v/x", "[n]"},
      {"x/v", "S03"},
      {"A/B", "S03"},
      {"A*v", "[m]"},
      {"A*u", "S01"},
      {"u*A", "S01"},
      {"u'*A", "[n]"},
      {"v'*A", "S01"},
      {"A*B", "[m, m]"},
      {"B*A", "[n, n]"},
      {"A*A", "S01"},
      {"A*A'", "[m, m]"},
      {"v*w", "S03"},
      {"v'*w", "number"},
      {"v*w'", "[n, n]"},
      {"v*u'", "[n, m]"},
      {"v'*u", "S01"},
      {"u'*A*v", "number"},
      {"A*B*A*v", "[m]"},
      {"-A*v", "[m]"},
      {"v'*S*v/2", "number"},
      {"3A v", "[m]"},
      // entry by entry
      {"v .* w", "[n]"},
      {"v ./ w", "[n]"},
      {"v .^ w", "[n]"},
      {"v .* u", "S01"},
      {"x .* v", "[n]"},
      {"v .* x", "[n]"},
      {"v ./ x", "[n]"},
      {"x ./ v", "[n]"},
      {"1 ./ A", "[m, n]"},
      {"v .^ 2", "[n]"},
      {"2 .^ v", "[n]"},
      {"x .^ A", "[m, n]"},
      {"A .^ 2", "[m, n]"},
      {"A .* B'", "[m, n]"},
      {"A .* v", "S01"},
      // powers
      {"v^2", "S03"},
      {"2^v", "S03"},
      {"v^T", "S03"},
      {"S^2", "[n, n]"},
      {"S^0", "[n, n]"},
      {"S^1", "[n, n]"},
      {"A^2", "S01"},
      {"S^(1/2)", "S03"},
      {"S^x", "S03"},
      {"exp(A)", "[m, n]"},
      {"sqrt(v)", "[n]"},
      {"sin^2(v)", "[n]"},
      // transposes
      {"v'", "[n]"},
      {"A'", "[n, m]"},
      {"A''", "[m, n]"},
      {"(A*v)'", "[m]"},
      {"(A*B)'", "[m, m]"},
      {"x'", "S02"},
      {"(1 - v)'*w", "number"},
      // made from vectors
      {"diag(v)", "[n, n]"},
      {"diag(S)", "[n]"},
      {"diag(A)", "S01"},
      {"diag(x)", "S02"},
      {"diag(v)*A'", "[n, m]"},
      {"outer(v, u)", "[n, m]"},
      {"outer(v, x)", "S02"},
      {"dot(v, w)", "number"},
      {"dot(v, u)", "S01"},
      {"dot(A, A)", "S02"},
      {"tr(S)", "number"},
      {"tr(A)", "S01"},
      {"tr(A*B)", "number"},
      {"tr(v)", "S02"},
      {"normF(A)", "number"},
      {"norm2(v)", "number"},
      {"norm2(A)", "S02"},
      {"v + vector(1)", "[n]"},
      {"vector(2)'*v", "number"},
      {"A*vector(1)", "[m]"},
      {"vector(1)'*A", "[n]"},
      {"S + I", "[n, n]"},
      {"I*v", "[n]"},
      {"A + I", "S01"},
      {"A*I", "[m, n]"},
      {"S - x*I", "[n, n]"},
      // reductions
      {"sum(v)", "number"},
      {"sum(A)", "number"},
      {"sum(A, axis=1)", "[n]"},
      {"sum(A, axis=2)", "[m]"},
      {"mean(A, axis=1)", "[n]"},
      {"prod(A, axis=2)", "[m]"},
      {"max(A, axis=1)", "[n]"},
      {"min(A)", "number"},
      {"sum(v, axis=1)", "S02"},
      {"sum(x)", "S02"},
      {"sum(A, axis=3)", "P09"},
      {"max(v, w)", "[n]"},
      {"max(v, 0)", "[n]"},
      {"max(v, u)", "S01"},
      {"max(A, A, axis=1)", "P09"},
      {"sum(i, v[i]*w[i])", "number"},
      {"sum(i, A[i,j]*u[i])", "j: number"},
      {"mean(i, v[i])", "number"},
      {"prod(i, v[i])", "number"},
      {"max(i, A[i,j])", "j: number"},
      {"sum(i, sum(j, A[i,j]))", "number"},
      {"sum(k, 1, 3, v)", "[n]"},
      {"sum(k, 1, n, x^k)", "number"},
      {"sum(i, v[i]*u[i])", "S01"},
      // functions of one axis
      {"softmax(v)", "[n]"},
      {"softmax(A)", "S02"},
      {"softmax(A, axis=1)", "[m, n]"},
      {"softmax(A, axis=2)", "[m, n]"},
      {"log_softmax(A, axis=2)", "[m, n]"},
      {"layer_norm(A, 1/100, axis=1)", "[m, n]"},
      {"layer_norm(A, 1/100)", "S02"},
      {"logsumexp(A, axis=1)", "[n]"},
      {"logsumexp(A, axis=2)", "[m]"},
      {"norm1(A, axis=1)", "[n]"},
      {"norm2(A, axis=2)", "[m]"},
      {"cross_entropy(A, B', axis=1)", "[n]"},
      {"cross_entropy(A, B', axis=2)", "[m]"},
      {"cross_entropy(A, u, axis=1)", "[n]"},
      {"cross_entropy(A, v, axis=1)", "S01"},
      {"cross_entropy(A, v, axis=2)", "[m]"},
      {"cross_entropy(A, B, axis=1)", "S01"},
      {"cross_entropy(A, x, axis=1)", "S02"},
      {"dot(A, A, axis=1)", "[n]"},
      {"mse(A, B', axis=2)", "[m]"},
      {"kl_divergence(A, A, axis=1)", "[n]"},
      {"nll(A, A, axis=2)", "[m]"},
      {"outer(A, A, axis=1)", "S02"},
      {"softmax(v, axis=1)", "S02"},
      {"softmax(x, axis=1)", "S02"},
      {"softmax(v', axis=1)", "S02"},
      {"softmax(softmax(A, axis=1), axis=2)", "[m, n]"},
      {"mean(cross_entropy(A, A, axis=1))", "number"},
      {"exp(A, axis=1)", "S02"},
      {"sigmoid(A, axis=1)", "S02"},
      {"normF(A, axis=1)", "S02"},
      {"diag(S, axis=1)", "S02"},
      {"softmax(A, axis=3)", "P09"},
      // labels
      {"v[1]", "number"},
      {"v[n]", "number"},
      {"v[i]", "i: number"},
      {"v[i+1]", "i: number"},
      {"s[3]", "number"},
      {"s[4]", "S04"},
      {"s[0]", "S04"},
      {"v[0]", "S04"},
      {"v[n+1]", "S04"},
      {"A[1,n]", "number"},
      {"A[i,j]", "i j: number"},
      {"S[i,i]", "i: number"},
      {"A[1]", "S05"},
      {"v[1,2]", "S05"},
      {"x[1]", "S05"},
      {"v[1.5]", "S07"},
      {"v[x]", "N06"},
      {"sum(i, 1, n-1, v[i+1] - v[i])", "number"},
      {"sum(i, 1, n, v[i+1])", "S04"},
      {"(A*v)[1]", "number"},
      {"softmax(v)[j]", "j: number"},
      {"delta(i,j)*v[i]*w[j]", "i j: number"},
      // derivatives
      {"D(x^2, x)", "number"},
      {"D(sum(v.^2), v)", "[n]"},
      {"D(v'*S*v, S)", "[n, n]"},
      {"D(A*v, v)", "[m, n]"},
      {"D(A*v, A)", "[m, m, n]"},
      {"D(D(v'*S*v, v), v)", "[n, n]"},
      {"D(softmax(v)[j], v[i])", "j i: number"},
      {"D(sum(v.^2), v[2])", "number"},
      {"D(sum(v.^2), v[0])", "S04"},
      {"D(sum(s.^2), s[2])", "number"},
      {"D(v, x)", "[n]"},
      {"D(x, n)", "N08"},
      // conditions
      {"if(x > 0, v, w)", "[n]"},
      {"if(v > 0, v, 0)", "[n]"},
      {"if(v > u, v, 0)", "S01"},
      {"if(x > 0, v, u)", "S01"},
      {"if(1 < x < 2, x, 0)", "P10"},
  };
  for (const auto& row : table) CHECK_MESSAGE(shape(row.first, vars) == row.second, row.first);
}

TEST_CASE("a shape error names both shapes, and says how to write what may have been meant") {
  auto fails = [](const std::string& expression, const std::string& vars, const strings& says) {
    try {
      problem p({{vars}, {}, {}, {}, {expression}});
      FAIL_CHECK(expression);
    } catch (const error& e) {
      std::string all = std::string(e.what()) + " | " + e.hint;
      for (const std::string& s : says) CHECK_MESSAGE(all.find(s) != std::string::npos, s, " in ", all);
    }
  };
  const std::string vars = "W: matrix[K,M]; X: matrix[M,N]; Y: matrix[K,N]; b: vector[K]; z: vector[K]";
  fails("W*Y", vars, {"W is [K, M]", "Y is [K, N]", "M = K is not known"});
  fails("W*X + b", vars, {"W*X is [K, N]", "b is [K]", "b*vector(1)'"});
  fails("softmax(W*X)", vars, {"'W*X' is [K, N]", "axis=1", "axis=2"});
  fails("cross_entropy(W*X, X, axis=1)", vars, {"W*X is [K, N]", "X is [M, N]"});
  fails("cross_entropy(W*X, W, axis=1)", vars, {"W*X is [K, N]", "W is [K, M]"});
  fails("softmax(z, axis=1)", vars, {"z' is [K]", "leave axis= away"});
  fails("z*b", vars, {"dot", "outer", ".*"});
  fails("z^2", vars, {".^"});
  fails("sigmoid(W, axis=1)", vars, {"every entry"});
}

TEST_CASE("undeclared names are matrices where a function works along an axis, and samples share their lengths") {
  problem p({{}, {}, {}, {}, {"sum(cross_entropy(softmax(Z, axis=1), Y, axis=1))"}});
  const tape& t = p.on();
  node_id z = t.find_symbol("Z"), y = t.find_symbol("Y");
  REQUIRE(t.rank(z) == 2);
  CHECK(std::ranges::equal(t.out(z), t.out(y)));
  CHECK(t.out(z)[0] != t.out(z)[1]);
}

TEST_CASE("every function of vectors, applied along an axis, is itself on each column and on each row") {
  for (const composite& c : composites()) {
    bool vectors = c.kinds.find('v') != std::string_view::npos && c.kinds.find('m') == std::string_view::npos;
    if (!vectors || c.name == "outer") continue;
    CAPTURE(c.name);
    const strings columns{"A", "B"}, rows{"A'", "B'"};
    auto with = [&](const strings& matrices, const std::string& rest) {
      std::string text = std::string(c.name) + "(";
      std::size_t next = 0;
      for (char kind : c.kinds) text += (text.back() == '(' ? "" : ", ") + (kind == 'v' ? matrices.at(next++) : "1/7");
      return text + rest + ")";
    };
    const std::string column = with(columns, ", axis=1"), row = with(rows, ", axis=2"), vectorwise = with({"v", "w"}, "");
    bool whole = shape(column, "A, B: matrix[3,2]") == "[3, 2]";
    CHECK(shape(column, "A, B: matrix[3,2]") == (whole ? "[3, 2]" : "[2]"));
    CHECK(shape(row, "A, B: matrix[3,2]") == (whole ? "[2, 3]" : "[2]"));
    problem p({{"A, B: matrix[3,2]; v, w: vector[3]"}, {}, {}, {}, {column}});
    node_id by_rows = p.parse(row).node, by_vector = p.parse(vectorwise).node, by_columns = p.expressions()[0].node;
    const std::vector<double> a{0.3, 1.2, 0.5, 0.7, 0.9, 0.4}, b{0.6, 0.2, 1.1, 0.8, 0.3, 0.9};
    evaluator<double> e(p.on());
    const std::vector<std::size_t> shape_of_matrix{3, 2}, shape_of_vector{3};
    auto bind = [&](const char* name, const std::vector<double>& values, const std::vector<std::size_t>& s) {
      if (p.on().find_symbol(name) != none) e.bind(name, values, s);
    };
    bind("A", a, shape_of_matrix);
    bind("B", b, shape_of_matrix);
    auto array = [&](node_id n) {
      auto values = e(n);
      return std::vector<double>(values.begin(), values.end());
    };
    std::vector<double> from_columns = array(by_columns), from_rows = array(by_rows);
    for (std::size_t n = 0; n < 2; ++n) {
      bind("v", {a[n], a[2 + n], a[4 + n]}, shape_of_vector);
      bind("w", {b[n], b[2 + n], b[4 + n]}, shape_of_vector);
      std::vector<double> expected = array(by_vector);
      for (std::size_t k = 0; k < expected.size(); ++k) {
        CHECK(from_columns[whole ? 2 * k + n : n] == doctest::Approx(expected[k]));
        CHECK(from_rows[whole ? 3 * n + k : n] == doctest::Approx(expected[k]));
      }
    }
  }
}

TEST_CASE("a call along an axis is recorded with its axis and its arguments") {
  problem p({{"Z: matrix[K,N]"}, {}, {}, {}, {"softmax(Z, axis=1)"}});
  node_id columns = p.expressions()[0].node, z = p.on().find_symbol("Z");
  const call& c = p.calls().at(columns);
  CHECK(c.name == "softmax");
  CHECK(c.axis == 1);
  CHECK(c.args[0] == p.on().whole(z));
  node_id sums = p.parse("logsumexp(Z, axis=1)").node;
  CHECK(p.calls().at(sums).args[0] == edge{z, {label::of_axis(1), label::of_axis(0)}});
  sums = p.parse("logsumexp(Z, axis=2)").node;
  CHECK(p.calls().at(sums).args[0] == edge{z, {label::of_axis(0), label::of_axis(1)}});
  edge whole = p.on().whole(z);
  CHECK(p.apply("softmax", std::span(&whole, 1), 1) == columns);
  CHECK(p.apply("softmax", std::span(&whole, 1), 2) == p.parse("softmax(Z, axis=2)").node);
}

TEST_CASE("along an axis functions keep their laws") {
  const std::string vars = "X, Y: matrix[p,q]; v: vector[q]; u: vector[p]";
  for (const char* law :
       {"sum(softmax(X, axis=1), axis=1) == vector(1)", "sum(softmax(X, axis=2)) == p",
        "softmax(X, axis=1) == softmax(X', axis=2)'", "norm2(X, axis=1) == norm2(X', axis=2)",
        "exp(logsumexp(X, axis=2)) == sum(exp(X), axis=2)", "log_softmax(X, axis=1) == X - vector(1)*logsumexp(X, axis=1)'",
        "dot(X, Y, axis=1) == diag(X'*Y)", "sum(norm2(X, axis=1).^2) == normF(X)^2", "sum(mean(X, axis=1))/q == mean(X)",
        "cross_entropy(softmax(X, axis=1), Y, axis=1)[j] == -sum(k, Y[k,j]*log(exp(X[k,j])/sum(l, exp(X[l,j]))))",
        "softmax(X + vector(1)*v', axis=1) == softmax(X, axis=1)", "mse(X, Y, axis=2) == norm2(X - Y, axis=2).^2/q"})
    CHECK_MESSAGE(proved(law, vars), std::string(law));
  for (const char* wrong : {"softmax(X, axis=1) == softmax(X, axis=2)", "sum(softmax(X, axis=1), axis=2) == vector(1)",
                            "sum(softmax(X, axis=1)) == p", "softmax(X + u*vector(1)', axis=1) == softmax(X, axis=1)",
                            "sum(mean(X, axis=1))/p == mean(X)"})
    CHECK_MESSAGE(!proved(wrong, vars), std::string(wrong));
}

TEST_CASE("facts about every column or row are used where they are needed, and named as they were typed") {
  const std::string vars = "Z, Y: matrix[C,S]";
  auto columns = "D(sum(cross_entropy(softmax(Z, axis=1), Y, axis=1)), Z) == softmax(Z, axis=1) - Y";
  auto rows = "D(sum(cross_entropy(softmax(Z, axis=2), Y, axis=2)), Z) == softmax(Z, axis=2) - Y";
  for (const char* f : {"one_hot(Y, axis=1)", "simplex(Y, axis=1)", "sum(Y, axis=1) = vector(1)", "sum(k, Y[k,n]) = 1",
                        "sum(Y, axis=1) == 1", "vector(1)'*Y = vector(1)'", "Y'*vector(1) = vector(1)"}) {
    prove_result r = ask(columns, vars, {f});
    CHECK_MESSAGE(r.status == verdict::proved, std::string(f));
    CHECK(r.hypotheses_used == strings{f});
    CHECK_MESSAGE(!proved(rows, vars, {f}), std::string(f));
  }
  for (const char* f : {"one_hot(Y, axis=2)", "simplex(Y, axis=2)", "sum(Y, axis=2) = vector(1)", "sum(k, Y[n,k]) = 1"}) {
    CHECK_MESSAGE(ask(rows, vars, {f}).hypotheses_used == strings{f}, std::string(f));
    CHECK_MESSAGE(!proved(columns, vars, {f}), std::string(f));
  }
  CHECK(!proved(columns, vars));
  CHECK(!proved(columns, vars, {"sum(Y) = S"}));
  // inside larger sums, and through products
  CHECK(proved("sum(Y) == S", vars, {"one_hot(Y, axis=1)"}));
  CHECK(proved("sum(n, sum(k, Y[k,n]*x[n])) == sum(x)", vars, {"sum(Y, axis=1) = vector(1)"}));
  CHECK(proved("vector(1)'*Y*x == sum(x)", vars, {"simplex(Y, axis=1)"}));
  CHECK(proved("Y .* Y == Y", vars, {"one_hot(Y, axis=1)"}));
  CHECK(proved("sum(Y.^3) == S", vars, {"one_hot(Y, axis=1)"}));
  CHECK(proved("abs(Y) == Y", vars, {"simplex(Y, axis=1)"}));
  CHECK(proved("norm1(Y, axis=1) == vector(1)", vars, {"simplex(Y, axis=1)"}));
  CHECK(!proved("norm1(Y, axis=1) == vector(1)", vars, {"sum(Y, axis=1) = vector(1)"}));
  // a fact about what one differentiates by is used only afterwards
  CHECK(!proved("D(sum(n, sum(k, Y[k,n])^2), Y) == 0", vars, {"one_hot(Y, axis=1)"}));
  CHECK(proved("D(sum(n, sum(k, Y[k,n])^2), Y[i,j]) == 2", vars, {"one_hot(Y, axis=1)"}));
}

TEST_CASE("symmetric matrices") {
  const std::string vars = "W, A: matrix[n,n]; x, y: vector[n]";
  CHECK(proved("D(x'*W*x, x) == 2*W*x", vars, {"symmetric(W)"}));
  CHECK(!proved("D(x'*W*x, x) == 2*W*x", vars));
  CHECK(proved("x'*W*y == y'*W*x", vars, {"symmetric(W)"}));
  CHECK(proved("(A*W*A')' == A*W*A'", vars, {"symmetric(W)"}));
  CHECK(!proved("(A*W)' == A*W", vars, {"symmetric(W)"}));
  CHECK(proved("x'*W*y == y'*W*x", "W: matrix[n,n], symmetric(W); x, y: vector[n]"));
  CHECK(proved("D((x-A*s)'*W*(x-A*s), s) == -2*A'*W*(x-A*s)", "A, W: matrix[n,n]; s, x: vector[n]", {"symmetric(W)"}));
  CHECK(!proved("D((x-A*s)'*W*(x-A*s), s) == -2*A'*W*(x-A*s)", "A, W: matrix[n,n]; s, x: vector[n]"));
}

TEST_CASE("batches: softmax regression") {
  const std::string vars = "Z, Y: matrix[K,N]";
  CHECK(proved("D(mean(cross_entropy(softmax(Z, axis=1), Y, axis=1)), Z) == (softmax(Z, axis=1) - Y)/N", vars,
               {"one_hot(Y, axis=1)"}));
  CHECK(proved("D(sum(nll(log_softmax(Z, axis=1), Y, axis=1)), Z) == softmax(Z, axis=1) - Y", vars, {"simplex(Y, axis=1)"}));
  CHECK(proved("D(sum(cross_entropy(softmax(Z, axis=1), Y, axis=1)), Z) == softmax(Z, axis=1) .* (vector(1)*sum(Y, axis=1)') - Y",
               vars));
  CHECK(proved("D(sum(logsumexp(Z, axis=2)), Z) == softmax(Z, axis=2)", vars));
  CHECK(proved("D(sum(mse(Z, Y, axis=1)), Z) == 2*(Z - Y)/K", vars));
  CHECK(proved("D(sum(kl_divergence(Y, softmax(Z, axis=1), axis=1)), Z) == softmax(Z, axis=1) - Y", vars,
               {"simplex(Y, axis=1)", "Y > 0"}));
}

TEST_CASE("batches: a linear layer in front, columns and rows") {
  const std::string vars = "W: matrix[K,M]; X: matrix[M,N]; Y: matrix[K,N]; b: vector[K]";
  const strings let{"Z = W*X + b*vector(1)'", "A = softmax(Z, axis=1)", "L = sum(cross_entropy(A, Y, axis=1))"};
  const strings given{"one_hot(Y, axis=1)"};
  CHECK(proved("D(L, W) == (A - Y)*X'", vars, given, let));
  CHECK(proved("D(L, b) == sum(A - Y, axis=2)", vars, given, let));
  CHECK(proved("D(L, X) == W'*(A - Y)", vars, given, let));
  CHECK(proved("D(L/N + r*normF(W)^2/2, W) == (A - Y)*X'/N + r*W", vars, given, let));
  CHECK(!proved("D(L, W) == (A - Y)*X'", vars, {}, let));
  const std::string rows = "W: matrix[M,K]; X: matrix[N,M]; Y: matrix[N,K]; b: vector[K]";
  const strings by_rows{"A = softmax(X*W + vector(1)*b', axis=2)", "L = mean(cross_entropy(A, Y, axis=2))"};
  CHECK(proved("D(L, W) == X'*(A - Y)/N", rows, {"one_hot(Y, axis=2)"}, by_rows));
  CHECK(proved("D(L, b) == sum(A - Y, axis=1)/N", rows, {"one_hot(Y, axis=2)"}, by_rows));
}

TEST_CASE("batches: two layers") {
  const std::vector<std::pair<std::string, std::string>> activations{
      {"tanh(P)", "(1 - H.^2)"}, {"relu(P)", "if(P > 0, 1, 0)"}, {"sigmoid(P)", "(H .* (1 - H))"}};
  for (const auto& f : activations) {
    CAPTURE(f.first);
    const strings let{"P = V*X + c*vector(1)'", "H = " + f.first, "A = softmax(W*H + b*vector(1)', axis=1)",
                      "L = sum(cross_entropy(A, Y, axis=1))", "G = (W'*(A - Y)) .* " + f.second};
    const strings given{"one_hot(Y, axis=1)"};
    const std::string dims = "V: matrix[h,M]; W: matrix[K,h]; X: matrix[M,N]; Y: matrix[K,N]; c: vector[h]; b: vector[K]";
    CHECK(proved("D(L, W) == (A - Y)*H'", dims, given, let));
    CHECK(proved("D(L, b) == sum(A - Y, axis=2)", dims, given, let));
    CHECK(proved("D(L, V) == G*X'", dims, given, let));
    CHECK(proved("D(L, c) == sum(G, axis=2)", dims, given, let));
    CHECK(!proved("D(L, V) == G*X'", dims, {}, let));
  }
}

TEST_CASE("batches: attention") {
  const std::string vars = "Q: matrix[n,d]; K: matrix[m,d]; V: matrix[m,p]; Y: matrix[n,p]";
  const strings attention{"P = softmax(Q*K'/sqrt(d), axis=2)", "O = P*V"};
  struct loss {
    strings lets, givens;
  };
  for (const loss& l :
       {loss{{"L = sum((O - Y).^2)", "G = 2*(O - Y)"}, {}},
        loss{{"L = sum(cross_entropy(softmax(O, axis=2), Y, axis=2))", "G = softmax(O, axis=2) - Y"}, {"one_hot(Y, axis=2)"}}}) {
    strings lets = attention;
    lets.insert(lets.end(), l.lets.begin(), l.lets.end());
    lets.push_back("S = P .* (G*V' - sum(P .* (G*V'), axis=2)*vector(1)')");
    CHECK(proved("D(L, V) == P'*G", vars, l.givens, lets));
    CHECK(proved("D(L, Q) == S*K/sqrt(d)", vars, l.givens, lets));
    CHECK(proved("D(L, K) == S'*Q/sqrt(d)", vars, l.givens, lets));
    CHECK(!proved("D(L, K) == S*Q/sqrt(d)", "Q, K, V, Y: matrix[n,n]", l.givens, lets));
  }
}
