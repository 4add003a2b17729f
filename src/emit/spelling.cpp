#include "spelling.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/core/registry.hpp>

namespace wengert {

namespace {

struct helper_row {
  std::string_view name, comment, definition;  // @ is the namespace of the library
};

constexpr std::array helper_rows{
    helper_row{"square", "x*x", "double square(double x) { return x * x; }"},
    helper_row{"larger", "max(x, y), where no number stays no number",
               "double larger(double x, double y) { return x != x || y != y ? x + y : x < y ? y : x; }"},
    helper_row{"smaller", "min(x, y), where no number stays no number",
               "double smaller(double x, double y) { return x != x || y != y ? x + y : y < x ? y : x; }"},
    helper_row{"sign", "-1, 0 or 1; sign(0) = 0",
               "double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x == 0 ? 0.0 : x; }"},
    helper_row{"xlogy", "x*log(y), and 0 at x = 0",
               "double xlogy(double x, double y) { return x == 0 && y == y ? 0.0 : x * @log(y); }"},
    helper_row{"times", "x*y, where a zero makes the product 0: the convention where a function has no derivative",
               "double times(double x, double y) { return x == 0 || y == 0 ? 0.0 : x * y; }"},
    helper_row{"angle", "the angle of the point (x, y), which the origin has none of",
               "double angle(double y, double x) { return x == 0 && y == 0 ? NAN : @atan2(y == 0 ? 0.0 : y, x); }"},
    helper_row{"power", "x^y, no number at x = 0 > y",
               "double power(double x, double y) { return y == 0 ? 1.0 : x == 0 && y < 0 ? NAN : @pow(x, y); }"},
    helper_row{"rational_power", "x^p for a fixed p, +infinity at x = 0 > p",
               "double rational_power(double x, double p) { return x == 0 ? (p > 0 ? 0.0 : INFINITY) : @pow(x, p); }"},
    helper_row{"inverted", "1/x, no number at 0", "double inverted(double x) { return x == 0 ? NAN : 1.0 / x; }"},
    helper_row{"gamma_function", "gamma(x), no number at its poles",
               "double gamma_function(double x) { return x <= 0 && x == @floor(x) ? NAN : @tgamma(x); }"},
    helper_row{"determinant", "the determinant of an n by n matrix, row by row, whose entries are lost",
               R"(double determinant(double *a, @size_t n) {
  double d = 1.0;
  for (@size_t k = 0; k < n; ++k) {
    @size_t p = k;
    for (@size_t i = k + 1; i < n; ++i)
      if (@fabs(a[i * n + k]) > @fabs(a[p * n + k])) p = i;
    if (a[p * n + k] == 0.0) return 0.0;
    for (@size_t j = 0; p != k && j < n; ++j) {
      const double x = a[k * n + j];
      a[k * n + j] = a[p * n + j];
      a[p * n + j] = x;
    }
    d *= p == k ? a[k * n + k] : -a[k * n + k];
    for (@size_t i = k + 1; i < n; ++i) {
      const double f = a[i * n + k] / a[k * n + k];
      for (@size_t j = k; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
    }
  }
  return d;
})"},
    helper_row{"invert", "the inverse of an n by n matrix, row by row, in its place; swaps has room for n numbers",
               R"(void invert(double *a, double *swaps, @size_t n) {
  for (@size_t k = 0; k < n; ++k) {
    @size_t p = k;
    for (@size_t i = k + 1; i < n; ++i)
      if (@fabs(a[i * n + k]) > @fabs(a[p * n + k])) p = i;
    swaps[k] = (double)p;
    for (@size_t j = 0; p != k && j < n; ++j) {
      const double x = a[k * n + j];
      a[k * n + j] = a[p * n + j];
      a[p * n + j] = x;
    }
    const double pivot = a[k * n + k];
    a[k * n + k] = 1.0;
    for (@size_t j = 0; j < n; ++j) a[k * n + j] /= pivot;
    for (@size_t i = 0; i < n; ++i) {
      const double f = a[i * n + k];
      if (i == k) continue;
      a[i * n + k] = 0.0;
      for (@size_t j = 0; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
    }
  }
  for (@size_t k = n; k-- > 0;) {
    const @size_t p = (@size_t)swaps[k];
    for (@size_t i = 0; p != k && i < n; ++i) {
      const double x = a[i * n + k];
      a[i * n + k] = a[i * n + p];
      a[i * n + p] = x;
    }
  }
})"},
    helper_row{"adjugate", "the adjugate of an n by n matrix, row by row; minors has room for as many numbers",
               R"(void adjugate(const double *a, double *minors, double *to, @size_t n) {
  for (@size_t i = 0; i < n; ++i)
    for (@size_t j = 0; j < n; ++j) {
      @size_t count = 0;
      for (@size_t r = 0; r < n; ++r)
        for (@size_t c = 0; c < n; ++c)
          if (r != j && c != i) minors[count++] = a[r * n + c];
      to[i * n + j] = ((i + j) % 2 == 0 ? 1.0 : -1.0) * determinant(minors, n - 1);
    }
})"},
};

constexpr std::array keywords{"alignas",
                              "alignof",
                              "and",
                              "asm",
                              "auto",
                              "bool",
                              "break",
                              "case",
                              "catch",
                              "char",
                              "class",
                              "compl",
                              "concept",
                              "const",
                              "continue",
                              "decltype",
                              "default",
                              "delete",
                              "do",
                              "double",
                              "else",
                              "enum",
                              "explicit",
                              "export",
                              "extern",
                              "false",
                              "float",
                              "for",
                              "friend",
                              "goto",
                              "if",
                              "inline",
                              "int",
                              "long",
                              "mutable",
                              "namespace",
                              "new",
                              "noexcept",
                              "not",
                              "nullptr",
                              "operator",
                              "or",
                              "private",
                              "protected",
                              "public",
                              "register",
                              "requires",
                              "restrict",
                              "return",
                              "short",
                              "signed",
                              "sizeof",
                              "static",
                              "struct",
                              "switch",
                              "template",
                              "this",
                              "throw",
                              "true",
                              "try",
                              "typedef",
                              "typeid",
                              "typename",
                              "union",
                              "unsigned",
                              "using",
                              "virtual",
                              "void",
                              "volatile",
                              "while",
                              "xor",
                              "bitand",
                              "bitor",
                              "and_eq",
                              "or_eq",
                              "xor_eq",
                              "not_eq",
                              "constexpr",
                              "consteval",
                              "constinit",
                              "co_await",
                              "co_return",
                              "co_yield",
                              "char8_t",
                              "char16_t",
                              "char32_t",
                              "wchar_t",
                              "thread_local",
                              "static_assert",
                              "static_cast",
                              "const_cast",
                              "dynamic_cast",
                              "reinterpret_cast",
                              "protected",
                              "typeof",
                              "std",
                              "size_t",
                              "NAN",
                              "INFINITY",
                              "NULL",
                              "I",
                              "main",
                              "malloc",
                              "free",
                              "stdin",
                              "stdout",
                              "linux",
                              "unix",
                              "errno",
                              "assert",
                              "sqrt",
                              "fabs",
                              "tgamma",
                              "value_and_gradient"};

// The functions that the library has under its own name.
std::string_view library_name(opcode f) {
  switch (f) {
    case opcode::abs: return "fabs";
    case opcode::exp:
    case opcode::log:
    case opcode::log2:
    case opcode::log10:
    case opcode::log1p:
    case opcode::expm1:
    case opcode::cbrt:
    case opcode::floor:
    case opcode::ceil:
    case opcode::sin:
    case opcode::cos:
    case opcode::tan:
    case opcode::asin:
    case opcode::acos:
    case opcode::atan:
    case opcode::sinh:
    case opcode::cosh:
    case opcode::tanh:
    case opcode::asinh:
    case opcode::acosh:
    case opcode::atanh:
    case opcode::erf:
    case opcode::erfc:
    case opcode::lgamma:
    case opcode::hypot: return find_function(f)->name;
    default: return {};
  }
}

// The reciprocal of a library function, and a library function of the reciprocal.
std::string_view reciprocal_of(opcode f) {
  switch (f) {
    case opcode::cot: return "tan";
    case opcode::sec: return "cos";
    case opcode::csc: return "sin";
    case opcode::coth: return "tanh";
    case opcode::sech: return "cosh";
    case opcode::csch: return "sinh";
    default: return {};
  }
}

std::string_view of_reciprocal(opcode f) {
  switch (f) {
    case opcode::acot: return "atan";
    case opcode::asec: return "acos";
    case opcode::acsc: return "asin";
    case opcode::acoth: return "atanh";
    case opcode::asech: return "acosh";
    case opcode::acsch: return "asinh";
    default: return {};
  }
}

std::string_view helper_name(opcode f) {
  switch (f) {
    case opcode::max: return "larger";
    case opcode::min: return "smaller";
    case opcode::sign: return "sign";
    case opcode::xlogy: return "xlogy";
    case opcode::atan2: return "angle";
    case opcode::pow: return "power";
    case opcode::gamma: return "gamma_function";
    default: return {};
  }
}

}  // namespace

