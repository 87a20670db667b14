// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_number_beside_open_extents) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); },
                    {.name = "step", .arguments = {"x", "n"}, .shapes = Shapes::rank});
  f(ones({2, 3}), 1);
  return f.explain(ones({7, 3}), 2) + f.explain(ones({7}), 1);
}
