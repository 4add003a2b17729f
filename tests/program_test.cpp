// Programs compute what the evaluator computes: on every function, at every edge, on losses and layers, for one evaluation and
// for many, on every vector unit.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/calculus/reverse.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/fused_rules.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/numeric/program.hpp>

#include "sanitized.hpp"

using namespace wengert;

namespace {

// How far apart two numbers are, relative to the larger, in units of rounding; the same infinity and no number at all are equal.
template <class T> double apart(T x, double y) {
  if (std::isnan(x) && std::isnan(y)) return 0;
  const double a = static_cast<double>(x);
  if (a == y || (std::isinf(a) && std::isinf(y) && (a > 0) == (y > 0))) return 0;
  if (std::isinf(a) || std::isinf(y)) return std::abs(y) > 0.999 * static_cast<double>(std::numeric_limits<T>::max()) ? 0 : 1e30;
  const double least = static_cast<double>(std::numeric_limits<T>::min());
  return std::abs(a - y) / std::max({std::abs(a), std::abs(y), least}) / static_cast<double>(std::numeric_limits<T>::epsilon());
}

// Nodes of a tape as functions of all the symbols that they need, with sizes for their dimensions.
struct world {
  const tape& t;
  std::vector<node_id> outputs;
  dim_sizes sizes;
  std::vector<symbol_id> inputs;
  std::vector<std::vector<std::size_t>> shapes;

  world(const tape& on, std::vector<node_id> roots, dim_sizes given) : t(on), outputs(std::move(roots)), sizes(std::move(given)) {
    for (node_id n : t.reachable(outputs))
      if (t.op(n) == opcode::symbol) {
        inputs.push_back(t.symbol_of(n));
        shapes.emplace_back();
        for (range_id r : t.symbol(t.symbol_of(n)).axes) shapes.back().push_back(static_cast<std::size_t>(length(t.range_of(r))));
      }
  }
  std::int64_t value(const affine& a) const { return a.dim == none ? a.offset : sizes.at(t.dim_name(a.dim)) + a.offset; }
  std::int64_t length(const range& r) const { return std::max<std::int64_t>(0, value(r.hi) - value(r.lo) + 1); }

  std::size_t entries(std::size_t k) const {
    std::size_t n = 1;
    for (std::size_t s : shapes[k]) n *= s;
    return n;
  }

  std::vector<std::vector<double>> draw(unsigned seed, double lo, double hi) const {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> number(lo, hi);
    std::vector<std::vector<double>> v;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      v.emplace_back(entries(k));
      const bool whole = t.symbol(inputs[k]).integer_valued;
      for (double& x : v.back()) x = whole ? std::floor(2 + 3 * std::abs(number(random))) : static_cast<float>(number(random));
    }
    return v;
  }

  std::size_t work() const {
    evaluator<double> e(t);
    for (const auto& [name, size] : sizes) e.bind_dim(t.find_dim(name), size);
    for (std::size_t k = 0; k < inputs.size(); ++k) e.bind(inputs[k], std::vector<double>(entries(k)), shapes[k]);
    return e.work(outputs, 10, std::size_t{1} << 30);
  }

  std::vector<std::vector<double>> expected(const std::vector<std::vector<double>>& at) const {
    evaluator<double> e(t);
    for (const auto& [name, size] : sizes)
      if (t.find_dim(name) != none) e.bind_dim(t.find_dim(name), size);
    for (std::size_t k = 0; k < inputs.size(); ++k) e.bind(inputs[k], at[k], shapes[k]);
    e.evaluate(outputs);
    std::vector<std::vector<double>> r;
    for (node_id n : outputs) r.emplace_back(e.values(n).begin(), e.values(n).end());
    return r;
  }

  template <class T>
  std::vector<std::vector<double>> computed(const basic_program<T>& p, const std::vector<std::vector<double>>& at) const {
    std::vector<std::vector<T>> in, out(outputs.size());
    for (const auto& v : at) in.emplace_back(v.begin(), v.end());
    std::vector<const T*> sources;
    std::vector<T*> targets;
    for (const auto& v : in) sources.push_back(v.data());
    for (std::size_t k = 0; k < out.size(); ++k) {
      out[k].assign(p.output_size(k), T(-7));
      targets.push_back(out[k].data());
    }
    p.run(sources, targets);
    std::vector<std::vector<double>> r;
    for (const auto& v : out) r.emplace_back(v.begin(), v.end());
    return r;
  }

