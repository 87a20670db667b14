// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_first_of_two) {
  auto f = function([](Tensor x) {
    check(x < 3.0f, "first, got {}", x);
    check(x < 1.0f, "second");
    return x;
  });
  f(constant({5.0f, 0.0f}));
}
