// Certificates: everything that the kernel logs is accepted by the checker, which shares no code with it, and nothing false is.
#include <doctest/doctest.h>

#include <check.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/certificate.hpp>
#include <wengert/proof/inferences.hpp>

using namespace wengert;

namespace {

std::string report_on(const std::string& text) {
  std::string report;
  bool holds = checker::check_certificate(text, report);
  return (holds ? "accepted\n" : "") + report;
}

bool accepted(const std::string& text) {
  std::string report;
  return checker::check_certificate(text, report);
}

// --- what the kernel can do, one step after the other

void check_step(kernel& k, const theorem& t) {
  std::string text = certificate(k, "a step", std::span(&t, 1)), report = report_on(text);
  CAPTURE(text);
  CAPTURE(report);
  CHECK(report.starts_with("accepted"));
}

std::vector<theorem> assume_all(kernel& k, const conditions& all) {
  std::vector<theorem> r;
  for (const condition& c : all) r.push_back(k.assume(sign_claim(c.is, k.condition_node(c)), "", origin::domain));
  return r;
}

// The derivative of a node by x, with every condition assumed.
theorem derivative_of(kernel& k, node_id root, symbol_id x) {
  tape& t = k.on();
  std::vector<theorem> known;
  for (node_id n : t.reachable(root)) {
    if (!t.mentions(n, x)) continue;
    frame f = frame_of(t, n);
    std::vector<theorem> premises = known;
    std::vector<bool> moves;
    for (edge_view e : t.args(n)) moves.push_back(t.mentions(e.node, x));
    for (const theorem& c : assume_all(k, defined_conditions(n, f))) premises.push_back(c);
    for (const theorem& c : assume_all(k, kink_conditions(n, f, moves))) premises.push_back(c);
    known.push_back(k.differentiate(n, x, premises));
  }
  return known.empty() ? k.differentiate(root, x, {}) : known.back();
}

}  // namespace

TEST_CASE("the checker knows every row of the table of rules, on numbers and on arrays") {
  const std::vector<rational> parameters{rational(0), rational(1), rational(-2), rational(4), rational(1, 2), rational(-2, 3)};
  for (const rule& r : rules())
    for (bool arrays : {false, true})
      for (const rational& c : parameters) {
        if (r.parameter_fits ? !r.parameter_fits(c) : c != 0) continue;
        CAPTURE(r.name);
        tape t;
        kernel k(t);
        std::vector<range_id> axes;
        if (arrays) axes = {t.range_to({t.dim("K"), 0}), t.range_to({none, 3})};
        frame f{t, axes};
        std::vector<range_id> first(axes.begin(), axes.begin() + (arrays ? 1 : 0)),
            second(axes.begin() + (arrays ? 1 : 0), axes.end());
        term x(f, {t.symbol("x", first), tape::straight(first.size())}),
            y(f, {t.symbol("y", second), tape::straight(second.size(), first.size())});
        check_step(k, k.instance_terms(r, f, x, y, c, assume_all(k, r.where(x, y, c))));
      }
}

TEST_CASE("the checker knows every row of the table of matrix rules") {
  for (const matrix_rule& r : matrix_rules())
    for (bool batch : {false, true})
      for (std::int64_t size : {0, 3}) {
        CAPTURE(r.name);
        tape t;
        kernel k(t);
        range_id n = t.range_to(size == 0 ? affine{t.dim("n"), 0} : affine{none, size}), b = t.range_to({t.dim("b"), 0});
        auto symbol = [&](const char* name, std::vector<range_id> axes) {
          if (batch) axes.insert(axes.begin(), b);
          return t.symbol(name, axes);
        };
        matrix_terms m{symbol("A", {n, n}), symbol("B", {n, n}), symbol("c", {}), symbol("v", {n})};
        matrix_terms used = m;
        if (r.speaks_of.find('A') == std::string_view::npos) used.a = none;
        std::vector<theorem> premises;
        for (const auto& [is, u] : r.build(t, used).where) premises.push_back(k.assume(sign_claim(is, u), "", origin::domain));
        matrix_terms spoken;
        for (char letter : r.speaks_of)
          (letter == 'A'   ? spoken.a
           : letter == 'B' ? spoken.b
           : letter == 'c' ? spoken.c
                           : spoken.v) = letter == 'A'   ? m.a
                                         : letter == 'B' ? m.b
                                         : letter == 'c' ? m.c
                                                         : m.v;
        check_step(k, k.instance(r, spoken, premises));
      }
}

