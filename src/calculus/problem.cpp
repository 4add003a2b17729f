// The texts of a problem in their order: declarations, lets, expressions, facts, variables of differentiation.
#include <wengert/calculus/problem.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "elaboration.hpp"

namespace wengert {

using namespace elaboration;

struct problem::state {
  explicit state(tape& t) : w(t) {}

  workspace w;
  std::vector<resolved_text> texts;
  std::vector<item_id> meets;
};

namespace {

resolved_fact integer_fact(workspace& w, entity_id e) {
  item i;
  i.is = form::variable;
  i.ref = e;
  i.at = w.entities[e].first_use;
  w.items.push_back(std::move(i));
  return {fmt::format("integer({})", w.entities[e].name), false, relation::integer,
          static_cast<item_id>(w.items.size() - 1),       none,  {}};
}

// An error that knows no place in a text gets the text at least.
template <class F> auto within(std::string_view text, F f) {
  try {
    return f();
  } catch (error& e) {
    constexpr std::size_t longest = 10'000;
    if (e.source.empty() && text.size() <= longest) e.source = std::string(text);
    throw;
  }
}

// The sides of an equation meet: their shapes are one.
item_id meet(workspace& w, const std::vector<item_id>& sides, const origin& at) {
  item i;
  i.is = form::together;
  i.args = sides;
  i.at = at;
  w.items.push_back(std::move(i));
  return static_cast<item_id>(w.items.size() - 1);
}

origin whole(const workspace& w, std::uint32_t text) {
  return {text, 0, static_cast<std::uint32_t>(w.texts[text]->size()), none};
}

fact finished(workspace& w, const resolved_fact& f, item_id together) {
  fact r{f.text, f.equation, node_over(w, f.left, f.letters, together), none, f.is};
  if (f.equation) r.right = node_over(w, f.right, f.letters, together);
  return r;
}

target finished(workspace& w, const resolved_target& t) {
  if (w.entities[t.variable].is_dim)
    throw w.fail(t.at, "N08", fmt::format("'{}' is a dimension, not a variable", w.entities[t.variable].name),
                 "there is no derivative by an integer");
  target r{symbol_of(w, t.variable), {}, {}, std::string(w.slice(t.at))};
  for (const position& p : t.index) {
    if (p.slot != none) {
      if (p.offset != 0) throw w.fail(t.at, "P15", "a variable of differentiation takes plain letters", "such as z[i]");
      auto k = std::ranges::find(t.letters, p.slot) - t.letters.begin();
      r.entry.push_back(label::of_axis(static_cast<std::size_t>(k)));
    } else {
      affine a = affine_of(w, p);
      auto offset = static_cast<std::int32_t>(a.offset);
      r.entry.push_back(a.dim == none ? label::of_integer(offset) : label::of_dim(a.dim, offset));
    }
  }
  if (!t.letters.empty())
    for (const position& p : t.index) r.letters.push_back(p.slot == none ? std::string() : w.slots[p.slot].name);
  return r;
}

bool known(const workspace& w, length_id l) {
  while (w.lengths[l].parent != l) l = w.lengths[l].parent;
  return w.lengths[l].known.has_value();
}

std::vector<expression> finished(workspace& w, const resolved_text& r, item_id together) {
  std::vector<expression> all;
  for (std::size_t k = 0; k < r.sides.size(); ++k) {
    expression e;
    e.node = node_over(w, r.sides[k], r.letters, together);
    for (slot_id s : r.letters) e.letters.push_back(w.slots[s].name);
    for (item_id d : r.sites[k]) {
      e.sites.push_back(site_of(w, d));
      e.sites.back().value = w.values[d].node;
    }
    e.text = r.texts[k];
    all.push_back(std::move(e));
  }
  return all;
}

// One text of the problem.
struct source {
  std::uint32_t text = 0;
  syntax_tree tree;
};

// Reads all texts: first what names there are, then what the texts say.
class reader {
 public:
  reader(workspace& w, const problem_text& text) : w_(w), text_(text) {}

