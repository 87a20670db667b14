// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(check_of_an_undefined_value) {
  auto f = function([](Tensor x) {
    check(x < 1.0f, "got {}", Tensor());
    return x;
  });
  f(ones({2}));
}
