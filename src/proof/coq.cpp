#include <wengert/proof/coq.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/partials.hpp>
#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>
#include <wengert/core/registry.hpp>
#include <wengert/proof/certificate.hpp>

#include "coq_words.hpp"

namespace wengert {

namespace {

using kind = claim::kind;

// Functions that the Coq files do not define.
constexpr std::array foreign_functions{opcode::erfinv,   opcode::gamma,   opcode::lgamma,  opcode::digamma,   opcode::expint,
                                       opcode::lambertw, opcode::atan2,   opcode::beta,    opcode::polygamma, opcode::gammap,
                                       opcode::gammaq,   opcode::besselj, opcode::bessely, opcode::besseli,   opcode::besselk};
// Steps of the kernel that the checker in Coq has not.
constexpr std::array<std::string_view, 2> foreign_steps{"cases", "any-sign"};
// Rows of the table of rules that the Coq files do not prove: those of the functions above.
constexpr std::array<std::string_view, 23> foreign_rules{
    "beta-gamma",   "besseli-back", "besseli-step",   "besselj-back",   "besselj-step",  "besselk-back",
    "besselk-step", "bessely-back", "bessely-step",   "digamma-back",   "digamma-step",  "erf-erfinv",
    "erfinv-odd",   "gamma-back",   "gamma-half",     "gamma-one",      "gamma-step",    "gammaq-gammap",
    "lambertw-exp", "lgamma-log",   "polygamma-back", "polygamma-step", "polygamma-zero"};

struct counterpart {
  std::string_view rule, name;
  bool left, right, listed;  // of a step that premises and nodes say all of: which nodes, and whether the premises are a list
};
constexpr std::array counterparts{
    counterpart{"reflexive", "Srefl", true, false, false},
    counterpart{"symmetric", "Ssym", false, false, false},
    counterpart{"transitive", "Strans", false, false, false},
    counterpart{"congruence", "Scong", true, true, true},
    counterpart{"sign", "Ssgn", true, false, true},
    counterpart{"transfer", "Stransfer", false, false, false},
    counterpart{"factor-nonzero", "Sfactor", false, false, false},
    counterpart{"argument-sign", "Sargument", false, false, false},
    counterpart{"derivative-equal", "Sderto", false, false, false},
    counterpart{"derivative-of-equal", "Sderfun", false, false, false},
    counterpart{"derivative-entry", "Sentry", false, true, false},
    counterpart{"derivative-again", "Sagain", false, false, false},
    counterpart{"ring", "Sring", true, true, true},
    counterpart{"lift", "Ssame", true, true, false},
    counterpart{"derivative", "Sder", true, true, true},
    counterpart{"decided", "Sdecided", true, true, false},
};

std::string name_of(relation is) {
  constexpr std::array names{"Pos", "Nonneg", "Nonzero", "Not_integer", "Integer"};
  if (is == relation::off_poles) no_counterpart("the poles of the gamma function");
  return names.at(static_cast<std::size_t>(is));
}

// A label of something that `width` indices belong to: a number below that is one of them, `width` and above are the fixed 1, 2,
// ...
std::size_t number_of(const label& l, std::size_t width) {
  if (!l.is_constant() && l.offset != 0) no_counterpart("an entry at a shifted place");
  if (!l.is_constant()) return static_cast<std::size_t>(l.axis);
  if (l.value().dim != none || l.offset < 1) no_counterpart("an entry at a place that is not written as a number");
  return width + static_cast<std::size_t>(l.offset) - 1;
}

std::string numbers_of(std::span<const label> labels, std::size_t width) {
  std::vector<std::size_t> r;
  for (const label& l : labels) r.push_back(number_of(l, width));
  return fmt::format("[{}]%nat", fmt::join(r, "; "));
}

// A text in which nodes will be named once all are known.
class script {
 public:
  script& operator<<(std::string_view text) {
    parts_.emplace_back(std::string(text));
    return *this;
  }
  script& operator<<(std::size_t number) { return *this << std::to_string(number); }
  script& node(node_id n) {
    parts_.emplace_back(n);
    return *this;
  }
  script& nodes(std::span<const node_id> all) {
    return list(all, [this](node_id n) { node(n); });
  }
  // (node, [labels]), of something that `width` indices belong to.
  script& place(const edge& e, std::size_t width) {
    *this << "(";
    node(e.node);
    return *this << fmt::format(", {})", numbers_of(e.labels, width));
  }
  script& places(std::span<const edge> all, std::size_t width) {
    return list(all, [&](const edge& e) { place(e, width); });
  }
  template <typename Range, typename Write> script& list(const Range& all, const Write& write) {
    *this << "[";
    std::string_view parting;
    for (const auto& one : all) {
      *this << parting;
      write(one);
      parting = "; ";
    }
    return *this << "]";
  }

