// How C and C++ write functions, numbers and names.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <wengert/core/tape.hpp>
#include <wengert/emit/emit.hpp>

namespace wengert {

class spelling {
 public:
  explicit spelling(target_language to) : to_(to) {}

  // A number that is a double.
  static std::string number(const rational& q);
  static std::string number(double v);
  // f applied to arguments. Throws error U11 where there is no such function.
  std::string apply(opcode f, const std::vector<std::string>& args);
  // A function of the language's library, and one of the helpers below, which is then defined.
  std::string library(std::string_view name) const { return (to_ == target_language::cpp ? "std::" : "") + std::string(name); }
  std::string helper(std::string_view name);
  std::string as_double(const std::string& integer) const {
    return to_ == target_language::cpp ? "double(" + integer + ")" : "(double)(" + integer + ")";
  }
  std::string size_type() const { return library("size_t"); }
  // The definitions of the helpers in use.
  std::string helpers() const;
  // A name as near to `wanted` as the language and the names taken so far allow; taken from now on.
  std::string fresh(std::string_view wanted);

 private:
  target_language to_;
  std::set<std::string, std::less<>> used_, taken_;
};

}  // namespace wengert
