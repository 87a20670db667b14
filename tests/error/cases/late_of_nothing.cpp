// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(late_of_nothing) {
  auto f = function([&](Tensor x) { return x * late(nullptr); });
  f(ones({2}));
}