  void collect(std::vector<node_id>& into) const {
    for (const auto& p : parts_)
      if (const node_id* n = std::get_if<node_id>(&p)) into.push_back(*n);
  }
  std::string text(const std::vector<node_id>& names) const {
    std::string r;
    for (const auto& p : parts_) {
      if (const node_id* n = std::get_if<node_id>(&p))
        r += std::to_string(std::ranges::lower_bound(names, *n) - names.begin() + 1);
      else
        r += std::get<std::string>(p);
    }
    return r;
  }

 private:
  std::vector<std::variant<std::string, node_id>> parts_;
};

class coq_writer {
 public:
  explicit coq_writer(kernel& k) : k_(k), t_(k.on()), dims_(t_) {}

  std::string write(std::string_view statement, std::span<const theorem> all) {
    std::vector<theorem> goals(all.begin(), all.end());
    std::erase_if(goals, [&](const theorem& g) { return is_about_writing(g.step()); });
    const std::vector<step_id> needed = steps_of(k_, goals);
    for (step_id s : needed)
      if (const claim& c = k_.log()[s].says; c.what == kind::derivative) variables_.insert(c.variable);
    symbols_ = variables_;
    for (const theorem& g : goals)
      for (hypothesis_id h : g.hypotheses()) symmetrize(h);
    symmetrize_functions(needed);
    for (step_id s : needed) translate(s);
    find_nodes();
    std::string text = fmt::format("(* {} *)\n", in_comment(statement));
    text +=
        "From Coq Require Import Reals List PArith ZArith QArith.\nFrom Coquelicot Require Import Coquelicot.\n"
        "From Wengert Require Import Sums Functions Rules Ring Kernel Statement.\nImport ListNotations.\nOpen Scope R_scope.\n\n";
    std::vector<std::string> nodes;
    for (std::size_t n = nodes_.size(); n-- > 0;)
      nodes.push_back(fmt::format("({}, {})", n + 1, described(nodes_[n]).text(nodes_)));
    put(text, "nodes : table", nodes);
    std::vector<std::string> moving;
    for (symbol_id v : variables_) moving.push_back(std::to_string(number(v)));
    put(text, "variables : list positive", moving);
    put(text, "near_claims : list claim", texts(near_));
    put(text, "at_claims : list claim", texts(at_));
    put(text, "steps : list step", texts(steps_));
    put(text, "goals : list (positive * claim)", goals_of(goals));
    text +=
        "Lemma accepted : run nodes variables near_claims at_claims steps goals = true. Proof. vm_compute. reflexivity. Qed.\n\n";
    return text + theorem_text(goals);
  }

 private:
  // --- texts

  static std::string in_comment(std::string_view statement) {
    std::string r;
    for (char ch : statement) {
      if (!r.empty() && ((r.back() == '(' && ch == '*') || (r.back() == '*' && ch == ')'))) r += ' ';
      r += ch == '"' ? '\'' : static_cast<unsigned char>(ch) < ' ' ? ' ' : ch;
    }
    return r;
  }

  static void put(std::string& text, std::string_view what, const std::vector<std::string>& lines) {
    text += fmt::format("Definition {} := ([{}{}])%positive.\n", what, lines.empty() ? "" : "\n ", fmt::join(lines, ";\n "));
  }

  std::vector<std::string> texts(const std::vector<script>& all) const {
    std::vector<std::string> r;
    for (const script& s : all) r.push_back(s.text(nodes_));
    return r;
  }

  std::vector<std::string> goals_of(std::span<const theorem> goals) {
    std::vector<std::string> r;
    for (const theorem& g : goals) r.push_back(fmt::format("({}, {})", at(g.step()), said(g.says()).text(nodes_)));
    return r;
  }

