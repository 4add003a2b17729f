#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>

#include <wengert/calculus/problem.hpp>
#include <wengert/text/diagnostics.hpp>
#include <wengert/text/parser.hpp>

namespace {

using namespace wengert;

vocabulary words() {
  return [](std::string_view n) -> name_role {
    if (n == "sin" || n == "asin" || n == "exp" || n == "log") return {name_role::kind::function, true};
    if (n == "softmax" || n == "f") return {name_role::kind::function};
    if (n == "sofmax") return {name_role::kind::unknown, false, false, "unknown function 'sofmax'"};
    return {};
  };
}

syntax_tree read(const std::string& text) { return parse_statement(std::make_shared<const std::string>(text), words()); }

// The tree with all brackets written.
std::string brackets(const syntax_tree& t, syntax_id n) {
  const syntax_node& s = t[n];
  auto list = [&](std::size_t from, std::string_view between) {
    std::string r;
    for (std::size_t k = from; k < s.children.size(); ++k)
      r += (k > from ? std::string(between) : "") + brackets(t, s.children[k]);
    return r;
  };
  switch (s.kind) {
    case syntax::number: return t.numbers[s.value].str();
    case syntax::name: return s.name;
    case syntax::negate: return "(-" + brackets(t, s.children[0]) + ")";
    case syntax::transpose: return brackets(t, s.children[0]) + "'";
    case syntax::power: return "(" + list(0, s.joins[0] == token_kind::power ? "^" : ".^") + ")";
    case syntax::index: return brackets(t, s.children[0]) + "[" + list(1, ",") + "]";
    case syntax::call: return s.name + "(" + list(0, ",") + ")";
    case syntax::reduce: return s.name + "<" + s.letter + ">(" + list(0, ",") + ")";
    case syntax::conditional: return "if(" + list(0, ",") + ")";
    case syntax::derivative: return "D(" + list(0, ",") + ")";
    case syntax::compare: return list(0, "~");
    default: break;
  }
  std::string r;
  for (std::size_t k = 0; k < s.children.size(); ++k) {
    std::string_view join;
    switch (s.joins[k]) {
      case token_kind::plus: join = "+"; break;
      case token_kind::minus: join = "-"; break;
      case token_kind::times: join = "*"; break;
      case token_kind::over: join = "/"; break;
      case token_kind::dot_times: join = ".*"; break;
      default: join = "./"; break;
    }
    r += (k > 0 ? std::string(join) : "") + brackets(t, s.children[k]);
  }
  return "(" + r + ")";
}

std::string tree(const std::string& text) {
  syntax_tree t = read(text);
  return brackets(t, t.root);
}

// The error that a text makes.
error failure(const std::string& text) {
  try {
    read(text);
  } catch (const error& e) {
    return e;
  }
  return error("none", "no error");
}

std::string code(const std::string& text) { return failure(text).code; }

}  // namespace

TEST_CASE("precedence and juxtaposition") {
  CHECK(tree("-x^2") == "(-(x^2))");
  CHECK(tree("2^-x") == "(2^(-x))");
  CHECK(tree("x^y^z") == "(x^(y^z))");
  CHECK(tree("x**2") == "(x^2)");
  CHECK(tree("x^2y") == "((x^2)*y)");
  CHECK(tree("2x") == "(2*x)");
  CHECK(tree("2(x+1)(x-1)") == "(2*(x+1)*(x-1))");
  CHECK(tree("x -y") == "(x-y)");
  CHECK(tree("a*b/c*d") == "(a*b/c*d)");
  CHECK(tree("a+b+c-d") == "(a+b+c-d)");
  CHECK(tree("-x*y") == "((-x)*y)");
  CHECK(tree("2*-x") == "(2*(-x))");
  CHECK(tree("--x") == "x");
  CHECK(tree("x'*A*y'") == "(x'*A*y')");
  CHECK(tree("z[i+1]") == "z[(i+1)]");
  CHECK(tree("A[i,j]^2") == "(A[i,j]^2)");
  CHECK(tree("x\n+\ty") == "(x+y)");
}

