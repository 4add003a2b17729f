#include "json_text.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wengert::cli {

std::string json_string(std::string_view text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_strings(const std::vector<std::string>& texts) {
  return json_list(texts, [](const std::string& text) { return json_string(text); });
}

std::string json_number(double value) {
  if (std::isnan(value)) return "\"nan\"";
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  std::string digits = fmt::format("{:.17g}", value);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits;
}

namespace {

// The elements of `axis` and the later ones, from `next` on.
std::string nested(const array& value, std::size_t axis, std::size_t& next) {
  if (axis == value.shape.size()) return json_number(value.values.at(next++));
  std::string list = "[";
  for (std::size_t i = 0; i < value.shape[axis]; ++i) {
    if (i > 0) list += ", ";
    list += nested(value, axis + 1, next);
  }
  return list + "]";
}

}  // namespace

std::string json_array(const array& value) {
  std::size_t next = 0;
  return nested(value, 0, next);
}

json_members& json_members::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ", ";
  members_ += json_string(name);
  members_ += ": ";
  members_ += json;
  return *this;
}

std::string json_error(const error& e) {
  json_members about;
  about.text("code", e.code).text("message", e.what());
  about.raw("column", e.column == 0 ? "null" : std::to_string(e.column)).text("hint", e.hint);
  return json_members().raw("ok", "false").raw("error", about.object()).inside();
}

std::string json_error(std::string_view code, std::string_view message) {
  return json_error(error(std::string(code), std::string(message)));
}

}  // namespace wengert::cli
