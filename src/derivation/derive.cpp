// The planner: what a person would write down to derive a result. It names the intermediates, differentiates each by its direct
// inputs, splits cases where a delta appears, applies the chain rule, splits the sum, collects, and uses the hypotheses last.
// Every equation that it shows is one that the kernel proved; an equation that it cannot prove is left out.

#include <wengert/derivation/commands.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/text/printer.hpp>

#include "adjoint_style.hpp"
#include "differentiate.hpp"
#include "narrative.hpp"
#include "typeset.hpp"
#include "unit_style.hpp"

namespace wengert {

namespace {

constexpr std::size_t widest_step = 160;  // characters

// A quantity with a name: the root, or an intermediate that depends on the variable.
struct unit {
  node_id node = none;
  std::string name{};
  std::string definition{};       // "definition of softmax"
  std::vector<node_id> inputs{};  // units that it is written with
  bool direct = false;            // whether the variable occurs outside them
  // Its derivative by the variable, over its own axes and the variable's.
  node_id total = none;              // as swept
  node_id diagonal = none;           // where both indices are equal, over one axis; none where there are no cases
  node_id apart = none;              // where they differ
  node_id whole = none;              // in one formula
  std::vector<std::string> steps{};  // where it was derived
};

class planner {
 public:
  planner(problem& p, const expression& e, const target& by, int order, int verbosity, notation how, const result_form& form)
      : p_(p),
        t_(p.on()),
        e_(e),
        by_(by),
        order_(order),
        verbosity_(verbosity),
        written_(how),
        form_(form),
        with_(p.on()),
        names_(p.calls()) {}

  derivation run() {
    with_.assume_signs(p_.facts());
    std::vector<requirement> open;
    assumed_ = with_.assume_domain(requirements(t_, e_.node, by_.variable), false, open);
    choose_letters();
    find_units();
    define_units();
    unit& root = units_.back();
    try {
      differentiate_units(root);
    } catch (const too_large&) {
      // the intermediate results are out of reach; the steps so far stand
    }
    finish(root);
    return std::move(d_);
  }

 private:
  void differentiate_units(unit& root) {
    partial_derivatives(root);
    for (unit& u : units_) {
      bool through_others = !u.inputs.empty() && t_.rank(u.node) == 0;
      if (!through_others)
        derive_unit(u);
      else {
        if (&u != &root) partial_derivatives(u);
        chain_rule(u);
        if (&u != &root) conclude(u);
      }
    }
  }

  // --- names and letters

  std::size_t variable_rank() const { return t_.symbol(by_.variable).axes.size(); }

  std::string fresh(std::initializer_list<const char*> wishes) {
    for (const char* w : wishes)
      if (taken_.insert(w).second) return w;
    for (int k = 1;; ++k)
      if (std::string s = fmt::format("u{}", k); taken_.insert(s).second) return s;
  }

  void choose_letters() {
    for (symbol_id s = 0; s < t_.symbol_count(); ++s) taken_.insert(t_.symbol(s).name);
    for (dim_id k = 0; k < t_.dim_count(); ++k) taken_.insert(t_.dim_name(k));
    for (const auto& [name, value] : p_.lets()) taken_.insert(name);
    for (const std::string& l : e_.letters) taken_.insert(l);
    bool named = by_.letters.size() == 1 && !by_.letters[0].empty();
    i_ = named ? by_.letters[0] : fresh({"i", "p", "q"});
    j_ = e_.letters.size() == 1 ? e_.letters[0] : fresh({"j", "l", "m"});
    for (const char* reserved : {"i", "j", "k"}) taken_.insert(reserved);
    variable_ = t_.symbol(by_.variable).name;
  }

  // --- units

  void find_units() {
    std::set<node_id> named;
    for (const auto& [n, how] : p_.calls()) named.insert(n);
    for (node_id n : t_.reachable(e_.node)) {
      if (n == e_.node || !named.contains(n) || t_.op(n) == opcode::symbol || t_.rank(n) > 1) continue;
      if (t_.mentions(n, by_.variable)) units_.push_back({.node = n});
    }
    units_.push_back({.node = e_.node});
    for (unit& u : units_) connect(u);
    drop_unused();
    for (unit& u : units_) name_unit(u);
    for (auto it = names_.begin(); it != names_.end();) {  // composites of the variable are written out, or by their new names
      bool keep = !t_.mentions(it->first, by_.variable);
      it = keep ? std::next(it) : names_.erase(it);
    }
    name_denominators();
  }

  // Which units a unit is written with, stopping at them.
  void connect(unit& u) {
    u.inputs.clear();
    u.direct = false;
    std::set<node_id> seen;
    std::vector<node_id> stack{u.node};
    while (!stack.empty()) {
      node_id n = stack.back();
      stack.pop_back();
      if (!seen.insert(n).second) continue;
      bool is_unit = n != u.node && std::ranges::any_of(units_, [&](const unit& v) { return v.node == n; });
      if (is_unit) {
        u.inputs.push_back(n);
        continue;
      }
      if (t_.op(n) == opcode::symbol && t_.symbol_of(n) == by_.variable) u.direct = true;
      for (edge_view a : t_.args(n)) stack.push_back(a.node);
    }
    std::ranges::sort(u.inputs);
  }

  void drop_unused() {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t k = 0; k + 1 < units_.size() && !again; ++k) {
        bool used = std::ranges::any_of(
            units_, [&](const unit& v) { return std::ranges::find(v.inputs, units_[k].node) != v.inputs.end(); });
        if (used) continue;
        units_.erase(units_.begin() + static_cast<std::ptrdiff_t>(k));
        again = true;
      }
    }
  }

