// The catalogue of fused rules: each row is proved, rechecked, right in numbers, and found again without any composite's name.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <check.hpp>
#include <wengert/calculus/problem.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>
#include <wengert/derivation/fused_rules.hpp>
#include <wengert/text/printer.hpp>

#include "gradient_check.hpp"

using namespace wengert;

namespace {

// The same question in primitive functions alone: what the printer says of a node that has no names.
problem_text spelled_out(const fused_source& source) {
  problem p(problem_of(source));
  const tape& t = p.on();
  problem_text text = problem_of(source);
  text.expressions = {print(t, p.expressions()[0].node)};
  text.vars.clear();
  for (symbol_id s = 0; s < t.symbol_count(); ++s) text.vars.push_back(declaration(t, s));
  return text;
}

}  // namespace

TEST_CASE("every fused rule is proved, and its certificate establishes it") {
  for (const fused_rule& r : derive_fused_rules()) {
    CAPTURE(r.name);
    CAPTURE(r.statement);
    CHECK(r.established.starts_with("proved in "));
    CHECK(r.nodes_after > 0);
    std::string report;
    CHECK(checker::check_certificate(r.certificate, report));
    CHECK(report.starts_with("established: "));
    CHECK(r.certificate.find(r.statement) != std::string::npos);
  }
}

TEST_CASE("the right sides of fused rules are derivatives, in numbers") {
  std::mt19937_64 random(5);
  for (const fused_source& source : fused_sources()) {
    CAPTURE(source.name);
    problem p(problem_of(source));
    const diff_result found = diff(p, 1).results[0];
    for (int k = 0; k < 5; ++k) CHECK(largest_error(p, found, sample(p, problem_of(source).givens, random)) < 1e-5);
  }
}

TEST_CASE("a fused rule that rests on an equation is wrong where the equation fails") {
  std::mt19937_64 random(6);
  int tried = 0;
  for (const fused_source& source : fused_sources()) {
    problem p(problem_of(source));
    const diff_result found = diff(p, 1).results[0];
    const bool rests = std::ranges::any_of(found.hypotheses_used, [](const std::string& h) { return h.find("sum(") == 0; });
    if (!rests) continue;
    CAPTURE(source.name);
    CHECK(largest_error(p, found, sample(p, {}, random)) > 1e-3);
    ++tried;
  }
  CHECK(tried >= 4);
}

// Names that nobody used are not printed, so that the texts may differ; what they say may not.
TEST_CASE("fused rules come back when no composite is named") {
  std::size_t same = 0;
  for (const fused_source& source : fused_sources()) {
    CAPTURE(source.name);
    problem named(problem_of(source));
    problem_text text = spelled_out(source);
    CAPTURE(text.expressions[0]);
    problem spelled(text);
    const diff_result a = diff(named, 1).results[0], b = diff(spelled, 1).results[0];
    CHECK(b.proof.checked);
    CHECK(b.hypotheses_used == a.hypotheses_used);
    if (a.derivative == b.derivative) {
      ++same;
      continue;
    }
    CAPTURE(a.derivative);
    CAPTURE(b.derivative);
    text.wrt.clear();
    text.expressions = {a.derivative + " == " + b.derivative};
    for (const std::string& c : a.conditions) text.givens.push_back(c);
    problem equation(text);
    CHECK(prove(equation).status == verdict::proved);
    CHECK(b.derivative.size() < 2 * a.derivative.size());
  }
  CHECK(2 * same > fused_sources().size());
}

TEST_CASE("a fused rule that is not in the catalogue is an error") { CHECK_THROWS_AS(find_fused_source("softmax"), error); }