  // The same by a batch of `count` evaluations, of which the others are at other points.
  template <class T> std::vector<std::vector<double>> in_batch(const basic_program<T>& p,
                                                               const std::vector<std::vector<double>>& at, std::size_t count,
                                                               std::size_t mine, bool side_by_side, unsigned threads) const {
    std::vector<std::vector<T>> in, out;
    std::vector<batch_array<const T>> sources;
    std::vector<batch_array<T>> targets;
    const auto n = static_cast<std::ptrdiff_t>(count);
    const auto array = [&](auto* data, std::size_t size) {
      using A = batch_array<std::remove_pointer_t<decltype(data)>>;
      return side_by_side ? A{data, 1, n} : A{data, static_cast<std::ptrdiff_t>(size), 1};
    };
    for (const auto& v : at) {
      in.emplace_back(count * v.size(), T(0.5));
      for (std::size_t e = 0; e < v.size(); ++e)
        in.back()[side_by_side ? e * count + mine : mine * v.size() + e] = static_cast<T>(v[e]);
    }
    for (std::size_t k = 0; k < outputs.size(); ++k) out.emplace_back(count * p.output_size(k), T(-7));
    for (std::size_t k = 0; k < in.size(); ++k) sources.push_back(array(static_cast<const T*>(in[k].data()), at[k].size()));
    for (std::size_t k = 0; k < out.size(); ++k) targets.push_back(array(out[k].data(), p.output_size(k)));
    p.run_batch(count, sources, targets, threads);
    std::vector<std::vector<double>> r;
    for (std::size_t k = 0; k < out.size(); ++k) {
      r.emplace_back();
      for (std::size_t e = 0; e < p.output_size(k); ++e)
        r.back().push_back(static_cast<double>(out[k][side_by_side ? e * count + mine : mine * p.output_size(k) + e]));
    }
    return r;
  }
};

// Rounding of sums is relative to their terms: tolerated relative to the largest number of the array, too.
template <class T>
void check_equal(const std::vector<std::vector<double>>& mine, const std::vector<std::vector<double>>& expected, double units) {
  REQUIRE(mine.size() == expected.size());
  for (std::size_t k = 0; k < mine.size(); ++k) {
    REQUIRE(mine[k].size() == expected[k].size());
    double largest = 1;
    for (double x : expected[k])
      if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
    for (std::size_t e = 0; e < mine[k].size(); ++e) {
      const double x = mine[k][e], y = expected[k][e], eps = static_cast<double>(std::numeric_limits<T>::epsilon());
      if (std::abs(x - y) <= units * eps * largest) continue;
      INFO("output ", k, " entry ", e, ": ", x, " for ", y);
      CHECK(apart(static_cast<T>(x), y) <= units);
    }
  }
}

template <class T> void check_runs(const world& w, const std::vector<std::vector<double>>& at, double units) {
  const auto expected = w.expected(at);
  for (const std::string& target : program_targets()) {
    CAPTURE(target);
    const basic_program<T> p(w.t, w.outputs, w.inputs, w.sizes, target);
    check_equal<T>(w.computed(p, at), expected, units);
    check_equal<T>(w.in_batch(p, at, 37, 35, true, 1), expected, units);
    check_equal<T>(w.in_batch(p, at, 5, 2, false, 2), expected, units);
  }
}

// The value of an expression and its derivatives by all its symbols.
struct differentiated {
  problem p;
  std::vector<node_id> outputs;
  explicit differentiated(const problem_text& text) : p(text) {
    tape& t = p.on();
    const node_id n = p.expressions().at(0).node;
    std::vector<symbol_id> by;
    for (node_id m : t.reachable(n))
      if (t.op(m) == opcode::symbol) by.push_back(t.symbol_of(m));
    outputs.push_back(n);
    for (node_id g : reverse(t, n, by)) outputs.push_back(g);
  }
};

dim_sizes sizes_of(const tape& t, std::int64_t first) {
  dim_sizes s;
  for (dim_id d = 0; d < t.dim_count(); ++d) s[t.dim_name(d)] = first + d;
  return s;
}

// A random expression of vectors x and y and a number s; sums inside it are numbers.
std::string some_vector(std::mt19937_64& random, int depth);
std::string some_number(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 6 : 1)) {
    case 0: return "s";
    case 1: return "sum(" + some_vector(random, depth - 1) + ")";
    case 2: return "dot(" + some_vector(random, depth - 1) + ", " + some_vector(random, depth - 1) + ")";
    case 3: return "max(" + some_vector(random, depth - 1) + ")";
    case 4: return "exp(-" + some_number(random, depth - 1) + "^2)";
    default: return "(" + some_number(random, depth - 1) + " - " + some_number(random, depth - 1) + ")";
  }
}
std::string some_vector(std::mt19937_64& random, int depth) {
  const auto one = [&] { return some_vector(random, depth - 1); };
  switch (random() % (depth > 0 ? 9 : 2)) {
    case 0: return "x";
    case 1: return "y";
    case 2: return "exp(" + one() + ")";
    case 3: return "exp(-abs(" + one() + " - " + one() + "))";
    case 4: return "(" + one() + ").*(" + one() + ")";
    case 5: return "(" + one() + " + " + one() + ")";
    case 6: return "tanh(" + one() + ")";
    case 7: return "softmax(" + one() + ")";
    default: return some_number(random, depth - 1) + "*" + one();
  }
}

}  // namespace

