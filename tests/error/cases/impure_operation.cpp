// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_operation) {
  bool first = false;
  auto f = function([&](Tensor x) { return (first = !first) ? exp(x) : tanh(x); },
                    {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
