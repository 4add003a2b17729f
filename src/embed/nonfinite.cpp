#include "nonfinite.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/numeric/arithmetic.hpp>

namespace wengert {

namespace {

constexpr std::size_t longest_text = 200;

using position = std::vector<std::int64_t>;  // as the mathematics counts

std::string entry_text(const std::string& what, const position& at) {
  if (at.empty()) return what;
  const bool name = what.find_first_of(" +-*/^(") == std::string::npos;
  return fmt::format("{}[{}]", name ? what : "(" + what + ")", fmt::join(at, ","));
}

class search {
 public:
  search(const tape& t, evaluator<double>& at, const std::function<bool(double)>& is_finite, const naming& names)
      : t_(t), at_(at), is_finite_(is_finite), names_(names) {}

  std::optional<culprit> run(std::span<const node_id> roots) {
    at_.evaluate(t_.reachable(roots));
    for (node_id n : roots) {
      position p;
      if (any_position(t_.out(n), p, [&](const position& q) { return !is_finite_(value(n, q)); })) return follow(n, p);
    }
    return std::nullopt;
  }

 private:
  std::int64_t number(const affine& a) const { return a.offset + (a.dim == none ? 0 : at_.dim_size(a.dim).value_or(0)); }
  std::int64_t low(range_id r) const { return number(t_.range_of(r).lo); }
  std::int64_t high(range_id r) const { return number(t_.range_of(r).hi); }

  // Whether f holds at a position that begins with p, which then is it.
  template <class F> bool any_position(std::span<const range_id> axes, position& p, const F& f) const {
    if (p.size() == axes.size()) return f(p);
    const range_id r = axes[p.size()];
    for (std::int64_t i = low(r); i <= high(r); ++i) {
      p.push_back(i);
      if (any_position(axes, p, f)) return true;
      p.pop_back();
    }
    return false;
  }

  double value(node_id n, const position& p) const {
    if (t_.op(n) == opcode::delta) return p[0] == p[1] ? 1 : 0;
    if (t_.op(n) == opcode::index_value) return static_cast<double>(p[0]);
    std::size_t place = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
      const range_id r = t_.out(n)[k];
      place = place * static_cast<std::size_t>(high(r) - low(r) + 1) + static_cast<std::size_t>(p[k] - low(r));
    }
    return at_.values(n)[place];
  }

  struct argument {
    node_id node;
    position at;
    double value;
  };
  std::vector<argument> arguments(node_id n, const position& p) const {
    std::vector<argument> r;
    for (edge_view e : t_.args(n)) {
      position q;
      for (const label& l : e.labels)
        q.push_back(l.is_constant() ? number(l.value()) : p[static_cast<std::size_t>(l.axis)] + l.offset);
      const double v = value(e.node, q);
      r.push_back({e.node, std::move(q), v});
    }
    return r;
  }

  // The argument that makes a term infinite or no number: not one that a delta or a choice leaves out.
  std::optional<argument> to_blame(node_id n, const std::vector<argument>& all) const {
    for (const argument& a : all)
      if (t_.op(n) == opcode::mul && t_.op(a.node) == opcode::delta && a.value == 0) return std::nullopt;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (t_.op(n) == opcode::select && k >= 2 &&
          k != (arithmetic<double>::holds(t_.comparison_of(n), all[0].value, all[1].value) ? 2U : 3U))
        continue;
      if (!is_finite_(all[k].value)) return all[k];
    }
    return std::nullopt;
  }

  culprit follow(node_id n, position p) const {
    for (;;) {
      std::optional<argument> next;
      position q = p;
      any_position(t_.axes(n), q, [&](const position& at) { return (next = to_blame(n, arguments(n, at))).has_value(); });
      if (!next) return describe(n, p);
      n = next->node;
      p = std::move(next->at);
    }
  }

  // With each argument where it is largest.
  culprit describe(node_id n, const position& p) const {
    culprit c{text(n), {p.begin(), p.end()}, value(n, p), {}};
    std::vector<argument> largest;
    position q = p;
    any_position(t_.axes(n), q, [&](const position& at) {
      const std::vector<argument> here = arguments(n, at);
      if (largest.empty()) largest = here;
      for (std::size_t k = 0; k < here.size(); ++k)
        if (std::abs(here[k].value) > std::abs(largest[k].value)) largest[k] = here[k];
      return false;
    });
    for (const argument& a : largest)
      if (!t_.is_constant(a.node)) c.inputs.emplace_back(entry_text(text(a.node), a.at), a.value);
    return c;
  }

  std::string text(node_id n) const {
    print_options brief;
    brief.max_characters = longest_text;
    try {
      return print(t_, n, names_, brief);
    } catch (const error&) {
      const op_info* f = find_function(t_.op(n));
      return f                         ? fmt::format("{}(...)", f->name)
             : t_.op(n) == opcode::add ? "... + ..."
             : t_.op(n) == opcode::mul ? "... * ..."
                                       : "...";
    }
  }

  const tape& t_;
  evaluator<double>& at_;
  const std::function<bool(double)>& is_finite_;
  const naming& names_;
};

}  // namespace

std::string culprit::text() const {
  std::string s = fmt::format("{} is {}", entry_text(operation, entry), value);
  if (column > 0) s += fmt::format(" (column {})", column);
  for (std::size_t k = 0; k < inputs.size(); ++k)
    s += fmt::format("{} {} = {}", k == 0 ? ", from" : ",", inputs[k].first, inputs[k].second);
  return s;
}

std::optional<culprit> find_nonfinite(const tape& t, std::span<const node_id> roots, evaluator<double>& at,
                                      const std::function<bool(double)>& is_finite, const naming& names) {
  return search(t, at, is_finite, names).run(roots);
}

}  // namespace wengert
