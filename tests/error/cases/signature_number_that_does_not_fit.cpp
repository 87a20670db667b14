// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_number_that_does_not_fit) {
  auto f = function([](Tensor n) { return n + 1; },
                    {.name = "step", .arguments = {"n"}, .input_signature = {spec<int8_t>()}});
  f(300);
}
