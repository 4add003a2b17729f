// Names get their meaning, and composites their definitions.
#include "elaboration.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <wengert/core/registry.hpp>
#include <wengert/text/diagnostics.hpp>

namespace wengert::elaboration {

namespace {

constexpr std::int64_t largest_offset = 1'000'000'000;

// Functions with a meaning of their own here; all others stand in the registry or in the table of composites.
constexpr std::array<std::string_view, 12> built_in{"sqrt", "delta", "vector", "diag", "sum", "prod",
                                                    "max",  "min",   "mean",   "inv",  "det", "adj"};

// Known by name, so that they are not taken for products.
constexpr std::array<std::string_view, 3> properties{"one_hot", "simplex", "symmetric"};
constexpr std::array<std::string_view, 1> planned{"cholesky"};

constexpr std::array<std::string_view, 7> derivative_names{"diff",     "deriv",    "derivative", "grad",
                                                           "gradient", "jacobian", "hessian"};

constexpr std::array<std::string_view, 4> constants{"pi", "e", "inf", "I"};

template <class Range, class Value> bool contains(const Range& all, const Value& v) {
  return std::ranges::find(all, v) != std::end(all);
}

bool is_constant_name(std::string_view n) { return contains(constants, n) || n == "π"; }

// Functions whose name is that of a letter: without brackets it is a variable.
bool is_letter_name(std::string_view n) { return n == "gamma" || n == "beta"; }

// x, x1, α: what people call variables, not functions.
bool looks_like_variable(std::string_view n) {
  while (!n.empty() && n.back() >= '0' && n.back() <= '9') n.remove_suffix(1);
  return code_points(n) == 1;
}

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> r;
  for (const token& t : tokenize(list))
    if (t.kind == token_kind::name) r.emplace_back(list.substr(t.begin, t.end - t.begin));
  return r;
}

name_role function_role(std::string_view n) {
  if (const op_info* f = find_function(n))
    return {name_role::kind::function, f->arity == 1 && !is_letter_name(n), false, {}, is_letter_name(n)};
  if (contains(built_in, n)) return {name_role::kind::function, n == "sqrt"};
  if (const composite* c = find_composite(n)) return {name_role::kind::function, c->kinds.size() == 1};
  return {};
}

// The definitions, parsed once.
struct definition {
  const composite* row;
  std::vector<std::string> parameters;
  syntax_tree body;
};

const std::vector<definition>& definitions() {
  static const std::vector<definition> all = [] {
    std::vector<definition> r;
    vocabulary names = [](std::string_view n) { return function_role(n); };
    for (const composite& c : composites())
      r.push_back({&c, split_names(c.parameters), parse_statement(std::make_shared<const std::string>(c.body), names)});
    return r;
  }();
  return all;
}

// --- one text

class resolver {
 public:
  // `given`: letters that are free wherever no sum binds them.
  resolver(workspace& w, const syntax_tree& tree, std::uint32_t text, std::span<const letter_range> given = {})
      : w_(w), tree_(&tree), text_(text), given_(given) {
    for (const std::string& n : tree.notes) w_.note(n);
    find_letters();
    make_free_slots();
  }

  item_id resolve(syntax_id n);
  // The item, and the derivatives met in it.
  item_id side(syntax_id n, std::set<item_id>& sites) {
    sites_.clear();
    item_id r = resolve(n);
    sites = sites_;
    return r;
  }
  const std::vector<slot_id>& letters() const { return letters_; }
  position index_position(syntax_id n);
  origin at(syntax_id n) const {
    if (inside_) return *inside_;
    return {text_, (*tree_)[n].begin, (*tree_)[n].end, none};
  }
  item_id add(item i, const origin& o) {
    i.at = o;
    w_.items.push_back(std::move(i));
    return static_cast<item_id>(w_.items.size() - 1);
  }
  item_id number(const rational& q, const origin& o) {
    item i;
    i.is = form::number;
    i.number = q;
    return add(std::move(i), o);
  }
  item_id apply(form f, std::vector<item_id> args, const origin& o) {
    item i;
    i.is = f;
    i.args = std::move(args);
    return add(std::move(i), o);
  }
  item_id power_of(item_id base, const rational& exponent, bool caret, const origin& o) {
    item i;
    i.is = form::power;
    i.args = {base};
    i.number = exponent;
    i.caret = caret;
    return add(std::move(i), o);
  }
  item_id product_of(std::vector<item_id> args, std::vector<token_kind> joins, const origin& o);
  item_id expand(const definition& d, const std::vector<item_id>& arguments, std::uint8_t axis, const origin& o);
  entity_id target_entity(const std::string& name, const origin& o);
  bool is_subscripted(const std::string& name, std::string& base, position& p);
  void refuse_free_subscript(const std::string& name, const origin& o) const;
  void note_glued(const std::string& name) const;

 private:
  struct letter_use {
    std::string name;
    std::uint32_t begin;
    syntax_id node;
  };

  void find_letters();
  void find_letters_of_side(syntax_id side);
  void make_free_slots();
  const letter_range* given(std::string_view name) const;
  bool chooses_larger(const syntax_node& s) const;
  item_id resolve_name(syntax_id n);
  item_id entity_item(const std::string& name, const origin& o);
  item_id letter_item(slot_id s, const origin& o);
  item_id constant_item(const std::string& name, const origin& o);
  item_id resolve_sum(syntax_id n);
  item_id resolve_product(syntax_id n);
  item_id without_first(item_id product);
  item_id negated(item_id operand, bool product, const origin& o);
  item_id resolve_power(syntax_id n);
  item_id make_power(item_id base, bool base_is_e, item_id exponent, bool caret, const origin& o);
  item_id resolve_index(syntax_id n);
  item_id index_of(item_id base, std::vector<position> where, const origin& o);
  item_id resolve_call(syntax_id n);
  std::vector<item_id> samples(const composite& c, const std::vector<item_id>& arguments, slot_id sample, const origin& o);
  void refuse_axis(const std::string& name, const origin& o) const;
  item_id unknown_call(const entity& f, std::vector<std::uint32_t> orders, std::vector<item_id> arguments, const origin& o);
  item_id resolve_reduce(syntax_id n);
  item_id resolve_conditional(syntax_id n);
  item_id resolve_derivative(syntax_id n);
  // A letter that a sum binds; `value` where the sum is written out.
  struct bound_letter {
    std::string name;
    slot_id slot = none;
    std::int64_t value = 0;
  };
  const bound_letter* bound(std::string_view name) const;
  bool written_out(const syntax_node& s, const slot& k) const;
  item_id write_out(const syntax_node& s, const slot& k, const origin& o);
  std::optional<slot_id> free_slot(std::string_view name) const;
  [[noreturn]] void escaped(const std::string& name, const origin& o) const;
  bool is_literal(item_id i) const { return w_.items[i].is == form::number; }
  bool is_e(syntax_id n) const {
    const syntax_node& s = (*tree_)[n];
    return s.kind == syntax::name && s.name == "e" && !bound("e") && !free_slot("e") && !known("e") && !parameters_.contains("e");
  }
  bool known(std::string_view name) const {
    const entity* e = w_.find(name);
    return e && (e->declared || e->let != none || e->is_dim);
  }