TEST_CASE("a program computes every function as the evaluator does, at its edges too") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> edges{0.0,    -0.0, 1,   -1,  0.5,  -0.5, 2,    -3,  1e-3, -1e-3, 1e-310, -1e-310,
                                  4.5e15, 30,   -30, 700, -700, 745,  -745, 800, inf,  -inf,  nan};
  for (const op_info& f : functions()) {
    tape t;
    const range_id K = t.range_to({t.dim("K"), 0});
    std::vector<edge> arguments;
    std::vector<symbol_id> symbols;
    for (int k = 0; k < f.arity; ++k) {
      const node_id x = t.symbol(k == 0 ? "x" : "y", std::vector{K});
      symbols.push_back(t.symbol_of(x));
      arguments.push_back(t.whole(x));
    }
    const node_id n = t.apply(f.code, std::vector{K}, arguments);
    std::vector<std::vector<double>> at(static_cast<std::size_t>(f.arity));
    for (int j = 0; j < 40; ++j)
      for (std::size_t k = 0; k < at.size(); ++k) {
        const double part = (j * (k == 0 ? 7 : 11) % 40 + 0.5) / 40, x = f.sample.lo + part * (f.sample.hi - f.sample.lo);
        at[k].push_back(static_cast<int>(k) < f.parameters ? std::ceil(x) : x);
      }
    // Functions that have no vector form are the same function; special ones need not be asked at their edges.
    if (f.code < opcode::erf || f.code == opcode::xlogy || f.code == opcode::min || f.code == opcode::max)
      for (double x : edges)
        for (double y : f.arity == 1 ? std::vector<double>{0} : edges) {
          at[0].push_back(x);
          if (f.arity == 2) at[1].push_back(y);
        }
    const world w(t, {n}, {{"K", static_cast<std::int64_t>(at[0].size())}});
    CAPTURE(f.name);
    const auto expected = w.expected(at);
    for (const std::string& target : program_targets()) {
      CAPTURE(target);
      const program p(t, w.outputs, symbols, w.sizes, target);
      const auto mine = w.computed(p, at);
      for (std::size_t e = 0; e < mine[0].size(); ++e) {
        INFO("at ", at[0][e], ", ", f.arity == 2 ? at[1][e] : 0);
        CHECK(apart(mine[0][e], expected[0][e]) <= 4);
      }
    }
  }
}

TEST_CASE("vector functions are as exact as they say") {
  struct claim {
    opcode op;
    double lo, hi, units;
    long double (*exact)(long double);
  };
  const claim claims[] = {
      {opcode::exp, -708, 709, 1.25, [](long double x) { return std::exp(x); }},
      {opcode::exp, -1, 1, 1.25, [](long double x) { return std::exp(x); }},
      {opcode::expm1, -1, 1, 2, [](long double x) { return std::expm1(x); }},
      {opcode::expm1, -50, 700, 2, [](long double x) { return std::expm1(x); }},
      {opcode::log, 1e-300, 1e300, 1, [](long double x) { return std::log(x); }},
      {opcode::log, 0.5, 2, 1, [](long double x) { return std::log(x); }},
      {opcode::log1p, -0.999, 2, 2, [](long double x) { return std::log1p(x); }},
      {opcode::tanh, -20, 20, 3, [](long double x) { return std::tanh(x); }},
      {opcode::tanh, -0.1, 0.1, 3, [](long double x) { return std::tanh(x); }},
      {opcode::sin, -10, 10, 2.5, [](long double x) { return std::sin(x); }},
      {opcode::cos, -10, 10, 2.5, [](long double x) { return std::cos(x); }},
      {opcode::sin, -99999, 99999, 2.5, [](long double x) { return std::sin(x); }},
      {opcode::cos, -99999, 99999, 2.5, [](long double x) { return std::cos(x); }},
  };
  constexpr std::int64_t count = examples(40000);
  std::mt19937_64 random(5);
  for (const claim& c : claims) {
    tape t;
    const range_id K = t.range_to({t.dim("K"), 0});
    const node_id x = t.symbol("x", std::vector{K}), y = t.apply(c.op, std::vector{K}, std::vector{t.whole(x)});
    std::uniform_real_distribution<double> number(c.lo, c.hi);
    std::vector<double> at(count), mine(count);
    std::vector<float> at_float(count), mine_float(count);
    for (std::size_t k = 0; k < count; ++k) at[k] = number(random);
    for (std::size_t k = 0; k < count; ++k) at_float[k] = static_cast<float>(std::clamp(at[k], -80.0, 80.0));
    const symbol_id s = t.symbol_of(x);
    for (const std::string& target : program_targets()) {
      CAPTURE(target);
      CAPTURE(find_function(c.op)->name);
      program(t, {&y, 1}, {&s, 1}, {{"K", count}}, target).run(std::vector<const double*>{at.data()}, std::vector{mine.data()});
      basic_program<float>(t, {&y, 1}, {&s, 1}, {{"K", count}}, target)
          .run(std::vector<const float*>{at_float.data()}, std::vector{mine_float.data()});
      double worst = 0, worst_float = 0;
      const auto units = [](auto got, long double exact) {
        using T = decltype(got);
        const T up = std::nextafter(std::abs(static_cast<T>(exact)), std::numeric_limits<T>::infinity());
        const long double unit = up - std::abs(static_cast<T>(exact));
        return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
      };
      for (std::size_t k = 0; k < count; ++k) {
        worst = std::max(worst, units(mine[k], c.exact(at[k])));
        const long double exact = c.exact(at_float[k]);
        if (std::isfinite(static_cast<double>(exact))) worst_float = std::max(worst_float, units(mine_float[k], exact));
      }
      CHECK(worst <= c.units);
      CHECK(worst_float <= (c.op == opcode::exp ? 1.25 : 0.51));
    }
  }
}

