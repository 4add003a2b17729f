// What uses the library.
#include <cstdio>

#include <wengert/derivation/commands.hpp>

int main() {
  wengert::problem_text text;
  text.expressions = {"x^2*y"};
  text.wrt = {"x"};
  wengert::problem p(text);
  const auto found = wengert::diff(p, 1).results.front();
  std::printf("%s\n", found.derivative.c_str());
  return found.derivative == "2*x*y" ? 0 : 1;
}
