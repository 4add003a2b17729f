#include "program_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <hwy/cache_control.h>

#include <wengert/numeric/arithmetic.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numeric/program_kernels.cpp"
#define HWY_DISABLED_TARGETS HWY_SSSE3
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "program_math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace wengert::lowered::HWY_NAMESPACE {

// Of a lambda that is called in more than one place.
#define WENGERT_INLINE_ATTR HWY_ATTR __attribute__((always_inline))

// --- instructions

constexpr bool masks_are_fast = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2;  // and read and write nothing else

// The lanes in hand, rounded up to whole vectors: registers have room for them.
template <class D> HWY_INLINE std::size_t padded(D d, std::size_t count) {
  const std::size_t n = hn::Lanes(d);
  return (count + n - 1) / n * n;
}

// A register that is read: one of one number has it in its first vector only.
template <class T> class operand {
 public:
  HWY_INLINE operand(const lane_frame<T>& f, std::uint32_t r)
      : at_(f.at[r]), moves_(r < f.step->uniform ? 0 : ~std::size_t{0}), in_array_(at_ != f.own[r]) {}
  HWY_INLINE const T* operator()(std::size_t lane) const { return at_ + (lane & moves_); }
  HWY_INLINE bool is_uniform() const { return moves_ == 0; }
  HWY_INLINE bool in_array() const { return in_array_; }

 private:
  const T* at_;
  std::size_t moves_;
  bool in_array_;
};

// --- vectors in memory

// Fewer lanes than a vector has. A single one is read and written as a number: what was written under a mask cannot be read again
// soon.
template <class D, class T> HWY_INLINE hn::Vec<D> load_some(D d, const T* from, std::size_t count) {
  if (count == 1) return hn::Set(d, *from);
  if constexpr (masks_are_fast) return hn::MaskedLoad(hn::FirstN(d, count), d, from);
  HWY_ALIGN T some[hn::MaxLanes(D())] = {};
  for (std::size_t k = 0; k < count; ++k) some[k] = from[k];
  return hn::Load(d, some);
}
template <class D, class T> HWY_INLINE void store_some(D d, hn::Vec<D> x, T* to, std::size_t count) {
  if (count == 1) {
    *to = hn::GetLane(x);
    return;
  }
  if constexpr (masks_are_fast) return hn::BlendedStore(x, hn::FirstN(d, count), d, to);
  HWY_ALIGN T some[hn::MaxLanes(D())];
  hn::Store(x, d, some);
  for (std::size_t k = 0; k < count; ++k) to[k] = some[k];
}

// The lanes from k on, a vector of them if there are so many, else what is left. A register of the workspace has room for whole
// vectors; one that shows lanes where they stand in an array ends with them.
template <class D, class T> HWY_INLINE hn::Vec<D> load_lanes(D d, const lane_frame<T>& f, const operand<T>& from, std::size_t k) {
  if (f.count - k >= hn::Lanes(d) || !from.in_array()) return hn::LoadU(d, from(k));
  return load_some(d, from(k), f.count - k);
}
template <class D, class T>
HWY_INLINE void store_lanes(D d, const lane_frame<T>& f, std::uint32_t to, std::size_t k, hn::Vec<D> x) {
  if (f.count - k >= hn::Lanes(d) || f.at[to] == f.own[to])
    hn::StoreU(x, d, f.at[to] + k);
  else
    store_some(d, x, f.at[to] + k, f.count - k);
}

// --- functions of lanes

// As many indices as a function takes vectors.
template <class F, class V> using parameters = std::make_index_sequence<std::is_invocable_v<F, V>         ? 1
                                                                        : std::is_invocable_v<F, V, V>    ? 2
                                                                        : std::is_invocable_v<F, V, V, V> ? 3
                                                                                                          : 4>;

// `AtOnce` vectors in each round of the loop: more than one for what takes less time than a round. A function of its own for each
// instruction, so that there are registers for all that its loop reads.
template <std::size_t AtOnce, class D, class T, class F, std::size_t... J>
HWY_NOINLINE void map(D d, const lane_frame<T>& f, const instruction& i, F function, std::index_sequence<J...>) {
  T* const to = f.at[i.to];
  const operand<T> from[]{{f, i.a}, {f, i.b}, {f, i.c}, {f, i.d}};
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  if constexpr (AtOnce > 1)
    for (; k + AtOnce * lanes <= f.count; k += AtOnce * lanes)
      for (std::size_t j = 0; j < AtOnce; ++j)
        hn::StoreU(function(hn::LoadU(d, from[J](k + j * lanes))...), d, to + k + j * lanes);
  for (; k < f.count; k += lanes) store_lanes(d, f, i.to, k, function(load_lanes(d, f, from[J], k)...));
}

