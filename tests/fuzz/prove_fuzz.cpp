// Statements at random: whatever `prove` says it proved must hold in numbers, and whatever `diff` answers must be the slope.
//
// Longer runs:  WENGERT_FUZZ_ROUNDS=100000 WENGERT_FUZZ_SEED=7 wengert-tests --test-case='*at random*'
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/numeric/evaluate.hpp>

using namespace wengert;

namespace {

using real = long double;
using texts = std::vector<std::string>;

const std::string declarations = "x, y: real; z, w: vector[K]; A: matrix[m,K]; t: vector[3]";

// Two texts that may be equal: the second is the first rewritten by a rule that is true, or nearly true, or spoiled.
class writer {
 public:
  explicit writer(std::uint64_t seed) : random_(seed) {}

  struct two {
    std::string a, b;
  };

  int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  template <std::size_t N> std::string one_of(const char* const (&all)[N]) { return all[pick(static_cast<int>(N))]; }

  two expression(int depth) { return depth <= 0 ? leaf() : pick(3) == 0 ? rewritten(depth) : plain(depth); }

  texts givens() {
    texts r;
    int count = pick(3) == 0 ? pick(3) : 0;
    for (int k = 0; k < count; ++k)
      r.push_back(one_of({"x > 0",      "x >= 0",     "y != 0",        "x = 1",
                          "x + y = 1",  "x = y",      "sum(z) = 1",    "x^2 = y",
                          "x*y = 1",    "one_hot(z)", "simplex(w)",    "z[k] > 0",
                          "x < y",      "x <= y",     "y^2 = 1",       "sum(k, z[k]*w[k]) = x",
                          "sum(z) = 0", "z[k] != 0",  "x^2 + y^2 = 1", "z[k] = w[k]",
                          "x != y",     "y = 0",      "x < 0",         "exp(x) = y",
                          "w[k] >= 0",  "abs(x) = y", "z[1] = 1",      "t[2] = x",
                          "x = sum(w)", "x - y > 1",  "x*y > 0",       "sqrt(y) = x",
                          "x^3 = y",    "1/x = y"}));
    return r;
  }

 private:
  two leaf() {
    if (!bound_.empty() && pick(2) == 0) {
      const std::string& k = bound_[static_cast<std::size_t>(pick(static_cast<int>(bound_.size())))];
      switch (pick(5)) {
        case 0: return same(k);
        case 1: return same("w[" + k + "]");
        case 2:
          if (bound_.size() > 1) return same(fmt::format("delta({},{})", bound_[0], bound_.back()));
          [[fallthrough]];
        default: return same("z[" + k + "]");
      }
    }
    if (free_ && pick(3) == 0) return same(one_of({"z[i]", "w[i]", "z[j]", "delta(i,j)", "delta(i,1)", "i"}));
    if (pick(12) == 0) {  // spoiled
      two r = same(one_of({"x", "y", "2"}));
      r.b = one_of({"x", "y", "2", "1", "0", "-x", "z[1]"});
      return r;
    }
    return same(one_of({"x", "x", "y", "x", "y", "1", "2", "3", "0", "1/2", "z[1]", "K", "t[1]", "t[3]"}));
  }

  static two same(const std::string& s) { return {s, s}; }
  static std::string in(const std::string& s) { return "(" + s + ")"; }

  template <class Body> two under(const std::string& letter, Body body) {
    bound_.push_back(letter);
    two r = body();
    bound_.pop_back();
    return r;
  }
  std::string fresh() const { return bound_.empty() ? "k" : bound_.size() == 1 ? "l" : "q"; }

