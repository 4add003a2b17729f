// Every rule that the kernel may use, in words.
#pragma once

#include <string>
#include <vector>

namespace wengert {

struct listed_rule {
  std::string name;
  std::string statement;                // an equation, or a fact, as users type them
  std::vector<std::string> conditions;  // what must hold: facts, or the premises of an inference
  std::string established;              // "coq", or "axiom: " and why it is believed
  std::string sentence;
};

// Identities of functions, derivatives, signs, the kernel's inferences and the definitions of composites, written out from the
// tables that the kernel itself reads.
std::vector<listed_rule> list_rules();

}  // namespace wengert
