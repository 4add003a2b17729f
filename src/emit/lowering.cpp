#include "lowering.hpp"

#include <algorithm>
#include <numbers>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/core/error.hpp>
#include <wengert/core/matrix.hpp>

namespace wengert {

namespace {

constexpr std::size_t longest_inline = 12;  // operations in one statement

bool is_leaf(opcode op) {
  return op == opcode::constant || op == opcode::symbol || op == opcode::dim_value || op == opcode::index_value ||
         op == opcode::delta || op == opcode::pi;
}

// Whether an argument is read at each of its entries once: its labels are all the axes of the reader.
bool reads_straight(const tape& t, node_id reader, const edge_view& e) {
  if (t.axes(reader).size() != t.rank(e.node)) return false;
  std::vector<bool> seen(t.rank(e.node), false);
  for (const label& l : e.labels) {
    if (l.is_constant() || seen[static_cast<std::size_t>(l.axis)]) return false;
    seen[static_cast<std::size_t>(l.axis)] = true;
  }
  return true;
}

}  // namespace

void lowering::index::add(const affine& a, int times) {
  offset += times * a.offset;
  if (a.dim != none && (dims[a.dim] += times) == 0) dims.erase(a.dim);
}

// --- what is kept, and what is written where it is read

void lowering::decide(std::span<const destination_of_root> roots) {
  std::vector<node_id> all;
  for (const destination_of_root& r : roots) all.push_back(r.node);
  const std::vector<node_id> order = t_.reachable(all);
  std::unordered_map<node_id, std::size_t> uses, size;
  std::unordered_set<node_id> straight(order.begin(), order.end());
  for (node_id n : order)
    for (edge_view e : t_.args(n)) {
      ++uses[e.node];
      if (!reads_straight(t_, n, e)) straight.erase(e.node);
    }
  for (node_id r : all) uses[r] += 2;
  for (node_id n : order) {
    size[n] = 1;
    for (edge_view e : t_.args(n))
      if (inlined_.contains(e.node)) size[n] += size[e.node];
    const bool relabels = t_.op(n) == opcode::identity && t_.bound_count(n) == 0 && std::ranges::find(all, n) == all.end();
    const bool once = t_.bound_count(n) == 0 && uses[n] == 1 && straight.contains(n) && !is_matrix_function(t_.op(n));
    if (is_leaf(t_.op(n)) || (size[n] <= longest_inline && (relabels || once))) inlined_.insert(n);
  }
}

void lowering::run(std::span<const destination_of_root> roots) {
  decide(roots);
  std::vector<node_id> all;
  for (const destination_of_root& r : roots) all.push_back(r.node);
  std::unordered_map<node_id, std::string> wanted;
  for (const destination_of_root& r : roots)
    if (!inlined_.contains(r.node)) wanted.emplace(r.node, r.name);
  for (node_id n : t_.reachable(all)) {
    if (inlined_.contains(n)) continue;
    std::string name = wanted.contains(n) ? wanted[n] : words_.fresh(fmt::format("t{}", ++kept_));
    if (!wanted.contains(n) && t_.rank(n) > 0) arrays_.emplace_back(name, entries(t_.out(n)));
    compute(n, name);
    names_[n] = name;
  }
  for (const destination_of_root& r : roots)
    if (auto it = wanted.find(r.node); it == wanted.end() || it->second != r.name) copy(r.node, r.name);
}

// --- statements

lowering::position lowering::loops(node_id n, std::size_t first, std::size_t count, std::string& indent, position at) {
  for (std::size_t a = first; a < first + count; ++a) {
    static constexpr std::string_view letters = "ijklmnpqrs";
    while (axis_names_.size() <= a)
      axis_names_.push_back(words_.fresh(std::string(1, letters[axis_names_.size() % letters.size()])));
    const std::string& i = axis_names_[a];
    line(indent, fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", words_.size_type(), i, length(t_.axes(n)[a])));
    indent += "  ";
    index x{i, 0, {}};
    x.add(t_.range_of(t_.axes(n)[a]).lo, 1);
    at.push_back(std::move(x));
  }
  return at;
}

void lowering::close(std::size_t count, std::string& indent) {
  for (std::size_t k = 0; k < count; ++k) {
    indent.resize(indent.size() - 2);
    line(indent, "}");
  }
}

std::string lowering::start_of(reduction red) const {
  switch (red) {
    case reduction::prod: return "1.0";
    case reduction::max: return "-INFINITY";
    case reduction::min: return "INFINITY";
    default: return "0.0";
  }
}

std::string lowering::reduced(node_id n, const std::string& so_far, const text& x) {
  switch (t_.red(n)) {
    case reduction::prod: return so_far + " *= " + inside(x, level::sum) + ";";
    case reduction::max: return fmt::format("{0} = {1}({0}, {2});", so_far, words_.helper("larger"), x.s);
    case reduction::min: return fmt::format("{0} = {1}({0}, {2});", so_far, words_.helper("smaller"), x.s);
    default: return so_far + " += " + x.s + ";";
  }
}

void lowering::compute(node_id n, const std::string& name) {
  if (t_.op(n) == opcode::unknown)
    throw error("V08", fmt::format("'{0}' is unknown: it has no value", t_.unknown_of(n).name),
                "write the function out where numbers are wanted");
  const std::size_t rank = t_.rank(n), bound = t_.bound_count(n);
  std::string indent = "  ";
  if (std::string told = tell_(n); !told.empty()) line(indent, fmt::format("// {} = {}", name, told));
  if (is_matrix_function(t_.op(n))) {
    compute_of_matrix(n, name, indent);
    return;
  }
  position at = loops(n, 0, rank, indent, {});
  const std::string target = rank == 0 ? name : entry(n, name, at);
  if (bound == 0) {
    line(indent, fmt::format("{}{} = {};", rank == 0 ? "const double " : "", target, write(n, at).s));
  } else {
    const std::string so_far = rank == 0 ? name : words_.fresh(name + "_entry");
    line(indent, fmt::format("double {} = {};", so_far, start_of(t_.red(n))));
    at = loops(n, rank, bound, indent, std::move(at));
    line(indent, reduced(n, so_far, write(n, at)));
    close(bound, indent);
    if (rank > 0) line(indent, fmt::format("{} = {};", target, so_far));
  }
  close(rank, indent);
}

// The matrix is copied to where its inverse will stand, or for the others to a place of its own; then a function does the rest.
void lowering::compute_of_matrix(node_id n, const std::string& name, std::string& indent) {
  const opcode op = t_.op(n);
  const std::size_t rank = t_.rank(n), batch = rank - (op == opcode::det ? 0 : 2);
  const range_id size = t_.axes(n)[rank];
  const std::string side = length(size);
  auto room = [&](std::string_view what, const std::string& count) {
    arrays_.emplace_back(words_.fresh(fmt::format("{}_{}", name, what)), count);
    return "&" + arrays_.back().first + "[0]";
  };
  const position outer = loops(n, 0, batch, indent, {});
  index first;
  first.add(t_.range_of(size).lo, 1);
  position corner = outer;
  corner.resize(rank, first);
  const std::string result = rank == 0 ? name : entry(n, name, corner);
  const std::string source = op == opcode::inv ? "&" + result : room("matrix", side + " * " + side);
  position at = loops(n, rank, 2, indent, corner);
  position place = outer;
  place.insert(place.end(), at.end() - 2, at.end());
  const text x = read(t_.arg(n, 0), at);
  if (op == opcode::inv)
    line(indent, fmt::format("{} = {};", entry(n, name, place), x.s));
  else
    line(indent,
         fmt::format("{}[{} * {} + {}] = {};", arrays_.back().first, at[rank].variable, side, at[rank + 1].variable, x.s));
  close(2, indent);
  const std::string determinant = words_.helper(op == opcode::inv ? "invert" : "determinant");
  if (op == opcode::inv)
    line(indent, fmt::format("{}({}, {}, {});", determinant, source, room("swaps", side), side));
  else if (op == opcode::det)
    line(indent, fmt::format("{}{} = {}({}, {});", rank == 0 ? "const double " : "", result, determinant, source, side));
  else
    line(indent, fmt::format("{}({}, {}, &{}, {});", words_.helper("adjugate"), source, room("minors", side + " * " + side),
                             result, side));
  close(batch, indent);
}

void lowering::copy(node_id from, const std::string& name) {
  const std::size_t rank = t_.rank(from);
  std::string indent = "  ";
  const position at = loops(from, 0, rank, indent, {});
  const std::vector<label> straight = tape::straight(rank);
  const text x = read({from, straight}, at);
  line(indent, fmt::format("{}{} = {};", rank == 0 ? "const double " : "", rank == 0 ? name : entry(from, name, at), x.s));
  close(rank, indent);
}

// --- expressions

// The indices at which an edge reads its argument.
lowering::position lowering::seen_from(const edge_view& e, const position& at) {
  position seen;
  for (const label& l : e.labels) {
    index x;
    if (l.is_constant()) {
      x.add(l.value(), 1);
    } else {
      x = at[static_cast<std::size_t>(l.axis)];
      x.offset += l.offset;
    }
    seen.push_back(std::move(x));
  }
  return seen;
}

lowering::text lowering::read(const edge_view& e, const position& at) {
  const position seen = seen_from(e, at);
  if (inlined_.contains(e.node) && t_.op(e.node) != opcode::symbol) return write(e.node, seen);
  const std::string& name = names_.at(e.node);
  read_.insert(name);
  return {t_.rank(e.node) == 0 ? name : entry(e.node, name, seen), level::atom};
}

lowering::text lowering::write(node_id n, const position& at) {
  switch (t_.op(n)) {
    case opcode::constant: {
      std::string s = spelling::number(t_.value(n));
      return {s, s[0] == '-' ? level::product : level::atom};
    }
    case opcode::pi: return {spelling::number(std::numbers::pi), level::atom};
    case opcode::dim_value: return {words_.as_double(dim(t_.dim_of(n))), level::atom};
    case opcode::index_value: return {"(" + real_value(at[0]) + ")", level::atom};
    case opcode::delta: return {equality(at[0], at[1]) + " ? 1.0 : 0.0", level::choice};
    case opcode::add: return sum(n, at);
    case opcode::mul: return product(n, at);
    case opcode::identity: return read(t_.arg(n, 0), at);
    case opcode::power: return power(n, at);
    case opcode::select: return choice(n, at);
    default: break;
  }
  std::vector<std::string> args;
  for (edge_view e : t_.args(n)) args.push_back(read(e, at).s);
  return {words_.apply(t_.op(n), args), level::atom};
}

lowering::text lowering::sum(node_id n, const position& at) {
  std::string s;
  for (edge_view e : t_.args(n)) {
    const text x = read(e, at);
    const std::string term = inside(x, s.empty() ? level::sum : level::product);
    if (s.empty())
      s = term;
    else if (term[0] == '-')
      s += " - " + term.substr(1);
    else
      s += " + " + term;
  }
  return {s.empty() ? "0.0" : s, level::sum};
}

lowering::text lowering::product(node_id n, const position& at) {
  const bool strong = strong_.contains(n);
  std::vector<std::string> above, below, equal;
  bool negative = false;
  for (edge_view e : t_.args(n)) {
    const bool opened = inlined_.contains(e.node);
    if (t_.op(e.node) == opcode::delta) {
      std::string condition = read(e, at).s;
      equal.push_back(condition.substr(0, condition.find(" ? ")));
    } else if (t_.is_constant(e.node, -1)) {
      negative = !negative;
    } else if (!strong && opened && t_.op(e.node) == opcode::power && t_.value(e.node) == -1) {
      below.push_back(inside(read(t_.arg(e.node, 0), seen_from(e, at)), level::atom));
    } else {
      const text x = read(e, at);
      const bool first = above.empty() && x.s[0] != '-';
      above.push_back(strong ? x.s : inside(x, first ? level::product : level::atom));
    }
  }
  std::string s = above.empty() ? "1.0" : above.front();
  for (std::size_t k = 1; k < above.size(); ++k)
    s = strong ? fmt::format("{}({}, {})", words_.helper("times"), s, above[k]) : s + " * " + above[k];
  for (const std::string& d : below) s += " / " + d;
  if (negative) s = "-" + (strong && above.size() == 1 ? "(" + s + ")" : s);
  if (equal.empty()) return {s, strong && above.size() == 1 && !negative ? level::choice : level::product};
  return {fmt::format("{} ? {} : 0.0", fmt::join(equal, " && "), s), level::choice};
}

lowering::text lowering::power(node_id n, const position& at) {
  const rational& q = t_.value(n);
  text x = read(t_.arg(n, 0), at);
  if (q == 0) return {"1.0", level::atom};
  if (q == 1) return x;
  if (q == 2) return {fmt::format("{}({})", words_.helper("square"), x.s), level::atom};
  if (q == rational(1, 2)) return {fmt::format("{}({})", words_.library("sqrt"), x.s), level::atom};
  if (q == -1) return {"(1.0 / " + inside(x, level::atom) + ")", level::atom};
  return {fmt::format("{}({}, {})", words_.helper("rational_power"), x.s, spelling::number(q)), level::atom};
}

lowering::text lowering::choice(node_id n, const position& at) {
  std::vector<std::string> parts;
  for (edge_view e : t_.args(n)) parts.push_back(inside(read(e, at), level::sum));
  std::string_view sign = "<";
  switch (t_.comparison_of(n)) {
    case comparison::lt: break;
    case comparison::le: sign = "<="; break;
    case comparison::eq: sign = "=="; break;
    case comparison::ne: sign = "!="; break;
  }
  return {fmt::format("{} {} {} ? {} : {}", parts[0], sign, parts[1], parts[2], parts[3]), level::choice};
}

// --- indices and lengths

std::string lowering::dim(dim_id d) {
  const std::string& name = dims_.at(d);
  read_.insert(name);
  return name;
}

// As size_t, where an intermediate result below 0 wraps around and back.
std::string lowering::unsigned_value(const index& i) {
  std::string s = i.variable, minus;
  auto plus = [&](const std::string& x) { s += (s.empty() ? "" : " + ") + x; };
  for (const auto& [d, times] : i.dims)
    for (int k = 0; k < std::abs(times); ++k) {
      if (times > 0)
        plus(dim(d));
      else
        minus += " - " + dim(d);
    }
  if (i.offset > 0 || (s.empty() && minus.empty() && i.offset == 0)) plus(std::to_string(i.offset));
  if (i.offset < 0) minus += fmt::format(" - {}", -i.offset);
  return (s.empty() ? "0" : s) + minus;
}

std::string lowering::real_value(const index& i) {
  std::string s = i.variable.empty() ? "" : words_.as_double(i.variable);
  for (const auto& [d, times] : i.dims)
    s += fmt::format("{}{} * {}", s.empty() ? "" : " + ", spelling::number(times), words_.as_double(dim(d)));
  if (i.offset != 0 || s.empty())
    s += i.offset < 0 ? fmt::format(" - {}", spelling::number(-static_cast<double>(i.offset)))
                      : fmt::format("{}{}", s.empty() ? "" : " + ", spelling::number(static_cast<double>(i.offset)));
  return s;
}

std::string lowering::equality(const index& a, const index& b) {
  index left = a, right = b;
  for (const auto& [d, times] : b.dims) left.add({d, 0}, -times);
  right.dims.clear();
  const std::int64_t more = a.offset - b.offset;
  left.offset = std::max<std::int64_t>(more, 0);
  right.offset = std::max<std::int64_t>(-more, 0);
  return unsigned_value(left) + " == " + unsigned_value(right);
}

// How many indices a range has: a name or a number.
std::string lowering::length(range_id r) {
  if (auto it = known_lengths_.find(r); it != known_lengths_.end()) return it->second;
  const range& x = t_.range_of(r);
  index above, below;
  above.add(x.hi, 1);
  below.add(x.lo, 1);
  const std::int64_t c = above.offset + 1 - below.offset;
  if (x.hi.dim == x.lo.dim) return known_lengths_[r] = std::to_string(std::max<std::int64_t>(c, 0));
  if (x.lo.dim == none && c == 0) return known_lengths_[r] = dim(x.hi.dim);
  above.offset = std::max<std::int64_t>(c, 0);
  below.offset = std::max<std::int64_t>(-c, 0);
  const std::string hi = unsigned_value(above), lo = unsigned_value(below);
  const std::string name = words_.fresh(fmt::format("n{}", known_lengths_.size() + 1));
  lengths_ += fmt::format("  const {} {} = {};\n", words_.size_type(), name,
                          lo == "0" ? hi : fmt::format("{0} > {1} ? {0} - ({1}) : 0", hi, lo));
  return known_lengths_[r] = name;
}

std::string lowering::entries(std::span<const range_id> axes) {
  std::string s;
  for (range_id r : axes) s += (s.empty() ? "" : " * ") + length(r);
  return s;
}

std::string lowering::entry(node_id n, const std::string& name, const position& at) {
  std::string s;
  for (std::size_t k = 0; k < at.size(); ++k) {
    index x = at[k];
    x.add(t_.range_of(t_.out(n)[k]).lo, -1);
    const std::string i = unsigned_value(x);
    if (k == 0)
      s = i;
    else
      s = fmt::format("{} * {} + {}", s.find(' ') == std::string::npos ? s : "(" + s + ")", length(t_.out(n)[k]), i);
  }
  return fmt::format("{}[{}]", name, s);
}

std::string lowering::storage() const {
  std::string s;
  if (to_ == target_language::cpp) {
    for (const auto& [name, size] : arrays_) s += fmt::format("  std::vector<double> {}({});\n", name, size);
    return s;
  }
  if (arrays_.empty()) return s;
  std::string total = "1", before;
  for (const auto& [name, size] : arrays_) total += " + " + size;
  s = fmt::format("  double *const workspace = malloc(({}) * sizeof(double));\n  if (workspace == NULL) return 1;\n", total);
  for (const auto& [name, size] : arrays_) {
    s += fmt::format("  double *const {} = {};\n", name, before.empty() ? "workspace" : before);
    before = name + " + " + size;
  }
  return s;
}

}  // namespace wengert
