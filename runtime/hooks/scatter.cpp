// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Updates of one element are added in the order of their indices (docs/numerics.md, section 8), so the work is split
// between threads by destination columns only.
#include "runtime/hooks/axis.h"
#include "runtime/hooks/indices.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <cstring>

namespace etch::runtime::hooks {
namespace {

// Columns that a thread takes at least, and updates that are worth another thread.
constexpr int64_t kColumns = 64, kGrain = 1 << 14;

/// Runs body(o, first column, last column) over all outer slabs and runs of columns.
template <class Body>
void for_columns(int64_t outer, int64_t inner, int64_t updates_per_column, const Body &body) {
  const int64_t runs = (inner + kColumns - 1) / kColumns;
  const int64_t work = std::max<int64_t>(updates_per_column * std::min(inner, kColumns), 1);
  parallel_for(outer * runs, kGrain / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t first = tile % runs * kColumns;
      body(tile / runs, first, std::min(first + kColumns, inner));
    }
  });
}

void copy_destination(const OpaqueCall &call) {
  const OpaqueBuffer &destination = call.operands[0];
  if (destination.size() > 0)
    std::memcpy(call.results[0].elements, destination.elements,
                static_cast<size_t>(destination.size()) * size_of(destination.dtype));
}

/// Copies the destination and calls body(axis, indices, result, updates), these two as arrays of the elements' type.
template <class Body>
void scatter(const OpaqueCall &call, const Body &body) {
  const Axis axis(call.operands[0].dims, std::get<int64_t>(call.attrs[0]));
  const Indices indices(call.operands[1], axis.extent, std::get<std::string>(call.attrs[1]));
  indices.check(call);
  copy_destination(call);
  with_number_type(call.operands[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    body(axis, indices, call.results[0].as<T>(), call.operands[2].as<const T>());
  });
}

} // namespace

void scatter_add(const OpaqueCall &call) {
  scatter(call, []<class T>(const Axis &axis, const Indices &indices, T *out, const T *updates) {
    for_columns(axis.outer, axis.inner, indices.count(), [&](int64_t o, int64_t first, int64_t last) {
      for (int64_t i = 0; i < indices.count(); ++i) {
        const int64_t index = indices[i];
        if (index < 0)
          continue;
        T *const to = out + (o * axis.extent + index) * axis.inner;
        const T *const from = updates + (o * indices.count() + i) * axis.inner;
        for (int64_t j = first; j < last; ++j)
          to[j] = static_cast<T>(to[j] + from[j]);
      }
    });
  });
}

void add_along_axis(const OpaqueCall &call) {
  const Axis from(call.operands[1].dims, std::get<int64_t>(call.attrs[0]));
  scatter(call, [&]<class T>(const Axis &axis, const Indices &indices, T *out, const T *updates) {
    for_columns(from.outer, from.inner, from.extent, [&](int64_t o, int64_t first, int64_t last) {
      for (int64_t i = 0; i < from.extent; ++i)
        for (int64_t j = first; j < last; ++j) {
          const int64_t at = (o * from.extent + i) * from.inner + j, index = indices[at];
          if (index < 0)
            continue;
          T &to = out[(o * axis.extent + index) * axis.inner + j];
          to = static_cast<T>(to + updates[at]);
        }
    });
  });
}

} // namespace etch::runtime::hooks