  std::string theorem_text(std::span<const theorem> goals) {
    const std::vector<symbol_id> symbols(symbols_.begin(), symbols_.end());
    coq_words words(t_, dims_.met(), symbols);
    std::vector<std::string> names, dims, hypotheses, conclusions, arrays;
    std::string binders;
    for (dim_id d : dims_.met()) dims.push_back(words.of_dim(d));
    if (!dims.empty()) binders += fmt::format(" ({} : nat)", fmt::join(dims, " "));
    for (symbol_id s : symbols) {
      std::string type, places;
      for (std::size_t k = 0; k < t_.symbol(s).axes.size(); ++k) {
        type += "nat -> ";
        places += fmt::format(" (lk place_ {})", k);
      }
      binders += fmt::format(" ({} : {}R)", words.of_symbol(s), type);
      arrays.push_back(fmt::format("{}%positive => {}{} | ", number(s), words.of_symbol(s), places));
      names.push_back(words.of_symbol(s));
    }
    std::string text =
        fmt::format("Theorem statement :{}{}{}\n", binders.empty() ? "" : " forall", binders, binders.empty() ? "" : ",");
    for (const std::string& d : dims) text += fmt::format("  (0 < {})%nat ->\n", d);
    for (const auto* side : {&near_said_, &at_said_})
      for (const claim& c : *side) text += fmt::format("  ({}) ->\n", words.proposition(c));
    for (const theorem& g : goals) conclusions.push_back(fmt::format("({})", words.proposition(g.says())));
    text += fmt::format("  {}.\n", fmt::join(conclusions, " /\\\n  "));
    std::vector<std::string> all = dims;
    all.insert(all.end(), names.begin(), names.end());
    text += fmt::format("Proof. {}exact (certified nodes variables near_claims at_claims steps goals accepted [{}]%list\n",
                        all.empty() ? "" : fmt::format("intros {}. ", fmt::join(all, " ")), fmt::join(dims, "; "));
    text += fmt::format("  (fun symbol_ place_ => match symbol_ with {}_ => 0 end)). Qed.\nPrint Assumptions statement.\n",
                        fmt::join(arrays, ""));
    return text;
  }

  // --- nodes

  void find_nodes() {
    std::vector<node_id> roots;
    for (const auto* all : {&near_, &at_, &steps_})
      for (const script& s : *all) s.collect(roots);
    nodes_ = t_.reachable(roots);
    for (node_id n : nodes_) {
      ranges(n, t_.axes(n));
      if (t_.op(n) == opcode::symbol) symbols_.insert(t_.symbol_of(n));
    }
    for (symbol_id s : symbols_)
      for (range_id r : t_.symbol(s).axes) dims_.of_range(r);
  }

  static std::size_t number(symbol_id s) { return std::size_t{s} + 1; }

  std::string ranges(std::span<const range_id> axes) {
    std::vector<std::size_t> r;
    for (range_id x : axes) r.push_back(dims_.of_range(x));
    return fmt::format("[{}]", fmt::join(r, "; "));
  }
  // A delta may be of one fixed index: for Coq it counts up to that.
  std::string ranges(node_id n, std::span<const range_id> axes) {
    if (t_.op(n) != opcode::delta) return ranges(axes);
    std::vector<std::size_t> r;
    for (range_id x : axes) r.push_back(dims_.up_to(x));
    return fmt::format("[{}]", fmt::join(r, "; "));
  }

  static std::string shown(const rational& q) { return fmt::format("({} # {})", numerator(q).str(), denominator(q).str()); }

  std::string operation(node_id n) {
    if (is_matrix_function(t_.op(n)))
      return t_.op(n) == opcode::det ? "Omat Mdet" : t_.op(n) == opcode::adj ? "Omat Madj" : "Omat Minv";
    if (t_.red(n) != reduction::none && t_.red(n) != reduction::sum)
      no_counterpart("a product, maximum or minimum over an index");
    switch (t_.op(n)) {
      case opcode::constant: return "Oconst " + shown(t_.value(n));
      case opcode::symbol: return fmt::format("Osym {}", number(t_.symbol_of(n)));
      case opcode::dim_value: return fmt::format("Odim {}", dims_.of_dim(t_.dim_of(n)));
      case opcode::index_value: return "Oindex";
      case opcode::delta: return "Odelta";
      case opcode::pi: return "Opi";
      case opcode::add: return "Oadd";
      case opcode::mul: return "Omul";
      case opcode::identity: return "Oid";
      case opcode::power: return "Opow " + shown(t_.value(n));
      case opcode::select: {
        constexpr std::array names{"Clt", "Cle", "Ceq'", "Cne'"};
        return fmt::format("Osel {}", names.at(static_cast<std::size_t>(t_.comparison_of(n))));
      }
      default: return function_of(t_.op(n));
    }
  }

  static std::string function_of(opcode o) {
    const op_info* f = find_function(o);
    const std::string name = coq_name(o);
    if (f && name.empty()) no_counterpart(fmt::format("the function {}", f->name));
    if (!f) no_counterpart("unknown functions");
    return fmt::format("{} {}", f->arity == 1 ? "Oun" : "Obi", name);
  }

