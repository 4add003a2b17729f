// What the kernel must refuse: each of these steps would make a false theorem.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/kernel.hpp>
#include <wengert/proof/prover.hpp>

using namespace wengert;

namespace {

// Both sides of 'L == R' on the tape of one problem.
struct sides {
  problem p;
  kernel k;
  node_id left, right;

  explicit sides(const std::string& equation, const std::string& vars = "x, y: real; z, w: vector[n]; A: matrix[n,n]",
                 const std::vector<std::string>& givens = {})
      : p(problem_text{{vars}, {}, givens, {}, {equation}}),
        k(p.on()),
        left(p.expressions()[0].node),
        right(p.expressions()[1].node) {}

  theorem given(std::size_t i) {
    const fact& f = p.facts().at(i);
    return k.assume(f.equation ? equal_claim(f.left, f.right) : sign_claim(f.is, f.left), f.text, origin::given);
  }
};

bool ring_accepts(const std::string& equation, const std::vector<std::string>& givens = {}) {
  sides s(equation, "x, y: real; z, w: vector[n]; A: matrix[n,n]", givens);
  std::vector<theorem> premises;
  for (std::size_t i = 0; i < s.p.facts().size(); ++i) premises.push_back(s.given(i));
  try {
    s.k.ring(s.left, s.right, premises);
    return true;
  } catch (const refusal&) {
    return false;
  }
}

}  // namespace

TEST_CASE("ring accepts what is true for all numbers and refuses the rest") {
  for (const char* good :
       {"(x+y)^2 == x^2 + 2*x*y + y^2", "sum(k, z[k]*2) == 2*sum(z)", "sum(k, 1, n, 1) == n", "x - x == 0",
        "sum(k, sum(l, z[k]*w[l])) == sum(z)*sum(w)", "sum(k, delta(k,i)*z[k]) == z[i]", "delta(i,j)^2 == delta(i,j)",
        "sum(k, 1, n-1, z[k+1]) == sum(k, 2, n, z[k])", "sum(k, sum(l, A[k,l]*A[l,k])) == sum(l, sum(k, A[l,k]*A[k,l]))",
        "1/(1/x) == x", "x^(-1)*x^(-1) == x^(-2)", "sum(k, if(k = 1, z[k], 0)) == z[1]", "sum(k, if(k = n, z[k], 0)) == z[n]",
        "sum(k, if(k = n + 1, z[k], 1)) == n", "if(i = 1, z[i], 0) == delta(i,1)*z[1]",
        "sum(a, sum(b, sum(c, sum(d, sum(f, sum(g, sum(h, z[a]*z[b]*z[c]*z[d]*z[f]*z[g]*z[h]*w[h]))))))) == "
        "sum(h, sum(g, z[h]*w[h]*z[g]))*sum(z)^5"})
    CHECK_MESSAGE(ring_accepts(good), std::string(good));
  for (const char* bad : {"x == y",
                          "(x+y)^2 == x^2 + y^2",
                          "x/x == 1",
                          "x^2/x == x",
                          "sqrt(x^2) == x",
                          "sqrt(x)*sqrt(x) == x",
                          "0 == 1",
                          "sum(k, z[k]^2) == sum(z)^2",
                          "sum(k, 2, n, 1) == n",
                          "delta(i,j) == 1",
                          "delta(i,j) == 0",
                          "delta(i,j)*z[i] == z[i]",
                          "sum(k, delta(i,j)*z[k]) == sum(z)",
                          "sum(k, 2, n, delta(k,i)*z[k]) == z[i]",
                          "z[i] == z[j]",
                          "sum(k, A[k,i]) == sum(k, A[i,k])",
                          "sum(k, z[k]*w[k]) == sum(z)*sum(w)",
                          "sum(k, x) == x",
                          "sum(k, 1, n-1, z[k+1]) == sum(z)",
                          "sum(k, 1, n, k) == n",
                          "x^(1/2)*y^(1/2) == (x*y)^(1/2)",
                          "(x^3)^(1/3) == x",
                          "sum(k, sum(l, delta(k,l)*z[k])) == sum(z)*n",
                          "sum(k, if(k = 2, z[k], 0)) == z[1]",
                          "sum(k, if(k = n, z[k], 0)) == z[1]",
                          "sum(k, if(k = 1/2, z[k], 0)) == z[1]",
                          "sum(k, if(2*k = 2, z[k], 0)) == z[2]",
                          "sum(k, if(k = x, z[k], 0)) == z[1]",
                          "if(i = 1, z[i], 0) == z[1]",
                          "sum(k, if(k < 1, z[k], 0)) == z[1]",
                          "(x*y)^(-1)*x == y^(-1)"})
    CHECK_MESSAGE(!ring_accepts(bad), std::string(bad));
}

