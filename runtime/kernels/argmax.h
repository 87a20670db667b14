// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/kernels/lane.h"

// The index of the first NaN, or else of the first element that no other exceeds (-0 equals +0).

namespace etch::runtime {
namespace {

template <class T>
ETCH_INLINE bool is_better(T x, T best) {
  return x > best || (x != x && best == best);
}

/// Where x displaces an earlier `best`.
template <class T>
ETCH_INLINE Mask<T> is_better(Lane<T> x, Lane<T> best) {
  if constexpr (std::is_floating_point_v<T>)
    return (x > best) | (is_nan(x) & !is_nan(best));
  else
    return x > best;
}

/// One contiguous row of n > 0 elements: its maximum first, then where that stands.
template <class T>
__attribute__((flatten)) void argmax_row(int64_t n, int64_t *out, const T *in) {
  constexpr int64_t width = Lane<T>::width;
  Lane<T> greatest = Lane<T>::splat(in[0]);
  int64_t i = 0;
  for (; i + width <= n; i += width)
    greatest = maximum(greatest, Lane<T>::load(in + i));
  if (i < n)
    greatest = maximum(greatest, Lane<T>::load_partial(in + i, n - i, in[0]));
  T candidates[width];
  greatest.store(candidates);
  T best = candidates[0];
  for (T candidate : candidates)
    best = is_better(candidate, best) ? candidate : best;

  const Lane<T> wanted = Lane<T>::splat(best);
  for (i = 0; i < n; i += width) {
    const Lane<T> x = i + width <= n ? Lane<T>::load(in + i) : Lane<T>::load_partial(in + i, n - i, in[0]);
    // Only a NaN differs from itself. What fills the last lane repeats the first element, so it is never found first.
    const int64_t found = (best == best ? x == wanted : x != x).find_first();
    if (found >= 0) {
      *out = i + found;
      return;
    }
  }
}

/// Columns that share a lane, or its first `columns` ones. Row numbers are counted in integers as wide as T, so the
/// rows are taken in runs that those can number.
template <class T>
ETCH_INLINE void argmax_lane(int64_t rows, int64_t columns, int64_t row_stride, int64_t *out, const T *in) {
  using Index = IntegerOfSize<sizeof(T)>;
  constexpr int64_t width = Lane<T>::width;
  constexpr int64_t longest_run = std::numeric_limits<Index>::max();
  T best[width];
  for (int64_t first = 0; first < rows; first += longest_run) {
    const int64_t run = rows - first < longest_run ? rows - first : longest_run;
    Lane<T> greatest = Lane<T>::load_partial(in + first * row_stride, columns, T{});
    Lane<Index> where = 0, row = 0;
    for (int64_t r = 1; r < run; ++r) {
      const Lane<T> x = Lane<T>::load_partial(in + (first + r) * row_stride, columns, T{});
      const Mask<T> better = is_better(x, greatest);
      row = row + 1;
      greatest = select(better, x, greatest);
      where = select(better, row, where);
    }
    T run_best[width];
    Index run_where[width];
    greatest.store(run_best);
    where.store(run_where);
    for (int64_t c = 0; c < columns; ++c)
      if (first == 0 || is_better(run_best[c], best[c])) {
        best[c] = run_best[c];
        out[c] = first + run_where[c];
      }
  }
}

/// out[c] = the row r with the first maximum of in[r * row_stride + c]. Requires rows > 0.
template <class T>
__attribute__((flatten)) void argmax_columns(int64_t rows, int64_t columns, int64_t row_stride, int64_t *out,
                                             const T *in) {
  constexpr int64_t width = Lane<T>::width;
  for (int64_t c = 0; c < columns; c += width)
    argmax_lane<T>(rows, columns - c < width ? columns - c : width, row_stride, out + c, in + c);
}

} // namespace
} // namespace etch::runtime
