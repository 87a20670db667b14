// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_in_a_function_inside) {
  auto inner = function([](Tensor x) {
    check(x != 0.0f, "the divisor must not be 0, got {}", x);
    return 1.0f / x;
  });
  auto outer = function([&](Tensor x) { return inner(x - 1.0f); });
  outer(ones({2}));
}
