// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(spec_of_no_dtype) { const Tensor x = TensorSpec{static_cast<DType>(42), {}}; }
