#!/bin/sh
# compile.sh [ROUNDS]: how long a function of 20 lines and its gradient take to compile, as a multiple of the same function for double.
# CXX and CXXFLAGS choose the compiler and its options. Times are of the processor, the least of the rounds, which take turns.
set -eu
include=$(cd "$(dirname "$0")/../../include" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cat >function.hpp <<'END'
#include <cmath>
#include <vector>
template <class T> T loss(const std::vector<T>& x) {
  using std::exp, std::log, std::sin, std::sqrt;
  T price = x[0], variance = x[1], sum = 0;
  const T rate = x[2], speed = x[3], mean = x[4];
  for (int step = 0; step < 100; ++step) {
    const T w = sqrt(variance * variance + 1e-8);
    const T noise = sin(0.7 * step) * sqrt(w);
    price = price * exp((rate - 0.5 * w) * 0.01 + noise * 0.1);
    variance += speed * (mean - w) * 0.01;
    if (price > 2 * x[0])
      sum += log(price);
    else
      sum -= price / x[0];
  }
  const T gain = exp(sum * 0.01) - x[5];
  T penalty = 0;
  for (const T& v : x) penalty += v * v;
  return log(1 + exp(gain)) + 0.001 * penalty;
}
END
cat >double.cpp <<'END'
#include "function.hpp"
double value(const std::vector<double>& x) { return loss(x); }
END
cat >adouble.cpp <<'END'
#include <wengert/numeric/jacobian_tape.hpp>
#include "function.hpp"
std::vector<double> gradient(const std::vector<double>& at) {
  wengert::jacobian_tape tape;
  std::vector<wengert::adouble> x(at.begin(), at.end());
  const wengert::variables inputs = tape.inputs(x);
  const auto g = tape.gradient(loss(x), inputs);
  return {g.begin(), g.end()};
}
END
cat >functional.cpp <<'END'
#include <wengert/embed/functional.hpp>
#include "function.hpp"
std::vector<double> gradient(const std::vector<double>& at) {
  return wengert::grad([](const auto& x) { return loss(x); })(at);
}
END
cat >struct.cpp <<'END'
#include <wengert/embed/params.hpp>
#include "function.hpp"
template <class T> struct model {
  BOOST_HANA_DEFINE_STRUCT(model, (std::vector<T>, x), (T, scale));
};
model<double> gradient(const model<double>& at) {
  return wengert::grad([](const auto& m) { return loss(m.x) * m.scale; })(at);
}
END

round=0
while [ $round -lt "${1:-10}" ]; do
  for file in double adouble functional struct; do
    # shellcheck disable=SC2086  # options are words
    (${CXX:-g++} -std=c++20 ${CXXFLAGS:--O2} -I"$include" -c $file.cpp -o object.o && times) |
      awk -v file=$file '{ gsub(/[ms]/, " ") } NR == 2 { print file, 60 * $1 + $2 + 60 * $3 + $4 }'
  done
  round=$((round + 1))
done | awk '
  !($1 in least) || $2 < least[$1] { least[$1] = $2 }
  END {
    count = split("double adouble functional struct", name)
    for (k = 1; k <= count; k++) printf "%-11s %6.3f s %6.2f\n", name[k], least[name[k]], least[name[k]] / least["double"]
  }'