  void name_unit(unit& u) {
    auto how = p_.calls().find(u.node);
    bool let = how != p_.calls().end() && how->second.is_let;
    u.definition = how == p_.calls().end() ? "the given expression"
                   : let                   ? "definition of " + how->second.name
                                           : "definition of " + how->second.name;
    bool root = u.node == e_.node;
    if (let)
      u.name = how->second.name;
    else if (root)
      u.name = t_.rank(u.node) == 0 ? fresh({"C", "L", "f", "g"}) : fresh({"a", "f", "g", "h"});
    else if (t_.rank(u.node) == 0)
      u.name = fresh({"a", "s", "u", "v", "w"});
    else
      u.name = fresh({"a", "b", "p", "q", "u", "v", "w"});
    d_.lets.emplace_back(u.name, definition_text(u.node));
  }

  // A sum in a denominator gets a name of its own: S.
  void name_denominators() {
    for (const unit& u : units_)
      for (node_id n : t_.reachable(u.node)) {
        if (t_.op(n) != opcode::power || t_.value(n) >= 0) continue;
        node_id s = t_.arg(n, 0).node;
        bool sum = t_.rank(s) == 0 && (t_.red(s) == reduction::sum) && t_.mentions(s, by_.variable) && !p_.calls().contains(s);
        if (!sum || std::ranges::find(sums_, s, &std::pair<node_id, std::string>::first) != sums_.end()) continue;
        sums_.emplace_back(s, fresh({"S", "Z", "N", "S1", "S2"}));
        d_.lets.insert(d_.lets.begin(), {sums_.back().second, print(t_, s, {&names_, {}})});
      }
  }

  std::string definition_text(node_id n) {
    std::map<node_id, call> without = p_.calls();
    if (auto how = without.find(n); how != without.end() && how->second.is_let) without.erase(how);
    print_options o;
    o.letters = e_.letters;
    if (t_.rank(n) != e_.letters.size()) o.letters.clear();
    return print(t_, n, {&without, {}}, o);
  }

  // --- showing

  std::string show(node_id n, std::vector<std::string> letters) {
    print_options o;
    o.letters = std::move(letters);
    o.index_form = true;
    return print(t_, n, {&names_, {i_, j_}}, o);
  }

  std::string entry(const std::string& name, node_id n, const std::string& letter) {
    return t_.rank(n) == 0 ? name : fmt::format("{}[{}]", name, letter);
  }
  std::string by_text() { return variable_rank() == 0 ? variable_ : fmt::format("{}[{}]", variable_, i_); }
  std::string derivative_text(const unit& u, const std::string& letter) {
    return fmt::format("D({}, {})", entry(u.name, u.node, letter), by_text());
  }

  // One equation, if the kernel agrees; `apart`: where the first two axes differ.
  bool prove(node_id left, node_id right, bool apart = false) {
    last_.reset();
    if (!apart) {
      last_ = with_.equate(left, right);
      return last_.has_value();
    }
    normal a = with_.full().of(left), b = with_.full().of(right);
    const std::pair<std::uint8_t, std::uint8_t> axes[] = {{0, 1}};
    recording_signs signs(with_.known());
    expander x(t_, signs, {});
    polynomial difference = x.of(a.node);
    x.add(difference, x.of(b.node), -1);
    std::erase_if(difference.terms, [](const auto& term) {
      return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
    });
    if (!x.vanishes(std::move(difference))) return false;
    try {
      kernel& k = with_.using_kernel();
      last_ = k.transitive(k.transitive(a.equal, k.ring(a.node, b.node, signs.used(), {}, axes)), k.symmetric(b.equal));
      return true;
    } catch (const refusal&) {
      return false;
    }
  }

  // Adds a step for left = right and returns its number, or "" if it could not be proved.
  std::string add(derivation_step s, node_id left, node_id right, bool apart = false,
                  std::vector<derivation_step>* into = nullptr) {
    std::size_t first = with_.using_kernel().log().size();
    if (!prove(left, right, apart)) return {};
    return append(std::move(s), first, into);
  }

  std::string append(derivation_step s, std::size_t first, std::vector<derivation_step>* into = nullptr) {
    s.kernel_first = first;
    s.kernel_last = with_.using_kernel().log().size();
    if (s.kernel_last > first) --s.kernel_last;
    std::vector<derivation_step>& steps = into ? *into : d_.steps;
    if (!into) {
      s.number = std::to_string(++count_);
      for (std::size_t k = 0; k < s.substeps.size(); ++k) s.substeps[k].number = fmt::format("{}.{}", s.number, k + 1);
    }
    steps.push_back(std::move(s));
    return steps.back().number;
  }

  // --- the steps

  void define_units() {
    for (const unit& u : units_) {
      derivation_step s;
      s.rule = "definition";
      s.lhs = entry(u.name, u.node, j_);
      s.rhs = show(u.node, t_.rank(u.node) == 0 ? std::vector<std::string>{} : std::vector{j_});
      s.reason = u.definition;
      for (const fact& f : p_.facts())
        if (u.node == e_.node && std::ranges::find(s.conditions, f.text) == s.conditions.end() && mentions_symbol_of(u.node, f))
          s.conditions.push_back(f.text);
      defined_[u.node] = add(std::move(s), u.node, u.node);
      names_[u.node] = call{u.name, {}, true};
    }
    for (const auto& [n, name] : sums_) names_[n] = call{name, {}, true};
  }

  bool mentions_symbol_of(node_id n, const fact& f) {
    for (node_id m : t_.reachable(f.left))
      if (t_.op(m) == opcode::symbol && t_.mentions(n, t_.symbol_of(m))) return true;
    return false;
  }

