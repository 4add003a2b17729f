#include "program_body.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <wengert/core/dims.hpp>

#include "interning.hpp"

namespace wengert::lowered {

namespace {

constexpr std::size_t nearest_cache = 24 << 10;        // bytes of it that registers may fill
constexpr std::size_t most_uniform = 128;              // registers that hold one number
constexpr std::size_t shortest = 256, longest = 8192;  // bytes of a register

std::uint64_t hash_of(const instruction& i) {
  std::uint64_t h = mixed(static_cast<std::uint64_t>(i.op), i.table);
  return mixed(mixed(h, std::uint64_t{i.a} << 32 | i.b), std::uint64_t{i.c} << 32 | i.d);
}

bool same(const instruction& x, const instruction& y) {
  return x.op == y.op && x.a == y.a && x.b == y.b && x.c == y.c && x.d == y.d && x.table == y.table;
}

std::uint64_t hash_of(const address& a) {
  std::uint64_t h = mixed(a.buffer, static_cast<std::uint64_t>(a.offset));
  h = mixed(h, static_cast<std::uint64_t>(a.lane));
  for (std::int64_t s : a.loops) h = mixed(h, static_cast<std::uint64_t>(s));
  return h;
}

bool has_effect(code op) {
  return op == code::store || op == code::accumulate || op == code::reduce || op == code::reduce_product;
}
bool is_exponential(code op) { return op == code::exp || op == code::exp_sum || op == code::exp_difference; }
bool is_lazy(code op) { return op == code::load || op == code::constant || op == code::affine || op == code::is_zero; }

}  // namespace

unsigned operands(const instruction& i, const lane_step& step) {
  if (is_exponential(i.op) && i.joins) return 3;
  switch (i.op) {
    case code::constant:
    case code::load:
    case code::place:
    case code::affine:
    case code::is_zero: return 0;
    case code::neg:
    case code::recip:
    case code::sqrt:
    case code::rsqrt:
    case code::abs:
    case code::sign:
    case code::floor:
    case code::ceil:
    case code::exp:
    case code::expm1:
    case code::log:
    case code::log1p:
    case code::tanh:
    case code::sin:
    case code::cos:
    case code::power:
    case code::store:
    case code::accumulate:
    case code::reduce:
    case code::finish: return 1;
    case code::call: return static_cast<unsigned>(step.functions[i.table]->arity);
    case code::multiply_add:
    case code::multiply_sub:
    case code::subtract_product: return 3;
    case code::sum_of_products:
    case code::difference_of_products:
    case code::select_lt:
    case code::select_le:
    case code::select_eq:
    case code::select_ne: return 4;
    default: return 2;
  }
}

double start_of(reduction red) {
  switch (red) {
    case reduction::prod: return 1;
    case reduction::max: return -std::numeric_limits<double>::infinity();
    case reduction::min: return std::numeric_limits<double>::infinity();
    default: return 0;
  }
}

// --- values

body::value body::make(code op, value a, value b, value c, value d, std::uint32_t table) {
  instruction i{op};
  i.a = a, i.b = b, i.c = c, i.d = d, i.table = table;
  const auto next = static_cast<std::uint32_t>(all_.size());
  if (has_effect(op)) {
    all_.push_back(i);
    return next;
  }
  // The hash table numbers the values, of which some have effects and are never met.
  const value found = intern(
      table_, hash_of(i), next, [&](value v) { return same(all_[v], i); }, [&](value v) { return hash_of(all_[v]); });
  if (found == next) all_.push_back(i);
  return found;
}

body::value body::constant(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto next = static_cast<std::uint32_t>(step_.constants.size());
  const std::uint32_t k = intern(
      constant_table_, mixed(0, bits), next,
      [&](std::uint32_t j) { return std::bit_cast<std::uint64_t>(step_.constants[j]) == bits; },
      [&](std::uint32_t j) { return mixed(0, std::bit_cast<std::uint64_t>(step_.constants[j])); });
  if (k == next) step_.constants.push_back(x);
  return make(code::constant, 0, 0, 0, 0, k);
}

std::uint32_t body::keep(const address& at) {
  const auto next = static_cast<std::uint32_t>(step_.addresses.size());
  const std::uint32_t k = intern(
      address_table_, hash_of(at), next, [&](std::uint32_t j) { return step_.addresses[j] == at; },
      [&](std::uint32_t j) { return hash_of(step_.addresses[j]); });
  if (k == next) step_.addresses.push_back(at);
  return k;
}

body::value body::leaf(code op, const address& at) { return make(op, 0, 0, 0, 0, keep(at)); }

body::value body::negated(value x) {
  if (all_[x].op == code::neg) return all_[x].a;
  if (all_[x].op == code::constant) return constant(-step_.constants[all_[x].table]);
  return make(code::neg, x);
}

body::value body::plus(value x, value y) {
  if (is_constant(x, 0)) return y;
  if (is_constant(y, 0)) return x;
  if (all_[y].op == code::neg) return make(code::sub, x, all_[y].a);
  if (all_[x].op == code::neg) return make(code::sub, y, all_[x].a);
  return make(code::add, x, y);
}

body::value body::times(value x, value y) {
  if (is_constant(x, 1)) return y;
  if (is_constant(y, 1)) return x;
  if (is_constant(x, -1)) return negated(y);
  if (is_constant(y, -1)) return negated(x);
  if (all_[x].op == code::neg) return negated(times(all_[x].a, y));
  if (all_[y].op == code::neg) return negated(times(x, all_[y].a));
  return make(code::mul, x, y);
}

body::value body::sum(std::span<const value> terms) {
  if (terms.empty()) return constant(0);
  value s = terms[0];
  for (std::size_t k = 1; k < terms.size(); ++k) s = plus(s, terms[k]);
  return s;
}

body::value body::product(std::span<const value> factors) {
  value p = constant(1);
  for (value f : factors)
    if (all_[f].op != code::is_zero) p = times(p, f);
  for (value f : factors)
    if (all_[f].op == code::is_zero) p = is_constant(p, 1) ? f : make(code::mask, f, p);
  return p;
}

body::value body::whole_power(value base, unsigned exponent) {
  value result = constant(1), square = base;
  for (unsigned e = exponent; e > 0; e >>= 1) {
    if (e & 1) result = times(result, square);
    if (e > 1) square = make(code::mul, square, square);
  }
  return result;
}

// Halves of small integers by roots and products; the reciprocal is taken first, so that nothing leaves the range before its
// time.
body::value body::power(const rational_power& q, value base) {
  const double size = std::abs(q.p), whole = std::floor(size);
  if (whole > 16 || (size != whole && size != whole + 0.5)) {
    step_.powers.push_back(q);
    return make(code::power, base, 0, 0, 0, static_cast<std::uint32_t>(step_.powers.size() - 1));
  }
  const auto n = static_cast<unsigned>(whole);
  if (size == whole) return whole_power(q.p < 0 ? make(code::recip, base) : base, n);
  if (q.p < 0) return whole_power(make(code::rsqrt, base), 2 * n + 1);
  return times(whole_power(base, n), make(code::sqrt, base));
}

body::value body::function(const op_info& f, std::span<const value> x) {
  switch (f.code) {
    case opcode::exp: return make(code::exp, x[0]);
    case opcode::expm1: return make(code::expm1, x[0]);
    case opcode::log: return make(code::log, x[0]);
    case opcode::log1p: return make(code::log1p, x[0]);
    case opcode::tanh: return make(code::tanh, x[0]);
    case opcode::sin: return make(code::sin, x[0]);
    case opcode::cos: return make(code::cos, x[0]);
    case opcode::abs: return make(code::abs, x[0]);
    case opcode::sign: return make(code::sign, x[0]);
    case opcode::floor: return make(code::floor, x[0]);
    case opcode::ceil: return make(code::ceil, x[0]);
    case opcode::min: return make(code::min, x[0], x[1]);
    case opcode::max: return make(code::max, x[0], x[1]);
    case opcode::xlogy: return make(code::xlogy, x[0], x[1]);
    default: break;
  }
  const auto found = std::ranges::find(step_.functions, &f);
  const auto k = static_cast<std::uint32_t>(found - step_.functions.begin());
  if (found == step_.functions.end()) step_.functions.push_back(&f);
  return make(code::call, x[0], x.size() > 1 ? x[1] : 0, 0, 0, k);
}

body::value body::choose(comparison c, value left, value right, value yes, value no) {
  switch (c) {
    case comparison::lt: return make(code::select_lt, left, right, yes, no);
    case comparison::le: return make(code::select_le, left, right, yes, no);
    case comparison::eq: return make(code::select_eq, left, right, yes, no);
    case comparison::ne: break;
  }
  return make(code::select_ne, left, right, yes, no);
}

body::value body::combine(reduction red, value x, value y) {
  switch (red) {
    case reduction::prod: return times(x, y);
    case reduction::max: return make(code::max, x, y);
    case reduction::min: return make(code::min, x, y);
    default: return plus(x, y);
  }
}

void body::store(const address& to, value x) { make(code::store, x, 0, 0, 0, keep(to)); }

void body::accumulate(reduction red, const address& to, value x) { all_[make(code::accumulate, x, 0, 0, 0, keep(to))].red = red; }

void body::reduce(reduction red, const address& to, value x, bool joins) {
  all_[make(code::reduce, x)].red = red;
  reduced_.push_back({red, static_cast<value>(all_.size() - 1), keep(to), joins});
}

// --- fusion

std::vector<std::uint32_t> body::count_uses() const {
  std::vector<std::uint32_t> uses(all_.size(), 0);
  std::vector<bool> needed(all_.size(), false);
  for (std::size_t v = all_.size(); v-- > 0;) {
    const instruction& i = all_[v];
    if (!has_effect(i.op) && !needed[v]) continue;
    const value read[4] = {i.a, i.b, i.c, i.d};
    for (unsigned k = 0; k < operands(i, step_); ++k) {
      ++uses[read[k]];
      needed[read[k]] = true;
    }
  }
  return uses;
}

// A product, a reciprocal or an exponent that is used once becomes a part of its user.
void body::fuse() {
  std::vector<std::uint32_t> uses = count_uses();
  auto once = [&](value v, code op) { return all_[v].op == op && uses[v] == 1; };
  for (instruction& i : all_) {
    const instruction old = i;
    if (i.op == code::mul && once(i.b, code::recip) && i.a != i.b) {
      i.op = code::div, i.b = all_[i.b].a;
    } else if (i.op == code::mul && once(i.a, code::recip) && i.a != i.b) {
      i.op = code::div, i.a = old.b, i.b = all_[old.a].a;
    } else if ((i.op == code::add || i.op == code::sub) && once(i.a, code::mul) && once(i.b, code::mul)) {
      i.op = i.op == code::add ? code::sum_of_products : code::difference_of_products;
      i.a = all_[old.a].a, i.b = all_[old.a].b, i.c = all_[old.b].a, i.d = all_[old.b].b;
    } else if (i.op == code::add && once(i.b, code::mul)) {
      i.op = code::multiply_add, i.a = all_[old.b].a, i.b = all_[old.b].b, i.c = old.a;
    } else if (i.op == code::add && once(i.a, code::mul)) {
      i.op = code::multiply_add, i.a = all_[old.a].a, i.b = all_[old.a].b, i.c = old.b;
    } else if (i.op == code::sub && once(i.b, code::mul)) {
      i.op = code::subtract_product, i.a = all_[old.b].a, i.b = all_[old.b].b, i.c = old.a;
    } else if (i.op == code::sub && once(i.a, code::mul)) {
      i.op = code::multiply_sub, i.a = all_[old.a].a, i.b = all_[old.a].b, i.c = old.b;
    } else if (i.op == code::exp && (once(i.a, code::add) || once(i.a, code::sub))) {
      i.op = all_[old.a].op == code::add ? code::exp_sum : code::exp_difference, i.a = all_[old.a].a, i.b = all_[old.a].b;
    } else if (i.op == code::reduce && i.red == reduction::sum && once(i.a, code::mul)) {
      i.op = code::reduce_product, i.a = all_[old.a].a, i.b = all_[old.a].b;
    }
  }
}

// --- order and registers

// Puts the values that matter in an order, each leaf just before its first reader, and gives them registers. A streaming register
// may show lanes where they stand in an array; these come behind the others.
class body::ordering {
 public:
  ordering(body& from, std::int64_t count, bool over_batch)
      : b_(from),
        over_batch_(over_batch),
        hoists_(!over_batch && count > 1),
        uses_(from.count_uses()),
        kind_(from.all_.size(), kind::plain),
        place_(from.all_.size(), none),
        direct_(from.all_.size(), none),
        hoisted_(from.all_.size(), false),
        joined_(from.all_.size(), false) {}

