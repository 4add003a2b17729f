#include "print.hpp"

#include <array>

#include "tables.hpp"

namespace checker {

printer::printer(const graph& g) : g_(g), taken_(g.dims.begin(), g.dims.end()) {
  for (const symbol_info& s : g.symbols) taken_.insert(s.name);
}

std::string printer::letter(std::size_t k) const {
  constexpr std::string_view letters = "ijklmpqrst";
  for (std::size_t tried = 0;; ++tried) {
    std::string r(1, letters[tried % letters.size()]);
    if (tried >= letters.size()) r += std::to_string(tried / letters.size());
    if (!taken_.contains(r) && k-- == 0) return r;
  }
}

std::vector<std::string> printer::letters_of(int n) {
  std::vector<std::string> r;
  for (std::size_t k = 0; k < g_.at(n).rank; ++k) r.push_back(letter(k));
  next_letter_ = r.size();
  return r;
}

std::string printer::part_name(int n) const {
  std::string r = "n" + std::to_string(n);
  while (taken_.contains(r)) r += "_";
  return r;
}

std::string printer::declared(const std::string& name, bool is_called) const {
  constexpr std::array words{"D", "if", "sum", "prod"};
  bool is_word = is_called ? find_kind(name) >= 0 || std::find(words.begin(), words.end(), name) != words.end() : name == "pi";
  return is_word ? "'" + name + "'" : name;
}

std::string printer::show(const affine& a) const {
  if (a.dim < 0) return std::to_string(a.plus);
  std::string r = declared(g_.dims.at(as_index(a.dim)));
  return a.plus == 0 ? r : r + (a.plus > 0 ? "+" : "") + std::to_string(a.plus);
}

std::string printer::show(const label& l, const std::vector<std::string>& at) const {
  if (l.axis < 0) return show(l.at);
  const std::string& r = at.at(as_index(l.axis));
  return l.at.plus == 0 ? r : r + (l.at.plus > 0 ? "+" : "") + std::to_string(l.at.plus);
}

std::string printer::show(int n, const std::vector<std::string>& at) {
  text_.clear();
  put(n, at, 0, true);
  return text_;
}

// As a tree, up to a cap. The arguments of a node have smaller numbers.
int printer::size(int n) {
  for (std::size_t m = sizes_.size(); m <= as_index(n); ++m) {
    int total = 1;
    for (const edge& e : g_.at(static_cast<int>(m)).args) {
      const int part = sizes_[as_index(e.node)];
      total += part > largest_inline_ ? 1 : part;
    }
    sizes_.push_back(total);
  }
  return sizes_[as_index(n)];
}

void printer::put_indices(const std::vector<std::string>& at) {
  for (std::size_t k = 0; k < at.size(); ++k) (text_ += k == 0 ? '[' : ',') += at[k];
  if (!at.empty()) text_ += ']';
}

void printer::put(int n, const std::vector<std::string>& at, int tightness, bool whole) {
  if (whole || size(n) <= largest_inline_) return put_body(g_.at(n), at, tightness);
  named_.insert(n);
  text_ += part_name(n);
  put_indices(at);
}

void printer::put(const edge& e, const std::vector<std::string>& at, int tightness) {
  std::vector<std::string> inner;
  for (const label& l : e.labels) inner.push_back(show(l, at));
  put(e.node, inner, tightness, false);
}

void printer::put_list(const node& m, const std::vector<std::string>& at, std::size_t from) {
  for (std::size_t k = from; k < m.args.size(); ++k) {
    if (k > from) text_ += ", ";
    put(m.args[k], at, 0);
  }
  text_ += ')';
}

void printer::put_product(const node& m, const std::vector<std::string>& at) {
  for (std::size_t k = 0; k < m.args.size(); ++k) {
    if (k == 0 && m.args.size() > 1 && g_.is_number(m.args[k].node, -1)) {
      text_ += '-';
      continue;
    }
    put(m.args[k], at, k == 0 ? 1 : 2);
    if (k + 1 < m.args.size()) text_ += '*';
  }
}

// Tightness: 0 a sum may stand here, 1 a product, 2 a power, 3 only what needs no brackets.
void printer::put_body(const node& m, const std::vector<std::string>& outer, int tightness) {
  std::vector<std::string> wider;
  std::size_t letters = next_letter_;
  std::string ranges;
  if (m.bound() > 0) wider = outer;
  for (std::size_t k = m.rank; k < m.axes.size(); ++k) {
    wider.push_back(letter(next_letter_++));
    ranges += wider.back() + " in " + show(g_.bounds(m.axes[k])) + ", ";
  }
  const std::vector<std::string>& at = m.bound() > 0 ? wider : outer;
  const auto attribute = as_index(m.attribute);
  const std::size_t from = text_.size();
  int own = 3;  // how tight it is itself
  switch (m.op) {
    case constant:
      text_ += m.value.text();
      if (m.value < 0 || !m.value.is_whole()) own = 1;
      break;
    case symbol:
      text_ += declared(g_.symbols.at(attribute).name);
      put_indices(at);
      break;
    case dim: text_ += declared(g_.dims.at(attribute)); break;
    case index_of:
      text_ += at[0];
      if (at[0].find_first_of("+-") != std::string::npos) own = 0;
      break;
    case delta: text_ += "delta(" + at[0] + ", " + at[1] + ")"; break;
    case pi: text_ += "pi"; break;
    case add:
      own = 0;
      for (std::size_t k = 0; k < m.args.size(); ++k) {
        const std::size_t part = text_.size();
        put(m.args[k], at, k == 0 ? 0 : 1);
        if (k == 0) continue;
        const bool minus = text_[part] == '-';
        text_.replace(part, minus ? 1 : 0, minus ? " - " : " + ");
      }
      break;
    case mul:
      if (m.bound() > 0) {
        text_ += "sum(" + ranges;
        put_product(m, at);
        text_ += ')';
      } else {
        put_product(m, at);
        own = tightness == 2 && text_[from] == '-' ? 0 : 1;
      }
      break;
    case identity: {
      if (m.bound() == 0) {
        put(m.args[0], at, tightness);
      } else {
        (text_ += reduction_words.at(as_index(m.red))) += "(" + ranges;
        put_list(m, at, 0);
      }
      break;
    }
    case power: {
      own = 2;
      put(m.args[0], at, 3);
      std::string p = m.value.text();
      text_ += m.value.is_whole() && m.value >= 0 ? "^" + p : "^(" + p + ")";
      break;
    }
    case select: {
      text_ += "if(";
      put(m.args[0], at, 0);
      ((text_ += " ") += comparison_words.at(attribute)) += " ";
      put(m.args[1], at, 0);
      text_ += ", ";
      put_list(m, at, 2);
      break;
    }
    case unknown: {
      const function_derivative& f = g_.unknowns.at(attribute);
      text_ += declared(f.name, true);
      if (f.orders.size() == 1) {
        text_.append(as_index(std::min(f.orders[0], 3)), '\'');
        if (f.orders[0] > 3) text_ += "^(" + std::to_string(f.orders[0]) + ")";
      } else {
        for (std::size_t k = 0; k < f.orders.size(); ++k) text_ += (k == 0 ? "^(" : ",") + std::to_string(f.orders[k]);
        text_ += ')';
      }
      text_ += '(';
      put_list(m, at, 0);
      break;
    }
    case inv:
    case det:
    case adj: {
      const auto batch = static_cast<std::ptrdiff_t>(m.rank - (m.op == det ? 0 : 2));
      text_ += (m.op == inv ? "inv(" : m.op == det ? "det(" : "adj(") + ranges;
      put_list(m, at, 0);
      put_indices({at.begin() + batch, at.begin() + static_cast<std::ptrdiff_t>(m.rank)});
      break;
    }
    default: (text_ += function(m.op).name) += '('; put_list(m, at, 0);
  }
  if (own < tightness) {
    text_.insert(from, "(");
    text_ += ')';
  }
  next_letter_ = letters;
}

// The largest first: what it names in turn is smaller.
void printer::explain(std::string& report) {
  for (std::size_t lines = 1; !named_.empty(); ++lines) {
    const int n = *named_.rbegin();
    named_.erase(n);
    text_ = part_name(n);
    const std::vector<std::string> at = letters_of(n);
    put_indices(at);
    text_ += " = ";
    put(n, at, 0, true);
    report += "  with " + text_ + "\n";
    if (lines != 100) continue;
    largest_inline_ = 4;  // a long list does not say the same parts over and over
    sizes_.clear();
  }
}

}  // namespace checker
