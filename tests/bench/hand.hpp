// Kernels by hand, on the vectors of the machine that this is compiled for: what a program should come close to.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <wengert/numeric/reserved_memory.hpp>

namespace by_hand {

#if defined(__AVX512F__)
inline constexpr std::size_t bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t bytes = 32;
#else
inline constexpr std::size_t bytes = 16;
#endif

template <class T> struct vectors;
template <> struct vectors<double> {
  using number [[gnu::vector_size(bytes)]] = double;
  using whole [[gnu::vector_size(bytes)]] = std::int64_t;
};
template <> struct vectors<float> {
  using number [[gnu::vector_size(bytes)]] = float;
  using whole [[gnu::vector_size(bytes)]] = std::int32_t;
};
template <class T> using vec = typename vectors<T>::number;
template <class T> inline constexpr std::size_t lanes = bytes / sizeof(T);

template <class T> inline vec<T> load(const T* from) {
  vec<T> v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}
template <class T> inline void store(T* to, vec<T> v) { std::memcpy(to, &v, sizeof(v)); }
// The first n lanes, and `rest` in the others.
template <class T> inline vec<T> load(const T* from, std::size_t n, T rest) {
  vec<T> v = rest - vec<T>{};
  for (std::size_t k = 0; k < n; ++k) v[k] = from[k];
  return v;
}
template <class T> inline void store(T* to, vec<T> v, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) to[k] = v[k];
}
template <class T> inline T sum(vec<T> v) {
  T s = 0;
  for (std::size_t k = 0; k < lanes<T>; ++k) s += v[k];
  return s;
}
template <class T> inline T largest(vec<T> v) {
  T m = v[0];
  for (std::size_t k = 1; k < lanes<T>; ++k) m = m > v[k] ? m : v[k];
  return m;
}

// exp(x) for x that is not large.
inline vec<double> exponential(vec<double> x) {
  x = x > -708.0 ? x : x * 0 - 708.0;
  const vec<double> t = x * 1.4426950408889634 + 0x1.8p52, n = t - 0x1.8p52;
  const vec<double> r = x - n * 6.93147180369123816490e-01 - n * 1.90821492927058770002e-10, r2 = r * r, r4 = r2 * r2,
                    r8 = r4 * r4;
  const vec<double> a = 0.16666666666666667 * r + 0.5, b = 0.0083333333333300513 * r + 0.041666666666623992,
                    c = 0.00019841269863105969 * r + 0.0013888888917281793, d = 2.7557268378684193e-6 * r + 2.4801521190217728e-5,
                    e = 2.5100424157005067e-8 * r + 2.7620138719733996e-7;
  const vec<double> h = e * r8 + ((d * r2 + c) * r4 + (b * r2 + a));
  vectors<double>::whole bits;
  std::memcpy(&bits, &t, sizeof(bits));
  bits = (bits + 1023) << 52;
  vec<double> scale;
  std::memcpy(&scale, &bits, sizeof(scale));
  return (r2 * h + r + 1.0) * scale;
}
inline vec<float> exponential(vec<float> x) {
  x = x > -87.0f ? x : x * 0 - 87.0f;
  const vec<float> t = x * 1.44269504f + 0x1.8p23f, n = t - 0x1.8p23f, r = x - n * 0.693359375f - n * -2.12194440e-4f;
  vec<float> h = 0.0013926213466332443f * r + 0.0083632029715758549f;
  h = h * r + 0.041666554437685939f;
  h = h * r + 0.16666576845993976f;
  h = h * r + 0.5f;
  vectors<float>::whole bits;
  std::memcpy(&bits, &t, sizeof(bits));
  bits = (bits + 127) << 23;
  vec<float> scale;
  std::memcpy(&scale, &bits, sizeof(scale));
  return (r * r * h + r + 1.0f) * scale;
}

