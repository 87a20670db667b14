// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans by the order of docs/numerics.md, section 5: blocks of 128, each scanned on its own, joined in order.
#include "runtime/hooks/axis.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <type_traits>

namespace etch::runtime::hooks {
namespace {

constexpr int64_t kBlock = 128;
// Columns scanned side by side.
constexpr int64_t kColumns = 16;
constexpr int64_t kGrain = 1 << 14;

struct Sum {
  template <class T>
  static constexpr T identity = std::is_floating_point_v<T> ? static_cast<T>(-0.0) : T{0};
  template <class T>
  static constexpr T empty = T{0};
  template <class T>
  static T join(T a, T b) {
    return static_cast<T>(a + b);
  }
};

struct Product {
  template <class T>
  static constexpr T identity = T{1};
  template <class T>
  static constexpr T empty = T{1};
  template <class T>
  static T join(T a, T b) {
    return static_cast<T>(a * b);
  }
};

/// `columns` adjacent columns of n elements, `step` apart (negative in a reverse scan). In an exclusive scan results
/// move one place on.
template <class Op, class T>
void scan_columns(const T *in, T *out, int64_t n, int64_t step, int64_t columns, bool exclusive) {
  T offset[kColumns], partial[kColumns];
  std::fill_n(offset, kColumns, Op::template identity<T>);
  if (exclusive)
    std::fill_n(out, columns, Op::template empty<T>);
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n);
    for (int64_t i = begin; i < end; ++i) {
      const T *const x = in + i * step;
      for (int64_t c = 0; c < columns; ++c)
        partial[c] = i == begin ? x[c] : Op::join(partial[c], x[c]);
      const int64_t place = i + exclusive;
      if (place < n)
        for (int64_t c = 0; c < columns; ++c)
          out[place * step + c] = Op::join(offset[c], partial[c]);
    }
    for (int64_t c = 0; c < columns; ++c)
      offset[c] = Op::join(offset[c], partial[c]);
  }
}

template <class Op>
void scan(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0];
  if (x.size() == 0)
    return;
  const Axis axis(x.dims, std::get<int64_t>(call.attrs[0]));
  const bool exclusive = std::get<bool>(call.attrs[1]), reverse = std::get<bool>(call.attrs[2]);
  const int64_t step = reverse ? -axis.inner : axis.inner;
  const int64_t first = reverse ? (axis.extent - 1) * axis.inner : 0;
  const int64_t runs = (axis.inner + kColumns - 1) / kColumns;
  with_number_type(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto tiles = [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t column = tile % runs * kColumns;
        const int64_t at = tile / runs * axis.extent * axis.inner + first + column;
        scan_columns<Op>(x.as<const T>() + at, call.results[0].as<T>() + at, axis.extent, step,
                         std::min(kColumns, axis.inner - column), exclusive);
      }
    };
    parallel_for(axis.outer * runs, kGrain / (axis.extent * std::min(kColumns, axis.inner)) + 1, tiles);
  });
}

} // namespace

void cumsum(const OpaqueCall &call) { scan<Sum>(call); }
void cumprod(const OpaqueCall &call) { scan<Product>(call); }

} // namespace etch::runtime::hooks
