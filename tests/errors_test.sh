#!/bin/sh
# errors_test.sh WENGERT: `wengert help errors` knows every code that the sources throw, and each of its examples prints what it says.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

wengert help errors >"$scratch/errors" || fail 'wengert help errors'

grep -rhoE '"[A-Z][0-9][0-9]"' "$here/../src" "$here/../include" | tr -d '"' | sort -u >"$scratch/thrown"
for code in $(cat "$scratch/thrown"); do
  if grep -q "^$code  " "$scratch/errors"; then pass; else
    fail "$code" 'the sources throw it, and src/cli/error_codes.cpp has no row for it'
  fi
done

# Each code with the command below it and what that prints, up to an empty line.
awk -v folder="$scratch" '
  /^[A-Z][0-9][0-9]  / { ++number; print $1 >(folder "/" number ".code"); next }
  /^\$ / { sub(/^\$ /, ""); print >(folder "/" number ".command"); next }
  NF { print >(folder "/" number ".expected") }
' "$scratch/errors"

number=1
while [ -f "$scratch/$number.code" ]; do
  code=$(cat "$scratch/$number.code")
  (cd "$scratch" && eval "$(cat "$scratch/$number.command")") >"$scratch/actual" 2>&1 </dev/null
  if ! grep -q "^error\\[$code\\]\|\"code\": \"$code\"" "$scratch/actual"; then
    fail "$code" 'its example prints another error'
  elif ! cmp -s "$scratch/$number.expected" "$scratch/actual"; then
    fail "$code" 'its example prints something else'
    diff "$scratch/$number.expected" "$scratch/actual"
  else pass; fi
  number=$((number + 1))
done
[ $number -gt 1 ] || fail 'no error is listed'
summary
