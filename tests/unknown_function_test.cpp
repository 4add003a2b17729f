#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/text/printer.hpp>

using namespace wengert;

namespace {

const std::string declarations = "f, h: function(t); g: function(u, v); x, y: real; z: vector[K]";

std::string derivative_of(const std::string& expression, const std::string& by, int order = 1) {
  problem p({{declarations}, {}, {}, {by}, {expression}});
  diff_answer a = diff(p, order);
  CHECK(a.results.at(0).proof.checked);
  return a.results.at(0).derivative;
}

verdict verdict_of(const std::string& statement, const std::vector<std::string>& givens = {}) {
  problem p({{declarations}, {}, givens, {}, {statement}});
  return prove(p).status;
}

std::string code(const std::string& expression, const std::vector<std::string>& wrt = {}) {
  try {
    problem p({{declarations}, {}, {}, wrt, {expression}});
    return "none";
  } catch (const error& e) {
    return e.code;
  }
}

}  // namespace

TEST_CASE("an unknown function obeys the chain rule") {
  CHECK(derivative_of("f(x)", "x") == "f'(x)");
  CHECK(derivative_of("f(x^2)", "x") == "2*x*f'(x^2)");
  CHECK(derivative_of("f''(x)", "x") == "f'''(x)");
  CHECK(derivative_of("f(x)", "x", 2) == "f''(x)");
  CHECK(derivative_of("f(y)", "x") == "0");
  CHECK(derivative_of("f'[7](x)", "x") == "f'[8](x)");
  CHECK(derivative_of("g(x, y)", "x") == "g'[1,0](x, y)");
  CHECK(derivative_of("g(x, y)", "y") == "g'[0,1](x, y)");
}

TEST_CASE("statements about unknown functions are proved by what holds of every function") {
  for (const char* s :
       {"D(f(x^2), x) == 2*x*f'(x^2)", "D(f(x)*h(x), x) == f'(x)*h(x) + f(x)*h'(x)", "D(D(f(x), x), x) == f''(x)",
        "D(f(h(x)), x) == f'(h(x))*h'(x)", "D(D(f(h(x)), x), x) == f''(h(x))*h'(x)^2 + f'(h(x))*h''(x)",
        "D(g(x, x), x) == g'[1,0](x, x) + g'[0,1](x, x)", "D(D(g(x, y), x), y) == D(D(g(x, y), y), x)",
        "D(g(x^2, x*y), x) == 2*x*g'[1,0](x^2, x*y) + y*g'[0,1](x^2, x*y)", "f(x*(x + 1)) == f(x^2 + x)",
        "D(sum(f(z)), z[i]) == f'(z[i])", "D(f(sum(z)), z[i]) == f'(sum(z))", "D(exp(f(x)), x) == exp(f(x))*f'(x)",
        "D(f(x)/h(x), x) == (f'(x)*h(x) - f(x)*h'(x))/h(x)^2", "f'[3](x) == f'''(x)", "g'[0,0](x, y) == g(x, y)"}) {
    CAPTURE(s);
    CHECK(verdict_of(s) == verdict::proved);
  }
  CHECK(verdict_of("f(x) == f(y)", {"x = y"}) == verdict::proved);
  CHECK(verdict_of("D(f(x)^2, x) == 0", {"f(x) = 0"}) == verdict::proved);
}

TEST_CASE("nothing else is known of an unknown function") {
  for (const char* s :
       {"f(x) == h(x)", "f(x) == f(y)", "f(-x) == f(x)", "f(x + y) == f(x) + f(y)", "f'(x) == f(x)", "D(f(x), x) == f(x)",
        "g(x, y) == g(y, x)", "D(g(x, y), x) == D(g(x, y), y)", "f(2*x) == 2*f(x)", "f(0) == 0"}) {
    CAPTURE(s);
    CHECK(verdict_of(s) == verdict::unknown);
  }
}

TEST_CASE("a fact about an unknown function holds at the point, unless it is strict") {
  CHECK(verdict_of("D(log(f(x)), x) == f'(x)/f(x)") == verdict::proved);
  CHECK(verdict_of("D(abs(f(x)), x) == f'(x)", {"f(x) > 0"}) == verdict::proved);
  CHECK(verdict_of("D(f(x)^2, x) == 2*f'(x)", {"f(x) = 1"}) == verdict::proved);
  CHECK(verdict_of("D(f(x)^2, x) == 0", {"f(x) = 1"}) != verdict::proved);
  CHECK(verdict_of("D(abs(f(x)), x) == f'(x)", {"f(x) >= 0"}) != verdict::proved);
}

TEST_CASE("what is printed of an unknown function parses back") {
  problem p({{declarations}, {}, {}, {}, {"f''''(x) + f'[5](x) + g'[2,1](x, y)*f(z[1] + x)*h(f'(x))"}});
  const expression e = p.expressions().at(0);
  std::string text = print(p.on(), e.node, {&p.calls(), {}});
  CHECK(p.parse(text).node == e.node);
}

TEST_CASE("unknown functions have no value, and are written with brackets") {
  problem p({{declarations}, {}, {}, {"x"}, {"x*f(x)"}});
  std::string message;
  try {
    grad(p, {{"x", {{}, {1}}}});
  } catch (const error& e) {
    CHECK(e.code == "V08");
    message = e.what();
  }
  CHECK(message == "'f' is unknown: it has no value");
  CHECK(code("f") == "P12");
  CHECK(code("f'*x") == "P12");
  CHECK(code("2*f'") == "P12");
  CHECK(code("f x") == "P12");
  CHECK(code("f(x, y)") == "N03");
  CHECK(code("g(x)") == "N03");
  CHECK(code("g'(x, y)") == "N03");
  CHECK(code("g'[1](x, y)") == "N03");
  CHECK(code("f'[1.5](x)") == "P12");
  CHECK(code("f''[1](x)") == "P08");
  CHECK(code("f'[1") == "P05");
  CHECK(code("f'[100000000000000000000](x)") == "P12");
  CHECK(code("x", {"f"}) == "N08");
  CHECK(code("D(x, f)") == "N08");
}

TEST_CASE("a declared function takes the place of a known one") {
  problem p({{"sin: function(t); x: real"}, {}, {}, {"x"}, {"sin(2*x)"}});
  CHECK(diff(p, 1).results.at(0).derivative == "2*sin'(2*x)");
}
