// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(print_of_undefined) {
  auto f = function([](Tensor x) {
    print("{}", Tensor());
    return x;
  });
  f(ones({2}));
}
