// The list of rules that people read: every statement is parsed back and tried out in numbers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/rule_list.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/coq.hpp>
#include <wengert/proof/inferences.hpp>
#include <wengert/proof/matrix_rules.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/proof/rules.hpp>

using namespace wengert;

namespace {

using reals = std::vector<long double>;

bool is_equation(const std::string& statement) { return statement.find(" == ") != std::string::npos; }

// What the list says of c, which is no fact that users can state.
constexpr const char* any_number = "c is a rational number";

// Values of all symbols of a problem, special ones among them.
class sample {
 public:
  sample(const problem& p, std::mt19937_64& random) : t_(p.on()) {
    std::uniform_real_distribution<long double> wide(-4, 4), narrow(-1, 1), above(0.05L, 5);
    const reals special{0, 1, -1, 2, -2, 3, 0.5L, -0.5L};
    auto style = random() % 4;
    for (symbol_id s = 0; s < t_.symbol_count(); ++s) {
      std::size_t count = 1;
      for (std::size_t a = 0; a < t_.symbol(s).axes.size(); ++a) count *= length;
      for (std::size_t k = 0; k < count; ++k)
        values[s].push_back(style == 0   ? special[random() % special.size()]
                            : style == 1 ? narrow(random)
                            : style == 2 ? above(random)
                                         : wide(random));
    }
  }

  reals of(node_id n) const {
    evaluator<long double> e(t_);
    for (dim_id d = 0; d < t_.dim_count(); ++d) e.bind_dim(d, static_cast<std::int64_t>(length));
    for (const auto& [s, v] : values) e.bind(s, v, std::vector<std::size_t>(t_.symbol(s).axes.size(), length));
    auto r = e(n);
    return {r.begin(), r.end()};
  }

  // The derivative of f, the axes of f first; nothing next to a kink or a pole, where two steps disagree.
  std::optional<reals> derivative(node_id f, symbol_id by) {
    reals coarse = difference(f, by, 2e-4L), fine = difference(f, by, 1e-4L);
    for (std::size_t k = 0; k < fine.size(); ++k)
      if (!(std::abs(coarse[k] - fine[k]) < 1e-8L * (1 + std::abs(fine[k])))) return std::nullopt;
    return fine;
  }

  std::map<symbol_id, reals> values;

 private:
  // From five points; the error is of fourth order in the step.
  reals difference(node_id f, symbol_id by, long double h) {
    reals& x = values.at(by);
    std::size_t rows = of(f).size(), columns = x.size();
    reals r(rows * columns);
    for (std::size_t c = 0; c < columns; ++c) {
      const long double centre = x[c];
      auto at = [&](long double step) {
        x[c] = centre + step * h;
        return of(f);
      };
      reals far = at(2), near = at(1), before = at(-1), far_before = at(-2);
      x[c] = centre;
      for (std::size_t k = 0; k < rows; ++k)
        r[k * columns + c] = (8 * (near[k] - before[k]) - (far[k] - far_before[k])) / (12 * h);
    }
    return r;
  }

