// The values of special functions, for double and long double. Outside the domain there is no number, beyond the largest number
// an infinity; nothing throws. Orders beyond a million (polygamma: a thousand) are not evaluated.
#pragma once

namespace wengert::special {

template <class T> T erfinv(T x);
template <class T> T gamma(T x);
template <class T> T lgamma(T x);  // unlike std::lgamma free of the global sign; inf at the poles
template <class T> T digamma(T x);
template <class T> T expint(T x);    // Ei(x)
template <class T> T lambertw(T x);  // the principal branch
template <class T> T beta(T x, T y);
template <class T> T polygamma(T n, T x);
template <class T> T gammap(T a, T x);
template <class T> T gammaq(T a, T x);
template <class T> T besselj(T n, T x);
template <class T> T bessely(T n, T x);
template <class T> T besseli(T n, T x);
template <class T> T besselk(T n, T x);

}  // namespace wengert::special
