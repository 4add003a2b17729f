#include "check.hpp"

#include <array>
#include <charconv>
#include <deque>

#include "graph.hpp"
#include "print.hpp"
#include "ring.hpp"
#include "signs.hpp"
#include "tables.hpp"

namespace checker {

namespace {

struct claim {
  enum { equal, signed_, derivative } what = equal;
  int left = -1, right = -1;
  sign is = sign::positive;
  int variable = -1, order = 0;
  std::vector<label> entry = {};                // derivative: where the variable is read; empty: at axes of `right`
  std::vector<std::pair<int, int>> apart = {};  // equal: only where these output indices differ
  bool is_equation() const { return what == equal && apart.empty(); }
  bool is_first_derivative() const { return what == derivative && order == 1 && entry.empty(); }
  friend bool operator==(const claim&, const claim&) = default;
};

using hypothesis_set = std::set<int>;  // -1 - s: symbol s is symmetric

struct step {
  const hypothesis_set* hypotheses;  // one of those that `checking` keeps, so that equal ones are the same
  claim says;
};

struct hypothesis {
  claim says;
  bool near;
};

claim equation(int a, int b) { return {.left = a, .right = b}; }
claim sign_of(sign is, int n) { return {.what = claim::signed_, .left = n, .is = is}; }

std::string shortened(std::string_view text) { return std::string(text.substr(0, 40)); }

// A line as words between single blanks.
class words {
 public:
  explicit words(std::string_view line) : rest_(line), open_(!line.empty()) { find_word(); }
  bool more() const { return open_; }
  std::string_view peek() const { return word_; }
  std::size_t count() const { return open_ ? as_index(std::count(rest_.begin(), rest_.end(), ' ')) + 1 : 0; }
  std::string_view next() {
    if (!open_) throw refusal("the line ends too early");
    if (word_.empty()) throw refusal("two blanks, or one at the end");
    std::string_view word = word_;
    open_ = word.size() < rest_.size();
    rest_.remove_prefix(word.size() + (open_ ? 1 : 0));
    find_word();
    return word;
  }
  bool take(std::string_view word) {
    if (word_ != word) return false;
    next();
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) throw refusal("'" + std::string(word) + "' is missing");
  }
  void skip_rest() { open_ = false; }
  void end() const {
    if (open_) throw refusal("'" + shortened(word_) + "' is too much");
  }

 private:
  void find_word() { word_ = rest_.substr(0, rest_.find(' ')); }

  std::string_view rest_, word_;
  bool open_;
};

std::int64_t whole_number(std::string_view text) {
  std::int64_t v = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (failure != std::errc() || end != text.data() + text.size() || v > (std::int64_t{1} << 50) || v < -(std::int64_t{1} << 50))
    throw refusal("no whole number: '" + shortened(text) + "'");
  return v;
}

bool is_name(std::string_view text) {
  auto letter = [](char ch) { return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || (ch & 0x80) != 0; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char ch) { return letter(ch) || (ch >= '0' && ch <= '9') || ch == '\''; });
}

}  // namespace

class checking {
 public:
  void line(std::string_view text) {
    words w(text);
    std::string_view first = w.next();
    if (ended_) throw refusal("a line behind the end");
    if (!begun_) {
      begun_ = first == "wengert" && w.take("certificate") && w.take("1") && !w.more();
      if (!begun_) throw refusal("this is no 'wengert certificate 1'");
    } else if (is_number(first, 'n')) {
      if (!steps_.empty()) throw refusal("a node behind the first step");
      in_order(first, nodes_.size());
      nodes_.push_back(make_node(w));
    } else if (is_number(first, 's')) {
      in_order(first, steps_.size());
      add_step(w);
    } else if (first == "statement") {
      w.skip_rest();
    } else if (first == "dim") {
      g_.dims.push_back(new_name(w.next()));
      dims_.emplace(g_.dims.back(), static_cast<int>(g_.dims.size()) - 1);
    } else if (first == "length") {
      assume_length(w);
    } else if (first == "symbol") {
      declare(w);
    } else if (first == "goal") {
      goals_.push_back(premise(w.next()));
    } else if (first == "end") {
      if (goals_.empty()) throw refusal("there is no goal");
      ended_ = true;
    } else {
      throw refusal("no line begins with '" + shortened(first) + "'");
    }
    w.end();
  }

  std::string finish() {
    if (!ended_) throw refusal("the certificate has no end");
    check_near();
    return report();
  }

 private:
  // --- names, ranges, labels, edges

