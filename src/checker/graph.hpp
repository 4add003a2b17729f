// The nodes that a certificate speaks of. A node stands for a total function of its output indices and of the symbols:
//
//     node[out axes] = REDUCE over bound axes of  op( argument[labels], ... )
//
// Equal structure is equal number. Axes 0, 1, ... of a node are its output axes, then its bound ones.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "number.hpp"

namespace checker {

// dim + number, or a number where `dim` is -1. Dimensions are whole numbers >= 1.
struct affine {
  int dim = -1;
  std::int64_t plus = 0;
  friend auto operator<=>(const affine&, const affine&) = default;
};

struct range {
  affine lo, hi;
  friend auto operator<=>(const range&, const range&) = default;
};

// Where an edge reads an axis of its argument: at the user's axis + number, or, where `axis` is -1, at a fixed place.
struct label {
  int axis = -1;
  affine at;
  static label of_axis(std::size_t a, std::int64_t plus = 0) { return {static_cast<int>(a), {-1, plus}}; }
  bool is_axis(std::size_t a) const { return axis == static_cast<int>(a); }
  friend auto operator<=>(const label&, const label&) = default;
};

struct edge {
  int node = -1;
  std::vector<label> labels;
  friend auto operator<=>(const edge&, const edge&) = default;
};

// The kinds of node; behind them the functions of reals, in the order of their table.
enum kind : int {
  constant,
  symbol,
  dim,
  index_of,
  delta,
  pi,
  add,
  mul,
  identity,
  power,
  select,
  unknown,
  inv,
  det,
  adj,
  functions
};
enum class reduction { none, sum, prod, max, min };
enum class comparison { lt, le, eq, ne };
constexpr std::array<std::string_view, 5> reduction_words{"", "sum", "prod", "max", "min"};
constexpr std::array<std::string_view, 4> comparison_words{"<", "<=", "=", "!="};

struct node {
  int op = constant;
  reduction red = reduction::none;
  std::vector<int> axes;  // numbers of ranges: output axes, then bound ones
  std::size_t rank = 0;
  std::vector<edge> args;
  rational value;     // constant, power
  int attribute = 0;  // symbol, dim: which; select: the comparison; unknown: which derivative of which function
  std::size_t bound() const { return axes.size() - rank; }
  std::vector<int> out() const { return {axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(rank)}; }
  friend bool operator==(const node&, const node&) = default;
};

struct symbol_info {
  std::string name;
  std::vector<int> axes;
  bool integer = false, symmetric = false;
};
struct function_derivative {
  std::string name;
  std::vector<int> orders;
  friend auto operator<=>(const function_derivative&, const function_derivative&) = default;
};

inline std::vector<label> straight(std::size_t count, std::size_t first = 0) {
  std::vector<label> r;
  for (std::size_t k = 0; k < count; ++k) r.push_back(label::of_axis(first + k));
  return r;
}
label shifted(label l, std::int64_t by);
// The axes from `first` on become those from `to` on.
edge with_axes_moved(edge e, std::size_t first, std::size_t to);
// What `inner`, a label over some axes, is if those axes are read at `outer`.
label composed(const label& inner, const std::vector<label>& outer);

class graph {
 public:
  graph() = default;
  graph(const graph&) = delete;
  graph& operator=(const graph&) = delete;

  // Found or made; refuses a node that is not well-formed.
  int make(node n);
  int make(int op, std::vector<int> out, std::vector<edge> args, std::vector<int> bound = {}, reduction red = reduction::none,
           int attribute = 0, const rational& value = {});
  int number(const rational& q) { return make(constant, {}, {}, {}, reduction::none, 0, q); }
  int raised(std::vector<int> out, edge base, const rational& p) {
    return make(power, std::move(out), {std::move(base)}, {}, reduction::none, 0, p);
  }
  // The node that reads an edge; the edge's node itself where it would read all of it as it is.
  int read(const std::vector<int>& out, const edge& e);
  edge whole(int n) const { return {n, straight(at(n).rank)}; }

  int range_number(const range& r);
  const range& bounds(int r) const { return ranges_.at(as_index(r)); }
  const node& at(int n) const { return nodes_.at(as_index(n)); }
  std::vector<int> out(int n) const { return at(n).out(); }
  std::vector<int> bound(int n) const { return {at(n).axes.begin() + static_cast<std::ptrdiff_t>(at(n).rank), at(n).axes.end()}; }
  bool is_number(int n) const { return at(n).op == constant; }
  bool is_number(int n, int v) const { return is_number(n) && at(n).value == v; }
  std::size_t size() const { return nodes_.size(); }
  // Whether the bounds of a range have at least one number between them, for all dimensions.
  bool nonempty(int r) const { return surely_le(bounds(r).lo, bounds(r).hi); }
  // Whether a <= b for all dimensions that meet the inequalities of the certificate.
  bool surely_le(const affine& a, const affine& b) const;
  // Whether a node depends on a symbol.
  bool depends(int n, int symbol_number);
  int derivative_number(const function_derivative& f);

  std::vector<std::string> dims;
  std::vector<range> lengths;  // lo <= hi is assumed
  std::vector<symbol_info> symbols;
  std::vector<function_derivative> unknowns;

 private:
  void check(const node& n) const;
  void check_labels(const node& user, const edge& e) const;

  struct place {
    std::uint32_t hash = 0;
    std::int32_t number = -1;  // -1: free
  };
  place& place_of(std::uint32_t hash, const node* n);

  std::deque<node> nodes_;  // they stay where they are
  std::vector<place> places_ = std::vector<place>(64);
  std::vector<range> ranges_;
  std::map<range, int> range_numbers_;
  std::map<int, std::vector<bool>> depends_;
};

// Terms: edges seen from a list of axes, the frame. A node that operations on terms make has just those axes of the frame that
// its arguments carry.
struct frame {
  graph& on;
  std::vector<int> axes;
};
edge apply(frame& f, int op, std::vector<edge> args, int attribute = 0, const rational& value = {});
edge number(frame& f, const rational& q);
edge plus(frame& f, const edge& a, const edge& b);
edge times(frame& f, const edge& a, const edge& b);
edge minus(frame& f, const edge& a);
edge raised(frame& f, const edge& a, const rational& p);
edge choose(frame& f, comparison c, const edge& l, const edge& r, const edge& then, const edge& other);
// A term as a node over just the axes that it carries, and over the whole frame.
int narrowed(frame& f, const edge& e);
int over_frame(frame& f, const edge& e);

// What may be said of the sign of a node, for all its indices.
enum class sign { positive, nonnegative, nonzero, integer, not_integer, real_power, off_poles };
constexpr std::array<std::string_view, 7> sign_words{"> 0", ">= 0", "!= 0", "integer", "not-integer", "real-power", "off-poles"};
// Whether one gives another.
bool implies(sign have, sign want);
struct condition {
  sign is;
  edge of;
};
using known_signs = std::set<std::pair<int, sign>>;
// Whether a sign is known, or seen from a number.
bool given(const graph& g, const known_signs& known, sign is, int n);

}  // namespace checker
