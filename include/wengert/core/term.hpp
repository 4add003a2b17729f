// Building nodes by writing mathematics. A term is an edge seen from a fixed list of axes, the frame; operators on terms append
// nodes. Every node that they make carries just the axes of the frame that it depends on, so that f(x_i) never becomes a matrix
// because it stands beside a y_j.
#pragma once

#include <initializer_list>
#include <vector>

#include <wengert/core/tape.hpp>

namespace wengert {

// The axes that the labels of some terms refer to.
struct frame {
  tape& on;
  std::vector<range_id> axes;
};

class term {
 public:
  term(frame& f, edge e) : frame_(&f), edge_(std::move(e)) {}
  term(frame& f, const rational& value) : frame_(&f), edge_{f.on.constant(value), {}} {}

  const edge& as_edge() const { return edge_; }
  frame& in() const { return *frame_; }
  term number(const rational& q) const { return {*frame_, q}; }
  // The term as one node whose output axes are the whole frame.
  node_id over_frame() const;

 private:
  frame* frame_;
  edge edge_;
};

// op(args) as a term of the same frame.
term make_term(opcode op, std::initializer_list<term> args, std::uint32_t attribute = 0);
term make_term(opcode op, const std::vector<term>& args, std::uint32_t attribute = 0);
term select(comparison c, const term& left, const term& right, const term& then, const term& otherwise);
term power(const term& base, const rational& exponent);

term operator+(const term& a, const term& b);
term operator-(const term& a, const term& b);
term operator*(const term& a, const term& b);
term operator/(const term& a, const term& b);
term operator-(const term& a);
inline term operator+(const term& a, int b) { return a + a.number(b); }
inline term operator+(int a, const term& b) { return b.number(a) + b; }
inline term operator-(const term& a, int b) { return a + a.number(-b); }
inline term operator-(int a, const term& b) { return b.number(a) - b; }
inline term operator*(const term& a, int b) { return b == -1 ? -a : a.number(b) * a; }
inline term operator*(int a, const term& b) { return b.number(a) * b; }
inline term operator/(int a, const term& b) { return a == 1 ? power(b, -1) : b.number(a) * power(b, -1); }
inline term operator/(const term& a, int b) { return a.number(rational(1, b)) * a; }
inline term square(const term& a) { return power(a, 2); }
inline term sqrt(const term& a) { return power(a, rational(1, 2)); }

}  // namespace wengert
