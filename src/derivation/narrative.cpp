#include "narrative.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/registry.hpp>

namespace wengert::narrative {

std::string rule_of(const tape& t, node_id n, const std::function<bool(node_id)>& varies) {
  switch (t.op(n)) {
    case opcode::add: return "sum rule";
    case opcode::mul: {
      std::vector<edge> args = t.args(n).copy();
      return std::ranges::count_if(args, varies, &edge::node) > 1 ? "product rule" : "constant factor";
    }
    case opcode::power: return t.value(n) == -1 ? "derivative of 1/u" : "power rule";
    case opcode::select: return "the branch that is taken";
    case opcode::identity:
      if (t.red(n) == reduction::prod) return "product rule";
      if (t.red(n) == reduction::max || t.red(n) == reduction::min) return "the term that attains the extremum";
      return t.red(n) == reduction::sum ? "sum rule" : "";
    case opcode::pow: return "derivative of u^v";
    case opcode::inv: return "derivative of the inverse";
    case opcode::det: return "derivative of the determinant";
    case opcode::adj: return "derivative of the adjugate";
    default: break;
  }
  if (t.op(n) == opcode::unknown) return fmt::format("derivative of {}", t.unknown_of(n).name);
  const op_info* info = find_function(t.op(n));
  return info ? fmt::format("derivative of {}", info->name) : "";
}

std::vector<std::string> rules_between(const tape& t, node_id n, std::span<const node_id> intermediates) {
  std::vector<std::string> rules;
  std::set<node_id> moving(intermediates.begin(), intermediates.end()), between;
  moving.erase(n);
  auto moves = [&](node_id m) { return moving.contains(m); };
  for (std::vector<node_id> stack{n}; !stack.empty();) {
    const node_id m = stack.back();
    stack.pop_back();
    if (moves(m) || !between.insert(m).second) continue;
    for (edge_view a : t.args(m)) stack.push_back(a.node);
  }
  for (node_id m : between) {
    std::vector<edge> args = t.args(m).copy();
    if (moves(m) || std::ranges::none_of(args, moves, &edge::node)) continue;
    moving.insert(m);
    std::string r = rule_of(t, m, moves);
    bool linear = r.empty() || r == "sum rule" || r == "constant factor";
    if (!linear && std::ranges::find(rules, r) == rules.end()) rules.push_back(r);
  }
  auto product = std::ranges::find(rules, "product rule");
  auto reciprocal = std::ranges::find(rules, "derivative of 1/u");
  if (product != rules.end() && reciprocal != rules.end()) {
    *product = "quotient rule";
    rules.erase(reciprocal);
  }
  return rules;
}

std::string rules_text(const tape& t, node_id n, std::span<const node_id> intermediates) {
  std::vector<std::string> rules = rules_between(t, n, intermediates);
  return rules.empty() ? "linear" : fmt::format("{}", fmt::join(rules, ", "));
}

std::string rule_id(const tape& t, node_id n) {
  switch (t.op(n)) {
    case opcode::add: return "d-add";
    case opcode::mul: return "d-mul";
    case opcode::power: return "d-power";
    case opcode::identity: return "d-sum";
    case opcode::select: return "d-select";
    case opcode::unknown: return "d-unknown";
    case opcode::inv: return "d-inv";
    case opcode::det: return "d-det";
    case opcode::adj: return "d-adj";
    default: break;
  }
  const op_info* info = find_function(t.op(n));
  return info ? fmt::format("d-{}", info->name) : "derivative";
}

std::string formula_of(const tape& t, node_id n) {
  switch (t.op(n)) {
    case opcode::add: return "(u + v)' = u' + v'";
    case opcode::mul: return "(u*v)' = u'*v + u*v'";
    case opcode::power: return "(u^n)' = n*u^(n-1)*u'";
    case opcode::identity: return "(sum u_k)' = sum u_k'";
    case opcode::inv: return "d inv(A) = -inv(A)*dA*inv(A)";
    case opcode::det: return "d det(A) = tr(adj(A)*dA)";
    case opcode::adj: return "d adj(A) = det(A)*(tr(inv(A)*dA)*inv(A) - inv(A)*dA*inv(A))";
    default: break;
  }
  const op_info* info = find_function(t.op(n));
  std::string_view name = info ? info->name : t.op(n) == opcode::unknown ? std::string_view(t.unknown_of(n).name) : "";
  return name.empty() ? "" : fmt::format("({0}(u))' = {0}'(u)*u'", name);
}

bool mentions(const std::string& text, const std::string& name) {
  auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (static_cast<unsigned char>(c) & 0x80);
  };
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    std::size_t end = at + name.size();
    if ((at == 0 || !in_word(text[at - 1])) && (end == text.size() || !in_word(text[end]))) return true;
  }
  return false;
}

