// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting by keys: unsigned integers whose order is the one asked for, so that one comparison serves every dtype.
// Indices break ties, which makes any algorithm stable.
#include "runtime/hooks/axis.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"

#include <etch/environment.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace etch::runtime::hooks {
namespace {

constexpr int64_t kGrain = 1 << 12;

template <size_t Bytes>
using Unsigned =
    std::conditional_t<Bytes == 1, uint8_t,
                       std::conditional_t<Bytes == 2, uint16_t, std::conditional_t<Bytes == 4, uint32_t, uint64_t>>>;

/// Ascending: smaller elements have smaller keys, -0 and +0 the same; NaN has the largest in either direction.
template <class T>
Unsigned<sizeof(T)> key_of(T x, bool descending) {
  using Key = Unsigned<sizeof(T)>;
  constexpr Key sign = std::is_signed_v<T> ? Key{1} << (8 * sizeof(T) - 1) : 0;
  if constexpr (std::is_floating_point_v<T>) {
    if (x != x)
      return std::numeric_limits<Key>::max();
    const Key bits = std::bit_cast<Key>(x == 0 ? T{0} : x);
    const Key ascending = bits & sign ? static_cast<Key>(~bits) : static_cast<Key>(bits | sign);
    return descending ? static_cast<Key>(~ascending) : ascending;
  } else {
    const Key ascending = static_cast<Key>(static_cast<Key>(x) ^ sign);
    return descending ? static_cast<Key>(~ascending) : ascending;
  }
}

template <class Key>
struct Entry {
  Key key;
  int64_t index;
  friend bool operator<(const Entry &a, const Entry &b) { return a.key != b.key ? a.key < b.key : a.index < b.index; }
};

/// Writes where the first `wanted` elements of each row in sorted order stand. Rows lie along the axis of x.
template <class T>
void sort_rows(const OpaqueBuffer &x, const Axis &axis, int64_t wanted, bool descending, int64_t *out) {
  using Row = Entry<Unsigned<sizeof(T)>>;
  const T *const in = x.as<const T>();
  const int64_t n = axis.extent, rows = axis.outer * axis.inner;
  const int64_t workers = rows * n < kGrain ? 1 : std::min<int64_t>(rows, thread_count());
  const Scratch scratch(workers * n * static_cast<int64_t>(sizeof(Row)));
  parallel_for(workers, 1, [&](int64_t first_worker, int64_t last_worker) {
    Row *const entries = static_cast<Row *>(scratch.block()) + first_worker * n;
    for (int64_t row = rows * first_worker / workers; row < rows * last_worker / workers; ++row) {
      const int64_t o = row / axis.inner, j = row % axis.inner;
      for (int64_t i = 0; i < n; ++i)
        entries[i] = {key_of(in[(o * n + i) * axis.inner + j], descending), i};
      if (wanted < n)
        std::partial_sort(entries, entries + wanted, entries + n);
      else
        std::sort(entries, entries + n);
      for (int64_t i = 0; i < wanted; ++i)
        out[(o * wanted + i) * axis.inner + j] = entries[i].index;
    }
  });
}

void sort_along(const OpaqueCall &call, int64_t axis_attribute, bool descending) {
  const OpaqueBuffer &x = call.operands[0], &result = call.results[0];
  if (result.size() == 0)
    return;
  const Axis axis(x.dims, axis_attribute);
  const int64_t wanted = Axis(result.dims, axis_attribute).extent;
  // As numbers, false and true are in order.
  with_number_type(x.dtype == DType::boolean ? DType::u8 : x.dtype,
                   [&](auto zero) { sort_rows<decltype(zero)>(x, axis, wanted, descending, result.as<int64_t>()); });
}

} // namespace

void argsort(const OpaqueCall &call) {
  sort_along(call, std::get<int64_t>(call.attrs[0]), std::get<bool>(call.attrs[1]));
}

void top_k_indices(const OpaqueCall &call) { sort_along(call, -1, true); }

} // namespace etch::runtime::hooks
