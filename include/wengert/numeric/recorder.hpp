// What active scalars record on: a list of edges.
//
// A node is a scalar that was registered or recorded. Node 0 is every constant. An edge (lhs, rhs, p) says that node lhs changes
// by p*(the change of node rhs); a statement is the run of its edges. There are no headers and no operations: the reverse sweep
// is adjoint[rhs] += adjoint[lhs]*p, from the last edge to the first.
#pragma once

#include <cstddef>
#include <cstdint>

#include <wengert/numeric/debug_numbers.hpp>
#include <wengert/numeric/scalar.hpp>

// With checks, which builds without NDEBUG have, scalars that were recorded on another tape, or on a part of it that was rewound,
// are refused where they are used.
#if !defined(WENGERT_CHECKED_TAPE)
#if defined(NDEBUG)
#define WENGERT_CHECKED_TAPE 0
#else
#define WENGERT_CHECKED_TAPE 1
#endif
#endif
// With plain results, an operation on two scalars is recorded at once and returns a scalar, so that a template f(T, T) deduces
// its T from f(a*b, c) as it does for double. Otherwise it returns an expression, and the tape is shorter.
#if !defined(WENGERT_PLAIN_RESULTS)
#define WENGERT_PLAIN_RESULTS 0
#endif

// The kinds of code share no names.
#define WENGERT_JOIN_TAPE_ABI(...) WENGERT_JOIN_TAPE_ABI_PARTS(__VA_ARGS__)
#define WENGERT_JOIN_TAPE_ABI_PARTS(checked, plain, debug) tape_v2_##checked##plain##debug
#define WENGERT_TAPE_ABI WENGERT_JOIN_TAPE_ABI(WENGERT_CHECKED_TAPE, WENGERT_PLAIN_RESULTS, WENGERT_DEBUG_NUMBERS)

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

using recorded_id = std::uint32_t;
// The top bit of the id that a scalar has: it alone holds the node, so that edges may be added to it.
inline constexpr recorded_id sole_holder = recorded_id{1} << 31;

template <class V> class recorded_edge {
 public:
  WENGERT_ALWAYS_INLINE void set(recorded_id lhs, recorded_id rhs, const V& partial) {
    // volatile: compilers would join the two stores, by way of a vector.
    static_cast<volatile node&>(lhs_) = static_cast<node>(lhs | sole_holder);
    rhs_ = static_cast<node>(rhs);
    partial_ = partial;
  }
  WENGERT_ALWAYS_INLINE recorded_id lhs() const { return marked_lhs() & ~sole_holder; }
  WENGERT_ALWAYS_INLINE recorded_id marked_lhs() const { return static_cast<recorded_id>(lhs_); }
  WENGERT_ALWAYS_INLINE recorded_id rhs() const { return static_cast<recorded_id>(rhs_); }
  WENGERT_ALWAYS_INLINE const V& partial() const { return partial_; }

 private:
  // A type that nothing else has: the compiler keeps the end of the tape in a register.
  enum class node : recorded_id {};
  node lhs_;  // with the top bit set, as a sum that grows in place has it
  node rhs_;
  V partial_;
};

// The part of a tape that recording touches. What is recorded while no tape is there goes to `nowhere`, which has no room, and
// refuses.
template <class V> struct recorder {
  // The most edges of one statement; an expression of more scalars is recorded in parts.
  static constexpr int largest_statement = 9;

  recorded_edge<V>* top = nullptr;    // where the next edge goes
  recorded_edge<V>* limit = nullptr;  // below it, there is room for a statement
  recorded_id next = 1;               // the next node
  bool singular = false;              // whether an edge may hold an infinity or no number
  mutable recorded_id kept = 0;       // below are the nodes of the last position; with checks
  std::uint32_t current_stamp = 0;    // of what is recorded now; 0 where nothing is, and without checks
  bool (*knows)(const recorder&, recorded_id, std::uint32_t stamp) = nullptr;

  // Does not return: a call that does would make the compiler forget where the tape ends.
  [[noreturn]] WENGERT_COLD void refuse() const {
    if (top == nullptr)
      throw_error("no-tape", "an active scalar is used where no tape records",
                  "make a jacobian_tape in this thread, which lives longer");
    throw_error("tape-full", "the tape is full", "rewind it, record in parts, or give it more edges when it is made");
  }
};

template <class V> inline constinit recorder<V> nowhere{};

// The tape on which this thread records.
template <class V> inline constinit thread_local recorder<V>* recording = &nowhere<V>;

// Appends a statement while it lives. Constants (node 0) are left out.
template <class V> class statement_writer {
 public:
  // `active`: the ids of the edges to come, or what is 0 if all of them are; a statement of constants needs no tape.
  WENGERT_ALWAYS_INLINE explicit statement_writer(recorded_id active = 1) : to_(*recording<V>), begin_(to_.top), top_(to_.top) {
    if (to_.top >= to_.limit) [[unlikely]]
      if (active != 0) to_.refuse();
  }
  WENGERT_ALWAYS_INLINE ~statement_writer() { to_.top = top_; }
  statement_writer(const statement_writer&) = delete;
  statement_writer& operator=(const statement_writer&) = delete;

  WENGERT_ALWAYS_INLINE recorded_id next_node() const { return to_.next; }
  WENGERT_ALWAYS_INLINE recorded_id make_node() { return to_.next++; }
  WENGERT_ALWAYS_INLINE void edge(recorded_id lhs, recorded_id rhs, const V& partial) {
    if (rhs == 0) return;
    top_->set(lhs, rhs, partial);
    ++top_;
  }
  WENGERT_ALWAYS_INLINE std::ptrdiff_t written() const { return top_ - begin_; }
  // Unwrites a statement of one edge.
  WENGERT_ALWAYS_INLINE const recorded_edge<V>& take_back() {
    top_ = begin_;
    return *begin_;
  }
  void mark_singular() { to_.singular = true; }

 private:
  recorder<V>& to_;
  recorded_edge<V>*begin_, *top_;
};

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
