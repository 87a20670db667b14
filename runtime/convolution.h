// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

// What convolutions ask of the kernels of an instruction set level. Chains of fma are as docs/numerics.md, section 7,
// has them; their unfinished values lie in the result. Offsets and steps count elements.
namespace etch::runtime {

/// Where a chain reads and where it is kept.
struct ConvPlace {
  int64_t from, to;
};

/// Continues chains over elements of `in` and rows of a panel: for every place and every c < channels, out[to + c] goes
/// on with in[from + r * row_step + t * tap_step + d] * panel row (r * panel_step + t * depth + d)[c], with r, then t,
/// then d increasing. The rows of a panel are adjacent, and as many whole vectors as hold the channels.
struct ConvSteps {
  const ConvPlace *places; ///< no two with the same `to`
  int64_t count;           ///< 1 or more
  const void *in, *panel;
  void *out;
  int64_t rows, row_step, panel_step;
  int64_t taps, tap_step, depth;
  int64_t channels; ///< at most ConvolutionKernels::vectors vectors of them
  bool begins;      ///< the chains begin here, at -0, whatever `out` holds
};

/// Continues chains over places: out[i * out_step + c] goes on with a[from + i] * b[to + c] in the order of the places,
/// for all i < rows and c < columns.
struct ConvProducts {
  const ConvPlace *places;
  int64_t count;
  const void *a, *b;
  void *out;
  int64_t rows, columns, out_step;
};

/// Chains over the taps of a window, channel by channel, for a run of pixels with the same taps: rows, then columns of
/// taps. The results are adjacent.
struct DepthwiseRun {
  const void *in, *filters;
  void *out;
  int64_t pixels, in_pixel_step;
  int64_t rows, in_row_step, filter_row_step;
  int64_t columns, in_column_step, filter_column_step;
  int64_t channels;
};

/// Continues chains over pixels, channel by channel: out[c] goes on with a[p * a_step + c] * b[p * b_step + c].
struct DepthwiseProducts {
  const void *a, *b;
  void *out;
  int64_t pixels, a_step, b_step;
  int64_t channels;
};

/// Of one dtype.
struct ConvolutionKernels {
  int64_t width;   ///< elements of a vector
  int64_t vectors; ///< of a panel's row at most
  void (*steps)(const ConvSteps &);
  void (*products)(const ConvProducts &);
  void (*depthwise)(const DepthwiseRun &);
  void (*depthwise_products)(const DepthwiseProducts &);
};

/// Of one level.
struct ConvolutionTable {
  ConvolutionKernels f32, f64;
};

} // namespace etch::runtime
