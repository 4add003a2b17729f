// Shapes by unification: first how many axes every undeclared name has, then how long they are.
#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "elaboration.hpp"

namespace wengert::elaboration {

namespace {

range shifted(range r, std::int64_t by) {
  r.lo.offset += by;
  r.hi.offset += by;
  return r;
}

std::string shown(const workspace& w, const range& r) {
  return r.lo == affine{none, 1} ? w.on.text_of(r.hi) : fmt::format("{}..{}", w.on.text_of(r.lo), w.on.text_of(r.hi));
}

class inference {
 public:
  inference(workspace& w, item_id first, slot_id first_slot) : w_(w), first_(first), first_slot_(first_slot) {}

  void run() {
    ranks();
    strict_ = true;
    give_lengths();
    const std::multimap<item_id, check> wanted = checks();
    for (auto it = wanted.begin(); it != wanted.lower_bound(first_); ++it) it->second();  // lets that were there before
    for (item_id i = first_; i < w_.items.size(); ++i) {
      w_.items[i].has = shape_of(i);
      occurrences(i);
      for (auto [it, end] = wanted.equal_range(i); it != end; ++it) it->second();
    }
    ranges();
    w_.forget_wanted();
  }

 private:
  // --- lengths

  length_id fresh() {
    auto l = static_cast<length_id>(w_.lengths.size());
    w_.lengths.push_back({l, {}});
    return l;
  }
  length_id root(length_id l) {
    while (w_.lengths[l].parent != l) l = w_.lengths[l].parent = w_.lengths[w_.lengths[l].parent].parent;
    return l;
  }
  length& of(length_id l) { return w_.lengths[root(l)]; }

  // False where both are known and differ.
  bool unify(length_id a, length_id b) {
    a = root(a), b = root(b);
    if (a == b) return true;
    if (w_.lengths[b].known && !w_.lengths[a].known) std::swap(a, b);
    length &kept = w_.lengths[a], &gone = w_.lengths[b];
    if (gone.known && *gone.known != *kept.known) return false;
    gone.parent = a;
    kept.whole |= gone.whole;
    kept.derived |= gone.derived;
    kept.largest_index = std::max(kept.largest_index, gone.largest_index);
    return true;
  }

  std::string shown_shape(const shape& s) {
    if (s.rank() == 0) return "a number";
    if (std::ranges::any_of(s.axes, [&](length_id l) { return !of(l).known; }))
      return s.rank() == 1 ? "a vector" : s.rank() == 2 ? "a matrix" : "an array";
    std::string r;
    for (length_id l : s.axes) r += (r.empty() ? "" : ", ") + shown(w_, *of(l).known);
    return fmt::format("{}[{}]", s.row ? "a row " : "", r);
  }

  // Names the arguments and their shapes; those of the call where the item stands in a composite's definition.
  [[noreturn]] void misfit(item_id i, const std::string& reason, std::string code = "S01", std::string hint = {}) {
    const item& where = w_.items[i];
    std::string parts;
    const std::vector<item_id>& args = where.at.call_arguments == none ? where.args : w_.items[where.at.call_arguments].args;
    std::size_t listed = 0;
    for (item_id a : args) {
      constexpr std::size_t most = 6;
      if (w_.items[a].has.rank() == 0 || ++listed > most) continue;
      parts += fmt::format("{}{} is {}", parts.empty() ? "" : ", ", w_.slice(w_.items[a].at), shown_shape(w_.items[a].has));
    }
    if (parts.size() > 200) parts.clear();
    std::string message = fmt::format("shapes do not fit in {}", w_.quoted(where.at));
    if (!parts.empty()) message += ": " + parts;
    if (!reason.empty()) message += "; " + reason;
    throw w_.fail(where.at, std::move(code), std::move(message), std::move(hint));
  }

  void must_agree(item_id i, length_id a, length_id b) {
    if (!strict_ || unify(a, b)) return;
    std::string l = shown(w_, *of(a).known), r = shown(w_, *of(b).known);
    bool symbolic = of(a).known->hi.dim != none || of(b).known->hi.dim != none;
    misfit(i, symbolic ? fmt::format("{} = {} is not known", l, r) : fmt::format("{} is not {}", l, r));
  }

  // --- ranks

  void ranks() {
    for (bool changed = true; changed;) {
      for (item_id i = first_; i < w_.items.size(); ++i) w_.items[i].has = shape_of(i);
      changed = equal_names() || demand(evidence::only_name) || demand(evidence::every_term) || demand(evidence::differentiated);
    }
    explain_unmet();
    for (entity& e : w_.entities)
      if (e.rank < 0) e.rank = 0;
  }

