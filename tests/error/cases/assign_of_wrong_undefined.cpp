// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(assign_of_wrong_undefined) {
  Variable v(ones({2}), "weight");
  auto f = function([&] { v.assign(Tensor()); });
  f();
}
