// fmt prints a scalar as its value.
#pragma once

#include <fmt/format.h>

#include <wengert/numeric/scalar.hpp>

template <class X>
requires wengert::scalar<X>
struct fmt::formatter<X> : fmt::formatter<wengert::value_t<X>> {
  template <class Context> auto format(const X& x, Context& context) const {
    return fmt::formatter<wengert::value_t<X>>::format(x.value(), context);
  }
};
