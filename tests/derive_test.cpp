#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/derivation/documents.hpp>
#include <wengert/numeric/evaluate.hpp>

#include "markup.hpp"

using namespace wengert;

namespace {

// What a reader of a derivation knows: the user's declarations and lets, and the names that the derivation gave.
class reader {
 public:
  reader(const problem& asked, const problem_text& text, const derivation& d) : givens_(text.givens) {
    const tape& t = asked.on();
    for (dim_id k = 0; k < t.dim_count(); ++k) known_.vars.push_back(t.dim_name(k) + ": integer");
    std::set<std::string> declared;
    for (symbol_id s = 0; s < t.symbol_count(); ++s)
      if (t.symbol(s).name.find('\'') == std::string::npos) declare(t, s, declared);
    std::set<std::string> named;
    for (const std::string& l : text.lets) {
      std::string name = l.substr(0, l.find_first_of(" [="));
      if (declared.contains(name)) continue;  // --wrt made it independent
      named.insert(name);
      known_.lets.push_back(l);
    }
    for (const auto& [name, value] : d.lets)
      if (named.insert(name).second) known_.lets.push_back(name + " = " + value);
  }

  problem read(const std::string& text) const {
    problem_text t = known_;
    t.expressions = {text};
    return problem(t);
  }

  // Values for every symbol that meet the givens; with `positive` all are between 0 and 1.
  void bind(evaluator<long double>& e, const tape& t, bool positive, std::mt19937& random) const {
    for (dim_id k = 0; k < t.dim_count(); ++k) e.bind_dim(k, 3 + static_cast<std::int64_t>(k));
    for (symbol_id s = 0; s < t.symbol_count(); ++s) {
      const symbol_info& info = t.symbol(s);
      std::vector<std::size_t> shape;
      std::size_t count = 1;
      for (range_id r : info.axes) {
        const affine& hi = t.range_of(r).hi;
        shape.push_back(static_cast<std::size_t>(hi.offset + (hi.dim == none ? 0 : *e.dim_size(hi.dim))));
        count *= shape.back();
      }
      std::vector<long double> v(count);
      bool probability = says("simplex", info.name) || is_given(fmt::format("sum({}) = 1", info.name));
      bool low = positive || probability || is_given(info.name + " > 0");
      for (long double& x : v) x = std::uniform_real_distribution<double>(low ? 0.1 : -1.5, low ? 0.9 : 1.5)(random);
      if (says("one_hot", info.name)) {
        std::ranges::fill(v, 0);
        v[std::uniform_int_distribution<std::size_t>(0, count - 1)(random)] = 1;
      } else if (probability) {
        long double total = 0;
        for (long double x : v) total += x;
        for (long double& x : v) x /= total;
      }
      e.bind(s, v, shape);
    }
  }

 private:
  void declare(const tape& t, symbol_id s, std::set<std::string>& declared) {
    const symbol_info& info = t.symbol(s);
    std::vector<std::string> dims;
    for (range_id r : info.axes) {
      const affine& hi = t.range_of(r).hi;
      dims.push_back(hi.dim == none   ? std::to_string(hi.offset)
                     : hi.offset == 0 ? t.dim_name(hi.dim)
                                      : fmt::format("{}{:+}", t.dim_name(hi.dim), hi.offset));
    }
    std::string type =
        dims.empty() ? "real" : fmt::format("{}[{}]", dims.size() == 1 ? "vector" : "matrix", fmt::join(dims, ","));
    known_.vars.push_back(fmt::format("{}: {}", info.name, type));
    declared.insert(info.name);
  }
  bool is_given(const std::string& fact) const { return std::ranges::find(givens_, fact) != givens_.end(); }
  bool says(const std::string& property, const std::string& name) const {
    return is_given(fmt::format("{}({})", property, name));
  }

