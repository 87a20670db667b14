// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/contraction.h"
#include "runtime/convolution.h"
#include "runtime/cpu_level.h"

#include <etch/dtype.h>

#include <cstdint>

namespace etch::runtime {

/// out[i] = op(in[0][i * step[0]], in[1][i * step[1]], …) for i < n. Steps are 0 or 1, and 0 is allowed only where n >
/// 0. An operand may be the very buffer of the result, but for casts.
using ElementwiseKernel = void (*)(int64_t n, void *out, const void *const *in, const int64_t *step);

/// Folds in the order of docs/numerics.md. For no elements they write the op's result for nothing.
struct ReductionKernels {
  /// n adjacent elements to one.
  void (*row)(int64_t n, void *out, const void *in);
  /// out[c] = in[r * row_stride + c] folded over r < rows.
  void (*columns)(int64_t rows, int64_t columns, int64_t row_stride, void *out, const void *in);
};

/// The same for the place of the maximum; there must be an element.
struct ArgmaxKernels {
  void (*row)(int64_t n, int64_t *out, const void *in);
  void (*columns)(int64_t rows, int64_t columns, int64_t row_stride, int64_t *out, const void *in);
};

/// In how many files the element-wise loops of a level are compiled.
inline constexpr int kElementwiseShards = 4;

/// The precompiled kernels of one instruction set level. All levels give the same bits.
struct KernelTable {
  using ElementwiseByDType = ElementwiseKernel[kDTypeCount];
  using ReductionByDType = ReductionKernels[kDTypeCount];
  using ArgmaxByDType = ArgmaxKernels[kDTypeCount];

  int op_count;
  const ElementwiseByDType *elementwise_by_shard[kElementwiseShards];
  const ReductionByDType *reduction_by_op;
  const ElementwiseByDType *cast_by_result;
  const ArgmaxKernels *argmax_by_dtype;
  const ContractionKernels *contraction;
  const ConvolutionTable *convolution_table;

  /// By the op's index and its key operand's dtype; null where the op does not take the dtype.
  ElementwiseKernel elementwise(int op_index, DType dtype) const {
    if (op_index >= op_count)
      return nullptr;
    return elementwise_by_shard[op_index % kElementwiseShards][op_index / kElementwiseShards][static_cast<int>(dtype)];
  }
  const ReductionKernels &reduction(int op_index, DType dtype) const {
    return reduction_by_op[op_index][static_cast<int>(dtype)];
  }
  ElementwiseKernel cast(DType to, DType from) const {
    return cast_by_result[static_cast<int>(to)][static_cast<int>(from)];
  }
  const ArgmaxKernels &argmax(DType dtype) const { return argmax_by_dtype[static_cast<int>(dtype)]; }
  /// f32 or f64.
  const ConvolutionKernels &convolution(DType dtype) const {
    return dtype == DType::f64 ? convolution_table->f64 : convolution_table->f32;
  }
};

/// The table of the level that is in use.
const KernelTable &kernels();
/// Of a given level, which this processor must have.
const KernelTable &kernels(CpuLevel level);

extern const ContractionKernels kContractionV3, kContractionV4;
extern const ConvolutionTable kConvolutionV3, kConvolutionV4;
extern const KernelTable kKernelsV3, kKernelsV4;

} // namespace etch::runtime
