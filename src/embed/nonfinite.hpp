// The operation that made an infinity or no number of finite ones.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <wengert/embed/compiled.hpp>
#include <wengert/numeric/evaluate.hpp>
#include <wengert/text/printer.hpp>

namespace wengert {

// Of what the first entry that is not finite, among those of the roots, was computed from, what was computed first; nothing if
// all are finite. The evaluator has all symbols. `is_finite` may know a smaller range than double's.
std::optional<culprit> find_nonfinite(const tape& t, std::span<const node_id> roots, evaluator<double>& at,
                                      const std::function<bool(double)>& is_finite, const naming& names);

}  // namespace wengert
