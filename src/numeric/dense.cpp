#include "dense.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <wengert/core/rational.hpp>

namespace wengert::dense {

namespace {

constexpr std::size_t most_exact = 16;  // rows of a matrix whose determinant is found in whole numbers
constexpr int most_bits = 256;          // between the exponents of its entries

// P*A = L*U in one array, with the permutation of the rows.
template <class T> struct factors {
  std::vector<T> lu;
  std::vector<std::size_t> rows;
  T determinant = 1;
  bool doubtful = false;  // a pivot is so small that the matrix may be singular
};

template <class T> factors<T> factorize(std::span<const T> a, std::size_t n) {
  factors<T> f{{a.begin(), a.end()}, std::vector<std::size_t>(n)};
  std::iota(f.rows.begin(), f.rows.end(), std::size_t{0});
  T largest = 0;
  for (T x : a) largest = std::max(largest, std::abs(x));
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t r = k + 1; r < n; ++r)
      if (std::abs(f.lu[r * n + k]) > std::abs(f.lu[pivot * n + k])) pivot = r;
    if (pivot != k) {
      std::swap_ranges(f.lu.begin() + static_cast<std::ptrdiff_t>(k * n), f.lu.begin() + static_cast<std::ptrdiff_t>((k + 1) * n),
                       f.lu.begin() + static_cast<std::ptrdiff_t>(pivot * n));
      std::swap(f.rows[k], f.rows[pivot]);
      f.determinant = -f.determinant;
    }
    T p = f.lu[k * n + k];
    f.determinant *= p;
    if (std::abs(p) <= 16 * static_cast<T>(n) * std::numeric_limits<T>::epsilon() * largest) f.doubtful = true;
    if (p == 0) continue;
    for (std::size_t r = k + 1; r < n; ++r) {
      T c = f.lu[r * n + k] /= p;
      for (std::size_t m = k + 1; m < n; ++m) f.lu[r * n + m] -= c * f.lu[k * n + m];
    }
  }
  return f;
}

// The determinant by fraction-free elimination (Bareiss 1968), the entries scaled to whole numbers by a power of 2.
template <class T> bool exact_determinant(std::span<const T> a, std::size_t n, T& result) {
  int least = std::numeric_limits<int>::max(), most = std::numeric_limits<int>::min();
  for (T x : a) {
    if (!std::isfinite(x)) return false;
    if (x == 0) continue;
    least = std::min(least, std::ilogb(x));
    most = std::max(most, std::ilogb(x));
  }
  if (least > most) {
    result = n == 0 ? 1 : 0;
    return true;
  }
  if (n > most_exact || most - least > most_bits) return false;
  const int shift = std::numeric_limits<T>::digits - 1 - least;
  std::vector<big_integer> m;
  for (T x : a) m.emplace_back(std::scalbn(x, shift));
  big_integer previous = 1;
  bool negative = false;
  for (std::size_t k = 0; k + 1 < n; ++k) {
    std::size_t pivot = k;
    while (pivot < n && m[pivot * n + k] == 0) ++pivot;
    if (pivot == n) {
      result = 0;
      return true;
    }
    if (pivot != k) {
      for (std::size_t c = 0; c < n; ++c) std::swap(m[k * n + c], m[pivot * n + c]);
      negative = !negative;
    }
    for (std::size_t r = k + 1; r < n; ++r)
      for (std::size_t c = k + 1; c < n; ++c)
        m[r * n + c] = big_integer((m[r * n + c] * m[k * n + k] - m[r * n + k] * m[k * n + c]) / previous);
    previous = m[k * n + k];
  }
  const big_integer& d = m.back();
  if (d == 0) {
    result = 0;
    return true;
  }
  // d * 2^(-n*shift), without leaving the range of T on the way.
  auto bits = static_cast<int>(msb(abs(d)));
  int drop = std::max(0, bits - 2 * std::numeric_limits<T>::digits);
  T leading = static_cast<T>(big_integer(d / (big_integer(1) << drop)).template convert_to<T>());
  result = std::scalbn(negative ? -leading : leading, drop - static_cast<int>(n) * shift);
  return true;
}

template <class T> T determinant_of(std::span<const T> a, std::size_t n, const factors<T>& f) {
  T exact = 0;
  return f.doubtful && exact_determinant(a, n, exact) ? exact : f.determinant;
}

// Solves A*X = I column by column.
template <class T> std::vector<T> solve_identity(const factors<T>& f, std::size_t n) {
  std::vector<T> x(n * n, 0);
  for (std::size_t column = 0; column < n; ++column) {
    for (std::size_t r = 0; r < n; ++r) {
      T s = f.rows[r] == column ? T(1) : T(0);
      for (std::size_t m = 0; m < r; ++m) s -= f.lu[r * n + m] * x[m * n + column];
      x[r * n + column] = s;
    }
    for (std::size_t r = n; r-- > 0;) {
      T s = x[r * n + column];
      for (std::size_t m = r + 1; m < n; ++m) s -= f.lu[r * n + m] * x[m * n + column];
      x[r * n + column] = s / f.lu[r * n + r];
    }
  }
  return x;
}

}  // namespace

template <class T> T determinant(std::span<const T> a, std::size_t n) { return determinant_of(a, n, factorize(a, n)); }

template <class T> std::vector<T> inverse(std::span<const T> a, std::size_t n) {
  if (n == 1) return {1 / a[0]};
  factors<T> f = factorize(a, n);
  if (determinant_of(a, n, f) == 0) return std::vector<T>(n * n, std::numeric_limits<T>::quiet_NaN());
  return solve_identity(f, n);
}

template <class T> std::vector<T> adjugate(std::span<const T> a, std::size_t n) {
  if (n == 1) return {1};
  factors<T> f = factorize(a, n);
  if (!f.doubtful) {
    std::vector<T> x = solve_identity(f, n);
    for (T& v : x) v *= f.determinant;
    return x;
  }
  std::vector<T> x(n * n), minor;
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      minor.clear();
      for (std::size_t p = 0; p < n; ++p)
        for (std::size_t q = 0; q < n; ++q)
          if (p != r && q != c) minor.push_back(a[p * n + q]);
      T d = determinant(std::span<const T>(minor), n - 1);
      x[c * n + r] = (r + c) % 2 == 0 ? d : -d;
    }
  return x;
}

template double determinant(std::span<const double>, std::size_t);
template long double determinant(std::span<const long double>, std::size_t);
template std::vector<double> inverse(std::span<const double>, std::size_t);
template std::vector<long double> inverse(std::span<const long double>, std::size_t);
template std::vector<double> adjugate(std::span<const double>, std::size_t);
template std::vector<long double> adjugate(std::span<const long double>, std::size_t);

}  // namespace wengert::dense
