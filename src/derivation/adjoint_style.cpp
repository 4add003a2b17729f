#include "adjoint_style.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/text/printer.hpp>

#include "matrix_layout.hpp"
#include "narrative.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_intermediates = 2000;

class adjoint_narrator : narrator {
 public:
  adjoint_narrator(problem& p, const expression& e, const target& by, const telling& how) : narrator(p, e, by, how) {}

  derivation run() {
    differentiated final = answer();
    choose_names(final.function);
    std::vector<adjoint_step> record;
    derivative(t_, final.function, by_.variable, record);
    for (node_id n : intermediates_) evaluate(n, final.conditions);
    for (std::size_t k = 0; k < record.size(); ++k) collect(record, k);
    finish(final);
    return std::move(d_);
  }

 private:
  // --- names

  void choose_names(node_id f) {
    int count = 0;
    for (node_id n : t_.reachable(f)) {
      if (n != f && (t_.op(n) == opcode::symbol || !t_.mentions(n, by_.variable) || is_trivial(n) || !is_anchored(n))) continue;
      if (intermediates_.size() == most_intermediates)
        throw error("V04", fmt::format("a sweep over more than {} intermediates is not printed", most_intermediates),
                    "use --style textbook, or diff");
      auto how = calls_.find(n);
      bool let = how != calls_.end() && how->second.is_let;
      own_names_[n] = let ? how->second.name : n == f ? fresh(t_.rank(f) == 0 ? "C" : "f") : fresh("v", ++count);
      intermediates_.push_back(n);
    }
    root_ = f;
    root_name_ = own_names_.at(f);
    for (auto& [n, name] : own_names_) bars_[n] = fresh("bar_" + name);
    bars_[t_.symbol_node(by_.variable)] = fresh("bar_" + variable_);
  }

  // Rearranged axes, multiples and reciprocals are read along with their users.
  bool is_trivial(node_id n) const {
    if (t_.op(n) == opcode::identity && t_.bound_count(n) == 0) return true;
    if (how_.verbosity >= 2) return false;
    if (t_.op(n) == opcode::power) return t_.value(n) == -1;
    if (t_.op(n) != opcode::mul || t_.bound_count(n) > 0) return false;
    std::size_t varying = 0;
    for (edge_view a : t_.args(n)) varying += t_.is_constant(a.node) ? 0 : 1;
    return varying <= 1;
  }

  // --- steps

  // v3 = ..., by the intermediates before it.
  void evaluate(node_id n, const std::vector<requirement>& conditions) {
    const std::string& own = own_names_.at(n);
    printed value = show(n);
    if (!value.letters.empty() || value.bound_letters)
      if (printed matrices = in_matrix_notation(n); mentions_arguments(matrices.text, n)) value = std::move(matrices);
    auto how = calls_.find(n);
    bool composite = how != calls_.end() && !how->second.is_let;
    std::string reason = composite ? "definition of " + how->second.name : operation(n);
    derivation_step& s =
        append("primal", with_indices(own, value.letters), value.text, std::move(reason), with_.using_kernel().reflexive(n));
    note_conditions(s, n, conditions);
    name(n, own, value);
  }

  // Whether a text has the names of all intermediates that n is made of: v'*v is no way to write sum(v1).
  bool mentions_arguments(const std::string& text, node_id n) const {
    std::set<node_id> seen{n};
    std::vector<node_id> stack{n};
    while (!stack.empty()) {
      const node_id m = stack.back();
      stack.pop_back();
      for (edge_view a : t_.args(m)) {
        if (!seen.insert(a.node).second) continue;
        auto own = own_names_.find(a.node);
        if (own == own_names_.end())
          stack.push_back(a.node);
        else if (!narrative::mentions(text, own->second))
          return false;
      }
    }
    return true;
  }

  std::string operation(node_id n) const {
    if (const op_info* info = find_function(t_.op(n))) return std::string(info->name);
    switch (t_.red(n)) {
      case reduction::sum: return t_.op(n) == opcode::mul ? "product" : "sum";
      case reduction::prod: return "product";
      case reduction::max: return "maximum";
      case reduction::min: return "minimum";
      case reduction::none: break;
    }
    switch (t_.op(n)) {
      case opcode::add: return "sum";
      case opcode::mul: return "product";
      case opcode::power: return "power";
      case opcode::select: return "case distinction";
      case opcode::inv: return "inverse";
      case opcode::det: return "determinant";
      case opcode::adj: return "adjugate";
      default: return "the given expression";
    }
  }

  std::string rule_name(node_id n) const {
    return narrative::rule_of(t_, n, [&](node_id m) { return t_.mentions(m, by_.variable); });
  }

  struct writing {
    node_id node;
    theorem equal;  // adjoint = node
    printed text;
  };

