// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(concrete_wrong_bool) {
  auto f = function([](Tensor x, bool a) { return a ? x : -x; }, {.name = "step", .arguments = {"x", "a"}});
  f.concrete(spec<float>({2}), true)(ones({2}), false);
}