  // d u / d input with the other inputs held fixed, in terms of the units.
  node_id partial(const unit& u, node_id input) {
    std::map<node_id, node_id> there, back;
    symbol_id by = by_.variable;
    for (node_id v : u.inputs) {
      node_id s = t_.symbol(fmt::format("{}'{}", name_of(v), v), std::vector<range_id>(t_.out(v).begin(), t_.out(v).end()));
      there[v] = s;
      back[s] = v;
      if (v == input) by = t_.symbol_of(s);
    }
    node_id held = substitute(t_, u.node, there);
    return substitute(t_, derivative(t_, held, by), back);
  }

  std::string name_of(node_id n) {
    for (const unit& u : units_)
      if (u.node == n) return u.name;
    return {};
  }
  unit& unit_of(node_id n) { return *std::ranges::find(units_, n, &unit::node); }

  presented write(node_id n, std::vector<std::string> letters) {
    presenter how(p_, with_, names_, false);
    return how.best(n, letters, notation::index);
  }
  node_id expanded(node_id n) { return presenter(p_, with_, names_, false).expanded(n); }

  // Whether an input also occurs inside another one: D(root, input) would vary that one with it.
  bool is_nested(const unit& root, node_id input) const {
    return std::ranges::any_of(root.inputs, [&](node_id v) {
      std::vector<node_id> inside = t_.reachable(v);
      return v != input && std::ranges::binary_search(inside, input);
    });
  }

  // The root by each of its inputs, the others held fixed: (3).
  void partial_derivatives(unit& root) {
    for (node_id v : root.inputs) {
      node_id raw = partial(root, v);
      std::vector<std::string> letters;
      if (t_.rank(root.node) == 1) letters.push_back(j_);
      if (t_.rank(v) == 1) letters.push_back(t_.rank(root.node) == 1 ? i_ : j_);
      presented w = write(raw, letters);
      derivation_step s;
      s.rule = "derivative";
      s.lhs =
          fmt::format("D({}, {})", entry(root.name, root.node, j_), entry(name_of(v), v, letters.empty() ? "" : letters.back()));
      s.rhs = w.text;
      s.reason = narrative::rules_text(t_, root.node, v);
      s.refers_to = {defined_[root.node]};
      for (const requirement& r : requirements(t_, root.node, by_.variable))
        if (r.node == v) s.conditions.push_back(print_condition(t_, r.is, r.node, {&names_, {}}));
      gradient_[{root.node, v}] = w.node;
      if (is_nested(root, v)) continue;
      std::string number = add(std::move(s), raw, w.node);
      if (!number.empty()) gradient_step_[{root.node, v}] = number;
    }
  }

  node_id diagonal_of(node_id n) {
    std::array<range_id, 1> out{t_.out(n)[0]};
    return t_.identity(out, {n, {label::of_axis(0), label::of_axis(0)}});
  }

  bool has_delta(node_id n) {
    try {
      polynomial p = with_.full().expand(with_.full().of(n).node);
      return std::ranges::any_of(p.terms, [](const auto& term) {
        return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
      });
    } catch (const too_large&) {
      return false;
    }
  }

  // The part of a Jacobian off its diagonal, over both axes.
  node_id off_diagonal(node_id n) {
    polynomial p = with_.full().expand(with_.full().of(n).node);
    std::erase_if(p.terms, [](const auto& term) {
      return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
    });
    return to_node(t_, p);
  }

  // The derivative of a unit by the variable: (4), (5).
  void derive_unit(unit& u) {
    u.total = derivative(t_, u.node, by_.variable);
    bool matrix = t_.rank(u.node) == 1 && variable_rank() == 1 && t_.out(u.node)[0] == t_.symbol(by_.variable).axes[0];
    if (matrix && has_delta(u.total)) {
      derive_cases(u);
      return;
    }
    std::vector<std::string> letters;
    if (t_.rank(u.node) == 1) letters.push_back(j_);
    if (variable_rank() == 1) letters.push_back(i_);
    presented w = write(u.total, letters);
    u.whole = w.node;
    derivation_step s;
    s.rule = u.inputs.empty() ? "derivative" : "chain-rule";
    s.lhs = derivative_text(u, j_);
    s.rhs = w.text;
    s.refers_to = {defined_[u.node]};
    for (node_id v : u.inputs)
      for (const std::string& n : unit_of(v).steps) s.refers_to.push_back(n);
    s.reason = narrative::rules_text(t_, u.node, t_.symbol_node(by_.variable));
    rule_by_rule(u, letters, s.substeps);
    std::string number = add(std::move(s), u.total, w.node);
    if (!number.empty()) u.steps.push_back(number);
  }

  void derive_cases(unit& u) {
    node_id equal = diagonal_of(u.total), differ = off_diagonal(u.total);
    for (bool same : {true, false}) {
      node_id raw = same ? equal : u.total;
      std::vector<std::string> letters = same ? std::vector{i_} : std::vector{j_, i_};
      presented w = write(same ? equal : differ, letters);
      derivation_step s;
      s.case_ = same ? fmt::format("{} = {}", i_, j_) : fmt::format("{} != {}", i_, j_);
      s.lhs = derivative_text(u, same ? i_ : j_);
      s.rhs = w.text;
      s.refers_to = {defined_[u.node]};
      for (node_id v : u.inputs)
        for (const std::string& n : unit_of(v).steps) s.refers_to.push_back(n);
      auto [numerator, denominator] = quotient_of(u.node);
      s.rule = numerator == none ? (u.inputs.empty() ? "derivative" : "chain-rule") : "quotient-rule";
      s.reason =
          numerator == none ? narrative::rules_text(t_, u.node, t_.symbol_node(by_.variable)) : quotient_reason(numerator, same);
      if (numerator != none) quotient_steps(u, numerator, denominator, same, letters, s, w);
      std::string number = add(std::move(s), raw, w.node, !same);
      (same ? u.diagonal : u.apart) = w.node;
      if (!number.empty()) u.steps.push_back(number);
    }
  }

