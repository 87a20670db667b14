// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/kernels/lane.h"

#include <utility>

// The order of every reduction, which is part of the numeric contract (docs/numerics.md): it depends on the shape
// alone. Combine is a functor over two readings, Init and Empty give one element: what a fold starts from (combining
// with it must change nothing) and the result for no elements.

namespace etch::runtime {
namespace {

constexpr int64_t kRowBlock = 16384;
constexpr int64_t kRowPartials = 64;
constexpr int64_t kColumnBlock = 128;

/// A bool is reduced as a byte 0 or 1, for which & and | mean the same.
template <class T>
using Reduced = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

/// Combines values pairwise in order of arrival, as a binary counter carries: the tree depends on their number alone.
/// Values that stand for equal powers of two of earlier ones give the same tree as those would.
template <class Value, class Combine>
class PairwiseFold {
public:
  ETCH_INLINE void push(Value value) {
    for (uint64_t carry = count_; carry & 1; carry >>= 1)
      value = Combine{}(pending_[--depth_], value);
    pending_[depth_++] = value;
    ++count_;
  }
  /// Requires at least one push.
  ETCH_INLINE Value result() const {
    Value value = pending_[depth_ - 1];
    for (int i = depth_ - 2; i >= 0; --i)
      value = Combine{}(pending_[i], value);
    return value;
  }

private:
  Value pending_[57]; // 2^63 elements are less than 2^57 blocks
  int depth_ = 0;
  uint64_t count_ = 0;
};

/// Lane i + distance moves to lane i; the last ones wrap round.
template <int distance, class T, size_t... i>
ETCH_INLINE Lane<T> rotated(Lane<T> x, std::index_sequence<i...>) {
  return VectorOf<T>(__builtin_shufflevector(x.vector, x.vector, static_cast<int>((i + distance) % sizeof...(i))...));
}

/// Halving within a lane; the result is its first element.
template <class Combine, int distance, class T>
ETCH_INLINE Lane<T> halved(Lane<T> x) {
  if constexpr (distance == 0)
    return x;
  else
    return halved<Combine, distance / 2>(
        Combine{}(x, rotated<distance>(x, std::make_index_sequence<Lane<T>::width>())));
}

/// At most kRowBlock elements folded into 64 interleaved partials, these by halving; in the first element.
template <class Combine, class T>
ETCH_INLINE Lane<T> fold_row_block(int64_t n, const T *in, T init) {
  constexpr int64_t width = Lane<T>::width;
  constexpr int lanes = kRowPartials / width;
  Lane<T> partial[lanes];
#pragma GCC unroll 16
  for (int k = 0; k < lanes; ++k)
    partial[k] = Lane<T>::splat(init);
  int64_t i = 0;
  for (; i + kRowPartials <= n; i += kRowPartials)
#pragma GCC unroll 16
    for (int k = 0; k < lanes; ++k)
      partial[k] = Combine{}(partial[k], Lane<T>::load(in + i + k * width));
#pragma GCC unroll 16
  for (int k = 0; k < lanes; ++k, i += width)
    if (i + width <= n)
      partial[k] = Combine{}(partial[k], Lane<T>::load(in + i));
    else if (i < n)
      partial[k] = Combine{}(partial[k], Lane<T>::load_partial(in + i, n - i, init));
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int k = 0; k < half; ++k)
      partial[k] = Combine{}(partial[k], partial[k + half]);
  return halved<Combine, width / 2>(partial[0]);
}

/// One contiguous row of n elements.
template <class Combine, class Init, class Empty, class T>
__attribute__((flatten)) void reduce_row(int64_t n, T *out, const T *in) {
  using E = Reduced<T>;
  auto *result = reinterpret_cast<E *>(out);
  const auto *elements = reinterpret_cast<const E *>(in);
  if (n == 0) {
    *out = Empty{}();
    return;
  }
  if (n <= kRowBlock) {
    *result = fold_row_block<Combine, E>(n, elements, Init{}()).first();
    return;
  }
  PairwiseFold<Lane<E>, Combine> blocks;
  for (int64_t i = 0; i < n; i += kRowBlock)
    blocks.push(fold_row_block<Combine, E>(n - i < kRowBlock ? n - i : kRowBlock, elements + i, Init{}()));
  *result = blocks.result().first();
}

/// Some neighbouring columns.
template <class T, int lanes>
struct Columns {
  Lane<T> lane[lanes];
};

template <class Combine>
struct CombineColumns {
  template <class T, int lanes>
  ETCH_INLINE Columns<T, lanes> operator()(const Columns<T, lanes> &a, const Columns<T, lanes> &b) const {
    Columns<T, lanes> result;
#pragma GCC unroll 8
    for (int k = 0; k < lanes; ++k)
      result.lane[k] = Combine{}(a.lane[k], b.lane[k]);
    return result;
  }
};

/// `lanes` lanes of whole columns, or the first `columns` columns of one lane.
template <class Combine, int lanes, bool partial, class T>
ETCH_INLINE void reduce_columns_tile(int64_t rows, int64_t row_stride, T *out, const T *in, T init,
                                     [[maybe_unused]] int64_t columns) {
  constexpr int64_t width = Lane<T>::width;
  PairwiseFold<Columns<T, lanes>, CombineColumns<Combine>> blocks;
  for (int64_t first = 0; first < rows; first += kColumnBlock) {
    const int64_t past = rows - first < kColumnBlock ? rows : first + kColumnBlock;
    Columns<T, lanes> fold;
#pragma GCC unroll 8
    for (int k = 0; k < lanes; ++k)
      fold.lane[k] = Lane<T>::splat(init);
    for (int64_t row = first; row < past; ++row)
#pragma GCC unroll 8
      for (int k = 0; k < lanes; ++k) {
        const T *at = in + row * row_stride + k * width;
        fold.lane[k] = Combine{}(fold.lane[k], partial ? Lane<T>::load_partial(at, columns, init) : Lane<T>::load(at));
      }
    blocks.push(fold);
  }
  const Columns<T, lanes> result = blocks.result();
#pragma GCC unroll 8
  for (int k = 0; k < lanes; ++k)
    if (partial)
      result.lane[k].store_partial(out, columns);
    else
      result.lane[k].store(out + k * width);
}

/// out[c] = the elements in[r * row_stride + c] folded over the rows r.
template <class Combine, class Init, class Empty, class T>
__attribute__((flatten)) void reduce_columns(int64_t rows, int64_t columns, int64_t row_stride, T *out, const T *in) {
  using E = Reduced<T>;
  constexpr int64_t width = Lane<E>::width;
  auto *results = reinterpret_cast<E *>(out);
  const auto *elements = reinterpret_cast<const E *>(in);
  if (rows == 0) {
    for (int64_t c = 0; c < columns; ++c)
      out[c] = Empty{}();
    return;
  }
  int64_t c = 0;
  // Eight lanes: enough independent chains to hide the latency of an addition, and whole cache lines of each row.
  for (; c + 8 * width <= columns; c += 8 * width)
    reduce_columns_tile<Combine, 8, false, E>(rows, row_stride, results + c, elements + c, Init{}(), 0);
  for (; c + 4 * width <= columns; c += 4 * width)
    reduce_columns_tile<Combine, 4, false, E>(rows, row_stride, results + c, elements + c, Init{}(), 0);
  for (; c + width <= columns; c += width)
    reduce_columns_tile<Combine, 1, false, E>(rows, row_stride, results + c, elements + c, Init{}(), 0);
  if (c < columns)
    reduce_columns_tile<Combine, 1, true, E>(rows, row_stride, results + c, elements + c, Init{}(), columns - c);
}

} // namespace
} // namespace etch::runtime
