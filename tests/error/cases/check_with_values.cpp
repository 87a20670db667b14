// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_with_values) {
  auto f = function([](Tensor x) {
    check(is_finite(x), "x must be finite, got {} and a sum of {}", x, reduce_sum(x));
    return x;
  });
  f(1.0f / zeros({2}));
}
