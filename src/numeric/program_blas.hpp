// Large products of matrices by OpenBLAS, where the library was built with it.
#pragma once

#include <cstddef>

#include "program_steps.hpp"

namespace wengert::lowered {

// Whether OpenBLAS has kernels for vectors as wide as these: where it does not know the processor, it takes those for older ones.
bool blas_fits(std::size_t vector_bytes);

// Whether OpenBLAS can do the step and is sooner done than kernels for vectors as wide.
bool blas_is_faster(const contraction_step& s);

// C = scale*A*B, in strides, on this thread alone.
template <class T> void blas_contract(const contraction_step& s, const T* a, const T* b, T* c);

}  // namespace wengert::lowered
