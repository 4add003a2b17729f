// The tape of active scalars: registering inputs, reverse sweeps, rewinding.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/numeric/adouble.hpp>
#include <wengert/numeric/reserved_memory.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

struct not_current_t {};
inline constexpr not_current_t not_current;

// One node that was registered or marked, and a block of nodes that were registered together: names for their adjoints.
struct variable {
  recorded_id id = 0;
};
struct variables {
  recorded_id first = 1;
  std::size_t count = 0;
  variable operator[](std::size_t i) const { return {first + static_cast<recorded_id>(i)}; }
  std::size_t size() const { return count; }
};

// What a span, a vector or an array of scalars, or a pointer and a count refer to. Not a std::span, for which a compiler checks
// long whether a container is one.
template <class V> struct scalars_in_a_row {
  template <class X> scalars_in_a_row(X&& x) : first(std::data(x)), count(std::size(x)) {}
  scalars_in_a_row(active<V>* x, std::size_t n) : first(x), count(n) {}

  active<V>* first;
  std::size_t count;
};

// A tape records what its thread computes with active<V> while it is `current`: from its construction on, or inside a
// `tape_scope`. It is no global: each thread, and each level of nesting, has its own. Scalars belong to the tape on which they
// were recorded.
template <class V> class basic_jacobian_tape : private recorder<V> {
  static_assert(std::is_trivially_copyable_v<V>, "the tape holds V as bytes: double or a forward type over it");
  using recorder<V>::top;
  using recorder<V>::limit;
  using recorder<V>::next;

 public:
  using value_type = V;

  // Is current until its destruction, on the same thread; then the tape before it is current again. `most_edges`, 16 bytes each
  // for double, bounds the address space that is reserved; pages are taken as they are needed.
  explicit basic_jacobian_tape(std::size_t most_edges = default_most_edges) : basic_jacobian_tape(not_current, most_edges) {
    outer_ = recording<V>;
    recording<V> = this;
  }
  // Is current only inside a tape_scope.
  explicit basic_jacobian_tape(not_current_t, std::size_t most_edges = default_most_edges)
      : memory_(most_edges * sizeof(recorded_edge<V>)) {
    base_ = static_cast<recorded_edge<V>*>(memory_.begin());
    const std::size_t capacity = memory_.size() / sizeof(recorded_edge<V>), reserve = recorder<V>::largest_statement;
    end_ = base_ + (capacity > reserve ? capacity - reserve : 0);
    top = base_;
    set_limit();
#if WENGERT_CHECKED_TAPE
    this->knows = [](const recorder<V>& r, recorded_id id, std::uint32_t stamp) {
      return static_cast<const basic_jacobian_tape&>(r).is_current(id, stamp);
    };
    this->current_stamp = number_ = next_number();
#endif
  }
  ~basic_jacobian_tape() {
    drop_blocks(0);
    if (outer_ == nullptr) return;
    // Usually this tape is the innermost; tapes may be destroyed in another order.
    for (recorder<V>** r = &recording<V>; *r != &nowhere<V>; r = &static_cast<basic_jacobian_tape*>(*r)->outer_) {
      if (*r != this) continue;
      *r = outer_;
      return;
    }
  }
  basic_jacobian_tape(const basic_jacobian_tape&) = delete;
  basic_jacobian_tape& operator=(const basic_jacobian_tape&) = delete;

  // --- inputs

  // Makes x an input, with the value that it has; what it depended on is forgotten.
  variable input(active<V>& x) { return inputs({&x, 1})[0]; }
  variables inputs(scalars_in_a_row<V> x) {
    const variables block = new_block(x.count);
    for (std::size_t i = 0; i < x.count; ++i) x.first[i].become(x.first[i].value_, block[i].id);
    return block;
  }
  // The same, with these values.
  variables inputs(scalars_in_a_row<V> x, std::span<const V> values) {
    if (x.count != values.size()) throw_error("count", "there are not as many values as inputs", "give each input one value");
    const variables block = new_block(x.count);
    for (std::size_t i = 0; i < x.count; ++i) x.first[i].become(values[i], block[i].id);
    return block;
  }
  // Makes x a node of its own, so that it has an adjoint: many intermediate results have none, since they are kept as multiples
  // of others.
  variable mark(active<V>& x) {
    if (x.passive()) throw_error("not-recorded", "a constant is marked", "mark scalars that depend on an input");
    const auto parts = recorded_parts::of(x);
    statement_writer<V> to;
    const recorded_id node = to.make_node();
    to.edge(node, parts.ids[0], parts.partials[0]);
    x.become(x.value_, node);
    return {node};
  }

  // --- blocks: many outputs of many inputs as one statement, whose adjoints are computed by a function

  // Gives y these values, as functions of x. `pullback(of_outputs, of_inputs)` is called in sweeps that reach y, with a
  // span<const V> and a span<V>, and adds to the adjoints of the inputs what the adjoints of the outputs send them.
  template <class Pullback>
  void block(std::span<const active<V>> x, std::span<const V> values, std::span<active<V>> y, Pullback pullback) {
    if (y.size() != values.size()) throw_error("count", "there are not as many values as outputs");
    auto* b = new block_with<Pullback>(std::move(pullback));
    b->before = last_block_;
    b->number = blocks() + 1;
    b->edges = size();
    last_block_ = b;
    for (const active<V>& input : x) {
      const auto parts = recorded_parts::of(input);
      b->ids.push_back(parts.ids[0]);
      b->slopes.push_back(parts.partials[0]);
    }
    b->outputs = new_block(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i].become(values[i], b->outputs[i].id);
  }

  // --- the reverse sweep

  // d y / d x for each x of the block; exact zeros where y does not depend on it. The span holds until the next sweep.
  std::span<const V> gradient(const active<V>& y, variables x) {
    reverse(y);
    return adjoints(x);
  }
  // Computes the adjoints of all nodes for y, times the seed.
  void reverse(const active<V>& y, const V& seed = V(1)) { reverse(&y, &seed, 1); }
  // The same for several outputs, each with its seed: the adjoints are of the sum of seeds times outputs.
  void reverse(std::span<const active<V>> y, std::span<const V> seeds) {
    if (y.size() != seeds.size()) throw_error("count", "there are not as many seeds as outputs", "give each output one seed");
    reverse(y.data(), seeds.data(), y.size());
  }
  // After a sweep.
  V adjoint(variable x) const { return adjoints(variables{x.id, 1})[0]; }
  std::span<const V> adjoints(variables x) const {
    if (x.first + x.count > swept_)
      throw_error("not-recorded", "adjoints are read of nodes that the last sweep did not reach", "sweep first");
    return {adjoint_ + x.first, x.count};
  }

  // --- rewinding

  // A place on the tape, to come back to.
  class position {
    friend basic_jacobian_tape;
    std::size_t edges = 0, blocks = 0;
    recorded_id next = 1;
  };
  position here() const {
    position p;
    p.edges = size();
    p.blocks = blocks();
    p.next = next;
    this->kept = next;
    return p;
  }
  // Forgets all that was recorded since, inputs too, but keeps the memory. Scalars from after the position may only be assigned
  // to.
  void rewind(position to) {
    if (to.edges > size() || to.next > next || to.blocks > blocks())
      throw_error("stale-scalar", "a tape is rewound to a position that lies ahead of it");
    top = base_ + to.edges;
    this->kept = next = to.next;
    drop_blocks(to.blocks);
    set_limit();
    if (to.edges == 0) this->singular = false;
#if WENGERT_CHECKED_TAPE
    remember_cut();
#endif
  }
  void clear() { rewind(position()); }

  // --- the recording: for sweeps of other kinds

  std::span<const recorded_edge<V>> edges() const { return {base_, size()}; }
  // Blocks are not among the edges.
  bool has_blocks() const { return last_block_ != nullptr; }
  // Ids are below.
  recorded_id nodes() const { return next; }
  // Whether an edge may hold an infinity or no number by a function's slope, so that a sweep lets zeros win. By products and sums
  // that overflow, edges hold infinities without that.
  bool may_be_singular() const { return this->singular; }
  // The node of which x is a multiple, and its slope by that; of a constant, node 0.
  struct multiple {
    recorded_id id;
    V slope;
  };
  multiple root(const active<V>& x) const {
    x.check();
    return {x.id(), x.slope_};
  }

  // How many edges there are, and the bytes that they and the adjoints of the last sweep take.
  std::size_t size() const { return static_cast<std::size_t>(top - base_); }
  std::size_t bytes() const {
    std::size_t of_blocks = 0;
    for (const recorded_block* b = last_block_; b != nullptr; b = b->before) of_blocks += b->bytes();
    return size() * sizeof(recorded_edge<V>) + swept_ * sizeof(V) + of_blocks;
  }

 private:
  template <class W> friend class tape_scope;
  template <class W> friend basic_jacobian_tape<W>& current_tape();
  static constexpr std::size_t default_most_edges = std::size_t{1} << (sizeof(void*) > 4 ? 32 : 20);
  static constexpr std::size_t most_nodes_ever = (std::size_t{1} << 31) - 1;  // the 32nd bit of an id is taken

  variables new_block(std::size_t count) {
    if (count > most_nodes_ever - next)
      throw_error("tape-full", "a tape has at most 2^31 - 1 nodes", "rewind it, or record in parts");
    const variables block{next, count};
    next += static_cast<recorded_id>(count);
    set_limit();
    return block;
  }

  // A statement makes at most one node and, if it does, at least one edge: so there may be as many edges as there are ids left.
  void set_limit() {
    const auto ids = static_cast<std::ptrdiff_t>(most_nodes_ever - next);
    limit = end_ - top > ids ? top + ids : end_;
  }

  // The adjoints start elsewhere in a page than the edges do, lest a load of one waits for a store of the other (4K aliasing).
  V* clear_adjoints() {
    constexpr std::size_t apart = 2112;
    if (adjoint_ == nullptr) {
      adjoint_memory_ = reserved_memory(most_nodes_ever * sizeof(V) + apart);
      adjoint_ = reinterpret_cast<V*>(static_cast<std::byte*>(adjoint_memory_.begin()) + apart);
    }
    if (next * sizeof(V) + apart > adjoint_memory_.size())
      throw_error("tape-full", "there is no room for the adjoints", "record in parts");
    std::memset(static_cast<void*>(adjoint_), 0, next * sizeof(V));
    swept_ = next;
    return adjoint_;
  }

  void reverse(const active<V>* y, const V* seeds, std::size_t count) {
    if (!this->singular && sweep(y, seeds, count, sweep_edges)) [[likely]]
      return;
    sweep(y, seeds, count, sweep_edges_where_zeros_win);
  }
  template <class OfEdges> bool sweep(const active<V>* y, const V* seeds, std::size_t count, const OfEdges& of_edges) {
    V* adjoint = clear_adjoints();
    for (std::size_t i = 0; i < count; ++i) {
      y[i].check();
      const recorded_id id = y[i].id();
      if (id >= next)
        throw_error("stale-scalar", "an output was recorded on another tape, or on a part of this one that was rewound");
      if (id != 0) adjoint[id] += V(strong_product(y[i].slope_, seeds[i]));
    }
    bool finite = true;
    const recorded_edge<V>* done = top;
    for (recorded_block* b = last_block_; b != nullptr; b = b->before) {
      finite &= of_edges(adjoint, done, base_ + b->edges);
      done = base_ + b->edges;
      b->pull_back(adjoint);
    }
    return of_edges(adjoint, done, base_) && finite;
  }

  struct recorded_block {
    recorded_block* before = nullptr;
    std::size_t number = 0;  // from 1
    std::size_t edges = 0;   // how many were there before
    variables outputs;
    virtual ~recorded_block() = default;
    virtual void pull_back(V* adjoint) = 0;
    virtual std::size_t bytes() const = 0;
  };
  template <class Pullback> struct block_with final : recorded_block {
    explicit block_with(Pullback p) : pullback(std::move(p)) {}
    void pull_back(V* adjoint) override {
      const std::span<const V> of_outputs{adjoint + this->outputs.first, this->outputs.count};
      bool reached = false;
      for (const V& a : of_outputs) reached |= !exactly_zero(a);
      if (!reached) return;
      std::vector<V> of_inputs(ids.size(), V(0));
      pullback(of_outputs, std::span<V>(of_inputs));
      for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] != 0) adjoint[ids[i]] += V(strong_product(of_inputs[i], slopes[i]));
    }
    std::size_t bytes() const override { return sizeof *this + ids.size() * (sizeof(recorded_id) + sizeof(V)); }

    std::vector<recorded_id> ids;  // each input is a multiple of a node
    std::vector<V> slopes;
    Pullback pullback;
  };
  std::size_t blocks() const { return last_block_ == nullptr ? 0 : last_block_->number; }
  void drop_blocks(std::size_t left) {
    while (blocks() > left) {
      const recorded_block* last = last_block_;
      last_block_ = last->before;
      delete last;
    }
  }

  // Whether all slopes are finite. Those of functions are, where nothing is `singular`; products and sums that overflow are not,
  // and 0 times such a slope is no number.
  static bool sweep_edges(V* adjoint, const recorded_edge<V>* from, const recorded_edge<V>* to) {
    // The mark of an lhs is taken from the address of all adjoints, not from each.
    const auto marked = reinterpret_cast<std::uintptr_t>(adjoint) - std::uintptr_t{sole_holder} * sizeof(V);
    const auto term = [marked](const recorded_edge<V>& e) {
      return *reinterpret_cast<const V*>(marked + std::uintptr_t{e.marked_lhs()} * sizeof(V)) * e.partial();
    };
    V zeros[2] = {V(0), V(0)};  // unless a slope is an infinity or no number
    const recorded_edge<V>* e = from;
    if ((from - to) % 2 != 0) {
      --e;
      adjoint[e->rhs()] += term(*e);
      zeros[0] += e->partial() * 0;
    }
    // Two at a time; if both add to one adjoint, as those of a value do that is used in two sums, it is written once.
    for (; e != to; e -= 2) {
      V *const first = adjoint + e[-1].rhs(), *const second = adjoint + e[-2].rhs();
      zeros[0] += e[-1].partial() * 0;
      zeros[1] += e[-2].partial() * 0;
      if (first == second) {
        *first = *first + term(e[-1]) + term(e[-2]);
      } else {
        *first += term(e[-1]);
        *second += term(e[-2]);
      }
    }
    return all_finite(V(zeros[0] + zeros[1]));
  }
  static bool sweep_edges_where_zeros_win(V* adjoint, const recorded_edge<V>* from, const recorded_edge<V>* to) {
    for (const recorded_edge<V>* e = from; e != to;) {
      --e;
      adjoint[e->rhs()] += V(strong_product(adjoint[e->lhs()], e->partial()));
    }
    return true;
  }

  recorded_block* last_block_ = nullptr;
  reserved_memory memory_;
  recorded_edge<V>* base_ = nullptr;
  recorded_edge<V>* end_ = nullptr;  // below it, there is room for a statement
  recorder<V>* outer_ = nullptr;     // the tape that was current before this one was constructed, if this one then became it
  reserved_memory adjoint_memory_;   // from the first sweep on
  V* adjoint_ = nullptr;
  std::size_t swept_ = 0;  // the last sweep knew the nodes below

