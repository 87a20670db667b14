// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_categorical_samples) {
  auto f = function([&](Tensor x) { return random_categorical(x, -1); });
  f(ones({2, 3}));
}