  // u = numerator * denominator^-1 with a sum in the denominator.
  std::pair<node_id, node_id> quotient_of(node_id n) {
    if (t_.op(n) != opcode::mul || t_.bound_count(n) != 0) return {none, none};
    std::vector<edge> top;
    node_id bottom = none;
    for (const edge& a : t_.args(n).copy()) {
      bool named = t_.op(a.node) == opcode::power && t_.value(a.node) == -1 && bottom == none &&
                   std::ranges::find(sums_, t_.arg(a.node, 0).node, &std::pair<node_id, std::string>::first) != sums_.end();
      if (named)
        bottom = t_.arg(a.node, 0).node;
      else
        top.push_back(a);
    }
    if (bottom == none || top.empty()) return {none, none};
    std::vector<range_id> out(t_.out(n).begin(), t_.out(n).end());
    return {top.size() == 1 ? t_.identity(out, top[0]) : t_.mul(out, top), bottom};
  }

  std::string quotient_reason(node_id numerator, bool same) {
    std::string n = show(numerator, {j_});
    return same ? "quotient rule" : fmt::format("quotient rule; D({}, {}) = 0", n, by_text());
  }

  // (N' S - N S')/S^2, then multiplied out, then factored.
  void quotient_steps(const unit& u, node_id numerator, node_id denominator, bool same, const std::vector<std::string>& letters,
                      derivation_step& s, const presented& end) {
    node_id dn = derivative(t_, numerator, by_.variable), ds = derivative(t_, denominator, by_.variable);
    std::vector<range_id> out(t_.out(u.total).begin(), t_.out(u.total).end());
    if (same) out.pop_back();
    label row = label::of_axis(0), column = same ? row : label::of_axis(1);
    std::array<edge, 2> left{edge{dn, {row, column}}, edge{denominator, {}}};
    std::array<edge, 3> right{edge{t_.constant(-1), {}}, edge{numerator, {row}}, edge{ds, {column}}};
    std::array<edge, 2> both{t_.whole(t_.mul(out, left)), t_.whole(t_.mul(out, right))};
    node_id top = t_.add(out, both);
    recording_signs signs(with_.known());
    expander::options o;
    o.opaque.insert(denominator);
    expander x(t_, signs, std::move(o));
    polynomial p = x.of(with_.light().of(top).node);
    polynomial q = x.of(top);
    if (!same)
      std::erase_if(q.terms, [](const auto& term) {
        return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
      });
    presenter how(p_, with_, names_, false);
    node_id written = how.lay_out(q);
    std::vector<edge> over{t_.whole(written)};
    bool product = t_.op(written) == opcode::mul && t_.bound_count(written) == 0;
    if (product) over = t_.args(written).copy();
    over.push_back({t_.power({}, {denominator, {}}, -2), {}});
    node_id form = t_.mul(out, over);
    node_id multiplied = how.expanded(same ? diagonal_of(u.total) : off_diagonal(u.total));
    node_id raw = same ? diagonal_of(u.total) : u.total;
    std::string lhs = s.lhs;
    auto link = [&](node_id from, node_id to, const std::string& reason) {
      if (from == to) return;
      derivation_step part;
      part.case_ = s.case_;
      part.rule = reason == "quotient rule" ? "quotient-rule" : "algebra";
      part.lhs = from == raw ? lhs : show(from, letters);
      part.rhs = show(to, letters);
      part.reason = reason;
      if (part.lhs == part.rhs) return;
      add(std::move(part), from, to, !same, &s.substeps);
    };
    link(raw, form, "quotient rule");
    link(form, multiplied, fmt::format("by ({})", defined_[u.node]));
    link(multiplied, end.node, "common factor");
  }

  std::string rule_name(node_id n) const {
    return narrative::rule_of(t_, n, [&](node_id m) { return t_.mentions(m, by_.variable); });
  }

  // Node by node: how the rules of differentiation build the derivative of a unit.
  void rule_by_rule(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into) {
    std::size_t shown = 0;
    std::set<node_id> inside_units;
    for (node_id v : u.inputs)
      for (node_id n : t_.reachable(v)) inside_units.insert(n);
    for (node_id n : t_.reachable(u.node)) {
      if (inside_units.contains(n)) continue;
      if (n == u.node || t_.arity(n) == 0 || !t_.mentions(n, by_.variable) || t_.rank(n) > 1) continue;
      if (t_.op(n) == opcode::identity && t_.bound_count(n) == 0) continue;
      if (++shown > 40) break;
      node_id raw = derivative(t_, n, by_.variable);
      std::vector<std::string> own;
      if (t_.rank(n) == 1) own.push_back(j_);
      std::string inside = show(n, own);
      if (variable_rank() == 1) own.push_back(i_);
      presented w = write(raw, own);
      bool trivial = t_.is_constant(w.node) || t_.op(n) == opcode::mul ? t_.is_constant(w.node) : false;
      if (trivial && verbosity_ < 3) continue;
      derivation_step s;
      s.rule = narrative::rule_id(t_, n);
      s.formula = narrative::formula_of(t_, n);
      s.lhs = fmt::format("D({}, {})", inside, by_text());
      s.rhs = w.text;
      s.reason = rule_name(n);
      add(std::move(s), raw, w.node, false, &into);
    }
    rule_form(u, letters, into);
  }

