#!/bin/sh
# compare_output.sh PROGRAM EXPECTED: the program must end well and print what the file holds.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

timeout 300 "$1" >"$scratch/actual" 2>&1
status=$?
if [ $status -eq 0 ] && diff "$2" "$scratch/actual"; then pass; else fail "$(basename "$1")" "exit status $status"; fi
summary
