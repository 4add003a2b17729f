// The texts of one problem and its derivations, read back and laid out for a page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/text/math.hpp>

namespace wengert {

// A piece of a sentence: words, a formula, or the number of another step.
struct prose_piece {
  enum class kind { words, formula, reference } is = kind::words;
  std::string text;  // words, or the number
  math formula{};
};

// The sentence with a capital letter, if it begins with a word.
std::vector<prose_piece> capitalised(std::vector<prose_piece> pieces);

class typesetter {
 public:
  explicit typesetter(const problem& p);
  // With the names that the derivation gave.
  typesetter(const problem& p, const derivation& d);

  // An expression, an equation or a fact; shown letter by letter if it cannot be read.
  math formula(const std::string& text) const;
  math equation(const std::string& left, const std::string& right) const { return formula(left + " = " + right); }
  // A sentence with formulas in it, such as "derivative of log; by (2); a > 0". What is no formula beyond doubt stays words.
  std::vector<prose_piece> prose(const std::string& text) const;

 private:
  std::optional<math> read(const std::string& text, bool must_be_known) const;
  std::optional<math> read_chain(const std::string& text) const;
  bool is_known(const syntax_tree& tree) const;
  std::optional<prose_piece> formula_at(const std::string& s, std::size_t at, int& tries) const;
  bool stands_for_itself(const std::string& s, std::size_t at) const;

  const problem& problem_;
  name_styles names_;
};

// Whether a typesetter can be asked to set it: it is not too deep, and can be cut into lines of at most that width, in letters.
// What does not fit is shown as text.
bool fits_a_page(const math& m, double widest_line);

}  // namespace wengert
