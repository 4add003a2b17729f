// Unsound attempts, each made twice: of the kernel, and of the checker, which is shown the certificate that a kernel without the
// check would have written. And wrong rows of the tables, one at a time: the checker refuses the certificates that rest on them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <check.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/proof/certificate.hpp>
#include <wengert/proof/kernel.hpp>

using namespace wengert;

namespace {

bool accepted(const std::string& text) {
  std::string report;
  return checker::check_certificate(text, report);
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> r;
  std::istringstream in(line);
  for (std::string word; in >> word;) r.push_back(word);
  return r;
}

// A certificate in lines, of which steps can be changed and to which steps can be added.
class draft {
 public:
  draft(kernel& k, const std::vector<theorem>& goals) {
    std::istringstream in(certificate(k, "an attempt", goals));
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
    for (const std::string& line : lines_)
      if (line.starts_with("goal ")) goals_.push_back(line.substr(5));
  }
  std::string text() const { return fmt::format("{}\n", fmt::join(lines_, "\n")); }
  const std::string& goal(std::size_t k) const { return goals_.at(k); }
  // The step of a goal, as words; and the node that it is about, of an equation the left one.
  std::string& step(std::size_t k) {
    return *std::ranges::find_if(lines_, [&](const std::string& l) { return l.starts_with(goals_.at(k) + " "); });
  }
  std::string node(std::size_t k) {
    std::vector<std::string> w = words_of(step(k));
    return *(std::ranges::find(w, ":") + 1);
  }
  // A node, behind the others.
  std::string add_node(const std::string& what) {
    auto first_step = std::ranges::find_if(lines_, [](const std::string& l) { return l[0] == 's' && std::isdigit(l[1]) != 0; });
    const std::string name =
        "n" + std::to_string(std::ranges::count_if(lines_, [](const std::string& l) { return l[0] == 'n'; }));
    lines_.insert(first_step, name + " " + what);
    return name;
  }
  // A step, and it as the only goal.
  void add_step(const std::string& what) {
    std::erase_if(lines_, [](const std::string& l) { return l.starts_with("goal ") || l == "end"; });
    auto is_step = [](const std::string& l) { return l[0] == 's' && std::isdigit(l[1]) != 0; };
    const std::string name = "s" + std::to_string(std::ranges::count_if(lines_, is_step));
    lines_.insert(lines_.end(), {name + " " + what, "goal " + name, "end"});
  }

 private:
  std::vector<std::string> lines_, goals_;
};

struct situation {
  problem p;
  kernel k;
  explicit situation(const std::string& expression, const std::vector<std::string>& givens = {})
      : p(problem_text{{"x, y: real; z, w: vector[n]; X: matrix[n,n]"}, {}, givens, {}, {expression}}), k(p.on()) {}
  node_id side(std::size_t i) const { return p.expressions().at(i).node; }
  symbol_id x() { return p.on().symbol_of(p.on().find_symbol("x")); }
  theorem given(std::size_t i) {
    const fact& f = p.facts().at(i);
    return k.assume(f.equation ? equal_claim(f.left, f.right) : sign_claim(f.is, f.left), f.text, origin::given);
  }
};

template <typename Attempt> bool refused(const Attempt& attempt) {
  try {
    attempt();
    return false;
  } catch (const refusal&) {
    return true;
  }
}

// Whether the checker refuses the equation of two nodes (in one tape) by `ring` from premises.
bool checker_refuses_ring(situation& s, std::vector<theorem> premises) {
  const std::size_t count = premises.size();
  premises.push_back(s.k.reflexive(s.side(0)));
  premises.push_back(s.k.reflexive(s.side(1)));
  draft d(s.k, premises);
  CHECK(accepted(d.text()));
  std::string names;
  for (std::size_t i = 0; i < count; ++i) names += " " + d.goal(i);
  d.add_step(fmt::format("ring{} : {} = {}", names, d.node(count), d.node(count + 1)));
  return !accepted(d.text());
}

}  // namespace

