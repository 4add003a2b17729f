// Long loops within a memory bound: instead of all steps, a few states are kept, and steps are run again in the reverse sweep.
//
//   const auto run = wengert::checkpointed([](const auto& state, const auto& p, std::size_t k) { ... return next; }, steps,
//   states_kept); std::vector<adouble> last = run(first, p);
//
// The state and p are vectors or arrays of any scalar; what the steps depend on must be in them, not in captured active scalars.
// With s states kept, t repetitions of each step suffice for binomial(s + t, s) steps (Griewank and Walther, "revolve", 2000).
// The tape holds one step at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <wengert/embed/custom.hpp>

namespace wengert {
inline namespace WENGERT_TAPE_ABI {

template <class Step> class checkpointed_loop {
 public:
  checkpointed_loop(Step step, std::size_t steps, std::size_t kept) : step_(std::move(step)), steps_(steps), kept_(kept) {}

  template <class S, class P> S operator()(const S& first, const P& p) const {
    using T = scalar_of<S>;
    if constexpr (is_active(static_cast<const T*>(nullptr)))
      return recorded(first, p, static_cast<const T*>(nullptr));
    else
      return advanced(first, p, 0, steps_);
  }

 private:
  template <class T> static constexpr bool is_active(const T*) { return false; }
  template <class V> static constexpr bool is_active(const active<V>*) { return true; }

  template <class S, class P> S advanced(S state, const P& p, std::size_t from, std::size_t to) const {
    for (std::size_t k = from; k < to; ++k) state = step_(std::as_const(state), p, k);
    return state;
  }

  template <class S, class P, class V> S recorded(const S& first, const P& p, const active<V>*) const {
    const auto value_of = [](const active<V>& n) { return n.value(); };
    const auto first_values = each_number(first, value_of);
    const auto p_values = each_number(p, value_of);
    const auto last = advanced(first_values, p_values, 0, steps_);
    S result = each_number(last, [](const V& n) { return active<V>(n); });
    std::vector<active<V>> inputs(first.begin(), first.end());
    inputs.insert(inputs.end(), p.begin(), p.end());
    bool constant = true;
    for (const active<V>& n : inputs) constant &= n.passive();
    if (constant) return result;
    current_tape<V>().block(inputs, last, result,
                            [loop = *this, first_values, p_values](std::span<const V> of_last, std::span<V> of_inputs) {
                              std::vector<V> of_state(of_last.begin(), of_last.end());
                              const std::span<V> of_p = of_inputs.subspan(first_values.size());
                              loop.reverse(first_values, p_values, of_state, of_p);
                              for (std::size_t i = 0; i < first_values.size(); ++i) of_inputs[i] += of_state[i];
                            });
    return result;
  }

  // From the adjoint of the last state to that of the first.
  template <class S, class P, class V>
  void reverse(const S& first, const P& p, std::vector<V>& of_state, std::span<V> of_p) const {
    struct place {
      S state;
      std::size_t step;  // the next one
    };
    std::vector<place> kept{{first, 0}};
    for (std::size_t to = steps_; to > 0;) {
      const std::size_t from = kept.back().step, free = kept_ + 1 - kept.size();
      if (to - from <= 1) {
        reverse_step(kept.back().state, p, from, of_state, of_p);
        to = from;
        if (kept.size() > 1) kept.pop_back();
      } else if (free == 0) {
        reverse_step(advanced(kept.back().state, p, from, to - 1), p, to - 1, of_state, of_p);
        --to;
      } else {
        const std::size_t middle = from + first_part(to - from, free);
        kept.push_back({advanced(kept.back().state, p, from, middle), middle});
      }
    }
  }

  template <class S, class P, class V>
  void reverse_step(const S& state, const P& p, std::size_t k, std::vector<V>& of_state, std::span<V> of_p) const {
    borrowed_tape<V> tape;
    tape_scope scope(*tape);
    const auto activate = [](const V& n) { return active<V>(n); };
    auto active_state = each_number(state, activate);
    auto active_p = each_number(p, activate);
    const variables states = tape->inputs(active_state), parameters = tape->inputs(active_p);
    const auto next = step_(std::as_const(active_state), std::as_const(active_p), k);
    tape->reverse(outputs_of<active<V>>(next), of_state);
    const auto to_p = tape->adjoints(parameters), to_state = tape->adjoints(states);
    for (std::size_t i = 0; i < of_p.size(); ++i) of_p[i] += to_p[i];
    of_state.assign(to_state.begin(), to_state.end());
  }

  // binomial(s + t, s), or `most` if that is more.
  static std::size_t reach(std::size_t s, std::size_t t, std::size_t most) {
    std::size_t n = 1;
    for (std::size_t i = 1; i <= s; ++i) {
      if (n > most) return most;
      n = n * (t + i) / i;
    }
    return std::min(n, most);
  }
  // Of that many steps, how many come before the state that is kept next.
  static std::size_t first_part(std::size_t length, std::size_t kept) {
    if (kept + 1 >= length) return 1;
    std::size_t t = 2;
    while (reach(kept, t, length) < length) ++t;
    const std::size_t second = std::min(reach(kept - 1, t, length), length - 1);
    return std::max<std::size_t>(length - second, 1);
  }

  Step step_;
  std::size_t steps_, kept_;
};

// `states_kept`: at most so many states besides the first.
template <class Step> checkpointed_loop<Step> checkpointed(Step step, std::size_t steps, std::size_t states_kept) {
  return {std::move(step), steps, states_kept};
}

}  // namespace WENGERT_TAPE_ABI
}  // namespace wengert
