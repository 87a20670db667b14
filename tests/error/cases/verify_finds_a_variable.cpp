// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(verify_finds_a_variable) {
  float rate = 0.5f;
  Variable v(ones({2}), "weight");
  auto f = function([&](Tensor x) { v.assign_sub(x * rate); }, {.name = "step"});
  f(ones({2}));
  rate = 0.25f;
  return verify(f, ones({2}));
}
