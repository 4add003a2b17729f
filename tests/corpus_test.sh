#!/bin/sh
# corpus_test.sh WENGERT: every row of data/proved.tsv must be proved and every row of data/refused.tsv must not; the same for
# cases_proved.tsv and cases_refused.tsv in $WENGERT_CORPORA, if that is set.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# add_options NAME TEXTS: one option for each of the texts between semicolons, added to $options, which is a list of shell words.
add_options() {
  rest=$2
  while [ -n "$rest" ]; do
    one=${rest%%;*}
    [ "$one" = "$rest" ] && rest= || rest=${rest#*;}
    rest=${rest# }
    options="$options $1 $(quote "$one")"
  done
}

quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

# check_rows FILE STATUS: a row's prove must end with that exit status. Tabs become a character that `read` does not fold.
check_rows() {
  tr '\t' '\037' <"$1" >"$scratch/rows"
  while IFS=$(printf '\037') read -r name vars lets givens left right; do
    case $name in '' | '#'*) continue ;; esac
    options=
    [ -z "$vars" ] || options="--var $(quote "$vars")"
    add_options --let "$lets"
    add_options --given "$givens"
    eval "wengert prove $(quote "$left == $right") $options" >"$scratch/out" 2>&1 </dev/null
    status=$?
    if [ $status -eq "$2" ]; then pass; else
      fail "$(basename "$1") $name" "exit status $status instead of $2: wengert prove '$left == $right' $options"
      head -c 400 "$scratch/out"
    fi
  done <"$scratch/rows"
}

check_rows "$here/data/proved.tsv" 0
check_rows "$here/data/refused.tsv" 1
if [ -n "${WENGERT_CORPORA:-}" ]; then
  check_rows "$WENGERT_CORPORA/cases_proved.tsv" 0
  check_rows "$WENGERT_CORPORA/cases_refused.tsv" 1
else
  echo 'skipped: WENGERT_CORPORA names no folder with further cases'
fi
summary
