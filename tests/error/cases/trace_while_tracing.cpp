// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(trace_while_tracing) {
  auto inner = function([](Tensor x) { return x; }, {.name = "inner"});
  auto outer = function([&](Tensor x) { return inner.trace(ones({2})), x; }, {.name = "outer"});
  outer(ones({2}));
}
