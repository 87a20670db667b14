// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(donated_tensor_read) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step", .arguments = {"x"}});
  Tensor x = 2.0f;
  f(std::move(x));
  x.item<float>();
}
