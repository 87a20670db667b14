// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_shape) {
  auto f = function([&](Tensor x) { return random_uniform({2, -1}); });
  f(ones({2, 3}));
}
