// Choosing how to write a result. Several layouts of an expression are built, each is proved equal to it, and the one that reads
// shortest wins.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/proof/prover.hpp>
#include <wengert/text/printer.hpp>

namespace wengert {

struct presented {
  node_id node;
  theorem equal;  // original = node
  std::string text;
  std::vector<std::string> letters;  // of the axes; empty in array form
  bool bound_letters = false;        // whether sums over letters are written
};

// A way to write something, and where it comes from, if from a node that is easier to compare: from = node.
struct layout {
  node_id node;
  std::optional<theorem> from;
};

// How many nodes the text of n has, where what has a name is one; at most `limit`.
std::size_t tree_size(const tape& t, node_id n, const std::map<node_id, call>& names, std::size_t limit);

class presenter {
 public:
  // Writes with the problem's own names, and with composites that it finds.
  presenter(problem& p, prover& with) : problem_(p), prover_(with), tape_(p.on()), names_(p.calls()), discover_(true) {}
  // Writes with the given names; `discover`: also with composites that nobody named. What is written is compared with what it is
  // to equal as functions of the atoms, whatever these are made of.
  presenter(problem& p, prover& with, const std::map<node_id, call>& names, bool discover, std::span<const node_id> atoms = {})
      : problem_(p),
        prover_(with),
        tape_(p.on()),
        given_names_(names),
        names_(given_names_),
        discover_(discover),
        atoms_(atoms.begin(), atoms.end()) {}
  presenter(const presenter&) = delete;
  presenter& operator=(const presenter&) = delete;

  // Nodes that should be recognized in the result besides those that the user named.
  void recognize(node_id n) { recognized_.push_back(n); }
  // A node that may be equal to what is to be written, and may read better.
  void suggest(node_id n) { suggested_.push_back(n); }
  // Symbols that stand for nodes in what is to be written. They are put back before anything is proved, and in the answer's node.
  void put_back(std::map<node_id, node_id> values) { values_ = std::move(values); }
  // The node of the shortest layout, whatever its text.
  node_id rewritten(node_id n);
  // Forgets the composites that were found on the way, but for those in n.
  void forget_names_outside(node_id n);
  // The layout that reads shortest, in the notation given or, where that has no words, in index form. Letters, for the output
  // axes, make it index form. With `mentioning`, a text that has these words in it, if there is any.
  presented best(node_id n, const std::vector<std::string>& letters, notation how, std::string_view mentioning = {});

  // A polynomial as a node: closed sums as factors of their own, positive terms first, denominators last.
  node_id lay_out(const polynomial& p);
  // With definitions folded back to their names, multiplied out.
  node_id expanded(node_id n);

  // Whether the text of a node, written with the user's names only, says what the node is: it is read again and proved equal.
  bool reads_back(node_id n, const print_options& how);

  // Polynomials that n equals: with its functions as they are, and in the normal forms.
  std::vector<polynomial> readings(node_id n);
  // Of nodes that might equal n the one that reads shortest, is equal to it and defined wherever n is.
  std::optional<presented> shortest(node_id n, const std::vector<layout>& candidates, const std::vector<std::string>& letters,
                                    bool index_form);

 private:
  struct pattern {  // a composite or let: node = coefficient * product + rest
    node_id node;
    std::vector<range_id> axes;
    monomial product;
    rational coefficient;
    polynomial rest;
  };

  // How polynomials are read: in a normal form, multiplied out, or with sums as factors, some of which stay whole; and what the
  // names stand for then.
  struct reading {
    normalizer& form;
    bool expand_products;
    std::set<node_id> whole;
    std::vector<pattern> patterns;
  };

  // A sum over one axis of a node, and the number that it is.
  struct product_of_sum {
    monomial sum;
    std::size_t free;
    rational number;
  };

  struct choice {
    std::size_t cost;
    node_id node;
    printed text;
  };

  edge lay_out_product(const monomial& m, const rational& c, std::span<const range_id> axes);
  node_id factored(const polynomial& p);
  polynomial folded(const polynomial& p, const reading& in);
  bool fold_once(polynomial& p, const reading& in);
  polynomial with_lets(const polynomial& p, const std::vector<node_id>& named);
  polynomial with_names_whole(node_id n, bool expand_products, const std::set<node_id>& also = {});
  node_id without_adjugates(node_id n);
  bool is_zero(node_id n) const;
  bool is_defined(node_id c);
  bool as_defined_as(node_id c, node_id original);
  polynomial without_numerators(polynomial p, const reading& in);
  polynomial read(node_id n, const reading& in) const;
  polynomial with_sums_evaluated(const polynomial& p) const;
  void find_written_sums();
  void find_written_arguments();
  node_id gathered(const polynomial& p);
  node_id with_arguments_folded(node_id n);
  node_id with_sums_laid_out(node_id n);
  node_id with_choices_joined(node_id n);
  node_id with_choices_narrowed(node_id n);
  node_id with_divisors_joined(node_id n);
  node_id folded_argument(node_id n);
  std::vector<node_id> names_within(node_id n) const;
  void collect_patterns(node_id n);
  void discover(node_id n);
  void discover_quotients(node_id n);
  void add_pattern(node_id c);
  void add_pattern(node_id c, reading& to);
  void add_divisor_pattern(node_id c, reading& to);
  std::vector<node_id> candidates(node_id n);
  std::vector<node_id> matrix_candidates(const std::vector<node_id>& layouts);
  std::size_t strange_sums(node_id n) const;
  std::set<node_id> functions_of_composites();
  std::size_t bare_functions(node_id n);
  std::ptrdiff_t familiarity(node_id n) const;
  std::size_t numbers_by_equations(node_id n) const;
  std::optional<theorem> equate(node_id a, node_id b);
  void find_familiar_sums();
  std::vector<choice> choices(const std::vector<node_id>& layouts, const print_options& how);

  normalizer& full_form() { return around_atoms_ ? *around_atoms_ : prover_.full(); }
  normalizer& light_form() { return lightly_around_ ? *lightly_around_ : prover_.light(); }
  std::optional<normalizer> around(normalizer::form f) const {
    return atoms_.empty() ? std::nullopt : std::optional(prover_.around(atoms_, f));
  }

  problem& problem_;
  prover& prover_;
  tape& tape_;
  std::map<node_id, call> given_names_;
  const std::map<node_id, call>& names_;  // these, or the problem's own
  bool discover_;
  const std::vector<node_id> atoms_;
  std::optional<normalizer> around_atoms_ = around(normalizer::form::full), lightly_around_ = around(normalizer::form::light);
  normalizer around_sums_{prover_.known(), normalizer::form::light};  // light, with the sums whole
  reading full_{full_form(), true, {}, {}}, light_{light_form(), false, {}, {}}, as_written_{around_sums_, true, {}, {}};
  std::vector<node_id> recognized_, suggested_;
  std::vector<node_id> discovered_;             // composites that were named in the search
  std::map<node_id, node_id> values_;           // of stand-ins
  std::set<node_id> units_;                     // sums as the user wrote them
  std::map<node_id, node_id> normalized_;       // light normal forms of what stands in as_written_.whole, and these
  std::map<node_id, node_id> arguments_;        // normal forms of what the user wrote inside functions and roots, and these
  std::vector<product_of_sum> numbers_;         // sums over an axis of what stands in as_written_.whole, where they are numbers
  std::map<node_id, std::ptrdiff_t> familiar_;  // sums outside of composites, and what they are worth
  std::set<std::string> typed_;                 // the names of the composites in the expressions
  std::set<node_id> composed_;                  // functions inside composites
};

}  // namespace wengert