  void run() {
    collect_names();
    for (const std::string& v : text_.vars) within(v, [&] { declarations(v); });
    parse_all();
    for (const auto* list : {&lets_, &expressions_, &facts_, &targets_})
      for (const source& s : *list) within(*s.tree.text, [&] { mark_dimensions(w_, s.tree, s.text); });
    resolve_all();
    for (std::size_t k = 0; k < expressions.size(); ++k)
      meets.push_back(meet(w_, expressions[k].sides, whole(w_, expressions_[k].text)));
    for (const resolved_fact& f : facts) {
      std::vector<item_id> sides{f.left};
      if (f.equation) sides.push_back(f.right);
      fact_meets.push_back(meet(w_, sides, w_.items[f.left].at));
    }
    note_names_of_facts();
    for (const resolved_fact& f : facts)
      for (length_condition& c : lengths_in(w_, f)) w_.given_lengths.push_back(std::move(c));
    infer(w_, 0, 0);
    elaborate(w_, 0);
  }

  std::vector<resolved_text> expressions;
  std::vector<item_id> meets, fact_meets;
  std::vector<resolved_fact> facts;
  std::vector<resolved_target> targets;

 private:
  std::uint32_t add_text(std::string_view text) {
    w_.texts.push_back(std::make_shared<const std::string>(text));
    return static_cast<std::uint32_t>(w_.texts.size() - 1);
  }

  void collect_names() {
    for (const auto* list : {&text_.lets, &text_.givens, &text_.wrt, &text_.expressions})
      for (const std::string& one : *list) within(one, [&] { note_names(w_, one); });
    for (const std::string& l : text_.lets)
      if (auto names = names_in(l); !names.empty()) w_.let_names.insert(names.front().name);
  }

  void declarations(const std::string& text) {
    std::uint32_t t = add_text(text);
    for (const declaration& d : parse_declarations(text)) {
      declare(w_, d, t);
      for (auto [begin, end] : d.facts) declared_facts_.push_back({t, begin, end, none});
      if (d.is == declaration::type::integer)
        for (const auto& n : d.names) integers_.push_back(w_.by_name.at(n.name));
    }
  }

  template <class Parse> std::vector<source> parse_list(const std::vector<std::string>& texts, Parse parse) {
    std::vector<source> r;
    vocabulary names = [this](std::string_view n) { return w_.role(n); };
    for (const std::string& one : texts)
      within(one, [&] {
        std::uint32_t t = add_text(one);
        r.push_back({t, parse(w_.texts[t], names)});
      });
    return r;
  }

  void parse_all() {
    auto fact = [](auto t, const vocabulary& v) { return parse_fact(std::move(t), v); };
    auto statement = [](auto t, const vocabulary& v) { return parse_statement(std::move(t), v); };
    lets_ = parse_list(text_.lets, parse_let);
    expressions_ = parse_list(text_.expressions, statement);
    vocabulary names = [this](std::string_view n) { return w_.role(n); };
    for (const origin& o : declared_facts_)
      within(*w_.texts[o.text], [&] { facts_.push_back({o.text, parse_fact(w_.texts[o.text], names, o.begin, o.end)}); });
    for (source& s : parse_list(text_.givens, fact)) facts_.push_back(std::move(s));
    targets_ = parse_list(text_.wrt, parse_target);
    for (const source& t : targets_) {
      const syntax_node& root = t.tree[t.tree.root];
      std::string name = root.kind == syntax::name ? root.name : t.tree[root.children[0]].name;
      w_.independent.insert(name);
      if (!w_.let_names.contains(name)) w_.independent.insert(name.substr(0, name.rfind('_')));  // a_1 is a[1]
    }
  }

  void resolve_all() {
    for (const source& s : lets_) within(*s.tree.text, [&] { resolve_let(w_, s.tree, s.text); });
    for (const source& s : expressions_)
      within(*s.tree.text, [&] { expressions.push_back(resolve_statement(w_, s.tree, s.text)); });
    for (const source& s : facts_)
      within(*s.tree.text, [&] {
        for (resolved_fact& f : resolve_fact(w_, s.tree, s.text)) facts.push_back(std::move(f));
      });
    for (entity_id e : integers_)
      if (!w_.entities[e].is_dim) facts.push_back(integer_fact(w_, e));
    for (const source& s : targets_) within(*s.tree.text, [&] { targets.push_back(resolve_target(w_, s.tree, s.text)); });
    note_independent_lets();
  }

