// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_with_a_spec) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "step", .arguments = {"x"}});
  return f.explain(spec<float>({2}));
}