  static constexpr std::size_t length = 3;
  const tape& t_;
};

bool holds(relation is, const reals& all) {
  return std::ranges::all_of(all, [&](long double v) {
    switch (is) {
      case relation::positive: return v > 0;
      case relation::nonnegative: return v >= 0;
      case relation::nonzero: return v != 0;
      case relation::not_integer: return std::abs(v - std::round(v)) > 1e-3L;
      case relation::integer: return v == std::round(v);
      case relation::real_power: return std::isfinite(v);
      case relation::off_poles: return v > 0 || std::abs(v - std::round(v)) > 1e-3L;
    }
    return false;
  });
}

bool holds(const fact& f, const sample& at) { return !f.equation && holds(f.is, at.of(f.left)); }

struct outcome {
  int points = 0;
  std::string failure;
};

// The statement at points that meet its conditions. A derivative is compared with differences.
outcome try_out(const listed_rule& r) {
  constexpr std::string_view is_real = " is real";
  problem_text text;
  std::vector<std::string> powers;
  for (const std::string& c : r.conditions)
    if (c.find(": ") != std::string::npos)
      text.vars.push_back(c);
    else if (c.ends_with(is_real))
      powers.push_back(c.substr(0, c.size() - is_real.size()));
    else if (c != any_number)
      text.givens.push_back(c);
  std::size_t conditions = text.givens.size();
  if (is_equation(r.statement)) {
    text.expressions = {r.statement};
  } else {
    text.givens.push_back(r.statement);
    text.expressions = {"1"};
  }
  problem p(text);
  REQUIRE(p.facts().size() == text.givens.size());
  std::vector<node_id> real;
  for (const std::string& power : powers) real.push_back(p.parse(power).node);
  std::mt19937_64 random(11);
  outcome o;
  for (int k = 0; k < 6000 && o.points < 150; ++k) {
    sample at(p, random);
    bool fits = true;
    for (std::size_t f = 0; f < conditions; ++f) fits = fits && holds(p.facts()[f], at);
    for (node_id power : real) fits = fits && holds(relation::real_power, at.of(power));
    if (!fits) continue;
    if (!is_equation(r.statement)) {
      ++o.points;
      if (!holds(p.facts().back(), at)) o.failure = "fails";
      continue;
    }
    const expression &left = p.expressions()[0], &right = p.expressions()[1];
    bool derivative = !left.sites.empty();
    std::optional<reals> l = derivative ? at.derivative(left.sites[0].function, left.sites[0].variable) : at.of(left.node);
    if (!l || std::ranges::any_of(*l, [](long double v) { return !std::isfinite(v) || std::abs(v) > 1e3L; })) continue;
    reals s = at.of(right.node);
    REQUIRE(l->size() == s.size());
    ++o.points;
    for (std::size_t e = 0; e < s.size(); ++e)
      if (!(std::abs((*l)[e] - s[e]) <= (derivative ? 1e-7L : 1e-9L) * (1 + std::abs((*l)[e]))))
        o.failure = r.name + ": " + std::to_string((*l)[e]) + " and " + std::to_string(s[e]);
  }
  return o;
}

}  // namespace

TEST_CASE("every listed rule has a name of its own, a sentence, and a reason to believe it") {
  std::set<std::string> names;
  for (const listed_rule& r : list_rules()) {
    CAPTURE(r.name);
    CHECK(names.insert(r.name).second);
    CHECK(!r.sentence.empty());
    CHECK((r.established == "coq" || r.established.starts_with("axiom: ")));
  }
  for (const rule& r : rules()) CHECK(names.contains(std::string(r.name)));
  for (const op_info& f : functions()) CHECK(names.contains("d-" + std::string(f.name) + (f.arity == 1 ? "" : "-2")));
}

TEST_CASE("every listed rule but the kernel's ways to conclude holds at random points") {
  for (const listed_rule& r : list_rules()) {
    auto is_of_name = [&](const inference& i) { return i.name == r.name; };
    if (std::ranges::any_of(inferences(), is_of_name)) continue;
    if (r.established == "axiom: built into the kernel") continue;
    bool of_matrices = std::ranges::any_of(matrix_rules(), [&](const matrix_rule& m) { return m.name == r.name; });
    if (of_matrices) continue;  // matrix_rules_test.cpp tries those, on singular matrices too
    CAPTURE(r.name);
    CAPTURE(r.statement);
    outcome o = try_out(r);
    CHECK(o.failure == "");
    CHECK(o.points >= (r.name == "sign-integer-sum" || r.name == "sign-integer-product" || r.name == "log-even-power" ? 20 : 60));
  }
}