TEST_CASE("ring uses premises for what they say and no more") {
  CHECK(ring_accepts("x/x == 1", {"x != 0"}));
  CHECK(!ring_accepts("x/x == 1", {"y != 0"}));
  CHECK(!ring_accepts("x/x == 1", {"x >= 0"}));
  CHECK(ring_accepts("sqrt(x)*sqrt(x) == x", {"x >= 0"}));
  CHECK(!ring_accepts("x^(-1/2)*x == x^(1/2)", {"x >= 0"}));
  CHECK(ring_accepts("x^4 == y^2", {"x^2 = y"}));
  CHECK(!ring_accepts("x == y", {"x^2 = y"}));
  CHECK(!ring_accepts("x^2 == 1", {"x^3 = x"}));
}

TEST_CASE("exponents and offsets that overflow are refused") {
  CHECK(!ring_accepts("(((((x^4096)^4096)^4096)^4096)^4096)^16 == 1"));
  CHECK(!ring_accepts("(((x^1000000)^1000000)^1000000)^1000000 == x^2003764205206896640"));
  CHECK(!ring_accepts("x^2 + x^5 == x + 1", {"x^2 = x^3 + 1"}));  // it must also come to an end
  CHECK(!ring_accepts("1/x == 0", {"x^2 = x"}));
}

TEST_CASE("equations join only where they meet") {
  sides s("x*(y+1) == x*y + x");
  theorem ab = s.k.ring(s.left, s.right, {});
  CHECK_NOTHROW(s.k.transitive(ab, s.k.symmetric(ab)));
  CHECK_THROWS_AS(s.k.transitive(ab, ab), refusal);
  tape& t = s.p.on();
  theorem sign = s.k.sign(relation::positive, t.constant(2), {});
  CHECK_THROWS_AS(s.k.symmetric(sign), refusal);
  CHECK_THROWS_AS(s.k.transitive(sign, sign), refusal);
  node_id x = t.find_symbol("x"), y = t.find_symbol("y");
  std::array<edge, 2> args{edge{x, {}}, edge{y, {}}};
  node_id sum = t.add({}, args);
  std::vector<std::optional<theorem>> wrong{ab, std::nullopt}, few{std::nullopt};
  CHECK_THROWS_AS(s.k.congruence(sum, wrong), refusal);
  CHECK_THROWS_AS(s.k.congruence(sum, few), refusal);
  CHECK_THROWS_AS(s.k.transfer(ab, sign), refusal);
}

TEST_CASE("the two cases of an index equation are about the same sides") {
  sides s("delta(i,j)*z[i] == delta(i,j)*z[j]");
  tape& t = s.p.on();
  const std::array<std::pair<std::uint8_t, std::uint8_t>, 1> apart{std::pair<std::uint8_t, std::uint8_t>{0, 1}};
  const std::array<std::pair<std::uint8_t, std::uint8_t>, 1> same{std::pair<std::uint8_t, std::uint8_t>{0, 0}},
      far{std::pair<std::uint8_t, std::uint8_t>{1, 2}};
  node_id zero = t.identity(t.out(s.left), {t.constant(0), {}});
  theorem differ = s.k.ring(s.left, zero, {}, {}, apart);  // delta is 0 off the diagonal
  CHECK_THROWS_AS(s.k.ring(s.left, zero, {}, {}, same), refusal);
  CHECK_THROWS_AS(s.k.ring(s.left, zero, {}, {}, far), refusal);
  CHECK_THROWS_AS(s.k.ring(s.left, zero, {}), refusal);
  std::vector<std::optional<theorem>> premise{differ};
  node_id user = t.identity({}, {s.left, {label::of_integer(1), label::of_integer(1)}});
  CHECK_THROWS_AS(s.k.congruence(user, premise), refusal);  // it holds off the diagonal only
  CHECK_THROWS_AS(s.k.cases(s.left, zero, 0, 1, differ, differ), refusal);
  theorem nothing = s.k.reflexive(s.left);
  CHECK_THROWS_AS(s.k.cases(s.left, zero, 0, 1, differ, nothing), refusal);
}

