// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(no_tracing_of_a_first_call) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step"});
  const NoTracing forbidden;
  f(ones({2}));
}
