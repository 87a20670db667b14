// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/error/case.h"

MISTAKE(signature_of_a_generic_function) {
  auto f = function([](Tensor x, auto n) { return x * static_cast<float>(n); },
                    {.name = "step", .arguments = {"x", "n"}, .input_signature = {spec<float>({dyn, 3})}});
  f(ones({2, 4}), 2);
}
