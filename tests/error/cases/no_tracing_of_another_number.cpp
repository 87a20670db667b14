// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(no_tracing_of_another_number) {
  auto f =
      function([](Tensor x, int n) { return x + static_cast<float>(n); }, {.name = "step", .arguments = {"x", "n"}});
  f(ones({2}), 1);
  const NoTracing forbidden;
  f(ones({2}), 2);
}
