// What the program says about itself: its rules and its errors.
#pragma once

#include <string>
#include <vector>

#include <wengert/derivation/fused_rules.hpp>

#include "request.hpp"

namespace wengert::cli {

// `wengert rules`: every rule of the kernel. In JSON a list, complete as it is.
std::string rules_reference(output_format format);

// `wengert rules --fused`: the fused rules, written out likewise.
std::string fused_reference(const std::vector<fused_rule>& rules, output_format format);

// `wengert help TOPIC`: how a command is used; for "errors" every code with its meaning, an example, and what it prints, which
// comes from running it; for "" the commands. Throws error U01.
std::string help_about(const std::string& topic);

}  // namespace wengert::cli
