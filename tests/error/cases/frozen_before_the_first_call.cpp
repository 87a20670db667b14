// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(frozen_before_the_first_call) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step"});
  f.freeze();
  f(ones({2}));
}