  // The derivative of the outermost operation, with the derivatives of its arguments put in but nothing else done.
  void rule_form(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into) {
    std::vector<theorem> premises;
    std::vector<edge> args = t_.args(u.node).copy();
    std::vector<bool> wanted;
    for (const edge& a : args) wanted.push_back(t_.mentions(a.node, by_.variable));
    std::erase_if(args, [&](const edge& a) { return !t_.mentions(a.node, by_.variable); });
    if (args.size() == 1 && t_.op(args[0].node) == opcode::symbol) return;  // nothing stands between
    for (const edge& a : args) {
      node_id raw = derivative(t_, a.node, by_.variable);
      auto d = with_.certify_derivative(
          a.node, by_.variable,
          presenter(p_, with_, names_, false).best(raw, {}, t_.rank(raw) > 0 ? notation::index : notation::array).node);
      if (!d) return;
      premises.push_back(*d);
    }
    frame f = frame_of(t_, u.node);
    conditions needed = defined_conditions(t_, u.node, f);
    for (condition& c : kink_conditions(u.node, f, wanted)) needed.push_back(std::move(c));
    for (const condition& c : needed)
      if (auto t = with_.full().establish(c.is, with_.using_kernel().condition_node(c))) premises.push_back(*t);
    try {
      node_id form = with_.using_kernel().differentiate(u.node, by_.variable, premises).says().right;
      derivation_step s;
      s.rule = narrative::rule_id(t_, u.node);
      s.formula = narrative::formula_of(t_, u.node);
      s.lhs = derivative_text(u, j_);
      s.rhs = show(form, letters);
      s.reason = rule_name(u.node);
      add(std::move(s), u.total, form, false, &into);
    } catch (const refusal&) {
      // a condition is missing; the steps around it stand
    }
  }

  // The root through its inputs: (6) to (9).
  void chain_rule(unit& root) {
    node_id raw = derivative(t_, root.node, by_.variable);
    root.total = raw;
    if (t_.rank(root.node) != 0 || t_.rank(raw) > 1) return;
    std::vector<range_id> out(t_.out(raw).begin(), t_.out(raw).end());
    std::vector<edge> general;
    std::vector<std::string> texts;
    derivation_step s;
    s.rule = "chain-rule";
    for (node_id v : root.inputs) {
      unit& u = unit_of(v);
      if (u.total == none) return;
      general.push_back(product_over(out, v, gradient_[{root.node, v}], u.total));
      std::string outer = fmt::format("D({}, {})", root.name, entry(u.name, v, "k"));
      if (is_nested(root, v))
        outer = fmt::format("({})", show(gradient_[{root.node, v}],
                                         t_.rank(v) == 0 ? std::vector<std::string>{} : std::vector<std::string>{"k"}));
      std::string dv = fmt::format("{}*D({}, {})", outer, entry(u.name, v, "k"), by_text());
      texts.push_back(t_.rank(v) == 0 ? dv : fmt::format("sum(k, {})", dv));
      s.formula += fmt::format("{}{} depends on {} through {}", s.formula.empty() ? "" : "; ", root.name, by_text(),
                               t_.rank(v) == 0 ? u.name : "every " + u.name + "[k]");
    }
    if (root.direct) {
      presented w = write(partial(root, none), variable_rank() == 1 ? std::vector{i_} : std::vector<std::string>{});
      general.push_back(t_.whole(w.node));
      texts.push_back(w.text);
    }
    s.lhs = derivative_text(root, {});
    s.rhs = fmt::format("{}", fmt::join(texts, " + "));
    s.reason = "chain rule: " + s.formula;
    node_id sum = general.size() == 1 ? t_.identity(out, general[0]) : t_.add(out, general);
    std::string number = add(std::move(s), raw, sum);
    if (number.empty()) return;
    chain_step_ = number;
    if (root.inputs.size() == 1 && !root.direct)
      split_sum(root, raw, out);
    else
      put_together(root, raw, out);
  }

  // SUM_k g[k]*T[k,i], or g*T[i] for a scalar.
  edge product_over(const std::vector<range_id>& out, node_id v, node_id g, node_id total) {
    std::vector<label> axes = tape::straight(out.size());
    if (t_.rank(v) == 0) {
      std::array<edge, 2> args{edge{g, {}}, edge{total, axes}};
      return t_.whole(t_.mul(out, args));
    }
    label k = label::of_axis(out.size());
    std::vector<label> both{k};
    both.insert(both.end(), axes.begin(), axes.end());
    std::array<edge, 2> args{edge{g, {k}}, edge{total, both}};
    std::array<range_id, 1> bound{t_.out(v)[0]};
    return t_.whole(t_.mul(out, args, bound));
  }

  // The derivative of an intermediate, simplified.
  void conclude(unit& u) {
    if (u.total == none) u.total = derivative(t_, u.node, by_.variable);
    presented w = write(u.total, variable_letters());
    u.whole = w.node;
    derivation_step s;
    s.rule = "simplify";
    s.lhs = derivative_text(u, {});
    s.rhs = w.text;
    s.reason = joined_.empty() ? "simplify" : joined_;
    joined_.clear();
    if (!d_.steps.empty()) s.refers_to = {d_.steps.back().number};
    std::string number = d_.steps.back().lhs == s.lhs && d_.steps.back().rhs == s.rhs ? d_.steps.back().number
                                                                                      : add(std::move(s), u.total, w.node);
    if (!number.empty()) u.steps = {number};
  }

