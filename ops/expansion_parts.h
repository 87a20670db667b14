// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the expansions and vjp texts of the table call besides ops. Included by generated/ops/expansions.h after the ops
// themselves.
#pragma once

#include "ops/contraction_parts.h"
#include "ops/linear_algebra_parts.h"
#include "ops/random_parts.h"

#include <algorithm>
#include <numeric>

namespace etch::expansion {

/// Slices one after the other along an axis.
template <TensorReading T>
std::vector<T> pieces_of(const T &x, const Dims &extents, int64_t axis) {
  const size_t along = axis_from_front(axis, x.rank());
  Dims begin(x.dims().size(), Dim(0)), size = x.dims();
  std::vector<T> pieces;
  for (const Dim &extent : extents) {
    size[along] = extent;
    pieces.push_back(slice(x, begin, size));
    begin[along] = begin[along] + extent;
  }
  return pieces;
}
template <TensorReading T>
std::vector<T> pieces_of(const T &x, int64_t count, int64_t axis) {
  const Dim whole = x.dims()[axis_from_front(axis, x.rank())];
  if (count == 0)
    return {};
  const Dim extent = whole.divide_exactly(count).value_or(Dim::quotient(whole, count));
  return pieces_of(x, Dims(static_cast<size_t>(count), extent), axis);
}
template <TensorReading T>
std::vector<T> pieces_of(const T &x, const std::vector<int64_t> &sizes, int64_t axis) {
  return pieces_of(x, piece_extents(sizes, x.dims()[axis_from_front(axis, x.rank())]), axis);
}

/// x with elements put before and after it along one axis; the modes are those of pad.
template <TensorReading T>
T padded(const T &x, int64_t axis, int64_t before, int64_t after, const std::string &mode, const Scalar &value) {
  const size_t along = static_cast<size_t>(axis);
  const Dim extent = x.dims()[along];
  const auto block = [&](const Dim &first, const Dim &count) {
    Dims begin(x.dims().size(), Dim(0)), size = x.dims();
    begin[along] = first;
    size[along] = count;
    return slice(x, begin, size);
  };
  const auto border = [&](int64_t count, const Dim &nearest, const Dim &first_mirrored) {
    Dims dims = x.dims();
    dims[along] = count;
    if (mode == "constant")
      return full(x.context(), dims, value);
    if (mode == "edge")
      return broadcast_to(block(nearest, 1), dims);
    return reverse(block(first_mirrored, count), {axis});
  };
  std::vector<T> parts;
  if (before > 0)
    parts.push_back(border(before, 0, 1));
  parts.push_back(x);
  if (after > 0)
    parts.push_back(border(after, extent - 1, extent - 1 - after));
  return parts.size() == 1 ? x : concat(parts, axis);
}

/// The gradient of diagonal: dy where the indices along both axes are equal, zero elsewhere.
template <TensorReading T>
T on_diagonal(const T &dy, const T &x, int64_t axis1, int64_t axis2) {
  const size_t rank = x.dims().size(), first = axis_from_front(axis1, x.rank()),
               second = axis_from_front(axis2, x.rank());
  const Dim extent = x.dims()[first];
  const auto along = [&](size_t axis) {
    Dims dims(rank, Dim(1));
    dims[axis] = extent;
    return reshape(iota(x.context(), extent, DType::i64), dims);
  };
  // dy's last dimension back in the place of the first axis, and an extent of 1 in that of the second.
  std::vector<int64_t> permutation;
  for (size_t axis = 0, next = 0; axis < rank; ++axis)
    if (axis != second)
      permutation.push_back(static_cast<int64_t>(axis == first ? rank - 2 : next++));
  const T spread_out = expand_dims(transpose(dy, permutation), static_cast<int64_t>(second));
  return where(along(first) == along(second), spread_out, 0.0);
}

/// Whether two readings have the same dimensions in every call, maybe by different expressions.
template <TensorReading T>
bool same_dims(const T &a, const T &b) {
  const auto same = [&](const Dim &x, const Dim &y) {
    if constexpr (requires { a.context().are_equal(x, y); })
      return a.context().are_equal(x, y);
    else
      return x == y;
  };
  const Dims of_a = a.dims(), of_b = b.dims();
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), same);
}

