// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(axis_out_of_range) {
  auto f = function([](Tensor x) { return x * static_cast<float>(x.dim(2)); });
  f(ones({2, 3}));
}