// log(SUM exp(x - m)) - SUM y*(x - m), and its gradient, times `weight`. Without y, log(SUM exp(x - m)).
template <bool Labels, class T> inline T row(const T* x, const T* y, T m, std::size_t k, T* g, T weight) {
  constexpr std::size_t n = lanes<T>;
  vec<T> s0{}, s1{}, d0{}, d1{};
  std::size_t i = 0;
  for (; i + 2 * n <= k; i += 2 * n) {
    const vec<T> u = load(x + i) - m, v = load(x + i + n) - m, e = exponential(u), f = exponential(v);
    store<T>(g + i, e);
    store<T>(g + i + n, f);
    s0 += e;
    s1 += f;
    if constexpr (Labels) {
      d0 += load(y + i) * u;
      d1 += load(y + i + n) * v;
    }
  }
  for (; i < k; i += n) {
    const std::size_t rest = k - i < n ? k - i : n;
    const vec<T> u = load(x + i, rest, -std::numeric_limits<T>::max()) - m, e = exponential(u);
    store<T>(g + i, e, rest);
    for (std::size_t j = 0; j < rest; ++j) s0[j] += e[j];
    if constexpr (Labels)
      for (std::size_t j = 0; j < rest; ++j) d0[j] += y[i + j] * u[j];
  }
  const T total = sum<T>(s0 + s1), scale = weight / total;
  for (i = 0; i + n <= k; i += n) {
    vec<T> v = load(g + i) * scale;
    if constexpr (Labels) v -= load(y + i) * weight;
    store<T>(g + i, v);
  }
  for (; i < k; ++i) g[i] = g[i] * scale - (Labels ? y[i] * weight : T(0));
  return weight * (std::log(total) - sum<T>(d0 + d1));
}

template <class T> inline T maximum(const T* x, std::size_t k) {
  constexpr std::size_t n = lanes<T>;
  std::size_t i = 0;
  vec<T> a = -std::numeric_limits<T>::max() - vec<T>{}, b = a;
  for (; i + 2 * n <= k; i += 2 * n) {
    const vec<T> u = load(x + i), v = load(x + i + n);
    a = a > u ? a : u;
    b = b > v ? b : v;
  }
  T m = largest<T>(a > b ? a : b);
  for (; i < k; ++i) m = m > x[i] ? m : x[i];
  return m;
}

// The mean over the rows of softmax cross-entropy, and its gradient.
template <class T> [[gnu::noinline]] T cross_entropy(const T* z, const T* y, std::size_t batch, std::size_t k, T* g) {
  T loss = 0;
  for (std::size_t b = 0; b < batch; ++b)
    loss += row<true>(z + b * k, y + b * k, maximum(z + b * k, k), k, g + b * k, T(1) / static_cast<T>(batch));
  return loss;
}

[[gnu::noinline]] inline double cross_entropy(const double* x, const double* y, double m, std::size_t k, double* g) {
  return row<true>(x, y, m, k, g, 1.0);
}
[[gnu::noinline]] inline double log_sum_exp(const double* x, double m, std::size_t k, double* g) {
  return row<false>(x, x, m, k, g, 1.0) + m;
}

// A tape that is told what to write: inputs as scalars, an edge for each share that one node has in another, the sweep, and
// nothing else, in memory like that of a jacobian_tape. What a tape that is recorded afresh costs at least.
class bare_tape {
 public:
  explicit bare_tape(std::size_t inputs)
      : count_(inputs),
        memory_{wengert::reserved_memory(inputs * sizeof(scalar)), wengert::reserved_memory((2 * inputs + 2) * sizeof(edge)),
                wengert::reserved_memory(apart + (inputs + 4) * sizeof(double))} {}

  // As `row`.
  template <bool Labels> [[gnu::noinline]] double gradient(const double* at, const double* y, double m, double* g) {
    scalar* x = static_cast<scalar*>(memory_[0].begin());
    edge *first = static_cast<edge*>(memory_[1].begin()), *top = first;
    auto* adjoint = reinterpret_cast<double*>(static_cast<std::byte*>(memory_[2].begin()) + apart);
    for (std::size_t i = 0; i < count_; ++i) x[i] = {at[i], 1.0, static_cast<std::uint32_t>(i + 1)};
    const auto sum = static_cast<std::uint32_t>(count_ + 1), labelled = sum + 1, result = sum + 2;
    double s = 0, d = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const double z = x[i].value - m, e = std::exp(z);
      s += e;
      *top++ = {sum, x[i].node, x[i].slope * e};
      if constexpr (Labels) {
        d += y[i] * z;
        *top++ = {labelled, x[i].node, x[i].slope * y[i]};
      }
    }
    *top++ = {result, sum, 1 / s};
    if constexpr (Labels) *top++ = {result, labelled, -1.0};
    std::memset(adjoint, 0, (count_ + 4) * sizeof(double));
    adjoint[result] = 1;
    while (top != first) {
      --top;
      adjoint[top->rhs] += adjoint[top->lhs] * top->partial;
    }
    std::memcpy(g, adjoint + 1, count_ * sizeof(double));
    return std::log(s) - d;
  }

 private:
  struct scalar {
    double value, slope;
    std::uint32_t node;
  };
  struct edge {
    std::uint32_t lhs, rhs;
    double partial;
  };
  static constexpr std::size_t apart = 2112;

  std::size_t count_;
  wengert::reserved_memory memory_[3];
};

}  // namespace by_hand