  std::string new_name(std::string_view text) {
    if (!is_name(text)) throw refusal("no name: '" + shortened(text) + "'");
    if (!names_.emplace(text).second) throw refusal("'" + std::string(text) + "' is declared twice");
    return std::string(text);
  }
  static bool is_number(std::string_view word, char letter) {
    return word.size() > 1 && word[0] == letter && word[1] >= '0' && word[1] <= '9';
  }
  static void in_order(std::string_view word, std::size_t expected) {
    if (numbered(word, expected + 1) != expected) throw refusal("number " + std::to_string(expected) + " should come here");
  }
  // Behind the letter.
  static std::size_t numbered(std::string_view word, std::size_t count) {
    std::size_t v = 0;
    bool fine = word.size() == 2 || (word.size() > 2 && word.size() < 16 && word[1] != '0');
    for (std::size_t k = 1; k < word.size(); ++k) {
      fine = fine && word[k] >= '0' && word[k] <= '9';
      v = v * 10 + as_index(word[k] - '0');
    }
    if (!fine || v >= count) throw refusal("'" + shortened(word) + "' does not stand above");
    return v;
  }
  int node_named(std::string_view word) const {
    if (!word.starts_with('n')) throw refusal("a node is missing");
    return nodes_[numbered(word, nodes_.size())];
  }
  const step* premise(std::string_view word) const {
    if (!word.starts_with('s')) throw refusal("a step is missing");
    return &steps_[numbered(word, steps_.size())];
  }
  int symbol_named(std::string_view name) const {
    auto it = symbols_.find(name);
    if (it == symbols_.end()) throw refusal("no symbol is named '" + shortened(name) + "'");
    return it->second;
  }
  // What stands before + or -, and the number behind it, or 0.
  static std::pair<std::string_view, std::int64_t> with_offset(std::string_view text) {
    std::size_t at = text.find_first_of("+-", 1);
    if (at == std::string_view::npos) return {text, 0};
    return {text.substr(0, at), whole_number(text.substr(at + (text[at] == '+' ? 1 : 0)))};
  }
  // number, dim, dim+number, dim-number
  affine place(std::string_view text) const {
    if (text.empty() || text[0] == '-' || text[0] == '+' || (text[0] >= '0' && text[0] <= '9')) return {-1, whole_number(text)};
    auto [name, plus] = with_offset(text);
    auto it = dims_.find(name);
    if (it == dims_.end()) throw refusal("no dimension is named '" + shortened(text) + "'");
    return {it->second, plus};
  }
  label label_of(std::string_view text) const {
    if (!text.starts_with('@')) return {-1, place(text)};
    auto [name, plus] = with_offset(text);
    std::int64_t axis = whole_number(name.substr(1));
    if (axis < 0 || axis > 200) throw refusal("no such axis");
    return label::of_axis(as_index(axis), plus);
  }
  // [a,b,...]
  template <typename Read> static auto list(std::string_view text, Read read) {
    std::vector<decltype(read(text))> r;
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') throw refusal("brackets are missing");
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      std::size_t comma = text.find(',');
      r.push_back(read(text.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
      if (text.empty()) throw refusal("nothing behind a comma");
    }
    return r;
  }
  std::vector<int> ranges(std::string_view text) {
    return list(text, [&](std::string_view part) {
      std::size_t dots = part.find("..");
      if (dots == std::string_view::npos) throw refusal("no range: '" + shortened(part) + "'");
      return g_.range_number({place(part.substr(0, dots)), place(part.substr(dots + 2))});
    });
  }
  std::vector<label> labels(std::string_view text) const {
    return list(text, [&](std::string_view part) { return label_of(part); });
  }
  edge edge_of(std::string_view word) const {
    std::size_t bracket = word.find('[');
    edge e{node_named(word.substr(0, bracket)), {}};
    if (bracket != std::string_view::npos) e.labels = labels(word.substr(bracket));
    return e;
  }

  // --- declarations and nodes

  // length 3 <= K
  void assume_length(words& w) {
    range known;
    known.lo = place(w.next());
    w.expect("<=");
    known.hi = place(w.next());
    constexpr std::int64_t farthest = std::int64_t{1} << 31;
    for (const affine& a : {known.lo, known.hi})
      if (a.plus > farthest || a.plus < -farthest) throw refusal("a length too far away");
    affine beyond = known.hi;
    ++beyond.plus;
    if (known.lo.dim == known.hi.dim || g_.surely_le(beyond, known.lo)) throw refusal("no dimensions are so long");
    g_.lengths.push_back(known);
  }

  void declare(words& w) {
    symbol_info s;
    s.name = new_name(w.next());
    s.axes = ranges(w.next());
    s.integer = w.take("integer");
    s.symmetric = w.take("symmetric");
    if (s.symmetric && (s.axes.size() != 2 || s.axes[0] != s.axes[1])) throw refusal("only a square matrix is symmetric");
    symbols_.emplace(s.name, static_cast<int>(g_.symbols.size()));
    g_.symbols.push_back(std::move(s));
  }

  // The number of a word among those from `first` on.
  template <typename Value, typename Words> static Value named(const Words& all, std::string_view word, int first = 0) {
    auto it = std::find(all.begin() + first, all.end(), word);
    if (it == all.end()) throw refusal("'" + shortened(word) + "' is not known here");
    return static_cast<Value>(it - all.begin());
  }

  int make_node(words& w) {
    std::string_view name = w.next();
    node n;
    n.op = find_kind(name);
    if (n.op < 0) throw refusal("no kind of node is named '" + shortened(name) + "'");
    switch (n.op) {
      case constant: n.value = rational::read(w.next()); return g_.make(std::move(n));
      case dim: n.attribute = place(w.next()).dim; return g_.make(std::move(n));
      case pi: return g_.make(std::move(n));
      case symbol:
        n.attribute = symbol_named(w.next());
        n.axes = g_.symbols[as_index(n.attribute)].axes;
        n.rank = n.axes.size();
        return g_.make(std::move(n));
      case power: n.value = rational::read(w.next()); break;
      case select: n.attribute = named<int>(comparison_words, w.next()); break;
      case unknown: n.attribute = function_named(w); break;
      default: break;
    }
    n.axes = ranges(w.next());
    n.rank = n.axes.size();
    bool of_matrix = n.op == inv || n.op == det || n.op == adj;
    if (of_matrix ? w.take("of") : w.more() && !w.peek().starts_with('n')) {
      if (!of_matrix) n.red = named<reduction>(reduction_words, w.next(), 1);
      std::vector<int> bound = ranges(w.next());
      n.axes.insert(n.axes.end(), bound.begin(), bound.end());
    }
    n.args.reserve(w.count());
    while (w.more()) n.args.push_back(edge_of(w.next()));
    return g_.make(std::move(n));
  }

  int function_named(words& w) {
    function_derivative f;
    f.name = std::string(w.next());
    if (!is_name(f.name) || symbols_.contains(f.name) || dims_.contains(f.name)) throw refusal("no name of a function");
    f.orders = list("[" + std::string(w.next()) + "]", [](std::string_view t) {
      std::int64_t v = whole_number(t);
      if (v < 0 || v > 1000) throw refusal("no order of a derivative");
      return static_cast<int>(v);
    });
    return g_.derivative_number(f);
  }

  // --- claims

  claim read_claim(words& w) {
    if (w.take("0")) {
      sign is = w.take("<") ? sign::positive : (w.expect("<="), sign::nonnegative);
      return sign_of(is, node_named(w.next()));
    }
    if (w.peek().starts_with("d^")) return read_derivative(w);
    claim c;
    c.left = node_named(w.next());
    if (!w.take("=")) {
      if (w.take("!=")) {
        w.expect("0");
        return sign_of(sign::nonzero, c.left);
      }
      return sign_of(named<sign>(sign_words, w.next(), 3), c.left);
    }
    c.right = node_named(w.next());
    if (g_.out(c.left) != g_.out(c.right)) throw refusal("the sides have different axes");
    if (!w.take("apart")) return c;
    while (w.peek().starts_with('@')) {
      std::vector<label> pair = labels("[" + std::string(w.next()) + "]");
      bool fits = pair.size() == 2 && pair[0].axis >= 0 && pair[0].axis < pair[1].axis && pair[0].at.plus == 0 &&
                  pair[1].at.plus == 0 && pair[1].axis < static_cast<int>(g_.at(c.left).rank);
      if (!fits) throw refusal("no two axes of the sides");
      c.apart.emplace_back(pair[0].axis, pair[1].axis);
    }
    return c;
  }

  // d^1 n5 / d x[labels] = n7
  claim read_derivative(words& w) {
    claim c;
    c.what = claim::derivative;
    c.order = static_cast<int>(whole_number(w.next().substr(2)));
    c.left = node_named(w.next());
    w.expect("/");
    w.expect("d");
    std::string_view by = w.next();
    std::size_t bracket = by.find('[');
    c.variable = symbol_named(by.substr(0, bracket));
    if (bracket != std::string_view::npos) c.entry = labels(by.substr(bracket));
    w.expect("=");
    c.right = node_named(w.next());
    return c;
  }

  // --- steps

  void add_step(words& w) {
    current_ = {&none_, {}};
    rule_ = w.next();
    premises_.clear();
    bool assumes = rule_ == "hypothesis";
    bool near = assumes && w.take("near");
    if (assumes && !near) w.expect("at");
    while (is_number(w.peek(), 's')) premises_.push_back(premise(w.next()));
    told_.clear();
    for (const step* p : premises_) {
      rest_on(p->hypotheses);
      if (p->says.what == claim::signed_) told_.emplace(p->says.left, p->says.is);
    }
    if (assumes) {
      w.expect(":");
      current_.says = read_claim(w);
      if (current_.says.what == claim::derivative || !current_.says.apart.empty())
        throw refusal("only equations and signs may be assumed");
      w.expect(";");
      w.skip_rest();
      current_.hypotheses = kept({static_cast<int>(hypotheses_.size())});
      hypotheses_.push_back({current_.says, near});
    } else {
      check_step(w);
    }
    steps_.push_back(std::move(current_));
  }
  const hypothesis_set* kept(const hypothesis_set& all) { return &*hypothesis_sets_.insert(all).first; }
  void rest_on(const hypothesis_set* more) {
    const hypothesis_set* now = current_.hypotheses;
    if (now->empty()) current_.hypotheses = more;
    if (now == more || now->empty() || std::includes(now->begin(), now->end(), more->begin(), more->end())) return;
    hypothesis_set all = *now;
    all.insert(more->begin(), more->end());
    current_.hypotheses = kept(all);
  }

  const claim& from(std::size_t k) const {
    if (k >= premises_.size()) throw refusal("a premise is missing");
    return premises_[k]->says;
  }
  std::size_t premise_count() const { return premises_.size(); }
  static void need(bool fine, const char* why) {
    if (!fine) throw refusal(why);
  }
  void need_premises(std::size_t count) const { need(premise_count() == count, "the number of premises is wrong"); }
  // The claim of the line, which must be this one.
  void conclude(words& w, const claim& c) {
    w.expect(":");
    current_.says = read_claim(w);
    need(current_.says == c, "the step gives another conclusion");
  }
  claim& stated(words& w) {
    w.expect(":");
    return current_.says = read_claim(w);
  }

  void check_step(words& w) {
    using method = void (checking::*)(words&);
    static const std::map<std::string_view, method> methods{
        {"reflexive", &checking::reflexive},
        {"symmetric", &checking::symmetric},
        {"transitive", &checking::transitive},
        {"congruence", &checking::congruence},
        {"ring", &checking::by_ring},
        {"lift", &checking::lift},
        {"decided", &checking::decided},
        {"cases", &checking::cases},
        {"any-sign", &checking::any_sign},
        {"sign", &checking::by_sign},
        {"transfer", &checking::transfer},
        {"factor-nonzero", &checking::factor_nonzero},
        {"argument-sign", &checking::argument_sign},
        {"derivative", &checking::differentiate},
        {"derivative-equal", &checking::derivative_equal},
        {"derivative-entry", &checking::derivative_entry},
        {"derivative-again", &checking::derivative_again},
        {"derivative-of-equal", &checking::derivative_of_equal},
    };
    if (auto it = methods.find(rule_); it != methods.end()) return (this->*it->second)(w);
    if (const rule_row* r = find_rule(rule_)) return instance(*r, w);
    if (const matrix_row* r = find_matrix_row(rule_)) return matrix_instance(*r, w);
    throw refusal("no step is named '" + shortened(rule_) + "'");
  }

  void reflexive(words& w) {
    need_premises(0);
    const claim& c = stated(w);
    need(c.is_equation() && c.left == c.right, "the sides are not the same node");
  }

  void symmetric(words& w) {
    need_premises(1);
    claim c = from(0);
    need(c.what == claim::equal, "the premise is no equation");
    std::swap(c.left, c.right);
    conclude(w, c);
  }

  void transitive(words& w) {
    need_premises(2);
    const claim &a = from(0), &b = from(1);
    need(a.what == claim::equal && b.what == claim::equal && a.right == b.left, "the equations do not meet");
    claim c = a;
    c.right = b.right;
    for (const auto& pair : b.apart)
      if (std::find(c.apart.begin(), c.apart.end(), pair) == c.apart.end()) c.apart.push_back(pair);
    conclude(w, c);
  }

  // f(a, ...) = f(b, ...) from premises a = b.
  void congruence(words& w) {
    const claim& c = stated(w);
    need(c.is_equation(), "no equation");
    node a = g_.at(c.left);
    const node& b = g_.at(c.right);
    need(a.args.size() == b.args.size(), "the sides are no operations of one kind");
    std::set<std::pair<int, int>> equal;
    for (std::size_t k = 0; k < premise_count(); ++k)
      if (from(k).is_equation()) equal.emplace(from(k).left, from(k).right);
    for (std::size_t k = 0; k < a.args.size(); ++k) {
      bool same = a.args[k].node == b.args[k].node || equal.contains({a.args[k].node, b.args[k].node});
      need(same, "an argument has been replaced by something that no premise says is equal");
      a.args[k].node = b.args[k].node;
    }
    need(g_.make(a) == c.right, "the sides differ in more than their arguments");
  }

  void by_ring(words& w) {
    ring_facts with{.known = told_};
    if (w.take("opaque"))
      while (w.peek().starts_with('n')) with.whole.insert(node_named(w.next()));
    for (const step* p : premises_)
      if (p->says.is_equation()) with.equations.emplace_back(p->says.left, p->says.right);
    const claim& c = stated(w);
    need(c.what == claim::equal, "no equation");
    if (c.left == c.right) return;
    with.apart = c.apart;
    const auto symmetries = same_polynomial(g_, c.left, c.right, with);
    need(symmetries.has_value(), "the sides differ as polynomials");
    for (int s : *symmetries) rest_on(kept({-1 - s}));
  }

  // The edge with nodes that only read another node left out.
  edge read_through(edge e) const {
    while (g_.at(e.node).op == identity && g_.at(e.node).bound() == 0) {
      edge inner = g_.at(e.node).args[0];
      for (label& l : inner.labels) l = composed(l, e.labels);
      e = inner;
    }
    return e;
  }

  // f(u[labels]) = f(u)[labels].
  void lift(words& w) {
    need_premises(0);
    const claim& c = stated(w);
    const node& n = g_.at(c.left);
    if (n.op == inv || n.op == det || n.op == adj) return lift_matrix(c);
    need(c.is_equation() && n.args.size() == 1 && (n.op >= functions || n.op == unknown), "not a function of one argument");
    edge e = read_through(n.args[0]);
    int closed = g_.make(n.op, g_.out(e.node), {g_.whole(e.node)}, {}, reduction::none, n.attribute);
    need(c.right == g_.read(g_.out(c.left), {closed, e.labels}), "the step gives another node");
  }

  // A function of a matrix that is a part of an array: of that part as a node [other axes.., row, column].
  void lift_matrix(const claim& c) {
    const node& n = g_.at(c.left);
    edge e = read_through(n.args[0]);
    std::size_t batch = n.rank - (n.op == det ? 0 : 2);
    std::array<int, 2> seen{0, 0};
    std::vector<int> axes;
    std::vector<label> outside, inside(e.labels.size());
    for (std::size_t k = 0; k < e.labels.size(); ++k) {
      const label& l = e.labels[k];
      if (l.axis >= static_cast<int>(n.rank)) continue;
      inside[k] = label::of_axis(axes.size());
      axes.push_back(g_.at(e.node).axes[k]);
      outside.push_back(l);
    }
    for (std::size_t k = 0; k < e.labels.size(); ++k) {
      const label& l = e.labels[k];
      if (l.axis < static_cast<int>(n.rank)) continue;
      auto which = as_index(l.axis) - n.rank;
      need(l.at.plus == 0 && ++seen.at(which) == 1 && g_.at(e.node).axes[k] == n.axes[n.rank],
           "row and column are not read in full");
      inside[k] = label::of_axis(axes.size() + which);
    }
    need(c.is_equation() && seen == std::array{1, 1}, "row and column are not read once each");
    axes.insert(axes.end(), {n.axes[n.rank], n.axes[n.rank]});
    int closed = matrix_function(g_, n.op, g_.read(axes, {e.node, inside}));
    for (std::size_t k = batch; k < n.rank; ++k) outside.push_back(label::of_axis(k));
    need(c.right == g_.read(g_.out(c.left), {closed, outside}), "the step gives another node");
  }

  // A choice whose branches make the choices in them that the same comparison, or its contrary, decides.
  void decided(words& w) {
    need_premises(0);
    const claim& c = stated(w);
    node n = g_.at(c.left);
    need(c.is_equation() && n.op == select, "not a choice");
    const edge first = decided_branch(n, true), second = decided_branch(n, false);
    n.args[2] = first;
    n.args[3] = second;
    need(c.right == g_.make(n), "the step gives another node");
  }

  // 1: the choice m goes to its first branch where n does; -1: where n does not; 0: another comparison.
  static int sense_of(const node& m, const node& n) {
    if (m.op != select) return 0;
    auto a = static_cast<comparison>(m.attribute), b = static_cast<comparison>(n.attribute);
    bool straight = m.args[0] == n.args[0] && m.args[1] == n.args[1], turned = m.args[0] == n.args[1] && m.args[1] == n.args[0];
    if (a == b) return straight ? 1 : 0;
    auto are = [&](comparison x, comparison y) { return (a == x && b == y) || (a == y && b == x); };
    bool contrary = (are(comparison::lt, comparison::le) && turned) || (are(comparison::eq, comparison::ne) && straight);
    return contrary ? -1 : 0;
  }

  // What is read at n's own indices, or has none, takes its value where n goes to this branch.
  edge decided_branch(const node& n, bool first) {
    const edge branch = n.args[first ? 2 : 3];
    const std::vector<int> own = n.out();
    std::set<int> parts;
    for (std::vector<int> open{branch.node}; !open.empty();) {
      int m = open.back();
      open.pop_back();
      if (parts.insert(m).second)
        for (const edge& e : g_.at(m).args) open.push_back(e.node);
    }
    std::map<int, edge> there;
    auto value = [&](const edge& e, bool over_own) {
      auto it = there.find(e.node);
      bool at_own = over_own && g_.out(e.node) == own && e.labels == straight(own.size());
      return it != there.end() && (e.labels.empty() || at_own) ? it->second : e;
    };
    for (int m : parts) {  // arguments have smaller numbers
      const node& part = g_.at(m);
      const bool over_own = g_.out(m) == own;
      if (!over_own && part.rank > 0) continue;
      if (int sense = sense_of(part, n); sense != 0) {
        there[m] = value(part.args[(sense > 0) == first ? 2 : 3], over_own);
        continue;
      }
      node changed = part;
      for (edge& e : changed.args) e = value(e, over_own);
      if (changed.args != part.args) there[m] = g_.whole(g_.make(changed));
    }
    return value(branch, true);
  }

  // Where two indices differ, and where they are equal.
  void cases(words& w) {
    need_premises(2);
    const claim &differ = from(0), &same = from(1), &c = stated(w);
    need(c.is_equation() && differ.what == claim::equal && differ.left == c.left && differ.right == c.right &&
             differ.apart.size() == 1,
         "the first premise is not the case of different indices");
    auto [p, q] = differ.apart[0];
    std::vector<int> out = g_.out(c.left);
    need(out.at(as_index(p)) == out.at(as_index(q)), "the two indices have different ranges");
    std::vector<label> at;
    for (int k = 0; k < static_cast<int>(out.size()); ++k) at.push_back(label::of_axis(as_index(k == q ? p : k > q ? k - 1 : k)));
    out.erase(out.begin() + q);
    need(same.is_equation() && same.left == g_.read(out, {c.left, at}) && same.right == g_.read(out, {c.right, at}),
         "the second premise is not the case of equal indices");
  }

  // Where a number is positive, negative and 0: the equation rests on none of the three.
  void any_sign(words& w) {
    w.expect("of");
    int u = node_named(w.next());
    need_premises(3);
    need(g_.at(u).rank == 0, "the entries of an array may differ in sign");
    const edge minus{g_.number(-1), {}};
    const std::array own{sign_of(sign::positive, u), sign_of(sign::positive, g_.make(mul, {}, {minus, g_.whole(u)})),
                         equation(u, g_.number(0))};
    hypothesis_set others;
    for (std::size_t k = 0; k < own.size(); ++k) {
      need(from(k).is_equation() && from(k) == from(0), "the cases do not prove the same equation");
      for (int h : *premises_[k]->hypotheses)
        if (h < 0 || !(hypotheses_[as_index(h)].says == own[k])) others.insert(h);
    }
    current_.hypotheses = kept(others);
    conclude(w, from(0));
  }

  // Whether a premise, or the node alone, gives a sign.
  bool says(sign is, int n) { return given(g_, told_, is, n) || follows(g_, {}, is, n); }
  void need_conditions(frame& f, const std::vector<condition>& all) {
    for (const condition& c : all) need(says(c.is, narrowed(f, c.of)), "a condition has no premise");
  }

  void instance(const rule_row& r, words& w) {
    w.expect("over");
    frame f{g_, ranges(w.next())};
    w.expect("x");
    edge x = edge_of(w.next());
    w.expect("y");
    edge y = edge_of(w.next());
    w.expect("c");
    rational c = rational::read(w.next());
    over_frame(f, x);  // refuses labels that do not fit the frame
    over_frame(f, y);
    bool fits = r.parameter == 0 || r.parameter == 'q' || (r.parameter == 'e' ? c.is_even() : c.is_whole());
    fits = fits && (r.parameter != 'n' || c > 0);
    need(fits, "the number does not fit the rule");
    need_conditions(f, conditions(f, r.where, x, y, c));
    int left = over_frame(f, formula(f, r.left, x, y, c)), right = over_frame(f, formula(f, r.right, x, y, c));
    conclude(w, equation(left, right));
  }

  void matrix_instance(const matrix_row& r, words& w) {
    std::array<int, 4> abcv{-1, -1, -1, -1};
    for (std::size_t k = 0; k < 4; ++k)
      if (w.take(std::string_view("ABcv").substr(k, 1))) abcv[k] = node_named(w.next());
    matrix_sides sides = matrix_formula(g_, r, abcv);
    for (int n : sides.nonzero) need(says(sign::nonzero, n), "a condition has no premise");
    conclude(w, equation(sides.left, sides.right));
  }

  // --- signs

  void by_sign(words& w) {
    const claim& c = stated(w);
    need(c.what == claim::signed_ && follows(g_, told_, c.is, c.left), "it does not follow from the signs of the arguments");
  }

  void transfer(words& w) {
    need_premises(2);
    const claim &e = from(0), &s = from(1);
    need(e.is_equation() && s.what == claim::signed_ && s.left == e.left && s.is != sign::real_power, "the premises do not meet");
    conclude(w, sign_of(s.is, e.right));
  }

  // Whether n reads every entry of an argument: each axis of it at an axis of n's own over the same range, and the other axes of
  // n have a value.
  bool reads_all(const node& n, const edge& e) const {
    std::set<int> used;
    for (std::size_t k = 0; k < e.labels.size(); ++k) {
      const label& l = e.labels[k];
      if (l.axis < 0 || l.at.plus != 0 || !used.insert(l.axis).second) return false;
      if (n.axes[as_index(l.axis)] != g_.at(e.node).axes[k]) return false;
    }
    for (std::size_t a = 0; a < n.axes.size(); ++a)
      if (!used.contains(static_cast<int>(a)) && !g_.nonempty(n.axes[a])) return false;
    return true;
  }

  void factor_nonzero(words& w) {
    w.expect("factor");
    std::int64_t k = whole_number(w.next());
    need_premises(1);
    const claim& p = from(0);
    need(p.what == claim::signed_ && implies(p.is, sign::nonzero), "the premise does not say that something is not 0");
    const node& n = g_.at(p.left);
    bool pow_base = n.op >= functions && function(n.op).name == "pow" && k == 0 && says(sign::positive, n.args[1].node);
    bool size = n.op >= functions && function(n.op).name == "abs";
    bool product = (n.op == mul && n.bound() == 0) || (n.op == identity && n.red == reduction::none) ||
                   (n.op == power && n.value != 0 && (n.value.is_whole() || n.value > 0)) || pow_base || size;
    need(product && k >= 0 && k < static_cast<std::int64_t>(n.args.size()), "no such factor");
    const edge& e = n.args[as_index(k)];
    need(reads_all(n, e), "the product does not read every entry of the factor");
    conclude(w, sign_of(sign::nonzero, e.node));
  }

  void argument_sign(words& w) {
    need_premises(1);
    const claim& p = from(0);
    bool fits = p.what == claim::signed_ && (p.is == sign::positive || p.is == sign::nonnegative || p.is == sign::nonzero);
    const node& n = g_.at(p.left);
    bool odd_power = n.op == power && n.value.is_whole() && !n.value.is_even() && n.value > 0;
    need(fits && (odd_power || n.op >= functions), "no sign of a function");
    need((odd_power || function(n.op).sign == known_sign::as_argument) && reads_all(n, n.args[0]),
         "the function does not have the sign of its argument");
    conclude(w, sign_of(p.is, n.args[0].node));
  }

  // --- derivatives

  void differentiate(words& w) {
    const claim& c = stated(w);
    need(c.is_first_derivative(), "no first derivative");
    need(c.right == derivative_of(c.left, c.variable), "the derivative is another node");
  }

  // The chain rule: SUM over the arguments of (partial derivative)*(derivative of the argument), summed over n's bound axes. The
  // derivative has n's output axes, then those of the variable; n's bound axes come behind.
  int derivative_of(int n, int variable) {
    const node& m = g_.at(n);
    const std::vector<int> out = g_.out(n), bound = g_.bound(n), by = g_.symbols[as_index(variable)].axes;
    std::vector<int> full = out;
    full.insert(full.end(), by.begin(), by.end());
    if (!g_.depends(n, variable)) return g_.read(full, {g_.number(0), {}});
    if (m.op == symbol) {
      std::vector<edge> deltas;
      for (std::size_t k = 0; k < by.size(); ++k)
        deltas.push_back({g_.make(delta, {by[k], by[k]}, {}), {label::of_axis(k), label::of_axis(m.rank + k)}});
      if (deltas.empty()) deltas.push_back({g_.number(1), {}});
      return deltas.size() == 1 ? g_.read(full, deltas[0]) : g_.make(mul, full, deltas);
    }
    frame f{g_, m.axes};
    need_conditions(f, defined(g_, n, f));
    bool choice_is_fixed = m.op == select && !g_.depends(m.args[0].node, variable) && !g_.depends(m.args[1].node, variable);
    bool exponent_moves = m.op >= functions && function(m.op).name == "pow" && g_.depends(m.args[1].node, variable);
    if (exponent_moves)
      need(says(sign::positive, narrowed(f, m.args[0])), "a power whose exponent moves needs a positive base");
    else if (!choice_is_fixed)
      need_conditions(f, smooth(g_, n, f));
    auto behind = [&](const edge& e) { return with_axes_moved(e, m.rank, m.rank + by.size()); };
    std::vector<edge> terms;
    for (std::size_t k = 0; k < m.args.size(); ++k) {
      const bool only_compared = m.op == select && k < 2 && is_continuous(m.args[k].node);
      if (!g_.depends(m.args[k].node, variable) || only_compared) continue;
      std::vector<edge> product;
      for (const edge& e : partial(g_, n, k, f)) product.push_back(behind(e));
      edge inner{known_derivative(m.args[k].node, variable), behind(m.args[k]).labels};
      for (std::size_t q = 0; q < by.size(); ++q) inner.labels.push_back(label::of_axis(m.rank + q));
      product.push_back(std::move(inner));
      int t = product.size() > 1 ? g_.make(mul, full, product, bound, reduction::sum)
              : bound.empty()    ? g_.read(full, product[0])
                                 : g_.make(identity, full, product, bound, reduction::sum);
      terms.push_back(g_.whole(t));
    }
    if (terms.empty()) return g_.read(full, {g_.number(0), {}});
    return terms.size() == 1 ? terms[0].node : g_.make(add, full, terms);
  }

  int known_derivative(int n, int variable) const {
    for (std::size_t k = 0; k < premise_count(); ++k) {
      const claim& p = from(k);
      if (p.is_first_derivative() && p.left == n && p.variable == variable) return p.right;
    }
    throw refusal("the derivative of an argument has no premise");
  }

  void derivative_equal(words& w) {
    need_premises(2);
    claim c = from(0);
    need(c.what == claim::derivative && from(1).is_equation() && from(1).left == c.right, "the premises do not meet");
    c.right = from(1).right;
    conclude(w, c);
  }

  void derivative_entry(words& w) {
    need_premises(1);
    const claim& p = from(0);
    const claim& c = stated(w);
    need(p.what == claim::derivative && p.entry.empty() && c.what == claim::derivative && c.order == p.order &&
             c.left == p.left && c.variable == p.variable,
         "this is about something else");
    const node& read = g_.at(c.right);
    std::vector<label> at = straight(g_.at(c.left).rank);
    at.insert(at.end(), c.entry.begin(), c.entry.end());
    std::vector<int> own = g_.out(c.left);
    bool fits = read.op == identity && read.bound() == 0 && read.args[0] == edge{p.right, at} && read.rank >= own.size() &&
                std::equal(own.begin(), own.end(), read.axes.begin());
    need(fits, "the node does not read the derivative there");
  }

  // What premise k rests on stays true when the variable moves a little; premises from `more` on say what has a derivative.
  void need_near(std::size_t k, int variable, int more) {
    auto stays = [&](const claim& c) {
      auto moves_it = [&](const step* p) {
        return p->says.is_first_derivative() && p->says.left == c.left && p->says.variable == variable;
      };
      return c.what == claim::signed_ && is_open(c.is) && std::any_of(premises_.begin() + more, premises_.end(), moves_it);
    };
    for (int h : *premises_[k]->hypotheses) {
      const bool near =
          h < 0 ? h != -1 - variable : holds_near(hypotheses_[as_index(h)], variable) || stays(hypotheses_[as_index(h)].says);
      need(near, "a hypothesis holds at the point only, not near it");
    }
    need(!g_.symbols[as_index(variable)].integer, "that the variable is whole holds at the point only");
  }

  void derivative_again(words& w) {
    need(premise_count() >= 2, "two premises are needed");
    claim c = from(0);
    const claim& d = from(1);
    need(c.what == claim::derivative && c.entry.empty() && d.is_first_derivative() && d.variable == c.variable &&
             d.left == c.right,
         "the premises do not meet");
    need_near(0, c.variable, 2);
    ++c.order;
    c.right = d.right;
    conclude(w, c);
  }

  void derivative_of_equal(words& w) {
    need_premises(2);
    const claim& e = from(0);
    claim c = from(1);
    need(e.is_equation() && c.what == claim::derivative && e.right == c.left, "the premises do not meet");
    if (e.left != e.right) need_near(0, c.variable, 2);
    c.left = e.left;
    conclude(w, c);
  }

  // Whether a hypothesis stays true when the variable moves a little: it does not mention it, or it is strict and continuous.
  bool holds_near(const hypothesis& h, int variable) {
    const claim& c = h.says;
    if (!g_.depends(c.left, variable) && (c.what != claim::equal || !g_.depends(c.right, variable))) return true;
    return c.what == claim::signed_ && (c.is == sign::positive || c.is == sign::nonzero) && is_continuous(c.left);
  }

  // Whether what is said of a number is so of all numbers close to it.
  static bool is_open(sign is) {
    return is == sign::positive || is == sign::nonzero || is == sign::not_integer || is == sign::off_poles;
  }

  // Of its symbols, wherever they are.
  bool is_continuous(int root) {
    std::vector<int> stack{root};
    std::set<int> seen;
    while (!stack.empty()) {
      int n = stack.back();
      stack.pop_back();
      if (!seen.insert(n).second) continue;
      const node& m = g_.at(n);
      bool fine = m.op == power       ? m.value.is_whole() && m.value >= 0
                  : m.op >= functions ? function(m.op).continuous
                                      : m.op != select && m.op != inv;
      if (!fine) return false;
      for (const edge& e : m.args) stack.push_back(e.node);
    }
    return true;
  }

  // The words `near` and `at` must be right, for every variable that something is differentiated by.
  void check_near() {
    std::set<int> variables;
    for (const step& s : steps_)
      if (s.says.what == claim::derivative) variables.insert(s.says.variable);
    for (std::size_t k = 0; k < hypotheses_.size(); ++k) {
      const hypothesis& h = hypotheses_[k];
      bool near = std::all_of(variables.begin(), variables.end(), [&](int v) { return holds_near(h, v); });
      need(near == h.near, "a hypothesis is marked near though it holds at the point only, or at though it holds near it");
    }
  }

  // --- what was established

  std::string shown(printer& print, const claim& c) {
    const int about = c.what == claim::derivative ? c.right : c.left;
    const std::vector<std::string> at = print.letters_of(about);
    std::string all;
    for (std::size_t k = 0; k < at.size(); ++k)
      all += (k == 0 ? "  for all " : ", ") + at[k] + " in " + print.show(g_.bounds(g_.at(about).axes[k]));
    for (auto [p, q] : c.apart) all += " with " + at.at(as_index(p)) + " != " + at.at(as_index(q));
    if (c.what == claim::equal) return print.show(c.left, at) + " = " + print.show(c.right, at) + all;
    if (c.what == claim::derivative) return shown_derivative(print, c, at) + all;
    constexpr std::array texts{
        " > 0", " >= 0", " != 0", " is a whole number", " is no whole number", " is real", " is none of 0, -1, -2, ..."};
    return print.show(c.left, at) + texts.at(as_index(c.is)) + all;
  }

  std::string shown_derivative(printer& print, const claim& c, const std::vector<std::string>& at) {
    std::size_t own = g_.at(c.left).rank, each = g_.symbols[as_index(c.variable)].axes.size();
    std::vector<label> entry = c.entry.empty() ? straight(g_.at(c.right).rank - own, own) : c.entry;
    std::string r = print.show(c.left, {at.begin(), at.begin() + static_cast<std::ptrdiff_t>(own)});
    for (std::size_t k = 0; k < as_index(c.order); ++k) {
      std::string by = print.declared(g_.symbols[as_index(c.variable)].name);
      for (std::size_t q = 0; q < each; ++q) by += (q == 0 ? "[" : ",") + print.show(entry.at(k * each + q), at);
      r = "D(" + r + ", " + by + (each > 0 ? "]" : "") + ")";
    }
    return r + " = " + print.show(c.right, at);
  }

  std::string report() {
    printer print(g_);
    std::string r;
    hypothesis_set used;
    for (const step* goal : goals_) {
      r += "established: " + shown(print, goal->says) + "\n";
      used.insert(goal->hypotheses->begin(), goal->hypotheses->end());
    }
    for (int h : used) {
      if (h < 0) continue;
      const hypothesis& a = hypotheses_[as_index(h)];
      r += "  where " + shown(print, a.says) + (a.near ? "" : "  (at the point)") + "\n";
    }
    print.explain(r);
    for (const range& known : g_.lengths) r += "  where " + print.show(known.lo) + " <= " + print.show(known.hi) + "\n";
    for (std::size_t s = 0; s < g_.symbols.size(); ++s) {
      const std::string name = "  where " + print.declared(g_.symbols[s].name);
      if (g_.symbols[s].integer) r += name + " is a whole number\n";
      if (used.contains(-1 - static_cast<int>(s))) r += name + " is symmetric\n";
    }
    return r + "checked: " + std::to_string(steps_.size()) + " step" + (steps_.size() == 1 ? "" : "s") + "\n";
  }

  graph g_;
  bool begun_ = false, ended_ = false;
  std::set<std::string, std::less<>> names_;
  std::map<std::string, int, std::less<>> dims_, symbols_;
  std::vector<int> nodes_;  // of the certificate, as nodes of the graph
  std::deque<step> steps_;
  std::vector<hypothesis> hypotheses_;
  const hypothesis_set none_{};
  std::set<hypothesis_set> hypothesis_sets_;
  std::vector<const step*> goals_;
  std::string_view rule_;  // of the step at hand
  std::vector<const step*> premises_;
  known_signs told_;  // by premises
  step current_;
};

bool check_certificate(std::string_view text, std::string& report) {
  checking all;
  std::size_t number = 0;
  std::string_view line;
  try {
    for (std::size_t from = 0; from < text.size();) {
      std::size_t to = text.find('\n', from);
      ++number;
      line = text.substr(from, to == std::string_view::npos ? to : to - from);
      if (to == std::string_view::npos) throw refusal("the last line has no end");
      if (std::any_of(line.begin(), line.end(), [](char ch) { return (static_cast<unsigned char>(ch) < ' ') || ch == '\x7f'; }))
        throw refusal("a character that is not printed");
      all.line(line);
      from = to + 1;
    }
    ++number;
    line = {};
    report = all.finish();
    return true;
  } catch (const std::exception& e) {
    report = "refused: line " + std::to_string(number) + ": " + e.what() + "\n";
    std::string shown;
    for (char ch : line.substr(0, 200)) shown += static_cast<unsigned char>(ch) < ' ' || ch == '\x7f' ? '?' : ch;
    if (!shown.empty()) report += "  | " + shown + "\n";
    return false;
  }
}

}  // namespace checker