TEST_CASE("signs follow from the signs of the arguments only where they do") {
  sides s("x*y == sum(k, 2, n, x*z[k])");
  tape& t = s.p.on();
  kernel& k = s.k;
  node_id x = t.find_symbol("x"), y = t.find_symbol("y");
  theorem px = k.assume(sign_claim(relation::positive, x), "x > 0", origin::given),
          py = k.assume(sign_claim(relation::nonnegative, y), "y >= 0", origin::given);
  node_id product = s.left;
  CHECK_NOTHROW(k.sign(relation::nonnegative, product, std::vector{px, py}));
  CHECK_THROWS_AS(k.sign(relation::positive, product, std::vector{px, py}), refusal);
  CHECK_THROWS_AS(k.sign(relation::nonzero, product, std::vector{px}), refusal);
  CHECK_THROWS_AS(k.sign(relation::positive, x, {}), refusal);
  // The sum over 2..n is empty where n = 1.
  range_id rest = t.make_range({none, 2}, {t.dim("n"), 0});
  node_id maybe_empty = t.identity({}, {x, {}}, std::vector{rest}, reduction::sum);
  CHECK_THROWS_AS(k.sign(relation::positive, maybe_empty, std::vector{px}), refusal);
  CHECK_NOTHROW(k.sign(relation::nonnegative, maybe_empty, std::vector{px}));
  for (reduction extremum : {reduction::min, reduction::max})
    CHECK_THROWS_AS(k.sign(relation::nonnegative, t.identity({}, {x, {}}, std::vector{rest}, extremum), std::vector{px}),
                    refusal);
  // x*z[k] != 0 for k = 2..n says nothing of x where n = 1.
  range_id whole = t.range_to({t.dim("n"), 0});
  for (range_id r : {rest, whole}) {
    std::array<edge, 2> args{edge{x, {}}, edge{t.index_value(r), {label::of_axis(0)}}};
    node_id all = t.mul(std::vector{r}, args);
    theorem nonzero = k.assume(sign_claim(relation::nonzero, all), "x*k != 0", origin::given);
    if (r == whole)
      CHECK_NOTHROW(k.factor_nonzero(nonzero, 0));
    else
      CHECK_THROWS_AS(k.factor_nonzero(nonzero, 0), refusal);
  }
}

TEST_CASE("an equation that holds at the point does not pass under a derivative") {
  sides s("x^2 == x^2", "x, y: real", {"x = y", "x > 0", "y = 1", "x >= 0"});
  tape& t = s.p.on();
  symbol_id x = t.symbol_of(t.find_symbol("x"));
  theorem at = s.given(0);
  REQUIRE(at.says().left == t.find_symbol("x"));
  theorem constant = s.k.differentiate(at.says().right, x, {});  // d y / d x = 0
  CHECK_THROWS_AS(s.k.derivative_of_equal(at, constant), refusal);
  CHECK_NOTHROW(s.k.derivative_of_equal(s.k.reflexive(at.says().right), constant));
  for (std::size_t i = 1; i < 4; ++i) s.given(i);
  CHECK(!s.k.holds_near(0, x));
  CHECK(s.k.holds_near(1, x));
  CHECK(s.k.holds_near(2, x));
  CHECK(!s.k.holds_near(3, x));
}

TEST_CASE("what holds in an open set holds near a point where what it is about has a derivative, and nothing else does") {
  sides s("sign(log(x)) == 0", "x: real", {"x > 0", "log(x) != 0", "log(x) >= 0"});
  const symbol_id x = s.p.on().symbol_of(s.p.on().find_symbol("x"));
  const theorem positive = s.given(0), nonzero = s.given(1), weak = s.given(2);
  CHECK_FALSE(s.k.holds_near(1, x));
  const theorem dx = s.k.differentiate(s.p.on().find_symbol("x"), x, {});
  const theorem dlog = s.k.differentiate(nonzero.says().left, x, std::array{dx, positive});
  const theorem dsign = s.k.differentiate(s.left, x, std::array{dlog, nonzero});
  const theorem next = s.k.differentiate(s.right, x, {});
  const theorem zero = s.k.derivative_equal(dsign, s.k.ring(dsign.says().right, s.right, {}));
  CHECK_NOTHROW(s.k.derivative_again(zero, next, std::array{dlog}));
  CHECK_THROWS_AS(s.k.derivative_again(zero, next), refusal);
  CHECK_THROWS_AS(s.k.derivative_again(zero, next, std::array{dx}), refusal);
  const theorem at = s.k.derivative_equal(dsign, s.k.ring(dsign.says().right, s.right, std::array{weak}));
  CHECK_THROWS_AS(s.k.derivative_again(at, next, std::array{dlog}), refusal);
}