TEST_CASE("the checker knows the derivative of every kind of node") {
  for (const op_info& f : functions())
    for (int moving = f.parameters; moving < f.arity; ++moving)
      for (int number : {-1, 0, 3}) {  // an argument that is a number, where there are two
        if (f.arity == 1 && number != -1) continue;
        CAPTURE(f.name);
        tape t;
        kernel k(t);
        std::array<range_id, 1> axis{t.range_to({t.dim("K"), 0})};
        node_id x = t.symbol("x", axis);
        frame g{t, {axis[0]}};
        std::vector<term> args;
        for (int a = 0; a < f.arity; ++a) {
          if (a == moving)
            args.emplace_back(g, t.whole(x));
          else if (number >= 0)
            args.emplace_back(g, rational(number));
          else
            args.emplace_back(g, t.whole(t.symbol("y", axis)));
        }
        check_step(k, derivative_of(k, make_term(f.code, args).over_frame(), t.symbol_of(x)));
      }
  // Structure: each text names one operation, or several.
  for (const char* text : {"x",
                           "3",
                           "K*x",
                           "x + y",
                           "x*y*x",
                           "x^3",
                           "x^(-2)",
                           "x^(5/2)",
                           "x^0",
                           "z[1]*z[k+1]",
                           "sum(z)",
                           "prod(z)",
                           "max(z)",
                           "min(z)",
                           "sum(k, k*z[k])",
                           "if(x < y, x^2, y)",
                           "if(x <= y, x^2, y)",
                           "if(y = 1, x, 2)",
                           "if(y != 1, x, 2)",
                           "f(x)",
                           "g(x, x*y)",
                           "inv(X)",
                           "det(X)",
                           "adj(X)",
                           "X*X",
                           "tr(X'*X)",
                           "sum(i, sum(j, delta(i,j)*X[i,j]))",
                           "pi*x",
                           "prod(i, prod(j, X[i,j]))",
                           "inv(X*X)",
                           "max(x, 3)",
                           "min(0, x)"}) {
    CAPTURE(text);
    std::string body = text;
    if (body == "z[1]*z[k+1]") body = "sum(k, 1, K-1, z[1]*z[k+1])";
    problem_text said;
    said.vars = {"x, y: real; z: vector[K]; X: matrix[n,n]; f: function(t); g: function(s, t)"};
    said.expressions = {body};
    said.wrt = {body.find('X') != std::string::npos ? "X" : body.find('z') != std::string::npos ? "z" : "x"};
    problem p(said);
    kernel k(p.on());
    check_step(k, derivative_of(k, p.expressions()[0].node, p.targets()[0].variable));
  }
}

TEST_CASE("the checker has a step of every name that the kernel logs") {
  for (const inference& i : inferences()) {
    CAPTURE(i.name);
    std::string report =
        report_on(fmt::format("wengert certificate 1\nsymbol x []\nn0 symbol x\ns0 {} : n0 = n0\ngoal s0\nend\n", i.name));
    CHECK(report.find("no step is named") == std::string::npos);
  }
}

TEST_CASE("cases, entries, second derivatives and signs pass the checker") {
  problem_text said;
  said.vars = {"A: matrix[n,n]"};
  said.expressions = {"delta(i,j)*A[i,j] == delta(i,j)*A[i,i]"};
  problem p(said);
  tape& t = p.on();
  kernel k(t);
  node_id a = p.expressions()[0].node, b = p.expressions()[1].node;
  const std::pair<std::uint8_t, std::uint8_t> apart[] = {{0, 1}};
  theorem differ = k.ring(a, b, {}, {}, apart);
  std::array<range_id, 1> out{t.out(a)[0]};
  std::vector<label> twice{label::of_axis(0), label::of_axis(0)};
  theorem same = k.ring(t.identity(out, {a, twice}), t.identity(out, {b, twice}), {});
  check_step(k, k.cases(a, b, 0, 1, differ, same));
  check_step(k, k.transitive(differ, k.symmetric(differ)));
}

