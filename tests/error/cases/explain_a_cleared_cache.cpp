// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_cleared_cache) {
  auto f = function([](Tensor x) { return x; }, {.name = "step", .arguments = {"x"}});
  f(ones({2}));
  f.clear_cache();
  return f.explain(ones({2})) + f.explain(ones({3}));
}
