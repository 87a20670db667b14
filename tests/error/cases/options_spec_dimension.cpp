// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_spec_dimension) {
  function([](Tensor x) { return x; }, {.input_signature = {TensorSpec{DType::f32, {2, -3}}}});
}
