// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/table.h"

namespace etch::runtime {

const KernelTable &kernels(CpuLevel level) { return level == CpuLevel::v4 ? kKernelsV4 : kKernelsV3; }

const KernelTable &kernels() {
  static const KernelTable &table = kernels(cpu_level());
  return table;
}

} // namespace etch::runtime