TEST_CASE("unsound equations are refused by the kernel and by the checker, and where the missing condition is given by neither") {
  struct row {
    const char *equation, *missing;
  };
  for (const row& r : {row{"x/x == 1", "x != 0"},
                       {"x^2/x == x^3/x^2 + 0", "x != 0"},
                       {"sqrt(x^2) == x", "x >= 0"},
                       {"sqrt(x)*sqrt(x) == x", "x >= 0"},
                       {"sum(z)/sum(z) == 1", "sum(z) != 0"},                             // a sum that may be 0 as a divisor
                       {"sum(k, z[k]*w[k]/sum(z)) == sum(k, z[k]*w[k])/sum(w)", ""},      // another sum
                       {"sum(k, if(k != i, z[k]/z[k], 0)) == n - 1 + 0*z[i]", "z != 0"},  // undefined inside sum_{k != i}
                       {"sum(k, if(k != i, z[k]/z[k], 0)) == sum(k, z[k]/z[k]) + 0*z[i]", ""},  // the index that was left out
                       {"sum(k, z[k])*sum(k, w[k]) == sum(k, z[k]*w[k])", ""},                  // capture
                       {"sum(k, z[k]*z[i]) == sum(k, z[k]^2)", ""},
                       {"sum(k, delta(i,k)*z[k]) == sum(z) + 0*z[i]", ""},
                       {"sum(k, delta(i,k)*z[k]) == 0*z[i]", ""},      // an index equal to a bound one
                       {"sum(k, delta(k,k)*z[i]) == z[i]", ""},        // delta(k,k) is 1, n times
                       {"sum(k, 2, n, delta(i,k)*z[k]) == z[i]", ""},  // delta outside its range
                       {"sum(k, 1, n-1, delta(i,k)*z[k]) == z[i]", ""},
                       {"sum(k, 1, n-1, delta(i,k+1)*z[k]) == z[i]", ""},
                       {"sum(k, 1, n-1, 1) == n", ""},
                       {"sum(k, 1, n-1, x)/(n - 1) == x", "n - 1 != 0"},  // an empty range: n may be 1
                       {"abs(x) == x", ""}}) {
    CAPTURE(std::string(r.equation));
    situation without(r.equation);
    CHECK(refused([&] { without.k.ring(without.side(0), without.side(1), {}); }));
    CHECK(checker_refuses_ring(without, {}));
    if (!*r.missing) continue;
    situation with(r.equation, {r.missing});
    const std::vector<theorem> premises{with.given(0)};
    CHECK_FALSE(refused([&] { with.k.ring(with.side(0), with.side(1), premises); }));
    CHECK_FALSE(checker_refuses_ring(with, premises));
  }
}

TEST_CASE("where indices differ is said of output indices alone, by kernel and checker") {
  situation s("sum(k, delta(i,k)*z[k]) == 0*z[i]");
  const std::pair<std::uint8_t, std::uint8_t> with_bound[] = {{0, 1}};
  CHECK(refused([&] { s.k.ring(s.side(0), s.side(1), {}, {}, with_bound); }));
  draft d(s.k, {s.k.reflexive(s.side(0)), s.k.reflexive(s.side(1))});
  d.add_step(fmt::format("ring : {} = {} apart @0,@1", d.node(0), d.node(1)));
  CHECK_FALSE(accepted(d.text()));
}

TEST_CASE("what is reduced over a range that may be empty has no sign, for kernel and checker") {
  struct row {
    const char* expression;
    bool good;
  };
  for (const row& r :
       {row{"sum(k, 1, n, exp(z[k]))", true}, row{"sum(k, 1, n-1, exp(z[k]))", false}, row{"max(k, 1, n, exp(z[k]))", true},
        row{"max(k, 1, n-1, exp(z[k]))", false}, row{"min(k, 2, n, exp(z[k]))", false}}) {
    CAPTURE(std::string(r.expression));
    situation s(r.expression);
    const node_id whole = s.side(0), part = (*s.p.on().args(whole).begin()).node;
    const theorem positive = s.k.sign(relation::positive, part, {});
    CHECK(refused([&] { s.k.sign(relation::positive, whole, std::array{positive}); }) == !r.good);
    draft d(s.k, {positive, s.k.reflexive(whole)});
    d.add_step(fmt::format("sign {} : 0 < {}", d.goal(0), d.node(1)));
    CHECK(accepted(d.text()) == r.good);
  }
}

