// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(options_signature) {
  function([](Tensor x, Tensor y) { return x + y; }, {.input_signature = {spec<float>({2})}});
}
