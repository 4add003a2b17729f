// Layout as LaTeX.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <wengert/text/lexer.hpp>
#include <wengert/text/math.hpp>

namespace wengert {

namespace {

using kind = math::kind;
using command = std::pair<std::string_view, std::string_view>;

constexpr std::array signs{
    command{"−", "-"},        command{"⋅", "\\cdot"},   command{"⊙", "\\odot"},     command{"⊘", "\\oslash"},
    command{"∘", "\\circ"},   command{"⊤", "\\top"},    command{"′", "\\prime"},    command{"≤", "\\le"},
    command{"≥", "\\ge"},     command{"≠", "\\ne"},     command{"∑", "\\sum"},      command{"∏", "\\prod"},
    command{"⌊", "\\lfloor"}, command{"⌋", "\\rfloor"}, command{"⌈", "\\lceil"},    command{"⌉", "\\rceil"},
    command{"⟨", "\\langle"}, command{"⟩", "\\rangle"}, command{"‖", "\\Vert"},     command{"∂", "\\partial"},
    command{"π", "\\pi"},     command{"Γ", "\\Gamma"},  command{"𝟏", "\\mathbf{1}"}};

constexpr std::array letters{
    command{"α", "\\alpha"},      command{"β", "\\beta"},  command{"γ", "\\gamma"},    command{"δ", "\\delta"},
    command{"ε", "\\varepsilon"}, command{"ζ", "\\zeta"},  command{"η", "\\eta"},      command{"θ", "\\theta"},
    command{"ι", "\\iota"},       command{"κ", "\\kappa"}, command{"λ", "\\lambda"},   command{"μ", "\\mu"},
    command{"ν", "\\nu"},         command{"ξ", "\\xi"},    command{"π", "\\pi"},       command{"ρ", "\\rho"},
    command{"σ", "\\sigma"},      command{"τ", "\\tau"},   command{"υ", "\\upsilon"},  command{"φ", "\\varphi"},
    command{"χ", "\\chi"},        command{"ψ", "\\psi"},   command{"ω", "\\omega"},    command{"ϵ", "\\epsilon"},
    command{"ϑ", "\\vartheta"},   command{"ϕ", "\\phi"},   command{"ς", "\\varsigma"}, command{"Γ", "\\varGamma"},
    command{"Δ", "\\Delta"},      command{"Θ", "\\Theta"}, command{"Λ", "\\Lambda"},   command{"Ξ", "\\Xi"},
    command{"Π", "\\Pi"},         command{"Σ", "\\Sigma"}, command{"Φ", "\\Phi"},      command{"Ψ", "\\Psi"},
    command{"Ω", "\\Omega"}};

// Functions that LaTeX knows by themselves.
constexpr std::array<std::string_view, 21> functions{"arccos", "arcsin", "arctan", "cos", "cosh", "cot", "coth",
                                                     "csc",    "det",    "exp",    "ln",  "log",  "max", "min",
                                                     "sec",    "sin",    "sinh",   "tan", "tanh", "gcd", "sup"};

template <std::size_t N> std::string_view look_up(const std::array<command, N>& table, std::string_view key) {
  auto it = std::ranges::find(table, key, &command::first);
  return it == table.end() ? std::string_view() : it->second;
}

std::string_view closing(std::string_view opening) {
  if (opening == "(") return ")";
  if (opening == "⌊") return "⌋";
  if (opening == "⌈") return "⌉";
  if (opening == "⟨") return "⟩";
  return opening;
}

// A character that LaTeX's standard fonts have no glyph for, by its number.
std::string by_number(std::string_view character) {
  unsigned value = static_cast<unsigned char>(character[0]) & (0xFFU >> (character.size() + 1));
  for (char c : character.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return fmt::format("U+{:04X}", value);
}

// Latin letters with accents that are built from pieces in any font: U+00C0 to U+00FF but for eth, thorn and the signs.
bool is_accented(std::string_view c) {
  constexpr std::array<unsigned char, 6> missing{0x90, 0x97, 0x9E, 0xB0, 0xB7, 0xBE};
  return c.size() == 2 && c[0] == '\xC3' && std::ranges::find(missing, static_cast<unsigned char>(c[1])) == missing.end();
}

std::string_view escaped(char c) {
  switch (c) {
    case '\\': return "\\textbackslash{}";
    case '{': return "\\{";
    case '}': return "\\}";
    case '$': return "\\$";
    case '&': return "\\&";
    case '#': return "\\#";
    case '%': return "\\%";
    case '_': return "\\_";
    case '^': return "\\textasciicircum{}";
    case '~': return "\\textasciitilde{}";
    case '<': return "\\textless{}";
    case '>': return "\\textgreater{}";
    case '|': return "\\textbar{}";
    case '"': return "\\textquotedbl{}";
    default: return {};
  }
}

// The next character, as many bytes as it has.
std::string_view next(std::string_view s) {
  std::size_t n = 1;
  while (n < s.size() && (static_cast<unsigned char>(s[n]) & 0xC0U) == 0x80U) ++n;
  return s.substr(0, n);
}

// No character looks like another: Greek letters, which elsewhere stand for their names, are numbers.
std::string verbatim(std::string_view text) {
  std::string r;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view c = next(text.substr(at));
    at += c.size();
    r += c.size() == 1 ? latex_text(c) : by_number(c);
  }
  return r;
}

class writer {
 public:
  std::string take(const math& m) {
    write(m);
    return std::move(out_);
  }

