// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_wrappers_in_a_loop) {
  for (int i = 0; i < 6; ++i) {
    auto f = function([](Tensor x) { return x * 2.0f; }, {.name = "step"});
    f(ones({2}));
  }
}
