// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_growth) {
  std::vector<float> factors;
  auto f = function(
      [&](Tensor x) {
        factors.push_back(2.0f);
        for (const float factor : factors)
          x = x * factor;
        return x;
      },
      {.name = "step", .purity = Purity::check});
  f(ones({2}));
}
