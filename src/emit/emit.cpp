#include <wengert/emit/emit.hpp>

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/reverse.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/proof/stable.hpp>
#include <wengert/text/printer.hpp>

#include "../derivation/differentiate.hpp"
#include "../derivation/lengths.hpp"
#include "lowering.hpp"
#include "samples.hpp"

namespace wengert {

namespace {

constexpr std::size_t largest_proof = 2000;  // nodes
constexpr std::size_t longest_remark = 100;  // characters

// Of equal nodes the one that rounds best and, among such, costs least.
class choice_of_form {
 public:
  choice_of_form(problem& p, prover& with, samples& seen) : t_(p.on()), with_(with), seen_(seen) {}

  struct chosen_form {
    node_id node;
    bool proved;  // equal to the others
  };

  // `candidates` are equal; those that rounding spoils bring the forms in which it does not. Where rounding spoils them all, one
  // that it spoils less is taken unproved, or what `other` gives.
  template <typename Other> chosen_form best(const std::vector<node_id>& candidates, Other other) {
    std::optional<rank> least;
    chosen_form chosen{};
    auto consider = [&](const chosen_form& form, std::initializer_list<node_id> references) {
      const rank r{seen_.count_failures(form.node, references), !form.proved, cost(form.node)};
      if (least && !(r < *least)) return;
      least = r;
      chosen = form;
    };
    std::vector<node_id> proved;
    for (node_id n : candidates) {
      const node_id form = stable(n);
      proved.push_back(n);
      consider({n, true}, {form});
      if (form == n) continue;
      proved.push_back(form);
      consider({form, true}, {form});
    }
    if (std::get<0>(*least) == samples::failures{}) return chosen;
    const node_id form = other(), first = candidates.front();
    least.reset();
    for (node_id n : proved) consider({n, true}, {form, first});
    for (node_id n : candidates) consider({stabilized(t_, n), false}, {form, first});
    consider({form, false}, {form, first});
    return chosen;
  }

 private:
  using rank = std::tuple<samples::failures, bool, std::size_t>;  // failures, unproved, cost

  node_id stable(node_id n) {
    if (t_.reachable(n).size() > largest_proof) return n;
    samples::failures fewest = seen_.count_failures(n, {n});
    auto look = [&](node_id form) {
      fewest = std::min(fewest, seen_.count_failures(form, {form}));
      return false;
    };
    find_stable_form(with_, n, look);
    auto best = [&](node_id form) { return seen_.count_failures(form, {form}) == fewest; };
    const std::optional<normal> found = find_stable_form(with_, n, best);
    return found ? found->node : n;
  }

  // Operations, an axis counted as ten of them.
  std::size_t cost(node_id n) const {
    std::size_t total = 0;
    for (node_id m : t_.reachable(n)) {
      std::size_t each = 1;
      for (std::size_t k = 0; k < t_.axes(m).size() && k < 12; ++k) each *= 10;
      total += each * std::max<std::size_t>(t_.arity(m), 1);
    }
    return total;
  }