  problem_text known_;
  std::vector<std::string> givens_;
};

// "i = j", "i != j": whether it holds for these values of the letters; letters that do not stand in the equation are free to meet
// it.
bool case_holds(const std::string& text, const std::map<std::string, std::size_t>& letters) {
  if (text.empty()) return true;
  bool differ = text.find("!=") != std::string::npos;
  std::size_t at = text.find(differ ? "!=" : "=");
  auto side = [&](std::string s) -> std::optional<std::size_t> {
    std::erase(s, ' ');
    if (!s.empty() && s.find_first_not_of("0123456789") == std::string::npos) return std::stoul(s);
    auto it = letters.find(s);
    return it == letters.end() ? std::nullopt : std::optional(it->second);
  };
  auto a = side(text.substr(0, at)), b = side(text.substr(at + (differ ? 2 : 1)));
  return !a || !b || (*a == *b) != differ;
}

constexpr long double tolerance = 1e-9L;

bool near(long double a, long double b) { return std::fabs(a - b) <= tolerance * std::max({1.0L, std::fabs(a), std::fabs(b)}); }

// Evaluates both sides at random points; "" if they agree wherever the case holds, else what went wrong.
std::string disagreement(const reader& r, const std::string& lhs, const std::string& rhs, const std::string& case_) {
  try {
    problem p = r.read(lhs + " == " + rhs);
    const expression alone = p.parse(lhs);
    std::vector<letter_range> ranges;
    for (std::size_t k = 0; k < alone.letters.size(); ++k) ranges.emplace_back(alone.letters[k], p.on().out(alone.node)[k]);
    p.parse(rhs, ranges);
    const expression &left = p.expressions().at(0), &right = p.expressions().at(1);
    std::mt19937 random(7);
    std::size_t compared = 0;
    for (int round = 0; round < 6; ++round) {
      evaluator<long double> e(p.on());
      r.bind(e, p.on(), round % 2 == 0, random);
      const node_id both[] = {left.node, right.node};
      e.evaluate(both);
      std::vector<std::size_t> shape = e.shape(left.node);
      auto l = e.values(left.node), q = e.values(right.node);
      for (std::size_t k = 0; k < l.size(); ++k) {
        std::map<std::string, std::size_t> letters;
        for (std::size_t rest = k, axis = shape.size(); axis-- > 0; rest /= shape[axis])
          if (axis < left.letters.size()) letters[left.letters[axis]] = rest % shape[axis] + 1;
        if (!case_holds(case_, letters) || !std::isfinite(l[k])) continue;
        ++compared;
        if (!near(l[k], q[k])) return fmt::format("left {} right {}", static_cast<double>(l[k]), static_cast<double>(q[k]));
      }
    }
    return compared == 0 ? "defined nowhere" : "";
  } catch (const error& e) {
    return fmt::format("{}: {} ({})", e.code.c_str(), e.what(), e.hint.c_str());
  }
}

struct numbered {
  std::string number;
  std::vector<std::string> refers_to;
};

void check_step(const reader& r, const derivation_step& s, std::vector<numbered>& order) {
  CAPTURE(s.number);
  CHECK_FALSE(s.rule.empty());
  CHECK_FALSE(s.reason.empty());
  CHECK(s.kernel_first <= s.kernel_last);
  std::string wrong = disagreement(r, s.lhs, s.rhs, s.case_);
  CHECK_MESSAGE(wrong.empty(), fmt::format("({}) {} {} = {}: {}", s.number, s.case_, s.lhs, s.rhs, wrong));
  for (std::size_t k = 0; k < s.substeps.size(); ++k) {
    CHECK(s.substeps[k].number == fmt::format("{}.{}", s.number, k + 1));
    check_step(r, s.substeps[k], order);
  }
  order.push_back({s.number, s.refers_to});
}

void check_order(const std::vector<derivation_step>& steps, const std::vector<numbered>& order) {
  for (std::size_t k = 0; k < steps.size(); ++k) CHECK(steps[k].number == std::to_string(k + 1));
  std::set<std::string> seen;
  for (const numbered& n : order) {
    for (const std::string& to : n.refers_to) CHECK_MESSAGE(seen.contains(to), fmt::format("({}) refers to ({})", n.number, to));
    seen.insert(n.number);
  }
}

// The rhs of the last step is the result.
void check_result(const reader& r, const derivation& d) {
  const derivation_step& last = d.steps.back();
  std::string stated = d.statement.substr(0, d.statement.size() - d.result.derivative.size() - 3);
  CHECK(d.statement == stated + " = " + d.result.derivative);
  std::string wrong = disagreement(r, stated, d.result.derivative, "");
  CHECK_MESSAGE(wrong.empty(), fmt::format("{}: {}", d.statement, wrong));
  try {  // letter by letter in the order of the axes, whatever their names
    problem p = r.read(last.lhs + " == " + last.rhs);
    node_id shown = p.expressions().at(1).node;
    problem q = r.read(stated + " == " + d.result.derivative);
    node_id result = q.expressions().at(1).node;
    for (int round = 0; round < 4; ++round) {
      evaluator<long double> e(p.on()), f(q.on());
      std::mt19937 random(11), same(11);
      r.bind(e, p.on(), round % 2 == 0, random);
      r.bind(f, q.on(), round % 2 == 0, same);
      auto a = e(shown), b = f(result);
      bool fits = a.size() == b.size() || a.size() == 1 || b.size() == 1;
      CHECK_MESSAGE(fits, fmt::format("{} against {}", last.rhs, d.result.derivative));
      if (!fits) return;
      for (std::size_t k = 0; k < std::max(a.size(), b.size()); ++k) {
        long double x = a[a.size() == 1 ? 0 : k], y = b[b.size() == 1 ? 0 : k];
        CHECK_MESSAGE((!std::isfinite(x) || near(x, y)),
                      fmt::format("{} = {}, the result {} = {}", last.rhs, static_cast<double>(x), d.result.derivative,
                                  static_cast<double>(y)));
      }
    }
  } catch (const error& e) {
    CHECK_MESSAGE(false, fmt::format("the result {}: {} {}", d.result.derivative, e.code.c_str(), e.what()));
  }
}

void check_latex(const std::vector<derivation_step>& steps) {
  for (const derivation_step& s : steps) {
    INFO(s.lhs, " = ", s.rhs, " is ", s.latex);
    CHECK_FALSE(s.latex.empty());
    CHECK(s.latex.find("\\texttt") == std::string::npos);  // what could not be read back is shown letter by letter
    CHECK(markup::latex_problem(s.latex) == "");
    check_latex(s.substeps);
  }
}

// The pages are whole, and hold every step.
void check_pages(const problem& p, const std::vector<derivation>& all, int verbosity) {
  check_latex(all[0].steps);
  std::string latex = latex_document(p, all, verbosity), html = html_document(p, all, verbosity);
  CHECK(markup::latex_problem(latex) == "");
  CHECK(markup::xml_problem(html) == "");
  for (std::size_t at = latex.find("\\eqref{"); at != std::string::npos; at = latex.find("\\eqref{", at + 1)) {
    std::string name = latex.substr(at + 7, latex.find('}', at) - at - 7);
    CHECK_MESSAGE(latex.find(fmt::format("\\label{{{}}}", name)) != std::string::npos, name);
  }
  for (const derivation_step& s : all[0].steps) {
    CHECK(latex.find(fmt::format("\\tag{{{}}}", s.number)) != std::string::npos);
    CHECK(html.find(fmt::format("({})</div>", s.number)) != std::string::npos);
  }
}

// bar_v is the derivative of the root by v, the later intermediates moving with it.
void check_adjoints(const reader& r, const derivation& d) {
  auto name_of = [](const std::string& left) { return left.substr(0, left.find('[')); };
  auto seed = std::ranges::find(d.steps, "adjoint", &derivation_step::rule);
  REQUIRE(seed != d.steps.end());
  const std::string root = name_of(seed->lhs).substr(4);
  for (const derivation_step& s : d.steps) {
    if (s.rule != "adjoint" || !s.lhs.starts_with("bar_") || s.lhs.find('[') != std::string::npos) continue;
    derivation_step meaning;
    meaning.number = s.number;
    meaning.rule = s.rule;
    meaning.reason = "the meaning of an adjoint";
    meaning.lhs = fmt::format("D({}, {})", root, s.lhs.substr(4));
    meaning.rhs = s.lhs;
    std::vector<numbered> numbers;
    check_step(r, meaning, numbers);
  }
}

// Derives in one style, and evaluates every equation of the derivation at random points.
void check_derivation(const problem_text& text, const std::string& wrt, int order, int verbosity, derivation_style style) {
  const std::string how = style == derivation_style::adjoint ? ", node by node" : "";
  INFO(text.expressions[0], " by ", wrt, how);
  problem p(text);
  const std::vector<derivation> all = derive(p, order, verbosity, style);
  REQUIRE(all.size() == 1);
  const derivation& d = all[0];
  REQUIRE_FALSE(d.steps.empty());
  CHECK(d.result.proof.checked);
  CHECK_FALSE(d.theorem.empty());
  CHECK_FALSE(d.text.empty());
  reader r(p, text, d);
  std::vector<numbered> numbers;
  for (const derivation_step& s : d.steps) check_step(r, s, numbers);
  check_order(d.steps, numbers);
  check_result(r, d);
  check_pages(p, all, verbosity);
  if (style == derivation_style::adjoint && p.on().rank(p.expressions()[0].node) == 0) check_adjoints(r, d);
}

void check_derivation(problem_text text, const std::string& wrt, int order = 1, int verbosity = 1) {
  text.wrt = {wrt};
  for (derivation_style style : {derivation_style::textbook, derivation_style::adjoint})
    check_derivation(text, wrt, order, verbosity, style);
}

}  // namespace

