#include "find_conditions.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cmath>
#include <tuple>

#include <wengert/core/error.hpp>

#include "counterexample.hpp"

namespace wengert {

namespace {

constexpr std::size_t most_terms = 16, most_conditions = 4, most_tries = 300, most_points = 512, most_draws = 2000;
constexpr std::chrono::seconds longest_search{3};

using point_set = std::bitset<most_points>;

// One condition, and the points where it is met.
struct candidate {
  fact says;
  int strength;  // the lower, the better it is to ask for it
  bool needed;   // it stands among what the sides are known to need
  point_set met;
};

// Points that meet the givens and where the left side is defined, told apart by whether the equation holds.
class evidence {
 public:
  evidence(tape& t, const std::vector<fact>& givens, const expression& left, const expression& right,
           const std::vector<requirement>& left_needs, const std::vector<requirement>& right_needs, std::vector<candidate>& all) {
    std::vector<node_id> roots{left.node, right.node};
    for (const requirement& r : left_needs) roots.push_back(r.node);
    for (const requirement& r : right_needs) roots.push_back(r.node);
    for (const candidate& c : all) roots.push_back(c.says.left);
    point_sampler sampler(t, givens);
    std::size_t count = 0;
    for (std::size_t draw = 0; draw < most_draws && count < most_points; ++draw) {
      auto p = sampler.draw(roots);
      if (!p) continue;
      try {
        evaluator<long double> e(t, std::size_t{1} << 20);
        point_sampler::bind(e, t, *p);
        if (!met(e, left_needs, true)) continue;
        std::vector<long double> l = values(e, left.node), r = values(e, right.node);
        if (!std::ranges::all_of(l, [](long double v) { return std::isfinite(v) && std::fabs(v) < 1e8L; })) continue;
        bool holds = met(e, right_needs, false);
        for (std::size_t k = 0; k < l.size() && holds; ++k)
          holds = std::fabs(l[k] - r[k]) <= 1e-6L * (1 + std::fabs(l[k]) + std::fabs(r[k]));
        (holds ? good_ : bad_).set(count);
        for (candidate& c : all) c.met.set(count, meets(c.says.is, values(e, c.says.left), true));
        ++count;
      } catch (const error&) {
        continue;
      }
    }
  }

  // Whether some point meets the conditions, and the equation holds at all that do.
  bool supports(const point_set& where) const { return (where & good_).any() && (where & bad_).none(); }

 private:
  static std::vector<long double> values(evaluator<long double>& e, node_id n) {
    auto v = e(n);
    return {v.begin(), v.end()};
  }
  static bool met(evaluator<long double>& e, const std::vector<requirement>& all, bool clearly) {
    return std::ranges::all_of(all, [&](const requirement& r) { return meets(r.is, values(e, r.node), clearly); });
  }

  point_set good_, bad_;
};

bool may_be_asked_for(const tape& t, node_id n) {
  if (t.rank(n) > 2) return false;
  switch (t.op(n)) {
    case opcode::constant:
    case opcode::dim_value:
    case opcode::index_value:
    case opcode::delta:
    case opcode::pi:
    case opcode::select: return false;
    case opcode::identity: return t.red(n) != reduction::none;
    default: break;
  }
  return std::ranges::any_of(t.reachable(n), [&](node_id m) { return t.op(m) == opcode::symbol; });
}

std::vector<candidate> candidates(problem& p, const wording& words, const std::vector<node_id>& roots,
                                  const std::vector<requirement>& needs) {
  const tape& t = p.on();
  auto needed = [&](node_id n) { return std::ranges::any_of(needs, [&](const requirement& r) { return r.node == n; }); };
  struct named {
    node_id node;
    std::string text;
  };
  std::vector<named> terms;
  for (node_id n : t.reachable(roots)) {
    if (!needed(n) && !may_be_asked_for(t, n)) continue;
    std::string text = words.condition({relation::positive, n, false, true});
    if (text.find("too large") == std::string::npos) terms.push_back({n, std::move(text)});
  }
  std::ranges::stable_sort(
      terms, {}, [&](const named& x) { return std::tuple(!needed(x.node), t.op(x.node) != opcode::symbol, x.text.size()); });
  if (terms.size() > most_terms) terms.resize(most_terms);
  // With the weaker ones first, so that among sets of equal size the first is no stronger than it must be.
  constexpr std::array relations{relation::nonzero, relation::nonnegative, relation::positive, relation::not_integer};
  std::vector<candidate> all;
  for (const named& x : terms)
    for (std::size_t k = 0; k < relations.size(); ++k) {
      fact f;
      f.is = relations[k];
      f.left = x.node;
      f.text = words.condition({f.is, x.node, false, true});
      bool asked = std::ranges::any_of(needs, [&](const requirement& r) { return r.node == x.node && r.is == f.is; });
      all.push_back({f, static_cast<int>(k + 2 * t.rank(x.node)) + (t.op(x.node) == opcode::symbol ? 0 : 1), asked, {}});
    }
  return all;
}

// All sets of `size` candidates about different terms that the evidence supports: those of needed conditions first, then the
// weaker ones.
class choice {
 public:
  choice(const std::vector<candidate>& all, const evidence& seen) : all_(all), seen_(seen) {}