std::string references(const std::vector<std::string>& numbers) {
  std::string r;
  for (const std::string& n : numbers) r += fmt::format("{}({})", r.empty() ? "" : ", ", n);
  return r;
}

std::string reason_of(const derivation_step& s) {
  std::string reason = s.reason;
  if (!s.refers_to.empty() && reason.find('(' + s.refers_to.front() + ')') == std::string::npos)
    reason += fmt::format("{}by {}", reason.empty() ? "" : "; ", references(s.refers_to));
  for (const std::string& c : s.conditions)
    if (reason.find(c) == std::string::npos)
      reason += fmt::format("{}{}{}", reason.empty() ? "" : "; ", s.rule == "definition" ? "given " : "", c);
  return reason;
}

bool is_chain(const derivation_step& s) {
  std::string from = s.lhs;
  for (const derivation_step& sub : s.substeps) {
    if (sub.lhs != from) return false;
    from = sub.rhs;
  }
  return !s.substeps.empty();
}

std::vector<std::pair<std::string, std::string>> abbreviations(const derivation& d) {
  std::vector<std::pair<std::string, std::string>> r;
  for (const auto& let : d.lets) {
    auto name_of = [](const std::string& left) { return left.substr(0, left.find('[')); };
    bool defined = std::ranges::any_of(d.steps, [&](const derivation_step& s) { return name_of(s.lhs) == name_of(let.first); });
    if (!defined) r.push_back(let);
  }
  return r;
}

std::string_view heading(verdict v) {
  switch (v) {
    case verdict::proved: return "Proved";
    case verdict::refuted: return "Refuted";
    case verdict::unknown: break;
  }
  return "Unknown";
}

std::string pretty(const std::string& text) {
  std::string r = text;
  for (std::size_t at = 0; (at = r.find("sum(", at)) != std::string::npos; ++at) {
    std::size_t comma = r.find(", if(", at);
    if (comma == std::string::npos) break;
    std::string letter = r.substr(at + 4, comma - at - 4);
    std::size_t condition = comma + 5;
    std::size_t zero = r.find(", 0, ", condition);
    if (letter.empty() || letter.find_first_of(" (,") != std::string::npos || zero == std::string::npos) continue;
    std::string test = r.substr(condition, zero - condition);
    std::size_t sign = test.find(" = ");
    if (sign == std::string::npos || test.find_first_of("()[],") != std::string::npos) continue;
    std::string one = test.substr(0, sign), two = test.substr(sign + 3);
    if (one != letter && two != letter) continue;
    // The bracket that closes if( is followed by the one that closes sum(.
    int depth = 1;
    std::size_t end = zero + 5;
    for (; end < r.size() && depth > 0; ++end) depth += r[end] == '(' ? 1 : r[end] == ')' ? -1 : 0;
    if (end >= r.size() || r[end] != ')') continue;
    std::string body = r.substr(zero + 5, end - 1 - (zero + 5));
    r.replace(at, end + 1 - at, fmt::format("sum({} != {}, {})", letter, one == letter ? two : one, body));
  }
  return r;
}

