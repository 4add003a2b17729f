#include "batch.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "json_text.hpp"
#include "point_text.hpp"
#include "request.hpp"

namespace wengert::cli {

namespace {

using nlohmann::json;

constexpr std::size_t longest_line = std::size_t{64} << 20;
constexpr int deepest_nesting = 64;

// Lines of any length from a file descriptor; of a line that is too long only the beginning is kept.
class line_reader {
 public:
  line_reader(int in, std::function<void()> before_waiting) : in_(in), before_waiting_(std::move(before_waiting)) {}

  bool next(std::string& line, bool& too_long) {
    line.clear();
    too_long = false;
    for (bool any = false;;) {
      if (begin_ == end_ && !fill()) return any;
      any = true;
      const std::string_view rest(buffer_ + begin_, end_ - begin_);
      const std::size_t stop = std::min(rest.find('\n'), rest.size());
      if (line.size() + stop > longest_line) too_long = true;
      if (!too_long) line.append(rest.substr(0, stop));
      begin_ += stop;
      if (begin_ < end_) {
        ++begin_;
        return true;
      }
    }
  }

 private:
  bool fill() {
    before_waiting_();
    ssize_t got = 0;
    do got = ::read(in_, buffer_, sizeof buffer_);
    while (got < 0 && errno == EINTR);
    begin_ = 0;
    end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got > 0;
  }

  int in_;
  std::function<void()> before_waiting_;
  char buffer_[1 << 16];
  std::size_t begin_ = 0, end_ = 0;
};

bool nested_too_deep(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quoted) {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > deepest_nesting) return true;
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

json parse_line(std::string_view line, bool too_long) {
  if (too_long) throw error("U08", fmt::format("the line is longer than {} bytes", longest_line));
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) throw error("U08", "the line is empty");
  if (nested_too_deep(line)) throw error("U08", fmt::format("the line is nested more than {} deep", deepest_nesting));
  try {
    return json::parse(line);
  } catch (const json::exception& e) {
    const std::string_view why = e.what();  // "[json.exception...] parse error at line 1, column 5: ...", with what was read last
    throw error("U08", fmt::format("the line is no JSON: {:.200}", why.substr(std::min(why.find("] ") + 2, why.size()))));
  }
}

std::string text_field(std::string_view name, const json& value) {
  if (!value.is_string()) throw error("U09", fmt::format("\"{}\" must be a text", name));
  return value.get<std::string>();
}

std::vector<std::string> texts_field(std::string_view name, const json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) throw error("U09", fmt::format("\"{}\" must be a text or a list of texts", name));
  std::vector<std::string> texts;
  for (const json& element : value) texts.push_back(text_field(name, element));
  return texts;
}

int integer_field(std::string_view name, const json& value, int low, int high) {
  if (!value.is_number_integer() || value < low || value > high)
    throw error("U09", fmt::format("\"{}\" must be an integer from {} to {}", name, low, high));
  return value.get<int>();
}

command op_field(const json& value) {
  if (value == "diff") return command::diff;
  if (value == "grad") return command::grad;
  if (value == "prove") return command::prove;
  if (value == "derive") return command::derive;
  throw error("U09", "\"op\" must be \"diff\", \"grad\", \"prove\" or \"derive\"");
}

double number_value(std::string_view name, const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return constant_value(value.get_ref<const std::string&>());
  throw error("V12", fmt::format("the value of '{}' must be a number, a list or a list of rows", name));
}

array array_value(std::string_view name, const json& value) {
  if (!value.is_array()) return {{}, {number_value(name, value)}};
  if (value.empty()) throw error("V03", fmt::format("the list '{}' is empty", name));
  if (value.front().is_array()) {
    std::vector<array> rows;
    for (const json& row : value) {
      if (!row.is_array()) throw error("V03", fmt::format("'{}' mixes numbers and rows", name));
      rows.push_back(array_value(name, row));
      if (rows.back().shape.size() != 1) throw error("V03", fmt::format("'{}' is nested more than two deep", name));
    }
    return stack_rows(name, rows);
  }
  array list{{value.size()}, {}};
  for (const json& element : value) list.values.push_back(number_value(name, element));
  return list;
}