TEST_CASE("whether an entry is the greatest changes at ties only, and whether it is any other number may change elsewhere") {
  struct example {
    const char* choice;
    bool good;
  };
  for (const example& e : {example{"if(z = max(z), 1, 0)", true}, example{"if(z != max(z), sum(z), 0)", true},
                           example{"if(w = max(z), 1, 0)", false}, example{"if(z = min(z), 1, 0)", false},
                           example{"if(z <= max(z), 1, 0)", false}, example{"if(z[1] = max(z), 1, 0)", false}}) {
    CAPTURE(e.choice);
    sides s(std::string(e.choice) + " == 0", "z, w: vector[n]", {"2 - sum(if(z = max(z), 1, 0)) > 0"});
    prover with(s.p.on());
    with.assume(s.p.facts());
    const symbol_id z = s.p.on().symbol_of(s.p.on().find_symbol("z"));
    bool follows = true;
    try {
      with.differentiate(s.left, z);
    } catch (const refusal&) {
      follows = false;
    }
    CHECK(follows == e.good);
  }
}

TEST_CASE("some entry is the greatest") {
  auto positive = [](const std::string& text) {
    problem p({{"z, w: vector[n]"}, {}, {}, {}, {text}});
    prover with(p.on());
    return with.known().known(relation::positive, p.expressions()[0].node);
  };
  CHECK(positive("sum(if(z = max(z), 1, 0))"));
  CHECK(positive("sum(if(exp(z) = min(exp(z)), 1, 0))"));
  CHECK_FALSE(positive("sum(if(z = max(w), 1, 0))"));
  CHECK_FALSE(positive("sum(if(z != max(z), 1, 0))"));
  CHECK_FALSE(positive("sum(if(z = max(z), 0, 1))"));
  CHECK_FALSE(positive("sum(k, 2, n, if(z[k] = max(i, 2, n, z[i]), 1, 0))"));
}

TEST_CASE("the symmetry of a matrix holds at the point only") {
  sides s("W[1,2] == W[2,1]", "W: matrix[2,2]", {"symmetric(W)"});
  tape& t = s.p.on();
  theorem equal = s.k.ring(s.left, s.right, {});
  symbol_id w = t.symbol_of(t.find_symbol("W"));
  std::vector<theorem> inner{s.k.differentiate(t.find_symbol("W"), w, {})};
  theorem d = s.k.differentiate(s.right, w, inner);
  CHECK_THROWS_AS(s.k.derivative_of_equal(equal, d), refusal);
}

TEST_CASE("a derivative needs the conditions of every operation") {
  for (const char* f :
       {"abs(x)", "sqrt(x)", "log(x)", "1/x", "sign(x)", "max(x, y)", "x^y", "if(x < y, x, 2*x)", "asin(x)", "cbrt(x)"}) {
    CAPTURE(f);
    sides s(std::string(f) + " == 0", "x, y: real");
    tape& t = s.p.on();
    symbol_id x = t.symbol_of(t.find_symbol("x"));
    std::vector<theorem> premises{s.k.differentiate(t.find_symbol("x"), x, {})};
    CHECK_THROWS_AS(s.k.differentiate(s.left, x, premises), refusal);
  }
}

TEST_CASE("only the nodes that may reduce do") {
  tape t;
  range_id n = t.range_to({t.dim("n"), 0});
  node_id z = t.symbol("z", std::vector{n});
  std::array<edge, 1> one{t.whole(z)};
  CHECK_THROWS(t.make(opcode::exp, {}, std::vector{n}, reduction::sum, one));
  CHECK_THROWS(t.make(opcode::mul, {}, std::vector{n}, reduction::max, one));
}

