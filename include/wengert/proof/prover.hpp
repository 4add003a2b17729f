// The proof of one statement: givens and domains as hypotheses, derivatives that are certified, equations, counterexamples.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/calculus/reverse.hpp>
#include <wengert/proof/facts.hpp>
#include <wengert/proof/kernel.hpp>
#include <wengert/proof/normal_form.hpp>

namespace wengert {

// What must hold for an expression to have a meaning.
struct requirement {
  relation is;
  node_id node;
  bool smooth;  // for a derivative to exist, besides being defined
  bool exact;   // to be assumed: necessary, or a kink where there is rarely a derivative
};

// The requirements of an expression: of every operation in it, and, for each D in it, of the differentiated function.
std::vector<requirement> requirements(tape& t, const expression& e);
// Of D(function, variable).
std::vector<requirement> requirements(tape& t, const derivative_site& s);
// Of a function to be differentiated by a variable.
std::vector<requirement> requirements(tape& t, node_id function, symbol_id variable);
// The same where, as for numbers, a kink in a branch of a choice counts only if the branch is taken.
std::vector<requirement> requirements_where_taken(tape& t, node_id function, symbol_id variable);

class prover {
 public:
  explicit prover(tape& t);

  // Takes the user's facts as hypotheses, each once: the signs, then the equations.
  void assume(const std::vector<fact>& givens);
  void assume_signs(const std::vector<fact>& givens);
  // The signs, and those equations that still hold when the variable moves.
  void assume_near(const std::vector<fact>& givens, symbol_id variable);
  // Makes the requirements hypotheses, but for those that follow from what is known; returns those that were assumed. With
  // `exact_only`, requirements that are merely sufficient are not assumed but returned in `open`.
  std::vector<requirement> assume_domain(const std::vector<requirement>& all, bool exact_only, std::vector<requirement>& open);
  // The node whose sign was assumed so that the requirement holds.
  node_id assumed_for(const requirement& q) const;
  // The requirements that do not follow from what is known.
  std::vector<requirement> missing(const std::vector<requirement>& all);

  // d f / d variable = result, where `result` is a node over the axes of f and of the variable, from the kernel's derivative
  // rules; nothing where it cannot be shown.
  std::optional<theorem> certify_derivative(node_id f, symbol_id variable, node_id result);
  // The same for the result of a reverse sweep with this record, in which adjoints were replaced; `rewritten`, by node: that what
  // was collected for it equals what was passed on.
  std::optional<theorem> certify_sweep(node_id f, symbol_id variable, node_id result, const std::vector<adjoint_step>& record,
                                       const std::unordered_map<node_id, theorem>& rewritten);
  // The next derivative, from one and from that of its result; nothing where the first does not hold near the point.
  std::optional<theorem> derivative_again(const theorem& first, const theorem& next);
  // Assumes ahead of the others those of the conditions that are met just where something is not negative. What is assumed is
  // told with the others, by the next assume_domain.
  void assume_ahead(const std::vector<requirement>& all);

  // The kernel's own derivative of f, not simplified. Throws refusal where a condition is missing.
  theorem differentiate(node_id f, symbol_id variable);

  std::optional<theorem> equate(node_id a, node_id b) { return full_.equate(a, b); }
  // The same, if need be for each sign of a few numbers on which it depends what a and b are.
  std::optional<theorem> equate_by_cases(node_id a, node_id b);

  kernel& using_kernel() { return kernel_; }
  const kernel& using_kernel() const { return kernel_; }
  facts& known() { return facts_; }
  normalizer& full() { return full_; }
  normalizer& light() { return light_; }
  // A normal form of its own, with the user's equations, to which these nodes are atoms.
  normalizer around(std::span<const node_id> atoms, normalizer::form form = normalizer::form::full);
  // The user's equations, in the order in which they were assumed.
  const std::vector<theorem>& equations() const { return equations_; }

  // The user's facts that theorems rest on, as typed.
  std::vector<std::string> facts_used(std::span<const theorem> theorems) const;

 private:
  std::optional<theorem> equate_by_cases(normalizer& with, node_id a, node_id b, std::size_t& tries, int depth);
  // A condition and one that stands for it: without what does not matter for the sign.
  struct simpler {
    requirement asked, instead;
    node_id times = none;  // what is left of what was asked about, of the same sign as 1; or none
  };
  static bool is_sign(const simpler& s);
  simpler simplified(const requirement& q);
  simpler simplified_choice(const requirement& q);
  simpler without_known_factors(const requirement& q);
  // q.node as a product, and the theorem that it is.
  std::optional<normalizer::factored> as_product(const requirement& q);
  // Whether what was asked follows from what stands for it, which is known.
  bool follows(const simpler& s);
  void assume(const simpler& s, std::vector<requirement>& assumed);
  std::vector<requirement> assume_signs_first(std::vector<simpler> needed);
  void know_only(const facts& f);
  void assume_equation(const fact& given);
  std::optional<theorem> raised(const theorem& equal);
  void know_signs_of_normal_forms(const std::vector<fact>& givens);
  void know_normal_form(const requirement& q);
  void assume_requirement(const requirement& q);
  void know_factors(relation is, node_id n);
  theorem differentiate(node_id f, symbol_id variable, std::unordered_map<node_id, theorem>& known);
  // d n, from the derivatives of n's arguments as far as these depend on the variable; nothing where none does.
  std::optional<theorem> differentiate_one(node_id n, symbol_id variable, const std::unordered_map<node_id, theorem>& known);
  std::optional<theorem> follow_forward(node_id f, symbol_id variable, node_id result);
  void close_choice(node_id n, std::vector<node_id>& closed) const;
  std::optional<theorem> follow_sweep(node_id f, symbol_id variable, node_id result,
                                      const std::unordered_map<node_id, theorem>& known);

  tape& tape_;
  kernel kernel_;
  facts facts_;
  normalizer full_, light_;
  std::vector<theorem> equations_;                              // that were assumed
  std::vector<requirement> ahead_;                              // what was assumed and is not told yet
  std::map<std::pair<relation, node_id>, node_id> simplified_;  // requirements that were assumed in a simpler form
  std::set<std::pair<node_id, node_id>> sides_;                 // of the equations that were assumed
  bool signs_assumed_ = false;
};

}  // namespace wengert
