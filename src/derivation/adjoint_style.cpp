#include "adjoint_style.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/reverse.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/text/printer.hpp>

#include "differentiate.hpp"
#include "narrative.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_intermediates = 2000;

class adjoint_narrator {
 public:
  adjoint_narrator(problem& p, const expression& e, const target& by, int order, int verbosity, notation how,
                   const result_form& form)
      : p_(p),
        t_(p.on()),
        e_(e),
        by_(by),
        order_(order),
        verbosity_(verbosity),
        how_(how),
        form_(form),
        with_(p.on()),
        calls_(p.calls()),
        names_(calls_) {}

  derivation run() {
    differentiated final = differentiate(p_, with_, e_, by_, order_, how_, form_);
    choose_names(final.function);
    std::vector<adjoint_step> record;
    derivative(t_, final.function, by_.variable, record);
    for (node_id n : intermediates_) evaluate(n, final.conditions);
    for (std::size_t k = 0; k < record.size(); ++k) collect(record, k);
    conclude(final);
    return std::move(d_);
  }

 private:
  // --- names

  void choose_names(node_id f) {
    std::set<std::string> taken;
    for (symbol_id s = 0; s < t_.symbol_count(); ++s) taken.insert(t_.symbol(s).name);
    for (dim_id k = 0; k < t_.dim_count(); ++k) taken.insert(t_.dim_name(k));
    for (const auto& [name, value] : p_.lets()) taken.insert(name);
    for (auto it = names_.begin(); it != names_.end();)  // what depends on the variable gets names of its own
      it = t_.mentions(it->first, by_.variable) ? names_.erase(it) : std::next(it);
    auto fresh = [&](std::string wish, int number) {
      while (!taken.insert(number == 0 ? wish : fmt::format("{}{}", wish, number)).second) ++number;
      return number == 0 ? wish : fmt::format("{}{}", wish, number);
    };
    int count = 0;
    for (node_id n : t_.reachable(f)) {
      if (n != f && (t_.op(n) == opcode::symbol || !t_.mentions(n, by_.variable) || is_trivial(n))) continue;
      if (intermediates_.size() == most_intermediates)
        throw error("V04", fmt::format("a sweep over more than {} intermediates is not printed", most_intermediates),
                    "use --style textbook, or diff");
      auto how = calls_.find(n);
      bool let = how != calls_.end() && how->second.is_let;
      own_names_[n] = let ? how->second.name : n == f ? fresh(t_.rank(f) == 0 ? "C" : "f", 0) : fresh("v", ++count);
      intermediates_.push_back(n);
    }
    root_ = f;
    variable_ = t_.symbol(by_.variable).name;
    for (auto& [n, name] : own_names_) bars_[n] = fresh("bar_" + name, 0);
    bars_[t_.symbol_node(by_.variable)] = fresh("bar_" + variable_, 0);
  }

  // Rearranged axes, multiples and reciprocals are read along with their users.
  bool is_trivial(node_id n) const {
    if (t_.op(n) == opcode::identity && t_.bound_count(n) == 0) return true;
    if (verbosity_ >= 2) return false;
    if (t_.op(n) == opcode::power) return t_.value(n) == -1;
    if (t_.op(n) != opcode::mul || t_.bound_count(n) > 0) return false;
    std::size_t varying = 0;
    for (edge_view a : t_.args(n)) varying += t_.is_constant(a.node) ? 0 : 1;
    return varying <= 1;
  }

  // --- steps

  printed show(node_id n, bool index_form = false) {
    print_options how;
    how.index_form = index_form;
    return print_with_letters(t_, n, {&names_, {}}, how);
  }

  static std::string with_indices(const std::string& name, const std::vector<std::string>& letters) {
    return letters.empty() ? name : fmt::format("{}[{}]", name, fmt::join(letters, ","));
  }

