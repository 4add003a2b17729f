// Derivations in the style that was asked for.
#include <wengert/derivation/commands.hpp>

#include <algorithm>
#include <optional>

#include <wengert/core/error.hpp>

#include "adjoint_style.hpp"
#include "case_narrator.hpp"
#include "typeset.hpp"
#include "unit_style.hpp"

namespace wengert {

namespace {

constexpr std::size_t widest_step = 160, widest_number = 1000;  // characters

std::size_t widest(const derivation& d) {
  std::size_t most = 0;
  for (const derivation_step& s : d.steps) most = std::max(most, s.rhs.size());
  return most;
}

void add_latex(std::vector<derivation_step>& steps, const typesetter& page) {
  for (derivation_step& s : steps) {
    s.latex = to_latex(page.equation(s.lhs, s.rhs));
    add_latex(s.substeps, page);
  }
}

// Cases and sums over k != i are for vectors; what has a matrix in it, or would become unreadable, is told by whole arrays.
derivation derive_as_in_a_textbook(problem& p, const expression& e, const target& by, const telling& how) {
  const tape& t = p.on();
  std::size_t rank = t.symbol(by.variable).axes.size();
  if (t.rank(e.node) > 1 || rank > 1 || e.letters.size() > 1) return derive_through_units(p, e, by, how);
  std::optional<derivation> d;
  try {
    d = case_narrator(p, e, by, how).run();
  } catch (const error& too_long) {
    if (too_long.code != "V04") throw;
  } catch (const too_large&) {
    // the cases do not fit into what may be multiplied out
  }
  if (d && widest(*d) <= widest_step) return *d;
  // Numbers have no units but those that the user named: what is very long is told node by node.
  if (rank > 0) return derive_through_units(p, e, by, how);
  return d && widest(*d) <= widest_number ? *d : derive_by_adjoints(p, e, by, how);
}

}  // namespace

std::vector<derivation> derive(problem& p, int order, int verbosity, derivation_style style, notation how,
                               const result_form& form) {
  std::vector<derivation> all;
  for (const target& by : p.targets()) {
    const expression& e = p.expressions().at(0);
    const telling wanted{order, verbosity, how, form};
    all.push_back(style == derivation_style::adjoint ? derive_by_adjoints(p, e, by, wanted)
                                                     : derive_as_in_a_textbook(p, e, by, wanted));
    add_latex(all.back().steps, typesetter(p, all.back()));
  }
  return all;
}

}  // namespace wengert
