// JSON as text: numbers with 17 digits, strings that are always valid UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>

namespace wengert::cli {

std::string json_string(std::string_view text);  // bytes that are no UTF-8 become U+FFFD
std::string json_strings(const std::vector<std::string>& texts);
std::string json_number(double value);       // "nan", "inf" and "-inf" as strings
std::string json_array(const array& value);  // a number, a list, a list of rows

// The members of an object, in the order of the calls.
class json_members {
 public:
  json_members& raw(std::string_view name, std::string_view json);
  json_members& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  json_members& texts(std::string_view name, const std::vector<std::string>& values) { return raw(name, json_strings(values)); }
  const std::string& inside() const { return members_; }
  std::string object() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// "ok": false and the error, as the inside of an object.
std::string json_error(const error& e);
std::string json_error(std::string_view code, std::string_view message);

// Each element turned into JSON by `write`, as a list.
template <typename Range, typename Write> std::string json_list(const Range& elements, Write write) {
  std::string list = "[";
  for (const auto& element : elements) {
    if (list.size() > 1) list += ", ";
    list += write(element);
  }
  return list + "]";
}

}  // namespace wengert::cli
