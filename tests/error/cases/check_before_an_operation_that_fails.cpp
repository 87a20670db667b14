// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_before_an_operation_that_fails) {
  auto f = function([](Tensor x, Tensor i) {
    check(x < 1.0f, "x must be below 1, got {}", x);
    return gather(x, i, 0);
  });
  f(ones({2}), constant({7}));
}
