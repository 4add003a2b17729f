// The fused forms wherever they occur: under an upstream adjoint, along an axis of a batch, behind a network, in second
// derivatives, by the labels.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>

#include "gradient_check.hpp"

using namespace wengert;

namespace {

using texts = std::vector<std::string>;

struct context {
  std::string expression, wrt;
  texts vars, givens;
  std::string expected;
};

problem_text question(const context& c, const std::string& expression, const texts& wrt) {
  problem_text text;
  text.vars = c.vars;
  text.givens = c.givens;
  text.wrt = wrt;
  text.expressions = {expression};
  return text;
}

std::size_t size(const problem& p, node_id n) { return p.on().reachable(n).size(); }

// The derivative is proved, right in numbers, equal to what is expected, and no larger.
void check(const context& c) {
  CAPTURE(c.expression);
  CAPTURE(c.expected);
  problem p(question(c, c.expression, {c.wrt}));
  const diff_result found = diff(p, 1).results[0];
  CAPTURE(found.derivative);
  CHECK(found.proof.checked);
  std::mt19937_64 random(11);
  for (int k = 0; k < 3; ++k) CHECK(largest_error(p, found, sample(p, c.givens, random)) < 2e-5);
  problem_text both = question(c, c.expected + " == " + found.derivative, {});
  for (const std::string& condition : found.conditions) both.givens.push_back(condition);
  problem equation(both);
  CHECK(prove(equation).status == verdict::proved);
  const node_id written = p.read_back(c.expected).node;
  CHECK(size(p, found.node) <= size(p, written) + 1);
}

const std::string vectors = "z, y, t, u, w: vector[K]";
const std::string network = "W: matrix[K,d]; V: matrix[d,n]; x: vector[n]; h: vector[d]; b, y, z: vector[K]; c: vector[d]";
const std::string columns = "Z, Y: matrix[K,N]; U: matrix[K,N]", rows = "Z, Y: matrix[N,K]";

}  // namespace

TEST_CASE("softmax and cross-entropy are fused under an upstream adjoint") {
  check({"s*cross_entropy(softmax(z), y) + r*norm2(w)", "z", {vectors, "s, r: real"}, {"sum(y) = 1"}, "s*(softmax(z) - y)"});
  check({"s*cross_entropy(softmax(z), y) + sum(z.^2)", "z", {vectors, "s: real"}, {"one_hot(y)"}, "s*(softmax(z) - y) + 2*z"});
  check({"cross_entropy(softmax(z), y)^2", "z", {vectors}, {"sum(y) = 1"}, "2*cross_entropy(softmax(z), y)*(softmax(z) - y)"});
  check(
      {"tanh(nll(log_softmax(z), y))", "z", {vectors}, {"sum(y) = 1"}, "(1 - tanh(nll(log_softmax(z), y))^2)*(softmax(z) - y)"});
  check({"cross_entropy(softmax(z), y) - logsumexp(z)", "z", {vectors}, {"sum(y) = 1"}, "-y"});
}

TEST_CASE("labels whose sum is known need no hypothesis") {
  check({"cross_entropy(softmax(z), softmax(t))", "z", {vectors}, {}, "softmax(z) - softmax(t)"});
  check({"cross_entropy(softmax(z/3), softmax(t/3))", "z", {vectors}, {}, "(softmax(z/3) - softmax(t/3))/3"});
  check({"cross_entropy(softmax(z), y/sum(y))", "z", {vectors}, {"sum(y) > 0"}, "softmax(z) - y/sum(y)"});
  check({"cross_entropy(softmax(z), (1 - s)*softmax(t) + s/K)", "z", {vectors}, {}, "softmax(z) - ((1 - s)*softmax(t) + s/K)"});
}

TEST_CASE("the general form is kept where nothing is known of the labels") {
  check({"3*cross_entropy(softmax(z), y)", "z", {vectors}, {}, "3*(softmax(z)*sum(y) - y)"});
  check({"cross_entropy(softmax(z), w.*y)", "z", {vectors}, {}, "softmax(z)*dot(w, y) - w.*y"});
}

