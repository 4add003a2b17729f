#include "named_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/text/printer.hpp>

#include "narrative.hpp"
#include "narrator.hpp"
#include "units.hpp"

namespace wengert {

namespace {

constexpr std::size_t long_text = 120, very_long_text = 600;  // characters

std::size_t size_of(const named_form& f) {
  std::size_t size = f.text.size();
  for (const auto& [name, value] : f.lets) size += name.size() + value.size();
  return size;
}

class unit_namer : narrator {
 public:
  unit_namer(problem& p, prover& with, const expression& e, const target& by) : narrator(p, e, by, {}), proving_(with) {}

  // The answer with the units named; those that it does not mention have no name the second time.
  named_form write(const differentiated& d) {
    const std::set<node_id> found = textbook_units(p_, d.function, by_.variable, {});
    std::vector<node_id> units(found.begin(), found.end());
    named_form r = write(d, units);
    std::erase_if(units, [&](node_id n) { return !used_.contains(n); });
    return r.lets.empty() ? r : write(d, units);
  }

 private:
  named_form write(const differentiated& d, const std::vector<node_id>& units) {
    forget();
    names_ = calls_;
    std::map<node_id, std::string> own = names_of(units, none);
    std::vector<std::pair<node_id, std::pair<std::string, std::string>>> all;
    for (node_id n : units) {
      std::size_t before = d_.lets.size();
      print_options how;
      how.matrix_notation = true;
      how.matrix_notation = presenter(p_, proving_, names_, false).reads_back(n, how);
      auto called = calls_.find(n);
      bool let = called != calls_.end() && called->second.is_let;
      const printed value = let ? printed{} : show(n, how);
      names_.erase(n);  // from here on a composite too is called by its name alone
      name(n, own.at(n), value);
      if (d_.lets.size() > before) all.emplace_back(n, d_.lets.back());
    }
    presenter written(p_, proving_, names_, true, d.atoms);
    for (node_id n : {d.answer.node, d.swept}) written.suggest(n);
    if (d.atoms.empty())
      written.suggest(at_entry(
          t_, derivative_by_units(p_, proving_, d.function, by_.variable, {units.begin(), units.end()}, false), by_, e_.letters));
    presented w = written.best(d.answer.node, d.letters, d.letters.empty() ? notation::shortest : notation::index);
    named_form r{w.text, w.letters, {}};
    used_.clear();
    std::string reading = w.text;
    for (std::size_t k = all.size(); k-- > 0;) {
      const auto& [n, let] = all[k];
      if (!narrative::mentions(reading, own.at(n))) continue;
      reading += " " + let.second;
      used_.insert(n);
      r.lets.insert(r.lets.begin(), let);
    }
    return r;
  }

  prover& proving_;
  std::set<node_id> used_;
};

}  // namespace

std::optional<named_form> by_named_units(problem& p, prover& with, const expression& e, const target& by,
                                         const differentiated& d) {
  if (d.answer.text.size() < long_text) return std::nullopt;
  named_form r;
  try {
    r = unit_namer(p, with, e, by).write(d);
  } catch (const error& too_long) {
    if (too_long.code != "V04") throw;
    return std::nullopt;
  }
  if (r.lets.empty() || r.letters != d.answer.letters || 4 * size_of(r) > 3 * d.answer.text.size()) return std::nullopt;
  return r;
}

std::optional<named_form> by_shared_parts(const problem& p, const differentiated& d) {
  if (d.answer.text.size() < very_long_text) return std::nullopt;
  named_form r = with_shared_parts(p, d.answer.node, d.answer.letters);
  if (r.lets.empty() || 2 * size_of(r) > d.answer.text.size()) return std::nullopt;
  return r;
}

named_form with_shared_parts(const problem& p, node_id n, const std::vector<std::string>& letters) {
  const tape& t = p.on();
  std::map<node_id, std::size_t> readers;
  const std::vector<node_id> all = t.reachable(n);
  for (node_id m : all)
    for (edge_view a : t.args(m)) ++readers[a.node];
  std::set<std::string> taken;
  for (symbol_id s = 0; s < t.symbol_count(); ++s) taken.insert(t.symbol(s).name);
  for (dim_id k = 0; k < t.dim_count(); ++k) taken.insert(t.dim_name(k));
  for (const auto& [name, value] : p.lets()) taken.insert(name);
  std::map<node_id, call> names = p.calls();
  named_form r;
  int number = 0;
  for (node_id m : all) {
    if (m == n || readers[m] < 2 || t.op(m) < opcode::add || names.contains(m)) continue;
    printed value = print_with_letters(t, m, {&names, {}});
    if (value.text.size() < 8) continue;
    std::string name;
    do name = fmt::format("t{}", ++number);
    while (!taken.insert(name).second);
    names[m] = call{name, {}, true};
    if (!value.letters.empty()) name += fmt::format("[{}]", fmt::join(value.letters, ","));
    r.lets.emplace_back(std::move(name), std::move(value.text));
  }
  print_options how;
  how.letters = letters;
  printed answer = print_with_letters(t, n, {&names, {}}, how);
  r.text = std::move(answer.text);
  r.letters = std::move(answer.letters);
  return r;
}

}  // namespace wengert