  // What was collected, in matrix notation if that has words for it, which read back as the same.
  writing written(node_id adjoint) {
    const auto [tidy, same] = tidied(adjoint);
    print_options form;
    form.index_form = !is_anchored(adjoint);
    if (!form.index_form && how_.how != notation::index) {
      print_options matrices;
      matrices.matrix_notation = true;
      presenter reader(p_, with_, names_, false);
      std::optional<writing> best;
      for (auto side : {matrix_layout::side::left, matrix_layout::side::right})
        for (node_id n : {tidy, adjoint}) {
          const node_id arranged = matrix_layout(t_, names_, side).arranged(n);
          printed text = show(arranged, matrices);
          if (!text.letters.empty() || text.bound_letters || (best && best->text.text.size() <= text.text.size())) continue;
          if (!reader.reads_back(arranged, matrices)) continue;
          if (auto equal = same_by_arithmetic(adjoint, arranged)) best = writing{arranged, *equal, std::move(text)};
        }
      if (best) return *best;
    }
    return {tidy, same, show(tidy, form)};
  }

  // What was collected, with its factors in order, if the kernel agrees that it is the same.
  std::pair<node_id, theorem> tidied(node_id adjoint) {
    recording_signs signs(with_.known());
    expander::options o;
    for (const auto& [n, how] : names_) o.opaque.insert(n);
    o.expand_products = false;
    try {
      node_id laid_out = presenter(p_, with_, names_, false).lay_out(expander(t_, signs, std::move(o)).of(adjoint));
      if (show(laid_out).text.size() < show(adjoint).text.size())
        if (auto equal = same_by_arithmetic(adjoint, laid_out)) return {laid_out, *equal};
    } catch (const too_large&) {
      // it stands as it was swept
    }
    return {adjoint, with_.using_kernel().reflexive(adjoint)};
  }

  // By the equations that are given only where arithmetic does not suffice: a step names what it rests on.
  std::optional<theorem> same_by_arithmetic(node_id a, node_id b) {
    std::vector<node_id> opaque;
    for (const auto& [n, how] : names_) opaque.push_back(n);
    if (auto equal = with_.full().ring(a, b, {}, opaque)) return equal;
    return with_.equate(a, b);
  }

  std::string text_of(node_id n) const { return t_.op(n) == opcode::symbol ? variable_ : own_names_.at(n); }

  // bar_v3 = ..., by the adjoints of those that use v3.
  void collect(const std::vector<adjoint_step>& record, std::size_t k) {
    const adjoint_step& now = record[k];
    auto bar = bars_.find(now.node);
    if (bar == bars_.end()) return;
    const bool anchored = is_anchored(now.adjoint);
    const auto [node, proof, value] = written(now.adjoint);
    std::vector<std::string> from, reasons;
    std::vector<node_id> trace{now.node};  // through users without a name to those with one
    while (!trace.empty()) {
      node_id used = trace.back();
      trace.pop_back();
      for (std::size_t user = 0; user < k; ++user) {
        if (std::ranges::find(record[user].sent, used, &std::pair<node_id, node_id>::first) == record[user].sent.end()) continue;
        note(reasons, rule_name(record[user].node));
        auto named = adjoint_number_.find(record[user].node);
        if (named == adjoint_number_.end())
          trace.push_back(record[user].node);
        else
          note(from, named->second);
      }
    }
    std::string reason = k == 0 ? "the seed" : fmt::format("{}", fmt::join(reasons, ", "));
    if (now.received.size() > 1) reason += fmt::format("; the sum of what its {} uses send", now.received.size());
    derivation_step& s = append("adjoint", with_indices(bar->second, value.letters), value.text, std::move(reason), proof);
    s.refers_to = from;
    s.conditions = with_.facts_used({&proof, 1});
    adjoint_number_[now.node] = s.number;
    if (!anchored) {  // no name can stand for it
      s.lhs = derivative_text(value.letters, text_of(now.node), t_.rank(now.node), 1);
      return;
    }
    name(now.adjoint, bar->second, value);
  }

  // The variable's adjoint, simplified, and the theorem.
  void finish(const differentiated& final) {
    const bool by_units = !final.atoms.empty() && final.proved;  // then the facts were used on the way to what was swept
    std::vector<std::string> used = answering().facts_used({by_units ? &*final.proved : &final.answer.equal, 1});
    std::string reason = how_.order == 2 ? "a second sweep, over the first one's answer; simplify" : "simplify";
    if (!used.empty()) reason += fmt::format(", by {}", fmt::join(used, ", "));
    derivation_step& s =
        append("simplify", left_side(final.answer.letters), final.answer.text, std::move(reason), final.answer.equal);
    s.conditions = used;
    if (d_.steps.size() > 1) s.refers_to = {d_.steps[d_.steps.size() - 2].number};
    conclude(final);
  }

  std::vector<node_id> intermediates_;
  std::map<node_id, std::string> own_names_, bars_, adjoint_number_;
};

}  // namespace

derivation derive_by_adjoints(problem& p, const expression& e, const target& by, const telling& how) {
  return adjoint_narrator(p, e, by, how).run();
}

}  // namespace wengert