 private:
  // A command is kept apart from a letter behind it.
  void put(std::string_view s) {
    bool letter = !s.empty() && ((s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z'));
    if (letter && ends_in_command_) out_ += ' ';
    if (s.empty()) return;
    out_ += s;
    std::size_t k = s.size();
    while (k > 0 && ((s[k - 1] >= 'a' && s[k - 1] <= 'z') || (s[k - 1] >= 'A' && s[k - 1] <= 'Z'))) --k;
    ends_in_command_ = k > 0 && k < s.size() && s[k - 1] == '\\';
  }

  void group(const math& m) {
    put("{");
    write(m);
    put("}");
  }

  void write(const math& m) {
    switch (m.is) {
      case kind::row: row(m); break;
      case kind::name: name(m.text); break;
      case kind::word: word(m.text); break;
      case kind::verbatim: put(fmt::format("\\texttt{{{}}}", verbatim(m.text))); break;
      case kind::number: put(m.text); break;
      case kind::sign: sign(m.text); break;
      case kind::times: put("\\,"); break;
      case kind::apply: break;
      case kind::text: put(fmt::format("\\text{{{}}}", latex_text(m.text))); break;
      case kind::bracket: bracket(m); break;
      case kind::fraction:
        put("\\frac");
        group(m.parts[0]);
        group(m.parts[1]);
        break;
      case kind::root: root(m); break;
      case kind::script:
        scripted(m.parts[0]);
        scripts(m.parts[1], m.parts[2]);
        break;
      case kind::barred:
        put(width_of(m) > 1 ? "\\overline" : "\\bar");
        group(m.parts[0]);
        break;
      case kind::big:
        big(m.parts[0]);
        scripts(m.parts[1], m.parts[2]);
        break;
      case kind::cases: cases(m); break;
    }
  }

  void row(const math& m) {
    bool operand = false;  // whether one has just been written: a minus behind it takes two
    for (const math& part : m.parts) {
      bool leads = part.is == kind::sign && part.text == "−" && !operand;
      if (leads)
        put("-");
      else
        write(part);
      operand = part.is != kind::sign;
    }
  }

  void name(std::string_view text) {
    if (std::string_view greek = look_up(letters, text); !greek.empty())
      put(greek);
    else if (text.size() == 1)
      put(text);
    else if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
      put(fmt::format("\\mathit{{{}}}", latex_text(text)));
    else
      put(fmt::format("\\textit{{{}}}", latex_text(text)));
  }

  void word(std::string_view text) {
    if (std::string_view known = look_up(signs, text); !known.empty())
      put(known);
    else if (std::ranges::find(functions, text) != functions.end())
      put(fmt::format("\\{}", text));
    else if (text.size() == 1)
      put(fmt::format("\\mathrm{{{}}}", text));
    else
      put(fmt::format("\\operatorname{{{}}}", latex_text(text)));
  }

  void sign(std::string_view text) {
    if (text == ",") {
      put(", ");
      return;
    }
    std::string_view known = look_up(signs, text);
    bool spaced = text != "/" && text != "⊤" && text != "′" && text != "∘";
    put(spaced ? fmt::format(" {} ", known.empty() ? text : known) : std::string(known.empty() ? text : known));
  }

  void big(const math& of) {
    if (of.is == kind::sign)
      put(look_up(signs, of.text));
    else if (of.is == kind::word && std::ranges::find(functions, of.text) == functions.end())
      put(fmt::format("\\operatorname*{{{}}}", latex_text(of.text)));
    else
      write(of);
  }

  void scripted(const math& base) {
    bool single = base.is != kind::row && base.is != kind::fraction && base.is != kind::script;
    bool call = base.is == kind::row && !base.parts.empty() && base.parts.back().is == kind::bracket;
    if (single || call)
      write(base);
    else
      group(base);
  }

  void scripts(const math& below, const math& above) {
    if (!below.empty()) {
      put("_");
      group(below);
    }
    if (!above.empty()) {
      put("^");
      group(above);
    }
  }

  void bracket(const math& m) {
    bool flat = is_flat(m.parts[0]);
    auto fence = [&](std::string_view f, bool left) {
      if (flat && f == "|")
        put(left ? "\\lvert" : "\\rvert");
      else if (flat && f == "‖")
        put(left ? "\\lVert" : "\\rVert");
      else {
        if (!flat) put(left ? "\\left" : "\\right");
        std::string_view known = look_up(signs, f);
        put(known.empty() ? f : known);
      }
    };
    fence(m.text, true);
    write(m.parts[0]);
    fence(closing(m.text), false);
  }

  void root(const math& m) {
    put("\\sqrt");
    if (m.parts.size() == 2) {
      put("[");
      write(m.parts[1]);
      put("]");
    }
    group(m.parts[0]);
  }

  void cases(const math& m) {
    put("\\begin{cases} ");
    for (std::size_t k = 0; k + 1 < m.parts.size(); k += 2) {
      write(m.parts[k]);
      put(k == 0 ? " & \\text{if } " : " & \\text{else if } ");
      write(m.parts[k + 1]);
      put(" \\\\ ");
    }
    write(m.parts.back());
    put(" & \\text{otherwise} \\end{cases}");
  }

  std::string out_;
  bool ends_in_command_ = false;
};

}  // namespace

std::string to_latex(const math& m) { return writer().take(m); }

std::string latex_text(std::string_view text) {
  std::string r;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view c = next(text.substr(at));
    at += c.size();
    if (c.size() == 1) {
      std::string_view e = escaped(c[0]);
      r += e.empty() ? c : e;
    } else if (is_accented(c)) {
      r += c;
    } else if (std::string_view greek = look_up(letters, c); !greek.empty()) {
      r += fmt::format("\\ensuremath{{{}}}", greek);
    } else {
      r += by_number(c);
    }
  }
  return r;
}

}  // namespace wengert
