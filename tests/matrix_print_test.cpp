// Matrix notation: what is printed without letters parses back to the same value, shapes included.
#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/text/printer.hpp>

#include "round_trip.hpp"

using namespace wengert;

namespace {

// Random expressions in matrices: A, B of m rows and K columns, Q and the symmetric S square, z, w of length K, u of length m.
class matrix_texts {
 public:
  explicit matrix_texts(unsigned seed) : random_(seed) {}

  // An array of the given shape: rows and columns are "m", "K" or "1".
  std::string array(const std::string& rows, const std::string& columns, int depth) {
    if (rows == "1" && columns == "1") return scalar(depth);
    if (columns == "1" && rows == "m") return depth <= 0 ? "u" : vector("m", depth);
    if (columns == "1") return depth <= 0 ? one_of({"z", "w"}) : vector("K", depth);
    if (rows == "1") return "(" + array(columns, "1", depth) + ")'";
    return matrix(rows, columns, depth);
  }

  std::string scalar(int depth) {
    if (depth <= 0) return one_of({"x", "y", "2", "3"});
    std::string k = side();
    switch (pick(7)) {
      case 0: return fmt::format("({}'*{})", quoted(k, "1", depth - 1), quoted(k, "1", depth - 1));
      case 1: return fmt::format("tr({})", array(k, k, depth - 1));
      case 2: return fmt::format("sum({})", array(k, pick(2) == 0 ? "1" : side(), depth - 1));
      case 3:
        return fmt::format("({}'*{}*{})", quoted(k, "1", depth - 1), quoted(k, "K", depth - 1), quoted("K", "1", depth - 1));
      case 4: return fmt::format("sum({}({}))", one_of({"exp", "sin", "tanh"}), array(k, "1", depth - 1));
      case 5: return fmt::format("({} - {})", scalar(depth - 1), scalar(depth - 1));
      default: return fmt::format("({})*({})", scalar(depth - 1), scalar(depth - 1));
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string one_of(std::vector<std::string> all) { return all[pick(all.size())]; }
  std::string side() { return one_of({"m", "K"}); }
  std::string quoted(const std::string& r, const std::string& c, int depth) { return "(" + array(r, c, depth) + ")"; }

  std::string vector(const std::string& n, int depth) {
    std::string k = side();
    auto same = [&] { return quoted(n, "1", depth - 1); };
    switch (pick(9)) {
      case 0: return fmt::format("{}*{}", quoted(n, k, depth - 1), quoted(k, "1", depth - 1));
      case 1: return fmt::format("{} + {}", same(), same());
      case 2: return fmt::format("{}.*{}", same(), same());
      case 3: return fmt::format("{}/({})", same(), scalar(depth - 1));
      case 4: return fmt::format("{}({})", one_of({"exp", "cos", "softmax"}), array(n, "1", depth - 1));
      case 5: return fmt::format("diag({})", array(n, n, depth - 1));
      case 6: return fmt::format("sum({}, axis={})", array(n, k, depth - 1), 2);
      case 7: return fmt::format("{}./(2 + {}.^2)", same(), same());
      default: return fmt::format("({})*{} - {}", scalar(depth - 1), same(), same());
    }
  }

  std::string matrix(const std::string& r, const std::string& c, int depth) {
    if (depth <= 0) {
      if (r == "m" && c == "K") return one_of({"A", "B"});
      if (r == "K" && c == "m") return one_of({"A'", "B'"});
      return r == "K" ? one_of({"S", "Q", "Q'", "diag(z)", "(S + I)"}) : one_of({"A*B'", "u*u'", "B*S*B'"});
    }
    std::string k = side();
    auto same = [&] { return quoted(r, c, depth - 1); };
    switch (pick(9)) {
      case 0: return fmt::format("{}*{}", quoted(r, k, depth - 1), quoted(k, c, depth - 1));
      case 1: return fmt::format("{}'", quoted(c, r, depth - 1));
      case 2: return fmt::format("{} + {}", same(), same());
      case 3: return fmt::format("{}.*{}", same(), same());
      case 4: return fmt::format("{}*{}'", quoted(r, "1", depth - 1), quoted(c, "1", depth - 1));
      case 5: return fmt::format("{}({})", one_of({"exp", "tanh", "sigmoid"}), array(r, c, depth - 1));
      case 6: return fmt::format("({})*{}", scalar(depth - 1), same());
      case 7: return r == c ? fmt::format("diag({})*{}^2", array(r, "1", depth - 1), same()) : same();
      default: return fmt::format("{} - {}", same(), same());
    }
  }

  std::mt19937_64 random_;
};

problem declared() {
  problem_text text;
  text.vars = {"x, y: real; z, w: vector[K]; u: vector[m]; A, B: matrix[m, K]; S, Q: matrix[K, K]"};
  text.givens = {"symmetric(S)"};
  text.expressions = {"x + y + sum(z) + sum(w) + sum(u) + sum(A) + sum(B) + sum(S) + sum(Q)"};
  return problem(text);
}

evaluator<long double> somewhere(const tape& t) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<long double> draw(-0.8L, 0.8L);
  evaluator<long double> e(t);
  auto bind = [&](const char* name, std::vector<std::size_t> shape) {
    std::size_t entries = 1;
    for (std::size_t s : shape) entries *= s;
    std::vector<long double> v(entries);
    for (long double& x : v) x = draw(random);
    if (std::string(name) == "S")  // symmetric
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < i; ++j) v[3 * i + j] = v[3 * j + i];
    e.bind(name, v, shape);
  };
  for (const char* scalar : {"x", "y"}) bind(scalar, {});
  for (const char* vector : {"z", "w"}) bind(vector, {3});
  bind("u", {2});
  for (const char* matrix : {"A", "B"}) bind(matrix, {2, 3});
  for (const char* square : {"S", "Q"}) bind(square, {3, 3});
  return e;
}

// Prints n in matrix notation. Whether it is without letters; then the text must have the value of n.
bool round_trip(problem& p, node_id n) {
  print_options o;
  o.matrix_notation = true;
  printed shown = print_with_letters(p.on(), n, {&p.calls(), {}}, o);
  if (!shown.letters.empty()) return false;
  CAPTURE(shown.text);
  expression again;
  try {
    again = p.parse(shown.text);
  } catch (const error& e) {
    REQUIRE(e.code == "S08");  // the length of vector(1), or of I, is for the context to say
    return true;
  }
  CHECK(std::ranges::equal(p.on().out(again.node), p.on().out(n)));
  CHECK(same_values(p.on(), somewhere(p.on()), n, shown, again));
  return true;
}

std::string in_matrices(problem& p, const std::string& text) {
  print_options o;
  o.matrix_notation = true;
  return print(p.on(), p.parse(text).node, {&p.calls(), {}}, o);
}

}  // namespace