TEST_CASE("floats become infinite where their functions do, on every vector unit") {
  const float inf = std::numeric_limits<float>::infinity();
  struct edge {
    opcode op;
    float at, value;
  };
  const edge edges[] = {{opcode::log, 0, -inf},       {opcode::log, -0.0F, -inf}, {opcode::log, inf, inf},
                        {opcode::log1p, -1, -inf},    {opcode::log1p, inf, inf},  {opcode::expm1, inf, inf},
                        {opcode::expm1, 100, inf},    {opcode::exp, inf, inf},    {opcode::exp, 100, inf},
                        {opcode::expm1, -inf, -1.0F}, {opcode::tanh, inf, 1.0F}};
  for (const edge& e : edges) {
    tape t;
    const node_id x = t.symbol("x", {}), y = t.apply(e.op, {}, std::vector{t.whole(x)});
    const symbol_id s = t.symbol_of(x);
    for (const std::string& target : program_targets()) {
      CAPTURE(target);
      CAPTURE(find_function(e.op)->name);
      float value = 0;
      basic_program<float>(t, {&y, 1}, {&s, 1}, {}, target).run(std::vector<const float*>{&e.at}, std::vector{&value});
      CHECK(value == e.value);
    }
  }
}

// AVX3 is AVX-512; Highway has further kinds of it.
TEST_CASE("all vector units give the same numbers, to 4 units in the last place where nothing is summed") {
  const std::vector<std::string> here = program_targets();
  for (const char* name : {"SSE4", "AVX2", "AVX3", "AVX3_DL", "AVX3_ZEN4"})
    if (std::ranges::find(here, name) == here.end())
      MESSAGE("not run on ", std::string(name), ", which this machine does not have");
  const double inf = std::numeric_limits<double>::infinity(), tiny = std::numeric_limits<double>::denorm_min();
  std::vector<double> at{
      0.0,  -0.0,   tiny, -tiny, 1e-310, 0x1p-1022, 1,    -1,  0.5, 1.5,  2.5,
      -2.5, 4.5e15, 700,  -700,  745,    -745,      1e-8, 1e5, inf, -inf, std::numeric_limits<double>::quiet_NaN()};
  std::mt19937_64 random(9);
  for (int k = 0; k < 500; ++k) at.push_back(std::normal_distribution<double>(0, k % 2 == 0 ? 1 : 30)(random));
  tape t;
  const range_id K = t.range_to({t.dim("K"), 0});
  const node_id x = t.symbol("x", std::vector{K});
  std::vector<node_id> roots;
  for (const op_info& f : functions())
    if (f.arity == 1 && (f.code < opcode::erf || f.code == opcode::xlogy))
      roots.push_back(t.apply(f.code, std::vector{K}, std::vector{t.whole(x)}));
  for (const rational& q : {rational(-1), rational(3), rational(1, 2), rational(-1, 2), rational(5, 3)})
    roots.push_back(t.power(std::vector{K}, t.whole(x), q));
  const world w(t, roots, {{"K", static_cast<std::int64_t>(at.size())}});
  const auto compare = [&]<class T>(T, double units) {
    const auto first = w.computed(basic_program<T>(t, w.outputs, w.inputs, w.sizes, here.front()), {at});
    for (const std::string& target : here) {
      CAPTURE(target);
      const auto mine = w.computed(basic_program<T>(t, w.outputs, w.inputs, w.sizes, target), {at});
      double worst = 0;
      for (std::size_t k = 0; k < mine.size(); ++k)
        for (std::size_t e = 0; e < at.size(); ++e) {
          const double far = apart(static_cast<T>(mine[k][e]), first[k][e]);
          INFO("output ", k, " at ", at[e], ": ", mine[k][e], " for ", first[k][e]);
          if (far > units) CHECK(far <= units);
          worst = std::max(worst, far);
        }
      CHECK(worst <= units);
    }
  };
  compare(0.0, 4);
  compare(0.0F, 4);
  // Sums are taken in an order that depends on how many lanes there are.
  problem_text source;
  source.vars = {"z: vector[K]; A: matrix[m,K]; b: vector[m]"};
  source.expressions = {"logsumexp(z)*sum(tanh(A*z + b)) + norm2(z)"};
  differentiated d(source);
  const world sums(d.p.on(), d.outputs, sizes_of(d.p.on(), 67));
  const auto point = sums.draw(2, -1, 1);
  const auto first = sums.computed(program(sums.t, sums.outputs, sums.inputs, sums.sizes, here.front()), point);
  for (const std::string& target : here)
    check_equal<double>(sums.computed(program(sums.t, sums.outputs, sums.inputs, sums.sizes, target), point), first, 100);
}