  workspace& w_;
  const syntax_tree* tree_;
  std::uint32_t text_;
  std::optional<origin> inside_;  // the call whose definition is being resolved
  std::map<std::string, item_id, std::less<>> parameters_;
  std::vector<bound_letter> scope_;  // innermost last
  std::int64_t copies_ = 1;          // of what is being resolved, by sums that are written out
  std::vector<slot_id> letters_;
  std::map<std::string, std::uint32_t, std::less<>> bound_somewhere_;  // letter -> end of its last sum
  std::vector<letter_use> uses_;                                       // where free letters stand
  std::span<const letter_range> given_;
  std::set<item_id> sites_;
};

// A name that stands as an index where no sum binds it is a free letter if it stands so in the target of a derivative, or on a
// side of the statement where no sum binds that letter: in D(sum(i, y[i]*z[i]), z[i]) == y[i] the last two i are free. Elsewhere,
// as in sum(k, y[k])*a[k], it has escaped from its sum.
void resolver::find_letters() {
  bound_somewhere_.clear();
  uses_.clear();
  const syntax_node& root = (*tree_)[tree_->root];
  if (root.kind == syntax::compare)
    for (syntax_id side : root.children) find_letters_of_side(side);
  else
    find_letters_of_side(tree_->root);
  auto place = [&](const letter_use& u) { return std::ranges::find(given_, u.name, &letter_range::first) - given_.begin(); };
  std::ranges::sort(uses_, {}, [&](const letter_use& u) { return std::pair(place(u), u.begin); });
}

void resolver::find_letters_of_side(syntax_id side) {
  struct place {
    syntax_id node;
    bool index = false, target = false;
    std::uint32_t scope = none;  // the innermost of the sums around
  };
  struct scope {
    std::string_view letter;
    std::uint32_t outer;
  };
  std::vector<scope> scopes;
  std::vector<place> stack{{side}}, open;
  std::map<std::string, std::uint32_t, std::less<>> bound_here;
  auto is_bound = [&](std::string_view name, std::uint32_t in) {
    while (in != none && scopes[in].letter != name) in = scopes[in].outer;
    return in != none;
  };
  while (!stack.empty()) {
    place p = stack.back();
    stack.pop_back();
    const syntax_node& s = (*tree_)[p.node];
    if (s.kind == syntax::name && (p.index || given(s.name)) && !is_bound(s.name, p.scope)) open.push_back(p);
    std::uint32_t inner = p.scope;
    if (s.kind == syntax::reduce && !s.letter.empty() && !chooses_larger(s)) {
      std::uint32_t& end = bound_here[s.letter];
      end = std::max(end, s.end);
      inner = static_cast<std::uint32_t>(scopes.size());
      scopes.push_back({s.letter, p.scope});
    }
    bool through = p.index && (s.kind == syntax::sum || s.kind == syntax::negate);
    bool delta = s.kind == syntax::call && s.name == "delta";
    for (std::size_t k = 0; k < s.children.size(); ++k) {
      bool body = k + 1 == s.children.size();
      bool target = p.target || (s.kind == syntax::derivative && body);
      stack.push_back({s.children[k], through || delta || (s.kind == syntax::index && k > 0), target, body ? inner : p.scope});
    }
  }
  for (const place& p : open) {
    const syntax_node& s = (*tree_)[p.node];
    if (p.target || given(s.name) || !bound_here.contains(s.name)) uses_.push_back({s.name, s.begin, p.node});
  }
  for (const auto& [letter, end] : bound_here) {
    std::uint32_t& last = bound_somewhere_[letter];
    last = std::max(last, end);
  }
}

const letter_range* resolver::given(std::string_view name) const {
  auto it = std::ranges::find(given_, name, &letter_range::first);
  return it == given_.end() ? nullptr : &*it;
}

// max(K, z[K]) where K is declared is the larger of two numbers, no maximum over an index K.
bool resolver::chooses_larger(const syntax_node& s) const {
  return (s.name == "max" || s.name == "min") && s.children.size() == 1 && s.axis == 0 && !s.letter.empty() && !inside_ &&
         known(s.letter);
}

void resolver::make_free_slots() {
  for (const letter_use& u : uses_) {
    if (known(u.name) || is_constant_name(u.name) || parameters_.contains(u.name) || free_slot(u.name)) continue;
    constexpr std::size_t most = 64;
    if (letters_.size() == most)
      throw w_.fail(at(u.node), "S06", fmt::format("more than {} free index letters", most), "bind them by sums");
    slot s;
    s.name = u.name;
    s.free = true;
    s.at = at(u.node);
    if (const letter_range* l = given(u.name)) s.given = l->second;
    w_.slots.push_back(std::move(s));
    letters_.push_back(static_cast<slot_id>(w_.slots.size() - 1));
  }
}

const resolver::bound_letter* resolver::bound(std::string_view name) const {
  for (auto it = scope_.rbegin(); it != scope_.rend(); ++it)
    if (it->name == name) return &*it;
  return nullptr;
}

std::optional<slot_id> resolver::free_slot(std::string_view name) const {
  for (slot_id s : letters_)
    if (w_.slots[s].name == name) return s;
  return {};
}

void resolver::escaped(const std::string& name, const origin& o) const {
  std::size_t end = column_of(*w_.texts[o.text], bound_somewhere_.find(name)->second) - 1;
  throw w_.fail(o, "N02", fmt::format("index '{}' is used outside its sum", name),
                fmt::format("not bound here; the sum ends at column {}", end));
}

item_id resolver::resolve(syntax_id n) {
  switch ((*tree_)[n].kind) {
    case syntax::number: return number(tree_->numbers[(*tree_)[n].value], at(n));
    case syntax::name: return resolve_name(n);
    case syntax::sum: return resolve_sum(n);
    case syntax::product: return resolve_product(n);
    case syntax::negate: {
      syntax_id inner = (*tree_)[n].children[0];
      return negated(resolve(inner), (*tree_)[inner].kind == syntax::product, at(n));
    }
    case syntax::power: return resolve_power(n);
    case syntax::index: return resolve_index(n);
    case syntax::call: return resolve_call(n);
    case syntax::transpose: return apply(form::transpose, {resolve((*tree_)[n].children[0])}, at(n));
    case syntax::reduce: return resolve_reduce(n);
    case syntax::conditional: return resolve_conditional(n);
    case syntax::derivative: return resolve_derivative(n);
    case syntax::compare: break;
  }
  throw w_.fail(at(n), "P16", "a comparison stands inside an expression", "comparisons stand in if(...), facts and equations");
}

// --- names

item_id resolver::letter_item(slot_id s, const origin& o) {
  item i;
  i.is = form::letter;
  i.ref = s;
  return add(std::move(i), o);
}

item_id resolver::entity_item(const std::string& name, const origin& o) {
  auto is_letter = [&](const slot& k) { return k.free && k.name == name; };
  if (!w_.find(name) && std::ranges::any_of(w_.slots, is_letter))  // of the expression, in a fact
    throw w_.fail(o, "N06", fmt::format("'{}' is an index in the expression, not a variable", name),
                  "facts speak of variables; of one entry say z[1] > 0");
  entity_id e = w_.named(name, o);
  entity& known_entity = w_.entities[e];
  if (known_entity.let != none && !known_entity.independent) {
    sites_.insert(known_entity.sites.begin(), known_entity.sites.end());
    return known_entity.let;
  }
  item i;
  i.is = form::variable;
  i.ref = e;
  return add(std::move(i), o);
}

item_id resolver::constant_item(const std::string& name, const origin& o) {
  if (name == "inf")
    throw w_.fail(o, "N05", "'inf' is no number", "infinity stands in no expression; declare a variable of that name with --var");
  if (name == "I") return apply(form::identity_matrix, {}, o);
  if (name != "e") return apply(form::pi, {}, o);
  item i;
  i.is = form::function;
  i.op = opcode::exp;
  i.args = {number(1, o)};
  return add(std::move(i), o);
}

// v_i is v[i] only if v_i is not declared and i is bound, or an integer.
bool resolver::is_subscripted(const std::string& name, std::string& base, position& p) {
  std::size_t bar = name.rfind('_');
  if (bar == std::string::npos || bar == 0 || bar + 1 == name.size() || known(name)) return false;
  base = name.substr(0, bar);
  std::string after = name.substr(bar + 1);
  if (after.find_first_not_of("0123456789") == std::string::npos) {
    if (after.size() > 9) return false;
    p.offset = std::stol(after);
    return true;
  }
  if (const bound_letter* b = bound(after)) {
    p.slot = b->slot;
    p.offset = b->value;
    return true;
  }
  return false;
}

item_id resolver::resolve_name(syntax_id n) {
  const std::string& name = (*tree_)[n].name;
  origin o = at(n);
  if (auto p = parameters_.find(name); p != parameters_.end()) return p->second;
  if (const bound_letter* b = bound(name)) return b->slot == none ? number(b->value, o) : letter_item(b->slot, o);
  if (known(name)) return entity_item(name, o);
  if (auto s = free_slot(name)) return letter_item(*s, o);
  std::string base;
  position p;
  if (is_subscripted(name, base, p)) {
    if (function_role(base).is == name_role::kind::function && !known(base))
      throw w_.fail(o, "P12", fmt::format("'{}' is an entry of '{}', which is a function", name, base),
                    fmt::format("declare it with --var '{}: real' to use the name", name));
    item_id b = entity_item(base, o);
    return index_of(b, {p}, o);
  }
  if (is_constant_name(name)) return constant_item(name, o);
  if (bound_somewhere_.contains(name)) escaped(name, o);
  refuse_free_subscript(name, o);
  if (const name_role r = function_role(name); r.is == name_role::kind::function && !w_.find(name) && !is_letter_name(name))
    throw w_.fail(o, "P12", fmt::format("'{}' is a function and needs an argument in brackets", name),
                  fmt::format("declare it with --var '{}: real' to use the name", name));
  if (!inside_) note_glued(name);
  return entity_item(name, o);
}

// sinx, xy: one name each, by the longest match, but hardly meant so.
void resolver::note_glued(const std::string& name) const {
  if (known(name) || w_.let_names.contains(name)) return;
  if (std::size_t bar = name.rfind('_'); bar != std::string::npos) {
    std::string base = name.substr(0, bar);
    if (w_.plain_names.contains(base))
      w_.note(fmt::format("'{}' is read as one name; an entry is written {}[{}]", name, base, name.substr(bar + 1)));
    return;
  }
  std::size_t size = code_points(name);
  for (std::size_t cut = name.size() - 1; cut > 1; --cut) {
    std::string_view head = std::string_view(name).substr(0, cut), rest = std::string_view(name).substr(cut);
    if (!find_function(head) && head != "sqrt") continue;
    std::size_t digits = rest.find_first_not_of("0123456789");
    bool operand = digits == std::string_view::npos || code_points(rest.substr(digits)) == 1;
    if (operand) return w_.note(fmt::format("'{0}' is read as one name; a function is written {1}({2})", name, head, rest));
    break;
  }
  constexpr std::size_t longest = 3;
  if (size < 2 || size > longest || name.front() == 'd') return;
  std::string product;
  bool used = false;
  for (std::size_t k = 0; k < name.size();) {
    std::size_t next = k + 1;
    while (next < name.size() && (static_cast<unsigned char>(name[next]) & 0xC0U) == 0x80U) ++next;
    std::string one = name.substr(k, next - k);
    if (one[0] >= '0' && one[0] <= '9') return;
    used = used || w_.plain_names.contains(one) || known(one) || one == "π";
    product += (product.empty() ? "" : "*") + one;
    k = next;
  }
  if (used) w_.note(fmt::format("'{}' is read as one name; a product is written {}", name, product));
}

// y_i beside an array y, where i is not bound: hardly meant as a variable of its own.
void resolver::refuse_free_subscript(const std::string& name, const origin& o) const {
  std::size_t bar = name.rfind('_');
  if (bar == std::string::npos || bar == 0 || bar + 1 == name.size() || known(name)) return;
  std::string base = name.substr(0, bar), after = name.substr(bar + 1);
  const entity* array = w_.find(base);
  if (w_.indexed_names.contains(base) || (array && (array->rank > 0 || array->let != none)))
    throw w_.fail(o, "N06",
                  fmt::format("'{}' is neither declared nor an entry of '{}': '{}' is not bound here", name, base, after),
                  fmt::format("write {}[{}], or declare {}", base, after, name));
}

position resolver::index_position(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  auto refuse = [&] {
    return w_.fail(at(n), "S07", fmt::format("'{}' is no index", tree_->slice(n)),
                   "an index is a letter, an integer, or a name plus an integer");
  };
  if (s.kind == syntax::number) {
    const rational& q = tree_->numbers[s.value];
    if (!is_integer(q) || abs(q) > largest_offset) throw refuse();
    return {none, none, static_cast<std::int64_t>(numerator(q))};
  }
  if (s.kind == syntax::negate || s.kind == syntax::sum) {
    position r;
    for (std::size_t k = 0; k < s.children.size(); ++k) {
      position p = index_position(s.children[k]);
      bool minus = s.kind == syntax::negate || s.joins[k] == token_kind::minus;
      bool named = p.slot != none || p.dim != none;
      if (named && (minus || r.slot != none || r.dim != none)) throw refuse();
      if (named) r.slot = p.slot, r.dim = p.dim;
      r.offset += minus ? -p.offset : p.offset;
    }
    if (r.offset > largest_offset || r.offset < -largest_offset) throw refuse();
    return r;
  }
  if (s.kind != syntax::name) throw refuse();
  if (const bound_letter* b = bound(s.name)) return {b->slot, none, b->value};
  if (const entity* e = w_.find(s.name); e && e->is_dim) return {none, w_.by_name.at(s.name), 0};
  if (auto free = free_slot(s.name)) return {*free, none, 0};
  if (known(s.name) || parameters_.contains(s.name))
    throw w_.fail(at(n), "N06", fmt::format("'{}' is a variable, not an index", s.name),
                  "an index is a letter, an integer or a dimension, or one of them plus an integer");
  if (is_constant_name(s.name))
    throw w_.fail(at(n), "N06", fmt::format("'{}' is a constant, not an index", s.name), "use another letter");
  escaped(s.name, at(n));
}

item_id resolver::index_of(item_id base, std::vector<position> where, const origin& o) {
  item& b = w_.items[base];
  if (b.is == form::variable) {
    entity& e = w_.entities[b.ref];
    b.indexed = true;
    int count = static_cast<int>(where.size());
    if (e.rank < 0 && e.let == none) {
      e.rank = count;
      e.first_use = o;
    }
    if (!inside_ && (e.is_dim || (e.let == none && e.rank != count))) {  // of arguments the function itself is asked
      std::string has = e.rank == 0 || e.is_dim ? "a number" : e.rank == 1 ? "a vector" : "a matrix";
      throw w_.fail(
          o, "S05",
          fmt::format("'{}' is {} and takes {} here", e.name, has, count == 1 ? "one index" : fmt::format("{} indices", count)),
          fmt::format("declare '{}' with --var if it is meant otherwise", e.name));
    }
  }
  item i;
  i.is = form::index;
  i.args = {base};
  i.index = std::move(where);
  return add(std::move(i), o);
}

item_id resolver::resolve_index(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  item_id base = resolve(s.children[0]);
  std::vector<position> where;
  for (std::size_t k = 1; k < s.children.size(); ++k) where.push_back(index_position(s.children[k]));
  return index_of(base, std::move(where), at(n));
}

// --- arithmetic. Only arithmetic between literal numbers is carried out.

item_id resolver::resolve_sum(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  std::vector<item_id> terms;
  bool literal = true;
  for (std::size_t k = 0; k < s.children.size(); ++k) {
    item_id t = resolve(s.children[k]);
    if (s.joins[k] == token_kind::minus) t = negated(t, (*tree_)[s.children[k]].kind == syntax::product, at(s.children[k]));
    literal = literal && is_literal(t);
    terms.push_back(t);
  }
  if (!literal) return apply(form::sum, std::move(terms), at(n));
  rational total = 0;
  for (item_id t : terms) total += w_.items[t].number;
  return number(total, at(n));
}

// -u; a written product gets a factor -1 instead of a product around it.
item_id resolver::negated(item_id operand, bool product, const origin& o) {
  const item& i = w_.items[operand];
  if (i.is == form::number) return number(-i.number, o);
  if (!product || i.is != form::product) return product_of({number(-1, o), operand}, {token_kind::times, token_kind::times}, o);
  item copy = i;
  if (is_literal(copy.args[0])) {
    copy.args[0] = number(-w_.items[copy.args[0]].number, o);
  } else {
    copy.args.insert(copy.args.begin(), number(-1, o));
    copy.joins.insert(copy.joins.begin(), token_kind::times);
  }
  return add(std::move(copy), o);
}

item_id resolver::product_of(std::vector<item_id> args, std::vector<token_kind> joins, const origin& o) {
  item i;
  i.is = form::product;
  i.args = std::move(args);
  i.joins = std::move(joins);
  return add(std::move(i), o);
}

// A written product has one coefficient in front: the product of the numbers that it begins with and that it is divided by, also
// as in x/(2*y). So x/2 is (1/2)*x, and 2/3*x is (2/3)*x.
item_id resolver::resolve_product(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  rational coefficient = 1;
  bool has_coefficient = false;
  std::vector<item_id> factors;
  std::vector<token_kind> joins;
  auto take = [&](item_id f, token_kind join) {
    bool over = join == token_kind::over || join == token_kind::dot_over;
    const item& i = w_.items[f];
    bool scaled = over && i.is == form::product && i.args.size() > 1 && i.joins[1] == token_kind::times && is_literal(i.args[0]);
    const rational q = is_literal(f) ? i.number : scaled ? w_.items[i.args[0]].number : rational(0);
    if (over ? q != 0 : is_literal(f) && factors.empty()) {
      coefficient = over ? rational(coefficient / q) : rational(coefficient * q);
      has_coefficient = true;
      if (!scaled) return;
      f = without_first(f);
    }
    factors.push_back(f);
    joins.push_back(join);
  };
  for (std::size_t k = 0; k < s.children.size(); ++k) {
    const syntax_node& c = (*tree_)[s.children[k]];
    if (k == 0 && c.kind == syntax::negate && (*tree_)[c.children[0]].kind != syntax::number) {  // -x*y is (-1)*x*y
      take(number(-1, at(s.children[0])), token_kind::times);
      take(resolve(c.children[0]), s.joins[k]);
    } else {
      take(resolve(s.children[k]), s.joins[k]);
    }
  }
  if (factors.empty()) return number(coefficient, at(n));
  if (has_coefficient) {
    factors.insert(factors.begin(), number(coefficient, at(n)));
    joins.insert(joins.begin(), token_kind::times);
  }
  return product_of(std::move(factors), std::move(joins), at(n));
}

// The product without its first factor.
item_id resolver::without_first(item_id product) {
  item rest = w_.items[product];
  if (rest.args.size() == 2) return rest.args[1];
  rest.args.erase(rest.args.begin());
  rest.joins.erase(rest.joins.begin());
  origin o = rest.at;
  return add(std::move(rest), o);
}

// base^exponent of literals where the result stays small.
std::optional<rational> literal_power(const rational& base, const rational& exponent) {
  constexpr int most = 1024;
  if (!is_integer(exponent) || abs(exponent) > most || (base == 0 && exponent <= 0)) return {};
  auto bits = [](const big_integer& i) { return i == 0 ? 0U : static_cast<unsigned>(msb(abs(i))); };
  int e = static_cast<int>(numerator(exponent));
  auto size = static_cast<unsigned>(std::abs(e));
  constexpr unsigned most_bits = 8192;
  if ((bits(numerator(base)) + bits(denominator(base))) * size > most_bits) return {};
  rational r(pow(numerator(base), size), pow(denominator(base), size));
  return e < 0 ? rational(1 / r) : r;
}

item_id resolver::make_power(item_id base, bool base_is_e, item_id exponent, bool caret, const origin& o) {
  if (base_is_e) {
    item i;
    i.is = form::function;
    i.op = opcode::exp;
    i.args = {exponent};
    i.caret = caret;
    return add(std::move(i), o);
  }
  if (!is_literal(exponent)) {
    item i;
    i.is = form::function;
    i.op = opcode::pow;
    i.args = {base, exponent};
    i.caret = caret;
    return add(std::move(i), o);
  }
  const rational q = w_.items[exponent].number;
  if (is_literal(base))
    if (auto folded = literal_power(w_.items[base].number, q)) return number(*folded, o);
  return power_of(base, q, caret, o);
}

item_id resolver::resolve_power(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  bool e = is_e(s.children[0]);
  item_id base = e ? none : resolve(s.children[0]);
  return make_power(base, e, resolve(s.children[1]), s.joins[0] == token_kind::power, at(n));
}

// --- calls

item_id resolver::resolve_conditional(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  item i;
  i.is = form::select;
  for (syntax_id c : s.children) i.args.push_back(resolve(c));
  switch (s.joins[0]) {
    case token_kind::greater: std::swap(i.args[0], i.args[1]); [[fallthrough]];
    case token_kind::less: i.compares = comparison::lt; break;
    case token_kind::greater_equal: std::swap(i.args[0], i.args[1]); [[fallthrough]];
    case token_kind::less_equal: i.compares = comparison::le; break;
    case token_kind::equal: i.compares = comparison::eq; break;
    default: i.compares = comparison::ne; break;
  }
  return add(std::move(i), at(n));
}

item_id resolver::resolve_call(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  origin o = at(n);
  auto takes = [&](std::size_t count) {
    if (s.children.size() != count)
      throw w_.fail(o, "N03",
                    fmt::format("'{}' takes {} argument{}, not {}", s.name, count, count == 1 ? "" : "s", s.children.size()));
  };
  if (s.axis != 0) refuse_axis(s.name, o);
  if (s.name == "delta") {
    takes(2);
    item i;
    i.is = form::delta;
    i.index = {index_position(s.children[0]), index_position(s.children[1])};
    return add(std::move(i), o);
  }
  std::vector<item_id> arguments;
  for (syntax_id c : s.children) arguments.push_back(resolve(c));
  if (const entity* e = inside_ ? nullptr : w_.find(s.name); e && e->arity > 0) {
    takes(e->arity);
    return unknown_call(*e, s.orders, std::move(arguments), o);
  }
  if (s.name == "sqrt") return takes(1), power_of(arguments[0], rational(1, 2), false, o);
  if (s.name == "vector") return takes(1), apply(form::ones, std::move(arguments), o);
  if (s.name == "diag") return takes(1), apply(form::diagonal, std::move(arguments), o);
  if (s.name == "inv" || s.name == "det" || s.name == "adj") {
    takes(1);
    w_.matrices_wanted.emplace_back(arguments[0], s.name);
    item i;
    i.is = form::of_matrix;
    i.op = s.name == "inv" ? opcode::inv : s.name == "det" ? opcode::det : opcode::adj;
    i.args = std::move(arguments);
    return add(std::move(i), o);
  }
  if (s.name == "pow") return takes(2), make_power(arguments[0], is_e(s.children[0]), arguments[1], false, o);
  for (const definition& d : definitions())
    if (d.row->name == s.name) {
      takes(d.parameters.size());
      return expand(d, arguments, s.axis, o);
    }
  const op_info* f = find_function(s.name);
  if (!f) throw w_.fail(o, "N01", fmt::format("'{}' is a fact, not a function", s.name));
  takes(static_cast<std::size_t>(f->arity));
  item i;
  i.is = form::function;
  i.op = f->code;
  i.args = std::move(arguments);
  return add(std::move(i), o);
}

item_id resolver::unknown_call(const entity& f, std::vector<std::uint32_t> orders, std::vector<item_id> arguments,
                               const origin& o) {
  if (orders.empty()) orders.assign(f.arity, 0);
  if (orders.size() != f.arity)
    throw w_.fail(o, "N03", fmt::format("'{}' has {} arguments: which one it is differentiated by must be said", f.name, f.arity),
                  fmt::format("write {}'[1,0](x, y), the orders in the brackets, or D({}(x, y), x)", f.name, f.name));
  item i;
  i.is = form::function;
  i.op = opcode::unknown;
  i.ref = w_.on.unknown_index({f.name, std::move(orders)});
  i.args = std::move(arguments);
  return add(std::move(i), o);
}

// Only a function of vectors has an axis to work along.
void resolver::refuse_axis(const std::string& name, const origin& o) const {
  const composite* c = find_composite(name);
  if (c && c->kinds.find('v') != std::string_view::npos && c->kinds.find('m') == std::string_view::npos) return;
  if (c && c->kinds.find('m') != std::string_view::npos)
    throw w_.fail(o, "S02", fmt::format("'{}' takes whole matrices, not axis=", name), "leave axis= away");
  if (contains(built_in, name) && name != "sqrt")
    throw w_.fail(o, "S02", fmt::format("'{}' does not work along an axis", name), "leave axis= away");
  throw w_.fail(o, "S02", fmt::format("'{}' works on every entry, not along an axis", name), "leave axis= away");
}

// The arguments for one sample: of a matrix one column or row, of anything else the whole.
std::vector<item_id> resolver::samples(const composite& c, const std::vector<item_id>& arguments, slot_id sample,
                                       const origin& o) {
  std::vector<item_id> r, vectors;
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    if (kind_of(c, k) == parameter_kind::vector) vectors.push_back(arguments[k]);
    item i;
    i.is = form::slice;
    i.args = {arguments[k]};
    i.letters = {sample};
    i.axis = w_.slots[sample].column ? 1 : 2;
    r.push_back(add(std::move(i), o));
  }
  w_.samples_wanted.emplace_back(std::move(vectors), c.name);
  return r;
}

