// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_variable) {
  Variable a(ones({2}), "a"), b(ones({2}), "b");
  bool first = false;
  auto f =
      function([&](Tensor x) { return x + ((first = !first) ? a : b); }, {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
