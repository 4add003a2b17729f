#!/bin/sh
# embedding_test.sh README INCLUDE COMPILER...: the programs that the README shows under "Embedding" compile, without a warning, and
# print what stands below each. With UPDATE=1 it writes what they print now into the README instead.
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

# A program, and below it what it prints, and so on.
number=1
while block "$number" >"$scratch/program.cpp" && [ -s "$scratch/program.cpp" ]; do
  block $((number + 1)) >"$scratch/expected"
  if "$@" -std=c++20 -O1 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$include" "$scratch/program.cpp" -o "$scratch/program"; then
    pass
  else
    fail "program $number of the README does not compile"
  fi
  "$scratch/program" >"$scratch/actual" 2>&1
  if [ -n "${UPDATE:-}" ]; then
    awk -v printed="$scratch/actual" -v wanted=$((number + 1)) '
      /^## / { inside = /^## Embedding/; number = 0 }
      inside && /^```/ { if (!open) ++number; open = !open; print; if (open && number == wanted) while ((getline line <printed) > 0) print line; next }
      inside && open && number == wanted { next }
      { print }' "$readme" >"$scratch/new"
    cat "$scratch/new" >"$readme"
  elif diff "$scratch/expected" "$scratch/actual"; then pass; else fail "program $number of the README prints something else"; fi
  number=$((number + 2))
done
summary