  void run() {
    if (hoists_) find_hoisted();
    join_sums();
    find_streams();
    pin();
    order();
    assign();
    for (instruction& i : b_.step_.body)
      for (std::uint32_t* r : {&i.to, &i.a, &i.b, &i.c, &i.d})
        if (*r & stream_bit) *r = plain_ + (*r & ~stream_bit);
    b_.step_.registers = plain_ + streams_;
  }

 private:
  enum class kind : std::uint8_t { uniform, plain, stream };
  static constexpr std::uint32_t stream_bit = 0x80000000;

  instruction& at(value v) { return b_.all_[v]; }
  const address& address_of(const instruction& i) const { return b_.step_.addresses[i.table]; }
  std::uint32_t coded(value v) const { return place_[v] | (kind_[v] == kind::stream ? stream_bit : 0); }

  template <class F> void each_operand(instruction& i, F f) {
    std::uint32_t* const read[4] = {&i.a, &i.b, &i.c, &i.d};
    for (unsigned k = 0; k < operands(i, b_.step_); ++k) f(*read[k]);
  }

  bool is_leaf_for_all(const instruction& i) const {
    return i.op == code::constant || (i.op == code::load && !over_batch_ && address_of(i).lane == 0);
  }

  // What is the same in all lanes is computed once: all of it, or if that is much, what goes into an array as a number.
  void find_hoisted() {
    std::vector<bool> for_all(b_.all_.size(), false), needed(b_.all_.size(), false);
    std::size_t count = 0;
    for (value v = 0; v < b_.all_.size(); ++v) {
      instruction& i = at(v);
      bool same = i.op != code::reduce && i.op != code::reduce_product && (uses_[v] > 0 || has_effect(i.op));
      each_operand(i, [&](value x) { same = same && for_all[x]; });
      if (operands(i, b_.step_) == 0) same = same && (i.op == code::constant || address_of(i).lane == 0);
      if (i.op == code::store || i.op == code::accumulate) {
        same = same && address_of(i).lane == 0;
        needed[v] = same;
      }
      for_all[v] = same;
      count += same;
    }
    if (count <= most_uniform) {
      hoisted_ = std::move(for_all);
      return;
    }
    for (value v = static_cast<value>(b_.all_.size()); v-- > 0;)
      if (needed[v]) each_operand(at(v), [&](value x) { needed[x] = true; });
    hoisted_ = std::move(needed);
  }

