// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_nothing) {
  auto f = function([](Tensor x) { return softmax(x); }, {.name = "step"});
  return verify(f, ones({2}));
}
