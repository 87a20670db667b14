// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_as_condition) {
  auto f = function([](Tensor x) { return reduce_all(x > 0.0f) ? x : -x; }, {.name = "step", .arguments = {"x"}});
  f(ones({2, 3}));
}
