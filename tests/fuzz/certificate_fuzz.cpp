// Mutated certificates: whatever the checker still accepts must be true in numbers. The accepted text is read again onto a tape
// of the library, and its goals are evaluated at random points where its hypotheses hold.
//
// Other runs:  WENGERT_FUZZ_ROUNDS=1000000 WENGERT_FUZZ_SEED=7 wengert-tests --test-case='*mutated*'
#include <doctest/doctest.h>

#include <check.hpp>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

using real = long double;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> r;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) r.push_back(part);
  return r;
}

std::string one_of(const std::vector<std::string>& all, std::mt19937_64& random) { return all[random() % all.size()]; }

// --- an accepted certificate on a tape

class rereading {
 public:
  struct statement {
    std::vector<std::string> words;  // of the claim
  };
  tape t;
  std::vector<statement> goals, hypotheses;  // the goals, and what they rest on
  std::map<std::string, node_id> nodes;

  explicit rereading(const std::string& text) {
    std::vector<std::vector<std::string>> steps;
    std::vector<std::size_t> wanted;
    for (const std::string& line : split(text, '\n')) {
      std::vector<std::string> w = split(line, ' ');
      if (w[0] == "dim") t.dim(w[1]);
      if (w[0] == "length") t.assume({place(w[1]), place(w[3]), {}, {}});
      if (w[0] == "symbol") declare(w);
      if (w[0] == "goal") wanted.push_back(std::stoul(w[1].substr(1)));
      if (w[0][0] == 'n') nodes[w[0]] = node(w);
      if (w[0][0] == 's' && w[0] != "statement" && w[0] != "symbol") steps.push_back(w);
    }
    std::vector<bool> needed(steps.size(), false);
    for (std::size_t g : wanted) {
      needed[g] = true;
      goals.push_back({claim_of(steps[g])});
    }
    for (std::size_t s = steps.size(); s-- > 0;) {
      if (!needed[s]) continue;
      if (steps[s][1] == "hypothesis") hypotheses.push_back({claim_of(steps[s])});
      for (std::size_t k = 2; k < steps[s].size() && steps[s][k] != ":"; ++k)
        if (steps[s][k][0] == 's' && steps[s][k].size() > 1) needed[std::stoul(steps[s][k].substr(1))] = true;
    }
  }

