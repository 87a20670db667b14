// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What functions check before they are expanded.
#include "ops/rules.h"

#include "support/require.h"

#include <algorithm>
#include <numeric>

namespace etch::ops {

void check_split(const InferCall &call, const TensorType &x, int64_t count, int64_t axis) {
  const Dim &extent = x.dims[static_cast<size_t>(normalized_axis(call, axis, x.rank()))];
  // An empty axis can be cut into any number of pieces.
  constexpr int64_t kMostPieces = 4096;
  ETCH_REQUIRE(count <= kMostPieces, ErrorCode::too_large, call.location)
      << call.op.name << ": must have at most " << kMostPieces << " pieces, got count " << count;
  ETCH_REQUIRE(count > 0 && call.context.quotient(extent, count, call.location), ErrorCode::invalid_argument,
               call.location)
      << call.op.name << ": count must divide the axis, got " << x.message_text() << ", count " << count << " and axis "
      << axis;
}

Dims piece_extents(const InferCall &call, const TensorType &x, const std::vector<int64_t> &sizes, int64_t axis) {
  const Dim &extent = x.dims[static_cast<size_t>(normalized_axis(call, axis, x.rank()))];
  const bool is_valid = std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size >= -1; }) &&
                        std::count(sizes.begin(), sizes.end(), -1) <= 1;
  ETCH_REQUIRE(is_valid, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": sizes must be 0 or more, one of them may be -1, got " << list_text(sizes);
  // Sizes that no axis has must not meet in arithmetic.
  int64_t given = 0;
  bool fits = std::none_of(sizes.begin(), sizes.end(), [&](int64_t size) {
    return __builtin_add_overflow(given, std::max<int64_t>(size, 0), &given);
  });
  Dims extents;
  if (fits) {
    extents = piece_extents(sizes, extent);
    const Dim sum = std::accumulate(extents.begin(), extents.end(), Dim(0));
    fits = call.context.equal(extent, sum, call.location) &&
           std::all_of(extents.begin(), extents.end(),
                       [&](const Dim &piece) { return call.context.at_least(piece, 0, call.location); });
  }
  ETCH_REQUIRE(fits, ErrorCode::shape, call.location)
      << call.op.name << ": sizes must add up to the axis, got " << x.message_text() << ", sizes " << list_text(sizes)
      << " and axis " << axis;
  return extents;
}

Dims piece_extents(const std::vector<int64_t> &sizes, const Dim &extent) {
  Dim rest = extent;
  for (const int64_t size : sizes)
    rest = rest - (size < 0 ? 0 : size);
  Dims extents;
  for (const int64_t size : sizes)
    extents.push_back(size < 0 ? rest : Dim(size));
  return extents;
}

void check_unstack(const InferCall &call, const TensorType &x, int64_t axis) {
  const Dim &extent = x.dims[static_cast<size_t>(normalized_axis(call, axis, x.rank()))];
  ETCH_REQUIRE(extent.is_static(), ErrorCode::shape, call.location)
      << call.op.name << ": the extent of the axis must be known, got " << x.message_text() << " and axis " << axis;
}

void check_matrix(const InferCall &call, const TensorType &x) {
  ETCH_REQUIRE(x.rank() >= 2, ErrorCode::shape, call.location)
      << call.op.name << ": operands must have rank 2 or more, got " << operands_text(call);
}

std::vector<int64_t> last_axes(int rank, int64_t count) {
  std::vector<int64_t> axes(static_cast<size_t>(count));
  std::iota(axes.begin(), axes.end(), rank - count);
  return axes;
}

std::vector<int64_t> first_axes(int64_t count) { return last_axes(static_cast<int>(count), count); }

void check_tensordot(const InferCall &call, const TensorType &a, const TensorType &b, int64_t count) {
  ETCH_REQUIRE(count >= 0 && count <= std::min(a.rank(), b.rank()), ErrorCode::out_of_range, call.location)
      << call.op.name << ": axes must be 0 or more and at most each rank, got " << operands_text(call) << " and axes "
      << count;
  check_tensordot(call, a, b, last_axes(a.rank(), count), first_axes(count));
}

void check_tensordot(const InferCall &call, const TensorType &a, const TensorType &b,
                     const std::vector<int64_t> &a_axes, const std::vector<int64_t> &b_axes) {
  ETCH_REQUIRE(a_axes.size() == b_axes.size(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": a_axes and b_axes must be as many, got " << list_text(a_axes) << " and "
      << list_text(b_axes);
  // For no axes, normalized_axes() gives all.
  if (!a_axes.empty()) {
    normalized_axes(call, a_axes, a.rank());
    normalized_axes(call, b_axes, b.rank());
  }
  for (size_t i = 0; i < a_axes.size(); ++i) {
    const auto extent = [&](const TensorType &x, int64_t axis) {
      return x.dims[static_cast<size_t>(axis < 0 ? axis + x.rank() : axis)];
    };
    ETCH_REQUIRE(call.context.equal(extent(a, a_axes[i]), extent(b, b_axes[i]), call.location), ErrorCode::shape,
                 call.location)
        << call.op.name << ": paired axes must have one extent, got " << operands_text(call) << ", a_axes "
        << list_text(a_axes) << " and b_axes " << list_text(b_axes);
  }
}

} // namespace etch::ops
