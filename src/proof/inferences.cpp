#include <wengert/proof/inferences.hpp>

namespace wengert {

namespace {

// clang-format off
constexpr std::array of_equations{
    inference{"reflexive", "a == a", {}, "Everything equals itself."},
    inference{"symmetric", "b == a", {"a == b"}, "An equation may be read from right to left."},
    inference{"transitive", "a == c", {"a == b", "b == c"}, "Two equations that meet make one."},
    inference{"congruence", "f(a) == f(b)", {"a == b"}, "An argument may be replaced by its equal, in any operation."},
    inference{"ring", "a*(b + c) == a*b + a*c", {},
              "Two sides are equal that are the same after multiplying out, summing over deltas and merging whole powers; a negative power needs to know that its base is not 0."},
    inference{"lift", "exp(z[i]) == exp(z)[i]", {}, "A function of an entry is the entry of the function of the whole array."},
    inference{"cases", "A[i,j] == B[i,j]", {"A[i,i] == B[i,i]", "A[i,j] == B[i,j] where i != j"},
              "What holds for equal indices and for different ones holds for all."},
    inference{"decided", "if(x < y, if(x < y, a, b), c) == if(x < y, a, c)", {}, "In a branch of a choice, choices by the same comparison are made."},
    inference{"any-sign", "a == b", {"a == b where u != 0", "a == b where u = 0"},
              "What holds where a number is positive, where it is negative and where it is 0, holds."},
    inference{"transfer", "b > 0", {"a == b", "a > 0"}, "Equal terms have the same sign; likewise for >= 0, != 0 and integer."},
    inference{"factor-nonzero", "a != 0", {"a*b != 0"}, "If a product is not 0, neither are its factors; likewise for an absolute value."},
    inference{"argument-sign", "a > 0", {"tanh(a) > 0"},
              "What is said of the sign of a function that has the sign of its argument, or of an odd power, holds of the argument."},
    inference{"derivative", "D(f, x) == sum(k, D(f, u[k])*D(u[k], x))", {"f is defined and differentiable"},
              "The chain rule over the arguments u of an operation f, with the derivatives that the rules d-... give."},
    inference{"derivative-equal", "D(f, x) == b", {"D(f, x) == a", "a == b"}, "A derivative may be replaced by its equal."},
    inference{"derivative-entry", "D(f, z[1]) == a[1]", {"D(f, z[i]) == a[i]"}, "The derivative by one entry is the entry of the derivative."},
    inference{"derivative-again", "D(D(f, x), x) == b", {"D(f, x) == a near x", "D(a, x) == b"},
              "The derivative of the derivative, if the first holds near the point: by hypotheses free of x, or strict ones between terms that are continuous there."},
    inference{"derivative-of-equal", "D(f, x) == D(g, x)", {"f == g near x"},
              "Equal functions have equal derivatives, if they are equal near the point: by hypotheses free of x, or strict ones between continuous terms."},
};

constexpr std::array of_signs{
    inference{"sign-strict", "a > 0", {"a >= 0", "a != 0"}, "What is neither negative nor 0 is positive."},
    inference{"sign-sum-positive", "a + b > 0", {"a > 0", "b >= 0"}, "A sum is positive if one term is and no other is negative."},
    inference{"sign-sum-nonnegative", "a + b >= 0", {"a >= 0", "b >= 0"}, "A sum of what is not negative is not negative."},
    inference{"sign-product-positive", "a*b > 0", {"a > 0", "b > 0"}, "A product of positive numbers is positive."},
    inference{"sign-product-nonnegative", "a*b >= 0", {"a >= 0", "b >= 0"}, "A product of what is not negative is not negative."},
    inference{"sign-product-nonzero", "a*b != 0", {"a != 0", "b != 0"}, "A product of numbers other than 0 is not 0."},
    inference{"sign-square", "a*a >= 0", {}, "A square is not negative."},
    inference{"sign-even-power", "a^2 >= 0", {}, "An even power is not negative."},
    inference{"sign-even-power-positive", "a^2 > 0", {"a != 0"}, "An even power of a number other than 0 is positive."},
    inference{"sign-power-positive", "a^3 > 0", {"a > 0"}, "A power of a positive number is positive."},
    inference{"sign-power-nonnegative", "a^3 >= 0", {"a >= 0"}, "A power of a number that is not negative is not negative."},
    inference{"sign-power-nonzero", "a^3 != 0", {"a != 0"}, "A whole power of a number other than 0 is not 0, whether the exponent is a number or not."},
    inference{"sign-real-power", "a^b > 0", {"a > 0"}, "A real power of a positive number is positive."},
    inference{"sign-array-sum-positive", "sum(z) > 0", {"z > 0"}, "A sum of positive entries, at least one, is positive."},
    inference{"sign-array-sum-nonnegative", "sum(z) >= 0", {"z >= 0"}, "A sum of entries that are not negative is not negative."},
    inference{"sign-array-product-positive", "prod(z) > 0", {"z > 0"}, "A product of positive entries is positive."},
    inference{"sign-array-product-nonzero", "prod(z) != 0", {"z != 0"}, "A product of entries other than 0 is not 0."},
    inference{"sign-extremum", "max(z) >= 0", {"z >= 0"}, "The greatest and the least of entries that share a sign have it."},
    inference{"sign-max", "max(a, b) > 0", {"a > 0"}, "The greater of two is positive if one of them is; likewise for >= 0."},
    inference{"sign-min", "min(a, b) > 0", {"a > 0", "b > 0"}, "The lesser of two is positive if both are; likewise for >= 0."},
    inference{"sign-choice", "if(x < y, a, b) > 0", {"a > 0", "b > 0"}, "A choice has the sign that its branches share."},
    inference{"sign-attained", "sum(if(z = max(z), 1, 0)) > 0", {}, "Some entry is the greatest, and some entry is the least."},
    inference{"sign-hypot", "hypot(a, b) > 0", {"a != 0"}, "The hypotenuse is positive if one side is not 0."},
    inference{"sign-abs", "abs(a) > 0", {"a != 0"}, "The absolute value of a number other than 0 is positive."},
    inference{"sign-log", "log(2) > 0", {}, "The logarithm of a number above 1 is positive."},
    inference{"sign-pi", "pi > 0", {}, "pi is positive, and so are dimensions and indices, which count from 1."},
    inference{"sign-integer-sum", "integer(a + b)", {"integer(a)", "integer(b)"}, "A sum of integers is an integer."},
    inference{"sign-integer-product", "integer(a*b)", {"integer(a)", "integer(b)"}, "A product of integers is an integer."},
    inference{"sign-off-poles", "a > 0 or not integer(a)", {"a > 0"}, "A positive number is none of 0, -1, -2, ..."},
    inference{"sign-off-poles-fraction", "a > 0 or not integer(a)", {"not integer(a)"}, "What is no integer is none of 0, -1, -2, ..."},
    inference{"sign-off-poles-next", "a + 1 > 0 or not integer(a + 1)", {"a > 0 or not integer(a)"},
              "What is none of 0, -1, -2, ... is not so after adding a whole number that is not negative."},
    inference{"sign-integer-floor", "integer(floor(a))", {}, "floor and ceil are integers, and so are dimensions, indices and delta."},
};
// clang-format on

}  // namespace

std::span<const inference> inferences() { return of_equations; }
std::span<const inference> sign_inferences() { return of_signs; }

}  // namespace wengert
