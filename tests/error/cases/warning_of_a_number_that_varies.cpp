// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_number_that_varies) {
  auto f = function([](Tensor x, float rate) { return x * rate; }, {.name = "step", .arguments = {"x", "rate"}});
  for (int i = 1; i <= 6; ++i)
    f(ones({2}), 0.5f / static_cast<float>(i));
}
