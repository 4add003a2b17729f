// Numbers as fractions of sums of exponentials: (SUM c*exp(s))/PROD (SUM d*exp(t))^n, where the exponents are exact.
//
// What cancels in softmax, sigmoid and their like cancels here as terms do, whatever the distance between their sizes: with
// p = exp(a)/(exp(a) + exp(b)) the difference 1 - p is exp(b)/(exp(a) + exp(b)). Other functions take the values, as balls.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <wengert/numeric/ball.hpp>

namespace wengert {

// SUM coefficient*exp(exponent), the largest exponent first, no exponent twice, no coefficient that is exactly 0.
struct exponential_sum {
  struct term {
    ball coefficient, exponent;
  };
  std::vector<term> terms;
};

struct exponential_fraction {
  exponential_sum above;
  std::vector<std::pair<exponential_sum, int>> below;  // factors and their powers

  exponential_fraction() = default;
  exponential_fraction(std::int64_t n) : exponential_fraction(ball(n)) {}
  exponential_fraction(ball constant);

  // The number itself, where it is no more than a ball.
  const ball* constant() const;
};

template <> class arithmetic<exponential_fraction> {
 public:
  using number_type = exponential_fraction;
  explicit arithmetic(int bits) : in_(bits) {}

  number_type add(const number_type& x, const number_type& y) const;
  number_type subtract(const number_type& x, const number_type& y) const { return add(x, multiply(ball(-1), y)); }
  number_type multiply(const number_type& x, const number_type& y) const;
  number_type divide(const number_type& x, const number_type& y) const { return multiply(x, inverse(y)); }
  number_type inverse(const number_type& x) const;
  // x as one number with its error.
  ball value(const number_type& x) const;

  static bool is_zero(const number_type& x) { return x.above.terms.empty(); }
  static bool is_infinite(const number_type& x) { return x.constant() && x.constant()->radius.is_unlimited(); }
  static std::optional<std::int64_t> integer(const number_type& x);
  static number_type unknown() { return ball::anything(true); }
  static number_type lowest() { return unknown(); }
  static number_type highest() { return unknown(); }

  number_type larger(const number_type& x, const number_type& y) const { return extremum(x, y, 1); }
  number_type smaller(const number_type& x, const number_type& y) const { return extremum(x, y, -1); }
  // Where it is certain.
  std::optional<bool> holds(comparison c, const number_type& left, const number_type& right) const;
  number_type choose(comparison c, const number_type& left, const number_type& right, const number_type& yes,
                     const number_type& no) const;

  number_type number(const rational& q) const { return in_.number(q); }
  number_type pi() const { return in_.pi(); }
  auto power(const rational& q) const {
    return [this, q](const number_type& x) { return raised(x, q); };
  }
  number_type function(const op_info& f, const number_type* arguments) const;

 private:
  number_type extremum(const number_type& x, const number_type& y, int towards) const;
  number_type raised(const number_type& x, const rational& q) const;
  number_type exp(const number_type& x) const;
  number_type log(const number_type& x) const;
  ball log(const exponential_sum& s) const;
  ball relative(const exponential_sum& s) const;
  std::optional<exponential_sum> times(const exponential_sum& x, const exponential_sum& y) const;
  std::optional<exponential_sum> times(const exponential_sum& x, const std::vector<std::pair<exponential_sum, int>>& all,
                                       const std::vector<int>& more) const;
  std::optional<number_type> of_exponentials(opcode f, const number_type& x) const;

  arithmetic<ball> in_;
};

}  // namespace wengert