TEST_CASE("derivation: softmax cross-entropy, with and without facts about y") {
  check_derivation({{}, {}, {"one_hot(y)"}, {}, {"cross_entropy(softmax(z), y)"}}, "z");
  check_derivation({{}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z), y)"}}, "z");
  check_derivation({{}, {}, {}, {}, {"cross_entropy(softmax(z), y)"}}, "z");
  check_derivation({{}, {}, {"one_hot(y)"}, {}, {"cross_entropy(softmax(z), y)"}}, "z", 1, 3);
}

TEST_CASE("derivation: the same spelled out, with other letters") {
  check_derivation({{}, {"q = exp(w)/sum(m, exp(w[m]))", "L = -sum(m, t[m]*log(q[m]))"}, {"sum(t) = 1"}, {}, {"L"}}, "w");
  check_derivation({{}, {"p[k] = exp(z[k])/sum(j, exp(z[j]))"}, {"one_hot(y)"}, {}, {"-sum(k, y[k]*log(p[k]))"}}, "z");
  check_derivation({{}, {"E[l] = exp(x[l])", "N = sum(l, E[l])", "p[l] = E[l]/N"}, {"sum(y) = 1"}, {}, {"cross_entropy(p, y)"}},
                   "x");
}

TEST_CASE("derivation: other normalisers") {
  check_derivation({{}, {"p[k] = 2^z[k]/sum(j, 2^z[j])"}, {"sum(y) = 1"}, {}, {"-sum(k, y[k]*log(p[k]))"}}, "z");
  check_derivation({{}, {"p[k] = z[k]^2/sum(j, z[j]^2)"}, {"sum(y) = 1"}, {}, {"-sum(k, y[k]*log(p[k]))"}}, "z");
  check_derivation({{"u, y: vector[K]"}, {"a = 2.^u/sum(2.^u)"}, {"one_hot(y)"}, {}, {"cross_entropy(a, y)"}}, "u");
  check_derivation({{"u, y: vector[K]"}, {"a = u.^2/sum(u.^2)"}, {}, {}, {"cross_entropy(a, y)"}}, "u");
}