// Several vectors at a time, as many as there are registers for, so that the steps of one need not wait for each other.
constexpr std::size_t exponentials_at_once = HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3 ? 2 : 4;

template <bool Product, class D, class T, class F>
HWY_NOINLINE void exponentials(D d, const lane_frame<T>& f, const instruction& i, F exponent) {
  using V = hn::Vec<D>;
  constexpr std::size_t at_once = exponentials_at_once;
  T* const to = f.at[i.to];
  const operand<T> a(f, i.a), b(f, i.b), c(f, i.c);
  const std::size_t lanes = hn::Lanes(d);
  const bool joins = i.red == reduction::sum;
  V sum = joins ? hn::LoadU(d, f.at[i.d]) : hn::Zero(d), products = Product ? hn::LoadU(d, f.at[i.table]) : hn::Zero(d);
  const auto argument = [&](auto load, std::size_t k) WENGERT_INLINE_ATTR {
    if constexpr (std::is_invocable_v<F, V>)
      return exponent(load(a, k));
    else
      return exponent(load(a, k), load(b, k));
  };
  const auto whole = [&](const operand<T>& from, std::size_t k) WENGERT_INLINE_ATTR { return hn::LoadU(d, from(k)); };
  const auto some = [&](const operand<T>& from, std::size_t k) WENGERT_INLINE_ATTR { return load_lanes(d, f, from, k); };
  std::size_t k = 0;
  for (; k + at_once * lanes <= f.count; k += at_once * lanes) {
    many<V, at_once> x;
    for (std::size_t j = 0; j < at_once; ++j) x.v[j] = argument(whole, k + j * lanes);
    if constexpr (Product)  // before, since `to` may be the register of an argument
      for (std::size_t j = 0; j < at_once; ++j) products = hn::MulAdd(whole(a, k + j * lanes), whole(c, k + j * lanes), products);
    x = exp_of(d, x);
    for (std::size_t j = 0; j < at_once; ++j) hn::StoreU(x.v[j], d, to + k + j * lanes);
    V both = hn::Add(x.v[0], x.v[1]);
    for (std::size_t j = 2; j < at_once; j += 2) both = hn::Add(both, hn::Add(x.v[j], x.v[j + 1]));
    sum = hn::Add(sum, both);
  }
  for (; k < f.count; k += lanes) {
    const auto there = hn::FirstN(d, std::min(lanes, f.count - k));
    const many<V, 1> x = exp_of(d, many<V, 1>{{argument(some, k)}});
    if constexpr (Product) products = hn::IfThenElse(there, hn::MulAdd(some(a, k), some(c, k), products), products);
    store_lanes(d, f, i.to, k, x.v[0]);
    sum = hn::Add(sum, hn::IfThenElseZero(there, x.v[0]));
  }
  if (joins) hn::StoreU(sum, d, f.at[i.d]);
  if (Product) hn::StoreU(products, d, f.at[i.table]);
}

template <class D, class T, class F> HWY_INLINE void exponentials(D d, const lane_frame<T>& f, const instruction& i, F exponent) {
  if (i.joins)
    exponentials<true>(d, f, i, exponent);
  else
    exponentials<false>(d, f, i, exponent);
}

// -0 counts as 0: its reciprocal is +inf.
template <class D, class V> HWY_INLINE V positive_zero(D d, V x) { return hn::Add(x, hn::Zero(d)); }

template <class D, class T> void fill(D d, T* to, std::size_t count, T x) {
  for (std::size_t k = 0, n = padded(d, count); k < n; k += hn::Lanes(d)) hn::StoreU(hn::Set(d, x), d, to + k);
}

template <class T> HWY_INLINE T* lane_address(const lane_frame<T>& f, std::uint32_t table) {
  return f.where[table] + static_cast<std::int64_t>(f.first) * f.stride[table];
}

// How many numbers an instruction that fills a register writes.
template <class D, class T> HWY_INLINE std::size_t room(D d, const lane_frame<T>& f, std::uint32_t r) {
  if (r < f.step->uniform) return hn::Lanes(d);
  return r < f.step->uniform + f.step->partial ? 4 * hn::Lanes(d) : f.count;
}

// Of many evaluations side by side a block reads a short piece here and there: too short for the processor to see what comes
// next.
template <class T> HWY_INLINE void fetch_next(const T* from, std::size_t count) {
  constexpr std::size_t line = 64 / sizeof(T), short_piece = 8 * line;
  if (count > short_piece) return;
  for (std::size_t k = 0; k < count; k += line) hwy::Prefetch(from + count + k);
}

