#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <random>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/term.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/prover.hpp>

using namespace wengert;

namespace {

struct sample {
  std::string vars, expression, by;
};

// Functions of all kinds of nodes, by numbers, vectors and matrices.
const std::vector<sample> samples = {
    {"x: real", "x^3*sin(x)/exp(x) + log(x)*atan2(x, 2)", "x"},
    {"x: vector[3]; t: real", "softmax(t*x)", "t"},
    {"x: vector[3]; t: real", "exp(t)*sin(t*x) + t", "t"},
    {"x: vector[3]", "outer(x, x)*norm2(x)", "x"},
    {"x: vector[3]; A: matrix[3,3]", "tanh(A*x)", "x"},
    {"x: vector[3]; A: matrix[3,3]", "A'*diag(x)*A", "x"},
    {"x: vector[3]; A: matrix[3,3]", "x'*A*x", "A"},
    {"x: vector[3]; A: matrix[3,3]", "diag(A)'*x", "A"},
    {"x: vector[3]", "prod(i, x[i])*x", "x"},
    {"x: vector[3]; t: real", "max(t*x)*x", "t"},
    {"x: vector[3]; t: real", "if(t < 1, t^2*x[1], sqrt(t))*x", "t"},
    {"x: vector[4]", "sum(i, 1, 3, x[i]*x[i+1]^2)", "x"},
    {"x: vector[3]; t: real", "sum(k, 1, 3, k*t^k)*abs(x - t)", "t"},
};

problem question(const sample& s) {
  problem_text text;
  text.vars = {s.vars};
  text.expressions = {s.expression};
  text.wrt = {s.by};
  return problem(text);
}

// Gives every symbol entries in 0.3 .. 1.7; every dimension is literal.
void bind_all(evaluator<double>& at, const tape& t, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> entry(0.3, 1.7);
  for (symbol_id s = 0; s < t.symbol_count(); ++s) {
    std::vector<std::size_t> shape;
    std::size_t count = 1;
    for (range_id r : t.symbol(s).axes) {
      shape.push_back(static_cast<std::size_t>(t.range_of(r).hi.offset));
      count *= shape.back();
    }
    std::vector<double> values(count);
    for (double& v : values) v = entry(random);
    at.bind(s, values, shape);
  }
}

void check_equal(const tape& t, node_id a, node_id b) {
  REQUIRE(std::ranges::equal(t.out(a), t.out(b)));
  for (unsigned seed = 1; seed <= 3; ++seed) {
    evaluator<double> at(t);
    bind_all(at, t, seed);
    const node_id both[] = {a, b};
    at.evaluate(both);
    for (std::size_t k = 0; k < at.values(a).size(); ++k)
      CHECK(at.values(a)[k] == doctest::Approx(at.values(b)[k]).epsilon(1e-12));
  }
}

// SUM over the entries of x of jacobian[f, x] * v[x], written out.
node_id times_vector(tape& t, node_id jacobian, std::size_t rank, node_id v) {
  std::vector<range_id> out(t.out(jacobian).begin(), t.out(jacobian).begin() + static_cast<std::ptrdiff_t>(rank));
  std::vector<range_id> bound(t.out(v).begin(), t.out(v).end());
  const edge factors[] = {t.whole(jacobian), {v, tape::straight(t.rank(v), rank)}};
  return t.mul(out, factors, bound);
}

bool has_error(auto&& f) {
  try {
    f();
  } catch (const defect&) {
    return true;
  }
  return false;
}

// A function at random of x: vector[3], A: matrix[3,3] and t: real, with values and slopes of moderate size. Parts recur, so that
// the graph is no tree.
class random_graph {
 public:
  explicit random_graph(unsigned seed) : random_(seed) {}
  std::string number(int depth) {
    if (depth == 0) return one_of({"t", "x[1]", "x[3]", "A[2,1]", "t/2"});
    switch (pick(9)) {
      case 0: return "(" + number(depth - 1) + " + " + number(depth - 1) + ")";
      case 1: return "(sin(" + number(depth - 1) + ")*" + number(depth - 1) + ")";
      case 2: return "tanh(" + vector(depth - 1) + "'*" + vector(depth - 1) + ")";
      case 3: return "exp(-(" + number(depth - 1) + ")^2)";
      case 4: return "(" + number(depth - 1) + ")/(2 + sum(" + vector(depth - 1) + ".^2))";
      case 5: return "logsumexp(" + vector(depth - 1) + ")";
      case 6: return "sum(k, 1, 3, k*tanh(" + vector(depth - 1) + ")[k]*x[k])";
      case 7: return "if(t < 1, " + number(depth - 1) + ", atan(" + number(depth - 1) + "))";
      default: return "log(1 + (" + number(depth - 1) + ")^2)";
    }
  }
  std::string vector(int depth) {
    if (!vectors_.empty() && pick(3) == 0) return one_of(vectors_);
    std::string v = fresh_vector(depth);
    vectors_.push_back(v);
    return v;
  }