  script described(node_id n) {
    script s;
    const std::string op = operation(n);
    s << "Nd " << (op.find(' ') == std::string::npos ? op : "(" + op + ")") << " " << ranges(n, t_.out(n)) << " "
      << ranges(t_.bound(n)) << " ";
    for (edge_view e : t_.args(n))
      for (std::size_t q = 0; q < e.labels.size(); ++q) require_within(n, e.labels[q], t_.out(e.node)[q]);
    return s.places(t_.args(n).copy(), t_.axes(n).size());
  }

  // Entries beyond the first are known to be there where the extent is a number.
  void require_within(node_id n, const label& l, range_id r) {
    const affine& hi = t_.range_of(r).hi;
    if (l.is_constant() && l.offset > 1 && (hi.dim != none || l.offset > hi.offset))
      no_counterpart(fmt::format("entry {} of what has {} entries", l.offset, t_.text_of(hi)));
    if (l.is_constant()) return;
    const range_id index = t_.axes(n)[static_cast<std::size_t>(l.axis)];
    if (dims_.of_range(index) != dims_.of_range(r))
      no_counterpart(fmt::format("an index up to {} of what has {} entries", t_.text_of(t_.range_of(index).hi), t_.text_of(hi)));
  }

  // --- claims and steps

  script said(const claim& c) {
    script s;
    if (c.what == kind::sign) {
      s << "Csgn " << name_of(c.is) << " ";
      return s.node(c.left);
    }
    if (c.what == kind::equal) {
      if (!c.apart.empty()) no_counterpart("an equation where two indices differ");
      s << "Ceq ";
      s.node(c.left) << " ";
      return s.node(c.right);
    }
    if (c.order != 1 && !c.entry.empty()) no_counterpart("an entry of a derivative of higher order");
    if (c.order != 1)
      s << "Chi " << (std::size_t{c.order} - 1) << "%nat ";
    else
      s << (c.entry.empty() ? "Cder " : "Cent ");
    s.node(c.left) << " " << number(c.variable) << " " << ranges(t_.symbol(c.variable).axes) << " ";
    if (!c.entry.empty()) s << numbers_of(c.entry, t_.rank(c.right)) << " ";
    return s.node(c.right);
  }

  std::size_t at(step_id s) const { return numbers_.at(s); }

  std::size_t put_step(script s) {
    steps_.push_back(std::move(s));
    return steps_.size();
  }

  std::string premises(const std::vector<std::size_t>& all) { return fmt::format("[{}]", fmt::join(all, "; ")); }
  std::vector<std::size_t> premises_of(const proof_step& step) {
    std::vector<std::size_t> r;
    for (step_id p : grounds_of(step)) r.push_back(at(p));
    return r;
  }
  // The premises, with those of a premise in the place of one that there is not in Coq.
  std::vector<step_id> grounds_of(const proof_step& step) const {
    std::vector<step_id> r;
    for (step_id p : step.premises) {
      if (!is_about_writing(p)) {
        r.push_back(p);
      } else {
        const std::vector<step_id> more = grounds_of(k_.log()[p]);
        r.insert(r.end(), more.begin(), more.end());
      }
    }
    return r;
  }
  // That a power is real: in Coq every power is some number, and what rests on its being real names the signs that make it so.
  bool is_about_writing(step_id s) const {
    const claim& c = k_.log()[s].says;
    return c.what == kind::sign && c.is == relation::real_power;
  }

  void translate(step_id s) {
    const proof_step& step = k_.log()[s];
    if (is_about_writing(s)) return;
    numbers_[s] = put_step(step.rule == "hypothesis"    ? hypothesis_step(step)
                           : is_axiom(step)             ? assumed(step.says, is_constant(step.says))
                           : step.rule == "ring"        ? ring_step(step)
                           : step.rule == "derivative"  ? derivative_step(step)
                           : step.rule == "lift"        ? lift_step(step)
                           : is_whole_symbol(step.says) ? assumed(step.says, is_constant(step.says))
                           : step.terms                 ? rule_step(step)
                                                        : plain_step(step));
  }

  script hypothesis_step(const proof_step& step) { return hypothesis_step(step.details.at(0), step.says); }

