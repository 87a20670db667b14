// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_in_a_loop) {
  auto f = function([](Tensor x) {
    for (int i = 0; i < 5; ++i) {
      check(x < 20.0f, "step {}: x must stay below 20, got {}", i, x);
      x = x * 3.0f;
    }
    return x;
  });
  f(constant({1.0f, 2.0f}));
}
