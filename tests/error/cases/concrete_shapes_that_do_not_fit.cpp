// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_shapes_that_do_not_fit) {
  auto f = function([](Tensor x, Tensor y) { return x + y; }, {.name = "step"});
  f.concrete(spec<float>({dyn}), spec<float>({dyn}))(ones({3}), ones({4}));
}
