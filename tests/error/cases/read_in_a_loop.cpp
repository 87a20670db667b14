// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_in_a_loop) {
  auto f = function(
      [](Tensor x) {
        while (reduce_max(x) > 1.0f)
          x = x * 0.5f;
        return x;
      },
      {.name = "step", .arguments = {"x"}});
  f(ones({2}));
}
