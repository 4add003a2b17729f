# Sourced by the shell tests: counting what passed, and a folder for what a test writes.

set -u
passed=0
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pass() { passed=$((passed + 1)); }

# fail NAME [WHY]
fail() {
  failed=$((failed + 1))
  printf 'FAILED %s%s\n' "$1" "${2:+: $2}"
}

# summary: the last line of every shell test; its status is that of the test.
summary() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

if [ -n "${wengert_binary:-}" ]; then
  [ -x "$wengert_binary" ] || { echo "no program: $wengert_binary"; exit 1; }
  wengert_binary=$(cd "$(dirname "$wengert_binary")" && pwd)/${wengert_binary##*/}
fi

# The command under test, cut off where it hangs.
wengert() { timeout 240 "$wengert_binary" "$@"; }
