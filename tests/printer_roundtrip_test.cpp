// What is printed parses back: to the same node where the node came from a text, to the same value everywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/text/printer.hpp>

#include "round_trip.hpp"

using namespace wengert;

namespace {

// Random expressions in the language, over scalars x, y, vectors z, w of length K and a matrix A of m rows and K columns.
class writer_of_texts {
 public:
  // With `exact`, only texts whose nodes the parser reaches from what is printed: x^(-3/2) prints as a quotient.
  writer_of_texts(unsigned seed, bool exact) : random_(seed), exact_(exact) {}

  std::string scalar(int depth) {
    if (depth <= 0) return leaf();
    switch (pick(17)) {
      case 0: return "(" + scalar(depth - 1) + " + " + scalar(depth - 1) + ")";
      case 1: return scalar(depth - 1) + " - " + product(depth - 1) + " + " + product(depth - 1);
      case 2: return product(depth - 1);
      case 3: return fmt::format("{}/{}*{}", factor(depth - 1), factor(depth - 1), factor(depth - 1));
      case 4: return fmt::format("-{}*{}", factor(depth - 1), factor(depth - 1));
      case 5:
        return fmt::format("{}^{}", factor(depth - 1),
                           one_of({"2", "3", "(1/2)", "(2/3)", exact_ ? "0" : "(-3/2)", exact_ ? "4" : "(-1)"}));
      case 6: return fmt::format("{}^{}", factor(depth - 1), factor(depth - 1));
      case 7: return fmt::format("{}({})", function(), scalar(depth - 1));
      case 8:
        return fmt::format("{}({}, {})", one_of({"atan2", "hypot", "max", "min", "xlogy"}), scalar(depth - 1), scalar(depth - 1));
      case 9:
        return fmt::format("if({} {} {}, {}, {})", scalar(depth - 1), one_of({"<", "<=", ">", ">=", "=", "!="}),
                           scalar(depth - 1), scalar(depth - 1), scalar(depth - 1));
      case 10:
        return fmt::format("{}({})", one_of({"sum", "max", "min", "logsumexp", "norm2", "mean", "prod"}), vector(depth - 1));
      case 11: return fmt::format("{}[{}]", one_of({"softmax(z)", "z", "log_softmax(w)", "(z .* w)"}), K_index());
      case 12: return bound(one_of({"sum", "prod", "max"}), "", depth);
      case 13: return bound("sum", "1, K, ", depth);
      case 14: return shifted(depth);
      case 15: return fmt::format("{}({}, {})", one_of({"dot", "cross_entropy", "mse"}), vector(depth - 1), vector(depth - 1));
      default: return fmt::format("{}({})", one_of({"sigmoid", "softplus", "relu"}), scalar(depth - 1));
    }
  }

