// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leak_of_an_argument) {
  Tensor input;
  auto f = function([&](Tensor x) { return input = x, x + 1.0f; }, {.name = "step"});
  f(ones({2}));
}