  // An undeclared name that is equated to an array is such an array.
  bool equal_names() {
    bool changed = false;
    for (item_id i = first_; i < w_.items.size(); ++i) {
      const item& x = w_.items[i];
      if (x.is != form::together || x.axis != 0 || x.args.size() != 2) continue;
      for (std::size_t k = 0; k < 2; ++k) {
        const item& side = w_.items[x.args[k]];
        std::size_t rank = argument(i, 1 - k).rank();
        if (side.is != form::variable || rank == 0 || !is_open(side.ref)) continue;
        w_.entities[side.ref].rank = static_cast<int>(rank);
        w_.note(fmt::format("'{0}' is read as a {1}, like {2}; --var '{0}: real' makes it a number", w_.entities[side.ref].name,
                            rank == 1 ? "vector" : "matrix", w_.quoted(w_.items[x.args[1 - k]].at)));
        changed = true;
      }
    }
    return changed;
  }

  bool is_open(entity_id e) const { return w_.entities[e].rank < 0 && w_.entities[e].let == none; }

  // Which undeclared names can make an item an array: not what it is divided by.
  struct candidates {
    std::vector<entity_id> names;
    bool array = false;    // it is one already
    bool tangled = false;  // some product has several of the names
  };

  candidates candidates_of(item_id top) const {
    candidates r;
    std::vector<item_id> stack{top};
    std::set<item_id> seen;  // lets share their parts
    while (!stack.empty()) {
      item_id id = stack.back();
      stack.pop_back();
      if (!seen.insert(id).second) continue;
      const item& i = w_.items[id];
      if (i.is == form::variable) {
        r.array = r.array || w_.entities[i.ref].rank > 0;
        if (is_open(i.ref) && std::ranges::find(r.names, i.ref) == r.names.end()) r.names.push_back(i.ref);
        continue;
      }
      bool call = i.is == form::call || i.is == form::let;
      if (!call && i.is != form::sum && i.is != form::product && i.is != form::function && i.is != form::power &&
          i.is != form::select)
        continue;
      std::size_t open = 0;
      for (std::size_t k = 0; k < (call ? 1 : i.args.size()); ++k) {
        if (i.is == form::product && k > 0 && i.joins[k] == token_kind::over) continue;
        stack.push_back(i.args[k]);
        open += may_grow(i.args[k]) ? 1 : 0;
      }
      bool product = i.is == form::product || (i.is == form::function && i.op == opcode::pow);
      r.tangled = r.tangled || (product && open > 1);
    }
    std::ranges::sort(r.names, {}, [&](entity_id e) { return w_.entities[e].first_use.begin; });
    return r;
  }

  bool may_grow(item_id top) const {
    std::vector<item_id> stack{top};
    for (std::size_t steps = 0; !stack.empty() && steps < 1000; ++steps) {
      const item& i = w_.items[stack.back()];
      stack.pop_back();
      if (i.is == form::variable && is_open(i.ref)) return true;
      if (i.is == form::product || i.is == form::sum || i.is == form::function || i.is == form::power || i.is == form::select)
        stack.insert(stack.end(), i.args.begin(), i.args.end());
      else if (i.is == form::call || i.is == form::let)
        stack.push_back(i.args[0]);
    }
    return false;
  }

  // What tells that a name is an array, from sure to likely: no other name can make the item one; or each term of a sum has a
  // name that can; or the name is what is differentiated by.
  enum class evidence { only_name, every_term, differentiated };

  bool demand(evidence by) {
    bool changed = false;
    auto all = [&](const workspace::wanted& list, int rank) {
      for (const auto& [i, who] : list) changed = (w_.items[i].has.rank() == 0 && demand(i, rank, by)) || changed;
    };
    all(w_.vectors_wanted, 1);
    all(w_.arrays_wanted, 1);
    all(w_.matrices_wanted, 2);
    all(w_.squares_wanted, 2);
    for (const auto& [arguments, who] : w_.samples_wanted)
      for (item_id i : arguments) changed = (w_.items[i].has.rank() == 0 && demand(i, 2, by)) || changed;
    return changed;
  }

  bool demand(item_id top, int rank, evidence by) {
    candidates c = candidates_of(top);
    if (c.array || c.names.empty()) return false;
    if (by == evidence::only_name && c.names.size() > 1) return false;
    if (by == evidence::every_term && (c.tangled || rank != 1)) return false;
    if (by == evidence::differentiated) {
      entity_id chosen = none;
      if (rank != 1) return false;
      for (entity_id e : c.names) {
        if (has_capital(e)) return false;
        if (!is_differentiated_by(e)) continue;
        if (chosen != none) return false;
        chosen = e;
      }
      if (chosen == none) return false;
      std::erase(c.names, chosen);
      for (entity_id e : c.names) w_.entities[e].rank = 0;
      w_.note(fmt::format("in {}, '{}' is read as a vector and {} as {}; --var declares them otherwise",
                          w_.quoted(w_.items[top].at), w_.entities[chosen].name, listed(c.names),
                          c.names.size() == 1 ? "a number" : "numbers"));
      noted_.insert(c.names.begin(), c.names.end());
      c.names = {chosen};
    }
    for (entity_id e : c.names) w_.entities[e].rank = rank;
    return true;
  }

