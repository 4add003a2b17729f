#!/bin/sh
# run.sh [--smoke] [--json FILE] [W1 W2 W3a W4 W5 small ...]: compiles the benchmark for this machine and runs it (see bench.cpp). CXX and
# CXXFLAGS choose the compiler and its options.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(mktemp)
trap 'rm -f "$program"' EXIT
# shellcheck disable=SC2086  # options are words
${CXX:-g++} -std=c++20 ${CXXFLAGS:--O3 -march=native -DNDEBUG} -I"$here/../../include" "$here/bench.cpp" -o "$program"
"$program" "$@"
