// Choices whose branches are undefined elsewhere: if(x > 0, log(x), 0).
#pragma once

#include <wengert/proof/prover.hpp>

namespace wengert {

// While it lives, no matrix is symmetric, or one matrix is not.
class without_symmetry {
 public:
  explicit without_symmetry(tape& t);
  without_symmetry(tape& t, symbol_id only);
  ~without_symmetry();
  without_symmetry(const without_symmetry&) = delete;
  without_symmetry& operator=(const without_symmetry&) = delete;

 protected:
  bool changes_something() const { return !symmetric_.empty(); }

 private:
  void remove(symbol_id s);

  tape& t_;
  std::vector<symbol_id> symmetric_;
};

// While it lives, a variable that moves: that it is symmetric holds at the point only, and does not count.
class moving_variable : without_symmetry {
 public:
  moving_variable(prover& with, symbol_id variable) : without_symmetry(with.using_kernel().on(), variable), with_(with) {}
  ~moving_variable();

 private:
  prover& with_;
};

// f with the operations in branches of choices defined everywhere: log(x) there is log(if(x > 0, x, 1)), which is the same where
// the branch is taken. So each branch is differentiated under the comparison that leads to it. And that f is equal to it.
normal with_guards(prover& with, node_id f);

// Whether a condition is seen to fail where two of its indices are equal, so that it never holds: x[i] - x[j] != 0.
bool fails_on_diagonal(prover& with, const requirement& r);

// f with what has no derivative where two of its indices are equal, and a number there, made a choice: abs(x[i] - x[j]) is
// if(i = j, 0, abs(if(i = j, 1, x[i] - x[j]))). And that f is equal to it.
normal with_diagonals_apart(prover& with, node_id f, symbol_id by);

// f, or an equal function, near the point, that is differentiable under fewer conditions: abs(x)^2 is x^2. Only signs may be
// assumed so far: an equation that was assumed holds at the point. Composites that need nothing are left as they are.
normal smoothest(problem& p, prover& with, node_id f, symbol_id by);

// What f needs to be defined near a point, where something simpler is differentiated in its place: 0*log(x) has a derivative for
// x > 0 only.
std::vector<requirement> defined_near(prover& with, node_id f, symbol_id by);

// Requirements that hold near a point where they hold: u > 0 in place of u >= 0, unless that is known.
std::vector<requirement> holding_near(prover& with, std::vector<requirement> all, symbol_id by);

// The same with each choice made that a choice around it decides: if(x > 0, log(if(x > 0, x, 1)), 0) is if(x > 0, log(x), 0).
normal with_choices_decided(prover& with, node_id f);

}  // namespace wengert