  bool is_differentiated_by(entity_id e) const {
    if (w_.independent.contains(w_.entities[e].name)) return true;
    for (item_id i = first_; i < w_.items.size(); ++i)
      if (w_.items[i].is == form::derivative && w_.items[i].ref == e) return true;
    return false;
  }

  bool has_capital(entity_id e) const {  // people call matrices so
    char initial = w_.entities[e].name.front();
    return initial >= 'A' && initial <= 'Z';
  }

  std::string listed(const std::vector<entity_id>& names) const {
    constexpr std::size_t most = 4;
    std::string r;
    for (std::size_t k = 0; k < std::min(names.size(), most); ++k)
      r += (k == 0 ? "" : ", ") + fmt::format("'{}'", w_.entities[names[k]].name);
    return r;
  }

  // Where several names could be the array, the error will say so.
  void explain_unmet() {
    for (const auto* list : {&w_.vectors_wanted, &w_.arrays_wanted})
      for (const auto& [i, who] : *list) {
        if (w_.items[i].has.rank() != 0) continue;
        candidates c = candidates_of(i);
        if (c.names.size() < 2) continue;
        auto vector = std::ranges::find_if(c.names, [&](entity_id e) { return !has_capital(e); });
        unclear_.try_emplace(i, fmt::format("which of {} are arrays is not clear: declare them, such as --var '{}: vector[K]'",
                                            listed(c.names), w_.entities[vector == c.names.end() ? c.names[0] : *vector].name));
      }
  }

  // Along an axis: matrices of samples, and vectors that are the same for every sample.
  void check_samples(const std::vector<item_id>& arguments, const std::string& by) {
    bool any = false;
    for (item_id i : arguments) {
      const shape& s = w_.items[i].has;
      any = any || s.rank() == 2;
      if (s.rank() == 2 || (s.rank() == 1 && !s.row)) continue;
      throw w_.fail(w_.items[i].at, "S02",
                    fmt::format("'{}' with axis= needs a matrix; {} is {}", by, w_.quoted(w_.items[i].at), shown_shape(s)),
                    s.row ? "remove the transpose" : "declare it, such as --var 'Z: matrix[K, N]'");
    }
    if (!any)
      throw w_.fail(w_.items[arguments[0]].at, "S02",
                    fmt::format("'{}' with axis= needs a matrix; {} is {}", by, w_.quoted(w_.items[arguments[0]].at),
                                shown_shape(w_.items[arguments[0]].has)),
                    "leave axis= away for one vector");
  }

  void check_vector(item_id i, const std::string& by) {
    const shape& s = w_.items[i].has;
    if (s.rank() == 1 && !s.row) return;
    if (s.rank() == 2)
      throw w_.fail(w_.items[i].at, "S02",
                    fmt::format("'{}' works along one axis; {} is {}", by, w_.quoted(w_.items[i].at), shown_shape(s)),
                    "axis=1: each column is one sample; axis=2: each row");
    throw w_.fail(w_.items[i].at, "S02",
                  fmt::format("'{}' needs a vector; {} is {}", by, w_.quoted(w_.items[i].at), shown_shape(s)),
                  s.row                  ? "remove the transpose"
                  : unclear_.contains(i) ? unclear_.at(i)
                                         : "declare it, such as --var 'z: vector[K]'");
  }

  void check_array(item_id i, const std::string& by) {
    if (w_.items[i].has.rank() == 0)
      throw w_.fail(w_.items[i].at, "S02",
                    fmt::format("'{}' needs an array or an index; {} is a number", by, w_.quoted(w_.items[i].at)),
                    unclear_.contains(i) ? unclear_.at(i) : fmt::format("write {}(k, 1, n, ...), or declare a vector", by));
  }

  void check_matrix(item_id i, const std::string& by) {
    if (w_.items[i].has.rank() != 2)
      throw w_.fail(w_.items[i].at, "S02",
                    fmt::format("'{}' needs a matrix; {} is {}", by, w_.quoted(w_.items[i].at), shown_shape(w_.items[i].has)),
                    "declare it, such as --var 'W: matrix[m, n]'");
  }

  void check_square(item_id i, const std::string& by) {
    check_matrix(i, by);
    const shape& s = w_.items[i].has;
    if (!strict_ || unify(s.axes[0], s.axes[1])) return;
    throw w_.fail(w_.items[i].at, "S01",
                  fmt::format("'{}' needs a square matrix; {} is {}", by, w_.quoted(w_.items[i].at), shown_shape(s)));
  }

  // What each item must be, to be asked as soon as its shape is known: before the definition that uses it is looked at.
  using check = std::function<void()>;
  std::multimap<item_id, check> checks() {
    std::multimap<item_id, check> r;
    for (const auto& [arguments, by] : w_.samples_wanted)
      r.emplace(*std::ranges::max_element(arguments), [this, &list = arguments, &name = by] { check_samples(list, name); });
    auto each = [&](const workspace::wanted& list, auto what) {
      for (const auto& want : list) r.emplace(want.first, [this, &want, what] { (this->*what)(want.first, want.second); });
    };
    each(w_.vectors_wanted, &inference::check_vector);
    each(w_.arrays_wanted, &inference::check_array);
    each(w_.matrices_wanted, &inference::check_matrix);
    each(w_.squares_wanted, &inference::check_square);
    return r;
  }

