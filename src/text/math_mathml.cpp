// Layout as MathML, in the part of it that browsers know (MathML Core).
#include <algorithm>

#include <fmt/format.h>

#include <wengert/text/lexer.hpp>
#include <wengert/text/math.hpp>

namespace wengert {

namespace {

using kind = math::kind;

std::string_view closing(std::string_view opening) {
  if (opening == "(") return ")";
  if (opening == "⌊") return "⌋";
  if (opening == "⌈") return "⌉";
  if (opening == "⟨") return "⟩";
  return opening;
}

std::string mathml(const math& m);

std::string element(std::string_view tag, std::string_view inside) { return fmt::format("<{0}>{1}</{0}>", tag, inside); }

// Exactly one element, also for a row.
std::string one(const math& m) { return m.is == kind::row && m.parts.size() != 1 ? element("mrow", mathml(m)) : mathml(m); }

std::string fence(std::string_view f, std::string_view form, bool grows = true) {
  return fmt::format("<mo form=\"{}\"{}>{}</mo>", form, grows ? "" : " stretchy=\"false\"", f);
}

std::string script(const math& m, std::string_view sub, std::string_view sup, std::string_view both) {
  const math &base = m.parts[0], &below = m.parts[1], &above = m.parts[2];
  if (above.empty() && below.empty()) return one(base);
  if (above.empty()) return element(sub, one(base) + one(below));
  if (below.empty()) return element(sup, one(base) + one(above));
  return element(both, one(base) + one(below) + one(above));
}

std::string cases(const math& m) {
  std::string rows;
  auto add = [&](const math& value, std::string_view words, const std::string& test) {
    rows += element("mtr", element("mtd", one(value)) + element("mtd", fmt::format("<mtext>{}</mtext>{}", words, test)));
  };
  for (std::size_t k = 0; k + 1 < m.parts.size(); k += 2)
    add(m.parts[k], k == 0 ? "if&#160;" : "else if&#160;", mathml(m.parts[k + 1]));
  add(m.parts.back(), "otherwise", {});
  return element("mrow", fence("{", "prefix") + "<mtable class=\"cases\">" + rows + "</mtable>");
}

std::string letters(const math& m, std::string_view one_letter, std::string_view several) {
  bool single = code_points(m.text) == 1;
  return fmt::format("<mi{}>{}</mi>", single ? one_letter : several, html_text(m.text));
}

// Whether the name of a function comes first: it is kept apart from what is before it.
bool begins_with_word(const math& m) {
  if (m.is == kind::word) return code_points(m.text) > 1;
  return (m.is == kind::row || m.is == kind::script) && !m.parts.empty() && begins_with_word(m.parts[0]);
}

std::string mathml(const math& m) {
  switch (m.is) {
    case kind::row: {
      std::string r;
      bool operand = false;  // whether one has just been written: a minus behind it takes two
      for (const math& part : m.parts) {
        if (operand && begins_with_word(part)) r += "<mspace width=\"0.17em\"/>";
        bool leads = part.is == kind::sign && part.text == "−" && !operand;
        r += leads ? "<mo form=\"prefix\">−</mo>" : part.is == kind::row ? one(part) : mathml(part);
        operand = part.is != kind::sign && part.is != kind::times;
      }
      return r;
    }
    case kind::name: return letters(m, "", " class=\"name\"");
    case kind::word: return letters(m, " mathvariant=\"normal\"", "");
    case kind::verbatim: return fmt::format("<mtext class=\"code\">{}</mtext>", html_text(m.text));
    case kind::number: return element("mn", m.text);
    case kind::sign: return element("mo", html_text(m.text));
    case kind::times: return "<mo lspace=\"0\" rspace=\"0\">&#8290;</mo><mspace width=\"0.17em\"/>";
    case kind::apply: return "<mo lspace=\"0\" rspace=\"0\">&#8289;</mo>";
    case kind::text: {
      std::string words = html_text(m.text);
      if (words.starts_with(' ')) words.replace(0, 1, "&#160;");
      if (words.ends_with(' ')) words.replace(words.size() - 1, 1, "&#160;");
      return element("mtext", words);
    }
    case kind::bracket: {
      bool grows = !is_flat(m.parts[0]);
      return element("mrow", fence(m.text, "prefix", grows) + mathml(m.parts[0]) + fence(closing(m.text), "postfix", grows));
    }
    case kind::fraction: return element("mfrac", one(m.parts[0]) + one(m.parts[1]));
    case kind::root:
      return m.parts.size() == 1 ? element("msqrt", mathml(m.parts[0])) : element("mroot", one(m.parts[0]) + one(m.parts[1]));
    case kind::script: return script(m, "msub", "msup", "msubsup");
    case kind::barred:  // accents of <mover> touch the letter
      return fmt::format("<mrow style=\"border-top: 0.06em solid; padding-top: 0.12em\">{}</mrow>", mathml(m.parts[0]));
    case kind::big: return script(m, "munder", "mover", "munderover");
    case kind::cases: return cases(m);
  }
  return {};
}

}  // namespace

std::string to_mathml(const math& m) { return mathml(m); }

std::string html_text(std::string_view text) {
  std::string r;
  for (char c : text) {
    switch (c) {
      case '&': r += "&amp;"; break;
      case '<': r += "&lt;"; break;
      case '>': r += "&gt;"; break;
      case '"': r += "&quot;"; break;
      default: r += c;
    }
  }
  return r;
}

}  // namespace wengert