 private:
  std::string fresh_vector(int depth) {
    if (depth == 0) return one_of({"x", "(A*x)", "diag(A)", "(t*x)"});
    switch (pick(6)) {
      case 0: return "(" + vector(depth - 1) + " - " + vector(depth - 1) + ")";
      case 1: return "tanh(A*" + vector(depth - 1) + ")";
      case 2: return "softmax(" + vector(depth - 1) + ")";
      case 3: return "(sin(" + number(depth - 1) + ")*" + vector(depth - 1) + ")";
      case 4: return "(" + vector(depth - 1) + ".*x)";
      default: return "sqrt(1 + " + vector(depth - 1) + ".^2)";
    }
  }
  std::string one_of(const std::vector<std::string>& all) { return all[pick(all.size())]; }
  std::size_t pick(std::size_t n) { return random_() % n; }

  std::mt19937 random_;
  std::vector<std::string> vectors_;
};

}  // namespace

TEST_CASE("on graphs at random both sweeps make the same Jacobian, and it is the slope") {
  const std::vector<std::string> variables{"x", "t", "A"};
  for (unsigned seed = 0; seed < 1000; ++seed) {
    random_graph make(seed);
    const std::string text = seed % 2 == 0 ? make.number(3) : make.vector(3);
    problem p = question({"x: vector[3]; A: matrix[3,3]; t: real", text, variables[seed % 3]});
    CAPTURE(text);
    tape& t = p.on();
    const node_id f = p.expressions()[0].node;
    const symbol_id by = p.targets()[0].variable;
    const node_id ahead = forward(t, f, by), back = reverse(t, f, {&by, 1}).front();
    check_equal(t, ahead, back);
    // Along a direction, by central differences.
    evaluator<double> at(t);
    bind_all(at, t, seed);
    const node_id all[] = {f, back, t.symbol_node(by)};
    at.evaluate(all);
    const std::vector<double> jacobian(at.values(back).begin(), at.values(back).end());
    const std::vector<double> here(at.values(all[2]).begin(), at.values(all[2]).end());
    std::vector<double> way(here.size());
    std::vector<std::size_t> shape(t.rank(all[2]), 3);
    for (std::size_t k = 0; k < way.size(); ++k) way[k] = std::cos(static_cast<double>(k + seed));
    auto value_at = [&](double step) {
      std::vector<double> there = here;
      for (std::size_t k = 0; k < way.size(); ++k) there[k] += step * way[k];
      at.bind(by, there, shape);
      at.evaluate(all);
      return std::vector<double>(at.values(f).begin(), at.values(f).end());
    };
    constexpr double h = 1e-5;
    const std::vector<double> up = value_at(h), down = value_at(-h);
    for (std::size_t r = 0; r < up.size(); ++r) {
      double slope = 0;
      for (std::size_t k = 0; k < way.size(); ++k) slope += jacobian[r * way.size() + k] * way[k];
      CHECK((up[r] - down[r]) / (2 * h) == doctest::Approx(slope).epsilon(1e-6).scale(100));
    }
  }
}

TEST_CASE("the forward sweep's Jacobian is the reverse sweep's") {
  for (const sample& s : samples) {
    CAPTURE(s.expression);
    problem p = question(s);
    const node_id f = p.expressions()[0].node;
    const symbol_id x = p.targets()[0].variable;
    check_equal(p.on(), forward(p.on(), f, x), reverse(p.on(), f, {&x, 1}).front());
  }
}

TEST_CASE("a forward sweep can be swept again, in both directions") {
  for (const sample& s : samples) {
    CAPTURE(s.expression);
    problem p = question(s);
    const node_id f = p.expressions()[0].node;
    const symbol_id x = p.targets()[0].variable;
    const node_id once = forward(p.on(), f, x);
    check_equal(p.on(), forward(p.on(), once, x), reverse(p.on(), once, {&x, 1}).front());
  }
}