  // --- shapes

  shape array(std::size_t rank) {
    shape s;
    for (std::size_t k = 0; k < rank; ++k) s.axes.push_back(strict_ ? fresh() : 0);
    return s;
  }

  const shape& argument(item_id i, std::size_t k) const { return w_.items[w_.items[i].args[k]].has; }

  void meet(item_id i, shape& s, const shape& other) {
    if (other.rank() == 0) return;
    if (s.rank() == 0) {
      s = other;
      return;
    }
    if (s.rank() != other.rank() || s.row != other.row) {
      if (strict_ && s.rank() == other.rank()) misfit(i, "a row meets a column");
      if (strict_) misfit(i, "a vector meets a matrix", "S01", spread_hint(i));
      return;
    }
    for (std::size_t k = 0; k < s.rank(); ++k) must_agree(i, s.axes[k], other.axes[k]);
  }

  // How to write the vector in every column or row.
  std::string spread_hint(item_id i) const {
    const item& x = w_.items[i];
    std::string_view name = "v";
    for (item_id a : x.args)
      if (w_.items[a].has.rank() == 1 && w_.items[a].is == form::variable) name = w_.slice(w_.items[a].at);
    return fmt::format("{0}*vector(1)' has {0} in every column, vector(1)*{0}' in every row", name);
  }

  shape elementwise(item_id i) {
    shape s;
    for (item_id a : w_.items[i].args) meet(i, s, w_.items[a].has);
    if (strict_ && s.rank() > 0 && w_.items[i].is == form::sum) note_numbers(i);
    return s;
  }

  // softmax(z) - y with y unknown: a number, by the rule for undeclared names, but hardly what was meant.
  void note_numbers(item_id i) {
    if (w_.items[i].at.call_arguments != none) return;
    for (item_id a : w_.items[i].args) {
      item_id of_what = a;
      if (w_.items[a].is == form::product && w_.items[a].args.size() == 2 && w_.items[w_.items[a].args[0]].is == form::number)
        of_what = w_.items[a].args[1];
      const item& x = w_.items[of_what];
      if (x.is != form::variable) continue;
      const entity& e = w_.entities[x.ref];
      if (e.declared || e.is_dim || e.let != none || e.rank != 0 || noted_.contains(x.ref)) continue;
      w_.note(fmt::format("in {}, '{}' is read as a number beside an array; --var declares it otherwise",
                          w_.quoted(w_.items[i].at), e.name));
    }
  }

  // A*x by shapes.
  shape contraction(item_id i, const shape& a, const shape& b) {
    if (a.rank() > 2 || b.rank() > 2) {
      if (strict_) misfit(i, "'*' multiplies vectors and matrices only", "S03", "write the sum over the index");
      return a;
    }
    if (a.rank() == 1 && b.rank() == 1 && a.row == b.row) {
      if (strict_)
        misfit(i, "a product of two vectors can mean several things", "S03",
               "write dot(x, y), outer(x, y), or x .* y entry by entry");
      return a;
    }
    if (a.rank() == 1 && b.rank() == 1) {
      if (!a.row) return {{a.axes[0], b.axes[0]}, false};
      must_agree(i, a.axes[0], b.axes[0]);
      return {};
    }
    if ((a.rank() == 1 && !a.row) || (b.rank() == 1 && b.row)) {
      if (strict_)
        misfit(i, a.rank() == 1 ? "a column stands before a matrix" : "a row stands behind a matrix", "S01",
               "transpose with x', or use .*");
      return a;
    }
    must_agree(i, a.axes.back(), b.axes.front());
    if (a.rank() == 1) return {{b.axes[1]}, true};
    if (b.rank() == 1) return {{a.axes[0]}, false};
    return {{a.axes[0], b.axes[1]}, false};
  }

  shape product(item_id i) {
    shape s = argument(i, 0);
    for (std::size_t k = 1; k < w_.items[i].args.size(); ++k) {
      const shape& next = argument(i, k);
      token_kind join = w_.items[i].joins[k];
      if (join == token_kind::over && next.rank() > 0) {
        if (strict_) misfit(i, "'/' divides by numbers", "S03", "write ./ to divide entry by entry");
      } else if (join == token_kind::times && s.rank() > 0 && next.rank() > 0) {
        s = contraction(i, s, next);
      } else {
        meet(i, s, next);
      }
    }
    return s;
  }