TEST_CASE("a derivative without one of its conditions is refused by the kernel and by the checker") {
  struct row {
    const char *function, *condition;
  };
  for (const row& r : {row{"log(x)", "x > 0"},   // the logarithm of a negative number
                       row{"abs(x)", "x != 0"},  // a kink
                       row{"sqrt(x)", "x > 0"}, row{"1/x", "x != 0"}, row{"cbrt(x)", "x != 0"}, row{"sign(x)", "x != 0"},
                       row{"if(x < y, x, 2*x)", "x - y != 0"}}) {
    CAPTURE(std::string(r.function));
    situation s(r.function, {r.condition});
    std::vector<theorem> premises{s.given(0)};
    tape& t = s.p.on();
    for (node_id n : t.reachable(s.side(0)))
      if (n != s.side(0) && t.mentions(n, s.x())) premises.push_back(s.k.differentiate(n, s.x(), premises));
    const theorem d = s.k.differentiate(s.side(0), s.x(), premises);
    CHECK(refused([&] { s.k.differentiate(s.side(0), s.x(), std::span(premises).subspan(1)); }));
    draft whole(s.k, {d, premises[0]});
    CHECK(accepted(whole.text()));
    std::string& line = whole.step(0);
    const std::string name = " " + whole.goal(1) + " ";
    REQUIRE(line.find(name) != std::string::npos);
    line.replace(line.find(name), name.size(), " ");
    CHECK_FALSE(accepted(whole.text()));
  }
}

TEST_CASE("an equation that holds at the point is not differentiated, by kernel and checker") {
  for (const char* given : {"x = y", "x^2 = y", "sin(x) = y"}) {
    CAPTURE(std::string(given));
    situation s("x", {given});
    const theorem at = s.given(0), constant = s.k.differentiate(at.says().right, s.x(), {});
    CHECK(refused([&] { s.k.derivative_of_equal(at, constant); }));
    draft d(s.k, {at, constant});
    const std::string zero = words_of(d.step(1)).back();
    for (const char* how : {"at", "near"}) {
      draft tried = d;
      std::string& line = tried.step(0);
      line.replace(line.find(" at "), 4, fmt::format(" {} ", how));
      tried.add_step(fmt::format("derivative-of-equal {} {} : d^1 {} / d x = {}", d.goal(0), d.goal(1), d.node(0), zero));
      CHECK_FALSE(accepted(tried.text()));
    }
  }
}

namespace {

std::vector<theorem> assume_all(kernel& k, const conditions& all) {
  std::vector<theorem> r;
  for (const condition& c : all) r.push_back(k.assume(sign_claim(c.is, k.condition_node(c)), "", origin::domain));
  return r;
}

// The certificate of an instance of a rule by a table whose row has another right side.
bool accepted_with_right(const draft& proved, const std::string& right) {
  draft d = proved;
  std::string& line = d.step(0);
  line.replace(line.rfind(' ') + 1, std::string::npos, right);
  return accepted(d.text());
}

}  // namespace

