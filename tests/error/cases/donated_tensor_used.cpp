// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(donated_tensor_used) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step", .arguments = {"x"}});
  Tensor x = ones({2, 3});
  f(std::move(x));
  x + 1.0f;
}
