// A text of the language and how tightly it binds.
#pragma once

#include <string>

namespace wengert {

// From loose to tight.
enum class level { sum, product, power, atom };

struct piece {
  std::string text;
  level binds;
  bool chain = false;  // a matrix product and nothing else: it may stand in another without brackets
};

inline std::string at_least(level wanted, piece p) { return p.binds < wanted ? "(" + p.text + ")" : std::move(p.text); }

inline bool is_negative(const piece& p) { return p.text.front() == '-'; }

}  // namespace wengert