  // The derivatives put in, without cases.
  void put_together(unit& root, node_id raw, const std::vector<range_id>& out) {
    std::vector<edge> terms;
    std::vector<std::string> from;
    for (node_id v : root.inputs) {
      unit& u = unit_of(v);
      node_id total = u.whole;
      if (total == none) total = write(u.total, {"k", i_}).node;
      terms.push_back(product_over(out, v, gradient_[{root.node, v}], total));
      note(from, gradient_step_[{root.node, v}]);
      for (const std::string& n : u.steps) note(from, n);
    }
    if (root.direct) terms.push_back(t_.whole(write(partial(root, none), variable_letters()).node));
    node_id sum = terms.size() == 1 ? t_.identity(out, terms[0]) : t_.add(out, terms);
    derivation_step s;
    s.rule = "substitute";
    s.lhs = derivative_text(root, {});
    s.rhs = show(sum, variable_letters());
    s.reason = "by " + narrative::references(from);
    s.refers_to = from;
    add(std::move(s), raw, sum);
  }

  std::vector<std::string> variable_letters() { return variable_rank() == 1 ? std::vector{i_} : std::vector<std::string>{}; }

  static void note(std::vector<std::string>& list, const std::string& n) {
    if (!n.empty() && std::ranges::find(list, n) == list.end()) list.push_back(n);
  }

  // SUM over k != i of n[k, i].
  node_id sum_apart(node_id n, range_id axis) {
    std::array<range_id, 2> both{t_.out(n)[0], t_.out(n)[1]};
    edge k{t_.index_value(axis), {label::of_axis(0)}}, i{t_.index_value(axis), {label::of_axis(1)}};
    node_id guarded = t_.select(both, comparison::eq, k, i, {t_.constant(0), {}}, t_.whole(n));
    std::array<range_id, 1> out{both[1]}, bound{axis};
    return t_.identity(out, {guarded, {label::of_axis(1), label::of_axis(0)}}, bound, reduction::sum);
  }

  void split_sum(unit& root, node_id raw, const std::vector<range_id>& out) {
    node_id v = root.inputs[0];
    unit& u = unit_of(v);
    if (u.diagonal == none || u.apart == none) {
      put_together(root, raw, out);
      return;
    }
    range_id axis = t_.out(v)[0];
    node_id g = gradient_[{root.node, v}];
    std::vector<std::string> from;
    note(from, gradient_step_[{root.node, v}]);
    for (const std::string& n : u.steps) note(from, n);
    // (7) the term k = i, and the others
    std::array<edge, 2> here{t_.whole(g), t_.whole(u.diagonal)};
    node_id own = t_.mul(out, here);
    std::array<range_id, 2> both{axis, axis};
    std::array<edge, 2> there{edge{g, {label::of_axis(0)}}, t_.whole(u.apart)};
    node_id other = t_.mul(both, there);
    bool diagonal_only =
        t_.op(with_.full().of(other).node) == opcode::constant || with_.full().expand(with_.full().of(other).node).is_zero();
    auto add_up = [&](node_id a, node_id b) {
      if (diagonal_only) return a;
      std::vector<edge> terms;
      if (t_.op(a) == opcode::add)
        terms = t_.args(a).copy();
      else
        terms.push_back(t_.whole(a));
      terms.push_back(t_.whole(sum_apart(b, axis)));
      return t_.add(out, terms);
    };
    auto equation = [&](node_id to, std::string rule, std::string reason, std::vector<std::string> refers) {
      derivation_step s;
      s.rule = std::move(rule);
      s.lhs = derivative_text(root, {});
      s.rhs = show(to, {i_});
      s.reason = std::move(reason);
      s.refers_to = std::move(refers);
      return add(std::move(s), raw, to);
    };
    std::string seven = equation(
        add_up(own, other), diagonal_only ? "substitute" : "split-sum",
        (diagonal_only ? "only k = " + i_ + " contributes; by " : "split k = " + i_ + " off; by ") + narrative::references(from),
        from);
    // (8) each term simplified
    node_id own8 = expanded(own);
    node_id other8 = diagonal_only ? other : expanded(other);
    node_id eight_node = add_up(own8, other8);
    std::string cancelled = cancelled_factors(own, own8);
    std::string eight = equation(eight_node, "cancel", cancelled, {seven});
    if (diagonal_only || eight.empty()) return;
    collect(root, raw, out, own8, other8, axis, eight);
  }

  // Which units stood in a denominator and no longer do.
  std::string cancelled_factors(node_id before, node_id after) {
    std::vector<std::string> gone;
    for (const unit& u : units_) {
      auto divides = [&](node_id n) {
        for (node_id m : t_.reachable(n))
          if (t_.op(m) == opcode::power && t_.value(m) < 0 && t_.arg(m, 0).node == u.node) return true;
        return false;
      };
      if (divides(before) && !divides(after)) {
        bool positive = with_.full().establish(relation::positive, u.node).has_value();
        gone.push_back(fmt::format("{} {} 0", entry(u.name, u.node, "k"), positive ? ">" : "!="));
      }
    }
    return gone.empty() ? "multiply out" : fmt::format("cancel; {}", fmt::join(gone, ", "));
  }

