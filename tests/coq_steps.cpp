// coq_steps FOLDER: proofs for Coq that hold steps which no command makes, one file each, for coq_test.sh.
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <wengert/calculus/problem.hpp>
#include <wengert/proof/coq.hpp>
#include <wengert/proof/kernel.hpp>

using namespace wengert;

namespace {

void write(const std::string& folder, const std::string& name, kernel& k, const theorem& goal) {
  std::ofstream(folder + "/" + name + ".v") << coq_document(k, name, std::vector{goal});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: coq_steps FOLDER\n", stderr);
    return 2;
  }
  problem_text said;
  said.vars = {"A: matrix[n,n]"};
  said.expressions = {"delta(i,j)*A[i,j] == delta(i,j)*A[i,i]"};
  problem p(said);
  tape& t = p.on();
  kernel k(t);
  const node_id a = p.expressions()[0].node, b = p.expressions()[1].node;
  const std::pair<std::uint8_t, std::uint8_t> apart[] = {{0, 1}};
  const theorem differ = k.ring(a, b, {}, {}, apart);
  const std::array<range_id, 1> out{t.out(a)[0]};
  const std::vector<label> twice{label::of_axis(0), label::of_axis(0)};
  const theorem same = k.ring(t.identity(out, {a, twice}), t.identity(out, {b, twice}), {});
  write(argv[1], "cases", k, k.cases(a, b, 0, 1, differ, same));
  // Where they differ, both sides are 0.
  const node_id zero = t.identity(std::vector<range_id>{t.out(a).begin(), t.out(a).end()}, {t.constant(0), {}});
  write(argv[1], "apart", k, k.transitive(k.symmetric(k.symmetric(differ)), k.ring(b, zero, {}, {}, apart)));
}
