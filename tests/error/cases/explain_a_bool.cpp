// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_bool) {
  auto f = function([](Tensor x, bool training) { return training ? x * 2.0f : x; },
                    {.name = "step", .arguments = {"x", "training"}});
  f(ones({2}), true);
  return f.explain(ones({2}), false);
}
