// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(leak_in_a_member) {
  struct Model {
    Tensor last;
  } model;
  auto f = function(
      [&](Tensor x) {
        model.last = x + 1.0f;
        return x;
      },
      {.name = "step"});
  f(ones({2}));
}