  // The same operation on both sides.
  two plain(int depth) {
    two u = expression(depth - 1);
    switch (pick(12)) {
      case 0: {
        std::string f =
            one_of({"exp", "log", "sqrt", "abs", "sign", "sin", "cos", "tanh", "atan", "cbrt", "log1p", "tan", "sinh"});
        return {f + in(u.a), f + in(u.b)};
      }
      case 1: {
        std::string p = one_of({"2", "3", "(-1)", "(1/2)", "(-1/2)", "(1/3)", "(3/2)", "(-2)", "4", "0", "x", "y"});
        return {in(u.a) + "^" + p, in(u.b) + "^" + p};
      }
      case 2: {
        two v = expression(depth - 1);
        return {fmt::format("({})/({})", u.a, v.a), fmt::format("({})/({})", u.b, v.b)};
      }
      case 3: {
        two v = expression(depth - 1);
        std::string f = one_of({"max", "min", "hypot", "atan2", "xlogy"});
        return {fmt::format("{}({}, {})", f, u.a, v.a), fmt::format("{}({}, {})", f, u.b, v.b)};
      }
      case 4: {
        two v = expression(depth - 1);
        std::string c = one_of({"x < y", "x > 0", "x >= 0", "y = 0", "x != 1", "x <= 1"});
        return {fmt::format("if({}, {}, {})", c, u.a, v.a), fmt::format("if({}, {}, {})", c, u.b, v.b)};
      }
      case 5:
      case 6: {
        if (bound_.size() > 1) return u;
        std::string k = fresh(), range = one_of({"1, K", "2, K", "1, 3", "1, K-1", "1, K"});
        two v = under(k, [&] { return range == "1, 3" ? same("t[" + k + "]") : expression(depth - 1); });
        if (range == "1, 3" && pick(2)) v = {v.a + "*" + in(u.a), v.b + "*" + in(u.b)};
        if (range == "1, K-1" && pick(2)) v = {v.a + "*z[" + k + "+1]", "z[" + k + "+1]*" + in(v.b)};
        std::string f = pick(8) == 0 ? one_of({"prod", "max", "min"}) : "sum";
        return {fmt::format("{}({}, {}, {})", f, k, range, v.a), fmt::format("{}({}, {}, {})", f, k, range, v.b)};
      }
      case 7: {
        if (in_derivative_) return u;
        ++in_derivative_;
        two v = expression(depth - 1);
        --in_derivative_;
        std::string by = one_of({"x", "x", "y", "z[1]"});
        return {fmt::format("D({}, {})", v.a, by), fmt::format("D({}, {})", v.b, by)};
      }
      default: {
        two v = expression(depth - 1);
        std::string op = one_of({" + ", "*", " - ", "*"});
        return {in(u.a) + op + in(v.a), in(u.b) + op + in(v.b)};
      }
    }
  }

  two rewritten(int depth) {
    two u = expression(depth - 1), v = expression(depth - 1);
    std::string a = in(u.a), b = in(u.b), c = in(v.a), d = in(v.b);
    two r;
    switch (pick(40)) {
      case 0: r = {a + "*" + c, d + "*" + b}; break;
      case 1: r = {a + "*(" + c + "+1)", d + "*" + b + "+" + b}; break;
      case 2: r = {a + "-" + c, "-(" + d + "-" + b + ")"}; break;
      case 3: r = {a + "/" + c, b + "*" + d + "^(-1)"}; break;
      case 4: r = {"(" + a + "*" + c + ")^2", b + "^2*" + d + "^2"}; break;
      case 5: r = {"exp(" + a + "+" + c + ")", "exp" + b + "*exp" + d}; break;
      case 6: r = {"sqrt(" + a + "^2)", "abs" + b}; break;
      case 7: r = {"sqrt(" + a + "^2)", b}; break;
      case 8: r = {"log(" + a + "*" + c + ")", "log" + b + "+log" + d}; break;
      case 9: r = {a + "/" + a, "1"}; break;
      case 10: r = {a + "*" + c + "/" + c, b}; break;
      case 11: r = {"abs" + a + "/" + a, "sign" + b}; break;
      case 12: r = {"sign" + a + "*abs" + a, b}; break;
      case 13: r = {"(" + a + "^2)^(1/2)", "abs" + b}; break;
      case 14: r = {"(" + a + "^3)^(1/3)", b}; break;
      case 15: r = {"sqrt" + a + "*sqrt" + c, "sqrt(" + b + "*" + d + ")"}; break;
      case 16: r = {"sqrt" + a + "^2", b}; break;
      case 17: r = {"exp(log" + a + ")", b}; break;
      case 18: r = {"log(exp" + a + ")", b}; break;
      case 19: r = {"max(" + a + "," + c + ")", "max(" + d + "," + b + ")"}; break;
      case 20: r = {"max(" + a + ",0)-max(-" + a + ",0)", b}; break;
      case 21: r = {"sin" + a + "^2+cos" + a + "^2", "1"}; break;
      case 22: r = {a + "^(-2)*" + a, b + "^(-1)"}; break;
      case 23: r = {a + "^(1/2)*" + a + "^(1/2)", b}; break;
      case 24: r = {"if(x<y," + a + "," + c + ")", "if(y<=x," + d + "," + b + ")"}; break;
      case 25: r = {"if(x<y," + a + "," + c + ")", "if(y<x," + d + "," + b + ")"}; break;
      case 26: r = {"log(" + a + "^2)", "2*log" + b}; break;
      case 27: r = {"log(" + a + "^2)", "2*log(abs" + b + ")"}; break;
      case 28: r = {"1/(1/" + a + ")", b}; break;
      case 29: r = {a + "^(3/2)", b + "*sqrt" + b}; break;
      case 30: r = {"abs(" + a + "*" + c + ")", "abs" + b + "*abs" + d}; break;
      case 31: r = {"0*" + a, "0"}; break;
      case 32: r = {"0", "0*" + b}; break;
      case 33: r = {"cbrt(" + a + "^3)", b}; break;
      case 34: r = {a + "^x*" + a, b + "^(x+1)"}; break;
      case 35: r = {"sqrt" + a + "/" + a, "1/sqrt" + b}; break;
      default: return sums(depth, u, v);
    }
    if (pick(3) == 0) std::swap(r.a, r.b);
    return r;
  }

