// A polynomial over the tape's nodes as one fraction of polynomials over the rationals, reduced.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <wengert/proof/polynomial.hpp>
#include <wengert/proof/prover.hpp>

#include "multivariate.hpp"

namespace wengert {

// numerator * PROD part^power * PROD atom^power, where the atoms are the nodes that are not opened.
class fraction {
 public:
  // `closed` makes one node of a product of sums, so that equal sums are one atom.
  using closing = std::function<node_id(const polynomial&)>;
  fraction(prover& with, const polynomial& p, closing closed);

  const algebra::multivariate& numerator() const { return numerator_; }
  // Denominators, without a common divisor with the numerator; the powers are negative.
  const std::vector<std::pair<algebra::multivariate, int>>& parts() const { return parts_; }
  // Powers of atoms that all terms share, and of roots of sums; negative ones are denominators.
  const std::vector<factor>& atoms() const { return shared_; }

  // The sums that were opened: is = PROD times * rest.
  struct opened_sum {
    factor is;
    std::vector<factor> times;
    algebra::multivariate rest;
  };
  const std::vector<opened_sum>& sums() const { return sums_; }

  // A polynomial in the fraction's variables as one over the tape.
  polynomial opened(const algebra::multivariate& p) const;
  monomial opened(const algebra::powers& p) const;

 private:
  struct atom {
    factor is;           // with the power 1
    std::int64_t parts;  // the variable is is^(1/parts)
  };
  struct base {  // a sum that occurs to a negative or broken power
    factor is;
    std::map<std::size_t, exponent> shift;  // is = PROD atom^shift * sum
    algebra::multivariate sum;
    std::map<monomial, rational> terms;
  };
  struct term {
    rational coefficient;
    std::map<std::size_t, exponent> atoms, bases;
  };

  term read(const monomial& m, const rational& c, bool with_bases);
  std::size_t atom_of(const factor& f);
  std::optional<std::size_t> base_of(const factor& f);
  void reduce();

  prover& with_;
  std::vector<range_id> axes_;
  closing closed_;
  std::vector<atom> atoms_;
  std::vector<base> bases_;
  algebra::multivariate numerator_;
  std::vector<std::pair<algebra::multivariate, int>> parts_;
  std::vector<factor> shared_;
  std::vector<opened_sum> sums_;
};

}  // namespace wengert
