#!/bin/sh
# run.sh [--smoke] [--json FILE] [W1 W2 W3a W3b W4 W5 CE small lowering parts ...]: compiles the benchmark for this machine and runs it (see bench.cpp).
# CXX and CXXFLAGS choose the compiler and its options. The library that it is linked with is as others would have it, for no machine in
# particular: that in the build folder WENGERT_BUILD, which is made if it is not there.
# Other libraries that are installed take part (see peers/): ADOL-C, Sacado, the Jets of Ceres, Stan Math and libtorch.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${WENGERT_BUILD:-$root/build}
compile="${CXX:-g++} -std=c++20 ${CXXFLAGS:--O3 -march=native -DNDEBUG}"
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" >&2
ninja -C "$build" src/libwengert.a >&2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# peer SOURCE PACKAGE HEADER [COMPILER-OPTION...]: compiles a peer whose header is found.
peer() {
  source=$1 package=$2 header=$3
  shift 3
  # shellcheck disable=SC2086  # options are words
  if echo "#include <$header>" | $compile "$@" -E -x c++ - >"$scratch/header" 2>&1; then
    $compile "$@" -c "$here/peers/$source.cpp" -o "$scratch/$source.o"
  else
    echo "without $source: <$header> cannot be read; Debian has it in $package" >&2
    return 1
  fi
}
libraries=
if peer adolc libadolc-dev adolc/adolc.h; then libraries="$libraries -ladolc"; fi
peer sacado 'libtrilinos-sacado-dev and libtrilinos-kokkos-dev' Sacado_trad.hpp -isystem /usr/include/trilinos || :
peer ceres libceres-dev ceres/jet.h -isystem /usr/include/eigen3 || :
if peer stan 'r-cran-stanheaders and libtbb-dev' stan/math/rev/scal.hpp -isystem /usr/include/eigen3 \
  -isystem /usr/lib/R/site-library/StanHeaders/include; then libraries="$libraries -ltbb"; fi
if peer torch libtorch-dev torch/torch.h -isystem /usr/include/torch/csrc/api/include; then
  libraries="$libraries -ltorch -ltorch_cpu -lc10"
fi

# shellcheck disable=SC2046,SC2086
$compile -I"$root/include" "$here/bench.cpp" $(find "$scratch" -name '*.o' | sort) \
  -L"$build/src" $(PKG_CONFIG_PATH=$build/meson-uninstalled pkg-config --libs wengert) $libraries -o "$scratch/bench"
"$scratch/bench" "$@"