  // Identities of sums.
  two sums(int depth, const two& u, const two& v) {
    if (bound_.size() > 1) return u;
    std::string k = fresh(), l = k == "k" ? "l" : "q";
    two s = under(k, [&] { return expression(depth - 1); });
    std::string a = in(s.a), b = in(s.b);
    auto sum = [](const std::string& letter, const std::string& range, const std::string& body) {
      return fmt::format("sum({}, {}, {})", letter, range, body);
    };
    two r;
    switch (pick(11)) {
      case 0: r = {sum(k, "1, K", a), fmt::format("({} + {})", sum(k, "2, K", b), at(b, k, "1"))}; break;
      case 1: r = {sum(k, "1, K", a + "*" + in(u.a)), in(u.b) + "*" + sum(k, "1, K", b)}; break;
      case 2: r = {sum(k, "1, K", a + "*delta(" + k + ",1)"), at(b, k, "1")}; break;
      case 3: r = {sum(k, "1, K", a + "+" + in(v.a)), sum(k, "1, K", b) + "+K*" + in(v.b)}; break;
      case 4: r = {sum(k, "1, K-1", "z[" + k + "+1]-z[" + k + "]"), "z[K]-z[1]"}; break;
      case 5:
        r = {sum(k, "1, K", sum(l, "1, K", "z[" + l + "]*" + a)), sum(l, "1, K", "z[" + l + "]") + "*" + sum(k, "1, K", b)};
        break;
      case 6: r = {sum(k, "2, K", a), sum(k, "1, K", b) + "-" + at(b, k, "1")}; break;
      case 7:
        r = {sum(k, "1, K", sum(l, "1, K", "delta(" + k + "," + l + ")*z[" + l + "]*" + a)), sum(k, "1, K", "z[" + k + "]*" + b)};
        break;
      case 8: r = {sum(k, "1, K-1", "z[" + k + "+1]*" + in(u.a)), in(u.b) + "*" + sum(k, "2, K", "z[" + k + "]")}; break;
      case 9: r = {sum(k, "2, 3", "t[" + k + "]*" + in(u.a)), in(u.b) + "*(t[3]+t[2])"}; break;
      default:
        r = {sum(k, "1, K", "z[" + k + "]") + "*" + sum(k, "1, K", "z[" + k + "]"), sum(k, "1, K", "z[" + k + "]") + "^2"};
        break;
    }
    if (pick(3) == 0) std::swap(r.a, r.b);
    return r;
  }

