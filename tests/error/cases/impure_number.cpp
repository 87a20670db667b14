// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_number) {
  int calls = 0;
  auto f =
      function([&](Tensor x) { return x * static_cast<float>(++calls); }, {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
