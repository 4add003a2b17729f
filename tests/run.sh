#!/bin/sh
# run.sh [FOLDER [MESON_OPTION...]]: builds everything in FOLDER (build) and runs all tests: the doctest cases, the examples, and
# the tests of the command line. On Debian it first installs what is missing, with apt-get. The last line says how many passed and
# failed; the exit status is 0 if none failed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/examples/setup.sh"
build=$root/${1:-build}
[ $# -eq 0 ] || shift

# count LOG STATUS: adds up what the test programs counted. A program that ended without its count is one failure.
count() {
  awk -v status="$2" '
    /^\[doctest\] test cases:/ {
      gsub(/[^0-9]+/, " ")
      split($0, number, " ")
      passed += number[2]
      failed += number[3]
    }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }
    END {
      if (status != 0 && failed == 0) failed = 1
      printf "%d passed, %d failed\n", passed, failed
      exit failed > 0
    }' "$1"
}

install_what_is_missing
configure "$build" "$@"
say "building in $build"
ninja -C "$build"
say 'running the tests'
log=$build/meson-logs/testlog.txt
rm -f "$log"
status=0
meson test -C "$build" --no-rebuild --print-errorlogs || status=$?
count "$log" "$status"