TEST_CASE("a branch has the sign that the comparison which leads to it gives") {
  auto holds = [](const std::string& text, relation is) {
    problem p({{"x, y: real; z: vector[n]"}, {}, {}, {}, {text}});
    prover with(p.on());
    return with.known().known(is, p.expressions()[0].node);
  };
  CHECK(holds("if(x > 0, x, 1)", relation::positive));
  CHECK(holds("if(x < 0, 1, x)", relation::nonnegative));
  CHECK(holds("if(z > 2, z, 3)", relation::positive));
  CHECK(holds("if(x != 0, x, 1)", relation::nonzero));
  CHECK(holds("if(x = 0, 1, x)", relation::nonzero));
  CHECK(holds("if(x < 0, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(x >= 0, x, 1)", relation::positive));
  CHECK_FALSE(holds("if(x < 0, 1, x)", relation::positive));
  CHECK_FALSE(holds("if(x > 0, 1, x)", relation::nonnegative));
  CHECK_FALSE(holds("if(x > -1, x, 1)", relation::nonnegative));
  CHECK_FALSE(holds("if(x > y, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(x != 1, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(x = 0, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(x <= 0, x, 1)", relation::nonzero));
  CHECK(holds("if(abs(x) <= 1, 1, x)", relation::nonzero));
  CHECK(holds("if(z.^2 > 0, z, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(abs(x) >= 0, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(abs(x) > y, x, 1)", relation::nonzero));
  CHECK_FALSE(holds("if(exp(x) > 1, y, 1)", relation::nonzero));
}

TEST_CASE("a choice decides the choices by the same comparison in its branches, and no others") {
  auto decided = [](const std::string& text, const std::string& expected) {
    problem p({{"x, y: real; z, w: vector[n]"}, {}, {}, {}, {text, expected}});
    kernel k(p.on());
    return k.decided(p.expressions()[0].node).says().right == p.expressions()[1].node;
  };
  CHECK(decided("if(x > 0, log(if(x > 0, x, 1)), 0)", "if(x > 0, log(x), 0)"));
  CHECK(decided("if(x > 0, 1, log(if(x > 0, 2, y)))", "if(x > 0, 1, log(y))"));
  CHECK(decided("if(x > 0, if(x <= 0, y, 3), 0)", "if(x > 0, 3, 0)"));
  CHECK(decided("if(x = 0, 1, sin(x)/if(x != 0, x, 1))", "if(x = 0, 1, sin(x)/x)"));
  CHECK(decided("if(z > 0, log(if(z > 0, z, 1)), 0)", "if(z > 0, log(z), 0)"));
  CHECK(decided("if(y > 0, sum(z)*if(y > 0, y, 1), 0)", "if(y > 0, sum(z)*y, 0)"));
  for (const char* same :
       {"if(x > 0, log(if(x > 1, x, 1)), 0)", "if(x > 0, log(if(x >= 0, x, 1)), 0)", "if(x > 0, log(if(y > 0, x, 1)), 0)",
        "if(z > 0, sum(if(z > 0, z, 1)), 0)", "if(z > 0, if(w > 0, z, w), 0)"})
    CHECK_MESSAGE(decided(same, same), same);
  problem p({{"z: vector[n]"}, {}, {}, {}, {"if(z[i] > 0, if(z[j] > 0, z[j], 1), 0)"}});
  kernel k(p.on());
  node_id n = p.expressions()[0].node;
  CHECK(k.decided(n).says().right == n);
  CHECK_THROWS_AS(k.decided(p.on().constant(1)), refusal);
}

TEST_CASE("an equation that holds for each sign of a number holds, and rests on what else its cases rest on") {
  sides s("x == y", "x, y: real; z: vector[n]", {"y > 0"});
  kernel& k = s.k;
  const auto signs = k.signs_of(s.left);
  auto given = [&](const claim& c) { return k.assume(c, "", origin::domain); };
  const theorem equal = given(equal_claim(s.left, s.right));
  std::vector<theorem> cases;
  for (const claim& c : signs) {  // each case rests on its own sign and on x = y
    const theorem sign = given(c);
    cases.push_back(c.what == claim::kind::equal ? k.transitive(sign, k.transitive(k.symmetric(sign), equal)) : equal);
  }
  CHECK(k.any_sign(s.left, cases[0], cases[1], cases[2]).hypotheses() == equal.hypotheses());
  const theorem zero = given(signs[2]);
  const theorem other = k.symmetric(equal);
  CHECK_THROWS_AS(k.any_sign(s.left, equal, equal, other), refusal);
  CHECK_THROWS_AS(k.any_sign(s.left, equal, equal, s.given(0)), refusal);
  CHECK(k.any_sign(s.left, zero, zero, zero).hypotheses() == zero.hypotheses());  // x = 0 is the third case only
  node_id z = s.p.on().symbol("z", std::vector<range_id>{s.p.on().range_to({s.p.on().dim("n"), 0})});
  CHECK_THROWS_AS(k.signs_of(z), refusal);
  CHECK_THROWS_AS(k.any_sign(z, equal, equal, equal), refusal);
}
