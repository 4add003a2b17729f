// What a person would write down to derive the derivative of a function of numbers and vectors: it names the intermediates,
// differentiates each by its direct inputs, splits cases where a delta appears, applies the chain rule, splits the sum, collects,
// and uses the hypotheses last. Every equation that it shows is one that the kernel proved; an equation that it cannot prove is
// left out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "narrator.hpp"

namespace wengert {

class case_narrator : narrator {
 public:
  case_narrator(problem& p, const expression& e, const target& by, const telling& how) : narrator(p, e, by, how) {}
  derivation run();

 private:
  // A quantity with a name: the root, or an intermediate that depends on the variable.
  struct unit {
    node_id node = none;
    std::string name{};
    std::string definition{};       // "definition of softmax"
    std::vector<node_id> inputs{};  // units that it is written with
    bool direct = false;            // whether the variable occurs outside them
    std::string derivative_of{};    // what it is the derivative of, if it has no name of its own
    std::string defined{};          // the step that says what it is
    // Its derivative by the variable, over its own axes and the variable's.
    node_id total = none;              // as swept
    node_id diagonal = none;           // where both indices are equal, over one axis; none where there are no cases
    node_id apart = none;              // where they differ
    node_id whole = none;              // in one formula
    std::vector<std::string> steps{};  // where it was derived
  };

  // --- units and their definitions

  void differentiate_units(unit& root);
  std::size_t variable_rank() const;
  void choose_letters();
  void find_units();
  // Which units a unit is written with, stopping at them.
  void connect(unit& u);
  void drop_unused();
  void name_unit(unit& u);
  // A sum in a denominator gets a name of its own: S.
  void name_denominators();
  printed definition_of(const unit& u);
  std::string entry_text(node_id n, std::vector<std::string> letters);
  std::string entry(const std::string& name, node_id n, const std::string& letter);
  std::string by_text();
  std::string derivative_text(node_id n);
  std::string entry_derivative(const unit& u, const std::string& letter);
  // The rules that differentiate a unit, down to its inputs.
  std::string rules_of(const unit& u);
  // One equation, if the kernel agrees; `apart`: where the first two axes differ.
  bool prove(node_id left, node_id right, bool apart = false);
  // Adds a step for left = right and returns its number, or "" if it could not be proved.
  std::string add(derivation_step s, node_id left, node_id right, bool apart = false,
                  std::vector<derivation_step>* into = nullptr);
  std::string append_proved(derivation_step s, std::size_t first, std::vector<derivation_step>* into = nullptr);
  void define_units();
  bool mentions_symbol_of(node_id n, const fact& f);
  // d u / d input with the other inputs held fixed, in terms of the units.
  node_id partial(const unit& u, node_id input);
  std::string name_of(node_id n);
  unit& unit_of(node_id n);
  presented write(node_id n, const std::vector<std::string>& letters);
  node_id expanded(node_id n);
  // Whether an input also occurs inside another one: D(root, input) would vary that one with it.
  bool is_nested(const unit& root, node_id input) const;
  // The root by each of its inputs, the others held fixed: (3).
  void partial_derivatives(unit& root);

  // --- the derivative of a unit by the variable: case_jacobians.cpp

  node_id diagonal_of(node_id n);
  bool has_delta(node_id n);
  // The part of a Jacobian off its diagonal, over both axes.
  node_id off_diagonal(node_id n);
  // The derivative of a unit by the variable: (4), (5).
  void derive_unit(unit& u);
  void derive_cases(unit& u);
  // u = numerator * denominator^-1 with a sum in the denominator.
  std::pair<node_id, node_id> quotient_of(node_id n);
  std::string quotient_reason(node_id numerator, bool same);
  // (N' S - N S')/S^2, then multiplied out, then factored.
  void quotient_steps(const unit& u, node_id numerator, node_id denominator, bool same, const std::vector<std::string>& letters,
                      derivation_step& s, const presented& end);
  std::string rule_name(node_id n) const;
  // Node by node: how the rules of differentiation build the derivative of a unit.
  void rule_by_rule(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into);
  // The derivative of the outermost operation, with the derivatives of its arguments put in but nothing else done.
  void rule_form(const unit& u, const std::vector<std::string>& letters, std::vector<derivation_step>& into);

  // --- the chain rule and what becomes of its sum: case_sums.cpp

  // The root through its inputs: (6) to (9).
  void chain_rule(unit& root);
  // SUM_k g[k]*T[k,i], or g*T[i] for a scalar.
  edge product_over(const std::vector<range_id>& out, node_id v, node_id g, node_id total);
  // The derivative of an intermediate, simplified.
  void conclude_unit(unit& u);
  // The derivatives put in, without cases.
  void put_together(unit& root, node_id raw, const std::vector<range_id>& out);
  std::vector<std::string> variable_letters();
  // SUM over k != i of n[k, i].
  node_id sum_apart(node_id n, range_id axis);
  void split_sum(unit& root, node_id raw, const std::vector<range_id>& out);
  // Which units stood in a denominator and no longer do.
  std::string cancelled_factors(node_id before, node_id after);
  // (9) what the sum shares with a term beside it: r + c*F*f[i] + c*F*SUM f[k] = r + c*F*(f[i] + SUM f[k]).
  void collect(unit& root, node_id raw, const std::vector<range_id>& out, node_id own, node_id other, range_id axis,
               const std::string& eight);

  // --- the end

  void finish(unit& root);
  bool conclude_with_less(const differentiated& final);
  derivation_step& step_about(const unit& u, node_id n);
  // Of a second derivative: the first, as far as it holds near the point, and what becomes of it.
  void differentiate_again(const unit& root);
  void tell_result(const unit& root, const differentiated& final);
  std::pair<std::string, std::vector<std::string>> left_side_of(const unit& root, const differentiated& final);
  std::vector<std::string> last_numbers() const;
  void tell_simplified(derivation_step s, node_id from, node_id to);
  std::string simplification_reason(const std::vector<std::string>& used);
  // What the closed sum is under the hypotheses, for the reason of the last step.
  std::string hypothesis_value();

  std::vector<unit> units_;  // arguments first; the last is the expression itself
  std::vector<std::pair<node_id, std::string>> sums_;
  std::string i_, j_;
  std::map<std::pair<node_id, node_id>, std::string> gradient_step_;
  std::map<std::pair<node_id, node_id>, node_id> gradient_;  // d unit / d input, written
  std::string joined_;
  std::vector<requirement> assumed_;
  std::optional<theorem> last_;
  node_id again_ = none;  // the derivative of the derivative that was told, as swept, if it was told
  int count_ = 0;
};

}  // namespace wengert
