// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// The kernel table of one x86-64 level but for its element-wise loops, included by the file that is compiled for it.
// Everything but the table is internal to that file, and no function template of the standard library is instantiated
// in it: the linker keeps one of several equal ones, and may keep the one with instructions that this machine lacks.

#include "ops/scalar_text.h"
#include "runtime/kernels/argmax.h"
#include "runtime/kernels/cast.h"
#include "runtime/kernels/elementwise_shard.h"
#include "runtime/kernels/reduce.h"
#include "runtime/kernels/table.h"

namespace etch::runtime {
namespace {

struct ReductionRows {
  KernelTable::ReductionByDType of[kOpCount];
};
struct CastRows {
  KernelTable::ElementwiseByDType to[kDTypeCount];
};
struct ArgmaxRow {
  KernelTable::ArgmaxByDType of;
};

template <class T, class Combine, class Init, class Empty>
struct ReductionOf {
  static void row(int64_t n, void *out, const void *in) {
    reduce_row<Combine, Init, Empty>(n, static_cast<T *>(out), static_cast<const T *>(in));
  }
  static void columns(int64_t rows, int64_t columns, int64_t row_stride, void *out, const void *in) {
    reduce_columns<Combine, Init, Empty>(rows, columns, row_stride, static_cast<T *>(out), static_cast<const T *>(in));
  }
};

template <class T, class Combine, class Init, class Empty>
constexpr ReductionKernels reduction(Combine, Init, Empty) {
  return {ReductionOf<T, Combine, Init, Empty>::row, ReductionOf<T, Combine, Init, Empty>::columns};
}

constexpr ReductionRows kReductions = [] {
  ReductionRows rows{};
#define ETCH_IN_SHARD(op_index) 1
#define ETCH_TEXT(...)
#define ETCH_LOOP(...)
#define ETCH_REDUCE(op_index, name, key, T)                                                                            \
  rows.of[op_index][static_cast<int>(DType::key)] = reduction<T>(                                                      \
      [](const auto &a, const auto &b) __attribute__((always_inline)) { return text::name##_combine(a, b); },          \
      [] { return text::name##_init<T>(); }, [] { return text::name##_empty<T>(); });
#include "ops/eager_rows.inc"
#undef ETCH_LOOP
#undef ETCH_REDUCE
#undef ETCH_IN_SHARD
#undef ETCH_TEXT
  return rows;
}();

template <class To, class From>
void cast_kernel(int64_t n, void *out, const void *const *in, const int64_t *step) {
  To *to = static_cast<To *>(out);
  const From *from = static_cast<const From *>(in[0]);
  if (step[0] != 0)
    return cast_loop(n, to, from);
  To value;
  cast_loop(1, &value, from);
  for (int64_t i = 0; i < n; ++i)
    to[i] = value;
}

template <class To>
constexpr void fill_casts(KernelTable::ElementwiseByDType &from) {
  from[static_cast<int>(DType::boolean)] = cast_kernel<To, bool>;
  from[static_cast<int>(DType::u8)] = cast_kernel<To, uint8_t>;
  from[static_cast<int>(DType::i8)] = cast_kernel<To, int8_t>;
  from[static_cast<int>(DType::i16)] = cast_kernel<To, int16_t>;
  from[static_cast<int>(DType::i32)] = cast_kernel<To, int32_t>;
  from[static_cast<int>(DType::i64)] = cast_kernel<To, int64_t>;
  from[static_cast<int>(DType::f16)] = cast_kernel<To, float16>;
  from[static_cast<int>(DType::bf16)] = cast_kernel<To, bfloat16>;
  from[static_cast<int>(DType::f32)] = cast_kernel<To, float>;
  from[static_cast<int>(DType::f64)] = cast_kernel<To, double>;
}

constexpr CastRows kCasts = [] {
  CastRows rows{};
  fill_casts<bool>(rows.to[static_cast<int>(DType::boolean)]);
  fill_casts<uint8_t>(rows.to[static_cast<int>(DType::u8)]);
  fill_casts<int8_t>(rows.to[static_cast<int>(DType::i8)]);
  fill_casts<int16_t>(rows.to[static_cast<int>(DType::i16)]);
  fill_casts<int32_t>(rows.to[static_cast<int>(DType::i32)]);
  fill_casts<int64_t>(rows.to[static_cast<int>(DType::i64)]);
  fill_casts<float16>(rows.to[static_cast<int>(DType::f16)]);
  fill_casts<bfloat16>(rows.to[static_cast<int>(DType::bf16)]);
  fill_casts<float>(rows.to[static_cast<int>(DType::f32)]);
  fill_casts<double>(rows.to[static_cast<int>(DType::f64)]);
  return rows;
}();

template <class T>
struct ArgmaxOf {
  static void row(int64_t n, int64_t *out, const void *in) { argmax_row(n, out, static_cast<const T *>(in)); }
  static void columns(int64_t rows, int64_t columns, int64_t row_stride, int64_t *out, const void *in) {
    argmax_columns(rows, columns, row_stride, out, static_cast<const T *>(in));
  }
};
template <class T>
constexpr ArgmaxKernels kArgmaxOf = {ArgmaxOf<T>::row, ArgmaxOf<T>::columns};

constexpr ArgmaxRow kArgmax = [] {
  ArgmaxRow row{};
  row.of[static_cast<int>(DType::boolean)] = kArgmaxOf<uint8_t>;
  row.of[static_cast<int>(DType::u8)] = kArgmaxOf<uint8_t>;
  row.of[static_cast<int>(DType::i8)] = kArgmaxOf<int8_t>;
  row.of[static_cast<int>(DType::i16)] = kArgmaxOf<int16_t>;
  row.of[static_cast<int>(DType::i32)] = kArgmaxOf<int32_t>;
  row.of[static_cast<int>(DType::i64)] = kArgmaxOf<int64_t>;
  row.of[static_cast<int>(DType::f32)] = kArgmaxOf<float>;
  row.of[static_cast<int>(DType::f64)] = kArgmaxOf<double>;
  return row;
}();

template <int... shard>
constexpr KernelTable joined_table(const ContractionKernels *contraction, const ConvolutionTable *convolution,
                                   std::integer_sequence<int, shard...>) {
  return {
      kOpCount,   {ElementwiseShard<ETCH_LEVEL, shard>::rows.of...}, kReductions.of, kCasts.to, kArgmax.of, contraction,
      convolution};
}

constexpr KernelTable level_table(const ContractionKernels *contraction, const ConvolutionTable *convolution) {
  return joined_table(contraction, convolution, std::make_integer_sequence<int, kElementwiseShards>());
}

} // namespace
} // namespace etch::runtime
