#include "case_narrator.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/substitute.hpp>
#include <wengert/text/printer.hpp>

#include "guards.hpp"
#include "narrative.hpp"
#include "wording.hpp"

namespace wengert {

derivation case_narrator::run() {
  if (how_.order == 1)
    with_.assume_signs(p_.facts());
  else
    with_.assume_near(p_.facts(), by_.variable);
  std::vector<requirement> open;
  std::vector<requirement> needs = requirements(t_, root_, by_.variable);
  if (how_.order == 2) needs = holding_near(with_, std::move(needs), by_.variable);
  assumed_ = with_.assume_domain(needs, false, open);
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

void case_narrator::differentiate_units(unit& root) {
  partial_derivatives(root);
  for (unit& u : units_) {
    bool through_others = !u.inputs.empty() && t_.rank(u.node) == 0;
    if (!through_others)
      derive_unit(u);
    else {
      if (&u != &root) partial_derivatives(u);
      chain_rule(u);
      if (&u != &root) conclude_unit(u);
    }
  }
}

std::size_t case_narrator::variable_rank() const { return t_.symbol(by_.variable).axes.size(); }

void case_narrator::choose_letters() {
  for (const std::string& l : e_.letters) reserve({l.c_str()});
  bool named = by_.letters.size() == 1 && !by_.letters[0].empty();
  i_ = named ? by_.letters[0] : first_free({"i", "p", "q"});
  j_ = e_.letters.size() == 1 ? e_.letters[0] : first_free({"j", "l", "m"});
  reserve({"i", "j", "k"});
}

void case_narrator::find_units() {
  std::set<node_id> named;
  for (const auto& [n, how] : p_.calls()) named.insert(n);
  for (node_id n : t_.reachable(root_)) {
    if (n == root_ || !named.contains(n) || t_.op(n) == opcode::symbol || t_.rank(n) > 1) continue;
    if (t_.mentions(n, by_.variable)) units_.push_back({.node = n});
  }
  units_.push_back({.node = root_});
  for (unit& u : units_) connect(u);
  drop_unused();
  for (unit& u : units_) name_unit(u);
  name_denominators();
}

void case_narrator::connect(unit& u) {
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

void case_narrator::drop_unused() {
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

void case_narrator::name_unit(unit& u) {
  auto how = p_.calls().find(u.node);
  bool let = how != p_.calls().end() && how->second.is_let;
  u.definition = how == p_.calls().end() ? given() : "definition of " + how->second.name;
  bool root = u.node == root_;
  if (let)
    u.name = how->second.name;
  else if (root)
    u.name = t_.rank(u.node) == 0 ? first_free({"C", "L", "f", "g"}) : first_free({"a", "f", "g", "h"});
  else if (t_.rank(u.node) == 0)
    u.name = first_free({"a", "s", "u", "v", "w"});
  else
    u.name = first_free({"a", "b", "p", "q", "u", "v", "w"});
  add_let(u.name, definition_of(u));
}

void case_narrator::name_denominators() {
  for (const unit& u : units_)
    for (node_id n : t_.reachable(u.node)) {
      if (t_.op(n) != opcode::power || t_.value(n) >= 0) continue;
      node_id s = t_.arg(n, 0).node;
      bool sum = t_.rank(s) == 0 && (t_.red(s) == reduction::sum) && t_.mentions(s, by_.variable) && !p_.calls().contains(s);
      if (!sum || std::ranges::find(sums_, s, &std::pair<node_id, std::string>::first) != sums_.end()) continue;
      sums_.emplace_back(s, first_free({"S", "Z", "N", "S1", "S2"}));
      d_.lets.insert(d_.lets.begin(), {sums_.back().second, print(t_, s, {&names_, {}})});
    }
}

// By the names of the units before it.
printed case_narrator::definition_of(const unit& u) {
  std::map<node_id, call> known = p_.calls();
  if (auto how = known.find(u.node); how != known.end() && how->second.is_let) known.erase(how);
  for (node_id v : u.inputs) known[v] = call{name_of(v), {}, true};
  print_options o;
  if (t_.rank(u.node) == e_.letters.size()) o.letters = e_.letters;
  printed text = print_with_letters(t_, u.node, {&known, {}}, o);
  auto is_met = [&](node_id v) { return narrative::mentions(text.text, name_of(v)); };
  if (std::ranges::all_of(u.inputs, is_met)) return text;
  known.erase(u.node);  // the definition of mish is told as x*tanh(a), with a = softplus(x)
  return print_with_letters(t_, u.node, {&known, {}}, o);
}

std::string case_narrator::entry_text(node_id n, std::vector<std::string> letters) {
  print_options o;
  o.letters = std::move(letters);
  o.index_form = true;
  return print(t_, n, {&names_, {i_, j_}}, o);
}

std::string case_narrator::entry(const std::string& name, node_id n, const std::string& letter) {
  return t_.rank(n) == 0 ? name : fmt::format("{}[{}]", name, letter);
}

std::string case_narrator::by_text() { return variable_rank() == 0 ? variable_ : fmt::format("{}[{}]", variable_, i_); }

// D(n, x[i]); a vector n by its entry.
std::string case_narrator::derivative_text(node_id n) {
  return fmt::format("D({}, {})", entry_text(n, t_.rank(n) == 1 ? std::vector{j_} : std::vector<std::string>{}), by_text());
}

std::string case_narrator::entry_derivative(const unit& u, const std::string& letter) {
  const std::string own = u.derivative_of.empty() ? entry(u.name, u.node, letter)
                                                  : fmt::format("D({}, {})", u.derivative_of, entry(variable_, u.node, letter));
  return fmt::format("D({}, {})", own, by_text());
}

std::string case_narrator::rules_of(const unit& u) {
  std::vector<node_id> ends = u.inputs;
  ends.push_back(t_.symbol_node(by_.variable));
  return narrative::rules_text(t_, u.node, ends);
}

bool case_narrator::prove(node_id left, node_id right, bool apart) {
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

std::string case_narrator::add(derivation_step s, node_id left, node_id right, bool apart, std::vector<derivation_step>* into) {
  std::size_t first = with_.using_kernel().log().size();
  if (!prove(left, right, apart)) return {};
  for (const std::string& used : with_.facts_used({&*last_, 1})) note(s.conditions, used);
  return append_proved(std::move(s), first, into);
}

std::string case_narrator::append_proved(derivation_step s, std::size_t first, std::vector<derivation_step>* into) {
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

void case_narrator::define_units() {
  for (unit& u : units_) {
    derivation_step s;
    s.rule = "definition";
    s.lhs = entry(u.name, u.node, j_);
    s.rhs = entry_text(u.node, t_.rank(u.node) == 0 ? std::vector<std::string>{} : std::vector{j_});
    s.reason = u.definition;
    for (const fact& f : p_.facts())
      if (u.node == root_ && std::ranges::find(s.conditions, f.text) == s.conditions.end() && mentions_symbol_of(u.node, f))
        s.conditions.push_back(f.text);
    u.defined = add(std::move(s), u.node, u.node);
    names_[u.node] = call{u.name, {}, true};
  }
  for (const auto& [n, name] : sums_) names_[n] = call{name, {}, true};
}

bool case_narrator::mentions_symbol_of(node_id n, const fact& f) {
  for (node_id m : t_.reachable(f.left))
    if (t_.op(m) == opcode::symbol && t_.mentions(n, t_.symbol_of(m))) return true;
  return false;
}

node_id case_narrator::partial(const unit& u, node_id input) {
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

std::string case_narrator::name_of(node_id n) {
  for (const unit& u : units_)
    if (u.node == n) return u.name;
  return {};
}

case_narrator::unit& case_narrator::unit_of(node_id n) { return *std::ranges::find(units_, n, &unit::node); }

presented case_narrator::write(node_id n, const std::vector<std::string>& letters) {
  presenter how(p_, with_, names_, false);
  return how.best(n, letters, notation::index);
}

node_id case_narrator::expanded(node_id n) { return presenter(p_, with_, names_, false).expanded(n); }

bool case_narrator::is_nested(const unit& root, node_id input) const {
  return std::ranges::any_of(root.inputs, [&](node_id v) {
    std::vector<node_id> inside = t_.reachable(v);
    return v != input && std::ranges::binary_search(inside, input);
  });
}

void case_narrator::partial_derivatives(unit& root) {
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
    s.reason = narrative::rules_text(t_, root.node, {&v, 1});
    s.refers_to = {root.defined};
    for (const requirement& r : requirements(t_, root.node, by_.variable))
      if (r.node == v) s.conditions.push_back(print_condition(t_, r.is, r.node, {&names_, {}}));
    gradient_[{root.node, v}] = w.node;
    if (is_nested(root, v)) continue;
    std::string number = add(std::move(s), raw, w.node);
    if (!number.empty()) gradient_step_[{root.node, v}] = number;
  }
}

void case_narrator::finish(unit& root) {
  if (how_.order == 2) differentiate_again(root);
  differentiated final = differentiate(p_, with_, e_, by_, how_.order, how_.how, how_.form);
  final.conditions.insert(final.conditions.begin(), assumed_.begin(), assumed_.end());
  tell_result(root, final);
  root_name_ = root.name;
  if (!conclude_with_less(final)) conclude(final);
}

// Where an equal function needs less than the steps do, the theorem is about that one, and each step says what it needs.
bool case_narrator::conclude_with_less(const differentiated& final) {
  if (assumed_.empty()) return false;
  prover alone(t_);
  alone.assume_signs(p_.facts());
  if (smoothest(p_, alone, root_, by_.variable).node == root_) return false;
  differentiated found = differentiate(p_, alone, e_, by_, how_.order, how_.how, how_.form);
  if (!found.proved || found.conditions.size() > final.conditions.size()) return false;
  for (const unit& u : units_) {
    std::set<node_id> of_inputs;
    for (node_id v : u.inputs)
      for (node_id n : t_.reachable(v)) of_inputs.insert(n);
    for (node_id n : t_.reachable(u.node))
      if (!of_inputs.contains(n)) note_conditions(step_about(u, n), n, assumed_);
  }
  conclude(found, &alone);
  return true;
}

// The substep that differentiates n, a part of a unit; or else the unit's definition.
derivation_step& case_narrator::step_about(const unit& u, node_id n) {
  const std::string derivative = derivative_text(n);
  for (derivation_step& s : d_.steps)
    for (derivation_step& sub : s.substeps)
      if (n != u.node && sub.lhs == derivative) return sub;
  return d_.steps.at(std::stoul(u.defined) - 1);
}

void case_narrator::differentiate_again(const unit& root) {
  with_.assume_near(p_.facts(), by_.variable);
  const node_id swept = derivative(t_, root.node, by_.variable);
  std::vector<requirement> open;
  for (const requirement& r : with_.assume_domain(requirements(t_, swept, by_.variable), false, open)) assumed_.push_back(r);
  const node_id first = at_entry(t_, swept, by_, e_.letters);
  const std::size_t rank = t_.rank(first);
  derivation_step s;
  s.rule = "simplify";
  s.lhs = rank == 0 ? fmt::format("D({}, {})", root.name, by_.text) : entry_derivative(root, j_);
  const std::string lhs = s.lhs;
  presented w = write(first, rank == 0   ? std::vector<std::string>{}
                             : rank == 2 ? std::vector{j_, i_}
                                         : std::vector{variable_rank() == 0 ? j_ : i_});
  s.rhs = w.text;
  tell_simplified(std::move(s), first, w.node);
  joined_.clear();
  if (d_.steps.back().lhs != lhs || !by_.entry.empty() || t_.rank(root.node) > 0) return;
  unit again{.node = w.node, .derivative_of = root.name, .defined = d_.steps.back().number};
  connect(again);
  std::swap(i_, j_);
  derive_unit(again);
  std::swap(i_, j_);
  if (again.total != none && d_.steps.back().number != again.defined) again_ = again.total;
}

// (10): the answer in the names of the derivation.
void case_narrator::tell_result(const unit& root, const differentiated& final) {
  auto [lhs, letters] = left_side_of(root, final);
  if (t_.rank(final.answer.node) != letters.size()) letters = final.answer.letters;
  presented named = presenter(p_, with_, names_, false).best(final.swept, letters, letters.empty() ? how_.how : notation::index);
  derivation_step s;
  s.rule = "simplify";
  s.lhs = lhs;
  s.rhs = named.text;
  if (how_.order == 2 && again_ == none && d_.steps.size() > 1) s.reason = "differentiate once more, simplify";
  bool told = !d_.steps.empty() && root.inputs.empty() && d_.steps.back().rule != "definition" && how_.order == 1;
  if (!told || d_.steps.back().rhs != s.rhs)
    tell_simplified(std::move(s), again_ == none || !prove(again_, named.node) ? final.swept : again_, named.node);
}

// D(C, z[i]), with the letters of the answer where it has some, so that both read alike.
std::pair<std::string, std::vector<std::string>> case_narrator::left_side_of(const unit& root, const differentiated& final) {
  std::vector<std::string> letters = final.answer.letters;
  bool scalar = t_.rank(root.node) == 0, plain = by_.entry.empty() || !by_.letters.empty();
  std::string lhs = root.name;
  if (variable_rank() == 1 && plain) {
    std::size_t own = scalar ? 0 : 1, count = own + static_cast<std::size_t>(how_.order);
    if (letters.size() != count) letters = scalar ? std::vector<std::string>{i_, j_} : std::vector<std::string>{j_, i_, "l"};
    letters.resize(count);
    lhs = entry(root.name, root.node, letters[0]);
    for (std::size_t k = own; k < count; ++k) lhs = fmt::format("D({}, {}[{}])", lhs, variable_, letters[k]);
  } else {
    if (t_.rank(root.node) == 1 && !letters.empty()) lhs = entry(root.name, root.node, letters[0]);
    for (int k = 0; k < how_.order; ++k) lhs = fmt::format("D({}, {})", lhs, by_.text);
  }
  return {lhs, letters};
}

// The last step, or all the cases that it is the last of.
std::vector<std::string> case_narrator::last_numbers() const {
  std::vector<std::string> r;
  for (auto s = d_.steps.rbegin(); s != d_.steps.rend() && (r.empty() || !s->case_.empty()); ++s) {
    r.insert(r.begin(), s->number);
    if (s->case_.empty()) break;
  }
  return r;
}

// A step that only simplifies, unless the one before it says the same.
void case_narrator::tell_simplified(derivation_step s, node_id from, node_id to) {
  std::size_t before = with_.using_kernel().log().size();
  if (!prove(from, to)) return;
  s.conditions = last_ ? with_.facts_used({&*last_, 1}) : std::vector<std::string>{};
  if (s.reason.empty()) s.reason = simplification_reason(s.conditions);
  s.refers_to = last_numbers();
  bool repeats = !d_.steps.empty() && d_.steps.back().rhs == s.rhs && d_.steps.back().lhs == s.lhs;
  if (!repeats) append_proved(std::move(s), before);
}

std::string case_narrator::simplification_reason(const std::vector<std::string>& used) {
  if (joined_.empty()) return used.empty() ? "simplify" : fmt::format("simplify, by {}", fmt::join(used, ", "));
  return used.empty() ? joined_ : fmt::format("{} = {}, by {}", joined_, hypothesis_value(), fmt::join(used, ", "));
}

std::string case_narrator::hypothesis_value() {
  for (const fact& f : p_.facts())
    if (f.equation && t_.rank(f.right) == 0 && t_.rank(f.left) == 0) return print(t_, f.right, {&names_, {}});
  return "what is given";
}

}  // namespace wengert
