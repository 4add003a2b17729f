#!/bin/sh
# install_test.sh SOURCE BUILD VERSION COMPILER...: what is installed is found and used by other projects: through pkg-config, through CMake, and,
# not installed, as a subproject of Meson.
source=$1
build=$2
version=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# check WHAT COMMAND...
check() {
  what=$1
  shift
  if "$@" >"$scratch/log" 2>&1; then pass; else
    cat "$scratch/log"
    fail "$what"
  fi
}

check 'meson install' meson install -C "$build" --no-rebuild --destdir "$scratch/root"
pc=$(find "$scratch/root" -name wengert.pc)
prefix=$scratch/root$(sed -n 's/^prefix=//p' "$pc")
PKG_CONFIG_PATH=$(dirname "$pc"):${PKG_CONFIG_PATH:-}
export PKG_CONFIG_PATH
# The installed files lie under another root than they were made for.
flags() { pkg-config --define-variable=prefix="$prefix" "$@"; }

# shellcheck disable=SC2046  # flags are words
check 'headers by pkg-config' "$@" -std=c++20 "$here/consumer/headers.cpp" $(flags --cflags wengert-headers) -o "$scratch/headers"
check 'the program of headers' "$scratch/headers" "$version"
# shellcheck disable=SC2046
check 'library by pkg-config' "$@" -std=c++20 "$here/consumer/library.cpp" $(flags --cflags --static --libs wengert) -o "$scratch/library"
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") check 'the program of the library' "$scratch/library"
# shellcheck disable=SC2046
check 'library from C' "${CC:-cc}" -std=c11 "$here/consumer/from_c.c" $(flags --cflags --static --libs wengert) -o "$scratch/from_c"
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") check 'the program in C' "$scratch/from_c"

if coq=$(LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") "$prefix/bin/wengert" --coq-path 2>/dev/null) && command -v coqc >/dev/null 2>&1; then
  LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") check 'a proof for Coq' "$prefix/bin/wengert" diff 'x^2' --wrt x --coq "$scratch/proof.v"
  check 'coqc with the installed files' coqc -q -w none -Q "$scratch/root$coq" Wengert "$scratch/proof.v"
else
  echo 'no coqc here: the installed Coq files are not tried'
fi

# The last word: before it may stand a compiler cache.
for compiler; do :; done
if command -v cmake >/dev/null 2>&1; then
  check 'cmake' cmake -S "$here/consumer" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_STANDARD=20
  check 'cmake --build' cmake --build "$scratch/cmake"
  check 'the program of headers by CMake' "$scratch/cmake/headers" "$version"
  check 'the program of the library by CMake' "$scratch/cmake/library"
else
  echo 'no cmake here: its package is not tried'
fi

cp -r "$here/consumer" "$scratch/consumer"
mkdir "$scratch/consumer/subprojects"
ln -s "$source" "$scratch/consumer/subprojects/wengert"
check 'meson setup with a subproject' env CXX="$*" meson setup "$scratch/subproject" "$scratch/consumer"
check 'a program beside a subproject' ninja -C "$scratch/subproject" headers
check 'its run' "$scratch/subproject/headers" "$version"
summary
