// What uses the headers alone.
#include <cstdio>
#include <cstring>
#include <vector>

#include <wengert/embed/functional.hpp>
#include <wengert/version.hpp>

int main(int, char** arguments) {
  const auto f = [](const auto& x) { return x[0] * sin(x[1]) * x[0]; };
  const std::vector<double> g = wengert::grad(f)(std::vector<double>{3, 0});
  std::printf("%g %g\n", g[0], g[1]);
  return g[1] == 9 && std::strcmp(arguments[1], WENGERT_VERSION) == 0 ? 0 : 1;
}