  // A let that is differentiated by is a variable to the other derivatives too.
  void note_independent_lets() {
    if (targets_.size() < 2) return;
    for (const entity& e : w_.entities)
      if (e.independent && e.let != none)
        w_.note(fmt::format("'{}' is differentiated by, hence a variable: the derivatives by other names do not look into it",
                            e.name));
  }

  // A name in facts only is perhaps misspelt.
  void note_names_of_facts() {
    std::set<std::string> elsewhere;
    for (const auto* list : {&text_.vars, &text_.lets, &text_.expressions, &text_.wrt})
      for (const std::string& one : *list)
        for (const name_use& u : names_in(one)) elsewhere.insert(u.name);
    for (const std::string& one : text_.givens)
      for (const name_use& u : names_in(one)) {
        bool variable = w_.find(u.name) != nullptr;
        if (variable && !elsewhere.contains(u.name) &&
            !std::ranges::any_of(elsewhere, [&](const std::string& n) { return n.starts_with(u.name + "_"); }))
          w_.note(fmt::format("'{}' stands in facts only", u.name));
      }
  }

  workspace& w_;
  const problem_text& text_;
  std::vector<origin> declared_facts_;
  std::vector<entity_id> integers_;
  std::vector<source> lets_, expressions_, facts_, targets_;
};

// What a text that fails has declared is forgotten.
struct snapshot {
  explicit snapshot(workspace& w)
      : of(w), entities(w.entities), by_name(w.by_name), plain(w.plain_names), indexed(w.indexed_names) {}
  void restore() {
    of.entities = std::move(entities);
    of.by_name = std::move(by_name);
    of.plain_names = std::move(plain);
    of.indexed_names = std::move(indexed);
    of.forget_wanted();
  }
  workspace& of;
  std::vector<entity> entities;
  std::unordered_map<std::string, entity_id> by_name;
  std::set<std::string> plain, indexed;
};

// A value that is given, as an item.
item_id given(workspace& w, const edge& e, const origin& at) {
  value v{e.node, {}, {}};
  item i;
  i.is = form::given;
  i.at = at;
  for (std::size_t k = 0; k < e.labels.size(); ++k) {
    const label& l = e.labels[k];
    if (l.is_constant()) {
      v.marks.push_back({mark::kind::constant, l.value().dim, l.offset});
      continue;
    }
    auto axis = static_cast<std::size_t>(l.axis);
    v.marks.push_back({mark::kind::array, static_cast<std::uint32_t>(axis), l.offset});
    if (v.array.size() <= axis) v.array.resize(axis + 1, w.on.range_to({none, 1}));
    v.array[axis] = w.on.shift(w.on.out(e.node)[k], -l.offset);
  }
  for (range_id r : v.array) {
    i.has.axes.push_back(static_cast<length_id>(w.lengths.size()));
    w.lengths.push_back({i.has.axes.back(), w.on.range_of(r)});
  }
  w.items.push_back(std::move(i));
  w.values.resize(w.items.size());
  w.values.back() = std::move(v);
  return static_cast<item_id>(w.items.size() - 1);
}

}  // namespace

problem::problem(const problem_text& text) : tape_(std::make_unique<tape>()), state_(std::make_unique<state>(*tape_)) {
  workspace& w = state_->w;
  w.calls = &calls_;
  reader r(w, text);
  r.run();
  for (std::size_t k = 0; k < r.expressions.size(); ++k)
    for (expression& e : finished(w, r.expressions[k], r.meets[k])) expressions_.push_back(std::move(e));
  for (std::size_t k = 0; k < r.facts.size(); ++k) facts_.push_back(finished(w, r.facts[k], r.fact_meets[k]));
  for (const resolved_target& t : r.targets) {
    target asked = finished(w, t);
    if (std::ranges::find(targets_, asked.text, &target::text) == targets_.end()) targets_.push_back(std::move(asked));
  }
  for (entity_id id = 0; id < w.entities.size(); ++id) {
    const entity& e = w.entities[id];
    if (e.let != none && !e.independent) lets_.emplace_back(e.name, w.values[e.let].node);
    // What is declared and used nowhere is on the tape too, so that its name is taken.
    bool plain = e.declared && !e.is_dim && e.let == none && e.arity == 0 && e.rank >= 0;
    if (plain && std::ranges::all_of(e.axes, [&](length_id l) { return known(w, l); })) symbol_of(w, id);
  }
  notes_ = w.notes;
  w.lengths_open = false;
  state_->texts = std::move(r.expressions);
  state_->meets = std::move(r.meets);
}

std::vector<expression> problem::expressions(const function_choice& instead) {
  workspace& w = state_->w;
  std::vector<expression> all;
  w.instead = instead;
  elaborate(w, 0);
  for (std::size_t k = 0; k < state_->texts.size(); ++k)
    for (expression& e : finished(w, state_->texts[k], state_->meets[k])) all.push_back(std::move(e));
  w.instead = nullptr;
  elaborate(w, 0);
  return all;
}

problem::~problem() = default;

problem::problem(problem&& other) noexcept
    : tape_(std::move(other.tape_)),
      state_(std::move(other.state_)),
      expressions_(std::move(other.expressions_)),
      targets_(std::move(other.targets_)),
      facts_(std::move(other.facts_)),
      lets_(std::move(other.lets_)),
      calls_(std::move(other.calls_)),
      notes_(std::move(other.notes_)) {
  if (state_) state_->w.calls = &calls_;
}

expression problem::parse(std::string_view text, std::span<const letter_range> letters) { return parsed(text, letters, none); }

expression problem::parsed(std::string_view text, std::span<const letter_range> letters, node_id like) {
  workspace& w = state_->w;
  snapshot before(w);
  try {
    return within(text, [&] {
      note_names(w, text);
      w.texts.push_back(std::make_shared<const std::string>(text));
      auto t = static_cast<std::uint32_t>(w.texts.size() - 1);
      auto first = static_cast<item_id>(w.items.size());
      auto first_slot = static_cast<slot_id>(w.slots.size());
      syntax_tree tree = parse_statement(w.texts[t], [&](std::string_view n) { return w.role(n); });
      if (tree[tree.root].kind == syntax::compare)
        throw tree.fail(tree.root, "P16", "one expression is expected, not a comparison");
      mark_dimensions(w, tree, t);
      resolved_text r = resolve_statement(w, tree, t, letters);
      std::vector<item_id> sides = r.sides;
      if (like != none) sides.push_back(given(w, tape_->whole(like), whole(w, t)));
      item_id together = meet(w, sides, whole(w, t));
      infer(w, first, first_slot);
      elaborate(w, first);
      notes_ = w.notes;
      return finished(w, r, together).front();
    });
  } catch (...) {
    before.restore();
    throw;
  }
}

name_role problem::role(std::string_view name) const { return state_->w.role(name); }

expression problem::read_back(std::string_view text, std::span<const letter_range> letters, node_id like) {
  std::vector<std::string> notes = notes_;
  expression e = parsed(text, letters, letters.empty() ? like : none);
  notes_ = state_->w.notes = std::move(notes);
  return e;
}

node_id problem::apply(std::string_view composite_name, std::span<const edge> args, std::uint8_t axis) {
  workspace& w = state_->w;
  const composite* c = find_composite(composite_name);
  if (!c) throw error("N01", fmt::format("no composite is named '{}'", composite_name));
  if (c->kinds.size() != args.size())
    throw error("N03", fmt::format("'{}' takes {} arguments, not {}", c->name, c->kinds.size(), args.size()));
  w.texts.push_back(std::make_shared<const std::string>(composite_name));
  origin at = whole(w, static_cast<std::uint32_t>(w.texts.size() - 1));
  auto first = static_cast<item_id>(w.items.size());
  auto first_slot = static_cast<slot_id>(w.slots.size());
  std::vector<item_id> arguments;
  for (const edge& e : args) arguments.push_back(given(w, e, at));
  item_id result = resolve_call(w, *c, arguments, axis, at);
  infer(w, first, first_slot);
  elaborate(w, first);
  return node_over(w, result, {});
}

}  // namespace wengert
