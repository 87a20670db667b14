// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(random_uniform_dtype) {
  auto f = function([&](Tensor x) { return random_uniform({2}, 0, 1, DType::i32); });
  f(ones({2, 3}));
}
