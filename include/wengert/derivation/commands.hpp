// What a user can ask of a problem, each question one function: the command line and the examples call nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

// How results are written: in the shortest way that reads well, in matrix notation where there is any, with whole arrays but no
// matrix products, or entry by entry with index letters.
enum class notation { shortest, matrix, array, index };

// How far the kernel went: the number of its steps, and whether their chain ends in the statement that was printed.
struct proof_summary {
  std::size_t steps = 0;
  bool checked = false;
};

// A free index letter of a result and the dimension that it runs to.
struct axis_letter {
  std::string letter, dim;
};

// How a derivative is to be written, if not as short as possible. `expand` and `factor` exclude each other.
struct result_form {
  bool expand = false;              // products and whole powers of sums multiplied out
  bool factor = false;              // one fraction of products of irreducible factors
  bool common_denominator = false;  // one fraction, reduced
  bool certificate = false;         // with its certificate
  bool coq = false;                 // with its proof for Coq
};

struct diff_result {
  std::string expression, wrt;
  std::string derivative;  // in the user's names; where that would be too long to be printed, in those of `parts` too
  std::string brief;       // a long derivative, by the names in `parts`; empty where that is not much shorter
  std::vector<std::pair<std::string, std::string>> parts;  // names and what they stand for, each written with those before it
  node_id node = none;                                     // the derivative on the problem's tape, its axes those in `axes`
  node_id function = none;  // what was differentiated: the expression, or an equal one that needs less
  target by;
  int order = 1;
  std::string claim;  // D(expression, wrt), with the letters of the axes: what the derivative is equal to
  std::string latex;  // the derivative, for math mode with amsmath
  std::vector<axis_letter> axes;
  std::vector<std::string> conditions, hypotheses_used;
  std::vector<requirement> needs;  // what the conditions say, beside those on lengths
  proof_summary proof;
  std::string certificate, coq;  // if asked for and the derivative is proved
};

struct diff_answer {
  std::vector<diff_result> results;  // one per --wrt, in order
  std::vector<std::string> notes, warnings;
};

// The simplified derivative of the problem's expression of the given order by each of its targets.
diff_answer diff(problem& p, int order, notation how = notation::shortest, const result_form& form = {});

struct derivation_step {
  std::string number, case_, rule, formula, lhs, rhs, reason;
  std::string latex;  // lhs = rhs
  std::vector<std::string> conditions, refers_to;
  std::size_t kernel_first = 0, kernel_last = 0;
  std::vector<derivation_step> substeps;
};

struct derivation {
  diff_result result;
  std::string name;  // of the quantity that is differentiated
  std::string statement, theorem;
  std::vector<std::pair<std::string, std::string>> lets;
  std::vector<derivation_step> steps;
  std::string text;  // the whole derivation for a terminal
  std::vector<std::string> notes, warnings;
};

// As a person would write it, or as the reverse sweep goes, node by node.
enum class derivation_style { textbook, adjoint };

// One per target; verbosity 0 .. 3.
std::vector<derivation> derive(problem& p, int order, int verbosity, derivation_style style = derivation_style::textbook,
                               notation how = notation::shortest, const result_form& form = {});

enum class verdict { proved, refuted, unknown };

struct prove_result {
  verdict status = verdict::unknown;
  std::string theorem, difference;
  std::vector<std::string> conditions, hypotheses_used;
  std::vector<requirement> needs;                                   // of the left side, as the conditions say
  std::vector<std::pair<std::string, std::string>> counterexample;  // name -> the text of a JSON value
  proof_summary proof;
  std::string certificate, coq;  // if asked for and the equation is proved
  std::vector<std::string> notes, warnings;
};

// The problem's one text is an equation 'L == R'. With `search_conditions`, an equation that does not hold as it stands is proved
// under a few further conditions if any are found; they stand first in `conditions`.
prove_result prove(problem& p, bool search_conditions = false, bool with_certificate = false, bool with_coq = false);

// Numbers: a scalar, a list or rows.
struct array {
  std::vector<std::size_t> shape;  // {} for a scalar
  std::vector<double> values;      // row major
};

using point = std::vector<std::pair<std::string, array>>;  // by name

struct grad_result {
  array value;
  std::vector<std::pair<std::string, array>> gradient;
  std::vector<std::string> undefined;  // the conditions that fail at the point
  std::vector<std::string> notes, warnings;
};

// How much work digits may take that are certain, in terms of sums and products: about a second on a machine of 2024, for which
// there are some hundred thousand terms of a sum and their derivatives.
constexpr std::size_t certain_work = 4'000'000;

// Digits are certain, or a warning says that they are not. What takes more work is computed by a program, in double.
grad_result grad(problem& p, const point& at, std::size_t most_certain = certain_work);

// A warning where one of the givens is seen to be false by the others, or else one of the conditions of an answer by the givens.
std::vector<std::string> contradictions(problem& p, const std::vector<requirement>& needs = {});

// The value of a text under the problem's declarations.
array evaluate_at(problem& p, const std::string& expression, const point& at);

struct value_there {
  array value;
  std::vector<std::string> undefined;  // the conditions that fail at the point
  std::vector<std::string> warnings;
};

// The value of a derivative, its axes those of the result.
value_there evaluate_at(problem& p, const diff_result& derivative, const point& at);

}  // namespace wengert
