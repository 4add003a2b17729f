#include "narrator.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>

#include "guards.hpp"
#include "narrative.hpp"
#include "wording.hpp"

namespace wengert {

narrator::narrator(problem& p, const expression& e, const target& by, const telling& how)
    : p_(p), t_(p.on()), e_(e), by_(by), how_(how), with_(p.on()), calls_(p.calls()) {
  variable_ = t_.symbol(by_.variable).name;
  root_ = e_.node;
  if (with_diagonals_apart(with_, root_, by_.variable).node != root_)
    root_ = with_diagonals_apart(with_, with_guards(with_, root_).node, by_.variable).node;
  with_.light().forget();
  with_.full().forget();
  forget();
}

std::string narrator::given() const {
  return root_ == e_.node ? "the given expression" : "the given expression, with equal indices apart";
}

void narrator::forget() {
  d_ = {};
  said_.clear();
  taken_.clear();
  for (symbol_id s = 0; s < t_.symbol_count(); ++s) taken_.insert(t_.symbol(s).name);
  for (dim_id k = 0; k < t_.dim_count(); ++k) taken_.insert(t_.dim_name(k));
  for (const auto& [let, value] : p_.lets()) taken_.insert(let);
  names_ = calls_;
  for (auto it = names_.begin(); it != names_.end();)  // what depends on the variable gets names of its own
    it = t_.mentions(it->first, by_.variable) ? names_.erase(it) : std::next(it);
}

std::string narrator::fresh(const std::string& wish, int number) {
  auto numbered = [&] { return number == 0 ? wish : fmt::format("{}{}", wish, number); };
  while (!taken_.insert(numbered()).second) ++number;
  return numbered();
}

std::string narrator::first_free(std::initializer_list<const char*> wishes) {
  for (const char* w : wishes)
    if (taken_.insert(w).second) return w;
  return fresh("u", 1);
}

void narrator::reserve(std::initializer_list<const char*> letters) { taken_.insert(letters.begin(), letters.end()); }

std::map<node_id, std::string> narrator::names_of(const std::vector<node_id>& units, node_id root) {
  std::map<node_id, std::string> names;
  std::map<std::string, std::vector<node_id>> wishes;
  for (node_id n : units) {
    auto how = calls_.find(n);
    if (how != calls_.end() && how->second.is_let) {
      names[n] = how->second.name;
    } else if (n == root) {
      names[n] = fresh(t_.rank(n) == 0 ? "C" : t_.rank(n) == 1 ? "f" : "F");
    } else {
      bool linear = how == calls_.end() && !is_matrix_function(t_.op(n)) && !find_function(t_.op(n));
      wishes[t_.rank(n) == 0 ? "s" : t_.rank(n) == 1 ? (linear ? "z" : "a") : (linear ? "Z" : "A")].push_back(n);
    }
  }
  for (const auto& [wish, nodes] : wishes) {
    int number = nodes.size() > 1 ? 1 : 0;
    for (node_id n : nodes) names[n] = fresh(wish, number++);
  }
  return names;
}

printed narrator::show(node_id n, print_options how) const {
  how.variable = by_.variable;
  return print_with_letters(t_, n, {&names_, {}}, how);
}

printed narrator::in_matrix_notation(node_id n) {
  print_options o;
  o.matrix_notation = true;
  if (how_.how != notation::index && presenter(p_, with_, names_, false).reads_back(n, o)) return show(n, o);
  o.matrix_notation = false;
  o.index_form = how_.how == notation::index;
  return show(n, o);
}

void narrator::add_let(const std::string& name, const printed& value) {
  bool of_the_user = std::ranges::find(p_.lets(), name, &std::pair<std::string, node_id>::first) != p_.lets().end();
  if (!of_the_user) d_.lets.emplace_back(with_indices(name, value.letters), value.text);
}

void narrator::name(node_id n, const std::string& name, const printed& value) {
  add_let(name, value);
  bool leaf = t_.op(n) < opcode::add;  // is called by its own name
  if (!leaf) names_.try_emplace(n, call{name, {}, true});
}

bool narrator::is_anchored(node_id n) const {
  for (std::size_t axis = 0; axis < t_.rank(n); ++axis) {
    std::set<std::pair<node_id, std::size_t>> seen;
    if (!is_anchored(n, axis, seen)) return false;
  }
  return true;
}

bool narrator::is_anchored(node_id n, std::size_t axis, std::set<std::pair<node_id, std::size_t>>& seen) const {
  if (!seen.emplace(n, axis).second) return false;  // it was looked at in vain
  if (names_.contains(n) || t_.op(n) == opcode::symbol) return true;
  if (is_matrix_function(t_.op(n))) {  // rows become columns
    const std::size_t batch = batch_rank(t_, n);
    return is_anchored(t_.arg(n, 0).node, axis < batch ? axis : 2 * batch + 1 - axis, seen);
  }
  for (edge_view a : t_.args(n))
    for (std::size_t q = 0; q < a.labels.size(); ++q)
      if (a.labels[q] == label::of_axis(axis) && t_.out(a.node)[q] == t_.out(n)[axis] && is_anchored(a.node, q, seen))
        return true;
  return false;
}

std::string narrator::with_indices(const std::string& name, std::span<const std::string> letters) {
  return letters.empty() ? name : fmt::format("{}[{}]", name, fmt::join(letters, ","));
}

std::string narrator::derivative_text(std::span<const std::string> letters, const std::string& by, std::size_t each,
                                      int order) const {
  auto at = [&](const std::string& name, std::size_t begin, std::size_t count) {
    return letters.empty() ? name : with_indices(name, letters.subspan(begin, count));
  };
  std::size_t own = t_.rank(root_);
  std::string left = at(root_name_, 0, own);
  for (std::size_t k = 0; k < static_cast<std::size_t>(order); ++k)
    left = fmt::format("D({}, {})", left, at(by, own + k * each, each));
  return left;
}

std::string narrator::left_side(const std::vector<std::string>& letters) const {
  std::size_t own = t_.rank(root_), each = t_.symbol(by_.variable).axes.size();
  if (by_.entry.empty() && letters.size() == own + static_cast<std::size_t>(how_.order) * each)
    return derivative_text(letters, variable_, each, how_.order);
  bool named = !e_.letters.empty() && e_.letters.size() == own;
  std::string left = named ? with_indices(root_name_, e_.letters) : root_name_;
  if (!by_.entry.empty() && e_.letters.empty() && own > 0 && letters.size() >= own)
    left = with_indices(root_name_, std::span(letters).first(own));
  for (int k = 0; k < how_.order; ++k) left = fmt::format("D({}, {})", left, by_.text);
  return left;
}

derivation_step& narrator::append(std::string rule, std::string lhs, std::string rhs, std::string reason, const theorem& proof) {
  derivation_step s;
  s.number = std::to_string(d_.steps.size() + 1);
  s.rule = std::move(rule);
  s.lhs = std::move(lhs);
  s.rhs = std::move(rhs);
  s.reason = std::move(reason);
  s.kernel_first = s.kernel_last = proof.step();
  d_.steps.push_back(std::move(s));
  return d_.steps.back();
}

void narrator::note_conditions(derivation_step& s, node_id n, const std::vector<requirement>& assumed) {
  frame f = frame_of(t_, n);
  if (defined_conditions(n, f).empty() && kink_conditions(n, f, std::vector<bool>(t_.arity(n), true)).empty()) return;
  for (const requirement& r : assumed) {
    bool here = std::ranges::any_of(t_.args(n).copy(), [&](const edge& a) { return a.node == r.node; });
    bool weaker = r.is != relation::positive && std::ranges::any_of(assumed, [&](const requirement& o) {
                    return o.node == r.node && o.is == relation::positive;
                  });
    std::string text = here && !weaker ? print_condition(t_, r.is, r.node, {&names_, {}}) : "";
    if (here && !weaker && said_.insert(text).second) s.conditions.push_back(std::move(text));
  }
}

differentiated narrator::answer() {
  if (how_.order == 2) {
    with_.assume_near(p_.facts(), by_.variable);
    std::vector<requirement> open;
    with_.assume_domain(holding_near(with_, requirements(t_, root_, by_.variable), by_.variable), false, open);
    apart_.emplace(t_);
  }
  return differentiate(p_, answering(), e_, by_, how_.order, how_.how, how_.form);
}

void narrator::conclude(const differentiated& final, prover* proved_with) {
  d_.result = describe(p_, proved_with ? *proved_with : answering(), e_, by_, final, how_.order, how_.form);
  d_.lets.insert(d_.lets.end(), final.parts.begin(), final.parts.end());
  d_.notes = p_.notes();
  if (how_.how == notation::matrix) note_letters(d_.notes, final.answer);
  if (!final.in_form) d_.notes.push_back("the derivative could not be brought into the form asked for");
  wording words(p_, final.answer.node, final.answer.letters);
  d_.statement = fmt::format("{} = {}", d_.result.claim, d_.result.derivative);
  d_.name = root_name_;
  if (d_.result.proof.checked) d_.theorem = words.theorem(d_.statement, d_.result.hypotheses_used, d_.result.conditions);
  d_.text = narrative::text(d_, root_name_, how_.verbosity);
}

void narrator::note(std::vector<std::string>& list, const std::string& s) {
  if (!s.empty() && std::ranges::find(list, s) == list.end()) list.push_back(s);
}

}  // namespace wengert
