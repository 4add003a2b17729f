#!/bin/sh
# emit_test.sh WENGERT: what `wengert emit` writes compiles without a warning and computes what `wengert grad` says.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

cc=${CC:-cc}
cxx=${CXX:-c++}
warnings='-Wall -Wextra -Wpedantic -Werror'
number=0

# flat NAME=VALUE: the entries of a value, row by row.
flat() { printf '%s' "${1#*=}" | tr -d '[] '; }

# driver LANGUAGE FILE VALUES: a main function that calls the one in FILE at the values, NAME=VALUE words, and prints what it writes.
driver() {
  signature=$(grep -E '^(int|double|void) value_and_gradient\(' "$2")
  parameters=$(printf '%s' "$signature" | sed 's/^[^(]*(//; s/).*//; s/std:://g; s/\*/ /g; s/, /\n/g')
  calls= prints= setup=
  while read -r type1 type2 name; do
    case "$type1 $type2 $name" in
      "const double "*)
        name=${name##* } ;;
    esac
    value=
    for word in $3; do [ "${word%%=*}" = "$name" ] && value=$(flat "$word"); done
    case "$type1 $type2" in
      "const double") setup="$setup  const double $name[] = {$value};
" calls="$calls, $name" ;;
      "size_t "*) for word in $3; do [ "${word%%=*}" = "$type2" ] && value=$(flat "$word"); done
        calls="$calls, $value" ;;
      "double "*) for word in $3; do [ "${word%%=*}" = "${type2%_1}" ] && value=$(flat "$word"); done
        if [ -n "$value" ]; then calls="$calls, $value"; else
          setup="$setup  static double $type2[999]; blank($type2);
" calls="$calls, $type2" prints="$prints  show($type2);
"
        fi ;;
    esac
  done <<END
$(printf '%s\n' "$parameters" | sed 's/  */ /g')
END
  call="value_and_gradient(${calls#, })"
  case $signature in
    double*) call="printf(\"%.17g\\n\", $call)" ;;
    int*) call="if ($call != 0) return 1" ;;
  esac
  cat <<END
#include "$2"
#include <stdio.h>
static void blank(double *x) { for (int k = 0; k < 999; ++k) x[k] = -12345.678; }
static void show(const double *x) { for (int k = 0; x[k] != -12345.678; ++k) printf("%.17g\\n", x[k]); }
int main(void) {
$setup  $call;
$prints  return 0;
}
END
}

# same FILE FILE: the same numbers, up to rounding.
same() {
  paste "$1" "$2" | awk '
    function size(x) { return x < 0 ? -x : x }
    NF != 2 { exit 1 }
    $1 ~ /nan|inf/ || $2 ~ /nan|inf/ { gsub("-nan", "nan"); if ($1 != $2) exit 1; next }
    { if (size($1 - $2) > 1e-9 * (size($1) + size($2)) + 1e-14) exit 1 }'
}

# check VALUES WENGERT-ARGUMENTS...: both languages at the values.
check() {
  values=$1
  shift
  number=$((number + 1))
  at=$(printf '%s' "$values" | tr ' ' ',')
  wengert grad "$@" --at "$at" --format json 2>/dev/null | sed 's/.*"value": //; s/, "undefined".*//; s/"[^"]*": //g' | tr -d '[]{}" ' | tr ',' '\n' >"$scratch/expected"
  for language in c c++; do
    file="$scratch/code$number.$([ $language = c ] && echo h || echo hpp)"
    if ! wengert emit "$@" --lang $language >"$file" 2>"$scratch/errors"; then
      fail "$1" "$(cat "$scratch/errors")"
      continue
    fi
    wengert emit "$@" --lang $language 2>/dev/null | cmp -s - "$file" || fail "$1" 'two runs differ'
    driver $language "$file" "$values" >"$scratch/main.$language"
    if [ $language = c ]; then
      $cc -std=c99 $warnings -x c "$scratch/main.$language" -o "$scratch/program" -lm
    else
      $cxx -std=c++17 $warnings -x c++ "$scratch/main.$language" -o "$scratch/program"
    fi >"$scratch/errors" 2>&1 || { fail "$1 ($language)" "$(head -5 "$scratch/errors")"; continue; }
    "$scratch/program" >"$scratch/actual"
    if same "$scratch/actual" "$scratch/expected"; then pass; else
      fail "$1 ($language)" "$(paste "$scratch/actual" "$scratch/expected" | head -8)"
    fi
  done
}

v='z, y: vector[K]'
logits='K=3 z=[10000,-10000,9999] y=[0,1,0]'

