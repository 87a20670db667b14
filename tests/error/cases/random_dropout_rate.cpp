// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_dropout_rate) {
  auto f = function([&](Tensor x) { return dropout(x, 1.0); });
  f(ones({2, 3}));
}
