// ADOL-C's tape, in memory: its buffers are made large enough, since what exceeds them goes to files. They are allocated for each
// recording; memory that is freed stays with the process here, or most of the time would go into new pages.
#include <adolc/adolc.h>
#include <malloc.h>

#include <limits>

#include "peer.hpp"

namespace {

std::vector<adouble> inputs;

// Every recording is as long as the most numbers that were ever alive, until the places of numbers are managed anew.
void allocate(std::size_t n) {
  inputs = std::vector<adouble>();
  setStoreManagerType(ADOLC_LOCATION_SINGLETONS);
  setStoreManagerType(ADOLC_LOCATION_BLOCKS);
  inputs.resize(n);
}

struct adolc {
  template <class F> static double gradient(const double* x, std::size_t n, double operations, F f, double* g) {
    constexpr int tape = 1, keep = 1, leave_files = 1;
    const auto buffer = static_cast<unsigned>(8 * operations + 8 * static_cast<double>(n));
    if (inputs.size() != n) allocate(n);
    double value = 0, one = 1;
    trace_on(tape, keep, buffer, buffer, buffer, buffer, leave_files);
    for (std::size_t i = 0; i < n; ++i) inputs[i] <<= x[i];
    adouble y = f(inputs.data());
    y >>= value;
    trace_off();
    fos_reverse(tape, 1, static_cast<int>(n), &one, g);
    return value;
  }
};

[[maybe_unused]] const bool added =
    mallopt(M_MMAP_MAX, 0) != 0 && mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max()) != 0 && peers::add<adolc>("ADOL-C");

}  // namespace
