// What a layout needs to know of names and of sizes.
#include <wengert/text/math.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <wengert/text/lexer.hpp>

namespace wengert {

namespace {

using kind = math::kind;

struct greek {
  std::string_view name, letter;
};

constexpr std::array greeks{
    greek{"alpha", "α"},  greek{"beta", "β"},   greek{"gamma", "γ"}, greek{"delta", "δ"},   greek{"epsilon", "ε"},
    greek{"zeta", "ζ"},   greek{"eta", "η"},    greek{"theta", "θ"}, greek{"iota", "ι"},    greek{"kappa", "κ"},
    greek{"lambda", "λ"}, greek{"mu", "μ"},     greek{"nu", "ν"},    greek{"xi", "ξ"},      greek{"pi", "π"},
    greek{"rho", "ρ"},    greek{"sigma", "σ"},  greek{"tau", "τ"},   greek{"upsilon", "υ"}, greek{"phi", "φ"},
    greek{"chi", "χ"},    greek{"psi", "ψ"},    greek{"omega", "ω"}, greek{"Gamma", "Γ"},   greek{"Delta", "Δ"},
    greek{"Theta", "Θ"},  greek{"Lambda", "Λ"}, greek{"Xi", "Ξ"},    greek{"Pi", "Π"},      greek{"Sigma", "Σ"},
    greek{"Phi", "Φ"},    greek{"Psi", "Ψ"},    greek{"Omega", "Ω"}};

math word_of_letters(const std::string& name) {
  auto it = std::ranges::find(greeks, name, &greek::name);
  return {kind::name, it == greeks.end() ? name : std::string(it->letter), {}};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view s) { return !s.empty() && std::ranges::all_of(s, is_digit); }

// v_i, x1, W_in as their two parts; the second is empty where there is none.
std::pair<std::string, std::string> split(const std::string& name) {
  if (std::size_t bar = name.find('_'); bar != std::string::npos) {
    std::string below = name.substr(bar + 1);
    bool plain = bar > 0 && !below.empty() && below.find('_') == std::string::npos;
    if (plain) return {name.substr(0, bar), below};
    return {name, {}};
  }
  std::size_t digits = name.size();
  while (digits > 0 && is_digit(name[digits - 1])) --digits;
  return {name.substr(0, digits), name.substr(digits)};
}

math set_parts(const std::string& name) {
  auto [stem, below] = split(name);
  if (below.empty()) return word_of_letters(name);
  math index = all_digits(below) ? math{kind::number, below, {}} : word_of_letters(below);
  return {kind::script, {}, {word_of_letters(stem), std::move(index), {}}};
}

// An adjoint, bar_x, is x under a bar.
math set_name(const std::string& name) {
  constexpr std::string_view bar = "bar_";
  if (!name.starts_with(bar) || name.size() == bar.size()) return set_parts(name);
  math m = set_parts(name.substr(bar.size()));
  math& base = m.is == kind::script ? m.parts[0] : m;
  base = math{kind::barred, {}, {base}};
  return m;
}

}  // namespace

name_styles::name_styles(const std::map<std::string, bool>& names) {
  std::set<std::string> taken{"Γ", "π"};  // the function and the constant
  for (const auto& [name, array] : names) {
    auto [stem, below] = split(name);
    auto owner = names.find(stem);
    bool entry = !below.empty() && owner != names.end() && owner->second;  // would read as an entry of the array
    math wished = entry ? math{kind::name, name, {}} : set_name(name);
    bool kronecker = array && wished.text == "δ";
    std::string look = to_latex(wished);
    bool constant = name == "pi";  // declared, so that the number has no name
    if (kronecker || (!constant && wished.is == kind::name && taken.contains(wished.text)) || !taken.insert(look).second)
      wished = {kind::verbatim, name, {}};
    styles_.emplace(name, std::move(wished));
  }
}

math name_styles::of(const std::string& name) const {
  auto it = styles_.find(name);
  return it == styles_.end() ? set_name(name) : it->second;
}

bool is_flat(const math& m) {
  bool tall = m.is == kind::fraction || m.is == kind::root || m.is == kind::big || m.is == kind::cases;
  return !tall && std::ranges::all_of(m.parts, is_flat);
}

double width_of(const math& m) {
  double sum = 0, widest = 0;
  for (const math& part : m.parts) {
    double w = width_of(part);
    sum += w;
    widest = std::max(widest, w);
  }
  switch (m.is) {
    case kind::row:
    case kind::barred: return sum;
    case kind::name:
    case kind::word:
    case kind::number:
    case kind::verbatim:
    case kind::text: return static_cast<double>(code_points(m.text));
    case kind::sign: return m.text == "," ? 1 : 2;
    case kind::times: return 0.4;
    case kind::apply: return 0;
    case kind::bracket: return sum + 1.5;
    case kind::fraction: return widest + 0.5;
    case kind::root: return sum + 1.5;
    case kind::script: return width_of(m.parts[0]) + 0.7 * std::max(width_of(m.parts[1]), width_of(m.parts[2]));
    case kind::big: return std::max(2.5, 0.7 * widest);
    case kind::cases: return 2 * widest + 6;
  }
  return sum;
}

namespace {

// Fills lines with pieces that are cut before signs, and with the factors of those that are too long by themselves.
class line_breaker {
 public:
  explicit line_breaker(double width) : width_(width) {}

  void add(const math& piece) {
    double w = width_of(piece);
    if (!line_.empty() && used_ + w > width_) end_line();
    if (w <= width_) {
      put(piece, w);
      return;
    }
    math factor;
    for (const math& part : piece.parts) {
      if (part.is == kind::times) {
        put_factor(factor);
        factor = {kind::row, {}, {{kind::times, {}, {}}}};
      } else {
        factor.parts.push_back(part);
      }
    }
    put_factor(factor);
  }

  std::vector<math> all() {
    end_line();
    return std::move(lines_);
  }

 private:
  // A factor at the beginning of a line shows what joins it to the line before.
  void put_factor(math& factor) {
    double w = width_of(factor);
    if (!line_.empty() && used_ + w > width_) {
      end_line();
      if (factor.parts[0].is == kind::times) factor.parts[0] = {kind::sign, "⋅", {}};
    }
    put(factor, w);
  }

  void put(const math& piece, double w) {
    line_.parts.insert(line_.parts.end(), piece.parts.begin(), piece.parts.end());
    used_ += w;
  }

  void end_line() {
    if (!line_.empty()) lines_.push_back(std::exchange(line_, {}));
    used_ = 0;
  }

  double width_, used_ = 0;
  math line_;
  std::vector<math> lines_;
};

}  // namespace

std::vector<math> lines_of(const math& m, double width) {
  if (m.is != kind::row || width_of(m) <= width) return {m};
  line_breaker lines(width);
  math piece;
  for (const math& part : m.parts) {
    bool cuts = part.is == kind::sign && (part.text == "+" || part.text == "−" || part.text == "=");
    bool leads = piece.empty() || piece.parts.back().is == kind::sign;  // a = -b
    if (cuts && !leads) lines.add(std::exchange(piece, {}));
    piece.parts.push_back(part);
  }
  lines.add(piece);
  return lines.all();
}

}  // namespace wengert
