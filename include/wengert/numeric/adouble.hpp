// The active scalar: a drop-in for double that records how results depend on inputs, on the tape of the thread
// (jacobian_tape.hpp).
//
//   jacobian_tape tape;
//   std::vector<adouble> x = ...;
//   variables inputs = tape.inputs(x);
//   adouble y = f(x);
//   std::span<const double> gradient = tape.gradient(y, inputs);
//
// Four ideas keep the tape short:
// - A result that depends on one node (sin(x), 3*x, x - c, and chains of them) is not recorded: an `active` is a value, a node,
//   and its slope by that node.
// - An operation of two scalars yields an `unrecorded`: a value and its partial derivatives by up to eight nodes, which becomes
//   one statement when it is stored in an `active`. It holds no references, so `auto e = a*b` is safe.
// - Equal nodes of a statement are merged, so x*x depends on one node.
// - `s += e` adds e's edges to the node of s, as long as nobody else holds that node.
#pragma once

#include <cstddef>
#include <type_traits>

#include <wengert/numeric/recorder.hpp>
#include <wengert/numeric/scalar_operators.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

template <class V, std::size_t N> class unrecorded;

// `V`: double, or a forward type (dual<>), which gives second derivatives.
template <class V> class active {
 public:
  using value_type = V;

  WENGERT_ALWAYS_INLINE constexpr active() : value_(0), slope_(0), id_(0) {}
  template <constant_for<V> C> WENGERT_ALWAYS_INLINE constexpr active(C c) : value_(static_cast<V>(c)), slope_(0), id_(0) {}
  template <std::size_t N> WENGERT_ALWAYS_INLINE active(const unrecorded<V, N>& e) : active(record(e)) {}

  // A copy depends on the same node, which from then on has more than one holder. Moves are copies.
  WENGERT_ALWAYS_INLINE active(const active& o) : value_(o.value_), slope_(o.slope_), id_(o.shared_id()) { copy_stamp(o); }
  WENGERT_ALWAYS_INLINE active& operator=(const active& o) {
    const recorded_id id = o.shared_id();
    value_ = o.value_;
    slope_ = o.slope_;
    id_ = id;
    copy_stamp(o);
    return *this;
  }

  WENGERT_ALWAYS_INLINE const V& value() const { return value_; }
  // Whether it is a constant: no derivative reaches through it.
  bool passive() const { return id_ == 0; }

  explicit operator bool() const { return primal(value_) != 0; }
  template <class A>
  requires std::is_arithmetic_v<A>
  explicit operator A() const { return static_cast<A>(primal(value_)); }

  WENGERT_ALWAYS_INLINE active& operator+=(const active& x) { return accumulate(x, unit_slope{}); }
  WENGERT_ALWAYS_INLINE active& operator-=(const active& x) { return accumulate(x, minus_unit_slope{}); }
  template <std::size_t N> WENGERT_ALWAYS_INLINE active& operator+=(const unrecorded<V, N>& e) {
    return accumulate(e, unit_slope{});
  }
  template <std::size_t N> WENGERT_ALWAYS_INLINE active& operator-=(const unrecorded<V, N>& e) {
    return accumulate(e, minus_unit_slope{});
  }
  template <constant_for<V> C> WENGERT_ALWAYS_INLINE active& operator+=(C c) {
    value_ += static_cast<V>(c);
    return *this;
  }
  template <constant_for<V> C> WENGERT_ALWAYS_INLINE active& operator-=(C c) {
    value_ -= static_cast<V>(c);
    return *this;
  }
  template <class Y> WENGERT_ALWAYS_INLINE active& operator*=(const Y& y) { return *this = *this * y; }
  template <class Y> WENGERT_ALWAYS_INLINE active& operator/=(const Y& y) { return *this = *this / y; }

 private:
  template <class W, std::size_t N> friend class unrecorded;
  template <class W> friend class basic_jacobian_tape;
  friend struct recorded_parts;

  WENGERT_ALWAYS_INLINE active(const V& value, const V& slope, recorded_id id) : value_(value), slope_(slope), id_(id) {
#if WENGERT_CHECKED_TAPE
    stamp_ = recording<V>->current_stamp;
#endif
  }

  // Becomes a node.
  WENGERT_ALWAYS_INLINE void become(const V& value, recorded_id id) {
    value_ = value;
    slope_ = V(1);
    // volatile: compilers would make vectors of the ids of a block, to take them apart again.
    static_cast<volatile recorded_id&>(id_) = id;
#if WENGERT_CHECKED_TAPE
    stamp_ = recording<V>->current_stamp;
#endif
  }

  WENGERT_ALWAYS_INLINE recorded_id id() const { return id_ & ~sole_holder; }
  // Mutable, since who reads the node of a constant object holds it too. Constants are not written to, so threads may share them.
  WENGERT_ALWAYS_INLINE recorded_id shared_id() const {
    if (id_ & sole_holder) [[unlikely]]
      id_ = id();
    return id_;
  }
#if WENGERT_CHECKED_TAPE
  void copy_stamp(const active& o) { stamp_ = o.stamp_; }
  // Usually nothing was rewound since it was recorded.
  WENGERT_ALWAYS_INLINE void check() const {
    if (id_ != 0 && stamp_ != recording<V>->current_stamp) [[unlikely]]
      check_against_rewinds(id(), stamp_);
  }
  // Not of this object, which would then have to be in memory.
  static WENGERT_COLD void check_against_rewinds(recorded_id id, std::uint32_t stamp) {
    const recorder<V>& tape = *recording<V>;
    if (!tape.knows) tape.refuse();
    if (!tape.knows(tape, id, stamp))
      throw_error("stale-scalar", "an active scalar of another tape, or of a part of this tape that was rewound, is used",
                  "register the inputs again after a rewind, and take primal(x) into an inner tape");
  }
#else
  WENGERT_ALWAYS_INLINE void copy_stamp(const active&) {}
  WENGERT_ALWAYS_INLINE void check() const {}
#endif

  // Whether edges may be added to its node. A checked tape keeps the nodes of a position that it may be rewound to as they are.
  WENGERT_ALWAYS_INLINE bool grows_in_place() const {
#if WENGERT_CHECKED_TAPE
    if (id() < recording<V>->kept) return false;
#endif
    return (id_ & sole_holder) != 0;
  }
  template <class E, class Sign> WENGERT_ALWAYS_INLINE active& accumulate(const E& e, Sign);

  V value_, slope_;
  mutable recorded_id id_;
#if WENGERT_CHECKED_TAPE
  std::uint32_t stamp_ = 0;  // it fills a gap
#endif
};