TEST_CASE("the checker joins the cases of a sign, and refuses those that rest on more") {
  const std::string start =
      "wengert certificate 1\nsymbol x []\nn0 symbol x\nn1 constant -1\nn2 mul [] n1 n0\nn3 constant 0\nn4 abs [] n0\n"
      "n5 abs [] n4\ns0 hypothesis near : 0 < n0 ; \ns1 hypothesis near : 0 < n2 ; \ns2 hypothesis near : n0 = n3 ; \n"
      "s3 hypothesis near : n5 = n4 ; \n";
  auto report = [&](const std::string& lines) { return report_on(start + lines + "end\n"); };
  const std::string joined = report("s4 any-sign s3 s3 s3 of n0 : n5 = n4\ngoal s4\n");
  CHECK(joined.find("where") != std::string::npos);  // it rests on s3
  const std::string third = report("s4 any-sign s2 s2 s2 of n0 : n0 = n3\ngoal s4\n");
  CHECK(third.find("x = 0\n  where x = 0") != std::string::npos);
  CHECK(report("s4 any-sign s3 s3 s2 of n0 : n5 = n4\ngoal s4\n").starts_with("refused"));
  CHECK(report("s4 any-sign s3 s3 of n0 : n5 = n4\ngoal s4\n").starts_with("refused"));
}

// --- what must be refused

TEST_CASE("what is wrong with a certificate is said, and nothing of it is accepted") {
  const std::string start = "wengert certificate 1\ndim K\nsymbol x []\nsymbol z [1..K]\nn0 symbol x\nn1 symbol z\n";
  auto refused = [&](const std::string& lines, const std::string& why) {
    std::string report = report_on(start + lines + "end\n");
    CAPTURE(lines);
    CHECK(report.starts_with("refused"));
    CAPTURE(report);
    CHECK(report.find(why) != std::string::npos);
  };
  CHECK(accepted(start + "s0 reflexive : n0 = n0\ngoal s0\nend\n"));
  refused("", "no goal");
  refused("s0 reflexive : n0 = n1\ngoal s0\n", "different axes");
  refused("s0 symmetric s0 : n0 = n0\ngoal s0\n", "does not stand above");
  refused("n2 exp [] n3\n", "does not stand above");
  refused("n2 exp [] n1\n", "too many or too few labels");
  refused("n2 exp [1..K] n1[@0+1]\n", "may leave");
  refused("n2 exp [1..K] n1[@1]\n", "does not have");
  refused("n2 read [] n0\n", "no kind of node");
  refused("n2 add [] sum [1..K] n0\n", "wrong axes");
  refused("n2 identity [] n0 n0\n", "wrong axes");
  refused("n2 constant 1/0\n", "over 0");
  refused("n2 constant " + std::string(20000, '9') + "\n", "no number");
  refused("n2 exp [1..99999999999999999999] n0\n", "no whole number");
  refused(std::string("n2 exp [] n0\0\n", 14), "not printed");
  refused(
      "s0 hypothesis near : n0 = n0 ; \n"
      "s1 magic s0 : n0 = n0\n",
      "no step is named");
  CHECK_FALSE(accepted(""));
  CHECK_FALSE(accepted("wengert certificate 2\nend\n"));
  CHECK_FALSE(accepted(start + "s0 reflexive : n0 = n0\ngoal s0\n"));
  CHECK_FALSE(accepted(start + "s0 reflexive : n0 = n0\ngoal s0\nend"));
}

