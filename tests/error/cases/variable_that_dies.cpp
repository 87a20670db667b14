// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(variable_that_dies) {
  auto f = function(
      [](Tensor x) {
        Variable sum(x, "sum");
        sum.assign_add(x);
        return sum.value();
      },
      {.name = "step"});
  f(ones({2}));
}
