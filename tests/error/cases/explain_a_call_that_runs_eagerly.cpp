// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_that_runs_eagerly) {
  auto f = function([](Tensor x) { return x + x; }, {.name = "step"});
  auto never = function([](Tensor x) { return x + x; }, {.name = "never", .run_eagerly = true});
  const RunFunctionsEagerly eagerly;
  return f.explain(ones({2})) + never.explain(ones({2}));
}
