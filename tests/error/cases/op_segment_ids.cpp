// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(op_segment_ids) {
  auto f = function([](Tensor x, [[maybe_unused]] Tensor i) { return segment_sum(x, i, 1); });
  f(constant({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}}), constant({0, 1}));
}
