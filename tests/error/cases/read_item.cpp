// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(read_item) {
  auto f = function([](Tensor x) { return x * reduce_sum(x).item<float>(); }, {.name = "step", .arguments = {"x"}});
  f(ones({2, 3}));
}