  std::vector<std::vector<std::size_t>> of_size(std::size_t size) {
    found_.clear();
    point_set everywhere;
    everywhere.set();
    extend({}, everywhere, size);
    std::ranges::stable_sort(found_, {}, [&](const std::vector<std::size_t>& s) {
      int others = 0, strength = 0;
      for (std::size_t k : s) {
        others += all_[k].needed ? 0 : 1;
        strength += all_[k].strength;
      }
      return std::pair(others, strength);
    });
    return std::move(found_);
  }

  // All needed conditions together, if the evidence supports them.
  std::vector<std::size_t> needed() const {
    std::vector<std::size_t> chosen;
    point_set where;
    where.set();
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!all_[k].needed) continue;
      chosen.push_back(k);
      where &= all_[k].met;
    }
    return seen_.supports(where) ? chosen : std::vector<std::size_t>{};
  }

 private:
  void extend(std::vector<std::size_t> chosen, const point_set& where, std::size_t size) {
    if (chosen.size() == size) {
      if (seen_.supports(where)) found_.push_back(std::move(chosen));
      return;
    }
    for (std::size_t k = chosen.empty() ? 0 : chosen.back() + 1; k < all_.size(); ++k) {
      if (!chosen.empty() && all_[chosen.back()].says.left == all_[k].says.left) continue;
      point_set narrower = where & all_[k].met;
      if (narrower.none() || (narrower == where && !all_[k].needed)) continue;  // impossible, or nothing new
      std::vector<std::size_t> more = chosen;
      more.push_back(k);
      extend(std::move(more), narrower, size);
    }
  }

  const std::vector<candidate>& all_;
  const evidence& seen_;
  std::vector<std::vector<std::size_t>> found_;
};

// What does not follow from the givens and the left side's domain: of the right side, and for derivatives on the left to exist.
std::vector<requirement> missing_needs(problem& p, const std::vector<requirement>& left_needs,
                                       const std::vector<requirement>& right_needs) {
  prover with(p.on());
  with.assume(p.facts());
  std::vector<requirement> all;
  auto take = [&](const requirement& r) {
    if (std::ranges::none_of(all, [&](const requirement& q) { return q.node == r.node && q.is == r.is; })) all.push_back(r);
  };
  for (const requirement& r : with.assume_domain(left_needs, true, all))
    if (r.smooth) take(r);  // enough for a derivative, where the sides may differ though it exists
  std::ranges::for_each(with.missing(right_needs), take);
  return all;
}

}  // namespace

std::optional<std::vector<fact>> find_conditions(problem& p, const wording& words, const expression& left,
                                                 const expression& right, const std::vector<requirement>& left_needs,
                                                 const std::vector<requirement>& right_needs, const conditional_proof& proof) {
  std::vector<node_id> roots{left.node, right.node};
  for (const requirement& r : left_needs) roots.push_back(r.node);
  for (const requirement& r : right_needs) roots.push_back(r.node);
  std::vector<requirement> needs = missing_needs(p, left_needs, right_needs);
  std::vector<candidate> all = candidates(p, words, roots, needs);
  evidence seen(p.on(), p.facts(), left, right, left_needs, right_needs, all);
  std::optional<std::vector<fact>> best;
  std::size_t least = most_conditions + 1, tries = 0;
  const auto end = std::chrono::steady_clock::now() + longest_search;
  auto exhausted = [&] { return ++tries > most_tries || std::chrono::steady_clock::now() > end; };
  auto consider = [&](const std::vector<std::size_t>& chosen) {
    std::vector<fact> added;
    for (std::size_t k : chosen) added.push_back(all[k].says);
    std::optional<std::size_t> count = proof(added);
    if (!count || (best && *count >= least)) return;
    best = std::move(added);
    least = *count;
  };
  choice sets(all, seen);
  if (std::vector<std::size_t> whole = sets.needed(); whole.size() == needs.size() && !whole.empty()) consider(whole);
  for (std::size_t size = 1; size < least && size <= most_conditions; ++size)
    for (const std::vector<std::size_t>& chosen : sets.of_size(size)) {
      if (exhausted()) return best;
      consider(chosen);
      if (least == size) break;
    }
  return best;
}

}  // namespace wengert
