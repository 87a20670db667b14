// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

TRACING_MISTAKE(open_shape_asked) {
  auto f = function([](Tensor x) { return x * static_cast<float>(x.shape()[0]); },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 3}));
}