// A vector whose first lane stands at `last`, the others before it.
template <class D, class T> HWY_INLINE hn::Vec<D> load_backwards(D d, const T* last) {
  return hn::Reverse(d, hn::LoadU(d, last - (hn::Lanes(d) - 1)));
}
template <class D, class T> HWY_INLINE void store_backwards(D d, hn::Vec<D> x, T* last) {
  hn::StoreU(hn::Reverse(d, x), d, last - (hn::Lanes(d) - 1));
}

// Whole vectors, as long as what is read stands before the last lane; how many lanes.
template <class D, class T> HWY_INLINE std::size_t load_every_second(D d, const T* from, std::size_t count, T* to) {
  std::size_t k = 0;
  for (; k + hn::Lanes(d) < count; k += hn::Lanes(d)) {
    hn::Vec<D> even, odd;
    hn::LoadInterleaved2(d, from + 2 * k, even, odd);
    hn::StoreU(even, d, to + k);
  }
  return k;
}

// Lanes that stand side by side stay where they are.
template <class D, class T> void load(D d, lane_frame<T>& f, const instruction& i) {
  if (i.to < f.step->uniform) return fill(d, f.at[i.to], hn::Lanes(d), *f.where[i.table]);
  T* const from = lane_address(f, i.table);
  const std::int64_t stride = f.stride[i.table];
  if (stride == 1) {
    f.at[i.to] = from;
    if (f.step->over_batch) fetch_next(from, f.count);
    return;
  }
  T* const to = f.at[i.to] = f.own[i.to];
  if (stride == 0) return fill(d, to, f.count, *from);
  std::size_t k = 0;
  if (stride == -1)
    for (; k + hn::Lanes(d) <= f.count; k += hn::Lanes(d)) hn::StoreU(load_backwards(d, from - k), d, to + k);
  if (stride == 2) k = load_every_second(d, from, f.count, to);
  for (; k < f.count; ++k) to[k] = from[static_cast<std::int64_t>(k) * stride];
  for (std::size_t n = padded(d, f.count); k < n; ++k) to[k] = 0;
}

template <class T> HWY_INLINE void place(lane_frame<T>& f, const instruction& i) {
  f.at[i.to] = f.stride[i.table] == 1 ? lane_address(f, i.table) : f.own[i.to];
}

template <class D, class T> void store(D d, const lane_frame<T>& f, const instruction& i) {
  T* const to = lane_address(f, i.table);
  const operand<T> from(f, i.a);
  if (to == from(0)) return;
  const std::int64_t stride = f.stride[i.table];
  if (stride == 1 && f.count < hn::Lanes(d))
    store_some(d, load_lanes(d, f, from, 0), to, f.count);
  else if (stride == 1 && !from.is_uniform())
    std::memcpy(to, from(0), f.count * sizeof(T));
  else if (stride == 1)
    std::fill_n(to, f.count, *from(0));
  else {
    std::size_t k = 0;
    if (stride == -1 && !from.is_uniform())
      for (; k + hn::Lanes(d) <= f.count; k += hn::Lanes(d)) store_backwards(d, hn::LoadU(d, from(k)), to - k);
    for (; k < f.count; ++k) to[static_cast<std::int64_t>(k) * stride] = *from(k);
  }
}

template <class T> T joined(reduction red, T x, T y) {
  switch (red) {
    case reduction::prod: return x * y;
    case reduction::max: return arithmetic<T>::larger(x, y);
    case reduction::min: return arithmetic<T>::smaller(x, y);
    default: return x + y;
  }
}

template <class D, class T> void accumulate(D d, const lane_frame<T>& f, const instruction& i) {
  T* const to = lane_address(f, i.table);
  const operand<T> from(f, i.a);
  std::size_t k = 0;
  if (f.stride[i.table] == 1 && i.red == reduction::sum)
    for (; k + hn::Lanes(d) <= f.count; k += hn::Lanes(d))
      hn::StoreU(hn::Add(hn::LoadU(d, to + k), hn::LoadU(d, from(k))), d, to + k);
  else if (f.stride[i.table] == -1 && i.red == reduction::sum && !from.is_uniform())
    for (; k + hn::Lanes(d) <= f.count; k += hn::Lanes(d))
      store_backwards(d, hn::Add(load_backwards(d, to - k), hn::LoadU(d, from(k))), to - k);
  for (; k < f.count; ++k) {
    T& x = to[static_cast<std::int64_t>(k) * f.stride[i.table]];
    x = joined(i.red, x, *from(k));
  }
}

// --- reductions: four vectors of partial results

