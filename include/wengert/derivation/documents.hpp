// Answers as pages. LaTeX: a derivation is a whole document that needs amsmath, geometry and graphicx; a derivative or a theorem
// is a fragment to be pasted into one that has amsmath. HTML: one self-contained page, with MathML and without scripts.
#pragma once

#include <string>
#include <vector>

#include <wengert/derivation/commands.hpp>

namespace wengert {

// The verbosity is what the derivations were made with: 0 shows only the last step of each.
std::string latex_document(const problem& p, const std::vector<derivation>& all, int verbosity);
std::string html_document(const problem& p, const std::vector<derivation>& all, int verbosity);

std::string latex_document(const problem& p, const diff_answer& a);
std::string html_document(const problem& p, const diff_answer& a);

std::string latex_document(const problem& p, const prove_result& r);
std::string html_document(const problem& p, const prove_result& r);

}  // namespace wengert