TEST_CASE("derivation: losses of one number") {
  check_derivation({{}, {}, {}, {}, {"binary_cross_entropy(sigmoid(x), y)"}}, "x");
  check_derivation({{}, {}, {}, {}, {"softplus(x)"}}, "x");
  check_derivation({{}, {"p = sigmoid(x)"}, {}, {}, {"-(1 - p)^2*log(p)"}}, "x");
  check_derivation({{}, {}, {}, {}, {"x^2*sin(x)/exp(x)"}}, "x");
  check_derivation({{}, {}, {}, {}, {"x^x"}}, "x");
  check_derivation({{}, {}, {"x > 0"}, {}, {"if(x < 1, x^2, log(x))"}}, "x");
  check_derivation({{}, {}, {}, {}, {"sqrt(1 + x^2) + abs(x)"}}, "x");
  check_derivation({{}, {}, {}, {}, {"x^2*sin(x)/exp(x)"}}, "x", 1, 3);
}

TEST_CASE("derivation: losses of vectors") {
  check_derivation({{}, {}, {"sum(y) = 1"}, {}, {"nll(log_softmax(z), y)"}}, "z");
  check_derivation({{}, {}, {}, {}, {"logsumexp(z)"}}, "z");
  check_derivation({{}, {}, {}, {}, {"log_softmax(z)"}}, "z");
  check_derivation({{}, {}, {}, {}, {"kl_divergence(p, softmax(z))"}}, "z");
  check_derivation({{"A: matrix[n,n]; x: vector[n]"}, {}, {}, {}, {"x'*A*x"}}, "x");
  check_derivation({{"A: matrix[m,n]; x: vector[n]; b: vector[m]"}, {"r = A*x - b"}, {}, {}, {"norm2(r)^2"}}, "x");
  check_derivation({{}, {}, {}, {}, {"norm2(v)"}}, "v");
  check_derivation({{"x, y: vector[n]"}, {}, {}, {}, {"mse(x, y)"}}, "x");
  check_derivation({{"z, y: vector[K]; s: real"}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z), y) + s*sum(z.^2)/2"}}, "z");
  check_derivation({{}, {"c = dot(x, y)/(norm2(x)*norm2(y))"}, {}, {}, {"1 - c"}}, "x");
  check_derivation({{"z, y: vector[K]"}, {"a = softmax(z)"}, {"one_hot(y)"}, {}, {"-sum(k, y[k]*(1 - a[k])^2*log(a[k]))"}}, "z");
}

