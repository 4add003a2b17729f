#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/term.hpp>
#include <wengert/text/printer.hpp>

using namespace wengert;

namespace {

// A tape with scalars x, y; vectors z, w of length K; a matrix A of m rows and K columns.
struct world {
  tape t;
  dim_id dim_K = t.dim("K");
  range_id K = t.range_to({dim_K, 0}), m = t.range_to({t.dim("m"), 0});
  node_id x = t.symbol("x", {}), y = t.symbol("y", {});
  node_id z = t.symbol("z", std::vector{K}), w = t.symbol("w", std::vector{K});
  node_id A = t.symbol("A", std::vector{m, K});

  node_id number(const rational& q) { return t.constant(q); }
  // Elementwise operations over axes that every argument of rank 1 or more has in the same order.
  std::vector<range_id> axes_of(std::initializer_list<node_id> args) const {
    for (node_id n : args)
      if (t.rank(n) > 0) return {t.out(n).begin(), t.out(n).end()};
    return {};
  }
  std::vector<edge> whole(std::initializer_list<node_id> args) const {
    std::vector<edge> r;
    for (node_id n : args) r.push_back(t.whole(n));
    return r;
  }
  node_id add(std::initializer_list<node_id> args) { return t.add(axes_of(args), whole(args)); }
  node_id mul(std::initializer_list<node_id> args) { return t.mul(axes_of(args), whole(args)); }
  node_id power(node_id base, const rational& p) { return t.power(axes_of({base}), t.whole(base), p); }
  node_id call(opcode f, std::initializer_list<node_id> args) { return t.apply(f, axes_of(args), whole(args)); }
  node_id total(node_id n, reduction red = reduction::sum) {
    std::vector<range_id> bound(t.out(n).begin(), t.out(n).end());
    return t.identity({}, t.whole(n), bound, red);
  }
  edge at(node_id n, std::vector<label> labels) const { return {n, std::move(labels)}; }
  static label axis(std::size_t a, int offset = 0) { return label::of_axis(a, offset); }

