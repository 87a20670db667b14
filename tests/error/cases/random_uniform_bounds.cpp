// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_uniform_bounds) {
  auto f = function([&](Tensor x) { return x + random_uniform({2, 3}, 1, 0); });
  f(ones({2, 3}));
}