  // The letter replaced by a number: letters stand alone between signs that are no letters.
  static std::string at(const std::string& s, const std::string& letter, const std::string& value) {
    std::string r;
    auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    for (std::size_t k = 0; k < s.size(); ++k) {
      bool alone = s[k] == letter[0] && (k == 0 || !word(s[k - 1])) && (k + 1 == s.size() || !word(s[k + 1]));
      r += alone ? value : std::string(1, s[k]);
    }
    return r;
  }

  std::mt19937_64 random_;
  texts bound_;
  int in_derivative_ = 0;

 public:
  bool free_ = false;
};

// Values of all symbols.
struct place {
  std::int64_t K = 1, m = 1;
  std::vector<std::pair<symbol_id, std::vector<real>>> symbols;
};

class judge {
 public:
  judge(const texts& givens, const texts& conditions, const std::string& text, std::uint64_t seed) : random_(seed) {
    problem_text pt;
    pt.vars = {declarations};
    pt.givens = givens;
    pt.expressions = {text};
    texts all = givens;
    for (const std::string& c : conditions) {
      problem_text more = pt;
      more.givens.push_back(c);
      try {
        problem trial(more);
        pt = more;
      } catch (const error&) {
        ++unread;
      }
    }
    p_.emplace(pt);
  }

  problem& on() { return *p_; }
  int unread = 0;  // conditions that are no facts, such as "x^y is real"

  // A point where the facts hold, or nothing.
  std::optional<place> draw() {
    tape& t = p_->on();
    place at;
    at.K = pick(1, 4);
    at.m = pick(1, 3);
    int style = static_cast<int>(pick(0, 3));
    for (symbol_id s = 0; s < t.symbol_count(); ++s) {
      std::size_t count = 1;
      for (std::size_t size : shape(s, at)) count *= size;
      std::vector<real> v(count);
      bool unit = pick(0, 3) == 0 && count > 0 && !t.symbol(s).axes.empty();
      for (real& x : v) {
        if (unit)
          x = 0;
        else if (style == 0)
          x = static_cast<real>(pick(-1, 1));
        else if (style == 1)
          x = static_cast<real>(pick(1, 200)) / 61;
        else
          x = static_cast<real>(pick(-200, 200)) / 61;
      }
      if (unit) v[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(count) - 1))] = 1;
      at.symbols.emplace_back(s, std::move(v));
    }
    for (int round = 0; round < 4; ++round) {
      const fact* broken = nullptr;
      for (const fact& f : p_->facts())
        if (!holds(f, at)) broken = &f;
      if (!broken) return at;
      if (!repair(*broken, at)) return std::nullopt;
    }
    return std::nullopt;
  }

  void bind(evaluator<real>& e, const place& at) const {
    const tape& t = p_->on();
    for (dim_id d = 0; d < t.dim_count(); ++d) e.bind_dim(d, t.dim_name(d) == "m" ? at.m : at.K);
    for (const auto& [s, v] : at.symbols) e.bind(s, v, shape(s, at));
  }

  std::vector<real> values(node_id n, const place& at) const {
    evaluator<real> e(p_->on(), std::size_t{1} << 20);
    bind(e, at);
    auto v = e(n);
    return {v.begin(), v.end()};
  }

  // Whether every node under n has a finite value: no operation outside its domain.
  bool everything_finite(node_id n, const place& at) const {
    evaluator<real> e(p_->on(), std::size_t{1} << 20);
    bind(e, at);
    std::vector<node_id> all = p_->on().reachable(n);
    for (node_id m : all)
      for (real v : e(m))
        if (!std::isfinite(v)) return false;
    return true;
  }
  // The size of what is added up on the way.
  real scale(node_id n, const place& at) const {
    evaluator<real> e(p_->on(), std::size_t{1} << 20);
    bind(e, at);
    real most = 1;
    for (node_id m : p_->on().reachable(n))
      for (real v : e(m))
        if (std::isfinite(v)) most = std::max(most, std::fabs(v));
    return most;
  }

  std::string describe(const place& at) const {
    std::string s = fmt::format("K={}", at.K);
    for (const auto& [id, v] : at.symbols) {
      s += fmt::format(" {}=", p_->on().symbol(id).name);
      for (real x : v) s += fmt::format("{:.12g},", static_cast<double>(x));
    }
    return s;
  }

 private:
  std::int64_t pick(std::int64_t lo, std::int64_t hi) { return std::uniform_int_distribution<std::int64_t>(lo, hi)(random_); }

  std::vector<std::size_t> shape(symbol_id s, const place& at) const {
    const tape& t = p_->on();
    std::vector<std::size_t> r;
    for (range_id axis : t.symbol(s).axes) {
      const affine& hi = t.range_of(axis).hi;
      std::int64_t size = hi.dim == none ? 0 : t.dim_name(hi.dim) == "m" ? at.m : at.K;
      r.push_back(static_cast<std::size_t>(size + hi.offset));
    }
    return r;
  }

  bool holds(const fact& f, const place& at) const {
    std::vector<real> l = values(f.left, at), r = f.equation ? values(f.right, at) : std::vector<real>(l.size(), 0);
    for (std::size_t k = 0; k < l.size(); ++k) {
      real v = l[k] - r[k];
      bool good = false;
      if (f.equation)
        good = std::fabs(v) < 1e-14L * (1 + std::fabs(l[k]));
      else if (f.is == relation::positive)
        good = v > 1e-9L;
      else if (f.is == relation::nonnegative)
        good = v >= 0;
      else if (f.is == relation::nonzero)
        good = std::fabs(v) > 1e-9L;
      else if (f.is == relation::not_integer)
        good = std::fabs(v - std::round(v)) > 1e-6L;
      else
        good = v == std::round(v);
      if (!good) return false;
    }
    return true;
  }

  // For an equation: Newton's method on one entry. For the rest: another draw.
  bool repair(const fact& f, place& at) {
    if (!f.equation || at.symbols.empty()) return false;
    for (int trial = 0; trial < 6; ++trial) {
      auto& [s, v] = at.symbols[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(at.symbols.size()) - 1))];
      if (v.empty()) continue;
      real& x = v[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(v.size()) - 1))];
      real start = x;
      auto gap = [&] {
        std::vector<real> l = values(f.left, at), r = values(f.right, at);
        real sum = 0;
        for (std::size_t k = 0; k < l.size(); ++k)
          if (sum == 0) sum = l[k] - r[k];
        return sum;
      };
      for (int i = 0; i < 40; ++i) {
        real g = gap();
        if (g == 0) break;
        real old = x, h = 1e-7L * (1 + std::fabs(x));
        x = old + h;
        real slope = (gap() - g) / h;
        x = old - g / slope;
        if (!std::isfinite(x)) break;
      }
      if (std::isfinite(x) && std::fabs(x) < 12 && holds(f, at)) return true;
      x = start;
    }
    return false;
  }

  std::optional<problem> p_;
  std::mt19937_64 random_;
};

