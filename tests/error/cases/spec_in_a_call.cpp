// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(spec_in_a_call) {
  auto f = function([](Tensor x) { return x; }, {.name = "step"});
  f(spec<float>({2}));
}