TEST_CASE("numbers are exact, and dots belong to operators where they can") {
  CHECK(tree("0.1") == "1/10");
  CHECK(tree(".5") == "1/2");
  CHECK(tree("2.") == "2");
  CHECK(tree("1e-3") == "1/1000");
  CHECK(tree("007.50") == "15/2");
  CHECK(tree("0") == "0");
  CHECK(tree("1./x") == "(1./x)");
  CHECK(tree("2.*x") == "(2.*x)");
  CHECK(tree("2.^x") == "(2.^x)");
  CHECK(tree("2e") == "(2*e)");
  CHECK(tree("2e3x") == "(2000*x)");
  CHECK(tree("2exp(x)") == "(2*exp(x))");
  CHECK(tree("1e400").size() == 401);
  CHECK(code("1e401") == "P04");
  CHECK(code("1e99999999999999999999") == "P04");
  CHECK(code("3..2") == "P04");
  CHECK(code("1.5.2") == "P04");
  CHECK(code("2 3") == "P08");
  CHECK(code("x^2 3") == "P08");
  CHECK(code(std::string(1001, '7')) == "P04");
}

TEST_CASE("functions without brackets take one product of names and numbers") {
  CHECK(tree("sin 2x") == "sin((2*x))");
  CHECK(tree("sin x + y") == "(sin(x)+y)");
  CHECK(tree("sin x*y") == "(sin(x)*y)");
  CHECK(tree("2 sin x") == "(2*sin(x))");
  CHECK(tree("1/sin x") == "(1/sin(x))");
  CHECK(tree("sin z[i]") == "sin(z[i])");
  CHECK(tree("sin^2(x)") == "(sin(x).^2)");
  CHECK(tree("sin^2 x") == "(sin(x).^2)");
  for (const char* text :
       {"sin x y", "sin -x", "sin x^2", "sin 2(x)", "sin exp", "sin", "sin + 1", "softmax z", "sin^-2(x)", "sin x'", "y'(x)"}) {
    CAPTURE(std::string(text));
    CHECK(code(text) == "P12");
  }
  CHECK(code("sin^-1(x)") == "P13");
  CHECK(code("sin^(-1)(x)") == "P13");
  CHECK(failure("sin^-1(x)").hint == "write asin(x) or 1/sin(x)");
  CHECK(failure("exp^-1(x)").hint == "write 1/exp(x) for the reciprocal");
}

TEST_CASE("a product without a sign after a quotient is refused with both readings") {
  CHECK(failure("1/2x").hint == "write (1/2)*x or 1/(2*x)");
  CHECK(failure("a/b c").hint == "write (a/b)*c or a/(b*c)");
  CHECK(failure("2/3 x").hint == "write (2/3)*x or 2/(3*x)");
  CHECK(failure("1 / 2(x+1)").hint == "write (1/2)*(x+1) or 1/(2*(x+1))");
  for (const char* text : {"1/2x", "a/b c", "x/2 sin y", "1/x^2y", "1./2x"}) CHECK(code(text) == "P11");
  CHECK(tree("a/b*c d") == "(a/b*c*d)");
}

TEST_CASE("sums, conditions and derivatives") {
  CHECK(tree("sum(k,1,n,c[k]*x^k)") == "sum<k>(1,n,(c[k]*(x^k)))");
  CHECK(tree("sum(k, z[k])") == "sum<k>(z[k])");
  CHECK(tree("sum(z)") == "sum<>(z)");
  CHECK(tree("max(x, 0)") == "max(x,0)");
  CHECK(tree("max(k, z[k])") == "max<k>(z[k])");
  CHECK(tree("max(k, z_k)") == "max<k>(z_k)");
  CHECK(tree("min(x, z[k])") == "min(x,z[k])");
  CHECK(tree("if(x >= 0, x, -x)") == "if(x,0,x,(-x))");
  CHECK(tree("D(x^2, x)") == "D((x^2),x)");
  CHECK(tree("D(D(f(x), x), z[i])") == "D(D(f(x),x),z[i])");
  CHECK(tree("D*2") == "(D*2)");
  CHECK(tree("a == b+1") == "a~(b+1)");
  for (const char* text : {"sum()", "sum(axis=1)"}) CHECK(code(text)[0] == 'P');
  for (const char* text : {"sum(k,1,z[k])", "sum(2, x)", "sum(x, axis=3)", "D(x)", "if(x,1,2)", "if(x>0,1)", "if x"}) {
    CAPTURE(std::string(text));
    CHECK(code(text) == "P09");
  }
  CHECK(code("D(x, 2)") == "P15");
  CHECK(code("a < b < c") == "P10");
  CHECK(code("if(a<b<c,1,2)") == "P10");
  CHECK(code("1 + (a<b)") == "P16");
}