#if WENGERT_CHECKED_TAPE
  // A stamp has the tape's number, which is not 0, in its low 8 bits and, above, how often the tape had been rewound. Of each
  // rewind it is kept which nodes it left, while no later one left fewer: a scalar is current if each rewind since its stamp left
  // its node.
  struct cut {
    std::uint32_t rewinds;
    recorded_id next;
  };
  static constexpr std::uint32_t most_rewinds = (std::uint32_t{1} << 24) - 1;

  static std::uint32_t next_number() {
    static std::uint32_t made = 0;
    return 1 + __atomic_fetch_add(&made, 1, __ATOMIC_RELAXED) % 0xff;  // <atomic> would take a compiler long to read
  }
  void remember_cut() {
    if (cuts_ == nullptr) {
      cut_memory_ = reserved_memory((most_rewinds + 1) * sizeof(cut));
      cuts_ = static_cast<cut*>(cut_memory_.begin());
    }
    while (cut_count_ > 0 && cuts_[cut_count_ - 1].next >= next) --cut_count_;
    // Beyond these, stale scalars are no longer all noticed.
    if (rewinds_ < most_rewinds) ++rewinds_;
    if (cut_count_ < cut_memory_.size() / sizeof(cut)) cuts_[cut_count_++] = {rewinds_, next};
    this->current_stamp = number_ | rewinds_ << 8;
  }
  bool is_current(recorded_id id, std::uint32_t stamp) const {
    if ((stamp & 0xff) != number_ || id >= next) return false;
    // The first rewind since the stamp has left the fewest nodes.
    std::size_t first = 0, last = cut_count_;
    while (first < last) {
      const std::size_t middle = (first + last) / 2;
      if (cuts_[middle].rewinds > stamp >> 8)
        last = middle;
      else
        first = middle + 1;
    }
    return first == cut_count_ || id < cuts_[first].next;
  }

  std::uint32_t number_ = 0, rewinds_ = 0;
  reserved_memory cut_memory_;  // from the first rewind on
  cut* cuts_ = nullptr;
  std::size_t cut_count_ = 0;
#endif
};

// Makes a tape current in this thread while it lives.
template <class V> class tape_scope {
 public:
  explicit tape_scope(basic_jacobian_tape<V>& tape) : before_(recording<V>) { recording<V> = &tape; }
  ~tape_scope() { recording<V> = before_; }
  tape_scope(const tape_scope&) = delete;
  tape_scope& operator=(const tape_scope&) = delete;

 private:
  recorder<V>* before_;
};

using jacobian_tape = basic_jacobian_tape<double>;

// The tape on which this thread records. Throws where there is none.
template <class V> basic_jacobian_tape<V>& current_tape() {
  if (recording<V>->top == nullptr) recording<V>->refuse();
  return static_cast<basic_jacobian_tape<V>&>(*recording<V>);
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
