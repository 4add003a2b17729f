#!/bin/sh
# coq_test.sh WENGERT [COQ_STEPS]: what --coq writes is accepted by coqc, ends in a theorem that rests on the axioms of Coq's
# real numbers and no others, and is refused when its data or its statement are changed. Without compiled Coq files it is
# skipped; WENGERT_COQ=needed forbids that. COQ_STEPS, a program of the tests, writes proofs with steps that no command makes.
# WENGERT_COQ=all tries every example of cli_cases.txt and every row of data/proved.tsv besides.
wengert_binary=$1
steps=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

if ! folder=$(wengert --coq-path 2>/dev/null) || ! command -v coqc >/dev/null; then
  if [ -n "${WENGERT_COQ:-}" ]; then fail 'coqc' 'it is needed, and there are no compiled Coq files'; else
    echo 'skipped: there is no coqc, or wengert was built without it'
  fi
  summary
  exit
fi

check_with_coq() { (cd "$scratch" && timeout 300 coqc -q -w none -Q "$folder" Wengert "$1" >"$1.log" 2>&1); }

# only_allowed_axioms LOG: of what Print Assumptions says, the lines that begin with a name.
only_allowed_axioms() {
  ! grep -E '^[A-Za-z_.]+ *(:|$)' "$1" | grep -vE '^(Axioms:|Closed under|ClassicalDedekindReals\.sig_(not_dec|forall_dec)|FunctionalExtensionality\.functional_extensionality_dep|Classical_Prop\.classic)'
}

# accept NAME COMMAND: a file of its own, as a user checks it.
accept() {
  (cd "$scratch" && eval "wengert $2 --coq $1.v" >/dev/null 2>&1)
  if [ ! -f "$scratch/$1.v" ]; then fail "$1" "nothing was written: $2"
  elif ! check_with_coq "$1.v"; then
    fail "$1" "coqc refuses it: $2"
    tail -n 5 "$scratch/$1.v.log"
  elif ! grep -q '^Axioms:' "$scratch/$1.v.log" || ! only_allowed_axioms "$scratch/$1.v.log"; then fail "$1" 'it rests on other axioms'
  else pass; fi
}

# refuse NAME FROM SED: the file FROM, changed, must not be accepted.
refuse() {
  sed -E "$3" "$scratch/$2.v" >"$scratch/$1.v"
  if cmp -s "$scratch/$1.v" "$scratch/$2.v"; then fail "$1" 'nothing was changed'
  elif check_with_coq "$1.v"; then fail "$1" 'coqc accepts it'
  else pass; fi
}

accept flagship "derive 'cross_entropy(softmax(z), y)' --wrt z --given 'sum(y) = 1'"
accept logarithm "diff 'log(x)' --wrt x"
if ! grep -q 'bsum K (fun i => y i) = 1' "$scratch/flagship.v"; then fail flagship 'its theorem does not state the hypothesis'; else pass; fi
refuse without_hypothesis flagship 's/^ Ceq ([0-9]+) [0-9]+\]/ Ceq \1 \1]/'
refuse other_derivative flagship 's/ -1 \* y i\)\)\.$/ -2 * y i))./'
refuse other_function logarithm 's/Oun Ulog/Oun Uexp/'
refuse at_the_point_only logarithm 's/Csgn Pos/Csgn Nonneg/; s/\(0 < x\)/(0 <= x)/'
accept neighbours "diff 'sum(i, 1, n-1, f(x[i+1] - x[i]))' --wrt x --var 'x: vector[n]; f: function(t)'"
refuse beyond_the_end neighbours 's/Oshift \[3\]%nat/Oshift [5]%nat/; s/\(S j\)/(2 + j)%nat/g'
refuse longer_sum neighbours 's/\(0%nat, \(-1\)%Z, \[\]\)/(0%nat, (0)%Z, [])/; s/bsum \(n - 1\)/bsum n/g'
refuse any_derivative neighbours "s/^ \(1, \[2\]\)\]|^ \(2, \[1\]\)\]/]/; /is_derive f x \(f' x\)/d"