template <class D, class T, class Step> HWY_INLINE void partial(D d, const lane_frame<T>& f, const instruction& i, Step step) {
  using V = hn::Vec<D>;
  T* const to = f.at[i.to];
  const operand<T> a(f, i.a), b(f, i.b);
  const auto joined_with = [&](V s, auto load, std::size_t k) WENGERT_INLINE_ATTR {
    if constexpr (std::is_invocable_v<Step, V, V>)
      return step(s, load(a, k));
    else
      return step(s, load(a, k), load(b, k));
  };
  const auto whole = [&](const operand<T>& from, std::size_t k) WENGERT_INLINE_ATTR { return hn::LoadU(d, from(k)); };
  const auto some = [&](const operand<T>& from, std::size_t k) WENGERT_INLINE_ATTR { return load_lanes(d, f, from, k); };
  const std::size_t lanes = hn::Lanes(d);
  V s0 = hn::LoadU(d, to), s1 = hn::LoadU(d, to + lanes), s2 = hn::LoadU(d, to + 2 * lanes), s3 = hn::LoadU(d, to + 3 * lanes);
  std::size_t k = 0;
  for (; k + 4 * lanes <= f.count; k += 4 * lanes) {
    s0 = joined_with(s0, whole, k);
    s1 = joined_with(s1, whole, k + lanes);
    s2 = joined_with(s2, whole, k + 2 * lanes);
    s3 = joined_with(s3, whole, k + 3 * lanes);
  }
  for (; k + lanes <= f.count; k += lanes) s0 = joined_with(s0, whole, k);
  if (k < f.count) s0 = hn::IfThenElse(hn::FirstN(d, f.count - k), joined_with(s0, some, k), s0);
  hn::StoreU(s0, d, to);
  hn::StoreU(s1, d, to + lanes);
  hn::StoreU(s2, d, to + 2 * lanes);
  hn::StoreU(s3, d, to + 3 * lanes);
}

template <class D, class T> void reduce(D d, const lane_frame<T>& f, const instruction& i) {
  using V = hn::Vec<D>;
  switch (i.red) {
    case reduction::prod: return partial(d, f, i, [](V s, V x) HWY_ATTR { return hn::Mul(s, x); });
    case reduction::max: return partial(d, f, i, [](V s, V x) HWY_ATTR { return larger(x, s); });
    case reduction::min: return partial(d, f, i, [](V s, V x) HWY_ATTR { return smaller(x, s); });
    default: return partial(d, f, i, [](V s, V x) HWY_ATTR { return hn::Add(s, x); });
  }
}

template <class D, class T> void reduce_product(D d, const lane_frame<T>& f, const instruction& i) {
  using V = hn::Vec<D>;
  partial(d, f, i, [](V s, V x, V y) HWY_ATTR { return hn::MulAdd(x, y, s); });
}

// The lanes of a vector together: its halves, then those of what they make.
template <class D, class V, class Step> HWY_INLINE hn::TFromD<D> folded(D d, V v, Step step) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (hn::MaxLanes(D()) > 1) {
    const hn::Half<D> half;
    return folded(half, step(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), step);
  }
#endif
  (void)d, (void)step;
  return hn::GetLane(v);
}

template <class D, class T> void finish(D d, const lane_frame<T>& f, const instruction& i) {
  const T* const a = f.at[i.a];
  const std::size_t lanes = hn::Lanes(d);
  const auto together = [&](auto step) HWY_ATTR {
    const auto read = [&](std::size_t k) HWY_ATTR { return hn::LoadU(d, a + k * lanes); };
    return folded(d, step(step(read(0), read(1)), step(read(2), read(3))), step);
  };
  T r = 0;
  switch (i.red) {
    case reduction::prod: r = together([](auto x, auto y) HWY_ATTR { return hn::Mul(x, y); }); break;
    case reduction::max: r = together([](auto x, auto y) HWY_ATTR { return larger(x, y); }); break;
    case reduction::min: r = together([](auto x, auto y) HWY_ATTR { return smaller(x, y); }); break;
    default: r = together([](auto x, auto y) HWY_ATTR { return hn::Add(x, y); });
  }
  T& to = *f.where[i.table];
  to = i.joins ? joined(i.red, to, r) : r;
}

// --- functions without a vector form

// Up to whole vectors, unless the register stands in an array of the caller's.
template <class D, class T> void pad(D d, const lane_frame<T>& f, const instruction& i) {
  T* const to = f.at[i.to];
  if (to != f.own[i.to]) return;
  std::fill(to + f.count, to + padded(d, f.count), i.to < f.step->uniform ? to[0] : T(0));
}

template <class D, class T> void call(D d, const lane_frame<T>& f, const instruction& i) {
  const op_info& info = *f.step->functions[i.table];
  const operand<T> a(f, i.a), b(f, i.b);
  T* const to = f.at[i.to];
  for (std::size_t k = 0; k < f.count; ++k) {
    const double arguments[2] = {static_cast<double>(*a(k)), static_cast<double>(*b(k))};
    to[k] = static_cast<T>(info.value(arguments));
  }
  pad(d, f, i);
}

