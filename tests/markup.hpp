// Whether LaTeX is balanced and XML well-formed, as far as our pages need it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace markup {

// "" or what does not match: braces, \left and \right, \begin and \end, dollars.
inline std::string latex_problem(std::string_view text) {
  std::vector<std::string> open;
  auto close = [&](const std::string& what) {
    bool fits = !open.empty() && open.back() == what;
    if (fits) open.pop_back();
    return fits;
  };
  for (std::size_t k = 0; k < text.size(); ++k) {
    std::string_view rest = text.substr(k);
    auto name = [&](std::string_view command) {
      std::size_t begin = command.size();
      return std::string(rest.substr(begin, rest.find('}') - begin));
    };
    std::string expected;
    if (rest.starts_with("\\begin{")) {
      open.push_back(name("\\begin{"));
      k += rest.find('}');
    } else if (rest.starts_with("\\end{")) {
      expected = name("\\end{");
      k += rest.find('}');
    } else if (rest.starts_with("\\left") && !rest.starts_with("\\leftskip")) {
      open.push_back("\\left");
    } else if (rest.starts_with("\\right")) {
      expected = "\\left";
    } else if (rest[0] == '\\') {
      ++k;
    } else if (rest[0] == '{') {
      open.push_back("{");
    } else if (rest[0] == '}') {
      expected = "{";
    } else if (rest[0] == '$') {
      if (!open.empty() && open.back() == "$")
        open.pop_back();
      else
        open.push_back("$");
    } else if (rest[0] == '%') {
      k += std::min(rest.find('\n'), rest.size() - 1);
    }
    if (!expected.empty() && !close(expected)) return fmt::format("'{}' closes nothing at '{}'", expected, rest.substr(0, 40));
  }
  return open.empty() ? "" : fmt::format("'{}' is not closed", open.back());
}

// "" or what is no well-formed XML: tags that do not match, stray '<' and '&'.
inline std::string xml_problem(std::string_view text) {
  std::vector<std::string> open;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] == '&') {
      std::size_t end = text.find(';', k);
      if (end == std::string_view::npos || end - k > 8) return fmt::format("stray '&' at '{}'", text.substr(k, 30));
    }
    if (text[k] != '<') continue;
    std::size_t end = text.find('>', k);
    if (end == std::string_view::npos) return "a tag does not end";
    std::string_view tag = text.substr(k + 1, end - k - 1);
    k = end;
    if (tag.starts_with('!') || tag.ends_with('/')) continue;
    if (tag.find('<') != std::string_view::npos) return fmt::format("'<' inside the tag '{}'", tag);
    std::string name(tag.substr(0, tag.find(' ')));
    if (!name.starts_with('/')) {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name.substr(1)) return fmt::format("<{}> closes nothing", name);
      open.pop_back();
    }
  }
  return open.empty() ? "" : fmt::format("<{}> is not closed", open.back());
}

}  // namespace markup
