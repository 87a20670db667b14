// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_captured_tensor) {
  float fill = 0.0f;
  auto f = function([&](Tensor x) { return x + full({2}, fill += 1.0f); }, {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
