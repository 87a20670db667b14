// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_second_of_two) {
  auto f = function([](Tensor x) {
    check(x < 30.0f, "first");
    check(x < 1.0f, "second, got {}", x);
    return x;
  });
  f(constant({5.0f, 0.0f}));
}
