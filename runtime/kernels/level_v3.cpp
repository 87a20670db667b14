// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define ETCH_LEVEL 3
#include "runtime/kernels/level.h"

namespace etch::runtime {

constinit const KernelTable kKernelsV3 = level_table(&kContractionV3, &kConvolutionV3);

} // namespace etch::runtime