namespace {

std::size_t width(const std::string& s) {
  return static_cast<std::size_t>(
      std::ranges::count_if(s, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct line {
  std::string left, equation, reason;
};

// Linear rules are told from verbosity 2 on, general formulas too, the kernel's steps at 3.
bool is_told(const derivation_step& s, int verbosity) {
  return verbosity >= 2 || (s.reason != "sum rule" && s.reason != "constant factor");
}

std::string reason_at(const derivation_step& s, int verbosity) {
  std::string reason = reason_of(s);
  if (verbosity >= 2 && !s.formula.empty() && reason.find(s.formula) == std::string::npos)
    reason += fmt::format("{}{}", reason.empty() ? "" : "; ", s.formula);
  if (verbosity >= 3 && s.kernel_last > 0) reason += fmt::format("  [{}..{}]", s.kernel_first, s.kernel_last);
  return reason;
}

// The substeps that lead to the right side, and before them those that they rest on.
void add_step(std::vector<line>& lines, const derivation_step& s, int verbosity) {
  auto chain = std::ranges::find(s.substeps, s.lhs, &derivation_step::lhs);
  for (auto sub = s.substeps.begin(); sub != chain; ++sub)
    if (is_told(*sub, verbosity))
      lines.push_back({"", fmt::format("  {} = {}", pretty(sub->lhs), pretty(sub->rhs)), reason_at(*sub, verbosity)});
  const std::string left = fmt::format("{}{}", s.case_.empty() ? "" : fmt::format("case {}:  ", s.case_), pretty(s.lhs));
  const std::string indent(width(left), ' ');
  std::string from = s.lhs, reason = reason_at(s, verbosity);
  bool first = true;
  auto add = [&](const std::string& right, const std::string& why) {
    lines.push_back({first ? fmt::format("({})", s.number) : "", fmt::format("{} = {}", first ? left : indent, pretty(right)),
                     first ? reason : why});
    first = false;
  };
  for (auto sub = chain; sub != s.substeps.end() && sub->lhs == from; ++sub) {
    add(sub->rhs, reason_at(*sub, verbosity));
    from = sub->rhs;
  }
  if (first || pretty(from) != pretty(s.rhs)) add(s.rhs, "simplify");
}

std::string steps_text(const derivation& d, const std::string& name, int verbosity) {
  std::vector<line> lines;
  for (const derivation_step& s : d.steps) add_step(lines, s, verbosity);
  std::size_t widest = 0;
  for (const line& l : lines)
    if (width(l.equation) <= 72) widest = std::max(widest, width(l.equation));
  std::string what = d.result.expression == name ? name : fmt::format("{} = {}", name, d.result.expression);
  std::string r = fmt::format("{}, differentiated by {}\n", what, d.result.wrt);
  std::vector<std::string> sums;
  for (const auto& [n, value] : abbreviations(d)) sums.push_back(fmt::format("{} = {}", n, value));
  if (!sums.empty()) r += fmt::format("where {}\n", fmt::join(sums, ", "));
  r += "\n";
  for (const line& l : lines) {
    std::string gap(l.reason.empty() ? 0 : std::max<std::size_t>(widest + 3, width(l.equation) + 3) - width(l.equation), ' ');
    r += fmt::format("{:>5}  {}{}{}\n", l.left, l.equation, gap, l.reason);
  }
  return r + "\n";
}

std::string result_text(const derivation& d) {
  std::string r = d.statement + "\n";
  for (const std::string& c : d.result.conditions) r += fmt::format("  where {}\n", c);
  for (const std::string& h : d.result.hypotheses_used) r += fmt::format("  given {}\n", h);
  r += d.result.proof.checked
           ? fmt::format("\nTheorem, checked by the kernel in {} steps: {}.\n", d.result.proof.steps, d.theorem)
           : "\nThe kernel could not confirm every step of this derivative.\n";
  return r;
}

}  // namespace

std::string text(const derivation& d, const std::string& name, int verbosity) {
  return (verbosity > 0 ? steps_text(d, name, verbosity) : "") + result_text(d);
}

}  // namespace wengert::narrative
