// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What expansions and gradients of linear algebra are made of. Included by ops/expansion_parts.h.
#pragma once

#include "ops/tensor_reading.h"

#include <cmath>
#include <limits>

namespace etch::expansion {

/// True where an element's row is at least its column plus `below`.
template <TensorReading T>
T in_lower_part(const T &x, int64_t below) {
  const T rows = reshape(iota(x.context(), x.dim(-2), DType::i64), Dims{x.dim(-2), 1});
  return rows >= iota(x.context(), x.dim(-1), DType::i64) + below;
}
/// Those elements of each matrix, zeros elsewhere.
template <TensorReading T>
T lower_part(const T &x, int64_t below = 0) {
  return where(in_lower_part(x, below), x, 0.0);
}
template <TensorReading T>
T triangle_of(const T &x, bool lower) {
  return lower ? lower_part(x) : where(in_lower_part(x, 1), 0.0, x);
}

/// The gradient of an operand of which only the lower triangle is read, from that of the symmetric matrix it stands
/// for.
template <TensorReading T>
T onto_lower(const T &gradient) {
  return lower_part(gradient) + lower_part(swap_last(gradient), 1);
}

/// A matrix, or a vector, out of those that lie one after the other in the last dimension.
template <TensorReading T>
T part_of(const T &packed, const Dim &first, const Dims &dims) {
  Dims begin(packed.dims().size(), Dim(0)), size = packed.dims(), shape = packed.dims();
  begin.back() = first;
  size.back() = product(dims);
  shape.pop_back();
  shape.insert(shape.end(), dims.begin(), dims.end());
  return reshape(slice(packed, begin, size), shape);
}

/// q and r of a matrix like x.
template <TensorReading T>
std::vector<T> qr_parts(const T &packed, const T &x, bool full_matrices) {
  const Dim m = x.dim(-2), n = x.dim(-1), k = full_matrices ? m : smaller_of(m, n);
  return {part_of(packed, 0, {m, k}), part_of(packed, m * k, {k, n})};
}

/// s, u and v of a matrix like x.
template <TensorReading T>
std::vector<T> svd_parts(const T &packed, const T &x, bool full_matrices) {
  const Dim m = x.dim(-2), n = x.dim(-1), k = smaller_of(m, n);
  const Dim u_columns = full_matrices ? m : k, v_columns = full_matrices ? n : k;
  return {part_of(packed, 0, {k}), part_of(packed, k, {m, u_columns}),
          part_of(packed, k + m * u_columns, {n, v_columns})};
}

/// e and v of a matrix like x.
template <TensorReading T>
std::vector<T> eigh_parts(const T &packed, const T &x) {
  const Dim n = square_extent(x.dims());
  return {part_of(packed, 0, {n}), part_of(packed, n, {n, n})};
}

/// After Murray, Differentiation of the Cholesky decomposition, 2016.
template <TensorReading T>
T cholesky_vjp(const T &y, const T &dy) {
  const T p = matmul(swap_last(y), lower_part(dy));
  const T halved = (lower_part(p) + lower_part(p, 1)) * 0.5;
  const T left = triangular_solve(y, halved, true, true);
  return onto_lower(triangular_solve(y, swap_last(left), true, true));
}

/// The gradient of a in a matmul x = b, or of its transpose, from the gradient of b.
template <TensorReading T>
T coefficients_vjp(const T &db, const T &x, bool adjoint) {
  return adjoint ? -matmul(x, swap_last(db)) : -matmul(db, swap_last(x));
}

/// values as the diagonals of matrices that are `rest` elsewhere.
template <TensorReading T>
T with_diagonal(const T &rest, const T &values) {
  const T is_diagonal = in_lower_part(rest, 0) & ~in_lower_part(rest, 1);
  return where(is_diagonal, expand_dims(values, -1), rest);
}

/// 1 / (values_j - values_i), and 0 where they are equal.
template <TensorReading T>
T inverse_gaps(const T &values) {
  const T gaps = expand_dims(values, -2) - expand_dims(values, -1);
  const T is_zero = gaps == 0.0;
  return where(is_zero, 0.0, 1.0 / where(is_zero, 1.0, gaps));
}

template <TensorReading T>
T eigh_vjp(const T &x, const T &y, const T &dy) {
  const std::vector<T> values = eigh_parts(y, x), gradients = eigh_parts(dy, x);
  const T &v = values[1];
  const T inner = with_diagonal(inverse_gaps(values[0]) * matmul(swap_last(v), gradients[1]), gradients[0]);
  return onto_lower(matmul(v, matmul(inner, swap_last(v))));
}

/// `outer` - q matmul transpose(q) matmul `outer`: what of it is orthogonal to q's columns.
template <TensorReading T>
T beside(const T &q, const T &outer) {
  return outer - matmul(q, matmul(swap_last(q), outer));
}

/// After Townsend, Differentiating the singular value decomposition, 2016.
template <TensorReading T>
T svd_vjp(const T &x, const T &y, const T &dy, bool full_matrices) {
  const std::vector<T> values = svd_parts(y, x, full_matrices), gradients = svd_parts(dy, x, full_matrices);
  require_unique(!full_matrices || x.dim(-2) == x.dim(-1), "svd");
  const T &s = values[0], &u = values[1], &v = values[2];
  const T gaps = inverse_gaps(s * s), columns = expand_dims(s, -2), rows = expand_dims(s, -1);
  const T j = gaps * matmul(swap_last(u), gradients[1]), k = gaps * matmul(swap_last(v), gradients[2]);
  const T inner = with_diagonal((j + swap_last(j)) * columns + rows * (k + swap_last(k)), gradients[0]);
  const T inside = matmul(u, matmul(inner, swap_last(v)));
  const T is_zero = columns == 0.0, inverses = where(is_zero, 0.0, 1.0 / where(is_zero, 1.0, columns));
  const T left = matmul(beside(u, gradients[1] * inverses), swap_last(v));
  return inside + left + matmul(u, swap_last(beside(v, gradients[2] * inverses)));
}

/// x matmul inverse(transpose(r)), for an upper triangular r.
template <TensorReading T>
T over_transposed(const T &x, const T &r) {
  return swap_last(triangular_solve(r, swap_last(x), false, false));
}

/// For as many rows as columns or more.
template <TensorReading T>
T tall_qr_vjp(const T &q, const T &r, const T &dq, const T &r_gradient) {
  const T dr = triangle_of(r_gradient, false);
  const T p = matmul(swap_last(q), dq), g = matmul(r, swap_last(dr));
  const T skew = lower_part(p - swap_last(p) + g - swap_last(g), 1);
  return matmul(q, dr + over_transposed(skew, r)) + over_transposed(beside(q, dq), r);
}

/// After Walter, Lehmann and Lamour, On evaluating higher-order derivatives of the QR decomposition, 2012.
template <TensorReading T>
T qr_vjp(const T &x, const T &y, const T &dy, bool full_matrices) {
  const Dim m = x.dim(-2), n = x.dim(-1), k = smaller_of(m, n);
  require_unique(!full_matrices || k == m, "qr");
  const std::vector<T> values = qr_parts(y, x, full_matrices), gradients = qr_parts(dy, x, full_matrices);
  if (k == n)
    return tall_qr_vjp(values[0], values[1], gradients[0], gradients[1]);
  // The first k columns decide about q, which gives the others of r.
  const std::vector<Dim> halves{k, n - k};
  const T rest = pieces_of(x, halves, -1)[1];
  const std::vector<T> r = pieces_of(values[1], halves, -1), dr = pieces_of(gradients[1], halves, -1);
  const T first = tall_qr_vjp(values[0], r[0], gradients[0] + matmul(rest, swap_last(dr[1])), dr[0]);
  return concat(std::vector<T>{first, matmul(values[0], dr[1])}, -1);
}

template <TensorReading T>
T norm_of(const T &x, const std::vector<int64_t> &axes, bool kept, double order) {
  if (order == 2)
    return sqrt(reduce_sum(x * x, axes, kept));
  if (order == 0)
    return reduce_sum(cast(x != 0.0, x.dtype()), axes, kept);
  const T size = abs(x);
  if (order == 1)
    return reduce_sum(size, axes, kept);
  if (std::isinf(order)) // the largest of nothing is 0
    return order > 0 ? maximum(reduce_max(size, axes, kept), 0.0) : reduce_min(size, axes, kept);
  return pow(reduce_sum(pow(size, order), axes, kept), 1 / order);
}

template <TensorReading T>
T norm_vjp(const T &x, const std::vector<int64_t> &axes, bool kept, double order, const T &y, const T &dy) {
  if (order == 0)
    return full(x.context(), x.dims(), Scalar::of(x.dtype(), 0.0));
  if (order == 1)
    return spread(dy, x, axes, kept) * sign(x);
  if (std::isinf(order))
    return share_by_equality(dy, abs(x), y, axes, kept) * sign(x);
  const T whole = spread(y, x, axes, kept), share = spread(dy, x, axes, kept), is_zero = whole == 0.0;
  const T length = where(is_zero, 1.0, whole);
  if (order == 2)
    return where(is_zero, 0.0, share * (x / length));
  const T size = where(x == 0.0, 1.0, abs(x));
  return where(is_zero | (x == 0.0), 0.0, share * (sign(x) * pow(size / length, order - 1)));
}

} // namespace etch::expansion
