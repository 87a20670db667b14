// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(max_traces_below_zero) {
  auto f = function([](Tensor x) { return x; }, {.name = "step"});
  f.max_traces(-1);
}
