#!/bin/sh
# cli_test.sh WENGERT: runs every case of cli_cases.txt and compares exit status and output.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

name= problems=

complain() { problems="$problems
    $1"; }

finish_case() {
  [ -n "$name" ] || return 0
  if [ -z "$problems" ]; then
    pass
  else
    fail "$name" "$problems"
    head -c 600 "$scratch/out" "$scratch/err"
  fi
  name= problems=
}

# contains FILE TEXT: the text, with \n for a line break, stands in the file.
contains() { grep -Fqe "$2" "$1"; }

while IFS= read -r line; do
  case $line in
    '' | '#'*) ;;
    '$ '*)
      finish_case
      name=${line#'$ '}
      (cd "$scratch" && eval "$name") >"$scratch/out" 2>"$scratch/err" </dev/null
      status=$?
      ;;
    'exit '*) [ "$status" = "${line#exit }" ] || complain "exit status $status instead of ${line#exit }" ;;
    'is '*) [ "$(cat "$scratch/out")" = "${line#is }" ] || complain "standard output is not: ${line#is }" ;;
    'out '*) contains "$scratch/out" "${line#out }" || complain "not on standard output: ${line#out }" ;;
    'err '*) contains "$scratch/err" "${line#err }" || complain "not on standard error: ${line#err }" ;;
    'not '*) ! contains "$scratch/out" "${line#not }" || complain "on standard output: ${line#not }" ;;
    'silent') [ ! -s "$scratch/out" ] || complain "standard output is not empty" ;;
    *) complain "no such line in a case: $line" ;;
  esac
done <"$here/cli_cases.txt"
finish_case
summary