 private:
  static std::vector<std::string> claim_of(const std::vector<std::string>& w) {
    auto from = std::ranges::find(w, ":") + 1;
    return {from, std::find(from, w.end(), ";")};
  }
  affine place(const std::string& s) {
    if (std::isdigit(static_cast<unsigned char>(s[0])) || s[0] == '-' || s[0] == '+') return {none, std::stoll(s)};
    std::size_t at = s.find_first_of("+-");
    return {t.dim(s.substr(0, at)), at == std::string::npos ? 0 : std::stoll(s.substr(at))};
  }
  static std::vector<std::string> inside(const std::string& s) {
    return split(s.substr(s.find('[') + 1, s.rfind(']') - s.find('[') - 1), ',');
  }
  std::vector<range_id> ranges(const std::string& s) {
    std::vector<range_id> r;
    for (const std::string& part : inside(s)) {
      std::size_t dots = part.find("..");
      r.push_back(t.make_range(place(part.substr(0, dots)), place(part.substr(dots + 2))));
    }
    return r;
  }
  void declare(const std::vector<std::string>& w) {
    symbol_id s = t.symbol_of(t.symbol(w[1], ranges(w[2])));
    for (std::size_t k = 3; k < w.size(); ++k) (w[k] == "integer" ? t.symbol(s).integer_valued : t.symbol(s).symmetric) = true;
  }
  edge argument(const std::string& s) {
    edge e{nodes.at(s.substr(0, s.find('['))), {}};
    if (s.find('[') != std::string::npos) e.labels = labels(s);
    return e;
  }
  node_id node(const std::vector<std::string>& w) {
    const std::string& op = w[1];
    auto number = [](const std::string& s) {
      const std::size_t bar = s.find('/');
      return rational(big_integer(s.substr(0, bar)), big_integer(bar == std::string::npos ? "1" : s.substr(bar + 1)));
    };
    if (op == "constant") return t.constant(number(w[2]));
    if (op == "symbol") return t.find_symbol(w[2]);
    if (op == "dim") return t.dim_value(t.dim(w[2]));
    if (op == "pi") return t.pi();
    std::size_t at = op == "power" || op == "select" ? 3 : op == "unknown" ? 4 : 2;
    std::vector<range_id> out = ranges(w[at]), bound;
    if (op == "index") return t.index_value(out[0]);
    if (op == "delta") return t.delta(out[0], out[1]);
    reduction red = reduction::none;
    ++at;
    if (at < w.size() && w[at][0] != 'n') {
      red = w[at] == "sum"    ? reduction::sum
            : w[at] == "prod" ? reduction::prod
            : w[at] == "max"  ? reduction::max
            : w[at] == "min"  ? reduction::min
                              : red;
      bound = ranges(w[at + 1]);
      at += 2;
    }
    std::vector<edge> args;
    for (; at < w.size(); ++at) args.push_back(argument(w[at]));
    if (op == "add") return t.add(out, args);
    if (op == "mul") return t.mul(out, args, bound);
    if (op == "identity") return t.make(opcode::identity, out, bound, red, args);
    if (op == "power") return t.power(out, args[0], number(w[2]));
    if (op == "select") {
      comparison c = w[2] == "<" ? comparison::lt : w[2] == "<=" ? comparison::le : w[2] == "=" ? comparison::eq : comparison::ne;
      return t.select(out, c, args[0], args[1], args[2], args[3]);
    }
    if (op == "unknown") throw error("V08", "no value");
    if (op == "inv" || op == "det" || op == "adj")
      return t.make(op == "inv" ? opcode::inv : op == "det" ? opcode::det : opcode::adj, out, bound, reduction::none, args);
    return t.apply(find_function(op)->code, out, args);
  }

 public:
  std::vector<label> labels(const std::string& s) {
    std::vector<label> r;
    for (const std::string& part : inside(s)) {
      if (part[0] == '@') {
        std::size_t at = part.find_first_of("+-");
        r.push_back(label::of_axis(std::stoul(part.substr(1, at)), at == std::string::npos ? 0 : std::stoi(part.substr(at))));
        continue;
      }
      affine a = place(part);
      r.push_back(a.dim == none ? label::of_integer(static_cast<std::int32_t>(a.offset))
                                : label::of_dim(a.dim, static_cast<std::int32_t>(a.offset)));
    }
    return r;
  }
};

// --- a point

class point_of {
 public:
  point_of(rereading& of, std::mt19937_64& random) : of_(of), t_(of.t) {
    const std::vector<real> usual{0, 1, -1, 0.5L, 2};
    std::uniform_real_distribution<real> wide(-2, 2), above(0.1L, 3);
    int manner = static_cast<int>(random() % 4);
    for (dim_id d = 0; d < t_.dim_count(); ++d) sizes_.push_back(1 + static_cast<std::int64_t>(random() % 3));
    t_.order().fit(sizes_);
    for (symbol_id s = 0; s < t_.symbol_count(); ++s) {
      std::size_t count = 1;
      shapes_.emplace_back();
      for (range_id r : t_.symbol(s).axes) {
        std::int64_t size = value(t_.range_of(r).hi);
        if (t_.range_of(r).lo != affine{none, 1} || size < 1 || size > 40) throw error("V03", "no shape");
        shapes_.back().push_back(static_cast<std::size_t>(size));
        count *= static_cast<std::size_t>(size);
      }
      values_.emplace_back();
      for (std::size_t k = 0; k < count; ++k)
        values_.back().push_back(manner == 0 ? usual[random() % usual.size()] : manner == 1 ? above(random) : wide(random));
      if (t_.symbol(s).integer_valued)
        for (real& v : values_.back()) v = std::round(v);
      if (t_.symbol(s).symmetric)
        for (std::size_t i = 0, n = shapes_.back()[0]; i < n; ++i)
          for (std::size_t j = 0; j < i; ++j) values_.back()[i * n + j] = values_.back()[j * n + i];
    }
  }

