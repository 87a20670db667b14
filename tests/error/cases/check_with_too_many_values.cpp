// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_with_too_many_values) {
  auto f = function([](Tensor x) {
    check(x < 1.0f, "too large", x);
    return x;
  });
  f(ones({2}));
}
