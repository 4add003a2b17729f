// Jacobians of units, in cases where a delta appears.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/partials.hpp>

#include "case_narrator.hpp"
#include "narrative.hpp"

namespace wengert {

node_id case_narrator::diagonal_of(node_id n) {
  std::array<range_id, 1> out{t_.out(n)[0]};
  return t_.identity(out, {n, {label::of_axis(0), label::of_axis(0)}});
}

bool case_narrator::has_delta(node_id n) {
  try {
    polynomial p = with_.full().expand(with_.full().of(n).node);
    return std::ranges::any_of(p.terms, [](const auto& term) {
      return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
    });
  } catch (const too_large&) {
    return false;
  }
}

node_id case_narrator::off_diagonal(node_id n) {
  polynomial p = with_.full().expand(with_.full().of(n).node);
  std::erase_if(p.terms, [](const auto& term) {
    return std::ranges::any_of(term.first.factors, [](const factor& f) { return f.node == delta_atom; });
  });
  return to_node(t_, p);
}

void case_narrator::derive_unit(unit& u) {
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
  s.lhs = entry_derivative(u, j_);
  s.rhs = w.text;
  s.refers_to = {u.defined};
  for (node_id v : u.inputs)
    for (const std::string& n : unit_of(v).steps) note(s.refers_to, n);
  s.reason = rules_of(u);
  rule_by_rule(u, letters, s.substeps);
  std::string number = add(std::move(s), u.total, w.node);
  if (!number.empty()) u.steps.push_back(number);
}

void case_narrator::derive_cases(unit& u) {
  node_id equal = diagonal_of(u.total), differ = off_diagonal(u.total);
  for (bool same : {true, false}) {
    node_id raw = same ? equal : u.total;
    std::vector<std::string> letters = same ? std::vector{i_} : std::vector{j_, i_};
    presented w = write(same ? equal : differ, letters);
    derivation_step s;
    s.case_ = same ? fmt::format("{} = {}", i_, j_) : fmt::format("{} != {}", i_, j_);
    s.lhs = entry_derivative(u, same ? i_ : j_);
    s.rhs = w.text;
    s.refers_to = {u.defined};
    for (node_id v : u.inputs)
      for (const std::string& n : unit_of(v).steps) note(s.refers_to, n);
    auto [numerator, denominator] = quotient_of(u.node);
    s.rule = numerator == none ? (u.inputs.empty() ? "derivative" : "chain-rule") : "quotient-rule";
    s.reason = numerator == none ? rules_of(u) : quotient_reason(numerator, same);
    if (numerator != none) quotient_steps(u, numerator, denominator, same, letters, s, w);
    std::string number = add(std::move(s), raw, w.node, !same);
    (same ? u.diagonal : u.apart) = w.node;
    if (!number.empty()) u.steps.push_back(number);
  }
}

std::pair<node_id, node_id> case_narrator::quotient_of(node_id n) {
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

std::string case_narrator::quotient_reason(node_id numerator, bool same) {
  std::string n = entry_text(numerator, {j_});
  return same ? "quotient rule" : fmt::format("quotient rule; D({}, {}) = 0", n, by_text());
}

void case_narrator::quotient_steps(const unit& u, node_id numerator, node_id denominator, bool same,
                                   const std::vector<std::string>& letters, derivation_step& s, const presented& end) {
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
    part.lhs = from == raw ? lhs : entry_text(from, letters);
    part.rhs = entry_text(to, letters);
    part.reason = reason;
    if (part.lhs == part.rhs) return;
    add(std::move(part), from, to, !same, &s.substeps);
  };
  link(raw, form, "quotient rule");
  link(form, multiplied, fmt::format("by ({})", u.defined));
  link(multiplied, end.node, "common factor");
}

std::string case_narrator::rule_name(node_id n) const {
  return narrative::rule_of(t_, n, [&](node_id m) { return t_.mentions(m, by_.variable); });
}

void case_narrator::rule_by_rule(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into) {
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
    if (variable_rank() == 1) own.push_back(i_);
    presented w = write(raw, own);
    bool trivial = t_.is_constant(w.node) || t_.op(n) == opcode::mul ? t_.is_constant(w.node) : false;
    if (trivial && how_.verbosity < 3) continue;
    derivation_step s;
    s.rule = narrative::rule_id(t_, n);
    s.formula = narrative::formula_of(t_, n);
    s.lhs = derivative_text(n);
    s.rhs = w.text;
    s.reason = rule_name(n);
    add(std::move(s), raw, w.node, false, &into);
  }
  rule_form(u, letters, into);
}

void case_narrator::rule_form(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into) {
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
  conditions needed = defined_conditions(u.node, f);
  for (condition& c : kink_conditions(u.node, f, wanted)) needed.push_back(std::move(c));
  for (const condition& c : needed)
    if (auto t = with_.full().establish(c.is, with_.using_kernel().condition_node(c))) premises.push_back(*t);
  try {
    node_id form = with_.using_kernel().differentiate(u.node, by_.variable, premises).says().right;
    derivation_step s;
    s.rule = narrative::rule_id(t_, u.node);
    s.formula = narrative::formula_of(t_, u.node);
    s.lhs = entry_derivative(u, j_);
    s.rhs = entry_text(form, letters);
    s.reason = rule_name(u.node);
    add(std::move(s), u.total, form, false, &into);
  } catch (const refusal&) {
    // a condition is missing; the steps around it stand
  }
}

}  // namespace wengert