// The definition with the arguments for its parameters. Its letters are its own. With an axis it is applied to every column or
// row: a letter numbers them, and becomes an axis of the value.
item_id resolver::expand(const definition& d, const std::vector<item_id>& arguments, std::uint8_t axis, const origin& o) {
  item_id holder = inside_ ? inside_->call_arguments : apply(form::together, arguments, o);
  if (!inside_) w_.items[holder].axis = 1;  // only a list for error messages
  resolver inner(w_, d.body, o.text);
  for (slot_id s : inner.letters_) w_.slots[s].at = o;
  inner.inside_ = origin{o.text, o.begin, o.end, holder};
  std::vector<item_id> parameters = arguments;
  if (axis != 0) {
    slot sample;
    sample.column = axis == 1;
    sample.at = o;
    w_.slots.push_back(std::move(sample));
    parameters = samples(*d.row, arguments, static_cast<slot_id>(w_.slots.size() - 1), *inner.inside_);
  }
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    if (kind_of(*d.row, k) == parameter_kind::vector) w_.vectors_wanted.emplace_back(parameters[k], d.row->name);
    if (kind_of(*d.row, k) == parameter_kind::matrix) w_.matrices_wanted.emplace_back(parameters[k], d.row->name);
    if (kind_of(*d.row, k) == parameter_kind::square) w_.squares_wanted.emplace_back(parameters[k], d.row->name);
    inner.parameters_.emplace(d.parameters[k], parameters[k]);
  }
  item_id result = inner.resolve(d.body.root);
  if (!inner.letters_.empty()) {
    item g;
    g.is = form::gather;
    g.args = {result};
    g.letters = inner.letters_;
    result = add(std::move(g), *inner.inside_);
  }
  if (axis != 0) {
    item g;
    g.is = form::gather;
    g.args = {result};
    g.letters = w_.items[parameters[0]].letters;
    g.axis = axis;
    result = add(std::move(g), *inner.inside_);
  }
  item c;
  c.axis = axis;
  c.is = form::call;
  c.args = {result};
  c.args.insert(c.args.end(), arguments.begin(), arguments.end());
  c.ref = static_cast<std::uint32_t>(d.row - composites().data());
  return add(std::move(c), o);
}

