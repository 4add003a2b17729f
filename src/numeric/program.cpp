#include <wengert/numeric/program.hpp>

#include <algorithm>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>

#include "dense.hpp"
#include "program_blas.hpp"
#include "program_graph.hpp"
#include "program_kernels.hpp"

namespace wengert {

namespace {

using namespace lowered;

constexpr std::size_t line = 64;  // bytes of a line of the cache

std::size_t product(std::span<const std::int64_t> shape) {
  std::size_t n = 1;
  for (std::int64_t s : shape) n *= static_cast<std::size_t>(s);
  return n;
}

template <class Steps, class F> void each_step(Steps& steps, std::size_t depth, F f) {
  for (auto& s : steps) {
    f(s, depth);
    if (s.is == step::kind::loop) each_step(s.loop->body, depth + 1, f);
  }
}

// The numbers that a vector is aligned to begin with.
template <class T> T* aligned(std::vector<T>& v) {
  void* p = v.data();
  std::size_t space = v.size() * sizeof(T);
  return static_cast<T*>(std::align(line, 0, p, space));
}

}  // namespace

std::vector<std::string> program_targets() { return kernel_targets(); }

template <class T> struct basic_program<T>::state {
  plan made;
  std::vector<std::vector<std::int64_t>> inputs, outputs;
  std::vector<std::vector<T>> constants;  // inputs that the program brings, behind the others
  kernels<T> with;
  struct room {
    std::size_t registers = 0, narrow = 0;   // of all steps; numbers in their registers that are not of many lanes
    std::size_t scratch = 0, addresses = 0;  // the most that any step needs
  };
  room one, batch;
  std::size_t depth = 0;  // of loops

  bool runs_as_batch() const { return made.steps.empty() && made.batch; }

  // Lanes of a register: as many as the step was planned for or has, in whole vectors. Registers are not so far apart as the
  // processor takes for the same place when a load follows a store.
  void measure(lane_step& s, room& r) const {
    if (!s.over_batch) s.block = std::min(s.block, static_cast<std::size_t>(std::max<std::int64_t>(s.count, 1)));
    s.block = (s.block + with.lanes - 1) / with.lanes * with.lanes;
    s.pitch = s.block + (s.block * sizeof(T) < 1024 ? 0 : 13 * line / sizeof(T));
    r.scratch = std::max(r.scratch, (s.registers - s.uniform - s.partial) * s.pitch);
    s.first_register = std::exchange(r.registers, r.registers + s.registers);
    s.first_number = std::exchange(r.narrow, r.narrow + (s.uniform + 4 * s.partial) * with.lanes);
    r.addresses = std::max(r.addresses, s.addresses.size());
  }
};

template <class T> struct basic_program<T>::workspace::state {
  const void* made_for;  // the state of the program
  std::vector<T> numbers, narrow, scratch;
  std::vector<T*> registers, own, where, bases;
  std::vector<std::int64_t> strides, offsets, loops;

  // The registers of a step, and the numbers that some of them hold all the time.
  void place(const lane_step& s, std::size_t lanes) {
    T* next = aligned(narrow) + s.first_number;
    for (std::size_t r = 0; r < s.registers; ++r) {
      if (r == s.uniform + s.partial) next = aligned(scratch);
      registers[s.first_register + r] = own[s.first_register + r] = next;
      next += r < s.uniform ? lanes : r < s.uniform + s.partial ? 4 * lanes : s.pitch;
    }
    for (const instruction& i : s.fixed) std::fill_n(own[s.first_register + i.to], lanes, static_cast<T>(s.constants[i.table]));
  }
};

// One run: the arrays that it works on.
template <class T> class basic_program<T>::runner {
 public:
  runner(const state& p, typename workspace::state& w) : p_(p), w_(w) {}

  void bind(std::span<const T* const> inputs, std::span<T* const> outputs) {
    const plan& made = p_.made;
    T* const temporaries = aligned(w_.numbers);
    for (std::size_t k = 0; k < inputs.size(); ++k) w_.bases[k] = const_cast<T*>(inputs[k]);  // never written to
    for (std::size_t k = inputs.size(); k < made.inputs; ++k)
      w_.bases[k] = const_cast<T*>(p_.constants[k - inputs.size()].data());
    for (std::size_t k = 0; k < outputs.size(); ++k) w_.bases[made.inputs + k] = outputs[k];
    for (std::size_t b = made.inputs + made.outputs; b < made.buffers.size(); ++b)
      w_.bases[b] = temporaries + made.buffers[b].place;
  }

  void run(const std::vector<step>& steps, std::size_t depth) {
    for (const step& s : steps) switch (s.is) {
        case step::kind::lanes: run_lanes(*s.lanes, depth); break;
        case step::kind::contraction: contract(*s.contraction); break;
        case step::kind::matrix: apply(*s.matrix); break;
        case step::kind::fill:
          std::fill_n(w_.bases[s.fill->buffer] + s.fill->offset, s.fill->count, static_cast<T>(s.fill->value));
          break;
        case step::kind::loop:
          for (std::int64_t i = 0; i < s.loop->count; ++i) {
            w_.loops[depth] = i;
            run(s.loop->body, depth + 1);
          }
      }
  }

  void run_lanes(const lane_step& s, std::size_t depth) {
    for (std::size_t k = 0; k < s.addresses.size(); ++k) {
      const address& a = s.addresses[k];
      std::int64_t offset = a.offset;
      for (std::size_t l = 0; l < depth; ++l) offset += a.loops[l] * w_.loops[l];
      w_.strides[k] = a.lane;
      w_.offsets[k] = offset;
      if (a.buffer != none) w_.where[k] = w_.bases[a.buffer] + offset;
    }
    run_blocks(s, 0, static_cast<std::size_t>(s.count));
  }

  // The evaluations from `begin` on, on blocks of them.
  void run_batch(const lane_step& s, std::span<const batch_array<const T>> inputs, std::span<const batch_array<T>> outputs,
                 std::size_t begin, std::size_t end) {
    for (std::size_t k = 0; k < s.addresses.size(); ++k) {
      const address& a = s.addresses[k];
      w_.offsets[k] = a.offset;
      w_.strides[k] = 0;
      if (a.buffer == none) continue;
      const bool in = a.buffer < inputs.size();
      const auto arrays = [&](const auto& all, std::size_t which, auto* data) {
        w_.strides[k] = all[which].per_evaluation;
        w_.where[k] = data + a.offset * all[which].per_entry;
      };
      if (in)
        arrays(inputs, a.buffer, const_cast<T*>(inputs[a.buffer].data));
      else
        arrays(outputs, a.buffer - inputs.size(), outputs[a.buffer - inputs.size()].data);
    }
    run_blocks(s, begin, end);
  }

 private:
  void run_blocks(const lane_step& s, std::size_t begin, std::size_t end) {
    lane_frame<T> f{&s,
                    w_.registers.data() + s.first_register,
                    w_.own.data() + s.first_register,
                    w_.where.data(),
                    w_.strides.data(),
                    w_.offsets.data(),
                    0,
                    0};
    p_.with.run(f, begin, end);
  }

  void contract(const contraction_step& s) {
    for (std::int64_t i = 0; i < s.batch; ++i) {
      const auto base = [&](const contraction_step::matrix& m) { return w_.bases[m.buffer] + m.offset + i * m.batch; };
      if (s.by_blas)
        blas_contract<T>(s, base(s.a), base(s.b), base(s.c));
      else
        p_.with.contract(s, base(s.a), base(s.b), base(s.c), aligned(w_.scratch));
    }
  }

  void apply(const matrix_step& s) {
    const auto n = static_cast<std::size_t>(s.size);
    std::vector<double> a(n * n);
    T* to = w_.bases[s.to] + s.to_offset;
    for (std::size_t which = 0, count = product(s.counts); which < count; ++which) {
      std::int64_t offset = s.offset;
      std::size_t rest = which;
      for (std::size_t k = s.counts.size(); k-- > 0;) {
        offset += static_cast<std::int64_t>(rest % static_cast<std::size_t>(s.counts[k])) * s.strides[k];
        rest /= static_cast<std::size_t>(s.counts[k]);
      }
      for (std::int64_t i = 0; i < s.size; ++i)
        for (std::int64_t j = 0; j < s.size; ++j)
          a[static_cast<std::size_t>(i * s.size + j)] = static_cast<double>(w_.bases[s.from][offset + i * s.row + j * s.column]);
      const std::span<const double> matrix(a);
      if (s.op == opcode::det)
        *to++ = static_cast<T>(dense::determinant(matrix, n));
      else
        for (double x : s.op == opcode::inv ? dense::inverse(matrix, n) : dense::adjugate(matrix, n)) *to++ = static_cast<T>(x);
    }
  }

  const state& p_;
  typename workspace::state& w_;
};

// --- making one

namespace {

template <class Id> std::vector<std::vector<Id>> one_each(std::span<const Id> all) {
  std::vector<std::vector<Id>> r;
  for (Id id : all) r.push_back({id});
  return r;
}

// Throws where an index would leave its range. Dimensions of what is not computed may have no size.
void expect_lengths(const tape& t, const dim_sizes& sizes) {
  const auto size_of = [&](const affine& a) -> std::int64_t {
    if (a.dim == none) return 0;
    const auto found = sizes.find(t.dim_name(a.dim));
    return found == sizes.end() ? -1 : found->second;
  };
  for (const length_condition& c : t.length_conditions()) {
    const std::int64_t lesser = size_of(c.lesser), greater = size_of(c.greater);
    if (lesser < 0 || greater < 0 || c.lesser.offset - c.greater.offset <= greater - lesser) continue;
    const affine& sized = c.greater.dim == none ? c.lesser : c.greater;
    throw error("V09", fmt::format("the dimension '{}' is {}, but {} needs {} <= {}", t.dim_name(sized.dim), size_of(sized),
                                   c.needed_by, t.text_of(c.lesser), t.text_of(c.greater)));
  }
}

}  // namespace

template <class T>
basic_program<T>::basic_program(const tape& t, std::span<const node_id> outputs, std::span<const symbol_id> inputs,
                                const dim_sizes& sizes, std::string_view target)
    : basic_program(t, program_arrays{one_each(inputs), one_each(outputs)}, sizes, target) {}

template <class T>
basic_program<T>::basic_program(const tape& t, const program_arrays& arrays, const dim_sizes& sizes, std::string_view target) {
  const auto size_of = [&](dim_id d) {
    const auto found = sizes.find(t.dim_name(d));
    if (found == sizes.end()) throw error("V01", fmt::format("the dimension '{}' has no value", t.dim_name(d)), "give its size");
    if (found->second < 1)
      throw error("V03", fmt::format("the dimension '{}' is {}, but a dimension is at least 1", t.dim_name(d), found->second));
    return found->second;
  };
  expect_lengths(t, sizes);
  auto made = std::make_unique<state>();
  made->with = find_kernels<T>(target);
  graph g = make_graph(t, arrays, size_of);
  made->made = lower(g, sizeof(T));
  made->inputs = std::move(g.inputs);
  made->inputs.resize(arrays.inputs.size());
  for (const auto& constant : arrays.constants) made->constants.emplace_back(constant.second.begin(), constant.second.end());
  made->outputs = std::move(g.outputs);
  if (made->made.batch) made->measure(*made->made.batch, made->batch);
  const bool blas = target.empty() && blas_fits(made->with.lanes * sizeof(T));
  each_step(made->made.steps, 0, [&](step& s, std::size_t depth) {
    made->depth = std::max(made->depth, depth + 1);
    if (s.is == step::kind::lanes) made->measure(*s.lanes, made->one);
    if (s.is != step::kind::contraction) return;
    s.contraction->by_blas = blas && blas_is_faster(*s.contraction);
    made->one.scratch = std::max(made->one.scratch, made->with.contraction_space(*s.contraction));
  });
  state_ = std::move(made);
}

template <class T> basic_program<T>::~basic_program() = default;
template <class T> basic_program<T>::basic_program(basic_program&&) noexcept = default;
template <class T> basic_program<T>& basic_program<T>::operator=(basic_program&&) noexcept = default;

template <class T> basic_program<T>::workspace::workspace(const basic_program& p) : workspace(p, p.state_->runs_as_batch()) {}
template <class T> basic_program<T>::workspace::workspace(const basic_program& p, bool for_batch)
    : state_(std::make_unique<state>()) {
  const auto& s = *p.state_;
  state_->made_for = &s;
  const auto& room = for_batch ? s.batch : s.one;
  state_->narrow.resize(room.narrow + line / sizeof(T));
  state_->scratch.resize(room.scratch + line / sizeof(T));
  state_->registers.resize(room.registers);
  state_->own.resize(room.registers);
  state_->where.resize(room.addresses);
  state_->strides.resize(room.addresses);
  state_->offsets.resize(room.addresses);
  if (for_batch) {
    state_->place(*s.made.batch, s.with.lanes);
    return;
  }
  state_->numbers.resize(s.made.temporaries + line / sizeof(T));
  state_->loops.resize(s.depth);
  state_->bases.resize(s.made.buffers.size());
  each_step(s.made.steps, 0, [&](const step& one, std::size_t) {
    if (one.is == step::kind::lanes) state_->place(*one.lanes, s.with.lanes);
  });
}
template <class T> basic_program<T>::workspace::~workspace() = default;
template <class T> basic_program<T>::workspace::workspace(workspace&&) noexcept = default;

template <class T> std::size_t basic_program<T>::input_count() const { return state_->inputs.size(); }
template <class T> std::size_t basic_program<T>::output_count() const { return state_->outputs.size(); }
template <class T> std::span<const std::int64_t> basic_program<T>::input_shape(std::size_t k) const {
  return state_->inputs.at(k);
}
template <class T> std::span<const std::int64_t> basic_program<T>::output_shape(std::size_t k) const {
  return state_->outputs.at(k);
}
template <class T> std::size_t basic_program<T>::input_size(std::size_t k) const { return product(input_shape(k)); }
template <class T> std::size_t basic_program<T>::output_size(std::size_t k) const { return product(output_shape(k)); }
template <class T> std::size_t basic_program<T>::working_size() const { return state_->made.temporaries; }
template <class T> std::string_view basic_program<T>::target() const { return state_->with.target; }

// --- running it

namespace {

void expect_arrays(std::size_t inputs, std::size_t outputs, std::size_t needed_in, std::size_t needed_out) {
  if (inputs != needed_in || outputs != needed_out)
    throw std::invalid_argument(
        fmt::format("a program of {} inputs and {} outputs was given {} and {}", needed_in, needed_out, inputs, outputs));
}

}  // namespace

template <class T> void basic_program<T>::run(std::span<const T* const> inputs, std::span<T* const> outputs, workspace& w) const {
  const state& s = *state_;
  expect_arrays(inputs.size(), outputs.size(), s.inputs.size(), s.outputs.size());
  if (w.state_ == nullptr || w.state_->made_for != &s) throw std::invalid_argument("the workspace was made for another program");
  runner r(s, *w.state_);
  if (!s.runs_as_batch()) {
    r.bind(inputs, outputs);
    return r.run(s.made.steps, 0);
  }
  std::vector<batch_array<const T>> in;
  std::vector<batch_array<T>> out;
  for (const T* a : inputs) in.push_back({a, 1});
  for (const auto& c : s.constants) in.push_back({c.data(), 0});
  for (T* a : outputs) out.push_back({a, 1});
  r.run_batch(*s.made.batch, in, out, 0, 1);
}

template <class T> void basic_program<T>::run(std::span<const T* const> inputs, std::span<T* const> outputs) const {
  workspace w(*this);
  run(inputs, outputs, w);
}

template <class T> void basic_program<T>::run_batch(std::size_t count, std::span<const batch_array<const T>> inputs,
                                                    std::span<const batch_array<T>> outputs, unsigned threads) const {
  const state& s = *state_;
  expect_arrays(inputs.size(), outputs.size(), s.inputs.size(), s.outputs.size());

  // One evaluation by itself: arrays whose entries lie apart are copied.
  const auto one = [&](std::size_t b, workspace& w, std::vector<std::vector<T>>& copies) {
    std::vector<const T*> in;
    std::vector<T*> out;
    const auto begin = [&](const auto& a) { return a.data + static_cast<std::ptrdiff_t>(b) * a.per_evaluation; };
    copies.resize(inputs.size() + outputs.size());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      in.push_back(begin(inputs[k]));
      if (inputs[k].per_entry == 1) continue;
      copies[k].resize(input_size(k));
      for (std::size_t e = 0; e < copies[k].size(); ++e)
        copies[k][e] = in[k][static_cast<std::ptrdiff_t>(e) * inputs[k].per_entry];
      in[k] = copies[k].data();
    }
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      copies[inputs.size() + k].resize(outputs[k].per_entry == 1 ? 0 : output_size(k));
      out.push_back(outputs[k].per_entry == 1 ? begin(outputs[k]) : copies[inputs.size() + k].data());
    }
    run(in, out, w);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      for (std::size_t e = 0; e < copies[inputs.size() + k].size(); ++e)
        begin(outputs[k])[static_cast<std::ptrdiff_t>(e) * outputs[k].per_entry] = out[k][e];
  };
  std::vector<batch_array<const T>> all(inputs.begin(), inputs.end());
  for (const auto& c : s.constants) all.push_back({c.data(), 0});
  const std::size_t unit = s.made.batch ? s.made.batch->block : 1, units = (count + unit - 1) / unit;
  const auto share = [&](std::size_t which, std::size_t of) {
    const std::size_t begin = units * which / of * unit, end = std::min(count, units * (which + 1) / of * unit);
    if (begin >= end) return;
    workspace w(*this, s.made.batch != nullptr);
    if (s.made.batch) return runner(s, *w.state_).run_batch(*s.made.batch, all, outputs, begin, end);
    std::vector<std::vector<T>> copies;
    for (std::size_t b = begin; b < end; ++b) one(b, w, copies);
  };
  const std::size_t workers = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(units, 1));
  std::vector<std::exception_ptr> failures(workers);
  {
    std::vector<std::jthread> others;
    const auto guarded = [&](std::size_t which) {
      try {
        share(which, workers);
      } catch (...) {
        failures[which] = std::current_exception();
      }
    };
    for (std::size_t k = 1; k < workers; ++k) others.emplace_back(guarded, k);
    guarded(0);
  }
  for (const std::exception_ptr& e : failures)
    if (e) std::rethrow_exception(e);
}

template class basic_program<double>;
template class basic_program<float>;

}  // namespace wengert
