// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_a_call_that_is_refused) {
  auto f = function([](Tensor x) { return x + 1.0f; },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({2})}});
  return f.explain(ones({3}));
}
