// Proofs for Coq: the steps that some theorems rest on as data for a checker that is proved sound in Coq (src/proof/coq), and
// then what they say as a theorem about real numbers, in the words of the library Coquelicot.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <wengert/proof/kernel.hpp>

namespace wengert {

// The text of a file for `coqc -Q "$(wengert --coq-path)" Wengert`. The last thing in it prints the axioms that the theorem rests
// on. Throws error C03, which names it, where a step or an operation has no counterpart in Coq.
std::string coq_document(kernel& k, std::string_view statement, std::span<const theorem> goals);

// The constructors of the Coq files that stand for a function of reals, a step of the kernel and a row of the table of rules;
// empty where there is none.
std::string coq_name(opcode function);
std::string coq_name(std::string_view step);
std::string coq_name(const rule& row);
// The lemma of the Coq files that proves a derivative or a sign which `wengert rules` lists by that name; empty where there is
// none.
std::string_view coq_lemma(std::string_view name);

}  // namespace wengert
