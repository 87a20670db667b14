// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_normal_deviation) {
  auto f = function([&](Tensor x) { return random_normal({2}, 0, -1); });
  f(ones({2, 3}));
}
