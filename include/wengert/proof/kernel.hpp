// The kernel: the only code that makes theorems. Everything else may search, guess or be wrong.
//
// A theorem says  hypotheses |- claim.  Terms are nodes of one tape; a claim holds for all index values of its nodes and all real
// values of the symbols that meet the hypotheses. Terms denote total functions: where an operation is undefined its value is
// unspecified (1/0 is taken as 0, the inverse of a singular matrix as the zero matrix), and each rule that needs an operation to
// be defined asks for a premise that says so.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wengert/core/ops.hpp>
#include <wengert/core/tape.hpp>
#include <wengert/proof/matrix_rules.hpp>
#include <wengert/proof/rules.hpp>

namespace wengert {

using hypothesis_id = std::uint32_t;
using step_id = std::uint32_t;

struct claim {
  enum class kind : std::uint8_t { equal, sign, derivative };
  kind what = kind::equal;
  node_id left = none;               // the node that the claim is about
  node_id right = none;              // equal: the other side; derivative: d left / d variable, axes of left, then of variable
  symbol_id variable = none;         // derivative
  std::uint8_t order = 1;            // derivative: how often; `right` has the axes of the variable as often
  std::vector<label> entry;          // derivative: where `right` reads those axes, by its own; empty: each at an axis of its own
  relation is = relation::positive;  // sign
  // equal: the claim is only made where the indices of these pairs of output axes differ.
  std::vector<std::pair<std::uint8_t, std::uint8_t>> apart;
};

class theorem {
 public:
  const claim& says() const { return claim_; }
  const std::vector<hypothesis_id>& hypotheses() const { return hypotheses_; }  // ascending
  step_id step() const { return step_; }

 private:
  friend class kernel;
  theorem() = default;
  claim claim_;
  std::vector<hypothesis_id> hypotheses_;
  step_id step_ = 0;
};

// A refused inference: "RULE: why".
struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where a hypothesis comes from.
enum class origin : std::uint8_t {
  given,           // the user's fact
  domain,          // the expression is defined
  differentiable,  // the expression is differentiable
};

struct hypothesis {
  claim says;
  std::string text;
  origin from;
};

// What an instance of a row of the table of rules was made of.
struct instantiation {
  std::vector<range_id> frame;
  edge x, y;
  rational parameter;
};

// With the nodes of its claim and its premises, a step holds all that is needed to check it again.
struct proof_step {
  std::string_view rule;
  std::vector<step_id> premises;
  claim says;
  // ring: the opaque nodes; hypothesis: which; factor-nonzero: which argument; a matrix rule: A, B, c, v
  std::vector<std::uint32_t> details;
  std::shared_ptr<const instantiation> terms;  // of a row of the table of rules
  bool by_symmetry = false;                    // ring: that a matrix is symmetric was used
};

class kernel {
 public:
  explicit kernel(tape& t) : tape_(t) {}
  kernel(const kernel&) = delete;
  kernel& operator=(const kernel&) = delete;

  tape& on() { return tape_; }
  const hypothesis& hypothesis_of(hypothesis_id h) const { return assumed_.at(h); }
  const std::vector<proof_step>& log() const { return log_; }
  // The steps that a theorem rests on.
  std::size_t proof_size(std::span<const theorem> goals) const;

  // --- hypotheses
  theorem assume(const claim& c, std::string text, origin from);

