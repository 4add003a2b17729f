// With WENGERT_DEBUG_NUMBERS=1 for the whole program: which operation was the first to make an infinity or no number, as a value
// or as a slope, out of numbers.
//
//   adouble y = f(x);
//   if (const wengert::bad_number* b = wengert::first_bad_number()) std::puts(b->text().c_str());
//
// prints the operation, its arguments, and a command that names the line of the source, for a program that was compiled with -g.
// Each thread remembers its own first one, until forget_bad_number(). Without the macro nothing is looked at, and nothing costs.
#pragma once

#if !defined(WENGERT_DEBUG_NUMBERS)
#define WENGERT_DEBUG_NUMBERS 0
#endif

#if !WENGERT_DEBUG_NUMBERS
#define WENGERT_INSPECT(operation, value, slope_1, slope_2, ...) static_cast<void>(0)
#else

#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>

#include <wengert/numeric/scalar.hpp>

#if __has_include(<execinfo.h>) && __has_include(<dlfcn.h>)
#include <dlfcn.h>
#include <execinfo.h>
#define WENGERT_KNOWS_CALLERS 1
#endif

#define WENGERT_INSPECT(operation, value, slope_1, slope_2, ...) \
  wengert::inspect_numbers(operation, value, slope_1, slope_2, __VA_ARGS__)

namespace wengert {

struct bad_number {
  const char* operation;
  std::array<double, 2> arguments;
  std::size_t argument_count;
  double value;
  double slope;                   // 0 unless the value is good and this is not
  bool by_itself;                 // whether the arguments were numbers
  std::array<void*, 12> callers;  // the return addresses, innermost first
  int caller_count;

  // "log(-1) is nan", or "1 / 0 is inf", and where.
  std::string text() const {
    const bool named = std::isalpha(static_cast<unsigned char>(*operation)) != 0;
    const std::string first = written(arguments[0]), second = argument_count > 1 ? written(arguments[1]) : "";
    std::string r =
        named ? operation + ('(' + first) + (second.empty() ? "" : ", " + second) + ")" : first + ' ' + operation + ' ' + second;
    r += " is " + written(value);
    if (std::isfinite(value)) r += " with the slope " + written(slope);
    return r + (by_itself ? "" : ", of what was no number before") + where();
  }

 private:
  static std::string written(double x) {
    if (std::isnan(x)) return "nan";  // without the sign that printf would show
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.9g", x);
    return buffer;
  }
  // A command for the calls within the file that the innermost is in.
  std::string where() const {
    std::string r;
#if defined(WENGERT_KNOWS_CALLERS)
    const void* file = nullptr;
    for (int k = 0; k < caller_count; ++k) {
      const char* caller = static_cast<const char*>(callers[static_cast<std::size_t>(k)]);
      Dl_info in;
      if (dladdr(caller, &in) == 0 || in.dli_fname == nullptr || (file != nullptr && file != in.dli_fbase)) continue;
      if (file == nullptr) r = std::string("\n  addr2line -Cfpie ") + in.dli_fname;
      file = in.dli_fbase;
      char buffer[32];
      // The call is before the address that it returns to.
      std::snprintf(buffer, sizeof buffer, " %#zx",
                    static_cast<std::size_t>(caller - static_cast<const char*>(in.dli_fbase)) - 1);
      r += buffer;
    }
#endif
    return r;
  }
};

inline thread_local std::optional<bad_number> first_bad;
inline const bad_number* first_bad_number() { return first_bad ? &*first_bad : nullptr; }
inline void forget_bad_number() { first_bad.reset(); }

WENGERT_COLD inline void remember_bad_number(const char* operation, std::initializer_list<double> arguments, double value,
                                             double slope, bool by_itself) {
  bad_number b{operation, {}, arguments.size(), value, slope, by_itself, {}, 0};
  std::size_t k = 0;
  for (const double a : arguments) b.arguments[k++] = a;
#if defined(WENGERT_KNOWS_CALLERS)
  b.caller_count = backtrace(b.callers.data(), static_cast<int>(b.callers.size()));
#endif
  first_bad = b;
}

inline double number_of(int slope) { return slope; }
template <class P> double number_of(const P& p) { return static_cast<double>(primal(p)); }

// An infinity that was made of an infinity is no news; no number that was made of anything is.
template <class V, class D1, class D2, class... A>
void inspect_numbers(const char* operation, const V& value, const D1& slope_1, const D2& slope_2, const A&... arguments) {
  const double v = number_of(value);
  double slope = 0;
  for (const double s : {number_of(slope_1), number_of(slope_2)})
    if (!std::isfinite(s)) slope = s;
  if ((std::isfinite(v) && slope == 0) || first_bad) return;
  const bool by_itself = (std::isfinite(number_of(arguments)) && ...);
  if (!by_itself && !std::isnan(v)) return;
  remember_bad_number(operation, {number_of(arguments)...}, v, slope, by_itself);
}

}  // namespace wengert

#endif