  std::string vector(int depth) {
    if (depth <= 0) return one_of({"z", "w"});
    switch (pick(11)) {
      case 0: return vector(depth - 1) + " + " + vector(depth - 1);
      case 1: return fmt::format("({} - {})", vector(depth - 1), vector(depth - 1));
      case 2: return fmt::format("({}) .* ({})", vector(depth - 1), vector(depth - 1));
      case 3: return fmt::format("({}) ./ ({})", vector(depth - 1), vector(depth - 1));
      case 4: return fmt::format("{}*({})", closed(depth - 1), vector(depth - 1));
      case 5: return fmt::format("({})/{}", vector(depth - 1), closed(depth - 1));
      case 6:
        return fmt::format("{}({})", one_of({"exp", "sin", "softmax", "tanh", "sigmoid", "log_softmax", "relu"}),
                           vector(depth - 1));
      case 7: return fmt::format("({}).^{}", vector(depth - 1), one_of({"2", "(1/2)", exact_ ? "3" : "(-1)", "w"}));
      case 8: return fmt::format("{} + {}", vector(depth - 1), closed(depth - 1));
      case 9: return fmt::format("-({})", vector(depth - 1));
      default: return fmt::format("{} ./ ({})", closed(depth - 1), vector(depth - 1));
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string one_of(std::vector<std::string> all) { return all[pick(all.size())]; }
  std::string function() { return one_of({"exp", "sin", "cos", "tanh", "sqrt", "log", "abs", "atan", "cbrt", "log1p"}); }

  std::string K_index() {
    std::vector<std::string> all{"1", "K"};
    all.insert(all.end(), K_letters_.begin(), K_letters_.end());
    return one_of(all);
  }

  std::string leaf() {
    switch (pick(8)) {
      case 0: return one_of({"2", "3", "11", exact_ ? "7" : "0.3", exact_ ? "5" : "1/2"});
      case 1: return "x";
      case 2: return "y";
      case 3: return fmt::format("z[{}]", K_index());
      case 4: return fmt::format("w[{}]", K_index());
      case 5: return fmt::format("A[{},{}]", one_of({"1", "m"}), K_index());
      case 6: return fmt::format("delta({},{})", K_index(), K_index());
      default: return one_of({"pi", "K", "e", K_letters_.empty() ? "x" : K_letters_.back()});
    }
  }

  // Scalars without the letters of sums around them, as arguments beside arrays must be.
  std::string closed(int depth) {
    std::vector<std::string> outer;
    outer.swap(K_letters_);
    std::string r = factor(depth);
    outer.swap(K_letters_);
    return r;
  }

  std::string factor(int depth) { return pick(3) == 0 ? leaf_factor() : "(" + scalar(depth) + ")"; }
  std::string leaf_factor() { return "(" + leaf() + ")"; }
  std::string product(int depth) { return fmt::format("{}*{}", factor(depth), factor(depth)); }

  std::string bound(const std::string& name, const std::string& bounds, int depth) {
    std::string letter = fmt::format("k{}", K_letters_.size());
    K_letters_.push_back(letter);
    std::string body = fmt::format("z[{}]*({})", letter, scalar(depth - 1));
    K_letters_.pop_back();
    return fmt::format("{}({}, {}{})", name, letter, bounds, body);
  }

  std::string shifted(int depth) {
    std::string letter = fmt::format("k{}", K_letters_.size());
    return fmt::format("sum({0}, 1, K-1, z[{0}+1]*w[{0}] + {1})", letter, scalar(depth - 1));
  }

  std::mt19937_64 random_;
  bool exact_;
  std::vector<std::string> K_letters_;
};

problem declared() {
  problem_text text;
  text.vars = {"x, y: real; z, w: vector[K]; A: matrix[m, K]"};
  text.expressions = {"x + y + sum(z) + sum(w) + sum(A)"};
  return problem(text);
}

evaluator<long double> somewhere(const tape& t, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<long double> draw(0.2L, 1.5L);
  evaluator<long double> e(t);
  auto bind = [&](const char* name, std::vector<std::size_t> shape) {
    std::size_t entries = 1;
    for (std::size_t s : shape) entries *= s;
    std::vector<long double> v(entries);
    for (long double& x : v) x = draw(random);
    e.bind(name, v, shape);
  };
  bind("x", {});
  bind("y", {});
  bind("z", {3});
  bind("w", {3});
  bind("A", {2, 3});
  return e;
}

// Parses what was printed. A letter that stands in deltas only, and vector(1) on its own, have a length that only the context
// knows: then there is nothing to compare, and nothing comes back.
std::optional<expression> parse_back(problem& p, const std::string& text) {
  try {
    return p.parse(text);
  } catch (const error& e) {
    if (e.code == "N07" || e.code == "S08") return {};
    throw;
  }
}

void check_text(problem& p, const std::string& text, bool index_form, bool same_node) {
  CAPTURE(text);
  expression first = p.parse(text);
  print_options o;
  o.letters = first.letters;
  o.index_form = index_form;
  printed shown = print_with_letters(p.on(), first.node, {&p.calls(), {}}, o);
  CAPTURE(shown.text);
  std::optional<expression> second = parse_back(p, shown.text);
  REQUIRE(second.has_value());
  CHECK(same_values(p.on(), somewhere(p.on(), 5), first.node, shown, *second));
  if (same_node) CHECK(second->node == first.node);
}

}  // namespace

TEST_CASE("a scalar expression prints and parses back to itself") {
  problem p = declared();
  for (unsigned seed = 0; seed < 300; ++seed) {
    writer_of_texts texts(seed, true);
    check_text(p, texts.scalar(1 + static_cast<int>(seed % 4)), seed % 5 == 0, true);
  }
}

TEST_CASE("a vector expression prints and parses back to itself") {
  problem p = declared();
  for (unsigned seed = 0; seed < 200; ++seed) {
    writer_of_texts texts(1000 + seed, true);
    check_text(p, texts.vector(1 + static_cast<int>(seed % 4)), false, true);
  }
}

TEST_CASE("every expression prints and parses back to the same values") {
  problem p = declared();
  for (unsigned seed = 0; seed < 200; ++seed) {
    writer_of_texts texts(2000 + seed, false);
    int depth = 1 + static_cast<int>(seed % 4);
    check_text(p, seed % 2 == 0 ? texts.scalar(depth) : texts.vector(depth), seed % 3 == 0, false);
  }
}

TEST_CASE("derivatives print as texts of the same value") {
  problem p = declared();
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 150; ++seed) {
    writer_of_texts texts(3000 + seed, false);
    std::string text = texts.scalar(1 + static_cast<int>(seed % 3));
    CAPTURE(text);
    node_id f = p.parse(text).node;
    for (const char* by : {"x", "z", "A"}) {
      node_id d = derivative(p.on(), f, p.on().symbol_of(p.on().find_symbol(by)));
      printed shown;
      try {
        shown = print_with_letters(p.on(), d, {&p.calls(), {}});
      } catch (const error& e) {
        REQUIRE(e.code == "V04");
        continue;
      }
      CAPTURE(shown.text);
      std::optional<expression> parsed = parse_back(p, shown.text);
      if (!parsed) continue;
      ++compared;
      CHECK(same_values(p.on(), somewhere(p.on(), 5), d, shown, *parsed));
    }
  }
  CHECK(compared > 200);
}

TEST_CASE("a let prints by its name and parses back to it") {
  problem_text text;
  text.vars = {"z, y: vector[K]"};
  text.lets = {"a = softmax(z)"};
  text.expressions = {"-sum(y .* log(a))"};
  problem p(text);
  CHECK(print(p.on(), p.expressions()[0].node, {&p.calls(), {}}) == "-sum(k, y[k]*log(a[k]))");
  CHECK(p.parse("-sum(k, y[k]*log(a[k]))").node == p.expressions()[0].node);
}

TEST_CASE("coefficients, quotients and comparisons print as they read best, and parse back to the same node") {
  problem p = declared();
  for (const char* text : {"1/2*x",
                           "-1/2*x",
                           "3/2*x",
                           "2/3*x*y",
                           "x/2/y",
                           "-3*x/(2*y)",
                           "1/(2*sqrt(x))",
                           "x/(2*x*y)",
                           "x/(2*(2*y))",
                           "1/2*(-x)",
                           "(2*x)/2",
                           "x*(1/2)",
                           "x - y/2",
                           "x - 1/(3*y)",
                           "y - 1/x",
                           "-(x*y)/2",
                           "exp(-1/2*x^2)",
                           "x/y^2",
                           "1/sqrt(y)",
                           "1/x^0",
                           "1/y^-2",
                           "if(0 < x, 1, 0)",
                           "if(0 <= x, y, x)",
                           "if(0 = x, y, x)",
                           "-x + 1",
                           "sum(k, z[k]/2)",
                           "z/2 - w./(2*z)",
                           "3*z/x",
                           "z + (x + y)*vector(1)",
                           "2*A*z"})
    check_text(p, text, false, true);
}

TEST_CASE("a number that a divisor begins with stays there when the text is read again") {
  problem p = declared();
  for (const char* text :
       {"x/(-(-y))", "(x/y)/(-(-y))", "1/(-(-x))", "-3*x/(-(-y))", "x/(2*(-y))", "x/(-(-y)*x)", "z./(-(-w))", "x/(-(-y))/(-(-y))",
        "6*x/(2*(2*y))", "(relu(11)./tanh(z))./(-(-z)) + x", "w[1]./((-(-z)).*(z/x + w))"})
    check_text(p, text, false, true);
}
