// Functions of a whole square matrix: inv, the inverse; det, the determinant; adj, the adjugate (the transposed matrix of the
// cofactors, so that adj(A)*A = det(A)*I whatever A is, and adj(A) is the transposed derivative of det(A)).
//
// Such a node has output axes [batch.., i, j] (det: [batch..]), two bound axes p, q, and one argument that reads the matrix at
// batch.., p, q. It is no reduction: nothing may be moved in or out of it.
#pragma once

#include <span>

#include <wengert/core/tape.hpp>

namespace wengert {

constexpr bool is_matrix_function(opcode op) { return op == opcode::inv || op == opcode::det || op == opcode::adj; }

// How many output axes of a node are not its matrix's rows and columns.
std::size_t batch_rank(const tape& t, node_id n);

// op of the last two axes of `a`, whose axes are [batch.., n, n].
node_id matrix_function(tape& t, opcode op, node_id a);

// op of the matrix that the matrix function `n` is of. Its batch axes are those of `n`.
node_id of_same_matrix(tape& t, opcode op, node_id n);

// The matrix that the matrix function `n` is of, with axes [batch.., n, n].
node_id matrix_of(tape& t, node_id n);

// Whether a matrix is known to be its own transpose: a symbol declared so, I, and the inverse and adjugate of such a one.
bool is_symmetric_matrix(const tape& t, node_id n);

}  // namespace wengert
