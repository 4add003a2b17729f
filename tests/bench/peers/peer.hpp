// Other libraries' gradients of the workloads. Those that bench is linked with add themselves.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "../workloads.hpp"

namespace peers {

// Each function puts a gradient where its last argument tells and returns the value. What records does it afresh each time.
struct peer {
  std::string name;
  std::size_t most_inputs;
  double (*cross_entropy)(const double* x, const double* y, double m, std::size_t k, double* g) = nullptr;
  double (*log_sum_exp)(const double* x, double m, std::size_t n, double* g) = nullptr;
  double (*path)(const double* x, const double* normals, std::size_t steps, double* g) = nullptr;
  double (*network)(const double* x, const double* images, const int* labels, const workloads::network_size& size,
                    double* g) = nullptr;
  double (*chain_of_sines)(double x, double c, std::size_t n, double* g) = nullptr;
  // On whole arrays.
  double (*batch_cross_entropy)(const double* z, const double* y, std::size_t batch, std::size_t k, double* g) = nullptr;
  float (*batch_cross_entropy_float)(const float* z, const float* y, std::size_t batch, std::size_t k, float* g) = nullptr;
};

inline std::vector<peer>& all() {
  static std::vector<peer> peers;
  return peers;
}

// Way::gradient(x, n, operations, f, g) differentiates f, which takes a pointer to n scalars of the peer's, at the n numbers x.
template <class Way> bool add(const std::string& name, std::size_t most_inputs = std::numeric_limits<std::size_t>::max()) {
  peer p{.name = name, .most_inputs = most_inputs};
  p.cross_entropy = [](const double* x, const double* y, double m, std::size_t k, double* g) {
    const auto f = [=](const auto* a) { return workloads::cross_entropy(a, y, m, k); };
    return Way::gradient(x, k, workloads::cross_entropy_operations(k), f, g);
  };
  p.log_sum_exp = [](const double* x, double m, std::size_t n, double* g) {
    const auto f = [=](const auto* a) { return workloads::log_sum_exp(a, m, n); };
    return Way::gradient(x, n, workloads::log_sum_exp_operations(n), f, g);
  };
  p.path = [](const double* x, const double* normals, std::size_t steps, double* g) {
    const auto f = [=](const auto* a) { return workloads::path(a, normals, steps); };
    return Way::gradient(x, 8, workloads::path_operations(steps), f, g);
  };
  p.network = [](const double* x, const double* images, const int* labels, const workloads::network_size& size, double* g) {
    const auto f = [&](const auto* a) { return workloads::network(a, images, labels, size); };
    return Way::gradient(x, size.parameters(), size.operations(), f, g);
  };
  p.chain_of_sines = [](double x, double c, std::size_t n, double* g) {
    const auto f = [=](const auto* a) { return workloads::chain_of_sines(*a, c, n); };
    return Way::gradient(&x, 1, workloads::chain_of_sines_operations(n), f, g);
  };
  all().push_back(p);
  return true;
}

}  // namespace peers
