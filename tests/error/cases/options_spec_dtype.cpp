// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_spec_dtype) {
  function([](Tensor x) { return x; }, {.input_signature = {TensorSpec{static_cast<DType>(77), {}}}});
}
