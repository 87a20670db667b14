// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_a_number) {
  float factor = 2.0f;
  auto f = function([&](Tensor x) { return x * factor; }, {.name = "step"});
  f(ones({2}));
  factor = 3.0f;
  return verify(f, ones({2}));
}
