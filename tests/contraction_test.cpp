// Products of matrices in programs, by the kernel of each vector unit and by OpenBLAS where it is there: entries of C are those
// of long double, up to the rounding of each of their products; between them nothing is written, and what C held is not read.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "../src/numeric/program_blas.hpp"
#include "../src/numeric/program_kernels.hpp"

using namespace wengert::lowered;

namespace {

using matrix = contraction_step::matrix;

std::size_t numbers(const matrix& m, std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>((rows - 1) * m.row + (columns - 1) * m.column + 1);
}

template <class T> std::vector<T> drawn(std::size_t n, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<T> v(n);
  for (T& x : v) x = static_cast<T>(std::normal_distribution<double>()(random));
  return v;
}

template <class T> struct example {
  contraction_step s;
  std::vector<T> a, b, untouched, exact, bound;

  explicit example(const contraction_step& step)
      : s(step),
        a(drawn<T>(numbers(s.a, s.m, s.k), 1)),
        b(drawn<T>(numbers(s.b, s.k, s.n), 2)),
        untouched(numbers(s.c, s.m, s.n), std::numeric_limits<T>::quiet_NaN()),
        exact(untouched),
        bound(untouched) {
    const auto at = [](const matrix& m, std::int64_t row, std::int64_t column) {
      return static_cast<std::size_t>(row * m.row + column * m.column);
    };
    for (std::int64_t i = 0; i < s.m; ++i)
      for (std::int64_t j = 0; j < s.n; ++j) {
        long double sum = 0, size = 0;
        for (std::int64_t k = 0; k < s.k; ++k) {
          const long double product = static_cast<long double>(a[at(s.a, i, k)]) * b[at(s.b, k, j)];
          sum += product, size += std::abs(product);
        }
        exact[at(s.c, i, j)] = static_cast<T>(s.scale * sum);
        bound[at(s.c, i, j)] =
            static_cast<T>(std::abs(s.scale) * size) * std::numeric_limits<T>::epsilon() * static_cast<T>(2 + s.k) / 2;
      }
  }

  template <class F> bool agrees(F contract) const {
    std::vector<T> c = untouched;
    contract(c.data());
    for (std::size_t e = 0; e < c.size(); ++e)
      if (std::isnan(exact[e]) ? !std::isnan(c[e]) : !(std::abs(c[e] - exact[e]) <= bound[e])) return false;
    return true;
  }
};

// Each of A, B and C by rows, by columns, and with a gap behind each row.
template <class F> void each_layout(std::int64_t m, std::int64_t n, std::int64_t k, F f) {
  const auto stored = [](int how, std::int64_t rows, std::int64_t columns) {
    matrix r;
    r.row = how == 1 ? 1 : columns + how, r.column = how == 1 ? rows : 1;
    return r;
  };
  for (int how = 0; how < 27; ++how) {
    contraction_step s;
    s.m = m, s.n = n, s.k = k, s.scale = how % 2 ? 1 : -0.5;
    s.a = stored(how % 3, m, k), s.b = stored(how / 3 % 3, k, n), s.c = stored(how / 9, m, n);
    f(s);
  }
}

template <class T> void check_kernels(std::int64_t m, std::int64_t n, std::int64_t k) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  each_layout(m, n, k, [&](const contraction_step& s) {
    const example<T> e(s);
    for (const std::string& target : kernel_targets()) {
      CAPTURE(target);
      const kernels<T> by = find_kernels<T>(target);
      std::vector<T> space(by.contraction_space(s));
      CHECK(e.agrees([&](T* c) { by.contract(s, e.a.data(), e.b.data(), c, space.data()); }));
    }
    if (blas_is_faster(s)) CHECK(e.agrees([&](T* c) { blas_contract<T>(s, e.a.data(), e.b.data(), c); }));
  });
}

}  // namespace

TEST_CASE("products of matrices by every kernel") {
  for (const auto& [m, n, k] :
       {std::array{1, 1, 1}, {4, 32, 3}, {5, 33, 7}, {3, 300, 2}, {40, 17, 300}, {64, 64, 64}, {67, 71, 65}}) {
    check_kernels<double>(m, n, k);
    check_kernels<float>(m, n, k);
  }
}

TEST_CASE("OpenBLAS on several threads at once") {
  contraction_step s;
  s.m = s.n = s.k = 100;
  s.a.row = s.b.row = s.c.row = 100;
  s.a.column = s.b.column = s.c.column = 1;
  if (!blas_is_faster(s)) return;
  const example<double> e(s);
  std::vector<int> agree(8, 1);
  {
    std::vector<std::jthread> all;
    for (int& mine : agree)
      all.emplace_back([&e, &mine] {
        for (int round = 0; round < 20; ++round)
          mine &= e.agrees([&](double* c) { blas_contract<double>(e.s, e.a.data(), e.b.data(), c); });
      });
  }
  CHECK(agree == std::vector<int>(8, 1));
}
