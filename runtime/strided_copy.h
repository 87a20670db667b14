// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/shape.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace etch::runtime {

/// The iteration space of a strided operand, without the dimensions that make no difference.
struct StridedSpace {
  int rank = 0;
  int64_t dims[Shape::kMaxRank];
  int64_t strides[Shape::kMaxRank];

  StridedSpace() = default;
  /// Drops dimensions of size 1 and merges neighbours that one stride can walk.
  StridedSpace(std::span<const int64_t> dims, const int64_t *strides);
  int64_t size() const;
};

/// Writes elements [begin, begin + count) of the space, in row-major order, to `out`.
void gather_elements(const StridedSpace &space, size_t element_bytes, const void *in, int64_t begin, int64_t count,
                     void *out);

/// Writes the whole space row-major to `out`, with the pool's threads where it is large.
void copy_strided(const StridedSpace &space, size_t element_bytes, const void *in, void *out);

} // namespace etch::runtime
