// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(op_concat_extents) {
  auto f = function([](Tensor x, [[maybe_unused]] Tensor i) { return concat({x, zeros({2, 4})}, 0); });
  f(constant({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}}), constant({0, 1}));
}