point point_field(const json& value) {
  point at;
  if (value.is_string()) {
    add_values(at, value.get_ref<const std::string&>());
    return at;
  }
  if (!value.is_object()) throw error("U09", "\"at\" must be an object: {\"x\": 1.5, \"z\": [0.1, 0.2]}");
  for (const auto& [name, number] : value.items()) add_value(at, name, array_value(name, number));
  return at;
}

// What stands in a line besides the request's own fields.
struct line_fields {
  bool op = false, expr = false, lhs = false, rhs = false;
  std::string left, right;
};

void read_field(request& r, line_fields& seen, const std::string& name, const json& value) {
  if (name == "op") {
    seen.op = true;
    r.op = op_field(value);
  } else if (name == "expr") {
    seen.expr = true;
    r.text.expressions.push_back(text_field(name, value));
  } else if (name == "lhs") {
    seen.lhs = true;
    seen.left = text_field(name, value);
  } else if (name == "rhs") {
    seen.rhs = true;
    seen.right = text_field(name, value);
  } else if (name == "wrt") {
    r.text.wrt = texts_field(name, value);
  } else if (name == "given") {
    r.text.givens = texts_field(name, value);
  } else if (name == "var") {
    r.text.vars = texts_field(name, value);
  } else if (name == "let") {
    r.text.lets = texts_field(name, value);
  } else if (name == "at") {
    r.at = point_field(value);
  } else if (name == "order") {
    r.order = integer_field(name, value, 1, 9);
  } else if (name == "verbosity") {
    r.verbosity = integer_field(name, value, 0, 3);
  } else if (name == "find_conditions") {
    if (!value.is_boolean()) throw error("U09", "\"find_conditions\" must be true or false");
    r.find_conditions = value.get<bool>();
  } else if (name != "id") {
    throw error("U09", fmt::format("unknown field \"{}\"", name));
  }
}

void check_request(const request& r) {
  if (r.op == command::prove) return;
  if (r.text.wrt.empty()) throw error("U06", "\"wrt\" is missing: what to differentiate by");
  if (r.op == command::grad && r.at.empty()) throw error("U06", "\"at\" is missing: the point");
}

request request_of(const json& line) {
  request r;
  line_fields seen;
  for (const auto& [name, value] : line.items()) read_field(r, seen, name, value);
  if (!seen.op) throw error("U09", "\"op\" is missing", "\"op\" is \"diff\", \"grad\", \"prove\" or \"derive\"");
  if (seen.lhs != seen.rhs || (seen.expr && seen.lhs) || (seen.lhs && r.op != command::prove))
    throw error("U09", "give \"expr\" alone, or \"lhs\" and \"rhs\" with the op \"prove\"");
  if (seen.lhs) r.text.expressions.push_back(fmt::format("{} == {}", seen.left, seen.right));
  if (r.text.expressions.empty()) throw error("U09", "\"expr\" is missing");
  check_request(r);
  return r;
}

// The answer to a line, as the inside of an object. `id` is what the line calls itself, as JSON, or empty.
std::string answer_to(std::string_view line, bool too_long, std::string& id) {
  try {
    const json object = parse_line(line, too_long);
    if (!object.is_object()) throw error("U08", "the line is no JSON object");
    if (const auto found = object.find("id"); found != object.end()) id = found->dump();
    return execute(request_of(object), output_format::json).text;
  } catch (const error& e) {
    return json_error(e);
  } catch (const std::bad_alloc&) {
    return json_error("V02", "not enough memory");
  } catch (const std::exception& e) {
    return json_error("defect", e.what());
  }
}

std::string reply_to(std::string_view line, bool too_long) {
  std::string id;
  const std::string inside = answer_to(line, too_long, id);
  return fmt::format("{{{}{}{}}}\n", id.empty() ? "" : "\"id\": ", id.empty() ? id : id + ", ", inside);
}

}  // namespace

std::string answer_line(std::string_view line) { return reply_to(line, false); }

bool run_batch(int in, std::FILE* out) {
  line_reader lines(in, [out] { std::fflush(out); });
  std::string line;
  bool too_long = false;
  while (lines.next(line, too_long)) {
    const std::string reply = reply_to(line, too_long);
    if (std::fwrite(reply.data(), 1, reply.size(), out) != reply.size()) return false;
  }
  return std::fflush(out) == 0;
}

}  // namespace wengert::cli
