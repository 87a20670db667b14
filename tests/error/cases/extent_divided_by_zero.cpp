// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(extent_divided_by_zero) {
  auto f = function([](Tensor x) { return zeros({x.dim(0) / x.dim(1)}); },
                    {.name = "step", .arguments = {"x"}, .shapes = Shapes::rank});
  f(ones({2, 0}));
}
