#!/bin/sh
# readme_test.sh WENGERT: runs every command that the README shows after `$ wengert` in a fenced block and compares what it prints.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# Each command into N.command, and the lines below it, up to the next command or the end of the block, into N.expected.
awk -v folder="$scratch" '
  /^```/ { fenced = !fenced; if (number) close(out); out = ""; next }
  fenced && /^\$ wengert / {
    ++number
    out = folder "/" number ".expected"
    printf "" >out
    command = folder "/" number ".command"
    sub(/^\$ /, "")
    print >command
    continued = /\\$/
    next
  }
  continued { print >command; continued = /\\$/; next }
  out != "" { print >out }
' "$here/../README.md"

number=1
while [ -f "$scratch/$number.command" ]; do
  command=$(cat "$scratch/$number.command")
  (eval "$command") >"$scratch/actual" 2>&1 </dev/null
  if cmp -s "$scratch/$number.expected" "$scratch/actual"; then pass; else
    fail "$command"
    diff "$scratch/$number.expected" "$scratch/actual"
  fi
  number=$((number + 1))
done
[ $number -gt 1 ] || fail 'the README shows no command'
summary
