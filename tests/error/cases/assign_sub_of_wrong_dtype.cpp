// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(assign_sub_of_wrong_dtype) {
  Variable v(constant({1, 2}), "count");
  auto f = function([&](Tensor x) { v.assign_sub(x); });
  f(ones({2}));
}
