// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(assign_add_of_bool) {
  Variable v(constant({true, false}), "mask");
  auto f = function([&](Tensor x) { v.assign_add(x > 0.0f); });
  f(ones({2}));
}
