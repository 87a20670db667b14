// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leak_in_a_variable) {
  Tensor last;
  auto f = function(
      [&](Tensor x) {
        last = x * 2.0f;
        return x;
      },
      {.name = "step"});
  f(ones({2}));
}
