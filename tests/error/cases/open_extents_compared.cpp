// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_extents_compared) {
  auto f = function(
      [](Tensor x, Tensor y) { return x.dim(0) < y.dim(0) ? x : y; },
      {.name = "step", .arguments = {"x", "y"}, .input_signature = {spec<float>({dyn, 3}), spec<float>({dyn, 3})}});
  f(ones({2, 3}), ones({4, 3}));
}