TEST_CASE("a program computes rational powers as the evaluator does") {
  const std::vector<double> at{0.0,
                               -0.0,
                               1,
                               -1,
                               2,
                               -2,
                               0.3,
                               1e-200,
                               1e200,
                               -1e-200,
                               1e-310,
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()};
  tape t;
  const range_id K = t.range_to({t.dim("K"), 0});
  const node_id x = t.symbol("x", std::vector{K});
  std::vector<node_id> roots;
  for (const rational& q :
       {rational(-1), rational(-2), rational(-3), rational(2), rational(3), rational(7), rational(1, 2), rational(-1, 2),
        rational(3, 2), rational(-5, 2), rational(1, 3), rational(-2, 3), rational(101), rational(-40)})
    roots.push_back(t.power(std::vector{K}, t.whole(x), q));
  const world w(t, roots, {{"K", static_cast<std::int64_t>(at.size())}});
  const auto expected = w.expected({at});
  for (const std::string& target : program_targets()) {
    const auto mine = w.computed(program(t, w.outputs, w.inputs, w.sizes, target), {at});
    for (std::size_t k = 0; k < mine.size(); ++k)
      for (std::size_t e = 0; e < at.size(); ++e) {
        INFO("power ", k, " at ", at[e], ": ", mine[k][e], " for ", expected[k][e]);
        CHECK(apart(mine[k][e], expected[k][e]) <= 12);
      }
  }
}

TEST_CASE("the losses and layers of the catalogue, with their derivatives, are the evaluator's") {
  for (const fused_source& source : fused_sources()) {
    CAPTURE(source.name);
    differentiated d(problem_of(source));
    for (std::int64_t size : {3, 41}) {
      const world w(d.p.on(), d.outputs, sizes_of(d.p.on(), size));
      check_runs<double>(w, w.draw(3, 0.1, 0.9), 1e4);
    }
  }
}

TEST_CASE("arrays are read where their labels say") {
  const char* const expressions[] = {
      "sum(i, z[i]*sum(j, A[i,j]*w[j]))",
      "sum(i, sum(j, A[i,j]*B[j,i]))",
      "sum(i, exp(A[i,1])*A[i,2])",
      "sum(j, sum(k, sum(i, A[i,j]*z[i]*B[k,i])^2))",
      "sum(j, sum(k, sum(i, A[i,j]*z[1]*w[j]*B[k,i]*z[i])^2))",
      "sum(i, sum(j, tanh(A[i,j] + z[i])*w[j]))",
      "logsumexp(z) + dot(w, w)",
      "max(z)*sum(w) + min(w)",
      "sum(i, z[i]*i)",
      "prod(z) + prod(i, 1 + z[i]^2)",
      "sum(i, sum(j, if(i < j, z[i]*z[j], 1)))",
      "sum(i, sum(j, A[i,j]*A[i,j]*exp(-(z[i] - w[j])^2)))",
      "sum(i, softmax(z)[i]^2*log(2 + z[i]))",
      "tr(C*C) + sum(C*u)",
      "log(det(C*C' + 5*I)) + tr(inv(C*C' + 5*I))",
      "sum((M*N)*x)",
      "sum(M*N*x + exp(M*N*x))",
      "sum(relu(A*w))",
      "norm2(z - 1)^3",
      "sum(softmax(A, axis=2)*w)",
      "sum(i, 1, m-1, (z[i+1] - z[i])^2)",
      "max(i, A[i,1]) + max(i, max(j, A[i,j]))",
      "D(logsumexp(z), z)",
      "D(dot(A*w, A*w), w)",
      "exp(z)",
      "7",
      "A[1,2]*x[1]",
      "sum(i, 1, m-1, exp(z[i+1])*A[i,2])",
      "z[1]*w[2] + z[2]^3 + sum(A[1,2]*z)",
  };
  for (const std::string text : expressions) {
    CAPTURE(text);
    problem_text source;
    source.vars = {
        "A: matrix[m,K]; B: matrix[K,m]; C: matrix[p,p]; M: matrix[a,b]; N: matrix[b,c]; x: vector[c]; u: vector[p]; z: "
        "vector[m]; "
        "w: vector[K]"};
    source.expressions = {text};
    std::optional<differentiated> d;
    try {
      d.emplace(source);
    } catch (const error& e) {
      FAIL_CHECK(std::string(e.what()));
      continue;
    }
    for (std::int64_t size : {2, 9, 36}) {
      const world w(d->p.on(), d->outputs, sizes_of(d->p.on(), size));
      if (w.work() > 300000) continue;
      const auto at = w.draw(4, -0.9, 1.1);
      check_runs<double>(w, at, 1e6);
      if (size < 36) check_runs<float>(w, at, 1e5);
    }
  }
}

