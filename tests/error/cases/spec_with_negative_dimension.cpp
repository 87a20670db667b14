// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(spec_with_negative_dimension) { const Tensor x = TensorSpec{DType::f32, {4, -2}}; }
