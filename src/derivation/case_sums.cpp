// The chain rule through the units, and what becomes of its sum: split, cancelled, collected.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>

#include "case_narrator.hpp"
#include "narrative.hpp"

namespace wengert {

void case_narrator::chain_rule(unit& root) {
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
      outer = fmt::format("({})", entry_text(gradient_[{root.node, v}],
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
  s.lhs = entry_derivative(root, {});
  s.rhs = fmt::format("{}", fmt::join(texts, " + "));
  s.reason = "chain rule: " + s.formula;
  node_id sum = general.size() == 1 ? t_.identity(out, general[0]) : t_.add(out, general);
  if (add(std::move(s), raw, sum).empty()) return;
  if (root.inputs.size() == 1 && !root.direct)
    split_sum(root, raw, out);
  else
    put_together(root, raw, out);
}

edge case_narrator::product_over(const std::vector<range_id>& out, node_id v, node_id g, node_id total) {
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

void case_narrator::conclude_unit(unit& u) {
  if (u.total == none) u.total = derivative(t_, u.node, by_.variable);
  presented w = write(u.total, variable_letters());
  u.whole = w.node;
  derivation_step s;
  s.rule = "simplify";
  s.lhs = entry_derivative(u, {});
  s.rhs = w.text;
  s.reason = joined_.empty() ? "simplify" : joined_;
  joined_.clear();
  if (!d_.steps.empty()) s.refers_to = {d_.steps.back().number};
  std::string number =
      d_.steps.back().lhs == s.lhs && d_.steps.back().rhs == s.rhs ? d_.steps.back().number : add(std::move(s), u.total, w.node);
  if (!number.empty()) u.steps = {number};
}

void case_narrator::put_together(unit& root, node_id raw, const std::vector<range_id>& out) {
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
  s.lhs = entry_derivative(root, {});
  s.rhs = entry_text(sum, variable_letters());
  s.reason = "by " + narrative::references(from);
  s.refers_to = from;
  add(std::move(s), raw, sum);
}

std::vector<std::string> case_narrator::variable_letters() {
  return variable_rank() == 1 ? std::vector{i_} : std::vector<std::string>{};
}

node_id case_narrator::sum_apart(node_id n, range_id axis) {
  std::array<range_id, 2> both{t_.out(n)[0], t_.out(n)[1]};
  edge k{t_.index_value(axis), {label::of_axis(0)}}, i{t_.index_value(axis), {label::of_axis(1)}};
  node_id guarded = t_.select(both, comparison::eq, k, i, {t_.constant(0), {}}, t_.whole(n));
  std::array<range_id, 1> out{both[1]}, bound{axis};
  return t_.identity(out, {guarded, {label::of_axis(1), label::of_axis(0)}}, bound, reduction::sum);
}

void case_narrator::split_sum(unit& root, node_id raw, const std::vector<range_id>& out) {
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
    s.lhs = entry_derivative(root, {});
    s.rhs = entry_text(to, {i_});
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

std::string case_narrator::cancelled_factors(node_id before, node_id after) {
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

void case_narrator::collect(unit& root, node_id raw, const std::vector<range_id>& out, node_id own, node_id other, range_id axis,
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
  s.lhs = entry_derivative(root, {});
  s.rhs = entry_text(nine, {i_});
  std::string shared;
  if (!fixed.factors.empty()) shared = entry_text(product[product.size() - 2].node, {i_});
  s.reason = shared.empty() ? "collect" : fmt::format("factor {} out", shared);
  s.refers_to = {eight};
  if (add(std::move(s), raw, nine).empty()) return;
  std::array<range_id, 1> bound{axis};
  node_id total = t_.identity({}, {f_node, {label::of_axis(0)}}, bound, reduction::sum);
  joined_ = fmt::format("{} + sum(k != {}, {}) = {}", entry_text(f_node, {i_}), i_, entry_text(f_node, {"k"}),
                        print(t_, total, {&names_, {}}));
}

}  // namespace wengert