  derivation_step& append(std::string rule, const std::string& name, const printed& value, std::string reason,
                          const theorem& proof) {
    derivation_step s;
    s.number = std::to_string(d_.steps.size() + 1);
    s.rule = std::move(rule);
    s.lhs = with_indices(name, value.letters);
    s.rhs = value.text;
    s.reason = std::move(reason);
    s.kernel_first = s.kernel_last = proof.step();
    d_.steps.push_back(std::move(s));
    return d_.steps.back();
  }

  void name(node_id n, const std::string& name, const printed& value) {
    bool of_the_user = std::ranges::find(p_.lets(), name, &std::pair<std::string, node_id>::first) != p_.lets().end();
    if (!of_the_user) d_.lets.emplace_back(with_indices(name, value.letters), value.text);
    bool leaf = t_.op(n) < opcode::add;  // is called by its own name
    if (!leaf) names_.try_emplace(n, call{name, {}, true});
  }

  // v3 = ..., by the intermediates before it.
  void evaluate(node_id n, const std::vector<requirement>& conditions) {
    const std::string& own = own_names_.at(n);
    printed value = show(n);
    auto how = calls_.find(n);
    bool composite = how != calls_.end() && !how->second.is_let;
    std::string reason = composite ? "definition of " + how->second.name : operation(n);
    derivation_step& s = append("primal", own, value, std::move(reason), with_.using_kernel().reflexive(n));
    for (const requirement& r : conditions) {
      bool here = std::ranges::any_of(t_.args(n).copy(), [&](const edge& a) { return a.node == r.node; });
      bool weaker = r.is != relation::positive && std::ranges::any_of(conditions, [&](const requirement& o) {
                      return o.node == r.node && o.is == relation::positive;
                    });
      std::string text = print_condition(t_, r.is, r.node, {&names_, {}});
      if (here && !weaker && said_.insert(text).second) s.conditions.push_back(std::move(text));
    }
    name(n, own, value);
  }

  std::string operation(node_id n) const {
    if (const op_info* info = find_function(t_.op(n))) return std::string(info->name);
    switch (t_.red(n)) {
      case reduction::sum: return "sum";
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
      default: return "the given expression";
    }
  }