// Numbers that are the same in all lanes, exponents that are sums, arrays that stand where an output will stand, lanes that fill
// no vector and arrays that take several blocks.
TEST_CASE("what is fused or moved is computed as it is written") {
  const char* const expressions[] = {
      "sum(exp(z - m))",
      "sum(exp(z + w)) + sum(exp(m - w))",
      "sum(k, exp(z[k] - m)*w[k]) + sum(k, exp(z[k] - m))",
      "log(sum(k, exp(z[k] - m))) - sum(k, w[k]*z[k])",
      "sum(softmax(z).*w)",
      "sum(k, softmax(z)[k]*softmax(w)[k])",
      "sum(k, lbeta(2 + z[k], 2 + m))",
      "sum(k, 1, K-1, exp(z[k])*exp(z[k+1]))/sum(exp(z))",
      "sum(k, 1, K-1, softmax(z)[k]*softmax(z)[k+1])",
      "sum(n, sum(k, 1, K-1, exp(Z[n,k]*Z[n,k+1])*w[k+1]))^2",
      "sum(n, sum(k, 1, K-1, exp(Z[n,1]*z[k])*log(2 + sum(j, 1, K-1, Z[n,j+1]*w[j]))))",
      "z[1]*sum(k, 2, K, z[k]^3) + sum(k, 1, K-1, sum(n, Z[n,k+1])*w[k])*w[K]",
      "max(k, 2, K, z[k]) + sum(k, 2, K-1, (z[k+1] - 2*z[k] + z[k-1])^2)",
      "max(k, z[k]*m) - min(k, z[k] - w[k])",
      "sum(k, (z[k] + m)^(5/3)) + prod(k, 1 + z[k]/K)",
      "sum(n, log(sum(k, exp(Z[n,k]))) - sum(k, Y[n,k]*Z[n,k]))",
      "sum(k, lgamma(m + 2)*z[k] + (m + 1)^(5/3)*w[k])",
      "sum(k, exp(m)) + sum(k, exp(m)*z[k])^2",
      "exp(m)*sum(k, exp(z[k]*m))^2 + sum(k, exp(z[k]*m)*w[k])",
      "sum(k, exp(z[k]*w[k]))*m + sum(k, z[k]*w[k]*sin(w[k])) + sum(k, exp(w[k]))*sum(k, z[k]*w[k])",
      "log(sum(k, exp(z[k]*w[k] + m))) + sum(k, z[k]*w[k]*exp(z[k]*w[k]))",
      "sum(n, tanh(sum(k, Z[n,k]*w[k]))^2*Y[n,1]) + sum(n, exp(sum(k, Z[n,k]^2)/K)*n)",
      "sum(n, log(1 + sum(k, exp(Z[n,k] - max(k, Z[n,k]))*Y[n,k]))^2/sum(k, Z[n,k]))",
      "sum(n, sum(k, tanh(Z[n,k]*sum(k, Y[n,k]))*n)^(5/3)) + sum(n, digamma(1 + sum(k, Z[n,k]))*Y[n,1])",
      "sum(k, exp(z[k])*z[k])",
      "sum(k, z[k]*w[k]*exp(z[k]*w[k])) + sum(k, exp(z[k] - w[k])*z[k])",
      "dot(softmax(z), z)^2",
      "exp(m)*sum(k, sum(j, (p[j] + z[k])*(q[j] - z[k])*(r[j] + w[k])*(s[j] - w[k])*(t[j] + z[k])))/sum(k, z[k]*sin(m))",
  };
  for (const std::string text : expressions) {
    CAPTURE(text);
    problem_text source;
    source.vars = {"z, w: vector[K]; m: real; Z, Y: matrix[B,K]; p, q, r, s, t: vector[J]"};
    source.expressions = {text};
    const differentiated d(source);
    for (std::int64_t size : {1, 7, 8, 9, 40, 1030}) {
      dim_sizes sizes = sizes_of(d.p.on(), 3);
      if (sizes.contains("K")) sizes["K"] = size;
      if (sizes.contains("J")) sizes["J"] = 32;
      if (size == 1 && (text.find("K-1") != std::string::npos || text.find("2, K") != std::string::npos)) continue;
      const world w(d.p.on(), d.outputs, sizes);
      const auto at = w.draw(6, 0.1, 0.9);
      const auto expected = w.expected(at);
      for (const std::string& target : program_targets()) {
        CAPTURE(target);
        check_equal<double>(w.computed(program(w.t, w.outputs, w.inputs, w.sizes, target), at), expected, 1e4);
        check_equal<float>(w.computed(basic_program<float>(w.t, w.outputs, w.inputs, w.sizes, target), at), expected, 1e4);
      }
    }
  }
}