  tape& t_;
  prover& with_;
  samples& seen_;
};

// What the theorem says, for the comment in front.
struct statement {
  std::vector<std::string> lines;
  std::vector<std::string> conditions, remarks;
  void require(const std::vector<std::string>& more) {
    for (const std::string& c : more)
      if (std::ranges::find(conditions, c) == conditions.end()) conditions.push_back(c);
  }
};

struct forms {
  node_id value = none;
  std::vector<node_id> gradients;
  statement says;
};

// Whether the derivative that was found is the swept one at kinks too, where the conventions say what its value is.
bool agrees_at_kinks(problem& p, const diff_result& found, node_id swept) {
  if (std::ranges::none_of(found.needs, &requirement::smooth)) return true;
  prover with(p.on());
  with.assume_signs(p.facts());
  std::vector<requirement> open;
  with.assume_domain(requirements(p.on(), p.expressions().at(0)), false, open);
  return with.equate(found.node, swept).has_value();
}

forms choose_forms(problem& p, emitted_code& notes) {
  tape& t = p.on();
  const expression e = p.expressions().at(0);
  forms r;
  std::vector<symbol_id> by;
  for (const target& v : p.targets()) by.push_back(v.variable);
  const std::vector<node_id> swept = reverse(t, e.node, by);
  const bool small = t.reachable(swept).size() <= largest_proof;
  std::vector<std::vector<node_id>> gradients;
  for (std::size_t k = 0; k < by.size(); ++k) gradients.push_back({at_entry(t, swept[k], p.targets()[k], e.letters)});
  if (small) {
    const diff_answer found = diff(p, 1);
    notes.warnings = found.warnings;
    for (std::size_t k = 0; k < by.size(); ++k) {
      const diff_result& d = found.results[k];
      if (d.proof.checked && d.node != none && agrees_at_kinks(p, d, gradients[k][0]))
        gradients[k].insert(gradients[k].begin(), d.node);
      const std::string& shown = d.brief.empty() ? d.derivative : d.brief;
      r.says.lines.push_back(fmt::format("{} == {}", d.claim, shown));
      for (const auto& [name, value] : d.parts) r.says.lines.push_back(fmt::format("  with {} = {}", name, value));
      r.says.lines.push_back(d.proof.checked ? fmt::format("  proved in {} kernel steps", d.proof.steps) : "  not proved");
      r.says.require(d.conditions);
    }
  } else {
    for (const target& v : p.targets()) r.says.lines.push_back(fmt::format("D({}, {}), by the reverse sweep", e.text, v.text));
  }
  prover with(t);
  with.assume_signs(p.facts());
  std::vector<requirement> open;
  std::vector<requirement> needs = requirements(t, e);
  for (symbol_id v : by)
    for (const requirement& q : requirements(t, e.node, v)) needs.push_back(q);
  const wording words(p, e.node, e.letters);
  if (small)
    for (const requirement& q : with.assume_domain(needs, false, open)) r.says.require({words.condition(q)});
  samples seen(t, e.node);
  choice_of_form choice(p, with, seen);
  auto take = [&](const std::vector<node_id>& candidates, auto other, const std::string& what) {
    const auto [node, proved] = choice.best(candidates, other);
    if (!proved)
      r.says.remarks.push_back(
          fmt::format("The form in which {} is computed rounds better; it was compared, not proved equal.", what));
    return node;
  };
  // In the derivative of the logarithm of 1 - softmax(z) digits cancel in many places; in that of a form without the difference
  // in none.
  const node_id apart = with_complements(t, e.node, true);
  std::vector<node_id> values{e.node}, of_apart;
  if (apart != e.node && small && with.equate(e.node, apart)) values.push_back(apart);
  auto derivative_of_stable = [&](std::size_t k) {
    if (of_apart.empty()) {
      shifts out;
      of_apart = reverse(t, stabilized(t, apart, out), by);
      out.put_back(t, of_apart);
    }
    return at_entry(t, of_apart[k], p.targets()[k], e.letters);
  };
  r.value = take(
      values, [&] { return stabilized(t, apart); }, "the value");
  for (std::size_t k = 0; k < by.size(); ++k)
    r.gradients.push_back(take(
        gradients[k], [&] { return derivative_of_stable(k); }, fmt::format("the derivative by {}", p.targets()[k].text)));
  return r;
}

std::string one_line(std::string s) {
  for (char& c : s)
    if (c == '\n' || c == '\\' || c == '\r') c = ' ';
  return s;
}

// Arguments of the function, and the code that stands around the statements.
class emitter {
 public:
  emitter(problem& p, target_language to) : p_(p), t_(p.on()), to_(to), words_(to) {}

  emitted_code run() {
    emitted_code r;
    chosen_ = choose_forms(p_, r);
    r.notes = p_.notes();
    samples seen(t_, p_.expressions().at(0).node);
    const std::vector<node_id> of_value = t_.reachable(chosen_.value);
    std::unordered_set<node_id> strong;
    for (node_id g : chosen_.gradients)
      if (seen.needs_strong_zeros(g))
        for (node_id n : t_.reachable(g))
          if (!std::ranges::binary_search(of_value, n)) strong.insert(n);
    lowering code(t_, to_, words_, std::move(strong), [this](node_id n) { return tell(n); });
    name_arguments(code);
    std::vector<destination_of_root> roots{{chosen_.value, value_}};
    for (std::size_t k = 0; k < chosen_.gradients.size(); ++k) roots.push_back({chosen_.gradients[k], results_[k]});
    code.run(roots);
    r.text = written(code);
    return r;
  }

 private:
  std::string tell(node_id n) const {
    try {
      const std::string s = one_line(print(t_, n, {&p_.calls(), {}}));
      return s.size() > longest_remark ? "" : s;
    } catch (const error&) {
      return "";
    }
  }

  std::string shape_of(std::span<const range_id> axes) const {
    std::vector<std::string> sizes;
    for (range_id r : axes) {
      const range& x = t_.range_of(r);
      sizes.push_back(x.lo == affine{none, 1} ? t_.text_of(x.hi) : fmt::format("{}..{}", t_.text_of(x.lo), t_.text_of(x.hi)));
    }
    return sizes.empty() ? "a number" : fmt::format("[{}], row by row", fmt::join(sizes, ", "));
  }