TEST_CASE("a pushforward is the Jacobian times the tangent, a pullback the transposed Jacobian times the cotangent") {
  for (const sample& s : samples) {
    CAPTURE(s.expression);
    problem p = question(s);
    tape& t = p.on();
    const node_id f = p.expressions()[0].node;
    const symbol_id x = p.targets()[0].variable;
    const node_id v = t.symbol("velocity", t.symbol(x).axes), jacobian = forward(t, f, x);
    const direction along{x, v};
    check_equal(t, pushforward(t, f, {&along, 1}), times_vector(t, jacobian, t.rank(f), v));
    const std::vector<range_id> axes(t.out(f).begin(), t.out(f).end());
    const node_id w = t.symbol("weight", axes);
    const std::vector<range_id> out = t.symbol(x).axes;
    edge rows{jacobian, tape::straight(axes.size(), out.size())};
    for (std::size_t k = 0; k < out.size(); ++k) rows.labels.push_back(label::of_axis(k));
    const edge factors[] = {rows, {w, tape::straight(axes.size(), out.size())}};
    check_equal(t, pullback(t, f, w, {&x, 1}).front(), t.mul(out, factors, axes));
  }
}

TEST_CASE("a pushforward along several symbols adds up, and is 0 where nothing moves") {
  problem p = question({"x, y, z: real", "x*sin(y)", "x"});
  tape& t = p.on();
  const node_id f = p.expressions()[0].node, one = t.constant(1);
  const node_id x = t.find_symbol("x"), y = t.find_symbol("y");
  const direction both[] = {{t.symbol_of(x), y}, {t.symbol_of(y), one}};
  check_equal(t, pushforward(t, f, both), p.parse("y*sin(y) + x*cos(y)").node);
  const direction still[] = {{t.symbol_of(x), t.constant(0)}};
  CHECK(t.is_constant(pushforward(t, f, still), 0));
  CHECK(t.is_constant(pushforward(t, f, {}), 0));
  CHECK(t.is_constant(forward(t, f, t.symbol_of(t.symbol("apart", {}))), 0));
}

TEST_CASE("a tangent or a cotangent of another shape is a defect") {
  problem p = question({"x: vector[3]", "sum(x)*x", "x"});
  tape& t = p.on();
  const symbol_id x = p.targets()[0].variable;
  const direction wrong{x, t.constant(1)};
  CHECK(has_error([&] { pushforward(t, p.expressions()[0].node, {&wrong, 1}); }));
  CHECK(has_error([&] { pullback(t, p.expressions()[0].node, t.constant(1), {&x, 1}); }));
}

TEST_CASE("the branch that is not taken does not poison a tangent") {
  for (const char* text : {"sqrt(if(x > 0, x, 0))", "if(x > 0, log(x), x)", "if(x > 0, x^(1/2), 0)*if(x > 0, 1/x, 2)"}) {
    CAPTURE(std::string(text));
    problem p = question({"x: real", text, "x"});
    const node_id d = forward(p.on(), p.expressions()[0].node, p.targets()[0].variable);
    evaluator<double> at(p.on());
    at.bind("x", 0.0);
    CHECK(std::isfinite(at.scalar(d)));
    at.bind("x", -1.0);
    CHECK(std::isfinite(at.scalar(d)));
  }
}

TEST_CASE("the sweep with fewer entries is chosen") {
  auto chooses_forward = [](const std::string& vars, const std::string& f, const std::string& by) {
    problem p = question({vars, f, by});
    return forward_is_cheaper(p.on(), p.expressions()[0].node, p.targets()[0].variable);
  };
  CHECK_FALSE(chooses_forward("x: real", "sin(x)", "x"));
  CHECK_FALSE(chooses_forward("x: vector[K]", "sum(x)", "x"));
  CHECK_FALSE(chooses_forward("x: vector[K]", "exp(x)", "x"));
  CHECK_FALSE(chooses_forward("A: matrix[m,n]; x: vector[n]", "A*x", "A"));
  CHECK_FALSE(chooses_forward("A: matrix[2,3]; x: vector[3]", "A*x", "x"));
  CHECK_FALSE(chooses_forward("A: matrix[2,n]; x: vector[n]", "A*x", "x"));
  CHECK(chooses_forward("x: vector[K]; t: real", "t*x", "t"));
  CHECK(chooses_forward("A: matrix[m,n]; x: vector[n]", "diag(x)*A'", "x"));
  CHECK(chooses_forward("A: matrix[5,3]; x: vector[3]", "A*x", "x"));
  CHECK(chooses_forward("A: matrix[n,3]; x: vector[3]", "A*x", "x"));
}

