// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_bernoulli_chance) {
  auto f = function([&](Tensor x) { return random_bernoulli({2}, 1.5f); });
  f(ones({2, 3}));
}
