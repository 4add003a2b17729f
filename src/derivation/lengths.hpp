// What the indices of a problem need of its dimensions, for results to say it: z[3] of a z of length K needs K >= 3. Every
// theorem about a tape's nodes is for dimensions that meet the tape's conditions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>

namespace wengert {

// The conditions that no given says, each as it is typed, without those that follow from the others.
std::vector<std::string> length_texts(const tape& t);
// The givens that say the others, as typed.
std::vector<std::string> lengths_given(const tape& t);
// Adds the texts that are not there yet: conditions in front, givens behind.
void add_lengths(const tape& t, std::vector<std::string>& conditions, std::vector<std::string>& hypotheses_used);
// For L == R: the conditions that neither the left side nor a let or a given brings about.
std::vector<std::string> lengths_of_right_side(const problem& p);

}  // namespace wengert
