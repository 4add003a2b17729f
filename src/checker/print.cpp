#include "print.hpp"

#include <array>

#include "tables.hpp"

namespace checker {

namespace {

std::string bracketed(const std::vector<std::string>& at) {
  std::string r;
  for (const std::string& a : at) r += (r.empty() ? "[" : ",") + a;
  return r.empty() ? r : r + "]";
}

}  // namespace

std::string printer::letter(std::size_t k) {
  constexpr std::string_view letters = "ijklmpqrst";
  std::string r(1, letters[k % letters.size()]);
  return k < letters.size() ? r : r + std::to_string(k / letters.size());
}

std::string printer::show(const affine& a) const {
  if (a.dim < 0) return std::to_string(a.plus);
  std::string r = g_.dims.at(static_cast<std::size_t>(a.dim));
  return a.plus == 0 ? r : r + (a.plus > 0 ? "+" : "") + std::to_string(a.plus);
}

std::string printer::show(const label& l, const std::vector<std::string>& at) const {
  if (l.axis < 0) return show(l.at);
  const std::string& r = at.at(static_cast<std::size_t>(l.axis));
  return l.at.plus == 0 ? r : r + (l.at.plus > 0 ? "+" : "") + std::to_string(l.at.plus);
}

// As a tree, up to a cap.
std::size_t printer::size(int root) {
  sizes_.resize(g_.size());
  auto known = [&](int n) -> std::size_t& { return sizes_[static_cast<std::size_t>(n)]; };
  if (known(root) != 0) return known(root);
  std::vector<int> stack{root};
  while (!stack.empty()) {
    int n = stack.back();
    std::size_t total = 1;
    bool ready = true;
    for (const edge& e : g_.at(n).args) {
      if (known(e.node) == 0) {
        stack.push_back(e.node);
        ready = false;
      } else {
        total += known(e.node) > largest_inline_ ? 1 : known(e.node);
      }
    }
    if (!ready) continue;
    stack.pop_back();
    known(n) = total;
  }
  return known(root);
}

std::string printer::show(int n, const std::vector<std::string>& at, int tightness, bool whole) {
  if (!whole && size(n) > largest_inline_) {
    named_.insert(n);
    return "n" + std::to_string(n) + bracketed(at);
  }
  size(n);
  return body(g_.at(n), at, tightness);
}

std::string printer::show(const edge& e, const std::vector<std::string>& at, int tightness) {
  std::vector<std::string> inner;
  for (const label& l : e.labels) inner.push_back(show(l, at));
  return show(e.node, inner, tightness, false);
}

// Tightness: 0 a sum may stand here, 1 a product, 2 a power, 3 only what needs no brackets.
std::string printer::body(const node& m, const std::vector<std::string>& outer, int tightness) {
  std::vector<std::string> at = outer;
  std::size_t letters = next_letter_;
  std::string ranges;
  for (std::size_t k = m.rank; k < m.axes.size(); ++k) {
    at.push_back(letter(next_letter_++));
    ranges += at.back() + " in " + show(g_.bounds(m.axes[k])) + ", ";
  }
  auto bracket = [&](const std::string& s, int own) { return own < tightness ? "(" + s + ")" : s; };
  auto list = [&](std::size_t from) {
    std::string r;
    for (std::size_t k = from; k < m.args.size(); ++k) r += (k == from ? "" : ", ") + show(m.args[k], at, 0);
    return r;
  };
  auto product = [&](int own) {
    std::string r;
    for (std::size_t k = 0; k < m.args.size(); ++k) {
      bool minus = k == 0 && m.args.size() > 1 && g_.is_number(m.args[k].node, -1);
      r += minus ? "-" : show(m.args[k], at, k == 0 ? 1 : 2) + (k + 1 < m.args.size() ? "*" : "");
    }
    return m.bound() == 0 ? (own < tightness || (tightness == 2 && r.starts_with('-')) ? "(" + r + ")" : r) : r;
  };
  std::string r;
  switch (m.op) {
    case constant: r = bracket(m.value.text(), m.value < rational(0) || !m.value.is_whole() ? 1 : 3); break;
    case symbol: r = g_.symbols.at(static_cast<std::size_t>(m.attribute)).name + bracketed(at); break;
    case dim: r = g_.dims.at(static_cast<std::size_t>(m.attribute)); break;
    case index_of: r = bracket(at[0], at[0].find_first_of("+-") == std::string::npos ? 3 : 0); break;
    case delta: r = "delta(" + at[0] + ", " + at[1] + ")"; break;
    case pi: r = "pi"; break;
    case add:
      for (std::size_t k = 0; k < m.args.size(); ++k) {
        std::string part = show(m.args[k], at, k == 0 ? 0 : 1);
        r += k == 0 ? part : part.starts_with('-') ? " - " + part.substr(1) : " + " + part;
      }
      r = bracket(r, 0);
      break;
    case mul: r = m.bound() == 0 ? product(1) : "sum(" + ranges + product(0) + ")"; break;
    case identity: {
      constexpr std::array names{"", "sum", "prod", "max", "min"};
      r = m.bound() == 0 ? show(m.args[0], at, tightness)
                         : std::string(names.at(static_cast<std::size_t>(m.red))) + "(" + ranges + list(0) + ")";
      break;
    }
    case power: {
      std::string p = m.value.text();
      bool plain = m.value.is_whole() && m.value >= rational(0);
      r = bracket(show(m.args[0], at, 3) + "^" + (plain ? p : "(" + p + ")"), 2);
      break;
    }
    case select: {
      constexpr std::array names{" < ", " <= ", " = ", " != "};
      r = "if(" + show(m.args[0], at, 0) + names.at(static_cast<std::size_t>(m.attribute)) + show(m.args[1], at, 0) + ", " +
          list(2) + ")";
      break;
    }
    case unknown: {
      const function_derivative& f = g_.unknowns.at(static_cast<std::size_t>(m.attribute));
      r = f.name;
      if (f.orders.size() == 1) {
        r += std::string(static_cast<std::size_t>(std::min(f.orders[0], 3)), '\'') +
             (f.orders[0] > 3 ? "^(" + std::to_string(f.orders[0]) + ")" : "");
      } else {
        for (std::size_t k = 0; k < f.orders.size(); ++k) r += (k == 0 ? "^(" : ",") + std::to_string(f.orders[k]);
        r += ")";
      }
      r += "(" + list(0) + ")";
      break;
    }
    case inv:
    case det:
    case adj: {
      std::size_t batch = m.rank - (m.op == det ? 0 : 2);
      std::vector<std::string> own(at.begin() + static_cast<std::ptrdiff_t>(batch),
                                   at.begin() + static_cast<std::ptrdiff_t>(m.rank));
      r = (m.op == inv ? "inv(" : m.op == det ? "det(" : "adj(") + ranges + list(0) + ")" + bracketed(own);
      break;
    }
    default: r = std::string(function(m.op).name) + "(" + list(0) + ")";
  }
  next_letter_ = letters;
  return r;
}

std::vector<std::string> printer::explanations() {
  std::vector<std::string> r;
  while (!named_.empty()) {
    int n = *named_.rbegin();
    named_.erase(n);
    if (!explained_.insert(n).second) continue;
    std::vector<std::string> at;
    next_letter_ = g_.at(n).rank;
    for (std::size_t k = 0; k < g_.at(n).rank; ++k) at.push_back(letter(k));
    r.push_back("n" + std::to_string(n) + bracketed(at) + " = " + show(n, at));
    if (r.size() != 100) continue;
    largest_inline_ = 4;  // a long list does not say the same parts over and over
    sizes_.clear();
  }
  return r;
}

}  // namespace checker