check 'x=1.5' 'x^2*sin(x)' --wrt x
check 'x=1.5 y=0.5' 'x^y + atan2(x,y) - xlogy(x,y)' --wrt x --wrt y
check 'x=0' 'max(x,0) + abs(x)' --wrt x
check 'x=0' 'if(x > 0, x^2, -x)' --wrt x
check 'x=2.5' 'lgamma(3) + erf(x) + tgamma(3)' --wrt x --let 'tgamma = 2*x'
check 'x=10000' 'log(1 + exp(x))' --wrt x
check 'x=-10000' 'log(1 + exp(x))' --wrt x
check 'x=-10000' '1/(1 + exp(-x))' --wrt x
check 'x=800' '-log(1/(1 + exp(x)))' --wrt x
check 'K=3 z=[1,2,3] y=[0,1,0]' 'cross_entropy(softmax(z), y)' --wrt z --var "$v" --given 'one_hot(y)'
check "$logits" 'cross_entropy(softmax(z), y)' --wrt z --var "$v" --given 'one_hot(y)'
check "$logits" 'cross_entropy(softmax(z), y)' --wrt z --var "$v"
check "$logits" '-sum(k, y[k]*log(exp(z[k])/sum(j, exp(z[j]))))' --wrt z --var "$v" --given 'sum(y) = 1'
check 'K=3 z=[10000,-10000,9999]' 'log(sum(exp(z)))' --wrt z --var 'z: vector[K]'
check 'K=3 z=[10000,-10000,9999]' 'softmax(z)' --wrt z --var 'z: vector[K]'
check 'K=4 z=[1,-2,3,3]' 'max(z) + min(z)' --wrt z --var 'z: vector[K]'
check 'K=4 z=[1,-2,0,3]' 'prod(z)' --wrt z --var 'z: vector[K]'
check 'K=4 z=[1,-2,0.5,3]' 'sum(k,2,K, (z[k] - z[k-1])^2)' --wrt z --var 'z: vector[K]'
check 'K=4 z=[1,-2,0.5,3]' 'sum(k,1,K-1, k*z[k]*z[k+1])' --wrt z --var 'z: vector[K]'
check 'z=[1,-2,0.5]' 'z[2]^3*z[1]' --wrt 'z[2]' --wrt z --var 'z: vector[3]'
check 'K=3 z=[1,2,3] y=[0,1,0.5]' 'norm2(z - y)' --wrt z --wrt y --var "$v"
check 'm=2 n=3 W=[[1,2,3],[4,5,6]] x=[1,-1,2] b=[0.5,1]' 'sum(tanh(W*x + b))' --wrt W --wrt b --var 'W: matrix[m,n]; x: vector[n]; b: vector[m]'
check 'm=2 n=3 W=[[1,2,3],[4,5,6]] x=[1,-1,2]' 'W*x' --wrt x --var 'W: matrix[m,n]; x: vector[n]'
check 'n=2 A=[[1,2],[3,4]] x=[1,-1]' "x'*A*x" --wrt x --wrt A --var 'A: matrix[n,n]; x: vector[n]'
check 'K=3 z=[10000,-10000,9999] y=[1,0,1]' 'sum(k, -y[k]*log(1/(1+exp(-z[k]))) - (1-y[k])*log(1 - 1/(1+exp(-z[k]))))' --wrt z --var "$v"
for z in 10000,-10000,9999 -10000,800,0; do
  check "K=3 z=[$z] y=[0.2,0.5,0.3]" 'sum(k, binary_cross_entropy(softmax(z)[k], y[k]))' --wrt z --var "$v"
  check "K=3 z=[$z]" 'log(1 - softmax(z)[1])' --wrt z --var 'z: vector[K]'
  check "K=3 z=[$z]" 'log(sum(k, if(k = 2, 0, exp(z[k]))))' --wrt z --var 'z: vector[K]'
done
check 'n=3 A=[[0,1,2],[3,1,0.5],[1,2,-1]]' 'log(abs(det(A)))' --wrt A --var 'A: matrix[n,n]'
check 'n=3 A=[[1,2,3],[2,4,6],[1,0,1]]' 'det(A)' --wrt A --var 'A: matrix[n,n]'
check 'n=1 A=[[4]]' 'det(A)^2' --wrt A --var 'A: matrix[n,n]'
check 'n=3 A=[[0,1,2],[0,0,3],[4,5,6]]' 'tr(inv(A))' --wrt A --var 'A: matrix[n,n]'
check 'n=2 S=[[2,1],[1,3]] x=[1,2] m=[0.5,-1]' "log(det(S))/2 + (x - m)'*inv(S)*(x - m)/2" --wrt S --wrt m --var 'S: matrix[n,n]; x, m: vector[n]' --given 'det(S) > 0'
check 'n=2 A=[[1,2],[3,4]] b=[1,-1]' 'sum(solve(A, b))' --wrt A --wrt b --var 'A: matrix[n,n]; b: vector[n]'
check 'while=2 int=3' 'while*int^3' --wrt while --var 'while, int: real'

if wengert emit x --wrt x --lang rust >"$scratch/out" 2>&1; then fail 'an unknown language'; else pass; fi
grep -q 'error\[U04\]' "$scratch/out" || fail 'an unknown language' 'no usage error'
summary