TEST_CASE("batches are fused along either axis") {
  check({"sum(cross_entropy(softmax(Z, axis=1), Y, axis=1))", "Z", {columns}, {"one_hot(Y, axis=1)"}, "softmax(Z, axis=1) - Y"});
  check(
      {"mean(cross_entropy(softmax(Z, axis=2), Y, axis=2))", "Z", {rows}, {"one_hot(Y, axis=2)"}, "(softmax(Z, axis=2) - Y)/N"});
  check({"sum(cross_entropy(softmax(Z, axis=1), softmax(U, axis=1), axis=1))",
         "Z",
         {columns},
         {},
         "softmax(Z, axis=1) - softmax(U, axis=1)"});
  check({"mean(binary_cross_entropy(sigmoid(z), y))", "z", {vectors}, {}, "(sigmoid(z) - y)/K"});
}

TEST_CASE("networks in front keep the fused form") {
  check({"cross_entropy(softmax(W*h + b), y)", "b", {network}, {"sum(y) = 1"}, "softmax(W*h + b) - y"});
  check({"cross_entropy(softmax(W*h + b), y)", "W", {network}, {"sum(y) = 1"}, "(softmax(W*h + b) - y)*h'"});
  check({"cross_entropy(softmax(W*h + b), y)", "h", {network}, {"sum(y) = 1"}, "W'*(softmax(W*h + b) - y)"});
  check({"cross_entropy(softmax(W*tanh(V*x + c) + b), y)",
         "c",
         {network},
         {"one_hot(y)"},
         "(1 - tanh(V*x + c).^2).*(W'*(softmax(W*tanh(V*x + c) + b) - y))"});
  check({"sum(softplus(W*h + b)) - dot(y, W*h + b)", "h", {network}, {}, "W'*(sigmoid(W*h + b) - y)"});
}

TEST_CASE("second derivatives and derivatives by the labels") {
  check({"cross_entropy(softmax(z), y)", "y", {vectors}, {}, "-log(softmax(z))"});
  check({"dot(u, D(cross_entropy(softmax(z), y), z))", "z", {vectors}, {"sum(y) = 1"}, "softmax(z).*(u - dot(softmax(z), u))"});
  check({"dot(u, D(cross_entropy(softmax(z), y), z))", "y", {vectors}, {}, "dot(u, softmax(z))*vector(1) - u"});
  check({"dot(D(logsumexp(z), z), u)", "z", {vectors}, {}, "softmax(z).*(u - dot(softmax(z), u))"});
  check({"D(softplus(x), x)", "x", {}, {}, "sigmoid(x)*(1 - sigmoid(x))"});
  check({"dot(u, D(sum(softplus(z)), z))", "z", {vectors}, {}, "u.*sigmoid(z).*(1 - sigmoid(z))"});
}

TEST_CASE("other losses in contexts") {
  check({"s*kl_divergence(softmax(t), softmax(z))", "z", {vectors, "s: real"}, {}, "s*(softmax(z) - softmax(t))"});
  check({"log(dot(u, softmax(z)))", "z", {vectors}, {}, "softmax(z).*(u/dot(u, softmax(z)) - 1)"});
  check({"s*huber(x - t, d)", "t", {"x, t, d, s: real"}, {"d > 0"}, "-s*if(abs(x - t) <= d, x - t, d*sign(x - t))"});
  check({"dot(u, layer_norm(W*h + b, eps))",
         "b",
         {"W: matrix[K,d]; h: vector[d]; b, u: vector[K]; eps: real"},
         {"eps > 0"},
         "(u - sum(u)/K - layer_norm(W*h + b, eps)*dot(u, layer_norm(W*h + b, eps))/K)/"
         "sqrt(mean((W*h + b - mean(W*h + b)).^2) + eps)"});
  check({"log(norm2(z))", "z", {vectors}, {}, "z/norm2(z)^2"});
}