  // What a hypothesis says, or something that is the same. That functions of matrices are continuous is not known in Coq.
  script hypothesis_step(hypothesis_id h, const claim& says) {
    const bool near = std::ranges::all_of(variables_, [&](symbol_id v) { return k_.holds_near(h, v); });
    return assumed(says, near && (is_constant(says) || !has_matrix_function(says)));
  }

  // Functions of matrices are defined in Coq, and what the kernel knows of them is assumed: the rows of the table of matrix
  // identities, and their derivatives.
  bool is_axiom(const proof_step& step) const {
    const claim& c = step.says;
    if (std::ranges::find(matrix_rules(), step.rule, &matrix_rule::name) != matrix_rules().end()) return true;
    if (!is_matrix_function(t_.op(c.left))) return false;
    return step.rule == "lift" || (step.rule == "derivative" && t_.mentions(c.left, c.variable));
  }

  // That a symbol which was declared an integer is one.
  bool is_whole_symbol(const claim& c) const {
    return c.what == kind::sign && c.is == relation::integer && t_.op(c.left) == opcode::symbol;
  }

  // Whether no variable that something is differentiated by stands in a claim.
  bool is_constant(const claim& c) const {
    auto mentions = [&](symbol_id v) { return t_.mentions(c.left, v) || (c.right != none && t_.mentions(c.right, v)); };
    return c.what != kind::derivative && std::ranges::none_of(variables_, mentions);
  }
  bool has_matrix_function(const claim& c) const {
    std::vector<node_id> roots{c.left};
    if (c.right != none) roots.push_back(c.right);
    return std::ranges::any_of(t_.reachable(roots), [&](node_id n) { return is_matrix_function(t_.op(n)); });
  }

  script assumed(const claim& says, bool near) {
    std::vector<script>& all = near ? near_ : at_;
    (near ? near_said_ : at_said_).push_back(says);
    all.push_back(said(says));
    script s;
    return s << (near ? "Sreg " : "Shyp ") << (all.size() - 1) << "%nat";
  }

  // The user's fact that a matrix is symmetric.
  void symmetrize(hypothesis_id h) {
    const claim& c = k_.hypothesis_of(h).says;
    if (c.what != kind::equal || t_.op(c.left) != opcode::symbol || !t_.symbol(t_.symbol_of(c.left)).symmetric) return;
    if (c.right == turned(c.left) && !symmetric_.contains(c.left))
      put_symmetric_part(c.left, hypothesis_step(h, equal_claim(c.right, c.left)));
  }

  // The inverse and the adjugate of a symmetric matrix, which the kernel takes as symmetric.
  void symmetrize_functions(const std::vector<step_id>& needed) {
    std::vector<node_id> roots;
    for (step_id s : needed)
      for (node_id n : {k_.log()[s].says.left, k_.log()[s].says.right})
        if (n != none) roots.push_back(n);
    for (node_id n : t_.reachable(roots)) {
      if ((t_.op(n) != opcode::inv && t_.op(n) != opcode::adj) || t_.rank(n) != 2) continue;
      const claim c = equal_claim(turned(n), n);
      try {
        k_.ring(c.left, c.right, {});
      } catch (const refusal&) {
        continue;
      }
      put_symmetric_part(n, assumed(c, is_constant(c)));
    }
  }

  node_id turned(node_id w) {
    return t_.identity(std::vector<range_id>(t_.out(w).begin(), t_.out(w).end()), {w, {label::of_axis(1), label::of_axis(0)}});
  }

  // Of a matrix W that is symmetric, `ring` in Coq knows nothing: it is told that W is (V + V')/2, for a V that stands closed and
  // is W. So W[i,j] and W[j,i] are the same polynomial.
  void put_symmetric_part(node_id w, script that_it_is) {
    const std::vector<range_id> axes(t_.out(w).begin(), t_.out(w).end());
    frame f{t_, axes};
    const node_id v = t_.add(axes, std::vector{t_.whole(w)});
    const term half(f, rational(1, 2));
    auto mean = [&](node_id n) { return (half * term(f, t_.whole(n)) + half * term(f, t_.whole(turned(n)))).over_frame(); };
    const node_id opened = mean(w), closed = mean(v);
    const std::size_t known = put_step(std::move(that_it_is));
    auto ring = [&](node_id a, node_id b, const std::string& premise) {
      script s;
      (s << "Sring ").node(a) << " ";
      return put_step(s.node(b) << " 1 [] [" << premise << "]");
    };
    const std::size_t second = ring(opened, w, std::to_string(known)), first = ring(closed, opened, "");
    const std::size_t back = put_step(script() << "Strans " << first << " " << second);
    symmetric_[w] = {v, put_step(script() << "Ssym " << back)};
  }

