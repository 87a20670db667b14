// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

namespace etch::runtime {

/// The element types of the precompiled kernels. Contractions of integers wrap, so u8 has the bits of i8.
enum class ContractionElement : int32_t { f32, f64, i8, i16, i32, i64 };

/// Bytes of one element.
int64_t element_bytes(ContractionElement element);

/// One step of one tile of C: for i < m and j < n, c[i][j] continues its chain over kc steps,
///   c[i][j] = fma(a(i, p), b(p, j), c[i][j])   for p = 0 .. kc-1   (integers: multiply, add, wrap).
/// When `first` is set the chain starts at -0.0 (integers: 0) and c is not read. Only then may kc be 0, which means
/// that k is 0 and that the tile's value is +0: a kernel starts such a chain at +0 instead.
/// a(i, p) lies at a[i * a_row + p * a_step], b(p, j) at b[p * b_step + j], c(i, j) at c[i * ldc + j].
/// Unless the kernel declares otherwise (MicroKernelAbilities) a and b are packed: a_row = 1, a_step = mr, b_step = nr,
/// the panels are aligned to 64 bytes and the lanes beyond m and n are readable and zero. Compiled code's kernels apply
/// their epilogue to the finished values when `last` is set, before they store. `epilogue` is theirs alone; batch, row
/// and col locate c(0, 0) in the whole of C.
struct MicroTile {
  const void *a;
  const void *b;
  void *c;
  int64_t ldc;
  int64_t kc, m, n;
  int64_t batch, row, col;
  int32_t first, last;
  void *epilogue;
  int64_t a_row, a_step, b_step;
};

using MicroKernel = void (*)(const MicroTile *);

/// What a kernel can do besides computing whole tiles of packed panels.
enum MicroKernelAbilities : int32_t {
  kNoAbilities = 0,
  /// Takes any a_row and a_step and reads no row of a beyond m: a few uses of A need no packing.
  kReadsAnyA = 1,
  /// Takes any b_step and any alignment where n = nr: a few uses of B need no packing if its columns are adjacent.
  kReadsAnyB = 2,
  /// With kReadsAnyB: so it does where n < nr, and reads no column of b beyond n.
  kReadsAnyEdgeB = 4,
  /// Takes less time for fewer rows: tiles are then of almost equal height instead of mr rows each but the last.
  kSkipsRows = 8,
};

/// A micro-kernel and its largest tile: it is called with 1 <= m <= mr and 1 <= n <= nr.
struct MicroKernelChoice {
  MicroKernel run;
  int32_t mr, nr;
  int32_t abilities = kNoAbilities;
};

/// C[b, i, j] = sum over p of A[b, i, p] * B[b, p, j]. Strides count elements; columns of c are adjacent. A batch
/// stride of 0 broadcasts the operand. C overlaps neither A nor B.
struct ContractionShape {
  int64_t batch, m, n, k;
  int64_t a_batch_stride, a_row, a_col;
  int64_t b_batch_stride, b_row, b_col;
  int64_t c_batch_stride, c_row;
};

/// Copies a matrix of `lanes` x kc elements into panels. Panel q holds lanes [q * valid, (q + 1) * valid), k-major:
/// lane l of step p lies at out[(q * kc + p) * width + l]. Lanes from `valid` on, and those past `lanes`, become zero.
struct PackJob {
  void *out;
  const void *in;
  int64_t lane_stride, k_stride;
  int64_t lanes, kc;
  int64_t width, valid;
};

/// The precompiled kernels of one instruction set level.
struct ContractionKernels {
  MicroKernelChoice (*choose)(ContractionElement element, int64_t m, int64_t n);
  /// By log2 of the element's bytes.
  void (*pack[4])(const PackJob *);
};

/// Runs body over [0, tiles) in disjoint ranges of about `grain` tiles or more, on any threads, and returns when all
/// are done.
using ParallelFor = void (*)(void *pool, int64_t tiles, int64_t grain,
                             void (*body)(void *context, int64_t begin, int64_t end), void *context);

/// A contraction as both eager and compiled code request it.
struct ContractionCall {
  const ContractionKernels *kernels;
  ContractionShape shape;
  const void *a;
  const void *b;
  void *c;
  int64_t element_bytes;
  MicroKernelChoice kernel;
  /// Handed to the kernel; null for the precompiled ones.
  void *epilogue;
  /// contraction_scratch_bytes() of this call, aligned to 64 bytes; may be null when that is 0.
  void *scratch;
  /// Null, or threads <= 1, runs everything on the calling thread.
  ParallelFor parallel_for;
  void *pool;
  int32_t threads;
};

/// The call for a contraction without epilogue: folds the batch into the rows where the strides allow, turns a
/// matrix-vector product into a vector-matrix one, and chooses the kernel. Scratch and threads are left empty.
ContractionCall plain_contraction(const ContractionKernels *kernels, ContractionElement element,
                                  const ContractionShape &shape, const void *a, const void *b, void *c);

/// Bytes of scratch that contract() needs. Depends on shape, element_bytes, kernel and threads alone.
int64_t contraction_scratch_bytes(const ContractionCall &call);

/// Computes C. Every element is one chain in the order of k, whatever the blocking, the kernel's tile, the level and
/// the threads: they never change a bit. Allocates nothing. The kernel runs for every tile of C exactly once with
/// `first` and once with `last` set, for k = 0 too.
void contract(const ContractionCall &call);

} // namespace etch::runtime