  // An exponential is added up where it is computed, and so is a product with its argument.
  void join_sums() {
    std::vector<value> exponential(b_.all_.size(), none);  // of a value
    for (value v = 0; v < b_.all_.size(); ++v)
      if (is_exponential(at(v).op) && uses_[v] > 0 && !hoisted_[v]) exponential[at(v).a] = v;
    for (value v = 0; v < b_.all_.size(); ++v) {
      const instruction& sum = at(v);
      if (sum.op == code::reduce && sum.red == reduction::sum) {
        instruction& term = at(sum.a);
        if (!is_exponential(term.op) || term.red != reduction::none || hoisted_[sum.a]) continue;
        term.red = reduction::sum, term.d = v;
        joined_[v] = true;
      } else if (sum.op == code::reduce_product) {
        const auto takes = [&](value x, value other) {
          const value e = exponential[x];
          if (joined_[v] || e == none || at(e).joins || (other >= e && !is_lazy(at(other).op))) return;
          at(e).joins = true, at(e).c = other, at(e).table = v;
          if (at(e).op == code::exp) at(e).b = at(e).a;
          joined_[v] = true;
        };
        takes(sum.a, sum.b);
        takes(sum.b, sum.a);
      }
    }
  }

  // Loads stream, and so does what goes into an array lane by lane.
  void find_streams() {
    for (value v = 0; v < b_.all_.size(); ++v) {
      const instruction& i = at(v);
      if (i.op == code::load) kind_[v] = kind::stream;
      if (i.op != code::store || is_lazy(at(i.a).op) || direct_[i.a] != none || hoisted_[i.a]) continue;
      if (!over_batch_ && address_of(i).lane != 1) continue;
      direct_[i.a] = i.table;
      kind_[i.a] = kind::stream;
    }
  }