item_id resolver::resolve_reduce(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  item i;
  i.fold = s.name == "sum"    ? folding::sum
           : s.name == "prod" ? folding::prod
           : s.name == "max"  ? folding::max
           : s.name == "min"  ? folding::min
                              : folding::mean;
  i.axis = s.axis;
  if (s.letter.empty()) {
    i.is = form::reduce_all;
    i.args = {resolve(s.children[0])};
    (s.axis == 0 ? w_.arrays_wanted : w_.matrices_wanted).emplace_back(i.args[0], s.name);
    return add(std::move(i), at(n));
  }
  if (chooses_larger(s)) {
    i.is = form::function;
    i.op = s.name == "max" ? opcode::max : opcode::min;
    i.args = {entity_item(s.letter, at(n)), resolve(s.children[0])};
    return add(std::move(i), at(n));
  }
  if (!inside_ && known(s.letter))
    throw w_.fail(at(n), "N06",
                  fmt::format("'{}' is a {}, not an index", s.letter, w_.find(s.letter)->is_dim ? "dimension" : "variable"),
                  "use another letter for the index of the sum");
  slot k;
  k.name = s.letter;
  k.at = at(n);
  k.bounded = s.children.size() == 3;
  if (k.bounded) {
    k.lo = index_position(s.children[0]);
    k.hi = index_position(s.children[1]);
    if (k.lo.slot != none || k.hi.slot != none)
      throw w_.fail(at(n), "S07", fmt::format("the bounds of '{}' depend on another index", s.letter),
                    "write the condition into the sum: if(k <= j, ..., 0)");
  }
  if (written_out(s, k)) return write_out(s, k, at(n));
  w_.slots.push_back(std::move(k));
  auto id = static_cast<slot_id>(w_.slots.size() - 1);
  scope_.push_back({s.letter, id});
  i.is = form::reduce;
  i.letters = {id};
  i.args = {resolve(s.children.back())};
  scope_.pop_back();
  return add(std::move(i), at(n));
}