  // Steps whose premises, and perhaps the node that they are about, say all.
  script plain_step(const proof_step& step) {
    auto c = std::ranges::find(counterparts, step.rule, &counterpart::rule);
    if (c == counterparts.end()) no_counterpart(fmt::format("the step '{}'", step.rule));
    if (step.rule == "derivative-again" && step.premises.size() > 2)
      no_counterpart("a hypothesis about what is continuous at the point only");
    script s;
    const bool higher = step.says.what == kind::derivative && step.says.order > 1;
    s << (!higher                              ? c->name
          : step.rule == "derivative-equal"    ? "Shito"
          : step.rule == "derivative-of-equal" ? "Shifun"
                                               : c->name);
    if (step.rule == "sign") s << " " << name_of(step.says.is);
    if (!c->listed)
      for (step_id p : step.premises) s << " " << at(p);
    if (c->left) (s << " ").node(step.says.left);
    if (c->right) (s << " ").node(step.says.right);
    if (c->listed) s << " " << premises(premises_of(step));
    if (step.rule == "factor-nonzero") s << " " << step.details.at(0) << "%nat";
    return s;
  }

  // The least common denominator of the exponents beneath some nodes.
  std::string denominator_beneath(std::span<const node_id> roots) {
    big_integer d = 1;
    for (node_id n : t_.reachable(roots))
      if (t_.op(n) == opcode::power) d = boost::multiprecision::lcm(d, denominator(t_.value(n)));
    return d.str();
  }

  // Of nodes that stay closed: a number is always read as what it is.
  std::vector<node_id> without_constants(std::vector<node_id> nodes) const {
    std::erase_if(nodes, [&](node_id n) { return t_.is_constant(n); });
    return nodes;
  }

  // The steps that say what a choice is to `ring`: a polynomial in its branches and in what is 1 where it is for the first of
  // them and else 0; and that the square of that is itself.
  const std::vector<std::size_t>& choice_steps(node_id n) {
    auto [it, fresh] = choices_.try_emplace(n);
    if (!fresh) return it->second;
    std::vector<std::size_t> made;
    frame f{t_, {t_.out(n).begin(), t_.out(n).end()}};
    std::vector<edge> args = t_.args(n).copy();
    comparison c = t_.comparison_of(n);
    if (c == comparison::ne || c == comparison::le) std::swap(args[2], args[3]);
    if (c == comparison::le) std::swap(args[0], args[1]);
    c = c == comparison::eq || c == comparison::ne ? comparison::eq : comparison::lt;
    if (c == comparison::eq && std::tie(args[1].node, args[1].labels) < std::tie(args[0].node, args[0].labels))
      std::swap(args[0], args[1]);
    const term one(f, 1), zero(f, 0), u(f, args[2]), v(f, args[3]);
    const term i = select(c, term(f, args[0]), term(f, args[1]), one, zero);
    const node_id chosen = i.as_edge().node;
    if (chosen != n) {
      const node_id opened = (i * u + (v - i * v)).over_frame();
      script s;
      (s << "Schoice ").node(n) << " ";
      s.node(opened) << " ";
      s.place(i.as_edge(), f.axes.size()) << " ";
      made.push_back(put_step(s.nodes(without_constants({chosen, args[2].node, args[3].node}))));
    }
    const std::vector<range_id> axes(t_.out(chosen).begin(), t_.out(chosen).end());
    script s;
    (s << "Srule " << (c == comparison::lt ? "less_square" : "equal_square") << " (0 # 1) ")
            .node(t_.power(axes, t_.whole(chosen), 2))
        << " ";
    s.node(chosen) << " ";
    s.place(t_.arg(chosen, 0), axes.size()) << " ";
    s.place(t_.arg(chosen, 1), axes.size()) << " [] []";
    made.push_back(put_step(std::move(s)));
    return choices_[n] = std::move(made);
  }

  script ring_step(const proof_step& step) {
    std::vector<node_id> roots{step.says.left, step.says.right};
    if (!step.says.apart.empty()) no_counterpart("an equation where two indices differ");
    for (step_id p : step.premises)
      if (const claim& c = k_.log()[p].says; c.what == kind::equal) roots.insert(roots.end(), {c.left, c.right});
    std::vector<std::size_t> used = premises_of(step);
    std::vector<node_id> closed = without_constants(step.details);
    for (node_id n : t_.reachable(roots)) {
      if (auto part = symmetric_.find(n); part != symmetric_.end() && std::ranges::find(closed, n) == closed.end()) {
        closed.push_back(part->second.closed);
        used.push_back(part->second.step);
      }
      if (t_.op(n) != opcode::select || std::ranges::find(step.details, n) != step.details.end()) continue;
      const std::vector<std::size_t>& more = choice_steps(n);
      used.insert(used.end(), more.begin(), more.end());
    }
    script s;
    (s << "Sring ").node(step.says.left) << " ";
    s.node(step.says.right) << " " << denominator_beneath(roots) << " ";
    return s.nodes(closed) << " " << premises(used);
  }

