#!/bin/sh
# trusted_lines_test.sh: what has to be right for "proved" to mean something is counted, so that it does not grow unnoticed: lines of
# code as clang-format breaks all of them at 100 columns, without blank lines and comments. A limit that has become too high is lowered here.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"
command -v clang-format >/dev/null || { echo 'skipped: there is no clang-format'; summary; exit; }
sed 's/^ColumnLimit:.*/ColumnLimit: 100/' "$here/../.clang-format" >"$scratch/.clang-format"

# at_most LIMIT NAME FILE...
at_most() {
  limit=$1 name=$2
  shift 2
  lines=0
  for f in "$@"; do
    sed '/clang-format o[nf]/d' "$here/../$f" >"$scratch/source.cpp"
    lines=$((lines + $(cd "$scratch" && clang-format source.cpp | sed 's,//.*,,' | grep -c '[^ ]')))
  done
  echo "$name: $lines lines"
  if [ "$lines" -le "$limit" ] && [ "$lines" -gt $((limit - 100)) ]; then pass; else fail "$name" "the limit is $limit"; fi
}

at_most 3800 'the checker' $(cd "$here/.." && ls src/checker/*.cpp src/checker/*.hpp)
at_most 3100 'the kernel with its tables and its arithmetic of polynomials' include/wengert/core/ops.hpp src/core/ops.cpp \
  include/wengert/calculus/partials.hpp src/calculus/partials.cpp \
  include/wengert/proof/kernel.hpp src/proof/kernel.cpp include/wengert/proof/polynomial.hpp src/proof/polynomial.cpp \
  include/wengert/proof/rules.hpp src/proof/rules.cpp src/proof/matrix_rules.cpp
summary