TEST_CASE("random sums, products and maxima, with their derivatives, are the evaluator's") {
  for (unsigned seed = 0; seed < examples(240); ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = some_number(random, 2 + static_cast<int>(seed % 4));
    CAPTURE(text);
    const differentiated d({{"x, y: vector[n]; s: real"}, {}, {}, {}, {text}});
    for (std::int64_t size : {1, 3, 8, 40}) {
      dim_sizes sizes;
      if (d.p.on().find_dim("n") != none) sizes["n"] = size;
      const world w(d.p.on(), d.outputs, sizes);
      const auto at = w.draw(seed, -1.5, 1.5);
      const auto expected = w.expected(at);
      const auto in_range = [](const auto& all) { return std::ranges::all_of(all, [](double v) { return std::abs(v) < 1e6; }); };
      if (std::ranges::all_of(expected, in_range)) check_runs<double>(w, at, 1e5);
    }
  }
}

TEST_CASE("exp at its edges: 0, infinities, no number, results that are subnormal") {
  const double inf = std::numeric_limits<double>::infinity(), tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<double> at{0.0,    -0.0,   tiny,   -tiny,  inf,    -inf,   std::nan(""), 709.78,  709.79,  1e300,
                               -708.5, -720.1, -740.7, -744.4, -745.1, -745.2, -1e300,       0x1p-54, -0x1p-55};
  tape t;
  const range_id K = t.range_to({t.dim("K"), 0});
  const node_id x = t.symbol("x", std::vector{K}), y = t.apply(opcode::exp, std::vector{K}, std::vector{t.whole(x)});
  const symbol_id s = t.symbol_of(x);
  std::vector<double> mine(at.size());
  for (const std::string& target : program_targets()) {
    CAPTURE(target);
    program(t, {&y, 1}, {&s, 1}, {{"K", static_cast<std::int64_t>(at.size())}}, target)
        .run(std::vector<const double*>{at.data()}, std::vector{mine.data()});
    for (std::size_t k = 0; k < at.size(); ++k) {
      const auto exact = static_cast<double>(std::exp(static_cast<long double>(at[k])));
      INFO("exp(", at[k], ") = ", mine[k]);
      if (std::isnan(at[k]))
        CHECK(std::isnan(mine[k]));
      else if (std::isinf(exact) || exact == 0 || exact == 1)
        CHECK(mine[k] == exact);
      else
        CHECK(std::abs(mine[k] - exact) <= std::nextafter(exact, inf) - exact);
    }
  }
}

TEST_CASE("many evaluations on many threads are those one by one") {
  problem_text source;
  source.expressions = {"log(1 + exp(a*x + b)) - y*sin(x*b)/(1 + a^2)"};
  differentiated d(source);
  const world w(d.p.on(), d.outputs, {});
  const program p(w.t, w.outputs, w.inputs);
  constexpr std::size_t count = 1001;
  std::vector<std::vector<double>> in, out(w.outputs.size(), std::vector<double>(count)), single = out;
  std::vector<batch_array<const double>> sources;
  std::vector<batch_array<double>> targets;
  for (std::size_t k = 0; k < w.inputs.size(); ++k) {
    std::mt19937_64 random(k);
    in.emplace_back(count);
    for (double& x : in.back()) x = std::normal_distribution<double>()(random);
  }
  for (const auto& v : in) sources.push_back({v.data(), 1});
  sources[0].per_evaluation = 0;  // shared
  for (auto& v : out) targets.push_back({v.data(), 1});
  p.run_batch(count, sources, targets, 8);
  program::workspace space(p);
  for (std::size_t e = 0; e < count; ++e) {
    std::vector<const double*> at;
    std::vector<double*> to;
    for (std::size_t k = 0; k < in.size(); ++k) at.push_back(in[k].data() + (k == 0 ? 0 : e));
    for (auto& v : single) to.push_back(v.data() + e);
    p.run(at, to, space);
  }
  CHECK(out == single);
}