  std::vector<real> at(node_id n) {
    evaluator<real> e(t_, 1 << 20);
    for (dim_id d = 0; d < sizes_.size(); ++d) e.bind_dim(d, sizes_[d]);
    for (symbol_id s = 0; s < values_.size(); ++s) e.bind(s, values_[s], shapes_[s]);
    std::span<const real> v = e(n);
    return {v.begin(), v.end()};
  }
  std::vector<std::int64_t> sizes_of(node_id n) {
    std::vector<std::int64_t> r;
    for (range_id k : t_.out(n)) r.push_back(value(t_.range_of(k).hi) - value(t_.range_of(k).lo) + 1);
    return r;
  }
  std::int64_t value(const affine& a) const { return a.offset + (a.dim == none ? 0 : sizes_.at(a.dim)); }

  // Whether a claim is true here; nothing where a number that it needs does not exist or is too near a kink.
  std::optional<bool> holds(const std::vector<std::string>& w) {
    if (w[0].starts_with("d^")) return derivative_holds(w);
    bool of_zero = w[0] == "0";
    node_id n = of_.nodes.at(of_zero ? w[2] : w[0]);
    std::vector<real> v = at(n), other;
    const std::string& how = w[1];
    if (how == "=") other = at(of_.nodes.at(w[2]));
    for (std::size_t k = 0; k < v.size(); ++k) {
      if (how == "=" && are_apart(w, n, k)) continue;
      if (!std::isfinite(v[k]) || (how == "=" && !std::isfinite(other[k]))) return std::nullopt;
      real size = how == "=" ? 1 + std::abs(v[k]) + std::abs(other[k]) : 1;
      bool fine = how == "="             ? std::abs(v[k] - other[k]) < 1e-9L * size
                  : how == "<"           ? v[k] > 0
                  : how == "<="          ? v[k] >= -1e-12L
                  : how == "!="          ? v[k] != 0
                  : how == "integer"     ? v[k] == std::round(v[k])
                  : how == "not-integer" ? v[k] != std::round(v[k])
                  : how == "off-poles"   ? v[k] > 0 || v[k] != std::round(v[k])
                                         : true;
      if (!fine && std::abs(v[k]) > 1e10L) return std::nullopt;  // rounding
      if (!fine) return false;
    }
    return true;
  }

 private:
  // Not claimed where two indices are equal that are to differ.
  bool are_apart(const std::vector<std::string>& w, node_id n, std::size_t k) {
    std::vector<std::int64_t> index = unravel(sizes_of(n), k);
    for (std::size_t p = 4; p < w.size(); ++p) {
      std::vector<std::string> pair = split(w[p], ',');
      if (index.at(std::stoul(pair[0].substr(1))) == index.at(std::stoul(pair[1].substr(1)))) return true;
    }
    return false;
  }
  static std::vector<std::int64_t> unravel(const std::vector<std::int64_t>& sizes, std::size_t k) {
    std::vector<std::int64_t> r(sizes.size());
    for (std::size_t a = sizes.size(); a-- > 0;) {
      r[a] = static_cast<std::int64_t>(k) % sizes[a];
      k /= static_cast<std::size_t>(sizes[a]);
    }
    return r;
  }