  // (9) what the sum shares with a term beside it: r + c*F*f[i] + c*F*SUM f[k] = r + c*F*(f[i] + SUM f[k]).
  void collect(unit& root, node_id raw, const std::vector<range_id>& out, node_id own, node_id other, range_id axis,
               const std::string& eight) {
    expander::options o;
    for (const unit& u : units_) o.opaque.insert(u.node);
    for (const auto& [n, name] : sums_) o.opaque.insert(n);
    recording_signs signs(with_.known());
    expander x(t_, signs, std::move(o));
    polynomial rest = x.of(own), off = x.of(other);
    if (off.terms.size() != 1 || !off.terms.begin()->first.bound.empty()) return;
    const auto& [m, c] = *off.terms.begin();
    monomial fixed, running;
    for (const factor& f : m.factors) {
      bool runs = std::ranges::any_of(f.labels, [](const label& l) { return !l.is_constant() && l.axis == 0; });
      bool stays = std::ranges::any_of(f.labels, [](const label& l) { return !l.is_constant() && l.axis == 1; });
      if (runs && stays) return;
      (runs ? running : fixed).factors.push_back(f);
    }
    if (running.factors.empty()) return;
    for (factor& f : fixed.factors)
      for (label& l : f.labels)
        if (!l.is_constant()) l.axis = 0;
    presenter how(p_, with_, names_, false);
    // f over one axis, and the term beside the sum
    polynomial f_poly = x.zero(std::array<range_id, 1>{axis});
    f_poly.terms[running] = 1;
    node_id f_node = how.lay_out(f_poly);
    monomial beside = fixed;
    beside.factors.insert(beside.factors.end(), running.factors.begin(), running.factors.end());
    std::sort(beside.factors.begin(), beside.factors.end());
    polynomial term = x.zero(out);
    x.push(term, beside, c);
    bool complete = true;
    for (const auto& [tm, tc] : term.terms) {
      auto it = rest.terms.find(tm);
      complete = complete && it != rest.terms.end() && it->second == tc;
    }
    if (!complete) return;
    x.add(rest, term, -1);
    std::array<range_id, 2> both{axis, axis};
    node_id f_wide = t_.identity(both, {f_node, {label::of_axis(0)}});
    std::array<edge, 2> bracket{t_.whole(f_node), t_.whole(sum_apart(f_wide, axis))};
    node_id inside = t_.add(out, bracket);
    std::vector<edge> product;
    if (c != 1) product.push_back({t_.constant(c), {}});
    if (!fixed.factors.empty()) {
      polynomial fp = x.zero(out);
      fp.terms[fixed] = 1;
      product.push_back(t_.whole(how.lay_out(fp)));
    }
    product.push_back(t_.whole(inside));
    node_id grouped = product.size() == 1 ? inside : t_.mul(out, product);
    std::vector<edge> terms;
    if (!rest.is_zero()) {
      node_id r = how.lay_out(rest);
      if (t_.op(r) == opcode::add)
        terms = t_.args(r).copy();
      else
        terms.push_back(t_.whole(r));
    }
    terms.push_back(t_.whole(grouped));
    node_id nine = terms.size() == 1 ? grouped : t_.add(out, terms);
    derivation_step s;
    s.rule = "factor";
    s.lhs = derivative_text(root, {});
    s.rhs = show(nine, {i_});
    std::string shared;
    if (!fixed.factors.empty()) shared = show(product[product.size() - 2].node, {i_});
    s.reason = shared.empty() ? "collect" : fmt::format("factor {} out", shared);
    s.refers_to = {eight};
    if (add(std::move(s), raw, nine).empty()) return;
    std::array<range_id, 1> bound{axis};
    node_id total = t_.identity({}, {f_node, {label::of_axis(0)}}, bound, reduction::sum);
    joined_ =
        fmt::format("{} + sum(k != {}, {}) = {}", show(f_node, {i_}), i_, show(f_node, {"k"}), print(t_, total, {&names_, {}}));
  }

