#!/bin/sh
# embedding_test.sh README INCLUDE COMPILER...: the program that the README shows under "Embedding" compiles, without a warning, and prints
# what stands below it. With UPDATE=1 it writes what is printed now into the README instead.
readme=$1
include=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# block N: the N-th fenced block of the section.
block() {
  awk -v wanted="$1" '
    /^## / { inside = /^## Embedding/; next }
    inside && /^```/ { if (!open) ++number; open = !open; next }
    inside && open && number == wanted' "$readme"
}

block 1 >"$scratch/program.cpp"
block 2 >"$scratch/expected"
if "$@" -std=c++20 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$include" "$scratch/program.cpp" -o "$scratch/program"; then
  pass
else
  fail 'the program of the README does not compile'
fi
"$scratch/program" >"$scratch/actual" 2>&1
if [ -n "${UPDATE:-}" ]; then
  awk -v printed="$scratch/actual" '
    /^## / { inside = /^## Embedding/; number = 0 }
    inside && /^```/ { if (!open) ++number; open = !open; print; if (open && number == 2) while ((getline line <printed) > 0) print line; next }
    inside && open && number == 2 { next }
    { print }' "$readme" >"$scratch/new"
  cat "$scratch/new" >"$readme"
elif diff "$scratch/expected" "$scratch/actual"; then pass; else fail 'the program of the README prints something else'; fi
summary
