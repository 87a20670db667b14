// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_an_operation) {
  bool flip = false;
  auto f = function([&](Tensor x) { return flip ? exp(x) : tanh(x); }, {.name = "step"});
  f(ones({2}));
  flip = true;
  return verify(f, ones({2}));
}
