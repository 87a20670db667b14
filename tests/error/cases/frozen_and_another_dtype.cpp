// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(frozen_and_another_dtype) {
  auto f = function([](Tensor x) { return x + x; }, {.name = "step", .arguments = {"x"}});
  f(ones({2}));
  f.freeze();
  f(constant({1, 2}));
}
