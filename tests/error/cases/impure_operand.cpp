// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_operand) {
  bool first = false;
  auto f = function(
      [&](Tensor x) {
        const Tensor y = x + x;
        return (first = !first) ? x * y : y * y;
      },
      {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
