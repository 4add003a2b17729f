#include <wengert/proof/certificate.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/registry.hpp>

namespace wengert {

namespace {

std::string_view name_of(const tape& t, node_id n) {
  constexpr std::array structural{"constant", "symbol", "dim",    "index",   "delta", "pi",  "add", "mul",
                                  "identity", "power",  "select", "unknown", "inv",   "det", "adj"};
  const op_info* info = find_function(t.op(n));
  return info ? info->name : structural.at(static_cast<std::size_t>(t.op(n)));
}

std::string_view name_of(comparison c) {
  constexpr std::array names{"<", "<=", "=", "!="};
  return names.at(static_cast<std::size_t>(c));
}

std::string_view name_of(reduction r) {
  constexpr std::array names{"of", "sum", "prod", "max", "min"};
  return names.at(static_cast<std::size_t>(r));
}

class writer {
 public:
  writer(kernel& k) : k_(k), t_(k.on()) {}

  std::string write(std::string_view statement, std::span<const theorem> goals) {
    steps_ = steps_of(k_, goals);
    find_nodes();
    std::string one_line(statement);
    std::ranges::replace_if(
        one_line, [](char ch) { return static_cast<unsigned char>(ch) < ' ' || ch == '\x7f'; }, ' ');
    put("wengert certificate 1\nstatement {}\n", one_line);
    put("{}{}", declarations(), body_);
    for (std::size_t s = 0; s < steps_.size(); ++s) put_step(s);
    for (const theorem& g : goals) put("goal s{}\n", number(steps_, g.step()));
    text_ += "end\n";
    return std::move(text_);
  }

 private:
  template <typename... Args> void put(fmt::format_string<Args...> form, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Args>(args)...);
  }

  // --- what is needed

  void find_nodes() {
    std::vector<node_id> roots;
    for (step_id s : steps_) {
      const proof_step& step = k_.log()[s];
      roots.push_back(step.says.left);
      roots.push_back(step.says.right);
      if (step.says.what == claim::kind::derivative) variables_.insert(step.says.variable);
      if (is_of_nodes(step)) roots.insert(roots.end(), step.details.begin(), step.details.end());
      if (step.terms) roots.insert(roots.end(), {step.terms->x.node, step.terms->y.node});
    }
    for (symbol_id v : variables_) roots.push_back(t_.symbol_node(v));
    std::erase(roots, none);
    nodes_ = t_.reachable(roots);
    for (std::size_t n = 0; n < nodes_.size(); ++n) body_ += fmt::format("n{} {}\n", n, described(nodes_[n]));
  }

  static bool is_of_nodes(const proof_step& s) { return s.rule != "hypothesis" && s.rule != "factor-nonzero"; }

  static std::size_t number(const std::vector<std::uint32_t>& sorted, std::uint32_t id) {
    return static_cast<std::size_t>(std::ranges::lower_bound(sorted, id) - sorted.begin());
  }
  std::string name(node_id n) const { return fmt::format("n{}", number(nodes_, n)); }

  // --- nodes

  std::string shown(const affine& a) {
    if (a.dim == none) return fmt::format("{}", a.offset);
    dims_.insert(a.dim);
    return t_.text_of(a);
  }
  std::string shown(range_id r) {
    const range own = t_.range_of(r);
    return shown(own.lo) + ".." + shown(own.hi);
  }
  std::string shown(std::span<const range_id> axes) {
    std::vector<std::string> parts;
    for (range_id r : axes) parts.push_back(shown(r));
    return fmt::format("[{}]", fmt::join(parts, ","));
  }
  std::string shown(const label& l) {
    if (l.is_constant()) return shown(l.value());
    return l.offset == 0 ? fmt::format("@{}", l.axis) : fmt::format("@{}{:+}", l.axis, l.offset);
  }
  std::string shown(std::span<const label> labels) {
    if (labels.empty()) return "";
    std::vector<std::string> parts;
    for (const label& l : labels) parts.push_back(shown(l));
    return fmt::format("[{}]", fmt::join(parts, ","));
  }
  std::string shown(const edge& e) { return name(e.node) + shown(e.labels); }

  std::string described(node_id n) {
    std::string r(name_of(t_, n));
    switch (t_.op(n)) {
      case opcode::constant: return r + " " + t_.value(n).str();
      case opcode::symbol: symbols_.insert(t_.symbol_of(n)); return r + " " + t_.symbol(t_.symbol_of(n)).name;
      case opcode::dim_value: return r + " " + shown(affine{t_.dim_of(n), 0});
      case opcode::pi: return r;
      case opcode::power: r += " " + t_.value(n).str(); break;
      case opcode::select: r += fmt::format(" {}", name_of(t_.comparison_of(n))); break;
      case opcode::unknown: {
        const unknown_function& f = t_.unknown_of(n);
        r += fmt::format(" {} {}", f.name, fmt::join(f.orders, ","));
        break;
      }
      default: break;
    }
    r += " " + shown(t_.out(n));
    if (t_.bound_count(n) != 0) r += fmt::format(" {} {}", name_of(t_.red(n)), shown(t_.bound(n)));
    for (edge_view e : t_.args(n)) r += " " + shown(edge(e));
    return r;
  }

