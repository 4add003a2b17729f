#include "unit_style.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/text/printer.hpp>

#include "guards.hpp"
#include "narrative.hpp"
#include "units.hpp"

namespace wengert {

namespace {

constexpr std::size_t widest_step = 160, widest_answer = 80;  // characters

class unit_narrator : narrator {
 public:
  unit_narrator(problem& p, const expression& e, const target& by, const telling& how) : narrator(p, e, by, how) {}

  derivation run() {
    differentiated final = answer();
    needed_ = needed_by_steps(final);
    for (bool again = true; again;) {
      start_again();
      find_units();
      own_names_ = names_of(units_, root_);
      root_name_ = own_names_.at(root_);
      for (node_id n : units_) define(n);
      t_.rank(root_) == 0 ? backward() : forward();
      again = open_composites();
    }
    finish(final);
    return std::move(d_);
  }

 private:
  // Where an equal function needs less than the steps do, the theorem is about that one, and each step says what it needs.
  std::vector<requirement> needed_by_steps(const differentiated& final) {
    std::vector<requirement> r = final.conditions, open;
    if (final.function == root_) return r;
    const moving_variable moving(with_, by_.variable);
    for (const requirement& q : with_.assume_domain(requirements(t_, root_, by_.variable), false, open)) r.push_back(q);
    return r;
  }

  // --- units

  void find_units() {
    const std::set<node_id> found = textbook_units(p_, root_, by_.variable, opened_);
    units_.assign(found.begin(), found.end());
    units_.push_back(root_);
  }

  bool is_unit(node_id n) const { return own_names_.contains(n); }

  // Visits what a unit is made of, down to other units.
  void inside(node_id unit, const std::function<void(node_id)>& visit) const {
    std::set<node_id> seen;
    std::vector<node_id> stack{unit};
    while (!stack.empty()) {
      node_id n = stack.back();
      stack.pop_back();
      if (!seen.insert(n).second) continue;
      visit(n);
      if (n != unit && is_unit(n)) continue;
      for (edge_view a : t_.args(n)) stack.push_back(a.node);
    }
  }

  bool is_written_with(node_id unit, node_id part) const {
    bool found = false;
    inside(unit, [&](node_id n) { found = found || (n == part && n != unit); });
    return found;
  }

  // --- the way up

  void define(node_id n) {
    auto how = calls_.find(n);
    bool composite = how != calls_.end() && !how->second.is_let;
    print_options o;
    o.index_form = composite;
    printed value = composite ? show(n, o) : in_matrix_notation(n);
    std::string reason = how != calls_.end() ? "definition of " + how->second.name : n == root_ ? given() : "intermediate";
    const std::string& own = own_names_.at(n);
    derivation_step& s =
        append("definition", with_indices(own, value.letters), value.text, std::move(reason), with_.using_kernel().reflexive(n));
    inside(n, [&](node_id m) {
      if (m == n || !is_unit(m)) note_conditions(s, m, needed_);
    });
    defined_[n] = s.number;
    name(n, own, value);
  }

  // --- the way down

  void backward() {
    names_.erase(root_);  // it is no part of its own derivatives
    told_ = names_;
    node_id variable = t_.symbol_node(by_.variable);
    std::vector<adjoint_step> record;
    node_id swept = derivative(t_, root_, by_.variable, record, [&](node_id n, node_id adjoint) {
      return n != root_ && n != variable && is_unit(n) ? collect(n, own_names_.at(n), adjoint) : adjoint;
    });
    collect(variable, variable_, swept);
  }

  // Symbols for a unit and for those that are not written with it: they stay whole.
  std::map<node_id, node_id> stand_ins(node_id n) {
    std::map<node_id, node_id> r;
    for (node_id m : units_) {
      std::vector<node_id> parts = t_.reachable(m);
      if (m == n || !std::ranges::binary_search(parts, n)) r[m] = stand_in(t_, m);
    }
    return r;
  }

  presented written(node_id n, const std::map<node_id, node_id>& held, std::string_view mentioning) {
    std::map<node_id, call> names;
    for (const auto& [node, how] : mentioning.empty() ? names_ : told_) names.emplace(substitute(t_, node, held), how);
    std::map<node_id, node_id> values;
    for (const auto& [node, symbol] : held) values[symbol] = node;
    for (requirement r : needed_) {  // what is known of a unit is known of the symbol that stands for it
      r.node = substitute(t_, r.node, held);
      std::vector<requirement> open;
      with_.assume_domain({r}, false, open);
    }
    presenter show(p_, with_, names, false);
    show.put_back(std::move(values));
    presented whole = show.best(substitute(t_, n, held), {}, how_.how, mentioning);
    return is_anchored(whole.node) ? whole : show.best(substitute(t_, n, held), {}, notation::index, mentioning);
  }

