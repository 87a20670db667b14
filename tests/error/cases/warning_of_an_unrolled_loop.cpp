// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_an_unrolled_loop) {
  auto f = function(
      [](Tensor x) {
        for (int i = 0; i < 2000; ++i)
          x = tanh(x);
        return x;
      },
      {.name = "simulate"});
  f.trace(spec<float>({3}));
}