struct tally {
  int rounds = 0, proved = 0, refuted = 0, unknown = 0, errors = 0, points = 0;
  texts defects;
  double slowest = 0;
  std::string slowest_text;
};

std::string statement(const texts& givens, const std::string& text) {
  return fmt::format("{}   given {}", text, fmt::join(givens, "; "));
}

bool has_choice(const std::string& s) { return s.find("if(") != std::string::npos; }

void check_statement(const texts& givens, const std::string& left, const std::string& right, std::uint64_t seed, tally& count) {
  std::string text = left + " == " + right, shown = statement(givens, text);
  prove_result r;
  auto start = std::chrono::steady_clock::now();
  try {
    problem_text pt;
    pt.vars = {declarations};
    pt.givens = givens;
    pt.expressions = {text};
    problem p(pt);
    r = prove(p);
  } catch (const error&) {
    ++count.errors;
    return;
  } catch (const std::exception& e) {
    count.defects.push_back(fmt::format("exception '{}': {}", e.what(), shown));
    return;
  }
  double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (took > count.slowest) {
    count.slowest = took;
    count.slowest_text = shown;
  }
  if (r.status == verdict::refuted) ++count.refuted;
  if (r.status == verdict::unknown) ++count.unknown;
  if (r.status != verdict::proved) return;
  ++count.proved;
  judge j(givens, r.conditions, text, seed);
  const expression a = j.on().expressions()[0], b = j.on().expressions()[1];
  for (int k = 0; k < 60; ++k) {
    try {
      auto at = j.draw();
      if (!at) continue;
      std::vector<real> l = j.values(a.node, *at), s = j.values(b.node, *at);
      bool known = j.everything_finite(a.node, *at);
      for (const derivative_site& d : a.sites) known = known && j.everything_finite(d.function, *at);
      if (!known && !has_choice(text)) continue;
      real size = std::max(j.scale(a.node, *at), j.scale(b.node, *at));
      if (size > 1e7L) continue;
      ++count.points;
      if (!has_choice(text)) {
        bool defined = j.everything_finite(b.node, *at);
        for (const derivative_site& d : b.sites) defined = defined && j.everything_finite(d.function, *at);
        if (!defined) {
          count.defects.push_back(fmt::format("the right side is undefined at {}: {} where {}", j.describe(*at), shown,
                                              fmt::join(r.conditions, ", ")));
          return;
        }
      }
      for (std::size_t e = 0; e < l.size(); ++e) {
        if (!std::isfinite(l[e])) continue;
        if (std::fabs(l[e] - s[e]) <= 1e-9L * size) continue;
        count.defects.push_back(fmt::format("{} is not {} at {}: {} where {}", static_cast<double>(l[e]),
                                            static_cast<double>(s[e]), j.describe(*at), shown, fmt::join(r.conditions, ", ")));
        return;
      }
    } catch (const error&) {
      continue;
    }
  }
}

