// The search for a point where an equation fails: untrusted, and independent of the prover.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <wengert/numeric/evaluate.hpp>
#include <wengert/proof/prover.hpp>

namespace wengert {

// Values for every dimension and symbol of a problem.
struct sample_point {
  std::map<dim_id, std::int64_t> dims;
  std::map<symbol_id, std::vector<long double>> symbols;  // row major
};

// Whether a requirement holds for every entry: clearly, with a margin for rounding, or at all.
bool meets(relation is, std::span<const long double> values, bool clearly);

// Draws points that meet the givens.
class point_sampler {
 public:
  point_sampler(tape& t, const std::vector<fact>& givens, std::uint64_t seed = 1);
  // A point for the symbols and dimensions under `roots`; nothing where the givens could not be met.
  std::optional<sample_point> draw(std::span<const node_id> roots);
  static void bind(evaluator<long double>& e, const tape& t, const sample_point& p);

 private:
  bool meets_givens(sample_point& p);
  bool repair(sample_point& p, const fact& f);

  tape& tape_;
  const std::vector<fact>& givens_;
  std::mt19937_64 random_;
};

// A point, in the user's names, that meets the givens and where the left side is defined and the right side is undefined or
// different. Values are the texts of JSON values.
std::optional<std::vector<std::pair<std::string, std::string>>> find_counterexample(tape& t, const std::vector<fact>& givens,
                                                                                    const expression& left,
                                                                                    const expression& right,
                                                                                    const std::vector<requirement>& left_needs,
                                                                                    const std::vector<requirement>& right_needs);

// Whether the left side's derivatives seem to exist somewhere though a condition fails that was assumed so that they do, and the
// sides differ there: x*abs(x) has a derivative at 0.
bool differs_at_a_kink(tape& t, const std::vector<fact>& givens, const expression& left, const expression& right,
                       const std::vector<requirement>& left_needs, const std::vector<requirement>& right_needs,
                       const std::vector<requirement>& assumed);

}  // namespace wengert