TEST_CASE("a wrong row in the table of rules is caught by the checker") {
  int tried = 0;
  for (const rule& r : rules())
    for (const rational& c : {rational(2), rational(-3), rational(4)}) {
      if (r.parameter_fits ? !r.parameter_fits(c) : c != rational(2)) continue;
      CAPTURE(std::string(r.name));
      tape t;
      kernel k(t);
      frame f{t, {}};
      term x(f, t.whole(t.symbol("x", {}))), y(f, t.whole(t.symbol("y", {})));
      const std::vector<theorem> conditions = assume_all(k, r.where(x, y, c));
      std::vector<theorem> goals{k.instance_terms(r, f, x, y, c, conditions)};
      const node_id left = goals[0].says().left, right = goals[0].says().right;
      // Other right sides: those of the other rows, and of this one with another number.
      auto other = [&](const rule& q, const rational& number) {
        const node_id n = q.right(x, y, number).over_frame();
        if (n != right && n != left) goals.push_back(k.reflexive(n));
      };
      for (const rule& q : rules())
        if (&q != &r) other(q, c);
      if (r.parameter_fits) other(r, c + 1);
      draft whole(k, goals);
      REQUIRE(accepted(whole.text()));
      for (std::size_t g = 1; g < goals.size(); g += 7, ++tried) CHECK_FALSE(accepted_with_right(whole, whole.node(g)));
      const std::string name = words_of(whole.step(0)).back(), one = whole.add_node("constant 1"),
                        minus = whole.add_node("constant -1");
      for (const std::string& wrong :
           {whole.add_node(fmt::format("add [] {} {}", name, one)), whole.add_node(fmt::format("mul [] {} {}", minus, name))}) {
        CHECK_FALSE(accepted_with_right(whole, wrong));
        ++tried;
      }
      // A row that lost a condition, or has a weaker one.
      for (const theorem& condition : conditions) {
        draft d(k, {goals[0], condition});
        std::string &line = d.step(0), premise = " " + d.goal(1) + " ";
        draft weaker = d;
        line.replace(line.find(premise), premise.size(), " ");
        CHECK_FALSE(accepted(d.text()));
        std::string& assumed = weaker.step(1);
        for (const char* strict : {": 0 < ", " != 0 "})
          if (const std::size_t at = assumed.find(strict); at != std::string::npos) {
            if (*strict == ':')
              assumed.replace(at, 6, ": 0 <=");
            else
              assumed.replace(at, 5, " integer");
            CHECK_FALSE(accepted(weaker.text()));
          }
        ++tried;
      }
    }
  CHECK(tried > 2000);
}

TEST_CASE("a wrong derivative of a function is caught by the checker") {
  int tried = 0;
  for (const op_info& info : functions())
    for (int moving = info.parameters; moving < info.arity; ++moving) {
      CAPTURE(std::string(info.name));
      tape t;
      kernel k(t);
      frame g{t, {}};
      const node_id x = t.symbol("x", {}), y = t.symbol("y", {});
      std::vector<term> args;
      for (int a = 0; a < info.arity; ++a) args.emplace_back(g, t.whole(a == moving ? x : y));
      const node_id n = make_term(info.code, args).over_frame();
      std::vector<theorem> premises{k.differentiate(x, t.symbol_of(x), {})};
      std::vector<bool> moves;
      for (int a = 0; a < info.arity; ++a) moves.push_back(a == moving);
      frame f = frame_of(t, n);
      for (const theorem& c : assume_all(k, defined_conditions(n, f))) premises.push_back(c);
      for (const theorem& c : assume_all(k, kink_conditions(n, f, moves))) premises.push_back(c);
      draft d(k, {k.differentiate(n, t.symbol_of(x), premises)});
      REQUIRE(accepted(d.text()));
      const std::vector<std::string> w = words_of(d.step(0));
      const std::string &right = w.back(), &argument = *(std::ranges::find(w, ":") + 2);
      const std::string one = d.add_node("constant 1"), minus = d.add_node("constant -1");
      for (const std::string& wrong : {d.add_node(fmt::format("add [] {} {}", right, one)),
                                       d.add_node(fmt::format("mul [] {} {}", minus, right)), argument, one}) {
        if (wrong == right) continue;
        CHECK_FALSE(accepted_with_right(d, wrong));
        ++tried;
      }
    }
  CHECK(tried > 200);
}