TEST_CASE("both sweeps' Jacobians are certified, and no others") {
  for (const sample& s : samples) {
    CAPTURE(s.expression);
    problem p = question(s);
    tape& t = p.on();
    const node_id f = p.expressions()[0].node;
    const symbol_id x = p.targets()[0].variable;
    prover with(t);
    std::vector<requirement> open;
    with.assume_domain(requirements(t, f, x), false, open);
    const node_id swept = forward(t, f, x), back = reverse(t, f, {&x, 1}).front();
    CHECK(with.certify_derivative(f, x, swept).has_value());
    CHECK(with.certify_derivative(f, x, back).has_value());
    const edge doubled[] = {t.whole(swept), {t.constant(2), {}}};
    CHECK_FALSE(with.certify_derivative(f, x, t.mul(t.out(swept), doubled)).has_value());
  }
}

TEST_CASE("a long chain of vectors by a number is certified, one step a node") {
  problem p = question({"x: vector[K]; t: real", "t*x", "t"});
  tape& t = p.on();
  node_id f = p.expressions()[0].node;
  const edge by{t.symbol_node(p.targets()[0].variable), {}};
  const std::vector<range_id> axes(t.out(f).begin(), t.out(f).end());
  for (int k = 0; k < 40; ++k) {
    const edge arg = t.whole(f);
    const edge factors[] = {t.whole(t.apply(opcode::sin, axes, {&arg, 1})), by};
    const edge terms[] = {t.whole(t.mul(axes, factors)), t.whole(f)};
    f = t.add(axes, terms);
  }
  prover with(t);
  CHECK(with.certify_derivative(f, t.symbol_of(by.node), derivative(t, f, t.symbol_of(by.node))).has_value());
}

TEST_CASE("a Hessian-vector product is the Hessian times the vector") {
  const std::vector<sample> scalars = {
      {"x, v: vector[3]", "logsumexp(x)", "x"},
      {"x, v: vector[3]; A: matrix[3,3]", "x'*A*x + sum(exp(A*x))", "x"},
      {"x, v: vector[3]", "prod(i, x[i])*norm2(x)", "x"},
      {"x, v: vector[3]", "sum(i, if(x[i] < 1, x[i]^3, x[i]^2))", "x"},
  };
  for (const sample& s : scalars) {
    CAPTURE(s.expression);
    problem p = question(s);
    tape& t = p.on();
    const node_id f = p.expressions()[0].node;
    const symbol_id x = p.targets()[0].variable;
    const node_id v = t.symbol("v", t.symbol(x).axes);
    const node_id product = hessian_vector_product(t, f, x, v);
    check_equal(t, product, times_vector(t, derivative(t, derivative(t, f, x), x), 1, v));
    const node_id by_hand = p.parse("D(dot(D(" + s.expression + ", x), v), x)").node;
    check_equal(t, product, by_hand);
    prover with(t);
    std::vector<requirement> open;
    with.assume_domain(requirements(t, derivative(t, f, x), x), false, open);
    bool product_of_entries = s.expression.find("prod") != std::string::npos;  // sums over i != j and k != i, j stay two forms
    if (!product_of_entries) CHECK(with.equate(product, by_hand).has_value());
  }
}

TEST_CASE("a Hessian-vector product has as many nodes as a few gradients") {
  auto nodes = [](int layers) {
    tape t;
    const std::vector<range_id> n{t.range_to({t.dim("n"), 0})};
    const node_id x = t.symbol("x", n), v = t.symbol("v", n);
    node_id f = x;
    for (int k = 0; k < layers; ++k) {
      const edge arg = t.whole(f);
      const edge factors[] = {t.whole(t.apply(opcode::sin, n, {&arg, 1})), t.whole(x)};
      f = t.mul(n, factors);
    }
    f = t.identity({}, t.whole(f), n, reduction::sum);
    hessian_vector_product(t, f, t.symbol_of(x), v);
    return t.size();
  };
  const std::size_t few = nodes(50), many = nodes(100), most = nodes(200);
  CHECK(most - many <= 2 * (many - few));
  CHECK(most <= 200 * 30);
}

TEST_CASE("the nest sin(f)*x + f has a derivative of a few nodes a level") {
  problem p = question({"x: real", "x", "x"});
  tape& t = p.on();
  const node_id x = p.expressions()[0].node;
  node_id f = x;
  for (int k = 0; k < 1000; ++k) {
    const edge arg = t.whole(f);
    const edge factors[] = {t.whole(t.apply(opcode::sin, {}, {&arg, 1})), t.whole(x)};
    const edge terms[] = {t.whole(t.mul({}, factors)), t.whole(f)};
    f = t.add({}, terms);
  }
  for (node_id d : {derivative(t, f, t.symbol_of(x)), forward(t, f, t.symbol_of(x))}) CHECK(t.reachable(d).size() <= 10 * 1000);
}
