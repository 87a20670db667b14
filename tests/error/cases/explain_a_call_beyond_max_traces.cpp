// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_beyond_max_traces) {
  auto f = function([](Tensor x) { return x + x; }, {.name = "step", .arguments = {"x"}});
  f.max_traces(1);
  f(ones({2}));
  return f.explain(ones({2, 2}));
}
