#include <wengert/core/term.hpp>

#include <algorithm>

namespace wengert {

namespace {

// Appends op(args) over those axes of the frame that the arguments carry.
term build(opcode op, std::vector<edge> args, frame& f, const std::uint32_t attribute, const rational* exponent) {
  std::vector<std::size_t> carried;
  for (const edge& e : args)
    for (const label& l : e.labels)
      if (!l.is_constant()) carried.push_back(static_cast<std::size_t>(l.axis));
  std::ranges::sort(carried);
  carried.erase(std::unique(carried.begin(), carried.end()), carried.end());
  std::vector<range_id> out;
  std::vector<label> labels;
  for (std::size_t a : carried) {
    out.push_back(f.axes[a]);
    labels.push_back(label::of_axis(a));
  }
  for (edge& e : args)
    for (label& l : e.labels)
      if (!l.is_constant())
        l.axis = static_cast<std::int16_t>(std::ranges::lower_bound(carried, static_cast<std::size_t>(l.axis)) - carried.begin());
  node_id n = exponent ? f.on.power(out, args.front(), *exponent) : f.on.make(op, out, {}, reduction::none, args, attribute);
  return {f, edge{n, std::move(labels)}};
}

}  // namespace

node_id term::over_frame() const { return frame_->on.identity(frame_->axes, edge_); }

term make_term(opcode op, std::initializer_list<term> args, std::uint32_t attribute) {
  return make_term(op, std::vector<term>(args), attribute);
}

term make_term(opcode op, const std::vector<term>& args, std::uint32_t attribute) {
  std::vector<edge> edges;
  for (const term& a : args) edges.push_back(a.as_edge());
  return build(op, std::move(edges), args.front().in(), attribute, nullptr);
}

term select(comparison c, const term& left, const term& right, const term& then, const term& otherwise) {
  return make_term(opcode::select, {left, right, then, otherwise}, static_cast<std::uint32_t>(c));
}

term power(const term& base, const rational& exponent) {
  if (exponent == 1) return base;
  return build(opcode::power, {base.as_edge()}, base.in(), 0, &exponent);
}

term operator+(const term& a, const term& b) { return make_term(opcode::add, {a, b}); }
term operator*(const term& a, const term& b) { return make_term(opcode::mul, {a, b}); }
term operator-(const term& a) { return make_term(opcode::mul, {a.number(-1), a}); }
term operator-(const term& a, const term& b) { return a + -b; }
term operator/(const term& a, const term& b) { return a * power(b, -1); }

}  // namespace wengert
