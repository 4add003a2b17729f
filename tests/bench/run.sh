#!/bin/sh
# run.sh [--smoke] [--json FILE] [W1 W2 W3a W3b W4 W5 CE small lowering ...]: compiles the benchmark for this machine and runs it (see bench.cpp).
# CXX and CXXFLAGS choose the compiler and its options. The library that it is linked with is as others would have it, for no machine in
# particular: that in the build folder WENGERT_BUILD, which is made if it is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${WENGERT_BUILD:-$root/build}
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" >&2
ninja -C "$build" src/libwengert.a >&2
program=$(mktemp)
trap 'rm -f "$program"' EXIT
# shellcheck disable=SC2046,SC2086  # options are words
${CXX:-g++} -std=c++20 ${CXXFLAGS:--O3 -march=native -DNDEBUG} -I"$root/include" "$here/bench.cpp" "$build/src/libwengert.a" \
  $(pkg-config --libs fmt libhwy) -pthread -o "$program"
"$program" "$@"