TEST_CASE("derivation: temperature, smoothed labels, soft targets") {
  check_derivation({{"z, y: vector[K]; T: real"}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z/T), y)"}}, "z");
  check_derivation({{"z, y: vector[K]; T: real"}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z/T), y)"}}, "T");
  check_derivation({{"z, h: vector[K]; s: real"}, {"y = (1-s)*h + s/K"}, {"one_hot(h)"}, {}, {"cross_entropy(softmax(z), y)"}},
                   "z");
  check_derivation({{"z, t: vector[K]"}, {"y = softmax(t)"}, {}, {}, {"cross_entropy(softmax(z), y)"}}, "z");
  check_derivation({{"z, t: vector[K]"}, {"y = softmax(t)"}, {}, {}, {"cross_entropy(softmax(z), y)"}}, "t");
}

TEST_CASE("derivation: chains of named intermediates") {
  check_derivation({{}, {"a = x^2", "b = sin(a)", "c = exp(b)"}, {}, {}, {"c + a"}}, "x");
  check_derivation({{}, {"s = sin(x)", "t = x*s", "r = t/s"}, {}, {}, {"r*t + s"}}, "x");
  check_derivation({{"x, y: vector[n]; w: real"}, {"a = tanh(w*x)", "m = mean(a)"}, {}, {}, {"sum((a - m).^2)"}}, "x");
  check_derivation({{"x, y: vector[n]; w: real"}, {"a = tanh(w*x)"}, {}, {}, {"mse(a, y)"}}, "w");
  check_derivation({{}, {"u = x*y", "v = x + y"}, {}, {}, {"u/v"}}, "x");
  check_derivation({{"z, y: vector[K]"}, {"h = tanh(z)", "a = softmax(h)"}, {"one_hot(y)"}, {}, {"cross_entropy(a, y)"}}, "z");
  check_derivation({{"W: matrix[K,n]; x: vector[n]; y: vector[K]"},
                    {"z = W*x", "a = softmax(z)"},
                    {"one_hot(y)"},
                    {},
                    {"cross_entropy(a, y)"}},
                   "x");
  check_derivation({{"W: matrix[K,n]; x: vector[n]; y: vector[K]"},
                    {"z = W*x", "a = softmax(z)"},
                    {"one_hot(y)"},
                    {},
                    {"cross_entropy(a, y)"}},
                   "W");
}