TEST_CASE("what has a lemma in Coq is established by it, and nothing else") {
  std::map<std::string, std::string> established;
  for (const listed_rule& r : list_rules()) established.emplace(r.name, r.established);
  for (const rule& r : rules()) CHECK((established.at(std::string(r.name)) == "coq") == !coq_name(r).empty());
  for (const inference& i : inferences()) CHECK((established.at(std::string(i.name)) == "coq") == !coq_name(i.name).empty());
  for (const auto& [name, why] : established)
    if (!coq_lemma(name).empty()) CHECK(why == "coq");
  for (const inference& i : sign_inferences())
    CHECK((established.at(std::string(i.name)) == "coq") == !coq_lemma(i.name).empty());
  CHECK(established.at("sign-of-erfc") == "axiom: tested at random points");
  CHECK(established.at("d-tanh") == "coq");
  CHECK(established.at("d-gamma") == "axiom: tested against differences at random points");
}

TEST_CASE("a wrong rule in the list is caught") {
  CHECK(try_out({"d-wrong", "D(tanh(x), x) == 1 + tanh(x)^2", {}, "", ""}).failure != "");
  CHECK(try_out({"wrong", "sqrt(x^2) == x", {}, "", ""}).failure != "");
  CHECK(try_out({"sign-wrong", "a + b > 0", {"a > 0"}, "", ""}).failure != "");
  CHECK(try_out({"sqrt(x^2)", "sqrt(x^2) == x", {"x >= 0"}, "", ""}).failure == "");
}

TEST_CASE("the statements of the kernel's ways to conclude parse") {
  for (const inference& i : inferences()) {
    CAPTURE(i.name);
    problem_text text;
    if (is_equation(std::string(i.statement)))
      text.expressions = {std::string(i.statement)};
    else
      text.givens = {std::string(i.statement)};
    CHECK_NOTHROW(problem{text});
  }
}

TEST_CASE("the kernel concludes each listed sign from its premises in one step") {
  for (const inference& i : sign_inferences()) {
    CAPTURE(i.name);
    problem_text text;
    text.expressions = {"1"};
    for (std::string_view premise : i.premises)
      if (!premise.empty()) text.givens.emplace_back(premise);
    text.givens.emplace_back(i.statement);
    problem p(text);
    kernel k(p.on());
    std::vector<theorem> premises;
    for (std::size_t f = 0; f + 1 < p.facts().size(); ++f)
      premises.push_back(k.assume(sign_claim(p.facts()[f].is, p.facts()[f].left), p.facts()[f].text, origin::given));
    const fact& wanted = p.facts().back();
    CHECK(k.sign_follows(wanted.is, wanted.left, premises));
    if (!premises.empty()) CHECK(!k.sign_follows(wanted.is, wanted.left, std::span(premises).first(premises.size() - 1)));
  }
}

TEST_CASE("whatever the kernel logs is in the list") {
  std::set<std::string> names{"hypothesis", "sign"};
  for (const listed_rule& r : list_rules()) names.insert(r.name);
  for (const char* statement :
       {"log(x*y) == log(x) + log(y)", "D(softmax(z)[j], z[i]) == softmax(z)[j]*(delta(i,j) - softmax(z)[i])",
        "tanh(x) == 1 - 2/(exp(2*x) + 1)", "sqrt(x^2) == x", "D(x^x, x) == x^x*(log(x) + 1)", "sin(x)^2 + cos(x)^2 == 1"}) {
    problem_text text;
    text.expressions = {statement};
    text.givens = {"x > 0", "y > 0"};
    problem p(text);
    prover with(p.on());
    with.assume(p.facts());
    for (const expression& side : p.expressions()) {
      std::vector<requirement> open;
      with.assume_domain(requirements(p.on(), side), true, open);
      for (const derivative_site& s : side.sites) CHECK_NOTHROW(with.differentiate(s.function, s.variable));
    }
    CHECK(with.equate(p.expressions()[0].node, p.expressions()[1].node));
    for (const proof_step& s : with.using_kernel().log()) {
      CAPTURE(s.rule);
      CHECK(names.contains(std::string(s.rule)));
    }
  }
}
