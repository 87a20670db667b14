// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/rules.h"

#include "support/require.h"

#include <algorithm>
#include <cmath>

namespace etch::ops {
namespace {

void require_matrices(const InferCall &call, const TensorType &x, const char *name) {
  ETCH_REQUIRE(x.rank() >= 2, ErrorCode::shape, call.location)
      << call.op.name << ": " << name << " must have rank 2 or more, got " << operands_text(call);
}

Dims batch_of(const TensorType &x) { return {x.dims.begin(), x.dims.end() - 2}; }

/// One vector of this length for each matrix.
TensorType with_last(const TensorType &x, const Dim &length) { return {x.dtype, appended(batch_of(x), length)}; }

bool is_never_negative(const Dim &dim) {
  return dim.constant_term() >= 0 &&
         std::all_of(dim.terms().begin(), dim.terms().end(), [](const auto &term) { return term.second >= 0; });
}

} // namespace

Dim square_extent(const Dims &dims) {
  const Dim &rows = dims[dims.size() - 2], &columns = dims.back();
  return columns.is_static() ? columns : rows;
}

TensorType square_type(const InferCall &call, const TensorType &x) {
  require_matrices(call, x, call.op.operand_names[0]);
  ETCH_REQUIRE(call.context.equal(x.dims[x.dims.size() - 2], x.dims.back(), call.location), ErrorCode::shape,
               call.location)
      << call.op.name << ": " << (call.types.size() == 1 ? "matrices" : call.op.operand_names[0])
      << " must be square, got " << operands_text(call);
  TensorType result = x;
  result.dims[x.dims.size() - 2] = result.dims.back() = square_extent(x.dims);
  return result;
}

TensorType determinant_type(const InferCall &call, const TensorType &x) {
  return {x.dtype, batch_of(square_type(call, x))};
}

TensorType solution_type(const InferCall &call, const TensorType &a, const TensorType &b) {
  const TensorType square = square_type(call, a);
  require_matrices(call, b, "b");
  const Dim &rows = b.dims[b.dims.size() - 2];
  ETCH_REQUIRE(call.context.equal(square.dims.back(), rows, call.location), ErrorCode::shape, call.location)
      << call.op.name << ": a and b must have as many rows, got " << operands_text(call);
  auto batch = broadcast(batch_of(a), batch_of(b), call.context, call.location);
  ETCH_REQUIRE(batch, ErrorCode::shape, call.location)
      << call.op.name << ": leading dimensions must broadcast, got " << operands_text(call);
  return {b.dtype, appended(appended(std::move(*batch), rows.is_static() ? rows : square.dims.back()), b.dims.back())};
}

Dim smaller_of(const Dim &a, const Dim &b) {
  if (is_never_negative(a - b))
    return b;
  if (is_never_negative(b - a))
    return a;
  // No polynomial, but quotients round towards 0: (a + 1) / (b + 1) is 0 exactly where a < b, so is_less is 1 there and
  // 0 elsewhere.
  const Dim is_less = Dim::quotient(1, Dim::quotient(a + 1, b + 1) + 1);
  return b + (a - b) * is_less;
}

TensorType qr_type(const InferCall &call, const TensorType &x, bool full_matrices) {
  require_matrices(call, x, "x");
  const Dim &m = x.dims[x.dims.size() - 2], &n = x.dims.back();
  const Dim k = full_matrices ? m : smaller_of(m, n);
  return with_last(x, m * k + k * n);
}

TensorType svd_type(const InferCall &call, const TensorType &x, bool full_matrices) {
  require_matrices(call, x, "x");
  const Dim &m = x.dims[x.dims.size() - 2], &n = x.dims.back();
  const Dim k = smaller_of(m, n);
  return with_last(x, full_matrices ? k + m * m + n * n : k + m * k + n * k);
}

TensorType eigh_type(const InferCall &call, const TensorType &x) {
  const Dim n = square_type(call, x).dims.back();
  return with_last(x, n + n * n);
}

void require_unique(bool is_unique, const char *function) {
  ETCH_REQUIRE(is_unique, ErrorCode::unsupported, Location{})
      << function << ": has no gradient with full_matrices, whose added columns are not unique";
}

void check_norm(const InferCall &call, const TensorType &x, const std::vector<int64_t> &axes, const Scalar &order) {
  normalized_axes(call, axes, x.rank());
  ETCH_REQUIRE(!std::isnan(order.as_double()), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": order must be a number, got " << order.text();
}

} // namespace etch::ops
