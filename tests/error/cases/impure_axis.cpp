// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(impure_axis) {
  int64_t axis = -1;
  auto f = function([&](Tensor x) { return reduce_sum(x, {++axis}); }, {.name = "step", .purity = Purity::check});
  f(ones({2, 3}));
}
