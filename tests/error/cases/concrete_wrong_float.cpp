// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_float) {
  auto f = function([](Tensor x, float a) { return x * a; }, {.name = "step", .arguments = {"x", "a"}});
  f.concrete(spec<float>({2}), 0.5f)(ones({2}), 0.25f);
}
