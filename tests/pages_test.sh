#!/bin/sh
# pages_test.sh WENGERT: every page compiles with pdflatex without a complaint, and is well-formed by xmllint. Skipped where neither
# is installed.
wengert_binary=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/check.sh"

have() { command -v "$1" >/dev/null 2>&1; }
have pdflatex || echo 'pdflatex is not installed: LaTeX is not compiled'
have xmllint || echo 'xmllint is not installed: HTML is not checked'
have pdflatex || have xmllint || exit 77

# compiles NAME: $scratch/NAME.tex, twice, without an error, a line that sticks out, or an unresolved reference.
compiles() {
  (cd "$scratch" && pdflatex -interaction=nonstopmode -halt-on-error "$1.tex" && pdflatex -interaction=nonstopmode "$1.tex") \
    >"$scratch/log" 2>&1 || return 1
  ! tail -n +1 "$scratch/$1.log" | grep -E 'undefined|Overfull \\hbox \(([2-9][0-9]|[0-9]{3,})'
}

number=0
while IFS= read -r line; do
  case $line in '' | '#'*) continue ;; esac
  number=$((number + 1))
  if have pdflatex; then
    eval "wengert $line --format latex" >"$scratch/p$number.body" 2>/dev/null </dev/null
    case $line in
      derive*) cp "$scratch/p$number.body" "$scratch/p$number.tex" ;;
      *)
        printf '\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n' >"$scratch/p$number.tex"
        cat "$scratch/p$number.body" >>"$scratch/p$number.tex"
        printf '\\end{document}\n' >>"$scratch/p$number.tex"
        ;;
    esac
    if [ -s "$scratch/p$number.body" ] && compiles "p$number"; then pass; else
      fail "$line (latex)"
      grep -A3 '^!' "$scratch/log"
    fi
  fi
  if have xmllint; then
    eval "wengert $line --format html" >"$scratch/p$number.html" 2>/dev/null </dev/null
    if xmllint --noout "$scratch/p$number.html"; then pass; else fail "$line (html)"; fi
  fi
done <<'CASES'
derive 'cross_entropy(softmax(z), y)' --wrt z --given 'one_hot(y)'
derive 'cross_entropy(softmax(z), y)' --wrt z --wrt y --verbosity 0
derive 'x^2*sin(theta1*x)/exp(x) + if(x < 1, x^2, log(x))' --wrt x --given 'x > 0' --verbosity 3
derive 'norm2(A*x - b)^2' --var 'A: matrix[m,n]; x: vector[n]; b: vector[m]' --wrt x --verbosity 2
derive 'layer_norm(x, eps)[i]' --wrt x --verbosity 3
derive 'x^x^x' --wrt x --order 2 --verbosity 3
derive 'x^2 + sin(x)' --wrt x --order 2
derive 'kl_divergence(softmax(a), softmax(b))' --wrt a --order 2
derive '-sum(k, t[k]*log(p_hat[k]))' --let 'p_hat[k] = exp(w_1[k])/sum(j, exp(w_1[j]))' --var 'w_1: vector[K]' --wrt w_1 --given 'sum(t) = 1'
derive 'sin(x + y*z*w)^4*cos(x*y + z*w)^4*tan(x + y + z + w)^4*log(1 + x^2 + y^2)*exp(x*y*z*w)*atan(x/y)' --wrt x --verbosity 3
derive 'éclair^2 + ж^2 + Ωmega*éclair + loss_in_total + α*alpha' --wrt éclair
derive 'prod(k, z[k] + c)' --wrt z
derive 'abs(x) + floor(x) + sqrt(x^3) + cbrt(x)' --wrt x
diff 'softmax(z)' --wrt z
diff 'x/(1 + x^2)' --wrt x --order 2
diff 'a*x^2 + b*x + c' --wrt a --wrt b --wrt x
diff 'x^y' --wrt y
prove 'log(x*y) == log(x) + log(y)'
prove 'D(softmax(z)[j], z[i]) == softmax(z)[j]*(delta(i,j) - softmax(z)[i])'
prove 'x/x == 1'
CASES
summary