void check_derivative(const texts& givens, const std::string& text, const std::string& by, std::uint64_t seed, tally& count) {
  std::string shown = fmt::format("D({}, {})", statement(givens, text), by);
  diff_result r;
  try {
    problem_text pt;
    pt.vars = {declarations};
    pt.givens = givens;
    pt.expressions = {text};
    pt.wrt = {by};
    problem p(pt);
    r = diff(p, 1).results.at(0);
  } catch (const error&) {
    ++count.errors;
    return;
  } catch (const std::exception& e) {
    count.defects.push_back(fmt::format("exception '{}': {}", e.what(), shown));
    return;
  }
  if (!r.proof.checked)
    ++count.unknown;
  else
    ++count.proved;
  judge j(givens, r.conditions, text, seed);
  node_id f = j.on().expressions()[0].node, g = none;
  tape& t = j.on().on();
  symbol_id variable = none;
  for (symbol_id s = 0; s < t.symbol_count(); ++s)
    if (t.symbol(s).name == by) variable = s;
  if (variable == none) return;
  std::vector<std::pair<std::string, range_id>> letters;
  for (const axis_letter& l : r.axes) letters.emplace_back(l.letter, t.symbol(variable).axes.at(letters.size()));
  try {
    g = j.on().parse(r.derivative, letters).node;
  } catch (const error& e) {
    if (r.derivative.find("vector(1)") != std::string::npos)
      return;  // its length is that of the variable, which the text does not say
    count.defects.push_back(fmt::format("the answer {} does not parse ({}): {}", r.derivative, e.what(), shown));
    return;
  }
  for (int k = 0; k < 40; ++k) {
    try {
      auto at = j.draw();
      if (!at) continue;
      bool known = j.everything_finite(f, *at);
      if (!known && !has_choice(text)) continue;
      std::vector<real> slope = j.values(g, *at);
      if (j.scale(g, *at) > 1e5L || j.scale(f, *at) > 1e5L) continue;
      ++count.points;
      auto entry = std::ranges::find_if(at->symbols, [&](const auto& s) { return s.first == variable; });
      if (entry == at->symbols.end()) continue;
      if (slope.size() != 1 && slope.size() != entry->second.size()) {
        if (r.derivative.find("vector(1)") != std::string::npos) return;
        count.defects.push_back(
            fmt::format("{} entries for {}: {} = {}", slope.size(), entry->second.size(), shown, r.derivative));
        return;
      }
      for (std::size_t e = 0; e < entry->second.size(); ++e) {
        real h = 1e-5L, x0 = entry->second[e], sides[4];
        const real steps[4] = {-2 * h, -h, h, 2 * h};
        for (int q = 0; q < 4; ++q) {
          entry->second[e] = x0 + steps[q];
          sides[q] = j.values(f, *at)[0];
        }
        entry->second[e] = x0;
        real middle = j.values(f, *at)[0];
        real central = (8 * (sides[2] - sides[1]) - (sides[3] - sides[0])) / (12 * h);
        real got = slope[slope.size() == 1 ? 0 : e];
        bool fine = std::fabs(central - got) <= 1e-5L * (1 + std::fabs(got));
        if (fine) continue;
        // Beside a kink or a pole the quotients disagree among themselves.
        real one = (sides[2] - middle) / h, other = (middle - sides[1]) / h, wide = (sides[3] - sides[0]) / (4 * h);
        real rough = std::fabs(one - other) + std::fabs(wide - central);
        bool smooth = std::isfinite(central) && rough < 1e-3L * (1 + std::fabs(central));
        bool undefined = !std::isfinite(got) && std::isfinite(central);
        bool kink = std::isfinite(one) && std::isfinite(other) && std::isfinite(got) &&
                    std::fabs(one - got) > 1e-2L * (1 + std::fabs(got)) && std::fabs(other - got) > 1e-2L * (1 + std::fabs(got));
        if (!smooth && !undefined && !kink) continue;
        count.defects.push_back(fmt::format("{} is not the slope {} at {}: {} = {} where {}", static_cast<double>(got),
                                            static_cast<double>(central), j.describe(*at), shown, r.derivative,
                                            fmt::join(r.conditions, ", ")));
        return;
      }
    } catch (const error&) {
      continue;
    }
  }
}

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* s = std::getenv(name);
  return s ? std::strtoull(s, nullptr, 10) : otherwise;
}