  // d^k f / d x[labels] = g, by central differences of two widths that must agree with each other.
  std::optional<bool> derivative_holds(const std::vector<std::string>& w) {
    std::size_t order = std::stoul(w[0].substr(2));
    node_id f = of_.nodes.at(w[1]), g = of_.nodes.at(w[6]);
    std::string by = w[4].substr(0, w[4].find('['));
    symbol_id x = t_.symbol_of(t_.find_symbol(by));
    std::size_t own = t_.rank(f), each = t_.symbol(x).axes.size();
    std::vector<label> entry = w[4].find('[') == std::string::npos ? tape::straight(t_.rank(g) - own, own) : of_.labels(w[4]);
    std::vector<real> claimed = at(g);
    std::vector<std::int64_t> sizes = sizes_of(g), of_f = sizes_of(f);
    for (std::size_t k = 0; k < claimed.size(); ++k) {
      std::vector<std::int64_t> index = unravel(sizes, k);
      std::size_t place = 0;
      for (std::size_t a = 0; a < own; ++a)
        place = place * static_cast<std::size_t>(of_f[a]) + static_cast<std::size_t>(index[a]);
      std::vector<std::size_t> moved;
      for (std::size_t o = 0; o < order; ++o) {
        std::size_t flat = 0;
        for (std::size_t q = 0; q < each; ++q) {
          const label& l = entry.at(o * each + q);
          std::int64_t i = l.is_constant() ? value(l.value()) - 1
                                           : index.at(static_cast<std::size_t>(l.axis)) + l.offset +
                                                 value(t_.range_of(t_.out(g)[static_cast<std::size_t>(l.axis)]).lo) - 1;
          flat = flat * shapes_[x][q] + static_cast<std::size_t>(i);
        }
        moved.push_back(flat);
      }
      real wide = slope(f, place, x, moved, 2e-4L), narrow = slope(f, place, x, moved, 1e-4L), size = 1 + std::abs(claimed[k]);
      if (!std::isfinite(wide) || !std::isfinite(narrow) || !std::isfinite(claimed[k])) return std::nullopt;
      if (std::abs(wide - narrow) > 1e-4L * size || std::abs(narrow) > 1e6L) return std::nullopt;
      if (std::abs(narrow - claimed[k]) > 1e-2L * size) return false;
    }
    return true;
  }

  real slope(node_id f, std::size_t place, symbol_id x, std::vector<std::size_t> moved, real h) {
    if (moved.empty()) return at(f).at(place);
    std::size_t entry = moved.back();
    moved.pop_back();
    real old = values_[x].at(entry);
    values_[x][entry] = old + h;
    real up = slope(f, place, x, moved, h);
    values_[x][entry] = old - h;
    real down = slope(f, place, x, moved, h);
    values_[x][entry] = old;
    return (up - down) / (2 * h);
  }

  rereading& of_;
  tape& t_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::vector<real>> values_;
  std::vector<std::vector<std::size_t>> shapes_;
};

// --- mutation

// A certificate by lines and words, with what a change needs to know to leave it one that can be read.
struct parsed_certificate {
  std::vector<std::string> lines;
  std::vector<std::vector<std::string>> words;
  std::vector<std::string> axes;           // by node, as they are written
  std::size_t first_node = 0, first_step;  // lines
  std::size_t nodes = 0, steps = 0;

  explicit parsed_certificate(const std::string& text) : lines(split(text, '\n')), first_step(lines.size()) {
    std::map<std::string, std::string> of_symbol;
    for (std::size_t k = 0; k < lines.size(); ++k) {
      words.push_back(split(lines[k], ' '));
      const std::vector<std::string>& w = words.back();
      if (w[0] == "symbol") of_symbol[w[1]] = w[2];
      if (is_numbered(w[0], 'n')) {
        if (nodes++ == 0) first_node = k;
        auto bracket = std::ranges::find_if(w, [](const std::string& word) { return word[0] == '['; });
        axes.push_back(w[1] == "symbol" ? of_symbol[w[2]] : bracket == w.end() ? "[]" : *bracket);
      }
      if (is_numbered(w[0], 's') && steps++ == 0) first_step = k;
    }
  }
  static bool is_numbered(const std::string& word, char letter) {
    return word.size() > 1 && word[0] == letter && std::isdigit(static_cast<unsigned char>(word[1])) != 0;
  }
};

class mutator {
 public:
  mutator(const parsed_certificate& of, std::mt19937_64& random) : of_(of), random_(random) {}

