#!/bin/sh
# batch_test.sh WENGERT: JSON lines in, JSON lines out, one for one, whatever the lines are.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# expect NAME ACTUAL EXPECTED
expect() { if [ "$2" = "$3" ]; then pass; else fail "$1" "'$2' instead of '$3'"; fi; }

count() { grep -c -e "$1" "$scratch/out"; }

# --- 10,000 lines of all kinds
awk 'BEGIN {
  for (i = 1; i <= 10000; ++i) {
    kind = i % 8
    if (kind == 0) print "no JSON at all " i
    else if (kind == 1) printf "{\"id\": %d, \"op\": \"diff\", \"expr\": \"x^%d\", \"wrt\": \"x\"}\n", i, i % 5 + 2
    else if (kind == 2) printf "{\"id\": %d, \"op\": \"grad\", \"expr\": \"x*sin(y)\", \"wrt\": [\"x\", \"y\"], \"at\": {\"x\": 2, \"y\": 0}}\n", i
    else if (kind == 3) printf "{\"id\": %d, \"op\": \"prove\", \"lhs\": \"D(x^2, x)\", \"rhs\": \"2*x\"}\n", i
    else if (kind == 4) printf "{\"id\": %d, \"op\": \"prove\", \"expr\": \"x == x + 1\"}\n", i
    else if (kind == 5) printf "{\"id\": %d, \"op\": \"diff\", \"expr\": \"2x +* 3\", \"wrt\": \"x\"}\n", i
    else if (kind == 6) printf "[%d]\n", i
    else print ""
  }
}' >"$scratch/in"
began=$(date +%s)
wengert batch <"$scratch/in" >"$scratch/out" 2>"$scratch/err"
expect 'mixed lines end well' $? 0
expect 'as many lines as came in' "$(wc -l <"$scratch/out" | tr -d ' ')" 10000
expect 'every line says whether it is ok' "$(count '"ok": \(true\|false\)')" 10000
expect 'good lines, proved or not, are ok' "$(count '"ok": true')" 5000
expect 'false statements are not proved' "$(count '"status": "\(refuted\|unknown\)"')" 1250
expect 'true statements are proved' "$(count '"status": "proved"')" 1250
expect 'errors keep their id' "$(grep -c '^{"id": [0-9]*, "ok": false.*"P03"' "$scratch/out")" 1250
expect 'answers come in order' "$(sed -n 's/^{"id": \([0-9]*\),.*/\1/p' "$scratch/out" | sort -nc 2>&1)" ''
expect 'nothing on standard error' "$(wc -c <"$scratch/err" | tr -d ' ')" 0
took=$(($(date +%s) - began))
[ "$took" -le 60 ] && pass || fail '10,000 lines within a minute' "$took s"

