// Local derivatives: how one node depends on each of its arguments, and where.
#pragma once

#include <vector>

#include <wengert/core/registry.hpp>

namespace wengert {

// For each argument of `n` the factors, over the axes of `axes` (output and bound axes of `n`), whose product is d n / d
// argument. No factors: the derivative is 1. Only arguments with wanted[k] are looked at; the others get no factors.
std::vector<std::vector<edge>> partials(node_id n, frame& axes, const std::vector<bool>& wanted);

// The frame of a node: its output and bound axes.
frame frame_of(tape& t, node_id n);

// How many of the numbers that `extremum`, a greatest or least of some, is one of are equal to it: at least one.
node_id times_attained(tape& t, node_id extremum);

// What must hold for `n` to be defined, as terms of frame_of(n). It says nothing of the reductions max, min and prod.
conditions defined_conditions(node_id n, frame& axes);
// What must hold for `n` to be differentiable in its arguments with wanted[k], the others being fixed, besides being defined.
conditions kink_conditions(node_id n, frame& axes, const std::vector<bool>& wanted);

}  // namespace wengert
