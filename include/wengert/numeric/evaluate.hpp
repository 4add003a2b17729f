// The reference evaluator: the values of nodes at one point, one node after the other.
//
// Plain and exact about meaning rather than fast: floating arithmetic as IEEE 754 has it, sums accumulated in order. Three rules
// go beyond that. A `delta` factor that is 0 makes its product 0, whatever the other factors are; the branch of a `select` that
// is not taken does not matter; 0 to a negative power is +inf.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/numeric/bounded.hpp>
#include <wengert/numeric/exponential_fraction.hpp>

namespace wengert {

// Instantiated for double, long double, bounded, ball and exponential_fraction. The tape may grow while an evaluator on it
// exists.
template <class T> class evaluator {
 public:
  // Refuses (error V02) to hold more than `max_values` numbers at once.
  explicit evaluator(const tape& t, std::size_t max_values = std::size_t{1} << 28, arithmetic<T> in = {})
      : tape_(t), max_values_(max_values), in_(in) {}

  // From now on a factor that is exactly 0 makes its product 0 even beside an infinity or no number ("strong zeros", Griewank and
  // Walther 2008): the convention for derivatives where a function is not differentiable. Forgets all values that were computed.
  void let_zero_win();

  // Gives a dimension its size. Throws error V03 if it is less than 1 or the dimension has another size already.
  void bind_dim(dim_id d, std::int64_t size);
  // Gives a symbol its entries, row major, and sizes to those dimensions of its axes that have none yet. Binding it again forgets
  // all values that were computed. Throws error V03 where the shape does not fit the axes.
  void bind(symbol_id s, std::span<const T> values, std::span<const std::size_t> shape);
  void bind(symbol_id s, T value) { bind(s, std::span<const T>(&value, 1), {}); }
  // The same for a name, which may be a dimension's or a symbol's. Throws error V01 if it is neither.
  void bind(std::string_view name, std::span<const T> values, std::span<const std::size_t> shape);
  void bind(std::string_view name, T value) { bind(name, std::span<const T>(&value, 1), {}); }

  // Computes the roots and what they need and is not yet known. Linear in nodes times their sizes (output times bound axes).
  // Throws error V01 naming a symbol or a dimension that is needed and has no value.
  void evaluate(std::span<const node_id> roots);

  // The values of an evaluated root, row major over its output axes; valid until the next call of evaluate or bind.
  std::span<const T> values(node_id n) const;
  // The sizes of a node's output axes.
  std::vector<std::size_t> shape(node_id n);
  // evaluate, then values.
  std::span<const T> operator()(node_id n) {
    evaluate({&n, 1});
    return values(n);
  }
  // Whether something under a node is too large or too small for a T: infinite, so that one over it is 0 as if that were exact,
  // or a product that is 0 without a factor that is. Takes as much memory as all the nodes.
  bool leaves_range(node_id n);
  // How many terms computing the roots takes, those of functions of reals counted as `function`; at most `limit`. Throws what
  // evaluate throws where values are missing.
  std::size_t work(std::span<const node_id> roots, std::size_t function, std::size_t limit);
  // The value of a node without axes.
  T scalar(node_id n);
  // The size of a dimension, if it is known.
  std::optional<std::int64_t> dim_size(dim_id d) const;

 private:
  struct extent {
    std::int64_t lo = 0, count = -1;  // count -1: not resolved yet
  };
  struct sized_dim {
    std::int64_t size = 0;  // 0: unknown
    symbol_id from = none;  // the symbol whose shape gave it
  };
  struct given {
    std::size_t place = 0;  // in given_values_
    std::vector<std::size_t> shape;
    bool bound = false;
  };
  // One argument of the node in hand. What it reads is linear in the node's axes: `at` at the present position, changed by
  // strides_ when an axis steps. For an array `at` is an address; for the leaves delta and index_value, which are not stored,
  // it is the difference of the two indices, and the index.
  struct operand {
    enum class kind : std::uint8_t { array, delta, index } is;
    const T* base;
    std::int64_t at;
    T read() const { return is == kind::array ? base[at] : is == kind::delta ? T(std::int64_t{at == 0}) : T(at); }
  };

  std::int64_t resolve(const affine& a) const;
  const extent& extent_of(range_id r);
  std::size_t count(std::span<const range_id> axes);
  void fit_axis(symbol_id s, std::size_t axis, std::size_t size);
  void forget();

  std::vector<node_id> pending(std::span<const node_id> roots);
  void allocate(std::span<const node_id> todo, std::span<const node_id> roots);
  void check(node_id n);
  void compute(node_id n);
  void compute_function(node_id n);
  void compute_matrix_function(node_id n);
  void aim(node_id n);
  void aim_one(const edge_view& e, std::size_t which);
  void advance();
  template <class Term> void fill(node_id n, Term term);

  T start(reduction red) const;
  T reduce(reduction red, const T& so_far, const T& x) const;
  T product() const;
  T total() const;
  T constant(node_id n);

  const tape& tape_;
  std::size_t max_values_;
  arithmetic<T> in_;
  bool zero_wins_ = false;
  std::vector<sized_dim> dims_;
  std::vector<given> given_;  // by symbol
  std::vector<T> given_values_;
  std::vector<extent> extents_;     // by range
  std::vector<std::size_t> place_;  // by node, in values_
  std::vector<T> values_;
  std::vector<std::optional<T>> rationals_;  // by the tape's number of a rational

  // The node in hand.
  std::vector<extent> axes_;
  std::vector<std::int64_t> counter_;
  std::vector<operand> operands_;
  std::vector<std::int64_t> strides_;  // operand by operand, one per axis
};

extern template class evaluator<double>;
extern template class evaluator<long double>;
extern template class evaluator<bounded>;
extern template class evaluator<ball>;
extern template class evaluator<exponential_fraction>;

}  // namespace wengert