  // ^ of a matrix is a matrix product; of a vector it is refused.
  shape caret(item_id i) {
    shape s = elementwise(i);
    if (!strict_ || s.rank() == 0) return s;
    const item& p = w_.items[i];
    if (p.is == form::power && s.rank() == 2) {
      constexpr int most = 64;
      if (!is_integer(p.number) || abs(p.number) > most)
        throw w_.fail(p.at, "S03",
                      fmt::format("{}: the power of a matrix is an integer from -{} to {}", w_.quoted(p.at), most, most),
                      "write .^ to raise every entry");
      must_agree(i, s.axes[0], s.axes[1]);
      return s;
    }
    const item* by = p.args.size() == 2 ? &w_.items[p.args[1]] : nullptr;
    bool transpose = by && by->is == form::variable && w_.entities[by->ref].name == "T" && !w_.entities[by->ref].declared;
    if (by && !transpose && s.rank() == 2 && by->has.rank() == 0)
      throw w_.fail(by->at, "S03",
                    fmt::format("the power of a matrix is a whole number that is typed; {} is none", w_.quoted(by->at)),
                    "write X^3, or .^ to raise every entry");
    misfit(i, "'^' is the power of a number or of a square matrix", "S03",
           transpose ? "a transpose is written with a quote: x'" : "write .^ to raise every entry");
  }

  shape variable(item_id i) {
    const item& v = w_.items[i];
    const entity& e = w_.entities[v.ref];
    if (e.let != none) return w_.items[e.let].has;
    if (!strict_) return array(static_cast<std::size_t>(std::max(0, e.rank)));
    if (!v.indexed)
      for (length_id l : e.axes) of(l).whole = true;
    return {e.axes, false};
  }

  shape derivative(item_id i) {
    const item& d = w_.items[i];
    shape s = argument(i, 0);
    s.row = false;
    if (!d.index.empty()) return s;
    const entity& e = w_.entities[d.ref];
    shape by = e.let != none ? w_.items[e.let].has
               : strict_     ? shape{e.axes, false}
                             : array(static_cast<std::size_t>(std::max(0, e.rank)));
    s.axes.insert(s.axes.end(), by.axes.begin(), by.axes.end());
    return s;
  }

  shape gather(item_id i) {
    shape s;
    std::uint8_t axis = w_.items[i].axis;
    if (strict_ && axis != 0 && w_.slots[w_.items[i].letters[0]].stands_in.empty()) return argument(i, 0);  // will be refused
    for (slot_id l : w_.items[i].letters) {
      if (strict_ && w_.slots[l].own == none) w_.slots[l].own = fresh();
      s.axes.push_back(strict_ ? w_.slots[l].own : 0);
    }
    const shape& inner = argument(i, 0);
    if (strict_ && axis != 0 && inner.rank() > 1) misfit(i, "each sample gives more than a vector", "S02", "leave axis= away");
    s.axes.insert(axis == 1 ? s.axes.begin() : s.axes.end(), inner.axes.begin(), inner.axes.end());
    return s;
  }

  // One column or row of a matrix; the samples of all matrices in a call are equally many.
  shape slice(item_id i) {
    const item& x = w_.items[i];
    const shape& s = argument(i, 0);
    if (s.rank() != 2) return s;
    std::size_t samples = x.axis == 1 ? 1 : 0;
    const slot& k = w_.slots[x.letters[0]];
    if (strict_ && !k.stands_in.empty()) must_agree(i, k.stands_in.front().axis, s.axes[samples]);
    return {{s.axes[1 - samples]}, false};
  }

  shape reduce_all(item_id i) {
    const shape& s = argument(i, 0);
    std::uint8_t axis = w_.items[i].axis;
    if (axis == 0 || s.rank() != 2) return {};
    return {{s.axes[axis == 1 ? 1 : 0]}, false};
  }

  shape square() {
    shape s = array(1);
    s.axes.push_back(s.axes[0]);
    return s;
  }

  shape diagonal(item_id i) {
    const shape& s = argument(i, 0);
    if (s.rank() == 1) return {{s.axes[0], s.axes[0]}, false};
    if (s.rank() == 2) {
      must_agree(i, s.axes[0], s.axes[1]);
      return {{s.axes[0]}, false};
    }
    if (strict_) misfit(i, "'diag' takes a vector or a square matrix", "S02");
    return {};
  }

  // inv, det, adj: of a square matrix, which need not be known to be one yet.
  shape of_matrix(item_id i) {
    const shape& s = argument(i, 0);
    if (s.rank() == 2) must_agree(i, s.axes[0], s.axes[1]);
    if (w_.items[i].op == opcode::det) return {};
    return s.rank() == 2 ? s : strict_ ? s : array(2);
  }

  shape transposed(item_id i) {
    shape s = argument(i, 0);
    const item& of_what = w_.items[w_.items[i].args[0]];
    if (strict_ && s.rank() == 0 && of_what.is == form::variable)
      throw w_.fail(w_.items[i].at, "S02", fmt::format("{} is a number and has no transpose", w_.quoted(of_what.at)),
                    "declare it as a vector or a matrix; a derivative is written D(f, x)");
    if (s.rank() == 1) s.row = !s.row;
    if (s.rank() == 2) std::swap(s.axes[0], s.axes[1]);
    if (s.rank() > 2 && strict_) misfit(i, "only vectors and matrices have a transpose");
    return s;
  }