/// dy summed over the axes along which `operand` was broadcast: first one after the other, from the last, those that
/// operand has with extent 1, then at once those that it has not. One by one, since an axis that is open in a trace and 1
/// in a call is among them for the trace but not in eager calls: only a sum that merges no neighbours is the same with
/// and without it. dy itself where there are none: which uses of a tensor are uses of one and the same decides in which
/// order gradients add them up.
template <TensorReading T>
T sum_to(const T &dy, const T &operand) {
  const Dims from = dy.dims(), to = operand.dims();
  if (same_dims(dy, operand))
    return dy;
  const size_t added = from.size() - to.size();
  T sum = is_half(dy.dtype()) ? cast(dy, DType::f32) : dy;
  for (size_t axis = from.size(); axis-- > added;)
    if (to[axis - added].is(1) && !from[axis].is(1))
      sum = reduce_sum(sum, {static_cast<int64_t>(axis)}, keep_dims);
  if (added > 0) {
    std::vector<int64_t> axes(added);
    std::iota(axes.begin(), axes.end(), 0);
    sum = reduce_sum(sum, axes, keep_dims);
  }
  sum = reshape(sum, to);
  return is_half(dy.dtype()) ? cast(sum, dy.dtype()) : sum;
}

/// The dimensions of x with reduced ones at extent 1.
inline Dims kept_dims(Dims dims, const std::vector<int64_t> &axes) {
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (names_axis(axes, axis, dims.size()))
      dims[axis] = 1;
  return dims;
}

/// The dimensions of x without the reduced ones.
inline Dims without_axes(const Dims &dims, const std::vector<int64_t> &axes) {
  Dims result;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (!names_axis(axes, axis, dims.size()))
      result.push_back(dims[axis]);
  return result;
}

/// The gradient of a sum: dy repeated along the reduced axes.
template <TensorReading T>
T spread(const T &dy, const T &x, const std::vector<int64_t> &axes, bool kept) {
  return broadcast_to(kept ? dy : reshape(dy, kept_dims(x.dims(), axes)), x.dims());
}

/// The gradient of a maximum: dy shared evenly by the elements equal to it.
template <TensorReading T>
T share_by_equality(const T &dy, const T &x, const T &y, const std::vector<int64_t> &axes, bool kept) {
  const T chosen = cast(x == spread(y, x, axes, kept), x.dtype());
  return chosen * (spread(dy, x, axes, kept) / reduce_sum(chosen, axes, keep_dims));
}

/// The gradient of a product: dy times the product of the other elements, also where one or more are 0.
template <TensorReading T>
T product_vjp(const T &dy, const T &x, const std::vector<int64_t> &axes, bool kept) {
  const T is_zero = x == 0.0, ones = full(x.context(), x.dims(), Scalar::of(x.dtype(), 1.0));
  const T zeros = reduce_sum(cast(is_zero, x.dtype()), axes, keep_dims);
  const T rest = where(is_zero, ones, x), others = reduce_prod(rest, axes, keep_dims) / rest;
  const T lacking = zeros - cast(is_zero, x.dtype());
  return spread(dy, x, axes, kept) * where(lacking == 0.0, others, 0.0);
}

/// The gradient of a running product: dy times the product of the other elements, also where one or more are 0.
template <TensorReading T>
T cumprod_vjp(const T &dy, const T &x, const T &y, int64_t axis, bool exclusive, bool reverse) {
  const T is_zero = x == 0.0, one = full(x.context(), x.dims(), Scalar::of(x.dtype(), 1.0));
  const T zeros_so_far = cumsum(cast(is_zero, x.dtype()), axis, false, reverse);
  // Products from the first 0 on lack a factor of 0 for that element alone.
  const T is_first_zero = is_zero & (zeros_so_far == 1.0);
  const T of_first_zero = cumprod(where(is_first_zero, one, x), axis, exclusive, reverse);
  const T rest = cumsum(dy * y, axis, exclusive, !reverse) / where(is_zero, one, x);
  return where(is_first_zero, cumsum(dy * of_first_zero, axis, exclusive, !reverse),
               where(zeros_so_far == 0.0, rest, 0.0));
}