// Partial derivatives by N nodes.
template <class V, std::size_t N> struct partials_by_nodes {
  V partials[N];
  recorded_id ids[N];
};

// A value with its partial derivatives by N nodes, which no statement holds yet: what operations on two or more active scalars
// return. It behaves as a scalar of its own, so that `auto s = a*b; s += c;`, `cond ? a*b : 0.0` and helpers called with an
// expression work. To a smaller N (an `active` in the end) it converts by being recorded.
template <class V, std::size_t N> class unrecorded {
 public:
  using value_type = V;

  unrecorded() : unrecorded(V(0)) {}
  template <constant_for<V> C> WENGERT_ALWAYS_INLINE unrecorded(C c) : value_(static_cast<V>(c)), parts_{} {}
  WENGERT_ALWAYS_INLINE explicit unrecorded(const active<V>& x) : value_(x.value_), parts_{{x.slope_}, {x.shared_id()}} {
    x.check();
  }
  template <std::size_t M>
  requires(M > N) unrecorded(const unrecorded<V, M>& e) : unrecorded(record(e)) {}
  template <std::size_t M>
  requires(M < N) explicit unrecorded(const unrecorded<V, M>& e) : unrecorded(record(e)) {}
  template <class Y>
  requires scalar<Y> && same_family<Y, active<V>> unrecorded& operator=(const Y& y) { return *this = unrecorded(y); }

  WENGERT_ALWAYS_INLINE const V& value() const { return value_; }
  explicit operator bool() const { return primal(value_) != 0; }
  template <class A>
  requires std::is_arithmetic_v<A>
  explicit operator A() const { return static_cast<A>(primal(value_)); }

  template <class Y> unrecorded& operator+=(const Y& y) { return *this = unrecorded(active<V>(*this + y)); }
  template <class Y> unrecorded& operator-=(const Y& y) { return *this = unrecorded(active<V>(*this - y)); }
  template <class Y> unrecorded& operator*=(const Y& y) { return *this = unrecorded(active<V>(*this * y)); }
  template <class Y> unrecorded& operator/=(const Y& y) { return *this = unrecorded(active<V>(*this / y)); }

 private:
  template <class W> friend class active;
  friend struct recorded_parts;

  // With partial derivatives that are still to be set.
  struct unset {};
  WENGERT_ALWAYS_INLINE unrecorded(const V& value, unset) : value_(value) {}

  V value_;
  partials_by_nodes<V, N> parts_;
};

