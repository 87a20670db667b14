// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TEXT(explain_open_extents) {
  auto f = function([](Tensor x) { return x; },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 3}));
  return f.explain(ones({9, 3}));
}
