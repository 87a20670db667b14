// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(no_tracing_of_a_function_inside) {
  auto inner = function([](Tensor x) { return x + 1.0f; }, {.name = "inner"});
  auto outer = function(
      [&](Tensor x) {
        const NoTracing forbidden;
        return inner(x);
      },
      {.name = "outer"});
  outer(ones({2}));
}
