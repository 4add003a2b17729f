#!/bin/sh
# compare_output.sh PROGRAM EXPECTED: the program must end well and print what the file holds; how many steps the kernel took may differ.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

timeout 300 "$1" >"$scratch/actual" 2>&1
status=$?
sed 's/in [0-9]* steps/in N steps/' "$2" >"$scratch/expected"
sed -i 's/in [0-9]* steps/in N steps/' "$scratch/actual"
if [ $status -eq 0 ] && diff "$scratch/expected" "$scratch/actual"; then pass; else fail "$(basename "$1")" "exit status $status"; fi
summary
