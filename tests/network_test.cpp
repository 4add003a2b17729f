// Products of factors with shared axes, read as matrix products.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <wengert/core/network.hpp>

using namespace wengert;

namespace {

using kind = matrix_tree::kind;

// A tree in a notation of its own: factors are a, b, c, ...
std::string spelled(const matrix_tree& t) {
  auto list = [&](const std::string& join) {
    std::string s;
    for (const matrix_tree& p : t.parts) s += (s.empty() ? "" : join) + spelled(p);
    return s;
  };
  std::string mark = t.turned ? "'" : "";
  switch (t.is) {
    case kind::factor: return std::string(1, static_cast<char>('a' + t.factor)) + mark;
    case kind::ones: return "1" + mark;
    case kind::identity: return "I";
    case kind::chain: return list(" ");
    case kind::entrywise: return "(" + list(".") + ")";
    case kind::diagonal: return "diag(" + list("") + ")";
    case kind::entries: return "entries(" + list("") + ")" + mark;
    case kind::row_sums: return "rows(" + list("") + ")" + mark;
    case kind::trace: return "tr(" + list("") + ")";
    case kind::total: return "total(" + list("") + ")";
  }
  return "?";
}

std::string read(const std::vector<std::vector<std::size_t>>& axes, std::size_t free, std::size_t count,
                 std::size_t symmetric = 99) {
  std::vector<network_factor> factors;
  for (std::size_t k = 0; k < axes.size(); ++k) factors.push_back({axes[k], k == symmetric, false, false});
  auto p = as_matrices(factors, free, count);
  if (!p) return "none";
  std::string s;
  for (const matrix_tree& t : p->scalars) s += "[" + spelled(t) + "]";
  return s + (p->main ? spelled(*p->main) : "");
}

}  // namespace

TEST_CASE("axes that two factors share are matrix products") {
  CHECK(read({{0, 2}, {2, 1}}, 2, 3) == "a b");
  CHECK(read({{2, 0}, {2, 1}}, 2, 3) == "a' b");
  CHECK(read({{2, 0}, {1, 2}}, 2, 3) == "a' b'");
  CHECK(read({{2, 0}, {2, 1}}, 2, 3, 0) == "a b");  // a is symmetric
  CHECK(read({{0, 1}, {1}}, 1, 2) == "a b");
  CHECK(read({{1}, {1, 0}}, 1, 2) == "b' a");
  CHECK(read({{0, 1}, {1, 2}, {2}}, 1, 3) == "a b c");
  CHECK(read({{0}, {1}}, 2, 2) == "a b'");
  CHECK(read({{0, 2}, {2}, {1}}, 2, 3) == "a b c'");
}

TEST_CASE("sums over everything are numbers: row times column, traces, totals") {
  CHECK(read({{0}, {0}}, 0, 1) == "[a' b]");
  CHECK(read({{0}, {0, 1}, {1}}, 0, 2) == "[a' b c]");
  CHECK(read({{0}, {1, 0}, {1}}, 0, 2) == "[c' b a]");
  CHECK(read({{0, 1}, {1, 0}}, 0, 2) == "[tr(a b)]");
  CHECK(read({{1, 0}, {0, 1}}, 0, 2) == "[tr(a b)]");
  CHECK(read({{0, 1}, {0, 1}}, 0, 2) == "[total((a.b))]");
  CHECK(read({{0, 1}, {1, 2}, {2, 0}}, 0, 3) == "[tr(a b c)]");
  CHECK(read({{0, 0}}, 0, 1) == "[tr(a)]");
  CHECK(read({{0, 1}}, 0, 2) == "[total(a)]");
  CHECK(read({{0}}, 0, 1) == "[total(a)]");
  CHECK(read({{0}, {0}, {0}}, 0, 1) == "[total((a.b.c))]");
  CHECK(read({{}, {0}, {1}, {1}}, 1, 2) == "[a][c' d]b");
}

TEST_CASE("factors over the same axes are multiplied entry by entry, vectors scale rows and columns") {
  CHECK(read({{0, 1}, {0, 1}}, 2, 2) == "(a.b)");
  CHECK(read({{0, 1}, {1, 0}}, 2, 2) == "(a.b')");
  CHECK(read({{0}, {0, 1}}, 2, 2) == "diag(a) b");
  CHECK(read({{1}, {0, 1}}, 2, 2) == "b diag(a)");
  CHECK(read({{0, 2}, {2}, {2, 1}}, 2, 3) == "a diag(b) c");
  CHECK(read({{0}, {0, 1}, {1}}, 1, 2) == "(a.b c)");
  CHECK(read({{0, 0}}, 1, 1) == "entries(a)");
  CHECK(read({{0, 1}}, 1, 2) == "rows(a)");
  CHECK(read({{1, 0}}, 1, 2) == "rows(a')");
  CHECK(read({{0, 1}, {1, 0}}, 1, 2) == "entries(a b)");
  CHECK(read({{0, 1}, {0, 1}}, 1, 2) == "rows((a.b))");
  CHECK(read({}, 1, 1) == "1");
  CHECK(read({{0}}, 2, 2) == "a 1'");
}

TEST_CASE("what is no chain of matrices has no matrix notation") {
  CHECK(read({{0, 2}, {2, 3}, {3, 0}, {2, 4}, {3, 4}, {4, 1}, {0, 4}}, 2, 5) == "none");
  CHECK(read({{0, 1, 2}}, 2, 3) == "none");
  CHECK(read({{0}}, 3, 3) == "none");
}