  // Leaves that are the same in all lanes, and partial results, have registers of their own, before the others.
  void pin() {
    std::vector<value> fixed;
    for (value v = 0; v < b_.all_.size(); ++v) {
      const instruction& i = at(v);
      if (hoists_ ? hoisted_[v] && is_leaf_for_all(i) : uses_[v] > 0 && is_leaf_for_all(i)) fixed.push_back(v);
    }
    if (!hoists_ && fixed.size() > most_uniform) fixed.clear();
    for (value v : fixed) {
      kind_[v] = kind::uniform;
      std::vector<instruction>& list = at(v).op == code::constant ? b_.step_.fixed : b_.step_.before;
      list.push_back(at(v));
      list.back().to = place_[v] = plain_++;
    }
    for (value v = 0; v < b_.all_.size(); ++v)
      if (hoisted_[v] && !is_leaf_for_all(at(v))) hoist(v);
    b_.step_.uniform = plain_;
    b_.step_.partial = static_cast<std::uint32_t>(b_.reduced_.size());
    for (const reduced& r : b_.reduced_) {
      instruction start{code::constant}, end{code::finish, r.red, r.joins};
      start.to = end.a = place_[r.accumulator] = plain_++;
      start.table = static_cast<std::uint32_t>(b_.step_.constants.size());
      end.table = r.to;
      b_.step_.constants.push_back(start_of(r.red));
      b_.step_.before.push_back(start);
      b_.step_.after.push_back(end);
    }
  }