  shape indexed(item_id i) {
    const item& x = w_.items[i];
    const shape& s = argument(i, 0);
    if (strict_ && s.rank() != x.index.size())
      throw w_.fail(x.at, "S05",
                    fmt::format("{} has {} and takes {} here", w_.quoted(w_.items[x.args[0]].at),
                                s.rank() == 0   ? "no axis"
                                : s.rank() == 1 ? "one axis"
                                                : fmt::format("{} axes", s.rank()),
                                x.index.size() == 1 ? "one index" : fmt::format("{} indices", x.index.size())));
    return {};
  }

  shape shape_of(item_id i) {
    switch (w_.items[i].is) {
      case form::number:
      case form::letter:
      case form::delta:
      case form::pi: return {};
      case form::given: return w_.items[i].has;
      case form::variable: return variable(i);
      case form::sum:
      case form::select: return elementwise(i);
      case form::power:
      case form::function: return w_.items[i].caret ? caret(i) : elementwise(i);
      case form::product: return product(i);
      case form::index: return indexed(i);
      case form::reduce: return argument(i, 0);
      case form::reduce_all: return reduce_all(i);
      case form::derivative: return derivative(i);
      case form::transpose: return transposed(i);
      case form::ones: return argument(i, 0).rank() == 0 ? array(1) : argument(i, 0);
      case form::identity_matrix: return square();
      case form::diagonal: return diagonal(i);
      case form::of_matrix: return of_matrix(i);
      case form::gather: return gather(i);
      case form::slice: return slice(i);
      case form::call:
      case form::let: return argument(i, 0);
      case form::together: return w_.items[i].axis == 1 ? shape{} : elementwise(i);
    }
    return {};
  }

  // --- lengths of undeclared arrays, ranges of letters

  void give_lengths() {
    for (entity& e : w_.entities)
      while (e.let == none && e.axes.size() < static_cast<std::size_t>(std::max(0, e.rank))) e.axes.push_back(fresh());
  }

  // Where the letters of an item stand.
  void occurrences(item_id i) {
    const item& x = w_.items[i];
    if (x.is == form::index) {
      const shape& s = argument(i, 0);
      for (std::size_t k = 0; k < x.index.size(); ++k) {
        const position& p = x.index[k];
        length& l = of(s.axes[k]);
        if (p.slot != none) w_.slots[p.slot].stands_in.push_back({s.axes[k], p.offset, i});
        if (p.slot != none || p.dim != none)
          l.whole = true;
        else
          l.largest_index = std::max(l.largest_index, p.offset);
      }
    } else if (x.is == form::slice && argument(i, 0).rank() == 2) {
      length_id samples = argument(i, 0).axes[x.axis == 1 ? 1 : 0];
      of(samples).whole = true;
      w_.slots[x.letters[0]].stands_in.push_back({samples, 0, i});
    } else if (x.is == form::delta) {
      const position &a = x.index[0], &b = x.index[1];
      if (a.slot != none && b.slot != none && a.slot != b.slot) {
        w_.slots[a.slot].equal_to.emplace_back(b.slot, b.offset - a.offset);
        w_.slots[b.slot].equal_to.emplace_back(a.slot, a.offset - b.offset);
      }
    }
  }

  void ranges() {
    lengths_from_bounds();
    lengths_from_letters();
    for (std::size_t e = 0; e < w_.entities.size(); ++e)  // which grows by the dimensions that get a name
      for (length_id l : std::vector(w_.entities[e].axes)) settle(l);
    usual_ = usual_length();
    give_usual_length();
    std::vector<slot_id> waiting;
    for (slot_id s = first_slot_; s < w_.slots.size(); ++s)
      if (!range_from_axes(s)) waiting.push_back(s);
    range_from_deltas(waiting);
    for (slot_id s : waiting)
      if (!w_.slots[s].resolved) range_by_default(s);
    for (item_id i = first_; i < w_.items.size(); ++i) check_known(i);
  }

  // sum(k, 1, n, z[k+1]): an undeclared z reaches to n+1.
  void lengths_from_bounds() {
    std::map<length_id, affine> reach;
    for (slot_id s = first_slot_; s < w_.slots.size(); ++s) {
      slot& k = w_.slots[s];
      if (!k.bounded) continue;
      affine hi = affine_of(w_, k.hi);
      for (auto [l, offset, at] : k.stands_in) {
        if (of(l).known) continue;
        affine here{hi.dim, hi.offset + offset};
        auto [it, fresh_entry] = reach.try_emplace(root(l), here);
        if (!fresh_entry && w_.on.surely_le(it->second, here)) it->second = here;
      }
    }
    for (auto& [l, hi] : reach)
      if (!of(l).known && (hi.dim != none || hi.offset >= 1)) of(l).known = range{{none, 1}, hi};
  }