TEST_CASE("an expression in matrices prints in matrix notation and parses back to its value") {
  problem p = declared();
  std::size_t whole = 0, all = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    matrix_texts texts(seed);
    int depth = 1 + static_cast<int>(seed % 3);
    std::string rows = seed % 7 < 4 ? "K" : "m", columns = seed % 5 < 2 ? "1" : seed % 5 < 4 ? "K" : "m";
    std::string text = seed % 4 == 0 ? texts.scalar(depth) : texts.array(rows, columns, depth);
    CAPTURE(text);
    std::optional<expression> e;
    try {
      e = p.parse(text);
    } catch (const error&) {
      continue;  // a shape that nothing in the text tells
    }
    ++all;
    if (round_trip(p, e->node)) ++whole;
  }
  CHECK(all > 500);
  CHECK(whole * 20 > all * 19);
}

TEST_CASE("derivatives in matrix notation parse back to their value") {
  problem p = declared();
  std::size_t whole = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    matrix_texts texts(5000 + seed);
    std::string text = texts.scalar(1 + static_cast<int>(seed % 2));
    CAPTURE(text);
    node_id f;
    try {
      f = p.parse(text).node;
    } catch (const error&) {
      continue;
    }
    for (const char* by : {"x", "z", "A", "S"}) {
      node_id d = derivative(p.on(), f, p.on().symbol_of(p.on().find_symbol(by)));
      try {
        if (round_trip(p, d)) ++whole;
      } catch (const error& e) {
        REQUIRE(e.code == "V04");
      }
    }
  }
  CHECK(whole > 400);
}