void report(const char* what, const tally& count) {
  fmt::print(stderr, "{}: {} rounds, {} proved, {} refuted, {} open, {} refused as input, {} points, slowest {:.2f} s: {}\n",
             what, count.rounds, count.proved, count.refuted, count.unknown, count.errors, count.points, count.slowest,
             count.slowest_text.substr(0, 300));
}

}  // namespace

TEST_CASE("statements at random: what is proved holds in numbers") {
  std::uint64_t rounds = environment("WENGERT_FUZZ_ROUNDS", 0), seed = environment("WENGERT_FUZZ_SEED", 20261123);
  bool longer = rounds != 0;
  if (!longer) rounds = 400;
  tally count;
  for (std::uint64_t k = 0; k < rounds; ++k) {
    writer w(seed + k);
    w.free_ = w.pick(4) == 0;
    auto [a, b] = w.expression(1 + w.pick(3));
    if (a == b && w.pick(8) != 0) continue;
    ++count.rounds;
    texts givens = w.givens();
    if (longer && environment("WENGERT_FUZZ_SHOW", 0)) fmt::print(stderr, "{} {}\n", k, statement(givens, a + " == " + b));
    check_statement(givens, a, b, seed ^ k, count);
  }
  if (longer) report("prove", count);
  for (const std::string& d : count.defects) FAIL_CHECK(d);
  CHECK(count.proved > 20);
}

TEST_CASE("derivatives at random: diff answers the slope, and its text parses back") {
  std::uint64_t rounds = environment("WENGERT_FUZZ_ROUNDS", 0), seed = environment("WENGERT_FUZZ_SEED", 20261123);
  bool longer = rounds != 0;
  if (!longer) rounds = 200;
  tally count;
  for (std::uint64_t k = 0; k < rounds; ++k) {
    writer w(seed + 7 * k);
    std::string f = w.expression(1 + w.pick(3)).a, by = w.one_of({"x", "x", "y", "z", "w"});
    if (f.find(by) == std::string::npos) continue;
    ++count.rounds;
    texts givens = w.givens();
    if (longer && environment("WENGERT_FUZZ_SHOW", 0)) fmt::print(stderr, "{} D({}, {})\n", k, statement(givens, f), by);
    check_derivative(givens, f, by, seed ^ k, count);
  }
  if (longer) report("diff", count);
  for (const std::string& d : count.defects) FAIL_CHECK(d);
  CHECK(count.proved > 20);
}
