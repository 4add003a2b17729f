// Compiled with WENGERT_DEBUG_NUMBERS=1: which operation was the first to make an infinity or no number, and the line of the
// source.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <wengert/embed/functional.hpp>

using namespace wengert;

namespace {

// What was first made by the gradient of f.
template <class F> std::string first_of(const F& f, const std::vector<double>& at) {
  forget_bad_number();
  grad(f)(at);
  return first_bad_number() == nullptr ? "" : first_bad_number()->text();
}
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string output_of(const std::string& command) {
  std::string r;
  std::FILE* pipe = popen(command.c_str(), "r");
  char buffer[256];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) r += buffer;
  if (pipe != nullptr) pclose(pipe);
  return r;
}

TEST_CASE("the first operation to make no number or an infinity is named with its arguments") {
  const auto say = [](const auto& f, const std::vector<double>& at) { return first_line(first_of(f, at)); };
  CHECK(say(
            [](const auto& x) {
              const std::decay_t<decltype(x[0])> first = exp(log(x[0] - x[1]) * 2);
              return first + sqrt(x[0] - 5);
            },
            {1, 2}) == "log(-1) is nan");
  CHECK(say([](const auto& x) { return x[0] / (x[1] - 2); }, {1, 2}) == "1 / 0 is inf");
  CHECK(say([](const auto& x) { return 0.0 * sqrt(x[0] * x[1]); }, {0, 2}) == "sqrt(0) is 0 with the slope inf");
  CHECK(say([](const auto& x) { return pow(x[0], x[1]); }, {-2, 0.5}) == "pow(-2, 0.5) is nan");
  CHECK(say(
            [](const auto& x) {
              auto s = x[0] * 1e200;
              s *= x[1] * 1e200;
              return s - s;
            },
            {1, 1}) == "1e+200 * 1e+200 is inf");
  CHECK(say([](const auto& x) { return INFINITY * x[0] - INFINITY; }, {1, 1}) ==
        "inf - inf is nan, of what was no number before");
}

TEST_CASE("infinities that stay infinities, and those that vanish, are no news") {
  const auto shifted = [](const auto& x) {
    std::decay_t<decltype(x[0])> m = -INFINITY, s = 0;
    for (const auto& v : x) m = max(m, v);
    for (const auto& v : x) s += exp(v - m) + exp(-INFINITY * (v * 0 + 1));
    return m + log(s);
  };
  CHECK(first_of(shifted, {1, 2, 3}).empty());
}

TEST_CASE("second derivatives and forward types are looked at too") {
  forget_bad_number();
  hessian([](const auto& x) { return log(x[0]) * x[1]; })(std::vector<double>{0, 1});
  REQUIRE(first_bad_number() != nullptr);
  CHECK(first_line(first_bad_number()->text()) == "log(0) is -inf");
}

TEST_CASE("a command names the line of the source") {
  const int line = __LINE__ + 1;
  const std::string found = first_of([](const auto& x) { return acos(x[0] * x[1]); }, {1, 2});
  const std::size_t command = found.find("addr2line");
  if (command == std::string::npos || output_of("command -v addr2line").empty()) return;
  CHECK(output_of(found.substr(command)).find("debug_numbers_test.cpp:" + std::to_string(line)) != std::string::npos);
}

}  // namespace
