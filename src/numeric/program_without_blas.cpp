#include "program_blas.hpp"

namespace wengert::lowered {

bool blas_fits(std::size_t) { return false; }
bool blas_is_faster(const contraction_step&) { return false; }
template <class T> void blas_contract(const contraction_step&, const T*, const T*, T*) {}

template void blas_contract(const contraction_step&, const double*, const double*, double*);
template void blas_contract(const contraction_step&, const float*, const float*, float*);

}  // namespace wengert::lowered
