// What indices need of the dimensions, and what the facts say of them.
#include <map>

#include "elaboration.hpp"

namespace wengert::elaboration {

namespace {

// rest + SUM coefficient*dimension.
struct linear {
  std::map<entity_id, rational> coefficients;
  rational rest = 0;

  void add(const linear& other, const rational& factor) {
    rest += factor * other.rest;
    for (const auto& [dim, c] : other.coefficients)
      if ((coefficients[dim] += factor * c) == 0) coefficients.erase(dim);
  }
};

std::optional<linear> linear_in_dimensions(const workspace& w, item_id i) {
  const item& x = w.items[i];
  linear r;
  switch (x.is) {
    case form::number: r.rest = x.number; return r;
    case form::variable:
      if (!w.entities[x.ref].is_dim) return std::nullopt;
      r.coefficients[x.ref] = 1;
      return r;
    case form::sum:
      for (item_id a : x.args) {
        auto term = linear_in_dimensions(w, a);
        if (!term) return std::nullopt;
        r.add(*term, 1);
      }
      return r;
    case form::product: {  // numbers stand in front
      bool scaled = x.args.size() == 2 && w.items[x.args[0]].is == form::number && x.joins[1] == token_kind::times;
      auto of = scaled ? linear_in_dimensions(w, x.args[1]) : std::nullopt;
      if (of) r.add(*of, w.items[x.args[0]].number);
      return of ? std::optional(r) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

rational floor_of(const rational& q) {
  big_integer whole = numerator(q) / denominator(q);
  return whole * denominator(q) > numerator(q) ? rational(whole - 1) : rational(whole);
}

// u >= 0 as lesser <= greater, for a u that is a difference of two dimensions, or has just one, plus a number.
std::optional<length_condition> not_negative(const workspace& w, const linear& u) {
  constexpr int farthest = 1'000'000'000;
  length_condition c;
  for (const auto& [dim, coefficient] : u.coefficients) {
    affine& side = coefficient > 0 ? c.greater : c.lesser;
    if (abs(coefficient) != 1 || side.dim != none) return std::nullopt;
    side.dim = w.on.dim(w.entities[dim].name);
  }
  rational least = floor_of(u.rest);  // what is left are whole numbers
  if (u.coefficients.empty() || abs(least) > farthest) return std::nullopt;
  c.greater.offset = static_cast<std::int64_t>(numerator(least));
  return c;
}

}  // namespace

std::vector<length_condition> lengths_in(const workspace& w, const resolved_fact& f) {
  if (!f.equation && f.is != relation::nonnegative && f.is != relation::positive) return {};
  std::optional<linear> left = linear_in_dimensions(w, f.left), right = linear{};
  if (f.equation) right = linear_in_dimensions(w, f.right);
  if (!left || !right) return {};
  linear up = *left, down = *right;
  up.add(*right, -1);
  down.add(*left, -1);
  if (f.is == relation::positive && !f.equation)
    up.rest = -floor_of(-up.rest) - 1;  // more than 0 is at least 1, past the whole part
  std::vector<length_condition> r;
  for (const linear* u : {&up, &down})
    if (u == &up || f.equation)
      if (auto c = not_negative(w, *u)) {
        c->given = f.text;
        r.push_back(*c);
      }
  return r;
}

bool length_follows(workspace& w, const affine& a, const affine& b, std::string_view needed_by) {
  if (w.on.surely_le(a, b)) return true;
  std::vector<length_condition> needed = w.given_lengths;
  auto enough = [&](std::size_t without) {
    dim_order all = w.on.order();
    for (std::size_t k = 0; k < needed.size(); ++k)
      if (k != without && !all.assume(needed[k].lesser, needed[k].greater)) return false;
    return all.surely_le(a, b);
  };
  if (!w.lengths_open || !enough(needed.size())) return false;
  for (std::size_t k = needed.size(); k-- > 0;)
    if (enough(k)) needed.erase(needed.begin() + static_cast<std::ptrdiff_t>(k));
  for (length_condition& c : needed) {
    c.needed_by = needed_by;
    w.on.assume(std::move(c));
  }
  return true;
}

bool length_is_made_to_hold(workspace& w, const affine& a, const affine& b, std::string_view needed_by) {
  if (length_follows(w, a, b, needed_by)) return true;
  if (!w.lengths_open || a.dim == b.dim) return false;
  dim_order all = w.on.order();
  for (const length_condition& c : w.given_lengths)
    if (!all.assume(c.lesser, c.greater)) return false;
  if (!all.assume(a, b)) return false;
  w.on.assume({a, b, std::string(needed_by), {}});
  return true;
}

}  // namespace wengert::elaboration