// Parts of inputs that are symbols of their own, and what is added to outputs, entry by entry: forwards, backwards, by steps,
// beside each other and over each other, for one evaluation and for many.
template <class T> void check_views(const std::string& target) {
  tape t;
  const std::size_t size = 83;
  const auto range_to = [&](std::size_t n) { return t.range_to({none, static_cast<std::int64_t>(n)}); };
  const range_id all = range_to(size), half = range_to(size / 2), rows = range_to(9), columns = range_to(4);
  const node_id x = t.symbol("x", std::vector{all}), even = t.symbol("even", std::vector{half}),
                back = t.symbol("back", std::vector{all}), part = t.symbol("part", std::vector{columns, rows});
  const auto view = [&](node_id n, std::int64_t offset, const std::vector<std::int64_t>& strides) {
    return input_view{t.symbol_of(n), 0, offset, strides};
  };
  const std::vector<input_view> views{view(even, 1, {2}), view(back, size - 1, {-1}), view(part, 2, {1, 5})};
  const auto sine = [&](node_id n) {
    return t.apply(opcode::sin, std::vector(t.out(n).begin(), t.out(n).end()), std::vector{t.whole(n)});
  };
  const node_id product = t.mul(std::vector{all}, std::vector{t.whole(x), t.whole(back)});
  const node_id zero = t.identity(std::vector{all}, {t.constant(0), {}});
  const std::vector<output_share> shares{{sine(even), 1, 81, {-2}}, {sine(part), 1, 0, {20, 2}}, {sine(part), 2, 1, {1, 9}},
                                         {sine(even), 3, 0, {1}},   {sine(even), 3, 82, {-1}},   {sine(back), 4, 82, {-1}}};
  const program_arrays arrays{{{t.symbol_of(x)}}, {{product}, {sine(x)}, {zero}, {zero}, {zero}}, {}, views, shares};
  const basic_program<T> p(t, arrays, {}, target);
  constexpr std::size_t count = 37, outputs = 5;
  std::vector<T> in(count * size);
  for (std::size_t k = 0; k < in.size(); ++k) in[k] = static_cast<T>(std::cos(static_cast<double>(k)));
  std::vector<std::vector<T>> many(outputs, std::vector<T>(count * size, T(-7))), one(outputs, std::vector<T>(size, T(-7)));
  std::vector<batch_array<T>> to;
  std::vector<T*> places;
  for (auto& v : many) to.push_back({v.data(), static_cast<std::ptrdiff_t>(size)});
  for (auto& v : one) places.push_back(v.data());
  const batch_array<const T> from[]{{in.data(), static_cast<std::ptrdiff_t>(size)}};
  p.run_batch(count, from, to, 2);
  for (std::size_t b = 0; b < count; b += 4) {
    const T* const u = in.data() + b * size;
    std::vector<std::vector<double>> expected(outputs, std::vector<double>(size, 0));
    const auto sine_at = [&](std::size_t k) { return std::sin(static_cast<double>(u[k])); };
    for (std::size_t k = 0; k < size; ++k) {
      expected[0][k] = static_cast<double>(u[k]) * static_cast<double>(u[size - 1 - k]);
      expected[1][k] += sine_at(k);
      expected[4][k] = sine_at(k);
    }
    for (std::size_t k = 0; k < size / 2; ++k) {
      expected[1][81 - 2 * k] += sine_at(1 + 2 * k);
      expected[3][k] += sine_at(1 + 2 * k);
      expected[3][82 - k] += sine_at(1 + 2 * k);
    }
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 9; ++j) {
        expected[1][20 * i + 2 * j] += sine_at(2 + i + 5 * j);
        expected[2][1 + i + 9 * j] += sine_at(2 + i + 5 * j);
      }
    p.run(std::vector<const T*>{u}, places);
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t k = 0; k < size; ++k) {
        INFO("output ", o, " entry ", k);
        const double tolerance = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
        CHECK(std::abs(static_cast<double>(one[o][k]) - expected[o][k]) <= tolerance);
        CHECK(std::abs(static_cast<double>(many[o][b * size + k]) - expected[o][k]) <= tolerance);
      }
  }
  program_arrays beyond = arrays;
  beyond.views[0].offset = 3;
  CHECK_THROWS_AS(basic_program<T>(t, beyond), std::invalid_argument);
  beyond = arrays;
  beyond.shares[0].offset = 79;
  CHECK_THROWS_AS(basic_program<T>(t, beyond), std::invalid_argument);
}

TEST_CASE("views of inputs are read where they stand, and shares of outputs added there") {
  for (const std::string& target : program_targets()) {
    CAPTURE(target);
    check_views<double>(target);
    check_views<float>(target);
  }
}

TEST_CASE("a program says what it lacks") {
  tape t;
  const range_id K = t.range_to({t.dim("K"), 0});
  const node_id x = t.symbol("x", {}), z = t.symbol("z", std::vector{K});
  const node_id e = t.apply(opcode::exp, std::vector{K}, std::vector{t.whole(z)});
  const auto code_of = [&](const std::vector<symbol_id>& inputs, const dim_sizes& sizes) -> std::string {
    try {
      program(t, std::vector{e}, inputs, sizes);
    } catch (const error& thrown) {
      return thrown.code;
    }
    return "";
  };
  CHECK(code_of({t.symbol_of(z)}, {{"K", 3}}).empty());
  CHECK(code_of({t.symbol_of(z)}, {}) == "V01");
  CHECK(code_of({t.symbol_of(x)}, {{"K", 3}}) == "V01");
  CHECK(code_of({t.symbol_of(z)}, {{"K", 0}}) == "V03");
  const std::vector<symbol_id> inputs{t.symbol_of(z)};
  const program p(t, std::vector{e}, inputs, {{"K", 3}});
  CHECK_THROWS_AS(p.run({}, {}), std::invalid_argument);
  const program other(t, std::vector{e}, inputs, {{"K", 300}});
  program::workspace of_p(p), moved = std::move(of_p);
  std::vector<double> numbers(300), results(300);
  const std::vector<const double*> in{numbers.data()};
  const std::vector<double*> out{results.data()};
  p.run(in, out, moved);
  CHECK(results[2] == 1);
  CHECK_THROWS_AS(other.run(in, out, moved), std::invalid_argument);
  CHECK_THROWS_AS(program(t, std::vector{e}, inputs, {{"K", 3}}, "ENIAC"), std::invalid_argument);
}
