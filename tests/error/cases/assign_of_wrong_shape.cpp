// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(assign_of_wrong_shape) {
  Variable v(ones({2}), "weight");
  auto f = function([&] { v.assign(zeros({3})); });
  f();
}