accept last "diff 'x[n]^2' --wrt x --var 'x: vector[n]'"
refuse behind_the_last last 's/\(0%nat, \(-1\)%Z, \[\]\)/(0%nat, (1)%Z, [])/; s/\(n - 1\)%nat/(n + 1)%nat/g'
accept from_a_dimension "diff 'log(sum(i, m, n, exp(x[i])))' --wrt x --var 'x: vector[n]'"
refuse too_far from_a_dimension 's/\(0%nat, \(1\)%Z, \[1%nat\]\)/(0%nat, (2)%Z, [1%nat])/; s/\(n \+ 1 - m\)/(n + 2 - m)/g'
accept pairs "diff 'sum(i, sum(j, sqrt(sum(k, (X[i,k] - X[j,k])^2))))' --wrt X --var 'X: matrix[n,d]'"
refuse not_the_same pairs 's/^ \(([0-9]+), Nd Oid \[1; 1\] \[\] \[\(9, \[1; 0\]%nat\)\]\)/ (\1, Nd Oid [1; 1] [] [(9, [0; 0]%nat)])/'

accept by_cases "prove 'x*sign(x) == abs(x)'"
refuse other_case by_cases 's/^ Sany ([0-9]+) ([0-9]+) /Sany \2 \1 /'
refuse without_case by_cases 's/^( Sany .*)Shyp 0%nat/\1Srefl 1/'
accept greatest "diff 'max(z)' --wrt z --var 'z: vector[n]'"
refuse with_ties greatest 's/^ Csgn Pos/ Csgn Nonneg/; s/\(0 < 2 /(0 <= 2 /'
accept continuous "diff 'abs(log(x))' --wrt x --order 2"
refuse not_continuous continuous 's/(Sstays [0-9]+ \[[0-9; ]+\]%nat) \[[0-9; ]+\]/\1 []/'
if ! grep -q '/\\ locally x (fun t : R => ex_derive (fun t1 : R => ' "$scratch/continuous.v"; then fail continuous 'its theorem does not state that the first derivative exists near'; else pass; fi
refuse elsewhere continuous 's/locally x/locally (x + 1)/'

# The other cases as one file, so that the library is loaded once and the axioms of all are looked for once.
count=0
take() {
  count=$((count + 1))
  echo "$2" >"$scratch/command.$count"
  { echo "Module case_$count."; sed '/^From /d; /^Import /d; /^Open Scope/d; /^Print Assumptions/d' "$1"; echo "End case_$count."; } >>"$scratch/cases.v"
}
add() {
  rm -f "$scratch/one.v"
  (cd "$scratch" && eval "wengert $1 --coq one.v" >answer 2>&1 </dev/null)
  if [ -f "$scratch/one.v" ]; then take "$scratch/one.v" "$1"
  elif [ "${2:-}" = must ]; then fail "$1" "nothing was written: $(head -n 1 "$scratch/answer")"; fi
}
sed '/^Definition nodes/,$d' "$scratch/flagship.v" >"$scratch/cases.v"
while IFS= read -r line; do
  case $line in '' | '#'*) ;; *) add "$line" must ;; esac
done <"$here/data/coq.txt"
if [ -n "$steps" ]; then
  mkdir "$scratch/steps"
  "$steps" "$scratch/steps" || fail 'coq_steps' 'it failed'
  for file in "$scratch"/steps/*.v; do take "$file" "${file##*/}"; done
fi
# Every fused rule whose proof has a counterpart.
for name in $(wengert rules --fused | sed -n 's/^\([a-z0-9-]*\): .*/\1/p'); do add "rules --fused $name"; done
if [ "${WENGERT_COQ:-}" = all ]; then
  grep -E '^\$ wengert (diff|derive|prove) ' "$here/cli_cases.txt" | grep -vE '\||--help|--certificate|--coq|--output' | sed 's/^\$ wengert //' >"$scratch/commands"
  while IFS= read -r line; do add "$line"; done <"$scratch/commands"
fi
{
  printf 'Definition every_statement := ('
  number=1
  while [ $number -le $count ]; do
    [ $number -eq 1 ] || printf ', '
    printf 'case_%d.statement' $number
    number=$((number + 1))
  done
  printf ').\nPrint Assumptions every_statement.\n'
} >>"$scratch/cases.v"
if check_with_coq cases.v; then
  passed=$((passed + count))
  if grep -q '^Axioms:' "$scratch/cases.v.log" && only_allowed_axioms "$scratch/cases.v.log"; then pass; else fail 'axioms' 'a theorem rests on others'; fi
else
  line=$(sed -n 's/^File .*, line \([0-9]*\),.*/\1/p' "$scratch/cases.v.log" | tail -n 1)
  number=$(head -n "${line:-1}" "$scratch/cases.v" | grep -c '^Module case_')
  fail "$(cat "$scratch/command.$number" 2>/dev/null)" 'coqc refuses it'
  tail -n 5 "$scratch/cases.v.log"
fi
echo "$count further proofs checked by coqc"
summary
