// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_shapes_beside_signature) {
  function([](Tensor x) { return x; }, {.input_signature = {spec<float>({dyn})}, .shapes = Shapes::relax});
}
