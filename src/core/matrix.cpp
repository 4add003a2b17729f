#include <wengert/core/matrix.hpp>

#include <array>

namespace wengert {

std::size_t batch_rank(const tape& t, node_id n) { return t.rank(n) - (t.op(n) == opcode::det ? 0 : 2); }

namespace {

node_id build(tape& t, opcode op, std::vector<range_id> batch, range_id size, const edge& matrix) {
  const std::array<range_id, 2> square{size, size};
  if (op != opcode::det) batch.insert(batch.end(), square.begin(), square.end());
  return t.make(op, batch, square, reduction::none, std::span<const edge>(&matrix, 1));
}

// The argument of `n`, with its row and column numbered from `first` on.
edge matrix_edge(const tape& t, node_id n, std::size_t first) {
  edge e = t.arg(n, 0);
  for (label& l : e.labels)
    if (!l.is_constant() && static_cast<std::size_t>(l.axis) >= t.rank(n))
      l.axis = static_cast<std::int16_t>(static_cast<std::size_t>(l.axis) - t.rank(n) + first);
  return e;
}

}  // namespace

node_id matrix_function(tape& t, opcode op, node_id a) {
  std::vector<range_id> axes(t.out(a).begin(), t.out(a).end());
  range_id size = axes.back();
  axes.resize(axes.size() - 2);
  edge e = t.whole(a);
  for (std::size_t k = axes.size(); op != opcode::det && k < e.labels.size(); ++k) e.labels[k] = label::of_axis(k + 2);
  return build(t, op, std::move(axes), size, e);
}

node_id of_same_matrix(tape& t, opcode op, node_id n) {
  std::size_t batch = batch_rank(t, n);
  std::vector<range_id> axes(t.out(n).begin(), t.out(n).begin() + static_cast<std::ptrdiff_t>(batch));
  range_id size = t.bound(n)[0];
  return build(t, op, std::move(axes), size, matrix_edge(t, n, op == opcode::det ? batch : batch + 2));
}

node_id matrix_of(tape& t, node_id n) {
  std::size_t batch = batch_rank(t, n);
  std::vector<range_id> axes(t.out(n).begin(), t.out(n).begin() + static_cast<std::ptrdiff_t>(batch));
  axes.insert(axes.end(), t.bound(n).begin(), t.bound(n).end());
  return t.identity(axes, matrix_edge(t, n, batch));
}

bool is_symmetric_matrix(const tape& t, node_id n) {
  if (t.op(n) == opcode::delta) return t.out(n)[0] == t.out(n)[1];
  if (t.op(n) == opcode::symbol) return t.symbol(t.symbol_of(n)).symmetric;
  bool of_matrix = (t.op(n) == opcode::inv || t.op(n) == opcode::adj) && t.rank(n) == 2;
  return of_matrix && t.rank(t.arg(n, 0).node) == 2 && is_symmetric_matrix(t, t.arg(n, 0).node);
}

}  // namespace wengert
