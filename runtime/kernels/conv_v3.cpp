// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define ETCH_LEVEL 3
#include "runtime/kernels/conv.h"

#include "runtime/kernels/table.h"

namespace etch::runtime {

constinit const ConvolutionTable kConvolutionV3 = kConvolutionTable;

} // namespace etch::runtime
