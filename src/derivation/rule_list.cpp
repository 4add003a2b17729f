#include <wengert/derivation/rule_list.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/composites.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/proof/coq.hpp>
#include <wengert/proof/inferences.hpp>
#include <wengert/proof/matrix_rules.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/proof/rules.hpp>
#include <wengert/text/printer.hpp>

namespace wengert {

namespace {

constexpr std::string_view by_sampling = "axiom: tested at random points";
constexpr std::string_view by_differences = "axiom: tested against differences at random points";
constexpr std::string_view by_logic = "axiom: built into the kernel";
constexpr std::string_view by_definition = "axiom: a definition";

// By a lemma of the Coq files that has that name, if there is one.
std::string established(std::string_view lemma, std::string_view otherwise) {
  return lemma.empty() ? std::string(otherwise) : "coq";
}

// --- a rule for every number c

// Rules that speak of a number c make nodes for a given c. Two of them, made for different numbers, show where c stands: what
// depends on it is taken for linear in it.
class parameter_finder {
 public:
  parameter_finder(tape& t, const rational& c1, const rational& c2) : t_(t), c1_(c1), c2_(c2) {}

  // `a`, made for c1, with the name c where `b`, made for c2, differs.
  node_id named(node_id a, node_id b) {
    if (a == b) return a;
    if (t_.is_constant(a)) return linear(t_.value(a), t_.value(b));
    std::vector<edge> first = t_.args(a).copy(), second = t_.args(b).copy();
    for (std::size_t k = 0; k < first.size(); ++k) first[k].node = named(first[k].node, second[k].node);
    if (t_.op(a) == opcode::power && t_.value(a) != t_.value(b)) {
      std::array<edge, 2> args{first[0], edge{linear(t_.value(a), t_.value(b)), {}}};
      return t_.apply(opcode::pow, t_.out(a), args);
    }
    return t_.make(t_.op(a), t_.out(a), t_.bound(a), t_.red(a), first, t_.attribute(a));
  }

 private:
  node_id linear(const rational& v1, const rational& v2) {
    frame f{t_, {}};
    term c(f, t_.whole(t_.symbol("c", {})));
    rational slope = (v1 - v2) / (c1_ - c2_), start = v1 - slope * c1_;
    term r = slope == 1 ? c : term(f, slope) * c;
    return (start == 0 ? r : r + term(f, start)).over_frame();
  }