  void name_arguments(lowering& code) {
    std::vector<node_id> all = chosen_.gradients;
    all.push_back(chosen_.value);
    all.push_back(p_.expressions().at(0).node);
    for (const target& v : p_.targets()) all.push_back(t_.symbol_node(v.variable));
    std::set<dim_id> dims;
    std::vector<node_id> symbols;
    for (node_id n : t_.reachable(all)) {
      for (range_id r : t_.axes(n))
        for (const affine& a : {t_.range_of(r).lo, t_.range_of(r).hi})
          if (a.dim != none) dims.insert(a.dim);
      if (t_.op(n) == opcode::dim_value) dims.insert(t_.dim_of(n));
      for (edge_view e : t_.args(n))
        for (const label& l : e.labels)
          if (l.is_constant() && l.value().dim != none) dims.insert(l.value().dim);
      if (t_.op(n) == opcode::symbol) symbols.push_back(n);
    }
    for (dim_id d : dims) {
      const std::string name = words_.fresh(t_.dim_name(d));
      code.name_dim(d, name);
      parameters_.push_back(words_.size_type() + " " + name);
      inputs_.push_back(name);
      shapes_.push_back(fmt::format("{}: the dimension {}, at least 1", name, t_.dim_name(d)));
    }
    for (node_id n : symbols) {
      const symbol_info& s = t_.symbol(t_.symbol_of(n));
      const std::string name = words_.fresh(s.name);
      code.name_array(n, name);
      parameters_.push_back(s.axes.empty() ? "double " + name : pointer("const double", name));
      inputs_.push_back(name);
      shapes_.push_back(fmt::format("{}: {}", name == s.name ? name : name + " (" + s.name + ")", shape_of(s.axes)));
    }
    name_results();
  }

  std::string pointer(std::string_view type, const std::string& name) const {
    return to_ == target_language::cpp ? fmt::format("{}* {}", type, name) : fmt::format("{} *{}", type, name);
  }

  // A number is returned (C++) or written through a pointer; it is computed as a local.
  void name_results() {
    const bool scalar = t_.rank(chosen_.value) == 0;
    value_ = words_.fresh(scalar ? "result" : "value");
    if (!scalar || to_ == target_language::c) {
      const std::string to = scalar ? words_.fresh("value") : value_;
      parameters_.push_back(pointer("double", to));
      if (scalar) written_.push_back(fmt::format("*{} = {};", to, value_));
      shapes_.push_back(fmt::format("{}: receives the value, {}", to, shape_of(t_.out(chosen_.value))));
    }
    for (std::size_t k = 0; k < chosen_.gradients.size(); ++k) {
      const node_id g = chosen_.gradients[k];
      const std::string& by = p_.targets()[k].text;
      const std::string to = words_.fresh("d_" + by);
      const bool number = t_.rank(g) == 0;
      results_.push_back(number ? words_.fresh("by_" + by) : to);
      parameters_.push_back(pointer("double", to));
      if (number) written_.push_back(fmt::format("*{} = {};", to, results_.back()));
      shapes_.push_back(fmt::format("{}: receives the derivative by {}, {}", to, by, shape_of(t_.out(g))));
    }
  }

  std::string comment() const {
    std::string s = fmt::format("// The value of {}\n// and its derivatives:\n", one_line(p_.expressions().at(0).text));
    for (const std::string& l : chosen_.says.lines) s += "//   " + one_line(l) + "\n";
    for (const fact& f : p_.facts())
      if (s.find("// given " + one_line(f.text) + "\n") == std::string::npos) s += "// given " + one_line(f.text) + "\n";
    const std::vector<std::string> lengths = length_texts(t_);
    std::vector<std::string> conditions = chosen_.says.conditions;
    std::erase_if(conditions, [&](const std::string& c) { return std::ranges::find(lengths, c) != lengths.end(); });
    for (const std::string& c : conditions) s += "// where " + one_line(c) + "\n";
    if (!conditions.empty())
      s += "// Where a condition fails, the numbers are those of the formulas below, infinities and NaN included.\n";
    for (const std::string& r : chosen_.says.remarks) s += "// " + one_line(r) + "\n";
    for (const std::string& c : lengths)
      s += "// Only for " + one_line(c) + ": elsewhere arrays would be read behind their ends.\n";
    s += "//\n";
    for (const std::string& a : shapes_) s += "// " + a + "\n";
    if (to_ == target_language::c) s += "// Returns 0, or 1 where there is no memory.\n";
    return s;
  }

  std::string written(const lowering& code) const {
    const bool cpp = to_ == target_language::cpp, returns = cpp && t_.rank(chosen_.value) == 0;
    std::string s = cpp ? "#include <cmath>\n#include <cstddef>\n#include <vector>\n\n"
                        : "#include <math.h>\n#include <stddef.h>\n#include <stdlib.h>\n\n";
    s += words_.helpers() + comment();
    s += fmt::format("{} value_and_gradient({}) {{\n", returns ? "double" : cpp ? "void" : "int", fmt::join(parameters_, ", "));
    for (const std::string& name : inputs_)
      if (!code.read().contains(name))
        s += cpp ? fmt::format("  static_cast<void>({});\n", name) : fmt::format("  (void){};\n", name);
    s += code.statements();
    for (const std::string& l : written_) s += "  " + l + "\n";
    if (!cpp && code.keeps_arrays()) s += "  free(workspace);\n";
    if (returns) s += "  return " + value_ + ";\n";
    if (!cpp) s += "  return 0;\n";
    return s + "}\n";
  }

  problem& p_;
  tape& t_;
  target_language to_;
  spelling words_;
  forms chosen_;
  std::string value_;
  std::vector<std::string> results_;  // where the gradients are computed
  std::vector<std::string> parameters_, inputs_, shapes_, written_;
};

}  // namespace

emitted_code emit(problem& p, target_language to) { return emitter(p, to).run(); }

}  // namespace wengert
