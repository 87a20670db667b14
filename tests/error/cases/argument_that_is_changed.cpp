// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(argument_that_is_changed) {
  struct Step {
    mutable int n;
    Tensor x;
  };
  auto f = function(
      [](const Step &step) {
        step.n = 7;
        return step.x * static_cast<float>(step.n);
      },
      {.name = "train", .arguments = {"step"}});
  f({3, ones({2})});
}
