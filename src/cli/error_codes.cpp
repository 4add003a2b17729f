#include "error_codes.hpp"

#include <array>

#include <fmt/format.h>

namespace wengert::cli {

namespace {

std::string lines(std::string_view line, int count) {
  std::string text;
  for (int k = 0; k < count; ++k) text += fmt::format("{}\n", line);
  return text;
}

std::string many_indices() {
  std::string text;
  for (int k = 1; k <= 64; ++k) text += fmt::format("z[i{}]*\n", k);
  return text + "z[j]\n";
}

// clang-format off
constexpr std::array table{
    // the text
    error_code{"P01", "the text is empty", "diff '' --wrt x"},
    error_code{"P02", "a character has no meaning in expressions, or the text is no UTF-8", "diff 'x§2' --wrt x"},
    error_code{"P03", "an operand is missing", "diff '2x +* 3' --wrt x"},
    error_code{"P04", "a number is not written as numbers are", "diff '1.2.3*x' --wrt x"},
    error_code{"P05", "a bracket is not closed, or closes nothing", "diff '(x + 1' --wrt x"},
    error_code{"P06", "the text is nested too deep", "diff - --wrt x", "yes '(' | head -n 600", [] { return lines("(", 600); }},
    error_code{"P07", "the text is too long", "diff - --wrt x", "yes 'x +' | head -n 300000", [] { return lines("x +", 300'000); }},
    error_code{"P08", "something else is expected here", "diff '2 3' --wrt x"},
    error_code{"P09", "a form such as if, D or sum is not complete, or its axis is wrong", "diff 'if(x, 1, 2)' --wrt x"},
    error_code{"P10", "comparisons do not chain", "diff x --wrt x --given 'a < b < c'"},
    error_code{"P11", "a product without a sign behind a quotient has two readings", "diff '1/2x' --wrt x"},
    error_code{"P12", "a function needs its argument in brackets", "diff 'sin x y' --wrt x"},
    error_code{"P13", "sin^-1 can mean the inverse function or the reciprocal", "diff 'sin^-1(x)' --wrt x"},
    error_code{"P14", "a declaration of --var is not understood", "diff x --wrt x --var 'x: reel'"},
    error_code{"P15", "a fact, a let or a target is not written as one", "diff x --wrt x --given 'x + 1'"},
    error_code{"P16", "a comparison, or a word such as 'and', stands inside an expression", "diff 'x + (a < b)' --wrt x"},
    // names
    error_code{"N01", "no such function", "diff 'sofmax(z)' --wrt z"},
    error_code{"N02", "an index is used outside its sum", "diff 'sum(k, y[k])*a[k]' --wrt a"},
    error_code{"N03", "a function has the wrong number of arguments", "diff 'softmax(z, y)' --wrt z"},
    error_code{"N04", "a name cannot be declared so, or is declared twice", "diff x --wrt x --var 'x: real; x: vector[K]'"},
    error_code{"N05", "inf is no number", "diff 'x + inf' --wrt x"},
    error_code{"N06", "a name that is no index stands where an index is needed", "diff 'z[y]' --wrt z --var 'y: real'"},
    error_code{"N07", "the range of an index is not known", "diff 'sum(k, x)*A[1,1]' --wrt x --var 'A: matrix[m,n]'"},
    error_code{"N08", "what stands behind --wrt or in D is no variable", "diff 'K*x' --wrt K --var 'z: vector[K]'"},
    error_code{"N09", "there is no derivative by this argument in closed form", "diff 'besselj(n, x)' --wrt n"},
    // shapes
    error_code{"S01", "shapes do not fit each other", "diff 'A*x' --wrt x --var 'A: matrix[m,n]; x: vector[p]'"},
    error_code{"S02", "a function cannot take this shape, or needs axis=", "diff 'softmax(A)' --wrt A --var 'A: matrix[m,n]'"},
    error_code{"S03", "a product, a quotient or a power of arrays has several meanings, or none", "diff 'x*y' --wrt x --var 'x, y: vector[n]'"},
    error_code{"S04", "an index leaves its range", "diff 'z[5]' --wrt z --var 'z: vector[3]'"},
    error_code{"S05", "a name is used with two shapes", "diff 'x[1]' --wrt x --var 'x: matrix[2,2]'"},
    error_code{"S06", "too many axes or free indices", "diff - --wrt z", "(seq -f 'z[i%g]*' 64; echo 'z[j]')", many_indices},
    error_code{"S07", "what stands in square brackets is no index", "diff 'z[i+j]' --wrt z"},
    error_code{"S08", "a length is not known from where it stands", "diff 'vector(1)' --wrt x"},
    // usage
    error_code{"U01", "no such command, or none at all", "differentiate 'x^2' --wrt x"},
    error_code{"U02", "the command does not take this option", "prove 'x == x' --wrt x"},
    error_code{"U03", "an option needs a value", "diff x --wrt"},
    error_code{"U04", "an option's value is none of those that it takes", "derive 'x^2' --wrt x --verbosity 7"},
    error_code{"U05", "too many operands, too few, or an equation where an expression is needed", "diff x y --wrt x"},
    error_code{"U06", "an option or a field that is needed is missing", "diff 'x^2'"},
    error_code{"U07", "a file or a stream cannot be read or written", "diff 'x^2' --wrt x --output /no/such/folder/answer"},
    error_code{"U08", "a line of a batch is no JSON object", "batch", "echo 'x^2'", [] { return lines("x^2", 1); }},
    error_code{"U09", "a field of a batch line is missing, unknown or of the wrong kind", "batch", "echo '{\"op\": \"integrate\"}'",
               [] { return lines("{\"op\": \"integrate\"}", 1); }},
    error_code{"U10", "two options contradict each other", "diff 'x^2' --wrt x --expand --factor"},
    error_code{"U11", "the language has no counterpart of a function", "emit 'lambertw(x)' --wrt x --lang c"},
    error_code{"U12", "no fused rule has this name", "rules --fused softmax-crossentropy"},
    // certificates
    error_code{"C01", "a certificate is refused: a step of it does not hold, or it is not written as certificates are", "check -",
               "echo 'x^2'", [] { return lines("x^2", 1); }},
    error_code{"C02", "there is no certificate of this statement", "prove 'D(a^2, a) == 2*a' --let 'a = x + 1' --certificate proof"},
    error_code{"C03", "the proof uses what has no counterpart in Coq", "diff 'lgamma(x)' --wrt x --coq proof.v"},
    // values
    error_code{"V01", "a value is missing", "grad 'x*y' --wrt x --at 'x=1'"},
    error_code{"V02", "too many numbers would be needed at once", "grad 'sum(i,1,n, sum(j,1,n, sin(i*j*x)))' --wrt x --at 'x=1, n=100000'"},
    error_code{"V03", "a value does not have the shape that it needs", "grad 'sum(z)' --wrt z --at 'z=[1,[2]]'"},
    error_code{"V04", "a result is too long or too deep to be printed", "diff '10^600*10^600*x' --wrt x"},
    error_code{"V05", "the result needs a function whose name is declared as something else", "diff 'x^y*log' --wrt y --var 'log: real'"},
    error_code{"V06", "a value is given to a name that does not occur", "grad x --wrt x --at 'x=1, q=2'"},
    error_code{"V07", "a value is given to a name that has its value by --let", "grad 'a*x' --wrt x --let 'a = x^2' --at 'x=1, a=2'"},
    error_code{"V08", "a declared function has no value", "grad 'f(x)' --wrt x --var 'f: function(t)' --at x=1"},
    error_code{"V09", "an array is too short or too long for an index", "grad 'sum(z) + z[3]' --wrt z --var 'z: vector[K]' --at 'z=[1,2]'"},
    error_code{"V10", "the text of --at is not understood", "grad x --wrt x --at 'x'"},
    error_code{"V11", "a name has two values", "grad x --wrt x --at 'x=1, x=2'"},
    error_code{"V12", "a value is no finite number", "grad x --wrt x --at 'x=log(0)'"},
};
// clang-format on

}  // namespace

std::span<const error_code> error_codes() { return table; }

}  // namespace wengert::cli
