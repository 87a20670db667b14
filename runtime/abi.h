// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <stdint.h>

// The flat interface between compiled code and its host (docs/decisions/0001-flat-abi.md). Plain C, no exceptions
// across it, fields only ever appended; version bumps when the meaning of one changes.
extern "C" {

#define ETCH_ABI_VERSION 1

/// The first failure in program order: smaller op ids win, then smaller indices. op_id INT64_MAX means none.
struct etch_status {
  int64_t op_id;
  int64_t kind;
  int64_t index;
};

struct etch_frame;

/// A range [begin, end) of a kernel's tiles.
typedef void (*etch_kernel_body)(void *context, int64_t begin, int64_t end);

/// Sizes and element strides of one contraction c[b,m,n] = sum over k of a[b,m,k] * b[b,k,n]; c has unit column stride.
struct etch_contraction {
  int64_t dtype; // etch::DType
  int64_t batch, m, n, k;
  int64_t a_batch, a_row, a_col;
  int64_t b_batch, b_row, b_col;
  int64_t c_batch, c_row;
};

struct etch_host {
  /// Runs body over [0, tiles) in pieces of at least `grain` tiles, on this thread and the pool's; returns when done.
  void (*parallel_for)(struct etch_frame *frame, int64_t tiles, int64_t grain, etch_kernel_body body, void *context);
  /// One contraction through the runtime's macro-kernel. micro: a MicroKernel of tile mr x nr (runtime/contraction.h),
  /// null for the runtime's own; epilogue is handed to it untouched.
  void (*contract)(struct etch_frame *frame, const struct etch_contraction *shape, const void *a, const void *b, void *c,
                   void *micro, int64_t mr, int64_t nr, void *epilogue);
  /// Runs opaque op number `site` of the executable; buffers are operands, then results, row-major.
  void (*opaque)(struct etch_frame *frame, int64_t site, void *const *buffers);
  /// Appends print number `site` to the call's output.
  void (*print)(struct etch_frame *frame, int64_t site, void *const *buffers);
};

struct etch_frame {
  int64_t abi_version;
  void *const *inputs;
  void *const *outputs;
  char *arena;          // one block, 64-byte aligned
  const int64_t *dims;  // the executable's dimension expressions, evaluated at entry
  struct etch_status *status;
  const struct etch_host *host;
  void *stream;         // reserved for devices
  void *context;        // the host's own
};

typedef void (*etch_executable)(struct etch_frame *frame);
}
