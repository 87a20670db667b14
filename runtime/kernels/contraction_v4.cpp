// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define ETCH_LEVEL 4
#include "runtime/kernels/contraction.h"

#include "runtime/kernels/table.h"

namespace etch::runtime {

constinit const ContractionKernels kContractionV4 = kContractionKernels;

} // namespace etch::runtime