  std::string text(node_id n, const print_options& o = {}) const { return print(t, n, {}, o); }
  std::string indexed(node_id n) const {
    print_options o;
    o.index_form = true;
    return print(t, n, {}, o);
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

TEST_CASE("products print in order, with quotients and signs") {
  world s;
  node_id x = s.x, y = s.y;
  CHECK(s.text(s.mul({x, s.power(y, -2)})) == "x/y^2");
  CHECK(s.text(s.power(x, -1)) == "1/x");
  CHECK(s.text(s.mul({s.number(-1), x, y})) == "-x*y");
  CHECK(s.text(s.mul({s.number(-1), x})) == "-x");
  CHECK(s.text(s.mul({s.number(-1), s.power(x, -1)})) == "-1/x");
  CHECK(s.text(s.mul({s.number(2), s.power(x, -1)})) == "2/x");
  CHECK(s.text(s.mul({s.number(rational(2, 3)), x})) == "2*x/3");
  CHECK(s.text(s.mul({s.number(rational(1, 2)), x})) == "x/2");
  CHECK(s.text(s.mul({s.number(rational(-1, 2)), x, y})) == "-x*y/2");
  CHECK(s.text(s.mul({s.number(rational(1, 2)), s.mul({s.number(-1), x})})) == "1/2*(-x)");
  CHECK(s.text(s.mul({s.number(rational(1, 2)), s.power(x, rational(-1, 2))})) == "1/(2*sqrt(x))");
  CHECK(s.text(s.mul({s.number(rational(-3, 2)), y, s.power(x, -1)})) == "-3*y/(2*x)");
  CHECK(s.text(s.mul({s.number(rational(1, 2)), s.power(s.mul({x, y}), -1)})) == "1/(2*x*y)");
  CHECK(s.text(s.mul({s.number(rational(1, 2)), x, s.power(y, -2), s.power(x, -1)})) == "x/(2*y^2)/x");
  CHECK(s.text(s.call(opcode::exp, {s.mul({s.number(rational(-1, 2)), s.power(x, 2)})})) == "exp(-x^2/2)");
  CHECK(s.text(s.add({s.mul({s.number(-1), x}), s.number(1)})) == "-x + 1");
  CHECK(s.text(s.mul({x, s.number(rational(1, 2))})) == "x*(1/2)");
  CHECK(s.text(s.mul({x, s.number(rational(2, 3))})) == "x*(2/3)");
  CHECK(s.text(s.mul({x, s.number(-2)})) == "x*(-2)");
  CHECK(s.text(s.mul({x, s.mul({y, x})})) == "x*(y*x)");
  CHECK(s.text(s.mul({s.mul({y, x}), x})) == "(y*x)*x");
  CHECK(s.text(s.mul({s.number(-1), s.mul({y, x})})) == "-y*x");
  CHECK(s.text(s.mul({s.mul({s.number(-1), x}), y})) == "-x*y");
  CHECK(s.text(s.mul({s.mul({s.number(-1), x, y}), y})) == "(-x*y)*y");
  CHECK(s.text(s.mul({s.number(-1), s.mul({s.number(-1), y, x})})) == "-(-(y*x))");
  CHECK(s.text(s.mul({s.number(-1), s.mul({y, x}), x})) == "-(y*x)*x");
  CHECK(s.text(s.mul({s.number(-1), s.number(-2)})) == "-(-2)");
  CHECK(s.text(s.mul({x, s.power(s.add({x, y}), -1)})) == "x/(x + y)");
  CHECK(s.text(s.mul({x, s.power(s.mul({x, y}), -1)})) == "x/(x*y)");
  CHECK(s.text(s.mul({x, s.power(y, rational(-1, 2))})) == "x/sqrt(y)");
}

TEST_CASE("sums print with minus signs and only the brackets that they need") {
  world s;
  node_id x = s.x, y = s.y;
  CHECK(s.text(s.add({x, s.mul({s.number(-1), y})})) == "x - y");
  CHECK(s.text(s.add({x, s.mul({s.number(-2), y})})) == "x - 2*y");
  CHECK(s.text(s.add({s.mul({s.number(-1), x}), s.number(-3)})) == "-x - 3");
  CHECK(s.text(s.add({s.number(-3), x})) == "-3 + x");
  CHECK(s.text(s.add({x, s.add({y, x})})) == "x + (y + x)");
  CHECK(s.text(s.add({s.add({y, x}), x})) == "(y + x) + x");
  CHECK(s.text(s.add({x, s.mul({s.number(-1), s.add({x, y})})})) == "x - (x + y)");
  CHECK(s.text(s.mul({s.add({x, y}), s.add({x, s.number(1)})})) == "(x + y)*(x + 1)");
  CHECK(s.text(s.add({s.mul({x, y}), s.number(rational(1, 2))})) == "x*y + 1/2");
}

TEST_CASE("powers bracket what binds less tightly") {
  world s;
  node_id x = s.x, y = s.y;
  CHECK(s.text(s.power(x, 3)) == "x^3");
  CHECK(s.text(s.power(x, 0)) == "x^0");
  CHECK(s.text(s.power(s.mul({s.number(-1), x}), 2)) == "(-x)^2");
  CHECK(s.text(s.power(s.number(-2), 2)) == "(-2)^2");
  CHECK(s.text(s.power(s.power(x, 2), 3)) == "(x^2)^3");
  CHECK(s.text(s.power(s.power(x, -1), -1)) == "1/(1/x)");
  CHECK(s.text(s.power(x, rational(1, 2))) == "sqrt(x)");
  CHECK(s.text(s.power(x, rational(3, 2))) == "x^(3/2)");
  CHECK(s.text(s.power(x, rational(-1, 3))) == "1/x^(1/3)");
  CHECK(s.text(s.call(opcode::pow, {x, y})) == "x^y");
  CHECK(s.text(s.call(opcode::pow, {s.power(x, 2), s.add({y, s.number(1)})})) == "(x^2)^(y + 1)");
  CHECK(s.text(s.power(s.call(opcode::sin, {x}), 2)) == "sin(x)^2");
  CHECK(s.text(s.mul({s.number(-1), s.power(x, 2)})) == "-x^2");
}

TEST_CASE("functions, choices and leaves") {
  world s;
  CHECK(s.text(s.call(opcode::atan2, {s.x, s.y})) == "atan2(x, y)");
  CHECK(s.text(s.call(opcode::exp, {s.number(1)})) == "exp(1)");
  CHECK(s.text(s.t.pi()) == "pi");
  CHECK(s.text(s.t.dim_value(s.dim_K)) == "K");
  node_id choice =
      s.t.select({}, comparison::lt, s.t.whole(s.number(0)), s.t.whole(s.x), s.t.whole(s.y), s.t.whole(s.number(-1)));
  CHECK(s.text(choice) == "if(x > 0, y, -1)");
  CHECK(s.text(s.t.identity({}, s.at(s.z, {label::of_integer(1)}))) == "z[1]");
  CHECK(s.text(s.t.identity({}, s.at(s.z, {label::of_dim(s.dim_K, 0)}))) == "z[K]");
}

TEST_CASE("vectors print without indices where everything runs in step") {
  world s;
  CHECK(s.text(s.mul({s.number(2), s.z})) == "2*z");
  CHECK(s.text(s.mul({s.w, s.call(opcode::log, {s.z})})) == "w.*log(z)");
  CHECK(s.text(s.mul({s.x, s.w, s.power(s.z, -1)})) == "x*w./z");
  CHECK(s.text(s.mul({s.number(2), s.power(s.z, -1)})) == "2./z");
  CHECK(s.text(s.mul({s.z, s.power(s.x, -1)})) == "z/x");
  CHECK(s.text(s.power(s.z, 2)) == "z.^2");
  CHECK(s.text(s.power(s.z, -1)) == "1./z");
  CHECK(s.text(s.add({s.z, s.number(1)})) == "z + 1");
  CHECK(s.text(s.t.identity(std::vector{s.K}, s.t.whole(s.number(1)))) == "vector(1)");
  CHECK(s.text(s.t.identity(std::vector{s.K}, s.t.whole(s.add({s.x, s.y})))) == "(x + y)*vector(1)");
  CHECK(s.text(s.mul({s.z, s.power(s.total(s.call(opcode::exp, {s.z})), -1)})) == "z/sum(exp(z))");
  CHECK(s.text(s.add({s.A, s.A})) == "A + A");
  edge z = s.t.whole(s.z), zero = s.t.whole(s.number(0));
  CHECK(s.text(s.t.select(std::vector{s.K}, comparison::lt, zero, z, z, zero)) == "if(z > 0, z, 0)");
  CHECK(s.indexed(s.mul({s.number(2), s.z})) == "2*z[i]");
  CHECK(s.text(s.t.identity({}, s.at(s.mul({s.z, s.w}), {label::of_integer(1)}))) == "(z.*w)[1]");
  CHECK(s.text(s.t.add(std::vector{s.K}, std::vector{s.t.whole(s.z), s.at(s.w, {label::of_integer(1)})})) == "z + w[1]");
  CHECK(s.text(s.total(s.t.identity(std::vector{s.K}, s.t.whole(s.x)))) == "sum(k, 1, K, x)");
  node_id shifted = s.t.identity(std::vector{s.t.make_range({none, 1}, {s.dim_K, -1})}, s.at(s.z, {s.axis(0, 1)}));
  CHECK(s.text(shifted) == "z[i+1]");
}

TEST_CASE("reductions bind fresh letters and show bounds only where they must") {
  world s;
  node_id log_z = s.call(opcode::log, {s.z});
  std::vector<range_id> K{s.K};
  CHECK(s.text(s.t.mul({}, s.whole({s.w, log_z}), K)) == "sum(k, w[k]*log(z[k]))");
  CHECK(s.text(s.total(s.z)) == "sum(z)");
  CHECK(s.indexed(s.total(s.z)) == "sum(k, z[k])");
  CHECK(s.text(s.total(s.z, reduction::max)) == "max(z)");
  CHECK(s.indexed(s.total(s.z, reduction::max)) == "max(k, z[k])");
  CHECK(s.text(s.t.identity({}, s.t.whole(s.x), K, reduction::sum)) == "sum(k, 1, K, x)");
  range_id inner = s.t.make_range({none, 1}, {s.dim_K, -1});
  node_id steps = s.t.mul({}, std::vector{s.at(s.z, {s.axis(0, 1)}), s.at(s.z, {s.axis(0)})}, std::vector{inner});
  CHECK(s.text(steps) == "sum(k, 1, K-1, z[k+1]*z[k])");
  node_id matvec = s.t.mul(std::vector{s.m}, std::vector{s.at(s.A, {s.axis(0), s.axis(1)}), s.at(s.z, {s.axis(1)})}, K);
  CHECK(s.text(matvec) == "sum(k, A[i,k]*z[k])");
  node_id quadratic =
      s.t.mul({}, std::vector{s.at(s.A, {s.axis(0), s.axis(1)}), s.at(matvec, {s.axis(0)}), s.at(s.w, {s.axis(1)})},
              std::vector{s.m, s.K});
  CHECK(s.text(quadratic) == "sum(k, sum(n, A[k,n]*sum(r, A[k,r]*z[r])*w[n]))");
  node_id index = s.t.index_value(s.K);
  CHECK(s.text(s.t.mul({}, std::vector{s.at(index, {s.axis(0)}), s.at(s.z, {s.axis(0)})}, K)) == "sum(k, k*z[k])");
  CHECK(s.text(s.t.identity({}, s.at(index, {s.axis(0)}), K, reduction::prod)) == "prod(k, 1, K, k)");
}

TEST_CASE("letters avoid declared names and follow those that are given") {
  world s;
  s.t.symbol("i", {});
  s.t.symbol("k", {});
  node_id delta = s.t.delta(s.K, s.K);
  std::vector<range_id> two{s.K, s.K};
  node_id jacobian = s.t.mul(two, std::vector{s.at(s.z, {s.axis(1)}), s.at(delta, {s.axis(0), s.axis(1)})});
  printed p = print_with_letters(s.t, jacobian);
  CHECK(p.text == "z[p]*delta(j,p)");
  CHECK(p.letters == std::vector<std::string>{"j", "p"});
  print_options o;
  o.letters = {"q", "k1"};
  CHECK(s.text(jacobian, o) == "z[k1]*delta(q,k1)");
  node_id sum = s.t.mul({}, s.whole({s.z, s.w}), std::vector{s.K});
  CHECK(s.text(sum) == "sum(n, z[n]*w[n])");
  naming reserved;
  reserved.reserved = {"n"};
  CHECK(print(s.t, sum, reserved) == "sum(r, z[r]*w[r])");
}

TEST_CASE("a free letter that stands nowhere as an index is not left to be read as a variable") {
  world s;
  node_id index = s.t.index_value(s.K);
  CHECK(s.text(s.mul({index, s.z})) == "i*z[i]");
  CHECK(s.text(s.mul({index, s.x})) == "sum(k, 1, K, k*delta(i,k))*x");
}

TEST_CASE("composites and lets print by name, whole or at an index") {
  world s;
  std::vector<range_id> K{s.K};
  node_id exp_z = s.call(opcode::exp, {s.z});
  node_id softmax = s.mul({exp_z, s.power(s.total(exp_z), -1)});
  std::map<node_id, call> calls;
  naming names{&calls, {}};
  CHECK(print(s.t, softmax, names) == "exp(z)/sum(exp(z))");
  calls[softmax] = {"softmax", {s.t.whole(s.z)}, false};
  CHECK(print(s.t, softmax, names) == "softmax(z)");
  node_id gradient = s.add({softmax, s.mul({s.number(-1), s.w})});
  CHECK(print(s.t, gradient, names) == "softmax(z) - w");
  node_id loss = s.t.mul({}, s.whole({s.w, s.call(opcode::log, {softmax})}), K);
  CHECK(print(s.t, s.mul({s.number(-1), loss}), names) == "-sum(k, w[k]*log(softmax(z)[k]))");
  std::vector<range_id> two{s.K, s.K};
  node_id minus = s.t.mul(K, std::vector{s.t.whole(s.number(-1)), s.at(softmax, {s.axis(0)})});
  node_id inside = s.t.add(two, std::vector{s.at(s.t.delta(s.K, s.K), {s.axis(0), s.axis(1)}), s.at(minus, {s.axis(0)})});
  node_id jacobian = s.t.mul(two, std::vector{s.at(softmax, {s.axis(1)}), s.at(inside, {s.axis(0), s.axis(1)})});
  CHECK(print(s.t, jacobian, names) == "softmax(z)[j]*(delta(i,j) - softmax(z)[i])");
  calls[softmax] = {"a", {}, true};
  CHECK(print(s.t, jacobian, names) == "a[j]*(delta(i,j) - a[i])");
  CHECK(print(s.t, softmax, names) == "a");
  calls[softmax] = {"softmax", {s.at(s.z, {label::of_axis(1)})}, false};  // an argument that is not simply the array
  CHECK(print(s.t, softmax, names) == "exp(z)/sum(exp(z))");
}

TEST_CASE("declared names that hide a function are worked around or refused") {
  world s;
  s.t.symbol("pi", {});
  s.t.symbol("sqrt", {});
  s.t.symbol("exp", {});
  CHECK(s.text(s.t.pi()) == "acos(-1)");
  CHECK(s.text(s.power(s.x, rational(1, 2))) == "x^(1/2)");
  CHECK(code_of([&] { s.text(s.call(opcode::exp, {s.x})); }) == "V05");
}

TEST_CASE("max of a name and an entry is not mistaken for a maximum over an index") {
  world s;
  node_id last = s.t.identity({}, s.at(s.z, {label::of_dim(s.dim_K, 0)}));
  CHECK(s.text(s.call(opcode::max, {s.t.dim_value(s.dim_K), last})) == "max(z[K], K)");
  CHECK(s.text(s.call(opcode::max, {s.x, s.number(0)})) == "max(x, 0)");
}

TEST_CASE("what is too deep or too long is refused, quickly") {
  world s;
  node_id deep = s.x;
  for (int k = 0; k < 100'000; ++k) deep = s.call(opcode::sin, {deep});
  CHECK(code_of([&] { s.text(deep); }) == "V04");
  node_id wide = s.x;
  for (int k = 0; k < 100; ++k) wide = s.mul({wide, s.add({wide, s.y})});
  CHECK(code_of([&] { s.text(wide); }) == "V04");
  node_id fine = s.x;
  for (int k = 0; k < 200; ++k) fine = s.call(opcode::sin, {fine});
  CHECK(s.text(fine).size() == 200 * 5 + 1);
  print_options small;
  small.max_characters = 100;
  CHECK(code_of([&] { s.text(fine, small); }) == "V04");
}

TEST_CASE("conditions print as comparisons and integer facts") {
  world s;
  node_id difference = s.add({s.x, s.mul({s.number(-1), s.y})});
  CHECK(print_condition(s.t, relation::positive, s.x) == "x > 0");
  CHECK(print_condition(s.t, relation::nonnegative, difference) == "x - y >= 0");
  CHECK(print_condition(s.t, relation::nonzero, s.z) == "z != 0");
  CHECK(print_condition(s.t, relation::not_integer, s.x) == "not integer(x)");
  CHECK(print_condition(s.t, relation::integer, s.x) == "integer(x)");
}
