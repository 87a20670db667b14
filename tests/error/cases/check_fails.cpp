// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_fails) {
  auto f = function([](Tensor x) {
    check(x < 10.0f, "x must be small");
    return x;
  });
  f(ones({2}) * 11.0f);
}
