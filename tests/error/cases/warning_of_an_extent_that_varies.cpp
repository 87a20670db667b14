// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_an_extent_that_varies) {
  auto f = function([](Tensor x) { return x * 2.0f; }, {.name = "step"});
  for (int64_t n = 1; n <= 6; ++n)
    f(ones({n, 3}));
}