TEST_CASE("unsound steps are refused") {
  const std::string start =
      "wengert certificate 1\ndim K\nsymbol x []\nsymbol y []\nsymbol z [1..K]\nn0 symbol x\nn1 symbol y\nn2 symbol z\n"
      "n3 constant 1\nn4 power -1 [] n0\nn5 mul [] n0 n4\nn6 constant 0\nn7 log [] n0\nn8 abs [] n0\nn9 sign [] n0\n"
      "n10 identity [] sum [1..K] n2[@0]\nn11 power -1 [] n10\nn12 mul [] n10 n11\nn13 constant 2\nn14 power 2 [] n0\n"
      "n15 mul [] n13 n0\nn16 power 1/2 [] n14\nn17 add [] n0 n1\nn18 exp [] n17\nn19 exp [] n0\nn20 add [] n19 n1\n"
      "n21 delta [1..K,1..K]\nn22 mul [1..K] sum [1..K] n21[@0,@1] n2[@1]\nn23 identity [1..K] n10\nn24 identity [] sum [2..1] "
      "n0\n"
      "n25 mul [1..K] sum [1..K] n21[@1,@1] n2[@0]\nn26 log [] n1\nn27 mul [] n0 n1\nn28 log [] n27\nn29 add [] n7 n26\n";
  auto refused = [&](const std::string& lines) {
    std::string report = report_on(start + lines + "end\n");
    CAPTURE(report);
    CHECK(report.starts_with("refused"));
  };
  auto fine = [&](const std::string& lines) {
    std::string report = report_on(start + lines + "end\n");
    CAPTURE(report);
    CHECK(report.starts_with("accepted"));
  };
  refused("s0 ring : n5 = n3\ngoal s0\n");  // x/x = 1 at 0
  fine("s0 hypothesis near : n0 != 0 ; \ns1 ring s0 : n5 = n3\ngoal s1\n");
  refused("s0 ring : n12 = n3\ngoal s0\n");   // a sum that may be 0 as a divisor
  refused("s0 ring : n16 = n0\ngoal s0\n");   // the root of a square
  refused("s0 ring : n22 = n23\ngoal s0\n");  // capture
  fine("s0 ring : n22 = n2\ngoal s0\n");
  refused("s0 ring : n25 = n2\ngoal s0\n");  // delta(k,k) is 1, and K of them
  fine("s0 ring : n24 = n6\ngoal s0\n");     // a sum over nothing
  refused("s0 ring : n24 = n0\ngoal s0\n");
  refused("s0 derivative : d^1 n0 / d x = n3\ns1 derivative s0 : d^1 n7 / d x = n4\ngoal s1\n");  // log of a negative
  refused("s0 derivative : d^1 n0 / d x = n3\ns1 derivative s0 : d^1 n8 / d x = n9\ngoal s1\n");  // abs at 0
  // An equation that holds at the point, under a derivative.
  refused(
      "s0 hypothesis at : n14 = n3 ; \ns1 derivative : d^1 n3 / d x = n6\ns2 derivative-of-equal s0 s1 : d^1 n14 / d x = "
      "n6\ngoal s2\n");
  refused("s0 hypothesis near : n14 = n3 ; \ns1 derivative : d^1 n3 / d x = n6\ngoal s1\n");  // marked near
  refused("s0 log-product over [] x n0 y n1 c 0 : n28 = n29\ngoal s0\n");                     // without signs
  refused("s0 exp-sum over [] x n0 y n1 c 0 : n18 = n20\ngoal s0\n");                         // another right side
  refused("s0 sign : 0 < n0\ngoal s0\n");
  refused("s0 hypothesis at : 0 <= n0 ; \ns1 sign s0 : 0 < n0\ngoal s1\n");
  refused("s0 sign : 0 < n10\ngoal s0\n");
  refused("s0 hypothesis near : 0 < n17 ; \ns1 sign s0 : 0 < n0\ngoal s1\n");
  refused("s0 congruence : n18 = n19\ngoal s0\n");
}

TEST_CASE("that a power is real follows from powers alone") {
  const std::string start =
      "wengert certificate 1\nsymbol x []\nsymbol u []\nn0 symbol x\nn1 symbol u\nn2 constant 2\nn3 mul [] n2 n1\n"
      "n4 pow [] n0 n3\nn5 pow [] n0 n1\nn6 add [] n0 n1\n";
  auto holds = [&](const std::string& of) {
    return accepted(start + "s0 hypothesis near : " + of + " real-power ; \ns1 sign s0 : n4 real-power\ngoal s1\nend\n");
  };
  CHECK(holds("n5"));        // x^u
  CHECK_FALSE(holds("n6"));  // x + u, which would give 0^0 = 0
}

TEST_CASE("what the checker shows keeps apart what is declared and what it names itself") {
  // The symbols have the names of an index, of the number pi and of a part.
  const std::string report = report_on(
      "wengert certificate 1\nsymbol i [1..3]\nsymbol pi []\nsymbol n5 []\nn0 symbol i\nn1 symbol pi\nn2 symbol n5\nn3 pi\n"
      "n4 mul [] n1 n3\nn5 unknown D 0,0 [] n1 n3\n"
      "s0 reflexive : n0 = n0\ns1 reflexive : n4 = n4\ns2 reflexive : n5 = n5\ngoal s0\ngoal s1\ngoal s2\nend\n");
  CHECK(report.find("established: i[j] = i[j]  for all j in 1..3\n") != std::string::npos);
  CHECK(report.find("established: 'pi'*pi = 'pi'*pi\n") != std::string::npos);
  CHECK(report.find("established: 'D'^(0,0)('pi', pi)") != std::string::npos);
  std::string large = "wengert certificate 1\nsymbol n6 []\nn0 symbol n6\n";
  for (int k = 1; k < 12; ++k) {
    const std::string n = std::to_string(k), last = std::to_string(k - 1);
    large += "n" + n + " add [] n" + last + " n" + last + "\n";
  }
  large += "s0 reflexive : n11 = n11\ngoal s0\nend\n";
  CHECK(report_on(large).find("  with n6_ = ") != std::string::npos);
}
