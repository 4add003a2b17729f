// What is measured, as it is written for double, with T in its place, and by hand with its derivatives.
#pragma once

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace workloads {

#define WENGERT_NOINLINE __attribute__((noinline))

// --- W1: softmax cross-entropy of K logits, labels y, m the largest logit. 5 operations an entry and 2.

inline double cross_entropy_operations(std::size_t k) { return 5.0 * static_cast<double>(k) + 2; }

template <class T> WENGERT_NOINLINE T cross_entropy(const T* x, const double* y, double m, std::size_t k) {
  using std::exp, std::log;
  T s(0), d(0);
  for (std::size_t i = 0; i < k; i++) {
    T z = x[i] - m;
    s += exp(z);
    d += y[i] * z;
  }
  return log(s) - d;
}

WENGERT_NOINLINE inline double cross_entropy_by_hand(const double* x, const double* y, double m, std::size_t k, double* g) {
  double s = 0, d = 0;
  for (std::size_t i = 0; i < k; i++) {
    const double z = x[i] - m, e = std::exp(z);
    g[i] = e;
    s += e;
    d += y[i] * z;
  }
  for (std::size_t i = 0; i < k; i++) g[i] = g[i] * (1 / s) - y[i];
  return std::log(s) - d;
}

// --- W2: the logarithm of the sum of n exponentials. 3 operations an entry and 2.

inline double log_sum_exp_operations(std::size_t n) { return 3.0 * static_cast<double>(n) + 2; }

template <class T> WENGERT_NOINLINE T log_sum_exp(const T* x, double m, std::size_t n) {
  using std::exp, std::log;
  T s(0);
  for (std::size_t i = 0; i < n; i++) s += exp(x[i] - m);
  return log(s) + m;
}

WENGERT_NOINLINE inline double log_sum_exp_by_hand(const double* x, double m, std::size_t n, double* g) {
  double s = 0;
  for (std::size_t i = 0; i < n; i++) {
    g[i] = std::exp(x[i] - m);
    s += g[i];
  }
  for (std::size_t i = 0; i < n; i++) g[i] *= 1 / s;
  return std::log(s) + m;
}

// --- W3: one path of a price with a stochastic volatility, by Euler's method, on two normal numbers a step; p: the price, its
// variance, rate, mean reversion, mean, volatility of the variance, correlation, strike. A payoff of the logarithmic mean,
// smoothed. 24 operations a step and 13.

inline constexpr double path_parameters[8] = {100.0, 0.04, 0.03, 1.5, 0.05, 0.4, -0.6, 100.0};
inline double path_operations(std::size_t steps) { return 24.0 * static_cast<double>(steps) + 13; }

template <class T, class R = double> WENGERT_NOINLINE T path(const T* p, const R* normals, std::size_t steps) {
  using std::exp, std::log, std::sqrt;
  const double dt = 1.0 / static_cast<double>(steps), root_dt = std::sqrt(dt);
  T price = p[0], variance = p[1], sum(0);
  T other = sqrt(1.0 - p[6] * p[6]);
  for (std::size_t i = 0; i < steps; i++) {
    T w = sqrt(variance * variance + 1e-8);
    T volatility = sqrt(w) * root_dt;
    T z = p[6] * normals[2 * i] + other * normals[2 * i + 1];
    price = price * exp((p[2] - 0.5 * w) * dt + volatility * normals[2 * i]);
    variance = variance + p[3] * (p[4] - w) * dt + p[5] * volatility * z;
    sum = sum + log(price);
  }
  T gain = exp(sum * dt) - p[7];
  return log(1.0 + exp(gain * 0.5)) * 2.0 * exp(p[2] * (-1.0));
}

// The adjoints by hand, from the values of each step, which are kept.
WENGERT_NOINLINE inline double path_by_hand(const double* p, const double* normals, std::size_t steps, double* g) {
  const double dt = 1.0 / static_cast<double>(steps), root_dt = std::sqrt(dt), other = std::sqrt(1.0 - p[6] * p[6]);
  static thread_local std::vector<double> variances, ws, volatilities;
  variances.resize(steps), ws.resize(steps), volatilities.resize(steps);
  double log_price = std::log(p[0]), price = p[0], variance = p[1], sum = 0;
  for (std::size_t i = 0; i < steps; i++) {
    const double w = std::sqrt(variance * variance + 1e-8), volatility = std::sqrt(w) * root_dt;
    const double z = p[6] * normals[2 * i] + other * normals[2 * i + 1];
    variances[i] = variance, ws[i] = w, volatilities[i] = volatility;
    price *= std::exp((p[2] - 0.5 * w) * dt + volatility * normals[2 * i]);
    variance += p[3] * (p[4] - w) * dt + p[5] * volatility * z;
    log_price = std::log(price);
    sum += log_price;
  }
  const double mean = std::exp(sum * dt), e = std::exp((mean - p[7]) * 0.5), discount = std::exp(-p[2]),
               smooth = std::log(1 + e) * 2;
  const double of_gain = discount * e / (1 + e), of_sum = of_gain * mean * dt;
  for (int k = 0; k < 8; k++) g[k] = 0;
  g[7] = -of_gain;
  g[2] = -smooth * discount;
  double of_log = 0, of_variance = 0, of_other = 0;
  for (std::size_t i = steps; i-- > 0;) {
    const double a = normals[2 * i], b = normals[2 * i + 1], z = p[6] * a + other * b;
    of_log += of_sum;
    g[2] += of_log * dt;
    double of_w = -0.5 * dt * of_log - of_variance * p[3] * dt;
    const double of_volatility = of_log * a + of_variance * p[5] * z, of_z = of_variance * p[5] * volatilities[i];
    g[3] += of_variance * (p[4] - ws[i]) * dt;
    g[4] += of_variance * p[3] * dt;
    g[5] += of_variance * volatilities[i] * z;
    g[6] += of_z * a;
    of_other += of_z * b;
    of_w += of_volatility * 0.5 * dt / volatilities[i];
    of_variance += of_w * variances[i] / ws[i];
  }
  g[0] = of_log / p[0];
  g[1] = of_variance;
  g[6] -= of_other * p[6] / other;
  return smooth * discount;
}

// --- W4: a network of two layers on a batch, with softmax cross-entropy.

struct network_size {
  std::size_t inputs, hidden, outputs, batch;
  std::size_t parameters() const { return hidden * inputs + hidden + outputs * hidden + outputs; }
  double operations() const {
    const auto i = static_cast<double>(inputs), h = static_cast<double>(hidden), o = static_cast<double>(outputs);
    return static_cast<double>(batch) * (h * (2 * i + 1) + o * 2 * h + 2 * o + 3) + 1;
  }
};

template <class T> WENGERT_NOINLINE T network(const T* p, const double* x, const int* labels, const network_size& size) {
  using std::exp, std::log, std::tanh;
  const T *a1 = p, *b1 = a1 + size.hidden * size.inputs, *a2 = b1 + size.hidden, *b2 = a2 + size.outputs * size.hidden;
  T loss(0);
  std::vector<T> h(size.hidden), o(size.outputs);
  for (std::size_t n = 0; n < size.batch; n++, x += size.inputs) {
    for (std::size_t j = 0; j < size.hidden; j++) {
      T s = b1[j];
      for (std::size_t i = 0; i < size.inputs; i++) s += a1[j * size.inputs + i] * x[i];
      h[j] = tanh(s);
    }
    for (std::size_t k = 0; k < size.outputs; k++) {
      T s = b2[k];
      for (std::size_t j = 0; j < size.hidden; j++) s += a2[k * size.hidden + j] * h[j];
      o[k] = s;
    }
    T s(0);
    for (std::size_t k = 0; k < size.outputs; k++) s += exp(o[k]);
    loss += log(s) - o[static_cast<std::size_t>(labels[n])];
  }
  loss = loss * (1.0 / static_cast<double>(size.batch));
  return loss;
}

WENGERT_NOINLINE inline double network_by_hand(const double* p, const double* x, const int* labels, const network_size& size,
                                               double* g) {
  const double *a1 = p, *b1 = a1 + size.hidden * size.inputs, *a2 = b1 + size.hidden, *b2 = a2 + size.outputs * size.hidden;
  double *ga1 = g, *gb1 = ga1 + size.hidden * size.inputs, *ga2 = gb1 + size.hidden, *gb2 = ga2 + size.outputs * size.hidden;
  for (std::size_t i = 0; i < size.parameters(); i++) g[i] = 0;
  const double scale = 1.0 / static_cast<double>(size.batch);
  double loss = 0;
  std::vector<double> h(size.hidden), o(size.outputs), of_h(size.hidden);
  for (std::size_t n = 0; n < size.batch; n++, x += size.inputs) {
    for (std::size_t j = 0; j < size.hidden; j++) {
      double s = b1[j];
      for (std::size_t i = 0; i < size.inputs; i++) s += a1[j * size.inputs + i] * x[i];
      h[j] = std::tanh(s);
      of_h[j] = 0;
    }
    double sum = 0;
    for (std::size_t k = 0; k < size.outputs; k++) {
      double s = b2[k];
      for (std::size_t j = 0; j < size.hidden; j++) s += a2[k * size.hidden + j] * h[j];
      o[k] = s;
      sum += std::exp(s);
    }
    const auto label = static_cast<std::size_t>(labels[n]);
    loss += std::log(sum) - o[label];
    for (std::size_t k = 0; k < size.outputs; k++) {
      const double of_o = scale * (std::exp(o[k]) / sum - (k == label ? 1 : 0));
      gb2[k] += of_o;
      for (std::size_t j = 0; j < size.hidden; j++) {
        ga2[k * size.hidden + j] += of_o * h[j];
        of_h[j] += of_o * a2[k * size.hidden + j];
      }
    }
    for (std::size_t j = 0; j < size.hidden; j++) {
      const double of_s = of_h[j] * (1 - h[j] * h[j]);
      gb1[j] += of_s;
      for (std::size_t i = 0; i < size.inputs; i++) ga1[j * size.inputs + i] += of_s * x[i];
    }
  }
  return loss * scale;
}

// --- W5: x = sin(x)*c + x, n times. 3 operations a step.

inline double chain_of_sines_operations(std::size_t n) { return 3.0 * static_cast<double>(n); }

template <class T> WENGERT_NOINLINE T chain_of_sines(T x, double c, std::size_t n) {
  using std::sin;
  for (std::size_t i = 0; i < n; i++) x = sin(x) * c + x;
  return x;
}

WENGERT_NOINLINE inline double chain_of_sines_by_hand(double x, double c, std::size_t n, double* g) {
  *g = 1;
  for (std::size_t i = 0; i < n; i++) {
    *g *= std::cos(x) * c + 1;
    x = std::sin(x) * c + x;
  }
  return x;
}

// --- CE: the mean over a batch of softmax cross-entropy, each row's largest logit taken out. 6 operations an entry and 3 a row.

inline double batch_cross_entropy_operations(std::size_t batch, std::size_t k) {
  return static_cast<double>(batch) * (6.0 * static_cast<double>(k) + 3);
}

template <class T> WENGERT_NOINLINE T batch_cross_entropy(const T* z, const T* y, std::size_t batch, std::size_t k) {
  using std::exp, std::log;
  T loss(0);
  for (std::size_t b = 0; b < batch; b++, z += k, y += k) {
    T m = z[0], s(0), d(0);
    for (std::size_t i = 0; i < k; i++) m = m < z[i] ? z[i] : m;
    for (std::size_t i = 0; i < k; i++) {
      const T u = z[i] - m;
      s += exp(u);
      d += y[i] * u;
    }
    loss += log(s) - d;
  }
  return loss / static_cast<T>(batch);
}

// --- numbers

inline std::vector<double> normal_numbers(std::size_t n, unsigned seed, double scale = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> v(n);
  for (double& x : v) x = scale * normal(random);
  return v;
}

}  // namespace workloads
