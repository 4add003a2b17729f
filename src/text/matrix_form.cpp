#include "matrix_form.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace wengert {

namespace {

using kind = matrix_tree::kind;

// sum(x.^2) as x'*x, over all of x.
void split_square(const tape& t, open_product& f) {
  if (f.factors.size() != 1 || f.network[0].axes.size() != 1) return;
  node_id square = f.factors[0].node;
  if (t.op(square) != opcode::power || t.value(square) != 2) return;
  edge base = t.arg(square, 0);
  if (t.op(base.node) != opcode::symbol || base.labels != tape::straight(1)) return;
  if (!std::ranges::equal(t.out(square), t.out(base.node))) return;
  f.factors[0].node = base.node;
  f.factors.push_back(f.factors[0]);
  f.network.push_back(f.network[0]);
}

}  // namespace

std::optional<matrix_form> find_matrix_form(const tape& t, node_id n, const std::function<bool(node_id)>& named,
                                            symbol_id variable) {
  if (t.rank(n) > 2) return {};
  std::vector<range_id> axes(t.out(n).begin(), t.out(n).end());
  auto f = opened(t, {n, tape::straight(axes.size())}, axes, named);
  if (!f) return {};
  if (variable != none)
    for (std::size_t k = 0; k < f->factors.size(); ++k)
      f->network[k].symmetric = f->network[k].symmetric && !t.mentions(f->factors[k].node, variable);
  if (f->free == 0 && f->axes.size() == 1) split_square(t, *f);
  auto product = as_matrices(f->network, f->free, f->axes.size());
  if (!product) return {};
  return matrix_form{std::move(*f), std::move(*product)};
}

// --- what a reader knows of the sizes

std::optional<sides_known> sides_of(const matrix_tree& t, const std::function<sides_known(std::size_t)>& known) {
  std::vector<sides_known> parts;
  for (const matrix_tree& p : t.parts) {
    auto s = sides_of(p, known);
    if (!s) return {};
    parts.push_back(*s);
  }
  auto column = [&](bool is_known) { return t.turned ? sides_known{true, is_known} : sides_known{is_known, true}; };
  auto given = [](sides_known s, bool wanted) { return wanted ? std::optional(s) : std::nullopt; };
  switch (t.is) {
    case kind::factor: {
      sides_known s = known(t.factor);
      return t.turned ? sides_known{s.columns, s.rows} : s;
    }
    case kind::ones: return column(false);
    case kind::identity: return sides_known{};
    case kind::chain:
      for (std::size_t k = 1; k < parts.size(); ++k)
        if (!parts[k - 1].columns && !parts[k].rows) return {};
      return sides_known{parts.front().rows, parts.back().columns};
    case kind::entrywise: {
      sides_known s;
      for (const sides_known& p : parts) s = {s.rows || p.rows, s.columns || p.columns};
      return s;
    }
    case kind::diagonal: return sides_known{parts[0].rows, parts[0].rows};
    case kind::entries: return column(parts[0].rows || parts[0].columns);
    case kind::row_sums: return given(column(parts[0].rows), parts[0].columns);
    case kind::trace: return given({true, true}, parts[0].rows || parts[0].columns);
    case kind::total: return given({true, true}, parts[0].rows && parts[0].columns);
  }
  return {};
}

// --- words

namespace {

class composer {
 public:
  composer(const matrix_form& form, const matrix_words& words) : form_(form), words_(words) {}

  piece of(const matrix_tree& t) const {
    switch (t.is) {
      case kind::factor: return words_.factor(t.factor, t.turned);
      case kind::ones: return turned_if(t.turned, call("vector", "1"));
      case kind::identity: return {words_.function("I"), level::atom};
      case kind::chain: return chain(t);
      case kind::entrywise: return entrywise(t);
      case kind::diagonal:
      case kind::entries: return turned_if(t.turned, call("diag", of(t.parts[0]).text));
      case kind::row_sums: return turned_if(t.turned, row_sums(t.parts[0]));
      case kind::trace: return call("tr", of(t.parts[0]).text);
      case kind::total: return call("sum", of(t.parts[0]).text);
    }
    return {};
  }

 private:
  piece call(std::string_view name, const std::string& argument) const {
    return {fmt::format("{}({})", words_.function(name), argument), level::atom};
  }

  static piece turned_if(bool turned, piece p) {
    if (!turned) return p;
    return {at_least(level::atom, std::move(p)) + "'", level::atom};
  }

  matrix_tree turn(const matrix_tree& t) const { return transposed(t, form_.of.network); }

  // The longer of two readings of the same matrix, A' or A, is not needed.
  piece row_sums(const matrix_tree& m) const {
    std::string rows = of(m).text, columns = of(turn(m)).text;
    return columns.size() < rows.size() ? call("sum", columns + ", axis=1") : call("sum", rows + ", axis=2");
  }

  // Equal matrices in a row are a power.
  piece chain(const matrix_tree& t) const {
    std::string text;
    for (std::size_t k = 0; k < t.parts.size();) {
      std::size_t run = same_matrices(t, k);
      piece p = of(t.parts[k]);
      if (!text.empty()) text += '*';
      text += run > 1   ? fmt::format("{}^{}", at_least(level::atom, std::move(p)), run)
              : p.chain ? p.text
                        : at_least(level::power, std::move(p));
      k += run;
    }
    return {std::move(text), level::product, true};
  }

  // How many factors from the k-th on are the same matrix.
  std::size_t same_matrices(const matrix_tree& t, std::size_t k) const {
    auto matrix = [&](std::size_t at) -> const edge* {
      const matrix_tree& p = t.parts[at];
      return p.is == kind::factor && form_.of.network[p.factor].axes.size() == 2 ? &form_.of.factors[p.factor] : nullptr;
    };
    const edge* first = matrix(k);
    std::size_t run = 1;
    for (; first && k + run < t.parts.size(); ++run) {
      const edge* next = matrix(k + run);
      if (!next || next->node != first->node || t.parts[k + run].turned != t.parts[k].turned) break;
    }
    return run;
  }

  bool divides(const matrix_tree& t) const { return t.is == kind::factor && !t.turned && form_.of.network[t.factor].divides; }

  piece entrywise(const matrix_tree& t) const {
    auto turned = std::ranges::count_if(t.parts, [](const matrix_tree& p) { return p.turned; });
    if (2 * static_cast<std::size_t>(turned) > t.parts.size()) return turned_if(true, of(turn(t)));
    std::vector<std::pair<std::string, int>> above;  // equal ones are a power
    std::string below;
    for (const matrix_tree& p : t.parts) {
      if (divides(p)) {
        below += "./" + words_.divisor(p.factor);
        continue;
      }
      piece factor = of(p);
      std::string text = at_least(level::power, factor);
      auto same = std::ranges::find(above, text, &std::pair<std::string, int>::first);
      if (same == above.end())
        above.emplace_back(std::move(text), factor.binds == level::power ? -1 : 1);
      else if (same->second > 0)
        ++same->second;
      else
        above.emplace_back(std::move(text), -1);
    }
    std::string text;
    for (const auto& [factor, power] : above) {
      if (!text.empty()) text += ".*";
      text += power > 1 ? fmt::format("{}.^{}", factor, power) : factor;
    }
    return {(text.empty() ? "1" : text) + below, above.size() == 1 && below.empty() ? level::power : level::product};
  }

  const matrix_form& form_;
  const matrix_words& words_;
};

}  // namespace

piece words_of(const matrix_tree& t, const matrix_form& form, const matrix_words& words) { return composer(form, words).of(t); }

}  // namespace wengert