// Whether the letter stands in some exponent of the tree.
bool in_exponent(const syntax_tree& tree, syntax_id root, const std::string& letter) {
  std::vector<std::pair<syntax_id, bool>> stack{{root, false}};
  while (!stack.empty()) {
    auto [n, exponent] = stack.back();
    stack.pop_back();
    const syntax_node& s = tree[n];
    if (exponent && s.kind == syntax::name && s.name == letter) return true;
    for (std::size_t k = 0; k < s.children.size(); ++k)
      stack.emplace_back(s.children[k], exponent || (s.kind == syntax::power && k == 1));
  }
  return false;
}

// A short sum over integers, or product, whose letter is an exponent: x + 2*x^2 + 3*x^3 says more than its terms' general form.
bool resolver::written_out(const syntax_node& s, const slot& k) const {
  constexpr std::int64_t most = 8, most_copies = 64;
  if (!k.bounded || k.lo.dim != none || k.hi.dim != none || (s.name != "sum" && s.name != "prod")) return false;
  std::int64_t count = k.hi.offset - k.lo.offset + 1;
  return count >= 1 && count <= most && copies_ * count <= most_copies && in_exponent(*tree_, s.children.back(), s.letter);
}

item_id resolver::write_out(const syntax_node& s, const slot& k, const origin& o) {
  std::int64_t before = copies_;
  copies_ *= k.hi.offset - k.lo.offset + 1;
  std::vector<item_id> parts;
  for (std::int64_t v = k.lo.offset; v <= k.hi.offset; ++v) {
    scope_.push_back({s.letter, none, v});
    parts.push_back(resolve(s.children.back()));
    scope_.pop_back();
  }
  copies_ = before;
  if (parts.size() == 1) return parts[0];
  if (s.name == "sum") return apply(form::sum, std::move(parts), o);
  std::vector<token_kind> joins(parts.size(), token_kind::dot_times);
  return product_of(std::move(parts), std::move(joins), o);
}

