// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_nothing) {
  auto f = function([](Tensor x) { return softmax(x); }, {.name = "step"});
  return f.verify(ones({2}));
}
