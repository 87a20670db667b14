// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define ETCH_LEVEL 4
#include "runtime/kernels/level.h"

namespace etch::runtime {

constinit const KernelTable kKernelsV4 = level_table(&kContractionV4, &kConvolutionV4);

} // namespace etch::runtime
