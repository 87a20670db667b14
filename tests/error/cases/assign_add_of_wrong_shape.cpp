// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(assign_add_of_wrong_shape) {
  Variable v(ones({2}), "weight");
  auto f = function([&](Tensor x) { v.assign_add(x); });
  f(ones({2, 2}));
}