  std::string rule_name(node_id n) const {
    std::size_t varying = 0;
    for (edge_view a : t_.args(n)) varying += t_.mentions(a.node, by_.variable) ? 1 : 0;
    if (t_.op(n) == opcode::mul && varying < 2) return "constant factor";
    std::string r = narrative::rule_of(t_, n);
    bool rearranged = t_.op(n) == opcode::identity && t_.bound_count(n) == 0;
    return !r.empty() || rearranged ? r : "sum rule";
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
        if (auto equal = with_.equate(adjoint, laid_out)) return {laid_out, *equal};
    } catch (const too_large&) {
      // it stands as it was swept
    }
    return {adjoint, with_.using_kernel().reflexive(adjoint)};
  }

  std::string text_of(node_id n) const { return t_.op(n) == opcode::symbol ? variable_ : own_names_.at(n); }

  // Whether what the node is written with tells how long its axis is: a delta does not.
  bool is_anchored(node_id n, std::size_t axis) const {
    if (names_.contains(n) || t_.op(n) == opcode::symbol) return true;
    for (edge_view a : t_.args(n))
      for (std::size_t q = 0; q < a.labels.size(); ++q)
        if (a.labels[q] == label::of_axis(axis) && t_.out(a.node)[q] == t_.out(n)[axis] && is_anchored(a.node, q)) return true;
    return false;
  }

  // bar_v3 = ..., by the adjoints of those that use v3.
  void collect(const std::vector<adjoint_step>& record, std::size_t k) {
    const adjoint_step& now = record[k];
    auto bar = bars_.find(now.node);
    if (bar == bars_.end()) return;
    auto [written, proof] = tidied(now.adjoint);
    bool anchored = true;
    for (std::size_t axis = 0; axis < t_.rank(now.adjoint); ++axis) anchored = anchored && is_anchored(now.adjoint, axis);
    printed value = show(written, !anchored);
    std::vector<std::string> from, reasons;
    auto note = [](std::vector<std::string>& list, const std::string& s) {
      if (!s.empty() && std::ranges::find(list, s) == list.end()) list.push_back(s);
    };
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
    derivation_step& s = append("adjoint", bar->second, value, std::move(reason), proof);
    s.refers_to = from;
    adjoint_number_[now.node] = s.number;
    if (!anchored) {  // no name can stand for it
      s.lhs = derivative_text(value.letters, text_of(now.node), t_.rank(now.node), 1);
      return;
    }
    name(now.adjoint, bar->second, value);
  }

  // The variable's adjoint, simplified, and the theorem.
  void conclude(const differentiated& final) {
    d_.result = describe(p_, with_, e_, by_, final, order_);
    d_.notes = p_.notes();
    if (how_ == notation::matrix) note_letters(d_.notes, final.answer);
    if (!final.in_form) d_.notes.push_back("the derivative could not be brought into the form asked for");
    std::vector<std::string> used = with_.facts_used({&final.answer.equal, 1});
    std::string reason = order_ == 2 ? "a second sweep, over the first one's answer; simplify" : "simplify";
    if (!used.empty()) reason += fmt::format(", by {}", fmt::join(used, ", "));
    derivation_step& s = append("simplify", "", {final.answer.text, {}}, std::move(reason), final.answer.equal);
    s.lhs = left_side(final.answer.letters);
    s.conditions = used;
    if (d_.steps.size() > 1) s.refers_to = {d_.steps[d_.steps.size() - 2].number};
    wording words(p_, final.answer.letters);
    d_.statement = fmt::format("{} = {}", d_.result.claim, d_.result.derivative);
    d_.name = own_names_.at(root_);
    d_.theorem = words.theorem(d_.statement, d_.result.hypotheses_used, d_.result.conditions);
    d_.text = narrative::text(d_, own_names_.at(root_), verbosity_);
  }

  // D(C, z), or D(f[i], z[j]) where the answer has letters for every axis.
  std::string left_side(const std::vector<std::string>& letters) const {
    std::size_t own = t_.rank(root_), each = t_.symbol(by_.variable).axes.size();
    if (by_.entry.empty() && letters.size() == own + static_cast<std::size_t>(order_) * each)
      return derivative_text(letters, variable_, each, order_);
    bool named = !e_.letters.empty() && e_.letters.size() == own;
    std::string left = named ? with_indices(own_names_.at(root_), e_.letters) : own_names_.at(root_);
    for (int k = 0; k < order_; ++k) left = fmt::format("D({}, {})", left, by_.text);
    return left;
  }

  // The derivative of the root by something with `each` axes: the first letters are for the root's axes.
  std::string derivative_text(std::span<const std::string> letters, const std::string& by, std::size_t each, int order) const {
    auto at = [&](const std::string& name, std::size_t begin, std::size_t count) {
      if (letters.empty()) return name;
      auto part = letters.subspan(begin, count);
      return with_indices(name, {part.begin(), part.end()});
    };
    std::size_t own = t_.rank(root_);
    std::string left = at(own_names_.at(root_), 0, own);
    for (std::size_t k = 0; k < static_cast<std::size_t>(order); ++k)
      left = fmt::format("D({}, {})", left, at(by, own + k * each, each));
    return left;
  }

  problem& p_;
  tape& t_;
  const expression e_;
  const target by_;
  int order_, verbosity_;
  notation how_;
  result_form form_;
  prover with_;
  const std::map<node_id, call> calls_;  // as the user wrote them
  std::map<node_id, call> names_;
  node_id root_ = none;
  std::string variable_;
  std::vector<node_id> intermediates_;
  std::set<std::string> said_;  // conditions
  std::map<node_id, std::string> own_names_, bars_, adjoint_number_;
  derivation d_;
};

}  // namespace

derivation derive_by_adjoints(problem& p, const expression& e, const target& by, int order, int verbosity, notation how,
                              const result_form& form) {
  return adjoint_narrator(p, e, by, order, verbosity, how, form).run();
}

}  // namespace wengert
