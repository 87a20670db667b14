// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/hooks/indices.h"

#include <string>

namespace etch::runtime::hooks {

void Indices::check(const OpaqueCall &call) const {
  // Nothing to choose from: "clip" has no nearest element either.
  if (!reports_ && (leaves_out_ || extent_ > 0))
    return;
  for (int64_t position = 0; position < count_; ++position) {
    const int64_t index = raw(position);
    if (index >= 0 && index < extent_)
      continue;
    report(call, kIndexOutOfRange, position);
    if (call.message)
      *call.message = std::string(call.op.name) + ": index must be in [0," + std::to_string(extent_) + "), got " +
                      std::to_string(index) + " at position " + std::to_string(position);
    return;
  }
}

} // namespace etch::runtime::hooks