TEST_CASE("derivation: by an intermediate, an entry, another argument") {
  check_derivation({{}, {"a = softmax(z)"}, {}, {}, {"cross_entropy(a, y)"}}, "a");
  check_derivation({{"z, y: vector[3]"}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z), y)"}}, "z[1]");
  check_derivation({{"z, y: vector[K]"}, {}, {"sum(y) = 1"}, {}, {"cross_entropy(softmax(z), y)"}}, "z[p]");
  check_derivation({{}, {}, {}, {}, {"cross_entropy(softmax(z), y)"}}, "y");
  check_derivation({{}, {}, {}, {}, {"softmax(z)"}}, "z");
  check_derivation({{}, {}, {}, {}, {"softmax(z)[j]"}}, "z[i]");
}

// D(e, a) with a let a: a is held as an independent variable, at its value.
TEST_CASE("a derivative by a named intermediate") {
  const std::vector<std::string> lets{"S = sum(exp(z))", "a = softmax(z)", "C = cross_entropy(softmax(z), y)"};
  auto proves = [](const std::vector<std::string>& named, const std::vector<std::string>& givens, const std::string& equation) {
    problem p({{}, named, givens, {}, {equation}});
    return prove(p);
  };
  for (const char* equation : {"D(C, a[j]) == -y[j]/a[j]", "D(C, a) == -y./a", "sum(k, D(C, a[k])*D(a[k], z[i])) == D(C, z[i])",
                               "D(S, a[j]) == 0", "D(a[i], a[j]) == delta(i,j)", "D(D(C, a[j]), a[i]) == delta(i,j)*y[i]/a[i]^2",
                               "D(D(C, a[j]), z[i]) == y[j]*(delta(i,j) - a[i])/a[j]"}) {
    CAPTURE(equation);
    CHECK(proves(lets, {}, equation).status == verdict::proved);
  }
  CHECK(proves(lets, {}, "D(C, a[j]) == y[j]/a[j]").status == verdict::refuted);
  problem fixed({{"z, y: vector[3]"}, lets, {}, {}, {"D(C, a[1]) == -y[1]/a[1]"}});
  CHECK(prove(fixed).status == verdict::proved);

  CHECK(proves({"a = x^3"}, {}, "D(D(a^2, a), x) == 6*x^2").status == verdict::proved);
  CHECK(proves({"a = x^3"}, {"a > 0"}, "D(abs(a), a) == 1").status == verdict::proved);
  CHECK(proves({"a = x^3"}, {"a >= 0"}, "D(abs(a), a) == 1").status != verdict::proved);
  CHECK(proves({"a = x^3"}, {}, "D(abs(a), a) == sign(a)").conditions == std::vector<std::string>{"a != 0"});
  CHECK(proves({"a = x^2"}, {}, "1 == D(sqrt(a)^2, a)").status == verdict::refuted);  // at x = 0
  CHECK(proves({"a = x^2"}, {"x != 0"}, "1 == D(sqrt(a)^2, a)").status == verdict::proved);
  CHECK(proves({"a = log(x)"}, {}, "D(a^2, a) == 2*log(x)").conditions == std::vector<std::string>{"x > 0"});
  CHECK(proves({}, {}, "sum(k, D(sum(z.^2), z[k])*w[k]) == 2*dot(z, w)").status == verdict::proved);
  CHECK_THROWS_AS(problem({{}, {"a = 2"}, {}, {}, {"D(2*x, a)"}}), error);
}