TEST_CASE("matrix notation has a word for each way in which axes meet") {
  problem p = declared();
  CHECK(in_matrices(p, "sum(k, A[i,k]*z[k])") == "A*z");
  CHECK(in_matrices(p, "A'*u") == "A'*u");
  CHECK(in_matrices(p, "S'*z") == "S*z");
  CHECK(in_matrices(p, "z*w'") == "z*w'");
  CHECK(in_matrices(p, "sum(k, z[k]*w[k])") == "z'*w");
  CHECK(in_matrices(p, "sum(i, sum(j, z[i]*Q[i,j]*w[j]))") == "z'*Q*w");
  CHECK(in_matrices(p, "sum(k, z[k]^2)") == "z'*z");
  CHECK(in_matrices(p, "sum(k, Q[k,k])") == "tr(Q)");
  CHECK(in_matrices(p, "sum(i, sum(k, A[i,k]*B[i,k]))") == "sum(A.*B)");
  CHECK(in_matrices(p, "sum(i, sum(k, Q[i,k]*S[k,i]))") == "sum(Q.*S)");
  CHECK(in_matrices(p, "diag(z)*Q") == "diag(z)*Q");
  CHECK(in_matrices(p, "Q.*(z*vector(1)')") == "diag(z)*Q");
  CHECK(in_matrices(p, "sum(A, axis=1)") == "sum(A, axis=1)");
  CHECK(in_matrices(p, "A*vector(1)") == "sum(A, axis=2)");
  CHECK(in_matrices(p, "max(A, axis=2)") == "max(A, axis=2)");
  CHECK(in_matrices(p, "diag(Q)") == "diag(Q)");
  CHECK(in_matrices(p, "diag(z) - x*I") == "diag(z) - x*I");
  CHECK(in_matrices(p, "Q*Q*Q") == "Q^3");
  CHECK(in_matrices(p, "(A*z).*u/(z'*w)") == "(A*z).*u/(z'*w)");
  CHECK(in_matrices(p, "A'*((A*z).*(A*z))") == "A'*(A*z).^2");
  CHECK(in_matrices(p, "exp(A*z) + 1") == "exp(A*z) + 1");
  CHECK(in_matrices(p, "sigmoid(A)*z") == "sigmoid(A)*z");
}

TEST_CASE("what no matrix notation can say keeps its letters") {
  problem p = declared();
  CHECK(in_matrices(p, "sum(k, 1, K-1, z[k]*w[k+1])") == "sum(k, 1, K-1, z[k]*w[k+1])");
  CHECK(in_matrices(p, "sum(k, k*z[k])") == "sum(k, k*z[k])");
  CHECK(in_matrices(p, "sum(k, A[1,k]*z[k])") == "sum(k, A[1,k]*z[k])");
  CHECK(in_matrices(p, "sum(k, 1, K-1, z[k]*w[k+1])*z") == "sum(k, 1, K-1, z[k]*w[k+1])*z");
}

TEST_CASE("a declared name is not taken for a word of matrix notation") {
  problem_text text;
  text.vars = {"I: matrix[n,n]; x: vector[n]; tr: real"};
  text.expressions = {"tr*(I*x)"};
  problem p(text);
  node_id d = derivative(p.on(), p.parse("x").node, p.on().symbol_of(p.on().find_symbol("x")));
  print_options o;
  o.matrix_notation = true;
  CHECK(print(p.on(), d, {&p.calls(), {}}, o) == "delta(i,j)");
  CHECK(print(p.on(), p.parse("sum(k, I[k,k])").node, {&p.calls(), {}}, o) == "sum(k, I[k,k])");
  CHECK(print(p.on(), p.expressions()[0].node, {&p.calls(), {}}, o) == "tr*I*x");
}
