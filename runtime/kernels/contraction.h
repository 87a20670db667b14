// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// The precompiled micro-kernels and their choice by size. Included by the one file of each instruction set level, which
// exports kContractionKernels; see contraction_lanes.h.

#include <cstdint>
#include <utility>

#include "runtime/contraction.h"
#include "runtime/kernels/contraction_lanes.h"
#include "runtime/kernels/contraction_pack.h"

namespace etch::runtime {
namespace {

// Calls f with 0 .. N-1 as constants. A loop would leave it to the optimizer whether the accumulators become registers.
template <int N, class F>
[[gnu::always_inline]] inline void repeat(F &&f) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

// Makes the optimizer forget what it knows of x, so that it does not keep addresses derived from x in registers.
template <class X>
[[gnu::always_inline]] inline void forget(X &x) {
  if constexpr (sizeof(X) > 8) {
    asm("" : "+v"(x));
  } else {
    asm("" : "+r"(x));
  }
}

[[gnu::always_inline]] inline void prefetch(const void *p) { _mm_prefetch(static_cast<const char *>(p), _MM_HINT_T0); }

// The chains of run_tile. load_b(b, v) is vector v of b's row at b.
template <class T, int R, int V, class LoadB>
[[gnu::always_inline]] inline void run_steps(const MicroTile *tile, typename Lanes<T>::Vector (&c)[R][V],
                                             LoadB load_b) {
  using L = Lanes<T>;
  // Far enough for the last cache: the steps of b in place are lines that no hardware foresees.
  constexpr int64_t kAhead = V > 2 ? 8 : 16;
  // Rows 3q, 3q+1 and 3q+2 share a pointer: x86 addresses have a scale of 1 or 2, so 14 rows need 5 pointers, not 14.
  constexpr int kPointers = (R + 2) / 3;
  const T *a[kPointers];
  const int64_t a_row = tile->a_row, a_step = tile->a_step, b_step = tile->b_step;
  repeat<kPointers>([&](auto q) { a[q] = static_cast<const T *>(tile->a) + 3 * q * a_row; });
  const T *b = static_cast<const T *>(tile->b);
  for (int64_t p = tile->kc; p > 0; --p) {
    typename L::Vector b_row[V];
    repeat<V>([&](auto v) {
      auto x = load_b(b, v);
      // Two rows would otherwise each load it, and wide tiles are bound by their loads.
      if constexpr (R > 1)
        forget(x);
      b_row[v] = x;
      if constexpr (V > 1)
        prefetch(b + kAhead * b_step + v * L::kLanes);
    });
    repeat<R>([&](auto i) {
      const auto a_lane = L::broadcast(a[i / 3] + i % 3 * a_row);
      repeat<V>([&](auto v) { c[i][v] = L::multiply_add(a_lane, b_row[v], c[i][v]); });
    });
    prefetch(a[0] + kAhead * a_step);
    if constexpr (R > 4)
      prefetch(a[kPointers - 1] + kAhead * a_step);
    b += b_step;
    repeat<kPointers>([&](auto q) { a[q] += a_step; });
  }
}

// One tile of R rows and V vectors, its R * V accumulators in registers throughout.
template <class T, int R, int V>
void run_tile(const MicroTile *tile) {
  using L = Lanes<T>;
  typename L::Vector c[R][V];
  typename L::Mask masks[V];
  int64_t ldc = tile->ldc;
  repeat<V>([&](auto v) { masks[v] = L::mask(tile->n - v * L::kLanes); });
  if (tile->first) {
    const auto start = L::start(tile->kc == 0);
    repeat<R>([&](auto i) { repeat<V>([&](auto v) { c[i][v] = start; }); });
  } else {
    const T *row = static_cast<const T *>(tile->c);
    repeat<R>([&](auto i) {
      repeat<V>([&](auto v) { c[i][v] = L::load(row + v * L::kLanes, masks[v]); });
      row += ldc;
      forget(row);
    });
  }

  if (L::kMasked && tile->n < V * L::kLanes) {
    run_steps<T, R, V>(tile, c, [&](const T *b, auto v) { return L::load(b + v * L::kLanes, masks[v]); });
  } else {
    // A masked load costs Intel's processors a second operation, on a port that the chains need.
    run_steps<T, R, V>(tile, c, [](const T *b, auto v) { return L::load(b + v * L::kLanes); });
  }

  T *row = static_cast<T *>(tile->c);
  forget(row);
  repeat<R>([&](auto i) {
    repeat<V>([&](auto v) { L::store(row + v * L::kLanes, masks[v], c[i][v]); });
    row += ldc;
    forget(row);
  });
}

// The most rows that run_tile takes with 1, 2, 4 and 8 vectors, 0 where a type has no such kernel: the accumulators and
// the vectors of b must fit the registers, and rows should be many enough (8 accumulators) to hide the latency of an
// fma.
struct RowLimits {
  int rows[4];
};

#if ETCH_LEVEL == 4
template <class T>
constexpr RowLimits kRowLimits = {{6, 6, 0, 0}};
template <>
constexpr RowLimits kRowLimits<float> = {{14, 14, 6, 2}};
template <>
constexpr RowLimits kRowLimits<double> = {{14, 14, 6, 2}};
constexpr int32_t kAbilities = kReadsAnyA | kReadsAnyB | kReadsAnyEdgeB | kSkipsRows;
#else
template <class T>
constexpr RowLimits kRowLimits = {{4, 4, 0, 0}};
template <>
constexpr RowLimits kRowLimits<float> = {{12, 6, 2, 1}};
template <>
constexpr RowLimits kRowLimits<double> = {{12, 6, 2, 1}};
constexpr int32_t kAbilities = kReadsAnyA | kReadsAnyB | kSkipsRows;
#endif

// The kernels of V vectors, by rows - 1.
struct KernelsByRows {
  MicroKernel run[14];
};

template <class T, int V, int... I>
constexpr KernelsByRows kernels_by_rows(std::integer_sequence<int, I...>) {
  return {{run_tile<T, I + 1, V>...}};
}

template <class T, int Index>
constexpr KernelsByRows
    kTiles = kernels_by_rows<T, 1 << Index>(std::make_integer_sequence<int, kRowLimits<T>.rows[Index]>{});

// Without masks, a tile narrower than its kernel is computed in a copy of C. b is packed there and has zeros.
template <class T>
[[gnu::noinline]] void run_copied(const MicroTile *tile, MicroKernel kernel) {
  constexpr int64_t kWidth = 8 * Lanes<T>::kLanes;
  T copy[kRowLimits<T>.rows[0] * kWidth];
  MicroTile inner = *tile;
  inner.c = copy;
  inner.ldc = kWidth;
  T *const c = static_cast<T *>(tile->c);
  if (!tile->first) {
    for (int64_t i = 0; i < tile->m; ++i)
      __builtin_memcpy(copy + i * kWidth, c + i * tile->ldc, tile->n * sizeof(T));
  }
  kernel(&inner);
  for (int64_t i = 0; i < tile->m; ++i)
    __builtin_memcpy(c + i * tile->ldc, copy + i * kWidth, tile->n * sizeof(T));
}

template <class T>
void run_any(const MicroTile *tile) {
  using L = Lanes<T>;
  const int64_t n = tile->n;
  const int index = n <= L::kLanes ? 0 : n <= 2 * L::kLanes ? 1 : n <= 4 * L::kLanes ? 2 : 3;
  constexpr const KernelsByRows *kByWidth[] = {&kTiles<T, 0>, &kTiles<T, 1>, &kTiles<T, 2>, &kTiles<T, 3>};
  const MicroKernel kernel = kByWidth[index]->run[tile->m - 1];
  if (!L::kMasked && n != int64_t{L::kLanes} << index)
    return run_copied<T>(tile, kernel);
  kernel(tile);
}

// Few rows take wider tiles, so that the accumulators stay many.
template <class T>
MicroKernelChoice choose(int64_t m, int64_t n) {
  constexpr int32_t kLanes = Lanes<T>::kLanes;
  constexpr RowLimits kLimits = kRowLimits<T>;
  for (int index = 3; index > 1; --index) {
    if (m <= kLimits.rows[index] && n > kLanes << (index - 1))
      return {run_any<T>, kLimits.rows[index], kLanes << index, kAbilities};
  }
  const int index = n > kLanes ? 1 : 0;
  return {run_any<T>, kLimits.rows[index], kLanes << index, kAbilities};
}

MicroKernelChoice choose_kernel(ContractionElement element, int64_t m, int64_t n) {
  switch (element) {
  case ContractionElement::f32:
    return choose<float>(m, n);
  case ContractionElement::f64:
    return choose<double>(m, n);
  case ContractionElement::i8:
    return choose<int8_t>(m, n);
  case ContractionElement::i16:
    return choose<int16_t>(m, n);
  case ContractionElement::i32:
    return choose<int32_t>(m, n);
  case ContractionElement::i64:
    break;
  }
  return choose<int64_t>(m, n);
}

constexpr ContractionKernels kContractionKernels = {choose_kernel, {pack<1>, pack<2>, pack<4>, pack<8>}};

} // namespace

} // namespace etch::runtime