template <class D, class T> void raise(D d, const lane_frame<T>& f, const instruction& i) {
  const rational_power& q = f.step->powers[i.table];
  const operand<T> a(f, i.a);
  T* const to = f.at[i.to];
  for (std::size_t k = 0; k < f.count; ++k) {
    const T x = *a(k), p = static_cast<T>(q.p);
    if (x == 0)
      to[k] = p > 0 ? T(0) : std::numeric_limits<T>::infinity();
    else if (x < 0 && !q.whole)
      to[k] = std::numeric_limits<T>::quiet_NaN();
    else
      to[k] = std::pow(std::abs(x), p) * (x < 0 && q.odd ? T(-1) : T(1));
  }
  pad(d, f, i);
}

template <class D, class T> void number(D d, const lane_frame<T>& f, const instruction& i) {
  T* const to = f.at[i.to];
  const std::int64_t stride = f.stride[i.table], base = f.number[i.table] + static_cast<std::int64_t>(f.first) * stride;
  for (std::size_t k = 0, n = padded(d, f.count); k < n; ++k) {
    const std::int64_t x = base + static_cast<std::int64_t>(k) * stride;
    to[k] = i.op == code::affine ? static_cast<T>(x) : T(x == 0);
  }
}

// The instructions of a step from one place to another, for the lanes in hand.
struct stretch {
  const instruction *next, *end;
};

template <class T> class stretches {
 public:
  stretches(lane_frame<T>& f, std::size_t begin, std::size_t end) : f_(f), begin_(begin), end_(end) {
    f.first = 0;
    f.count = 1;
  }

  // As if on one lane: what this computes is the same in all.
  stretch first() const { return all(f_.step->before); }
  bool find_next(stretch& s) {
    f_.first = std::exchange(started_, true) ? f_.first + f_.count : begin_;
    if (f_.first < end_) {
      f_.count = std::min(f_.step->block, end_ - f_.first);
      s = all(f_.step->body);
      return true;
    }
    f_.count = 0;
    s = all(f_.step->after);
    return !std::exchange(ends_, true);
  }

 private:
  static stretch all(const std::vector<instruction>& list) { return {list.data(), list.data() + list.size()}; }

  lane_frame<T>& f_;
  std::size_t begin_, end_;
  bool started_ = false, ends_ = false;
};

template <class T> void run(lane_frame<T>& f, std::size_t begin, std::size_t end) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
#define WENGERT_MAP_AT_ONCE(vectors, op, list, value)                     \
  case code::op: {                                                        \
    const auto function = [&] list HWY_ATTR -> V { return value; };       \
    map<vectors>(d, f, i, function, parameters<decltype(function), V>()); \
    break;                                                                \
  }
