// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"
#include "runtime/abi.h"

#include <etch/error.h>

#include <cstdint>
#include <span>
#include <string>

namespace etch::runtime {

/// A row-major operand or result of an opaque op's routine.
struct OpaqueBuffer {
  DType dtype;
  std::span<const int64_t> dims;
  void *elements; ///< of operands: only read

  int64_t size() const {
    int64_t count = 1;
    for (int64_t dim : dims)
      count *= dim;
    return count;
  }
  template <class T>
  T *as() const {
    return static_cast<T *>(elements);
  }
};

class PrintBuffer;

/// The values of etch_status::kind, by which a failure keeps its meaning across the flat interface.
enum FailureKind : int64_t {
  kNoFailure = 0,
  kIndexOutOfRange = 1, ///< `index` is the position among the op's indices
  kHostFailure = 2,     ///< an etch::Error inside a host service, most often memory
  kBadMatrix = 3,       ///< `index` is the matrix's position in the batch
  kCheckFailed = 4,     ///< the user's own; `index` is the position of the first false element
  kBadElement = 5,      ///< `index` is the position of the first one
};
inline constexpr int64_t kNoFailingOp = INT64_MAX;
inline constexpr etch_status kNoStatus{kNoFailingOp, kNoFailure, 0};

/// One call of an opaque op's routine, made by the eager dispatcher or by compiled code.
struct OpaqueCall {
  const ops::OpDef &op;
  const ops::Attrs &attrs;
  std::span<const OpaqueBuffer> operands;
  std::span<const OpaqueBuffer> results; ///< to be written whole, failure or not
  int64_t op_id;                         ///< position in program order; 0 in eager calls
  etch_status *status;
  PrintBuffer *output = nullptr;  ///< of printing ops: where the text goes
  std::string *message = nullptr; ///< eager calls: a failing routine says what was wrong; null in compiled code
};

/// The routine of an opaque op named `gather` is void etch::runtime::hooks::gather(const OpaqueCall &). It may throw
/// etch::Error for want of memory alone; values that break a rule go to report().
using OpaqueHook = void (*)(const OpaqueCall &);

/// The routine of an opaque op that has no Variable. Generated from the op table.
OpaqueHook opaque_hook(const ops::OpDef &op);

/// Notes a failure; the first in program order stays.
void report(const OpaqueCall &call, FailureKind kind, int64_t index);

} // namespace etch::runtime
