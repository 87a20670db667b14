// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_types_of_a_generic_callable) {
  auto f = function([](Tensor x, auto n) { return x * static_cast<float>(n); }, {.name = "step"});
  f(ones({2}), 1);
  return f.explain(ones({2}), 1.0f);
}
