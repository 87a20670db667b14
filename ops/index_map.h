// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include <optional>
#include <span>
#include <vector>

namespace etch::ops {

/// Whether axes, which may count from the end, name this one; no axes name all.
bool names_axis(const std::vector<int64_t> &axes, size_t axis, size_t rank);

/// How a view reaches its source's elements: element i of the view lies at offset + sum(i[d] * strides[d]). The
/// closed set of movement ops is written over these steps, once, for eager views and for compiled index maps.
struct IndexMap {
  Dims sizes;
  Dims strides;
  Dim offset;

  /// Row-major over these sizes.
  static IndexMap contiguous(Dims sizes);
  bool is_contiguous() const;

  IndexMap permute(std::span<const int64_t> permutation) const;
  /// Trailing alignment as in NumPy: missing leading dimensions are added, size-1 dimensions repeat.
  IndexMap broadcast_to(const Dims &result) const;
  /// begin and extent per dimension.
  IndexMap slice(const Dims &begin, const Dims &extent) const;
  /// Along these axes from the last index to the first; along all of them for none.
  IndexMap reverse(const std::vector<int64_t> &axes) const;
  /// Two axes of one extent become the last one, along both at once.
  IndexMap diagonal(int64_t axis1, int64_t axis2) const;
  /// nullopt where the new grouping cannot be expressed by strides.
  std::optional<IndexMap> reshape(const Dims &result) const;
};

} // namespace etch::ops
