// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

WARNING(warning_of_a_number_beside_open_extents) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); },
                    {.name = "step", .arguments = {"x", "n"}, .shapes = Shapes::relax});
  for (int64_t n = 1; n <= 6; ++n)
    f(ones({n}), static_cast<int>(n));
}
