#include <wengert/calculus/derivative.hpp>

#include <span>
#include <utility>

namespace wengert {

namespace {

// How many of the axes have a symbolic length, and the product of the other lengths.
std::pair<std::size_t, double> size_of(const tape& t, std::span<const range_id> axes) {
  std::pair<std::size_t, double> r{0, 1};
  for (range_id a : axes) {
    const range& over = t.range_of(a);
    if (over.lo.dim == over.hi.dim)
      r.second *= static_cast<double>(over.hi.offset - over.lo.offset + 1);
    else
      ++r.first;
  }
  return r;
}

}  // namespace

bool forward_is_cheaper(const tape& t, node_id f, symbol_id by) { return size_of(t, t.symbol(by).axes) < size_of(t, t.out(f)); }

node_id derivative(tape& t, node_id f, symbol_id by) {
  return forward_is_cheaper(t, f, by) ? forward(t, f, by) : reverse(t, f, {&by, 1}).front();
}

node_id hessian_vector_product(tape& t, node_id f, symbol_id x, node_id v) {
  const direction along{x, v};
  return pushforward(t, reverse(t, f, {&x, 1}).front(), {&along, 1});
}

}  // namespace wengert
