// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(spec_in_an_operation) {
  const Tensor x = spec<float>({2});
  x + 1.0f;
}
