// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_wrong_extent) {
  auto f = function([](Tensor x) { return x * 2.0f; },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 4}));
}
