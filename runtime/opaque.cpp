// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/opaque.h"

namespace etch::runtime {

void report(const OpaqueCall &call, FailureKind kind, int64_t index) {
  etch_status &status = *call.status;
  const bool is_first = call.op_id < status.op_id || (call.op_id == status.op_id && index < status.index);
  if (is_first)
    status = {call.op_id, kind, index};
}

} // namespace etch::runtime