  // Arrays that share a letter share their length, unless they are declared otherwise.
  void lengths_from_letters() {
    for (slot_id s = first_slot_; s < w_.slots.size(); ++s) {
      slot& k = w_.slots[s];
      bool plain = !k.bounded && !k.stands_in.empty();
      for (auto [l, offset, at] : k.stands_in) {
        if (!k.bounded) unify(k.stands_in.front().axis, l);
        plain = plain && offset == 0 && root(l) == root(k.stands_in.front().axis);
      }
      if (k.own == none) continue;
      if (plain) {
        if (!unify(k.own, k.stands_in.front().axis)) range_differs(s);
      } else {
        of(k.own).derived = true;
      }
    }
  }

  [[noreturn]] void range_differs(slot_id s) {
    throw w_.fail(w_.slots[s].at, "S01", fmt::format("the range of '{}' does not fit the array that it makes", w_.slots[s].name));
  }

  void settle(length_id l) {
    length& k = of(l);
    if (k.known || k.derived) return;
    if (!k.whole && k.largest_index > 0)
      k.known = range{{none, 1}, {none, k.largest_index}};
    else
      k.known = range{{none, 1}, {w_.on.dim(fresh_name()), 0}};
  }

  std::string fresh_name() {
    static constexpr std::array<std::string_view, 8> usual{"K", "n", "m", "p", "q", "r", "N", "M"};
    auto taken = [&](const std::string& n) {
      return w_.find(n) || w_.plain_names.contains(n) || w_.on.find_dim(n) != none ||
             std::ranges::any_of(w_.slots, [&](const slot& s) { return s.name == n; });
    };
    std::string found;
    for (std::string_view n : usual)
      if (found.empty() && !taken(std::string(n))) found = n;
    for (int k = 1; found.empty(); ++k)
      if (!taken(fmt::format("K{}", k))) found = fmt::format("K{}", k);
    entity_id e = w_.named(found, {});
    w_.entities[e].is_dim = true;
    w_.entities[e].rank = 0;
    return found;
  }

  void resolve(slot_id s, const range& r) {
    slot& k = w_.slots[s];
    k.resolved = w_.on.make_range(r.lo, r.hi);
    if (k.own == none) return;
    length& own = of(k.own);
    if (own.known && *own.known != r) range_differs(s);
    own.known = r;
  }

  // The declared bounds, or the intersection of the ranges that the letter runs over.
  bool range_from_axes(slot_id s) {
    slot& k = w_.slots[s];
    if (k.given) {
      resolve(s, range(w_.on.range_of(*k.given)));
      return true;
    }
    if (k.bounded) {
      resolve(s, {affine_of(w_, k.lo), affine_of(w_, k.hi)});
      return true;
    }
    std::optional<range> r;
    std::map<std::int64_t, range> by_offset;
    for (auto [l, offset, at] : k.stands_in) {
      if (!of(l).known) {
        of(l).derived = false;
        settle(l);
      }
      range here = shifted(*of(l).known, -offset);
      if (const range& first = by_offset.emplace(offset, here).first->second; first != here) range_is_not_clear(k, first, here);
      if (!r) {
        r = here;
        continue;
      }
      auto follows = [&](const affine& a, const affine& b) { return length_follows(w_, a, b, k.name); };
      bool clear = (follows(r->lo, here.lo) || follows(here.lo, r->lo)) && (follows(r->hi, here.hi) || follows(here.hi, r->hi));
      if (!clear) range_is_not_clear(k, *r, here);
      const range before = *r;
      if (w_.on.surely_le(r->lo, here.lo)) r->lo = here.lo;
      if (w_.on.surely_le(here.hi, r->hi)) r->hi = here.hi;
      if (*r != before && on_both_sides(k, at)) right_side_leaves(k, at, before);
    }
    if (r) resolve(s, *r);
    return r.has_value();
  }

  [[noreturn]] void range_is_not_clear(const slot& k, const range& a, const range& b) {
    throw w_.fail(k.at, "S01",
                  fmt::format("the range of '{}' is not clear: {}..{} or {}..{}", k.name, w_.on.text_of(a.lo),
                              w_.on.text_of(a.hi), w_.on.text_of(b.lo), w_.on.text_of(b.hi)),
                  "give the sum bounds, or declare equal lengths");
  }

  // Whether it is the right side of an equation that reads by a letter whose values the left side gives.
  bool on_both_sides(const slot& k, item_id at) const {
    return w_.right_side != none && k.free && at >= w_.right_side && k.stands_in.front().at < w_.right_side;
  }

  [[noreturn]] void right_side_leaves(const slot& k, item_id at, const range& on_left) {
    throw w_.fail(w_.items[at].at, "S04",
                  fmt::format("the index leaves its range: on the left side '{}' runs over {}..{}", k.name,
                              w_.on.text_of(on_left.lo), w_.on.text_of(on_left.hi)),
                  "the right side must have a value for each of these");
  }