  bool is_stated(const condition& c, const proof_step& step) {
    const node_id n = k_.condition_node(c);
    return std::ranges::any_of(grounds_of(step), [&](step_id p) {
      const claim& says = k_.log()[p].says;
      return says.what == kind::sign && says.left == n && (says.is == c.is || says.is == relation::positive);
    });
  }

  // The places that some conditions are about, of a frame; a step for each condition that no premise states.
  std::vector<edge> conditions_of(const conditions& all, std::vector<std::size_t>& premises, const proof_step& step) {
    std::vector<edge> places;
    for (const condition& c : all) {
      if (c.is == relation::real_power) continue;
      edge place{k_.condition_node(c), {}};
      std::set<std::size_t> carried;
      for (const label& l : c.of.as_edge().labels)
        if (!l.is_constant()) carried.insert(static_cast<std::size_t>(l.axis));
      for (std::size_t a : carried) place.labels.push_back(label::of_axis(a));
      if (!is_stated(c, step)) premises.push_back(sign_by_form(c.is, place.node));
      places.push_back(std::move(place));
    }
    return places;
  }

  // The step that a node has a sign because of how it is written.
  std::size_t sign_by_form(relation is, node_id n) {
    if (is_whole_symbol(sign_claim(is, n))) return put_step(assumed(sign_claim(is, n), is_constant(sign_claim(is, n))));
    std::vector<std::size_t> of_arguments;
    if (const opcode o = t_.op(n); o == opcode::add || o == opcode::mul || o == opcode::identity)
      for (edge_view e : t_.args(n)) of_arguments.push_back(sign_by_form(is, e.node));
    script s;
    s << "Ssgn " << name_of(is) << " ";
    return put_step(s.node(n) << " " << premises(of_arguments));
  }

  // The row in Coq that states a rule, and its conditions. Of the rules of powers there are more, as there are more reasons for a
  // power to be real.
  std::pair<std::string, conditions> row_in_coq(const rule& row, const proof_step& step, const term& x, const term& y) {
    auto known = [&](relation is) { return is_stated({is, x}, step); };
    if (row.name.starts_with("pow-shift") && known(relation::nonzero)) return {"pow_shift_nonzero", {ops::nonzero(x)}};
    if (row.name.starts_with("pow-shift")) return {"pow_shift", {ops::nonnegative(y), ops::integer(y)}};
    if (!row.name.starts_with("pow-multiple")) return {coq_name(row), row.where(x, y, step.terms->parameter)};
    if (known(relation::positive)) return {"pow_multiple_positive", {ops::positive(x)}};
    if (known(relation::nonzero)) return {"pow_multiple_nonzero", {ops::nonzero(x), ops::integer(y)}};
    return {"pow_multiple", {ops::nonnegative(y), ops::integer(y)}};
  }

  script rule_step(const proof_step& step) {
    const rule& row = find_rule(step.rule);
    if (coq_name(row).empty()) no_counterpart(fmt::format("the rule '{}'", row.name));
    frame f{t_, step.terms->frame};
    const term x(f, step.terms->x), y(f, step.terms->y);
    std::vector<std::size_t> used = premises_of(step);
    const auto [name, needed] = row_in_coq(row, step, x, y);
    const std::vector<edge> where = conditions_of(needed, used, step);
    script s;
    (s << "Srule " << name << " " << shown(step.terms->parameter) << " ").node(step.says.left) << " ";
    s.node(step.says.right) << " ";
    s.place(step.terms->x, f.axes.size()) << " ";
    s.place(step.terms->y, f.axes.size()) << " ";
    return s.places(where, f.axes.size()) << " " << premises(used);
  }

  // A function of what is read is the function of the whole, read: both are the same function of the same entry.
  script lift_step(const proof_step& step) {
    const node_id n = step.says.left;
    if (!find_function(t_.op(n))) no_counterpart(fmt::format("the step '{}' for unknown functions", step.rule));
    const edge argument = t_.arg(n, 0);
    script s;
    (s << "Ssame (T1 " << coq_name(t_.op(n)) << " TX) ").node(n) << " ";
    s.node(step.says.right) << " ";
    s.place(argument, t_.rank(n)) << " ";
    return s.place(argument, t_.rank(n));
  }