entity_id resolver::target_entity(const std::string& name, const origin& o) {
  if (bound(name) || free_slot(name) || bound_somewhere_.contains(name))
    throw w_.fail(o, "N08", fmt::format("'{}' is an index, not a variable", name), "differentiate by a variable");
  refuse_free_subscript(name, o);
  const entity* e = w_.find(name);
  if (e && e->is_dim)
    throw w_.fail(o, "N08", fmt::format("'{}' is a dimension, not a variable", name), "there is no derivative by an integer");
  if (e && e->arity > 0)
    throw w_.fail(o, "N08", fmt::format("'{}' is a function, not a variable", name), "differentiate by one of its arguments");
  if (is_constant_name(name) && !known(name))
    throw w_.fail(o, "N08", fmt::format("'{}' is a constant, not a variable", name),
                  "declare it with --var if it is meant as one");
  return w_.named(name, o);
}

item_id resolver::resolve_derivative(syntax_id n) {
  const syntax_node& s = (*tree_)[n];
  item i;
  i.is = form::derivative;
  i.args = {resolve(s.children[0])};
  const syntax_node& by = (*tree_)[s.children[1]];
  std::string base = by.kind == syntax::name ? by.name : (*tree_)[by.children[0]].name;
  position p;
  std::string split;
  if (by.kind == syntax::name && is_subscripted(base, split, p)) {
    base = split;
    i.index = {p};
  }
  for (std::size_t k = 1; by.kind == syntax::index && k < by.children.size(); ++k)
    i.index.push_back(index_position(by.children[k]));
  i.ref = target_entity(base, at(s.children[1]));
  if (!i.index.empty())  // as an index, which declares the variable by its use
    index_of(entity_item(base, at(s.children[1])), i.index, at(s.children[1]));
  else if (const entity& e = w_.entities[i.ref]; e.let != none)
    sites_.insert(e.sites.begin(), e.sites.end());
  item_id id = add(std::move(i), at(n));
  sites_.insert(id);
  return id;
}

bool is_zero(const workspace& w, item_id i) { return w.items[i].is == form::number && w.items[i].number == 0; }

}  // namespace

// --- the workspace

entity_id workspace::named(const std::string& name, const origin& at) {
  auto [it, fresh] = by_name.try_emplace(name, static_cast<entity_id>(entities.size()));
  if (fresh) {
    entity e;
    e.name = name;
    e.first_use = at;
    entities.push_back(std::move(e));
  }
  return it->second;
}

const entity* workspace::find(std::string_view name) const {
  auto it = by_name.find(std::string(name));
  return it == by_name.end() ? nullptr : &entities[it->second];
}

error workspace::fail(const origin& at, std::string code, std::string message, std::string hint) const {
  return error_at(*texts.at(at.text), at.begin, at.end, std::move(code), std::move(message), std::move(hint));
}

std::string_view workspace::slice(const origin& at) const {
  return std::string_view(*texts.at(at.text)).substr(at.begin, at.end - at.begin);
}