  std::string run() {
    for (std::size_t count = 1 + below(3); count > 0; --count) below(4) == 0 ? change_anything() : change_kindly();
    std::string r;
    for (std::size_t k = 0; k < of_.lines.size(); ++k) {
      auto changed = changed_.find(k);
      r += changed == changed_.end() ? of_.lines[k] + "\n" : changed->second;
    }
    if (below(16) == 0) r[below(r.size())] = static_cast<char>(random_());
    return r;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  std::string one(std::initializer_list<const char*> all) { return *(all.begin() + below(all.size())); }
  void put(std::size_t line, const std::vector<std::string>& w) { changed_[line] = fmt::format("{}\n", fmt::join(w, " ")); }

  // Lines swapped, left out, said twice; words changed whatever they are.
  void change_anything() {
    const std::size_t at = 2 + below(of_.lines.size() - 2), other = 2 + below(of_.lines.size() - 2);
    std::vector<std::string> w = of_.words[at];
    switch (below(8)) {
      case 0: changed_[at] = ""; return;
      case 1:
        changed_[at] = of_.lines[other] + "\n";
        changed_[other] = of_.lines[at] + "\n";
        return;
      case 2:  // what another line says, under this one's number
        w = of_.words[other];
        w[0] = of_.words[at][0];
        break;
      case 3:
        if (w.size() > 2) w.erase(w.begin() + static_cast<std::ptrdiff_t>(below(w.size())));
        break;
      default: w[below(w.size())] = changed(w[below(w.size())]);
    }
    put(at, w);
  }

  std::string changed(std::string word) {
    if (below(6) == 0)
      return one(
          {"exp", "sin", "add", "mul", "identity", "sum", "near", "at", "<", "=", "integer", "ring", "sign", "congruence"});
    auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    auto from = std::ranges::find_if(word, is_digit), to = std::find_if_not(from, word.end(), is_digit);
    if (from == word.end() || to - from > 9) return word == "K" ? "n" : word;
    static const long by[] = {1, -1, 2, -2, 3, -3, 5};
    const long value = std::max(0L, std::stol(std::string(from, to)) + by[below(7)]);
    return word.replace(from, to, std::to_string(value));
  }

  // A change after which the certificate can still be read, if the nodes that it makes are well-formed.
  void change_kindly() {
    const std::size_t header = 9, manner = below(header + 1);
    if (manner == header) return change_header();
    if (manner >= 6) return change_node(of_.first_node + below(of_.nodes));
    if (manner == 5 || of_.steps == 0) return change_goal();
    std::size_t at = of_.first_step + below(of_.steps);
    for (int k = 0; k < 20 && manner == 4 && of_.words[at][1] != "hypothesis"; ++k) at = of_.first_step + below(of_.steps);
    change_step(at);
  }

  // dim, length and symbol lines.
  void change_header() {
    const std::size_t at = 2 + below(of_.first_node - 2);
    std::vector<std::string> w = of_.words[at];
    if (w[0] == "dim") {
      changed_[at] = of_.lines[at] + "\nlength " + one({"2 <= ", "3 <= ", "1 <= "}) + w[1] + "\n";
      return;
    }
    if (w[0] == "length") return put(at, {"length", one({"2", "3", w[1].c_str()}), "<=", w[3]});
    if (w[0] != "symbol") return;
    if (w.size() > 3) {
      w.pop_back();
    } else if (below(2) == 0) {
      w.emplace_back(std::ranges::count(w[2], ',') == 1 && below(2) == 0 ? "symmetric" : "integer");
    } else {
      w[2] = changed_range(w[2]);
    }
    put(at, w);
  }

  std::string changed_range(std::string axes) {
    const std::size_t dots = axes.find("..");
    if (dots == std::string::npos) return axes;
    const std::size_t end = axes.find_first_of(",]", dots);
    return axes.replace(dots + 2, end - dots - 2, one({"1", "2", "3", "K", "n", "K+1", "n-1"}));
  }

  // Another node among the first so many, with the same axes.
  std::string like(const std::string& name, std::size_t among) {
    const std::string& axes = of_.axes.at(std::stoul(name.substr(1)));
    for (int k = 0; k < 30; ++k)
      if (const std::size_t other = below(among); of_.axes[other] == axes) return "n" + std::to_string(other);
    return name;
  }
  std::string with_other_node(const std::string& word, std::size_t among) {
    const std::size_t bracket = std::min(word.find('['), word.size());
    return like(word.substr(0, bracket), among) + word.substr(bracket);
  }

  void change_node(std::size_t at) {
    std::vector<std::string> w = of_.words[at];
    const std::size_t number = at - of_.first_node;
    static const std::vector<std::string> functions{"exp",  "log",   "sin",   "cos",  "abs", "sign",
                                                    "tanh", "log1p", "expm1", "cbrt", "sinh"};
    std::vector<std::size_t> arguments;
    for (std::size_t k = 2; k < w.size(); ++k)
      if (parsed_certificate::is_numbered(w[k], 'n')) arguments.push_back(k);
    const bool reduces = std::ranges::find(w, "sum") != w.end();
    if (w[1] == "constant") {
      w[2] = one({"0", "1", "-1", "2", "1/2", "-2", "3"});
    } else if (w[1] == "power" && below(2) == 0) {
      w[2] = one({"-1", "2", "1/2", "3", "-2", "-1/2", "0", "1", "4"});
    } else if (w[1] == "select" && below(2) == 0) {
      w[2] = one({"<", "<=", "=", "!="});
    } else if (std::ranges::find(functions, w[1]) != functions.end() && below(2) == 0) {
      w[1] = one_of(functions, random_);
    } else if ((w[1] == "add" || (w[1] == "mul" && !reduces)) && below(2) == 0) {
      w[1] = w[1] == "add" ? "mul" : "add";
    } else if (w[1] == "identity" && reduces && below(2) == 0) {
      *std::ranges::find(w, "sum") = one({"prod", "max", "min"});
    } else if (!arguments.empty() && number > 0) {
      std::string& word = w[arguments[below(arguments.size())]];
      const std::size_t label = word.find('@');
      if (label != std::string::npos && below(3) == 0)
        word[label + 1] = static_cast<char>('0' + below(3));
      else
        word = with_other_node(word, number);
    }
    put(at, w);
  }

  void change_goal() {
    for (std::size_t k = of_.lines.size(); k-- > 0;)
      if (of_.words[k][0] == "goal") return put(k, {"goal", "s" + std::to_string(below(of_.steps))});
  }

  // The words before ':' are the rule, its premises and what it is about; those behind, the claim.
  void change_step(std::size_t at) {
    std::vector<std::string> w = of_.words[at];
    const std::size_t number = at - of_.first_step;
    auto colon = static_cast<std::size_t>(std::ranges::find(w, ":") - w.begin());
    std::vector<std::size_t> premises, about, claimed;
    for (std::size_t k = 2; k < w.size() && w[k] != ";"; ++k) {
      if (k < colon && parsed_certificate::is_numbered(w[k], 's')) premises.push_back(k);
      if (parsed_certificate::is_numbered(w[k], 'n')) (k < colon ? about : claimed).push_back(k);
    }
    const bool assumed = w[1] == "hypothesis";
    switch (below(assumed ? 4 : 6)) {
      case 0:
        if (assumed) w[2] = w[2] == "near" ? "at" : "near";
        if (!assumed && !premises.empty()) w[premises[below(premises.size())]] = "s" + std::to_string(below(number));
        break;
      case 1:
      case 2:
        if (!claimed.empty()) {
          std::string& word = w[claimed[below(claimed.size())]];
          word = with_other_node(word, of_.nodes);
        }
        break;
      case 3: change_relation(w, colon); break;
      case 4:
        if (!premises.empty() && below(2) == 0)
          w.erase(w.begin() + static_cast<std::ptrdiff_t>(premises[below(premises.size())]));
        else if (number > 0 && premises.size() + 2 <= colon)
          w.insert(w.begin() + static_cast<std::ptrdiff_t>(2 + premises.size()), "s" + std::to_string(below(number)));
        break;
      default:
        if (!about.empty()) {
          std::string& word = w[about[below(about.size())]];
          word = with_other_node(word, of_.nodes);
        } else {
          w[1] = w[1] == "symmetric" ? "reflexive" : one({"symmetric", "transitive", "congruence", "sign", "transfer", "ring"});
        }
    }
    put(at, w);
  }

  // 0 < n, 0 <= n, n != 0, n integer; a rational number c of a rule; the order of a derivative.
  void change_relation(std::vector<std::string>& w, std::size_t colon) {
    if (colon > 2 && w[colon - 2] == "c") {
      w[colon - 1] = one({"0", "1", "2", "-1", "1/2", "3", "-2"});
      return;
    }
    if (colon + 3 >= w.size()) return;
    std::vector<std::string> claim(w.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                                   w.begin() + static_cast<std::ptrdiff_t>(colon) + 4);
    if (claim[0] == "d^1") w[colon + 1] = "d^2";
    const bool of_zero = claim[0] == "0", nonzero = claim[1] == "!=";
    if (!of_zero && !nonzero) return;
    const std::string n = of_zero ? claim[2] : claim[0];
    switch (below(3)) {
      case 0: claim = {"0", "<", n}; break;
      case 1: claim = {"0", "<=", n}; break;
      default: claim = {n, "!=", "0"};
    }
    std::ranges::copy(claim, w.begin() + static_cast<std::ptrdiff_t>(colon) + 1);
  }

  const parsed_certificate& of_;
  std::mt19937_64& random_;
  std::map<std::size_t, std::string> changed_;
};

// Whether the checker could read a certificate, up to the step that it refuses.
bool is_read(const std::string& text, const std::string& report) {
  if (!report.starts_with("refused: line ")) return true;
  const std::vector<std::string> lines = split(text, '\n');
  const std::size_t at = std::stoul(report.substr(14));
  if (at > lines.size()) return true;
  if (!parsed_certificate::is_numbered(lines[at - 1], 's')) return false;
  static const std::vector<std::string> unread{
      "' is missing", "are missing", "too early", "too much",     "does not stand above", "no whole",  "no symbol",
      "no step is",   "two blanks",  "number ",   "no such axis", "no dimension",         "no number", "is not known here"};
  return std::ranges::none_of(unread, [&](const std::string& why) { return report.find(why) != std::string::npos; });
}

std::vector<std::string> originals() {
  struct row {
    const char* expression;
    const char* wrt;
    std::vector<std::string> givens, vars;
    int order = 1;
  };
  const std::vector<row> rows{
      {"x^2*sin(x)", "x", {}, {}},
      {"log(x*y)/x", "x", {"x > 0", "y > 0"}, {}},
      {"cross_entropy(softmax(z), y)", "z", {}, {}},
      {"cross_entropy(softmax(z), y)", "z", {"sum(y) = 1"}, {}},
      {"softmax(z)", "z", {}, {}},
      {"sum(z)^2", "z", {"sum(z) = 1"}, {}},
      {"abs(x)*x", "x", {}, {}},
      {"if(x < 1, x^2, 2*x - 1)", "x", {}, {}},
      {"max(x, y)", "x", {}, {}},
      {"logsumexp(z)", "z[2]", {}, {"z: vector[3]"}},
      {"x^3*y", "x", {}, {}, 2},
      {"x'*A*x", "x", {"symmetric(A)"}, {"A: matrix[n,n]; x: vector[n]"}},
      {"log(det(A))", "A", {}, {"A: matrix[2,2]"}},
      {"tr(inv(A))", "A", {}, {"A: matrix[2,2]"}},
      {"sum(k, 1, K-1, (z[k+1] - z[k])^2)", "z", {}, {}},
      {"sqrt(x^2 + 1)", "x", {}, {}},
      {"tanh(x)", "x", {}, {}},
      {"sin(x)^2 + cos(x)^2 == 1", "", {}, {}},
      {"log(x*y) == log(x) + log(y)", "", {"x > 0", "y > 0"}, {}},
      {"x/x == 1", "", {}, {}},
      {"abs(x)^2 == x^2", "", {}, {}},
      {"sum(k, softmax(z)[k]) == 1", "", {}, {}},
      {"inv(A)*A == I", "", {}, {"A: matrix[n,n]"}},
      {"sqrt(x^2) == abs(x)", "", {}, {}},
      {"sum(z)*z[3]", "z", {}, {"z: vector[K]"}},
      {"sum(k, 1, n, z[k+1]*y[k])", "z", {}, {"z: vector[K]; y: vector[n]"}},
  };
  std::vector<std::string> r;
  for (const row& o : rows) {
    problem_text said;
    said.expressions = {o.expression};
    said.givens = o.givens;
    said.vars = o.vars;
    if (*o.wrt) said.wrt = {o.wrt};
    problem p(said);
    result_form form;
    form.certificate = true;
    r.push_back(*o.wrt ? diff(p, o.order, notation::shortest, form).results.at(0).certificate
                       : prove(p, false, true).certificate);
    CAPTURE(o.expression);
    CHECK(!r.back().empty());
  }
  return r;
}

// The first point of some at which a goal is false while the hypotheses hold; how many points there were goes to `tried`.
std::optional<std::string> falsified(const std::string& text, std::mt19937_64& random, int points, int& tried) {
  rereading again(text);
  for (int k = 0; k < points; ++k) {
    point_of here(again, random);
    auto true_here = [&](const rereading::statement& s) { return here.holds(s.words) == true; };
    if (!std::ranges::all_of(again.hypotheses, true_here)) continue;
    ++tried;
    for (const rereading::statement& g : again.goals)
      if (here.holds(g.words) == false) return fmt::format("{}", fmt::join(g.words, " "));
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("what a mutated certificate establishes is true") {
  const char* more = std::getenv("WENGERT_FUZZ_ROUNDS");
  const char* seed = std::getenv("WENGERT_FUZZ_SEED");
#ifdef NDEBUG
  const long usual = 100'000;
#else
  const long usual = 4000;  // slow builds
#endif
  const long rounds = more ? std::atol(more) : usual;
  std::mt19937_64 random(seed ? static_cast<std::uint64_t>(std::atoll(seed)) : 1);
  std::vector<parsed_certificate> all;
  int untouched = 0;
  for (const std::string& text : originals()) {
    all.emplace_back(text);
    std::string report;
    CAPTURE(text);
    CHECK(checker::check_certificate(text, report));
    CAPTURE(report);
    auto why = falsified(text, random, 30, untouched);
    CAPTURE(why.value_or(""));
    CHECK(!why);
  }
  CHECK(untouched > 100);
  long read = 0, accepted = 0, tried = 0, without_point = 0;
  for (long k = 0; k < rounds; ++k) {
    std::string text = mutator(all[random() % all.size()], random).run(), report;
    const bool holds = checker::check_certificate(text, report);
    read += is_read(text, report) ? 1 : 0;
    if (!holds) continue;
    ++accepted;
    int points = 0;
    try {
      auto why = falsified(text, random, 6, points);
      CAPTURE(text);
      CAPTURE(report);
      CAPTURE(why.value_or(""));
      CHECK(!why);
    } catch (const error&) {
      // no value can be given to it: an unknown function, or an array that does not count from 1
    }
    tried += points;
    without_point += points == 0 ? 1 : 0;
  }
  MESSAGE(fmt::format(
      "{} of {} mutants could be read, {} of them were accepted; {} of these have no point where their hypotheses hold", read,
      rounds, accepted, without_point));
  CHECK(2 * read > rounds);
  CHECK(tried > 0);
}