  // D(C, v) by the derivatives of the later units, and by the units alone where that is no longer, or is the end. The node that
  // is shown.
  node_id collect(node_id n, const std::string& own, node_id adjoint) {
    std::map<node_id, node_id> held = stand_ins(n), told_too = held;
    for (const auto& [bar, how] : told_)
      if (!names_.contains(bar)) told_too.try_emplace(bar, stand_in(t_, bar));
    presented chain = written(adjoint, told_too, fmt::format("D({}, ", root_name_));
    presented closed = written(adjoint, held, {});
    if (!opened_.empty())  // sum(x - m) = 0 is seen only where m is what it is
      if (presented open = written(adjoint, {}, {}); open.text.size() < closed.text.size()) closed = std::move(open);
    const std::size_t wide = n == t_.symbol_node(by_.variable) ? std::max(widest_answer, chain.text.size()) : chain.text.size();
    bool closes = closed.text != chain.text && closed.text.size() <= wide && closed.letters == chain.letters;
    const presented& shown = closes ? closed : chain;
    std::string left = derivative_text(shown.letters, own, t_.rank(n), 1);
    derivation_step& s = append("chain-rule", left, shown.text, "", shown.equal);
    std::vector<std::string> rules, through;
    for (node_id user : units_) {
      if (!is_written_with(user, n)) continue;
      for (const std::string& r : narrative::rules_between(t_, user, {&n, 1})) note(rules, r);
      if (user != root_) note(through, own_names_.at(user));
      note(s.refers_to, defined_.at(user));
      if (user != root_) note(s.refers_to, derived_.at(user));
    }
    s.reason = through.empty() ? "" : fmt::format("chain rule through {}", fmt::join(through, ", "));
    if (through.empty() && rules.empty()) rules.push_back("linear");
    s.reason += fmt::format("{}{}", !through.empty() && !rules.empty() ? ": " : "", fmt::join(rules, ", "));
    s.conditions = with_.facts_used({&shown.equal, 1});
    if (closes) in_two_lines(s, chain);
    derived_[n] = s.number;
    bool nameless = t_.op(shown.node) < opcode::add || names_.contains(shown.node);
    if (!nameless) told_.try_emplace(shown.node, call{fmt::format("D({}, {})", root_name_, own), {}, true});
    return shown.node;
  }

  // left = between = right. What each of the equations uses is said with it.
  void in_two_lines(derivation_step& s, const presented& between) {
    derivation_step first = s, second = s;
    first.number = s.number + ".1";
    first.rhs = between.text;
    const auto by_arithmetic = with_.full().ring(between.equal.says().left, between.equal.says().right);
    first.conditions = with_.facts_used({by_arithmetic ? &*by_arithmetic : &between.equal, 1});
    second.number = s.number + ".2";
    second.rule = "simplify";
    second.lhs = between.text;
    second.reason = second.conditions.empty() ? "simplify" : fmt::format("by {}", fmt::join(second.conditions, ", "));
    second.refers_to.clear();
    s.conditions = first.conditions;
    s.substeps = {std::move(first), std::move(second)};
  }

  // The Jacobian of each unit.
  void forward() {
    node_id variable = t_.symbol_node(by_.variable);
    for (node_id n : units_) {
      node_id raw = derivative(t_, n, by_.variable);
      presented w = presenter(p_, with_, names_, false).best(raw, {}, notation::index);
      auto letters = std::span<const std::string>(w.letters);
      std::size_t own = letters.empty() ? 0 : t_.rank(n);
      std::string left = fmt::format("D({}, {})", with_indices(own_names_.at(n), letters.first(own)),
                                     with_indices(variable_, letters.subspan(own)));
      derivation_step& s = append("derivative", left, w.text, "", w.equal);
      std::vector<node_id> inputs;
      note(s.refers_to, defined_.at(n));
      for (node_id m : units_)
        if (is_written_with(n, m)) {
          inputs.push_back(m);
          note(s.refers_to, derived_.at(m));
        }
      if (is_written_with(n, variable)) inputs.push_back(variable);
      s.reason = narrative::rules_text(t_, n, inputs);
      s.conditions = with_.facts_used({&w.equal, 1});
      derived_[n] = s.number;
    }
  }

  void start_again() {
    forget();
    for (auto* m : {&own_names_, &defined_, &derived_}) m->clear();
  }

  // The composites through which no derivative is readable; whether there were any that were not opened before.
  bool open_composites() {
    std::size_t before = opened_.size();
    for (const auto& [n, number] : derived_)
      if (d_.steps[std::stoul(number) - 1].rhs.size() > widest_step)
        for (node_id user : units_)
          if ((is_written_with(user, n) || user == n) && calls_.contains(user) && !calls_.at(user).is_let) opened_.insert(user);
    return opened_.size() > before;
  }

  // The answer, where the last derivative is not what was asked for.
  void finish(const differentiated& final) {
    if (how_.order == 2 || !by_.entry.empty()) {
      std::vector<std::string> used = answering().facts_used({&final.answer.equal, 1});
      std::string reason = how_.order == 2 ? "differentiate once more, simplify" : "simplify";
      if (!used.empty()) reason += fmt::format(", by {}", fmt::join(used, ", "));
      std::string last = d_.steps.back().number;
      derivation_step& s =
          append("simplify", left_side(final.answer.letters), final.answer.text, std::move(reason), final.answer.equal);
      s.conditions = used;
      // What a symmetric matrix makes of the first derivative holds at the point only.
      s.refers_to = {t_.symbol(by_.variable).symmetric ? defined_.at(root_) : last};
    }
    conclude(final);
  }

  std::vector<requirement> needed_;
  std::set<node_id> opened_;
  std::vector<node_id> units_;  // arguments first; the last is the root
  std::map<node_id, std::string> own_names_, defined_, derived_;
  std::map<node_id, call> told_;  // with the derivatives that were told
};

}  // namespace

derivation derive_through_units(problem& p, const expression& e, const target& by, const telling& how) {
  return unit_narrator(p, e, by, how).run();
}

}  // namespace wengert
