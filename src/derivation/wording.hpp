// How nodes, conditions and theorems of one problem are put into words.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/text/printer.hpp>

namespace wengert {

class wording {
 public:
  // The letters are those of the first axes of a node.
  wording(problem& p, node_id n, std::vector<std::string> letters);

  naming names() const;
  std::string show(node_id n) const;
  std::string condition(const requirement& r) const;
  // 'statement, where c1 and c2; given h1, h2'
  std::string theorem(const std::string& statement, const std::vector<std::string>& hypotheses,
                      const std::vector<std::string>& where) const;
  // What is left of a - b after simplification.
  std::string difference(prover& with, node_id a, node_id b) const;

 private:
  node_id tidy(const requirement& r) const;
  // For axes of another node: the letter of an axis that runs over the same, "" where there is none.
  std::vector<std::string> letters_for(std::span<const range_id> axes) const;
  node_id negated(node_id n) const;

  problem& problem_;
  std::vector<std::string> letters_;
  std::vector<range_id> ranges_;
};

}  // namespace wengert
