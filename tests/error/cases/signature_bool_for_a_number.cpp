// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_bool_for_a_number) {
  auto f = function([](Tensor x) { return x + 1.0f; },
                    {.name = "step", .arguments = {"x"}, .input_signature = {spec<float>()}});
  f(true);
}