std::string workspace::quoted(const origin& at) const {
  constexpr std::size_t longest = 60;
  std::string_view s = slice(at);
  if (s.size() <= longest) return fmt::format("'{}'", s);
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(s[cut]) & 0xC0U) == 0x80U) --cut;
  return fmt::format("'{}...'", s.substr(0, cut));
}

void workspace::note(std::string text) {
  constexpr std::size_t most = 100;
  if (notes.size() < most && !contains(notes, text)) notes.push_back(std::move(text));
}

name_role workspace::role(std::string_view name) const {
  const entity* e = find(name);
  if (e && e->arity > 0) return {name_role::kind::function, false, true};
  if ((e && (e->declared || e->let != none || e->is_dim)) || let_names.contains(std::string(name)))
    return {name_role::kind::variable, false, true};
  name_role f = function_role(name);
  if (f.is == name_role::kind::function) return f;
  if (is_constant_name(name)) return {};
  std::string n(name);
  if (contains(properties, name))
    return {name_role::kind::unknown, false, false, fmt::format("'{}' is a fact, not a function", name)};
  if (contains(planned, name))
    return {name_role::kind::unknown, false, false, fmt::format("the function '{}' is not available yet", name)};
  if (plain_names.contains(n) || looks_like_variable(name)) return {};
  if (contains(derivative_names, name))
    return {name_role::kind::unknown, false, false, fmt::format("unknown function '{}'; a derivative is written D(f, x)", name)};
  std::vector<std::string_view> candidates(built_in.begin(), built_in.end());
  for (const op_info& o : functions()) {
    candidates.push_back(o.name);
    candidates.insert(candidates.end(), o.aliases.begin(), o.aliases.end());
  }
  for (const composite& c : composites()) candidates.push_back(c.name);
  std::string lower = n;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string_view meant = contains(candidates, std::string_view(lower)) ? std::string_view(lower) : closest(name, candidates);
  return {name_role::kind::unknown, false, false,
          meant.empty() ? fmt::format("unknown function '{}'", name)
                        : fmt::format("unknown function '{}'; did you mean '{}'?", name, meant)};
}

// --- texts

void note_names(workspace& w, std::string_view text) {
  for (const name_use& u : names_in(text)) {
    if (u.before != token_kind::open) w.plain_names.insert(u.name);
    if (u.before == token_kind::open_index) w.indexed_names.insert(u.name);
  }
}

namespace {

entity_id dimension(workspace& w, const std::string& name, const origin& at) {
  if (is_constant_name(name) && name != "I" && name != "e")
    throw w.fail(at, "N04", fmt::format("'{}' cannot name a dimension", name));
  entity_id id = w.named(name, at);
  entity& e = w.entities[id];
  if (e.is_dim) return id;
  if (e.let != none || (e.declared && !e.integer))
    throw w.fail(at, "S05", fmt::format("'{}' is a variable and cannot be a dimension", name),
                 fmt::format("declare it as '{}: integer', or use another name", name));
  if (e.declared) w.note(fmt::format("'{}' is a dimension, hence an integer >= 1", name));
  e.is_dim = true;
  e.rank = 0;
  return id;
}

}  // namespace

void declare(workspace& w, const declaration& d, std::uint32_t text) {
  using type = declaration::type;
  for (const auto& n : d.names) {
    origin at{text, n.begin, n.end, none};
    if (n.name == "if" || n.name == "sum" || n.name == "prod" || n.name == "not" || n.name == "axis")
      throw w.fail(at, "N04", fmt::format("'{}' is a word of the language", n.name), "use another name");
    entity_id id = w.named(n.name, at);
    if (w.entities[id].declared) throw w.fail(at, "N04", fmt::format("'{}' is declared twice", n.name), "remove one declaration");
    if (w.entities[id].is_dim && d.is != type::integer)
      throw w.fail(at, "S05", fmt::format("'{}' is a dimension and cannot be a variable", n.name), "use another name");
    std::vector<length_id> axes;
    for (const auto& dim : d.dims) {
      affine hi{none, dim.offset};
      if (!dim.name.empty()) hi.dim = w.on.dim(w.entities[dimension(w, dim.name, {text, dim.begin, dim.end, none})].name);
      auto l = static_cast<length_id>(w.lengths.size());
      w.lengths.push_back({l, range{{none, 1}, hi}});
      axes.push_back(l);
    }
    entity& e = w.entities[id];
    e.declared = true;
    e.integer = d.is == type::integer;
    e.rank = static_cast<int>(axes.size());
    e.axes = std::move(axes);
    e.arity = d.arity;
    if (d.arity > 0) w.note(fmt::format("'{}' is an unknown function, taken to be differentiable as often as needed", n.name));
  }
}

void mark_dimensions(workspace& w, const syntax_tree& tree, std::uint32_t text) {
  std::set<std::string_view> letters;
  if (!tree.bound_names.empty())
    for (const syntax_node& s : tree.nodes)
      if (s.kind == syntax::reduce) letters.insert(s.letter);
  for (syntax_id n : tree.bound_names) {
    const std::string& name = tree[n].name;
    origin at{text, tree[n].begin, tree[n].end, none};
    if (name == "inf") throw w.fail(at, "N05", "a sum without end has no value here", "give a finite upper bound");
    const entity* e = w.find(name);
    if (letters.contains(name) && !(e && e->is_dim)) continue;
    dimension(w, name, at);
  }
}

resolved_text resolve_statement(workspace& w, const syntax_tree& tree, std::uint32_t text,
                                std::span<const letter_range> letters) {
  resolver r(w, tree, text, letters);
  resolved_text result;
  const syntax_node& root = tree[tree.root];
  std::vector<syntax_id> sides{tree.root};
  if (root.kind == syntax::compare) {
    if (root.joins[0] != token_kind::equal)
      throw w.fail(r.at(tree.root), "U05", "only equations can be proved: two expressions joined by '=='",
                   "inequalities stand in --given and in if(...)");
    sides = root.children;
  }
  for (syntax_id s : sides) {
    std::set<item_id> sites;
    if (!result.sides.empty()) w.right_side = static_cast<item_id>(w.items.size());
    result.sides.push_back(r.side(s, sites));
    result.sites.push_back(std::move(sites));
    result.texts.emplace_back(tree.slice(s));
  }
  result.letters = r.letters();
  return result;
}

namespace {

// The letters of the left side of `a[i, j] = ...`, which order the axes of a.
std::vector<slot_id> ordered_letters(const workspace& w, resolver& r, const syntax_tree& tree, std::uint32_t text,
                                     syntax_id left) {
  std::vector<slot_id> order;
  const syntax_node& s = tree[left];
  for (std::size_t k = 1; s.kind == syntax::index && k < s.children.size(); ++k) {
    position p = r.index_position(s.children[k]);
    if (p.slot == none || p.offset != 0 || contains(order, p.slot))
      throw w.fail({text, tree[s.children[k]].begin, tree[s.children[k]].end, none}, "P15",
                   "the left side of a let takes different letters", "such as a[i] = exp(z[i])");
    order.push_back(p.slot);
  }
  if (s.kind == syntax::name) return r.letters();
  for (slot_id l : r.letters())
    if (!contains(order, l))
      throw w.fail(w.slots[l].at, "N02", fmt::format("index '{}' is neither bound nor on the left side", w.slots[l].name));
  return order;
}

}  // namespace

