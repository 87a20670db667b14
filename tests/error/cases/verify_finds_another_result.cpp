// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_another_result) {
  int calls = 0;
  auto f = function([&](Tensor x) { return std::pair(x, calls); }, {.name = "step"});
  f(ones({2}));
  calls = 5;
  return verify(f, ones({2}));
}
