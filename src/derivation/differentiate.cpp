#include "differentiate.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/proof/certificate.hpp>
#include <wengert/proof/coq.hpp>

#include "contradictions.hpp"
#include "forms.hpp"
#include "guards.hpp"
#include "lengths.hpp"
#include "named_parts.hpp"
#include "typeset.hpp"
#include "units.hpp"

namespace wengert {

namespace {

constexpr std::size_t long_answer = 100;  // characters
constexpr std::size_t short_answer = 40;
constexpr std::size_t longest_compared = 400;
constexpr std::size_t large_derivative = 60;  // nodes of its tree
constexpr std::size_t several_units = 4;

std::string dim_text(const tape& t, range_id r) {
  const affine& hi = t.range_of(r).hi;
  if (hi.dim == none) return std::to_string(hi.offset);
  std::string s = t.dim_name(hi.dim);
  if (hi.offset > 0) s += "+" + std::to_string(hi.offset);
  if (hi.offset < 0) s += std::to_string(hi.offset);
  return s;
}

// The composites in f that depend on a symbol.
std::set<node_id> composites_in(const problem& p, node_id f, symbol_id by) {
  std::set<node_id> r;
  for (node_id n : p.on().reachable(f))
    if (auto how = p.calls().find(n); how != p.calls().end() && !how->second.is_let && p.on().mentions(n, by)) r.insert(n);
  return r;
}

// The derivative as a term of the language, with the letters of the answer.
std::string claim_of(const tape& t, const expression& e, const target& by, std::span<const std::string> letters, int order) {
  std::string text = e.text;
  std::size_t own = t.rank(e.node) - e.letters.size(), each = t.symbol(by.variable).axes.size();
  auto joined = [&](std::size_t begin, std::size_t count) { return fmt::join(letters.subspan(begin, count), ","); };
  auto entry = [&] {
    return fmt::format("{}[{}]", text.find_first_of(" +-*/^'") == std::string::npos ? text : "(" + text + ")", joined(0, own));
  };
  if (!by.entry.empty() && own > 0 && e.letters.empty() && letters.size() >= own) text = entry();
  const std::size_t before = own + e.letters.size();
  if (letters.empty() || !by.letters.empty() || !by.entry.empty() || each == 0 || (own > 0 && !e.letters.empty()) ||
      letters.size() != before + static_cast<std::size_t>(order) * each) {
    for (int k = 0; k < order; ++k) text = fmt::format("D({}, {})", text, by.text);
    return text;
  }
  if (own > 0) text = entry();
  for (std::size_t k = before; k < letters.size(); k += each) text = fmt::format("D({}, {}[{}])", text, by.text, joined(k, each));
  return text;
}

// The theorem that a step makes of two, if both are there and the kernel does not refuse it.
template <typename Step>
std::optional<theorem> joined(const std::optional<theorem>& a, const std::optional<theorem>& b, Step step) {
  if (!a || !b) return std::nullopt;
  try {
    return step();
  } catch (const refusal&) {
    return std::nullopt;
  }
}

// The theorem, and what every D inside the expression is; nothing where one of them has no theorem.
std::vector<theorem> with_sites(tape& t, prover& with, const expression& e, const theorem& proved) {
  std::vector<theorem> all{proved};
  for (const derivative_site& s : e.sites) {
    auto d = s.at == none ? with.certify_derivative(s.function, s.variable, derivative(t, s.function, s.variable)) : std::nullopt;
    if (!d) return {};
    all.push_back(*d);
  }
  return all;
}

// Whether a product has a divisor and a sum with divisors in it: (1/x - 1)/y.
bool is_fraction_of_fractions(const tape& t, node_id n) {
  auto divides = [&](node_id m) { return t.op(m) == opcode::power && t.value(m) < 0; };
  if (t.op(n) != opcode::mul) return false;
  const std::vector<edge> factors = t.args(n).copy();
  auto has_divisors = [&](const edge& e) {
    return t.op(e.node) == opcode::add && std::ranges::any_of(t.reachable(e.node), divides);
  };
  return std::ranges::any_of(factors, divides, &edge::node) && std::ranges::any_of(factors, has_divisors);
}

// How many factors of a product are sums, or powers of sums.
std::size_t sums_in_product(const tape& t, node_id n) {
  if (t.op(n) == opcode::add) return 1;
  if (t.op(n) == opcode::power) return sums_in_product(t, t.arg(n, 0).node);
  if (t.op(n) != opcode::mul || t.bound_count(n) > 0) return 0;
  std::size_t count = 0;
  for (const edge& e : t.args(n).copy()) count += sums_in_product(t, e.node);
  return count;
}

// A short number in factors, or with one denominator, where that is better to read: s*(1 - s)*(1 - 2*s), (x + 1)/(1 - x^2).
void shorten(const tape& t, presenter& show, prover& with, node_id swept, presented& answer) {
  constexpr std::size_t short_text = 200;
  std::size_t now = answer.text.size();
  if (now > short_text) return;
  // Roots make many atoms of one.
  const bool has_roots = std::ranges::any_of(t.reachable(answer.node), [&](node_id n) {
    return (t.op(n) == opcode::power && !is_integer(t.value(n))) || t.op(n) == opcode::cbrt || t.op(n) == opcode::hypot;
  });
  if (std::ranges::count(answer.text, '/') > 1) {
    const bool nested = !has_roots && is_fraction_of_fractions(t, answer.node);
    if (auto one = in_form({.common_denominator = true}, show, with, swept, {}, false))
      if (100 * one->text.size() <= (nested ? 120 : 75) * now) answer = *one;
    now = answer.text.size();
  }
  if (has_roots || (answer.text.find(" + ") == std::string::npos && answer.text.find(" - ") == std::string::npos)) return;
  auto product = in_form({.factor = true}, show, with, swept, {}, false);
  if (!product) return;
  const std::size_t were = sums_in_product(t, answer.node), are = sums_in_product(t, product->node), size = product->text.size();
  if (are > 1 && (are > were ? 100 * size <= 105 * now : are == were && 10 * size <= 9 * now)) answer = *product;
}

// The derivative swept by the units that a textbook would name and written with these as atoms, if there are so many.
struct written_by_units {
  node_id swept;
  presented answer;
  theorem proved;  // the derivative is `swept`
  std::vector<node_id> atoms;
};
std::optional<written_by_units> write_by_units(problem& p, prover& with, const expression& e, const target& by, const normal& f,
                                               notation how, std::size_t at_least) {
  const std::set<node_id> units = textbook_units(p, f.node, by.variable, {});
  if (units.size() < at_least) return std::nullopt;
  const auto swept = certified_by_units(p, with, f.node, by.variable, units);
  if (!swept) return std::nullopt;
  kernel& proof = with.using_kernel();
  const node_id entry = at_entry(p.on(), swept->derivative, by, e.letters);
  std::vector<node_id> atoms(units.begin(), units.end());
  try {
    theorem proved = proof.derivative_of_equal(f.equal, swept->proved);
    if (entry != swept->derivative) proved = proof.derivative_entry(proved, entry);
    presented answer = presenter(p, with, p.calls(), true, atoms).best(entry, {}, how);
    return written_by_units{entry, std::move(answer), std::move(proved), std::move(atoms)};
  } catch (const refusal&) {
    return std::nullopt;
  } catch (const error& too_long) {
    if (too_long.code != "V04") throw;
    return std::nullopt;
  }
}

bool asks_for_form(const result_form& form) { return form.expand || form.factor || form.common_denominator; }

// Whether no layout of the answer could be proved: it is written as it was swept.
bool is_raw(const differentiated& d) { return d.answer.node == d.swept || !d.parts.empty(); }

// The answer in the shortest of many layouts, or in the form that was asked for. It is the derivative of f: the function, or its
// first derivative.
void write_by_search(problem& p, prover& with, presenter& show, const expression& e, const target& by, node_id f, int order,
                     notation how, const result_form& form, differentiated& d) {
  tape& t = p.on();
  for (node_id n : t.reachable(std::array{e.node, f}))  // powers x^y come back as exponentials
    if (t.op(n) == opcode::pow) show.recognize(n);
  const std::set<node_id> units = units_of(p, f, by.variable);
  for (bool others_open : {true, false})
    show.suggest(at_entry(t, derivative_by_units(p, with, f, by.variable, units, others_open), by, e.letters, order));
  std::optional<presented> formed;
  if (asks_for_form(form)) formed = in_form(form, show, with, d.swept, d.letters, !d.letters.empty() || how == notation::index);
  try {
    d.answer = formed ? *formed : show.best(d.swept, d.letters, how);
  } catch (const error& too_long) {
    if (too_long.code != "V04") throw;
    named_form parts = with_shared_parts(p, d.swept, d.letters);
    d.answer = {d.swept, with.using_kernel().reflexive(d.swept), std::move(parts.text), std::move(parts.letters), true};
    d.parts = std::move(parts.lets);
  }
  if (!formed && d.parts.empty() && d.answer.text.size() > long_answer) {
    if (std::set<node_id> composites = composites_in(p, f, by.variable); !composites.empty()) {
      const std::set<node_id> inner = textbook_units(p, f, by.variable, composites);
      show.suggest(at_entry(t, derivative_by_units(p, with, f, by.variable, inner, false, true), by, e.letters, order));
      d.answer = show.best(d.swept, d.letters, how);
    }
  }
  d.in_form = !asks_for_form(form) || formed;
  if (!asks_for_form(form) && d.letters.empty() && t.rank(d.swept) == 0 && d.parts.empty())
    shorten(t, show, with, d.swept, d.answer);
}

// Whether a theorem also holds when the variable moves a little.
bool holds_near(prover& with, const theorem& t, symbol_id variable) {
  kernel& k = with.using_kernel();
  return std::ranges::all_of(t.hypotheses(), [&](hypothesis_id h) {
    if (k.holds_near(h, variable)) return true;
    const claim& c = k.hypothesis_of(h).says;
    if (c.what != claim::kind::sign || (c.is != relation::positive && c.is != relation::nonzero)) return false;
    try {
      with.differentiate(c.left, variable);  // it is continuous
      return true;
    } catch (const refusal&) {
      return false;
    }
  });
}

// The first derivative as it is written, to be differentiated again; as it was swept where that needs less.
normal written_first(problem& p, prover& with, const expression& e, const target& by, node_id f, node_id swept) {
  normal same{swept, with.using_kernel().reflexive(swept)};
  if (!by.entry.empty()) return same;
  differentiated first{f, swept, {none, same.equal, {}, {}}, {}, {}, {}, true, {}, {}, {}};
  presenter show(p, with);
  write_by_search(p, with, show, e, by, f, 1, notation::shortest, {}, first);
  show.forget_names_outside(first.answer.node);
  auto count_missing = [&](node_id n) { return with.missing(requirements(p.on(), n, by.variable)).size(); };
  const bool is_better =
      holds_near(with, first.answer.equal, by.variable) && count_missing(first.answer.node) <= count_missing(swept);
  return is_better ? normal{first.answer.node, first.answer.equal} : same;
}

}  // namespace

node_id at_entry(tape& t, node_id n, const target& by, std::vector<std::string> letters, int order) {
  if (by.entry.empty()) return n;
  const std::size_t first = t.rank(n) - static_cast<std::size_t>(order) * by.entry.size();
  std::vector<range_id> out(t.out(n).begin(), t.out(n).begin() + static_cast<std::ptrdiff_t>(first));
  std::vector<label> labels = tape::straight(first);
  letters.resize(first);
  for (std::size_t k = first; k < t.rank(n); ++k) {
    const std::size_t q = (k - first) % by.entry.size();
    if (by.entry[q].is_constant()) {
      labels.push_back(by.entry[q]);
      continue;
    }
    const auto known = std::ranges::find(letters, by.letters[q]);
    labels.push_back(label::of_axis(static_cast<std::size_t>(known - letters.begin())));
    if (known != letters.end()) continue;
    letters.push_back(by.letters[q]);
    out.push_back(t.out(n)[k]);
  }
  return out.size() == t.rank(n) ? n : t.identity(out, {n, labels});
}

differentiated differentiate(problem& p, prover& with, const expression& e, const target& by, int order, notation how,
                             const result_form& form) {
  tape& t = p.on();
  if (order != 1 && order != 2) throw error("U04", "the order of a derivative is 1 or 2");
  if (order == 1)
    with.assume_signs(p.facts());
  else
    with.assume_near(p.facts(), by.variable);
  std::optional<moving_variable> moving(std::in_place, with, by.variable);
  const normal f = smoothest(p, with, e.node, by.variable);
  std::vector<requirement> needs = requirements(t, f.node, by.variable);
  if (order == 1) with.assume(facts_to_use(p, needs));
  if (f.node != e.node)
    for (const requirement& r : defined_near(with, e.node, by.variable)) needs.push_back(r);
  for (const derivative_site& s : e.sites)
    for (const requirement& r : requirements(t, s)) needs.push_back(r);
  differentiated d{f.node, none, {none, f.equal, {}, {}}, {}, {}, e.letters, true, {}, {}, {}};
  std::vector<requirement> open;
  if (order == 2) needs = holding_near(with, std::move(needs), by.variable);
  d.conditions = with.assume_domain(needs, false, open);
  kernel& proof = with.using_kernel();
  node_id swept = f.node, before = none;
  for (int k = 0; k < order; ++k) {
    before = swept;
    if (k > 0) {  // what is short is differentiated again
      const normal tidy = written_first(p, with, e, by, f.node, swept);
      before = tidy.node;
      d.proved = joined(d.proved, d.proved, [&] { return proof.derivative_equal(*d.proved, tidy.equal); });
    }
    swept = derivative(t, before, by.variable);
    const std::vector<requirement> more = requirements(t, before, by.variable);
    if (k > 0) {  // what holds at the point only is used for the last derivative only
      needs.insert(needs.end(), more.begin(), more.end());
      with.assume(facts_to_use(p, needs));
    }
    for (const requirement& r : with.assume_domain(more, false, open)) d.conditions.push_back(r);
    auto certified = with.certify_derivative(before, by.variable, swept);
    d.proved = k == 0 ? certified : d.proved && certified ? with.derivative_again(*d.proved, *certified) : std::nullopt;
    if (k == 0) d.proved = joined(d.proved, d.proved, [&] { return proof.derivative_of_equal(f.equal, *certified); });
  }
  moving.reset();
  if (const normal tidy = with_choices_decided(with, swept); tidy.node != swept) {
    d.proved = joined(d.proved, d.proved, [&] { return proof.derivative_equal(*d.proved, tidy.equal); });
    swept = tidy.node;
  }
  d.swept = at_entry(t, swept, by, e.letters, order);
  bool named = std::ranges::any_of(by.letters, [](const std::string& l) { return !l.empty(); });
  std::size_t own = t.rank(e.node) - e.letters.size();
  if (named) {
    d.letters.resize(e.letters.size() + own);  // the expression's own axes get letters that are not the target's
    for (const std::string& l : by.letters)
      if (!l.empty() && std::ranges::find(d.letters, l) == d.letters.end()) d.letters.push_back(l);
  }
  const bool is_large = tree_size(t, d.swept, p.calls(), large_derivative) == large_derivative;
  std::optional<written_by_units> by_units;
  auto try_units = [&](std::size_t at_least) {
    if (by_units || order != 1 || asks_for_form(form) || how == notation::index || !d.letters.empty()) return;
    by_units = write_by_units(p, with, e, by, f, how, at_least);
    with.known().allow_as_much_again();
  };
  auto in_letters = [](const presented& a) { return !a.letters.empty() || a.bound_letters; };
  auto size = [](const presented& a) { return a.text.size(); };
  if (is_large) try_units(several_units);
  if (!by_units || in_letters(by_units->answer) ||
      (size(by_units->answer) > long_answer && size(by_units->answer) < longest_compared)) {
    presenter show(p, with);
    write_by_search(p, with, show, e, by, before, order, how, form, d);
    with.known().allow_as_much_again();
    if (size(d.answer) > short_answer) try_units(1);
  }
  // Matrix notation first, then what is shorter.
  auto units_read_better = [&] {
    const bool letters = in_letters(by_units->answer), others = is_raw(d) || in_letters(d.answer);
    return letters != others ? others : size(by_units->answer) < size(d.answer);
  };
  if (by_units && (d.answer.node == none || units_read_better())) {
    d.swept = by_units->swept;
    d.answer = std::move(by_units->answer);
    d.proved = std::move(by_units->proved);
    d.parts.clear();
    d.atoms = std::move(by_units->atoms);
  } else if (d.swept != swept) {
    d.proved = joined(d.proved, d.proved, [&] { return proof.derivative_entry(*d.proved, d.swept); });
  }
  d.proved = joined(d.proved, d.proved, [&] { return proof.derivative_equal(*d.proved, d.answer.equal); });
  if ((form.certificate || form.coq) && d.proved) d.goals = with_sites(t, with, e, *d.proved);
  return d;
}

diff_result describe(problem& p, prover& with, const expression& e, const target& by, const differentiated& d, int order,
                     const result_form& form) {
  diff_result r;
  wording words(p, d.answer.node, d.answer.letters);
  r.expression = e.text;
  r.wrt = by.text;
  r.claim = claim_of(p.on(), e, by, d.answer.letters, order);
  r.derivative = d.answer.text;
  r.latex = to_latex(typesetter(p).formula(r.derivative));
  r.parts = d.parts;
  r.node = d.answer.node;
  const tape& t = p.on();
  r.function = d.function;
  r.by = by;
  r.order = order;
  for (std::size_t k = 0; k < d.answer.letters.size(); ++k)
    r.axes.push_back({d.answer.letters[k], dim_text(t, t.out(d.answer.node)[k])});
  std::optional<prover> by_givens;
  if (!d.conditions.empty() && std::ranges::any_of(p.facts(), &fact::equation)) {
    by_givens.emplace(p.on());
    by_givens->assume(facts_to_use(p, d.conditions));
  }
  std::vector<theorem> implied;
  for (const requirement& c : d.conditions) {
    if (auto known = by_givens ? by_givens->full().establish(c.is, c.node) : std::nullopt) {
      implied.push_back(std::move(*known));
      continue;
    }
    bool weaker = std::ranges::any_of(
        d.conditions, [&](const requirement& o) { return o.node == c.node && o.is == relation::positive && c.is != o.is; });
    if (weaker) continue;
    r.needs.push_back(c);
    std::string text = words.condition(c);
    if (std::ranges::find(r.conditions, text) == r.conditions.end()) r.conditions.push_back(text);
  }
  if (d.proved) {
    std::span<const theorem> whole(&*d.proved, 1);
    r.hypotheses_used = with.facts_used(whole);
    r.proof = {with.using_kernel().proof_size(whole) + (by_givens ? by_givens->using_kernel().proof_size(implied) : 0), true};
    if (by_givens)
      for (std::string& used : by_givens->facts_used(implied))
        if (std::ranges::find(r.hypotheses_used, used) == r.hypotheses_used.end()) r.hypotheses_used.push_back(std::move(used));
    const std::string statement = r.claim + " == " + r.derivative;
    if (form.certificate && !d.goals.empty()) r.certificate = certificate(with.using_kernel(), statement, d.goals);
    if (form.coq && !d.goals.empty()) r.coq = coq_document(with.using_kernel(), statement, d.goals);
  }
  add_lengths(t, r.conditions, r.hypotheses_used);
  return r;
}

void note_letters(std::vector<std::string>& notes, const presented& answer) {
  if (answer.letters.empty() && !answer.bound_letters) return;
  notes.push_back(fmt::format("matrix notation has no words for all of {}", answer.text));
}

diff_answer diff(problem& p, int order, notation how, const result_form& form) {
  diff_answer a;
  a.notes = p.notes();
  for (const target& by : p.targets()) {
    prover with(p.on());
    const expression e = p.expressions().at(0);
    differentiated d = differentiate(p, with, e, by, order, how, form);
    if (!d.in_form) a.notes.push_back(fmt::format("the derivative by {} could not be brought into the form asked for", by.text));
    a.results.push_back(describe(p, with, e, by, d, order, form));
    auto named = order == 1 && how == notation::shortest ? by_named_units(p, with, e, by, d) : std::nullopt;
    if (!named && d.parts.empty()) named = by_shared_parts(p, d);
    if (named) {
      a.results.back().brief = std::move(named->text);
      a.results.back().parts = std::move(named->lets);
    }
    if (how == notation::matrix) note_letters(a.notes, d.answer);
  }
  return a;
}

}  // namespace wengert
