// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_result) {
  int calls = 0;
  auto f = function([&](Tensor x) { return std::pair(x, ++calls); }, {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