  bool is_derivative_of(node_id n, symbol_id variable, step_id s) const {
    const claim& c = k_.log()[s].says;
    return c.what == kind::derivative && c.left == n && c.variable == variable;
  }

  script derivative_step(const proof_step& step) {
    const claim& c = step.says;
    std::vector<std::size_t> used = premises_of(step);
    std::vector<std::vector<edge>> parts;
    std::vector<edge> where;
    std::set<node_id> closed;  // what stands as it is on both sides
    for (edge_view e : t_.args(c.left)) closed.insert(e.node);
    for (step_id p : step.premises)
      if (k_.log()[p].says.what == kind::derivative) closed.insert(k_.log()[p].says.right);
    const opcode o = t_.op(c.left);
    const bool function = o == opcode::power || o == opcode::select || find_function(o);
    const bool linear = o == opcode::add || o == opcode::mul || o == opcode::identity;
    if (!function && !linear && t_.mentions(c.left, c.variable) && t_.arity(c.left) != 0)
      no_counterpart("the derivative of an unknown function");
    if (function && t_.mentions(c.left, c.variable)) {
      frame axes = frame_of(t_, c.left);
      std::vector<bool> wanted;
      for (edge_view e : t_.args(c.left)) wanted.push_back(t_.mentions(e.node, c.variable));
      conditions needed = defined_conditions(t_, c.left, axes);
      for (condition& k : kink_conditions(c.left, axes, wanted)) needed.push_back(std::move(k));
      if (o == opcode::pow && !wanted[1]) {
        const term exponent(axes, t_.arg(c.left, 1));
        const ops::integer_form form = ops::integer_by_form(exponent);
        if (form.integer && form.nonnegative) needed.push_back(ops::nonnegative(exponent));
        if (form.integer) needed.push_back(ops::integer(exponent));
      }
      where = conditions_of(needed, used, step);
      parts = partials(c.left, axes, wanted);
      for (const auto& product : parts)
        for (const edge& e : product) closed.insert(e.node);
    }
    closed.erase(c.right);
    if (t_.op(c.right) == opcode::add)
      for (edge_view e : t_.args(c.right)) closed.erase(e.node);
    script s;
    (s << "Sder ").node(c.left) << " " << number(c.variable) << " " << ranges(t_.symbol(c.variable).axes) << " ";
    s.node(c.right) << " ";
    const std::size_t width = t_.axes(c.left).size();
    s.list(parts, [&](const std::vector<edge>& product) { s.places(product, width); });
    s << " ";
    s.places(where, width) << " " << denominator_beneath(std::vector<node_id>{c.left, c.right}) << " ";
    return s.nodes(without_constants({closed.begin(), closed.end()})) << " " << premises(used);
  }

  kernel& k_;
  tape& t_;
  coq_dims dims_;
  std::set<symbol_id> variables_, symbols_;
  std::map<step_id, std::size_t> numbers_;  // of the steps in Coq, from 1
  std::map<node_id, std::vector<std::size_t>> choices_;
  struct symmetric_part {
    node_id closed;    // V
    std::size_t step;  // that W is (V + V')/2
  };
  std::map<node_id, symmetric_part> symmetric_;  // by W
  std::vector<script> steps_, near_, at_;
  std::vector<claim> near_said_, at_said_;
  std::vector<node_id> nodes_;
};

}  // namespace

std::string coq_document(kernel& k, std::string_view statement, std::span<const theorem> goals) {
  return coq_writer(k).write(statement, goals);
}

bool has_no_counterpart(std::string_view step) { return std::ranges::find(foreign_steps, step) != foreign_steps.end(); }

std::string coq_name(opcode function) {
  const op_info* f = find_function(function);
  if (!f || std::ranges::find(foreign_functions, function) != foreign_functions.end()) return {};
  return (f->arity == 1 ? "U" : "B") + std::string(f->name);
}

std::string coq_name(std::string_view step) {
  auto c = std::ranges::find(counterparts, step, &counterpart::rule);
  return c == counterparts.end() ? "" : std::string(c->name);
}

std::string coq_name(const rule& row) {
  if (std::ranges::find(foreign_rules, row.name) != foreign_rules.end()) return {};
  std::string name(row.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace wengert