  // --- equality
  theorem reflexive(node_id a);
  theorem symmetric(const theorem& ab);
  theorem transitive(const theorem& ab, const theorem& bc);
  // n with each argument k for which premises[k] says argument = b replaced by b.
  theorem congruence(node_id n, std::span<const std::optional<theorem>> premises);
  // a = b because both are the same polynomial. Premises may be signs and equations (used from left to right); `opaque` nodes are
  // not opened. With `apart`, only where those output indices differ.
  theorem ring(node_id a, node_id b, std::span<const theorem> premises, std::span<const node_id> opaque = {},
               std::span<const std::pair<std::uint8_t, std::uint8_t>> apart = {});
  // f(u[labels]) = f(u)[labels]: the function of the whole argument, read through the labels.
  // A function of a whole matrix is that of the matrix as a node of its own, over just the batch axes that the matrix has.
  theorem lift(node_id n);
  // A choice n whose branches make the choices that the same comparison, or its contrary, decides: where p < q, each choice by
  // p < q is its first branch and each by q <= p its second; elsewhere the other.
  theorem decided(node_id n);
  // An equation that holds where axes p and q of both sides differ, and on the diagonal p = q, holds everywhere.
  theorem cases(node_id a, node_id b, std::uint8_t p, std::uint8_t q, const theorem& differ, const theorem& diagonal);
  // An equation that holds where the number u is positive, where it is negative and where it is 0, holds.
  theorem any_sign(node_id u, const theorem& above, const theorem& below, const theorem& zero);
  // The hypotheses of these cases: u > 0, -u > 0 and u = 0.
  std::array<claim, 3> signs_of(node_id u);
  // left = right of a row of the table, on the given nodes (all with the same output axes).
  theorem instance(const rule& r, std::span<const node_id> args, const rational& parameter, std::span<const theorem> premises);
  theorem instance_terms(const rule& r, frame& f, const term& x, const term& y, const rational& c,
                         std::span<const theorem> premises);

  // left = right of a row of the table of matrix identities.
  theorem instance(const matrix_rule& r, const matrix_terms& terms, std::span<const theorem> premises);

  // --- signs
  theorem sign(relation is, node_id n, std::span<const theorem> premises);
  bool sign_follows(relation is, node_id n, std::span<const theorem> premises);  // whether sign() would succeed
  // Of `sign` claims about a, from a = b: the same about b.
  theorem transfer(const theorem& equal, const theorem& about_left);
  // Each factor of a product that is nowhere 0 is nowhere 0.
  theorem factor_nonzero(const theorem& product, std::size_t k);
  // Of a function that has the sign of its argument: the argument has the sign of the value.
  theorem argument_sign(const theorem& value);

  // --- derivatives
  // d n / d variable, from the derivatives of the arguments and the conditions under which n is differentiable. Of what is only
  // compared no derivative is needed.
  theorem differentiate(node_id n, symbol_id variable, std::span<const theorem> premises);
  // From  d a / d x = d  and  d = e.
  theorem derivative_equal(const theorem& derivative, const theorem& equal);
  // From  d a / d x = d : the same where `read`, a node that only reads d, reads the axes of x.
  theorem derivative_entry(const theorem& derivative, node_id read);
  // From  d a / d x = b  near the point and  d b / d x : the next derivative of a. A hypothesis u > 0, u != 0 or another that
  // holds around each u where it holds at all, holds near a point at which u has a derivative: one of `continuous` says so.
  theorem derivative_again(const theorem& first, const theorem& next, std::span<const theorem> continuous = {});
  // From  a = b  near the point and  d b / d x.
  theorem derivative_of_equal(const theorem& equal, const theorem& derivative);
  bool depends(node_id n, symbol_id variable);
  // Whether argument k of n is but compared by a choice, and continuous wherever its symbols are.
  bool only_compared(node_id n, std::size_t k);
  // Whether a hypothesis also holds near the point when `variable` moves.
  bool holds_near(hypothesis_id h, symbol_id variable);

  // The node that a condition of a table row is about: over just the axes that it carries.
  node_id condition_node(const condition& c);

 private:
  theorem make(std::string_view name, claim c, std::span<const theorem> premises, std::vector<std::uint32_t> details = {},
               std::shared_ptr<const instantiation> terms = nullptr);
  // What t says also holds when the variable moves a little.
  void require_near(const theorem& t, symbol_id variable, std::string_view name, std::span<const theorem> continuous = {});
  bool continuous_everywhere(node_id n);
  hypothesis_id symmetry_of(symbol_id s);
  [[noreturn]] static void refuse(std::string_view name, std::string_view why);
  theorem lift_matrix_function(node_id n);
  bool says(relation is, node_id n, std::span<const theorem> premises);
  void require(const conditions& all, std::span<const theorem> premises, std::string_view name);

  tape& tape_;
  std::vector<hypothesis> assumed_;
  std::vector<proof_step> log_;
  std::unordered_map<symbol_id, std::vector<bool>> depends_;  // by node, filled as far as asked
  std::vector<bool> continuous_;                              // likewise
};

claim equal_claim(node_id a, node_id b);
claim sign_claim(relation is, node_id n);

}  // namespace wengert
