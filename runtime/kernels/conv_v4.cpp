// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define ETCH_LEVEL 4
#include "runtime/kernels/conv.h"

#include "runtime/kernels/table.h"

namespace etch::runtime {

constinit const ConvolutionTable kConvolutionV4 = kConvolutionTable;

} // namespace etch::runtime
