#!/bin/sh
# certificate_test.sh WENGERT: whatever derive, diff and prove prove has a certificate, and wengert-check accepts it: for every
# example of cli_cases.txt, every row of data/proved.tsv and data/matrix_identities.tsv, and of the same files in
# $WENGERT_CORPORA, if that is set.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"
checker=$(dirname "$wengert_binary")/../checker/wengert-check
quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

if grep -rnE '#include *[<"](wengert|boost|fmt)' "$here/../src/checker"; then
  fail 'src/checker' 'the checker must not include anything of the library'
else pass; fi

certified=0 without=0

# certify NAME COMMAND: runs the command with --certificate; what it writes must be accepted.
certify() {
  rm -f "$scratch/proof"
  (cd "$scratch" && eval "$2 --certificate proof" >out 2>&1 </dev/null)
  status=$?
  if [ -f "$scratch/proof" ]; then
    if "$checker" "$scratch/proof" >"$scratch/report" 2>&1; then
      pass
      certified=$((certified + 1))
    else
      fail "$1" "its certificate is refused: $2"
      head -c 600 "$scratch/report"
    fi
  elif [ $status -eq 0 ]; then
    fail "$1" "it has no certificate: $2"
  elif grep -q '^error\[C02\]' "$scratch/out"; then
    without=$((without + 1))
    [ -z "${WENGERT_VERBOSE:-}" ] || echo "no certificate: $2"
  fi
}

add_options() {
  rest=$2
  while [ -n "$rest" ]; do
    one=${rest%%;*}
    [ "$one" = "$rest" ] && rest= || rest=${rest#*;}
    rest=${rest# }
    options="$options $1 $(quote "$one")"
  done
}

certify_equations() {
  tr '\t' '\037' <"$1" >"$scratch/rows"
  while IFS=$(printf '\037') read -r name vars lets givens left right; do
    case $name in '' | '#'*) continue ;; esac
    options=
    [ -z "$vars" ] || options="--var $(quote "$vars")"
    add_options --let "$lets"
    add_options --given "$givens"
    certify "$(basename "$1") $name" "wengert prove $(quote "$left == $right") $options"
  done <"$scratch/rows"
}

# certify_derivatives FILE: rows of matrix_identities.tsv.
certify_derivatives() {
  tr '\t' '\037' <"$1" >"$scratch/rows"
  while IFS=$(printf '\037') read -r name source vars givens mode f variable expected; do
    case $name in '' | '#'* | name) continue ;; esac
    options=
    [ -z "$vars" ] || options="--var $(quote "$vars")"
    add_options --given "$givens"
    [ "$mode" != hessian ] || options="$options --order 2"
    certify "$(basename "$1") $name" "wengert diff $(quote "$f") --wrt $(quote "$variable") $options"
  done <"$scratch/rows"
}

if [ -n "${CERTIFICATE_COMMANDS:-}" ]; then cp "$CERTIFICATE_COMMANDS" "$scratch/commands"; else
  grep -E '^\$ wengert (diff|derive|prove) ' "$here/cli_cases.txt" | grep -vE '\||--help|--certificate|--output' | sed 's/^\$ //' >"$scratch/commands"
fi
while IFS= read -r line; do certify "$line" "$line"; done <"$scratch/commands"
certify_equations "$here/data/proved.tsv"
certify_derivatives "$here/data/matrix_identities.tsv"
if [ -n "${WENGERT_CORPORA:-}" ]; then
  certify_equations "$WENGERT_CORPORA/cases_proved.tsv"
  certify_derivatives "$WENGERT_CORPORA/matrix_identities.tsv"
else
  echo 'skipped: WENGERT_CORPORA names no folder with further cases'
fi
echo "$certified certificates accepted, $without statements without one"
summary
