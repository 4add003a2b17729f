#include <wengert/proof/coq.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
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
#include <wengert/proof/polynomial.hpp>

#include "coq_words.hpp"

namespace wengert {

namespace {

using kind = claim::kind;

// Functions that the Coq files do not define.
constexpr std::array foreign_functions{opcode::erfinv,   opcode::gamma,   opcode::lgamma,  opcode::digamma,   opcode::expint,
                                       opcode::lambertw, opcode::atan2,   opcode::beta,    opcode::polygamma, opcode::gammap,
                                       opcode::gammaq,   opcode::besselj, opcode::bessely, opcode::besseli,   opcode::besselk};
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
    counterpart{"lift", "Slift", true, true, false},
    counterpart{"derivative", "Sder", true, true, true},
    counterpart{"decided", "Sdecided", true, true, false},
    counterpart{"cases", "Scases", false, false, false},
    counterpart{"any-sign", "Sany", false, false, false},
};

// Derivatives and signs of `wengert rules`, by what the Coq files prove them.
struct lemma {
  std::string_view of, name;
};
constexpr std::array lemmas{lemma{"d-constant", "derpoly_ok"},
                            lemma{"d-variable", "derpoly_ok"},
                            lemma{"d-entry", "derpoly_ok"},
                            lemma{"d-add", "dsum_ok"},
                            lemma{"d-mul", "dprod_ok"},
                            lemma{"d-select", "der_choose"},
                            lemma{"d-power", "d_pow_ok"},
                            lemma{"d-power-zero", "d_pow_ok"},
                            lemma{"d-power-negative", "d_pow_ok"},
                            lemma{"d-power-root", "d_pow_ok"},
                            lemma{"d-sum", "der_msum"},
                            lemma{"d-prod", "der_bprod"},
                            lemma{"d-max-array", "der_extremum"},
                            lemma{"d-min-array", "der_extremum"},
                            lemma{"sign-of-exp", "positive_fun_ok"},
                            lemma{"sign-of-cosh", "positive_fun_ok"},
                            lemma{"sign-of-sech", "positive_fun_ok"},
                            lemma{"sign-of-abs", "nonneg_fun_ok"},
                            lemma{"sign-of-hypot", "sign_nonneg_ok"},
                            lemma{"sign-of-expm1", "sign_of_argument_cases"},
                            lemma{"sign-of-sinh", "sign_of_argument_cases"},
                            lemma{"sign-of-tanh", "sign_of_argument_cases"},
                            lemma{"sign-of-atan", "sign_of_argument_cases"},
                            lemma{"sign-of-sign", "sign_of_argument_cases"},
                            lemma{"sign-of-cbrt", "sign_of_argument_cases"},
                            lemma{"sign-of-asinh", "sign_of_argument_cases"},
                            lemma{"sign-of-erf", "sign_of_argument_cases"},
                            lemma{"sign-strict", "sgn_ok"},
                            lemma{"sign-sum-positive", "sign_pos_ok"},
                            lemma{"sign-sum-nonnegative", "sign_nonneg_ok"},
                            lemma{"sign-product-positive", "sign_pos_ok"},
                            lemma{"sign-product-nonnegative", "sign_nonneg_ok"},
                            lemma{"sign-product-nonzero", "sign_nonzero_ok"},
                            lemma{"sign-square", "sign_nonneg_ok"},
                            lemma{"sign-even-power", "sign_nonneg_ok"},
                            lemma{"sign-even-power-positive", "sign_pos_ok"},
                            lemma{"sign-power-positive", "sign_pos_ok"},
                            lemma{"sign-power-nonnegative", "sign_nonneg_ok"},
                            lemma{"sign-power-nonzero", "sign_nonzero_ok"},
                            lemma{"sign-real-power", "sign_pos_ok"},
                            lemma{"sign-array-sum-positive", "sign_node_ok"},
                            lemma{"sign-array-sum-nonnegative", "sign_node_ok"},
                            lemma{"sign-array-product-positive", "red_sign_ok"},
                            lemma{"sign-array-product-nonzero", "red_sign_ok"},
                            lemma{"sign-extremum", "red_sign_ok"},
                            lemma{"sign-max", "sign_of_ok"},
                            lemma{"sign-min", "sign_of_ok"},
                            lemma{"sign-choice", "branches_ok"},
                            lemma{"sign-attained", "some_hit"},
                            lemma{"sign-hypot", "sign_pos_ok"},
                            lemma{"sign-abs", "sign_pos_ok"},
                            lemma{"sign-log", "red_sign_ok"},
                            lemma{"sign-pi", "leaf_sign_ok"},
                            lemma{"sign-integer-sum", "sign_integer_ok"},
                            lemma{"sign-integer-product", "sign_integer_ok"},
                            lemma{"sign-integer-floor", "sign_integer_ok"}};

std::string name_of(relation is) {
  constexpr std::array names{"Pos", "Nonneg", "Nonzero", "Not_integer", "Integer"};
  if (is == relation::off_poles) no_counterpart("the poles of the gamma function");
  return names.at(static_cast<std::size_t>(is));
}

// What a comparison says of two numbers with this difference.
bool decides(comparison c, const rational& difference) {
  switch (c) {
    case comparison::lt: return difference < 0;
    case comparison::le: return difference <= 0;
    case comparison::eq: return difference == 0;
    default: return difference != 0;
  }
}

std::size_t place_among(const std::vector<claim>& all, const claim& c) {
  const auto it = std::ranges::find_if(all, [&](const claim& d) {
    return d.what == c.what && d.left == c.left && d.right == c.right && d.variable == c.variable && d.order == c.order &&
           d.entry == c.entry && d.is == c.is && d.apart == c.apart;
  });
  return static_cast<std::size_t>(it - all.begin());
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
  script& operator<<(const script& other) {
    parts_.insert(parts_.end(), other.parts_.begin(), other.parts_.end());
    return *this;
  }
  script& nodes(std::span<const node_id> all) {
    return list(all, [this](node_id n) { node(n); });
  }
  script& lines(std::span<const script> all) {
    return list(all, [this](const script& s) { *this << s; });
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
  std::string text(const std::map<node_id, std::size_t>& names) const {
    std::string r;
    for (const auto& p : parts_) {
      if (const node_id* n = std::get_if<node_id>(&p))
        r += std::to_string(names.at(*n));
      else
        r += std::get<std::string>(p);
    }
    return r;
  }

 private:
  std::vector<std::variant<std::string, node_id>> parts_;
};

// The steps of a proof in Coq, by number from 1, and which of them say what.
struct proof {
  proof* outer = nullptr;  // the proof in which it is a step
  std::vector<claim> own;  // hypotheses before those of the outer proof
  bool selects = false;    // those of `own` alone
  std::vector<script> steps;
  std::map<step_id, std::size_t> numbers;
  std::map<node_id, std::vector<std::size_t>> choices;
  std::map<std::pair<node_id, std::vector<std::size_t>>, std::size_t> settled;  // the branches of choices, from some premises
  std::set<node_id> settling;                                                   // choices whose comparison is being decided
  std::map<node_id, std::vector<std::size_t>> symmetric;  // that a node is the same where two of its indices are exchanged
  std::map<std::pair<step_id, node_id>, std::size_t> further;
  std::map<std::pair<step_id, std::size_t>, std::size_t> factors;  // that they are not 0
  std::map<node_id, std::pair<node_id, std::size_t>> opened;
  std::map<node_id, std::size_t> readers;  // what only reads further on, and is itself
};

// The signs that the premises of a step state.
class stated_signs : public sign_source {
 public:
  stated_signs(const kernel& k, const proof_step& step) : k_(k), step_(step) {}
  bool known(relation is, node_id n) override {
    return std::ranges::any_of(step_.premises, [&](step_id p) {
      const claim& c = k_.log()[p].says;
      const bool implied = c.is == is || (c.is == relation::positive && (is == relation::nonnegative || is == relation::nonzero));
      return c.what == kind::sign && c.left == n && implied;
    });
  }

 private:
  const kernel& k_;
  const proof_step& step_;
};

class coq_writer {
 public:
  explicit coq_writer(kernel& k) : k_(k), t_(k.on()), extents_(t_) {}

  std::string write(std::string_view statement, std::span<const theorem> all) {
    std::vector<theorem> goals(all.begin(), all.end());
    std::erase_if(goals, [&](const theorem& g) { return is_about_writing(g.step()); });
    const std::vector<step_id> needed = steps_of(k_, goals);
    for (step_id s : needed)
      if (const claim& c = k_.log()[s].says; c.what == kind::derivative) variables_.insert(c.variable);
    symbols_ = variables_;
    std::vector<step_id> ends;
    for (const theorem& g : goals) {
      ends.push_back(g.step());
      hypotheses_.insert(g.hypotheses().begin(), g.hypotheses().end());
    }
    write_proof(ends);
    find_nodes();
    std::string text = fmt::format("(* {} *)\n", in_comment(statement));
    text +=
        "From Coq Require Import Reals List PArith ZArith QArith.\nFrom Coquelicot Require Import Coquelicot.\n"
        "From Wengert Require Import Sums Functions Rules Ring Kernel Statement.\nImport ListNotations.\nOpen Scope R_scope.\n\n";
    std::vector<std::string> nodes;
    const std::vector<std::string> proved = goals_of(goals);
    for (std::size_t n = nodes_.size(); n-- > 0;) nodes.push_back(fmt::format("({}, {})", n + 1, nodes_[n]));
    put(text, "nodes : table", nodes);
    put_extents(text);
    std::vector<std::string> partial;
    for (const auto& [f, by] : derivatives_) partial.push_back(fmt::format("({}, [{}])", f, fmt::join(by, "; ")));
    put(text, "derivatives : list (positive * list positive)", partial);
    std::vector<std::string> moving;
    for (symbol_id v : variables_) moving.push_back(std::to_string(number(v)));
    put(text, "variables : list positive", moving);
    put(text, "near_claims : list claim", texts(near_));
    put(text, "at_claims : list claim", texts(at_));
    put(text, "steps : list step", texts(here_->steps));
    put(text, "goals : list (positive * claim)", proved);
    text +=
        "Lemma accepted : run nodes extents lengths derivatives variables near_claims at_claims steps goals = true. Proof. "
        "vm_compute. reflexivity. Qed.\n\n";
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

  // Extents that are no numbers, and which of two is at most the other.
  void put_extents(std::string& text) {
    for (dim_id d : extents_.dims()) lengths_.push_back({{none, 1}, {d, 0}});
    for (const length_condition& c : t_.length_conditions()) {
      affine lesser = c.lesser, greater = c.greater;
      const std::int64_t moved = lesser.dim == none ? greater.offset : std::min(lesser.offset, greater.offset);
      lesser.offset -= moved;
      greater.offset -= moved;
      auto met = [&](dim_id d) { return d == none || std::ranges::find(extents_.dims(), d) != extents_.dims().end(); };
      if (met(lesser.dim) && met(greater.dim) && greater.dim != none && (lesser.dim != none || lesser.offset > 0))
        lengths_.push_back({lesser, greater});
    }
    std::vector<std::string> known, all;
    for (const auto& [lesser, greater] : lengths_)
      known.push_back(fmt::format("({}, {})", extents_.number_of(lesser), extents_.number_of(greater)));
    for (const auto& [to, less] : extents_.met())
      all.push_back(fmt::format("({}%nat, ({})%Z, [{}])", extents_.index_of(to.dim), to.offset,
                                less == none ? "" : fmt::format("{}%nat", extents_.index_of(less))));
    put(text, "extents : list range_end", all);
    put(text, "lengths : list (positive * positive)", known);
  }

  std::vector<std::string> texts(const std::vector<script>& all) const {
    std::vector<std::string> r;
    for (const script& s : all) r.push_back(s.text(names_));
    return r;
  }

  std::vector<std::string> goals_of(std::span<const theorem> goals) {
    std::vector<std::string> r;
    for (const theorem& g : goals) r.push_back(fmt::format("({}, {})", at(g.step()), said(g.says()).text(names_)));
    return r;
  }

  std::string theorem_text(std::span<const theorem> goals) {
    const std::vector<symbol_id> symbols(symbols_.begin(), symbols_.end());
    coq_words words(t_, extents_, functions_, symbols);
    std::vector<std::string> names, dims, hypotheses, conclusions, arrays, calls;
    std::string binders;
    for (dim_id d : extents_.dims()) dims.push_back(words.of_dim(d));
    if (!dims.empty()) binders += fmt::format(" ({} : nat)", fmt::join(dims, " "));
    std::vector<std::size_t> functions(functions_.size());
    std::iota(functions.begin(), functions.end(), std::size_t{0});
    std::ranges::sort(functions, {}, [&](std::size_t f) { return functions_[f].key; });
    for (std::size_t f : functions) {
      std::string type, values;
      for (std::size_t k = 0; k < functions_[f].arity; ++k) {
        type += "R -> ";
        values += fmt::format(" (nth {} values_ 0)", k);
      }
      names.push_back(words.of_function(functions_[f].key));
      binders += fmt::format(" ({} : {}R)", names.back(), type);
      calls.push_back(fmt::format("{}%positive => {}{} | ", f + 1, names.back(), values));
    }
    for (symbol_id s : symbols) {
      std::string type, places;
      for (std::size_t k = 0; k < t_.symbol(s).axes.size(); ++k) {
        type += "nat -> ";
        places += fmt::format(" (nth {} place_ 0%nat)", k);
      }
      binders += fmt::format(" ({} : {}R)", words.of_symbol(s), type);
      arrays.push_back(fmt::format("{}%positive => {}{} | ", number(s), words.of_symbol(s), places));
      names.push_back(words.of_symbol(s));
    }
    std::string text =
        fmt::format("Theorem statement :{}{}{}\n", binders.empty() ? "" : " forall", binders, binders.empty() ? "" : ",");
    for (const auto& [lesser, greater] : lengths_) {
      const bool exists = lesser == affine{none, 1};
      text +=
          fmt::format("  ({} {} {})%nat ->\n", exists ? "0" : words.extent(lesser), exists ? "<" : "<=", words.extent(greater));
    }
    for (const auto& [f, by] : derivatives_) text += fmt::format("  ({}) ->\n", differentiates(words, f, by));
    for (const auto* side : {&near_said_, &at_said_})
      for (const claim& c : *side) text += fmt::format("  ({}) ->\n", words.proposition(c));
    for (const theorem& g : goals) conclusions.push_back(fmt::format("({})", words.proposition(g.says())));
    text += fmt::format("  {}.\n", fmt::join(conclusions, " /\\\n  "));
    std::vector<std::string> all = dims;
    all.insert(all.end(), names.begin(), names.end());
    text += fmt::format(
        "Proof. {}exact (certified nodes extents lengths derivatives variables near_claims at_claims steps goals accepted\n  "
        "[{}]%list",
        all.empty() ? "" : fmt::format("intros {}. ", fmt::join(all, " ")), fmt::join(dims, "; "));
    text += fmt::format(" (fun function_ values_ => match function_ with {}_ => 0 end)\n", fmt::join(calls, ""));
    text += fmt::format("  (fun symbol_ place_ => match symbol_ with {}_ => 0 end)). Qed.\nPrint Assumptions statement.\n",
                        fmt::join(arrays, ""));
    return text;
  }

  std::string differentiates(const coq_words& words, std::size_t f, const std::vector<std::size_t>& by) const {
    auto name = [&](std::size_t k) { return words.of_function(functions_[k - 1].key); };
    if (by.size() == 1) return fmt::format("forall x : R, is_derive {} x ({} x)", name(f), name(by[0]));
    return fmt::format("forall x y : R, differentiable_pt_lim {} x y ({} x y) ({} x y)", name(f), name(by[0]), name(by[1]));
  }

  // --- nodes

  void find_nodes() {
    std::vector<node_id> roots;
    for (const auto* all : {&near_, &at_, &here_->steps})
      for (const script& s : *all) s.collect(roots);
    for (node_id n : roots) find_nodes_beneath(n);
    for (symbol_id s : symbols_)
      for (range_id r : t_.symbol(s).axes) extents_.of_range(r);
  }

  // A node is named behind its arguments; those that Coq reads alike are one.
  void find_nodes_beneath(node_id root) {
    std::vector<std::pair<node_id, bool>> open{{root, false}};
    while (!open.empty()) {
      const auto [n, known] = open.back();
      open.pop_back();
      if (names_.contains(n)) continue;
      if (known) {
        std::string text = described(n).text(names_);
        auto [it, fresh] = texts_.try_emplace(text, nodes_.size() + 1);
        if (fresh) nodes_.push_back(std::move(text));
        names_[n] = it->second;
        if (t_.op(n) == opcode::symbol) symbols_.insert(t_.symbol_of(n));
        continue;
      }
      open.emplace_back(n, true);
      for (const edge& e : arguments(n)) open.emplace_back(e.node, false);
    }
  }

  std::vector<range_id> axes_of(node_id n) const { return {t_.axes(n).begin(), t_.axes(n).end()}; }

  // As Coq reads them.
  std::vector<edge> arguments(node_id n) const {
    std::vector<edge> all = t_.args(n).copy();
    if (extents_.only_reads_further(n)) return all;
    for (edge& e : all) e = extents_.plain(e, axes_of(n));
    return all;
  }

  static std::size_t number(symbol_id s) { return std::size_t{s} + 1; }

  std::string ranges(std::span<const range_id> axes) {
    std::vector<std::size_t> r;
    for (range_id x : axes) r.push_back(extents_.of_range(x));
    return fmt::format("[{}]", fmt::join(r, "; "));
  }
  std::string ranges(node_id n, std::span<const range_id> axes) {
    if (t_.op(n) != opcode::delta) return ranges(axes);
    std::vector<std::size_t> r;
    for (range_id x : axes) r.push_back(extents_.of_delta(n, x));
    return fmt::format("[{}]", fmt::join(r, "; "));
  }

  static std::string shown(const rational& q) { return fmt::format("({} # {})", numerator(q).str(), denominator(q).str()); }

  std::string operation(node_id n) {
    if (extents_.only_reads_further(n)) {
      std::vector<std::size_t> further;
      const edge e = t_.arg(n, 0);
      for (std::size_t q = 0; q < e.labels.size(); ++q) {
        const coq_extents::place p = extents_.place_of(e.labels[q], axes_of(n), e.node, q);
        further.push_back(extents_.place_number(p.fixed ? affine{} : p.at));
      }
      return fmt::format("Oshift [{}]%nat", fmt::join(further, "; "));
    }
    if (is_matrix_function(t_.op(n)))
      return t_.op(n) == opcode::det ? "Omat Mdet" : t_.op(n) == opcode::adj ? "Omat Madj" : "Omat Minv";
    if (const reduction r = t_.red(n); r != reduction::none && r != reduction::sum) {
      if (t_.op(n) != opcode::identity) no_counterpart("a product or an extremum of terms");
      return fmt::format("Ored {}", r == reduction::prod ? "Eprod" : r == reduction::max ? "Emax" : "Emin");
    }
    switch (t_.op(n)) {
      case opcode::constant: return "Oconst " + shown(t_.value(n));
      case opcode::symbol: return fmt::format("Osym {}", number(t_.symbol_of(n)));
      case opcode::dim_value: return fmt::format("Odim {}", extents_.of_dim(t_.dim_of(n)));
      case opcode::index_value: {
        const affine first = extents_.first(t_.out(n)[0]);
        if (first.dim == none && first.offset < 0) no_counterpart(fmt::format("indices from {}", first.offset));
        return fmt::format("Oindex {}%nat", extents_.place_number(first));
      }
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
      default:
        return is_assumed_function(t_, n) ? fmt::format("Ofun {}", number_of(assumed_function(t_, n))) : function_of(t_.op(n));
    }
  }

  static std::string function_of(opcode o) {
    return fmt::format("{} {}", find_function(o)->arity == 1 ? "Oun" : "Obi", coq_name(o));
  }

  std::size_t number_of(const coq_function& f) {
    auto it = std::ranges::find(functions_, f.key, &coq_function::key);
    if (it == functions_.end()) it = functions_.insert(it, f);
    return static_cast<std::size_t>(it - functions_.begin()) + 1;
  }

  script described(node_id n) {
    script s;
    const std::string op = operation(n);
    s << "Nd " << (op.find(' ') == std::string::npos ? op : "(" + op + ")") << " " << ranges(n, t_.out(n)) << " "
      << ranges(t_.bound(n)) << " ";
    const bool further = extents_.only_reads_further(n);
    return s.list(arguments(n), [&](const edge& e) { put_plain(s, e, axes_of(n), further); });
  }

  // What some labels, over some axes, read of a node: the number of an axis, or beyond them a fixed entry. How much `further` on
  // than an axis, it leaves to others.
  std::string numbers_of(std::span<const label> labels, std::span<const range_id> axes, node_id read, bool further = false) {
    std::vector<std::size_t> r;
    for (std::size_t q = 0; q < labels.size(); ++q) {
      const coq_extents::place p = extents_.place_of(labels[q], axes, read, q % t_.rank(read));
      if (p.further() && !further) no_counterpart("an entry of a derivative that is read further on");
      r.push_back(p.fixed ? axes.size() + extents_.place_number(p.at) : p.axis);
    }
    return fmt::format("[{}]%nat", fmt::join(r, "; "));
  }
  // (node, [labels])
  script& put_plain(script& s, const edge& e, std::span<const range_id> axes, bool further = false) {
    s << "(";
    return s.node(e.node) << fmt::format(", {})", numbers_of(e.labels, axes, e.node, further));
  }
  script& put_place(script& s, const edge& e, std::span<const range_id> axes) {
    return put_plain(s, extents_.plain(e, axes), axes);
  }
  script& put_places(script& s, std::span<const edge> all, std::span<const range_id> axes) {
    return s.list(all, [&](const edge& e) { put_place(s, e, axes); });
  }

  // --- claims and steps

  script said(const claim& c) {
    script s;
    if (c.what == kind::sign) {
      s << "Csgn " << name_of(c.is) << " ";
      return s.node(c.left);
    }
    if (c.what == kind::equal) {
      s << (c.apart.empty() ? "Ceq " : "Capart ") << where_apart(c);
      s.node(c.left) << " ";
      return s.node(c.right);
    }
    if (c.order != 1)
      s << (c.entry.empty() ? "Chi " : "Chent ") << (std::size_t{c.order} - 1) << "%nat ";
    else
      s << (c.entry.empty() ? "Cder " : "Cent ");
    s.node(c.left) << " " << number(c.variable) << " " << ranges(t_.symbol(c.variable).axes) << " ";
    if (!c.entry.empty()) s << numbers_of(c.entry, t_.out(c.right), t_.symbol_node(c.variable)) << " ";
    return s.node(c.right);
  }

  // The two indices of an equation that is only made where they differ.
  static std::string where_apart(const claim& c) {
    if (c.apart.size() > 1) no_counterpart("an equation where several pairs of indices differ");
    return c.apart.empty() ? "" : fmt::format("{}%nat {}%nat ", c.apart[0].first, c.apart[0].second);
  }

  std::size_t at(step_id s) const { return here_->numbers.at(s); }

  std::size_t put_step(script s) {
    here_->steps.push_back(std::move(s));
    return here_->steps.size();
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
    here_->numbers[s] = put_step(translated(step));
  }

  script translated(const proof_step& step) {
    if (step.rule == "hypothesis") return hypothesis_step(step);
    if (is_axiom(step) || is_whole_symbol(step.says)) return assumed(step.says, is_constant(step.says));
    if (step.rule == "lift" && extents_.only_reads_further(step.says.right)) return lift_step(step.says);
    if (step.rule == "ring") return ring_step(step);
    if (step.rule == "derivative") return derivative_step(step);
    if (step.terms) return rule_step(step);
    if (step.rule == "any-sign") return any_sign_step(step);
    if (inner_premises(step) > 0) return again_step(step);
    if (step.rule == "sign" && counted_extremum(step.says.left) != none) return attained_step(step.says);
    return plain_step(step);
  }

  // --- proofs inside of a proof

  // The premises that are proved in a proof of their own.
  static std::size_t inner_premises(const proof_step& step) {
    return step.rule == "any-sign" ? step.premises.size() : step.rule == "derivative-again" && step.premises.size() > 2 ? 1 : 0;
  }

  // The steps of the proof at hand: of all that it ends in, without those of the proofs inside of it.
  void write_proof(std::span<const step_id> ends) {
    const std::vector<proof_step>& log = k_.log();
    std::vector<bool> needed(log.size(), false);
    for (step_id s : ends) needed[s] = true;
    for (std::size_t s = log.size(); s-- > 0;)
      for (std::size_t k = inner_premises(log[s]); needed[s] && k < log[s].premises.size(); ++k)
        needed[log[s].premises[k]] = true;
    std::vector<step_id> steps;
    for (step_id s = 0; s < log.size(); ++s)
      if (needed[s]) steps.push_back(s);
    if (std::ranges::any_of(steps, [&](step_id s) { return log[s].by_symmetry; }))
      for (hypothesis_id h : hypotheses_) symmetrize(h);
    symmetrize_functions(steps);
    for (step_id s : steps) translate(s);
  }

  // A proof that ends in one step, from the hypotheses of the proof at hand and `cases`, or only from those that it `selects`.
  proof inner_proof(step_id end, std::vector<claim> cases, bool selects) {
    proof inner;
    inner.outer = here_;
    inner.own = std::move(cases);
    inner.selects = selects;
    here_ = &inner;
    write_proof(std::vector{end});
    here_ = inner.outer;
    return inner;
  }

  script any_sign_step(const proof_step& step) {
    const node_id u = step.details.at(0);
    const std::array<claim, 3> cases = k_.signs_of(u);
    script s;
    (s << "Sany ").node(u) << " ";
    s.node(cases[1].left) << " ";
    s.node(cases[2].right);
    for (std::size_t k = 0; k < cases.size(); ++k) (s << " ").lines(inner_proof(step.premises[k], {cases[k]}, false).steps);
    return s;
  }

  // The first derivative by a proof from hypotheses which hold near the point: some, because of what is continuous there.
  script again_step(const proof_step& step) {
    const proof first = inner_proof(step.premises[0], {}, true);
    std::vector<std::size_t> kept, continuous;
    for (const claim& c : first.own) kept.push_back(number_of(*here_, c));
    for (std::size_t k = 2; k < step.premises.size(); ++k) continuous.push_back(at(step.premises[k]));
    script s;
    s << "Sstays " << at(step.premises[1]) << fmt::format(" [{}]%nat ", fmt::join(kept, "; ")) << premises(continuous) << " ";
    return s.lines(first.steps);
  }

  // That a node which only reads an operation further on is that operation of what it reads further on.
  void open_reader(std::vector<std::size_t>& used, node_id n) {
    const edge outer = t_.arg(n, 0);
    const opcode o = t_.op(outer.node);
    const bool leaf = t_.arity(outer.node) == 0 || is_matrix_function(o) || t_.bound_count(outer.node) > 0;
    if (leaf || std::ranges::any_of(outer.labels, &label::is_constant) || extents_.only_reads_further(outer.node)) return;
    auto [it, fresh] = here_->opened.try_emplace(n);
    if (fresh) {
      std::vector<edge> args = t_.args(outer.node).copy();
      for (edge& e : args)
        for (label& l : e.labels)
          if (!l.is_constant()) {
            const label& at = outer.labels[static_cast<std::size_t>(l.axis)];
            l = label::of_axis(static_cast<std::size_t>(at.axis), at.offset + l.offset);
          }
      const node_id inside = t_.make(o, axes_of(n), {}, reduction::none, args, t_.attribute(outer.node));
      script s;
      (s << "Sunder ").node(n) << " ";
      it->second = {inside, put_step(std::move(s.node(inside)))};
    }
    const auto [inside, opened] = it->second;
    used.push_back(opened);
    for (const edge& e : t_.args(inside).copy()) open_argument(used, e, axes_of(inside));
  }
  void open_argument(std::vector<std::size_t>& used, const edge& e, std::span<const range_id> axes) {
    const edge read = extents_.plain(e, axes);
    if (read.node != e.node && extents_.only_reads_further(read.node)) open_reader(used, read.node);
  }

  // That an operation of what is read further on is the operation, read further on.
  script lift_step(const claim& c) {
    std::vector<std::size_t> steps;
    open_reader(steps, c.right);
    if (steps.empty()) no_counterpart("a function of an array that is read further on and at a fixed entry");
    const node_id inside = here_->opened.at(c.right).first;
    script back;
    back << "Ssym " << steps.front();
    if (inside == c.left) return back;
    script s;
    (s << "Slift ").node(c.left) << " ";
    const std::size_t same = put_step(std::move(s.node(inside)));
    return script() << "Strans " << same << " " << put_step(std::move(back));
  }

  // --- what is known of a node, known of what only reads it further on

  void read_further(std::vector<std::size_t>& used, const proof_step& step, const edge& e, std::span<const range_id> axes) {
    const edge read = extents_.plain(e, axes);
    if (read.node == e.node || t_.op(e.node) == opcode::delta) return;
    for (step_id p : grounds_of(step)) {
      if (k_.log()[p].says.left != e.node) continue;
      auto [it, fresh] = here_->further.try_emplace({p, read.node}, 0);
      if (fresh) it->second = further_step(p, read.node);
      used.push_back(it->second);
    }
  }
  void read_further(std::vector<std::size_t>& used, const proof_step& step, node_id n) {
    if (n == none || extents_.only_reads_further(n)) return;
    for (const edge& e : t_.args(n).copy()) read_further(used, step, e, axes_of(n));
  }

  std::size_t further_step(step_id p, node_id n) {
    const claim& c = k_.log()[p].says;
    node_id other = n;
    edge e = t_.arg(n, 0);
    std::vector<range_id> axes = axes_of(n);
    if (c.what == kind::derivative) {
      if (c.order != 1 || !c.entry.empty()) no_counterpart("a derivative of higher order of what is read further on");
      for (range_id r : t_.symbol(c.variable).axes) {
        e.labels.push_back(label::of_axis(axes.size()));
        axes.push_back(r);
      }
    }
    if (c.what != kind::sign) {
      const edge read = extents_.plain({c.right, e.labels}, axes);
      if (read.labels != tape::straight(axes.size())) no_counterpart("a derivative that is read further on");
      other = read.node;
    }
    script s;
    (s << "Sshift " << at(p) << " ").node(n) << " ";
    return put_step(std::move(s.node(other)));
  }

  script hypothesis_step(const proof_step& step) { return hypothesis_step(step.details.at(0), step.says); }

  // What a hypothesis says, or something that is the same. That functions of matrices are continuous is not known in Coq.
  script hypothesis_step(hypothesis_id h, const claim& says) {
    const bool near = std::ranges::all_of(variables_, [&](symbol_id v) { return k_.holds_near(h, v); });
    return assumed(says, near && !is_case(says) && (is_constant(says) || !has_matrix_function(says)));
  }

  // Functions of matrices are defined in Coq, and what the kernel knows of them is assumed: the rows of the table of matrix
  // identities, and their derivatives.
  bool is_axiom(const proof_step& step) const {
    const claim& c = step.says;
    if (std::ranges::find(matrix_rules(), step.rule, &matrix_rule::name) != matrix_rules().end()) return true;
    if (!is_matrix_function(t_.op(c.left))) return false;
    return step.rule == "lift" || (step.rule == "derivative" && t_.mentions(c.left, c.variable));
  }

  // Whether a step rests on what is assumed at the point only.
  bool is_assumed_of_matrices(step_id s) const {
    std::vector<step_id> open{s};
    std::set<step_id> met;
    while (!open.empty()) {
      const proof_step& step = k_.log()[open.back()];
      const bool fresh = met.insert(open.back()).second;
      open.pop_back();
      if (is_axiom(step) && !is_constant(step.says)) return true;
      if (fresh) open.insert(open.end(), step.premises.begin(), step.premises.end());
    }
    return false;
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
    script s;
    return s << (near ? "Sreg " : "Shyp ") << (near ? number_among(near_said_, near_, says) : number_of(*here_, says)) << "%nat";
  }

  std::size_t number_among(std::vector<claim>& known, std::vector<script>& written, const claim& c) {
    const std::size_t number = place_among(known, c);
    if (number == known.size()) {
      known.push_back(c);
      written.push_back(said(c));
    }
    return number;
  }

  // The number of a hypothesis at the point in a proof.
  std::size_t number_of(proof& in, const claim& c) {
    if (!in.outer) return number_among(at_said_, at_, c);
    const std::size_t number = place_among(in.own, c);
    if (number < in.own.size()) return number;
    if (!in.selects) return number + number_of(*in.outer, c);
    in.own.push_back(c);
    return number;
  }

  // Whether the proof at hand is of a case in which this is so.
  bool is_case(const claim& c) const {
    for (const proof* p = here_; p; p = p->outer)
      if (!p->selects && place_among(p->own, c) < p->own.size()) return true;
    return false;
  }

  // The user's fact that a matrix is symmetric.
  void symmetrize(hypothesis_id h) {
    const claim& c = k_.hypothesis_of(h).says;
    if (c.what != kind::equal || t_.op(c.left) != opcode::symbol || !t_.symbol(t_.symbol_of(c.left)).symmetric) return;
    if (c.right == turned(c.left) && !here_->symmetric.contains(c.left))
      here_->symmetric[c.left] = {put_step(hypothesis_step(h, equal_claim(c.right, c.left)))};
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
      if (by_ring(c)) here_->symmetric[n] = {put_step(assumed(c, is_constant(c)))};
    }
  }

  // The step that says so in the kernel, if `ring` does.
  std::optional<proof_step> by_ring(const claim& c) {
    try {
      return k_.log()[k_.ring(c.left, c.right, {}).step()];
    } catch (const refusal&) {
      return {};
    }
  }

  node_id turned(node_id w) { return exchanged(w, 0, 1); }
  node_id exchanged(node_id n, std::size_t p, std::size_t q) {
    std::vector<label> places = tape::straight(t_.rank(n));
    std::swap(places[p], places[q]);
    return t_.identity(std::vector<range_id>(t_.out(n).begin(), t_.out(n).end()), {n, places});
  }

  // `ring` in Coq reads what is neither a sum nor a product as it stands, and is told where its indices may be exchanged.
  void exchange_indices(std::vector<std::size_t>& used, std::span<const node_id> roots) {
    std::set<node_id> read;
    for (node_id n : t_.reachable(roots)) {
      const opcode o = t_.op(n);
      const bool power = o == opcode::power && !(is_integer(t_.value(n)) && t_.value(n) >= 0);
      if (power) read.insert(t_.arg(n, 0).node);
      if (find_function(o) && t_.arity(n) == 1 && t_.bound_count(n) == 0) read.insert(n);
    }
    for (node_id n : read) {
      if (here_->symmetric.try_emplace(n).second) here_->symmetric[n] = exchange_steps(n);
      const std::vector<std::size_t>& steps = here_->symmetric.at(n);
      used.insert(used.end(), steps.begin(), steps.end());
    }
  }

  std::vector<std::size_t> exchange_steps(node_id n) {
    std::vector<std::size_t> steps;
    for (std::size_t q = 0; q < t_.rank(n); ++q)
      for (std::size_t p = 0; p < q; ++p)
        if (t_.out(n)[p] == t_.out(n)[q])
          if (auto step = find_function(t_.op(n)) ? exchange_in(n, p, q) : exchange(n, p, q)) steps.push_back(*step);
    return steps;
  }
  std::optional<std::size_t> exchange(node_id n, std::size_t p, std::size_t q) {
    const std::optional<proof_step> known = by_ring(equal_claim(exchanged(n, p, q), n));
    if (!known || known->by_symmetry) return {};
    return put_step(ring_step(*known));
  }
  // Of a function of one argument, because the argument is the same.
  std::optional<std::size_t> exchange_in(node_id n, std::size_t p, std::size_t q) {
    const std::vector<range_id> axes = axes_of(n);
    const node_id argument = t_.identity(axes, t_.arg(n, 0));
    const std::optional<std::size_t> same = exchange(argument, p, q);
    if (!same) return {};
    auto of = [&](node_id a) {
      const edge whole = t_.whole(a);
      return t_.make(t_.op(n), axes, {}, reduction::none, std::span(&whole, 1), t_.attribute(n));
    };
    const node_id inside = of(exchanged(argument, p, q)), plain = of(argument);
    const std::size_t lifted = put_step(binary("Slift ", exchanged(n, p, q), inside));
    const std::size_t equal = put_step(binary("Scong ", inside, plain) << fmt::format(" [{}]", *same));
    const std::size_t both = put_step(script() << "Strans " << lifted << " " << equal);
    return plain == n ? both : put_step(script() << "Strans " << both << " " << put_step(binary("Slift ", plain, n)));
  }
  static script binary(std::string_view step, node_id left, node_id right) {
    script s;
    (s << step).node(left) << " ";
    return s.node(right);
  }

  // Steps whose premises, and perhaps the node that they are about, say all.
  script plain_step(const proof_step& step) {
    auto c = std::ranges::find(counterparts, step.rule, &counterpart::rule);
    if (c == counterparts.end()) no_counterpart(fmt::format("the step '{}'", step.rule));
    if (step.rule == "derivative-again" && is_assumed_of_matrices(step.premises[0]))
      no_counterpart("a second derivative that rests on what is assumed of functions of matrices");
    const opcode o = t_.op(step.says.left);  // some functions are not negative where they are defined, in Coq not everywhere
    if (step.rule == "sign" && (o == opcode::acosh || o == opcode::asech))
      no_counterpart(fmt::format("the sign of {}", find_function(o)->name));
    if (step.rule == "sign" && find_function(t_.op(step.says.left)) && is_assumed_function(t_, step.says.left))
      no_counterpart(fmt::format("the function {}", find_function(t_.op(step.says.left))->name));
    script s;
    const bool higher = step.says.what == kind::derivative && step.says.order > 1;
    s << (!higher                              ? c->name
          : step.rule == "derivative-equal"    ? "Shito"
          : step.rule == "derivative-of-equal" ? "Shifun"
          : step.rule == "derivative-entry"    ? "Shentry"
                                               : c->name);
    if (step.rule == "sign") s << " " << name_of(step.says.is);
    if (!c->listed)
      for (step_id p : step.premises) s << " " << (step.says.apart.empty() ? at(p) : weakened(p, step.says));
    if (c->left) (s << " ").node(step.says.left);
    if (c->right) (s << " ").node(step.says.right);
    if (c->listed) {
      std::vector<std::size_t> used = premises_of(step);
      read_further(used, step, step.says.left);
      s << " " << premises(used);
    }
    if (step.rule == "factor-nonzero") s << " " << step.details.at(0) << "%nat";
    return s;
  }

  // An equation, made where two indices differ.
  std::size_t weakened(step_id p, const claim& apart) {
    if (!k_.log()[p].says.apart.empty()) return at(p);
    script s;
    return put_step(s << "Sweaken " << at(p) << " " << where_apart(apart));
  }

  // The least common denominator of the exponents beneath some nodes.
  std::string denominator_beneath(std::span<const node_id> roots) {
    big_integer d = 1;
    for (node_id n : t_.reachable(roots))
      if (t_.op(n) == opcode::power) d = boost::multiprecision::lcm(d, denominator(t_.value(n)));
    return d.str();
  }

  // Of nodes that stay closed: a number is always read as what it is, and so are deltas and their products.
  std::vector<node_id> without_constants(std::vector<node_id> nodes) const {
    std::erase_if(nodes, [&](node_id n) { return is_of_deltas(n); });
    return nodes;
  }
  bool is_of_deltas(node_id n) const {
    const opcode o = t_.op(n);
    if (t_.is_constant(n) || o == opcode::delta) return true;
    return (o == opcode::mul || o == opcode::identity) && t_.bound_count(n) == 0 &&
           std::ranges::all_of(t_.args(n).copy(), [&](const edge& e) { return is_of_deltas(e.node); });
  }

  // The same 1 or 0 with its indices in the order in which what is compared reads them: one node for I[i,j] and I[j,i].
  edge turned_choice(comparison c, node_id chosen) const {
    const std::vector<range_id> axes = axes_of(chosen);
    std::vector<label> outside;
    std::vector<range_id> own;
    std::vector<edge> compared{t_.arg(chosen, 0), t_.arg(chosen, 1)};
    for (edge& e : compared) {
      for (label& l : e.labels) {
        if (l.is_constant()) continue;
        const label from = label::of_axis(static_cast<std::size_t>(l.axis));
        std::size_t place = static_cast<std::size_t>(std::ranges::find(outside, from) - outside.begin());
        if (place == outside.size()) {
          outside.push_back(from);
          own.push_back(axes[static_cast<std::size_t>(l.axis)]);
        }
        l.axis = static_cast<std::int16_t>(place);
      }
    }
    if (own.size() != axes.size()) return t_.whole(chosen);
    return {t_.select(own, c, compared[0], compared[1], {t_.constant(1), {}}, {t_.constant(0), {}}), outside};
  }

  // Of what is 1 where an index is a whole number or a dimension, and else 0, the delta; if the index does not begin beyond that.
  std::optional<node_id> delta_at_a_number(comparison c, node_id chosen) const {
    if (c != comparison::eq) return std::nullopt;
    const std::vector<range_id> axes = axes_of(chosen);
    for (std::size_t k : {std::size_t{0}, std::size_t{1}}) {
      const edge index = t_.arg(chosen, k), number = t_.arg(chosen, 1 - k);
      if (t_.op(index.node) != opcode::index_value || index.labels[0].is_constant()) continue;
      const range_id over = axes[static_cast<std::size_t>(index.labels[0].axis)];
      label at;
      if (t_.op(number.node) == opcode::dim_value)
        at = label::of_dim(t_.dim_of(number.node), 0);
      else if (t_.is_constant(number.node) && is_integer(t_.value(number.node)) && abs(t_.value(number.node)) < 1 << 20)
        at = label::of_integer(numerator(t_.value(number.node)).convert_to<std::int32_t>());
      else
        continue;
      if (!t_.surely_le(t_.range_of(over).lo, at.value())) continue;
      return t_.identity(axes, {t_.delta(over, t_.make_range(at.value(), at.value())), {index.labels[0], at}});
    }
    return std::nullopt;
  }

  // The steps that say what a choice is to `ring`: a polynomial in its branches and in what is 1 where it is for the first of
  // them and else 0; and that the square of that is itself.
  const std::vector<std::size_t>& choice_steps(node_id n) {
    auto [it, fresh] = here_->choices.try_emplace(n);
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
    const bool of_indices = t_.op(args[0].node) == opcode::index_value && t_.op(args[1].node) == opcode::index_value;
    if (of_indices && c == comparison::eq) {
      const std::vector<range_id> axes = axes_of(chosen);
      const label p = t_.arg(chosen, 0).labels[0], q = t_.arg(chosen, 1).labels[0];
      if (!p.is_constant() && !q.is_constant()) {
        const node_id d = t_.delta(axes[static_cast<std::size_t>(p.axis)], axes[static_cast<std::size_t>(q.axis)]);
        script s;
        (s << "Sdelta ").node(chosen) << " ";
        made.push_back(put_step(std::move(s.node(t_.identity(axes, {d, {p, q}})))));
      }
    }
    if (const std::optional<node_id> d = delta_at_a_number(c, chosen)) {
      script s;
      (s << "Sdeltanum ").node(chosen) << " ";
      made.push_back(put_step(std::move(s.node(*d))));
    }
    if (const edge same = turned_choice(c, chosen); made.empty() && same.node != chosen) {
      script s;
      (s << "Slift ").node(chosen) << " ";
      made.push_back(put_step(std::move(s.node(t_.identity(axes_of(chosen), same)))));
      const std::vector<std::size_t>& more = choice_steps(same.node);
      made.insert(made.end(), more.begin(), more.end());
    }
    if (chosen != n) {
      const node_id opened = (i * u + (v - i * v)).over_frame();
      script s;
      (s << "Schoice ").node(n) << " ";
      s.node(opened) << " ";
      put_place(s, i.as_edge(), f.axes) << " ";
      made.push_back(put_step(s.nodes(without_constants({chosen, args[2].node, args[3].node}))));
    }
    const std::vector<range_id> axes(t_.out(chosen).begin(), t_.out(chosen).end());
    script s;
    (s << "Srule " << (c == comparison::lt ? "less_square" : "equal_square") << " (0 # 1) ")
            .node(t_.power(axes, t_.whole(chosen), 2))
        << " ";
    s.node(chosen) << " ";
    put_place(s, t_.arg(chosen, 0), axes) << " ";
    put_place(s, t_.arg(chosen, 1), axes) << " [] []";
    made.push_back(put_step(std::move(s)));
    return here_->choices[n] = std::move(made);
  }

  // That the factors of a product are not 0 of which a premise says so: `ring` in Coq divides by each.
  void factors_not_zero(std::vector<std::size_t>& used, const proof_step& step) {
    for (step_id p : grounds_of(step)) {
      const claim& c = k_.log()[p].says;
      if (c.what != kind::sign || (c.is != relation::positive && c.is != relation::nonzero)) continue;
      if (t_.op(c.left) != opcode::mul || t_.bound_count(c.left) > 0) continue;
      for (std::size_t k = 0; k < t_.arity(c.left); ++k) {
        const edge e = t_.arg(c.left, k);
        if (e != t_.whole(e.node) || !std::ranges::equal(t_.out(e.node), t_.out(c.left)) || t_.is_constant(e.node)) continue;
        auto [it, fresh] = here_->factors.try_emplace({p, k}, 0);
        if (fresh) it->second = put_step(script() << "Sfactor " << at(p) << " " << k << "%nat");
        used.push_back(it->second);
      }
    }
  }

  // The sign of what a number above 0 multiplies, where a premise states that of the product: roots are taken apart by it.
  void factor_signs(std::vector<std::size_t>& used, const proof_step& step) {
    for (step_id p : grounds_of(step)) {
      const claim& c = k_.log()[p].says;
      if (c.what != kind::sign || (c.is != relation::positive && c.is != relation::nonnegative)) continue;
      if (t_.op(c.left) != opcode::mul || t_.arity(c.left) != 2 || t_.bound_count(c.left) > 0) continue;
      const edge number = t_.arg(c.left, 0), factor = t_.arg(c.left, 1);
      if (!t_.is_constant(number.node) || t_.value(number.node) <= 0 || t_.is_constant(factor.node)) continue;
      if (factor != t_.whole(factor.node) || !std::ranges::equal(t_.out(factor.node), t_.out(c.left))) continue;
      auto [it, fresh] = here_->factors.try_emplace({p, t_.arity(c.left)}, 0);
      if (fresh) {
        const std::vector<range_id> axes = axes_of(c.left);
        const std::array<edge, 2> scaled{edge{t_.constant(1 / t_.value(number.node)), {}}, t_.whole(c.left)};
        const node_id n = t_.mul(axes, scaled);
        script sign;
        (sign << "Ssgn " << name_of(c.is) << " ").node(n) << fmt::format(" [{}]", at(p));
        const std::size_t known = put_step(std::move(sign));
        const std::size_t same = put_step(binary("Sring ", n, factor.node) << " 1 [] []");
        it->second = put_step(script() << "Stransfer " << same << " " << known);
      }
      used.push_back(it->second);
    }
  }

  // What `ring` in Coq is told besides the premises of a step, about the nodes beneath some roots.
  std::vector<std::size_t> facts_for_ring(const proof_step& step, std::span<const node_id> roots) {
    std::vector<std::size_t> used = premises_of(step);
    factors_not_zero(used, step);
    factor_signs(used, step);
    for (node_id n : t_.reachable(roots)) {
      const bool symmetric = step.by_symmetry || is_matrix_function(t_.op(n));
      if (auto known = here_->symmetric.find(n); symmetric && known != here_->symmetric.end())
        used.insert(used.end(), known->second.begin(), known->second.end());
    }
    open_choices(used, step, roots);
    exchange_indices(used, roots);
    for (node_id n : t_.reachable(roots)) {
      read_further(used, step, n);
      if (!extents_.only_reads_further(n))
        for (const edge& e : t_.args(n).copy()) open_argument(used, e, axes_of(n));
      else
        open_reader(used, n);
    }
    name_readers(used, roots);
    return used;
  }

  // The nodes that only read another further on, where one of these is a delta: `ring` in Coq sums over an index of it by them.
  void name_readers(std::vector<std::size_t>& used, std::span<const node_id> roots) {
    std::set<node_id> readers;
    std::vector<node_id> open(roots.begin(), roots.end());
    while (!open.empty()) {
      std::vector<node_id> found;
      for (node_id n : t_.reachable(open)) {
        if (extents_.only_reads_further(n)) found.push_back(n);
        for (const edge& e : arguments(n))
          if (extents_.only_reads_further(e.node)) found.push_back(e.node);
      }
      open.clear();
      for (node_id n : found)  // and those beneath what they were opened into
        if (auto it = here_->opened.find(n); readers.insert(n).second && it != here_->opened.end())
          open.push_back(it->second.first);
    }
    if (std::ranges::none_of(readers, [&](node_id n) { return t_.op(t_.arg(n, 0).node) == opcode::delta; })) return;
    for (node_id n : readers) {
      auto [it, fresh] = here_->readers.try_emplace(n, 0);
      if (fresh) it->second = put_step(std::move((script() << "Srefl ").node(n)));
      used.push_back(it->second);
    }
  }

  // The nodes that the premises of a `ring` speak of.
  std::vector<node_id> equated(const proof_step& step) const {
    std::vector<node_id> r;
    for (step_id p : step.premises)
      if (const claim& c = k_.log()[p].says; c.what == kind::equal) r.insert(r.end(), {c.left, c.right});
    return r;
  }

  script ring_step(const proof_step& step) {
    std::vector<node_id> roots = equated(step);
    roots.insert(roots.end(), {step.says.left, step.says.right});
    const std::vector<std::size_t> used = facts_for_ring(step, roots);
    script s;
    (s << (step.says.apart.empty() ? "Sring " : "Sapart ") << where_apart(step.says)).node(step.says.left) << " ";
    s.node(step.says.right) << " " << denominator_beneath(roots) << " ";
    return s.nodes(without_constants(step.details)) << " " << premises(used);
  }

  // The expander with which the kernel made a `ring` step.
  expander expander_of(const proof_step& step, sign_source& signs) const {
    expander::options how;
    how.opaque.insert(step.details.begin(), step.details.end());
    for (step_id p : step.premises)
      if (const claim& c = k_.log()[p].says; c.what == kind::equal && c.apart.empty()) how.rewrite_by(t_, c.left, c.right);
    return {t_, signs, std::move(how)};
  }

  // What the choices beneath some roots are: the branch that is known to be taken, or a polynomial.
  void open_choices(std::vector<std::size_t>& used, const proof_step& step, std::span<const node_id> roots) {
    std::vector<node_id> choices = t_.reachable(roots);
    std::erase_if(choices, [&](node_id n) {
      return t_.op(n) != opcode::select || here_->settling.contains(n) ||
             std::ranges::find(step.details, n) != step.details.end();
    });
    if (choices.empty()) return;
    stated_signs signs(k_, step);
    expander expand = expander_of(step, signs);
    for (node_id n : choices) {
      const std::optional<rational> apart = compared_difference(expand, n);
      const std::vector<std::size_t> more = apart ? std::vector{settled_step(n, *apart, step)} : choice_steps(n);
      used.insert(used.end(), more.begin(), more.end());
    }
  }

  // The number by which the two that a choice compares differ, if it is one.
  std::optional<rational> compared_difference(expander& expand, node_id n) const {
    const edge a = t_.arg(n, 0), b = t_.arg(n, 1);
    const std::vector<range_id> axes = axes_of(n);
    try {
      polynomial difference = expand.read(expand.of(a.node), a.labels, axes);
      expand.add(difference, expand.read(expand.of(b.node), b.labels, axes), -1);
      if (difference.is_zero()) return 0;
      const auto& [m, c] = *difference.terms.begin();
      return difference.terms.size() == 1 && m == monomial{} ? std::optional(c) : std::nullopt;
    } catch (const too_large&) {
      return {};
    }
  }

  std::size_t settled_step(node_id n, const rational& apart, const proof_step& step) {
    const std::size_t branch = decides(t_.comparison_of(n), apart) ? 2 : 3;
    const std::vector<range_id> axes = axes_of(n);
    std::vector<node_id> roots = equated(step);
    roots.insert(roots.end(), {t_.arg(n, 0).node, t_.arg(n, 1).node});
    here_->settling.insert(n);
    const std::vector<std::size_t> used = facts_for_ring(step, roots);
    here_->settling.erase(n);
    auto [it, fresh] = here_->settled.try_emplace({n, used}, 0);
    if (!fresh) return it->second;
    script s;
    (s << "Ssettled ").node(n) << " ";
    s.node(t_.identity(axes, extents_.plain(t_.arg(n, branch), axes))) << " " << shown(apart) << " ";
    s << denominator_beneath(roots) << " ";
    return it->second = put_step(s.nodes(without_constants(step.details)) << " " << premises(used));
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
    // The kernel knows that a power is real, and in Coq it matters why.
    if (t_.op(n) == opcode::symbol) no_counterpart("a real power of what may be negative");
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
    for (const edge& e : where) read_further(used, step, e, f.axes);
    script s;
    (s << "Srule " << name << " " << shown(step.terms->parameter) << " ").node(step.says.left) << " ";
    s.node(step.says.right) << " ";
    put_place(s, step.terms->x, f.axes) << " ";
    put_place(s, step.terms->y, f.axes) << " ";
    return put_places(s, where, f.axes) << " " << premises(used);
  }

  // --- extrema over indices

  bool is_extremum(node_id n) const {
    return t_.op(n) == opcode::identity && (t_.red(n) == reduction::max || t_.red(n) == reduction::min);
  }

  // 1 where a number is the extremum of all, else 0.
  edge attained(node_id extremum) {
    frame f = frame_of(t_, extremum);
    const term number(f, t_.arg(extremum, 0)), extreme(f, t_.whole(extremum)), one(f, 1), zero(f, 0);
    return select(comparison::eq, number, extreme, one, zero).as_edge();
  }

  // The step that one number alone attains an extremum: how many do is 1.
  std::size_t attained_once(node_id extremum, const proof_step& step) {
    for (range_id r : t_.bound(extremum))
      if (!t_.surely_le(t_.range_of(r).lo, t_.range_of(r).hi))
        no_counterpart("an extremum over indices of which there may be none");
    frame f = frame_of(t_, extremum);
    std::vector<std::size_t> known = premises_of(step);
    const node_id no_tie = conditions_of(kink_conditions(extremum, f, {true}), known, step).at(0).node;
    std::size_t proved = known.back();
    for (step_id p : grounds_of(step))
      if (const claim& c = k_.log()[p].says; c.what == kind::sign && c.left == no_tie) proved = at(p);
    const std::vector<range_id> out{t_.out(extremum).begin(), t_.out(extremum).end()};
    script s;
    (s << "Sonce ").node(extremum) << " ";
    s.node(times_attained(t_, extremum)) << " ";
    return put_step(std::move(s.node(t_.identity(out, {t_.constant(1), {}})) << " " << proved));
  }

  // The extremum, if a node counts which numbers attain it.
  node_id counted_extremum(node_id n) {
    if (t_.op(n) != opcode::identity || t_.red(n) != reduction::sum || t_.op(t_.arg(n, 0).node) != opcode::select) return none;
    const node_id extremum = t_.arg(t_.arg(n, 0).node, 1).node;
    return is_extremum(extremum) && times_attained(t_, extremum) == n ? extremum : none;
  }

  script attained_step(const claim& c) {
    script s;
    (s << "Sattained " << name_of(c.is) << " ").node(counted_extremum(c.left)) << " ";
    return s.node(c.left);
  }

  // That the derivatives of an unknown function are what is called so.
  void declare_derivatives(const unknown_function& f) {
    if (f.orders.size() > 2) no_counterpart("the derivative of an unknown function of more than two arguments");
    std::vector<std::size_t> by;
    for (std::size_t k = 0; k < f.orders.size(); ++k) {
      unknown_function g = f;
      ++g.orders[k];
      by.push_back(number_of(assumed_function(g)));
    }
    derivatives_[number_of(assumed_function(f))] = by;
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
    const bool function = o == opcode::power || o == opcode::select || find_function(o) || o == opcode::unknown;
    const bool moves = t_.mentions(c.left, c.variable);
    if (moves && find_function(o) && coq_name(o).empty()) no_counterpart(fmt::format("the function {}", find_function(o)->name));
    const bool multiplies = t_.red(c.left) == reduction::prod;
    if (moves && multiplies && t_.bound_count(c.left) != 1) no_counterpart("the derivative of a product over several indices");
    if (moves && o == opcode::unknown) declare_derivatives(t_.unknown_of(c.left));
    if (multiplies && moves) {
      frame axes = frame_of(t_, c.left);
      parts = partials(c.left, axes, {true});
      for (const edge& e : parts[0]) closed.insert(e.node);
    }
    if (moves && is_extremum(c.left)) {
      parts = {{attained(c.left)}};
      closed.insert(parts[0][0].node);
      used.push_back(attained_once(c.left, step));
    }
    if (function && moves) {
      frame axes = frame_of(t_, c.left);
      std::vector<bool> wanted;
      for (edge_view e : t_.args(c.left)) wanted.push_back(t_.mentions(e.node, c.variable));
      conditions needed = defined_conditions(c.left, axes);
      for (condition& k : kink_conditions(c.left, axes, wanted)) {
        if (o == opcode::select && k.is != relation::nonzero)  // whether a number attains an extremum alone
          used.push_back(attained_once(t_.arg(c.left, 1).node, step));
        else
          needed.push_back(std::move(k));
      }
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
    read_further(used, step, c.left);
    for (const edge& e : where) read_further(used, step, e, axes_of(c.left));
    closed.erase(c.right);
    if (t_.op(c.right) == opcode::add)
      for (edge_view e : t_.args(c.right)) closed.erase(e.node);
    script s;
    (s << "Sder ").node(c.left) << " " << number(c.variable) << " " << ranges(t_.symbol(c.variable).axes) << " ";
    s.node(c.right) << " ";
    const std::vector<range_id> axes = axes_of(c.left);
    s.list(parts, [&](const std::vector<edge>& product) { put_places(s, product, axes); });
    s << " ";
    put_places(s, where, axes) << " " << denominator_beneath(std::vector<node_id>{c.left, c.right}) << " ";
    return s.nodes(without_constants({closed.begin(), closed.end()})) << " " << premises(used);
  }

  kernel& k_;
  tape& t_;
  coq_extents extents_;
  std::vector<std::pair<affine, affine>> lengths_;
  std::vector<coq_function> functions_;  // unknown ones
  std::map<std::size_t, std::vector<std::size_t>> derivatives_;
  std::set<symbol_id> variables_, symbols_;
  std::set<hypothesis_id> hypotheses_;
  proof whole_;
  proof* here_ = &whole_;  // what is being written
  std::vector<script> near_, at_;
  std::vector<claim> near_said_, at_said_;
  std::vector<std::string> nodes_;  // arguments first
  std::map<std::string, std::size_t> texts_;
  std::map<node_id, std::size_t> names_;  // their numbers, from 1
};

}  // namespace

std::string coq_document(kernel& k, std::string_view statement, std::span<const theorem> goals) {
  return coq_writer(k).write(statement, goals);
}

std::string coq_name(opcode function) {
  const op_info* f = find_function(function);
  if (!f || std::ranges::find(foreign_functions, function) != foreign_functions.end()) return {};
  return (f->arity == 1 ? "U" : "B") + std::string(f->name);
}

std::string coq_name(std::string_view step) {
  auto c = std::ranges::find(counterparts, step, &counterpart::rule);
  return c == counterparts.end() ? "" : std::string(c->name);
}

std::string_view coq_lemma(std::string_view name) {
  auto l = std::ranges::find(lemmas, name, &lemma::of);
  return l == lemmas.end() ? std::string_view() : l->name;
}

std::string coq_name(const rule& row) {
  if (std::ranges::find(foreign_rules, row.name) != foreign_rules.end()) return {};
  std::string name(row.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace wengert
