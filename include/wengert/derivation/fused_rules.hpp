// The catalogue of fused rules: what comes out when the derivatives of well-known losses and layers are taken through their
// definitions and simplified. The engine knows the expressions; it has to find the results.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/rule_list.hpp>

namespace wengert {

// What is differentiated, in the language that users type: all that is known beforehand of a fused rule.
struct fused_source {
  std::string_view name, expression, variable;
  std::string_view declarations = {};  // as in --var
  std::string_view givens = {};        // as in --given, joined by "; "
};

std::span<const fused_source> fused_sources();
// Throws error U12 where there is none of this name.
const fused_source& find_fused_source(std::string_view name);
problem_text problem_of(const fused_source& source);

struct fused_rule : listed_rule {
  std::vector<std::string> hypotheses;  // the givens that the proof rests on
  std::size_t nodes_before = 0;         // of the derivative as the sweep makes it
  std::size_t nodes_after = 0;          // of the derivative in the statement
  std::string certificate;              // of the statement
  std::string coq;                      // its proof for Coq, if asked for
};

// Derives and proves the rule now; nothing is stored.
fused_rule derive_rule(const fused_source& source, bool with_coq = false);
// Of all sources, in their order.
std::vector<fused_rule> derive_fused_rules();

}  // namespace wengert