#define WENGERT_MAP(op, list, value) WENGERT_MAP_AT_ONCE(4, op, list, value)
#define WENGERT_MAP_FUNCTION(op, list, value) WENGERT_MAP_AT_ONCE(1, op, list, value)
#define WENGERT_IN_DOUBLE(function) in_double(d, x, [](auto dd, auto y) HWY_ATTR { return function(dd, y); })
  stretches<T> all(f, begin, end);
  for (stretch here = all.first();;) {
    while (here.next == here.end)
      if (!all.find_next(here)) return;
    const instruction& i = *here.next++;
    switch (i.op) {
      WENGERT_MAP(add, (V x, V y), hn::Add(x, y));
      WENGERT_MAP(sub, (V x, V y), hn::Sub(x, y));
      WENGERT_MAP(mul, (V x, V y), hn::Mul(x, y));
      WENGERT_MAP(div, (V x, V y), hn::Div(x, positive_zero(d, y)));
      WENGERT_MAP(neg, (V x), hn::Neg(x));
      WENGERT_MAP(recip, (V x), hn::Div(hn::Set(d, T(1)), positive_zero(d, x)));
      WENGERT_MAP(sqrt, (V x), hn::Sqrt(x));
      WENGERT_MAP(rsqrt, (V x), hn::Div(hn::Set(d, T(1)), hn::Sqrt(positive_zero(d, x))));
      WENGERT_MAP(abs, (V x), hn::Abs(x));
      WENGERT_MAP(sign, (V x),
                  hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Zero(d),
                                 hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(hn::Set(d, T(1)), x))));
      WENGERT_MAP(floor, (V x), hn::Floor(x));
      WENGERT_MAP(ceil, (V x), hn::Ceil(x));
      WENGERT_MAP(min, (V x, V y), smaller(x, y));
      WENGERT_MAP(max, (V x, V y), larger(x, y));
      WENGERT_MAP(multiply_add, (V x, V y, V z), hn::MulAdd(x, y, z));
      WENGERT_MAP(multiply_sub, (V x, V y, V z), hn::MulSub(x, y, z));
      WENGERT_MAP(subtract_product, (V x, V y, V z), hn::NegMulAdd(x, y, z));
      WENGERT_MAP(sum_of_products, (V x, V y, V z, V w), hn::MulAdd(z, w, hn::Mul(x, y)));
      WENGERT_MAP(difference_of_products, (V x, V y, V z, V w), hn::NegMulAdd(z, w, hn::Mul(x, y)));
      WENGERT_MAP(mask, (V x, V y), hn::IfThenElseZero(hn::Ne(x, hn::Zero(d)), y));
      WENGERT_MAP(select_lt, (V x, V y, V yes, V no), hn::IfThenElse(hn::Lt(x, y), yes, no));
      WENGERT_MAP(select_le, (V x, V y, V yes, V no), hn::IfThenElse(hn::Le(x, y), yes, no));
      WENGERT_MAP(select_eq, (V x, V y, V yes, V no), hn::IfThenElse(hn::Eq(x, y), yes, no));
      WENGERT_MAP(select_ne, (V x, V y, V yes, V no), hn::IfThenElse(hn::Eq(x, y), no, yes));
      case code::exp: exponentials(d, f, i, [](V x) HWY_ATTR { return x; }); break;
      case code::exp_sum: exponentials(d, f, i, [](V x, V y) HWY_ATTR { return hn::Add(x, y); }); break;
      case code::exp_difference:
        exponentials(d, f, i, [](V x, V y) HWY_ATTR { return hn::Sub(x, y); });
        break;
        WENGERT_MAP_FUNCTION(expm1, (V x), WENGERT_IN_DOUBLE(expm1_of));
        WENGERT_MAP_FUNCTION(log, (V x), WENGERT_IN_DOUBLE(log_of));
        WENGERT_MAP_FUNCTION(log1p, (V x), WENGERT_IN_DOUBLE(log1p_of));
        WENGERT_MAP_FUNCTION(tanh, (V x), WENGERT_IN_DOUBLE(tanh_of));
        WENGERT_MAP_FUNCTION(sin, (V x), WENGERT_IN_DOUBLE(sine_of<false>));
        WENGERT_MAP_FUNCTION(cos, (V x), WENGERT_IN_DOUBLE(sine_of<true>));
        WENGERT_MAP_FUNCTION(
            xlogy, (V w, V x),
            hn::IfThenElse(hn::And(hn::Eq(w, hn::Zero(d)), hn::Eq(x, x)), hn::Zero(d), hn::Mul(w, WENGERT_IN_DOUBLE(log_of))));
      case code::call: call(d, f, i); break;
      case code::power: raise(d, f, i); break;
      case code::constant: fill(d, f.at[i.to], room(d, f, i.to), static_cast<T>(f.step->constants[i.table])); break;
      case code::load: load(d, f, i); break;
      case code::place: place(f, i); break;
      case code::store: store(d, f, i); break;
      case code::accumulate: accumulate(d, f, i); break;
      case code::affine:
      case code::is_zero: number(d, f, i); break;
      case code::reduce: reduce(d, f, i); break;
      case code::reduce_product: reduce_product(d, f, i); break;
      case code::finish: finish(d, f, i); break;
    }
  }
#undef WENGERT_MAP_AT_ONCE
#undef WENGERT_MAP
#undef WENGERT_MAP_FUNCTION
#undef WENGERT_IN_DOUBLE
}

// --- contractions: four rows and two vectors of columns at a time, over panels of A and B

constexpr std::size_t rows_at_once = 4;
constexpr std::int64_t depth_at_once = 256;
constexpr std::int64_t few_panels = 8;  // that read the same

template <class T> std::size_t contraction_space(const contraction_step& s) {
  const hn::ScalableTag<T> d;
  const std::size_t columns = 2 * hn::Lanes(d);
  const auto depth = static_cast<std::size_t>(std::min(s.k, depth_at_once));
  const auto m = static_cast<std::size_t>(s.m), n = static_cast<std::size_t>(s.n);
  return depth * ((m + rows_at_once - 1) / rows_at_once * rows_at_once + columns) + columns * rows_at_once + n;
}

// to[k*at_once + j] = from[j*across + k]: four j at a time.
template <class T>
void transpose(const T* from, std::int64_t across, std::int64_t depth, std::int64_t there, std::int64_t at_once, T* to) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  HWY_ALIGN T four[4 * hn::MaxLanes(hn::ScalableTag<T>())];
  std::int64_t j = 0;
  for (; j + 4 <= there; j += 4) {
    const T* const row = from + j * across;
    std::int64_t k = 0;
    for (; k + lanes <= depth; k += lanes) {
      hn::StoreInterleaved4(hn::LoadU(d, row + k), hn::LoadU(d, row + across + k), hn::LoadU(d, row + 2 * across + k),
                            hn::LoadU(d, row + 3 * across + k), d, four);
      for (std::int64_t i = 0; i < lanes; ++i) std::memcpy(to + (k + i) * at_once + j, four + 4 * i, 4 * sizeof(T));
    }
    for (; k < depth; ++k)
      for (std::int64_t i = 0; i < 4; ++i) to[k * at_once + j + i] = row[i * across + k];
  }
  for (; j < there; ++j)
    for (std::int64_t k = 0; k < depth; ++k) to[k * at_once + j] = from[j * across + k];
}

