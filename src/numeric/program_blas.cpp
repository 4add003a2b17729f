#include "program_blas.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <string_view>
#include <utility>

#include <cblas.h>

namespace wengert::lowered {

namespace {

constexpr std::int64_t least = 64;  // rows, columns and products of each entry

// OpenBLAS works on as many threads as the process has told it, which it is told again when the last of these is gone.
class one_thread_each {
 public:
  one_thread_each() {
    const std::scoped_lock lock(mutex_);
    if (count_++ == 0) tell(before_ = openblas_get_num_threads(), 1);
  }
  ~one_thread_each() {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) tell(1, before_);
  }
  one_thread_each(const one_thread_each&) = delete;
  one_thread_each& operator=(const one_thread_each&) = delete;

 private:
  static void tell(int old, int threads) {
    if (threads != old) openblas_set_num_threads(threads);
  }

  static std::mutex mutex_;
  static int count_, before_;
};
std::mutex one_thread_each::mutex_;
int one_thread_each::count_ = 0, one_thread_each::before_ = 1;

struct operand {
  CBLAS_TRANSPOSE transposed;
  blasint leading;
};

// A matrix whose rows, or else whose columns, stand side by side.
bool is_dense(const contraction_step::matrix& m) {
  return std::min(m.row, m.column) == 1 && std::max(m.row, m.column) <= std::numeric_limits<blasint>::max();
}
operand as_stored(std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns) {
  return column == 1 ? operand{CblasNoTrans, static_cast<blasint>(std::max(row, columns))}
                     : operand{CblasTrans, static_cast<blasint>(std::max(column, rows))};
}

void gemm(operand a, operand b, blasint m, blasint n, blasint k, double scale, const double* x, const double* y, double* z,
          blasint row) {
  cblas_dgemm(CblasRowMajor, a.transposed, b.transposed, m, n, k, scale, x, a.leading, y, b.leading, 0, z, row);
}
void gemm(operand a, operand b, blasint m, blasint n, blasint k, double scale, const float* x, const float* y, float* z,
          blasint row) {
  cblas_sgemm(CblasRowMajor, a.transposed, b.transposed, m, n, k, static_cast<float>(scale), x, a.leading, y, b.leading, 0, z,
              row);
}

}  // namespace

bool blas_fits(std::size_t vector_bytes) {
  const std::string_view core = openblas_get_corename();
  return vector_bytes < 64 || core == "SkylakeX" || core == "Cooperlake" || core == "Sapphirerapids";
}

bool blas_is_faster(const contraction_step& s) {
  return std::min({s.m, s.n, s.k}) >= least && is_dense(s.a) && is_dense(s.b) && is_dense(s.c);
}

template <class T> void blas_contract(const contraction_step& s, const T* a, const T* b, T* c) {
  const one_thread_each here;
  const auto m = static_cast<blasint>(s.m), n = static_cast<blasint>(s.n), k = static_cast<blasint>(s.k);
  if (s.c.column == 1)
    return gemm(as_stored(s.a.row, s.a.column, s.m, s.k), as_stored(s.b.row, s.b.column, s.k, s.n), m, n, k, s.scale, a, b, c,
                static_cast<blasint>(s.c.row));
  gemm(as_stored(s.b.column, s.b.row, s.n, s.k), as_stored(s.a.column, s.a.row, s.k, s.m), n, m, k, s.scale, b, a, c,
       static_cast<blasint>(s.c.column));
}

template void blas_contract(const contraction_step&, const double*, const double*, double*);
template void blas_contract(const contraction_step&, const float*, const float*, float*);

}  // namespace wengert::lowered
