// The table of identities between functions: name, both sides, what must hold, one sentence. Rules are data: the kernel makes an
// instance by building both sides on given arguments, and the tests check every row at random points.
#pragma once

#include <span>
#include <string_view>

#include <wengert/core/ops.hpp>

namespace wengert {

struct rule {
  std::string_view name;
  int arity;  // how many terms x, y it speaks of
  term (*left)(const term& x, const term& y, const rational& c);
  term (*right)(const term& x, const term& y, const rational& c);
  conditions (*where)(const term& x, const term& y, const rational& c);
  std::string_view sentence;
  bool (*parameter_fits)(const rational& c) = nullptr;  // which rational c are allowed; nullptr: it speaks of none
};

std::span<const rule> rules();
const rule& find_rule(std::string_view name);  // throws defect

}  // namespace wengert
