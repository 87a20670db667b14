// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_of_no_condition) {
  auto f = function([](Tensor x) {
    check(x, "x must be true");
    return x;
  });
  f(ones({2}));
}