std::string spelling::number(double v) {
  std::string s = fmt::format("{}", v);
  if (s == "inf") return "INFINITY";
  if (s == "-inf") return "-INFINITY";
  return s.find_first_of(".e") == std::string::npos ? s + ".0" : s;
}

std::string spelling::number(const rational& q) { return number(q.convert_to<double>()); }

std::string spelling::helper(std::string_view name) {
  used_.emplace(name);
  return std::string(name);
}

std::string spelling::apply(opcode f, const std::vector<std::string>& args) {
  const std::string all = fmt::format("({})", fmt::join(args, ", "));
  if (auto name = library_name(f); !name.empty()) return library(name) + all;
  if (auto name = helper_name(f); !name.empty()) return helper(name) + all;
  if (auto name = reciprocal_of(f); !name.empty()) return "(1.0 / " + library(name) + all + ")";
  if (auto name = of_reciprocal(f); !name.empty()) return library(name) + "(" + helper("inverted") + all + ")";
  throw error("U11", fmt::format("{} has no function '{}'", to_ == target_language::cpp ? "C++" : "C", find_function(f)->name),
              "wengert grad has its values");
}

std::string spelling::helpers() const {
  std::string text;
  for (const helper_row& row : helper_rows) {
    if (!used_.contains(row.name)) continue;
    std::string definition(row.definition);
    for (auto at = definition.find('@'); at != std::string::npos; at = definition.find('@'))
      definition.replace(at, 1, to_ == target_language::cpp ? "std::" : "");
    text += fmt::format("// {}\nstatic inline {}\n\n", row.comment, definition);
  }
  return text;
}

std::string spelling::fresh(std::string_view wanted) {
  std::string name;
  for (char c : wanted) name += std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128 ? c : '_';
  name.erase(std::unique(name.begin(), name.end(), [](char a, char b) { return a == '_' && b == '_'; }), name.end());
  if (name.empty() || name[0] == '_' || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name = "v" + name;
  auto clashes = [&](const std::string& n) {
    // Every function of reals counts: the library's are macros or functions of these names in C.
    return taken_.contains(n) || std::ranges::find(keywords, n) != keywords.end() || find_function(n) != nullptr ||
           std::ranges::any_of(helper_rows, [&](const helper_row& r) { return r.name == n; });
  };
  std::string unique = name;
  for (int k = 1; clashes(unique); ++k) unique = fmt::format("{}{}{}", name, name.ends_with('_') ? "" : "_", k);
  taken_.insert(unique);
  return unique;
}

}  // namespace wengert