// `at_once` columns (or rows) of a panel beside each other, the missing ones 0.
template <class T> void pack(const T* from, std::int64_t along, std::int64_t across, std::int64_t depth, std::int64_t there,
                             std::int64_t at_once, T* to) {
  there = std::min(there, at_once);
  if (there < at_once) std::fill(to, to + depth * at_once, T(0));
  if (along == 1)
    transpose(from, across, depth, there, at_once, to);
  else if (across == 1)
    for (std::int64_t k = 0; k < depth; ++k)
      std::memcpy(to + k * at_once, from + k * along, static_cast<std::size_t>(there) * sizeof(T));
  else
    for (std::int64_t j = 0; j < there; ++j)
      for (std::int64_t k = 0; k < depth; ++k) to[k * at_once + j] = from[k * along + j * across];
}

// Some rows of A, or columns of B, to multiply: where the next one stands, and the next product.
template <class T> struct strip {
  const T* at;
  std::int64_t across, along;
};

template <class T> void multiply(strip<T> a, strip<T> b, std::int64_t depth, T factor, T* to, std::int64_t row) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto c00 = hn::Zero(d), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (std::int64_t k = 0; k < depth; ++k, a.at += a.along, b.at += b.along) {
    const auto b0 = hn::LoadU(d, b.at), b1 = hn::LoadU(d, b.at + lanes);
    const auto a0 = hn::Set(d, a.at[0]), a1 = hn::Set(d, a.at[a.across]), a2 = hn::Set(d, a.at[2 * a.across]),
               a3 = hn::Set(d, a.at[3 * a.across]);
    c00 = hn::MulAdd(a0, b0, c00), c01 = hn::MulAdd(a0, b1, c01);
    c10 = hn::MulAdd(a1, b0, c10), c11 = hn::MulAdd(a1, b1, c11);
    c20 = hn::MulAdd(a2, b0, c20), c21 = hn::MulAdd(a2, b1, c21);
    c30 = hn::MulAdd(a3, b0, c30), c31 = hn::MulAdd(a3, b1, c31);
  }
  const auto scale = hn::Set(d, factor);
  const auto store = [&](auto left, auto right, std::int64_t y) HWY_ATTR {
    hn::StoreU(hn::Mul(scale, left), d, to + y * row);
    hn::StoreU(hn::Mul(scale, right), d, to + y * row + lanes);
  };
  store(c00, c01, 0), store(c10, c11, 1), store(c20, c21, 2), store(c30, c31, 3);
}

// A tile of A*B into C or onto it.
template <class T> void add_tile(const T* tile, std::int64_t rows, std::int64_t columns, std::int64_t width,
                                 const contraction_step& s, bool first, T* to) {
  const hn::ScalableTag<T> d;
  for (std::int64_t y = 0; y < rows; ++y, tile += width, to += s.c.row) {
    if (s.c.column == 1 && columns == width) {
      for (std::int64_t x = 0; x < columns; x += static_cast<std::int64_t>(hn::Lanes(d))) {
        const auto v = hn::LoadU(d, tile + x);
        hn::StoreU(first ? v : hn::Add(hn::LoadU(d, to + x), v), d, to + x);
      }
      continue;
    }
    for (std::int64_t x = 0; x < columns; ++x) to[x * s.c.column] = (first ? T(0) : to[x * s.c.column]) + tile[x];
  }
}

