// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_shuffle_of_a_scalar) {
  auto f = function([&](Tensor x) { return shuffle(reduce_sum(x)); });
  f(ones({2, 3}));
}
