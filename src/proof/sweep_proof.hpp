// The proof that the reverse sweep's answer is what the kernel's derivative rules give.
#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <wengert/calculus/reverse.hpp>
#include <wengert/proof/normal_form.hpp>

namespace wengert {

// Every contribution c that is sent to a node n stands for a term, c * d n. A node's step of the sweep turns the terms that it
// receives into the terms that it sends, with the same sum, since d n is the sum of its partial derivatives times the d of its
// arguments. Steps that follow each other are joined in pairs, pairs in pairs, and so on: a join looks at the terms that enter
// or leave it and at no others, so that N steps need work of the order N log N, however many terms are under way.
class sweep_proof {
 public:
  // `known` has the derivative theorems of f and of what f is made of; `rewritten`, by node, that its adjoint is what was passed
  // on instead.
  sweep_proof(normalizer& with, node_id f, symbol_id variable, const std::unordered_map<node_id, theorem>& known,
              const std::unordered_map<node_id, theorem>& rewritten);

  // The right side of d f equals the sweep's result. Throws refusal where a step does not hold.
  theorem run(const std::vector<adjoint_step>& record, node_id result);

 private:
  struct sent_term {
    node_id contribution;
    node_id node;          // contribution * d of the node to which it is sent
    std::size_t from, at;  // the steps that send it and receive it
  };
  // The steps from `begin` to before `end`: the sum of what enters is the sum of what leaves.
  struct flow {
    std::size_t begin, end;
    std::vector<std::size_t> enters, leaves;  // numbers of terms
    node_id entering;                         // a sum of the terms that enter, grouped as the proof needs it
    theorem equal;                            // entering = the sum of the terms that leave
  };

  void list_terms(const std::vector<adjoint_step>& record);
  flow prove(const std::vector<adjoint_step>& record, std::size_t begin, std::size_t end);
  flow one_step(const adjoint_step& step, std::size_t number);
  theorem collected(const adjoint_step& step, std::size_t number);
  theorem passed_on(const adjoint_step& step, std::size_t number, node_id entering);
  flow joined(const flow& first, const flow& second);
  theorem regrouped(node_id a, const theorem& equal, node_id b);
  theorem ring(node_id a, node_id b, std::span<const theorem> premises, std::span<const node_id> opaque);
  node_id term(node_id contribution, node_id n);
  node_id sum(const std::vector<node_id>& nodes);
  node_id sum_of(std::span<const std::size_t> terms);
  template <typename Closed> std::vector<node_id> closed_under(std::vector<node_id> roots, Closed closed) const;

  normalizer& with_;
  kernel& kernel_;
  tape& tape_;
  node_id f_;
  const std::unordered_map<node_id, theorem>&known_, &rewritten_;
  std::vector<range_id> seed_, by_, out_;
  std::vector<bool> original_;  // nodes of the function that are made of others
  std::vector<sent_term> terms_;
  std::unordered_set<node_id> term_nodes_, sums_;          // of more than one node
  std::vector<std::vector<std::size_t>> received_, sent_;  // by step: numbers of terms
};

}  // namespace wengert
