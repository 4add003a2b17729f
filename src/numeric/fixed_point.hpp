// Elementary functions of whole multiples of 2^-w: every argument and every result is such a multiple, written as its numerator.
// Results are off by less than 2^20 units for w up to a million.
#pragma once

#include <utility>

#include <wengert/core/rational.hpp>

namespace wengert::fixed_point {

// x*2^s, s of any sign, rounded to a whole number.
big_integer shifted(const big_integer& x, long long s);

big_integer log_of_2(int w);
big_integer pi(int w);

big_integer exp(const big_integer& x, int w);                              // 0 <= x <= 1
big_integer log(const big_integer& x, int w);                              // 1/2 <= x <= 2
big_integer atan(const big_integer& x, int w);                             // |x| <= 1
std::pair<big_integer, big_integer> sin_cos(const big_integer& x, int w);  // |x| <= 1

}  // namespace wengert::fixed_point
