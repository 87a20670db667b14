// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_extent_that_escapes) {
  Dim kept;
  auto f = function([&](Tensor x) { return kept = x.dim(0), x; },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn})}});
  f(ones({2}));
  zeros({kept});
}
