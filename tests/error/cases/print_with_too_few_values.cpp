// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(print_with_too_few_values) {
  auto f = function([](Tensor x) {
    print("{} {}", x);
    return x;
  });
  f(ones({2}));
}