void resolve_let(workspace& w, const syntax_tree& tree, std::uint32_t text) {
  const syntax_node& root = tree[tree.root];
  syntax_id left = root.children[0];
  std::string name = tree[left].kind == syntax::name ? tree[left].name : tree[tree[left].children[0]].name;
  origin at{text, tree[left].begin, tree[left].end, none};
  if (const entity* e = w.find(name))
    throw w.fail(at, "N04",
                 e->declared || e->let != none ? fmt::format("'{}' is declared twice", name)
                                               : fmt::format("'{}' is used before its definition", name),
                 e->declared || e->let != none ? "use another name" : "put the definition first");
  resolver r(w, tree, text);
  std::set<item_id> sites;
  item_id value = r.side(root.children[1], sites);
  std::vector<slot_id> letters = ordered_letters(w, r, tree, text, left);
  if (w.find(name)) throw w.fail(at, "N04", fmt::format("'{}' is defined by itself", name), "use another name");
  if (!letters.empty()) {
    item g;
    g.is = form::gather;
    g.args = {value};
    g.letters = letters;
    value = r.add(std::move(g), r.at(tree.root));
  }
  entity_id id = w.named(name, at);
  item l;
  l.is = form::let;
  l.args = {value};
  l.ref = id;
  w.entities[id].let = r.add(std::move(l), at);
  w.entities[id].sites = std::move(sites);
  w.entities[id].independent = w.independent.contains(name);
}

namespace {

relation relation_of(token_kind k) {
  switch (k) {
    case token_kind::less:
    case token_kind::greater: return relation::positive;
    case token_kind::less_equal:
    case token_kind::greater_equal: return relation::nonnegative;
    default: return relation::nonzero;
  }
}

// The larger side minus the smaller; the bare other side where one of them is 0.
item_id difference(workspace& w, resolver& r, item_id larger, item_id smaller, const origin& at) {
  if (is_zero(w, smaller)) return larger;
  item_id minus = w.items[smaller].is == form::number
                      ? r.number(-w.items[smaller].number, at)
                      : r.product_of({r.number(-1, at), smaller}, {token_kind::times, token_kind::times}, at);
  return is_zero(w, larger) ? minus : r.apply(form::sum, {larger, minus}, at);
}

item_id total(workspace& w, resolver& r, item_id of, std::uint8_t axis, const std::string& property, const origin& at) {
  item i;
  i.is = form::reduce_all;
  i.args = {of};
  i.axis = axis;
  (axis == 0 ? w.vectors_wanted : w.matrices_wanted).emplace_back(of, property);
  return r.add(std::move(i), at);
}

std::vector<resolved_fact> property(workspace& w, resolver& r, const syntax_tree& tree, const resolved_fact& base) {
  const syntax_node& root = tree[tree.root];
  origin at = r.at(tree.root);
  if (root.children.size() != 1)
    throw w.fail(at, "N03", fmt::format("'{}' takes 1 argument, not {}", root.name, root.children.size()));
  item_id u = r.resolve(root.children[0]);
  auto says = [&](relation is, item_id of) { return resolved_fact{base.text, false, is, of, none, {}}; };
  auto equal = [&](item_id a, item_id b) { return resolved_fact{base.text, true, {}, a, b, {}}; };
  if (root.name == "integer") {
    const item& i = w.items[u];
    if (i.is == form::variable && !root.negated) w.entities[i.ref].integer = true;
    return {says(root.negated ? relation::not_integer : relation::integer, u)};
  }
  if (root.name == off_poles_property) return {says(relation::off_poles, u)};
  if (root.name == "symmetric") {
    const item& i = w.items[u];
    if (i.is == form::variable) {
      entity& e = w.entities[i.ref];
      if (e.rank < 0) e.rank = 2;
      e.symmetric = true;
    }
    w.matrices_wanted.emplace_back(u, root.name);
    return {equal(u, r.apply(form::transpose, {u}, at))};
  }
  std::vector<resolved_fact> facts{equal(total(w, r, u, root.axis, root.name, at), r.number(1, at)),
                                   says(relation::nonnegative, u)};
  if (root.name == "one_hot") facts.push_back(equal(r.power_of(u, 2, false, at), u));
  return facts;
}

}  // namespace

std::vector<resolved_fact> resolve_fact(workspace& w, const syntax_tree& tree, std::uint32_t text) {
  resolver r(w, tree, text);
  const syntax_node& root = tree[tree.root];
  resolved_fact base;
  base.text = std::string(tree.slice(tree.root));
  if (root.negated) base.text = "not " + base.text;
  std::vector<resolved_fact> facts;
  if (root.kind == syntax::call) {
    facts = property(w, r, tree, base);
  } else {
    item_id left = r.resolve(root.children[0]), right = r.resolve(root.children[1]);
    token_kind k = root.joins[0];
    base.equation = k == token_kind::equal;
    base.is = relation_of(k);
    base.left = left;
    base.right = right;
    origin at = r.at(tree.root);
    if (k == token_kind::less || k == token_kind::less_equal)
      base.left = difference(w, r, right, left, at);
    else if (!base.equation)
      base.left = difference(w, r, left, right, at);
    facts = {base};
  }
  for (resolved_fact& f : facts) f.letters = r.letters();
  return facts;
}

resolved_target resolve_target(workspace& w, const syntax_tree& tree, std::uint32_t text) {
  resolver r(w, tree, text);
  const syntax_node& root = tree[tree.root];
  origin at = r.at(tree.root);
  std::string name = root.kind == syntax::name ? root.name : tree[root.children[0]].name, base;
  position p;
  resolved_target t{none, {}, {}, at};
  if (root.kind == syntax::name && r.is_subscripted(name, base, p)) {
    name = base;
    t.index = {p};
  }
  for (std::size_t k = 1; root.kind == syntax::index && k < root.children.size(); ++k)
    t.index.push_back(r.index_position(root.children[k]));
  t.variable = r.target_entity(name, at);
  t.letters = r.letters();
  if (!t.index.empty()) {
    item v;
    v.is = form::variable;
    v.ref = t.variable;
    item i;
    i.is = form::index;
    i.args = {r.add(std::move(v), at)};
    i.index = t.index;
    entity& e = w.entities[t.variable];
    w.items[i.args[0]].indexed = true;
    if (e.rank < 0 && e.let == none) e.rank = static_cast<int>(t.index.size());
    r.add(std::move(i), at);
  }
  return t;
}

item_id resolve_call(workspace& w, const composite& c, const std::vector<item_id>& arguments, std::uint8_t axis,
                     const origin& at) {
  static const syntax_tree empty =
      parse_statement(std::make_shared<const std::string>("0"), [](std::string_view) { return name_role{}; });
  resolver r(w, empty, at.text);
  for (const definition& d : definitions())
    if (d.row == &c) return r.expand(d, arguments, axis, at);
  throw defect("a composite without a definition");
}

}  // namespace wengert::elaboration
