#!/bin/sh
# proof.sh WENGERT [STEPS]: what proofs cost. The time to differentiate and prove softmax with cross-entropy; sums of more and more
# addends, certified and checked again; and certificates of a chain of functions with up to STEPS steps (a million if it is not
# said), where the time and the memory of `wengert check` by the step should stay what they are.
set -eu
[ -x /usr/bin/time ] || { echo 'skipped: there is no /usr/bin/time'; exit; }
wengert=$1
most=${2:-1000000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# measured COMMAND...: runs it; seconds of processor time and megabytes, in $seconds and $megabytes.
measured() {
  /usr/bin/time -o "$scratch/cost" -f '%U %M' "$@" >"$scratch/out" 2>"$scratch/err" || { cat "$scratch/err"; exit 1; }
  read -r seconds kilobytes <"$scratch/cost"
  megabytes=$((kilobytes / 1024))
}

# by_step SECONDS MEGABYTES STEPS
by_step() { awk -v s="$1" -v m="$2" -v n="$3" 'BEGIN { printf "%8.2f s %6d MB   by the step %6.2f us %6.0f bytes\n", s, m, 1e6 * s / n, 1048576 * m / n }'; }

requests=50
flagship='{"op": "diff", "expr": "cross_entropy(softmax(z), y)", "wrt": "z", "given": ["sum(y) = 1"]}'
for k in $(seq $requests); do echo "$flagship"; done >"$scratch/requests"
measured sh -c '"$1" batch <"$2"' sh "$wengert" "$scratch/requests"
grep -c '"checked": *true' "$scratch/out" | grep -qx $requests || { echo 'softmax with cross-entropy is not proved'; exit 1; }
awk -v s="$seconds" -v n=$requests 'BEGIN { printf "cross_entropy(softmax(z), y) by z, parsed, proved and written: %.1f ms\n", 1000 * s / n }'

for addends in 10 100 1000 3000; do
  [ $((14 * addends)) -le "$most" ] || continue
  text=$(awk -v n=$addends 'BEGIN { for (k = 1; k <= n; ++k) printf "%s%d*sin(%d*x)", (k > 1 ? "+" : ""), k, k }')
  measured "$wengert" diff "$text" --wrt x --certificate "$scratch/sum"
  printf '%5d addends: %.2f s; ' $addends "$seconds"
  measured "$wengert" check "$scratch/sum"
  steps=$(sed -n 's/^checked: \([0-9]*\) steps$/\1/p' "$scratch/out")
  printf 'check, %7d steps: ' "$steps"
  by_step "$seconds" "$megabytes" "$steps"
done

# y = sin(y)/2 over and over, differentiated: four steps a link.
chain() {
  awk -v links="$1" 'BEGIN {
    print "wengert certificate 1\nstatement a chain\nsymbol x []\nn0 symbol x\nn1 constant 1/2\nn2 constant 1"
    n = 3; y = 0; d = 2
    for (k = 1; k <= links; ++k) {
      printf "n%d sin [] n%d\nn%d mul [] n1 n%d\nn%d cos [] n%d\n", n, y, n + 1, n, n + 2, y
      printf "n%d mul [] n%d n%d\nn%d mul [] n1 n%d\nn%d mul [] n1 n%d n%d\n", n + 3, n + 2, d, n + 4, n + 3, n + 5, n + 2, d
      y = n + 1; d = n + 5; n += 6
    }
    print "s0 derivative : d^1 n0 / d x = n2"
    s = 1; n = 3; d = 2
    for (k = 1; k <= links; ++k) {
      printf "s%d derivative s%d : d^1 n%d / d x = n%d\n", s, s - 1, n, n + 3
      printf "s%d derivative s%d : d^1 n%d / d x = n%d\n", s + 1, s, n + 1, n + 4
      printf "s%d ring opaque n%d : n%d = n%d\n", s + 2, d, n + 4, n + 5
      printf "s%d derivative-equal s%d s%d : d^1 n%d / d x = n%d\n", s + 3, s + 1, s + 2, n + 1, n + 5
      d = n + 5; n += 6; s += 4
    }
    printf "goal s%d\nend\n", s - 1
  }'
}
for steps in 100 1000 10000 100000 1000000; do
  [ "$steps" -le "$most" ] || continue
  chain $((steps / 4)) >"$scratch/chain"
  measured "$wengert" check "$scratch/chain"
  printf 'chain, check, %7d steps: ' "$steps"
  by_step "$seconds" "$megabytes" "$steps"
done
