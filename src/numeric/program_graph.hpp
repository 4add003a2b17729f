// The graph that a program is lowered from: the nodes of a tape with sizes in place of ranges, and indices that count from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <wengert/core/registry.hpp>
#include <wengert/core/tape.hpp>
#include <wengert/numeric/program.hpp>

#include "program_steps.hpp"

namespace wengert::lowered {

// A position along one axis of an argument: that of the reader's axis, plus a shift; or the shift alone.
struct place {
  static constexpr std::int32_t nowhere = -1;
  std::int32_t axis = nowhere;
  std::int64_t shift = 0;
  friend auto operator<=>(const place&, const place&) = default;
};

struct argument {
  enum class kind : std::uint8_t { item, input, constant, index, delta } is = kind::constant;
  std::uint32_t which = 0;             // item or source
  double value = 0;                    // of a constant
  std::uint32_t first = 0, count = 0;  // places: one per axis; those of an index and of a delta count as users count
};

struct item {
  opcode op = opcode::identity;
  reduction red = reduction::none;
  comparison compares = comparison::lt;
  std::uint8_t rank = 0, bound = 0;
  node_id node = none;
  std::uint32_t table = 0;       // the number of a power
  std::uint32_t first_axis = 0;  // in sizes: output axes, bound axes
  std::uint32_t first_argument = 0, arity = 0;
  // An output axis of which only a part is computed: the entries before and behind that are 0.
  std::int8_t window = -1;
  std::int64_t extent = 0, begin = 0;
};

struct graph {
  std::vector<item> items;  // arguments first
  std::vector<std::int64_t> sizes;
  std::vector<argument> arguments;
  std::vector<place> places;
  std::vector<rational_power> powers;
  std::vector<std::vector<std::int64_t>> inputs, outputs;  // their shapes
  // What is read of inputs: first each of them as a whole, then the views.
  struct source {
    std::uint32_t input;
    std::int64_t offset;
    std::vector<std::int64_t> strides;
  };
  std::vector<source> sources;
  // What goes into an output from some place on; each item once.
  struct result {
    std::uint32_t item, output;
    std::int64_t offset;
  };
  std::vector<result> results;
  // An output with shares: whether parts of it overlap, so that all are added up, and whether it begins as zeros.
  struct mode {
    bool shared = false, adds = false, fills = false;
  };
  std::vector<mode> modes;  // by output
  struct share {
    std::uint32_t item, output;
    std::int64_t offset;
    std::vector<std::int64_t> strides;
  };
  std::vector<share> shares;

  std::size_t axes(const item& x) const { return std::size_t{x.rank} + x.bound; }
  std::int64_t size(const item& x, std::size_t axis) const { return sizes[x.first_axis + axis]; }
  // How long the axis of the array is.
  std::int64_t extent(const item& x, std::size_t axis) const {
    return static_cast<std::int64_t>(axis) == x.window ? x.extent : size(x, axis);
  }
  std::span<const argument> arguments_of(const item& x) const { return {arguments.data() + x.first_argument, x.arity}; }
  std::span<const place> places_of(const argument& a) const { return {places.data() + a.first, a.count}; }
};

// The graph of the outputs. `sizes` says how long a dimension is. Throws error V01 where an output needs a symbol that is no
// input, V02 where an array is too large, V08 where a function is unknown.
graph make_graph(const tape& t, const program_arrays& arrays, const std::function<std::int64_t(dim_id)>& sizes);

// Steps for the graph; a number takes `bytes`.
plan lower(const graph& g, std::size_t bytes);

}  // namespace wengert::lowered
