// One derivative of one problem: swept, certified by the kernel, and written as well as we can.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/proof/prover.hpp>

#include "present.hpp"
#include "wording.hpp"

namespace wengert {

struct differentiated {
  node_id function;                     // what was differentiated: the expression, or an equal one that needs less
  node_id swept;                        // the reverse sweep's answer, at the target's entry
  presented answer;                     // the same, written
  std::vector<requirement> conditions;  // assumed: what the expression needs
  std::optional<theorem> proved;        // the derivative of the expression is `answer`: the whole statement as one theorem
  std::vector<std::string> letters;     // of the answer's axes, as far as the user named them
  bool in_form = true;                  // whether it is in the form that was asked for
  // What the answer's text is written with, where it would be too long without.
  std::vector<std::pair<std::string, std::string>> parts{};
  // If a certificate or a proof for Coq was asked for and there is one: `proved`, and what it speaks of.
  std::vector<theorem> goals{};
  std::vector<node_id> atoms{};  // what was not opened to compare the answer with what was swept: nothing, or units
};

// The derivative of the given order. The prover must be fresh; it takes the problem's facts.
differentiated differentiate(problem& p, prover& with, const expression& e, const target& by, int order, notation how,
                             const result_form& form = {});

diff_result describe(problem& p, prover& with, const expression& e, const target& by, const differentiated& d, int order,
                     const result_form& form);

// A note, where an answer that was wanted in matrix notation has index letters.
void note_letters(std::vector<std::string>& notes, const presented& answer);

// A derivative of the given order, read at the entry that the target names; its last axes are those of the variable, as often.
// `letters` are those of its first axes: D(z[i]^2, z[i]) has the axis i once.
node_id at_entry(tape& t, node_id n, const target& by, std::vector<std::string> letters, int order = 1);

}  // namespace wengert