using adouble = active<double>;

}  // namespace WENGERT_TAPE_ABI

template <class V> struct scalar_traits<active<V>> {
  static constexpr bool is_scalar = true;
  using family = active<V>;
};
template <class V, std::size_t N> struct scalar_traits<unrecorded<V, N>> {
  static constexpr bool is_scalar = true;
  using family = active<V>;
};

template <class V> bool all_finite(const active<V>& x) { return all_finite(x.value()); }
template <class V> bool exactly_zero(const active<V>& x) { return x.passive() && exactly_zero(x.value()); }

inline namespace WENGERT_TAPE_ABI {

template <class X> inline constexpr std::size_t node_count = 1;
template <class V, std::size_t N> inline constexpr std::size_t node_count<unrecorded<V, N>> = N;

// The most nodes that an expression holds before parts of it are recorded.
inline constexpr std::size_t most_nodes = 8;

// Reads and makes scalars by their nodes and partial derivatives.
struct recorded_parts {
  template <class V> static WENGERT_ALWAYS_INLINE partials_by_nodes<V, 1> of(const active<V>& x) {
    x.check();
    return {{x.slope_}, {x.shared_id()}};
  }
  template <class V, std::size_t N> static WENGERT_ALWAYS_INLINE const partials_by_nodes<V, N>& of(const unrecorded<V, N>& e) {
    return e.parts_;
  }

  template <class V> static WENGERT_ALWAYS_INLINE active<V> make(const V& value, const V& slope, recorded_id id) {
    return active<V>(value, slope, id);
  }

  template <class V, std::size_t N, class D>
  static WENGERT_ALWAYS_INLINE unrecorded<V, N> scaled(const partials_by_nodes<V, N>& x, const V& value, const D& slope) {
    unrecorded<V, N> r(value, typename unrecorded<V, N>::unset{});
    WENGERT_UNROLL
    for (std::size_t i = 0; i < N; ++i) r.parts_.ids[i] = x.ids[i], r.parts_.partials[i] = times(x.partials[i], slope);
    return r;
  }

  // R >= N + M; what is left over depends on nothing.
  template <std::size_t R, class V, std::size_t N, std::size_t M, class DX, class DY>
  static WENGERT_ALWAYS_INLINE unrecorded<V, R> joined(const partials_by_nodes<V, N>& x, const partials_by_nodes<V, M>& y,
                                                       const V& value, const DX& dx, const DY& dy) {
    unrecorded<V, R> r(value, typename unrecorded<V, R>::unset{});
    WENGERT_UNROLL
    for (std::size_t i = 0; i < N; ++i) r.parts_.ids[i] = x.ids[i], r.parts_.partials[i] = times(x.partials[i], dx);
    WENGERT_UNROLL
    for (std::size_t i = 0; i < M; ++i) r.parts_.ids[N + i] = y.ids[i], r.parts_.partials[N + i] = times(y.partials[i], dy);
    WENGERT_UNROLL
    for (std::size_t i = N + M; i < R; ++i) r.parts_.ids[i] = 0, r.parts_.partials[i] = V(0);
    return r;
  }

  // The share of a node that comes again goes to its next place.
  template <class V, std::size_t N> static WENGERT_ALWAYS_INLINE void merge(partials_by_nodes<V, N>& l) {
    WENGERT_UNROLL
    for (std::size_t i = 0; i + 1 < N; ++i) {
      WENGERT_UNROLL
      for (std::size_t j = i + 1; j < N; ++j) {
        if (l.ids[i] != l.ids[j]) continue;
        l.partials[j] += l.partials[i];
        l.ids[i] = 0;
        break;
      }
    }
  }

  // Not 0 if a node is left; that node, if only one is.
  template <class V, std::size_t N> static WENGERT_ALWAYS_INLINE recorded_id any(const partials_by_nodes<V, N>& l) {
    recorded_id all = 0;
    WENGERT_UNROLL
    for (std::size_t i = 0; i < N; ++i) all |= l.ids[i];
    return all;
  }

  template <class V, std::size_t N>
  static WENGERT_ALWAYS_INLINE void write(statement_writer<V>& to, recorded_id lhs, const partials_by_nodes<V, N>& l) {
    WENGERT_UNROLL
    for (std::size_t i = 0; i < N; ++i) to.edge(lhs, l.ids[i], l.partials[i]);
  }
};

// What e depends on, as one node at most: a new one, unless a node of e will do. With SoleHolder, the result alone holds a new
// node.
template <bool SoleHolder = false, class V, std::size_t N> WENGERT_ALWAYS_INLINE active<V> record(const unrecorded<V, N>& e) {
  partials_by_nodes<V, N> parts = recorded_parts::of(e);
  if constexpr (N == 2) {
    const recorded_id first = parts.ids[0], second = parts.ids[1];
    if (first == second) return recorded_parts::make(e.value(), V(parts.partials[0] + parts.partials[1]), first);
    if (first == 0) return recorded_parts::make(e.value(), parts.partials[1], second);
    if (second == 0) return recorded_parts::make(e.value(), parts.partials[0], first);
  } else {
    recorded_parts::merge(parts);
  }
  statement_writer<V> to(recorded_parts::any(parts));
  recorded_parts::write(to, to.next_node(), parts);
  if (to.written() == 1) [[unlikely]]
    return recorded_parts::make(e.value(), to.take_back().partial(), recorded_parts::any(parts));
  if (to.written() == 0) [[unlikely]]
    return active<V>(e.value());
  const recorded_id node = to.make_node();
  return recorded_parts::make(e.value(), V(1), SoleHolder ? node | sole_holder : node);
}
template <class V> WENGERT_ALWAYS_INLINE const active<V>& record(const active<V>& x) { return x; }

// --- the chain rule, with slopes that are finite

template <class V, class D>
WENGERT_ALWAYS_INLINE active<V> linear(const active<V>& x, const std::type_identity_t<V>& value, const D& slope) {
  const auto parts = recorded_parts::of(x);
  return recorded_parts::make(value, V(times(parts.partials[0], slope)), parts.ids[0]);
}
template <class V, std::size_t N, class D>
WENGERT_ALWAYS_INLINE unrecorded<V, N> linear(const unrecorded<V, N>& e, const std::type_identity_t<V>& value, const D& slope) {
  return recorded_parts::scaled(recorded_parts::of(e), value, slope);
}

template <scalar X, scalar Y, class DX, class DY>
WENGERT_ALWAYS_INLINE auto joined(const X& x, const Y& y, const value_t<X>& value, const DX& dx, const DY& dy) {
  constexpr std::size_t n = node_count<X>, m = node_count<Y>, larger = n > m ? n : m;
  if constexpr (n + m <= most_nodes)
    return recorded_parts::joined<n + m>(recorded_parts::of(x), recorded_parts::of(y), value, dx, dy);
  else if constexpr (n < m && n < most_nodes)
    return recorded_parts::joined<larger>(recorded_parts::of(x), recorded_parts::of(record(y)), value, dx, dy);
  else if constexpr (m < n)
    return recorded_parts::joined<larger>(recorded_parts::of(record(x)), recorded_parts::of(y), value, dx, dy);
  else
    return recorded_parts::joined<larger>(recorded_parts::of(record(x)), recorded_parts::of(record(y)), value, dx, dy);
}

template <scalar X, scalar Y, class DX, class DY>
requires same_family<X, Y> WENGERT_ALWAYS_INLINE auto linear(
    const X& x, const Y& y, const value_t<X>& value, const DX& dx,
    const DY& dy) requires std::same_as<family_t<X>, active<value_t<X>>> {
  if constexpr (WENGERT_PLAIN_RESULTS)
    return record(joined(x, y, value, dx, dy));
  else
    return joined(x, y, value, dx, dy);
}

// --- the chain rule, with slopes that may be infinite or no number, or may be 0 beside a partial derivative that is: those are
// recorded as edges of their own, so that they meet adjoints only in the sweep, and zeros win

// The node of a statement of one or two edges; 0 for a constant.
template <class V>
WENGERT_COLD recorded_id record_singular(V px, recorded_id x, V dx, V py = V(0), recorded_id y = 0, V dy = V(0)) {
  if (x == 0 && y == 0) return 0;
  statement_writer<V> to;
  to.mark_singular();
  to.edge(to.next_node(), x, strong_product(px, dx));
  to.edge(to.next_node(), y, strong_product(py, dy));
  return to.make_node();
}

// Finite unless a product with the slope is not.
template <class V, std::size_t N> WENGERT_ALWAYS_INLINE V sum_of_products(const partials_by_nodes<V, N>& parts, const V& slope) {
  V sum = times(parts.partials[0], slope);
  WENGERT_UNROLL
  for (std::size_t i = 1; i < N; ++i) sum += times(parts.partials[i], slope);
  return sum;
}

template <scalar X>
requires std::same_as<family_t<X>, active<value_t<X>>> WENGERT_ALWAYS_INLINE X chain(const X& x, const value_t<X>& value,
                                                                                     const value_t<X>& slope) {
  using V = value_t<X>;
  if (!all_finite(sum_of_products(recorded_parts::of(x), slope))) [[unlikely]] {
    const auto parts = recorded_parts::of(record(x));
    return X(recorded_parts::make(value, V(1), record_singular<V>(parts.partials[0], parts.ids[0], slope)));
  }
  return linear(x, value, slope);
}

template <scalar X, scalar Y>
requires same_family<X, Y> && std::same_as<family_t<X>, active<value_t<X>>> WENGERT_ALWAYS_INLINE auto chain(
    const X& x, const Y& y, const value_t<X>& value, const value_t<X>& dx, const value_t<X>& dy)
    -> decltype(linear(x, y, value, dx, dy)) {
  using V = value_t<X>;
  if (!all_finite(V(sum_of_products(recorded_parts::of(x), dx) + sum_of_products(recorded_parts::of(y), dy)))) [[unlikely]] {
    const auto of_x = recorded_parts::of(record(x)), of_y = recorded_parts::of(record(y));
    const recorded_id node = record_singular<V>(of_x.partials[0], of_x.ids[0], dx, of_y.partials[0], of_y.ids[0], dy);
    return decltype(linear(x, y, value, dx, dy))(recorded_parts::make(value, V(1), node));
  }
  return linear(x, y, value, dx, dy);
}

// --- sums in place

template <class V> template <class E, class Sign> WENGERT_ALWAYS_INLINE active<V>& active<V>::accumulate(const E& e, Sign sign) {
  const V sum = value_ + V(times(e.value(), sign));
  WENGERT_INSPECT("+=", sum, 0, 0, value_, e.value());
  const auto signed_e = linear(e, e.value(), sign);
  auto parts = recorded_parts::of(signed_e);
  if (grows_in_place()) [[likely]] {  // nothing in e holds this node: reading it would have ended that
    check();
    recorded_parts::merge(parts);
    statement_writer<V> to;
    recorded_parts::write(to, id_, parts);
    value_ = sum;
    return *this;
  }
  const active total = record<true>(joined(*this, e, sum, unit_slope{}, sign));
  value_ = sum;
  slope_ = total.slope_;
  id_ = total.id_;
  copy_stamp(total);
  return *this;
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert

#include <wengert/numeric/scalar_functions.hpp>
#include <wengert/numeric/scalar_std.hpp>
