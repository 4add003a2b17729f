#!/bin/sh
# transcript_test.sh WENGERT FILE...: runs every command that the files (Markdown) show after `$ wengert` in a fenced block and compares
# what it prints, but for the number of kernel steps: compilers evaluate arguments in different orders, so that nodes, and with them the
# order of a search, differ a little. With UPDATE=1 it writes what is printed now into the files instead; read the difference before you keep it.
wengert_binary=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

# Each command into N.command, and the lines below it, up to the next command or the end of the block, into N.expected. With `update`
# set, prints the file with N.actual in the place of those lines.
walk() {
  awk -v folder="$scratch" -v update="${2:-}" '
    function show(line) { if (update) print line }
    function quote(file, line) {
      while ((getline line <file) > 0) print line
      close(file)
    }
    /^```/ { fenced = !fenced; out = "" }
    fenced && /^\$ wengert / {
      out = folder "/" ++number
      command = $0
      sub(/^\$ /, "", command)
      if (!update) { printf "" >(out ".expected"); print command >(out ".command") }
      show($0)
      continued = /\\$/
      if (update && !continued) quote(out ".actual")
      next
    }
    continued {
      if (!update) print >(out ".command")
      show($0)
      continued = /\\$/
      if (update && !continued) quote(out ".actual")
      next
    }
    out != "" { if (!update) print >(out ".expected"); next }
    { show($0) }' "$1"
}

without_counts() { sed -E 's/in [0-9]+ (kernel )?steps/in N \1steps/' "$1"; }

for file; do
  rm -f "$scratch"/*
  walk "$file"
  number=1
  while [ -f "$scratch/$number.command" ]; do
    command=$(cat "$scratch/$number.command")
    (eval "$command") >"$scratch/$number.actual" 2>&1 </dev/null
    without_counts "$scratch/$number.expected" >"$scratch/expected"
    without_counts "$scratch/$number.actual" >"$scratch/actual"
    if cmp -s "$scratch/expected" "$scratch/actual"; then pass; elif [ -n "${UPDATE:-}" ]; then
      printf 'changed %s: %s\n' "$(basename "$file")" "$command"
    else
      fail "$(basename "$file"): $command"
      diff "$scratch/expected" "$scratch/actual"
    fi
    number=$((number + 1))
  done
  [ $number -gt 1 ] || fail "$(basename "$file") shows no command"
  if [ -n "${UPDATE:-}" ]; then
    walk "$file" update >"$scratch/new"
    cat "$scratch/new" >"$file"
  fi
done
summary