// What is read often enough to be worth it, or does not fill a panel, is packed.
template <class T> void contract(const contraction_step& s, const T* a, const T* b, T* c, T* space) {
  const hn::ScalableTag<T> d;
  const auto columns = static_cast<std::int64_t>(2 * hn::Lanes(d)), rows = static_cast<std::int64_t>(rows_at_once);
  const std::int64_t deep = std::min(s.k, depth_at_once), panels = (s.m + rows - 1) / rows;
  const bool packs_a = s.n > few_panels * columns, packs_b = s.b.column != 1 || s.m > few_panels * rows;
  T* const packed_a = space;
  T* const packed_b = packed_a + panels * rows * deep;
  T* const tile = packed_b + columns * deep;
  const T scale = static_cast<T>(s.scale);
  for (std::int64_t k = 0; k < s.k; k += deep) {
    const std::int64_t depth = std::min(deep, s.k - k);
    const auto rows_of_a = [&](std::int64_t p) {
      return packs_a || (p + 1) * rows > s.m ? strip<T>{packed_a + p * rows * depth, 1, rows}
                                             : strip<T>{a + k * s.a.column + p * rows * s.a.row, s.a.row, s.a.column};
    };
    for (std::int64_t p = packs_a ? 0 : s.m / rows; p < panels; ++p)
      pack(a + k * s.a.column + p * rows * s.a.row, s.a.column, s.a.row, depth, s.m - p * rows, rows,
           packed_a + p * rows * depth);
    for (std::int64_t j = 0; j < s.n; j += columns) {
      strip<T> columns_of_b{b + k * s.b.row + j * s.b.column, 1, s.b.row};
      if (packs_b || j + columns > s.n) {
        pack(columns_of_b.at, s.b.row, s.b.column, depth, s.n - j, columns, packed_b);
        columns_of_b = {packed_b, 1, columns};
      }
      for (std::int64_t p = 0; p < panels; ++p) {
        T* const to = c + p * rows * s.c.row + j * s.c.column;
        if (k == 0 && s.c.column == 1 && j + columns <= s.n && (p + 1) * rows <= s.m) {
          multiply(rows_of_a(p), columns_of_b, depth, scale, to, s.c.row);
          continue;
        }
        multiply(rows_of_a(p), columns_of_b, depth, scale, tile, columns);
        add_tile(tile, std::min(rows, s.m - p * rows), std::min(columns, s.n - j), columns, s, k == 0, to);
      }
    }
  }
}

std::size_t vector_lanes(bool is_float) {
  return is_float ? hn::Lanes(hn::ScalableTag<float>()) : hn::Lanes(hn::ScalableTag<double>());
}

void run_double(lane_frame<double>& f, std::size_t begin, std::size_t end) { run(f, begin, end); }
void run_float(lane_frame<float>& f, std::size_t begin, std::size_t end) { run(f, begin, end); }
void contract_double(const contraction_step& s, const double* a, const double* b, double* c, double* space) {
  contract(s, a, b, c, space);
}
void contract_float(const contraction_step& s, const float* a, const float* b, float* c, float* space) {
  contract(s, a, b, c, space);
}
std::size_t space_double(const contraction_step& s) { return contraction_space<double>(s); }
std::size_t space_float(const contraction_step& s) { return contraction_space<float>(s); }

}  // namespace wengert::lowered::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wengert::lowered {

HWY_EXPORT(run_double);
HWY_EXPORT(run_float);
HWY_EXPORT(contract_double);
HWY_EXPORT(contract_float);
HWY_EXPORT(space_double);
HWY_EXPORT(space_float);
HWY_EXPORT(vector_lanes);

namespace {

struct choice {
  std::string_view name;
  kernels<double> of_double;
  kernels<float> of_float;
};

// The kernels of each target that this machine has, the best first. Highway keeps its choice in a global variable, which is read
// here and nowhere else.
std::vector<choice> make_choices() {
  std::vector<choice> r;
  for (std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS; targets != 0; targets &= targets - 1) {
    const std::int64_t one = targets & -targets;
    hwy::GetChosenTarget().Update(one);
    const std::string_view name = hwy::TargetName(one);
    r.push_back({name,
                 {name, HWY_DYNAMIC_DISPATCH(vector_lanes)(false), &HWY_DYNAMIC_DISPATCH(run_double),
                  &HWY_DYNAMIC_DISPATCH(contract_double), &HWY_DYNAMIC_DISPATCH(space_double)},
                 {name, HWY_DYNAMIC_DISPATCH(vector_lanes)(true), &HWY_DYNAMIC_DISPATCH(run_float),
                  &HWY_DYNAMIC_DISPATCH(contract_float), &HWY_DYNAMIC_DISPATCH(space_float)}});
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return r;
}

const std::vector<choice>& choices() {
  static const std::vector<choice> all = make_choices();
  return all;
}

}  // namespace

template <class T> kernels<T> find_kernels(std::string_view target) {
  for (const choice& c : choices())
    if (target.empty() || c.name == target) {
      if constexpr (std::is_same_v<T, double>)
        return c.of_double;
      else
        return c.of_float;
    }
  throw std::invalid_argument(fmt::format("this machine has no vector unit '{}'", target));
}

template kernels<double> find_kernels(std::string_view);
template kernels<float> find_kernels(std::string_view);

std::vector<std::string> kernel_targets() {
  std::vector<std::string> r;
  for (const choice& c : choices()) r.emplace_back(c.name);
  return r;
}

}  // namespace wengert::lowered
#endif