  tape& t_;
  rational c1_, c2_;
};

// Numbers of which a rule's c may be one.
std::array<rational, 2> fitting_numbers(const rule& r) {
  std::array<rational, 2> fractions{rational(1009, 7), rational(1013, 7)}, whole{rational(1008), rational(1014)};
  return r.parameter_fits && !r.parameter_fits(fractions[0]) ? whole : fractions;
}

std::vector<std::string> parameter_conditions(const rule& r) {
  if (!r.parameter_fits) return {};
  if (r.parameter_fits(rational(1, 2))) return {"c is a rational number"};
  if (!r.parameter_fits(rational(3))) return {"integer(c/2)"};
  return r.parameter_fits(rational(-3)) ? std::vector<std::string>{"integer(c)"}
                                        : std::vector<std::string>{"integer(c)", "c > 0"};
}

// --- identities

std::string equation(const tape& t, node_id left, node_id right) {
  return fmt::format("{} == {}", print(t, left), print(t, right));
}

listed_rule identity(const rule& r) {
  tape t;
  kernel k(t);
  frame f{t, {}};
  term x(f, t.whole(t.symbol("x", {}))), y(f, t.whole(t.symbol("y", {})));
  auto [c1, c2] = fitting_numbers(r);
  parameter_finder find(t, c1, c2);
  node_id left = find.named(r.left(x, y, c1).over_frame(), r.left(x, y, c2).over_frame());
  node_id right = find.named(r.right(x, y, c1).over_frame(), r.right(x, y, c2).over_frame());
  listed_rule l{
      std::string(r.name), equation(t, left, right), {}, established(coq_name(r), by_sampling), std::string(r.sentence)};
  conditions first = r.where(x, y, c1), second = r.where(x, y, c2);
  for (std::size_t q = 0; q < first.size(); ++q)
    l.conditions.push_back(print_condition(t, first[q].is, find.named(k.condition_node(first[q]), k.condition_node(second[q]))));
  for (std::string& about_c : parameter_conditions(r)) l.conditions.push_back(std::move(about_c));
  return l;
}

// --- derivatives

// What the kernel asks for before it differentiates the node by its argument k, without what follows from the rest.
std::vector<std::string> differentiability(tape& t, node_id n, std::size_t k) {
  frame f = frame_of(t, n);
  conditions all = defined_conditions(n, f);
  std::vector<bool> wanted(t.arity(n), false);
  wanted[k] = true;
  for (condition& c : kink_conditions(n, f, wanted)) all.push_back(std::move(c));
  kernel proof(t);
  std::vector<requirement> needed;
  for (const condition& c : all) {
    requirement q{c.is, proof.condition_node(c), false, true};
    if (std::ranges::none_of(needed, [&](const requirement& r) { return r.is == q.is && r.node == q.node; })) needed.push_back(q);
  }
  for (std::size_t q = 0; q < needed.size();) {
    std::vector<requirement> others = needed, open;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(q));
    prover with(t);
    with.assume_domain(others, false, open);
    if (with.missing({needed[q]}).empty())
      needed = std::move(others);
    else
      ++q;
  }
  std::vector<std::string> texts;
  for (const requirement& q : needed) texts.push_back(print_condition(t, q.is, q.node));
  return texts;
}

// d n / d (argument k), as a node over the output and bound axes of n.
node_id partial_of(tape& t, node_id n, std::size_t k) {
  frame axes = frame_of(t, n);
  std::vector<bool> wanted(t.arity(n), false);
  wanted[k] = true;
  std::vector<edge> factors = partials(n, axes, wanted)[k];
  if (factors.empty()) return t.identity(axes.axes, {t.constant(1), {}});
  return factors.size() == 1 ? t.identity(axes.axes, factors[0]) : t.mul(axes.axes, factors);
}

// The derivative of n by its argument k, which must be a symbol.
listed_rule derivative_rule(tape& t, std::string name, node_id n, std::size_t k, std::string sentence) {
  edge by = t.arg(n, k);
  std::vector<std::string> letters;
  std::string target = t.symbol(t.symbol_of(by.node)).name;
  if (!by.labels.empty()) {
    letters.emplace_back("i");
    target += "[i]";
  }
  print_options how;
  how.letters = letters;
  std::string right = print(t, partial_of(t, n, k), {nullptr, letters}, how);
  std::string why = established(coq_lemma(name), by_differences);
  return {std::move(name), fmt::format("D({}, {}) == {}", print(t, n), target, right), differentiability(t, n, k), std::move(why),
          std::move(sentence)};
}

void add_functions(std::vector<listed_rule>& all) {
  for (const op_info& row : functions()) {
    tape t;
    std::vector<edge> args;
    for (const char* name : {"x", "y"})
      if (args.size() < static_cast<std::size_t>(row.arity)) args.push_back(t.whole(t.symbol(name, {})));
    node_id n = t.apply(row.code, {}, args);
    const std::string why = established(coq_name(row.code), by_differences);
    if (row.arity == 1) {
      all.push_back(derivative_rule(t, fmt::format("d-{}", row.name), n, 0, fmt::format("The derivative of {}.", row.name)));
      all.back().established = why;
      continue;
    }
    constexpr std::array<std::string_view, 2> which{"first", "second"};
    for (auto k = static_cast<std::size_t>(row.parameters); k < which.size(); ++k) {
      all.push_back(derivative_rule(t, fmt::format("d-{}-{}", row.name, k + 1), n, k,
                                    fmt::format("The derivative of {} by its {} argument.", row.name, which[k])));
      all.back().established = why;
    }
  }
}

// x^c for a number c: whole powers need less than others.
void add_powers(std::vector<listed_rule>& all) {
  struct powers {
    std::string_view name;
    std::array<rational, 2> samples;
    std::vector<std::string> about_c;
    std::string_view sentence;
  };
  const std::array kinds{
      powers{"d-power", {1009, 1013}, {"integer(c)", "c > 0"}, "The derivative of a whole power."},
      powers{"d-power-negative", {-1009, -1013}, {"integer(c)", "c < 0"}, "The derivative of a negative whole power."},
      powers{"d-power-root",
             {rational(1009, 7), rational(1013, 7)},
             {"c is a rational number"},
             "The derivative of a root or another power."},
  };
  for (const powers& kind : kinds) {
    tape t;
    edge x = t.whole(t.symbol("x", {}));
    parameter_finder find(t, kind.samples[0], kind.samples[1]);
    node_id first = t.power({}, x, kind.samples[0]), second = t.power({}, x, kind.samples[1]);
    node_id right = find.named(partial_of(t, first, 0), partial_of(t, second, 0));
    listed_rule l{std::string(kind.name), fmt::format("D({}, x) == {}", print(t, find.named(first, second)), print(t, right)),
                  differentiability(t, first, 0), established(coq_lemma(kind.name), by_differences), std::string(kind.sentence)};
    l.conditions.insert(l.conditions.end(), kind.about_c.begin(), kind.about_c.end());
    all.push_back(std::move(l));
  }
}

void add_structure(std::vector<listed_rule>& all) {
  tape t;
  edge u = t.whole(t.symbol("u", {})), v = t.whole(t.symbol("v", {})), x = t.whole(t.symbol("x", {})),
       y = t.whole(t.symbol("y", {}));
  const std::array both{u, v};
  node_id sum = t.add({}, both), product = t.mul({}, both), choice = t.select({}, comparison::lt, x, y, u, v);
  all.push_back(derivative_rule(t, "d-add", sum, 0, "A sum has the derivative 1 by each of its terms."));
  all.push_back(
      derivative_rule(t, "d-mul", product, 0, "A product has, by one factor, the product of the others as its derivative."));
  all.push_back(derivative_rule(t, "d-select", choice, 2, "A choice is differentiated in the branch that is taken."));
  all.push_back(derivative_rule(t, "d-power-zero", t.power({}, u, 0), 0, "The power 0 is constant."));
  range_id axis = t.range_to({t.dim("n"), 0});
  edge z{t.symbol("z", std::span(&axis, 1)), {label::of_axis(0)}};
  auto reduce = [&](reduction r) { return t.identity({}, z, std::span(&axis, 1), r); };
  all.push_back(derivative_rule(t, "d-sum", reduce(reduction::sum), 0, "A sum has the derivative 1 by each entry."));
  all.push_back(derivative_rule(t, "d-prod", reduce(reduction::prod), 0,
                                "A product has, by one entry, the product of the others as its derivative."));
  all.push_back(
      derivative_rule(t, "d-max-array", reduce(reduction::max), 0, "The maximum grows with the entry that attains it."));
  all.push_back(
      derivative_rule(t, "d-min-array", reduce(reduction::min), 0, "The minimum grows with the entry that attains it."));
}

// The variable itself, and what is free of it: what the kernel says of a symbol.
void add_leaves(std::vector<listed_rule>& all) {
  tape t;
  kernel k(t);
  range_id axis = t.range_to({t.dim("n"), 0});
  node_id x = t.symbol("x", {}), c = t.symbol("c", {}), z = t.symbol("z", std::span(&axis, 1));
  auto add = [&](std::string name, node_id f, node_id by, std::vector<std::string> letters, std::string left,
                 std::string sentence) {
    print_options how;
    how.letters = std::move(letters);
    theorem d = k.differentiate(f, t.symbol_of(by), {});
    std::string why = established(coq_lemma(name), by_logic);
    all.push_back({std::move(name),
                   fmt::format("{} == {}", left, print(t, d.says().right, {}, how)),
                   {},
                   std::move(why),
                   std::move(sentence)});
  };
  add("d-constant", c, x, {}, "D(c, x)", "What is free of the variable has the derivative 0.");
  add("d-variable", x, x, {}, "D(x, x)", "The variable has the derivative 1.");
  add("d-entry", z, z, {"j", "i"}, "D(z[j], z[i])", "The entries of a variable are independent of each other.");
}

// --- signs, inferences, definitions

void add_signs(std::vector<listed_rule>& all) {
  for (const op_info& row : functions()) {
    tape t;
    kernel k(t);
    frame f{t, {}};
    std::vector<edge> args{t.whole(t.symbol("x", {})), t.whole(t.symbol("y", {}))};
    args.resize(static_cast<std::size_t>(row.arity));
    node_id n = t.apply(row.code, {}, args);
    std::vector<std::string> domain;
    frame axes = frame_of(t, n);
    for (const condition& c : defined_conditions(n, axes)) domain.push_back(print_condition(t, c.is, k.condition_node(c)));
    auto add = [&](std::string_view kind, std::string statement, std::string_view says) {
      std::string name = fmt::format("{}-of-{}", kind, row.name), why = established(coq_lemma(name), by_sampling);
      all.push_back({std::move(name), std::move(statement), domain, std::move(why), fmt::format("{} {}.", row.name, says)});
    };
    term value(f, t.whole(n)), argument(f, args[0]);
    switch (row.sign) {
      case sign_fact::unknown: break;
      case sign_fact::positive: add("sign", print_condition(t, relation::positive, n), "is positive"); break;
      case sign_fact::nonnegative: add("sign", print_condition(t, relation::nonnegative, n), "is not negative"); break;
      case sign_fact::as_argument:
        add("sign", equation(t, ops::sign(value).as_edge().node, ops::sign(argument).as_edge().node),
            "has the sign of its argument");
        break;
      case sign_fact::positive_of_positive:
        add("sign", print_condition(t, relation::positive, n), "is positive for positive arguments");
        for (const edge& a : args) {
          std::string condition = print_condition(t, relation::positive, a.node);
          if (std::ranges::find(domain, condition) == domain.end()) all.back().conditions.push_back(condition);
        }
    }
    if (row.values == value_fact::nowhere_zero) add("nonzero", print_condition(t, relation::nonzero, n), "is nowhere 0");
  }
  for (const inference& i : sign_inferences()) {
    all.push_back({std::string(i.name),
                   std::string(i.statement),
                   {},
                   established(coq_lemma(i.name), by_sampling),
                   std::string(i.sentence)});
    for (std::string_view p : i.premises)
      if (!p.empty()) all.back().conditions.emplace_back(p);
  }
}

void add_inferences(std::vector<listed_rule>& all) {
  for (const inference& i : inferences()) {
    all.push_back(
        {std::string(i.name), std::string(i.statement), {}, established(coq_name(i.name), by_logic), std::string(i.sentence)});
    for (std::string_view p : i.premises)
      if (!p.empty()) all.back().conditions.emplace_back(p);
  }
}

// The arrays of a problem, as users declare them.
std::vector<std::string> shapes(const problem& p) {
  const tape& t = p.on();
  std::vector<std::string> declarations;
  for (symbol_id s = 0; s < t.symbol_count(); ++s) {
    const std::vector<range_id>& axes = t.symbol(s).axes;
    if (axes.empty()) continue;
    std::vector<std::string> lengths;
    for (range_id r : axes) lengths.push_back(t.dim_name(t.range_of(r).hi.dim));
    declarations.push_back(
        fmt::format("{}: {}[{}]", t.symbol(s).name, axes.size() == 1 ? "vector" : "matrix", fmt::join(lengths, ",")));
  }
  return declarations;
}

// A composite on arguments of its own kinds, by its name and without it.
void add_definitions(std::vector<listed_rule>& all) {
  for (const composite& c : composites()) {
    problem_text text;
    text.expressions = {fmt::format("{}({})", c.name, c.parameters)};
    if (c.kinds == "m") text.vars = {fmt::format("{}: matrix[n, n]", c.parameters)};
    problem p(text);
    node_id n = p.expressions()[0].node;
    print_options how;
    how.index_form = true;
    printed name = print_with_letters(p.on(), n, {&p.calls(), {}}, how);
    how.letters = name.letters;
    std::map<node_id, call> inner = p.calls();
    inner.erase(n);
    std::string entry = name.letters.empty() ? "" : fmt::format("[{}]", fmt::join(name.letters, ","));
    all.push_back({fmt::format("def-{}", c.name),
                   fmt::format("{}{} == {}", text.expressions[0], entry, print(p.on(), n, {&inner, {}}, how)), shapes(p),
                   std::string(by_definition), fmt::format("The definition of {}.", c.name)});
  }
}

// The sentence of a row says why it holds.
listed_rule identity(const matrix_rule& r) {
  listed_rule l{std::string(r.name), std::string(r.statement), {}, "axiom: tested on random matrices, singular ones too", {}};
  if (!r.conditions.empty()) l.conditions.emplace_back(r.conditions);
  l.sentence = fmt::format("The reason: {}", r.sentence.substr(std::string_view("axiom: ").size()));
  return l;
}

}  // namespace

std::vector<listed_rule> list_rules() {
  std::vector<listed_rule> all;
  add_inferences(all);
  add_signs(all);
  add_leaves(all);
  add_structure(all);
  add_powers(all);
  add_functions(all);
  for (const rule& r : rules()) all.push_back(identity(r));
  for (const matrix_rule& r : matrix_rules()) all.push_back(identity(r));
  add_definitions(all);
  return all;
}

}  // namespace wengert