/// The last two dimensions exchanged.
template <TensorReading T>
T swap_last(const T &x) {
  std::vector<int64_t> permutation(static_cast<size_t>(x.rank()));
  std::iota(permutation.begin(), permutation.end(), int64_t{0});
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return transpose(x, permutation);
}

inline std::vector<int64_t> inverse_permutation(const std::vector<int64_t> &permutation, int rank) {
  const std::vector<int64_t> full = full_permutation(permutation, rank);
  std::vector<int64_t> inverse(full.size());
  for (size_t i = 0; i < full.size(); ++i)
    inverse[static_cast<size_t>(full[i])] = static_cast<int64_t>(i);
  return inverse;
}

/// dy with zeros around it, so that it covers x again.
template <TensorReading T>
T pad_like(const T &dy, const T &x, const Dims &begin) {
  T result = dy;
  for (size_t axis = 0; axis < begin.size(); ++axis) {
    const auto zeros_of = [&](const Dim &extent) {
      Dims dims = result.dims();
      dims[axis] = extent;
      return full(x.context(), dims, Scalar::of(x.dtype(), 0.0));
    };
    const Dim after = x.dims()[axis] - begin[axis] - dy.dims()[axis];
    std::vector<T> parts;
    if (!begin[axis].is(0))
      parts.push_back(zeros_of(begin[axis]));
    parts.push_back(result);
    if (!after.is(0))
      parts.push_back(zeros_of(after));
    if (parts.size() > 1)
      result = concat(parts, static_cast<int64_t>(axis));
  }
  return result;
}

/// The pieces of dy that belong to each of xs.
template <TensorReading T>
std::vector<T> split_like(const T &dy, std::span<const T> xs, int64_t axis) {
  const size_t along = static_cast<size_t>(axis < 0 ? axis + dy.rank() : axis);
  std::vector<T> pieces;
  Dims begin(static_cast<size_t>(dy.rank()), Dim(0));
  for (const T &x : xs) {
    pieces.push_back(slice(dy, begin, x.dims()));
    begin[along] = begin[along] + x.dims()[along];
  }
  return pieces;
}

template <TensorReading T>
T cross_entropy_logits_vjp(const T &logits, const T &labels, const T &dy) {
  const T rows = is_floating(labels.dtype()) ? labels : one_hot(labels, logits.dim(-1), logits.dtype());
  return (softmax(logits) * reduce_sum(rows, {-1}, keep_dims) - rows) * reshape(dy, appended(dy.dims(), 1));
}

/// Of labels that are weights of the classes.
template <TensorReading T>
T cross_entropy_labels_vjp(const T &logits, const T &dy) {
  return -log_softmax(logits) * reshape(dy, appended(dy.dims(), 1));
}

/// The gradient of a standard deviation, 0 where all elements are equal: to either side of there it has another sign.
template <TensorReading T>
T std_vjp(const T &dy, const T &x, const T &y, const std::vector<int64_t> &axes, bool kept, int64_t ddof) {
  const T from_mean = x - reduce_mean(x, axes, true), deviation = spread(y, x, axes, kept);
  const T is_zero = deviation == 0.0;
  const T count = cast(size(x, axes, DType::i64) - ddof, x.dtype());
  return where(is_zero, 0.0, spread(dy, x, axes, kept) * from_mean / (where(is_zero, 1.0, deviation) * count));
}

template <TensorReading T>
std::vector<std::optional<T>> optionals(std::vector<T> values) {
  return {std::make_move_iterator(values.begin()), std::make_move_iterator(values.end())};
}

} // namespace etch::expansion
