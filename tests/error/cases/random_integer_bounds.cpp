// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_integer_bounds) {
  auto f = function([&](Tensor x) { return random_int({2}, 5, 5); });
  f(ones({2, 3}));
}
