#include "reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/derivation/rule_list.hpp>

#include "json_text.hpp"

namespace wengert::cli {

std::string rules_reference(output_format format) {
  const std::vector<listed_rule> rules = list_rules();
  if (format == output_format::json)
    return json_list(rules,
                     [](const listed_rule& r) {
                       return json_members()
                           .text("name", r.name)
                           .text("statement", r.statement)
                           .texts("conditions", r.conditions)
                           .text("established", r.established)
                           .text("sentence", r.sentence)
                           .object();
                     }) +
           "\n";
  std::string text;
  for (const listed_rule& r : rules) {
    text += fmt::format("{}: {}\n", r.name, r.statement);
    if (!r.conditions.empty()) text += fmt::format("  where {}\n", fmt::join(r.conditions, " and "));
    text += fmt::format("  {} ({})\n", r.sentence, r.established);
  }
  return text;
}

}  // namespace wengert::cli
