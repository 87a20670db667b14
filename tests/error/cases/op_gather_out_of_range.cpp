// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(op_gather_out_of_range) {
  auto f = function([](Tensor x, [[maybe_unused]] Tensor i) { return gather(x, i + 1, 0); });
  f(constant({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}}), constant({0, 1}));
}