TEST_CASE("broken texts get an error at the place where they break") {
  struct broken {
    const char* text;
    const char* code;
    std::size_t column;
  };
  for (const broken& b :
       {broken{"2x +* 3", "P03", 5}, broken{"", "P01", 1}, broken{"   ", "P01", 4}, broken{"x +", "P03", 4},
        broken{"(x", "P05", 1}, broken{"x)", "P05", 2}, broken{"z[1", "P05", 2}, broken{"(x]", "P05", 3}, broken{"()", "P03", 2},
        broken{"x ? y", "P02", 3}, broken{"αβ + ×", "P02", 6}, broken{"x,y", "P08", 2}, broken{"f(x", "P05", 2},
        broken{"sofmax(z)", "N01", 1}, broken{"x²", "P02", 2}, broken{"if = 2", "P09", 4}}) {
    CAPTURE(std::string(b.text));
    error e = failure(b.text);
    CHECK(e.code == b.code);
    CHECK(e.column == b.column);
  }
  CHECK(code(std::string("x\0y", 3)) == "P02");
  CHECK(code("x\xff") == "P02");
  CHECK(code("\xc0\xaf") == "P02");
  CHECK(code("\xed\xa0\x80") == "P02");
  CHECK(code("x\xce") == "P02");
}

TEST_CASE("huge and deep texts end in an error, quickly") {
  auto start = std::chrono::steady_clock::now();
  CHECK(code(std::string(10'000'000, 'x')) == "P07");
  CHECK(code(std::string(100'000, '(')) == "P06");
  CHECK(code(std::string(100'000, '(') + "x" + std::string(100'000, ')')) == "P06");
  std::string minus(100'000, '-'), prime = "x" + std::string(100'000, '\''), tower = "x", indices = "x", nested = "x";
  for (int k = 0; k < 100'000; ++k) tower += "^x";
  for (int k = 0; k < 100'000; ++k) indices += "[1]";
  for (int k = 0; k < 1'000; ++k) nested = "exp(" + nested + ")";
  CHECK(tree(minus + "x") == "x");
  CHECK(code(prime) == "P06");
  CHECK(code(tower) == "P06");
  CHECK(code(indices) == "P06");
  CHECK(code(nested) == "P06");
  std::string sum = "x", product = "x";
  for (int k = 0; k < 200'000; ++k) sum += "+x", product += " x";
  CHECK(read(sum)[read(sum).root].children.size() == 200'001);
  CHECK(read(product)[read(product).root].children.size() == 200'001);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("nesting up to the limit is read") {
  std::string text = "x";
  for (int k = 0; k < 450; ++k) text = "(" + text + ")";
  CHECK(tree(text) == "x");
}

TEST_CASE("declarations") {
  auto all = parse_declarations("x, y: real; W: matrix[m,n+1]\n; p: real, p > 0, p < f(1,2); z: vector[3]");
  REQUIRE(all.size() == 4);
  CHECK(all[0].names.size() == 2);
  CHECK(all[1].dims[1].name == "n");
  CHECK(all[1].dims[1].offset == 1);
  CHECK(all[2].facts.size() == 2);
  CHECK(all[3].dims[0].offset == 3);
  for (const char* text : {"x", "x:", "x: foo", "x real", "z: vector", "z: vector[", "z: vector[0]", "z: vector[-1]",
                           "W: matrix[m]", "x: real,", "2: real"}) {
    CAPTURE(std::string(text));
    CHECK_THROWS_AS(parse_declarations(text), error);
  }
}

TEST_CASE("an error is shown under its source") {
  CHECK(render(failure("2x +* 3")) ==
        "error[P03]: expected an operand after '+', found '*'\n  | 2x +* 3\n  |     ^ remove one operator");
  CHECK(render(failure("αβ + ×")).find("\n  |      ^ write '*'") != std::string::npos);
  CHECK(render(error("U01", "no such option")) == "error[U01]: no such option");
  std::string rendered = render(failure(std::string(500, 'x') + " + * " + std::string(500, 'y')));
  CHECK(rendered.size() < 400);
  std::size_t line = rendered.find("  | "), caret = rendered.rfind("  | ");
  std::size_t column = rendered.find('^', caret) - caret;
  CHECK(rendered[line + column] == '*');
}

TEST_CASE("the nearest name is suggested") {
  constexpr std::array<std::string_view, 4> names{"softmax", "softplus", "exp", "log"};
  CHECK(closest("sofmax", names) == "softmax");
  CHECK(closest("sotfmax", names) == "softmax");
  CHECK(closest("exq", names) == "exp");
  CHECK(closest("banana", names).empty());
  CHECK(closest("f", names).empty());
}