# --- lines that attack
{
  printf '\000\000\n'
  printf '{"id": 1, "op": "diff", "expr": "\377", "wrt": "x"}\n'
  head -c 100000 /dev/zero | tr '\0' '['
  echo
  printf '{"id": 2, "op": "diff", "wrt": "x", "expr": "%s1%s"}\n' "$(head -c 100000 /dev/zero | tr '\0' '(')" "$(head -c 100000 /dev/zero | tr '\0' ')')"
  printf '{"id": 3, "op": "diff", "wrt": "x", "expr": "'
  head -c 10000000 /dev/zero | tr '\0' 'x'
  printf '"}\n'
  head -c 70000000 /dev/zero | tr '\0' 'y'
  echo
  printf '{"id": 4, "op": "diff", "wrt": "x", "expr": "x\\u0000"}\n'
  printf '{"op": "grad", "id": 5, "expr": "x", "wrt": "x", "at": {"x": 1e999}}\n'
  printf '{"op": "grad", "id": 6, "expr": "x", "wrt": "x", "at": {"x": [[1, 2], [3]]}}\n'
  printf '{"op": "grad", "id": 7, "expr": "x", "wrt": "x", "at": {"x": []}}\n'
  printf '{"op": "prove", "id": 8, "lhs": "x"}\n'
  printf '{"op": "prove", "id": 9, "expr": "x == x", "givne": ["x > 0"]}\n'
  printf '{"op": "emit", "id": 10, "expr": "x"}\n'
  printf '{"op": 5, "id": {"nested": ["\\ud83d\\ude00"]}}\n'
  printf '{"op": "diff", "id": 11, "expr": 5, "wrt": null}\n'
  printf '{"op": "diff", "id": 12, "expr": ""}\n'
  printf '{"op": "diff", "id": "last, and without a line break", "expr": "x^2", "wrt": "x"}'
} >"$scratch/in"
wengert batch <"$scratch/in" >"$scratch/out" 2>"$scratch/err"
expect 'attacks end well' $? 0
expect 'every attack has its answer' "$(wc -l <"$scratch/out" | tr -d ' ')" 17
expect 'answers are short' "$(awk 'length > 20000' "$scratch/out" | wc -l | tr -d ' ')" 0
expect 'no defect' "$(count '"code": "defect"')" 0
expect 'an id may be any JSON' "$(count '"id": {"nested":\["😀"\]}')" 1
expect 'a line without its line break is answered' "$(tail -n 1 "$scratch/out" | grep -c '"ok": true')" 1
expect 'no lines, no answers' "$(wengert batch </dev/null | wc -c | tr -d ' ')" 0

# --- many numbers
# line EXPR N FACTOR: a line with the gradient of EXPR at x = FACTOR*sin(1), FACTOR*sin(2), ..., and y = [1, 0, 0, ...]
line() {
  awk -v expr="$1" -v n="$2" -v factor="$3" 'BEGIN {
    printf "{\"op\": \"grad\", \"expr\": \"%s\", \"wrt\": \"x\", \"var\": \"x, y: vector[n]\", \"at\": {\"x\": [", expr
    for (i = 1; i <= n; ++i) printf "%s%.12g", (i > 1 ? ", " : ""), factor*sin(i)
    if (expr ~ /y/) {
      printf "], \"y\": ["
      for (i = 1; i <= n; ++i) printf "%s%d", (i > 1 ? ", " : ""), (i == 1)
    }
    print "]}}"
  }'
}
{
  line 'cross_entropy(softmax(x), y)' 200000 1
  line 'cross_entropy(softmax(x), y)' 200000 10000
  line 'mean((x - y).^2) + logsumexp(x) + norm2(x)' 200000 1
  line 'sum(sqrt(x - y))' 200000 1
  line 'sum(x)' 200000 1
  line 'cross_entropy(softmax(x), y)' 20000 10000
  line 'sum(sqrt(x))' 20000 1
} >"$scratch/in"
wengert batch <"$scratch/in" >"$scratch/out" 2>"$scratch/err"
expect 'many numbers: every line is answered' "$(count '^{"ok": true')" 7
expect 'many numbers: warnings that they are computed in double' "$(count 'double arithmetic')" 4
expect 'many numbers: what fails is said' "$(count '"undefined": \["x - y >= 0", "x - y > 0"\]')" 1
expect 'fewer numbers: what fails is said' "$(count '"undefined": \["x >= 0", "x > 0"\]')" 1
expect 'many numbers: nothing else fails' "$(count '"undefined": \[\]')" 5

# --- an answer comes before the next question is asked
mkfifo "$scratch/questions" "$scratch/answers"
wengert batch <"$scratch/questions" >"$scratch/answers" &
exec 3>"$scratch/questions" 4<"$scratch/answers"
for id in 1 2 3; do
  printf '{"id": %d, "op": "diff", "expr": "x^2", "wrt": "x"}\n' $id >&3
  IFS= read -r reply <&4
  expect "dialogue, line $id" "$(printf '%s' "$reply" | cut -c1-20)" "{\"id\": $id, \"ok\": true"
done
exec 3>&- 4<&-
wait
summary