TEST_CASE("derivation: functions of matrices, through what the user wrote as units") {
  const std::vector<std::string> layers{"W: matrix[h,d]; V: matrix[K,h]; x: vector[d]; b: vector[h]; c, y: vector[K]"};
  for (const char* by : {"W", "V", "b", "x"})
    check_derivation({layers, {}, {"one_hot(y)"}, {}, {"cross_entropy(softmax(V*tanh(W*x + b) + c), y)"}}, by);
  check_derivation({{"W: matrix[m,n]; X: matrix[n,N]; Y: matrix[m,N]"}, {}, {}, {}, {"sum((W*X - Y).^2)/N"}}, "W");
  check_derivation({{"W: matrix[K,n]; X: matrix[n,N]; Y: matrix[K,N]"},
                    {"Z = W*X"},
                    {},
                    {},
                    {"sum(cross_entropy(softmax(Z, axis=1), Y, axis=1))/N"}},
                   "W");
  check_derivation({{"Z, Y: matrix[K,N]"}, {}, {}, {}, {"sum(cross_entropy(softmax(Z, axis=1), Y, axis=1))"}}, "Z", 1, 3);
  check_derivation({{"A: matrix[m,n]; X: matrix[n,p]; B: matrix[p,m]"}, {}, {}, {}, {"tr(A*X*B)"}}, "X");
  check_derivation({{"X: matrix[n,n]; a, b: vector[n]"}, {}, {}, {}, {"a'*inv(X)*b"}}, "X");
  check_derivation({{"X: matrix[n,n]"}, {}, {}, {}, {"sum(X.*X')/2 + tr(X)^2"}}, "X");
  check_derivation({{"X: matrix[n,n]; a: vector[n]"}, {}, {}, {}, {"(a'*X*a)^2"}}, "X", 2);
  check_derivation({{"Q: matrix[n,d]; K: matrix[m,d]; V: matrix[m,p]; T: matrix[n,p]"},
                    {},
                    {},
                    {},
                    {"sum((softmax(Q*K'/sqrt(d), axis=2)*V - T).^2)"}},
                   "Q");
  check_derivation({{"W: matrix[m,n]; x: vector[n]; b: vector[m]"}, {}, {}, {}, {"sum(relu(W*x + b).^2)"}}, "W");
  check_derivation({{"W: matrix[2,2]; x: vector[2]"}, {}, {}, {}, {"sum(exp(W*x))"}}, "W[1,2]");
}

TEST_CASE("derivation: composites are opened where no derivative through them reads") {
  check_derivation({{"x, w: vector[n]; eps: real, eps > 0"}, {}, {}, {}, {"dot(layer_norm(x, eps), w)"}}, "x");
  check_derivation({{"X, G: matrix[m,n]; eps: real, eps > 0"}, {}, {}, {}, {"sum(layer_norm(X, eps, axis=2).*G)"}}, "X");
}

TEST_CASE("derivation: Jacobians of arrays, unit by unit") {
  check_derivation({{"W: matrix[m,n]; x: vector[n]"}, {}, {}, {}, {"tanh(W*x)"}}, "W");
  check_derivation({{"A: matrix[m,n]; X: matrix[n,p]; B: matrix[p,m]"}, {}, {}, {}, {"A*X*B"}}, "X");
  check_derivation({{"X: matrix[n,n]"}, {}, {}, {}, {"inv(X)"}}, "X");
}

namespace {

diff_result differentiated_by_x(const std::vector<std::string>& vars, std::vector<std::string> lets, const std::string& text,
                                const std::string& by = "x") {
  problem p({vars, std::move(lets), {}, {by}, {text}});
  return diff(p, 1).results.at(0);
}

// The texts with names, in the lets that say what they stand for, are the derivative.
void check_parts(const diff_result& d, const std::vector<std::string>& vars, std::vector<std::string> lets,
                 const std::string& text) {
  for (const auto& [name, value] : d.parts) lets.push_back(name + " = " + value);
  const std::string& shown = d.brief.empty() ? d.derivative : d.brief;
  std::vector<std::string> plain = vars;
  problem p({plain, lets, {}, {}, {fmt::format("D({}, {})", text, d.wrt), shown}});
  evaluator<long double> e(p.on());
  for (dim_id k = 0; k < p.on().dim_count(); ++k) e.bind_dim(k, 2 + static_cast<std::int64_t>(k));
  std::mt19937 random(5);
  for (symbol_id s = 0; s < p.on().symbol_count(); ++s) {
    std::vector<std::size_t> shape;
    std::size_t count = 1;
    for (range_id r : p.on().symbol(s).axes) {
      shape.push_back(static_cast<std::size_t>(*e.dim_size(p.on().range_of(r).hi.dim)));
      count *= shape.back();
    }
    std::vector<long double> v(count);
    for (long double& x : v) x = std::uniform_real_distribution<double>(0.1, 0.9)(random);
    e.bind(s, v, shape);
  }
  const node_id both[] = {p.expressions()[0].node, p.expressions()[1].node};
  e.evaluate(both);
  auto a = e.values(both[0]), b = e.values(both[1]);
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) CHECK(near(a[k], b[k]));
}

}  // namespace

