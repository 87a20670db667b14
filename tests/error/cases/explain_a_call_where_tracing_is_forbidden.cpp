// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_where_tracing_is_forbidden) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step", .arguments = {"x"}});
  const NoTracing forbidden;
  return f.explain(ones({2}));
}
