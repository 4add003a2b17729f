#!/bin/sh
# matrix_identities_test.sh WENGERT: the derivative of every row of data/matrix_identities.tsv, and of matrix_identities.tsv in
# $WENGERT_CORPORA if that is set, is printed in matrix notation and proved equal to what the row expects.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# check_row NAME VARS GIVENS MODE F VARIABLE EXPECTED
check_row() {
  name=$1 mode=$4 f=$5 variable=$6 expected=$7
  givens=$3
  set -- --var "$2"
  while [ -n "$givens" ]; do
    set -- "$@" --given "${givens%%;*}"
    case $givens in *';'*) givens=${givens#*;} ;; *) givens= ;; esac
  done
  order=1
  [ "$mode" = hessian ] && order=2
  if ! wengert diff "$f" --wrt "$variable" --order $order "$@" >"$scratch/out" 2>"$scratch/err" </dev/null; then
    fail "$name" "no derivative: $(head -c 200 "$scratch/err")"
    return
  fi
  answer=$(head -n 1 "$scratch/out")
  case $answer in
    *'['* | *'sum(k'*)
      fail "$name" "letters in $answer"
      return
      ;;
  esac
  if wengert prove "$answer == $expected" "$@" >"$scratch/out" 2>&1 </dev/null; then pass; else
    fail "$name" "$answer is not proved equal to $expected: $(head -n 1 "$scratch/out")"
  fi
}

# Rows about inverses and determinants wait for them.
has_determinants=no
wengert diff 'det(X)' --wrt X --var 'X: matrix[n,n]' --given 'det(X) != 0' >/dev/null 2>&1 </dev/null && has_determinants=yes

check_file() {
  tr '\t' '\037' <"$1" >"$scratch/rows"
  waiting=0
  while IFS=$(printf '\037') read -r name source vars givens mode f variable expected; do
    case $name in '' | '#'*) continue ;; esac
    case "$f $expected" in
      *'det('* | *'inv('*)
        [ $has_determinants = yes ] || { waiting=$((waiting + 1)); continue; }
        ;;
    esac
    check_row "$name" "$vars" "$givens" "$mode" "$f" "$variable" "$expected"
  done <"$scratch/rows"
  [ $waiting -eq 0 ] || echo "skipped: $waiting rows of $(basename "$1") with det or inv"
}

check_file "$here/data/matrix_identities.tsv"
if [ -n "${WENGERT_CORPORA:-}" ]; then
  check_file "$WENGERT_CORPORA/matrix_identities.tsv"
else
  echo 'skipped: WENGERT_CORPORA names no folder with further identities'
fi
summary