TEST_CASE("a long derivative is also told with its parts named") {
  const std::vector<std::string> vars{"Q: matrix[n,d]; K: matrix[m,d]; V: matrix[m,p]; T: matrix[n,p]"};
  const std::string loss = "sum((softmax(Q*K'/sqrt(d), axis=2)*V - T).^2)";
  diff_result d = differentiated_by_x(vars, {}, loss, "Q");
  CHECK(d.brief.size() < d.derivative.size() / 2);
  CHECK(std::ranges::any_of(d.parts, [](const auto& part) { return part.second == "softmax(Z1, axis=2)"; }));
  check_parts(d, vars, {}, loss);
  CHECK(differentiated_by_x({}, {}, "x^2*sin(x)").parts.empty());
}

TEST_CASE("a derivative that would be too long for a page is written with its parts named") {
  std::vector<std::string> lets{"u0 = x"};
  for (int k = 1; k <= 40; ++k) lets.push_back(fmt::format("u{0} = sin(u{1})*u{1} + u{1}", k, k - 1));
  diff_result d = differentiated_by_x({}, lets, "u40");
  CHECK(d.brief.empty());
  CHECK(d.parts.size() > 20);
  CHECK(d.proof.checked);
  std::size_t size = d.derivative.size();
  for (const auto& [name, value] : d.parts) size += name.size() + value.size();
  CHECK(size < 4000);
  check_parts(d, {}, lets, "u40");
  problem p({{}, lets, {}, {"x"}, {"u40"}});
  diff_result there = diff(p, 1).results.at(0);
  array value = evaluate_at(p, there, {{"x", {{}, {0.01}}}}).value;
  point at{{"x", {{}, {0.01}}}};
  problem q({{}, lets, {}, {"x"}, {"u40"}});
  CHECK(near(value.values[0], grad(q, at).gradient.at(0).second.values[0]));
}

TEST_CASE("a page shows what is too deep or too wide for it as text") {
  std::string deep = "z", wide = "z";
  for (int k = 0; k < 40; ++k) deep = fmt::format("sqrt(1 + {})", deep);
  for (int k = 0; k < 6; ++k) wide = fmt::format("({0}).^2.*z + ({0})", wide);
  for (const std::string& text : {deep, wide}) {
    problem_text asked;
    asked.vars = {"z: vector[n]"};
    asked.wrt = {"z"};
    asked.expressions = {fmt::format("sum({})", text)};
    problem p(asked);
    const std::vector<derivation> all = derive(p, 1, 1);
    std::string latex = latex_document(p, all, 1), html = html_document(p, all, 1);
    CHECK(latex.find("\\ttfamily (1)") != std::string::npos);
    CHECK(latex.find("\\eqref{eq:1:1}") == std::string::npos);
    CHECK(markup::latex_problem(latex) == "");
    CHECK(markup::xml_problem(html) == "");
  }
}

TEST_CASE("derivation: second order") {
  check_derivation({{}, {}, {"one_hot(y)"}, {}, {"cross_entropy(softmax(z), y)"}}, "z", 2);
  check_derivation({{}, {}, {}, {}, {"x^2*sin(x)"}}, "x", 2);
  check_derivation({{}, {}, {}, {}, {"logsumexp(z)"}}, "z", 2);
  check_derivation({{}, {}, {}, {}, {"norm2(v)"}}, "v", 2);
}