  std::string declarations() {
    std::string symbols;
    for (symbol_id s : symbols_) {
      const symbol_info& info = t_.symbol(s);
      symbols += fmt::format("symbol {} {}{}{}\n", info.name, shown(std::span<const range_id>(info.axes)),
                             info.integer_valued ? " integer" : "", info.symmetric ? " symmetric" : "");
    }
    std::string lengths, dims;
    for (const length_condition& c : t_.length_conditions())
      lengths += fmt::format("length {} <= {}\n", shown(c.lesser), shown(c.greater));
    for (dim_id d : dims_) dims += fmt::format("dim {}\n", t_.dim_name(d));
    return dims + lengths + symbols;
  }

  // --- steps

  std::string sign(relation is, node_id n) const {
    switch (is) {
      case relation::positive: return fmt::format("0 < {}", name(n));
      case relation::nonnegative: return fmt::format("0 <= {}", name(n));
      case relation::nonzero: return fmt::format("{} != 0", name(n));
      case relation::integer: return fmt::format("{} integer", name(n));
      case relation::not_integer: return fmt::format("{} not-integer", name(n));
      case relation::real_power: return fmt::format("{} real-power", name(n));
      case relation::off_poles: return fmt::format("{} off-poles", name(n));
    }
    return {};
  }

  std::string shown(const claim& c) {
    if (c.what == claim::kind::sign) return sign(c.is, c.left);
    if (c.what == claim::kind::derivative) {
      const std::string& variable = t_.symbol(c.variable).name;
      return fmt::format("d^{} {} / d {}{} = {}", c.order, name(c.left), variable, shown(c.entry), name(c.right));
    }
    std::string r = fmt::format("{} = {}", name(c.left), name(c.right));
    if (!c.apart.empty()) r += " apart";
    for (auto [p, q] : c.apart) r += fmt::format(" @{},@{}", p, q);
    return r;
  }

  void put_step(std::size_t s) {
    const proof_step& step = k_.log()[steps_[s]];
    if (step.rule == "hypothesis") {
      const hypothesis& h = k_.hypothesis_of(step.details.at(0));
      bool near = std::ranges::all_of(variables_, [&](symbol_id v) { return k_.holds_near(step.details[0], v); });
      std::string about = h.from == origin::given    ? h.text
                          : h.from == origin::domain ? "where it is defined"
                                                     : "where it is differentiable";
      put("s{} hypothesis {} : {} ; {}\n", s, near ? "near" : "at", shown(step.says), about);
      return;
    }
    put("s{} {}", s, step.rule);
    for (step_id p : step.premises) put(" s{}", number(steps_, p));
    put_details(step);
    put(" : {}\n", shown(step.says));
  }

  void put_details(const proof_step& step) {
    if (step.terms) {
      put(" over {} x {} y {} c {}", shown(std::span<const range_id>(step.terms->frame)), shown(step.terms->x),
          shown(step.terms->y), step.terms->parameter.str());
    } else if (step.rule == "factor-nonzero") {
      put(" factor {}", step.details.at(0));
    } else if (step.rule == "ring") {
      std::vector<node_id> opaque = step.details;
      std::ranges::sort(opaque);
      if (!opaque.empty()) put(" opaque");
      for (node_id n : opaque) put(" {}", name(n));
    } else if (step.rule == "any-sign") {
      put(" of {}", name(step.details.at(0)));
    } else if (!step.details.empty()) {
      for (std::size_t k = 0; k < 4; ++k)
        if (step.details[k] != none) put(" {} {}", "ABcv"[k], name(step.details[k]));
    }
  }

  kernel& k_;
  tape& t_;
  std::vector<step_id> steps_;
  std::vector<node_id> nodes_;
  std::set<symbol_id> variables_, symbols_;
  std::set<dim_id> dims_;
  std::string text_, body_;
};

}  // namespace

std::vector<step_id> steps_of(const kernel& k, std::span<const theorem> goals) {
  const std::vector<proof_step>& log = k.log();
  std::vector<bool> needed(log.size(), false);
  for (const theorem& g : goals) needed[g.step()] = true;
  for (std::size_t s = log.size(); s-- > 0;)
    if (needed[s])
      for (step_id p : log[s].premises) needed[p] = true;
  std::vector<step_id> steps;
  for (step_id s = 0; s < log.size(); ++s)
    if (needed[s]) steps.push_back(s);
  return steps;
}

std::string certificate(kernel& k, std::string_view statement, std::span<const theorem> goals) {
  return writer(k).write(statement, goals);
}

}  // namespace wengert
