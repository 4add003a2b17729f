// Exact rational numbers: every literal and every coefficient of the engine.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

namespace wengert {

using big_integer = boost::multiprecision::cpp_int;
using rational = boost::multiprecision::cpp_rational;

inline bool is_integer(const rational& q) { return denominator(q) == 1; }
inline bool is_natural(const rational& q) { return is_integer(q) && q >= 1; }
inline bool is_even_integer(const rational& q) { return is_integer(q) && numerator(q) % 2 == 0; }

}  // namespace wengert