  // A letter that stands in no axis takes the range of a letter that it meets in a delta.
  void range_from_deltas(const std::vector<slot_id>& waiting) {
    for (bool changed = true; changed;) {
      changed = false;
      for (slot_id s : waiting)
        for (auto [other, offset] : w_.slots[s].equal_to)
          if (!w_.slots[s].resolved && w_.slots[other].resolved) {
            range r = shifted(w_.on.range_of(*w_.slots[other].resolved), offset);
            resolve(s, w_.slots[s].free ? widened(r) : r);
            changed = true;
          }
    }
  }

  // A free letter runs over an axis, not over the part of it that a delta names.
  range widened(range r) const {
    if (usual_ && w_.on.surely_le(usual_->lo, r.lo) && w_.on.surely_le(r.hi, usual_->hi)) return *usual_;
    if (r.lo.dim == none && r.lo.offset > 1) r.lo.offset = 1;
    return r;
  }

  // The length of vector(1) and of a letter that stands in no axis, where nothing else tells: that of what is differentiated by,
  // or the only dimension there is, or the only length of the arrays in the text.
  std::optional<range> usual_length() {
    std::optional<range> found;
    auto only = [&](const std::vector<length_id>& axes) {
      for (length_id l : axes) {
        if (!of(l).known || (found && *found != *of(l).known)) return false;
        found = of(l).known;
      }
      return true;
    };
    auto axes_of = [&](const entity& e) { return e.let == none ? e.axes : w_.items[e.let].has.axes; };
    bool clear = true;
    for (const entity& e : w_.entities)
      if (w_.independent.contains(e.name)) clear = clear && only(axes_of(e));
    if (clear && found) return found;
    if (w_.on.dim_count() == 1) {
      bool alone = true;
      for (const entity& e : w_.entities)
        for (length_id l : e.axes) alone = alone && of(l).known && of(l).known->hi.dim != none;
      if (alone) return range{{none, 1}, {0, 0}};
    }
    found.reset();
    clear = true;
    for (item_id i = first_; i < w_.items.size(); ++i)
      if (w_.items[i].is == form::variable || w_.items[i].is == form::derivative)
        clear = clear && only(w_.entities[w_.items[i].ref].axes);
    if (clear && found) return found;
    found.reset();
    clear = true;
    for (const entity& e : w_.entities) clear = clear && only(e.axes);
    return clear ? found : std::nullopt;
  }

  void give_usual_length() {
    if (!usual_) return;
    for (item_id i = first_; i < w_.items.size(); ++i)
      for (length_id l : std::vector(w_.items[i].has.axes))
        if (!of(l).known && !of(l).derived) of(l).known = usual_;
  }

  // Otherwise the dimension named like the letter in upper case, or the only one there is, or K. Only for what is surely meant as
  // an index: sum(x, y) is no sum over x.
  void range_by_default(slot_id s) {
    slot& k = w_.slots[s];
    if (k.free && usual_) return resolve(s, *usual_);
    bool usual = k.name.size() == 1 && k.name[0] >= 'i' && k.name[0] <= 'n';
    std::string upper = k.name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    std::string name;
    if (!usual) {
      name.clear();
    } else if (const entity* e = w_.find(upper); e && e->is_dim) {
      name = upper;
    } else if (w_.on.dim_count() == 1) {
      name = w_.on.dim_name(0);
    } else if (w_.on.dim_count() == 0) {
      const entity* taken = w_.find("K");
      if (!taken || (!taken->declared && taken->let == none && taken->rank <= 0)) name = "K";
    }
    if (name.empty())
      throw w_.fail(k.at, "N07", fmt::format("the range of '{}' is not known: it stands in no axis", k.name),
                    k.free ? "declare the array that it is an index of" : fmt::format("give bounds: sum({}, 1, n, ...)", k.name));
    entity_id dim = w_.named(name, k.at);
    w_.entities[dim].is_dim = true;
    w_.entities[dim].rank = 0;
    resolve(s, {{none, 1}, {w_.on.dim(name), 0}});
  }

  void check_known(item_id i) {
    for (length_id l : w_.items[i].has.axes) {
      if (of(l).known) continue;
      const item& x = w_.items[i];
      throw w_.fail(x.at, "S08", fmt::format("the length of {} is not known from where it stands", w_.quoted(x.at)),
                    "declare the vectors that it meets");
    }
  }

  workspace& w_;
  item_id first_;
  slot_id first_slot_;
  bool strict_ = false;
  std::set<entity_id> noted_;  // numbers beside arrays that the user has been told of
  std::optional<range> usual_;
  std::map<item_id, std::string> unclear_;  // hints for arrays that are wanted and not found
};

}  // namespace

affine affine_of(const workspace& w, const position& p) {
  return {p.dim == none ? none : w.on.dim(w.entities[p.dim].name), p.offset};
}

void infer(workspace& w, item_id first, slot_id first_slot) { inference(w, first, first_slot).run(); }

}  // namespace wengert::elaboration
