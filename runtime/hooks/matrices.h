// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <string>

namespace etch::runtime::hooks {

// Linear algebra works on copies: doubles, column by column, at addresses whose alignment never depends on the caller's
// buffers, which are row-major and f32 or f64. `first` is the position of a matrix's first element there.

void read_matrix(const OpaqueBuffer &from, int64_t first, int64_t rows, int64_t columns, double *to);
/// The transposed matrix, which is the elements in their order.
void read_transposed(const OpaqueBuffer &from, int64_t first, int64_t rows, int64_t columns, double *to);
/// Rounds to the buffer's dtype.
void write_matrix(const OpaqueBuffer &to, int64_t first, int64_t rows, int64_t columns, const double *from);
void write_nan(const OpaqueBuffer &to, int64_t first, int64_t count);

/// Which matrix of an operand belongs to one of a result, whose leading dimensions are broadcast.
class BroadcastBatch {
public:
  BroadcastBatch(std::span<const int64_t> operand, std::span<const int64_t> result)
      : operand_(operand.first(operand.size() - 2)), result_(result.first(result.size() - 2)) {}
  int64_t operator[](int64_t position) const;

private:
  std::span<const int64_t> operand_, result_;
};

/// A loop over the matrices of a call, each of them computed on one thread.
class MatrixLoop {
public:
  MatrixLoop(const OpaqueCall &call, int64_t count, double flops_each)
      : call_(call), count_(count), flops_(flops_each) {}

  /// Calls body(begin, end) for all of them, on this thread and the pool's. It may throw std::bad_alloc, which becomes
  /// OutOfMemory.
  template <class Body>
  void run(const Body &body) {
    parallel_for(count_, std::max<int64_t>(1, static_cast<int64_t>(kGrainFlops / (flops_ + 1))),
                 [&](int64_t begin, int64_t end) {
                   try {
                     body(begin, end);
                   } catch (const std::bad_alloc &) {
                     lacks_memory_ = true;
                   }
                 });
    finish();
  }
  /// There is no result for this matrix. For the body to call.
  void reject(int64_t position);
  /// Reports the first rejected one: "cholesky: matrix must be positive definite, got one that is not at position 3".
  void report_rejected(const char *property) const;

private:
  static constexpr double kGrainFlops = 1 << 17;
  void finish() const;

  const OpaqueCall &call_;
  int64_t count_;
  double flops_;
  std::atomic<int64_t> first_rejected_ = INT64_MAX;
  std::atomic<bool> lacks_memory_ = false;
};

} // namespace etch::runtime::hooks
