// What the kernel concludes, and what the Coq files prove: for each step, function and rule either a constructor there, or a
// place among those that are known to have none.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <wengert/core/registry.hpp>
#include <wengert/derivation/rule_list.hpp>
#include <wengert/proof/coq.hpp>
#include <wengert/proof/inferences.hpp>
#include <wengert/proof/rules.hpp>

using namespace wengert;

namespace {

// The words of an inductive type's definition in a file: its constructors and their types.
std::set<std::string> words_of(const std::string& file, const std::string& type) {
  std::ifstream in(WENGERT_COQ_SOURCES + file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t begin = text.find("Inductive " + type + " :="), end = text.find(".\n", begin);
  REQUIRE(begin != std::string::npos);
  std::istringstream words(text.substr(begin, end - begin));
  return {std::istream_iterator<std::string>(words), {}};
}

std::string text_of(const std::string& file) {
  std::ifstream in(WENGERT_COQ_SOURCES + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The definition on a line of its own that says for which functions a lemma holds.
std::string definition(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("\nDefinition " + name + " ");
  REQUIRE(begin != std::string::npos);
  return text.substr(begin, text.find(".\n", begin) - begin);
}

bool known_to_have_none(opcode o) {
  const std::set<opcode> none{opcode::erfinv,   opcode::gamma,   opcode::lgamma,  opcode::digamma,   opcode::expint,
                              opcode::lambertw, opcode::atan2,   opcode::beta,    opcode::polygamma, opcode::gammap,
                              opcode::gammaq,   opcode::besselj, opcode::bessely, opcode::besseli,   opcode::besselk};
  return none.contains(o);
}

}  // namespace

TEST_CASE("every function has a counterpart in Coq, or is known to have none") {
  const std::set<std::string> one = words_of("Functions.v", "un"), two = words_of("Functions.v", "bi");
  for (const op_info& f : functions()) {
    const std::string name = coq_name(f.code);
    CAPTURE(f.name);
    CHECK(name.empty() == known_to_have_none(f.code));
    if (!name.empty()) CHECK((f.arity == 1 ? one : two).contains(name));
  }
}

TEST_CASE("every rule has a lemma in Coq, or is known to have none") {
  const std::set<std::string> proved = words_of("Rules.v", "rule");
  int without = 0;
  for (const rule& r : rules()) {
    const std::string name = coq_name(r);
    CAPTURE(r.name);
    if (name.empty())
      ++without;
    else
      CHECK(proved.contains(name));
  }
  CHECK(without == 23);
}

TEST_CASE("the lemmas by which rules are established are there") {
  std::string all;
  for (const char* file : {"Functions.v", "Extrema.v", "Sums.v", "Kernel.v"}) all += text_of(file);
  int with = 0;
  for (const listed_rule& r : list_rules()) {
    const std::string lemma(coq_lemma(r.name));
    if (lemma.empty()) continue;
    CAPTURE(r.name);
    CHECK(all.find("\nLemma " + lemma + " ") != std::string::npos);
    ++with;
  }
  CHECK(with == 56);
}

TEST_CASE("a lemma about the signs of some functions is about those that it is named for") {
  const std::string text = text_of("Functions.v"), kernel = text_of("Kernel.v");
  const std::map<std::string, std::string> cases{
      {"positive_fun_ok", definition(text, "positive_fun")},
      {"nonneg_fun_ok", definition(text, "nonneg_fun")},
      {"sign_of_argument_cases", definition(text, "sign_of_argument")},
      {"sign_nonneg_ok", definition(kernel, "sign_nonneg")},
  };
  for (const op_info& f : functions()) {
    CAPTURE(f.name);
    const std::string lemma(coq_lemma("sign-of-" + std::string(f.name)));
    if (!lemma.empty()) CHECK(cases.at(lemma).find(" " + coq_name(f.code) + " ") != std::string::npos);
  }
}

TEST_CASE("every step of the kernel has a counterpart in Coq") {
  const std::set<std::string> steps = words_of("Kernel.v", "step");
  for (const inference& i : inferences()) {
    const std::string name = coq_name(i.name);
    CAPTURE(i.name);
    CHECK(steps.contains(name));
  }
}