  // (10), the vector form and the theorem.
  void finish(unit& root) {
    std::size_t first = with_.using_kernel().log().size();
    differentiated final = differentiate(p_, with_, e_, by_, order_, written_, form_);
    final.conditions.insert(final.conditions.begin(), assumed_.begin(), assumed_.end());
    d_.result = describe(p_, with_, e_, by_, final, order_);
    d_.lets.insert(d_.lets.end(), final.parts.begin(), final.parts.end());
    d_.notes = p_.notes();
    if (written_ == notation::matrix) note_letters(d_.notes, final.answer);
    if (!final.in_form) d_.notes.push_back("the derivative could not be brought into the form asked for");
    // The result in the names of the derivation.
    if (order_ == 2) {
      node_id first_order = at_entry(t_, derivative(t_, final.function, by_.variable), by_);
      presented w = write(first_order, t_.rank(first_order) == 0   ? std::vector<std::string>{}
                                       : t_.rank(first_order) == 2 ? std::vector{j_, i_}
                                                                   : std::vector{i_});
      derivation_step s;
      s.rule = "simplify";
      s.lhs = t_.rank(first_order) == 0 ? fmt::format("D({}, {})", root.name, by_.text) : derivative_text(root, j_);
      s.rhs = w.text;
      std::size_t before = with_.using_kernel().log().size();
      bool proved = prove(first_order, w.node);
      std::vector<std::string> used = last_ ? with_.facts_used({&*last_, 1}) : std::vector<std::string>{};
      s.conditions = used;
      s.reason = simplification_reason(used);
      s.refers_to = {d_.steps.back().number};
      joined_.clear();
      if (proved && (d_.steps.back().lhs != s.lhs || d_.steps.back().rhs != s.rhs)) append(std::move(s), before);
    }
    bool scalar = t_.rank(root.node) == 0, plain = by_.entry.empty() || !by_.letters.empty();
    std::vector<std::string> letters = final.answer.letters;
    std::string lhs = fmt::format("D({}, {})", root.name, by_.text);
    if (variable_rank() == 1 && plain && e_.letters.size() <= 1 && t_.rank(root.node) <= 1) {
      // The letters of the answer where it has some, so that both read alike.
      std::size_t own = scalar ? 0 : 1, count = own + static_cast<std::size_t>(order_);
      if (letters.size() != count) letters = scalar ? std::vector<std::string>{i_, j_} : std::vector<std::string>{j_, i_, "l"};
      letters.resize(count);
      lhs = entry(root.name, root.node, letters[0]);
      for (std::size_t k = own; k < count; ++k) lhs = fmt::format("D({}, {}[{}])", lhs, variable_, letters[k]);
    } else if (order_ == 2) {
      lhs = fmt::format("D(D({}, {}), {})", root.name, by_.text, by_.text);
    }
    if (t_.rank(final.answer.node) != letters.size()) letters = final.answer.letters;
    if (std::size_t own = t_.rank(root.node), each = variable_rank();
        each > 1 && by_.entry.empty() && letters.size() == own + static_cast<std::size_t>(order_) * each) {
      auto at = [&](const std::string& name, std::size_t begin, std::size_t count) {
        return count == 0 ? name : fmt::format("{}[{}]", name, fmt::join(std::span(letters).subspan(begin, count), ","));
      };
      lhs = at(root.name, 0, own);
      for (std::size_t k = 0; k < static_cast<std::size_t>(order_); ++k)
        lhs = fmt::format("D({}, {})", lhs, at(variable_, own + k * each, each));
    }
    bool already = !d_.steps.empty() && root.inputs.empty() && d_.steps.back().rule != "definition" && order_ == 1;
    std::vector<node_id> before{final.swept, final.answer.node};
    presented named =
        presenter(p_, with_, names_, false).best(final.swept, letters, letters.empty() ? written_ : notation::index);
    derivation_step s;
    s.rule = "simplify";
    s.lhs = lhs;
    s.rhs = named.text;
    std::size_t before_size = with_.using_kernel().log().size();
    bool proved = prove(final.swept, named.node);
    std::vector<std::string> used = last_ ? with_.facts_used({&*last_, 1}) : std::vector<std::string>{};
    for (const std::string& h : used) s.conditions.push_back(h);
    s.reason = order_ == 2 && d_.steps.size() > 1 ? "differentiate once more, simplify" : simplification_reason(used);
    if (!d_.steps.empty()) s.refers_to = {d_.steps.back().number};
    bool repeats = !d_.steps.empty() && d_.steps.back().rhs == s.rhs && d_.steps.back().lhs == s.lhs;
    if (proved && !repeats && !(already && d_.steps.back().rhs == s.rhs)) append(std::move(s), before_size);
    (void)first;
    wording words(p_, final.answer.letters);
    d_.statement = fmt::format("{} = {}", d_.result.claim, d_.result.derivative);
    d_.theorem = words.theorem(d_.statement, d_.result.hypotheses_used, d_.result.conditions);
    d_.name = units_.back().name;
    d_.text = narrative::text(d_, units_.back().name, verbosity_);
  }

  std::string simplification_reason(const std::vector<std::string>& used) {
    if (joined_.empty()) return used.empty() ? "simplify" : fmt::format("simplify, by {}", fmt::join(used, ", "));
    return used.empty() ? joined_ : fmt::format("{} = {}, by {}", joined_, hypothesis_value(), fmt::join(used, ", "));
  }

  // What the closed sum is under the hypotheses, for the reason of the last step.
  std::string hypothesis_value() {
    for (const fact& f : p_.facts())
      if (f.equation && t_.rank(f.right) == 0 && t_.rank(f.left) == 0) return print(t_, f.right, {&names_, {}});
    return "what is given";
  }

  problem& p_;
  tape& t_;
  const expression e_;
  const target by_;
  int order_, verbosity_;
  notation written_;
  result_form form_;
  prover with_;
  std::map<node_id, call> names_;
  std::vector<unit> units_;  // arguments first; the last is the expression itself
  std::vector<std::pair<node_id, std::string>> sums_;
  std::set<std::string> taken_;
  std::string i_, j_, variable_;
  std::map<node_id, std::string> defined_;
  std::map<std::pair<node_id, node_id>, std::string> gradient_step_;
  std::map<std::pair<node_id, node_id>, node_id> gradient_;  // d unit / d input, written
  std::string chain_step_, joined_;
  std::vector<requirement> assumed_;
  std::optional<theorem> last_;
  int count_ = 0;
  derivation d_;
};

void add_latex(std::vector<derivation_step>& steps, const typesetter& page) {
  for (derivation_step& s : steps) {
    s.latex = to_latex(page.equation(s.lhs, s.rhs));
    add_latex(s.substeps, page);
  }
}

// Cases and sums over k != i are for vectors; what has a matrix in it, or would become unreadable, is told by whole arrays.
derivation derive_as_in_a_textbook(problem& p, const expression& e, const target& by, const telling& how) {
  const tape& t = p.on();
  std::size_t rank = t.symbol(by.variable).axes.size();
  if (t.rank(e.node) > 1 || rank > 1 || e.letters.size() > 1) return derive_through_units(p, e, by, how);
  derivation d = planner(p, e, by, how.order, how.verbosity, how.how, how.form).run();
  bool readable = std::ranges::all_of(d.steps, [](const derivation_step& s) { return s.rhs.size() <= widest_step; });
  return readable || rank == 0 ? d : derive_through_units(p, e, by, how);
}

}  // namespace

std::vector<derivation> derive(problem& p, int order, int verbosity, derivation_style style, notation how,
                               const result_form& form) {
  std::vector<derivation> all;
  for (const target& by : p.targets()) {
    const expression& e = p.expressions().at(0);
    const telling wanted{order, verbosity, how, form};
    all.push_back(style == derivation_style::adjoint ? derive_by_adjoints(p, e, by, wanted)
                                                     : derive_as_in_a_textbook(p, e, by, wanted));
    add_latex(all.back().steps, typesetter(p, all.back()));
  }
  return all;
}

}  // namespace wengert
