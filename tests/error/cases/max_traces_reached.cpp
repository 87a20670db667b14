// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(max_traces_reached) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step", .arguments = {"x"}});
  f.max_traces(2);
  f(ones({1}));
  f(ones({2}));
  f(ones({3}));
}