  void hoist(value v) {
    instruction i = at(v);
    each_operand(i, [&](std::uint32_t& x) { x = place_[x]; });
    if (!has_effect(i.op)) {
      kind_[v] = kind::uniform;
      i.to = place_[v] = plain_++;
    }
    b_.step_.before.push_back(i);
  }

  void order() {
    std::vector<bool> done(b_.all_.size(), false);
    auto emit = [&](value v) {
      done[v] = true;
      order_.push_back(v);
    };
    for (value v = 0; v < b_.all_.size(); ++v) {
      if (hoisted_[v] || joined_[v] || is_lazy(at(v).op) || (uses_[v] == 0 && !has_effect(at(v).op))) continue;
      each_operand(at(v), [&](value x) {
        if (is_lazy(at(x).op) && kind_[x] != kind::uniform && !done[x]) emit(x);
      });
      emit(v);
    }
  }

  std::uint32_t take(value v) {
    std::vector<std::uint32_t>& free = kind_[v] == kind::stream ? free_streams_ : free_plain_;
    if (free.empty()) return kind_[v] == kind::stream ? streams_++ : plain_++;
    const std::uint32_t r = free.back();
    free.pop_back();
    return r;
  }

  // A plain result may take the register of an operand that is read for the last time; a streaming one may not, since it is put
  // in place before.
  void assign() {
    std::vector<std::uint32_t> last(b_.all_.size(), 0);
    for (std::uint32_t t = 0; t < order_.size(); ++t) each_operand(at(order_[t]), [&](value x) { last[x] = t; });
    for (std::uint32_t t = 0; t < order_.size(); ++t) {
      const value v = order_[t];
      const bool results = !has_effect(at(v).op);
      if (results && kind_[v] == kind::stream) place_[v] = take(v);
      instruction i = at(v);
      each_operand(i, [&](std::uint32_t& x) {
        const value read = x;
        x = coded(read);
        if (last[read] != t || kind_[read] == kind::uniform) return;
        last[read] = none;  // freed once
        (kind_[read] == kind::stream ? free_streams_ : free_plain_).push_back(place_[read]);
      });
      if (results && kind_[v] == kind::plain) place_[v] = take(v);
      if (is_exponential(i.op) && i.red != reduction::none) i.d = place_[i.d];
      if (is_exponential(i.op) && i.joins) i.table = place_[i.table];
      if (results || place_[v] != none) i.to = coded(v);
      if (direct_[v] != none) {
        instruction p{code::place};
        p.to = i.to, p.table = direct_[v];
        b_.step_.body.push_back(p);
      }
      b_.step_.body.push_back(i);
    }
  }

  body& b_;
  bool over_batch_, hoists_;
  std::vector<std::uint32_t> uses_;
  std::vector<kind> kind_;
  std::vector<std::uint32_t> place_, direct_;  // by value: its register; the address that it goes to
  std::vector<bool> hoisted_, joined_;         // by value: computed once for all lanes; a reduction that another instruction does
  std::vector<value> order_;
  std::vector<std::uint32_t> free_plain_, free_streams_;
  std::uint32_t plain_ = 0, streams_ = 0;
};

lane_step body::finish(std::size_t bytes, std::int64_t count, bool over_batch) {
  fuse();
  ordering(*this, count, over_batch).run();
  step_.count = count;
  step_.over_batch = over_batch;
  const std::size_t wide = step_.registers - step_.uniform - step_.partial;
  const std::size_t fits = std::bit_floor(nearest_cache / std::max<std::size_t>(wide, 1) + 1);
  step_.block = std::clamp(fits, shortest, longest) / bytes;
  return std::move(step_);
}

}  // namespace wengert::lowered
